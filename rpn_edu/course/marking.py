"""What an answer is worth. It is asked where a course is marked, in the place of `check`."""

from dataclasses import dataclass
from typing import Any, Literal

from .checking import excused, found, judged

MARK = "application/vnd.rpn_edu.mark+json"
"""How the state of a mark and what is said of it stand in an output, beside the number."""

State = Literal["right", "part", "wrong", "empty", "fault"]


@dataclass(frozen=True, repr=False)
class Mark:
    """What an answer is worth, and why. As text it is a number: what a grader takes from the last value of a cell."""

    worth: float
    state: State
    says: str

    def __repr__(self) -> str:
        return f"{self.worth:g}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": repr(self), MARK: {"state": self.state, "says": self.says}}


def mark(chapter: str, number: int, answer: Any) -> Mark:
    """mark("00", 1, answer): 1 where it is right, a half where one mistake that the check can name explains the answer whole, 0 else.

    A check that fails itself gives no mark: its state is "fault", and a person decides. LookupError for an exercise that is not there.
    """
    _, judge = found("mark", chapter, number)
    try:
        verdict = judged(judge, number, answer)
    except Exception as fault:
        return Mark(0, "fault", excused(fault).says)
    if verdict.right is None:
        return Mark(0, "empty", verdict.says)
    if verdict.near:
        return Mark(0.5, "part", verdict.says)
    return Mark(float(verdict.right), "right" if verdict.right else "wrong", verdict.says)
