"""κ of polynomials that grow out of the two before: one recurrence, one row per family."""

from abc import abstractmethod
from collections.abc import Iterator
from itertools import count, islice
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ..component import Dial, component, family
from .base import Pointwise
from .fast import Room

Exponent = Annotated[float, Dial(-0.5, 3.0, "exponent of the weight", least=-1.0, above=True)]

LARGEST = 1e36
"""Features stay below, a little under the end of float32: where infinities meet there is NaN."""


@family
class Recurrence(Pointwise):
    """P_k = (a_k x + b_k) P_{k-1} + c_k P_{k-2} for k = 1, ..., degree, with P_{-1} = 0, so D = m · degree.

    P_0 is a constant and is dropped: a feature that never changes belongs to the bias or to π.
    """

    degree: Annotated[int, Dial(1, 10, "highest degree")] = 2

    start: ClassVar[float] = 1.0  # P_0
    square: ClassVar[bool] = False  # c_k x² stands in the place of c_k, from k = 2 on

    @abstractmethod
    def coefficients(self, k: int) -> tuple[float, float, float]:
        """(a_k, b_k, c_k)."""

    def values(self, x: float) -> Iterator[float]:
        """P_1(x), P_2(x), ... at one number."""
        older, newer = 0.0, self.start
        for k in count(1):
            a, b, c = self.coefficients(k)
            older, newer = newer, (a * x + b) * newer + c * (x * x if self.square else 1.0) * older
            yield newer

    def check(self) -> None:
        for end in self.domain:  # where they are largest; what stays small for a thousand degrees does not grow like a power
            for k, value in enumerate(islice(self.values(end), min(self.degree, 1000)), 1):
                if not abs(value) <= LARGEST:
                    wanted = f"{type(self).__name__}.degree must be at most {k - 1} here: P_{k}({end}) goes beyond {LARGEST:g}"
                    raise ValueError(f"{wanted}, where float32 ends, got {self!r}")

    def width(self, m: int) -> int:
        return m * self.degree

    def planes(self, x: Tensor) -> Tensor:
        room = Room(x, lambda: (self.degree, *x.shape))
        slope, offset, _ = self.coefficients(1)
        older, newer = torch.full_like(x, self.start), torch.mul(x, slope * self.start, out=room[0])
        newer = newer if offset == 0 else newer + offset * self.start
        polynomials = [newer]
        for k in range(2, self.degree + 1):
            a, b, c = self.coefficients(k)
            rest = torch.mul(x * x * older if self.square else older, c)
            # fast: every pass over memory counts; most families have b = 0, and then two passes make a polynomial.
            rest = rest if b == 0 else torch.add(rest, newer, alpha=b)
            older, newer = newer, torch.addcmul(rest, x, newer, value=a, out=room[k - 1]) if a else rest
            polynomials.append(newer)
        return room.filled(polynomials)

    def gradient(self, x: Tensor, planes: Tensor, gradient: Tensor) -> Tensor:
        # The recurrence backwards (Clenshaw): each polynomial counts by itself, and by the two that grow out of it.
        steps, by = [self.coefficients(k) for k in range(1, self.degree + 1)], list(gradient)
        for k in range(self.degree - 1, 0, -1):
            a, b, c = steps[k]
            by[k - 1] = torch.addcmul(by[k - 1], x, by[k], value=a) if a else by[k - 1]
            by[k - 1] = torch.add(by[k - 1], by[k], alpha=b) if b else by[k - 1]
            if k > 1:
                by[k - 2] = torch.add(by[k - 2], x * x * by[k] if self.square else by[k], alpha=c)
        by_x = by[0] * (steps[0][0] * self.start)
        for k in range(1, self.degree):
            a, _, c = steps[k]
            by_x = torch.addcmul(by_x, planes[k - 1], by[k], value=a) if a else by_x
            if self.square:
                by_x = torch.addcmul(by_x, x * (planes[k - 2] if k > 1 else self.start), by[k], value=2 * c)
        return by_x


@component
class Chebyshev(Recurrence):
    """T_k(x) = 2 x T_{k-1}(x) - T_{k-2}(x), with T_0 = 1 and T_1 = x

    First kind; |T_k| ≤ 1 on [-1, 1], and outside it grows like (2x)^k / 2. Source: RPN 1, "Orthogonal Polynomials".
    """

    domain = (-1.0, 1.0)
    letter = "T"

    def coefficients(self, k: int) -> tuple[float, float, float]:
        return 2.0 if k > 1 else 1.0, 0.0, -1.0


@component
class Legendre(Recurrence):
    """P_k(x) = ((2k - 1) x P_{k-1}(x) - (k - 1) P_{k-2}(x)) / k, with P_0 = 1 and P_1 = x

    Orthogonal on [-1, 1] with equal weight everywhere. Source: RPN 1, "Orthogonal Polynomials".
    """

    domain = (-1.0, 1.0)

    def coefficients(self, k: int) -> tuple[float, float, float]:
        return (2 * k - 1) / k, 0.0, -(k - 1) / k


@component
class Hermite(Recurrence):
    """He_k(x) = x He_{k-1}(x) - (k - 1) He_{k-2}(x), with He_0 = 1 and He_1 = x

    The probabilists' form, orthogonal under the normal density; it grows like x^k. Source: RPN 1, "Orthogonal Polynomials".
    """

    def coefficients(self, k: int) -> tuple[float, float, float]:
        return 1.0, 0.0, -(k - 1.0)


@component
class Laguerre(Recurrence):
    """L_k(x) = ((2k - 1 + alpha - x) L_{k-1}(x) - (k - 1 + alpha) L_{k-2}(x)) / k, with L_0 = 1 and L_1 = 1 + alpha - x

    Orthogonal on x ≥ 0 under the weight x^alpha e^-x. Source: RPN 1, "Orthogonal Polynomials".
    """

    alpha: Exponent = 1.0

    domain = (0.0, 4.0)

    def coefficients(self, k: int) -> tuple[float, float, float]:
        return -1 / k, (2 * k - 1 + self.alpha) / k, -(k - 1 + self.alpha) / k


@component
class Gegenbauer(Recurrence):
    """C_k(x) = (2 x (k - 1 + alpha) C_{k-1}(x) - (k - 2 + 2 alpha) C_{k-2}(x)) / k, with C_0 = 1 and C_1 = 2 alpha x

    Orthogonal on [-1, 1] under (1 - x²)^(alpha - 1/2). Legendre at alpha = 1/2, Chebyshev's second kind at 1; at alpha = 0 all are zero.
    Source: RPN 1, "Orthogonal Polynomials".
    """

    alpha: Annotated[float, Dial(0.1, 3.0, "exponent of the weight plus 1/2", least=-0.5, above=True)] = 1.0

    domain = (-1.0, 1.0)

    def coefficients(self, k: int) -> tuple[float, float, float]:
        return 2 * (k - 1 + self.alpha) / k, 0.0, -(k - 2 + 2 * self.alpha) / k


@component
class Jacobi(Recurrence):
    """P_k(x) = (a_k x + b_k) P_{k-1}(x) + c_k P_{k-2}(x), with P_1 = ((alpha + beta + 2) x + alpha - beta) / 2

    Orthogonal on [-1, 1] under (1 - x)^alpha (1 + x)^beta; alpha = beta = 0 gives Legendre. With s = alpha + beta and N = 2k (k + s):
    a_k = (2k + s - 1) (2k + s) / N, b_k = (2k + s - 1) (alpha² - beta²) / (N (2k + s - 2)),
    c_k = -2 (k + alpha - 1) (k + beta - 1) (2k + s) / (N (2k + s - 2)). Source: RPN 1, "Orthogonal Polynomials".
    """

    alpha: Exponent = 1.0
    beta: Exponent = 1.0

    domain = (-1.0, 1.0)

    def coefficients(self, k: int) -> tuple[float, float, float]:
        alpha, beta = self.alpha, self.beta
        if k == 1:  # the general form would divide 0 by 0 where alpha + beta is 0 or -1
            return (alpha + beta + 2) / 2, (alpha - beta) / 2, 0.0
        s = 2 * k + alpha + beta
        N = 2 * k * (k + alpha + beta)
        before = -2 * (k + alpha - 1) * (k + beta - 1) * s / (N * (s - 2))
        return (s - 1) * s / N, (s - 1) * (alpha**2 - beta**2) / (N * (s - 2)), before


@component
class Bessel(Recurrence):
    """y_k(x) = (2k - 1) x y_{k-1}(x) + y_{k-2}(x), with y_0 = 1 and y_1 = x + 1

    All coefficients are positive and grow like (2k)! / (2^k k!): keep x small. Source: RPN 1, "Orthogonal Polynomials".
    """

    domain = (-1.0, 1.0)

    def coefficients(self, k: int) -> tuple[float, float, float]:
        return 2.0 * k - 1, 1.0 if k == 1 else 0.0, 1.0


@component
class ReverseBessel(Recurrence):
    """θ_k(x) = (2k - 1) θ_{k-1}(x) + x² θ_{k-2}(x), with θ_0 = 1 and θ_1 = x + 1

    The Bessel polynomial with its coefficients in reverse: θ_k(x) = x^k y_k(1 / x). Source: RPN 1, "Orthogonal Polynomials".
    """

    square: ClassVar[bool] = True
    domain = (-1.0, 1.0)

    def coefficients(self, k: int) -> tuple[float, float, float]:
        return (1.0, 1.0, 0.0) if k == 1 else (0.0, 2.0 * k - 1, 1.0)


@component
class Fibonacci(Recurrence):
    """F_{k+1}(x) = x F_k(x) + F_{k-1}(x), with F_1 = 1 and F_2 = x

    The features are F_2, ..., F_{degree+1}, polynomials of degree 1 to `degree`: F_1 is a constant. At x = 1 they are the Fibonacci
    numbers. Source: RPN 1, "Orthogonal Polynomials".
    """

    def coefficients(self, k: int) -> tuple[float, float, float]:
        return 1.0, 0.0, 1.0


@component
class Lucas(Recurrence):
    """L_k(x) = x L_{k-1}(x) + L_{k-2}(x), with L_0 = 2 and L_1 = x

    The recurrence of Fibonacci from another start; at x = 1 they are the Lucas numbers. Source: RPN 1, "Orthogonal Polynomials".
    """

    start: ClassVar[float] = 2.0

    def coefficients(self, k: int) -> tuple[float, float, float]:
        return 1.0 if k > 1 else 0.5, 0.0, 1.0
