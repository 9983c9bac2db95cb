"""Who depends on whom, as a matrix: three columns, a chain of any length, and attention that looks back only."""

import math
from typing import Any

import torch
from torch import Tensor

from ... import interdependence
from ..checking import exercise
from ..comparing import same, writes

MIXED = torch.tensor([[0, 1, 1], [1, 0, 0], [0, 0, 1]])
X = torch.tensor([[1, -2], [0.5, 3], [-1, 1], [2, 0], [0, -1.5]], dtype=torch.float64)
PSI = torch.tensor([[0.5, -1], [2, 0.25]], dtype=torch.float64)


@exercise(1)
def mixing(answer: Any) -> str:
    """Columns made of columns."""
    mistakes = {
        "Rows and columns have changed places: column j of A says what output j is made of.": MIXED.mT,
        "This leaves all columns as they are.": torch.eye(3),
        "The third output should be x₁ + x₃, and here x₁ is missing.": MIXED * torch.tensor([[1, 1, 0], [1, 1, 1], [1, 1, 1]]),
        "The first two are right. The third output should have x₃ in it, too.": MIXED * torch.tensor([[1, 1, 1], [1, 1, 1], [1, 1, 0]]),
    }
    row = torch.tensor([2.0, -3, 4], dtype=torch.float64)

    def otherwise(_: int, right: Tensor, yours: Tensor) -> str:
        j = int((right - yours).abs().amax(0).argmax())
        return f"Column {j + 1} is not right. Of the row (2, -3, 4) it makes {(row @ yours)[j]:g}, and {(row @ right)[j]:g} was wanted."

    same(answer, MIXED, otherwise, near=mistakes)
    return "Each column of A says what one output is made of."


def chain_of(m: int) -> Tensor:
    """Every step flows into itself and into the next: (m, m)."""
    return interdependence.Chain().matrix(torch.zeros(1, m, dtype=torch.float64), torch.empty(0))


@exercise(2)
def chain(answer: Any) -> str:
    """A chain of any length."""
    mistakes = {
        "This flows backward: row i says where i flows to, and that is the next step.": lambda m: chain_of(m).mT,
        "Each step flows into itself, too.": lambda m: chain_of(m) - torch.eye(m),
        "The steps flow into themselves alone. Each flows into the next, too.": torch.eye,
        "The last step flows into the first. In a chain it ends there.": lambda m: torch.eye(m) + torch.eye(m).roll(1, 1),
        "Each step flows into all later ones. It should flow into the next alone.": lambda m: torch.ones(m, m).triu(),
    }
    writes(answer, chain_of, (4,), (7,), (1,), near=mistakes)
    return "This A looks at no data, and it works for a sequence of any length."


def scores(X: Tensor, psi: Tensor) -> Tensor:
    """How much every row asks of every row: (b, m), (m, m) → (b, b)."""
    return interdependence.Bilinear().matrix(X.mT, psi.flatten()) / math.sqrt(X.shape[1])


def back(X: Tensor, psi: Tensor) -> Tensor:
    """Row j attends to a batch that ends with it: (b, m), (m, m) → (b, b)."""
    columns = [scores(X[: j + 1], psi).softmax(0)[:, j] for j in range(len(X))]
    return torch.nn.utils.rnn.pad_sequence(columns)


MASKED = "Set the scores of later rows to minus infinity before the softmax."
ROOT = "And divide the scores by the root of m."


@exercise(3)
def causal(answer: Any) -> str:
    """Attention that looks back."""
    mistakes = {
        f"Row 1 looks at the rows after it. {MASKED}": lambda X, psi: scores(X, psi).softmax(0),
        f"Your columns do not sum to 1. {MASKED}": lambda X, psi: scores(X, psi).softmax(0).triu(),
        "Your rows sum to 1. The columns should: take the softmax over dimension 0.": lambda X, psi: scores(X, psi).softmax(1),
        f"Take the softmax over dimension 0, so that columns sum to 1. {MASKED}": lambda X, psi: scores(X, psi).softmax(1).triu(),
        "A score of 0 is still a score, and softmax makes a weight of it. Use -infinity.": lambda X, psi: scores(X, psi).triu().softmax(0),
        "The rows of your A sum to 1. The columns should.": lambda X, psi: back(X.flip(0), psi.mT).flip(0, 1).mT,
        "These look at later rows. They should look at themselves and earlier ones.": lambda X, psi: back(X.flip(0), psi).flip(0, 1),
        "For a softmax the scores are divided by the root of m.": lambda X, psi: back(X, psi * math.sqrt(X.shape[1])),
        "ψ is missing: without it every row asks for what it is itself.": lambda X, psi: back(X, torch.eye(X.shape[1]).to(X)),
        "ψ is transposed: row i asks by X ψ, and row j answers by X.": lambda X, psi: back(X, psi.mT),
        "These are the rows that come out. A itself was wanted.": lambda X, psi: back(X, psi).mT @ X,
    }
    root = math.sqrt(X.shape[1])
    mistakes |= {f"{says} {ROOT}": lambda X, psi, wrong=wrong: wrong(X, psi * root) for says, wrong in mistakes.items() if MASKED in says}
    writes(answer, back, (X, PSI), (X[:3], -PSI), near=mistakes)
    return "Row 1 is itself, whatever comes later. This is the attention of language models: it can predict the next row."
