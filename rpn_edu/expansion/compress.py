"""κ with D < m, the compressions: one number for all attributes, a sample of them, a projection."""

import math
from numbers import Integral
from typing import Annotated, Any, Literal, Self, get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..component import LAST_SEED, Dial, Table, component
from ..shared import given
from ..shared.machine import needs
from ..shared.precision import precise
from ..shared.reductions import REDUCTIONS
from ..shared.words import did_you_mean
from .base import Expansion
from .density import HALF_LOG_TAU, squashed

# ---- one number for all attributes --------------------------------------------------------------------------------------------------


class Summary(Expansion):
    """κ(x) = one number for each row, so D = 1. A row is called like its reduction."""

    @property
    def metric(self) -> str:
        """Which of the reductions it is, such as "max"."""
        return type(self).__name__.lower()

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return REDUCTIONS[self.metric](x, -1).unsqueeze(-1)


@component
class Max(Summary):
    """κ(x) = max(x_1, ..., x_m)

    D = 1. The gradient goes to the largest attribute alone; equal ones share it.
    Source: RPN 2 (arXiv 2411.11162), "Metric based Compression Functions".
    """


@component
class Min(Summary):
    """κ(x) = min(x_1, ..., x_m)

    D = 1. The gradient goes to the smallest attribute alone; equal ones share it.
    Source: RPN 2 (arXiv 2411.11162), "Metric based Compression Functions".
    """


@component
class Sum(Summary):
    """κ(x) = x_1 + ... + x_m

    D = 1. Its size grows with m: compare the mean.
    Source: RPN 2 (arXiv 2411.11162), "Metric based Compression Functions".
    """


@component
class Mean(Summary):
    """κ(x) = (x_1 + ... + x_m) / m

    D = 1. As large as an attribute, whatever m is.
    Source: RPN 2 (arXiv 2411.11162), "Metric based Compression Functions".
    """


@component
class Prod(Summary):
    """κ(x) = x_1 x_2 ... x_m

    D = 1. One 0 decides everything, and many attributes overflow or vanish.
    Source: RPN 2 (arXiv 2411.11162), "Metric based Compression Functions".
    """


@component
class Median(Summary):
    """κ(x) = the x_j in the middle of the sorted row; for an even m, the lower of the two middle ones

    D = 1. Outliers do not move it. The gradient goes to that x_j alone; among equal ones CUDA chooses anew at every run, except under
    torch.use_deterministic_algorithms(True).
    Source: RPN 2 (arXiv 2411.11162), "Metric based Compression Functions".
    """


# ---- a sample of the attributes -----------------------------------------------------------------------------------------------------

Density = Literal["uniform", "normal", "cauchy", "chi_squared", "exponential", "gamma", "laplace"]
Show = Annotated[Literal["values", "squashed", "log_density"], "what is shown of a drawn attribute: x, its squashed v or ln p(v)"]
Seed = Annotated[int, Dial(0, 9, "seed of the frozen noise", most=LAST_SEED)]


def log_density(density: Density, v: Tensor) -> Tensor:
    """ln p(v) for v in (0, 1). Number by number: (..., m) → (..., m)."""
    match density:
        case "normal":
            return -0.5 * v * v - HALF_LOG_TAU
        case "cauchy":
            return -torch.log1p(v * v) - math.log(math.pi)
        case "chi_squared":  # one degree of freedom
            return -0.5 * (v + v.log()) - HALF_LOG_TAU
        case _:  # on (0, 1) the others are exponentials
            a, b = {"uniform": (0.0, 0.0), "exponential": (0.5, math.log(2)), "gamma": (1.0, 0.0), "laplace": (1.0, math.log(2))}[density]
            return -a * v - b


class Sampling(Expansion):
    """A weighted draw without replacement: the largest of ln(weight) + Gumbel noise (Gumbel top-k).

    The noise is drawn once from `seed` and frozen. So the draw depends on the row alone, in training and in use: equal rows get equal
    samples, and it takes another `seed` to get another draw. Gradients flow through what is shown, not through the choice. A weight
    that is NaN leaves the choice open: then all that is shown of the row is NaN.
    """

    count: int  # fields of the rows, where their place among the arguments is
    show: str
    seed: int

    def noise(self, choices: int) -> Tensor:
        """(choices,): minus the logarithm of an exponential draw is a Gumbel draw. ValueError for more choices than there is memory."""
        given.affordable(self.qualified_name(), f"the noise of {given.figure(choices)} choices", 3 * choices, "choose fewer inputs")
        generator = torch.Generator().manual_seed(self.seed)
        return -torch.empty(choices, dtype=torch.float64, device="cpu").exponential_(generator=generator).log()

    def among(self, choices: int) -> int:
        """`count`. ValueError where there are fewer choices."""
        if self.count > choices:
            raise ValueError(f"{type(self).__name__}.count must be at most the number of choices, {choices} here, got {self.count}")
        return self.count

    def draw(self, weight: Tensor, noise: Tensor) -> Tensor:
        """(..., choices) ln weights → (..., count): which are drawn, in ascending order."""
        return (weight + noise.to(weight)).topk(self.among(len(noise)), -1).indices.sort(-1).values

    def shown(self, x: Tensor, v: Tensor, log_p: Tensor) -> Tensor:
        """What `show` asks for. One of the three, each (..., m)."""
        return x if self.show == "values" else v if self.show == "squashed" else log_p


@component
class Sampled(Sampling):
    """κ(x) = [x_j for `count` attributes j], drawn with probability ~ p(v_j), v = 0.99 sigmoid(x) + 0.001

    D = count; the attributes keep their order. `density` says what p is: U(0, 1), N(0, 1), Cauchy(0, 1), χ²(1), Exp(1/2), Gamma(1, 1)
    or Laplace(0, 1). All but the uniform one favour small x; that one takes the same attributes of every row. `show` chooses x_j, v_j or
    ln p(v_j). Source: RPN 2 (arXiv 2411.11162), "Probabilistic Compression Functions".
    """

    count: Annotated[int, Dial(1, 2, "number of attributes that are kept")] = 1
    density: Annotated[Density, "how likely an attribute is to be kept"] = "normal"
    show: Show = "values"
    seed: Seed = 0

    def frozen(self, m: int) -> dict[str, Tensor]:
        """`noise`, (m,): the same for every row. ValueError for more attributes than there is memory."""
        return {"noise": self.noise(m)}

    def width(self, m: int) -> int:
        return self.among(m)

    @precise
    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        noise = (frozen or self.frozen(x.shape[-1]))["noise"]
        v = squashed(x)
        log_p = log_density(self.density, v)
        weight = torch.zeros_like(v) if self.density == "uniform" else log_p.detach()
        return self.shown(x, v, log_p).gather(-1, self.draw(weight, noise)) + 0 * weight.sum(-1, keepdim=True)


@component
class SampledSubsets(Sampling):
    """κ(x) = [x_S for `count` subsets S of r attributes, r = 1, ..., order], drawn with probability ~ N(v_S; 0, I_r)

    D = count (1 + ... + order), subset by subset in lexicographic order; D = count · order if the log density is shown, one number for
    each subset. v = 0.99 sigmoid(x) + 0.001, so small x are drawn more often. All C(m, r) subsets are weighed: mind m.
    Source: RPN 2 (arXiv 2411.11162), "Combinatorial Compression Functions".
    """

    order: Annotated[int, Dial(1, 2, "largest number of attributes in a subset")] = 1
    count: Annotated[int, Dial(1, 2, "number of subsets of each size")] = 1
    show: Show = "values"
    seed: Seed = 0

    def frozen(self, m: int) -> dict[str, Tensor]:
        """`subsets_r`, (C(m, r), r), and `noise_r`, (C(m, r),), for r = 1, ..., order. ValueError for more subsets than there is memory."""
        sizes = [math.comb(m, r) for r in range(1, self.order + 1)]
        numbers = {}
        for r, noise in enumerate(self.noise(sum(sizes)).split(sizes), 1):
            subsets = torch.combinations(torch.arange(m, device="cpu"), r)  # (C(m, r), r)
            numbers |= {f"noise_{r}": noise.clone(), f"subsets_{r}": subsets}
        return numbers

    def width(self, m: int) -> int:
        return sum(self.among(math.comb(m, r)) * (1 if self.show == "log_density" else r) for r in range(1, self.order + 1))

    @precise
    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        fixed = frozen or self.frozen(x.shape[-1])
        v = squashed(x)
        log_p = log_density("normal", v)
        features = []
        for r in range(1, self.order + 1):
            subsets = fixed[f"subsets_{r}"].to(x.device)
            weight = log_p.detach().index_select(-1, subsets.T.flatten()).unflatten(-1, (r, -1)).sum(-2)  # (..., C(m, r))
            chosen = subsets[self.draw(weight, fixed[f"noise_{r}"])]  # (..., count, r)
            shown = self.shown(x, v, log_p).gather(-1, chosen.flatten(-2)) + 0 * weight.sum(-1, keepdim=True)
            features.append(shown.unflatten(-1, (-1, r)).sum(-1) if self.show == "log_density" else shown)
        return torch.cat(features, -1)


# ---- a projection -------------------------------------------------------------------------------------------------------------------

Method = Literal["pca", "svd", "random_projection", "variance", "agglomeration"]


def is_vector(value: Any) -> bool:
    """Is it a tuple of numbers, not of tuples?"""
    return isinstance(value, tuple) and not any(isinstance(number, tuple) for number in value)


@component
class Affine(Expansion):
    """κ(x) = x Mᵀ + c with given numbers M (D × m) and c (D)

    The numbers are known before a model is made, by hand or from `Affine.fit`, and nothing changes them: neither training nor use.
    D = rows of M. A head keeps them as buffers.
    Source: RPN 2 (arXiv 2411.11162), "Dimension Reduction" and "Feature Selection based Compression Functions".
    """

    matrix: Annotated[tuple[tuple[float, ...], ...], Table("M, row by row", ((1.0, 0.5, 0.0), (0.0, -1.0, 2.0)))]
    offset: Annotated[tuple[float, ...], Table("c, one number for each row of M; () for zeros", (0.5, -1.0))] = ()

    def check(self) -> None:
        rows = self.matrix
        if not (isinstance(rows, tuple) and rows and all(is_vector(row) and len(row) == len(rows[0]) > 0 for row in rows)):
            raise ValueError("expansion.Affine.matrix must be rows of equal length")
        if not is_vector(self.offset) or len(self.offset) not in (0, len(rows)):
            raise ValueError(f"expansion.Affine.offset must hold one number for each of {len(rows)} rows, got {self.offset!r}")

    @property
    def made_for(self) -> int:
        return len(self.matrix[0])

    def frozen(self, m: int) -> dict[str, Tensor]:
        """`matrix`, M (D, m), and `offset`, c (D,), in float64. ValueError for another m than M was made for."""
        if m != self.made_for:
            raise ValueError(f"expansion.Affine was made for m = {self.made_for} attributes, got {m}")
        numbers = {"matrix": self.matrix, "offset": self.offset or (0.0,) * len(self.matrix)}
        return {name: torch.tensor(value, dtype=torch.float64, device="cpu") for name, value in numbers.items()}

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        fixed = frozen or self.frozen(x.shape[-1])
        return F.linear(x, fixed["matrix"].to(x), fixed["offset"].to(x))

    @classmethod
    def fit(cls, method: Method, width: int, x: Any, seed: int = 0) -> Self:
        """The `width` most telling numbers of rows x (b, m), a tensor or an array, by a method that is affine once fitted:

        - "pca": the principal components, the orthogonal directions of largest variance around the mean
        - "svd": the orthogonal directions of largest length, without a mean: the right singular vectors
        - "random_projection": random directions, which keep distances roughly (GaussianRandomProjection of scikit-learn)
        - "variance": the attributes of largest variance, in their order
        - "agglomeration": means of groups of attributes that behave alike (FeatureAgglomeration of scikit-learn)

        All rows are seen at once and their order does not matter. Directions are exact; the largest number of each is positive. Which
        one comes first is arbitrary where two have the same variance, and so is one without any. `seed`, an int from 0 to 2³² - 1,
        matters to "random_projection" only.
        ValueError for another method, for x that are no rows of finite numbers, and for a width that the method cannot give; TypeError for
        what are no numbers at all; ImportError where scikit-learn is asked and is not there.
        Not here: t-SNE, MDS and spectral embedding place the rows they were given and have no map for a new one; Isomap and LLE have
        one, but it must keep all the old rows.
        """
        if method not in get_args(Method):
            known = ", ".join(map(repr, get_args(Method)))
            raise ValueError(f"Affine.fit method must be one of {known}, got {method!r}{did_you_mean(str(method), get_args(Method))}")
        rows = given.finite("Affine.fit x", given.tensor("Affine.fit x", x)).detach().cpu().double().numpy()
        if rows.ndim != 2 or not rows.size:
            raise ValueError(f"Affine.fit x must be rows of finite numbers, shape (b, m), got shape {rows.shape}")
        b, m = rows.shape
        most = min(b, m) if method in ("pca", "svd") else m
        width, seed = given.scalar(width), given.count("Affine.fit seed", seed, 0, 2**32 - 1)  # as NumPy's generator wants it
        if isinstance(width, bool) or not isinstance(width, Integral) or not 1 <= width <= most:
            raise ValueError(f"Affine.fit width must be an int from 1 to {most} for {method!r} on {b} rows of m = {m}, got {width!r}")
        matrix, center = _fitted(method, int(width), rows, seed)
        offset = -matrix @ center
        return cls(matrix, offset if offset.any() else ())  # type: ignore[arg-type]


def _fitted(method: str, width: int, rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """M (width, m) of a method, and the point (m,) that it maps to zeros."""
    rows = rows[np.lexsort(rows.T)]  # the order in which they came decides nothing, not even a tie by rounding
    m = rows.shape[1]
    nowhere = np.zeros(m)
    if method in ("pca", "svd"):
        center = rows.mean(0) if method == "pca" else nowhere
        M = np.linalg.svd(rows - center, full_matrices=False)[2][:width]
        largest = (np.abs(M) > 0.999999 * np.abs(M).max(1, keepdims=True)).argmax(1)  # of numbers equal but for rounding, the first
        return M * np.sign(np.take_along_axis(M, largest[:, None], 1)), center
    if method == "variance":
        variance = rows.var(0)
        variance = (variance / (variance.max() or 1.0)).round(12)  # equal but for rounding: the first attributes are kept
        return np.eye(m)[np.sort(np.argsort(-variance, kind="stable")[:width])], nowhere
    needs(f"Affine.fit({method!r})", "sklearn.cluster", "sklearn.random_projection")
    from sklearn.cluster import FeatureAgglomeration
    from sklearn.random_projection import GaussianRandomProjection

    if method == "random_projection":
        return GaussianRandomProjection(width, random_state=seed).fit(rows).components_, nowhere  # type: ignore[arg-type]  # its stub
    member = np.arange(width)[:, None] == FeatureAgglomeration(width).fit(rows).labels_  # (width, m)
    return member / member.sum(1, keepdims=True), nowhere
