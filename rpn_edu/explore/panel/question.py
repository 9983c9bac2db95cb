"""A question before the controls unlock: predict, move, then read what was right."""

import html
from collections.abc import Callable
from typing import Any

import ipywidgets as W

from ...shared.progress import note
from ..state.predict import Asked
from .moves import LOCK

LETTER, LINE, MARGINS = 6.2, 18, 4
"""How wide a letter is, how high a line, and what stands above and below all lines of what stays in sight: in pixels."""
SPOKEN = {"✗": "not quite:", "✓": "right:"}
"""How the marks are read aloud."""


class Question:
    """The widgets of a question, above the picture. `unlocked` is called once, when it is answered or skipped."""

    def __init__(self, asked: Asked, unlocked: Callable[[], None], layout: W.Layout, width: int) -> None:
        """`width` is that of the picture, in pixels."""
        self.asked, self.unlocked, self.width = asked, unlocked, width
        self.ask, self.says = W.HTML(f"<b>Before you move anything:</b> {html.escape(asked.predict.question)}"), W.HTML()
        self.predicted = self._predicted()
        self.submit = W.Button(description="This is my prediction", layout=W.Layout(width="auto"))
        self.skip = W.Button(description="Skip the question", layout=W.Layout(width="auto"))
        self.show = W.Button(description="Show the answer", layout=W.Layout(width="auto"))
        for widget in (self.predicted, self.submit, self.skip, self.show):
            widget.add_class("rpn-non-visual")
        self.predicted.observe(lambda _: self._say(""), "value")
        self.submit.on_click(lambda _: self._submitted())
        self.skip.on_click(lambda _: self._answered(None))
        self.show.on_click(lambda _: self._tell())
        self.row = W.HBox([self.submit, self.skip, self.says], layout=W.Layout(flex_flow="row wrap", align_items="center"))
        self.box = W.VBox([self.ask, self.predicted, self.row], layout=layout)
        self.box.add_class("rpn-question")

    def _predicted(self) -> Any:
        """What the prediction is given with: a slider for a number, else a list of the choices. The question is its name, out of sight."""
        predict, common = self.asked.predict, {"description": self.asked.predict.question, "style": {"description_width": "initial"}}
        if predict.number is None:
            return W.RadioButtons(options=list(predict.choices), value=None, **common)
        low, high = predict.number
        if isinstance(low, int) and isinstance(high, int):  # a count: no steps between the whole numbers
            return W.IntSlider((low + high) // 2, min=low, max=high, **common)
        return W.FloatSlider((low + high) / 2, min=low, max=high, step=(high - low) / 100, readout_format=".4", **common)

    def _say(self, words: str) -> None:
        said = html.escape(words)
        for mark, spoken in SPOKEN.items():
            said = said.replace(mark, f'<span role="img" aria-label="{spoken}">{mark}</span>')
        self.says.value = f'<div role="status">{said}</div>'

    def _submitted(self) -> None:
        if self.predicted.value is None:
            self._say("Choose one first, or skip the question.")
        else:
            self._answered(self.predicted.value)

    def _answered(self, answer: Any) -> None:
        """Unlock. The question stays, small. What is right waits until it is asked for: moving comes first."""
        with LOCK:
            self.asked.answered(answer)
            note("prediction", self.asked.predict.question, self.asked.right)
            self.box.add_class("rpn-answered")
            self.ask.value = html.escape(self.asked.predict.question)
            self._say(self.asked.reminder())
            # As high as the verdict will be, so that the picture does not move under the hand when it comes.
            lines = 1 + int(len(self.asked.verdict()) * LETTER) // self.width
            self.row.layout.min_height = f"{max(lines, 2) * LINE + MARGINS}px"
            self.row.children = (self.says, self.show)
            self.box.children = (self.ask, self.row)
            self.unlocked()

    def _tell(self) -> None:
        with LOCK:
            self._say(self.asked.verdict())
            self.row.children = (self.says,)
