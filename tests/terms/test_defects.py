"""What must not come back: each number of notebooks/from_tinybig.md, B01 to B29, against an independent truth."""

import inspect
import pickle

import numpy as np
import pytest
import scipy.interpolate
import scipy.special
import scipy.stats
import torch
import torch.nn.functional as F

import rpn_edu as rpn
from tests.help import ROWS, inside, m_of, numbers

pytestmark = pytest.mark.quick
E, R, P, X = rpn.expansion, rpn.reconciliation, rpn.remainder, rpn.interdependence
Formula, Output = rpn.Formula, rpn.Output
EMPTY = torch.empty(0, dtype=torch.float64)


def line(low, high, count=100_001):
    return torch.linspace(low, high, count, dtype=torch.float64).unsqueeze(-1)


def firsts(term):
    """One sample of every row: the laws meet the others."""
    return [row.samples()[0] for row in ROWS[term]]


def built(dims, formula, dtype=torch.float64):
    torch.manual_seed(0)
    return rpn.RPN(dims, formula).to(dtype)


def restored(model, folder):
    """The same model from its file, built under another seed."""
    model.save_ckpt(folder)
    torch.manual_seed(1)
    again = rpn.RPN.from_config(model.to_config()).to(next(model.parameters()).dtype)
    again.load_ckpt(folder)
    return again.eval()


# ---- mathematics --------------------------------------------------------------------------------------------------------------------


def test_b01_laguerre_has_the_sign_of_scipy():
    x = numbers(50, 1, high=5.0)
    wanted = [scipy.special.eval_genlaguerre(k, 0.7, x[:, 0].numpy()) for k in range(1, 6)]
    np.testing.assert_allclose(E.Laguerre(degree=5, alpha=0.7)(x).T, wanted, atol=1e-10)


def test_b02_kronecker_families_are_kronecker_products_of_full_rank():
    n, D, w = 64, 784, numbers(8 * 28 + 8 * 28)
    A, B = w[: 8 * 28].view(8, 28), w[8 * 28 :].view(8, 28)
    W = R.Kronecker(p=8, q=28).matrix(w, n, D)
    np.testing.assert_allclose(W, np.kron(A, B), atol=1e-15)
    assert np.linalg.matrix_rank(W) == 64
    np.testing.assert_allclose(R.DuplicatedPadding(p=2, q=2).matrix(w[:24], 8, 12), np.kron(np.ones((2, 2)), w[:24].view(4, 6)))
    for psi, left, right in ((R.LPHM(2, 3, rank=2), (2, 3), (4, 4)), (R.DualLPHM(2, 3, rank=2), (2, 3), (4, 4))):
        w = numbers(psi.length(8, 12))
        blocks = psi.matrix(w, 8, 12).view(left[0], right[0], left[1], right[1]).transpose(1, 2).reshape(6, 16)
        assert np.linalg.matrix_rank(blocks) == 1  # every block is one matrix times a number: that is what ⊗ says


def test_b03_meyer_is_the_wavelet_with_mean_0_norm_1_and_no_gap():
    psi = E.Meyer()(line(-60, 60, 120_001))
    mean, energy = torch.trapezoid(psi[:, 0], dx=0.001), torch.trapezoid(psi[:, 0] ** 2, dx=0.001)
    assert abs(mean) < 1e-3 and energy.item() == pytest.approx(1, abs=1e-3)
    gaps = (0.5 + torch.tensor([[0.0], [0.375], [-0.375], [0.75], [-0.75]], dtype=torch.float64)).requires_grad_()
    values = E.Meyer()(gaps)
    torch.testing.assert_close(values, E.Meyer()(gaps + 1e-7), atol=1e-5, rtol=0)
    assert values.isfinite().all() and torch.autograd.grad(values.sum(), gaps)[0].isfinite().all()


@pytest.mark.parametrize("alpha, beta", [(2.0, 2.0), (3.0, 4.0)])
def test_b04_beta_is_a_wavelet_and_sees_each_row_alone(alpha, beta):
    kappa, u = E.BetaWavelet(alpha=alpha, beta=beta), line(0, 1)
    psi = kappa(u)[:, 0]
    assert abs(torch.trapezoid(psi, dx=1e-5)) < 1e-4 and torch.trapezoid(psi**2, dx=1e-5).item() == pytest.approx(1, abs=1e-3)
    density = torch.from_numpy(scipy.stats.beta(alpha, beta).pdf(u[:, 0].numpy()))
    slope = -torch.gradient(density, spacing=1e-5)[0][10:-10]
    torch.testing.assert_close(psi[10:-10] / psi.abs().max(), slope / slope.abs().max(), atol=1e-3, rtol=0)
    assert torch.equal(kappa(torch.tensor([[0.2], [1.5]]))[0], kappa(torch.tensor([[0.2]]))[0])


def test_b05_shannon_is_1_at_0_with_a_finite_gradient():
    zero = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    value = E.Shannon()(zero)
    assert value.item() == 1 and torch.autograd.grad(value.sum(), zero)[0].item() == 0
    u = line(0.1, 3, 50)
    angle = torch.pi * u
    torch.testing.assert_close(E.Shannon()(u), ((2 * angle).sin() - angle.sin()) / angle)


def test_b06_symmetric_normalization_takes_both_degrees_of_the_original_matrix():
    links = ((0, 1), (0, 2), (0, 3))
    A = np.eye(4)
    for i, j in links:
        A[i, j] = A[j, i] = 1
    half = np.diag(A.sum(1) ** -0.5)
    for xi in (X.Graph(links=links, normalization="symmetric"), X.Constant(entries=A, normalization="symmetric")):  # type: ignore[arg-type]
        np.testing.assert_allclose(xi.matrix(numbers(2, 4), EMPTY), half @ A @ half, atol=1e-15)


def test_b07_rv_is_the_squared_correlation_and_mutual_information_its_logarithm_diagonals_included():
    V = numbers(9, 4)
    r = np.corrcoef(V.numpy().T)
    rv, mutual = X.RVCoefficient().matrix(V, EMPTY), X.MutualInformation().matrix(V, EMPTY)
    np.testing.assert_allclose(rv, r**2, atol=1e-12)
    assert rv.diagonal().tolist() == [1] * 4 and rv.dtype == mutual.dtype == torch.float64
    np.testing.assert_allclose(mutual, -0.5 * np.log(np.maximum(1 - r**2 + -0.0, 1e-10)), atol=1e-9)
    assert mutual.diagonal().numpy() == pytest.approx(0.5 * 10 * np.log(10))
    torch.testing.assert_close(X.MutualInformation().matrix(1e-3 * V, EMPTY), mutual)


def test_b08_nothing_happens_to_an_output_that_was_not_chosen():
    model = built([4, 8, 3], [Formula(bias=True, output=Output(activation="relu")), Formula(bias=True)])
    x, (first, second) = numbers(20, 4), (layer.heads[0] for layer in model.layers)
    torch.testing.assert_close(model(x), F.linear(F.relu(F.linear(x, first.matrix(), first.bias)), second.matrix(), second.bias))
    assert (model(x) < 0).any() and torch.equal(model(x), model(x))  # no softmax, no dropout, though the model is in train mode


def test_b09_the_remainder_of_kan_activates_before_the_map():
    head = built([3, 2], Formula(E.BSpline(), remainder=P.Linear(activation="silu", activate="before"))).layers[0].heads[0]
    x = numbers(5, 3)
    torch.testing.assert_close(head(x), E.BSpline()(x) @ head.matrix().T + F.silu(x) @ head.w_remainder.view(2, 3).T)


@pytest.mark.parametrize("psi", [psi for psi in firsts("reconciliation") if psi.length(16, 64)], ids=repr)
def test_b10_outputs_start_as_large_as_features_whatever_psi_is(psi):
    torch.manual_seed(0)
    z, frozen = torch.randn(100, 64), {name: value.float() for name, value in psi.frozen(16, 64).items()} or None
    squares = torch.stack([psi.product(z, psi.init(16, 64), 16, frozen).square().mean() for _ in range(200)])
    assert 0.5 < squares.mean() < 2


def test_b11_a_hidden_layer_as_wide_as_the_last_keeps_its_activation():
    model = built([3, 3, 3], [Formula(output=Output(activation="relu")), Formula(output=Output(softmax="log_softmax"))])
    x, (first, second) = numbers(5, 3), (layer.heads[0].matrix() for layer in model.layers)
    torch.testing.assert_close(model(x), F.log_softmax(F.relu(x @ first.T) @ second.T, -1))


def test_b12_pooling_does_not_count_cells_off_the_grid():
    image = numbers(3, 16, low=-2.0)
    image = -image.abs() - 0.1
    pooled = E.PatchPooling(rows=4, columns=4, metric="max", stride=2)(image)
    torch.testing.assert_close(pooled, F.max_pool2d(image.view(3, 1, 4, 4), 3, stride=2, padding=1).flatten(1))
    torch.testing.assert_close(E.PatchPooling(rows=4, columns=4, metric="min", stride=2)(-image), -pooled)


def test_b13_no_recurrence_has_a_constant_feature_and_densities_tell_how_many_count():
    x = numbers(60, 1, low=0.1, high=3.0)
    for row in (row for row in ROWS["expansion"] if issubclass(row, E.recurrence.Recurrence)):
        assert (row(degree=4)(x).std(0) > 1e-3).all(), row
    u = x[:, 0]
    torch.testing.assert_close(E.Fibonacci(degree=3)(x), torch.stack((u, u**2 + 1, u**3 + 2 * u), 1))
    x = numbers(60, 1, low=-3.0, high=3.0)
    for kappa, rank, words in ((E.Exponential(), 2, "two"), (E.Normal(), 3, "three"), (E.Gamma(), 3, "three"), (E.Laplace(), 4, "four")):
        with_constant = np.column_stack((np.ones(60), kappa(x)))
        assert np.linalg.matrix_rank(with_constant) == rank and f"{words} dimensions" in " ".join((kappa.__doc__ or "").split())


def test_b14_subsets_of_attributes_come_as_one_tensor_that_a_head_takes():
    x = numbers(6, 4)
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    wanted = [scipy.stats.norm.logpdf(x[:, i]) for i in range(4)]
    wanted += [scipy.stats.multivariate_normal(np.zeros(2)).logpdf(x[:, pair]) for pair in pairs]
    np.testing.assert_allclose(E.CombinatorialNormal(order=2)(x).T, wanted, atol=1e-12)
    for kappa in (E.CombinatorialNormal(order=2), E.SampledSubsets(order=2, count=2)):
        assert built([4, 3], Formula(kappa))(x).shape == (6, 3)


# ---- state, modes and aliasing ------------------------------------------------------------------------------------------------------


def test_b15_heads_of_a_layer_are_distinct():
    layer = built([4, 3], [[Formula(bias=True)] * 3]).layers[0]
    assert sum(p.numel() for p in layer.parameters()) == 3 * 15 and len({id(head.w) for head in layer.heads}) == 3
    x = numbers(5, 4)
    outputs = [head(x) for head in layer.heads]
    assert not torch.allclose(outputs[0], outputs[1]) and torch.allclose(layer(x), sum(outputs) / 3)


def test_b16_what_happens_to_an_output_is_a_submodule_that_is_saved_moved_and_switched(tmp_path):
    model = built([3, 4], Formula(output=Output(normalization="batch", dropout=0.5)))
    assert {p.numel() for p in model.parameters()} == {12, 4} and any("running_mean" in name for name in model.state_dict())
    x = numbers(6, 3)
    assert not torch.equal(model(x), model(x))
    model.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert torch.equal(model(x), model(x)) and torch.allclose(model(x[:1]), model(x)[:1])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())  # no running mean moves
    assert torch.equal(restored(model, tmp_path)(x), model(x))
    assert {value.device.type for value in model.to("meta").state_dict().values()} == {"meta"}


@pytest.mark.parametrize("psi", [psi for psi in firsts("reconciliation") if psi.frozen(3, 4)], ids=repr)
def test_b17_frozen_numbers_are_buffers_that_are_saved_and_moved(psi, tmp_path):
    model, x = built([4, 3], Formula(reconciliation=psi)).eval(), numbers(5, 4)
    frozen = [buffer for name, buffer in model.named_buffers() if "reconciliation" in name]
    for buffer in frozen:
        buffer.mul_(0.5)  # as if drawn elsewhere: no seed brings these back
    assert frozen and torch.equal(restored(model, tmp_path)(x), model(x))
    assert {buffer.device.type for buffer in model.to("meta").buffers()} == {"meta"}


@pytest.mark.parametrize("psi", [R.Hypernet(), R.RandomHypernet()], ids=repr)
def test_b18_all_learned_numbers_exist_before_the_first_forward(psi):
    model = built([4, 3], Formula(reconciliation=psi))
    before = [id(p) for p in model.parameters()]
    model(numbers(2, 4)).sum().backward()
    assert [id(p) for p in model.parameters()] == before and sum(p.numel() for p in model.parameters()) == 64
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


@pytest.mark.parametrize("method", ["pca", "svd", "random_projection", "variance", "agglomeration"])
def test_b19_a_compression_is_fitted_once_and_never_while_predicting(method):
    data = numbers(20, 5)
    kappa = E.Affine.fit(method, 3, data)
    head = built([5, 2], Formula(kappa)).layers[0].heads[0]
    x = numbers(4, 5, seed=1).requires_grad_()
    first = head(x)
    head(numbers(50, 5, seed=2, low=5.0, high=9.0))
    assert torch.equal(head(x), first) and torch.allclose(head(x[:1]), first[:1])  # fewer rows than D
    assert first.dtype == torch.float64 and torch.autograd.grad(first.sum(), x)[0].any()


@pytest.mark.parametrize("kappa", [E.Sampled(count=2), E.SampledSubsets(order=2, count=2)], ids=repr)
def test_b19_a_sample_depends_on_its_row_alone(kappa):
    head, x = built([5, 2], Formula(kappa)).layers[0].heads[0], numbers(6, 5)
    once = head.train()(x)
    assert torch.equal(once, head.eval()(x)) and torch.allclose(once[3:4], head(x[3:4]))


def test_b20_reciprocal_does_not_write_into_its_input():
    x = torch.tensor([[0.0, 1e-9, -1e-9, 2.0]], requires_grad=True)
    y = E.Reciprocal()(x)
    assert torch.equal(x.detach(), torch.tensor([[0.0, 1e-9, -1e-9, 2.0]]))
    assert y.tolist()[0] == pytest.approx([1e6, 1e6, -1e6, 0.5])
    y.sum().backward()


def test_b21_no_term_adds_into_the_input():
    x = numbers(4, 3)
    twice = rpn.Head(3, 3, Formula(reconciliation=R.Eye(), remainder=P.Identity()))
    torch.testing.assert_close(twice(x), 2 * x)
    twice(x).add_(1)  # what comes out is a tensor of its own
    assert torch.equal(x, numbers(4, 3))


@pytest.mark.parametrize(
    "build, hint",
    [
        (lambda: Output(activation="torch.relu"), "must be one of 'none', 'relu'"),  # type: ignore[arg-type]
        (lambda: Output(activation="softmax"), "softplus"),  # type: ignore[arg-type]
        (lambda: E.Chebyshev(d=3), "no hyperparameter 'd'"),  # type: ignore[call-arg]
        (lambda: Formula(with_taylor=True), "no hyperparameter 'with_taylor'"),  # type: ignore[call-arg]
        (lambda: rpn.RPN([2, 1], with_softmax=False), "with_softmax"),  # type: ignore[call-arg]
        (lambda: X.Pearson(normalization="row-column"), "symmetric"),  # type: ignore[arg-type]
    ],
)
def test_b22_what_is_unknown_or_misspelt_is_refused(build, hint):
    with pytest.raises((TypeError, ValueError), match=hint):
        build()


@pytest.mark.parametrize("xi", [xi for xi in firsts("interdependence") if isinstance(xi, X.kernel.Kernel)], ids=repr)
def test_b23_a_kernel_looks_at_every_batch_anew(xi):
    head = built([4, 4], Formula(attribute=xi)).layers[0].heads[0]
    first, second = numbers(4, 4), numbers(4, 4, seed=1)
    head(first)
    torch.testing.assert_close(head.trace(second).x_xi, second @ xi.matrix(second, EMPTY))
    assert not torch.allclose(xi.matrix(first, EMPTY), xi.matrix(second, EMPTY))


# ---- precision, devices and shapes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kappa", firsts("expansion"), ids=repr)
def test_b24_float64_stays_float64_and_is_as_precise(kappa):
    x = inside(kappa, 2, m_of(kappa)).requires_grad_()
    assert kappa(x).dtype == torch.float64 and kappa(x.float()).dtype == torch.float32
    assert torch.autograd.gradcheck(kappa, (x,))
    assert built([m_of(kappa), 2], Formula(kappa))(x).dtype == torch.float64


def test_b24_knots_and_centers_are_as_precise_as_the_data():
    x, low, high = numbers(40, 1, low=-0.69, high=0.69), -0.7, 0.7
    knots = low + (high - low) / 7 * np.arange(-3, 11)
    basis = scipy.interpolate.BSpline.design_matrix(x[:, 0].numpy(), knots, 3).toarray()
    np.testing.assert_allclose(E.BSpline(7, 3, low, high)(x), basis, rtol=1e-12, atol=1e-13)
    centers = np.linspace(low, high, 7)
    np.testing.assert_allclose(E.GaussianRBF(7, low, high)(x), np.exp(-((x.numpy() - centers) ** 2)), rtol=1e-12)


@pytest.mark.parametrize("xi", firsts("interdependence"), ids=repr)
def test_b24_a_float64_model_stays_float64_with_every_interdependence(xi):
    k = xi.made_for or 4
    assert built([k, 2], Formula(attribute=xi, batch=4))(numbers(4, k)).dtype == torch.float64


@pytest.mark.parametrize("kappa", [kappa for kappa in firsts("expansion") if "density" in type(kappa).__module__], ids=repr)
def test_b25_densities_are_computed_where_the_data_are(kappa):
    assert kappa(torch.empty(5, 3, device="meta")).device.type == "meta"  # a visit to the CPU would fail: meta has no numbers


def test_b26_no_method_takes_a_device_and_a_head_works_wherever_it_is_moved():
    for row in (row for rows in ROWS.values() for row in rows):
        for name, method in inspect.getmembers(row, inspect.isfunction):
            assert "device" not in inspect.signature(method).parameters, f"{row}.{name}"
    fused = rpn.RPN([4, 4], [[Formula(channels=2, fusion=rpn.fusion.Weighted(), instance=X.Constant(entries=torch.eye(3)))] * 2])  # type: ignore[arg-type]
    fused = rpn.RPN([4, 4], fused.formulas, rpn.fusion.Weighted(), device="meta")
    assert {value.device.type for value in fused.state_dict().values()} == {"meta"}
    assert fused(torch.empty(3, 4, device="meta")).device.type == "meta"


def test_b27_loading_runs_no_code_and_finds_its_device(tmp_path, monkeypatch):
    ran = []
    model = built([3, 2], Formula())

    class Code:
        def __reduce__(self):
            return ran.append, (1,)

    (tmp_path / "code").write_bytes(pickle.dumps({"w": Code()}))
    torch.save({"w": Code()}, tmp_path / "zipped")
    for name in ("code", "zipped"):
        with pytest.raises(ValueError):
            model.load_ckpt(tmp_path, name)
    assert ran == []
    model.save_ckpt(tmp_path)
    asked, load = {}, torch.load
    monkeypatch.setattr(torch, "load", lambda path, **options: asked.update(options) or load(path, **options))
    model.load_ckpt(tmp_path)
    assert asked == {"map_location": torch.device("cpu"), "weights_only": True}


@pytest.mark.parametrize("kappa", firsts("expansion"), ids=repr)
def test_b28_an_expansion_remembers_no_input(kappa):
    m = m_of(kappa)
    for size in (m, m + 1, max(m - 1, 1), m):
        try:
            D = kappa.width(size)
        except ValueError:  # it has a size of its own
            continue
        assert kappa(numbers(4, size, low=0.1, high=0.9)).shape == (4, D)
        assert kappa(numbers(0, size)).shape == (0, D)
    x = inside(kappa, 4, m)
    torch.testing.assert_close(kappa(x.T.contiguous().T), kappa(x))


def test_b29_any_batch_size_works_unless_numbers_of_each_row_fix_it():
    for xi in (X.Pearson(), X.Chain(), X.Graph(links=((0, 0),)), X.Bilinear(normalization="softmax")):
        model = built([4, 2], Formula(instance=xi))
        assert [len(model(numbers(b, 4))) for b in (5, 3, 1)] == [5, 3, 1], xi
    with pytest.raises(ValueError, match="batch of 5 rows.*got 3"):
        built([4, 2], Formula(instance=X.Parameterized(), batch=5))(numbers(3, 4))
    with pytest.raises(ValueError, match=r"Formula\(batch=...\)"):
        built([4, 2], Formula(attribute=X.Bilinear()))
