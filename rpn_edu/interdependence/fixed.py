"""ξ that does not look at the data: nothing, a given matrix, a chain, a graph."""

from abc import abstractmethod
from functools import cached_property
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ..component import Dial, Table, component, family
from ..shared.precision import precise
from ..shared.reductions import reproducible
from .base import Interdependence, Matrixless, divided, normalized, require

Hops = Annotated[int, Dial(1, 6, "how many links a message travels", most=1000)]
Accumulate = Annotated[bool, "add up all hops instead of the last one"]
FromZero = Annotated[bool, "an accumulated sum also counts zero hops"]
BothWays = Annotated[bool, "the future counts as well as the past"]
SelfLoops = Annotated[bool, "every node is its own neighbour"]


@component
class Independent(Matrixless):
    """A = I

    Nobody depends on anybody, and no normalization changes that. Source: RPN 2, "Constant Interdependence".
    """

    neutral: ClassVar[bool] = True

    def mix(self, y: Tensor, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return y


@component
class Constant(Interdependence):
    """A = the given entries, k rows of k' numbers

    Source: RPN 2, "Constant Interdependence".
    """

    # Not called `matrix`: that is the method all interdependences share.
    entries: Annotated[tuple[tuple[float, ...], ...], Table("A, row by row", ((1.0, 0.5, 0.0), (0.0, 1.0, -1.0), (2.0, 0.0, 1.0)))]

    def check(self) -> None:
        rows = self.entries if isinstance(self.entries, tuple) else ()
        if not rows or not all(isinstance(row, tuple) and len(row) == len(rows[0]) > 0 for row in rows) or isinstance(rows[0][0], tuple):
            raise ValueError(f"interdependence.Constant.entries must be rows of equal length, got {self.entries!r}")

    @property
    def made_for(self) -> int | None:
        return len(self.entries)

    def width(self, k: int) -> int:
        super().width(k)
        return len(self.entries[0])

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        """`entries`, (k, k'), in float64: A itself, so that a head moves it with its other numbers."""
        return {"entries": torch.tensor(self.entries, dtype=torch.float64, device="cpu")}

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        self.width(V.shape[-1])
        A = (frozen or self.frozen(None, None))["entries"].to(V)
        return normalized(A, self.normalization).expand(*V.shape[:-2], -1, -1)


@family
class Network(Matrixless):
    """A = Â^hops, or Â + Â² + ... + Â^hops, where Â holds the links, then the self loops, normalized once.

    Softmax runs over links only: 1 / (number of links into a node).
    `mix` walks the links and needs memory O(links), never k × k. On CUDA it adds up in no fixed order, and last digits may differ from
    run to run; not so under torch.use_deterministic_algorithms(True).
    """

    hops, accumulate, from_zero, self_loops = 1, False, False, False  # a row annotates them where their place among its arguments is
    factorial: ClassVar[bool] = False
    """Are h hops worth 1 / h!?"""

    @abstractmethod
    def linked(self, V: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        """int64 (2, links): from row to column, each link once, without self loops."""

    def weighted_links(self, V: Tensor, frozen: dict[str, Tensor] | None) -> tuple[Tensor, Tensor]:
        """The links with self loops, and the normalized number on each. (2, links), row above column, and (links,)."""
        k, links = V.shape[-1], self.linked(V, frozen)
        if self.self_loops:
            links = torch.cat((links, torch.arange(k, device=V.device).expand(2, k)), -1)
        one = torch.ones(links.shape[-1], dtype=V.dtype, device=V.device)
        row, column = (V.new_zeros(k).index_add(0, side, one).index_select(0, side) for side in links)
        return links, divided(one, row, column, self.normalization)

    @precise
    def mix(self, y: Tensor, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        (start, end), weight = self.weighted_links(V, frozen)
        total = y if self.from_zero else torch.zeros_like(y)
        for h in range(1, self.hops + 1):
            moved = y.index_select(-1, start) * (weight / h if self.factorial else weight)  # (..., k) → (..., links)
            y = torch.zeros_like(y).index_add(-1, end, moved)  # what meets is added up: (..., links) → (..., k)
            total = total + y if self.accumulate else y
        return total

    def check(self) -> None:
        if self.from_zero and not self.accumulate:
            raise ValueError(f"{type(self).__name__}.from_zero adds the term of zero hops to an accumulated sum: it needs accumulate=True")


# ---- chains -------------------------------------------------------------------------------------------------------------------------


@family
class Line(Network):
    """The links N of a chain, i → i + 1, and with `both_ways` also back. Rows declare `both_ways`."""

    both_ways = False

    def linked(self, V: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        node = torch.arange(V.shape[-1], device=V.device)
        forward = torch.stack((node[:-1], node[1:]))
        return torch.cat((forward, forward.flip(0)), -1) if self.both_ways else forward


@component
class Chain(Line):
    """A = (N + I)^hops with N linking each column to the next: i → i + 1

    Output j is x_j + x_{j-1}: the past, one step for each hop. Source: RPN 2, "Chain based Interdependence".
    """

    hops: Hops = 1
    accumulate: Accumulate = False
    from_zero: FromZero = False
    both_ways: BothWays = False
    self_loops: SelfLoops = True


@component
class InverseChain(Line):
    """A = (I - N)⁻¹ = I + N + N² + ..., with N linking each column to the next

    Output j is x_1 + ... + x_j: all of the past, at the price of a running sum. There is no such inverse with links `both_ways`; then
    A is the sum of (N + Nᵀ)^h for h = 1, ..., hops, and every column is divided by its degree.
    On CUDA the last digits of a running sum may differ from run to run. Under torch.use_deterministic_algorithms(True), which refuses it
    there, A is formed, k × k.
    Source: RPN 2, "Chain based Interdependence".
    """

    both_ways: BothWays = False
    hops: Hops = 4
    accumulate = True

    @precise
    def mix(self, y: Tensor, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        if not self.both_ways:  # a link is the only one of its row and of its column: no normalization changes it
            return y @ y.new_ones(y.shape[-1], y.shape[-1]).triu() if reproducible() else y.cumsum(-1)
        degree = super().mix(V.new_ones(V.shape[-1]), V, w, frozen)
        return divided(super().mix(y, V, w, frozen), degree, degree, "column")


@component
class ExponentialChain(Line):
    """A = exp(N) = I + N + N²/2! + N³/3! + ..., with N linking each column to the next

    All of the past, h steps back with weight 1 / h!. Source: RPN 2, "Chain based Interdependence".
    """

    both_ways: BothWays = False
    # The series as a walk: its terms are the hops, each worth 1 / h!, and all are added up, I among them.
    hops = 29  # a node has two links at most: what is left out is below 2³⁰/30! = 4e-24
    factorial = True
    accumulate = True
    from_zero = True


# ---- graphs -------------------------------------------------------------------------------------------------------------------------


@family
class Linked(Network):
    """A network over given links. A pair given twice counts once; without `directed` each link goes both ways."""

    nodes: Annotated[int, Dial(0, 10, "number of nodes; 0: as many as columns are met")] = 0
    links: Annotated[tuple[tuple[int, int], ...], Table("pairs of node numbers", ((0, 1), (1, 2)))] = ()
    directed = False

    def check(self) -> None:
        super().check()
        for link in self.links if isinstance(self.links, tuple) else (self.links,):
            ends = link if isinstance(link, tuple) else ()
            if len(ends) != 2 or not all(isinstance(i, int) and 0 <= i < (self.nodes or i + 1) for i in ends):
                last = self.nodes - 1 if self.nodes else "..."
                raise ValueError(f"{type(self).__name__}.links must be pairs of node numbers from 0 to {last}, got {link!r}")

    @property
    def made_for(self) -> int | None:
        return self.nodes or None

    @cached_property
    def reached(self) -> int:
        """As many nodes as the links speak of."""
        return max((i + 1 for link in self.links for i in link), default=0)

    def width(self, k: int) -> int:
        require(self.qualified_name(), self.nodes or max(self.reached, k), k)
        return k

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        """`links`, (2, links) int64, start above end. Each once, both ways unless `directed`, without self loops if every node gets one."""
        pairs = torch.tensor(self.links, dtype=torch.int64, device="cpu").reshape(-1, 2)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]] if self.self_loops else pairs
        pairs = pairs if self.directed else torch.cat((pairs, pairs.flip(1)))
        base = self.reached + 1  # a pair as one number of two digits: `unique` of numbers is twenty times faster than of pairs
        number = (pairs[:, 0] * base + pairs[:, 1]).unique()
        return {"links": torch.stack((number // base, number % base))}

    def linked(self, V: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        self.width(V.shape[-1])
        return (frozen or self.frozen(None, None))["links"].to(V.device)


@component
class Graph(Linked):
    """A_ij = 1 where a link goes from i to j, plus self loops

    A pair given twice counts once; without `directed` each link goes both ways. `nodes=0` takes as many nodes as columns are met.
    Source: RPN 2, "Graph based Interdependence".
    """

    directed: Annotated[bool, "a link goes one way"] = False
    hops: Hops = 1
    accumulate: Accumulate = False
    from_zero: FromZero = False
    self_loops: SelfLoops = True


@component
class PageRank(Linked):
    """A = restart (I - (1 - restart) Â)⁻¹, with Â the links, every column divided by its degree

    A walker follows links backwards and goes home with probability `restart`: column j says where a walk from j ends, and sums to one.
    Links go both ways; a node without any links to itself. A `normalization` other than "none" takes the place of the columns'.
    Dense: it solves a k × k system, for thousands of nodes rather than millions. Source: RPN 2, "Graph based Interdependence".
    """

    restart: Annotated[float, Dial(0.05, 0.95, "probability to go home instead of further", least=1e-3, most=1.0)] = 0.15

    @precise
    def mix(self, y: Tensor, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        home = torch.eye(V.shape[-1], dtype=V.dtype, device=V.device)
        links = super().mix(home, V, w, frozen)
        links = normalized(links, "column") if self.normalization == "none" else links
        links = links + home * (links.sum(-2) == 0)
        system = (home - (1 - self.restart) * links) / self.restart
        return torch.linalg.solve(system, y.reshape(-1, y.shape[-1]), left=False).view(y.shape)
