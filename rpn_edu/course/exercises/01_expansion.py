"""Hats by hand, and a κ for the curve."""

from typing import Any

import torch
from torch import Tensor

from ... import expansion
from ...explore import Condition, Fit
from ...network.formula import Formula
from ..checking import exercise
from ..comparing import heard, instance, unless, writes

FIVE = expansion.BSpline(intervals=4, degree=1)
X = torch.tensor([[-0.9], [-0.3], [0.1], [0.65], [0.95]], dtype=torch.float64)


def hat_of_five(x: Tensor, place: float) -> Tensor:
    """The hat at one of the five places: (b, 1) → (b, 1)."""
    k = round(2 * place) + 2
    return FIVE(x)[:, k : k + 1]


@exercise(1)
def hat(answer: Any) -> str:
    """One hat."""
    mistakes = {
        "A hat falls on both sides: take the distance to its place, which is never negative.": lambda x, place: torch.where(
            x < place, 1 - 2 * (x - place), hat_of_five(x, place)
        ),
        "A hat is never below 0.": lambda x, place: 1 - 2 * (x - place).abs(),
        "This hat falls by 1 for each unit of distance. It should fall by 2.": lambda x, place: (1 - (x - place).abs()).clamp(min=0),
        "The hat stands on its head: it is 0 at its own place.": lambda x, place: 2 * (x - place).abs(),
        "The hat stands at minus its place.": lambda x, place: hat_of_five(x, -place),
    }
    writes(answer, hat_of_five, (X, 0.5), (X[:3], -0.5), (X, -1.0), near=mistakes)
    return "It is 1 at its place and 0 from half a unit on."


@exercise(2)
def hats(answer: Any) -> str:
    """Five hats side by side."""
    mistakes = {
        "The sum of the five hats is 1 everywhere. They were wanted side by side.": lambda x: FIVE(x).sum(-1),
        "The hats at the ends are missing.": lambda x: FIVE(x)[:, 1:-1],
    }
    writes(answer, FIVE, (X,), (X[:3],), near=mistakes)
    return "Your five hats are BSpline(intervals=4, degree=1)."


@exercise(3)
def kappa(answer: Any) -> str:
    """Few features that fit, and that do not look alike."""
    found = instance(answer, expansion.Expansion, "A κ such as rpn.expansion.Taylor(order=2)")
    D, picture = heard(found.width, 1), Fit()
    unless(D <= 10, f"This κ makes {D} features. At most 10 were wanted.")
    error = heard(picture.numbers, Formula(found), **picture.given())["test_error"].item()
    number = heard(Condition(over="-1 to 1").numbers, found)["condition"].item()
    corners = " Its pieces are straight, and the curve has no corners." if isinstance(found, expansion.BSpline) and found.degree < 2 else ""
    unless(error < 0.065, f"The error on the waves is {error:.4f}. Less than 0.065 was wanted.{corners}")
    unless(number < 20, f"The condition number is {number:.4g}. Less than 20 was wanted: these features look too much alike.")
    return f"{D} features, error {error:.4f}, condition number {number:.3g}. Look at it: Explorer(rpn.Formula(kappa), Fit())."
