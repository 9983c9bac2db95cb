"""Two explorers, in both front ends: code is taken home by one press, a slider has only the stops that fit, and one plays by itself."""

import re

import pytest

from tests.browser.reading import explorer, written

pytestmark = pytest.mark.browser
CELLS = (
    "import rpn_edu as rpn\nfrom rpn_edu.explore import Explorer, Fabric, Learning",
    "Explorer(rpn.reconciliation.Kronecker(p=2), Fabric(n=8, D=24))",
    "Explorer(rpn.Formula(rpn.expansion.Chebyshev(degree=6)), Learning(step=0), terms=())",
)


@pytest.fixture(scope="module", params=["lab", "notebook"])
def book(request, front_end):
    jupyter = front_end(request.param)
    with jupyter.open(written(jupyter, "two.ipynb", *CELLS)) as opened:
        opened.complaints.clear()  # Notebook 7.6 complains of a schema of its own while it loads
        opened.run_all()
        yield opened


def test_a_press_of_enter_copies_the_code_and_says_so_and_a_page_that_may_not_copy_selects_it(book):
    found = explorer(book, 0)
    found.get_by_role("button", name="As code").press("Enter")
    book.wait_answered()
    code, copy = found.locator("pre.rpn-code"), found.get_by_role("button", name="Copy", exact=True)
    book.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy.press("Enter")
    found.get_by_role("status").filter(has_text="Copied.").wait_for()
    copied = book.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == code.text_content() and copied.startswith("import torch\n") and "print(" in copied
    book.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    copy.press("Enter")
    found.get_by_role("status").filter(has_text="Selected: now press Ctrl + C").wait_for()
    assert book.page.evaluate("() => getSelection().toString()").strip() == copied.strip()
    assert copy.evaluate("button => button === document.activeElement"), "the cell has not taken the keys"


def test_a_slider_goes_from_divisor_to_divisor_and_its_words_are_heard(book):
    found, p = explorer(book, 0), book.slider("p")
    readout = p.locator("xpath=ancestor::*[contains(@class, 'widget-slider')]").locator(".widget-readout")

    def pressed(*keys: str) -> list[str]:
        seen = []
        for key in keys:
            p.press(key)
            book.wait_rested()  # the hand rests: then the stops are known
            assert readout.inner_text() == p.get_attribute("aria-valuetext")
            seen.append(readout.inner_text())
        return seen

    book.wait_rested()
    assert pressed("ArrowRight", "ArrowRight", "ArrowRight", "Home", "ArrowRight") == ["4", "8", "8", "0: here 2", "1"]
    found.get_by_role("button", name="g: ").click()
    book.wait_answered()
    book.slider("n").press("End")
    book.wait_rested()
    found.get_by_role("button", name="ψ").first.click()
    book.wait_rested()
    assert pressed("ArrowRight", "ArrowRight", "Home") == ["2", "3", "0: here 4"], "n is 24 now"
    assert book.errors == []


def test_a_slider_plays_by_key_and_is_stopped_by_key_at_the_picture_of_its_last_step(book):
    found, step = explorer(book, 1), book.slider("step")
    buttons = {word: found.get_by_role("button", name=f"{word}: step") for word in ("play", "pause", "back to the start")}
    book.wait_rested()

    def shown() -> int:
        said = re.search(r"At step (\d+) of 100", found.locator("img.rpn-picture").get_attribute("alt"))
        return int(said[1])

    assert shown() == 0
    buttons["play"].press("Enter")
    book.wait(lambda: shown() >= 5, 30, "five steps to be played")
    buttons["pause"].press("Enter")
    buttons["play"].wait_for()
    book.wait_rested()
    assert shown() == int(step.get_attribute("aria-valuetext")) < 100
    step.press("ArrowRight")
    book.wait_rested()
    here = shown()
    assert here == int(step.get_attribute("aria-valuetext"))
    buttons["play"].press(" ")
    book.wait(lambda: shown() > here, 30, "it to go on from the step of the hand")
    buttons["back to the start"].press("Enter")
    book.wait_rested()
    assert shown() == 0 and book.errors == []
