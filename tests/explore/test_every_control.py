"""Every control of every explorer, driven to its ends, at random and in pairs: no exception, NaN or idle control."""

import random

import ipywidgets as W
import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import (
    Explorer,
    Fabric,
    Fit,
    Flow,
)
from rpn_edu.explore.canvas import Canvas
from rpn_edu.explore.panel.components import replaced
from rpn_edu.explore.panel.controls import others
from rpn_edu.explore.state.shown import Refusal, computed
from tests.explore.driving import STARTS, Planted, planted, start, surface_of, sweep, values_of
from tests.explore.states import KINDS, states

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder
DRAWN = Canvas.png
"""A picture, also where nothing is drawn unasked."""
pytestmark = pytest.mark.usefixtures("few_steps")


@pytest.mark.quick(first_of="start")
@start
def test_every_control_to_its_ends_at_random_and_in_pairs(start, device):
    page = start()
    there = torch.get_device_module(device)
    states = torch.get_rng_state(), there.get_rng_state()
    assert sweep(page) >= 70
    same = map(torch.equal, (torch.get_rng_state(), there.get_rng_state()), states)
    assert all(same), "a move must leave the global random numbers of every device alone"


@pytest.mark.parametrize("row", [X.Extended, X.Nested])
def test_every_control_of_a_composed_component_can_be_moved(row, undrawn):
    page = Explorer(row(parts=(X.Chebyshev(), X.GaussianRBF(centers=3))))
    assert sweep(page) > 80


# ---- planted faults turn the sweep red -------------------------------------------------------------------------------------------


@start
@pytest.mark.parametrize("method", ["numbers", "paint", "alt", "readout", "given"])
def test_a_planted_exception_turns_the_sweep_red(start, method, monkeypatch):
    page = start()
    monkeypatch.setattr(type(page.picture), method, planted)
    with pytest.raises(Planted):
        sweep(page)
    assert isinstance(page.failed, Planted)


@start
@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_a_planted_nan_turns_the_sweep_red_and_is_never_drawn(start, wrong, monkeypatch):
    page = start()
    before = page.last_png
    kind, sound = type(page.picture), type(page.picture).numbers

    def numbers(self, subject, **given):
        found = sound(self, subject, **given)
        return {name: value.clone().fill_(wrong) if name == kind.answer else value for name, value in found.items()}

    monkeypatch.setattr(kind, "numbers", numbers)
    with pytest.raises(FloatingPointError, match="not finite"):
        sweep(page)
    assert page.last_png == before and 'role="alert"' in surface_of(page)


def test_an_error_is_shown_kept_and_raised_and_reset_recovers(monkeypatch):
    page = STARTS["flow"]()
    first = surface_of(page)
    with monkeypatch.context() as patch:
        patch.setattr(Flow, "numbers", planted)
        with pytest.raises(Planted):
            dict(page.controls())["picture.x1"].value = 0.1
        said = surface_of(page)
        assert 'role="alert"' in said and "Planted: planted" in said and "Reset" in said
    page.face.reset.click()
    assert page.failed is None and surface_of(page) == first


# ---- honest controls -------------------------------------------------------------------------------------------------------------


def tried(widget) -> list:
    """The ends of a slider first. Of an idle one some eight values; of others all, since some may be refused or look the same."""
    values = values_of(widget)
    if not isinstance(widget, W.IntSlider):
        return values
    every = range(widget.min, widget.max + 1)
    return [*values, *every[:: -(-len(every) // 5) if widget.disabled else 1]]


def moved(new, old) -> float:
    """How far numbers have moved, as a share of the largest of their array, or of 0.1: of some 500 pixels the eye tells 0.002."""
    if new.keys() != old.keys():
        return 1.0
    pairs = [(new[name].double(), value.double()) for name, value in old.items() if value.numel()]
    return max(((a - b).abs().max() / b.abs().max().clamp(min=0.1)).item() if a.shape == b.shape else 1.0 for a, b in pairs)


def honest(page: Explorer) -> None:
    """Every enabled control in this state changes the picture or the figures, every disabled one does not.

    Where all that an enabled control changes is less than a pixel, its numbers are what is left to change. A picture is drawn where the
    figures do not tell.
    """
    page.rest()
    here = page.subject, page.picture
    numbers, figures, png = page.numbers, page.picture.readout(page.shown), DRAWN(page.canvas)
    for name, widget in list(page.controls()):
        if isinstance(widget, W.Textarea) or widget.tooltip.startswith("which "):
            continue  # menus of rows and tables are never greyed out
        disabled, changed, unseen = widget.disabled, False, [0.0]
        for value in tried(widget):
            dict(page.controls())[name].value = value
            if page.refused:
                continue
            if disabled:
                same = all(torch.allclose(page.numbers[key], numbers[key], rtol=1e-5, atol=1e-6) for key in numbers)
                assert same and DRAWN(page.canvas) == png, f"{name} is disabled, but {value} changes {here}"
            changed = changed or page.picture.readout(page.shown) != figures or (not disabled and DRAWN(page.canvas) != png)
            if changed and not disabled:
                break
            unseen.append(moved(page.numbers, numbers))
        page.set(*here)
        assert changed != disabled or (not disabled and 1e-6 < max(unseen) < 2e-3), (
            f"{name} is {'disabled' if disabled else 'enabled'} in {here}"
        )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_enabled_controls_change_the_picture_and_disabled_ones_do_not(kind, undrawn):
    for picture, subject in random.Random(1).sample(states(kind, 12, seed=9), 4):
        honest(Explorer(subject, picture, term_bar=False))


def test_known_idle_controls():
    def disabled(subject, picture):
        page = Explorer(subject, picture, term_bar=False)
        page.rest()
        return {name for name, widget in page.controls() if widget.disabled}

    linear = rpn.Formula(X.Taylor(), R.Identity(), P.Linear())
    assert disabled(linear, Flow()) == {"formula.remainder.activate"}  # a bias starts at 0, but it is two more learned numbers
    assert disabled(rpn.Formula(X.Taylor(), R.Constant()), Flow()) == {"picture.seed"}
    alone = "formula.expansion.unique"  # one input has no x_1 x_2
    assert disabled(rpn.Formula(X.Taylor(), R.Constant()), Fit()) == {alone, "picture.ridge"}
    assert disabled(R.Masked(keep=1.0), Fabric()) == {"reconciliation.seed"}
    assert disabled(R.Masked(keep=0.5), Fabric()) == set()
    assert disabled(rpn.Formula(X.Taylor(), R.Kronecker()), Fit()) == {alone, "formula.reconciliation.p"}  # 1 is divided by 1 only


def test_idle_controls_wake_up_with_a_switch():
    page = Explorer(rpn.Formula(X.Taylor(), R.Identity(), P.Linear()), Flow())
    page.face.bar["π"].click()
    page.rest()
    controls = dict(page.controls())
    assert controls["formula.remainder.activate"].disabled
    controls["formula.remainder.activation"].value = "silu"
    page.rest()
    assert not controls["formula.remainder.activate"].disabled


@start
def test_every_field_of_a_picture_changes_what_is_computed_for_it(start):
    """A control without effect is greyed out, so that driving it fails nowhere: here it does."""
    page = start()
    fields = [field for field in type(page.picture).declared if field.kind != "table"]
    found = {field.name: replaced(page.picture, field.name, others(field, getattr(page.picture, field.name))) for field in fields}
    assert [name for name, pictures in found.items() if not any(differs(page, picture) for picture in pictures)] == []


def differs(page, picture) -> bool:
    try:
        numbers = computed(page.subject, picture).numbers
    except Refusal:
        return False
    return any(not torch.equal(value, page.numbers[name]) for name, value in numbers.items())
