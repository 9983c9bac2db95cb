"""ξ that compares columns: A_ij is how alike columns i and j of V are."""

from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from ..component import Dial, component
from .base import Interdependence, normalized


class Kernel(Interdependence):
    """A_ij = kernel(v_i, v_j), then normalized. A row's output depends on the whole batch: that is what ξ is for."""

    @abstractmethod
    def likeness(self, V: Tensor) -> Tensor:
        """(..., r, k) → (..., k, k)."""

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return normalized(self.likeness(V), self.normalization)


def unit_columns(V: Tensor) -> Tensor:
    """Every column divided by its length. A column of zeros stays zero, with gradient zero."""
    square = (V * V).sum(-2, keepdim=True)
    empty = square == 0
    return torch.where(empty, 0.0, V / torch.where(empty, 1.0, square).sqrt())


@component
class Pearson(Kernel):
    """A_ij = cov(v_i, v_j) / (σ_i σ_j)

    The correlation. A column without variance has correlation 0 with the others; A_ii = 1 always.
    Source: RPN 2, "Statistical Kernel based Interdependence".
    """

    def likeness(self, V: Tensor) -> Tensor:
        # Constant columns are recognised exactly: their mean is rounded, and dividing by that dust would give correlations of noise.
        constant = (V[..., :1, :] == V).all(-2, keepdim=True)
        U = unit_columns(torch.where(constant, 0.0, V - V.mean(-2, keepdim=True)))
        return torch.where(torch.eye(V.shape[-1], dtype=torch.bool, device=V.device), 1.0, U.mT @ U)


@component
class Cosine(Kernel):
    """A_ij = <v_i, v_j> / (‖v_i‖ ‖v_j‖)

    A column of zeros has cosine 0 with every column. Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    def likeness(self, V: Tensor) -> Tensor:
        U = unit_columns(V)
        return U.mT @ U


@component
class GaussianRBF(Kernel):
    """A_ij = exp(-‖v_i - v_j‖² / (2 sigma²))

    Exact differences, so the distance of a column to itself is 0. Source: RPN 2, "Numerical Kernel based Interdependence".
    """

    sigma: Annotated[float, Dial(0.1, 10.0, "distance at which likeness fades", least=0.0, above=True, log=True)] = 1.0

    def likeness(self, V: Tensor) -> Tensor:
        distance = torch.cdist(V.mT, V.mT, compute_mode="donot_use_mm_for_euclid_dist")  # (..., k, r) twice → (..., k, k)
        return torch.exp(-(distance**2) / (2 * self.sigma**2))
