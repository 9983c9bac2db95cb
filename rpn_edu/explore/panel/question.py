"""A question before the controls unlock: predict, move, then read the reason."""

import html
from collections.abc import Callable
from typing import Any

import ipywidgets as W

from ..state.predict import Asked
from .moves import LOCK


class Question:
    """The widgets of a question. `unlocked` is called once, when it is answered or skipped."""

    def __init__(self, asked: Asked, unlocked: Callable[[], None], layout: W.Layout) -> None:
        self.asked, self.unlocked = asked, unlocked
        self.predicted = self._predicted()
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
        ask = W.HTML(f"<b>Before you move anything:</b> {html.escape(asked.predict.question)}")
        buttons = W.HBox([self.submit, self.skip], layout=W.Layout(flex_flow="row wrap"))
        self.box = W.VBox([ask, self.predicted, buttons, self.asks_again], layout=layout)

    def _predicted(self) -> Any:
        """What the prediction is given with: a slider for a number, else a list of the choices."""
        predict, common = self.asked.predict, {"description": "prediction", "style": {"description_width": "initial"}}
        if predict.number is None:
            return W.RadioButtons(options=list(predict.choices), value=None, **common)
        low, high = predict.number
        if isinstance(low, int) and isinstance(high, int):  # a count: no steps between the whole numbers
            return W.IntSlider((low + high) // 2, min=low, max=high, **common)
        return W.FloatSlider((low + high) / 2, min=low, max=high, step=(high - low) / 100, readout_format=".4", **common)

    def _submitted(self) -> None:
        if self.predicted.value is None:
            self.asks_again.value = '<span role="status">Choose one first, or skip the question.</span>'
        else:
            self._answered(self.predicted.value)

    def _answered(self, answer: Any) -> None:
        """Unlock. The reason waits until it is asked for: moving comes first."""
        with LOCK:
            self.asked.answered(answer)
            self.box.children = (self.show_reason,) if self.asked.predict.reason else ()
            self.unlocked()

    def _tell(self) -> None:
        """The reason, where the question stood: below the controls, so that nothing moves under the pointer."""
        with LOCK:
            self.reason.value = f'<div role="status" class="rpn-reason">{html.escape(self.asked.reason())}</div>'
            self.box.children = (self.reason,)
