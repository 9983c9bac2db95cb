"""What is shown: a state and all that was computed for it, in one value."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from ...component import Component, Dial
from .ledger import ledger, parts


class Refusal(Exception):
    """Why a state is not shown, in a sentence for the learner. It is no failure: the state before stays in sight."""


@dataclasses.dataclass(frozen=True)
class Shown:
    """A subject and a picture of it, with the numbers and the sizes that the two have made. All that a picture tells comes from it.

    `sizes` are those of the ledger. A picture reads what is in `numbers` by name: its own method `numbers` says which there are.
    """

    subject: Any
    picture: Any
    numbers: dict[str, Any]
    sizes: dict[str, int]

    def figures(self) -> dict[str, float]:
        """What two states are compared by: D, l and what the picture counts beside."""
        sizes = {name: self.sizes[name] for name in ("D", "l") if name in self.sizes}
        return sizes | self.picture.figures(self)


def computed(subject: Any, picture: Any, given: dict[str, Tensor] | None = None) -> Shown:
    """The state with its numbers, from the data `given` or from those of the picture: (rows,) or (rows, columns), by name.

    Refusal where it would be too large, where the picture does not show it, or where it takes more digits than there are.
    """
    try:
        sizes = ledger(picture, subject)
    except ValueError as error:
        raise Refusal(str(error)) from error
    if why := picture.refuses(subject):
        raise Refusal(why)
    try:
        numbers = picture.numbers(subject, **(picture.given() if given is None else given))
    except FloatingPointError as error:
        raise Refusal(str(error)) from error
    return Shown(subject, picture, numbers, sizes)


def finite(shown: Shown) -> Shown:
    """The state itself, where all its numbers are finite.

    Refusal where they are not and some field lies beyond its slider. FloatingPointError where the sliders alone have led there: that is a
    fault of the picture.
    """
    for name, value in shown.numbers.items():
        if not torch.isfinite(value).all():
            said = f"{name} of {shown.subject!r} is not finite everywhere"
            if far := [*beyond(shown.subject, shown.picture.fixed), *beyond(shown.picture)]:
                raise Refusal(f"{said}: choose numbers nearer to those of the sliders than {', '.join(far)}")
            raise FloatingPointError(said)
    return shown


def beyond(component: Component, fixed: Iterable[str] = ()) -> Iterator[str]:
    """`Taylor.order=60` for each number that lies outside of its dial, but for those that are `fixed`."""
    for part in parts(component):
        for field in part.declared:
            value, dial = getattr(part, field.name), field.meta
            if field.name not in fixed and isinstance(dial, Dial) and value is not None and not dial.low <= value <= dial.high:
                yield f"{field.owner}.{field.name}={value:g}" if field.kind == "float" else f"{field.owner}.{field.name}={value}"
