"""Every control of every explorer of every chapter, moved to its ends: no exception, no NaN, no warning."""

import json
import random

import ipywidgets as W
import pytest
import torch

from rpn_edu.explore import Explorer
from tests.explore.driving import inspect, values_of
from tools.chapters import files, read

NOTEBOOKS = files()


def explorers_of(path, monkeypatch):
    """The explorers that a chapter makes, in order. Its cells run here, in one place, as they do in a kernel."""
    made, build = [], Explorer.__init__
    with monkeypatch.context() as patch, torch.random.fork_rng(devices=[]):
        patch.setattr(Explorer, "__init__", lambda self, *given, **options: (made.append(self), build(self, *given, **options))[1])
        place = {"__name__": path.stem}
        for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), f"{path.name}, cell {number}", "exec"), place)
    return made


def some(name, widget):
    """Both ends and the middle of a slider, all entries of a short menu, eight of a long one."""
    values = values_of(widget)
    return values if len(values) <= 8 else random.Random(name).sample(values, 8)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_control_of_a_chapter_can_be_moved(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    pages = explorers_of(path, monkeypatch)
    driven = 0
    for page in pages:
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
    counted = read(path)
    assert (len(pages), driven) == (counted.explorers, counted.controls), "every control that the chapter counts was driven"
