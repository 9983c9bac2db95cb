"""Where the names of curves stand: a layout of arrays, in pixels from the lower left corner of the axes."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

LETTER, TALL = 4.0, 7.0
"""Half of a letter's width and half of a name's height, in pixels: measured with 8 points at 100 dots per inch."""
MARGIN = 2
"""Pixels beside a name, and between a name and the border of the axes."""
GAP = 1
"""Pixels between a curve and its name."""
NEAR = 2
"""So many points to each side of a place count as what a curve does there."""

# What a place is worth, in pixels of distance from the other curves.
FAR = 20
"""A curve farther away than this does not matter."""
HIGH = 8
"""For standing at the upper end instead of the lower."""
BELOW = -4
"""For standing below its curve instead of above."""
INSIDE = 8
"""For standing inside `between`."""
CROSSED = -6
"""For standing across an end of `between`, where a line may be drawn."""


def beside_curves(
    across: np.ndarray,
    heights: np.ndarray,
    letters: Sequence[int],
    size: tuple[float, float],
    between: tuple[float, float],
    free: tuple[float, float],
) -> dict[int, tuple[float, float]]:
    """The middle of every curve's name, by the number of the curve: no two names overlap. A curve without room for its name has none.

    across (points,), heights (curves, points); `letters` of each name; `size`, width and height of the axes. Names rather stand
    `between` two places across, and all lie in the `free` part of the height. Everything but `letters` in pixels.
    """
    lowest, highest = around(heights)
    middle, below = np.tile(across, 2), np.repeat((False, True), len(across))  # a place above and a place below every point
    taken: list[tuple[float, float, float]] = []  # middle across, its height, half of the width
    found = {}
    for k, count in enumerate(letters):
        half, own = LETTER * count + MARGIN, np.tile(heights[k], 2)
        height = own + np.where(below, -1, 1) * (TALL + GAP)
        fits = (middle - half >= MARGIN) & (middle + half <= size[0] - MARGIN) & (own >= 0) & (own <= size[1])
        fits &= (height - TALL >= free[0] + MARGIN) & (height + TALL <= free[1] - MARGIN)
        for x, y, other in taken:
            fits &= (abs(middle - x) >= half + other) | (abs(height - y) >= 2 * TALL)
        if fits.any():
            worth = distance(k, height, lowest, highest) + HIGH * height / size[1] + BELOW * below
            worth += INSIDE * ((middle >= between[0]) & (middle <= between[1]))
            worth += CROSSED * np.any([abs(middle - edge) < half for edge in between], 0)
            best = int(np.where(fits, worth, -np.inf).argmax())
            found[k] = float(middle[best]), float(height[best])
            taken.append((*found[k], half))
    return found


def around(heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest that each curve is near each place: (curves, points) → twice (curves, places), above and below."""
    edged = np.pad(heights, ((0, 0), (NEAR, NEAR)), mode="edge")
    near = sliding_window_view(edged, 2 * NEAR + 1, axis=1)  # (curves, points, near)
    return np.tile(near.min(-1), 2), np.tile(near.max(-1), 2)


def distance(k: int, height: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """How far the names of curve k at `height` (places,) are from the nearest other curve, up to FAR, and from their own, up to TALL."""
    distances = np.maximum(np.maximum(lowest - height, height - highest), 0)  # (curves, places)
    own, distances[k] = distances[k].clip(max=TALL), FAR
    return distances.min(0).clip(max=FAR) + own
