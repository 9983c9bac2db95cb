"""Data that need no download: a noisy curve, two small real sets, a social network, and 161 equations with their ranges.

Everything random is drawn on the CPU from its own seed, in float64, and cast at the end: every device and every dtype sees the same rows.
Where the facts come from, and what every column of the tables means: `data/README.md`.
"""

import ast
import csv
import functools
import io
import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

from . import given, machine
from .component import did_you_mean

__all__ = ["Equation", "Karate", "Split", "curve", "digits", "equation", "equations", "iris", "karate", "moons"]


class Split(NamedTuple):
    """Rows to learn from and rows to be judged by: four tensors, first axis = rows. It unpacks like a tuple."""

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor

    def __repr__(self) -> str:
        shown = (f"{name}: {tuple(part.shape)} {str(part.dtype).removeprefix('torch.')}" for name, part in self._asdict().items())
        return f"Split({', '.join(shown)})"


# ---- real data ----------------------------------------------------------------------------------------------------------------------


def digits(test: float = 0.25, seed: int = 0, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> Split:
    """1,797 handwritten digits of 8 x 8 grey pixels; 13 people wrote them.

    x: (rows, 64), row by row from the top left, scaled from 0..16 to [0, 1]. y: (rows,) int64, the digit 0..9.
    `test` is the share of every digit that is set aside; both parts are shuffled.
    Source: the test set of "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998; UCI), as scikit-learn ships it.
    Raises ImportError without scikit-learn; ValueError unless 0 < test < 1.
    """
    images, labels = _shipped_with_scikit_learn("digits")
    train, held_out = _stratified("digits", labels, test, seed)
    images = images / 16
    return _split("digits", images[train], labels[train], images[held_out], labels[held_out], dtype, device)


def iris(test: float = 0.25, seed: int = 0, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> Split:
    """150 iris flowers, 50 of each of three species.

    x: (rows, 4), length and width of the sepal and of the petal (cm), standardised with the mean and deviation of the training rows:
    the test rows must not leak into the scale. y: (rows,) int64, 0 setosa, 1 versicolor, 2 virginica.
    `test` is the share of every species that is set aside; both parts are shuffled.
    Source: R. A. Fisher (1936), as scikit-learn ships it. Raises ImportError without scikit-learn; ValueError unless 0 < test < 1.
    """
    flowers, species = _shipped_with_scikit_learn("iris")
    train, held_out = _stratified("iris", species, test, seed)
    flowers = (flowers - flowers[train].mean(axis=0)) / flowers[train].std(axis=0)
    return _split("iris", flowers[train], species[train], flowers[held_out], species[held_out], dtype, device)


def _shipped_with_scikit_learn(name: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn import datasets
    except ImportError as missing:
        raise ImportError(f'{name}() reads the copy that comes with scikit-learn: pip install "rpn_edu[explore]"') from missing
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return x.astype(np.float64), y.astype(np.int64)


def _stratified(who: str, labels: np.ndarray, test: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shuffled indices of training and test rows; every class gives the same share, and keeps a row on each side."""
    test = _share_of_rows(who, test)
    # NumPy promises the raw bits of a bit generator for ever, but not what shuffle or permutation make of them.
    bits = np.random.PCG64(given.seed(f"{who}.seed", seed)).random_raw(2 * len(labels))
    # One draw chooses, another orders: in the order of choice the training rows would begin with whichever class was full first.
    choice, shuffled = np.argsort(bits.reshape(2, -1), axis=1, kind="stable")
    held_out = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = choice[labels[choice] == label]
        held_out[members[: _share(test, len(members))]] = True
    return shuffled[~held_out[shuffled]], shuffled[held_out[shuffled]]


# ---- a network ----------------------------------------------------------------------------------------------------------------------


class Karate(NamedTuple):
    """Who met whom, and who went where. Member i of the paper is node i - 1 here, as in `interdependence.Graph`."""

    links: tuple[tuple[int, int], ...]
    """78 pairs of nodes from 0 to 33, each once, the smaller number first."""
    faction: torch.Tensor
    """(34,) int64: 0 went with the instructor (node 0), 1 stayed with the officers (node 33)."""

    def __repr__(self) -> str:
        return f"Karate(links: {len(self.links)} pairs, faction: {tuple(self.faction.shape)} int64)"


def karate(device: torch.device | str = "cpu") -> Karate:
    """A karate club of 34 members before it split in two: 78 links of members who met outside the club, and the side each one took.

    Source: W. W. Zachary, "An Information Flow Model for Conflict and Fission in Small Groups" (1977).
    """
    there = machine.device(device, "karate.device")
    members = list(csv.DictReader(io.StringIO(machine.text(_find("karate.csv")))))
    links = tuple((int(row["member"]) - 1, int(other) - 1) for row in members for other in row["links"].split())
    faction = torch.tensor([int(row["faction"] == "officers") for row in members], device="cpu")
    return Karate(links, faction.to(there))


# ---- a curve ------------------------------------------------------------------------------------------------------------------------


def waves(x: torch.Tensor) -> torch.Tensor:
    """Two frequencies under a bell: smooth, but not periodic, so that no basis gets it for free."""
    return (torch.sin(3 * x) + 0.5 * torch.sin(9 * x)) * torch.exp(-(x**2))


def step(x: torch.Tensor) -> torch.Tensor:
    """A jump makes smooth bases ring (Gibbs). It sits where neither symmetry nor a default spline knot helps."""
    return (x > 0.3).to(x.dtype)


def peak(x: torch.Tensor) -> torch.Tensor:
    """Runge's function: high degrees run wild towards the ends, local bases do not."""
    return 1 / (1 + 25 * x**2)


SHAPES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"waves": waves, "step": step, "peak": peak}


def curve(
    points: int = 60,
    noise: float = 0.1,
    seed: int = 0,
    shape: Literal["waves", "step", "peak"] = "waves",
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> Split:
    """A noisy curve on [-1, 1]: `points` rows to learn from, 200 even rows without noise to be judged by.

    x and y: (rows, 1). Training x are uniform, in random order; y = f(x) + noise times a standard normal number, and f stays within ±1.2.
    "waves" is (sin 3x + sin(9x)/2) exp(-x²), "step" jumps from 0 to 1 at x = 0.3, "peak" is 1 / (1 + 25 x²).

    Made for sliders: another `noise` or `shape` keeps x and scales the same noise; more `points` keep the earlier ones.
    Raises ValueError for an unknown shape, points < 1 or noise < 0.
    """
    points, noise = given.count("curve.points", points), given.number("curve.noise", noise, 0, "standard deviation of the noise")
    if not isinstance(shape, str) or shape not in SHAPES:
        raise ValueError(f"curve.shape must be one of {', '.join(map(repr, SHAPES))}, got {shape!r}{did_you_mean(shape, SHAPES)}")
    # One row of two uniform numbers per point: torch.randn draws in blocks, and its early numbers would change with `points`.
    where, luck = _uniform("curve", points, 2, seed).unbind(-1)
    x, x_test = 2 * where - 1, torch.linspace(-1, 1, 200, dtype=torch.float64, device="cpu")
    y = SHAPES[shape](x) + noise * torch.special.ndtri(luck.clamp(min=2.0**-54))  # the normal quantile; that of 0 is minus infinity
    return _split("curve", x[:, None], y[:, None], x_test[:, None], SHAPES[shape](x_test)[:, None], dtype, device)


# ---- two moons ----------------------------------------------------------------------------------------------------------------------


def moons(
    points: int = 60, noise: float = 0.2, seed: int = 0, dtype: torch.dtype = torch.float64, device: torch.device | str = "cpu"
) -> Split:
    """Two half circles that interlock: `points` rows to learn from, 200 fresh ones with the same noise to be judged by.

    x: (rows, 2), y: (rows,) int64, 0 for the upper moon and 1 for the lower one, in turn. Both half circles have the radius 1 before
    everything is moved and scaled by 1.5 into [-1, 1]; `noise` is the standard deviation before that, as in scikit-learn's make_moons.
    Made for sliders: another `noise` scales the same noise; more `points` keep the earlier ones. ValueError for points < 2 or noise < 0.
    """
    points, noise = given.count("moons.points", points, 2), given.number("moons.noise", noise, 0, "standard deviation of the noise")
    where, *luck = _uniform("moons", 200 + points, 3, seed).unbind(-1)  # the first 200 are the fresh ones, however many points follow
    lower, angle = torch.arange(200 + points, device="cpu") % 2, math.pi * where
    x = torch.stack([angle.cos(), angle.sin()], -1)
    x = torch.where(lower[:, None] == 0, x, torch.tensor([1.0, 0.5], dtype=torch.float64, device="cpu") - x)
    x = x + noise * torch.special.ndtri(torch.stack(luck, -1).clamp(min=2.0**-54))
    x = (x - torch.tensor([0.5, 0.25], dtype=torch.float64, device="cpu")) / 1.5
    return _split("moons", x[200:], lower[200:], x[:200], lower[:200], dtype, device)


# ---- equations ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Equation:
    """An equation with the ranges of its variables: a value that can be called.

    `formula` is arithmetic in Python's notation: + - * / **, numbers, pi, the names of the variables and the functions exp ln sqrt, sin
    cos tan, sinh cosh tanh and their inverses (arcsin ... arctanh). It is read, never run as Python: anything else is a ValueError.
    `variables` holds (name, low, high) in the order of the columns of x; the numbers have no units.
    `y_percentiles` are the 0.5 % and 99.5 % points of y for x uniform on its ranges, `y_std` its standard deviation. Where the variance is
    infinite, `y_std` is inf: scale errors by the percentiles then. `note` says so, and where y is not finite.
    """

    name: str
    table: str
    output: str
    formula: str
    variables: tuple[tuple[str, float, float], ...]
    y_percentiles: tuple[float, float] = (math.nan, math.nan)
    y_std: float = math.nan
    note: str = ""

    def __post_init__(self) -> None:
        _parsed(self.name, self.formula, self.names)  # a bad formula is refused when the equation is made, not when it is used

    def __str__(self) -> str:
        return f"{self.name}: {self.output} = {self.formula}"

    @property
    def names(self) -> tuple[str, ...]:
        """The variables' names, in the order of the columns of x."""
        return tuple(name for name, _, _ in self.variables)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """y of shape (...) for x of shape (..., number of variables), floating point, on any device. Gradients flow.

        Raises TypeError for other dtypes and ValueError for another number of columns. Outside the ranges y may be nan or infinite.
        """
        x = given.tensor(f"{self.name}.x", x)
        if not torch.is_floating_point(x):
            raise TypeError(f"{self.name} needs x in floating point, got {x.dtype}")
        if x.ndim == 0 or x.shape[-1] != len(self.variables):
            wanted = f"(..., {len(self.variables)}), one column for each of {', '.join(self.names)}"
            raise ValueError(f"{self.name} needs x of shape {wanted}, got {tuple(x.shape)}")
        return _parsed(self.name, self.formula, self.names)(dict(zip(self.names, x.unbind(-1), strict=True)))

    def sample(
        self, rows: int = 2000, test: float = 0.5, seed: int = 0, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> Split:
        """Rows with every variable uniform on its range: x (rows, number of variables), y (rows, 1), no noise.

        The last round(rows * test) rows are the test rows. The defaults are the toolkit's sizes: 1,000 to learn from, 1,000 to judge by.
        More `rows` keep the earlier ones. Raises ValueError for rows < 2 or unless 0 < test < 1.
        """
        who = f"{self.name}.sample"
        rows, test = given.count(f"{who}.rows", rows, 2), _share_of_rows(who, test)
        low, high = torch.tensor([limits for _, *limits in self.variables], dtype=torch.float64, device="cpu").T
        x = low + (high - low) * _uniform(who, rows, len(self.variables), seed)
        y = self(x)[:, None]
        cut = rows - _share(test, rows)
        return _split(who, x[:cut], y[:cut], x[cut:], y[cut:], dtype, device)


def equation(name: str, table: str | None = None) -> Equation:
    """The equation of that name: "E.14", "C.3", "I.9.18". Upper and lower case are the same.

    27 Feynman equations also have a form without dimensions under the same name: `equation("I.9.18", "dimensionless")`. Without a
    `table` the one with dimensions is meant. Raises LookupError with the near misses.
    """
    found = {row.name.casefold(): row for row in reversed(equations(table))}  # reversed: the first of two equal names stays
    if str(name).casefold() in found:
        return found[str(name).casefold()]
    near = did_you_mean(name, [row.name for row in found.values()])
    place = "equation" if table is None else f"{str(table).casefold()} equation"
    raise LookupError(f"no {place} is called {name!r}{near or '; equations() lists them all'}")


def equations(table: str | None = None) -> tuple[Equation, ...]:
    """All equations in the order of their tables, or those of one table.

    "elementary" (17) and "composite" (17) are functions of x + y, "feynman" (100) are laws from the Feynman lectures, "dimensionless"
    (27) are such laws without dimensions. Sources: `data/README.md`.
    Raises LookupError for another table, FileNotFoundError if the tables are not where they belong.
    """
    tables = _tables()
    if table is None:
        return tuple(row for rows in tables.values() for row in rows)
    if str(table).casefold() not in tables:
        raise LookupError(f"no table of equations is called {table!r}{did_you_mean(table, tables) or '; there are ' + ', '.join(tables)}")
    return tables[str(table).casefold()]


@functools.cache
def _tables() -> dict[str, tuple[Equation, ...]]:
    found: dict[str, tuple[Equation, ...]] = {}
    for file in ("elementary.csv", "composite.csv", "feynman.csv"):
        for row in _read(file):
            found[row.table] = (*found.get(row.table, ()), row)
    return found


def _read(file: str) -> Iterator[Equation]:
    for row in csv.DictReader(io.StringIO(machine.text(_find(file)))):
        variables = (variable.split(":") for variable in row["variables"].split(";"))
        yield Equation(
            **{column: row[column] for column in ("name", "table", "output", "formula", "note")},
            variables=tuple((name, float(low), float(high)) for name, low, high in variables),
            y_percentiles=(float(row["y_low"]), float(row["y_high"])),
            y_std=float(row["y_std"]),
        )


def _find(file: str) -> Path:
    here = Path(__file__).resolve().parent
    places = here / "_data", here.parent / "data"  # in a wheel; in a checkout
    for place in places:
        if (place / file).is_file():
            return place / file
    raise FileNotFoundError(f"rpn_edu.data found no {file}; it looked in {' and in '.join(map(str, places))}")


# ---- formulas: arithmetic and nothing else ------------------------------------------------------------------------------------------

Term = Callable[[dict[str, torch.Tensor]], Any]
"""What a piece of a formula becomes: values of the variables in, value out. Numbers stay Python floats, so they know no device or dtype."""

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow}
SIGNS = {ast.UAdd: operator.pos, ast.USub: operator.neg}
FUNCTIONS = {"ln": torch.log} | {
    function.__name__: function
    for function in (
        *(torch.exp, torch.sqrt, torch.sin, torch.cos, torch.tan, torch.arcsin, torch.arccos, torch.arctan),
        *(torch.sinh, torch.cosh, torch.tanh, torch.arcsinh, torch.arccosh, torch.arctanh),
    )
}


@functools.lru_cache(maxsize=1024)
def _parsed(who: str, formula: str, variables: tuple[str, ...]) -> Term:
    """The formula as a function. Its names must be exactly the variables: a list that forgets one is wrong."""
    names: set[str] = set()
    try:
        term = _term(ast.parse(formula.strip(), mode="eval").body, names)
        for name in sorted(names - {*variables, "pi"}):
            raise ValueError(f"{name!r} is not a variable{did_you_mean(name, variables)}")
        for name in variables:
            if name not in names or variables.count(name) > 1:
                raise ValueError(f"the variable {name!r} must stand once in the list and somewhere in the formula")
        if not torch.is_tensor(trial := term({name: torch.ones(()) for name in variables})) or trial.is_complex():
            raise ValueError("it must give real numbers that depend on a variable")
    except (SyntaxError, ValueError, TypeError, ArithmeticError, RuntimeError, MemoryError) as reason:
        raise ValueError(f"{who}: the formula {formula!r} is refused: {reason}") from None
    return term


def _term(node: ast.expr, names: set[str]) -> Term:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            number = float(value)  # a float overflows where an int such as 9**9**9 would compute for ever
            return lambda scope: number
        case ast.Name(id=name):
            names.add(name)
            return lambda scope: scope.get(name, math.pi)
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in SIGNS:
            act, value = SIGNS[type(sign)], _term(operand, names)
            return lambda scope: act(value(scope))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            combine, a, b = OPERATORS[type(op)], _term(left, names), _term(right, names)
            return lambda scope: combine(a(scope), b(scope))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            function, inner = FUNCTIONS[name], _term(argument, names)
            return lambda scope: _apply(function, inner(scope))
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            raise ValueError(f"no function is called {name!r}{did_you_mean(name, FUNCTIONS) or '; there are ' + ', '.join(FUNCTIONS)}")
    raise ValueError(f"{ast.unparse(node)!r} is not arithmetic; allowed are + - * / **, numbers, names and functions of one argument")


def _apply(function: Callable[[torch.Tensor], torch.Tensor], value: torch.Tensor | float) -> torch.Tensor | float:
    return function(value) if isinstance(value, torch.Tensor) else function(torch.tensor(value, dtype=torch.float64, device="cpu")).item()


# ---- what they share ----------------------------------------------------------------------------------------------------------------


def _uniform(who: str, rows: int, columns: int, seed: int) -> torch.Tensor:
    """Numbers in [0, 1), float64, row after row: more rows keep the earlier ones."""
    generator = torch.Generator("cpu").manual_seed(given.seed(f"{who}.seed", seed))
    given.affordable(who, f"{rows:,} rows", 4 * rows * columns, "choose fewer")  # the draw and what is made of it
    return torch.rand(rows, columns, generator=generator, dtype=torch.float64, device="cpu")


def _split(who: str, x_train, y_train, x_test, y_test, dtype: torch.dtype, device: torch.device | str) -> Split:
    """Four arrays or tensors as a Split. Whole numbers are labels and stay so. Cast first, then move: some devices know no float64."""
    dtype, there = given.floating(f"{who}.dtype", dtype), machine.device(device, f"{who}.device")
    parts = (torch.as_tensor(part, device="cpu") for part in (x_train, y_train, x_test, y_test))
    return Split(*(part.to(dtype if part.is_floating_point() else part.dtype).to(there) for part in parts))


def _share_of_rows(who: str, test: float) -> float:
    if not 0 < given.number(f"{who}.test", test) < 1:
        raise ValueError(f"{who}.test must lie between 0 and 1 (the share of the rows that is set aside), got {test!r}")
    return float(test)


def _share(test: float, rows: int) -> int:
    """How many of the rows are test rows: the rounded share, and at least one on each side."""
    return min(max(round(test * rows), 1), rows - 1)
