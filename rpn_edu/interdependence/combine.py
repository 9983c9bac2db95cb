"""ξ made of other ξ: their matrices become one."""

import torch
from torch import Tensor

from ..component import belonging, component, prefixed
from ..fusion import Fusion, Mean
from .base import Interdependence, normalized


@component
class Hybrid(Interdependence):
    """A = fusion(A_1, ..., A_K)

    Several reasons to depend at once: neighbours in a graph and likeness, say. w holds the numbers of each part in order, then those of
    the fusion. `Concat` sets the matrices side by side, so that there are k'_1 + k'_2 + ... columns afterwards.
    Source: RPN 2, "Hybrid Interdependence".
    """

    parts: tuple[Interdependence, ...] = ()
    fusion: Fusion = Mean()

    @property
    def made_for(self) -> int | None:
        return next((part.made_for for part in self.parts if part.made_for is not None), None)

    def widths(self, k: int | None) -> list[int]:
        """k' of every part. ValueError without parts, and where a part does not fit k or needs a k that is not known."""
        if not self.parts:
            raise ValueError("Hybrid.parts must hold at least one interdependence, such as parts=(Chain(), Pearson())")
        if k is None and not hasattr(self.fusion, "reconciliation"):
            return [1] * len(self.parts)  # a fusion without ψ asks how many parts there are, not how wide
        return [part.width(self.known(k)) for part in self.parts]

    def width(self, k: int) -> int:
        return self.fusion.width(self.widths(k))

    def lengths(self, r: int | None, k: int | None) -> list[int]:
        """l of every part, then that of the fusion."""
        return [*(part.length(r, k) for part in self.parts), self.fusion.length(self.widths(k))]

    def length(self, r: int | None, k: int | None) -> int:
        return sum(self.lengths(r, k))

    def init(self, r: int | None, k: int | None) -> Tensor:
        return torch.cat([*(part.init(r, k) for part in self.parts), self.fusion.init(self.widths(k))])

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        """Those of part i with the prefix `i_`, those of the fusion with `fusion_`, each in its own shape for a V (..., r, k)."""
        numbers = prefixed("fusion_", self.fusion.frozen(self.widths(k)))
        for i, part in enumerate(self.parts):
            numbers |= prefixed(f"{i}_", part.frozen(r, k))
        return numbers

    def shares(self, V: Tensor, w: Tensor) -> list[Tensor]:
        """The learned numbers of every part, then those of the fusion. V (..., r, k), w (l,) → (l_1,), (l_2,), ... and (l_fusion,)."""
        self.width(V.shape[-1])  # refuses parts that do not fit each other
        return list(self.fitting(w, V).split(self.lengths(*V.shape[-2:])))

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        shares = self.shares(V, w)
        matrices = [part.matrix(V, shares[i], belonging(f"{i}_", frozen)) for i, part in enumerate(self.parts)]
        return normalized(self.fusion(matrices, shares[-1], belonging("fusion_", frozen)), self.normalization)

    def mix(self, y: Tensor, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        if self.fusion.times_mean(len(self.parts)) is None or self.normalization != "none":
            return super().mix(y, V, w, frozen)
        # y (A_1 + A_2) = y A_1 + y A_2: parts with a short cut keep it
        shares = self.shares(V, w)
        mixed = [part.mix(y, V, shares[i], belonging(f"{i}_", frozen)) for i, part in enumerate(self.parts)]
        return self.fusion(mixed, shares[-1], belonging("fusion_", frozen))
