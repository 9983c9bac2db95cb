"""The picture of an explorer where there is little room, on a sharp screen, and on the whole of it."""

import re

import pytest

from tests.browser.axe import serious
from tests.browser.reading import explorer, written

pytestmark = pytest.mark.browser
CELLS = (
    "import rpn_edu as rpn\nfrom rpn_edu.explore import Basis, Explorer, Fit, Flow, Mix",
    "Explorer(rpn.expansion.Taylor(order=2), Basis())",
    "Explorer(rpn.interdependence.Pearson(), Mix())",
    "fit = Explorer(rpn.Formula(rpn.expansion.Chebyshev(degree=5)), Fit())\nfit",
    "Explorer(rpn.Formula(rpn.expansion.Taylor()), Flow())",
)
SIZES = "one => [+one.getAttribute('width'), one.clientWidth, one.naturalWidth]"


@pytest.fixture(scope="module")
def opened(jupyter):
    with jupyter.open(written(jupyter, "four.ipynb", *CELLS)) as opened:
        opened.run_all()
        yield opened


@pytest.fixture
def book(opened):
    """On a plain screen, whatever the test before has looked through. Where another is asked for, the cells run again on it."""
    opened.screen()
    return opened


def sizes(book, number):
    """Width of a picture as it was laid out, as it is shown, and in its own pixels; once it has followed the page."""
    picture = explorer(book, number).locator("img.rpn-picture")
    book.wait_idle()
    return picture.evaluate(SIZES)


def test_at_800_pixels_nothing_is_cut_and_no_picture_is_shrunk(book):
    book.screen(width=800)
    book.run_all()
    for number in range(4):
        laid_out, shown, _ = sizes(book, number)
        assert laid_out == shown < 700
        assert explorer(book, number).evaluate("one => one.scrollWidth <= one.clientWidth"), "a part of it is cut"
    assert book.errors == []


@pytest.mark.parametrize("sharp", [1.5, 2])
def test_on_a_sharp_screen_and_with_zoom_a_picture_at_rest_has_a_pixel_for_each_of_the_screen(book, sharp):
    book.screen(sharp=sharp)
    book.run_all()
    for number in range(4):
        book.wait(lambda number=number: sizes(book, number)[2] >= sharp * sizes(book, number)[1], 20, "the picture to be sharp")
    handle = explorer(book, 0).locator(".widget-slider [role=slider]").first
    handle.press("End")
    book.wait(lambda: sizes(book, 0)[2] >= sharp * sizes(book, 0)[1], 20, "the picture to be sharp again")
    assert book.errors == []


def test_large_fills_the_screen_with_the_explorer_and_its_sliders_and_small_gives_it_back(book):
    found, before = explorer(book, 0), sizes(book, 0)
    found.get_by_role("button", name="Large").press("Enter")
    found.get_by_role("button", name="Small").wait_for()
    assert book.page.evaluate("() => document.fullscreenElement.classList.contains('rpn-explorer')")
    book.wait(lambda: sizes(book, 0)[1] > 1.4 * before[1] <= sizes(book, 0)[2], 20, "the picture to be large and sharp")
    src = found.locator("img.rpn-picture").get_attribute("src")
    handle = found.locator(".widget-slider [role=slider]").first
    assert handle.is_visible()
    handle.press("Home")
    book.wait(lambda: found.locator("img.rpn-picture").get_attribute("src") != src, 20, "the slider to answer")
    found.get_by_role("button", name="Small").click()
    book.wait(lambda: sizes(book, 0)[:2] == before[:2], 20, "the picture to be as it was")
    assert book.errors == []


def middle(found):
    box = found.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def value(found, name):
    """What the slider of this name says."""
    label = found.page.locator(".widget-label", has_text=re.compile(f"^{name}$"))
    return float(found.locator(".widget-slider", has=label).locator(".widget-readout").inner_text().replace("−", "-"))


def test_the_dotted_x_is_dragged_and_its_slider_goes_with_it(book):
    found = explorer(book, 0)
    handle = found.get_by_role("slider", name="move x in the picture")
    found.get_by_role("button", name="g: input").click()
    book.wait_answered()
    (x, y), before = middle(handle), value(found, "at")
    picture = found.locator("img.rpn-picture")
    box = picture.evaluate("one => JSON.stringify(one.getBoundingClientRect())")
    book.page.mouse.move(x, y)
    book.page.mouse.down()
    for step in range(1, 31):
        book.page.mouse.move(x - 4 * step, y)
    book.page.mouse.up()
    book.wait_answered()
    assert abs(middle(handle)[0] - (x - 120)) < 4, "the handle is where the pointer has left it"
    assert value(found, "at") < before - 1 and f"x = {value(found, 'at'):g}" == handle.get_attribute("aria-valuetext")
    assert picture.evaluate("one => JSON.stringify(one.getBoundingClientRect())") == box
    assert book.errors == []


def test_keys_move_a_handle_as_they_move_its_slider(book):
    found = explorer(book, 0)
    found.get_by_role("button", name="g: input").click()
    handle = found.get_by_role("slider", name="move x in the picture")
    handle.focus()
    cell, before = book.page.locator(".jp-Cell.jp-mod-active").get_attribute("data-windowed-list-index"), value(found, "at")
    for _ in range(3):
        handle.press("ArrowRight")
        book.wait_answered()
    assert value(found, "at") > before and handle.evaluate("one => one === document.activeElement")
    assert book.page.locator(".jp-Cell.jp-mod-active").get_attribute("data-windowed-list-index") == cell


def test_both_inputs_are_dragged_at_once(book):
    found = explorer(book, 3)
    found.get_by_role("button", name="g: input").click()
    book.wait_answered()
    handle = found.get_by_role("slider", name="move x in the picture")
    x, y = middle(handle)
    handle.hover()
    book.page.mouse.down()
    book.page.mouse.move(x - 15, y - 15)
    book.page.mouse.up()
    book.wait_answered()
    assert value(found, "x1") < 0.5 and value(found, "x2") > -0.3


RINGS = """handles => handles.map(one => {
    const ring = getComputedStyle(one, '::before')
    return ring.content !== 'none' && parseFloat(ring.borderTopWidth) > 1
})"""


def test_a_ring_shows_what_can_be_moved(book):
    for number in range(4):
        found = explorer(book, number).locator(".rpn-handle").evaluate_all(RINGS)
        assert found and all(found), f"explorer {number}"


def test_a_point_is_dragged_and_the_fit_follows(book):
    found = explorer(book, 2)
    picture, handle = found.locator("img.rpn-picture"), found.get_by_role("slider", name="move point 30 in the picture")
    before, (x, y) = picture.get_attribute("alt"), middle(handle)
    handle.hover()
    book.page.mouse.down()
    book.page.mouse.move(x, y - 60)
    book.page.mouse.up()
    book.wait_answered()
    assert picture.get_attribute("alt") != before and "your own data" in picture.get_attribute("alt")
    found.get_by_role("button", name="Reset").click()
    book.wait_answered()
    assert picture.get_attribute("alt") == before and book.errors == []


def test_a_cell_says_its_number_under_the_pointer_and_under_arrow_keys(book):
    found = explorer(book, 1)
    matrix = found.get_by_role("slider", name="A, row → column")
    tip = found.locator(".rpn-tip")
    book.page.mouse.move(*middle(matrix))
    assert tip.inner_text() == "row 1, column 1: 1"
    matrix.focus()
    matrix.press("ArrowRight")
    said = matrix.get_attribute("aria-valuetext")
    assert said.startswith("row 1, column 2: -0.") and tip.inner_text() == said
    matrix.press("PageDown")
    assert found.locator(".rpn-table:focus, .rpn-handle:focus").get_attribute("aria-label") != matrix.get_attribute("aria-label")


def test_one_stop_of_tab_reaches_all_that_can_be_moved_or_read(book):
    for number in range(4):
        stops = explorer(book, number).locator(".rpn-stage [role=slider]")
        assert stops.count() > 1 and stops.evaluate_all("all => all.filter(one => one.tabIndex === 0).length") == 1


def test_axe_finds_no_barrier_in_a_picture_that_can_be_touched(book):
    for number in range(4):
        explorer(book, number)
    assert serious(book.page, ".rpn-explorer") == []
