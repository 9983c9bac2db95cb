"""κ of products: every way to multiply attributes with one another."""

import math
from itertools import combinations_with_replacement, product
from typing import Annotated

import torch
from torch import Tensor

from ..component import Dial, component
from ..shared import given
from ..shared.words import lowered
from .base import Expansion, derived
from .fast import Room, with_gradient


def choices(m: int, order: int, again: bool = True) -> dict[str, Tensor]:
    """Every choice of 2, ..., `order` out of m in ascending order, built one by one: `smaller_k` choices, and what is `added_k` to each.

    Both are (choices,). With `again` an element may be chosen several times: the monomials. Without it: the subsets. Both in lexicographic
    order. ValueError for more choices than there is memory.
    """
    sizes = [math.comb(m + (k - 1) * again, k) for k in range(2, order + 1)]
    who = "Taylor" if again else "CombinatorialNormal"
    given.affordable(who, f"all choices of {order} out of {m}", 3 * sum(sizes), "choose a lower order, or fewer inputs")
    last, numbers = torch.arange(m, device="cpu"), {}
    for size in range(2, order + 1):
        first = last if again else last + 1
        follow = (m - first).clamp(min=0)  # how many elements may follow
        smaller = torch.repeat_interleave(torch.arange(len(last), device="cpu"), follow)
        within = torch.arange(len(smaller), device="cpu") - torch.repeat_interleave(follow.cumsum(0) - follow, follow)
        last = first[smaller] + within
        numbers |= {f"smaller_{size}": smaller, f"added_{size}": last}
    return numbers


def steps(choices: dict[str, Tensor], device: torch.device) -> list[tuple[Tensor, Tensor]]:
    """(the smaller choice, what is added) of every size, where the data are. Both are (choices,): the places at which to look them up."""
    numbers = [number.to(device) for number in choices.values()]
    return list(zip(numbers[::2], numbers[1::2]))


@component
class Taylor(Expansion):
    """κ(x) = [x, x ⊗ x, x ⊗ x ⊗ x, ...] up to `order` factors

    D = m + m² + ... + m^order: every ordered product once, so x_1 x_2 and x_2 x_1 both appear. By degree; the last factor runs fastest.
    With `unique` each monomial appears once, D = C(m + order, order) - 1: the same functions from far fewer numbers.
    No constant: that is what π and the bias are for. Source: RPN 1, "Taylor's Polynomials based Data Expansion".
    """

    order: Annotated[int, Dial(1, 4, "highest degree of the products", most=1000)] = 2
    unique: Annotated[bool, "keep x_1 x_2 and leave out x_2 x_1"] = False

    def width(self, m: int) -> int:
        if self.unique:
            return math.comb(m + self.order, self.order) - 1
        return sum(m**degree for degree in range(1, self.order + 1))

    def names(self, m: int) -> list[str]:
        factors = [lowered("x", i) for i in range(1, m + 1)]
        chosen = combinations_with_replacement if self.unique else lambda some, k: product(some, repeat=k)
        return ["".join(some) for k in range(1, self.order + 1) for some in chosen(factors, k)]

    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return self.monomials(x, frozen or self.frozen(x.shape[-1])) if self.unique else self.powers(x)

    @property
    def knows_gradient(self) -> bool:
        """Does `gradient` tell it? Of all products, not of monomials."""
        return not self.unique

    @with_gradient
    def powers(self, x: Tensor) -> Tensor:
        """(..., m) → (..., D): each degree is the one before, times every attribute."""
        m = x.shape[-1]
        room = Room(x, lambda: (*x.shape[:-1], self.width(m)), lambda features: self.tables(features, m))
        powers = [x]
        for k in range(1, self.order):
            powers.append(torch.mul(powers[-1].unsqueeze(-1), x.unsqueeze(-2), out=room[k]).flatten(-2))  # (..., m^k, m) → (..., m^(k+1))
        return room.side_by_side(powers)

    def tables(self, features: Tensor, m: int) -> list[Tensor]:
        """(..., D) → (..., m^(k-1), m) for k = 1, ..., order: degree by degree, what is multiplied down and across."""
        return [block.unflatten(-1, (-1, m)) for block in features.split([m**degree for degree in range(1, self.order + 1)], -1)]

    def gradient(self, x: Tensor, features: Tensor, gradient: Tensor) -> Tensor:
        """(..., m), (..., D), (..., D) → (..., m): by x, of what has that gradient by the features."""
        row, m = x.unsqueeze(-2), x.shape[-1]
        *lower, by_power = self.tables(gradient, m)
        by_x = torch.zeros_like(row)
        for power, by_lower in zip(reversed(self.tables(features, m)[:-1]), reversed(lower), strict=True):
            by_x = by_x + power.flatten(-2).unsqueeze(-2) @ by_power  # (..., 1, m^k) (..., m^k, m) → (..., 1, m)
            by_power = by_lower + (row @ by_power.mT).unflatten(-1, by_lower.shape[-2:]).squeeze(-3)  # (..., m^(k-1), m)
        return (by_x + by_power).squeeze(-2)

    @derived
    def frozen(self, m: int) -> dict[str, Tensor]:
        """With `unique`: `smaller_k` and `added_k`, (choices,), for k = 2, ..., order: how each monomial grows out of a smaller one."""
        return choices(m, self.order) if self.unique else {}

    def monomials(self, x: Tensor, fixed: dict[str, Tensor]) -> Tensor:
        """(..., m) → (..., D): each monomial is a smaller one times one attribute."""
        powers = [x.movedim(-1, 0).contiguous()]  # fast: attributes first: the rows of memory that are picked stay long
        for smaller, factor in steps(fixed, x.device):
            powers.append(powers[-1].index_select(0, smaller) * powers[0].index_select(0, factor))
        return torch.cat(powers).movedim(0, -1)

    @property
    def contracts(self) -> bool:
        return not self.unique

    def contract(self, x: Tensor, W: Tensor) -> Tensor:
        # Horner's rule, for tensors: the last factor of the highest degree meets x first, then the next degree is added.
        m, n = x.shape[-1], len(W)
        columns = x.reshape(-1, m).T  # (m, rows)
        *lower, highest = W.split([m**degree for degree in range(1, self.order + 1)], -1)
        total = highest.unflatten(-1, (-1, m)) @ columns  # (n, m^(k-1), rows)
        for block in reversed(lower):
            total = ((total + block.unsqueeze(-1)).unflatten(1, (-1, m)) * columns).sum(2)  # (n, m^k, rows) → (n, m^(k-1), rows)
        return total.squeeze(1).T.reshape(*x.shape[:-1], n)
