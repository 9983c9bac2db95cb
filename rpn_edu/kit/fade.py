"""The worked examples of a chapter at three levels: complete, with gaps, blank. Its notes say which lines are gaps."""

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

from nbformat import NotebookNode, v4

from ..course.rows import Chapter
from . import notes
from .editions import file
from .names import given, needed
from .sources import code, original


def marked(source: str, gap: Collection[str]) -> set[int]:
    """The numbers of the lines that are gaps."""
    return {number for number, line in enumerate(source.split("\n")) if line.strip() in gap}


def work(source: str, gap: Collection[str]) -> set[int]:
    """The numbers of the lines that do the work: all statements from the first gap on, but those that import, check or show.

    What stands above is given: nobody could guess its numbers.
    """
    found: set[int] = set()
    for node in ast.parse(source).body:
        lines = range(node.lineno - 1, node.end_lineno or 0)
        told = isinstance(node, (ast.Import, ast.ImportFrom, ast.Expr)) or any(isinstance(part, ast.Assert) for part in ast.walk(node))
        if not told and lines[-1] >= min(marked(source, gap)):
            found |= {*lines}
    return found


LEVELS: dict[str, Callable[[str, Collection[str]], set[int]]] = {"complete": lambda source, gap: set(), "gaps": marked, "blank": work}
"""By its name: the numbers of the lines of an example that are left out."""


def faded(folder: Path, chosen: Iterable[Chapter]) -> None:
    """Write the worked examples of chapters into a folder, three copies for each, and tell each chapter.

    A cell with a gap has the tag raises-exception: it ends with an error that names the gap until it is filled, and the page runs on.
    ValueError for a gap that its chapter has not; OSError where nothing can be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for row in chosen:
        told = {fade.cell: fade for fade in notes.read(row).fade}
        for level in LEVELS if told else ():
            (folder / f"{row.name} ({level}).ipynb").write_bytes(file(sheet(row, told, level)))
        print(f"  {row.name}: {len(told)} of its cells at {len(LEVELS)} levels", flush=True)


def sheet(row: Chapter, told: dict[str, notes.Fade], level: str) -> NotebookNode:
    """One copy: what the examples need, folded, and then each with the text above it. ValueError for a gap that is not there."""
    book = original(row)
    examples = {cell.id: told[first] for cell in code(book) if (first := cell.source.partition("\n")[0]) in told}
    if lost := told.keys() - {fade.cell for fade in examples.values()}:
        raise ValueError(f"notes of {row.name}: [[fade]] is of no cell that begins so: {min(lost)}")
    cells = [v4.new_markdown_cell(f"# {row.label}, by hand: {level}", id="title")]
    own = {number for number, cell in enumerate(code(book)) if cell.id in examples}
    for number in sorted(needed([cell.source for cell in code(book)], own) - own):
        folded: dict[str, Any] = {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]}
        needs = "\n".join(line for line in code(book)[number].source.split("\n") if not line.startswith("quiz("))
        cells.append(v4.new_code_cell(needs.rstrip(), metadata=folded, id=code(book)[number].id))
    for above, cell in zip([None, *book.cells], book.cells):
        if not (fade := examples.get(cell.id)):
            continue
        if missing := [line for line in fade.gap if line.strip() not in map(str.strip, cell.source.split("\n"))]:
            raise ValueError(f"notes of {row.name}: [[fade]] has a gap that is no line of its cell: {missing[0]}")
        out = LEVELS[level](cell.source, fade.gap)
        cells += [v4.new_markdown_cell(above.source, id=above.id)] if above and above.cell_type == "markdown" else []
        cells += [v4.new_markdown_cell(f"*Hint.* {fade.hint}", id=f"{cell.id}-hint")] if out and fade.hint else []
        source = "\n".join(with_gaps(cell.source.split("\n"), out))
        cells.append(v4.new_code_cell(source, id=cell.id, metadata={"tags": ["raises-exception"]} if out else {}))
    return v4.new_notebook(cells=cells, metadata={"kernelspec": book.metadata["kernelspec"]})


def with_gaps(lines: list[str], out: set[int]) -> Iterator[str]:
    """The lines of a cell; for each gap one, which stops the cell and says what is to be written there."""
    gaps = {gap[0]: gap for gap in runs(lines, out)}
    for number, line in enumerate(lines):
        if number in gaps:
            told = ", ".join(made(dedent("\n".join(lines[k] for k in gaps[number]))))
            yield f'{" " * indent(line)}raise NotImplementedError("this gap is not filled yet: {told}")  # replace this line'
        elif number not in out:
            yield line


def runs(lines: list[str], out: set[int]) -> list[list[int]]:
    """The numbers of lines that are left out, those of one gap together: where a loop ends a new one begins."""
    found: list[list[int]] = []
    for number in sorted(out):
        if number - 1 not in out or (lines[number].strip() and indent(lines[number]) < indent(lines[found[-1][0]])):
            found.append([])
        found[-1].append(number)
    return found


def indent(line: str) -> int:
    """How many blanks a line begins with."""
    return len(line) - len(line.lstrip())


def made(run: str) -> list[str]:
    """The names that some lines give to something, in their order; where they give none, the first one that they speak of."""
    words = [*dict.fromkeys(re.findall(r"[^\W\d]\w*", run))]
    return [word for word in words if word in given(run) - {"_"}] or words[:1]
