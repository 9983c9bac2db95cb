"""The catalogue as pictures: a card for every component, drawn from its own code."""

import dataclasses
import html
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .. import expansion as X
from ..component import CATALOGUE, Component, demand
from ..shared.alone import alone, seeded
from ..shared.machine import Printed
from ..shared.terms import TERMS
from ..shared.words import did_you_mean
from .canvas import Axes, Canvas, data_url, steady
from .pictures.base import COLORS, LINES, counted

SIZE = (168, 84)
CURVES = 8  # more would be a tangle at this size


COMPOSED = {
    "expansion.Extended": X.Extended(parts=(X.Chebyshev(degree=2), X.Fourier(terms=1))),
    "expansion.Nested": X.Nested(parts=(X.Fourier(terms=1), X.Taylor(order=3))),
}
"""Composed components on their cards."""


def example_of(cls: type[Component]) -> Any:
    """A component that tells its class from others: of degree 4 where it has one, since all polynomials of degree 1 are lines."""
    component = cls.example()
    higher = {"degree": 4} if hasattr(component, "degree") else {}
    return COMPOSED.get(cls.qualified_name(), dataclasses.replace(component, **higher))  # type: ignore[type-var]


def plain(canvas: Canvas, x: Tensor, curves: Tensor, color: str | None = None) -> None:
    """(points,), (points, curves): a few curves, each with its own dash."""
    y = curves[:, :CURVES]
    # The middle of what the curves do: one that explodes at an end must not flatten all others.
    top = steady(y.abs().quantile(0.97), floor=0.01) * 1.1
    canvas.limits(0, (float(x[0]), float(x[-1])), (-top, top))
    canvas.line("zero", 0, [float(x[0]), float(x[-1])], [0, 0], color="#bbbbbb", linewidth=0.6)
    for number, curve in enumerate(y.T):
        style = {"color": color or f"C{number % 10}", "linestyle": LINES[number % len(LINES)], "linewidth": 1.1}
        canvas.line(f"curve {number}", 0, x, curve.clamp(-10 * top, 10 * top), **style)


def normal(*shape: int) -> Tensor:
    """Normal numbers of a shape, such as (rows, columns): the same ones on every card."""
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def expansion(row: Any, canvas: Canvas) -> str:
    """The features of one input as curves, or of five rows as an image where κ compresses; what is shown is said."""
    m = row.made_for or 8
    if row.made_for is not None or row.width(8) < 8:
        rows = row(normal(5, m).sigmoid())  # (5, D)
        canvas.image("rows", 0, rows, steady(rows, floor=0.01))
        return f"what it makes of five rows of {counted(m, 'number')}: {counted(rows.shape[-1], 'number')} each"
    low, high = row.domain
    low, high = max(low, -4.0), min(high, 4.0)
    x = torch.linspace(low, high, 120, dtype=torch.float64)
    features = row(x.unsqueeze(-1))
    plain(canvas, x, features)
    D = features.shape[-1]
    shown = f"the first {CURVES} of {D} features" if D > CURVES else f"its {counted(D, 'feature')}"
    return f"{shown} of one input from {low:g} to {high:g}"


def reconciliation(row: Any, canvas: Canvas) -> str:
    """The matrix of fresh numbers w, as an image; what is shown is said."""
    n, D = 6, 12
    W = row.matrix(row.init(n, D).double(), n, D)
    canvas.image("W", 0, W, steady(W, floor=0.01))
    return f"a 6 × 12 matrix from {counted(row.length(n, D), 'number')}"


def remainder(row: Any, canvas: Canvas) -> str:
    """π of one input as a curve, with fresh numbers; what is shown is said."""
    x = torch.linspace(-1, 1, 60, dtype=torch.float64)
    plain(canvas, x, row(x.unsqueeze(-1), row.init(1, 1).double(), 1), COLORS["π"])
    return "what it adds for one input from -1 to 1"


def interdependence(row: Any, canvas: Canvas) -> str:
    """A for random numbers as an image; what is shown is said."""
    k = row.made_for or 6
    r = len(row.scales) if getattr(row, "scales", ()) else 8
    A = row.matrix(normal(r, k).sigmoid(), row.init(r, k).double())  # between 0 and 1: neither too near nor too far for a kernel
    canvas.image("A", 0, A, steady(A.abs().quantile(0.8), floor=0.01))  # a large diagonal must not hide the rest
    return f"the matrix for a table of {r} rows and {k} columns"


def fusion(row: Any, canvas: Canvas) -> str:
    """Three curves, and thick what becomes of them; what is shown is said."""
    x = torch.linspace(-1, 1, 60, dtype=torch.float64)
    parts = [torch.sin(4 * x), torch.cos(3 * x), 0.6 * x]
    fused = row([part.unsqueeze(-1) for part in parts], row.init([1, 1, 1]).double())  # (60, n)
    top = steady(torch.cat((*parts, fused.flatten()))) * 1.05
    plain(canvas, x, torch.stack(parts, -1))
    canvas.limits(0, y=(-top, top))
    for number, curve in enumerate(fused.T):
        canvas.line(f"fused {number}", 0, x, curve, color=COLORS["g"], linewidth=2, alpha=0.8)
    return f"three curves and, thick, {'all of them side by side' if fused.shape[-1] > 1 else 'the one'} that it makes of them"


DRAWN: dict[str, Callable[[Any, Canvas], str]] = {term.name: globals()[term.name] for term in TERMS}
"""How a term is drawn: by the function above that bears its name."""


def drawn(component: Component, size: tuple[int, int] = SIZE) -> tuple[bytes, str]:
    """A PNG of a component, `size` in pixels, and what it shows. KeyError for what belongs to no term."""
    canvas = Canvas([Axes((0.01, 0.02, 0.98, 0.96), xticks="none", yticks="none")], size)
    with alone(), seeded(0):
        said = DRAWN[component.term](component, canvas)
    return canvas.png(16), said


class Sheet(Printed):
    """The contact sheet of a term: picture, formula, hyperparameters of every component. It needs no kernel.

    LookupError for what is no term, TypeError for what is no name.
    """

    def __init__(self, term: str) -> None:
        demand(isinstance(term, str), "contact_sheet: the term", 'a name such as "expansion"', term)
        if term not in DRAWN:
            raise LookupError(f"contact_sheet: no term is called {term!r}{did_you_mean(term, DRAWN) or '; there are ' + ', '.join(DRAWN)}")
        self.term = term
        self.classes = [cls for cls in CATALOGUE.values() if cls.term == term and cls.__module__.startswith("rpn_edu.")]
        self.cards = [self._card(example_of(cls)) for cls in self.classes]

    def _card(self, component: Component) -> str:
        png, said = drawn(component)
        name, formula = type(component).__name__, type(component).formula_line()
        declared = [(field.name, field.doc) for field in component.declared]
        fields = ", ".join(name if name == doc else f"{name}: {doc}" for name, doc in declared) or "no hyperparameters"
        size, alt = f'width="{SIZE[0]}" height="{SIZE[1]}"', html.escape(f"{name}: {said}", quote=True)
        picture = f'<img {size} alt="{alt}" src="{data_url(png)}">'
        words = f"<b>{name}</b><br><span>{html.escape(formula)}</span><br><small>{html.escape(fields)}</small>"
        style = f"width:{SIZE[0] + 44}px;list-style:none;border:1px solid #999;padding:4px;font-size:12px"
        return f'<li style="{style}">{picture}<br>{words}</li>'

    def __repr__(self) -> str:
        return "\n".join(f"{cls.__name__}: {cls.formula_line()}" for cls in self.classes)

    def _repr_html_(self) -> str:
        style = "display:flex;flex-wrap:wrap;gap:6px;padding:0;margin:0"
        return f'<ul class="rpn-sheet" aria-label="all components of {self.term}" style="{style}">{"".join(self.cards)}</ul>'


def contact_sheet(term: str) -> Sheet:
    """A card for every component of a term: expansion, reconciliation, remainder, interdependence or fusion. LookupError for any other."""
    return Sheet(term)
