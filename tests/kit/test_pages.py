"""The pages for teachers: their links hold, their minutes are those of the chapters, and what they tell to write works."""

import re
import shlex

import pytest

from rpn_edu.cli import main
from rpn_edu.course.rows import chapters
from rpn_edu.kit.notes import outline
from tests.help import ROOT
from tests.test_contributing import PLACE, blocks

PAGES = sorted((ROOT / "rpn_edu/kit/pages").glob("*.md"))
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
LINE = re.compile(r"^\| (?P<when>[^|]+) \| (?P<label>\d\d [^|]+) \| (?P<minutes>\d+) \| (?P<exercises>\d+) \|", re.M)
TOGETHER = re.compile(r"^Together: (\d+) minutes, and (\d+) for the exercises\.", re.M)


def page(name):
    return (ROOT / f"rpn_edu/kit/pages/{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_of_the_pages_hold(path):
    text = re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.S)
    dead = [link for link in LINK.findall(text) if "://" not in link and not (path.parent / link).exists()]
    assert dead == []


def test_readme_leads_to_the_pages():
    """Those that it does not name itself are named by one that it names."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = {path for path in PAGES if f"rpn_edu/kit/pages/{path.name}" in readme}
    further = {(path.parent / link).resolve() for path in named for link in LINK.findall(path.read_text(encoding="utf-8"))}
    assert PAGES and {path.stem for path in PAGES} <= {path.stem for path in named | further}


def test_what_the_page_on_own_material_tells_to_write_works(tmp_path, monkeypatch):
    """Files are written, then cells run one after the other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    text, place = page("own_material"), {}
    for language in ("toml", "python"):
        for block in blocks(text, language):
            if file := PLACE.match(block):
                (tmp_path / file[1]).write_text(block[file.end() :], encoding="utf-8")
    cells = [block for block in blocks(text, "python") if not PLACE.match(block)]
    assert len(cells) >= 7
    for cell in cells:
        exec(compile(cell, "own_material.md", "exec"), place)
    assert "Teacher ·" in (tmp_path / "10_blocks_teacher.ipynb").read_text(encoding="utf-8")


# ---- the syllabus -----------------------------------------------------------------------------------------------------------------------


def courses():
    """The sections of the syllabus that have a table: their name and their text."""
    parts = re.split(r"^## (.+)\n", page("syllabus"), flags=re.M)
    return {name: text for name, text in zip(parts[1::2], parts[2::2]) if LINE.search(text)}


@pytest.mark.parametrize("name", courses())
def test_the_minutes_of_the_syllabus_are_those_of_the_chapters(name):
    rows = {row.label: row for row in chapters()}
    lines = [*LINE.finditer(courses()[name])]
    for line in lines:
        row = rows[line["label"].strip()]
        exercises = sum(part.minutes for part in outline(row) if part.heading == "Exercises")
        assert (int(line["minutes"]), int(line["exercises"])) == (row.minutes, exercises), line[0]
    told = re.search(TOGETHER, courses()[name])
    assert [int(told[1]), int(told[2])] == [sum(int(line[which]) for line in lines) for which in ("minutes", "exercises")]


@pytest.mark.parametrize("name", courses())
def test_a_chapter_of_the_syllabus_comes_after_those_that_it_needs(name):
    rows = {row.label: row for row in chapters()}
    taught = [rows[line["label"].strip()] for line in LINE.finditer(courses()[name])]
    for number, row in enumerate(taught):
        assert {*row.needs} <= {before.name for before in taught[:number]}, row.name


def test_there_is_a_syllabus_for_a_half_day_four_weeks_and_a_term_which_has_all_chapters():
    taught = {name: len(LINE.findall(text)) for name, text in courses().items()}
    assert [*taught] == ["A half day", "Four weeks", "A term"] and [*taught.values()][-1] == len(chapters())


# ---- commands ---------------------------------------------------------------------------------------------------------------------------


def typed():
    """Every `rpn-edu ...` of the pages, in blocks and in sentences."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    return sorted({line.partition("  #")[0] for line in re.findall(r"^rpn-edu .*|(?<=`)rpn-edu [^`]+(?=`)", text, re.M)})


@pytest.mark.parametrize("line", typed())
def test_a_command_of_the_pages_is_one_and_takes_what_is_written_behind_it(line, capsys):
    _, *words = shlex.split(line)
    name = words[:2] if words[0] == "course" else words[:1]
    with pytest.raises(SystemExit) as ended:
        main([*name, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0, said
    options = [word for word in words if word.startswith("--")]
    assert [option for option in options if option not in said] == []
