"""ξ that is learned: a ψ makes the matrix, or the scores."""

import math

from torch import Tensor

from .. import reconciliation
from ..component import component, family
from ..reconciliation import Reconciliation
from .base import Interdependence, normalized


@family
class Learned(Interdependence):
    """A from a reconciliation of w."""

    reconciliation: Reconciliation = reconciliation.Identity()

    def side(self, r: int | None, k: int | None) -> int | None:
        """The size of ψ(w), a square."""
        raise NotImplementedError

    def known_side(self, r: int | None, k: int | None) -> int:
        side = self.side(r, k)
        if side is None:
            reason = "has learned numbers for every row of the batch here: fix the batch with Formula(batch=...)"
            raise ValueError(f"{self.qualified_name()} {reason}")
        return side

    def length(self, r: int | None, k: int | None) -> int:
        return self.reconciliation.length(self.known_side(r, k), self.known_side(r, k))

    def init(self, r: int | None, k: int | None) -> Tensor:
        return self.reconciliation.init(self.known_side(r, k), self.known_side(r, k))

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        return self.reconciliation.frozen(self.known_side(r, k), self.known_side(r, k))

    def square(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        """ψ(w) of this V's size."""
        size = self.known_side(*V.shape[-2:])
        wanted = self.reconciliation.length(size, size)
        if w.shape[-1] != wanted:
            raise ValueError(f"{self.qualified_name()} meets a size of {size} and needs {wanted} learned numbers, got {w.shape[-1]}")
        return self.reconciliation.matrix(w, size, size, frozen)


@component
class Parameterized(Learned):
    """A = ψ(w), k × k

    Does not look at the data. Source: RPN 2, "Parameterized Interdependence".
    """

    def side(self, r: int | None, k: int | None) -> int | None:
        return k

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return normalized(self.square(V, w, frozen), self.normalization).expand(*V.shape[:-2], -1, -1)


@component
class Bilinear(Learned):
    """A = Vᵀ ψ(w) V, with ψ(w) r × r

    The scores of attention. With `normalization="softmax"` they are divided by √r first, as attention does.
    Source: RPN 2, "Bilinear Interdependence".
    """

    def side(self, r: int | None, k: int | None) -> int | None:
        return r

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        scale = math.sqrt(max(V.shape[-2], 1)) if self.normalization == "softmax" else 1.0
        return normalized(V.mT @ self.square(V, w, frozen) @ V / scale, self.normalization)
