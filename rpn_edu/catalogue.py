"""The catalogue for people: `python -m rpn_edu` lists every component, `python -m rpn_edu Taylor` tells one in full.

Names are taken as people write them: any case, a term by its letter (κ, kappa), tinyBIG's taylor_expansion, a call such as Taylor(order=2).
`--markdown` prints the table of the README, `--write` brings README.md and notebooks/catalogue.md of a checkout up to date.
Everything comes from the rows: formula, meaning and source from their docstrings, numbers from their declared fields.
"""

import argparse
import dataclasses
import inspect
import io
import json
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from itertools import chain, groupby
from pathlib import Path

from . import __version__
from .component import CATALOGUE, Component, Field, bare, near
from .course import SYMBOLS
from .network.formula import Formula
from .shared import machine

Row = type[Component]
ROOT, WIDTH = Path(__file__).parent.parent, 100
HINT = "The numbers in brackets are what sliders and tests explore; larger ones are allowed."
# What is counted for which size, the letter of that size, and how a component is asked.
SIZES: dict[str, tuple[str, str, Callable]] = {
    "expansion": ("D for m = 4 inputs", "m", lambda part, m: f"D = {part.width(m)}"),
    "reconciliation": ("l for n = 4 outputs and D = 3 n features", "n", lambda part, n: f"l = {part.length(n, 3 * n)}"),
    "remainder": ("l for m = n = 4", "m", lambda part, m: f"l = {part.length(m, m)}"),
    "interdependence": ("l and k' for 4 rows and k = 4 columns", "k", lambda part, k: f"l = {part.length(4, k)}, k' = {part.width(k)}"),
    "fusion": ("l and n for two parts of n_i = 4", "n_i", lambda part, n: f"l = {part.length([n, n])}, n = {part.width([n, n])}"),
}


def folder(row: Row) -> str:
    """The term of a row of rpn_edu, or the file that it lives in; empty for a row of somebody else."""
    return (row.term or row.__module__.rpartition(".")[2]) if row.__module__.startswith("rpn_edu.") else ""


def terms() -> dict[str, list[Row]]:
    """The rows of each term, in the order in which the formula names the terms."""
    order = dict.fromkeys(folder(type(field.default)) for field in Formula.declared if field.kind == "part")
    return {term: [row for row in CATALOGUE.values() if folder(row) == term] for term in order}


def place(term: str) -> str:
    """The module of a term."""
    return next(name for name in (f"rpn_edu.{term}", f"rpn_edu.network.{term}") if name in sys.modules)


def headline(module: str) -> str:
    """The first line of a module's docstring: what its rows have in common."""
    return (sys.modules[module].__doc__ or "").partition("\n")[0]


def families(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of a term by the file they stand in, with the headline of that file."""
    for module, members in groupby(rows, key=lambda row: row.__module__):
        yield headline(module), list(members)


def call(row: Row) -> str:
    """The component with its default values, and an example where there is no default."""
    return repr(row.samples()[0])


def sizes(row: Row, *wanted: int) -> str:
    """D or l for the wanted sizes, or for the one that the component was made for (a grid, a table)."""
    if folder(row) not in SIZES:
        return ""
    part, (_, letter, count) = row.samples()[0], SIZES[folder(row)]

    def told(size: int) -> str:
        try:
            return count(part, size) + ("" if (size,) == wanted else f" for {letter} = {size}")
        except ValueError:  # blocks that do not divide it
            return ""

    fixed = getattr(part, "made_for", None)
    return "; ".join(filter(None, map(told, [fixed] if fixed else wanted)))


def source(row: Row) -> str:
    """What stands behind "Source:" in the docstring of the row, or of the family it belongs to."""
    found = (re.search(r"Source:\s*(.+?)(\n\n|\Z)", inspect.cleandoc(base.__doc__ or ""), re.S) for base in row.__mro__)
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


def dials(rows: list[Row], row: Row | None = None) -> list[str]:
    """The fields that all rows of a term share; of one row, those that they do not share."""
    common = set.intersection(*({field.name for field in each.declared} for each in rows))
    return [dial(field) for field in (row or rows[0]).declared if (field.name in common) is (row is None)]


def introduction(term: str, rows: list[Row]) -> str:
    shown = [f"Shown: {SIZES[term][0]}."] if term in SIZES else []
    return " ".join([headline(place(term)), *shown, *(f"All have {told}." for told in dials(rows))])


def listing(*chosen: str) -> str:
    """Every component (of the chosen terms), for a terminal."""
    lines = [HINT]
    for term, rows in terms().items():
        if chosen and term not in chosen:
            continue
        lines += ["", "", f"{term.upper()} ({len(rows)})", introduction(term, rows)]
        for family, members in families(rows):
            lines += ["", f"-- {family}"]
            for row in members:
                told = row.formula_line(), *dials(rows, row), ", ".join(filter(None, (sizes(row, 4), source(row))))
                lines += ["", f"  {call(row)}", *(f"      {text}" for text in told)]
    return filled(lines)


def full(row: Row) -> str:
    """One component, for a terminal."""
    docs = chain(*(("", " ".join(part.split())) for part in inspect.cleandoc(row.__doc__ or "").split("\n\n")))
    told = *map(dial, row.declared), sizes(row, 1, 2, 4, 8, 16, 64), json.dumps(row.samples()[0].to_config())
    return filled([call(row), *docs, "", *filter(None, told), f"Read it in {row.__module__.replace('.', '/')}.py"])


def filled(lines: list[str]) -> str:
    """Long lines go on below, indented."""
    own = [len(line) - len(line.lstrip()) for line in lines]
    return "\n".join(textwrap.fill(line, WIDTH, subsequent_indent=" " * (n + 2), break_on_hyphens=False) for n, line in zip(own, lines))


def table() -> str:
    """The table of the README: which components each term has."""
    told = {term: (cell(headline(place(term))), ", ".join(row.__name__ for row in rows)) for term, rows in terms().items()}
    return "\n".join(["| term | | components |", "|---|---|---|", *(f"| {term} | {' | '.join(told[term])} |" for term in SIZES)])


def page() -> str:
    """notebooks/catalogue.md: every component with all that the listing tells."""
    lines = ["# Catalogue", "", f"Made by `python -m rpn_edu --write`. {HINT}"]
    for term, rows in terms().items():
        lines += ["", f"## {term.title()}", "", cell(introduction(term, rows))]
        for family, members in families(rows):
            lines += ["", cell(family), "", "| component | formula | size | hyperparameters | source |", "|---|---|---|---|---|"]
            for row in members:
                told = cell(sizes(row, 4)), "<br>".join(map(cell, dials(rows, row))), cell(source(row))
                lines.append(f"| {' | '.join((code(call(row)), code(row.formula_line()), *told))} |")
    return "\n".join([*lines, ""])


def cell(text: str) -> str:
    return re.sub(r"([|<*_`])", r"\\\1", text)


def code(text: str) -> str:
    return "`" + text.replace("`", "").replace("|", "\\|") + "`"


def files() -> dict[Path, str]:
    """What the generated files of a checkout should hold."""
    readme = ROOT / "README.md"
    start, end = "<!-- catalogue -->\n", "<!-- end of catalogue -->"
    section = re.compile(f"(?<={start}).*?(?={end})", re.S)
    return {readme: section.sub(lambda _: f"{table()}\n", machine.text(readme)), ROOT / "notebooks/catalogue.md": page()}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m rpn_edu", description=headline(__name__))
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
    rows = terms()
    letters = {letter: row.code[4:] for row in SYMBOLS if row.code[4:] in rows for letter in (row.symbol, row.say)}
    words = [str(letters.get(word, word)) for word in re.findall(r"[^\W_]+", name.partition("(")[0].lower())]
    meant = [term for term in rows if {term, f"{term}s"} & set(words)]
    word = bare(" ".join(words))
    found = [listing(term) for term in meant if word in ("", term, f"{term}s")]
    found += [full(row) for term in meant or rows for row in rows[term] if row.__name__.lower() == word]
    if not found:
        hint = near(name, chain(*(rows[term] for term in meant or rows)), qualified="." in name)
        raise LookupError(f"no component is called {name!r}{hint or '; without a name all are listed'}")
    return found


def entered() -> None:
    """`python -m rpn_edu`, at any console and before any reader that leaves early."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old console without Greek letters shows question marks, not a traceback
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
