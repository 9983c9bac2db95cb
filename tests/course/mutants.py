"""Every small slip in a piece of code, one at a time: another operator, a number one off, a term left out, factors or arguments swapped."""

import ast
import copy
from collections.abc import Iterator

import rpn_edu as rpn

OPERATORS = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
}
NAMES = {
    "maximum": "minimum", "minimum": "maximum", "sum": "mean", "mean": "sum", "cat": "stack", "stack": "cat", "sin": "cos", "cos": "sin",
    "ones": "zeros", "zeros": "ones", "triu": "tril", "tril": "triu", "Max": "Min", "Min": "Max", "Concat": "Sum", "Sum": "Concat",
}  # fmt: skip


def mutants(source: str) -> Iterator[str]:
    """The source with one slip, once for every slip there is."""
    tree = ast.parse(source)
    before = ast.unparse(tree)
    for k, node in enumerate(ast.walk(tree)):
        for slip in slips(node, names_around(tree, node)):
            changed = copy.deepcopy(tree)
            old = list(ast.walk(changed))[k]
            place(changed, old, slip)
            if (after := ast.unparse(ast.fix_missing_locations(changed))) != before:
                yield after


def place(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """A node in the place of another."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
            elif isinstance(value, list):
                setattr(parent, field, [new if item is old else item for item in value])


def names_around(tree: ast.AST, node: ast.AST) -> list[str]:
    """The arguments of the functions that a node lies in."""
    inside = [f for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.Lambda)) and any(node is n for n in ast.walk(f))]
    return [argument.arg for function in inside for argument in function.args.args]


def slips(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    """What a node may become by one slip."""
    match node:
        case ast.BinOp(left, op, right):
            yield from (ast.BinOp(left, other(), right) for other in OPERATORS.get(type(op), ()))
            yield ast.BinOp(right, op, left) if not isinstance(op, (ast.Add, ast.Mult)) else node
            yield from (left, right)
        case ast.Compare(left, [op], right):
            yield from (ast.Compare(left, [other()], right) for other in OPERATORS.get(type(op), ()))
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Name(name, ast.Load()) if name in names:
            yield from (ast.Name(other, ast.Load()) for other in names if other != name)
        case ast.Attribute(value, "mT" | "T"):
            yield value
        case ast.Attribute(value, name) if name in NAMES:
            yield ast.Attribute(value, NAMES[name], ast.Load())
        case ast.Tuple(items, ast.Load()) | ast.List(items, ast.Load()) if len(items) > 1:
            yield from (type(node)([*items[:k], *items[k + 1 :]], ast.Load()) for k in range(len(items)))
            yield from (type(node)([*items[:k], items[k + 1], items[k], *items[k + 2 :]], ast.Load()) for k in range(len(items) - 1))
        case ast.Call(function):
            yield from without_or_swapped(node)
            if isinstance(function, ast.Attribute) and not isinstance(function.value, ast.Name):
                yield function.value  # x.clamp(...) → x
            yield from (ast.Call(ast.parse(f"rpn.{other}", mode="eval").body, [], []) for other in siblings(function))
    return


def without_or_swapped(node: ast.Call) -> Iterator[ast.AST]:
    """A call without one of its named arguments, and with two neighbours among the others swapped."""
    named, plain = node.keywords, node.args
    yield from (ast.Call(node.func, plain, [*named[:k], *named[k + 1 :]]) for k in range(len(named)))
    for k in range(len(plain) - 1):
        yield ast.Call(node.func, [*plain[:k], plain[k + 1], plain[k], *plain[k + 2 :]], named)


def siblings(function: ast.expr) -> list[str]:
    """The other components of the same term, without arguments: three of them."""
    words = ast.unparse(function).removeprefix("rpn.")
    if words not in rpn.CATALOGUE or not words[0].islower():
        return []
    return [name for name in rpn.CATALOGUE if name.startswith(words.partition(".")[0] + ".") and name != words][:3]
