"""Beside other packages: how many times faster, and with how much less memory, rpn_edu does the same work.

`make bench` prints the table with all peers that are installed, `make performance` writes the page. A peer is no part of any test.
"""

import contextlib
import importlib
import io
import itertools
import sys
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from tqdm import tqdm

import rpn_edu as rpn
from rpn_edu import expansion, reconciliation, remainder
from tools.measure import Look, Row, Two, backward, compared, dots, exponent, keep, kept, peak, quiet, ratio, single, step, table

PEERS = {
    "tinyBIG": ("tinybig", "tinybig"),
    "pykan": ("pykan", "kan"),
    "scikit-learn": ("scikit-learn", "sklearn"),
    "nn.Linear": ("torch", "torch"),
}
"""What a peer is called in a row, the package that pip installs, and the module that is imported."""
STAND_INS = {
    "tinybig.data": "reads data sets: asks for torchvision and torchtext, and for Python 3.12",
    "tinybig.learner": "trains on what the former has read",
    "pandas": "pykan's tables of symbolic formulas",
}
"""Modules that a peer imports at its top and that its mathematics does without; an empty one stands in while the peer is imported."""


def imported(module: str) -> Any:
    """The module of a peer, or None where it is not installed. What stood in for others is gone afterwards."""
    empty = {name: types.ModuleType(name) for name in STAND_INS if name not in sys.modules}
    sys.modules.update(empty)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as lacking:
        if lacking.name != module:
            raise
        return None
    finally:
        for name in empty:
            del sys.modules[name]


def modules() -> dict[str, Any]:
    """Every peer's module, None where it is not installed."""
    return {peer: imported(module) for peer, (_, module) in PEERS.items()}


# ---- what is compared -----------------------------------------------------------------------------------------------------------------


class Sides(NamedTuple):
    """The same work by us and by a peer: the forward pass, and the whole with all that comes backward (a peer may have none)."""

    forward: Two
    both: Two | None = None


class Work(NamedTuple):
    """What a peer does too: how many times faster we want to be, forward and with the backward pass, and how both sides are made."""

    name: str
    peer: str
    size: str
    limits: tuple[float | None, float | None]
    make: Callable[[Any], Sides]
    differs: str = ""
    """What stands behind the peer's name where it computes something else by definition. Else both must give the same numbers."""

    @property
    def title(self) -> str:
        return f"{self.name} / {self.peer}{self.differs}"


def said(part: rpn.Component) -> str:
    """BSpline(5, 3): its class and its whole numbers, and what is ticked."""
    values = [(field, getattr(part, field.name)) for field in part.declared if field.kind in ("int", "bool")]
    words = [field.name if value is True else str(value) for field, value in values if value is not False]
    return type(part).__name__ + f"({', '.join(words)})" * bool(words)


def tinys(tinybig: Any, name: str, settings: dict[str, Any]) -> Any:
    """A component of tinyBIG: the last word of its name is the room where it lives."""
    with contextlib.redirect_stdout(io.StringIO()):  # some tell that they are made
        return getattr(getattr(tinybig, name.rpartition("_")[2]), name)(**settings)


def features(part: Any, name: str, settings: dict[str, Any], b: int, m: int, tinybig: Any) -> Sides:
    """A κ: the layout of either is its own."""
    low, high = part.domain
    x, frozen, other = low + (high - low) * torch.rand(b, m), single(part.frozen(m)), tinys(tinybig, name, settings)
    ours, theirs = lambda: part(x, frozen), lambda: other(x)
    return Sides((ours, theirs), (backward(ours, [x]), backward(theirs, [x])))


def transformed(part: Any, name: str, settings: dict[str, Any], b: int, m: int, sklearn: Any) -> Sides:
    """A κ that scikit-learn has too, on its arrays."""
    x, frozen, ends = 2 * torch.rand(b, m) - 1, single(part.frozen(m)), torch.tensor([-1.0, 1.0])[:, None].expand(2, m)
    array, room = x.numpy(), importlib.import_module(f"{sklearn.__name__}.preprocessing")
    other = getattr(room, name)(**settings).fit(ends.numpy())  # knots lie between the ends of what it has seen
    return Sides((lambda: part(x, frozen), lambda: torch.from_numpy(other.transform(array))))


def product(part: Any, name: str, settings: dict[str, Any], b: int, tinybig: Any, n: int = 64, D: int = 4096) -> Sides:
    """<z, ψ(w)>; z lies in memory as the κ of either side leaves it."""
    w, frozen, z = part.init(n, D), single(part.frozen(n, D)), torch.randn(D, b).T
    other, v, u = tinys(tinybig, name, settings), w[None].clone(), z.contiguous()
    ours, theirs = lambda: part.product(z, w, n, frozen), lambda: u @ other(w=v, n=n, D=D).T
    return Sides((ours, theirs), (backward(ours, [w, z]), backward(theirs, [v, u])))


def trained(ours: nn.Module, theirs: nn.Module, x: Tensor, n: int, call: Callable[[Tensor], Tensor] | None = None) -> Sides:
    """Two models, and a step of training of each."""
    forward, y = (lambda: ours(x), lambda: (call or theirs)(x)), torch.randn(len(x), n)
    return Sides(forward, (step(ours, forward[0], y), step(theirs, forward[1], y)))


def by_input(W: Tensor, m: int) -> Tensor:
    """The columns of ψ(w) in the order of others, all features of the first input first: (n, K m) → (n, m K)."""
    return W.detach().unflatten(1, (-1, m)).mT.flatten(1)


def head(formula: rpn.Formula, theirs: list[tuple[str, dict[str, Any]]], b: int, m: int, n: int, tinybig: Any) -> Sides:
    """A head of both with the same numbers; theirs has a κ, a ψ and a π."""
    ours, roles = rpn.Head(m, n, formula), ("data_transformation", "parameter_fabrication", "remainder")
    made = {role: tinys(tinybig, *part) for role, part in zip(roles, theirs, strict=True)}
    other = tinybig.module.base_head.head(m, n, channel_num=formula.channels, **made)
    ordered = isinstance(formula.expansion, expansion.Taylor)  # the same order on both sides
    with torch.no_grad():
        other.w.copy_(ours.w if ordered else torch.stack([by_input(ours.matrix(c), m).flatten() for c in range(formula.channels)]))
        if ours.w_remainder.numel():
            other.w_remainder.copy_(ours.w_remainder.view(n, m))
    return trained(ours, other, 2 * torch.rand(b, m) - 1, n)


def kan_layer(b: int, m: int, n: int, kan: Any) -> Sides:
    """zoo.kan's formula, and pykan's layer without its symbolic branch."""
    ours, theirs = rpn.zoo.kan([m, n]).layers[0].heads[0], kan.KANLayer(m, n, num=5, k=3)
    with torch.no_grad():
        theirs.scale_sp.fill_(1)
        theirs.coef.copy_(ours.matrix().unflatten(1, (-1, m)).permute(2, 0, 1))
        theirs.scale_base.copy_(ours.w_remainder.view(n, m).T)
    return trained(ours, theirs, 2 * torch.rand(b, m) - 1, n, lambda x: theirs(x)[0])


def bare(b: int, dims: list[int], nothing: Any) -> Sides:
    """Beside a network of as many layers without κ."""
    model = rpn.RPN(dims, rpn.Formula(expansion.Taylor(order=2)))
    return trained(model, nn.Sequential(*(nn.Linear(*pair) for pair in itertools.pairwise(dims))), torch.randn(b, dims[0]), dims[-1])


Limits = tuple[float | None, float | None]
NONE: Limits = (None, None)
KAPPAS: list[tuple[Any, str, dict[str, Any], int, Limits, Limits]] = [
    # ours, tinyBIG's, the inputs of the large size, and the limits of the large and of the small one
    (expansion.BSpline(intervals=5, degree=3), "bspline_expansion", {"t": 5, "d": 3}, 784, (8, 6), (2, 1.5)),
    (expansion.Fourier(terms=5), "fourier_expansion", {"P": 10, "N": 5}, 784, (3, 3.5), (2, 1.5)),
    (expansion.GaussianRBF(centers=10), "gaussian_rbf_expansion", {"num_interval": 10}, 784, (1.5, 1.8), (1.2, 1)),
    (expansion.Normal(), "normal_expansion", {}, 784, (6, 3.5), NONE),
    (expansion.Taylor(order=2), "taylor_expansion", {"d": 2}, 64, (2, 1.5), NONE),
    (expansion.Chebyshev(degree=5), "chebyshev_expansion", {"d": 5}, 784, (4.5, 6), NONE),
    (expansion.Legendre(degree=5), "legendre_expansion", {"d": 5}, 784, (4.5, 6), NONE),
    (expansion.Jacobi(degree=5), "jacobi_expansion", {"d": 5}, 784, (4.5, 6), NONE),
    (expansion.CombinatorialNormal(order=2), "combinatorial_normal_expansion", {"d": 2}, 64, (83, 96), NONE),
]
TRANSFORMERS: list[tuple[Any, str, dict[str, Any], int]] = [
    (expansion.Taylor(order=2, unique=True), "PolynomialFeatures", {"degree": 2, "include_bias": False}, 64),
    (expansion.BSpline(intervals=5, degree=3), "SplineTransformer", {"n_knots": 6, "degree": 3}, 784),
]
OUTER = "'s outer product"
PSIS: list[tuple[Any, str, dict[str, Any], str]] = [
    (reconciliation.LowRank(rank=4), "lorr_reconciliation", {"r": 4}, ""),
    (reconciliation.Kronecker(p=8, q=8), "hm_reconciliation", {"p": 8, "q": 8}, OUTER),
    (reconciliation.LPHM(p=8, q=8), "lphm_reconciliation", {"p": 8, "q": 8}, OUTER),
    (reconciliation.DualLPHM(p=8, q=8), "dual_lphm_reconciliation", {"p": 8, "q": 8}, OUTER),
]
IDENTITY, NOTHING = ("identity_reconciliation", {}), ("zero_remainder", {})
SPLINES, WAVES, POWERS = (KAPPAS[k][1:3] for k in (0, 5, 4))
SILUS = ("linear_remainder", {"activation_functions": [nn.SiLU()]})
SILU = rpn.Formula(expansion.BSpline(), remainder=remainder.Linear(activation="silu"))
THIN = rpn.Formula(expansion.Taylor(order=2), reconciliation.LowRank(rank=3))
WORKS = [
    *(
        Work(said(part), "tinyBIG", f"{b}×{m}", limits, partial(features, part, name, settings, b, m))
        for part, name, settings, many, large, small in KAPPAS
        for b, m, limits in ((512, many, large), (64, 2, small))
    ),
    *(
        Work(said(part), "scikit-learn", f"{b}×{m}", NONE, partial(transformed, part, name, settings, b, m))
        for part, name, settings, many in TRANSFORMERS
        for b, m in ((512, many), (64, 2))
    ),
    *(
        Work(f"ψ {said(part)}", "tinyBIG", f"{b}×4096→64", (3.1, None), partial(product, part, name, settings, b), differs)
        for part, name, settings, differs in PSIS
        for b in (512, 64)
    ),
    Work("KAN layer, step", "tinyBIG", "512×64→64", (None, 3.3), partial(head, SILU, [SPLINES, IDENTITY, SILUS], 512, 64, 64)),
    Work("KAN layer, step", "pykan", "512×64→64", NONE, partial(kan_layer, 512, 64, 64)),
    Work(
        *("Chebyshev(5), 4 channels, step", "tinyBIG", "512×64→64", (None, 5)),
        partial(head, rpn.Formula(expansion.Chebyshev(degree=5), channels=4), [WAVES, IDENTITY, NOTHING], 512, 64, 64),
    ),
    Work(
        *("Taylor(2) x LowRank(3), step", "tinyBIG", "64×784→64", (None, 35)),
        partial(head, THIN, [POWERS, ("lorr_reconciliation", {"r": 3}), NOTHING], 64, 784, 64),
    ),
    Work("Taylor(2), 3 layers, step", "nn.Linear", "64×[2, 8, 8, 1]", (0.333, None), partial(bare, 64, [2, 8, 8, 1]), " without κ"),
]
GROWTH: list[tuple[Any, str, str, str, dict[str, Any], list[int]]] = [
    # our class and what grows, what it is called in tinyBIG, and the sizes
    (expansion.BSpline, "intervals", "bspline_expansion", "t", {"d": 3}, [5, 16, 64]),
    (expansion.Fourier, "terms", "fourier_expansion", "N", {"P": 10}, [4, 8, 16, 32]),
    (expansion.Chebyshev, "degree", "chebyshev_expansion", "d", {}, [4, 8, 16, 32]),
]


# ---- how it is measured ---------------------------------------------------------------------------------------------------------------


def same(ours: Tensor, theirs: Tensor) -> None:
    """Every row holds the same numbers, in whichever order the columns stand; AssertionError else."""
    a, b = ours.sort(-1).values, theirs.sort(-1).values
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5 * float(b.abs().max()))


def measured(work: Work, peer: Any) -> Row:
    sides = work.make(peer)
    if not work.differs:
        same(*(quiet(side)() for side in sides.forward))
    return compared("peer", work.title, work.size, *sides, (*work.limits, None))


def grown(peer: Any) -> Iterator[Row]:
    """Exponents of ours and of tinyBIG's, at 512×64."""
    for row, field, name, letter, settings, sizes in GROWTH:
        sides = [features(row(**{field: size}), name, settings | {letter: size}, 512, 64, peer) for size in sizes]
        _, *forward = zip(*(ratio(*map(quiet, side.forward), 9) for side in sides), strict=True)
        _, *both = zip(*(ratio(*side.both, 9) for side in sides if side.both), strict=True)
        for k, whose in enumerate(("rpn_edu", "tinyBIG")):
            memory = [float(peak(side.both[k])) for side in sides if side.both]
            figures = exponent(sizes, forward[k]), exponent(sizes, both[k]), exponent(sizes, memory)
            yield Row("growth", f"{row.__name__} in {field} / {whose}", f"{sizes[0]} to {sizes[-1]}", figures)


def rows(there: dict[str, Any]) -> list[Row]:
    """Every work whose peer is there, and how costs grow."""
    found = [measured(work, there[work.peer]) for work in tqdm(WORKS, leave=False) if there[work.peer]]
    return found + (list(grown(there["tinyBIG"])) if there["tinyBIG"] else [])


# ---- how it is told -------------------------------------------------------------------------------------------------------------------


def told(found: list[Row], lacking: list[str]) -> list[str]:
    """The tables, as lines of Markdown, and whose rows are left out."""
    beside, growing = ([row for row in found if row.unit == unit] for unit in ("peer", "growth"))
    left_out = f"Left out, since not installed: {', '.join(lacking)}." if lacking else ""
    exponents = ["", "Exponents of the growth in a power law, at 512×64:", "", *table(growing)] if growing else []
    return [*table(beside), "", " ".join(filter(None, (kept(beside), left_out))), *exponents]


PANELS = "forward", "and backward, or a step"
AXIS = "time of the other package / time of rpn_edu: right of 1, rpn_edu is faster"


def draw(found: list[Row], file: Any) -> None:
    """A dot for every row, a bar where its limit is, in a panel for each of the two times."""
    beside = [row for row in found if row.unit == "peer"]
    names = list(dict.fromkeys(row.name for row in reversed(beside)))
    figure = Figure((7.2, 1.1 + 0.25 * len(names)), dpi=100, layout="constrained")
    for k, (axes, title) in enumerate(zip(figure.subplots(1, 2, sharey=True), PANELS, strict=True)):
        looks: list[Look] = []
        for rows, marker, colour in ("512", "o", "#0072b2"), ("64", "^", "#d55e00"):
            of = {row.name: row for row in beside if row.size.startswith(rows)}
            values, limits = ([getattr(of[n], what)[k] if n in of else None for n in names] for what in ("figures", "limits"))
            looks.append((f"{rows} rows", marker, colour, values, limits))
        dots(axes, names, looks)
        axes.tick_params(labelsize=9)
        axes.set_title(title, fontsize=9)
    legend = {label: handle for axes in figure.axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(
        legend.values(), legend.keys(), loc="outside lower center", ncols=4, fontsize=9, title=AXIS, title_fontsize=9, frameon=False
    )
    figure.savefig(file, format="png")


def described(found: list[Row]) -> str:
    """What the picture shows, for those who do not see it."""
    places = [(value, f"{row.name} at {row.size}") for row in found if row.unit == "peer" for value in row.figures[:2] if value]
    (most, furthest), slower = max(places), list(dict.fromkeys(name for value, name in places if value < 1))
    behind = f"Left of 1 are {', '.join(slower)}" if slower else "None is left of 1"
    return (
        "The times of the table as dots on a logarithmic axis, forward and with the backward pass, with bars where the limits are. "
        f"{sum(value >= 1 for value, _ in places)} of {len(places)} dots are at 1 or right of it, where rpn_edu is faster; "
        f"the furthest is {furthest} with {most:.3g}. {behind}."
    )


def beside() -> None:
    """The same work by other packages, those that are installed."""
    there = modules()
    found = rows(there)
    keep("peers", told(found, [peer for peer, module in there.items() if not module]), partial(draw, found))
