"""The shorter ways of `forward`: planned once for a formula and its sizes, and as right as the trace.

A plan is a value. Nothing in it can go stale, since a head and a layer refuse another formula or fusion once they are made.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch.nn.functional as F
from torch import Tensor

from ..fusion import Fusion
from .formula import Formula, Sizes


class Plan(NamedTuple):
    """Which ways are open to one formula, and shorter than those of the trace."""

    scale: float | None
    """Channels with a linear ψ are one ψ: the mean of <κ, ψ(w_c)> is <κ, ψ(mean of w_c)>, times this. None: they are not."""
    rows_last: bool
    """Rows may be mixed after the product, where they are shorter: Aᵀ (κ ψᵀ) = (Aᵀ κ) ψᵀ."""
    without_kappa: bool
    """κ need not be formed where it can meet a ψ with fewer rows than κ has inputs."""

    @classmethod
    def of(cls, f: Formula, sizes: Sizes) -> "Plan":
        """The plan of a formula that meets these sizes."""
        times = 1 if f.channels == 1 else f.fusion.times_mean(f.channels)
        mixes = not f.instance.neutral
        rows_last = mixes and times is not None and sizes.width < sizes.D
        rank = f.reconciliation.rows_met(sizes.width, sizes.D)
        thin = rank is not None and rank < sizes.mixed and sizes.D > 100
        one_psi = f.channels == 1 or f.reconciliation.linear
        return cls(times if one_psi else None, rows_last, thin and f.expansion.contracts and (rows_last or not mixes))


class Numbers(Protocol):
    """Who holds a formula, its plan and its numbers: a head."""

    formula: Formula
    plan: Plan
    channel_width: int
    D: int
    w_attribute: Tensor  # (l,)
    w_instance: Tensor  # (l,)
    w_fusion: Tensor  # (l,)

    def frozen(self, role: str) -> dict[str, Tensor] | None:
        """The frozen numbers of one term, in the names and shapes of its own `frozen`; None where it has none."""
        ...


def inner(head: Numbers, x: Tensor, w: Tensor, kappa_xi: Tensor | None = None) -> Tensor:
    """<κ_ξ(x), ψ(w)> of channels w, fused, without the bias: (..., b, m), (channels, l) → (..., b', n).

    κ_ξ(x), (..., b', D), is not made again where a layer has it already.
    """
    f, plan = head.formula, head.plan
    rows_last = plan.rows_last and kappa_xi is None
    # One ψ is a view: to iterate over w, or to ask for its length, costs a tiny head a tenth of its time.
    channels = w.unbind() if plan.scale is None else (w.mean(0) if w.shape[0] > 1 else w.view(-1),)
    if plan.without_kappa:
        z = attributes_mixed(head, x)
        parts = [joint_product(head, z, channel) for channel in channels]
    else:
        z = expanded(head, x, mixed=not rows_last) if kappa_xi is None else kappa_xi
        frozen = head.frozen("reconciliation")
        parts = [f.reconciliation.product(z, channel, head.channel_width, frozen) for channel in channels]
    y = parts[0] if len(parts) == 1 else f.fusion(parts, head.w_fusion, head.frozen("fusion"))
    y = y if plan.scale in (None, 1) else plan.scale * y
    return rows_mixed(head, y, x) if rows_last else y


def attributes_mixed(head: Numbers, x: Tensor) -> Tensor:
    """(..., b, m) → (..., b, m')."""
    xi = head.formula.attribute
    return x if xi.neutral else xi.mix(x, x, head.w_attribute, head.frozen("attribute"))


def rows_mixed(head: Numbers, y: Tensor, x: Tensor) -> Tensor:
    """Rows of features, or of products with ψ, mixed by the ξ of x: (..., b, D or n) → (..., b', D or n)."""
    return head.formula.instance.mix(y.mT, x.mT, head.w_instance, head.frozen("instance")).mT


def expanded(head: Numbers, x: Tensor, mixed: bool = True) -> Tensor:
    """κ_ξ(x), or κ(x) before the rows are mixed: (..., b, m) → (..., b', D)."""
    kappa = head.formula.expansion(attributes_mixed(head, x), head.frozen("expansion"))
    return rows_mixed(head, kappa, x) if mixed and not head.formula.instance.neutral else kappa


def joint_product(head: Numbers, x: Tensor, w: Tensor) -> Tensor:
    """<κ(x), ψ(w)> = <<κ(x), R>, L> for ψ(w) = L R, without forming κ(x): (..., b, m'), (l,) → (..., b, n)."""
    halves = head.formula.reconciliation.halves(w, head.channel_width, head.D, head.frozen("reconciliation"))
    assert halves is not None  # or the plan would form κ
    left, right = halves
    y = head.formula.expansion.contract(x, right)
    return y if left is None else F.linear(y, left)


class Shared(NamedTuple):
    """What the heads of a layer need not do each for itself."""

    one_psi: bool
    """The mean of heads that differ in w alone is a head with the mean of w."""
    times: float | None
    """Heads that add nothing to one ψ need not be fused: the fusion is this times their mean, which is ψ's. None: they add something."""
    kappa_of: tuple[int | None, ...]
    """For each head, the number of the first one with the same κ_ξ(x), or None where no other head has it."""

    @classmethod
    def of(cls, fusion: Fusion, formulas: Sequence[Formula], plans: Sequence[Plan], kappa_keys: Sequence[Any], drawn: bool) -> "Shared":
        """The plan of a layer. `kappa_keys` are those of `Head.kappa_key`; `drawn` says whether the first ψ has frozen numbers."""
        f, plan = formulas[0], plans[0]
        times = fusion.times_mean(len(formulas))
        alike = len(formulas) > 1 and all(other == f for other in formulas) and kappa_keys[0] is not None and not drawn
        one_psi = alike and f.output.module(1) is None and f.reconciliation.linear and plan.scale is not None and times is not None
        keys = [None if plan.without_kappa else key for plan, key in zip(plans, kappa_keys)]
        kappa_of = tuple(keys.index(key) if key is not None and keys.count(key) > 1 else None for key in keys)
        return cls(one_psi, times if one_psi and f.remainder.neutral and not f.bias else None, kappa_of)
