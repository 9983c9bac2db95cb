"""A learner's first hour: the start page, a prediction, an exercise, and a checkout in which nothing has changed."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat import v4

from rpn_edu.course import home, progress
from tests.browser.axe import serious
from tests.help import ROOT

pytestmark = pytest.mark.browser
ASKS = """import rpn_edu as rpn
from rpn_edu.course import check
from rpn_edu.explore import Basis, Explorer, Predict

question = Predict("Does it bend?", choices=["yes", "no"], right="yes", reason="it is a square.")
Explorer(rpn.expansion.Taylor(order=2), Basis(), question=question)"""
CELLS = [v4.new_markdown_cell("# 00 · Start"), v4.new_code_cell(ASKS), v4.new_code_cell('check("00", 1, "no function")')]
DIRTY = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"


def git(folder, *command):
    return subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=b", *command], cwd=folder, capture_output=True, text=True, check=True
    )


@pytest.fixture(params=["lab", "notebook"])
def jupyter(request, front_end, monkeypatch):
    """A checkout under git whose chapter 00 is short, with the learner's folder in it."""
    opened = front_end(request.param)
    checkout = opened.root / "checkout"
    shutil.copytree(ROOT / "notebooks", checkout / "notebooks", ignore=shutil.ignore_patterns(".*", "ckpt"))
    short = nbformat.read(checkout / "notebooks/00_start.ipynb", as_version=4)
    short.cells = CELLS
    nbformat.write(short, checkout / "notebooks/00_start.ipynb")
    for module in (home, sys.modules[progress.__module__]):
        monkeypatch.setattr(module, "ORIGINALS", checkout / "notebooks")
    for command in ("init", "add .", "commit -m course"):
        git(checkout, *command.split())
    home.settle(checkout / "mine")
    return opened


def test_what_a_learner_answers_stands_on_the_start_page_and_tracked_files_stay_as_they_are(jupyter):
    with jupyter.open("checkout/mine/home.ipynb") as book:
        row = book.page.locator(".jp-OutputArea-output tr", has_text="00 · Start")
        assert "0 of 1" in row.inner_text() and not book.evaluate(DIRTY)
        for theme in ("Light", "Dark") if jupyter.pages.startswith("lab") else ():
            book.theme(theme)
            assert serious(book.page, ".jp-OutputArea-output") == []
    with jupyter.open("checkout/mine/00_start.ipynb") as book:
        assert not book.evaluate(DIRTY)
        book.run_all()
        book.page.get_by_role("radio", name="no").click()
        book.page.get_by_role("button", name="This is my prediction").click()
        book.wait_answered()
        book.save()
    with jupyter.open("checkout/mine/home.ipynb") as book:
        book.run_all()
        row = book.page.locator(".jp-OutputArea-output tr", has_text="00 · Start")
        assert len(re.findall(r"1 of \d, 0 right", row.inner_text())) == 2
        assert "00 Does it bend?" in book.page.locator(".jp-OutputArea-output").inner_text()
        book.save()
    with jupyter.open("checkout/mine/01_expansion.ipynb") as book:
        assert not book.evaluate(DIRTY)
    assert git(jupyter.root / "checkout", "status", "--porcelain").stdout == ""
