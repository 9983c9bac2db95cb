"""Every test can fail for each of its parameters: on every way through it something is judged. And how tests are chosen and shared."""

import ast
import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.help import ROOT, ROWS, TERMS, samples
from tools.quick import SAYS, chosen
from tools.shares import Shares, share

pytestmark = pytest.mark.quick
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


# ---- what is quick ------------------------------------------------------------------------------------------------------------------


def item(name, mark, **params):
    """What a test is to those who choose: its name, its mark and its parameters."""
    marks = {"quick": mark and mark.mark}
    return SimpleNamespace(nodeid=f"{name}[{len(params)}]", get_closest_marker=marks.get, callspec=SimpleNamespace(params=params))


def test_quick_knows_every_room_but_neither_browser_nor_chapters():
    rooms = {path.parent.name for path in FILES if path.name.startswith("test_") and SAYS in path.read_text(encoding="utf-8")}
    assert rooms == {"terms", "network", "explore", "course", "tests"}


def test_quick_has_one_sample_of_every_component_and_all_of_a_test_that_names_no_parameter():
    one, whole = pytest.mark.quick(first_of="part"), pytest.mark.quick
    laws = [item("law", one, part=part, dtype=dtype) for term in TERMS for part in samples(term) for dtype in "ab"]
    kept = [test.callspec.params["part"] for test in chosen(laws)]
    assert kept == [row.samples()[0] for term in TERMS for row in ROWS[term]] and len(laws) > 4 * len(kept)
    others = [item("formula", one, formula=1), item("formula", one, formula=2, more=3), item("truth", whole, part=1), item("truth", whole)]
    assert chosen([*laws, *others, item("slow", None)])[len(kept) :] == others


# ---- how workers share the tests ----------------------------------------------------------------------------------------------------


class Worker:
    """One that does what the scheduler sends, when it is asked to."""

    def __init__(self, tests):
        self.tests, self.sent, self.shutting_down, self.gateway = tests, [], False, SimpleNamespace(id=id(self))

    def send_runtest_some(self, places):
        self.sent += [self.tests[place] for place in places]

    def shutdown(self):
        self.shutting_down = True


def shared(tests, root, workers=2):
    """What each of the workers is sent, in order, when they run in turn."""
    config = SimpleNamespace(rootpath=root, option=SimpleNamespace(), getvalue=lambda name: ["popen"] * workers)
    shares, all_workers = Shares(config), [Worker(tests) for _ in range(workers)]
    for worker in all_workers:
        shares.add_node(worker)
        shares.add_node_collection(worker, tests)
    shares.schedule()
    done = dict.fromkeys(all_workers, 0)
    while waiting := [worker for worker in all_workers if done[worker] < len(worker.sent)]:
        for worker in waiting:
            shares.mark_test_complete(worker, tests.index(worker.sent[done[worker]]))
            done[worker] += 1
    assert shares.tests_finished
    return [worker.sent for worker in all_workers]


def test_a_long_file_is_split_and_what_keeps_something_stays_together_and_comes_first(tmp_path):
    texts = {"test_plain.py": "", "test_fixture.py": '@pytest.fixture(scope="module")', "test_cached.py": "@cache\ndef f(): ..."}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    plain = [f"test_plain.py::test_{letter}[{number}]" for letter in "abcd" for number in range(9)]
    whole = [f"{file}::{name}" for file in (*list(texts)[1:], "x.ipynb") for name in ("test_one[1]", "test_two", "Cell 9")]
    one, other = shared([*plain, *whole], tmp_path)
    assert sorted(one + other) == sorted(plain + whole)
    pieces = []
    for sent in (one, other):
        assert sent == sorted(sent, key=lambda test: test in plain) and sent[0] in whole, "whole files come first"
        names = [test.partition("::")[0] if test in whole else test.partition("[")[0] for test in sent]
        pieces += [name for name, _ in itertools.groupby(names)]
    assert len(pieces) == len(set(pieces)) == 4 + 3, "a share is in one piece"
    assert {test[:10] for test in one} & {test[:10] for test in other} >= {"test_plain"}


def test_a_file_stays_together_where_its_folder_keeps_something(tmp_path):
    for folder, text in {"plain": "", "kept": '@pytest.fixture(scope="package")'}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "conftest.py").write_text(text)
        (tmp_path / folder / "test_one.py").write_text("")
    assert share("plain/test_one.py::test_a[1]", tmp_path) == "plain/test_one.py::test_a"
    assert share("kept/test_one.py::test_a[1]", tmp_path) == "kept/test_one.py"
