"""No chapter gives away what is right: not below a question, not in a choice, not by the length or the place of an option."""

import json

import pytest

from rpn_edu.course.quiz import chapters, read
from rpn_edu.kit.notes import Asked
from tools import chapters as rows
from tools.lint import findings
from tools.questions import Options, asked, explains_itself, spoilt, tells, tilted

pytestmark = pytest.mark.quick
ASKS = """Explorer(
    LowRank(rank=2),
    presets={PRESETS},
    question=Predict("You raise the rank from 2 to 3. How many?", choices=["65", "96"], right="96", reason="3 · 32."),
)"""
ALT = "64 learned numbers beside the 8 by 24 matrix they become."
FOLDED = {"jupyter": {"source_hidden": True}}
NUMBERS = "# The numbers of this section\nassert l == 96\nassert l > 0\nprint('both statements hold')"


def code(source, output="", metadata=None):
    """A cell that has run."""
    outputs = [{"output_type": "stream", "text": [output]}] if output else []
    return {"cell_type": "code", "source": [source], "outputs": outputs, "metadata": metadata or {}, "execution_count": 1}


def text(source):
    return {"cell_type": "markdown", "source": [source], "metadata": {}}


def asks(presets="", alt=ALT):
    return code(ASKS.replace("PRESETS", presets), alt, FOLDED)


KEPT = {
    "a closed explanation": [asks(), text("<details><summary>Explain</summary>\n\nIt is 96.\n\n</details>")],
    "folded numbers": [asks(), code(NUMBERS, "both statements hold\n", FOLDED)],
    "after the next heading": [asks(), text("Words.\n\n## Next\n\nIt was 96."), code("print(96)", "96")],
    "after the next question": [asks(), asks(), text("## Next")],
    "another number": [asks(), text("There are 960 rows, 9.6 of 1,096, and x96.")],
    "an assert that speaks": [code("assert x\nprint('it holds')", "it holds")],
}
GIVEN_AWAY = {
    "in code": ([asks(), code("assert l == 96\nprint('yes')", "yes")], 1, "tells that '96' is right"),
    "in an output": ([asks(), code("print(l)", "32 of 96\n")], 1, "'32 of 96'"),
    "in prose": ([asks(), text("Words. Rank 3 needs 96 numbers.")], 1, "'Rank 3 needs 96 numbers.'"),
    "in the words of the locked picture": ([asks(alt="It would be 96.")], 0, "'It would be 96.'"),
    "in the name of a preset": ([asks('"96 numbers": LowRank(rank=3)')], 0, "'96 numbers'"),
    "in the open cell of the question": ([code(ASKS.replace("PRESETS", ""), ALT)], 0, 'choices=["65", "96"], right="96"'),
    "in a choice with its reason": (
        [code(ASKS.replace("PRESETS", "").replace('"65"', '"65: one more"'), ALT, FOLDED)],
        0,
        "'65: one more' holds",
    ),
    "numbers in sight": ([code(NUMBERS, "both statements hold\n")], 0, "are folded"),
    "folded numbers that print more": ([code(NUMBERS, "x = 5\nboth statements hold\n", FOLDED)], 0, "and not 'both statements hold' alone"),
    "what a folded cell prints": ([asks(), code("print(l)", "96", FOLDED)], 1, "tells that '96' is right"),
    "a wrong count": ([code(NUMBERS, "all 3 statements hold\n", FOLDED)], 0, "says 'all 3 statements hold', and not 'both"),
    "silence": ([code("assert x")], 0, "asserts in silence"),
}


@pytest.mark.parametrize("name", KEPT)
def test_a_chapter_may_tell_what_is_closed_folded_or_elsewhere(name):
    assert list(spoilt(KEPT[name])) == []


@pytest.mark.parametrize("name", GIVEN_AWAY)
def test_a_chapter_that_gives_a_question_away_is_refused_with_its_cell(name, tmp_path):
    cells, number, said = GIVEN_AWAY[name]
    (tmp_path / "09_planted.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    (found,) = findings(tmp_path / "09_planted.ipynb")
    assert found.startswith(f"09_planted, cell {number}: ") and said in found


@pytest.mark.parametrize(
    "right, line, told",
    [
        ("rank 6", "for rank in (2, 6, 8):", True),
        ("rank 6", "for degree in (2, 6, 8):", False),
        ("about 480 million", "order 3 makes 482,505,744 features", True),
        ("about 480 million", "order 2 makes 615,440 features", False),
        ("1 3 3 1", "beat == [1, 3, 3, 1, 0]", True),
        ("1 3 3 1", "beat == [1, 3, 1]", False),
        ("it rises", "On the jump the error rises from 0.258.", True),
        ("it rises", "On the jump the error falls.", False),
        ("all but one", "All but one are found.", True),
        ("all but one", "One is found, and all others are not.", False),
    ],
)
def test_what_is_right_is_found_in_other_words_too(right, line, told):
    assert bool(tells(Asked("?", (right, "another"), right), line)) == told


@pytest.mark.parametrize("option", ["65: one more", "none - it is random", "yes, because it grows", "It stays. w makes up for it"])
def test_an_option_with_its_reason_is_seen(option):
    assert explains_itself(option)


QUIZZES = {
    name: [
        Options(tuple(o.text for o in q.options), [o.right for o in q.options].index(True)) for part in read(name).values() for q in part
    ]
    for name in chapters()
}


def test_no_option_of_a_quiz_holds_its_reason():
    assert not [option for asked in QUIZZES.values() for one in asked for option in one.texts if explains_itself(option)]


def test_neither_length_nor_place_tells_the_right_option_of_a_quiz():
    everywhere = [question for asked in QUIZZES.values() for question in asked]
    assert len(everywhere) > 40
    assert [
        *tilted("all quizzes", everywhere),
        *(s for name, asked in QUIZZES.items() for s in tilted(name, asked, longest=2, others=2)),
    ] == []


def test_neither_length_nor_place_tells_the_right_choice_of_a_prediction():
    cells = [cell for chapter in rows.chapters() for cell in rows.notebook(chapter.path)["cells"]]
    found = [question for cell in cells if (question := asked(cell)[0])]
    assert len(found) > 30
    assert list(tilted("all predictions", [Options(one.choices, one.choices.index(one.right)) for one in found])) == []


@pytest.mark.parametrize(
    "texts, place, said",
    [
        (("no", "no, and this is why"), 1, "the longest option is right 9 times of 9, chance is 4.5"),
        (("no", "no, and this is why"), 0, "the shortest option is right 9 times of 9"),
        (("a", "b", "c"), 1, "option 2 is right 9 times of 9, chance is 3.0"),
    ],
)
def test_options_that_can_be_guessed_are_told(texts, place, said):
    assert [sentence for sentence in tilted("planted", [Options(texts, place)] * 9) if said in sentence]
