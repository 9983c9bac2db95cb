"""A head: the numbers that one formula needs, and the formula itself in five lines."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .formula import Formula


class Trace(NamedTuple):
    """Every tensor of the formula for one x, in the order of the mathematics. Gradients flow through it."""

    x: Tensor  # (..., b, m)   the input
    x_xi: Tensor  # (..., b, m')  attributes mixed by ξ
    kappa: Tensor  # (..., b, D)   expanded by κ
    kappa_xi: Tensor  # (..., b, D)   instances mixed by ξ
    inner: Tensor  # (..., b, n)   <κ_ξ(x), ψ(w)> over the channels, plus the bias
    pi: Tensor  # (..., b, n)   the remainder
    g: Tensor  # (..., b, n)   inner + pi


class Owner(nn.Module):
    """A module that owns the numbers of components: learned ones as parameters, frozen ones as buffers, drawn on the CPU."""

    def __init__(self) -> None:
        super().__init__()
        self._roles: dict[str, list[str]] = {}

    def own(self, name: str, learned: Tensor) -> None:
        """A component of length 0 gets an empty buffer: an optimizer or a data-parallel wrapper never meets an unused parameter."""
        if learned.numel():
            self.register_parameter(name, nn.Parameter(learned))
        else:
            self.register_buffer(name, learned, persistent=False)

    def own_frozen(self, role: str, numbers: dict[str, Tensor]) -> None:
        for name, value in numbers.items():
            self._roles.setdefault(role, []).append(name)
            self.register_buffer(f"{role}_{name}", value.to(torch.get_default_dtype()) if value.is_floating_point() else value)

    def frozen(self, role: str) -> dict[str, Tensor] | None:
        """The frozen numbers of one component, as its methods take them back."""
        return {name: getattr(self, f"{role}_{name}") for name in self._roles[role]} if role in self._roles else None


class Head(Owner):
    """One formula from m attributes to n outputs. `w` has the shape (channels, l)."""

    w: Tensor
    w_attribute: Tensor
    w_instance: Tensor
    w_remainder: Tensor
    w_fusion: Tensor
    bias: Tensor

    def __init__(self, m: int, n: int, formula: Formula | None = None) -> None:
        super().__init__()
        self.m, self.n, self.formula = m, n, formula or Formula()
        f = self.formula
        if not isinstance(f, Formula):
            raise TypeError(f"Head.formula must be a Formula, got {f!r}")
        self.mixed = f.attribute.width(m)  # m'
        self.D = f.expansion.width(self.mixed)
        widths = [f.fusion.part_width(n, f.channels)] * f.channels
        self.channel_width = widths[0]
        sizes = {"attribute": (f.batch, m), "instance": (m, f.batch), "remainder": (m, n), "fusion": (widths,)}
        for component, arguments in {"expansion": (self.mixed,), "reconciliation": (self.channel_width, self.D), **sizes}.items():
            self.own_frozen(component, getattr(f, component).frozen(*arguments))
        for component, arguments in sizes.items():
            getattr(f, component).length(*arguments)  # refuses sizes that do not fit, before anything is drawn
        if f.batch is not None:
            f.instance.width(f.batch)
        self.own("w", torch.stack([f.reconciliation.init(self.channel_width, self.D) for _ in widths]))  # (channels, l)
        for component, arguments in sizes.items():
            self.own(f"w_{component}", getattr(f, component).init(*arguments))
        self.own("bias", torch.zeros(n if f.bias else 0, device="cpu"))
        self.output = f.output.module(n)

    def trace(self, x: Tensor) -> Trace:
        """(..., b, m) → every tensor of the formula. The definition: `forward` gives the same g by shorter ways."""
        self.refuse_other_sizes(x)
        f = self.formula
        x_xi = f.attribute.mix(x, x, self.w_attribute, self.frozen("attribute"))  # (..., b, m')
        kappa = f.expansion(x_xi, self.frozen("expansion"))  # (..., b, D)
        kappa_xi = f.instance.mix(kappa.mT, x.mT, self.w_instance, self.frozen("instance")).mT  # (..., b', D)
        inner = self.inner(kappa_xi)  # (..., b, n)
        pi = self.pi(x, inner)  # (..., b, n)
        return Trace(x, x_xi, kappa, kappa_xi, inner, pi, inner + pi)

    def inner(self, z: Tensor) -> Tensor:
        """<z, ψ(w)> of every channel, fused, plus the bias: (..., b, D) → (..., b, n)."""
        f, frozen = self.formula, self.frozen("reconciliation")
        if f.channels == 1:
            y = f.reconciliation.product(z, self.w.view(-1), self.channel_width, frozen)
        else:
            channels = [f.reconciliation.product(z, w, self.channel_width, frozen) for w in self.w]
            y = f.fusion(channels, self.w_fusion, self.frozen("fusion"))
        return y + self.bias if f.bias else y

    def pi(self, x: Tensor, inner: Tensor) -> Tensor:
        """The remainder of x, as many rows as the inner product has. Only one that is always 0 fits a ξ that changes their number."""
        f = self.formula
        if f.remainder.neutral:
            return torch.zeros_like(inner)
        pi = f.remainder(x, self.w_remainder, self.n, self.frozen("remainder"))
        if pi.shape != inner.shape:  # never broadcast: one row would be added to all
            rows = f"Formula.instance makes {inner.shape[-2]} rows of {x.shape[-2]}"
            raise ValueError(f"{rows}, which only remainder.Zero() fits, got {f.remainder}")
        return pi

    def matrix(self, channel: int = 0) -> Tensor:
        """ψ(w) of one channel, (n, D)."""
        return self.formula.reconciliation.matrix(self.w[channel], self.channel_width, self.D, self.frozen("reconciliation"))

    def forward(self, x: Tensor) -> Tensor:
        """output(g): (..., b, m) → (..., b, n). The trace without the terms that change nothing, which is twice as fast on small data."""
        self.refuse_other_sizes(x)
        f = self.formula
        z = x if f.attribute.neutral else f.attribute.mix(x, x, self.w_attribute, self.frozen("attribute"))
        z = f.expansion(z, self.frozen("expansion"))
        if not f.instance.neutral:
            z = f.instance.mix(z.mT, x.mT, self.w_instance, self.frozen("instance")).mT
        g = self.inner(z)
        if not f.remainder.neutral:
            g = g + self.pi(x, g)
        if self.output is None:
            return g
        return self.output(g) if g.dim() == 2 else self.output(g.flatten(0, -2)).view(g.shape)  # batch norm knows one batch axis only

    def refuse_other_sizes(self, x: Tensor) -> None:
        f = self.formula
        if x.dim() < 2 or x.shape[-1] != self.m:
            raise ValueError(f"this head takes rows of m = {self.m} numbers, shape (..., b, {self.m}), got shape {tuple(x.shape)}")
        if f.batch is not None and x.shape[-2] != f.batch:
            raise ValueError(f"this head was made for a batch of {f.batch} rows (Formula.batch), got {x.shape[-2]}")

    def extra_repr(self) -> str:
        return f"m={self.m}, n={self.n}, D={self.D}, {self.formula}"
