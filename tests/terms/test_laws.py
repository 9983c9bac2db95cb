"""Laws that every row of the catalogue keeps, checked on samples that its own declaration gives."""

import copy
import json
import math
import pickle

import pytest
import torch

import rpn_edu as rpn
from rpn_edu.component import from_config
from rpn_edu.expansion import fast
from tests.help import ROWS, TERMS, cast, columns_for, formulas, inside, m_of, numbers, over, samples, shape_for, sizes_for, sizes_of

pytestmark = pytest.mark.quick(first_of="part")
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])


ALL = [sample for term in TERMS for sample in samples(term)] + [rpn.Formula(), rpn.Output(activation="relu")]


@pytest.mark.parametrize("part", ALL, ids=repr)
def test_config_through_json_repr_pickle_and_copies_give_an_equal_component(part):
    assert from_config(json.loads(json.dumps(part.to_config()))) == part
    assert eval(repr(part), vars(rpn)) == part
    assert pickle.loads(pickle.dumps(part)) == copy.deepcopy(part) == part
    assert len({part, copy.deepcopy(part)}) == 1


# ---- κ ------------------------------------------------------------------------------------------------------------------------------


@DTYPES
@over("expansion")
def test_an_expansion_has_its_width_keeps_dtype_and_argument_and_is_finite_on_its_domain(part, dtype):
    x = inside(part, 5, m_of(part), dtype=dtype)
    kept = x.clone()
    z, D = part(x), part.width(m_of(part))
    assert z.shape == (5, D) and z.dtype == dtype and torch.equal(x, kept) and z.isfinite().all()
    assert part(x[:0]).shape == (0, D)


@over("expansion")
def test_an_expansion_treats_each_row_alone_whatever_the_leading_axes_and_strides(part):
    x = inside(part, 2, 4, m_of(part))
    z = part(x)
    torch.testing.assert_close(part(x[0, 1]), z[0, 1])
    torch.testing.assert_close(part(x[1, 2:3]), z[1, 2:3])
    torch.testing.assert_close(part(x.mT.contiguous().mT), z)


@over("expansion")
def test_the_gradient_of_an_expansion_is_the_derivative(part):
    x = inside(part, 2, m_of(part, 2), seed=3).requires_grad_()
    if part.to_config()["type"] == "expansion.BSpline" and part.degree < 2:
        x = (x.detach() * 0 + 0.137).requires_grad_()  # pieces of degree 0 and 1 have corners at the knots
    assert torch.autograd.gradcheck(part, (x,))


KNOWN = [part for part in [*samples("expansion"), rpn.expansion.BSpline(degree=2)] if getattr(part, "knows_gradient", False)]
known = pytest.mark.parametrize("part", KNOWN, ids=repr)


def test_polynomials_waves_and_bumps_know_their_gradients():
    wanted = {row for row in ROWS["expansion"] if issubclass(row, (rpn.expansion.recurrence.Recurrence, rpn.expansion.local.Local))}
    assert {type(part) for part in KNOWN} >= {*wanted, rpn.expansion.Fourier, rpn.expansion.Taylor}


@pytest.mark.parametrize("told", [False, True])
def test_what_a_parent_knows_of_its_planes_does_not_hold_for_others(monkeypatch, told):
    class Cubes(rpn.expansion.recurrence.Recurrence):
        def coefficients(self, k):
            return 1.0, 0.0, 0.0

        def planes(self, x):
            return torch.stack([x**3] * self.degree)

        if told:

            def slopes(self, x, planes):
                return torch.stack([3 * x**2] * self.degree)

    x = numbers(4, 2).requires_grad_()
    monkeypatch.setattr(fast, "LARGE", 1)
    assert Cubes.knows_gradient == told
    torch.testing.assert_close(torch.autograd.grad(Cubes(degree=2)(x).sum(), x)[0], 6 * x.detach() ** 2)
    torch.testing.assert_close(Cubes(degree=2).slopes(x.detach(), x), 3 * x.detach().expand(2, 4, 2) ** 2)


@pytest.mark.parametrize("part", [part for part in samples("expansion") if isinstance(part, rpn.expansion.base.Pointwise)], ids=repr)
def test_slopes_and_gradient_of_an_expansion_are_what_torch_finds_backwards(part):
    x = inside(part, 3, 40, seed=3).requires_grad_()  # few numbers: torch does not ask the row
    planes = part.planes(x)
    height = numbers(*planes.shape, seed=7)
    (truth,) = torch.autograd.grad((planes * height).sum(), x)
    x, planes = x.detach(), planes.detach()
    for found in (part.gradient(x, planes, height), (part.slopes(x, planes) * height).sum(0)):
        torch.testing.assert_close(found, truth, rtol=1e-11, atol=1e-11 * float(1 + truth.abs().max()))


def derivatives(part, x):
    """Features, gradient, and second derivatives in all the ways torch has."""
    height = numbers(part.width(x.shape[-1]), seed=7)

    def size(x):
        return (height * part(x).tanh()).sum()

    own = x.clone().requires_grad_()
    features = part(own)
    (slope,) = torch.autograd.grad((height * features.tanh()).sum(), own, create_graph=True)
    (twice,) = torch.autograd.grad(slope.sin().sum(), own)
    row, func = x[0], torch.func
    hessians = [func.hessian(size)(row), func.jacrev(func.jacrev(size))(row), func.jacrev(func.jacfwd(size))(row)]
    return [part(x), features.detach(), slope.detach(), twice, func.vmap(func.grad(size))(x), *hessians]


@known
def test_the_gradient_that_an_expansion_knows_is_that_of_torch_in_all_orders_and_transforms(part, monkeypatch):
    x = inside(part, 3, 2, seed=3)
    monkeypatch.setattr(fast, "LARGE", math.inf)
    plain = derivatives(part, x)
    monkeypatch.setattr(fast, "LARGE", 1)
    met, forward = [], fast.Known.forward
    monkeypatch.setattr(fast.Known, "forward", staticmethod(lambda *given: met.append(given) or forward(*given)))
    for ours, truth in zip(derivatives(part, x), plain, strict=True):
        torch.testing.assert_close(ours, truth, rtol=1e-9, atol=1e-9 * float(1 + truth.abs().max()))
    assert len(met) >= 4 and met[0][1] is part


@pytest.mark.parametrize("row", [r for r in ROWS["expansion"] if issubclass(r, rpn.expansion.base.Pointwise)], ids=lambda r: r.__name__)
def test_pointwise_features_are_block_major(row):
    x = inside(row(), 4, 3)
    K = row().width(1)
    alone = torch.stack([row()(x[:, i : i + 1]) for i in range(3)], -1)  # (b, K, m)
    torch.testing.assert_close(row()(x), alone.reshape(4, 3 * K))


# ---- ψ ------------------------------------------------------------------------------------------------------------------------------


@DTYPES
@over("reconciliation")
def test_the_product_is_the_matrix_product_in_values_and_gradients(part, dtype):
    n, D = sizes_for(part)
    torch.manual_seed(0)
    w, z = part.init(n, D).to(dtype).requires_grad_(), numbers(2, 5, D, dtype=dtype).requires_grad_()
    frozen = cast(part.frozen(n, D), dtype)
    W = part.matrix(w, n, D, frozen)
    assert w.shape == (part.length(n, D),) and W.shape == (n, D) and W.dtype == dtype
    fast, plain = part.product(z, w, n, frozen), z @ W.mT
    torch.testing.assert_close(fast, plain)
    torch.testing.assert_close(part.matrix(w, n, D), W)  # drawn anew from its seed: the same numbers
    needs = [w, z] if len(w) else [z]
    for ours, truth in zip(torch.autograd.grad(fast.sin().sum(), needs), torch.autograd.grad(plain.sin().sum(), needs), strict=True):
        torch.testing.assert_close(
            ours, truth, rtol=1e-3 if dtype == torch.float32 else 1e-9, atol=1e-4 if dtype == torch.float32 else 1e-9
        )
    assert part.product(z[:, :0], w, n, frozen).shape == (2, 0, n)


LEARNS = [psi for psi in samples("reconciliation") if psi.length(*sizes_for(psi))]
learns = pytest.mark.parametrize("part", LEARNS, ids=repr)


@learns
def test_initial_weights_make_outputs_as_large_as_features(part):
    n, D = (8 * size for size in sizes_for(part))
    torch.manual_seed(0)
    frozen = part.frozen(n, D)  # drawn once: they are the same every time
    squares = torch.stack([part.matrix(part.init(n, D), n, D, frozen).square().mean() for _ in range(100)])
    assert D * squares.mean() == pytest.approx(1, rel=0.4)


@learns
def test_linear_says_whether_psi_is_linear_in_w(part):
    n, D = sizes_for(part)
    a, b = numbers(part.length(n, D)), numbers(part.length(n, D), seed=1)
    total = part.matrix(a + b, n, D)
    assert part.linear == torch.allclose(total, part.matrix(a, n, D) + part.matrix(b, n, D))


def test_a_psi_that_learns_nothing_is_linear():
    learns_nothing = [part for part in samples("reconciliation") if part not in LEARNS]
    assert learns_nothing and all(part.linear for part in learns_nothing)


# ---- π ------------------------------------------------------------------------------------------------------------------------------


@DTYPES
@over("remainder")
def test_a_remainder_has_its_shape_dtype_and_length(part, dtype):
    x = numbers(2, 5, 4, dtype=dtype)
    torch.manual_seed(0)
    w, kept = part.init(4, 4).to(dtype), x.clone()
    pi = part(x, w, 4, cast(part.frozen(4, 4), dtype))
    assert w.shape == (part.length(4, 4),) and pi.shape == (2, 5, 4) and pi.dtype == dtype and torch.equal(x, kept)
    assert part.neutral == bool((pi == 0).all())
    torch.testing.assert_close(part(x.mT.contiguous().mT, w, 4), pi)
    assert part(x[:0], w, 4).shape == (0, 5, 4)
    if dtype == torch.float64:
        assert torch.autograd.gradcheck(lambda x, w: part(x, w, 4), (x[0].requires_grad_(), w.requires_grad_()))


@pytest.mark.parametrize("where", [{}, {"activation": "silu", "activate": "before"}, {"activation": "silu"}], ids=repr)
@over("reconciliation")
def test_linear_says_whether_pi_is_linear_in_the_numbers_it_learns(part, where):
    n, m = sizes_for(part)
    pi, x = rpn.remainder.Linear(part, bias=True, **where), numbers(5, m)
    a, b = numbers(pi.length(m, n)), numbers(pi.length(m, n), seed=1)
    assert pi.linear == torch.allclose(pi(x, (a + b) / 2, n), (pi(x, a, n) + pi(x, b, n)) / 2)


def test_a_remainder_that_learns_nothing_is_linear():
    learns_nothing = [part for part in samples("remainder") if not part.length(4, 4)]
    assert learns_nothing and all(part.linear for part in learns_nothing)


# ---- ξ ------------------------------------------------------------------------------------------------------------------------------


@DTYPES
@over("interdependence")
def test_mixing_is_the_product_with_the_matrix_in_values_and_gradients(part, dtype):
    r, k = sizes_of(part)
    V, y = columns_for(part, 2, r, k, dtype=dtype).requires_grad_(), numbers(2, 6, k, dtype=dtype, seed=1).requires_grad_()
    torch.manual_seed(0)
    w = part.init(r, k).to(dtype)
    frozen = cast(part.frozen(r, k), dtype)
    A = part.matrix(V, w, frozen)
    assert A.shape == (2, k, part.width(k)) and A.dtype == dtype and w.shape == (part.length(r, k),)
    torch.testing.assert_close(part.matrix(V, w), A)  # drawn anew from its seed: the same numbers
    mixed = part.mix(y, V, w, frozen)
    torch.testing.assert_close(mixed, y @ A)
    ours = torch.autograd.grad(mixed.sin().sum(), [y, V], allow_unused=True)
    truth = torch.autograd.grad((y @ A).sin().sum(), [y, V], allow_unused=True)
    for a, b in zip(ours, truth, strict=True):
        assert (a is None or not a.any()) if b is None else torch.allclose(a, b, rtol=1e-3 if dtype == torch.float32 else 1e-7, atol=1e-4)
        assert b is None or b.isfinite().all()
    assert not part.neutral or torch.equal(A, torch.eye(k, dtype=dtype).expand_as(A))


@over("interdependence")
def test_the_gradient_of_mixing_is_the_derivative_in_data_and_parameters(part):
    r, k = sizes_of(part, r=4)
    torch.manual_seed(0)
    V, y, w = columns_for(part, r, k).requires_grad_(), numbers(2, k, seed=1).requires_grad_(), part.init(r, k).double().requires_grad_()
    frozen = cast(part.frozen(r, k), torch.float64)
    kept = V.detach().clone(), y.detach().clone()
    assert torch.autograd.gradcheck(lambda y, V, w: part.mix(y, V, w, frozen), (y, V, w))
    assert torch.equal(V, kept[0]) and torch.equal(y, kept[1])
    torch.testing.assert_close(part.mix(y.mT.contiguous().mT, V.mT.contiguous().mT, w, frozen), part.mix(y, V, w, frozen))


def fits(part, V):
    """Has this ξ the size for these columns? A ψ inside it has a matrix of at least one row and one column, which it may divide."""
    if (
        sizes_of(part, *V.shape) != V.shape
        or V.shape[1] < getattr(part, "reached", 0)
        or (hasattr(part, "reconciliation") and not V.numel())
    ):
        return False
    try:
        return part.length(*V.shape) >= 0
    except ValueError:
        return False


@over("interdependence")
def test_columns_of_one_row_of_none_and_constant_ones_give_finite_numbers(part):
    r, k = sizes_of(part)
    constant = torch.full((r, k), 0.1, dtype=torch.float64)
    tables = [constant, 0 * constant, *filter(lambda V: fits(part, V), (numbers(1, k), numbers(0, k), numbers(r, 1), numbers(r, 0)))]
    for V in tables:
        V = V.requires_grad_()
        A = part.matrix(V, part.init(*V.shape).double())
        assert A.isfinite().all() and A.shape == (V.shape[1], part.width(V.shape[1]))
        if A.requires_grad:
            assert torch.autograd.grad(A.sum(), V)[0].isfinite().all()


# ---- fusion -------------------------------------------------------------------------------------------------------------------------


@over("fusion")
def test_a_fusion_has_its_width_and_length(part):
    parts = [numbers(2, 5, 8, seed=i) for i in range(4)]
    torch.manual_seed(0)
    w = part.init([8] * 4).double()
    y = part(parts, w, cast(part.frozen([8] * 4), torch.float64))
    for each, seed in zip(parts, range(4), strict=True):
        assert torch.equal(each, numbers(2, 5, 8, seed=seed))  # nothing is changed in place
    few, fixed = [numbers(3, 2, seed=i).requires_grad_() for i in range(4)], cast(part.frozen([2] * 4), torch.float64)
    weights = numbers(part.length([2] * 4), seed=9).requires_grad_()
    assert torch.autograd.gradcheck(lambda weights, *few: part(few, weights, fixed), (weights, *few))
    assert w.shape == (part.length([8] * 4),) and y.shape == (2, 5, part.width([8] * 4))
    assert part.width([part.part_width(8, 4)] * 4) == 8


# ---- all of them in a head ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", list(formulas()), ids=repr)
def test_every_tensor_is_made_where_the_data_is(formula):
    # The meta device holds no numbers and refuses to meet a tensor of the CPU: it finds what a GPU would find.
    b, m = shape_for(formula)
    head = rpn.Head(m, m, formula).to("meta")
    trace = head.trace(torch.empty(b, m, device="meta"))
    assert {tensor.device.type for tensor in trace} == {"meta"}
    assert head(trace.x).device.type == head.matrix().device.type == "meta"


@pytest.mark.parametrize("formula", list(formulas()), ids=repr)
def test_a_head_gives_the_same_numbers_on_the_chosen_device(formula, device):
    torch.manual_seed(0)
    b, m = shape_for(formula)
    head, x = rpn.Head(m, m, formula).eval(), numbers(b, m, dtype=torch.float32)
    there = head(x)
    torch.testing.assert_close(head.to(device)(x.to(device)).cpu(), there, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("formula", list(formulas()), ids=repr)
def test_the_gradients_of_forward_and_of_the_trace_agree(formula):
    torch.manual_seed(0)
    b, m = shape_for(formula)
    head, x = rpn.Head(m, m, formula).double().eval(), numbers(b, m).requires_grad_()
    needs = [x, *head.parameters()]
    g = head.trace(x).g
    ours = torch.autograd.grad(head(x).sin().sum(), needs, allow_unused=True)
    truth = torch.autograd.grad((head.output(g) if head.output else g).sin().sum(), needs, allow_unused=True)
    for a, b in zip(ours, truth, strict=True):
        assert a is b is None or torch.allclose(a, b)


@pytest.mark.parametrize("formula", list(formulas()), ids=repr)
def test_forward_is_the_output_of_the_trace_and_a_checkpoint_restores_every_bit(formula, tmp_path):
    torch.manual_seed(0)
    b, m = shape_for(formula)
    model = rpn.RPN([m, m, m], formula).double()
    for name, buffer in model.named_buffers():  # frozen parts are saved by value: no seed may bring them back
        if buffer.is_floating_point() and name in model.state_dict() and "running" not in name:
            buffer.mul_(1.5)
    model.eval()
    x = numbers(b, m)
    head = model.layers[0].heads[0]
    g = head.trace(x).g
    torch.testing.assert_close(head(x), head.output(g) if head.output else g)
    assert model(numbers(2, b, m)).shape == (2, b, m)
    model.save_ckpt(tmp_path)
    torch.manual_seed(1)
    again = rpn.RPN.from_config(json.loads(json.dumps(model.to_config()))).double().eval()
    again.load_ckpt(tmp_path)
    assert torch.equal(again(x), model(x)) and math.isfinite(model(x).sum().item())


# ---- whole numbers ------------------------------------------------------------------------------------------------------------------

WHOLE = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]


def wholes(*shape, seed=0):
    """Pixels, counts, yes and no: the same shape in every dtype of whole numbers."""
    some = torch.randint(-3, 4, shape, generator=torch.Generator().manual_seed(seed))
    return [(some if dtype.is_signed else some.abs()).to(dtype) for dtype in WHOLE]


def same(ours, truth):
    torch.testing.assert_close(ours, truth, rtol=0, atol=0, equal_nan=True)  # dtypes too


@over("expansion")
def test_an_expansion_of_whole_numbers_is_that_of_the_same_floats(part):
    m = m_of(part)
    W = numbers(2, part.width(m), dtype=torch.float32)
    for x in wholes(5, m):
        same(part(x), part(x.float()))
        for V in (W, W.double()) if part.contracts else ():
            same(part.contract(x, V), part.contract(x.to(V.dtype), V))


@over("interdependence")
def test_an_interdependence_of_whole_numbers_is_that_of_the_same_floats(part):
    r, k = sizes_of(part)
    y, w = numbers(2, k), part.init(r, k).double()
    for V, rows in zip(wholes(r, k), wholes(2, k, seed=1)):
        same(part.matrix(V, w), part.matrix(V.double(), w))
        same(part.mix(y, V, w), part.mix(y, V.double(), w))
        same(part.mix(rows, V.double(), w), part.mix(rows.double(), V.double(), w))
        same(part.mix(rows, V, w.float()), part.mix(rows.float(), V.float(), w.float()))


@over("remainder")
def test_a_remainder_of_whole_numbers_is_that_of_the_same_floats(part):
    w = part.init(4, 4).double()
    for x in wholes(3, 4):
        same(part(x, w, 4), part(x.double(), w, 4))


@over("fusion")
def test_a_fusion_of_whole_numbers_is_that_of_the_same_floats(part):
    w = part.init([4] * 3).double()
    for parts in zip(*(wholes(2, 4, seed=seed) for seed in range(3))):
        same(part(parts, w), part([each.double() for each in parts], w))


@pytest.mark.parametrize("formula", list(formulas()), ids=repr)
def test_a_model_takes_whole_numbers_as_the_same_floats_of_its_own_dtype(formula):
    torch.manual_seed(0)
    b, m = shape_for(formula)
    for head in (rpn.Head(m, m, formula).eval(), rpn.Head(m, m, formula).eval().double()):
        dtype = head.w.dtype
        for x in wholes(b, m):
            same(head(x), head(x.to(dtype)))
            for ours, truth in zip(head.trace(x), head.trace(x.to(dtype)), strict=True):
                same(ours, truth)
    other = rpn.Formula(formula.expansion, batch=b)  # heads side by side, with a view of their own and without
    model = rpn.RPN([m, m, m], [[formula, formula], [formula, other]]).double().eval()
    for x in wholes(b, m):
        same(model(x), model(x.double()))
        assert [t.g.dtype for t in model.trace(x).values()] == [torch.float64] * 4


def test_complex_numbers_are_refused_by_everything_that_meets_data():
    def refuses(who, act):
        with pytest.raises(TypeError, match=f"{who} takes real numbers, got torch.complex64: hand over x.abs()"):
            act()

    x, w = torch.zeros(4, 4, dtype=torch.complex64), torch.zeros(16)
    for row in ROWS["expansion"]:
        refuses(row.qualified_name(), lambda: row.example()(x))  # noqa: B023
    for row in ROWS["interdependence"]:
        refuses(row.qualified_name(), lambda: row.example().matrix(x, w))  # noqa: B023
        refuses(row.qualified_name(), lambda: row.example().mix(w.view(4, 4), x, w))  # noqa: B023
    for row in ROWS["remainder"]:
        refuses(row.qualified_name(), lambda: row()(x, w, 4))  # noqa: B023
    for row in ROWS["fusion"]:
        refuses(row.qualified_name(), lambda: row()([x, x], w))  # noqa: B023
    for model in (rpn.RPN([4, 4]), rpn.RPN([4, 4], [[rpn.Formula(), rpn.Formula(bias=True)]])):
        refuses("a head", lambda: model(x))  # noqa: B023
        refuses("a head", lambda: model.trace(x))  # noqa: B023
