"""The picture Basis: what a learner sees of every κ of the menu."""

from itertools import combinations

import numpy as np
import pytest
import torch

import rpn_edu as rpn
from rpn_edu.expansion.base import Expansion
from rpn_edu.explore import Basis, Explorer
from rpn_edu.explore.canvas import Canvas, with_jumps
from rpn_edu.explore.panel.components import classes_of
from rpn_edu.explore.state.shown import computed
from tests.explore.states import fits

X = rpn.expansion
LARGER = {"degree": 5, "order": 4, "terms": 4, "scales": 2, "shifts": 2, "intervals": 9}


def larger(row):
    names = {field.name for field in row.declared}
    fields = {"order"} & names if "scales" not in names else {"scales", "shifts"}
    return row(**{name: value for name, value in LARGER.items() if name in (names if "scales" not in names else fields)})


ROWS = [row.example() for row in classes_of(Expansion).values()]
ROWS += [
    larger(row) for row in classes_of(Expansion).values() if LARGER.keys() & {f.name for f in row.declared} and row is not X.SampledSubsets
]
ROWS += [X.Nested(parts=(X.Laguerre(), X.Chebyshev(degree=3))), X.BSpline(low=-4.0, high=4.0), X.Extended(parts=(X.Identity(),) * 12)]
ROWS = [kappa for kappa in ROWS if fits(Basis(), kappa)]


def painted(kappa, picture=None):
    picture = picture or Basis()
    canvas = Canvas(picture.axes, picture.size)
    shown = computed(kappa, picture)
    picture.paint(canvas, shown)
    canvas.png()
    return canvas, shown


def boxes(canvas):
    """Every text inside the first axes, measured by matplotlib: name → box in pixels."""
    texts = {name: words for name, words in canvas.artists.items() if name.startswith(("name", "words"))}
    return {name: text.get_window_extent(canvas.agg.get_renderer()) for name, text in texts.items()}


@pytest.mark.parametrize(("at", "slopes"), [(-4.0, False), (0.5, False), (0.5, True)])
@pytest.mark.parametrize("kappa", ROWS, ids=repr)
def test_no_two_texts_overlap_and_none_leaves_its_axes(kappa, at, slopes):
    canvas, _ = painted(kappa, Basis(at=at, slopes=slopes))
    found, room = boxes(canvas), canvas.plots[0].bbox
    for (one, a), (other, b) in combinations(found.items(), 2):
        assert not a.overlaps(b), (one, other)
    for name, box in found.items():
        assert room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 and box.y1 <= room.y1, name


@pytest.mark.parametrize("kappa", ROWS, ids=repr)
def test_the_domain_lies_on_the_axis_and_every_curve_that_is_seen_is_named_and_every_other_spoken_of(kappa):
    canvas, shown = painted(kappa)
    numbers = shown.numbers
    (left, right), (bottom, top) = canvas.plots[0].get_xlim(), canvas.plots[0].get_ylim()
    low, high = kappa.domain
    assert left <= low < high <= right and (left, right) == (numbers["x"][0], numbers["x"][-1])
    inside = numbers["curves"][(numbers["x"] >= low) & (numbers["x"] <= high), : Basis.most]
    said = Basis().alt(shown)
    words = canvas.artists["words"].get_text() if "words" in canvas.artists else ""
    for k, curve in enumerate(numbers["curves"][:, : Basis.most].T):
        assert ((curve >= bottom) & (curve <= top)).any() and f"name {k}" in canvas.artists
    if (inside > top).any() or (inside < bottom).any():
        assert "the picture" in said and "the picture" in words
    else:
        assert "the picture" not in said + words
    # Bars are never cut.
    bottom, top = canvas.plots[1].get_ylim()
    assert bottom < numbers["kappa"].min() and numbers["kappa"].max() < top


@pytest.mark.parametrize("at", [-0.7, 0.3, 0.85])
@pytest.mark.parametrize("kappa", ROWS, ids=repr)
def test_a_slope_is_what_a_small_step_changes(kappa, at):
    left, right = kappa(torch.tensor([[at - 1e-6], [at + 1e-6]], dtype=torch.float64))
    picture = Basis(at=at, slopes=True)
    shown = computed(kappa, picture)
    numbers = shown.numbers
    torch.testing.assert_close(numbers["kappa"], (right - left) / 2e-6, rtol=1e-5, atol=1e-6)
    if picture.axis(kappa) == (-3, 3):  # then `at` is a point of the curves
        here = (numbers["x"] - at).abs().argmin()
        torch.testing.assert_close(numbers["curves"][here], numbers["kappa"])
    assert numbers["curves"].isfinite().all() and picture.readout(shown).startswith(f"κ′({at:g}) = ")
    assert picture.alt(shown).startswith("Slopes of ") and not Basis(at=at).alt(shown).startswith("Slopes")


def test_a_single_curve_is_never_cut_inside_its_domain():
    for kappa in (X.Meyer(), X.Shannon(), X.Ricker(), X.Reciprocal(), X.Haar()):
        assert "the picture" not in Basis().alt(computed(kappa, Basis())), kappa


@pytest.mark.parametrize(
    ("kappa", "k", "places"),
    [
        (X.Reciprocal(), 0, [0.0]),
        (X.Trigonometric(), 2, [-np.pi / 2, np.pi / 2]),
        (X.Haar(scales=1, shifts=1), 0, [0.0, 0.5, 1.0]),
        (X.BetaWavelet(scales=1, shifts=1), 0, [0.0, 1.0]),
        (X.Chebyshev(degree=9), 8, []),
        (X.Hyperbolic(), 0, []),
    ],
    ids=repr,
)
def test_a_pole_or_a_jump_is_a_gap_and_nothing_else_is(kappa, k, places):
    canvas, shown = painted(kappa)
    numbers = shown.numbers
    x, y = canvas.artists[f"feature {k}"].get_data()
    assert x[np.isnan(y)] == pytest.approx(places, abs=0.03)
    seen = numbers["curves"][:, k].abs() < canvas.plots[0].get_ylim()[1]
    points = set(zip(numbers["x"][seen].tolist(), numbers["curves"][seen, k].tolist(), strict=True))
    assert points <= set(zip(x.tolist(), y.tolist(), strict=True))  # a gap takes no point away


def test_a_step_across_the_whole_picture_is_a_pole_only_if_it_ends_outside_on_both_sides():
    x = np.arange(4.0)
    for y, gaps in ((np.array([1, 30, -30, -1.0]), 1), (np.array([1, 30, 40, 1.0]), 0), (np.array([-9, -3, 3, 9.0]), 0)):
        assert int(np.isnan(with_jumps(x, y, (-10, 10))[1]).sum()) == gaps


def test_the_axis_stays_from_minus_three_to_three_until_domain_or_x_needs_more():
    assert {Basis(at=at).axis(X.Chebyshev()) for at in (-3.0, 0.0, 2.9)} == {(-3.0, 3.0)}
    assert Basis(at=3.5).axis(X.Chebyshev()) == (-3.0, 5.0)
    assert {Basis(at=at).axis(X.Laguerre()) for at in (-3.0, 0.0, 4.0)} == {(-3.0, 5.0)}


@pytest.mark.parametrize("kappa", [X.Max(), X.Min(), X.Mean(), X.Median(), X.Prod(), X.Sum(), X.Sampled(count=1)], ids=repr)
def test_a_compression_says_that_one_input_shows_nothing_of_it(kappa):
    assert "One input in, the same out" in Basis().alt(computed(kappa, Basis()))
    assert "One input in" not in Basis().alt(computed(X.Identity(), Basis()))


def test_moving_x_inside_the_domain_draws_the_background_at_most_once_more():
    for kappa in (X.Chebyshev(degree=5), X.BSpline(), X.Fourier(), X.GaussianRBF()):
        page = Explorer(kappa, Basis(at=0.0))
        before = page.canvas.full_draws
        for at in torch.linspace(-1, 1, 21).tolist():
            page.set(kappa, Basis(at=round(at, 2)))
        assert page.canvas.full_draws - before <= 1, kappa


def test_what_stands_side_by_side_is_used_where_every_part_is_and_a_chain_where_its_first_part_is():
    taylor, laguerre, chebyshev = X.Taylor(), X.Laguerre(), X.Chebyshev()
    assert X.Extended(parts=(taylor, laguerre)).domain == X.Extended(parts=(laguerre, taylor)).domain == (0.0, 2.0)
    assert X.Extended(parts=(taylor, X.Extended(parts=(laguerre, chebyshev)))).domain == (0.0, 1.0)
    assert X.Nested(parts=(laguerre, chebyshev)).domain == (0.0, 4.0)
    nowhere = X.Extended(parts=(X.BSpline(low=-3.0, high=-1.0), laguerre))  # no x suits both
    assert nowhere.domain == (-3.0, -1.0)


@pytest.mark.parametrize("at, title", [(0.5, "κ at the dotted x"), (2.0, "κ at the dotted x: scale to 100")])
def test_bars_say_their_scale_where_it_is_far_from_that_of_the_curves(at, title):
    page = Explorer(X.Chebyshev(degree=4), Basis(at=at))
    assert page.canvas.titles[1].get_text() == title
