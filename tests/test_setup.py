"""The files that install the course agree with one another, and none of them knows the machine it was written on."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import rpn_edu
from tests.help import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONDA_NAMES = {"pytorch": "torch"}


def ranges(lines: list[str]) -> dict[str, str]:
    """{"torch": "<3,>=2.6"}: requirement lines by canonical name, but for what one extra takes from another."""
    return {canonicalize_name(r.name): str(r.specifier) for r in map(Requirement, lines) if r.name != "rpn_edu"}


WANTED = ranges(sum(PROJECT["project"]["optional-dependencies"].values(), PROJECT["project"]["dependencies"]))
PINS, LOWEST = (
    [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    for name in ("constraints.txt", "constraints-lowest.txt")
)


def test_core_needs_only_torch_and_numpy():
    assert set(ranges(PROJECT["project"]["dependencies"])) == {"torch", "numpy"}


def test_every_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text()
    lines = [line for line in text.splitlines() if re.match(r'\s+"[\w-]+>=', line)]
    assert len(lines) == len(WANTED)
    assert [line for line in lines if not re.search(r"#\s+\w", line)] == []


def test_constraints_are_exact_sorted_and_portable():
    assert sorted(PINS, key=str.lower) == PINS
    assert [pin for pin in PINS if not re.fullmatch(r"[\w.-]+==[\w.!]+", pin)] == []  # "+cpu" would bind to one build


@pytest.mark.parametrize("name", sorted(WANTED))
def test_pin_lies_in_range(name):
    pins = {canonicalize_name(pin.partition("==")[0]): pin.partition("==")[2] for pin in PINS}
    assert Version(pins[name]) in Requirement(name + WANTED[name]).specifier


def test_the_lowest_versions_are_the_lower_bounds_of_the_ranges():
    assert sorted(name + "==" + re.search(r">=([\w.]+)", range_)[1] for name, range_ in WANTED.items()) == LOWEST


def test_conda_has_the_same_names_and_ranges():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(line["pip"] for line in lines if isinstance(line, dict))
    conda = [line for line in lines if isinstance(line, str) and line != "pip"]
    assert conda.pop(0) == "python=3.11"
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert pip.pop() == "-e ."
    compared = ranges(PROJECT["project"]["optional-dependencies"]["bench"])  # which `make bench` alone installs
    assert {CONDA_NAMES.get(name, name): range_ for name, range_ in (ranges(conda + pip) | compared).items()} == WANTED


def test_a_wheel_holds_the_package_the_data_the_course_and_what_jupyterlab_looks_for(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    unwanted = {"__pycache__", ".ipynb_checkpoints", "ckpt"}
    own, data, course, lab = (
        {place + path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and not unwanted & {*path.parts}}
        for folder, place in (
            (ROOT / "rpn_edu", "rpn_edu/"),
            (ROOT / "data", "rpn_edu/_data/"),
            (ROOT / "notebooks", "rpn_edu/_course/"),
            (ROOT / "rpn_edu/explore/lab", f"rpn_edu-{rpn_edu.__version__}.data/data/share/jupyter/labextensions/rpn_edu/"),
        )
    )
    assert held == own | data | course | lab and {name.rpartition("/")[2] for name in lab} == {
        "package.json",
        "remoteEntry.js",
    }


@pytest.mark.parametrize("contents", sorted((ROOT / "rpn_edu").rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_what_a_table_of_contents_names_is_public_for_a_type_checker(contents):
    """py.typed: a name that is imported and not said to be meant for others (`Taylor as Taylor`) is private."""
    tree = ast.parse(contents.read_text(encoding="utf-8"))
    imported = [name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert [name.name for name in imported if name.asname != name.name and name.name not in used] == []
    assert (ROOT / "rpn_edu/py.typed").exists()


def test_the_version_is_that_of_the_package_whether_it_is_installed_or_not():
    assert Version(rpn_edu.__version__) == Version(importlib.metadata.version("rpn_edu"))
    assert PROJECT["project"]["dynamic"] == ["version"] and PROJECT["tool"]["hatch"]["version"]["path"] == "rpn_edu/__init__.py"


def test_citation_and_changelog_tell_the_same_version_and_the_papers_of_the_readme():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changes = re.findall(r"^## \[(.+?)\](.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert changes[0] == ("Unreleased", "")
    assert citation["version"] == rpn_edu.__version__ == changes[1][0] and re.fullmatch(r" - \d{4}-\d\d-\d\d", changes[1][1])
    assert citation["title"] == PROJECT["project"]["name"] and citation["license"] == PROJECT["project"]["license"]
    papers = set(re.findall(r"arxiv.org/abs/([\d.]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert papers == {paper["url"].rpartition("/")[2] for paper in citation["references"]} and papers
    assert all(paper["identifiers"][0]["value"] == f"arXiv:{paper['url'].rpartition('/')[2]}" for paper in citation["references"])


# In processes of their own from which some packages are gone, as they are where they are not installed: what works, what is said.
BASE_INSTALL = """
import importlib, os, pkgutil, sys
import torch, rpn_edu
from rpn_edu import data, expansion, learn

class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *where):
        return None if name.partition(".")[0] in gone else self.finder.find_spec(name, *where)
    def __getattr__(self, name):  # versions are looked up as ever
        return getattr(self.finder, name)

def train():
    learn.train(rpn_edu.RPN([2, 1]), torch.ones(4, 2), torch.ones(4, 1), steps=3)

def told(name, use, *arguments):
    try:
        use(*arguments)
        print(*gone, "|", name, "|works")
    except Exception as error:
        print(*gone, "|", name, "|", type(error).__name__, error)

sys.meta_path[:] = map(Without, sys.meta_path)
for case in sys.argv[1:]:
    gone = case.split()
    if pid := os.fork():
        assert os.waitpid(pid, 0)[1] == 0
        continue
    for module in pkgutil.walk_packages(rpn_edu.__path__, "rpn_edu.", onerror=lambda name: None):
        if not module.name.endswith("__main__"):
            told(module.name, importlib.import_module, module.name)
    if "sklearn" in gone:
        told("train", train)
        told("digits", data.digits)
        told("iris", data.iris)
        told("Affine.fit", expansion.Affine.fit, "agglomeration", 2, torch.rand(9, 3))
    elif explore := sys.modules.get("rpn_edu.explore"):
        told("Explorer", lambda: explore.Explorer(expansion.Taylor()))
        gone = ["sklearn", "scipy"]
        told("Digits", explore.pictures.base.handwritten)
    sys.stdout.flush()
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_what_the_base_install_lacks_is_told_with_the_line_that_installs_it():
    everything = "ipywidgets anywidget matplotlib PIL tqdm sklearn scipy IPython jupyterlab"
    cases = [everything, "ipywidgets", "anywidget", "matplotlib", "PIL", "tqdm"]
    done = subprocess.run([sys.executable, "-c", BASE_INSTALL, *cases], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [tuple(part.strip() for part in line.split("|", 2)) for line in done.stdout.splitlines()]
    refused = [row for row in rows if row[2] != "works"]
    line = r'ImportError .* (needs|comes with) [\w-]+: pip install "rpn_edu\[(explore|teach)\]"'
    assert [row for row in refused if not re.fullmatch(line, row[2])] == []
    base = {name for gone, name, _ in rows if gone == everything} - {name for gone, name, _ in refused if gone == everything}
    assert base >= {"rpn_edu.course", "rpn_edu.zoo", "train"} and not [name for name in base if "explore" in name]
    for name in cases[1:5]:
        said = {"PIL": "pillow"}.get(name, name)
        assert (name, "rpn_edu.explore", f'ImportError rpn_edu.explore needs {said}: pip install "rpn_edu[explore]"') in refused
    assert {name for gone, name, _ in refused if gone in (cases[-1], "sklearn scipy")} == {"Digits"}


def test_readme_names_both_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make lab" in text and "make test" in text


def test_licence_is_mit():
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License") and "without restriction" in text and "NONINFRINGEMENT" in text
    assert PROJECT["project"]["license"] == "MIT"


def repository_texts() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()]


@pytest.mark.parametrize(
    "pattern",
    [
        # A slash inside a relative path or a base64 picture begins no absolute path.
        pytest.param(r"(?<![\w.~+-])/(?:work|root|home)/", id="paths"),
        pytest.param(r"py(?:pi|thonhosted)\.org|npmjs\.(?:org|com)|anaconda\.(?:org|com)|download\.pytorch|debian\.org", id="registries"),
    ],
)
def test_no_text_knows_a_machine(pattern):
    told = []
    for file in repository_texts():
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if hit := re.search(pattern, line):
                told.append(f"{file.relative_to(ROOT)}:{number} {hit[0]}")
    assert told == []


# ---- a folder and its .venv get out of step -----------------------------------------------------------------------------------------

# What make runs in .venv, without the network and in a moment: pip notes that it was called and installs this folder, the package tells
# whose it is where the folder is not looked into. The folder, its .venv and make are real.
STAND_INS = {
    "pip.py": """
import pathlib, sys
if "-e" in sys.argv:
    pathlib.Path(__file__).with_name("rpn_edu.pth").write_text(f"{pathlib.Path.cwd()}\\n", encoding="utf-8")
if "--version" not in sys.argv:
    with open("calls", "a") as calls:
        print(*sys.argv[1:], file=calls)
""",
}
PACKAGE = """
import os, sys
sys.path.remove(os.getcwd())
del sys.modules["rpn_edu"]
import rpn_edu
print("PACKAGE", rpn_edu.__file__, *sys.argv[1:])
"""


def site(folder: Path) -> Path:
    return next(folder.glob(".venv/lib/python*/site-packages"))


def lab(folder: Path, *command: str, **environment: str) -> tuple[str, str, list[str]]:
    """(whose package was asked for the course, what make said, what pip was asked): `make lab` in this folder."""
    (folder / "calls").unlink(missing_ok=True)
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE"))}
    done = subprocess.run([*command, "make", "lab"], cwd=folder, env=known | environment, capture_output=True, text=True)
    asked = (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []
    return "".join(re.findall(r"^PACKAGE (.*) lab$", done.stdout, re.M)), done.stdout + done.stderr, asked


@pytest.fixture
def course(tmp_path):
    """A folder with blanks and umlauts in which `make lab` has run."""
    if not shutil.which("make") or os.name == "nt":
        pytest.skip("no make here")
    folder = tmp_path / "Kurs Übung" / "rpn edu"
    (folder / "rpn_edu").mkdir(parents=True)
    (folder / "rpn_edu/__init__.py").touch()
    (folder / "rpn_edu/__main__.py").write_text(PACKAGE)
    for name in ("pyproject.toml", "constraints.txt", "Makefile"):
        shutil.copy(ROOT / name, folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=folder, check=True)
    for name, text in STAND_INS.items():
        (site(folder) / name).write_text(text)
    seen, said, asked = lab(folder)
    assert seen == str(folder / "rpn_edu/__init__.py"), said
    assert asked[-1] == "install --no-build-isolation -e .[explore] -c constraints.txt", "a learner gets no tools of teachers and authors"
    return folder


def renamed(folder: Path) -> Path:
    return folder.rename(folder.with_name("rpn edu, new"))


def moved(folder: Path) -> Path:
    return folder.rename(folder.parents[1] / "course")


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(folder, folder.with_name("copy"), symlinks=True))


def installed_elsewhere(folder: Path) -> Path:
    (site(folder) / "rpn_edu.pth").write_text(str(copied(folder)))
    return folder


def uninstalled(folder: Path) -> Path:
    (site(folder) / "rpn_edu.pth").unlink()
    return folder


def changed(folder: Path) -> Path:
    os.utime(folder / ".venv/ready", (0, 0))  # older than what it was made of
    return folder


@pytest.mark.parametrize("happened", [renamed, moved, copied, installed_elsewhere, uninstalled, changed], ids=lambda one: one.__name__)
def test_make_installs_this_folder_whatever_happened_to_it_and_then_no_more(course, happened):
    original = site(course) / "rpn_edu.pth"
    before = original.read_text(encoding="utf-8")
    here = happened(course)
    seen, said, asked = lab(here)
    assert seen == str(here / "rpn_edu/__init__.py"), said
    assert sum("-e" in line.split() for line in asked) == 1
    assert f'VIRTUAL_ENV="{here}/.venv"' in (here / ".venv/bin/activate").read_text(encoding="utf-8").replace("'", '"')
    if here != course and course.exists():
        assert original.read_text(encoding="utf-8") == before, "a copy never installs into the original"
    assert lab(here)[0] == seen and lab(here)[2] == []


def test_other_constraints_install_other_versions_once_and_the_usual_ones_come_back(course):
    shutil.copy(ROOT / "constraints.txt", course / "others.txt")
    for constraints in ("others.txt", "constraints.txt"):
        assert f"install --no-build-isolation -e .[explore] -c {constraints}" in lab(course, CONSTRAINTS=constraints)[2]
        assert lab(course, CONSTRAINTS=constraints)[2] == []


def test_a_second_start_asks_pip_for_nothing_even_where_nothing_can_be_written(course):
    ours = str(course / "rpn_edu/__init__.py")
    assert lab(course)[0] == ours and lab(course)[2] == []
    elsewhere = copied(course)
    assert lab(course, PYTHONPATH=str(elsewhere))[0] == ours, "another checkout that the shell names"
    read_only = (*mounted(), 'mount --bind . . && cd . && mount -o remount,bind,ro . && cd "$PWD" && exec "$@"', "sh")
    assert lab(course, *read_only)[0] == ours
    shutil.rmtree(course / ".venv")
    assert "nothing may be written here: copy the folder" in lab(course, *read_only)[1]


def mounted() -> list[str]:
    """The command that runs a script among mounts of its own."""
    for command in ("unshare --map-root-user --mount sh -c", "unshare --mount sh -c"):
        if shutil.which("unshare") and not subprocess.run([*command.split(), "mount --bind . ."], capture_output=True).returncode:
            return command.split()
    pytest.skip("mounts are not permitted here")


def test_an_environment_whose_python_is_gone_is_made_again(course, tmp_path):
    (course / ".venv/bin/python3").unlink()
    (course / ".venv/bin/python").unlink()
    (course / ".venv/bin/python").symlink_to(tmp_path / "gone")
    kept = {name: (site(course) / name).read_text() for name in STAND_INS}
    for name, text in kept.items():
        (tmp_path / name).write_text(text)
    python = tmp_path / "python"
    python.write_text(f"""#!/bin/sh
[ "$1" = -m ] || exec {sys.executable} "$@"
{sys.executable} "$@" --without-pip && cp {tmp_path}/*.py .venv/lib/python*/site-packages
""")
    python.chmod(0o755)
    seen, said, asked = lab(course, PYTHON=str(python))
    assert seen == str(course / "rpn_edu/__init__.py") and asked, said


def test_what_is_run_knows_no_script_of_the_environment():
    """A script in .venv/bin begins with the path that the folder had; `python -m` knows none."""
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "Makefile"))
    assert set(re.findall(r"(?:\$\(BIN\)|\.venv/bin)/(\w+)", text)) == {"python"}
    assert not re.search(r"-m jupyter\b", text), "this one looks for a script"
