"""A head: one formula with its numbers, (..., b, m) → (..., b', n). The letters are those of formula.py."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from ..shared import given
from ..shared.real import real
from . import short_cuts
from .formula import Formula, Learned, Trace
from .short_cuts import Plan


class Fixed(nn.Module):
    """A module with attributes that its numbers and plans are made for. They are set once: AttributeError for another value."""

    fixed: ClassVar[frozenset[str]] = frozenset()

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.fixed and (name in vars(self) or name in self._modules):
            kind = type(self).__name__
            raise AttributeError(f"{kind}.{name} is what its numbers were made for, and stays: make a new {kind}, got {value!r:.200}")
        super().__setattr__(name, value)


class Owner(Fixed):
    """A module that owns the numbers of components: learned ones as parameters, frozen ones as buffers, drawn on the CPU."""

    def __init__(self) -> None:
        super().__init__()
        self._roles: dict[str, list[str]] = {}
        self._derived: dict[str, Callable[[], dict[str, Tensor]]] = {}

    def own(self, name: str, learned: Tensor) -> None:
        """Learned numbers, (l,) or (channels, l), become a parameter; none at all become an empty buffer.

        So an optimizer or a data-parallel wrapper never meets an unused parameter.
        """
        if learned.numel():
            self.register_parameter(name, nn.Parameter(learned))
        else:
            self.register_buffer(name, learned, persistent=False)

    def own_frozen(self, role: str, component: Any, *sizes: Any) -> None:
        """The frozen numbers of a component become buffers. A checkpoint holds those that were drawn or given, not what can be derived."""
        make = partial(component.frozen, *sizes)
        for name, value in make().items():
            self._roles.setdefault(role, []).append(name)
            if not (persistent := getattr(value, "persistent", True)):
                self._derived[role] = make
            value = value.to(torch.get_default_dtype()) if value.is_floating_point() else value
            self.register_buffer(f"{role}_{name}", value, persistent)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
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
        """The frozen numbers of one component, in the names and shapes of its own `frozen`; None where it has none."""
        return {name: getattr(self, f"{role}_{name}") for name in self._roles[role]} if role in self._roles else None


LEARNED = ("reconciliation", "attribute", "instance", "remainder", "fusion", "bias")
"""The terms that may learn, in the order in which `Formula.init` draws them."""
NAMES = {"reconciliation": "w", "bias": "bias"}
"""What the numbers of a term are called in a head, if not w_ and its name."""


class Head(Owner):
    """output(g) with g(x|w) = <κ_ξ(x), ψ(w)> + π(x): (..., b, m) → (..., b', n).

    It owns the numbers of one formula. Every term has an l of its own; where it is 0, an empty buffer stands for the parameter.
    TypeError for m and n that are no ints and for what is no Formula; ValueError where the formula does not fit m and n, or where this
    machine has too little memory.
    Source: RPN 1 (arXiv 2407.04819), and for ξ RPN 2 (arXiv 2411.11162).
    """

    fixed: ClassVar[frozenset[str]] = frozenset({"m", "n", "formula", "plan"})

    w: Tensor  # (channels, l)  of ψ, a row for each channel
    w_attribute: Tensor  # (l,)  of ξ between attributes
    w_instance: Tensor  # (l,)  of ξ between rows
    w_remainder: Tensor  # (l,)  of π
    w_fusion: Tensor  # (l,)  of the fusion of channels, where there are several
    bias: Tensor  # (n,)  or (0,) without one

    def __init__(self, m: int, n: int, formula: Formula | None = None) -> None:
        super().__init__()
        f = given.instance("Head.formula", Formula() if formula is None else formula, Formula, "a Formula")
        self.m, self.n, self.formula = m, n, f = given.count("Head.m", m), given.count("Head.n", n), f
        sizes = f.affordable(m, n)
        self.mixed, self.D, self.channel_width = sizes.mixed, sizes.D, sizes.width
        for term, arguments in {"expansion": (self.mixed,), "reconciliation": (self.channel_width, self.D), **sizes.terms}.items():
            self.own_frozen(term, getattr(f, term), *arguments)
        learned = f.init(m, n)
        for term in ("reconciliation", *sizes.terms, "bias"):
            self.own(NAMES.get(term, f"w_{term}"), learned[term])
        self.output = f.output.module(n)
        self.plan = Plan.of(f, sizes)

    def learned(self) -> Learned:
        """The learned numbers by term, as the formula takes them."""
        held = {name: value for name, value in (*self._parameters.items(), *self._buffers.items()) if value is not None}
        return Learned({term: held[name] for term in LEARNED if (name := NAMES.get(term, f"w_{term}")) in held})

    def trace(self, x: Tensor) -> Trace:
        """Every tensor of the formula: (..., b, m) → (..., b', n). The definition is `Formula.trace`; `forward` takes shorter ways.

        ValueError and TypeError for an x that does not fit.
        """
        frozen = {f"{role}_{name}": value for role in self._roles for name, value in (self.frozen(role) or {}).items()}
        return self.formula.trace(self.taken(x), self.n, self.learned(), frozen)

    def matrix(self, channel: int = 0) -> Tensor:
        """ψ(w) of one channel: (n, D), or fewer rows where channels stand side by side, as in fusion.Concat."""
        return self.formula.reconciliation.matrix(self.w[channel], self.channel_width, self.D, self.frozen("reconciliation"))

    def kappa_key(self) -> tuple[Any, ...] | None:
        """What decides κ_ξ(x) of this head, or None where κ or ξ have numbers of their own, learned or drawn."""
        f, drawn = self.formula, any(map(self.drawn, ("expansion", "attribute", "instance")))
        return None if drawn or self.w_attribute.numel() or self.w_instance.numel() else (f.attribute, f.expansion, f.instance, f.batch)

    def forward(self, x: Tensor) -> Tensor:
        """output(g): (..., b, m) → (..., b', n). The trace by the shorter ways of its plan: what changes nothing is left out.

        ValueError and TypeError for an x that does not fit.
        """
        x = self.taken(x)
        return self.finished(x, short_cuts.inner(self, x, self.w))

    def finished(self, x: Tensor, inner: Tensor) -> Tensor:
        """Bias, remainder and output: (..., b, m), (..., b', n) → (..., b', n)."""
        f = self.formula
        g = inner + self.bias if f.bias else inner
        if not f.remainder.neutral:
            g = g + f.pi(x, g, self.n, self.w_remainder, self.frozen("remainder"))
        if self.output is None:
            return g
        return self.output(g) if g.dim() == 2 else self.output(g.flatten(0, -2)).view(g.shape)  # batch norm knows one batch axis only

    def taken(self, x: Tensor) -> Tensor:
        """x as a tensor, (..., b, m), whole numbers as floats of the head's dtype.

        ValueError where shape or dtype do not fit, TypeError for complex numbers and for what are no numbers.
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
        """x in its own shape, (..., b, m): whole numbers as floats of the head's dtype.

        ValueError for floats of another dtype, unless autocast or a ψ without numbers takes them; TypeError for complex numbers.
        """
        if not x.is_floating_point():
            return real(x, self.w.dtype, "a head")
        if self.w.dtype is not x.dtype and self.w.numel() and not torch.is_autocast_enabled(x.device.type):
            ours, theirs = (str(dtype).removeprefix("torch.") for dtype in (self.w.dtype, x.dtype))
            raise ValueError(f"this head has {ours} numbers, and x is {theirs}: x.to(torch.{ours}), or model.to(torch.{theirs})")
        return x

    def extra_repr(self) -> str:
        return f"m={self.m}, n={self.n}, D={self.D}, {self.formula}"
