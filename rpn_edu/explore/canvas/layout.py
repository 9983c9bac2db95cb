"""Where axes stand on a page that is narrower than their picture: they go on in the next line, as words do, and letters stay as large."""

from collections.abc import Sequence
from typing import NamedTuple

ENOUGH = 0.85
"""Of its width a picture can lose so much and keep its layout."""
EDGE, TITLE, TWO_LINES, LABELS = 6, 26, 40, 70
"""Pixels beside axes, for a title above them, for a long one, and the most for what stands to their left."""
LEAST = 340
"""Pixels: nothing is laid out for less room."""

Where = tuple[float, float, float, float]  # left, bottom, width, height, as shares of the picture


class Cell(NamedTuple):
    """Axes with the room around them that no other axes have, in pixels; `width` and `height` are those of the axes."""

    left: float
    width: float
    right: float
    above: float
    height: float
    below: float


def fitted(places: Sequence[Where], size: tuple[int, int], width: int) -> tuple[list[Where], tuple[int, int]]:
    """Places and size of a picture where there are `width` pixels for it, all in the order that was given.

    Axes keep their height and the room around them in pixels. They fill lines from left to right, and each line is as wide as the page.
    """
    wide, high = size
    if width >= wide:
        return list(places), size
    if width >= ENOUGH * wide:
        return list(places), (width, high)
    width = max(width, LEAST)
    lines: list[list[Cell]] = []
    for cell in cells(places, size):
        words = lines and abs(lines[-1][-1].above - cell.above) > TITLE  # in the room above axes stands more than a title
        if not lines or words or sum(map(across, [*lines[-1], cell])) > width:
            lines.append([])
        lines[-1].append(cell)
    tall = [max(cell.above + cell.height + cell.below for cell in line) for line in lines]
    found, top = [], float(sum(tall))
    for line, height in zip(lines, tall, strict=True):
        over = max(cell.above for cell in line)
        stretch = (width - sum(cell.left + cell.right for cell in line)) / sum(cell.width for cell in line)
        x = 0.0
        for cell in line:
            x += cell.left
            found.append((x / width, (top - over - cell.height) / sum(tall), cell.width * stretch / width, cell.height / sum(tall)))
            x += cell.width * stretch + cell.right
        top -= height
    return found, (width, round(sum(tall)))


def across(cell: Cell) -> float:
    """How wide axes are with the room beside them."""
    return cell.left + cell.width + cell.right


def cells(places: Sequence[Where], size: tuple[int, int]) -> list[Cell]:
    """The axes of a picture of `size` pixels with their room. What lies beside and above them is theirs."""
    wide, high = size
    boxes = [(left * wide, (1 - low - tall) * high, (left + width) * wide, (1 - low) * high) for left, low, width, tall in places]
    found = []
    for x0, y0, x1, y1 in boxes:
        beside = [box for box in boxes if box[1] < y1 and box[3] > y0]
        stacked = [box for box in boxes if box[0] < x1 and box[2] > x0]
        left = min(x0 - max((box[2] for box in beside if box[2] <= x0), default=0.0), LABELS)
        right = EDGE if any(box[0] >= x1 for box in beside) else min(wide - x1, LABELS)
        above = min((min(y0 - box[3], TITLE) for box in stacked if box[3] <= y0), default=y0)
        below = min((box[1] - y1 - min(box[1] - y1, TITLE) for box in stacked if box[1] >= y1), default=high - y1)
        found.append(Cell(left + EDGE, x1 - x0, right, max(above, TWO_LINES), y1 - y0, below))
    return found
