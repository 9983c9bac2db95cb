"""Components against independent libraries and closed forms."""

import math

import numpy as np
import pytest
import scipy.interpolate
import scipy.special
import scipy.stats
import sklearn.metrics.pairwise as pairwise
import sklearn.preprocessing
import torch
import torch.nn.functional as F

import rpn_edu as rpn

E, R, P, X, U = rpn.expansion, rpn.reconciliation, rpn.remainder, rpn.interdependence, rpn.fusion
EMPTY = torch.empty(0, dtype=torch.float64)


def numbers(*shape, seed=0, scale=1.0):
    return scale * (2 * torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) - 1)


def planes(kappa, x):
    """The K features of each number: (b,) → (K, b)."""
    return kappa(x.unsqueeze(-1)).T.numpy()


@pytest.mark.parametrize(
    "row, truth",
    [(E.Chebyshev, scipy.special.eval_chebyt), (E.Legendre, scipy.special.eval_legendre), (E.Hermite, scipy.special.eval_hermitenorm)],
)
def test_polynomials_equal_scipy_inside_and_outside_the_domain(row, truth):
    x = numbers(50, scale=1.5)
    wanted = np.stack([truth(k, x.numpy()) for k in range(1, 11)])
    np.testing.assert_allclose(planes(row(degree=10), x), wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("degree", range(6))
@pytest.mark.parametrize("intervals", [1, 2, 5, 9])
def test_b_splines_equal_scipy_everywhere(degree, intervals):
    low, high = -1.0, 2.0
    h = (high - low) / intervals
    knots = low + h * np.arange(-degree, intervals + degree + 1)
    x = torch.cat((numbers(80, scale=5.0), torch.linspace(low, high - 1e-9, 20, dtype=torch.float64)))
    basis = [scipy.interpolate.BSpline.basis_element(knots[j : j + degree + 2], extrapolate=False) for j in range(intervals + degree)]
    wanted = np.nan_to_num(np.stack([b(x.numpy()) for b in basis]))
    ours = planes(E.BSpline(intervals, degree, low, high), x)
    np.testing.assert_allclose(ours, wanted, atol=1e-10)


@pytest.mark.parametrize("degree", range(6))
def test_b_splines_sum_to_one_up_to_the_right_edge_and_vanish_far_outside(degree):
    kappa = E.BSpline(intervals=4, degree=degree)
    x = torch.tensor([-1.0, -0.3, 0.5, 0.99, 1.0], dtype=torch.float64)
    np.testing.assert_allclose(planes(kappa, x).sum(0), 1, atol=1e-12)
    for intervals, low, high in ((3, -0.3, 0.7), (7, -4.0, 0.5), (20, -1.1, 1.3)):  # float32 rounds the place of the edge
        edge = torch.tensor(high).nextafter(torch.tensor(0.0))
        uneven = planes(E.BSpline(intervals, degree, low, high), torch.stack((edge, torch.tensor(high), torch.tensor(low))))
        np.testing.assert_allclose(uneven.sum(0), 1, atol=1e-5)
    far = torch.tensor([-1e30, -9.0, 9.0, 1e30], dtype=torch.float64, requires_grad=True)
    z = kappa(far.unsqueeze(-1))
    assert not z.any() and (degree == 0 or not torch.autograd.grad(z.sum(), far)[0].any())


def test_a_b_spline_of_nan_is_nan_and_crashes_nothing():
    assert E.BSpline()(torch.tensor([[float("nan")], [0.0]])).isnan().any(1).tolist() == [True, False]


def test_normal_equals_scipys_log_density():
    x = numbers(40, scale=2.0)
    for kappa in (E.Normal(), E.Normal(naive=True)):
        wanted = np.stack([scipy.stats.norm(mu, sigma).logpdf(x.numpy()) for mu, sigma in kappa.pairs()])
        np.testing.assert_allclose(planes(kappa, x), wanted, rtol=1e-10, atol=1e-10)
    assert len(E.Normal().pairs()) == 6


def test_fourier_and_bumps_equal_their_formulas():
    x = numbers(30, scale=3.0)
    angles = 2 * math.pi * np.arange(1, 8)[:, None] * x.numpy() / 4.0
    np.testing.assert_allclose(planes(E.Fourier(7, 4.0), x), np.stack((np.cos(angles), np.sin(angles)), 1).reshape(14, -1), atol=1e-12)
    centers = np.linspace(-1, 2, 5)
    np.testing.assert_allclose(planes(E.GaussianRBF(5, -1.0, 2.0, 3.0), x), np.exp(-9 * (x.numpy() - centers[:, None]) ** 2), atol=1e-14)


def test_taylor_holds_the_monomials_of_scikit_learn_each_as_often_as_it_can_be_ordered():
    x = numbers(6, 3)
    ours = E.Taylor(order=3)(x).numpy()
    theirs = sklearn.preprocessing.PolynomialFeatures(3, include_bias=False)
    wanted = theirs.fit_transform(x.numpy())
    times = [math.factorial(p.sum()) // math.prod(math.factorial(k) for k in p) for p in theirs.powers_.astype(int)]
    assert ours.shape[1] == sum(times) == 3 + 9 + 27
    np.testing.assert_allclose(np.sort(ours, 1), np.sort(np.repeat(wanted, times, axis=1), 1), atol=1e-12)
    assert E.Taylor()(torch.tensor([[2.0, 3.0]])).tolist() == [[2, 3, 4, 6, 6, 9]]


def test_extended_is_side_by_side_and_nested_one_after_the_other():
    x, a, b = numbers(5, 2), E.Chebyshev(3), E.Taylor(2)
    assert torch.equal(E.Extended((a, b))(x), torch.cat((a(x), b(x)), -1))
    assert torch.equal(E.Nested((a, b))(x), b(a(x))) and E.Nested((a, b)).width(2) == 42
    with pytest.raises(ValueError, match="Extended.parts must hold at least one"):
        rpn.Head(2, 2, rpn.Formula(E.Extended()))


@pytest.mark.parametrize("psi", [R.Kronecker(), R.LPHM(rank=3), R.DualLPHM(rank=3), R.Kronecker(p=2, q=6)])
def test_factored_matrices_are_true_kronecker_products(psi):
    n, D = 8, 24
    w = numbers(psi.length(n, D))
    left, right = ([factor.numpy() for factor in chain] for chain in psi.factors(w, n, D))
    wanted = np.kron(np.linalg.multi_dot([np.eye(len(left[0])), *left]), np.linalg.multi_dot([np.eye(len(right[0])), *right]))
    np.testing.assert_allclose(psi.matrix(w, n, D).numpy(), wanted, atol=1e-12)


def test_a_kronecker_product_keeps_full_rank_and_low_rank_does_not():
    torch.manual_seed(0)
    ranks = {
        psi: np.linalg.matrix_rank(psi.matrix(psi.init(64, 784), 64, 784).numpy())
        for psi in (R.Kronecker(), R.LowRank(3), R.DualLPHM(rank=3))
    }
    assert list(ranks.values()) == [64, 3, 9]
    assert R.Kronecker().length(64, 784) == 8 * 28 + 8 * 28


def test_a_block_count_that_does_not_divide_names_the_divisors():
    with pytest.raises(ValueError, match=r"LPHM.p must divide 64: one of 1, 2, 4, 8, 16, 32, 64, got 5"):
        R.LPHM(p=5).length(64, 8)


def test_random_adaption_and_masked_equal_their_formulas():
    psi, w = R.RandomAdaption(rank=3, seed=4), numbers(8)
    frozen = psi.frozen(5, 7)
    assert torch.allclose(psi.matrix(w, 5, 7), w[:5].diag() @ frozen["A"] @ w[5:].diag() @ frozen["B"])
    masked = R.Masked(keep=0.3, seed=1)
    mask = masked.frozen(50, 60)["mask"]
    assert mask.mean() == pytest.approx(0.3, abs=0.03) and torch.equal(masked.matrix(torch.ones(3000, dtype=torch.float64), 50, 60), mask)


def test_a_linear_remainder_before_is_kans_and_after_is_not():
    x, W = numbers(4, 3), numbers(2, 3, seed=1)
    before = P.Linear(activation="silu", activate="before")(x, W.flatten(), 2)
    after = P.Linear(activation="silu", activate="after")(x, W.flatten(), 2)
    assert torch.allclose(before, F.silu(x) @ W.T) and torch.allclose(after, F.silu(x @ W.T)) and not torch.allclose(before, after)
    biased = P.Linear(bias=True)(x, torch.cat((W.flatten(), torch.tensor([1.0, 2.0], dtype=torch.float64))), 2)
    assert torch.allclose(biased, x @ W.T + torch.tensor([1.0, 2.0], dtype=torch.float64))


def test_an_identity_formula_is_nn_linear():
    head = rpn.Head(5, 3, rpn.Formula(bias=True)).double()
    linear = torch.nn.Linear(5, 3).double()
    with torch.no_grad():
        head.w.copy_(linear.weight.flatten()[None])
        head.bias.copy_(linear.bias)
    x = numbers(7, 5)
    assert torch.allclose(head(x), linear(x))


@pytest.mark.parametrize("m", [1, 4])
def test_identity_remainder_refuses_sizes_that_differ(m):
    with pytest.raises(ValueError, match=f"got m = {m} and n = 3"):
        rpn.Head(m, 3, rpn.Formula(remainder=P.Identity()))


# ---- ξ ------------------------------------------------------------------------------------------------------------------------------


def test_kernels_equal_numpy_and_scikit_learn():
    V = numbers(6, 4)
    np.testing.assert_allclose(X.Pearson().matrix(V, EMPTY), np.corrcoef(V.numpy().T), atol=1e-12)
    np.testing.assert_allclose(X.Cosine().matrix(V, EMPTY), pairwise.cosine_similarity(V.numpy().T), atol=1e-12)
    np.testing.assert_allclose(
        X.GaussianRBF(sigma=0.7).matrix(V, EMPTY), pairwise.rbf_kernel(V.numpy().T, gamma=1 / (2 * 0.49)), atol=1e-12
    )


def test_a_constant_column_correlates_with_nothing_but_itself():
    V = torch.cat((numbers(6, 2), torch.full((6, 1), 0.1, dtype=torch.float64)), 1)
    A = X.Pearson().matrix(V, EMPTY)
    assert A[2].tolist() == [0, 0, 1] and A[:, 2].tolist() == [0, 0, 1]
    assert torch.equal(X.Pearson().matrix(V[:1], EMPTY), torch.eye(3, dtype=torch.float64))


def test_the_distance_of_a_column_to_itself_is_zero_with_gradient_zero():
    V = numbers(3, 4, scale=1000).requires_grad_()
    A = X.GaussianRBF(sigma=0.1).matrix(V, EMPTY)
    assert torch.equal(A.diagonal(), torch.ones(4, dtype=torch.float64))
    assert not torch.autograd.grad(A.diagonal().sum(), V)[0].any()


@pytest.mark.parametrize("how", ["none", "row", "column", "symmetric", "softmax"])
@pytest.mark.parametrize("hops, accumulate, from_zero", [(1, False, False), (3, False, False), (3, True, False), (2, True, True)])
def test_graphs_and_chains_equal_dense_linear_algebra(how, hops, accumulate, from_zero):
    options = {"hops": hops, "accumulate": accumulate, "from_zero": from_zero, "normalization": how}
    k, links = 5, ((0, 1), (1, 2), (3, 1), (1, 2))
    adjacency = np.eye(k)
    for i, j in links:
        adjacency[i, j] = adjacency[j, i] = 1
    chain = np.eye(k) + np.eye(k, k=1)
    for xi, A in ((X.Graph(links=links, **options), adjacency), (X.Chain(**options), chain)):
        row, column = A.sum(1, keepdims=True), A.sum(0, keepdims=True)
        divided = {"none": A, "row": A / row, "column": A / column, "symmetric": A / np.sqrt(row * column), "softmax": A / column}[how]
        powers = [np.linalg.matrix_power(divided, h) for h in range(hops + 1)]
        wanted = sum(powers[0 if from_zero else 1 :]) if accumulate else powers[hops]
        np.testing.assert_allclose(xi.matrix(numbers(2, k), EMPTY), wanted, atol=1e-12)


def test_symmetric_normalization_is_d_a_d_with_both_degrees_of_the_original():
    A = torch.tensor([[1.0, 2.0, 0.0], [0.0, 3.0, -1.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    wanted = (A.abs().sum(1).clamp(min=1) ** -0.5).diag() @ A @ (torch.tensor([1.0, 5.0, 1.0], dtype=torch.float64) ** -0.5).diag()
    torch.testing.assert_close(X.Constant(entries=A, normalization="symmetric").matrix(numbers(2, 3), EMPTY), wanted)


def test_bilinear_with_softmax_is_attention():
    x, W = numbers(6, 4), numbers(4, 4, seed=1)
    A = X.Bilinear(normalization="softmax").matrix(x.T, W.flatten())
    attended = F.scaled_dot_product_attention((x @ W.T)[None], x[None], x[None])[0]  # queries Wx, keys x, scores divided by √m
    torch.testing.assert_close(A.T @ x, attended)
    torch.testing.assert_close(X.Bilinear().matrix(x.T, W.flatten()), x @ W @ x.T)


def test_an_attribute_interdependence_mixes_columns_and_an_instance_interdependence_rows():
    x = numbers(5, 3)
    head = rpn.Head(3, 3, rpn.Formula(attribute=X.Pearson())).double()
    torch.testing.assert_close(head.trace(x).x_xi, x @ torch.from_numpy(np.corrcoef(x.numpy().T)))
    head = rpn.Head(3, 3, rpn.Formula(E.Taylor(), instance=X.Chain())).double()
    past = torch.cat((torch.zeros(1, 12, dtype=torch.float64), E.Taylor()(x)[:-1]))
    torch.testing.assert_close(head.trace(x).kappa_xi, E.Taylor()(x) + past)


def test_only_an_interdependence_with_numbers_for_each_row_needs_the_batch():
    with pytest.raises(ValueError, match=r"Formula\(batch=...\)"):
        rpn.Head(3, 2, rpn.Formula(instance=X.Parameterized()))
    with pytest.raises(ValueError, match=r"Formula\(batch=...\)"):
        rpn.Head(3, 2, rpn.Formula(attribute=X.Bilinear()))
    head = rpn.Head(3, 2, rpn.Formula(instance=X.Parameterized(), batch=4)).double()
    with pytest.raises(ValueError, match="batch of 4 rows.*got 5"):
        head(numbers(5, 3))
    for xi in (X.Chain(), X.Graph(links=((0, 1),)), X.Pearson(), X.Bilinear()):
        head = rpn.Head(3, 2, rpn.Formula(instance=xi)).double()
        assert [len(head(numbers(b, 3))) for b in (2, 7)] == [2, 7]
    with pytest.raises(ValueError, match="made for 4 columns, got 3"):
        rpn.Head(3, 2, rpn.Formula(instance=X.Graph(nodes=4, links=((0, 1),)))).double()(numbers(3, 3))


def test_an_instance_interdependence_that_changes_the_number_of_rows_fits_only_the_zero_remainder():
    x, A = numbers(3, 2), X.Constant(entries=((1.0, 0.0), (2.0, 0.0), (0.0, 1.0)))
    head = rpn.Head(2, 2, rpn.Formula(instance=A)).double()
    mixed = torch.stack((x[0] + 2 * x[1], x[2]))
    torch.testing.assert_close(head(x), mixed @ head.matrix().T)
    torch.testing.assert_close(head.trace(x).g, head(x))
    one = X.Constant(entries=((1.0,), (0.0,), (0.0,)))  # a single row would broadcast over all
    for xi in (A, one):
        head = rpn.Head(2, 2, rpn.Formula(instance=xi, remainder=P.Linear())).double()
        for call in (head, head.trace):
            with pytest.raises(ValueError, match=r"makes [12] rows of 3, which only remainder.Zero\(\) fits"):
                call(x)
    with pytest.raises(ValueError, match="made for 3 columns, got 5"):
        rpn.Head(2, 2, rpn.Formula(instance=A, batch=5))


# ---- fusion, channels, heads --------------------------------------------------------------------------------------------------------


def test_fusions_equal_their_formulas():
    parts = [numbers(4, 3, seed=i) for i in range(3)]
    stacked, w = torch.stack(parts), numbers(3, seed=9)
    assert torch.allclose(U.Sum()(parts, EMPTY), stacked.sum(0)) and torch.allclose(U.Mean()(parts, EMPTY), stacked.mean(0))
    assert torch.allclose(U.Weighted()(parts, w), torch.einsum("p,pbn->bn", w, stacked))
    W = numbers(3, 9, seed=8)
    assert torch.allclose(U.Parameterized()(parts, W.flatten()), torch.cat(parts, -1) @ W.T)
    assert torch.equal(U.Concat()(parts, EMPTY), torch.cat(parts, -1))
    with pytest.raises(ValueError, match="3 parts the same share of n = 8"):
        rpn.Head(2, 8, rpn.Formula(channels=3, fusion=U.Concat()))


def test_channels_differ_in_w_and_share_bias_and_remainder():
    head = rpn.Head(3, 2, rpn.Formula(channels=3, fusion=U.Sum(), bias=True, remainder=P.Constant(value=2.0))).double()
    with torch.no_grad():
        head.bias.fill_(5.0)
    x = numbers(4, 3)
    torch.testing.assert_close(head(x), sum(x @ w.view(2, 3).T for w in head.w) + 5 + 2)


def test_heads_of_a_layer_are_distinct():
    layer = rpn.Layer(3, 2, [rpn.Formula(), rpn.Formula(), rpn.Formula(E.Taylor())], U.Mean()).double()
    x = numbers(4, 3)
    assert sum(p.numel() for p in layer.parameters()) == 6 + 6 + 24
    torch.testing.assert_close(layer(x), sum(head(x) for head in layer.heads) / 3)


def test_output_order_is_norm_activation_dropout_softmax_and_obeys_eval():
    module = rpn.Output("batch", "relu", 0.5, "softmax").module(3)
    assert [type(step).__name__ for step in module] == ["BatchNorm1d", "_Named", "Dropout", "Softmax"]
    head = rpn.Head(3, 3, rpn.Formula(output=rpn.Output("batch", dropout=0.5))).double().eval()
    x = numbers(4, 3)
    assert torch.equal(head(x), head(x)) and "output.0.running_mean" in head.state_dict()
    head.train()
    assert not torch.equal(head(x), head(x))
