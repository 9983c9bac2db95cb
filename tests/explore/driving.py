"""An explorer of every picture, what its controls can be moved to, and what must hold after every move."""

import base64
import io
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import ipywidgets as W
import numpy as np
import pytest
import torch
from PIL import Image

import rpn_edu as rpn
from rpn_edu.explore import (
    Attend,
    Basis,
    Boundary,
    Club,
    Condition,
    Digits,
    DoubleDescent,
    Explorer,
    Fabric,
    Filters,
    Fit,
    Flow,
    Growth,
    Halves,
    Heads,
    Learning,
    Microscope,
    Mix,
    Series,
    Smooth,
    Stack,
    Training,
    Twin,
    TwoHeads,
)
from rpn_edu.explore.canvas import Canvas
from rpn_edu.explore.canvas.words import Stamp
from rpn_edu.explore.panel.html import image
from tests.help import blank

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder
STARTS = {
    "basis": lambda **options: Explorer(X.Chebyshev(degree=3), Basis(), **options),
    "growth": lambda **options: Explorer(X.Taylor(order=2), Growth(m=64), **options),
    "condition": lambda **options: Explorer(X.Taylor(order=4), Condition(), **options),
    "fabric": lambda **options: Explorer(R.LowRank(rank=2), Fabric(), **options),
    "flow": lambda **options: Explorer(rpn.Formula(X.Taylor(), R.Identity(), P.Linear()), Flow(), **options),
    "digits": lambda **options: Explorer(
        rpn.Formula(X.Identity(), R.LowRank(rank=3)), Digits(pooled=True, images=20), terms=("reconciliation",), **options
    ),
    "halves": lambda **options: Explorer(R.LowRank(), Halves(images=50), **options),
    "training": lambda **options: Explorer(
        rpn.Formula(X.Identity(), R.LowRank(rank=3)), Training(step=20, pooled=True, images=20), terms=("reconciliation",), **options
    ),
    "learning": lambda **options: Explorer(
        rpn.Formula(X.Taylor(order=4), R.Identity(), P.Linear()),
        Learning(step=20, points=10, batch=4),
        terms=("reconciliation", "remainder"),
        **options,
    ),
    "double_descent": lambda **options: Explorer(X.Legendre(degree=12), DoubleDescent(D=6, points=8), **options),
    "fit": lambda **options: Explorer(rpn.Formula(X.BSpline(), R.Identity(), P.Linear(activation="silu")), Fit(points=20), **options),
    "heads": lambda **options: Explorer(rpn.Formula(X.Taylor(), R.LowRank(), channels=2), Heads(), **options),
    "series": lambda **options: Explorer(X.Taylor(order=2), Series(), **options),
    "stack": lambda **options: Explorer(rpn.Formula(X.Taylor(), R.Identity(), P.Identity()), Stack(depth=8), **options),
    "microscope": lambda **options: Explorer(
        rpn.Formula(X.Taylor(), R.Identity(), P.Linear()), Microscope(layer=2), terms=("reconciliation",), **options
    ),
    "boundary": lambda **options: Explorer(rpn.Formula(X.Taylor(), R.Identity()), Boundary(points=20), terms=("remainder",), **options),
    "twin": lambda **options: Explorer(rpn.Formula(), Twin(features="splines", found="ridge", points=20), **options),
    "smooth": lambda **options: Explorer(rpn.interdependence.GaussianRBF(normalization="column"), Smooth(points=20), **options),
    "attend": lambda **options: Explorer(rpn.interdependence.Bilinear(normalization="softmax"), Attend(steps=4), **options),
    "filters": lambda **options: Explorer(X.Windows(8, 8, 1, 3, 3, row_padding=1, column_padding=1), Filters(), **options),
    "club": lambda **options: Explorer(
        rpn.interdependence.Graph(nodes=34, links=rpn.data.karate().links, normalization="symmetric"),
        Club(step=40, attention=True),
        **options,
    ),
    "two_heads": lambda **options: Explorer(X.Taylor(order=1), TwoHeads(), **options),
    "mix": lambda **options: Explorer(rpn.interdependence.Bilinear(normalization="softmax"), Mix(), **options),
}
start = pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)


def values_of(widget):
    """What a control can be moved to: all entries of a menu, the ends and the middle of a slider."""
    if isinstance(widget, W.Checkbox):
        return [True, False]
    if isinstance(widget, W.Dropdown):
        return list(widget.options)
    if isinstance(widget, W.Textarea):
        return [widget.value, "1 2\n3 4\n5 6\n7 8", "0.5 x"]
    if isinstance(widget, W.SelectionSlider):
        return [stop for _, stop in widget.options]
    if isinstance(widget, W.IntSlider):
        return sorted({widget.min, (widget.min + widget.max) // 2, widget.max})
    if isinstance(widget, W.FloatLogSlider):
        return [10**widget.min, 10**widget.max, 10 ** ((widget.min + widget.max) / 2)]
    return [widget.min, widget.max, (widget.min + widget.max) / 2]


def surface_of(page: Explorer) -> str:
    """Formula, picture and readout as they are on the page, in one piece of HTML."""
    surface = page.face.surface
    picture = image(surface.picture, surface.alt, surface.size, surface.dim) if surface.picture else ""
    return surface.above + picture + surface.below


def picture_of(page: Explorer) -> tuple[str, bytes]:
    """Alt text and bytes of the one picture on the surface."""
    found = re.findall(r'<img class="rpn-picture" [^>]*alt="([^"]*)" src="data:image/png;base64,([^"]*)"', surface_of(page))
    assert len(found) == surface_of(page).count("<img") == 1
    return found[0][0], base64.b64decode(found[0][1])


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def inspect(page: Explorer) -> None:
    """What must hold after every move."""
    assert page.failed is None
    alt, png = picture_of(page)
    assert len(alt) > 40 and "nan" not in alt.lower() and "inf" not in alt.replace("information", "").lower().split()
    assert png.startswith(b"\x89PNG") and Image.open(io.BytesIO(png)).size == page.canvas.size
    assert all(torch.isfinite(value).all() for value in page.numbers.values())
    assert page.canvas.artists
    if page.refused:
        assert 'role="status"' in surface_of(page) and "Not shown" in surface_of(page)
    else:
        assert page.subject == page.tabs.subject.value() and page.picture == page.tabs.picture.value()
    assert 'role="alert"' not in surface_of(page)


@contextmanager
def sketched() -> Iterator[None]:
    """What is shown here is painted, its ticks and words are laid out, and no pixel of it is drawn: that takes two thirds of a move."""

    def sketch(canvas: Canvas) -> bytes:
        if canvas.background is None:
            for plot in canvas.plots:
                plot.xaxis._update_ticks(), plot.yaxis._update_ticks()
        for artist in canvas._drawn():
            if isinstance(artist, Stamp):
                artist.width()
        return blank(*canvas.size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Canvas, "png", sketch)
        yield


def sweep(page: Explorer, seed: int = 0, steps: int = 30) -> int:
    """Drive every control to every interesting value, then at random, then in pairs, and rest. Returns the number of moves.

    Every picture is drawn where one control has moved from the start, and one in eight of all others.
    """
    moves, driven = 0, Counter()

    def move(widget, value, alone=False):
        nonlocal moves
        moves += 1
        with nullcontext() if alone or moves % 8 == 0 else sketched():
            widget.value = value
            inspect(page)

    for name in [name for name, _ in page.controls()]:
        widget = dict(page.controls()).get(name)  # a menu may have taken it away
        before = widget and widget.value
        for value in values_of(widget) if widget else []:
            move(widget, value, alone=True)
            for inner, other in page.controls():  # the controls a menu has just brought
                driven[inner] += inner.startswith(name + ".") and isinstance(widget, W.Dropdown)
                if inner.startswith(name + ".") and isinstance(widget, W.Dropdown) and driven[inner] <= 3:  # a field that all rows share
                    ends = values_of(other)
                    for end in ends[:: -(-len(ends) // 8)]:  # a menu inside a menu: an eighth of a long one is enough
                        move(other, end)
        if widget and not page.refused and isinstance(before, (int, float)):
            move(widget, before)
        with sketched():
            page.set(*page.first)
    draw = random.Random(seed)
    for _ in range(steps):
        widget = draw.choice([widget for _, widget in page.controls()])
        move(widget, draw.choice(values_of(widget)))
    page.set(*page.first)
    pairs = list(itertools.combinations([name for name, _ in page.controls()], 2))
    for one, two in draw.sample(pairs, min(len(pairs), 8)):
        controls = dict(page.controls())
        for a, b in itertools.product(values_of(controls[one])[:2], values_of(controls[two])[:2]):
            moves += 1
            with nullcontext() if moves % 8 == 0 else sketched():
                with page.hold():
                    controls[one].value = a
                    dict(page.controls()).get(two, controls[two]).value = b
                inspect(page)
            with sketched():
                page.set(*page.first)
            controls = dict(page.controls())
    page.rest()
    inspect(page)
    return moves


class Planted(Exception):
    pass


def planted(*_, **__):
    raise Planted("planted")
