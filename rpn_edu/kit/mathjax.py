"""MathJax as a file: formulas without the internet, on pages and on slides."""

from importlib.util import find_spec
from pathlib import Path

PACKAGE = "sphinx-mathjax-offline"
"""What brings it. No name that Python could import: it is found, and never run."""


def mathjax() -> Path:
    """The one file that reads TeX and draws it as SVG. FileNotFoundError where its package is not there."""
    found = find_spec(PACKAGE)
    if not found or not found.origin:
        raise FileNotFoundError(f'formulas need {PACKAGE}: pip install "rpn_edu[teach]"')
    return Path(found.origin).parent / "static/mathjax/tex-svg.js"
