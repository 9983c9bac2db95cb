"""Pictures without controls: what has happened, with words for those who do not see it."""

import base64
import html
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..learn.loop import Record
from ..shared import given
from ..shared.alone import alone
from ..zoo.estimators import from_sklearn, kind, steps_of
from .canvas import Axes, Canvas, data_url
from .pictures import plane
from .pictures.base import counted


class Still:
    """A finished picture. Jupyter shows it with its alt text; a page without a kernel does too."""

    def __init__(self, canvas: Canvas, alt: str) -> None:
        self.png, self.alt, self.size = canvas.png(), alt, canvas.size

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        width, height = self.size
        alt = html.escape(self.alt, quote=True)
        picture = f'<img class="rpn-still" width="{width}" height="{height}" alt="{alt}" src="{data_url(self.png)}">'
        return {"text/plain": self.alt, "text/html": picture, "image/png": base64.b64encode(self.png).decode()}


@alone()
def learning_curve(records: Sequence[Record], metric: str = "metric") -> Still:
    """Loss (log scale, where it is nowhere below 0) and metric over the steps of a training. Gaps are where a number is not finite.

    ValueError without records, TypeError for what is none: records are what `train` gives back, or `[*fit(...)]`.
    """
    if isinstance(records, Record):
        raise TypeError("learning_curve.records must be a list of records, as train gives back, got one Record: put it into [ ]")
    if not isinstance(records, Sequence) or any(not isinstance(record, Record) for record in records):
        raise TypeError(f"learning_curve.records must be a list of records, as train gives back, got {records!r:.80}")
    if not isinstance(metric, str):
        raise TypeError(f"learning_curve.metric must be the name of the metric, got {metric!r:.80}")
    if not records:
        raise ValueError("learning_curve.records must be at least one record, as train gives back, got none")
    steps = [record.step for record in records]
    losses = [finite(record.loss) for record in records]
    measured = [(record.step, finite(record.metric)) for record in records if record.metric is not None]
    values = [value for _, value in measured]
    share = all(0 <= value <= 1 for value in values if not math.isnan(value))
    power = not any(loss < 0 for loss in losses)
    heights = [math.log10(max(loss, 1e-12)) for loss in losses] if power else losses
    told = "log10 of the loss" if power else "loss"
    axes = [Axes((0.08, 0.18, 0.4, 0.7), told, "step"), Axes((0.57, 0.18, 0.4, 0.7), metric, "step")]
    canvas = Canvas(axes, (700, 220))
    ends = (0, max(*steps, 1))
    exponents = [height for height in heights if not math.isnan(height)] or [0.0]
    low, high = math.floor(min(exponents)), math.ceil(max(exponents))
    canvas.limits(0, ends, (low, high if high > low else low + 1) if power else around(losses))
    alone = {"marker": "o", "markersize": 3} if len(steps) == 1 else {}  # a line of one point is not seen
    canvas.line("loss", 0, steps, heights, color="#222222", linewidth=1.8, **alone)
    lowest = min((value for value in values if not math.isnan(value)), default=0.0)
    canvas.limits(1, ends, (int(lowest * 10) / 10 if lowest < 1 else 0.9, 1.02) if share else around(values))
    canvas.line("metric", 1, [step for step, _ in measured], values, color="#0b62a4", marker="o", markersize=3)
    last = f" The {metric} ends at {said(values[-1], '.2f' if share else '.4g')}." if measured else ""
    return Still(canvas, f"The loss over {counted(steps[-1], 'step')}, from {said(losses[0])} to {said(losses[-1])}.{last}")


def finite(value: Any) -> float:
    """NaN for what no axis can hold."""
    return float(value) if abs(float(value)) < 1e300 else math.nan


def said(value: float, form: str = ".2g") -> str:
    """A number in words that can be read aloud, also where there is none."""
    return "no finite number" if math.isnan(value) else f"{value:z{form}}"


def around(values: Sequence[float]) -> tuple[float, float]:
    """Limits that hold all values, with a little room."""
    inside = [value for value in values if not math.isnan(value)] or [0.0]
    room = 0.05 * (max(inside) - min(inside)) or abs(inside[0]) or 1.0
    return min(inside) - room, max(inside) + room


@alone()
def digit_sheet(x: Tensor, y: Tensor, predicted: Tensor, most: int = 12) -> Still:
    """The images that a model got wrong, each with its label and what the model said: (rows, 64), (rows,), (rows,).

    At most `most` are shown, all are counted. ValueError for other shapes, TypeError for what are no numbers.
    """
    x, y, predicted = (given.tensor(f"digit_sheet.{name}", value) for name, value in (("x", x), ("y", y), ("predicted", predicted)))
    if x.shape != (len(x), 64) or not y.shape == predicted.shape == (len(x),):
        shapes = ", ".join(str(tuple(part.shape)) for part in (x, y, predicted))
        raise ValueError(f"digit_sheet needs x (rows, 64), y (rows,) and predicted (rows,), got {shapes}")
    most = given.count("digit_sheet.most", most)
    wrong = (y != predicted).nonzero().squeeze(-1).tolist()
    shown = wrong[:most]
    pairs = [(int(y[row]), int(predicted[row])) for row in shown]
    width = 1 / max(len(shown), 6)
    places = [(i * width + 0.01, 0.05, width - 0.02, 0.72) for i in range(len(shown))]
    titles = [f"{was} read as {read}" for was, read in pairs]
    axes = [Axes(place, title, xticks="none", yticks="none") for place, title in zip(places, titles, strict=True)]
    canvas = Canvas(axes, (900, 120))
    for i, row in enumerate(shown):
        canvas.image(f"digit {i}", i, x[row].view(8, 8).cpu(), 1.0)
    listed = f"; the first {len(shown)}: {', '.join(titles)}" if shown else ""
    return Still(canvas, f"{len(wrong)} of {counted(len(y), 'image')} {'is' if len(wrong) == 1 else 'are'} read wrongly{listed}.")


@alone()
def borders(estimator: Any, x: Tensor, y: Tensor) -> Still:
    """Where a fitted estimator of scikit-learn draws its border between two classes, as a wide band, and where its formula does, as a line.

    `x`, (rows, 2), and `y`, (rows,), are the points that are shown: above 0 as a circle, else as a triangle. The picture goes from -1.6 to
    1.6 and from -1.1 to 1.1. TypeError and ValueError as `zoo.from_sklearn`; ValueError for other shapes, or for more than two classes.
    """
    x, y = given.tensor("borders.x", x), given.tensor("borders.y", y)
    if x.shape != (len(x), 2) or y.shape != (len(x),):
        raise ValueError(f"borders needs x (rows, 2) and y (rows,), got {tuple(x.shape)} and {tuple(y.shape)}")
    model = from_sklearn(estimator)
    cells = plane.middles().flatten(0, 1)
    g = model(cells)  # (rows · columns, n)
    if g.shape[1] > 2:
        raise ValueError(f"borders shows a border between two classes, and this estimator gives {g.shape[1]} numbers for each row")
    theirs = answers(estimator, cells).view(g.shape)
    difference, (columns, rows) = (g - theirs).abs().max() / theirs.abs().max(), plane.CELLS
    signs = [(value.diff() if value.shape[1] == 2 else value).clamp(-2.0, 2.0).view(rows, columns) for value in (g, theirs)]
    told, named = f"largest difference {difference:.0e} of the largest output", " → ".join(map(kind, steps_of(estimator)))
    canvas = Canvas([Axes((0.1, 0.14, 0.87, 0.76), f"line: the formula, wide band: {named}   {told}")], (560, 360))
    plane.paint(canvas, 0, signs[0], x, y, signs[1])
    apart = int(((signs[0] > 0) != (signs[1] > 0)).sum())
    return Still(
        canvas,
        f"The border of {named} and that of its formula: signs differ in {apart} of {len(cells)} cells, the outputs by "
        f"{plane.apart(difference)} of the largest.",
    )


def answers(estimator: Any, x: Tensor) -> Tensor:
    """What the formula of a fitted estimator gives too, computed by scikit-learn: (rows, 2) → (rows,) or (rows, n)."""
    *before, last = steps_of(estimator)
    X = x.numpy()
    for step in before:
        X = step.transform(X)
    methods = ("decision_function", "predict_joint_log_proba", "predict_proba", "predict")
    return torch.from_numpy(next(getattr(last, name) for name in methods if hasattr(last, name))(X))
