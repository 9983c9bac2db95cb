"""Half the precision: what must be computed in float32, though the model or autocast ask for less."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

HALVES = torch.float16, torch.bfloat16


def precise(compute: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A method that computes in float32 what it is given in float16 or bfloat16, with autocast off; its value is as x is again.

    Eight bits cannot count beyond 256, tell the cell of a spline or take one large number from another. What a component gives has the
    shape of the float32 result, rounded once.
    """

    @functools.wraps(compute)
    def computed(self: Any, x: Tensor, *others: Any, **named: Any) -> Tensor:
        # The public question takes three times as long.
        if x.dtype not in HALVES and not torch._C._is_any_autocast_enabled():  # pyright: ignore[reportPrivateUsage]
            return compute(self, x, *others, **named)
        with torch.autocast("cpu" if x.is_meta else x.device.type, enabled=False):
            return compute(self, widened(x), *map(widened, others), **{name: widened(value) for name, value in named.items()}).to(x.dtype)

    return computed


def widened(value: Any) -> Any:
    """A tensor of half the precision in float32; everything else as it is."""
    return value.float() if isinstance(value, Tensor) and value.dtype in HALVES else value
