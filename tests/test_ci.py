"""What CI runs, here and on a public forge, is what the Makefile does."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
JOBS = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
LINES = [line.strip() for job in JOBS.values() for step in job["steps"] for line in step.get("run", "").splitlines()]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="make and sh are not at home here")


def stand_in(folder: Path, name: str, script: str) -> None:
    """A command of that name, before the real one in the PATH."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(("failing", "called"), [("nothing", ["check", "test"]), ("check", ["check"]), ("test", ["check", "test"])])
def test_ci_checks_before_it_tests_and_what_either_finds_turns_it_red(failing, called, tmp_path):
    stand_in(tmp_path, "make", f'echo "$1" >> {tmp_path}/calls; [ "$1" != {failing} ]')
    stand_in(tmp_path, "chromium", "")
    stand_in(tmp_path, "node", "")
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", ROOT / ".ci/run"], env=os.environ | path, capture_output=True, text=True)
    assert (done.returncode == 0) is (failing == "nothing"), done.stderr
    assert (tmp_path / "calls").read_text().split() == called


def test_check_is_linter_formatter_and_types():
    told = subprocess.run(["make", "--dry-run", "check"], cwd=ROOT, capture_output=True, text=True).stdout
    for tool in ("ruff check .", "ruff format --check .", "pyright"):
        assert f"python -m {tool}\n" in told


# ---- the workflow of a public forge ---------------------------------------------------------------------------------------------------


def test_every_line_is_ci_a_target_of_the_makefile_or_what_its_header_says_for_windows():
    targets = set(re.findall(r"^([a-z]+)(?: [a-z ]+)?:(?!=)", MAKEFILE, re.M))
    header = {line.lstrip("# ") for line in MAKEFILE.splitlines() if line.startswith("#   ")}
    assert {"lab", "test", "check"} <= targets and len(LINES) >= 6
    for line in LINES:
        if line.startswith("make "):
            called = [word for word in line.split('PYTEST_ARGS="')[0].split()[1:] if "=" not in word]
            assert called and set(called) <= targets, line
        elif line != ".ci/run":
            unixlike = line.replace(".venv\\Scripts\\", ".venv/bin/").removesuffix(' -m "not browser"')
            assert unixlike in header, line


def test_every_variable_that_is_handed_to_make_is_one_of_the_makefile():
    handed = {name for line in LINES if line.startswith("make ") for name in re.findall(r"\b([A-Z_]+)=", line)}
    assert handed == {"CONSTRAINTS", "PYTEST_ARGS"}
    assert handed <= set(re.findall(r"^([A-Z_]+) \?=", MAKEFILE, re.M))


def test_the_pythons_are_those_of_pyproject():
    wanted = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"])
    matrix = JOBS["linux"]["strategy"]["matrix"]["python"]
    own = [step["with"]["python-version"] for job in JOBS.values() for step in job["steps"] if "setup-python" in step.get("uses", "")]
    pythons = [*matrix, *(version for version in own if "matrix" not in version)]
    assert len(matrix) == 3 and all(isinstance(version, str) for version in pythons)  # 3.10 as a number would be 3.1
    assert all(version in wanted for version in pythons) and min(matrix) in str(wanted)


def test_linux_runs_all_of_ci_and_the_others_leave_the_browser_out():
    lines = {name: [line.strip() for step in job["steps"] for line in step.get("run", "").splitlines()] for name, job in JOBS.items()}
    assert lines["linux"] == [".ci/run"]
    assert ["not browser" in line for name in ("macos", "windows") for line in lines[name] if "pytest" in line.lower()] == [True, True]
