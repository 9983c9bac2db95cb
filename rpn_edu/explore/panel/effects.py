"""Controls without effect are greyed out: at once where they are known, else while the hand rests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from ..state.idle import Idle, kind_of
from ..state.state import State
from .face import Face
from .moves import Rest
from .tabs import Tabs


class Effects:
    """Which controls have an effect on the state that is shown. What the search for them raises goes through `guard`."""

    def __init__(self, state: State, tabs: Tabs, face: Face, guard: Callable[[], AbstractContextManager[Any]]) -> None:
        self.state, self.tabs, self.face = state, tabs, face
        self.idle, self.rest = Idle(), Rest(guard)

    def update(self) -> None:
        """Grey out the controls that have no effect, and all of them while the question waits. A refused state leaves them as they are."""
        self.face.lock(self.state.locked)
        if self.state.locked:
            self.tabs.lock()
        elif not self.state.refused:
            kind = self.lit(), kind_of(self.state.shown.subject), kind_of(self.state.shown.picture)
            if kind in self.idle.known:
                self.tabs.disable(self.idle.known[kind])
            else:
                self.rest.begin(self.search(kind))

    def lit(self) -> str | None:
        """The tab whose controls are in sight, or None where all are."""
        return self.state.lit if self.face.term_bar else None

    def search(self, kind: Any) -> Iterator[None]:
        """Try the controls in sight, one computation a step, and grey out those without effect."""
        shown = self.state.shown
        tried = self.tabs.variants(shown.subject, shown.picture, self.tabs.names(self.lit()))
        yield from self.idle.search(kind, shown, tried)
        self.tabs.disable(self.idle.known[kind])
