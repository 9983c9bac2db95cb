"""A state on the screen: painted on a canvas, written on a face."""

import html
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...component import Component
from ...shared.alone import alone
from ..canvas import Canvas, Ghost
from ..code.lit import lit_code
from ..code.snippet import as_call, as_code
from ..pictures.base import Handle, Picture
from ..state.state import State
from .face import Face
from .html import alert, below, formula, image, question, table_of_sizes


class Display:
    """Shows a state. `png` is the picture that was painted last, `alt` says it in words: a refused state leaves both."""

    def __init__(self, state: State, face: Face) -> None:
        self.state, self.face = state, face
        self.png, self.alt = b"", ""
        self.scale = 1
        """How many pixels of the screen lie in one of the page, each way. While the hand moves, one is drawn: three take too long."""
        self.room = 10_000
        """Pixels: how wide a picture may be on this page."""
        self.canvas = self._canvas(state.first[1])
        self.sharp: Canvas | None = None
        self.handles: dict[str, Handle] = {}

    def _canvas(self, picture: Picture, scale: int = 1) -> Canvas:
        return Canvas(picture.axes, picture.size, scale, self.room)

    def paint(self) -> None:
        """Paint what is shown, and over it a pinned state as its ghost."""
        state, shown = self.state, self.state.shown
        if shown.picture.axes != self.canvas.axes:  # other data are laid out in another way
            self.canvas, self.sharp = self._canvas(shown.picture), None
            self.canvas.light(self._lit())
        self._paint(self.canvas)
        self.png, self.alt = self.canvas.png(), shown.picture.alt(shown)
        if state.pinned is not None:
            self.alt += f" Dotted: a pinned state. {state.comparison()}"

    def _paint(self, canvas: Canvas) -> None:
        shown, pinned = self.state.shown, self.state.pinned
        canvas.begin()
        shown.picture.paint(canvas, shown)
        if pinned is not None:
            pinned.picture.paint(Ghost(canvas), pinned)

    def look(self, width: int, scale: int) -> None:
        """The page has told how much room there is and how sharp its screen is: lay the picture out for that and paint it again."""
        if width != self.canvas.size[0]:
            self.room = width
            self.canvas, self.sharp = self._canvas(self.state.shown.picture), None
        if scale != self.scale:
            self.scale, self.sharp = scale, None
        self.light()
        self.paint()
        self.send()

    def sharpening(self) -> list[Iterator[None]]:
        """For a hand that rests: the same picture with all the pixels that the screen has."""
        return [self._sharpen()] if self.scale > 1 and self.png else []

    def _sharpen(self) -> Iterator[None]:
        self.sharp = self.sharp or self._canvas(self.state.shown.picture, self.scale)
        self.sharp.light(self._lit())
        self._paint(self.sharp)
        yield
        self.face.surface.show(picture=self.sharp.png())

    def send(self) -> None:
        """Formula, picture and readout go out in one message. Nothing does before the first picture."""
        if self.png:
            state, shown = self.state, self.state.shown
            self.face.surface.show(
                above=formula(shown, state.lit),
                picture=self.png,
                alt=self.alt,
                size=list(self.canvas.size),
                dim=bool(state.refused),
                below=below(shown, state.refused, state.lit, self.face.term_bar),
                **self._touchable(),
            )
            self.face.pin_text.value = html.escape(state.comparison())

    def _touchable(self) -> dict[str, Any]:
        """What a hand finds in the picture: what can be moved, once the question is answered, and tables of numbers."""
        shown, canvas = self.state.shown, self.canvas
        self.handles = {} if self.state.locked else {one.name: one for one in shown.picture.handles(shown)}
        grids = list(canvas.grids())
        with np.errstate(over="ignore"):  # beyond what 32 bits hold a cell says so
            values = b"".join(grid.values.astype("<f4").tobytes() for grid in grids)
        return {
            "handles": [[one.name, *canvas.place(one.axes, one.x, one.y), one.says, one.ways] for one in self.handles.values()],
            "grids": [[*grid.where, grid.title, *grid.values.shape] for grid in grids],
            "values": values,
        }

    def dragged(self, name: str, across: float, down: float) -> Component:
        """The picture, or the subject, where a handle has been moved to a place."""
        handle = self.handles[name]
        return handle.move(*self.canvas.point(handle.axes, across, down))

    def keyed(self, name: str, right: int, up: int) -> Iterator[tuple[Component, Component]]:
        """Where one step of a key leads, and all of them: from small steps to large ones, for a control takes the first that it can."""
        handle, count = self.handles[name], max(abs(right), abs(up))
        across, down = self.canvas.place(handle.axes, handle.x, handle.y)
        for step in (2**k / 400 for k in range(8)):
            one, all_of_them = (self.dragged(name, across + right * step / n, down - up * step / n) for n in (count, 1))
            yield one, all_of_them

    def stored(self) -> str:
        """Question and picture, as a page without a kernel shows them; a picture that is not of the wanted state is dim."""
        asked = self.state.asked
        return (question(asked.predict) if asked else "") + image(self.png, self.alt, self.canvas.size, dim=bool(self.state.refused))

    def fail(self, error: Exception) -> None:
        """Say what has failed, in place of the picture."""
        self.face.surface.show(above=alert(error), picture=b"", below="")

    def light(self) -> None:
        """The lit term is lit on its button and in the picture."""
        self.face.light(self.state.lit, getattr(self.state.first[1], "fields_name", "fields"))
        self.canvas.light(self._lit())
        self.png = self.canvas.png() if self.png else b""

    def _lit(self) -> str:
        """The term that is lit in the picture: without a bar nobody has chosen one."""
        return self.state.lit if self.face.term_bar else ""

    @alone()
    def unfold(self) -> None:
        """Only what is open is written: folded text costs nothing while a slider moves."""
        shown, face = self.state.shown, self.face
        match face.unfolded:
            case "Sizes":
                face.ledger_text.value = table_of_sizes(shown.sizes)
            case "As code":
                face.code_text.value = lit_code(as_code(shown.picture, shown.subject), self.state.lit)
                face.call_text.value = as_call(shown.picture, shown.subject)
            case "State":
                face.token_text.value, face.token_says.value = self.state.token(), ""
