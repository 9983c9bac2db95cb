"""w beside the matrix that ψ makes of it."""

import re
from typing import Annotated, Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ...component import Dial, component
from ...reconciliation import Reconciliation
from ...reconciliation.factored import Blockwise, DiagonalPadding, Factored
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, HATCHES, MANY, Numbers, Picture, Seed, counted

Blocked = Blockwise | DiagonalPadding
"""The ψ whose matrix is made of blocks."""


@component
class Fabric(Picture):
    """The l numbers of w beside the n × D matrix ψ(w) that they become, and its singular values."""

    n: Annotated[int, Dial(1, 24, "outputs: rows of the matrix", most=MANY)] = 8
    D: Annotated[int, Dial(1, 64, "features: columns of the matrix", most=MANY)] = 24
    seed: Seed = 0

    subject: ClassVar[type] = Reconciliation
    answer: ClassVar[str] = "W"
    fields_name: ClassVar[str] = "size"
    size: ClassVar[tuple[int, int]] = (700, 330)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.02, 0.3, 0.2, 0.59), "w (– is negative)", xticks="none", yticks="none"),
        Axes((0.3, 0.3, 0.42, 0.59), "ψ(w): n rows, D columns", "feature", "output", "counts", "counts", "ψ"),
        Axes((0.79, 0.3, 0.2, 0.59), "singular values", xticks="counts"),
        Axes((0.02, 0.075, 0.97, 0.08), xticks="none", yticks="none"),
    )

    def sizes(self, subject: Reconciliation) -> dict[str, int]:
        return {"m": self.D, "b": 1, "n": self.n, "D": self.D, "l": subject.length(self.n, self.D)}

    def numbers(self, subject: Reconciliation, **given: Tensor) -> Numbers:
        with seeded(self.seed):
            w = subject.init(self.n, self.D).double()  # (l,)
        W = subject.matrix(w, self.n, self.D)  # (n, D)
        singular = torch.linalg.svdvals(W)  # (min(n, D),)
        return {"w": w, "W": W, "singular": singular}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        w, W, singular = numbers["w"], numbers["W"], numbers["singular"]
        if len(w):
            self.paint_learned(canvas, shown.subject, w)
        else:
            canvas.text("none", 0, 0.5, 0.5, "nothing is learned", ha="center")
        # Most entries set the scale of the colours: one that is large would make all others pale.
        limit = steady(W[W != 0].abs().quantile(0.9) if W.any() else W, floor=0.01)
        canvas.title(1, f"ψ(w): n rows, D columns, colours to ± {limit:g}")
        canvas.image("W", 1, W, limit)
        # Exact zeros are crossed out: white alone could be a small number.
        row, column = (W == 0).nonzero().T
        canvas.line("zeros", 1, column, row, color="#999999", marker="x", linestyle="", markersize=3, markeredgewidth=0.7)
        self.paint_blocks(canvas, shown.subject, W)
        canvas.limits(2, (-0.6, len(singular) - 0.4), (0, steady(singular, floor=0.1) * 1.05))
        canvas.bars("singular", 2, singular, COLORS["ψ"], HATCHES["ψ"])
        self.paint_lengths(canvas, len(w))

    def paint_learned(self, canvas: Canvas, subject: Reconciliation, w: Tensor) -> None:
        """w, (l,), cut into the factors of ψ where it has some; else as a block, so that its area can be compared with the matrix."""
        columns = max(1, round(len(w) ** 0.5))
        factors = {f"{len(w)} numbers": F.pad(w, (0, -len(w) % columns), value=float("nan")).view(-1, columns)}
        if isinstance(subject, Factored):
            matrices = [factor for chain in subject.factors(w, self.n, self.D) for factor in chain]
            names = "".join(letters(subject, self.n, self.D))
            factors = {f"{name}: {matrix.shape[0]} × {matrix.shape[1]}": matrix for name, matrix in zip(names, matrices, strict=True)}
        wide = max(factor.shape[1] for factor in factors.values())
        gap = -(-sum(map(len, factors.values())) // 11)  # room for the name of a factor above it
        rows = [F.pad(factor, (0, wide - factor.shape[1], gap, 0), value=float("nan")) for factor in factors.values()]
        canvas.image("w", 0, torch.cat(rows), steady(w, floor=0.01))
        below, height = 0, sum(map(len, rows))
        for k, (name, factor) in enumerate(factors.items()):
            canvas.text(f"factor {k}", 0, 0.01, 1 - (below + 0.9 * gap) / height, name, va="bottom")
            below += gap + len(factor)

    def paint_blocks(self, canvas: Canvas, subject: Reconciliation, W: Tensor) -> None:
        """The borders of the blocks of W, (n, D), and what stands in the first."""
        if not (isinstance(subject, Blocked)):
            return
        p, q, s, t = subject.blocks(self.n, self.D)
        nan = float("nan")
        across = [(x, i * s - 0.5) for i in range(1, p) for x in (-0.5, self.D - 0.5, nan)]
        down = [(j * t - 0.5, y) for j in range(1, q) for y in (-0.5, self.n - 0.5, nan)]
        x, y = zip(*across, *down, (nan, nan), strict=True)
        canvas.line("blocks", 1, x, y, color="#222222", linewidth=1.4)
        left, right = letters(subject, self.n, self.D)
        factor = f"({left})" if len(left) > 1 else left
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        # Only the first block is named, and only where it has room: names must not hide the entries.
        letters_fit, lines_fit = self.axes[1].where[2] * self.size[0] / q / 6.5, self.axes[1].where[3] * self.size[1] / p / 12
        said = f"{factor}1,1 · {right}" if left else right
        if W[:s, :t].any() and len(said) < letters_fit and lines_fit > 2 and p * q > 1:
            canvas.text("block 0 0", 1, 0.01, 0.99, said, ha="left", va="top", bbox=box)

    def paint_lengths(self, canvas: Canvas, l: int) -> None:
        """One axis for l and n · D, and their names right of it."""
        size = self.n * self.D
        reach = max(l, size) * 1.5
        canvas.limits(3, (0, 1), (-1, 1))
        frame = size / reach
        canvas.line("n D", 3, [0, frame, frame, 0, 0], [-0.8, -0.8, 0.8, 0.8, -0.8], color="#444444", linewidth=1)
        canvas.line("l", 3, [0, l / reach], [0, 0], color=COLORS["ψ"], linewidth=12, solid_capstyle="butt")
        canvas.text("l name", 3, 0.69, 0.5, f"filled: l = {l}   frame: n · D = {size}", va="center")

    def rank(self, numbers: Numbers) -> int:
        """How many singular values are no rounding errors of 0."""
        singular = numbers["singular"]
        return int((singular > 1e-10 * singular.max().clamp(min=1e-300)).sum())

    def blocked(self, subject: Any) -> str:
        """How many blocks the matrix has and how large they are, in words."""
        p, q, s, t = subject.blocks(self.n, self.D)
        return f" in {p} by {counted(q, 'block')} of {s} by {t}"

    def alt(self, shown: Shown) -> str:
        subject, numbers = shown.subject, shown.numbers
        W = numbers["W"]
        blocks = self.blocked(subject) if isinstance(subject, Blocked) else ""
        zeros = f"{int((W == 0).sum())} of them are exactly 0, " if (W == 0).any() else ""
        return (
            f"{counted(len(numbers['w']), 'learned number')} of {subject!r} beside the {self.n} by {self.D} matrix they become{blocks}. "
            f"Its entries run from {W.min():.3g} to {W.max():.3g}, {zeros}its rank is {self.rank(numbers)} of at most "
            f"{min(self.n, self.D)}, the largest singular value {numbers['singular'].max():.3g}."
        )

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        l, size = len(numbers["w"]), self.n * self.D
        zero = int((numbers["W"] == 0).sum())
        zeros = f", {zero} of them 0" if zero else ""
        return f"l = {l} numbers fill n · D = {size} entries ({l / size:.0%}){zeros}   rank {self.rank(numbers)} of {min(self.n, self.D)}"

    def values(self, shown: Shown) -> dict[str, str]:
        return {"ψ": f"{self.n} × {self.D}"}


def letters(subject: Factored, n: int, D: int) -> tuple[str, str]:
    """Names of the left and of the right factors, in the order of w, as the formula beside the menu has them: w alone, or A, S and T."""
    left, right = subject.shapes(n, D)
    written = "".join(re.findall(r"\b([A-Z]) \(", subject.formula_line()))  # with A (p × q), S (s × rank)
    names = "w" if len(left + right) == 1 else written if len(written) == len(left + right) else "ABCD"
    return names[: len(left)], names[len(left) : len(left + right)]
