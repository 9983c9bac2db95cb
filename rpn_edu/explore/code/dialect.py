"""The Python that *As code* can read: what a class, a picture and all that they call may be written in.

Everything else of the language is read too, and means what it says. These have a meaning of their own:

    frozen=..., x = c.frozen(...)   left out: the code draws frozen numbers anew where they are used
    with seeded(seed):              torch.manual_seed(seed): only a library must leave the stream as it was
    if ...: raise                   left out: the state has been checked already
    if, match, a if b else c        the branch that the state takes, where it decides
    for x in known                  a loop, or its rounds one after the other where components differ
    device=, strict=                left out: everything lies where it is made, and lengths are equal
    room = Room(...), out=          left out, and room.filled(planes) is torch.stack(planes): memory is for speed alone
    x.append(...), .update(...)     x is no longer what it was: see MUTATORS in snippet.py
    Named(a, b), Dict({...})        our named tuples are tuples, our dictionaries dictionaries
    x.expand(-1), x.mT.mT, [x][0]   x
    noqa, type: in comments         left out: they speak to tools
    # fast: ...                     left out, to its last line: at home nobody asks why it is written so
    torch.addcmul(a, x, y)          a + x * y: see PLAINLY, what is written for speed

What names mean must stay the same from line to line, so what changes them in other ways is refused: see REFUSED; and x += 1, where the
state knows x.
"""

import ast
import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .source import parsed
from .tree import copied, put

REFUSED: dict[type[ast.AST], str] = {
    ast.While: "write a for over a known range",
    ast.Try: "check before, nothing is tried",
    ast.NamedExpr: "give the value a line of its own",
    ast.Delete: "a name stays",
    ast.Global: "hand the value over",
    ast.Nonlocal: "hand the value over",
    ast.ClassDef: "write functions",
    ast.AsyncFunctionDef: "write def",
    ast.Yield: "return a list",
    ast.YieldFrom: "return a list",
    ast.SetComp: "write a list",
    ast.Assert: "raise what a reader understands",
    ast.Import: "import at the top of the file",
}
"""What no name may be changed or hidden by, and what to write instead."""

PLAINLY = {
    "torch.mul(a, b)": "b * a",
    "torch.add(a, b, alpha=c)": "a + c * b",
    "torch.addcmul(a, x, y)": "a + x * y",
    "torch.addcmul(a, x, y, value=c)": "c * x * y + a",
    "x.contiguous()": "x",
    "room.filled(planes)": "torch.stack(planes)",
    "room.filled(planes, dim)": "torch.stack(planes, dim)",
    "room.side_by_side(parts)": "torch.cat(parts, -1)",
}
"""What is written for speed, and how a person writes it."""
RULES = [(ast.parse(fast, mode="eval").body, ast.parse(plain, mode="eval").body) for fast, plain in PLAINLY.items()]


def plainly(node: ast.Call) -> ast.expr:
    """A call as a person writes it, where the library has written it for speed."""
    for fast, plain in RULES:
        given: dict[str, ast.expr] = {}
        if is_like(node, fast, given):
            return put(plain, given)
    return node


def is_like(node: Any, pattern: Any, given: dict[str, ast.expr]) -> bool:
    """Is the code written as the pattern, whose small names stand for anything? What they stand for is noted in `given`."""
    if isinstance(pattern, ast.Name) and pattern.id != "torch":
        given[pattern.id] = node
        return True
    if isinstance(pattern, list):
        return len(node) == len(pattern) and all(is_like(one, other, given) for one, other in zip(node, pattern))
    if isinstance(pattern, ast.AST):
        return type(node) is type(pattern) and all(is_like(getattr(node, f), getattr(pattern, f), given) for f in pattern._fields)
    return node == pattern


def spoken(call: Callable) -> ast.FunctionDef:
    """The source of a function as a tree of one's own. NotImplementedError, with file and line, where it leaves the dialect."""
    return copied(read(inspect.unwrap(getattr(call, "__func__", call))))


@functools.lru_cache(1024)
def read(written: Callable) -> ast.FunctionDef:
    """The tree of a function, which nobody may change. NotImplementedError as `spoken`."""
    definition = parsed(written)
    ast.increment_lineno(definition, inspect.getsourcelines(written)[1] - 1)  # as the lines of its file
    file = Path(inspect.getsourcefile(written) or "").name
    for node in told(definition):
        if instead := REFUSED.get(type(node)):
            said = ast.unparse(node).partition("\n")[0]
            raise NotImplementedError(f"As code cannot read {said!r} in {file}, line {getattr(node, 'lineno', '?')}: {instead}")
    return definition


def told(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those of checks, which are left out."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and isinstance(child.body[-1], ast.Raise)):
            yield from told(child)
