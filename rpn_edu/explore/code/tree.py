"""Pieces of code as trees: what they name, and what becomes of them when something is put in the place of a name."""

import ast
import math
from collections.abc import Iterator
from typing import Any


def is_plain(value: Any) -> bool:
    """Can the value be written down as a literal?"""
    if value == {} and isinstance(value, dict):
        return True
    if isinstance(value, (tuple, list)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value))


def literal(value: Any) -> ast.expr:
    """A plain value as it is written in code."""
    if isinstance(value, (tuple, list)):
        return (ast.List if isinstance(value, list) else ast.Tuple)([literal(item) for item in value], ast.Load())
    return ast.parse(repr(value), mode="eval").body


def walked(node: ast.AST) -> list[ast.AST]:
    """What `ast.walk` gives, in its order and three times as fast, without the contexts of names: code is searched very often."""
    found = [node]
    for one in found:  # it grows
        for name in one._fields:
            part = getattr(one, name, None)
            if isinstance(part, list):
                found += [each for each in part if isinstance(each, ast.AST)]
            elif isinstance(part, ast.AST) and name != "ctx":
                found.append(part)
    return found


SHARED = ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop
"""Of these kinds, such as + and `load`, Python's parser has one node each for all code of a process. Others write on them, too."""


def copied(part: Any) -> Any:
    """A piece of code of its own, but for what is shared."""
    if isinstance(part, list):
        return [copied(each) for each in part]
    if not isinstance(part, ast.AST) or isinstance(part, SHARED):
        return part
    new = part.__class__.__new__(part.__class__)
    new.__dict__.update({name: copied(value) for name, value in part.__dict__.items()})
    return new


def put(value: ast.expr, given: dict[str, ast.expr]) -> ast.expr:
    """An expression with others in the place of its names: [a, b][0] is a then, and x.mT.mT is x."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return copied(given.get(node.id, node))

        def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
            return picked(self.generic_visit(node))

        def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
            return picked(self.generic_visit(node))

        def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
            return signed(self.generic_visit(node))

    return Put().visit(copied(value))


def picked(node: Any) -> Any:
    """{"a": x}["a"] is x, [x, y][0] is x, x.mT.mT is x."""
    match node:
        case ast.Subscript(ast.Dict([ast.Constant(name)], [value]), ast.Constant(wanted)) if name == wanted:
            return value
        case ast.Subscript(ast.List(elements), ast.Constant(int() as place)) if not any(isinstance(e, ast.Starred) for e in elements):
            return elements[place]
        case ast.Attribute(ast.Attribute(whole, "mT"), "mT"):
            return whole
    return node


def alone(node: Any) -> Any:
    """[f(x) for x in [a]] is [f(a)], where x is used once."""
    match node:
        case ast.ListComp(element, [ast.comprehension(ast.Name(name), ast.List([only]), [])]) if names(element, ast.Load).count(name) == 1:
            return ast.List([put(element, {name: only})], ast.Load())
    return node


def signed(node: Any) -> Any:
    """a + -b is a - b, and -a + b is b - a, as a person writes it."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right) if (negated := negative(right)) is not None:
            return ast.BinOp(left, ast.Sub() if isinstance(sign, ast.Add) else ast.Add(), negated)
        case ast.BinOp(left, ast.Add(), right) if (negated := negative(left)) is not None:
            return ast.BinOp(right, ast.Sub(), negated)
    return node


def negative(node: ast.expr) -> ast.expr | None:
    """a of -a, 2 a of -2 a; None where no minus comes first."""
    match node:
        case ast.UnaryOp(ast.USub(), whole):
            return whole
        case ast.Constant(int() | float() as value) if value < 0:
            return ast.Constant(-value)
        case ast.BinOp(left, ast.Mult() | ast.Div() as op, right) if (first := negative(left)) is not None:
            one = isinstance(op, ast.Mult) and isinstance(first, ast.Constant) and first.value == 1
            return right if one else ast.BinOp(first, op, right)
    return None


def has_calls(node: ast.AST) -> bool:
    """Does an expression do something, beside naming what is there?"""
    return any(isinstance(part, ast.Call) for part in walked(node))


def names(node: ast.AST, context: type[ast.expr_context]) -> list[str]:
    """The names that a piece of code loads, or stores, each time that it does."""
    return [n.id for n in walked(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)]


def parameters(node: ast.AST) -> set[str]:
    """The names of the arguments that functions inside a piece of code take."""
    return {n.arg for n in walked(node) if isinstance(n, ast.arg)}


def met(node: ast.AST) -> tuple[set[str], set[str], list[ast.Call]]:
    """The names that an expression loads, those that its comprehensions and functions bring, and its calls: in one walk of many."""
    loaded, brought, calls = set(), set(), []
    for part in walked(node):
        if isinstance(part, ast.Name):
            (loaded if isinstance(part.ctx, ast.Load) else brought).add(part.id)
        elif isinstance(part, ast.arg):
            brought.add(part.arg)
        elif isinstance(part, ast.Call):
            calls.append(part)
    return loaded, brought, calls


def bound(target: ast.AST, value: Any) -> Iterator[tuple[str, Any]]:
    """What the names of an assignment mean: `k, (term, _)`."""
    if isinstance(target, ast.Tuple):
        for name, part in zip(target.elts, value):
            yield from bound(name, part)
    elif isinstance(target, ast.Name):
        yield target.id, value
