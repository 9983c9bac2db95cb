"""Words on a canvas: letters are laid out once, and copied from then on."""

import copy
import math
from typing import Any, ClassVar

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform

MARGIN = 0.04
"""Inches around the kept letters: some reach beyond the box that matplotlib names."""


class Stamp(Text):
    """Words whose pixels are kept: to lay out and to draw the letters costs ten times as much as to copy them.

    They stand on whole pixels. `look` names the style, for words that look alike share their pixels.
    """

    look: str = ""
    pixels: ClassVar[dict[tuple[str, str, float], tuple[np.ndarray, int, int]]] = {}

    def draw(self, renderer: Any) -> None:
        """Copy the kept pixels to where the words stand, or as near as they fit into the picture; matplotlib calls it."""
        x, y = np.floor(self.get_transform().transform(self.get_position()))
        image, left, bottom = self._kept()
        x = max(min(x + left, renderer.width - image.shape[1]), 0)
        renderer.draw_image(renderer.new_gc(), x, y + bottom, image)

    def say(self, text: str) -> None:
        """Show these words. Wider than the picture, they break where three blanks stand in the middle."""
        self.set_text(text)
        if "   " in text and self._kept()[0].shape[1] > self.get_figure().bbox.width:  # type: ignore[union-attr]
            pieces = text.split("   ")
            half = len(pieces) // 2
            self.set_text("   ".join(pieces[:half]) + "\n" + "   ".join(pieces[half:]))

    def width(self) -> int:
        """How wide the words are, in pixels."""
        return self._kept()[0].shape[1] - 2 * self._margin()

    def _dots(self) -> float:
        """Pixels to the inch."""
        return self.get_figure().dpi  # type: ignore[union-attr]

    def _margin(self) -> int:
        return round(MARGIN * self._dots())

    def _kept(self) -> tuple[np.ndarray, int, int]:
        key = self.get_text(), self.look, self._dots()
        if key not in self.pixels:
            if len(self.pixels) > 4000:  # a few megabytes
                self.pixels.clear()
            self.pixels[key] = self._pressed()
        return self.pixels[key]

    def _pressed(self) -> tuple[np.ndarray, int, int]:
        """(rows, columns, 4) in the order of drawing, and where its lower left corner lies from the place of the words."""
        twin = copy.copy(self)
        twin.set_transform(IdentityTransform())
        twin.set_position((0, 0))
        dots = self._dots()
        room = Text.get_window_extent(twin, RendererAgg(1, 1, dots)).padded(self._margin())
        left, bottom = math.floor(room.x0), math.floor(room.y0)
        twin.set_position((-left, -bottom))
        paper = RendererAgg(math.ceil(room.x1) - left, math.ceil(room.y1) - bottom, dots)
        Text.draw(twin, paper)
        return np.asarray(paper.buffer_rgba())[::-1].copy(), left, bottom  # from below, as places are counted


def words(axes: Any, **style: Any) -> Stamp:
    """Words on matplotlib's `axes`, still without text; their place is said in shares of the axes. AttributeError for no style of a Text.

    Plain text only: matplotlib's formulas are not safe in threads.
    """
    style = {"fontsize": 8, **style}
    made = axes.add_artist(Stamp(transform=axes.transAxes, parse_math=False, clip_on=False, animated=True, **style))
    made.look = str(style)
    return made
