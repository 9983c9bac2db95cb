"""ξ that does not look at the data: nothing, a given matrix, a chain, a graph."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar

import torch
from torch import Tensor

from ..component import Dial, Table, component, family
from .base import Interdependence, normalized, safe_degree

Hops = Annotated[int, Dial(1, 6, "how many links a message travels")]
Accumulate = Annotated[bool, "add up all hops instead of the last one"]
FromZero = Annotated[bool, "an accumulated sum also counts zero hops"]
SelfLoops = Annotated[bool, "every node is its own neighbour"]


def require_columns(who: str, wanted: int, got: int) -> None:
    if wanted != got:
        raise ValueError(f"{who} was made for {wanted} columns, got {got}")


@component
class Independent(Interdependence):
    """A = I

    Nobody depends on anybody, and no normalization changes that. Source: RPN 2, "Constant Interdependence".
    """

    neutral: ClassVar[bool] = True

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return torch.eye(V.shape[-1], dtype=V.dtype, device=V.device).expand(*V.shape[:-2], -1, -1)

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
        if not self.entries or not all(isinstance(row, tuple) and len(row) == len(self.entries[0]) > 0 for row in self.entries):
            raise ValueError("interdependence.Constant.entries must be rows of equal length")

    def width(self, k: int) -> int:
        require_columns("interdependence.Constant", len(self.entries), k)
        return len(self.entries[0])

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        return {"entries": torch.tensor(self.entries, dtype=torch.float64, device="cpu")}

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        self.width(V.shape[-1])
        A = (frozen or self.frozen(None, None))["entries"].to(V)
        return normalized(A, self.normalization).expand(*V.shape[:-2], -1, -1)


@family
class Network(Interdependence):
    """A = Â^hops, or Â + Â² + ... + Â^hops, where Â holds the links, then the self loops, normalized once.

    Rows declare `hops`, `accumulate`, `from_zero` and `self_loops`. Softmax runs over links only: 1 / (number of links into a node).
    `mix` walks the links and needs memory O(links), never k × k.
    """

    if TYPE_CHECKING:  # declared by the rows, where their place among the arguments is
        hops: ClassVar[int]
        accumulate: ClassVar[bool]
        from_zero: ClassVar[bool]
        self_loops: ClassVar[bool]

    @abstractmethod
    def linked(self, k: int, like: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        """int64 (2, links): from row to column, each link once, without self loops."""

    def weighted_links(self, V: Tensor, frozen: dict[str, Tensor] | None) -> tuple[Tensor, Tensor]:
        """The links with self loops, and the normalized number on each."""
        k = V.shape[-1]
        links = self.linked(k, V, frozen)
        if self.self_loops:
            links = torch.cat((links, torch.arange(k, device=V.device).expand(2, k)), -1)
        start, end = links
        one = torch.ones(links.shape[-1], dtype=V.dtype, device=V.device)
        row, column = (safe_degree(V.new_zeros(k).index_add(0, side, one)) for side in (start, end))
        match self.normalization:
            case "none":
                return links, one
            case "row":
                return links, one / row[start]
            case "symmetric":
                return links, one / (row[start] * column[end]).sqrt()
        return links, one / column[end]  # column, and softmax of equal numbers

    def mix(self, y: Tensor, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        (start, end), weight = self.weighted_links(V, frozen)
        total = y if self.from_zero else torch.zeros_like(y)
        for _ in range(self.hops):
            y = torch.zeros_like(y).index_add(-1, end, y.index_select(-1, start) * weight)  # (..., k) → (..., links) → (..., k)
            total = total + y if self.accumulate else y
        return total

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        (start, end), weight = self.weighted_links(V, frozen)
        one_hop = V.new_zeros(V.shape[-1], V.shape[-1]).index_put((start, end), weight, accumulate=True)
        powers = [torch.linalg.matrix_power(one_hop, h) for h in range(0 if self.from_zero else 1, self.hops + 1)]
        return (sum(powers[1:], powers[0]) if self.accumulate else powers[-1]).expand(*V.shape[:-2], -1, -1)

    def check(self) -> None:
        if self.from_zero and not self.accumulate:
            raise ValueError(f"{type(self).__name__}.from_zero adds the term of zero hops to an accumulated sum: it needs accumulate=True")


@component
class Chain(Network):
    """A = N + I with N linking each column to the next: i → i + 1

    Output j is x_j + x_{j-1}: the past, one step for each hop. Source: RPN 2, "Chain based Interdependence".
    """

    hops: Hops = 1
    accumulate: Accumulate = False
    from_zero: FromZero = False
    both_ways: Annotated[bool, "the future counts as well as the past"] = False
    self_loops: SelfLoops = True

    def linked(self, k: int, like: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        node = torch.arange(k, device=like.device)
        forward = torch.stack((node[:-1], node[1:]))
        return torch.cat((forward, forward.flip(0)), -1) if self.both_ways else forward


@component
class Graph(Network):
    """A_ij = 1 where a link goes from i to j, plus self loops

    A pair given twice counts once; without `directed` each link goes both ways. `nodes=0` takes as many nodes as columns are met.
    Source: RPN 2, "Graph based Interdependence".
    """

    nodes: Annotated[int, Dial(0, 10, "number of nodes; 0: as many as columns are met")] = 0
    links: Annotated[tuple[tuple[int, int], ...], Table("pairs of node numbers", ((0, 1), (1, 2)))] = ()
    directed: Annotated[bool, "a link goes one way"] = False
    hops: Hops = 1
    accumulate: Accumulate = False
    from_zero: FromZero = False
    self_loops: SelfLoops = True

    def check(self) -> None:
        super().check()
        for link in self.links:
            pair = isinstance(link, tuple) and len(link) == 2
            if not (pair and all(isinstance(i, int) and 0 <= i < (self.nodes or i + 1) for i in link)):
                last = self.nodes - 1 if self.nodes else "..."
                raise ValueError(f"Graph.links must be pairs of node numbers from 0 to {last}, got {link!r}")

    def width(self, k: int) -> int:
        require_columns("interdependence.Graph", self.nodes or max((i + 1 for link in self.links for i in link if i >= k), default=k), k)
        return k

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        pairs = torch.tensor(self.links, dtype=torch.int64, device="cpu").reshape(-1, 2)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]] if self.self_loops else pairs
        pairs = pairs if self.directed else torch.cat((pairs, pairs.flip(1)))
        return {"links": pairs.unique(dim=0).T.contiguous()}

    def linked(self, k: int, like: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        self.width(k)
        return (frozen or self.frozen(None, k))["links"].to(like.device)
