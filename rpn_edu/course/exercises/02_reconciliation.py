"""How few numbers fill a matrix: count them, place them by hand, read digits with them."""

from typing import Any

import torch
from torch import Tensor

from ... import expansion, reconciliation
from ...explore import Digits
from ...network.formula import Formula
from ..checking import exercise
from ..comparing import heard, instance, numbers, unless, writes

N, D = 10, 64


def blocks(w: Tensor) -> Tensor:
    """(4,) → (4, 6): a block of 2 × 2, twice down and three times across."""
    return reconciliation.DuplicatedPadding(p=2, q=3).matrix(w, 4, 6)


@exercise(1)
def cut(answer: Any) -> str:
    """Where a Kronecker product learns the fewest numbers."""
    found = numbers(answer).flatten().tolist()
    unless(len(found) == 2, f"Two numbers were wanted, p and q, yours {'is one' if len(found) == 1 else f'are {len(found)}'}.")
    unless(all(number >= 1 and number % 1 == 0 for number in found), f"Whole numbers from 1 on were wanted, yours are {found}.")
    p, q = map(int, found)
    swapped = " Have p and q changed places?" if N % q == D % p == 0 else ""
    unless(N % p == 0, f"p cuts the 10 rows, and 10 cannot be cut into {p} equal parts.{swapped}")
    unless(D % q == 0, f"q cuts the 64 columns, and 64 cannot be cut into {q} equal parts.{swapped}")
    few = {(a, b): reconciliation.Kronecker(p=a, q=b).length(N, D) for a in range(1, N + 1) for b in range(1, D + 1) if N % a == D % b == 0}
    l = few[p, q]
    unless(l == min(few.values()), f"With p = {p} and q = {q}, A has {p * q} numbers and B {l - p * q}: together {l}. It can be fewer.")
    return f"{l} numbers for 640 entries, and none are fewer."


@exercise(2)
def padding(answer: Any) -> str:
    """A ψ by hand."""
    mistakes = {
        "Each number has its copies beside it. The block as a whole is repeated.": lambda w: blocks(w)[[0, 0, 1, 1]][:, [0, 0, 0, 1, 1, 1]],
        "The block is transposed: w fills it row by row.": lambda w: blocks(w.view(2, 2).mT.flatten()),
        "Each row of your matrix is w, cut off. First make a block of 2 × 2 out of w.": lambda w: w.repeat(6).view(4, 6),
        "That is the block alone. It should be repeated twice down and three times across.": lambda w: blocks(w)[:2, :2],
        "Twice down and three times across, not the other way round.": lambda w: blocks(w).repeat(2, 1)[:6, :4],
    }
    writes(answer, blocks, (torch.tensor([1.0, -2, 3, 5]),), (torch.tensor([0.5, 4, -1, 2]),), near=mistakes)
    return "Four numbers fill 24 entries. It is a Kronecker product whose A holds ones."


@exercise(3)
def psi(answer: Any) -> str:
    """Few numbers that read digits."""
    found = instance(answer, reconciliation.Reconciliation, "A ψ such as rpn.reconciliation.Eye()")
    l = heard(found.length, N, D)
    unless(l <= 200, f"This ψ learns {l} numbers. At most 200 were wanted.")
    share = heard(Digits(ridge=0.01).numbers, Formula(expansion.Identity(), found))["accuracy"].item()
    rank = int(torch.linalg.matrix_rank(found.matrix(found.init(N, D), N, D, found.frozen(N, D))))
    why = f"Its matrix has only rank {rank}, so only {rank} directions." if rank < N else "The rank is full. Place the numbers otherwise."
    unless(share >= 0.8, f"It reads {share:.0%} with {l} numbers, 80 % were wanted. {why}")
    return f"It reads {share:.0%} with {l} numbers. Look at its ten images: Explorer(rpn.Formula(reconciliation=psi), Digits(ridge=0.01))."
