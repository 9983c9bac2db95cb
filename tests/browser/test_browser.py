"""Every chapter in JupyterLab, in a real browser: run all, move sliders by keyboard, look at what changes and how fast."""

import ast
import io
import itertools
import statistics
from collections.abc import Iterator
from symtable import symtable
from typing import Any

import nbformat
import numpy as np
import pytest
from PIL import Image

from tests.browser.axe import serious
from tests.browser.reading import ENABLED, explorer, sliders, unlocked
from tests.help import NOTEBOOKS
from tools.lab import EXPLORERS, Book

pytestmark = pytest.mark.browser
BOX = """picture => {
    const box = picture.getBoundingClientRect(), around = picture.closest('.rpn-explorer').getBoundingClientRect()
    return [box.x - around.x, box.y - around.y, box.width, box.height]
}"""
SHOWN = "surface => surface.innerHTML"
PARTS = (".rpn-explorer", ".rpn-quiz", ".rpn-symbols", ".rpn-sheet")
SLIDERS = f"sum(one.rest() or any(hasattr(c, 'readout') and not c.disabled for _, c in one.controls()) for one in {EXPLORERS})"
"""How many explorers have a slider that can be moved in the state that is shown, as their kernel knows it."""


@pytest.fixture(scope="module", params=[path.name for path in NOTEBOOKS])
def book(request, jupyter) -> Iterator[Book]:
    """A chapter after *Run All Cells*. The first is whole; from the others is left out what prints numbers for no other cell."""
    if request.param != "00_start.ipynb":
        chapter = nbformat.read(jupyter.root / request.param, as_version=4)
        chapter.cells = [*seen(chapter.cells)]
        nbformat.write(chapter, jupyter.root / request.param)
    with jupyter.open(request.param) as opened:
        opened.run_all()
        yield opened


def seen(cells: list[Any]) -> list[Any]:
    """The cells that show more than text, and those that they need. What the others compute is judged where no page is open."""
    kept: list[Any] = []
    wanted: set[str] = set()
    for cell in reversed(cells):
        if cell.cell_type == "code":
            made = {
                one.get_name() for one in symtable(cell.source, "a cell", "exec").get_symbols() if one.is_assigned() or one.is_imported()
            }
            if not made & wanted and not any("text/html" in out.get("data", {}) for out in cell.outputs):
                continue
            wanted = wanted - made | {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}
        kept.append(cell)
    return kept[::-1]


first = pytest.mark.parametrize("book", ["00_start.ipynb"], indirect=True)
"""Once is enough: in the first chapter, before the tests of every chapter answer its questions."""


@first
@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_an_answer_of_a_quiz_opens_and_closes_by_key(book, key):
    answer = book.page.locator(".rpn-quiz summary").first
    for opened in (True, False):
        answer.press(key)
        assert answer.evaluate("one => one.parentElement.open") == opened


@first
def test_a_question_stands_above_its_picture_in_one_view_and_says_what_is_right_when_it_is_asked(book):
    asked = explorer(book, 1)
    menu, picture, question = asked.locator("select").first, asked.locator("img.rpn-picture"), asked.locator(".rpn-question")
    assert menu.is_disabled()
    top, bottom = question.bounding_box()["y"], picture.bounding_box()["y"] + picture.bounding_box()["height"]
    assert bottom - top < 600, "JupyterLab shows 679 pixels of a notebook on a small screen"
    words = question.locator(".widget-html").first.inner_text().partition("anything: ")[2]
    group = asked.get_by_role("radiogroup", name=words)
    assert group.count() == 1 and group.locator(".widget-label").bounding_box()["height"] <= 1
    circles = [radio.bounding_box() for radio in group.get_by_role("radio").all()]
    assert len({round(circle["y"]) for circle in circles}) == len(circles) >= 2, "two choices share a line"
    asked.get_by_role("button", name="This is my prediction").click()
    book.wait_answered()
    assert menu.is_disabled() and asked.get_by_text("Choose one first").is_visible()
    cells = book.page.locator(".jp-CodeCell").count()
    asked.get_by_role("radio").first.press("Space")
    for key in ("ArrowDown", "r"):  # JupyterLab's "select the cell below" and "make this a raw cell"
        book.page.keyboard.press(key)
    assert asked.get_by_role("radio").nth(1).is_checked() and book.page.locator(".jp-CodeCell").count() == cells
    asked.get_by_role("button", name="This is my prediction").click()
    book.wait_answered()
    assert menu.is_enabled() and asked.get_by_role("radio").count() == 0
    high = question.bounding_box()["height"]
    assert words in question.inner_text() and "because" not in question.inner_text()
    asked.get_by_role("button", name="Show the answer").click()
    book.wait_answered()
    assert words in question.inner_text() and "because" in asked.get_by_role("status").filter(has_text="✓").inner_text()
    assert asked.get_by_role("img", name="right:").count() == 1 and question.bounding_box()["height"] == high


@first
def test_a_pin_tells_the_difference_and_code_can_be_copied_from_the_page(book):
    found = unlocked(book, 3)
    found.get_by_role("button", name="Pin", exact=True).click()
    book.wait_answered()
    handle = sliders(found)[0]
    handle.focus()
    handle.press("End")
    book.wait_answered()
    assert found.get_by_text("Since the pin:").is_visible()
    found.get_by_role("button", name="As code").press("Enter")
    book.wait_answered()
    assert found.locator("pre.rpn-code mark").count() > 1
    assert "import torch" in found.locator("pre.rpn-code").inner_text()


@first
def test_a_composed_component_is_built_by_menu_and_slider(book):
    found = unlocked(book, 1)
    found.locator("select").first.select_option("Extended")
    book.wait_answered()
    assert [select.evaluate("s => s.labels[0]?.textContent || s.getAttribute('aria-label')") for select in found.locator("select").all()]
    before = found.locator("img.rpn-picture").get_attribute("src")
    handle = found.locator(".widget-slider", has=book.page.locator(".widget-label", has_text="parts")).locator("[role=slider]").first
    handle.focus()
    handle.press("End")
    book.wait_answered()
    assert found.locator("img.rpn-picture").get_attribute("src") != before
    assert found.locator("select").count() == 5 and book.errors == []


@first
def test_axe_finds_a_picture_without_words_and_a_button_without_a_name(book):
    book.page.evaluate("""() => {
        document.body.insertAdjacentHTML('beforeend', '<div id="rpn-planted"><img src="data:,"><button></button></div>')
    }""")
    try:
        assert {finding["rule"] for finding in serious(book.page, "#rpn-planted")} == {"image-alt", "button-name"}
        with pytest.raises(LookupError, match="axe: the page has no .rpn-nothing"):
            serious(book.page, ".rpn-nothing")
    finally:
        book.page.evaluate("() => document.getElementById('rpn-planted').remove()")


@first
def test_a_picture_and_its_formula_follow_the_theme_while_they_are_open(book):
    found = explorer(book, 0)

    def seen() -> tuple[float, str]:
        picture = np.asarray(Image.open(io.BytesIO(found.locator("img.rpn-picture").screenshot())).convert("L"))
        return float(np.median(picture)), found.locator(".rpn-surface td span").first.evaluate("one => getComputedStyle(one).color")

    (paper, ink), _ = seen(), book.theme("Dark")
    (night, glow), _ = seen(), book.theme("Light")
    assert seen() == (paper, ink) and paper > 250 and ink == "rgb(34, 34, 34)" and night < 40 and glow == "rgb(238, 238, 238)"


@first
def test_the_last_of_50_fast_moves_wins(book):
    def seen(handle, key):
        handle.focus()
        handle.press(key)
        book.wait_answered()
        return picture.get_attribute("src")

    for number in range(9):
        picture = (found := unlocked(book, number)).locator("img.rpn-picture")
        # Not one that changes nothing: it may not have been greyed out yet.
        if handle := next((one for one in sliders(found) if seen(one, "Home") != seen(one, "ArrowRight")), None):
            break
    second, lowest = picture.get_attribute("src"), seen(handle, "Home")
    for press in range(50):
        book.page.keyboard.press("ArrowLeft" if press % 2 else "ArrowRight")
    book.page.keyboard.press("Home")
    book.wait_answered()
    assert picture.get_attribute("src") == lowest != second
    times = [book.latency("ArrowLeft" if press % 2 else "ArrowRight") for press in range(6)]
    print(f"\nkey press to picture: median {statistics.median(times):.0f} ms of {len(times)} moves")
    assert book.errors == []


# ---- every chapter ------------------------------------------------------------------------------------------------------------------


def test_the_chapter_runs_without_an_error_on_the_wire(book):
    assert book.errors == []


def test_nothing_is_saved_behind_the_back_of_a_test(book):
    assert book.page.evaluate("() => window.jupyterapp.commands.isToggled('docmanager:toggle-autosave')") is False


def test_every_explorer_shows_one_picture_with_alt_text(book):
    explorers = book.page.locator(".rpn-explorer").count()
    pictures = book.page.locator("img.rpn-picture")
    assert explorers == pictures.count() >= 5
    assert all(len(picture.get_attribute("alt")) > 40 for picture in pictures.all())


def by_keyboard(book, number) -> Iterator[str]:
    """Move every slider of an explorer, one after the other: each changes the picture, and never its box. Tells which was moved."""
    found = unlocked(book, number)
    surface, picture = found.locator(".rpn-surface"), found.locator("img.rpn-picture")
    for button in found.locator(".rpn-term").all() or [None]:
        if button is not None:
            button.click()
            book.wait_answered()
        for place in range(len(sliders(found))):
            there = sliders(found)  # anew: a move may grey out a slider, or take its panel away
            if place >= len(there):
                break
            handle, before, box = there[place], surface.evaluate(SHOWN), picture.evaluate(BOX)
            handle.focus()
            handle.press("Home" if handle.get_attribute("aria-valuenow") != handle.get_attribute("aria-valuemin") else "End")
            book.wait_answered()
            said = f"{handle.get_attribute('aria-label')} of explorer {number}"
            if surface.evaluate(SHOWN) == before:  # then it is greyed out once the hand rests
                book.wait(lambda handle=handle: not handle.evaluate(ENABLED), 20, f"{said} changes nothing, and to be greyed out")
            assert all(abs(a - b) <= 1 for a, b in zip(picture.evaluate(BOX), box, strict=True)), f"{said} moved the picture"
            found.get_by_role("button", name="Reset").click()  # each from the start: a refused state would answer no other slider
            book.wait_answered()
            yield said


def test_sliders_moved_by_keyboard_change_the_picture_and_never_its_box(book):
    """All of the first chapter, one of every explorer elsewhere: tests/chapters drives all controls of all chapters without a browser."""
    most = None if book.notebook == "00_start.ipynb" else 1
    explorers = range(book.page.locator(".rpn-explorer").count())
    moved = [len([*itertools.islice(by_keyboard(book, number), most)]) for number in explorers]
    assert book.ask(f"len({EXPLORERS})") == str(len(explorers))
    assert sum(count > 0 for count in moved) >= int(book.ask(SLIDERS)) >= 3, (
        "some have menus alone, or a slider that changes nothing at first"
    )
    assert book.errors == []


def test_arrows_and_letters_in_a_menu_are_the_readers_and_not_jupyterlabs(book):
    tried = 0
    for number in range(book.page.locator(".rpn-explorer").count()):
        found = unlocked(book, number)
        for menu in found.locator("select:visible:enabled").all()[:1]:
            before, cells = menu.input_value(), book.page.locator(".jp-CodeCell").count()
            menu.focus()
            menu.press("ArrowDown" if menu.evaluate("one => one.selectedIndex + 1 < one.length") else "ArrowUp")
            menu.press("r")  # JupyterLab's "make this a raw cell"
            book.wait_answered()
            assert book.page.locator(".jp-CodeCell").count() == cells
            assert menu.evaluate("one => one === document.activeElement"), "the focus went to another cell"
            tried += menu.input_value() != before
            found.get_by_role("button", name="Reset").click()
            book.wait_answered()
        if tried == 2:  # JupyterLab is the same for all of them
            break
    assert tried >= 1
    assert book.errors == []


def test_slider_handles_have_the_name_of_their_slider(book):
    for number in range(book.page.locator(".rpn-explorer").count()):
        names = [handle.get_attribute("aria-label") for handle in explorer(book, number).locator("[role=slider]").all()]
        assert all(names)


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_axe_finds_no_serious_barrier_in_either_theme(book, theme):
    parts = [part for part in PARTS if book.page.locator(part).count()]
    assert set(PARTS) - set(parts) <= ({".rpn-sheet"} if "gallery" not in book.notebook else set(PARTS[1:]))
    book.theme(theme)
    assert serious(book.page, *parts, colours=theme == "Dark") == []
