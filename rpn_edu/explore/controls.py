"""Controls from declared fields: a number is a slider, a choice a menu, a component a menu with a panel of its own."""

import dataclasses
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as W

from ..component import CATALOGUE, Component, Field

try:  # Without anywidget everything works; only handles of sliders have no names and folds do not open by keyboard.
    import anywidget
except ImportError:
    anywidget = None

LOCK = threading.RLock()  # one for all explorers: matplotlib is not made for threads, and callbacks run in several
STYLE = {"description_width": "9em"}
WIDTH = "min(30em, 100%)"
HANDLES = """
const named = root => root.querySelectorAll('.widget-slider').forEach(slider => {
  const label = slider.querySelector('.widget-label');
  slider.querySelectorAll('[role=slider]').forEach(handle => label && handle.setAttribute('aria-label', label.textContent));
});
const folds = root => root.querySelectorAll('.jupyter-widget-Collapse-header').forEach(header => {
  const open = String(header.parentElement.classList.contains('jupyter-widget-Collapse-open'));
  if (header.getAttribute('aria-expanded') !== open) header.setAttribute('aria-expanded', open);
  if (header.getAttribute('role')) return;
  header.setAttribute('role', 'button');
  header.setAttribute('data-lm-suppress-shortcuts', 'true');  // else Enter is JupyterLab's: edit this cell
  header.tabIndex = 0;
  header.addEventListener('keydown', event => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    header.click();
  });
});
export default { render({ el }) {
  requestAnimationFrame(() => {
    const root = el.closest('.jp-OutputArea-output') || el.closest('.widget-box') || document.body;
    const all = () => { named(root); folds(root); };
    all();
    const seen = { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ['class'] };
    new MutationObserver(all).observe(root, seen);
  });
} };
"""


def handle_names() -> list[W.Widget]:
    """An invisible widget that names the handles of sliders and makes buttons of folds: no trait of ipywidgets reaches either."""
    if anywidget is None:
        return []
    made = anywidget.AnyWidget(_esm=HANDLES)
    made.layout = W.Layout(width="0", height="0", margin="0", overflow="hidden")
    return [made]


def rows_of(base: type[Component]) -> dict[str, type[Component]]:
    """The menu of a family. Rows that need given numbers, a list of parts or data of one size have no controls yet and are left out."""
    rows = [row for row in CATALOGUE.values() if issubclass(row, base)]
    free = [row for row in rows if not any(field.kind in ("parts", "table") for field in row.declared)]
    return {row.__name__: row for row in free if getattr(row(), "made_for", None) is None}


def control_of(field: Field, value: Any) -> Any:
    """The widget of a number, a switch or a choice; its description is its name."""
    common = {"description": field.name.replace("_", " "), "tooltip": field.doc, "style": STYLE, "layout": W.Layout(width=WIDTH)}
    dial: Any = field.meta
    match field.kind:
        case "int":
            widget = W.IntSlider(value, min=int(min(dial.low, value)), max=int(max(dial.high, value)), **common)
        case "float" if dial.log:
            low, high = exponents(dial.low, dial.high)
            within = min(max(value, dial.low), dial.high)
            widget = W.FloatLogSlider(within, base=10, min=low, max=high, step=0.1, readout_format=".2", **common)
        case "float":
            low, high = min(dial.low, value), max(dial.high, value)
            steps = [step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, (high - low) / 100) if (high - low) / step <= 120]
            # A browser moves a value that is off the slider's grid: the default at least must be on it.
            step = next((step for step in steps if abs(math.remainder(field.default - low, step)) < 1e-6 * step), steps[0])
            low = low if dial.allows(low) else low + step
            widget = W.FloatSlider(value, min=min(low, value), max=high, step=step, readout_format=".4", **common)
        case "bool":
            return W.Checkbox(value, indent=False, **common)
        case _:
            return W.Dropdown(options=list(field.base), value=value, **common)
    if field.kind == "float":
        watch(widget)
    put(widget, value)
    return widget


def watch(widget: Any) -> None:
    """Keep the digits of a float slider readable: `plain` is the format of its steps, `given` the number that was put there."""
    widget.plain, widget.given = widget.readout_format, None
    widget.observe(lambda _: readable(widget), "value")


def give(widget: Any, value: Any) -> None:
    if not hasattr(widget, "given"):
        widget.value = value
        return
    widget.given = value
    widget.value = value
    readable(widget)  # also where the value stayed


def readable(widget: Any) -> None:
    """A value that was given is read with all its digits, one that was moved to with those of the steps."""
    digits, value = int(widget.plain[1:]), widget.value
    exact = next((f".{k}" for k in range(digits, 18) if float(f"{value:.{k}g}") == value), ".17")
    widget.readout_format = exact if value == widget.given else widget.plain


def exponents(low: float, high: float) -> tuple[float, float]:
    """Powers of ten that hold both numbers: rounded outwards, since a slider would clip what lies a hair beyond."""
    low_exponent, high_exponent = math.log10(low), math.log10(high)
    while 10**low_exponent > low:
        low_exponent = math.nextafter(low_exponent, -math.inf)
    while 10**high_exponent < high:
        high_exponent = math.nextafter(high_exponent, math.inf)
    return low_exponent, high_exponent


def put(widget: Any, value: Any) -> None:
    """Move a control to exactly this value, beyond what is explored if need be."""
    if isinstance(widget, W.FloatLogSlider):
        low, high = exponents(value, value)
        widget.min, widget.max = min(widget.min, low), max(widget.max, high)
    elif isinstance(widget, (W.IntSlider, W.FloatSlider)):
        widget.min, widget.max = min(widget.min, value), max(widget.max, value)
    give(widget, value)


def shown(widget: Any) -> Any:
    """The value of a control as it stands beside it: a slider's 0.30000000000000004 reads 0.3, so the component gets 0.3."""
    if isinstance(widget, (W.FloatLogSlider, W.FloatSlider)):
        return float(f"{widget.value:{widget.readout_format}g}")
    return widget.value


def others(field: Field, value: Any) -> list[Any]:
    """Some values that are not this one: enough to see whether the field matters."""
    dial: Any = field.meta
    match field.kind:
        case "int":
            low, high = int(dial.low), int(dial.high)
            found = range(low, high + 1) if high - low <= 12 else (high, low, value + 1, value - 1)
        case "float":
            found = (dial.high, dial.low, (dial.low + dial.high) / 2)
        case "bool":
            found = (not value,)
        case _:
            found = field.base
    return [other for other in found if other != value]


class ComponentPanel:
    """The controls of one component: its fields, and (with `base`) a menu to choose another row of the family."""

    def __init__(
        self,
        value: Component,
        name: str,
        changed: Callable[[Any], None],
        base: type[Component] | None = None,
        hidden: tuple[str, ...] = (),
    ) -> None:
        self.name, self.changed, self.hidden = name, changed, hidden
        self.box = W.VBox()
        self.menu: Any = None
        self.widgets: dict[str, Any] = {}
        self.parts: dict[str, ComponentPanel] = {}
        if base is not None:
            # A row without controls can still be the start: then it is in its menu as it was given.
            self.rows: dict[str, Callable[[], Component]] = {**rows_of(base)}
            self.rows.setdefault(type(value).__name__, lambda: value)
            self.menu = W.Dropdown(
                options=list(self.rows),
                value=type(value).__name__,
                description=name.rpartition(".")[2],
                tooltip=f"which {base.term}",
                style=STYLE,
                layout=W.Layout(width=WIDTH),
            )
            self.menu.observe(self._chosen, "value")
        self._fill(value)

    def _fill(self, value: Component) -> None:
        self.close()
        self.type = type(value)
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

    def close(self) -> None:
        """Forget the controls of the row before; the front end forgets them too."""
        self.box.children = ()
        for part in self.parts.values():
            part.close()
        gone = [*self.widgets.values(), *(widget for part in self.parts.values() for widget in (part.menu, part.box) if widget)]
        for widget in gone:
            widget.unobserve_all()
            for one in (widget.layout, getattr(widget, "style", None), widget):
                if one is not None:
                    one.close()
        self.widgets, self.parts = {}, {}

    def _chosen(self, change: Any) -> None:
        with LOCK:
            if self.menu is not None and self.menu.value != self.type.__name__:
                self._fill(self.rows[self.menu.value]())
                self.changed(change)

    def value(self) -> Any:
        """The component that the controls describe now. ValueError where its fields do not fit together."""
        numbers = {name: shown(widget) for name, widget in self.widgets.items()}
        return self.type(**self.kept, **numbers, **{name: part.value() for name, part in self.parts.items()})

    def set(self, value: Component) -> None:
        """Move the controls to a component. The caller holds the redraws."""
        if type(value) is not self.type:
            name = type(value).__name__
            if self.menu is not None and name not in self.rows:
                self.rows[name] = lambda: value
                self.menu.options = list(self.rows)
            self._fill(value)  # before the menu: it then finds its row in place and fills nothing
            if self.menu is not None:
                self.menu.value = name
            return
        for name, widget in self.widgets.items():
            put(widget, getattr(value, name))
        for name, part in self.parts.items():
            part.set(getattr(value, name))
        self.kept = {name: getattr(value, name) for name in self.kept}

    def controls(self) -> Iterator[tuple[str, Any]]:
        """(qualified name, widget) of everything that can be moved, menus included."""
        if self.menu is not None:
            yield self.name, self.menu
        yield from ((f"{self.name}.{name}", widget) for name, widget in self.widgets.items())
        for part in self.parts.values():
            yield from part.controls()

    def variants(self, value: Component) -> Iterator[tuple[str, list[Component]]]:
        """(qualified name, this component with other values of that field) of every control but the menus."""
        for field in self.type.declared:
            current = getattr(value, field.name)
            if field.name in self.widgets:
                yield f"{self.name}.{field.name}", replaced(value, field.name, others(field, current))
            elif field.name in self.parts:
                for name, found in self.parts[field.name].variants(current):
                    yield name, replaced(value, field.name, found)


def replaced(value: Component, name: str, found: list[Any]) -> list[Component]:
    """The component with each of the values in one field, where that is allowed."""
    made = []
    for other in found:
        try:
            made.append(dataclasses.replace(value, **{name: other}))  # type: ignore[type-var]
        except ValueError:
            continue
    return made
