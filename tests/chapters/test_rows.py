"""A chapter is one row: what it is made of, what is derived, and what is said when something is missing."""

import json
import re
import shutil

import pytest

from rpn_edu.course import SYMBOLS
from rpn_edu.course.quiz import read as questions
from tools import chapters
from tools.chapters import ROOT, answers, missing
from tools.lint import findings

NUMBER = f"{len(chapters.chapters()):02}"  # the next free one
NAME = f"{NUMBER}_made_up"
ROW = {"title": "Made up: a chapter", "minutes": 7, "objective": "add a chapter | with a bar", "needs": ["06_depth"], "extras": []}
FIRST = f"# {NUMBER} · Made up: a chapter\n\nYou need about 7 minutes. The chapter before is 06, depth."
QUESTIONS = """
[[recall]]
question = "What does κ make of x?"
options = [
    { text = "outputs", reason = "Those are made by the whole formula." },
    { text = "features", reason = "They are what the model sees.", right = true },
]
"""


def add(root, row=ROW, first=FIRST, name=NAME):
    """What one does to add a chapter, and nothing else: its notebook with its row, and what it has beside it."""
    cells = [{"cell_type": "markdown", "source": first.splitlines(keepends=True)}]
    book = {"cells": cells, "metadata": {"rpn_edu": {**row, "explorers": 5, "controls": 15}}}
    (root / f"notebooks/{name}.ipynb").write_text(json.dumps(book), encoding="utf-8")
    for what, place in chapters.BESIDE.items():
        (root / place.format(name)).write_text(QUESTIONS if what == "questions" else "\n", encoding="utf-8")


@pytest.fixture
def checkout(tmp_path):
    """A copy of what a checkout says of its chapters."""
    for place in ("notebooks/{}.ipynb", *chapters.BESIDE.values()):
        (tmp_path / place).parent.mkdir(parents=True)
        for path in ROOT.glob(place.format("*")):
            shutil.copy(path, tmp_path / path.relative_to(ROOT))
    for name in ("README.md", "pyproject.toml", "notebooks/symbols.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_every_chapter_has_its_row_and_all_that_stands_beside_it_and_readme_tells_it():
    assert missing() == []
    assert {path.stem for path in chapters.files()} - {chapter.name for chapter in chapters.chapters()} == {"gallery"}


def test_a_chapter_is_added_by_its_notebook_and_what_stands_beside_it_alone(checkout):
    before = (checkout / "README.md").read_text(encoding="utf-8")
    add(checkout)
    old = "README.md", f"{chapters.chapters()[-1].name}.ipynb", f"{NAME}.ipynb"
    assert missing(checkout) == [f"{name} tells old rows: run python -m tools.chapters" for name in old]
    chapters.main(checkout)
    assert missing(checkout) == []
    own = chapters.chapters(checkout)[-1]
    assert (own.name, own.number, own.label, own.minutes, own.explorers) == (NAME, NUMBER, f"{NUMBER} Made up", 7, 5)
    assert findings(own.path) == []
    assert len(questions(checkout / chapters.BESIDE["questions"].format(NAME))["recall"]) == 1 and answers(NAME, checkout).is_file()
    line = rf"| [{NUMBER} Made up](notebooks/{NAME}.ipynb) | add a chapter \| with a bar | 7 |"
    gallery = next(line for line in before.splitlines() if "gallery.ipynb" in line)
    assert (checkout / "README.md").read_text(encoding="utf-8") == before.replace(gallery, f"{line}\n{gallery}")


LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


@pytest.mark.parametrize("number", range(int(NUMBER)))
def test_a_chapter_leads_to_its_neighbours_and_to_where_one_looks_things_up_from_its_first_and_its_last_text(number, checkout):
    row, names = chapters.chapters(checkout)[number], [one.name for one in chapters.chapters(checkout)]
    cells = [cell for cell in chapters.notebook(row.path)["cells"] if cell["cell_type"] == "markdown"]
    beside = [f"{name}.ipynb" for name in names[max(number - 1, 0) : number + 2] if name != row.name]
    for cell in (cells[0], cells[-1]):
        links = LINK.findall(next(line for line in cell["source"] if "catalogue.md" in line))
        assert [target for _, target in links] == [*beside, "gallery.ipynb", "catalogue.md", "symbols.md"]
        assert all((ROOT / "notebooks" / target).is_file() for _, target in links)
        assert [label for label, _ in links[: len(beside)]] == [chapters.read(checkout / "notebooks" / name).label for name in beside]
    before = row.path.read_text(encoding="utf-8")
    row.path.write_text(before.replace("[catalogue](catalogue.md)", "its name"), encoding="utf-8")
    chapters.main(checkout)
    assert row.path.read_text(encoding="utf-8") == before


def test_the_page_of_symbols_tells_all_of_them_and_is_up_to_date():
    page = (ROOT / "notebooks/symbols.md").read_text(encoding="utf-8")
    assert page == chapters.symbols_page() and len(page.splitlines()) == 6 + len(SYMBOLS)
    assert r"| κ\_ξ | kappa xi |" in page and page.count("| `head.") >= 4


LACKS = {
    "title": ({"title": ""}, "title in metadata.rpn_edu must be of type str, got ''"),
    "minutes": ({"minutes": "7"}, "minutes in metadata.rpn_edu must be of type int, got '7'"),
    "objective": ({"objective": None}, "objective in metadata.rpn_edu must be of type str, got None"),
    "typo": ({"minuts": 7}, "metadata.rpn_edu has an unknown minuts; did you mean minutes?"),
}


@pytest.mark.parametrize("name", LACKS)
def test_a_row_that_is_not_whole_is_refused_with_its_notebook_and_readme_stays(name, checkout):
    change, said = LACKS[name]
    before = (checkout / "README.md").read_bytes()
    add(checkout, ROW | change)
    with pytest.raises(SystemExit) as stopped:
        chapters.main(checkout)
    assert stopped.value.code == f"{NAME}.ipynb: {said}"
    assert (checkout / "README.md").read_bytes() == before


DIFFER = {
    "heading": (
        {"title": "Made up: another"},
        f"begins with '# {NUMBER} · Made up: a chapter', its row says '# {NUMBER} · Made up: another'",
    ),
    "minutes": ({"minutes": 8}, "does not say in its first cell that it takes about 8 minutes"),
    "needs": ({"needs": ["05_heads_and_channels"]}, "does not say in its first cell that it needs chapter 05"),
    "unknown chapter": ({"needs": ["06_deep"]}, "needs '06_deep', which is no chapter before it; did you mean 06_depth?"),
    "itself": ({"needs": [NAME]}, f"needs '{NAME}', which is no chapter before it"),
    "unknown extra": ({"extras": ["explorer"]}, "needs 'explorer', which is no extra of pyproject.toml; did you mean explore?"),
}


@pytest.mark.parametrize("name", DIFFER)
def test_a_row_that_differs_from_its_notebook_or_needs_what_nobody_has_is_told(name, checkout):
    change, said = DIFFER[name]
    add(checkout, ROW | change)
    found = [sentence for sentence in missing(checkout) if "tells old rows" not in sentence]
    assert any(sentence.startswith(f"{NAME} {said}") for sentence in found) and len(found) <= 2


def test_a_number_that_is_left_out_is_told(checkout):
    add(checkout, first=FIRST.replace(NUMBER, "99"), name="99_made_up")
    assert f"99_made_up begins with another number than the next one, {NUMBER}" in missing(checkout)


@pytest.mark.parametrize("what", chapters.BESIDE)
def test_questions_exercises_solutions_or_answers_that_are_missing_or_left_over_are_told(what, checkout):
    add(checkout)
    chapters.main(checkout)
    file = checkout / chapters.BESIDE[what].format(NAME)
    file.rename(file.with_stem("98_old"))
    place = chapters.BESIDE[what].format
    assert missing(checkout) == [f"{NAME} lacks its {what}: {place(NAME)}", f"{place('98_old')} belongs to no chapter"]


def test_what_people_write_into_a_row_outlives_the_storing_of_a_notebook(tmp_path, monkeypatch):
    from tools import store_notebooks

    path = tmp_path / "book.ipynb"
    row = ROW | {"explorers": 0, "controls": 0}
    path.write_text(json.dumps({"cells": [], "metadata": {"rpn_edu": row}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    monkeypatch.setattr(store_notebooks, "execute", lambda book, folder, last: '{"explorers": 5, "controls": 15}')
    store_notebooks.store(path)
    assert chapters.read(path)[1:] == (*ROW.values(), 5, 15)
