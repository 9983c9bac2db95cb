"""Interdependence: every ξ against an independent library or its own formula, and the mistakes it must not make."""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import sklearn.metrics.pairwise as pairwise
import torch
from scipy.spatial.distance import cdist
from torch.utils._python_dispatch import TorchDispatchMode

import rpn_edu as rpn
from tests.help import numbers

pytestmark = pytest.mark.quick
E, R, P, X, U = rpn.expansion, rpn.reconciliation, rpn.remainder, rpn.interdependence, rpn.fusion
EMPTY = torch.empty(0, dtype=torch.float64)


def matrix(xi, V, w=EMPTY):
    return xi.matrix(V, w).numpy()


class Watched(TorchDispatchMode):
    """Counts the calls that torch makes, and keeps the size of the largest tensor made, backward included."""

    calls = largest = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        tensors = [t for t in (made if isinstance(made, (tuple, list)) else [made]) if isinstance(t, torch.Tensor)]
        self.calls, self.largest = self.calls + 1, max([self.largest, *(t.numel() for t in tensors)])
        return made


# ---- kernels ------------------------------------------------------------------------------------------------------------------------


def probabilities(C):
    return np.exp(C) / np.exp(C).sum(-1, keepdims=True)


SCALES = (1.0, 0.5, 2.0, 0.0, 3.0, 0.1)
KERNELS = {  # the matrix from C, which holds the columns of V as its rows
    X.LinearKernel(): pairwise.linear_kernel,
    X.Polynomial(degree=3, constant=1.0): lambda C: pairwise.polynomial_kernel(C, degree=3, gamma=1, coef0=1),
    X.HyperbolicTangent(alpha=0.7, constant=-1.0): lambda C: pairwise.sigmoid_kernel(C, gamma=0.7, coef0=-1),
    X.Cosine(): pairwise.cosine_similarity,
    X.Minkowski(p=3.0): lambda C: np.exp(-cdist(C, C, "minkowski", p=3)),
    X.Minkowski(p=1.5): lambda C: np.exp(-cdist(C, C, "minkowski", p=1.5)),
    X.Manhattan(): lambda C: np.exp(-pairwise.manhattan_distances(C)),
    X.Euclidean(): lambda C: np.exp(-cdist(C, C)),
    X.Chebyshev(): lambda C: np.exp(-cdist(C, C, "chebyshev")),
    X.Canberra(): lambda C: np.exp(-cdist(C, C, "canberra")),
    X.Exponential(gamma=0.3): lambda C: pairwise.rbf_kernel(C, gamma=0.3),
    X.GaussianRBF(sigma=0.7): lambda C: pairwise.rbf_kernel(C, gamma=1 / (2 * 0.49)),
    X.Laplacian(sigma=2.0): lambda C: pairwise.laplacian_kernel(C, gamma=0.5),
    X.AnisotropicRBF(scales=SCALES): lambda C: np.exp(-(cdist(C, C, "mahalanobis", VI=np.diag(SCALES)) ** 2)),
    X.AnisotropicRBF(): lambda C: pairwise.rbf_kernel(C, gamma=1),
    X.Pearson(): np.corrcoef,
    X.RVCoefficient(): lambda C: np.corrcoef(C) ** 2,
    X.KLDivergence(): lambda C: np.array([[scipy.stats.entropy(p, q) for q in probabilities(C)] for p in probabilities(C)]),
}


@pytest.mark.parametrize("xi", KERNELS, ids=repr)
def test_a_kernel_is_the_one_of_an_independent_library(xi):
    V = numbers(6, 5)
    V[:, 3] = V[:, 1]  # two equal columns
    V[2, 0] = V[2, 4] = 0.0
    np.testing.assert_allclose(matrix(xi, V), KERNELS[xi](V.numpy().T), rtol=1e-12, atol=1e-12)
    single = xi.matrix(V.float(), EMPTY.float())
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single.numpy(), KERNELS[xi](V.numpy().T), rtol=1e-4, atol=1e-5)


def test_mutual_information_is_that_of_two_normal_variables():
    V = numbers(9, 4)
    covariance, truth = np.cov(V.numpy().T), np.full((4, 4), -0.5 * math.log(1e-10))
    for i in range(4):
        for j in set(range(4)) - {i}:
            pair = covariance[np.ix_([i, j], [i, j])]
            truth[i, j] = 0.5 * math.log(pair[0, 0] * pair[1, 1] / np.linalg.det(pair))
    np.testing.assert_allclose(matrix(X.MutualInformation(), V), truth, rtol=1e-10)


EXACT = [xi for xi in KERNELS if isinstance(xi, (X.kernel.Distance, X.kernel.Correlation, X.Canberra, X.KLDivergence))]


@pytest.mark.parametrize("xi", [*EXACT, X.MutualInformation()], ids=repr)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_a_column_has_exactly_no_distance_to_itself_and_no_gradient_there(xi, dtype):
    V = (1000 + numbers(6, 5)).to(dtype)
    V[0] = 0.0
    V = V.requires_grad_()
    itself = xi.matrix(V, EMPTY.to(dtype)).diagonal()
    wanted = {X.KLDivergence(): 0.0, X.MutualInformation(): -0.5 * math.log(1e-10)}.get(xi, 1.0)
    assert torch.equal(itself, torch.full_like(itself, wanted))
    if itself.requires_grad:
        assert not torch.autograd.grad(itself.sum(), V)[0].any()


@pytest.mark.parametrize("xi", [xi for xi in EXACT if isinstance(xi, (X.kernel.Distance, X.Canberra, X.KLDivergence))], ids=repr)
def test_equal_columns_are_as_alike_as_a_column_and_itself(xi):
    A = xi.matrix(numbers(6, 1).expand(6, 3), EMPTY)
    assert torch.equal(A, A[0, 0].expand(3, 3))


def test_the_gradient_of_a_polynomial_kernel_is_sound_where_inner_products_are_zero():
    for degree in (1, 2, 3):
        V = torch.eye(3, dtype=torch.float64).requires_grad_()  # orthogonal columns
        A = X.Polynomial(degree=degree).matrix(V, EMPTY)
        (gradient,) = torch.autograd.grad(A.sum(), V)
        wanted = torch.full((3, 3), 2.0).double() if degree == 1 else 2 * degree * torch.eye(3, dtype=torch.float64)
        torch.testing.assert_close(gradient, wanted)


def test_divergences_stay_finite_for_logits_a_hundred_apart():
    V = torch.tensor([[0.0, 200.0, 0.0], [100.0, 0.0, -1000.0]]).requires_grad_()
    A = X.KLDivergence().matrix(V, EMPTY.float())
    np.testing.assert_allclose(A.detach(), [[0, 200, 1000 + 100 - 100], [100, 0, 0], [100, 200 - 200, 0]], rtol=1e-6)
    assert torch.autograd.grad(A.sum(), V)[0].isfinite().all()


def test_rv_is_a_square_and_no_scale_of_the_data_changes_it_or_mutual_information():
    # Zero diagonals, clamped negative correlations and float32 results were defects of the reference toolkit (B07).
    x = numbers(8, 1)
    V = torch.cat((x, -x, numbers(8, 1, seed=1)), 1)
    rv, information = X.RVCoefficient().matrix(V, EMPTY), X.MutualInformation().matrix(V, EMPTY)
    assert rv[0, 1] == pytest.approx(1) and (rv.diagonal() == 1).all() and rv.dtype == torch.float64
    assert information[0, 1].item() == pytest.approx(11.5129, abs=1e-4) and (information >= 0).all()
    assert information.diagonal().tolist() == pytest.approx([11.5129] * 3, abs=1e-4)
    for xi, A in ((X.RVCoefficient(), rv), (X.MutualInformation(), information)):
        torch.testing.assert_close(xi.matrix(V[:, 1:] * torch.tensor([1e-3, 1e4]).double(), EMPTY), A[1:, 1:])


def test_cosine_can_be_differentiated_even_where_a_column_is_zero():
    # Its backward pass failed in the reference toolkit (B40).
    V = torch.cat((numbers(4, 2), torch.zeros(4, 1, dtype=torch.float64)), 1).requires_grad_()
    A = X.Cosine().matrix(V, EMPTY)
    assert not A[2].any() and torch.autograd.grad(A.sin().sum(), V)[0].isfinite().all()
    assert torch.autograd.gradcheck(lambda V: X.Cosine().matrix(V, EMPTY), (V.detach()[:, :2].requires_grad_(),))


def test_a_kernel_has_no_memory_of_the_first_batch():
    # The reference toolkit could keep the matrix of the first batch for ever (B23).
    head = rpn.Head(3, 3, rpn.Formula(attribute=X.Pearson(), instance=X.GaussianRBF())).double()
    first, second = numbers(5, 3), numbers(5, 3, seed=1)
    alone = head(second)
    head(first)
    assert torch.equal(head(second), alone)
    torch.testing.assert_close(head.trace(second).x_xi, second @ torch.from_numpy(np.corrcoef(second.numpy().T)))


@pytest.mark.parametrize("xi", [*(xi for xi in KERNELS if not getattr(xi, "scales", ())), X.MutualInformation()], ids=repr)
def test_the_last_batch_may_be_smaller_and_any_batch_larger(xi):
    # Instance interdependence was bound to the batch it was declared with (B29).
    for formula in (rpn.Formula(instance=xi), rpn.Formula(attribute=xi)):
        head = rpn.Head(3, 2, formula).double()
        assert [head(numbers(b, 3)).shape for b in (5, 2, 1, 8)] == [(5, 2), (2, 2), (1, 2), (8, 2)]
        assert head(numbers(2, 5, 3)).shape == (2, 5, 2)


@pytest.mark.parametrize("xi", [*(xi for xi in KERNELS if not getattr(xi, "scales", ())), X.MutualInformation()], ids=repr)
def test_no_kernel_loops_over_columns_or_pairs_of_them(xi):
    # Mutual information of 200 columns took 91 seconds of pair loops (B45).
    counts = []
    for k in (3, 40):
        V = numbers(5, k)
        with Watched() as watched:
            xi.matrix(V, EMPTY)
        counts.append(watched.calls)
    assert counts[0] == counts[1] > 0


def test_scales_belong_to_rows_and_must_be_as_many():
    with pytest.raises(ValueError, match="AnisotropicRBF was made for 2 rows, got 3"):
        rpn.Head(3, 2, rpn.Formula(instance=X.AnisotropicRBF(scales=(1.0, 2.0))))
    head = rpn.Head(3, 2, rpn.Formula(attribute=X.AnisotropicRBF(scales=(1.0, 2.0)))).double()
    with pytest.raises(ValueError, match="AnisotropicRBF was made for 2 rows, got 4"):
        head(numbers(4, 3))
    assert head(numbers(2, 3)).shape == (2, 2)
    for scales in ((1.0, -1.0), ((1.0,), (2.0,)), 3.0):
        with pytest.raises(ValueError, match="AnisotropicRBF.scales must be numbers >= 0"):
            X.AnisotropicRBF(scales=scales)


# ---- chains and graphs --------------------------------------------------------------------------------------------------------------


def chain_matrix(k, both_ways=False):
    N = np.eye(k, k=1)
    return N + N.T if both_ways else N


def degrees(A, axis):
    degree = np.abs(A).sum(axis, keepdims=True)
    return np.where(degree == 0, 1, degree)


@pytest.mark.parametrize("k", [1, 2, 7, 40])
def test_the_inverse_chain_is_an_inverse_and_the_exponential_chain_an_exponential(k):
    y, V, both = numbers(3, k), numbers(2, k), chain_matrix(k, True)
    for xi, A in (
        (X.InverseChain(), np.linalg.inv(np.eye(k) - chain_matrix(k))),
        (X.ExponentialChain(), scipy.linalg.expm(chain_matrix(k))),
        (X.ExponentialChain(both_ways=True), scipy.linalg.expm(both)),
        (X.ExponentialChain(both_ways=True, normalization="row"), scipy.linalg.expm(both / degrees(both, 1))),
    ):
        np.testing.assert_allclose(matrix(xi, V), A, atol=1e-12)
        np.testing.assert_allclose(xi.mix(y, V, EMPTY), y.numpy() @ A, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("hops", [1, 4])
def test_the_inverse_chain_both_ways_is_the_truncated_sum_with_its_columns_normalized(hops):
    V, y = numbers(2, 7), numbers(3, 7)
    for how in ("none", "row", "column"):
        N = chain_matrix(7, True) / (1 if how == "none" else degrees(chain_matrix(7, True), 1 if how == "row" else 0))
        total = sum(np.linalg.matrix_power(N, h) for h in range(1, hops + 1))
        xi = X.InverseChain(both_ways=True, hops=hops, normalization=how)
        np.testing.assert_allclose(matrix(xi, V), total / degrees(total, 0), atol=1e-12)
        np.testing.assert_allclose(xi.mix(y, V, EMPTY), y.numpy() @ (total / degrees(total, 0)), atol=1e-12)


@pytest.mark.parametrize("normalization", ["none", "row", "column", "symmetric", "softmax"])
def test_a_chain_of_one_and_a_graph_without_links_leave_a_node_to_itself(normalization):
    # Both were IndexErrors (B41).
    y = numbers(3, 1)
    for xi in (X.Chain(normalization=normalization), X.Graph(normalization=normalization), X.PageRank(normalization=normalization)):
        torch.testing.assert_close(xi.mix(y, numbers(2, 1), EMPTY), y)
    for xi in (X.InverseChain(normalization=normalization), X.ExponentialChain(both_ways=True, normalization=normalization)):
        torch.testing.assert_close(xi.mix(y, numbers(2, 1), EMPTY), y)
    four = numbers(3, 4)
    torch.testing.assert_close(X.Graph(normalization=normalization).mix(four, four, EMPTY), four)
    assert not X.Graph(self_loops=False, normalization=normalization).mix(four, four, EMPTY).any()
    assert not X.InverseChain(both_ways=True, normalization=normalization).mix(y, y, EMPTY).any()  # nobody to hear from


def test_a_link_to_a_node_that_is_not_there_is_refused_by_name():
    # It was a KeyError (B41).
    for row in (X.Graph, X.PageRank):
        with pytest.raises(ValueError, match=rf"{row.__name__}.links must be pairs of node numbers from 0 to 2, got \(0, 3\)"):
            row(nodes=3, links=((0, 1), (0, 3)))
        with pytest.raises(ValueError, match=f"{row.__name__} was made for 6 columns, got 4"):
            row(links=((0, 1), (5, 2))).mix(numbers(3, 4), numbers(3, 4), EMPTY)


def test_symmetric_normalization_of_a_graph_has_both_degrees_of_the_original_and_is_symmetric():
    # Dividing one after the other was off by 0.144 and not symmetric (B06).
    links = ((0, 1), (1, 2), (1, 3), (0, 3))
    A = np.eye(4)
    for i, j in links:
        A[i, j] = A[j, i] = 1
    scale = np.diag(A.sum(0) ** -0.5)
    ours = matrix(X.Graph(links=links, normalization="symmetric"), numbers(2, 4))
    np.testing.assert_allclose(ours, scale @ A @ scale, atol=1e-14)
    np.testing.assert_array_equal(ours, ours.T)


def test_pagerank_is_the_dense_solution_and_the_end_of_a_power_iteration_and_its_columns_sum_to_one():
    links, restart, k = ((0, 1), (1, 2), (2, 0), (2, 3), (1, 2)), 0.2, 6  # 4 and 5 have no links
    A = np.zeros((k, k))
    for i, j in links:
        A[i, j] = A[j, i] = 1
    A[4, 4] = A[5, 5] = 1
    A = A / A.sum(0)
    xi, V, y = X.PageRank(links=links, restart=restart), numbers(3, k), numbers(2, 4, k)
    ours = matrix(xi, V)
    np.testing.assert_allclose(ours, restart * np.linalg.inv(np.eye(k) - (1 - restart) * A), atol=1e-12)
    walk = np.eye(k)
    for _ in range(200):
        walk = restart * np.eye(k) + (1 - restart) * walk @ A
    np.testing.assert_allclose(ours, walk, atol=1e-12)
    np.testing.assert_allclose(ours.sum(0), 1, atol=1e-12)
    np.testing.assert_allclose(xi.mix(y, V, EMPTY), y.numpy() @ ours, atol=1e-12)
    np.testing.assert_allclose(xi.mix(y[0, 0], V, EMPTY), y[0, 0].numpy() @ ours, atol=1e-12)
    np.testing.assert_allclose(matrix(X.PageRank(links=links, restart=1.0), V), np.eye(k), atol=1e-12)  # always at home
    with pytest.raises(ValueError, match=r"restart must be float >= 0.001 and <= 1.0 .*got 1.5"):
        X.PageRank(restart=1.5)


def test_pagerank_over_symmetrically_normalized_links_is_the_propagation_of_appnp():
    A = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0.0]])
    scale = np.diag(A.sum(0) ** -0.5)
    ours = matrix(X.PageRank(links=((0, 1), (1, 2)), restart=0.1, normalization="symmetric"), numbers(2, 3))
    np.testing.assert_allclose(ours, 0.1 * np.linalg.inv(np.eye(3) - 0.9 * scale @ A @ scale), atol=1e-12)


def test_a_large_graph_never_becomes_a_square_matrix():
    nodes, links = 3_000, tuple((i, (7 * i + 1) % 3_000) for i in range(3_000))
    graph = X.Graph(nodes=nodes, links=links, normalization="symmetric", hops=2)
    for xi in (graph, X.Hybrid(parts=(graph, X.Chain(hops=3), X.InverseChain(both_ways=True), X.ExponentialChain()))):
        head, x = rpn.Head(4, 2, rpn.Formula(instance=xi)), torch.ones(nodes, 4, requires_grad=True)
        with Watched() as watched:
            head(x).sum().backward()
        assert head.w.grad is not None and watched.largest <= 4 * 9_000  # m times (links both ways, and a self loop of each node)


# ---- learned ------------------------------------------------------------------------------------------------------------------------


def test_bilinear_scores_are_divided_by_the_root_before_the_softmax():
    # The reference toolkit multiplied by it.
    V, W = numbers(9, 4), numbers(9, 9, seed=1)
    scores = V.T @ W @ V
    torch.testing.assert_close(X.Bilinear(normalization="softmax").matrix(V, W.flatten()), (scores / 3).softmax(0))
    torch.testing.assert_close(X.Bilinear().matrix(V, W.flatten()), scores)


def test_expanded_is_kappa_of_the_columns_times_psi_in_both_places():
    xi, V, W = X.Expanded(expansion=E.Taylor(), reconciliation=R.LowRank(rank=2)), numbers(3, 5), numbers(5, 12, seed=1)
    identity = X.Expanded(expansion=E.Taylor())
    squares = np.stack([np.concatenate((c, np.outer(c, c).ravel())) for c in V.T.numpy()])
    np.testing.assert_allclose(matrix(identity, V, W.flatten()), squares @ W.numpy().T, atol=1e-12)
    head = rpn.Head(3, 2, rpn.Formula(instance=xi, attribute=xi, batch=5)).double()
    assert head.w_instance.shape == (2 * (5 + 3 + 9),) and head.w_attribute.shape == (2 * (3 + 5 + 25),)
    x = numbers(5, 3)
    A = E.Taylor()(x) @ R.LowRank(rank=2).matrix(head.w_instance, 5, 12).T  # the columns of V = xᵀ are the rows of x
    torch.testing.assert_close(head.trace(x).kappa_xi, A.T @ head.trace(x).kappa)
    B = E.Taylor()(x.T) @ R.LowRank(rank=2).matrix(head.w_attribute, 3, 30).T
    torch.testing.assert_close(head.trace(x).x_xi, x @ B)
    for formula in (rpn.Formula(instance=xi), rpn.Formula(attribute=xi)):
        with pytest.raises(ValueError, match=r"Expanded has learned numbers for every row.*Formula\(batch=...\)"):
            rpn.Head(3, 2, formula)
    with pytest.raises(ValueError, match="Expanded meets 3 rows and 4 columns and needs 48 learned numbers, got 60"):
        identity.matrix(V[:, :4], W.flatten())


def test_expanded_uses_the_frozen_numbers_of_its_expansion_and_of_its_psi():
    xi, V = X.Expanded(expansion=E.Affine(matrix=numbers(2, 3, seed=4), offset=(0.5, -1.0)), reconciliation=R.Masked(seed=3)), numbers(3, 5)
    w, frozen = numbers(xi.length(3, 5), seed=1), xi.frozen(3, 5)
    A = xi.matrix(V, w, frozen)
    torch.testing.assert_close(A, xi.matrix(V, w))
    assert len(frozen) == 3
    for prefix in ("expansion", ""):
        halves = {name: value * (0.5 if name.startswith("expansion") == bool(prefix) else 1) for name, value in frozen.items()}
        torch.testing.assert_close(xi.matrix(V, w, halves), 0.5 * A)


# ---- hybrid -------------------------------------------------------------------------------------------------------------------------

GIVEN = X.Constant(entries=numbers(4, 4, seed=5).tolist())
PARTS = (X.Parameterized(), GIVEN, X.Pearson(), X.Bilinear(reconciliation=R.Masked()))


def parts_of(V, w):
    """The matrices of PARTS, with w split in order."""
    r = V.shape[0]
    ours = w[:16].reshape(4, 4), torch.tensor(GIVEN.entries).double(), torch.from_numpy(np.corrcoef(V.numpy().T))
    return [*ours, V.T @ R.Masked().matrix(w[16 : 16 + r * r], r, r) @ V]


def test_a_hybrid_is_the_fusion_of_its_matrices_and_the_fusion_has_the_last_numbers():
    V, y = numbers(3, 4), numbers(2, 5, 4, seed=2)
    w, W = numbers(29, seed=1), numbers(4, 16, seed=3)
    A = parts_of(V, w)
    cases = [
        (U.Mean(), w[:25], sum(A) / 4),
        (U.Sum(), w[:25], sum(A)),
        (U.Prod(), w[:25], A[0] * A[1] * A[2] * A[3]),
        (U.Weighted(), w, w[25] * A[0] + w[26] * A[1] + w[27] * A[2] + w[28] * A[3]),
        (U.Concat(), w[:25], torch.cat(A, 1)),
        (U.Parameterized(), torch.cat((w[:25], W.flatten())), torch.cat(A, 1) @ W.T),
    ]
    for fusion, learned, wanted in cases:
        xi = X.Hybrid(parts=PARTS, fusion=fusion)
        assert xi.length(3, 4) == len(learned) == len(xi.init(3, 4)) and xi.width(4) == wanted.shape[1]
        torch.testing.assert_close(xi.matrix(V, learned), wanted)
        torch.testing.assert_close(xi.mix(y, V, learned), y @ wanted)
        columns = X.Hybrid(parts=PARTS, fusion=fusion, normalization="softmax")
        torch.testing.assert_close(columns.mix(y, V, learned), y @ wanted.softmax(0))


def test_the_frozen_numbers_of_each_part_and_of_the_fusion_are_kept_apart_and_used():
    xi = X.Hybrid(parts=(*PARTS, X.Parameterized(reconciliation=R.Masked(seed=7))), fusion=U.Parameterized(reconciliation=R.Masked(seed=8)))
    V = numbers(3, 4)
    w, frozen = numbers(xi.length(3, 4), seed=1), xi.frozen(3, 4)
    assert {name.partition("_")[0] for name in frozen} == {"1", "3", "4", "fusion"}
    A = xi.matrix(V, w, frozen)
    torch.testing.assert_close(A, xi.matrix(V, w))
    for name in frozen:
        assert not torch.allclose(xi.matrix(V, w, frozen | {name: frozen[name] * 0.5}), A)


def test_a_hybrid_works_for_attributes_and_instances_with_and_without_numbers_of_its_own():
    # In the reference toolkit it failed for attributes, and without parameters (B31).
    x = numbers(5, 3)
    for xi in (X.Hybrid(parts=(X.Chain(), X.Pearson())), X.Hybrid(parts=(X.Chain(), X.Bilinear(normalization="softmax")))):
        head = rpn.Head(3, 2, rpn.Formula(attribute=xi, batch=5)).double()
        assert head(x).shape == (5, 2)
        head = rpn.Head(3, 2, rpn.Formula(instance=xi)).double()
        assert [len(head(numbers(b, 3))) for b in (5, 2)] == [5, 2]
        A = xi.parts[0].matrix(x.T, EMPTY) + xi.parts[1].matrix(x.T, head.w_instance)
        torch.testing.assert_close(head.trace(x).kappa_xi, (A / 2).T @ x)
    head = rpn.Head(3, 2, rpn.Formula(instance=X.Hybrid(parts=(X.Chain(), X.Pearson()), fusion=U.Weighted()))).double()
    assert head.w_instance.tolist() == [0.5, 0.5] and head(x).shape == (5, 2)


def test_a_hybrid_says_what_it_needs():
    for xi in (X.Hybrid(parts=(X.Chain(), X.Parameterized())), X.Hybrid(parts=(X.Chain(), X.Pearson()), fusion=U.Parameterized())):
        with pytest.raises(ValueError, match=r"Formula\(batch=...\)"):
            rpn.Head(3, 2, rpn.Formula(instance=xi))
        assert rpn.Head(3, 2, rpn.Formula(instance=xi, batch=4)).double()(numbers(4, 3)).shape == (4, 2)
    with pytest.raises(ValueError, match="Hybrid.parts must hold at least one interdependence"):
        rpn.Head(3, 2, rpn.Formula(instance=X.Hybrid()))
    narrow = X.Constant(entries=((1.0,), (2.0,), (3.0,)))
    with pytest.raises(ValueError, match=r"needs parts of one width, got \[3, 1\]"):
        rpn.Head(3, 2, rpn.Formula(attribute=X.Hybrid(parts=(X.Chain(), narrow))))
    with pytest.raises(ValueError, match=r"needs parts of one width, got \[3, 1\]"):  # known when the batch is met
        rpn.Head(3, 2, rpn.Formula(instance=X.Hybrid(parts=(X.Chain(), narrow)))).double()(numbers(3, 3))
    with pytest.raises(ValueError, match="Hybrid meets 3 rows and 4 columns and needs 16 learned numbers, got 9"):
        X.Hybrid(parts=(X.Chain(), X.Parameterized())).matrix(numbers(3, 4), numbers(9))
