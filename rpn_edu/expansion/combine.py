"""κ made of other κ: side by side, or one after the other."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..component import component, family
from .base import Expansion


@family
class Combined(Expansion):
    """An expansion with parts. The frozen numbers of part i carry the prefix `i_`."""

    parts: tuple[Expansion, ...] = ()

    @property
    def domain(self) -> tuple[float, float]:
        return self.parts[0].domain if self.parts else Expansion.domain

    @property
    def made_for(self) -> int | None:
        return self.parts[0].made_for if self.parts else None

    def staged(self, m: int) -> Iterator[tuple[int, int]]:
        """(attributes in, features out) of each part."""
        raise NotImplementedError

    def checked_parts(self) -> tuple[Expansion, ...]:
        if not self.parts:
            raise ValueError(f"{type(self).__name__}.parts must hold at least one expansion, such as parts=(Taylor(), Fourier())")
        return self.parts

    def frozen(self, m: int) -> dict[str, Tensor]:
        sizes = zip(self.checked_parts(), self.staged(m), strict=True)
        return {f"{i}_{name}": value for i, (part, (m_i, _)) in enumerate(sizes) for name, value in part.frozen(m_i).items()}

    def apply(self, i: int, x: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        own = {name.removeprefix(f"{i}_"): value for name, value in (frozen or {}).items() if name.startswith(f"{i}_")}
        return self.parts[i](x, own or None)


@component
class Extended(Combined):
    """κ(x) = [κ_1(x), κ_2(x), ...]: the parts side by side

    D = D_1 + D_2 + ... Source: RPN 1, "Extended and Nested Data Expansions".
    """

    @property
    def made_for(self) -> int | None:
        return self.parts[0].made_for if self.parts else None

    def staged(self, m: int) -> Iterator[tuple[int, int]]:
        return ((m, part.width(m)) for part in self.checked_parts())

    def width(self, m: int) -> int:
        return sum(D for _, D in self.staged(m))

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return torch.cat([self.apply(i, x, frozen) for i in range(len(self.checked_parts()))], -1)


@component
class Nested(Combined):
    """κ(x) = κ_K(... κ_2(κ_1(x)) ...): the parts one after the other

    D = D_K(... D_1(m)). Source: RPN 1, "Extended and Nested Data Expansions".
    """

    @property
    def made_for(self) -> int | None:
        return self.parts[0].made_for if self.parts else None

    def staged(self, m: int) -> Iterator[tuple[int, int]]:
        for part in self.checked_parts():
            yield m, (m := part.width(m))

    def width(self, m: int) -> int:
        return list(self.staged(m))[-1][1]

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        for i in range(len(self.checked_parts())):
            x = self.apply(i, x, frozen)
        return x
