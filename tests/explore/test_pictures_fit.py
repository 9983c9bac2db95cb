"""The fit of one's own data, and jumps that are drawn as jumps."""

import json
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import torch

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Fit
from rpn_edu.explore.canvas import with_jumps
from rpn_edu.explore.code.snippet import as_code
from rpn_edu.explore.panel.components import classes_of
from rpn_edu.learn import least_squares
from tests.explore.driving import surface_of
from tests.explore.states import fits

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder
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
    page.rest()
    idle = {name for name, widget in page.controls() if widget.disabled}
    assert {"picture.shape", "picture.points", "picture.noise"} <= idle
    assert page.canvas.plots[0].get_xlim()[0] > 1900, "the axis tells the original numbers"
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
    drawn = list(page.canvas.artists)
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
    assert "beyond ten thousand" in Fit().refuses(rpn.Formula(wild, rpn.reconciliation.LowRank()))
    assert not Fit().refuses(rpn.Formula(wild))
    assert not Fit().refuses(rpn.Formula(rpn.expansion.Chebyshev(degree=9), rpn.reconciliation.LowRank()))


# ---- what is straight is found as at home ------------------------------------------------------------------------------------------

KAPPAS = [row.example() for row in classes_of(X.Expansion).values()]
STRAIGHT = [(Fit(), rpn.Formula(kappa)) for kappa in KAPPAS]
STRAIGHT += [(Fit(points=4), rpn.Formula(X.Chebyshev(degree=9))), (Fit(own=OWN), rpn.Formula(X.Taylor(order=3)))]
STRAIGHT += [(Fit(own=OWN), rpn.Formula(X.Hermite(), remainder=pi)) for pi in (P.Constant(value=-0.5), P.Identity())]
STRAIGHT += [(Fit(own=tuple((x, scale * y) for x, y in OWN)), rpn.Formula(X.Fourier())) for scale in (1e-9, 1e6)]


def test_the_plain_way_finds_what_the_general_one_finds(monkeypatch):
    straight = [(picture, formula) for picture, formula in STRAIGHT if picture.straight(formula)]
    assert len(straight) > len(STRAIGHT) - 3, "all but those whose features are huge"
    plain = [picture.numbers(formula, **picture.given()) for picture, formula in straight]
    monkeypatch.setattr(Fit, "straight", lambda self, subject: False)
    for (picture, formula), found in zip(straight, plain):
        general = picture.numbers(formula, **picture.given())
        assert found.keys() == general.keys()
        for name in found:
            size = max(general["y"].abs().max(), general[name].abs().max())
            assert (found[name] - general[name]).abs().max() <= 1e-9 * size, f"{name} of {formula}"


@pytest.mark.parametrize("beside", [{"reconciliation": R.LowRank()}, {"remainder": P.Linear()}, {"channels": 2}, {"bias": True}])
def test_what_learns_elsewhere_too_is_left_to_the_general_way(beside):
    assert Fit().straight(rpn.Formula(X.Chebyshev())) and not Fit().straight(rpn.Formula(X.Chebyshev(), **beside))


def test_huge_features_are_left_to_the_general_way():
    assert not Fit().straight(rpn.Formula(X.Reciprocal())), "1 / x reaches a million"


# ---- one step is ridge regression ------------------------------------------------------------------------------------------------


def least(K: torch.Tensor, y: torch.Tensor, ridge: float) -> tuple:
    """w of the least cost, and the cost, from 120 digits: the smaller of the two sets of normal equations."""
    with mp.workdps(120):
        A, b, short = mp.matrix(K.tolist()), mp.matrix(y.tolist()), len(K) < K.shape[1]
        square = A * A.T if short else A.T * A
        square += mp.mpf(ridge) * mp.eye(square.rows)
        w = A.T * mp.lu_solve(square, b) if short else mp.lu_solve(square, A.T * b)
        return w, cost(K, y, w, ridge)


def cost(K: torch.Tensor, y: torch.Tensor, w: Any, ridge: float) -> Any:
    with mp.workdps(120):
        rest = mp.matrix(K.tolist()) * w - mp.matrix(y.tolist())
        return (rest.T * rest)[0] + mp.mpf(ridge) * (w.T * w)[0]


def grown() -> list[rpn.expansion.Expansion]:
    """Every κ with a degree, an order or a count that can be raised, at the end of its dial and beyond."""
    found = [X.Bessel(degree=14), X.Bessel(degree=20), X.Bessel(degree=25), X.Hermite(degree=24), X.Hermite(degree=40)]
    for row in classes_of(X.Expansion).values():
        for field in row.declared:
            if field.name in ("degree", "order", "terms", "centers", "intervals", "scales"):
                found += [row(**{field.name: count}) for count in {int(field.meta.high), 15 if field.name == "degree" else 6}]
    return [kappa for kappa in found if fits(Fit(), rpn.Formula(kappa))]


@pytest.mark.parametrize("points, ridge", [(60, 1e-8), (60, 1.0), (10, 1e-8), (10, 1.0)])
def test_one_step_finds_the_least_cost_whatever_the_size_of_the_features_or_refuses(points, ridge):
    refused = []
    for kappa in grown():
        picture, formula = Fit(points=points, ridge=ridge), rpn.Formula(kappa)
        given = picture.given()
        try:
            found = picture.numbers(formula, **given)
        except FloatingPointError as refusal:
            assert "cancel each other" in str(refusal)
            refused.append(kappa)
            continue
        K, y = kappa(given["x"].unsqueeze(-1)), given["y"]
        w, wanted = least(K, y, ridge)
        assert mp.sqrt(cost(K, y, mp.matrix(found["w"].tolist()), ridge)) < mp.sqrt(wanted) + 6e-6 * y.norm().item(), kappa
        grid = kappa(found["grid"].unsqueeze(-1)).tolist()
        with mp.workdps(120):
            pairs = (K.tolist(), y.tolist()), (grid, found["y_test"].tolist())
            errors = [[mp.fdot(row, w) - value for row, value in zip(*pair)] for pair in pairs]
            rms = [float(mp.sqrt(mp.fsum(error * error for error in part) / len(part))) for part in errors]
        assert [found["train_error"].item(), found["test_error"].item()] == pytest.approx(rms, rel=1e-6, abs=3e-5), kappa
    assert len(refused) < 5 and all(kappa.degree > 10 for kappa in refused)  # beyond the dial; sixteen digits are not enough for them


def test_what_fifteen_digits_cannot_tell_is_not_shown_and_leaves_the_state_before():
    page = Explorer(rpn.Formula(X.Bessel(degree=3)), Fit(points=10))
    kept = page.last_png
    page.set(rpn.Formula(X.Bessel(degree=25)))
    assert "cancel each other" in page.refused and "Not shown" in surface_of(page) and page.failed is None and page.last_png == kept
    assert page.subject == rpn.Formula(X.Bessel(degree=3)) and page.code()
    page.set(rpn.Formula(X.Bessel(degree=4)))
    assert not page.refused and page.subject == rpn.Formula(X.Bessel(degree=4))


@pytest.mark.parametrize("kappa", [X.Bessel(degree=15), X.Hermite(degree=24), X.Chebyshev(degree=30)], ids=repr)
@pytest.mark.parametrize("points", [20, 60])
def test_the_picture_and_its_code_print_the_same_errors(kappa, points):
    page, place = Explorer(rpn.Formula(kappa), Fit(points=points)), {}
    with torch.random.fork_rng():
        exec(page.code(), place)
    for name in ("train_error", "test_error"):
        assert f"{place['numbers'][name]:.4f}" == f"{page.numbers[name]:.4f}"


def table(rows: int, *sizes: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(len(sizes))
    return torch.randn(rows, len(sizes), dtype=torch.float64, generator=generator) * torch.tensor(sizes, dtype=torch.float64)


@pytest.mark.parametrize("rows", [4, 30], ids=["more unknowns", "more rows"])
@pytest.mark.parametrize("ridge", [0.0, 1e-8, 1.0])
def test_columns_of_very_different_size_are_no_rounding_errors(rows, ridge):
    K, y = table(rows, 1e16, 1.0, 1e-12, 3.0, 1e8, 20.0), table(rows, 1.0)[:, 0]
    start = torch.ones(6, dtype=torch.float64)  # times 1e16 it would drown y
    w, wanted = least(K, y, ridge or 1e-60)
    found = least_squares(lambda w: K @ w, start, y, ridge, 1)
    assert cost(K, y, mp.matrix(found.tolist()), ridge or 1e-60) < wanted * (1 + 1e-6) + 1e-20
    assert found.tolist() == pytest.approx([float(part) for part in w], rel=1e-6)


@pytest.mark.parametrize("rows", [3, 30])
def test_without_a_ridge_redundant_columns_share_what_they_say(rows):
    x, other, y = table(rows, 1.0, 1.0, 1.0).T
    K = torch.stack((x, 2 * x, other, x + other, 0 * x), -1)
    truth = np.linalg.lstsq(K.numpy(), y.numpy(), rcond=None)[0]  # the shortest of all
    found = least_squares(lambda w: K @ w, torch.ones(5, dtype=torch.float64), y, 0.0, 1)
    np.testing.assert_allclose(found.numpy(), truth, atol=1e-12)
