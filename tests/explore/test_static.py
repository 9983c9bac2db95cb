"""A chapter read without a kernel and without the internet, as a web page shows it; and a chapter run with the network cut."""

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter, MarkdownExporter, SlidesExporter

import rpn_edu as rpn
from rpn_edu.course.quiz import chapters, read
from rpn_edu.explore import Explorer
from tools import chapters as rows

ROOT = Path(__file__).parents[2]
FILES = rows.files()


class Page(HTMLParser):
    """The words of a page and the attributes of its elements; scripts and styles say nothing to a reader."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words, self.silent = [], [], 0
        self.feed(html)
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.silent += tag in ("script", "style")

    def handle_endtag(self, tag):
        self.silent -= tag in ("script", "style")

    def handle_data(self, data):
        self.words += [] if self.silent else [data]

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def exported(request):
    """(path, its page), made once for all questions about it."""
    html, _ = HTMLExporter().from_filename(request.param)
    return request.param, Page(html)


def cells(path, kind):
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def test_every_stored_picture_is_shown_once_with_its_words_and_needs_no_other_file(exported):
    path, page = exported
    stored = [out["data"] for cell in cells(path, "code") for out in cell["outputs"] if "image/png" in out.get("data", {})]
    ours = [image for image in page.all("img") if {"rpn-picture", "rpn-still"} & set(image.get("class", "").split())]
    explorers = [image for image in ours if "rpn-picture" in image["class"]]
    assert len(ours) == len(stored) and len(explorers) == rows.read(path).explorers
    assert [image for image in ours if len(image.get("alt", "")) < 40] == []
    assert [image["src"][:60] for image in page.all("img") if not image["src"].startswith("data:image/")] == []


def test_every_question_option_and_reason_can_be_read_and_opened_without_a_script(exported):
    path, page = exported
    asked = [question for section in read(path.stem).values() for question in section] if path.stem in chapters() else []
    said = [text for question in asked for text in (question.question, *(t for o in question.options for t in (o.text, o.reason)))]
    assert [text for text in said if " ".join(text.split()) not in page.text] == []
    assert len(page.all("summary")) >= sum(len(question.options) for question in asked)


def test_all_words_of_the_chapter_stand_in_the_page(exported):
    (path, page), heard = exported, 0
    for cell in cells(path, "markdown"):
        runs = re.findall(r"[A-Z][\w ,.:;()]{25,}[\w.:]", "".join(cell["source"]))  # no markup, no formula, one line
        heard += len(runs)
        assert [run for run in runs if " ".join(run.split()) not in page.text] == []
    assert heard > 15


def test_no_style_of_the_page_comes_from_elsewhere(exported):
    _, page = exported
    assert [link["href"] for link in page.all("link") if "stylesheet" in link.get("rel", "") and "//" in link.get("href", "")] == []


# ---- every way in which a page leaves JupyterLab --------------------------------------------------------------------------------------


@pytest.mark.parametrize("exporter", [SlidesExporter, MarkdownExporter], ids=["slides", "markdown"])
def test_slides_and_markdown_have_the_stored_pictures_too(exporter):
    path = min(FILES, key=lambda path: path.stat().st_size)
    wanted = rows.read(path).explorers
    page = Page(exporter().from_filename(path)[0])
    shown = [image["src"] for image in page.all("img") if "rpn-picture" in image.get("class", "")]
    assert len(shown) == wanted and all(source.startswith("data:image/") for source in shown)


@pytest.mark.parametrize("kept", [True, False], ids=["widgets", "pictures"])
def test_a_page_of_a_chapter_that_was_just_run_has_its_pictures_unless_the_state_of_the_widgets_is_kept(kept):
    """As Lab stores it, and as nbconvert --execute does: a widget without a state gives way to the picture beside it."""
    explorer = Explorer(rpn.expansion.Taylor())
    shown = nbformat.v4.new_output("display_data", data=explorer._repr_mimebundle_())
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[shown])])
    if kept:
        state = {explorer.panel.model_id: {"model_name": "VBoxModel", "model_module": "@jupyter-widgets/controls", "state": {}}}
        book.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2, "version_minor": 0}}
    page = Page(HTMLExporter().from_notebook_node(book)[0])
    assert sum("rpn-picture" in image.get("class", "") for image in page.all("img")) == (not kept)


# ---- the network cut --------------------------------------------------------------------------------------------------------------

CUT = ("unshare --map-root-user --net", "unshare --net")  # a user may do the first where the system lets users make namespaces


def cut() -> list[str]:
    """The command that runs another one where no network is. Skipped where there is none, but never in CI."""
    tried = [command.split() for command in CUT if shutil.which("unshare")]
    for command in tried:
        if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    reason = "network namespaces are not permitted here" if tried else "there is no unshare on this system"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def chosen():
    """The smallest chapter, or all of them where RPN_EDU_OFFLINE is set to `all`."""
    return FILES if os.environ.get("RPN_EDU_OFFLINE") == "all" else [min(FILES, key=lambda path: path.stat().st_size)]


@pytest.mark.parametrize("path", chosen(), ids=lambda path: path.stem)
def test_a_chapter_runs_with_the_network_cut_and_shows_what_was_counted(path):
    command = [*cut(), sys.executable, "-m", "tools.offline", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    row = rows.read(path)
    counted = {"explorers": row.explorers, "controls": row.controls}
    assert json.loads(done.stdout.splitlines()[-1]) == {path.stem: counted}, "store the notebook again: it has other explorers or controls"


def test_the_script_says_so_where_the_network_is_not_cut():
    done = subprocess.run([sys.executable, "-m", "tools.offline"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        pytest.skip("this machine has no network at all")
    assert done.stderr.startswith("the network is not cut")
