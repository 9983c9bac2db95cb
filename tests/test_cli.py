"""The command line: what its commands do, refuse and return."""

import importlib.metadata
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import rpn_edu
from rpn_edu import catalogue, cli, doctor
from rpn_edu.course import home, progress
from rpn_edu.shared import machine
from rpn_edu.shared.progress import MARK

ROOT = Path(__file__).parents[1]
LINES = map(Requirement, importlib.metadata.requires("rpn_edu") or [])
RANGES = {
    line.name: line.name + ",".join(sorted(map(str, line.specifier), reverse=True))
    for line in LINES
    if not line.marker or line.marker.evaluate({"extra": "explore"})
}
"""What is installed for a learner: {"torch": "torch>=2.6,<3"}."""


def test_the_help_names_every_command_with_its_sentence(capsys):
    assert cli.main([]) == 0
    told = capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0 and capsys.readouterr().out == told
    for name, command in cli.COMMANDS.items():
        assert f"  {name:<10} {(command.__doc__ or '').splitlines()[0]}\n" in told


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("docter", "no command is called 'docter'; did you mean doctor?"),
        ("catalog", "did you mean catalogue?"),
        ("Taylor", "there are lab, catalogue, doctor"),
        ("--lab", "unrecognized arguments: --lab"),
    ],
)
def test_what_is_no_command_is_answered_with_the_near_ones_and_exit_code_2(typed, answer, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([typed])
    streams = capsys.readouterr()
    assert stopped.value.code == 2 and streams.out == "" and answer in streams.err


def test_the_version_stands_in_one_place(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"rpn_edu {rpn_edu.__version__}\n"
    places = [path for path in (ROOT / "rpn_edu").rglob("*.py") if "__version__ =" in path.read_text(encoding="utf-8")]
    assert places == [ROOT / "rpn_edu/__init__.py"]


# ---- catalogue ------------------------------------------------------------------------------------------------------------------------


def test_the_catalogue_is_the_catalogue_and_names_itself_in_its_help(capsys):
    assert cli.main(["catalogue", "remainder", "Taylor"]) == 0
    told = capsys.readouterr().out
    catalogue.main(["remainder", "Taylor"])
    assert told == capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["catalogue", "--help"])
    assert "usage: rpn-edu catalogue" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ([], catalogue.HINT),
        (["--markdown"], "| term | | components |"),
        (["Taylor"], "expansion.Taylor(order=2)"),
        (["catalogue", "Taylor"], "expansion.Taylor(order=2)"),
        (["doctor", "--help"], "usage: rpn-edu doctor [-h]"),
    ],
)
def test_as_a_module_it_takes_commands_and_without_one_it_is_the_catalogue(typed, first, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["rpn_edu", *typed])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("rpn_edu", run_name="__main__")
    assert not stopped.value.code and capsys.readouterr().out.startswith(first)


# ---- lab ------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch, tmp_path):
    """The command lines that JupyterLab would have been started with, from a folder outside of the checkout."""
    lines: list[list[str]] = []
    monkeypatch.setattr(machine, "become", lambda module, arguments: lines.append([module, *arguments]))
    monkeypatch.chdir(tmp_path)
    return lines


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    """A copy of the chapters, as they lie in a checkout or, renamed, in an installed package."""
    folder = tmp_path / "checkout" / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns("0[1-9]*", ".*", "ckpt"))
    originals(monkeypatch, folder)
    return folder.parent


def originals(monkeypatch, folder):
    for module in (cli, home, sys.modules[progress.__module__]):
        monkeypatch.setattr(module, "ORIGINALS", folder)


def opened(started) -> tuple[str, str]:
    """(folder, page) of the last start."""
    return re.findall(r"--ServerApp.root_dir=(.*)\n--LabApp.default_url=/lab/tree/(.*)", "\n".join(started[-1]))[0]


def test_lab_opens_the_folder_of_the_learner_and_from_everywhere_the_same_one(started, checkout, monkeypatch):
    mine = checkout / "mine"
    for place in (checkout.parent, checkout, mine, mine / MARK):
        monkeypatch.chdir(place)
        assert cli.main(["lab", "--no-browser"]) == 0 and opened(started) == (str(mine), "home.ipynb")
    module, *told = started[0]
    assert module == "jupyterlab" and told[-1] == "--no-browser" and "--ServerApp.ip=127.0.0.1" in told
    assert ("--allow-root" in told) is (not sys.platform.startswith("win") and os.geteuid() == 0)
    assert (mine / "00_start.ipynb").exists() and not list(checkout.rglob("mine/mine"))


@pytest.mark.parametrize("system", [os.name, "another"])
def test_lab_becomes_jupyterlab_wherever_it_runs(system, tmp_path):
    code = f"import os; from rpn_edu.shared import machine; os.name = {system!r}; machine.become('jupyterlab', ['--version'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == importlib.metadata.version("jupyterlab"), done.stderr


def test_lab_opens_the_originals_for_those_who_write_them(started, checkout):
    assert cli.main(["lab", "--here"]) == 0 and opened(started) == (str(checkout), "notebooks/00_start.ipynb")
    assert not (checkout / "mine").exists()


def test_lab_of_an_installed_package_makes_its_folder_where_one_stands(started, checkout, tmp_path, monkeypatch, capsys):
    originals(monkeypatch, (checkout / "notebooks").rename(checkout / "_course"))
    for place in (tmp_path, tmp_path / "rpn_edu_course"):
        monkeypatch.chdir(place)
        assert cli.main(["lab"]) == 0 and opened(started) == (str(tmp_path / "rpn_edu_course"), "home.ipynb")
    with pytest.raises(SystemExit):
        cli.main(["lab", "--here"])
    assert "the originals are in the repository" in capsys.readouterr().err


def test_lab_leaves_a_checkout_alone_that_may_not_be_written(started, checkout, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, mode: (place, mode) != (checkout, os.W_OK))
    assert (
        cli.main(["lab"]) == 0 and opened(started) == (str(tmp_path / "rpn_edu_course"), "home.ipynb") and not (checkout / "mine").exists()
    )


def test_lab_brings_a_chapter_back_where_it_is_asked_for(started, checkout, capsys):
    chapter = checkout / "mine/00_start.ipynb"
    for asked, there in ((["--fresh", "00"], True), ([], False), (["--fresh", "00_start", "--no-browser"], True)):
        chapter.unlink(missing_ok=True)
        assert cli.main(["lab", *asked]) == 0 and chapter.exists() is there
    with pytest.raises(SystemExit):
        cli.main(["lab", "--fresh", "galery"])
    assert "no chapter is called 'galery'; did you mean gallery?" in capsys.readouterr().err


def test_lab_says_what_it_needs_and_where_it_may_not_write(started, checkout, monkeypatch, capsys):
    (checkout / "mine").touch()
    assert cli.main(["lab"]) == 1 and "stand in a folder where you may write" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    assert cli.main(["lab"]) == 1 and "rpn-edu lab needs jupyterlab: pip install" in capsys.readouterr().err
    assert started == []


# ---- doctor ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def told(capsys):
    """The exit code of the doctor and its lines, those that want something done apart."""

    def ask() -> tuple[int, list[str], list[str]]:
        code, lines = cli.main(["doctor"]), capsys.readouterr().out.splitlines()
        return code, [line[7:] for line in lines if line.startswith("ok ")], [line[7:] for line in lines if line.startswith("to do ")]

    return ask


@pytest.fixture
def installed(monkeypatch):
    """Versions that importlib.metadata shall tell, None for a package that is not there."""
    versions: dict[str, str | None] = {}
    true = importlib.metadata.version

    def version(name: str) -> str:
        found = versions.get(name) if name in versions else true(name)
        if found is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(importlib.metadata, "version", version)
    return versions


def test_where_the_tests_run_the_doctor_is_content_and_names_what_pyproject_asks_for(told, monkeypatch):
    monkeypatch.delenv("RPN_EDU_DEVICE", raising=False)
    code, good, wrong = told()
    assert (code, wrong) == (0, [])
    for name in "Python rpn_edu torch numpy jupyterlab ipywidgets anywidget matplotlib pillow tqdm scikit-learn".split():
        assert sum(line.startswith(f"{name} ") for line in good) == 1, name
    assert not [line for line in good if line.startswith(("pytest", "ruff"))], "tools of developers are not for learners"


@pytest.mark.parametrize(
    ("name", "version"), [("torch", "0.9.1+cu121"), ("torch", "99.0"), ("jupyterlab", None), ("anywidget", None), ("pillow", "9")]
)
def test_a_package_that_is_missing_too_old_or_too_new_is_told_with_the_line_that_helps(name, version, told, installed):
    installed[name] = version
    code, good, wrong = told()
    cure = f'{name} {version or "is missing"}: python -m pip install "{RANGES[name]}"'
    assert code == 1 and cure in wrong and not [line for line in good if line.startswith(f"{name} ")]


@pytest.mark.parametrize("version", ["{least}", "{least}.0", "{least}+cu124", "{least}.1rc1", "2.99"])
def test_what_lies_in_the_range_is_well(version, told, installed):
    installed["torch"] = version = version.format(least=re.search(r">=([\d.]+)", RANGES["torch"])[1])  # type: ignore[index]
    assert f"torch {version}" in told()[1]


def test_an_extension_whose_file_is_gone_is_missed(told, monkeypatch):
    true = importlib.metadata.files
    monkeypatch.setattr(importlib.metadata, "files", lambda name: [] if name == "jupyterlab_widgets" else true(name))
    code, _, wrong = told()
    assert code == 1 and wrong == [
        "JupyterLab's extension @jupyter-widgets/jupyterlab-manager is missing: controls or pictures would be lines of text: "
        "python -m pip install --force-reinstall --no-deps jupyterlab_widgets"
    ]


def test_a_device_that_is_not_there_and_a_folder_that_cannot_be_written(told, monkeypatch, tmp_path):
    monkeypatch.setenv("RPN_EDU_DEVICE", "cuda:99")
    gone = tmp_path / "gone"
    monkeypatch.setattr(Path, "cwd", lambda: gone)
    code, _, wrong = told()
    assert code == 1 and len(wrong) == 2
    assert (
        wrong[0].startswith("RPN_EDU_DEVICE is cuda:99, the best device here is ") and "RPN_EDU_DEVICE='cuda:99' is not there" in wrong[0]
    )
    assert wrong[1].startswith(f"the folder {gone} cannot be written") and wrong[1].endswith(
        "copy the course to a folder of yours and start there"
    )


def test_a_package_that_nobody_installed_is_told_alone(told, installed):
    installed["rpn_edu"] = None
    code, good, wrong = told()
    assert code == 1 and good == [] and len(wrong) == 1 and "is not installed" in wrong[0]


def test_the_doctor_opens_no_connection_and_loads_nothing_that_it_asks_about():
    code = (
        "import socket, sys; from rpn_edu import cli; before = set(sys.modules); socket.socket.connect = None; "
        "code = cli.main(['doctor']); "
        "print(code, {'jupyterlab', 'ipywidgets', 'anywidget', 'matplotlib', 'PIL', 'sklearn'} & set(sys.modules) - before)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "RPN_EDU_DEVICE"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "0 set()", done.stdout + done.stderr


def test_needs_are_those_of_the_base_and_of_explorers():
    assert {need.package: need.told for need in [*doctor.needs(), *doctor.needs("explore")]} == RANGES
    assert {need.package for need in doctor.needs()} == {"torch", "numpy"} and "nbgrader" in {
        need.package for need in doctor.needs("teach")
    }


def test_another_version_than_the_tested_one_is_named_and_is_no_fault(told, installed):
    pins = dict(re.findall(r"^([\w.-]+)==(.+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M))
    installed["tqdm"], installed["torch"] = "4.99", pins["torch"] + "+cpu"
    code, good, _ = told()
    (line,) = [line for line in good if "have the version that was tested" in line]
    assert code == 0 and f"tqdm 4.99 ({pins['tqdm']})" in line and "torch" not in line


@pytest.mark.parametrize(
    ("available", "most", "taken", "well"), [(9e9, "max", "0", True), (1e9, "max", "0", False), (9e9, "2000000000", "1000000000", False)]
)
def test_too_little_memory_is_told_whether_it_is_the_machine_s_or_that_of_its_container(
    available, most, taken, well, monkeypatch, tmp_path
):
    class Memory:
        def __init__(self, place):
            self.text = {"/sys/fs/cgroup/memory.max": most, "/sys/fs/cgroup/memory.current": taken}[place]

        is_file, read_text = (lambda self: True), (lambda self, encoding: self.text)

    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Told", (), {"available": available}))
    monkeypatch.setattr(doctor, "Path", Memory)
    found = doctor.memory()
    assert ("GB of memory are free" in found.what) and bool(found.cure) is not well


def test_without_psutil_nothing_is_said_of_memory(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert doctor.memory() == doctor.Finding("how much memory is free is not known")


def test_a_port_that_is_taken_is_no_fault_and_one_that_nobody_may_open_is(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        monkeypatch.setattr(doctor, "PORT", other.getsockname()[1])
        assert "is taken, and JupyterLab will take the next one" in doctor.port().what and not doctor.port().cure
    assert doctor.port().what.endswith("is free")

    def refused(*_):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refused)
    assert doctor.port() == doctor.Finding(
        "nothing can listen at 127.0.0.1 (Permission denied)", "JupyterLab needs it: ask who looks after this machine"
    )
