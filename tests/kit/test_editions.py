"""Each edition holds what it is for, and a student's package works without what students must not see."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import nbformat
import pytest

from rpn_edu import cli
from rpn_edu.course import rows
from rpn_edu.course.marking import mark
from rpn_edu.kit import notes, sources
from rpn_edu.kit.fade import LEVELS, sheet
from rpn_edu.kit.links import LINK, linked
from rpn_edu.kit.names import given, needed, used

CHAPTERS = {row.name: row for row in rows.chapters()}


def book(folder, name):
    return nbformat.read(folder / f"{name}.ipynb", as_version=4)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_student_s_copy_has_the_stubs_and_locked_checks_and_else_what_the_chapter_has(name, built):
    copy, chapter = book(built / "student", name), sources.original(CHAPTERS[name])
    asked = sources.exercises(CHAPTERS[name])
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in copy.cells if "nbgrader" in cell.metadata}
    assert list(cells) == [key for one in asked for key in (f"{one}-answer", one)] and asked
    for key, one in asked.items():
        stub, check = cells[f"{key}-answer"], cells[key]
        assert stub.source.strip() == one.stub and check.source.splitlines()[1:] == [one.call] and not stub.outputs + check.outputs
        assert (
            check.metadata.editable is check.metadata.deletable is stub.metadata.deletable is False and check.metadata.nbgrader.points == 1
        )
    rest = [(cell.source, cell.get("outputs")) for cell in copy.cells if "nbgrader" not in cell.metadata]
    assert rest == [(cell.source, cell.get("outputs")) for cell in chapter.cells if not sources.exercise(cell, CHAPTERS[name])]
    assert copy.metadata.keys() == {"kernelspec", "language_info", "rpn_edu"} and not any(cell.get("attachments") for cell in copy.cells)


@pytest.mark.parametrize("name", CHAPTERS)
def test_solutions_are_worth_a_point_each_and_stubs_nothing(name):
    place = {}
    exec("import math\nimport torch\nimport rpn_edu as rpn\nfrom rpn_edu.explore import *\nfrom rpn_edu.learn import *", place)
    for one in sources.exercises(CHAPTERS[name]).values():
        for code, worth, state in ((one.stub, 0, "empty"), (one.code, 1, "right")):
            exec(code, place)
            found = mark(one.chapter, one.number, place[one.name])
            assert (found.worth, found.state) == (worth, state), one.key


@pytest.mark.parametrize("edition", ["student", "solution"])
def test_the_links_of_an_edition_lead_to_what_is_there(edition, built):
    for page in (*(built / edition).glob("*.md"), *(built / edition).glob("*.ipynb")):
        cells = (
            json.loads(page.read_text())["cells"] if page.suffix == ".ipynb" else [{"cell_type": "markdown", "source": page.read_text()}]
        )
        for cell in cells:
            for link in LINK.finditer("".join(cell["source"])) if cell["cell_type"] == "markdown" else ():
                assert (page.parent / link[2]).exists() or not link[2].endswith((".ipynb", ".md")), (page.name, link[0])


def test_a_link_to_a_chapter_that_was_not_built_is_words():
    assert linked("[02 ψ](02_x.ipynb), [gallery](gallery.ipynb#a)", {"gallery.ipynb"}) == "02 ψ, [gallery](gallery.ipynb#a)"


def test_a_wrong_command_says_what_there_is(capsys, tmp_path):
    for typed, answer in ((["--chapters", "2"], "no chapter is called '2'; did you mean"), (["--edition", "x"], "invalid choice: 'x'")):
        with pytest.raises(SystemExit):
            cli.main(["course", "build", str(tmp_path / "out"), *typed])
        assert answer in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# ---- the package that students install ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(built, tmp_path_factory):
    """The wheel of students, unpacked, and the names in it."""
    place = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(next((built / "student").glob("*.whl"))) as wheel:
        assert wheel.testzip() is None
        wheel.extractall(place)
    return place


def test_the_record_of_the_wheel_tells_every_file(package):
    record = next(package.glob("*.dist-info")) / "RECORD"
    told = [line.rsplit(",", 2)[0] for line in record.read_text().splitlines()]
    assert sorted(told) == sorted(path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())


def test_pip_takes_the_wheel_and_its_metadata_are_those_of_the_package(built, tmp_path):
    wheel = next((built / "student").glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(tmp_path), str(wheel)]
    assert subprocess.run(pip, capture_output=True, text=True).returncode == 0
    code = "import importlib.metadata as m, rpn_edu; print(rpn_edu.__version__, m.version('rpn_edu'), rpn_edu.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    version, told, where = done.stdout.split()
    assert version == told and where.startswith(str(tmp_path))
    assert (tmp_path / "share/jupyter/labextensions/rpn_edu/package.json").exists()


def test_a_student_s_package_opens_their_chapters_and_says_what_it_has_not(package, built, tmp_path):
    code = """
import sys; from rpn_edu import cli; from rpn_edu.shared import machine
machine.become = lambda *told: None
assert cli.main(["lab"]) == 0
from rpn_edu.course import check, solution
check("00", 1, lambda x: x); check("00", 1, lambda x: x); check("00", 1, lambda x: x)
print(solution("00", 1), cli.main(["course", "build"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(package)}, capture_output=True, text=True
    )
    assert done.stdout == "This edition of the course comes without solutions. Ask the person who gave it to you. 1\n", done.stderr
    assert done.stderr == "This is the students' edition: what makes and marks a course comes with the teacher's.\n"
    settled = book(tmp_path / "rpn_edu_course", "02_reconciliation")
    assert [cell.source for cell in settled.cells] == [cell.source for cell in book(built / "student", "02_reconciliation").cells]


# ---- which cells need which ---------------------------------------------------------------------------------------------------------


def test_a_cell_gives_names_and_asks_for_those_that_it_gives_later_or_not_at_all():
    cell = "import a.b\nx = y = f(z)\ny += 1\nt += 1\ndef g(u):\n    return u + v\n[i for i in w]"
    assert given(cell) == {"a", "x", "y", "t", "g"} and used(cell) == {"f", "z", "t", "v", "w"}


def test_only_what_an_answer_depends_on_is_needed():
    cells = [
        "import torch",
        "def reads(w):\n    return torch.ones(w, k)",
        "k = 1",
        "Explorer(reads)",
        "k = 3",
        "j = 1",
        "j = 2",
        "print(reads(j))",
    ]
    assert needed(cells, {7}) == {0, 1, 2, 4, 6, 7} and needed(cells, {5}) == {5}


# ---- worked examples at three levels ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    out = tmp_path_factory.mktemp("fade")
    assert cli.main(["course", "build", str(out), "--fade"]) == 0 and [path.name for path in out.iterdir()] == ["fade"]
    return out / "fade"


def run(page):
    """The code and the error of each cell of a page that stops, run to its end; the errors of cells without the tag are raised."""
    place = {"__name__": "__main__"}
    for cell in sources.code(page):
        try:
            exec(compile(cell.source, "sheet", "exec"), place)
        except Exception as error:
            assert cell.metadata.get("tags") == ["raises-exception"], error
            yield cell.source, error


def examples(page, row):
    """The worked examples of a page, from top to bottom: how many there are is told by the notes."""
    return [cell.source for cell in sources.code(page)][-len(notes.read(row).fade) :]


FADED = {name: row for name, row in CHAPTERS.items() if notes.read(row).fade}


@pytest.mark.parametrize("row", FADED.values(), ids=FADED)
def test_an_example_is_complete_has_its_gap_or_is_blank_and_no_gap_stops_the_page(row, sheets):
    complete, gap, blank = (book(sheets, f"{row.name} ({level})") for level in LEVELS)
    told = {fade.cell: {part.strip() for part in fade.gap} for fade in notes.read(row).fade}
    for whole, holed, empty in zip(*(examples(page, row) for page in (complete, gap, blank)), strict=True):
        lines = whole.split("\n")
        assert [line.strip() for line in lines if line not in holed.split("\n")] == [
            line.strip() for line in lines if line.strip() in told[lines[0]]
        ]
        kept = [line for line in empty.split("\n") if "replace this line" not in line]
        first = next(k for k, line in enumerate(holed.split("\n")) if "replace this line" in line)
        while lines[first].startswith(" "):
            first -= 1
        assert kept[:first] == lines[:first]  # what is given stays
        assert len(kept) < len(lines) and {*kept} <= {*lines}
    assert not [*run(complete)]
    for page in (gap, blank):
        stopped = [*run(page)]
        assert [source for source, _ in stopped] == examples(page, row)
        for source, error in stopped:
            first = next(line for line in source.split("\n") if line.endswith("  # replace this line"))
            assert type(error) is NotImplementedError and first.strip() == f'raise NotImplementedError("{error}")  # replace this line'


def test_a_gap_that_is_not_filled_names_what_is_to_be_written(sheets):
    def said(name):
        return [str(error) for _, error in run(book(sheets, name))]

    assert said("02_reconciliation (gaps)") == ["this gap is not filled yet: low_rank"]
    assert said("09_structured_data (gaps)") == [f"this gap is not filled yet: {name}" for name in ("maps", "state", "A")]
    (lines,) = examples(book(sheets, "01_expansion (gaps)"), CHAPTERS["01_expansion"])
    inside, after = (line for line in lines.split("\n") if "replace this line" in line)
    assert inside.startswith("    raise") and 'yet: T"' in inside and after.startswith("raise") and 'yet: by_hand"' in after
    (lines,) = examples(book(sheets, "06_depth (blank)"), CHAPTERS["06_depth"])
    assert 'raise NotImplementedError("this gap is not filled yet: H_1, H_2")  # replace this line' in lines.split("\n")
    (lines,) = examples(book(sheets, "08_one_formula (blank)"), CHAPTERS["08_one_formula"])
    assert "kappa, by_hand, by_sklearn, by_library" in lines and lines.startswith("x, y, rows, _ = rpn.data.moons(40)")


def test_a_gap_that_its_chapter_has_not_is_told():
    row = CHAPTERS["02_reconciliation"]
    good = notes.read(row).fade[0]
    for wrong, words in (
        (replace(good, gap=("x = 1",)), "is no line of its cell: x = 1"),
        (replace(good, cell="no"), "of no cell that begins so: no"),
    ):
        with pytest.raises(ValueError, match=words):
            sheet(row, {wrong.cell: wrong}, "gaps")
