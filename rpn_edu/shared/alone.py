"""What is drawn depends on its state alone: on no global setting of torch, and on nobody's random numbers."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class Float32(TorchFunctionMode):
    """New floats are float32, whatever the default of the process is: the notebook's own cells must not change what a slider shows."""

    MAKERS = {torch.empty, torch.eye, torch.linspace, torch.ones, torch.rand, torch.randn, torch.zeros}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = {"dtype": torch.float32, **(kwargs or {})} if func in self.MAKERS else kwargs or {}
        return func(*args, **kwargs)


@contextmanager
def alone() -> Generator[None]:
    """Numbers for a picture are computed, and drawn, the same way in every thread and under every global setting: on the CPU.

    There a move takes milliseconds, and there is float64, without which a learner would see rounding in place of mathematics.
    """
    made = torch.empty(0)  # what the settings of the process make of a new tensor
    # Only where it is needed: a mode is asked at every call of torch, and that is a tenth of a move.
    on_cpu = nullcontext() if made.device.type == "cpu" else torch.device("cpu")
    with torch.no_grad(), on_cpu, nullcontext() if made.dtype == torch.float32 else Float32():
        yield


@contextmanager
def seeded(seed: int) -> Generator[None]:
    """Random numbers that follow from the seed, on the CPU; the reader's own are as before, on every device.

    Not with torch.random.fork_rng and torch.manual_seed: one gives back the CPU's numbers alone, the other seeds all devices.
    """
    own = torch.default_generator
    before = own.get_state()
    own.manual_seed(seed)
    try:
        yield
    finally:
        own.set_state(before)


def on_cpu() -> torch.device:
    """A context in which new tensors lie on the CPU, whatever the default device is."""
    return torch.device("cpu")
