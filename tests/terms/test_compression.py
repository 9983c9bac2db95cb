"""Compressions: metrics against numpy, samples against the probabilities they promise, projections against scikit-learn."""

import itertools
import math
import sys

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from sklearn.cluster import FeatureAgglomeration
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_selection import VarianceThreshold
from sklearn.random_projection import GaussianRandomProjection

import rpn_edu as rpn
from rpn_edu.expansion import compress as E
from rpn_edu.shared.reductions import REDUCTIONS
from tests.help import numbers

DENSITIES = {
    "uniform": scipy.stats.uniform(),
    "normal": scipy.stats.norm(),
    "cauchy": scipy.stats.cauchy(),
    "chi_squared": scipy.stats.chi2(1),
    "exponential": scipy.stats.expon(scale=2),
    "gamma": scipy.stats.gamma(1),
    "laplace": scipy.stats.laplace(),
}
ROW = torch.tensor([[3.0, -6.0, 0.0, 6.0, -1.0]], dtype=torch.float64)


def v(x):
    return 0.99 * scipy.special.expit(x.numpy()) + 0.001


# ---- metrics ------------------------------------------------------------------------------------------------------------------------

NUMPY = {
    "max": np.max,
    "min": np.min,
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "median": lambda x, axis: np.quantile(x, 0.5, axis=axis, method="lower"),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_metrics_equal_numpy_along_every_axis_and_take_no_rows_at_all(name):
    x, metric = numbers(4, 5, 6), REDUCTIONS[name]
    for dim in (0, 1, 2, -1):
        for data in (x, x.mT):
            np.testing.assert_allclose(metric(data, dim), NUMPY[name](data.numpy(), axis=dim), atol=1e-14)
    assert metric(x[:0], -1).shape == (0, 5) and metric(x[:, :0], 0).shape == (0, 6) and metric(x.float(), 0).dtype == torch.float32


def test_equal_largest_numbers_share_the_gradient():
    for name in ("max", "min"):
        x = torch.tensor([2.0, 1.0, 2.0, 1.0], requires_grad=True)
        assert torch.autograd.grad(REDUCTIONS[name](x, 0), x)[0].tolist() == ([0.5, 0, 0.5, 0] if name == "max" else [0, 0.5, 0, 0.5])


@pytest.mark.parametrize("row", [E.Max, E.Min, E.Sum, E.Mean, E.Prod, E.Median], ids=lambda row: row.__name__)
def test_summaries_are_one_number_for_each_row(row):
    x = numbers(3, 4, 6)
    np.testing.assert_allclose(row()(x), NUMPY[row.__name__.lower()](x.numpy(), axis=-1)[..., None], atol=1e-14)


# ---- samples ------------------------------------------------------------------------------------------------------------------------


def drawn(kappa, x):
    """Which attributes of each row were kept, where all numbers of a row differ: (b, m) → (b, D)."""
    found = kappa(x).unsqueeze(-1) == x.unsqueeze(-2)
    assert found.sum(-1).eq(1).all()
    return found.long().argmax(-1)


@pytest.mark.parametrize("density", DENSITIES)
def test_over_many_seeds_attributes_are_drawn_as_often_as_their_density_says(density):
    weight = DENSITIES[density].pdf(v(ROW[0]))
    p = weight / weight.sum()
    first = [drawn(E.Sampled(1, density, seed=seed), ROW).item() for seed in range(2000)]
    assert scipy.stats.chisquare(np.bincount(first, minlength=5), 2000 * p).pvalue > 0.01
    # Two draws without replacement: i then j, or j then i.
    pairs = list(itertools.combinations(range(5), 2))
    both = [p[i] * p[j] / (1 - p[i]) + p[j] * p[i] / (1 - p[j]) for i, j in pairs]
    places = [tuple(drawn(E.Sampled(2, density, seed=seed), ROW)[0].tolist()) for seed in range(2000)]
    assert scipy.stats.chisquare([places.count(pair) for pair in pairs], 2000 * np.array(both)).pvalue > 0.01


def test_over_many_seeds_subsets_are_drawn_as_often_as_the_normal_density_says():
    x = ROW[:, :4]
    for r, first in ((1, 0), (2, 1)):
        subsets = list(itertools.combinations(range(4), r))
        weight = np.array([math.prod(scipy.stats.norm.pdf(v(x[0])[list(s)])) for s in subsets])
        places = [tuple(drawn(E.SampledSubsets(2, seed=seed), x)[0, first : first + r].tolist()) for seed in range(2000)]
        assert scipy.stats.chisquare([places.count(s) for s in subsets], 2000 * weight / weight.sum()).pvalue > 0.01


@pytest.mark.parametrize("density", DENSITIES)
def test_a_sample_holds_each_attribute_once_and_in_order(density):
    for seed in range(10):
        places = drawn(E.Sampled(4, density, seed=seed), numbers(50, 9, low=-5.0, high=5.0))
        assert (places.diff() > 0).all()
    everything = numbers(50, 4)
    assert torch.equal(E.Sampled(4, density)(everything), everything)


def test_only_the_uniform_sample_looks_at_nothing():
    x = numbers(200, 6, low=-4.0, high=4.0)
    for density in DENSITIES:
        same = (drawn(E.Sampled(3, density), x) == drawn(E.Sampled(3, density), x[:1])).all()
        assert same == (density == "uniform")


SAMPLES = [E.Sampled(2), E.Sampled(2, "chi_squared", "log_density"), E.SampledSubsets(2, 3), E.SampledSubsets(3, 1, "squashed", seed=5)]


@pytest.mark.parametrize("kappa", SAMPLES, ids=repr)
def test_the_sample_of_a_row_is_the_same_alone_in_a_batch_in_training_and_in_use(kappa):
    head, x = rpn.Head(5, 2, rpn.Formula(kappa)).double(), numbers(30, 5, low=-3.0, high=3.0)
    torch.manual_seed(0)
    state, z = torch.get_rng_state(), kappa(x)
    trained, used = head.train()(x), head.eval()(x)
    assert torch.equal(torch.get_rng_state(), state)  # nobody's random numbers are touched
    torch.manual_seed(1)
    assert torch.equal(kappa(x), z) and torch.equal(trained, used) and torch.equal(head(x), used)
    for i in range(30):
        torch.testing.assert_close(kappa(x[i]), z[i])
    torch.testing.assert_close(kappa(x.flip(0)), z.flip(0))
    torch.testing.assert_close(kappa(x.view(2, 15, 5)), z.view(2, 15, -1))


@pytest.mark.parametrize("density", DENSITIES)
def test_what_is_shown_of_a_draw_is_x_or_v_or_the_log_density_of_scipy(density):
    x = numbers(20, 6, low=-5.0, high=5.0)
    places = drawn(E.Sampled(3, density), x).numpy()
    squashed = np.take_along_axis(v(x), places, -1)
    np.testing.assert_allclose(E.Sampled(3, density, "squashed")(x), squashed, atol=1e-14)
    np.testing.assert_allclose(E.Sampled(3, density, "log_density")(x), DENSITIES[density].logpdf(squashed), rtol=1e-12, atol=1e-12)


def test_gradients_flow_through_what_is_shown():
    x = numbers(3, 5, seed=2).requires_grad_()
    for kappa in SAMPLES:
        assert torch.autograd.gradcheck(kappa, (x,))
    (gradient,) = torch.autograd.grad(E.Sampled(2)(x).sum(), x)
    assert gradient.sum(-1).tolist() == [2, 2, 2] and set(gradient.flatten().tolist()) == {0, 1}


@pytest.mark.parametrize("show", ["values", "squashed", "log_density"])
def test_subsets_are_the_heaviest_of_all_combinations_after_the_noise(show):
    m, order, count = 5, 3, 4
    kappa, x = E.SampledSubsets(order, count, show, seed=3), numbers(8, m, low=-3.0, high=3.0)
    fixed = kappa.frozen(m)
    for row, z in zip(x, kappa(x), strict=True):
        wanted = []
        for r in range(1, order + 1):
            subsets = [list(s) for s in itertools.combinations(range(m), r)]
            log_p = [scipy.stats.multivariate_normal(np.zeros(r)).logpdf(v(row)[s]) for s in subsets]
            heaviest = np.sort(np.argsort(-(np.array(log_p) + fixed[f"noise_{r}"].numpy()))[:count])
            shown = {"values": row.numpy(), "squashed": v(row)}.get(show)
            wanted += [log_p[i] for i in heaviest] if shown is None else [n for i in heaviest for n in shown[subsets[i]]]
        np.testing.assert_allclose(z, wanted, atol=1e-12)
        assert len(wanted) == kappa.width(m) == (order * count if show == "log_density" else count * 6)


def test_all_subsets_are_itertools_combinations_and_subsets_of_one_are_samples():
    x = numbers(4, 3)
    wanted = torch.cat([x[:, s] for r in (1, 2) for s in itertools.combinations(range(3), r)], -1)
    assert torch.equal(E.SampledSubsets(2, 3)(x), wanted)
    x = numbers(40, 7, low=-4.0, high=4.0)
    for show in ("values", "squashed", "log_density"):
        torch.testing.assert_close(E.SampledSubsets(1, 3, show, seed=2)(x), E.Sampled(3, "normal", show, seed=2)(x))


def test_more_draws_than_choices_are_refused_when_the_head_is_built():
    for kappa, m, choices in ((E.Sampled(3), 2, 2), (E.SampledSubsets(2, 2), 2, 1), (E.SampledSubsets(3), 2, 0)):
        message = rf"{type(kappa).__name__}.count must be at most the number of choices, {choices} here, got {kappa.count}"
        for build in (lambda: rpn.Head(m, 2, rpn.Formula(kappa)), lambda: kappa(numbers(4, m))):  # noqa: B023
            with pytest.raises(ValueError, match=message):
                build()


# ---- projections --------------------------------------------------------------------------------------------------------------------


def judge(method, x):
    """The transformer of scikit-learn that three numbers of x should come from, fitted."""
    variances = np.sort(x.var(0))
    return {
        "pca": PCA(3, svd_solver="full"),
        "svd": TruncatedSVD(3, random_state=4),
        "random_projection": GaussianRandomProjection(3, random_state=4),
        "variance": VarianceThreshold((variances[-4] + variances[-3]) / 2),
        "agglomeration": FeatureAgglomeration(3),
    }[method].fit(x)


METHODS = ["pca", "svd", "random_projection", "variance", "agglomeration"]
DATA = numbers(50, 6) @ numbers(6, 6, seed=1) + torch.arange(6.0, dtype=torch.float64)


@pytest.mark.parametrize("method", METHODS)
def test_a_fitted_projection_is_scikit_learns_on_rows_it_has_not_seen(method):
    kappa, x = E.Affine.fit(method, 3, DATA, seed=4), numbers(20, 6, seed=7, low=-5.0, high=5.0)
    np.testing.assert_allclose(kappa(x), judge(method, DATA.numpy()).transform(x.numpy()), rtol=1e-10, atol=1e-10)
    assert kappa.width(6) == 3 and bool(kappa.offset) == (method == "pca")
    assert E.Affine.fit(method, 3, DATA.clone().requires_grad_(), seed=4) == kappa == E.Affine.fit(method, 3, DATA.numpy(), seed=4)
    assert (E.Affine.fit(method, 3, DATA, seed=5) == kappa) == (method != "random_projection")


@pytest.mark.parametrize("method", METHODS)
def test_data_far_from_zero_lose_no_digits(method):
    far = 1e8 + DATA
    wanted = judge(method, far.numpy()).transform(far.numpy())
    np.testing.assert_allclose(E.Affine.fit(method, 3, far, seed=4)(far), wanted, rtol=1e-12, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_constant_data_and_all_attributes_warn_of_nothing(method):
    same = torch.full((5, 4), 2.0, dtype=torch.float64)
    for x in (same, 0 * same):
        z = E.Affine.fit(method, 4, x)(x)
        assert z.isfinite().all() and torch.equal(z, z[:1].expand_as(z))


@pytest.mark.parametrize("method", METHODS)
def test_a_projection_in_a_model_is_the_same_at_every_call_and_after_loading(method, tmp_path):
    kappa = rpn.expansion.Nested((E.Affine.fit(method, 3, DATA), rpn.expansion.Taylor()))
    model, x = rpn.RPN([6, 4, 2], [rpn.Formula(kappa), rpn.Formula()]), DATA.float()
    trained, used = model.train()(x), model.eval()(x)
    assert torch.equal(trained, used) and torch.equal(model(x), used)
    torch.testing.assert_close(torch.cat([model(part) for part in x.split(7)]), used)
    assert not {"matrix", "offset"} & {name.rpartition("_")[2] for name, _ in model.named_parameters()}
    with torch.no_grad():  # saved by value, not drawn again from the config
        model.layers[0].heads[0].get_buffer("expansion_0_matrix").mul_(1.5)
    model.save_ckpt(tmp_path)
    again = rpn.RPN.from_ckpt(tmp_path).eval()
    assert torch.equal(again(x), model(x)) and not torch.equal(again(x), used) and again.formulas == model.formulas


def test_a_projection_is_moved_and_cast_with_its_head():
    kappa = E.Affine(matrix=((1.0, 2.0), (3.0, 4.0), (0.0, 1.0)), offset=(1.0, 0.0, -1.0))
    head = rpn.Head(2, 2, rpn.Formula(kappa))
    assert head.get_buffer("expansion_matrix").dtype == torch.float32
    assert head.double()(numbers(3, 2)).dtype == torch.float64
    assert head.to("meta").get_buffer("expansion_offset").device.type == "meta"
    assert kappa(torch.tensor([[1.0, 10.0]])).tolist() == [[22, 43, 9]]


def test_the_gradient_of_a_projection_is_its_matrix():
    kappa = E.Affine.fit("pca", 3, DATA)
    x = numbers(6)
    wanted = torch.tensor(kappa.matrix, dtype=torch.float64)
    torch.testing.assert_close(torch.autograd.functional.jacobian(kappa, x), wanted)


def test_a_projection_of_another_m_is_refused_when_the_head_is_built():
    kappa = E.Affine(matrix=((1.0, 2.0, 3.0),))
    for build in (lambda: rpn.Head(4, 2, rpn.Formula(kappa)), lambda: kappa(numbers(2, 4))):
        with pytest.raises(ValueError, match="expansion.Affine was made for m = 3 attributes, got 4"):
            build()


def test_matrices_that_are_none_are_refused():
    for matrix in ((), ((),), ((1.0, 2.0), (3.0,)), (1.0, 2.0), (((1.0,),),), 5.0):
        with pytest.raises(ValueError, match="expansion.Affine.matrix must be rows of equal length"):
            E.Affine(matrix)
    for offset in ((1.0, 2.0, 3.0), ((1.0,), (2.0,)), 1.0):
        with pytest.raises(ValueError, match="one number for each of 2 rows, got "):
            E.Affine(((1.0,), (2.0,)), offset)


@pytest.mark.parametrize(
    "method, width, x, message",
    [
        ("pcaa", 3, DATA, r"method must be one of 'pca', .*got 'pcaa'; did you mean pca\?"),
        ("tsne", 3, DATA, "got 'tsne'"),
        ("pca", 0, DATA, "width must be an int from 1 to 6 for 'pca' on 50 rows of m = 6, got 0"),
        ("variance", 7, DATA, "width must be an int from 1 to 6 .*got 7"),
        ("variance", 2.0, DATA, "got 2.0"),
        ("pca", 4, DATA[:3], "width must be an int from 1 to 3 for 'pca' on 3 rows"),
        ("svd", 4, DATA[:3], "width must be an int from 1 to 3"),
        ("pca", 1, DATA[0], r"rows of finite numbers, shape \(b, m\), got shape \(6,\)"),
        ("pca", 1, DATA[:0], r"got shape \(0, 6\)"),
        ("variance", 1, DATA / 0, "finite"),
    ],
)
def test_a_fit_says_what_it_cannot_do(method, width, x, message):
    with pytest.raises(ValueError, match=message):
        E.Affine.fit(method, width, x)


def test_without_scikit_learn_the_methods_that_need_it_name_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    for method in ("random_projection", "agglomeration"):
        with pytest.raises(ImportError, match=rf"Affine.fit\('{method}'\) needs scikit-learn: pip install \"rpn_edu\[explore\]\""):
            E.Affine.fit(method, 2, DATA)
    assert E.Affine.fit("variance", 6, DATA).matrix == tuple(map(tuple, np.eye(6).tolist()))
    assert E.Affine.fit("pca", 6, DATA).width(6) == E.Affine.fit("svd", 6, DATA).width(6) == 6


RAMP = np.linspace(-1, 1, 10)
BLOCKS = np.r_[np.c_[3 * RAMP, 0 * RAMP], np.tile(np.c_[0 * RAMP, 2 * RAMP], (9, 1))]  # first one direction alone, then the other
TABLES = {
    "blocks": BLOCKS,
    "wide": numbers(4, 7).numpy(),  # more columns than rows
    "constant": np.c_[numbers(30, 2).numpy(), np.full(30, 5.0), numbers(30, 1, seed=1).numpy()],
    "digits": rpn.data.digits(dtype=torch.float64).x_train.numpy(),
}


@pytest.mark.parametrize("rows", TABLES.values(), ids=TABLES)
def test_pca_and_svd_are_the_eigenvectors_of_numpy_for_every_width(rows):
    for method, deviations in (("pca", rows - rows.mean(0)), ("svd", rows)):
        values, vectors = np.linalg.eigh(deviations.T @ deviations)
        values, vectors = values[::-1], vectors[:, ::-1]
        most = min(rows.shape)
        for width in {1, 2, most // 2, most}:
            kappa = E.Affine.fit(method, width, rows)
            M = np.array(kappa.matrix)
            np.testing.assert_allclose(M @ M.T, np.eye(width), atol=1e-10)
            np.testing.assert_allclose(((deviations @ M.T) ** 2).sum(0), values[:width], rtol=1e-8, atol=1e-8 * values[0])
            gaps = np.minimum(-np.diff(values, prepend=np.inf), -np.diff(values, append=-np.inf))[:width]
            told = (gaps > 1e-6 * values[0]) & (values[:width] > 1e-6 * values[0])  # others are as good as their neighbours
            np.testing.assert_allclose(np.abs((M * vectors[:, :width].T).sum(1))[told], 1, atol=1e-8)
            z = kappa(torch.from_numpy(rows)).numpy()
            np.testing.assert_allclose(z, (deviations @ M.T), atol=1e-10)
            assert (M[range(width), np.abs(M).argmax(1)] > 0).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rows", TABLES.values(), ids=TABLES)
def test_the_order_of_the_rows_decides_nothing(rows, method):
    kappa = E.Affine.fit(method, 2, rows)
    for order in (
        np.arange(len(rows))[::-1],
        np.random.default_rng(0).permutation(len(rows)),
        np.random.default_rng(1).permutation(len(rows)),
    ):
        assert E.Affine.fit(method, 2, rows[order]) == kappa


def test_directions_that_differ_by_rounding_alone_have_one_sign_and_equal_variances_keep_the_first():
    x = RAMP[:, None]
    for other in (np.c_[x, -x], np.c_[x, -x * (1 + 1e-15)], np.c_[x * (1 + 1e-15), -x]):
        np.testing.assert_allclose(E.Affine.fit("pca", 1, other).matrix, [[0.5**0.5, -(0.5**0.5)]])
    shuffled = np.c_[RAMP, np.random.default_rng(0).permuted(np.tile(RAMP, (5, 1)), axis=1).T]
    assert E.Affine.fit("variance", 3, shuffled).matrix == tuple(map(tuple, np.eye(6)[:3].tolist()))


def test_a_seed_beyond_those_of_numpy_is_refused():
    for seed in (-1, 2**32):
        with pytest.raises(ValueError, match=rf"Affine.fit seed must be int from 0 to 4294967295, got {seed}"):
            E.Affine.fit("random_projection", 2, DATA, seed=seed)
