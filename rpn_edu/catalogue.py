"""The catalogue for people: `python -m rpn_edu` lists every component, `python -m rpn_edu Taylor` tells one in full.

Names are taken as people write them: any case, a term by its letter (κ, kappa), tinyBIG's taylor_expansion, a call such as Taylor(order=2).
`--markdown` prints the table of the README, `--write` brings README.md and notebooks/catalogue.md of a checkout up to date.
Everything comes from the classes: formula, meaning and source from their docstrings, numbers from their declared fields.
"""

import argparse
import dataclasses
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path

from . import __version__
from .component import CATALOGUE, Component, Field, near, term_names
from .network.formula import Formula
from .shared import machine
from .shared.terms import TERMS
from .shared.words import bare

Class = type[Component]
ROOT, WIDTH = Path(__file__).parent.parent, 100
HINT = "The numbers in brackets are what sliders and tests explore; larger ones are allowed."
PLACES = {term.name: f"rpn_edu.{term.name}" for term in TERMS} | {"formula": Formula.__module__}
"""Where the classes of each term live, and those that put the terms together."""
SIZES = {term.name: term.size for term in TERMS if term.size}


def terms() -> dict[str, list[Class]]:
    """The classes of each term, in the order in which the formula names the terms."""
    classes = CATALOGUE.values()
    return {term: [cls for cls in classes if f"{cls.__module__}.".startswith(f"{place}.")] for term, place in PLACES.items()}


def headline(module: str) -> str:
    """The first line of a module's docstring: what its classes have in common."""
    return (sys.modules[module].__doc__ or "").partition("\n")[0]


def families(classes: list[Class]) -> Iterator[tuple[str, list[Class]]]:
    """The classes of a term by the file they stand in, with the headline of that file."""
    for module, members in groupby(classes, key=lambda cls: cls.__module__):
        yield headline(module), list(members)


def call(cls: Class) -> str:
    """The component with its default values, and an example where there is no default."""
    return repr(cls.samples()[0])


def sizes(cls: Class, *wanted: int) -> str:
    """D or l for the wanted sizes, or for the one that the component was made for (a grid, a table)."""
    if cls.term not in SIZES:
        return ""
    part, (_, letter, count) = cls.samples()[0], SIZES[cls.term]

    def told(size: int) -> str:
        try:
            return count(part, size) + ("" if (size,) == wanted else f" for {letter} = {size}")
        except ValueError:  # blocks that do not divide it
            return ""

    fixed = getattr(part, "made_for", None)
    return "; ".join(filter(None, map(told, [fixed] if fixed else wanted)))


def source(cls: Class) -> str:
    """What stands behind "Source:" in the docstring of the class, or of the family it belongs to."""
    found = (re.search(r"Source:\s*(.+?)(\n\n|\Z)", inspect.cleandoc(base.__doc__ or ""), re.S) for base in cls.__mro__)
    return " ".join(next(match[1] for match in found if match).split())


def dial(field: Field) -> str:
    """name=default (what is explored): meaning."""
    if field.kind in ("int", "float"):
        explored = f"{field.meta.low:g} to {field.meta.high:g}"
    elif field.kind in ("bool", "choice"):
        explored = ", ".join(map(str, field.explored()))
    else:
        explored = {"part": "a component", "parts": "components", "table": "given"}[field.kind]
    value = "" if field.default is dataclasses.MISSING else f"={field.default!r}"
    return f"{field.name}{value} ({explored})" + (f": {field.doc}" if field.doc != field.name else "")


def dials(classes: list[Class], cls: Class | None = None) -> list[str]:
    """The fields that all classes of a term share; of one class, those that they do not share."""
    common = set.intersection(*({field.name for field in each.declared} for each in classes))
    return [dial(field) for field in (cls or classes[0]).declared if (field.name in common) is (cls is None)]


def introduction(term: str, classes: list[Class]) -> str:
    """What all components of a term have in common: what they are for, which size is shown, the fields that all of them have."""
    shown = [f"Shown: {SIZES[term].told}."] if term in SIZES else []
    return " ".join([headline(PLACES[term]), *shown, *(f"All have {told}." for told in dials(classes))])


def listing(*chosen: str) -> str:
    """Every component (of the chosen terms), for a terminal."""
    lines = [HINT]
    for term, classes in terms().items():
        if chosen and term not in chosen:
            continue
        lines += ["", "", f"{term.upper()} ({len(classes)})", introduction(term, classes)]
        for family, members in families(classes):
            lines += ["", f"-- {family}"]
            for cls in members:
                told = cls.formula_line(), *dials(classes, cls), ", ".join(filter(None, (sizes(cls, 4), source(cls))))
                lines += ["", f"  {call(cls)}", *(f"      {text}" for text in told)]
    return filled(lines)


def full(cls: Class) -> str:
    """One component, for a terminal."""
    docs = chain(*(("", " ".join(part.split())) for part in inspect.cleandoc(cls.__doc__ or "").split("\n\n")))
    told = *map(dial, cls.declared), sizes(cls, 1, 2, 4, 8, 16, 64), json.dumps(cls.samples()[0].to_config())
    return filled([call(cls), *docs, "", *filter(None, told), f"Read it in {cls.__module__.replace('.', '/')}.py"])


def filled(lines: list[str]) -> str:
    """Long lines go on below, indented."""
    own = [len(line) - len(line.lstrip()) for line in lines]
    return "\n".join(textwrap.fill(line, WIDTH, subsequent_indent=" " * (n + 2), break_on_hyphens=False) for n, line in zip(own, lines))


def table() -> str:
    """The table of the README: which components each term has."""
    found, lines = terms(), ["| term | | components |", "|---|---|---|"]
    for name in (term.name for term in TERMS):
        lines.append(f"| {name} | {cell(headline(PLACES[name]))} | {', '.join(cls.__name__ for cls in found[name])} |")
    return "\n".join(lines)


def page() -> str:
    """notebooks/catalogue.md: every component with all that the listing tells."""
    lines = ["# Catalogue", "", f"Made by `python -m rpn_edu --write`. {HINT}"]
    for term, classes in terms().items():
        lines += ["", f"## {term.title()}", "", cell(introduction(term, classes))]
        for family, members in families(classes):
            lines += ["", cell(family), "", "| component | formula | size | hyperparameters | source |", "|---|---|---|---|---|"]
            for cls in members:
                told = cell(sizes(cls, 4)), "<br>".join(map(cell, dials(classes, cls))), cell(source(cls))
                lines.append(f"| {' | '.join((code(call(cls)), code(cls.formula_line()), *told))} |")
    return "\n".join([*lines, ""])


def cell(text: str) -> str:
    """Text for a cell of a Markdown table: what would be read as a mark there is escaped."""
    return re.sub(r"([|<*_`])", r"\\\1", text)


def code(text: str) -> str:
    """Code for a cell of a Markdown table. Even inside code a bar would end the cell."""
    return "`" + text.replace("`", "").replace("|", "\\|") + "`"


def files() -> dict[Path, str]:
    """What the generated files of a checkout should hold. ValueError where the README is no text."""
    readme = ROOT / "README.md"
    return {readme: between_marks(machine.text(readme), "catalogue", table()), ROOT / "notebooks/catalogue.md": page()}


def between_marks(page: str, name: str, table: str) -> str:
    """The page with a table in the place of what stands between its marks, <!-- name --> and <!-- end of name -->."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    return re.sub(f"(?<={start}).*?(?={end})", lambda _: f"{table}\n", page, flags=re.S)


def main(arguments: list[str] | None = None, called: str = "python -m rpn_edu") -> None:
    """What the command line asks for: the listing, some components in full, the table, or the generated files."""
    parser = argparse.ArgumentParser(called, description=headline(__name__))
    parser.add_argument("name", nargs="*", help="a term (expansion), or a component to tell in full (expansion.Taylor, or Taylor)")
    parser.add_argument("--markdown", action="store_true", help="print the short table instead")
    parser.add_argument("--version", action="version", version=f"rpn_edu {__version__}")
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.write:  # for those who change the package, so it stands in no help
        for path, text in files().items():
            path.write_text(text, "utf-8", newline="\n")
    elif asked.name:
        try:
            print(f"\n\n{'-' * WIDTH}\n".join(told for name in asked.name for told in told_of(name)))
        except LookupError as unknown:
            parser.error(str(unknown))
    else:
        print(table() if asked.markdown else listing())


def told_of(name: str) -> list[str]:
    """The listing of a term, or every component that a name may mean. LookupError with the near misses."""
    classes = terms()
    letters = {letter: term.name for term in TERMS for letter in (term.letter, term.say)}
    words = [str(letters.get(word, word)) for word in re.findall(r"[^\W_]+", name.partition("(")[0].lower())]
    meant = [term for term in classes if {term, f"{term}s"} & set(words)]
    word = bare(" ".join(words), term_names())
    found = [listing(term) for term in meant if word in ("", term, f"{term}s")]
    found += [full(cls) for term in meant or classes for cls in classes[term] if cls.__name__.lower() == word]
    if not found:
        hint = near(name, chain(*(classes[term] for term in meant or classes)), qualified="." in name)
        raise LookupError(f"no component is called {name!r}{hint or '; without a name all are listed'}")
    return found
