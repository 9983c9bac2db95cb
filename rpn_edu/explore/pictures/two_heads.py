"""Two heads with a κ each, trained together on one set of data, and each alone."""

import math
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ... import expansion, fusion
from ...component import component
from ...expansion import Expansion
from ...fusion import Fusion
from ...learn import descend
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady, with_jumps
from ..state.shown import Shown
from .base import COLORS, HATCHES, Numbers, Picture, Seed, counted, wildest

OTHERS: dict[str, Expansion] = {
    "wave": expansion.Fourier(terms=1, period=0.2),
    "line": expansion.Taylor(order=1),
    "parabola": expansion.Taylor(order=2),
}
"""What the second head may see."""
RIDGE = 1e-4
"""How much large weights cost."""
FUSIONS: dict[str, Fusion] = {row.__name__: row() for row in (fusion.Sum, fusion.Mean, fusion.Max, fusion.Min, fusion.Prod)}


@component
class TwoHeads(Picture):
    """Measurements with a rise and a season, and two heads that are trained together: what each gives, and what fusion makes of it."""

    fusion: Annotated[Literal["Sum", "Mean", "Max", "Min", "Prod"], "what makes one output of the two heads"] = "Sum"
    other: Annotated[Literal["wave", "line", "parabola"], "κ of the second head"] = "wave"
    seed: Seed = 0

    rows: ClassVar[int] = 51
    steps: ClassVar[int] = 40
    subject: ClassVar[type] = Expansion
    answer: ClassVar[str] = "error"
    fields_name: ClassVar[str] = "second head"
    size: ClassVar[tuple[int, int]] = (740, 350)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.06, 0.6, 0.6, 0.3), "1: first head   2 (dashed): second head", xticks="none", term="κ"),
        Axes((0.06, 0.12, 0.6, 0.36), "", "x", term="fusion"),
        Axes((0.74, 0.16, 0.25, 0.74), "error on points held out", xticks="none"),
    )

    def sizes(self, subject: Expansion) -> dict[str, int]:
        D = subject.width(1)
        return {"m": 1, "b": self.rows + 201, "n": 1, "D": D, "l": D + OTHERS[self.other].width(1)}

    def refuses(self, subject: Expansion) -> str:
        D, wild = subject.width(1), wildest(subject) > 100
        return f"38 points tell at most 20 numbers of this κ, and it has {D}" if D > 20 else "κ makes numbers beyond 100" if wild else ""

    def numbers(self, subject: Expansion, **given: Tensor) -> Numbers:
        # Five measurements a year for ten years: a rise, a season of a year, and noise without a pattern that a year repeats.
        k = torch.arange(self.rows, dtype=torch.float64)
        noise = ((29 * k).remainder(53) - 26) / 54
        y = (0.24 * k - 6 + 1.5 * torch.sin(2 * math.pi * k / 5 + 0.5) + noise).round(decimals=2)  # (51,)
        x = (k / 25 - 1).unsqueeze(-1)  # (51, 1)
        test = (0.618034 * k + 0.5) % 1 < 0.25  # held out
        second, fuse = OTHERS[self.other], FUSIONS[self.fusion]
        K = (subject(x), second(x))  # (51, D) each
        D = subject.width(1)

        def least(K: Tensor) -> Tensor:
            # A ridge is D more equations, √ridge · w = 0: points that do not tell two features apart tell no w without it.
            D = K.shape[1]
            A = torch.cat((K[~test], math.sqrt(RIDGE) * torch.eye(D, dtype=torch.float64)))
            return torch.linalg.lstsq(A, torch.cat((y[~test], torch.zeros(D, dtype=torch.float64)))).solution  # (D,)

        def both(w: Tensor, K: tuple[Tensor, Tensor]) -> Tensor:
            return fuse([K[0] @ w[:D], K[1] @ w[D:]], w)  # (rows,)

        def loss(w: Tensor) -> Tensor:
            return (both(w, K) - y)[~test].square().sum() + RIDGE * w.square().sum()

        with seeded(self.seed):
            start = torch.randn(D + second.width(1)).double()
        w = descend(loss, start, self.steps)
        grid = torch.linspace(-1, 1, 201, dtype=torch.float64).unsqueeze(-1)  # (201, 1)
        on_grid = (subject(grid), second(grid))
        alone = [one @ least(one) for one in K]  # (51,) each
        outputs = torch.stack((*alone, both(w, K)))  # (3, 51)
        errors = (outputs - y)[:, test].square().mean(-1).sqrt()  # (3,)
        curves = torch.stack((on_grid[0] @ w[:D], on_grid[1] @ w[D:], both(w, on_grid)))  # (3, 201)
        return {"x": x[:, 0], "y": y, "test": test, "grid": grid[:, 0], "w": w, "curves": curves, "errors": errors, "error": errors[2]}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        x, y, test, grid, curves, errors = (shown.numbers[name] for name in ("x", "y", "test", "grid", "curves", "errors"))
        one, two, fused = curves
        top = steady(curves[:2], floor=1.0) * 1.1
        canvas.limits(0, (-1, 1), (-top, top))
        canvas.line("one", 0, *with_jumps(grid, one), color=COLORS["κ"], linewidth=1.8)
        canvas.line("two", 0, *with_jumps(grid, two), color=COLORS["ψ"], linewidth=1.8, linestyle="--")
        canvas.name_curves("name", 0, grid, curves[:2].mT, ["1", "2"], (-1, 1))
        canvas.title(1, f"thick: their {self.fusion}   dots: data   crosses: held out")
        canvas.limits(1, (-1.02, 1.02), (-10, 10))
        for name, which, marker in (("dots", ~test, "o"), ("crosses", test, "x")):
            canvas.line(name, 1, x[which], y[which], color="#222222", marker=marker, linestyle="", markersize=4, fillstyle="none")
        canvas.line("fused", 1, *with_jumps(grid, fused.clamp(-30, 30)), color=COLORS["fusion"], linewidth=2.4)
        canvas.limits(2, (-0.6, 2.6), (0, steady(errors, floor=0.1) * 1.05))
        canvas.bars("errors", 2, errors, COLORS["fusion"], HATCHES["fusion"])
        for i, name in enumerate(("1 alone", "2 alone", "both")):
            canvas.text(f"bar {i}", 2, (i + 0.6) / 3.2, -0.03, f"{name}\n{errors[i]:.2f}", ha="center", va="top")

    def readout(self, shown: Shown) -> str:
        one, two, both = shown.numbers["errors"].tolist()
        return f"error on the points held out: head 1 alone {one:.3f}, head 2 alone {two:.3f}, both {both:.3f}   l = {shown.sizes['l']}"

    def alt(self, shown: Shown) -> str:
        one, two, fused = shown.numbers["curves"]
        return (
            f"Two heads, trained together on {counted(self.rows, 'measurement')} with a rise and a season: {shown.subject!r} gives "
            f"{one.min():.3g} to {one.max():.3g}, the second head, a {self.other}, {two.min():.3g} to {two.max():.3g}. "
            f"Their {self.fusion} runs from {fused.min():.3g} to {fused.max():.3g}. {self.readout(shown)}."
        )

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        head = [("", "⟨ "), ("κ", "κ₁(x)"), ("", " , "), ("ψ", "w₁"), ("", " ⟩")]
        other = [(term, text.replace("₁", "₂")) for term, text in head]
        return (("g", "g(x|w)"), ("", " = "), ("fusion", self.fusion), ("", " of "), *head, ("", " and "), *other)

    def values(self, shown: Shown) -> dict[str, str]:
        return {"κ": f"D = {shown.subject.width(1)}"}
