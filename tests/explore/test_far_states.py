"""States far beyond the sliders: shown, or refused in a sentence of ours before much memory is taken. Never an error of torch or Python."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import rpn_edu as rpn
from rpn_edu.component import Component
from rpn_edu.explore import Basis, Boundary, Explorer, Fabric, Fit, Heads, Picture, Series
from rpn_edu.explore.panel.components import classes_of
from rpn_edu.explore.state import ledger as ledger_module
from rpn_edu.explore.state.ledger import ledger, parts
from rpn_edu.explore.state.state import State
from tests.explore.driving import STARTS, start
from tests.explore.states import KINDS
from tests.help import own

X, R, P = rpn.expansion, rpn.reconciliation, rpn.remainder
pytestmark = pytest.mark.usefixtures("few_steps")


def variants(component: Component, whole: tuple[Any, ...], fraction: tuple[float, ...]) -> Iterator[Any]:
    """The component with each of its numbers put to each of these, its ends times ten first. Where it refuses, in its own words."""
    for field in component.declared:
        if field.kind not in ("int", "float"):
            continue
        for value in (10 * int(field.meta.high), *whole) if field.kind == "int" else (10.0 * field.meta.high, *fraction):
            try:
                yield dataclasses.replace(component, **{field.name: value})  # type: ignore[type-var]
            except ValueError as refusal:
                assert own(refusal), (component, field.name, value, refusal)


# ---- numbers -----------------------------------------------------------------------------------------------------------------------


@start
def test_every_number_of_a_picture_at_its_largest_is_shown_or_refused_in_a_sentence(start, monkeypatch):
    page = start()
    monkeypatch.setattr(ledger_module, "BUDGET", 2**20)  # what is larger takes long, and is refused as well
    refusals, refuse = [], State.refuse
    monkeypatch.setattr(State, "refuse", lambda self, refusal: refusals.append(refusal) or refuse(self, refusal))
    for far in variants(page.picture, (1_000_000, 2**63 - 1), (1e4, 1e10, 1e18, -1e18, 1e-18)):
        page.set(page.subject, far)
        assert page.failed is None and (page.refused or page.picture == far)
    assert all(refusal.__cause__ is None or own(refusal.__cause__) for refusal in refusals)


@pytest.mark.parametrize("at", [-1e18, -1e4, 50.0, 1e3, 1e4, 1e18])
@pytest.mark.parametrize("kappa", [X.Taylor(), X.BSpline(), X.Chebyshev(degree=10), X.Haar()], ids=repr)
def test_features_far_from_their_domain_are_shown_or_refused(kappa, at):
    page = Explorer(kappa)
    page.set(kappa, Basis(at=at))
    assert page.failed is None and (page.picture.at == at or "not finite" in page.refused)
    if page.picture.at == at:
        assert f"At x = {at:g}" in page.alt


@pytest.mark.parametrize("function", ["exp x", "sin x", "1 / (1 + x²)"])
@pytest.mark.parametrize("order", [20, 21, 60, 169, 170, 1000])
def test_a_series_of_any_order_is_shown_or_refused(function, order):
    page = Explorer(X.Taylor(), Series(function=function))
    page.set(X.Taylor(order=order))
    assert page.failed is None and bool(page.refused) == (order > 169)
    if not page.refused and function != "1 / (1 + x²)":
        assert page.numbers["missing_at"].abs() < 1e-13 and page.numbers["bound_at"] < 1e-15  # Taylor's theorem, at x = 1


def name_of(kind: type[Picture]) -> str:
    """The name of a picture among STARTS, without an explorer of each."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


@pytest.mark.parametrize("name", [name_of(kind) for kind in KINDS if hasattr(kind, "seed")])
def test_the_last_seed_of_a_picture_is_shown_and_its_code_runs(name):
    page = STARTS[name]()
    (dial,) = (field.meta for field in page.picture.declared if field.name == "seed")
    page.set(page.subject, dataclasses.replace(page.picture, seed=int(dial.most)))
    assert page.failed is None and not page.refused
    exec(page.code(), {"__name__": "code", "print": lambda *_: None})
    with pytest.raises(ValueError, match="seed must be int >= 0 and <= "):
        dataclasses.replace(page.picture, seed=int(dial.most) + 1)


def test_an_output_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="Heads.output must be int >= 1 and <= 12 .*, got 13"):
        Heads(output=13)


def test_sums_that_no_one_would_read_are_told_as_powers_of_ten(monkeypatch):
    monkeypatch.setattr(Fit, "sizes", lambda self, subject: {"m": 1, "b": 60, "n": 1, "D": 2**800 * 3, "l": 3})
    with pytest.raises(ValueError, match=r"need 10\^\d+ MB \(D = 10\^24\d\)"):
        ledger(Fit(), rpn.Formula(X.Taylor(order=800)))


# ---- memory ------------------------------------------------------------------------------------------------------------------------


class Largest(TorchDispatchMode):
    """Sees every tensor that is made, inside of gradients and vmap too, and keeps the bytes of the largest."""

    bytes = 0
    what = ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, torch.Tensor) and not leaf.is_meta and leaf.untyped_storage().nbytes() > self.bytes:
                self.bytes, self.what = leaf.untyped_storage().nbytes(), f"{func} {tuple(leaf.shape)}"
        return made


def largest(picture: Any, subject: Any) -> Largest:
    with Largest() as seen, torch.no_grad():
        picture.numbers(subject, **picture.given())
    return seen


def grown(picture: Any, subject: Any) -> Iterator[tuple[Any, Any]]:
    """Each count of picture and subject 8 and 64 times as large as the end of its dial."""
    for times in (8, 64):
        for part in (picture, *parts(subject)):
            for field in (field for field in part.declared if field.kind == "int" and field.name not in ("channels", "depth", "seed")):
                try:
                    yield from grown_part(picture, subject, part, {field.name: int(times * field.meta.high)})
                except ValueError:
                    continue


def grown_part(picture: Any, subject: Any, part: Any, fields: dict[str, int]) -> Iterator[tuple[Any, Any]]:
    new = dataclasses.replace(part, **fields)
    if part is picture:
        yield new, subject
    elif part is subject:
        yield picture, new
    else:
        yield from ((picture, dataclasses.replace(subject, **{f.name: new})) for f in subject.declared if getattr(subject, f.name) is part)


FEW = 2_000_000  # bytes: the law is one of growth, and a small state shows it
FIXED = 2**19  # bytes of what does not grow: grids, the 256 rows of Heads


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.__name__ not in ("Digits", "Growth")], ids=lambda kind: kind.__name__)
def test_no_array_is_larger_than_the_ledger_said(kind):
    psis = [row.example() for row in classes_of(R.Reconciliation).values()]
    subjects = [rpn.Formula(reconciliation=psi) for psi in psis] if kind.subject is rpn.Formula else psis
    if not isinstance(subjects[0], kind.subject):
        subjects = [STARTS[name_of(kind)]().subject]
    seen = 0
    for first in subjects:
        for picture, subject in ((kind(), first), *grown(kind(), first)):
            try:
                said = ledger(picture, subject)["bytes"]
                found = largest(picture, subject) if said < FEW and not picture.refuses(subject) else None
            except (ValueError, FloatingPointError):
                continue
            if found:
                seen += 1
                assert found.bytes <= 1.05 * said + FIXED, (picture, subject, said, found.what)
    assert seen > 0


@pytest.mark.parametrize("rows", [300, 3000])
@pytest.mark.parametrize("psi", [R.Identity(), R.LowRank()], ids=repr)
def test_the_slopes_of_many_rows_are_no_table_of_rows_by_rows(rows, psi):
    own = tuple((i, (i % 7) + 0.1 * i) for i in range(rows))
    for picture in (Fit(points=rows), Fit(own=own)):
        formula = rpn.Formula(X.Chebyshev(degree=4), psi)
        assert largest(picture, formula).bytes <= ledger(picture, formula)["bytes"] < 500 * rows


def test_a_hundred_thousand_points_are_fitted():
    page = Explorer(rpn.Formula(X.Chebyshev(degree=4)), Fit(points=100_000), code=False, token=False)
    assert not page.refused and len(page.numbers["x"]) == 100_000


@pytest.mark.parametrize("psi", [R.Hypernet(hidden=20_000), R.RandomHypernet(inputs=500_000), R.RandomAdaption(rank=2_000_000)], ids=repr)
def test_what_a_random_network_holds_beside_its_matrix_counts(psi, monkeypatch):
    monkeypatch.setattr(type(psi), "frozen", None)  # nothing is drawn
    for subject, picture in ((psi, Fabric()), (rpn.Formula(reconciliation=psi), Boundary())):
        with pytest.raises(ValueError, match="this explorer stops at 256 MB"):
            ledger(picture, subject)
