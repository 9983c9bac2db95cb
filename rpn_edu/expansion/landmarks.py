"""κ that compares a row with whole stored rows."""

from typing import Annotated

import torch
from torch import Tensor

from ..component import Table, belonging, component, prefixed
from ..interdependence.kernel import Exponential, Kernel
from ..shared.precision import precise
from .base import Expansion
from .compress import is_vector


@component
class Landmarks(Expansion):
    """κ(x) = [k(x, p_1), ..., k(x, p_s)] with given points p_j, s × m, and a kernel k of ξ

    D = s. How alike x is to each stored row: ξ compares the rows of a batch with one another, κ compares each with the same points.
    A support vector machine, a Gaussian process and kernel ridge regression are this κ with a dense ψ; their points are training rows.
    Source: RPN 1, "Unifying Base Models", kernel SVM; B. Schölkopf and A. Smola, "Learning with Kernels" (2002), section 1.4.
    """

    points: Annotated[tuple[tuple[float, ...], ...], Table("p, row by row", ((0.5, -1.0, 0.25), (1.0, 0.5, -0.75)))]
    kernel: Kernel = Exponential()

    def check(self) -> None:
        rows = self.points
        if not (isinstance(rows, tuple) and rows and all(is_vector(row) and len(row) == len(rows[0]) > 0 for row in rows)):
            raise ValueError("expansion.Landmarks.points must be rows of equal length")
        if self.kernel.normalization != "none":
            wanted = "expansion.Landmarks.kernel must have normalization='none', since each row meets the points alone"
            raise ValueError(f"{wanted}, got {self.kernel}")
        self.kernel.length(self.made_for, None)  # refuses scales that do not fit the points

    @property
    def made_for(self) -> int:
        return len(self.points[0])

    def width(self, m: int) -> int:
        """How many points there are; ValueError for another m than they have."""
        if m != self.made_for:
            raise ValueError(f"expansion.Landmarks was made for m = {self.made_for} attributes, got {m}")
        return len(self.points)

    def frozen(self, m: int) -> dict[str, Tensor]:
        """`points`, (s, m), in float64, and those of the kernel with the prefix `kernel_`. ValueError for another m than they have."""
        self.width(m)
        points = torch.tensor(self.points, dtype=torch.float64, device="cpu")
        return {"points": points, **prefixed("kernel_", self.kernel.frozen(m, None))}

    @precise
    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        fixed = frozen or self.frozen(x.shape[-1])
        rows = x.reshape(-1, x.shape[-1])
        alike = self.kernel.between(rows.mT, fixed["points"].to(x).mT, belonging("kernel_", fixed))  # (rows, s)
        return alike.view(*x.shape[:-1], len(self.points))
