"""κ of bumps: every feature is large near one place and small elsewhere."""

import math
from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from ..component import Dial, component, family
from .base import Pointwise

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
    Source: RPN 1, "B-Splines"; de Boor's recursion.
    """

    intervals: Annotated[int, Dial(1, 20, "number of equal intervals between the knots")] = 5
    degree: Annotated[int, Dial(0, 5, "degree of the pieces", most=30)] = 3
    low: Low = -1.0
    high: High = 1.0

    def width(self, m: int) -> int:
        return m * (self.intervals + self.degree)

    def planes(self, x: Tensor) -> Tensor:
        # Only degree + 1 splines are alive at any x: we compute those and scatter them, so more intervals cost almost nothing.
        margin = self.degree + 1
        position = ((x - self.low) * (self.intervals / (self.high - self.low))).clamp(-margin, self.intervals + margin - 0.5)
        cell = position.detach().floor()
        cell = torch.where(x > self.high, cell, cell.clamp(max=self.intervals - 1))  # the last cell owns the right end
        inside = position - cell  # in [0, 1]: where x stands in its cell
        missing = (0 * position).abs()  # NaN where x is NaN, else 0; the slope is 0, and there is one for pieces without any
        alive = [missing + 1 / math.factorial(self.degree)]  # so that no step has to divide by d
        for d in range(1, margin):
            between = [torch.addcmul(((r + 1) - inside) * alive[r], inside + (d - r), alive[r - 1]) for r in range(1, d)]
            alive = [(1 - inside) * alive[0], *between, inside * alive[-1]]
        first = cell.nan_to_num().long() + margin  # Cells off the grid write into planes that are cut away.
        index = first + torch.arange(margin, device=x.device).view(-1, *[1] * x.dim())
        planes = missing.detach().repeat(self.intervals + 3 * margin, *[1] * x.dim()).scatter(0, index, torch.stack(alive))
        return planes[margin : margin + self.intervals + self.degree]


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
        """The bump at a squared distance, which is made for it and may be overwritten. Number by number: (K, ...) → (K, ...)."""

    def planes(self, x: Tensor) -> Tensor:
        centers = torch.linspace(self.low, self.high, self.centers, dtype=x.dtype, device=x.device)
        distance = self.epsilon * x - self.epsilon * centers.view(-1, *[1] * x.dim())  # (K, ...)
        return self.bump(distance.pow_(2))  # in place, as every pass over fresh memory costs half an exponential


@component
class GaussianRBF(Radial):
    """κ(x) = exp(-(epsilon (x - c_j))²) at evenly spaced centers c_j

    D = m · centers; the first center is `low`, the last is `high`. Source: RPN 1, "Gaussian Radial Basis Functions".
    """

    def bump(self, square: Tensor) -> Tensor:
        return square.neg_().exp_()


@component
class InverseQuadraticRBF(Radial):
    """κ(x) = 1 / (1 + (epsilon (x - c_j))²) at evenly spaced centers c_j

    D = m · centers. Fades more slowly than the Gaussian bump. Source: RPN 1, "Inverse Quadratic Radial Basis Functions".
    """

    def bump(self, square: Tensor) -> Tensor:
        return 1 / (1 + square)
