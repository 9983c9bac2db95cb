"""A learner's day: run, save, shut down, and open the file again without running it."""

import pytest

from tests.browser.reading import sliders, written

pytestmark = pytest.mark.browser
CELL = """import rpn_edu as rpn
from rpn_edu.explore import Basis, Explorer

Explorer(rpn.expansion.Taylor(order=2), Basis())"""
PICTURE, GONE = ".rpn-explorer img.rpn-picture", ".rpn-gone:not(:empty)"
SESSION = "() => window.jupyterapp.shell.currentWidget.sessionContext"


@pytest.fixture(scope="module", params=["lab", "notebook"])
def jupyter(request, front_end):
    return front_end(request.param)


@pytest.fixture(scope="module")
def saved(jupyter):
    """The picture of a notebook that was run, saved, moved and closed, and its words."""
    with jupyter.open(written(jupyter, "mine.ipynb", CELL)) as book:
        book.run_all()
        book.save()
        picture = book.page.locator(PICTURE)
        before, words = picture.get_attribute("src"), picture.get_attribute("alt")
        sliders(book.page.locator(".rpn-explorer"))[0].press("End")
        book.wait_answered()
        assert picture.get_attribute("src") != before and book.page.locator(".rpn-still").count() == 0
    return before, words


@pytest.fixture(scope="module")
def book(jupyter, saved):
    """That notebook, opened again. The first test finds it as it was saved; each of the others runs its cell."""
    with jupyter.open("mine.ipynb") as opened:
        yield opened


def test_a_saved_picture_lives_on_without_a_kernel_and_with_one_it_still_answers(book, saved):
    says = book.page.locator(".rpn-still")
    says.wait_for()
    assert "run this cell" in says.inner_text()
    stored = book.page.locator("img.rpn-picture")
    assert stored.get_attribute("alt") == saved[1] and stored.evaluate("one => one.naturalWidth") > 300
    assert book.page.get_by_text("model not found").count() == 0
    book.run_all()
    book.page.locator(PICTURE).wait_for()
    assert book.page.locator(".rpn-still").count() == 0


def test_an_explorer_reopened_while_its_kernel_runs_is_alive_in_its_last_state(book):
    book.run_all()
    book.save()
    sliders(book.page.locator(".rpn-explorer"))[0].press("End")
    book.wait_answered()
    last = book.page.locator(PICTURE).get_attribute("src")
    book.page.reload()
    picture = book.page.locator(PICTURE)
    picture.wait_for()
    book.wait_answered()
    assert picture.get_attribute("src") == last and book.page.locator(".rpn-still").count() == 0
    sliders(book.page.locator(".rpn-explorer"))[0].press("Home")
    book.wait(lambda: picture.get_attribute("src") != last, 20, "the slider to answer")


def test_a_move_that_nobody_hears_says_so(book):
    book.run_all()
    handle = sliders(book.page.locator(".rpn-explorer"))[0]
    handle.press("ArrowRight")
    book.wait_answered()
    assert book.page.locator(GONE).count() == 0
    # As after a restart that another window asked for: the kernel is there and does not know the explorer.
    assert book.ask("get_ipython().kernel.comm_manager.comms.clear()") == "None"
    handle.press("ArrowRight")
    book.page.locator(GONE).wait_for()


@pytest.mark.parametrize("end", ["session.kernel.restart()", "shutdown()"])
def test_a_kernel_that_has_ended_says_so_at_once_and_a_cell_that_runs_again_is_alive(book, end):
    book.run_all()
    assert book.page.locator(GONE).count() == 0
    book.page.evaluate(f"({SESSION})().{end}")
    book.page.locator(GONE).wait_for()
    assert "Run this cell again" in book.page.locator(GONE).inner_text()
    if "restart" in end:
        book.run_all()
        assert book.page.locator(".rpn-explorer").count() == 1 and book.page.locator(GONE).count() == 0
