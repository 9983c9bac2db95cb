"""Controls from declared fields.

A number is a slider, a choice a menu, a table a text to paste into, a component a menu with a panel of its own, and a list of components
a slider for how many with a panel for each.
"""

import dataclasses
import math
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as W

from ...component import CATALOGUE, Component, Field

# Without anywidget everything works; only handles have no names, folds do not open by keyboard, and in menus JupyterLab takes keys.
try:
    import anywidget
except ImportError:
    anywidget = None

LOCK = threading.RLock()  # one for all explorers: matplotlib is not made for threads, and callbacks run in several
STYLE = {"description_width": "9em"}
WIDTH = "min(30em, 100%)"
ACCESSIBILITY = """
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
// In a menu, arrows and first letters are the reader's, not JupyterLab's: there they leave the cell, or make a raw one of it.
const menus = root => root.querySelectorAll('select, [type=radio]').forEach(one => one.setAttribute('data-lm-suppress-shortcuts', 'true'));
export default { render({ el }) {
  requestAnimationFrame(() => {
    const root = el.closest('.jp-OutputArea-output') || el.closest('.widget-box') || document.body;
    const all = () => { named(root); folds(root); menus(root); };
    all();
    const seen = { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ['class'] };
    new MutationObserver(all).observe(root, seen);
  });
} };
"""


def accessibility() -> list[W.Widget]:
    """An invisible widget that names the handles of sliders, makes buttons of folds and keeps JupyterLab's keys out of menus.

    No trait of ipywidgets reaches any of them.
    """
    if anywidget is None:
        return []
    made = anywidget.AnyWidget(_esm=ACCESSIBILITY)
    made.layout = W.Layout(width="0", height="0", margin="0", overflow="hidden")
    return [made]


def rows_of(base: type[Component], fits: Callable[[Component], bool] = lambda row: False) -> dict[str, type[Component]]:
    """The menu of a family. A row whose example is made for one size only is in it where `fits` says that this is the size."""
    rows = [row for row in CATALOGUE.values() if issubclass(row, base)]
    return {row.__name__: row for row in rows if getattr(row.example(), "made_for", None) is None or fits(row.example())}


def control_of(field: Field, value: Any, prefix: str = "") -> Any:
    """The widget of a number, a switch, a choice or a table; its description is its name."""
    name = f"{prefix}{field.name.replace('_', ' ')}"
    common = {"description": name, "tooltip": field.doc, "style": STYLE, "layout": W.Layout(width=WIDTH)}
    dial: Any = field.meta
    widget: Any
    match field.kind:
        case "int":
            widget = W.IntSlider(value, min=int(min(dial.low, value)), max=int(max(dial.high, value)), **common)
        case "float" if dial.log:
            low, high = exponents(dial.low, dial.high)
            low = on_grid(low, min(max(value, dial.low), dial.high))
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
        case "table":
            hint = "one row per line; numbers separated by spaces or commas"
            widget = W.Textarea(written(value), placeholder=hint, continuous_update=False, rows=4, **common)
            widget.nested = isinstance(field.meta.example[0], tuple)
            return widget
        case _:
            return W.Dropdown(options=list(field.base), value=value, **common)
    if field.kind == "float":
        watch(widget)
    put(widget, value)
    return widget


def written(table: tuple) -> str:
    """A table as text: a line for each row, or all numbers in one line."""
    rows = table if table and isinstance(table[0], tuple) else (table,)
    return "\n".join(" ".join(map(repr, row)) for row in rows)


def read(text: str, nested: bool) -> tuple:
    """The table of a text: numbers separated by spaces, commas, semicolons or tabs. ValueError names the line and the word.

    A comma inside of a number that other signs separate is a decimal comma in half of the world: it is refused, since nobody knows.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        row = []
        if nested and (doubt := re.search(r"(?<=[\s;])[+-]?\d+,\d+(?![\d,])|[+-]?\d+,\d+(?=[\s;]+\S)", line.strip())):
            meant = doubt.group().replace(",", ".")
            raise ValueError(f"line {number}: is {doubt.group()!r} one number? Write {meant}; two are separated as all others are")
        for word in re.split(r"[\s,;]+", line.strip(" \t,;")) if line.strip(" \t,;") else []:
            try:
                value = int(word) if re.fullmatch(r"[+-]?\d+", word) else float(word)
            except ValueError:
                value = math.nan
            if not math.isfinite(value):
                raise ValueError(f"line {number}: {word!r} is no number. Wanted: numbers separated by spaces or commas")
            row.append(value)
        rows += [tuple(row)] if row else []
    if nested and len({len(row) for row in rows}) > 1:
        raise ValueError(f"all rows must have the same length, got {', '.join(map(str, sorted({len(row) for row in rows})))} numbers")
    return tuple(rows) if nested else tuple(number for row in rows for number in row)


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


def on_grid(low: float, value: float, step: float = 0.1) -> float:
    """The lowest exponent of a slider, moved down until the value lies on its steps: a browser moves a value that does not."""
    steps = (math.log10(value) - low) / step
    return low if abs(steps - round(steps)) < 1e-6 else math.log10(value) - math.ceil(steps) * step


def put(widget: Any, value: Any) -> None:
    """Move a control to exactly this value, beyond what is explored if need be."""
    if isinstance(widget, W.FloatLogSlider):
        low, high = exponents(value, value)
        widget.min, widget.max = on_grid(min(widget.min, low), value), max(widget.max, high)
    elif isinstance(widget, (W.IntSlider, W.FloatSlider)):
        widget.min, widget.max = min(widget.min, value), max(widget.max, value)
    give(widget, written(value) if isinstance(widget, W.Textarea) else value)


def shown(widget: Any) -> Any:
    """The value of a control as it stands beside it: a slider's 0.30000000000000004 reads 0.3, so the component gets 0.3."""
    if hasattr(widget, "nested"):
        return read(widget.value, widget.nested)
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
    """The controls of one component: its fields, and (with `base`) a menu to choose another row of the family.

    `fits` says of a component that is made for one size whether a picture of it can be shown here.
    """

    def __init__(
        self,
        value: Component,
        name: str,
        changed: Callable[[Any], None],
        base: type[Component] | None = None,
        hidden: tuple[str, ...] = (),
        fits: Callable[[Component], bool] = lambda row: False,
        title: str = "",
    ) -> None:
        self.name, self.changed, self.hidden, self.fits, self.title = name, changed, hidden, fits, title
        self.box = W.VBox()
        self.own = W.VBox()
        self.menu: Any = None
        self.widgets: dict[str, Any] = {}
        self.parts: dict[str, ComponentPanel | PartsPanel] = {}
        if base is not None:
            self.rows: dict[str, Callable[[], Component]] = {name: row.example for name, row in rows_of(base, fits).items()}
            self.rows.setdefault(type(value).__name__, lambda: value)  # made for another size, and still the start
            left_out = [row.__name__ for row in CATALOGUE.values() if issubclass(row, base) and row.__name__ not in self.rows]
            self.menu = W.Dropdown(
                options=list(self.rows),
                value=type(value).__name__,
                description=title or name.rpartition(".")[2],
                tooltip=f"which {base.term}" + (f" (made for other sizes: {', '.join(left_out)})" if left_out else ""),
                style=STYLE,
                layout=W.Layout(width=WIDTH),
            )
            self.menu.observe(self._chosen, "value")
        self.lead = [self.menu] if self.menu is not None else []
        self._fill(value)

    def _fill(self, value: Component) -> None:
        self.close()
        self.type = type(value)
        prefix = f"{self.title}: " if self.title else ""
        for field in self.type.declared:
            current = getattr(value, field.name)
            if field.name in self.hidden or field.optional:
                continue
            name = f"{self.name}.{field.name}"
            if field.kind == "part":
                menu = field.base if len(rows_of(field.base)) > 1 else None
                self.parts[field.name] = ComponentPanel(current, name, self.changed, menu, fits=self.fits)
            elif field.kind == "parts":
                self.parts[field.name] = PartsPanel(current, name, self.changed, field.base, self.fits)
            else:
                self.widgets[field.name] = control_of(field, current, prefix)
                self.widgets[field.name].observe(self.changed, "value")
        self.kept = {f.name: getattr(value, f.name) for f in self.type.declared if f.name not in self.widgets and f.name not in self.parts}
        self.own.children = [*self.lead, *self.widgets.values()]
        self.box.children = [self.own, *(part.box for part in self.parts.values())]

    def close(self) -> None:
        """Forget the controls of the row before; the front end forgets them too. The menu stays where it is, and keeps the focus."""
        self.own.children, self.box.children = self.lead, [self.own]
        for part in self.parts.values():
            part.close()
            closed(*part.frame())
        closed(*self.widgets.values())
        self.widgets, self.parts = {}, {}

    def frame(self) -> list[Any]:
        """What holds the controls: it goes with the panel, not with a row."""
        return [*self.lead, self.own, self.box]

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

    def variants(self, value: Any) -> Iterator[tuple[str, list[Any]]]:
        """(qualified name, this component with other values of that field) of every control but menus and tables."""
        for field in self.type.declared:
            current = getattr(value, field.name)
            if field.name in self.widgets and field.kind != "table":
                yield f"{self.name}.{field.name}", replaced(value, field.name, others(field, current))
            elif field.name in self.parts:
                for name, found in self.parts[field.name].variants(current):
                    yield name, replaced(value, field.name, found)


class PartsPanel:
    """The controls of a list of components: a slider for how many, and a panel with its menu for each."""

    MOST = 4

    def __init__(
        self, values: tuple, name: str, changed: Callable[[Any], None], base: type[Component], fits: Callable[[Component], bool]
    ) -> None:
        self.name, self.changed, self.base, self.fits = name, changed, base, fits
        self.count = W.IntSlider(
            len(values),
            min=1,
            max=max(self.MOST, len(values)),
            description=name.rpartition(".")[2],
            tooltip="how many parts",
            style=STYLE,
            layout=W.Layout(width=WIDTH),
        )
        self.count.observe(self._counted, "value")
        self.panels: list[ComponentPanel] = []
        self.box = W.VBox()
        self._grow(values)

    def _grow(self, values: tuple) -> None:
        for value in values:
            number = len(self.panels) + 1
            panel = ComponentPanel(value, f"{self.name}.{number}", self.changed, self.base, fits=self.fits, title=f"part {number}")
            panel.box.layout.border_left, panel.box.layout.padding = "2px solid #999999", "0 0 0 6px"
            self.panels.append(panel)
        self.box.children = [self.count, *(panel.box for panel in self.panels)]

    def _cut(self, length: int) -> None:
        for panel in self.panels[length:]:
            panel.close()
            closed(*panel.frame())
        del self.panels[length:]

    def _counted(self, change: Any) -> None:
        with LOCK:
            if self.count.value != len(self.panels):
                self._cut(self.count.value)
                plainest = next(iter(rows_of(self.base).values()))
                self._grow((plainest.example(),) * (self.count.value - len(self.panels)))
                self.changed(change)

    def frame(self) -> list[Any]:
        return [self.count, self.box]

    def close(self) -> None:
        self.box.children = ()
        self._cut(0)

    def value(self) -> tuple:
        return tuple(panel.value() for panel in self.panels)

    def set(self, values: tuple) -> None:
        self._cut(len(values))
        for panel, value in zip(self.panels, values):
            panel.set(value)
        self._grow(values[len(self.panels) :])
        put(self.count, len(values))  # last: it finds its panels in place

    def controls(self) -> Iterator[tuple[str, Any]]:
        yield self.name, self.count
        for panel in self.panels:
            yield from panel.controls()

    def variants(self, values: tuple) -> Iterator[tuple[str, list[tuple]]]:
        yield self.name, [values[:-1] or 2 * values, values + values[-1:]]
        for place, panel in enumerate(self.panels):
            for name, found in panel.variants(values[place]):
                yield name, [(*values[:place], other, *values[place + 1 :]) for other in found]


def closed(*widgets: Any) -> None:
    for widget in widgets:
        widget.unobserve_all()
        for one in (widget.layout, getattr(widget, "style", None), widget):
            if one is not None:
                one.close()


def replaced(value: Component, name: str, found: list[Any]) -> list[Component]:
    """The component with each of the values in one field, where that is allowed."""
    made = []
    for other in found:
        try:
            made.append(dataclasses.replace(value, **{name: other}))  # type: ignore[type-var]
        except ValueError:
            continue
    return made
