"""What `fit` asks before the first step: is there something to learn, does the optimizer learn it, do data and model meet?"""

import math
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..network.model import RPN
from ..shared import given


def learned_by(model: nn.Module) -> list[nn.Parameter]:
    """The numbers that are learned; ValueError where there are none, and where NaN has got into them, which no step drives out."""
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not learned:
        frozen = any(True for _ in model.parameters())
        why = "the numbers of this model are frozen, and requires_grad_(True) frees them" if frozen else "this model has no learned numbers"
        raise ValueError(f"fit has nothing to train: {why}")
    for name, parameter in model.named_parameters():
        if not nn.parameter.is_lazy(parameter) and not parameter.isfinite().all():
            raise ValueError(f"fit.model holds numbers that are no longer finite, in {name}: make it anew, then train with a smaller lr")
    if torch.is_inference_mode_enabled():
        raise ValueError("fit needs gradients, which torch.inference_mode() rules out: call it outside")
    return learned


def checked(optimizer: Any, learned: list[nn.Parameter], **settings: float | None) -> dict[str, float]:
    """What AdamW is to be told. ValueError and TypeError for an optimizer that would not train these numbers."""
    told = {name: given.number(f"fit.{name}", value, 0.0) for name, value in settings.items() if value is not None}
    if optimizer is None:
        return {"lr": 3e-3, "weight_decay": 1e-4} | told
    example = "torch.optim.Adam(model.parameters(), lr=0.01)"
    given.instance("fit.optimizer", optimizer, torch.optim.Optimizer, f"an optimizer such as {example}")
    for name, value in told.items():
        raise ValueError(f"fit.{name} is for fit's own optimizer, got {name}={value} and an optimizer: give it as {name} of the optimizer")
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if not held & {id(parameter) for parameter in learned}:
        raise ValueError(f"fit.optimizer holds no number that this model learns: make it with the model's own, {example}")
    given.function("fit.optimizer.step", optimizer.step, "a closure", "those of torch.optim")
    return {}


def fitting(who: str, value: Any, model: nn.Module) -> Tensor:
    """What was given as a tensor that the model can meet: floats in its dtype, arrays on its device. Whole numbers stay whole.

    The shape, (rows, ...), is kept. TypeError for what are no numbers; ValueError for numbers beyond the model's dtype, for a tensor on
    another device, and for one whose gradient belongs to a computation of its own.
    """
    taken, name = given.tensor(who, value), who.removeprefix("fit.")
    dtypes = [parameter.dtype for parameter in model.parameters() if parameter.dtype.is_floating_point]
    devices = [parameter.device for parameter in model.parameters()]
    if taken.is_floating_point() and dtypes and taken.dtype not in dtypes:
        cast = taken.to(dtypes[0])
        if cast.isinf().any() and not taken.isinf().any():
            raise ValueError(f"{who} holds {taken.abs().max():g}, more than {dtypes[0]} can hold: scale it, or take model.double()")
        taken = cast
    if not isinstance(value, Tensor):
        taken = taken.to(devices[0])
    if taken.device not in devices:
        raise ValueError(f"{who} lies on {taken.device}, the model on {devices[0]}: give {name}.to({str(devices[0])!r})")
    if taken.requires_grad and not taken.is_leaf:
        raise ValueError(f"{who} hangs on a computation of its own, which a step would undo: give {name}.detach()")
    return taken.clone() if taken.is_inference() else taken


@contextmanager
def tried_out(model: nn.Module) -> Generator[None]:
    """A model at rest, with gradients. Afterwards it is in its mode again, and the random numbers are where they were."""
    modes = {module: module.training for module in model.modules()}
    devices = {parameter.device for parameter in model.parameters() if parameter.device.type == "cuda"}
    with torch.random.fork_rng(devices), torch.enable_grad():
        try:
            model.eval()
            yield
        finally:
            for module, mode in modes.items():
                module.training = mode


def example(model: nn.Module, x: Tensor, rows: int, whole: bool) -> tuple[Any, int]:
    """What the model gives for the first rows of x, and for how many: two, or a step's (`whole`, or where two do not give two).

    x (rows, ..., m) → (few, ..., n). ValueError where the model does not take such rows, or has no memory for κ of them.
    """
    positions = rows * math.prod(x.shape[1:-1])
    normalizing = nn.modules.batchnorm._BatchNorm  # pyright: ignore[reportPrivateUsage]
    if positions == 1 and any(isinstance(module, normalizing) for module in model.modules()):
        raise ValueError("fit.batch must leave more than one row for each step, since batch normalization divides by their deviation")
    if isinstance(model, RPN):
        D = max((head.D for layer in model.layers for head in layer.heads if not head.plan.without_kappa), default=0)  # type: ignore[union-attr]
        given.affordable("fit", f"κ of {rows:,} rows, D = {given.figure(D)}", positions * D, "choose a batch, or a lower degree of κ")
    refusal: Exception | None = None
    for few in (rows,) if whole else (min(2, rows), rows):
        try:
            output = getattr(model, "_orig_mod", model)(x[:few])  # not compiled for so few
        except (RuntimeError, ValueError, TypeError, IndexError) as reason:
            refusal = reason
        else:
            if few == rows or (isinstance(output, Tensor) and output.shape[:1] == (few,)):
                return output, few
    kind = str(x.dtype).removeprefix("torch.")
    cure = "; where rows depend on each other, all come in at once: leave batch out" if rows < len(x) else ""
    raise ValueError(f"fit.x of shape {tuple(x.shape)} and dtype {kind} does not fit the model: {refusal}{cure}") from refusal
