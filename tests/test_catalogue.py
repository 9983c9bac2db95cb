"""The catalogue as a document: complete, true, readable in a terminal, and the same in README and notebooks."""

import os
import re
import subprocess
import sys

import pytest
import torch

import rpn_edu as rpn
from rpn_edu import catalogue, learn, zoo
from rpn_edu.course import SYMBOLS
from rpn_edu.expansion.recurrence import Recurrence
from tests.help import ROOT

ROWS = [row for row in rpn.CATALOGUE.values() if row.__module__.startswith("rpn_edu.") and row.term != "picture"]
TINYBIG = (ROOT / "notebooks/from_tinybig.md").read_text(encoding="utf-8")
DEFECTS = [f"B{i:02d}" for i in range(1, 30)]


def one_line(text):
    return " ".join(text.split())


def told(name, capsys):
    catalogue.main([name])
    return one_line(capsys.readouterr().out)


# ---- in a terminal ------------------------------------------------------------------------------------------------------------------


def test_the_listing_tells_call_formula_hyperparameters_and_source_of_every_component_on_100_columns(capsys):
    catalogue.main([])
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    text = one_line(text)
    for row in ROWS:
        call, start = repr(row.samples()[0]), 0
        for part in (call, row.formula_line(), catalogue.source(row)):
            start = text.find(one_line(part), start)
            assert start >= 0, f"{call}: {part}"
        for field in row.declared:
            assert one_line(catalogue.dial(field)) in text
        assert re.search(r"RPN [12]\b|\b\d{4}\b", catalogue.source(row)), f"{call}: a source is RPN 1, RPN 2 or a work with its year"


def test_what_all_components_of_a_term_share_is_told_once():
    assert catalogue.listing().count("normalization='none' (none, row, column, symmetric, softmax)") == 1
    assert "degree=2 (1 to 10): highest degree" in catalogue.listing()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.qualified_name())
def test_the_sizes_are_those_of_real_tensors(row):
    part, known = row.samples()[0], {key: int(value) for key, value in re.findall(r"([\w']+) = (\d+)", catalogue.sizes(row, 4))}
    size = {"expansion": "m", "remainder": "m", "interdependence": "k", "reconciliation": "n", "fusion": "n_i"}.get(row.term, "")
    k = known.get(size, 4)
    match row.term:
        case "expansion":
            assert known["D"] == part(torch.rand(2, k)).shape[-1]
        case "reconciliation":
            assert known["l"] == len(part.init(k, 3 * k))
        case "remainder":
            assert known["l"] == len(part.init(k, k))
        case "interdependence":
            w = part.init(4, k)
            assert known["l"] == len(w) and known["k'"] == part.matrix(torch.rand(4, k), w).shape[-1]
        case "fusion":
            w = part.init([k, k])
            assert known["l"] == len(w) and known["n"] == part([torch.rand(2, k)] * 2, w).shape[-1]
        case _:
            assert not known


def test_one_component_is_told_in_full_by_either_name(capsys):
    full = told("expansion.Taylor", capsys)
    assert full == told("taylor", capsys) and one_line(rpn.expansion.Taylor.__doc__ or "")[:400] in full
    for part in ("order=2 (1 to 4): highest degree of the products", "D = 2 for m = 1; D = 6 for m = 2; D = 20 for m = 4", '"order": 2'):
        assert part in full
    both = told("GaussianRBF", capsys)
    assert "expansion.GaussianRBF(" in both and "interdependence.GaussianRBF(" in both
    assert "k' = 3 for k = 3" in told("interdependence.Constant", capsys)


def test_an_unknown_name_is_answered_with_the_near_ones_and_exit_code_2(capsys):
    for name, near in (("Chebychev", "Chebyshev"), ("expansion.Tailor", "expansion.Taylor")):
        with pytest.raises(SystemExit) as stopped:
            catalogue.main([name])
        assert stopped.value.code == 2 and f"no component is called '{name}'; did you mean {near}" in capsys.readouterr().err


SPELLINGS = {
    "expansion.Taylor": ["TAYLOR", "Taylor()", "Taylor(order=3)", "'Taylor'", " taylor ", "expansion.Taylor.", "EXPANSION.taylor",
                         "rpn.expansion.Taylor", "taylor_expansion", "tinybig.expansion.taylor_expansion", "TaylorExpansion",
                         "Taylor expansion", "expansion/Taylor", "κ.Taylor", "expansions.Taylor"],
    "expansion.BSpline": ["B-Spline", "b_spline", "bspline_expansion"],
    "reconciliation.LowRank": ["low rank", "low-rank", "LOW_RANK", "psi.LowRank"],
    "reconciliation.DualLPHM": ["dual_lphm_reconciliation", "dual-LPHM"],
    "interdependence.GaussianRBF": ["gaussian_rbf_interdependence", "ξ GaussianRBF"],
    "fusion.Sum": ["sum_fusion", "Fusion.SUM"],
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_component_is_told_however_its_name_is_written(name, capsys):
    wanted = told(name, capsys)
    assert wanted.startswith(f"{name}(")
    for spelling in SPELLINGS[name]:
        assert told(spelling, capsys) == wanted, spelling


@pytest.mark.parametrize("term", catalogue.terms())
def test_a_term_is_told_in_any_case_in_the_plural_and_by_its_letter(term, capsys):
    letters = [letter for row in SYMBOLS if row.code == f"rpn.{term}" for letter in (row.symbol, row.say)]
    for spelling in (term.upper(), term.title(), f"{term}s", f"rpn.{term}", f"{term}.", f" {term}", *letters):
        assert one_line(catalogue.listing(term)) in told(spelling, capsys), spelling


def test_several_names_are_told_one_after_the_other_and_none_if_one_is_unknown(capsys):
    catalogue.main(["Taylor", "remainder"])
    both = one_line(capsys.readouterr().out)
    assert both.startswith("expansion.Taylor(") and both.endswith(one_line(catalogue.listing("remainder")))
    for wrong in (["Taylor", "Tailor"], ["--lsit"], ["Taylor", "-x"], [""], ["..."], ["zoo"]):
        with pytest.raises(SystemExit) as stopped:
            catalogue.main(wrong)
        streams = capsys.readouterr()
        assert (
            stopped.value.code == 2
            and streams.out == ""
            and re.search(r"error: (no component is called|unrecognized arguments)", streams.err)
        )


@pytest.mark.parametrize("flag", ["--help", "-h", "--version"])
def test_a_flag_that_only_tells_ends_well(flag, capsys):
    with pytest.raises(SystemExit) as stopped:
        catalogue.main([flag])
    assert stopped.value.code == 0
    assert (f"rpn_edu {rpn.__version__}" if flag == "--version" else "usage: python -m rpn_edu") in capsys.readouterr().out


def test_a_name_of_tinybig_that_holds_one_of_ours_leads_to_it_in_a_terminal_in_python_and_in_a_config():
    names = {}  # {"expansion.taylor_expansion": "Taylor"}
    for term, old, ours in name_tables():
        known = [name for text in ours if f"{term}.{(name := text.partition('(')[0])}" in rpn.CATALOGUE and len(name) > 3]
        whole = (re.sub("_$", f"_{term}", text.partition("(")[0]) for text in old)
        for name in (name for name in whole if name.endswith(f"_{term}")):
            inside = [own for own in known if own.lower() in name.replace("_", "")]
            names |= {f"{term}.{name}": max(inside, key=len)} if inside else {}
    assert len(names) > 40

    def answer(ask, *arguments):
        try:
            return ask(*arguments)
        except (AttributeError, LookupError) as unknown:
            return re.sub(".*did you mean", "", str(unknown))

    for name, ours in names.items():
        term, _, word = name.partition(".")
        assert re.search(rf"\b{ours}\b", answer(lambda word: catalogue.told_of(word)[0].partition("(")[0], word)), name
        assert re.search(rf"\b{ours}\b", answer(getattr, getattr(rpn, term), word)), name
        assert re.search(rf"\b{ours}\b", answer(rpn.from_config, {"type": name})), name


def test_components_of_somebody_else_are_not_in_our_catalogue():
    @rpn.component
    class Somebody(Recurrence):
        """S_k(x) = x"""

        def coefficients(self, k):
            return 1.0, 0.0, 0.0

    try:
        assert "Somebody" not in catalogue.listing() and "Somebody" not in catalogue.page()
    finally:
        rpn.CATALOGUE.pop("expansion.Somebody")


def test_a_reader_that_stops_early_and_an_old_console_get_no_traceback_and_widgets_are_not_loaded():
    code = "import runpy, sys; runpy.run_module('rpn_edu', run_name='__main__'); assert not {'matplotlib', 'ipywidgets'} & set(sys.modules)"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "" and "expansion.Taylor" in done.stdout
    cut = subprocess.Popen([sys.executable, "-m", "rpn_edu"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert cut.stdout and cut.stderr
    cut.stdout.close()  # before the first line is written
    assert cut.stderr.read() == b"" and cut.wait() == 0
    cut.stderr.close()


# ---- in README and notebooks --------------------------------------------------------------------------------------------------------


def test_readme_and_catalogue_page_are_up_to_date(capsys):
    for path, text in catalogue.files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: run python -m rpn_edu --write"
    catalogue.main(["--markdown"])
    table = capsys.readouterr().out
    assert f"<!-- catalogue -->\n{table}<!-- end of catalogue -->\n" in (ROOT / "README.md").read_text(encoding="utf-8")
    for row in ROWS:
        assert not row.term or re.search(rf"^\| {row.term} \|.*\b{row.__name__}\b", table, re.M), row


def test_write_changes_only_what_lies_between_the_marks(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "README.md").write_text("before\n<!-- catalogue -->\nold\n<!-- end of catalogue -->\nafter\n", encoding="utf-8")
    catalogue.main(["--write"])
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("before\n<!-- catalogue -->\n| term |") and readme.endswith("|\n<!-- end of catalogue -->\nafter\n")
    assert "old" not in readme and (tmp_path / "notebooks/catalogue.md").read_text(encoding="utf-8") == catalogue.page()


def test_no_bar_in_a_formula_tears_a_table_apart():
    for line in (catalogue.page() + TINYBIG).splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (3, 6), line
    assert r"\|x - a\|" in catalogue.page()


# ---- coming from tinyBIG ------------------------------------------------------------------------------------------------------------


def name_tables():
    """(term or "", old names, our names) of each row of a table."""
    term = None
    for line in TINYBIG.splitlines():
        if not line.startswith("|"):
            term = None
        elif term is None:
            term = re.findall(r"`rpn\.?(\w*)`", line)[0]
        elif not line.startswith("|---"):
            yield term, *(re.findall(r"`([^`]+)`", cell) for cell in line.split("|")[1:3])


def test_every_name_of_ours_on_the_tinybig_page_can_be_called_as_it_stands_there():
    for term, old, ours in name_tables():
        own = vars(getattr(rpn, term)) if term else {"learn": learn, "torch": torch, "zoo": zoo}
        terms = {name: vars(rpn)[name] for name in ("expansion", "reconciliation", "fusion")}
        names = {**vars(rpn), **own, **terms}
        assert old and ours
        for text in ours:
            if not text.startswith(('"', "{")):
                eval(text, dict(names))


def test_every_component_has_its_old_name_on_the_tinybig_page_or_is_called_new():
    known = {f"{term}.{name}" if term else name for term, _, ours in name_tables() for text in ours for name in re.findall(r"\w+", text)}
    new = TINYBIG.partition("## New here")[2]
    strangers = [row.qualified_name() for row in ROWS if row.qualified_name() not in known and f"`{row.qualified_name()}`" not in new]
    assert not strangers, (
        f"notebooks/from_tinybig.md knows no old name of {', '.join(strangers)}: write it there, or tell it under New here"
    )


def test_the_lines_that_read_tinybig_weights_turn_attribute_major_into_block_major():
    m, kappa = 4, rpn.expansion.Chebyshev(degree=3)
    x, head = torch.rand(5, m), rpn.Head(m, 2, rpn.Formula(kappa))
    theirs = torch.randn(2, 3 * m)
    attribute_major = torch.cat([kappa(x[:, i : i + 1]) for i in range(m)], -1)
    exec(re.findall(r"```python\n(.*?)```", TINYBIG, re.S)[1], {"theirs": theirs, "m": m, "head": head})
    torch.testing.assert_close(head(x), attribute_major @ theirs.T)


def test_the_whole_run_of_the_tinybig_page_learns_the_digits(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    exec(re.findall(r"```python\n(.*?)```", TINYBIG, re.S)[0], {})
    assert float(capsys.readouterr().out.split()[-1]) > 0.85 and (tmp_path / "ckpt" / "digits").exists()


def test_every_defect_is_told_once_and_has_its_test():
    assert re.findall(r"^- \*\*(B\d\d)\*\*", TINYBIG, re.M) == DEFECTS
    tests = re.findall(r"^def test_(b\d\d)_", (ROOT / "tests/terms/test_defects.py").read_text(encoding="utf-8"), re.M)
    assert list(dict.fromkeys(tests)) == [defect.lower() for defect in DEFECTS]
