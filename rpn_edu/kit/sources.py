"""One source of each chapter, from which all editions are made: the notebook with the solutions in the places of its exercises."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode, v4

from ..course.checking import solutions
from ..course.rows import Chapter
from ..shared.machine import text

ASKED = re.compile(r'^check\("(\d\d)", (\d+), (\w+)\)\s*\Z', re.M)
"""The last line of the cell of an exercise: the chapter, the number, and how the answer is called."""
BLOCK = re.compile(r"^(```|~~~)python\n(.*?)^\1", re.M | re.S)
"""The code of a solution."""
WIDGETS = "application/vnd.jupyter.widget"


class Exercise(NamedTuple):
    """An exercise as it stands in a chapter, with its solution."""

    chapter: str  # its number: 02
    number: int
    name: str  # how the notebook calls the answer
    stub: str  # the code in which `None` waits
    code: str  # the code that is right; nothing where nobody wrote a solution
    why: str  # what is said of the solution

    @property
    def key(self) -> str:
        """02-1: how a grader calls the cell of its check."""
        return f"{self.chapter}-{self.number}"

    @property
    def call(self) -> str:
        """The line that a learner runs."""
        return f'check("{self.chapter}", {self.number}, {self.name})'


def answer_of(key: str) -> str:
    """02-1-answer: how a grader calls the cell of the answer to an exercise."""
    return f"{key}-answer"


def original(row: Chapter) -> NotebookNode:
    """A chapter as it comes, its outputs without widgets, whose kernels are gone. ValueError for one that cannot be read."""
    book = nbformat.reads(text(row.path), as_version=4)
    for cell in code(book):
        for output in cell.outputs:
            output["data"] = {kind: value for kind, value in output.get("data", {}).items() if not kind.startswith(WIDGETS)}
            if not output.data:
                del output["data"]
    book.metadata.pop("widgets", None)
    return book


def code(book: NotebookNode) -> list[NotebookNode]:
    """The cells of code."""
    return [cell for cell in book.cells if cell.cell_type == "code"]


def exercises(row: Chapter) -> dict[str, Exercise]:
    """The exercises of a chapter, by their keys, in its order."""
    found = (exercise(cell, row) for cell in code(original(row)))
    return {one.key: one for one in found if one}


def exercise(cell: NotebookNode, row: Chapter) -> Exercise | None:
    """The exercise that a cell of a chapter asks; None of any other cell."""
    call = ASKED.search(cell.source) if cell.cell_type == "code" else None
    if not call:
        return None
    told = solutions(row.name).get(int(call[2]), "")
    block = BLOCK.search(told)
    right, why = (block[2].strip(), told[: block.start()].strip()) if block else ("", told)
    return Exercise(call[1], int(call[2]), call[3], cell.source[: call.start()].strip(), right, why)


def source(row: Chapter) -> NotebookNode:
    """A chapter in which each exercise is a cell for the answer, with the solution between a grader's marks, and a locked check."""
    book = original(row)
    book.cells = [part for cell in book.cells for part in graded(cell, row)]
    return book


def solved(row: Chapter) -> NotebookNode:
    """A chapter with the solutions in place of the stubs, and below each check what is said of its solution."""
    book = original(row)
    book.cells = [part for cell in book.cells for part in answered(cell, row)]
    return book


def graded(cell: NotebookNode, row: Chapter) -> Iterator[NotebookNode]:
    """A cell of the one source: an exercise becomes two cells, any other stays."""
    if not (one := exercise(cell, row)):
        yield cell
        return
    yield answer(one, f"{one.stub}\n### BEGIN SOLUTION\n{one.code}\n### END SOLUTION", cell.id)
    # In the hidden lines `check` becomes what gives marks, whatever a student has called by that name.
    yield locked(one, f"### BEGIN HIDDEN TESTS\nfrom rpn_edu.course.marking import mark as check\n### END HIDDEN TESTS\n{one.call}")


def answered(cell: NotebookNode, row: Chapter) -> Iterator[NotebookNode]:
    """A cell of the solution: of an exercise the answer, the check and the words."""
    if not (one := exercise(cell, row)):
        yield cell
        return
    yield answer(one, one.code or one.stub, cell.id)
    yield locked(one, one.call)
    if one.why:
        yield v4.new_markdown_cell(f"*Solution {one.number}.* {one.why}", id=f"{one.key}-why", metadata={"tags": ["solution"]})


def answer(one: Exercise, source: str, own: str) -> NotebookNode:
    """The cell in which a student writes."""
    return v4.new_code_cell(source, id=own, metadata={"nbgrader": grader(answer_of(one.key), solution=True)})


def locked(one: Exercise, source: str) -> NotebookNode:
    """The cell that checks. It is worth one point."""
    told = "# Run your answer above, then this cell.\n"
    return v4.new_code_cell(told + source, id=one.key, metadata={"nbgrader": grader(one.key, grade=True, locked=True, points=1)})


def grader(key: str, **own: Any) -> dict[str, Any]:
    """What nbgrader keeps of a cell."""
    return {"schema_version": 3, "grade_id": key, "grade": False, "solution": False, "locked": False, "task": False, **own}
