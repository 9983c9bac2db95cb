"""What every picture is: what is computed for a state, and how it is shown.

A picture is a component too: its fields are sliders, part of the state token, and filled into the code it shows. `numbers` is plain torch;
everything on the screen (picture, formula, alt text, readout, code) comes from its one result.
"""

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ...component import LAST_SEED, Component, Dial
from ...data.sets import SHAPES
from ...expansion import Expansion
from ...network.formula import Formula
from ...reconciliation import Identity
from ...shared.alone import alone, seeded
from ...shared.machine import needs
from ...shared.terms import BY_SYMBOL
from ..canvas import Axes, Canvas
from ..state.shown import Shown

# Colour is never alone: bars are hatched, curves dashed, axes titled.
COLORS = {symbol: term.colour for symbol, term in BY_SYMBOL.items()}
HATCHES = {symbol: term.hatch for symbol, term in BY_SYMBOL.items()}
LINES = ("-", "--", "-.", (0, (4, 1, 1, 1, 1, 1)))  # dots alone are the ghost of a pinned state

FORMULA = (("g", "g(x|w)"), ("", " = ⟨ "), ("κ", "κ(x)"), ("", " , "), ("ψ", "ψ(w)"), ("", " ⟩ + "), ("π", "π(x)"))
"""What stands above a picture: pieces of text, each with the symbol of its term or with none."""

Numbers = dict[str, Any]
"""What a picture has computed, by name: tensors of the shapes that stand beside the lines of its `numbers`."""
Seed = Annotated[int, Dial(0, 9, "seed of the random numbers", most=LAST_SEED - 1000)]  # some draw once more, from seed + 1000
DENSE = Identity()  # what every other ψ is compared with
MANY = 1_000_000  # as large as a count may be: the ledger refuses much smaller ones, and no list is made of so many
DEEP = 1000  # as many layers as there may be: they are made one by one, before their sizes are known


def counted(count: int, noun: str, form: str = "") -> str:
    """1 channel, 2 channels."""
    return f"{count:{form}} {noun}{'s' * (count != 1)}"


def sized(formula: Formula, m: int, n: int, *rows: int) -> dict[str, int]:
    """m, b, n, D and l of a formula that is computed for as many `rows` as these, of which the first are told.

    ValueError where it does not fit them, or where its ξ makes other rows of them.
    """
    sizes = formula.sizes(m, n)
    for b in rows:
        if formula.batch not in (None, b):
            raise ValueError(f"this picture computes {b} rows at once, and Formula.batch is {formula.batch}: leave it out")
        if (made := formula.instance.width(b)) != b:
            raise ValueError(f"this picture needs a row for each of its {b}, and Formula.instance makes {made} of them")
    return {"m": m, "b": rows[0], "n": n, "D": sizes.D, "l": sizes.learned}


@functools.cache
def handwritten() -> tuple[Tensor, Tensor]:
    """1,797 images of 8 × 8 pixels from 0 to 1, and the digit each one shows: (1797, 64) and (1797,). ImportError without scikit-learn."""
    needs("The picture of digits", "sklearn.datasets")
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return torch.from_numpy(x / 16), torch.from_numpy(y)


def tiled(images: Tensor, columns: int) -> Tensor:
    """(k, s, s) → one matrix with `columns` images in a row and an empty line between them."""
    padded = F.pad(images, (0, 1, 0, 1), value=float("nan"))  # (k, s + 1, s + 1)
    rows = [torch.cat(tuple(row), 1) for row in padded.split(columns)]
    return torch.cat(rows)[:-1, :-1]


def scattered(shape: str, points: int, noise: float, seed: int) -> tuple[Tensor, Tensor]:
    """Noisy points of a curve, x and y: (points,) each. One lies in each of equal parts of [-1, 1], so that there is no large gap."""
    with seeded(seed + 1000):
        x = (2 * (torch.arange(points) + torch.rand(points)) / points - 1).double()
        y = noise * torch.randn(points).double() + SHAPES[shape](x)
    return x, y


def wildest(kappa: Expansion) -> float:
    """The largest feature at the ends and in the middle. With huge ones, steps magnify the last digit of every number."""
    ends = torch.tensor([[-1.0], [0.0], [1.0]], dtype=torch.float64, device="cpu")
    return kappa(ends).abs().max().item()


def listed(values: Tensor, most: int = 3) -> str:
    """The first few of (k,) numbers, as they stand under a symbol of the formula."""
    return ", ".join(f"{value:z.3f}" for value in values[:most]) + (", …" if len(values) > most else "")


def told_beyond(canvas: Canvas, axes: int, curves: dict[str, Tensor], between: tuple[float, float]) -> None:
    """Which curves, (points,) by name, leave the heights that some axes show, and how far."""
    leaving = {name: values for name, values in curves.items() if values.min() < between[0] or values.max() > between[1]}
    if leaving:
        ranges = ", ".join(f"{name} from {values.min():.3g} to {values.max():.3g}" for name, values in leaving.items())
        canvas.text("outside", axes, 0.5, 0.94, f"beyond the picture: {ranges}", ha="center")


def walked(loss: Callable[[Tensor], Tensor], w: Tensor, steps: int, lr: float) -> Tensor:
    """Every w of a training with AdamW, from the start to the last: (l,) → (steps + 1, l)."""
    w = w.clone().requires_grad_()
    optimizer = torch.optim.AdamW([w], lr=lr, weight_decay=1e-4)
    kept = [w.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        with torch.enable_grad():
            value = loss(w)
            value.backward()
        optimizer.step()
        kept.append(w.detach().clone())
    return torch.stack(kept)


class Handle(NamedTuple):
    """What a hand can take hold of in a picture: a point of some axes, in data units. Each has a control that does the same."""

    name: str
    axes: int
    x: float
    y: float
    says: str
    """What it stands for, in words."""
    move: Callable[[float, float], Component]
    """The picture, or the subject, where the point has been moved to x and y; a control takes the nearest that it can."""
    ways: Literal["x", "y", "xy", ""] = "x"
    """Along which axes it can be moved; along none it is chosen by a press."""


class Picture(Component, ABC):
    """What an explorer shows of a subject: a κ, a ψ, or a whole formula."""

    term: ClassVar[str] = "picture"
    subject: ClassVar[type]
    """The kind of component it shows."""
    axes: ClassVar[tuple[Axes, ...]]
    """Where it draws; `paint` says them by their number."""
    answer: ClassVar[str]
    """The name of the number that the code prints at its end."""
    fields_name: ClassVar[str]
    """What the picture's own fields are, in one word."""
    moves: ClassVar[tuple[str, ...]] = ("expansion", "reconciliation", "remainder")
    """The fields of a Formula that change what is shown: they get controls."""
    unseen: ClassVar[tuple[str, ...]] = ("output",)
    """The fields of a Formula that it does not show: they must have their defaults."""
    fixed: ClassVar[dict[str, Any]] = {}
    """Fields of the subject that the data of the picture settle, with their values: they get no controls."""
    size: ClassVar[tuple[int, int]] = (700, 300)
    """Width and height in pixels: near 700 × 300, or a slider stutters."""

    def __init_subclass__(cls) -> None:
        """Data and numbers are the same wherever they are asked for, in an explorer or in a cell, under every global setting of torch."""
        super().__init_subclass__()
        for name in {"given", "numbers"} & vars(cls).keys():
            setattr(cls, name, alone()(vars(cls)[name]))

    def given(self) -> dict[str, Tensor]:
        """Data the numbers start from, (rows,) or (rows, columns), by argument name. In the code they are written out."""
        return {}

    @abstractmethod
    def sizes(self, subject: Any) -> dict[str, int]:
        """m, b, n, D and l of a state, as it is shown: b rows of m attributes, n outputs. ValueError where they do not fit."""

    def ends(self, subject: Any) -> dict[str, int]:
        """Where sliders over whole numbers end in this state, by field; the others end where their dials do. ValueError as in `sizes`."""
        return {}

    def cost(self, sizes: dict[str, int]) -> int:
        """How many numbers are made on the way, besides κ of the b rows, the n × D matrix and w: the budget counts them too."""
        return 0

    def refuses(self, subject: Any) -> str:
        """Why this state is not shown, for another reason than its size: a sentence, or nothing. Asked only where the budget allows it."""
        return ""

    @abstractmethod
    def numbers(self, subject: Any, **given: Tensor) -> Numbers:
        """Everything shown, by name, computed in float64 on the CPU from `given`. What has no axes, (), is one of the `figures`."""

    @abstractmethod
    def paint(self, canvas: Canvas, shown: Shown) -> None:
        """Tell the canvas what to show."""

    @abstractmethod
    def alt(self, shown: Shown) -> str:
        """The picture in words: what it is, extremes, trend."""

    @abstractmethod
    def readout(self, shown: Shown) -> str:
        """One line of figures."""

    def handles(self, shown: Shown) -> list[Handle]:
        """What can be moved in the picture itself."""
        return []

    def figures(self, shown: Shown) -> dict[str, float]:
        """The figures by which two states are compared, beside D and l: every number that stands alone."""
        alone = {name: value for name, value in shown.numbers.items() if isinstance(value, Tensor) and not value.dim()}
        return {name.replace("_", " "): value.item() for name, value in alone.items()}

    def formula(self, shown: Shown) -> tuple[tuple[str, str], ...]:
        """The line above the picture: pieces of text with the symbol of their term."""
        return FORMULA

    def values(self, shown: Shown) -> dict[str, str]:
        """Short texts that stand under the symbols of the formula."""
        return {}
