"""Every exercise takes its right answers and answers wrong ones in a sentence: a chapter that is only run says no more than "waiting"."""

import json
import re
from pathlib import Path

import pytest
import torch

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
HATS = "(1 - 2 * (x - torch.linspace(-1, 1, 5, dtype=x.dtype)).abs())"
EXPANSION = "rpn.expansion.Chebyshev(degree=3)"

# Chapter and number of the exercise: right answers, wrong answers. Each stands where `None` waits.
ANSWERS = {
    ("00_start", 1): (["8"], ["4", "30"]),
    ("00_start", 2): (["torch.stack([x, x**2, x**3])"], ["torch.stack([x, x**2])", "torch.stack([x, x, x])"]),
    ("00_start", 3): (
        ["rpn.Formula(rpn.expansion.Identity(), rpn.reconciliation.Kronecker())"],
        ["rpn.Formula()", "rpn.Formula(rpn.expansion.Identity(), rpn.reconciliation.LowRank(rank=1))", "7"],
    ),
    ("01_expansion", 1): (["64 + 64 + 64 * 63 // 2"], ["4160", "12"]),
    ("01_expansion", 2): (["3"], ["0.5", "30"]),
    ("01_expansion", 3): ([f"{HATS}.clamp(min=0)"], [HATS, "x"]),
    ("02_reconciliation", 1): (["(5, 4)", "(2, 16)"], ["(1, 1)", "(3, 3)"]),
    ("02_reconciliation", 2): (["torch.kron(torch.ones(2, 3), w.view(2, 2))"], ["w", "torch.ones(4, 6)"]),
    ("02_reconciliation", 3): (
        ["rpn.reconciliation.Kronecker(p=10, q=16)"],
        ["rpn.reconciliation.LowRank(rank=2)", "rpn.reconciliation.Identity()", "7"],
    ),
    ("03_remainder", 1): (["(1, 0, -1 / 6)"], ["(1, 0)", "(1, 0, 1 / 6)", "(1, 0, -1)"]),
    ("03_remainder", 2): (["rpn.remainder.Linear(bias=True)"], ["rpn.remainder.Zero()", "rpn.remainder.Linear()", "7"]),
    ("03_remainder", 3): (["0.2"], ["0.05", "2"]),
    ("04_interdependence", 1): (["((0, 1, 1), (1, 0, 0), (0, 0, 1))"], ["((1, 0), (0, 1))", "torch.eye(3)"]),
    ("04_interdependence", 2): (["4"], ["1", "6", "9"]),
    ("04_interdependence", 3): (
        ["rpn.interdependence.Chain()"],
        ["rpn.interdependence.Pearson()", "rpn.interdependence.Independent()", "7"],
    ),
    ("05_heads_and_channels", 1): (["(1, 0.1)", "(0.1, 1)"], ["(1,)", "(1, -1)"]),
    ("05_heads_and_channels", 2): (
        [f"rpn.Formula({EXPANSION}, rpn.reconciliation.LowRank(rank=1), channels=4, fusion=rpn.fusion.Concat())"],
        [
            f"rpn.Formula({EXPANSION}, rpn.reconciliation.LowRank(rank=1), channels=4)",
            f"rpn.Formula({EXPANSION}, rpn.reconciliation.LowRank(rank=1), channels=4, fusion=rpn.fusion.Max())",
            f"rpn.Formula({EXPANSION})",
            "7",
        ],
    ),
    ("05_heads_and_channels", 3): (
        ["a + b + c - torch.maximum(torch.maximum(a, b), c) - torch.minimum(torch.minimum(a, b), c)"],
        ["a", "(a + b + c) / 3"],
    ),
    ("06_depth", 1): (["5 * 12 + 2 * 30"], ["60", "5"]),
    ("06_depth", 2): (["(W_2 + torch.eye(2)) @ (W_1 + torch.eye(2))"], ["W_2 @ W_1", "torch.eye(3)"]),
    ("06_depth", 3): (
        ['(rpn.Formula(), Boundary(depth=2, width=2, between="tanh"))'],
        ["(rpn.Formula(), Boundary(depth=1))", "(taylor, Boundary(depth=2))", "(rpn.Formula(), Boundary(noise=0.0))"],
    ),
}


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("0*.ipynb")), ids=lambda path: path.stem)
def test_exercises_take_what_is_right_and_answer_what_is_wrong(path, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    place, found = {"__name__": path.stem}, []
    with torch.random.fork_rng(devices=[]):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] != "code":
                continue
            if waiting := re.search(r"Exercise (\d+) is waiting", source):
                found.append((path.stem, int(waiting[1])))
                right, wrong = ANSWERS[found[-1]]
                for answer in right:
                    exec(re.sub(r"\bNone\b.*", answer, source, count=1), dict(place))
                    assert "Right" in capsys.readouterr().out, answer
                for answer in wrong:
                    with pytest.raises(AssertionError) as said:
                        exec(re.sub(r"\bNone\b.*", answer, source, count=1), dict(place))
                    assert len(str(said.value).split()) >= 4, f"{answer} deserves a sentence"
            exec(source, place)
    assert found == [key for key in ANSWERS if key[0] == path.stem]
