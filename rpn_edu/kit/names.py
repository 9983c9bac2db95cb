"""Which names a cell gives to something, which it asks for, and which cells it needs therefore: Python's own table of symbols knows."""

import ast
from collections.abc import Iterator, Sequence
from symtable import SymbolTable, symtable


def given(source: str) -> set[str]:
    """The names that a cell gives to something for the cells below it. SyntaxError for what is no Python."""
    return {one.get_name() for one in symtable(source, "cell", "exec").get_symbols() if one.is_assigned() or one.is_imported()}


def used(source: str) -> set[str]:
    """The names that a cell asks for before it gives them itself. SyntaxError for what is no Python."""
    asked: set[str] = set()
    own: set[str] = set()
    for node in ast.parse(source).body:
        asked |= read(node) - own
        own |= given(ast.unparse(node))
    return asked


def read(node: ast.stmt) -> set[str]:
    """The names of the notebook that a statement reads, in its functions too; x += 1 reads x."""
    source = ast.unparse(node)
    found = {one.get_name() for one in symtable(source, "cell", "exec").get_symbols() if one.is_referenced()}
    steps = {part.target.id for part in ast.walk(node) if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name)}
    return found | steps | late(source)


def late(source: str) -> set[str]:
    """The names of the notebook that functions read: what they mean is known when they are called. SyntaxError for what is no Python."""
    _, *inner = inside(symtable(source, "cell", "exec"))
    return {one.get_name() for table in inner for one in table.get_symbols() if one.is_referenced() and one.is_global()}


def inside(table: SymbolTable) -> Iterator[SymbolTable]:
    """A table, and those of the functions and classes in it."""
    yield table
    for child in table.get_children():
        yield from inside(child)


def needed(sources: Sequence[str], wanted: set[int]) -> set[int]:
    """The numbers of the cells that must be run for some of them: these, and what names the things that they ask for.

    SyntaxError for what is no Python.
    """
    found: set[int] = set()
    always: set[str] = set()  # what functions ask for, whoever gives it last
    while True:
        asked: set[str] = set()
        for number in reversed(range(len(sources))):
            if number in wanted or given(sources[number]) & (asked | always):
                found.add(number)
                asked = (asked - given(sources[number])) | used(sources[number])
        more = set[str]().union(*(late(sources[number]) for number in found))
        if more <= always:
            return found
        always |= more
