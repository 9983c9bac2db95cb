"""Known models as settings of one formula: each function chooses κ, ξ, ψ and π and returns an ordinary RPN.

What differs between hidden layers and the last one is decided by the place of a layer, never by its width.
Source: RPN 1 (arXiv 2407.04819), "Unifying Base Models"; RPN 2 (arXiv 2411.11162) for those with ξ.

Left out until a chapter needs them: a convolution, which shares one ψ among all patches, and graph attention, which needs a softmax over
links alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import torch

from .. import expansion, interdependence, remainder
from ..expansion import Expansion
from ..interdependence.base import Normalization
from ..network.formula import Formula, Output
from ..network.model import RPN
from ..reconciliation import Identity, Reconciliation
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
