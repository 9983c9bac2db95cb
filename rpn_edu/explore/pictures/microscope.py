"""One x on its way through all layers, and one layer under the lens."""

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...network.formula import Formula
from ...shared.alone import seeded
from ...shared.words import lowered
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, DEEP, HATCHES, MANY, Handle, Numbers, Picture, Seed, counted, listed, sized


@component
class Microscope(Picture):
    """A fresh network of widths [2, width, ..., width, 2]: one layer in full, and the size of every H_k and of the gradient there."""

    layer: Annotated[int, Dial(1, 6, "the layer that is shown", most=DEEP)] = 1
    depth: Annotated[int, Dial(1, 6, "K, the number of layers", most=DEEP)] = 3
    width: Annotated[int, Dial(1, 8, "numbers that a hidden layer hands over", most=MANY)] = 4
    x1: Annotated[float, Dial(-1.0, 1.0, "first input", least=None)] = 0.6
    x2: Annotated[float, Dial(-1.0, 1.0, "second input", least=None)] = -0.4
    seed: Seed = 0

    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "H"
    fields_name: ClassVar[str] = "layer"
    size: ClassVar[tuple[int, int]] = (720, 330)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.06, 0.64, 0.36, 0.27), "", xticks="none", term="κ"),
        Axes((0.06, 0.14, 0.36, 0.36), "", "feature", "output", "counts", "counts", "ψ"),
        Axes((0.46, 0.14, 0.075, 0.36), "<κ, ψ>", xticks="none", yticks="none"),
        Axes((0.55, 0.14, 0.075, 0.36), "+ π", xticks="none", yticks="none", term="π"),
        Axes((0.64, 0.14, 0.075, 0.36), "", xticks="none", yticks="none", term="g"),
        Axes((0.79, 0.14, 0.2, 0.36), "● size of Hₖ  ■ slope", ylabel="power of 10", xticks="none"),
    )
    reach: ClassVar[float] = 30.0
    """What a layer hands over stays between -reach and reach: ten layers of a high degree would leave what a computer can hold."""

    def widths(self) -> list[int]:
        """[d_0, ..., d_K]"""
        return [2, *[self.width] * (self.depth - 1), 2]

    def sizes(self, subject: Formula) -> dict[str, int]:
        layers = [sized(subject, m, n, 1) for m, n in self.pairs()]
        wide = {name: max(layer[name] for layer in layers) for name in ("n", "D")}
        return {"m": 2, "b": 1, **wide, "l": sum(layer["l"] for layer in layers)}

    def ends(self, subject: Formula) -> dict[str, int]:
        return {"layer": self.depth}

    def refuses(self, subject: Formula) -> str:
        missing = f"there is no layer {self.layer}: this network has depth {self.depth}. Lower layer, or raise depth"
        return missing if self.layer > self.depth else ""

    def pairs(self) -> list[tuple[int, int]]:
        """(m, n) of each layer"""
        return list(zip(self.widths(), self.widths()[1:]))

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        x = torch.tensor([[self.x1, self.x2]], dtype=torch.float64)  # (1, 2)
        pairs = self.pairs()
        with seeded(self.seed):
            w = [subject.init(m, n, torch.float64) for m, n in pairs]
        fixed = [subject.frozen(m, n) for m, n in pairs]

        layers, ways_back = [x], []
        for k, (_, n) in enumerate(pairs):

            def next_layer(H: Tensor) -> Tensor:
                *_, g = subject.trace(H, n, w[k], fixed[k])  # noqa: B023
                return g.clamp(-self.reach, self.reach)

            H, way_back = torch.func.vjp(next_layer, layers[-1])[:2]
            layers.append(H)
            ways_back.append(way_back)
        # The chain rule from the last layer to the first: each layer multiplies the gradient of the first output by its own slope.
        slopes = [torch.tensor([[1.0, 0.0]], dtype=torch.float64)]
        for way_back in reversed(ways_back):
            slopes.insert(0, way_back(slopes[0])[0])
        inputs, outputs = pairs[self.layer - 1]
        frozen = subject.frozen(inputs, outputs)
        *_, kappa, inner, pi, _ = subject.trace(layers[self.layer - 1], outputs, w[self.layer - 1], frozen)
        W = torch.cat(subject.matrices(kappa.shape[-1], outputs, w[self.layer - 1], frozen))  # (n, D)
        H, slope = layers[self.layer], slopes[self.layer]
        sizes = torch.stack([H.square().mean().sqrt() for H in layers])  # (K + 1,)
        slope_sizes = torch.stack([slope.square().mean().sqrt() for slope in slopes])  # (K + 1,)
        shown = {"kappa": kappa, "W": W, "inner": inner, "pi": pi, "H": H, "slope": slope}
        return {"x": x, **shown, "g": layers[-1], "sizes": sizes, "slope_sizes": slope_sizes}

    def before(self) -> str:
        """The name of what the chosen layer gets."""
        return "x" if self.layer == 1 else lowered("H", self.layer - 1)

    def lines(self) -> list[str]:
        """The composition, one line for each layer up to the chosen one."""
        names = ["x", *(lowered("H", k) for k in range(1, self.layer + 1))]
        made = (f"{H} = <κ({old}), ψ({lowered('w', k)})> + π({old})" for k, (old, H) in enumerate(zip(names, names[1:]), 1))
        return [line + ("  = g(x)" if k == self.depth else "") for k, line in enumerate(made, 1)]

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        kappa, W, n = numbers["kappa"][0], numbers["W"], numbers["H"].shape[-1]
        H, before = lowered("H", self.layer), self.before()
        top = steady(kappa) * 1.1
        canvas.limits(0, (-0.5, len(kappa) - 0.5), (-top, top))
        canvas.bars("kappa", 0, kappa, COLORS["κ"], HATCHES["κ"])
        canvas.text("kappa name", 0, 0.99, 1.06, f"κ({before}): {counted(len(kappa), 'feature')}", ha="right")
        canvas.image("W", 1, W, steady(W, floor=0.1))
        canvas.text("W name", 1, 0, 1.05, f"ψ({lowered('w', self.layer)}): {n} × {len(kappa)}  (– is negative)")
        reach = steady(torch.stack([numbers[name] for name in ("inner", "pi", "H")]).clamp(-self.reach, self.reach), floor=0.1) * 1.1
        for axes, name, term in ((2, "inner", "ψ"), (3, "pi", "π"), (4, "H", "g")):
            canvas.limits(axes, (-reach, reach), (n - 0.5, -0.5))
            canvas.line(f"zero {name}", axes, [0, 0], [-0.5, 7.5], color="#999999", linewidth=0.8)
            canvas.bars(name, axes, numbers[name][0], COLORS[term], HATCHES[term], horizontal=True)
        canvas.text("H name", 4, 0, 1.04, f"= {H}")
        self.strip(canvas, numbers)
        canvas.text("composition", 2, 0, 2.24, "\n".join(self.lines()), va="top", linespacing=1.35)

    def strip(self, canvas: Canvas, numbers: Numbers) -> None:
        """The size of every H_k and of its gradient, as powers of ten; the chosen layer is marked."""
        powers = {name: numbers[name].clamp(min=1e-6).log10() for name in ("sizes", "slope_sizes")}
        least, most = (float(end(torch.cat(list(powers.values())))) for end in (torch.min, torch.max))
        low, high = (-3.0 if least >= -3 else -6.0), (2.0 if most <= 2 else 4.0 * math.ceil(most / 4 - 0.5) + 2)
        canvas.limits(5, (-0.3, 6.3), (low, high))
        for k in range(7):
            canvas.text(f"k {k}", 5, (k + 0.3) / 6.6, -0.04, str(k), ha="center", va="top")
        canvas.line("chosen", 5, [self.layer, self.layer], [low, high], color="#999999", linewidth=7, alpha=0.4)
        k = range(self.depth + 1)
        canvas.line("sizes", 5, k, powers["sizes"], color=COLORS["g"], linewidth=1.6, marker="o", markersize=4)
        canvas.line("slopes", 5, k, powers["slope_sizes"], color=COLORS["ξ"], linewidth=1.6, linestyle="--", marker="s", markersize=4)

    def cut(self, numbers: Numbers) -> str:
        """What the picture says where numbers were cut."""
        return f"   cut at {self.reach:g}" if numbers["H"].abs().max() >= self.reach else ""

    def handles(self, shown: Shown) -> list[Handle]:
        move = lambda layer, _: replace(self, layer=min(max(1, round(layer)), self.depth))  # noqa: E731
        size = float(shown.numbers["sizes"][self.layer].clamp(min=1e-6).log10())
        return [Handle("layer", 5, self.layer, size, f"layer {self.layer} of {self.depth}", move)]

    def alt(self, shown: Shown) -> str:
        numbers = shown.numbers
        kappa, H = numbers["kappa"][0], numbers["H"][0]
        sizes, slopes = (", ".join(f"{value:.2g}" for value in numbers[name]) for name in ("sizes", "slope_sizes"))
        return (
            f"Layer {self.layer} of {self.depth} for the input ({self.x1:g}, {self.x2:g}): "
            f"{counted(len(kappa), 'feature')} of {shown.subject.expansion!r} "
            f"from {kappa.min():.3g} to {kappa.max():.3g} meet a {len(H)} by {len(kappa)} matrix of {shown.subject.reconciliation!r}. "
            f"The layer hands over {', '.join(f'{value:z.3f}' for value in H)}{self.cut(numbers)}. Beside it the sizes of all layers "
            f"from the input on: {sizes}; and of the gradient of the first output there: {slopes}."
        )

    def readout(self, shown: Shown) -> str:
        H, slope = (", ".join(f"{value:z.3f}" for value in shown.numbers[name][0]) for name in ("H", "slope"))
        name = lowered("H", self.layer)
        size = f"size of the gradient at x: {shown.numbers['slope_sizes'][0]:.3g}"
        return f"{name} = {H}{self.cut(shown.numbers)}\nslope of g₁ at {name}: {slope}   {size}"

    def figures(self, shown: Shown) -> dict[str, float]:
        return {"D": shown.numbers["kappa"].shape[-1]} | super().figures(shown)  # of the layer under the lens

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        before, w, result = self.before(), lowered("w", self.layer), lowered("H", self.layer)
        terms = (("κ", f"κ({before})"), ("", " , "), ("ψ", f"ψ({w})"), ("", " ⟩ + "), ("π", f"π({before})"))
        return (("g", result), ("", " = ⟨ "), *terms)

    def values(self, shown: Shown) -> dict[str, str]:
        numbers = shown.numbers
        D, n = numbers["kappa"].shape[-1], numbers["H"].shape[-1]
        return {"g": f"layer {self.layer} of {self.depth}", "κ": f"D = {D}", "ψ": f"{n} × {D}", "π": listed(numbers["pi"][0])}
