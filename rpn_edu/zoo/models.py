"""Known models as settings of one formula: each function chooses κ, ξ, ψ and π and returns an ordinary RPN.

What differs between hidden layers and the last one is decided by the place of a layer, never by its width.
Source: RPN 1 (arXiv 2407.04819), "Unifying Base Models"; RPN 2 (arXiv 2411.11162) for those with ξ.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import torch

from .. import expansion, interdependence, remainder
from ..expansion import Expansion
from ..interdependence.base import Normalization
from ..network.formula import Formula, Output
from ..network.model import RPN
from ..reconciliation import Eye, Identity, Reconciliation, Shared
from ..shared import given
from ..shared.activation import Activation

Device = str | torch.device
Softmax = Literal["none", "softmax", "log_softmax"]


def stacked(name: str, dims: Sequence[int], layer: Formula, device: Device, hidden: Output = Output(), last: Output = Output()) -> RPN:
    """The same layer K times: `hidden` is the output of all but the last, `last` of the last. ValueError for fewer than two widths."""
    outputs = [hidden] * (len(given.widths("RPN.dims", dims)) - 2) + [last]
    return RPN(dims, [replace(layer, output=output) for output in outputs], name=name, device=device)


def mlp(
    dims: Sequence[int],
    activation: Activation = "relu",
    dropout: float = 0.0,
    softmax: Softmax = "none",
    expansion: Expansion = expansion.Identity(),
    reconciliation: Reconciliation = Identity(),
    bias: bool = True,
    device: Device = "cpu",
) -> RPN:
    """Multi-layer perceptron: κ = identity, ψ dense, π = 0; activation and dropout in hidden layers, softmax (if any) in the last."""
    hidden = Output(activation=activation, dropout=dropout)
    return stacked("mlp", dims, Formula(expansion, reconciliation, bias=bias), device, hidden, Output(softmax=softmax))


def linear_regression(m: int, n: int = 1, bias: bool = True, device: Device = "cpu") -> RPN:
    """Linear regression: κ = identity, ψ dense, π = 0. With another κ it is linear in the features, and still fits in one step."""
    return RPN([m, n], Formula(bias=bias), name="linear_regression", device=device)


def logistic_regression(m: int, n: int, softmax: Softmax = "log_softmax", device: Device = "cpu") -> RPN:
    """Logistic regression of n classes: linear scores, whose softmax are the probabilities; their logarithm suits the loss "nll"."""
    return RPN([m, n], Formula(bias=True, output=Output(softmax=softmax)), name="logistic_regression", device=device)


def kan(
    dims: Sequence[int],
    spline: expansion.BSpline = expansion.BSpline(),
    reconciliation: Reconciliation = Identity(),
    device: Device = "cpu",
) -> RPN:
    """Kolmogorov-Arnold network: κ = B-splines, ψ dense, π(x) = SiLU(x) Wᵀ."""
    residual = remainder.Linear(activation="silu", activate="before")
    return stacked("kan", dims, Formula(spline, reconciliation, residual), device)


def svm(m: int, n: int, kernel: Expansion = expansion.GaussianRBF(), device: Device = "cpu") -> RPN:
    """The decision function of a support vector machine, input by input: κ = bumps (or the identity: the linear one), ψ dense, a bias."""
    return RPN([m, n], Formula(kernel, bias=True), name="svm", device=device)


def naive_bayes(
    m: int, n: int, density: Expansion = expansion.Normal(naive=True), softmax: Softmax = "none", device: Device = "cpu"
) -> RPN:
    """Naive Bayes: log densities of single inputs, summed with learned weights; the bias is the log prior."""
    return RPN([m, n], Formula(density, bias=True, output=Output(softmax=softmax)), name="naive_bayes", device=device)


def pgm(m: int, n: int, order: int = 2, softmax: Softmax = "none", device: Device = "cpu") -> RPN:
    """Probabilistic graphical model: naive Bayes whose densities also see sets of up to `order` inputs."""
    model = naive_bayes(m, n, expansion.CombinatorialNormal(order=order), softmax, device)
    model.name = "pgm"
    return model


def rnn(dims: Sequence[int], activation: Activation = "tanh", hops: int = 1, both_ways: bool = False, device: Device = "cpu") -> RPN:
    """Recurrent network over the rows of a sequence, (..., b, d_0): hidden layers add up each row and the `hops` before it."""
    chain = interdependence.Chain(hops=hops, accumulate=hops > 1, from_zero=hops > 1, both_ways=both_ways, self_loops=hops == 1)
    return stacked("rnn", dims, Formula(instance=chain, bias=True), device, Output(activation=activation))


def gcn(
    dims: Sequence[int],
    links: Sequence[tuple[int, int]],
    nodes: int = 0,
    dropout: float = 0.0,
    softmax: Softmax = "log_softmax",
    normalization: Normalization = "symmetric",
    device: Device = "cpu",
) -> RPN:
    """Graph convolutional network: rows are nodes, mixed by D^-1/2 (A + I) D^-1/2 in every layer.

    All nodes come in at once; train on some rows of the output and judge on the others.
    """
    graph = interdependence.Graph(nodes=nodes, links=links, normalization=normalization)  # type: ignore[arg-type]
    return stacked("gcn", dims, Formula(instance=graph), device, Output(activation="relu", dropout=dropout), Output(softmax=softmax))


def gat(
    dims: Sequence[int],
    links: Sequence[tuple[int, int]],
    nodes: int = 0,
    heads: int = 1,
    scores: Reconciliation = Identity(),
    dropout: float = 0.0,
    softmax: Softmax = "log_softmax",
    device: Device = "cpu",
) -> RPN:
    """Graph attention network: each node attends to itself and to those that link to it, by the bilinear scores of attention.

    `heads` side by side, averaged, in each layer but the last: TypeError or ValueError unless it is an int of 1 or more. The scores are
    those of RPN 2; in Veličković et al. (2018) they are a LeakyReLU of a sum, and heads of hidden layers are concatenated.
    """
    graph = interdependence.Graph(nodes=nodes, links=links)  # type: ignore[arg-type]
    attend = Formula(instance=interdependence.Attention(scores, graph))
    hidden = replace(attend, output=Output(activation="relu", dropout=dropout))
    layers = [[hidden] * given.count("gat.heads", heads)] * (len(given.widths("RPN.dims", dims)) - 2)
    return RPN(dims, [*layers, replace(attend, output=Output(softmax=softmax))], name="gat", device=device)


def cnn(
    rows: int,
    columns: int,
    channels: Sequence[int] = (1, 8, 16),
    n: int = 10,
    window: int = 3,
    pool: int = 2,
    activation: Activation = "relu",
    dropout: float = 0.0,
    softmax: Softmax = "none",
    device: Device = "cpu",
) -> RPN:
    """Convolutional network for flattened images, (b, channels · rows · columns) → (b, n).

    From each number of channels to the next: a convolution (κ = windows around each cell, ψ one kernel for all of them), an activation,
    then the largest of every `pool` × `pool` cells. At the end a dense ψ. In torch a bias belongs to a channel; here each output has its
    own.
    TypeError or ValueError for sizes that are no ints of 1 or more, for an even window, and where too few cells are left to pool.
    """
    rows, columns, pool = given.count("cnn.rows", rows), given.count("cnn.columns", columns), given.count("cnn.pool", pool)
    widths, size = given.widths("cnn.channels", channels), given.count("cnn.window", window)
    if size % 2 == 0:
        raise ValueError(f"cnn.window must be odd, since it stands around a cell, got {size}")
    dims, layers = [widths[0] * rows * columns], list[Formula]()
    for before, after in pairwise(widths):
        around = expansion.Windows(rows, columns, before, size, size, row_padding=size // 2, column_padding=size // 2)
        kernel = Shared(rows * columns)
        layers.append(Formula(around, kernel, bias=True, output=Output(activation=activation, dropout=dropout)))
        dims.append(after * rows * columns)
        if pool > 1:
            largest = expansion.WindowPooling(rows, columns, after, pool, pool, pool, pool)
            layers.append(Formula(largest, Eye()))
            rows, columns = largest.places
            dims.append(after * rows * columns)
    return RPN([*dims, n], [*layers, Formula(bias=True, output=Output(softmax=softmax))], name="cnn", device=device)


def transformer(
    dims: Sequence[int],
    heads: int = 1,
    scores: Reconciliation = Identity(),
    activation: Activation = "relu",
    dropout: float = 0.0,
    device: Device = "cpu",
) -> RPN:
    """Attention among the rows of each sequence, (..., b, d_0), with a linear remainder; the last layer reads every row alone.

    `heads` side by side in each layer but the last: TypeError or ValueError unless it is an int of 1 or more.
    """
    attention = interdependence.Bilinear(scores, normalization="softmax")
    attend = Formula(
        instance=attention, remainder=remainder.Linear(), bias=True, output=Output("layer", activation=activation, dropout=dropout)
    )
    hidden = [[attend] * given.count("transformer.heads", heads)] * (len(given.widths("RPN.dims", dims)) - 2)
    return RPN(dims, [*hidden, Formula(bias=True)], name="transformer", device=device)
