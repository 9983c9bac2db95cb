"""Components against independent libraries and closed forms."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import scipy.integrate
import scipy.interpolate
import scipy.special
import scipy.stats
import sklearn.metrics.pairwise as pairwise
import sklearn.preprocessing
import torch
import torch.nn.functional as F

import rpn_edu as rpn
from tests.help import numbers, samples

pytestmark = pytest.mark.quick
E, R, P, X, U = rpn.expansion, rpn.reconciliation, rpn.remainder, rpn.interdependence, rpn.fusion
EMPTY = torch.empty(0, dtype=torch.float64)
expit = scipy.special.expit


def planes(kappa, x):
    """The K features of each number: (b,) → (K, b)."""
    return kappa(x.unsqueeze(-1)).T.numpy()


def close(ours, wanted, tolerance=1e-10):
    """Equal up to the tolerance times the size of what is wanted, feature by feature."""
    ours, wanted = np.asarray(ours), np.asarray(wanted)
    assert ours.shape == wanted.shape and ours.dtype == np.float64
    size = np.maximum(np.abs(wanted).max(-1, keepdims=True, initial=0), 1e-300)
    np.testing.assert_allclose(ours / size, wanted / size, rtol=0, atol=tolerance)


def around(kappa, count=60, seed=0):
    """Numbers inside the domain and outside it, on both sides."""
    low, high = kappa.domain
    x = low + (high - low) * (0.5 + numbers(count, seed=seed))
    assert (x < low).any() and (x > high).any() and ((low < x) & (x < high)).any()
    return x


def of(function, *parameters):
    """The polynomial of degree k at x, from a function of SciPy that takes (k, parameters, x)."""
    return lambda k, x: function(k, *parameters, x)


def sum_of(coefficient):
    """Σ_j coefficient(k, j) x^j, with exact coefficients."""
    return lambda k, x: sum(float(coefficient(k, j)) * x**j for j in range(k + 1))


def bessel(k, j):
    return Fraction(math.factorial(k + j), math.factorial(k - j) * math.factorial(j) * 2**j)


def fibonacci(k, j):  # F_{k+1}: the coefficient of x^j
    return math.comb((k + j) // 2, j) if (k - j) % 2 == 0 else 0


def lucas(k, j):
    return Fraction(2 * k, k + j) * fibonacci(k, j)


@pytest.mark.parametrize("kappa", [E.Identity(), E.Taylor(order=3), E.Taylor(order=3, unique=True), E.Chebyshev(degree=4)], ids=repr)
def test_a_feature_is_what_its_name_says(kappa):
    x, small = numbers(5, 3), {"₁": 1, "₂": 2, "₃": 3, "₄": 4}
    names = kappa.names(3)
    assert len(names) == kappa.width(3)
    for name, feature in zip(names, kappa(x).T):
        if name[0] == "T":  # Chebyshev polynomials are cosines of a multiple of an angle
            wanted = (small[name[1]] * x[:, small[name[4]] - 1].arccos()).cos()
        else:
            wanted = x[:, [small[digit] - 1 for digit in name.replace("x", "")]].prod(-1)
        close(feature, wanted)


ALPHAS = (-0.9, -0.5, 0.0, 0.3, 1.0, 2.5)
POLYNOMIALS = [
    (E.Chebyshev(10), scipy.special.eval_chebyt),
    (E.Legendre(10), scipy.special.eval_legendre),
    (E.Hermite(10), scipy.special.eval_hermitenorm),
    (E.Laguerre(10), of(scipy.special.eval_genlaguerre, 1.0)),
    *((E.Laguerre(10, a), of(scipy.special.eval_genlaguerre, a)) for a in ALPHAS),
    (E.Laguerre(10, 0.0), scipy.special.eval_laguerre),
    (E.Gegenbauer(10), scipy.special.eval_chebyu),
    *((E.Gegenbauer(10, a), of(scipy.special.eval_gegenbauer, a)) for a in (-0.4, 0.1, 0.5, 1.0, 2.7)),
    (E.Gegenbauer(10, 0.5), scipy.special.eval_legendre),
    (E.Gegenbauer(10, 0.0), lambda k, x: 0 * x),
    *((E.Jacobi(10, a, b), of(scipy.special.eval_jacobi, a, b)) for a in ALPHAS for b in ALPHAS),  # a + b = 0 and -1 among them
    (E.Jacobi(10), of(scipy.special.eval_jacobi, 1.0, 1.0)),
    (E.Jacobi(10, 0.0, 0.0), scipy.special.eval_legendre),
    (E.Bessel(10), sum_of(bessel)),
    (E.ReverseBessel(10), sum_of(lambda k, j: bessel(k, k - j))),
    (E.Fibonacci(10), sum_of(fibonacci)),
    (E.Lucas(10), sum_of(lucas)),
]


@pytest.mark.parametrize("kappa, truth", POLYNOMIALS, ids=[repr(kappa) for kappa, _ in POLYNOMIALS])
def test_polynomials_equal_scipy_or_their_closed_form_inside_and_outside_the_domain(kappa, truth):
    x = around(kappa)
    ours = planes(kappa, x)
    close(ours, np.stack([truth(k, x.numpy()) for k in range(1, 11)]))
    parameters = {name: value for name, value in kappa.to_config().items() if name in ("alpha", "beta")}
    for degree in (1, 2, 4):
        np.testing.assert_array_equal(planes(type(kappa)(degree=degree, **parameters), x), ours[:degree])


def test_every_family_of_polynomials_has_a_truth():
    families = {row for row in rpn.CATALOGUE.values() if issubclass(row, E.recurrence.Recurrence)}
    assert families == {type(kappa) for kappa, _ in POLYNOMIALS} and len(families) == 10


def test_polynomials_at_1_and_0_are_the_numbers_they_are_named_after():
    one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    assert planes(E.Fibonacci(10), one)[:, 0].tolist() == [1, 2, 3, 5, 8, 13, 21, 34, 55, 89]
    assert planes(E.Lucas(10), one)[:, 0].tolist() == [1, 3, 4, 7, 11, 18, 29, 47, 76, 123]
    assert planes(E.Bessel(5), one)[:, 0].tolist() == planes(E.ReverseBessel(5), one)[:, 0].tolist() == [2, 7, 37, 266, 2431]
    assert planes(E.ReverseBessel(5), zero)[:, 0].tolist() == [1, 3, 15, 105, 945]
    assert planes(E.Chebyshev(5), one)[:, 0].tolist() == [1] * 5 and planes(E.Laguerre(3), zero)[:, 0].tolist() == [2, 3, 4]


def test_an_exponent_without_an_integrable_weight_is_refused():
    limits = (E.Laguerre, "alpha", -1.0), (E.Jacobi, "alpha", -1.0), (E.Jacobi, "beta", -1.0), (E.Gegenbauer, "alpha", -0.5)
    for row, name, limit in limits:
        with pytest.raises(ValueError, match=rf"{row.__name__}.{name} must be float > {limit} .*, got {limit}"):
            row(**{name: limit})


@pytest.mark.parametrize("degree", range(6))
@pytest.mark.parametrize("intervals", [1, 2, 5, 9])
def test_b_splines_equal_scipy_everywhere(degree, intervals):
    low, high = -1.0, 2.0
    h = (high - low) / intervals
    knots = low + h * np.arange(-degree, intervals + degree + 1)
    x = torch.cat((numbers(80, low=-5.0, high=5.0), torch.linspace(low, high - 1e-9, 20, dtype=torch.float64)))
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
    x = numbers(40, low=-2.0, high=2.0)
    for kappa in (E.Normal(), E.Normal(naive=True)):
        wanted = np.stack([scipy.stats.norm(mu, sigma).logpdf(x.numpy()) for mu, sigma in kappa.parameters()])
        np.testing.assert_allclose(planes(kappa, x), wanted, rtol=1e-10, atol=1e-10)
    assert len(E.Normal().parameters()) == 6


def test_fourier_and_bumps_equal_their_formulas():
    x = numbers(30, low=-3.0, high=3.0)
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


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("m", [1, 2, 4])
def test_unique_taylor_has_the_monomials_of_scikit_learn_in_their_order(m, order):
    x, kappa = numbers(5, m), E.Taylor(order, unique=True)
    close(kappa(x).T, sklearn.preprocessing.PolynomialFeatures(order, include_bias=False).fit_transform(x.numpy()).T, 1e-14)
    assert kappa.width(m) == math.comb(m + order, order) - 1 == kappa(x).shape[1]


SINGLE = {  # κ and its functions of one number, in the order of the planes
    E.Linear(): [lambda x: x],
    E.Linear(scale=-2.5): [lambda x: -2.5 * x],
    E.Linear(scale=0.0): [lambda x: 0 * x],
    E.Trigonometric(): [np.sin, np.cos, np.tan],
    E.Hyperbolic(): [np.sinh, np.cosh, np.tanh],
    E.ArcTrigonometric(): [lambda x: np.arcsin(0.99 * expit(x)), lambda x: np.arccos(0.99 * expit(x)), lambda x: np.arctan(expit(x))],
    E.ArcHyperbolic(): [lambda x: np.arcsinh(expit(x)), lambda x: np.arccosh(expit(x) + 1.01), lambda x: np.arctanh(0.99 * expit(x))],
    E.Reciprocal(): [lambda x: 1 / x],
    E.Fourier(2, 3.0): [lambda x, k=k, wave=wave: wave(k * x * math.tau / 3) for k in (1, 2) for wave in (np.cos, np.sin)],
    **{
        row(4, -0.5, 2.5, epsilon): [lambda x, c=c, f=f, e=epsilon: f((e * (x - c)) ** 2) for c in (-0.5, 0.5, 1.5, 2.5)]
        for epsilon in (0.5, 3.0)
        for row, f in ((E.InverseQuadraticRBF, lambda square: 1 / (1 + square)), (E.GaussianRBF, lambda square: np.exp(-square)))
    },
}


@pytest.mark.parametrize("kappa", SINGLE, ids=repr)
def test_functions_of_one_number_equal_numpy_inside_and_outside_the_domain(kappa):
    x = torch.cat((around(kappa), torch.tensor([0.0, 30.0, -30.0], dtype=torch.float64)[kappa == E.Reciprocal() :]))
    close(planes(kappa, x), np.stack([f(x.numpy()) for f in SINGLE[kappa]]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_reciprocal_of_numbers_near_0_is_finite_with_their_sign_and_x_is_not_changed(dtype):
    x = torch.tensor([0.0, -0.0, 1e-9, -1e-9, 1e-6, -1e-6, 2e-6, 2.0, -0.5], dtype=dtype)
    kept = x.clone()
    ours = E.Reciprocal()(x.unsqueeze(-1))[:, 0]
    wanted = torch.tensor([1e6, 1e6, 1e6, -1e6, 1e6, -1e6, 5e5, 0.5, -2.0], dtype=dtype)
    torch.testing.assert_close(ours, wanted)
    assert torch.equal(x, kept) and torch.equal(x.signbit(), kept.signbit())
    leaf = kept.clone().requires_grad_()
    slope = torch.autograd.grad(E.Reciprocal()(leaf.unsqueeze(-1)).sum(), leaf)[0]
    assert slope.isfinite().all() and slope[[2, 3]].tolist() == [0, 0]
    torch.testing.assert_close(slope[6:], -1 / kept[6:] ** 2)


# ---- densities: every number of the tables is written down here once more ------------------------------------------------------------


def u1(x):
    return expit(x) + 0.001


def u2(x):
    return 0.99 * expit(x) + 0.001


def plain(x):
    return x


PLACES = ((0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (0.0, 0.1), (1.0, 0.1), (-1.0, 0.1))
STATS = scipy.stats
DENSITIES = {
    E.Normal: (plain, [STATS.norm(mu, sigma) for mu, sigma in PLACES]),
    E.Cauchy: (plain, [STATS.cauchy(a, s) for a in (0, 1, -1) for s in (1, 0.5)]),
    E.Laplace: (plain, [STATS.laplace(a, s) for a in (0, 1, -1) for s in (1, 2)]),
    E.Exponential: (u2, [STATS.expon(scale=1 / rate) for rate in (0.5, 0.75, 1, 2, 3, 5)]),
    E.Gamma: (u2, [STATS.gamma(a, scale=1 / rate) for a in (0.5, 1, 2) for rate in (1, 2)]),
    E.ChiSquared: (u1, [STATS.chi2(k) for k in (1, 2)]),
}
HYBRID = [(plain, STATS.norm()), (plain, STATS.cauchy()), (u2, STATS.chi2(1))]
HYBRID += [(u2, STATS.gamma(0.5)), (plain, STATS.laplace()), (u2, STATS.expon())]


@pytest.mark.parametrize("row", DENSITIES, ids=lambda row: row.__name__)
def test_densities_equal_scipys_log_densities_near_and_far(row):
    guard, laws = DENSITIES[row]
    for x in (numbers(60, low=-3.0, high=3.0), torch.tensor([0.0, 1.0, -1.0], dtype=torch.float64), numbers(20, low=-60.0, high=60.0)):
        close(planes(row(), x), np.stack([law.logpdf(guard(x.numpy())) for law in laws]))
        close(planes(row(naive=True), x), laws[0].logpdf(guard(x.numpy()))[None])
    assert row().width(3) == 3 * len(laws) and row(naive=True).width(3) == 3


def test_the_hybrid_density_equals_six_of_scipy_side_by_side():
    for x in (numbers(60, low=-3.0, high=3.0), numbers(20, low=-60.0, high=60.0)):
        close(planes(E.HybridDensity(), x), np.stack([law.logpdf(guard(x.numpy())) for guard, law in HYBRID]))


@pytest.mark.parametrize(
    "kappa, rank, alone",
    [(E.Normal(), 3, 3), (E.Gamma(), 3, 3), (E.Laplace(), 4, 4), (E.Exponential(), 2, 2), (E.ChiSquared(), 3, 2)]
    + [(E.HybridDensity(), 6, 6), (E.Cauchy(), 7, 6)],
    ids=repr,
)
def test_densities_span_as_few_dimensions_as_their_docstrings_say_with_a_constant_column_and_alone(kappa, rank, alone):
    features = np.vstack((planes(kappa, numbers(200, low=-3.0, high=3.0)), np.ones(200)))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    for rows, wanted in ((features, rank), (features[:-1], alone)):
        values = np.linalg.svd(rows, compute_uv=False)
        assert (values > 1e-10).sum() == wanted and values[wanted - 1] > 1e-6  # a clear gap: no rank by rounding


@pytest.mark.parametrize("m, order", [(1, 1), (4, 1), (4, 2), (4, 3), (2, 3)])
def test_the_combinatorial_normal_is_scipys_density_of_every_set(m, order):
    x, kappa = numbers(6, m, low=-3.0, high=3.0), E.CombinatorialNormal(order)
    sets = [list(members) for size in range(1, order + 1) for members in itertools.combinations(range(m), size)]
    wanted = [STATS.multivariate_normal(np.zeros(len(members))).logpdf(x[:, members].numpy()) for members in sets]
    close(kappa(x).T, np.stack(wanted))
    assert kappa.width(m) == len(sets)
    assert np.linalg.matrix_rank(np.column_stack((kappa(numbers(50, m)), np.ones(50))), tol=1e-10) == m + 1


# ---- wavelets -----------------------------------------------------------------------------------------------------------------------


def meyer(u):
    v = u - 0.5
    first = 4 / (3 * math.pi) * v * np.cos(2 * math.pi / 3 * v) - np.sin(4 * math.pi / 3 * v) / math.pi
    second = 8 / (3 * math.pi) * v * np.cos(8 * math.pi / 3 * v) + np.sin(4 * math.pi / 3 * v) / math.pi
    return first / (v - 16 / 9 * v**3) + second / (v - 64 / 9 * v**3)


def ricker(sigma):
    return lambda u: 2 / (math.sqrt(3 * sigma) * math.pi**0.25) * (1 - (u / sigma) ** 2) * np.exp(-(u**2) / (2 * sigma**2))


def beta(a, b):
    """Minus the slope of scipy's density, by its logarithm, scaled by quadrature."""

    def slope(u):
        u = np.asarray(u)
        inside = (u > 0) & (u < 1)
        v = np.where(inside, u, 0.5)
        return np.where(inside, -STATS.beta.pdf(v, a, b) * ((a - 1) / v - (b - 1) / (1 - v)), 0.0)

    norm = math.sqrt(scipy.integrate.quad(lambda u: slope(u) ** 2, 0, 1, epsabs=0, epsrel=1e-12)[0])
    return lambda u: slope(u) / norm


def dog(s1, s2):
    return lambda u: STATS.norm.pdf(u, 0, s1) - STATS.norm.pdf(u, 0, s2)


MOTHERS = [
    (E.Haar, {}, lambda u: np.where((u >= 0) & (u < 0.5), 1.0, 0.0) - np.where((u >= 0.5) & (u < 1), 1.0, 0.0)),
    (E.Shannon, {}, lambda u: (np.sin(2 * math.pi * u) - np.sin(math.pi * u)) / (math.pi * u)),
    (E.Meyer, {}, meyer),
    *((E.Ricker, {"sigma": s}, ricker(s)) for s in (1.0, 0.3, 1.7)),
    *((E.DifferenceOfGaussians, {"sigma1": s, "sigma2": r}, dog(s, r)) for s, r in ((1.0, 2.0), (0.5, 3.0), (2.0, 0.7))),
    *((E.BetaWavelet, {"alpha": a, "beta": b}, beta(a, b)) for a, b in ((2.0, 2.0), (3.0, 2.5), (2.1, 5.0))),
]
IDS = [f"{row.__name__}{tuple(own.values())}" for row, own, _ in MOTHERS]
WAVELETS = pytest.mark.parametrize("row, own, mother", MOTHERS, ids=IDS)


@WAVELETS
def test_a_wavelet_equals_its_textbook_formula(row, own, mother):
    for u in (numbers(101, low=-1.5, high=1.5), 0.5 + 0.49 * numbers(80, seed=1), numbers(80, seed=2, low=-30.0, high=30.0)):
        size = abs(mother(np.linspace(0.01, 1.01, 57))).max()
        np.testing.assert_allclose(planes(row(**own), u)[0], mother(u.numpy()), rtol=0, atol=1e-10 * size)


def test_every_wavelet_has_a_truth():
    assert {row for row, _, _ in MOTHERS} == {row for row in rpn.CATALOGUE.values() if issubclass(row, E.wavelet.Wavelet)}


@WAVELETS
def test_wavelets_are_stretched_and_shifted_by_scale_then_shift(row, own, mother):
    x, a, b = numbers(40, low=-3.0, high=3.0), 1.7, 0.6
    kappa = row(scales=3, shifts=4, dilation=a, translation=b, **own)
    wanted = [a ** (-s / 2) * mother(x.numpy() / a**s - b * t) for s in range(3) for t in range(4)]
    np.testing.assert_allclose(planes(kappa, x), np.stack(wanted), rtol=0, atol=1e-10)
    assert kappa.width(5) == 60


@WAVELETS
def test_wavelets_of_order_2_also_hold_all_products(row, own, mother):
    x = numbers(6, 2, low=-1.5, high=1.5)
    single = row(scales=2, shifts=2, **own)(x).numpy()
    kappa = row(scales=2, shifts=2, order=2, **own)
    np.testing.assert_allclose(single[:, :2], mother(x.numpy()), atol=1e-10)  # of both attributes, then the next shift
    wanted = np.stack([np.concatenate((row, np.kron(row, row))) for row in single])
    np.testing.assert_allclose(kappa(x), wanted, atol=1e-14)
    assert kappa.width(2) == wanted.shape[1] == 8 + 64


NORMED = [
    (E.Haar(), (0, 0.5, 1)),
    *((E.Ricker(sigma=s), (-14 * s, 0, 14 * s)) for s in (1.0, 0.3, 1.7)),
    *((E.BetaWavelet(alpha=a, beta=b), (0, 0.5, 1)) for a, b in ((2.0, 2.0), (3.0, 2.5), (2.1, 5.0), (1.75, 1.75))),
]


@pytest.mark.parametrize("kappa, ends", NORMED, ids=[repr(kappa) for kappa, _ in NORMED])
def test_a_wavelet_has_mean_0_and_norm_1_by_quadrature(kappa, ends):
    def psi(u):
        return planes(kappa, torch.tensor([u], dtype=torch.float64)).item()

    pieces = [scipy.integrate.quad(psi, *piece, limit=200)[0] for piece in itertools.pairwise(ends)]
    squares = [scipy.integrate.quad(lambda u: psi(u) ** 2, *piece, limit=200)[0] for piece in itertools.pairwise(ends)]
    assert abs(sum(pieces)) < 1e-6 and sum(squares) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "row, step, far, tolerance", [(E.Haar, 1 / 64, 50, 0), (E.Meyer, 1 / 4, 2000, 1e-6), (E.Shannon, 1 / 4, 20000, 1e-3)]
)
def test_dyadic_wavelets_are_orthonormal_with_mean_0(row, step, far, tolerance):
    # An integral of a function whose frequencies end is the sum over a grid fine enough for them; Haar is constant between the points.
    grid = torch.arange(-far, far, step, dtype=torch.float64) + 0.37 * step
    features = planes(row(scales=2, shifts=3), grid)
    np.testing.assert_allclose(step * features @ features.T, np.eye(6), atol=tolerance + 1e-12)
    np.testing.assert_allclose(step * features.sum(1), 0, atol=100 * tolerance + 1e-12)


@pytest.mark.parametrize("s1, s2", [(1.0, 2.0), (0.5, 3.0), (2.0, 0.7)])
def test_the_difference_of_gaussians_has_mean_0_and_the_energy_of_two_bells(s1, s2):
    grid = torch.arange(-40, 40, 0.05, dtype=torch.float64)
    psi = planes(E.DifferenceOfGaussians(sigma1=s1, sigma2=s2), grid)[0]
    energy = (1 / s1 + 1 / s2) / (2 * math.sqrt(math.pi)) - 2 / math.sqrt(2 * math.pi * (s1**2 + s2**2))
    assert abs(0.05 * psi.sum()) < 1e-12 and 0.05 * (psi**2).sum() == pytest.approx(energy, rel=1e-10)


GAPS = [(E.Shannon(), MOTHERS[1][2], (0.0,)), (E.Meyer(), meyer, (0.5, 0.875, 0.125, 1.25, -0.25))]


@pytest.mark.parametrize("kappa, mother, gaps", GAPS, ids=["Shannon", "Meyer"])
def test_removable_gaps_have_the_value_and_the_slope_of_their_neighbourhood(kappa, mother, gaps):
    gap = torch.tensor(gaps, dtype=torch.float64, requires_grad=True)
    ours = kappa(gap.unsqueeze(-1))
    slope = torch.autograd.grad(ours.sum(), gap)[0].numpy()
    u, h = np.array(gaps), 1e-3
    near, far = ([mother(u - k * h), mother(u + k * h)] for k in (1, 2))
    np.testing.assert_allclose(ours.detach()[:, 0], (4 * sum(near) - sum(far)) / 6, atol=1e-8)  # central differences of order 4
    np.testing.assert_allclose(slope, (8 * (near[1] - near[0]) - (far[1] - far[0])) / (12 * h), atol=1e-7)
    for distance in (0.0, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3):  # float32 near a gap, where the textbook loses all digits
        x = torch.tensor([*gaps, *gaps], dtype=torch.float32)
        x = (x + distance * torch.tensor([1.0, -1.0]).repeat_interleave(len(gaps))).requires_grad_()
        single, double = kappa(x.unsqueeze(-1)), kappa(x.detach().double().unsqueeze(-1))
        torch.testing.assert_close(single.double(), double, atol=2e-6, rtol=0)
        twin = x.detach().double().requires_grad_()
        slopes = torch.autograd.grad(single.sum(), x)[0], torch.autograd.grad(kappa(twin.unsqueeze(-1)).sum(), twin)[0]
        torch.testing.assert_close(slopes[0].double(), slopes[1], atol=1e-2, rtol=0)  # torch's slope of sinc itself errs by 0.004


@WAVELETS
def test_wavelets_and_their_slopes_are_finite_at_every_simple_number(row, own, mother):
    x = torch.arange(-4, 4.01, 0.125, dtype=torch.float32).requires_grad_()
    z = row(scales=2, shifts=2, **own)(x.unsqueeze(-1))
    assert z.isfinite().all() and (not z.requires_grad or torch.autograd.grad(z.sum(), x)[0].isfinite().all())


@pytest.mark.parametrize("kappa", [row(**own) for row, own, _ in MOTHERS] + [E.GaussianRBF(), E.InverseQuadraticRBF()], ids=repr)
def test_wavelets_and_bumps_vanish_far_away_with_their_slope(kappa):
    x = torch.tensor([[1e30], [-1e30], [1e18], [-1e18]], requires_grad=True)
    z = kappa(x)
    torch.testing.assert_close(z, torch.zeros_like(z), atol=1e-12, rtol=0)
    if z.requires_grad:
        torch.testing.assert_close(torch.autograd.grad(z.sum(), x)[0], torch.zeros_like(x), atol=1e-12, rtol=0)


def test_a_beta_wavelet_sees_each_number_alone():
    kappa, x = E.BetaWavelet(alpha=2.0, beta=3.0), torch.tensor([[0.2], [1.5], [-3.0], [0.0], [1.0]], dtype=torch.float64)
    assert torch.equal(kappa(x)[:1], kappa(x[:1])) and kappa(x[1:3]).tolist() == [[0], [0]]
    with pytest.raises(ValueError, match=r"BetaWavelet.alpha must be float > 1.5"):
        E.BetaWavelet(alpha=1.5)
    with pytest.raises(ValueError, match="sigma1 and sigma2 must differ"):
        E.DifferenceOfGaussians(sigma1=2.0)
    with pytest.raises(ValueError, match=r"dilation must be float > 1.0"):
        E.Haar(dilation=1.0)


# ---- κ made of others ---------------------------------------------------------------------------------------------------------------


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


def entries(psi, n, D, seed=0):
    """ψ(w) and its w, in numpy."""
    w = numbers(psi.length(n, D), seed=seed)
    return psi.matrix(w, n, D).numpy(), w.numpy()


@pytest.mark.parametrize("n, D", [(4, 4), (3, 7), (7, 3), (1, 5)])
def test_eye_is_numpys_rectangular_one(n, D):
    matrix, w = entries(R.Eye(), n, D)
    assert matrix.dtype == np.float64 and not len(w)
    np.testing.assert_array_equal(matrix, np.eye(n, D))
    z = numbers(2, 5, D)
    np.testing.assert_array_equal(R.Eye().product(z, EMPTY, n), z.numpy() @ np.eye(D, n))


@pytest.mark.parametrize("p, q, n, D", [(2, 2, 8, 12), (1, 3, 8, 12), (4, 1, 8, 12), (2, 6, 6, 6), (8, 12, 8, 12), (1, 1, 3, 5)])
def test_duplicated_padding_is_a_kronecker_product_with_ones(p, q, n, D):
    matrix, w = entries(R.DuplicatedPadding(p, q), n, D)
    np.testing.assert_array_equal(matrix, np.kron(np.ones((p, q)), w.reshape(n // p, D // q)))
    z = numbers(2, 5, D, seed=1)
    np.testing.assert_allclose(R.DuplicatedPadding(p, q).product(z, torch.from_numpy(w), n), z.numpy() @ matrix.T, atol=1e-12)


@pytest.mark.parametrize("n, D", [(4, 12), (3, 3), (1, 6), (5, 5)])
def test_diagonal_padding_is_a_kronecker_product_with_the_identity(n, D):
    matrix, w = entries(R.DiagonalPadding(), n, D)
    assert len(w) == D // n
    np.testing.assert_array_equal(matrix, np.kron(np.eye(n), w[None]))
    z = numbers(2, 5, D, seed=1)
    np.testing.assert_allclose(R.DiagonalPadding().product(z, torch.from_numpy(w), n), z.numpy() @ matrix.T, atol=1e-12)


@pytest.mark.parametrize(
    "psi, n, D, words",
    [
        (R.DuplicatedPadding(3, 2), 8, 12, r"DuplicatedPadding.p must divide 8: one of 1, 2, 4, 8, got 3"),
        (R.DuplicatedPadding(2, 5), 8, 12, r"DuplicatedPadding.q must divide 12: one of 1, 2, 3, 4, 6, 12, got 5"),
        (R.DiagonalPadding(), 5, 12, r"DiagonalPadding.n, the number of outputs, must divide 12: one of 1, 2, 3, 4, 6, 12, got 5"),
        (R.Kronecker(q=7), 8, 12, r"Kronecker.q must divide 12"),
    ],
    ids=repr,
)
def test_a_structure_that_does_not_fit_is_refused_when_the_head_is_made(psi, n, D, words):
    with pytest.raises(ValueError, match=words):
        rpn.Head(D, n, rpn.Formula(reconciliation=psi))


HYPERNETS = [R.Hypernet(inputs=9, hidden=7, seed=3), R.RandomHypernet(rank=3, inputs=9, hidden=7, seed=3), R.Hypernet(), R.RandomHypernet()]


@pytest.mark.parametrize("psi", HYPERNETS, ids=repr)
def test_hypernets_equal_their_formulas_from_frozen_numbers(psi):
    n, D, l, h = 4, 6, psi.inputs, psi.hidden
    f = {name: value.numpy() for name, value in psi.frozen(n, D).items()}
    matrix, w = entries(psi, n, D)
    assert w.shape == (l,) == (psi.length(99, 3),)
    if isinstance(psi, R.Hypernet):
        assert {name: value.shape for name, value in f.items()} == {"W": (l, h), "c": (h,), "T": (h + 1, n * D)}
        wanted = expit(w @ f["W"] / math.sqrt(l) + f["c"]) @ f["T"][:-1] + f["T"][-1]
    else:
        r = psi.rank
        assert {name: value.shape for name, value in f.items()} == {"P": (l, r), "Q": (r, h), "S": (h, r), "T": (r, n * D)}
        wanted = expit(w @ f["P"] @ f["Q"] / math.sqrt(l * r)) @ f["S"] @ f["T"]
    np.testing.assert_allclose(matrix, wanted.reshape(n, D), atol=1e-12)


@pytest.mark.parametrize("psi", [*HYPERNETS[:2], R.RandomAdaption(3, seed=3), R.Masked(seed=3)], ids=repr)
def test_the_same_seed_freezes_the_same_numbers_and_another_seed_others(psi):
    again, other = (type(psi)(**{**{k: v for k, v in psi.to_config().items() if k != "type"}, "seed": seed}) for seed in (3, 4))
    torch.manual_seed(7)
    state = torch.get_rng_state()
    frozen = psi.frozen(4, 6)
    assert torch.equal(torch.get_rng_state(), state)  # torch's own seed is neither used nor moved
    for name, value in frozen.items():
        assert value.dtype == torch.float64
        assert torch.equal(again.frozen(4, 6)[name], value) and not torch.equal(other.frozen(4, 6)[name], value), name


@pytest.mark.parametrize("value", [1.0, -2.5, 0.0])
def test_a_constant_psi_gives_value_times_the_sum_of_the_features(value):
    z = numbers(2, 5, 6)
    close(R.Constant(value).product(z, EMPTY, 3), np.repeat(value * z.numpy().sum(-1, keepdims=True), 3, -1))
    close(R.Constant(value).matrix(EMPTY, 3, 6), np.full((3, 6), value))


def test_a_linear_remainder_before_is_kans_and_after_is_not():
    x, W = numbers(4, 3), numbers(2, 3, seed=1)
    before = P.Linear(activation="silu", activate="before")(x, W.flatten(), 2)
    after = P.Linear(activation="silu", activate="after")(x, W.flatten(), 2)
    assert torch.allclose(before, F.silu(x) @ W.T) and torch.allclose(after, F.silu(x @ W.T)) and not torch.allclose(before, after)
    bias = torch.tensor([1.0, 2.0], dtype=torch.float64)
    w = torch.cat((W.flatten(), bias))
    assert torch.allclose(P.Linear(bias=True)(x, w, 2), x @ W.T + bias)
    assert torch.allclose(P.Linear(bias=True, activation="silu", activate="after")(x, w, 2), F.silu(x @ W.T + bias))
    assert torch.allclose(P.Linear(bias=True, activation="silu", activate="before")(x, w, 2), F.silu(x) @ W.T + bias)


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
    V = numbers(3, 4, low=-1000, high=1000).requires_grad_()
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


LOWER_MEDIAN = "lower median"  # numpy's own takes the mean of the two middle ones
METRICS = {U.Max: np.max, U.Min: np.min, U.Prod: np.prod, U.Sum: np.sum, U.Mean: np.mean, U.Median: LOWER_MEDIAN}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("fusion", METRICS, ids=lambda fusion: fusion.__name__)
def test_fusions_output_by_output_equal_numpy(fusion, count):
    parts = [numbers(2, 4, 3, seed=i) for i in range(count)]
    stacked = np.stack(parts)
    metric = METRICS[fusion]
    wanted = np.sort(stacked, 0)[(count - 1) // 2] if metric is LOWER_MEDIAN else metric(stacked, 0)
    np.testing.assert_allclose(fusion()(parts, EMPTY), wanted, atol=1e-15)
    assert count % 2 == 0 or metric is not LOWER_MEDIAN or np.array_equal(wanted, np.median(stacked, 0))


@pytest.mark.parametrize("fusion", [U.Sum(), U.Mean()], ids=repr)
def test_a_fusion_is_as_many_times_the_mean_as_it_says(fusion):
    for count in (1, 2, 5):
        parts = [numbers(4, 3, seed=i) for i in range(count)]
        close(fusion(parts, EMPTY), fusion.times_mean(count) * np.mean(np.stack(parts), 0))


def test_no_other_fusion_calls_itself_a_multiple_of_the_mean():
    fusions: list = [row() for row in rpn.CATALOGUE.values() if issubclass(row, U.Fusion)]
    assert {type(fusion) for fusion in fusions if fusion.times_mean(3) is not None} == {U.Sum, U.Mean}


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


HUGE = [E.Chebyshev(degree=10**9), E.Fourier(terms=10**9), E.BSpline(intervals=10**9), E.Haar(scales=10**4)]


@pytest.mark.parametrize("kappa", HUGE, ids=repr)
def test_to_ask_for_a_width_makes_no_features(kappa):
    assert kappa.width(3) % 3 == 0  # a loop over them would never end: an explorer asks before it refuses


@pytest.mark.parametrize("kernel", [kappa.kernel for kappa in rpn.expansion.Landmarks.samples()], ids=repr)
def test_landmarks_are_the_part_of_xi_where_rows_of_x_meet_the_points(kernel):
    points = rpn.expansion.Landmarks.example().points
    kernel = rpn.interdependence.AnisotropicRBF((0.5, 2.0, 0.0)) if isinstance(kernel, rpn.interdependence.AnisotropicRBF) else kernel
    x = numbers(4, 3)
    columns = torch.cat((x, torch.tensor(points, dtype=torch.float64))).mT
    whole = kernel.matrix(columns, torch.empty(0))  # everybody with everybody: rows and points
    torch.testing.assert_close(rpn.expansion.Landmarks(points, kernel)(x), whole[:4, 4:])


def test_landmarks_refuse_points_and_kernels_that_do_not_fit():
    L, X = rpn.expansion.Landmarks, rpn.interdependence
    with pytest.raises(ValueError, match="expansion.Landmarks.points must be rows of equal length"):
        L(((1.0, 2.0), (3.0,)))
    with pytest.raises(ValueError, match="kernel must have normalization='none', since each row meets the points alone, got .*Cosine"):
        L(((1.0, 2.0),), X.Cosine(normalization="softmax"))
    with pytest.raises(ValueError, match="AnisotropicRBF was made for 3 rows, got 2"):
        L(((1.0, 2.0),), X.AnisotropicRBF((1.0, 2.0, 3.0)))
    with pytest.raises(ValueError, match="expansion.Landmarks was made for m = 2 attributes, got 3"):
        rpn.Head(3, 1, rpn.Formula(L(((1.0, 2.0),))))


WINDOWS = {"rows": 5, "columns": 6, "channels": 2, "window_rows": 2, "window_columns": 3, "row_stride": 2, "column_padding": 1}


def test_windows_are_torchs_unfold_and_with_a_shared_psi_its_convolution():
    x, w = numbers(3, 60), numbers(4 * 2 * 2 * 3, seed=1)
    image, how = x.view(3, 2, 5, 6), {"stride": (2, 1), "padding": (0, 1)}
    z = E.Windows(**WINDOWS)(x)
    torch.testing.assert_close(z, F.unfold(image, (2, 3), **how).flatten(1))
    patches = math.prod(E.Windows(**WINDOWS).places)
    wanted = F.conv2d(image, w.view(4, 2, 2, 3), **how).flatten(1)
    torch.testing.assert_close(R.Shared(patches).product(z, w, 4 * patches), wanted)
    torch.testing.assert_close(E.WindowPooling(**WINDOWS)(x), F.max_pool2d(image, (2, 3), **how).flatten(1))
    torch.testing.assert_close(E.WindowPooling(**WINDOWS, metric="mean")(x), F.avg_pool2d(image, (2, 3), **how).flatten(1))
    torch.testing.assert_close(E.WindowPooling(**WINDOWS, metric="min")(x), -F.max_pool2d(-image, (2, 3), **how).flatten(1))
    torch.testing.assert_close(E.WindowPooling(**WINDOWS, metric="sum")(x), 6 * F.avg_pool2d(image, (2, 3), **how).flatten(1))


def test_windows_refuse_images_that_do_not_fit():
    with pytest.raises(ValueError, match="Windows.window_rows must be at most 4, the rows of the image with its margins, got 5"):
        E.Windows(window_rows=5)
    with pytest.raises(
        ValueError, match="WindowPooling.row_padding must be smaller than window_rows, 2, or a window lies in the margin, got 2"
    ):
        E.WindowPooling(row_padding=2)
    with pytest.raises(ValueError, match=r"was made for 16 numbers \(4 rows × 4 columns × 1 in channels\), got 15"):
        rpn.Head(15, 2, rpn.Formula(E.Windows()))
    with pytest.raises(ValueError, match="Shared.count must divide 5: one of 1, 5, got 2"):
        rpn.Head(4, 5, rpn.Formula(reconciliation=R.Shared(2)))


FAR = [part for part in samples("expansion") if isinstance(part, E.BSpline)]


@pytest.mark.parametrize("part", FAR, ids=repr)
def test_splines_far_from_0_are_as_exact_as_near_it(part):
    far = replace(part, low=1000.0 + part.low, high=1000.0 + part.high)
    x = torch.linspace(far.low, far.high, 501, dtype=torch.float32)
    np.testing.assert_allclose(planes(far, x), planes(far, x.double()), atol=4e-6)
