"""Several ψ side by side, what fusion makes of them, and whether one ψ could have done it."""

import math
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ...component import Dial, component
from ...network.formula import Formula
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady, with_jumps
from ..state.shown import Shown
from .base import COLORS, HATCHES, LINES, Numbers, Picture, Seed, counted, sized


@component
class Heads(Picture):
    """Channels with one κ and a ψ each, fused, beside the best single matrix for the same task: its distance says whether they collapse."""

    output: Annotated[int, Dial(1, 12, "which output is drawn as curves", most=12)] = 1
    x2: Annotated[float, Dial(-1.0, 1.0, "second input, while the first runs from -1 to 1", least=None)] = 0.3
    seed: Seed = 0

    m: ClassVar[int] = 2
    n: ClassVar[int] = 12
    rows: ClassVar[int] = 256
    subject: ClassVar[type] = Formula
    moves: ClassVar[tuple[str, ...]] = ("expansion", "reconciliation", "channels", "fusion")
    unseen: ClassVar[tuple[str, ...]] = ("remainder", "output")
    answer: ClassVar[str] = "distance"
    fields_name: ClassVar[str] = "view"
    size: ClassVar[tuple[int, int]] = (720, 340)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.05, 0.62, 0.62, 0.29), "ψ(w) of each channel, side by side", "", "output", "none", "counts", "ψ"),
        Axes((0.74, 0.62, 0.24, 0.29), "the best single ψ", "", "", "none", "none"),
        Axes((0.07, 0.13, 0.6, 0.36), "thin: channels   thick: fused   blue dots: best single ψ", "first input", term="fusion"),
        Axes((0.74, 0.13, 0.24, 0.36), "singular values, ×: first ψ", xticks="counts"),
    )

    def sizes(self, subject: Formula) -> dict[str, int]:
        return sized(subject, self.m, self.n, self.rows, 101)

    def refuses(self, subject: Formula) -> str:
        D, most = subject.width(self.m), self.rows // 2
        return f"{self.rows} rows of x cannot tell whether one ψ would do for D = {D} features; {most} are the most" if most < D else ""

    def numbers(self, subject: Formula, **given: Tensor) -> Numbers:
        C, D = subject.channels, subject.width(self.m)
        width = subject.fusion.part_width(self.n, C)  # outputs of each channel
        with seeded(self.seed):
            x = 2 * torch.rand(self.rows, self.m).double() - 1
            w = subject.init(self.m, self.n, torch.float64)
        frozen = subject.frozen(self.m, self.n)
        *_, kappa, inner, _, _ = subject.trace(x, self.n, w, frozen)  # (rows, D), (rows, n)
        matrices = subject.matrices(kappa.shape[-1], self.n, w, frozen)  # (width, D) each
        inverse = torch.linalg.pinv(kappa, rtol=1e-9)  # (D, rows)
        single = (inverse @ inner).mT  # (n, D): least squares
        singular = torch.linalg.svdvals(single)  # (min(n, D),)
        singular_1 = torch.linalg.svdvals(inverse @ kappa @ matrices[0].mT)  # of channel 1, as far as x can tell
        length = inner.square().mean().sqrt().clamp(min=1e-12)
        distance = (kappa @ single.mT - inner).square().mean().sqrt() / length
        first = torch.linspace(-1, 1, 101, dtype=torch.float64)
        x = torch.stack((first, torch.full_like(first, self.x2)), -1)  # along a line
        *_, along, fused, _, _ = subject.trace(x, self.n, w, frozen)  # (101, D), (101, n)
        lines = [along @ W.mT for W in matrices]
        row, part_row = self.output - 1, (self.output - 1) % width
        curves = torch.stack([*(line[:, part_row] for line in lines), fused[:, row], (along @ single.mT)[:, row]])  # (C + 2, 101)
        rank, rank_of_channel_1 = (singular > 1e-8 * singular.max()).sum(), (singular_1 > 1e-8 * singular_1.max()).sum()
        found = {"distance": distance, "singular": singular, "singular_1": singular_1, "rank": rank, "rank_of_channel_1": rank_of_channel_1}
        if width == self.n:  # ψ of the mean of w, so scaled that it could be the fused one
            scale = subject.fusion.times_mean(C) or 1
            mean = scale * subject.reconciliation.matrix(w["reconciliation"].mean(0), width, D)
            found["distance_with_mean_w"] = (kappa @ mean.mT - inner).square().mean().sqrt() / length
        return {"matrices": torch.stack(matrices), "single": single, "first": first, "curves": curves, **found}

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        names = ("matrices", "single", "curves", "singular", "singular_1")
        # What rounding errors leave of a 0 has no sign to be shown.
        matrices, single, curves, singular, of_one = (shown.numbers[name].round(decimals=9) for name in names)
        C, width, _ = matrices.shape
        limit = steady(torch.cat((matrices.flatten(), single.flatten())), floor=0.1)
        gap = torch.full((width, 1), float("nan"), dtype=torch.float64)
        canvas.image("channels", 0, torch.cat([part for W in matrices for part in (W, gap)][:-1], -1), limit)
        canvas.image("single", 1, single, limit)
        fifth = steady(curves, floor=0.1) / 5  # finer than `steady` alone, so that the curves fill their axes
        top = math.ceil(curves.abs().max().item() / fifth + 0.1) * fifth
        canvas.limits(2, (-1, 1), (-top, top))
        first = shown.numbers["first"]
        *channels, fused, best = curves
        for number, curve in enumerate(channels):
            style = {"color": COLORS["ψ"], "linestyle": LINES[number % len(LINES)], "linewidth": 1.1}
            canvas.line(f"channel {number}", 2, *with_jumps(first, curve), **style)
        canvas.line("fused", 2, *with_jumps(first, fused), color=COLORS["g"], linewidth=2.4, alpha=0.8)
        canvas.line("best", 2, *with_jumps(first, best), color="#1e90ff", linewidth=2, linestyle=":")
        names = [str(number) for number in range(1, C + 1)]
        canvas.name_curves("name", 2, first, curves[:-1].mT, names, (-1, 1))
        canvas.limits(3, (-0.6, self.n - 0.4), (0, steady(torch.cat((singular, of_one)), floor=0.1) * 1.05))
        canvas.bars("singular", 3, singular, COLORS["ψ"], HATCHES["ψ"])
        canvas.line("of one", 3, range(len(of_one)), of_one, color="#222222", marker="x", linestyle="", markersize=5)

    def verdict(self, shown: Shown) -> str:
        """Whether one matrix would do the same as the channels, in words."""
        numbers = shown.numbers
        if numbers["distance"] > 1e-6:
            return f"no single ψ does this: {numbers['distance']:.0%} is missing"
        if numbers.get("distance_with_mean_w", 1.0) > 1e-6:
            return "one matrix does the same"
        scale = shown.subject.fusion.times_mean(shown.subject.channels) or 1
        return "one matrix does the same, " + (f"{scale:g} times " if scale != 1 else "") + "ψ of the mean of w"

    def alt(self, shown: Shown) -> str:
        subject, numbers = shown.subject, shown.numbers
        return (
            f"{counted(subject.channels, 'channel')} of {subject.expansion!r} with {subject.reconciliation!r}, "
            f"fused by {subject.fusion!r}: {self.verdict(shown)}. The matrix of channel 1 has "
            f"the rank {numbers['rank_of_channel_1']}, the best single matrix {numbers['rank']}. "
            f"Output {self.output}, fused, runs "
            f"from {numbers['curves'][-2].min():.3g} to {numbers['curves'][-2].max():.3g} as the first input goes from -1 to 1."
        )

    def readout(self, shown: Shown) -> str:
        ranks = f"rank {shown.numbers['rank_of_channel_1']} in channel 1, {shown.numbers['rank']} in the best ψ"
        return f"{self.verdict(shown)}\n{ranks}, l = {shown.sizes['l']}"

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        return (
            ("g", "g(x|w)"),
            ("", " = "),
            ("fusion", "fusion"),
            ("", " of ⟨ "),
            ("κ", "κ(x)"),
            ("", " , "),
            ("ψ", "ψ(w₁)"),
            ("", " ⟩, …"),
        )

    def values(self, shown: Shown) -> dict[str, str]:
        C, width, D = shown.numbers["matrices"].shape
        name = type(shown.subject.fusion).__name__ if C > 1 else "nothing to fuse"
        return {"g": f"{self.n} outputs", "fusion": name, "κ": f"D = {D}", "ψ": f"{C} × ({width} × {D})"}
