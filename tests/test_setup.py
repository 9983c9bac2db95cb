"""The files that install the course agree with one another, and none of them knows the machine it was written on."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONDA_NAMES = {"pytorch": "torch"}


def ranges(lines: list[str]) -> dict[str, str]:
    """{"torch": "<3,>=2.6"}: requirement lines by canonical name."""
    return {canonicalize_name(r.name): str(r.specifier) for r in map(Requirement, lines)}


WANTED = ranges(sum(PROJECT["project"]["optional-dependencies"].values(), PROJECT["project"]["dependencies"]))
PINS = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]


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


def test_conda_has_the_same_names_and_ranges():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(line["pip"] for line in lines if isinstance(line, dict))
    conda = [line for line in lines if isinstance(line, str) and line != "pip"]
    assert conda.pop(0) == "python=3.11"
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert pip.pop() == "-e ."
    assert {CONDA_NAMES.get(name, name): range_ for name, range_ in ranges(conda + pip).items()} == WANTED


def test_every_folder_of_the_package_is_installed():
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "rpn_edu").rglob("__init__.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found | {"rpn_edu._data"}
    assert (ROOT / "data").is_dir()


def test_every_file_of_the_package_that_is_no_module_is_installed():
    wanted = {folder: patterns for folder, patterns in PROJECT["tool"]["setuptools"]["package-data"].items() if folder != "rpn_edu._data"}
    folders = {ROOT / name.replace(".", "/"): patterns for name, patterns in wanted.items()}
    installed = {path for folder, patterns in folders.items() for pattern in patterns for path in folder.glob(pattern)}
    found = {path for path in (ROOT / "rpn_edu").rglob("*") if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts}
    assert found == installed and found


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
