"""The pictures: what is computed for a state, and how it is shown.

A picture is a component too: its fields are sliders, part of the state token, and filled into the code it shows. `numbers` is plain torch;
everything on the screen (picture, formula, alt text, readout, code) comes from its one result.
"""

from abc import ABC, abstractmethod
from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor

from .. import data
from ..component import Component, Dial, component
from ..expansion import Expansion
from ..fit import least_squares
from ..formula import Formula
from ..reconciliation import Reconciliation
from .canvas import Canvas, Panel, steady

COLORS = {"κ": "#0b62a4", "ξ": "#6a3d9a", "ψ": "#b34700", "π": "#1b7837", "g": "#222222"}
HATCHES = {"κ": "", "ψ": "//", "π": "..", "g": ""}
LINES = ("-", "--", "-.", ":")

Numbers = dict[str, Any]
Seed = Annotated[int, Dial(0, 9, "seed of the random numbers")]


class Picture(Component, ABC):
    """What an explorer shows of a subject: a κ, a ψ, or a whole formula."""

    term: ClassVar[str] = "picture"
    subject: ClassVar[type]
    """The kind of component it shows."""
    panels: ClassVar[tuple[Panel, ...]]
    answer: ClassVar[str]
    """The name of the number that the code prints at its end."""
    fields_name: ClassVar[str]
    """What the picture's own fields are, in one word."""

    def given(self) -> dict[str, Tensor]:
        """Data the numbers start from, by argument name. In the code they are written out."""
        return {}

    def sizes(self, subject: Any) -> dict[str, int]:
        """m, b, n and D of a state, before anything is computed: the ledger refuses what is too large."""
        raise NotImplementedError

    @abstractmethod
    def numbers(self, subject: Any, **given: Tensor) -> Numbers:
        """Everything shown, computed in float64 on the CPU."""

    @abstractmethod
    def paint(self, canvas: Canvas, subject: Any, numbers: Numbers) -> None:
        """Tell the canvas what to show."""

    @abstractmethod
    def alt(self, subject: Any, numbers: Numbers) -> str:
        """The picture in words: what it is, extremes, trend."""

    @abstractmethod
    def readout(self, subject: Any, numbers: Numbers) -> str:
        """One line of figures."""

    def values(self, subject: Any, numbers: Numbers) -> dict[str, str]:
        """Short texts that stand under the symbols of the formula."""
        return {}


@component
class Basis(Picture):
    """Every feature of κ as a curve over one input, and all of them at one x."""

    at: Annotated[float, Dial(-3.0, 3.0, "the x whose features are shown as bars", least=None)] = 0.5

    subject: ClassVar[type] = Expansion
    answer: ClassVar[str] = "kappa"
    fields_name: ClassVar[str] = "input"
    panels: ClassVar[tuple[Panel, ...]] = (
        Panel((0.07, 0.16, 0.52, 0.72), "features of κ over x", "x", term="κ"),
        Panel((0.67, 0.16, 0.31, 0.72), "κ at the dotted x", "feature", xticks="counts"),
    )
    shown: ClassVar[int] = 12

    def sizes(self, subject: Expansion) -> dict[str, int]:
        return {"m": 1, "b": 241, "n": 1, "D": subject.width(1)}

    def numbers(self, subject: Expansion, **given: Tensor) -> Numbers:
        x = torch.linspace(-3, 3, 241, dtype=torch.float64)
        curves = subject(x.unsqueeze(-1))  # (241, D)
        at = torch.tensor([[self.at]], dtype=torch.float64)  # (1, 1)
        kappa = subject(at)[0]  # (D,)
        return {"x": x, "curves": curves, "at": at, "kappa": kappa}

    def paint(self, canvas: Canvas, subject: Expansion, numbers: Numbers) -> None:
        low, high = subject.domain
        x, D = numbers["x"], len(numbers["kappa"])
        inside = numbers["curves"][(x >= low) & (x <= high)]
        # Curves may leave the picture: one wild feature must not flatten the others.
        top = steady(inside[:, : self.shown].abs().quantile(0.9)) * 1.2
        canvas.limits(0, (-3, 3), (-top, top))
        for name, edge in (("low", low), ("high", high)):
            canvas.line(f"domain {name}", 0, [edge, edge], [-top, top], color="#999999", linewidth=1, linestyle="--")
        for k in range(min(D, self.shown)):
            # Colour and line style both change, so that no feature is told by colour alone.
            style = {"color": f"C{k % 10}", "linestyle": LINES[k % len(LINES)], "linewidth": 1.6}
            canvas.line(f"feature {k}", 0, x, numbers["curves"][:, k], **style)
        self.name_curves(canvas, x, numbers["curves"][:, : self.shown], (0.95 * low, 0.95 * high), top)
        canvas.line("at", 0, [self.at, self.at], [-top, top], color="black", linewidth=1, linestyle=":")
        if self.shown < D:
            canvas.text("more", 0, 0.02, 0.95, f"first {self.shown} of {D} features")
        reach = steady(numbers["kappa"]) * 1.1
        canvas.limits(1, (-0.6, D - 0.4), (-reach, reach))
        canvas.bars("kappa", 1, numbers["kappa"], [f"C{k % 10}" for k in range(D)])

    @staticmethod
    def name_curves(canvas: Canvas, x: Tensor, curves: Tensor, between: tuple[float, float], top: float) -> None:
        """Each curve's number stands at its highest point between two x, so that curve and bar are found by number, not by colour."""
        inside = (x >= between[0]) & (x <= between[1])
        for k, curve in enumerate(curves[inside].T):
            peak = int(curve.clamp(-top, top).argmax())
            share = (float(x[inside][peak]) + 3) / 6, (float(curve[peak].clamp(-top, top)) + top) / (2 * top)
            canvas.text(f"name {k}", 0, *share, str(k + 1), ha="center", va="bottom", fontweight="bold")

    def alt(self, subject: Expansion, numbers: Numbers) -> str:
        kappa = numbers["kappa"]
        low, high = subject.domain
        outside = "" if low <= self.at <= high else " This x lies outside the domain."
        return (
            f"{len(kappa)} features of {subject!r} as curves over x from -3 to 3; the domain from {low:g} to {high:g} is marked. "
            f"At x = {self.at:g} they run from {kappa.min():.3g} to {kappa.max():.3g} and sum to {kappa.sum():.3g}.{outside}"
        )

    def readout(self, subject: Expansion, numbers: Numbers) -> str:
        kappa = numbers["kappa"]
        head = ", ".join(f"{value:.3f}" for value in kappa[:6])
        return f"κ({self.at:g}) = [{head}{', …' if len(kappa) > 6 else ''}]   D = {len(kappa)}"

    def values(self, subject: Expansion, numbers: Numbers) -> dict[str, str]:
        return {"κ": f"D = {len(numbers['kappa'])}"}


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


@component
class Flow(Picture):
    """One x on its way through the formula: κ(x), ψ(w), the inner product, π(x) and g(x)."""

    x1: Annotated[float, Dial(-1.0, 1.0, "first input", least=None)] = 0.6
    x2: Annotated[float, Dial(-1.0, 1.0, "second input", least=None)] = -0.4
    seed: Seed = 0

    n: ClassVar[int] = 2
    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "g"
    fields_name: ClassVar[str] = "input"
    panels: ClassVar[tuple[Panel, ...]] = (
        Panel((0.08, 0.6, 0.5, 0.3), "κ(x)", xticks="none", term="κ"),
        Panel((0.08, 0.15, 0.5, 0.33), "ψ(w): each column meets the feature above it", "feature", "output", "counts", "counts", "ψ"),
        Panel((0.63, 0.15, 0.11, 0.33), "<κ, ψ(w)>", xticks="none", yticks="none"),
        Panel((0.755, 0.15, 0.11, 0.33), "+ π(x)", xticks="none", yticks="none", term="π"),
        Panel((0.88, 0.15, 0.11, 0.33), "= g(x|w)", xticks="none", yticks="none", term="g"),
    )

    def sizes(self, subject: Formula) -> dict[str, int]:
        D = subject.expansion.width(2)
        subject.remainder.length(2, self.n)
        return {"m": 2, "b": 1, "n": self.n, "D": D, "l": subject.reconciliation.length(self.n, D)}

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x = torch.tensor([[self.x1, self.x2]], dtype=torch.float64)  # (1, 2)
        D = subject.expansion.width(2)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            w = subject.reconciliation.init(self.n, D).double()  # (l,)
            torch.manual_seed(self.seed + 1000)  # numbers of its own: another κ must not change π
            w_pi = subject.remainder.init(2, self.n).double()
        kappa = subject.expansion(x)  # (1, D)
        W = subject.reconciliation.matrix(w, self.n, D)  # (n, D)
        inner = kappa @ W.mT  # (1, n)
        pi = subject.remainder(x, w_pi, self.n)  # (1, n)
        return {"x": x, "w": w, "kappa": kappa, "W": W, "inner": inner, "pi": pi, "g": inner + pi, "w_pi": w_pi}

    def paint(self, canvas: Canvas, subject: Formula, numbers: Numbers) -> None:
        kappa, W = numbers["kappa"][0], numbers["W"]
        top = steady(kappa) * 1.1
        canvas.limits(0, (-0.5, len(kappa) - 0.5), (-top, top))
        canvas.bars("kappa", 0, kappa, COLORS["κ"], HATCHES["κ"])
        canvas.image("W", 1, W, steady(W, floor=0.1))
        reach = steady(torch.stack([numbers[name] for name in ("inner", "pi", "g")])) * 1.1
        for panel, name, term in ((2, "inner", "ψ"), (3, "pi", "π"), (4, "g", "g")):
            canvas.limits(panel, (-reach, reach), (self.n - 0.5, -0.5))
            canvas.line(f"zero {name}", panel, [0, 0], [-0.5, self.n - 0.5], color="#999999", linewidth=0.8)
            canvas.bars(name, panel, numbers[name][0], COLORS[term], HATCHES[term], horizontal=True)
        canvas.text("x", 2, 0, 2.15, f"x = ({self.x1:g}, {self.x2:g})")
        canvas.text("rows", 2, 0, 1.45, "\n".join(f"{i:+.3f}  {p:+.3f}  =  {g:+.3f}" for i, p, g in self.rows(numbers)), family="monospace")

    @staticmethod
    def rows(numbers: Numbers) -> list[tuple[float, float, float]]:
        """(inner, π, g) of each output."""
        return torch.stack([numbers[name][0] for name in ("inner", "pi", "g")], -1).tolist()

    def alt(self, subject: Formula, numbers: Numbers) -> str:
        kappa = numbers["kappa"][0]
        inner, pi, g = (", ".join(f"{value:.3f}" for value in numbers[name][0]) for name in ("inner", "pi", "g"))
        return (
            f"The input ({self.x1:g}, {self.x2:g}) becomes {len(kappa)} features of {subject.expansion!r}, "
            f"from {kappa.min():.3g} to {kappa.max():.3g}. Their inner product with the rows of ψ(w) is {inner}; "
            f"the remainder adds {pi}; g is {g}."
        )

    def readout(self, subject: Formula, numbers: Numbers) -> str:
        return (
            "g = "
            + ", ".join(f"{value:.4f}" for value in numbers["g"][0])
            + f"   D = {numbers['kappa'].shape[-1]}, {len(numbers['w']) + len(numbers['w_pi'])} learned numbers"
        )

    def values(self, subject: Formula, numbers: Numbers) -> dict[str, str]:
        first = {name: f"{numbers[name][0, 0]:.3f}" for name in ("inner", "pi", "g")}
        D = numbers["kappa"].shape[-1]
        return {"g": first["g"], "κ": f"D = {D}", "ψ": f"<κ, ψ> = {first['inner']}", "π": first["pi"]}


@component
class Fit(Picture):
    """A noisy curve and the best g for it, found anew at every move without training: least squares."""

    shape: Annotated[Literal["waves", "step", "peak"], "the true curve"] = "waves"
    points: Annotated[int, Dial(10, 100, "points to learn from", least=2)] = 60
    noise: Annotated[float, Dial(0.0, 0.5, "standard deviation of the noise", least=0.0)] = 0.1
    ridge: Annotated[float, Dial(1e-8, 1.0, "how much large weights cost", least=0.0, above=True, log=True)] = 1e-4
    seed: Seed = 0

    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "test_error"
    fields_name: ClassVar[str] = "data"
    panels: ClassVar[tuple[Panel, ...]] = (
        Panel((0.06, 0.16, 0.92, 0.72), "dots: data   dashed: truth   solid: g(x|w)   dotted: π(x)", "x"),
    )

    def given(self) -> dict[str, Tensor]:
        # Four decimals are enough for a lesson, and then the numbers in the code are exactly these.
        x, y, _, _ = data.curve(self.points, self.noise, self.seed, self.shape)
        return {"x": x[:, 0].round(decimals=4), "y": y[:, 0].round(decimals=4)}

    def sizes(self, subject: Formula) -> dict[str, int]:
        D = subject.expansion.width(1)
        l = subject.reconciliation.length(1, D) + subject.remainder.length(1, 1)
        return {"m": 1, "b": self.points, "n": 1, "D": D, "l": l, "equations": (self.points + l) * l}

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x, y = given["x"], given["y"]  # (points,)
        grid = torch.linspace(-1, 1, 200, dtype=torch.float64)
        truth = data.SHAPES[self.shape](grid)
        D = subject.expansion.width(1)
        l = subject.reconciliation.length(1, D)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            w = torch.cat((subject.reconciliation.init(1, D), subject.remainder.init(1, 1))).double()

        def predict(w: Tensor, x: Tensor) -> Tensor:
            column = x.unsqueeze(-1)  # (rows, 1)
            inner = subject.expansion(column) @ subject.reconciliation.matrix(w[:l], 1, D).mT
            return (inner + subject.remainder(column, w[l:], 1)).squeeze(-1)

        if subject.reconciliation.length(1, D) + subject.remainder.length(1, 1):
            w = least_squares(lambda w: predict(w, x), w, y, self.ridge, self.steps(subject))
        curve = predict(w, grid)  # (200,)
        pi = subject.remainder(grid.unsqueeze(-1), w[l:], 1).squeeze(-1)
        train_error = (predict(w, x) - y).square().mean().sqrt()
        test_error = (curve - truth).square().mean().sqrt()
        errors = {"train_error": train_error, "test_error": test_error}
        return {"x": x, "y": y, "grid": grid, "truth": truth, "w": w, "curve": curve, "pi": pi, **errors}

    def steps(self, subject: Formula) -> int:
        """One step is exact where g is linear in w; otherwise sixteen are as many as a slider allows."""
        linear_pi = getattr(subject.remainder, "activation", "none") == "none"
        return 1 if subject.reconciliation.linear and linear_pi else 16

    def paint(self, canvas: Canvas, subject: Formula, numbers: Numbers) -> None:
        canvas.limits(0, (-1.05, 1.05), (-1.6, 1.6))
        grid, curve = numbers["grid"], numbers["curve"]
        canvas.line("truth", 0, grid, numbers["truth"], color=COLORS["κ"], linestyle="--", linewidth=1.2)
        canvas.line("pi", 0, grid, numbers["pi"], color=COLORS["π"], linestyle=":", linewidth=1.6)
        canvas.line("fit", 0, grid, curve.clamp(-1e3, 1e3), color=COLORS["g"], linewidth=2)
        canvas.line(
            "points", 0, numbers["x"], numbers["y"], color="#777777", marker="o", linestyle="", markersize=5, markeredgecolor="white"
        )
        if curve.abs().max() > 1.6:
            canvas.text("outside", 0, 0.5, 0.94, f"g leaves the picture: {curve.min():.3g} to {curve.max():.3g}", ha="center")

    def alt(self, subject: Formula, numbers: Numbers) -> str:
        curve = numbers["curve"]
        trend = "close to" if numbers["test_error"] < 0.1 else "roughly along" if numbers["test_error"] < 0.3 else "far from"
        return (
            f"{self.points} noisy points of a curve ({self.shape}) and the fit of {subject.expansion!r} with {subject.reconciliation!r} "
            f"and {subject.remainder!r}. The fit runs {trend} the true curve, from {curve.min():.3g} to {curve.max():.3g}: "
            f"error {numbers['train_error']:.3f} on the points, {numbers['test_error']:.3f} on the truth."
        )

    def readout(self, subject: Formula, numbers: Numbers) -> str:
        errors = f"error on the points {numbers['train_error']:.4f}   on the true curve {numbers['test_error']:.4f}"
        return f"{errors}   {len(numbers['w'])} learned numbers"

    def values(self, subject: Formula, numbers: Numbers) -> dict[str, str]:
        D = self.sizes(subject)["D"]
        return {
            "g": f"error {numbers['test_error']:.3f}",
            "κ": f"D = {D}",
            "ψ": f"1 × {D}",
            "π": f"{numbers['pi'].abs().max():.3f} at most",
        }
