"""`rpn-edu course check`: what a teacher wants to know the evening before, tried from end to end on this machine."""

import contextlib
import io
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .. import doctor
from ..course.rows import Chapter, chosen
from ..doctor import Finding
from ..shared import machine
from ..shared.commands import parser
from .editions import EDITIONS

PROGRAM = "rpn-edu course check"
SECONDS, GIGABYTES = 300, 4.0
"""What a cell of the course itself may take: it is no submission, and a slow machine is no fault."""


def check(arguments: list[str]) -> int:
    """Try everything that tomorrow needs: machine, editions, leaks, chapters and their exercises, site and slides.

    Chapters are built into a folder of their own, run, and marked: the solutions get full marks, the stubs none. It takes about half a
    minute for each chapter. An ImportError or LookupError is told and not raised. The exit code is 1 where something is to be done.
    """
    asking = parser(PROGRAM, check)
    asking.add_argument("--chapters", metavar="01", nargs="+", default=[], help="chapters by number or name; all where none is named")
    asked = asking.parse_args(arguments)
    try:
        machine.needs(PROGRAM, "nbgrader.apps", "nbconvert", "sphinx", extra="teach")
        rows = chosen(asked.chapters)
    except (ImportError, LookupError) as refused:
        asking.error(str(refused))
    cures, begun = 0, time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="rpn_edu_check_") as folder:
        for finding in findings(Path(folder), rows):
            print(finding, flush=True)
            cures += bool(finding.cure)
    print(f"{time.perf_counter() - begun:.0f} s. " + (f"{cures} to do." if cures else "Nothing is to be done: you are ready."))
    return int(cures > 0)


def findings(out: Path, rows: list[Chapter]) -> Iterator[Finding]:
    """What was tried, one after the other, in a folder that is thrown away."""
    yield from machine_of_a_teacher()
    quiet = io.StringIO()
    for name, build in EDITIONS.items():
        with contextlib.redirect_stdout(quiet):
            build(out, rows)
        yield Finding(f"{name} edition of {told(rows)}")
    yield leaks(out, rows)
    yield from marks(out, rows)
    yield from pages(out, rows)


def machine_of_a_teacher() -> Iterator[Finding]:
    """What the doctor has to say, and whether the libraries of a teacher fit. What is well is counted."""
    found = [*dict.fromkeys([*doctor.findings(), *map(doctor.package, doctor.needs("teach"))])]  # both ask for what explorers take
    yield from (finding for finding in found if finding.cure)
    yield Finding(f"{sum(not finding.cure for finding in found)} of {len(found)} findings of the doctor are well")


def leaks(out: Path, rows: list[Chapter]) -> Finding:
    """Does anything that students get hold a solution?"""
    from .leaks import searched

    search = searched(out / "student", rows)
    return Finding(f"what students get: {search}", "; ".join(map(str, search.leaks[:3])))


def marks(out: Path, rows: list[Chapter]) -> Iterator[Finding]:
    """Run the solutions and the stubs as if they were handed in: full marks, and none."""
    from .grader.marks import Room, marked

    for row in rows:
        for edition in ("solution", "student"):
            place = out / "submitted" / edition / row.path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes((out / edition / row.path.name).read_bytes())
        with contextlib.redirect_stdout(io.StringIO()):
            lines = [line for line in marked(Room(out, SECONDS, GIGABYTES)) if line.chapter == row.number]
        for edition, mark, state in (("solution", "1", "right"), ("student", "0", "empty")):
            own = [line for line in lines if line.student == edition]
            other = [f"exercise {one.exercise} is {one.state}: {one.says}" for one in own if (one.mark, one.state) != (mark, state)]
            yield Finding(f"{row.label}: the {edition} edition runs, {len(own)} exercises, each {mark} of 1", "; ".join(other))


def pages(out: Path, rows: list[Chapter]) -> Iterator[Finding]:
    """Are slides and a site written, without a link that leads nowhere? Explorers of the site are moved, as on the day."""
    from .site import build
    from .slides import assets, deck, written

    assets(out / "slides/assets")
    count = 0
    for row in rows:
        slides = deck(row)
        written(slides, row)
        count += len(slides)
    yield Finding(f"{count} slides of {told(rows)}")
    said: list[str] = []
    try:
        build(out / "site", [row.path for row in rows], said.append)
    except ValueError as wrong:
        yield Finding("the site", str(wrong))
    else:
        yield Finding(f"the site of {told(rows)}: {said[-1].partition(': open')[0]}")


def told(rows: list[Chapter]) -> str:
    """One chapter, ten chapters."""
    return f"{len(rows)} chapter{'s' * (len(rows) != 1)}"
