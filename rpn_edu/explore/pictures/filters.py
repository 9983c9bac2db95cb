"""A convolution under the hand: one window of an image, one filter, and the one number that they make."""

import functools
import math
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ...component import Dial, component
from ...expansion import WindowPooling, Windows
from ...reconciliation import Shared
from ...shared.alone import seeded
from ..canvas import Axes, Canvas, steady
from ..state.shown import Shown
from .base import DENSE, Handle, Numbers, Picture, Seed, handwritten, tiled, walked

MOST = 1000  # features: more would make a slider stutter
FILTERS = 4
IMAGES, NEW = 300, 500  # to learn from, and never learned from
STEPS, LR = 40, 0.04


def pooling(subject: Windows) -> WindowPooling:
    """The largest of every 2 × 2 places of each map. Along an axis with one place nothing is pooled."""
    down, across = subject.places
    high, wide = min(2, down), min(2, across)
    return WindowPooling(down, across, FILTERS, high, wide, high, wide)


@functools.lru_cache(32)
def trained(subject: Windows, shuffled: bool, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """A small convolutional network that has learned to read digits, and a linear softmax that has learned from the same images.

    Its kernels, (4, places of a window); the shares of new images that each of the two reads, () and (); one new image of each digit,
    (10, 64), and what the network reads there, (10,). Kept: to move the window changes none of it.
    """
    x, y = handwritten()  # (1797, 64), (1797,)
    with seeded(seed + 1000):  # images of their own: another window must not change them
        order, pixels = torch.randperm(1797), torch.randperm(64)
    if shuffled:
        x = x[:, pixels]
    x_train, y_train, x_new, y_new = x[order[:IMAGES]], y[order[:IMAGES]], x[order[-NEW:]], y[order[-NEW:]]
    psi = Shared(math.prod(subject.places))
    pool = pooling(subject)
    n, D = FILTERS * math.prod(subject.places), subject.width(64)
    lengths = [psi.length(n, D), DENSE.length(10, pool.width(n)), 10, DENSE.length(10, 64), 10]
    with seeded(seed):
        parts = [psi.init(n, D), DENSE.init(10, pool.width(n)), torch.zeros(10), DENSE.init(10, 64), torch.zeros(10)]

    def said(x: Tensor, kappa: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        kernels, W, bias, linear, bias_of_linear = w.split(lengths)
        maps = psi.product(kappa, kernels, n).relu()  # (rows, n)
        network = pool(maps) @ W.view(10, -1).mT + bias  # (rows, 10)
        return network, x @ linear.view(10, 64).mT + bias_of_linear

    kappa_train, kappa_new = subject(x_train), subject(x_new)  # (rows, D)

    def loss(w: Tensor) -> Tensor:
        network, linear = said(x_train, kappa_train, w)
        return F.cross_entropy(network, y_train) + F.cross_entropy(linear, y_train)  # the two have no number in common

    w = walked(loss, torch.cat(parts).double(), STEPS, LR)[-1]
    network, linear = said(x_new, kappa_new, w)
    share, linear_share = (network.argmax(-1) == y_new).double().mean(), (linear.argmax(-1) == y_new).double().mean()
    digits = torch.arange(10).unsqueeze(-1)  # (10, 1)
    first = (y_new == digits).double().argmax(-1)  # (10,): the first new image of each digit
    return w[: lengths[0]].view(FILTERS, -1), share, linear_share, x_new[first], network[first].argmax(-1)


@component
class Filters(Picture):
    """A small convolutional network that reads digits: one window of an image, times one of its four filters, makes one number of a map."""

    digit: Annotated[int, Dial(0, 9, "which digit is shown: an image that it has not learned from", most=9)] = 3
    filter: Annotated[int, Dial(1, FILTERS, "which filter is shown", least=1, most=FILTERS)] = 1
    row: Annotated[int, Dial(1, 8, "the row of the window: the last one, where there are fewer", least=1, most=1000)] = 3
    column: Annotated[int, Dial(1, 8, "the column of the window: the last one, where there are fewer", least=1, most=1000)] = 4
    shuffled: Annotated[bool, "the pixels of all images change places, in every image alike"] = False
    seed: Seed = 0

    subject: ClassVar[type] = Windows
    fixed: ClassVar[dict[str, int]] = {"rows": 8, "columns": 8, "channels": 1}
    answer: ClassVar[str] = "value"
    fields_name: ClassVar[str] = "window"
    size: ClassVar[tuple[int, int]] = (760, 340)  # pixels
    axes: ClassVar[tuple[Axes, ...]] = (
        Axes((0.02, 0.20, 0.29, 0.65), "image", xticks="none", yticks="none", term="κ"),
        Axes((0.36, 0.56, 0.17, 0.32), "filter", xticks="none", yticks="none", term="ψ"),
        Axes((0.36, 0.08, 0.17, 0.32), "window × filter", xticks="none", yticks="none"),
        Axes((0.59, 0.37, 0.22, 0.51), "map", xticks="none", yticks="none", term="g"),
        Axes((0.86, 0.60, 0.13, 0.28), "pooled", xticks="none", yticks="none"),
        Axes((0.59, 0.08, 0.40, 0.15), "all four filters", xticks="none", yticks="none"),
    )

    def sizes(self, subject: Windows) -> dict[str, int]:
        patches = math.prod(subject.places)
        n, D = FILTERS * patches, subject.width(64)
        return {"m": 64, "b": IMAGES + NEW, "n": n, "D": D, "l": Shared(patches).length(n, D)}

    def ends(self, subject: Windows) -> dict[str, int]:
        down, across = subject.places
        return {"row": down, "column": across}

    def cost(self, sizes: dict[str, int]) -> int:
        return 2 * (IMAGES + NEW) * sizes["n"] + (STEPS + 1) * (sizes["l"] + 10 * sizes["n"] + 660)

    def refuses(self, subject: Windows) -> str:
        D = subject.width(64)
        return f"Filters stops at D = {MOST:,} features, got {D:,}: choose a smaller window or a larger stride" if D > MOST else ""

    def place(self, subject: Windows) -> tuple[int, int]:
        """Row and column of the window, counted from 0."""
        down, across = subject.places
        return min(self.row, down) - 1, min(self.column, across) - 1

    def numbers(self, subject: Windows, **given: Tensor) -> Numbers:
        kernels, share, linear_share, images, read = trained(subject, self.shuffled, self.seed)
        (down, across), (i, j) = subject.places, self.place(subject)
        pool = pooling(subject)
        x = images[self.digit]  # (64,)
        kappa = subject(x)  # (D,)
        kernel = kernels[self.filter - 1].view(subject.window_rows, subject.window_columns)
        window = kappa.view(-1, down * across)[:, i * across + j].view_as(kernel)
        sums = kernels @ kappa.view(-1, down * across)  # (4, patches)
        maps = sums.relu().flatten()  # (n,)
        pooled = pool(maps).view(FILTERS, -1, pool.places[1])
        chosen = {"kernels": kernels, "kernel": kernel, "window": window, "products": window * kernel}
        shown = {"map": maps.view(FILTERS, down, across)[self.filter - 1], "pooled": pooled[self.filter - 1]}
        scores = {"share": share, "linear_share": linear_share, "read": read[self.digit]}
        return {"image": x.view(8, 8), **chosen, "sum": (window * kernel).sum(), **shown, "value": shown["map"][i, j], **scores}

    # ---- what is shown --------------------------------------------------------------------------------------------------------------

    def paint(self, canvas: Canvas, shown: Shown) -> None:
        numbers, subject = shown.numbers, shown.subject
        (i, j), (down, across) = self.place(subject), subject.places
        pad_rows, pad_columns = subject.row_padding, subject.column_padding
        padded = F.pad(numbers["image"], (pad_columns, pad_columns, pad_rows, pad_rows))
        canvas.title(0, "image, 0 around it" if pad_rows or pad_columns else "image")
        canvas.image("image", 0, padded, 1.0)
        self.frame(canvas, "edge", 0, pad_rows, pad_columns, 8, 8, color="#999999", linewidth=1)
        at = i * subject.row_stride, j * subject.column_stride
        self.frame(canvas, "window", 0, *at, subject.window_rows, subject.window_columns)
        limit = steady(numbers["kernels"], floor=0.1)
        canvas.title(1, f"filter {self.filter}")
        canvas.image("kernel", 1, numbers["kernel"], limit, figures=True)
        canvas.image("products", 2, numbers["products"], limit, figures=True)
        canvas.text("sum", 2, 0.5, -0.06, f"sum {numbers['sum']:z.2f}", ha="center", va="top", fontweight="bold")
        top = steady(numbers["map"], floor=0.5)
        canvas.title(3, f"map, {down} × {across}")
        canvas.image("map", 3, numbers["map"], top)
        self.frame(canvas, "place", 3, i, j, 1, 1)
        (high, wide), pool = numbers["pooled"].shape, pooling(subject)
        canvas.title(4, f"pooled, {high} × {wide}")
        canvas.image("pooled", 4, numbers["pooled"], top)
        k, l = i // pool.window_rows, j // pool.window_columns
        if k < high and l < wide:  # an odd map has a last row that no window of the pooling meets
            self.frame(canvas, "largest", 4, k, l, 1, 1)
        kernels = numbers["kernels"].view(FILTERS, *numbers["kernel"].shape)
        canvas.image("kernels", 5, tiled(kernels, FILTERS), limit)
        self.frame(canvas, "chosen", 5, 0, (self.filter - 1) * (subject.window_columns + 1), *numbers["kernel"].shape)

    @staticmethod
    def frame(canvas: Canvas, name: str, axes: int, row: int, column: int, rows: int, columns: int, **style: Any) -> None:
        """A border around some cells of an image."""
        x, y = column - 0.5, row - 0.5
        corners = [x, x + columns, x + columns, x, x], [y, y, y + rows, y + rows, y]
        canvas.line(name, axes, *corners, **({"color": "#222222", "linewidth": 2} | style))

    def handles(self, shown: Shown) -> list[Handle]:
        subject = shown.subject
        (i, j), (down, across) = self.place(subject), subject.places
        says = f"window at row {i + 1}, column {j + 1}"

        def there(column: float, row: float) -> Filters:
            return replace(self, row=min(max(1, round(row) + 1), down), column=min(max(1, round(column) + 1), across))

        half = (subject.window_rows - 1) / 2, (subject.window_columns - 1) / 2
        at = i * subject.row_stride + half[0], j * subject.column_stride + half[1]
        move = lambda x, y: there((x - half[1]) / subject.column_stride, (y - half[0]) / subject.row_stride)  # noqa: E731
        found = [Handle("window", 0, at[1], at[0], says, move, "xy"), Handle("place", 3, j, i, says, there, "xy")]
        for k in range(FILTERS):
            middle = k * (subject.window_columns + 1) + half[1]
            choose = lambda *_, k=k: replace(self, filter=k + 1)  # noqa: E731
            found.append(Handle(f"filter {k + 1}", 5, middle, half[0], f"filter {k + 1}", choose, ""))
        return found

    def readout(self, shown: Shown) -> str:
        numbers, sizes = shown.numbers, shown.sizes
        (i, j), count = self.place(shown.subject), numbers["kernel"].numel()
        return (
            f"row {i + 1}, column {j + 1}: {count} products, sum {numbers['sum']:z.3f}, relu makes {numbers['value']:z.3f}\n"
            f"ψ: 4 filters, l = {sizes['l']}   dense: {sizes['n']} · {sizes['D']} = {sizes['n'] * sizes['D']:,}\n"
            f"read right: {numbers['share']:.1%} of {NEW} new images, by a linear softmax {numbers['linear_share']:.1%}"
        )

    def alt(self, shown: Shown) -> str:
        numbers, sizes, subject = shown.numbers, shown.sizes, shown.subject
        rows, columns = numbers["kernel"].shape
        (i, j), (high, wide) = self.place(subject), numbers["pooled"].shape
        pixels, dense = "with its pixels shuffled, " if self.shuffled else "", sizes["n"] * sizes["D"]
        ends = "{:.3g} to {:.3g}".format(*numbers["kernel"].aminmax())
        return (
            f"The image of a {self.digit}, {pixels}read as {int(numbers['read'])}. At row {i + 1}, column {j + 1} a window of "
            f"{rows} × {columns} pixels meets filter {self.filter} of 4, whose numbers run from {ends}. "
            f"The sum of the products is {numbers['sum']:.3g}, and {numbers['value']:.3g} stands in the map of "
            f"{subject.places[0]} × {subject.places[1]}, whose largest number is {numbers['map'].max():.3g}. Pooled it is {high} × {wide}. "
            f"ψ has {sizes['l']} learned numbers, a dense one {dense:,}. The network reads {numbers['share']:.1%} of {NEW} new images, "
            f"a linear softmax {numbers['linear_share']:.1%}."
        )

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        return (("g", "map"), ("", " = relu ⟨ "), ("κ", "κ(x)"), ("", " , "), ("ψ", "ψ(w)"), ("", " ⟩"))

    def values(self, shown: Shown) -> dict[str, str]:
        sizes = shown.sizes
        return {"κ": f"D = {sizes['D']}", "ψ": f"{sizes['n']} × {sizes['D']}", "g": f"{shown.numbers['value']:z.3g}"}
