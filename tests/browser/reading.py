"""What the tests of both front ends do with the explorers of a page: find them, answer them, take hold of their sliders."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest

from tests.help import ROOT
from tools.lab import Lab, lab

ENABLED = "handle => !handle.closest('[disabled]') && !handle.hasAttribute('disabled')"


@contextmanager
def front_end(app: str = "lab", root: Path = ROOT / "notebooks") -> Iterator[Lab]:
    """JupyterLab or Notebook 7 over the chapters, or another folder. Outside CI a machine without Chromium skips its tests and says so."""
    try:
        with lab(root, app=app) as opened:
            yield opened
    except SkipTest as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


def explorer(book, number):
    found = book.page.locator(".rpn-explorer").nth(number)
    found.scroll_into_view_if_needed()
    return found


def unlocked(book, number):
    """An explorer whose question has been skipped, if it has one."""
    found = explorer(book, number)
    if found.get_by_role("button", name="Skip the question").count():
        found.get_by_role("button", name="Skip the question").click()
        book.wait_idle(quiet=0.1)
    return found


def sliders(found) -> list[Any]:
    """The handles of the sliders in sight that can be moved."""
    return [handle for handle in found.locator(".widget-slider [role=slider]").all() if handle.evaluate(ENABLED)]
