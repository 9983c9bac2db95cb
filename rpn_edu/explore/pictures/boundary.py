"""Two moons and the border that a deep network draws between them, fitted anew at every move."""

import math
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...learn.loop import least_squares
from ...network.formula import Formula
from ...shared.activation import Activation, activate
from ...shared.alone import seeded
from ...shared.words import lowered
from ..canvas import Axes, Canvas
from ..state.shown import Shown
from . import plane
from .base import COLORS, DEEP, HATCHES, MANY, Numbers, Picture, Seed, counted, sized


@component
class Boundary(Picture):
    """A network of widths [2, width, ..., width, 1], fitted to two moons by a few least-squares steps, and where its g changes its sign."""

    depth: Annotated[int, Dial(1, 4, "K, the number of layers", most=DEEP)] = 2
    width: Annotated[int, Dial(1, 4, "numbers that a hidden layer hands over", most=MANY)] = 3
    between: Annotated[Activation, "function between the layers"] = "tanh"
    points: Annotated[int, Dial(20, 80, "points to learn from", least=2, most=MANY)] = 60
    noise: Annotated[float, Dial(0.0, 0.5, "standard deviation of the noise", least=0.0)] = 0.2
    seed: Seed = 0

    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "fresh_accuracy"
    fields_name: ClassVar[str] = "depth and data"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes(
            (0.085, 0.14, 0.69, 0.76),
            "sign of g(x): – is negative, line: 0   points: ○ target 1, ▲ target -1",
            "first input",
            "second input",
        ),
        Axes((0.83, 0.14, 0.15, 0.76), "accuracy", xticks="none"),
    )
    ridge: ClassVar[float] = 1e-2
    reach: ClassVar[float] = 30.0
    """What a hidden layer hands over stays between -reach and reach, as in the Microscope."""

    def given(self) -> dict[str, Tensor]:
        return plane.known(self.points, self.noise, self.seed)

    def widths(self) -> list[int]:
        """[d_0, ..., d_K]"""
        return [2, *[self.width] * (self.depth - 1), 1]

    def pairs(self) -> list[tuple[int, int]]:
        """(m, n) of each layer"""
        return list(zip(self.widths(), self.widths()[1:]))

    def learned(self, subject: Formula) -> int:
        """How many numbers the whole network learns."""
        return sum(subject.sizes(m, n).learned for m, n in self.pairs())

    def sizes(self, subject: Formula) -> dict[str, int]:
        cells = math.prod(plane.CELLS)
        layers = [sized(subject, m, n, self.points, 200, cells) for m, n in self.pairs()]
        wide = {name: max(layer[name] for layer in layers) for name in ("n", "D")}
        return {"m": 2, "b": self.points, **wide, "l": sum(layer["l"] for layer in layers)}

    def cost(self, sizes: dict[str, int]) -> int:
        D, l = sizes["D"], sizes["l"]
        # Every point, or every learned number where those are fewer, sends slopes of its own through every layer.
        slopes = min(self.points, l) * self.points * D
        return (self.points + l) * l + slopes + math.prod(plane.CELLS) * (D + self.width)

    def refuses(self, subject: Formula) -> str:
        lost = self.depth > 1 and self.wildest(subject) > 1e4
        return "κ would meet numbers far out of its domain between the layers: choose tanh there, or a lower degree" if lost else ""

    def wildest(self, subject: Formula) -> float:
        """The largest feature that a hidden layer could make. Beyond ten thousand, a fit would magnify the last digit of every number."""
        edges = torch.tensor([[-self.reach], [self.reach]], dtype=torch.float64, device="cpu").expand(2, self.width)
        return subject.expansion(activate(edges, self.between)).abs().max().item()

    def steps(self, subject: Formula) -> int:
        """One layer that is linear in w needs one. Others get as many as a slider allows; a step with many learned numbers takes longer."""
        if self.depth == 1 and subject.reconciliation.linear and subject.remainder.linear:
            return 1
        return max(10, min(20, 3000 // max(self.learned(subject), 1)))

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x, y, fresh_x, fresh_y = given["x"], given["y"], given["fresh_x"], given["fresh_y"]  # (points, 2), (points,)
        pairs = self.pairs()
        with seeded(self.seed):
            w = torch.cat([subject.joined(subject.init(m, n)) for m, n in pairs]).double()  # (l,)
        lengths = [subject.sizes(m, n).learned for m, n in pairs]
        fixed = [subject.frozen(m, n) for m, n in pairs]

        def predict(w: Tensor, x: Tensor) -> Tensor:
            numbers_of = w.split(lengths)
            H = x  # (rows, 2)
            for k, (m, n) in enumerate(pairs):
                if k > 0:
                    H = activate(H, self.between).clamp(-self.reach, self.reach)
                *_, H = subject.trace(H, n, subject.parted(numbers_of[k], m, n), fixed[k])  # (rows, n)
            return H.squeeze(-1)

        if self.learned(subject):
            w = least_squares(lambda w: predict(w, x), w, y, self.ridge, self.steps(subject))
        g = predict(w, plane.middles().flatten(0, 1)).clamp(-2.0, 2.0).view(33, 48)
        accuracy = ((predict(w, x) > 0) == (y > 0)).double().mean()
        fresh_accuracy = ((predict(w, fresh_x) > 0) == (fresh_y > 0)).double().mean()
        shares = {"accuracy": accuracy, "fresh_accuracy": fresh_accuracy}
        error = (predict(w, x) - y).square().mean().sqrt()
        return {"x": x, "y": y, "w": w, "g": g, "error": error, **shares, "dims": torch.tensor(self.widths())}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        plane.paint(canvas, 0, numbers["g"], numbers["x"], numbers["y"])
        shares = [float(numbers[name]) for name in ("accuracy", "fresh_accuracy")]
        canvas.limits(1, (-0.6, 1.6), (0, 1.08))
        canvas.bars("shares", 1, shares, [COLORS["κ"], COLORS["ψ"]], HATCHES["ψ"])
        for i, (share, name) in enumerate(zip(shares, ("these", "fresh"))):
            canvas.text(f"share {i}", 1, (i + 0.6) / 2.2, share / 1.08 + 0.01, f"{share:.3f}", ha="center")
            canvas.text(f"name {i}", 1, (i + 0.6) / 2.2, -0.03, name, ha="center", va="top")

    def alt(self, shown: Shown) -> str:
        subject, numbers = shown.subject, shown.numbers
        share = (numbers["g"] > 0).double().mean()
        return (
            f"{self.points} points of two moons (noise {self.noise:g}) and the sign of g over the plane, for {self.depth} "
            f"layer{'s' if self.depth > 1 else ''} of {subject.expansion!r} with {subject.reconciliation!r} and {subject.remainder!r}. "
            f"g is positive on {share:.0%} of the plane. It is right on {numbers['accuracy']:.1%} of these points and on "
            f"{numbers['fresh_accuracy']:.1%} of 200 fresh ones."
        )

    def readout(self, shown: Shown) -> str:
        numbers, steps = shown.numbers, self.steps(shown.subject)
        shares = f"right on {numbers['accuracy']:.1%} of these points, {numbers['fresh_accuracy']:.1%} of 200 fresh ones"
        return f"{shares}\ndims {self.widths()}, {counted(len(numbers['w']), 'learned number')}, {counted(steps, 'step')}"

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        inside = "x"
        for k in range(1, self.depth + 1):
            inside = f"{lowered('H', k)}({inside})"
        terms = (("κ", "κ(h)"), ("", " , "), ("ψ", "ψ(wₖ)"), ("", " ⟩ + "), ("π", "π(h)"))
        return (("g", f"g(x) = {inside}"), ("", "  with Hₖ(h) = ⟨ "), *terms)

    def values(self, shown: Shown) -> dict[str, str]:
        D = [shown.subject.expansion.width(m) for m in self.widths()[:-1]]
        return {"g": f"fresh {shown.numbers['fresh_accuracy']:.3f}", "κ": f"D = {', '.join(map(str, D))}"}
