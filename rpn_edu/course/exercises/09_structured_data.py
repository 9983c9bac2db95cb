"""One small network for sequences and graphs: the A of a recurrence, the A of a graph, and two layers that hear by any A."""

from typing import Any

import torch
from torch import Tensor

from ... import interdependence
from ..checking import exercise
from ..comparing import writes

NOTHING = torch.empty(0)


def decaying(b: int, u: float) -> Tensor:
    """Row i flows into row j with u to the power of the steps between, and into no earlier one: (b, b)."""
    steps = torch.arange(b, dtype=torch.float64)
    return (u ** (steps - steps[:, None]).clamp(min=0)).triu()


@exercise(1)
def recurrence(answer: Any) -> str:
    """The matrix of a recurrence with one number."""
    mistakes = {
        "This flows backward: a later row would change an earlier one.": lambda b, u: decaying(b, u).mT,
        "Every row counts in full. A row that is h steps back counts u to the power h.": lambda b, u: decaying(b, 1.0),
        "The row itself counts in full: zero steps, so u to the power 0.": lambda b, u: u * decaying(b, u),
        "The row itself is missing.": lambda b, u: decaying(b, u) - torch.eye(b),
        "That is one step back alone. The state holds all earlier rows.": lambda b, u: decaying(b, u).tril(1),
        "Twice as far back is u², not 2 u.": lambda b, u: (decaying(b, 1.0).cumsum(1) - 1).clamp(min=0) * u + torch.eye(b),
        "Later rows flow in, too. Everything below the diagonal is 0.": lambda b, u: decaying(b, u) + decaying(b, u).mT - torch.eye(b),
    }
    writes(answer, decaying, (4, 0.5), (7, -0.25), (1, 2.0), near=mistakes)
    return "A loop over rows is one matrix, as long as nothing bends inside the loop."


def linked(b: int, links: Any, normalization: Any = "symmetric", **fields: Any) -> Tensor:
    """The matrix of a graph: (b, b)."""
    pairs = tuple((int(i), int(j)) for i, j in links)
    xi = interdependence.Graph(nodes=b, links=pairs, normalization=normalization, **fields)
    return xi.matrix(torch.zeros(1, b, dtype=torch.float64), NOTHING)


def over_degrees(b: int, links: Any) -> Tensor:
    """Divided by both sums themselves, (b, b)."""
    A = linked(b, links, "none")
    return A / A.sum(0) / A.sum(1, keepdim=True)


@exercise(2)
def graph(answer: Any) -> str:
    """The matrix of a graph network."""
    mistakes = {
        "Each member hears itself, too: begin with torch.eye(b).": lambda b, links: linked(b, links, self_loops=False),
        "A link goes both ways.": lambda b, links: linked(b, links, directed=True),
        "Nothing is divided yet.": lambda b, links: linked(b, links, "none"),
        "This is divided by the sum of its row alone. Both sums count, each by its root.": lambda b, links: linked(b, links, "row"),
        "This is divided by the sum of its column alone. Both sums count, each by its root.": lambda b, links: linked(b, links, "column"),
        "The roots are missing: divide by the root of each sum.": over_degrees,
        "Members hear themselves alone. Where are their friends?": lambda b, links: torch.eye(b),
    }
    writes(answer, graph_of, (4, ((0, 1), (1, 2), (1, 3))), (5, ((4, 0), (2, 0), (1, 2))), (2, ((0, 1),)), near=mistakes)
    return "This is the A of a graph convolution: who has many friends is not louder for it."


def graph_of(b: int, links: Any) -> Tensor:
    """What was wanted: (b, b)."""
    return linked(b, links)


def heard_twice(A: Tensor, X: Tensor, W_1: Tensor, W_2: Tensor) -> Tensor:
    """Two layers: (b, b), (b, m), (k, m), (n, k) → (b, n)."""
    return A.mT @ (A.mT @ X @ W_1.mT).relu() @ W_2.mT


@exercise(3)
def network(answer: Any) -> str:
    """Two layers that hear by any A."""
    mistakes = {
        "A is not transposed: rows would hear what comes later.": lambda A, X, W_1, W_2: heard_twice(A.mT, X, W_1, W_2),
        "The relu between the layers is missing.": lambda A, X, W_1, W_2: A.mT @ A.mT @ X @ W_1.mT @ W_2.mT,
        "The last layer has no relu.": lambda A, X, W_1, W_2: heard_twice(A, X, W_1, W_2).relu(),
        "The first layer does not hear: A is missing there.": lambda A, X, W_1, W_2: A.mT @ (X @ W_1.mT).relu() @ W_2.mT,
        "The second layer does not hear: A is missing there.": lambda A, X, W_1, W_2: (A.mT @ X @ W_1.mT).relu() @ W_2.mT,
        "Nobody hears anybody: A is missing in both layers.": lambda A, X, W_1, W_2: (X @ W_1.mT).relu() @ W_2.mT,
        "The relu comes too early: first hear and multiply, then bend.": lambda A, X, W_1, W_2: A.mT @ A.mT @ X.relu() @ W_1.mT @ W_2.mT,
    }
    X = torch.tensor([[1.0, -2], [0.5, 3], [-1, 1], [2, 0], [0, -1.5]], dtype=torch.float64)
    W_1 = torch.tensor([[1.0, -1], [0.5, 2], [-2, 0.25]], dtype=torch.float64)
    W_2 = torch.tensor([[1.0, -1, 0.5], [-0.5, 2, 1]], dtype=torch.float64)
    club = linked(5, ((0, 1), (1, 2), (2, 3), (0, 4)))
    writes(answer, heard_twice, (decaying(5, 0.5), X, W_1, W_2), (club, -X, W_1, -W_2), (decaying(3, -1.5), X[:3], W_1, W_2), near=mistakes)
    return "One network, two kinds of data. Keep it: network(recurrence(6, 0.5), ...), or network(graph(34, links), ...)."
