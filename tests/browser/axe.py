"""What axe-core finds in a page: barriers for people who use a keyboard or a screen reader. The script comes in a package.

assert serious(book.page, ".rpn-explorer") == []
"""

import importlib.util
import os
from pathlib import Path
from typing import Any
from unittest import SkipTest

from playwright.sync_api import Page

SEEN = "body { overflow: visible !important; min-height: 100vh }"
"""JupyterLab's body is 0 pixels high and hides what overflows: to axe all of it is out of sight, and no contrast is judged."""
RUN = "([selector, rules]) => axe.run(selector, {resultTypes: ['violations'], ...rules})"
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def script() -> str:
    """axe-core as text. Without it, a test is skipped at home and fails in CI."""
    found = importlib.util.find_spec("axe_playwright_python")
    if not found or not found.submodule_search_locations:
        raise (RuntimeError if os.environ.get("CI") else SkipTest)("no axe-core found: install axe-playwright-python")
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def serious(page: Page, *selectors: str, colours: bool = False) -> list[dict[str, Any]]:
    """Findings of impact serious or critical in the elements that match: rule, impact, help, where, and the HTML that is meant.

    With `colours` only rules about colours are asked: all that another theme changes.
    Raises where nothing matches, since nothing has no barriers.
    """
    for selector in selectors:
        if not page.locator(selector).count():
            raise LookupError(f"axe: the page has no {selector}")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(script())
    seen = page.add_style_tag(content=SEEN)
    try:
        violations = page.evaluate(RUN, [", ".join(selectors), COLOURS if colours else {}])["violations"]
    finally:
        seen.evaluate("style => style.remove()")
    return [
        {key: rule[key] for key in ("impact", "help")} | {"rule": rule["id"], "where": str(node["target"]), "html": node["html"]}
        for rule in violations
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
