"""g(x|w) = <κ_ξ(x), ψ(w)> + π(x): the choice of every term as one value, and what it makes of x and w.

b rows of m attributes become b' rows of n outputs. On the way ξ makes m' attributes of m and b' rows of b, κ makes D features of m', and ψ
makes an n × D matrix of l learned numbers. ... stands for any axes before the rows.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from .. import expansion, fusion, interdependence, reconciliation, remainder
from ..component import Component, Dial, belonging, component, prefixed
from ..expansion import Expansion
from ..fusion import Fusion
from ..interdependence import Interdependence
from ..reconciliation import Reconciliation
from ..remainder import Remainder
from ..shared import given
from ..shared.activation import ACTIVATIONS, Activation
from ..shared.alone import seeded


class Trace(NamedTuple):
    """Every tensor of the formula for one x, in the order of the mathematics. Gradients flow through it."""

    x: Tensor  # (..., b, m)   the input
    x_xi: Tensor  # (..., b, m')  its attributes mixed by ξ
    kappa: Tensor  # (..., b, D)   expanded by κ
    kappa_xi: Tensor  # (..., b', D)  its rows mixed by ξ
    inner: Tensor  # (..., b', n)  <κ_ξ(x), ψ(w)> of every channel, fused, plus the bias
    pi: Tensor  # (..., b', n)  the remainder
    g: Tensor  # (..., b', n)  inner + pi


class Sizes(NamedTuple):
    """What a formula from m to n needs, counted before anything is allocated."""

    mixed: int  # m', the attributes that κ meets
    D: int  # its features
    width: int  # n of each channel
    terms: dict[str, tuple[Any, ...]]  # what each term with numbers of its own meets, besides κ and ψ
    lengths: dict[str, int]  # l of each of the terms
    learned: int  # all of these, and the bias


NOTHING = torch.empty(0, device="cpu")


class Learned(dict[str, Tensor]):
    """The learned numbers of a formula, by the name of the term: (channels, l) of `reconciliation`, (l,) of others, (n,) of `bias`.

    A term that learns nothing may be left out: whoever asks for it gets an empty tensor, (0,).
    """

    def __missing__(self, term: str) -> Tensor:
        return NOTHING


class _Named(nn.Module):
    """An activation of the table as a module."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        return ACTIVATIONS[self.name](x)

    def extra_repr(self) -> str:
        return self.name


@component
class Output(Component):
    """output(g): batch or layer norm, then an activation, dropout, softmax, each only if chosen

    Source: RPN 2 (arXiv 2411.11162), output processing of a head.
    """

    normalization: Annotated[Literal["none", "batch", "layer"], "which mean and deviation are removed"] = "none"
    activation: Annotated[Activation, "a function of one number"] = "none"
    dropout: Annotated[float, Dial(0.0, 0.9, "probability that an output is dropped in training", least=0.0)] = 0.0
    softmax: Annotated[Literal["none", "softmax", "log_softmax"], "turns outputs into probabilities"] = "none"

    def check(self) -> None:
        if self.dropout >= 1:
            raise ValueError(f"Output.dropout must be below 1, or nothing is left, got {self.dropout}")

    def module(self, n: int) -> nn.Module | None:
        """A submodule for rows (b, n), so that its numbers are saved, moved and switched by train() and eval(); None without any step."""
        steps: list[nn.Module] = []
        if self.normalization != "none":
            steps.append(nn.BatchNorm1d(n, device="cpu") if self.normalization == "batch" else nn.LayerNorm(n, device="cpu"))
        if self.activation != "none":
            steps.append(_Named(self.activation))
        if self.dropout:
            steps.append(nn.Dropout(self.dropout))
        if self.softmax != "none":
            steps.append(nn.Softmax(-1) if self.softmax == "softmax" else nn.LogSoftmax(-1))
        return nn.Sequential(*steps) if steps else None


@component
class Formula(Component):
    """g(x|w) = <κ_ξ(x), ψ(w)> + π(x)

    One choice for every term of a head. ξ stands in two places, κ_ξ(X) = A_iᵀ κ(X A_a): `attribute` makes A_a, (m, m'), which mixes
    columns, and `instance` makes A_i, (b, b'), which mixes rows. `channels` learn side by side with the same κ, ξ, bias and π, and `fusion`
    makes one of them. `batch` fixes the number of rows where a ξ has learned numbers for each of them.
    Source: RPN 1 (arXiv 2407.04819); ξ, fusion and output are of RPN 2 (arXiv 2411.11162).
    """

    expansion: Expansion = expansion.Identity()
    reconciliation: Reconciliation = reconciliation.Identity()
    remainder: Remainder = remainder.Zero()
    attribute: Interdependence = interdependence.Independent()
    instance: Interdependence = interdependence.Independent()
    channels: Annotated[int, Dial(1, 4, "how many ψ learn side by side")] = 1
    fusion: Fusion = fusion.Mean()
    bias: Annotated[bool, "add one learned number to every output"] = False
    output: Output = Output()
    batch: Annotated[int | None, Dial(1, 64, "number of rows, where ξ must know it")] = None

    # ---- the definition -------------------------------------------------------------------------------------------------------------

    def trace(self, x: Tensor, n: int, w: Mapping[str, Tensor], frozen: dict[str, Tensor] | None = None) -> Trace:
        """Every tensor of g(x|w): (..., b, m) → (..., b', n). This is the definition; `Head.forward` gives the same g by shorter ways.

        `w` are numbers as `init` draws them, `frozen` those of `frozen`, drawn anew where they are left out.
        ValueError where ξ changes the number of rows and π does not.
        """
        xi = self.attribute
        x_xi = x if xi.neutral else xi.mix(x, x, w["attribute"], belonging("attribute_", frozen))  # (..., b, m')
        kappa = self.expansion(x_xi, belonging("expansion_", frozen))  # (..., b, D)
        xi = self.instance
        kappa_xi = kappa if xi.neutral else xi.mix(kappa.mT, x.mT, w["instance"], belonging("instance_", frozen)).mT  # (..., b', D)
        inner = self.inner(kappa_xi, n, w, frozen)  # (..., b', n)
        pi = self.pi(x, inner, n, w["remainder"], belonging("remainder_", frozen))  # (..., b', n)
        return Trace(x, x_xi, kappa, kappa_xi, inner, pi, inner + pi)

    def inner(self, z: Tensor, n: int, w: Mapping[str, Tensor], frozen: dict[str, Tensor] | None = None) -> Tensor:
        """<z, ψ(w)> of every channel, fused, plus the bias: (..., b', D) → (..., b', n)."""
        inner = self.fused([z @ W.mT for W in self.matrices(z.shape[-1], n, w, frozen)], w, frozen)
        return inner + w["bias"] if self.bias else inner

    def fused(self, parts: list[Tensor], w: Mapping[str, Tensor], frozen: dict[str, Tensor] | None = None) -> Tensor:
        """The channels as one: (..., b', width) each → (..., b', n)."""
        return parts[0] if self.channels == 1 else self.fusion(parts, w["fusion"], belonging("fusion_", frozen))

    def matrices(self, D: int, n: int, w: Mapping[str, Tensor], frozen: dict[str, Tensor] | None = None) -> list[Tensor]:
        """ψ(w) of every channel: (width, D) each, where `fusion` makes n outputs of all widths."""
        return [self.psi(k, D, n, w, frozen) for k in range(self.channels)]

    def psi(self, channel: int, D: int, n: int, w: Mapping[str, Tensor], frozen: dict[str, Tensor] | None = None) -> Tensor:
        """ψ(w) of one channel: (width, D)."""
        width, fixed = self.fusion.part_width(n, self.channels), belonging("reconciliation_", frozen)
        return self.reconciliation.matrix(w["reconciliation"][channel], width, D, frozen=fixed)

    def pi(self, x: Tensor, inner: Tensor, n: int, w: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        """π(x), as many rows as the inner product has: (..., b, m), (..., b', n), (l,) → (..., b', n).

        ValueError where b and b' differ: only a π that is always 0 fits a ξ that changes their number.
        """
        if self.remainder.neutral:
            return torch.zeros_like(inner)
        pi = self.remainder(x, w, n, frozen)
        if pi.shape != inner.shape:  # never broadcast: one row would be added to all
            rows = f"Formula.instance makes {inner.shape[-2]} rows of {x.shape[-2]}"
            raise ValueError(f"{rows}, which only remainder.Zero() fits, got {self.remainder}")
        return pi

    # ---- its numbers ----------------------------------------------------------------------------------------------------------------

    def width(self, m: int) -> int:
        """D, the number of features of m attributes. ValueError where κ or ξ do not fit m."""
        return self.expansion.width(self.attribute.width(m))

    def sizes(self, m: int, n: int) -> Sizes:
        """What it needs from m to n, counted. ValueError where it does not fit m and n."""
        mixed, width = self.attribute.width(m), self.fusion.part_width(n, self.channels)
        D = self.expansion.width(mixed)
        psi = self.channels * self.reconciliation.length(width, D)
        terms = dict(self.meetings(m, n))
        lengths = {term: getattr(self, term).length(*sizes) for term, sizes in terms.items()}  # refuses sizes that do not fit
        if self.batch is not None:
            self.instance.width(self.batch)
        return Sizes(mixed, D, width, terms, lengths, psi + sum(lengths.values()) + n * self.bias)

    def affordable(self, m: int, n: int) -> Sizes:
        """`sizes`, where this machine has the memory for them. ValueError where it has not, or where they do not fit."""
        given.affordable("Head", f"one row of x and of outputs, m = {given.figure(m)} and n = {given.figure(n)}", m + n, "choose fewer")
        D = self.width(m)
        given.affordable("Head", f"one row of κ(x), D = {given.figure(D)}", D, "choose a lower degree of κ, or fewer inputs")
        psi = self.channels * self.reconciliation.length(self.fusion.part_width(n, self.channels), D)
        given.affordable("Head", f"w, n = {n} and D = {given.figure(D)}", psi, "choose a lower degree of κ, or a ψ that learns fewer")
        sizes = self.sizes(m, n)  # last, since it lists what every channel hands to the fusion
        for term, length in sizes.lengths.items():
            given.affordable("Head", f"the learned numbers of its {term}", length, "choose fewer inputs, or a ψ that learns fewer")
        return sizes

    def meetings(self, m: int, n: int) -> list[tuple[str, tuple[Any, ...]]]:
        """The terms that may have numbers of their own besides κ and ψ, and what sizes they meet. One channel has nothing to fuse."""
        terms = [("attribute", (self.batch, m)), ("instance", (m, self.batch)), ("remainder", (m, n))]
        parts = [self.fusion.part_width(n, self.channels)] * self.channels
        return [*terms, ("fusion", (parts,))] if self.channels > 1 else terms

    def learning(self, m: int, n: int) -> list[tuple[str, tuple[Any, ...]]]:
        """Those of `meetings` that have learned numbers."""
        return [(term, sizes) for term, sizes in self.meetings(m, n) if getattr(self, term).length(*sizes)]

    def init(self, m: int, n: int, dtype: torch.dtype | None = None) -> Learned:
        """Fresh learned numbers from m to n, on the CPU from torch's seed: ψ of every channel, then the terms, then the bias."""
        w = {"reconciliation": self.init_psi(m, n), **self.init_others(m, n)}
        return Learned(w if dtype is None else {term: value.to(dtype) for term, value in w.items()})

    def init_psi(self, m: int, n: int) -> Tensor:
        """Fresh numbers for the ψ of every channel: (channels, l)."""
        width, D = self.fusion.part_width(n, self.channels), self.width(m)
        return torch.stack([self.reconciliation.init(width, D) for _ in range(self.channels)])

    def init_others(self, m: int, n: int) -> Learned:
        """Fresh numbers for all that learns besides ψ: (l,) of each term, (n,) of the bias, which starts at 0."""
        bias = {"bias": torch.zeros(n, device="cpu")} if self.bias else {}
        return Learned({**{term: getattr(self, term).init(*sizes) for term, sizes in self.learning(m, n)}, **bias})

    def draw(self, m: int, n: int, seed: int) -> Learned:
        """Learned numbers in float64 that follow from a seed. Those of ψ have it alone: another κ or ψ changes no number of other terms."""
        with seeded(seed):
            psi = self.init_psi(m, n).double()  # (channels, l)
        with seeded(seed + 1000):
            others = self.init_others(m, n)
        return Learned({"reconciliation": psi, **{term: value.double() for term, value in others.items()}})

    def joined(self, w: Mapping[str, Tensor]) -> Tensor:
        """All learned numbers in one row, as `parted` takes them apart: (channels, l), (l,), ..., (n,) → (L,)."""
        return torch.cat([value.flatten() for value in w.values()]) if w else torch.empty(0, device="cpu")

    def parted(self, w: Tensor, m: int, n: int) -> Learned:
        """A row of all learned numbers as those of each term: (L,) → (channels, l), (l,), ..., (n,)."""
        lengths = self.lengths(m, n)
        pieces = w.split_with_sizes([length for _, length in lengths])  # fast: as split, without its wrapper in Python
        psi = pieces[0].reshape(self.channels, lengths[0][1] // self.channels)
        return Learned({"reconciliation": psi, **{term: pieces[k] for k, (term, _) in enumerate(lengths[1:], 1)}})

    def lengths(self, m: int, n: int) -> list[tuple[str, int]]:
        """How many numbers each term learns, in the order in which `init` draws them."""
        psi = self.channels * self.reconciliation.length(self.fusion.part_width(n, self.channels), self.width(m))
        others = [(term, getattr(self, term).length(*sizes)) for term, sizes in self.learning(m, n)]
        return [("reconciliation", psi), *others, *([("bias", n)] if self.bias else [])]

    def frozen(self, m: int, n: int) -> dict[str, Tensor]:
        """Numbers that are neither learned nor cheap to derive, on the CPU: those of every term, its name before theirs.

        They keep the shapes of their term: `mask`, (n, D), of a masked ψ is `reconciliation_mask`.
        """
        width, D = self.fusion.part_width(n, self.channels), self.width(m)
        meetings = [("expansion", (self.attribute.width(m),)), ("reconciliation", (width, D)), *self.meetings(m, n)]
        parts = [prefixed(f"{term}_", getattr(self, term).frozen(*sizes)) for term, sizes in meetings]
        return {name: value for part in parts for name, value in part.items()}
