"""A noisy curve, two small real sets, a social network: drawn or read on the CPU, so that every device and dtype sees the same rows."""

import csv
import io
import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import torch

from ..shared import given, machine
from ..shared.words import did_you_mean
from .split import Split, place_of, share, share_of_rows, split, uniform

# ---- real data ----------------------------------------------------------------------------------------------------------------------


def digits(test: float = 0.25, seed: int = 0, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> Split:
    """1,797 handwritten digits of 8 x 8 grey pixels; 13 people wrote them.

    x: (rows, 64), row by row from the top left, scaled from 0..16 to [0, 1]. y: (rows,) int64, the digit 0..9.
    `test` is the share of every digit that is set aside; both parts are shuffled.
    Source: the test set of "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998; UCI), as scikit-learn ships it.
    Raises ImportError without scikit-learn; ValueError unless 0 < test < 1.
    """
    images, labels = _shipped_with_scikit_learn("digits")
    train, held_out = _stratified("digits", labels, test, seed)
    images = images / 16
    return split("digits", images[train], labels[train], images[held_out], labels[held_out], dtype, device)


def iris(test: float = 0.25, seed: int = 0, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> Split:
    """150 iris flowers, 50 of each of three species.

    x: (rows, 4), length and width of the sepal and of the petal (cm), standardised with the mean and deviation of the training rows:
    the test rows must not leak into the scale. y: (rows,) int64, 0 setosa, 1 versicolor, 2 virginica.
    `test` is the share of every species that is set aside; both parts are shuffled.
    Source: R. A. Fisher (1936), as scikit-learn ships it. Raises ImportError without scikit-learn; ValueError unless 0 < test < 1.
    """
    flowers, species = _shipped_with_scikit_learn("iris")
    train, held_out = _stratified("iris", species, test, seed)
    flowers = (flowers - flowers[train].mean(axis=0)) / flowers[train].std(axis=0)
    return split("iris", flowers[train], species[train], flowers[held_out], species[held_out], dtype, device)


def _shipped_with_scikit_learn(name: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn import datasets
    except ImportError as missing:
        raise ImportError(f'{name}() reads the copy that comes with scikit-learn: pip install "rpn_edu[explore]"') from missing
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return x.astype(np.float64), y.astype(np.int64)


def _stratified(who: str, labels: np.ndarray, test: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shuffled indices of training and test rows; every class gives the same share, and keeps a row on each side."""
    test = share_of_rows(who, test)
    # NumPy promises the raw bits of a bit generator for ever, but not what shuffle or permutation make of them.
    bits = np.random.PCG64(given.seed(f"{who}.seed", seed)).random_raw(2 * len(labels))
    # One draw chooses, another orders: in the order of choice the training rows would begin with whichever class was full first.
    choice, shuffled = np.argsort(bits.reshape(2, -1), axis=1, kind="stable")
    held_out = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = choice[labels[choice] == label]
        held_out[members[: share(test, len(members))]] = True
    return shuffled[~held_out[shuffled]], shuffled[held_out[shuffled]]


# ---- a network ----------------------------------------------------------------------------------------------------------------------


class Karate(NamedTuple):
    """Who met whom, and who went where. Member i of the paper is node i - 1 here, as in `interdependence.Graph`."""

    links: tuple[tuple[int, int], ...]
    """78 pairs of nodes from 0 to 33, each once, the smaller number first."""
    faction: torch.Tensor
    """(34,) int64: 0 went with the instructor (node 0), 1 stayed with the officers (node 33)."""

    def __repr__(self) -> str:
        return f"Karate(links: {len(self.links)} pairs, faction: {tuple(self.faction.shape)} int64)"


def karate(device: torch.device | str = "cpu") -> Karate:
    """A karate club of 34 members before it split in two: 78 links of members who met outside the club, and the side each one took.

    FileNotFoundError if the table is not where it belongs, ValueError if it is no text or for a device that is not there.
    Source: W. W. Zachary, "An Information Flow Model for Conflict and Fission in Small Groups" (1977).
    """
    there = machine.device(device, "karate.device")
    members = list(csv.DictReader(io.StringIO(machine.text(place_of("karate.csv")))))
    links = tuple((int(row["member"]) - 1, int(other) - 1) for row in members for other in row["links"].split())
    faction = torch.tensor([int(row["faction"] == "officers") for row in members], device="cpu")
    return Karate(links, faction.to(there))


# ---- a curve ------------------------------------------------------------------------------------------------------------------------


def waves(x: torch.Tensor) -> torch.Tensor:
    """Two frequencies under a bell: smooth, but not periodic, so that no basis gets it for free. Number by number: (...) → (...)."""
    return (torch.sin(3 * x) + 0.5 * torch.sin(9 * x)) * torch.exp(-(x**2))


def step(x: torch.Tensor) -> torch.Tensor:
    """A jump makes smooth bases ring (Gibbs). It sits where neither symmetry nor a default spline knot helps. (...) → (...)."""
    return (x > 0.3).to(x.dtype)


def peak(x: torch.Tensor) -> torch.Tensor:
    """Runge's function: high degrees run wild towards the ends, local bases do not. Number by number: (...) → (...)."""
    return 1 / (1 + 25 * x**2)


SHAPES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"waves": waves, "step": step, "peak": peak}


def curve(
    points: int = 60,
    noise: float = 0.1,
    seed: int = 0,
    shape: Literal["waves", "step", "peak"] = "waves",
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> Split:
    """A noisy curve on [-1, 1]: `points` rows to learn from, 200 even rows without noise to be judged by.

    x and y: (rows, 1). Training x are uniform, in random order; y = f(x) + noise times a standard normal number, and f stays within ±1.2.
    "waves" is (sin 3x + sin(9x)/2) exp(-x²), "step" jumps from 0 to 1 at x = 0.3, "peak" is 1 / (1 + 25 x²).

    Made for sliders: another `noise` or `shape` keeps x and scales the same noise; more `points` keep the earlier ones.
    Raises ValueError for an unknown shape, points < 1 or noise < 0.
    """
    points, noise = given.count("curve.points", points), given.number("curve.noise", noise, 0, "standard deviation of the noise")
    if not isinstance(shape, str) or shape not in SHAPES:
        raise ValueError(f"curve.shape must be one of {', '.join(map(repr, SHAPES))}, got {shape!r}{did_you_mean(shape, SHAPES)}")
    # One row of two uniform numbers per point: torch.randn draws in blocks, and its early numbers would change with `points`.
    where, luck = uniform("curve", points, 2, seed).unbind(-1)
    x, x_test = 2 * where - 1, torch.linspace(-1, 1, 200, dtype=torch.float64, device="cpu")
    y = SHAPES[shape](x) + noise * torch.special.ndtri(luck.clamp(min=2.0**-54))  # the normal quantile; that of 0 is minus infinity
    return split("curve", x[:, None], y[:, None], x_test[:, None], SHAPES[shape](x_test)[:, None], dtype, device)


# ---- two moons ----------------------------------------------------------------------------------------------------------------------


def moons(
    points: int = 60, noise: float = 0.2, seed: int = 0, dtype: torch.dtype = torch.float64, device: torch.device | str = "cpu"
) -> Split:
    """Two half circles that interlock: `points` rows to learn from, 200 fresh ones with the same noise to be judged by.

    x: (rows, 2), y: (rows,) int64, 0 for the upper moon and 1 for the lower one, in turn. Both half circles have the radius 1 before
    everything is moved and scaled by 1.5 into [-1, 1]; `noise` is the standard deviation before that, as in scikit-learn's make_moons.
    Made for sliders: another `noise` scales the same noise; more `points` keep the earlier ones. ValueError for points < 2 or noise < 0.
    """
    points, noise = given.count("moons.points", points, 2), given.number("moons.noise", noise, 0, "standard deviation of the noise")
    where, *luck = uniform("moons", 200 + points, 3, seed).unbind(-1)  # the first 200 are the fresh ones, however many points follow
    lower, angle = torch.arange(200 + points, device="cpu") % 2, math.pi * where
    x = torch.stack([angle.cos(), angle.sin()], -1)
    x = torch.where(lower[:, None] == 0, x, torch.tensor([1.0, 0.5], dtype=torch.float64, device="cpu") - x)
    x = x + noise * torch.special.ndtri(torch.stack(luck, -1).clamp(min=2.0**-54))
    x = (x - torch.tensor([0.5, 0.25], dtype=torch.float64, device="cpu")) / 1.5
    return split("moons", x[200:], lower[200:], x[:200], lower[:200], dtype, device)
