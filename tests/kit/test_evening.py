"""The evening before: what is tried, and that what goes wrong is told with its exit code. The parts have tests of their own."""

import pytest

from rpn_edu import cli
from rpn_edu.course.rows import chosen
from rpn_edu.doctor import Finding, needs
from rpn_edu.kit import evening
from rpn_edu.kit.leaks import Leak, Needle, Search

ROWS = chosen(["02", "03"])
NEEDLE = Needle("02-1", "best = (5, 4)")


@pytest.fixture
def built(monkeypatch, tmp_path):
    """Editions that hold a file each, and what the leaks and the marks of them shall be."""
    told = {"leaks": [], "wrong": []}

    def edition(name):
        def build(out, rows):
            (out / name).mkdir()
            for row in rows:
                (out / name / row.path.name).write_text(name, encoding="utf-8")
            print("a line of its own")

        return build

    def marked(room):
        from rpn_edu.kit.grader.marks import Row

        for path in (room.out / "submitted").glob("*/*.ipynb"):
            right = path.read_text(encoding="utf-8") == "solution"
            for number in "12":
                line = Row(path.parent.name, path.name[:2], number, f"{right:d}", "1", "right" if right else "empty", "", path.name)
                wrong = (line.student, line.chapter, number) in told["wrong"]
                yield line._replace(mark="0", state="timeout", says="Stopped.") if wrong else line

    monkeypatch.setattr(evening, "EDITIONS", {name: edition(name) for name in ("student", "solution", "teacher")})
    monkeypatch.setattr("rpn_edu.kit.leaks.searched", lambda folder, rows: Search([NEEDLE], [], told["leaks"], 7))
    monkeypatch.setattr("rpn_edu.kit.grader.marks.marked", marked)
    monkeypatch.setattr(evening, "pages", lambda out, rows: iter([Finding("pages")]))
    return told


def test_where_all_is_well_each_chapter_is_told_and_the_last_line_says_ready(built, capsys):
    assert cli.main(["course", "check", "--chapters", "02", "03"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok ") for line in said[:-1]) and said[-1].endswith("Nothing is to be done: you are ready.")
    assert "ok     02 ψ: the solution edition runs, 2 exercises, each 1 of 1" in said
    assert "ok     03 π: the student edition runs, 2 exercises, each 0 of 1" in said
    assert "ok     what students get: 0 leaks of 1 needles in 7 files (0 left out)" in said


def test_a_leak_and_an_exercise_that_its_solution_does_not_solve_are_told_and_turn_the_exit_code(built, capsys):
    built["leaks"].append(Leak("02.ipynb", "cells, 3, source", NEEDLE))
    built["wrong"].append(("solution", "03", "2"))
    assert cli.main(["course", "check", "--chapters", "02", "03"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("to do")] == [
        "to do  what students get: 1 leaks of 1 needles in 7 files (0 left out): 02.ipynb, cells, 3, source: best = (5, 4) (exercise 02-1)",
        "to do  03 π: the solution edition runs, 2 exercises, each 1 of 1: exercise 2 is timeout: Stopped.",
    ]
    assert said[-1].endswith("2 to do.")


def test_a_machine_that_lacks_something_is_told_before_anything_is_built(monkeypatch):
    monkeypatch.setattr("rpn_edu.doctor.findings", lambda: iter([Finding("one"), Finding("two", "mend it")]))
    count = len(needs("teach")) + 2
    assert [*evening.machine_of_a_teacher()] == [
        Finding("two", "mend it"),
        Finding(f"{count - 1} of {count} findings of the doctor are well"),
    ]


def test_an_unknown_chapter_is_refused_with_those_that_are_there(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["course", "check", "--chapters", "2"])
    assert stopped.value.code == 2 and "no chapter is called '2'" in capsys.readouterr().err


def test_slides_and_site_are_made_and_what_sphinx_says_is_told(tmp_path, monkeypatch):
    def build(out, paths, tell):
        assert paths == [ROWS[0].path] and out == tmp_path / "site"
        if tmp_path.joinpath("bad").exists():
            raise ValueError("index.md: a link leads nowhere")
        tell("4.2 MB in 9 s: open site/index.html")

    monkeypatch.setattr("rpn_edu.kit.site.build", build)
    slides, site = evening.pages(tmp_path, ROWS[:1])
    assert slides.what.endswith("slides of 1 chapter") and site == Finding("the site of 1 chapter: 4.2 MB in 9 s")
    tmp_path.joinpath("bad").touch()
    assert [*evening.pages(tmp_path, ROWS[:1])][-1] == Finding("the site", "index.md: a link leads nowhere")
