"""A question before the controls unlock, and what became of it."""

import dataclasses
import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from ...component import demand


@dataclasses.dataclass(frozen=True)
class Predict:
    """A question before the controls unlock: choices, or a number between the two ends of its slider (whole ends: a whole number).

    TypeError for an argument of another kind, ValueError for both choices and a number, or neither.
    """

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


@dataclasses.dataclass
class Asked:
    """A question that was asked. `locked` until it is answered or skipped; `drawn` while the prediction lies over the picture."""

    predict: Predict
    locked: bool = True
    answer: Any = None
    drawn: bool = False

    def answered(self, answer: Any) -> None:
        """Unlock, and draw the prediction over the result. None: the question was skipped."""
        self.locked, self.drawn = False, answer is not None
        self.answer = round(answer, 10) if isinstance(answer, float) else answer

    def forget(self) -> None:
        """Another state is shown: the prediction leaves the picture. It stays in the reason."""
        self.drawn = False

    def reason(self) -> str:
        """The reason behind what was predicted, in words."""
        return ("" if self.answer is None else f"You predicted: {self.answer}. ") + self.predict.reason
