"""κ of a few functions of each number: scaled, inverted, waves, arcs."""

import math
from typing import Annotated

import torch
from torch import Tensor

from ..component import Dial, component
from ..shared.words import lowered
from .base import Expansion, Pointwise, derived
from .fast import Room


@component
class Identity(Expansion):
    """κ(x) = x

    D = m. With a dense ψ this is a linear layer. Source: RPN 1, "Identity and Reciprocal Data Expansion".
    """

    def names(self, m: int) -> list[str]:
        return [lowered("x", i) for i in range(1, m + 1)]

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return x


@component
class Fourier(Pointwise):
    """κ(x) = [cos(2π k x / period), sin(2π k x / period)] for k = 1, ..., terms

    D = 2 m · terms. Periodic: outside one period the features repeat. Source: RPN 1, "Fourier Series based Data Expansion".
    """

    terms: Annotated[int, Dial(1, 10, "number of frequencies")] = 5
    period: Annotated[float, Dial(1.0, 20.0, "length after which all features repeat", least=0.0, above=True)] = 10.0

    def width(self, m: int) -> int:
        return 2 * m * self.terms

    @derived
    def frozen(self, m: int) -> dict[str, Tensor]:
        """`frequencies`, (K / 2,): 2π k / period. To make them anew takes as long as a few waves."""
        return {"frequencies": (2 * math.pi / self.period) * torch.arange(1, self.terms + 1, dtype=torch.float64, device="cpu")}

    def angular(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """The frequencies, to be multiplied by x: (...) → (K / 2, 1, ..., 1)."""
        if frozen:
            frequencies = frozen["frequencies"].to(x)
        else:
            frequencies = (2 * math.pi / self.period) * torch.arange(1, self.terms + 1, dtype=x.dtype, device=x.device)
        return frequencies.view(-1, *[1] * x.dim())

    def planes(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        room = Room(x, lambda: (self.terms, 2, *x.shape), dim=1)
        angles = self.angular(x, frozen) * x  # (terms, ...)
        waves = room.filled([torch.cos(angles, out=room[0]), torch.sin(angles, out=room[1])], 1)  # (terms, 2, ...)
        return waves.flatten(0, 1)

    def gradient(self, x: Tensor, planes: Tensor, gradient: Tensor) -> Tensor:
        # cos' = -sin and sin' = cos, times the frequency: two passes over what is there, and none to write slopes.
        by_x = torch.zeros_like(x)
        for k, ((cos, sin), (by_cos, by_sin)) in enumerate(zip(planes.unflatten(0, (-1, 2)), gradient.unflatten(0, (-1, 2))), 1):
            frequency = 2 * math.pi * k / self.period
            by_x = torch.addcmul(torch.addcmul(by_x, sin, by_cos, value=-frequency), cos, by_sin, value=frequency)
        return by_x


@component
class Linear(Pointwise):
    """κ(x) = scale · x

    D = m. Source: RPN 1, "Identity and Reciprocal Data Expansion", linear expansion.
    """

    scale: Annotated[float, Dial(-3.0, 3.0, "the number all attributes are multiplied by", least=None)] = 1.0

    def planes(self, x: Tensor) -> Tensor:
        return torch.stack([self.scale * x])


@component
class Reciprocal(Pointwise):
    """κ(x) = 1 / x

    D = m. Numbers nearer to 0 than 10⁻⁶ count as 10⁻⁶ with their sign, so that nothing is infinite.
    Source: RPN 1, "Identity and Reciprocal Data Expansion".
    """

    domain = (0.1, 2.0)

    def planes(self, x: Tensor) -> Tensor:
        return torch.stack([1 / torch.where(x < 0, x.clamp(max=-1e-6), x.clamp(min=1e-6))])


@component
class Trigonometric(Pointwise):
    """κ(x) = [sin x, cos x, tan x]

    D = 3 m. tan has poles at ±π/2. Source: RPN 1, "Trigonometric based Data Expansion".
    """

    domain = (-1.5, 1.5)

    def planes(self, x: Tensor) -> Tensor:
        return torch.stack([x.sin(), x.cos(), x.tan()])


@component
class ArcTrigonometric(Pointwise):
    """κ(x) = [arcsin 0.99 u, arccos 0.99 u, arctan u] with u = sigmoid(x)

    D = 3 m. The sigmoid brings every number where the arcs are defined. arcsin + arccos = π/2: with a constant, one of the two is
    redundant. Source: RPN 1, "Trigonometric based Data Expansion".
    """

    def planes(self, x: Tensor) -> Tensor:
        u = x.sigmoid()
        return torch.stack([(0.99 * u).arcsin(), (0.99 * u).arccos(), u.arctan()])


@component
class Hyperbolic(Pointwise):
    """κ(x) = [sinh x, cosh x, tanh x]

    D = 3 m. sinh and cosh grow like e^|x|: in float32 they are infinite from |x| = 89. Source: RPN 1, "Hyperbolic based Data Expansion".
    """

    def planes(self, x: Tensor) -> Tensor:
        return torch.stack([x.sinh(), x.cosh(), x.tanh()])


@component
class ArcHyperbolic(Pointwise):
    """κ(x) = [arsinh u, arcosh(u + 1.01), artanh 0.99 u] with u = sigmoid(x)

    D = 3 m. Source: RPN 1, "Hyperbolic based Data Expansion".
    """

    def planes(self, x: Tensor) -> Tensor:
        u = x.sigmoid()
        return torch.stack([u.asinh(), (u + 1.01).acosh(), (0.99 * u).atanh()])
