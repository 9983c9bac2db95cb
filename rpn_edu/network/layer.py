"""A layer: heads side by side, fused into one output."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from ..fusion import Fusion, Mean
from ..shared import given
from .formula import Formula
from .head import Head, Owner


class Layer(Owner):
    """Heads that all see the same x: (..., b, m) → (..., b, n). Every head is distinct, with parameters of its own."""

    heads: nn.ModuleList
    w_fusion: Tensor

    def __init__(self, m: int, n: int, formulas: Formula | Sequence[Formula] | None = None, fusion: Fusion | None = None) -> None:
        super().__init__()
        formulas = list(formulas) if isinstance(formulas, Sequence) else [Formula() if formulas is None else formulas]
        if not formulas:
            raise ValueError("Layer.formulas must hold at least one formula, got an empty list")
        self.m, self.n = m, n = given.count("Layer.m", m), given.count("Layer.n", n)
        self.fusion = given.instance("Layer.fusion", Mean() if fusion is None else fusion, Fusion, "a component of fusion, such as Mean()")
        widths = [self.fusion.part_width(n, len(formulas))] * len(formulas)
        if len(formulas) > 1:
            given.affordable("Layer", "the learned numbers of its fusion", self.fusion.length(widths), "choose fewer outputs")
        self.heads = nn.ModuleList(Head(m, width, formula) for width, formula in zip(widths, formulas, strict=True))
        if len(formulas) > 1:
            self.own_frozen("fusion", self.fusion, widths)
            self.own("w_fusion", self.fusion.init(widths))
        self.choose_short_cuts()

    def choose_short_cuts(self) -> None:
        """What heads can share: one ψ for all of them where everything is linear, else κ_ξ."""
        heads = cast(list[Head], self.heads)
        lead = heads[0]
        self.alone = len(heads) == 1
        same = not self.alone and all(head.formula == lead.formula for head in heads)
        plain = lead.view() is not None and lead.output is None and "reconciliation" not in lead._roles
        times = self.fusion.times_mean(len(heads))
        self.one_psi = same and plain and lead.formula.reconciliation.linear and lead.scale is not None and times is not None
        # Heads that add nothing to it need not be fused: the fusion is `bare` times their mean, which is ψ's.
        self.bare = times if self.one_psi and lead.formula.remainder.neutral and not lead.formula.bias else None
        views = [None if head.joint else head.view() for head in heads]
        self.views = [view if views.count(view) > 1 else None for view in views]

    def forward(self, x: Tensor) -> Tensor:
        """(..., b, m) → (..., b, n)."""
        if self.alone:
            (head,) = self.heads
            return head(x)
        heads = cast(list[Head], self.heads)
        x = heads[0].taken(x)
        if self.one_psi:  # the mean of heads that differ in w alone is a head with the mean of w
            inner = heads[0].short_inner(x, torch.cat([head.w for head in heads]))
            if self.bare is not None:
                return inner if self.bare == 1 else self.bare * inner
            outputs = [head.finished(x, inner) for head in heads]
        else:
            seen = {view: head.expanded(x) for view, head in dict(zip(self.views, heads)).items() if view is not None}
            outputs = [head.finished(x, head.short_inner(x, head.w, seen[view] if view else None)) for view, head in zip(self.views, heads)]
        return self.fusion(outputs, self.w_fusion, self.frozen("fusion"))
