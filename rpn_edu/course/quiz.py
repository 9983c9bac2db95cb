"""Questions with a reason for every option. Data are TOML, one file per chapter; what is shown needs no kernel and no script."""

import html
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

ITEMS = files("rpn_edu.course") / "items"
SECTIONS = ("recall", "exit")
TITLES = {"recall": "Recall", "exit": "Exit questions"}


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
    """A question with two or more options, of which exactly one is right."""

    question: str
    options: tuple[Option, ...]


@dataclass(frozen=True, repr=False)
class Quiz(Printed):
    """The questions of one section. Every option opens by mouse, Enter or Space, and says in words whether it is right."""

    section: str
    questions: tuple[Question, ...]

    def __repr__(self) -> str:
        """Questions and options, without the answers."""
        lines = [TITLES[self.section]]
        for number, question in enumerate(self.questions, 1):
            lines += [f"{number}. {question.question}", *(f"   - {option.text}" for option in question.options)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f'<div class="rpn-quiz">{"".join(map(self._block, range(len(self.questions))))}</div>'

    def _block(self, index: int) -> str:
        question = self.questions[index]
        legend = f"<legend><b>{index + 1}.</b> {html.escape(question.question)}</legend>"
        options = "".join(
            f'<details style="margin:4px 0"><summary style="cursor:pointer">{html.escape(option.text)}</summary>'
            f'<div style="margin:2px 0 6px 18px"><b>{option.verdict}</b> {html.escape(option.reason)}</div></details>'
            for option in question.options
        )
        return f'<fieldset style="border:0;border-left:3px solid #767676;margin:8px 0;padding:2px 12px">{legend}{options}</fieldset>'


def quiz(chapter: str | Path, section: str) -> Quiz:
    """quiz("01_expansion", "recall"), or a file of your own: quiz(Path("mine.toml"), "exit").

    LookupError for a section that the file lacks, FileNotFoundError where there is no file, ValueError for one that is not written so:

    [[recall]]
    question = "What does κ make?"
    [[recall.options]]
    text = "features"
    reason = "They are what the model sees of x."
    right = true
    [[recall.options]]
    text = "outputs"
    reason = "Those are made by the whole formula, g."
    """
    sections = read(chapter)
    if section not in tuple(sections):
        near = did_you_mean(section, sections) or f"; it has {', '.join(sections)}"
        raise LookupError(f"{name_of(chapter)} has no section {section!r}{near}")
    return Quiz(section, sections[section])


def chapters() -> list[str]:
    """The chapters that have questions."""
    return sorted(file.name.removesuffix(".toml") for file in ITEMS.iterdir() if file.name.endswith(".toml"))


def name_of(chapter: str | Path) -> str:
    """The name of the file of questions, without its folder."""
    return own.name if (own := own_file(chapter)) else f"{chapter}.toml"


def own_file(chapter: str | Path) -> Path | None:
    """The path of a file of questions of your own; None for the name of a chapter. TypeError or ValueError for what is no path."""
    return None if isinstance(chapter, str) and not chapter.lower().endswith(".toml") else written(chapter, "quiz.chapter")


def read(chapter: str | Path) -> dict[str, tuple[Question, ...]]:
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
    letters = letters_of(own or ITEMS / name)
    try:
        data = tomllib.loads(letters)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name} is not TOML: {error}{_no_plain_letter(letters, str(error))}") from None
    known(name, data, SECTIONS)
    return {section: tuple(questions(f"{name}, {section}", data[section])) for section in data}


def _no_plain_letter(letters: str, error: str) -> str:
    """What stands where TOML stumbles, if it is a letter that editors and web pages put in the place of plain quotes and blanks."""
    place = re.search(r"line (\d+), column (\d+)", error)
    line = letters.split("\n")[int(place[1]) - 1] if place else ""
    found = line[int(place[2]) - 1 : int(place[2])] if place else ""
    return "" if found.isascii() else f"; {unicodedata.name(found, repr(found))} stands there, no plain letter of the keyboard"


def questions(where: str, items: Any) -> Iterable[Question]:
    """The questions of a section. ValueError unless exactly one option of each is right, and no two say the same."""
    for number, item in enumerate(tables(where, items, "questions", least=1), 1):
        here = f"{where}, question {number}"
        known(here, item, ("question", "options"))
        asked = text(here, item, "question")
        options = tuple(option(f"{here}, option {i}", o) for i, o in enumerate(tables(here, item.get("options"), "options", least=2), 1))
        if (right := sum(o.right for o in options)) != 1:
            raise ValueError(f"{here}: exactly one option is right, got {right}")
        if len({o.text for o in options}) < len(options):
            raise ValueError(f"{here}: two options say the same")
        yield Question(asked, options)


def option(where: str, item: dict[str, Any]) -> Option:
    """One option of a question. ValueError where its text or its reason is missing, or `right` is neither true nor false."""
    known(where, item, ("text", "reason", "right"))
    right = item.get("right", False)
    if not isinstance(right, bool):
        raise ValueError(f"{where}: right must be true or false, got {right!r}")
    return Option(text(where, item, "text"), text(where, item, "reason"), right)


def tables(where: str, items: Any, what: str, least: int) -> list[dict[str, Any]]:
    """The [[tables]] of a file, if there are at least `least` of them, else ValueError."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items) or len(items) < least:
        raise ValueError(f"{where}: at least {least} {what} were wanted, written as [[tables]], got {items!r}")
    return items


def text(where: str, item: dict[str, Any], key: str) -> str:
    """The text of a key, its lines joined into one. ValueError where there is none."""
    value = item.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: {key} must be a text that is not empty, got {value!r}")
    return " ".join(value.split())


def known(where: str, item: dict[str, Any], keys: Iterable[str]) -> None:
    """ValueError for a key that is none of these, with the near misses."""
    for key in item:
        if key not in keys:
            raise ValueError(f"{where}: unknown key {key!r}{did_you_mean(key, keys) or '; known are ' + ', '.join(keys)}")
