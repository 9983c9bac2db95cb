"""What is worked out of numbers before they are drawn: limits that rarely change, names of powers, gaps where a curve jumps."""

from typing import Any

import numpy as np


def steady(values: Any, floor: float = 1.0) -> float:
    """A limit that holds all |values| and changes rarely: the next of 1, 2, 5, 10, 20, 50, ..., and never below `floor`.

    Values of any shape, in data units as the limit; what is not finite is passed over. `floor` is above 0.
    """
    finite = np.abs(np.asarray(values, dtype=float))
    finite = finite[np.isfinite(finite)]
    need = max(float(finite.max(initial=0.0)), floor)
    decade = 10.0 ** np.floor(np.log10(need))
    return float(next(step * decade for step in (1, 2, 5, 10) if step * decade >= need * 0.999999))


def power_of_ten(power: float) -> str:
    """3 → "1,000", and 9 → "10⁹": long numbers are not read, they are counted."""
    if 0 <= power <= 5:
        return f"{10**power:,.0f}"
    return "10" + f"{power:.0f}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def with_jumps(x: Any, y: Any, between: tuple[float, float] = (-np.inf, np.inf)) -> tuple[np.ndarray, np.ndarray]:
    """The points of a curve with a gap where it jumps: a step must not be drawn as a slope, nor a pole as a stroke.

    x and y (points,), in data units; back come x and y (points + 3 for each jump,) with NaN in the gaps.
    A jump is a difference that dwarfs both of its neighbours; of a curve without jumps that has no corner as sharp, all points come back.
    A pole is a step from below the picture to above it, or back: `between` says at which y the picture ends.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    far = np.where(y > between[1], 1, 0) - np.where(y < between[0], 1, 0)
    pole = far[:-1] * far[1:] < 0
    rise = np.abs(np.diff(y))
    beside = np.pad(rise, 1)
    large = rise > 0.02 * np.ptp(y.clip(*between))  # what happens outside must not hide a jump inside
    jump = large & (rise > 10 * np.maximum(beside[:-2], beside[2:]))
    jumps = np.flatnonzero(jump | pole)
    middle = (x[jumps] + x[jumps + 1]) / 2
    # Up to the middle on the old level, then nothing, then from the middle on the new level.
    at = np.repeat(jumps + 1, 3)
    x = np.insert(x, at, np.repeat(middle, 3))
    y = np.insert(y, at, np.stack((y[jumps], np.full(len(jumps), np.nan), y[jumps + 1]), -1).ravel())
    return x, y
