"""A question before the controls unlock, and what became of it."""

import dataclasses
import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from ...component import demand, did_you_mean


def is_real(value: Any) -> bool:
    """A finite number, and neither True nor False."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


@dataclasses.dataclass(frozen=True)
class Predict:
    """A question before the controls unlock: choices, or a number between the two ends of its slider (whole ends: a whole number).

    `right` is the choice that is right, or the number, which may be missed by `within`. `reason` goes on after "because".
    TypeError for an argument of another kind, ValueError for both choices and a number, or neither, and for a right answer that is none.
    """

    question: str
    choices: Sequence[str] = ()
    reason: str = ""
    number: tuple[float, float] | None = None
    right: str | float | None = None
    within: float = 0

    def __post_init__(self) -> None:
        demand(isinstance(self.question, str), "Predict.question", "a text", self.question)
        demand(isinstance(self.reason, str), "Predict.reason", "a text", self.reason)
        texts = isinstance(self.choices, (tuple, list)) and all(isinstance(choice, str) for choice in self.choices)
        demand(texts, "Predict.choices", 'texts in brackets such as ("it grows", "it shrinks")', self.choices)
        ends: Any = self.number if isinstance(self.number, (tuple, list)) else ()
        rising = all(map(is_real, ends)) and len(ends) == 2 and ends[0] < ends[1]
        demand(self.number is None or rising, "Predict.number", "the two ends (low, high) of a slider", self.number)
        demand(is_real(self.within) and self.within >= 0, "Predict.within", "how far from `right` a number may be", self.within)
        if bool(self.choices) == (self.number is not None):
            raise ValueError("Predict needs either choices or number=(low, high)")
        if self.choices:
            demand(isinstance(self.right, str), "Predict.right", "the choice that is right", self.right)
            if self.right not in self.choices:
                near = did_you_mean(str(self.right), self.choices) or f"; they are {', '.join(map(repr, self.choices))}"
                raise ValueError(f"Predict.right must be one of the choices, got {self.right!r}{near}")
        else:
            right: Any = self.right
            demand(is_real(right), "Predict.right", "the number that is right", right)
            if not ends[0] <= right <= ends[1]:
                raise ValueError(f"Predict.right must lie between the ends {ends[0]} and {ends[1]} of its slider, got {right}")

    def holds(self, answer: Any) -> bool:
        """Whether an answer is the right one."""
        return answer == self.right if self.choices else abs(answer - self.right) <= self.within + 1e-9


@dataclasses.dataclass
class Asked:
    """A question that was asked. `locked` until it is answered or skipped; `right` is None for one that was skipped."""

    predict: Predict
    locked: bool = True
    answer: Any = None
    right: bool | None = None

    def answered(self, answer: Any) -> None:
        """Unlock. None: the question was skipped."""
        self.locked = False
        self.answer = round(answer, 10) if isinstance(answer, float) else answer
        self.right = None if answer is None else self.predict.holds(answer)

    def reminder(self) -> str:
        """What was predicted, until the answer is asked for."""
        return ("" if self.answer is None else f"You predicted: {self.answer}. ") + "Now try it."

    def verdict(self) -> str:
        """Wrong or right, and why."""
        wrong = f"✗ {self.answer} → " if self.right is False else ""
        because = f", because {self.predict.reason}" if self.predict.reason else ""
        return f"{wrong}✓ {self.predict.right}{because}"
