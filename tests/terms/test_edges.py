"""Edges: a missing value, an infinite one, and the least and the largest number that every field allows."""

import dataclasses
import itertools
import math

import mpmath
import numpy as np
import pytest
import scipy.interpolate
import scipy.special
import torch

import rpn_edu as rpn
import rpn_edu.explore  # noqa: F401  # pictures are components, too
from rpn_edu.component import LARGE, LAST_SEED
from rpn_edu.shared.activation import ACTIVATIONS
from tests.help import cast, columns_for, inside, m_of, numbers, over, sizes_for, sizes_of

# ---- missing and infinite values ----------------------------------------------------------------------------------------------------


def is_honest(f, draw, entries):
    """One entry of the data after the other becomes NaN, inf and -inf: what depends on it shows NaN, infinity or the limit."""
    x = draw(99)
    for entry in entries:
        depends = torch.zeros_like(f(x), dtype=torch.bool)
        for seed in range(8):
            one = draw(seed)
            other = one.clone()
            other[entry] = draw(seed + 50)[entry]
            depends |= f(one) != f(other)
        found, far = x.clone(), x.clone()
        found[entry] = math.nan
        assert f(found)[depends].isnan().all(), f"NaN at {entry} is hidden"
        for sign in (1, -1):
            found[entry], far[entry] = sign * math.inf, sign * 1e70
            z, limit = f(found), f(far)
            right = ~z.isfinite() | ((z - limit).abs() <= 1e-6 * (1 + limit.abs()))
            assert right[depends].all(), f"{sign} · inf at {entry} is taken for a number"


@over("expansion")
def test_an_expansion_hides_no_missing_and_no_infinite_value(part):
    m = m_of(part)
    is_honest(part, lambda seed: inside(part, 2, m, seed=seed), [(0, j) for j in range(min(m, 4))])


@over("interdependence")
def test_an_interdependence_hides_no_missing_and_no_infinite_value(part):
    r, k = sizes_of(part, r=4)
    torch.manual_seed(0)
    w, frozen, kappa = part.init(r, k).double(), cast(part.frozen(r, k), torch.float64), getattr(part, "expansion", None)

    def draw(seed):
        return inside(kappa, r, k, seed=seed) if kappa else numbers(r, k, seed=seed)

    is_honest(lambda V: part.matrix(V, w, frozen), draw, [(0, 0), (r - 1, 1)])
    is_honest(lambda y: part.mix(y, draw(1), w, frozen), lambda seed: numbers(2, k, seed=seed), [(0, 0), (1, k - 1)])


@over("reconciliation")
def test_a_product_hides_no_missing_and_no_infinite_value(part):
    n, D = sizes_for(part)
    torch.manual_seed(0)
    w, frozen = part.init(n, D).double(), cast(part.frozen(n, D), torch.float64)
    is_honest(lambda z: part.product(z, w, n, frozen), lambda seed: numbers(2, D, seed=seed), [(0, 0), (1, D - 1)])


@over("remainder")
def test_a_remainder_hides_no_missing_and_no_infinite_value(part):
    w = part.init(4, 4).double()
    is_honest(lambda x: part(x, w, 4), lambda seed: numbers(2, 4, low=-3.0, high=3.0, seed=seed), [(0, 0), (1, 3)])


@over("fusion")
def test_a_fusion_hides_no_missing_and_no_infinite_value(part):
    w, frozen = part.init([4] * 3).double(), cast(part.frozen([4] * 3), torch.float64)
    is_honest(lambda x: part(list(x), w, frozen), lambda seed: numbers(3, 2, 4, seed=seed), [(0, 0, 0), (2, 1, 3)])


@pytest.mark.parametrize("function", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_an_activation_hides_no_missing_and_no_infinite_value(function):
    is_honest(function, lambda seed: numbers(2, low=-3.0, high=3.0, seed=seed), [(0,)])


def test_a_sample_of_a_row_with_a_missing_value_is_missing_unless_nothing_depends_on_it():
    x = numbers(2, 5)
    x[0, 2] = math.nan
    for density in ("normal", "cauchy", "chi_squared", "exponential", "gamma", "laplace"):
        for seed in range(5):
            assert rpn.expansion.Sampled(3, density, seed=seed)(x).isnan().tolist() == [[True] * 3, [False] * 3]
    assert rpn.expansion.SampledSubsets(2, 3)(x).isnan().all(1).tolist() == [True, False]
    for seed in range(5):  # the uniform sample looks at nothing: it takes the same attributes of every row
        kappa = rpn.expansion.Sampled(3, "uniform", seed=seed)
        kept = kappa(torch.arange(5.0)[None])[0].long().tolist()
        torch.testing.assert_close(kappa(x), x[:, kept], equal_nan=True)


# ---- numbers of every size ----------------------------------------------------------------------------------------------------------

SIZES = [0, 1e-300, 1 / LARGE, 1e-6, 1e3, 1e6, LARGE, 1e300, 2**63, LAST_SEED, 2**64, 10**400, math.inf, math.nan]
FIELDS = [
    pytest.param(row, field, id=f"{row.qualified_name()}.{field.name}")
    for row in rpn.CATALOGUE.values()
    if row.__module__.startswith("rpn_edu.") and "explore" not in row.__module__
    for field in row.declared
    if field.kind in ("int", "float")
]


def told(row, field):
    """Components with the field at its ends and at numbers of every size; all others are refused in our words."""
    dial = field.meta
    ends = [end for end in (dial.limit, dial.most) if end is not None]
    beside = [math.nextafter(end, side) for end in ends for side in (-math.inf, math.inf)]
    for value in [*ends, *beside, *SIZES, *(-size for size in SIZES)]:
        if field.kind == "int" and value - value == 0:  # neither NaN nor infinite
            value = int(value)
        try:
            yield value, dataclasses.replace(row.example(), **{field.name: value})
        except (ValueError, TypeError) as refusal:
            assert str(refusal).startswith(f"{row.__name__}."), refusal


def made(part, dtype):
    """What a component makes of data in its domain."""
    match part.term:
        case "expansion":
            yield part(inside(part, 6, m_of(part), dtype=dtype))
        case "interdependence":
            r, k = sizes_of(part)
            yield part.matrix(columns_for(part, r, k, dtype=dtype), part.init(r, k).to(dtype))
        case "reconciliation":
            n, D = sizes_for(part)
            w = part.init(n, D).to(dtype)
            yield from (part.matrix(w, n, D), part.product(numbers(3, D, dtype=dtype), w, n))
        case "remainder":
            yield part(numbers(3, 4, dtype=dtype), part.init(4, 4).to(dtype), 4)


def counted(part):
    """How large it is: counted without making any of it, whatever the size; a ValueError says what does not fit."""
    try:
        size = {
            "expansion": lambda: part.width(m_of(part)),
            "interdependence": lambda: part.width(m_of(part, 4)),
            "reconciliation": lambda: part.length(*(size if size < 10**6 else 8 for size in sizes_for(part))),
        }.get(part.term, lambda: 1)()
        assert type(size) is int and size >= 0
    except ValueError as refusal:
        assert type(part).__name__ in str(refusal)
        return math.inf
    return size


@pytest.mark.parametrize("row, field", FIELDS)
def test_a_number_of_any_size_is_refused_in_our_words_or_gives_numbers(row, field):
    taken = 0
    for value, part in told(row, field):
        taken += 1
        few = counted(part) < 10_000 and (field.kind == "float" or value <= 100 or field.name == "seed")
        for dtype in (torch.float32, torch.float64) if few else ():
            for z in made(part, dtype):
                assert not z.isnan().any(), (part, dtype)
                assert z.isfinite().all() or abs(value) == LARGE, (part, dtype)  # of powers of what is so large, infinity is the truth
    assert taken


def test_all_seeds_end_where_those_of_torch_end():
    seeds = [
        field for row in rpn.CATALOGUE.values() for field in row.declared if field.name == "seed" and row.__module__.startswith("rpn_edu")
    ]
    drawn_here = [field for field in seeds if field.owner != "Twin"]  # which hands its seed to scikit-learn
    ends = {LAST_SEED, LAST_SEED - 1000}  # pictures draw once more, from seed + 1000
    assert len(drawn_here) > 10 and {field.meta.most for field in drawn_here} == ends
    assert {field.meta.most for field in seeds if field not in drawn_here} == {2**32 - 1}
    torch.Generator().manual_seed(LAST_SEED)
    with pytest.raises(
        ValueError, match=r"^Masked.seed must be int >= 0 and <= 18446744073709551615 \(seed of the frozen numbers\), got 184"
    ):
        rpn.from_config({**rpn.reconciliation.Masked().to_config(), "seed": 2**64})


def test_the_limits_of_a_float_are_told():
    for value in (1e300, 1e-300, math.inf, 10**400):
        with pytest.raises(
            ValueError, match=r"^GaussianRBF.epsilon must be float of a size from 1e-18 to 1e\+18, or 0 \(how narrow a bump is\), got"
        ):
            rpn.expansion.GaussianRBF(epsilon=value)
    with pytest.raises(
        ValueError, match=r"^Affine.matrix must be numbers of a size up to 1e\+18 in nested tuples \(M, row by row\), got 1e\+300"
    ):
        rpn.expansion.Affine(((1.0, 1e300),))


def test_the_size_of_what_could_never_be_made_is_known_at_once():
    E, R, huge = rpn.expansion, rpn.reconciliation, 10**9
    for kappa in (E.Fourier(huge), E.BSpline(huge), E.GaussianRBF(huge), E.Haar(huge, huge), E.Haar(huge, order=1000), E.Taylor(1000)):
        assert kappa.width(64) > huge
    assert E.Haar(2, 3, order=2).width(4) == E.Haar(2, 3, order=2)(numbers(1, 4)).shape[1] == 24 + 24**2
    assert E.CombinatorialNormal(huge).width(3) == E.CombinatorialNormal(huge)(numbers(1, 3)).shape[1] == 7
    assert E.SampledSubsets(3, 4).width(5) == E.SampledSubsets(3, 4)(numbers(1, 5)).shape[1] == 24
    assert R.LowRank(huge).length(huge, huge) == 2 * huge**2 and R.Kronecker().length(3 * huge, huge) > 0


@pytest.mark.parametrize("shape, depth_radius", [("cuboid", 0), ("cuboid", 2), ("cylinder", 1), ("sphere", 0)])
def test_the_places_of_a_patch_are_counted_as_they_are_made(shape, depth_radius):
    for radius in range(12):
        kappa = rpn.expansion.Patches(shape=shape, radius=radius, depth_radius=depth_radius)
        box = itertools.product(range(-radius, radius + 1), repeat=2)
        flat = [i * i + j * j for i, j in box]
        if shape == "sphere":
            wanted = sum(square + k * k <= radius**2 for square in flat for k in range(-radius, radius + 1))
        else:
            wanted = sum(shape == "cuboid" or square <= radius**2 for square in flat) * (2 * depth_radius + 1)
        assert kappa.positions == len(kappa.offsets()) == wanted


@pytest.mark.parametrize("alpha, beta", [(300.0, 300.0), (1000.0, 1000.0), (1000.0, 1.6), (1.6, 1000.0), (1000.0, 200.0), (2.0, 2.0)])
def test_a_beta_wavelet_of_large_exponents_is_that_of_exact_arithmetic(alpha, beta):
    p, q = mpmath.mpf(alpha) - 1, mpmath.mpf(beta) - 1
    with mpmath.workdps(50):
        B = mpmath.beta
        norm = mpmath.sqrt(p**2 * B(2 * p - 1, 2 * q + 1) + q**2 * B(2 * p + 1, 2 * q - 1) - 2 * p * q * B(2 * p, 2 * q))
        deviation = mpmath.sqrt(p * q / (p + q) ** 3)
        places = [float(p / (p + q) + deviation * t) for t in np.linspace(-4, 4, 41)]
        places = [u for u in places if 0 < u < 1]
        slope = [mpmath.mpf(u) ** (p - 1) * (1 - mpmath.mpf(u)) ** (q - 1) * (p * (1 - mpmath.mpf(u)) - q * mpmath.mpf(u)) for u in places]
        wanted = np.array([float(-each / norm) for each in slope])
    kappa = rpn.expansion.BetaWavelet(alpha=alpha, beta=beta)
    ours = kappa(torch.tensor(places, dtype=torch.float64)[:, None])[:, 0].numpy()
    np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-9 * np.abs(wanted).max())
    single = kappa(torch.tensor(places, dtype=torch.float32)[:, None])[:, 0].numpy()
    truth = kappa(torch.tensor(places, dtype=torch.float32).double()[:, None])[:, 0].numpy()
    np.testing.assert_allclose(single, truth, atol=2e-3 * np.abs(wanted).max())
    assert kappa(torch.tensor([[-1.0], [0.0], [1.0], [2.0]])).tolist() == [[0.0]] * 4


@pytest.mark.parametrize("kappa, truth", [
    (rpn.expansion.Laguerre(4, 1e6), lambda k, x: scipy.special.eval_genlaguerre(k, 1e6, x)),
    (rpn.expansion.Gegenbauer(4, 1e6), lambda k, x: scipy.special.eval_gegenbauer(k, 1e6, x)),
    (rpn.expansion.Jacobi(4, 1e6, 1e3), lambda k, x: scipy.special.eval_jacobi(k, 1e6, 1e3, x)),
    (rpn.expansion.Chebyshev(1000), scipy.special.eval_chebyt),
    (rpn.expansion.Legendre(1000), scipy.special.eval_legendre),
], ids=lambda given: repr(given) if isinstance(given, rpn.Component) else "")  # fmt: skip
def test_polynomials_of_large_degrees_and_exponents_equal_scipy(kappa, truth):
    x = inside(kappa, 30, 1)
    wanted = np.stack([truth(k, x[:, 0].numpy()) for k in range(1, kappa.degree + 1)], 1)
    np.testing.assert_allclose(kappa(x).numpy() / np.abs(wanted).max(0), wanted / np.abs(wanted).max(0), atol=1e-9)


def test_polynomials_that_leave_the_floats_are_refused_and_one_degree_less_is_not():
    E = rpn.expansion
    for kappa in (E.Hermite, E.Bessel, E.ReverseBessel, E.Fibonacci, E.Lucas):
        with pytest.raises(
            ValueError, match=rf"{kappa.__name__}.degree must be at most \d+ here: P_\d+\(.*\) goes beyond 1e\+36.*degree=1000"
        ) as refusal:
            kappa(1000)
        most = int(str(refusal.value).partition("at most ")[2].partition(" ")[0])
        assert most >= 20 and kappa(most)(inside(kappa(), 50, 2, dtype=torch.float32)).isfinite().all()
        with pytest.raises(ValueError, match=f"at most {most} here"):
            kappa(most + 1)
    with pytest.raises(ValueError, match=r"Laguerre.degree must be at most 2 here"):
        E.Laguerre(10, alpha=LARGE)


def test_b_splines_of_the_largest_degree_equal_scipy_in_both_precisions():
    kappa = rpn.expansion.BSpline(intervals=6, degree=30)
    h = 2 / 6
    knots = -1 + h * np.arange(-30, 6 + 30 + 1)
    x = numbers(40, 1)
    basis = [scipy.interpolate.BSpline.basis_element(knots[j : j + 32], extrapolate=False) for j in range(36)]
    wanted = np.nan_to_num(np.stack([b(x[:, 0].numpy()) for b in basis], 1))
    np.testing.assert_allclose(kappa(x), wanted, atol=1e-12)
    np.testing.assert_allclose(kappa(x.float()), wanted, atol=1e-5)


@pytest.mark.parametrize("p", [1.0, 6.0, 10.0])
def test_the_largest_power_of_a_distance_loses_nothing(p):
    V = numbers(5, 8, dtype=torch.float32, seed=3) * torch.logspace(-3, 1, 8)
    exact = V.double().numpy()
    wanted = np.exp(-((np.abs(exact[:, :, None] - exact[:, None]) ** p).sum(0) ** (1 / p)))
    np.testing.assert_allclose(rpn.interdependence.Minkowski(p=p).matrix(V, torch.zeros(0)), wanted, atol=1e-3)


def test_the_smallest_restart_loses_few_digits_in_float32():
    ring = rpn.interdependence.PageRank(links=tuple((i, (i + 1) % 9) for i in range(9)), restart=1e-3)
    A = ring.matrix(torch.zeros(1, 9), torch.zeros(0))
    torch.testing.assert_close(A.double(), ring.matrix(torch.zeros(1, 9).double(), torch.zeros(0)), rtol=1e-2, atol=0)
    torch.testing.assert_close(A.sum(0), torch.ones(9), rtol=1e-2, atol=0)


def test_the_last_seed_is_drawn_from_and_the_next_one_refused_wherever_one_is_taken():
    assert rpn.data.moons(seed=LAST_SEED).x_test.shape == (200, 2) and len(rpn.data.digits(seed=LAST_SEED).x_test) > 400
    for ask in (rpn.data.curve, rpn.data.moons, rpn.data.digits, rpn.data.iris):
        with pytest.raises(ValueError, match=f"seed must be int .*{LAST_SEED}"):
            ask(seed=LAST_SEED + 1)
