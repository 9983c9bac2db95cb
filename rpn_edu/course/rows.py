"""The rows of the chapters: what each is called, what one learns in it, how long it takes. They live in the notebooks' metadata."""

import json
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..shared.machine import text
from ..shared.progress import number as number_of
from ..shared.words import did_you_mean
from .progress import ORIGINALS


class Chapter(typing.NamedTuple):
    """A notebook and its row."""

    path: Path
    title: str  # after the number in its heading; the words before a colon are enough in a table
    minutes: int  # to read and to try, without the exercises
    objective: str  # you learn to ...
    needs: list[str]  # names of the chapters before
    extras: list[str]  # names of pyproject's optional dependencies
    explorers: int
    controls: int

    @property
    def name(self) -> str:
        """01_expansion"""
        return self.path.stem

    @property
    def number(self) -> str:
        """01, or nothing for a page that is no chapter."""
        return number_of(self.name)

    @property
    def whole_title(self) -> str:
        """01 · κ: what the model sees"""
        return f"{self.number} · {self.title}" if self.number else self.title

    @property
    def heading(self) -> str:
        """# 01 · κ: what the model sees"""
        return f"# {self.whole_title}"

    @property
    def label(self) -> str:
        """01 κ"""
        return f"{self.number} {self.title.partition(':')[0]}".strip()


FIELDS: dict[str, type] = {name: typing.get_origin(kind) or kind for name, kind in typing.get_type_hints(Chapter).items() if name != "path"}


def notebook(path: Path) -> dict[str, Any]:
    """What the file of a notebook holds. ValueError for one whose letters cannot be known."""
    return json.loads(text(path))


def read(path: Path) -> Chapter:
    """The row of a notebook. ValueError says what it lacks, tells in another type or has too much."""
    row = notebook(path)["metadata"].get("rpn_edu", {})
    for name, kind in FIELDS.items():
        if not isinstance(row.get(name), kind) or row[name] == "":
            raise ValueError(f"{path.name}: {name} in metadata.rpn_edu must be of type {kind.__name__}, got {row.get(name)!r}")
    for name in row.keys() - FIELDS.keys():
        raise ValueError(f"{path.name}: metadata.rpn_edu has an unknown {name}{did_you_mean(name, FIELDS)}")
    return Chapter(path, **row)


def files(folder: Path = ORIGINALS) -> list[Path]:
    """All notebooks of a folder: the chapters in their order, then the pages, since numbers come before letters."""
    return sorted(folder.glob("*.ipynb"))


def chapters(folder: Path = ORIGINALS) -> list[Chapter]:
    """The rows of the chapters, in their order."""
    return [read(path) for path in files(folder) if number_of(path.stem)]


def chosen(wanted: Iterable[str], folder: Path = ORIGINALS) -> list[Chapter]:
    """The rows of some chapters, by number or name, in the order of the course; all where none is wanted.

    LookupError, with the near misses, for what is no chapter.
    """
    rows, wanted = chapters(folder), list(wanted)
    known = {name: row for row in rows for name in (row.number, row.name)}
    for name in wanted:
        if name not in known:
            near = did_you_mean(name, known) or f"; there are {', '.join(row.number for row in rows)}"
            raise LookupError(f"no chapter is called {name!r}{near}")
    return [row for row in rows if not wanted or {row.number, row.name} & {*wanted}]
