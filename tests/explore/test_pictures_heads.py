"""Channels and fusion as a picture: what it shows is what a Head computes, and its verdict is the theorem."""

import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Heads
from tests.explore.states import states

F, R, X = rpn.fusion, rpn.reconciliation, rpn.expansion
KAPPA = X.Chebyshev(degree=3)
ALL = (F.Sum(), F.Mean(), F.Max(), F.Min(), F.Prod(), F.Median(), F.Concat(), F.Weighted(), F.Parameterized())


def numbers(formula, **fields):
    with torch.no_grad():
        return Heads(**fields).numbers(formula)


@pytest.mark.parametrize("fusion", ALL)
def test_what_collapses_into_one_matrix_is_what_is_linear_in_the_channels(fusion):
    found = numbers(rpn.Formula(KAPPA, channels=3, fusion=fusion))
    linear = not isinstance(fusion, (F.Max, F.Min, F.Prod, F.Median))
    assert (found["distance"] < 1e-9) == linear
    of_mean = isinstance(fusion, (F.Sum, F.Mean, F.Weighted))  # weights start at 1 / C
    assert ("distance_with_mean_w" in found and bool(found["distance_with_mean_w"] < 1e-6)) == of_mean


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("fusion", [F.Mean(), F.Sum(), F.Concat()])
def test_ranks_add(channels, fusion):
    found = numbers(rpn.Formula(KAPPA, R.LowRank(rank=1), channels=channels, fusion=fusion))
    assert (found["rank_of_channel_1"], found["rank"]) == (1, channels)
    assert found["distance"] < 1e-9


def test_the_best_single_matrix_is_that_of_numpy_and_no_other_is_nearer():
    formula = rpn.Formula(X.Identity(), channels=2, fusion=F.Max())
    found = numbers(formula, seed=4)
    torch.manual_seed(4)
    x = 2 * torch.rand(256, 2).double() - 1
    g = torch.maximum(*(x @ W.mT for W in found["matrices"]))
    best = torch.linalg.lstsq(x, g).solution
    torch.testing.assert_close(found["single"], best.mT)
    assert found["distance"].item() == pytest.approx(((x @ best - g).norm() / g.norm()).item())


def test_too_many_features_for_a_verdict_are_refused_politely():
    page = Explorer(rpn.Formula(X.BSpline(intervals=30)), Heads())
    page.set(rpn.Formula(X.BSpline(intervals=100)), Heads())
    assert "cannot tell whether one ψ would do" in page.refused and page.failed is None


def test_every_state_is_finite():
    for picture, subject in states(Heads, 60, seed=1):
        found = numbers(subject, **{field.name: getattr(picture, field.name) for field in picture.declared})
        assert all(torch.isfinite(value).all() for value in found.values()), (picture, subject)
