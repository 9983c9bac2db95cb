"""A training on a curve that was recorded: every step of it can be walked, from the start to the last."""

import functools
import math
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ...component import Dial, component
from ...data.sets import SHAPES
from ...learn.loop import least_squares
from ...network.formula import Formula
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady, with_jumps
from ..state.shown import Shown
from .base import COLORS, HATCHES, MANY, Handle, Numbers, Picture, Seed, counted, scattered, sized, told_beyond, wildest

MOST = 320  # features: more would make a slider stutter
STEPS = 100
FAR = 1e6
"""A run whose loss is larger ends there: its numbers grow without bound."""


@functools.lru_cache(16)
def recorded(
    subject: Formula, optimizer: str, steps: int, lr: float, batch: int, scale: float, shape: str, points: int, noise: float, seed: int
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """A training from its first w on, and what judges it. Kept for the slider, which only looks up.

    x and y of the rows, (points,) each; every w, (steps + 1, l); its losses on the rows and on the true curve, (steps + 1,) each.
    """
    truth = SHAPES[shape]
    x, y = scattered(shape, points, noise, seed)
    batches = torch.arange(points).repeat(steps, 1)  # (steps, points): all rows in every step
    if optimizer != "L-BFGS" and batch < points:  # that one compares the losses of its steps: they must be losses of the same rows
        with seeded(seed + 500):
            batches = torch.randint(points, (steps, batch))
    with seeded(seed):
        w = scale * subject.joined(subject.init(1, 1)).double()  # (l,)
    frozen = subject.frozen(1, 1)
    grid = torch.linspace(-1, 1, 200, dtype=torch.float64)

    def g(x: Tensor, w: Tensor) -> Tensor:
        *_, g = subject.trace(x.unsqueeze(-1), 1, subject.parted(w, 1, 1), frozen)
        return g.squeeze(-1)  # (rows,)

    if optimizer == "closed form":
        kept = [w, least_squares(lambda w: g(x, w), w, y, 1e-8, 1)]
    elif not subject.sizes(1, 1).learned:
        kept = [w]
    else:
        kept, learned = [w], w.clone().requires_grad_()
        match optimizer:
            case "AdamW":
                mover = torch.optim.AdamW([learned], lr=lr, weight_decay=1e-4)
            case "SGD":
                mover = torch.optim.SGD([learned], lr=lr)
            case "L-BFGS":
                mover = torch.optim.LBFGS([learned], max_iter=1, max_eval=25, line_search_fn="strong_wolfe")
        for rows in batches:

            def loss(rows: Tensor = rows) -> Tensor:
                mover.zero_grad()
                value = (g(x, learned) - y)[rows].square().mean()
                value.backward()
                return value

            with torch.enable_grad():
                before = mover.step(loss)
            if not before < FAR:  # type: ignore[operator]
                break
            kept.append(learned.detach().clone())
    train_losses = torch.stack([(g(x, w) - y).square().mean() for w in kept])
    test_losses = torch.stack([(g(grid, w) - truth(grid)).square().mean() for w in kept])
    return x, y, torch.stack(kept), train_losses, test_losses


@component
class Learning(Picture):
    """A formula that learns a curve, step by step: its fit, both losses so far, its learned numbers, and what each term adds to g."""

    step: Annotated[int, Dial(0, STEPS, "the step of the recorded training that is shown", most=STEPS, plays=True)] = STEPS
    optimizer: Annotated[Literal["AdamW", "SGD", "L-BFGS", "closed form"], "what makes the next w of the last one"] = "AdamW"
    lr: Annotated[float, Dial(1e-3, 10.0, "learning rate: how far w goes in a step", least=0.0, above=True, log=True)] = 0.1
    batch: Annotated[int, Dial(1, 40, "rows that are drawn for each step; as many as there are: all of them", least=1, most=MANY)] = 40
    scale: Annotated[float, Dial(0.0, 5.0, "the random start is multiplied by this number", least=0.0)] = 1.0
    shape: Annotated[Literal["waves", "step", "peak"], "the true curve"] = "waves"
    points: Annotated[int, Dial(5, 40, "points to learn from", least=2, most=MANY)] = 20
    noise: Annotated[float, Dial(0.0, 0.5, "standard deviation of the noise", least=0.0)] = 0.2
    seed: Seed = 0

    steps: ClassVar[int] = STEPS
    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "test_loss"
    fields_name: ClassVar[str] = "training"
    size: ClassVar[tuple[int, int]] = (760, 380)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.06, 0.52, 0.53, 0.40), "dots: data   dashed: truth   solid: g(x|w)   dotted: π(x)"),
        Axes((0.06, 0.10, 0.53, 0.28), "", "step", yticks="powers"),
        Axes((0.66, 0.70, 0.33, 0.22), "", xticks="none", term="ψ"),
        Axes((0.66, 0.38, 0.33, 0.22), "", xticks="none", term="ψ"),
        Axes((0.66, 0.08, 0.33, 0.19), "share of each term in g", xticks="none", yticks="none"),
    )

    def sizes(self, subject: Formula) -> dict[str, int]:
        return sized(subject, 1, 1, self.points, 200)

    def cost(self, sizes: dict[str, int]) -> int:
        drawn = (self.points + sizes["l"]) * sizes["l"] if self.exact else STEPS * max(self.points, self.batch)
        return (STEPS + 1) * (sizes["l"] + 200 + self.points) + 200 * sizes["D"] + drawn

    def refuses(self, subject: Formula) -> str:
        if (D := self.sizes(subject)["D"]) > MOST:
            return f"Learning stops at D = {MOST} features, got {D:,}: choose a lower degree of κ"
        if wildest(subject.expansion) > 1e4:
            return "κ makes numbers beyond ten thousand, and a training with them is lost: choose a lower degree"
        curved = not (subject.reconciliation.linear and subject.remainder.linear)
        return "g is not linear in w here, so that no closed form is known: choose another optimizer" if curved and self.exact else ""

    @property
    def exact(self) -> bool:
        """Is there one step only, to the best w?"""
        return self.optimizer == "closed form"

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x, y, kept, train_losses, test_losses = recorded(
            subject, self.optimizer, self.steps, self.lr, self.batch, self.scale, self.shape, self.points, self.noise, self.seed
        )
        train_losses, test_losses = train_losses[: self.step + 1], test_losses[: self.step + 1]  # only the past is shown
        w = kept[: self.step + 1][-1]  # (l,)
        grid = torch.linspace(-1, 1, 200, dtype=torch.float64)  # (200,)
        frozen = subject.frozen(1, 1)
        parts = subject.parted(w, 1, 1)
        *_, kappa, inner, pi, g = subject.trace(grid.unsqueeze(-1), 1, parts, frozen)  # (200, D), then (200, 1) each
        W = torch.cat(subject.matrices(kappa.shape[-1], 1, parts, frozen))  # (channels, D)
        size = torch.stack((inner, pi)).square().mean((1, 2)).sqrt()  # (2,)
        scores = {"train_loss": train_losses[-1], "test_loss": test_losses[-1], "best_step": test_losses.argmin()}
        past = {"train_losses": train_losses, "test_losses": test_losses}
        curves = {"x": x, "y": y, "grid": grid, "truth": SHAPES[self.shape](grid), "curve": g[:, 0], "pi": pi[:, 0]}
        return {**scores, **past, **curves, "w": w, "W": W.flatten(), "shares": size / size.sum().clamp(min=1e-12)}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        grid, step = numbers["grid"], len(numbers["test_losses"]) - 1
        canvas.limits(0, (-1.02, 1.02), (-1.6, 1.6))
        canvas.line("truth", 0, *with_jumps(grid, numbers["truth"]), color=COLORS["κ"], linestyle="--", linewidth=1.2)
        canvas.line("pi", 0, *with_jumps(grid, numbers["pi"].clamp(-9, 9)), term="π", color=COLORS["π"], linestyle=":", linewidth=1.6)
        canvas.line("fit", 0, *with_jumps(grid, numbers["curve"].clamp(-9, 9)), term="g", color=COLORS["g"], linewidth=2)
        dots = {"color": "#777777", "marker": "o", "linestyle": "", "markersize": 5, "markeredgecolor": "white"}
        canvas.line("points", 0, numbers["x"], numbers["y"], **dots)
        told_beyond(canvas, 0, {"g": numbers["curve"], "π": numbers["pi"]}, (-1.6, 1.6))

        logs = {name: numbers[f"{name}_losses"].clamp(min=1e-7).log10() for name in ("train", "test")}
        both = torch.cat([*logs.values()])
        low, high = min(-3, math.floor(float(both.min()))), max(1, math.ceil(float(both.max())))
        canvas.limits(1, (-1, STEPS + 1), (low, high))
        canvas.title(1, f"loss   solid: points {numbers['train_loss']:.3g}   dashed: true curve {numbers['test_loss']:.3g}")
        for name, color, style in (("train", "#777777", "-"), ("test", COLORS["g"], "--")):
            canvas.line(name, 1, range(step + 1), logs[name], color=color, linestyle=style, linewidth=1.8)
            canvas.line(f"{name} now", 1, [step], logs[name][-1:], color=color, marker="o", linestyle="", markersize=6)
        best = int(numbers["best_step"])
        canvas.line("best", 1, [best, best], [low, high], color="#b34700", linestyle=":", linewidth=1.4)
        side = "right" if best > STEPS / 2 else "left"
        place = (best + 1) / (STEPS + 2) + (-0.008 if best > STEPS / 2 else 0.008)
        canvas.text("stop", 1, place, 0.93, f"least so far: step {best}", ha=side, va="top", color="#b34700")

        for axes, name, values, noun in ((2, "w", numbers["w"], "learned number"), (3, "ψ(w)", numbers["W"], "column")):
            canvas.title(axes, f"{name}: {counted(len(values), noun)}")
            canvas.limits(axes, (-0.6, max(len(values), 1) - 0.4), (-steady(values, floor=0.5), steady(values, floor=0.5)))
            canvas.line(f"zero {name}", axes, [-0.6, len(values)], [0, 0], color="#999999", linewidth=0.8)
            if len(values):
                canvas.bars(name, axes, values, COLORS["ψ"], HATCHES["ψ"])
        canvas.limits(4, (0, 1), (1.6, -0.6))
        canvas.bars("shares", 4, numbers["shares"], [COLORS["ψ"], COLORS["π"]], HATCHES["ψ"], horizontal=True)
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        for row, (name, share) in enumerate(zip(("<κ, ψ(w)>", "π(x)"), numbers["shares"].tolist())):
            canvas.text(f"share {row}", 4, 0.02, 1 - (row + 0.6) / 2.2, f"{name} {share:.0%}", va="center_baseline", bbox=box)

    def handles(self, shown: Shown) -> list[Handle]:
        height = float(shown.numbers["test_loss"].clamp(min=1e-7).log10())
        move = lambda step, _: replace(self, step=min(max(0, round(step)), STEPS))  # noqa: E731
        return [Handle("step", 1, self.step, height, f"step {self.step}", move)]

    def ended(self, shown: Shown) -> str:
        """Why the run has fewer steps than the slider, in a sentence; nothing where it has not."""
        last = len(shown.numbers["test_losses"]) - 1
        if last == self.step:
            return ""
        if not len(shown.numbers["w"]):
            return "Nothing is learned here."
        return "The closed form is one step." if self.exact else f"The run ends at step {last}: its numbers grow without bound."

    def alt(self, shown: Shown) -> str:
        numbers = shown.numbers
        curve, inner = numbers["curve"], numbers["shares"][0]
        start, step = f"{numbers['train_losses'][0]:.3g}", len(numbers["test_losses"]) - 1
        return (
            f"{shown.subject.expansion!r} with {shown.subject.reconciliation!r} and {shown.subject.remainder!r} learns {self.points} noisy "
            f"points of a curve ({self.shape}) by {self.optimizer}. At step {step} of {STEPS} the loss on the points is "
            f"{numbers['train_loss']:.3g}, from {start} at the start, and {numbers['test_loss']:.3g} on the true curve; the least so far "
            f"was {numbers['test_losses'].min():.3g} at step {numbers['best_step']}. The fit runs from {curve.min():.3g} to "
            f"{curve.max():.3g}. {inner:.0%} of g is the inner product. {self.ended(shown)}"
        ).rstrip()

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        losses = f"loss on the points {numbers['train_loss']:.4g}   on the true curve {numbers['test_loss']:.4g}"
        best = f"least so far {numbers['test_losses'].min():.4g} at step {numbers['best_step']}"
        return f"{losses}   {best}\n{counted(len(numbers['w']), 'learned number')}   {self.ended(shown)}".rstrip()

    def values(self, shown: Shown) -> dict[str, str]:
        D, shares = len(shown.numbers["W"]), shown.numbers["shares"]
        return {"g": f"loss {shown.numbers['test_loss']:.3g}", "κ": f"D = {D}", "ψ": f"{shares[0]:.0%} of g", "π": f"{shares[1]:.0%}"}
