"""ψ as a Kronecker product of two chains of small matrices."""

import math
from abc import abstractmethod
from functools import reduce
from itertools import zip_longest
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor

from ..component import Dial, component, family
from .base import Reconciliation, thin_product
from .plain import Rank

LARGEST = "the largest not above the square root"
Below = Annotated[int, Dial(0, 8, "blocks below each other, a divisor of n", zero=LARGEST)]
Beside = Annotated[int, Dial(0, 8, "blocks side by side, a divisor of D", zero=LARGEST)]

Shapes = tuple[list[tuple[int, int]], list[tuple[int, int]]]
Factors = tuple[list[Tensor], list[Tensor]]
"""Those of the left and of the right side, outermost first."""


def divisor(owner: str, name: str, wanted: int, size: int) -> int:
    """A divisor of size: the wanted one, or (for 0) the largest not above the square root. ValueError names the divisors."""
    wanted = wanted or next(d for d in range(math.isqrt(size), 0, -1) if size % d == 0)
    if size % wanted:
        small = [d for d in range(1, math.isqrt(size) + 1) if size % d == 0]
        divisors = sorted({*small, *(size // d for d in small)})
        raise ValueError(f"{owner}.{name} must divide {size}: one of {', '.join(map(str, divisors))}, got {wanted}")
    return wanted


class Factored(Reconciliation):
    """ψ(w) = (L_1 L_2 ...) ⊗ (R_1 R_2 ...); w holds the left factors, then the right ones, each row by row.

    An empty side counts as the number 1. The Kronecker product is the true one: entry (i s + k, j t + v) is L_ij R_kv.
    """

    @abstractmethod
    def shapes(self, n: int, D: int) -> Shapes:
        """The shape of every factor."""

    def length(self, n: int, D: int) -> int:
        return sum(rows * columns for chain in self.shapes(n, D) for rows, columns in chain)

    def factors(self, w: Tensor, n: int, D: int) -> Factors:
        """The factors of the left side and of the right, cut out of w. (l,) → a matrix of each of the `shapes`."""
        left, right = self.shapes(n, D)
        matrices = [piece.view(shape) for piece, shape in zip(w.split([r * c for r, c in left + right]), left + right, strict=True)]
        return matrices[: len(left)], matrices[len(left) :]

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        left, right = (reduce(torch.matmul, chain or [w.new_ones(1, 1)]) for chain in self.factors(w, n, D))
        return torch.kron(left, right)

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        # fast: the order decides. The factor that meets the last axis of the data comes first, then the sides take turns. The rows
        # of z are columns here, as κ leaves them in memory. `bmm`, since `@` would first copy all of y to make one matrix of it.
        left, right = self.factors(w, n, z.shape[-1])
        q = left[-1].shape[1] if left else 1
        y = z.flatten(0, -2).T.unflatten(0, (q, -1))  # (..., D) → (q, t, rows)
        for L, R in zip_longest(reversed(left), reversed(right)):
            y = y if R is None else torch.bmm(R.expand(len(y), -1, -1), y)  # (q, t, rows) → (q, s, rows)
            y = y if L is None else (L @ y.flatten(1)).unflatten(1, y.shape[1:])  # (q, s, rows) → (p, s, rows)
        return y.flatten(0, 1).T.reshape(*z.shape[:-1], n)

    def init(self, n: int, D: int) -> Tensor:
        left, right = self.shapes(n, D)
        # Var ψ = σ^(2 · factors) · (product of the inner widths), and that should be 1 / D.
        inner = math.prod(columns for chain in (left, right) for _, columns in chain[:-1])
        return torch.randn(self.length(n, D), device="cpu") / (inner * D) ** (0.5 / len(left + right))


@component
class LowRank(Factored):
    """ψ(w) = A B with A (n × rank) and B (rank × D)

    l = rank (n + D). The matrix has at most that rank. Source: RPN 1, "Low-Rank Parameter Reconciliation (LoRR)".
    """

    rank: Rank = 2

    def shapes(self, n: int, D: int) -> Shapes:
        return [], [(n, self.rank), (self.rank, D)]

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return thin_product(z, self.halves(w, n, z.shape[-1]))

    def halves(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        _, (A, B) = self.factors(w, n, D)
        return A, B

    def rows_met(self, n: int, D: int) -> int:
        return self.rank


@family
class Blockwise(Factored):
    """n = p s and D = q t: the left side is p × q, the right side s × t."""

    p: Below = 0
    q: Beside = 0

    def blocks(self, n: int, D: int) -> tuple[int, int, int, int]:
        """(p, q, s, t)."""
        p, q = divisor(type(self).__name__, "p", self.p, n), divisor(type(self).__name__, "q", self.q, D)
        return p, q, n // p, D // q

    def chosen(self, n: int, D: int) -> dict[str, int]:
        p, q, *_ = self.blocks(n, D)
        return {"p": p, "q": q}


@component
class Kronecker(Blockwise):
    """ψ(w) = A ⊗ B with A (p × q) and B (s × t), where n = p s and D = q t

    l = p q + s t. The rank is rank A · rank B, so it can be full. Source: RPN 1, "Hypercomplex Multiplication (HM)".
    """

    def shapes(self, n: int, D: int) -> Shapes:
        p, q, s, t = self.blocks(n, D)
        return [(p, q)], [(s, t)]


@component
class LPHM(Blockwise):
    """ψ(w) = A ⊗ (S T) with A (p × q), S (s × rank) and T (rank × t)

    l = p q + rank (s + t). Source: RPN 1, "Low-Rank Parameterized Hypercomplex Multiplication (LPHM)".
    """

    rank: Rank = 2

    def shapes(self, n: int, D: int) -> Shapes:
        p, q, s, t = self.blocks(n, D)
        return [(p, q)], [(s, self.rank), (self.rank, t)]


@component
class DualLPHM(Blockwise):
    """ψ(w) = (P Q) ⊗ (S T) with P (p × rank), Q (rank × q), S (s × rank) and T (rank × t)

    l = rank (p + q + s + t). Source: RPN 1, "Dual LPHM".
    """

    rank: Rank = 2

    def shapes(self, n: int, D: int) -> Shapes:
        p, q, s, t = self.blocks(n, D)
        return [(p, self.rank), (self.rank, q)], [(s, self.rank), (self.rank, t)]


@component
class DuplicatedPadding(Blockwise):
    """ψ(w) = 1 ⊗ w with ones (p × q) and w (s × t), where n = p s and D = q t

    l = s t: the block w is repeated p times downwards and q times to the right. Source: RPN 1, "Duplicated Padding".
    """

    p: Below = 2
    q: Beside = 2

    linear = True

    def shapes(self, n: int, D: int) -> Shapes:
        _, _, s, t = self.blocks(n, D)
        return [], [(s, t)]

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        p, q, s, t = self.blocks(n, D)
        return w.view(s, t).repeat(p, q)

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        p, _, s, t = self.blocks(n, z.shape[-1])
        blocks = reduce(torch.add, z.flatten(0, -2).T.split(t))  # (q t, rows) → (t, rows): equal blocks meet the sum of their features
        return (w.view(s, t) @ blocks).repeat(p, 1).T.reshape(*z.shape[:-1], n)


@component
class DiagonalPadding(Factored):
    """ψ(w) = I ⊗ w with I (n × n) and w (1 × t), where D = n t

    l = t = D / n: every output reads its own t features, all with the same weights. Source: RPN 1, "Duplicated Diagonal Padding".
    """

    linear = True

    def shapes(self, n: int, D: int) -> Shapes:
        *_, t = self.blocks(n, D)
        return [], [(1, t)]

    def blocks(self, n: int, D: int) -> tuple[int, int, int, int]:
        """(n, n, 1, t): those beside the diagonal are 0."""
        divisor("DiagonalPadding", "n, the number of outputs,", n, D)
        return n, n, 1, D // n

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return torch.kron(torch.eye(n, dtype=w.dtype, device=w.device), w.view(1, -1))

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        y = z.flatten(0, -2).T.unflatten(0, (n, -1))  # (..., D) → (n, t, rows)
        return torch.bmm(w.expand(n, 1, -1), y).squeeze(1).T.reshape(*z.shape[:-1], n)

    def init(self, n: int, D: int) -> Tensor:
        return torch.randn(self.length(n, D), device="cpu") * math.sqrt(n / D)  # in each column, one entry of n is not 0


@component
class Shared(Factored):
    """ψ(w) = w ⊗ I with w (p × q) and I (count × count), where n = p · count and D = q · count

    l = p q: one small matrix for every patch, which meets the features of that patch alone. With `expansion.Windows` it is a convolution: p
    channels come out, and w holds their kernels. Source: RPN 2 (arXiv 2411.11162), CNN; compare RPN 1, "Duplicated Diagonal Padding".
    """

    count: Annotated[int, Dial(1, 4, "how many patches share the matrix")] = 2

    linear = True

    def shapes(self, n: int, D: int) -> Shapes:
        p, q = (size // divisor("Shared", "count", self.count, size) for size in (n, D))
        return [(p, q)], []

    def matrix(self, w: Tensor, n: int, D: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return torch.kron(w.view(n // self.count, -1), torch.eye(self.count, dtype=w.dtype, device=w.device))

    def product(self, z: Tensor, w: Tensor, n: int, frozen: dict[str, Tensor] | None = None) -> Tensor:
        patches = z.unflatten(-1, (-1, self.count)).mT  # (..., D) → (..., count, q)
        return F.linear(patches, w.view(n // self.count, -1)).mT.flatten(-2)

    def init(self, n: int, D: int) -> Tensor:
        return torch.randn(self.length(n, D), device="cpu") * math.sqrt(self.count / D)  # in each row, one entry of `count` is not 0
