"""What CONTRIBUTING.md tells to write is written into a copy of the repository, and what it tells to run is run there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import chapters

ROOT = Path(__file__).parents[1]
FREE = f"{len(chapters.chapters()):02}"  # the next number of a chapter, which the guide writes as 99
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").replace("99", FREE)
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", GUIDE, re.M | re.S))
PLACE = re.compile(r"(?:#|<!--) (\S+\.\w+)(?: -->)?\n+")
"""The first line of a block says which file it belongs to."""


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language; those that a reader types into a terminal have none."""
    return [block for kind, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S) if kind == language]


def commands(text: str) -> list[str]:
    """What is typed into a terminal, without what is said beside it."""
    return [line.partition("  #")[0].strip() for block in blocks(text, "") for line in block.splitlines()]


def pieces() -> Iterator[tuple[str, str]]:
    """Where each block belongs, and what it says."""
    for language in ("python", "markdown", "toml"):
        for block in blocks(GUIDE, language):
            place = PLACE.match(block)
            assert place is not None, f"a block does not begin with its file:\n{block}"
            yield place[1], block[place.end() :]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The repository with all that the guide tells to write: new files, and what is added at the end of old ones."""
    root = tmp_path_factory.mktemp("copy")
    for folder in ("rpn_edu", "tests", "tools", "data", "notebooks"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", ".*", "ckpt"))
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "constraints.txt"):
        shutil.copy(ROOT / name, root)
    for place, text in pieces():
        before = (root / place).read_text(encoding="utf-8") if (root / place).exists() else ""
        above, exports, below = before.partition("\n__all__ = ")  # what is exported is counted last
        (root / place).write_text(f"{above}\n\n{text}{exports}{below}".lstrip("\n"), encoding="utf-8")
    return root


def run(root: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command of the guide, in the copy, by the Python of these tests."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    line = command.replace(".venv/bin/python", f'"{sys.executable}"')
    return subprocess.run(line, shell=True, cwd=root, env=known | {"PYTHONPATH": str(root)}, capture_output=True, text=True)


@pytest.mark.parametrize("section", [name for name, text in SECTIONS.items() if blocks(text, "")])
def test_what_the_guide_tells_to_run_ends_well(section, copy):
    typed = [line for line in commands(SECTIONS[section]) if not line.startswith("make ")]
    for command in typed:
        assert command.startswith(".venv/bin/python "), command
        done = run(copy, command)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def test_what_the_guide_tells_to_write_passes_the_linter_and_is_formatted(tmp_path):
    own = {place: text for place, text in pieces() if place.endswith(".py") and not (ROOT / place).exists()}
    assert len(own) >= 4
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for place, text in own.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text, encoding="utf-8")
    for tool in ("check", "format --check"):
        done = run(tmp_path, f".venv/bin/python -m ruff {tool} .")
        assert done.returncode == 0, done.stdout


def test_every_make_of_the_guide_is_a_target_of_the_makefile_and_every_file_it_names_is_there(copy):
    targets = re.findall(r"^([a-z]+)(?: [a-z ]+)?:(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert set(re.findall(r"\bmake ([a-z]+)", GUIDE)) - {"public"} <= set(targets)
    named = set(re.findall(r"`((?:rpn_edu|tests|tools|notebooks)/[\w./]+)`", GUIDE))
    assert len(named) > 8 and [name for name in named if not (copy / name).exists()] == []
