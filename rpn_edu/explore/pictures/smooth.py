"""A kernel ξ between the points of a curve: every output is a mean of its neighbours."""

from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...interdependence import Interdependence
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, HATCHES, MANY, Handle, Numbers, Picture, Seed, counted


@component
class Smooth(Picture):
    """Noisy points of a curve are rows. ξ makes A of their x, and Aᵀ y is the curve again, where A weighs neighbours well."""

    point: Annotated[
        int,
        Dial(1, 61, "the point whose weights are shown, counted from the left: the last one, where there are fewer", least=1, most=MANY),
    ] = 11
    noise: Annotated[float, Dial(0.0, 1.0, "standard deviation of the noise on y", least=0.0)] = 0.4
    points: Annotated[int, Dial(11, 61, "points of the curve: the rows of X", least=2, most=MANY)] = 41
    seed: Seed = 0

    subject: ClassVar[type] = Interdependence
    answer: ClassVar[str] = "error"
    fields_name: ClassVar[str] = "curve"
    size: ClassVar[tuple[int, int]] = (760, 360)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.06, 0.43, 0.56, 0.48), "dots: y   dashed: true curve   thick: smooth", "x"),
        Axes((0.06, 0.05, 0.56, 0.22), "", xticks="none", term="ξ"),
        Axes((0.67, 0.05, 0.32, 0.86), "", xticks="none", yticks="none", term="ξ"),
    )

    def sizes(self, subject: Interdependence) -> dict[str, int]:
        b = self.points
        if (made := subject.width(b)) != b:
            raise ValueError(f"this picture needs a row for each of its {b} points, and ξ makes {made} of them")
        return {"m": 1, "b": b, "l": subject.length(1, b), "entries of A": b * b}

    def ends(self, subject: Interdependence) -> dict[str, int]:
        return {"point": self.points}

    def numbers(self, subject: Interdependence, **given: Tensor) -> Numbers:
        x = torch.linspace(0, 10, self.points, dtype=torch.float64)  # (b,)
        truth = x.sin() + x / 5
        with seeded(self.seed):
            noise = self.noise * torch.randn(self.points).double()
            w = subject.init(1, self.points).double()  # (l,)
        y = truth + noise
        A = subject.matrix(x.unsqueeze(0), w)  # (b, b): rows of data are columns for ξ
        smooth = A.mT @ y  # (b,)
        error = (smooth - truth).square().mean().sqrt()
        weights = A[:, min(self.point, self.points) - 1]  # how much each point counts for this one
        return {"x": x, "truth": truth, "y": y, "A": A, "weights": weights, "smooth": smooth, "error": error}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        x, truth, y, A, weights, smooth = (shown.numbers[name] for name in ("x", "truth", "y", "A", "weights", "smooth"))
        half, point = float(x[1] - x[0]) / 2, self.chosen()
        sides, (low, high) = (-half, 10 + half), (-1.5 - 2 * self.noise, 3.0 + 2 * self.noise)
        canvas.limits(0, sides, (low, high))
        here = float(x[point])
        canvas.line("here", 0, [here, here], [low, high], color="black", linewidth=1, linestyle=":")
        canvas.line("truth", 0, x, truth, color="#666666", linewidth=1.4, linestyle="--")
        canvas.line("smooth", 0, x, smooth, color=COLORS["ξ"], linewidth=2.4, term="ξ")  # outputs, joined: they are too few to tell jumps
        canvas.line("points", 0, x, y, color="#222222", marker="o", linestyle="", markersize=3.5, fillstyle="none")
        canvas.line("chosen", 0, [here], [smooth[point]], color=COLORS["ξ"], marker="s", linestyle="", markersize=7)
        top = steady(weights, floor=0.05) * 1.05
        canvas.title(1, f"weights of all points at x = {here:.3g}: their sum is {float(weights.sum()):.3g}")
        # Points are evenly spaced, so that each bar stands below its point.
        canvas.limits(1, (-0.5, len(x) - 0.5), (-top if bool((weights < 0).any()) else 0.0, top))
        canvas.bars("weights", 1, weights, COLORS["ξ"], HATCHES["ξ"])
        limit = steady(A, floor=0.05)
        canvas.title(2, f"A, row → column (±{limit:g})")
        canvas.image("A", 2, A, limit)
        left, right = point - 0.5, point + 0.5
        canvas.line(
            "frame", 2, [left, right, right, left, left], [-0.5, -0.5, len(A) - 0.5, len(A) - 0.5, -0.5], color="#222222", linewidth=1.2
        )

    def chosen(self) -> int:
        """The point whose weights are shown, counted from 0."""
        return min(self.point, self.points) - 1

    def handles(self, shown: Shown) -> list[Handle]:
        x, chosen, last = shown.numbers["x"], self.chosen(), self.points - 1
        height = float(shown.numbers["smooth"][chosen])
        move = lambda to, _: replace(self, point=min(max(0, round(to / 10 * last)), last) + 1)  # noqa: E731
        return [Handle("x", 0, float(x[chosen]), height, f"point {chosen + 1}, x = {x[chosen]:.3g}: {height:.3g}", move)]

    def readout(self, shown: Shown) -> str:
        numbers, point = shown.numbers, self.chosen()
        return (
            f"error to the true curve {numbers['error']:.3f}   largest weight {numbers['weights'].max():.3g}\n"
            f"at x = {numbers['x'][point]:.3g}: y {numbers['y'][point]:.2f}, smooth {numbers['smooth'][point]:.2f}, "
            f"true {numbers['truth'][point]:.2f}"
        )

    def alt(self, shown: Shown) -> str:
        numbers, weights = shown.numbers, shown.numbers["weights"]
        return (
            f"{counted(self.points, 'noisy point')} of a wavy, rising curve, and what {shown.subject!r} makes of them: it runs from "
            f"{numbers['smooth'].min():.3g} to {numbers['smooth'].max():.3g}, the true curve from {numbers['truth'].min():.3g} to "
            f"{numbers['truth'].max():.3g}. The error is {numbers['error']:.3f}. Below, the weights for x = "
            f"{numbers['x'][self.chosen()]:.3g}: from {weights.min():.3g} to {weights.max():.3g}, "
            f"{counted(int((weights > weights.max() / 10).sum()), 'point')} with more than a tenth of the largest. "
            f"Beside it A, {self.points} by {self.points}."
        )

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        return (("", "smooth = Aᵀ · y,   A = "), ("ξ", "ξ(x)"))

    def values(self, shown: Shown) -> dict[str, str]:
        return {"ξ": f"{self.points} × {self.points}"}
