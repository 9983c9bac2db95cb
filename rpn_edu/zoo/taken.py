"""Weights that are taken over: layers with the numbers they shall have become a model that has them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from ..fusion import Fusion
from ..network.formula import Formula
from ..network.head import Head
from ..network.model import RPN
from ..shared.alone import seeded


class Taken(NamedTuple):
    """One layer: its width n, the formula of each head, and the numbers of each by their names in the head, in any shape."""

    n: int
    formulas: list[Formula]
    numbers: list[dict[str, Any]]


def one(n: int, formula: Formula, w: Any = (), bias: Any = (), **others: Any) -> Taken:
    """A layer of one head with ψ's numbers w and its bias; what it has none of is left out."""
    return Taken(n, [formula], [{"w": w, "bias": bias, **others}])


def built(m: int, layers: Sequence[Taken], name: str, dtype: torch.dtype, fusion: Fusion | None = None) -> RPN:
    """The model of these layers for m inputs, in eval mode. Given tables of κ and ξ are as exact as its dtype.

    The reader's random numbers are as before: what is drawn here is filled with other numbers.
    """
    with seeded(0):
        model = RPN([m, *(layer.n for layer in layers)], [layer.formulas for layer in layers], fusion, name)
    model = model.to(dtype)
    for layer, taken in zip(model.layers, layers, strict=True):
        for head, numbers in zip(cast(list[Head], layer.heads), taken.numbers, strict=True):
            _fill(head, numbers, dtype)
    return model.eval()


def _fill(head: Head, numbers: Mapping[str, Any], dtype: torch.dtype) -> None:
    own = head.state_dict()  # what was drawn, in the shape of each
    given = {**head.formula.frozen(head.m, head.n), **numbers}
    state = {name: _like(given[name], value, dtype) if name in given else value for name, value in own.items()}
    head.load_state_dict(state)


def _like(given: Any, own: Tensor, dtype: torch.dtype) -> Tensor:
    given = torch.as_tensor(given).detach()
    return given.to(dtype if given.is_floating_point() else own.dtype).reshape(own.shape)
