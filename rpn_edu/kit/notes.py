"""What a teacher says and shows in a chapter, and how long it takes. Data are TOML, one file for each chapter.

Minutes, tokens and what is right are derived: they are not written. Python in such a file is run: it belongs to whoever teaches.
"""

import ast
import dataclasses
import operator
import re
import typing
from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import accumulate
from typing import Any, NamedTuple

from torch import Tensor

from ..course.quiz import known, tables, toml
from ..course.rows import Chapter, notebook
from ..course.writing import joined
from ..shared.words import did_you_mean

IMPORTS = "import torch\nimport rpn_edu as rpn\nfrom rpn_edu.explore import *"
"""What stands above the Python of a file, as in a notebook."""

NOTES = files("rpn_edu.kit") / "notes"
HEADING = re.compile(r"^## (.+)$\n?", re.M)
PRINTED = re.compile(r"^\*\*Exercise \d+\*\* \((\d+) minutes", re.M)
WORDS, LINES, EXPLORER, QUIZ = 1 / 120, 1 / 9, 4, 6
"""Minutes for a word, a line of code in sight, an explorer and a quiz, as walking through the chapters has shown."""
FORMULA, SYMBOLS = 1, 2
"""Minutes for a formula on a line of its own and for the table of symbols: few words, and each is looked at twice."""


# ---- what a file holds --------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Words:
    """What is said to a class or to a teacher."""

    expect: str = dataclasses.field(default="", kw_only=True)
    """Python that is true if the words are, for numbers that the chapter itself does not tell: `3 * 5 == 15`."""

    def holds(self) -> bool:
        """Whether `expect` is true, or not there."""
        return not self.expect or bool(run(self.expect))


@dataclasses.dataclass(frozen=True)
class Section(Words):
    """What to show and to ask in a section."""

    heading: str  # as the chapter writes it
    say: str


@dataclasses.dataclass(frozen=True)
class Demo:
    """A state to show on the projector. `start` and `picture` are Python, as a notebook writes it below `IMPORTS`."""

    name: str
    section: str  # the heading under which it is shown
    start: str
    picture: str
    say: str
    expect: str
    """Python that is true if what `say` tells is: `at()["l"] == 192`. See `holds`."""
    terms: str = ""
    """Python, as an Explorer takes it: the terms that can be moved, of which the first is lit first. All where it is not said."""

    def state(self) -> tuple[Any, Any]:
        """Subject and picture. It raises what its Python raises."""
        return run(self.start), run(self.picture)

    @property
    def moved(self) -> tuple[str, ...] | None:
        """The value of `terms`, None where all can be moved. It raises what its Python raises."""
        return run(self.terms) if self.terms else None

    @property
    def token(self) -> str:
        """The text that restores it in an explorer."""
        from ..explore.state.token import packed  # not above: words need no pictures

        return packed(*self.state())

    @property
    def code(self) -> str:
        """A cell that shows it, with all that it imports."""
        used = {node.id for part in (self.start, self.picture) for node in ast.walk(ast.parse(part)) if isinstance(node, ast.Name)}
        names = ", ".join(sorted({"Explorer", *used} - {"rpn"}))
        given = [self.start, self.picture, *([f"terms={self.terms}"] if self.terms else [])]
        call = "".join(f"    {one},\n" for one in given)
        return f"import rpn_edu as rpn\nfrom rpn_edu.explore import {names}\n\nExplorer(\n{call})"

    def holds(self) -> bool:
        """Whether `expect` is true. In it `at()` has the sizes and numbers of the state by name, a tensor of one number as a plain number.

        `at(rank=3)` is the same after a move: each name is a field of the picture, or else of the start.
        """
        return bool(run(self.expect, at=self.at))

    def at(self, **moves: Any) -> dict[str, Any]:
        """Sizes and numbers of the state after some moves, by name. TypeError for a field that neither picture nor start has."""
        from ..explore.state.shown import computed

        subject, picture = self.state()
        own = {field.name: moves.pop(field.name) for field in picture.declared if field.name in moves}
        shown = computed(dataclasses.replace(subject, **moves), dataclasses.replace(picture, **own))
        plain = {name: value.item() if isinstance(value, Tensor) and value.numel() == 1 else value for name, value in shown.numbers.items()}
        return shown.sizes | plain


@dataclasses.dataclass(frozen=True)
class Expect(Words):
    """A wrong prediction that will come, and what helps."""

    question: str  # how the question begins
    wrong: str  # the option
    because: str  # how one comes to it
    answer: str  # what to say or to show


@dataclasses.dataclass(frozen=True)
class Discuss(Words):
    """An open question that is worth five minutes, with its answer."""

    question: str
    answer: str


@dataclasses.dataclass(frozen=True)
class Fade:
    """Which lines of a worked example become a gap. `cell` is the first line of its cell."""

    cell: str
    gap: tuple[str, ...]
    hint: str


@dataclasses.dataclass(frozen=True)
class Notes:
    """All that is written for the teacher of a chapter."""

    aim: str  # what the class can say at the end
    prepare: str  # what to look at the evening before
    section: tuple[Section, ...]
    demo: tuple[Demo, ...]
    expect: tuple[Expect, ...]
    discuss: tuple[Discuss, ...]
    fade: tuple[Fade, ...] = ()


def read(row: Chapter) -> Notes:
    """The notes of a chapter: a file beside its notebook, 10_mine.toml beside 10_mine.ipynb, or that of the package.

    FileNotFoundError where there is none; ValueError, with file and place, where it is not written so.
    """
    own = row.path.with_suffix(".toml")
    file = own if own.is_file() else NOTES / own.name
    if not file.is_file():
        near = did_you_mean(own.name, (one.name for one in NOTES.iterdir()))
        raise FileNotFoundError(f"notes: no file {own} with the notes of a teacher{near}")
    return filled(own.name, toml(own.name, file), Notes)


def filled(where: str, item: dict[str, Any], kind: type) -> Any:
    """A table as a value of its class. ValueError for what it lacks, has too much, or tells in another type."""
    hints = typing.get_type_hints(kind)
    known(where, item, hints)
    given = {name: hint for name, hint in hints.items() if name in item or not hasattr(kind, name)}  # what has a default is an attribute
    return kind(**{name: value(where, item, name, hint) for name, hint in given.items()})


def value(where: str, item: dict[str, Any], name: str, hint: Any) -> Any:
    """A text, a list of texts, or a list of tables. ValueError for anything else."""
    if hint is str:
        return line(where, item, name)
    of = typing.get_args(hint)[0]
    if of is not str:
        rows = enumerate(tables(where, item.get(name), f"[[{name}]]", least=1), 1)
        return tuple(filled(f"{where}, {name} {number}", row, of) for number, row in rows)
    texts = item.get(name)
    if not isinstance(texts, list) or not texts:
        raise ValueError(f"{where}: {name} must be a list of lines, got {texts!r}")
    return tuple(line(where, {name: one}, name) for one in texts)


def line(where: str, item: dict[str, Any], name: str) -> str:
    """A text: its lines become one, and what is one line stays as it is, for it may be code. ValueError where there is none."""
    found = item.get(name)
    if not isinstance(found, str) or not found.strip():
        raise ValueError(f"{where}: {name} must be a text that is not empty, got {found!r}")
    return joined(found) if "\n" in found.strip() else found.strip()


def run(code: str, **names: Any) -> Any:
    """What an expression of a file gives. It raises what the expression raises."""
    place = dict(names)
    exec(IMPORTS, place)
    return eval(code, place)


# ---- how long it takes ----------------------------------------------------------------------------------------------------------------


class Part(NamedTuple):
    """A section and its minutes."""

    heading: str
    minutes: int


def outline(row: Chapter) -> list[Part]:
    """The sections with their minutes, which add up to those of the row. Exercises come on top: they take what is printed with them."""
    needed: dict[str, float] = {}
    printed: dict[str, int] = {}
    for heading, cell, words in pieces(notebook(row.path)["cells"]):
        needed[heading] = needed.get(heading, 0.0) + effort(cell, words)
        printed[heading] = printed.get(heading, 0) + sum(map(int, PRINTED.findall(words)))
    read_and_tried = {heading: minutes for heading, minutes in needed.items() if not printed[heading]}
    scale = row.minutes / (sum(read_and_tried.values()) or 1)  # a chapter may be nothing but exercises
    ends = [round(scale * end) for end in accumulate(read_and_tried.values())]  # rounded ends add up, rounded parts do not
    minutes = dict(zip(read_and_tried, map(operator.sub, ends, [0, *ends])))
    return [Part(heading, printed[heading] or minutes[heading]) for heading in needed]


def pieces(cells: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(heading, cell, what the cell holds of this section), in their order. What stands above the first heading belongs to it."""
    cells = [*cells]
    heading = next(iter(headings(cells)), "")
    for cell in cells:
        first, *rest = HEADING.split(source(cell)) if cell["cell_type"] == "markdown" else [source(cell)]
        yield heading, cell, first
        for heading, words in zip(rest[::2], rest[1::2]):
            yield heading, cell, words


def headings(cells: Iterable[dict[str, Any]]) -> list[str]:
    """The headings of all sections."""
    return [heading for cell in cells if cell["cell_type"] == "markdown" for heading in HEADING.findall(source(cell))]


def effort(cell: dict[str, Any], words: str) -> float:
    """The minutes that a piece of a cell takes, by its length."""
    if cell["cell_type"] == "markdown":
        return WORDS * len(words.split()) + FORMULA * (words.count("$$") // 2)
    calls = {r"(?:\w+ = )?Explorer": EXPLORER, "quiz": QUIZ, "symbols": SYMBOLS}
    shown = sum(minutes * len(re.findall(rf"^{name}\(", words, re.M)) for name, minutes in calls.items())
    folded = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
    return shown or LINES * (0 if folded else len([one for one in words.splitlines() if one.strip()]))


def source(cell: dict[str, Any]) -> str:
    """What is written in a cell."""
    return "".join(cell["source"])


# ---- whether notes and chapter belong together ------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """The question above a picture, as its cell writes it."""

    question: str
    choices: tuple[str, ...]
    right: Any
    reason: str = ""


def asked(cell: dict[str, Any]) -> Iterator[Asked]:
    """The questions that a cell asks before a picture unlocks."""
    calls = ast.walk(ast.parse(source(cell))) if cell["cell_type"] == "code" and "Predict(" in source(cell) else ()
    for call in calls:
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Predict":
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            choices, right, reason = (ast.literal_eval(given[name]) if name in given else "" for name in ("choices", "right", "reason"))
            yield Asked(ast.literal_eval(call.args[0]), tuple(choices), right, reason)


def faults(notes: Notes, row: Chapter) -> Iterator[str]:
    """Sentences: what a chapter has and its notes lack, and what notes speak of that the chapter has not."""
    cells = notebook(row.path)["cells"]
    there, told = headings(cells), [section.heading for section in notes.section]
    yield from (f"{row.name}: the section {one!r} has no note" for one in there if one not in told)
    for one in [*told, *(demo.section for demo in notes.demo)]:
        if there.count(one) != 1:
            yield f"{row.name}: no section is called {one!r}{did_you_mean(one, there)}"
    questions = [one for cell in cells for one in asked(cell)]
    for one in questions:
        if not any(one.question.startswith(expect.question) for expect in notes.expect):
            yield f"{row.name}: no wrong answer is expected to {one.question!r}"
    for expect in notes.expect:
        meant = [one for one in questions if one.question.startswith(expect.question)]
        if len(meant) != 1:
            yield f"{row.name}: {len(meant)} questions begin with {expect.question!r}"
        elif expect.wrong not in meant[0].choices or expect.wrong == meant[0].right:
            yield f"{row.name}: {expect.wrong!r} is no wrong option of {meant[0].question!r}"
    code = [[one.strip() for one in source(cell).splitlines()] for cell in cells if cell["cell_type"] == "code"]
    for fade in notes.fade:
        meant = [lines for lines in code if lines[:1] == [fade.cell]]
        if len(meant) != 1:
            yield f"{row.name}: {len(meant)} cells of code begin with {fade.cell!r}"
            continue
        for gap in fade.gap:
            if (count := meant[0].count(gap)) != 1:
                yield f"{row.name}: the line {gap!r} stands {count} times below {fade.cell!r}"
