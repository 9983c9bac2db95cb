"""The mechanism of components: what is declared once is checked, shown, stored and found."""

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
from typing import Annotated, Literal

import numpy as np
import pytest

import rpn_edu as rpn
from rpn_edu.component import lookup
from rpn_edu.expansion.recurrence import Recurrence
from tests.help import ROOT

E = rpn.expansion


@pytest.mark.parametrize(
    "build, error, message",
    [
        (lambda: E.Chebyshev(degree=0), ValueError, "Chebyshev.degree must be int >= 1 (highest degree), got 0"),
        (lambda: E.Chebyshev(degree=2.5), TypeError, "Chebyshev.degree must be int >= 1 (highest degree), got 2.5"),
        (lambda: E.Chebyshev(degree=True), TypeError, "Chebyshev.degree must be int >= 1 (highest degree), got True"),
        (lambda: E.Fourier(period=0.0), ValueError, "Fourier.period must be float > 0.0 (length after which all features repeat), got 0.0"),
        (lambda: E.Fourier(period=float("nan")), ValueError, "got nan"),
        (lambda: E.BSpline(low=1.0, high=1.0), ValueError, "BSpline.low must be smaller than high, got low=1.0 and high=1.0"),
        (lambda: E.Chebyshev(degre=3), TypeError, "Chebyshev has no hyperparameter 'degre'; did you mean degree?"),
        (lambda: E.Chebyshev(2, 3), TypeError, "Chebyshev takes each value once, Chebyshev(degree: int = 2), got (2, 3) and {}"),
        (lambda: E.Chebyshev(2, degree=3), TypeError, "each value once, Chebyshev(degree: int = 2), got (2,) and {'degree': 3}"),
        (lambda: E.Affine(), TypeError, "Affine needs matrix: M, row by row"),
        (lambda: rpn.Formula(expansion=E.Taylor), TypeError, "did you forget the brackets of Taylor()?"),
        (lambda: rpn.Formula(expansion=rpn.remainder.Zero()), TypeError, "Formula.expansion must be a component of expansion"),
        (lambda: rpn.Output(activation="rellu"), ValueError, "did you mean relu"),
        (lambda: lookup("expansion.Chebychev"), LookupError, "no expansion is called 'Chebychev'; did you mean Chebyshev?"),
        (lambda: rpn.from_config({"order": 2}), TypeError, "a config must be a mapping with a 'type'"),
        (lambda: rpn.from_config({"type": "os.system"}), LookupError, "no component is called 'os.system'"),
        (lambda: rpn.interdependence.Graph(nodes=2, links=((0, 5),)), ValueError, "Graph.links must be pairs of node numbers from 0 to 1"),
        (lambda: rpn.interdependence.Chain(from_zero=True), ValueError, "it needs accumulate=True"),
        (lambda: E.Extended(parts=(E.Taylor(), 3)), TypeError, "Extended.parts must be a component of expansion, got 3"),
    ],
)
def test_bad_input_says_who_what_was_wanted_and_what_came(build, error, message):
    with pytest.raises(error, match=re.escape(message)):
        build()


def test_numbers_become_plain_numbers_and_values_beyond_the_explored_end_are_allowed():
    assert type(E.Chebyshev(degree=np.int64(3)).degree) is int and type(E.Fourier(period=5).period) is float
    assert E.Chebyshev(degree=40).degree == 40
    given = rpn.interdependence.Constant(entries=[[np.int64(1), np.float32(0.5)]])
    for table in (given, rpn.interdependence.Graph(links=[(np.int64(0), np.int64(1))]), rpn.interdependence.Constant(entries=np.eye(2))):
        assert rpn.from_config(json.loads(json.dumps(table.to_config()))) == table == eval(repr(table), vars(rpn))


def test_arguments_stand_in_the_documented_order():
    order = {row: [field.name for field in row.declared if field.name != "normalization"] for row in rpn.CATALOGUE.values()}
    assert order[E.BSpline] == ["intervals", "degree", "low", "high"]
    X = rpn.interdependence
    assert order[X.Graph] == ["nodes", "links", "directed", "hops", "accumulate", "from_zero", "self_loops"]
    assert order[X.Chain] == ["hops", "accumulate", "from_zero", "both_ways", "self_loops"]
    with pytest.raises(TypeError):
        X.Pearson("row")  # normalization is given by name only
    assert str(inspect.signature(E.BSpline)) == "(intervals: int = 5, degree: int = 3, low: float = -1.0, high: float = 1.0)"
    assert [*inspect.signature(X.Chain).parameters] == [*order[X.Chain], "normalization"]


def test_a_component_is_a_frozen_value():
    kappa = E.Taylor(order=2)
    for change in (lambda: setattr(kappa, "order", 3), lambda: setattr(kappa, "of_mine", 3), lambda: delattr(kappa, "order")):
        with pytest.raises(AttributeError, match=re.escape("expansion.Taylor(order=2) stays as it is")):
            change()
    assert kappa == E.Taylor() and {kappa: 1}[E.Taylor()] == 1 and kappa != E.Taylor(order=3)


def test_the_repr_is_the_call_that_builds_it_with_terms_at_every_level():
    pi = rpn.remainder.Linear(reconciliation=rpn.reconciliation.LowRank())
    assert repr(pi) == "remainder.Linear(reconciliation=reconciliation.LowRank(rank=2))"


def define_row():
    @rpn.component
    class SecondKind(Recurrence):
        """U_k(x) = 2 x U_{k-1}(x) - U_{k-2}(x), with U_0 = 1 and U_1 = 2 x"""

        def coefficients(self, k: int) -> tuple[float, float, float]:
            return 2.0, 0.0, -1.0

    return SecondKind


@pytest.fixture
def row():
    yield define_row()
    rpn.CATALOGUE.pop("expansion.SecondKind")


def test_a_row_of_a_few_lines_gets_repr_config_samples_and_width(row):
    assert repr(row(degree=3)) == "expansion.SecondKind(degree=3)" and rpn.from_config(row(3).to_config()) == row(3)
    assert {sample.degree for sample in row.samples()} == {1, 2, 10} and row(3).width(4) == 12


def test_running_the_cell_of_a_component_again_is_allowed_but_taking_a_name_is_not(row):
    define_row()
    with pytest.raises(TypeError, match="expansion.Chebyshev is already registered by rpn_edu.expansion.recurrence"):

        @rpn.component
        class Chebyshev(Recurrence):
            def coefficients(self, k):
                return 1.0, 0.0, 0.0


def test_a_registered_class_is_final_and_an_abstract_one_is_not_registered():
    with pytest.raises(TypeError, match="is final: extend its family Recurrence instead"):

        class Mine(E.Chebyshev):
            pass

    with pytest.raises(TypeError, match="expansion.Half cannot be registered: it lacks coefficients"):

        @rpn.component
        class Half(Recurrence):
            pass


@pytest.mark.parametrize(
    "hint, message",
    [(Annotated[float, rpn.Dial(0, 1, "x")], "must say its least"), (int, "declare a number with a Dial"), (dict, "declare")],
)
def test_a_declaration_that_says_too_little_is_refused(hint, message):
    with pytest.raises(TypeError, match=message):
        rpn.component(type("Vague", (E.Identity.__mro__[1],), {"__annotations__": {"x": hint}, "x": 1, "width": len, "__call__": len}))


def test_choices_and_switches_are_fields_like_any_other():
    fields = {field.name: field for field in rpn.remainder.Linear.declared}
    assert [fields[name].kind for name in ("reconciliation", "bias", "activation", "activate")] == ["part", "bool", "choice", "choice"]
    assert fields["activate"].base == ("before", "after") == Literal["before", "after"].__args__


@pytest.mark.parametrize("term", ["expansion", "reconciliation", "remainder", "interdependence"])
def test_the_table_of_contents_of_a_term_lists_its_rows_and_its_protocol(term):
    folder = importlib.import_module(f"rpn_edu.{term}")
    listed = {name for name, value in vars(folder).items() if inspect.isclass(value)}
    registered = {row.__name__ for row in rpn.CATALOGUE.values() if row.term == term and row.__module__.startswith("rpn_edu.")}
    assert listed == registered | {term.title()}


def test_every_row_says_its_formula_in_one_line():
    for name, row in rpn.CATALOGUE.items():
        assert "=" in row.formula_line() or row.term in ("picture", "") or "A_ij" in row.formula_line(), name


# ---- floors -------------------------------------------------------------------------------------------------------------------------

FLOORS = """
    __version__ shared.words shared.progress shared.machine shared.real shared.precision shared.alone
    component
    shared network.checkpoint
    data
    interdependence.base
    interdependence.kernel
    expansion reconciliation
    fusion
    interdependence remainder
    network.formula
    network.short_cuts
    network.head
    network.layer
    network.model
    network
    learn zoo
    course
    explore.canvas explore.state explore.code
    explore.pictures.base explore.pictures.plane explore.pictures.members
    explore.pictures
    explore.panel explore.gallery explore.stills
    explore.panel.face
    explore.panel.display explore.panel.effects
    explore.explorer
    explore
    course.exercises
    catalogue doctor
    kit
    cli
    __main__
"""
FLOOR = {room: number for number, rooms in enumerate(FLOORS.split("\n")) for room in rooms.split()}
OUTSIDE = {"component": "", "course": "", "data": "sklearn", "doctor": "psutil", "expansion": "sklearn", "learn": "tqdm"}
OUTSIDE |= {"explore": "sklearn matplotlib ipywidgets anywidget PIL traitlets IPython"}
OUTSIDE |= {"kit": "nbgrader nbconvert nbformat nbclient jupyter_client jupyter_server traitlets alembic sqlalchemy ipywidgets PIL"}


def room_of(module):
    """The smallest room of FLOORS that a module of rpn_edu lies in."""
    parts = module.split(".")
    return next(room for end in range(len(parts), 0, -1) if (room := ".".join(parts[:end])) in FLOOR)


def imported(path):
    """The imports of a file: modules of rpn_edu, without that name, and packages from outside behind a colon."""
    package = path.relative_to(ROOT / "rpn_edu").parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            place = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            yield from (".".join(filter(None, [*place, *([] if node.module else [alias.name])])) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ":" + node.module.partition(".")[0]
        elif isinstance(node, ast.Import):
            yield from (":" + alias.name.partition(".")[0] for alias in node.names)


MODULES = [path for path in sorted((ROOT / "rpn_edu").rglob("*.py")) if path != ROOT / "rpn_edu/__init__.py"]


@pytest.mark.quick
@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_only_go_down_and_outside_packages_stay_on_their_floor(path):
    own = ".".join(path.relative_to(ROOT / "rpn_edu").with_suffix("").parts).removesuffix(".__init__")
    room, folder = room_of(own), own.partition(".")[0]
    allowed = {
        *sys.stdlib_module_names,
        *OUTSIDE.get(folder, "").split(),
        *(("torch", "numpy") if folder not in ("component", "course") or own.startswith(("course.comparing", "course.exercises")) else ()),
    }
    for name in imported(path):
        if name.startswith(":"):
            assert name[1:] in allowed, f"{own} imports {name[1:]}"
        elif room_of(name) != room:
            assert FLOOR[room_of(name)] < FLOOR[room], f"{own} imports {name}"
        else:
            assert room != "explore.pictures" or path.stem == "__init__" or name.startswith("explore.pictures.base"), (
                f"{own} imports {name}"
            )


def test_importing_the_package_loads_no_widgets_plots_or_scientific_libraries():
    code = "import sys, rpn_edu; print(sorted({'matplotlib', 'ipywidgets', 'scipy', 'sklearn', 'torch._dynamo'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_the_code_of_the_readme_runs_in_one_fresh_process(tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.S)
    written = re.sub(r"<!-- (\w+) -->.*?<!-- end of \1 -->", "", readme, flags=re.S)  # without the tables, which grow
    assert len(blocks) >= 2 and len(written.splitlines()) <= 105
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)], cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "0.98 of the test images" in done.stdout and (tmp_path / "ckpt" / "digits").exists()


@pytest.mark.parametrize(
    "term, name, near",
    [("expansion", "Harr", "Haar"), ("expansion", "taylor_expansion", "Taylor"), ("reconciliation", "dual_lphm", "DualLPHM"),
     ("interdependence", "pearson", "Pearson"), ("remainder", "Zeros", "Zero"), ("fusion", "mean_fusion", "Mean")],
)  # fmt: skip
def test_a_misspelt_name_of_a_folder_is_answered_with_the_near_misses(term, name, near):
    with pytest.raises(AttributeError, match=f"no {term} is called '{name}'; did you mean {near}"):
        getattr(getattr(rpn, term), name)


def test_a_table_too_long_to_read_is_shown_by_its_size_and_kept_exactly():
    long = rpn.expansion.Affine(matrix=np.eye(200))
    assert repr(long) == "expansion.Affine(matrix=<200 entries>)" and len(str(rpn.Formula(long))) < 200
    assert rpn.from_config(long.to_config()) == long


def test_a_config_of_a_component_that_has_not_run_here_says_so():
    with pytest.raises(LookupError, match="no expansion is called .Unheard.* A component of your own is known once its class has run."):
        rpn.from_config({"type": "expansion.Unheard"})


@pytest.mark.parametrize("package", ["rpn_edu.explore", "rpn_edu.course"])
def test_an_import_of_everything_takes_no_names_of_modules(package):
    taken: dict = {}
    exec(f"from {package} import *", taken)
    found = {name: value for name, value in taken.items() if name != "__builtins__"}
    assert len(found) >= 5 and not [name for name, value in found.items() if isinstance(value, type(ast))]
