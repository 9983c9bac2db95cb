"""The surface of an explorer: formula, picture and readout, and what a hand does with the picture."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets as T

SCRIPTS = Path(__file__).with_name("surface_js")
"""Parts of one script, since a widget has one."""


class Surface(anywidget.AnyWidget):
    """What is shown, as one widget: HTML above and below a picture, which says itself in words.

    The page tells in `view` how wide a picture may be, in pixels of CSS, and how many pixels of the screen one of them holds.
    """

    _esm = "\n".join((SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in ("tables", "spots", "listening", "surface"))

    above = T.Unicode().tag(sync=True)
    picture = T.Bytes().tag(sync=True)
    """A PNG, or nothing where none is shown."""
    alt = T.Unicode().tag(sync=True)
    below = T.Unicode().tag(sync=True)
    size = T.List([0, 0]).tag(sync=True)
    """Width and height of the picture, in pixels of CSS."""
    dim = T.Bool().tag(sync=True)
    """Whether the picture is that of the state before."""
    natural = T.Int().tag(sync=True)
    """How wide a picture is where there is room."""
    view = T.List([0, 1]).tag(sync=True)
    handles = T.List().tag(sync=True)
    """[name, across, down, says, ways] of what can be moved in the picture; places are shares of it, from the left and from above."""
    grids = T.List().tag(sync=True)
    """[left, top, right, bottom, title, rows, columns] of what is a table of numbers in it."""
    values = T.Bytes().tag(sync=True)
    """Their numbers in 32 bits, one table after the other, row by row."""
    touch = T.List().tag(sync=True)
    """From the page: [name, "to", across, down, when], or [name, "keys", right, up, page]: steps each way since that page was opened."""
    asked, heard = T.Float().tag(sync=True), T.Float().tag(sync=True)
    """What the page asks to hear whether a kernel listens, and the answer."""
    answered = T.Int().tag(sync=True)
    """How often something was shown: equal bytes would send nothing, and a page that waits must hear of every answer."""

    @T.observe("asked")
    def _hear(self, change: Any) -> None:
        self.heard = change["new"]

    def show(self, **traits: Any) -> None:
        """Change what is shown, in one message."""
        with self.hold_sync():
            self.answered += 1
            for name, value in traits.items():
                setattr(self, name, value)
