"""What a learner has done, chapter by chapter, and what to repeat: the table of the start page."""

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from ..shared import progress as shared
from ..shared.machine import Printed

PACKAGE = Path(__file__).parents[1]
ORIGINALS = next((place for place in (PACKAGE / "_course", PACKAGE.parent / "notebooks") if place.is_dir()), PACKAGE / "_course")
"""The chapters as they come: in a wheel, or in a checkout."""
HOME = "home.ipynb"
"""The start page in a learner's own folder."""
CALLS = {"prediction": r"\bPredict\(", "exercise": r"\bcheck\("}
"""How the cells of a chapter ask."""


class Line(NamedTuple):
    """A chapter: how much it asks, and what was answered."""

    file: str
    title: str
    minutes: int
    there: bool
    newer: list[str]  # files beside it
    asked: dict[str, int]  # by kind
    answers: dict[str, dict[str, bool | None]]  # by kind and name

    @property
    def number(self) -> str:
        """01"""
        return shared.number(Path(self.file).stem)

    def told(self, kind: str) -> str:
        """3 of 4, 2 right; nothing where a chapter asks nothing."""
        rights = [right for right in self.answers[kind].values() if right is not None]
        asked = max(self.asked[kind], len(rights))
        return (f"{len(rights)} of {asked}" + (f", {sum(rights)} right" if rights else "")) if asked else "–"


@dataclass(frozen=True, repr=False)
class Progress(Printed):
    """The chapters with what was done in them, and what to repeat. Jupyter shows a table with links, a terminal shows text."""

    lines: tuple[Line, ...]
    hints: tuple[str, ...]

    HEADER = ("chapter", "minutes", "predictions", "exercises")

    @property
    def repeat(self) -> list[tuple[Line, str]]:
        """What was answered wrongly, with its chapter: an exercise by its number, a prediction by its question."""
        wrong = [
            (line, kind, name) for line in self.lines for kind in CALLS for name, right in line.answers[kind].items() if right is False
        ]
        return [(line, f"exercise {name}" if kind == "exercise" else name) for line, kind, name in wrong]

    def _cells(self, line: Line) -> tuple[str, ...]:
        return f"{line.number} · {line.title}", str(line.minutes), *map(line.told, CALLS)

    def __repr__(self) -> str:
        rows = [self.HEADER, *map(self._cells, self.lines)]
        widths = [max(map(len, column)) for column in zip(*rows)]
        text = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows]
        text += [f"A newer version is here: {name}" for line in self.lines for name in line.newer]
        text += [f"To repeat, {line.number}: {name}" for line, name in self.repeat]
        return "\n".join([*text, *self.hints])

    def _repr_html_(self) -> str:
        return self.page()

    def page(self) -> str:
        """The table with links to the chapters, what to repeat with links to it, and hints, as HTML."""
        head = "".join(f'<th scope="col" style="text-align:left">{cell}</th>' for cell in self.HEADER)
        body = ""
        for line in self.lines:
            title, *cells = self._cells(line)
            first = "<br>".join(
                [link(line.file, title) if line.there else html.escape(title), *(link(name, f"newer: {name}") for name in line.newer)]
            )
            rest = "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells)
            body += f'<tr><th scope="row" style="text-align:left">{first}</th>{rest}</tr>'
        caption = '<caption style="text-align:left">What you have done</caption>'
        table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        repeat = "".join(f"<li>{link(line.file, line.number)} {html.escape(name)}</li>" for line, name in self.repeat)
        hints = "".join(f"<p>{html.escape(hint)}</p>" for hint in self.hints)
        return table + (f"<p>To repeat:</p><ul>{repeat}</ul>" if repeat else "") + hints


def link(file: str, text: str) -> str:
    """A link to a file of this folder."""
    return f'<a href="{quote(file)}">{html.escape(text)}</a>'


def progress(folder: Path | None = None) -> Progress:
    """What was done in a learner's own folder (else: in the one that this notebook lies in), chapter by chapter, and what to repeat."""
    own = folder or shared.home(shared.notebook())
    notes, lost = shared.noted(own) if own else ({}, 0)
    lines = tuple(line(file, own, notes) for file in sorted(ORIGINALS.glob("*.ipynb")) if shared.number(file.stem))
    hints = [] if own else ["Nothing is noted here: `make lab` or `rpn-edu lab` opens a folder of your own, and there it is."]
    hints += [f"{one.file} is not here: python -m rpn_edu lab --fresh {one.number} brings it back." for one in lines if not one.there]
    hints += [f"{lost} lines of what was noted cannot be read: {shared.file_of(own)}"] if own and lost else []
    return Progress(lines, tuple(hints))


def line(file: Path, own: Path | None, notes: shared.Notes) -> Line:
    """What a chapter asks, and how it was answered."""
    book = json.loads(file.read_bytes())
    row, code = book["metadata"]["rpn_edu"], "\n".join("".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code")
    place = own or file.parent
    return Line(
        file.name,
        row["title"],
        row["minutes"],
        (place / file.name).exists(),
        sorted(path.name for path in place.glob(f"{file.stem} (newer*).ipynb")),
        {kind: len(re.findall(call, code)) for kind, call in CALLS.items()},
        {kind: notes.get((shared.number(file.stem), kind), {}) for kind in CALLS},
    )
