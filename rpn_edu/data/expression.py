"""A formula as people write it in Python: arithmetic and nothing else, read and never run."""

import ast
import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import torch

from ..shared.words import did_you_mean

Piece = Callable[[dict[str, torch.Tensor]], Any]
"""What a piece of a formula becomes: values of the variables in, value out. Numbers stay Python floats, so they know no device or dtype."""

OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
FUNCTIONS = {"ln": torch.log} | {
    function.__name__: function
    for function in (
        *(torch.exp, torch.sqrt, torch.sin, torch.cos, torch.tan, torch.arcsin, torch.arccos, torch.arctan),
        *(torch.sinh, torch.cosh, torch.tanh, torch.arcsinh, torch.arccosh, torch.arctanh),
    )
}


@functools.lru_cache(maxsize=1024)
def parsed(who: str, formula: str, variables: tuple[str, ...]) -> Piece:
    """The formula as a function. Its names must be exactly the variables: a list that forgets one is wrong, a ValueError."""
    names: set[str] = set()
    try:
        term = piece(ast.parse(formula.strip(), mode="eval").body, names)
        for name in sorted(names - {*variables, "pi"}):
            raise ValueError(f"{name!r} is not a variable{did_you_mean(name, variables)}")
        for name in variables:
            if name not in names or variables.count(name) > 1:
                raise ValueError(f"the variable {name!r} must stand once in the list and somewhere in the formula")
        if not torch.is_tensor(trial := term({name: torch.ones(()) for name in variables})) or trial.is_complex():
            raise ValueError("it must give real numbers that depend on a variable")
    except (SyntaxError, ValueError, TypeError, ArithmeticError, RuntimeError, MemoryError) as reason:
        raise ValueError(f"{who}: the formula {formula!r} is refused: {reason}") from None
    return term


def piece(node: ast.expr, names: set[str]) -> Piece:
    """One node of the formula as a function of the variables; their names are noted in `names`. ValueError for what is no arithmetic."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            number = float(value)  # a float overflows where an int such as 9**9**9 would compute for ever
            return lambda scope: number
        case ast.Name(id=name):
            names.add(name)
            return lambda scope: scope.get(name, math.pi)
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in SIGNS:
            act, value = SIGNS[type(sign)], piece(operand, names)
            return lambda scope: act(value(scope))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            combine, a, b = OPERATORS[type(op)], piece(left, names), piece(right, names)
            return lambda scope: combine(a(scope), b(scope))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            function, inner = FUNCTIONS[name], piece(argument, names)
            return lambda scope: _apply(function, inner(scope))
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            raise ValueError(f"no function is called {name!r}{did_you_mean(name, FUNCTIONS) or '; there are ' + ', '.join(FUNCTIONS)}")
        case _:
            raise ValueError(
                f"{ast.unparse(node)!r} is not arithmetic; allowed are + - * / **, numbers, names and functions of one argument"
            )


def _apply(function: Callable[[torch.Tensor], torch.Tensor], value: torch.Tensor | float) -> torch.Tensor | float:
    return function(value) if isinstance(value, torch.Tensor) else function(torch.tensor(value, dtype=torch.float64, device="cpu")).item()
