"""What is measured beside other packages and what the page of it says. No clock is judged here, and no other package is needed."""

import base64
import io
import re
import subprocess
import sys

import nbformat
import pytest
import torch
from PIL import Image

import rpn_edu as rpn
from rpn_edu import expansion
from tests.help import ROOT
from tools import measure, peers, performance
from tools.measure import Row

PAGE = performance.PAGE.read_text(encoding="utf-8")
ROWS = [
    Row("peer", "BSpline(5, 3) / tinyBIG", "512×784", (9.0, 5.0, 2.0), (8, 6, None)),
    Row("peer", "BSpline(5, 3) / tinyBIG", "64×2", (2.5, 0.5, 1.0), (2, None, None)),
    Row("peer", "Taylor(2, unique) / scikit-learn", "512×64", (70.0, None, None)),
    Row("growth", "Fourier in terms / tinyBIG", "4 to 32", (1.5, 1.25, 1.0)),
]


def cells(text):
    """The tables of a page: the cells of each line."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]


# ---- other packages -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Writes a package of that name whose first lines are these."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return name

    yield write
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


def test_what_stands_in_for_a_module_is_gone_when_the_peer_is_imported(package, monkeypatch):
    monkeypatch.setattr(peers, "STAND_INS", {"reads_data_sets": "not needed"})
    name = package("a_peer", "import reads_data_sets as data\nright = 1")
    before, finders = dict(sys.modules), list(sys.meta_path)
    assert peers.imported(name).right == 1
    assert sys.modules.keys() - before.keys() == {name} and sys.meta_path == finders
    assert all(sys.modules[name] is module for name, module in before.items())


def test_a_module_that_is_there_is_kept(package, monkeypatch):
    monkeypatch.setattr(peers, "STAND_INS", {"json": "not needed"})
    assert peers.imported(package("a_peer", "import json\nright = json.loads('1')")).right == 1
    assert sys.modules["json"].loads("2") == 2


def test_a_peer_that_is_not_installed_is_none_and_one_that_lacks_something_else_says_so(package, monkeypatch):
    monkeypatch.setattr(peers, "STAND_INS", {"reads_data_sets": "not needed"})
    assert peers.imported("no_such_peer") is None
    with pytest.raises(ModuleNotFoundError, match="no_such_mathematics"):
        peers.imported(package("broken_peer", "import reads_data_sets, no_such_mathematics"))
    assert "reads_data_sets" not in sys.modules


def test_only_works_whose_peer_is_there_are_measured():
    there = dict.fromkeys(peers.PEERS) | {"nn.Linear": torch}
    found = peers.rows(there)
    assert [(row.name, row.size) for row in found] == [(work.title, work.size) for work in peers.WORKS if work.peer == "nn.Linear"] != []
    assert all(figure is not None and figure > 0 for row in found for figure in row.figures)


@pytest.mark.parametrize("differs", ["", " of another kind"])
def test_work_with_other_numbers_is_not_timed_unless_its_name_tells_of_it(differs):
    x = torch.arange(6.0).view(2, 3)
    work = peers.Work("Doubled", "a peer", "2×3", peers.NONE, lambda peer: peers.Sides((lambda: x, lambda: 2 * x)), differs)
    if differs:
        assert peers.measured(work, None).name == "Doubled / a peer of another kind"
    else:
        with pytest.raises(AssertionError, match="not close"):
            peers.measured(work, None)


def test_columns_may_stand_in_another_order():
    x = torch.rand(4, 5)
    peers.same(x, x[:, [4, 2, 0, 1, 3]])
    with pytest.raises(AssertionError, match="not close"):
        peers.same(x, x.flip(0))


def test_columns_by_input_are_those_of_features_by_input():
    m, kappa = 3, expansion.Chebyshev(degree=4)
    x, W = torch.rand(5, m), torch.rand(2, 4 * m)
    theirs = torch.cat([kappa(x[:, [k]]) for k in range(m)], -1)
    torch.testing.assert_close(theirs @ peers.by_input(W, m).T, kappa(x) @ W.T)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (expansion.BSpline(intervals=5, degree=3), "BSpline(5, 3)"),
        (expansion.Normal(), "Normal"),
        (expansion.Taylor(order=2, unique=True), "Taylor(2, unique)"),
        (rpn.reconciliation.LPHM(p=8, q=4, rank=2), "LPHM(8, 4, 2)"),
    ],
    ids=repr,
)
def test_a_component_is_called_by_its_whole_numbers(part, said):
    assert peers.said(part) == said


@pytest.mark.skipif(sys.platform == "win32", reason="no make here")
@pytest.mark.parametrize(
    ("target", "wanted"), [("lab", False), ("test", False), ("contexts", False), ("bench", True), ("performance", True)]
)
def test_other_packages_are_installed_to_be_measured_and_for_nothing_else(target, wanted):
    told = subprocess.run(["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True).stdout
    assert "-e '.[explore]'" in told
    assert bool(re.search(r"pip install .*\bbench\b", told)) is ("pip install --no-deps tinybig" in told) is wanted


# ---- rows and page --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "figures", "limits", "told"),
    [
        ("peer", (8.0, 6.0, None), (8, 6, None), "≥ 8 / 6 holds"),
        ("peer", (9.0, 5.9, None), (8, 6, None), "≥ 8 / 6 FAILS"),
        ("matrix", (0.9, None, 3.0), (0.95, 30, None), "≥ 0.95 FAILS"),
        ("floor", (9.0, 99.0, None), (10, None, None), "≤ 10 holds"),
        ("growth", (None, None, 1.2), (None, None, 1.1), "≤ – / – / 1.1 FAILS"),
        ("peer", (9.0, 5.9, 1.0), (None, None, None), ""),
    ],
)
def test_a_limit_holds_from_below_for_ratios_and_from_above_for_costs(unit, figures, limits, told):
    assert Row(unit, "any", "any", figures, limits).verdict == told


def test_a_power_law_has_its_exponent():
    assert measure.exponent([2, 4, 32], [3 * size**1.5 for size in (2, 4, 32)]) == pytest.approx(1.5)


def test_the_pace_of_a_machine_is_what_is_read_and_multiplied_in_a_second(monkeypatch):
    monkeypatch.setattr(measure, "ratio", lambda read, multiplied: (0.5, 1000.0, 2000.0))
    assert measure.pace() == pytest.approx((8 * 1024**2 / 1e6, 2 * 512 * 4096 * 64 / 2e6))


def test_memory_is_counted_from_the_least_that_was_held():
    kept = [torch.zeros(1), torch.zeros(1)]

    def again():  # as a step of training lets old gradients go; a block from a measurement before is counted when it goes
        del kept[0]
        kept.append(torch.zeros(250_000))

    assert [measure.peak(again) for _ in range(4)] == [1_000_000] * 4


def test_the_page_tells_what_was_measured():
    picture = io.BytesIO()
    peers.draw(ROWS, picture)
    times = [[1.0, 0.04, 1.5], [1.2, 0.06, 1.1], [1.1, 0.01, 1.3]]
    page = performance.page(performance.Measured(ROWS, ["pykan"], picture.getvalue(), times, {"": 50.4, "00_start": 512.6}, "a day."))
    lines = cells(page)
    assert ["BSpline(5, 3) / tinyBIG, 512×784", "9", "5", "2", "≥ 8 / 6 FAILS"] in lines
    assert ["Taylor(2, unique) / scikit-learn, 512×64", "70", "", "", ""] in lines
    assert "1 of 2 limits hold, on one thread of this machine. Left out, since not installed: pykan." in page
    assert [line[1:4] for line in lines if "import" in line[0].lower()] == [
        *(["1.100", "1.000", ""], ["0.040", "0.010", "≤ 0.05 holds"], ["1.300", "1.100", "≤ 1.2 FAILS"])
    ]
    assert lines[-2:] == [["nothing", "50"], ["[00_start](00_start.ipynb)", "513"]]
    assert (
        "4 of 5 dots" in page
        and "Taylor(2, unique) / scikit-learn at 512×64 with 70. Left of 1 are BSpline(5, 3) / tinyBIG at 64×2." in page
    )


def test_the_page_that_lies_here_tells_of_everything_that_is_measured():
    found, left_out = [line[0] for line in cells(PAGE)], ", ".join(re.findall(r"Left out, since not installed: (.*)\.", PAGE)).split(", ")
    works = [f"{work.title}, {work.size}" for work in peers.WORKS if work.peer not in left_out]
    growing = [f"{row.__name__} in {field} / {whose}" for row, field, *_ in peers.GROWTH for whose in ("rpn_edu", "tinyBIG")]
    beside = [name for name in found if " / " in name]
    assert beside[: len(works)] == works, "make performance"
    assert [name.partition(",")[0] for name in beside[len(works) :]] == growing * ("tinyBIG" not in left_out)
    assert {name for name, *_ in performance.IMPORTS} <= {*found}
    assert {name for name in found if "ipynb" in name} == {f"[{path.stem}]({path.name})" for path in ROOT.glob("notebooks/*.ipynb")}
    assert re.search(rf"on \d{{4}}-\d\d-\d\d, with Python 3[\d.]+, torch [\d.]+.*rpn_edu {re.escape(rpn.__version__)}", PAGE)


def test_the_picture_lies_in_the_page_and_is_as_wide_as_one():
    alt, name = re.findall(r"^!\[(.+)\]\[(\w+)\]$", PAGE, re.M)[0]
    picture = re.findall(rf"^\[{name}\]: data:image/png;base64,(\S+)$", PAGE, re.M)[0]
    image = Image.open(io.BytesIO(base64.b64decode(picture)))
    assert 650 <= image.width <= 900 and len(picture) < 60_000
    assert re.search(r"\d+ of \d+ dots are at 1 or right of it", alt)


def test_lines_are_timed_one_after_the_other_in_fresh_processes(monkeypatch):
    monkeypatch.setattr(performance, "IMPORTS", [("", "import json", None), ("", "json.dumps(1)", None)])
    monkeypatch.setattr(performance, "PROCESSES", 2)
    assert [[seconds > 0 for seconds in spent] for spent in performance.imports()] == [[True, True]] * 2


def test_a_kernel_tells_what_it_holds_after_a_notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(performance, "PAGE", tmp_path / "page.md")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("held = b'1' * 300_000_000")]), tmp_path / "one.ipynb")
    held = performance.kernels()
    assert list(held) == ["", "one"] and 250 < held["one"] - held[""] < 350


def test_the_page_is_linked_where_readers_look():
    assert all("performance.md" in (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CHANGELOG.md"))
