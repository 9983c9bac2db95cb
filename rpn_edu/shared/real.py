"""Whole numbers are the floats they stand for: pixels, counts, yes and no go into every formula."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor


def real(x: Any, dtype: torch.dtype, who: str) -> Any:
    """A tensor, or a list of them: whole numbers as floats of that dtype, all else as it is. TypeError for complex numbers."""
    if isinstance(x, (list, tuple)):
        return [real(part, dtype, who) for part in x]
    if not isinstance(x, Tensor) or x.is_floating_point():
        return x
    if x.is_complex():
        raise TypeError(f"{who} takes real numbers, got {x.dtype}: hand over x.abs(), or x.real and x.imag side by side")
    return x.to(dtype)


def floats(given: Any) -> Iterator[torch.dtype]:
    """The dtypes of the floats among the arguments, and in lists of them."""
    for x in given:
        if isinstance(x, (list, tuple)):
            yield from floats(x)
        elif isinstance(x, Tensor) and x.is_floating_point():
            yield x.dtype


def of_reals(method: Callable[..., Any], count: int = 1) -> Callable[..., Any]:
    """A method that meets data in its first `count` arguments, and to which whole numbers are floats.

    Their dtype is that of the first floats that come with them, such as the learned numbers, or torch's default. The method then raises
    TypeError for what is no tensor, and for complex numbers.
    """

    @functools.wraps(method)
    def meet(self: Any, x: Any, *others: Any, **named: Any) -> Any:
        # Asked at every call of a model: only what is no float pays for more.
        if isinstance(x, Tensor):
            known = x.is_floating_point()
        elif isinstance(x, (list, tuple)) and all(isinstance(part, Tensor) for part in x):
            known = all(part.is_floating_point() for part in x)
        else:
            raise TypeError(f"{self.qualified_name()} takes tensors, got {type(x).__name__}: torch.as_tensor makes one of numbers")
        if known and not named and (count == 1 or others[0].is_floating_point()):
            return method(self, x, *others)
        dtype = next(floats((x, *others, *named.values())), torch.get_default_dtype())
        given = real((x, *others), dtype, who := self.qualified_name())
        return method(self, *given, **{name: real(value, dtype, who) for name, value in named.items()})

    return meet


def meet_reals(cls: type, **counts: int) -> None:
    """Make it so for the methods that a class defines: the `__init_subclass__` of a protocol names them, no row has to."""
    for name in counts.keys() & vars(cls).keys():
        setattr(cls, name, of_reals(vars(cls)[name], counts[name]))
