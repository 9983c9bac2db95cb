"""For all tests: one thread, and the device that RPN_EDU_DEVICE names (default: cpu)."""

import pytest
import torch

from rpn_edu import fit

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def device() -> torch.device:
    return fit.device()
