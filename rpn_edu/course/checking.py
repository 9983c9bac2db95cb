"""What is said to the answer of an exercise: one sentence, and never an error that stops a learner's notebook.

Those of a chapter are judged in `exercises/`, a file for each chapter. Their solutions lie in `solutions/`: nobody reads them by accident.
"""

import html
import importlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from ..shared.machine import Printed, text as letters_of
from ..shared.progress import note, number as number_of
from ..shared.words import did_you_mean

PLACE = files("rpn_edu.course")
TRIES = 3
"""After so many wrong answers the solution is offered."""

Judge = Callable[[Any], str]
"""Takes an answer and returns what is said of a right one; raises Wrong for another, Waiting where there is none yet."""

EXERCISES: dict[tuple[str, int], Judge] = {}
"""The exercises of all chapters that were asked for, by the number of the chapter and their own."""

WRONG: Counter[tuple[str, int]] = Counter()
"""How many wrong answers this kernel has seen."""

SOLVED: set[tuple[str, int]] = set()
"""What was answered right in this kernel."""


class Wrong(Exception):
    """An answer that is not right. Its message is the sentence that helps."""


class Near(Wrong):
    """An answer that is not right, and that one mistake explains whole: the sign, the order, the mistake of this exercise."""


class Waiting(Exception):
    """There is no answer yet."""


@dataclass(frozen=True, repr=False)
class Verdict(Printed):
    """What is said to an answer."""

    right: bool | None  # None: there is no answer yet, or it could not be judged
    says: str  # one sentence, which begins with ✓ or ✗ where an answer was judged
    near: bool = False  # not right, and one mistake explains it whole

    def __repr__(self) -> str:
        return self.says

    def _repr_html_(self) -> str:
        bar = "border-left:3px solid #767676;padding:2px 12px"  # as at a question of the quiz
        said = html.escape(self.says)
        for mark, word in (("✓", "right"), ("✗", "wrong")):  # a screen reader may skip a mark that has no name
            said = re.sub(f"^{mark}", f'<span role="img" aria-label="{word}">{mark}</span>', said)
        return f'<div class="rpn-verdict" style="{bar}">{said}</div>'


@dataclass(frozen=True, repr=False)
class Solution(Printed):
    """A solution in a few sentences and a block of code, or a sentence why there is none."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


# ---- for the notebook -------------------------------------------------------------------------------------------------------------


def check(chapter: str, number: int, answer: Any) -> Verdict:
    """check("00", 1, answer): is it right? One sentence, beginning with ✓ or ✗.

    LookupError for a chapter or an exercise that is not there; nothing else is raised, whatever the answer is.
    """
    key, judge = found("check", chapter, number)
    try:
        verdict = judged(judge, number, answer)
    except Exception as fault:
        return excused(fault)
    if verdict.right is None:
        return verdict
    note("exercise", str(number), verdict.right, key[0])
    if verdict.right:
        SOLVED.add(key)
    else:
        WRONG[key] += 1
    if not verdict.right and WRONG[key] >= TRIES:
        look = f'from rpn_edu.course import solution; solution("{key[0]}", {number})'
        return Verdict(False, f"{verdict.says} After {TRIES} tries you may look: {look}")
    return verdict


def solution(chapter: str, number: int) -> Solution:
    """solution("00", 1): how it can be done, once it was done or tried three times.

    LookupError for a chapter or an exercise that is not there.
    """
    key, _ = found("solution", chapter, number)
    if key not in SOLVED and WRONG[key] < TRIES:
        return Solution(f"Try exercise {number} first. After {TRIES} wrong answers its solution is shown here.")
    told = solutions(named("solution", chapter))
    return Solution(told.get(number, "This edition of the course comes without solutions. Ask the person who gave it to you."))


# ---- for those who write exercises ------------------------------------------------------------------------------------------------


def exercise(number: int) -> Callable[[Judge], Judge]:
    """The function below judges the answers to this exercise of the chapter that its file is called after."""

    def register(judge: Judge) -> Judge:
        EXERCISES[number_of(judge.__module__.rpartition(".")[2]), number] = judge
        return judge

    return register


# ---- inside -----------------------------------------------------------------------------------------------------------------------


def judged(judge: Judge, number: int, answer: Any) -> Verdict:
    """What an exercise says to an answer. An error inside a check is raised: it is the course's own."""
    from ..shared.alone import on_cpu, seeded  # not above: questions and symbols need no torch

    waiting = Verdict(None, f"Exercise {number} is waiting for your answer.")
    if answer is None:
        return waiting
    try:
        with on_cpu(), seeded(0):
            return Verdict(True, f"✓ {judge(answer)}")
    except Waiting:
        return waiting
    except Wrong as wrong:
        return Verdict(False, f"✗ {wrong}", isinstance(wrong, Near))


def excused(fault: Exception) -> Verdict:
    """What a learner reads where a check itself fails."""
    error = f"{type(fault).__name__}: {fault}".replace("\n", " ")
    return Verdict(None, f"This check failed, and that is a fault of the course, not of your answer. Go on, and report this: {error}")


def chapters() -> list[str]:
    """The names of the chapters that have exercises."""
    inside = (PLACE / "exercises").iterdir()
    return sorted(file.name.removesuffix(".py") for file in inside if re.match(r"\d.*\.py$", file.name))


def named(who: str, chapter: str) -> str:
    """The name of a chapter by its number or its name. LookupError, with the near misses, for any other."""
    known = {number_of(name): name for name in chapters()}
    for name in (known.get(str(chapter)), str(chapter)):
        if name in known.values():
            return str(name)
    near = did_you_mean(str(chapter), [*known, *known.values()]) or f"; there are {', '.join(known)}"
    raise LookupError(f"{who}: no chapter {chapter!r} has exercises{near}")


def found(who: str, chapter: str, number: int) -> tuple[tuple[str, int], Judge]:
    """An exercise: its key and who judges it. LookupError where there is none."""
    from ..shared.alone import on_cpu

    name = named(who, chapter)
    with on_cpu():  # what an exercise holds lies there, wherever new tensors lie when it is asked for first
        importlib.import_module(f"rpn_edu.course.exercises.{name}")
    key = number_of(name), number
    if key not in EXERCISES:
        there = ", ".join(str(other) for place, other in sorted(EXERCISES) if place == key[0])
        raise LookupError(f"{who}: chapter {key[0]} has no exercise {number!r}; it has {there}")
    return key, EXERCISES[key]


def solutions(name: str) -> dict[int, str]:
    """The solutions of a chapter by the number of their exercise; none where this edition has no file of them.

    ValueError for a file whose letters cannot be known.
    """
    file = PLACE / "solutions" / f"{name}.md"
    parts = re.split(r"^# Exercise (\d+)\n", letters_of(file), flags=re.M) if file.is_file() else [""]
    return {int(number): told.strip() for number, told in zip(parts[1::2], parts[2::2])}
