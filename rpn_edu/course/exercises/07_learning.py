"""Learning: take one step, stop in time, and find a training that ends well."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...explore import Learning
from ...network.formula import Formula
from ..checking import Wrong, exercise
from ..comparing import brief, heard, instance, no_class, unless, writes


def stepped(w: Tensor, K: Tensor, y: Tensor, lr: float, factor: float = 2.0) -> Tensor:
    """The next w of SGD for the mean of (K w - y)²: (D,), (rows, D), (rows,) → (D,)."""
    return w - lr * factor * K.mT @ (K @ w - y) / len(y)


@exercise(1)
def next_w(answer: Any) -> str:
    """One step against the slope."""
    mistakes: dict[str, Callable[..., Any]] = {
        "You climb: the loss grows. A step goes against the slope.": lambda w, K, y, lr: stepped(w, K, y, -lr),
        "The 2 of the square is missing.": lambda w, K, y, lr: stepped(w, K, y, lr, 1.0),
        "That is the slope of the sum. The loss is a mean: divide by the number of rows.": lambda w, K, y, lr: stepped(
            w, K, y, lr * len(y)
        ),
        "Neither the 2 of the square nor the number of rows is there.": lambda w, K, y, lr: stepped(w, K, y, lr * len(y), 1.0),
        "Here lr is left out: it says how far the step goes.": lambda w, K, y, lr: stepped(w, K, y, 1.0),
        "That is the step alone. Where does it lead from w?": lambda w, K, y, lr: stepped(w, K, y, lr) - w,
        "That is the slope. The next w lies against it, lr times as far.": lambda w, K, y, lr: w - stepped(w, K, y, 1.0),
        "The mean runs over the rows, not over the numbers of w.": lambda w, K, y, lr: stepped(w, K, y, lr * len(y) / len(w)),
        "The errors are K w - y. Yours leave y out.": lambda w, K, y, lr: stepped(w, K, 0 * y, lr),
    }
    K = torch.tensor([[1.0, 0.5, -1], [-2, 1, 0], [0.5, 3, 2], [1, -1, 1]], dtype=torch.float64)
    y, w = torch.tensor([1.0, -1, 2, 0.5], dtype=torch.float64), torch.tensor([0.5, -1.5, 1], dtype=torch.float64)
    writes(answer, stepped, (w, K, y, 0.1), (-w, K.flip(0), y + 1, 0.5), near=mistakes)
    return "A hundred of these are a training."


def patient(losses: list[float], patience: int, again: bool = True, equal: bool = False) -> tuple[int, int]:
    """The step of the least loss so far, and the step at which it is given up.

    `again`: waiting begins anew with every new least. `equal`: a loss as large as the least is a new one.
    """
    best = waited = 0
    for step, loss in enumerate(losses):
        if loss < losses[best] or (equal and loss == losses[best]):
            best, waited = step, 0 if again else waited
        elif step:
            waited += 1
        if waited == patience:
            return best, step
    return best, len(losses) - 1


@exercise(2)
def stop(answer: Any) -> str:
    """Early stopping with patience."""
    mistakes: dict[str, Callable[..., Any]] = {
        "That is the least of all. With patience it stops before, and never sees it.": lambda losses, patience: losses.index(min(losses)),
        "There it stops. Which step does it go back to?": lambda losses, patience: patient(losses, patience)[1],
        "Your steps are counted from 1. The first is step 0.": lambda losses, patience: patient(losses, patience)[0] + 1,
        "That is the loss. Its step was wanted.": lambda losses, patience: losses[patient(losses, patience)[0]],
        "It stops one step too early.": lambda losses, patience: patient(losses, patience - 1)[0],
        "It stops one step too late.": lambda losses, patience: patient(losses, patience + 1)[0],
        "With every new least the waiting begins anew.": lambda losses, patience: patient(losses, patience, again=False)[0],
        "A loss that is as large as the least is no new least.": lambda losses, patience: patient(losses, patience, equal=True)[0],
        "That is the last step of all.": lambda losses, patience: len(losses) - 1,
    }
    cases = (
        ([5.0, 3, 4, 4, 1], 2),
        ([9.0, 7, 8, 6, 7, 5, 6, 6, 6, 2, 3], 3),
        ([4.0, 3, 2, 1], 2),
        ([1.0, 2, 2, 0.5, 3, 3, 3, 3], 3),
        ([6.0, 5, 7, 4, 8, 3, 9, 9], 2),
        ([3.0, 4, 2, 2, 1], 2),
        ([5.0, 6, 6, 4, 5, 5, 5, 1], 2),
        ([3.0, 2, 2, 4, 1], 2),
        ([2.0, 2, 3, 1], 2),
    )
    writes(answer, lambda losses, patience: patient(losses, patience)[0], *cases, near=mistakes)
    return "This is how a training stops itself."


@exercise(3)
def mine(answer: Any) -> str:
    """A training that ends well. Wrong for any other answer."""
    no_class(answer)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong(f"Two things were wanted, (wide, Learning(...)), yours is {brief(answer)}.")
    formula = instance(answer[0], Formula, "First a formula, such as wide,")
    picture = instance(answer[1], Learning, "Second a picture, Learning(...),")
    same = (picture.shape, picture.points, picture.noise, picture.seed) == ("waves", 20, 0.2, 1)
    unless(same, "Leave shape, points and noise as they are, and take seed=1.")
    heard(picture.sizes, formula)
    unless(not (why := picture.refuses(formula)), f"This is not shown: {why}.")
    numbers = heard(picture.numbers, formula)
    loss, least, best = numbers["test_loss"].item(), numbers["test_losses"].min().item(), int(numbers["best_step"])
    before = f"At step {best} it was {least:.4f}: stop there." if least <= 0.02 else "Its run so far was never below 0.02: try another lr."
    unless(loss <= 0.02, f"The loss on the true curve is {loss:.4f} at its step. At most 0.02 was wanted. {before}")
    return f"A loss of {loss:.4f} on the true curve, after {len(numbers['test_losses']) - 1} steps. Look at it: Explorer(*mine)."
