"""The lower halves of handwritten digits, guessed from the upper ones by a matrix that ψ fills."""

from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...learn.loop import descend
from ...reconciliation import Reconciliation
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, DENSE, MANY, Numbers, Picture, Seed, counted, handwritten, tiled

HALF = 32  # pixels
LEAST = 0.2  # no matrix here comes below: the axis of errors begins there


@component
class Halves(Picture):
    """Ten new digits and what ψ(w) makes of their upper halves, beside the error on 500 of them.

    g = ψ(w) (x - mean of x) + mean of the lower halves. w minimizes the squared errors on `images` digits, of which the lower halves are
    noisy, and `ridge` ‖ψ(w)‖².
    """

    images: Annotated[int, Dial(50, 1000, "digits to learn from", least=10, most=MANY)] = 200
    ridge: Annotated[float, Dial(0.1, 100.0, "how much large entries of the matrix cost", least=1e-4, above=True, log=True)] = 0.1
    noise: Annotated[float, Dial(0.0, 1.0, "how noisy the lower halves are that it learns from", least=0.0)] = 0.5
    seed: Seed = 0

    steps: ClassVar[int] = 60
    size: ClassVar[tuple[int, int]] = (740, 330)  # pixels
    subject: ClassVar[type] = Reconciliation
    answer: ClassVar[str] = "error"
    fields_name: ClassVar[str] = "data"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.08, 0.16, 0.29, 0.7), "how wrong a new pixel is", "l, how many numbers are learned", "error", term="g"),
        Axes((0.44, 0.04, 0.55, 0.84), "ten new digits; under each its lower half is guessed", xticks="none", yticks="none", term="ψ"),
    )

    def check(self) -> None:
        """ValueError for more images than leave 500 to be judged by."""
        if self.images > 1297:
            raise ValueError(f"Halves.images must leave 500 of 1,797 digits to be judged by, got {self.images}")

    def sizes(self, subject: Reconciliation) -> dict[str, int]:
        return {"m": HALF, "b": self.images + 500, "n": HALF, "D": HALF, "l": subject.length(HALF, HALF)}

    def numbers(self, subject: Reconciliation, **given: Tensor) -> Numbers:
        x, y = handwritten()  # (1797, 64), (1797,)
        with seeded(self.seed + 1000):  # images and noise of their own: another ψ must not change them
            order = torch.randperm(1797)
            noise = self.noise * torch.randn(self.images, HALF, dtype=torch.float64)
        learned, new, digit = x[order[: self.images]], x[order[-500:]], y[order[-500:]]
        upper, lower = learned[:, :HALF], learned[:, HALF:] + noise  # (images, 32)
        middle, mean = upper.mean(0), lower.mean(0)  # (32,)
        kappa = upper - middle
        # The best dense matrix is known at once. From there on the price rises by ‖(W - dense) R‖²: every other ψ comes as near as it can.
        R = torch.linalg.cholesky(kappa.mT @ kappa + self.ridge * torch.eye(HALF, dtype=torch.float64))  # (32, 32)
        dense = torch.cholesky_solve(kappa.mT @ (lower - mean), R).mT  # (32, 32)

        frozen = subject.frozen(HALF, HALF)
        with seeded(self.seed):
            w = dense.flatten() if subject == DENSE else subject.init(HALF, HALF).double()  # (l,)

        def above_dense(w: Tensor) -> Tensor:
            return ((subject.matrix(w, HALF, HALF, frozen) - dense) @ R).square().sum()

        if len(w):
            w = descend(above_dense, w, self.steps)
        W = subject.matrix(w, HALF, HALF, frozen)

        def error(W: Tensor, x: Tensor, lower: Tensor) -> Tensor:
            return ((x[:, :HALF] - middle) @ W.mT + mean - lower).square().mean().sqrt()

        errors = {"error": error(W, new, new[:, HALF:]), "dense_error": error(dense, new, new[:, HALF:])}
        errors = {**errors, "mean_error": error(0 * W, new, new[:, HALF:])}
        own = {"own_error": error(W, learned, lower), "own_error_of_dense": error(dense, learned, lower)}
        shown = new[torch.stack([(digit == k).double().argmax() for k in range(10)])]  # (10, 64): the first of every digit
        guess = (shown[:, :HALF] - middle) @ W.mT + mean  # (10, 32)
        return {"w": w, "W": W, **errors, **own, "shown": shown, "guessed": torch.cat((shown[:, :HALF], guess), 1)}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        l, dense = len(numbers["w"]), HALF * HALF
        error, dense_error, mean_error = (float(numbers[name]) for name in ("error", "dense_error", "mean_error"))
        right, top = 1.05 * steady(max(l, dense)), LEAST + 1.5 * steady(max(error, dense_error) - LEAST, floor=0.2)
        canvas.limits(0, (-0.02 * right, right), (LEAST, top))
        canvas.line("mean", 0, [0, right], [mean_error, mean_error], color="#555555", linewidth=1, linestyle="--")
        dot: dict[str, Any] = {"marker": "o", "linestyle": "", "markersize": 9}
        canvas.line("dense", 0, [dense], [dense_error], color="white", markeredgecolor="#555555", **dot)
        canvas.line("dot", 0, [l], [error], color=COLORS["ψ"], **{**dot, "markersize": 8})
        grey, own = {"color": "#555555"}, {"color": COLORS["ψ"], "fontweight": "bold"}
        told = {
            f"● {error:.3f}: this ψ, l = {l}": own,
            f"○ {dense_error:.3f}: dense matrix, l = {dense}": grey,
            f"-- {mean_error:.3f}: the mean picture alone": grey,
        }
        for k, (said, style) in enumerate(told.items()):  # above all dots
            canvas.text(f"said {k}", 0, 0.03, 0.97 - 0.08 * k, said, va="top", **style)

        rows = [part[k : k + 5].view(-1, 8, 8) for k in (0, 5) for part in (numbers["shown"], numbers["guessed"])]
        canvas.image("digits", 1, tiled(torch.cat(rows), 5), 1.0)  # 35 rows of 44 pixels
        for k in (1, 3):  # where the guess begins
            canvas.line(f"half {k}", 1, [-0.5, 43.5], [9 * k + 3.5] * 2, color="#444444", linewidth=1)

    def alt(self, shown: Shown) -> str:
        numbers = shown.numbers
        return (
            f"The lower halves of ten handwritten digits, guessed from the upper ones by {shown.subject!r} with "
            f"{counted(len(numbers['w']), 'number')} learned from {self.images} digits. On 500 new ones a pixel is wrong by "
            f"{numbers['error']:.3f}; with a dense matrix of {HALF * HALF} numbers by {numbers['dense_error']:.3f}, with the mean picture "
            f"alone by {numbers['mean_error']:.3f}."
        )

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        own, dense = (f"{numbers[name]:.3f}" for name in ("own_error", "own_error_of_dense"))
        others = f"dense matrix {numbers['dense_error']:.3f}, only the mean picture {numbers['mean_error']:.3f}"
        return (
            f"l = {len(numbers['w'])}   error of a new pixel {numbers['error']:.3f}   {others}\n"
            f"on the {self.images} noisy digits it learned from {own}, dense matrix {dense}"
        )

    def values(self, shown: Shown) -> dict[str, str]:
        return {"g": "lower half", "κ": "upper half", "ψ": f"{HALF} × {HALF}", "π": "mean picture"}
