"""The fit of one's own data, and jumps that are drawn as jumps."""

import json

import numpy as np
import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Fit
from rpn_edu.explore.canvas import with_jumps
from rpn_edu.explore.snippet import as_code

X, P = rpn.expansion, rpn.remainder
OWN = tuple((1950 + 3 * i, 280 + 1.5 * i + i % 3) for i in range(25))
LINE = rpn.Formula(X.Identity(), remainder=P.Zero())


def test_own_data_are_scaled_and_a_quarter_of_the_points_is_held_out():
    picture = Fit(own=OWN[::-1])
    given = picture.given()
    x, y = np.array(OWN, dtype=float).T
    scaled = np.interp(x, [x.min(), x.max()], [-1, 1])
    held_out = np.isclose(scaled[:, None], given["x_test"].numpy(), atol=1e-5).any(-1)
    assert held_out.sum() in (6, 7) and not held_out[0]
    for name, wanted in (("x", scaled[~held_out]), ("x_test", scaled[held_out]), ("y", y[~held_out]), ("y_test", y[held_out])):
        np.testing.assert_allclose(given[name], wanted, atol=1e-6)


def test_the_error_is_that_of_numpys_polynomial_on_the_points_held_out():
    picture = Fit(own=OWN, ridge=1e-8)
    given = picture.given()
    # Chebyshev polynomials and a line with a bias: all polynomials of degree 4
    formula = rpn.Formula(X.Chebyshev(degree=4), remainder=P.Linear(bias=True))
    with torch.no_grad():
        found = picture.numbers(formula, **given)
    best = np.polynomial.Polynomial.fit(given["x"], given["y"], 4)
    error = np.sqrt(np.mean((best(given["x_test"].numpy()) - given["y_test"].numpy()) ** 2))
    assert float(found["test_error"]) == pytest.approx(error, rel=1e-4)


def test_with_own_data_the_fields_of_the_made_up_curve_do_nothing():
    page = Explorer(LINE, Fit(own=OWN))
    page._light("g")
    idle = {name for name, widget in page.controls() if widget.disabled}
    assert {"picture.shape", "picture.points", "picture.noise"} <= idle
    assert page.canvas.axes[0].get_xlim()[0] > 1900, "the axis tells the original numbers"
    assert "points of your own data" in page.alt and "held out" in page.alt


def test_own_data_survive_config_and_stand_in_the_code():
    picture = Fit(own=OWN)
    assert rpn.from_config(json.loads(json.dumps(picture.to_config()))) == picture
    assert "x_test = torch.tensor([" in as_code(picture, LINE) and "linspace" in as_code(picture, LINE)


@pytest.mark.parametrize("own", [((0, 1), (1, 2), (2, 3)), ((0, 1, 2),) * 5, (1, 2, 3, 4), ((1, 1), (1, 2), (1, 3), (1, 4))])
def test_data_that_cannot_be_fitted_are_refused(own):
    with pytest.raises(ValueError, match=r"Fit\.own"):
        Fit(own=own)


def test_a_jump_is_a_gap_and_a_smooth_curve_has_none():
    x = np.linspace(-1, 1, 200)
    for smooth in (np.sin(9 * x), 1 / (1 + 25 * x**2), np.abs(x), 0 * x, x):
        assert len(with_jumps(x, smooth)[0]) == 200
    at, step = with_jumps(x, (x > 0.3).astype(float))
    assert len(at) == 203 and np.isnan(step).sum() == 1
    gap = int(np.flatnonzero(np.isnan(step))[0])
    assert (step[gap - 1], step[gap + 1]) == (0, 1) and at[gap - 1] == at[gap + 1] == pytest.approx(0.3, abs=0.01)


def test_where_no_feature_reaches_the_picture_says_so():
    haar = rpn.Formula(X.Haar(scales=3, shifts=3), remainder=P.Linear())
    assert "No feature reaches 50% of the line" in Explorer(haar, Fit()).alt
    assert "No feature" not in Explorer(rpn.Formula(X.Chebyshev()), Fit()).alt


@pytest.mark.parametrize("season", [2, 3, 4, 5, 6, 7, 12])
def test_no_season_is_held_out_whole(season):
    own = tuple((i, i % season) for i in range(8 * season))
    assert set(Fit(own=own).given()["y"].tolist()) == set(range(season))


@pytest.mark.parametrize("count", range(4, 40))
def test_something_is_always_held_out_and_more_is_learned_from(count):
    given = Fit(own=tuple((i, i) for i in range(count))).given()
    assert 1 <= len(given["x_test"]) <= 0.4 * count and len(given["x"]) + len(given["x_test"]) == count


@pytest.mark.parametrize("factor", [1e-6, 1e-3, 1e3, 1e7])
@pytest.mark.parametrize("psi", [rpn.reconciliation.Identity(), rpn.reconciliation.LowRank(rank=1)])
def test_the_unit_of_y_is_no_matter_of_the_fit(factor, psi):
    formula = rpn.Formula(X.BSpline(), psi, P.Linear(bias=True))
    errors = {}
    for scale in (1.0, factor):
        picture = Fit(own=tuple((1e4 * i, scale * (9.0 + (i % 7) + 0.1 * i)) for i in range(40)), ridge=1e-8)
        with torch.no_grad():
            errors[scale] = picture.numbers(formula, **picture.given())["test_error"].item() / scale
    assert errors[factor] == pytest.approx(errors[1.0], rel=0.05) and errors[1.0] < 3


def test_what_leaves_the_picture_is_told_with_its_range():
    page = Explorer(rpn.Formula(X.Identity(), remainder=P.Constant(value=16.0)), Fit(own=tuple((i, 500 + i) for i in range(8))))
    told = page.canvas.artists["outside"].get_text()
    assert told.startswith("beyond the picture: g from ") and told.endswith(", π from 16 to 16")


def test_points_lie_above_every_curve_and_its_pale_band():
    page = Explorer(LINE, Fit(own=OWN))
    drawn = list(page.canvas.mentioned)
    assert max(map(drawn.index, ("pi", "fit"))) < min(map(drawn.index, ("held out", "points")))


def test_a_remainder_with_factors_is_fitted_in_steps_and_finds_what_a_plain_one_finds():
    found = {}
    for name, psi in (("plain", rpn.reconciliation.Identity()), ("thin", rpn.reconciliation.LowRank(rank=1))):
        formula, picture = rpn.Formula(X.Chebyshev(degree=2), remainder=P.Linear(psi)), Fit(ridge=1e-8)
        found[name] = picture.numbers(formula, **picture.given())["train_error"].item()
    assert found["thin"] == pytest.approx(found["plain"], rel=1e-4)


@pytest.mark.parametrize("psi", [rpn.reconciliation.Identity(), rpn.reconciliation.LowRank(rank=1)])
def test_a_constant_is_added_as_it_is_to_large_numbers_too(psi):
    """Shifting y and π by the same constant shifts g, also where y is counted in hundreds."""
    found = {}
    for constant in (0.0, 16.0):
        picture = Fit(own=tuple((i, 500 + 3 * i + i % 3 + constant) for i in range(12)))
        numbers = picture.numbers(rpn.Formula(X.Chebyshev(degree=2), psi, P.Constant(value=constant)), **picture.given())
        found[constant] = numbers["curve"]
        assert (numbers["pi"] == constant).all()
    assert torch.allclose(found[16.0], found[0.0] + 16, rtol=1e-9)


def test_a_fit_in_steps_of_huge_features_is_refused_and_a_linear_one_is_not():
    wild = rpn.expansion.Bessel(degree=9)
    with pytest.raises(ValueError, match="beyond ten thousand"):
        Fit().sizes(rpn.Formula(wild, rpn.reconciliation.LowRank()))
    assert Fit().sizes(rpn.Formula(wild))["D"] == 9
    assert Fit().sizes(rpn.Formula(rpn.expansion.Chebyshev(degree=9), rpn.reconciliation.LowRank()))["D"] == 9
