"""What the tests of both front ends do with the explorers of a page: find them, answer them, take hold of their sliders."""

from typing import Any

import nbformat
from nbformat import v4

from tools.lab import Lab

ENABLED = "handle => !handle.closest('[disabled]') && !handle.hasAttribute('disabled')"


def written(jupyter: Lab, name: str, *cells: str) -> str:
    """A notebook of these cells, in the folder of a front end."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells], metadata=kernel), jupyter.root / name)
    return name


def explorer(book, number):
    found = book.page.locator(".rpn-explorer").nth(number)
    found.scroll_into_view_if_needed()
    return found


def unlocked(book, number):
    """An explorer whose question has been skipped, if it has one."""
    found = explorer(book, number)
    if found.get_by_role("button", name="Skip the question").count():
        found.get_by_role("button", name="Skip the question").click()
        book.wait_answered()
    return found


def sliders(found) -> list[Any]:
    """The handles of the sliders in sight that can be moved."""
    return [handle for handle in found.locator(".widget-slider [role=slider]").all() if handle.evaluate(ENABLED)]
