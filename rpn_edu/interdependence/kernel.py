"""ξ that compares columns: A_ij is how alike columns i and j of V are. The κ `Landmarks` compares rows with given points by them."""

import functools
import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from ..component import Dial, Table, component
from ..shared.precision import precise
from .base import Interdependence, normalized, require

Shift = Annotated[float, Dial(-2.0, 2.0, "added to every inner product", least=None)]
Sigma = Annotated[float, Dial(0.1, 10.0, "distance at which likeness fades", least=0.0, above=True, log=True)]


class Kernel(Interdependence):
    """A_ij = a function `of` what `compared` says of v_i and v_j, then normalized.

    A row's output depends on the whole batch: that is what ξ is for.
    """

    @abstractmethod
    def compared(self, U: Tensor, V: Tensor) -> Tensor:
        """An inner product, a correlation or a distance of every column of U and every one of V: (..., r, h), (..., r, k) → (..., h, k)."""

    def of(self, compared: Tensor) -> Tensor:
        """How alike they are: what was compared itself, unless a row says more. Pair by pair: (..., h, k) → (..., h, k)."""
        return compared

    def between(self, U: Tensor, V: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """How alike every column of U is to every one of V: (..., r, h), (..., r, k) → (..., h, k)."""
        return self.of(self.compared(U, V))

    @precise
    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return normalized(self.between(V, V, frozen), self.normalization)


def unit_columns(V: Tensor) -> Tensor:
    """Every column divided by its length. A column of zeros stays zero, with gradient zero. (..., r, k) → (..., r, k)."""
    square = (V * V).sum(-2, keepdim=True)
    empty = square == 0
    return torch.where(empty, 0.0, V / torch.where(empty, 1.0, square).sqrt())


def deviations(V: Tensor) -> Tensor:
    """Every column without its mean: (..., r, k) → (..., r, k)."""
    # Constant columns are recognised exactly: their mean is rounded, and dividing by that dust would give correlations of noise.
    constant = (V[..., :1, :] == V).all(-2, keepdim=True)
    return torch.where(constant, 0.0, V - V.mean(-2, keepdim=True))


# ---- functions of the correlation ---------------------------------------------------------------------------------------------------


class Correlation(Kernel):
    """A_ij = a function of r_ij = cov(v_i, v_j) / (σ_i σ_j). A column without variance has r = 0 with the others; r_ii = 1 always."""

    def compared(self, U: Tensor, V: Tensor) -> Tensor:
        return unit_columns(deviations(U)).mT @ unit_columns(deviations(V))

    @precise
    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        r = torch.where(torch.eye(V.shape[-1], dtype=torch.bool, device=V.device), 1.0, self.compared(V, V))
        return normalized(self.of(r), self.normalization)


@component
class Pearson(Correlation):
    """A_ij = cov(v_i, v_j) / (σ_i σ_j)

    The correlation r. A column without variance has correlation 0 with the others; A_ii = 1 always.
    Source: RPN 2, "Statistical Kernel based Interdependence".
    """


@component
class RVCoefficient(Correlation):
    """A_ij = r_ij², the squared correlation

    The RV coefficient of two columns: the part of the variance of one that a line through the other explains.
    Source: RPN 2, "Statistical Kernel based Interdependence".
    """

    def of(self, r: Tensor) -> Tensor:
        return r * r


@component
class MutualInformation(Correlation):
    """A_ij = -½ ln(1 - r_ij²), the mutual information of two normal variables with correlation r

    Without end for r = ±1, so 1 - r² counts as at least 1e-10: A_ii = 11.51. No scale of the data changes it.
    Source: RPN 2, "Statistical Kernel based Interdependence".
    """

    def of(self, r: Tensor) -> Tensor:
        return -0.5 * torch.log(torch.clamp(1 - r * r, min=1e-10))


@component
class KLDivergence(Kernel):
    """A_ij = Σ_d p_di (ln p_di - ln p_dj), with the column p_i = softmax(v_i)

    The Kullback-Leibler divergence: 0 for equal columns, the larger the less alike, not symmetric.
    Source: RPN 2, "Statistical Kernel based Interdependence".
    """

    def compared(self, U: Tensor, V: Tensor) -> Tensor:
        log_p, log_q = U.log_softmax(-2), V.log_softmax(-2)
        p = log_p.exp()
        return (p * log_p).sum(-2).unsqueeze(-1) - p.mT @ log_q  # Σ_d p_di ln p_di - Σ_d p_di ln q_dj

    @precise
    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        compared = self.compared(V, V)  # 0 but for rounding where columns are equal
        return normalized(compared - compared.diagonal(dim1=-2, dim2=-1).unsqueeze(-1), self.normalization)


# ---- functions of the inner product -------------------------------------------------------------------------------------------------


class InnerProduct(Kernel):
    """A_ij = a function of <v_i, v_j>."""

    def compared(self, U: Tensor, V: Tensor) -> Tensor:
        return U.mT @ V


@component
class LinearKernel(InnerProduct):
    """A_ij = <v_i, v_j>

    Source: RPN 2, "Numerical Kernel based Interdependence".
    """


@component
class Polynomial(InnerProduct):
    """A_ij = (<v_i, v_j> + constant)^degree

    Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    degree: Annotated[int, Dial(1, 5, "power of the inner product", most=1000)] = 1
    constant: Shift = 0.0

    def of(self, product: Tensor) -> Tensor:
        return (product + self.constant) ** self.degree


@component
class HyperbolicTangent(InnerProduct):
    """A_ij = tanh(alpha <v_i, v_j> + constant)

    Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    alpha: Annotated[float, Dial(-2.0, 2.0, "factor of the inner product", least=None)] = 1.0
    constant: Shift = 0.0

    def of(self, product: Tensor) -> Tensor:
        return torch.tanh(self.alpha * product + self.constant)


@component
class Cosine(Kernel):
    """A_ij = <v_i, v_j> / (‖v_i‖ ‖v_j‖)

    A column of zeros has cosine 0 with every column. Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    def compared(self, U: Tensor, V: Tensor) -> Tensor:
        return unit_columns(U).mT @ unit_columns(V)


# ---- functions of a distance --------------------------------------------------------------------------------------------------------


MOST = 2**21
"""So many differences are formed at once: there it is as fast as torch's `cdist`. More cost several times its time, and the memory."""


def with_cdist(distances: Callable[..., Tensor], most: int = MOST) -> Callable[..., Tensor]:
    """The same distances, of which `cdist` forms the large ones, with derivatives that it lacks (or, under vmap, has wrong).

    (..., r, h), (..., r, k) → (..., h, k). Around the definition and not in it: what is read, and printed as code, is `distances` alone.
    Forward-mode derivatives are the only ones that `cdist` cannot have: ValueError names another way.
    """

    class Cdist(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(U: Tensor, V: Tensor, p: float, squared: bool) -> Tensor:
            distance = torch.cdist(U.mT, V.mT, p=p, compute_mode="donot_use_mm_for_euclid_dist")  # by products it is not exact
            return distance.pow_(2) if squared else distance

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
            U, V, ctx.p, ctx.squared = inputs
            ctx.save_for_backward(U, V, output)

        @staticmethod
        def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
            (U, V, distance), (gradient,) = ctx.saved_tensors, gradients
            if torch.is_grad_enabled():  # somebody wants the derivative of this gradient
                return *torch.func.vjp(lambda U, V: distances(U, V, ctx.p, ctx.squared), U, V)[1](gradient), None, None
            if ctx.squared:
                distance = distance.sqrt()
                gradient = 2 * distance * gradient
            U, V = U.mT.contiguous(), V.mT.contiguous()
            ofU = torch.ops.aten._cdist_backward(gradient.contiguous(), U, V, ctx.p, distance).mT if ctx.needs_input_grad[0] else None
            turned = gradient.mT.contiguous(), V, U, ctx.p, distance.mT.contiguous()
            return ofU, torch.ops.aten._cdist_backward(*turned).mT if ctx.needs_input_grad[1] else None, None, None

        @staticmethod
        def jvp(ctx: Any, *tangents: Tensor) -> Tensor:
            raise ValueError(f"forward mode knows distances of at most {most} differences (rows · columns²): take torch.func.jacrev")

    @functools.wraps(distances)
    def either(U: Tensor, V: Tensor, p: float, squared: bool) -> Tensor:
        # What is compiled or exported knows no size yet, and a compiler never writes the differences to memory.
        few = torch.compiler.is_compiling() or U.numel() * V.shape[-1] <= most
        return distances(U, V, p, squared) if few else Cdist.apply(U, V, p, squared)

    return either


@with_cdist
def distances(U: Tensor, V: Tensor, p: float, squared: bool) -> Tensor:
    """‖u_i - v_j‖_p, or ‖u_i - v_j‖² where `squared`: (..., r, h), (..., r, k) → (..., h, k). Where it is 0, so is its gradient."""
    difference = U.unsqueeze(-1) - V.unsqueeze(-2)  # (..., r, h, k)
    if p == 2:  # a square bends at 0, which the power of a size forgets
        square = (difference * difference).sum(-3)
        return square if squared else safe_power(square, 0.5)
    size = difference.abs()
    if p == 1:
        return size.sum(-3)
    if p == math.inf:
        return size.amax(-3) if V.shape[-2] else size.sum(-3)  # of no rows there is no largest
    return safe_power(safe_power(size, p).sum(-3), 1 / p)


def safe_power(size: Tensor, exponent: float) -> Tensor:
    """size^exponent for size >= 0. At 0 all derivatives count as 0, also those that have no end. Number by number: (...) → (...)."""
    nothing = size == 0
    return torch.where(nothing, 0.0, torch.where(nothing, 1.0, size) ** exponent)


class Distance(Kernel):
    """A_ij = a function of a distance, of ‖v_i - v_j‖_p and exp(-distance) unless a row says more.

    Exact differences, so the distance of a column to itself is 0, with gradient 0, and equal columns have likeness 1. Up to 2²¹ of them
    (rows · columns²) are formed; beyond that torch's `cdist` saves their memory, and all but forward-mode derivatives are there still.
    """

    p: ClassVar[float] = 2.0
    squared: ClassVar[bool] = False
    """Does `of` want the square of the distance?"""

    def of(self, distance: Tensor) -> Tensor:
        return torch.exp(-distance)

    def compared(self, U: Tensor, V: Tensor) -> Tensor:
        return distances(U, V, self.p, self.squared)


@component
class Minkowski(Distance):
    """A_ij = exp(-‖v_i - v_j‖_p) with ‖u‖_p = (Σ_d |u_d|^p)^(1/p)

    The larger p, the more the largest difference alone counts: beyond p = 10, where powers leave float32, take Chebyshev().
    Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    p: Annotated[float, Dial(1.0, 6.0, "power of the differences", least=1.0, most=10.0)] = 2.0


@component
class Manhattan(Distance):
    """A_ij = exp(-Σ_d |v_di - v_dj|)

    Minkowski with p = 1: the way along the streets. Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    p: ClassVar[float] = 1.0


@component
class Euclidean(Distance):
    """A_ij = exp(-‖v_i - v_j‖)

    Minkowski with p = 2: the straight way. Source: RPN 2, "Numerical Kernel based Interdependence".
    """


@component
class Chebyshev(Distance):
    """A_ij = exp(-max_d |v_di - v_dj|)

    Minkowski with p = ∞: only the largest difference counts. Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    p: ClassVar[float] = math.inf

    def compared(self, U: Tensor, V: Tensor) -> Tensor:
        missing = [(0 * each.detach()).sum(-2, keepdim=True) for each in (U, V)]  # NaN where a column has one: cdist passes over it
        return super().compared(U, V) + (missing[0].mT + missing[1])


@component
class Laplacian(Distance):
    """A_ij = exp(-‖v_i - v_j‖₁ / sigma)

    Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    p: ClassVar[float] = 1.0
    sigma: Sigma = 1.0

    def of(self, distance: Tensor) -> Tensor:
        return torch.exp(-distance / self.sigma)


@component
class Exponential(Distance):
    """A_ij = exp(-gamma ‖v_i - v_j‖²)

    GaussianRBF with gamma = 1 / (2 sigma²). Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    squared: ClassVar[bool] = True
    gamma: Annotated[float, Dial(0.01, 10.0, "how fast likeness fades", least=0.0, above=True, log=True)] = 1.0

    def of(self, square: Tensor) -> Tensor:
        return torch.exp(-self.gamma * square)


@component
class GaussianRBF(Distance):
    """A_ij = exp(-‖v_i - v_j‖² / (2 sigma²))

    Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    squared: ClassVar[bool] = True
    sigma: Sigma = 1.0

    def of(self, square: Tensor) -> Tensor:
        return torch.exp(-square / (2 * self.sigma**2))


@component
class AnisotropicRBF(Distance):
    """A_ij = exp(-Σ_d scales_d (v_di - v_dj)²)

    Every row of V counts as much as its scale says; without `scales` all count 1. Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    squared: ClassVar[bool] = True
    scales: Annotated[tuple[float, ...], Table("one number >= 0 for every row of V", (1.0, 0.5, 2.0, 0.0))] = ()

    def check(self) -> None:
        if not isinstance(self.scales, tuple) or not all(isinstance(scale, (int, float)) and scale >= 0 for scale in self.scales):
            raise ValueError(f"AnisotropicRBF.scales must be numbers >= 0, one for every row of V, got {self.scales}")

    def length(self, r: int | None, k: int | None) -> int:
        if self.scales and r is not None:
            require("interdependence.AnisotropicRBF", len(self.scales), r, "rows")
        return 0

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        """`scales`, (r,), in float64; nothing where all count 1."""
        return {"scales": torch.tensor(self.scales, dtype=torch.float64, device="cpu")} if self.scales else {}

    def between(self, U: Tensor, V: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        if not self.scales:
            return super().between(U, V)
        self.length(*V.shape[-2:])
        root = (frozen or self.frozen(None, None))["scales"].to(V).sqrt().unsqueeze(-1)  # (r, 1)
        return super().between(root * U, root * V)

    def of(self, square: Tensor) -> Tensor:
        return torch.exp(-square)


@component
class Canberra(Distance):
    """A_ij = exp(-Σ_d |v_di - v_dj| / (|v_di| + |v_dj|)), where 0 / 0 counts as 0

    Differences count by their share, so that small numbers matter as much as large ones. Forms the r × k × k differences.
    Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    def compared(self, U: Tensor, V: Tensor) -> Tensor:
        one, other = U.unsqueeze(-1), V.unsqueeze(-2)  # (..., r, h, 1) and (..., r, 1, k)
        size = one.abs() + other.abs()
        return ((one - other).abs() / size.masked_fill(size == 0, 1.0)).sum(-3)
