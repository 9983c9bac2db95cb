"""κ as curves over one input."""

from dataclasses import replace
from textwrap import fill
from typing import Annotated, ClassVar

import torch
from torch import Tensor
from torch.func import jvp

from ...component import Dial, component
from ...expansion import Expansion
from ..canvas import Axes, Canvas, steady, with_jumps
from ..state.shown import Shown
from .base import LINES, Handle, Numbers, Picture, counted

ROOM = 1.2  # of the picture above the highest curve, for its number


@component
class Basis(Picture):
    """Every feature of κ as a curve over one input, and all of them at one x; or their slopes."""

    at: Annotated[float, Dial(-4.0, 4.0, "the x whose features are shown as bars", least=None)] = 0.5
    slopes: Annotated[bool, "show how fast every feature grows with x, κ′, in place of κ"] = False

    subject: ClassVar[type] = Expansion
    answer: ClassVar[str] = "kappa"
    fields_name: ClassVar[str] = "input"
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.07, 0.16, 0.52, 0.72), "features of κ over x", "x", term="κ"),
        Axes((0.67, 0.16, 0.31, 0.72), "κ at the dotted x", "feature", xticks="counts"),
    )
    most: ClassVar[int] = 12

    @property
    def symbol(self) -> str:
        """κ, or its slopes."""
        return "κ′" if self.slopes else "κ"

    def sizes(self, subject: Expansion) -> dict[str, int]:
        return {"m": 1, "b": 241, "n": 1, "D": subject.width(1)}

    def axis(self, subject: Expansion) -> tuple[float, float]:
        """The visible x: -3 to 3, or wider where the domain or `at` reaches farther."""
        low, high = subject.domain
        left, right = max(-low, -self.at), max(high, self.at)
        return -3.0 if left <= 3 else -steady(left), 3.0 if right <= 3 else steady(right)

    def numbers(self, subject: Expansion, **given: Tensor) -> Numbers:
        left, right = self.axis(subject)
        x = torch.linspace(left, right, 241, dtype=torch.float64)  # (241,)
        at = torch.tensor([[self.at]], dtype=torch.float64)  # (1, 1)
        if self.slopes:  # forward through κ, from the slope 1 of x itself; a call, since printed code has κ as a function alone
            rows = x.unsqueeze(-1)  # (241, 1)
            curves = jvp(lambda x: subject(x), (rows,), (torch.ones_like(rows),))[1]  # (241, D)
            kappa = jvp(lambda x: subject(x), (at,), (torch.ones_like(at),))[1][0]  # (D,)
        else:
            curves = subject(x.unsqueeze(-1))  # (241, D)
            kappa = subject(at)[0]  # (D,)
        return {"x": x, "curves": curves, "at": at, "kappa": kappa}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers = shown.numbers
        low, high = shown.subject.domain
        x, curves, kappa = numbers["x"], numbers["curves"][:, : self.most], numbers["kappa"]
        left, right = self.axis(shown.subject)
        bottom, top = self.heights(shown)
        canvas.limits(0, (left, right), (bottom, top))
        if self.slopes:
            canvas.title(0, "slopes of the features, κ′, over x")
        for name, edge in (("low", low), ("high", high)):
            canvas.line(f"domain {name}", 0, [edge, edge], [bottom, top], color="#999999", linewidth=1, linestyle="--")
        far = 2 * (top - bottom)  # dashes that nobody sees cost time too
        for k, curve in enumerate(curves.clamp(bottom - far, top + far).T):
            # Colour and line style both change, so that no feature is told by colour alone.
            style = {"color": f"C{k % 10}", "linestyle": LINES[k % len(LINES)], "linewidth": 1.6}
            canvas.line(f"feature {k}", 0, *with_jumps(x, curve, (bottom, top)), **style)
        canvas.line("at", 0, [self.at, self.at], [bottom, top], color="black", linewidth=1, linestyle=":")
        # A curve and its bar are found by number, not by colour. Words stand above or below, where fewer curves pass.
        words = fill("; ".join(self.remarks(shown)), 60)
        share, strip = (curves - bottom) / (top - bottom), 0.02 + 0.07 * len(words.splitlines())
        above = int(((share > 1 - strip) & (share < 1)).sum()) <= int(((share > 0) & (share < strip)).sum())
        if words:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            canvas.text("words", 0, 0.02, 0.99 if above else 0.02, words, va="top" if above else "bottom", bbox=box)
        free = (0.0, 1.0) if not words else (0.0, 1 - strip) if above else (strip, 1.0)
        canvas.name_curves("name", 0, x, curves, [str(k + 1) for k in range(curves.shape[1])], (low, high), free)
        # Bars have their own heights: what is small beside the highest curve is to be seen. Where curves have one sign, bars have one side.
        reach = steady(kappa, floor=min(1.0, max(-bottom, top) / ROOM))
        low_bar = reach if -bottom > 0.2 * top else steady(kappa.clamp(max=0), floor=0.1 * reach)
        high_bar = reach if top > -0.2 * bottom else steady(kappa.clamp(min=0), floor=0.1 * reach)
        tall = max(low_bar, high_bar)
        scale = f": scale to {tall:,g}" if tall > 10 * max(-bottom, top) else ""  # nobody sees it by the numbers of the axis alone
        canvas.title(1, f"{self.symbol} at the dotted x{scale}")
        canvas.limits(1, (-0.6, len(kappa) - 0.4), (-ROOM * low_bar, ROOM * high_bar))
        canvas.bars("kappa", 1, kappa, [f"C{k % 10}" for k in range(len(kappa))])

    def heights(self, shown: Shown) -> tuple[float, float]:
        """Where the picture ends: room for what the curves do inside the domain, but one wild curve must not flatten the others."""
        inside = self.inside(shown)
        peaks = inside.abs().amax(0)  # (curves,)
        reach = steady(min(peaks.max(), 3 * peaks.median()), floor=0.1)
        visible = shown.numbers["curves"][:, : self.most].clamp(-reach, reach)
        return -ROOM * steady(visible.clamp(max=0), floor=0.1 * reach), ROOM * steady(visible.clamp(min=0), floor=0.1 * reach)

    def inside(self, shown: Shown) -> Tensor:
        """The shown curves inside the domain: (points, curves)."""
        (low, high), x = shown.subject.domain, shown.numbers["x"]
        inside = (x >= low - 1e-9) & (x <= high + 1e-9)
        if not inside.any():  # the picture reaches so far that the domain lies between two of its points
            inside = torch.arange(len(x)) == (x - (low + high) / 2).abs().argmin()
        return shown.numbers["curves"][inside, : self.most]

    def remarks(self, shown: Shown) -> list[str]:
        """What the curves alone do not tell."""
        x, curves = shown.numbers["x"], shown.numbers["curves"]
        bottom, top = self.heights(shown)
        inside = self.inside(shown)
        leaving = [str(k + 1) for k, curve in enumerate(inside.T) if curve.max() > top or curve.min() < bottom]
        leave = "curve {} leaves the picture" if len(leaving) == 1 else "curves {} leave the picture"
        remarks = []
        if self.most < curves.shape[1]:
            remarks.append(f"first {self.most} of {curves.shape[1]} features")
        if leaving:
            remarks.append(leave.format(", ".join(leaving)))
        if not self.slopes and shown.subject.made_for is None and shown.subject.width(2) < 2 and bool((curves == x.unsqueeze(-1)).all()):
            remarks.append("one input in, the same out: try more inputs in Flow")
        return remarks

    def handles(self, shown: Shown) -> list[Handle]:
        subject, (bottom, top) = shown.subject, self.heights(shown)
        found = [Handle("x", 0, self.at, bottom, f"x = {self.at:g}", lambda x, _: replace(self, at=x))]
        for end in ("low", "high"):  # where κ has knots or centres between two ends
            if (edge := getattr(subject, end, None)) is not None:
                found.append(Handle(end, 0, edge, top, f"{end} = {edge:g}", lambda x, _, end=end: replace(subject, **{end: x})))
        return found

    def alt(self, shown: Shown) -> str:
        kappa, x = shown.numbers["kappa"], shown.numbers["x"]
        low, high = shown.subject.domain
        outside = "" if low <= self.at <= high else " This x lies outside the domain."
        remarks = "".join(f" {remark[0].upper()}{remark[1:]}." for remark in self.remarks(shown))
        return (
            f"{'Slopes of ' * self.slopes}{counted(len(kappa), 'feature')} of {shown.subject!r} as curves "
            f"over x from {x[0]:g} to {x[-1]:g}; the domain from {low:g} to {high:g} is marked. "
            f"At x = {self.at:g} they run from {kappa.min():.3g} to {kappa.max():.3g} and sum to {kappa.sum():.3g}.{outside}{remarks}"
        )

    def readout(self, shown: Shown) -> str:
        kappa = shown.numbers["kappa"]
        head = ", ".join(f"{value:z.3f}" for value in kappa[:6])
        return f"{self.symbol}({self.at:g}) = [{head}{', …' if len(kappa) > 6 else ''}]   D = {len(kappa)}"

    def values(self, shown: Shown) -> dict[str, str]:
        return {"κ": f"D = {len(shown.numbers['kappa'])}"}
