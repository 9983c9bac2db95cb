"""The protocol of π: R^m → R^n."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from ..component import Component
from ..shared.real import meet_reals


class Remainder(Component, ABC):
    """π(x): what is added to the inner product, straight from the input.

    Source: RPN 1 (arXiv 2407.04819), "Remainder Functions".
    """

    term: ClassVar[str] = "remainder"
    neutral: ClassVar[bool] = False
    """Is π(x) always 0? Then `Head.forward` does not ask."""
    linear: ClassVar[bool] = False
    """Is π(x) of a mean of w' the mean of the π(x)? Then a fit has a closed form. A π that learns nothing is so."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        meet_reals(cls, __call__=1)

    @abstractmethod
    def __call__(self, x: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """(..., m), (l,) → (..., n)."""

    def length(self, m: int, n: int) -> int:
        """l, the number of learned numbers. ValueError where m and n do not fit."""
        return 0

    def init(self, m: int, n: int) -> Tensor:
        """(l,) on the CPU from torch's seed."""
        return torch.empty(0, device="cpu")

    def frozen(self, m: int, n: int) -> dict[str, Tensor]:
        """Frozen numbers; the head keeps them as buffers."""
        return {}
