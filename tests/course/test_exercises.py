"""Exercises answer in one sentence: right however it is written, wrong by the mistake that it is, and never with an error."""

import functools
import importlib
import inspect
import json
import math
import re
import sys

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient

import rpn_edu as rpn
from rpn_edu.course import Verdict, check, checking, solution
from rpn_edu.course.comparing import numbers, same, writes
from rpn_edu.shared import progress
from tests.course.mutants import mutants
from tests.course.solved import blocks
from tools import chapters as rows

NAMES = checking.chapters()


@pytest.fixture(autouse=True)
def fresh():
    """A kernel that has seen no answers."""
    checking.WRONG.clear()
    checking.SOLVED.clear()


@pytest.fixture
def faults_are_raised(monkeypatch):
    def raised(fault):
        raise fault

    monkeypatch.setattr(checking, "excused", raised)


# ---- what a learner's notebook does -----------------------------------------------------------------------------------------------


def right(x):
    return torch.cat([x, x**2, x**3], -1)


def half(x):
    return x.nope


def test_an_answer_is_right_wrong_or_waiting_and_nothing_is_raised():
    assert check("00", 1, right).right is True and check("00_start", 1, right).says.startswith("✓ ")
    assert check("00", 1, lambda x: x).right is False and check("00", 1, lambda x: x).says.startswith("✗ ")
    for waiting in (None, lambda x: None):
        assert check("00", 1, waiting) == Verdict(None, "Exercise 1 is waiting for your answer.")


def of_the_library(x):
    W = rpn.reconciliation.Kronecker(p=3).matrix(x, 4, 6)
    return W


LINE, THEIRS = (one.__code__.co_firstlineno + 1 for one in (half, of_the_library))
ERROR = f"AttributeError: 'Tensor' object has no attribute 'nope' (your line {LINE}: return x.nope)."
FAILING = {
    "a function": (half, f"half([0.5, 2.0]) stops with {ERROR}"),
    "one that calls another": (lambda x: half(x), f"your function([0.5, 2.0]) stops with {ERROR}"),
    "one with a part of its arguments": (functools.partial(half), f"your function([0.5, 2.0]) stops with {ERROR}"),
    "one that the library stops": (of_the_library, f"(your line {THEIRS}: W = rpn.reconciliation.Kronecker(p=3).matrix(x, 4, 6))."),
    "one of Python": (math.sqrt, "sqrt([0.5, 2.0]) stops with ValueError: only one element tensors can be converted to Python scalars."),
    "one of another number of arguments": (
        lambda: 0,
        "your function([0.5, 2.0]) stops with TypeError: <lambda>() takes 0 positional arguments but 1 was given.",
    ),
    "one that says nothing": (lambda x: next(iter(())), "your function([0.5, 2.0]) stops with StopIteration (your line "),
    "one that leaves": (lambda x: sys.exit(), "your function([0.5, 2.0]) stops with SystemExit (your line "),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_function_that_stops_is_told_with_the_call_its_error_and_the_learner_s_own_line(name):
    answer, sentence = FAILING[name]
    assert sentence in said(writes, answer, lambda x: x, (torch.tensor([0.5, 2.0]),))


def test_an_error_inside_the_library_shows_none_of_its_lines():
    """The line of a learner is not there: a component was handed over, and the course calls it."""
    told = check("02", 3, rpn.reconciliation.Kronecker(p=3)).says
    wanted = (
        "reconciliation.Kronecker(p=3, q=0).length(10, 64) stops with ValueError: Kronecker.p must divide 10: one of 1, 2, 5, 10, got 3."
    )
    assert told == f"✗ {wanted}"


class Silent:
    def __repr__(self):
        raise ValueError("there are no words for it")


def endless(*given):
    return endless(*given)


ODD = [7, "x", b"x", [], {}, (1, [2]), (float("nan"), 1), (float("inf"), 1), 10**30, torch, Silent(), iter("x"), int, Ellipsis]
ODD += [rpn.Formula, rpn.Formula(), rpn.RPN([2, 2]), torch.ones(2, 1), torch.zeros(0), torch.ones(2, 2, dtype=torch.complex64)]
ODD += [endless, lambda: 0, lambda *x: "x", lambda *x: [None], lambda *x: 1j, lambda *x: x, lambda *x: int, lambda *x: 10**400]
ODD += [lambda *x: torch.ones(3, 3).to_sparse(), lambda *x: torch.zeros(0), lambda *x: torch.ones(1, 1, 1, 1), lambda *x: float("nan")]


@pytest.mark.usefixtures("faults_are_raised")
def test_an_exercise_holds_its_numbers_wherever_new_tensors_lie_when_it_is_asked_for_first(monkeypatch):
    monkeypatch.delitem(sys.modules, "rpn_edu.course.exercises.03_remainder", raising=False)
    with torch.device("meta"):
        assert check("03", 1, [1, 0, -1 / 6, 0, 1 / 120]).right
    assert not check("03", 1, [1, 0, 1 / 6, 0, 1 / 120]).right


@pytest.mark.usefixtures("faults_are_raised")
@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
def test_every_exercise_answers_whatever_comes(answer):
    for name in NAMES:
        for number in range(1, len(checking.solutions(name)) + 1):
            said = check(name, number, answer)
            assert said.right is False and said.says.startswith("✗ ") and len(said.says.split()) >= 4, (name, number, said)


def test_a_chapter_with_wrong_answers_runs_to_its_end(tmp_path):
    cells = [
        "import torch\nfrom rpn_edu.course import check, solution",
        'def features(x):\n    y = 2 * x\n    return y.nope\n\ncheck("00", 1, features)',
        'check("00", 1, lambda x: torch.cat([x, x**2, x**3], -1).mT)',
        'check("00", 1, torch.nn.Linear)',
        'solution("00", 1)',
        'check("00", 2, None)',
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = ["".join(out.data.get("text/plain", "") for out in cell.outputs) for cell in book.cells]
    found = re.fullmatch(r"✗ features\(\[\[-2.0\], .*\]\) stops with (.*)", shown[1])
    assert found[1] == "AttributeError: 'Tensor' object has no attribute 'nope' (your line 3: return y.nope)."
    assert shown[2].startswith("✗ Rows and columns") and "brackets of Linear()? After 3 tries" in shown[3]
    assert "def features" in shown[4] and shown[5] == "Exercise 2 is waiting for your answer."
    assert "text/html" in book.cells[1].outputs[0].data and "text/markdown" in book.cells[4].outputs[0].data


def test_a_fault_of_a_check_is_told_as_one_and_stops_nothing(monkeypatch):
    check("00", 1, None)
    monkeypatch.setitem(checking.EXERCISES, ("00", 1), lambda answer: 1 / 0)
    said = check("00", 1, right)
    assert said.right is None and "a fault of the course, not of your answer" in said.says and "ZeroDivisionError" in said.says
    with pytest.raises(ZeroDivisionError):
        checking.judged(checking.EXERCISES["00", 1], 1, right)


def test_an_exercise_that_is_not_there_is_our_own_mistake():
    with pytest.raises(LookupError, match="check: no chapter '0' has exercises; did you mean"):
        check("0", 1, None)
    with pytest.raises(LookupError, match="check: chapter 00 has no exercise 4; it has 1, 2, 3"):
        check("00", 4, None)
    with pytest.raises(LookupError, match="solution: no chapter '00_strat' has exercises; did you mean 00_start"):
        solution("00_strat", 1)


def test_after_three_wrong_answers_the_solution_is_offered_and_not_before():
    for said in (check("00", 1, half) for _ in range(2)):
        assert "solution(" not in said.says
        assert repr(solution("00", 1)) == "Try exercise 1 first. After 3 wrong answers its solution is shown here."
    assert check("00", 1, half).says.endswith('After 3 tries you may look: from rpn_edu.course import solution; solution("00", 1)')
    assert "```python\ndef features(x):" in solution("00", 1)._repr_markdown_() and "def g(" not in repr(solution("00", 1))
    assert "Try exercise 2 first" in repr(solution("00", 2)), "each exercise has tries of its own"


def test_a_learner_s_own_folder_keeps_what_was_answered_and_not_what_waits(monkeypatch, tmp_path):
    (tmp_path / progress.MARK).mkdir()
    monkeypatch.chdir(tmp_path)
    for answer in (None, half, right, None):
        check("00", 1, answer)
    check("00", 2, half)
    assert progress.noted(tmp_path) == ({("00", "exercise"): {"1": True, "2": False}}, 0)


def test_whoever_was_right_may_compare():
    check("00", 1, right)
    assert "def features" in repr(solution("00", 1))


def test_an_edition_without_solutions_says_so(monkeypatch, tmp_path):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises/00_start.py").touch()
    monkeypatch.setattr(checking, "PLACE", tmp_path)
    check("00", 1, right)
    assert "comes without solutions" in repr(solution("00", 1))


def test_what_is_said_is_shown_as_text_and_as_html():
    said = Verdict(False, "✗ 3 < 4 & more")
    assert repr(said) == "✗ 3 < 4 & more" and said._repr_html_().endswith(
        '"><span role="img" aria-label="wrong">✗</span> 3 &lt; 4 &amp; more</div>'
    )


def test_a_check_leaves_the_random_numbers_of_a_notebook_alone():
    torch.manual_seed(3)
    wanted = torch.randn(2)
    torch.manual_seed(3)
    check("00", 1, lambda x: torch.randn(3))
    assert torch.equal(torch.randn(2), wanted)


# ---- numbers, compared ------------------------------------------------------------------------------------------------------------

TABLE = torch.tensor([[1.0, 2, 3], [4, 5, 7]])


def said(judge, *given, **named):
    with pytest.raises(checking.Wrong) as wrong:
        judge(*given, **named)
    return str(wrong.value)


@pytest.mark.parametrize(
    "written", [TABLE.tolist(), tuple(map(tuple, TABLE.tolist())), TABLE.numpy(), TABLE.int(), TABLE.half(), list(TABLE)]
)
def test_what_is_right_may_be_written_in_any_way(written):
    same(written, TABLE, "no")
    same(np.array([[1], [2]]), [1.0, 2.0], "no")  # a column where a row was meant


MISTAKES = {
    "The sign is the other way round.": -TABLE,
    "Rows and columns have changed places: it is transposed.": TABLE.mT,
    "The order is reversed.": TABLE.flip(-1),
    "Everything stands one place too far to the right.": TABLE.roll(1, -1),
    "Everything stands one place too far to the left.": TABLE.roll(-1, -1),
    "Column 2 is missing.": TABLE[:, [0, 2]],
    "Every number is 2 times what it should be.": 2 * TABLE,
    "Every number is 1 too large.": TABLE + 1,
    "Every number is 0.5 too small.": TABLE - 0.5,
    "The shape (2, 3) was wanted, yours is (3, 3): one row too many.": torch.cat([TABLE, TABLE[:1]]),
    "The shape (2, 3) was wanted, yours is (2, 2): one column too few.": TABLE[:, 1:] ** 2,
    "The shape (2, 3) was wanted, yours is (2, 1).": TABLE[:, :1],
    "Some of your numbers are nan, which is no number: was something divided by 0?": TABLE / torch.tensor([0.0, 1, 1]) * 0,
    "Tensor is a class: did you forget the brackets of Tensor()?": torch.Tensor,
    "Numbers were wanted, yours is the function eye: did you forget to call it?": torch.eye,
    "somewhere else": TABLE + torch.eye(2, 3),
    "the mistake of this exercise": TABLE * torch.tensor([1.0, 1, 2]),
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_the_mistake_that_was_made_is_named(sentence):
    near = {"the mistake of this exercise": MISTAKES["the mistake of this exercise"]}
    assert said(same, MISTAKES[sentence], TABLE, "somewhere else", near=near) == sentence


def test_one_number_is_one_off_or_elsewhere():
    assert said(same, 5, 4, "elsewhere") == "This is 1 too large." and said(same, 8, 4, "elsewhere") == "elsewhere"
    assert "numbers" in said(numbers, "four")


def test_a_function_is_judged_by_all_its_cases_and_told_where_it_fails_first():
    cases = (torch.tensor([1.0, 2.0]),), (torch.tensor([-1.0, 3.0, 0.5]),)
    assert said(writes, abs, lambda x: x, *cases) == "For [-1.0, 3.0, 0.5] the number at [0], counted from 0, should be -1, yours is 1."
    assert "every way" in said(writes, lambda x: x if x[0] > 0 else None, lambda x: x, *cases)
    assert "hand over its name, without brackets" in said(writes, 3, lambda x: x, *cases)
    torch.testing.assert_close(cases[0][0], torch.tensor([1.0, 2.0]))
    writes(lambda x: x.mul_(1), lambda x: x, *cases)  # numbers of ours cannot be changed


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_function_may_have_numbers_of_its_own_in_either_dtype(dtype):
    case = (TABLE.mT[:, :2].double(),)
    writes(lambda x: x @ torch.eye(2, dtype=dtype), lambda x: x, case)
    with pytest.raises(checking.Wrong):
        writes(lambda x: x @ torch.ones(2, 2, dtype=dtype), lambda x: x, case)


# ---- every exercise of every chapter ----------------------------------------------------------------------------------------------


def asked(name):
    """{1: "features"}: how the notebook calls the answer to each exercise."""
    cells = json.loads((rows.ROOT / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    found = [re.search(r'\ncheck\("(\d+)", (\d+), (\w+)\)$', source) for source in sources if "check(" in source]
    assert all(call and call[1] == name[:2] for call in found), "the last line of an exercise's cell is its check"
    return {int(call[2]): call[3] for call in found}


def surroundings():
    """What the first cell of a chapter imports."""
    place = {}
    exec("import math\nimport torch\nimport rpn_edu as rpn\nfrom rpn_edu.explore import *\nfrom rpn_edu.learn import *", place)
    return place


def judge(name, number, source, place):
    """The verdict on what a piece of code makes, after the solutions before it; None where the cell itself stops."""
    try:
        exec(compile(source, f"{name}, exercise {number}", "exec"), place)
    except Exception:
        return None
    return checking.judged(checking.EXERCISES[name[:2], number], number, place[asked(name)[number]])


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_of_a_chapter_has_a_check_and_a_solution_with_a_heading(name):
    check(name, 1, None)
    there = [number for chapter, number in sorted(checking.EXERCISES) if chapter == name[:2]]
    assert there == list(range(1, len(there) + 1)) == sorted(asked(name)) == list(checking.solutions(name)) == list(blocks(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_function_of_any_exercise_that_stops_is_told_with_its_call_and_its_own_line(name):
    check(name, 1, None)
    place, found = surroundings(), {}
    for number, source in blocks(name).items():
        assert judge(name, number, source, place).right
        if inspect.isfunction(place[asked(name)[number]]):
            found[number] = checking.judged(checking.EXERCISES[name[:2], number], number, lambda *x: torch.eye(2)[x]).says
    wanted = r"✗ your function\(.+\) stops with \w+Error: .* \(your line \d+: .*lambda \*x: torch.eye\(2\)\[x\].*\)\."
    assert [says for says in found.values() if not re.fullmatch(wanted, says)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_with_a_slip_is_refused(name):
    check(name, 1, None)
    allowed = importlib.import_module(f"tests.chapters.answers.{name}").EQUIVALENT
    place, accepted, count = surroundings(), {}, 0
    for number, source in blocks(name).items():
        for slip in dict.fromkeys(mutants(source)):
            count += 1
            if (verdict := judge(name, number, slip, dict(place))) and verdict.right:
                accepted[slip] = verdict.says
        assert judge(name, number, source, place).right, (name, number)
    print(f"{name}: {count} slips, {count - len(accepted)} refused, {len(accepted)} accepted, {len(allowed)} of these are right")
    wrong = {slip for slip in accepted if not any(part in slip for part in allowed)}
    assert not wrong, "\n\n".join(sorted(wrong))
    assert not [part for part in allowed if not any(part in slip for slip in accepted)], "these are refused by now"
