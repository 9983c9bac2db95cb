"""A layer: heads side by side, fused into one output. The letters are those of formula.py."""

from collections.abc import Sequence
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from ..fusion import Fusion, Mean
from ..shared import given
from . import short_cuts
from .formula import Formula
from .head import Head, Owner
from .short_cuts import Shared


class Layer(Owner):
    """fusion(head_1(x), ..., head_H(x)), all of the same x: (..., b, m) → (..., b', n).

    One formula for each head; every head has parameters of its own. `fusion` is Mean() if none is given, and a lone head needs none.
    TypeError for m and n that are no ints and for what is no Formula or no fusion; ValueError where there is no formula, where formulas or
    fusion do not fit m and n, or where this machine has too little memory.
    Source: RPN 1 (arXiv 2407.04819), and for fusion RPN 2 (arXiv 2411.11162), "Fusion Functions".
    """

    heads: nn.ModuleList
    w_fusion: Tensor  # (l,)  of the fusion of heads, where there are several
    fixed: ClassVar[frozenset[str]] = frozenset({"m", "n", "heads", "fusion", "plan"})

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
        heads = cast(list[Head], self.heads)
        drawn = heads[0].frozen("reconciliation") is not None
        self.plan = Shared.of(self.fusion, formulas, [head.plan for head in heads], [head.kappa_key() for head in heads], drawn)

    def forward(self, x: Tensor) -> Tensor:
        """(..., b, m) → (..., b', n). ValueError and TypeError for an x that does not fit."""
        heads = [*cast(list[Head], self.heads)]  # a list of torch's finds each of its modules by a word
        if len(heads) == 1:
            return heads[0](x)
        x = heads[0].taken(x)
        if self.plan.one_psi:
            inner = short_cuts.inner(heads[0], x, torch.cat([head.w for head in heads]))
            if self.plan.times is not None:
                return inner if self.plan.times == 1 else self.plan.times * inner
            outputs = [head.finished(x, inner) for head in heads]
        else:
            made: list[Tensor | None] = []  # κ_ξ(x) of several heads is made once
            for number, (head, first) in enumerate(zip(heads, self.plan.kappa_of)):
                made.append(None if first is None else short_cuts.expanded(head, x) if first == number else made[first])
            outputs = [head.finished(x, short_cuts.inner(head, x, head.w, kappa_xi)) for head, kappa_xi in zip(heads, made)]
        return self.fusion(outputs, self.w_fusion, self.frozen("fusion"))
