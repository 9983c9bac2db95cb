"""The functions of a snippet: what a component has spread over several methods is one again, where that is how a person would write it."""

import ast
import dataclasses
from typing import Any

from .source import lines
from .tree import names, walked


@dataclasses.dataclass
class Function:
    """A function as it is written; `owner` is the component whose method it was, or None."""

    name: str
    taken: list[str]
    body: list[ast.stmt]
    comments: list[str]
    owner: Any

    def __str__(self) -> str:
        return "\n".join([*self.comments, f"def {self.name}({', '.join(self.taken)}):", *lines(self.body, 1)])


def joined(functions: list[Function], main: list[ast.stmt]) -> list[Function]:
    """The functions that are called, callers below what they call: one that is called only once, by its own component, stands there."""
    kept: list[Function] = []
    below = list(main)
    for function in reversed(functions):
        used = [name for node in below for name in names(node, ast.Load)].count(function.name)
        if not used:  # only its name was needed
            continue
        caller = next((one for one in kept if used == 1 and one.owner is function.owner is not None and joins(function, one)), None)
        if caller is None:
            kept.insert(0, function)
        below += function.body
    return kept


def joins(function: Function, caller: Function) -> bool:
    """Put a function in the place of its call, where nothing else comes first there and no names are in the way."""
    for place, node in enumerate(caller.body):
        call = first(node.value) if isinstance(node, (ast.Assign, ast.Return)) and node.value else None
        match call:
            case ast.Call(ast.Name(function.name), given):
                *before, last = function.body
                whole, after = ast.Module(function.body, []), ast.Module([node, *caller.body[place + 1 :]], [])
                own, there = {*names(whole, ast.Store)}, {*names(ast.Module(caller.body, []), ast.Store), *caller.taken}
                free = not own - {*function.taken} & there and not own & {*names(after, ast.Load)} - {*function.taken}
                ends = [part for part in walked(whole) if isinstance(part, ast.Return)] == [last]
                if not (free and ends and [ast.unparse(one) for one in given] == function.taken):
                    return False
                _Instead(call, last.value).visit(node)  # type: ignore[attr-defined]
                node.beside = getattr(node, "beside", "") or getattr(last, "beside", "")  # type: ignore[union-attr]
                caller.body[place:place] = before
                return True
    return False


def first(node: ast.expr) -> ast.expr:
    """f(x) of f(x).flatten().T: what is computed before all else of an expression that goes on from there."""
    while True:
        match node:
            case ast.Call(ast.Attribute(inner)) | ast.Attribute(inner):
                node = inner
            case _:
                return node


class _Instead(ast.NodeTransformer):
    """One expression in the place of another."""

    def __init__(self, gone: ast.expr, value: ast.expr) -> None:
        self.gone, self.value = gone, value

    def visit(self, node: ast.AST) -> Any:
        return self.value if node is self.gone else self.generic_visit(node)
