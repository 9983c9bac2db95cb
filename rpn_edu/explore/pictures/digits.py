"""Handwritten digits that the formula learns to read anew at every move."""

import dataclasses
from typing import Annotated, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ...component import Dial, component
from ...learn.loop import descend
from ...network.formula import Formula
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, DENSE, MANY, Numbers, Picture, Seed, counted, handwritten, sized, tiled

MOST = 320  # features: more would make a slider stutter
SHOWN = 8  # images that were read wrongly


@component
class Digits(Picture):
    """A head that reads digits: how many of 500 new images it gets right, how many a dense matrix does, and what ψ(w) looks for."""

    images: Annotated[int, Dial(20, 300, "images to learn from", least=10, most=MANY)] = 200
    wrong: Annotated[float, Dial(0.0, 0.5, "share of these images that carry a random label", least=0.0)] = 0.0
    ridge: Annotated[float, Dial(1e-6, 0.1, "how much large weights cost", least=0.0, above=True, log=True)] = 1e-3
    pooled: Annotated[bool, "average blocks of 2 × 2 pixels: 16 inputs instead of 64"] = False
    seed: Seed = 0

    n: ClassVar[int] = 10
    steps: ClassVar[int] = 20
    size: ClassVar[tuple[int, int]] = (740, 330)  # pixels
    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "accuracy"
    fields_name: ClassVar[str] = "data"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.07, 0.19, 0.29, 0.67), "read right: ● this ψ  ○ dense matrix", "l, how many numbers are learned", term="g"),
        Axes((0.42, 0.42, 0.57, 0.48), "ψ(w)", xticks="none", yticks="none", term="ψ"),
        Axes((0.42, 0.10, 0.57, 0.19), "read wrongly", xticks="none", yticks="none"),
    )

    def check(self) -> None:
        """ValueError for a share above 1, or for more images than leave 500 to be judged by."""
        if self.wrong > 1:
            raise ValueError(f"Digits.wrong must be a share of at most 1, got {self.wrong}")
        if self.images > 1297:
            raise ValueError(f"Digits.images must leave 500 of 1,797 images to be judged by, got {self.images}")

    def sizes(self, subject: Formula) -> dict[str, int]:
        m = 16 if self.pooled else 64
        return sized(subject, m, self.n, self.images, 500) | {"b": self.images + 500}

    def refuses(self, subject: Formula) -> str:
        D, less = self.sizes(subject)["D"], "a lower degree of κ" if self.pooled else "pooled images or a lower degree of κ"
        return f"Digits learns anew at every move and stops at D = {MOST} features, got {D:,}: choose {less}" if D > MOST else ""

    def with_dense_matrix(self, subject: Formula) -> Formula:
        """What it is compared with: the same formula with a number for every entry of its matrix."""
        return dataclasses.replace(subject, reconciliation=DENSE)

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x, y = handwritten()  # (1797, 64), (1797,)
        if self.pooled:
            x = x.view(-1, 4, 2, 4, 2).mean((2, 4)).flatten(1)  # (1797, 16)
        m = 16 if self.pooled else 64
        with seeded(self.seed + 1000):  # images and labels of their own: another ψ must not change them
            order = torch.randperm(1797)
            random_labels, luck = torch.randint(self.n, (self.images,)), torch.rand(self.images)
        x_train, x_test, y_test = x[order[: self.images]], x[order[-500:]], y[order[-500:]]
        labels = torch.where(luck < self.wrong, random_labels, y[order[: self.images]])
        with seeded(self.seed):
            w = subject.joined(subject.init(m, self.n)).double()  # (l,)
        frozen = subject.frozen(m, self.n)
        dense = self.with_dense_matrix(subject)
        with seeded(self.seed):
            full = dense.joined(dense.init(m, self.n)).double()
        frozen_full = dense.frozen(m, self.n)
        *_, kappa, _, _, _ = subject.trace(x_train, self.n, subject.parted(w, m, self.n), frozen)  # (images, D)
        typical = kappa.square().mean().sqrt().clamp(min=1e-9)

        def g(w: Tensor, x: Tensor) -> Tensor:
            *_, inner, pi, _ = subject.trace(x, self.n, subject.parted(w, m, self.n), frozen)
            # Features are brought to size one: then one ridge serves every κ.
            return inner / typical + pi  # (rows, n)

        def g_of_full(w: Tensor, x: Tensor) -> Tensor:
            *_, inner, pi, _ = dense.trace(x, self.n, dense.parted(w, m, self.n), frozen_full)
            return inner / typical + pi

        def loss(outputs: Tensor, w: Tensor) -> Tensor:
            return torch.nn.functional.cross_entropy(outputs, labels) + self.ridge * w.square().sum()

        if subject.sizes(m, self.n).learned:
            w = descend(lambda w: loss(g(w, x_train), w), w, self.steps)
        full = w if subject == dense else descend(lambda w: loss(g_of_full(w, x_train), w), full, self.steps)
        W = torch.cat(subject.matrices(kappa.shape[-1], self.n, subject.parted(w, m, self.n), frozen))  # (n, D)
        read = g(w, x_test).argmax(-1)  # (500,)
        accuracy = (read == y_test).double().mean()
        learned = (g(w, x_train).argmax(-1) == labels).double().mean()
        dense_accuracy = (g_of_full(full, x_test).argmax(-1) == y_test).double().mean()
        mistakes = (read != y_test).nonzero().squeeze(-1)[:SHOWN]  # (8,) or fewer
        scores = {"accuracy": accuracy, "on_its_own_images": learned, "dense_accuracy": dense_accuracy}
        return {**scores, "w": w, "full": full, "W": W, "images": x_test[mistakes], "said": read[mistakes], "is": y_test[mistakes]}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        l, dense = len(numbers["w"]), len(numbers["full"])
        reach = steady(max(l, dense)) * 1.05
        canvas.limits(0, (-0.02 * reach, reach), (0, 1.02))
        canvas.line("chance", 0, [0, reach], [0.1, 0.1], color="#999999", linewidth=1, linestyle=":")
        # Where no line crosses the word.
        side, where = ("left", 0.02) if 0.35 * reach < l and max(l, dense) > 0.65 * reach else ("right", 0.99)
        canvas.text("guessing", 0, where, 0.11, "guessing", color="#666666", ha=side)
        canvas.line("full", 0, [dense, dense], [0, numbers["dense_accuracy"]], color="#777777", linewidth=1, linestyle="--")
        style = {"color": "white", "marker": "o", "linestyle": "", "markersize": 9, "markeredgecolor": "#555555"}
        canvas.line("full dot", 0, [dense], [numbers["dense_accuracy"]], **style)
        canvas.line("l", 0, [l, l], [0, numbers["accuracy"]], color=COLORS["ψ"], linewidth=2)
        canvas.line("dot", 0, [l], [numbers["accuracy"]], color=COLORS["ψ"], marker="o", linestyle="", markersize=8)
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        place, height = (l + 0.02 * reach) / (1.02 * reach), float(numbers["accuracy"]) / 1.02 - 0.05
        side, where = ("right", place - 0.03) if place > 0.6 else ("left", place + 0.03)
        said = f"{numbers['accuracy']:.1%} with l = {l}"
        canvas.text("said", 0, where, height, said, color=COLORS["ψ"], fontweight="bold", va="top", ha=side, bbox=box)

        W = numbers["W"]
        side = 4 if self.pooled else 8
        as_images = W.shape[1] == side * side
        looks_for = "the 10 rows of ψ(w) as images: what each output looks for"
        canvas.title(1, looks_for if as_images else "ψ(w): 10 rows, one for each digit, and D columns")
        canvas.image("W", 1, tiled(W.view(10, side, side), 5) if as_images else W, steady(W.abs().quantile(0.98), floor=0.01))
        if as_images:
            for k in range(10):
                where = (k % 5 * (side + 1) + 0.1) / (5 * side + 4), 1 - (k // 5 * (side + 1) + 0.1) / (2 * side + 1)
                canvas.text(f"row {k}", 1, *where, str(k), va="top", fontweight="bold", bbox=box)

        images = numbers["images"]
        canvas.title(2, f"read wrongly: {self.mistakes(numbers)} of 500" + (f", the first {len(images)}" if len(images) else ""))
        if len(images):
            row = F.pad(images.view(-1, side, side), (0, 0, 0, 0, 0, SHOWN - len(images)), value=float("nan"))
            canvas.image("images", 2, tiled(row, SHOWN), 1.0)
        for k, (said, true) in enumerate(zip(numbers["said"].tolist(), numbers["is"].tolist(), strict=True)):
            centre = (k * (side + 1) + side / 2) / (SHOWN * side + SHOWN - 1)
            canvas.text(f"mistake {k}", 2, centre, -0.08, f"{true} as {said}", ha="center", va="top")

    @staticmethod
    def mistakes(numbers: Numbers) -> int:
        """How many of the 500 new images are read wrongly."""
        return round(500 * (1 - float(numbers["accuracy"])))

    def alt(self, shown: Shown) -> str:
        subject, numbers = shown.subject, shown.numbers
        l, dense = len(numbers["w"]), len(numbers["full"])
        pairs = zip(numbers["said"].tolist()[:3], numbers["is"].tolist()[:3], strict=True)
        first = ", ".join(f"{true} as {said}" for said, true in pairs)
        wrong = f"{self.mistakes(numbers)} {'is' if self.mistakes(numbers) == 1 else 'are'} read wrongly"
        return (
            f"{subject.expansion!r} with {subject.reconciliation!r} and {subject.remainder!r} has learned {counted(l, 'number')} "
            f"from {self.images} handwritten digits and reads {numbers['accuracy']:.1%} of 500 new ones; a dense matrix of "
            f"{counted(dense, 'number')} reads {numbers['dense_accuracy']:.1%}. {wrong}{', such as ' + first if first else ''}. "
            f"Beside it the rows of ψ(w), with entries from {numbers['W'].min():.3g} to {numbers['W'].max():.3g}."
        )

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        own = f"of the {self.images} it learned from {numbers['on_its_own_images']:.1%}"
        full = f"dense matrix {numbers['dense_accuracy']:.1%} with {len(numbers['full'])}"
        return f"{numbers['accuracy']:.1%} of 500 new images, {own}\nl = {len(numbers['w'])}   {full}"

    def values(self, shown: Shown) -> dict[str, str]:
        D = shown.numbers["W"].shape[1]
        return {"g": f"{shown.numbers['accuracy']:.1%} right", "κ": f"D = {D}", "ψ": f"{self.n} × {D}"}
