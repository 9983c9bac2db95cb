"""DoubleDescent shows the fits that scikit-learn and NumPy find, and the peak where features meet rows."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

import rpn_edu as rpn
from rpn_edu.explore import DoubleDescent, Explorer
from rpn_edu.explore.pictures.double_descent import fitted

X = rpn.expansion
MANY = X.Legendre(degree=60)


def numbers(kappa=MANY, **fields):
    return {name: value.numpy() for name, value in DoubleDescent(**fields).numbers(kappa).items()}


def features(x, degree=60):
    return np.polynomial.legendre.legvander(x, degree)[:, 1:]


def errors(found, fit):
    """On the rows and on the true curve, for every D, where `fit` makes w of K and y."""
    K, G = features(found["x"]), features(found["grid"])
    ws = [fit(K[:, :D], found["y"]) for D in range(1, 61)]
    on = [(K[:, : len(w)] @ w - found["y"], G[:, : len(w)] @ w - found["truth"]) for w in ws]
    return np.sqrt([[np.mean(part**2) for part in both] for both in on]).T


def test_every_fit_with_a_ridge_is_that_of_scikit_learn():
    found = numbers(ridge=0.1)
    rows, curve = errors(found, lambda K, y: Ridge(alpha=0.1, fit_intercept=False, solver="svd").fit(K, y).coef_)
    np.testing.assert_allclose(found["train_errors"], rows, rtol=1e-6)
    np.testing.assert_allclose(found["test_errors"], curve, rtol=1e-6)


def test_without_a_ridge_each_is_the_shortest_least_squares():
    found = numbers()
    rows, curve = errors(found, lambda K, y: np.linalg.pinv(K) @ y)
    calm = np.r_[0:15, 26:60]  # near the peak the last digits of y decide
    np.testing.assert_allclose(found["test_errors"][calm], curve[calm], rtol=1e-2)
    np.testing.assert_allclose(found["train_errors"][:15], rows[:15], rtol=1e-4)
    assert found["train_errors"][25:].max() < 1e-4 and rows[25:].max() < 1e-4


@pytest.mark.parametrize("points", [12, 20, 30])
@pytest.mark.parametrize("seed", range(4))
def test_the_peak_stands_where_features_meet_rows_and_a_ridge_removes_it(points, seed):
    bare, ridged = numbers(points=points, seed=seed), numbers(points=points, seed=seed, ridge=0.1)
    assert abs(int(bare["highest_D"]) - points) <= 4
    assert bare["highest"] > 5 * bare["test_errors"][-1] and ridged["test_errors"][points - 3 : points + 3].max() < 0.6


def test_the_fit_of_one_d_is_shown_and_counted():
    page = Explorer(MANY, DoubleDescent(D=7, ridge=0.1))
    found = page.numbers
    w = np.linalg.solve(
        features(found["x"], 7).T @ features(found["x"], 7) + 0.1 * np.eye(7), features(found["x"], 7).T @ found["y"].numpy()
    )
    np.testing.assert_allclose(found["curve"], features(found["grid"], 7) @ w, atol=1e-9)
    np.testing.assert_allclose(found["size_of_w"], np.linalg.norm(w))
    assert page.shown.sizes["l"] == 7 and "At D = 7" in page.alt


def test_another_d_is_looked_up_and_one_beyond_takes_all_features():
    page = Explorer(MANY, DoubleDescent())
    before = fitted.cache_info().misses
    for D in (1, 60, 100):
        page.set(MANY, DoubleDescent(D=D))
        assert page.shown.sizes["l"] == min(D, 60) and page.numbers["test_error"] == page.numbers["test_errors"][min(D, 60) - 1]
    assert fitted.cache_info().misses == before


def test_too_many_features_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="stops at 120 features, .* got 121: choose a lower degree"):
        Explorer(X.Legendre(degree=121), DoubleDescent())
