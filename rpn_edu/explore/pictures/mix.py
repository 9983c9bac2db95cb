"""ξ: data, the matrix that ξ makes of them, and the data mixed by it."""

import functools
import math
import textwrap
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ... import data
from ...component import Dial, component
from ...interdependence import Interdependence
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import MANY, Handle, Numbers, Picture, Seed
from .members import PLACES

NAMES = {
    "table": (
        ("1 setosa", "2 setosa", "3 versicolor", "4 versicolor", "5 virginica", "6 virginica"),
        ("sepal\nlength", "sepal\nwidth", "petal\nlength", "petal\nwidth"),
    ),
    "sequence": (("beat", "step", "wave"), ()),
}
"""What rows and columns are called, where they have short names. Others are counted."""

TITLES = {"digit": "X, one image", "karate": "X, □: officers' club"}


@functools.cache
def rows_of(kind: str) -> tuple[tuple[float, ...], ...]:
    """The rows of a set of data, with so few decimals that the numbers in the code are exactly these."""
    match kind:
        case "table":  # two flowers of each species
            x, species, *_ = data.iris(dtype=torch.float64)
            rows = torch.cat([x[species == k][:2] for k in range(3)]).round(decimals=2)
        case "sequence":
            step = torch.arange(12, dtype=torch.float64, device="cpu")
            rows = torch.stack(((step == 3).double(), (step > 4).double(), torch.sin(torch.pi * step / 4).round(decimals=2)))
        case "karate":  # what is known at first: the sides of members 1 and 34
            rows = torch.zeros(34, 1, dtype=torch.float64, device="cpu")
            rows[0], rows[33] = 1.0, -1.0
        case _:
            x, digit, *_ = data.digits(dtype=torch.float64)
            rows = x[digit == 5][1:2]
    return tuple(tuple(row) for row in rows.tolist())


@functools.cache
def links() -> tuple[list[float], list[float]]:
    """The links of the club as one line with gaps."""
    ends = [[PLACES[i], PLACES[j], (math.nan, math.nan)] for i, j in data.karate().links]
    x, y = zip(*sum(ends, []))
    return list(x), list(y)


def square(length: int, patches: int) -> int:
    """The side of the square that `patches` numbers are, or 1 where they are none."""
    side = math.isqrt(patches)
    return side if side * side == patches and length % patches == 0 else 1


def folded(row: Tensor, patches: int) -> Tensor:
    """(k,) as an image: pixels are a square; copies of one square, `patches` numbers each, lie side by side. NaN fills what is left."""
    side = square(len(row), patches)
    count = len(row) // (side * side)
    across = math.isqrt(count - 1) + 1 if count else 1
    row = torch.nn.functional.pad(row, (0, -count % across * side * side), value=float("nan"))
    return row.view(-1, across, side, side).transpose(1, 2).flatten(2).flatten(0, 1)  # (copies down · side, copies across · side)


def borders(shape: torch.Size, side: int) -> tuple[list[float], list[float]]:
    """Where one copy ends and the next begins, as one line with gaps."""
    down, across = shape[0] - 0.5, shape[1] - 0.5
    upright = [((i - 0.5, -0.5), (i - 0.5, down), (math.nan, math.nan)) for i in range(side, shape[1], side) if side > 1]
    level = [((-0.5, i - 0.5), (across, i - 0.5), (math.nan, math.nan)) for i in range(side, shape[0], side) if side > 1]
    x, y = zip(*sum(upright + level, ()), strict=True) if upright or level else ((), ())
    return list(x), list(y)


@component
class Mix(Picture):
    """X, the matrix A that ξ makes of it, and what becomes of X: X A mixes columns, Aᵀ X mixes rows."""

    place: Annotated[Literal["attribute", "instance"], "what depends on each other: the columns of X or its rows"] = "attribute"
    data: Annotated[Literal["table", "sequence", "karate", "digit"], "six flowers, three sequences, a club of 34, an image"] = "table"
    missing: Annotated[int, Dial(0, 5, "rows that are left out of the batch, from its end", most=MANY)] = 0
    output: Annotated[
        int, Dial(1, 12, "which column or row of the result is explained: the last one, where there are fewer", least=1, most=MANY)
    ] = 1
    seed: Seed = 0

    subject: ClassVar[type] = Interdependence
    answer: ClassVar[str] = "mixed"
    fields_name: ClassVar[str] = "data"
    size: ClassVar[tuple[int, int]] = (760, 330)  # pixels

    @property
    def axes(self) -> tuple[Axes, ...]:  # type: ignore[override]
        """Three of one size; of a club the result is the largest."""
        places = ((0.07, 0.2), (0.34, 0.2), (0.6, 0.39)) if self.data == "karate" else ((0.1, 0.22), (0.42, 0.22), (0.745, 0.24))
        named = zip(("X", "A", "X A"), places, ("", "ξ", ""), strict=True)
        return tuple(Axes((left, 0.17, width, 0.7), title, xticks="none", yticks="none", term=term) for title, (left, width), term in named)

    def rows(self) -> tuple[tuple[float, ...], ...]:
        """X, of which one row always stays."""
        rows = rows_of(self.data)
        return rows[: max(1, len(rows) - self.missing)]

    def given(self) -> dict[str, Tensor]:
        X = torch.tensor(self.rows(), dtype=torch.float64)
        # Where the members of the club went: 1 with the instructor, -1 with the officers.
        return {"X": X} | ({"side": 1.0 - 2 * data.karate().faction[: len(X)].double()} if self.data == "karate" else {})

    def shape(self) -> tuple[int, int]:
        """(r, k) of V, whose k columns are mixed."""
        b, m = len(self.rows()), len(self.rows()[0])
        return (b, m) if self.place == "attribute" else (m, b)

    def sizes(self, subject: Interdependence) -> dict[str, int]:
        r, k = self.shape()
        b, m = len(self.rows()), len(self.rows()[0])
        # A kernel compares every two columns of V, number by number.
        return {"m": m, "b": b, "l": subject.length(r, k), "entries of A": k * subject.width(k), "comparisons": r * k * k}

    def ends(self, subject: Interdependence) -> dict[str, int]:
        return {"output": subject.width(self.shape()[1])}

    def numbers(self, subject: Interdependence, **given: Tensor) -> Numbers:
        X = given["X"]  # (b, m)
        V = X if self.place == "attribute" else X.mT  # ξ mixes the columns of V
        r, k = self.shape()
        output = min(self.output, subject.width(k)) - 1
        with seeded(self.seed):
            w = subject.init(r, k).double()  # (l,)
        A = subject.matrix(V, w)  # (k, columns of V after mixing)
        mixed = X @ A if self.place == "attribute" else A.mT @ X
        weights = A[:, output]  # how much each of the k goes into this one output
        if self.data != "karate" or (self.place == "instance" and subject.width(k) != k):
            return {"X": X, "w": w, "A": A, "mixed": mixed, "weights": weights}
        right = (mixed[:, 0] * given["side"] > 0).sum()  # signs that are those of the club joined
        return {"X": X, "w": w, "A": A, "mixed": mixed, "weights": weights, "right": right}

    # ---- what is shown --------------------------------------------------------------------------------------------------------------

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        X, A, mixed = (shown.numbers[name] for name in ("X", "A", "mixed"))
        attribute = self.place == "attribute"
        limits = [steady(values, floor=0.1) for values in (X, A, mixed)]
        for axes, name in enumerate((TITLES.get(self.data, "X"), "A, row → column", "X A" if attribute else "Aᵀ X")):
            canvas.title(axes, f"{name} (±{limits[axes]:g})")  # the number of the darkest colours
        rows, columns = NAMES.get(self.data, ((), ()))
        self.show(canvas, 0, X, limits[0], rows, columns, 64)
        of_A = columns if attribute else rows  # what depends on each other
        self.show(canvas, 1, A, limits[1], of_A, of_A if attribute and len(A) == A.shape[1] else ())
        patches = getattr(shown.subject, "patches", 64)
        self.show(canvas, 2, mixed, limits[2], rows if attribute or len(mixed) == len(X) else (), () if attribute else columns, patches)
        at = self.chosen(A)
        column, row = (at - 0.5, at + 0.5), (-0.5, A.shape[0] - 0.5)
        self.frame(canvas, 1, column, row)
        if self.data == "karate" and len(mixed) == len(X):
            x, y = PLACES[at] if not attribute else (math.nan, math.nan)
            canvas.line("ring", 2, [x], [y], color="#222222", marker="o", linestyle="", markersize=16, fillstyle="none")
        elif self.data == "digit" and attribute:
            row, column = (folded(torch.arange(float(mixed.shape[1])), patches) == at).nonzero()[0].tolist()
            self.frame(canvas, 2, (column - 0.5, column + 0.5), (row - 0.5, row + 0.5))
        elif self.data != "digit":
            self.frame(canvas, 2, *((column, (-0.5, len(mixed) - 0.5)) if attribute else ((-0.5, mixed.shape[1] - 0.5), column)))

    def chosen(self, A: Tensor) -> int:
        """The column of A, (rows, columns), that is explained, counted from 0."""
        return min(self.output, A.shape[1]) - 1

    def show(
        self, canvas: Canvas, axes: int, values: Tensor, limit: float, rows: tuple = (), columns: tuple = (), patches: int = 0
    ) -> None:
        """A matrix, (rows, columns), as an image; the members of the club as a network, an image as pixels.

        `patches` is 0 for A, which is neither club nor image, else how many numbers make one copy of it: see `folded`.
        """
        if patches and self.data == "karate" and len(values) == len(self.rows()):
            return self.network(canvas, axes, values[:, 0], limit)
        if patches and self.data == "digit":
            pixels = folded(values[0], patches)
            canvas.image(f"pixels {axes}", axes, pixels, limit)
            return canvas.line(f"borders {axes}", axes, *borders(pixels.shape, square(len(values[0]), patches)), color="#222222")
        down, across = values.shape
        canvas.image(f"values {axes}", axes, values, limit, figures=max(down, across) <= 6)
        for side, count, names in (("row", down, rows), ("column", across, columns)):
            step = -(-count // 6)
            for i in range(0, count, step):
                name = names[i] if i < len(names) else str(i + 1)
                if side == "row":
                    canvas.text(f"{side} {axes} {i}", axes, -0.02, 1 - (i + 0.5) / count, name, ha="right", va="center")
                else:
                    canvas.text(f"{side} {axes} {i}", axes, (i + 0.5) / count, -0.02, name, ha="center", va="top")

    def network(self, canvas: Canvas, axes: int, values: Tensor, limit: float) -> None:
        """One number for each member of the club, (nodes,), as discs and squares over its links."""
        canvas.limits(axes, (-0.92, 0.86), (-0.6, 0.67))
        canvas.line(f"links {axes}", axes, *links(), color="#bbbbbb", linewidth=0.6)
        side = 1 - 2 * data.karate().faction[: len(values)]
        x, y = torch.tensor(PLACES[: len(values)]).unbind(-1)
        for name, marker, club in (("instructor", "o", side == 1), ("officers", "s", side == -1)):
            canvas.dots(f"{name} {axes}", axes, x[club], y[club], values[club], limit, marker)
        for i, beside, end in ((0, -0.08, "right"), (33, 0.08, "left"))[: 1 + (len(values) > 33)]:
            place = (PLACES[i][0] + beside + 0.92) / 1.78, (PLACES[i][1] + 0.6) / 1.27
            canvas.text(f"member {i} {axes}", axes, *place, str(i + 1), ha=end, va="center", fontweight="bold")

    def handles(self, shown: Shown) -> list[Handle]:
        A, mixed = shown.numbers["A"], shown.numbers["mixed"]
        last, chosen = A.shape[1], self.chosen(A)
        move = lambda column, _: replace(self, output=min(max(1, round(column) + 1), last))  # noqa: E731
        found = [Handle("column", 1, chosen, -0.5, f"column {chosen + 1} of A", move)]
        if self.data == "karate" and self.place == "instance" and len(mixed) == len(self.rows()):
            for i, value in enumerate(mixed[:, 0].tolist()):
                says, choose = f"member {i + 1}: {value:z.3g}", lambda *_, i=i: replace(self, output=i + 1)
                found.append(Handle(f"member {i + 1}", 2, *PLACES[i], says, choose, ""))
        return found

    @staticmethod
    def frame(canvas: Canvas, axes: int, across: tuple[float, float], down: tuple[float, float]) -> None:
        """A border around a column, a row or a pixel: from where to where, in data units."""
        (left, right), (top, bottom) = across, down
        canvas.line(f"frame {axes}", axes, [left, left, right, right, left], [top, bottom, bottom, top, top], color="#222222", linewidth=2)

    def readout(self, shown: Shown) -> str:
        numbers = shown.numbers
        A, weights = numbers["A"], numbers["weights"]
        what = "column" if self.place == "attribute" else "row"
        largest = weights.abs().argsort(descending=True, stable=True)
        told = largest[weights[largest].abs() > 5e-4 * weights.abs().max()].tolist()  # what is smaller would not be seen
        shares = " ".join(f"{weights[i]:+.3g}·{what} {i + 1}" for i in sorted(told[:4])) or "0"
        more = len(told) - 4
        said = f"new {what} {self.chosen(A) + 1} = {shares}{f' and {more} more' if more > 0 else ''}"
        if self.data == "sequence" and self.place == "attribute":
            said += "\nbeat: " + "  ".join(f"{value:z.3g}" for value in numbers["mixed"][0].tolist())
        if "right" in numbers:
            right, empty = int(numbers["right"]), int((numbers["mixed"][:, 0] == 0).sum())
            said += f"\n{right} of {len(numbers['mixed'])} on their club's side, {empty} at 0"
        return said

    def figures(self, shown: Shown) -> dict[str, float]:
        largest = {f"largest size in {name}": shown.numbers[key].abs().max().item() for name, key in (("A", "A"), ("the result", "mixed"))}
        return largest | super().figures(shown)

    def alt(self, shown: Shown) -> str:
        X, A, mixed = (shown.numbers[name] for name in ("X", "A", "mixed"))
        sized = {name: f"{len(value)} by {value.shape[1]}" for name, value in (("X", X), ("A", A), ("mixed", mixed))}
        kind = {"table": "six flowers and their lengths", "sequence": "three sequences", "karate": "the members of a karate club"}
        named = textwrap.shorten(repr(shown.subject), 100, placeholder=" ...")  # not all the links of a club
        return (
            f"Data X ({kind.get(self.data, 'an image of a five')}, {sized['X']}) beside the {sized['A']} matrix A of {named}, "
            f"whose entries run from {A.min():.3g} to {A.max():.3g}, {int((A == 0).sum())} of them 0. "
            f"The mixed data {'X A' if self.place == 'attribute' else 'A transposed times X'} ({sized['mixed']}) "
            f"run from {mixed.min():.3g} to {mixed.max():.3g}. {self.readout(shown)}.".replace("\n", ", ")
        )

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        if self.place == "attribute":
            return (("", "mixed = X · A,   A = "), ("ξ", "ξ(X)"))
        return (("", "mixed = Aᵀ · X,   A = "), ("ξ", "ξ(Xᵀ)"))

    def values(self, shown: Shown) -> dict[str, str]:
        down, across = shown.numbers["A"].shape
        return {"ξ": f"{down} × {across}"}
