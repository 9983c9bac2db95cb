"""An address that holds a state opens its explorer in the JupyterLab that runs."""

import contextlib

import pytest

import rpn_edu as rpn
from rpn_edu.explore import Basis, Explorer

pytestmark = pytest.mark.browser
RESTORED = "() => window.jupyterapp?.restored.then(() => true)"


@pytest.fixture
def page(jupyter):
    """A page of its own: what it starts ends with it."""
    with contextlib.closing(jupyter.browser.new_context()) as context:
        yield context.new_page()


def test_a_state_in_the_address_opens_in_a_notebook_once(jupyter, page):
    token = Explorer(rpn.expansion.Chebyshev(degree=5), Basis(at=0.25)).token()
    page.goto(f"{jupyter.url}/lab/workspaces/address?rpn={token}&token={jupyter.token}")
    picture = page.locator("img.rpn-picture")
    picture.wait_for(timeout=60_000)
    made = page.evaluate("window.jupyterapp.shell.currentWidget.context.path")
    try:
        assert "Chebyshev(degree=5)" in picture.get_attribute("alt") and "At x = 0.25" in picture.get_attribute("alt")
        assert "rpn=" not in page.url, "to load the page again opens it no second time"
    finally:
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        (jupyter.root / made).unlink(missing_ok=True)


def test_what_is_no_token_opens_nothing(jupyter, page):
    before = {path.name for path in jupyter.root.iterdir()}
    page.goto(f"{jupyter.url}/lab/workspaces/nothing?rpn=%22)%0Aopen(%22made%22%2C%22w%22)%23&token={jupyter.token}")
    page.wait_for_function(RESTORED)
    assert page.locator(".jp-Notebook").count() == 0 and {path.name for path in jupyter.root.iterdir()} == before
