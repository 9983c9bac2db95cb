"""Every short cut gives what the definition gives, in values and gradients, and is taken where it should be and nowhere else."""

import copy
import pickle
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

import rpn_edu as rpn
from tests.help import numbers, samples

E, R, P, X, U = rpn.expansion, rpn.reconciliation, rpn.remainder, rpn.interdependence, rpn.fusion
Formula, Output = rpn.Formula, rpn.Output


def agree(short, long, *needs):
    """The same numbers, and the same gradients of a scalar in which every number has another weight."""
    torch.testing.assert_close(short, long, rtol=1e-9, atol=1e-11)
    needs = [need for need in needs if need.requires_grad]
    ours, truth = (torch.autograd.grad(y.sin().sum(), needs, allow_unused=True) for y in (short, long))
    for a, b in zip(ours, truth, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-10)
    return ours


def built(module) -> Any:
    """In float64, with every learned number drawn: zeros and ones hide mistakes."""
    module = module.double()
    with torch.no_grad():
        for i, parameter in enumerate(module.parameters()):
            parameter.copy_(numbers(*parameter.shape, seed=100 + i))
    return module


def output_of(head, x):
    """The definition of a head: the output of its trace."""
    g = head.trace(x).g
    return head.output(g.flatten(0, -2)).view(g.shape) if head.output else g


def definition(layer, x):
    outputs = [output_of(head, x) for head in layer.heads]
    return outputs[0] if len(outputs) == 1 else layer.fusion(outputs, layer.w_fusion, layer.frozen("fusion"))


class Counted:
    """How often the κ of a class is made, and of how many rows."""

    def __init__(self, monkeypatch, row):
        self.calls, made = 0, row.__call__

        def counting(kappa, x, frozen=None):
            self.calls += 1
            return made(kappa, x, frozen)

        monkeypatch.setattr(row, "__call__", counting)


class Largest(TorchDispatchMode):
    """The largest tensor that any operation makes, forwards and backwards."""

    numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, (tuple, list)) else (made,):
            if isinstance(tensor, torch.Tensor):
                self.numel = max(self.numel, tensor.numel())
        return made


# ---- κ and ψ: the parts of the short cuts -------------------------------------------------------------------------------------------


def fitting(kappa, m=3):
    return kappa.made_for or m


@pytest.mark.parametrize("kappa", [k for k in samples("expansion") if k.contracts] + [E.Chebyshev(), E.Patches(2, 2)], ids=repr)
@pytest.mark.parametrize("n", [1, 4])
def test_contracting_is_the_product_with_the_expansion(kappa, n):
    for shape in ((5,), (2, 4), (1,), (2, 0)):
        for m in {fitting(kappa, m) for m in (1, 2, 3)}:
            x, W = (0.8 * numbers(*shape, m)).requires_grad_(), numbers(n, kappa.width(m), seed=1).requires_grad_()
            agree(kappa.contract(x, W), F.linear(kappa(x), W), x, W)


def test_contracting_takes_tensors_that_do_not_lie_in_a_row():
    kappa, x, W = E.Taylor(3), numbers(2, 3, 4).mT.requires_grad_(), numbers(39, 2, seed=1).T.requires_grad_()
    assert not x.is_contiguous() and not W.is_contiguous()
    agree(kappa.contract(x, W), F.linear(kappa(x), W), x, W)


def test_only_taylor_with_repeats_says_that_it_contracts():
    for kappa in samples("expansion"):
        assert kappa.contracts == (isinstance(kappa, E.Taylor) and not kappa.unique), kappa


def test_a_contraction_is_no_default_where_a_row_says_that_it_saves_work():
    for kappa in samples("expansion"):
        overridden = type(kappa).contract is not E.Expansion.contract
        assert overridden or not kappa.contracts, kappa


HALVED = [psi for psi in samples("reconciliation") if psi.halves(numbers(psi.length(8, 24)), 8, 24) is not None]


@pytest.mark.parametrize("psi", HALVED, ids=repr)
@pytest.mark.parametrize("n, D", [(8, 24), (1, 5), (9, 3)])
def test_halves_multiply_to_the_matrix(psi, n, D):
    w = numbers(psi.length(n, D)).requires_grad_()
    for frozen in (None, psi.frozen(n, D), {name: 1.5 * value for name, value in psi.frozen(n, D).items()}):
        left, right = psi.halves(w, n, D, frozen or None)
        assert right.shape[1] == D and right.dtype == torch.float64
        agree(right if left is None else left @ right, psi.matrix(w, n, D, frozen or None), w)


def test_which_psi_have_halves_is_known():
    assert {type(psi) for psi in HALVED} == {R.Identity, R.LowRank, R.RandomAdaption}


# ---- heads --------------------------------------------------------------------------------------------------------------------------

B, M = 5, 12
LINKS = ((0, 1), (1, 2), (3, 1))
CHAIN, GRAPH, BOTH = X.Chain(hops=2), X.Graph(links=LINKS, normalization="row"), X.InverseChain(both_ways=True)
TALL = X.Constant(entries=[[1.0, 0.5, 0.0, 2.0, 0.0, -1.0, 1.0][i:] + [1.0] * i for i in range(B)])  # 5 rows become 7
WIDER = X.Constant(entries=[[float((i * j) % 5 - 2) for j in range(15)] for i in range(M)])  # 12 attributes become 15
NARROWER = X.Constant(entries=[[float((i * j) % 5 - 2) for j in range(1, 11)] for i in range(M)])  # ... or 10
T2, T3, KAPPA, SPLINE = E.Taylor(2), E.Taylor(3), E.Chebyshev(4), E.BSpline()
LR, RA, ID = R.LowRank(3), R.RandomAdaption(3), R.Identity()
RICH = {"bias": True, "remainder": P.Linear(), "output": Output("layer", "tanh", softmax="softmax")}

# (m, n, formula), then what is taken: joint, late, scale
TAKEN = [
    # κ is never formed
    (M, 4, Formula(T2, LR), True, False, 1),
    (M, 4, Formula(T2, ID), True, False, 1),
    (M, 4, Formula(T2, RA), True, False, 1),
    (5, 4, Formula(T3, LR), True, False, 1),
    (5, 4, Formula(T3, ID), True, False, 1),
    (5, 4, Formula(T3, RA), True, False, 1),
    (5, 1, Formula(E.Taylor(4), ID), True, False, 1),
    (M, 30, Formula(T2, LR, **RICH), True, False, 1),  # n > m, but the rank is smaller
    (M, 11, Formula(T2, ID, **RICH), True, False, 1),
    (M, M, Formula(T2, LR, P.Identity(), bias=True), True, False, 1),
    (M, 4, Formula(T2, RA, P.Constant(value=2.0), output=Output("batch")), True, False, 1),
    (M, 4, Formula(T2, LR, attribute=X.Pearson()), True, False, 1),
    (M, 4, Formula(T2, LR, attribute=WIDER), True, False, 1),
    (M, 13, Formula(T2, ID, attribute=WIDER), True, False, 1),  # n > m, but n < m'
    (M, 4, Formula(T2, RA, attribute=X.Bilinear(normalization="softmax"), batch=B), True, False, 1),
    (M, 4, Formula(T2, LR, attribute=X.Parameterized(), instance=CHAIN), True, True, 1),
    # channels: with a linear ψ they are one, with another one each contracts alone
    *((M, 4, Formula(T2, ID, channels=3, fusion=fusion, **RICH), True, False, s) for fusion, s in ((U.Mean(), 1), (U.Sum(), 3))),
    *((M, 4, Formula(T2, ID, channels=2, fusion=fusion), True, False, None) for fusion in (U.Max(), U.Weighted(), U.Concat(), U.Prod())),
    *((M, 4, Formula(T2, psi, channels=2, fusion=U.Mean()), True, False, None) for psi in (LR, RA)),
    *((M, 4, Formula(T2, LR, channels=2, fusion=fusion, **RICH), True, False, None) for fusion in (U.Sum(), U.Max(), U.Weighted())),
    (M, 4, Formula(T2, LR, channels=2, fusion=U.Concat(), **RICH), True, False, None),
    (M, 4, Formula(T2, LR, channels=3, fusion=U.Parameterized()), True, False, None),
    # rows are mixed after the product, κ never formed
    *((M, 4, Formula(T2, LR, instance=xi), True, True, 1) for xi in (CHAIN, GRAPH, BOTH, TALL, X.Pearson(), X.Bilinear(), X.GaussianRBF())),
    (M, 4, Formula(T2, ID, instance=X.Bilinear(normalization="softmax"), **RICH), True, True, 1),
    (5, 4, Formula(T3, RA, instance=X.Parameterized(), batch=B, **RICH), True, True, 1),
    (M, 4, Formula(T2, ID, instance=CHAIN, channels=3, fusion=U.Sum(), **RICH), True, True, 3),
    (M, 4, Formula(T2, LR, instance=GRAPH, channels=2, fusion=U.Sum(), **RICH), True, True, None),
    (M, 4, Formula(T2, RA, instance=X.Bilinear(), channels=2, fusion=U.Mean()), True, True, None),
    # rows are mixed after the product, κ is formed
    *((3, 4, Formula(KAPPA, ID, instance=xi, **RICH), False, True, 1) for xi in (CHAIN, GRAPH, X.Pearson(), X.Bilinear())),
    (3, 4, Formula(KAPPA, R.Kronecker(), instance=CHAIN, channels=2, fusion=U.Sum()), False, True, None),
    (3, 4, Formula(SPLINE, R.Masked(), instance=TALL, channels=2, fusion=U.Sum(), bias=True), False, True, 2),
    (M, 4, Formula(E.Taylor(2, unique=True), LR, instance=CHAIN), False, True, 1),
    # channels are one, κ is formed
    *((3, 4, Formula(KAPPA, ID, channels=3, fusion=fusion, **RICH), False, False, s) for fusion, s in ((U.Mean(), 1), (U.Sum(), 3))),
    *((3, 4, Formula(KAPPA, psi, channels=3, fusion=U.Sum()), False, False, 3) for psi in (R.Masked(), R.DuplicatedPadding(), R.Eye())),
    (4, 4, Formula(KAPPA, R.DiagonalPadding(), channels=2, bias=True), False, False, 1),
    (4, 4, Formula(KAPPA, R.Constant(0.5), channels=2, fusion=U.Sum(), bias=True), False, False, 2),
    (3, 20, Formula(KAPPA, ID, instance=CHAIN, channels=2, fusion=U.Sum()), False, False, 2),
]

NOT_TAKEN = [
    # (m, n, formula), where κ must be formed or rows mixed before the product
    (M, M, Formula(T2, ID), False, False, 1),  # as many rows as inputs: nothing is saved
    (M, 13, Formula(T2, ID), False, False, 1),
    (M, 4, Formula(T2, R.LowRank(12)), False, False, 1),
    (M, 11, Formula(T2, ID, attribute=NARROWER), False, False, 1),  # n < m, but n > m'
    (9, 4, Formula(T2, LR), False, False, 1),  # D = 90 is small
    (M, 4, Formula(E.Taylor(2, unique=True), LR), False, False, 1),
    (M, 4, Formula(T2, R.Kronecker()), False, False, 1),
    (M, 4, Formula(T2, R.Masked()), False, False, 1),
    (M, 4, Formula(E.Extended((T2, KAPPA)), LR), False, False, 1),
    (40, 4, Formula(KAPPA, LR), False, False, 1),
    *((M, 4, Formula(T2, LR, instance=CHAIN, channels=2, fusion=fusion), False, False, None) for fusion in (U.Max(), U.Weighted())),
    (M, 4, Formula(T2, ID, instance=X.Pearson(), channels=2, fusion=U.Concat()), False, False, None),
    (3, 20, Formula(KAPPA, ID, instance=CHAIN), False, False, 1),  # n > D: rows of the product are longer
    (3, 12, Formula(KAPPA, ID, instance=CHAIN), False, False, 1),
    (3, 4, Formula(KAPPA, LR, channels=2, fusion=U.Sum()), False, False, None),  # not linear
    (3, 4, Formula(KAPPA, R.Hypernet(inputs=5), channels=2), False, False, None),
    *((3, 4, Formula(KAPPA, ID, channels=2, fusion=fusion), False, False, None) for fusion in (U.Max(), U.Min(), U.Median(), U.Weighted())),
]


def flags(head):
    return head.plan.without_kappa, head.plan.rows_last, head.plan.scale


CASES = [pytest.param(*case, id=f"{i}-{case[2]}"[:120]) for i, case in enumerate(TAKEN + NOT_TAKEN)]


@pytest.mark.parametrize("m, n, formula, joint, late, scale", CASES)
def test_a_head_takes_its_short_cuts_and_gives_the_output_of_its_trace(m, n, formula, joint, late, scale, monkeypatch):
    head, x = built(rpn.Head(m, n, formula)), numbers(B, m).requires_grad_()
    assert flags(head) == (joint, late, scale)
    wanted = output_of(head, x)
    made = Counted(monkeypatch, type(formula.expansion))
    mixed, mix = [], type(formula.instance).mix
    monkeypatch.setattr(type(formula.instance), "mix", lambda xi, y, *rest: mixed.append(y.shape[-2]) or mix(xi, y, *rest))
    ours = head(x)
    if formula.attribute == X.Independent():  # or mixing the attributes would be counted as well
        assert mixed == [] if formula.instance == X.Independent() else mixed == [head.channel_width if late else head.D]
    assert made.calls == (0 if joint else 1)
    grads = agree(ours, wanted, x, *head.parameters())
    assert all(grad is not None and grad.isfinite().all() for grad in grads)


@pytest.mark.parametrize("m, n, formula", [case[:3] for case in TAKEN if case[3] and case[2].batch is None], ids=repr)
def test_heads_take_any_number_of_rows_and_leading_axes(m, n, formula):
    head = built(rpn.Head(m, n, formula)).eval()
    fixed = formula.instance in (TALL, GRAPH)
    for shape in ((B,), (2, B), (0, B), (3, 2, B)) if fixed else ((1,), (B,), (0,), (2, 3), (2, 0), (3, 2, 1)):
        x = numbers(*shape, m, seed=2).requires_grad_()
        y = head(x)
        assert y.shape == (*shape[:-1], 7 if formula.instance == TALL else shape[-1], n)
        torch.testing.assert_close(y, output_of(head, x), rtol=1e-9, atol=1e-11)
        assert torch.autograd.grad(y.sum(), x)[0].isfinite().all()
    x = numbers(2, m, B, seed=3).mT
    assert not x.is_contiguous()
    torch.testing.assert_close(head(x), output_of(head, x), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("formula", [Formula(T2, LR), Formula(T2, ID, instance=CHAIN, channels=2), Formula(T2, RA)], ids=repr)
def test_a_short_cut_keeps_the_dtype_and_does_not_change_its_input(formula, dtype):
    torch.manual_seed(0)
    head, x = rpn.Head(M, 4, formula).to(dtype), numbers(B, M).to(dtype)
    kept = x.clone()
    assert head.plan.without_kappa and head(x).dtype == dtype and torch.equal(x, kept)
    torch.testing.assert_close(head(x), output_of(head, x))


def test_a_short_cut_refuses_what_the_trace_refuses():
    joint = rpn.Head(M, 4, Formula(T2, LR))
    late = rpn.Head(M, 4, Formula(T2, LR, instance=X.Parameterized(), batch=B))
    residual = rpn.Head(M, 4, Formula(T2, LR, P.Linear(), instance=TALL))
    assert joint.plan.without_kappa and late.plan.rows_last and residual.plan.rows_last
    for head, x, words in (
        (joint, torch.zeros(B, 3), r"rows of m = 12 numbers"),
        (joint, torch.zeros(M), r"shape \(..., b, 12\), got shape \(12,\)"),
        (late, torch.zeros(4, M), r"batch of 5 rows \(Formula.batch\), got 4"),
        (residual, torch.zeros(B, M), r"makes 7 rows of 5, which only remainder.Zero\(\) fits"),
        (residual, torch.zeros(4, M), r"made for 5 columns, got 4"),
    ):
        for call in (head, head.trace):
            with pytest.raises(ValueError, match=words):
                call(x)


def test_frozen_numbers_of_a_head_are_used_by_value_not_drawn_anew():
    head, x = built(rpn.Head(M, 4, Formula(T2, R.RandomAdaption(3, seed=1)))), numbers(B, M)
    assert head.plan.without_kappa
    before = head(x)
    head.reconciliation_A.mul_(2.0)
    head.reconciliation_B.mul_(3.0)
    torch.testing.assert_close(head(x), 6 * before)


# ---- memory -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order, m, b", [(2, 300, 64), (3, 30, 128)])
@pytest.mark.parametrize("more", [{}, {"channels": 2, "fusion": U.Sum()}, {"instance": X.Chain()}, {"instance": X.Pearson()}], ids=repr)
def test_kappa_is_never_formed_forwards_or_backwards(order, m, b, more, monkeypatch):
    head, x = rpn.Head(m, 5, Formula(E.Taylor(order), LR, bias=True, **more)), torch.rand(b, m, requires_grad=True)
    kappa = b * head.D
    monkeypatch.setattr(E.Taylor, "__call__", None)  # whoever forms κ fails
    with Largest() as largest:
        head(x).sum().backward()
    assert x.grad is not None and head.w.grad is not None
    assert largest.numel < kappa / 9  # what remains is ψ's own: rank × D, and one order less than κ for each row of it


def test_kappa_is_formed_where_the_trace_is_asked_for():
    head, x = rpn.Head(60, 5, Formula(T2, LR)), torch.rand(64, 60, requires_grad=True)
    with Largest() as largest:
        head.trace(x).g.sum().backward()
    assert largest.numel == 64 * head.D  # the measure sees κ: the test above can fail


# ---- layers -------------------------------------------------------------------------------------------------------------------------

FUSIONS = U.Sum(), U.Mean()
TERMS = {"bias": [False, True], "remainder": [P.Zero(), P.Linear(), P.Identity()]}


@pytest.mark.parametrize("heads", [2, 3])
@pytest.mark.parametrize("fusion", FUSIONS, ids=repr)
@pytest.mark.parametrize("inside", [None, *FUSIONS], ids=repr)
@pytest.mark.parametrize("bias", TERMS["bias"])
@pytest.mark.parametrize("remainder", TERMS["remainder"], ids=repr)
def test_heads_alike_are_one_psi(heads, fusion, inside, bias, remainder, monkeypatch):
    channels = {"channels": 2, "fusion": inside} if inside else {}
    check_one_psi(Formula(KAPPA, ID, remainder, bias=bias, **channels), heads, fusion, monkeypatch)


ALIKE = [
    Formula(KAPPA, R.Eye(), bias=True),
    Formula(KAPPA, R.Constant(0.3), P.Linear(bias=True), channels=2, fusion=U.Sum()),
    Formula(KAPPA, R.DuplicatedPadding(), channels=2),
    Formula(KAPPA, R.DiagonalPadding()),
    Formula(KAPPA, ID, instance=CHAIN, channels=2, fusion=U.Sum(), bias=True),
    Formula(KAPPA, ID, attribute=X.Pearson(), instance=X.Pearson()),
    Formula(KAPPA, ID, P.Linear(R.LowRank(2), activation="silu", activate="before"), instance=X.Cosine()),
    Formula(KAPPA, ID, channels=1, fusion=U.Max()),  # one channel: nothing is fused
    Formula(E.Taylor(4), R.Identity(), bias=True),
]


@pytest.mark.parametrize("fusion", FUSIONS, ids=repr)
@pytest.mark.parametrize("formula", ALIKE, ids=repr)
def test_heads_alike_are_one_psi_whatever_the_other_terms(formula, fusion, monkeypatch):
    check_one_psi(formula, 3, fusion, monkeypatch)


def check_one_psi(formula, heads, fusion, monkeypatch):
    m = n = 4
    layer, x = built(rpn.Layer(m, n, [formula] * heads, fusion)), numbers(B, m).requires_grad_()
    assert layer.plan.one_psi
    wanted = definition(layer, x)
    made = Counted(monkeypatch, type(formula.expansion))
    products, product = [], type(formula.reconciliation).product
    if formula.remainder == P.Zero():  # or its ψ would be counted as well
        monkeypatch.setattr(type(formula.reconciliation), "product", lambda psi, *rest: products.append(1) or product(psi, *rest))
    ours = layer(x)
    joint = layer.heads[0].plan.without_kappa
    assert made.calls == 1 - joint and len(products) == (formula.remainder == P.Zero() and not joint)
    agree(ours, wanted, x, *layer.parameters())


@pytest.mark.parametrize("fusion", FUSIONS, ids=repr)
@pytest.mark.parametrize("more", [{}, {"instance": CHAIN}, {"instance": X.Pearson(), "channels": 2, "fusion": U.Sum()}], ids=repr)
def test_heads_alike_are_one_psi_that_meets_no_kappa(fusion, more, monkeypatch):
    layer, x = built(rpn.Layer(M, 4, [Formula(T2, ID, P.Linear(), bias=True, **more)] * 3, fusion)), numbers(B, M).requires_grad_()
    assert layer.plan.one_psi and all(head.plan.without_kappa and head.plan.rows_last == ("instance" in more) for head in layer.heads)
    wanted = definition(layer, x)
    made, contracted, contract = Counted(monkeypatch, E.Taylor), [], E.Taylor.contract
    monkeypatch.setattr(E.Taylor, "contract", lambda *args: contracted.append(1) or contract(*args))
    agree(layer(x), wanted, x, *layer.parameters())
    assert made.calls == 0 and len(contracted) == 1


def test_one_psi_takes_leading_axes_one_row_and_none():
    layer = built(rpn.Layer(4, 4, [Formula(KAPPA, ID, P.Linear(), bias=True, channels=2, fusion=U.Sum(), instance=CHAIN)] * 3, U.Sum()))
    assert layer.plan.one_psi
    for shape in ((1,), (0,), (2, 3), (3, 2, 1), (2, 0)):
        x = numbers(*shape, 4)
        torch.testing.assert_close(layer(x), definition(layer, x), rtol=1e-9, atol=1e-11)


LEARNED = X.Parameterized()
DIFFER = {
    "different formulas": ([Formula(KAPPA, ID), Formula(KAPPA, ID, bias=True)], U.Sum()),
    "another batch": ([Formula(KAPPA, ID), Formula(KAPPA, ID, batch=B)], U.Sum()),
    "frozen masks": ([Formula(KAPPA, R.Masked())] * 2, U.Sum()),
    "an output": ([Formula(KAPPA, ID, output=Output(activation="relu"))] * 2, U.Sum()),
    "a maximum of heads": ([Formula(KAPPA, ID)] * 2, U.Max()),
    "weighted heads": ([Formula(KAPPA, ID)] * 2, U.Weighted()),
    "heads side by side": ([Formula(KAPPA, ID)] * 2, U.Concat()),
    "a maximum of channels": ([Formula(KAPPA, ID, channels=2, fusion=U.Max())] * 2, U.Mean()),
    "a ψ that is not linear": ([Formula(KAPPA, LR)] * 2, U.Mean()),
    "hypernets": ([Formula(KAPPA, R.Hypernet(inputs=5))] * 2, U.Mean()),
    "learned ξ of rows": ([Formula(KAPPA, ID, instance=X.Bilinear())] * 2, U.Mean()),
    "learned ξ of attributes": ([Formula(KAPPA, ID, attribute=LEARNED)] * 2, U.Mean()),
    "a graph of its own": ([Formula(KAPPA, ID, instance=GRAPH)] * 2, U.Mean()),
    "a sample of its own": ([Formula(E.Sampled(count=2), ID)] * 2, U.Mean()),
    "a single head": ([Formula(KAPPA, ID)], U.Mean()),
}


@pytest.mark.parametrize("case", DIFFER)
def test_heads_that_differ_in_more_than_w_are_not_one_psi(case):
    formulas, fusion = DIFFER[case]
    layer, x = built(rpn.Layer(4, 4, formulas, fusion)), numbers(B, 4).requires_grad_()
    assert not layer.plan.one_psi
    for name, buffer in layer.named_buffers():  # frozen numbers that differ from head to head, as a checkpoint may bring them
        if "reconciliation" in name:
            buffer.mul_(2.0 if name.startswith("heads.0") else 3.0)
    agree(layer(x), definition(layer, x), x, *layer.parameters())


# (formulas, how often κ is made): heads with the same κ and ξ share it, whatever their ψ, π, bias, channels and output
SHARING = {
    "different ψ": ([Formula(KAPPA, ID), Formula(KAPPA, LR), Formula(KAPPA, R.Masked())], 1),
    "different π, bias and output": ([Formula(KAPPA, LR), Formula(KAPPA, LR, P.Linear(), bias=True), Formula(KAPPA, LR, **RICH)], 1),
    "different channels": ([Formula(KAPPA, LR), Formula(KAPPA, ID, channels=2), Formula(KAPPA, LR, channels=2, fusion=U.Max())], 1),
    "the same chain": ([Formula(KAPPA, LR, instance=CHAIN), Formula(KAPPA, ID, instance=CHAIN, channels=2)], 1),
    "the same correlations": ([Formula(KAPPA, LR, attribute=X.Pearson()), Formula(KAPPA, ID, attribute=X.Pearson())], 1),
    "two and two": ([Formula(KAPPA, LR), Formula(KAPPA, LR, instance=CHAIN), Formula(KAPPA, ID), Formula(KAPPA, ID, instance=CHAIN)], 2),
    "one alone": ([Formula(KAPPA, LR), Formula(E.Chebyshev(3), LR), Formula(KAPPA, ID)], 2),
    "different κ": ([Formula(KAPPA, LR), Formula(E.Chebyshev(3), LR)], 2),
    "different ξ": ([Formula(KAPPA, LR), Formula(KAPPA, LR, attribute=X.Pearson()), Formula(KAPPA, LR, instance=CHAIN)], 3),
    "different batch": ([Formula(KAPPA, LR), Formula(KAPPA, LR, batch=B)], 2),
    "learned ξ of attributes": ([Formula(KAPPA, LR, attribute=LEARNED)] * 2, 2),
    "learned ξ of rows": ([Formula(KAPPA, LR, instance=X.Bilinear())] * 3, 3),
    "graphs": ([Formula(KAPPA, LR, instance=GRAPH)] * 2, 2),
}


@pytest.mark.parametrize("fusion", [U.Sum(), U.Weighted(), U.Max()], ids=repr)
@pytest.mark.parametrize("case", SHARING)
def test_heads_share_kappa_exactly_where_nothing_but_their_psi_differs(case, fusion, monkeypatch):
    formulas, times = SHARING[case]
    layer, x = built(rpn.Layer(4, 4, formulas, fusion)), numbers(B, 4).requires_grad_()
    assert not layer.plan.one_psi
    shared = [key for key in layer.plan.kappa_of if key is not None]
    assert len(formulas) - len(shared) + len(set(shared)) == times
    assert all(shared.count(view) > 1 for view in shared)  # a head alone keeps its own way: rows mixed late
    wanted = definition(layer, x)
    made = Counted(monkeypatch, E.Chebyshev)
    ours = layer(x)
    assert made.calls == times
    agree(ours, wanted, x, *layer.parameters())


def test_a_head_that_never_forms_kappa_does_not_do_so_for_others(monkeypatch):
    formulas = [Formula(T2, LR), Formula(T2, R.LowRank(2), bias=True), Formula(T2, R.Kronecker()), Formula(T2, R.LPHM(rank=1))]
    layer, x = built(rpn.Layer(M, 4, formulas, U.Sum())), numbers(B, M).requires_grad_()
    assert [head.plan.without_kappa for head in layer.heads] == [True, True, False, False]
    assert [key is None for key in layer.plan.kappa_of] == [True, True, False, False]
    wanted = definition(layer, x)
    made = Counted(monkeypatch, E.Taylor)
    ours = layer(x)
    assert made.calls == 1
    agree(ours, wanted, x, *layer.parameters())


def test_frozen_numbers_of_heads_are_not_shared():
    layer, x = built(rpn.Layer(4, 4, [Formula(E.Sampled(count=2), ID), Formula(E.Sampled(count=2), LR)], U.Sum())), numbers(B, 4)
    assert layer.plan.kappa_of == (None, None)
    for name, buffer in layer.named_buffers():
        if name.startswith("heads.1.expansion"):
            buffer.copy_(buffer.flip(-1))
    torch.testing.assert_close(layer(x), definition(layer, x))


def test_a_deep_model_with_every_short_cut_is_the_chain_of_its_traces():
    bounded = E.GaussianRBF()
    layers = [
        [Formula(T2, LR, bias=True, output=Output(activation="tanh"))],
        [Formula(KAPPA, ID)] * 2,
        [Formula(bounded, psi, instance=CHAIN) for psi in (LR, ID)],
    ]
    model, x = built(rpn.RPN([M, 4, 4, 3], layers, U.Sum())), numbers(B, M).requires_grad_()
    first, second, third = model.layers
    assert first.heads[0].plan.without_kappa and second.plan.one_psi and third.plan.kappa_of[0] is not None
    wanted = x
    for layer in model.layers:
        wanted = definition(layer, wanted)
    agree(model(x), wanted, x, *model.parameters())


def test_what_is_looked_at_in_inference_mode_can_be_trained_afterwards():
    for kappa in (rpn.expansion.Taylor(order=3, unique=True), rpn.expansion.CombinatorialNormal(order=3)):
        model, x = rpn.RPN([5, 2], rpn.Formula(kappa)), torch.rand(3, 5, requires_grad=True)
        with torch.inference_mode():
            model(x)
        model(x).sum().backward()  # index tensors met above are saved for this
        assert x.grad.isfinite().all()


# ---- plans --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "module, name, value",
    [
        (rpn.Layer(3, 2, [Formula()] * 2), "fusion", rpn.fusion.Max()),
        (rpn.Layer(3, 2), "heads", torch.nn.ModuleList()),
        (rpn.Head(3, 2), "formula", Formula(T2)),
        (rpn.Head(3, 2), "n", 4),
        (rpn.RPN([3, 2]), "dims", [3, 5]),
        (rpn.RPN([3, 2]), "layers", torch.nn.ModuleList()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_plan_was_made_for_cannot_be_changed_behind_it(module, name, value):
    before = getattr(module, name)
    with pytest.raises(AttributeError, match=f"{type(module).__name__}.{name} is what its numbers were made for, and stays"):
        setattr(module, name, value)
    assert getattr(module, name) is before
    again = pickle.loads(pickle.dumps(copy.deepcopy(module)))  # a copy is made all the same
    assert type(again) is type(module)


def test_the_formula_computes_what_its_head_does_from_numbers_alone():
    formula = Formula(T2, R.Masked(), P.Linear(), X.Pearson(), channels=2, fusion=rpn.fusion.Weighted(), bias=True)
    torch.manual_seed(3)
    w, frozen = formula.init(M, 4), formula.frozen(M, 4)
    torch.manual_seed(3)
    head, x = rpn.Head(M, 4, formula), numbers(B, M).float()
    assert {term for term, value in head.learned().items() if len(value)} == w.keys()
    assert all(torch.equal(w[term], value) for term, value in head.learned().items())
    for ours, theirs in zip(formula.trace(x, 4, w, frozen), head.trace(x), strict=True):
        torch.testing.assert_close(ours, theirs)
