"""The canvas is honest: what it shows is what it was told last, as if it were told for the first time."""

import ast
import inspect
import itertools
from pathlib import Path

import numpy as np
import pytest
from matplotlib.lines import Line2D
from matplotlib.text import Text

from rpn_edu import explore
from rpn_edu.explore.canvas import Axes, Canvas, Ghost
from rpn_edu.explore.canvas.canvas import LOOKS

X, Y, GRID = [0.0, 0.5, 0.9], [0.2, 0.8, 0.3], np.linspace(0, 1, 60)
CURVES = np.stack((GRID, 0.2 + 0 * GRID), -1)
MATRIX, OTHER = [[1.0, -0.5], [0.2, 0.9]], [[-1.0, 0.5], [0.9, 0.2]]
BOX = {"facecolor": "white", "edgecolor": "red", "pad": 1}
TOLD = {
    # What each method can be told: the first of the values, and then one argument at a time another.
    "limits": {"axes": (0, 1), "x": ((0, 5), (0, 9)), "y": ((-3, 1), (0, 1)), "names": ((), ("a", "b"))},
    "title": {"axes": (0, 1), "text": ("a title", "another")},
    "line": {"axes": (0, 1), "x": (X, [0.1, 0.2, 0.9]), "y": (Y, [0.1, 0.2, 0.9]), "color": ("red", "blue"), "term": ("", "κ")}
    | {"linestyle": ("-", ""), "linewidth": (1.4, 4), "marker": ("o", "s"), "markersize": (8, 16), "alpha": (0.9, 0.3)}
    | {"markeredgecolor": ("red", "black"), "markeredgewidth": (1, 4), "markerfacecolor": ("red", "white"), "fillstyle": ("full", "left")}
    | {"clip_on": (True, False), "solid_capstyle": ("butt", "round")},
    "bars": {"axes": (0, 1), "heights": ([0.2, 0.9], [0.9, 0.2, 0.4]), "color": ("red", ["red", "blue"]), "hatch": ("", "//")}
    | {"horizontal": (False, True), "edgecolor": ("white", "black"), "linewidth": (0.5, 3), "linestyle": ("-", ":")},
    "image": {"axes": (0, 1), "values": (MATRIX, OTHER), "limit": (1.0, 2.0), "x": (None, (0, 1)), "y": (None, (0, 1))}
    | {"figures": (False, True), "names": ((), ("a", "b"))},
    "dots": {"axes": (0, 1), "x": (X, Y), "y": (Y, X), "values": ([1, -1, 0], [0, 1, -1]), "limit": (1.0, 2.0), "marker": ("o", "s")},
    "text": {"axes": (0, 1), "x": (0.4, 0.6), "y": (0.4, 0.6), "text": ("some\nwords", "others"), "color": ("black", "red")}
    | {"ha": ("left", "right"), "va": ("bottom", "top"), "fontsize": (8, 7), "fontweight": ("normal", "bold"), "bbox": (BOX, None)}
    | {"family": ("sans-serif", "monospace"), "linespacing": (1.2, 2.0), "rotation": (0, 90)},
    "name_curves": {"axes": (0, 1), "x": (GRID, GRID**2), "curves": (CURVES, CURVES[::-1]), "names": (["1", "2"], ["3", "4"])}
    | {"between": ((0.1, 0.3), (0.8, 0.9)), "free": ((0.0, 1.0), (0.0, 0.6))},
}
SILENT = {"begin", "light", "png", "grids", "place", "point"}


def said(method, argument=None):
    """The keyword arguments of a call: all their first values, or the second of one argument."""
    return {name: values[argument == name] for name, values in TOLD[method].items()}


def canvas(ticks="none"):
    axes = [
        Axes((0.05, 0.1, 0.4, 0.75), "left", xticks=ticks, yticks=ticks, term="κ"),
        Axes((0.55, 0.1, 0.4, 0.75), "right", xticks="counts", yticks="none"),
    ]
    plain = Canvas(axes, (200, 120))
    plain.light("κ")
    return plain


def drawn(on, method, told, hand=lambda shown: shown):
    """The picture of a canvas that is told anew: the limits, which else hold, and one call."""
    on.begin()
    for axes in (0, 1):
        on.limits(axes, (0, 1), (0, 1))
    getattr(hand(on), method)(*(() if method in ("limits", "title") else ("name",)), **told)
    return on.png()


def test_every_word_of_a_canvas_is_tried_with_each_of_its_arguments():
    words = {name: method for name, method in vars(Canvas).items() if inspect.isfunction(method) and not name.startswith("_")}
    assert words.keys() - SILENT == TOLD.keys()
    for name, told in TOLD.items():
        named = {p.name for p in inspect.signature(words[name]).parameters.values() if p.kind != p.VAR_KEYWORD} - {"self", "name"}
        assert named <= told.keys(), name


def test_every_style_that_a_picture_asks_for_is_tried():
    asked = set()
    for path in Path(explore.__file__).parent.rglob("*.py"):
        for painter in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(painter, ast.FunctionDef) and "canvas" in {argument.arg for argument in painter.args.args}:
                calls = [node for node in ast.walk(painter) if isinstance(node, ast.Call)]
                asked |= {keyword.arg for call in calls for keyword in call.keywords if keyword.arg}
                dicts = [node for node in ast.walk(painter) if isinstance(node, ast.Dict)]
                asked |= {key.value for node in dicts for key in node.keys if isinstance(key, ast.Constant)}
    styles = {name for name in asked if any(hasattr(kind, f"set_{name}") for kind in (Line2D, Text))}
    assert len(styles) > 12 and styles <= {name for told in TOLD.values() for name in told}


@pytest.mark.parametrize("method", TOLD)
def test_a_canvas_shows_what_it_was_told_last(method):
    ticks = "numbers" if method in ("limits", "image") else "none"  # painting them takes long
    shown, first = canvas(ticks), said(method)
    as_first = drawn(canvas(ticks), method, first)
    for argument in TOLD[method]:
        last = said(method, argument)
        fresh = drawn(canvas(ticks), method, last)
        assert fresh != as_first, f"{argument} is not seen, and the test could not fail"
        assert drawn(shown, method, last) == fresh, argument
        assert drawn(shown, method, first) == as_first, argument


@pytest.mark.parametrize("method", ["line", "text", "bars"])
def test_the_last_word_counts_within_one_picture_too(method):
    shown, fresh = canvas(), canvas()
    for on, told in ((shown, said(method)), (shown, said(method, "color")), (fresh, said(method, "color"))):
        getattr(on, method)("name", **told)
    assert shown.png() == fresh.png()


@pytest.mark.parametrize("method", ["line", "bars"])
def test_a_ghost_shows_what_it_was_told_last(method):
    shown = canvas()
    for argument in TOLD[method]:
        drawn(shown, method, said(method), Ghost)
        assert drawn(shown, method, said(method, argument), Ghost) == drawn(canvas(), method, said(method, argument), Ghost), argument


def test_a_ghost_hears_every_word_and_draws_curves_and_bars_alone():
    blank = drawn(canvas(), "title", {"axes": 0, "text": "left"})
    for method in TOLD:
        assert (drawn(canvas(), method, said(method), Ghost) != blank) == (method in ("line", "bars")), method


def test_a_name_is_free_for_every_method():
    fresh, shown = {method: drawn(canvas(), method, said(method)) for method in TOLD}, canvas()
    for one, other in itertools.permutations(TOLD, 2):
        drawn(shown, one, said(one))
        assert drawn(shown, other, said(other)) == fresh[other], (one, other)


def test_a_style_that_is_a_number_of_its_own_does_not_fill_the_memory():
    shown = canvas()
    for width in np.linspace(0.5, 5, 3 * LOOKS):
        shown.begin()
        shown.line("curve", 0, X, Y, color="red", linewidth=width)
        shown.bars("bars", 1, [0.5], color="red", linewidth=width)
    assert len(shown.kept["curve"]) == len(shown.kept["bars"]) == len(shown.plots[0].lines) - 1 == LOOKS
    assert len(shown.plots[1].patches) == LOOKS
    last = {"axes": 0, "x": X, "y": Y, "color": "red", "linewidth": 5.0}
    shown.begin()
    shown.line("curve", **last)
    fresh = canvas()
    fresh.line("curve", **last)
    assert shown.png() == fresh.png()


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [
        (0, 1, "0.0", "1.0"),
        (0, 9e5, "0", "800000"),
        (-2.5e9, 2.5e9, "−2·10⁹", "2·10⁹"),
        (0, 4e-7, "0.0", "4.0·10⁻⁷"),
        (1e9, 1e9 + 3, None, None),
    ],
)
def test_numbers_of_any_size_stand_whole_at_their_ticks_and_nothing_on_the_title(low, high, first, last):
    shown = canvas("numbers")
    shown.limits(0, (low, high), (low, high))
    shown.png()
    for axis in (shown.plots[0].xaxis, shown.plots[0].yaxis):
        said = [label.get_text() for place, label in zip(axis.get_majorticklocs(), axis.get_ticklabels()) if low <= place <= high]
        assert len(set(said)) == len(said) > 2 and axis.get_offset_text().get_text() == ""
        assert first is None or (said[0], said[-1]) == (first, last)
