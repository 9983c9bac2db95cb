"""A state on the screen: painted on a canvas, written on a face."""

import html

from ...shared.alone import alone
from ..canvas import Canvas, Ghost
from ..code.lit import lit_code
from ..code.snippet import as_call, as_code
from ..state.state import State
from .face import Face
from .html import alert, image, surface, table_of_sizes


class Display:
    """Shows a state. `png` is the picture that was painted last, `alt` says it in words: a refused state leaves both."""

    def __init__(self, state: State, canvas: Canvas, face: Face) -> None:
        self.state, self.canvas, self.face = state, canvas, face
        self.png, self.alt = b"", ""

    def paint(self) -> None:
        """Paint what is shown, and over it a pinned state as its ghost."""
        state, shown, pinned = self.state, self.state.shown, self.state.pinned
        self.canvas.begin()
        shown.picture.paint(self.canvas, shown)
        if pinned is not None:
            pinned.picture.paint(Ghost(self.canvas), pinned)
        self.png, self.alt = self.canvas.png(), shown.picture.alt(shown)
        if pinned is not None:
            self.alt += f" Dotted: a pinned state. {state.comparison()}"

    def send(self) -> None:
        """Formula, picture and readout go out in one message. Nothing does before the first picture."""
        if self.png:
            state = self.state
            self.face.surface.value = surface(state.shown, self.image(), state.refused, state.lit, self.face.term_bar)
            self.face.pin_text.value = html.escape(state.comparison())

    def image(self) -> str:
        """The picture as HTML, dimmed where the state of the controls is refused: it is that of the state before."""
        return image(self.png, self.alt, self.canvas.size, dim=bool(self.state.refused))

    def fail(self, error: Exception) -> None:
        """Say what has failed, in place of the picture."""
        self.face.surface.value = alert(error)

    def light(self) -> None:
        """The lit term is lit on its button and in the picture."""
        self.face.light(self.state.lit, getattr(self.state.first[1], "fields_name", "fields"))
        if self.face.term_bar:
            self.canvas.light(self.state.lit)
            self.png = self.canvas.png() if self.png else b""

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
