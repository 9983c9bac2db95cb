"""The protocol of κ: R^m → R^D, and the family of functions that meet one input at a time."""

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ..component import Component
from ..shared.precision import precise
from ..shared.real import meet_reals, of_reals
from ..shared.words import lowered
from .fast import with_gradient


def derived(frozen: Callable[..., dict[str, Tensor]]) -> Callable[..., dict[str, Tensor]]:
    """Frozen numbers, in the shapes of their component, that it can derive again at any time: no checkpoint needs to hold them."""

    @functools.wraps(frozen)
    def marked(*given: Any, **named: Any) -> dict[str, Tensor]:
        numbers: dict[str, Any] = frozen(*given, **named)
        for number in numbers.values():
            number.persistent = False  # as of torch.nn.Buffer, which no transform of torch.func lets us make
        return numbers

    return marked


class Expansion(Component, ABC):
    """κ(x): m attributes become D features, row by row. D is `width(m)`.

    Features are block-major: feature 1 of all attributes, then feature 2 of all attributes. Whole numbers count as floats.
    Source: RPN 1 (arXiv 2407.04819), "Data Expansion Functions".
    """

    term: ClassVar[str] = "expansion"
    domain: tuple[float, float] = (-2.0, 2.0)
    """Where the features are meant to be used: drawings and tests stay inside."""
    made_for: int | None = None
    """The only m that fits, or None where any does."""

    contracts: bool = False
    """Does `contract` save work?"""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        meet_reals(cls, __call__=1, contract=1)

    def width(self, m: int) -> int:
        """D, the number of features of m attributes: counted on no rows, where a family does not know it without a loop."""
        return self(torch.empty(0, m, device="cpu")).shape[-1]

    def names(self, m: int) -> list[str]:
        """What each of the D features of m attributes is called, in text: x₁x₂. None where a family has no short names."""
        return []

    @abstractmethod
    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """(..., m) → (..., D)."""

    @of_reals
    def contract(self, x: Tensor, W: Tensor) -> Tensor:
        """<κ(x), W>: (..., m), (n, D) → (..., n), without forming κ(x) where there is a shorter way."""
        return F.linear(self(x), W)

    def frozen(self, m: int) -> dict[str, Tensor]:
        """Numbers that are neither learned nor cheap to derive. The head keeps them as buffers.

        What can be derived again from the component alone says so with `derived`: no checkpoint holds it.
        """
        return {}


class Pointwise(Expansion):
    """κ(x) = [f_1(x_1), ..., f_1(x_m), ..., f_K(x_1), ..., f_K(x_m)], so D = K m."""

    letter: ClassVar[str] = ""
    """What its functions are called: T, where there are T₁, T₂, and so on."""
    knows_gradient: ClassVar[bool] = False
    """Does it say what its `slopes` are, or its `gradient`?"""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        told = {"slopes", "gradient"} & vars(cls).keys()
        cls.knows_gradient = bool(told) or cls.knows_gradient and "planes" not in vars(cls)
        if "planes" in vars(cls):
            cls.planes = with_gradient(cls.planes)
            for other in {"slopes", "gradient"} - told:  # what a parent knows of its planes does not hold for others
                setattr(cls, other, getattr(Pointwise, other))

    def names(self, m: int) -> list[str]:
        degrees = range(1, self.width(m) // m + 1) if self.letter else []
        return [f"{lowered(self.letter, k)}({lowered('x', i)})" for k in degrees for i in range(1, m + 1)]

    @abstractmethod
    def planes(self, x: Tensor, *frozen: dict[str, Tensor]) -> Tensor:
        """(...) → (K, ...): every function at every number. A row that has frozen numbers takes them too, or None."""

    def slopes(self, x: Tensor, planes: Tensor) -> Tensor:
        """(...), (K, ...) → (K, ...): the derivative of every function at every number.

        `planes` are the functions at x. A row that nearly has the slopes in them, as sine has cosine, says so, and learns faster.
        """
        return torch.func.jvp(self.planes, (x,), (torch.ones_like(x),))[1]

    def gradient(self, x: Tensor, planes: Tensor, gradient: Tensor) -> Tensor:
        """(...), (K, ...), (K, ...) → (...): by x, of what has that gradient by the planes."""
        by_x = torch.zeros_like(x)
        for slope, by in zip(self.slopes(x, planes), gradient):
            by_x = torch.addcmul(by_x, slope, by)
        return by_x

    @precise
    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        # fast: attributes come first while we compute: the rows of memory stay long even for m = 2, which is 2-3 times faster.
        x = x.movedim(-1, 0).contiguous()  # (m, ...)
        # (K, m, ...) → (K m, ...) → (..., K m)
        return self.combined((self.planes(x, frozen) if frozen else self.planes(x)).flatten(0, 1).movedim(0, -1))

    def combined(self, features: Tensor) -> Tensor:
        """(..., K m) → (..., D): what else becomes of the features."""
        return features
