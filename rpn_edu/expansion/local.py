"""κ of bumps: every feature is large near one place and small elsewhere."""

import math
from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from ..component import Dial, component, family
from .base import Pointwise, derived

Low = Annotated[float, Dial(-4.0, 0.0, "left end of the interval", least=None)]
High = Annotated[float, Dial(0.5, 4.0, "right end of the interval", least=None)]


class Local(Pointwise):
    """Bumps that tile the interval from `low` to `high`."""

    low: float  # fields of the rows, where their place among the arguments is
    high: float

    @property
    def domain(self) -> tuple[float, float]:
        return self.low, self.high

    def check(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"{type(self).__name__}.low must be smaller than high, got low={self.low} and high={self.high}")


@component
class BSpline(Local):
    """B_{j,d}(x) = ((x - g_j) B_{j,d-1}(x) + (g_{j+d+1} - x) B_{j+1,d-1}(x)) / (d h) on uniform knots g_j = low + j h

    D = m (intervals + degree). The features sum to one on [low, high] and vanish `degree` knots beyond it. The basis of KAN.
    Source: RPN 1, "B-Splines"; de Boor's recursion, and for few splines of degree 2 or 3 the cut powers of Curry and Schoenberg.
    """

    intervals: Annotated[int, Dial(1, 20, "number of equal intervals between the knots")] = 5
    degree: Annotated[int, Dial(0, 5, "degree of the pieces", most=30)] = 3
    low: Low = -1.0
    high: High = 1.0

    def width(self, m: int) -> int:
        return m * (self.intervals + self.degree)

    @property
    def few(self) -> bool:
        """Is it faster to compute all splines, as sums of powers, than those alone that are alive? Of these degrees it is as exact, too."""
        return self.degree in (2, 3) and self.intervals + self.degree <= 12

    def planes(self, x: Tensor) -> Tensor:
        if self.few:
            return self.powers(self.from_middles(x).abs_(), self.degree)
        return self.splines(x, self.degree)[:-1]

    def slopes(self, x: Tensor, planes: Tensor) -> Tensor:
        if self.few:
            distance = self.from_middles(x)
            return self.powers(distance.abs(), self.degree - 1, -self.density).mul_(distance.sign())
        if self.degree == 0:
            return 0 * planes
        lower = self.splines(x, self.degree - 1, self.density)
        return lower[:-1] - lower[1:]

    @property
    def density(self) -> float:
        """Intervals for each unit of x."""
        return self.intervals / (self.high - self.low)

    def from_middles(self, x: Tensor) -> Tensor:
        """How many intervals x lies to the right of the middle of each spline: (...) → (K, ...)."""
        middles = torch.arange(self.intervals + self.degree, dtype=x.dtype, device=x.device) + (1 - self.degree) / 2
        return (x - self.low) * self.density - middles.view(-1, *[1] * x.dim())  # first x - low, which is exact: low may be far from 0

    def powers(self, distance: Tensor, power: int, height: float = 1.0) -> Tensor:
        """Two powers that end at 0: of so many intervals from its middle, for power = d, a spline of degree 2 or 3. (K, ...) → (K, ...).

        max((d+1)/2 - distance, 0)^power / power! - (d+1) max((d-1)/2 - distance, 0)^power / power!, all times `height`.
        """
        outer = ((self.degree + 1) / 2 - distance).relu_().pow(power)
        inner = ((self.degree - 1) / 2 - distance).relu_().pow(power)
        return outer.add_(inner, alpha=-self.degree - 1).mul_(height / math.factorial(power))

    def splines(self, x: Tensor, degree: int, height: float = 1.0) -> Tensor:
        """The splines of a degree, up to our own, that begin at the knots -d, ..., intervals, times `height`: (...) → (K + 1, ...)."""
        # Only degree + 1 splines are alive at any x: we compute those and scatter them, so more intervals cost almost nothing.
        margin = self.degree + 1
        position = ((x - self.low) * self.density).clamp(-margin, self.intervals + margin - 0.5)
        cell = position.detach().floor()
        cell = torch.where(x > self.high, cell, cell.clamp(max=self.intervals - 1))  # the last cell owns the right end
        inside = position - cell  # in [0, 1]: where x stands in its cell
        missing = position - position  # NaN where x is NaN, else 0; the slope is 0, and there is one for pieces without any
        alive = [missing + height / math.factorial(degree)]  # so that no step has to divide by d
        for d in range(1, degree + 1):
            between = [torch.addcmul(((r + 1) - inside) * alive[r], inside + (d - r), alive[r - 1]) for r in range(1, d)]
            alive = [(1 - inside) * alive[0], *between, inside * alive[-1]]
        first = cell.nan_to_num().long() + (margin + self.degree - degree)  # Cells off the grid write into planes that are cut away.
        index = first + torch.arange(degree + 1, device=x.device).view(-1, *[1] * x.dim())
        planes = missing.detach().expand(self.intervals + 3 * margin, *x.shape).scatter(0, index, torch.stack(alive))
        return planes[margin : 2 * margin + self.intervals]


@family
class Radial(Local):
    """bump(epsilon (x - c_j)) at evenly spaced centers c_j: the first center is `low`, the last is `high`. D = m · centers."""

    centers: Annotated[int, Dial(2, 20, "number of bumps", least=1)] = 10
    low: Low = -1.0
    high: High = 1.0
    epsilon: Annotated[float, Dial(0.5, 10.0, "how narrow a bump is", least=0.0, above=True)] = 1.0

    def width(self, m: int) -> int:
        return m * self.centers

    @abstractmethod
    def bump(self, square: Tensor) -> Tensor:
        """The bump at (x - c)², which is made for it and may be overwritten. Number by number: (K, ...) → (K, ...)."""

    @derived
    def frozen(self, m: int) -> dict[str, Tensor]:
        """`places`, (K,): the centers. To lay them out anew takes as long as a few bumps."""
        return {"places": torch.linspace(self.low, self.high, self.centers, dtype=torch.float64, device="cpu")}

    def from_centers(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """(...) → (K, ...): x - c_j."""
        places = frozen["places"].to(x) if frozen else torch.linspace(self.low, self.high, self.centers, dtype=x.dtype, device=x.device)
        return x - places.view(-1, *[1] * x.dim())

    def planes(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        distance = self.from_centers(x, frozen)
        return self.bump(distance.pow_(2))  # in place, as every pass over fresh memory costs half an exponential


@component
class GaussianRBF(Radial):
    """κ(x) = exp(-(epsilon (x - c_j))²) at evenly spaced centers c_j

    D = m · centers; the first center is `low`, the last is `high`. Source: RPN 1, "Gaussian Radial Basis Functions".
    """

    def bump(self, square: Tensor) -> Tensor:
        return square.mul_(-(self.epsilon**2)).exp_()

    def slopes(self, x: Tensor, planes: Tensor) -> Tensor:
        return self.from_centers(x).mul_(planes).mul_(-2 * self.epsilon**2)


@component
class InverseQuadraticRBF(Radial):
    """κ(x) = 1 / (1 + (epsilon (x - c_j))²) at evenly spaced centers c_j

    D = m · centers. Fades more slowly than the Gaussian bump. Source: RPN 1, "Inverse Quadratic Radial Basis Functions".
    """

    def bump(self, square: Tensor) -> Tensor:
        return 1 / square.mul_(self.epsilon**2).add_(1)

    def slopes(self, x: Tensor, planes: Tensor) -> Tensor:
        return self.from_centers(x).mul_(planes).mul_(planes).mul_(-2 * self.epsilon**2)
