"""For all tests: one thread, and a device beside the CPU."""

import contextlib
import os
from collections.abc import Iterator

import ipywidgets
import pytest
import torch

from rpn_edu import fit
from tests import pretend

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def device() -> Iterator[torch.device]:
    """The device that RPN_EDU_DEVICE names. Where that is the CPU, a pretended GPU, which refuses what CUDA refuses.

    `PRETEND=mps` lets it play Apple's.
    """
    named = fit.device()
    with pretend.as_mps() if os.environ.get("PRETEND") == "mps" else contextlib.nullcontext():
        yield named if named.type != "cpu" else pretend.plug_in()


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
