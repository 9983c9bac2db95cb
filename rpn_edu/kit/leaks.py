"""Does anything that students get hold a solution? Every line of every solution is searched for, and every right value."""

import ast
import base64
import html
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..course.rows import Chapter
from .sources import exercises

LEAST = 10
"""A piece of fewer letters, blanks apart, is found where nobody has told anything: it is searched for with the name it is given to."""

TOLD = {
    "rpn.remainder.Linear(bias=True)": "an explorer of chapter 03 begins with it: the exercise asks where it is right",
    "step = torch.arange(b)": "the second hint of an exercise in chapter 09 says it",
}
"""Pieces of solutions that the chapters say on purpose, and why. They are left out."""


class Needle(NamedTuple):
    """A piece of a solution."""

    key: str  # of the exercise: 02-1
    text: str  # as it was written: a line, two, or a value


class Leak(NamedTuple):
    """A piece of a solution that was found."""

    file: str
    place: str  # cells, 3, source
    needle: Needle

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {' '.join(self.needle.text.split())} (exercise {self.needle.key})"


class Search(NamedTuple):
    """What was searched for, and what was found."""

    needles: list[Needle]
    left_out: list[Needle]  # what stands in a stub, says nothing of its own, or is told on purpose
    leaks: list[Leak]
    files: int

    def __str__(self) -> str:
        return f"{len(self.leaks)} leaks of {len(self.needles)} needles in {self.files} files ({len(self.left_out)} left out)"


def searched(folder: Path, chapters: Iterable[Chapter]) -> Search:
    """Search the folder of the students, and the wheels in it, for the solutions of chapters."""
    needles, left_out = pieces(chapters)
    wanted = {squeezed(needle.text): needle for needle in needles}
    leaks: list[Leak] = []
    count = 0
    for file, content in contents(folder):
        count += 1
        for place, words in texts(file, content):
            for told in variants(words):
                leaks += [Leak(file, place, needle) for piece, needle in wanted.items() if piece in told]
    return Search(needles, left_out, list(dict.fromkeys(leaks)), count)


# ---- what is searched for -----------------------------------------------------------------------------------------------------------


def pieces(chapters: Iterable[Chapter]) -> tuple[list[Needle], list[Needle]]:
    """The lines of all solutions, alone and in pairs, and their right values; and those of them that are left out."""
    found: dict[str, Needle] = {}
    left_out: list[Needle] = []
    for row in chapters:
        for one in exercises(row).values():
            lines = [(line, telling(line)) for line in filter(str.strip, one.code.split("\n"))]
            told = [(value, len(squeezed(value)) >= LEAST) for value in values(one.code)]
            # What says nothing alone may say something with its neighbour, unless the stub says half of it.
            bare = [line for line, tells in lines if not tells and squeezed(line) not in squeezed(one.stub)]
            pairs = [(f"{line}\n{below}", True) for (line, _), (below, _) in zip(lines, lines[1:]) if line in bare or below in bare]
            for text, tells in (*lines, *told, *pairs):
                needle = Needle(one.key, text)
                if tells and squeezed(text) not in squeezed(one.stub) and text.strip() not in TOLD:
                    found.setdefault(squeezed(text), needle)
                else:
                    left_out.append(needle)
    return [*found.values()], left_out


def telling(line: str) -> bool:
    """Does a line tell something of its own? One that imports, opens a block, or hands one name to another does not."""
    try:
        (node,) = ast.parse(line.strip()).body
    except (SyntaxError, ValueError):  # for, if: the head of a block
        return False
    does = isinstance(node, (ast.Assign, ast.Return, ast.Expr)) and not isinstance(node.value, (ast.Name, type(None)))
    return does and len(squeezed(line)) >= LEAST


def values(code: str) -> Iterator[str]:
    """What a solution gives to the names of the notebook: the right values."""
    yield from (ast.unparse(node.value) for node in ast.parse(code).body if isinstance(node, ast.Assign))


def squeezed(text: str) -> str:
    """Text without white space."""
    return re.sub(r"\s+", "", text)


# ---- where it is searched -----------------------------------------------------------------------------------------------------------


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All files of a folder, and those in its wheels."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix != ".whl":
            yield path.relative_to(folder).as_posix(), path.read_bytes()
            continue
        with zipfile.ZipFile(path) as wheel:
            yield from ((f"{path.name}: {name}", wheel.read(name)) for name in wheel.namelist())


def texts(file: str, content: bytes) -> Iterator[tuple[str, str]]:
    """The texts of a file by their places: all of it, or of a notebook each text in it, with what attachments and outputs hold."""
    if not file.endswith(".ipynb"):
        yield "text", content.decode("utf-8", "ignore")
        return
    yield from strings(json.loads(content), ())


def strings(value: Any, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every text in a piece of JSON, the lines of one joined, its names too; what looks like base64 is read as well."""
    match value:
        case str():
            yield ", ".join(place), value
            if re.fullmatch(r"[\w+/=\s]{16,}", value):
                yield ", ".join(place), decoded(value)
        case list() if value and all(isinstance(part, str) for part in value):
            yield from strings("".join(value), place)
        case list():
            for number, part in enumerate(value):
                yield from strings(part, (*place, str(number)))
        case dict():
            for name, part in value.items():
                yield ", ".join((*place, name)), name
                yield from strings(part, (*place, name))
        case _:
            return


def decoded(value: str) -> str:
    """What base64 holds, as text; nothing where it is none."""
    try:
        return base64.b64decode(squeezed(value), validate=True).decode("utf-8", "ignore")
    except ValueError:
        return ""


def variants(words: str) -> Iterator[str]:
    """A text without white space: as it stands, and as a browser shows it, without marks and with the signs that they stand for."""
    yield squeezed(words)
    if "<" in words or "&" in words:
        yield squeezed(html.unescape(re.sub(r"<[^>]*>", "", words)))
