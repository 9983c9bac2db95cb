"""How many features a κ makes of m inputs, and what they cost."""

import functools
import math
from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...expansion import Expansion
from ..canvas import Axes, Canvas
from ..state.ledger import BUDGET
from ..state.shown import Shown
from .base import COLORS, MANY, Handle, Numbers, Picture, counted

# Squares and squares of 2 are among them: images have such sizes.
INPUTS = (1, 2, 3, 4, 6, 9, 12, 16, 25, 36, 49, 64, 100, 144, 196, 256, 400, 576, 784, 1024)


@functools.cache
def widths(subject: Expansion) -> list[tuple[float, float]]:
    """(log10 m, log10 D) for every m of the list that this κ takes: counted in whole numbers, which may be far too large for a float."""
    found = []
    for m in (subject.made_for,) if subject.made_for else INPUTS:
        try:
            found.append((math.log10(m), math.log10(subject.width(m))))
        except ValueError:  # a part was made for another m
            continue
    return found


def affordable(rows: int, n: int) -> float:
    """The largest D whose features and matrix an explorer may hold."""
    return BUDGET / 8 / (rows + n)


@component
class Growth(Picture):
    """D, the number of features, against m, the number of inputs: both axes by powers of ten. The dot is the chosen m."""

    m: Annotated[int, Dial(1, 784, "how many inputs there are", least=1, most=MANY)] = 64
    n: Annotated[int, Dial(1, 100, "how many outputs there are", least=1, most=MANY)] = 10
    rows: Annotated[int, Dial(1, 256, "rows of data in memory at once", least=1, most=MANY)] = 32

    subject: ClassVar[type] = Expansion
    answer: ClassVar[str] = "D"
    fields_name: ClassVar[str] = "sizes"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.10, 0.16, 0.87, 0.72), "solid: D of this κ   dashed: D = m", "m", "D", xticks="powers", yticks="powers", term="κ"),
    )

    def inputs(self, subject: Expansion) -> int:
        """m: the chosen one, or the one that κ was made for."""
        return subject.made_for or self.m

    def sizes(self, subject: Expansion) -> dict[str, int]:
        m = self.inputs(subject)
        return {"m": m, "b": self.rows, "n": self.n, "D": subject.width(m)}

    def numbers(self, subject: Expansion, **given: Tensor) -> Numbers:
        log_m, log_D = torch.tensor(widths(subject), dtype=torch.float64).T  # the curve, (points,) each
        x = torch.full((1, self.inputs(subject)), 0.5, dtype=torch.float64)  # one row; any numbers do
        D = torch.tensor(subject(x).shape[-1], dtype=torch.float64)
        matrix = self.n * D
        size = 8 * (self.rows * D + matrix)
        return {"log_m": log_m, "log_D": log_D, "m": torch.tensor(x.shape[-1]), "D": D, "matrix": matrix, "bytes": size}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        m, D = float(numbers["m"]), float(numbers["D"])
        limit = affordable(self.rows, self.n)
        canvas.limits(0, (0, 3.1), (-0.3, 12))
        canvas.line("inputs", 0, [0, 3.1], [0, 3.1], color="#777777", linestyle="--", linewidth=1.2)
        style = {"color": COLORS["κ"], "linewidth": 2}
        canvas.line("D", 0, numbers["log_m"], numbers["log_D"].clamp(max=14), term="κ", **style)
        if shown.subject.made_for:
            canvas.text("made for", 0, 0.01, 0.94, f"no curve: this κ was made for m = {shown.subject.made_for} only", color=COLORS["κ"])
        edge = math.log10(limit)
        canvas.line("limit", 0, [0, 3.1], [edge, edge], color="#b34700", linestyle=":", linewidth=1.6)
        canvas.text("limit says", 0, 0.01, (edge + 0.3) / 12.3 + 0.015, f"above the dotted line: more than 256 MB (D = {limit:,.0f})")
        x, y = math.log10(m), math.log10(D)
        canvas.line("dot", 0, [x], [y], color="black", marker="o", linestyle="", markersize=8)
        canvas.line("foot", 0, [x, x], [-0.3, y], color="black", linestyle=":", linewidth=1)
        side, over = ("right" if x > 2 else "left"), y < 1.5  # to the left of a far dot, above a low one
        place = x / 3.1 + (-0.015 if x > 2 else 0.015), (y + 0.3) / 12.3 + (0.05 if over else -0.03)
        style = {"ha": side, "va": "bottom" if over else "top", "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}}
        canvas.text("here", 0, *place, f"D = {D:,.0f}", **style)

    def handles(self, shown: Shown) -> list[Handle]:
        if shown.subject.made_for:
            return []
        move = lambda power, _: replace(self, m=max(1, round(10 ** min(power, 3.0))))  # noqa: E731
        return [Handle("m", 0, math.log10(self.m), -0.3, f"m = {self.m}", move)]

    def alt(self, shown: Shown) -> str:
        numbers = shown.numbers
        m, D = int(numbers["m"]), int(numbers["D"])
        if shown.subject.made_for:
            grown = f" It was made for m = {m} only."
        else:
            first, last = (f"{10 ** float(numbers['log_D'][i]):.4g} at m = {10 ** float(numbers['log_m'][i]):.0f}" for i in (0, -1))
            grown = f" D runs from {first} to {last}."
        return (
            f"The number of features D of {shown.subject!r} against the number of inputs m, both by powers of ten.{grown} "
            f"At m = {m} it makes {counted(D, 'feature', ',')}; a matrix for {counted(self.n, 'output')} holds "
            f"{counted(int(numbers['matrix']), 'number', ',')}."
        )

    def readout(self, shown: Shown) -> str:
        D, matrix, size = (int(shown.numbers[name]) for name in ("D", "matrix", "bytes"))
        only = " (made for this m only)" if shown.subject.made_for else ""
        memory = f"{size / 2**20:,.2f} MB for {counted(self.rows, 'row')} and the matrix"
        return f"m = {int(shown.numbers['m'])}{only}   D = {D:,}   n · D = {matrix:,}   {memory}"

    def values(self, shown: Shown) -> dict[str, str]:
        return {"κ": f"D = {int(shown.numbers['D']):,}", "ψ": f"{self.n} × {int(shown.numbers['D']):,}"}
