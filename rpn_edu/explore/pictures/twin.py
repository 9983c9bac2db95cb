"""Known models on two moons: scikit-learn's own program, and the formula that has taken over its numbers."""

import copy
import functools
import math
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from ...component import Dial, component
from ...network.formula import Formula, Learned
from ...network.head import Head
from ...remainder import Linear
from ...shared.activation import activate
from ...shared.machine import needs
from ...zoo import from_sklearn
from ...zoo.estimators import kind, steps_of
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from . import plane
from .base import COLORS, HATCHES, Numbers, Picture, counted

Features = Literal["x", "monomials", "splines", "likeness"]
Found = Literal["least squares", "ridge", "log loss", "hinge loss", "densities", "two layers"]
LANDMARKS = 10


class Taken(NamedTuple):
    """One layer of the formula: from m to n, with the learned numbers of each term as nested tuples."""

    formula: Formula
    m: int
    n: int
    learned: tuple[tuple[str, Any], ...]


def silu(x: Any) -> Any:
    """x / (1 + e⁻ˣ), number by number: an array in its own shape."""
    return x / (1 + np.exp(-x))


@component
class Twin(Picture):
    """A model of scikit-learn and its formula: where each draws the border between two moons, and how far they are apart."""

    features: Annotated[Features, "κ: x itself, its products, splines of each input, or likeness to some of the points"] = "x"
    found: Annotated[Found, "how the numbers of ψ are found"] = "least squares"
    silu: Annotated[bool, "π(x): a linear map of x / (1 + exp(-x)), where ψ is found by least squares or ridge"] = False
    detail: Annotated[int, Dial(1, 6, "highest degree of the products, intervals of the splines, or how fast likeness falls", most=8)] = 3
    penalty: Annotated[float, Dial(0.001, 10.0, "how much large numbers in ψ cost", least=0.001, log=True, most=1e3)] = 0.1
    reach: Annotated[Literal["the picture", "the points"], "how far the splines reach"] = "the picture"
    points: Annotated[int, Dial(20, 80, "points to learn from", least=LANDMARKS, most=200)] = 40
    noise: Annotated[float, Dial(0.0, 0.5, "standard deviation of the noise", least=0.0, most=1.0)] = 0.2
    seed: Annotated[int, Dial(0, 9, "seed of the random numbers", most=2**32 - 1)] = 0

    subject: ClassVar[type] = Formula
    moves: ClassVar[tuple[str, ...]] = ()
    unseen: ClassVar[tuple[str, ...]] = tuple(field.name for field in Formula.declared)
    answer: ClassVar[str] = "difference"
    fields_name: ClassVar[str] = "model and data"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes(
            (0.09, 0.14, 0.60, 0.76),
            "sign of g(x)   line: border of the formula, wide band: scikit-learn's",
            "first input",
            "second input",
        ),
        Axes((0.76, 0.14, 0.23, 0.76), "the numbers of ψ", "feature", xticks="none", term="ψ"),
    )

    def check(self) -> None:
        """ValueError for a π where ψ is not found by least squares."""
        if self.silu and self.found not in ("least squares", "ridge"):
            raise ValueError(
                f'Twin.silu needs found="least squares" or found="ridge": scikit-learn has no π beside others, got {self.found!r}'
            )

    def given(self) -> dict[str, Tensor]:
        given = plane.known(self.points, self.noise, self.seed)
        return {"x": given["x"], "y": given["y"]}

    # ---- the original ---------------------------------------------------------------------------------------------------------------

    def expander(self) -> Any:
        """The transformer of scikit-learn that is κ."""
        if self.features == "monomials":
            from sklearn.preprocessing import PolynomialFeatures

            return PolynomialFeatures(self.detail, include_bias=False)
        if self.features == "splines":
            from sklearn.preprocessing import SplineTransformer

            if self.reach == "the points":
                return SplineTransformer(self.detail + 1, include_bias=False)
            # Knots from edge to edge of the picture, for each of the two inputs.
            knots = np.linspace([-1.6, -1.1], [1.6, 1.1], self.detail + 1)
            return SplineTransformer(knots=knots, include_bias=False)  # type: ignore[arg-type]
        if self.features == "likeness":
            from sklearn.kernel_approximation import Nystroem

            return Nystroem(gamma=self.detail, n_components=LANDMARKS, random_state=self.seed)
        return "passthrough"

    def finder(self) -> Any:
        """The estimator of scikit-learn that finds ψ."""
        match self.found:
            case "ridge":
                from sklearn.linear_model import Ridge

                return Ridge(self.penalty)
            case "log loss":
                from sklearn.linear_model import LogisticRegression

                return LogisticRegression(C=1 / self.penalty, solver="newton-cholesky")
            case "hinge loss":
                from sklearn.svm import SVC

                return SVC(kernel="linear", C=1 / self.penalty, random_state=self.seed)
            case "densities":
                from sklearn.naive_bayes import GaussianNB

                return GaussianNB()
            case "two layers":
                from sklearn.neural_network import MLPRegressor

                # Few steps: a slider waits for them.
                descent = {"solver": "lbfgs", "tol": 3e-3, "max_iter": 5000, "random_state": self.seed}
                return MLPRegressor(hidden_layer_sizes=4, activation="tanh", alpha=self.penalty, **descent)
            case _:
                from sklearn.linear_model import LinearRegression

                return LinearRegression()

    def original(self) -> Any:
        """The model of scikit-learn, which has learned nothing yet."""
        if self.features == "likeness" and not self.silu and self.found == "ridge":
            from sklearn.kernel_ridge import KernelRidge

            return KernelRidge(alpha=self.penalty, kernel="rbf", gamma=self.detail)  # type: ignore[arg-type]
        if self.features == "likeness" and self.found == "hinge loss":
            from sklearn.svm import SVC

            return SVC(gamma=self.detail, C=1 / self.penalty, random_state=self.seed)  # type: ignore[arg-type]
        if self.features == "x" and not self.silu:
            return self.finder()
        from sklearn.pipeline import make_pipeline

        if self.silu:
            from sklearn.pipeline import make_union
            from sklearn.preprocessing import FunctionTransformer

            return make_pipeline(make_union(self.expander(), FunctionTransformer(silu)), self.finder())
        return make_pipeline(self.expander(), self.finder())

    def answers(self, original: Any, x: Tensor) -> Tensor:
        """What it says of each row, above 0 for the upper moon: (rows, 2) → (rows,)."""
        match self.found:
            case "densities":
                return torch.from_numpy(original.predict_log_proba(x.numpy())).diff().squeeze(-1)
            case "log loss" | "hinge loss":
                return torch.from_numpy(original.decision_function(x.numpy()))
            case _:
                return torch.from_numpy(original.predict(x.numpy()))

    # ---- the formula ----------------------------------------------------------------------------------------------------------------

    def layers(self) -> tuple[Taken, ...]:
        """The formula with the numbers that it has taken over, layer by layer."""
        return taken(self)

    def sizes(self, subject: Formula) -> dict[str, int]:
        layers = self.layers()
        found = [formula.sizes(m, n) for formula, m, n, _ in layers]
        l = sum(sizes.learned for sizes in found)
        return {"m": 2, "b": self.points, "n": max(layer.n for layer in layers), "D": max(sizes.D for sizes in found), "l": l}

    def cost(self, sizes: dict[str, int]) -> int:
        return math.prod(plane.CELLS) * (sizes["D"] + sizes["n"])

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x, y = given["x"], given["y"]
        cells = plane.middles().flatten(0, 1)  # (1584, 2)
        original = self.original().fit(x.numpy(), y.numpy())
        theirs = self.answers(original, cells)  # (1584,)
        h = cells
        for formula, _, n, learned in self.layers():
            w = Learned({term: torch.tensor(values, dtype=torch.float64) for term, values in learned})
            *_, kappa, _, _, h = formula.trace(h, n, w)  # (1584, D), (1584, n)
            psi = formula.psi(0, kappa.shape[-1], n, w)  # (n, D)
            h = activate(h, formula.output.activation)
        if self.found == "densities":
            h, psi = h.diff(), psi.diff(dim=0)  # of two log probabilities the difference decides
        g = h.squeeze(-1)
        difference = (g - theirs).abs().max() / theirs.abs().max()
        sign, ghost = g.clamp(-2.0, 2.0).view(33, 48), theirs.clamp(-2.0, 2.0).view(33, 48)
        return {"x": x, "y": y, "g": sign, "ghost": ghost, "psi": psi.squeeze(0), "difference": difference}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        plane.paint(canvas, 0, numbers["g"], numbers["x"], numbers["y"], numbers["ghost"])
        psi = numbers["psi"]
        reach = steady(psi.abs().max(), floor=1e-3)
        canvas.limits(1, (-0.6, len(psi) - 0.4), (-1.05 * reach, 1.05 * reach))
        canvas.bars("psi", 1, psi, COLORS["ψ"], HATCHES["ψ"])

    # ---- in words -------------------------------------------------------------------------------------------------------------------

    def names(self) -> str:
        """The classes of scikit-learn, one after the other."""
        return " → ".join(kind(step) for step in steps_of(self.original()))

    def alt(self, shown: Shown) -> str:
        g, ghost, psi, difference = (shown.numbers[name] for name in ("g", "ghost", "psi", "difference"))
        share, apart = (g > 0).double().mean(), int(((g > 0) != (ghost > 0)).sum())
        return (
            f"{self.points} points of two moons (noise {self.noise:g}) and the sign of two programs over the plane: {self.names()} of "
            f"scikit-learn, and {counted(len(self.layers()), 'layer')} of the formula with the same numbers. g is positive on {share:.0%} "
            f"of the plane. The signs differ in {apart} of {g.numel()} cells, the outputs by {plane.apart(difference)} of the largest. "
            f"Beside it {counted(len(psi), 'number')} of ψ, from {psi.min():.3g} to {psi.max():.3g}."
        )

    def readout(self, shown: Shown) -> str:
        said = f"largest difference {shown.numbers['difference']:.1g} of the largest output   "
        return f"{said}scikit-learn: {self.names()}\n{counted(shown.sizes['l'], 'number')} taken over"

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        symbol, z = {
            "x": ("κ", "x"),
            "monomials": ("κ", "(x₁, x₂, x₁x₁, ...)"),
            "splines": ("κ", "splines(x)"),
            "likeness": ("ξ", "k(x, p)"),
        }[self.features]
        features = symbol if symbol == "ξ" else ""  # κ stands before it, and D under that one
        pi = (("", " ⟩ + "), ("π", "w' SiLU(x)" if self.silu else "0"))
        match self.found:
            case "densities":
                return (
                    ("g", "g"),
                    ("", " = ⟨ "),
                    ("κ", "(ln N(z), z)"),
                    ("", " , "),
                    ("ψ", "ψ(w)"),
                    *pi,
                    ("", "  with z = "),
                    (features, z),
                )
            case "two layers":
                inner = (("", "  with h = tanh ⟨ "), (features, z), ("", " , "), ("ψ", "ψ₁(w)"), ("", " ⟩"))
                return (("g", "g"), ("", " = ⟨ "), ("κ", "h"), ("", " , "), ("ψ", "ψ₂(w)"), *pi, *inner)
            case _:
                return (("g", "g"), ("", " = ⟨ "), (symbol, z), ("", " , "), ("ψ", "ψ(w)"), *pi)

    def values(self, shown: Shown) -> dict[str, str]:
        D = shown.sizes["D"]
        return {"g": f"{shown.numbers['difference']:.0e} apart", "κ": f"D = {D}", "ξ": f"{D} points p", "ψ": self.found}


@functools.lru_cache(64)
def taken(picture: Twin) -> tuple[Taken, ...]:
    """The layers of the formula, with the numbers of a model that has learned. ImportError without scikit-learn."""
    needs("Twin", "sklearn")
    from sklearn.pipeline import make_pipeline

    x, y = (value.numpy() for value in picture.given().values())
    original = picture.original().fit(x, y)
    pi: dict[str, Any] = {}
    if picture.silu:  # the last two numbers belong to SiLU of the two inputs
        (_, kappa), _ = original[0].transformer_list
        last = copy.copy(original[-1])
        pi["remainder"], last.coef_ = last.coef_[-2:], last.coef_[:-2]
        last.n_features_in_ = len(last.coef_)
        original = make_pipeline(kappa, last)
    layers = []
    for layer in from_sklearn(original).layers:
        head = cast(Head, layer.heads[0])  # type: ignore[index]
        formula = replace(head.formula, remainder=Linear(activation="silu", activate="before")) if pi else head.formula
        learned = {term: nested(values.tolist()) for term, values in (head.learned() | pi).items() if len(values)}
        layers.append(Taken(formula, head.m, head.n, tuple(learned.items())))
    return tuple(layers)


def nested(numbers: Any) -> Any:
    """Lists in lists as tuples in tuples."""
    return tuple(map(nested, numbers)) if isinstance(numbers, list) else numbers
