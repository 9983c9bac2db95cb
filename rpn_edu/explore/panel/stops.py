"""Which stops a slider over whole numbers has: those with which the state has sizes. Others are refused, as a p that does not divide n."""

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from ...reconciliation import Reconciliation
from ..state.shown import Refusal
from .components import Slot
from .controls import span
from .tabs import Tabs

MOST = 64  # of a slider with more stops each is offered: nobody hits one of them


def offer(tabs: Tabs) -> Iterator[None]:
    """Leave every slider the stops that the state of the controls allows, one slider a step."""
    try:
        subject, picture = tabs.value()
    except Refusal:
        return
    ends = ends_of(subject, picture)
    slots: list[tuple[Slot, Callable[[Any], Any], int | None]]
    slots = [(slot, picture.sizes, None) for slot in tabs.subject.slots(subject)]
    slots += [(slot, lambda whole: whole.sizes(subject), ends.get(slot.field.name)) for slot in tabs.picture.slots(picture)]
    for slot, sizes, end in slots:
        here = getattr(slot.part, slot.field.name)
        whole = span(slot.field, here, end)
        within = whole if end is None else range(whole[0], end + 1)
        stops = [stop for stop in within if len(whole) > MOST or allowed(slot, stop, sizes)]
        if len(stops) > 1:  # else others have to be moved first, and the refusal says which
            words = {stop: str(stop) for stop in sorted({*stops, here})}
            if slot.field.meta.zero and (meant := chosen(slot, sizes)):
                words[0] = f"0: here {' and '.join(meant)}"
            slot.panel.offer(slot.field, whole, words)
        yield


def ends_of(subject: Any, picture: Any) -> dict[str, int]:
    """Where the picture's sliders end in this state, as far as it says so. One that has no sizes says nothing."""
    try:
        return picture.ends(subject)
    except ValueError:
        return {}


def allowed(slot: Slot, stop: int, sizes: Callable[[Any], Any]) -> bool:
    """Has the state sizes, with the slider at this stop?"""
    try:
        return bool(sizes(slot.whole(dataclasses.replace(slot.part, **{slot.field.name: stop}))))  # type: ignore[type-var]
    except ValueError:
        return False


def chosen(slot: Slot, sizes: Callable[[Any], Any]) -> list[str]:
    """What a 0 comes to in every matrix that a ψ is asked for while the state is counted; nothing where it is asked for none."""
    psi = dataclasses.replace(slot.part, **{slot.field.name: 0})  # type: ignore[type-var]
    met: dict[int, None] = {}

    def length(n: int, D: int) -> int:
        met[psi.chosen(n, D)[slot.field.name]] = None
        return psi.length(n, D)

    if isinstance(psi, Reconciliation):
        asked = copy.copy(psi)
        object.__setattr__(asked, "length", length)  # it is frozen, but nobody else sees this copy
        sizes(slot.whole(asked))
    return [*map(str, met)]
