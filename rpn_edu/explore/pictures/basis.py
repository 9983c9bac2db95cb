"""κ as curves over one input."""

from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...expansion import Expansion
from ..canvas import Canvas, Panel, steady
from .base import LINES, Numbers, Picture


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
