"""The plane of two inputs, as pictures with a border show it: its cells, the points of two moons, and where a function changes its sign."""

import torch
from torch import Tensor

from ... import data
from ..canvas import Canvas

ENDS = (-1.6, 1.6), (-1.1, 1.1)
"""From where to where the two inputs go."""
CELLS = 48, 33
"""How many columns and rows of cells there are."""


def middles() -> Tensor:
    """The middle of every cell, row by row from the top: (rows, columns, 2)."""
    across, up = torch.linspace(-1.6, 1.6, 97, dtype=torch.float64)[1::2], torch.linspace(1.1, -1.1, 67, dtype=torch.float64)[1::2]
    return torch.stack(torch.meshgrid(across, up, indexing="xy"), -1)


def known(points: int, noise: float, seed: int) -> dict[str, Tensor]:
    """Points of two moons and 200 fresh ones: x (points, 2), y (points,), which is 1 for the upper moon and -1 for the lower one."""
    x, y, fresh_x, fresh_y = data.moons(points, noise, seed)
    # Three decimals are enough for a lesson, and then the numbers in the code are exactly these.
    x, fresh_x = x.round(decimals=3), fresh_x.round(decimals=3)
    return {"x": x, "y": 1 - 2 * y.double(), "fresh_x": fresh_x, "fresh_y": 1 - 2 * fresh_y.double()}


def border(g: Tensor) -> tuple[Tensor, Tensor]:
    """The edges between cells of different sign, as one line with gaps: (rows, columns) → x and y, (points,) each."""
    (left, right), (low, high) = ENDS
    columns, rows = CELLS
    wide, tall, gap = (right - left) / columns, (high - low) / rows, float("nan")
    row, column = ((g[:, 1:] > 0) != (g[:, :-1] > 0)).nonzero().T  # neighbours side by side: an upright edge
    upright = [(left + (c + 1) * wide, high - (r + end) * tall) for r, c in zip(row.tolist(), column.tolist()) for end in (0, 1, gap)]
    row, column = ((g[1:] > 0) != (g[:-1] > 0)).nonzero().T
    level = [(left + (c + end) * wide, high - (r + 1) * tall) for r, c in zip(row.tolist(), column.tolist()) for end in (0, 1, gap)]
    x, y = torch.tensor([*upright, *level], dtype=torch.float64, device="cpu").reshape(-1, 2).T
    return x, y


def apart(difference: Tensor) -> str:
    """A difference without axes, (), in words that are the same on every machine: rounding is told by its order alone."""
    return "less than 1e-10" if difference < 1e-10 else f"{difference:.0e}"


def paint(canvas: Canvas, axes: int, g: Tensor, x: Tensor, y: Tensor, ghost: Tensor | None = None) -> None:
    """The sign of g, (rows, columns), its border and the points: x (points, 2), y (points,). The border of a ghost is a wide pale band."""
    canvas.image("g", axes, g, 2.0, *ENDS)
    if ghost is not None:
        canvas.line("ghost", axes, *border(ghost), color="#e0a030", linewidth=7, solid_capstyle="round")
    canvas.line("border", axes, *border(g), color="black", linewidth=1.6)
    shape = {"linestyle": "", "markersize": 6, "markeredgecolor": "black", "markeredgewidth": 0.8}
    canvas.line("upper", axes, *x[y > 0].T, color="#ffffff", marker="o", **shape)
    canvas.line("lower", axes, *x[y < 0].T, color="#f2c200", marker="^", **shape)
