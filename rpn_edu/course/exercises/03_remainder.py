"""What a product leaves out: computed for a sine, and learned from data."""

import math
from typing import Any

import torch

from ... import expansion, remainder
from ...explore import Fit
from ...network.formula import Formula
from ..checking import exercise
from ..comparing import heard, instance, same, unless, writes

W = torch.tensor([(math.sin(k * math.pi / 2)) / math.factorial(k) for k in range(1, 6)], dtype=torch.float64).round(decimals=12)
STEPS = expansion.Haar(scales=4, shifts=4)


def product(x: torch.Tensor) -> torch.Tensor:
    """What five powers say of the sine: (b, 1) → (b, 1)."""
    return expansion.Taylor(order=5)(x) @ W.unsqueeze(-1)


@exercise(1)
def taylor(answer: Any) -> str:
    """Taylor's numbers of the sine."""
    k = torch.arange(1, 6)
    factorials = torch.tensor([1.0, 2, 6, 24, 120])
    mistakes = {
        "These are the derivatives at 0. Each is still divided by k!.": W * factorials,
        "You divide by k. It is divided by k!, which is 1 · 2 · ... · k.": W * factorials / k,
        "These are the numbers of the cosine.": torch.tensor([0, -1 / 2, 0, 1 / 24, 0]),
        "The signs change: the derivatives of the sine are cosine, minus sine, minus cosine, sine, cosine.": W.abs(),
        "The powers x² and x⁴ have numbers, too, even if they are 0.": W[::2],
        "This begins with the constant. The powers begin with x.": torch.cat([torch.zeros(1), W]),
    }

    def otherwise(_: int, right: torch.Tensor, yours: torch.Tensor) -> str:
        k = int((right - yours).abs().argmax()) + 1
        return f"The number of power {k} is not yet right: take derivative {k} of the sine at 0, and divide it by {k}!."

    same(answer, W, otherwise, near=mistakes)
    return "Five numbers, and the product with five powers knows the sine near 0."


@exercise(2)
def left_out(answer: Any) -> str:
    """π of the sine."""
    mistakes = {
        "That is what the product says. π is what it leaves out of the sine.": product,
        "That is the sine itself, and nothing is taken away from it.": torch.sin,
        "You take one number for all powers: multiply power by power, then add up.": lambda x: torch.sin(x) - x * W.sum(),
        "The powers have to meet their numbers: yours are added up as they are.": lambda x: (
            torch.sin(x) - expansion.Taylor(order=5)(x).sum(-1, keepdim=True)
        ),
    }
    x = torch.linspace(-3, 3, 7, dtype=torch.float64).unsqueeze(-1)
    writes(answer, lambda x: torch.sin(x) - product(x), (x,), (x[:4] + 0.3,), near=mistakes)
    return "Near 0 it is nearly 0, and at 3 it is 0.38 in size: there the product needs π."


@exercise(3)
def pi(answer: Any) -> str:
    """A π that asks the data."""
    found = instance(answer, remainder.Remainder, "A π such as rpn.remainder.Zero()")
    picture = Fit(shape="waves")
    error = heard(picture.numbers, Formula(STEPS, remainder=found), **picture.given())["test_error"].item()
    learned = heard(found.length, 1, 1)
    why = "This π learns nothing." if learned == 0 else "A line left of 0 has a slope and a height. Both should be learned."
    unless(error < 0.3, f"The error on the waves is {error:.3f}. Less than 0.3 was wanted. {why}")
    return f"The error is {error:.3f}. Look at it: Explorer(rpn.Formula(steps, remainder=pi), Fit())."
