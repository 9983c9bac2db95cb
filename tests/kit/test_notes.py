"""What is written for teachers belongs to its chapter: every section, question, demo and line of code is there, and every number holds."""

import ast
import base64
import dataclasses
import functools
import html
import io
import json
import math
import re
from collections import defaultdict
from itertools import chain
from typing import NamedTuple

import nbformat
import pytest
from PIL import Image

from rpn_edu.course.rows import chapters, notebook, read as read_row
from rpn_edu.explore import Explorer
from rpn_edu.kit.notes import NOTES, PRINTED, Notes, asked, faults, headings, outline, pieces, read
from rpn_edu.kit.teacher import LESSON, MARK, TAG, annotated
from tests.help import ROOT
from tools.questions import NUMBER, numbers_of, printed

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


def terms_in_the_section(row, demo):
    """`terms` of the explorers in the section of a demo, as it is written: of those with its picture, or else of all."""
    code = [
        words for heading, cell, words in pieces(notebook(row.path)["cells"]) if heading == demo.section and cell["cell_type"] == "code"
    ]
    calls = [call for words in code for call in ast.walk(ast.parse(words)) if getattr(getattr(call, "func", None), "id", "") == "Explorer"]
    names = [{node.id for node in ast.walk(call) if isinstance(node, ast.Name)} for call in calls]
    alike = [call for call, own in zip(calls, names, strict=True) if type(demo.state()[1]).__name__ in own]
    return [{word.arg: word.value for word in call.keywords}.get("terms") for call in alike or calls]


@every_chapter
@pytest.mark.usefixtures("undrawn")
def test_a_demo_has_in_sight_what_its_section_moves_and_what_it_moves_itself(row):
    for demo in read(row).demo:
        page = shown(demo.code)
        (first, *_) = [node and ast.literal_eval(node) for node in terms_in_the_section(row, demo)]
        theirs = Explorer(*demo.state(), terms=first)
        assert (page.state.lit, [*page.tabs.by_symbol]) == (theirs.state.lit, [*theirs.tabs.by_symbol]), f"{row.name}, {demo.name}"
        calls = [call for call in ast.walk(ast.parse(demo.expect)) if getattr(getattr(call, "func", None), "id", "") == "at"]
        moves = {word.arg for call in calls for word in call.keywords if word.arg}
        assert moves <= {name.rpartition(".")[2] for name, _ in page.tabs.controls()}, f"{row.name}, {demo.name}"


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


class Number(NamedTuple):
    """A number of a text."""

    value: float
    percent: bool

    def stands_in(self, text):
        """Whether a text tells it; what an outcome tells as a share may be said in percent."""
        told = {number.value for number in stated(text)}
        told |= {100 * value for value in told if self.percent and abs(value) <= 1}
        return any(math.isclose(self.value, one) for one in told)


@functools.cache
def stated(text):
    """The numbers of a text, also those of Python. The number of a chapter counts nothing."""
    text = re.sub(r"(?<=\d)_(?=\d)", "", re.sub(r"[Cc]hapters? \d\d( and \d\d)*", "", text))
    return [Number(*numbers_of(found[0]), text[found.end() :].startswith(" %")) for found in NUMBER.finditer(text)]


def unproven(notes, row):
    """The sentences whose numbers do not stand together: in a cell or a demo of their section, or in what they expect.

    Questions to discuss, and what is said of the chapter as a whole, have all of its cells.
    """
    places, sections = defaultdict(list), {}
    for heading, cell, words in pieces(notebook(row.path)["cells"]):
        places[heading].append(f"{words}\n{printed(cell)}")
        sections |= {one.question: heading for one in asked(cell)}
    for demo in notes.demo:
        places[demo.section].append(f"{demo.start}\n{demo.picture}\n{demo.expect}")
    everywhere = [*chain(*places.values())]

    def of(question):
        return next(places[heading] for asked, heading in sections.items() if asked.startswith(question))

    said = [(text, "", everywhere) for text in (notes.aim, notes.prepare)]
    said += [(one.say, one.expect, places[one.heading]) for one in notes.section]
    said += [(one.say, one.expect, places[one.section]) for one in notes.demo]
    said += [(text, one.expect, of(one.question)) for one in notes.expect for text in (one.because, one.answer)]
    said += [(text, one.expect, everywhere) for one in notes.discuss for text in (one.question, one.answer)]
    for text, expected, near in said:
        for sentence in re.split(r"(?<=[.?!]) ", text):
            if not any(all(number.stands_in(place) for number in stated(sentence)) for place in (expected, *near)):
                yield sentence


@every_chapter
def test_a_number_that_is_said_stands_in_its_section_or_is_expected(row):
    notes = read(row)
    assert [*unproven(notes, row)] == []
    assert [one for one in (*notes.section, *notes.expect, *notes.discuss) if not one.holds()] == []


SLIPS = {
    "Move to rank 4: 86 %.": "Move to rank 4: 77 %.",  # of another section
    "17 % are read.": "21 % are read.",
    "it has 33,088 frozen numbers": "it has 1,351,680 frozen numbers",
    "10 · 2,000 = 20,000 numbers": "10 · 2,000 = 17,039,360 numbers",
}


@pytest.mark.parametrize("right", SLIPS)
def test_a_number_of_another_place_is_seen(right, own):
    """Each of these numbers stands somewhere in the chapter."""
    text = (NOTES / "02_reconciliation.toml").read_text(encoding="utf-8")
    assert text.count(right) == 1
    row = own(text.replace(right, SLIPS[right]))
    (found,) = unproven(read(row), row)
    assert SLIPS[right] in found


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

    def test_fits_into_the_lesson_that_the_teacher_is_told_of(self, row):
        exercise_1, *_ = [int(minutes) for cell in notebook(row.path)["cells"] for minutes in PRINTED.findall("".join(cell["source"]))]
        lesson, question = 90, 5
        assert f"{lesson} minutes" in LESSON and "exercise 1, and two" in LESSON and "five minutes each" in LESSON
        assert row.minutes + exercise_1 + 2 * question <= lesson


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
@pytest.mark.usefixtures("undrawn")
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
    pictures = {cell.source: cell.outputs for cell in own if cell.cell_type == "code"}
    for demo in notes.demo:
        (output,) = pictures[f"# {MARK} {demo.name}\n{demo.code}"]
        alt = shown(demo.code).alt
        assert output.data.keys() == {"text/plain", "text/html", "image/png"} and output.data["text/plain"] == alt
        assert f'alt="{html.escape(alt)}"' in output.data["text/html"]


@pytest.fixture(scope="module")
def annotated_02():
    row = next(row for row in chapters() if row.number == "02")
    book = nbformat.read(row.path, 4)
    annotated(book, row)
    return book


def test_the_demos_of_a_teacher_s_copy_are_drawn_and_it_stays_small(annotated_02):
    drawn = [cell.outputs[0].data for cell in annotated_02.cells if cell.source.startswith(f"# {MARK}")]
    assert len(drawn) == 4
    for data in drawn:
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 20 and data["image/png"] in data["text/html"]
    assert sum(len(text) for data in drawn for text in data.values()) < 200_000


def test_each_cell_of_the_teacher_stands_where_it_is_needed(annotated_02):
    book = annotated_02
    place = {cell.source: number for number, cell in enumerate(book.cells)}

    def at(words):
        (number,) = [number for source, number in place.items() if words in source]
        return number

    assert book.cells[1].source.startswith(f"{MARK} **85 minutes**") and "| 7 | 9 | The formula |" in book.cells[1].source
    question = at("From which rank on does LowRank save nothing?")
    assert at("## A thin matrix times a wide one") + 1 == at("Draw A as a tall column") < question
    assert question + 1 == at("**rank 8**:") and "Wrong predictions to expect" in book.cells[question + 1].source
    assert question < at("*To show: rank 6 saves nothing.*") == at(f"# {MARK} rank 6 saves nothing") - 1 < at("## Copies of one block")
    assert [cell.source.startswith(f"{MARK} *To discuss.*") for cell in book.cells[-4:]] == [False, True, True, True]
