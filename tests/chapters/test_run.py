"""Every chapter run once, in this process: its exercises take right answers and answer wrong ones, and all of its controls can be moved.

Run alone, a chapter says no more of its exercises than "waiting", and of its controls nothing.
"""

import contextlib
import io
import json
import random
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import ipywidgets as W
import pytest
import torch

from rpn_edu.explore import Explorer
from tests.explore.driving import inspect, values_of
from tools.chapters import answers, chapters, files, read


class Said(NamedTuple):
    """What the cell of an exercise said to an answer: what it printed, and the sentence that refused it."""

    exercise: int
    answer: str
    right: bool
    printed: str
    refusal: str


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
        patch.setattr(Explorer, "__init__", lambda self, *given, **options: (made.append(self), build(self, *given, **options))[1])
        for number, cell in enumerate(json.loads(request.param.read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                if waiting := re.search(r"Exercise (\d+) is waiting", source):
                    before = len(made)
                    said += tried(int(waiting[1]), source, place, *known[int(waiting[1]) - 1])
                    del made[before:]  # those of an answer are none of the chapter
                exec(compile(source, f"{request.param.name}, cell {number}", "exec"), place)
        yield Run(request.param, [*made], len(known), said)
    W.Widget.close_all()


def tried(exercise: int, source: str, place: dict, right: list[str], wrong: list[str]) -> Iterator[Said]:
    """Each answer in the place of `None`, without a trace in the chapter."""
    for answer in (*right, *wrong):
        refusal = ""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                exec(re.sub(r"\bNone\b.*", answer, source, count=1), dict(place))
            except AssertionError as error:
                refusal = str(error)
        yield Said(exercise, answer, answer in right, printed.getvalue(), refusal)


@pytest.mark.parametrize("run", [chapter.path for chapter in chapters()], indirect=True, ids=lambda path: path.stem)
def test_exercises_take_what_is_right_and_answer_what_is_wrong(run):
    assert list(dict.fromkeys(said.exercise for said in run.said)) == list(range(1, run.exercises + 1))
    for said in run.said:
        if said.right:
            assert "Right" in said.printed and not said.refusal, said
        else:
            assert len(said.refusal.split()) >= 4, f"{said.answer} deserves a sentence, got {said}"


def some(name, widget):
    """Both ends of a slider, all entries of a short menu, four of a long one: tests/explore drives every picture to all of them."""
    values = values_of(widget)
    if isinstance(widget, (W.IntSlider, W.FloatSlider, W.FloatLogSlider)):
        return [min(values), max(values)]
    return values if len(values) <= 4 else random.Random(name).sample(values, 4)


def test_every_control_of_a_chapter_can_be_moved(run):
    """To its ends: no exception, no NaN, no warning."""
    driven = 0
    for page in run.pages:
        if page.state.asked is not None:
            assert page.state.locked
            page.face.question.skip.click()
        page.rest()
        inspect(page)
        for name, widget in [*page.controls()]:
            for value in some(name, widget):
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
