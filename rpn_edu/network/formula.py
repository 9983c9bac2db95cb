"""g(x|w) = <κ_ξ(x), ψ(w)> + π(x): the choice of every term, as one value."""

from typing import Annotated, Literal

from torch import nn

from .. import expansion, fusion, interdependence, reconciliation, remainder
from ..component import Component, Dial, component
from ..expansion import Expansion
from ..fusion import Fusion
from ..interdependence import Interdependence
from ..reconciliation import Reconciliation
from ..remainder import Remainder
from ..shared.activation import ACTIVATIONS, Activation


class _Named(nn.Module):
    """An activation of the table as a module."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x):
        return ACTIVATIONS[self.name](x)

    def extra_repr(self) -> str:
        return self.name


@component
class Output(Component):
    """output(g): batch or layer norm, then an activation, dropout, softmax, each only if chosen

    Source: RPN 2 (arXiv 2411.11162), output processing of a head.
    """

    normalization: Annotated[Literal["none", "batch", "layer"], "which mean and deviation are removed"] = "none"
    activation: Annotated[Activation, "a function of one number"] = "none"
    dropout: Annotated[float, Dial(0.0, 0.9, "probability that an output is dropped in training", least=0.0)] = 0.0
    softmax: Annotated[Literal["none", "softmax", "log_softmax"], "turns outputs into probabilities"] = "none"

    def check(self) -> None:
        if self.dropout >= 1:
            raise ValueError(f"Output.dropout must be below 1, or nothing is left, got {self.dropout}")

    def module(self, n: int) -> nn.Module | None:
        """A real submodule, so that its numbers are saved, moved and switched by train() and eval(); None where nothing is chosen."""
        steps: list[nn.Module] = []
        if self.normalization != "none":
            steps.append(nn.BatchNorm1d(n, device="cpu") if self.normalization == "batch" else nn.LayerNorm(n, device="cpu"))
        if self.activation != "none":
            steps.append(_Named(self.activation))
        if self.dropout:
            steps.append(nn.Dropout(self.dropout))
        if self.softmax != "none":
            steps.append(nn.Softmax(-1) if self.softmax == "softmax" else nn.LogSoftmax(-1))
        return nn.Sequential(*steps) if steps else None


@component
class Formula(Component):
    """g(x|w) = <κ_ξ(x), ψ(w)> + π(x)

    One choice for every term of a head. `channels` learn side by side with the same κ, ξ, bias and π, and `fusion` makes one of them.
    `batch` fixes the number of rows where a ξ has learned numbers for each of them.
    Source: RPN 1 (arXiv 2407.04819) and, for ξ, heads and channels, RPN 2 (arXiv 2411.11162).
    """

    expansion: Expansion = expansion.Identity()
    reconciliation: Reconciliation = reconciliation.Identity()
    remainder: Remainder = remainder.Zero()
    attribute: Interdependence = interdependence.Independent()
    instance: Interdependence = interdependence.Independent()
    channels: Annotated[int, Dial(1, 4, "how many ψ learn side by side")] = 1
    fusion: Fusion = fusion.Mean()
    bias: Annotated[bool, "add one learned number to every output"] = False
    output: Output = Output()
    batch: Annotated[int | None, Dial(1, 64, "number of rows, where ξ must know it")] = None
