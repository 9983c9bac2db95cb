"""A curve that the formula fits anew at every move."""

import math
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ...component import Dial, Table, belonging, component
from ...data import sets
from ...learn.loop import least_squares, told_by_digits
from ...network.formula import Formula
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, with_jumps
from ..state.shown import Shown
from .base import COLORS, MANY, Handle, Numbers, Picture, Seed, counted, sized, told_beyond, wildest

# A made-up line with noise, x far from [-1, 1]: what `own` looks like.
EXAMPLE = ((0, 1.0), (1, 1.8), (2, 3.1), (3, 3.9), (4, 5.2), (5, 5.9), (6, 7.1), (8, 8.8))
MOVABLE = 200
"""More points than these are too dense to be taken hold of."""


def fixed_pi(subject: Formula, x: Tensor) -> Tensor | float:
    """π(x) where it learns nothing: (rows,) → (rows,)."""
    return 0.0 if subject.remainder.neutral else subject.remainder(x.unsqueeze(-1), torch.empty(0), 1).squeeze(-1)


@component
class Fit(Picture):
    """A noisy curve and the best g for it, found anew at every move without training: least squares.

    With data of one's `own` in place of the curve: x is scaled to [-1, 1] over their range, and a quarter of the points is held out.
    """

    shape: Annotated[Literal["waves", "step", "peak"], "the true curve"] = "waves"
    points: Annotated[int, Dial(10, 100, "points to learn from", least=2, most=MANY)] = 60
    noise: Annotated[float, Dial(0.0, 0.5, "standard deviation of the noise", least=0.0)] = 0.1
    ridge: Annotated[float, Dial(1e-8, 1.0, "how much large weights cost", least=0.0, above=True, log=True)] = 1e-4
    seed: Seed = 0
    own: Annotated[tuple[tuple[float, float], ...], Table("pairs x, y of your own data, in place of the curve", EXAMPLE)] = ()

    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "test_error"
    fields_name: ClassVar[str] = "data"
    axes: ClassVar[tuple[Axes, ...]] = (Axes((0.06, 0.16, 0.92, 0.72), "dots: data   dashed: truth   solid: g(x|w)   dotted: π(x)", "x"),)

    def check(self) -> None:
        """ValueError for data of one's own that are no pairs, too few or too many, or all at one x."""
        if self.own == ():
            return
        if not isinstance(self.own, tuple) or len(self.own) < 4 or any(not isinstance(pair, tuple) or len(pair) != 2 for pair in self.own):
            raise ValueError(f"Fit.own must be at least 4 pairs (x, y), got {self.own!r:.200}")
        if len(self.own) > 100_000:
            raise ValueError(f"Fit.own must be at most 100,000 pairs, or its token would be endless, got {len(self.own):,}")
        if len({x for x, _ in self.own}) == 1:
            raise ValueError(f"Fit.own needs at least two different x, got x = {self.own[0][0]:g} everywhere")

    def span(self) -> tuple[float, float]:
        """The lowest and the highest x of the data: they become -1 and 1."""
        return (min(x for x, _ in self.own), max(x for x, _ in self.own)) if self.own else (-1.0, 1.0)

    def unit(self) -> float:
        """What the learned part of g is counted in: a power of ten where y is far from 1, since w starts near 1."""
        largest = max((abs(y) for _, y in self.own), default=1.0)
        return 1.0 if 0.1 <= largest < 100 or not largest else 10.0 ** math.floor(math.log10(largest))

    def given(self) -> dict[str, Tensor]:
        if self.own:
            x, y = torch.tensor(sorted(self.own), dtype=torch.float64).T
            low, high = self.span()
            x = ((2 * x - (low + high)) / (high - low)).round(decimals=6)
            # A quarter of them, spread by the golden ratio: every fourth of quarterly data would be one and the same season.
            test = (0.618034 * torch.arange(len(x), dtype=torch.float64) + 0.5) % 1 < 0.25
            return {"x": x[~test], "y": y[~test], "x_test": x[test], "y_test": y[test]}
        # Four decimals are enough for a lesson, and then the numbers in the code are exactly these.
        x, y, _, _ = sets.curve(self.points, self.noise, self.seed, self.shape)
        return {"x": x[:, 0].round(decimals=4), "y": y[:, 0].round(decimals=4)}

    def sizes(self, subject: Formula) -> dict[str, int]:
        return sized(subject, 1, 1, len(self.own) or self.points, 200)

    def cost(self, sizes: dict[str, int]) -> int:
        return (sizes["b"] + sizes["l"]) * sizes["l"] + 200 * sizes["D"]  # the equations of least squares, and κ on the grid

    def refuses(self, subject: Formula) -> str:
        lost = self.steps(subject) > 1 and wildest(subject.expansion) > 1e4
        return "κ makes numbers beyond ten thousand, and a fit of this ψ or π in steps is lost: choose a lower degree" if lost else ""

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x, y = given["x"], given["y"]  # (points,)
        grid = torch.linspace(-1, 1, 200, dtype=torch.float64)  # (200,)
        if self.own:
            x_test, y_test = given["x_test"], given["y_test"]  # held out
        else:
            x_test, y_test = grid, sets.SHAPES[self.shape](grid)  # the true curve
        frozen = subject.frozen(1, 1)
        unit = self.unit()
        if self.straight(subject):

            def features(x: Tensor) -> Tensor:
                return subject.expansion(x.unsqueeze(-1), belonging("expansion_", frozen))

            def predict(w: Tensor, x: Tensor) -> Tensor:
                return unit * (features(x) @ w) + fixed_pi(subject, x)

            K = features(x)  # (rows, D)
            wanted = (y - fixed_pi(subject, x)) / unit  # (rows,)
            D = subject.expansion.width(1)
            # A ridge is D more equations, √ridge · w = 0: so no number of w grows without need.
            A = torch.cat((K, self.ridge**0.5 * torch.eye(D, dtype=torch.float64)))
            w = torch.linalg.lstsq(A, torch.cat((wanted, torch.zeros(D)))).solution  # (D,)
            told_by_digits(K, w, wanted)
            pi = torch.zeros_like(grid) + fixed_pi(subject, grid)  # (200,)
        else:
            unit_of_pi = unit if subject.remainder.length(1, 1) else 1.0  # a π that learns nothing is as large as it says
            with seeded(self.seed):
                w = subject.joined(subject.init(1, 1)).double()  # (l,)

            def parts(w: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
                *_, inner, pi, _ = subject.trace(x.unsqueeze(-1), 1, subject.parted(w, 1, 1), frozen)  # (rows, 1)
                return unit * inner.squeeze(-1), unit_of_pi * pi.squeeze(-1)

            def predict(w: Tensor, x: Tensor) -> Tensor:
                inner, pi = parts(w, x)
                return inner + pi

            if subject.sizes(1, 1).learned:
                w = least_squares(lambda w: predict(w, x) / unit, w, y / unit, self.ridge, self.steps(subject))
            pi = parts(w, grid)[1]  # (200,)
        curve = predict(w, grid)  # (200,)
        return {
            "x": x,
            "y": y,
            "x_test": x_test,
            "y_test": y_test,
            "grid": grid,
            "w": w,
            "curve": curve,
            "pi": pi,
            "train_error": (predict(w, x) - y).square().mean().sqrt(),
            "test_error": (predict(w, x_test) - y_test).square().mean().sqrt(),
        }

    def straight(self, subject: Formula) -> bool:
        """Is g(x) = <κ(x), w> + π(x), and w all that is learned? Then it is found with the means of everyday.

        Beside features of size 1e16, `lstsq` takes one of size 1 for a rounding error: those are left to `least_squares`.
        """
        plain = subject == Formula(subject.expansion, remainder=subject.remainder) and not subject.remainder.length(1, 1)
        return plain and wildest(subject.expansion) <= 1e4

    def steps(self, subject: Formula) -> int:
        """One step is exact where g is linear in w; otherwise sixteen are as many as a slider allows."""
        return 1 if subject.reconciliation.linear and subject.remainder.linear else 16

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        low, high = self.span()
        bottom, top = -1.6, 1.6
        if self.own:
            y = torch.cat((numbers["y"], numbers["y_test"]))
            room = 0.3 * float(y.max() - y.min()) or 1.0
            step = 10.0 ** math.floor(math.log10(room))  # in whole steps: a point that is dragged must not drag the limits
            bottom, top = step * math.floor(float(y.min()) / step - room / step), step * math.ceil(float(y.max()) / step + room / step)
        canvas.limits(0, (low - 0.025 * (high - low), high + 0.025 * (high - low)), (bottom, top))

        def original(x: Tensor) -> Tensor:
            return (low + high) / 2 + x * (high - low) / 2 if self.own else x

        grid, curve = numbers["grid"], numbers["curve"]
        points = {"linestyle": "", "markersize": 5, "markeredgecolor": "white"}
        if self.own:
            canvas.title(0, "dots: data   crosses: data held out   solid: g(x|w)   dotted: π(x)")
        else:
            canvas.line("truth", 0, *with_jumps(grid, numbers["y_test"]), color=COLORS["κ"], linestyle="--", linewidth=1.2)
        far = 1e3 * (top - bottom)
        for name, values, style in (
            ("pi", numbers["pi"], {"term": "π", "color": COLORS["π"], "linestyle": ":", "linewidth": 1.6}),
            ("fit", curve, {"term": "g", "color": COLORS["g"], "linewidth": 2}),
        ):
            canvas.line(name, 0, *with_jumps(original(grid), values.clamp(bottom - far, top + far)), **style)
        if self.own:
            held_out = {**points, "marker": "X", "markersize": 7, "color": COLORS["κ"]}
            canvas.line("held out", 0, original(numbers["x_test"]), numbers["y_test"], **held_out)
        canvas.line("points", 0, original(numbers["x"]), numbers["y"], color="#777777", marker="o", **points)
        if (silent := self.silent(numbers)).any():
            place = original(grid[silent])
            floor = torch.full_like(place, bottom + 0.02 * (top - bottom))
            canvas.line("no feature", 0, place, floor, color="#888888", marker="|", markersize=7, linestyle="")
            canvas.text(
                "silent", 0, float((grid[silent].mean() + 1.05) / 2.1), 0.05, "κ(x) = 0 here: g is π alone", ha="center", va="bottom"
            )
        told = {"g": curve} | ({} if shown.subject.remainder.neutral else {"π": numbers["pi"]})
        told_beyond(canvas, 0, told, (bottom, top))

    def pairs(self) -> tuple[tuple[float, float], ...]:
        """The points, x and y, in the order of x: one's own, or those of the curve."""
        if self.own:
            return tuple(sorted(self.own))
        given = self.given()
        return tuple(sorted(zip(given["x"].tolist(), given["y"].tolist(), strict=True)))

    def handles(self, shown: Shown) -> list[Handle]:
        pairs = self.pairs()

        def moved(place: int, y: float) -> "Fit":
            digits = max(0, 3 - math.floor(math.log10(self.unit())))
            return replace(self, own=(*pairs[:place], (pairs[place][0], round(y, digits)), *pairs[place + 1 :]))

        return [
            Handle(f"point {i + 1}", 0, x, y, f"point {i + 1}: x = {x:.4g}, y = {y:.4g}", lambda _, y, i=i: moved(i, y), "y")
            for i, (x, y) in enumerate(pairs[:MOVABLE])
        ]

    @staticmethod
    def silent(numbers: Numbers) -> Tensor:
        """Where on the grid the inner product is exactly 0, (200,): no feature reaches there."""
        return numbers["curve"] == numbers["pi"] if len(numbers["w"]) else torch.zeros(200, dtype=torch.bool)

    def alt(self, shown: Shown) -> str:
        subject, numbers = shown.subject, shown.numbers
        curve, error = numbers["curve"], numbers["test_error"]
        spread = float(torch.cat((numbers["y"], numbers["y_test"])).std()) if self.own else 1.0
        trend = "close to" if error < 0.1 * spread else "roughly along" if error < 0.3 * spread else "far from"
        what, judge = f"{self.points} noisy points of a curve ({self.shape})", "the true curve"
        if self.own:
            what, judge = f"{len(numbers['x'])} points of your own data, {len(numbers['x_test'])} more held out", "the points held out"
        silent = self.silent(numbers).double().mean()
        blind = f" No feature reaches {silent:.0%} of the line: there g is the remainder alone." if silent else ""
        return (
            f"{what} and the fit of {subject.expansion!r} with {subject.reconciliation!r} and {subject.remainder!r}, "
            f"{counted(len(numbers['w']), 'learned number')}. The fit runs {trend} {judge}, from {curve.min():.3g} to {curve.max():.3g}: "
            f"error {self.said(numbers['train_error'])} on the points, {self.said(error)} on {judge}.{blind}"
        )

    def said(self, error: Tensor) -> str:
        """An error, one number, with the same digits wherever it stands. Nobody knows how large the numbers of a reader are."""
        return f"{error:.4g}" if self.own else f"{error:.4f}"

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        judge = "points held out" if self.own else "true curve"
        errors = f"error on the points {self.said(numbers['train_error'])}   on the {judge} {self.said(numbers['test_error'])}"
        return f"{errors}   {counted(len(numbers['w']), 'learned number')}"

    def values(self, shown: Shown) -> dict[str, str]:
        D = shown.subject.expansion.width(1)
        return {
            "g": f"error {self.said(shown.numbers['test_error'])}",
            "κ": f"D = {D}",
            "ψ": f"1 × {D}",
            "π": f"{shown.numbers['pi'].abs().max():.3f} at most",
        }
