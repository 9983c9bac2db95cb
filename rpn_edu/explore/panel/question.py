"""A question before the controls unlock: predict, move, then read the reason."""

import dataclasses
import html
import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import ipywidgets as W

from ...component import demand
from .moves import LOCK

RADIOS = """<style>
.rpn-explorer .widget-radio { width: auto; max-width: 100%; height: auto }
.rpn-explorer .widget-radio-box label { width: auto; height: auto; display: flex; align-items: flex-start }
.rpn-explorer .widget-radio-box input { float: none; flex: none; order: -1 }
</style>"""


@dataclasses.dataclass(frozen=True)
class Predict:
    """A question before the controls unlock: choices, or a number between the two ends of its slider (whole ends: a whole number)."""

    question: str
    choices: Sequence[str] = ()
    reason: str = ""
    number: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        demand(isinstance(self.question, str), "Predict.question", "a text", self.question)
        demand(isinstance(self.reason, str), "Predict.reason", "a text", self.reason)
        texts = isinstance(self.choices, (tuple, list)) and all(isinstance(choice, str) for choice in self.choices)
        demand(texts, "Predict.choices", 'texts in brackets such as ("it grows", "it shrinks")', self.choices)
        ends: Any = self.number if isinstance(self.number, (tuple, list)) else ()
        real = all(isinstance(end, Real) and not isinstance(end, bool) and math.isfinite(end) for end in ends)
        rising = real and len(ends) == 2 and ends[0] < ends[1]
        demand(self.number is None or rising, "Predict.number", "the two ends (low, high) of a slider", self.number)
        if bool(self.choices) == (self.number is not None):
            raise ValueError("Predict needs either choices or number=(low, high)")


class Question:
    """The widgets of a Predict. `locked` until it is answered or skipped; then `unlocked` is called once."""

    def __init__(self, predict: Predict, unlocked: Callable[[], None], layout: W.Layout) -> None:
        self.predict, self.unlocked, self.locked = predict, unlocked, True
        self.answer: Any = None
        self.drawn = False
        style = {"description": "prediction", "style": {"description_width": "initial"}}
        if predict.number:
            low, high = predict.number
            whole = isinstance(low, int) and isinstance(high, int)  # a count: no steps between the whole numbers
            kind, steps = (W.IntSlider, {}) if whole else (W.FloatSlider, {"step": (high - low) / 100, "readout_format": ".4"})
            self.predicted = kind((low + high) // 2 if whole else (low + high) / 2, min=low, max=high, **steps, **style)
        else:
            self.predicted = W.RadioButtons(options=list(predict.choices), value=None, **style)
        self.submit = W.Button(description="This is my prediction", layout=W.Layout(width="auto"))
        self.skip = W.Button(description="Skip the question", layout=W.Layout(width="auto"))
        self.asks_again, self.reason = W.HTML(), W.HTML()
        self.show_reason = W.Button(description="Show the reason", layout=W.Layout(width="auto", align_self="flex-start"))
        for widget in (self.predicted, self.show_reason):
            widget.add_class("rpn-non-visual")
        self.predicted.observe(lambda _: setattr(self.asks_again, "value", ""), "value")
        self.submit.on_click(lambda _: self._submitted())
        self.skip.on_click(lambda _: self._answered(None))
        self.show_reason.on_click(lambda _: self._tell())
        ask = W.HTML(f"{RADIOS}<b>Before you move anything:</b> {html.escape(predict.question)}")
        buttons = W.HBox([self.submit, self.skip], layout=W.Layout(flex_flow="row wrap"))
        self.box = W.VBox([ask, self.predicted, buttons, self.asks_again], layout=layout)

    def _submitted(self) -> None:
        if self.predicted.value is None:
            self.asks_again.value = '<span role="status">Choose one first, or skip the question.</span>'
        else:
            self._answered(self.predicted.value)

    def _answered(self, answer: Any) -> None:
        """Unlock: the prediction is drawn over the result. The reason waits until it is asked for: moving comes first."""
        with LOCK:
            self.locked, self.answer = False, round(answer, 10) if isinstance(answer, float) else answer
            self.drawn = answer is not None
            self.box.children = (self.show_reason,) if self.predict.reason else ()
            self.unlocked()

    def forget(self) -> None:
        """Another state is shown: the prediction leaves the picture. It stays in the reason, and an open reason stays open."""
        self.drawn = False

    def _tell(self) -> None:
        """The reason, where the question stood: below the controls, so that nothing moves under the pointer."""
        with LOCK:
            said = "" if self.answer is None else f"You predicted: {self.answer}. "
            style = "border-left:3px solid #b34700;padding-left:6px;line-height:1.4"
            self.reason.value = f'<div role="status" style="{style}">{html.escape(said + self.predict.reason)}</div>'
            self.box.children = (self.reason,)
