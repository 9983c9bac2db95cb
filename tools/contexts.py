"""Where torch uses a model today, and whether every component holds there: `python -m tools.contexts` writes notebooks/contexts.md.

The truth is always the same model in float64, in the plainest way torch has. A context holds where its numbers are near those; how near
is a matter of its precision. `python -m tools.contexts Taylor zoo` prints what stands in the way of those whose names hold these words.
"""

import atexit
import contextlib
import copy
import functools
import io
import itertools
import multiprocessing
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.distributed as distributed
from torch import Tensor, nn
from tqdm import tqdm

import rpn_edu as rpn
from rpn_edu import zoo
from rpn_edu.catalogue import cell, code, terms

PAGE = Path(__file__).parent.parent / "notebooks/contexts.md"
F = rpn.Formula


class Member(NamedTuple):
    """A model that lives from one component, with data that suit it."""

    name: str
    part: str
    model: nn.Module
    x: Tensor


def inside(low: float, high: float, *shape: int) -> Tensor:
    """Numbers between low and high that every precision can hold."""
    u = torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return (low + (high - low) * (0.02 + 0.96 * u)).bfloat16().float()


def with_xi(role: str, part: Any, rows: int, columns: int) -> rpn.RPN:
    """ξ in its role; the batch is fixed only where there are learned numbers for it."""
    try:
        return rpn.RPN([columns, 2], F(**{role: part}))
    except ValueError:
        return rpn.RPN([columns, 2], F(**{role: part}, batch=rows))


def models(part: Any) -> Iterator[tuple[nn.Module, Tensor]]:
    """Models of one layer in which a component does its work."""
    match part.term:
        case "expansion":
            m = part.made_for or 3
            yield rpn.RPN([m, 2], F(part)), inside(*part.domain, 4, m)
        case "reconciliation":
            n, D = 2 * (getattr(part, "p", 0) or 4), 4 * (getattr(part, "q", 0) or 4)
            yield rpn.RPN([D, n], F(reconciliation=part)), inside(-1, 1, 4, D)
        case "remainder":
            yield rpn.RPN([4, 4], F(remainder=part)), inside(-1, 1, 4, 4)
        case "fusion":
            yield rpn.RPN([4, 4], F(channels=2, fusion=part)), inside(-1, 1, 4, 4)
            yield rpn.RPN([4, 4], [[F(bias=True), F()]], part), inside(-1, 1, 4, 4)
        case "interdependence":
            kappa = getattr(part, "expansion", None)
            r = (kappa and kappa.made_for) or len(getattr(part, "scales", ())) or 8
            k = part.made_for or 4
            x = inside(*kappa.domain, r, k) if kappa else inside(-1, 1, r, k)
            yield with_xi("attribute", part, r, k), x
            yield with_xi("instance", part, k, r), x.mT.contiguous()


ZOO: dict[str, Callable[[], rpn.RPN]] = {
    "zoo.mlp": lambda: zoo.mlp([4, 6, 2]),
    "zoo.kan": lambda: zoo.kan([4, 3, 2]),
    "zoo.svm": lambda: zoo.svm(4, 2),
    "zoo.naive_bayes": lambda: zoo.naive_bayes(4, 2),
    "zoo.pgm": lambda: zoo.pgm(4, 2),
    "zoo.rnn": lambda: zoo.rnn([4, 8, 2]),
    "zoo.gcn": lambda: zoo.gcn([4, 8, 2], ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))),
    "zoo.gat": lambda: zoo.gat([4, 8, 2], ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))),
    "zoo.linear_regression": lambda: zoo.linear_regression(4, 2),
    "zoo.logistic_regression": lambda: zoo.logistic_regression(4, 2),
    "zoo.cnn": lambda: zoo.cnn(2, 2, (1, 3), 2, pool=1),  # in half precision two cells can be the largest: each has its gradient
    "zoo.transformer": lambda: zoo.transformer([4, 8, 2]),
}


def made(name: str, part: Any, model: nn.Module, x: Tensor) -> Member:
    return Member(name, repr(part), model.eval(), x)


def variants(row: type[Any]) -> list[Any]:
    """A component as it is, and with each yes-or-no and each named choice turned. (How ξ is normalized is the same code for all.)"""
    first, *others = row.samples()
    turned = [[f for f in row.declared if getattr(part, f.name) != getattr(first, f.name)] for part in others]
    kept = [part for part, fields in zip(others, turned, strict=True) if all(f.kind in ("bool", "choice") for f in fields)]
    return [first, *(part for part in kept if getattr(part, "normalization", "") == getattr(first, "normalization", ""))]


def members(name: str, parts: list[Any] | None = None) -> Iterator[Member]:
    """All models of a name: of every variant of a component, or of the `parts` alone."""
    if name in ZOO:
        torch.manual_seed(0)
        yield made(name, name, ZOO[name](), inside(-1, 1, 6, 4))
        return
    for part in parts or variants(rpn.CATALOGUE[name]):
        torch.manual_seed(0)
        for model, x in models(part):
            yield made(name, part, model, x)


# ---- near the truth -----------------------------------------------------------------------------------------------------------------


def answer(model: Callable, x: Tensor, needs: list[Tensor]) -> list[Tensor]:
    """The output, and the gradients of a weighted sum of it."""
    y = model(x)
    weight = torch.linspace(0.5, 1.5, y.numel(), dtype=torch.float64).view(y.shape)
    return [y.detach(), *torch.autograd.grad((y.double() * weight).sum(), needs)]


def own(model: nn.Module, x: Tensor) -> list[Tensor]:
    x = x.detach().clone().requires_grad_()
    return answer(model, x, [x, *model.parameters()])


def truth(model: nn.Module, x: Tensor) -> list[Tensor]:
    return own(copy.deepcopy(model).double(), x.double())


def near(ours: list[Tensor], wanted: list[Tensor], tolerance: float | list[float], what: str = "") -> None:
    """Every tensor as near to the one that is wanted as `tolerance` times its largest number."""
    tolerances = tolerance if isinstance(tolerance, list) else [tolerance] * len(wanted)
    for i, (one, other, tolerance) in enumerate(zip(ours, wanted, tolerances, strict=True)):
        called = what or ("gradient" if i else "output")
        assert one.isfinite().all(), f"{called} is not finite"
        off = (one.detach().double() - other.double()).abs().amax() if one.numel() else torch.zeros(())
        largest = other.abs().amax() if one.numel() else torch.ones(())
        assert off <= tolerance * largest.clamp(min=1e-6), f"{called} is off by {float(off / largest):.0e} of its largest number"


def functional(member: Member) -> tuple[Callable, list[Tensor]]:
    """The model in float64 as a function of x and of everything it learns."""
    model = copy.deepcopy(member.model).double()
    names = [name for name, _ in model.named_parameters()]
    values = [value.detach() for value in model.parameters()]
    return lambda x, *w: torch.func.functional_call(model, dict(zip(names, w, strict=True)), (x,)), [member.x.double(), *values]


# ---- contexts -----------------------------------------------------------------------------------------------------------------------


def in_half(dtype: torch.dtype, automatic: bool, member: Member) -> None:
    model, x = member.model, member.x
    if not automatic:
        model, x = copy.deepcopy(model).to(dtype), x.to(dtype)
    with torch.no_grad():
        reached = max(float(tensor.abs().max()) for tensor in copy.deepcopy(model).double().trace(x.double())[0, 0])  # type: ignore[operator]
    assert reached < torch.finfo(dtype).max, f"features reach {reached:.0e}, and {dtype} ends at {torch.finfo(dtype).max:.0f}"
    with torch.autocast("cpu", dtype=dtype) if automatic else contextlib.nullcontext():
        ours = own(model, x)
    assert automatic or {tensor.dtype for tensor in ours} == {dtype}
    eps, wanted = torch.finfo(dtype).eps, truth(model, x)
    if member.name in ZOO:  # deep: what a layer rounds, the next ones may enlarge, as they enlarge a rounding of what the model is made of
        near(ours, wanted, [8 * max(eps, spread) for spread in spreads(model, x, wanted, eps)])
    else:
        near(ours, wanted, 8 * eps)


def spreads(model: nn.Module, x: Tensor, wanted: list[Tensor], eps: float) -> list[float]:
    """How far each part of the truth moves, in shares of its largest number, when every number of model and data moves by up to eps."""
    generator, moved, far = torch.Generator().manual_seed(0), copy.deepcopy(model).double(), [0.0] * len(wanted)
    for _ in range(3):
        with torch.no_grad():
            for p, q in zip(moved.parameters(), model.parameters(), strict=True):
                p.copy_(q.double() * (1 + eps * (2 * torch.rand(p.shape, generator=generator, dtype=torch.float64) - 1)))
        other = truth(moved, x.double() * (1 + eps * (2 * torch.rand(x.shape, generator=generator, dtype=torch.float64) - 1)))
        far = [max(f, float((a - b).abs().max() / b.abs().max())) for f, a, b in zip(far, other, wanted, strict=True)]
    return far


def group_of_one() -> None:
    """The process group that data-parallel training asks for. One for all: destroyed while its models are collected, it can block."""
    if not distributed.is_initialized():
        distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)


def parallel(member: Member) -> None:
    """Two steps of training under a layer whose parameters must all have a gradient, as alone."""
    group_of_one()
    m = member.x.shape[-1]
    with torch.random.fork_rng(devices=[]):
        alone = nn.Sequential(nn.Linear(m, m), copy.deepcopy(member.model))
    together = nn.parallel.DistributedDataParallel(copy.deepcopy(alone))
    for _ in range(2):
        for model in (alone, together):
            model.zero_grad()
            model(member.x).sum().backward()
        ours, theirs = ([p.grad for p in model.parameters()] for model in (alone, together))
        assert all(gradient is not None for gradient in (*ours, *theirs)), "a parameter has no gradient"
        near(theirs, ours, 1e-5, "gradient")  # type: ignore[arg-type]
        with torch.no_grad():
            for p, q in zip(alone.parameters(), together.parameters(), strict=True):
                p.sub_(0.01 * p.grad), q.sub_(0.01 * q.grad)  # type: ignore[operator]


def compiled(member: Member, backend: str = "aot_eager") -> None:
    torch.compiler.reset()
    near(own(torch.compile(copy.deepcopy(member.model), fullgraph=True, backend=backend), member.x), truth(member.model, member.x), 1e-4)  # type: ignore[arg-type]


@functools.cache
def fresh() -> Any:
    """A process that has never called a model."""
    pool = multiprocessing.get_context("spawn").Pool(1)
    atexit.register(pool.terminate)
    return pool


def exported(member: Member) -> None:
    """Sent to a process that has called nothing, exported there first of all, stored, read, and run; on more rows too where ξ allows."""
    model, batches = member.model, [member.x]
    with contextlib.suppress(ValueError):
        model(more := torch.cat((member.x, member.x.flip(0))))
        batches.append(more)
    fresh().apply(export, (model, batches, [truth(model, x) for x in batches]))


def export(model: nn.Module, batches: list[Tensor], wanted: list[list[Tensor]]) -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    free = ({0: torch.export.Dim.DYNAMIC},) if len(batches) > 1 else None
    file = io.BytesIO()
    torch.export.save(torch.export.export(model, (batches[0],), dynamic_shapes=free), file)
    file.seek(0)
    again = torch.export.load(file).module()
    for x, numbers in zip(batches, wanted, strict=True):
        near([again(x)], numbers[:1], 1e-4)
    near(own(model, batches[0]), wanted[0], 1e-4)  # what was prepared while exporting serves training as well


def batched(member: Member) -> None:
    """vmap over batches, over stacked models, and over both under grad."""
    model, x = copy.deepcopy(member.model).double(), member.x.double()
    batches = torch.stack([x, 0.5 * x + 0.5 * x.flip(0)])
    near([torch.func.vmap(model)(batches)], [torch.stack([model(batch) for batch in batches])], 1e-9)
    other = copy.deepcopy(model)
    with torch.no_grad():
        for p in other.parameters():
            p.mul_(0.5)
    numbers = torch.func.stack_module_state([model, other])

    def one(parameters: dict, buffers: dict, x: Tensor) -> Tensor:
        return torch.func.functional_call(model, (parameters, buffers), (x,))

    truth = torch.stack([model(batches[0]), other(batches[1])])
    near([torch.func.vmap(one)(*numbers, batches)], [truth], 1e-9)
    if numbers[0]:
        ours = torch.func.vmap(torch.func.grad(lambda *given: one(*given).sum()))(*numbers, batches)
        theirs = [torch.autograd.grad(m(batch).sum(), list(m.parameters())) for m, batch in zip((model, other), batches, strict=True)]
        near(list(ours.values()), [torch.stack(pair) for pair in zip(*theirs, strict=True)], 1e-9, "gradient")


def jacobian(member: Member) -> None:
    f, given = functional(member)
    wanted, places = torch.autograd.functional.jacobian(f, tuple(given)), tuple(range(len(given)))
    for way in (torch.func.jacrev, torch.func.jacfwd):
        near(list(way(f, places)(*given)), list(wanted), 1e-9, way.__name__)  # type: ignore[arg-type]


def second(member: Member) -> None:
    """The Hessian along a direction: by two backward passes and by both modes, against a difference of gradients."""
    f, given = functional(member)
    places = tuple(range(len(given)))
    way = [torch.linspace(-1, 1, value.numel(), dtype=torch.float64).view(value.shape) for value in given]

    def total(*given: Tensor) -> Tensor:
        return (f(*given) / scale).sin().sum()

    scale = 1 + float(f(*given).abs().max())  # sin of a large number would be all curvature
    slope = torch.func.grad(total, places)

    def gradients(step: float) -> tuple[Tensor, ...]:
        moved = [(value + step * along).requires_grad_() for value, along in zip(given, way, strict=True)]
        return torch.autograd.grad(total(*moved), moved)

    h = 1e-5
    wanted = [(8 * (b - a) - (d - c)) / (12 * h) for a, b, c, d in zip(*map(gradients, (-h, h, -2 * h, 2 * h)), strict=True)]
    needs = [value.clone().requires_grad_() for value in given]
    first = torch.autograd.grad(total(*needs), needs, create_graph=True)
    product = sum((g * along).sum() for g, along in zip(first, way, strict=True))
    twice = torch.autograd.grad(product, needs, allow_unused=True) if product.requires_grad else [None] * len(needs)  # type: ignore[union-attr]
    _, both = torch.func.jvp(slope, tuple(given), tuple(way))
    largest = max(float(value.abs().max()) for value in wanted if value.numel())
    for ours, what in ((twice, "double backward"), (both, "forward over reverse")):
        for one, other in zip(ours, wanted, strict=True):
            one = torch.zeros_like(other) if one is None else one
            assert (one - other).abs().max() <= 1e-5 * max(largest, 1e-3), f"{what} is off by {float((one - other).abs().max()):.0e}"


def copies(member: Member) -> None:
    """Copied, pickled, saved, shared, cast there and back, emptied and filled: the same numbers, bit for bit."""
    model, x = member.model, member.x
    y, file = model(x), io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    with torch.device("meta"):
        empty = rpn.RPN.from_config(model.to_config())  # type: ignore[operator]
    filled = empty.eval().to("meta").to_empty(device="cpu")
    filled.load_state_dict(model.state_dict())
    found = [copy.deepcopy(model), pickle.loads(pickle.dumps(model)), torch.load(file, weights_only=False), filled]
    found += [copy.deepcopy(model).share_memory(), copy.deepcopy(model).double().float()]
    assert all(torch.equal(each(x), y) for each in found), "a copy gives other numbers"
    cast = copy.deepcopy(model).half().double()
    cast.load_state_dict(model.state_dict())
    near([cast(x.double())], truth(model, x)[:1], 1e-12)  # the way through half precision costs nothing


def inferred(member: Member) -> None:
    """Called in inference mode first, then trained."""
    model = pickle.loads(pickle.dumps(member.model))
    with torch.inference_mode():
        y = model(member.x)
    wanted = truth(model, member.x)
    near([y, *own(model, member.x)], [wanted[0], *wanted], 1e-4)


CONTEXTS: dict[str, tuple[str, Callable[[Member], None]]] = {
    "bfloat16": ("model and data in bfloat16", partial(in_half, torch.bfloat16, False)),
    "float16": ("model and data in float16", partial(in_half, torch.float16, False)),
    "autocast": ("`torch.autocast` in bfloat16", partial(in_half, torch.bfloat16, True)),
    "autocast 16": ("`torch.autocast` in float16", partial(in_half, torch.float16, True)),
    "parallel": ("two steps of `DistributedDataParallel` above a linear layer: every parameter has its gradient", parallel),
    "compile": ("`torch.compile(fullgraph=True)`, with gradients", compiled),
    "export": ("`torch.export` in a process that has called nothing before, with any number of rows unless ξ fixes it", exported),
    "vmap": ("`torch.func.vmap` over batches and over stacked models", batched),
    "jacobian": ("`torch.func.jacrev` and `jacfwd`, in x and in all that is learned", jacobian),
    "second": ("second derivatives, by two backward passes and by forward over reverse", second),
    "copy": ("`deepcopy`, `pickle`, `torch.save`, `share_memory`, `to_empty` and a load, casts there and back", copies),
    "inference": ("`torch.inference_mode` first, training afterwards", inferred),
}
INDUCTOR = "expansion.Taylor expansion.Normal expansion.Haar expansion.BSpline interdependence.GaussianRBF interdependence.Graph zoo.kan"


def why_not(check: Callable[[Member], None], member: Member) -> str:
    """What stands in the way, in one sentence; empty where it holds."""
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*torch.jit.*")  # torch's own, on its first forward-mode derivative
        try:
            check(member)
        except Exception as error:  # torch says what it lacks by whatever it stumbles over
            return " ".join(f"{str(error) or type(error).__name__}".partition("\n")[0].split())
    return ""


def report(names: list[str]) -> dict[tuple[str, str], dict[str, list[str]]]:
    """What stands in the way of each name in each context: the sentence, and of which models."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for name, (context, (_, check)) in tqdm(list(itertools.product(names, CONTEXTS.items())), leave=False):
        reasons = found[name, context] = {}
        for member in members(name):
            if reason := why_not(check, member):
                reasons.setdefault(reason, []).append(member.part)
    return found


def names() -> list[str]:
    return [row.qualified_name() for rows in terms().values() for row in rows if row.term] + list(ZOO)


PAGE_STARTS = """# Contexts

Made by `make contexts`. Every component in a model of one layer: as it is by default, and with each choice it has turned. The truth is the
same model in float64. In half precision a number is near it if it is off by at most 8 roundings of the largest one (in a model of the zoo,
by 8 times what one rounding of its weights and data makes), elsewhere by what is left of float32. No context may warn.
"""


def page() -> str:
    found, notes, tables = report(names()), [], []
    for term, group in itertools.groupby(names(), key=lambda name: name.partition(".")[0]):
        tables += ["", f"## {term.title()}", "", f"| | {' | '.join(CONTEXTS)} |", "|---" * (len(CONTEXTS) + 1) + "|"]
        for name in group:
            cells = []
            for context in CONTEXTS:
                marks = []
                for reason, (part, *others) in found[name, context].items():
                    more = f" and {len(others)} more" * bool(others)
                    notes.append(f"{len(notes) + 1}. {code(part)}{more}, {context}: {cell(reason)}")
                    marks.append(f"no ({len(notes)})")
                cells.append(", ".join(marks) or "yes")
            tables.append(f"| {name.partition('.')[2]} | {' | '.join(cells)} |")
    broken = [name for name in INDUCTOR.split() if why_not(partial(compiled, backend="inductor"), next(members(name)))]
    tried = f"Of torch's compiler, the column shows the front ends (`aot_eager`). Inductor was tried with {', '.join(INDUCTOR.split())}:"
    said = f"it failed for {', '.join(broken)}." if broken else "it gives the same numbers."
    meaning = [f"- **{context}**: {told}" for context, (told, _) in CONTEXTS.items()]
    ends = ["", "## What does not hold", "", *(notes or ["Nothing."]), "", tried, said, ""]
    return "\n".join([PAGE_STARTS, *meaning, *tables, *ends])


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        for (name, context), reasons in report([name for name in names() if any(word in name for word in sys.argv[1:])]).items():
            print(f"{name:40}{context:14}{'yes' if not reasons else ''}")
            for reason, parts in reasons.items():
                print(f"      {len(parts)} such as {parts[0]}: {reason}")
    else:
        PAGE.write_text(page(), encoding="utf-8")
