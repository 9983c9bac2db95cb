"""ψ whose matrix is written down directly."""

import math
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor

from ..component import LAST_SEED, Dial, component
from ..shared import given
from .base import Reconciliation, normal, thin_product

Rank = Annotated[int, Dial(1, 8, "number of columns of the thin factors")]
Seed = Annotated[int, Dial(0, 9, "seed of the frozen numbers", most=LAST_SEED)]


@component
class Identity(Reconciliation):
    """ψ(w) = w, row by row

    l = n D: every entry is learned. The dense matrix of an ordinary linear layer. Source: RPN 1, "Identity Parameter Reconciliation".
    """

    linear = True

    def length(self, n: int, D: int) -> int:
        return n * D

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return w.view(n, D)

    def halves(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> tuple[Tensor | None, Tensor]:
        return None, w.view(n, D)

    def rows_met(self, n: int, D: int) -> int:
        return n


@component
class Constant(Reconciliation):
    """ψ = value in every entry

    l = 0: nothing is learned, so every output is value times the sum of the features. Source: RPN 1, "Constant Parameter Reconciliation".
    """

    value: Annotated[float, Dial(-2.0, 2.0, "the number in every entry", least=None)] = 1.0

    linear = True

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return w.new_full((n, D), self.value)

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return (self.value * z.sum(-1, keepdim=True)).expand(*z.shape[:-1], n)


@component
class Eye(Reconciliation):
    """ψ = I, n × D: ones on the diagonal, zeros elsewhere

    l = 0: output i is feature i, as many as there are of both. Source: RPN 1, "Constant Parameter Reconciliation", eye.
    """

    linear = True

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return torch.eye(n, D, dtype=w.dtype, device=w.device)

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return F.pad(z, (0, n - z.shape[-1]))  # a negative pad cuts off


@component
class Masked(Reconciliation):
    """ψ(w) = w ∘ M with a frozen random mask M: each entry is kept with probability `keep`

    l = n D, though the entries under the mask never matter. Source: RPN 1, "Masking based Parameter Reconciliation".
    """

    keep: Annotated[float, Dial(0.1, 1.0, "probability that an entry is kept", least=0.0, above=True, most=1.0)] = 0.5
    seed: Seed = 0

    linear = True

    def length(self, n: int, D: int) -> int:
        return n * D

    def frozen(self, n: int, D: int) -> dict[str, Tensor]:
        """`mask`, (n, D) of 0 and 1, drawn from `seed` on the CPU. ValueError for a larger one than there is memory."""
        given.affordable("Head", "the mask of its ψ", 3 * n * D, "choose a lower degree of κ, or a ψ that freezes fewer")
        uniform = torch.rand(n, D, generator=torch.Generator().manual_seed(self.seed), dtype=torch.float64, device="cpu")
        return {"mask": (uniform < self.keep).double()}

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return w.view(n, D) * (frozen or self.frozen(n, D))["mask"].to(w)

    def init(self, n: int, D: int) -> Tensor:
        return torch.randn(n * D, device="cpu") / math.sqrt(D * self.keep)


@component
class RandomAdaption(Reconciliation):
    """ψ(w) = diag(λ₁) A diag(λ₂) B with frozen random A (n × rank) and B (rank × D)

    l = n + rank: only λ₁ and then λ₂ are learned. Source: RPN 1, "Random Matrix Adaption Parameter Reconciliation".
    """

    rank: Rank = 2
    seed: Seed = 0

    def length(self, n: int, D: int) -> int:
        return n + self.rank

    def scratch(self, n: int, D: int) -> int:
        return 2 * (n + D) * self.rank

    def frozen(self, n: int, D: int) -> dict[str, Tensor]:
        """`A`, (n, rank), and `B`, (rank, D): normal numbers from `seed`, drawn on the CPU in float64."""
        # B is kept as rank × D: with its long side in memory order the product is 3.7 times faster.
        return normal(self.seed, {"A": (n, self.rank), "B": (self.rank, D)})

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        left, right = self.halves(w, n, D, frozen)
        return left @ right

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return thin_product(z, self.halves(w, n, z.shape[-1], frozen))

    def halves(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        fixed = frozen or self.frozen(n, D)
        outer, inner = w.split((n, self.rank))
        return outer.unsqueeze(-1) * (fixed["A"].to(w) * inner), fixed["B"].to(w)

    def rows_met(self, n: int, D: int) -> int:
        return self.rank

    def init(self, n: int, D: int) -> Tensor:
        return torch.randn(n + self.rank, device="cpu") / (self.rank * D) ** 0.25
