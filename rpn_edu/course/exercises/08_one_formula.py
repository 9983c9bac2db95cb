"""Known models: take over a regression and naive Bayes by hand, then a model of one's own."""

import math
from typing import Any

import torch
from torch import Tensor

from ... import data
from ...zoo import from_sklearn
from ..checking import exercise
from ..comparing import heard, no_class, unless, writes

predicted = torch.nn.functional.linear
"""(rows, D), (n, D), (n,) → (rows, n): torch's own, so that no line here is an answer."""


@exercise(1)
def taken(answer: Any) -> str:
    """A linear regression as a formula."""
    mistakes = {
        "The bias is missing: add intercept.": lambda kappa, coef, b: predicted(kappa, coef, b) - b,
        "The bias is taken away. It is added.": lambda kappa, coef, b: predicted(kappa, coef, b) - 2 * b,
        "The bias is inside of the inner product. It is added once, after it.": lambda kappa, coef, b: (
            predicted(kappa, coef, b) + (coef.sum(-1) - 1) * b
        ),
        "Only the bias is here. It wants the inner product of κ and each row of coef, too.": lambda kappa, coef, b: (
            0 * predicted(kappa, coef, b) + b
        ),
        "The bias is multiplied with the inner product. It is added.": lambda kappa, coef, b: (predicted(kappa, coef, b) - b) * b,
    }
    one = torch.tensor([[0.5, -1.0, 2.0], [3.0, 0.25, -0.5]], dtype=torch.float64)
    two = torch.tensor([[1.0, -2.0, 0.5], [-1.5, 0.75, 4.0], [2.0, 0.0, -1.0], [0.25, 1.0, 1.0]], dtype=torch.float64)
    b = torch.tensor([0.5, -2.0, 1.5, 3.0], dtype=torch.float64)
    writes(answer, predicted, (one, two, b), (two, one, b[:2]), near=mistakes)
    return "κ times ψ plus a bias: that was linear regression."


def joint(mean: Tensor, variance: Tensor, prior: Tensor, half: float = 0.5, of_x: float = 1.0, sign: float = -1.0) -> Tensor:
    """[ψ, bias] for κ = [x, x²]: (n, m), (n, m), (n,) → (n, 2 m + 1). The last three are what people get wrong."""
    constant = -(mean**2) / (2 * variance) - half * (2 * math.pi * variance).log()
    return torch.cat([of_x * mean / variance, sign / (2 * variance), (constant.sum(1) + prior.log())[:, None]], 1)


@exercise(2)
def naive_bayes(answer: Any) -> str:
    """Naive Bayes as a matrix."""
    mistakes = {
        "The logarithm of prior is missing in the bias.": lambda mean, variance, prior: joint(mean, variance, torch.ones_like(prior)),
        "The bias holds prior itself. It wants the logarithm.": lambda mean, variance, prior: joint(mean, variance, prior.exp()),
        "variance is σ² already. Do not square it.": lambda mean, variance, prior: joint(mean, variance**2, prior),
        "variance is σ² already. Take no root of it.": lambda mean, variance, prior: joint(mean, variance**0.5, prior),
        "The logarithm of σ² has the factor 1/2.": lambda mean, variance, prior: joint(mean, variance, prior, half=1.0),
        "ln(2πσ²) / 2 is missing in the bias.": lambda mean, variance, prior: joint(mean, variance, prior, half=0.0),
        "The sign of x² is the other way round: far from the mean the density falls.": lambda mean, variance, prior: joint(
            mean, variance, prior, sign=1.0
        ),
        "x has half of its number: the square has 2 x μ in it.": lambda mean, variance, prior: joint(mean, variance, prior, of_x=0.5),
        "The sign of x is the other way round.": lambda mean, variance, prior: joint(mean, variance, prior, of_x=-1.0),
    }
    mean = torch.tensor([[0.5, -1.0, 2.0], [3.0, 0.25, -0.5]], dtype=torch.float64)
    variance = torch.tensor([[0.5, 2.0, 1.5], [0.25, 3.0, 0.75]], dtype=torch.float64)
    prior = torch.tensor([0.3, 0.7], dtype=torch.float64)
    writes(answer, joint, (mean, variance, prior), (-mean[:, :1], variance[:, 1:2], prior.flip(0)), near=mistakes)
    return "Densities are features, and naive Bayes is a matrix. With `taken` it is the same formula."


@exercise(3)
def mine(answer: Any) -> str:
    """A model of one's own with few numbers. Wrong for any other answer."""
    no_class(answer)
    model = heard(from_sklearn, answer)
    m = model.dims[0]
    unless(m == 2, f"It takes {m} inputs. Fit it to x and y of this cell, which have two.")
    l = sum(value.numel() for value in model.parameters())
    unless(l <= 10, f"Its formula learns {l} numbers. At most 10 were wanted.")
    unless(hasattr(answer, "predict"), "It has no predict: it makes features alone. Put a model behind it.")
    *_, x, y = data.moons(60)
    said = torch.as_tensor(heard(answer.predict, x.numpy()))
    unless(said.shape == y.shape, "It does not answer with one number for each row.")
    share = ((said > 0) == (y == 0)).double().mean().item()
    why = "A straight border is not enough." if l <= 3 else "Try another κ, or another way to find ψ."
    unless(share >= 0.9, f"It is right on {share:.1%} of the fresh points. 90 % were wanted. {why}")
    return f"{l} numbers are right on {share:.1%} of the fresh points. Look at it: borders(mine, x, y)."
