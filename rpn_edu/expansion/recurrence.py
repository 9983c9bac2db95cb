"""κ of orthogonal polynomials: one recurrence, one row per family."""

from abc import abstractmethod
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ..component import Dial, component, family
from .base import Pointwise


@family
class Recurrence(Pointwise):
    """P_k = (a_k x + b_k) P_{k-1} + c_k P_{k-2} for k = 1, ..., degree, so D = m · degree.

    P_0 is a constant and is dropped: a feature that never changes belongs to the bias or to π.
    """

    degree: Annotated[int, Dial(1, 10, "highest degree")] = 2

    before: ClassVar[float] = 0.0  # P_{-1}
    start: ClassVar[float] = 1.0  # P_0

    @abstractmethod
    def coefficients(self, k: int) -> tuple[float, float, float]:
        """(a_k, b_k, c_k)."""

    def count(self) -> int:
        return self.degree

    def planes(self, x: Tensor) -> Tensor:
        older, newer = torch.full_like(x, self.before), torch.full_like(x, self.start)
        polynomials = []
        for k in range(1, self.degree + 1):
            a, b, c = self.coefficients(k)
            older, newer = newer, torch.addcmul(c * older, a * x + b, newer)
            polynomials.append(newer)
        return torch.stack(polynomials)


@component
class Chebyshev(Recurrence):
    """T_k(x) = 2 x T_{k-1}(x) - T_{k-2}(x), with T_0 = 1 and T_1 = x

    First kind; |T_k| ≤ 1 on [-1, 1], and outside it grows like (2x)^k / 2. Source: RPN 1, "Orthogonal Polynomials".
    """

    domain = (-1.0, 1.0)

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
