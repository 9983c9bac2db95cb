"""w beside the matrix that ψ makes of it."""

from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...reconciliation import Reconciliation
from ..canvas import Canvas, Panel, steady
from .base import COLORS, HATCHES, Numbers, Picture, Seed


@component
class Fabric(Picture):
    """The l numbers of w beside the n × D matrix ψ(w) that they become, and its singular values."""

    n: Annotated[int, Dial(1, 24, "outputs: rows of the matrix")] = 8
    D: Annotated[int, Dial(1, 64, "features: columns of the matrix")] = 24
    seed: Seed = 0

    subject: ClassVar[type] = Reconciliation
    answer: ClassVar[str] = "W"
    fields_name: ClassVar[str] = "size"
    panels: ClassVar[tuple[Panel, ...]] = (
        Panel((0.02, 0.16, 0.2, 0.72), "w (– is negative)", xticks="none", yticks="none"),
        Panel((0.3, 0.16, 0.42, 0.72), "ψ(w): n rows, D columns", "feature", "output", "counts", "counts", "ψ"),
        Panel((0.79, 0.16, 0.2, 0.72), "singular values", xticks="counts"),
    )

    def sizes(self, subject: Reconciliation) -> dict[str, int]:
        return {"m": self.D, "b": 1, "n": self.n, "D": self.D, "l": subject.length(self.n, self.D)}

    def numbers(self, subject: Reconciliation, **given: Tensor) -> Numbers:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            w = subject.init(self.n, self.D).double()  # (l,)
        W = subject.matrix(w, self.n, self.D)  # (n, D)
        singular = torch.linalg.svdvals(W)
        return {"w": w, "W": W, "singular": singular}

    def paint(self, canvas: Canvas, subject: Reconciliation, numbers: Numbers) -> None:
        w, W, singular = numbers["w"], numbers["W"], numbers["singular"]
        limit = steady(W, floor=0.01)
        columns = max(1, min(len(w), round(len(w) ** 0.5)))
        # w has no shape of its own; it is shown as a block so that its area can be compared with the matrix.
        block = torch.nn.functional.pad(w, (0, -len(w) % columns), value=float("nan")).view(-1, columns)
        if len(w):
            canvas.image("w", 0, block, steady(w, floor=0.01))
        else:
            canvas.text("none", 0, 0.1, 0.5, "nothing is learned")
        canvas.image("W", 1, W, limit)
        canvas.limits(2, (-0.6, len(singular) - 0.4), (0, steady(singular, floor=0.1) * 1.05))
        canvas.bars("singular", 2, singular, COLORS["ψ"], HATCHES["ψ"])

    def rank(self, numbers: Numbers) -> int:
        singular = numbers["singular"]
        return int((singular > 1e-10 * singular.max().clamp(min=1e-300)).sum())

    def alt(self, subject: Reconciliation, numbers: Numbers) -> str:
        W = numbers["W"]
        return (
            f"{len(numbers['w'])} learned numbers of {subject!r} beside the {self.n} by {self.D} matrix they become. "
            f"Its entries run from {W.min():.3g} to {W.max():.3g}, its rank is {self.rank(numbers)} of at most {min(self.n, self.D)}, "
            f"the largest singular value {numbers['singular'].max():.3g}."
        )

    def readout(self, subject: Reconciliation, numbers: Numbers) -> str:
        l, size = len(numbers["w"]), self.n * self.D
        zero = int((numbers["W"] == 0).sum())
        zeros = f", {zero} of them 0" if zero else ""
        return f"l = {l} numbers fill n · D = {size} entries ({l / size:.0%}){zeros}   rank {self.rank(numbers)} of {min(self.n, self.D)}"

    def values(self, subject: Reconciliation, numbers: Numbers) -> dict[str, str]:
        return {"ψ": f"{self.n} × {self.D}"}
