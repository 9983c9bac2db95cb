"""The explorer: a component, a picture, and controls derived from both."""

import base64
import html
import json
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ipywidgets as W
import torch

from ..component import Component, did_you_mean, from_config
from ..expansion import Expansion
from ..formula import Formula
from ..reconciliation import Reconciliation
from ..remainder import Remainder
from .canvas import Canvas, data_url
from .controls import ComponentPanel, handle_names
from .pictures import COLORS, Basis, Fabric, Flow, Picture
from .snippet import as_code

LOCK = threading.RLock()  # one for all explorers: matplotlib is not made for threads, and callbacks run in several
BUDGET = 256 * 2**20  # bytes of κ and ψ(w) that an explorer may allocate
TERMS = {"expansion": "κ", "reconciliation": "ψ", "remainder": "π", "formula": "g"}
PARTS = (("g", "g(x|w)"), ("", " = ⟨ "), ("κ", "κ(x)"), ("", " , "), ("ψ", "ψ(w)"), ("", " ⟩ + "), ("π", "π(x)"))


class Refusal(Exception):
    """A state that is too large or does not fit together: said politely, nothing computed, not a failure."""


class Predict:
    """A question before the controls unlock: choices, or a number with its slider's ends."""

    def __init__(self, question: str, choices: Sequence[str] = (), reason: str = "", number: tuple[float, float] | None = None) -> None:
        if bool(choices) == (number is not None):
            raise ValueError("Predict needs either choices or number=(low, high)")
        self.question, self.choices, self.reason, self.number = question, list(choices), reason, number


class Explorer:
    """`Explorer(start, picture)`: sliders for the fields of `start` (a κ, a ψ or a Formula) and of the picture.

    `terms` limits which terms of a formula can be moved; `question` is a Predict; `presets` are named states, `{name: component}`.
    `failed` holds the exception of a callback: it is shown, raised, and seen by tests. `refused` holds a polite refusal.
    """

    def __init__(
        self,
        start: Component | None = None,
        picture: Picture | None = None,
        *,
        terms: Sequence[str] = ("expansion", "reconciliation", "remainder"),
        hide: Sequence[str] = (),
        question: Predict | None = None,
        presets: dict[str, Component] | None = None,
        term_bar: bool = True,
        ledger: bool = True,
        code: bool = True,
        token: bool = True,
    ) -> None:
        start = start if start is not None else Formula()
        picture = picture if picture is not None else {Expansion: Basis, Reconciliation: Fabric, Formula: Flow}[_kind(start)]()
        if not isinstance(start, picture.subject):
            raise TypeError(f"{type(picture).__name__} shows {picture.subject.__name__}s, got {start!r}")
        self.picture_type, self.question, self.failed, self.refused = type(picture), question, None, ""
        self.presets = presets or {}
        self._held, self._moves, self.answer = False, 0, None
        self.canvas = Canvas(picture.panels)
        self.last_png = b""
        self.subject_base = _kind(start)
        unknown = set(terms) - {"expansion", "reconciliation", "remainder"}
        if unknown:
            raise ValueError(f"an explorer moves expansion, reconciliation and remainder, got {', '.join(unknown)}{did_you_mean(unknown.pop(), TERMS)}")
        if self.subject_base is Formula:
            fixed = {f.name for f in Formula.declared} - set(terms)
            self.subject_panel = ComponentPanel(start, "formula", self._moved, None, tuple(fixed))
        else:
            self.subject_panel = ComponentPanel(start, start.term, self._moved, self.subject_base)
        self.picture_panel = ComponentPanel(picture, "picture", self._moved, None, tuple(hide))
        self._build(term_bar, ledger, code, token)
        self.lit = next(iter(self.tabs))
        self._light(self.lit)
        self._moved(None)

    # ---- the panel ----------------------------------------------------------------------------------------------------------------

    def _build(self, term_bar: bool, ledger: bool, code: bool, token: bool) -> None:
        width, height = self.canvas.size
        # The picture comes first and everything above it has a fixed height: nothing can push it.
        self.surface = W.HTML(layout=W.Layout(width="100%", max_width=f"{width}px"))
        if self.subject_base is Formula:
            self.tabs = {TERMS[name]: panel.box for name, panel in self.subject_panel.parts.items()}
        else:
            self.tabs = {TERMS[self.subject_base.term]: self.subject_panel.box}
        self.tabs["g"] = self.picture_panel.box
        self.bar = {symbol: W.Button(layout=W.Layout(width="auto")) for symbol in self.tabs}
        for symbol, button in self.bar.items():
            button.on_click(lambda _, symbol=symbol: self._light(symbol))
            button.add_class("rpn-non-visual")
        self.controls_box = W.VBox(layout=W.Layout(min_height="7em"))
        self.reset = W.Button(description="Reset", tooltip="back to the first state", layout=W.Layout(width="auto"))
        self.reset.on_click(lambda _: self.restore(self.first_token))
        self.preset = W.Dropdown(options=["presets …", *self.presets], description="preset", style={"description_width": "initial"})
        self.preset.observe(self._preset_chosen, "value")
        self.code_text = W.Textarea(description="code", disabled=False, layout=W.Layout(width="100%", height="18em"))
        self.call_text = W.Text(description="rpn_edu", layout=W.Layout(width="100%"))
        self.token_text = W.Text(description="state", continuous_update=False, layout=W.Layout(width="100%"))
        self.token_text.observe(self._token_entered, "value")
        self.token_says = W.HTML()
        self.ledger_text = W.HTML()
        for widget in (self.code_text, self.call_text):
            widget.add_class("rpn-non-visual")
        folds = {}
        if ledger:
            folds["Sizes"] = self.ledger_text
        if code:
            folds["As code"] = W.VBox([self.call_text, self.code_text])
        if token:
            folds["State"] = W.VBox([W.HTML("This text restores every control. Copy it, or paste another one and press Enter."), self.token_text, self.token_says])
        self.folds = W.Accordion(list(folds.values()), titles=list(folds), selected_index=None, layout=W.Layout(width="100%", max_width=f"{width}px"))
        self.folds.observe(self._unfolded, "selected_index")
        self.folds.add_class("rpn-non-visual")
        self.fold_names = list(folds)
        row = [*(self.bar.values() if term_bar and len(self.tabs) > 1 else []), self.reset, *([self.preset] if self.presets else [])]
        body = [self.surface, W.HBox(row, layout=W.Layout(flex_flow="row wrap", width="100%", max_width=f"{width}px")), self.controls_box]
        if not term_bar:
            self.controls_box.children = list(self.tabs.values())
        self.term_bar = term_bar
        self.gate = W.VBox(self._question_widgets())
        # The gate stands below the controls, so that its going does not move the picture.
        self.panel = W.VBox([*body, self.gate, *([self.folds] if folds else []), *handle_names()], layout=W.Layout(width="100%"))
        self.panel.add_class("rpn-explorer")
        self.first_token = ""
        if self.question:
            self._lock_controls(True)

    def _question_widgets(self) -> list[W.Widget]:
        if not self.question:
            return []
        ask = W.HTML(f"<b>Before you move anything:</b> {html.escape(self.question.question)}")
        if self.question.number:
            low, high = self.question.number
            self.predicted = W.FloatSlider((low + high) / 2, min=low, max=high, description="prediction", style={"description_width": "initial"})
        else:
            self.predicted = W.RadioButtons(options=self.question.choices, value=None, description="prediction", style={"description_width": "initial"})
        self.predicted.add_class("rpn-non-visual")
        self.submit = W.Button(description="This is my prediction", layout=W.Layout(width="auto"))
        self.skip = W.Button(description="Skip the question", layout=W.Layout(width="auto"))
        self.submit.on_click(lambda _: self._answered(self.predicted.value))
        self.skip.on_click(lambda _: self._answered(None))
        return [ask, self.predicted, W.HBox([self.submit, self.skip])]

    def _answered(self, answer: Any) -> None:
        self.answer = answer
        self.gate.children = []
        self._lock_controls(False)
        self._moves = 0
        self._moved(None)

    def _lock_controls(self, locked: bool) -> None:
        for _, widget in self.controls():
            widget.disabled = locked
        for widget in (self.reset, self.preset, self.token_text):
            widget.disabled = locked

    def _light(self, symbol: str) -> None:
        """Choose a term: its controls are in sight, and it is lit in the formula."""
        self.lit = symbol
        for name, button in self.bar.items():
            words = {"κ": "κ expansion", "ψ": "ψ reconciliation", "π": "π remainder", "g": "g data and seed" if len(self.picture_panel.widgets) > 1 else "g input"}
            # The chosen button says so in its text: colour alone would not be heard.
            button.description = ("▸ " if name == symbol else "") + words[name]
            button.style.text_color = COLORS[name]
            button.style.font_weight = "bold" if name == symbol else "normal"
        if self.term_bar:
            self.controls_box.children = [self.tabs[symbol]]
        if self.last_png:
            self._publish()

    # ---- a move -------------------------------------------------------------------------------------------------------------------

    def _moved(self, change: Any) -> None:
        with LOCK:
            if self._held:
                return
            try:
                self._show()
            except Exception as error:
                # Shown for the learner, kept for tests, raised so that the kernel's wire carries it.
                self.failed = error
                self.surface.value = self._alert(f"{type(error).__name__}: {error}", "This explorer has met an error.")
                raise

    def _show(self) -> None:
        """Read all controls, compute, draw, send: one message with formula, picture and readout."""
        self.refused = ""
        try:
            picture, subject = self.picture_panel.value(), self.subject_panel.value()
            self.sizes = self._ledger(picture.sizes(subject))
        except (ValueError, Refusal) as refusal:
            self.refused = str(refusal)
            self._publish()
            return
        with torch.no_grad(), torch.device("cpu"):
            self.numbers = picture.numbers(subject, **picture.given())
        self.picture, self.subject = picture, subject
        self.canvas.begin()
        picture.paint(self.canvas, subject, self.numbers)
        if self.answer is not None:
            self.canvas.text("prediction", 0, 0.02, 0.03, f"you predicted: {self.answer}", color="#b34700", bbox={"facecolor": "white", "edgecolor": "#b34700"})
        self.last_png = self.canvas.png()
        self.alt = picture.alt(subject, self.numbers)
        self._moves += 1
        if not self.first_token:
            self.first_token = self.token()
        self._publish()
        self._refresh_folds()

    def _ledger(self, sizes: dict[str, int]) -> dict[str, int]:
        """All sizes with the bytes they cost. Refusal above the budget, before anything is allocated."""
        matrix = sizes["n"] * sizes["D"]
        size = 8 * (sizes["b"] * sizes["D"] + matrix)
        if size > BUDGET:
            raise Refusal(f"κ(x) and ψ(w) would need {size / 2**20:,.0f} MB (D = {sizes['D']:,}); this explorer stops at {BUDGET // 2**20} MB. Choose a lower degree.")
        return {**sizes, "n · D": matrix, "bytes": size}

    def _publish(self) -> None:
        with LOCK:
            self.surface.value = self._page()

    def _page(self) -> str:
        width, height = self.canvas.size
        refusal = f'<div role="status" style="color:#8a1c00">Not shown: {html.escape(self.refused)}</div>' if self.refused else ""
        values = self.picture.values(self.subject, self.numbers) if self.last_png else {}
        readout = "" if not self.last_png else html.escape(self.picture.readout(self.subject, self.numbers))
        told = self.question.reason if self.question and self.answer is not None and self._moves > 1 else ""
        told = f'<div style="border-left:3px solid #b34700;padding-left:6px">You predicted: {html.escape(str(self.answer))}. {html.escape(told)}</div>' if told else ""
        return (
            f'<div style="line-height:1.3">{self._formula(values)}{self._image()}'
            f'<div class="rpn-readout" style="font-family:monospace;white-space:pre-wrap;min-height:2.6em">{refusal or readout}</div>{told}</div>'
        )

    def _formula(self, values: dict[str, str]) -> str:
        cells = []
        for symbol, text in PARTS:
            lit = symbol and symbol == self.lit
            style = f"color:{COLORS.get(symbol, '#444')};" + ("font-weight:bold;text-decoration:underline;" if lit else "")
            below = html.escape(values.get(symbol, ""))
            cells.append(
                f'<td style="text-align:center;padding:0 3px"><span style="font-size:16px;{style}">{html.escape(text)}</span><br><span style="font-size:11px;color:#444">{below}&nbsp;</span></td>'
            )
        return f'<table role="presentation" style="height:46px;border-spacing:0;margin:0"><tr style="background:none">{"".join(cells)}</tr></table>'

    def _image(self) -> str:
        width, height = self.canvas.size
        return f'<img class="rpn-picture" width="{width}" height="{height}" style="max-width:100%;height:auto;display:block" alt="{html.escape(self.alt, quote=True)}" src="{data_url(self.last_png)}">'

    def _alert(self, message: str, title: str) -> str:
        return f'<div role="alert" style="border:2px solid #8a1c00;padding:8px;width:680px;min-height:340px"><b>{title}</b><br>{html.escape(message)}<br>Press Reset to return to the first state.</div>'

    # ---- what is folded beneath ---------------------------------------------------------------------------------------------------

    def _unfolded(self, change: Any) -> None:
        self._refresh_folds()

    def _refresh_folds(self) -> None:
        """Only what is open is written: folded text costs nothing while a slider moves."""
        if self.folds.selected_index is None:
            return
        match self.fold_names[self.folds.selected_index]:
            case "Sizes":
                rows = "".join(f"<tr><th scope='row' style='text-align:left'>{k}</th><td style='text-align:right'>{v:,}</td></tr>" for k, v in self.sizes.items())
                self.ledger_text.value = f"<table><caption>sizes of this state</caption>{rows}</table>"
            case "As code":
                self.code_text.value, self.call_text.value = self.code(), self.call()
            case "State":
                self.token_text.value, self.token_says.value = self.token(), ""

    def code(self) -> str:
        """The state as plain torch, without this package; it ends with the dictionary `numbers`."""
        return as_code(self.picture, self.subject)

    def call(self) -> str:
        """The state as a call of rpn_edu."""
        return repr(self.subject)

    def token(self) -> str:
        """A short text that restores every control: the config of subject and picture, compressed, with a checksum."""
        packed = zlib.compress(json.dumps([self.subject.to_config(), self.picture.to_config()], separators=(",", ":")).encode(), 9)
        return base64.urlsafe_b64encode(zlib.crc32(packed).to_bytes(4, "big") + packed).decode().rstrip("=")

    def restore(self, token: str) -> None:
        """Set every control from a token. ValueError with a sentence for a text that is no token, damaged, or of another kind of explorer."""
        try:
            raw = base64.b64decode(token.strip() + "=" * (-len(token.strip()) % 4), altchars=b"-_", validate=True)
            if len(raw) < 5 or int.from_bytes(raw[:4], "big") != zlib.crc32(raw[4:]):
                raise ValueError("checksum")
            subject, picture = map(from_config, json.loads(zlib.decompress(raw[4:])))
        except (ValueError, zlib.error, LookupError, TypeError) as error:
            raise ValueError(f"this text is no state of an explorer, or a part of it is missing: {token[:24]!r}") from error
        if not isinstance(subject, self.subject_base) or not isinstance(picture, self.picture_type):
            raise ValueError(f"this state belongs to another explorer: {type(picture).__name__} of a {subject.term or 'formula'}")
        self.set(subject, picture)

    def set(self, subject: Component, picture: Picture | None = None) -> None:
        """Move all controls at once; one redraw."""
        with self.hold():
            self.subject_panel.set(subject)
            if picture is not None:
                self.picture_panel.set(picture)
        self._rename_tabs()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Several controls move, one picture follows."""
        with LOCK:
            self._held = True
            try:
                yield
            finally:
                self._held = False
            self.failed = None
            self._moved(None)

    def _rename_tabs(self) -> None:
        if self.gate.children:
            self._lock_controls(True)

    def _preset_chosen(self, change: Any) -> None:
        if self.preset.value in self.presets:
            self.set(self.presets[self.preset.value])

    def _token_entered(self, change: Any) -> None:
        if self.token_text.value in ("", self.token()):
            return
        try:
            self.restore(self.token_text.value)
            self.token_says.value = "Restored."
        except ValueError as error:
            self.token_says.value = f'<span role="alert">{html.escape(str(error))}</span>'

    # ---- what tests and notebooks ask ---------------------------------------------------------------------------------------------

    def controls(self) -> Iterator[tuple[str, W.Widget]]:
        """(name, widget) of every control that changes the picture."""
        yield from self.subject_panel.controls()
        yield from self.picture_panel.controls()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Live: the panel. Stored: the picture with its alt text, so that a page reads without running."""
        return {
            **self.panel._repr_mimebundle_(),
            "text/plain": self.alt,
            "text/html": self._image(),
            "image/png": base64.b64encode(self.last_png).decode(),
        }


def _kind(start: Component) -> type[Component]:
    for kind in (Formula, Expansion, Reconciliation, Remainder):
        if isinstance(start, kind) and kind is not Remainder:
            return kind
    raise TypeError(f"an Explorer starts from an expansion, a reconciliation or a Formula, got {start!r}")
