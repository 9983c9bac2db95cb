"""Named functions of one number, so that a config can say them."""

from typing import Literal

import torch
import torch.nn.functional as F

Activation = Literal["none", "relu", "silu", "gelu", "tanh", "sigmoid", "softplus", "elu", "leaky_relu"]

ACTIVATIONS = {
    "relu": F.relu,
    "silu": F.silu,
    "gelu": F.gelu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "elu": F.elu,
    "leaky_relu": F.leaky_relu,
}


def activate(x: torch.Tensor, activation: str) -> torch.Tensor:
    """The activation of that name; "none" gives x itself. Number by number: (...) → (...)."""
    return x if activation == "none" else ACTIVATIONS[activation](x)
