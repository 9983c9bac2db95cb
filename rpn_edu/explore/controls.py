"""Controls from declared fields: a number is a slider, a choice a menu, a component a menu with a panel of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as W

from ..component import CATALOGUE, Component, Dial, Field

try:  # Without anywidget everything works; only screen readers hear no names of slider handles.
    import anywidget
except ImportError:
    anywidget = None

STYLE = {"description_width": "9em"}
WIDTH = "min(30em, 100%)"
HANDLES = """
export default { render({ el }) {
  const name = root => root.querySelectorAll('.widget-slider').forEach(slider => {
    const label = slider.querySelector('.widget-label');
    slider.querySelectorAll('[role=slider]').forEach(handle => label && handle.setAttribute('aria-label', label.textContent));
  });
  requestAnimationFrame(() => {
    const root = el.closest('.jp-OutputArea-output') || el.closest('.widget-box') || document.body;
    name(root);
    new MutationObserver(() => name(root)).observe(root, { childList: true, subtree: true, characterData: true });
  });
} };
"""


def handle_names() -> list[W.Widget]:
    """An invisible widget that gives slider handles the name of their slider: no trait of ipywidgets reaches them."""
    if anywidget is None:
        return []
    made = anywidget.AnyWidget(_esm=HANDLES)
    made.layout = W.Layout(width="0", height="0", margin="0", overflow="hidden")
    return [made]


def rows_of(base: type[Component]) -> dict[str, type[Component]]:
    """The menu of a family. Rows that need given numbers or a list of parts have no controls yet and are left out."""
    return {
        row.__name__: row for row in CATALOGUE.values() if issubclass(row, base) and not any(field.kind in ("parts", "table") for field in row.declared)
    }


def control_of(field: Field, value: Any) -> W.Widget:
    """The widget of a number, a switch or a choice; its description is its name."""
    common = {"description": field.name.replace("_", " "), "tooltip": field.doc, "style": STYLE, "layout": W.Layout(width=WIDTH)}
    dial = field.meta
    match field.kind:
        case "int":
            return W.IntSlider(value, int(min(dial.low, value)), int(max(dial.high, value)), **common)
        case "float" if dial.log:
            exponents = [round(float(e), 6) for e in _log_ends(dial)]
            return W.FloatLogSlider(value, base=10, min=exponents[0], max=exponents[1], step=0.1, readout_format=".2g", **common)
        case "float":
            low, high = min(dial.low, value), max(dial.high, value)
            low = low + 0.05 * (high - low) if not dial.allows(low) else low
            return W.FloatSlider(value, min=low, max=high, step=_step(high - low), readout_format=".2f", **common)
        case "bool":
            return W.Checkbox(value, indent=False, **common)
    return W.Dropdown(options=list(field.base), value=value, **common)


def _log_ends(dial: Dial) -> tuple[float, float]:
    import math

    return math.log10(dial.low), math.log10(dial.high)


def _step(span: float) -> float:
    """About a hundred positions, on round numbers."""
    return next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if span / step <= 120) if span <= 120 else span / 100


class ComponentPanel:
    """The controls of one component: its fields, and (with `base`) a menu to choose another row of the family."""

    def __init__(self, value: Component, name: str, changed: Callable[[Any], None], base: type[Component] | None = None, hidden: tuple[str, ...] = ()):
        self.name, self.changed, self.hidden = name, changed, hidden
        self.box = W.VBox()
        self.menu = None
        if base is not None:
            rows = rows_of(base)
            options = list(rows)
            self.menu = W.Dropdown(
                options=options, value=type(value).__name__, description=f"{name.rpartition('.')[2]}", style=STYLE, layout=W.Layout(width=WIDTH), tooltip=f"which {base.term}"
            )
            self.rows = rows
            self.menu.observe(self._chosen, "value")
        self._fill(value)

    def _fill(self, value: Component) -> None:
        self.type = type(value)
        self.parts: dict[str, ComponentPanel] = {}
        self.widgets: dict[str, W.Widget] = {}
        for field in self.type.declared:
            current = getattr(value, field.name)
            if field.name in self.hidden or field.optional or field.kind in ("table", "parts"):
                continue
            if field.kind == "part":
                menu = field.base if len(rows_of(field.base)) > 1 else None
                self.parts[field.name] = ComponentPanel(current, f"{self.name}.{field.name}", self.changed, menu)
            else:
                self.widgets[field.name] = control_of(field, current)
                self.widgets[field.name].observe(self.changed, "value")
        self.kept = {f.name: getattr(value, f.name) for f in self.type.declared if f.name not in self.widgets and f.name not in self.parts}
        own = [self.menu] if self.menu is not None else []
        self.box.children = [*own, *self.widgets.values(), *(part.box for part in self.parts.values())]

    def _chosen(self, change: Any) -> None:
        if self.menu.value != self.type.__name__:
            self._fill(self.rows[self.menu.value]())
            self.changed(change)

    def value(self) -> Component:
        """The component that the controls describe now. ValueError where its fields do not fit together."""
        numbers = {name: widget.value for name, widget in self.widgets.items()}
        return self.type(**self.kept, **numbers, **{name: part.value() for name, part in self.parts.items()})

    def set(self, value: Component) -> None:
        """Move the controls to a component. The caller holds the redraws."""
        if type(value) is not self.type:
            self._fill(value)
            if self.menu is not None:
                self.menu.value = self.type.__name__
            return
        for name, widget in self.widgets.items():
            wanted = getattr(value, name)
            if hasattr(widget, "max") and not isinstance(widget, W.FloatLogSlider):  # a state may lie beyond what is explored
                widget.max, widget.min = max(widget.max, wanted), min(widget.min, wanted)
            widget.value = wanted
        for name, part in self.parts.items():
            part.set(getattr(value, name))
        self.kept = {name: getattr(value, name) for name in self.kept}

    def controls(self) -> Iterator[tuple[str, W.Widget]]:
        """(qualified name, widget) of everything that can be moved, menus included."""
        if self.menu is not None:
            yield self.name, self.menu
        yield from ((f"{self.name}.{name}", widget) for name, widget in self.widgets.items())
        for part in self.parts.values():
            yield from part.controls()
