"""What CI runs, here and on a public forge, is what the Makefile does."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


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
