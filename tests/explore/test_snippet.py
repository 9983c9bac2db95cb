"""The state as plain torch: it runs alone, gives the explorer's numbers, and reads like something a person wrote."""

import ast
import importlib
import json
import math
import os
import re
import subprocess
import sys
from functools import cache
from typing import Annotated

import pytest
import torch

import rpn_edu as rpn
from rpn_edu.component import CATALOGUE, Dial, component
from rpn_edu.expansion import Expansion
from rpn_edu.expansion.fast import Room
from rpn_edu.explore import Basis, Fabric, Fit, Flow, Mix
from rpn_edu.explore.code.dialect import PLAINLY
from rpn_edu.explore.code.snippet import as_call, as_code
from rpn_edu.explore.code.source import wrapped
from rpn_edu.explore.panel.components import classes_of
from rpn_edu.explore.state.token import packed, unpacked
from tests.explore.states import KINDS, flat, states


def cases():
    """Eight random states of every picture, and every row in every picture of its term; of a formula each in a third of the pictures."""
    for place, picture in enumerate(KINDS):
        found = states(picture, 8)
        yield from found[:8]
        yield from found[8 + place % 3 :: 3] if picture.subject is rpn.Formula else found[8:]


CASES = [*cases()]
WORDS = {"self", "frozen", "subject", "picture", "given", "Tensor", "Component", "seeded", "rpn_edu"}

# Runs every snippet of the list in standard input and prints what each one left in `numbers`.
RUNNER = """
import contextlib, importlib.util, io, json, sys, torch
assert importlib.util.find_spec("rpn_edu") is None
for code in json.load(sys.stdin):
    place = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "<snippet>", "exec"), place)
    assert printed.getvalue(), "a snippet prints its answer"
    print(json.dumps({name: torch.as_tensor(value, dtype=torch.float64).flatten().tolist() for name, value in place["numbers"].items()}))
"""


def alone(codes: list[str], folder: str) -> list[dict[str, list[float]]]:
    """The numbers of snippets run in an empty folder by a Python that does not know this package."""
    # -S leaves the .pth files of site-packages unread, through which an editable installation would be found; torch is added by hand.
    site = os.path.dirname(os.path.dirname(torch.__file__))
    runner = f"import sys; sys.path.append({site!r})\n" + RUNNER
    quiet = "error", "ignore:`torch.jit.script` is deprecated:DeprecationWarning"  # torch's own, on its first forward-mode derivative
    command = [sys.executable, "-I", "-S", *(f"-W{filter}" for filter in quiet), "-c", runner]
    done = subprocess.run(command, input=json.dumps(codes), capture_output=True, text=True, cwd=folder, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def numbers(picture, subject):
    with torch.no_grad():
        return flat(picture.numbers(subject, **picture.given()))


@cache
def code_of(picture, subject):
    """Several tests look at the code of every case: it is written once."""
    return as_code(picture, subject)


def test_snippets_give_the_numbers_of_the_explorer_without_this_package(tmp_path):
    results = alone([code_of(picture, subject) for picture, subject in CASES], str(tmp_path))
    assert len(results) == len(CASES) > 80
    for (picture, subject), result in zip(CASES, results, strict=True):
        expected = numbers(picture, subject)
        assert result.keys() == expected.keys()
        for name, values in expected.items():
            scale = max(1.0, *map(abs, values), 0.0)
            close = len(values) == len(result[name]) and all(abs(a - b) <= 1e-6 * scale for a, b in zip(values, result[name]))
            assert close, f"{name} of {picture!r} of {subject!r}"


def test_every_row_of_the_menus_is_among_the_cases():
    met = {type(part) for _, s in CASES for part in (s, *(getattr(s, term, None) for term in ("expansion", "reconciliation", "remainder")))}
    menus = [classes_of(base) for base in (Expansion, rpn.reconciliation.Reconciliation, rpn.remainder.Remainder)]
    assert {row for menu in menus for row in menu.values()} <= met and [len(menu) for menu in menus] >= [44, 13, 4]


@pytest.mark.parametrize("picture, subject", CASES, ids=lambda value: repr(value)[:60])
def test_a_snippet_reads_like_something_a_person_wrote(picture, subject):
    code = code_of(picture, subject)
    tree = ast.parse(code)
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    assert not used & WORDS
    assert "rpn_edu" not in code and "expansion." not in code and "kwargs" not in code
    assert not any(isinstance(n, ast.AnnAssign) or getattr(n, "annotation", None) for n in ast.walk(tree))
    assert not re.search(r"- -|\+ -|len\(\(|len\(\[|\(\(\w+ for |\* 1\.0\b(?!\d)|\+ 0\.0\b(?!\d)|device=.cpu", code), code
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.IfExp)):
            assert not isinstance(node.test, ast.Constant)
        if isinstance(node, ast.FunctionDef):
            body = node.body[0]
            whole = body.value if isinstance(body, ast.Return) else None
            assert not (isinstance(whole, ast.Name) and [a.arg for a in node.args.args] == [whole.id]), ast.unparse(node)
    lines = code.splitlines()
    assert max(map(len, lines)) <= 120
    for before, line in zip(lines, lines[1:]):
        assert not line.lstrip().startswith("def ") or not before or before.startswith("#")
    defined = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    assert len(defined) == len(set(defined))
    loaded = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    assert set(defined) <= loaded, "a function that nobody calls"


def test_formula_lines_stand_above_the_terms():
    code = as_code(Flow(), rpn.Formula(rpn.expansion.Chebyshev(), rpn.reconciliation.LowRank(), rpn.remainder.Linear()))
    assert "# T_k(x) = 2 x T_{k-1}(x) - T_{k-2}(x), with T_0 = 1 and T_1 = x\ndef expansion(x):" in code
    assert "# ψ(w) = A B with A (n × rank) and B (rank × D)\ndef reconciliation(w, D):" in code
    assert "def remainder(x, w):" in code


@pytest.mark.parametrize("picture, subject", CASES[::5], ids=lambda value: repr(value)[:60])
def test_a_snippet_ends_by_printing_the_number_that_counts(picture, subject):
    assert code_of(picture, subject).endswith(f'\nprint(numbers["{picture.answer}"])\n')


@pytest.mark.parametrize("picture, subject", CASES[::5], ids=lambda value: repr(value)[:60])
def test_the_call_can_be_pasted(picture, subject):
    place = {}
    exec("import rpn_edu as rpn\nfrom rpn_edu.explore import *", place)
    place["Explorer"] = lambda *state: state
    assert eval(as_call(picture, subject), place) == (subject, picture)


def eval_call(text):
    place = {}
    exec("import rpn_edu as rpn\nfrom rpn_edu.explore import *", place)
    place["Explorer"] = lambda *state: state
    return eval(text, place)


@pytest.mark.parametrize("rows", [4, 100, 5000])
def test_the_call_and_the_token_hold_all_of_ones_own_data(rows):
    own = tuple((i / 7, -1e-9 * i**3) for i in range(rows))
    matrix = tuple((float(i), 0.1 * i) for i in range(rows))
    links = tuple((i, i + 1) for i in range(rows))
    states = [
        (rpn.Formula(rpn.expansion.Chebyshev(degree=3)), Fit(own=own)),
        (rpn.Formula(rpn.expansion.Affine(matrix=matrix, offset=(0.5,) * rows)), Flow()),
        (rpn.interdependence.Graph(nodes=rows + 1, links=links), Mix()),
        (rpn.expansion.Extended(parts=(rpn.expansion.Taylor(),)), Basis()),
    ]
    for state in states:
        assert eval_call(as_call(state[1], state[0])) == state and unpacked(packed(*state)) == state


def test_more_pairs_than_a_token_holds_are_refused():
    with pytest.raises(ValueError, match="Fit.own must be at most 100,000 pairs.*got 100,001"):
        Fit(own=tuple((i, i) for i in range(100_001)))
    own = tuple((i / 3, i / 7) for i in range(100_000))
    assert unpacked(packed(rpn.Formula(), Fit(own=own)))[1].own == own


def test_the_docstring_shows_what_is_written():
    from rpn_edu.explore.code import snippet

    code = as_code(Basis(), rpn.expansion.Chebyshev(degree=4))
    shown = [line[4:] for line in (snippet.__doc__ or "").splitlines() if line.startswith("    ")]
    assert len(shown) == 10
    assert not [line for line in shown if line not in code.splitlines()]


def test_a_short_state_is_short():
    code = as_code(Fabric(n=2, D=3), rpn.reconciliation.Identity())
    assert code.count("def ") == 1 and len(code.splitlines()) <= 15


@pytest.mark.parametrize("kappa, most", [(rpn.expansion.Identity(), 16), (rpn.expansion.Chebyshev(degree=3), 24)])
def test_a_fit_with_a_dense_psi_is_features_lstsq_and_prediction(kappa, most):
    picture = Fit()
    code = as_code(picture, rpn.Formula(kappa))
    assert "torch.linalg.lstsq(" in code and "jac" not in code and "solve_triangular" not in code
    tree = ast.parse(code)
    data = {n.lineno + k for n in tree.body if ast.unparse(n).startswith(("x =", "y =")) for k in range(n.end_lineno - n.lineno + 1)}
    told = [line for k, line in enumerate(code.splitlines(), 1) if k not in data and line.strip() and not line.lstrip().startswith("#")]
    assert len(told) <= most, code


@pytest.mark.parametrize("fast, plain", PLAINLY.items())
def test_what_is_written_for_speed_says_what_a_person_writes(fast, plain):
    scope = {"torch": torch, "c": 0.7, **{name: torch.randn(3, 4, dtype=torch.float64) for name in "axy"}}
    scope["b"] = scope["x"]
    scope |= {"room": Room(scope["x"], tuple), "planes": [scope["a"], scope["x"]], "parts": [scope["y"], scope["x"]], "dim": 1}
    torch.testing.assert_close(eval(fast, scope), eval(plain, scope), rtol=1e-15, atol=1e-15)


def test_what_is_said_of_speed_is_left_out_to_its_last_line():
    @component
    class Quick(Expansion):
        """κ(x) = 2 x - x²"""

        def width(self, m):
            return m

        def __call__(self, x, frozen=None):
            # fast: one pass over
            # memory
            y = torch.addcmul(x, x, x, value=-1)
            # A parabola.
            return torch.addcmul(y, x, torch.ones_like(x))  # fast: one more

    try:
        code = as_code(Basis(), Quick())
    finally:
        del CATALOGUE["expansion.Quick"]
    assert "memory" not in code and "fast" not in code and "addcmul" not in code
    assert "    y = x - x * x\n    # A parabola.\n    return y + x * torch.ones_like(x)\n" in code


@pytest.mark.parametrize("degree", [2, 3, 7])
def test_a_branch_that_all_rounds_of_a_loop_take_is_the_only_one_written(degree):
    code = as_code(Basis(), rpn.expansion.Chebyshev(degree=degree))
    assert "        older, newer = newer, 2.0 * x * newer - older\n" in code
    code = as_code(Basis(), rpn.expansion.Legendre(degree=degree))
    assert "a, c = (2 * k - 1) / k, -(k - 1) / k" in code, "what differs from round to round stays"


def test_a_method_that_is_called_once_stands_in_its_caller_unless_a_name_is_in_the_way(tmp_path):
    @component
    class Split(Expansion):
        """κ(x) = (x + 1)², or the double of it"""

        double: bool = False
        hidden: bool = False

        def width(self, m):
            return m

        def square(self, x: torch.Tensor) -> torch.Tensor:
            y = x + 1
            return y.square()

        def __call__(self, x, frozen=None):
            y = 3 * x if self.hidden else x
            square = self.square(x).clone()
            both = square + self.square(2 * x) if self.double else square
            return both + y.cos() if self.hidden else both

    picture, kappas = Basis(), [Split(), Split(double=True), Split(hidden=True)]
    try:
        codes = [as_code(picture, kappa) for kappa in kappas]
        wanted = [numbers(picture, kappa)["kappa"] for kappa in kappas]
        results = alone(codes, str(tmp_path))
    finally:
        del CATALOGUE["expansion.Split"]
    assert ["def expansion_square" in code for code in codes] == [False, True, True]
    assert [result["kappa"] for result in results] == wanted


def test_data_are_written_out_and_wrapped():
    code = as_code(Fit(points=100), rpn.Formula())
    assert max(map(len, code.splitlines())) <= 100
    x = next(n for n in ast.parse(code).body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "x")
    assert ast.unparse(x.value).count(",") == 100  # 99 between the points and one before dtype


def test_wrapped_lines_say_the_same():
    line = "numbers = f([1.25, 2.5], {'a': 3}, [x for x in range(10)], (4, 5), 'a comma, here')"
    for text in (line, line.replace("1.25", ", ".join(["1.25"] * 60))):
        pieces = list(wrapped(text, "    "))
        assert ast.dump(ast.parse("\n".join(pieces))) == ast.dump(ast.parse(text))
        assert max(map(len, pieces)) <= 100


def test_parts_that_no_loop_can_hold_are_written_one_by_one(tmp_path):
    inner = rpn.expansion.Extended(parts=(rpn.expansion.Identity(), rpn.expansion.Chebyshev()))
    kappa = rpn.expansion.Nested(parts=(rpn.expansion.Taylor(order=2), inner))
    (result,) = alone([as_code(Basis(), kappa)], str(tmp_path))
    for name, values in numbers(Basis(), kappa).items():
        assert result[name] == pytest.approx(values), name


def test_a_learners_own_component_is_written_too(tmp_path):
    @component
    class Bump(Expansion):
        """κ(x) = exp(-sharpness x²)"""

        sharpness: Annotated[float, Dial(0.5, 4.0, "how narrow", least=0.0, above=True)] = 1.0

        def width(self, m):
            return m

        def __call__(self, x, frozen=None):
            return torch.exp(-self.sharpness * x**2)

    try:
        code = as_code(Basis(), Bump(sharpness=3.0))
        assert as_call(Basis(), Bump(sharpness=3.0)) == "Explorer(Bump(sharpness=3.0), Basis(at=0.5))"
    finally:
        del CATALOGUE["expansion.Bump"]
    assert "# κ(x) = exp(-sharpness x²)\ndef expansion(x):\n    return torch.exp(-3.0 * x ** 2)" in code
    (result,) = alone([code], str(tmp_path))
    assert math.isclose(max(result["curves"]), 1.0)


def test_what_cannot_be_written_is_said():
    @component
    class Odd(Expansion):
        """κ(x) = something that keeps a component"""

        def width(self, m):
            return m

        def __call__(self, x, frozen=None):
            return torch.as_tensor(self) * x

    try:
        with pytest.raises(NotImplementedError, match=r"cannot be written in plain torch yet: self"):
            as_code(Basis(), Odd())
    finally:
        del CATALOGUE["expansion.Odd"]


def test_an_argument_that_gets_another_value_is_no_longer_what_the_call_gave(tmp_path):
    @component
    class Divided(Expansion):
        """κ(x) = x over the number of its axes"""

        def width(self, m):
            return m

        def over(self, x: torch.Tensor, parts: int) -> torch.Tensor:
            parts = parts or x.dim()
            return torch.div(x, parts)

        def __call__(self, x, frozen=None):
            return self.over(x, 0)

    try:
        (result,) = alone([as_code(Basis(), Divided())], str(tmp_path))
        assert result["kappa"] == pytest.approx(numbers(Basis(), Divided())["kappa"]) == [0.25]
    finally:
        del CATALOGUE["expansion.Divided"]


def test_a_name_that_is_given_another_value_is_known_no_longer(tmp_path):
    """Kronecker's `wanted = wanted or ...` with p = 0, where the sizes are known to the running code only."""

    def numbers(self, subject):
        shown = []
        for n in (2, 4):
            w = torch.arange(float(subject.length(n, 4)))
            shown.append(subject.matrix(w, n, 4))
        return {"W": torch.cat(shown)}

    picture = type("Loop", (), {"given": lambda self: {}, "numbers": numbers})()
    (result,) = alone([as_code(picture, rpn.reconciliation.Kronecker()) + 'print(numbers["W"])\n'], str(tmp_path))
    assert result == flat(picture.numbers(rpn.reconciliation.Kronecker()))


def test_a_loop_does_not_see_what_a_loop_before_has_left_in_its_name(tmp_path):
    @component
    class Twice(Expansion):
        """κ(x) = the parts one after the other, and the double of it"""

        parts: tuple[Expansion, ...] = (rpn.expansion.Linear(scale=2.0), rpn.expansion.Identity())

        def width(self, m):
            return 2 * m

        def __call__(self, x, frozen=None):
            for part in self.parts:
                x = part(x)
            shown = []
            for part in (x, 2 * x):
                shown.append(part + 1)
            return torch.cat(shown, -1)

    try:
        (result,) = alone([as_code(Basis(), Twice())], str(tmp_path))
        assert result["kappa"] == pytest.approx([2.0, 3.0])
    finally:
        del CATALOGUE["expansion.Twice"]


@pytest.mark.parametrize(
    "line, instead",
    [("self += 1", "a name of its own"), ("while len(x) > 9: x = x[1:]", "a for over a known range"), ("del x", "a name stays"),
     ("y = [k := 2]", "a line of its own"), ("assert len(x)", "raise what a reader"), ("import math", "at the top of the file")],
)  # fmt: skip
def test_a_class_that_leaves_the_dialect_of_as_code_is_refused_with_its_line(line, instead, tmp_path, monkeypatch):
    (tmp_path / "own_kappa.py").write_text(
        "from rpn_edu import component\nfrom rpn_edu.expansion import Expansion\n\n\n@component\nclass Own(Expansion):\n"
        f'    """κ(x) = x"""\n\n    def __call__(self, x, frozen=None):\n        {line}\n        return x\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    own = importlib.import_module("own_kappa")
    try:
        with pytest.raises(NotImplementedError, match=f"own_kappa.py, line 10: .*{instead}"):
            as_code(Basis(), own.Own())
    finally:
        del sys.modules["own_kappa"]
        CATALOGUE.pop("expansion.Own", None)


def test_code_is_written_after_a_traceback_that_marked_all_trees_with_their_parents():
    # IPython's tracebacks do so: + and - of all code in a process are one node each, and led into a tree without end.
    tree = ast.parse("-a + b * c - d / e ** f < g and not h")
    marked = [(child, node) for node in ast.walk(tree) for child in ast.iter_child_nodes(node)]
    try:
        for child, node in marked:
            child.parent = node
        assert "def expansion(x):" in as_code(Basis(), rpn.expansion.Legendre(degree=3)) and "def " in as_code(Flow(), rpn.Formula())
    finally:
        for child, _ in marked:
            vars(child).pop("parent", None)
