"""A training that is played back: every step of it is kept, and a slider goes through them."""

import functools
from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...network.formula import Formula
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, MANY, Handle, Numbers, Picture, Seed, counted, handwritten, sized, tiled

MOST = 320  # features: more would make a slider stutter
STEPS = 60
NEW = 500  # images that are never learned from


@functools.lru_cache(16)
def trained(subject: Formula, images: int, lr: float, pooled: bool, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """A training from its first w to its last, and what judges it.

    w, (STEPS + 1, l); their losses and the shares of new images that they read, (STEPS + 1,) each; the new images, (500, m), and the
    digits that they show, (500,). Kept for the slider: another step of the same training is only looked up.
    """
    x, y = handwritten()  # (1797, 64), (1797,)
    if pooled:
        x = x.view(-1, 4, 2, 4, 2).mean((2, 4)).flatten(1)  # (1797, 16)
    m = 16 if pooled else 64
    with seeded(seed + 1000):  # images of their own: another formula must not change them
        order = torch.randperm(1797)
    x_train, y_train, x_new, y_new = x[order[:images]], y[order[:images]], x[order[-NEW:]], y[order[-NEW:]]
    with seeded(seed):
        w = subject.joined(subject.init(m, 10)).double().requires_grad_()  # (l,)
    frozen = subject.frozen(m, 10)
    optimizer = torch.optim.AdamW([w], lr=lr, weight_decay=1e-4)

    def g(x: Tensor) -> Tensor:
        *_, g = subject.trace(x, 10, subject.parted(w, m, 10), frozen)
        return g  # (rows, 10)

    kept, losses, shares = [], [], []
    for _ in range(STEPS + 1):
        with torch.enable_grad():
            loss = torch.nn.functional.cross_entropy(g(x_train), y_train)
        with torch.no_grad():
            shares.append((g(x_new).argmax(-1) == y_new).double().mean())
        losses.append(loss.detach())
        kept.append(w.detach().clone())
        if subject.sizes(m, 10).learned:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return torch.stack(kept), torch.stack(losses), torch.stack(shares), x_new, y_new


@component
class Training(Picture):
    """A formula that learns to read digits, step by step: its loss so far, how many new digits it reads, and what ψ(w) looks for."""

    step: Annotated[int, Dial(0, STEPS, "the step of the training that is shown", most=STEPS, plays=True)] = 0
    lr: Annotated[float, Dial(1e-3, 1.0, "learning rate: how far w goes in a step", least=0.0, above=True, log=True)] = 0.01
    images: Annotated[int, Dial(20, 300, "images to learn from", least=10, most=MANY)] = 200
    pooled: Annotated[bool, "average blocks of 2 × 2 pixels: 16 inputs instead of 64"] = False
    seed: Seed = 0

    n: ClassVar[int] = 10
    size: ClassVar[tuple[int, int]] = (740, 330)  # pixels
    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "accuracy"
    fields_name: ClassVar[str] = "training"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.07, 0.60, 0.29, 0.27), "loss", term="g"),
        Axes((0.07, 0.15, 0.29, 0.27), "read right", "step"),
        Axes((0.42, 0.42, 0.57, 0.46), "ψ(w)", xticks="none", yticks="none", term="ψ"),
        Axes((0.42, 0.12, 0.57, 0.19), "ten new images, and what each is read as", xticks="none", yticks="none"),
    )

    def check(self) -> None:
        """ValueError for more images than leave 500 to be judged by."""
        if self.images > 1297:
            raise ValueError(f"Training.images must leave 500 of 1,797 images to be judged by, got {self.images}")

    def sizes(self, subject: Formula) -> dict[str, int]:
        return sized(subject, 16 if self.pooled else 64, self.n, self.images, NEW) | {"b": self.images + NEW}

    def cost(self, sizes: dict[str, int]) -> int:
        return (STEPS + 1) * sizes["l"]  # every w is kept

    def refuses(self, subject: Formula) -> str:
        D, less = self.sizes(subject)["D"], "a lower degree of κ" if self.pooled else "pooled images or a lower degree of κ"
        return f"Training stops at D = {MOST} features, got {D:,}: choose {less}" if D > MOST else ""

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        kept, losses, shares, x_new, y_new = trained(subject, self.images, self.lr, self.pooled, self.seed)
        m, w = 16 if self.pooled else 64, kept[self.step]
        frozen = subject.frozen(m, self.n)
        digits = torch.arange(self.n).unsqueeze(-1)  # (10, 1)
        images = x_new[(y_new == digits).double().argmax(-1)]  # (10, m): the first of each digit
        *_, kappa, _, _, g = subject.trace(images, self.n, subject.parted(w, m, self.n), frozen)
        W = torch.cat(subject.matrices(kappa.shape[-1], self.n, subject.parted(w, m, self.n), frozen))  # (n, D)
        scores = {"loss": losses[self.step], "accuracy": shares[self.step]}
        past = {"losses": losses[: self.step + 1], "shares": shares[: self.step + 1]}
        return {**scores, **past, "w": w, "W": W, "images": images, "said": g.argmax(-1)}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        loss, accuracy, past = float(numbers["loss"]), float(numbers["accuracy"]), range(self.step + 1)
        highest = float(numbers["losses"].max())
        for axes, name, top, said in (
            (0, "losses", 3.0 if highest <= 3 else steady(highest), f"loss so far: {loss:.3g} at step {self.step}"),
            (1, "shares", 1.05, f"read right: {accuracy:.1%} of {NEW} new images"),
        ):
            values = numbers[name]
            canvas.title(axes, said)
            canvas.limits(axes, (-1, STEPS + 1), (0, top))
            canvas.line(name, axes, past, values, color=COLORS["g"], linewidth=1.8)
            canvas.line(f"{name} now", axes, past[-1:], values[-1:], color=COLORS["g"], marker="o", linestyle="", markersize=7)
        canvas.line("chance", 1, [-1, STEPS + 1], [0.1, 0.1], color="#999999", linewidth=1, linestyle=":")
        canvas.text("guessing", 1, 0.99, 0.11, "guessing", color="#666666", ha="right")

        W, side = numbers["W"], 4 if self.pooled else 8
        as_images = W.shape[1] == side * side
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        canvas.title(2, "the 10 rows of ψ(w) as images" if as_images else "ψ(w): 10 rows, one for each digit, and D columns")
        canvas.image("W", 2, tiled(W.view(-1, side, side), 5) if as_images else W, steady(W.abs().quantile(0.98), floor=0.5))
        for k in range(self.n) if as_images else ():
            where = (k % 5 * (side + 1) + 0.1) / (5 * side + 4), 1 - (k // 5 * (side + 1) + 0.1) / (2 * side + 1)
            canvas.text(f"row {k}", 2, *where, str(k), va="top", fontweight="bold", bbox=box)

        canvas.image("images", 3, tiled(numbers["images"].view(-1, side, side), self.n), 1.0)
        for k, said in enumerate(numbers["said"].tolist()):
            centre = (k * (side + 1) + side / 2) / (self.n * side + self.n - 1)
            canvas.text(f"said {k}", 3, centre, -0.08, f"{said} ✓" if said == k else f"{said} ✗", ha="center", va="top")

    def handles(self, shown: Shown) -> list[Handle]:
        move = lambda step, _: replace(self, step=min(max(0, round(step)), STEPS))  # noqa: E731
        return [Handle("step", 1, self.step, float(shown.numbers["accuracy"]), f"step {self.step}", move)]

    def alt(self, shown: Shown) -> str:
        numbers = shown.numbers
        said = numbers["said"].tolist()
        wrong = ", ".join(f"{k} as {digit}" for k, digit in enumerate(said) if digit != k)
        return (
            f"{shown.subject.expansion!r} with {shown.subject.reconciliation!r} and {shown.subject.remainder!r} learns to read digits from "
            f"{self.images} images. After {counted(self.step, 'step')} of {STEPS} the loss is {numbers['loss']:.3g}, from "
            f"{numbers['losses'][0]:.3g} at the start, and {numbers['accuracy']:.1%} of {NEW} new images are read right. Of ten of these "
            f"{f'some are read wrongly: {wrong}' if wrong else 'all are read right'}. Beside them the rows of ψ(w), with entries "
            f"from {numbers['W'].min():.3g} to {numbers['W'].max():.3g}."
        )

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        scores = f"loss {numbers['loss']:.3g}   {numbers['accuracy']:.1%} of {NEW} new images"
        return f"step {self.step} of {STEPS}   {scores}   {counted(len(numbers['w']), 'learned number', ',')}"

    def values(self, shown: Shown) -> dict[str, str]:
        D = shown.numbers["W"].shape[1]
        return {"g": f"{shown.numbers['accuracy']:.1%} right", "κ": f"D = {D}", "ψ": f"{self.n} × {D}"}
