"""One Chromium, one JupyterLab and one Notebook 7 for all files of this folder: a worker starts each when a test first asks for it."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from unittest import SkipTest

import pytest

from tests.help import ROOT
from tools.lab import Lab, eyes, lab


@pytest.fixture(scope="package")
def front_end() -> Iterator[Callable[[str], Lab]]:
    """JupyterLab or Notebook 7 over the chapters, by name. Outside CI a machine without Chromium skips its tests and says so."""
    with contextlib.ExitStack() as stack:
        try:
            browser = stack.enter_context(eyes())
        except SkipTest as reason:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(reason))
        yield functools.cache(lambda app: stack.enter_context(lab(ROOT / "notebooks", app, browser)))


@pytest.fixture(scope="package")
def jupyter(front_end) -> Lab:
    return front_end("lab")
