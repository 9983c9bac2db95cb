"""The explorer: a component, a picture, and controls derived from both."""

import base64
import dataclasses
import html
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import ipywidgets as W
import torch

from ..component import Component, Dial, brackets, demand, did_you_mean
from ..network.formula import Formula
from ..shared.alone import alone
from ..shared.terms import BY_NAME, BY_SYMBOL
from .canvas import Canvas, data_url
from .code.lit import lit_code, symbol_row
from .code.snippet import as_call, as_code
from .panel.accessibility import accessibility
from .panel.components import ComponentPanel
from .panel.moves import LOCK
from .panel.question import Predict, Question
from .pictures import COLORS, Basis, Fabric, Flow, Mix, Picture
from .state.compare import changes, compared
from .state.shown import Refusal, Shown, computed, finite
from .state.token import packed, unpacked

PRESETS = "presets …"
IDLE = " (changes nothing in this state)"


class Tab(NamedTuple):
    """The controls of one term: the boxes that hold them, and how their names begin."""

    boxes: list[Any]
    names: tuple[str, ...]


Preset = Component | tuple[Component, Picture] | str


class Explorer:
    """`Explorer(start, picture)`: sliders for the fields of `start` (a κ, ψ, ξ or a Formula) and of the picture.

    `terms` limits which terms of a formula can be moved; the first of them is lit first: ("remainder", "expansion") starts with π.
    `hide` names fields without a control, of the picture or of a start that is no Formula; `question` is a Predict; `presets` are named
    states, each a component, a pair of component and picture, or a token: `{"runs wild": Chebyshev(degree=10)}`.
    `failed` holds the exception of a callback: it is shown, raised, and seen by tests.
    `refused` says why the state of the controls is not shown: that is no failure.
    """

    @alone()
    def __init__(
        self,
        start: Component | None = None,
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
        start = start if start is not None else Formula()
        kinds: list[type[Picture]] = [kind for kind in (Basis, Fabric, Mix, Flow) if isinstance(start, kind.subject)]
        if not kinds:
            wanted = "an expansion, a reconciliation, an interdependence or a Formula"
            raise TypeError(f"an Explorer starts from {wanted}, got {start!r:.200}{brackets(start)}")
        picture = picture if picture is not None else kinds[0]()
        flags = {"term_bar": term_bar, "ledger": ledger, "code": code, "token": token}
        check(picture, terms, hide, question, presets, flags)
        self.picture, self.subject, self.question = picture, start, question
        self._check(start, f"{type(picture).__name__} shows {picture.subject.__name__}s, got {start!r}")
        terms = picture.moves if terms is None else terms
        fields = tuple(field.name for field in (*picture.declared, *(() if isinstance(start, Formula) else start.declared)))
        for name, known in [(term, picture.moves) for term in terms] + [(field, fields) for field in hide]:
            if name not in known:
                raise ValueError(f"Explorer: {name!r} is none of {', '.join(known)}{did_you_mean(name, known)}")
        self.presets = {name: self._preset(name, preset) for name, preset in (presets or {}).items()}
        self.failed: Exception | None = None
        self.refused, self.last_png = "", b""
        self.pinned: Shown | None = None
        self._held = False
        self._idle: dict[Any, list[str]] = {}
        with LOCK:
            self.canvas = Canvas(picture.panels, picture.size)
            self.tabs = self._panels(start, picture, terms, hide)
            named = (BY_NAME[term].symbol for term in terms if term in BY_NAME)
            self.lit = next(iter([*(symbol for symbol in named if symbol in self.tabs), *self.tabs]), "")
            self.term_bar = term_bar and len(self.tabs) > 1
            self._build({"Sizes": ledger, "As code": code, "State": token})
            self._moved(None)
        if self.refused:
            raise ValueError(f"an Explorer cannot start from {start!r}: {self.refused}")
        self.first: tuple[Any, Any] = self.subject, self.picture

    def _check(self, subject: Any, said: str) -> None:
        if not isinstance(subject, self.picture.subject):
            raise TypeError(said)
        if isinstance(subject, Formula):
            unseen = [f.name for f in Formula.declared if f.name not in self.picture.moves and getattr(subject, f.name) != f.default]
            if unseen:
                raise ValueError(f"{type(self.picture).__name__} does not show {', '.join(unseen)} of a Formula: leave it at its default")

    def _preset(self, name: str, preset: Preset) -> tuple[Component, Picture]:
        if isinstance(preset, str):
            return self._read(preset)
        demand(isinstance(name, str), "a key of Explorer.presets", "the name of a state", name)
        pair = not isinstance(preset, tuple) or len(preset) == 2
        demand(pair, f"the preset {name!r}", "a component, a pair of component and picture, or a token", preset)
        subject, picture = preset if isinstance(preset, tuple) else (preset, self.picture)
        self._check(subject, f"the preset {name!r} must be a {self.picture.subject.__name__} as the start is, got {subject!r}")
        if type(picture) is not type(self.picture):
            raise TypeError(f"the preset {name!r} must bring a {type(self.picture).__name__} as the start does, got {picture!r}")
        return subject, picture

    # ---- the panel ----------------------------------------------------------------------------------------------------------------

    def _panels(self, start: Component, picture: Picture, terms: Sequence[str], hide: Sequence[str]) -> dict[str, Tab]:
        """The controls of subject and picture, in a tab for each term; what belongs to no term stands with the picture's own."""

        def fits(row: Component) -> bool:
            whole = isinstance(start, Formula)
            names = [field.name for field in start.declared if whole and isinstance(row, field.base if field.kind == "part" else ())]
            if not (names or isinstance(row, picture.subject)):
                return False  # it is part of what is shown, and its size is not told by the picture's
            try:
                with alone():
                    state = dataclasses.replace(start, **{names[0]: row}) if names else row  # type: ignore[type-var]
                    return bool(picture.sizes(state)) and not picture.refuses(state)
            except ValueError:
                return False

        self.picture_panel = ComponentPanel(picture, "picture", self._moved, hidden=tuple(hide))
        tabs: dict[str, Tab] = {}
        boxes, names = [], ["picture."]
        if isinstance(start, Formula):
            fixed = tuple(field.name for field in Formula.declared if field.name not in terms)
            self.subject_panel = ComponentPanel(start, "formula", self._moved, hidden=fixed, fits=fits)
            for term, panel in self.subject_panel.parts.items():
                tabs[BY_NAME[term].symbol] = Tab([panel.box], (f"formula.{term}",))
            boxes = [self.subject_panel.own] if self.subject_panel.widgets else []
            names += [f"formula.{name}" for name in self.subject_panel.widgets]
        else:
            self.subject_panel = ComponentPanel(start, start.term, self._moved, picture.subject, tuple(hide), fits)
            tabs[BY_NAME[start.term].symbol] = Tab([self.subject_panel.box], (start.term,))
        if boxes or self.picture_panel.widgets:
            tabs["g"] = Tab([*boxes, self.picture_panel.box], tuple(names))
        return tabs

    def _build(self, folds: dict[str, bool]) -> None:
        full = W.Layout(width="100%", max_width=f"{self.canvas.size[0]}px")
        auto = W.Layout(width="auto")
        self.surface = W.HTML(layout=full)
        self.bar = {symbol: W.Button(layout=auto) for symbol in self.tabs}
        for symbol, button in self.bar.items():
            button.on_click(lambda _, symbol=symbol: self._light(symbol))
            button.add_class("rpn-non-visual")
            button.add_class("rpn-term")
        self.reset = W.Button(description="Reset", tooltip="back to the first state", layout=auto)
        self.reset.on_click(lambda _: self.set(*self.first))
        self.pin = W.Button(description="Pin", tooltip="keep this state as a dotted ghost and compare", layout=auto)
        self.pin.on_click(lambda _: self._pin())
        self.preset = W.Dropdown(options=[PRESETS, *self.presets], description="preset", style={"description_width": "initial"})
        self.preset.observe(self._preset_chosen, "value")
        row = [*(self.bar.values() if self.term_bar else []), self.reset, self.pin, *([self.preset] if self.presets else [])]
        self.buttons = W.HBox(row, layout=W.Layout(flex_flow="row wrap", width="100%", max_width=full.max_width))
        boxes = [box for tab in self.tabs.values() for box in tab.boxes]
        self.controls_box = W.VBox(boxes, layout=W.Layout(min_height="7em"))
        self.asked = Question(self.question, lambda: self._moved(None), full) if self.question else None
        self.pin_text = W.HTML(layout=full)
        self.ledger_text, self.token_says = W.HTML(), W.HTML()
        self.call_text = W.Text(description="rpn_edu", layout=auto)
        self.code_text = W.HTML(layout=W.Layout(width="100%"))
        self.token_text = W.Text(description="state", continuous_update=False, layout=auto)
        self.token_text.observe(self._token_entered, "value")
        self.preset_name = W.Text(description="name", placeholder="runs wild", layout=W.Layout(width="20em"))
        self.keep = W.Button(description="Keep as preset", layout=auto)
        self.keep.on_click(lambda _: self._keep_preset())
        self.presets_text = W.Text(description="presets", layout=auto)
        advice = W.HTML("This text restores every control and your data. Copy it, or paste another one and press Enter.")
        teach = W.HTML("To teach with this state, name it. The line below it goes into the call of the Explorer.")
        own = W.HBox([self.preset_name, self.keep], layout=W.Layout(flex_flow="row wrap"))
        contents = {
            "Sizes": self.ledger_text,
            "As code": W.VBox([self.call_text, self.code_text]),
            "State": W.VBox([advice, self.token_text, self.token_says, teach, own, self.presets_text]),
        }
        self.fold_names = [name for name in contents if folds[name]]
        self.folds = W.Accordion([contents[name] for name in self.fold_names], titles=self.fold_names, selected_index=None, layout=full)
        self.folds.observe(lambda _: self._refresh_folds(), "selected_index")
        for widget in (self.folds, self.call_text, self.code_text, self.pin, self.preset_name, self.keep, self.presets_text):
            widget.add_class("rpn-non-visual")
        # The picture comes first and the question last but the folds: nothing that comes or goes can push picture or controls.
        asked = [self.asked.box] if self.asked else []
        folded = [self.folds] if self.fold_names else []
        body = [self.surface, self.buttons, self.controls_box, self.pin_text, *asked, *folded, *accessibility()]
        self.panel = W.VBox(body, layout=W.Layout(width="100%"))
        self.panel.add_class("rpn-explorer")
        self._name_terms()

    @property
    def locked(self) -> bool:
        return self.asked is not None and self.asked.locked

    @alone()
    def _light(self, symbol: str) -> None:
        """Choose a term: its controls are in sight, and it is lit in formula, picture, code and in the line that explains it."""
        with LOCK:
            self.lit = symbol
            self._name_terms()
            self.last_png = self.canvas.png()
            self._publish()
            self._refresh_folds()
            self._disable_idle()

    def _name_terms(self) -> None:
        own = getattr(self.picture, "fields_name", "fields")
        words = {symbol: term.label for symbol, term in BY_SYMBOL.items()} | {"g": f"g: {own}"}
        for symbol, button in self.bar.items():
            # The chosen button says so in its text: colour alone would not be heard.
            button.description = ("▸ " if symbol == self.lit else "") + words[symbol]
            button.style.text_color = BY_SYMBOL[symbol].colour
            button.style.font_weight = "bold" if symbol == self.lit else "normal"
        if self.term_bar:
            self.controls_box.children = self.tabs[self.lit].boxes
            self.canvas.light(self.lit)

    # ---- a move -------------------------------------------------------------------------------------------------------------------

    @alone()
    def _moved(self, change: Any) -> None:
        """Every control calls this. It reads all of them, never `change`: with several threads the last to come draws the last state."""
        with LOCK:
            if self._held:
                return
            try:
                self._show()
            except Exception as error:
                # Shown for the learner, kept for tests, raised so that the kernel's wire carries it.
                self.failed = error
                self.surface.value = self._alert(error)
                raise

    def _show(self) -> None:
        """Compute, draw, send: one message with formula, picture and readout."""
        try:
            picture, subject = self.picture_panel.value(), self.subject_panel.value()
        except ValueError as refusal:  # fields that do not fit together
            return self._refuse(refusal)
        try:
            self.shown = finite(computed(subject, picture))
        except Refusal as refusal:
            return self._refuse(refusal)
        self.subject, self.picture, self.numbers, self.sizes, self.refused = subject, picture, self.shown.numbers, self.shown.sizes, ""
        if self.presets.get(str(self.preset.value), (subject, picture)) != (subject, picture):
            self.preset.value = PRESETS  # so that the same preset can be chosen again
        self._paint()
        self._publish()
        self._refresh_folds()
        self._disable_idle()

    def _refuse(self, refusal: Exception) -> None:
        self.refused = str(refusal)
        self._publish()
        self._disable_idle()

    def _paint(self) -> None:
        self.canvas.begin()
        self.picture.paint(self.canvas, self.shown)
        if self.pinned is not None:
            with self.canvas.ghost():
                self.pinned.picture.paint(self.canvas, self.pinned)
        if self.asked is not None and self.asked.drawn:
            said = textwrap.fill(f"you predicted: {self.asked.answer}", self.canvas.size[0] // 7)  # letters that fit into the picture
            self.canvas.note("prediction", said, "#b34700")
        self.last_png, self.alt = self.canvas.png(), self.picture.alt(self.shown)
        if self.pinned is not None:
            self.alt += f" Dotted: a pinned state. {self._comparison()}"

    def _disable_idle(self) -> None:
        """Grey out the controls that have no effect now, and all of them while the question waits."""
        locked = self.locked
        idle = [] if locked or self.refused else self._without_effect()
        for name, widget in self.controls():
            if locked or not self.refused:
                widget.disabled = locked or name in idle
                said = widget.tooltip.removesuffix(IDLE)
                widget.tooltip = said + IDLE if name in idle else said
        for widget in (self.reset, self.preset, self.token_text, self.pin):
            widget.disabled = locked

    def _without_effect(self) -> list[str]:
        """The controls in sight whose other values all give the numbers that are shown. Found by trying, after the picture is out.

        What was found holds for all states with the same kinds, switches and counts, and with floats at the same ends.
        """
        tabs = [self.tabs[self.lit]] if self.term_bar else list(self.tabs.values())
        sight = tuple(name for tab in tabs for name in tab.names)
        key = self.lit if self.term_bar else "", coarse(self.subject), coarse(self.picture)
        if key not in self._idle:
            tried = [(name, [(self.subject, other) for other in found]) for name, found in self.picture_panel.variants(self.picture)]
            tried += [(name, [(other, self.picture) for other in found]) for name, found in self.subject_panel.variants(self.subject)]
            seen = [(name, pairs) for name, pairs in tried if name.startswith(sight)]
            self._idle[key] = [name for name, pairs in seen if not any(self._differs(*pair) for pair in pairs)]
        return self._idle[key]

    def _differs(self, subject: Any, picture: Any) -> bool:
        try:
            numbers = computed(subject, picture).numbers
        except Refusal:
            return False
        if numbers.keys() != self.numbers.keys():
            return True
        pairs = [(numbers[name], value) for name, value in self.numbers.items()]
        return any(new.shape != old.shape or not torch.allclose(new, old, rtol=1e-5, atol=1e-6) for new, old in pairs)

    # ---- pin and compare ----------------------------------------------------------------------------------------------------------

    def _pin(self) -> None:
        """Keep the shown state as a ghost, or let go of the one that is kept."""
        with LOCK:
            self.pinned = self.shown if self.pinned is None else None
            self.pin.description = "Unpin" if self.pinned is not None else "Pin"
            self._moved(None)

    def _comparison(self) -> str:
        """What differs between the pinned state and this one: controls, then figures."""
        if self.pinned is None:
            return ""
        now = self.shown
        moved = [*changes(self.pinned.subject, now.subject), *changes(self.pinned.picture, now.picture)]
        if not moved:
            return "Pinned. Move a control: the ghost stays, and the difference is told here."
        old, new = self.pinned.figures(), now.figures()
        figures = "; ".join(compared(old, new)) or f"{', '.join(new)} as before" * bool(new)
        return f"Since the pin: {'; '.join(moved)}. {figures}{'.' * bool(figures)}".rstrip()

    # ---- what is sent -------------------------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        if not self.last_png:
            return
        refusal = f'<div role="status" style="color:#8a1c00">Not shown: {html.escape(self.refused)}</div>' if self.refused else ""
        readout = refusal or html.escape(self.picture.readout(self.shown))
        style = "font-family:monospace;white-space:pre-wrap;min-height:2.6em"
        below = f'<div class="rpn-readout" style="{style}">{readout}</div>'
        if self.term_bar:
            below += f'<div class="rpn-symbol" style="font-size:12px;min-height:2.6em;color:#444">{self._symbol()}</div>'
        self.surface.value = f'<div style="line-height:1.3">{self._formula()}{self._image()}{below}</div>'
        self.pin_text.value = html.escape(self._comparison())

    def _symbol(self) -> str:
        return symbol_row(self.lit, self.picture.values(self.shown).get(self.lit, ""))

    def _formula(self) -> str:
        values = self.picture.values(self.shown)
        cells = ""
        for symbol, text in self.picture.formula(self.shown):
            style = f"font-size:16px;color:{COLORS.get(symbol, '#444')};"
            style += "font-weight:bold;text-decoration:underline" if symbol and symbol == self.lit else ""
            below = f'<span style="font-size:11px;color:#444">{html.escape(values.get(symbol, ""))}&nbsp;</span>'
            cells += f'<td style="text-align:center;padding:0 3px"><span style="{style}">{html.escape(text)}</span><br>{below}</td>'
        return f'<table role="presentation" style="height:46px;border-spacing:0;margin:0"><tr style="background:none">{cells}</tr></table>'

    def _image(self) -> str:
        width, height = self.canvas.size
        words = f'alt="{html.escape(self.alt, quote=True)}"'
        dim = ";opacity:.35" if self.refused else ""  # it is the picture of the state before
        size = f'width="{width}" height="{height}" style="max-width:100%;height:auto;display:block{dim}"'
        return f'<img class="rpn-picture" {size} {words} src="{data_url(self.last_png)}">'

    def _alert(self, error: Exception) -> str:
        said = html.escape(f"{type(error).__name__}: {error}")
        says = f"<b>This explorer has met an error.</b><br>{said}<br>Press Reset to return to the first state."
        return f'<div role="alert" style="border:2px solid #8a1c00;padding:8px;min-height:340px">{says}</div>'

    # ---- what is folded beneath ---------------------------------------------------------------------------------------------------

    @alone()
    def _refresh_folds(self) -> None:
        """Only what is open is written: folded text costs nothing while a slider moves."""
        if self.folds.selected_index is None:
            return
        match self.fold_names[self.folds.selected_index]:
            case "Sizes":
                sides = "<tr><th scope='row' style='text-align:left'>{}</th><td style='text-align:right'>{:,}</td></tr>"
                rows = "".join(sides.format(*size) for size in self.sizes.items())
                self.ledger_text.value = f"<table><caption>sizes of this state</caption>{rows}</table>"
            case "As code":
                self.code_text.value, self.call_text.value = lit_code(self.code(), self.lit), self.call()
            case "State":
                self.token_text.value, self.token_says.value = self.token(), ""

    @alone()
    def code(self) -> str:
        """The state as plain torch, without this package; it ends with the dictionary `numbers` and prints the one that counts."""
        return as_code(self.picture, self.subject)

    def call(self) -> str:
        """The state as a call, to be pasted after `import rpn_edu as rpn` and `from rpn_edu.explore import *`."""
        return as_call(self.picture, self.subject)

    def token(self) -> str:
        """A short text that restores every control and the learner's own data."""
        return packed(self.subject, self.picture)

    def _read(self, token: str) -> tuple[Any, Any]:
        subject, picture = unpacked(token)
        if type(picture) is not type(self.picture) or not isinstance(subject, self.picture.subject):
            raise ValueError(f"this state belongs to another explorer: {type(picture).__name__} of a {subject.term or 'formula'}")
        self._check(subject, "")
        return subject, picture

    def restore(self, token: str) -> None:
        """Set every control from a token. ValueError with a sentence for a text that is none, or belongs to another kind of explorer."""
        self.set(*self._read(token))

    def set(self, subject: Component, picture: Picture | None = None) -> None:
        """Move all controls at once; one redraw. A prediction was about the state before: it leaves the picture."""
        wanted = self.picture.subject
        demand(isinstance(subject, wanted), "Explorer.set: the subject", f"a {wanted.__name__} as the start is", subject)
        right = picture is None or type(picture) is type(self.picture)
        demand(right, "Explorer.set: the picture", f"a {type(self.picture).__name__}", picture)
        with self.hold():
            if self.asked is not None:
                self.asked.forget()
            self.subject_panel.set(subject)
            if picture is not None:
                self.picture_panel.set(picture)

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
            self._moved(None)

    def _preset_chosen(self, change: Any) -> None:
        if self.preset.value in self.presets:
            self.set(*self.presets[self.preset.value])

    def _keep_preset(self) -> None:
        """The shown state under the name that was typed: in the menu at once, and as text for the teacher's notebook."""
        name = self.preset_name.value.strip()
        if not name:
            self.presets_text.value = "Type a name first."
            return
        self.presets[name] = self.subject, self.picture
        self.preset.options = [PRESETS, *self.presets]
        if self.preset not in self.buttons.children:
            self.buttons.children += (self.preset,)
        tokens = {name: packed(*state) for name, state in self.presets.items()}
        self.presets_text.value = f"presets={tokens!r}"

    def _token_entered(self, change: Any) -> None:
        if not self.token_text.value or (self.token_text.value == self.token() and not self.refused):
            self.token_says.value = ""
            return
        try:
            self.restore(self.token_text.value)
            self.token_says.value = "Restored."
        except ValueError as error:
            self.token_says.value = f'<span role="alert">{html.escape(str(error))}</span>'

    # ---- what tests and notebooks ask ---------------------------------------------------------------------------------------------

    def controls(self) -> Iterator[tuple[str, Any]]:
        """(name, widget) of every control that changes the picture."""
        yield from self.subject_panel.controls()
        yield from self.picture_panel.controls()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Live: the panel. Stored: the picture with its alt text, so that a page reads without running."""
        live: Any = self.panel._repr_mimebundle_()
        return {
            **live,
            "text/plain": self.alt,
            "text/html": self._image(),
            "image/png": base64.b64encode(self.last_png).decode(),
        }


def check(picture: Any, terms: Any, hide: Any, question: Any, presets: Any, flags: dict[str, Any]) -> None:
    """TypeError for an argument of an Explorer that is of another kind."""
    names = (tuple, list, set, frozenset)
    demand(isinstance(picture, Picture), "Explorer.picture", "a picture such as Fit()", picture)
    demand(terms is None or isinstance(terms, names), "Explorer.terms", 'names in brackets such as ("expansion",)', terms)
    demand(isinstance(hide, names), "Explorer.hide", 'names in brackets such as ("seed",)', hide)
    demand(question is None or isinstance(question, Predict), "Explorer.question", "a Predict(...)", question)
    demand(presets is None or isinstance(presets, dict), "Explorer.presets", 'a dict such as {"wild": Chebyshev(degree=9)}', presets)
    for name, flag in flags.items():
        demand(isinstance(flag, bool), f"Explorer.{name}", "True or False", flag)


def coarse(value: Any) -> Any:
    """A component with its floats told only as low end, zero, high end or between."""
    if isinstance(value, tuple):
        return tuple(map(coarse, value))
    if not isinstance(value, Component):
        return value
    told: list[Any] = [type(value)]
    for field in value.declared:
        current, dial = getattr(value, field.name), field.meta
        if isinstance(dial, Dial) and field.kind == "float":
            current = (current <= dial.low) - (current >= dial.high), current == 0
        told.append(coarse(current))
    return tuple(told)
