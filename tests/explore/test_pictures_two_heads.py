"""TwoHeads: two heads trained together are as good as least squares on both κ side by side."""

import numpy as np
import pytest

import rpn_edu as rpn
from rpn_edu.explore import Fit, TwoHeads

line = rpn.expansion.Taylor(order=1)


def measured():
    """The measurements, x in [-1, 1], and which of them are held out: as `Fit` holds them out."""
    k = np.arange(51)
    y = np.round(0.24 * k - 6 + 1.5 * np.sin(2 * np.pi * k / 5 + 0.5) + ((29 * k) % 53 - 26) / 54, 2)
    given = Fit(own=tuple(zip(k.tolist(), y.tolist(), strict=True))).given()
    return k / 25 - 1, y, np.isin(y, given["y_test"].numpy())


def test_a_sum_finds_what_least_squares_finds_and_a_lone_head_too():
    x, y, held = measured()
    found = TwoHeads().numbers(line)
    wave = np.stack((np.cos(10 * np.pi * x), np.sin(10 * np.pi * x)), -1)
    errors = []
    for K in (x[:, None], wave, np.column_stack((x, wave))):
        w = np.linalg.lstsq(K[~held], y[~held], rcond=None)[0]
        errors.append(np.sqrt(np.mean((K @ w - y)[held] ** 2)))
    np.testing.assert_allclose(found["errors"], errors, atol=2e-3)


@pytest.mark.parametrize("name, reduce", [("Max", np.maximum), ("Min", np.minimum), ("Prod", np.multiply), ("Sum", np.add)])
def test_the_thick_curve_is_the_fusion_of_the_thin_ones(name, reduce):
    one, two, fused = TwoHeads(fusion=name).numbers(line)["curves"].numpy()
    np.testing.assert_allclose(fused, reduce(one, two))


def test_only_a_sum_needs_both():
    error = {name: TwoHeads(fusion=name).numbers(line)["error"] for name in ("Sum", "Mean", "Max", "Min", "Prod")}
    assert max(error["Sum"], error["Mean"]) < 0.3 and min(error["Max"], error["Min"], error["Prod"]) > 2
