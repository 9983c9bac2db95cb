"""What a learner did is noted in the learner's own folder, and nowhere else."""

import subprocess
import sys

import pytest

from rpn_edu.shared import progress
from rpn_edu.shared.progress import note, noted
from tests.help import ROOT


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
