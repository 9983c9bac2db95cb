"""A learner's day: run, save, shut down, and open the file again without running it."""

import nbformat
import pytest
from nbformat import v4

from tests.browser.reading import front_end, sliders

pytestmark = pytest.mark.browser
CELL = """import rpn_edu as rpn
from rpn_edu.explore import Basis, Explorer

Explorer(rpn.expansion.Taylor(order=2), Basis())"""


@pytest.fixture(params=["lab", "notebook"])
def jupyter(request, tmp_path):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(CELL)], metadata=kernel), tmp_path / "mine.ipynb")
    with front_end(request.param, tmp_path) as opened:
        yield opened


def test_a_saved_picture_lives_on_without_a_kernel_and_with_one_it_still_answers(jupyter):
    with jupyter.open("mine.ipynb") as book:
        book.run_all()
        book.save()
        picture = book.page.locator(".rpn-explorer img.rpn-picture")
        before, words = picture.get_attribute("src"), picture.get_attribute("alt")
        sliders(book.page.locator(".rpn-explorer"))[0].press("End")
        book.wait_idle()
        assert picture.get_attribute("src") != before and book.page.locator(".rpn-still").count() == 0
    with jupyter.open("mine.ipynb") as book:
        says = book.page.locator(".rpn-still")
        says.wait_for()
        assert "run this cell" in says.inner_text()
        stored = book.page.locator("img.rpn-picture")
        assert stored.get_attribute("alt") == words and stored.evaluate("one => one.naturalWidth") > 300
        assert book.page.get_by_text("model not found").count() == 0
        book.run_all()
        book.page.locator(".rpn-explorer img.rpn-picture").wait_for()
        assert book.page.locator(".rpn-still").count() == 0
