"""Controls without effect are found while the hand rests: no move waits for that."""

import asyncio

import pytest

import rpn_edu as rpn
from rpn_edu.explore import Boundary, Explorer, Fabric, Flow, Predict
from rpn_edu.explore.panel import moves
from tests.explore.driving import Planted, planted, surface_of

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder
LINEAR = rpn.Formula(X.Taylor(), R.Identity(), P.Linear())
IDLE = {"formula.remainder.activate"}


class Loop:
    """An event loop whose time passes when a test says so."""

    def __init__(self, monkeypatch):
        self.waiting, self.waited = [], []
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: self)

    def call_later(self, seconds, call, *given):
        self.waiting.append((seconds, call, given))

    def turn(self):
        """What waits is called, in order, and says what waits next. How long each has waited is kept."""
        now, self.waiting = self.waiting, []
        for seconds, call, given in now:
            self.waited.append(seconds)
            call(*given)

    def turn_to_the_end(self):
        for _ in range(1000):
            if not self.waiting:
                return
            self.turn()
        raise AssertionError("it never ends")


@pytest.fixture
def loop(monkeypatch):
    return Loop(monkeypatch)


def counted(monkeypatch, kind):
    """How often the numbers of a picture are computed."""
    calls, numbers = [], kind.numbers
    monkeypatch.setattr(kind, "numbers", lambda self, subject, **given: calls.append(subject) or numbers(self, subject, **given))
    return calls


def greyed(page):
    return {name for name, widget in page.controls() if widget.disabled}


def move(page, name, value):
    dict(page.controls())[name].value = value


def test_a_move_computes_its_picture_once_and_each_slice_one_more(loop, monkeypatch):
    page = Explorer(rpn.Formula(X.Taylor(), R.Identity()), Boundary(points=20), terms=(), term_bar=False)
    calls = counted(monkeypatch, Boundary)
    for points in range(30, 36):
        calls.clear()
        move(page, "picture.points", points)
        assert len(calls) == 1
    slices = 0
    while loop.waiting:
        calls.clear()
        loop.turn()
        assert len(calls) <= 1
        slices += 1
    assert slices > 5 and page.failed is None


def test_the_search_waits_for_the_hand_and_ends_as_if_it_had_been_asked_for(loop):
    page = Explorer(LINEAR, Flow(), term_bar=False)
    assert greyed(page) == set()
    loop.turn_to_the_end()
    assert loop.waited[0] == moves.REST == 0.2 and set(loop.waited[1:]) == {moves.BREATH} and moves.BREATH > 0
    asked = Explorer(LINEAR, Flow(), term_bar=False)
    asked.rest()
    assert greyed(page) == greyed(asked) == IDLE
    assert "changes nothing in this state" in dict(page.controls())["formula.remainder.activate"].tooltip


def test_a_move_between_two_slices_drops_the_rest(loop, monkeypatch):
    page = Explorer(LINEAR, Flow(), term_bar=False)
    loop.turn(), loop.turn()
    calls = counted(monkeypatch, Flow)
    move(page, "formula.remainder.activation", "silu")
    assert len(calls) == 1 and len(loop.waiting) == 2
    old, new = loop.waiting
    loop.waiting = [old]
    loop.turn()
    assert len(calls) == 1 and not loop.waiting, "a search for a state that is gone computes nothing and says nothing"
    loop.waiting = [new]
    loop.turn_to_the_end()
    assert len(calls) > 5 and greyed(page) == set()


def test_what_was_found_is_found_again_without_a_search(loop, monkeypatch):
    page = Explorer(LINEAR, Flow(), term_bar=False)
    loop.turn_to_the_end()
    move(page, "formula.remainder.activation", "silu")
    loop.turn_to_the_end()
    calls = counted(monkeypatch, Flow)
    move(page, "formula.remainder.activation", "none")
    assert greyed(page) == IDLE
    loop.turn_to_the_end()
    assert greyed(page) == IDLE and len(calls) == 1


def test_what_was_found_before_a_move_is_not_tried_again(loop, monkeypatch):
    page = Explorer(LINEAR, Flow(), term_bar=False)
    calls = counted(monkeypatch, Flow)
    loop.turn_to_the_end()
    whole = len(calls)
    page = Explorer(LINEAR, Flow(), term_bar=False)
    for _ in range(4):
        loop.turn()
    calls.clear()
    move(page, "picture.x1", 0.1)  # another state of the same kind
    loop.turn_to_the_end()
    assert len(calls) - 1 < whole and greyed(page) == IDLE


def test_where_no_loop_runs_nothing_is_tried_until_it_is_asked_for(monkeypatch):
    calls = counted(monkeypatch, Flow)
    page = Explorer(LINEAR, Flow(), term_bar=False)
    assert len(calls) == 1 and greyed(page) == set()
    page.rest()
    assert len(calls) > 1 and greyed(page) == IDLE
    calls.clear()
    page.rest()
    assert not calls


def test_a_failure_in_a_slice_is_that_of_the_explorer(loop, monkeypatch):
    page = Explorer(LINEAR, Flow(), term_bar=False)
    with monkeypatch.context() as patch:
        patch.setattr(Flow, "numbers", planted)
        with pytest.raises(Planted):
            loop.turn_to_the_end()
    assert isinstance(page.failed, Planted) and 'role="alert"' in surface_of(page) and not loop.waiting
    page.face.reset.click()
    loop.turn_to_the_end()
    assert page.failed is None and greyed(page) == IDLE


def test_nothing_is_tried_while_a_question_waits_or_for_a_state_that_is_refused(loop, monkeypatch):
    page = Explorer(R.Kronecker(), Fabric(n=8, D=24), question=Predict("?", choices=["a"], right="a"))
    calls = counted(monkeypatch, Fabric)
    loop.turn_to_the_end()
    assert not calls and greyed(page) == {name for name, _ in page.controls()}
    page.face.question.skip.click()
    assert greyed(page) == set() and len(loop.waiting) == 1
    page.set(R.Kronecker(p=3))
    assert page.refused
    loop.turn_to_the_end()
    assert not calls and greyed(page) == set()


def test_a_term_that_is_chosen_is_searched_alone(loop):
    page = Explorer(LINEAR, Flow())
    loop.turn_to_the_end()
    assert greyed(page) == set()
    page.face.bar["π"].click()
    assert len(loop.waiting) == 1
    loop.turn_to_the_end()
    assert greyed(page) == IDLE


def test_the_event_loop_of_a_kernel_does_it(monkeypatch):
    monkeypatch.setattr(moves, "REST", 0)
    monkeypatch.setattr(moves, "BREATH", 0)

    async def cell():
        page = Explorer(LINEAR, Flow(), term_bar=False)
        seen = [greyed(page)]
        for _ in range(1000):
            await asyncio.sleep(0)
            if greyed(page):
                break
        return [*seen, greyed(page)]

    assert asyncio.run(cell()) == [set(), IDLE]
