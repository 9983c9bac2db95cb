"""Timings as ratios: `python -m tests.bench [table ...]`. Nothing here is a test: a clock on a shared machine is no judge.

Both sides of a ratio are measured in turns in one process on one thread, and the median of the rounds' ratios is printed.
"""

import itertools
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import rpn_edu as rpn

ROOT = Path(__file__).parent.parent


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


def forward_step() -> None:
    """RPN [2, 8, 8, 1] with Taylor(2), b = 64, against three bare nn.Linear calls (limit: 4)."""
    model = rpn.RPN([2, 8, 8, 1], rpn.Formula(expansion=rpn.expansion.Taylor(order=2)))
    a, b, c = torch.nn.Linear(2, 8), torch.nn.Linear(8, 8), torch.nn.Linear(8, 1)
    x = torch.randn(64, 2)
    with torch.no_grad():
        times, ours, bare = ratio(lambda: model(x), lambda: c(b(a(x))))
    print(f"forward of RPN [2, 8, 8, 1], Taylor(2), b = 64: {times:.2f} x three nn.Linear ({ours:.0f} µs against {bare:.0f} µs)")


def products(n: int = 64, D: int = 4096, b: int = 64) -> None:
    """Every ψ's product against building ψ(w) and multiplying (limit: 1; LPHM and DualLPHM at most 1/4)."""
    print(f"<z, ψ(w)> without the matrix, n = {n}, D = {D}, b = {b}: times faster than building ψ(w)")
    z = torch.randn(b, D)
    for row in rpn.CATALOGUE.values():
        if row.term == "reconciliation":
            psi = row()
            w, frozen = psi.init(n, D), {name: value.float() for name, value in psi.frozen(n, D).items()} or None
            with torch.no_grad():
                times, ours, built = ratio(lambda: psi.product(z, w, n, frozen), lambda: z @ psi.matrix(w, n, D, frozen).mT)  # noqa: B023
            print(f"  {row.__name__:16}{1 / times:6.2f} x   ({ours:.0f} µs against {built:.0f} µs)")


def save_forever(folder: Path, begun: Any) -> None:
    """A model whose numbers all are the number of the save, saved again and again."""
    model = rpn.RPN([16, 64, 8], rpn.Formula(expansion=rpn.expansion.Taylor(order=2)))
    for step in itertools.count():
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.fill_(step)
        model.save_ckpt(folder, "killed")
        begun.set()


def kill_while_saving(moments: int = 200) -> None:
    """Kill a saving process at random moments: the file must always be a whole one, of one save."""
    moment, broken, within = random.Random(0), 0, 0
    fork = multiprocessing.get_context("fork")  # a fresh process each time would spend its life importing torch
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(moments):
            begun = fork.Event()
            child = fork.Process(target=save_forever, args=(folder, begun))
            child.start()
            begun.wait()
            time.sleep(moment.random() * 0.02)
            child.kill()
            child.join()
            try:
                model = rpn.RPN.from_ckpt(folder, "killed")
                broken += len({value.item() for p in model.parameters() for value in (p.min(), p.max())}) != 1
            except (ValueError, OSError):
                broken += 1
            for piece in folder.glob(".*.partial"):
                within += 1
                piece.unlink()
    print(f"killed while saving, {moments} random moments: {broken} unreadable or mixed files ({within} kills fell within a write)")


def latency(moves: int = 50) -> None:
    """Key press to changed pixels in JupyterLab (limits: median 60 ms, p95 120 ms), callback (p95 50 ms), jumps of the picture (0)."""
    from tests.lab import lab

    with lab(ROOT / "notebooks") as jupyter, jupyter.open("00_start.ipynb") as book:
        book.run_all()
        for number in range(book.page.locator(".rpn-explorer").count()):
            found = book.page.locator(".rpn-explorer").nth(number)
            found.scroll_into_view_if_needed()
            skip = found.get_by_role("button", name="Skip the question")
            if skip.count():
                skip.click()
            book.wait_idle()
            handle, picture = found.locator("[role=slider]").first, found.locator("img.rpn-picture")
            if not handle.count():  # its lit term has a menu alone
                continue
            handle.focus()
            handle.press("Home")
            handle.press("ArrowRight")
            book.wait_idle()
            boxes, waits = [picture.bounding_box()], []
            for move in range(moves):
                waits.append(book.latency("ArrowLeft" if move % 2 else "ArrowRight"))
                boxes.append(picture.bounding_box())
            jumps = sum(any(abs(a[side] - b[side]) > 1 for side in a) for a, b in zip(boxes, boxes[1:], strict=False))
            name, median, p95 = handle.get_attribute("aria-label"), statistics.median(waits), sorted(waits)[int(0.95 * moves)]
            print(
                f"explorer {number}, {name:10} {moves} moves: median {median:.0f} ms, p95 {p95:.0f} ms, {jumps} jumps, errors {book.errors}"
            )


def callback(moves: int = 50) -> None:
    """What a move costs in the kernel alone."""
    from rpn_edu.explore import Basis, Explorer, Fabric, Fit, Flow

    starts = {
        Basis: rpn.expansion.Chebyshev(degree=4),
        Fabric: rpn.reconciliation.LowRank(rank=2),
        Flow: rpn.Formula(expansion=rpn.expansion.Taylor(order=2)),
        Fit: rpn.Formula(expansion=rpn.expansion.Chebyshev(degree=3)),
    }
    for picture, start in starts.items():
        explorer = Explorer(start, picture())
        slider = next(widget for _, widget in explorer.controls() if hasattr(widget, "min"))
        waits = []
        for move in range(moves):
            begin = time.perf_counter()
            slider.value = slider.min + 1 + move % 2
            waits.append((time.perf_counter() - begin) * 1000)
        print(f"callback of {picture.__name__:7} median {statistics.median(waits):.0f} ms, p95 {sorted(waits)[int(0.95 * moves)]:.0f} ms")


TABLES = [forward_step, products, callback, latency, kill_while_saving]

if __name__ == "__main__":
    # Large blocks stay with the process: else half of each time is the system handing out fresh pages.
    warm = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "268435456"}
    if not warm.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, "-m", "tests.bench", *sys.argv[1:]], os.environ | warm)
    torch.set_num_threads(1)
    wanted = sys.argv[1:] or [table.__name__ for table in TABLES]
    for table in TABLES:
        if table.__name__ in wanted:
            table()
