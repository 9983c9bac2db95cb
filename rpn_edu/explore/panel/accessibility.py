"""What no trait of ipywidgets reaches: names of handles, folds by keyboard, menus whose keys are the reader's, copying."""

from pathlib import Path

import anywidget
import ipywidgets as W


class Accessibility(anywidget.AnyWidget):
    """Names the handles of sliders, makes buttons of folds, keeps JupyterLab's keys out of menus and copies code. It cannot be seen."""

    _esm = Path(__file__).with_name("accessibility.js")


def accessibility() -> Accessibility:
    """The widget that mends what lies around it."""
    return Accessibility(layout=W.Layout(width="0", height="0", margin="0", overflow="hidden"))
