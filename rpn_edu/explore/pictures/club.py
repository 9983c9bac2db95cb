"""A graph network that learns on whose side each member of a club is, from two who are known."""

import functools
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ... import data
from ...component import Dial, component
from ...interdependence import Attention, Graph, Interdependence
from ...network.formula import Formula, Learned
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, HATCHES, MANY, Handle, Numbers, Picture, Seed, counted, walked
from .members import PLACES

STEPS, LR = 40, 0.03
MEMBERS, LEADERS = 34, (0, 33)
WIDTHS = {0.25: 0.4, 0.75: 1.0, 1.25: 1.8, 1.75: 3.0, float("inf"): 4.5}
"""How wide a link is, in points, by its share: up to the key, where 1 is an equal share."""


def layers(formula: Formula, hidden: int, w: Tensor) -> tuple[Tensor, Learned, Tensor]:
    """What two layers make of the members, who come in as the rows of I. (l,) → (34, hidden), the numbers of layer 2, (34, 2)."""
    first, second = w.split([formula.sizes(MEMBERS, hidden).learned, formula.sizes(hidden, 2).learned])
    *_, g = formula.trace(torch.eye(MEMBERS, dtype=torch.float64), hidden, formula.parted(first, MEMBERS, hidden))
    H = g.view(MEMBERS, hidden).relu()
    parts = formula.parted(second, hidden, 2)
    *_, g = formula.trace(H, 2, parts)
    return H, parts, g


@functools.lru_cache(32)
def trained(formula: Formula, hidden: int, seed: int) -> tuple[Tensor, Tensor]:
    """A training that knows the sides of the two leaders alone. Kept for the slider, which only looks up.

    Every w, (41, l), and the two outputs that it has for each member, (41, 34, 2).
    """
    with seeded(seed):
        parts = [formula.joined(formula.init(m, n)) for m, n in ((MEMBERS, hidden), (hidden, 2))]

    def loss(w: Tensor) -> Tensor:
        _, _, said = layers(formula, hidden, w)
        return F.cross_entropy(said[[0, 33]], torch.tensor([0, 1]))  # 0 is the instructor's side

    kept = walked(loss, torch.cat(parts).double(), STEPS, LR)
    return kept, torch.stack([layers(formula, hidden, w)[2] for w in kept])


@component
class Club(Picture):
    """Two layers of a graph network, step by step: whose side they tell for each member, and what each link weighs."""

    step: Annotated[int, Dial(0, STEPS, "the step of the training that is shown", most=STEPS, plays=True)] = 0
    attention: Annotated[bool, "what a link weighs is learned: attention along the links"] = False
    member: Annotated[int, Dial(1, MEMBERS, "whom this member hears is shown", least=1, most=MEMBERS)] = 9
    hidden: Annotated[int, Dial(1, 8, "numbers of each member between the two layers", most=MANY)] = 8
    seed: Seed = 0

    subject: ClassVar[type] = Graph
    fixed: ClassVar[dict[str, Any]] = {"nodes": MEMBERS, "links": data.karate().links}
    answer: ClassVar[str] = "right"
    fields_name: ClassVar[str] = "training"
    size: ClassVar[tuple[int, int]] = (760, 380)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.01, 0.03, 0.58, 0.88), "told: red the instructor's, blue – the officers'", xticks="none", yticks="none", term="ξ"),
        Axes((0.66, 0.60, 0.33, 0.30), "", "step"),
        Axes((0.66, 0.12, 0.33, 0.27), "", "", xticks="none"),
    )

    def given(self) -> dict[str, Tensor]:
        return {"side": 1.0 - 2 * data.karate().faction.double()}  # 1 with the instructor, -1 with the officers

    def layer(self, subject: Graph) -> Formula:
        """What both layers are."""
        return Formula(instance=self.xi(subject))

    def xi(self, subject: Graph) -> Interdependence:
        """How members are mixed."""
        return Attention(among=subject) if self.attention else subject

    def sizes(self, subject: Graph) -> dict[str, int]:
        subject.width(MEMBERS)
        formula = self.layer(subject)
        learned = formula.sizes(MEMBERS, self.hidden).learned + formula.sizes(self.hidden, 2).learned
        return {"m": MEMBERS, "b": MEMBERS, "n": 2, "D": max(MEMBERS, self.hidden), "l": learned}

    def cost(self, sizes: dict[str, int]) -> int:
        return (STEPS + 1) * sizes["l"] + 4 * MEMBERS * (MEMBERS + sizes["D"])

    def numbers(self, subject: Graph, **given: Tensor) -> Numbers:
        formula = self.layer(subject)
        side = given["side"]  # (34,)
        kept, said = trained(formula, self.hidden, self.seed)
        w, said = kept[self.step], said[: self.step + 1]  # only the past is shown
        shares = said.softmax(-1)
        told = shares[..., 0] - shares[..., 1]  # (step + 1, 34): 1 is surely the instructor's, -1 surely the officers'
        rights = (told * side > 0)[:, 1:-1].double().sum(-1)  # (step + 1,): of all but the leaders, who are the first and the last
        loss = F.cross_entropy(said[-1][[0, 33]], torch.tensor([0, 1]))
        H, parts, _ = layers(formula, self.hidden, w)
        A = formula.instance.matrix(H.view(MEMBERS, self.hidden).mT, parts["instance"])  # (34, 34): who gives, who hears
        heard = A / A.sum(0).clamp(min=1e-12)  # every column sums to 1
        across = (heard * (side.unsqueeze(-1) != side)).sum() / heard.sum().clamp(min=1e-12)
        # The plain way: whose leader is nearer? A leader is h links away where no walk of fewer links ends.
        links = (subject.matrix(side.unsqueeze(0), side[:0]) != 0) + torch.eye(MEMBERS, dtype=torch.float64)  # (34, 34)
        reached = torch.stack([links.matrix_power(h)[[0, 33]] > 0 for h in range(9)])  # (9, 2, 34)
        hops = reached.logical_not().sum(0)  # (2, 34)
        nearer = ((hops[1] - hops[0]).sign() * side)[1:-1]  # (32,): 1 is right, 0 as near to both
        plain = {"near_right": (nearer > 0).double().sum(), "near_even": (nearer == 0).double().sum()}
        scores = {"right": rights[-1], "loss": loss, "across": across}
        return {**scores, **plain, "told": told[-1], "rights": rights, "A": A, "weights": heard[:, self.member - 1], "w": w}

    # ---- what is shown --------------------------------------------------------------------------------------------------------------

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers, side, at = shown.numbers, self.given()["side"], torch.tensor(PLACES, dtype=torch.float64)
        x, y = at.unbind(-1)
        canvas.limits(0, (-0.92, 0.86), (-0.62, 0.69))
        self.links(canvas, numbers["A"])
        for name, marker, club in (("instructor", "o", side > 0), ("officers", "s", side < 0)):
            canvas.dots(name, 0, x[club], y[club], numbers["told"][club], 1.0, marker)
        chosen = self.member - 1
        canvas.line("ring", 0, x[[chosen]], y[[chosen]], color="#222222", marker="o", linestyle="", markersize=16, fillstyle="none")
        wrong = (numbers["told"] * side <= 0).nonzero().flatten()
        canvas.line("wrong", 0, x[wrong] + 0.055, y[wrong] + 0.055, color="#222222", marker="x", linestyle="", markersize=6)
        for i in {*LEADERS, chosen}:
            left, low = (PLACES[i][0] + 0.92) / 1.78, (PLACES[i][1] + 0.62) / 1.31
            canvas.text(f"member {i}", 0, left - 0.035, low + 0.01, str(i + 1), ha="right", va="center", fontweight="bold")
        right = int(numbers["right"])
        canvas.title(1, f"right: {right} of {MEMBERS - 2}, two leaders are known")
        canvas.limits(1, (-1, STEPS + 1), (0, MEMBERS))
        canvas.line("rights", 1, range(self.step + 1), numbers["rights"], color=COLORS["g"], linewidth=1.8)
        canvas.line("right now", 1, [self.step], [right], color=COLORS["g"], marker="o", linestyle="", markersize=7)
        near = int(numbers["near_right"])
        canvas.line("nearer", 1, [-1, STEPS + 1], [near, near], color="#777777", linewidth=1, linestyle=":")
        canvas.text("nearer leader", 1, 0.99, near / MEMBERS - 0.03, "nearer leader", color="#666666", ha="right", va="top")
        givers = self.givers(numbers)
        canvas.title(2, f"shares that member {self.member} hears")
        canvas.limits(2, (-0.6, len(givers) - 0.4), (0, 1.05 * steady(numbers["weights"], floor=0.1)), [str(i + 1) for i in givers])
        canvas.bars("shares", 2, numbers["weights"][givers], COLORS["ξ"], HATCHES["ξ"])

    def links(self, canvas: Canvas, A: Tensor) -> None:
        """Every link as wide as its share in A, (k, k), compared with an equal one: of both ways the mean, dark those to the member."""
        linked = A != 0
        ratio = A / A.sum(0).clamp(min=1e-12) * linked.sum(0)
        mean, chosen = (ratio + ratio.mT) / 2, self.member - 1
        lines: dict[tuple[float, bool], list[tuple[float, float]]] = {}
        for i, j in linked.triu(1).nonzero().tolist():
            own = chosen in (i, j)
            share = ratio[i if j == chosen else j, chosen] if own else mean[i, j]
            width = next(points for most, points in WIDTHS.items() if share <= most)
            lines.setdefault((width, own), []).extend((PLACES[i], PLACES[j], (float("nan"), float("nan"))))
        for own in (False, True):
            for width in WIDTHS.values():
                x, y = zip(*lines.get((width, own), [(float("nan"), float("nan"))]), strict=True)
                canvas.line(f"links {width} {own}", 0, x, y, color="#444444" if own else "#bbbbbb", linewidth=width)

    def givers(self, numbers: Numbers) -> list[int]:
        """Whom the member hears, counted from 0: the most heard first, at most eight. Who hears nobody has one bar of no height, itself."""
        weights = numbers["weights"]
        order = weights.argsort(descending=True, stable=True)[:8].tolist()
        return [i for i in order if weights[i] > 0] or [self.member - 1]

    def handles(self, shown: Shown) -> list[Handle]:
        right = int(shown.numbers["right"])
        move = lambda step, _: replace(self, step=min(max(0, round(step)), STEPS))  # noqa: E731
        found = [Handle("step", 1, self.step, right, f"step {self.step}", move)]
        for i, told in enumerate(shown.numbers["told"].tolist()):
            says, choose = f"member {i + 1}: {told:z.2f}", lambda *_, i=i: replace(self, member=i + 1)
            found.append(Handle(f"member {i + 1}", 0, *PLACES[i], says, choose, ""))
        return found

    def heard(self, numbers: Numbers) -> str:
        """The three whom the member hears most."""
        said = (f"{numbers['weights'][i]:.0%} from {'itself' if i == self.member - 1 else i + 1}" for i in self.givers(numbers)[:3])
        return f"member {self.member} hears {', '.join(said)}"

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        near = f"{int(numbers['near_right'])} right, {int(numbers['near_even'])} as near to both"
        return (
            f"step {self.step} of {STEPS}   loss {numbers['loss']:.3g}   {int(numbers['right'])} of {MEMBERS - 2} right\n"
            f"nearer leader: {near}   from the other side: {numbers['across']:.1%}\n{self.heard(numbers)}"
        )

    def alt(self, shown: Shown) -> str:
        numbers, side = shown.numbers, self.given()["side"]
        wrong = [i + 1 for i in (numbers["told"] * side <= 0).nonzero().flatten().tolist()]
        missed = f"Wrong {'is' if len(wrong) == 1 else 'are'} {', '.join(map(str, wrong))}. " if wrong else ""
        weighed = "as attention has learned" if self.attention else "by a fixed number"
        return (
            f"A club of 34 as a network, its links weighed {weighed}. After {counted(self.step, 'step')} of training on the two leaders "
            f"the sides of {int(numbers['right'])} of {MEMBERS - 2} others are told rightly, with a loss of {numbers['loss']:.3g}. {missed}"
            f"The nearer leader tells {int(numbers['near_right'])} and leaves {int(numbers['near_even'])} open. Of all that is heard, "
            f"{numbers['across']:.1%} comes from the other side. {self.heard(numbers)[0].upper()}{self.heard(numbers)[1:]}."
        )

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        return (
            ("", "H = relu ⟨ "),
            ("ξ", "Aᵀ"),
            ("", " X , "),
            ("ψ", "ψ(w₁)"),
            ("", " ⟩,   g = ⟨ "),
            ("ξ", "Aᵀ"),
            ("", " H , "),
            ("ψ", "ψ(w₂)"),
            ("", " ⟩"),
        )

    def values(self, shown: Shown) -> dict[str, str]:
        return {"ξ": "34 × 34", "ψ": f"{self.hidden} × 34, 2 × {self.hidden}"}
