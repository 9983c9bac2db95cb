"""ξ of a grid: a cell depends on the cells around it."""

from typing import Annotated, Literal

from torch import Tensor

from ..component import component
from ..shared.geometry import Geometry, gathered
from ..shared.precision import precise
from .base import Matrixless, divided


@component
class Grid(Geometry, Matrixless):
    """A_ij = 1 where place j of the patches meets cell i, or where patch j holds cell i

    k' = channels · positions · patches, in the order of `expansion.Patches`: A copies cells, and a cell off the grid is 0. With
    mode="aggregate" the cells of each patch are added up, and k' = channels · patches. Softmax runs over links only.
    `mix` copies and adds, it never builds A. Source: RPN 2, "Geometric Interdependence".
    """

    mode: Annotated[Literal["patches", "aggregate"], "keep the cells of a patch apart, or add them up"] = "patches"

    def width(self, k: int) -> int:
        self.require(k)
        return self.channels * self.patches * (1 if self.mode == "aggregate" else self.positions)

    @precise
    def weights(self, V: Tensor, places: Tensor) -> Tensor:
        """(channels, positions, patches): the normalized number on the link from a cell to a place; off the grid there is none."""
        link = (places < self.made_for).to(V.dtype)
        row = V.new_zeros(self.made_for + 1).index_add(0, places.flatten(), link.flatten())[places]
        # The centre of a patch is always on the grid, so that no sum is empty; without a sum, a column has one link or none.
        column = link.sum(1, keepdim=True) if self.mode == "aggregate" else link
        return divided(link, row, column, self.normalization)

    def mix(self, y: Tensor, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        places = self.places(y, frozen)
        cells = gathered(y, places)  # (channels, positions, patches, ...)
        if self.normalization != "none":
            cells = cells * self.weights(V, places).view(*places.shape, *[1] * (y.dim() - 1))
        mixed = cells.sum(1) if self.mode == "aggregate" else cells.flatten(0, 1)
        return mixed.flatten(0, 1).movedim(0, -1)
