"""A slider over whole numbers offers what the state allows, and says what a 0 stands for."""

import dataclasses

import ipywidgets as W
import pytest

import rpn_edu as rpn
from rpn_edu.explore import Basis, Boundary, Explorer, Fabric, Flow, Microscope, Mix, Predict
from rpn_edu.explore.panel.components import classes_of
from rpn_edu.explore.panel.controls import span
from tests.explore.driving import surface_of
from tests.explore.states import KINDS, fits

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder
PSIS = classes_of(R.Reconciliation).values()
FIRST = [
    (picture, subject)
    for picture, subject in KINDS.items()
    if subject is R.Reconciliation or (subject is rpn.Formula and "reconciliation" in picture.moves)
]


def at_rest(start, picture):
    page = Explorer(start, picture)
    page.rest()
    return page


def stops(page, name):
    """The words of each stop of a slider, by its number."""
    return {stop: words for words, stop in dict(page.controls())[name].options}


@pytest.mark.parametrize("picture, kind", FIRST, ids=lambda value: value.__name__)
def test_no_stop_of_a_psi_is_refused_and_none_that_fits_is_missing(picture, kind):
    met = 0
    for psi in PSIS:
        start = rpn.Formula(reconciliation=psi.example()) if kind is rpn.Formula else psi.example()
        if not fits(picture(), start):
            continue
        page = at_rest(start, picture())
        own = page.subject.reconciliation if kind is rpn.Formula else page.subject
        for field in psi.declared:
            found = [(name, widget) for name, widget in page.controls() if name.endswith(f"reconciliation.{field.name}")]
            for _, widget in found:
                if not isinstance(widget, W.SelectionSlider):
                    continue
                met += 1
                others = {stop: dataclasses.replace(own, **{field.name: stop}) for stop in span(field, getattr(own, field.name))}
                states = {k: dataclasses.replace(start, reconciliation=o) if kind is rpn.Formula else o for k, o in others.items()}
                assert [stop for _, stop in widget.options] == [k for k, state in states.items() if fits(picture(), state)], field
    assert met >= 6 or picture.__name__ == "Boundary"


def test_divisors_are_offered_and_a_zero_says_what_it_comes_to():
    page = at_rest(R.Kronecker(), Fabric(n=8, D=24))
    assert stops(page, "reconciliation.p") == {0: "0: here 2", 1: "1", 2: "2", 4: "4", 8: "8"}
    assert stops(page, "reconciliation.q") == {0: "0: here 4", **{q: str(q) for q in (1, 2, 3, 4, 6, 8)}}
    assert "blocks below each other, a divisor of n; 0 chooses the largest not above the square root" in page.tabs.subject.about.value


def test_stops_follow_what_else_is_moved_and_a_value_that_no_longer_fits_stays_until_it_is_moved():
    page = at_rest(R.Kronecker(p=4), Fabric(n=8, D=24))
    assert [*stops(page, "picture.n")] == [4, 8, 12, 16, 20, 24]
    page.set(R.Kronecker(p=4), Fabric(n=6, D=24))
    assert "must divide 6" in page.refused
    page.rest()
    assert [*stops(page, "reconciliation.p")] == [0, 1, 2, 3, 4, 6] and dict(page.controls())["reconciliation.p"].value == 4
    shown = []
    page.display.send = lambda send=page.display.send: shown.append(page.subject) or send()
    dict(page.controls())["reconciliation.p"].value = 3
    page.rest()
    assert not page.refused and [*stops(page, "reconciliation.p")] == [0, 1, 2, 3, 6]
    assert shown == [R.Kronecker(p=3)], "that the stops are others draws nothing anew"


def test_sizes_that_a_psi_cannot_fill_are_no_stops_and_come_back_with_another_psi():
    page = at_rest(R.DiagonalPadding(), Fabric(n=8, D=24))
    assert [*stops(page, "picture.n")] == [1, 2, 3, 4, 6, 8, 12, 24] and [*stops(page, "picture.D")] == [8 * k for k in range(1, 9)]
    dict(page.controls())["reconciliation"].value = "LowRank"
    page.rest()
    n = dict(page.controls())["picture.n"]
    assert isinstance(n, W.IntSlider) and (n.min, n.max, n.value) == (1, 24, 8) and n.tooltip and not n.disabled
    n.value = 7
    assert page.picture == Fabric(n=7, D=24)


def test_tokens_and_presets_reach_what_no_stop_offers():
    far = R.Kronecker(p=4, q=24)
    page = Explorer(R.Kronecker(), Fabric(n=8, D=24), presets={"far": far})
    page.rest()
    assert 24 not in stops(page, "reconciliation.q")
    page.face.preset.value = "far"
    assert page.subject == far and not page.refused
    page.rest()
    assert 24 in stops(page, "reconciliation.q") and dict(page.controls())["reconciliation.q"].value == 24
    other = at_rest(R.Kronecker(), Fabric(n=8, D=24))
    other.restore(page.token())
    assert other.subject == far and surface_of(other) == surface_of(page)
    other.set(R.Kronecker(p=3))
    assert "must divide 8" in other.refused and dict(other.controls())["reconciliation.p"].value == 3


def test_a_psi_that_meets_several_matrices_says_what_a_zero_comes_to_in_each():
    page = at_rest(rpn.Formula(X.Taylor(), R.Kronecker()), Boundary())
    assert stops(page, "formula.reconciliation.q")[0] == "0: here 2 and 3", "D is 6 in the first layer and 12 in the second"
    inner = at_rest(rpn.Formula(remainder=P.Linear(R.Kronecker())), Flow())
    assert stops(inner, "formula.remainder.reconciliation.p") == {0: "0: here 1", 1: "1", 2: "2"}


def test_while_a_question_waits_new_stops_stay_locked():
    question = Predict("?", choices=["a"], right="a")
    page = Explorer(R.DiagonalPadding(), Fabric(n=8, D=24), question=question)
    page.rest()
    assert isinstance(dict(page.controls())["picture.n"], W.SelectionSlider)
    assert all(widget.disabled for _, widget in page.controls())


def test_a_slider_of_which_one_stop_is_left_stays_as_it_is():
    page = at_rest(X.Sampled.example(), Basis())
    count = dict(page.controls())["expansion.count"]
    assert isinstance(count, W.IntSlider)
    count.value = 2
    assert "at most the number of choices, 1 here" in page.refused, "the refusal says what else has to be moved"


GRID = rpn.interdependence.Grid(rows=8, columns=8)
CLUB = rpn.interdependence.PageRank(nodes=34, links=rpn.data.karate().links)


@pytest.mark.parametrize(
    "subject, picture, name, end",
    [
        (rpn.interdependence.Pearson(), Mix(), "output", 4),
        (rpn.interdependence.Pearson(), Mix(place="instance"), "output", 6),
        (CLUB, Mix(data="karate", place="instance"), "output", 34),
        (dataclasses.replace(GRID, mode="aggregate"), Mix(data="digit"), "output", 64),
        (GRID, Mix(data="digit"), "output", 9 * 64),
        (rpn.Formula(), Microscope(depth=3), "layer", 3),
    ],
)
def test_a_slider_ends_where_its_picture_does(subject, picture, name, end):
    page = at_rest(subject, picture)
    slider = dict(page.controls())[f"picture.{name}"]
    assert isinstance(slider, W.IntSlider) and (slider.min, slider.max) == (1, end)
    slider.value = end
    assert not page.refused and getattr(page.picture, name) == end


def test_an_end_follows_what_else_is_moved():
    page = at_rest(rpn.Formula(), Microscope(layer=3, depth=3))
    dict(page.controls())["picture.depth"].value = 2
    page.rest()
    assert "there is no layer 3" in page.refused and dict(page.controls())["picture.layer"].value == 3
    dict(page.controls())["picture.layer"].value = 1
    page.rest()
    assert not page.refused and dict(page.controls())["picture.layer"].max == 2
    dict(page.controls())["picture.depth"].value = 5
    page.rest()
    assert dict(page.controls())["picture.layer"].max == 5


def test_a_press_reaches_every_member_of_the_club():
    page = at_rest(CLUB, Mix(data="karate", place="instance"))
    for name, across, down, *_ in page.face.surface.handles[1:]:
        page.face.surface.touch = [name, "to", across, down, float(name.split()[1])]
        assert f"member {page.picture.output}" == name
