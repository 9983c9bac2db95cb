"""Every test can fail for each of its parameters: on every way through it something is judged."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.help import ROOT

FILES = sorted((ROOT / "tests").rglob("*.py"))


@cache
def functions(path: Path) -> dict[str, ast.FunctionDef]:
    """The functions of a file by name; methods of its classes too."""
    return {node.name: node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)}


def acts(node: ast.AST) -> Iterator[str]:
    """The names of all that is called in a piece of code, and `assert` for an assertion."""
    for part in ast.walk(node):
        called = part.func if isinstance(part, ast.Call) else None
        if isinstance(part, ast.Assert):
            yield "assert"
        elif isinstance(called, ast.Attribute | ast.Name):
            name = called.attr if isinstance(called, ast.Attribute) else called.id
            yield "assert" if name.startswith(("assert_", "gradcheck")) else name


@cache
def judges() -> set[str]:
    """What judges, and the functions of the tests that call it: whoever calls them judges too."""
    calls = {name: set(acts(node)) for path in FILES for name, node in functions(path).items()}
    found: set[str] = set()
    more = {"assert", "raises", "warns", "fail", "judge"}
    while more:
        found |= more
        more = {name for name, called in calls.items() if called & more} - found
    return found


def judged(*nodes: ast.AST) -> bool:
    return any(act in judges() for node in nodes for act in acts(node))


def always(body: list[ast.stmt]) -> bool:
    """Is something judged on every way through these statements? A loop is taken to run at least once."""
    for line in body:
        match line:
            case ast.If(body=then, orelse=other):
                if other and always(then) and always(other):
                    return True
                if not always(then) and any(isinstance(node, ast.Return | ast.Continue) for node in ast.walk(line)):
                    return False
            case ast.With(items=items, body=inner) if judged(*items) or always(inner):
                return True
            case ast.For(body=inner) | ast.While(body=inner) | ast.Try(body=inner) if always(inner):
                return True
            case ast.Match(cases=cases) if all(always(one.body) for one in cases):
                return True
            case ast.With() | ast.For() | ast.While() | ast.Try() | ast.Match() | ast.FunctionDef() | ast.ClassDef():
                continue
            case _ if judged(line):
                return True
    return False


@pytest.mark.parametrize("path", [path for path in FILES if path.name.startswith("test_")], ids=lambda path: path.stem)
def test_on_every_way_through_a_test_something_is_judged(path):
    tests = {name: node for name, node in functions(path).items() if name.startswith("test_")}
    assert [name for name, node in tests.items() if not always(node.body)] == []


@pytest.mark.parametrize(
    "lines, whole",
    [
        ("x = 1", False),
        ("if a:\n    assert b", False),
        ("if a:\n    assert b\nelse:\n    assert c", True),
        ("if a:\n    return\nassert b", False),
        ("if a:\n    assert b\n    return\nassert c", True),
        ("for a in b:\n    if a:\n        continue\n    assert a", False),
        ("for a in b:\n    if a:\n        continue\n    assert a\nassert seen", True),
        ("with pytest.raises(ValueError):\n    f()", True),
        ("def inner():\n    assert a\ninner", False),
    ],
)
def test_a_way_without_a_judgement_is_found(lines, whole):
    assert always(ast.parse(lines).body) is whole
