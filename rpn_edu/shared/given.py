"""What a reader hands over: numbers, class numbers, counts, sizes. Taken where it is plainly meant, else refused before any work is done.

Every refusal is one sentence: who (`fit.x`), what was wanted, what came, and the cure.
"""

import functools
import inspect
import math
import operator
import os
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from ..component import LAST_SEED, demand, scalar
from .words import did_you_mean

T = TypeVar("T")
SKIPPED = -100  # the class number of rows that do not count: torch's own

ELSEWHERE = {"learning_rate": "lr", "epochs": "steps", "iterations": "steps", "criterion": "loss", "loss_fn": "loss"} | {
    "binary_cross_entropy": "bce", "mae": "torch.nn.functional.l1_loss", "l1": "torch.nn.functional.l1_loss"
}  # fmt: skip
"""Words of other libraries, and what they are called here."""


def elsewhere(word: str) -> str:
    """The end of an error message: what a word of another library is called here, or nothing."""
    return f"; did you mean {ELSEWHERE[word]}?" if word in ELSEWHERE else ""


# ---- values -------------------------------------------------------------------------------------------------------------------------


def count(who: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """An int of at least `least`, also from NumPy and from a tensor without axes. A bool counts nothing, and 8.0 is a slip.

    TypeError for what is no int, ValueError for one outside `least` and `most`.
    """
    number = scalar(value)
    wanted = f"int >= {least}" if most is None else f"int from {least} to {most}"
    try:
        whole = None if isinstance(number, bool) else operator.index(number)
    except TypeError:
        whole = None
    if whole is None:
        hint = f"; did you mean {int(number)}?" if isinstance(number, float) and number.is_integer() else ""
        raise TypeError(f"{who} must be {wanted}, got {value!r:.200}{hint}")
    if whole < least or (most is not None and whole > most):
        raise ValueError(f"{who} must be {wanted}, got {value!r:.200}")
    return whole


def seed(who: str, value: Any, least: int = 0) -> int:
    """A seed that torch's generators take. TypeError for what is no int, ValueError for one that is too small or too large."""
    number = count(who, value, least)
    return number if number <= LAST_SEED else count(who, value, least, LAST_SEED)


def number(who: str, value: Any, least: float = -math.inf, doc: str = "") -> float:
    """A finite float of at least `least`. TypeError for what is no number, ValueError for NaN, infinity and what is smaller."""
    found = scalar(value)
    wanted = f"a finite number{'' if least == -math.inf else f' >= {least:g}'}{doc and f' ({doc})'}"
    if isinstance(found, bool) or not isinstance(found, Real):
        raise TypeError(f"{who} must be {wanted}, got {value!r:.200}")
    try:
        found = float(found)
    except OverflowError:  # 10**400
        found = math.inf
    if not (math.isfinite(found) and found >= least):
        raise ValueError(f"{who} must be {wanted}, got {value!r:.200}")
    return found


def measured(who: str, value: Any) -> float | None:
    """One number, which may be NaN or infinite; None where nothing was measured. TypeError for anything else."""
    number = value.item() if isinstance(value, (Tensor, np.ndarray)) and math.prod(value.shape) == 1 else scalar(value)
    if number is not None and (isinstance(number, bool) or not isinstance(number, Real)):
        raise TypeError(f"{who} must give one number, got {value!r:.200}")
    return None if number is None else float(number)


def instance(who: str, value: Any, kind: type[T], wanted: str) -> T:
    """The value, if it is of that kind, else TypeError."""
    demand(isinstance(value, kind), who, wanted, value)
    return value


def function(who: str, value: Any, arguments: str, example: str) -> None:
    """TypeError for what cannot be called with so many arguments."""
    demand(callable(value) and not isinstance(value, type), who, f"a function of {arguments}, such as {example}", value)
    try:
        inspect.signature(value).bind(*arguments.split(" and "))
    except TypeError as reason:
        raise TypeError(f"{who} is called with {arguments}, such as {example}: {reason}") from None
    except ValueError:
        pass  # something built in that does not say what it takes


def widths(who: str, value: Any) -> list[int]:
    """At least two counts of 1 or more: a list, a tuple, an array. ValueError for all else."""
    value = value.tolist() if hasattr(value, "tolist") else value
    try:
        found = [count(who, width) for width in value] if isinstance(value, Sequence) and not isinstance(value, str) else []
    except (TypeError, ValueError):
        found = []
    if len(found) < 2:
        raise ValueError(f"{who} must be at least two widths [d_0, ..., d_K] of 1 or more, got {value!r:.200}")
    return found


def floating(who: str, value: Any) -> torch.dtype:
    """The dtype, if it is one of floating point, else TypeError."""
    if not isinstance(value, torch.dtype) or not value.is_floating_point:
        raise TypeError(f"{who} must be a floating point dtype such as torch.float32, got {value!r:.200}")
    return value


def with_near_misses(*others: Callable[..., Any]) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """A function that answers an unknown keyword with those it has, and those of the `others` to which it hands them on: a TypeError."""

    def telling(build: Callable[..., T]) -> Callable[..., T]:
        every = [parameter for each in (build, *others) for parameter in inspect.signature(each).parameters.values()]
        names = dict.fromkeys(parameter.name for parameter in every if parameter.kind is not parameter.VAR_KEYWORD)

        @functools.wraps(build)
        def told(*arguments: Any, **keywords: Any) -> T:
            for word in keywords.keys() - names.keys():
                hint = elsewhere(word) if ELSEWHERE.get(word) in names else did_you_mean(word, names)
                raise TypeError(f"{build.__name__} has no argument {word!r}{hint or '.'} It has: {', '.join(names)}")
            return build(*arguments, **keywords)

        return told

    return telling


# ---- rows of numbers ----------------------------------------------------------------------------------------------------------------


def tensor(who: str, value: Any) -> Tensor:
    """The numbers of a tensor, an array, a table (whatever has `to_numpy` or `__array__`) or nested lists; memory is shared if it can be.

    The shape, (...), is kept, and rows are stacked. TypeError for what are no real numbers; ValueError for rows of different length and for
    masked entries.
    """
    if isinstance(value, (list, tuple)) and value and all(isinstance(row, Tensor) for row in value):
        if len(found := {(tuple(row.shape), row.device) for row in value}) > 1:
            raise ValueError(f"{who} must be rows of one shape on one device, got {', '.join(sorted(f'{s} on {d}' for s, d in found))}")
        value = torch.stack(tuple(value))
    if not isinstance(value, Tensor):
        value = torch.from_numpy(_array(who, value))
    if value.layout != torch.strided:
        raise TypeError(f"{who} must be a dense tensor, got the layout {value.layout}: .to_dense() makes it one")
    if value.is_complex() or value.is_quantized:
        raise TypeError(f"{who} must be real numbers, got {value.dtype}")
    return value


def _array(who: str, value: Any) -> np.ndarray:
    wanted = f"{who} must be numbers (a tensor, an array, a table, nested lists)"
    if isinstance(value, torch.nn.Module):
        raise TypeError(f"{wanted}, got a model: call it, model(x)")
    kind = type(value).__name__
    try:
        if hasattr(value, "toarray"):
            raise TypeError("it is sparse, and .toarray() makes it dense")
        array = np.asanyarray(value.to_numpy() if hasattr(value, "to_numpy") and not isinstance(value, type) else value)
    except Exception as reason:  # whatever a foreign container raises
        raise ValueError(f"{wanted} in rows of one length, got {kind}: {str(reason).partition(chr(10))[0]}") from None
    if np.ma.is_masked(array):
        at = np.argwhere(np.ma.getmaskarray(array))[0].tolist()
        raise ValueError(f"{who} has masked entries, the first at {at}: leave such rows out, or fill them in with .filled()")
    if array.dtype.kind not in "biuf":
        strange = _first_that_is_no_number(array)
        raise TypeError(f"{wanted}, got {kind} of dtype {array.dtype}{strange}{_numbered(array)}")
    if array.dtype.kind == "u" and array.dtype.itemsize > 1:  # torch computes with the unsigned kind of one byte alone
        if array.size and array.max() > np.iinfo(np.int64).max:
            raise ValueError(f"{who} holds {array.max()}, more than int64 can hold")
        array = array.astype(np.int64)
    dtype = np.dtype(np.float64) if array.dtype.itemsize > 8 else array.dtype.newbyteorder("=")
    array = np.asarray(array, dtype, order="C")
    return array if array.flags.writeable else array.copy()


def _first_that_is_no_number(array: np.ndarray) -> str:
    for at, entry in enumerate(array.flat):
        if array.dtype.kind != "O" or isinstance(entry, bool) or not isinstance(entry, Real):
            where = f" at {[int(i) for i in np.unravel_index(at, array.shape)]}" if array.ndim else ""
            return f": {str(entry)!r}{where} is no number" if isinstance(entry, str) else f": {entry!r:.200}{where} is no number"
    return ": .astype(float) makes numbers of it" if array.size else ""


def _numbered(array: np.ndarray) -> str:
    texts = array.size and isinstance(array.flat[0], str)
    return "; names of classes become numbers by numpy.unique(y, return_inverse=True)[1]" if texts else ""


def row_of(wrong: Tensor) -> str:
    """Where the first True stands, in words: (rows, ...) bool."""
    row, *column = np.unravel_index(int(wrong.flatten().int().argmax()), tuple(wrong.shape) or (1,))
    return f"row {row}" + (f", column {', '.join(map(str, column))}" if column else "") + " (counted from 0)"


def finite(who: str, value: Tensor) -> Tensor:
    """The same tensor, (...), if it holds no NaN and no infinity; ValueError names the first row that does."""
    if value.is_floating_point() and not (sound := value.isfinite()).all():
        what = "NaN" if (unknown := value.isnan()).any() else "an infinite number"
        first = row_of(unknown if what == "NaN" else ~sound)
        raise ValueError(f"{who} holds {what}, first in {first}: leave such rows out, or fill them in")
    return value


def stripped(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without the ones at its end; a column is a row of numbers."""
    kept = list(shape)
    while len(kept) > 1 and kept[-1] == 1:
        kept.pop()
    return tuple(kept)


def shaped(who: str, y: Tensor, shape: Sequence[int]) -> Tensor:
    """y in the shape of the outputs it is compared with; (rows,) is taken as the column (rows, 1). Nothing is broadcast: ValueError."""
    if stripped(y.shape) != stripped(shape):
        raise ValueError(f"{who} must have the shape of the outputs, {tuple(shape)}, got {tuple(y.shape)}")
    return y.reshape(tuple(shape))


def classes(who: str, y: Tensor, shape: Sequence[int], skipped: int = SKIPPED) -> Tensor:
    """Class numbers 0..n-1 for outputs of shape (..., n), as int64 (...); `skipped` for what does not count.

    Taken are whole numbers of any dtype, bools, a column of them, and one-hot rows (..., n). ValueError for all else.
    """
    *rows, n = shape
    if tuple(y.shape) == (*rows, n) and n > 1:
        wrong = ((y != 0) & (y != 1)).any(-1) | (y.sum(-1) != 1)
        if wrong.any():
            raise ValueError(f"{who} has a column for each of n = {n} classes and must be one-hot, but is not in {row_of(wrong)}")
        return y.int().argmax(-1)
    if stripped(y.shape) != stripped(tuple(rows) or (1,)) and tuple(y.shape) != tuple(rows):
        wanted = f"class numbers of the shape {tuple(rows)} for outputs of the shape {tuple(shape)}, where classes are the last axis"
        raise ValueError(f"{who} must be {wanted}, got {tuple(y.shape)}")
    y = y.reshape(tuple(rows))
    wrong = (y != y.long()) | ((y < 0) & (y != skipped)) | ((y >= n) & (y != skipped)) if y.dtype != torch.bool else torch.zeros_like(y)
    if wrong.any():
        first = y.flatten()[wrong.flatten().int().argmax()].item()
        counted = y[y != skipped]
        hint = f"; if they are counted from 1, take {who.rpartition('.')[2]} - 1" if (counted.min(), counted.max()) == (1, n) else ""
        wanted = f"class numbers from 0 to {n - 1}, since there are {n} outputs"
        raise ValueError(f"{who} must be {wanted}, got {first:g} in {row_of(wrong)}{hint}")
    return y.long()


# ---- memory -------------------------------------------------------------------------------------------------------------------------


def _memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return 2**40


MEMORY = _memory()  # asked once: torch.compile reads a number, and warns of a call that remembers
"""Bytes of this machine; a terabyte where the system does not say."""


def figure(number: int) -> str:
    """A number that can be read, however large."""
    return f"{number:,}" if number < 10**15 else f"10^{math.log10(number):.0f}"


def affordable(who: str, what: str, numbers: int, cure: str) -> None:
    """ValueError, before anything is allocated, where so many numbers of 8 bytes are more than this machine has.

    8 bytes: what is drawn is drawn in float64, and learned numbers of 4 bytes exist twice while a head is made.
    """
    if 8 * numbers > MEMORY:
        needed = f"{figure(numbers)} numbers or {figure(8 * numbers // 10**9)} GB"
        raise ValueError(f"{who} needs {needed} for {what}, and this machine has {MEMORY // 10**9} GB: {cure}")
