"""The protocol of ψ: R^l → R^(n x D)."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from ..component import Component


class Reconciliation(Component, ABC):
    """ψ(w): l learned numbers become the n × D matrix that meets the D features.

    `matrix` is the definition. `product` gives the same <z, ψ(w)> without ever forming the matrix, where that is shorter.
    Source: RPN 1 (arXiv 2407.04819), "Parameter Reconciliation Functions".
    """

    term: ClassVar[str] = "reconciliation"
    linear: ClassVar[bool] = False
    """Is ψ(a + b) = ψ(a) + ψ(b)? Then a fit has a closed form, and channels collapse into one."""

    @abstractmethod
    def length(self, n: int, D: int) -> int:
        """l, the number of learned numbers."""

    @abstractmethod
    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """(l,) → (n, D)."""

    @abstractmethod
    def init(self, n: int, D: int) -> Tensor:
        """(l,) on the CPU from torch's seed, so that D · mean(ψ(w)²) ≈ 1 (LeCun): outputs start as large as the features."""

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """<z, ψ(w)>: (..., D), (l,) → (..., n)."""
        return z @ self.matrix(w, n, z.shape[-1], frozen).mT

    def frozen(self, n: int, D: int) -> dict[str, Tensor]:
        """Numbers that are neither learned nor cheap to derive, drawn on the CPU in float64. The head keeps them as buffers."""
        return {}
