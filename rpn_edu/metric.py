"""Metrics: many numbers along one axis become one. Compressions, patches and fusions share them."""

from typing import Literal

import torch
from torch import Tensor


def median(numbers: Tensor, dim: int) -> Tensor:
    """The number in the middle; of an even count, the lower of the two middle ones."""
    return torch.median(numbers, dim).values


def prod(numbers: Tensor, dim: int) -> Tensor:
    """In half precision, rounded at the end and not after every factor."""
    return torch.prod(numbers, dim, dtype=torch.promote_types(numbers.dtype, torch.float32)).to(numbers.dtype)


Metric = Literal["max", "min", "sum", "mean", "prod", "median"]

# amax and not max: it shares the gradient among equal numbers, so that their order does not matter.
METRICS = {
    "max": torch.amax,
    "min": torch.amin,
    "sum": torch.sum,
    "mean": torch.mean,
    "prod": prod,
    "median": median,
}
