"""Two moons and the border that a deep network draws between them, fitted anew at every move."""

from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ... import data
from ...component import Dial, component
from ...learn.loop import least_squares
from ...network.formula import Formula
from ...shared.activation import Activation, activate
from ...shared.alone import seeded
from ...shared.words import lowered
from ..canvas import Axes, Canvas
from ..state.shown import Shown
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
    ends: ClassVar[tuple[tuple[float, float], tuple[float, float]]] = ((-1.6, 1.6), (-1.1, 1.1))
    cells: ClassVar[tuple[int, int]] = (48, 33)
    ridge: ClassVar[float] = 1e-2
    reach: ClassVar[float] = 30.0
    """What a hidden layer hands over stays between -reach and reach, as in the Microscope."""

    def given(self) -> dict[str, Tensor]:
        x, y, fresh_x, fresh_y = data.moons(self.points, self.noise, self.seed)
        # Three decimals are enough for a lesson, and then the numbers in the code are exactly these.
        known, fresh = x.round(decimals=3), fresh_x.round(decimals=3)
        return {"x": known, "y": 1 - 2 * y.double(), "fresh_x": fresh, "fresh_y": 1 - 2 * fresh_y.double()}

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
        layers = [sized(subject, m, n, self.points, 200, self.cells[0] * self.cells[1]) for m, n in self.pairs()]
        wide = {name: max(layer[name] for layer in layers) for name in ("n", "D")}
        return {"m": 2, "b": self.points, **wide, "l": sum(layer["l"] for layer in layers)}

    def cost(self, sizes: dict[str, int]) -> int:
        D, l = sizes["D"], sizes["l"]
        # Every point, or every learned number where those are fewer, sends slopes of its own through every layer.
        slopes = min(self.points, l) * self.points * D
        plane = self.cells[0] * self.cells[1] * (D + self.width)
        return (self.points + l) * l + slopes + plane

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
        across, up = torch.linspace(-1.6, 1.6, 97, dtype=torch.float64)[1::2], torch.linspace(1.1, -1.1, 67, dtype=torch.float64)[1::2]
        plane = torch.stack(torch.meshgrid(across, up, indexing="xy"), -1)  # (33, 48, 2): the middle of every cell
        g = predict(w, plane.flatten(0, 1)).clamp(-2.0, 2.0).view(33, 48)
        accuracy = ((predict(w, x) > 0) == (y > 0)).double().mean()
        fresh_accuracy = ((predict(w, fresh_x) > 0) == (fresh_y > 0)).double().mean()
        shares = {"accuracy": accuracy, "fresh_accuracy": fresh_accuracy}
        error = (predict(w, x) - y).square().mean().sqrt()
        return {"x": x, "y": y, "w": w, "g": g, "error": error, **shares, "dims": torch.tensor(self.widths())}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        x, y, g = numbers["x"], numbers["y"], numbers["g"]
        canvas.image("g", 0, g, 2.0, *self.ends)
        canvas.line("border", 0, *self.border(g), color="black", linewidth=1.6)
        shape = {"linestyle": "", "markersize": 6, "markeredgecolor": "black", "markeredgewidth": 0.8}
        canvas.line("upper", 0, *x[y > 0].T, color="#ffffff", marker="o", **shape)
        canvas.line("lower", 0, *x[y < 0].T, color="#f2c200", marker="^", **shape)
        shares = [float(numbers[name]) for name in ("accuracy", "fresh_accuracy")]
        canvas.limits(1, (-0.6, 1.6), (0, 1.08))
        canvas.bars("shares", 1, shares, [COLORS["κ"], COLORS["ψ"]], HATCHES["ψ"])
        for i, (share, name) in enumerate(zip(shares, ("these", "fresh"))):
            canvas.text(f"share {i}", 1, (i + 0.6) / 2.2, share / 1.08 + 0.01, f"{share:.3f}", ha="center")
            canvas.text(f"name {i}", 1, (i + 0.6) / 2.2, -0.03, name, ha="center", va="top")

    def border(self, g: Tensor) -> tuple[Tensor, Tensor]:
        """The edges between cells of different sign, as one line with gaps: (rows, columns) → x and y, (points,) each."""
        (left, right), (low, high) = self.ends
        columns, rows = self.cells
        wide, tall, gap = (right - left) / columns, (high - low) / rows, float("nan")
        row, column = ((g[:, 1:] > 0) != (g[:, :-1] > 0)).nonzero().T  # neighbours side by side: an upright edge
        upright = [(left + (c + 1) * wide, high - (r + end) * tall) for r, c in zip(row.tolist(), column.tolist()) for end in (0, 1, gap)]
        row, column = ((g[1:] > 0) != (g[:-1] > 0)).nonzero().T
        level = [(left + (c + end) * wide, high - (r + 1) * tall) for r, c in zip(row.tolist(), column.tolist()) for end in (0, 1, gap)]
        x, y = torch.tensor([*upright, *level], dtype=torch.float64, device="cpu").reshape(-1, 2).T
        return x, y

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
