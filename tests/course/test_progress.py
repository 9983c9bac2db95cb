"""What a learner did is noted in the learner's own folder, and nowhere else."""

import re
import subprocess
import sys

import pytest

from rpn_edu.course import progress as shown
from rpn_edu.shared import progress
from rpn_edu.shared.progress import note, noted
from tests.help import ROOT
from tools.chapters import chapters


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A learner's own folder, the kernel in its chapter 01."""
    (tmp_path / "mine" / progress.MARK).mkdir(parents=True)
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "mine" / "01_expansion.ipynb"))
    return tmp_path / "mine"


def test_the_last_answer_counts_and_a_skip_is_no_answer(mine):
    for right in (False, True, None):
        note("prediction", "Do they stay below 1?", right)
    note("prediction", "How many are there?", None)
    note("exercise", "2 · ψ", False, chapter="02")
    note("exercise", "2 · ψ", True, chapter="02_reconciliation")
    first = {"Do they stay below 1?": True, "How many are there?": None}
    assert noted(mine) == ({("01", "prediction"): first, ("02", "exercise"): {"2 · ψ": True}}, 0)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(("01_expansion", "01"), ("01_expansion-Copy1", "01"), ("01_expansion (newer)", "01")),
        *(("gallery", ""), ("2026 notes", ""), ("x01_y", "")),
    ],
)
def test_a_copy_of_a_chapter_counts_for_the_chapter_and_other_notebooks_for_none(name, number, mine, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(mine / "week 1" / f"{name}.ipynb"))
    note("exercise", "1", True)
    assert noted(mine)[0] == ({(number, "exercise"): {"1": True}} if number else {})


def test_vs_code_tells_its_notebook_by_a_variable(mine, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    note("exercise", "1", True)
    monkeypatch.setattr(sys.modules["__main__"], "__vsc_ipynb_file__", str(mine / "03_remainder.ipynb"), raising=False)
    note("exercise", "1", True)
    assert noted(mine) == ({("03", "exercise"): {"1": True}}, 0)


def test_outside_of_a_learners_own_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for told in ("", "01_expansion.ipynb", str(ROOT / "notebooks/01_expansion.ipynb")):
        monkeypatch.setenv("JPY_SESSION_NAME", told)
        note("exercise", "1", True, chapter="01")
    assert list(tmp_path.iterdir()) == [] and progress.home(ROOT / "notebooks/01_expansion.ipynb") is None


def test_two_kernels_that_note_at_once_lose_nothing(mine):
    code = (
        "import sys; from rpn_edu.shared.progress import note; "
        "[note('exercise', f'{sys.argv[1]} {i}' + 'x' * 500, True) for i in range(500)]"
    )
    kernels = [subprocess.Popen([sys.executable, "-c", code, str(k)], cwd=ROOT) for k in range(2)]
    assert [kernel.wait() for kernel in kernels] == [0, 0]
    found, lost = noted(mine)
    assert len(found["01", "exercise"]) == 1000 and lost == 0


def test_what_cannot_be_read_is_counted_and_spoils_no_other_note(mine):
    note("exercise", "1", True)
    with progress.file_of(mine).open("ab") as file:
        file.write(b'\n\xff\xfe\n{"no": "note"}\n["01", "exercise", "2", "yes"]\n["01", "exer')  # the last: cut by a crash
    note("exercise", "2", False)
    assert noted(mine) == ({("01", "exercise"): {"1": True, "2": False}}, 4)


def test_what_cannot_be_written_is_said_and_stops_nobody(mine, capsys):
    progress.file_of(mine).mkdir()
    note("exercise", "1", True)
    assert "Your progress is not noted: " in capsys.readouterr().err


# ---- what the start page shows --------------------------------------------------------------------------------------------------------


def told(chapter: str) -> list[str]:
    """The cells of a chapter's row, as a terminal shows them."""
    return next(re.split(r" {2,}", line) for line in repr(shown()).splitlines() if line.startswith(chapter))


@pytest.fixture
def all_there(mine):
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        (mine / path.name).touch()


def test_the_table_tells_what_was_answered_and_what_was_right(mine):
    title, minutes, predictions, _ = told("01 · ")
    asked = int(re.fullmatch(r"0 of (\d+)", predictions)[1])
    row = chapters()[1]
    assert (title, int(minutes)) == (f"01 · {row.title}", row.minutes) and asked == row.path.read_text().count("Predict(")
    for name, right in (("a", True), ("b", False), ("c", None)):
        note("prediction", name, right)
    assert told("01 · ")[2] == f"2 of {asked}, 1 right"
    for name in range(asked + 3):
        note("prediction", f"asked before the chapter was revised {name}", True)
    assert told("01 · ")[2] == f"{asked + 5} of {asked + 5}, {asked + 4} right"


def test_what_was_wrong_is_to_be_repeated_until_it_is_right(all_there):
    note("exercise", "2", False)
    note("prediction", "Is ψ < κ?", False)
    note("prediction", "skipped", None)
    assert repr(shown()).splitlines()[-2:] == ["To repeat, 01: Is ψ < κ?", "To repeat, 01: exercise 2"]
    assert '<li><a href="01_expansion.ipynb">01</a> Is ψ &lt; κ?</li>' in shown().page()
    note("prediction", "Is ψ < κ?", True)
    note("exercise", "2", True)
    assert "To repeat" not in repr(shown()) + shown().page()


def test_what_cannot_be_read_and_where_nothing_is_noted_is_told(mine, all_there, monkeypatch):
    assert len(repr(shown()).splitlines()) == 1 + len(chapters()), "all is well, and nothing more is said"
    progress.file_of(mine).write_bytes(b"\nwhat\nis\nthis")
    assert f"3 lines of what was noted cannot be read: {progress.file_of(mine)}" in repr(shown())
    monkeypatch.setenv("JPY_SESSION_NAME", "")
    assert "Nothing is noted here: `make lab` or `rpn-edu lab`" in repr(shown()) and "cannot be read" not in repr(shown())


def test_a_screen_reader_hears_what_each_cell_belongs_to(mine):
    page = shown().page()
    assert page.count('<th scope="row"') == len(chapters()) and page.count('<th scope="col"') == 4 and "<caption" in page
    assert len(re.findall("<td", page)) == 3 * len(chapters())
