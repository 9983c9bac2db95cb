"""What is written for teachers belongs to its chapter: every section, question, demo and line of code is there, and every number holds."""

import ast
import dataclasses
import json
import math
import re

import nbformat
import pytest

import rpn_edu as rpn
from rpn_edu.course.rows import chapters, notebook, read as read_row
from rpn_edu.explore import Stack
from rpn_edu.kit.notes import Notes, asked, faults, headings, outline, read, source
from rpn_edu.kit.teacher import MARK, TAG, annotated
from tests.help import ROOT
from tools.questions import numbers_of, printed

every_chapter = pytest.mark.parametrize("row", chapters(), ids=lambda row: row.name)
NOTED = """
aim = "I can say it."
prepare = "Read it."
section = [{ heading = "Recall", say = "Ask." }]
expect = [{ question = "How", wrong = "so", because = "It looks so.", answer = "Look again." }]
discuss = [{ question = "Why?", answer = "So." }]
fade = [{ cell = "x = 1  # one", gap = ["y = 2"], hint = "Two." }]

[[demo]]
name = "one"
section = "Recall"
start = "rpn.reconciliation.LowRank(rank=2)"
picture = "Fabric(n=8, D=24)"
say = "64."
expect = "at()['l'] == 64"
"""


@pytest.fixture
def own(tmp_path):
    """A chapter of one's own: `own(text)` writes the notes beside its notebook, and gives its row."""
    path = tmp_path / "10_mine.ipynb"
    path.write_bytes((ROOT / "notebooks/02_reconciliation.ipynb").read_bytes())

    def written(text):
        path.with_suffix(".toml").write_text(text, encoding="utf-8")
        return read_row(path)

    return written


def shown(code):
    """The explorer that a cell shows last, alone in its kernel."""
    *body, last = ast.parse(code).body
    place = {}
    exec(compile(ast.Module(body, []), "a cell", "exec"), place)
    return eval(compile(ast.Expression(last.value), "a cell", "eval"), place)


@every_chapter
def test_notes_and_chapter_speak_of_the_same(row):
    notes = read(row)
    assert [*faults(notes, row)] == []
    assert [section.heading for section in notes.section] == headings(notebook(row.path)["cells"])


def test_a_demo_is_found_by_its_name():
    names = [demo.name for row in chapters() for demo in read(row).demo]
    assert len(names) >= 2 * len(chapters()) and len(names) == len(set(names))


@every_chapter
@pytest.mark.usefixtures("undrawn")
def test_every_demo_opens_by_its_token_and_shows_the_numbers_that_are_said(row):
    for demo in read(row).demo:
        page = shown(demo.code)
        assert (page.subject, page.picture) == demo.state() and page.token() == demo.token
        page.restore(demo.token)
        assert (page.subject, page.picture) == demo.state() and not page.refused
        assert demo.holds(), f"{row.name}, {demo.name}: {demo.expect}"


@every_chapter
def test_what_is_said_is_plain(row):
    """Short sentences, and none of them twice."""
    notes = dataclasses.asdict(read(row))
    texts = [
        notes["aim"],
        notes["prepare"],
        *(one[key] for name in ("section", "demo", "discuss") for one in notes[name] for key in ("say", "answer") if key in one),
    ]
    long = [sentence for said in texts for sentence in re.split(r"(?<=[.?!:]) ", said) if len(sentence.split()) > 40]
    assert long == [] and len(set(texts)) == len(texts)


def stack_of_gain_1():
    found = Stack(gain=1.0).numbers(rpn.Formula())
    return [round(found["signal"][-1].item(), 2), round(found["gradient"][0].item(), 2)]


def products_of_products():
    """What two layers of order 2 learn for 64 inputs, with 3 numbers in between."""
    layers = rpn.RPN([64, 3, 1], rpn.Formula(rpn.expansion.Taylor(order=2))).layers
    return sum(layer.heads[0].w.numel() for layer in layers)


COMPUTED = {
    "01_expansion": lambda: [10 * rpn.expansion.Chebyshev(degree=5).width(16), 1e-7],
    "02_reconciliation": lambda: [
        *(rpn.reconciliation.LowRank(rank=10).length(1000, 1000), rpn.reconciliation.Kronecker(p=10, q=10).length(1000, 1000)),
        *(1000 + 1000, 100 * 100),
    ],
    "03_remainder": stack_of_gain_1,
    "05_heads_and_channels": lambda: [4 * rpn.reconciliation.LowRank(rank=1).length(12 // 4, 6)],
    "06_depth": lambda: [0.3, round(0.3**6, 4), products_of_products(), round(rpn.expansion.Taylor(order=4).width(64), -6)],
    "09_structured_data": lambda: [rpn.expansion.Windows(8, 8, 1, 4, 3, row_padding=1, column_padding=1).width(64) / 12],
}
"""Numbers that notes say and their chapter does not."""


@every_chapter
def test_a_number_that_is_said_is_one_of_the_chapter_or_of_a_demo_or_is_computed_here(row):
    """Small whole numbers count things. What an outcome tells as a share may be said in percent."""
    notes, cells = read(row), notebook(row.path)["cells"]
    told = numbers_of("\n".join([*(f"{source(cell)}\n{printed(cell)}" for cell in cells), *(demo.expect for demo in notes.demo)]))
    known = {*told, *(round(100 * number, 6) for number in told if abs(number) <= 1), *COMPUTED.get(row.name, list)()}
    texts = [word for one in (*notes.section, *notes.expect, *notes.discuss) for word in dataclasses.asdict(one).values()]
    said = {number for text in texts for number in numbers_of(text) if abs(number) > 20 or not number.is_integer()}
    assert {number for number in said if not any(math.isclose(number, one) for one in known)} == set()


@every_chapter
class TestChapter:
    def test_has_all_that_a_lesson_needs(self, row):
        notes = read(row)
        assert 2 <= len(notes.demo) <= 4 and len(notes.discuss) == 3 and notes.fade

    def test_has_sections_whose_minutes_are_those_of_its_row(self, row):
        first = "".join(notebook(row.path)["cells"][0]["source"])
        exercises = int(re.search(r"and (\d+) more for the exercises", first)[1])
        parts = outline(row)
        assert [part.heading for part in parts] == headings(notebook(row.path)["cells"])
        assert sum(part.minutes for part in parts if part.heading != "Exercises") == row.minutes
        assert [part.minutes for part in parts if part.heading == "Exercises"] == [exercises]
        assert min(part.minutes for part in parts) >= 1


def test_a_section_with_an_explorer_takes_longer_than_one_with_as_many_words_alone(tmp_path):
    words = "word " * 120
    cells = [{"cell_type": "markdown", "source": f"# T\n\n## {name}\n\n{words}", "metadata": {}} for name in ("a", "b", "c")]
    explorer = {"cell_type": "code", "source": "Explorer()", "metadata": {}}
    exercise = {"cell_type": "markdown", "source": "## Exercises\n\n**Exercise 1** (7 minutes, easy). Do it.", "metadata": {}}
    row = {"title": "T", "minutes": 16, "objective": "o", "needs": [], "extras": [], "explorers": 1, "controls": 0}
    path = tmp_path / "10_t.ipynb"
    path.write_text(json.dumps({"cells": [*cells[:2], explorer, cells[2], exercise], "metadata": {"rpn_edu": row}}), encoding="utf-8")
    assert outline(read_row(path)) == [("a", 2), ("b", 12), ("c", 2), ("Exercises", 7)]


WRONG = {
    "a key": ('aim = "I', 'aims = "I', "10_mine.toml: unknown key 'aims'; did you mean aim?"),
    "a text": ('say = "Ask."', 'say = ""', "10_mine.toml, section 1: say must be a text that is not empty, got ''"),
    "a list": ('gap = ["y = 2"]', 'gap = "y = 2"', "10_mine.toml, fade 1: gap must be a list of lines, got 'y = 2'"),
    "a table": ("discuss = [", "discuss = 3 #", "10_mine.toml: at least 1 [[discuss]] were wanted, written as [[tables]], got 3"),
    "a line": ("fade = [", "fade = [[", "10_mine.toml is not TOML"),
}


@pytest.mark.parametrize("name", WRONG)
def test_notes_that_are_not_written_so_are_refused_with_file_and_place(name, own):
    old, new, said = WRONG[name]
    assert NOTED.count(old) == 1
    with pytest.raises(ValueError, match=re.escape(said)):
        read(own(NOTED.replace(old, new)))


def test_notes_beside_a_notebook_come_first_and_a_chapter_without_any_is_told(own, tmp_path):
    notes = read(own(NOTED))
    assert isinstance(notes, Notes) and notes.aim == "I can say it." and notes.fade[0].cell == "x = 1  # one"
    alone = tmp_path / "02_reconciliations.ipynb"
    alone.write_bytes((ROOT / "notebooks/02_reconciliation.ipynb").read_bytes())
    with pytest.raises(FileNotFoundError, match=r"no file .*02_reconciliations.toml .* did you mean 02_reconciliation.toml or"):
        read(read_row(alone))


def test_what_notes_and_chapter_do_not_share_is_told(own):
    row = own(NOTED)
    found = [*faults(read(row), row)]
    assert "10_mine: the section 'The formula' has no note" in found
    assert "10_mine: 0 questions begin with 'How'" in found
    assert "10_mine: 0 cells of code begin with 'x = 1  # one'" in found
    assert sum("no wrong answer is expected to" in one for one in found) == 5
    other = (
        NOTED.replace('"How"', '"The matrix has"').replace('"so"', '"rank 6"').replace("x = 1  # one", "n, D, rank, p, q = 8, 24, 2, 2, 4")
    )
    found = [*faults(read(own(other.replace('heading = "Recall"', 'heading = "Recal"'))), row)]
    assert (
        "10_mine: 'rank 6' is no wrong option of 'The matrix has 8 · 24 = 192 entries. From which rank on does LowRank save nothing?'"
        in found
    )
    assert "10_mine: no section is called 'Recal'; did you mean Recall?" in found
    assert "10_mine: the line 'y = 2' stands 0 times below 'n, D, rank, p, q = 8, 24, 2, 2, 4'" in found


def test_a_demo_knows_sizes_and_numbers_after_a_move(own):
    (demo,) = read(own(NOTED)).demo
    assert demo.holds() and demo.at()["l"] == 64 and demo.at(rank=3)["l"] == 96 and demo.at(D=10)["W"].shape == (8, 10)
    assert not dataclasses.replace(demo, expect="at(rank=3)['l'] == 64").holds()
    with pytest.raises(TypeError, match="no hyperparameter 'ranks'"):
        demo.at(ranks=3)


# ---- the copy of a teacher ------------------------------------------------------------------------------------------------------------


@every_chapter
def test_the_copy_of_a_teacher_has_all_of_it_between_the_cells_of_the_chapter(row):
    book, before = nbformat.read(row.path, 4), nbformat.read(row.path, 4)
    annotated(book, row)
    notes, own = read(row), [cell for cell in book.cells if TAG in cell.metadata.get("tags", ())]
    assert [cell for cell in book.cells if cell not in own] == before.cells
    nbformat.validate(book)
    text = [cell for cell in own if cell.cell_type == "markdown"]
    assert all(cell.source.startswith(MARK) for cell in text)
    asked_here = sum(1 for cell in before.cells for _ in asked(cell))
    assert len(text) == 1 + len(notes.section) + len(notes.demo) + asked_here + len(notes.discuss)
    assert len(own) - len(text) == len(notes.demo)
    joined = "\n".join(cell.source for cell in text)
    for said in (*notes.section, *notes.demo):
        assert joined.count(said.say) == 1
    without_breaks = joined.replace("<wbr>", "")  # where a line of the page may end
    assert all(f'`rpn-edu show "{demo.name}"`' in joined and f"<code>{demo.token}</code>" in without_breaks for demo in notes.demo)
    for said in (*notes.expect, *notes.discuss):
        assert said.answer in joined


def test_each_cell_of_the_teacher_stands_where_it_is_needed():
    row = next(row for row in chapters() if row.number == "02")
    book = nbformat.read(row.path, 4)
    annotated(book, row)
    place = {cell.source: number for number, cell in enumerate(book.cells)}

    def at(words):
        (number,) = [number for source, number in place.items() if words in source]
        return number

    assert book.cells[1].source.startswith(f"{MARK} **85 minutes**") and "| 8 | 6 | The formula |" in book.cells[1].source
    question = at("From which rank on does LowRank save nothing?")
    assert at("## A thin matrix times a wide one") + 1 == at("Draw A as a tall column") < question
    assert question + 1 == at("**rank 8**:") and "Wrong predictions to expect" in book.cells[question + 1].source
    assert question < at("*To show: rank 6 saves nothing.*") == at(f"# {MARK} rank 6 saves nothing") - 1 < at("## Copies of one block")
    assert [cell.source.startswith(f"{MARK} *To discuss.*") for cell in book.cells[-4:]] == [False, True, True, True]
