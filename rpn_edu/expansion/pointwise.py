"""κ without a recurrence: the identity, all products, waves."""

import math
from typing import Annotated

import torch
from torch import Tensor

from ..component import Dial, component
from .base import Expansion, Pointwise


@component
class Identity(Expansion):
    """κ(x) = x

    D = m. With a dense ψ this is a linear layer. Source: RPN 1, "Identity and Reciprocal Data Expansion".
    """

    def width(self, m: int) -> int:
        return m

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return x


@component
class Taylor(Expansion):
    """κ(x) = [x, x ⊗ x, x ⊗ x ⊗ x, ...] up to `order` factors

    D = m + m² + ... + m^order: every ordered product once, so x_1 x_2 and x_2 x_1 both appear. By degree; the last factor runs fastest.
    No constant: that is what π and the bias are for. Source: RPN 1, "Taylor's Polynomials based Data Expansion".
    """

    order: Annotated[int, Dial(1, 4, "highest degree of the products")] = 2

    def width(self, m: int) -> int:
        return sum(m**degree for degree in range(1, self.order + 1))

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        powers = [x]
        for _ in range(self.order - 1):
            powers.append((powers[-1].unsqueeze(-1) * x.unsqueeze(-2)).flatten(-2))  # (..., m^k, m) → (..., m^(k+1))
        return torch.cat(powers, -1)


@component
class Fourier(Pointwise):
    """κ(x) = [cos(2π k x / period), sin(2π k x / period)] for k = 1, ..., terms

    D = 2 m · terms. Periodic: outside one period the features repeat. Source: RPN 1, "Fourier Series based Data Expansion".
    """

    terms: Annotated[int, Dial(1, 10, "number of frequencies")] = 5
    period: Annotated[float, Dial(1.0, 20.0, "length after which all features repeat", least=0.0, above=True)] = 10.0

    def count(self) -> int:
        return 2 * self.terms

    def planes(self, x: Tensor) -> Tensor:
        angle = (2 * math.pi / self.period) * x
        waves = [angle.cos(), angle.sin()]
        for _ in range(self.terms - 1):
            # Angle addition: one sine and one cosine in all, however many terms.
            cos, sin = waves[-2:]
            waves += [cos * waves[0] - sin * waves[1], sin * waves[0] + cos * waves[1]]
        return torch.stack(waves)
