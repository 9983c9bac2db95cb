"""Layers: count their numbers, find the one matrix that they are, and bend a border with few of them."""

from typing import Any

import torch
from torch import Tensor

from ... import expansion
from ...explore import Boundary
from ...network.formula import Formula
from ..checking import Wrong, exercise
from ..comparing import brief, heard, instance, no_class, unless, writes

TAYLOR, UNIQUE = Formula(expansion.Taylor(order=2)), Formula(expansion.Taylor(order=2, unique=True))


def count(dims: list[int], formula: Formula = TAYLOR) -> int:
    """How many numbers a network of these widths learns."""
    return sum(formula.sizes(m, n).learned for m, n in zip(dims, dims[1:]))


@exercise(1)
def learned(answer: Any) -> str:
    """The numbers of a network."""
    mistakes = {
        "You count inputs times outputs. κ makes features of the inputs: count these.": lambda dims: count(dims, Formula()),
        "This counts products of two inputs alone. The inputs are features, too.": lambda dims: count(dims) - count(dims, Formula()),
        "These are the features. Each of them meets every output of its layer.": lambda dims: sum(map(TAYLOR.expansion.width, dims[:-1])),
        "This is the last layer alone: add up over all layers.": lambda dims: count(dims[-2:]),
        "This is the first layer alone: add up over all layers.": lambda dims: count(dims[:2]),
        "Inputs and outputs of the layers have changed places.": lambda dims: count(dims[::-1]),
        "x₁x₂ and x₂x₁ are two features: count both.": lambda dims: count(dims, UNIQUE),
        "x₁x₁ is a feature, too. And x₁x₂ and x₂x₁ are two: count both.": lambda dims: sum(
            m * (m + 1) // 2 * n for m, n in zip(dims, dims[1:])
        ),
    }
    writes(answer, count, ([3, 5, 2],), ([2, 4, 4, 1],), ([7, 3],), near=mistakes)
    return "Now you can tell what a network costs before you make it."


def collapsed(W_1: Tensor, W_2: Tensor, first: float = 1, second: float = 1) -> Tensor:
    """What two layers with π(x) = x, or a part of it, do to the plane: (2, 2), (2, 2) → (2, 2)."""
    H = torch.eye(2, dtype=torch.float64)
    for W, part in ((W_1, first), (W_2, second)):
        H = part * H + H @ W.mT
    return H.mT


@exercise(2)
def one_matrix(answer: Any) -> str:
    """Straight layers with a residual collapse."""
    mistakes = {
        "The order is turned around: the first layer meets x first, so it stands at the right.": lambda W_1, W_2: collapsed(W_2, W_1),
        "That holds for π = 0. Here each layer adds its input.": lambda W_1, W_2: collapsed(W_1, W_2, 0, 0),
        "Only the end adds x. Each of the two layers adds its own input.": lambda W_1, W_2: collapsed(W_1, W_2, 0, 0) + torch.eye(2),
        "The two matrices are added. The second layer gets what the first one makes.": lambda W_1, W_2: collapsed(0 * W_1, W_1 + W_2),
        "The first layer adds its input, too.": lambda W_1, W_2: collapsed(W_1, W_2, first=0),
        "The second layer adds its input, too.": lambda W_1, W_2: collapsed(W_1, W_2, second=0),
    }
    A, B = torch.tensor([[[1.0, 2], [-3, 0.5]], [[0.5, -1], [4, 2]]], dtype=torch.float64)
    writes(answer, collapsed, (A, B), (B, -A), near=mistakes)
    return "Adding the input does not stop the collapse: two layers are still one matrix."


@exercise(3)
def small(answer: Any) -> str:
    """A border that bends, from few numbers. Wrong for any other answer."""
    no_class(answer)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong(f"Two things were wanted, (rpn.Formula(...), Boundary(...)), yours is {brief(answer)}.")
    formula = instance(answer[0], Formula, "First a formula, rpn.Formula(...),")
    picture = instance(answer[1], Boundary, "Second a picture, Boundary(...),")
    unless((picture.noise, picture.points, picture.seed) == (0.2, 60, 0), "Leave noise, points and seed as they are.")
    l = heard(picture.learned, formula)
    unless(l <= 8, f"This network learns {l} numbers. At most 8 were wanted.")
    share = heard(picture.numbers, formula, **picture.given())["fresh_accuracy"].item()
    why = "Try another width, or another bend between the layers."
    why = "Nothing bends between these layers, so they collapse into one." if picture.between == "none" else why
    why = "One layer cannot bend enough." if picture.depth == 1 else why
    unless(share >= 0.95, f"It is right on {share:.1%} of the fresh points. 95 % were wanted. {why}")
    return f"{l} numbers are right on {share:.1%} of the fresh points. Look at it: Explorer(*small)."
