"""`rpn-edu course build`: copies of the course for students, with solutions, and for teachers, all from one source."""

import json
import shutil
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..course import rows
from ..course.progress import ORIGINALS
from ..course.rows import Chapter
from ..shared import machine
from ..shared.commands import parser
from .links import linked

if TYPE_CHECKING:
    from nbformat import NotebookNode

PROGRAM = "rpn-edu course build"
GRADER = "nbgrader"
"""The folder of an output in which nbgrader works: sources, releases, what was handed in, gradebook.db."""


def build(arguments: list[str]) -> int:
    """Build the editions of the course: student, solution, teacher.

    OUT/student has chapters without solutions, and a wheel of the package without them: students install that one. OUT/solution has the
    solutions in their places, OUT/teacher the notes as well. OUT/nbgrader is for `rpn-edu course grade`, and is kept from students. An
    ImportError or LookupError is told and not raised.
    """
    asking = parser(PROGRAM, build)
    asking.add_argument("out", metavar="OUT", type=Path, help="the folder of the course, made where it is not there")
    asking.add_argument("--chapters", metavar="01", nargs="+", default=[], help="chapters by number or name; all where none is named")
    asking.add_argument("--edition", choices=[*EDITIONS], action="append", help="one edition; say it again for another; all without it")
    asking.add_argument("--fade", action="store_true", help="the worked examples in OUT/fade: complete, with gaps, and blank")
    asked = asking.parse_args(arguments)
    try:
        machine.needs(PROGRAM, "nbgrader.apps", extra="teach")
        chosen = rows.chosen(asked.chapters)
    except (ImportError, LookupError) as refused:
        asking.error(str(refused))
    for name in [name for name in EDITIONS if name in (asked.edition or ([] if asked.fade else EDITIONS))]:
        print(f"{name} edition, {len(chosen)} chapters: {asked.out / name}", flush=True)
        EDITIONS[name](asked.out, chosen)
    if asked.fade:
        from .fade import faded

        faded(asked.out / "fade", chosen)
    return 0


# ---- the editions -------------------------------------------------------------------------------------------------------------------


def student(out: Path, chosen: Collection[Chapter]) -> None:
    """The chapters as nbgrader releases them, and the wheel for those who are graded, which has them all."""
    from .grader.release import released
    from .wheel import written

    copies: dict[str, NotebookNode] = {}
    for row in rows.chapters():
        copies[row.name] = released(out / GRADER, row)
        print(f"  {row.name}{'' if row in chosen else ', for the wheel alone'}", flush=True)
    written_down(out / "student", chosen, lambda row: copies[row.name])
    print(f"  {written(out / 'student', copies).name}: what students install, with all chapters")


def solution(out: Path, chosen: Iterable[Chapter]) -> None:
    """The chapters with the solutions in their places."""
    from .sources import solved

    written_down(out / "solution", chosen, solved)


def teacher(out: Path, chosen: Iterable[Chapter]) -> None:
    """The chapters with solutions and with what a teacher says, shows and asks. The demos are drawn: two seconds for a chapter."""
    from .sources import solved
    from .teacher import annotated

    def book(row: Chapter) -> "NotebookNode":
        made = solved(row)
        annotated(made, row)
        print(f"  {row.name}, with the pictures of its demos", flush=True)
        return made

    written_down(out / "teacher", chosen, book)


EDITIONS: dict[str, Callable[[Path, Collection[Chapter]], None]] = {"student": student, "solution": solution, "teacher": teacher}


# ---- files --------------------------------------------------------------------------------------------------------------------------


def written_down(folder: Path, chosen: Iterable[Chapter], made: "Callable[[Chapter], NotebookNode]") -> None:
    """Write chapters and the pages that they link to. A link to a chapter that is not there becomes its words.

    OSError where nothing can be written; ValueError for a page whose letters cannot be known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = pages_beside(ORIGINALS)
    there = {*pages, *(row.path.name for row in chosen), *(path.name for path in folder.glob("*.ipynb"))}
    for name, page in pages.items():
        place = folder / name
        place.parent.mkdir(exist_ok=True)
        if page.suffix == ".md":
            place.write_text(linked(machine.text(page), there), encoding="utf-8")
        elif page.suffix == ".ipynb":
            place.write_bytes(file(with_links(rows.notebook(page), there)))
        else:
            shutil.copyfile(page, place)
    for row in chosen:
        (folder / row.path.name).write_bytes(file(with_links(made(row), there)))


def pages_beside(folder: Path) -> dict[str, Path]:
    """What lies beside the chapters and belongs to them: pages, the gallery, pictures; not what work left behind."""
    chapters = {row.path.name for row in rows.chapters(folder)}
    found = [*folder.glob("*.md"), *folder.glob("*.ipynb"), *folder.glob("images/*")]
    return {path.relative_to(folder).as_posix(): path for path in sorted(found) if path.name not in chapters}


def with_links(book: Any, there: Collection[str]) -> Any:
    """A notebook whose links hold."""
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = linked("".join(cell["source"]), there)
    return book


def file(book: Any) -> bytes:
    """A notebook as a file holds it."""
    return json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"
