"""Geometry: a grid of cells, and the patches that lie on it. The κ `Patches` and the ξ `Grid` share it."""

import itertools
from math import floor, isqrt, prod, sqrt
from typing import Annotated, Literal

import torch
from torch import Tensor

from ..component import Component, Dial, family
from . import given
from .words import did_you_mean

Shape = Literal["cuboid", "cylinder", "sphere"]
Packing = Literal[
    "densest", "dense_square", "complete_square", "sparse_square",
    "denser_hexagonal", "dense_hexagonal", "complete_hexagonal", "sparse_hexagonal",
    "dense_simple_cubic", "complete_simple_cubic", "sparse_simple_cubic",
    "dense_face_centered_cubic", "complete_face_centered_cubic", "sparse_face_centered_cubic",
]  # fmt: skip

# The distance of neighbouring centres along rows, columns and depth, in multiples of the patch's reach there; rounded down, at least 1.
PACKINGS: dict[Shape, dict[Packing, tuple[float, float, float]]] = {
    "cuboid": {"densest": (0, 0, 0), "dense_square": (1, 1, 1), "complete_square": (2, 2, 2), "sparse_square": (3, 3, 3)},
    "cylinder": {
        "densest": (0, 0, 0), "complete_square": (sqrt(2), sqrt(2), 2), "sparse_square": (2, 2, 2),
        "denser_hexagonal": (sqrt(3) / 2, 1, 1), "dense_hexagonal": (sqrt(6) / 2, sqrt(2), 1),
        "complete_hexagonal": (1.5, sqrt(3), 2), "sparse_hexagonal": (sqrt(3), 2, 2),
    },
    "sphere": {
        "densest": (0, 0, 0),
        "dense_hexagonal": (1, 1, 1), "complete_hexagonal": (2 / sqrt(3), 2 / sqrt(3), 1), "sparse_hexagonal": (2, 2, sqrt(6)),
        "dense_simple_cubic": (1, 1, 1), "complete_simple_cubic": (2 / sqrt(3), 2 / sqrt(3), 2 / sqrt(3)), "sparse_simple_cubic": (2, 2, 2),
        "dense_face_centered_cubic": (1, 1, 1), "complete_face_centered_cubic": (sqrt(2), sqrt(8 / 3), 4 / 3),
        "sparse_face_centered_cubic": (2, sqrt(3), sqrt(8 / 3)),
    },
}  # fmt: skip


def disc(square: int) -> int:
    """The number of places (i, j) with i² + j² <= square."""
    return 1 + 2 * isqrt(square) + 2 * sum(1 + 2 * isqrt(square - i * i) for i in range(1, isqrt(square) + 1))


@family
class Geometry(Component):
    """Patches on a grid of m = channels · rows · columns · depth cells.

    Cell (i, j, k) of channel u is number ((u · rows + i) · columns + j) · depth + k. Each channel has the same patches, whose centres stand
    at 0, stride, 2 stride, ... along each axis. `packing` sets the strides from the radius, from "sparse" (patches hardly meet) over
    "complete" and "dense" to "densest" (a centre on every cell). Centres stand in straight rows and a stride is a whole number of cells,
    so even complete packings leave a few cells out. A `stride` above 0 decides instead.
    """

    rows: Annotated[int, Dial(1, 8, "rows of the grid")] = 4
    columns: Annotated[int, Dial(1, 8, "columns of the grid")] = 4
    depth: Annotated[int, Dial(1, 3, "layers of the grid")] = 1
    channels: Annotated[int, Dial(1, 3, "grids that lie one after the other in x")] = 1
    shape: Annotated[Shape, "the shape of a patch"] = "cuboid"
    radius: Annotated[int, Dial(1, 3, "how far a patch reaches along rows and columns", least=0, most=1000)] = 1
    depth_radius: Annotated[int, Dial(0, 2, "how far a cuboid or cylinder reaches in depth; a sphere reaches its radius", most=1000)] = 0
    packing: Annotated[Packing, "how far apart the patches stand"] = "densest"
    stride: Annotated[int, Dial(0, 4, "steps from patch to patch along each axis; 0: the packing decides", most=1000)] = 0

    def check(self) -> None:
        known = PACKINGS[self.shape]
        if self.packing not in known:
            wanted = f"{type(self).__name__}.packing of a {self.shape} must be one of {', '.join(map(repr, known))}"
            raise ValueError(f"{wanted}, got {self.packing!r}{did_you_mean(self.packing, known)}")
        if self.shape == "sphere" and self.depth_radius:
            wanted = f"{type(self).__name__}.depth_radius of a sphere must be 0, for its radius reaches everywhere"
            raise ValueError(f"{wanted}, got {self.depth_radius}")

    @property
    def size(self) -> tuple[int, int, int]:
        """Cells along rows, columns and depth, of one channel."""
        return self.rows, self.columns, self.depth

    @property
    def made_for(self) -> int:
        """m, the number of cells of all channels: no other fits."""
        return self.channels * prod(self.size)

    @property
    def reach(self) -> tuple[int, int, int]:
        """How many cells a patch extends from its centre along rows, columns and depth."""
        return self.radius, self.radius, self.radius if self.shape == "sphere" else self.depth_radius

    @property
    def strides(self) -> tuple[int, ...]:
        """How many cells lie from one centre to the next along rows, columns and depth: what `packing` says, or `stride` for all three."""
        packed = (max(1, floor(factor * r)) for factor, r in zip(PACKINGS[self.shape][self.packing], self.reach))
        return (self.stride,) * 3 if self.stride else tuple(packed)

    @property
    def patches(self) -> int:
        """The number of patches in one channel."""
        return prod(-(-size // stride) for size, stride in zip(self.size, self.strides))

    @property
    def positions(self) -> int:
        """The number of places in one patch: counted before any of them is made."""
        r, _, depth = self.reach
        if self.shape == "sphere":
            return disc(r * r) + 2 * sum(disc(r * r - step * step) for step in range(1, r + 1))
        return ((2 * r + 1) ** 2 if self.shape == "cuboid" else disc(r * r)) * (2 * depth + 1)

    def offsets(self) -> list[tuple[int, ...]]:
        """The places of a patch as seen from its centre: rows slowest, depth fastest."""
        box = itertools.product(*(range(-r, r + 1) for r in self.reach))
        axes = {"cuboid": 0, "cylinder": 2, "sphere": 3}[self.shape]  # the axes along which a patch is round
        return [place for place in box if sum(step * step for step in place[:axes]) <= self.radius**2]

    def require(self, m: int) -> None:
        """ValueError unless m is the number of cells."""
        if m != self.made_for:
            grid = f"{self.rows} rows × {self.columns} columns × {self.depth} in depth × {self.channels} in channels"
            raise ValueError(f"{self.qualified_name()} was made for {self.made_for} numbers ({grid}), got {m}")

    def frozen(self, *sizes: int | None) -> dict[str, Tensor]:
        """`places`, (channels, positions, patches): the number of the cell at each place of each patch; off the grid, m.

        ValueError, before they are made, for more places than there is memory.
        """
        places = self.channels * self.positions * self.patches
        given.affordable(self.qualified_name(), f"the places of {self.patches:,} patches", 5 * places, "choose a smaller radius")
        centres = torch.cartesian_prod(*(torch.arange(0, size, step, device="cpu") for size, step in zip(self.size, self.strides)))
        at = torch.tensor(self.offsets(), device="cpu").unsqueeze(1) + centres  # (positions, patches, 3)
        cell = (at[..., 0] * self.columns + at[..., 1]) * self.depth + at[..., 2]
        channel = torch.arange(self.channels, device="cpu").view(-1, 1, 1)
        on_grid = ((at >= 0) & (at < torch.tensor(self.size, device="cpu"))).all(-1)
        return {"places": torch.where(on_grid, channel * prod(self.size) + cell, self.made_for)}

    def places(self, x: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        """Which cell each place of each patch meets, where the data are. x (..., m) → (channels, positions, patches)."""
        self.require(x.shape[-1])
        return (frozen or self.frozen())["places"].to(x.device)


def gathered(x: Tensor, places: Tensor, padding: float = 0.0) -> Tensor:
    """What every place of every patch meets, `padding` off the grid: (..., m) → (channels, positions, patches, ...)."""
    # Cells come first while we compute, so that a row of memory is copied as a whole: 2-7 times faster than unfold.
    columns = x.movedim(-1, 0)  # (m, ...)
    columns = torch.cat((columns, torch.full_like(columns[:1], padding)))  # cell m lies off the grid
    return columns.index_select(0, places.flatten()).unflatten(0, places.shape)
