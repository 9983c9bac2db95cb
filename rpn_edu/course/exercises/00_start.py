"""The whole formula and its fit, in the learner's own torch."""

from typing import Any

import torch
from torch import Tensor

from ... import expansion, remainder
from ...learn import least_squares
from ...network.formula import Formula, Learned
from ..checking import exercise
from ..comparing import writes

FEATURES = expansion.Taylor(order=3)


def column(*numbers: float) -> Tensor:
    """Rows of one number each: (b, 1)."""
    return torch.tensor(numbers, dtype=torch.float64).unsqueeze(-1)


X = column(-2, 0.5, 3), column(1.5, -0.5, 0.25, -1, 2)
W = torch.tensor([2.0, -1, 0.5], dtype=torch.float64), torch.tensor([-0.5, 3, 1], dtype=torch.float64)


@exercise(1)
def features(answer: Any) -> str:
    """κ by hand."""
    powers = torch.arange(1, 4)
    mistakes = {
        "These are multiples of x. Products of x with itself were wanted.": lambda x: x * powers,
        "The constant 1 is no feature here: begin with x.": lambda x: x ** (powers - 1),
        "κ(x) holds the products alone. Numbers before them would belong to w.": lambda x: FEATURES(x) / torch.tensor([1, 2, 6]),
    }
    writes(answer, FEATURES, *((x,) for x in X), near=mistakes)
    return "Three features for every row, and they are those of the library."


def g(x: Tensor, w: Tensor, c: float) -> Tensor:
    """What the library makes of it: (b, 1), (3,) → (b, 1)."""
    return Formula(FEATURES, remainder=remainder.Constant(value=c)).trace(x, 1, Learned(reconciliation=w.view(1, 3))).g


@exercise(2)
def formula(answer: Any) -> str:
    """g by hand."""
    mistakes = {
        "π is missing: c is added at the end.": lambda x, w, c: g(x, w, 0),
        "π is added, yours is subtracted.": lambda x, w, c: g(x, w, -c),
        "π is added, yours is multiplied.": lambda x, w, c: g(x, w, 0) * c,
        "You multiplied number by number. For an inner product, add them up too.": lambda x, w, c: FEATURES(x) * w + c,
        "c came into the sum three times: add up first, then add c.": lambda x, w, c: g(x, w, 3 * c),
        "w met x itself. It should meet κ(x).": lambda x, w, c: x * w.sum() + c,
    }
    writes(answer, g, (X[0], W[0], -1.5), (X[1], W[1], 4.0), near=mistakes)
    return "This is the whole formula: κ, an inner product, and π."


def best(x: Tensor, y: Tensor, kappa: expansion.Expansion = FEATURES) -> Tensor:
    """The w with the smallest error: (b, 1), (b, 1) → (D,)."""
    return least_squares(lambda w: kappa(x) @ w, torch.zeros(kappa.width(1), dtype=x.dtype), y[:, 0], 0.0, 1)


@exercise(3)
def fit(answer: Any) -> str:
    """The best w, computed at once."""
    t = torch.linspace(-1, 1, 7, dtype=torch.float64).unsqueeze(-1)
    cases = (t, torch.sin(3 * t) + 0.1 * torch.cos(20 * t)), (X[1], column(2, -1, 0, 3, -2))
    mistakes = {
        "x and y have changed places.": lambda x, y: best(y, x),
        "These are the values of g. The three numbers w were wanted.": lambda x, y: g(x, best(x, y), 0),
        "w was found for x itself. It should meet κ(x).": lambda x, y: best(x, y, expansion.Identity()),
        "This uses the first three rows alone. All rows count.": lambda x, y: best(x[:3], y[:3]),
        "That is features times y. They are not yet the w with the smallest error.": lambda x, y: FEATURES(x).mT @ y,
    }
    writes(answer, best, *cases, near=mistakes)
    return "No w has a smaller error. With g and your fit you can now draw a curve through any numbers of your own."
