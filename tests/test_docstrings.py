"""Docstrings are a law: every public name has its sentence, tensors their shapes, errors their names, components their source.

Public is what has no leading underscore in any part of its name; of those with two, `__call__` counts, and `__init__` belongs to its class.
A method that overrides one of a base class inherits its words; so does a property that overrides an attribute.
"""

import ast
import builtins
import functools
import importlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from rpn_edu.catalogue import SIZES as TERMS
from rpn_edu.component import CATALOGUE, demand
from rpn_edu.shared import given, machine

ROOT = Path(__file__).parent.parent
FILES = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "rpn_edu").rglob("*.py")) if path.name != "__main__.py"]


# ---- words --------------------------------------------------------------------------------------------------------------------------


def is_public(name: str) -> bool:
    return all(part == "__call__" or not part.startswith("_") for part in name.split("."))


def tree_of(module: ModuleType) -> tuple[list[ast.stmt], list[bytes]]:
    """The statements of a module, and its lines in UTF-8, in which ast counts."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    return ast.parse(source).body, source.encode().splitlines()


def members(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.stmt, ast.stmt | None]]:
    """(name, statement, the statement after it) of all that a module or a class defines, private names too."""
    for node, after in zip(body, [*body[1:], None]):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield prefix + name, node, after
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield prefix + name, node, after
        if isinstance(node, ast.ClassDef):
            yield from members(node.body, f"{prefix}{node.name}.")


@functools.cache
def book(module: ModuleType) -> dict[str, str]:
    """The words of every name itself: its docstring; for a field the text below it and the comment beside it."""
    body, lines = tree_of(module)
    words = {}
    for name, node, after in members(body):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            words[name] = ast.get_docstring(node) or ""
            continue
        beside = lines[(node.end_lineno or 1) - 1][node.end_col_offset :].decode().partition("#")[2]
        below = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
        words[name] = f"{beside} {below}".strip()
    return words


def found_in(module: ModuleType, name: str) -> Any:
    return functools.reduce(getattr, name.split("."), module)  # type: ignore[arg-type]


def inherited(module: ModuleType, name: str) -> tuple[str, bool]:
    """What our own base classes say of a method of that name, and whether anybody else's, such as torch's, say anything."""
    owner, _, own = name.rpartition(".")
    bases = found_in(module, owner).__mro__[1:] if owner else ()
    ours = [base for base in bases if base.__module__.startswith("rpn_edu.") or base.__module__ == module.__name__]
    words = "\n".join(book(sys.modules[base.__module__]).get(f"{base.__qualname__}.{own}", "") for base in ours)
    return words, any(getattr(vars(base).get(own), "__doc__", None) for base in bases)


# ---- errors -------------------------------------------------------------------------------------------------------------------------


class Refusal(NamedTuple):
    """What is raised, as a finding tells it, and the names by which a docstring may call it: its own, or that of a base."""

    told: str
    names: frozenset[str]

    def is_in(self, words: str) -> bool:
        return any(re.search(rf"\b{name}\b", words) for name in self.names)


ANY = Refusal("an error", frozenset({r"\w+Error"}))
GUARDS: dict[Any, Refusal] = {demand: Refusal("TypeError", frozenset({"TypeError"}))}
"""The functions that refuse what they are given: who calls one raises."""


def resolved(node: ast.expr, module: ModuleType) -> Any:
    """What a name, or a name of a module's, stands for; None where it is no such name."""
    first, *others = ast.unparse(node).split(".")
    found = vars(module).get(first, getattr(builtins, first, None))
    return functools.reduce(lambda value, name: getattr(value, name, None), others, found)


def raised(node: ast.AST, module: ModuleType) -> Iterator[Refusal]:
    """What every `raise` in a definition raises, and every call of a guard."""
    for part in ast.walk(node):
        if isinstance(part, ast.Raise) and part.exc is not None:
            error = resolved(part.exc.func if isinstance(part.exc, ast.Call) else part.exc, module)
            known = isinstance(error, type) and issubclass(error, Exception) and error is not Exception
            yield Refusal(error.__name__, frozenset(base.__name__ for base in error.__mro__[:-3])) if known else ANY
        elif isinstance(part, ast.Call):
            called = resolved(part.func, module)
            if inspect.isfunction(called) and called in GUARDS:
                yield GUARDS[called]
            elif isinstance(part.func, ast.Attribute) and part.func.attr == "_refuse":
                yield ANY


def keep_guards(module: ModuleType) -> None:
    """The functions of a module that raise are guards."""
    for name, node, _ in members(tree_of(module)[0]):
        if isinstance(node, ast.FunctionDef) and "." not in name and (refusals := list(raised(node, module))):
            told = sorted({word for refusal in refusals for word in refusal.told.split(" or ")})
            GUARDS[vars(module)[name]] = Refusal(" or ".join(told), frozenset().union(*(refusal.names for refusal in refusals)))


for _ in range(3):  # some call others that stand below them
    keep_guards(machine)
    keep_guards(given)


# ---- shapes and units ---------------------------------------------------------------------------------------------------------------

COUNTED = """rows columns points features choices curves samples channels positions patches places links heads nodes cells scales shifts
count rank order inputs hidden size width height""".split()
SIZE = rf"(?:[bmnlDKSkrhtqpsCNd](?:_\w+)?['′]?|\d+|number of variables|{'|'.join(COUNTED)})"
SIDE = rf"(?:\.\.\.|{SIZE}(?: ?[-+*·/^] ?{SIZE}| [a-zA-Z]\b)*)"
SHAPE = re.compile(
    rf"\({SIDE}(?:, {SIDE})*,?\)|\(\)|→|{SIDE} × |\bscalars?\b|\bone number\b|\bshapes? of\b|\bsame shape\b|\bwithout axes\b"
)
NO_SHAPE = re.compile(r"\(-?\d+, -?\d+\)|\(\w+\)")  # an interval, a word in brackets

UNITS = {"seconds": "second", "milliseconds": "millisecond", "bytes": "byte", "memory": "byte", "pixels": "pixel"}
"""The unit of numbers that are called so."""


def has_shape(words: str) -> bool:
    return SHAPE.search(NO_SHAPE.sub("", words)) is not None


def is_of_tensors(annotation: str) -> bool:
    return re.search(r"\bTensor\b", annotation) is not None


def annotations(node: ast.FunctionDef) -> dict[str, str]:
    """The annotation of every argument, and of what is returned under the function's own name."""
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    written = {each.arg: each.annotation for each in every if each} | {node.name: node.returns}
    return {name: ast.unparse(annotation) if annotation else "" for name, annotation in written.items()}


# ---- questions ----------------------------------------------------------------------------------------------------------------------


class Verdict(NamedTuple):
    """One question about one name, and what is missing there: nothing, if all is well."""

    question: str
    name: str
    missing: str

    def __str__(self) -> str:
        return f"{self.name}: {self.missing}"


def about_errors(name: str, node: ast.AST, words: str, module: ModuleType) -> Iterator[Verdict]:
    if refusals := list(raised(node, module)):
        unsaid = dict.fromkeys(refusal.told for refusal in refusals if not refusal.is_in(words))
        yield Verdict("error", name, f"raises {', '.join(unsaid)} and does not say so" if unsaid else "")


def about_units(name: str, written: dict[str, str], words: str) -> Iterator[Verdict]:
    for own, annotation in written.items():
        unit = "pixel" if own == "size" and "tuple[int, int]" in annotation else UNITS.get(own)
        if unit:
            told = unit in re.sub(r"`[^`]*`", "", words)
            yield Verdict("unit", name, "" if told else f"{own} has a unit, and {unit} is not said")


def about_frozen(node: ast.FunctionDef, words: str) -> str:
    """What is missing about frozen numbers. Their names and shapes are those of one class, and no base can tell them."""
    if ast.unparse(node.body[-1]) == "return {}":
        return ""
    keys = [key.value for part in ast.walk(node) if isinstance(part, ast.Dict) for key in part.keys if isinstance(key, ast.Constant)]
    taken_out = re.findall(r"\.pop\('(\w+)'\)", ast.unparse(node))
    if unnamed := ", ".join(key for key in keys if f"`{key}`" not in words and key not in taken_out):
        return f"frozen numbers, and their name {unnamed} is not said"
    return "" if has_shape(words) else "frozen numbers without a shape"


def about_a_function(module: ModuleType, name: str, node: ast.FunctionDef) -> Iterator[Verdict]:
    full, own, (others, told) = f"{module.__name__}.{name}", book(module)[name], inherited(module, name)
    words = f"{own}\n{others}"
    yield Verdict("sentence", full, "" if words.strip() or told else "no sentence")
    if any(map(is_of_tensors, annotations(node).values())):
        shapeless = "" if has_shape(words) else "tensors without a shape"
        yield Verdict("shape", full, about_frozen(node, own) if node.name == "frozen" else shapeless)
    yield from about_errors(full, node, words, module)
    yield from about_units(full, annotations(node), words)


def has_source(row: Any) -> bool:
    """Does a component name its source, or does its family? What the protocol of a term says is too far away."""
    protocol = next(base for base in reversed(row.__mro__) if getattr(base, "term", ""))
    return any("Source:" in (base.__doc__ or "") for base in row.__mro__ if issubclass(base, protocol) and base is not protocol)


def about_a_class(module: ModuleType, name: str, node: ast.ClassDef) -> Iterator[Verdict]:
    full, words = f"{module.__name__}.{name}", book(module)[name]
    yield Verdict("sentence", full, "" if words else "no sentence")
    row = found_in(module, name)
    if row in CATALOGUE.values() and row.term in TERMS:
        yield Verdict("source", full, "" if has_source(row) else "no Source: of its own or of its family")
    for own, member, _ in members(node.body):
        about = f"{words}\n{book(module)[f'{name}.{own}']}"
        if isinstance(member, ast.FunctionDef) and own in ("__init__", "__post_init__"):
            if any(map(is_of_tensors, annotations(member).values())):
                yield Verdict("shape", full, "" if has_shape(about) else "made of tensors without a shape")
            yield from about_errors(full, member, about, module)
            yield from about_units(full, annotations(member), about)
        elif isinstance(member, ast.AnnAssign) and is_public(own) and "." not in own:
            annotation = ast.unparse(member.annotation)
            if is_of_tensors(annotation):
                yield Verdict("shape", f"{full}.{own}", "" if has_shape(about) else "a tensor without a shape")
            yield from about_units(f"{full}.{own}", {own: annotation}, about)


def judged(module: ModuleType) -> Iterator[Verdict]:
    """Every question that the public names of a module have to answer."""
    yield Verdict("sentence", module.__name__, "" if module.__doc__ else "no sentence")
    for name, node, _ in members(tree_of(module)[0]):
        if is_public(name) and isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            about = about_a_function if isinstance(node, ast.FunctionDef) else about_a_class
            yield from about(module, name, node)  # type: ignore[arg-type]


def module_of(file: str) -> ModuleType:
    return importlib.import_module(file.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))


def findings(module: ModuleType) -> list[str]:
    return [str(verdict) for verdict in judged(module) if verdict.missing]


# ---- the law ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_every_public_name_tells_what_its_reader_needs(file):
    found = findings(module_of(file))
    assert not found, "\n" + "\n".join(found)


def test_the_judge_asks_about_hundreds_of_names():
    asked = Counter(verdict.question for file in FILES for verdict in judged(module_of(file)))
    assert asked["sentence"] > 900 and asked["shape"] > 250 and asked["error"] > 100 and asked["unit"] > 5
    assert asked["source"] == sum(row.term in TERMS and row.__module__.startswith("rpn_edu.") for row in CATALOGUE.values())


PLANTED = '''
from typing import NamedTuple

from torch import Tensor

from rpn_edu.component import component, demand, family
from rpn_edu.expansion import Expansion
from rpn_edu.shared import given

def silent(): ...
def _private(): ...

class Mute:
    def silent(self): ...
    @property
    def also(self): ...
    def __call__(self): ...
    def _private(self): ...

class Pair(NamedTuple):
    """Two tensors."""
    first: Tensor
    second: Tensor  # (n, D)

def interval(x: Tensor) -> Tensor:
    """Every number of (0, 1) (squashed) in its place (a matrix, a list)."""

def mapping(x: Tensor) -> Tensor:
    """(..., m) → (..., D)."""

def listed(parts: list[Tensor]) -> None:
    """Some parts."""

def refusing(x: int) -> None:
    """ValueError where x is odd."""
    if x == 1:
        raise ValueError
    if x == 3:
        raise TypeError("no")

def guarded(x: int) -> int:
    """A count."""
    return given.count("x", x)

def demanding(x: int) -> None:
    """A count."""
    demand(x > 0, "x", "more", x)

class Made:
    """What is made."""
    def __init__(self, x: Tensor, seconds: float) -> None:
        raise RuntimeError

def waiting(seconds: float) -> None:
    """Waits for so many `seconds`."""

def waiting_well(seconds: float) -> None:
    """Waits for so many seconds."""

@family
class Kind(Expansion):
    """A kind."""
    def frozen(self, m: int) -> dict[str, Tensor]:
        """The table, (m,)."""
        return {"table": None}
    def width(self, m: int) -> int:
        if m > 9:
            raise LookupError
        return m
    def __call__(self, x: Tensor, frozen: dict[str, Tensor] | None = None) -> Tensor:
        return x

@component
class Sourceless(Kind):
    """κ(x) = x"""

@component
class Sourced(Kind):
    """κ(x) = x

    Source: somewhere.
    """
'''
PLANTED_FINDINGS = """
planted: no sentence
planted.silent: no sentence
planted.Mute: no sentence
planted.Mute.silent: no sentence
planted.Mute.also: no sentence
planted.Mute.__call__: no sentence
planted.Pair.first: a tensor without a shape
planted.interval: tensors without a shape
planted.listed: tensors without a shape
planted.refusing: raises TypeError and does not say so
planted.guarded: raises TypeError or ValueError and does not say so
planted.demanding: raises TypeError and does not say so
planted.Made: made of tensors without a shape
planted.Made: raises RuntimeError and does not say so
planted.Made: seconds has a unit, and second is not said
planted.waiting: seconds has a unit, and second is not said
planted.Kind.frozen: frozen numbers, and their name table is not said
planted.Kind.width: raises LookupError and does not say so
planted.Sourceless: no Source: of its own or of its family
"""


@pytest.fixture
def planted(tmp_path, monkeypatch):
    (tmp_path / "planted.py").write_text(PLANTED, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("planted")
    del sys.modules["planted"], CATALOGUE["expansion.Sourceless"], CATALOGUE["expansion.Sourced"]


def test_every_kind_of_finding_is_found_where_it_is_planted_and_nowhere_else(planted):
    assert findings(planted) == PLANTED_FINDINGS.strip().split("\n")
