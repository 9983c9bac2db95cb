"""A state of before on the canvas of another."""

from typing import Any

import numpy as np
from matplotlib.colors import to_rgb

from .canvas import Canvas

GREY = "#777777"
DOTS = (0, (1, 1))


class Ghost:
    """A second canvas on a canvas, for a state of before: its curves are dotted and greyish, its bars outlines, the rest is not drawn."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def line(self, name: str, axes: int, x: Any, y: Any, *, color: Any, **style: Any) -> None:
        """A dotted curve through x and y (points,), where the curve of this name has moved. Points say nothing as a ghost.

        Half of its colour is grey: among many, each ghost is still known by its curve.
        """
        if style.get("linestyle") != "" and not self._same(name, x, y):
            half = np.add(to_rgb(color), to_rgb(GREY)) / 2
            self.canvas.line(f"ghost {name}", axes, x, y, color=half, linestyle=DOTS, linewidth=1.6)

    def _same(self, name: str, x: Any, y: Any) -> bool:
        told = self.canvas.artists.get(name)
        return told is not None and all(np.array_equal(*pair, equal_nan=True) for pair in zip(told.get_data(), map(np.asarray, (x, y))))

    def bars(self, name: str, axes: int, heights: Any, *_: Any, horizontal: bool = False, **__: Any) -> None:
        """The outlines of bars with `heights` (bars,)."""
        outline = {"edgecolor": GREY, "linestyle": DOTS, "linewidth": 1.4}
        self.canvas.bars(f"ghost {name}", axes, heights, "none", horizontal=horizontal, **outline)

    def silent(self, *_: Any, **__: Any) -> None:
        """What a ghost does not draw."""

    limits = title = image = dots = text = name_curves = silent
