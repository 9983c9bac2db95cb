"""What students hand in, brought into the form that nbgrader marks: known by what it holds, whole again, each repair told."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode, v4

from ..shared import machine
from .names import given, needed
from .sources import Exercise, answer_of, code

CALL = re.compile(r'^check\("(\d\d)", (\d+), ', re.M)
"""How a cell that checks begins, whatever is handed to it."""
LEFT = {"__pycache__", "__MACOSX"}
"""Folders that machines leave behind; so are all that begin with a dot."""


class Unreadable(Exception):
    """What was handed in is no notebook of the course. Its message is the sentence for the teacher."""


class Submission(NamedTuple):
    """A file that a student handed in, and what it is."""

    student: str
    file: Path
    book: NotebookNode | None
    chapter: str  # its number; nothing of what is no chapter
    trouble: str  # why it cannot be marked


def handed_in(folder: Path, known: Mapping[str, Exercise]) -> Iterator[Submission]:
    """What lies in a folder, the newest first: ada/02_reconciliation/x.ipynb, ada/x.ipynb or ada.ipynb, all of ada."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: (-path.stat().st_mtime, path)):
        first, *_ = parts = path.relative_to(folder).parts
        if any(part in LEFT or part.startswith(".") for part in parts):
            continue
        student = re.sub(r"[^\w .@,()-]", "_", first if len(parts) > 1 else path.stem)  # what a path or a search for one may hold
        try:
            book = read(path)
            yield Submission(student, path, book, recognised(book, known), "")
        except Unreadable as trouble:
            yield Submission(student, path, None, "", str(trouble))


def read(path: Path) -> NotebookNode:
    """A notebook whatever its version. Unreadable for a file that is none, be it a ValueError or a UnicodeDecodeError that says so."""
    if path.suffix != ".ipynb":
        raise Unreadable("This is not a notebook.")
    try:
        book = nbformat.reads(machine.text(path), as_version=4)
        nbformat.validate(book)
    except Exception as error:  # UnicodeDecodeError, ValueError, ValidationError: whatever a file can be
        raise Unreadable(f"This is not a notebook: {str(error).splitlines()[0].rstrip('.')[:150]}.") from None
    return book


def recognised(book: NotebookNode, known: Mapping[str, Exercise]) -> str:
    """The number of the chapter that most cells of exercises belong to. Unreadable where there are none."""
    found = [known[key].chapter for cell in code(book) for key in keys(cell, known)]
    if not found:
        raise Unreadable("This notebook holds no exercise of the chapters that were built.")
    return max(sorted({*found}), key=found.count)


def keys(cell: NotebookNode, known: Mapping[str, Exercise]) -> set[str]:
    """The exercises that a cell belongs to: what a grader wrote into it, or the check that it calls."""
    return {graded(cell).removesuffix("-answer"), *calling(cell)} & {*known}


def graded(cell: NotebookNode) -> str:
    """What a grader calls a cell: 02-1 a check, 02-1-answer an answer."""
    told = cell.metadata.get("nbgrader")
    return str(told.get("grade_id", "")) if isinstance(told, dict) else ""


# ---- whole again --------------------------------------------------------------------------------------------------------------------


def whole(book: NotebookNode, release: NotebookNode, exercises: Iterable[Exercise]) -> tuple[NotebookNode, dict[str, str]]:
    """A submission with every cell that a grader asks for, where a student would have it; and what was repaired, by exercise.

    Of the cells that the course has written, those are run on which something of the student's depends: pictures take most of the time.
    """
    original = {graded(cell): cell for cell in code(release) if graded(cell)}
    ours = {cell.source.strip() for cell in code(release)}
    cells, told = [plain(cell) for cell in book.cells], dict[str, str]()
    for one in exercises:
        asked = [cell for cell in cells if graded(cell) == one.key]
        written = [cell for cell in cells if graded(cell) == answer_of(one.key)]
        calls = [cell for cell in cells if one.key in calling(cell) and cell not in asked]
        for cell in (*asked, *written):  # of a cell and its copies the last one counts
            cell.metadata.clear()
        check = (asked or [None])[-1]
        if not written and not calls and not any(binds(cell, one.name, ours) for cell in cells):
            told[one.key] = "The cell of the answer is not there."
            written = [v4.new_code_cell(one.stub)]
            cells.insert(cells.index(check) if check else len(cells), written[0])
        if check and check.source.strip() != original[one.key].source.strip():
            told[one.key] = "The check was edited, and is back as it was."
        if not check:
            if not calls:
                told.setdefault(one.key, "The cell of the check was deleted, and is back.")
            check = v4.new_code_cell(original[one.key].source)
            after = (written or calls or cells)[-1]
            cells.insert(cells.index(after) + 1, check)
        check.metadata["nbgrader"] = dict(original[one.key].metadata["nbgrader"])
        for last in (written or calls)[-1:]:
            last.metadata["nbgrader"] = dict(original[answer_of(one.key)].metadata["nbgrader"])
    made = v4.new_notebook(cells=cells, metadata={"kernelspec": release.metadata["kernelspec"]})
    for cell in idle(code(made), ours):
        cell.metadata["tags"] = ["skip-execution"]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return made, told


def idle(cells: list[NotebookNode], ours: set[str]) -> list[NotebookNode]:
    """The cells of the course, unchanged, that nothing of the student's asks for; none where a cell is no Python."""
    own = {number for number, cell in enumerate(cells) if graded(cell) or cell.source.strip() not in ours}
    try:
        run = needed([cell.source for cell in cells], own)
    except SyntaxError:
        return []
    return [cell for number, cell in enumerate(cells) if number not in run]


def calling(cell: NotebookNode) -> set[str]:
    """The exercises whose check a cell of code calls."""
    return set() if cell.cell_type != "code" else {"-".join(call) for call in CALL.findall(cell.source)}


def plain(cell: NotebookNode) -> NotebookNode:
    """A cell without all that others may have left in it, but for what a grader calls it."""
    key = graded(cell)
    metadata: dict[str, Any] = {"nbgrader": {"grade_id": key}} if key else {}
    return v4.new_code_cell(cell.source, metadata=metadata) if cell.cell_type == "code" else v4.new_markdown_cell(cell.source)


def binds(cell: NotebookNode, name: str, ours: set[str]) -> bool:
    """Does a cell of the student's own give something this name?"""
    if cell.cell_type != "code" or cell.source.strip() in ours:
        return False
    try:
        return name in given(cell.source)
    except SyntaxError:  # a magic, or a slip: what it does is not known
        return name in cell.source
