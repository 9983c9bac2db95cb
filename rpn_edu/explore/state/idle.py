"""Which controls change nothing in the state that is shown: found by trying their other values, one computation at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch

from ...component import Component, Dial
from .shown import Refusal, Shown, computed


class Idle:
    """`known` tells the idle controls of every kind of state that was searched to the end.

    What was found holds for all states with the same kinds, switches and counts, and with floats at the same ends: see `kind_of`.
    """

    def __init__(self) -> None:
        self.known: dict[Any, list[str]] = {}
        self._found: dict[Any, dict[str, bool]] = {}  # of those that were not searched to the end too: name → is it idle?

    def search(self, kind: Any, shown: Shown, tried: Iterable[tuple[str, Sequence[tuple[Any, Any]]]]) -> Iterator[None]:
        """Try the states that `tried` holds for the name of each control. Every step computes one; `kind` is known after the last."""
        found = self._found.setdefault(kind, {})
        given = shown.picture.given()
        for name, states in tried:
            if name in found:
                continue
            idle = True
            for subject, picture in states:
                idle = not differs(shown, subject, picture, given if picture is shown.picture else None)
                yield
                if not idle:
                    break
            found[name] = idle
        self.known[kind] = [name for name, idle in found.items() if idle]


def differs(shown: Shown, subject: Any, picture: Any, given: dict[str, Any] | None) -> bool:
    """Whether another state has other numbers than the shown one. A state that is refused does not."""
    try:
        numbers = computed(subject, picture, given).numbers
    except Refusal:
        return False
    if numbers.keys() != shown.numbers.keys():
        return True
    pairs = [(numbers[name], value) for name, value in shown.numbers.items()]
    return any(new.shape != old.shape or not torch.allclose(new, old, rtol=1e-5, atol=1e-6) for new, old in pairs)


def kind_of(value: Any) -> Any:
    """A component with its floats told only as low end, zero, high end or between."""
    if isinstance(value, tuple):
        return tuple(map(kind_of, value))
    if not isinstance(value, Component):
        return value
    told: list[Any] = [type(value)]
    for field in value.declared:
        current, dial = getattr(value, field.name), field.meta
        if isinstance(dial, Dial) and field.kind == "float":
            current = (current <= dial.low) - (current >= dial.high), current == 0
        told.append(kind_of(current))
    return tuple(told)
