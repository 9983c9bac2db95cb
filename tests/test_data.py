"""Data: what the rows promise, against NumPy, SciPy and scikit-learn."""

import dataclasses
import importlib.util
import itertools
import math
import shutil
import socket
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import torch

from rpn_edu import data
from rpn_edu.data import split, tables

pytestmark = pytest.mark.quick
ALL = data.equations()
INFINITE_VARIANCE = {  # by hand: y behaves like 1/distance to a power that its square cannot be integrated over
    *{("elementary", "E.1"), ("composite", "C.0"), ("composite", "C.6"), ("composite", "C.15")},
    *{("dimensionless", name) for name in ("I.6.2", "I.6.2b", "I.9.18", "I.13.12", "I.15.3x", "II.38.3")},
}
NUMPY = {name: getattr(np, name) for name in "pi exp sqrt sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh".split()}
NUMPY["ln"] = np.log

each_table = pytest.mark.parametrize("table", ["elementary", "composite", "feynman", "dimensionless"])
each_equation = pytest.mark.parametrize("equation", ALL, ids=[f"{row.table}-{row.name}" for row in ALL])


def by_numpy(equation, x):
    """Another reader of the same formula: Python itself, on NumPy columns."""
    columns = {name: x[:, column] for column, (name, _, _) in enumerate(equation.variables)}
    with np.errstate(all="ignore"):
        return eval(equation.formula, {"__builtins__": {}}, NUMPY | columns)


def inside(equation, rows, seed=0):
    """Low-discrepancy rows strictly inside the ranges."""
    low, high = np.array([limits for _, *limits in equation.variables]).T
    u = scipy.stats.qmc.Sobol(len(low), seed=seed).random(rows)
    return low + (high - low) * np.clip(u, 1e-9, 1 - 1e-9)


# ---- equations ----------------------------------------------------------------------------------------------------------------------


@each_equation
def test_a_formula_agrees_with_numpy_and_is_finite_inside_its_ranges(equation):
    x = inside(equation, 256)
    y = equation(torch.from_numpy(x))
    assert y.shape == (256,) and y.dtype == torch.float64
    assert torch.isfinite(y).all()
    np.testing.assert_allclose(y.numpy(), by_numpy(equation, x), rtol=1e-11, atol=1e-300)


@each_table
def test_the_table_knows_the_spread_of_y(table):
    for equation in data.equations(table):
        y = by_numpy(equation, inside(equation, 2**15, seed=1))
        low, high = equation.y_percentiles
        wild = (table, equation.name) in INFINITE_VARIANCE
        assert np.percentile(y, [0.5, 99.5]) == pytest.approx([low, high], abs=(0.1 if wild else 0.03) * (high - low)), equation
        assert equation.y_std == (math.inf if wild else pytest.approx(y.std(), rel=0.03)), equation
        assert wild == ("infinite variance" in equation.note), equation


def test_the_sum_of_two_uniform_numbers_has_the_spread_of_the_textbook():
    total = data.equation("E.0")  # its distribution is a triangle on [0, 2]
    assert total.y_std == pytest.approx(1 / math.sqrt(6), rel=1e-3)
    assert total.y_percentiles == pytest.approx((0.1, 1.9), rel=1e-3)


def test_a_product_of_powers_has_the_spread_of_its_moments():
    def moment(power):  # of a number that is uniform on [1, 5]
        return (5 ** (power + 1) - 1) / (power + 1) / 4

    energy = data.equation("III.19.51")  # -m q**4 / (8 epsilon**2 h**2 n**2)
    mean = moment(1) * moment(4) * moment(-2) ** 3 / 8
    assert energy.y_std == pytest.approx(math.sqrt(moment(2) * moment(8) * moment(-4) ** 3 / 64 - mean**2), rel=1e-3)


@each_table
def test_the_note_says_where_y_is_not_finite(table):
    for equation in data.equations(table):
        closed = np.array(list(itertools.product(*(np.linspace(low, high, 3) for _, low, high in equation.variables))))
        everywhere = bool(torch.isfinite(equation(torch.from_numpy(closed))).all())
        assert everywhere == ("not finite at" not in equation.note), equation


@each_table
def test_float32_agrees_with_float64(table):
    for equation in data.equations(table):
        x = torch.from_numpy(inside(equation, 64)).float()
        single, double = equation(x), equation(x.double())
        low, high = equation.y_percentiles
        assert single.dtype == torch.float32
        torch.testing.assert_close(single.double(), double, rtol=1e-3, atol=1e-4 * (high - low), msg=f"{equation}: {{}}".format)


@each_table
def test_gradients_flow_to_every_variable(table):
    for equation in data.equations(table):
        x = torch.from_numpy(inside(equation, 32)).requires_grad_()
        (slope,) = torch.autograd.grad(equation(x).sum(), x)
        assert torch.isfinite(slope).all() and (slope != 0).any(dim=0).all(), equation


@pytest.mark.parametrize("name", ["E.14", "C.3", "C.13", "I.9.18", "I.26.2", "II.35.18", "III.9.52"])
def test_gradients_are_those_of_finite_differences(name):
    x = torch.from_numpy(inside(data.equation(name), 4)).requires_grad_()
    assert torch.autograd.gradcheck(data.equation(name), x)


def test_leading_axes_of_x_stay():
    gravity = data.equation("I.9.18")
    x = torch.from_numpy(inside(gravity, 8))
    assert torch.equal(gravity(x.view(2, 4, 9)), gravity(x).view(2, 4))
    assert torch.equal(gravity(x.T.contiguous().T), gravity(x))
    assert gravity(x[0]).shape == ()
    assert gravity(x[:0]).shape == (0,)


def test_there_are_161_equations_in_four_tables():
    sizes = {table: len(data.equations(table)) for table in ("elementary", "composite", "feynman", "Dimensionless")}
    assert sizes == {"elementary": 17, "composite": 17, "feynman": 100, "Dimensionless": 27}
    assert len(ALL) == len({(row.table, row.name.casefold()) for row in ALL}) == 161


def test_an_equation_is_found_by_name_and_table_in_any_case():
    for equation in ALL:
        assert data.equation(equation.name.swapcase(), equation.table.upper()) is equation


def test_a_name_alone_means_the_form_with_dimensions():
    laws = {row.name for row in data.equations("feynman")}
    for row in data.equations("dimensionless"):
        assert row.name in laws and data.equation(row.name).table == "feynman"


def test_names_that_mislead_other_readers_are_plain_variables():
    for name, variable in {"I.39.11": "gamma", "II.13.17": "I", "III.17.37": "Beta", "I.30.5": "lambd", "I.18.12": "theta"}.items():
        assert variable in data.equation(name).names
    ones = torch.ones(1, 4, dtype=torch.float64)
    assert data.equation("II.13.17")(ones).item() == pytest.approx(1 / (2 * math.pi))


def test_equations_are_values():
    first = data.equation("I.9.18")
    assert first == dataclasses.replace(first) and hash(first) == hash(dataclasses.replace(first))
    assert str(data.equation("E.14")) == "E.14: f = arcsinh(x+y)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.name = "mine"


def test_an_equation_of_your_own_needs_a_formula_and_ranges_only():
    mine = data.Equation("mine", "own", "y", "-2*sin(pi*a)**2 + +1e0", (("a", -1, 1),))
    assert mine(torch.tensor([[0.5], [0.0]])).tolist() == pytest.approx([-1, 1])
    assert mine.sample(10).x_train.shape == (5, 1)


@pytest.mark.parametrize(
    "formula",
    [
        *(
            "__import__('pathlib').Path('{trap}').touch()*x",
            "open('{trap}', 'w')",
            "exec(\"open('{trap}', 'w')\")",
            "x.real",
            "x.__class__",
        ),
        *(
            "().__class__",
            "x[0]",
            "(lambda: x)()",
            "[x for x in x]",
            "f'{x}'",
            "x if x else x",
            "x < 1",
            "x and x",
            "x @ x",
            "x // 2",
            "~x",
        ),
        *("x; x", "(x := 1)", "", "x +", "x\0", "exp(x, x)", "exp(*x)", "exp(x=x)", "exp", "1j*x", "True*x", "'a'*x", "x*None"),
        *(
            "9**9**9**9*x",
            "1/0*x",
            "(-1)**0.5*x",
            "sqrt((-1)**0.5)*x",
            "0",
            "(" * 500 + "x" + ")" * 500,
            "-" * 5000 + "x",
            "1" * 400 + "*x",
        ),
    ],
)
def test_a_formula_is_arithmetic_and_nothing_else(formula, tmp_path):
    formula = formula.replace("{trap}", str(tmp_path / "trap"))
    with pytest.raises(ValueError, match=r"^mine: the formula .* is refused: "):
        data.Equation("mine", "own", "y", formula, (("x", 0, 1),))
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    ("formula", "variables", "message"),
    [
        ("x.real + 1", ["x"], "'x.real' is not arithmetic"),
        ("arcsinn(x)", ["x"], "no function is called 'arcsinn'; did you mean arcsin"),
        ("r*F*sin(theta)", ["r", "F"], "'theta' is not a variable"),
        ("omega*2", ["omega_0"], "'omega' is not a variable; did you mean omega_0?"),
        ("x", ["x", "y"], "the variable 'y' must stand once"),
        ("x", ["x", "x"], "the variable 'x' must stand once"),
        ("2*pi", [], "real numbers that depend on a variable"),
    ],
)
def test_a_refused_formula_says_why(formula, variables, message):
    with pytest.raises(ValueError) as refused:
        data.Equation("mine", "own", "y", formula, tuple((name, 0, 1) for name in variables))
    assert message in str(refused.value) and repr(formula) in str(refused.value)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: data.equation("I.6.21"), LookupError, r"no equation is called 'I.6.21'; did you mean I.6.2a? or I.6.2"),
        (lambda: data.equation("E.3", "feynman"), LookupError, r"no feynman equation is called 'E.3'"),
        (lambda: data.equation(3), LookupError, r"no equation is called 3; equations\(\) lists them all"),
        (lambda: data.equations("feyman"), LookupError, r"no table of equations is called 'feyman'; did you mean feynman\?"),
        (lambda: data.equations("qqq"), LookupError, r"there are elementary, composite, feynman, dimensionless"),
        (lambda: data.equation("E.0")(torch.ones(3, 3)), ValueError, r"E.0 needs x of shape \(\.\.\., 2\), .* x, y, got \(3, 3\)"),
        (lambda: data.equation("E.0")(torch.tensor(1.0)), ValueError, r"got \(\)"),
        (lambda: data.equation("E.0")(torch.ones(3, 2, dtype=torch.int64)), TypeError, r"E.0 needs x in floating point, got torch.int64"),
        (lambda: data.equation("E.0").sample(1), ValueError, r"E.0.sample.rows must be int >= 2, got 1"),
        (lambda: data.equation("E.0").sample(test=1.0), ValueError, r"E.0.sample.test must lie between 0 and 1"),
        (lambda: data.curve(0), ValueError, r"curve.points must be int >= 1, got 0"),
        (lambda: data.curve(2.5), TypeError, r"curve.points must be int >= 1, got 2.5"),
        (lambda: data.curve(seed=-1), ValueError, r"curve.seed must be int >= 0, got -1"),
        (lambda: data.curve(noise=-0.1), ValueError, r"curve.noise must be a finite number >= 0 .*, got -0.1"),
        (lambda: data.curve(noise=math.nan), ValueError, r"got nan"),
        (
            lambda: data.curve(shape="wave"),
            ValueError,
            r"curve.shape must be one of 'waves', 'step', 'peak', got 'wave'; did you mean waves\?",
        ),
        (lambda: data.curve(dtype=torch.int64), TypeError, r"curve.dtype must be a floating point dtype .*, got torch.int64"),
        (lambda: data.digits(test=0), ValueError, r"digits.test must lie between 0 and 1 .*, got 0"),
        (lambda: data.iris(seed=None), TypeError, r"iris.seed must be int >= 0, got None"),
    ],
)
def test_errors_say_who_what_was_wanted_and_what_came(ask, error, message):
    with pytest.raises(error, match=message):
        ask()


# ---- rows drawn from a seed ---------------------------------------------------------------------------------------------------------


def test_a_sample_is_uniform_on_the_ranges_and_has_no_noise():
    law = data.equation("I.26.2")
    split = law.sample(4000, test=0.25, dtype=torch.float64)
    assert [tuple(part.shape) for part in split] == [(3000, 2), (3000, 1), (1000, 2), (1000, 1)]
    assert torch.equal(law(split.x_test)[:, None], split.y_test)
    for column, (_, low, high) in zip(split.x_train.T.numpy(), law.variables, strict=True):
        assert low <= column.min() and column.max() <= high
        assert scipy.stats.kstest(column, "uniform", (low, high - low)).pvalue > 0.01


def test_more_rows_keep_the_earlier_ones():
    law = data.equation("II.35.18")
    few, many = law.sample(18), law.sample(500)
    assert torch.equal(few.x_train, many.x_train[:9]) and torch.equal(few.y_train, many.y_train[:9])


@pytest.mark.parametrize("points", [1, 2, 15, 16, 17, 31, 60, 299])
def test_more_points_keep_the_earlier_ones(points):
    few, many = data.curve(points, seed=4), data.curve(300, seed=4)
    assert torch.equal(few.x_train, many.x_train[:points]) and torch.equal(few.y_train, many.y_train[:points])


@pytest.mark.parametrize(
    ("shape", "truth"),
    [
        ("waves", lambda x: (np.sin(3 * x) + np.sin(9 * x) / 2) / np.exp(x * x)),
        ("step", lambda x: np.heaviside(x - 0.3, 0)),
        ("peak", lambda x: 1 / (1 + (5 * x) ** 2)),
    ],
)
def test_without_noise_the_points_lie_on_the_curve(shape, truth):
    split = data.curve(noise=0, shape=shape)
    np.testing.assert_allclose(split.y_train, truth(split.x_train.numpy()), atol=1e-14)
    np.testing.assert_allclose(split.y_test, truth(split.x_test.numpy()), atol=1e-14)
    np.testing.assert_allclose(split.x_test[:, 0], np.linspace(-1, 1, 200), atol=1e-15)


def test_the_noise_slider_scales_the_same_noise():
    clean, some, more = (data.curve(noise=noise).y_train for noise in (0, 0.1, 0.3))
    torch.testing.assert_close(more - clean, 3 * (some - clean))
    assert torch.equal(data.curve(noise=0.3).y_test, data.curve(noise=0).y_test)
    step = data.curve(noise=0.1, shape="step").y_train - data.curve(noise=0, shape="step").y_train
    torch.testing.assert_close(step, some - clean)


def test_points_are_uniform_and_the_noise_is_normal():
    noisy, clean = data.curve(20_000, noise=1), data.curve(20_000, noise=0)
    assert scipy.stats.kstest(noisy.x_train[:, 0], "uniform", (-1, 2)).pvalue > 0.01
    noise = (noisy.y_train - clean.y_train)[:, 0]
    assert scipy.stats.kstest(noise, "norm").pvalue > 0.01
    assert abs(np.corrcoef(noise, noisy.x_train[:, 0])[0, 1]) < 0.03


DRAWS = {
    "curve": data.curve,
    "digits": data.digits,
    "iris": data.iris,
    "sample": data.equation("I.9.18").sample,
}
each_draw = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


@each_draw
def test_a_seed_gives_the_same_rows_and_another_seed_others(draw):
    first, again, other = draw(seed=1), draw(seed=1), draw(seed=2)
    assert all(map(torch.equal, first, again))
    assert not torch.equal(first.x_train, other.x_train)


@each_draw
def test_nobody_elses_random_numbers_are_touched_or_used(draw):
    torch.manual_seed(5)
    np.random.seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    first = draw()
    assert torch.equal(before[0], torch.get_rng_state()) and (before[1] == np.random.get_state()[1]).all()
    torch.manual_seed(6)
    assert all(map(torch.equal, first, draw()))


@each_draw
def test_float32_is_float64_rounded(draw):
    double, single = draw(dtype=torch.float64), draw(dtype=torch.float32)
    assert all(torch.equal(d.to(s.dtype), s) for d, s in zip(double, single, strict=True))
    assert single.x_train.dtype == torch.float32 and double.x_train.dtype == torch.float64


@each_draw
def test_rows_come_from_the_cpu_whatever_the_default_device(draw):
    with torch.device("meta"):  # a device without numbers
        moved = draw()
    assert all(map(torch.equal, draw(), moved))


@each_draw
def test_rows_arrive_on_the_device_that_was_asked_for(draw):
    assert {part.device.type for part in draw(device="meta")} == {"meta"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@each_draw
def test_a_gpu_sees_the_same_rows(draw):
    assert all(torch.equal(here, there.cpu()) for here, there in zip(draw(), draw(device="cuda"), strict=True))


def test_a_split_shows_its_shapes():
    assert repr(data.curve(8)) == (
        "Split(x_train: (8, 1) float64, y_train: (8, 1) float64, x_test: (200, 1) float64, y_test: (200, 1) float64)"
    )


# ---- real data ----------------------------------------------------------------------------------------------------------------------


def sorted_rows(*parts):
    table = np.concatenate([np.column_stack([x, y]) for x, y in parts])
    return table[np.lexsort(table.T)]


def test_digits_are_the_images_of_scikit_learn_each_once():
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    split = data.digits(dtype=torch.float64)
    assert [tuple(part.shape) for part in split] == [(1347, 64), (1347,), (450, 64), (450,)]
    assert split.y_train.dtype == split.y_test.dtype == torch.int64
    assert split.x_train.min() == 0 and split.x_train.max() == 1
    together = sorted_rows((split.x_train, split.y_train), (split.x_test, split.y_test))
    np.testing.assert_array_equal(together, sorted_rows((images / 16, labels)))
    assert len(np.unique(together, axis=0)) == 1797  # no two images are equal, so the parts are disjoint


def test_iris_is_standardised_by_its_training_rows_alone():
    from sklearn.datasets import load_iris
    from sklearn.preprocessing import StandardScaler

    flowers, species = load_iris(return_X_y=True)
    split = data.iris(dtype=torch.float64)
    assert split.x_train.mean(0).tolist() == pytest.approx([0] * 4, abs=1e-12)
    assert split.x_train.std(0, correction=0).tolist() == pytest.approx([1] * 4)
    # One straight line per column leads back to Fisher's numbers.
    whole = sorted_rows((split.x_train, split.y_train), (split.x_test, split.y_test))
    original = sorted_rows((flowers, species))
    for mine, theirs in zip(whole[:, :4].T, original[:, :4].T, strict=True):
        scale, offset = np.polyfit(np.sort(mine), np.sort(theirs), 1)
        np.testing.assert_allclose(scale * np.sort(mine) + offset, np.sort(theirs), atol=1e-10)
    train = StandardScaler().fit(split.x_train)
    np.testing.assert_allclose(train.transform(split.x_test), split.x_test, atol=1e-12)


@pytest.mark.parametrize("load", [data.digits, data.iris])
@pytest.mark.parametrize("test", [0.001, 0.25, 0.5, 0.999])
def test_every_class_gives_the_same_share(load, test):
    split = load(test=test)
    learnt, judged = np.bincount(split.y_train), np.bincount(split.y_test)
    members = learnt + judged
    assert (np.abs(judged - test * members) <= 1).all() and judged.min() >= 1 and learnt.min() >= 1


def test_both_parts_are_shuffled():
    for y in (data.digits().y_train, data.digits().y_test):
        beginning = np.bincount(y[:200], minlength=10)
        assert scipy.stats.chisquare(beginning).pvalue > 0.01


def test_a_larger_test_share_keeps_the_smaller_one():
    few, many = data.digits(test=0.1), data.digits(test=0.3)
    assert set(map(bytes, few.x_test.numpy())) < set(map(bytes, many.x_test.numpy()))


def test_the_rows_of_a_seed_never_change():
    # Written down once: another NumPy, scikit-learn or machine must give the same rows.
    assert data.digits().y_train[:12].tolist() == [5, 4, 2, 1, 9, 8, 0, 4, 1, 6, 3, 5]
    assert data.iris().y_train[:12].tolist() == [0, 0, 1, 1, 1, 1, 2, 2, 1, 0, 1, 2]
    assert data.curve(3).x_train[:, 0].tolist() == pytest.approx([0.940106003613106, -0.081234113745098, 0.29004824024553], abs=1e-14)
    assert data.curve(3).y_train[:, 0].tolist() == pytest.approx([0.354885541117, -0.430349546993, 1.016615958631], abs=1e-11)


def test_the_karate_club_is_connected_and_splits_in_equal_halves():
    links, faction = data.karate()
    degree = torch.tensor(links).flatten().bincount(minlength=34)
    assert len(links) == len({frozenset(link) for link in links}) == 78 and all(i < j for i, j in links)
    assert degree[[33, 0, 32, 11]].tolist() == [17, 16, 12, 1] and degree.sum() == 2 * 78
    assert faction.bincount().tolist() == [17, 17] and faction[[0, 33, 8]].tolist() == [0, 1, 0]
    reached = {0}
    for _ in range(34):
        reached |= {end for link in links for end in link if reached & set(link)}
    assert reached == set(range(34))


def test_the_karate_club_is_that_of_networkx():
    networkx = pytest.importorskip("networkx")
    club, ours = networkx.karate_club_graph(), data.karate()
    assert set(ours.links) == {tuple(sorted(link)) for link in club.edges}
    assert ours.faction.tolist() == [int(club.nodes[i]["club"] == "Officer") for i in range(34)]
    assert repr(ours) == "Karate(links: 78 pairs, faction: (34,) int64)"


def test_the_karate_club_comes_from_the_cpu_and_arrives_where_it_is_asked_for():
    with torch.device("meta"):
        assert torch.equal(data.karate().faction.cpu(), data.karate("cpu").faction)
    assert data.karate(device="meta").faction.device.type == "meta"


# ---- where it all comes from --------------------------------------------------------------------------------------------------------


def test_nothing_needs_a_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    tables.all_tables.cache_clear()
    assert len(data.equations()) == 161
    for draw in DRAWS.values():
        draw()


@pytest.mark.parametrize("load", [data.digits, data.iris])
def test_without_scikit_learn_the_error_names_the_extra(load, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=rf'{load.__name__}\(\) .* scikit-learn: pip install "rpn_edu\[explore\]"'):
        load()


def looked_for_in(folder: Path, monkeypatch):
    """The room that looks for the tables, alone and somewhere else, as a module of this package."""
    (folder / "data").mkdir(parents=True)
    spec = importlib.util.spec_from_file_location("rpn_edu.data.split_elsewhere", shutil.copy(split.__file__, folder / "data"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(tables, "place_of", module.place_of)
    tables.all_tables.cache_clear()


@pytest.mark.parametrize("place", ["site/rpn_edu/_data", "site/data"], ids=["wheel", "checkout"])
def test_the_tables_are_found_in_a_wheel_and_in_a_checkout(place, tmp_path, monkeypatch):
    shutil.copytree(split.place_of("feynman.csv").parent, tmp_path / place)
    looked_for_in(tmp_path / "site" / "rpn_edu", monkeypatch)
    assert len(data.equations()) == 161 and str(tables.place_of("feynman.csv")).startswith(str(tmp_path))


def test_lost_tables_are_reported_with_the_places_searched(tmp_path, monkeypatch):
    looked_for_in(tmp_path / "site" / "rpn_edu", monkeypatch)
    with pytest.raises(FileNotFoundError) as lost:
        data.equations()
    for part in ("elementary.csv", str(tmp_path / "site" / "rpn_edu" / "_data"), str(tmp_path / "site" / "data")):
        assert part in str(lost.value)
