"""Moves of the hand, one at a time."""

import threading

LOCK = threading.RLock()  # one for all explorers: matplotlib is not made for threads, and callbacks run in several
