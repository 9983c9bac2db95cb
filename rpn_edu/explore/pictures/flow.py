"""One x on its way through the formula."""

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...network.formula import Formula
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, HATCHES, Handle, Numbers, Picture, Seed, counted, listed, sized


@component
class Flow(Picture):
    """One x on its way through the formula: κ(x), ψ(w), the inner product, π(x) and g(x)."""

    x1: Annotated[float, Dial(-1.0, 1.0, "first input", least=None)] = 0.6
    x2: Annotated[float, Dial(-1.0, 1.0, "second input", least=None)] = -0.4
    seed: Seed = 0

    n: ClassVar[int] = 2
    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "g"
    fields_name: ClassVar[str] = "input"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.08, 0.6, 0.5, 0.3), "κ(x)", xticks="none", term="κ"),
        Axes((0.08, 0.15, 0.5, 0.33), "ψ(w): each column meets the feature above it", "feature", "output", "counts", "counts", "ψ"),
        Axes((0.63, 0.15, 0.11, 0.33), "<κ, ψ(w)>", xticks="none", yticks="none"),
        Axes((0.755, 0.15, 0.11, 0.33), "+ π(x)", xticks="none", yticks="none", term="π"),
        Axes((0.88, 0.15, 0.11, 0.33), "= g(x|w)", xticks="none", yticks="none", term="g"),
        Axes((0.895, 0.64, 0.095, 0.23), "x₁ →  x₂ ↑", xticks="none", yticks="none"),
    )

    def sizes(self, subject: Formula) -> dict[str, int]:
        return sized(subject, 2, self.n, 1)

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x = torch.tensor([[self.x1, self.x2]], dtype=torch.float64)  # (1, 2)
        w = subject.draw(2, self.n, self.seed)
        frozen = subject.frozen(2, self.n)
        *_, kappa, inner, pi, g = subject.trace(x, self.n, w, frozen)  # (1, D), (1, n) three times
        W = torch.cat(subject.matrices(kappa.shape[-1], self.n, w, frozen))  # (n, D); of every channel, one above the other
        return {"x": x, "w": subject.joined(w), "kappa": kappa, "W": W, "inner": inner, "pi": pi, "g": g}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        kappa, W = numbers["kappa"][0], numbers["W"]
        top = steady(kappa) * 1.1
        canvas.limits(0, (-0.5, len(kappa) - 0.5), (-top, top))
        canvas.bars("kappa", 0, kappa, COLORS["κ"], HATCHES["κ"])
        canvas.image("W", 1, W, steady(W, floor=0.1), names=shown.subject.expansion.names(2))
        end = steady(torch.stack([numbers[name] for name in ("inner", "pi", "g")]))
        reach = 1.1 * end
        for axes, name, term in ((2, "inner", "ψ"), (3, "pi", "π"), (4, "g", "g")):
            canvas.limits(axes, (-reach, reach), (self.n - 0.5, -0.5))
            canvas.line(f"zero {name}", axes, [0, 0], [-0.5, self.n - 0.5], color="#999999", linewidth=0.8)
            canvas.bars(name, axes, numbers[name][0], COLORS[term], HATCHES[term], horizontal=True)
            for value in (-end, 0.0, end):
                weight = "normal" if end == 1 else "bold"  # another scale than before
                canvas.text(
                    f"{name} at {value}", axes, value / reach / 2 + 0.5, -0.03, f"{value:g}", ha="center", va="top", fontweight=weight
                )
        canvas.limits(5, (-1.1, 1.1), (-1.1, 1.1))
        canvas.line("axes of x", 5, [-1.1, 1.1, math.nan, 0, 0], [0, 0, math.nan, -1.1, 1.1], color="#bbbbbb", linewidth=0.8)
        canvas.line("x", 5, [self.x1], [self.x2], color="black", marker="o", linestyle="", markersize=6)
        canvas.text("x says", 2, 0, 2.15, f"x = ({self.x1:g}, {self.x2:g})")
        rows = "\n".join(f"{i:+z.3f}  {p:+z.3f}  =  {g:+z.3f}" for i, p, g in self.rows(numbers))
        canvas.text("rows", 2, 0, 1.45, rows, family="monospace")

    def handles(self, shown: Shown) -> list[Handle]:
        move = lambda x1, x2: replace(self, x1=x1, x2=x2)  # noqa: E731
        return [Handle("x", 5, self.x1, self.x2, f"x = ({self.x1:g}, {self.x2:g})", move, "xy")]

    @staticmethod
    def rows(numbers: Numbers) -> list[tuple[float, float, float]]:
        """(inner, π, g) of each output."""
        return torch.stack([numbers[name][0] for name in ("inner", "pi", "g")], -1).tolist()

    def alt(self, shown: Shown) -> str:
        kappa = shown.numbers["kappa"][0]
        inner, pi, g = (", ".join(f"{value:z.3f}" for value in shown.numbers[name][0]) for name in ("inner", "pi", "g"))
        return (
            f"The input ({self.x1:g}, {self.x2:g}) becomes {counted(len(kappa), 'feature')} of {shown.subject.expansion!r}, "
            f"from {kappa.min():.3g} to {kappa.max():.3g}. Their inner product with the rows of ψ(w) is {inner}; "
            f"the remainder adds {pi}; g is {g}."
        )

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        return (
            "g = "
            + ", ".join(f"{value:z.4f}" for value in numbers["g"][0])
            + f"   D = {numbers['kappa'].shape[-1]}, {counted(len(numbers['w']), 'learned number')}"
        )

    def values(self, shown: Shown) -> dict[str, str]:
        D = shown.numbers["kappa"].shape[-1]
        return {"g": listed(shown.numbers["g"][0]), "κ": f"D = {D}", "ψ": f"{self.n} × {D}", "π": listed(shown.numbers["pi"][0])}
