"""What was handed in is marked by nbgrader, one submission after another, and read from its gradebook."""

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.preprocessors import CheckCellMetadata, LimitOutput, SaveAutoGrades
from traitlets.config import Config

from ...course import rows
from ...course.marking import MARK
from ...course.rows import Chapter
from ..editions import GRADER, file
from ..sources import Exercise, code, exercises
from ..submissions import Submission, graded, handed_in, whole
from .release import converted
from .running import Quiet, Run

WORDS = {
    "CellTimeoutError": ("timeout", "Stopped after {seconds} seconds."),
    "DeadKernelError": ("crashed", "The kernel died here, or before: of memory, or of what the code did."),
    "NameError": ("missing", "Nothing is called {name} when its check runs."),
}
"""The state of an exercise, and what is said, by what went wrong before its check or in it."""


class Row(NamedTuple):
    """A line of marks.csv: an exercise of a student, or a file that could not be marked."""

    student: str
    chapter: str
    exercise: str
    mark: str  # nothing where a person must decide
    of: str
    state: str  # right, part, wrong, empty, missing, timeout, crashed, fault, file
    says: str
    file: str


class Room(NamedTuple):
    """Where a course is marked, and within which limits."""

    out: Path
    seconds: int  # seconds, for each cell
    gigabytes: float  # for each submission

    @property
    def root(self) -> Path:
        """The folder in which nbgrader works."""
        return self.out / GRADER

    def of(self, step: str, row: Chapter, student: str = "") -> Path:
        """A chapter in a step of nbgrader's: source, release, submitted, autograded."""
        return self.root / step / student / row.name / row.path.name


def marked(room: Room, force: bool = False) -> list[Row]:
    """The rows of all that was handed in. What stops a submission costs that one alone."""
    chapters = {row.number: row for row in rows.chapters() if room.of("release", row).is_file()}
    asked = {number: exercises(row) for number, row in chapters.items()}
    known = {key: one for each in asked.values() for key, one in each.items()}
    lines: list[Row] = []
    newest: dict[tuple[str, str], Submission] = {}
    for one in handed_in(room.out / "submitted", known):
        counts = newest.setdefault((one.student, one.chapter), one) if one.book else None
        if counts is not one:
            why = f"{counts.file.name} is newer, and is marked." if counts else one.trouble
            lines.append(Row(one.student, one.chapter, "", "", "", "file", why, name(one, room)))
    package(room)
    for number, one in enumerate((newest[key] for key in sorted(newest)), 1):
        found = list(marks(one, room, chapters[one.chapter], asked[one.chapter], force))
        points = sum(float(line.mark or 0) for line in found)
        print(f"  {number} of {len(newest)}  {one.student}  {chapters[one.chapter].name}  {points:g} of {len(found)}", flush=True)
        lines += found
    for student in {line.student for line in lines}:
        for number in {number for _, number in newest} - {number for other, number in newest if other == student}:
            says = "Nothing was handed in that can be marked."
            lines += [Row(student, number, str(one.number), "0", "1", "missing", says, "") for one in asked[number].values()]
    return sorted(lines)


def name(one: Submission, room: Room) -> str:
    """How a file is told: by its place among what was handed in."""
    return one.file.relative_to(room.out / "submitted").as_posix()


def package(room: Room) -> Path:
    """What students install, unpacked: the code of a student meets no solution in the package that it imports."""
    place = room.root / "package"
    shutil.rmtree(place, ignore_errors=True)
    for wheel in (room.out / "student").glob("*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(place)
    return place


def marks(one: Submission, room: Room, row: Chapter, asked: dict[str, Exercise], force: bool) -> Iterator[Row]:
    """The rows of a submission. It is run unless nbgrader's copy was made of the same cells, in the same limits."""
    assert one.book is not None
    made, repaired = whole(one.book, nbformat.read(room.of("release", row), as_version=4), asked.values())
    within = f"{room.seconds} {room.gigabytes:g} ".encode() + room.of("source", row).read_bytes()
    made.metadata["marked_with"] = hashlib.sha256(within).hexdigest()
    place, done, refused = room.of("submitted", row, one.student), room.of("autograded", row, one.student), ""
    if force or not done.is_file() or not place.is_file() or place.read_bytes() != file(made):
        shutil.rmtree(place.parent, ignore_errors=True)
        place.parent.mkdir(parents=True)
        place.write_bytes(file(made))
        refused = run(room, row, one.student)
    states = told(nbformat.read(done, as_version=4), asked, room) if done.is_file() else {}
    scores = points(room, row, one.student, {key for key, (state, _) in states.items() if state == "fault"})
    for key, exercise in asked.items():
        state, says = states.get(key, ("fault", f"It could not be run. {reason(refused)}"))
        score = None if state == "fault" else scores.get(key, 0.0)
        state = "missing" if state == "empty" and key in repaired else state
        says = " ".join(filter(None, (says, repaired.get(key, ""))))
        yield Row(one.student, row.number, str(exercise.number), "" if score is None else f"{score:g}", "1", state, says, name(one, room))


def reason(log: str) -> str:
    """The line of a log that names an error, or its last one."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if re.match(r"[\w.]+(Error|Exception): ", line)), (lines or [""])[-1])[:300]


def run(room: Room, row: Chapter, student: str) -> str:
    """Let nbgrader mark a submission. Nothing, or why it could not."""
    settings = Config()
    settings.Autograde.autograde_preprocessors = [Run, LimitOutput, Quiet, SaveAutoGrades, CheckCellMetadata]
    settings.Run.timeout = room.seconds
    settings.Kernels.gigabytes = room.gigabytes
    settings.Kernels.environment = {"PYTHONPATH": str((room.root / "package").resolve()), "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as sockets:
        if os.name == "posix":  # files instead of ports: a kernel needs no network at all, not even this machine's own
            settings.Kernels.transport, settings.Kernels.ip = "ipc", f"{sockets}/kernel"
        return converted(Autograde, room.root, row.name, settings, student)


def points(room: Room, row: Chapter, student: str, faults: set[str]) -> dict[str, float | None]:
    """What the gradebook holds for a submission, by exercise: marks that a person has changed, too.

    Where the check itself failed there is no mark, and nbgrader asks a person for one.
    """
    with Gradebook(f"sqlite:///{(room.root / 'gradebook.db').resolve()}") as book:
        try:
            grades = book.find_submission_notebook(row.name, row.name, student).grades
        except MissingEntry:
            return {}
        for grade in grades:
            if grade.name in faults:
                grade.auto_score, grade.needs_manual_grade = None, grade.manual_score is None
        book.db.commit()
        return {grade.name: None if grade.needs_manual_grade else grade.score for grade in grades}


def told(book: NotebookNode, asked: dict[str, Exercise], room: Room) -> dict[str, tuple[str, str]]:
    """The state of each exercise in a notebook that was run, and the sentence that was said."""
    found: dict[str, tuple[str, str]] = {}
    failed: list[NotebookNode] = []  # since the check before
    for cell in code(book):
        failed += [output for output in cell.outputs if output.output_type == "error"]
        if (key := graded(cell)) in asked:
            marks = [output.data[MARK] for output in cell.outputs if MARK in output.get("data", {})]
            slow = [error for error in failed if error.ename == "CellTimeoutError"]
            if marks and not (marks[0]["state"] == "empty" and failed):
                found[key] = marks[0]["state"], marks[0]["says"]
            else:
                found[key] = sentence((slow or failed)[0], asked[key], room)
            failed = []
    return found


def sentence(error: NotebookNode, one: Exercise, room: Room) -> tuple[str, str]:
    """The state and the words for an exercise whose cells have stopped with an error."""
    state, says = WORDS.get(error.ename, ("wrong", "{error}"))
    words = f"{error.ename}: {error.evalue}".replace("\n", " ")[:200]
    return state, says.format(seconds=room.seconds, name=one.name, error=words)


def table(lines: list[Row]) -> Iterator[str]:
    """Marks of each student in each chapter, and how many exercises came out how."""
    numbers = sorted({line.chapter for line in lines if line.exercise})
    students = sorted({line.student for line in lines})
    width = max([7, *map(len, students)])
    yield "  ".join(["student".ljust(width), *(f"{number:>4}" for number in numbers)])
    for student in students:
        cells = (sum(float(line.mark or 0) for line in lines if (line.student, line.chapter) == (student, number)) for number in numbers)
        yield "  ".join([student.ljust(width), *(f"{cell:4g}" for cell in cells)])
    yield ""
    yield ", ".join(f"{state}: {count}" for state, count in sorted(Counter(line.state for line in lines).items()))
