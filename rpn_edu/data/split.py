"""What all data share: rows to learn from and to be judged by, one way to draw them, and where the files lie."""

from pathlib import Path
from typing import Any, NamedTuple

import torch

from ..shared import given, machine


class Split(NamedTuple):
    """Rows to learn from and rows to be judged by: four tensors, first axis = rows. It unpacks like a tuple."""

    x_train: torch.Tensor  # (rows, m)
    y_train: torch.Tensor  # (rows, n), or (rows,) int64 where y is a class
    x_test: torch.Tensor  # (rows, m)
    y_test: torch.Tensor  # (rows, n) or (rows,)

    def __repr__(self) -> str:
        shown = (f"{name}: {tuple(part.shape)} {str(part.dtype).removeprefix('torch.')}" for name, part in self._asdict().items())
        return f"Split({', '.join(shown)})"


def uniform(who: str, rows: int, columns: int, seed: int) -> torch.Tensor:
    """Numbers in [0, 1), float64, row after row: more rows keep the earlier ones. (rows, columns).

    TypeError or ValueError for a seed that torch's generators do not take, ValueError for more rows than there is memory.
    """
    generator = torch.Generator("cpu").manual_seed(given.seed(f"{who}.seed", seed))
    given.affordable(who, f"{rows:,} rows", 4 * rows * columns, "choose fewer")  # the draw and what is made of it
    return torch.rand(rows, columns, generator=generator, dtype=torch.float64, device="cpu")


def split(who: str, x_train: Any, y_train: Any, x_test: Any, y_test: Any, dtype: torch.dtype, device: torch.device | str) -> Split:
    """Four arrays or tensors as a Split. Whole numbers are labels and stay so. Cast first, then move: some devices know no float64.

    TypeError for a dtype that is not of floating point, ValueError for a device that is not there.
    """
    dtype, there = given.floating(f"{who}.dtype", dtype), machine.device(device, f"{who}.device")
    parts = (torch.as_tensor(part, device="cpu") for part in (x_train, y_train, x_test, y_test))
    return Split(*(part.to(dtype if part.is_floating_point() else part.dtype).to(there) for part in parts))


def share_of_rows(who: str, test: float) -> float:
    """The share of the test rows, if it lies between 0 and 1, else ValueError; TypeError for what is no number."""
    if not 0 < given.number(f"{who}.test", test) < 1:
        raise ValueError(f"{who}.test must lie between 0 and 1 (the share of the rows that is set aside), got {test!r}")
    return float(test)


def share(test: float, rows: int) -> int:
    """How many of the rows are test rows: the rounded share, and at least one on each side."""
    return min(max(round(test * rows), 1), rows - 1)


def place_of(file: str) -> Path:
    """Where a table lies, be the package installed or a checkout. FileNotFoundError if it is in neither place."""
    here = Path(__file__).resolve().parents[1]
    places = here / "_data", here.parent / "data"  # in a wheel; in a checkout
    for place in places:
        if (place / file).is_file():
            return place / file
    raise FileNotFoundError(f"rpn_edu.data found no {file}; it looked in {' and in '.join(map(str, places))}")
