"""The protocol of ξ: who depends on whom."""

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY
from functools import partial
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ..component import Component, family
from ..shared.real import meet_reals, of_reals

Normalization = Literal["none", "row", "column", "symmetric", "softmax"]


def normalized(A: Tensor, how: str) -> Tensor:
    """(..., k, k') divided by its degrees, the sums of |A_ij| (0 counts as 1), or softmax down each column."""
    if how in ("none", "softmax"):
        return A if how == "none" else A.softmax(-2)
    return divided(A, A.abs().sum(-1, keepdim=True), A.abs().sum(-2, keepdim=True), how)


def divided(A: Tensor, row: Tensor, column: Tensor, how: str) -> Tensor:
    """A over the degrees of its rows and columns (0 counts as 1). The softmax of equal numbers is their share of the column, too.

    A is a matrix (..., k, k') with degrees (..., k, 1) and (..., 1, k'), or the numbers on its links with the degrees at the ends of each,
    all three of one shape such as (links,). The result has the shape of A.
    """
    if how == "none":
        return A
    row, column = (degree.masked_fill(degree == 0, 1.0) for degree in (row, column))  # what has no neighbour stays 0
    if how == "symmetric":
        return A / (row.sqrt() * column.sqrt())
    return A / (row if how == "row" else column)


def require(who: str, wanted: int, got: int, what: str = "columns") -> None:
    """ValueError where a component that brings its own size meets another."""
    if wanted != got:
        rows = ", where rows of x count as columns if it is Formula.instance" if what == "columns" else ""
        raise ValueError(f"{who} was made for {wanted} {what}, got {got}{rows}")


@family
class Interdependence(Component, ABC):
    """ξ(V): a matrix A that mixes the k columns of V (r rows).

    As attribute interdependence V = X and the mixed data is X A. As instance interdependence V = Xᵀ, and Aᵀ multiplies the rows of κ.
    Source: RPN 2 (arXiv 2411.11162), "Data Interdependence Functions".
    """

    _: KW_ONLY
    normalization: Annotated[Normalization, "how the matrix is divided"] = "none"

    term: ClassVar[str] = "interdependence"
    neutral: ClassVar[bool] = False
    """Does mixing leave everything as it is? Then `Head.forward` does not ask."""
    made_for: ClassVar[int | None] = None
    """The only k that fits, or None where any does."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        meet_reals(cls, matrix=1, mix=2)

    @abstractmethod
    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """A: (..., r, k) → (..., k, k')."""

    @partial(of_reals, count=2)
    def mix(self, y: Tensor, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """y A: (..., k) → (..., k')."""
        return y @ self.matrix(V, w, frozen)

    def width(self, k: int) -> int:
        """k', the number of columns after mixing. ValueError where k does not fit."""
        require(self.qualified_name(), k if self.made_for is None else self.made_for, k)
        return k

    def length(self, r: int | None, k: int | None) -> int:
        """l, the number of learned numbers. A size that is not known yet (the batch) is None; ValueError where it is needed."""
        return 0

    def init(self, r: int | None, k: int | None) -> Tensor:
        """(l,) on the CPU from torch's seed."""
        return torch.empty(0, device="cpu")

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        """Frozen numbers; the head keeps them as buffers."""
        return {}

    def known(self, size: int | None) -> int:
        """A number of rows or columns on which learned numbers depend. ValueError where it is None, not known yet."""
        if size is None:
            who = self.qualified_name()
            raise ValueError(f"{who} has learned numbers for every row of the batch here: fix the batch with Formula(batch=...)")
        return size

    def fitting(self, w: Tensor, V: Tensor) -> Tensor:
        """w, (l,), if it is as long as a V of this size, (..., r, k), needs. ValueError if it is not."""
        (r, k), got = V.shape[-2:], w.shape[-1]
        if got != (wanted := self.length(r, k)):
            raise ValueError(f"{self.qualified_name()} meets {r} rows and {k} columns and needs {wanted} learned numbers, got {got}")
        return w


@family
class Matrixless(Interdependence):
    """ξ that mixes without a matrix and looks at no more than the size of V. Its matrix is what becomes of I."""

    @abstractmethod
    def mix(self, y: Tensor, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """y A: (..., k) → (..., k')."""

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        one = torch.eye(V.shape[-1], dtype=V.dtype, device=V.device)
        return self.mix(one, V, w, frozen).expand(*V.shape[:-2], -1, -1)
