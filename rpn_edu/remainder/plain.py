"""All remainders: nothing, a number, the input, a linear map of the input."""

from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from .. import reconciliation
from ..component import Dial, component
from ..reconciliation import Reconciliation
from ..shared.activation import Activation, activate
from .base import Remainder


@component
class Zero(Remainder):
    """π(x) = 0

    The inner product says everything. Source: RPN 1, "Constant and Zero Remainder Functions".
    """

    neutral: ClassVar[bool] = True
    linear: ClassVar[bool] = True

    def __call__(self, x: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return x.new_zeros(*x.shape[:-1], n)


@component
class Constant(Remainder):
    """π(x) = value, in every output

    Source: RPN 1, "Constant and Zero Remainder Functions".
    """

    value: Annotated[float, Dial(-2.0, 2.0, "the number added to every output", least=None)] = 1.0

    linear: ClassVar[bool] = True

    def __call__(self, x: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return x.new_full((*x.shape[:-1], n), self.value)


@component
class Identity(Remainder):
    """π(x) = x, which needs m = n

    The residual connection of deep networks. Source: RPN 1, "Identity Remainder Function".
    """

    linear: ClassVar[bool] = True

    def length(self, m: int, n: int) -> int:
        if m != n:
            raise ValueError(f"remainder.Identity needs as many inputs as outputs, got m = {m} and n = {n}; remainder.Linear() maps any")
        return 0

    def __call__(self, x: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return x


@component
class Linear(Remainder):
    """π(x) = <x, ψ'(w')> with its own small ψ', an optional bias and an activation before or after the map

    `activate="before"` with SiLU is the remainder of KAN. l = ψ'.length(n, m), then n for the bias.
    Source: RPN 1, "Linear Remainder Function".
    """

    reconciliation: Reconciliation = reconciliation.Identity()
    bias: Annotated[bool, "add one learned number to every output"] = False
    activation: Annotated[Activation, "a function of one number"] = "none"
    activate: Annotated[Literal["before", "after"], "where the activation stands"] = "after"

    @property
    def linear(self) -> bool:
        return self.reconciliation.linear and (self.activation == "none" or self.activate == "before")

    def length(self, m: int, n: int) -> int:
        return self.reconciliation.length(n, m) + n * self.bias

    def __call__(self, x: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        weights, bias = w.split((w.shape[-1] - n * self.bias, n * self.bias))
        x = activate(x, self.activation) if self.activate == "before" else x
        y = self.reconciliation.product(x, weights, n, frozen)  # (..., m) → (..., n)
        y = y + bias if self.bias else y
        return activate(y, self.activation) if self.activate == "after" else y

    def init(self, m: int, n: int) -> Tensor:
        return torch.cat((self.reconciliation.init(n, m), torch.zeros(n * self.bias, device="cpu")))

    def frozen(self, m: int, n: int) -> dict[str, Tensor]:
        """Those of ψ', for a matrix n × m."""
        return self.reconciliation.frozen(n, m)
