"""The state as plain torch: the library's own source with the state filled in.

The code a learner takes home is not written a second time. `as_code` takes the source of a picture's `numbers`, fills in what the state
fixes, follows every call into the library and writes the functions it meets; so the snippet cannot drift from what the explorer computes.
For `expansion.Chebyshev(degree=4)` this is, from `Pointwise.__call__`, `Recurrence.planes` and `Chebyshev.coefficients`:

    # T_k(x) = 2 x T_{k-1}(x) - T_{k-2}(x), with T_0 = 1 and T_1 = x
    def expansion(x):
        x = x.movedim(-1, 0)  # (m, ...)
        older, newer = torch.full_like(x, 1.0), x
        polynomials = [newer]
        for k in range(2, 5):
            older, newer = newer, 2.0 * x * newer - older
            polynomials.append(newer)
        # (K, m, ...) → (K m, ...) → (..., K m)
        return torch.stack(polynomials).flatten(0, 1).movedim(0, -1)

This is partial evaluation: `_Filled` rewrites one function body, knowing some of its names, and `Snippet` names, keeps or inlines what
bodies call. Whatever depends on no tensor is a number by then. Left out: docstrings, annotations, checks, frozen numbers (they are drawn
from their seed), branches that the state rules out, and what is written for speed alone. What bodies may be written in: dialect.py; which
of them become one: function.py.
"""

import ast
import builtins
import functools
import inspect
import math
import re
import sys
import textwrap
import types
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ...component import CATALOGUE, Component
from ...expansion.fast import Room
from ...shared.alone import seeded
from .dialect import plainly, spoken
from .function import Function, joined
from .source import WIDTH, lines
from .tree import alone, bound, copied, has_calls, is_plain, literal, met, names, parameters, picked, put, signed, walked

UNKNOWN = object()  # the value of an expression that only running the code can tell
THEIRS = {"torch", "numpy", "sklearn", *sys.stdlib_module_names}
MUTATORS = {"append", "extend", "insert", "pop", "update"}


def is_ours(called: Any) -> bool:
    """A function or method of this package, or of a learner's own component: its source is written out."""
    called = inspect.unwrap(called) if callable(called) else called
    written = inspect.ismethod(called) or inspect.isfunction(called) or (isinstance(called, type) and issubclass(called, (tuple, dict)))
    return written and called.__module__.partition(".")[0] not in THEIRS


def is_number_of(called: Any) -> bool:
    """May the call be made now? Python's own functions, and ours that promise no tensor: `width(2)` is 6."""
    if is_ours(called) and not isinstance(called, type):
        promised = inspect.signature(called).return_annotation
        return "Tensor" not in str(promised) and not (isinstance(promised, type) and issubclass(promised, dict))
    if isinstance(called, functools.partial):  # super
        return True
    if isinstance(called, type) and issubclass(called, Component):
        return True
    of_value = isinstance(getattr(called, "__self__", None), (str, dict))  # "Max".lower, {}.items
    return callable(called) and (of_value or getattr(called, "__module__", "") in ("builtins", "math"))


def is_here(keyword: ast.keyword, value: Any) -> bool:
    """device="cpu" and device=x.device: everything in a snippet lies where it is made."""
    return keyword.arg == "device" and (value == "cpu" or (isinstance(keyword.value, ast.Attribute) and keyword.value.attr == "device"))


def needed(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements whose names are used, now that checks are left out."""
    while idle := [node for node in body if is_idle(node, {name for other in body for name in names(other, ast.Load)})]:
        body = [node for node in body if node not in idle]
    return body


def tidied(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements without names for what filling in has made short: `rest = -older`, where the next line is the only one to use it."""
    used = [name for node in body for name in names(node, ast.Load)]

    def without(block: list[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for node in block:
            before = out[-1] if out else None
            if isinstance(before, ast.Assign) and isinstance(node, (ast.Assign, ast.Return)) and is_short(before, node, used):
                node.value = put(node.value, {ast.unparse(before.targets[0]): before.value})  # type: ignore[arg-type]
                del out[-1]
            if isinstance(node, (ast.For, ast.If, ast.With, ast.FunctionDef)):
                node.body = without(node.body)
            out.append(node)
        return out

    return without(body)


def is_short(first: ast.Assign, then: ast.Assign | ast.Return, used: list[str]) -> bool:
    """Is this a name for -older or c * older that the next statement alone uses, and has it no comment?"""
    name, value = ast.unparse(first.targets[0]), first.value
    told = getattr(first, "above", []) or getattr(first, "beside", "")
    inside = any(isinstance(part, (ast.Lambda, ast.comprehension)) for part in walked(then))
    scaled = isinstance(value, (ast.Name, ast.UnaryOp)) or (isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult))
    short = scaled and not has_calls(value) and len(ast.unparse(value)) <= 12
    return short and not told and not inside and used.count(name) == 1 == names(then, ast.Load).count(name)


def parents(written: Callable, owner: Any) -> dict[str, Any]:
    """`super` as the function means it, where it does."""
    cells = dict(zip(written.__code__.co_freevars, written.__closure__ or ()))
    return {"super": functools.partial(super, cells["__class__"].cell_contents, owner)} if "__class__" in cells else {}


def evaluated(node: ast.AST, scope: dict[str, Any]) -> Any:
    """What an expression comes to, its names being those of the scope. It raises whatever the expression raises."""
    return eval(compile(ast.fix_missing_locations(ast.Expression(copied(node))), "<state>", "eval"), scope)  # type: ignore[arg-type]


def is_idle(node: ast.stmt, used: Set[str]) -> bool:
    """Does a statement only name what nobody uses? Random numbers are drawn all the same: the next ones depend on it."""
    if not isinstance(node, ast.Assign) or not all(isinstance(n, (ast.Name, ast.Tuple)) for n in node.targets):
        return False
    calls = [ast.unparse(call.func).rpartition(".")[2] for call in walked(node.value) if isinstance(call, ast.Call)]
    draws = any(name.startswith(("rand", "manual_seed")) or name.endswith("_") or name in MUTATORS for name in calls)
    return not draws and not used & {name for target in node.targets for name in names(target, ast.Store)}


class Snippet:
    """The functions written so far, and the imports they need."""

    def __init__(self, taken: set[str]) -> None:
        self.functions: dict[tuple, tuple[str, list[str]]] = {}  # the name of each, and what it takes
        self.written: list[Function] = []
        self.imports: set[str] = {"import torch"}
        self.taken = taken | set(dir(builtins))

    def call(
        self, called: Callable, given: dict[str, ast.expr], known: dict[str, Any], shaped: dict[str, torch.Tensor] | None = None
    ) -> ast.expr:
        """A call of our function with the `given` arguments, the others being `known`: its name, or its body where that is short.

        `shaped` are tensors without numbers, (rows, m) for the data, for those of the `given` arguments whose shape the state fixes.
        NotImplementedError for what cannot be written in plain torch.
        """
        owner = getattr(called, "__self__", None)
        key = (owner, called.__qualname__, repr(known), repr({name: tuple(like.shape) for name, like in (shaped or {}).items()}))
        found, body = self.functions.get(key), []
        if found is None:
            written = inspect.unwrap(getattr(called, "__func__", called))
            known = known if owner is None else {"self": owner, **known, **parents(written, owner)}
            definition = spoken(called)
            main = isinstance(owner, Component) and called.__name__ in ("__call__", "matrix")
            body = tidied(needed(_Filled(self, written.__globals__, known, definition, shaped=shaped).block(definition.body)))
            if not body:  # nothing but checks
                return ast.Constant(None)
            if (short := self.inlined(body, given, main)) is not None:
                return short
            same = (owner, called.__qualname__, tuple(given), "\n".join(lines(body)))  # another shape may change nothing
            found = self.functions.get(same)
        if found is None:
            used = names(ast.Module(body, []), ast.Load)
            taken = [name for name, node in given.items() if name in used or has_calls(node)]
            whose = "" if owner is None else owner.term or type(owner).__name__.lower()
            name = self.name(called.__name__ if owner is None else whose if main else f"{whose}_{called.__name__}")
            found = self.functions[key] = self.functions[same] = name, taken
            first = (inspect.getdoc(called) or "").partition("\n")[0].partition(". ")[0].rstrip(".")
            doc = type(owner).formula_line() if isinstance(owner, Component) and main else first
            comments = textwrap.wrap(doc, WIDTH, initial_indent="# ", subsequent_indent="# ")
            self.written.append(Function(name, taken, body, comments, owner))
        return ast.Call(ast.Name(found[0], ast.Load()), [given[name] for name in found[1]], [])

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What was written for a loop that cannot be written is forgotten."""
        before = dict(self.functions), list(self.written), set(self.imports), set(self.taken)
        try:
            yield
        except NotImplementedError:
            self.functions, self.written, self.imports, self.taken = before
            raise

    def name(self, wanted: str) -> str:
        """The wanted name for a function, with a number behind it if it is taken."""
        numbered = [wanted, *(f"{wanted}_{i}" for i in range(2, 99))]
        name = next(name for name in numbered if name not in self.taken)
        self.taken.add(name)
        return name

    @staticmethod
    def inlined(body: list[ast.stmt], given: dict[str, ast.expr], main: bool) -> ast.expr | None:
        """The value of a body that is one `return`, where reading it in place is no harder than reading a name."""
        if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
            return None
        value = body[0].value
        if isinstance(value, ast.Dict) and value.keys:
            return None
        used = names(value, ast.Load)
        repeated = any(used.count(name) > 1 and not isinstance(node, (ast.Name, ast.Constant)) for name, node in given.items())
        if repeated or names(value, ast.Store) or parameters(value) or (main and not isinstance(value, (ast.Name, ast.Constant))):
            return None

        return put(value, given)


class _Filled(ast.NodeTransformer):
    """One function body with what is known of its names filled in."""

    def __init__(
        self,
        snippet: Snippet,
        scope: dict,
        known: dict[str, Any],
        body: ast.AST,
        outer: Set[str] = frozenset(),
        shaped: dict[str, torch.Tensor] | None = None,
    ) -> None:
        self.snippet, self.scope, self.known = snippet, scope, dict(known)
        methods = [n for n in walked(body) if isinstance(n, ast.Attribute) and n.attr in MUTATORS]
        changed = [method.value.id for method in methods if isinstance(method.value, ast.Name)]
        self.stored = names(body, ast.Store) + changed
        self.same: dict[str, str] = {}
        self.each: dict[str, list[Any]] = {}  # what a name means in every round of the loop we are in
        self.shaped = {name: like for name, like in (shaped or {}).items() if name not in self.stored}
        self.local = outer | set(self.stored) | parameters(body) | {n.name for n in walked(body) if isinstance(n, ast.FunctionDef)}

    # ---- what an expression is, as far as the state tells -------------------------------------------------------------------------

    def value(self, node: ast.AST) -> Any:
        """The value of an expression that depends on known names only, else UNKNOWN."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return UNKNOWN if isinstance(value := self.named(node.id), torch.Tensor) else value
        loaded, inside, calls = met(node)
        scope = {name: self.named(name) for name in loaded - inside}
        scope = {name: self.shaped.get(name, UNKNOWN) if value is UNKNOWN else value for name, value in scope.items()}
        if any(value is UNKNOWN for value in scope.values()):
            return UNKNOWN
        if not all(is_number_of(self.value(call.func)) for call in calls):
            return UNKNOWN
        try:
            value = evaluated(node, scope)
        except (AttributeError, LookupError, TypeError, NameError, RuntimeError):
            return UNKNOWN
        return UNKNOWN if isinstance(value, torch.Tensor) else value

    def like(self, node: ast.AST) -> torch.Tensor | None:
        """A tensor without numbers in the shape of an expression, where the shapes of the data tell it, or it makes one of a known size."""
        if any(isinstance(part, ast.Attribute) and part.attr == "view" for part in walked(node)):
            node = _Sized(self).visit(copied(node))
        scope = {name: self.named(name) for name in names(node, ast.Load)}
        scope = {name: self.shaped.get(name, UNKNOWN) if value is UNKNOWN else value for name, value in scope.items()}
        if "torch" not in scope and not self.shaped.keys() & scope.keys() or any(value is UNKNOWN for value in scope.values()):
            return None
        try:
            with torch.device("meta"):
                value = evaluated(node, scope)
        except Exception:  # whatever a tensor without numbers cannot do
            return None
        return value if isinstance(value, torch.Tensor) and value.is_meta else None

    def is_settled(self, name: str) -> bool:
        """Does a name mean the same from here to the end of the body?"""
        return self.stored.count(name) <= 1

    def in_each(self, node: ast.AST) -> list[Any]:
        """The values of an expression in all rounds of the loop we are in; nothing where they are not known."""
        before, values = self.known, []
        for row in zip(*self.each.values()) if self.each.keys() & set(names(node, ast.Load)) else ():
            self.known = before | dict(zip(self.each, row))
            values.append(self.value(node))
        self.known = before
        return [] if any(value is UNKNOWN for value in values) else values

    def decided(self, test: ast.expr) -> Any:
        """The value of a condition, where the state tells it or every round of the loop says the same; else UNKNOWN."""
        value = self.value(test)
        said = {bool(value) for value in self.in_each(test)} if value is UNKNOWN else set()
        return said.pop() if len(said) == 1 else value

    def named(self, name: str) -> Any:
        if name in self.known or name in self.local:
            return self.known.get(name, UNKNOWN)
        return self.scope.get(name, getattr(builtins, name, UNKNOWN))

    # ---- statements ---------------------------------------------------------------------------------------------------------------

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for statement in statements:
            visited = self.visit(statement)
            out += visited if isinstance(visited, list) else [visited] if visited is not None else []
            if out and isinstance(out[-1], ast.Return):
                break  # what follows a certain return is never reached
        match out[-2:]:
            case [ast.Assign(targets=[ast.Name(id=name)]) as last, ast.Return(value=ast.Name(id=returned)) as end] if name == returned:
                end.value = last.value
                out[-2:] = [ast.copy_location(end, last)]
        return out

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.snippet.imports.add(ast.unparse(node))

    def visit_Expr(self, node: ast.Expr) -> Any:
        node = self.generic_visit(node)  # type: ignore[assignment]
        return None if isinstance(node.value, ast.Constant) else node  # docstrings, and checks that are made already

    def visit_If(self, node: ast.If) -> Any:
        if node.body and isinstance(node.body[-1], ast.Raise):
            return self.block(node.orelse)
        test = self.decided(node.test)
        if test is not UNKNOWN:
            return self.block(node.body if test else node.orelse)
        node.test = self.visit(node.test)
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        return node if node.body or node.orelse else None

    def visit_Match(self, node: ast.Match) -> Any:
        subject = self.value(node.subject)
        for case in node.cases:
            options = case.pattern.patterns if isinstance(case.pattern, ast.MatchOr) else [case.pattern]
            if any(isinstance(o, ast.MatchAs) or (isinstance(o, ast.MatchValue) and self.value(o.value) == subject) for o in options):
                return self.block(case.body)
        return None

    def visit_With(self, node: ast.With) -> Any:
        # A snippet may use the global seed: only a library must leave it as it was.
        match node.items[0].context_expr:
            case ast.Call(name, [seed]) if self.value(name) is seeded:
                first = ast.parse(f"torch.manual_seed({ast.unparse(self.visit(seed))})").body[0]
                first.above, first.beside = node.above, node.beside  # type: ignore[attr-defined]
                drawn = self.block(node.body)
                return [first, *drawn] if drawn else []
        return self.generic_visit(node)

    def visit_For(self, node: ast.For) -> Any:
        original = copied(node)
        for gone in names(node.target, ast.Store):
            self.known.pop(gone, None)  # what a loop before has left in it
        try:
            with self.snippet.attempt():
                node.iter = self.visit(node.iter)
                with self.rounds_of(node):
                    node.body = self.block(node.body)
            return node
        except NotImplementedError:
            return [s for _ in self.rounds(original.target, original.iter) for s in self.block(copied(original.body))]

    @contextmanager
    def rounds_of(self, loop: ast.For) -> Iterator[None]:
        """Inside, it is known what the name of a loop stands for, round by round."""
        values, before = self.value(loop.iter), self.each
        self.each = {loop.target.id: [*values]} if isinstance(loop.target, ast.Name) and isinstance(values, range) else {}
        yield
        self.each = before

    def rounds(self, target: ast.AST, iterable: ast.AST) -> Iterator[None]:
        """A loop over components cannot be written as a loop: its rounds, one after the other."""
        values = self.value(iterable)
        if values is UNKNOWN:
            raise NotImplementedError(f"only running the code can tell the rounds of {ast.unparse(iterable)}")
        for value in values:
            self.known |= dict(bound(target, value))
            yield

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns, node.body = None, self.inner(node).block(node.body)
        for argument in node.args.args:
            argument.annotation = None
        return node

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        node.body = self.inner(node).visit(node.body)
        return node

    def inner(self, node: ast.FunctionDef | ast.Lambda) -> "_Filled":
        """The filler of a function inside this one: its parameters hide what is known here."""
        own = parameters(node)
        known, shaped = ({k: v for k, v in told.items() if k not in own} for told in (self.known, self.shaped))
        return _Filled(self.snippet, self.scope, known, node, self.local, shaped)

    def visit_Return(self, node: ast.Return) -> Any:
        node.value = self.visit(node.value) if node.value else None
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        target = node.targets[0]
        made = node.value.elt if isinstance(node.value, ast.ListComp) else node.value  # for one layer, or for each
        if isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and made.func.attr == "frozen":
            self.known[target.id] = None  # type: ignore[attr-defined]  # a picture draws them once; the code draws them where they are used
            return None
        if isinstance(made, ast.Call) and self.value(made.func) is Room:
            return None
        if isinstance(target, ast.Name) and isinstance(component := self.value(node.value), Component):
            self.known[target.id] = component
            return None
        if rows := self.in_each(node.value):
            told = bound(target, [*zip(*rows)] if isinstance(target, ast.Tuple) else rows)
            self.each |= {name: [*values] for name, values in told if self.is_settled(name)}
        value = self.visit(node.value)
        several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts)
        kept = []
        for name, part in zip(target.elts, value.elts) if several else [(target, value)]:  # type: ignore[union-attr]
            meaning = self.value(part)
            if isinstance(name, ast.Name) and self.stored.count(name.id) == 1 and (like := self.like(part)) is not None:
                self.shaped[name.id] = like
            if isinstance(name, ast.Name) and self.stored.count(name.id) == 1 and (is_plain(meaning) or isinstance(meaning, Component)):
                self.known[name.id] = meaning  # it is written wherever it is used
            elif isinstance(name, ast.Name) and isinstance(part, ast.Name) and self.is_settled(name.id) and self.is_settled(part.id):
                self.same[name.id] = part.id  # another name for what does not change
            elif ast.unparse(name) != ast.unparse(part):
                kept.append((name, part))
                for gone in names(name, ast.Store):
                    self.known.pop(gone, None)  # a parameter that got another value is no longer what the call gave
        if not kept:
            return None
        left, right = zip(*kept)
        many = len(kept) > 1
        left: Any = [self.generic_visit(target) if isinstance(target, ast.Subscript) else target for target in left]  # w[term] = ...
        node.targets = [ast.Tuple(left, ast.Store()) if many else left[0]]
        node.value = ast.Tuple(list(right), ast.Load()) if many else right[0]
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        if isinstance(node.target, ast.Name) and node.target.id in self.known:
            said = f"{Path(self.scope.get('__file__', '')).name}, line {node.lineno}"
            raise NotImplementedError(f"As code cannot read {ast.unparse(node)!r} in {said}: write x = x + 1 with a name of its own")
        return self.generic_visit(node)

    # ---- expressions --------------------------------------------------------------------------------------------------------------

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and not isinstance(node, ast.Constant) and not isinstance(getattr(node, "ctx", None), ast.Store):
            value = self.value(node)
            if isinstance(value, float) and math.isinf(value):
                self.snippet.imports.add("import math")
                return ast.parse("math.inf" if value > 0 else "-math.inf", mode="eval").body
            # 2 * math.pi / 10.0 stays as it is: filling in must not hide where a number comes from.
            said = node.func if isinstance(node, ast.Call) else node
            of_module = isinstance(said, ast.Attribute) and isinstance(self.value(said.value), types.ModuleType)
            telling = of_module or isinstance(said, (ast.BinOp, ast.UnaryOp))
            if value is not UNKNOWN and is_plain(value) and not (telling and isinstance(value, float) and len(repr(value)) > 8):
                return literal(value)
        return super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Store):
            return node
        node = ast.Name(self.same.get(node.id, node.id), node.ctx)
        return self.written(self.named(node.id), node)

    def visit_Attribute(self, node: ast.Attribute | ast.Subscript) -> Any:
        value = self.value(node)
        if callable(value) and not isinstance(value, Component):
            return self.written(value, node)
        return picked(self.generic_visit(node))

    visit_Subscript = visit_Attribute

    def written(self, value: Any, node: ast.expr) -> Any:
        """The name of something that is no literal: a module, a function of torch, of Python or of ours. Imports are noted."""
        if isinstance(value, Component):
            where = f"{Path(self.scope.get('__file__', '')).name}, line {getattr(node, 'lineno', '?')}"
            raise NotImplementedError(f"this use of {value!r} cannot be written in plain torch yet: {ast.unparse(node)} ({where})")
        if isinstance(value, torch.dtype):
            return ast.parse(str(value), mode="eval").body
        if isinstance(value, types.ModuleType):
            if not value.__name__.startswith("torch"):
                self.snippet.imports.add(f"import {value.__name__}")
            return ast.parse(value.__name__, mode="eval").body
        if is_ours(value):
            wanted = [name for name in inspect.signature(value).parameters if name != "frozen"]
            body = self.snippet.call(value, {name: ast.Name(name, ast.Load()) for name in wanted}, {"frozen": None})
            return ast.Lambda(ast.arguments([], [ast.arg(name) for name in wanted], None, [], [], None, []), body)
        for module in (torch, torch.nn.functional):
            if callable(value) and getattr(module, getattr(value, "__name__", ""), None) is value:
                return ast.parse(f"{module.__name__}.{value.__name__}", mode="eval").body
        if isinstance(node, ast.Name) and callable(value) and value.__module__ != "builtins":
            self.snippet.imports.add(f"from {value.__module__.lstrip('_')} import {value.__name__}")
        return node if isinstance(node, ast.Name) else self.generic_visit(node)

    def visit_ListComp(self, node: ast.ListComp | ast.GeneratorExp) -> Any:
        generator, original = node.generators[0], copied(node)
        rounds = self.value(generator.iter)
        try:
            with self.snippet.attempt():
                if isinstance(rounds, (range, list, tuple)) and len(rounds) == 1:
                    raise NotImplementedError("a loop of one round is no loop")
                return alone(self.generic_visit(node))
        except NotImplementedError:
            generator = original.generators[0]
            return ast.List([self.visit(copied(original.elt)) for _ in self.rounds(generator.target, generator.iter)], ast.Load())

    visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> Any:
        generator, original = node.generators[0], copied(node)
        try:
            if self.value(generator.iter) is UNKNOWN:
                return self.generic_visit(node)
            raise NotImplementedError("what is known is written down")
        except NotImplementedError:
            pairs = [
                (self.visit(copied(original.key)), self.visit(copied(original.value)))
                for _ in self.rounds(generator.target, original.generators[0].iter)
            ]
            return ast.Dict([key for key, _ in pairs], [value for _, value in pairs])

    def visit_Dict(self, node: ast.Dict) -> Any:
        """{"a": x, **{"b": y}} is {"a": x, "b": y}."""
        node = self.generic_visit(node)  # type: ignore[assignment]
        pairs = [
            pair
            for key, value in zip(node.keys, node.values)
            for pair in (zip(value.keys, value.values) if key is None and isinstance(value, ast.Dict) else [(key, value)])
        ]
        node.keys, node.values = [key for key, _ in pairs], [value for _, value in pairs]
        return node

    def visit_List(self, node: ast.List) -> ast.List:
        """[*[a, b], c] is [a, b, c]."""
        node = self.generic_visit(node)  # type: ignore[assignment]
        inner = [part.value.elts if isinstance(part, ast.Starred) and isinstance(part.value, ast.List) else [part] for part in node.elts]
        node.elts = [part for parts in inner for part in parts]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        test = self.decided(node.test)
        return self.generic_visit(node) if test is UNKNOWN else self.visit(node.body if test else node.orelse)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        decisive = isinstance(node.op, ast.Or)
        while len(node.values) > 1 and (first := self.value(node.values[0])) is not UNKNOWN:
            node.values = node.values[:1] if bool(first) == decisive else node.values[1:]
        return self.visit(node.values[0]) if len(node.values) == 1 else self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """What filling in leaves behind: x - -1.0 is x + 1.0, x + 0.0 is x, -1.0 * x is -x, [] + x is x."""
        node.left, node.right = self.visit(node.left), self.visit(node.right)
        left, right = (self.value(side) for side in (node.left, node.right))
        match node.op:
            case ast.Add() | ast.Sub() if isinstance(right, (int, float)) and right == 0:
                return node.left
            case ast.Add() if any(isinstance(side, list) and not side for side in (left, right)):
                return node.left if isinstance(right, list) and not right else node.right
            case ast.Mult() | ast.Div() if isinstance(right, (int, float)) and right == 1:
                return node.left
            case ast.Mult() if isinstance(left, (int, float)) and abs(left) == 1:
                return node.right if left == 1 else ast.UnaryOp(ast.USub(), node.right)
        return signed(node)

    def visit_Call(self, node: ast.Call) -> Any:
        node.keywords = [k for k in node.keywords if k.arg != "out"]  # where things lie in memory, nobody asks at home
        if (plain := plainly(node)) is not node:
            return self.visit(plain)
        called = self.value(node.func)
        if isinstance(called, Component):
            called = called.__call__  # type: ignore[attr-defined]
        node.args = [part for argument in node.args for part in self.unpacked(argument)]
        if not is_ours(called):
            node.keywords = [k for k in node.keywords if k.arg != "strict" and not is_here(k, self.value(k.value))]
            node = self.generic_visit(node)  # type: ignore[assignment]
            match node:  # x.expand(-1, -1) is x
                case ast.Call(ast.Attribute(whole, "expand"), sides) if sides and all(self.value(side) == -1 for side in sides):
                    return whole
            return node
        if isinstance(called, type):  # our named tuples are just tuples there, our dictionaries just dictionaries
            made = [self.visit(argument) for argument in node.args]
            if issubclass(called, dict):
                return (
                    made[0] if isinstance(made[0], (ast.Dict, ast.DictComp, ast.Name)) else ast.Call(ast.Name("dict", ast.Load()), made, [])
                )
            return ast.Tuple(made, ast.Load())
        bound = inspect.signature(called).bind(*node.args, **{k.arg: k.value for k in node.keywords if k.arg})
        bound.apply_defaults()
        given, known, shaped = {}, {}, {}
        for name, argument in bound.arguments.items():
            value = self.value(argument) if isinstance(argument, ast.AST) else argument
            if name == "frozen":
                known[name] = None
            elif value is not UNKNOWN and (is_plain(value) or isinstance(value, (float, Component, torch.dtype))):
                known[name] = value
            else:
                if (like := self.like(argument)) is not None:
                    shaped[name] = like
                given[name] = self.visit(argument)
        made = self.snippet.call(called, given, known, shaped)
        return _Decided(self).visit(made) if self.each else made

    def unpacked(self, argument: ast.expr) -> list[ast.expr]:
        """`*sizes` as the numbers themselves, where they are known."""
        several = self.value(argument.value) if isinstance(argument, ast.Starred) else UNKNOWN
        return [literal(part) for part in several] if isinstance(several, (tuple, list)) and is_plain(several) else [argument]


class _Sized(ast.NodeTransformer):
    """x.view(2, 3) as torch.empty(2, 3): that has the same size, whatever x is."""

    def __init__(self, filled: _Filled) -> None:
        self.filled = filled

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "view":
            sizes = [self.filled.value(side) for side in node.args]
            if sizes and all(isinstance(size, int) and size >= 0 for size in sizes):
                return ast.parse(f"torch.empty{tuple(sizes)}", mode="eval").body  # type: ignore[return-value]
        return self.generic_visit(node)  # type: ignore[return-value]


class _Decided(ast.NodeTransformer):
    """What a call has brought into a loop, with the branches that all of its rounds take."""

    def __init__(self, filled: _Filled) -> None:
        self.filled = filled

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        test = self.filled.decided(node.test)
        return self.generic_visit(node) if test is UNKNOWN else self.visit(node.body if test else node.orelse)


def as_code(picture: Any, subject: Component) -> str:
    """A module of plain torch that computes the picture's numbers; it ends with the dictionary `numbers` and prints the one that counts."""
    given = picture.given()
    definition = spoken(picture.numbers)
    snippet = Snippet(set(names(definition, ast.Store)) | set(given))

    class Named(ast.NodeTransformer):
        """`given["x"]` is x there: the data are written out."""

        def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
            ours = isinstance(node.value, ast.Name) and node.value.id == "given" and isinstance(node.slice, ast.Constant)
            return ast.Name(node.slice.value, ast.Load()) if ours else self.generic_visit(node)  # type: ignore[union-attr,return-value]

        def visit_Assign(self, node: ast.Assign) -> ast.Assign | None:
            node = self.generic_visit(node)  # type: ignore[assignment]
            return None if ast.unparse(node.targets[0]) == ast.unparse(node.value) else node

    definition = Named().visit(definition)
    known = {"self": picture, "subject": subject}
    shaped = {name: torch.empty_like(tensor, device="meta") for name, tensor in given.items()}
    main = _Filled(snippet, inspect.unwrap(picture.numbers.__func__).__globals__, known, definition, shaped=shaped).block(definition.body)
    main = tidied(main)
    data = [ast.parse(f"{name} = torch.tensor({tensor.tolist()}, dtype=torch.float64)").body[0] for name, tensor in given.items()]
    last = main[-1]
    assert isinstance(last, ast.Return) and last.value
    main[-1] = ast.Assign([ast.Name("numbers", ast.Store())], last.value)
    if answer := getattr(picture, "answer", ""):
        main.append(ast.parse(f"print(numbers[{answer!r}])").body[0])
    kept = ["\n".join(lines([*data, *main])), *map(str, reversed(joined(snippet.written, main)))][::-1]
    imports = sorted(snippet.imports, key=lambda line: (not line.startswith("import"), line))
    return "\n\n\n".join(["\n".join(imports), *kept]) + "\n"


def spelt(value: Any) -> str:
    """The repr with all numbers of every table, however long: it is there to be pasted."""
    if isinstance(value, Component):
        return value.call(spelt)
    return f"({', '.join(map(spelt, value))}{',' * (len(value) == 1)})" if isinstance(value, tuple) else repr(value)


def as_call(picture: Any, subject: Component) -> str:
    """The explorer of a state, to be pasted after `import rpn_edu as rpn` and `from rpn_edu.explore import *`."""
    return f"Explorer({pasted(subject)}, {pasted(picture)})"


def as_presets(presets: dict[str, tuple[Any, Any]], start: Any) -> str:
    """Named states as an argument of an explorer, to be pasted as `as_call` is: with a picture where it is not that of the start."""
    told = [f"{name!r}: " + (pasted(pair[0]) if pair[1] == start else pasted(pair)) for name, pair in presets.items()]
    return f"presets={{{', '.join(told)}}}"


def pasted(value: Any) -> str:
    """A component, or a tuple of them, by the names that a notebook knows."""

    def prefixed(name: re.Match) -> str:
        row = CATALOGUE.get(name[0])
        if row is None or row.term == "picture" or not row.__module__.startswith("rpn_edu."):
            return name[0].rpartition(".")[2]  # a learner's own component stands in the notebook under its bare name
        return f"rpn.{name[0]}"

    return re.sub(r"[\w.]+(?=\()", prefixed, spelt(value))
