"""Pictures without controls: what has happened, with words for those who do not see it."""

import base64
import html
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .. import given
from ..fit import Record
from .alone import alone
from .canvas import Canvas, Panel, data_url


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
    """Loss (log scale) and metric over the steps of a training."""
    steps = [record.step for record in records]
    losses = torch.tensor([record.loss for record in records], dtype=torch.float64)
    measured = [(record.step, record.metric) for record in records if record.metric is not None]
    panels = [Panel((0.08, 0.18, 0.4, 0.7), "log10 of the loss", "step"), Panel((0.57, 0.18, 0.4, 0.7), metric, "step")]
    canvas = Canvas(panels, (700, 220))
    exponents = losses.clamp(min=1e-12).log10()
    canvas.limits(0, (0, steps[-1]), (float(exponents.min().floor()), float(exponents.max().ceil())))
    canvas.line("loss", 0, steps, exponents, color="#222222", linewidth=1.8)
    lowest = min([value for _, value in measured], default=0.0)
    canvas.limits(1, (0, steps[-1]), (int(lowest * 10) / 10, 1.02))
    canvas.line("metric", 1, [step for step, _ in measured], [value for _, value in measured], color="#0b62a4", marker="o", markersize=3)
    last = f" The {metric} ends at {measured[-1][1]:.2f}." if measured else ""
    return Still(canvas, f"The loss over {steps[-1]} steps, from {losses[0]:.2g} to {losses[-1]:.1g}.{last}")


@alone()
def digit_sheet(x: Tensor, y: Tensor, predicted: Tensor, most: int = 12) -> Still:
    """The images that a model got wrong, each with its label and what the model said: (rows, 64), (rows,), (rows,)."""
    x, y, predicted = (given.tensor(f"digit_sheet.{name}", value) for name, value in (("x", x), ("y", y), ("predicted", predicted)))
    if x.shape != (len(x), 64) or not y.shape == predicted.shape == (len(x),):
        shapes = ", ".join(str(tuple(part.shape)) for part in (x, y, predicted))
        raise ValueError(f"digit_sheet needs x (rows, 64), y (rows,) and predicted (rows,), got {shapes}")
    wrong = (y != predicted).nonzero().squeeze(-1).tolist()
    shown = wrong[:most]
    said = [(int(y[row]), int(predicted[row])) for row in shown]
    width = 1 / max(len(shown), 6)
    places = [(i * width + 0.01, 0.05, width - 0.02, 0.72) for i in range(len(shown))]
    titles = [f"{was} read as {read}" for was, read in said]
    panels = [Panel(place, title, xticks="none", yticks="none") for place, title in zip(places, titles, strict=True)]
    canvas = Canvas(panels, (900, 120))
    for i, row in enumerate(shown):
        canvas.image(f"digit {i}", i, x[row].view(8, 8).cpu(), 1.0)
    listed = f"; the first {len(shown)}: {', '.join(titles)}" if shown else ""
    return Still(canvas, f"{len(wrong)} of {len(y)} images are read wrongly{listed}.")
