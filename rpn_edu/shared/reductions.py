"""Reductions: many numbers along one axis become one. Compressions, patches and fusions share them."""

import math
from typing import Literal

import torch
from torch import Tensor


def reproducible() -> bool:
    """Has the reader asked torch for the same numbers every time? Then what CUDA has no deterministic form of takes another way."""
    return torch.are_deterministic_algorithms_enabled()


def median(numbers: Tensor, dim: int) -> Tensor:
    """The number in the middle; of an even count, the lower of the two middle ones. (..., k, ...) → (...), without the axis `dim`.

    Which of several equal numbers gets the gradient may differ on CUDA from run to run; under
    torch.use_deterministic_algorithms(True) it is the middle one of a stable order.
    """
    if reproducible():
        return torch.where(numbers.isnan().any(dim), math.nan, nanmedian(numbers, dim))
    return torch.median(numbers, dim).values


def nanmedian(numbers: Tensor, dim: int) -> Tensor:
    """The median of all that is not NaN. (..., k, ...) → (...), without the axis `dim`."""
    if reproducible():
        ordered = numbers.sort(dim=dim, stable=True).values  # NaN come last
        middle = (numbers.isnan().logical_not().sum(dim, keepdim=True) - 1) // 2
        return ordered.gather(dim, middle.clamp(min=0)).squeeze(dim)
    return torch.nanmedian(numbers, dim).values


def prod(numbers: Tensor, dim: int) -> Tensor:
    """In half precision, rounded at the end and not after every factor. (..., k, ...) → (...), without the axis `dim`."""
    return torch.prod(numbers, dim, dtype=torch.promote_types(numbers.dtype, torch.float32)).to(numbers.dtype)


Reduction = Literal["max", "min", "sum", "mean", "prod", "median"]

# amax and not max: it shares the gradient among equal numbers, so that their order does not matter.
REDUCTIONS = {
    "max": torch.amax,
    "min": torch.amin,
    "sum": torch.sum,
    "mean": torch.mean,
    "prod": prod,
    "median": median,
}
