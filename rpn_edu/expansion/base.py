"""The protocol of κ: R^m → R^D, and the family of functions that meet one input at a time."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from ..component import Component


class Expansion(Component, ABC):
    """κ(x): m attributes become D features, row by row. D is `width(m)`.

    Features are block-major: feature 1 of all attributes, then feature 2 of all attributes.
    Source: RPN 1 (arXiv 2407.04819), "Data Expansion Functions".
    """

    term: ClassVar[str] = "expansion"
    domain: tuple[float, float] = (-2.0, 2.0)
    """Where the features are meant to be used: drawings and tests stay inside."""

    @abstractmethod
    def width(self, m: int) -> int:
        """D, the number of features of m attributes."""

    @abstractmethod
    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """(..., m) → (..., D)."""

    def frozen(self, m: int) -> dict[str, Tensor]:
        """Numbers that are neither learned nor cheap to derive. The head keeps them as buffers."""
        return {}


class Pointwise(Expansion):
    """κ(x) = [f_1(x_1), ..., f_1(x_m), ..., f_K(x_1), ..., f_K(x_m)], so D = K m."""

    @abstractmethod
    def count(self) -> int:
        """K, the number of functions."""

    @abstractmethod
    def planes(self, x: Tensor) -> Tensor:
        """(...) → (K, ...): every function at every number."""

    def width(self, m: int) -> int:
        return m * self.count()

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        # Attributes come first while we compute: the rows of memory stay long even for m = 2, which is 2-3 times faster.
        columns = x.movedim(-1, 0).contiguous()  # (m, ...)
        return self.planes(columns).flatten(0, 1).movedim(0, -1)  # (K, m, ...) → (K m, ...) → (..., D)
