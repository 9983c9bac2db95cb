"""The pages of the Python names: what is public, how it is called, what its docstring says."""

import dataclasses
import importlib
import inspect
import re
import typing
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from ... import catalogue
from ...component import CATALOGUE, Field
from .components import number
from .markup import escaped, paragraphs, table, toctree

ROOMS = {
    "rpn_edu": "models, formulas and components",
    "rpn_edu.data": "data",
    "rpn_edu.learn": "training",
    "rpn_edu.zoo": "known models",
    "rpn_edu.explore": "explorers and pictures",
    "rpn_edu.course": "questions, exercises, symbols",
    "rpn_edu.expansion": "what every κ has",
    "rpn_edu.interdependence": "what every ξ has",
    "rpn_edu.reconciliation": "what every ψ has",
    "rpn_edu.remainder": "what every π has",
    "rpn_edu.fusion": "what every fusion has",
}
"""The modules that people import, with what they find there."""


def pages() -> Iterator[tuple[str, str]]:
    """(name, Markdown) of a page for each module, and of the one above them."""
    for room, told in ROOMS.items():
        module = importlib.import_module(room)
        names = public(module)
        head = [f"# {escaped(room)}: {told}", "", *paragraphs(module.__doc__)[:1], ""]
        yield f"api/{room}", "\n\n".join([*head, *(entry(room, name, names[name]) for name in sorted(names, key=str.lower))]) + "\n"
    rows = [[f"[`{room}`]({room}.md)", told] for room, told in ROOMS.items()]
    below = toctree([f"{room} <{room}>" for room in ROOMS])
    yield "api/index", f"# Python names\n\nWhat you import, and what its docstrings say.\n\n{table(['module', 'for'], rows)}\n\n{below}\n"


def public(module: ModuleType) -> dict[str, Any]:
    """The classes and functions of ours that a module offers, but for the components of a term: those have pages of their own."""
    found: dict[str, Any] = {name: value for name, value in vars(module).items() if inspect.isclass(value) or inspect.isfunction(value)}
    own = module.__name__ if module.__name__ in map(places, catalogue.TERMS) else "rpn_edu."

    def wanted(name: str, value: Any) -> bool:
        told_elsewhere = value in CATALOGUE.values() and value.term
        return name[0] != "_" and value.__module__.startswith(own) and ".shared." not in value.__module__ and not told_elsewhere

    return {name: value for name, value in found.items() if wanted(name, value)}


def places(term: Any) -> str:
    """Where the components of a term live."""
    return catalogue.PLACES[term.name]


def entry(room: str, name: str, value: Any) -> str:
    """A class or a function: its call, its words, and below a class its fields and what can be called of it."""
    kind = "class" if inspect.isclass(value) else "function"
    inside = [*paragraphs(value.__doc__)]
    if kind == "class":
        fields = getattr(value, "declared", ())
        inside += ["\n".join(f"- {number(catalogue.dial(field))}" for field in fields)] if fields else []
        inside += [member(f"{name}.{own}", own, found) for own, found in members(value)]
    return fenced(kind, f"{name}{call(value)}", [f":module: {room}"], inside, "`````")


def member(name: str, own: str, found: Any) -> str:
    """A method or a property of a class."""
    if isinstance(found, property):
        return fenced("property", own, [], paragraphs(found.__doc__), "````")
    marks = [f":{mark.__name__}:" for mark in (classmethod, staticmethod) if isinstance(found, mark)]
    plain = found.__func__ if marks else found
    return fenced("method", f"{own}{call(plain, inside=':staticmethod:' not in marks)}", marks, paragraphs(plain.__doc__), "````")


def fenced(kind: str, signature: str, options: list[str], inside: list[str], fence: str) -> str:
    """A directive of Sphinx's domain of Python."""
    return "\n".join([f"{fence}{{py:{kind}}} {signature}", *options, "", "\n\n".join(inside), fence])


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class itself defines and says a word of; of a picture none, since an explorer calls them."""
    if getattr(cls, "declared", ()) and hasattr(cls, "paint"):
        return
    for name, found in vars(cls).items():
        plain = getattr(found, "__func__", found)
        if name[0] != "_" and plain.__doc__ and (inspect.isfunction(plain) or isinstance(found, property)):
            yield name, found


def call(value: Any, inside: bool = False) -> str:
    """The brackets of a call, with types as people read them; `inside` leaves out self."""
    if fields := getattr(value, "declared", ()):
        return f"({', '.join(field.name + default(field) for field in fields)})"
    try:
        asked = inspect.signature(value)
    except ValueError:  # made by others
        return "(...)"
    given = list(asked.parameters.values())[inside:]
    given = [each.replace(annotation=each.empty if each.annotation is each.empty else Said(each.annotation)) for each in given]
    result = asked.return_annotation
    back = asked.empty if result is asked.empty or inspect.isclass(value) else Said(result)
    return str(asked.replace(parameters=given, return_annotation=back))


def default(field: Field) -> str:
    """The default of a field of a component, as a call would write it."""
    return "" if field.default is dataclasses.MISSING else f"={field.default!r}"


class Said:
    """A type in a signature: without the modules that its names come from."""

    def __init__(self, kind: Any) -> None:
        kind = kind if isinstance(kind, str) or typing.get_origin(kind) is None else str(kind)
        self.words = re.sub(r"\b(?:\w+\.)+(?=\w)", "", kind if isinstance(kind, str) else inspect.formatannotation(kind))

    def __repr__(self) -> str:
        return self.words
