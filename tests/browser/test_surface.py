"""The picture of an explorer where there is little room, on a sharp screen, and on the whole of it."""

import nbformat
import pytest
from nbformat import v4

from tests.browser.reading import explorer, front_end

pytestmark = pytest.mark.browser
CELLS = (
    "import rpn_edu as rpn\nfrom rpn_edu.explore import Basis, Explorer, Mix",
    "Explorer(rpn.expansion.Taylor(order=2), Basis())",
    "Explorer(rpn.interdependence.Pearson(), Mix())",
)
SIZES = "one => [one.width, one.clientWidth, one.naturalWidth]"


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory):
    root = tmp_path_factory.mktemp("surface")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in CELLS], metadata=kernel), root / "two.ipynb")
    with front_end(root=root) as opened:
        yield opened


def sizes(book, number):
    """Width of a picture as it was laid out, as it is shown, and in its own pixels; once it has followed the page."""
    picture = explorer(book, number).locator("img.rpn-picture")
    book.wait_idle()
    return picture.evaluate(SIZES)


def test_at_800_pixels_nothing_is_cut_and_no_picture_is_shrunk(jupyter):
    with jupyter.open("two.ipynb", width=800) as book:
        book.run_all()
        for number in range(2):
            laid_out, shown, _ = sizes(book, number)
            assert laid_out == shown < 700
            assert explorer(book, number).evaluate("one => one.scrollWidth <= one.clientWidth"), "a part of it is cut"
        assert book.errors == []


@pytest.mark.parametrize("sharp", [1.5, 2])
def test_on_a_sharp_screen_and_with_zoom_a_picture_at_rest_has_a_pixel_for_each_of_the_screen(jupyter, sharp):
    with jupyter.open("two.ipynb", sharp=sharp) as book:
        book.run_all()
        for number in range(2):
            book.wait(lambda number=number: sizes(book, number)[2] >= sharp * sizes(book, number)[1], 20, "the picture to be sharp")
        handle = explorer(book, 0).locator(".widget-slider [role=slider]").first
        handle.press("End")
        book.wait(lambda: sizes(book, 0)[2] >= sharp * sizes(book, 0)[1], 20, "the picture to be sharp again")
        assert book.errors == []


def test_large_fills_the_screen_with_the_explorer_and_its_sliders_and_small_gives_it_back(jupyter):
    with jupyter.open("two.ipynb") as book:
        book.run_all()
        found, before = explorer(book, 0), sizes(book, 0)
        found.get_by_role("button", name="Large").press("Enter")
        found.get_by_role("button", name="Small").wait_for()
        assert book.page.evaluate("() => document.fullscreenElement.classList.contains('rpn-explorer')")
        book.wait(lambda: sizes(book, 0)[1] > 1.4 * before[1] <= sizes(book, 0)[2], 20, "the picture to be large and sharp")
        src = found.locator("img.rpn-picture").get_attribute("src")
        handle = found.locator(".widget-slider [role=slider]").first
        assert handle.is_visible()
        handle.press("End")
        book.wait(lambda: found.locator("img.rpn-picture").get_attribute("src") != src, 20, "the slider to answer")
        found.get_by_role("button", name="Small").click()
        book.wait(lambda: sizes(book, 0)[:2] == before[:2], 20, "the picture to be as it was")
        assert book.errors == []
