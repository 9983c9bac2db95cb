"""A learner's own folder: the course comes into it, renews what nobody changed, and keeps all that was changed."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from rpn_edu.course import home, progress
from rpn_edu.shared.progress import MARK, note
from tests.help import ROOT

FIRST, FIRST_NEWER = "00_start.ipynb", "00_start (newer).ipynb"


@pytest.fixture
def upstream(tmp_path, monkeypatch):
    """A course of two chapters and a page, that may change."""
    folder = tmp_path / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns("0[2-9]*", "gallery*", ".*", "ckpt"))
    for module in (home, sys.modules[progress.__module__]):
        monkeypatch.setattr(module, "ORIGINALS", folder)
    return folder


@pytest.fixture
def mine(upstream, tmp_path):
    home.settle(tmp_path / "mine")
    return tmp_path / "mine"


def change(path, text="# changed", output=False):
    """Write into the first code cell of a notebook, or only into its output."""
    book = json.loads(path.read_bytes())
    cell = next(cell for cell in book["cells"] if cell["cell_type"] == "code")
    if output:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    else:
        cell["source"] = [text]
    path.write_text(json.dumps(book, indent=1, ensure_ascii=False))


def held(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_whole_course_comes_with_what_it_links_to_and_git_sees_nothing_of_it(tmp_path):
    home.settle(tmp_path)
    came = {path.name for path in tmp_path.iterdir()}
    assert came >= {path.name for path in ROOT.glob("notebooks/[!.]*.*")} | {"home.ipynb"}
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.glob("[!.]*.*")]
    links = {link for text in texts for link in re.findall(r"\]\((?!\w+:)([\w./]+\.\w+)\)", text)}
    assert links >= {"00_start.ipynb", "catalogue.md"} and links - came == set()
    assert (tmp_path / ".gitignore").read_text() == "*\n"


def test_in_a_checkout_the_folder_is_kept_out_of_archives():
    """hatchling reads the checkout's .gitignore alone, not the folder's own."""
    assert "/mine/" in (ROOT / ".gitignore").read_text().splitlines()


def test_a_second_start_changes_nothing(mine):
    change(mine / FIRST)
    change(mine / "01_expansion.ipynb", output=True)
    before = held(mine)
    home.settle(mine)
    assert held(mine) == before


def test_a_newer_chapter_takes_the_place_of_one_that_was_only_run(mine, upstream):
    change(mine / FIRST, output=True)
    book = json.loads((mine / FIRST).read_bytes())
    book["cells"].append({"cell_type": "code", "source": [], "outputs": []})  # by Shift+Enter in the last cell
    (mine / FIRST).write_text(json.dumps(book))
    change(upstream / FIRST, "# better")
    (upstream / "catalogue.md").write_text("better")
    home.settle(mine)
    assert (
        "# better" in (mine / FIRST).read_text() and (mine / "catalogue.md").read_text() == "better" and not (mine / FIRST_NEWER).exists()
    )


def test_what_was_changed_stays_and_the_newer_one_lies_beside_it_and_is_told(mine, upstream):
    change(mine / FIRST, "# my answer")
    kept = (mine / FIRST).read_bytes()
    for text in ("# better", "# best"):
        change(upstream / FIRST, text)
        home.settle(mine)
    assert (mine / FIRST).read_bytes() == kept and "# best" in (mine / FIRST_NEWER).read_text()
    assert f"A newer version is here: {FIRST_NEWER}" in repr(progress(mine)) and 'href="00_start%20%28newer%29.ipynb"' in start_page(mine)
    change(mine / FIRST_NEWER, "# my other answer")
    change(upstream / FIRST, "# the very best")
    home.settle(mine)
    assert "# my other answer" in (mine / FIRST_NEWER).read_text() and (mine / FIRST).read_bytes() == kept
    assert "# the very best" in (mine / "00_start (newer 2).ipynb").read_text()


def start_page(folder):
    """What the stored output of the start page shows."""
    return json.loads((folder / "home.ipynb").read_bytes())["cells"][1]["outputs"][0]["data"]["text/html"]


def test_a_chapter_that_was_deleted_comes_back_when_it_is_asked_for_and_never_over_another(mine, upstream):
    (mine / FIRST).unlink()
    change(upstream / FIRST, "# better")
    home.settle(mine)
    assert not (mine / FIRST).exists() and "python -m rpn_edu lab --fresh 00 brings it back" in repr(progress(mine))
    assert f'href="{FIRST}"' not in start_page(mine)
    home.settle(mine, [FIRST])
    assert "# better" in (mine / FIRST).read_text()
    change(mine / FIRST, "# my answer")
    home.settle(mine, [FIRST])
    assert "# my answer" in (mine / FIRST).read_text() and "# better" in (mine / FIRST_NEWER).read_text()


def test_the_older_version_that_comes_back_upstream_comes_here_too(mine, upstream):
    first = (upstream / FIRST).read_bytes()
    change(upstream / FIRST, "# worse")
    home.settle(mine)
    (upstream / FIRST).write_bytes(first)
    home.settle(mine)
    assert "# worse" not in (mine / FIRST).read_text()


@pytest.mark.parametrize("broken", [b"", b"{", b"\xff"])
def test_where_the_list_of_copies_is_lost_or_a_chapter_is_broken_nothing_of_the_learner_is_lost(broken, mine):
    change(mine / FIRST, "# my answer")
    (mine / "01_expansion.ipynb").write_bytes(broken)
    (mine / MARK / "copies.json").write_bytes(broken)
    home.settle(mine)
    assert "# my answer" in (mine / FIRST).read_text() and (mine / "01_expansion.ipynb").read_bytes() == broken
    assert {path.name for path in mine.glob("*newer*")} == {FIRST_NEWER, "01_expansion (newer).ipynb"}


def no_room():
    raise OSError("no room")


def test_a_copy_that_cannot_be_written_whole_leaves_the_old_one(mine, upstream, monkeypatch):
    before = (mine / FIRST).read_bytes()
    change(upstream / FIRST, "# better")

    for name in ("write_bytes", "replace"):
        true = getattr(Path, name)
        with monkeypatch.context() as patched, pytest.raises(OSError, match="no room"):
            patched.setattr(Path, name, lambda path, given, true=true: no_room() if FIRST in path.name else true(path, given))
            home.settle(mine)
    assert (mine / FIRST).read_bytes() == before


def test_the_start_page_shows_this_moment_unless_the_learner_wrote_into_it(mine, monkeypatch):
    assert "0 of " in start_page(mine)
    monkeypatch.setenv("JPY_SESSION_NAME", str(mine / "01_expansion.ipynb"))
    note("exercise", "2 · ψ <b>", False)
    home.settle(mine)
    assert "2 · ψ &lt;b&gt;" in start_page(mine)
    change(mine / "home.ipynb", "my own words")
    home.settle(mine)
    assert "my own words" in (mine / "home.ipynb").read_text() and not list(mine.glob("home (*"))
