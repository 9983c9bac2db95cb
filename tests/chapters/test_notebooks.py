"""What a chapter must be before it is run: small cells, stored outputs without dead widgets, words for every picture.

nbval runs the cells and compares what they print (`make test`); here the files themselves are read.
"""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch

import rpn_edu
from rpn_edu.learn import device
from tools.chapters import LINKS, chapters, files

ROOT = Path(__file__).parents[2]
ALL = files()
FILES = [chapter.path for chapter in chapters()]
"""The chapters. The gallery is a page to look at, not to learn from: it has no questions, exercises or summary."""
PARTS = (
    "After this chapter you can",
    "## Recall",
    "## The formula",
    "## By hand",
    "<b>Explain</b>",
    "## Pitfall",
    "## Exercises",
    "## Summary",
    "**Exit questions.**",
    "**Next:**",
    "**References.**",
)
ALLOWED = {"torch", "unittest", "rpn_edu", "tempfile", "math", "sklearn", "textwrap"}


def notebook(path):
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(path):
    return [cell for cell in notebook(path)["cells"] if cell["cell_type"] == "code"]


def test_nbval_collects_every_code_cell_of_every_chapter():
    options = "--nbval --nbval-current-env --collect-only -q -p no:cacheprovider".split()
    command = [sys.executable, "-m", "pytest", "notebooks", *options]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    collected = re.findall(r"notebooks/(\w+)\.ipynb::", listed)
    assert {path.stem: collected.count(path.stem) for path in ALL} == {path.stem: len(code_cells(path)) for path in ALL}


def test_the_device_is_the_one_that_was_asked_for_and_chapters_use_it():
    wanted = os.environ.get("RPN_EDU_DEVICE", "cpu")
    assert wanted == "auto" or device().type == wanted.partition(":")[0]
    source = "".join("".join(cell["source"]) for cell in code_cells(ROOT / "notebooks/00_start.ipynb"))
    assert "digits(device=device())" in source and 'name="digits", device=device())' in source


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
class TestPage:
    def test_is_small_and_holds_no_widget_state(self, path):
        assert path.stat().st_size < 500_000
        assert "widgets" not in notebook(path)["metadata"]

    def test_has_code_cells_of_at_most_15_lines_without_classes_or_long_functions(self, path):
        for cell in code_cells(path):
            source = "".join(cell["source"])
            assert len([line for line in source.splitlines() if line.strip()]) <= 15, source
            for node in ast.walk(ast.parse(source)):
                assert not isinstance(node, ast.ClassDef), source
                assert not isinstance(node, ast.FunctionDef) or node.end_lineno - node.lineno < 5, source

    def test_imports_only_torch_the_package_and_the_standard_library(self, path):
        for cell in code_cells(path):
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                names = [node.module] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                assert {name.partition(".")[0] for name in names} <= ALLOWED

    def test_was_run_in_order_without_an_error(self, path):
        cells = code_cells(path)
        assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
        assert not [out for cell in cells for out in cell["outputs"] if out["output_type"] == "error" or out.get("name") == "stderr"]

    def test_stores_every_explorer_as_a_picture_with_words_and_no_dead_widget(self, path):
        shown = [out["data"] for cell in code_cells(path) for out in cell["outputs"] if "data" in out and "image/png" in out["data"]]
        explorers = [cell for cell in code_cells(path) if re.search(r"^(Explorer\(|curve$)", "".join(cell["source"]), re.M)]
        assert len(shown) >= len(explorers)
        for data in shown:
            assert len("".join(data["text/plain"])) > 40
            assert re.search(r'<img [^>]*alt="[^"]{40,}"', "".join(data["text/html"]))
            assert "application/vnd.jupyter.widget-view+json" not in data

    def test_holds_no_path_of_a_machine(self, path):
        assert not re.search(r"/(home|root|work|Users)/", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestChapter:
    def test_has_20_to_45_cells_and_a_readable_number_of_words(self, path):
        cells = notebook(path)["cells"]
        texts = (LINKS.sub("", "".join(cell["source"])) for cell in cells if cell["cell_type"] == "markdown")
        words = sum(len(text.split()) for text in texts)
        assert 20 <= len(cells) <= 45 and 500 <= words <= 2000, f"{path.stem} has {len(cells)} cells and {words} words"

    def test_has_the_parts_of_a_chapter(self, path):
        text = "\n".join("".join(cell["source"]) for cell in notebook(path)["cells"] if cell["cell_type"] == "markdown")
        for part in PARTS:
            assert part in text, f"{path.stem} has no part {part!r}"
        asked = sum("question=Predict(" in "".join(cell["source"]) for cell in code_cells(path))
        assert asked >= 3, f"{path.stem} asks for {asked} predictions, and a chapter for three"

    def test_runs_the_code_in_its_text(self, path, tmp_path, monkeypatch):
        """Cells hold no classes; where a chapter shows one, it stands in the text, and must work as it stands there."""
        monkeypatch.chdir(tmp_path)
        text = "\n".join("".join(cell["source"]) for cell in notebook(path)["cells"] if cell["cell_type"] == "markdown")
        place = {"torch": torch, "tempfile": tempfile, "rpn": rpn_edu, "__name__": path.stem}
        blocks = re.findall(r"```python\n(.*?)```", text, re.S)
        for block in blocks:
            exec(compile(block, f"{path.stem} text", "exec"), place)
        assert text.count("```python") == len(blocks)
