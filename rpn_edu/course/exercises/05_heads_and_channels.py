"""What a fusion makes of channels: a bend, the one in the middle, a matrix from few numbers."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ... import expansion, fusion, reconciliation
from ...explore import Heads
from ...network.formula import Formula
from ..checking import exercise
from ..comparing import heard, instance, numbers, same, unless, without, writes

LEAKY = (0.1, 1.0)
KAPPA, PSI = expansion.Chebyshev(degree=3), reconciliation.LowRank(rank=1)


@exercise(1)
def slopes(answer: Any) -> str:
    """Two slopes whose maximum bends."""
    found = numbers(answer).flatten().sort().values
    unless(len(found) == 2, f"Two numbers were wanted, one for each channel, yours {'is one' if len(found) == 1 else f'are {len(found)}'}.")
    mistakes = {
        "That is relu: it gives 0 where x < 0.": (0, 1),
        "That is |x|. Left of 0 the curve should still fall a little when x falls.": (-1, 1),
        "At x = -1 a slope of -0.1 gives 0.1, and -0.1 was wanted.": (-0.1, 1),
        "Both channels are the same, so there is no bend.": (1, 1),
    }

    def otherwise(*_: Any) -> str:
        low, high = (max(x * float(slope) for slope in found) for x in (-1, 1))
        return f"At x = -1 yours gives {low:g}, at x = 1 it gives {high:g}. Wanted are -0.1 and 1."

    same(found, LEAKY, otherwise, near=mistakes)
    return "Two straight channels and a maximum are a leaky relu."


def fused(by: fusion.Fusion) -> Callable[..., Tensor]:
    """What a fusion makes of channels, (b,) each: (b,)."""
    return lambda *channels: by(channels, torch.empty(0))


@exercise(2)
def middle(answer: Any) -> str:
    """The median by hand."""
    mistakes = {
        "That is the mean. The median is one of the three numbers.": fused(fusion.Mean()),
        "That is the largest of the three.": fused(fusion.Max()),
        "That is the smallest of the three.": fused(fusion.Min()),
        "This still has the smallest in it.": lambda *abc: fused(fusion.Median())(*abc) + fused(fusion.Min())(*abc),
        "That is always the second channel. In each place another one may be in the middle.": lambda a, b, c: b,
    }
    rows = torch.tensor([[1.0, -2, 3, 0.5, -1], [2, -1, -4, 7, -1], [-3, 5, 1, 2, 4]], dtype=torch.float64)
    writes(answer, fused(fusion.Median()), tuple(rows), tuple(rows.flip(0)[:, :3]), tuple(rows[[1, 2, 0]]), near=mistakes)
    without(answer, "median", "nanmedian", "Median", "sort", "sorted", "msort", "argsort", "topk", "kthvalue", "quantile")
    return "This is the fusion Median for three channels."


@exercise(3)
def joined(answer: Any) -> str:
    """Channels of rank 1 side by side."""
    found = instance(answer, Formula, "A formula, rpn.Formula(κ, ψ, channels=..., fusion=...),")
    unless(found.expansion == KAPPA, f"κ should be Chebyshev(degree=3), yours is {found.expansion}.")
    unless(found.reconciliation == PSI, f"ψ should be LowRank(rank=1), yours is {found.reconciliation}.")
    with torch.no_grad():
        seen = heard(Heads().numbers, found)
    l, rank = heard(Heads().sizes, found)["l"], int(seen["rank"])
    unless(seen["distance"] < 1e-9, f"{type(found.fusion).__name__} bends the output: there is no matrix that does the same.")
    unless(rank == 4, f"The matrix has rank {rank}, 4 was wanted. Each channel of rank 1 can add one.")
    unless(l < 40, f"The rank is 4, but this learns {l} numbers. Fewer than 40 were wanted: let each channel make fewer outputs.")
    return f"Rank 4 from {l} numbers. Look at it: Explorer(formula, Heads())."
