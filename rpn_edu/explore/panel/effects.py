"""Controls without effect are greyed out: at once where they are known, else while the hand rests."""

from collections.abc import Iterator
from typing import Any

from ..state.idle import Idle, kind_of
from ..state.state import State
from .face import Face
from .tabs import Tabs


class Effects:
    """Which controls have an effect on the state that is shown."""

    def __init__(self, state: State, tabs: Tabs, face: Face) -> None:
        self.state, self.tabs, self.face = state, tabs, face
        self.idle = Idle()

    def update(self) -> list[Iterator[None]]:
        """Grey out the controls that have no effect, and all of them while the question waits. A refused state leaves them as they are.

        What has to be searched for is given back, as work for a hand that rests.
        """
        self.face.lock(self.state.locked)
        if self.state.locked:
            self.tabs.lock()
        elif not self.state.refused:
            kind = self.lit(), kind_of(self.state.shown.subject), kind_of(self.state.shown.picture)
            if kind in self.idle.known:
                self.tabs.disable(self.idle.known[kind])
            else:
                return [self.search(kind)]
        return []

    def lit(self) -> str | None:
        """The tab whose controls are in sight, or None where all are."""
        return self.state.lit if self.face.term_bar else None

    def search(self, kind: Any) -> Iterator[None]:
        """Try the controls in sight, one computation a step, and grey out those without effect."""
        shown = self.state.shown
        tried = self.tabs.variants(shown.subject, shown.picture, self.tabs.names(self.lit()))
        yield from self.idle.search(kind, shown, tried)
        self.tabs.disable(self.idle.known[kind])
