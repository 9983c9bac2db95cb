"""Questions with a reason for every answer. Data are TOML, one file per chapter; what is shown needs no kernel and no script."""

import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..shared.machine import Printed, path as written, text as letters_of
from ..shared.words import did_you_mean
from .checking import Verdict
from .writing import joined, shown, told

ITEMS = files("rpn_edu.course") / "items"
TITLES = {"recall": "Recall", "exit": "Exit questions"}
"""How the sections of every chapter are called. Those of your own file may have any name."""
LEGEND = '<fieldset style="border:0;border-left:3px solid #767676;margin:8px 0;padding:2px 12px"><legend>{}</legend>{}</fieldset>'
ANSWER = '<details style="margin:4px 0"><summary style="cursor:pointer">{}</summary><div style="margin:2px 0 6px 18px">{}</div></details>'


@dataclass(frozen=True)
class Option:
    """One answer to a question, right or wrong, with the reason that is shown once it is opened."""

    text: str
    reason: str  # why it is right, or what one overlooked
    right: bool = False

    @property
    def verdict(self) -> str:
        """Right or wrong, in a mark and in words."""
        return "✓ Right." if self.right else "✗ Not quite."


@dataclass(frozen=True)
class Question:
    """A question with two or more options, of which exactly one is right, or several are."""

    question: str
    options: tuple[Option, ...]
    several: bool = False

    @property
    def asked(self) -> str:
        """The question, and how many answers it wants where that is not one."""
        return f"{self.question} (Several are right.)" if self.several else self.question

    def printed(self) -> list[str]:
        """The options, without the answers."""
        return [told(option.text) for option in self.options]

    def answers(self, folder: Path | None) -> str:
        """The options as HTML: each opens, and says whether it is right."""
        return "".join(
            ANSWER.format(shown(option.text, folder), f"<b>{option.verdict}</b> {shown(option.reason, folder)}") for option in self.options
        )

    def judged(self, given: Any) -> Verdict:
        """What is said to the number of an option, from 1 on, or to a list of such. TypeError or ValueError for what is none."""
        chosen = list(given) if isinstance(given, list | tuple | set) else [given]
        for one in chosen:
            if isinstance(one, bool) or not isinstance(one, int):
                raise TypeError(f"an answer must be the number of an option{' or a list of them' * self.several}, got {given!r}")
            if not 1 <= one <= len(self.options):
                raise ValueError(f"there are the options 1 to {len(self.options)}, got {one}")
        right = {number for number, option in enumerate(self.options, 1) if option.right}
        first = min({*chosen} - right, default=min({*chosen} & right, default=0))
        if not first:
            raise ValueError("an answer must name an option at least, got none")
        option = self.options[first - 1]
        missing = " There are more." if right - {*chosen} and option.right else ""
        return Verdict(option.right and not missing, f"{'✗ Not yet.' if missing else option.verdict} {told(option.reason)}{missing}")


@dataclass(frozen=True)
class Estimate:
    """A question whose answer is a number."""

    question: str
    right: float
    within: float  # so far from it is right, too
    reason: str
    near: tuple[tuple[float, str], ...]  # numbers that one comes to by a mistake, and which

    @property
    def asked(self) -> str:
        """The question."""
        return self.question

    def printed(self) -> list[str]:
        """What is wanted, without the answer."""
        return ["a number"]

    def answers(self, folder: Path | None) -> str:
        """The number as HTML, to be opened when one has a number of one's own."""
        near = "".join(f"<li>{number:,.10g}: {shown(reason, folder)}</li>" for number, reason in self.near)
        known = f"<br>Did you come to another number?<ul>{near}</ul>" if near else ""
        around = f" (up to {self.within:,.10g} more or less is right, too)" if self.within else ""
        return ANSWER.format(
            "Write your number down. Then open.", f"<b>{self.right:,.10g}</b>{around}. {shown(self.reason, folder)}{known}"
        )

    def judged(self, given: Any) -> Verdict:
        """What is said to a number. TypeError for what is none."""
        try:
            number = float(given)
        except (TypeError, ValueError):
            raise TypeError(f"an answer must be a number, got {given!r}") from None
        if abs(number - self.right) <= self.within + 1e-9 * abs(self.right):
            return Verdict(True, f"✓ Right. {told(self.reason)}")
        near = [reason for wrong, reason in self.near if math.isclose(wrong, number)]
        return Verdict(False, f"✗ {told(near[0]) if near else 'That is not it.'}")


@dataclass(frozen=True, repr=False)
class Quiz(Printed):
    """The questions of one section. Every answer opens by mouse, Enter or Space, and says in words whether it is right."""

    section: str
    questions: tuple[Question | Estimate, ...]
    folder: Path | None = None  # where their pictures lie

    def __repr__(self) -> str:
        """Questions and options, without the answers."""
        lines = [TITLES.get(self.section, self.section)]
        for number, question in enumerate(self.questions, 1):
            lines += [f"{number}. {told(question.asked)}", *(f"   - {line}" for line in question.printed())]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        blocks = (
            LEGEND.format(f"<b>{number}.</b> {shown(question.asked, self.folder)}", question.answers(self.folder))
            for number, question in enumerate(self.questions, 1)
        )
        return f'<div class="rpn-quiz">{"".join(blocks)}</div>'

    def answer(self, number: int, given: Any) -> Verdict:
        """answer(1, 2): the second option of the first question. answer(2, 190): a number. answer(3, [1, 4]): several options.

        LookupError where there is no such question, TypeError or ValueError for what cannot be an answer to it.
        """
        if number not in range(1, len(self.questions) + 1):
            raise LookupError(f"{self.section} has the questions 1 to {len(self.questions)}, got {number!r}")
        return self.questions[number - 1].judged(given)


def quiz(chapter: str | Path, section: str) -> Quiz:
    """quiz("01_expansion", "recall"), or a file of your own: quiz(Path("mine.toml"), "warm-up").

    LookupError for a section that the file lacks, FileNotFoundError where there is no file, ValueError for one that is not written so:

    [[warm-up]]
    question = "What does κ make of $x$?"
    several = true               # only where more than one is right
    [[warm-up.options]]
    text = "features, `kappa(x)`"
    reason = "They are what the model sees of x."
    right = true
    [[warm-up.options]]
    text = "![a curve through points](fit.png)"
    reason = "That is made by the whole formula, g."

    [[warm-up]]
    question = "How many entries has a matrix of 8 × 24?"
    right = 192
    within = 2                   # so far from it is right, too; 0 where it is left out
    reason = "8 · 24."
    near = [{ number = 32, reason = "That is their sum." }]
    """
    sections = read(chapter)
    if section not in tuple(sections):
        near = did_you_mean(section, sections) or f"; it has {', '.join(sections)}"
        raise LookupError(f"{name_of(chapter)} has no section {section!r}{near}")
    return Quiz(section, sections[section], folder_of(chapter))


def chapters() -> list[str]:
    """The chapters that have questions."""
    return sorted(file.name.removesuffix(".toml") for file in ITEMS.iterdir() if file.name.endswith(".toml"))


def name_of(chapter: str | Path) -> str:
    """The name of the file of questions, without its folder."""
    return own.name if (own := own_file(chapter)) else f"{chapter}.toml"


def own_file(chapter: str | Path) -> Path | None:
    """The path of a file of questions of your own; None for the name of a chapter. TypeError or ValueError for what is no path."""
    return None if isinstance(chapter, str) and not chapter.lower().endswith(".toml") else written(chapter, "quiz.chapter")


def folder_of(chapter: str | Path) -> Path | None:
    """Where the pictures of a file of your own lie: beside it."""
    own = own_file(chapter)
    return own.absolute().parent if own else None


def read(chapter: str | Path) -> dict[str, tuple[Question | Estimate, ...]]:
    """{"recall": (Question, ...)}: every section of a file, checked.

    FileNotFoundError where there is none, with the near misses; ValueError, with the place, where it is no TOML or no list of questions.
    """
    own, name = own_file(chapter), name_of(chapter)
    if own and not own.is_file():
        near = "; a folder is there" if own.is_dir() else did_you_mean(name, (file.name for file in own.parent.glob("*")))
        raise FileNotFoundError(f"quiz: no file {own} with questions{near}")
    if not own and chapter not in chapters():
        near = did_you_mean(str(chapter), chapters()) or f"; there are {', '.join(chapters())}"
        raise FileNotFoundError(f"quiz: no file {name!r} with questions{near}")
    data, folder = toml(name, own or ITEMS / name), folder_of(chapter)
    return {section: tuple(questions(f"{name}, {section}", data[section], folder)) for section in data}


def toml(name: str, file: Any) -> dict[str, Any]:
    """What a file of TOML holds. ValueError, with the place and the letter that does not belong there, for one that is none."""
    letters = letters_of(file)
    try:
        return tomllib.loads(letters)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name} is not TOML: {error}{_no_plain_letter(letters, str(error))}") from None


def _no_plain_letter(letters: str, error: str) -> str:
    """What stands where TOML stumbles, if it is a letter that editors and web pages put in the place of plain quotes and blanks."""
    place = re.search(r"line (\d+), column (\d+)", error)
    line = letters.split("\n")[int(place[1]) - 1] if place else ""
    found = line[int(place[2]) - 1 : int(place[2])] if place else ""
    return "" if found.isascii() else f"; {unicodedata.name(found, repr(found))} stands there, no plain letter of the keyboard"


def questions(where: str, items: Any, folder: Path | None) -> Iterable[Question | Estimate]:
    """The questions of a section, whose pictures lie in this folder. ValueError, with the place, for one that is not written so."""
    for number, item in enumerate(tables(where, items, "questions", least=1), 1):
        here = f"{where}, question {number}"
        yield estimate(here, item, folder) if "right" in item else question(here, item, folder)


def question(where: str, item: dict[str, Any], folder: Path | None) -> Question:
    """A question with options. ValueError unless one is right, or some are where it says `several`, and no two say the same."""
    known(where, item, ("question", "options", "several"))
    asked, several = text(where, item, "question", folder), flag(where, item, "several")
    given = enumerate(tables(where, item.get("options"), "options", least=2), 1)
    options = tuple(option(f"{where}, option {i}", table, folder) for i, table in given)
    right = sum(one.right for one in options)
    if several and not right:
        raise ValueError(f"{where}: at least one option is right, got 0")
    if not several and right != 1:
        raise ValueError(f"{where}: exactly one option is right, got {right}{'; several = true allows more' * (right > 1)}")
    if len({one.text for one in options}) < len(options):
        raise ValueError(f"{where}: two options say the same")
    return Question(asked, options, several)


def option(where: str, item: dict[str, Any], folder: Path | None) -> Option:
    """One option of a question. ValueError where its text or its reason is missing, or `right` is neither true nor false."""
    known(where, item, ("text", "reason", "right"))
    return Option(text(where, item, "text", folder), text(where, item, "reason", folder), flag(where, item, "right"))


def estimate(where: str, item: dict[str, Any], folder: Path | None) -> Estimate:
    """A question for a number. ValueError where the number or its reason is missing, or a wrong number is near enough to be right."""
    known(where, item, ("question", "right", "within", "reason", "near"))
    right, within = number(where, item, "right"), number(where, item, "within", 0)
    if within < 0:
        raise ValueError(f"{where}: within must be 0 or more, got {within:g}")
    near: list[tuple[float, str]] = []
    for i, table in enumerate(tables(where, item.get("near", []), "near", least=0), 1):
        here = f"{where}, near {i}"
        known(here, table, ("number", "reason"))
        near.append((number(here, table, "number"), text(here, table, "reason", folder)))
        if abs(near[-1][0] - right) <= within:
            raise ValueError(f"{here}: {near[-1][0]:.10g} is right, since {right:.10g} ± {within:.10g} is")
    return Estimate(text(where, item, "question", folder), right, within, text(where, item, "reason", folder), tuple(near))


def flag(where: str, item: dict[str, Any], key: str) -> bool:
    """True or false, false where nothing is said. ValueError for anything else."""
    value = item.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{where}: {key} must be true or false, got {value!r}")
    return value


def number(where: str, item: dict[str, Any], key: str, otherwise: float | None = None) -> float:
    """The number of a key. ValueError where there is none, or an infinite one."""
    value = item.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where}: {key} must be a number, got {value!r}")
    return float(value)


def tables(where: str, items: Any, what: str, least: int) -> list[dict[str, Any]]:
    """The [[tables]] of a file, if there are at least `least` of them, else ValueError."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items) or len(items) < least:
        raise ValueError(f"{where}: at least {least} {what} were wanted, written as [[tables]], got {items!r}")
    return items


def text(where: str, item: dict[str, Any], key: str, folder: Path | None = None) -> str:
    """The text of a key, its lines joined into one. ValueError where there is none, or a picture of it cannot be shown."""
    value = item.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: {key} must be a text that is not empty, got {value!r}")
    value = joined(value)
    try:
        shown(value, folder)
    except ValueError as wrong:
        raise ValueError(f"{where}: {key}: {wrong}") from None
    return value


def known(where: str, item: dict[str, Any], keys: Iterable[str]) -> None:
    """ValueError for a key that is none of these, with the near misses."""
    for key in item:
        if key not in keys:
            raise ValueError(f"{where}: unknown key {key!r}{did_you_mean(key, keys) or '; known are ' + ', '.join(keys)}")
