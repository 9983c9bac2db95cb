"""Smooth: a weighted mean of neighbours, as Nadaraya and Watson wrote it, in NumPy."""

import numpy as np
import pytest

import rpn_edu as rpn
from rpn_edu.explore import Explorer, Smooth

xi = rpn.interdependence
LIKE = {xi.GaussianRBF: lambda u, sigma: np.exp(-(u**2) / (2 * sigma**2)), xi.Laplacian: lambda u, sigma: np.exp(-np.abs(u) / sigma)}


@pytest.mark.parametrize("kernel", LIKE)
@pytest.mark.parametrize("sigma", [0.2, 0.5, 3.0])
def test_every_output_is_the_mean_of_all_points_weighed_by_their_likeness(kernel, sigma):
    found = Smooth(points=25, point=7).numbers(kernel(sigma=sigma, normalization="column"))
    x, y = (np.asarray(found[name]) for name in ("x", "y"))
    likeness = LIKE[kernel](x[:, None] - x[None, :], sigma)
    np.testing.assert_allclose(found["smooth"], (likeness * y[:, None]).sum(0) / likeness.sum(0))
    np.testing.assert_allclose(found["error"], np.sqrt(np.mean((np.asarray(found["smooth"]) - np.sin(x) - x / 5) ** 2)))
    np.testing.assert_allclose(found["weights"], likeness[6] / likeness[6].sum())


def test_too_narrow_keeps_the_noise_and_too_wide_is_the_mean_of_all():
    errors = []
    for sigma in (0.1, 0.5, 10.0):
        found = Smooth().numbers(xi.GaussianRBF(sigma=sigma, normalization="column"))
        errors.append(found["error"])
    assert errors[1] < errors[0] < errors[2]
    assert found["smooth"].std() < 0.2 * found["truth"].std()


def test_the_chosen_point_follows_a_hand_and_is_one_of_the_points():
    page = Explorer(xi.GaussianRBF(normalization="column"), Smooth())
    (handle,) = page.picture.handles(page.shown)
    moved = handle.move(7.4, 0.0)
    assert moved == Smooth(point=31) and handle.move(12.0, 0.0) == Smooth(point=41) and handle.move(-1.0, 0.0) == Smooth(point=1)
    page.set(page.subject, moved)
    assert page.numbers["x"][page.numbers["weights"].argmax()] == 7.5 == page.picture.handles(page.shown)[0].x
    page.rest()
    assert dict(page.controls())["picture.point"].max == 41


def test_a_matrix_with_other_columns_than_points_is_refused():
    with pytest.raises(ValueError, match="a row for each of its 41 points, and ξ makes 2 of them"):
        Smooth().sizes(xi.Constant(tuple((1.0, 0.0) for _ in range(41))))


@pytest.mark.parametrize("seed", range(10))
def test_the_outputs_are_joined_by_one_line_however_rough_it_is_and_the_points_lie_on_it(seed):
    page = Explorer(xi.GaussianRBF(sigma=0.1, normalization="column"), Smooth(seed=seed))
    curve, names = page.canvas.artists["smooth"], list(page.canvas.artists)
    assert np.array_equal(curve.get_xydata(), np.stack((page.numbers["x"], page.numbers["smooth"]), -1))
    assert names.index("smooth") < names.index("points"), "its band, when ξ is lit, would hide them"
