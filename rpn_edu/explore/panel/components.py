"""The controls of a component: those of its fields, a menu to choose another class of its family, and a panel for each of its parts."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import ipywidgets as W

from ...component import CATALOGUE, Component, Field
from .controls import STYLE, WIDTH, control_of, nearest, options, others, player, put, stop_slider, value_of, whole_slider
from .html import about
from .moves import LOCK


def classes_of(base: type[Component], fits: Callable[[Component], bool] = lambda component: False) -> dict[str, type[Component]]:
    """The classes of a family by name. One made for one size only is among them where `fits` says that this is the size."""
    found = [one for one in CATALOGUE.values() if issubclass(one, base)]
    return {one.__name__: one for one in found if getattr(one.example(), "made_for", None) is None or fits(one.example())}


class Slot(NamedTuple):
    """A slider over whole numbers: its panel, its field, the `part` that has the field, and what `whole` makes of another such part."""

    panel: "ComponentPanel"
    field: Field
    part: Component
    whole: Callable[[Any], Any]

    def inside(self, outer: Callable[[Any], Any]) -> "Slot":
        """The same slider, where the whole is itself a part."""
        return self._replace(whole=lambda part: outer(self.whole(part)))


class ComponentPanel:
    """The controls of one component: its fields, and (with `base`) a menu to choose another class of the family.

    `fits` says of a component that is made for one size whether a picture of it can be shown here.
    """

    def __init__(
        self,
        value: Component,
        name: str,
        changed: Callable[[Any], None],
        base: type[Component] | None = None,
        hidden: tuple[str, ...] = (),
        fits: Callable[[Component], bool] = lambda component: False,
        title: str = "",
    ) -> None:
        self.name, self.changed, self.hidden, self.fits, self.title = name, changed, hidden, fits, title
        self.box = W.VBox()
        self.own = W.VBox()
        self.menu: Any = None
        self.widgets: dict[str, Any] = {}
        self.played: dict[str, W.HBox] = {}
        """Sliders that can run, each with the buttons for it."""
        self.parts: dict[str, ComponentPanel | PartsPanel] = {}
        self.about = W.HTML(layout=W.Layout(max_width="56em"))
        if base is not None:
            self.menu = self._menu(value, base)
        self.lead = [self.menu, self.about] if self.menu is not None else [self.about]
        self._fill(value)

    def _menu(self, value: Component, base: type[Component]) -> W.Dropdown:
        """The menu of a family. `choices` holds what each of its entries stands for."""
        self.choices: dict[str, Callable[[], Component]] = {name: one.example for name, one in classes_of(base, self.fits).items()}
        self.choices.setdefault(type(value).__name__, lambda: value)  # made for another size, and still the start
        left_out = [one.__name__ for one in CATALOGUE.values() if issubclass(one, base) and one.__name__ not in self.choices]
        menu = W.Dropdown(
            options=list(self.choices),
            value=type(value).__name__,
            description=self.title or self.name.rpartition(".")[2],
            tooltip=f"which {base.term}" + (f" (made for other sizes: {', '.join(left_out)})" if left_out else ""),
            style=STYLE,
            layout=W.Layout(width=WIDTH),
        )
        menu.observe(self._chosen, "value")
        return menu

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
                menu = field.base if len(classes_of(field.base)) > 1 else None
                self.parts[field.name] = ComponentPanel(current, name, self.changed, menu, fits=self.fits)
            elif field.kind == "parts":
                self.parts[field.name] = PartsPanel(current, name, self.changed, field.base, self.fits)
            else:
                slider = self.widgets[field.name] = control_of(field, current, prefix)
                if getattr(field.meta, "plays", False):
                    self.played[field.name] = W.HBox([slider, player(slider)], layout=W.Layout(flex_flow="row wrap"))
                slider.observe(self.changed, "value")
        self.kept = {f.name: getattr(value, f.name) for f in self.type.declared if f.name not in self.widgets and f.name not in self.parts}
        means = [field for field in self.type.declared if field.name in self.widgets]
        self.about.value = about(self.type, means, self.menu is not None) if means or self.menu is not None else ""
        self._place()
        self.box.children = [self.own, *(part.box for part in self.parts.values())]

    def _place(self) -> None:
        self.own.children = [*self.lead, *({**self.widgets, **self.played}.values())]

    def slots(self, value: Component) -> Iterator["Slot"]:
        """Every slider over whole numbers, with its place in this component. One that plays has all its stops."""
        for field in self.type.declared:
            current = getattr(value, field.name)
            if field.name in self.widgets and field.kind == "int" and not field.meta.plays:
                yield Slot(self, field, value, lambda part: part)
            elif field.name in self.parts:
                for slot in self.parts[field.name].slots(current):
                    yield slot.inside(lambda part, name=field.name: dataclasses.replace(value, **{name: part}))  # type: ignore[type-var]

    def offer(self, field: Field, whole: range, stops: dict[int, str]) -> None:
        """A slider is left these stops, each with its words. All of `whole`, in plain numbers, make it an ordinary one again."""
        old = self.widgets[field.name]
        common = {"description": old.description, "tooltip": old.tooltip, "disabled": old.disabled, "style": STYLE}
        common["layout"] = W.Layout(width=WIDTH)
        if not field.meta.zero and [*stops] == [*whole]:
            if isinstance(old, W.SelectionSlider):
                self._replace(field.name, whole_slider(whole, old.value, common))
            else:
                old.min, old.max = whole[0], whole[-1]
        elif not isinstance(old, W.SelectionSlider):
            self._replace(field.name, stop_slider(stops, old.value, common))
        elif old.options != options(stops):
            old.unobserve(self.changed, "value")  # ipywidgets goes to the first stop on the way
            with old.hold_sync():
                kept, old.options = old.value, options(stops)
                old.value = kept
            old.observe(self.changed, "value")

    def _replace(self, name: str, widget: Any) -> None:
        old, self.widgets[name] = self.widgets[name], widget
        widget.observe(self.changed, "value")
        self._place()
        closed(old)

    def close(self) -> None:
        """Forget the controls of the class before; the front end forgets them too. The menu stays where it is, and keeps the focus."""
        self.own.children, self.box.children = self.lead, [self.own]
        for part in self.parts.values():
            part.close()
            closed(*part.frame())
        closed(*self.widgets.values(), *(one for box in self.played.values() for one in (*box.children[1:], box)))
        self.widgets, self.played, self.parts = {}, {}, {}

    def frame(self) -> list[Any]:
        """What holds the controls: it goes with the panel, not with a class."""
        return [*self.lead, self.own, self.box]

    def _chosen(self, change: Any) -> None:
        with LOCK:
            if self.menu is not None and self.menu.value != self.type.__name__:
                self._fill(self.choices[self.menu.value]())
                self.changed(change)

    def value(self) -> Any:
        """The component that the controls describe now. ValueError where its fields do not fit together."""
        numbers = {name: value_of(widget) for name, widget in self.widgets.items()}
        return self.type(**self.kept, **numbers, **{name: part.value() for name, part in self.parts.items()})

    def set(self, value: Component) -> None:
        """Move the controls to a component. The caller holds the redraws."""
        if type(value) is not self.type:
            name = type(value).__name__
            if self.menu is not None and name not in self.choices:
                self.choices[name] = lambda: value
                self.menu.options = list(self.choices)
            self._fill(value)  # before the menu: it then finds its class in place and fills nothing
            if self.menu is not None:
                self.menu.value = name
            return
        for name, widget in self.widgets.items():
            put(widget, getattr(value, name))
        for name, part in self.parts.items():
            part.set(getattr(value, name))
        self.kept = {name: getattr(value, name) for name in self.kept}

    def nearest(self, value: Any) -> Any:
        """The component with its numbers where the sliders can stand: those that differ from what the sliders say now."""
        changed = {name: getattr(value, name) for name, widget in self.widgets.items() if getattr(value, name) != value_of(widget)}
        on_grid = {name: nearest(self.widgets[name], one) for name, one in changed.items()}
        read = {name: float(f"{one:.10g}") if isinstance(one, float) else one for name, one in on_grid.items()}
        return dataclasses.replace(value, **read)

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
                plainest = next(iter(classes_of(self.base).values()))
                self._grow((plainest.example(),) * (self.count.value - len(self.panels)))
                self.changed(change)

    def frame(self) -> list[Any]:
        """What holds the panels: it goes with the list."""
        return [self.count, self.box]

    def close(self) -> None:
        """Forget the controls of all parts."""
        self.box.children = ()
        self._cut(0)

    def value(self) -> tuple:
        """The components that the controls describe now. ValueError where the fields of one do not fit together."""
        return tuple(panel.value() for panel in self.panels)

    def set(self, values: tuple) -> None:
        """Move the controls to these components, as many as there are. The caller holds the redraws."""
        self._cut(len(values))
        for panel, value in zip(self.panels, values):
            panel.set(value)
        self._grow(values[len(self.panels) :])
        put(self.count, len(values))  # last: it finds its panels in place

    def controls(self) -> Iterator[tuple[str, Any]]:
        """(qualified name, widget) of everything that can be moved, the count first."""
        yield self.name, self.count
        for panel in self.panels:
            yield from panel.controls()

    def slots(self, values: tuple) -> Iterator[Slot]:
        """Every slider over whole numbers of the parts, with its place in their list."""
        for place, panel in enumerate(self.panels):
            for slot in panel.slots(values[place]):
                yield slot.inside(lambda part, place=place: (*values[:place], part, *values[place + 1 :]))

    def variants(self, values: tuple) -> Iterator[tuple[str, list[tuple]]]:
        """(qualified name, these components with one part more or less, or with other values of one field)."""
        yield self.name, [values[:-1] or 2 * values, values + values[-1:]]
        for place, panel in enumerate(self.panels):
            for name, found in panel.variants(values[place]):
                yield name, [(*values[:place], other, *values[place + 1 :]) for other in found]


def closed(*widgets: Any) -> None:
    """Nobody sees these widgets any more: they are forgotten here and in the front end, with their layouts and styles."""
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
