"""A recorded training is the one that NumPy goes through, step by step."""

import numpy as np
import pytest

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Learning
from rpn_edu.explore.pictures.learning import STEPS, recorded

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder
FORMULA = rpn.Formula(X.Chebyshev(degree=6))


def numbers(formula=FORMULA, **fields):
    return {name: value.numpy() for name, value in Learning(**fields).numbers(formula).items()}


def features(x, degree=6):
    return np.polynomial.chebyshev.chebvander(x, degree)[:, 1:]


def sgd(w, slope, state, lr):
    return w - lr * slope


def adamw(w, slope, state, lr):
    """Adam's step after a decay of w: Kingma and Ba (2015), Loshchilov and Hutter (2019)."""
    state["t"] = t = state.get("t", 0) + 1
    state["m"] = m = 0.9 * state.get("m", 0) + 0.1 * slope
    state["v"] = v = 0.999 * state.get("v", 0) + 0.001 * slope**2
    return w * (1 - lr * 1e-4) - lr * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


@pytest.mark.parametrize("optimizer, move", [("SGD", sgd), ("AdamW", adamw)])
def test_every_step_is_that_of_numpy(optimizer, move):
    start = numbers(step=0, optimizer=optimizer)
    x, y, w, state = start["x"], start["y"], start["w"], {}
    K, grid = features(x), np.linspace(-1, 1, 200)
    truth = (np.sin(3 * grid) + 0.5 * np.sin(9 * grid)) * np.exp(-(grid**2))
    for step in range(STEPS + 1):
        found = numbers(step=step, optimizer=optimizer)
        np.testing.assert_allclose(found["w"], w, atol=1e-9)
        np.testing.assert_allclose(found["W"], w, atol=1e-9)
        np.testing.assert_allclose(found["train_loss"], np.mean((K @ w - y) ** 2))
        np.testing.assert_allclose(found["test_loss"], np.mean((features(grid) @ w - truth) ** 2))
        w = move(w, 2 * K.T @ (K @ w - y) / len(y), state, 0.1)
    assert len(found["train_losses"]) == STEPS + 1 and found["best_step"] == found["test_losses"].argmin()


def test_a_batch_of_one_row_follows_the_slope_of_that_row():
    kept = recorded(FORMULA, "SGD", STEPS, 0.1, 1, 1.0, "waves", 20, 0.2, 0)
    x, y, w = (part.numpy() for part in kept[:3])
    K = features(x)
    moved = set()
    for before, after in zip(w, w[1:]):
        slopes = 2 * (K @ before - y)[:, None] * K  # of each row alone
        far = np.abs(before - 0.1 * slopes - after).max(-1)
        assert far.min() < 1e-12
        moved.add(int(far.argmin()))
    assert len(moved) > 15  # of the 20 rows


def test_a_batch_as_large_as_the_points_is_all_of_them():
    assert (numbers(batch=20)["w"] == numbers(batch=40)["w"]).all()


@pytest.mark.parametrize("optimizer", ["closed form", "L-BFGS"])
def test_the_closed_form_and_lbfgs_arrive_where_numpy_does(optimizer):
    found = numbers(optimizer=optimizer)
    np.testing.assert_allclose(found["w"], np.linalg.lstsq(features(found["x"]), found["y"])[0], atol=1e-4)


def test_the_start_is_scaled_and_all_else_stays():
    one, three = numbers(step=0), numbers(step=0, scale=3.0)
    np.testing.assert_allclose(three["w"], 3 * one["w"])
    assert (one["y"] == three["y"]).all()


def test_a_product_of_two_factors_that_are_0_never_leaves_0():
    low = rpn.Formula(X.Chebyshev(degree=6), R.LowRank(rank=1))
    assert not numbers(low, scale=0.0)["W"].any() and numbers(low, scale=0.1)["W"].any()
    assert numbers(scale=0.0)["W"].any()


def test_the_shares_are_those_of_the_root_mean_squares():
    formula = rpn.Formula(X.Chebyshev(degree=6), remainder=P.Linear())
    found = numbers(formula, step=30)
    a, b = np.sqrt(np.mean((found["curve"] - found["pi"]) ** 2)), np.sqrt(np.mean(found["pi"] ** 2))
    np.testing.assert_allclose(found["shares"], [a / (a + b), b / (a + b)])
    assert numbers()["shares"].tolist() == [1, 0]


def test_a_step_of_the_same_training_is_looked_up_and_only_the_past_is_shown():
    page = Explorer(FORMULA, Learning())
    before = recorded.cache_info().misses
    for step in (3, 60, 0):
        page.set(page.subject, Learning(step=step))
        assert [*page.canvas.artists["test"].get_xdata()] == [*range(step + 1)] and page.numbers["best_step"] <= step
    assert recorded.cache_info().misses == before


def test_a_run_that_grows_without_bound_ends_and_says_so():
    page = Explorer(FORMULA, Learning(optimizer="SGD", lr=3.0))
    assert page.numbers["train_loss"] > 1e6 and len(page.numbers["train_losses"]) < STEPS
    assert "its numbers grow without bound" in page.alt and "grow without bound" in page.picture.readout(page.shown)
    page.set(FORMULA, Learning(optimizer="SGD", lr=0.1))
    assert "without bound" not in page.alt


def test_what_has_no_closed_form_and_too_many_features_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="not linear in w here, so that no closed form is known"):
        Explorer(rpn.Formula(X.Chebyshev(), R.LowRank()), Learning(optimizer="closed form"))
    with pytest.raises(ValueError, match="stops at D = 320 features, got 400"):
        Explorer(rpn.Formula(X.Chebyshev(degree=400)), Learning())


def test_a_formula_that_learns_nothing_stays_as_it_is():
    page = Explorer(rpn.Formula(X.Identity(), R.Eye()), Learning())
    assert not len(page.numbers["w"]) and "Nothing is learned here" in page.alt
