"""κ made of other κ: side by side, or one after the other."""

from abc import abstractmethod
from itertools import accumulate

import torch
from torch import Tensor

from ..component import belonging, component, family, prefixed
from .base import Expansion


@family
class Combined(Expansion):
    """An expansion with parts. The frozen numbers of part i carry the prefix `i_`."""

    parts: tuple[Expansion, ...] = ()

    def check(self) -> None:
        if not self.parts:
            raise ValueError(f"{type(self).__name__}.parts must hold at least one expansion, such as parts=(Taylor(), Fourier())")

    @property
    def domain(self) -> tuple[float, float]:
        return self.parts[0].domain

    @property
    def made_for(self) -> int | None:
        return self.parts[0].made_for

    @abstractmethod
    def inputs(self, m: int) -> list[int]:
        """How many attributes each part meets."""

    def frozen(self, m: int) -> dict[str, Tensor]:
        """Those of every part, under its own names and in its own shapes for the (..., m_i) that it meets, with the prefix `i_`."""
        numbers = {}
        for i, (part, m_i) in enumerate(zip(self.parts, self.inputs(m), strict=True)):
            numbers |= prefixed(f"{i}_", part.frozen(m_i))
        return numbers

    def apply(self, i: int, x: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        """κ_i(x): (..., m_i) → (..., D_i), with the frozen numbers that are its own."""
        return self.parts[i](x, belonging(f"{i}_", frozen))


@component
class Extended(Combined):
    """κ(x) = [κ_1(x), κ_2(x), ...]: the parts side by side

    D = D_1 + D_2 + ... Source: RPN 1, "Extended and Nested Data Expansions".
    """

    @property
    def domain(self) -> tuple[float, float]:
        """Where every part is meant to be used; that of the first part where no x suits them all."""
        low, high = max(part.domain[0] for part in self.parts), min(part.domain[1] for part in self.parts)
        return (low, high) if low < high else self.parts[0].domain

    @property
    def made_for(self) -> int | None:
        return next((part.made_for for part in self.parts if part.made_for is not None), None)

    def inputs(self, m: int) -> list[int]:
        return [m] * len(self.parts)

    def width(self, m: int) -> int:
        return sum(part.width(m) for part in self.parts)

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return torch.cat([self.apply(i, x, frozen) for i in range(len(self.parts))], -1)


@component
class Nested(Combined):
    """κ(x) = κ_K(... κ_2(κ_1(x)) ...): the parts one after the other

    D = D_K(... D_1(m)). Source: RPN 1, "Extended and Nested Data Expansions".
    """

    def inputs(self, m: int) -> list[int]:
        return list(accumulate(self.parts[:-1], lambda m_i, part: part.width(m_i), initial=m))

    def width(self, m: int) -> int:
        return self.parts[-1].width(self.inputs(m)[-1])

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        for i in range(len(self.parts)):
            x = self.apply(i, x, frozen)
        return x
