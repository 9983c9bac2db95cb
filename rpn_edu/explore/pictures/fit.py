"""A curve that the formula fits anew at every move."""

from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ... import data
from ...component import Dial, component
from ...fit import least_squares
from ...formula import Formula
from ..canvas import Canvas, Panel
from .base import COLORS, Numbers, Picture, Seed


@component
class Fit(Picture):
    """A noisy curve and the best g for it, found anew at every move without training: least squares."""

    shape: Annotated[Literal["waves", "step", "peak"], "the true curve"] = "waves"
    points: Annotated[int, Dial(10, 100, "points to learn from", least=2)] = 60
    noise: Annotated[float, Dial(0.0, 0.5, "standard deviation of the noise", least=0.0)] = 0.1
    ridge: Annotated[float, Dial(1e-8, 1.0, "how much large weights cost", least=0.0, above=True, log=True)] = 1e-4
    seed: Seed = 0

    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "test_error"
    fields_name: ClassVar[str] = "data"
    panels: ClassVar[tuple[Panel, ...]] = (
        Panel((0.06, 0.16, 0.92, 0.72), "dots: data   dashed: truth   solid: g(x|w)   dotted: π(x)", "x"),
    )

    def given(self) -> dict[str, Tensor]:
        # Four decimals are enough for a lesson, and then the numbers in the code are exactly these.
        x, y, _, _ = data.curve(self.points, self.noise, self.seed, self.shape)
        return {"x": x[:, 0].round(decimals=4), "y": y[:, 0].round(decimals=4)}

    def sizes(self, subject: Formula) -> dict[str, int]:
        D = subject.expansion.width(1)
        l = subject.reconciliation.length(1, D) + subject.remainder.length(1, 1)
        return {"m": 1, "b": self.points, "n": 1, "D": D, "l": l, "equations": (self.points + l) * l}

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x, y = given["x"], given["y"]  # (points,)
        grid = torch.linspace(-1, 1, 200, dtype=torch.float64)
        truth = data.SHAPES[self.shape](grid)
        D = subject.expansion.width(1)
        l = subject.reconciliation.length(1, D)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            w = torch.cat((subject.reconciliation.init(1, D), subject.remainder.init(1, 1))).double()

        def predict(w: Tensor, x: Tensor) -> Tensor:
            column = x.unsqueeze(-1)  # (rows, 1)
            inner = subject.expansion(column) @ subject.reconciliation.matrix(w[:l], 1, D).mT
            return (inner + subject.remainder(column, w[l:], 1)).squeeze(-1)

        if subject.reconciliation.length(1, D) + subject.remainder.length(1, 1):
            w = least_squares(lambda w: predict(w, x), w, y, self.ridge, self.steps(subject))
        curve = predict(w, grid)  # (200,)
        pi = subject.remainder(grid.unsqueeze(-1), w[l:], 1).squeeze(-1)
        train_error = (predict(w, x) - y).square().mean().sqrt()
        test_error = (curve - truth).square().mean().sqrt()
        errors = {"train_error": train_error, "test_error": test_error}
        return {"x": x, "y": y, "grid": grid, "truth": truth, "w": w, "curve": curve, "pi": pi, **errors}

    def steps(self, subject: Formula) -> int:
        """One step is exact where g is linear in w; otherwise sixteen are as many as a slider allows."""
        linear_pi = getattr(subject.remainder, "activation", "none") == "none"
        return 1 if subject.reconciliation.linear and linear_pi else 16

    def paint(self, canvas: Canvas, subject: Formula, numbers: Numbers) -> None:
        canvas.limits(0, (-1.05, 1.05), (-1.6, 1.6))
        grid, curve = numbers["grid"], numbers["curve"]
        canvas.line("truth", 0, grid, numbers["truth"], color=COLORS["κ"], linestyle="--", linewidth=1.2)
        canvas.line("pi", 0, grid, numbers["pi"], color=COLORS["π"], linestyle=":", linewidth=1.6)
        canvas.line("fit", 0, grid, curve.clamp(-1e3, 1e3), color=COLORS["g"], linewidth=2)
        canvas.line(
            "points", 0, numbers["x"], numbers["y"], color="#777777", marker="o", linestyle="", markersize=5, markeredgecolor="white"
        )
        if curve.abs().max() > 1.6:
            canvas.text("outside", 0, 0.5, 0.94, f"g leaves the picture: {curve.min():.3g} to {curve.max():.3g}", ha="center")

    def alt(self, subject: Formula, numbers: Numbers) -> str:
        curve = numbers["curve"]
        trend = "close to" if numbers["test_error"] < 0.1 else "roughly along" if numbers["test_error"] < 0.3 else "far from"
        return (
            f"{self.points} noisy points of a curve ({self.shape}) and the fit of {subject.expansion!r} with {subject.reconciliation!r} "
            f"and {subject.remainder!r}. The fit runs {trend} the true curve, from {curve.min():.3g} to {curve.max():.3g}: "
            f"error {numbers['train_error']:.3f} on the points, {numbers['test_error']:.3f} on the truth."
        )

    def readout(self, subject: Formula, numbers: Numbers) -> str:
        errors = f"error on the points {numbers['train_error']:.4f}   on the true curve {numbers['test_error']:.4f}"
        return f"{errors}   {len(numbers['w'])} learned numbers"

    def values(self, subject: Formula, numbers: Numbers) -> dict[str, str]:
        D = self.sizes(subject)["D"]
        return {
            "g": f"error {numbers['test_error']:.3f}",
            "κ": f"D = {D}",
            "ψ": f"1 × {D}",
            "π": f"{numbers['pi'].abs().max():.3f} at most",
        }
