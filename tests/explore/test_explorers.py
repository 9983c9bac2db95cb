"""What an explorer shows, says, refuses, remembers and answers."""

import base64
import dataclasses
import html
import itertools
import json
import random
import re
import threading
import zlib
from contextlib import nullcontext
from inspect import signature

import ipywidgets as W
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.text import Text

import rpn_edu as rpn
from rpn_edu.component import CATALOGUE
from rpn_edu.explore import (
    Basis,
    Boundary,
    Explorer,
    Fabric,
    Fit,
    Flow,
    Mix,
    Predict,
    contact_sheet,
)
from rpn_edu.explore.canvas import Axes, Canvas
from rpn_edu.explore.canvas.words import Stamp
from rpn_edu.explore.code.lit import lit_lines
from rpn_edu.explore.panel.accessibility import Accessibility
from rpn_edu.explore.panel.components import ComponentPanel, classes_of
from rpn_edu.explore.panel.controls import control_of, read, value_of, written
from rpn_edu.explore.panel.face import PRESETS
from rpn_edu.explore.panel.html import formula, lowered
from rpn_edu.explore.panel.question import LINE
from rpn_edu.explore.panel.surface import Surface
from rpn_edu.explore.panel.tabs import Tabs
from rpn_edu.explore.state.compare import changes, compared
from rpn_edu.explore.state.token import packed, unpacked
from tests.explore.driving import STARTS, inspect, picture_of, pixels, planted, sketched, start, surface_of, values_of
from tests.explore.states import KINDS, states
from tests.help import TERMS, own

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder
QUESTION = Predict("What happens?", choices=["up", "down"], right="down", reason="it grows & falls.")
pytestmark = pytest.mark.usefixtures("few_steps")


def test_a_field_of_the_start_that_is_left_out_keeps_its_value_until_a_state_brings_another():
    page = Explorer(rpn.interdependence.Grid(rows=8, columns=8), Mix(data="digit"), hide=("rows", "columns"))
    assert not {"interdependence.rows", "interdependence.columns"} & dict(page.controls()).keys()
    dict(page.controls())["interdependence.packing"].value = "complete_square"
    assert (page.subject.rows, page.subject.packing) == (8, "complete_square")
    page.set(rpn.interdependence.Grid(rows=4, columns=16))
    assert page.subject.rows == 4 and not page.refused
    for name in ("Chain", "Grid"):  # another one, and back
        dict(page.controls())["interdependence"].value = name
    assert page.subject.rows == 8 and not page.refused


BARE = {"term_bar": False, "ledger": False, "code": False, "token": False}


@pytest.mark.parametrize("options", [{"terms": ("expansion",)}, {"terms": ()}, {"hide": ("seed",)}, {"hide": ("x1", "x2", "seed")}, BARE])
def test_what_is_left_out_is_gone_and_the_rest_works(options):
    page = Explorer(rpn.Formula(X.Taylor(), R.LowRank(), P.Linear()), Flow(), **options)
    names = [name for name, _ in page.controls()]
    for term in ("expansion", "reconciliation", "remainder"):
        assert any(name.startswith(f"formula.{term}") for name in names) == (term in options.get("terms", (term,)))
    assert not {f"picture.{field}" for field in options.get("hide", ())} & set(names)
    for name in names:
        for place, value in enumerate(values_of(dict(page.controls())[name])):
            with sketched() if place else nullcontext():
                dict(page.controls())[name].value = value
                inspect(page)
        page.set(*page.first)
    titles = page.face.folds.titles if page.face.folds in page.panel.children else ()
    folds = {"Sizes": "ledger", "As code": "code", "State": "token"}
    assert list(titles) == [title for title, option in folds.items() if options.get(option, True)]


# ---- the picture is that of the state --------------------------------------------------------------------------------------------


def compare_with_fresh(kind, pairs):
    """One explorer led through all states shows what a fresh explorer of each state shows."""
    page = Explorer(pairs[0][1], pairs[0][0])
    for picture, subject in pairs:
        page.set(subject, picture)
        fresh = Explorer(subject, picture)
        differing = int((pixels(page.last_png) != pixels(fresh.last_png)).any(-1).sum())
        assert differing == 0, f"something lingers: {differing} pixels of {subject!r} with {picture!r} are not those of a fresh picture"
        assert surface_of(page) == surface_of(fresh)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_blitted_pictures_are_those_of_a_fresh_explorer(kind):
    pairs = states(kind, 8, seed=3)
    compare_with_fresh(kind, random.Random(0).sample(pairs, min(8, len(pairs))) + pairs[:1])


def test_a_lingering_artist_turns_the_comparison_red(monkeypatch):
    monkeypatch.setattr("rpn_edu.explore.canvas.canvas.Canvas.begin", lambda self: None)
    with pytest.raises(AssertionError, match="lingers"):
        compare_with_fresh(Basis, [(Basis(), X.Chebyshev(degree=9)), (Basis(), X.Chebyshev(degree=2))])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_first_state_is_the_start_bit_for_bit(kind):
    for picture, subject in states(kind, 8, seed=5):  # their controls alone: explorers of some of them restore tokens, below
        first = Tabs(subject, picture, picture.moves, (), lambda change: None).value()
        assert first == (subject, picture) and first[0].to_config() == subject.to_config()


@pytest.mark.parametrize("number", [1 / 3, 1e-4, 0.123456789, 1e-9, 7.3, 1234.5, 0.1 + 0.2, 1e-17])
def test_numbers_off_the_grid_arrive_exactly_and_read_as_they_are(number):
    page = Explorer(rpn.Formula(X.GaussianRBF(epsilon=number)), Fit(ridge=number))
    assert page.subject.expansion.epsilon == number and page.picture.ridge == number
    controls = dict(page.controls())
    for name in ("formula.expansion.epsilon", "picture.ridge"):
        assert float(f"{controls[name].value:{controls[name].readout_format}g}") == number
    other = Explorer(rpn.Formula(X.GaussianRBF()), Fit())
    other.set(page.subject, page.picture)
    assert (other.subject, other.picture) == (page.subject, page.picture)


@pytest.mark.parametrize("ridge", [0.03, 1e-4, 0.0123, 1e-8, 1.0])
def test_the_start_of_a_log_slider_lies_on_its_steps(ridge):
    page = Explorer(rpn.Formula(), Fit(ridge=ridge))
    slider = dict(page.controls())["picture.ridge"]
    steps = (np.log10(ridge) - slider.min) / slider.step
    assert steps == pytest.approx(round(steps), abs=1e-6) and page.picture.ridge == ridge
    page.set(rpn.Formula(), Fit(ridge=0.07))
    steps = (np.log10(0.07) - slider.min) / slider.step
    assert steps == pytest.approx(round(steps), abs=1e-6)


def test_a_slider_gives_what_it_reads():
    page = Explorer(rpn.Formula(X.GaussianRBF()), Fit())
    controls = dict(page.controls())
    controls["picture.noise"].value = 0.1 + 0.2
    assert page.picture.noise == 0.3
    controls["picture.ridge"].value = 10**-3.9
    assert page.picture.ridge == 0.00013 and value_of(controls["picture.ridge"]) == 0.00013


def test_a_slider_that_started_off_the_grid_reads_plainly_once_it_moves():
    page = Explorer(rpn.Formula(), Flow(x1=0.1 + 0.2))
    slider = dict(page.controls())["picture.x1"]
    assert page.picture.x1 == 0.1 + 0.2
    for moved, says in ((0.6000000000000001, 0.6), (-0.07999999999999996, -0.08)):
        slider.value = moved
        assert page.picture.x1 == says and len(f"{slider.value:{slider.readout_format}g}") <= 5
    page.face.reset.click()
    assert page.picture.x1 == 0.1 + 0.2


def test_full_redraws_only_where_limits_change():
    page = STARTS["fit"]()
    drawn = page.canvas.full_draws
    for points in (30, 40, 90):
        dict(page.controls())["picture.points"].value = points
    assert page.canvas.full_draws == drawn
    page = Explorer(X.Chebyshev(degree=3))
    drawn = page.canvas.full_draws
    for at in (0.1, 0.2, -0.9):
        dict(page.controls())["picture.at"].value = at
    assert page.canvas.full_draws == drawn
    dict(page.controls())["expansion.degree"].value = 5  # more bars, same limits
    assert page.canvas.full_draws == drawn
    dict(page.controls())["expansion"].value = "Normal"  # its features are a hundred times larger
    assert page.canvas.full_draws == drawn + 1


@pytest.mark.parametrize("style", [{}, {"color": "#b34700", "fontweight": "bold", "ha": "right"}, {"rotation": 90, "va": "top"}])
@pytest.mark.parametrize("words", ["κ(x): -0.25\nand more", "a title of many words " * 5])
def test_words_look_as_matplotlib_draws_them_wherever_they_stand(style, words, monkeypatch):
    canvas = Canvas([Axes((0.0, 0.0, 1.0, 1.0), xticks="none", yticks="none")], (800, 700))

    def drawn(x: float, y: float) -> np.ndarray:
        canvas.begin()
        canvas.text("words", 0, x, y, words, **style)
        canvas.png()
        return np.asarray(canvas.agg.buffer_rgba()).astype(int)

    x = 0.95 if "ha" in style else 0.05  # room for all of them
    places = [(x, 0.5), (x, 0.75), (x - 0.01, 0.8)]  # whole pixels
    stamps = [drawn(*place) for place in places]
    monkeypatch.setattr(Stamp, "draw", Text.draw)
    for stamp, place in zip(stamps, places, strict=True):
        assert abs(stamp - drawn(*place)).max() <= 2
    assert (stamps[0] < 200).any()


@pytest.mark.parametrize("x", [-0.3, 0.97])
def test_words_that_would_be_cut_off_by_a_side_are_moved_inside(x):
    canvas = Canvas([Axes((0.0, 0.0, 1.0, 1.0), xticks="none", yticks="none")], (300, 100))

    def ink(x: float) -> np.ndarray:
        canvas.begin()
        canvas.text("words", 0, x, 0.5, "a few words")
        canvas.png()
        return (np.asarray(canvas.agg.buffer_rgba())[5:95, 3:-3, :3] < 200).any(-1)

    assert ink(x).sum() == ink(0.3).sum() > 100


def test_words_wider_than_the_picture_break_where_blanks_stand():
    canvas = Canvas([Axes((0.1, 0.1, 0.8, 0.7))], (300, 100))
    canvas.title(0, "dots: data   dashed: truth   solid: g(x|w)   dotted: π(x)")
    assert canvas.titles[0].get_text() == "dots: data   dashed: truth\nsolid: g(x|w)   dotted: π(x)"
    canvas.title(0, "dots: data   dashed: truth")
    assert "\n" not in canvas.titles[0].get_text()


def test_a_figure_is_white_on_a_dark_cell_and_dark_on_a_pale_one():
    canvas = Canvas([Axes((0.0, 0.0, 1.0, 1.0), xticks="none", yticks="none")], (200, 100))
    ink = []
    for limit in (1.0, 100.0):  # the same number, dark red and then nearly white
        canvas.begin()
        canvas.image("cell", 0, [[0.95]], limit, figures=True)
        canvas.png()
        inside = np.asarray(canvas.agg.buffer_rgba())[20:80, 20:180, :3].sum(-1, dtype=int)  # without the frame
        ink.append((inside.min(), inside.max()))
    assert ink[0][1] > 700 and ink[1][0] < 150


def test_no_cell_of_a_heat_map_gets_a_hue_that_is_not_its_own():
    """A palette of few colours made single cells brown and grey among the red ones: they looked like data."""
    page = Explorer(rpn.Formula(X.Taylor(order=2)), Boundary(depth=3, width=4))
    true = np.asarray(page.canvas.agg.buffer_rgba())[:, :, :3].astype(int)
    assert abs(pixels(page.last_png) - true).max() < 24


def test_hold_draws_once_and_the_last_value_wins(monkeypatch):
    page = STARTS["flow"]()
    drawn = []
    monkeypatch.setattr(page.canvas, "png", lambda png=page.canvas.png: drawn.append(1) or png())
    controls = dict(page.controls())
    with page.hold():
        with page.hold():
            controls["picture.x1"].value = 0.2
        controls["picture.x2"].value = 0.3
        controls["picture.seed"].value = 4
    assert len(drawn) == 1 and page.picture == Flow(x1=0.2, x2=0.3, seed=4)
    page.set(rpn.Formula(X.Fourier(), R.LowRank(), P.Zero()), Flow())
    assert len(drawn) == 2, "a new row in every menu is still one picture"
    dict(page.controls())["formula.expansion"].value = "BSpline"
    assert len(drawn) == 3 and isinstance(page.subject.expansion, X.BSpline)
    for value in (0.1, 0.5, -0.7):
        dict(page.controls())["picture.x1"].value = value
    assert page.picture.x1 == -0.7


def test_a_hold_that_raises_lets_go():
    page = STARTS["flow"]()
    with pytest.raises(KeyError), page.hold():
        raise KeyError
    dict(page.controls())["picture.x1"].value = 0.1
    assert page.picture.x1 == 0.1


# ---- refusals --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start, picture, name, value, says",
    [
        (R.Kronecker(), Fabric(n=8, D=24), "reconciliation.p", 3, "must divide 8"),
        (X.BSpline(), Basis(), "expansion.low", 1.0, "must be smaller than high"),
        (rpn.Formula(), Fit(), "formula.remainder.reconciliation.p", 5, "must divide 1"),
    ],
)
def test_a_refused_state_is_polite_and_recovers(start, picture, name, value, says):
    if "remainder" in name:
        start = rpn.Formula(remainder=P.Linear(reconciliation=R.Kronecker()))
    page = Explorer(start, picture)
    kept, state = page.last_png, page.subject
    widget = dict(page.controls())[name]
    before = widget.value
    if value > getattr(widget, "max", value):
        widget.max = value
    widget.value = value
    assert says in page.refused and "Not shown" in surface_of(page) and says in surface_of(page).replace("&#x27;", "'")
    assert page.failed is None and page.last_png == kept and page.subject == state
    assert not widget.disabled
    assert "opacity:.35" in surface_of(page), "the picture of the state before must not be read as that of this one"
    assert page.code() and page.token()
    widget.value = before
    assert not page.refused and "Not shown" not in surface_of(page) and page.last_png == kept
    assert "opacity" not in surface_of(page)


def test_a_state_over_the_budget_allocates_nothing(monkeypatch):
    page = Explorer(rpn.Formula(X.Taylor(order=2)), Flow())
    kept = page.last_png
    for method in ("numbers", "given", "paint"):
        monkeypatch.setattr(Flow, method, planted)
    page.set(rpn.Formula(X.Taylor(order=60)))
    assert "this explorer stops at 256 MB" in page.refused and page.last_png == kept and page.failed is None
    monkeypatch.undo()
    page.set(rpn.Formula(X.Taylor(order=3)))
    assert not page.refused and page.shown.sizes["D"] == 14


def test_the_equations_of_a_fit_count_too():
    page = Explorer(rpn.Formula(), Fit())
    page.set(rpn.Formula(X.BSpline(intervals=20_000)))
    assert "stops at" in page.refused


@pytest.mark.parametrize("start, says", [(X.Chebyshev(degree=10**6), "stops at"), (R.LPHM(p=7), "must divide")])
def test_no_explorer_starts_from_a_refused_state(start, says):
    with pytest.raises(ValueError, match=f"cannot start from .*{says}"):
        Explorer(start)


def test_wrong_arguments_say_what_was_wanted():
    with pytest.raises(TypeError, match="starts from an expansion, a reconciliation, an interdependence or a Formula"):
        Explorer(P.Zero())
    with pytest.raises(TypeError, match="Basis shows Expansions"):
        Explorer(rpn.Formula(), Basis())
    with pytest.raises(ValueError, match="Fit does not show output of a Formula"):
        Explorer(rpn.Formula(output=rpn.Output(activation="relu")), Fit())
    with pytest.raises(ValueError, match="did you mean expansion"):
        Explorer(terms=("expansions",))
    with pytest.raises(ValueError, match="did you mean noise"):
        Explorer(rpn.Formula(), Fit(), hide=("noize",))
    with pytest.raises(TypeError, match="the preset 'a' must be a Formula"):
        Explorer(presets={"a": X.Taylor()})
    with pytest.raises(ValueError, match="either choices or number"):
        Predict("?")


WRONG = ["text", ["a list"], ("a", "b"), None, 3, float("nan"), b"x", {"a": 1}, {}, object(), rpn.Formula, Fit, Predict, X.Taylor(), print]
RIGHT = {  # what each place takes of all that
    "Explorer": {"start": (None,), "picture": (None,), "terms": (None,), "question": (None,), "presets": (None, {})},
    "Predict": {"question": ("text",), "reason": ("text",), "choices": (("a", "b"),), "number": (None,), "within": (3,)},
    "contact_sheet": {},
}


@pytest.mark.parametrize(
    "call, given",
    [
        (Explorer, {"start": rpn.Formula(), "picture": Fit()}),
        (Predict, {"question": "?", "choices": ["a", "b"], "right": "a"}),
        (contact_sheet, {"term": "fusion"}),
    ],
)
def test_a_class_a_list_or_a_text_in_place_of_a_value_is_told(call, given):
    for name in signature(call).parameters:
        rights = RIGHT[call.__name__].get(name, ())
        others = {key: value for key, value in given.items() if not (name == "number" and key == "choices")}
        for wrong in (one for one in WRONG if not any(one is right or (one == right and type(one) is type(right)) for right in rights)):
            with pytest.raises((TypeError, ValueError, LookupError)) as raised:
                call(**{**others, name: wrong})
            assert own(raised.value), (name, wrong, raised.value)
            brackets = "did you forget the brackets of" in str(raised.value)
            assert brackets == isinstance(wrong, type), (name, wrong, raised.value)


@pytest.mark.parametrize("preset", [rpn.Formula, (), (rpn.Formula(),), (rpn.Formula(), Fit), ("a", Fit()), None, 3, [rpn.Formula()]])
def test_a_preset_or_a_state_that_is_none_is_told(preset):
    with pytest.raises(TypeError, match="the preset 'a' must") as raised:
        Explorer(rpn.Formula(), Fit(), presets={"a": preset})
    assert own(raised.value)
    page = Explorer(rpn.Formula(), Fit())
    with pytest.raises(TypeError, match="Explorer.set: the subject must be a Formula"):
        page.set(preset)
    with pytest.raises(TypeError, match="Explorer.set: the picture must be a Fit"):
        page.set(rpn.Formula(), preset if preset is not None else 3)
    assert not page.refused and page.failed is None


# ---- threads and global settings -------------------------------------------------------------------------------------------------


def test_moves_from_several_threads_end_in_one_state():
    page = STARTS["flow"]()
    controls = dict(page.controls())
    tenths = [i / 10 for i in range(-9, 9)]
    moves = {"picture.x1": tenths, "picture.x2": [-x for x in tenths], "picture.seed": [*range(9)] * 2}
    moves["formula.expansion"] = ["Fourier", "Chebyshev", "BSpline"] * 4 + ["Taylor"]
    errors = []

    def drive(name, values):
        try:
            for value in values:
                controls[name].value = value
        except Exception as error:  # told in the main thread
            errors.append(error)

    threads = [threading.Thread(target=drive, args=move) for move in moves.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    inspect(page)
    assert page.picture == Flow(x1=0.8, x2=-0.8, seed=8) and page.subject.expansion == X.Taylor()
    assert surface_of(page) == surface_of(Explorer(page.subject, page.picture))


@start
@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_global_settings_do_not_reach_the_picture(start, dtype):
    page = start()
    name, widget = next((name, widget) for name, widget in page.controls() if isinstance(widget, W.IntSlider))
    widget.value = widget.min
    wanted = surface_of(page)
    widget.value = widget.max
    try:
        torch.set_default_dtype(dtype)
        torch.set_default_device("meta")
        with torch.enable_grad():
            dict(page.controls())[name].value = widget.min
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
    assert surface_of(page) == wanted
    assert not any(value.requires_grad for value in page.numbers.values())


# ---- words, names, the stored picture --------------------------------------------------------------------------------------------


@start
def test_the_bundle_holds_words_a_picture_and_the_panel(start):
    page = start()
    bundle = page._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == page.alt
    assert re.search(r'<img class="rpn-picture" [^>]*alt="[^"]{40,}"', bundle["text/html"])
    assert base64.b64decode(bundle["image/png"]) == page.last_png and len(page.last_png) < 40_000
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == page.panel.model_id


def widgets(root):
    yield root
    for child in getattr(root, "children", ()):
        yield from widgets(child)


@start
def test_every_control_has_a_name_and_the_keyboard_alone_is_enough(start, undrawn):
    page = start(question=QUESTION, presets={"again": start().subject})
    known, face, question = dict(page.controls()).values(), page.face, page.face.question
    sliders = (W.IntSlider, W.SelectionSlider, W.FloatSlider, W.FloatLogSlider)
    usable = (*sliders, W.Play, W.Dropdown, W.Checkbox, W.RadioButtons, W.Button, W.Text, W.Textarea)
    for panel in (page.panel, *(box for tab in page.tabs.by_symbol.values() for box in tab.boxes)):
        for widget in widgets(panel):
            if isinstance(widget, (W.VBox, W.HBox, W.HTML, W.Accordion, Accessibility, Surface)):
                continue
            assert isinstance(widget, usable), f"{widget} has no name for screen readers (WIDGETS.md section 5)"
            assert widget.description.strip()
            if isinstance(widget, sliders):
                assert widget.readout and widget.continuous_update
            visual = any(widget is one for one in (*known, face.reset, face.preset, face.token_text))
            assert visual != ("rpn-non-visual" in widget._dom_classes), widget
    assert all(widget.tooltip for widget in known)
    assert question.show.description and "rpn-non-visual" in question.show._dom_classes
    assert question.predicted.description == QUESTION.question


def test_alt_text_follows_the_state():
    page = STARTS["flow"]()
    told = {picture_of(page)[0]}
    for name, value in {"picture.x1": 0.1, "picture.seed": 3, "formula.expansion.order": 3, "formula.remainder": "Zero"}.items():
        dict(page.controls())[name].value = value
        told.add(picture_of(page)[0])
    assert len(told) == 5


def test_the_chosen_term_is_told_by_text():
    page = STARTS["flow"]()
    for symbol, button in page.face.bar.items():
        button.click()
        assert [name for name, other in page.face.bar.items() if other.description.startswith("▸")] == [symbol]
        assert list(page.face.controls_box.children) == page.tabs.by_symbol[symbol].boxes
        assert surface_of(page).count("text-decoration:underline") == 1


def test_the_first_of_the_terms_is_lit_first():
    def lit(*terms):
        return Explorer(rpn.Formula(), Flow(), terms=terms).state.lit

    assert (lit("remainder", "expansion"), lit("reconciliation", "expansion"), lit("expansion"), lit()) == ("π", "ψ", "κ", "g")
    page = Explorer(rpn.Formula(), Fit(), terms=("remainder", "expansion"))
    assert page.face.bar["π"].description == "▸ π remainder" and page.face.bar["g"].description == f"g: {Fit.fields_name}"
    assert list(page.face.controls_box.children) == page.tabs.by_symbol["π"].boxes and list(page.tabs.by_symbol) == ["κ", "π", "g"]


def test_one_number_four_places():
    page = STARTS["flow"]()
    g = page.numbers["g"][0, 0].item()
    assert f"{g:.3f}" in formula(page.shown, page.state.lit) and f"{g:.3f}" in page.alt and f"{g:.4f}" in page.picture.readout(page.shown)
    place = {}
    with torch.random.fork_rng(devices=[]):
        exec(page.code(), place)
    assert abs(place["numbers"]["g"][0, 0].item() - g) < 1e-6


@start
def test_the_sizes_of_every_picture_say_what_they_count(start, undrawn):
    page = start()
    page.face.folds.selected_index = 0
    rows = re.findall(r"<tr><th scope='row'>(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>", page.face.ledger_text.value)
    assert len(rows) == len(page.shown.sizes) and all(all(cells) for cells in rows)


def test_folds_are_written_when_open():
    page = STARTS["flow"]()
    assert not page.face.code_text.value and not page.face.ledger_text.value
    page.face.folds.selected_index = 0
    assert "n · D" in page.face.ledger_text.value
    told = re.findall(r"<tr><th scope='row'>(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>", page.face.ledger_text.value)
    assert ("D", "6", "how many features κ makes") in told and all(all(cells) for cells in told)
    assert told[-1][:2] == ("memory", f"{page.shown.sizes['bytes'] / 1000:,.1f} kB")
    page.face.folds.selected_index = 1
    shown = re.sub(r"^.*<pre[^>]*>|<[^>]*>", "", page.face.code_text.value)  # below its button
    assert html.unescape(shown) == page.code(), "what is marked is the code, letter by letter"
    before = page.face.code_text.value
    dict(page.controls())["picture.x1"].value = 0.25
    assert page.face.code_text.value != before and "0.25" in page.face.code_text.value
    assert eval(page.face.call_text.value, {"Explorer": lambda *state: state, "Flow": Flow, "rpn": rpn}) == (page.subject, page.picture)
    page.face.folds.selected_index = 2
    assert page.face.token_text.value == page.token()


def test_presets_are_one_move():
    page = Explorer(X.Taylor(), presets={"wild": X.Chebyshev(degree=10)})
    page.face.preset.value = "wild"
    assert page.subject == X.Chebyshev(degree=10) and not page.failed
    page.face.preset.value = PRESETS
    assert page.subject == X.Chebyshev(degree=10)
    dict(page.controls())["expansion.degree"].value = 2
    page.face.reset.click()
    assert page.subject == X.Taylor()
    assert page.face.preset.value == PRESETS, "the same preset can be chosen again"
    page.face.preset.value = "wild"
    assert page.subject == X.Chebyshev(degree=10)


def test_a_preset_can_bring_its_picture_or_be_a_token():
    told = Explorer(X.Fourier(terms=3), Basis(at=1.0)).token()
    page = Explorer(X.Taylor(), presets={"at 2": (X.Taylor(), Basis(at=2.0)), "sent": told})
    page.face.preset.value = "at 2"
    assert page.picture == Basis(at=2.0)
    page.face.preset.value = "sent"
    assert (page.subject, page.picture) == (X.Fourier(terms=3), Basis(at=1.0))
    with pytest.raises(TypeError, match="must bring a Basis"):
        Explorer(X.Taylor(), presets={"other": (X.Taylor(), Fabric())})
    with pytest.raises(ValueError, match="no state of an explorer"):
        Explorer(X.Taylor(), presets={"torn": told[:-4]})


def test_a_teacher_keeps_a_state_as_a_preset_and_takes_the_line_home():
    page = Explorer(X.Taylor(), presets={"wild": X.Chebyshev(degree=10), "at 2": (X.Taylor(), Basis(at=2.0))})
    page.face.keep.click()
    assert page.face.presets_text.value == "Type a name first."
    dict(page.controls())["expansion.order"].value = 4
    page.face.preset_name.value = 'runs "wild"'
    page.face.keep.click()
    assert "wild" in page.face.preset.options and page.face.preset in page.face.buttons.children
    line = page.face.presets_text.value
    kept = "'wild': rpn.expansion.Chebyshev(degree=10), 'at 2': (rpn.expansion.Taylor(order=2), Basis(at=2.0))"
    assert line.startswith(f"presets={{{kept}, "), "what was readable stays readable"
    again = Explorer(X.Fourier(), **eval(f"dict({line})", {"rpn": rpn, "Basis": Basis}))
    again.face.preset.value = 'runs "wild"'
    assert again.presets == page.presets and again.subject == page.subject == X.Taylor(order=4)


def test_the_menu_of_presets_is_in_sight_once_there_is_one():
    page = Explorer(X.Taylor())
    assert page.face.preset not in page.face.buttons.children
    page.face.preset_name.value = "first"
    page.face.keep.click()
    assert page.face.preset in page.face.buttons.children


# ---- composed components and tables ------------------------------------------------------------------------------------------------


def test_parts_are_counted_chosen_and_moved():
    page = Explorer(X.Extended(parts=(X.Identity(), X.Chebyshev(degree=3))))
    controls = dict(page.controls())
    controls["expansion.parts.2.degree"].value = 5
    assert page.subject.parts[1] == X.Chebyshev(degree=5)
    controls["expansion.parts"].value = 3
    assert len(page.subject.parts) == 3 and page.subject.parts[:2] == (X.Identity(), X.Chebyshev(degree=5))
    dict(page.controls())["expansion.parts.3"].value = "Nested"
    assert page.subject.parts[2] == X.Nested.example()
    dict(page.controls())["expansion.parts.3.parts.1"].value = "Fourier"
    assert isinstance(page.subject.parts[2].parts[0], X.Fourier)
    assert page.numbers["kappa"].shape == (page.subject.width(1),)
    dict(page.controls())["expansion.parts"].value = 1
    assert page.subject == X.Extended(parts=(X.Identity(),))
    assert {name for name, _ in page.controls()} == {"expansion", "expansion.parts", "expansion.parts.1", "picture.at", "picture.slopes"}


def test_the_controls_of_a_part_name_their_part():
    page = Explorer(X.Extended(parts=(X.Taylor(), X.Taylor())))
    said = [widget.description for name, widget in page.controls() if name.endswith("order")]
    assert said == ["part 1: order", "part 2: order"]


def test_numbers_can_be_pasted_and_travel_in_the_token():
    scales = rpn.expansion.Affine(matrix=((1.0,), (2.0,)), offset=(0.0, 0.5))
    page = Explorer(scales, Basis())
    controls = dict(page.controls())
    controls["expansion.matrix"].value = "3\n-1.5"
    assert page.subject.matrix == ((3,), (-1.5,))
    controls["expansion.offset"].value = "0.25, 0.75"
    assert page.subject.offset == (0.25, 0.75)
    other = Explorer(scales, Basis())
    other.restore(page.token())
    assert other.subject == page.subject and dict(other.controls())["expansion.matrix"].value == "3\n-1.5"


@pytest.mark.parametrize(
    "text, says", [("1 two", "line 1: 'two' is no number"), ("1\n1 2", "same length, got 1, 2"), ("nan", "line 1: 'nan' is no number")]
)
def test_what_is_no_table_is_refused_with_line_and_word(text, says):
    page = Explorer(rpn.expansion.Affine(matrix=((1.0,), (2.0,)), offset=()), Basis())
    kept = page.subject
    dict(page.controls())["expansion.matrix"].value = text
    assert says in page.refused and page.subject == kept and page.failed is None


@pytest.mark.parametrize("table", [(), (1, 2.5, -3e-7), ((1, 2), (3, 4)), ((0.1 + 0.2, 1e300), (-0.0, 5))])
def test_a_table_written_as_text_is_read_back_exactly(table):
    assert read(written(table), bool(table) and isinstance(table[0], tuple)) == table


# ---- pin and compare ---------------------------------------------------------------------------------------------------------------


def test_a_pinned_state_stays_as_a_ghost_and_the_difference_is_told():
    page = Explorer(rpn.Formula(X.Chebyshev(degree=3)), Fit())
    before, alone = page.numbers["curve"], page.last_png
    page.face.pin.click()
    assert page.face.pin.description == "Unpin" and "Pinned. Move a control" in page.face.pin_text.value
    dict(page.controls())["formula.expansion.degree"].value = 9
    ghost = page.canvas.artists["ghost fit"]
    np.testing.assert_array_equal(ghost.get_ydata(), before)
    assert "ghost fit" in page.canvas.artists and "ghost points" not in page.canvas.artists
    said = page.face.pin_text.value
    errors = f"test error {before_error(page):.4g} → {page.numbers['test_error']:.4g}"
    assert "expansion degree 3 → 9" in said and "D 3 → 9 (6 more)" in said and errors in said and "% lower)" in said
    assert "Since the pin: expansion degree 3 → 9" in page.alt
    page.face.reset.click()
    assert page.state.pinned is not None
    page.face.pin.click()
    assert page.state.pinned is None and page.face.pin_text.value == "" and page.last_png == alone


def before_error(page):
    return page.state.pinned.numbers["test_error"].item()


def test_a_curve_with_gaps_that_has_not_moved_has_no_ghost():
    page = Explorer(rpn.interdependence.Chain(), Mix(data="karate", place="instance"))
    page.face.pin.click()
    dict(page.controls())["interdependence.hops"].value = 3
    ghosts = [name for name in page.canvas.artists if name.startswith("ghost")]
    assert "links 0" in page.canvas.artists and not ghosts


def test_the_ghosts_of_many_curves_are_dotted_and_told_apart_by_colour():
    page = Explorer(X.Chebyshev(degree=4))
    page.face.pin.click()
    colors = {f"ghost {name}": to_rgb(curve.get_color()) for name, curve in page.canvas.artists.items() if name.startswith("feature")}
    dict(page.controls())["expansion"].value = "Legendre"
    curves = {name: curve for name, curve in page.canvas.artists.items() if name.startswith("ghost feature")}
    assert len(curves) == 3 and all(curve.is_dashed() for curve in curves.values())  # the first feature, x itself, has not moved
    half = [(np.array(colors[name]) + to_rgb("#777777")) / 2 for name in curves]
    np.testing.assert_allclose([curve.get_color() for curve in curves.values()], half)
    assert len({tuple(color) for color in half}) == 3


def test_the_ghost_of_bars_is_an_outline_and_moves_no_limits():
    page = Explorer(X.Chebyshev(degree=3))
    page.face.pin.click()
    limits = [plot.get_ylim() for plot in page.canvas.plots]
    large = {name: 100 * value for name, value in page.state.pinned.numbers.items()}
    page.state.pinned = dataclasses.replace(page.state.pinned, numbers=large)
    dict(page.controls())["picture.at"].value = 0.25
    assert [plot.get_ylim() for plot in page.canvas.plots] == limits
    bar = page.canvas.artists["ghost kappa"][0]
    assert bar.get_facecolor()[3] == 0 and bar.get_height() == pytest.approx(50.0)


@start
def test_a_pin_goes_with_the_states_that_follow(start):
    page = start()
    page.face.pin.click()
    for name, widget in [*page.controls()][:4]:
        for place, value in enumerate(values_of(widget)[:6]):
            with sketched() if place else nullcontext():
                dict(page.controls())[name].value = value
                inspect(page)
        page.set(*page.first)
    assert page.state.pinned is not None


def test_changes_and_figures_are_told_in_words():
    old = rpn.Formula(X.Extended(parts=(X.Taylor(), X.Fourier())), channels=1)
    new = rpn.Formula(X.Extended(parts=(X.Taylor(order=3), X.Fourier())), R.LowRank(), channels=2)
    assert [*changes(old, new)] == ["expansion parts 1 order 2 → 3", "reconciliation Identity → LowRank", "channels 1 → 2"]
    shorter = rpn.Formula(X.Extended(parts=(X.Taylor(),)))
    assert [*changes(old, shorter)] == ["expansion parts 2 → 1 entries"]
    assert [*changes(R.LowRank(rank=2), R.LowRank(rank=2))] == []
    before = {"D": 4, "error": 0.2, "same": 1.0, "zero": 1e-16, "up": 1.0}
    after = {"D": 2, "error": 0.1, "same": 1.0, "zero": 1.0, "up": 3.0}
    assert [*compared(before, after)] == ["D 4 → 2 (2 less)", "error 0.2 → 0.1 (50 % lower)", "zero 0 → 1", "up 1 → 3 (3 times)"]


# ---- linked views ------------------------------------------------------------------------------------------------------------------


def test_the_lit_term_is_lit_in_formula_picture_code_and_words():
    page = STARTS["flow"]()
    page.face.folds.selected_index = 1
    for symbol, function, title in (("κ", "def expansion", "κ(x)"), ("π", "remainder(", "+ π(x)")):
        page.face.bar[symbol].click()
        marked = [html.unescape(line) for line in re.findall(r"<mark>(.*?)</mark>", page.face.code_text.value)]
        assert any(function in line for line in marked) and page.canvas.axes[page.canvas.lit].title == title
        assert not any("def reconciliation" in line for line in marked)
        assert re.search(rf'class="rpn-symbol"[^>]*>{symbol} \(say: ', surface_of(page))
    page.face.bar["g"].click()
    assert "g (say: g) is the output" in surface_of(page)
    mixing = STARTS["mix"]()  # no g stands in its formula
    mixing.face.bar["g"].click()
    assert '<div class="rpn-symbol"></div>' in surface_of(mixing)


def test_the_curve_of_the_lit_term_has_a_band_behind_it():
    page = Explorer(rpn.Formula(X.Chebyshev(), remainder=P.Linear()), Fit())
    plain = page.last_png
    page.face.bar["π"].click()
    curves = {name: artist for name, artist in page.canvas.artists.items() if not isinstance(artist, tuple)}
    assert [name for name, artist in curves.items() if artist.get_path_effects()] == ["pi"]
    assert bool((pixels(page.last_png) != pixels(plain)).any())
    dict(page.controls())["picture.noise"].value = 0.2
    assert page.canvas.artists["pi"].get_path_effects()
    page.face.bar["κ"].click()
    assert not page.canvas.artists["pi"].get_path_effects()


def test_a_line_of_code_is_lit_where_it_belongs_to_the_term():
    code = "import torch\n\n\n# T_k\ndef expansion(x):\n    return x\n\n\nkappa = expansion(x)\nW = w.view(2, 3)\ng = kappa @ W.mT\n"
    lit = lit_lines(code, "κ")
    assert [line for line, on in zip(code.splitlines(), lit) if on] == [
        "# T_k",
        "def expansion(x):",
        "    return x",
        "kappa = expansion(x)",
        "g = kappa @ W.mT",
    ]
    assert sum(lit_lines(code, "ψ")) == 2 and not any(lit_lines(code, "fusion"))


# ---- the question ----------------------------------------------------------------------------------------------------------------


def answered(page, answer):
    """The widgets of a question after an answer; None skips it."""
    asked = page.face.question
    if answer is None:
        asked.skip.click()
    else:
        asked.predicted.value = answer
        asked.submit.click()
    return asked


def said(asked):
    """What the line of an answered question says, without its marks for screen readers."""
    return html.unescape(re.sub(r"<[^>]+>", "", asked.says.value))


VERDICTS = {
    "up": "✗ up → ✓ down, because it grows & falls.",
    "down": "✓ down, because it grows & falls.",
    None: "✓ down, because it grows & falls.",
}


EACH = [*zip(STARTS, itertools.cycle(VERDICTS)), *(("flow", answer) for answer in VERDICTS)]
"""A question does not know its picture: each picture meets one of the answers, and one picture all of them."""


@pytest.mark.parametrize("start, answer", [(STARTS[name], answer) for name, answer in EACH], ids=[f"{n}-{a}" for n, a in EACH])
def test_the_controls_unlock_with_an_answer_or_without_and_what_is_right_waits_until_it_is_asked_for(start, answer):
    page = start(question=QUESTION)
    locked = [widget for _, widget in page.controls()] + [page.face.reset, page.face.preset, page.face.token_text]
    assert all(widget.disabled for widget in locked)
    before = page.last_png
    asked = answered(page, answer)
    page.rest()
    assert not page.face.reset.disabled and sum(not widget.disabled for _, widget in page.controls()) >= 2
    assert page.last_png == before
    widget = next(widget for _, widget in page.controls() if isinstance(widget, W.IntSlider) and not widget.disabled)
    widget.value = widget.max
    assert asked.show in asked.row.children and "because" not in asked.says.value, "the answer is not given away by a move"
    assert said(asked) == ("" if answer is None else f"You predicted: {answer}. ") + "Now try it."
    surface = surface_of(page)
    asked.show.click()
    assert surface_of(page) == surface and asked.row.children == (asked.says,)
    assert said(asked) == VERDICTS[answer] and 'role="status"' in asked.says.value
    inspect(page)


@start
def test_a_question_stands_above_the_picture_and_stays_in_sight(start, undrawn):
    page = start(question=QUESTION)
    asked, children = page.face.question, page.panel.children
    assert children.index(asked.box) < children.index(page.face.surface)
    answered(page, "up")
    page.face.reset.click()
    for told in (False, True):
        assert "What happens?" in asked.ask.value and asked.box.children == (asked.ask, asked.row) and asked.says in asked.row.children
        assert told == (asked.show not in asked.row.children)
        asked.show.click()


def test_an_answered_question_is_as_high_as_its_verdict_will_be():
    heights = []
    for reason in ("short.", "long " * 100):
        page = Explorer(X.Taylor(), question=dataclasses.replace(QUESTION, reason=reason))
        asked = answered(page, "up")
        heights.append(asked.row.layout.min_height)
        asked.show.click()
        assert asked.row.layout.min_height == heights[-1]
    assert [int(height.removesuffix("px")) // LINE for height in heights] == [2, 5]


@start
def test_a_prediction_without_a_choice_keeps_the_question(start, undrawn):
    page = start(question=QUESTION)
    asked = page.face.question
    before = asked.box.children
    asked.submit.click()
    assert asked.box.children == before and "Choose one first" in asked.says.value
    assert all(widget.disabled for _, widget in page.controls())
    asked.predicted.value = "down"
    assert not said(asked)
    asked.submit.click()
    assert page.state.asked.answer == "down" and page.state.asked.right


def test_a_question_without_a_reason_says_what_is_right():
    asked = answered(Explorer(X.Taylor(), question=Predict("?", choices=["a", "b"], right="b")), "a")
    asked.show.click()
    assert said(asked) == "✗ a → ✓ b"


@pytest.mark.parametrize("given, right", [(3.0000000000000004, True), (3.5, True), (3.6, False), (2.5, True), (2.4, False)])
def test_a_number_can_be_predicted_and_missed_by_as_much_as_the_question_allows(given, right):
    many = Predict("How many features?", number=(0.0, 10.0), right=3, within=0.5, reason="m + m².")
    page = Explorer(X.Taylor(), question=many)
    asked = answered(page, given)
    assert page.state.asked.right == right and page.state.asked.answer == round(given, 10)
    asked.show.click()
    assert said(asked) == ("" if right else f"✗ {given} → ") + "✓ 3, because m + m²."


def test_a_question_knows_what_is_right():
    with pytest.raises(TypeError, match="Predict.right must be the choice that is right, got None"):
        Predict("?", choices=["it grows", "it shrinks"])
    with pytest.raises(TypeError, match="Predict.right must be the choice that is right, got 1"):
        Predict("?", choices=["it grows", "it shrinks"], right=1)
    with pytest.raises(ValueError, match="must be one of the choices, got 'it grow'; did you mean it grows"):
        Predict("?", choices=["it grows", "it shrinks"], right="it grow")
    with pytest.raises(ValueError, match="got 'x'; they are 'it grows', 'it shrinks'"):
        Predict("?", choices=["it grows", "it shrinks"], right="x")
    with pytest.raises(TypeError, match="Predict.right must be the number that is right, got None"):
        Predict("?", number=(1, 5))
    with pytest.raises(ValueError, match="must lie between the ends 1 and 5 of its slider, got 6"):
        Predict("?", number=(1, 5), right=6)


def test_a_stored_picture_stands_below_its_question_and_choices():
    stored = Explorer(X.Taylor(), question=QUESTION)._repr_mimebundle_()["text/html"]
    words = re.sub(r"<[^>]+>", " ", stored[: stored.index("<img")])
    assert "What happens?" in words and "up" in words and words.rstrip().endswith("down")
    assert "What happens?" not in Explorer(X.Taylor())._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("answer, right", [("up", False), ("down", True), (None, None)])
def test_what_was_predicted_is_noted(answer, right, monkeypatch):
    noted = []
    monkeypatch.setattr("rpn_edu.explore.panel.question.note", lambda *line: noted.append(line))
    answered(Explorer(X.Taylor(), question=QUESTION), answer)
    assert noted == [("prediction", "What happens?", right)]


def test_a_count_is_predicted_in_whole_numbers():
    predicted = Explorer(X.Taylor(), question=Predict("How many features?", number=(1, 64), right=6)).face.question.predicted
    assert (predicted.value, predicted.step) == (32, 1) and isinstance(predicted, W.IntSlider)


def test_a_locked_explorer_stays_locked_when_code_moves_it():
    page = Explorer(X.Taylor(), question=QUESTION)
    page.set(X.Fourier())
    assert all(widget.disabled for _, widget in page.controls())


# ---- tokens ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_token_restores_every_state(kind, undrawn):
    """Each fourth beside an explorer of its own, which takes a while to build."""
    pairs = states(kind, 20, seed=7)
    page = Explorer(pairs[0][1], pairs[0][0])
    for place, (picture, subject) in enumerate(random.Random(0).sample(pairs, min(12, len(pairs)))):
        page.restore(f"  {packed(subject, picture)}\n")
        assert (page.subject, page.picture) == (subject, picture) and page.token() == packed(subject, picture)
        if place % 4 == 3:
            told = Explorer(subject, picture)
            assert surface_of(page) == surface_of(told) and page.token() == told.token()


def test_a_token_restores_what_lies_beyond_the_ends():
    page = STARTS["fit"]()
    far = rpn.Formula(X.GaussianRBF(centers=33, low=-9.5, epsilon=17.123456789), R.LowRank(rank=13), P.Constant(value=-77.0))
    picture = Fit(points=250, noise=1.75, ridge=33.3, seed=123)
    page.restore(Explorer(far, picture).token())
    assert (page.subject, page.picture) == (far, picture)
    page.face.reset.click()
    assert (page.subject, page.picture) == page.first


def damaged(token):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for i, letter in enumerate(token):
        yield token[:i] + letters[(letters.index(letter) + 1) % 64] + token[i + 1 :]
        yield token[:i] + token[i + 1 :]
    yield from (token[:half] for half in range(0, len(token), 7))
    yield from ("", "hello", "ü" * 20, "=" * 8, token + "A", token * 2, json.dumps([1, 2]), "A" * 4000)


def test_damaged_tokens_are_refused_with_one_sentence():
    page = STARTS["basis"]()
    state, shows = page.subject, surface_of(page)
    for text in damaged(page.token()):
        with pytest.raises(ValueError) as raised:
            page.restore(text)
        assert str(raised.value).startswith("this text is no state of an explorer") and "\n" not in str(raised.value)[:60]
    assert page.subject == state and surface_of(page) == shows and page.failed is None


def sent(token):
    """What mail, chat and office programs make of a copied text."""
    half = len(token) // 2
    first, rest = token[:half], token[half:]
    lines = [token[i : i + 20] for i in range(0, len(token), 20)]
    for between in (
        "\n",
        "\r\n",
        " ",
        "\t",
        "\u00a0",
        "\u2028",
        "=\n",
        "\n> ",
        "\n>> ",
        "\u00ad",
        "\u200b",
        "\u200d",
        "\u2060",
        "\ufeff",
        "<br>\n",
    ):
        yield first + between.replace("<br>", "\n") + rest
    yield from ("\n".join(lines), "\n> ".join(["", *lines]), "\ufeff" + token, f"  {token}\n\n", "&nbsp;".join(lines))
    for left, right in ("“”", "„“", "«»", "‘’", "''", '""', "``", "<>", "()", "[]", ("```\n", "\n```"), ("**", "**")):
        yield left + token + right
    yield from (f"{token}{end}" for end in (".", ",", ";", "!", "==", "=", "%3D%3D", "…"))
    yield from (
        f"{before}{token}" for before in ("state: ", "state=", "Token:\n", "Hello all, here is the state: ", "On 3 May, Ada wrote:\n> ")
    )
    yield f"Hi, look at this:\n\n  {token[:30]}\n  {token[30:]}\n\nBest wishes, A. B."
    yield from (token.replace("-", dash) for dash in "–—‐‑−")
    yield "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter for letter in token)  # full width
    yield token.replace("-", "%2D").replace("_", "%5F")


def test_a_token_that_went_through_mail_is_restored():
    states = [(X.Chebyshev(degree=7), Basis(at=0.25)), (X.Extended(parts=(X.Taylor(), X.Fourier())), Basis()), (X.Max(), Basis(at=-1.5))]
    states += [(X.BSpline(intervals=n), Basis(at=n / 10)) for n in range(2, 20)]
    tokens = [packed(*state) for state in states]
    assert any("-" in token for token in tokens) and any("_" in token for token in tokens)
    for token, state in zip(tokens, states, strict=True):
        for text in sent(token):
            assert unpacked(text) == state, text
    page = Explorer(X.Taylor(), presets={"sent": "> " + tokens[0][:20] + "\n> " + tokens[0][20:]})
    page.face.preset.value = "sent"
    assert (page.subject, page.picture) == states[0]
    page.restore(f"Look: “{tokens[1]}”.")
    assert (page.subject, page.picture) == states[1]


def test_a_token_in_a_long_text_is_found_at_once_and_a_text_without_one_is_refused():
    words = "lorem ipsum x-y_z 78 " * 20_000
    assert unpacked(words + packed(X.Taylor(), Basis()) + " " + words) == (X.Taylor(), Basis())
    with pytest.raises(ValueError, match="no state of an explorer.*Copy it again"):
        unpacked(words)
    with pytest.raises(TypeError, match="must be the text of its token, got 3"):
        Explorer(X.Taylor()).restore(3)


def token_of(*configs):
    body = zlib.compress(json.dumps(configs).encode())
    return base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")


def test_sound_tokens_of_others_are_refused():
    page = STARTS["basis"]()
    for name in ("fabric", "flow", "fit"):
        with pytest.raises(ValueError, match="this state belongs to another explorer"):
            page.restore(STARTS[name]().token())
    with pytest.raises(ValueError, match="no state of an explorer") as raised:
        page.restore(token_of({"type": "expansion.Chebychev"}, Basis().to_config()))
    assert "did you mean Chebyshev?" in str(raised.value.__cause__)
    for configs in ([], [1, 2], [{}, {}], [Basis().to_config()], [{"type": "expansion.Taylor", "order": -1}, Basis().to_config()]):
        with pytest.raises(ValueError, match="no state of an explorer"):
            page.restore(token_of(*configs))


def test_a_token_can_be_pasted():
    page, other = STARTS["basis"](), Explorer(X.Fourier(terms=2))
    page.face.folds.selected_index = 2
    page.face.token_text.value = "nonsense"
    assert 'role="alert"' in page.face.token_says.value and page.failed is None
    page.face.token_text.value = ""
    assert page.face.token_says.value == ""
    page.face.token_text.value = other.token()
    assert page.subject == other.subject and page.face.token_says.value == "Restored."


def test_the_default_of_every_slider_lies_on_its_grid():
    # A browser moves a value that does not: picking a row in a menu would change its numbers.
    fields = [field for row in CATALOGUE.values() for field in row.declared if field.kind == "float" and not field.meta.log]
    for field in fields:
        slider = control_of(field, field.default)
        steps = (field.default - slider.min) / slider.step
        assert steps == pytest.approx(round(steps), abs=1e-6), f"{field.owner}.{field.name}"
    assert len(fields) > 40


# ---- menus -----------------------------------------------------------------------------------------------------------------------


def test_menus_hold_every_row_that_has_controls():
    page = STARTS["flow"]()
    for term in ("expansion", "reconciliation", "remainder"):
        rows = {row.__name__ for row in CATALOGUE.values() if row.term == term}
        # Made for other numbers of inputs than two:
        without = {"Affine", "Landmarks", "Patches", "PatchPooling", "Windows", "WindowPooling"} if term == "expansion" else set()
        menu = dict(page.controls())[f"formula.{term}"]
        assert set(menu.options) == rows - without and all(name in menu.tooltip for name in without)


@start
def test_every_control_of_a_picture_says_below_its_button_what_it_means(start, undrawn):
    panel = start().tabs.picture
    told = re.findall("<div><b>(.*?)</b>: (.*?)</div>", panel.about.value)
    assert [name.replace(" ", "_") for name, _ in told] == list(panel.widgets) and all(meaning for _, meaning in told)
    assert not panel.widgets or panel.about in panel.own.children


@pytest.mark.parametrize("row", [row for row in CATALOGUE.values() if row.term in TERMS], ids=lambda row: row.qualified_name())
def test_what_a_menu_has_chosen_says_its_formula_and_what_its_fields_mean(row):
    family = next(base for base in reversed(row.__mro__) if getattr(base, "term", ""))
    others = [other for other in classes_of(family).values() if other is not row]
    panel = ComponentPanel(others[0].example(), "it", lambda change: None, family)
    panel.set(row.example())
    lines = [html.unescape(re.sub("<[^>]*>", "", line)) for line in re.split("</?div[^>]*>", panel.about.value)]
    assert re.sub("[_{}`]", "", row.formula_line()) in lines
    for name in panel.widgets:
        field = next(field for field in row.declared if field.name == name)
        assert f"{name.replace('_', ' ')}: {re.sub('[_{}`]', '', field.doc)}" in lines
    assert panel.about.value.count("<b>") == len(panel.widgets) and panel.about in panel.own.children


def test_indices_of_a_formula_stand_below_the_line():
    assert lowered("T_{k-1}(x) < r_ij², ‖u‖_p, `order`") == ("T<sub>k-1</sub>(x) &lt; r<sub>ij</sub>², ‖u‖<sub>p</sub>, <code>order</code>")


def test_a_composed_component_can_be_a_start():
    both = X.Extended(parts=(X.Taylor(), X.Fourier(terms=2)))
    page = Explorer(both)
    menu = dict(page.controls())["expansion"]
    menu.value = "Taylor"
    menu.value = "Extended"
    assert page.subject == X.Extended.example()
    plain = Explorer(X.Taylor())
    plain.restore(Explorer(both).token())
    assert plain.subject == both and dict(plain.controls())["expansion"].value == "Extended"


def test_a_row_made_for_one_size_is_in_the_menu_only_where_the_size_is_right():
    assert "Affine" not in dict(Explorer(X.Taylor()).controls())["expansion"].options
    two = X.Affine(matrix=((1.0, 2.0), (0.0, 1.0), (1.0, 1.0)), offset=(0.0, 0.0, 1.0))
    page = Explorer(rpn.Formula(two), Flow())
    menu = dict(page.controls())["formula.expansion"]
    menu.value = "Taylor"
    menu.value = "Affine"
    assert page.subject.expansion == two


def test_menus_leave_no_widgets_behind():
    page = STARTS["basis"]()
    menu = dict(page.controls())["expansion"]
    counts = []
    for _ in range(3):
        for row in ("Taylor", "Extended", "BSpline", "Nested", "Chebyshev"):
            menu.value = row
        counts.append(len(W.widgets.widget._instances))
    assert counts[0] == counts[1] == counts[2]


@pytest.mark.parametrize("text, doubt", [("0,5 1,2\n1,5 2,5", "0,5"), ("1,5;2,5", "1,5"), ("1 2\n1,5 2", "1,5"), ("3\t-1,25", "-1,25")])
def test_a_comma_that_may_be_a_decimal_point_is_asked_about(text, doubt):
    with pytest.raises(ValueError, match=f"is '{doubt}' one number. Write {doubt.replace(',', '.')}"):
        read(text, True)


@pytest.mark.parametrize(
    "text",
    [
        "1,5\n2,6",
        "1, 5\n2, 6",
        "1 5\n2 6",
        "1;5\n2;6",
        "1,5,\n2,6,",
        "(1, 5), (2, 6)".replace("(", "").replace("), ", "\n").replace(")", ""),
    ],
)
def test_a_comma_between_two_numbers_separates_them(text):
    assert read(text, True) == ((1, 5), (2, 6))
