"""Many equal layers: what becomes of the signal on its way up and of the gradient on its way down."""

from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...network.formula import Formula
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import COLORS, DEEP, MANY, Handle, Numbers, Picture, Seed, counted, sized


@component
class Stack(Picture):
    """Layers of one formula, one above the other: how large the signal is after each, and how large the gradient that reaches it."""

    depth: Annotated[int, Dial(1, 30, "K, the number of layers", most=DEEP)] = 20
    width: Annotated[int, Dial(2, 12, "inputs and outputs of every layer", least=1, most=MANY)] = 8
    gain: Annotated[float, Dial(0.1, 2.0, "factor on every ψ(w); at 1 one layer alone keeps the size", least=0.0)] = 0.5
    seed: Seed = 0

    rows: ClassVar[int] = 8
    subject: ClassVar[type] = Formula
    answer: ClassVar[str] = "gradient"
    fields_name: ClassVar[str] = "stack"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes(
            (0.1, 0.17, 0.88, 0.71),
            "dots, solid: size of the signal   squares, dashed: size of the gradient",
            "layer (0 is x)",
            "power of ten",
        ),
    )

    def sizes(self, subject: Formula) -> dict[str, int]:
        layer = sized(subject, self.width, self.width, self.rows)
        return layer | {"l": self.depth * layer["l"]}

    def cost(self, sizes: dict[str, int]) -> int:
        return sizes["l"] + self.depth * (self.rows + self.width) * sizes["D"]  # every layer is kept for the way back

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        d = self.width
        with seeded(self.seed):
            x = 2 * torch.rand(self.rows, d).double() - 1
            direction = torch.randn(self.rows, d).double()
            psi = [subject.init_psi(d, d).flatten() for _ in range(self.depth)]
        with seeded(self.seed + 1000):  # numbers of its own: another κ must not change π
            others = [subject.joined(subject.init_others(d, d)) for _ in range(self.depth)]
        learned = [torch.cat(pair).double() for pair in zip(psi, others)]
        frozen = subject.frozen(d, d)

        def layer(h: Tensor, w: Tensor) -> Tensor:
            *_, inner, pi, _ = subject.trace(h, d, subject.parted(w, d, d), frozen)
            return self.gain * inner + pi

        def size(values: list[Tensor]) -> Tensor:
            return torch.stack(values).square().mean((1, 2)).sqrt()  # of K + 1 tensors (rows, d)

        signals, ways_back = [x], []
        for w in learned:
            h, way_back = torch.func.vjp(layer, signals[-1], w)[:2]
            if not h.abs().max() < 1e9:  # too large to go on
                break
            signals.append(h)
            ways_back.append(way_back)
        gradients = [direction / direction.square().mean().sqrt()]  # of a loss that is linear in the output: size 1 at the top
        for way_back in reversed(ways_back):
            gradients.insert(0, way_back(gradients[0])[0].clamp(-1e100, 1e100))
        signal, gradient = size(signals), size(gradients)  # (K + 1,) each, or up to the layer where the stack ends
        logs = {"log_signal": signal.clamp(min=1e-16).log10(), "log_gradient": gradient.clamp(min=1e-16).log10()}
        return {"signal": signal, "gradient": gradient, **logs}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        signal, gradient = shown.numbers["log_signal"], shown.numbers["log_gradient"]
        reach, last = min(steady(torch.cat((signal, gradient)), floor=2), 20.0), len(signal) - 1
        canvas.limits(0, (-0.5, max(30, self.depth) + 0.5), (-1.08 * reach, 1.08 * reach))
        canvas.line("one", 0, [-0.5, max(30, self.depth) + 0.5], [0, 0], color="#999999", linewidth=0.8)
        for name, values, style in (
            ("signal", signal, {"color": COLORS["κ"], "marker": "o", "linestyle": "-"}),
            ("gradient", gradient, {"color": COLORS["ψ"], "marker": "s", "linestyle": "--"}),
        ):
            canvas.line(name, 0, range(last + 1), values.clamp(-reach, reach), markersize=4, linewidth=1.4, **style)
        if last < self.depth:
            canvas.text("stopped", 0, 0.98, 0.05, f"layer {last + 1} passes 1e9: the stack ends below it", ha="right")

    def handles(self, shown: Shown) -> list[Handle]:
        move = lambda layer, _: replace(self, depth=max(1, round(layer)))  # noqa: E731
        return [Handle("depth", 0, self.depth, 0.0, counted(self.depth, "layer"), move)]

    def trend(self, start: Tensor, end: Tensor) -> str:
        """What became of a size, one number at the start and one number at the end, in one word."""
        ratio = float(end / start.clamp(min=1e-300))
        return "dies" if ratio == 0 else "vanishes" if ratio < 1e-3 else "shrinks" if ratio < 0.3 else "stays" if ratio < 3.5 else "grows"

    def alt(self, shown: Shown) -> str:
        signal, gradient = shown.numbers["signal"], shown.numbers["gradient"]
        last = len(signal) - 1
        ended = f" Layer {last + 1} would pass a billion, so the stack ends below it." if last < self.depth else ""
        return (
            f"{counted(self.depth, 'layer')} of {shown.subject!r}, each {self.width} wide. On the way up "
            f"the signal {self.trend(signal[0], signal[-1])}: "
            f"its size goes from {signal[0]:.3g} to {signal[-1]:.3g} after layer {last}. On the way down the gradient "
            f"{self.trend(gradient[-1], gradient[0])}: its size goes from {gradient[-1]:.3g} at the top to {gradient[0]:.3g} at x.{ended}"
        )

    def readout(self, shown: Shown) -> str:
        signal, gradient, l = shown.numbers["signal"], shown.numbers["gradient"], shown.sizes["l"]
        return f"signal {signal[0]:.3g} → {signal[-1]:.3g} at the top   gradient 1 at the top → {gradient[0]:.3g} at x   l = {l:,}"

    def figures(self, shown: Shown) -> dict[str, float]:
        return {"signal at the top": shown.numbers["signal"][-1].item(), "gradient at x": shown.numbers["gradient"][0].item()}

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        below = "Hₖ₋₁"
        return (("g", "Hₖ"), ("", " = ⟨ "), ("κ", f"κ({below})"), ("", " , "), ("ψ", "ψ(wₖ)"), ("", " ⟩ + "), ("π", f"π({below})"))

    def values(self, shown: Shown) -> dict[str, str]:
        D = shown.sizes["D"]
        return {
            "g": f"k = 1 … {len(shown.numbers['signal']) - 1}",
            "κ": f"D = {D}",
            "ψ": f"{self.width} × {D}",
            "π": counted(self.width, "number"),
        }
