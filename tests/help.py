"""What the tests of several rooms write: where the files lie, random numbers, and samples of every component with sizes that fit."""

import functools
import io
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

import rpn_edu as rpn

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
"""Every chapter, and the gallery."""
TERMS = ("expansion", "reconciliation", "remainder", "interdependence", "fusion")
ROWS = {term: [row for row in rpn.CATALOGUE.values() if row.term == term and row.__module__.startswith("rpn_edu.")] for term in TERMS}
"""The components of the package, without those that a test has defined."""


def numbers(*shape, dtype=torch.float64, low=-1.0, high=1.0, seed=0):
    return low + (high - low) * torch.rand(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@functools.cache
def blank(width: int, height: int) -> bytes:
    """The PNG of an empty picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height)).save(out, "PNG")
    return out.getvalue()


def own(error: BaseException) -> bool:
    """Is it raised by a line of this package, and not by something that a line of it called?"""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return last.filename.startswith(str(Path(rpn.__file__).parent)) and (last.line or "").lstrip().startswith("raise ")


# ---- samples of every component -----------------------------------------------------------------------------------------------------


def samples(term):
    """The samples of every row of a term, as its own declaration gives them."""
    return [sample for row in ROWS[term] for sample in row.samples()]


def over(term):
    return pytest.mark.parametrize("part", samples(term), ids=repr)


def cast(frozen, dtype):
    return {name: value.to(dtype) if value.is_floating_point() else value for name, value in frozen.items()} or None


def m_of(part, m=3):
    """A number of attributes (or columns) that fits: some components were made for one size."""
    return part.made_for or m


def inside(kappa, *shape, dtype=torch.float64, seed=0):
    low, high = kappa.domain
    return numbers(*shape, dtype=dtype, low=low + 0.01, high=high - 0.01, seed=seed)


def sizes_for(psi):
    p, q = getattr(psi, "p", 0), getattr(psi, "q", 0)
    return (p or 4) * 2, (q or 4) * 4


def sizes_of(part, r=8, k=4):
    """Rows and columns that fit."""
    kappa = getattr(part, "expansion", None)  # it expands columns of r numbers
    return (kappa and kappa.made_for) or len(getattr(part, "scales", ())) or r, m_of(part, k)


def columns_for(part, *shape, dtype=torch.float64):
    kappa = getattr(part, "expansion", None)
    return inside(kappa, *shape, dtype=dtype) if kappa else numbers(*shape, dtype=dtype)


# ---- formulas with every row ---------------------------------------------------------------------------------------------------------


def formulas() -> Iterator[rpn.Formula]:
    """Every row of every term in a formula of its own."""
    yield from (rpn.Formula(expansion=kappa.samples()[0]) for kappa in ROWS["expansion"])
    yield from (rpn.Formula(reconciliation=psi(), channels=2, bias=True) for psi in ROWS["reconciliation"])
    yield from (rpn.Formula(remainder=pi()) for pi in ROWS["remainder"])
    yield from (rpn.Formula(fusion=fusion(), channels=2) for fusion in ROWS["fusion"])
    for row in ROWS["interdependence"]:
        xi = row.samples()[0]
        if xi.width(k := m_of(xi, 4)) == k:  # others are tested where their size is wanted
            yield rpn.Formula(attribute=xi, batch=4)
            yield rpn.Formula(instance=xi, batch=k)
    yield rpn.Formula(output=rpn.Output("batch", "silu", softmax="log_softmax"))


def shape_for(formula):
    """(b, m) that fit."""
    return formula.batch or 4, m_of(formula.expansion, m_of(formula.attribute, 4))
