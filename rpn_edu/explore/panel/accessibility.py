"""What no trait of ipywidgets reaches: names of handles, folds by keyboard, menus whose keys are the reader's."""

from pathlib import Path

import ipywidgets as W

# Without anywidget everything works; only handles have no names, folds do not open by keyboard, and in menus JupyterLab takes keys.
try:
    import anywidget
except ImportError:
    anywidget = None
else:

    class Accessibility(anywidget.AnyWidget):
        """Names the handles of sliders, makes buttons of folds and keeps JupyterLab's keys out of menus. It cannot be seen."""

        _esm = Path(__file__).with_name("accessibility.js")


def accessibility() -> list[W.Widget]:
    """The widget that mends what lies around it, or none without anywidget."""
    return [] if anywidget is None else [Accessibility(layout=W.Layout(width="0", height="0", margin="0", overflow="hidden"))]
