"""κ of a grid: every patch as it is, or one number for each patch."""

import math
from typing import Annotated

import torch
from torch import Tensor

from ..component import component
from ..shared.geometry import Geometry
from ..shared.reductions import REDUCTIONS, Reduction, nanmedian
from .base import Expansion

# What a reduction passes over.
PADDING: dict[Reduction, float] = {"max": -math.inf, "min": math.inf, "sum": 0.0, "mean": 0.0, "prod": 1.0, "median": math.nan}


@component
class Patches(Geometry, Expansion):
    """κ(x) = [x at place 1 of every patch, x at place 2 of every patch, ...], channel by channel

    D = channels · positions · patches: the features are ordered by channel, by position in the patch, then by patch. Cells off the grid are
    0. A ψ that holds one kernel for all patches makes a convolution of it. Source: RPN 2 (arXiv 2411.11162), "Geometric Patches".
    """

    def width(self, m: int) -> int:
        self.require(m)
        return self.channels * self.positions * self.patches

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return self.gather(x, self.places(x, frozen)).flatten(0, 2).movedim(0, -1)


@component
class PatchPooling(Geometry, Expansion):
    """κ(x) = [metric of patch 1, metric of patch 2, ...], channel by channel

    D = channels · patches. A cell off the grid never wins: max, min, prod and median pass over it, and it adds 0 to a sum. The mean divides
    by all positions, so it is smaller at the border, as in avg_pool2d. The median of an even count is the lower of the two middle ones.
    Source: RPN 2 (arXiv 2411.11162), "Geometric Compression".
    """

    metric: Annotated[Reduction, "what is left of a patch"] = "max"

    def width(self, m: int) -> int:
        self.require(m)
        return self.channels * self.patches

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        places = self.places(x, frozen)
        cells = self.gather(x, places, PADDING[self.metric])  # (channels, positions, patches, ...)
        if self.metric == "median":  # without the cells that are missing; a NaN of the data shows, as it does in the other reductions
            pooled = torch.where(self.gather(x.isnan(), places).any(1), math.nan, nanmedian(cells, 1))
        else:
            pooled = REDUCTIONS[self.metric](cells, 1)
        return pooled.flatten(0, 1).movedim(0, -1)
