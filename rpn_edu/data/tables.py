"""161 equations with the ranges of their variables, read from tables."""

import csv
import functools
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from ..shared import given, machine
from ..shared.words import did_you_mean
from .expression import parsed
from .split import Split, place_of, share, share_of_rows, split, uniform


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
        parsed(self.name, self.formula, self.names)  # a bad formula is refused when the equation is made, not when it is used

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
        return parsed(self.name, self.formula, self.names)(dict(zip(self.names, x.unbind(-1), strict=True)))

    def sample(
        self, rows: int = 2000, test: float = 0.5, seed: int = 0, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> Split:
        """Rows with every variable uniform on its range: x (rows, number of variables), y (rows, 1), no noise.

        The last round(rows * test) rows are the test rows. The defaults are the toolkit's sizes: 1,000 to learn from, 1,000 to judge by.
        More `rows` keep the earlier ones. Raises ValueError for rows < 2 or unless 0 < test < 1.
        """
        who = f"{self.name}.sample"
        rows, test = given.count(f"{who}.rows", rows, 2), share_of_rows(who, test)
        low, high = torch.tensor([limits for _, *limits in self.variables], dtype=torch.float64, device="cpu").T
        x = low + (high - low) * uniform(who, rows, len(self.variables), seed)
        y = self(x)[:, None]
        cut = rows - share(test, rows)
        return split(who, x[:cut], y[:cut], x[cut:], y[cut:], dtype, device)


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
    tables = all_tables()
    if table is None:
        return tuple(row for rows in tables.values() for row in rows)
    if str(table).casefold() not in tables:
        raise LookupError(f"no table of equations is called {table!r}{did_you_mean(table, tables) or '; there are ' + ', '.join(tables)}")
    return tables[str(table).casefold()]


@functools.cache
def all_tables() -> dict[str, tuple[Equation, ...]]:
    """The equations by table; each file is read once."""
    found: dict[str, tuple[Equation, ...]] = {}
    for file in ("elementary.csv", "composite.csv", "feynman.csv"):
        for row in read(file):
            found[row.table] = (*found.get(row.table, ()), row)
    return found


def read(file: str) -> Iterator[Equation]:
    """The equations of a file, row by row. ValueError where it is no text, or a row is no equation."""
    for row in csv.DictReader(io.StringIO(machine.text(place_of(file)))):
        variables = (variable.split(":") for variable in row["variables"].split(";"))
        yield Equation(
            **{column: row[column] for column in ("name", "table", "output", "formula", "note")},
            variables=tuple((name, float(low), float(high)) for name, low, high in variables),
            y_percentiles=(float(row["y_low"]), float(row["y_high"])),
            y_std=float(row["y_std"]),
        )
