"""The error on fresh data against the number of features: it peaks where D meets the number of rows, and falls again."""

import functools
import math
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ...component import Dial, component
from ...data.sets import SHAPES
from ...expansion import Expansion
from ...learn.loop import ridge_regression
from ..canvas import Axes, Canvas, with_jumps
from ..state.shown import Shown
from .base import COLORS, MANY, Handle, Numbers, Picture, Seed, counted, scattered, told_beyond, wildest

MOST = 120  # features: a fit is made for each number of them


@functools.lru_cache(16)
def fitted(kappa: Expansion, ridge: float, shape: str, points: int, noise: float, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Least squares with the first feature of κ, with the first two, and so on up to all W of them. Kept: another D is only looked up.

    x and y of the rows, (points,) each; every g on the rows and then at 200 places, (W, points + 200); the size of every w, (W,).
    """
    x, y = scattered(shape, points, noise, seed)
    places = torch.cat((x, torch.linspace(-1, 1, 200, dtype=torch.float64))).unsqueeze(-1)  # (points + 200, 1)
    K = kappa(places)  # (points + 200, W)
    outputs, sizes = [], []
    for D in range(1, K.shape[1] + 1):
        w = ridge_regression(K[:points, :D], y, ridge)  # (D,)
        outputs.append(K[:, :D] @ w)
        sizes.append(w.norm())
    return x, y, torch.stack(outputs), torch.stack(sizes)


@component
class DoubleDescent(Picture):
    """Least squares with the first D features of κ, for every D: the error on the rows and on the true curve, and the fit for one D."""

    D: Annotated[int, Dial(1, 100, "how many of the features of κ, from the first on", least=1, most=MANY)] = 10
    ridge: Annotated[float, Dial(1e-10, 1.0, "how much large weights cost", least=0.0, above=True, log=True)] = 1e-10
    points: Annotated[int, Dial(5, 40, "rows to learn from", least=2, most=MANY)] = 20
    noise: Annotated[float, Dial(0.0, 0.5, "standard deviation of the noise", least=0.0)] = 0.2
    shape: Annotated[Literal["waves", "step", "peak"], "the true curve"] = "waves"
    seed: Seed = 0

    subject: ClassVar[type] = Expansion
    answer: ClassVar[str] = "test_error"
    fields_name: ClassVar[str] = "fit"
    size: ClassVar[tuple[int, int]] = (760, 330)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.07, 0.14, 0.44, 0.74), "error   solid: true curve   dashed: rows", "D", yticks="powers", term="κ"),
        Axes((0.58, 0.14, 0.41, 0.74), "", "x"),
    )

    def sizes(self, subject: Expansion) -> dict[str, int]:
        W = subject.width(1)
        return {"m": 1, "b": self.points + 200, "n": 1, "D": W, "l": min(self.D, W)}

    def ends(self, subject: Expansion) -> dict[str, int]:
        return {"D": subject.width(1)}

    def cost(self, sizes: dict[str, int]) -> int:
        return sizes["D"] * (sizes["b"] + 1) + 4 * self.points * sizes["D"]  # every g is kept, and a fit needs some tables

    def refuses(self, subject: Expansion) -> str:
        if (W := subject.width(1)) > MOST:
            return f"DoubleDescent stops at {MOST} features, since it makes a fit for each number of them, got {W:,}: choose a lower degree"
        lost = "κ makes numbers beyond ten thousand, and least squares is lost: choose a lower degree or another κ"
        return lost if wildest(subject) > 1e4 else ""

    def numbers(self, subject: Expansion, **given: Tensor) -> Numbers:
        x, y, outputs, sizes = fitted(subject, self.ridge, self.shape, self.points, self.noise, self.seed)
        grid = torch.linspace(-1, 1, 200, dtype=torch.float64)  # (200,)
        truth = SHAPES[self.shape](grid)
        train_errors = (outputs[:, : self.points] - y).square().mean(-1).sqrt()  # (W,)
        test_errors = (outputs[:, self.points :] - truth).square().mean(-1).sqrt()  # (W,)
        D = min(self.D, subject.width(1))
        scores = {"train_error": train_errors[D - 1], "test_error": test_errors[D - 1], "size_of_w": sizes[D - 1]}
        ends = {"highest": test_errors.max(), "highest_D": test_errors.argmax() + 1, "least": test_errors.min()}
        curves = {"x": x, "y": y, "grid": grid, "truth": truth, "curve": outputs[D - 1, self.points :]}
        return {**scores, **ends, **curves, "train_errors": train_errors, "test_errors": test_errors}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers, D = shown.numbers, shown.sizes["l"]
        W, here = len(numbers["test_errors"]), math.log10(max(float(numbers["test_error"]), 1e-4))
        logs = {name: numbers[f"{name}_errors"].clamp(min=1e-4).log10() for name in ("train", "test")}
        top = max(2, math.ceil(float(logs["test"].max())))
        right = max(W, self.points) + 1
        canvas.limits(0, (0, right), (-4, top))
        canvas.line("rows", 0, [self.points, self.points], [-4, top], color="#b34700", linestyle=":", linewidth=1.6)
        side = "right" if self.points > right / 2 else "left"
        place = self.points / right + (-0.015 if side == "right" else 0.015)
        canvas.text("rows say", 0, place, 0.03, f"D = {self.points}, as many as rows", color="#b34700", ha=side)
        for name, color, style in (("train", "#777777", "--"), ("test", COLORS["g"], "-")):
            canvas.line(name, 0, range(1, W + 1), logs[name], color=color, linestyle=style, linewidth=1.8)
        canvas.line("here", 0, [D], [here], color="black", marker="o", linestyle="", markersize=8)

        canvas.title(1, f"fit with D = {D}   dots: rows   dashed: true curve")
        canvas.limits(1, (-1.02, 1.02), (-1.6, 1.6))
        grid = numbers["grid"]
        canvas.line("truth", 1, *with_jumps(grid, numbers["truth"]), color=COLORS["κ"], linestyle="--", linewidth=1.2)
        canvas.line("fit", 1, *with_jumps(grid, numbers["curve"].clamp(-9, 9)), term="g", color=COLORS["g"], linewidth=2)
        dots = {"color": "#777777", "marker": "o", "linestyle": "", "markersize": 5, "markeredgecolor": "white"}
        canvas.line("points", 1, numbers["x"], numbers["y"], **dots)
        told_beyond(canvas, 1, {"g": numbers["curve"]}, (-1.6, 1.6))

    def handles(self, shown: Shown) -> list[Handle]:
        D, error = shown.sizes["l"], float(shown.numbers["test_error"])
        move = lambda D, _: replace(self, D=min(max(1, round(D)), shown.sizes["D"]))  # noqa: E731
        return [Handle("D", 0, D, math.log10(max(error, 1e-4)), f"D = {D}: error {error:.3g}", move)]

    def alt(self, shown: Shown) -> str:
        numbers, D = shown.numbers, shown.sizes["l"]
        return (
            f"Least squares on {self.points} noisy rows of a curve ({self.shape}) with the first D features of {shown.subject!r}, "
            f"which has {shown.sizes['D']}, and a ridge of {self.ridge:.2g}. The error on the true curve is highest at "
            f"D = {numbers['highest_D']}: {numbers['highest']:.3g}. It is {numbers['test_errors'][-1]:.3g} with all features, and "
            f"{numbers['least']:.3g} at the least. At D = {D} it is {numbers['test_error']:.3g}, and {numbers['train_error']:.3g} on the "
            f"rows. Beside it this fit, from {numbers['curve'].min():.3g} to {numbers['curve'].max():.3g}."
        )

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        here = f"D = {shown.sizes['l']}: error on the rows {numbers['train_error']:.3g}   on the true curve {numbers['test_error']:.3g}"
        ends = f"highest {numbers['highest']:.3g} at D = {numbers['highest_D']}   least {numbers['least']:.3g}"
        return f"{here}   size of w {numbers['size_of_w']:.3g}\n{ends}"

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        return (("g", "g(x|w)"), ("", " = ⟨ "), ("κ", "the first D of κ(x)"), ("", " , "), ("ψ", "w"), ("", " ⟩"))

    def values(self, shown: Shown) -> dict[str, str]:
        return {"g": f"error {shown.numbers['test_error']:.3g}", "κ": counted(shown.sizes["l"], "feature"), "ψ": f"1 × {shown.sizes['l']}"}
