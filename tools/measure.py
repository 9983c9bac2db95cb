"""What benchmarks share: ratios of times, peaks of memory, and rows with limits in a table and a picture."""

import itertools
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROOT = Path(__file__).parent.parent
COLUMNS = "forward", "and backward", "memory"
AT_LEAST = "matrix", "peer"
"""The units of which more is better."""
WARM = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "268435456"}
"""Large blocks stay with the process: else half of each time is the system handing out fresh pages."""
QUIET = {"KINETO_LOG_LEVEL": "6", "TORCH_CPP_LOG_LEVEL": "ERROR"}  # the profiler's


def alone(module: str) -> None:
    """Begin this program again with the settings above, where it has not, and with one thread."""
    settings = WARM | QUIET
    if not settings.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]], os.environ | settings)
    torch.set_num_threads(1)


# ---- times and memory -----------------------------------------------------------------------------------------------------------------


def ratio(ours: Callable, other: Callable, rounds: int = 40, least: float = 0.004) -> tuple[float, float, float]:
    """(median of ours / other, ours in µs, other in µs), in CPU time of this thread."""

    def once(function: Callable, times: int) -> float:
        start = time.thread_time()
        for _ in range(times):
            function()
        return (time.thread_time() - start) / times

    times = [max(1, int(least / max(once(function, 3), 1e-7))) for function in (ours, other)]
    pairs = [(once(ours, times[0]), once(other, times[1])) for _ in range(rounds)]
    return statistics.median(a / b for a, b in pairs), *(statistics.median(side) * 1e6 for side in zip(*pairs, strict=True))


def peak(function: Callable) -> int:
    """The most bytes that a call holds at once beyond the least that was there before."""
    function()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        kept = function()
    assert profile.profiler and profile.profiler.kineto_results
    events: list[Any] = profile.profiler.kineto_results.events()
    moves = sorted((event for event in events if event.name() == "[memory]"), key=lambda event: event.start_ns())
    del kept
    held = list(itertools.accumulate((event.nbytes() for event in moves), initial=0))
    return max(now - least for now, least in zip(held, itertools.accumulate(held, min), strict=True))  # a step first lets old gradients go


def pace() -> tuple[float, float]:
    """What this machine does now: GB that a sum reads in a second (of 8 MB), and GFLOP of a product of matrices."""
    x, z, w = torch.rand(4096, 512), torch.rand(512, 4096), torch.rand(4096, 64)
    _, read, multiplied = ratio(x.sum, lambda: z @ w)
    return x.numel() * 4e-3 / read, 2e-3 * z.numel() * w.shape[1] / multiplied


def exponent(sizes: list[int], costs: list[float]) -> float:
    """Of the power law that fits costs best."""
    return statistics.linear_regression([math.log(size) for size in sizes], [math.log(cost) for cost in costs]).slope


# ---- what is measured -----------------------------------------------------------------------------------------------------------------


def quiet(function: Callable) -> Callable:
    return torch.no_grad()(function)


def backward(function: Callable[[], Tensor], needs: list[Tensor]) -> Callable:
    """The function, then the gradients of all that it needs; the gradient of its value has the layout of the value."""
    needs = [tensor.requires_grad_() for tensor in needs if tensor.numel()]
    gradient = torch.randn_like(function())

    def both() -> Any:
        value = function()
        return value.requires_grad and torch.autograd.grad(value, needs, gradient, allow_unused=True)

    return both


def step(model: nn.Module, forward: Callable[[], Tensor], y: Tensor) -> Callable:
    """One step of training."""
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)

    def run() -> None:
        optimizer.zero_grad()
        F.mse_loss(forward(), y).backward()
        optimizer.step()

    return run


def single(numbers: dict[str, Tensor]) -> dict[str, Tensor] | None:
    """Frozen numbers in float32, as a head keeps them."""
    return {name: value.float() if value.is_floating_point() else value for name, value in numbers.items()} or None


# ---- rows -----------------------------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A line of the table: three figures, of which `limits` bounds some, from below in a unit of AT_LEAST, else from above."""

    unit: str
    name: str
    size: str
    figures: tuple[float | None, float | None, float | None]
    limits: tuple[float | None, float | None, float | None] = (None, None, None)

    @property
    def verdict(self) -> str:
        """≥ 8 / 6 FAILS: the limits of the columns that have figures, and whether all hold; nothing where none is bounded."""
        sign = "≥" if self.unit in AT_LEAST else "≤"
        bounds = [(value, None if value is None else limit) for value, limit in zip(self.figures, self.limits, strict=True)]
        while bounds and bounds[-1][1] is None:
            bounds.pop()
        holds = all(value >= limit if sign == "≥" else value <= limit for value, limit in bounds if value is not None and limit is not None)
        told = " / ".join("–" if limit is None else f"{limit:g}" for _, limit in bounds)
        return f"{sign} {told} {'holds' if holds else 'FAILS'}" if bounds else ""


Two = tuple[Callable, Callable]


def compared(unit: str, name: str, size: str, forward: Two, both: Two | None, limits: Any = (None, None, None), rounds: int = 15) -> Row:
    """How many times faster, and with how many times less memory, the first of each two is than the second."""
    fast, slow = map(quiet, forward)
    figures = 1 / ratio(fast, slow, rounds)[0], None, None
    if both:
        held = peak(both[0])
        figures = figures[0], 1 / ratio(*both, rounds)[0], peak(both[1]) / held if held else None
    return Row(unit, name, size, figures, limits)


def lines(cells: Iterable[Iterable[str]]) -> list[str]:
    """A table in Markdown whose columns stand below one another; the first line is its head."""
    texts = [[*line] for line in cells]
    wide = [max(map(len, column)) for column in zip(*texts, strict=True)]
    made = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)) + " |" for line in texts]
    return [made[0], "|" + "|".join("-" * (width + 2) for width in wide) + "|", *made[1:]]


def table(rows: Iterable[Row]) -> list[str]:
    """Rows as a table in Markdown."""
    body = [(f"{row.name}, {row.size}", *("" if v is None else f"{v:.3g}" for v in row.figures), row.verdict) for row in rows]
    return lines([("component and size", *COLUMNS, "limit"), *body])


def kept(rows: Iterable[Row]) -> str:
    bounded = [row for row in rows if row.verdict]
    return f"{sum(row.verdict.endswith('holds') for row in bounded)} of {len(bounded)} limits hold, on one thread of this machine."


def keep(name: str, text: list[str], draw: Callable[[Path], None]) -> None:
    """Print a text, and keep it with its picture where git does not look."""
    folder = ROOT / ".bench"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_text("\n".join(text) + "\n", encoding="utf-8")
    draw(folder / f"{name}.png")
    print(*text, f"Written to {folder.name}/{name}.md and drawn in {folder.name}/{name}.png.", sep="\n")


Look = tuple[str, str, str, list[float | None], list[float | None]]
"""What is shown, its marker and colour, then a value and a limit for each name."""


def dots(axes: Any, names: list[str], looks: Iterable[Look]) -> None:
    """Dots on a logarithmic axis, a line for each name, and a bar where its limit is."""
    axes.axvline(1, color="black", lw=0.8)
    for height, (what, marker, colour, values, limits) in zip((280, 170, 60), looks, strict=False):
        bar = {"marker": "|", "s": height, "lw": 2.5}  # two at one place are both seen
        for label, shown, look in (what, values, {"marker": marker, "s": 26}), (f"limit of {what}", limits, bar):
            if places := [(value, y) for y, value in enumerate(shown) if value]:
                axes.scatter(*zip(*places, strict=True), color=colour, label=label, zorder=3, **look)
    axes.set(xscale="log", ylim=(-0.8, len(names) - 0.2), yticks=range(len(names)))
    axes.set_yticklabels(names)
    axes.grid(lw=0.4)
