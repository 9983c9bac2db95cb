"""Fusion: heads and channels become one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from . import reconciliation
from .component import Component, component, family, misspelt
from .reconciliation import Reconciliation
from .shared.real import meet_reals
from .shared.reductions import REDUCTIONS


class Fusion(Component, ABC):
    """Several outputs y_1, y_2, ... become one. Source: RPN 2 (arXiv 2411.11162), "Fusion Functions"."""

    term: ClassVar[str] = "fusion"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        meet_reals(cls, __call__=1)

    def times_mean(self, count: int) -> float | None:
        """c where y = c · (mean of `count` parts): then parts that share κ collapse into one ψ. None where y is something else."""
        return None

    @abstractmethod
    def __call__(self, parts: Sequence[Tensor], w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """[(..., n_1), (..., n_2), ...], (l,) → (..., n)."""

    def width(self, widths: Sequence[int]) -> int:
        """n of the parts' n_i. ValueError where they do not fit."""
        if not widths or any(width != widths[0] for width in widths):  # no set: while torch exports, a width may be a symbol
            raise ValueError(f"{self.qualified_name()} needs parts of one width, got {list(widths)}")
        return widths[0]

    def part_width(self, n: int, count: int) -> int:
        """The n_i that each of `count` parts needs so that all of them together give n."""
        return n

    def length(self, widths: Sequence[int]) -> int:
        """l, the number of learned numbers."""
        return 0

    def init(self, widths: Sequence[int]) -> Tensor:
        """(l,) on the CPU from torch's seed."""
        return torch.empty(0, device="cpu")

    def frozen(self, widths: Sequence[int]) -> dict[str, Tensor]:
        """Frozen numbers; head and layer keep them as buffers."""
        return {}


@family
class Elementwise(Fusion):
    """The reduction of the row's name over the parts, output by output. Source: RPN 2 (arXiv 2411.11162), "Fusion Functions"."""

    def __call__(self, parts: Sequence[Tensor], w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return REDUCTIONS[type(self).__name__.lower()](torch.stack(tuple(parts)), 0)


@component
class Sum(Elementwise):
    """y = y_1 + ... + y_C"""

    def times_mean(self, count: int) -> float | None:
        return count


@component
class Mean(Elementwise):
    """y = (y_1 + ... + y_C) / C"""

    def times_mean(self, count: int) -> float | None:
        return 1


@component
class Max(Elementwise):
    """y = max(y_1, ..., y_C), output by output"""


@component
class Min(Elementwise):
    """y = min(y_1, ..., y_C), output by output"""


@component
class Prod(Elementwise):
    """y = y_1 · ... · y_C, output by output"""


@component
class Median(Elementwise):
    """y = median(y_1, ..., y_C), output by output; of two middle values the lower one

    The gradient goes to that part alone; among equal ones as in expansion.Median.
    """


@component
class Concat(Fusion):
    """y = [y_1, ..., y_C], each part with n / C outputs

    Every part answers for outputs of its own. Source: RPN 2 (arXiv 2411.11162), "Fusion Functions".
    """

    def width(self, widths: Sequence[int]) -> int:
        return sum(widths)

    def part_width(self, n: int, count: int) -> int:
        """n / count. ValueError where count does not divide n."""
        if n % count:
            raise ValueError(f"fusion.Concat gives each of {count} parts the same share of n = {n} outputs, which {count} does not divide")
        return n // count

    def __call__(self, parts: Sequence[Tensor], w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return torch.cat(tuple(parts), -1)


@component
class Weighted(Fusion):
    """y = w_1 y_1 + ... + w_C y_C with learned weights that start at 1 / C

    l = C: one weight for each part, so that before any learning it is the mean. Source: RPN 2 (arXiv 2411.11162), "Fusion Functions".
    """

    def length(self, widths: Sequence[int]) -> int:
        return len(widths)

    def init(self, widths: Sequence[int]) -> Tensor:
        return torch.full((len(widths),), 1 / len(widths), device="cpu")

    def __call__(self, parts: Sequence[Tensor], w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return torch.stack(tuple(parts), -1) @ w


@component
class Parameterized(Fusion):
    """y = [y_1, ..., y_C] ψ(w)ᵀ with ψ(w) n_1 × (n_1 + ... + n_C)

    l = ψ.length(n_1, n_1 + ... + n_C): every output may read all outputs of all parts. The parts may differ in width.
    Source: RPN 2 (arXiv 2411.11162), "Fusion Functions".
    """

    reconciliation: Reconciliation = reconciliation.Identity()

    def length(self, widths: Sequence[int]) -> int:
        return self.reconciliation.length(widths[0], sum(widths))

    def width(self, widths: Sequence[int]) -> int:
        return widths[0]

    def init(self, widths: Sequence[int]) -> Tensor:
        return self.reconciliation.init(widths[0], sum(widths))

    def frozen(self, widths: Sequence[int]) -> dict[str, Tensor]:
        """Those of ψ, for a matrix n_1 × (n_1 + ... + n_C)."""
        return self.reconciliation.frozen(widths[0], sum(widths))

    def __call__(self, parts: Sequence[Tensor], w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return self.reconciliation.product(torch.cat(tuple(parts), -1), w, parts[0].shape[-1], frozen)


__getattr__ = misspelt("fusion")
