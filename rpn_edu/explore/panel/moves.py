"""Moves of the hand, one at a time, and what is done while it rests."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

LOCK = threading.RLock()  # one for all explorers: matplotlib is not made for threads, and callbacks run in several
REST = 0.2  # seconds after the last move: then the hand rests, since a key that is held repeats every 0.03
BREATH = 0.01  # seconds between two slices: a kernel needs some turns of its loop to hear a move


class Rest:
    """Work for the time when the hand rests, in slices: each takes one step of an iterator, inside `guard` and the lock of all moves.

    It is done by the event loop of the thread that moved, so that no other thread is started. Where no loop runs, as in a script or a test,
    it waits for `finish`. What a step raises is raised there, and the rest of the work is dropped.
    """

    def __init__(self, guard: Callable[[], AbstractContextManager[Any]]) -> None:
        self.guard = guard
        self.work: Iterator[None] | None = None

    def begin(self, work: Iterator[None]) -> None:
        """New work, in place of what has not been done."""
        self.work = work
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        loop.call_later(REST, self._slice, loop, work)

    def drop(self) -> None:
        """The hand has moved: nothing is left to do."""
        self.work = None

    def finish(self) -> None:
        """Do what is left, now."""
        with LOCK:
            while self.work is not None:
                self._step(self.work)

    def _slice(self, loop: asyncio.AbstractEventLoop, work: Iterator[None]) -> None:
        with LOCK:
            if work is not self.work:
                return
            self._step(work)
            if self.work is not None:
                loop.call_later(BREATH, self._slice, loop, work)

    def _step(self, work: Iterator[None]) -> None:
        """One step; the work is gone with its last one, and where it fails."""
        self.work = None
        with self.guard():
            for _ in work:
                self.work = work
                break
