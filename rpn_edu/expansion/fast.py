"""What makes κ fast where there are many numbers: gradients that a row knows by heart, and memory that nobody has to copy together."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import maybe_current_level  # no public name asks whether there is a transform
from torch.autograd import forward_ad

LARGE = 2**13
"""From so many numbers on passes over memory cost more than calls from Python."""


def many(x: Tensor) -> bool:
    """Are there so many numbers, (...), that another way is faster? Not for what is compiled or exported: it knows no size yet."""
    return not torch.compiler.is_compiling() and x.numel() >= LARGE


def plain() -> bool:
    """Does torch compute, and nothing else: neither map, nor carry derivatives forward?"""
    return maybe_current_level() is None and forward_ad._current_level < 0  # pyright: ignore[reportPrivateUsage]


class Room:
    """Memory in one piece for what is made of x (...) part by part, each in its place: `torch.mul(x, 2, out=room[0])`.

    `shape` is that of the whole, such as (K, ...), and `parts` takes it apart; by default into its K planes of (...), one upon the other in
    `dim`. Where torch must remember how the parts were made, and for few numbers, each place is None: torch's word for anywhere.
    """

    def __init__(
        self, x: Tensor, shape: Callable[[], Sequence[int]], parts: Callable[[Tensor], Sequence[Tensor]] | None = None, dim: int = 0
    ) -> None:
        self._whole, self._parts = None, ()
        if many(x) and not (x.requires_grad and torch.is_grad_enabled()) and plain():
            self._whole = x.new_empty(shape())
            self._parts = parts(self._whole) if parts else self._whole.unbind(dim)

    def __getitem__(self, k: int) -> Tensor | None:
        return self._parts[k] if self._whole is not None else None

    def filled(self, planes: list[Tensor], dim: int = 0) -> Tensor:
        """The planes one upon the other, wherever they were made: K of (...) → (K, ...)."""
        return torch.stack(planes, dim) if self._whole is None else self._with(planes)

    def side_by_side(self, parts: list[Tensor]) -> Tensor:
        """The parts side by side, wherever they were made: (..., D)."""
        return torch.cat(parts, -1) if self._whole is None else self._with(parts)

    def _with(self, made: list[Tensor]) -> Tensor:
        for part, one in zip(self._parts, made, strict=True):
            if one.data_ptr() != part.data_ptr():
                part.copy_(one.reshape(part.shape))
        assert self._whole is not None
        return self._whole


class Known(torch.autograd.Function):
    """What `compute` of a row makes of x, (...) → (K, ...), with the gradient that the row's `gradient` gives."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, kappa: Any, compute: Callable[..., Tensor], *frozen: dict[str, Tensor]) -> Tensor:
        """(...) → (K, ...)."""
        return compute(kappa, x, *frozen)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Keep x (...), and the output (K, ...) that whoever multiplies it keeps anyway."""
        x, ctx.kappa, ctx.compute, *frozen = inputs
        ctx.others = 2 + len(frozen)
        ctx.save_for_backward(x, output)
        ctx.save_for_forward(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        """(K, ...) → (...), and nothing for what is no number."""
        return ctx.kappa.gradient(*ctx.saved_tensors, *gradients), *[None] * ctx.others

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Tensor:
        """(...) → (K, ...): forward through the definition."""
        (x,) = ctx.saved_tensors
        return torch.func.jvp(functools.partial(ctx.compute, ctx.kappa), (x,), tangents[:1])[1]


def with_gradient(compute: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The same function of x, (...) → (K, ...), with the gradient that its row knows, where it `knows_gradient` and there are many numbers.

    Around the definition and not in it: what is read, and printed as code, is the definition alone. What is compiled or exported is left
    to the compiler, which writes nothing to memory twice; and for few numbers a Function in Python takes longer than torch itself.
    """

    @functools.wraps(compute)
    def either(self: Any, x: Tensor, *frozen: dict[str, Tensor]) -> Tensor:
        known = x.requires_grad and many(x) and self.knows_gradient and torch.is_grad_enabled()
        return Known.apply(x, self, compute, *frozen) if known else compute(self, x, *frozen)

    return either
