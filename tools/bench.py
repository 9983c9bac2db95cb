"""Timings as ratios: `python -m tools.bench [table ...]`. Nothing here is a test: a clock on a shared machine is no judge.

Both sides of a ratio are measured in turns in one process on one thread, and the median of the rounds' ratios is printed.
"""

import copy
import itertools
import math
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

import rpn_edu as rpn
from rpn_edu import expansion, interdependence, reconciliation
from tools.measure import COLUMNS, ROOT, Row, alone, backward, compared, dots, exponent, keep, kept, peak, quiet, ratio, single, step, table
from tools.peers import beside


def products(n: int = 64, D: int = 4096, b: int = 64) -> None:
    """Every ψ's product against building ψ(w) and multiplying (limit: 1; LPHM and DualLPHM at most 1/4)."""
    print(f"<z, ψ(w)> without the matrix, n = {n}, D = {D}, b = {b}: times faster than building ψ(w)")
    z = torch.randn(b, D)
    for row in rpn.CATALOGUE.values():
        if row.term == "reconciliation":
            psi: Any = row()
            w, frozen = psi.init(n, D), {name: value.float() for name, value in psi.frozen(n, D).items()} or None
            with torch.no_grad():
                times, ours, built = ratio(lambda: psi.product(z, w, n, frozen), lambda: z @ psi.matrix(w, n, D, frozen).mT)  # noqa: B023
            print(f"  {row.__name__:16}{1 / times:6.2f} x   ({ours:.0f} µs against {built:.0f} µs)")


def save_forever(folder: Path, begun: Any) -> None:
    """A model whose numbers all are the number of the save, saved again and again."""
    model = rpn.RPN([16, 64, 8], rpn.Formula(expansion=rpn.expansion.Taylor(order=2)))
    for number in itertools.count():
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.fill_(number)
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


def latency(moves: int = 20) -> None:
    """Key press to changed pixels in JupyterLab, every chapter (limits: median 60 ms, p95 120 ms), jumps of the picture (0), errors (0)."""
    from tools.lab import lab

    with lab(ROOT / "notebooks") as jupyter:
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            with jupyter.open(path.name) as book:
                book.run_all()
                waits = [_latency(book, number, moves) for number in range(book.page.locator(".rpn-explorer").count())]
                whole = sorted(wait for some in waits for wait in some)
                median, p95 = statistics.median(whole), whole[int(0.95 * len(whole))]
                print(f"{path.stem}: {len(whole)} moves, median {median:.0f} ms, p95 {p95:.0f} ms, errors {book.errors}")


def _latency(book: Any, number: int, moves: int) -> list[float]:
    """The waits of one explorer, at the first slider in sight that can be moved."""
    found = book.page.locator(".rpn-explorer").nth(number)
    found.scroll_into_view_if_needed()
    skip = found.get_by_role("button", name="Skip the question")
    if skip.count():
        skip.click()
    book.wait_idle()
    picture = found.locator("img.rpn-picture")
    for tab in found.locator(".rpn-term").all() or [None]:
        if tab is not None:
            tab.click()
            book.wait_idle()
        for handle in found.locator(".widget-slider [role=slider]").all():
            if not handle.evaluate("handle => handle.closest('[disabled]') || handle.ariaValueMin === handle.ariaValueMax"):
                handle.focus()
                handle.press("Home")
                handle.press("ArrowRight")
                book.wait_idle()
                boxes: list[Any] = [picture.bounding_box()]
                waits: list[float] = []
                for move in range(moves):
                    waits.append(book.latency("ArrowLeft" if move % 2 else "ArrowRight"))
                    boxes.append(picture.bounding_box())
                pairs = zip(boxes, boxes[1:], strict=False)
                jumps = sum(any(abs(a[side] - b[side]) > 1 for side in a) for a, b in pairs)
                name = handle.get_attribute("aria-label")
                print(f"   explorer {number}, {name:14} median {statistics.median(waits):.0f} ms, {jumps} jumps")
                return waits
    return []


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


# ---- the whole catalogue ------------------------------------------------------------------------------------------------------------

LIMITS: dict[rpn.Component, float | None] = {
    # What is measured in other settings than the first sample, and the limit of its forward pass. κ: at most so many times the floor.
    expansion.Chebyshev(degree=5): 10,
    expansion.Legendre(degree=5): 10,
    expansion.Jacobi(degree=5): 10,
    expansion.BSpline(intervals=5, degree=3): 25,
    expansion.Fourier(terms=5): 12,
    expansion.Normal(): 7,
    expansion.CombinatorialNormal(order=2): 10,
    expansion.Haar(scales=4, shifts=4): 12,
    expansion.GaussianRBF(centers=10): 2,
    expansion.Affine(torch.eye(64, 784).tolist()): None,  # type: ignore[arg-type]
    expansion.Patches(rows=28, columns=28): None,
    expansion.PatchPooling(rows=28, columns=28): None,
    expansion.Windows(rows=28, columns=28): None,
    expansion.WindowPooling(rows=28, columns=28): None,
    # ψ: at least so many times faster than with the matrix.
    reconciliation.LowRank(rank=2): 6,
    reconciliation.LowRank(rank=4): None,
    reconciliation.Kronecker(p=8, q=8): 3,
    reconciliation.LPHM(p=8, q=8): 6,
    reconciliation.DualLPHM(p=8, q=8): 6,
    reconciliation.RandomAdaption(rank=2): 5,
    reconciliation.RandomAdaption(rank=4): None,
    reconciliation.DuplicatedPadding(p=8, q=8): 5,
    reconciliation.DiagonalPadding(): 20,
    reconciliation.Identity(): 0.95,
    reconciliation.Masked(): 0.95,
    interdependence.Grid(rows=8, columns=8): None,
}
UNITS = {
    "floor": "Time in floors (a floor writes the planes, backward it also adds them up), peak memory in sizes of input or output",
    "matrix": "Times faster, and times less peak memory, than with the matrix, or in the other way that is named",
    "growth": "Exponent of the growth in a power law",
}


def called(part: rpn.Component) -> str:
    """Its class, and the whole numbers that are not the default."""
    turned = [f"{f.name}={value}" for f in part.declared if f.kind == "int" and (value := getattr(part, f.name)) != f.default]
    return type(part).__name__ + f"({', '.join(turned)})" * bool(turned)


def chosen(term: str) -> Iterator[Any]:
    for row in rpn.CATALOGUE.values():
        if row.term == term:
            yield from [part for part in LIMITS if isinstance(part, row)] or row.samples()[:1]


def floored(name: str, function: Callable[[], Tensor], needs: list[Tensor], x: Tensor, limit: float | None, exp: bool = False) -> Row:
    b, m = x.shape
    value = function()
    planes = torch.rand(math.ceil(value.shape[-1] / m), m, b)
    columns, gradient, unit = x.detach().T.contiguous(), planes.clone(), max(value.numel(), x.numel()) * x.element_size()
    bare = (lambda: planes.exp()) if exp else lambda: planes.copy_(columns.expand_as(planes))
    both = backward(function, needs)
    forward = ratio(quiet(function), bare, 15)[0]
    figures = forward, ratio(both, lambda: (bare(), gradient.sum(0)), 15)[0], peak(both) / unit
    return Row("floor", name + " (floor: exp)" * exp, f"{b} x {m}", figures, (limit, None, None))


def shortened(name: str, size: str, ours: Callable, other: Callable, needs: list[Tensor], limit: float | None = None) -> Row:
    return compared("matrix", name, size, (ours, other), (backward(ours, needs), backward(other, needs)), (limit, None, None))


def expansions() -> Iterator[Row]:
    for part in chosen("expansion"):
        fits = [(b, m) for b, m in [(512, 784), (512, 64), (64, 2)] if part.made_for in (None, m) and part.width(m) <= 20_000]
        fits = fits or [(512, part.made_for)]
        for b, m in dict.fromkeys((fits[0], fits[-1])):  # the largest and the smallest
            low, high = part.domain
            x, frozen = low + (high - low) * torch.rand(b, m), single(part.frozen(m))
            limit = LIMITS.get(part) if (b, m) == fits[0] else None
            exp = isinstance(part, expansion.GaussianRBF)
            yield floored(f"κ {called(part)}", lambda: part(x, frozen), [x], x, limit, exp)  # noqa: B023


def others() -> Iterator[Row]:
    x, parts = torch.randn(512, 64), [torch.randn(512, 64) for _ in range(4)]
    for part in chosen("remainder"):
        w, frozen = part.init(64, 64), single(part.frozen(64, 64))
        yield floored(f"π {type(part).__name__}", lambda: part(x, w, 64, frozen), [x, w], x, None)  # noqa: B023
    for part in chosen("fusion"):
        w, frozen = part.init([64] * 4), single(part.frozen([64] * 4))
        yield floored(f"fusion {type(part).__name__}", lambda: part(parts, w, frozen), [*parts, w], torch.cat(parts, -1), None)  # noqa: B023


def matrices(n: int = 64, D: int = 4096) -> Iterator[Row]:
    for part in chosen("reconciliation"):
        w, frozen = part.init(n, D), single(part.frozen(n, D))
        for b, limit in (512, LIMITS.get(part)), (64, None):
            z, name = torch.randn(D, b).T, f"ψ {called(part)}"  # in the layout in which κ hands its features over
            fast, slow = lambda: part.product(z, w, n, frozen), lambda: z @ part.matrix(w, n, D, frozen).mT  # noqa: B023
            yield shortened(name, f"{b} x {D} → {n}", fast, slow, [w, z], limit)
    for part in chosen("interdependence"):
        if type(part).mix is not interdependence.Interdependence.mix and not part.neutral:  # the others make the matrix
            r, k = 512, part.made_for or 64
            V, w, frozen = torch.rand(r, k), part.init(r, k), single(part.frozen(r, k))
            fast, slow = lambda: part.mix(V, V, w, frozen), lambda: V @ part.matrix(V, w, frozen)  # noqa: B023
            yield shortened(f"ξ {type(part).__name__}", f"{r} x {k}", fast, slow, [V, w])


def replan(module: Any, **ways: Any) -> None:
    """Another plan for a head or layer, which an assignment would refuse."""
    vars(module)["plan"] = module.plan._replace(**ways)


def whole() -> Iterator[Row]:
    """Heads and models: the short cuts of `Head` and `Layer` against the loop, and against forming κ(x) and ψ(w)."""
    layer = rpn.Layer(64, 64, [rpn.Formula(expansion.Chebyshev(degree=5), channels=4)] * 4)
    loop: Any = copy.deepcopy(layer)
    replan(loop, one_psi=False, times=None, kappa_of=(None,) * 4)
    for head in loop.heads:
        replan(head, scale=None)
    x, needs = torch.rand(512, 64), [*layer.parameters(), *loop.parameters()]
    yield shortened("4 heads of 4 channels / loop", "512 x 64 → 64", lambda: layer(x), lambda: loop(x), [x, *needs], 10)

    model = rpn.RPN([784, 64, 10], rpn.Formula(expansion.Taylor(order=2), reconciliation.LowRank(rank=3)))
    x, y = torch.rand(64, 784), torch.randn(64, 10)
    for name, limits in ("κ formed", (None, None, None)), ("κ and ψ formed", (None, 30, 10)):
        generic: Any = copy.deepcopy(model)
        for head in (layer.heads[0] for layer in generic.layers):
            replan(head, without_kappa=False)
            if limits[1]:
                head.forward = lambda x, head=head: head.trace(x).g
        forward = lambda: model(x), lambda: generic(x)  # noqa: B023
        both = step(model, forward[0], y), step(generic, forward[1], y)
        yield compared("matrix", f"Taylor x LowRank(rank=3), step / {name}", "64 x [784, 64, 10]", forward, both, limits, rounds=5)


def growth() -> Iterator[Row]:
    x, floor, sizes = torch.rand(512, 64) * 2 - 1, torch.rand(8, 64, 512), [5, 16, 64, 128]
    splines = [expansion.BSpline(intervals=t) for t in sizes]
    times = [ratio(quiet(lambda: spline(x)), lambda: floor.clone(), 15)[0] for spline in splines]  # noqa: B023
    yield Row("growth", "BSpline in intervals", "5 to 128", (exponent(sizes, times), None, None), (0.5, None, None))

    def gcn(nodes: int) -> tuple[Callable, Callable]:
        """[64, 64, 10] with 10 links into each node and one of its own, and the same with torch's sparse product."""
        links = torch.randint(nodes, (5 * nodes, 2), generator=torch.Generator().manual_seed(0)).tolist()
        graph = interdependence.Graph(nodes=nodes, links=links, normalization="symmetric")  # type: ignore[arg-type]
        model, x = rpn.RPN([64, 64, 10], rpn.Formula(instance=graph)), torch.rand(nodes, 64)
        (start, end), weight = graph.weighted_links(x.mT, graph.frozen(None, nodes))
        A = torch.sparse_coo_tensor(torch.stack((end, start)), weight, (nodes, nodes)).to_sparse_csr()
        first, second = (head.heads[0].matrix() for head in model.layers)  # type: ignore[union-attr]
        return quiet(lambda: model(x)), quiet(lambda: A @ F.linear(A @ F.linear(x, first), second))

    sizes = [2_500, 5_000, 10_000]
    models = [gcn(nodes) for nodes in sizes]
    memory = [float(peak(ours)) for ours, _ in models]
    yield Row("growth", "GCN in nodes and links", "2,500 to 10,000", (None, None, exponent(sizes, memory)), (None, None, 1.1))
    figures = ratio(*models[-1], 15)[0], None, memory[-1] / (110_000 * 64 * 4)
    yield Row("floor", "GCN (floor: sparse product, a row for each link)", "110,000 links", figures)


def components() -> None:
    """Every component of the catalogue against what it could cost at best or without its short cut, with the limits that are promised."""
    rows = [row for rows in (expansions(), others(), matrices(), whole(), growth()) for row in rows]
    text = []
    for unit, meaning in UNITS.items():
        text += [f"{meaning}:", "", *table([row for row in rows if row.unit == unit]), ""]
    text.append(kept(rows))
    keep("ratios", text, partial(draw, rows))


def draw(rows: list[Row], path: Path) -> None:
    """Dots on a logarithmic axis, one line for each component at its first size, and a bar where its limit is."""
    from matplotlib.figure import Figure

    first = {row.name: row for row in reversed(rows)}.values()
    parts = {
        "κ: times the floor, left is better": [row for row in first if row.unit == "floor" and row.name[0] == "κ"],
        "times better than the plain way, right is better": [row for row in first if row.unit == "matrix"],
        "times the floor, left is better": [row for row in first if row.unit == "floor" and row.name[0] != "κ"],
    }
    _, *right = heights = [len(shown) for shown in parts.values()]
    figure = Figure((12, 1 + 0.2 * max(heights[0], sum(right) + 5)), dpi=100, layout="constrained")
    axes = figure.subplot_mosaic([[0, 1], [0, 2]], height_ratios=right)  # type: ignore[arg-type]
    markers = zip(COLUMNS, "o^s", ("#0072b2", "#d55e00", "#999999"), strict=True)
    looks = [(what, marker, colour, column) for column, (what, marker, colour) in enumerate(markers)][::-1]
    for part, (title, shown) in enumerate(parts.items()):
        shown.sort(key=lambda row: row.figures[0] or 0)
        drawn = [(*look, [row.figures[k] for row in shown], [row.limits[k] for row in shown]) for *look, k in looks]
        dots(axes[part], [row.name for row in shown], drawn)  # type: ignore[arg-type]
        axes[part].set_xlim(0.04, 1000)
        axes[part].tick_params(axis="y", labelsize=8)
        axes[part].set_title(title, fontsize=10)
    figure.legend(*axes[1].get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=6)
    figure.savefig(path)


TABLES = [products, components, beside, callback, latency, kill_while_saving]

if __name__ == "__main__":
    alone("tools.bench")
    wanted = sys.argv[1:] or [each.__name__ for each in TABLES]
    for each in TABLES:
        if each.__name__ in wanted:
            each()
