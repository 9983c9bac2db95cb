"""Everywhere torch uses a model: half precision, autocast, parallel, compiled, exported, batched, differentiated twice, copied."""

import gc
import math
import re
import warnings

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import rpn_edu as rpn
from rpn_edu import zoo
from rpn_edu.expansion import fast
from rpn_edu.interdependence import kernel
from tests.help import ROWS, columns_for, inside, m_of, numbers, over, sizes_of
from tools import contexts

E, R, X, F, U = rpn.expansion, rpn.reconciliation, rpn.interdependence, rpn.Formula, rpn.fusion
HALVES = pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=["bfloat16", "float16"])


# ---- one of each family, in every context -------------------------------------------------------------------------------------------

MENDED = [
    E.Taylor(unique=True), E.CombinatorialNormal(order=2), E.Normal(), E.Cauchy(), E.Haar(scales=2), E.BSpline(degree=0), E.BSpline(20),
    E.Sampled(count=2), E.SampledSubsets(order=2), E.GaussianRBF(epsilon=10.0), E.Prod(),
    E.Extended(parts=(E.Taylor(unique=True), E.Sampled())),
    X.GaussianRBF(), X.Minkowski(p=1.5), X.Chebyshev(), X.Manhattan(), X.MutualInformation(), X.Canberra(),
    X.PageRank(links=((0, 1), (1, 2))), X.Graph(links=((0, 1), (1, 2)), normalization="symmetric"), X.ExponentialChain(),
    X.InverseChain(both_ways=True), X.Grid(rows=2, columns=2, mode="aggregate", normalization="row"),
    X.Hybrid(parts=(X.Chain(), X.GaussianRBF())), X.AnisotropicRBF(scales=(1.0, 0.5)), R.Kronecker(),
    X.Expanded(expansion=E.Normal()), X.Expanded(expansion=E.Sampled()),
]  # fmt: skip
FAMILIES = list({row.__module__: row.samples()[0] for rows in ROWS.values() for row in reversed(rows)}.values())
SUITE = list(dict.fromkeys([*MENDED, *FAMILIES, "zoo.rnn", "zoo.gcn", "zoo.kan", "zoo.transformer"]))
PAGE = contexts.PAGE.read_text(encoding="utf-8")


def claims():
    """What the page says of each component in each context."""
    said, term = {}, ""
    for line in PAGE.splitlines():
        term = line[3:].lower() if line.startswith("## ") else term
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == len(contexts.CONTEXTS) + 1 and cells[0] and cells[0] != "---":
            said |= {(f"{term}.{cells[0]}", context): cell for context, cell in zip(contexts.CONTEXTS, cells[1:], strict=True)}
    return said


CLAIMS = claims()


def test_the_page_tells_of_every_component_and_every_model_of_the_zoo_in_every_context():
    returned = {name: getattr(value, "__annotations__", {}).get("return") for name, value in vars(zoo).items()}
    made = [name for name, kind in returned.items() if kind is rpn.RPN and not name.startswith("from_")]  # those take over a model
    wanted = [row.qualified_name() for rows in ROWS.values() for row in rows] + [f"zoo.{name}" for name in made]
    assert CLAIMS.keys() == {(name, context) for name in wanted for context in contexts.CONTEXTS}, "make contexts"
    notes = re.findall(r"^(\d+)\. ", PAGE, re.M)
    assert {n for cell in CLAIMS.values() for n in re.findall(r"\d+", cell)} == set(notes)


@pytest.mark.parametrize("part", SUITE, ids=str)
@pytest.mark.parametrize("context", contexts.CONTEXTS)
def test_a_component_holds_in_a_context_as_the_page_says(part, context):
    name = part if isinstance(part, str) else part.qualified_name()
    reasons = [contexts.why_not(contexts.CONTEXTS[context][1], member) for member in contexts.members(name, [part])]
    assert not any(reasons) or CLAIMS[name, context] != "yes", reasons


@pytest.mark.parametrize("part", [E.Fourier(), E.Chebyshev(), E.BSpline(), E.BSpline(20), E.GaussianRBF(), E.Taylor(order=3)], ids=repr)
@pytest.mark.parametrize("context", contexts.CONTEXTS)
def test_a_component_holds_in_a_context_with_many_numbers_too(part, context, monkeypatch):
    monkeypatch.setattr(fast, "LARGE", 1)
    test_a_component_holds_in_a_context_as_the_page_says(part, context)


# ---- half precision -----------------------------------------------------------------------------------------------------------------


@HALVES
@over("expansion")
def test_features_in_half_precision_are_those_of_float64_rounded(part, dtype):
    # A spline of 20 intervals was off by all of its height, a cosine by its fifth harmonic.
    x, frozen = inside(part, 32, m_of(part), seed=4).to(dtype), part.frozen(m_of(part)) or None
    features, truth = part(x, frozen), part(x.double(), frozen)
    held = truth.abs() < torch.finfo(dtype).max
    size = truth.abs() + 0.02 * truth.abs().amax(0) + 1e-9
    assert features.dtype == dtype and features[held].isfinite().all()
    assert ((features.double() - truth).abs() / size)[held].max() < 3 * torch.finfo(dtype).eps


@HALVES
@pytest.mark.parametrize("normalization", ["none", "row", "column", "symmetric", "softmax"])
def test_a_node_with_a_thousand_links_counts_them_all(normalization, dtype):
    # A running count in bfloat16 ends at 256, in float16 at 2048.
    star = X.Graph(links=tuple((0, i) for i in range(1, 3001)), normalization=normalization)
    y = torch.ones(1, 3001)
    truth = star.mix(y.double(), y.double(), torch.empty(0))
    for V in (y, y.to(dtype)):
        mixed = star.mix(y.to(dtype), V, torch.empty(0))
        assert mixed.dtype == dtype
        torch.testing.assert_close(mixed.double(), truth, rtol=2 * torch.finfo(dtype).eps, atol=0)


@HALVES
@pytest.mark.parametrize("fusion", [U.Sum(), U.Mean(), U.Prod()], ids=repr)
def test_what_is_made_of_many_numbers_is_rounded_once(fusion, dtype):
    parts = [torch.full((1, 2), 1.0078125, dtype=dtype)] * 300
    truth = fusion([part.double() for part in parts], torch.empty(0))
    torch.testing.assert_close(fusion(parts, torch.empty(0)).double(), truth, rtol=torch.finfo(dtype).eps, atol=0)


@over("interdependence")
def test_under_autocast_mixing_gives_the_dtype_that_comes_in(part):
    r, k = sizes_of(part)
    V, w = columns_for(part, r, k).float(), part.init(r, k)
    frozen = {name: value.float() if value.is_floating_point() else value for name, value in part.frozen(r, k).items()} or None
    y = numbers(3, k).bfloat16()
    truth = part.mix(y.double(), V.double(), w.double(), part.frozen(r, k) or None)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = part.mix(y, V, w, frozen)
    assert mixed.dtype in (torch.bfloat16, torch.float32)  # elementwise, torch answers bfloat16 times float32 with float32
    near = 16 * torch.finfo(torch.bfloat16).eps * truth.abs().max()
    assert (mixed.double() - truth).abs().max() <= near


# ---- distances ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch):
    """As if a handful of differences were too many."""
    plain = kernel.distances.__wrapped__
    monkeypatch.setattr(kernel, "distances", kernel.with_cdist(plain, 10))
    return plain


@pytest.mark.parametrize("p, squared", [(1.0, False), (1.5, False), (2.0, False), (2.0, True), (3.0, False), (math.inf, False)])
def test_large_distances_have_the_numbers_and_all_derivatives_of_small_ones(few, p, squared):
    V = numbers(2, 5, 4).requires_grad_()
    ours, plain = lambda V: kernel.distances(V, V, p, squared), lambda V: few(V, V, p, squared)
    torch.testing.assert_close(ours(V), plain(V))
    two = lambda U, V: kernel.distances(U, V, p, squared)  # noqa: E731
    U = numbers(2, 5, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(two, (U, V)) and torch.autograd.gradcheck(two, (U, V.detach()))
    assert torch.autograd.gradcheck(ours, (V,)) and torch.autograd.gradgradcheck(ours, (V,))
    torch.testing.assert_close(torch.func.jacrev(ours)(V[0]), torch.autograd.functional.jacobian(plain, V[0]))  # torch's own is wrong
    hessian = torch.func.jacrev(torch.func.jacrev(lambda V: ours(V).sin().sum()))(V[0])
    torch.testing.assert_close(hessian, torch.func.jacfwd(torch.func.jacrev(lambda V: plain(V).sin().sum()))(V[0]))
    single = torch.func.vmap(torch.func.grad(lambda V: ours(V).sin().sum()))(V)
    torch.testing.assert_close(single, torch.autograd.grad(plain(V).sin().sum(), V)[0])
    with pytest.raises(ValueError, match=r"at most 10 differences \(rows · columns²\): take torch.func.jacrev"):
        torch.func.jacfwd(ours)(V[0])


def test_beyond_the_limit_no_difference_is_formed_in_training():
    class Largest(TorchDispatchMode):
        numel = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            made = func(*args, **(kwargs or {}))
            self.numel = max(self.numel, *(value.numel() for value in tree_leaves(made) if isinstance(value, torch.Tensor)), 0)
            return made

    V = numbers(9, 500).requires_grad_()
    with Largest() as largest:
        torch.autograd.grad(X.GaussianRBF().matrix(V, torch.empty(0)).sum(), V)
    assert V.numel() * 500 > kernel.MOST >= 9 * 480 * 480 and largest.numel == 500 * 500


BENT = {X.GaussianRBF(sigma=0.7): 1 / 0.49, X.Exponential(gamma=0.3): 0.6, X.AnisotropicRBF(): 2.0}


@pytest.mark.parametrize("xi, curvature", BENT.items(), ids=repr)
def test_the_curvature_of_a_bump_is_right_where_two_columns_are_equal(xi, curvature):
    V = numbers(3, 1).repeat(1, 2)
    hessian = torch.func.hessian(lambda V: xi.matrix(V, torch.empty(0))[0, 1])(V)  # exp(-c ‖v_1 - v_2‖² / 2) at 0
    across = torch.tensor([[-curvature, curvature], [curvature, -curvature]], dtype=torch.float64)
    torch.testing.assert_close(hessian, torch.einsum("ac,bd->abcd", torch.eye(3, dtype=torch.float64), across))


# ---- steps --------------------------------------------------------------------------------------------------------------------------


@over("expansion")
def test_a_gradient_goes_through_every_expansion_and_where_it_is_flat_it_is_zero(part):
    x = inside(part, 6, m_of(part), seed=2).requires_grad_()
    z = part(x)
    (gradient,) = torch.autograd.grad(z.sum(), x)
    flat = isinstance(part, E.Haar) or (isinstance(part, E.BSpline) and part.degree == 0)
    assert gradient.isfinite().all() and (not flat or not gradient.any())
    row = x.detach()[0]
    torch.testing.assert_close(torch.func.jacrev(part)(row), torch.autograd.functional.jacobian(part, row))  # alone, it prepares its own


# ---- what a component prepares ------------------------------------------------------------------------------------------------------


class FromPython(TorchDispatchMode):
    """Counts tensors that are made of Python's numbers: on a device, each is a copy and a wait."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func is torch.ops.aten.lift_fresh.default
        return func(*args, **(kwargs or {}))


ALL = [part for rows in ROWS.values() for row in rows for part in row.samples()[:3]] + MENDED


@pytest.mark.parametrize("part", ALL, ids=repr)
def test_a_model_copies_no_number_of_python_while_it_computes(part):
    for member in contexts.members(part.qualified_name(), [part]):
        with FromPython() as made:
            member.model(member.x)
        assert made.count == 0


def test_no_component_keeps_a_tensor_for_itself():
    # What is kept under inference mode, a fake tensor mode or a transform is poison to the next caller.
    def alive():
        gc.collect()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {id(found) for found in gc.get_objects() if type(found) is torch.Tensor}

    def use():
        for part in (*MENDED, *FAMILIES):
            for member in contexts.members(part.qualified_name(), [part]):
                member.model(member.x)

    before = alive()
    use()
    assert not alive() - before


@pytest.mark.parametrize("kappa", [E.Taylor(order=3, unique=True), E.CombinatorialNormal(order=2), E.Cauchy(), E.HybridDensity()], ids=repr)
def test_what_can_be_derived_stands_in_no_checkpoint_and_is_derived_anew_where_a_model_is_cast(kappa):
    model = rpn.RPN([4, 3], F(kappa))
    assert list(model.state_dict()) == ["layers.0.heads.0.w"]  # as it was saved before there were such buffers
    derived = kappa.frozen(4)
    assert derived and all(not value.persistent for value in derived.values())
    model.half().double()
    for name, value in derived.items():
        assert torch.equal(getattr(model.layers[0].heads[0], f"expansion_{name}"), value)  # bit for bit
    assert {value.dtype for value in model.half().buffers() if value.numel()} <= {torch.float32, torch.int64}
    assert torch.equal(kappa(numbers(3, 4)), kappa(numbers(3, 4), derived))


@pytest.mark.parametrize("kappa", [E.Taylor(unique=True), E.Normal()], ids=repr)
def test_heads_share_what_they_derive_but_not_what_was_drawn(kappa):
    formulas = [F(kappa), F(kappa, R.LowRank())]
    assert None not in rpn.Layer(4, 3, formulas).plan.kappa_of
    drawn = E.Extended(parts=(kappa, E.Sampled()))
    assert rpn.Layer(4, 3, [F(drawn), F(drawn, R.LowRank())]).plan.kappa_of == (None, None)
