"""Losses: what each of them takes for outputs and for y, told before the first step."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..network.model import RPN
from ..shared import given
from ..shared.words import did_you_mean

Criterion = Callable[[Tensor, Tensor], Tensor]

LOSSES: dict[str, Criterion] = {
    "mse": F.mse_loss,
    "cross_entropy": F.cross_entropy,
    "nll": F.nll_loss,
    "bce": F.binary_cross_entropy_with_logits,
}

# What the outputs are for torch's own losses: functions, and classes of which the reader gives a value.
KINDS: dict[str, tuple[Any, ...]] = {
    "numbers": (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss),
    "scores": (F.cross_entropy, nn.CrossEntropyLoss),
    "log probabilities": (F.nll_loss, nn.NLLLoss),
    "logits": (F.binary_cross_entropy_with_logits, nn.BCEWithLogitsLoss),
    "probabilities": (F.binary_cross_entropy, nn.BCELoss),
}


def named(loss: str | Criterion) -> tuple[Criterion, str]:
    """The function, and what it reads: a row of KINDS, or "own" for a function of the reader's.

    ValueError for the name of no loss, TypeError for what is no function of output and y.
    """
    if isinstance(loss, str) and loss not in LOSSES:
        known = f"one of {', '.join(LOSSES)} or a function of output and y"
        raise ValueError(f"fit.loss must be {known}, got {loss!r}{given.elsewhere(loss) or did_you_mean(loss, LOSSES)}")
    criterion = LOSSES[loss] if isinstance(loss, str) else loss
    given.function("fit.loss", criterion, "output and y", "torch.nn.functional.l1_loss")
    return criterion, next((kind for kind, rows in KINDS.items() if any(criterion is row or type(criterion) is row for row in rows)), "own")


def matched(criterion: Criterion, kind: str, model: nn.Module, output: Any, y: Tensor, rows: int, drawn: bool) -> tuple[Criterion, Tensor]:
    """The loss as the loop calls it, and y as it takes it, if they fit what the model gives for the first `rows` of x; else ValueError.

    y leaves in the shape of the outputs; class numbers in theirs without the last axis. A loss of the reader's own gets y as it is.
    Are rows `drawn` for each step, then each must count, or a step might see none that does.
    """
    if kind != "own":
        if isinstance(output, Tensor) and output.dim() and len(output) != rows:
            raise ValueError(f"fit.model gives {len(output)} rows for {rows} rows of x, and there is one y for each row of x")
        y = _target(criterion, kind, model, output, y)
        if kind in ("scores", "log probabilities") and not y.is_floating_point():
            _refuse_rows_that_do_not_count(y, getattr(criterion, "ignore_index", given.SKIPPED), drawn)
        if kind in ("scores", "log probabilities") and output.dim() > 2:
            criterion = _row_by_row(criterion)
    few = y[:rows]
    try:
        with warnings.catch_warnings():  # what is wrong is refused, and what is not will be said again in the first step
            warnings.simplefilter("ignore")
            value = criterion(output, few)
    except (RuntimeError, ValueError, TypeError, IndexError) as reason:
        raise ValueError(f"fit.loss does not take outputs of {_named(output)} and y of {_named(few)}: {reason}") from reason
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise ValueError(f"fit.loss must give one number, such as the mean of all, got {_named(value)}")
    if not value.requires_grad:
        what = "fit.model must give outputs" if isinstance(output, Tensor) and not output.requires_grad else "fit.loss must give a number"
        raise ValueError(f"{what} that torch can follow back to the learned numbers: .detach(), .item() and .numpy() cut them off")
    if kind == "own" and not value.isfinite():
        given.finite("fit.y", y)  # to blame, if it is; a function of one's own may pass over NaN
    if kind == "own":
        _refuse_pairs_of_all(criterion, output, few)
    return criterion, y


def _refuse_rows_that_do_not_count(y: Tensor, skipped: int, drawn: bool) -> None:
    """ValueError where a step may find no class number at all: its loss would be 0 / 0."""
    idle = (y == skipped).reshape(len(y), -1).all(-1)
    if idle.all():
        raise ValueError(f"fit.y must hold a row that counts, got {skipped} in every row")
    if drawn and idle.any():
        raise ValueError(f"fit.batch may draw rows of which none counts, such as {given.row_of(idle)} with {skipped}: leave such rows out")


def _named(value: Any) -> str:
    return f"shape {tuple(value.shape)} ({str(value.dtype).removeprefix('torch.')})" if isinstance(value, Tensor) else type(value).__name__


def _row_by_row(criterion: Criterion) -> Criterion:
    """Sequences one below the other: torch looks for classes in the second axis, we have them in the last."""
    return lambda output, y: criterion(output.flatten(0, -2), y.flatten(0, -2) if y.dim() == output.dim() else y.flatten())


def _target(criterion: Criterion, kind: str, model: nn.Module, output: Any, y: Tensor) -> Tensor:
    """y as a loss of torch takes it."""
    if not isinstance(output, Tensor) or not output.dim():
        raise ValueError(f"fit.model must give one tensor with a row of outputs for each row of x, got {_named(output)}")
    shape = (len(y), *output.shape[1:])  # what the model gives for all of x
    n = output.shape[-1]
    if kind == "numbers":
        if not y.is_floating_point():
            cure = "for class numbers choose loss='cross_entropy', for others floats, such as y.float() or 1.0 for 1"
            raise ValueError(f"fit.loss compares numbers, but y holds {y.dtype}: {cure}")
        return given.finite("fit.y", given.shaped("fit.y", y, shape))
    if kind in ("logits", "probabilities"):
        _refuse_outputs(kind, model, output.detach())
        if len(shape) > 1 and n > 1 and given.stripped(y.shape) == given.stripped(shape[:-1]):
            raise ValueError(f"fit.loss='bce' answers yes or no with one output, and this model has {n}: choose loss='cross_entropy'")
        y = given.finite("fit.y", given.shaped("fit.y", y if y.is_floating_point() else y.to(output.dtype), shape))
        if (wrong := (y < 0) | (y > 1)).any():
            first = y[wrong][0].item()
            two = y.unique()
            cure = f"take y == {two[-1]:g}" if len(two) == 2 else "take y > c, with c between no and yes"
            raise ValueError(f"fit.y must hold 0 and 1 (or numbers between) for loss='bce', got {first:g} in {given.row_of(wrong)}: {cure}")
        return y
    if output.dim() < 2 or n < 2:
        one = "one output" if output.dim() > 1 else f"outputs of {_named(output)}"
        raise ValueError(f"fit.loss needs an output for each class, and this model has {one}: give it two or more, or choose loss='bce'")
    _refuse_outputs(kind, model, output.detach())
    if kind == "scores" and y.is_floating_point() and tuple(y.shape) == shape:
        given.finite("fit.y", y)
        if (wrong := (y < 0).any(-1) | ((y.sum(-1) - 1).abs() > 1e-2)).any():
            raise ValueError(f"fit.y must hold class numbers or probabilities that sum to 1, but they do not in {given.row_of(wrong)}")
        return y
    return given.classes("fit.y", y, shape, getattr(criterion, "ignore_index", given.SKIPPED))


def _refuse_outputs(kind: str, model: nn.Module, output: Tensor) -> None:
    """ValueError for outputs that are surely not what the loss reads. Few rows are enough: no others obey these laws to the last digit."""
    last = model.layers[-1].heads if isinstance(model, RPN) else ()
    squashed = bool(last) and all(head.formula.output.activation == "sigmoid" for head in last)  # type: ignore[union-attr]
    squashed = squashed or (isinstance(model, nn.Sequential) and isinstance(model[-1], nn.Sigmoid))
    z, n = output.float(), output.shape[-1] if output.dim() else 1
    exact = min(n * torch.finfo(output.dtype).eps, 1e-2) if output.is_floating_point() else 0.0
    shares = n > 1 and bool((z >= 0).all() and ((z.sum(-1) - 1).abs() <= exact).all())
    if kind == "scores" and shares:
        raise ValueError("fit.loss='cross_entropy' takes the softmax itself, but the outputs are probabilities: leave the model's out")
    if kind == "log probabilities" and z.isfinite().all() and (z.logsumexp(-1).abs() > 0.1).any():
        cure = "end the model with softmax='log_softmax', or choose loss='cross_entropy'"
        raise ValueError(f"fit.loss='nll' reads log probabilities, but the outputs are not such: {cure}")
    if kind == "logits" and (squashed or shares):
        raise ValueError("fit.loss='bce' takes the sigmoid itself, but the outputs are probabilities: leave the model's sigmoid out")
    if kind == "probabilities" and ((z < 0) | (z > 1)).any():
        raise ValueError("fit.loss reads probabilities, but the outputs do not lie between 0 and 1: choose loss='bce' for logits")


def _refuse_pairs_of_all(criterion: Criterion, output: Any, y: Tensor) -> None:
    """ValueError for a function that compares every output with every y: (rows, 1) and (rows,) broadcast to (rows, rows).

    What gives it away: told that the outputs are y, it finds them as far off as y in reverse order.
    """
    column = isinstance(output, Tensor) and output.shape != y.shape and given.stripped(output.shape) == given.stripped(y.shape)
    if not (column and y.is_floating_point() and y.unique().numel() > 1):
        return
    y = y.flatten().sort().values.reshape(y.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        right, reverse, other = (float(criterion(0 * output + y.reshape(output.shape), to).detach()) for to in (y, y.flip(0), y + 1))
    if abs(right - reverse) <= 1e-5 * abs(right) and right != other:  # a function that does not look at y may do so
        shapes = f"outputs of shape {tuple(output.shape)} and y of shape {tuple(y.shape)}"
        raise ValueError(f"fit.loss compares every output with every y, since {shapes} are broadcast: give y as {tuple(output.shape)}")
