"""The pages of the catalogue: one for every component, and one for all."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ... import catalogue
from ...component import Component
from ...course.rows import read
from ...shared.terms import BY_NAME
from .markup import escaped, paragraphs, table, toctree
from .tex import tex

Class = type[Component]
SIZE = (420, 210)
"""Pixels: the picture of a component."""


def pages(chapters: dict[str, list[Path]], save: Callable[[str, bytes], str]) -> Iterator[tuple[str, str]]:
    """(name, Markdown) of all pages. `chapters` name a component in their code; `save` keeps a picture and says where it lies."""
    rows: list[str] = []
    for term, classes in catalogue.terms().items():
        if term not in BY_NAME:
            continue  # Formula and Output put terms together: they stand among the names of Python
        rows += [f"## {BY_NAME[term].label}", "", escaped(catalogue.introduction(term, classes)), ""]
        for family, members in catalogue.families(classes):
            entries = [[link(cls), f"${tex(cls.formula_line())}$"] for cls in members]
            rows += [f"### {escaped(family.rstrip('.'))}", "", table(["component", "formula"], entries), ""]
        names = [f"{cls.__name__} <components/{cls.qualified_name()}>" for cls in classes]
        rows += [toctree(names, BY_NAME[term].label), ""]
        for cls in classes:
            yield f"components/{cls.qualified_name()}", page(cls, chapters.get(cls.qualified_name(), []), save)
    yield "catalogue", "\n".join(["# Catalogue", "", escaped(catalogue.HINT), "", *rows])


def link(cls: Class) -> str:
    """Where a component is told in full, from the page of all."""
    return f"[`{cls.__name__}`](components/{cls.qualified_name()}.md)"


def page(cls: Class, chapters: list[Path], save: Callable[[str, bytes], str]) -> str:
    """A component: formula, picture, call, numbers, sizes, source, and the chapters that use it."""
    from ...explore.gallery import drawn, example_of

    term, example = BY_NAME[cls.term], example_of(cls)
    png, said = drawn(example, SIZE)
    _, *told = paragraphs(re.sub(r"\s*Source:.+?(?=\n\n|\Z)", "", cls.__doc__ or "", flags=re.S))
    alt = escaped(f"{cls.__name__}: {said}").replace("\n", " ")
    numbers = ["## Numbers to choose", "", *(f"- {number(told)}" for told in map(catalogue.dial, cls.declared)), ""] if cls.declared else []
    sizes = catalogue.sizes(cls, 1, 2, 4, 8, 16)
    chapter = " · ".join(f"[{read(path).label}](../{path.name})" for path in chapters)
    return "\n".join(
        [
            *(f"# {cls.__name__}", "", f"{term.label}. Its family: *{escaped(catalogue.headline(cls.__module__))}*", ""),
            *("$$", tex(cls.formula_line()), "$$", ""),
            *("```python", "import rpn_edu as rpn", "", f"rpn.{catalogue.call(cls)}", "```", ""),
            *(f"![{alt}](../{save(cls.qualified_name(), png)})", "", f"The picture shows {escaped(said)}, of `{example!r}`.", ""),
            *("\n\n".join(told), ""),
            *numbers,
            *((f"## Sizes\n\n{escaped(sizes)}\n",) if sizes else ()),
            *(f"**Source:** {escaped(catalogue.source(cls))}", ""),
            *((f"**In the chapters:** {chapter}", "") if chapter else ()),
            f"**To read:** `{cls.__module__.replace('.', '/')}.py` · [all components](../catalogue.md)",
            "",
        ]
    )


def number(told: str) -> str:
    """A line of the catalogue about a field: its name and values as code, then its meaning."""
    name, _, meaning = told.partition("): ")
    return f"`{name})`: {escaped(meaning)}" if meaning else f"`{told}`"
