"""Growth and Condition tell the truth: widths counted on features, condition numbers of numpy, spans found by least squares."""

import math

import numpy as np
import pytest
import torch

from rpn_edu import expansion as E
from rpn_edu.explore import Condition, Explorer, Growth
from rpn_edu.explore.pictures.growth import widths


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_curve_of_taylor_is_the_sum_of_powers_of_m(order):
    numbers = Growth(m=9).numbers(E.Taylor(order=order))
    m = 10 ** numbers["log_m"]
    torch.testing.assert_close(10 ** numbers["log_D"], sum(m**k for k in range(1, order + 1)))
    assert numbers["D"] == sum(9**k for k in range(1, order + 1)) and numbers["bytes"] == 8 * (32 + 10) * numbers["D"]


def test_per_input_the_slope_is_that_of_m():
    numbers = Growth().numbers(E.Chebyshev(degree=5))
    torch.testing.assert_close(numbers["log_D"] - numbers["log_m"], torch.full_like(numbers["log_m"], math.log10(5)))


def test_the_dot_lies_on_the_curve():
    numbers = Growth(m=64).numbers(E.Taylor(order=2))
    here = torch.isclose(numbers["log_m"], numbers["m"].double().log10())
    assert here.sum() == 1 and torch.allclose(numbers["log_D"][here], numbers["D"].log10())


def test_too_many_features_are_refused_with_a_sentence_and_the_picture_stays(monkeypatch):
    page = Explorer(E.Taylor(order=2), Growth(m=784))
    before = page.last_png
    with monkeypatch.context() as patch:
        patch.setattr(E.Taylor, "__call__", lambda *_: pytest.fail("features were made of a state that is refused"))
        page.set(E.Taylor(order=3))
    assert "482,505,744" in page.refused and "Choose a lower degree" in page.refused and page.last_png == before
    page.set(E.Chebyshev(degree=3))
    assert not page.refused and page.numbers["D"] == 3 * 784


def test_a_κ_made_for_one_size_says_so():
    kappa = E.Affine.example()
    page = Explorer(kappa, Growth(m=64))
    assert page.numbers["m"] == kappa.made_for != 64
    for said in (page.alt, page.picture.readout(page.shown), page.canvas.artists["made for"].get_text()):
        assert "made for" in said and "only" in said
    assert "made for" not in Explorer(E.Taylor(), Growth()).alt
    assert E.Extended((E.Taylor(), kappa)).made_for == kappa.made_for  # whichever part it is
    assert E.Nested((E.Taylor(), kappa)).made_for is None  # the second part meets the features of the first


@pytest.mark.parametrize("combine", [E.Extended, E.Nested])
def test_the_width_of_a_composed_κ_is_that_of_its_features(combine):
    kappa = combine((E.Taylor(order=2), E.Fourier(terms=2)))
    assert kappa.width(3) == kappa(torch.rand(2, 3)).shape[-1]


def test_a_curve_beyond_all_floats_is_counted_without_making_a_feature():
    deep = E.Nested((E.Taylor(order=6),) * 3)
    with pytest.raises(OverflowError):
        float(deep.width(1024))
    log_m, log_D = widths(deep)[-1]
    assert math.isfinite(log_D) and log_D == pytest.approx(6**3 * log_m, rel=1e-3)


@pytest.mark.parametrize("kappa", [E.Taylor(order=6), E.Chebyshev(degree=8), E.GaussianRBF(epsilon=4.0)])
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("over", ["domain", "-1 to 1"])
def test_the_condition_number_is_that_of_numpy(kappa, constant, over):
    low, high = kappa.domain if over == "domain" else (-1, 1)
    x = np.linspace(low, high, 50)
    table = kappa(torch.from_numpy(x).unsqueeze(-1)).numpy()
    table = np.hstack([np.ones((50, 1)), table]) if constant else table
    numbers = Condition(50, over, constant).numbers(kappa)
    assert numbers["condition"].item() == pytest.approx(np.linalg.cond(table), rel=1e-6)
    gram, length = table.T @ table, np.linalg.norm(table, axis=0)
    np.testing.assert_allclose(numbers["alike"], gram / np.outer(length, length), atol=1e-12)


def test_powers_and_chebyshev_polynomials_span_the_same_curves_at_another_price():
    kappas = E.Taylor(order=10), E.Chebyshev(degree=10)
    powers_cost, chebyshev_cost = (Condition(over="-1 to 1", constant=True).numbers(kappa)["condition"] for kappa in kappas)
    assert powers_cost > 1000 * chebyshev_cost
    x = torch.linspace(-1, 1, 100, dtype=torch.float64).unsqueeze(-1)
    powers, chebyshev = (torch.cat([torch.ones_like(x), kappa(x)], -1) for kappa in kappas)
    assert torch.dist(powers @ torch.linalg.lstsq(powers, chebyshev).solution, chebyshev) < 1e-9
