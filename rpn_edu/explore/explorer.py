"""The explorer: a component, a picture, and controls derived from both."""

import base64
import html
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from ..component import Component, demand
from ..network.formula import Formula
from ..shared.alone import alone
from .canvas import Canvas
from .code.snippet import as_call, as_code, as_presets
from .panel.arguments import check, check_names, plainest_of
from .panel.display import Display
from .panel.effects import Effects
from .panel.face import PRESETS, Calls, Face
from .panel.moves import LOCK, Rest
from .panel.stops import offer
from .panel.tabs import Tabs
from .pictures import Picture
from .state.predict import Asked, Predict
from .state.shown import Refusal, Shown
from .state.state import State
from .state.token import unpacked

Preset = Component | tuple[Component, Picture] | str


class Explorer:
    """`Explorer(start, picture)`: sliders for the fields of `start` (a κ, ψ, ξ or a Formula) and of the picture.

    `Explorer(token)`: the state of another explorer, as the text below its picture says it.
    `terms` limits which terms of a formula can be moved; the first of them is lit first: ("remainder", "expansion") starts with π.
    `hide` names fields without a control, of the picture or of a start that is no Formula; `question` is a Predict; `presets` are named
    states, each a component, a pair of component and picture, or a token: `{"runs wild": Chebyshev(degree=10)}`.
    `failed` holds the exception of a callback: it is shown, raised, and seen by tests.
    `refused` says why the state of the controls is not shown: that is no failure.
    TypeError or ValueError says which argument is wrong, and why no explorer can start from `start`.
    """

    @alone()
    def __init__(
        self,
        start: Component | str | None = None,
        picture: Picture | None = None,
        *,
        terms: Sequence[str] | None = None,
        hide: Sequence[str] = (),
        question: Predict | None = None,
        presets: dict[str, Preset] | None = None,
        term_bar: bool = True,
        ledger: bool = True,
        code: bool = True,
        token: bool = True,
    ) -> None:
        if isinstance(start, str):
            demand(picture is None, "Explorer.picture", "left out, for a token brings its own", picture)
            first, picture = unpacked(start)
        else:
            first = start if start is not None else Formula()
        plainest = plainest_of(first)
        picture = picture if picture is not None else plainest
        check(picture, terms, hide, question, presets, {"term_bar": term_bar, "ledger": ledger, "code": code, "token": token})
        self.state = State((first, picture), Asked(question) if question else None)
        terms = picture.moves if terms is None else terms
        check_names(terms, hide, first, picture)
        self.state.presets = {name: self.state.preset(name, preset) for name, preset in (presets or {}).items()}
        self.failed: Exception | None = None
        self._held = False
        self._keyed: dict[tuple[str, str], tuple[int, int]] = {}  # steps of keys that each handle has taken, from each page
        folds = [name for name, wanted in (("Sizes", ledger), ("As code", code), ("State", token)) if wanted]
        with LOCK:
            self.tabs = Tabs(first, picture, terms, hide, self._moved)
            self.state.lit = self.tabs.first
            term_bar = term_bar and len(self.tabs.by_symbol) > 1
            self.face = Face(self._calls(), self.tabs, picture.size[0], term_bar, folds, self.state.asked)
            self.face.offer(self.presets)
            self.display = Display(self.state, self.face)
            self.effects, self.resting = Effects(self.state, self.tabs, self.face), Rest(self._failing)
            self.display.light()
            self._moved()
        if self.refused:
            raise ValueError(f"an Explorer cannot start from {start!r}: {self.refused}")

    def _calls(self) -> Calls:
        return Calls(
            light=self._light,
            reset=lambda: self.set(*self.first),
            pin=self._pin,
            preset=lambda name: self.set(*self.presets[name]) if name in self.presets else None,
            keep=self._keep,
            token=self._token_entered,
            unfold=lambda: self.display.unfold(),
            answer=self._answered,
            look=self._look,
            touch=self._touched,
        )

    # ---- what is shown ------------------------------------------------------------------------------------------------------------

    @property
    def shown(self) -> Shown:
        """The state that is shown, with its numbers."""
        return self.state.shown

    @property
    def subject(self) -> Any:
        """The component that is shown."""
        return self.state.shown.subject

    @property
    def picture(self) -> Any:
        """The picture of it."""
        return self.state.shown.picture

    @property
    def numbers(self) -> dict[str, Any]:
        """All numbers of the picture, by name."""
        return self.state.shown.numbers

    @property
    def refused(self) -> str:
        """Why the state of the controls is not shown, or nothing."""
        return self.state.refused

    @property
    def first(self) -> tuple[Any, Any]:
        """Subject and picture of the start."""
        return self.state.first

    @property
    def presets(self) -> dict[str, tuple[Any, Any]]:
        """Subject and picture of every named state."""
        return self.state.presets

    @property
    def last_png(self) -> bytes:
        """The picture that was painted last."""
        return self.display.png

    @property
    def canvas(self) -> Canvas:
        """What it is painted on."""
        return self.display.canvas

    @property
    def alt(self) -> str:
        """That picture in words."""
        return self.display.alt

    @property
    def panel(self) -> Any:
        """The widget that holds everything."""
        return self.face.panel

    def controls(self) -> Iterator[tuple[str, Any]]:
        """(name, widget) of every control that changes the picture."""
        yield from self.tabs.controls()

    # ---- a move -------------------------------------------------------------------------------------------------------------------

    def _moved(self, change: Any = None) -> None:
        """Every control calls this. It reads all of them, never `change`: with several threads the last to come draws the last state."""
        with LOCK:
            if self._held:
                return
            self.resting.drop()
            with self._failing():
                self._show()

    def rest(self) -> None:
        """Find out now which controls have no effect and which stops sliders have, and show the picture sharp.

        An event loop does so while the hand rests.

        It raises what a picture raises.
        """
        self.resting.finish()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """An error inside is shown for the learner, kept for tests, and raised so that the kernel's wire carries it."""
        try:
            with alone():
                yield
        except Exception as error:
            self.failed = error
            self.display.fail(error)
            raise

    def _show(self) -> None:
        """Compute, draw, send: one message with formula, picture and readout."""
        try:
            self.state.show(*self.tabs.value())
        except Refusal as refusal:
            self.state.refuse(refusal)
        else:
            self._leave_preset()
            self.display.paint()
        self.display.send()
        if not self.refused:
            self.display.unfold()
        self._rest()

    def _rest(self) -> None:
        """What is left for a hand that rests: nothing of it delays a move."""
        self.resting.begin(chain(*self.display.sharpening(), offer(self.tabs), *self.effects.update()))

    def _look(self, width: int, scale: int) -> None:
        with LOCK, self._failing():
            self.resting.drop()
            self.display.look(width, scale)
            self._rest()

    def _touched(self, name: str, how: str, right: float, up: float, page: str) -> None:
        """Something was moved in the picture itself. What has gone from it since is not missed."""
        with LOCK, self._failing():
            if name not in self.display.handles:
                return
            try:
                state = self._to(name, right, up) if how == "to" else self._by_keys(name, int(right), int(up), page)
            except ValueError as error:  # the ends of a domain, one beyond the other
                self.state.refuse(Refusal(str(error)))
                self.display.send()
                return
        with self.hold():
            self.tabs.set(*state)

    def _by_keys(self, name: str, right: int, up: int, page: str) -> tuple[Any, Any]:
        """The state after steps of keys, which are counted from the first: of two messages the second says it all."""
        before, self._keyed[name, page] = self._keyed.get((name, page), (0, 0)), (right, up)
        for one, all_of_them in self.display.keyed(name, right - before[0], up - before[1]):
            if self._nearest(one) != (self.subject, self.picture):
                return self._nearest(all_of_them)
        return self.subject, self.picture

    def _to(self, name: str, across: float, down: float) -> tuple[Any, Any]:
        return self._nearest(self.display.dragged(name, across, down))

    def _nearest(self, moved: Component) -> tuple[Any, Any]:
        """The state with this picture, or this subject, as near as the controls can come."""
        state = (self.subject, moved) if isinstance(moved, Picture) else (moved, self.picture)
        return self.tabs.nearest(*state)

    def _leave_preset(self) -> None:
        """Another state than that of the chosen preset: the menu says so, and the same preset can be chosen again."""
        state = self.subject, self.picture
        if self.presets.get(str(self.face.preset.value), state) != state:
            self.face.preset.value = PRESETS

    # ---- what the widgets of the face do --------------------------------------------------------------------------------------------

    @alone()
    def _light(self, symbol: str) -> None:
        """Choose a term: its controls are in sight, and it is lit in formula, picture, code and in the line that explains it."""
        with LOCK:
            self.resting.drop()
            self.state.lit = symbol
            self.display.light()
            self.display.send()
            self.display.unfold()
            self._rest()

    def _answered(self) -> None:
        self.tabs.disable(())
        self.display.send()  # now it can be moved in the picture, too
        self._rest()

    def _pin(self) -> None:
        with LOCK:
            self.state.pin()
            self.face.pin.description = "Unpin" if self.state.pinned is not None else "Pin"
            self._moved()

    def _keep(self, name: str) -> None:
        """The shown state under a name: in the menu at once, and as text for the teacher's notebook."""
        if not name:
            self.face.presets_text.value = "Type a name first."
            return
        self.state.keep(name)
        self.face.presets_text.value = as_presets(self.presets, self.state.first[1])
        self.face.offer(self.presets)

    def _token_entered(self, text: str) -> None:
        if not text or (text == self.token() and not self.refused):
            self.face.token_says.value = ""
            return
        try:
            self.restore(text)
            self.face.token_says.value = "Restored."
        except ValueError as error:
            self.face.token_says.value = f'<span role="alert">{html.escape(str(error))}</span>'

    # ---- what a reader can do with a state ------------------------------------------------------------------------------------------

    @alone()
    def code(self) -> str:
        """The state as plain torch, without this package; it ends with the dictionary `numbers` and prints the one that counts."""
        return as_code(self.picture, self.subject)

    def call(self) -> str:
        """The state as a call, to be pasted after `import rpn_edu as rpn` and `from rpn_edu.explore import *`."""
        return as_call(self.picture, self.subject)

    def token(self) -> str:
        """A short text that restores every control and the learner's own data."""
        return self.state.token()

    def restore(self, token: str) -> None:
        """Set every control from a token.

        ValueError with a sentence for a text that is none, or belongs to another kind of explorer; TypeError for no text.
        """
        self.set(*self.state.read(token))

    def set(self, subject: Component, picture: Picture | None = None) -> None:
        """Move all controls at once; one redraw.

        TypeError for a subject or a picture of another kind than those of the start.
        """
        shows = self.first[1]
        demand(isinstance(subject, shows.subject), "Explorer.set: the subject", f"a {shows.subject.__name__} as the start is", subject)
        right = picture is None or type(picture) is type(shows)
        demand(right, "Explorer.set: the picture", f"a {type(shows).__name__}", picture)
        with self.hold():
            self.tabs.set(subject, picture)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Several controls move, one picture follows. What had failed before is forgotten."""
        with LOCK:
            outer, self._held = self._held, True
            try:
                yield
            finally:
                self._held = outer
            self.failed = None
            self._moved()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Live: the panel. Stored: question and picture, with its alt text, so that a page reads without running."""
        live: Any = self.panel._repr_mimebundle_()
        return {
            **live,
            "text/plain": self.alt,
            "text/html": self.display.stored(),
            "image/png": base64.b64encode(self.last_png).decode(),
        }
