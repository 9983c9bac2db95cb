"""The state as plain torch: the library's own source with the state filled in.

The code a learner takes home is not written a second time. `as_code` takes the source of a picture's `numbers`, replaces what the state
fixes (`self.degree` becomes 3), follows every call into the library and writes the functions it meets, so the snippet cannot drift from
what the explorer computes. What is left out: docstrings, annotations, frozen numbers (drawn from their seed), branches the state rules out.
"""

import ast
import builtins
import inspect
import math
import textwrap
import types
from collections.abc import Callable
from typing import Any

import torch

from ..component import Component

PACKAGE = __name__.partition(".")[0]
PLAIN = (int, float, str, bool, type(None))


class _Unknown:
    """The value of an expression that only running the code can tell."""


UNKNOWN = _Unknown()


def is_plain(value: Any) -> bool:
    return isinstance(value, PLAIN) or (isinstance(value, (tuple, list)) and all(map(is_plain, value)))


def _pure(value: Any) -> Any:
    """Named tuples and lists as plain tuples."""
    return tuple(map(_pure, value)) if isinstance(value, (tuple, list)) else value


class Snippet:
    """Functions written so far, and the imports they need."""

    def __init__(self) -> None:
        self.functions: dict[Any, str] = {}
        self.texts: list[str] = []
        self.modules: set[str] = {"import torch"}

    def function(self, call: Callable, filled: dict[str, Any]) -> str:
        """The name under which a method or function of the library is written, with the component's fields and `filled` arguments in it."""
        owner = getattr(call, "__self__", None)
        key = (owner, call.__qualname__, tuple(filled.items()))
        if key not in self.functions:
            name = call.__name__ if owner is None else owner.term if call.__name__ == "__call__" else f"{owner.term}_{call.__name__}"
            while name in self.functions.values() or hasattr(builtins, name):
                name += "_"
            self.functions[key] = name
            definition = self.parsed(call)
            known = filled | ({} if owner is None else {"self": owner})
            definition.name = name
            definition.args.args = [argument for argument in definition.args.args if argument.arg not in known]
            definition.args.defaults = []
            definition.body = _Filled(self, call, known).block(definition.body)
            comment = f"# {type(owner).formula_line()}\n" if isinstance(owner, Component) and call.__name__ in ("__call__", "matrix") else ""
            self.texts.append(comment + ast.unparse(ast.fix_missing_locations(definition)))
        return self.functions[key]

    @staticmethod
    def parsed(call: Callable) -> ast.FunctionDef:
        definition = ast.parse(textwrap.dedent(inspect.getsource(call))).body[0]
        assert isinstance(definition, ast.FunctionDef)
        definition.decorator_list, definition.returns = [], None
        for argument in definition.args.args + definition.args.kwonlyargs:
            argument.annotation = None
        return definition


class _Filled(ast.NodeTransformer):
    """One function body with the known names filled in."""

    def __init__(self, snippet: Snippet, call: Callable, known: dict[str, Any]) -> None:
        self.snippet, self.known = snippet, known
        self.scope = inspect.unwrap(call).__globals__ if not inspect.ismethod(call) else call.__func__.__globals__
        self.local: set[str] = set()
        self.stores: dict[str, int] = {}

    # ---- what an expression is, as far as the state tells -------------------------------------------------------------------------

    def value(self, node: ast.AST) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                if node.id in self.known:
                    return self.known[node.id]
                return UNKNOWN if node.id in self.local else self.scope.get(node.id, getattr(builtins, node.id, UNKNOWN))
            case ast.Attribute():
                owner = self.value(node.value)
                return UNKNOWN if owner is UNKNOWN or isinstance(owner, torch.Tensor) else getattr(owner, node.attr, UNKNOWN)
            case ast.Subscript():
                owner, key = self.value(node.value), self.value(node.slice)
                return owner[key] if isinstance(owner, (dict, tuple)) and isinstance(key, PLAIN) else UNKNOWN
            case ast.Tuple():
                items = [self.value(item) for item in node.elts]
                return UNKNOWN if UNKNOWN in items else tuple(items)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp() | ast.BinOp():
                return self.computed(node)
            case ast.Call():
                called = self.value(node.func)
                arguments = [self.value(argument) for argument in node.args]
                # Sizes and switches of components are answered now: width(2) is 6.
                if inspect.ismethod(called) and isinstance(called.__self__, Component) and not node.keywords and UNKNOWN not in arguments:
                    if called.__name__ in ("width", "length", "count", "part_width", "pairs", "blocks", "steps", "shapes"):
                        return called(*arguments)
                if called is type and UNKNOWN not in arguments:
                    return type(*arguments)
                if called is getattr and UNKNOWN not in arguments:
                    return getattr(*arguments)
                return UNKNOWN
        return UNKNOWN

    def computed(self, node: ast.AST) -> Any:
        """A simple expression of known values, or UNKNOWN."""
        leaves = [leaf for leaf in ast.walk(node) if isinstance(leaf, (ast.Name, ast.Attribute, ast.Call))]
        outer = [leaf for leaf in leaves if not any(leaf is not other and leaf in ast.walk(other) for other in leaves)]
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) and any(self.value(v) is not UNKNOWN and not self.value(v) for v in node.values):
            return False
        values = {f"_{i}": self.value(leaf) for i, leaf in enumerate(outer)}
        if any(value is UNKNOWN or isinstance(value, torch.Tensor) for value in values.values()):
            return UNKNOWN
        names = {id(leaf): name for leaf, name in zip(outer, values, strict=True)}
        expression = ast.fix_missing_locations(ast.Expression(_substituted(node, names)))
        return eval(compile(expression, "<state>", "eval"), {"__builtins__": {}}, values)

    # ---- statements ---------------------------------------------------------------------------------------------------------------

    def stored_once(self, target: ast.AST) -> bool:
        return all(self.stores.get(name.id, 0) <= 1 for name in ast.walk(target) if isinstance(name, ast.Name))

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        if not self.stores:
            stored = [n.id for s in statements for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
            self.stores = {name: stored.count(name) for name in stored}
        out: list[ast.stmt] = []
        for statement in statements:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # docstring
            visited = self.visit(statement)
            out += visited if isinstance(visited, list) else [visited] if visited is not None else []
            if out and isinstance(out[-1], ast.Return):
                break
        return out

    def visit_If(self, node: ast.If) -> Any:
        test = self.value(node.test)
        if test is not UNKNOWN:
            return self.block(node.body if test else node.orelse)
        node.test = self.visit(node.test)
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        return node

    def visit_With(self, node: ast.With) -> Any:
        # A snippet may use the global seed: only a library must leave it as it was.
        if "fork_rng" in ast.unparse(node.items[0]):
            return self.block(node.body)
        return self.generic_visit(node)

    def visit_Match(self, node: ast.Match) -> Any:
        subject = self.value(node.subject)
        for case in node.cases:
            if isinstance(case.pattern, ast.MatchValue) and self.value(case.pattern.value) == subject or isinstance(case.pattern, ast.MatchAs):
                return self.block(case.body)
        return None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.local.add(node.name)
        inner = _Filled(self.snippet, lambda: None, {k: v for k, v in self.known.items() if k not in {a.arg for a in node.args.args}})
        inner.scope, inner.local = self.scope, self.local | {a.arg for a in node.args.args}
        for argument in node.args.args:
            argument.annotation = None
        node.returns, node.body = None, inner.block(node.body)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        names = {a.arg for a in node.args.args}
        inner = _Filled(self.snippet, lambda: None, {k: v for k, v in self.known.items() if k not in names})
        inner.scope, inner.local = self.scope, self.local | names
        node.body = inner.visit(node.body)
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        value = self.value(node.value)
        node.value = self.visit(node.value)
        if ast.unparse(node.value) == ast.unparse(node.targets[0]):
            return None
        for target in node.targets:
            for name in [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]:
                self.known.pop(name, None)
                self.local.add(name)
            if value is not UNKNOWN and is_plain(value) and self.stored_once(target):
                pairs = zip(target.elts, value, strict=True) if isinstance(target, ast.Tuple) else [(target, value)]
                self.known |= {name.id: _pure(part) for name, part in pairs if isinstance(name, ast.Name)}
                return None  # its value is written wherever it is used
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        node.value = self.visit(node.value)
        return node

    def visit_For(self, node: ast.For) -> Any:
        for name in [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]:
            self.known.pop(name, None)
            self.local.add(name)
        node.iter = self.visit(node.iter)
        node.body = self.block(node.body)
        return node

    # ---- expressions --------------------------------------------------------------------------------------------------------------

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        for name in [n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)]:
            self.known.pop(name, None)
            self.local.add(name)
        return self.generic_visit(node)

    visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        test = self.value(node.test)
        return self.generic_visit(node) if test is UNKNOWN else self.visit(node.body if test else node.orelse)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        if isinstance(node.op, ast.Or) and self.value(node.values[0]) is None:
            return self.visit(node.values[1])
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> Any:
        if not isinstance(node.ctx, ast.Load):
            return node
        if node.id in self.known:
            return self.literal(self.known[node.id], node)
        if node.id not in self.local and node.id in self.scope:
            return self.literal(self.scope[node.id], node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        value = self.value(node)
        return self.literal(value, node) if isinstance(value, int) else self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        value = self.value(node)
        return self.generic_visit(node) if value is UNKNOWN else self.literal(value, node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        value = self.value(node)
        if value is UNKNOWN or isinstance(value, torch.Tensor):
            return self.generic_visit(node)
        return self.literal(value, node)

    def visit_Call(self, node: ast.Call) -> Any:
        value = self.value(node)
        if value is not UNKNOWN and is_plain(value):
            return self.literal(value, node)
        called = self.value(node.func)
        if isinstance(called, Component):
            called = called.__call__
        node.keywords = [k for k in node.keywords if k.arg != "frozen"]
        if isinstance(called, type) and issubclass(called, tuple) and called.__module__.startswith(PACKAGE):
            return ast.Tuple([self.visit(argument) for argument in node.args], ast.Load())  # our named tuples are just tuples there
        if self.is_ours(called):
            names = list(inspect.signature(called).parameters)
            arguments = {name: self.value(argument) for name, argument in zip(names, node.args, strict=False)}
            filled = {name: _pure(value) for name, value in arguments.items() if value is not UNKNOWN and is_plain(value)}
            filled |= {"frozen": None} if "frozen" in names else {}
            node.args = [self.visit(argument) for argument, name in zip(node.args, names, strict=False) if name not in filled]
            node.keywords = [self.visit(keyword) for keyword in node.keywords]
            node.func = ast.Name(self.snippet.function(called, filled), ast.Load())
            return node
        return self.generic_visit(node)

    @staticmethod
    def is_ours(called: Any) -> bool:
        return (inspect.ismethod(called) or inspect.isfunction(called)) and called.__module__.startswith(PACKAGE)

    def literal(self, value: Any, node: ast.AST) -> ast.AST:
        """How a known value is written."""
        if is_plain(value) and not (isinstance(value, float) and not math.isfinite(value)):
            return ast.parse(repr(_pure(value)), mode="eval").body
        if isinstance(value, types.ModuleType):
            name = value.__name__
            alias = node.id if isinstance(node, ast.Name) else name
            if alias != name or not name.startswith("torch"):
                self.snippet.modules.add(f"import {name}" + (f" as {alias}" if alias != name else ""))
            return node
        if self.is_ours(value):
            return ast.Name(self.snippet.function(value, {}), ast.Load())
        for module in (torch, torch.nn.functional):
            if callable(value) and getattr(module, getattr(value, "__name__", ""), None) is value:
                return ast.parse(f"{module.__name__}.{value.__name__}", mode="eval").body
        if isinstance(node, ast.Name) and getattr(value, "__module__", None) not in (None, "builtins") and not isinstance(value, Component):
            self.snippet.modules.add(f"from {value.__module__.lstrip('_')} import {value.__name__}")
        return self.generic_visit(node) if isinstance(node, ast.Attribute) else node


def _substituted(node: ast.AST, names: dict[int, str]) -> Any:
    if id(node) in names:
        return ast.Name(names[id(node)], ast.Load())
    return type(node)(**{field: _copied(value, names) for field, value in ast.iter_fields(node)})


def _copied(value: Any, names: dict[int, str]) -> Any:
    if isinstance(value, list):
        return [_copied(item, names) for item in value]
    return _substituted(value, names) if isinstance(value, ast.AST) else value


def as_code(picture: Any, subject: Component) -> str:
    """A module of plain torch that computes the picture's numbers; it ends with the dictionary `numbers`."""
    snippet = Snippet()
    call = picture.numbers
    given = picture.given()
    body = snippet.parsed(call).body
    # `x, y = given["x"], given["y"]` becomes the data themselves.
    filled = _Filled(snippet, call, {"self": picture, "subject": subject})
    statements = [s for s in body if not (isinstance(s, ast.Assign) and "given[" in ast.unparse(s.value))]
    filled.local |= set(given)
    main = filled.block(statements)
    lines = [f"{name} = torch.tensor({tensor.tolist()}, dtype=torch.float64)" for name, tensor in given.items()]
    for statement in main:
        if isinstance(statement, ast.Return):
            statement = ast.Assign([ast.Name("numbers", ast.Store())], statement.value)  # type: ignore[arg-type]
        lines.append(ast.unparse(ast.fix_missing_locations(statement)))
    imports = sorted(snippet.modules, key=lambda line: (not line.startswith("import"), line))
    return "\n\n\n".join(["\n".join(imports), *snippet.texts, "\n".join(lines)]) + "\n"
