"""The code of a state is taken home by one press, in both front ends."""

import nbformat
import pytest
from nbformat import v4

from tests.browser.reading import explorer, front_end

pytestmark = pytest.mark.browser
CELLS = "import rpn_edu as rpn\nfrom rpn_edu.explore import Explorer, Fit", "page = Explorer(rpn.Formula(), Fit())\npage"


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_a_press_of_enter_copies_the_code_and_says_so_and_a_page_that_may_not_copy_selects_it(app, tmp_path):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in CELLS], metadata=kernel), tmp_path / "two.ipynb")
    with front_end(app, tmp_path) as jupyter, jupyter.open("two.ipynb") as book:
        book.run_all()
        found = explorer(book, 0)
        found.get_by_role("button", name="As code").press("Enter")
        book.wait_idle()
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
