"""A class hands in what classes hand in: marks are as they should be, and nobody's submission stops another's."""

import csv
import os
import shutil

import nbformat
import pytest

from rpn_edu import cli
from rpn_edu.course import checking, rows
from rpn_edu.course.marking import MARK, mark
from rpn_edu.kit.sources import exercises
from rpn_edu.kit.submissions import Submission

FEATURES, G, FIT = (
    "def features(x):\n    return torch.cat([x, x**2, x**3], -1)",
    "def g(x, w, c):\n    return features(x) @ w + c",
    "def fit(x, y):\n    return torch.linalg.lstsq(features(x), y).solution",
)
HALF = FEATURES.replace("x, x**2, x**3", "x**3, x**2, x")
WRONG = "def g(x, w, c):\n    return w"
HANGING = "def features(x):\n    import threading\n    threading.Event().wait()"
CRASHING = "import os\nos.abort()"
EATING = "features = [bytearray(2**28) for _ in range(2**10)]"
WARNING = f"import warnings\n{FEATURES.replace('return', 'warnings.warn(str(x)); return')}"
REDEFINED = "def check(*given):\n    return 1\nfloat = print = check\n" + G


@pytest.fixture(scope="module")
def copy(built):
    """The student's copy of chapter 00 without what the exercises do not need: three answers in it make a submission."""

    def written(*answers):
        book = nbformat.read(built / "student" / "00_start.ipynb", as_version=4)
        book.cells = [cell for cell in book.cells if "nbgrader" in cell.metadata]
        for cell, answer in zip(book.cells[::2], answers):
            cell.source = answer or cell.source
        book.cells.insert(0, nbformat.v4.new_code_cell("import torch"))
        return book

    return written


def without(book, *numbers):
    book.cells = [cell for number, cell in enumerate(book.cells) if number not in numbers]
    return book


def edited(book, number, source):
    book.cells[number].source = source
    return book


def bare(book):
    """As a program that keeps no metadata saves it."""
    for cell in book.cells:
        cell.metadata.clear()
    return book


@pytest.fixture(scope="module")
def marks(built, copy):
    """The rows of marks.csv for a class, by student and exercise, and what the command printed twice."""
    handed = {
        "ada/00_start/00_start": copy(FEATURES, G, FIT),
        "ben/what I did": copy(HALF, WRONG, None),
        "cem": copy(
            HANGING, "def g(x, w, c):\n    return x @ w + c", "def fit(x, y):\n    return torch.linalg.lstsq(x, y).solution.expand(3)"
        ),
        "dee": copy(FEATURES, CRASHING, FIT),
        "eva": without(copy(EATING, "%%", "def fi("), 6),
        "fay/x": edited(without(copy(FEATURES, REDEFINED), 5), 2, 'print("✓ all is right")'),
        "gil/x": edited(without(bare(copy(FEATURES, G, FIT)), 2), 1, f'{WARNING}\n\ncheck("00", 1, features)'),
    }
    folder = built / "submitted"
    for name, book in handed.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(book, folder / f"{name}.ipynb")
    (folder / "ida").mkdir()
    (folder / "ida/essay.docx").write_bytes(b"PK")
    (folder / "ida/00_start.ipynb").write_text('{"cells": [')
    (folder / "jon.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])))
    (folder / "ada/.ipynb_checkpoints").mkdir()
    shutil.copy(folder / "cem.ipynb", folder / "ada/.ipynb_checkpoints")
    assert cli.main(["course", "grade", str(built), "--time", "20"]) == 0
    with open(built / "marks.csv", encoding="utf-8-sig", newline="") as table:
        lines = list(csv.DictReader(table))
    return {(line["student"], line["exercise"] or line["file"]): line for line in lines}


WANTED = {
    "ada": (("1", "right", "✓"), ("1", "right", "✓"), ("1", "right", "✓")),
    "ben": (("0.5", "part", "The order is reversed."), ("0", "wrong", "✗"), ("0", "empty", "Exercise 3 is waiting")),
    "cem": (("0", "timeout", "Stopped after 20 seconds."), ("0", "wrong", "✗"), ("0", "wrong", "✗")),
    "dee": (("1", "right", "✓"), ("0", "crashed", "The kernel died"), ("0", "crashed", "The kernel died")),
    "eva": (("0", "wrong", "MemoryError"), ("0", "wrong", "UsageError"), ("0", "wrong", "SyntaxError")),
    "fay": (
        ("1", "right", "The check was edited, and is back"),
        ("1", "right", "✓"),
        ("0", "missing", "The cell of the answer is not there."),
    ),
    "gil": (("1", "right", "✓"), ("1", "right", "✓"), ("1", "right", "✓")),
    "ida": (("0", "missing", "Nothing was handed in"),) * 3,
    "jon": (("0", "missing", "Nothing was handed in"),) * 3,
}


@pytest.mark.parametrize("student", WANTED)
def test_a_submission_gets_its_marks_and_a_word_on_each(student, marks):
    for number, (worth, state, words) in enumerate(WANTED[student], 1):
        row = marks[student, str(number)]
        assert (row["mark"], row["of"], row["state"]) == (worth, "1", state) and words in row["says"], row


def test_files_that_are_no_notebooks_of_the_course_are_told_with_their_reason(marks):
    told = {row["file"]: row["says"] for row in marks.values() if row["state"] == "file"}
    assert told.keys() == {"ida/essay.docx", "ida/00_start.ipynb", "jon.ipynb"}
    assert told["jon.ipynb"].startswith("This notebook holds no exercise") and "This is not a notebook" in told["ida/00_start.ipynb"]


def test_a_second_run_marks_what_changed_alone(marks, built, copy, monkeypatch, capsys):
    from rpn_edu.kit.grader import marks as module

    ran = []
    true = module.run
    monkeypatch.setattr(module, "run", lambda room, row, student: ran.append(student) or true(room, row, student))
    before = (built / "marks.csv").read_bytes()
    assert cli.main(["course", "grade", str(built), "--time", "20"]) == 0 and not ran and (built / "marks.csv").read_bytes() == before
    nbformat.write(copy(None, None, None), built / "submitted/ada/newer.ipynb")
    os.utime(built / "submitted/ada/newer.ipynb", (2**31, 2**31))
    assert cli.main(["course", "grade", str(built), "--time", "20"]) == 0 and ran == ["ada"]
    assert "ada,00,1,0,1,empty" in (built / "marks.csv").read_text(encoding="utf-8-sig")
    assert "00_start/00_start.ipynb" in (built / "marks.csv").read_text(encoding="utf-8-sig"), "the older one is told"
    assert "ada         0\n" in capsys.readouterr().out


def test_where_the_check_itself_failed_there_is_no_mark_until_a_person_gives_one(marks, built):
    from rpn_edu.kit.grader.marks import Room, points

    chapter = rows.chosen(["00"])[0]
    found = points(Room(built, 20, 2), chapter, "gil", {"00-2"})
    assert found == {"00-1": 1, "00-2": None, "00-3": 1}


def test_what_could_not_be_run_at_all_gets_no_mark_and_says_why(built, copy, monkeypatch):
    from rpn_edu.kit.grader import marks as module

    log = "[ERROR] There was an error\n    Traceback\n    RuntimeError: no kernel\n[ERROR] There was an error"
    monkeypatch.setattr(module, "run", lambda *given: log)
    chapter = rows.chosen(["00"])[0]
    one = Submission("kim", built / "submitted/kim.ipynb", copy(FEATURES), "00", "")
    lines = list(module.marks(one, module.Room(built, 20, 2), chapter, exercises(chapter), False))
    assert [(line.mark, line.state, line.says) for line in lines] == [("", "fault", "It could not be run. RuntimeError: no kernel")] * 3


def test_a_course_that_was_not_built_and_one_that_nobody_has_answered_are_told(tmp_path, capsys):
    with pytest.raises(SystemExit):
        cli.main(["course", "grade", str(tmp_path)])
    assert "has no course to mark: `rpn-edu course build OUT`" in capsys.readouterr().err


def test_the_help_says_that_code_of_students_is_run_and_how_to_shut_it_in(capsys):
    with pytest.raises(SystemExit):
        cli.main(["course", "grade", "--help"])
    told = capsys.readouterr().out
    assert "runs the code of students, as you" in told and "docker run --rm --network none --memory" in told


def test_a_check_that_fails_itself_gives_no_mark(monkeypatch):
    mark("00", 1, None)
    monkeypatch.setitem(checking.EXERCISES, ("00", 1), lambda answer: 1 / 0)
    found = mark("00", 1, 3)
    assert (found.worth, found.state) == (0, "fault") and "a fault of the course" in found.says
    assert found._repr_mimebundle_() == {"text/plain": "0", MARK: {"state": "fault", "says": found.says}}
