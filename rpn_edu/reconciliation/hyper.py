"""ψ from a frozen random network: the learned numbers are its input, and the matrix its output."""

import math
from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from ..component import Dial, component
from .base import Reconciliation, normal
from .plain import Rank, Seed

# Not called `length`: that is the method all reconciliations share.
Inputs = Annotated[int, Dial(8, 128, "l, the number of learned numbers", least=1)]
Hidden = Annotated[int, Dial(8, 256, "width of the hidden layer", least=1)]


class Hyper(Reconciliation):
    """ψ(w) = features(w) T, reshaped to n × D, with T (h × n D) frozen."""

    inputs: int  # fields of the rows, where their place among the arguments is
    seed: int

    @abstractmethod
    def layers(self, size: int) -> dict[str, tuple[int, ...]]:
        """The sizes of all frozen numbers; T has `size` columns."""

    @abstractmethod
    def features(self, w: Tensor, fixed: dict[str, Tensor]) -> Tensor:
        """(..., l) → (..., h), what T meets."""

    def length(self, n: int, D: int) -> int:
        return self.inputs

    def scratch(self, n: int, D: int) -> int:
        shapes = self.layers(n * D)
        h, sides = shapes["T"][0], sum(side for name, shape in shapes.items() if name != "T" for side in shape)
        return sum(math.prod(shape) for shape in shapes.values()) + shapes["T"][0] * n * D + 2 * h * h + 256 * (sides + h)

    def frozen(self, n: int, D: int) -> dict[str, Tensor]:
        """A random network, drawn from `seed` on the CPU in float64. All that `layers` names, and of it `T`, (h, n D), is scaled."""
        fixed = normal(self.seed, {**self.layers(n * D), "samples": (256, self.inputs)})
        # T is scaled so that entries of ψ(w) start as large as `init` promises. How large they are without it is read off 256 random w.
        h = self.features(fixed.pop("samples"), fixed)
        square = (h.mT @ h / 256 * (fixed["T"] @ fixed["T"].mT)).sum() / (n * D)
        return {**fixed, "T": fixed["T"] / (square * D).sqrt()}

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        fixed = {name: value.to(w) for name, value in (frozen or self.frozen(n, D)).items()}
        return (self.features(w, fixed) @ fixed["T"]).view(n, D)

    def init(self, n: int, D: int) -> Tensor:
        return torch.randn(self.inputs, device="cpu")


@component
class Hypernet(Hyper):
    """ψ(w) = sigmoid(w W / √l + c) T + d, reshaped to n × D, with frozen random W, c, T and d

    l = inputs, whatever n and D are; the frozen T holds hidden · n D numbers. Source: RPN 1, "Hypernet Parameter Reconciliation".
    """

    inputs: Inputs = 64
    hidden: Hidden = 128
    seed: Seed = 0

    def layers(self, size: int) -> dict[str, tuple[int, ...]]:
        return {"W": (self.inputs, self.hidden), "c": (self.hidden,), "T": (self.hidden + 1, size)}

    def features(self, w: Tensor, fixed: dict[str, Tensor]) -> Tensor:
        hidden = torch.sigmoid(w @ fixed["W"] / math.sqrt(self.inputs) + fixed["c"])
        return torch.cat((hidden, torch.ones_like(hidden[..., :1])), -1)  # the last row of T is d


@component
class RandomHypernet(Hyper):
    """ψ(w) = sigmoid(w P Q / √(l rank)) S T, reshaped to n × D, with frozen random P (l × rank), Q, S and T (rank × n D)

    l = inputs, whatever n and D are. The hypernet with thin factors: `rank` rows of n D numbers are frozen instead of `hidden`.
    Source: RPN 1, "Random Matrix Adaption Hypernet".
    """

    rank: Rank = 2
    inputs: Inputs = 64
    hidden: Hidden = 128
    seed: Seed = 0

    def layers(self, size: int) -> dict[str, tuple[int, ...]]:
        l, h, r = self.inputs, self.hidden, self.rank
        return {"P": (l, r), "Q": (r, h), "S": (h, r), "T": (r, size)}

    def features(self, w: Tensor, fixed: dict[str, Tensor]) -> Tensor:
        return torch.sigmoid(w @ fixed["P"] @ fixed["Q"] / math.sqrt(self.inputs * self.rank)) @ fixed["S"]
