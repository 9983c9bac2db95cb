"""The picture on a page: as wide as there is room, as sharp as the screen, in one message."""

import io

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from rpn_edu import Formula
from rpn_edu.expansion import BSpline, Chebyshev
from rpn_edu.explore import Basis, Explorer, Fit, Mix, Predict
from rpn_edu.explore.canvas import Canvas
from rpn_edu.explore.canvas.canvas import inked, short
from rpn_edu.explore.canvas.layout import fitted
from rpn_edu.interdependence import PageRank
from tests.explore.driving import STARTS, inspect, pixels, start

LEAST = 8
"""Points: 11 pixels of CSS, the smallest letters that are read with ease."""


def looked(page, width, scale=1):
    """The page tells how wide the picture may be and how sharp the screen is."""
    page.face.surface.view = [width, scale]
    return page


def seen(page):
    return pixels(page.face.surface.picture)


@start
def test_where_a_page_is_narrow_nothing_is_cut_and_letters_stay_as_large(start):
    page = start()
    for width in (340, 660, 480):
        canvas = looked(page, width).canvas
        assert page.face.surface.size == list(canvas.size) and canvas.size[0] == width
        assert seen(page).shape[:2] == canvas.size[::-1], "no page has to shrink it"
        paper = canvas.agg.get_renderer()
        for letters in canvas.figure.findobj(lambda one: isinstance(one, Text) and one.get_visible() and one.get_text()):
            assert letters.get_fontsize() >= LEAST
        for plot in canvas.plots:
            (left, bottom), (right, top) = plot.bbox.get_points()
            assert left >= 0 and bottom >= 0 and right <= width and top <= canvas.size[1]
            for other in canvas.plots:
                assert other is plot or not plot.bbox.overlaps(other.bbox)
            for label in (plot.xaxis.label, plot.yaxis.label):
                box = label.get_window_extent(paper)
                assert not label.get_text() or (box.x0 >= 0 and box.y0 >= -1 and box.x1 <= width + 1), label.get_text()


@pytest.mark.parametrize("width", [340, 420, 700])
def test_a_layout_keeps_every_axes_and_their_heights_in_order(width):
    places = [(0.1, 0.6, 0.4, 0.3), (0.6, 0.6, 0.35, 0.3), (0.1, 0.1, 0.4, 0.3), (0.6, 0.1, 0.35, 0.3)]
    found, (wide, high) = fitted(places, (700, 300), width)
    assert wide == width
    assert [round(tall * high) for _, _, _, tall in found] == [90] * 4
    tops = [-(bottom + tall) * high for _, bottom, _, tall in found]
    assert tops == sorted(tops)


@start
def test_at_rest_a_picture_has_all_pixels_of_the_screen_and_in_motion_one_in_its_place(start):
    page = start()
    plain = seen(page)
    looked(page, page.picture.size[0], 2)
    page.rest()
    sharp = seen(page)
    assert sharp.shape == (2 * plain.shape[0], 2 * plain.shape[1], 3)
    smaller = np.asarray(Image.fromarray(sharp).resize(plain.shape[1::-1], Image.Resampling.BOX)).astype(float)
    assert abs(smaller - plain).mean() < 10, "it is the same picture"
    name, widget = next((name, widget) for name, widget in page.controls() if hasattr(widget, "min"))
    widget.value = widget.min if widget.value != widget.min else widget.max
    assert page.refused or seen(page).shape == plain.shape, name


def test_a_term_that_is_lit_is_lit_in_the_sharp_picture_too():
    page = looked(STARTS["flow"](), 700, 2)
    page.face.bar["ψ"].click()
    page.rest()
    assert page.display.sharp.lit == page.canvas.lit == 1


def test_a_picture_is_laid_out_anew_where_the_page_has_changed_and_only_there():
    page = Explorer(Chebyshev(degree=3), Basis())
    canvas, stored = page.canvas, page.last_png
    looked(page, 700, 3)
    assert page.canvas is canvas
    looked(page, 400, 3)
    assert page.canvas is not canvas and page.canvas.size[0] == 400
    looked(page, 700, 1)
    assert page.last_png == stored


def test_a_move_is_one_message_to_the_surface():
    page, sent = Explorer(Chebyshev(degree=3), Basis()), []
    page.face.surface.send_state = lambda names: sent.append(set(names))
    dict(page.controls())["picture.at"].value = -0.3
    assert len(sent) == 1 and {"picture", "alt", "below", "answered"} <= sent[0]


def test_an_answer_with_the_same_picture_is_heard():
    page = Explorer(Chebyshev(degree=3), Basis())
    before = page.face.surface.answered
    page.display.send()
    assert page.face.surface.answered == before + 1


def contrast(one, other):
    """That of two colours, from 1 to 21 (WCAG 2.2, relative luminance)."""

    def light(color):
        color = np.asarray(color)
        return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", [(1, 1, 1), (0.7, 0.1, 0.15), (0.02, 0.19, 0.38), (0.96, 0.65, 0.5), (0.26, 0.58, 0.76)])
def test_numbers_in_cells_have_the_ink_of_higher_contrast(color):
    inks = {"white": (1, 1, 1), "#222222": (0x22 / 255,) * 3}
    best = max(inks, key=lambda ink: contrast(inks[ink], color))
    assert inked(color) == best and contrast(inks[best], color) >= 4.3


@pytest.mark.parametrize(
    ("value", "room", "said"),
    [
        (-0.69, 4, "-0.69"),
        (-0.69, 3, "-.69"),
        (-0.69, 2.9, "-1"),
        (1.69, 2.9, "1.7"),
        (1.25, 3, "1.2"),
        (12.3, 2, "12"),
        (-0.001, 5, "0.00"),
        (1, 3.5, "1.00"),
    ],
)
def test_numbers_in_cells_have_as_many_digits_as_there_is_room(value, room, said):
    assert short(value, room) == said


def test_the_png_is_written_for_the_scale_and_nothing_else_changes():
    page = STARTS["fit"]()
    canvas = Canvas(page.picture.axes, page.picture.size, 3)
    page.picture.paint(canvas, page.shown)
    assert Image.open(io.BytesIO(canvas.png())).size == (2100, 900) and canvas.size == (700, 300)


# ---- what a hand can move ---------------------------------------------------------------------------------------------------------------

KARATE = {"karate": lambda **options: Explorer(PageRank(), Mix(data="karate", place="instance"), **options)}
SPLINE = {"spline": lambda **options: Explorer(BSpline(), Basis(), **options)}
touchable = pytest.mark.parametrize("start", [*STARTS.values(), *KARATE.values(), *SPLINE.values()], ids=[*STARTS, *KARATE, *SPLINE])


@touchable
def test_every_handle_stands_in_the_picture_and_a_step_of_a_key_moves_a_control(start):
    page, still = start(), []
    for name, across, down, says, ways in page.face.surface.handles:
        assert 0 <= across <= 1 and 0 <= down <= 1 and says
        before = {name: widget.value for name, widget in page.controls()}
        for way in (-1, 1):  # it may stand at one end
            way = [name, "keys", *((way, 0) if ways == "x" else (0, way)), str(way)] if ways else [name, "to", across, down, 1.0]
            page.face.surface.touch = way
            if moved := [name for name, widget in page.controls() if widget.value != before[name]]:
                break
        assert len(moved) == 1 or not (ways or moved), f"{name} moved {moved}"
        still += [] if moved else [name]
        inspect(page)
        page.set(*page.first)
    assert len(still) <= 1  # a press on what is chosen already


@touchable
def test_a_handle_that_is_dropped_where_it_stands_changes_nothing(start):
    page = start()
    state, changed = (page.subject, page.picture), []
    for name, across, down, _, ways in page.face.surface.handles:
        if ways and not name.startswith("point"):  # a point of a curve becomes one of the reader's own
            page.face.surface.touch = [name, "to", across, down, 1.0]
            changed += [name] if (page.subject, page.picture) != state else []
    assert changed == []


def test_the_last_of_many_places_wins_and_steps_of_keys_add_up():
    page = Explorer(Chebyshev(degree=3), Basis(at=0.0))
    page.face.surface.touch = ["x", "keys", 1, 0, "page"]
    one = page.picture.at
    page.face.surface.touch = ["x", "keys", 4, 0, "page"]  # two messages of three were one
    assert 0 < 2 * one < page.picture.at


def test_two_ends_one_beyond_the_other_are_refused_in_words():
    page = Explorer(BSpline(), Basis())
    page.face.surface.touch = ["low", "to", 0.55, 0.5, 1.0]
    assert "low" in page.refused and page.failed is None
    page.face.surface.touch = ["low", "to", 0.2, 0.5, 2.0]
    assert not page.refused and page.subject.low < -1


def test_a_point_that_is_dragged_becomes_one_of_ones_own_and_the_others_stay():
    page = Explorer(Formula(Chebyshev(degree=3)), Fit(points=20))
    before = page.picture.pairs()
    name, across, *_ = page.face.surface.handles[4]
    page.face.surface.touch = [name, "to", across, 0.5, 1.0]
    assert page.picture.own[:4] == before[:4] and page.picture.own[5:] == before[5:]
    assert page.picture.own[4][0] == before[4][0] and page.picture.own[4][1] != before[4][1]


def test_nothing_can_be_moved_while_a_question_waits():
    page = Explorer(Chebyshev(degree=3), Basis(), question=Predict("Up or down?", ["up", "down"], "Up.", right="up"))
    assert page.face.surface.handles == []
    page.face.surface.touch = ["x", "to", 0.1, 0.5, 1.0]
    assert page.picture == page.first[1]
    page.face.question.skip.click()
    assert page.face.surface.handles


# ---- what a hand can read -------------------------------------------------------------------------------------------------------------


def tables(page):
    """{title: numbers} of the tables that the page was sent."""
    values, found = np.frombuffer(page.face.surface.values, "<f4"), {}
    for *where, title, rows, columns in page.face.surface.grids:
        assert 0 <= where[0] < where[2] <= 1 and 0 <= where[1] < where[3] <= 1
        found[title], values = values[: rows * columns].reshape(rows, columns), values[rows * columns :]
    assert not len(values)
    return found


def test_tables_of_numbers_are_those_of_the_picture():
    page = STARTS["flow"]()
    found = tables(page)
    numbers = page.numbers
    assert np.allclose(found["κ(x)"], numbers["kappa"]) and np.allclose(found["= g(x|w)"], numbers["g"].mT)
    assert np.allclose(found["ψ(w): each column meets the feature above it"], numbers["W"])
    dict(page.controls())["picture.seed"].value = 3
    assert np.allclose(tables(page)["= g(x|w)"], page.numbers["g"].mT)


def test_a_pinned_state_is_no_table():
    page = STARTS["flow"]()
    before = len(page.face.surface.grids)
    page.face.pin.click()
    dict(page.controls())["picture.seed"].value = 3
    assert len(page.face.surface.grids) == before
