"""How different the features of κ are from one another: the condition number, and the digits it costs."""

from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ...component import Dial, component
from ...expansion import Expansion
from ..canvas import Axes, Canvas
from ..state.shown import Shown
from .base import COLORS, MANY, Numbers, Picture


@component
class Condition(Picture):
    """The Gram matrix of the features over points of the domain, and the singular values of the table of all features at all points.

    The image shows the Gram matrix with every column of the table brought to length 1: how alike any two features are.
    The condition number is the largest singular value through the smallest. Its power of ten is how many digits of w may be lost.
    """

    points: Annotated[int, Dial(20, 200, "evenly spaced points", least=2, most=MANY)] = 100
    over: Annotated[Literal["domain", "-1 to 1"], "where the points lie: the domain of κ, or one interval for all κ"] = "domain"
    constant: Annotated[bool, "put the constant 1 before the features, as a bias does"] = False

    subject: ClassVar[type] = Expansion
    answer: ClassVar[str] = "condition"
    fields_name: ClassVar[str] = "points"
    floor: ClassVar[float] = 1e-15  # smaller ones are rounding, not features
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.06, 0.16, 0.37, 0.72), "Gram matrix: ±1 alike, 0 nothing in common", "feature", "feature", "counts", "counts", "κ"),
        Axes((0.56, 0.16, 0.42, 0.72), "singular values, the largest = 1", "number", xticks="counts", yticks="powers"),
    )

    def span(self, subject: Expansion) -> tuple[float, float]:
        """The lowest and the highest x."""
        return subject.domain if self.over == "domain" else (-1.0, 1.0)

    def sizes(self, subject: Expansion) -> dict[str, int]:
        D = subject.width(1) + self.constant
        return {"m": 1, "b": self.points, "n": 1, "D": D}

    def cost(self, sizes: dict[str, int]) -> int:
        return sizes["D"] ** 2  # the Gram matrix

    def numbers(self, subject: Expansion, **given: Tensor) -> Numbers:
        low, high = self.span(subject)
        x = torch.linspace(low, high, self.points, dtype=torch.float64)  # (points,)
        kappa = subject(x.unsqueeze(-1))  # (points, D): one row for each x, one column for each feature
        if self.constant:
            kappa = torch.cat((torch.ones_like(kappa[:, :1]), kappa), -1)
        unit = kappa / kappa.norm(dim=0).clamp(min=1e-300)
        alike = unit.T @ unit  # (D, D): cosines
        sigma = torch.linalg.svdvals(kappa)  # (min(points, D),)
        relative = (sigma / sigma[0].clamp(min=1e-300)).clamp(min=self.floor)
        condition = 1 / relative[-1] if kappa.shape[1] <= self.points else torch.tensor(1 / self.floor)
        return {"alike": alike, "relative": relative, "condition": condition, "digits": condition.log10()}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        canvas.image("alike", 0, shown.numbers["alike"].round(decimals=3), 1.0)
        logs = shown.numbers["relative"].log10()
        D = len(logs)
        canvas.limits(1, (-0.6, D - 0.4), (-17, 0.8))
        for name, power, says in (("32", -7, "float32 ends here"), ("64", -16, "float64 ends here")):
            canvas.line(name, 1, [-0.6, D - 0.4], [power, power], color="#999999", linewidth=1, linestyle="--")
            canvas.text(f"{name} says", 1, 0.02, (power + 17) / 17.8 + 0.01, says, color="#555555")
        style = {"color": COLORS["κ"], "marker": "o", "markersize": 5, "linewidth": 1.2, "clip_on": False}
        canvas.line("sigma", 1, range(D), logs, term="κ", **style)

    def says(self, numbers: Numbers) -> str:
        """What the condition number means, in words."""
        condition, digits = numbers["condition"], numbers["digits"]
        return (
            "some features are mixtures of others"
            if digits > 14.9
            else f"condition number {condition:.3g}: {digits:.1f} digits may be lost"
        )

    def alt(self, shown: Shown) -> str:
        numbers = shown.numbers
        alike = numbers["alike"]
        D = len(alike)
        pairs = (alike - torch.diag(alike.diag())).abs()
        most = (
            f" The two most alike are {int(pairs.argmax()) // D + 1} and {int(pairs.argmax()) % D + 1}: {pairs.max():.3f}." if D > 1 else ""
        )
        low, high = self.span(shown.subject)
        first = ", the first a constant," if self.constant else ""
        return (
            f"{D} feature{'s' * (D > 1)} of {shown.subject!r}{first} at {self.points} points from {low:g} to {high:g}.{most} "
            f"The smallest singular value is {numbers['relative'][-1]:.3g} of the largest; {self.says(numbers)}."
        )

    def readout(self, shown: Shown) -> str:
        return f"D = {len(shown.numbers['alike'])}   {self.says(shown.numbers)}   (float32: 7, float64: 16)"

    def values(self, shown: Shown) -> dict[str, str]:
        return {"κ": f"D = {len(shown.numbers['alike'])}"}
