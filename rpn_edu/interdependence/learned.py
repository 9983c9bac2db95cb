"""ξ that is learned: a ψ makes the matrix, or the scores."""

import math
from abc import abstractmethod

import torch
from torch import Tensor

from .. import expansion, reconciliation
from ..component import belonging, component, prefixed
from ..expansion import Expansion
from ..reconciliation import Reconciliation
from .base import Interdependence, normalized
from .fixed import InverseChain, Network


class Learned(Interdependence):
    """A from a reconciliation of w. Rows declare `reconciliation`, where its place among the arguments is."""

    reconciliation: Reconciliation

    @abstractmethod
    def sizes(self, r: int | None, k: int | None) -> tuple[int, int]:
        """(n, D) of ψ(w)."""

    def length(self, r: int | None, k: int | None) -> int:
        return self.reconciliation.length(*self.sizes(r, k))

    def init(self, r: int | None, k: int | None) -> Tensor:
        return self.reconciliation.init(*self.sizes(r, k))

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        """Those of ψ, for its (n, D)."""
        return self.reconciliation.frozen(*self.sizes(r, k))

    def psi(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None) -> Tensor:
        """ψ(w) of this V's size. V (..., r, k), w (l,) → (n, D)."""
        return self.reconciliation.matrix(self.fitting(w, V), *self.sizes(*V.shape[-2:]), frozen)


@component
class Parameterized(Learned):
    """A = ψ(w), k × k

    Does not look at the data. Source: RPN 2, "Parameterized Interdependence".
    """

    reconciliation: Reconciliation = reconciliation.Identity()

    def sizes(self, r: int | None, k: int | None) -> tuple[int, int]:
        return self.known(k), self.known(k)

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return normalized(self.psi(V, w, frozen), self.normalization).expand(*V.shape[:-2], -1, -1)


@component
class Bilinear(Learned):
    """A = Vᵀ ψ(w) V, with ψ(w) r × r

    The scores of attention. With `normalization="softmax"` they are divided by √r first, as attention does.
    Source: RPN 2, "Bilinear Interdependence".
    """

    reconciliation: Reconciliation = reconciliation.Identity()

    def sizes(self, r: int | None, k: int | None) -> tuple[int, int]:
        return self.known(r), self.known(r)

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        scale = math.sqrt(max(V.shape[-2], 1)) if self.normalization == "softmax" else 1.0
        return normalized(V.mT @ self.psi(V, w, frozen) @ V / scale, self.normalization)


@component
class Attention(Learned):
    """A_ij = softmax of <v_i, ψ(w) v_j> / √r over those i that `among` links to j, with ψ(w) r × r

    Attention that looks along links alone: a Graph makes graph attention of it, a chain sees the rows before. Where no link goes, A is 0.
    `among` says where to look and not how much. Forms k × k numbers.
    Source: RPN 2, "Bilinear Interdependence" and GAT; P. Veličković et al., "Graph Attention Networks" (2018), whose scores are
    LeakyReLU(<a, v_i> + <b, v_j>); A. Vaswani et al., "Attention Is All You Need" (2017), for these scores.
    """

    reconciliation: Reconciliation = reconciliation.Identity()
    among: Network = InverseChain()

    @property
    def made_for(self) -> int | None:
        return self.among.made_for

    def width(self, k: int) -> int:
        return self.among.width(k)

    def sizes(self, r: int | None, k: int | None) -> tuple[int, int]:
        return self.known(r), self.known(r)

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        """Those of ψ, (r, r), and those of the links, (2, links), with the prefix `among_`."""
        return super().frozen(r, k) | prefixed("among_", self.among.frozen(r, k))

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        linked = self.among.matrix(V, w, belonging("among_", frozen)) != 0
        scores = V.mT @ self.psi(V, w, frozen) @ V / math.sqrt(max(V.shape[-2], 1))
        A = scores.masked_fill(linked.logical_not(), torch.finfo(scores.dtype).min).softmax(-2)
        return normalized(A * linked, self.normalization)


@component
class Expanded(Learned):
    """A = κ(Vᵀ) ψ(w)ᵀ, with ψ(w) k × D

    Every column is expanded like a row of data, and k outputs of it say on whom it acts: a small network makes the matrix.
    Source: RPN 2, "RPN based Parameterized Interdependence".
    """

    expansion: Expansion = expansion.Identity()
    reconciliation: Reconciliation = reconciliation.Identity()

    def sizes(self, r: int | None, k: int | None) -> tuple[int, int]:
        return self.known(k), self.expansion.width(self.known(r))

    def frozen(self, r: int | None, k: int | None) -> dict[str, Tensor]:
        """Those of ψ, (k, D), and those of κ, for m = r, with the prefix `expansion_`."""
        return super().frozen(r, k) | prefixed("expansion_", self.expansion.frozen(self.known(r)))

    def matrix(self, V: Tensor, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        kappa = self.expansion(V.mT, belonging("expansion_", frozen))  # (..., k, r) → (..., k, D)
        return normalized(self.reconciliation.product(kappa, self.fitting(w, V), V.shape[-1], frozen), self.normalization)
