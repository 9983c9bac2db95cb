"""κ of log densities: how likely would this number be under a fixed distribution?"""

import math
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ..component import Dial, component, family
from .base import Expansion, Pointwise
from .products import choices

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


def squashed(x: Tensor) -> Tensor:
    """u = 0.99 sigmoid(x) + 0.001: inside (0, 1), where every density is positive and finite."""
    return 0.99 * x.sigmoid() + 0.001


def weighted(statistics: list[Tensor], lines: list[list[float]]) -> Tensor:
    """Log densities are a few statistics, weighted: c_1 s_1 + c_2 s_2 + c_0 for a line [c_1, c_2, c_0].

    Where there are fewer statistics than densities, the features repeat one another; the docstring of each row says how many count.
    """
    weights, constant = statistics[0].new_tensor(lines).tensor_split([-1], 1)  # (K, S), (K, 1)
    return torch.addmm(constant, weights, torch.stack(statistics).flatten(1)).view(len(weights), *statistics[0].shape)


@family
class Distribution(Pointwise):
    """One distribution with several parameters, or (`naive`) the first of them alone."""

    naive: Annotated[bool, "the first density alone"] = False

    table: ClassVar[tuple[tuple[float, ...], ...]] = ()

    def parameters(self) -> tuple[tuple[float, ...], ...]:
        return self.table[:1] if self.naive else self.table


@component
class Normal(Distribution):
    """κ(x) = -(x - μ)² / (2σ²) - ln σ - ln(2π)/2 for (μ, σ) = (0, 1), (1, 1), (-1, 1), (0, 0.1), (1, 0.1), (-1, 0.1)

    D = 6 m, or m with `naive=True` (the standard normal alone). All six are quadratics in x: with a constant they span only three
    dimensions, so half of the features are redundant. Source: RPN 1, "Probabilistic Expansion", normal distribution.
    """

    table = ((0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (0.0, 0.1), (1.0, 0.1), (-1.0, 0.1))

    def planes(self, x: Tensor) -> Tensor:
        lines = [[-0.5 / s**2, mu / s**2, -0.5 * (mu / s) ** 2 - math.log(s) - HALF_LOG_TAU] for mu, s in self.parameters()]
        return weighted([x * x, x], lines)


@component
class Cauchy(Distribution):
    """κ(x) = ln s - ln π - ln(s² + (x - a)²) for (a, s) = (0, 1), (0, 0.5), (1, 1), (1, 0.5), (-1, 1), (-1, 0.5)

    D = 6 m, or m with `naive=True`. The tails fall slowly: far outliers stay likely. Source: RPN 1, "Probabilistic Expansion",
    Cauchy distribution.
    """

    table = ((0.0, 1.0), (0.0, 0.5), (1.0, 1.0), (1.0, 0.5), (-1.0, 1.0), (-1.0, 0.5))

    def planes(self, x: Tensor) -> Tensor:
        halves = [torch.hypot(x - a, x.new_tensor(s)).log() for a, s in self.parameters()]  # half the logarithm of s² + (x - a)²
        constant = x.new_tensor([math.log(s / math.pi) for _, s in self.parameters()])
        return torch.sub(constant.view(-1, *[1] * x.dim()), torch.stack(halves), alpha=2)


@component
class Laplace(Distribution):
    """κ(x) = -|x - a| / s - ln 2s for (a, s) = (0, 1), (0, 2), (1, 1), (1, 2), (-1, 1), (-1, 2)

    D = 6 m, or m with `naive=True`. With a constant they span four dimensions: two of the six are redundant.
    Source: RPN 1, "Probabilistic Expansion", Laplace distribution.
    """

    table = ((0.0, 1.0), (0.0, 2.0), (1.0, 1.0), (1.0, 2.0), (-1.0, 1.0), (-1.0, 2.0))

    def planes(self, x: Tensor) -> Tensor:
        lines = [[*(-1 / s if a == place else 0.0 for place in (0.0, 1.0, -1.0)), -math.log(2 * s)] for a, s in self.parameters()]
        return weighted([x.abs(), (x - 1).abs(), (x + 1).abs()], lines)


@component
class Exponential(Distribution):
    """κ(x) = ln r - r u with u = 0.99 sigmoid(x) + 0.001 for r = 0.5, 0.75, 1, 2, 3, 5

    D = 6 m, or m with `naive=True`. All six are lines in u: with a constant they span two dimensions, so four are redundant.
    Source: RPN 1, "Probabilistic Expansion", exponential distribution.
    """

    table = ((0.5,), (0.75,), (1.0,), (2.0,), (3.0,), (5.0,))

    def planes(self, x: Tensor) -> Tensor:
        return weighted([squashed(x)], [[-rate, math.log(rate)] for (rate,) in self.parameters()])


@component
class Gamma(Distribution):
    """κ(x) = a ln r - ln Γ(a) + (a - 1) ln u - r u with u = 0.99 sigmoid(x) + 0.001 for a = 0.5, 1, 2 and r = 1, 2

    D = 6 m, or m with `naive=True`. Weighted sums of ln u and u: with a constant they span three dimensions, so half are redundant.
    Source: RPN 1, "Probabilistic Expansion", gamma distribution.
    """

    table = ((0.5, 1.0), (0.5, 2.0), (1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (2.0, 2.0))

    def planes(self, x: Tensor) -> Tensor:
        u = squashed(x)
        return weighted([u.log(), u], [[a - 1, -r, a * math.log(r) - math.lgamma(a)] for a, r in self.parameters()])


@component
class ChiSquared(Distribution):
    """κ(x) = (k/2 - 1) ln u - u/2 - (k/2) ln 2 - ln Γ(k/2) with u = sigmoid(x) + 0.001 for k = 1, 2

    D = 2 m, or m with `naive=True`. Source: RPN 1, "Probabilistic Expansion", chi-squared distribution.
    """

    table = ((1.0,), (2.0,))

    def planes(self, x: Tensor) -> Tensor:
        u = x.sigmoid() + 0.001
        return weighted([u.log(), u], [[k / 2 - 1, -0.5, -(k / 2) * math.log(2) - math.lgamma(k / 2)] for (k,) in self.parameters()])


@component
class HybridDensity(Pointwise):
    """κ(x) = log densities of normal(0, 1), Cauchy(0, 1), chi²(1), gamma(0.5, 1), Laplace(0, 1) and exponential(1), side by side

    D = 6 m. Chi², gamma and exponential see u = 0.99 sigmoid(x) + 0.001; they are sums of ln u and u, so one of the three is redundant.
    Source: RPN 1, "Probabilistic Expansion", hybrid.
    """

    def planes(self, x: Tensor) -> Tensor:
        u = squashed(x)
        lines = [
            [-0.5, 0.0, 0.0, 0.0, 0.0, -HALF_LOG_TAU],
            [0.0, -1.0, 0.0, 0.0, 0.0, -math.log(math.pi)],
            [0.0, 0.0, 0.0, -0.5, -0.5, -HALF_LOG_TAU],
            [0.0, 0.0, 0.0, -0.5, -1.0, -0.5 * math.log(math.pi)],
            [0.0, 0.0, -1.0, 0.0, 0.0, -math.log(2)],
            [0.0, 0.0, 0.0, 0.0, -1.0, 0.0],
        ]
        return weighted([x * x, torch.log(1 + x * x), x.abs(), u.log(), u], lines)


@component
class CombinatorialNormal(Expansion):
    """κ(x) = -‖x_S‖² / 2 - |S| ln(2π)/2 for every set S of at most `order` attributes

    The log density of the standard normal in |S| dimensions. D = C(m, 1) + ... + C(m, order), by size, then in lexicographic order.
    Each is the sum of its members' features: all but the first m are redundant. Source: RPN 1, "Combinatorial Expansion".
    """

    order: Annotated[int, Dial(1, 3, "largest number of attributes in a set")] = 1

    def width(self, m: int) -> int:
        return sum(math.comb(m, size) for size in range(1, min(self.order, m) + 1))

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        columns = x.movedim(-1, 0).contiguous()  # attributes first: the rows of memory that are picked stay long
        sums = [-0.5 * columns * columns - HALF_LOG_TAU]
        for smaller, member in choices(m := x.shape[-1], min(self.order, m), again=False):
            sums.append(sums[-1].index_select(0, smaller.to(x.device)).add_(sums[0].index_select(0, member.to(x.device))))
        return torch.cat(sums).movedim(0, -1)
