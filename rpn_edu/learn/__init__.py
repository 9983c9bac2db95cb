"""Learning: one training loop in plain sight, and the fit that needs no loop."""

from .loop import (
    Record as Record,
    accuracy as accuracy,
    descend as descend,
    device as device,
    fit as fit,
    least_squares as least_squares,
    threads_for as threads_for,
    train as train,
)
