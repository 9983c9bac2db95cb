"""Attention that learns to look something up: its scores and its weights before, during and after training."""

from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...interdependence.learned import Bilinear
from ...learn import descend
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, HATCHES, Numbers, Picture, Seed, counted

LETTERS = "abcde"


def spelled(letters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """All words of this kind, (480, 6), their answers, (480,), and their rows, (480, 6, 10): (5,) → three tensors.

    Five different letters in every order, and once more one of the first four. The answer is what came after it. A row says its letter,
    and the letter before it: 5 + 5 numbers. The first letter has none before it.
    """
    every = torch.cartesian_prod(letters, letters, letters, letters, letters)  # (3125, 5)
    different = (every.sort(-1).values == letters).all(-1)
    orders = every[different.int().sort(descending=True, stable=True).indices[:120]].repeat_interleave(4, 0)  # (480, 5)
    asked = letters[:4].repeat(120).long().unsqueeze(-1)  # (480, 1): where the letter stood
    words = torch.cat((orders, orders.gather(1, asked)), -1).long()  # (480, 6)
    own = (words.unsqueeze(-1) == letters).double()  # (480, 6, 5)
    before = torch.cat((torch.zeros_like(own[:, :1]), own[:, :-1]), 1)
    return words, orders.gather(1, asked + 1).squeeze(-1).long(), torch.cat((own, before), -1)


@component
class Attend(Picture):
    """Words whose last letter stood before: what came after it there? Each letter is a row, and ψ learns which row answers."""

    steps: Annotated[int, Dial(0, 12, "steps of training", most=1000, plays=True)] = 0
    word: Annotated[int, Dial(1, 12, "which word is shown: none of them is in the training", least=1, most=380)] = 1
    seed: Seed = 0

    k: ClassVar[int] = len(LETTERS)
    trained: ClassVar[int] = 100
    """So many of the 480 words are learned from. The others judge."""
    ridge: ClassVar[float] = 1e-5
    subject: ClassVar[type] = Bilinear
    answer: ClassVar[str] = "found"
    fields_name: ClassVar[str] = "training"
    size: ClassVar[tuple[int, int]] = (760, 350)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.085, 0.15, 0.33, 0.72), "", xticks="none", yticks="none", term="ψ"),
        Axes((0.475, 0.15, 0.29, 0.72), "", xticks="none", yticks="none", term="ξ"),
        Axes((0.82, 0.15, 0.17, 0.72), "answer", xticks="none", yticks="numbers"),
    )

    def sizes(self, subject: Bilinear) -> dict[str, int]:
        m, b = 2 * self.k, self.k + 1
        return {"m": m, "b": 480 * b, "l": subject.length(m, b)}

    def refuses(self, subject: Bilinear) -> str:
        return "" if subject.normalization == "softmax" else "attention hands out shares: they come from normalization softmax"

    def given(self) -> dict[str, Tensor]:
        return {"letters": torch.arange(self.k, dtype=torch.float64)}

    def numbers(self, subject: Bilinear, **given: Tensor) -> Numbers:
        letters = given["letters"]  # (5,)
        words, answers, rows = spelled(letters)
        X = rows.view(480, self.k + 1, 2 * self.k)
        own = X[..., : self.k]  # (480, 6, 5)
        with seeded(self.seed + 1000):
            order = torch.randperm(480)
        known, fresh = order[: self.trained], order[self.trained :]
        with seeded(self.seed):
            w = 0.3 * subject.init(2 * self.k, self.k + 1).double()  # (l,)

        def mixed(w: Tensor) -> Tensor:
            A = subject.matrix(X.mT, w)  # (480, 6, 6)
            return A.mT @ own  # (480, 6, 5): each row's mean of letters

        if subject.length(2 * self.k, self.k + 1):
            wanted = (answers[known].unsqueeze(-1) == letters).double()  # (100, 5)

            def loss(w: Tensor) -> Tensor:
                return (mixed(w)[known, -1] - wanted).square().sum(-1).mean() + self.ridge * w.square().sum()  # of the last rows

            w = descend(loss, w, self.steps)
        said = mixed(w)[:, -1]  # (480, 5)
        found = (said[fresh].argmax(-1) == answers[fresh]).double().mean()
        one = fresh[self.word - 1]
        A = subject.matrix(X.mT, w)[one]  # (6, 6)
        psi = subject.psi(X.mT, w, None)  # (10, 10)
        return {"word": words[one], "answer": answers[one], "w": w, "psi": psi, "A": A, "said": said[one], "found": found}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        psi, A, said = (shown.numbers[name] for name in ("psi", "A", "said"))
        word, answer, k = self.spelt(shown), int(shown.numbers["answer"]), self.k
        limit = steady(psi, floor=0.1)
        canvas.title(0, f"ψ(w), giver → asker (±{limit:g})")
        canvas.image("psi", 0, psi, limit)
        half = k - 0.5
        canvas.line(
            "halves", 0, [half, half, float("nan"), -0.5, 2 * k - 0.5], [-0.5, 2 * k - 0.5, float("nan"), half, half], color="#222222"
        )
        for i in range(2 * k):
            name, share = LETTERS[i % k], (i + 0.5) / (2 * k)
            canvas.text(f"row {i}", 0, -0.02, 1 - share, name, ha="right", va="center")
            canvas.text(f"column {i}", 0, share, -0.02, name, ha="center", va="top")
        for name, middle in (("its letter", 0.25), ("letter before", 0.75)):
            canvas.text(f"across {name}", 0, middle, -0.09, name, ha="center", va="top")
            canvas.text(f"down {name}", 0, -0.08, 1 - middle, name, ha="right", va="center", rotation=90)
        canvas.title(1, f"A of the word {word}")
        canvas.image("A", 1, A, 1.0, figures=True)
        for i, letter in enumerate(word):
            share = (i + 0.5) / (k + 1)
            canvas.text(f"word down {i}", 1, -0.02, 1 - share, letter, ha="right", va="center", fontweight="bold")
            canvas.text(f"word across {i}", 1, share, -0.02, letter, ha="center", va="top", fontweight="bold")
        canvas.line(
            "frame", 1, [k - 0.5, k + 0.5, k + 0.5, k - 0.5, k - 0.5], [-0.5, -0.5, k + 0.5, k + 0.5, -0.5], color="#222222", linewidth=2
        )
        canvas.limits(2, (-0.6, k - 0.4), (min(0.0, -steady(said.clamp(max=0), floor=1e-9)), max(1.0, steady(said)) * 1.05))
        canvas.title(2, f"answer, right: {LETTERS[answer]}")
        canvas.bars("said", 2, said, COLORS["ξ"], HATCHES["ξ"])
        for i, letter in enumerate(LETTERS):
            style = {"fontweight": "bold"} if i == answer else {}
            canvas.text(f"letter {i}", 2, (i + 0.6) / k, -0.02, letter, ha="center", va="top", **style)

    @staticmethod
    def spelt(shown: Shown) -> str:
        """The word that is shown, as letters."""
        return "".join(LETTERS[i] for i in shown.numbers["word"].tolist())

    def readout(self, shown: Shown) -> str:
        word, said, weights = self.spelt(shown), shown.numbers["said"], shown.numbers["A"][:, -1]
        giver, says, answer = int(weights.argmax()), LETTERS[int(said.argmax())], LETTERS[int(shown.numbers["answer"])]
        return (
            f"the last row takes {weights[giver]:.2f} of row {giver + 1}, {word[giver]}. It says {says}, right is {answer}\n"
            f"{shown.numbers['found']:.0%} of the {480 - self.trained} other words right   l = {shown.sizes['l']}"
        )

    def alt(self, shown: Shown) -> str:
        psi, A = shown.numbers["psi"], shown.numbers["A"]
        blocks = [half.max().item() for part in psi.chunk(2) for half in part.chunk(2, -1)]
        return (
            f"{counted(self.steps, 'step')} of training: the 10 by 10 matrix ψ(w) of {shown.subject!r}, whose four blocks reach "
            f"{blocks[0]:.3g} and {blocks[1]:.3g} above, {blocks[2]:.3g} and {blocks[3]:.3g} below. Beside it the 6 by 6 matrix A of the "
            f"word {self.spelt(shown)}, from {A.min():.3g} to {A.max():.3g}, and bars for the answer: "
            + self.readout(shown).replace("\n", ". ")
        )

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        return (("", "answer = Aᵀ · letters, last row,   A = "), ("ξ", "ξ(Xᵀ)"), ("", " from X "), ("ψ", "ψ(w)"), ("", " Xᵀ"))

    def values(self, shown: Shown) -> dict[str, str]:
        return {"ξ": "6 × 6", "ψ": "10 × 10"}
