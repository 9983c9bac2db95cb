"""For all tests: one thread, and a device beside the CPU."""

import contextlib
import os
from collections.abc import Iterator

import ipywidgets
import pytest
import torch

from rpn_edu import learn
from tests.help import blank
from tools import pretend
from tools.quick import Quick
from tools.seconds import SecondsPerFile
from tools.shares import Shares

torch.set_num_threads(1)
if learn.device().type == "cpu":
    pretend.plug_in()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only what says quick, with one sample of every component: a minute")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SecondsPerFile(), "seconds per file")
    if config.getoption("quick"):
        config.pluginmanager.register(Quick(), "quick")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares:
    return Shares(config, log)


@pytest.fixture(scope="session")
def device() -> Iterator[torch.device]:
    """The device that RPN_EDU_DEVICE names. Where that is the CPU, a pretended GPU, which refuses what CUDA refuses.

    `PRETEND="as mps"` lets it play Apple's, and with `PRETEND=deterministic` nothing may be left to chance.
    """
    named, played = learn.device(), os.environ.get("PRETEND")
    torch.use_deterministic_algorithms(played == "deterministic")
    with pretend.as_mps() if played == "as mps" else contextlib.nullcontext():
        yield named if named.type != "cpu" else torch.device(pretend.NAME)
    torch.use_deterministic_algorithms(False)


@pytest.fixture(autouse=True)
def no_widget_outlives_its_test():
    """ipywidgets keeps every widget until it is closed, and a widget keeps its explorer: gigabytes after a few hundred tests."""
    yield
    ipywidgets.Widget.close_all()


@pytest.fixture
def undrawn(monkeypatch):
    """Where no pixel is looked at: everything is painted on the canvas, and no picture is drawn of it."""
    from rpn_edu.explore.canvas import Canvas

    monkeypatch.setattr(Canvas, "png", lambda self: blank(*self.size))


@pytest.fixture
def few_steps(monkeypatch):
    """What an explorer does with its controls does not depend on how well something has been learned."""
    from rpn_edu.explore import Boundary, Digits, Fit, Halves, Learning, TwoHeads
    from rpn_edu.explore.pictures import filters

    for kind in (Digits, Halves, Learning, TwoHeads):
        monkeypatch.setattr(kind, "steps", 3)
    for kind in (Boundary, Fit):
        monkeypatch.setattr(kind, "steps", lambda self, subject, steps=kind.steps: min(steps(self, subject), 3))
    monkeypatch.setattr(filters, "STEPS", 3)
    filters.trained.cache_clear()
    yield
    filters.trained.cache_clear()  # other tests look at what has been learned
