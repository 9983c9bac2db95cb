"""κ of a grid: every patch as it is, or one number for each patch."""

import math
from abc import abstractmethod
from typing import Annotated, Literal

import torch
from torch import Tensor

from ..component import Dial, component, family
from ..shared import given
from ..shared.geometry import Geometry, gathered
from ..shared.reductions import REDUCTIONS, Reduction, nanmedian
from .base import Expansion, derived

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
        return gathered(x, self.places(x, frozen)).flatten(0, 2).movedim(0, -1)


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
        cells = gathered(x, places, PADDING[self.metric])  # (channels, positions, patches, ...)
        if self.metric == "median":  # without the cells that are missing; a NaN of the data shows, as it does in the other reductions
            pooled = torch.where(gathered(x.isnan(), places).any(1), math.nan, nanmedian(cells, 1))
        else:
            pooled = REDUCTIONS[self.metric](cells, 1)
        return pooled.flatten(0, 1).movedim(0, -1)


# ---- windows, as torch counts them ---------------------------------------------------------------------------------------------------

Side = Annotated[int, Dial(1, 4, "cells of a window along this axis", most=1000)]
Step = Annotated[int, Dial(1, 3, "cells from one window to the next along this axis", most=1000)]
Margin = Annotated[int, Dial(0, 1, "cells beyond each of the two borders of this axis", most=1000)]


def starting(count: int, stride: int, padding: int, size: int) -> Tensor:
    """The cells of `count` windows along one axis, counted from the border: (size, count)."""
    return torch.arange(count, device="cpu") * stride - padding + torch.arange(size, device="cpu").unsqueeze(1)


@family
class Windowed(Expansion):
    """Rectangular windows on an image of channels · rows · columns cells, the first at the upper left corner of its margin.

    Cell (i, j) of channel u is number (u · rows + i) · columns + j. Windows that do not fit as a whole are left out.
    """

    rows: Annotated[int, Dial(1, 8, "rows of the image")] = 4
    columns: Annotated[int, Dial(1, 8, "columns of the image")] = 4
    channels: Annotated[int, Dial(1, 3, "images that lie one after the other in x")] = 1
    window_rows: Side = 2
    window_columns: Side = 2
    row_stride: Step = 1
    column_stride: Step = 1
    row_padding: Margin = 0
    column_padding: Margin = 0

    def check(self) -> None:
        for axis, cells in (("rows", self.rows + 2 * self.row_padding), ("columns", self.columns + 2 * self.column_padding)):
            if (size := getattr(self, f"window_{axis}")) > cells:
                own = type(self).__name__
                raise ValueError(f"{own}.window_{axis} must be at most {cells}, the {axis} of the image with its margins, got {size}")

    @property
    def made_for(self) -> int:
        return self.channels * self.rows * self.columns

    @property
    def places(self) -> tuple[int, int]:
        """How many windows stand along rows and columns."""
        down = (self.rows + 2 * self.row_padding - self.window_rows) // self.row_stride + 1
        return down, (self.columns + 2 * self.column_padding - self.window_columns) // self.column_stride + 1

    @abstractmethod
    def width(self, m: int) -> int:
        """D. ValueError for another m than the number of cells."""

    def require(self, m: int) -> None:
        """ValueError unless m is the number of cells."""
        if m != self.made_for:
            image = f"{self.rows} rows × {self.columns} columns × {self.channels} in channels"
            raise ValueError(f"{self.qualified_name()} was made for {self.made_for} numbers ({image}), got {m}")

    @derived
    def frozen(self, m: int) -> dict[str, Tensor]:
        """`places`, (channels, positions, patches): the number of the cell at each place of each window; in the margin, m.

        ValueError for another m than the number of cells, and for more places than there is memory.
        """
        self.require(m)
        positions, patches = self.window_rows * self.window_columns, self.places[0] * self.places[1]
        given.affordable(
            self.qualified_name(), f"the places of {patches:,} windows", 5 * self.channels * positions * patches, "choose fewer"
        )
        down = starting(self.places[0], self.row_stride, self.row_padding, self.window_rows)
        across = starting(self.places[1], self.column_stride, self.column_padding, self.window_columns)
        i, j = down[:, None, :, None], across[None, :, None, :]
        on_image = (i >= 0) & (i < self.rows) & (j >= 0) & (j < self.columns)
        channel = torch.arange(self.channels, device="cpu").view(-1, 1, 1, 1, 1) * self.rows * self.columns
        return {"places": torch.where(on_image, channel + i * self.columns + j, m).flatten(3).flatten(1, 2)}

    def windows(self, x: Tensor, frozen: dict[str, Tensor] | None, padding: float = 0.0) -> Tensor:
        """What every place of every window meets, `padding` in the margin: (..., m) → (channels, positions, patches, ...)."""
        self.require(x.shape[-1])
        return gathered(x, (frozen or self.frozen(x.shape[-1]))["places"].to(x.device), padding)


@component
class Windows(Windowed):
    """κ(x) = [x at place 1 of every window, x at place 2 of every window, ...], channel by channel

    D = channels · positions · windows, ordered by channel, place in the window, window; the margin is 0. With `reconciliation.Shared` it is
    a convolution as torch has it, of any size, stride and zero padding; `Patches` stand around a centre.
    Source: RPN 2 (arXiv 2411.11162), "Geometric Patches"; Y. LeCun et al., "Gradient-Based Learning Applied to Document Recognition"
    (1998).
    """

    def width(self, m: int) -> int:
        self.require(m)
        return self.channels * self.window_rows * self.window_columns * self.places[0] * self.places[1]

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return self.windows(x, frozen).flatten(0, 2).movedim(0, -1)


@component
class WindowPooling(Windowed):
    """κ(x) = [metric of window 1, metric of window 2, ...], channel by channel

    D = channels · windows. A cell of the margin never wins and adds 0 to a sum; the mean divides by all places of a window. Pooling as
    torch has it. Source: RPN 2 (arXiv 2411.11162), "Geometric Compression".
    """

    metric: Annotated[Literal["max", "min", "sum", "mean"], "what is left of a window"] = "max"

    def check(self) -> None:
        super().check()
        for axis in ("row", "column"):
            if (margin := getattr(self, f"{axis}_padding")) >= (size := getattr(self, f"window_{axis}s")):
                wanted = f"WindowPooling.{axis}_padding must be smaller than window_{axis}s, {size}, or a window lies in the margin"
                raise ValueError(f"{wanted}, got {margin}")

    def width(self, m: int) -> int:
        self.require(m)
        return self.channels * self.places[0] * self.places[1]

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return REDUCTIONS[self.metric](self.windows(x, frozen, PADDING[self.metric]), 1).flatten(0, 1).movedim(0, -1)
