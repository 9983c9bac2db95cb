"""A slider over steps can run by itself: its buttons move it, and it moves them."""

import ipywidgets as W
import pytest

import rpn_edu as rpn
from rpn_edu.explore import Attend, Explorer, Learning, Training
from tests.explore.driving import STARTS
from tests.explore.test_explorers import QUESTION, widgets

PLAYED = {"learning": "step", "training": "step", "attend": "steps"}


def player_of(page):
    (found,) = (widget for box in page.tabs.by_symbol["g"].boxes for widget in widgets(box) if isinstance(widget, W.Play))
    return found


@pytest.mark.parametrize("name, field", PLAYED.items())
def test_what_plays_shows_the_picture_of_every_step_and_ends_at_the_last(name, field):
    page = STARTS[name]()
    slider, player = dict(page.controls())[f"picture.{field}"], player_of(page)
    assert (player.value, player.min, player.max) == (slider.value, slider.min, slider.max)
    before = page.last_png
    for step in (0, 1, 2, player.max):
        player.value = step
        assert slider.value == getattr(page.picture, field) == step and page.failed is None
    player.value = player.max + 1
    assert slider.value == player.value == slider.max and page.last_png != before


def test_a_hand_and_every_other_way_to_a_step_move_the_player_so_that_it_goes_on_from_there():
    page = STARTS["learning"]()
    slider, player = dict(page.controls())["picture.step"], player_of(page)
    slider.value = 33
    assert player.value == 33
    page.set(page.subject, Learning(step=7))
    assert player.value == 7
    page.face.reset.click()
    assert player.value == page.first[1].step


def test_a_step_beyond_the_slider_is_within_reach_of_the_player():
    page = STARTS["attend"]()
    page.set(page.subject, Attend(steps=20))
    assert player_of(page).max == 20 and player_of(page).value == 20


def test_nothing_plays_while_a_question_waits():
    page = STARTS["learning"](question=QUESTION)
    assert player_of(page).disabled
    page.face.question.skip.click()
    page.rest()
    assert not player_of(page).disabled


def test_a_hidden_step_has_no_player():
    page = Explorer(rpn.Formula(), Training(images=20, pooled=True), hide=("step",))
    assert not [widget for box in page.tabs.by_symbol["g"].boxes for widget in widgets(box) if isinstance(widget, W.Play)]


def test_a_player_goes_with_its_slider():
    page = STARTS["learning"]()
    count = len(W.widgets.widget._instances)
    page.tabs.picture.close()
    page.tabs.picture._fill(page.picture)
    assert len(W.widgets.widget._instances) == count
