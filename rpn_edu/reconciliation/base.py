"""The protocol of ψ: R^l → R^(n x D)."""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ..component import Component
from ..shared import given


def normal(seed: int, sizes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Frozen normal numbers of every size, one after the other. {"A": (n, rank)} → {"A": a tensor (n, rank)}, in float64 on the CPU.

    ValueError for more numbers than there is memory, before any is drawn.
    """
    numbers = sum(math.prod(size) for size in sizes.values())
    given.affordable("Head", "the frozen numbers of its ψ", 2 * numbers, "choose a lower degree of κ, or a ψ that freezes fewer")
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(size, generator=generator, dtype=torch.float64, device="cpu") for name, size in sizes.items()}


def thin_product(z: Tensor, halves: tuple[Tensor, Tensor]) -> Tensor:
    """<z, L R>, (..., D) → (..., n): the thin side first. zᵀ, since κ hands its features over one after the other in memory."""
    left, right = halves
    return (left @ (right @ z.flatten(0, -2).T)).T.reshape(*z.shape[:-1], len(left))


class Reconciliation(Component, ABC):
    """ψ(w): l learned numbers become the n × D matrix that meets the D features.

    `matrix` is the definition. `product` gives the same <z, ψ(w)> without ever forming the matrix, where that is shorter.
    Source: RPN 1 (arXiv 2407.04819), "Parameter Reconciliation Functions".
    """

    term: ClassVar[str] = "reconciliation"
    linear: ClassVar[bool] = False
    """Is ψ of a mean the mean of the ψ? Then a fit has a closed form, and channels collapse into one."""

    def length(self, n: int, D: int) -> int:
        """l, the number of learned numbers."""
        return 0

    @abstractmethod
    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """(l,) → (n, D)."""

    def init(self, n: int, D: int) -> Tensor:
        """(l,) on the CPU from torch's seed, so that D · mean(ψ(w)²) ≈ 1 (LeCun): outputs start as large as the features."""
        return torch.randn(self.length(n, D), device="cpu") / math.sqrt(D)

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """<z, ψ(w)>: (..., D), (l,) → (..., n)."""
        return F.linear(z, self.matrix(w, n, z.shape[-1], frozen))

    def halves(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> tuple[Tensor | None, Tensor] | None:
        """(L, R) where ψ(w) = L R and R (rows × D) is all that meets the features; L may be None. None: ψ has no such form."""
        return None

    def rows_met(self, n: int, D: int) -> int | None:
        """How many rows the R of `halves` has; None where ψ has no such form."""
        return None

    def chosen(self, n: int, D: int) -> dict[str, int]:
        """What is meant by a 0 in fields where 0 chooses, by the name of the field."""
        return {}

    def scratch(self, n: int, D: int) -> int:
        """How many numbers are made beside w and the matrix, at most."""
        return 0

    def frozen(self, n: int, D: int) -> dict[str, Tensor]:
        """Numbers that are neither learned nor cheap to derive, drawn on the CPU in float64. The head keeps them as buffers."""
        return {}
