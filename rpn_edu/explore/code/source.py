"""Python source with its comments: read into a tree, and laid out again as a person would."""

import ast
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Iterator

from .tree import walked

WIDTH = 100


def parsed(call: Callable) -> ast.FunctionDef:
    """The source of a function, its comments kept as attributes of the statements they belong to."""
    source = textwrap.dedent(inspect.getsource(call))
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    comments = (token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT)
    tokens = list(kept(comments))
    beside = {t.start[0]: t.string for t in tokens if t.line[: t.start[1]].strip()}
    above = {t.start[0]: t.string for t in tokens if t.start[0] not in beside}
    for node in walked(definition):
        if isinstance(node, ast.stmt):
            line = node.lineno
            while line - 1 in above:
                line -= 1
            last = node.body[0].lineno - 1 if isinstance(node, (ast.For, ast.If, ast.With, ast.FunctionDef)) else node.end_lineno
            node.above, node.beside = [above[i] for i in range(line, node.lineno)], beside.get(last, "")  # type: ignore[attr-defined]
    return definition


def kept(comments: Iterable[tokenize.TokenInfo]) -> Iterator[tokenize.TokenInfo]:
    """The comments that speak to a reader: neither to tools, nor of speed, with the lines that go on about it."""
    last = -1
    for comment in comments:
        line = comment.start[0]
        goes_on = line == last + 1 and not comment.line[: comment.start[1]].strip()
        if goes_on or re.match("# (type:|noqa|fast:)", comment.string):
            last = line
        else:
            yield comment


def lines(statements: list[ast.stmt], depth: int = 0) -> Iterator[str]:
    """Statements as a person would lay them out, with the comments of the source."""
    margin = "    " * depth
    for statement in statements:
        for comment in getattr(statement, "above", []):
            yield from textwrap.wrap(comment, WIDTH, initial_indent=margin, subsequent_indent=margin + "# ")
        beside = getattr(statement, "beside", "")
        text = unparsed(statement)
        if isinstance(statement, (ast.FunctionDef, ast.For, ast.If, ast.With)):
            around = [""] if isinstance(statement, ast.FunctionDef) else []
            yield from [*around, margin + text.partition("\n")[0] + f"  {beside}".rstrip(), *lines(statement.body, depth + 1), *around]
            if otherwise := getattr(statement, "orelse", []):
                yield from [margin + "else:", *lines(otherwise, depth + 1)]
        else:
            fits = beside and len(f"{margin}{text}  {beside}") <= WIDTH
            yield from wrapped(f"{margin}{text}  {beside}" if fits else margin + text, margin + "    ")


def unparsed(statement: ast.stmt) -> str:
    """ast.unparse without its needless brackets and with our quotes."""
    text = ast.unparse(ast.fix_missing_locations(statement))
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Tuple) and len(value.elts) > 1:  # a, b = (b, a)
        text = text.removesuffix(whole := ast.unparse(value)) + whole[1:-1]
    for call in walked(statement):
        if isinstance(call, ast.Call) and len(call.args) == 1 and isinstance(call.args[0], ast.GeneratorExp):  # max((d for d in ...))
            text = text.replace(f"({ast.unparse(call.args[0])})", ast.unparse(call.args[0]))
    return text if '"' in text else text.replace("'", '"')


def wrapped(line: str, margin: str) -> Iterator[str]:
    """A long line, broken inside its outermost brackets, after commas or before `for`."""
    start = 0
    while len(line) > WIDTH:
        depth, breaks = start, {}
        for place, letter in enumerate(line[:WIDTH]):
            depth += (letter in "([{") - (letter in ")]}")
            before_for = line[place:].startswith(" for ")
            if letter == " " and depth and place >= len(margin) and (line[place - 1] == "," or before_for):
                breaks[place] = (depth, depth - before_for / 2)
        if not breaks:
            break
        outermost = min(rank for _, rank in breaks.values())
        place = max(place for place, (_, rank) in breaks.items() if rank == outermost)
        start = breaks[place][0]
        yield line[:place]
        line = margin + line[place + 1 :]
    yield line
