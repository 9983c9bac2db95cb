"""Every chapter run once, in this process: its exercises take right answers and answer wrong ones, and all of its controls can be moved.

Run alone, a chapter says no more of its exercises than "waiting", and of its controls nothing.
"""

import ast
import html
import json
import random
import re
import runpy
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import ipywidgets as W
import pytest
import torch

from rpn_edu.course import checking
from rpn_edu.explore import Explorer
from rpn_edu.kit.notes import Asked
from tests.chapters.predictions import ROWS
from tests.course.solved import blocks
from tests.explore.driving import inspect, sketched, surface_of, values_of
from tools.chapters import answers, chapters, files, read
from tools.questions import tells

CHAPTERS = [chapter.path for chapter in chapters()]
CHECKED = re.compile(r'\ncheck\("\d+", (\d+), \w+\)$')


class Said(NamedTuple):
    """What the cell of an exercise said to an answer, and a word that was expected of it: ✓ for a right one."""

    exercise: int
    answer: str
    expected: str
    verdict: checking.Verdict


class Run(NamedTuple):
    path: Path
    pages: list[Explorer]
    exercises: int
    said: list[Said]


@pytest.fixture(autouse=True)
def no_widget_outlives_its_test():
    """Here they live as long as their chapter."""


@pytest.fixture(scope="module", params=files(), ids=lambda path: path.stem)
def run(request, tmp_path_factory) -> Iterator[Run]:
    """A chapter after its cells, in one place, as they run in a kernel. Every answer is tried where its exercise stands."""
    made: list[Explorer] = []
    build = Explorer.__init__
    known = runpy.run_path(str(answers(request.param.stem)))["ANSWERS"] if answers(request.param.stem).exists() else []
    place, said = {"__name__": request.param.stem}, []
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng(devices=[]):
        patch.chdir(tmp_path_factory.mktemp(request.param.stem))
        patch.setattr(checking, "excused", raised)
        patch.setattr(Explorer, "__init__", lambda self, *given, **options: (made.append(self), build(self, *given, **options))[1])
        for number, cell in enumerate(json.loads(request.param.read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                if waiting := CHECKED.search(source):
                    before = len(made)
                    said += tried(request.param.stem, int(waiting[1]), source, place, *known[int(waiting[1]) - 1])
                    del made[before:]  # those of an answer are none of the chapter
                exec(compile(source, f"{request.param.name}, cell {number}", "exec"), place)
        yield Run(request.param, [*made], len(known), said)
    W.Widget.close_all()


def raised(fault: Exception) -> None:
    """A check that fails is told to a learner. Here it is red."""
    raise fault


def tried(name: str, exercise: int, source: str, place: dict, right: list[str], wrong: dict[str, str]) -> Iterator[Said]:
    """Each answer in the place of `None`, after the solutions of the exercises before, without a trace in the chapter."""
    solutions = blocks(name)
    place = dict(place)
    for earlier in range(1, exercise):
        exec(solutions[earlier], place)
    yield Said(exercise, "None", "is waiting for your answer", verdict(source, dict(place)))
    yield Said(exercise, "the solution", "✓ ", verdict(solutions[exercise] + CHECKED.search(source)[0], dict(place)))
    for answer, expected in {**dict.fromkeys(right, "✓ "), **wrong}.items():
        cell = re.sub(r"\bNone\b.*", lambda _, answer=answer: answer, source, count=1)
        yield Said(exercise, answer, expected, verdict(cell, dict(place)))


def verdict(source: str, place: dict) -> checking.Verdict:
    """What the last line of a cell shows."""
    *body, last = ast.parse(source).body
    exec(compile(ast.Module(body, []), "a cell", "exec"), place)
    return eval(compile(ast.Expression(last.value), "a cell", "eval"), place)


@pytest.mark.parametrize("run", CHAPTERS, indirect=True, ids=lambda path: path.stem)
def test_exercises_take_what_is_right_and_answer_what_is_wrong(run):
    assert list(dict.fromkeys(said.exercise for said in run.said)) == list(range(1, run.exercises + 1))
    judged = {"✓ ": True, "is waiting for your answer": None}
    strange = [
        said for said in run.said if said.expected not in said.verdict.says or said.verdict.right is not judged.get(said.expected, False)
    ]
    assert not strange, "\n".join(
        f"{said.exercise}: {said.answer}\n   wanted: {said.expected}\n   said: {said.verdict}" for said in strange
    )


@pytest.mark.parametrize("run", CHAPTERS, indirect=True, ids=lambda path: path.stem)
def test_every_wrong_answer_gets_a_sentence_of_its_own(run):
    for exercise in range(1, run.exercises + 1):
        told = [
            said.verdict.says.partition(" After 3 tries")[0]
            for said in run.said
            if said.exercise == exercise and said.verdict.right is False
        ]
        assert len(told) == len(set(told)) >= 5, told
        assert not [sentence for sentence in told if len(sentence.split()) < 5 or sentence[-1] not in ".?!"]


def test_every_question_knows_what_is_right_as_its_explorer_shows_it(run):
    asked = [page for page in run.pages if page.state.asked is not None]
    rows = ROWS.get(run.path.stem, [])
    assert len(asked) == len(rows), "a question needs a row in tests/chapters/predictions.py"
    assert len({page.state.asked.predict.question for page in asked}) == len(asked), "progress is noted by question"
    for page, row in zip(asked, rows, strict=True):
        predict = page.state.asked.predict
        page.set(*page.first)
        words = html.unescape(re.sub("<[^>]+>", "\n", surface_of(page)))
        sizes = [f"{name} {size}" for name, size in page.shown.sizes.items() if "Sizes" in page.face.fold_names]
        shown = "\n".join([words, page.alt, *sizes])
        told = tells(Asked(predict.question, tuple(predict.choices), str(predict.right)), shown, own=True)
        assert not told, f"the locked picture answers {predict.question!r}: {told}"
        try:
            assert row(page) == {choice: choice == predict.right for choice in predict.choices}, predict.question
        finally:
            page.set(*page.first)


def some(name, widget):
    """Both ends of a slider, all entries of a short menu, four of a long one: tests/explore drives every picture to all of them."""
    values = values_of(widget)
    if isinstance(widget, (W.IntSlider, W.SelectionSlider, W.FloatSlider, W.FloatLogSlider)):
        return [min(values), max(values)]
    return values if len(values) <= 4 else random.Random(name).sample(values, 4)


def test_every_control_of_a_chapter_can_be_moved(run):
    """To its ends: no exception, no NaN, no warning. One of them is drawn, the others are sketched."""
    driven = 0
    for page in run.pages:
        if page.state.asked is not None:
            assert page.state.locked
            page.face.question.skip.click()
        page.rest()
        inspect(page)
        for name, widget in [*page.controls()]:
            for place, value in enumerate(some(name, widget)):
                with sketched() if place else nullcontext():
                    dict(page.controls()).get(name, widget).value = value
                    inspect(page)
            page.set(*page.first)
            driven += 1
        for preset in page.presets:
            page.face.preset.value = preset
            inspect(page)
        assert not [name for name, widget in page.controls() if isinstance(widget, W.Text)]
    counted = read(run.path)
    assert (len(run.pages), driven) == (counted.explorers, counted.controls), "every control that the chapter counts was driven"
