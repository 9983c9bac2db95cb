"""The explorer: a component, a picture, and controls derived from both."""

import base64
import dataclasses
import html
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import ipywidgets as W
import torch
from torch.overrides import TorchFunctionMode

from ..component import Component, Dial, did_you_mean
from ..formula import Formula
from .canvas import Canvas, data_url
from .controls import LOCK, ComponentPanel, handle_names
from .pictures import COLORS, Basis, Fabric, Flow, Picture
from .snippet import as_call, as_code
from .state import packed, unpacked

BUDGET = 256 * 2**20  # bytes that a state may allocate
TERMS = {
    "expansion": "κ",
    "reconciliation": "ψ",
    "remainder": "π",
    "interdependence": "ξ",
    "attribute": "ξᵃ",
    "instance": "ξⁱ",
    "fusion": "fusion",
}
PRESETS = "presets …"
RADIOS = """<style>
.rpn-explorer .widget-radio { width: auto; max-width: 100%; height: auto }
.rpn-explorer .widget-radio-box label { width: auto; height: auto; display: flex; align-items: flex-start }
.rpn-explorer .widget-radio-box input { float: none; flex: none; order: -1 }
</style>"""


class Refusal(Exception):
    """A state that is too large: said politely, nothing computed, not a failure."""


@dataclasses.dataclass(frozen=True)
class Predict:
    """A question before the controls unlock: choices, or a number between the two ends of its slider."""

    question: str
    choices: Sequence[str] = ()
    reason: str = ""
    number: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if bool(self.choices) == (self.number is not None):
            raise ValueError("Predict needs either choices or number=(low, high)")


class Float32(TorchFunctionMode):
    """New floats are float32, whatever the default of the process is: the notebook's own cells must not change what a slider shows."""

    MAKERS = {torch.empty, torch.eye, torch.linspace, torch.ones, torch.rand, torch.randn, torch.zeros}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = {"dtype": torch.float32, **(kwargs or {})} if func in self.MAKERS else kwargs or {}
        return func(*args, **kwargs)


@contextmanager
def alone() -> Iterator[None]:
    """Numbers for a picture are computed the same way in every thread and under every global setting."""
    with torch.no_grad(), torch.device("cpu"), nullcontext() if torch.get_default_dtype() == torch.float32 else Float32():
        yield


class Explorer:
    """`Explorer(start, picture)`: sliders for the fields of `start` (a κ, a ψ or a Formula) and of the picture.

    `terms` limits which terms of a formula can be moved; the first of them is lit first: ("remainder", "expansion") starts with π.
    `hide` names fields of the picture that have no control; `question` is a Predict; `presets` are named states, `{name: component}`.
    `failed` holds the exception of a callback: it is shown, raised, and seen by tests.
    `refused` says why the state of the controls is not shown: that is no failure.
    """

    def __init__(
        self,
        start: Component | None = None,
        picture: Picture | None = None,
        *,
        terms: Sequence[str] | None = None,
        hide: Sequence[str] = (),
        question: Predict | None = None,
        presets: dict[str, Component] | None = None,
        term_bar: bool = True,
        ledger: bool = True,
        code: bool = True,
        token: bool = True,
    ) -> None:
        start = start if start is not None else Formula()
        if picture is None:
            kinds: list[type[Picture]] = [kind for kind in (Basis, Fabric, Flow) if isinstance(start, kind.subject)]
            if not kinds:
                raise TypeError(f"an Explorer starts from an expansion, a reconciliation or a Formula, got {start!r}")
            picture = kinds[0]()
        if not isinstance(start, picture.subject):
            raise TypeError(f"{type(picture).__name__} shows {picture.subject.__name__}s, got {start!r}")
        terms = picture.moves if terms is None else terms
        fields = tuple(field.name for field in picture.declared)
        for name, known in [(term, picture.moves) for term in terms] + [(field, fields) for field in hide]:
            if name not in known:
                raise ValueError(f"Explorer: {name!r} is none of {', '.join(known)}{did_you_mean(name, known)}")
        for name, preset in (presets or {}).items():
            if not isinstance(preset, picture.subject):
                raise TypeError(f"the preset {name!r} must be a {picture.subject.__name__} as the start is, got {preset!r}")
        self.question, self.presets = question, presets or {}
        self.failed: Exception | None = None
        self.refused, self.last_png, self.answer = "", b"", None
        self.picture, self.subject = picture, start
        self._held, self.locked = False, question is not None
        self._idle: dict[Any, list[str]] = {}
        with LOCK:
            self.canvas = Canvas(picture.panels, picture.size)
            if isinstance(start, Formula):
                fixed = tuple(field.name for field in Formula.declared if field.name not in terms)
                self.subject_panel = ComponentPanel(start, "formula", self._moved, hidden=fixed)
                shown = {TERMS[term]: panel for term, panel in self.subject_panel.parts.items()}
            else:
                self.subject_panel = ComponentPanel(start, start.term, self._moved, picture.subject)
                shown = {TERMS[start.term]: self.subject_panel}
            self.picture_panel = ComponentPanel(picture, "picture", self._moved, hidden=tuple(hide))
            self.panels = shown | ({"g": self.picture_panel} if self.picture_panel.widgets else {})
            self.lit = next(iter([*(TERMS[term] for term in terms if TERMS[term] in shown), *self.panels]), "")
            self.term_bar = term_bar and len(self.panels) > 1
            self._build({"Sizes": ledger, "As code": code, "State": token})
            self._moved(None)
        if self.refused:
            raise ValueError(f"an Explorer cannot start from {start!r}: {self.refused}")
        self.first: tuple[Any, Any] = self.subject, self.picture

    # ---- the panel ----------------------------------------------------------------------------------------------------------------

    def _build(self, folds: dict[str, bool]) -> None:
        full = W.Layout(width="100%", max_width=f"{self.canvas.size[0]}px")
        self.surface = W.HTML(layout=full)
        self.bar = {symbol: W.Button(layout=W.Layout(width="auto")) for symbol in self.panels}
        for symbol, button in self.bar.items():
            button.on_click(lambda _, symbol=symbol: self._light(symbol))
            button.add_class("rpn-non-visual")
        self.reset = W.Button(description="Reset", tooltip="back to the first state", layout=W.Layout(width="auto"))
        self.reset.on_click(lambda _: self.set(*self.first))
        self.preset = W.Dropdown(options=[PRESETS, *self.presets], description="preset", style={"description_width": "initial"})
        self.preset.observe(self._preset_chosen, "value")
        row = [*(self.bar.values() if self.term_bar else []), self.reset, *([self.preset] if self.presets else [])]
        self.controls_box = W.VBox([panel.box for panel in self.panels.values()], layout=W.Layout(min_height="7em"))
        self.gate = W.VBox(self._question_widgets(self.question) if self.question else [], layout=full)
        self.ledger_text, self.token_says = W.HTML(), W.HTML()
        self.call_text = W.Text(description="rpn_edu", layout=W.Layout(width="100%"))
        self.code_text = W.Textarea(description="code", layout=W.Layout(width="100%", height="18em"))
        self.token_text = W.Text(description="state", continuous_update=False, layout=W.Layout(width="100%"))
        self.token_text.observe(self._token_entered, "value")
        advice = W.HTML("This text restores every control. Copy it, or paste another one and press Enter.")
        contents = {
            "Sizes": self.ledger_text,
            "As code": W.VBox([self.call_text, self.code_text]),
            "State": W.VBox([advice, self.token_text, self.token_says]),
        }
        self.fold_names = [name for name in contents if folds[name]]
        self.folds = W.Accordion([contents[name] for name in self.fold_names], titles=self.fold_names, selected_index=None, layout=full)
        self.folds.observe(lambda _: self._refresh_folds(), "selected_index")
        for widget in (self.folds, self.call_text, self.code_text):
            widget.add_class("rpn-non-visual")
        # The picture comes first and the question last but the folds: nothing that comes or goes can push picture or controls.
        buttons = W.HBox(row, layout=W.Layout(flex_flow="row wrap", width="100%", max_width=full.max_width))
        body = [self.surface, buttons, self.controls_box, self.gate, *([self.folds] if self.fold_names else []), *handle_names()]
        self.panel = W.VBox(body, layout=W.Layout(width="100%"))
        self.panel.add_class("rpn-explorer")
        self._name_terms()

    def _question_widgets(self, question: Predict) -> list[W.Widget]:
        style = {"description": "prediction", "style": {"description_width": "initial"}}
        if question.number:
            low, high = question.number
            self.predicted = W.FloatSlider((low + high) / 2, min=low, max=high, step=(high - low) / 100, readout_format=".4", **style)
        else:
            self.predicted = W.RadioButtons(options=list(question.choices), value=None, **style)
        self.predicted.add_class("rpn-non-visual")
        self.submit = W.Button(description="This is my prediction", layout=W.Layout(width="auto"))
        self.skip = W.Button(description="Skip the question", layout=W.Layout(width="auto"))
        self.asks_again, self.reason = W.HTML(), W.HTML()
        self.show_reason = W.Button(description="Show the reason", layout=W.Layout(width="auto", align_self="flex-start"))
        self.show_reason.add_class("rpn-non-visual")
        self.predicted.observe(lambda _: setattr(self.asks_again, "value", ""), "value")
        self.submit.on_click(lambda _: self._submitted())
        self.skip.on_click(lambda _: self._answered(None))
        self.show_reason.on_click(lambda _: self._tell())
        ask = W.HTML(f"{RADIOS}<b>Before you move anything:</b> {html.escape(question.question)}")
        return [ask, self.predicted, W.HBox([self.submit, self.skip], layout=W.Layout(flex_flow="row wrap")), self.asks_again]

    def _submitted(self) -> None:
        if self.predicted.value is None:
            self.asks_again.value = '<span role="status">Choose one first, or skip the question.</span>'
        else:
            self._answered(self.predicted.value)

    def _answered(self, answer: Any) -> None:
        """Unlock: the prediction is drawn over the result. The reason waits until it is asked for: moving comes first."""
        with LOCK:
            self.locked, self.answer = False, round(answer, 10) if isinstance(answer, float) else answer
            self._offer_reason()
            self._moved(None)

    def _offer_reason(self) -> None:
        if self.question and not self.locked:
            self.gate.children = (self.show_reason,) if self.question.reason else ()

    def _tell(self) -> None:
        """The reason, where the question stood: below the controls, so that nothing moves under the pointer."""
        with LOCK:
            if self.question and not self.locked:
                said = "" if self.answer is None else f"You predicted: {self.answer}. "
                style = "border-left:3px solid #b34700;padding-left:6px;line-height:1.4"
                self.reason.value = f'<div role="status" style="{style}">{html.escape(said + self.question.reason)}</div>'
                self.gate.children = (self.reason,)

    def _light(self, symbol: str) -> None:
        """Choose a term: its controls are in sight, and it is lit in formula and picture."""
        with LOCK:
            self.lit = symbol
            self._name_terms()
            self.last_png = self.canvas.png()
            self._publish()
            self._disable_idle()

    def _name_terms(self) -> None:
        own = getattr(self.picture, "fields_name", "fields")
        words = {symbol: f"{symbol} {term}" for term, symbol in TERMS.items()} | {"fusion": "fusion", "g": f"g: {own}"}
        for symbol, button in self.bar.items():
            # The chosen button says so in its text: colour alone would not be heard.
            button.description = ("▸ " if symbol == self.lit else "") + words[symbol]
            button.style.text_color = COLORS.get(symbol) or COLORS[symbol[0]]
            button.style.font_weight = "bold" if symbol == self.lit else "normal"
        if self.term_bar:
            self.controls_box.children = [self.panels[self.lit].box]
            self.canvas.light(self.lit)

    # ---- a move -------------------------------------------------------------------------------------------------------------------

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
            sizes = ledger(picture.sizes(subject))
        except (ValueError, Refusal) as refusal:
            self.refused = str(refusal)
            self._publish()
            self._disable_idle()
            return
        with alone():
            given = picture.given()
            numbers = picture.numbers(subject, **given)
        for name, value in numbers.items():
            if not torch.isfinite(value).all():
                raise FloatingPointError(f"{name} of {subject!r} is not finite everywhere")
        self.canvas.begin()
        picture.paint(self.canvas, subject, numbers)
        if self.answer is not None:
            box = {"facecolor": "white", "edgecolor": "#b34700", "alpha": 0.85, "pad": 2}
            room = int(picture.panels[0].where[2] * self.canvas.size[0] / 6.5)  # letters that fit into the panel
            said = textwrap.fill(f"you predicted: {self.answer}", max(room, 16))
            self.canvas.text("prediction", 0, 0.99, 0.99, said, color="#b34700", ha="right", va="top", bbox=box)
        self.last_png, self.alt = self.canvas.png(), picture.alt(subject, numbers)
        self.picture, self.subject, self.numbers, self.given, self.sizes, self.refused = picture, subject, numbers, given, sizes, ""
        self._publish()
        self._refresh_folds()
        self._disable_idle()

    def _disable_idle(self) -> None:
        """Grey out the controls that have no effect now, and all of them while the question waits."""
        locked = self.locked
        idle = [] if locked or self.refused else self._without_effect()
        for name, widget in self.controls():
            if locked or not self.refused:
                widget.disabled = locked or name in idle
        for widget in (self.reset, self.preset, self.token_text):
            widget.disabled = locked

    def _without_effect(self) -> list[str]:
        """The controls in sight whose other values all give the numbers that are shown. Found by trying, after the picture is out.

        What was found holds for all states with the same kinds, switches and counts, and with floats at the same ends.
        """
        sight = [self.panels[self.lit]] if self.term_bar else list(self.panels.values())
        key = self.lit if self.term_bar else "", coarse(self.subject), coarse(self.picture)
        if key not in self._idle:
            tried: list[tuple[str, list[Any]]] = []
            if self.picture_panel in sight:
                tried += [(name, [(self.subject, other) for other in found]) for name, found in self.picture_panel.variants(self.picture)]
            inside = tuple(panel.name + "." for panel in sight)
            tried += [
                (name, [(other, self.picture) for other in found])
                for name, found in self.subject_panel.variants(self.subject)
                if name.startswith(inside)
            ]
            with alone():
                self._idle[key] = [name for name, pairs in tried if not any(self._differs(*pair) for pair in pairs)]
        return self._idle[key]

    def _differs(self, subject: Any, picture: Any) -> bool:
        try:
            ledger(picture.sizes(subject))
            numbers = picture.numbers(subject, **(self.given if picture is self.picture else picture.given()))
        except (ValueError, Refusal):
            return False
        pairs = [(numbers[name], value) for name, value in self.numbers.items()]
        return any(new.shape != old.shape or not torch.allclose(new, old, rtol=1e-5, atol=1e-6) for new, old in pairs)

    # ---- what is sent -------------------------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        if not self.last_png:
            return
        refusal = f'<div role="status" style="color:#8a1c00">Not shown: {html.escape(self.refused)}</div>' if self.refused else ""
        readout = refusal or html.escape(self.picture.readout(self.subject, self.numbers))
        style = "font-family:monospace;white-space:pre-wrap;min-height:2.6em"
        below = f'<div class="rpn-readout" style="{style}">{readout}</div>'
        self.surface.value = f'<div style="line-height:1.3">{self._formula()}{self._image()}{below}</div>'

    def _formula(self) -> str:
        values = self.picture.values(self.subject, self.numbers)
        cells = ""
        for symbol, text in self.picture.formula(self.subject):
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
                self.code_text.value, self.call_text.value = self.code(), self.call()
            case "State":
                self.token_text.value, self.token_says.value = self.token(), ""

    def code(self) -> str:
        """The state as plain torch, without this package; it ends with the dictionary `numbers` and prints the one that counts."""
        return as_code(self.picture, self.subject)

    def call(self) -> str:
        """The state as a call, to be pasted after `import rpn_edu as rpn` and `from rpn_edu.explore import *`."""
        return as_call(self.picture, self.subject)

    def token(self) -> str:
        """A short text that restores every control."""
        return packed(self.subject, self.picture)

    def restore(self, token: str) -> None:
        """Set every control from a token. ValueError with a sentence for a text that is none, or belongs to another kind of explorer."""
        subject, picture = unpacked(token)
        if type(picture) is not type(self.picture) or not isinstance(subject, self.picture.subject):
            raise ValueError(f"this state belongs to another explorer: {type(picture).__name__} of a {subject.term or 'formula'}")
        self.set(subject, picture)

    def set(self, subject: Component, picture: Picture | None = None) -> None:
        """Move all controls at once; one redraw. A prediction was about the state before: it goes."""
        with self.hold():
            self.answer = None
            self._offer_reason()
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
            self.set(self.presets[self.preset.value])

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


def ledger(sizes: dict[str, int]) -> dict[str, int]:
    """All sizes with the bytes they cost. Refusal above the budget, before anything is allocated."""
    matrix = sizes["n"] * sizes["D"]
    size = 8 * (sizes["b"] * sizes["D"] + matrix + sizes.get("l", 0) + sizes.get("equations", 0))
    if size > BUDGET:
        needed, limit = f"{size // 2**20:,} MB (D = {sizes['D']:,})", BUDGET // 2**20
        raise Refusal(f"this state would need {needed}; this explorer stops at {limit} MB. Choose a lower degree.")
    return {**sizes, "n · D": matrix, "bytes": size}


def coarse(value: Any) -> Any:
    """A component with its floats told only as low end, zero, high end or between."""
    if not isinstance(value, Component):
        return value
    told: list[Any] = [type(value)]
    for field in value.declared:
        current, dial = getattr(value, field.name), field.meta
        if isinstance(dial, Dial) and field.kind == "float":
            current = (current <= dial.low) - (current >= dial.high), current == 0
        told.append(coarse(current))
    return tuple(told)
