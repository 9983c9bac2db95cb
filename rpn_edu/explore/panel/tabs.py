"""The controls of an explorer: those of its subject and those of its picture, in a tab for each term."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ...component import Component
from ...network.formula import Formula
from ...shared.alone import alone
from ...shared.terms import BY_NAME
from ..pictures import Picture
from ..state.shown import Refusal
from .components import ComponentPanel

IDLE = " (changes nothing in this state)"


class Tab(NamedTuple):
    """The controls of one term: the boxes that hold them, and how their names begin."""

    boxes: list[Any]
    names: tuple[str, ...]


class Tabs:
    """The panels of subject and picture; `by_symbol` sorts them by terms. What belongs to no term stands with the picture's own.

    `terms` are the fields of a Formula that can be moved, `hide` names of fields that cannot; `moved` is called by every control.
    """

    def __init__(self, start: Component, picture: Picture, terms: Sequence[str], hide: Sequence[str], moved: Callable[[Any], None]) -> None:
        self.start = start, picture
        self.picture = ComponentPanel(picture, "picture", moved, hidden=tuple(hide))
        self.by_symbol: dict[str, Tab] = {}
        if isinstance(start, Formula):
            fixed = tuple(field.name for field in Formula.declared if field.name not in terms)
            self.subject = ComponentPanel(start, "formula", moved, hidden=fixed, fits=self._fits)
            for term, panel in self.subject.parts.items():
                self.by_symbol[BY_NAME[term].symbol] = Tab([panel.box], (f"formula.{term}",))
        else:
            self.subject = ComponentPanel(start, start.term, moved, picture.subject, (*hide, *picture.fixed), self._fits)
            self.by_symbol[BY_NAME[start.term].symbol] = Tab([self.subject.box], (start.term,))
        own = self.subject.widgets if isinstance(start, Formula) else {}
        if own or self.picture.widgets:
            boxes = [self.subject.own] if own else []
            self.by_symbol["g"] = Tab([*boxes, self.picture.box], ("picture.", *(f"formula.{name}" for name in own)))
        named = [BY_NAME[term].symbol for term in terms if term in BY_NAME]
        self.first = next(iter([*(symbol for symbol in named if symbol in self.by_symbol), *self.by_symbol]), "")
        """The tab that is lit first: that of the first of the terms."""

    def _fits(self, component: Component) -> bool:
        """Whether the picture can be shown of a component that is made for one size."""
        start, picture = self.start
        whole = isinstance(start, Formula)
        names = [field.name for field in start.declared if whole and isinstance(component, field.base if field.kind == "part" else ())]
        if not (names or isinstance(component, picture.subject)):
            return False  # it is part of what is shown, and its size is not told by the picture's
        try:
            with alone():
                state = dataclasses.replace(start, **{names[0]: component}) if names else component  # type: ignore[type-var]
                return bool(picture.sizes(state)) and not picture.refuses(state)
        except ValueError:
            return False

    def value(self) -> tuple[Any, Any]:
        """Subject and picture as the controls describe them now. Refusal where fields do not fit together."""
        try:
            picture, subject = self.picture.value(), self.subject.value()
        except ValueError as error:
            raise Refusal(str(error)) from error
        return subject, picture

    def set(self, subject: Component, picture: Component | None) -> None:
        """Move the controls to a state; None leaves those of the picture. The caller holds the redraws."""
        self.subject.set(subject)
        if picture is not None:
            self.picture.set(picture)

    def nearest(self, subject: Any, picture: Any) -> tuple[Any, Any]:
        """The state that the controls can take next to this one."""
        return self.subject.nearest(subject), self.picture.nearest(picture)

    def controls(self) -> Iterator[tuple[str, Any]]:
        """(name, widget) of every control that changes the picture."""
        yield from self.subject.controls()
        yield from self.picture.controls()

    def variants(self, subject: Any, picture: Any, names: tuple[str, ...]) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
        """(name of a control, states that differ from this one in it alone) of those whose names begin with one of `names`."""
        for name, pictures in self.picture.variants(picture):
            if name.startswith(names):
                yield name, [(subject, other) for other in pictures]
        for name, subjects in self.subject.variants(subject):
            if name.startswith(names):
                yield name, [(other, picture) for other in subjects]

    def names(self, lit: str | None) -> tuple[str, ...]:
        """How the names of the controls of one tab begin, or those of all."""
        tabs = self.by_symbol.values() if lit is None else [self.by_symbol[lit]]
        return tuple(name for tab in tabs for name in tab.names)

    def lock(self) -> None:
        """Grey out all controls."""
        for _, widget in self.controls():
            widget.disabled = True

    def disable(self, idle: Sequence[str]) -> None:
        """Grey out the controls of these names, and say of them that they change nothing. The others can be moved."""
        for name, widget in self.controls():
            widget.disabled = name in idle
            said = widget.tooltip.removesuffix(IDLE)
            widget.tooltip = said + IDLE if name in idle else said
