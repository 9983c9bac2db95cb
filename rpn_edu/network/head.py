"""A head: the numbers that one formula needs, and the formula itself in five lines."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..shared import given
from ..shared.real import real
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


class Sizes(NamedTuple):
    """What a formula from m to n needs: counted before anything is allocated. ValueError where it does not fit m and n, or no memory."""

    mixed: int  # m'
    D: int
    width: int  # n of each channel
    terms: dict[str, tuple]  # what each term with numbers of its own meets, besides κ and ψ
    learned: int

    @classmethod
    def of(cls, m: int, n: int, f: Formula) -> "Sizes":
        given.affordable("Head", f"one row of x and of outputs, m = {given.figure(m)} and n = {given.figure(n)}", m + n, "choose fewer")
        mixed = f.attribute.width(m)
        D = f.expansion.width(mixed)
        given.affordable("Head", f"one row of κ(x), D = {given.figure(D)}", D, "choose a lower degree of κ, or fewer inputs")
        width = f.fusion.part_width(n, f.channels)
        psi = f.channels * f.reconciliation.length(width, D)
        given.affordable("Head", f"w, n = {n} and D = {given.figure(D)}", psi, "choose a lower degree of κ, or a ψ that learns fewer")
        terms = {"attribute": (f.batch, m), "instance": (m, f.batch), "remainder": (m, n)}
        terms |= {"fusion": ([width] * f.channels,)} if f.channels > 1 else {}  # one channel has nothing to fuse
        others = {term: getattr(f, term).length(*sizes) for term, sizes in terms.items()}  # refuses sizes that do not fit
        for term, length in others.items():
            given.affordable("Head", f"the learned numbers of its {term}", length, "choose fewer inputs, or a ψ that learns fewer")
        if f.batch is not None:
            f.instance.width(f.batch)
        return cls(mixed, D, width, terms, psi + sum(others.values()) + n * f.bias)


class Owner(nn.Module):
    """A module that owns the numbers of components: learned ones as parameters, frozen ones as buffers, drawn on the CPU."""

    def __init__(self) -> None:
        super().__init__()
        self._roles: dict[str, list[str]] = {}
        self._derived: dict[str, Callable[[], dict[str, Tensor]]] = {}

    def own(self, name: str, learned: Tensor) -> None:
        """A component of length 0 gets an empty buffer: an optimizer or a data-parallel wrapper never meets an unused parameter."""
        if learned.numel():
            self.register_parameter(name, nn.Parameter(learned))
        else:
            self.register_buffer(name, learned, persistent=False)

    def own_frozen(self, role: str, component: Any, *sizes: Any) -> None:
        """A checkpoint holds what was drawn or given, and not what the component can derive again."""
        make = partial(component.frozen, *sizes)
        for name, value in make().items():
            self._roles.setdefault(role, []).append(name)
            if not (persistent := getattr(value, "persistent", True)):
                self._derived[role] = make
            value = value.to(torch.get_default_dtype()) if value.is_floating_point() else value
            self.register_buffer(f"{role}_{name}", value, persistent)

    def _apply(self, fn: Callable, recurse: bool = True) -> Self:
        """Moved or cast like all modules; what is derived is derived anew, so that no way to a device or dtype can spoil it.

        It stays as precise as float32 is: see `precision`.
        """
        before = dict(self._buffers)
        super()._apply(fn, recurse)
        moved = {name: value for name, value in self._buffers.items() if value is not None and value is not before[name]}
        for role, make in self._derived.items() if moved else ():
            for name, value in make().items():
                now = moved.get(f"{role}_{name}")
                if now is not None and not getattr(value, "persistent", True):
                    dtype = torch.promote_types(now.dtype, torch.float32) if now.is_floating_point() else now.dtype
                    self._buffers[f"{role}_{name}"] = value.to(now.device, dtype)
        return self

    def drawn(self, role: str) -> bool:
        """Has this component frozen numbers that no formula gives back?"""
        return any(f"{role}_{name}" not in self._non_persistent_buffers_set for name in self._roles.get(role, ()))

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
        f = given.instance("Head.formula", Formula() if formula is None else formula, Formula, "a Formula")
        self.m, self.n, self.formula = m, n, f = given.count("Head.m", m), given.count("Head.n", n), f
        sizes = Sizes.of(m, n, f)
        self.mixed, self.D, self.channel_width = sizes.mixed, sizes.D, sizes.width
        for component, arguments in {"expansion": (self.mixed,), "reconciliation": (self.channel_width, self.D), **sizes.terms}.items():
            self.own_frozen(component, getattr(f, component), *arguments)
        self.own("w", torch.stack([f.reconciliation.init(self.channel_width, self.D) for _ in range(f.channels)]))  # (channels, l)
        for component, arguments in sizes.terms.items():
            self.own(f"w_{component}", getattr(f, component).init(*arguments))
        self.own("bias", torch.zeros(n if f.bias else 0, device="cpu"))
        self.output = f.output.module(n)
        self.choose_short_cuts()

    def choose_short_cuts(self) -> None:
        """Which of the ways that `forward` may take instead of the trace's are open to this formula, and shorter."""
        f = self.formula
        scale = 1 if f.channels == 1 else f.fusion.times_mean(f.channels)
        # Channels with a linear ψ are one ψ: the mean of <κ, ψ(w_c)> is <κ, ψ(mean of w_c)>.
        self.scale = scale if f.channels == 1 or f.reconciliation.linear else None
        # Rows may be mixed after the product, where they are shorter: Aᵀ (κ ψᵀ) = (Aᵀ κ) ψᵀ.
        mixes = not f.instance.neutral
        self.late = mixes and scale is not None and self.channel_width < self.D
        # κ need not be formed where it can meet a ψ with fewer rows than κ has inputs.
        halves = f.reconciliation.halves(self.w[0], self.channel_width, self.D, self.frozen("reconciliation"))
        thin = halves is not None and len(halves[1]) < self.mixed and self.D > 100
        self.joint = thin and f.expansion.contracts and (self.late or not mixes)

    def trace(self, x: Tensor) -> Trace:
        """(..., b, m) → every tensor of the formula. The definition: `forward` gives the same g by shorter ways."""
        x, f = self.taken(x), self.formula
        x_xi = f.attribute.mix(x, x, self.w_attribute, self.frozen("attribute"))  # (..., b, m')
        kappa = f.expansion(x_xi, self.frozen("expansion"))  # (..., b, D)
        kappa_xi = f.instance.mix(kappa.mT, x.mT, self.w_instance, self.frozen("instance")).mT  # (..., b', D)
        inner = self.inner(kappa_xi)  # (..., b, n)
        pi = self.pi(x, inner)  # (..., b, n)
        return Trace(x, x_xi, kappa, kappa_xi, inner, pi, inner + pi)

    def inner(self, z: Tensor) -> Tensor:
        """<z, ψ(w)> of every channel, fused, plus the bias: (..., b, D) → (..., b, n)."""
        return self.biased(self.fused([self.product(z, w) for w in self.w]))

    def product(self, z: Tensor, w: Tensor) -> Tensor:
        return self.formula.reconciliation.product(z, w, self.channel_width, self.frozen("reconciliation"))

    def fused(self, channels: list[Tensor]) -> Tensor:
        if len(channels) == 1:
            return channels[0]
        return self.formula.fusion(channels, self.w_fusion, self.frozen("fusion"))

    def biased(self, y: Tensor) -> Tensor:
        return y + self.bias if self.formula.bias else y

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

    def view(self) -> tuple | None:
        """What decides κ_ξ(x) of this head, or None where κ or ξ have numbers of their own, learned or drawn."""
        f, drawn = self.formula, any(map(self.drawn, ("expansion", "attribute", "instance")))
        return None if drawn or self.w_attribute.numel() or self.w_instance.numel() else (f.attribute, f.expansion, f.instance, f.batch)

    def matrix(self, channel: int = 0) -> Tensor:
        """ψ(w) of one channel, (n, D)."""
        return self.formula.reconciliation.matrix(self.w[channel], self.channel_width, self.D, self.frozen("reconciliation"))

    def forward(self, x: Tensor) -> Tensor:
        """output(g): (..., b, m) → (..., b, n). The trace by shorter ways: terms that change nothing are left out."""
        x = self.taken(x)
        return self.finished(x, self.short_inner(x, self.w))

    def short_inner(self, x: Tensor, w: Tensor, kappa_xi: Tensor | None = None) -> Tensor:
        """<κ_ξ(x), ψ(w)> of channels w, fused, without the bias; κ_ξ is not made again where a layer has it already."""
        late = self.late and kappa_xi is None
        # One ψ is a view: to iterate over w, or to ask for its length, costs a tiny head a tenth of its time.
        channels = w.unbind() if self.scale is None else (w.mean(0) if w.shape[0] > 1 else w.view(-1),)
        if self.joint:
            z = self.attributes_mixed(x)
            parts = [self.joint_product(z, channel) for channel in channels]
        else:
            z = self.expanded(x, mixed=not late) if kappa_xi is None else kappa_xi
            parts = [self.product(z, channel) for channel in channels]
        y = self.fused(parts)
        y = y if self.scale in (None, 1) else self.scale * y
        return self.rows_mixed(y, x) if late else y

    def attributes_mixed(self, x: Tensor) -> Tensor:
        xi = self.formula.attribute
        return x if xi.neutral else xi.mix(x, x, self.w_attribute, self.frozen("attribute"))  # (..., b, m) → (..., b, m')

    def rows_mixed(self, y: Tensor, x: Tensor) -> Tensor:
        return self.formula.instance.mix(y.mT, x.mT, self.w_instance, self.frozen("instance")).mT  # (..., b, D) → (..., b', D)

    def expanded(self, x: Tensor, mixed: bool = True) -> Tensor:
        """κ_ξ(x), or κ(x) before the rows are mixed: (..., b, m) → (..., b, D)."""
        kappa = self.formula.expansion(self.attributes_mixed(x), self.frozen("expansion"))
        return self.rows_mixed(kappa, x) if mixed and not self.formula.instance.neutral else kappa

    def joint_product(self, x: Tensor, w: Tensor) -> Tensor:
        """<κ(x), ψ(w)> = <<κ(x), R>, L> for ψ(w) = L R, without forming κ(x)."""
        halves = self.formula.reconciliation.halves(w, self.channel_width, self.D, self.frozen("reconciliation"))
        assert halves is not None  # or `joint` would not be set
        left, right = halves
        y = self.formula.expansion.contract(x, right)
        return y if left is None else F.linear(y, left)

    def finished(self, x: Tensor, inner: Tensor) -> Tensor:
        """Bias, remainder and output."""
        g = self.biased(inner)
        if not self.formula.remainder.neutral:
            g = g + self.pi(x, g)
        if self.output is None:
            return g
        return self.output(g) if g.dim() == 2 else self.output(g.flatten(0, -2)).view(g.shape)  # batch norm knows one batch axis only

    def taken(self, x: Tensor) -> Tensor:
        """x as a tensor, whole numbers in the head's own dtype.

        ValueError where the size does not fit, TypeError for complex numbers and for what are no numbers.
        """
        f = self.formula
        if not isinstance(x, Tensor):  # arrays, tables and lists, as `fit` takes them
            x = given.tensor("x", x).to(self.w)
        if x.dim() < 2 or x.shape[-1] != self.m:
            column = "; rows of one number are x[:, None]" if self.m == x.dim() == 1 else ""
            cure = "; one row is x[None]" if x.shape == (self.m,) else column
            raise ValueError(f"this head takes rows of m = {self.m} numbers, shape (..., b, {self.m}), got shape {tuple(x.shape)}{cure}")
        if f.batch is not None and x.shape[-2] != f.batch:
            raise ValueError(f"this head was made for a batch of {f.batch} rows (Formula.batch), got {x.shape[-2]}")
        w = self._parameters.get("w")  # self.w asks in three places, which a tiny head would feel
        return x if w is not None and x.dtype is w.dtype else self.of_another_dtype(x)

    def of_another_dtype(self, x: Tensor) -> Tensor:
        """Whole numbers in the dtype of the head's own. ValueError for other floats, unless autocast or a ψ without numbers takes them."""
        if not x.is_floating_point():
            return real(x, self.w.dtype, "a head")
        if self.w.dtype is not x.dtype and self.w.numel() and not torch.is_autocast_enabled(x.device.type):
            ours, theirs = (str(dtype).removeprefix("torch.") for dtype in (self.w.dtype, x.dtype))
            raise ValueError(f"this head has {ours} numbers, and x is {theirs}: x.to(torch.{ours}), or model.to(torch.{theirs})")
        return x

    def extra_repr(self) -> str:
        return f"m={self.m}, n={self.n}, D={self.D}, {self.formula}"
