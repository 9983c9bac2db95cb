"""The pictures of a formula ask the formula itself: none of them writes <κ_ξ, ψ> + π a second time."""

import ast
import dataclasses
import inspect
import re
import textwrap

import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import Boundary, Digits, Explorer, Fit, Flow, Heads, Microscope, Stack, Training
from tests.explore.states import KINDS

E, R, P, X = rpn.expansion, rpn.reconciliation, rpn.remainder, rpn.interdependence
# Twin writes its formulas itself, from what scikit-learn has found: tests/explore/test_pictures_twin.py.
PICTURES = [kind for kind, subject in KINDS.items() if subject is rpn.Formula and len(kind.unseen) < len(rpn.Formula.declared)]
SMALL = {
    Boundary: {"points": 20},
    Digits: {"images": 20, "pooled": True},
    Training: {"images": 20, "pooled": True},
    Stack: {"depth": 2, "width": 3},
}
RICH = rpn.Formula(E.Chebyshev(degree=2), R.Masked(), P.Linear(), attribute=X.Parameterized(), channels=2, bias=True)
"""A formula in which every term has numbers."""


@pytest.mark.parametrize("kind", PICTURES, ids=lambda kind: kind.__name__)
def test_a_picture_of_a_formula_computes_with_its_trace_and_by_no_way_of_its_own(kind):
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(kind.numbers))))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    assert "trace" in {call.attr for call in calls}
    asked = {said for call in calls if re.fullmatch(r"subject\.\w+\.\w+", said := ast.unparse(call))}
    # How wide κ is, how much of π is learned, how wide a channel is, and the ψ of a mean are questions to a term, not the formula.
    widths = {"subject.expansion.width", "subject.remainder.length", "subject.fusion.part_width"}
    assert asked <= widths | {"subject.fusion.times_mean", "subject.reconciliation.matrix"}


@pytest.mark.parametrize("kind", PICTURES, ids=lambda kind: kind.__name__)
def test_a_picture_of_a_formula_shows_xi_bias_and_channels(kind, few_steps):
    rich = dataclasses.replace(RICH, remainder=P.Zero()) if "remainder" in kind.unseen else RICH
    page = Explorer(rich, kind(**SMALL.get(kind, {})))
    assert page.failed is None and not page.refused
    plain = Explorer(rpn.Formula(rich.expansion, rich.reconciliation, rich.remainder), kind(**SMALL.get(kind, {})))
    assert page.state.shown.sizes["l"] > plain.state.shown.sizes["l"]


@pytest.mark.parametrize("kind", PICTURES, ids=lambda kind: kind.__name__)
def test_frozen_numbers_are_drawn_once_for_a_picture(kind, few_steps, monkeypatch):
    formula = rpn.Formula(E.Identity(), R.RandomAdaption(), P.Linear(R.RandomAdaption(seed=1)))
    drawn, frozen = [], R.RandomAdaption.frozen
    monkeypatch.setattr(R.RandomAdaption, "frozen", lambda self, n, D: drawn.append((self.seed, n, D)) or frozen(self, n, D))
    picture = kind(**SMALL.get(kind, {}))
    picture.numbers(formula, **picture.given())
    # Once for the formula, and once more where a picture compares with another one or looks at one of its layers.
    assert drawn and max(map(drawn.count, drawn)) <= 2


def test_sizes_are_those_of_the_rows_and_of_all_that_is_learned():
    assert Boundary(points=60).sizes(rpn.Formula())["b"] == 60
    formula = rpn.Formula(E.Taylor(), R.LowRank(), P.Linear())
    for picture, m, n in ((Flow(), 2, 2), (Fit(), 1, 1), (Digits(pooled=True), 16, 10), (Heads(), 2, 12)):
        head = rpn.Head(m, n, formula)
        assert picture.sizes(formula)["l"] == sum(parameter.numel() for parameter in head.parameters())
    for picture in (Boundary(), Microscope()):
        model = rpn.RPN(picture.widths(), formula)
        assert picture.sizes(formula)["l"] == sum(parameter.numel() for parameter in model.parameters())


def test_what_flow_shows_is_the_trace_of_a_head_with_the_same_numbers():
    picture, numbers = Flow(seed=2), Flow(seed=2).numbers(RICH)
    head = rpn.Head(2, picture.n, RICH).double()
    parts = RICH.parted(numbers["w"], 2, picture.n)
    with torch.no_grad():
        for term, learned in head.learned().items():
            learned.copy_(parts[term])
        trace = head.trace(numbers["x"])
    for name in ("inner", "pi", "g"):
        torch.testing.assert_close(numbers[name], getattr(trace, name))


@pytest.mark.parametrize("kind", PICTURES, ids=lambda kind: kind.__name__)
def test_a_xi_made_for_other_rows_is_refused_in_a_sentence(kind):
    for xi, words in ((X.Constant(entries=((1.0,) * 7,) * 7), "was made for 7 columns"), (X.Parameterized(), "fix the batch")):
        with pytest.raises(ValueError, match=words):
            Explorer(rpn.Formula(instance=xi), kind(**SMALL.get(kind, {})))
    if kind is not Flow and kind is not Microscope:  # those have one row
        with pytest.raises(ValueError, match="Formula.batch is 1|fix the batch"):
            Explorer(rpn.Formula(instance=X.Parameterized(), batch=1), kind(**SMALL.get(kind, {})))


def told(page, start):
    return [artist.get_text() for name, artist in page.canvas.artists.items() if name.startswith(start)]


def test_the_columns_of_flow_are_called_as_the_features_are_and_numbered_where_those_have_no_names():
    names = ["x₁", "x₂", "x₁x₁", "x₁x₂", "x₂x₁", "x₂x₂"]
    assert told(Explorer(rpn.Formula(E.Taylor()), Flow()), "count x 1") == names
    assert told(Explorer(rpn.Formula(E.Legendre(degree=3)), Flow()), "count x 1") == ["1", "3", "5", "6"]


@pytest.mark.parametrize("constant, ends", [(0.5, ["-1", "0", "1"]), (3.0, ["-5", "0", "5"])])
def test_the_bars_of_flow_say_where_their_common_scale_ends(constant, ends):
    page = Explorer(rpn.Formula(E.Taylor(), remainder=P.Constant(value=constant)), Flow())
    assert [told(page, f"{name} at ") for name in ("inner", "pi", "g")] == [ends] * 3
