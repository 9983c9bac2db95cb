"""κ of log densities: how likely would this number be under a fixed distribution?"""

import math
from abc import abstractmethod
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ..component import Dial, component, family
from .base import Expansion, Pointwise, derived
from .products import choices, steps

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


def squashed(x: Tensor) -> Tensor:
    """u = 0.99 sigmoid(x) + 0.001: inside (0, 1), where every density is positive and finite. Number by number: (...) → (...)."""
    return 0.99 * x.sigmoid() + 0.001


@family
class Densities(Pointwise):
    """Log densities: a few statistics of x, weighted. A line [c_1, c_2, ..., c_0] makes c_1 s_1 + c_2 s_2 + ... + c_0.

    Where there are fewer statistics than densities, the features repeat one another; the docstring of each row says how many count.
    """

    @abstractmethod
    def lines(self) -> list[list[float]]:
        """The weights of each density, (K, S + 1): those of the S statistics, then a constant."""

    @abstractmethod
    def statistics(self, x: Tensor) -> list[Tensor]:
        """S tensors of the shape of x. The densities are weighted sums of them."""

    @derived
    def frozen(self, m: int) -> dict[str, Tensor]:
        """`lines`, (K, S + 1): the weights of each density."""
        return {"lines": torch.tensor(self.lines(), dtype=torch.float64, device="cpu")}

    def width(self, m: int) -> int:
        return m * len(self.lines())

    def planes(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        weights, constant = (frozen or self.frozen(len(x)))["lines"].to(x).tensor_split([-1], 1)  # (K, S), (K, 1)
        statistics = torch.stack(self.statistics(x)).flatten(1)
        return torch.addmm(constant, weights, statistics).view(len(weights), *x.shape)


@family
class Distribution(Densities):
    """One distribution with several parameters, or (`naive`) the first of them alone."""

    naive: Annotated[bool, "the first density alone"] = False

    table: ClassVar[tuple[tuple[float, ...], ...]] = ()

    def parameters(self) -> tuple[tuple[float, ...], ...]:
        """The rows of the table that count: one tuple of parameters for each density."""
        return self.table[:1] if self.naive else self.table


@component
class Normal(Distribution):
    """κ(x) = -(x - μ)² / (2σ²) - ln σ - ln(2π)/2 for (μ, σ) = (0, 1), (1, 1), (-1, 1), (0, 0.1), (1, 0.1), (-1, 0.1)

    D = 6 m, or m with `naive=True` (the standard normal alone). All six are quadratics in x: with a constant they span only three
    dimensions, so half of the features are redundant. Source: RPN 1, "Probabilistic Expansion", normal distribution.
    """

    table = ((0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (0.0, 0.1), (1.0, 0.1), (-1.0, 0.1))

    def lines(self) -> list[list[float]]:
        return [[-0.5 / s**2, mu / s**2, -0.5 * (mu / s) ** 2 - math.log(s) - HALF_LOG_TAU] for mu, s in self.parameters()]

    def statistics(self, x: Tensor) -> list[Tensor]:
        return [x * x, x]


@component
class Cauchy(Distribution):
    """κ(x) = ln s - ln π - ln(s² + (x - a)²) for (a, s) = (0, 1), (0, 0.5), (1, 1), (1, 0.5), (-1, 1), (-1, 0.5)

    D = 6 m, or m with `naive=True`. The tails fall slowly: far outliers stay likely. Source: RPN 1, "Probabilistic Expansion",
    Cauchy distribution.
    """

    table = ((0.0, 1.0), (0.0, 0.5), (1.0, 1.0), (1.0, 0.5), (-1.0, 1.0), (-1.0, 0.5))

    def lines(self) -> list[list[float]]:
        return [[math.log(s / math.pi)] for _, s in self.parameters()]

    def statistics(self, x: Tensor) -> list[Tensor]:
        return [torch.hypot(x - a, x.new_full((), s)).log() for a, s in self.parameters()]  # half the logarithm of s² + (x - a)²

    def planes(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        constant = (frozen or self.frozen(len(x)))["lines"].to(x)
        return torch.sub(constant.view(-1, *[1] * x.dim()), torch.stack(self.statistics(x)), alpha=2)


@component
class Laplace(Distribution):
    """κ(x) = -|x - a| / s - ln 2s for (a, s) = (0, 1), (0, 2), (1, 1), (1, 2), (-1, 1), (-1, 2)

    D = 6 m, or m with `naive=True`. With a constant they span four dimensions: two of the six are redundant.
    Source: RPN 1, "Probabilistic Expansion", Laplace distribution.
    """

    table = ((0.0, 1.0), (0.0, 2.0), (1.0, 1.0), (1.0, 2.0), (-1.0, 1.0), (-1.0, 2.0))

    def lines(self) -> list[list[float]]:
        return [[*(-1 / s if a == place else 0.0 for place in (0.0, 1.0, -1.0)), -math.log(2 * s)] for a, s in self.parameters()]

    def statistics(self, x: Tensor) -> list[Tensor]:
        return [x.abs(), (x - 1).abs(), (x + 1).abs()]


@component
class Exponential(Distribution):
    """κ(x) = ln r - r u with u = 0.99 sigmoid(x) + 0.001 for r = 0.5, 0.75, 1, 2, 3, 5

    D = 6 m, or m with `naive=True`. All six are lines in u: with a constant they span two dimensions, so four are redundant.
    Source: RPN 1, "Probabilistic Expansion", exponential distribution.
    """

    table = ((0.5,), (0.75,), (1.0,), (2.0,), (3.0,), (5.0,))

    def lines(self) -> list[list[float]]:
        return [[-rate, math.log(rate)] for (rate,) in self.parameters()]

    def statistics(self, x: Tensor) -> list[Tensor]:
        return [squashed(x)]


@component
class Gamma(Distribution):
    """κ(x) = a ln r - ln Γ(a) + (a - 1) ln u - r u with u = 0.99 sigmoid(x) + 0.001 for a = 0.5, 1, 2 and r = 1, 2

    D = 6 m, or m with `naive=True`. Weighted sums of ln u and u: with a constant they span three dimensions, so half are redundant.
    Source: RPN 1, "Probabilistic Expansion", gamma distribution.
    """

    table = ((0.5, 1.0), (0.5, 2.0), (1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (2.0, 2.0))

    def lines(self) -> list[list[float]]:
        return [[a - 1, -r, a * math.log(r) - math.lgamma(a)] for a, r in self.parameters()]

    def statistics(self, x: Tensor) -> list[Tensor]:
        u = squashed(x)
        return [u.log(), u]


@component
class ChiSquared(Distribution):
    """κ(x) = (k/2 - 1) ln u - u/2 - (k/2) ln 2 - ln Γ(k/2) with u = sigmoid(x) + 0.001 for k = 1, 2

    D = 2 m, or m with `naive=True`. Source: RPN 1, "Probabilistic Expansion", chi-squared distribution.
    """

    table = ((1.0,), (2.0,))

    def lines(self) -> list[list[float]]:
        return [[k / 2 - 1, -0.5, -(k / 2) * math.log(2) - math.lgamma(k / 2)] for (k,) in self.parameters()]

    def statistics(self, x: Tensor) -> list[Tensor]:
        u = x.sigmoid() + 0.001
        return [u.log(), u]


@component
class HybridDensity(Densities):
    """κ(x) = log densities of normal(0, 1), Cauchy(0, 1), chi²(1), gamma(0.5, 1), Laplace(0, 1) and exponential(1), side by side

    D = 6 m. Chi², gamma and exponential see u = 0.99 sigmoid(x) + 0.001; they are sums of ln u and u, so one of the three is redundant.
    Source: RPN 1, "Probabilistic Expansion", hybrid.
    """

    def lines(self) -> list[list[float]]:
        return [
            [-0.5, 0.0, 0.0, 0.0, 0.0, -HALF_LOG_TAU],
            [0.0, -1.0, 0.0, 0.0, 0.0, -math.log(math.pi)],
            [0.0, 0.0, 0.0, -0.5, -0.5, -HALF_LOG_TAU],
            [0.0, 0.0, 0.0, -0.5, -1.0, -0.5 * math.log(math.pi)],
            [0.0, 0.0, -1.0, 0.0, 0.0, -math.log(2)],
            [0.0, 0.0, 0.0, 0.0, -1.0, 0.0],
        ]

    def statistics(self, x: Tensor) -> list[Tensor]:
        u = squashed(x)
        return [x * x, torch.log(1 + x * x), x.abs(), u.log(), u]


@component
class CombinatorialNormal(Expansion):
    """κ(x) = -‖x_S‖² / 2 - |S| ln(2π)/2 for every set S of at most `order` attributes

    The log density of the standard normal in |S| dimensions. D = C(m, 1) + ... + C(m, order), by size, then in lexicographic order.
    Each is the sum of its members' features: all but the first m are redundant. Source: RPN 1, "Combinatorial Expansion".
    """

    order: Annotated[int, Dial(1, 3, "largest number of attributes in a set")] = 1

    def width(self, m: int) -> int:
        return sum(math.comb(m, size) for size in range(1, min(self.order, m) + 1))

    @derived
    def frozen(self, m: int) -> dict[str, Tensor]:
        """`smaller_r` and `added_r`, (C(m, r),), for r = 2, ..., order: set by set, which smaller set it contains and which x it adds."""
        return choices(m, min(self.order, m), again=False)

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        columns = x.movedim(-1, 0).contiguous()  # fast: attributes first: the rows of memory that are picked stay long
        sums = [-0.5 * columns * columns - HALF_LOG_TAU]
        for smaller, member in steps(frozen or self.frozen(x.shape[-1]), x.device):
            sums.append(sums[-1].index_select(0, smaller).add_(sums[0].index_select(0, member)))
        return torch.cat(sums).movedim(0, -1)
