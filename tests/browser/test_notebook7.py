"""One chapter in Notebook 7, the other front end."""

import pytest

from tests.browser.reading import sliders, unlocked

pytestmark = pytest.mark.browser


@pytest.fixture
def book(front_end):
    with front_end("notebook").open("00_start.ipynb") as opened:
        opened.complaints.clear()  # Notebook 7.6 complains of a schema of its own while it loads
        opened.run_all()
        yield opened


def test_a_chapter_lives_in_notebook_7_too(book):
    """There the arrow keys belong to the cells; Page Up, Home and End move a slider."""
    found = unlocked(book, 0)
    picture = found.locator("img.rpn-picture")
    for key in ("End", "Home", "PageUp", "PageDown"):
        before = picture.get_attribute("src")
        sliders(found)[0].press(key)
        book.wait_answered()
        assert picture.get_attribute("src") != before, key
    assert book.page.locator("img.rpn-picture").count() == book.page.locator(".rpn-explorer").count() >= 5
    assert book.errors == []
