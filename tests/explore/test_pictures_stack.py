"""The stack of layers: its sizes are those of an RPN and of torch's own backward pass."""

import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import Stack
from rpn_edu.explore.state.shown import computed
from tests.explore.states import states

P, X = rpn.remainder, rpn.expansion


def numbers(formula, **fields):
    with torch.no_grad():
        return Stack(**fields).numbers(formula)


@pytest.mark.parametrize("expansion, remainder", [(X.Identity(), P.Zero()), (X.Taylor(order=2), P.Linear())])
def test_signal_and_gradient_are_those_of_layers_that_torch_differentiates(expansion, remainder):
    formula, d, K = rpn.Formula(expansion, remainder=remainder), 5, 4
    picture = Stack(width=d, depth=K, gain=0.3, seed=2)
    heads = [rpn.Head(d, d, formula).double() for _ in range(K)]
    torch.manual_seed(2)
    D = expansion.width(d)
    h = (2 * torch.rand(picture.rows, d).double() - 1).requires_grad_()
    direction = torch.randn(picture.rows, d).double()
    with torch.no_grad():
        for head in heads:
            head.w.copy_(0.3 * torch.randn(d * D).double() / D**0.5)
        torch.manual_seed(1002)
        for head in heads:
            head.w_remainder.copy_(remainder.init(d, d))
    signals = [h]
    for head in heads:
        signals.append(head(signals[-1]))
        signals[-1].retain_grad()
    (signals[-1] * direction / direction.square().mean().sqrt()).sum().backward()
    found = numbers(formula, width=d, depth=K, gain=0.3, seed=2)
    torch.testing.assert_close(found["signal"], torch.stack([s.detach().square().mean().sqrt() for s in signals]))
    torch.testing.assert_close(found["gradient"], torch.stack([s.grad.square().mean().sqrt() for s in signals]))


def test_with_identity_and_no_gain_nothing_changes_and_without_a_remainder_nothing_is_left():
    through = numbers(rpn.Formula(remainder=P.Identity()), gain=0.0)
    assert through["signal"].std() < 1e-15 and torch.allclose(through["gradient"], torch.ones(21, dtype=torch.float64))
    assert numbers(rpn.Formula(), gain=0.0)["signal"][1:].eq(0).all()


def test_a_deeper_stack_keeps_the_layers_it_had():
    shallow, deep = (numbers(rpn.Formula(), depth=depth)["signal"] for depth in (5, 12))
    torch.testing.assert_close(deep[:6], shallow)


def test_a_stack_that_explodes_ends_where_it_can_still_be_shown():
    picture, formula = Stack(gain=2.0, depth=30), rpn.Formula(X.Taylor(order=4), remainder=P.Identity())
    found = numbers(formula, gain=2.0, depth=30)
    assert len(found["signal"]) < 31 and found["signal"].max() < 1e9
    assert "would pass a billion" in picture.alt(computed(formula, picture))


def test_every_state_is_finite():
    for picture, subject in states(Stack, 60, seed=1):
        found = numbers(subject, **{field.name: getattr(picture, field.name) for field in picture.declared})
        assert all(torch.isfinite(value).all() for value in found.values()), (picture, subject)
