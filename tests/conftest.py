"""For all tests: one thread, and the device that RPN_EDU_DEVICE names (default: cpu)."""

import ipywidgets
import pytest
import torch

from rpn_edu import fit

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def device() -> torch.device:
    return fit.device()


@pytest.fixture(autouse=True)
def no_widget_outlives_its_test():
    """ipywidgets keeps every widget until it is closed, and a widget keeps its explorer: gigabytes after a few hundred tests."""
    yield
    ipywidgets.Widget.close_all()


@pytest.fixture
def few_steps(monkeypatch):
    """What an explorer does with its controls does not depend on how well the digits have been learned."""
    from rpn_edu.explore import Digits

    monkeypatch.setattr(Digits, "steps", 3)
