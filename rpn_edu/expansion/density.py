"""κ of log densities: how likely would this number be under a fixed distribution?"""

import math

import torch
from torch import Tensor

from ..component import component
from .base import Pointwise


@component
class Normal(Pointwise):
    """κ(x) = -(x - μ)² / (2σ²) - ln σ - ln(2π)/2 for six pairs (μ, σ): μ in 0, 1, -1 and σ in 1, 0.1

    D = 6 m, or m with `naive=True` (the standard normal alone). All six are quadratics in x: with a constant they span only three
    dimensions, so half of the features are redundant. Source: RPN 1, "Probabilistic Expansion", normal distribution.
    """

    naive: bool = False

    def pairs(self) -> list[tuple[float, float]]:
        return [(0.0, 1.0)] if self.naive else [(0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (0.0, 0.1), (1.0, 0.1), (-1.0, 0.1)]

    def count(self) -> int:
        return len(self.pairs())

    def planes(self, x: Tensor) -> Tensor:
        # A log density is a quadratic: (K, 2) coefficients times [x², x], plus (K, 1) constants. One matrix product makes all of them.
        quadratic = x.new_tensor([[-0.5 / s**2, mu / s**2] for mu, s in self.pairs()])
        constant = x.new_tensor([[-0.5 * (mu / s) ** 2 - math.log(s) - 0.5 * math.log(2 * math.pi)] for mu, s in self.pairs()])
        return torch.addmm(constant, quadratic, torch.stack((x * x, x)).flatten(1)).view(self.count(), *x.shape)
