"""`rpn-edu course site`: the whole course as pages that need no kernel and no internet."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from ... import __version__
from ...course import rows
from ...course.progress import ORIGINALS
from ...shared import machine
from ...shared.commands import parser
from ...shared.terms import OUTPUT, TERMS
from .. import mathjax
from ..links import linked
from . import chapters, components, reference
from .frames import Live, chapter

PROGRAM = "rpn-edu course site"
HERE = Path(__file__).parent
FRAMES = Path("_static/frames")
"""Where the pictures of explorers lie in a site. Who finds the folder knows that the site may be made anew here."""
LOOKUP = {
    "symbols": "Symbols",
    "from_tinybig": "Differences from tinyBIG",
    "contexts": "Contexts",
    "performance": "Performance",
    "scale": "Past one machine",
}
"""Pages of the course beside the chapters and the catalogue."""
WORKERS = 4
"""Chapters that run at once: each takes half a gigabyte."""


def site(arguments: list[str]) -> int:
    """Write the course as static pages, with search and explorers that move, to be opened from disk.

    An ImportError (no Sphinx), LookupError (no such chapter), OSError or ValueError is told and not raised.
    """
    asking = parser(PROGRAM, site)
    asking.add_argument("out", metavar="OUT", help="a folder: new, empty, or a site that was made before")
    asking.add_argument("--chapters", nargs="+", default=[], metavar="CHAPTER", help="some of them, as 01 02 (else all, and the gallery)")
    asked = asking.parse_args(arguments)
    try:
        machine.needs(PROGRAM, "sphinx", "myst_nb", "pydata_sphinx_theme", "sphinx_copybutton", mathjax.PACKAGE, extra="teach")
        paths = [row.path for row in rows.chosen(asked.chapters)] if asked.chapters else rows.files()
    except (ImportError, LookupError) as refused:
        asking.error(str(refused))
    try:
        build(machine.path(asked.out, "OUT"), paths, lambda line: print(line, flush=True))
    except (OSError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


def build(out: Path, paths: list[Path], tell: Callable[[str], None]) -> None:
    """Run some notebooks, write all pages into a folder, and tell every step in a line.

    FileExistsError for a folder that holds something else, ValueError, with what Sphinx says, where it finds fault with a page.
    """
    begun = time.monotonic()
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / FRAMES).is_dir())):
        raise FileExistsError(f"{out} holds something else than a site of the course: name a new folder")
    lives = animated(out / FRAMES, paths, tell)
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "source", Path(folder) / "site"
        count = write(source, paths, lives)
        tell(f"{count} pages: Sphinx writes them")
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", str(processes()), "-b", "html", str(source), str(made)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ValueError(f"Sphinx finds fault with the pages:\n{done.stderr.replace(str(source), '')}")
        place(made, out, {path.stem for path in paths})
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    tell(f"{size / 1e6:.1f} MB in {time.monotonic() - begun:.0f} s: open {out / 'index.html'}")


def processes() -> int:
    """How many may run at once."""
    return min(os.cpu_count() or 1, WORKERS)


def animated(folder: Path, paths: list[Path], tell: Callable[[str], None]) -> dict[Path, list[Live]]:
    """The explorers of every notebook with their frames, whose pictures lie in a folder each; what the notebooks raise is raised."""
    tell(f"{len(paths)} notebooks run, and their explorers are moved")
    with ProcessPoolExecutor(processes(), mp_context=get_context("spawn"), initializer=alone) as pool:
        waiting = {path: pool.submit(chapter, path, folder / path.stem) for path in paths}
        lives: dict[Path, list[Live]] = {}
        for path, future in waiting.items():
            lives[path] = future.result()
            alive = sum(len(live.frames) > 1 for live in lives[path])
            tell(f"  {path.stem}: {alive} of {len(lives[path])} explorers move, {sum(len(live.frames) for live in lives[path])} frames")
    return lives


def alone() -> None:
    """One thread for each process: they share the cores."""
    import torch

    torch.set_num_threads(1)


def write(source: Path, paths: list[Path], lives: dict[Path, list[Live]]) -> int:
    """Write what Sphinx reads into a new folder, and count the pages. ValueError for a file whose letters cannot be known."""
    own = {name: f"{name}.md" for name in LOOKUP}
    there = {path.name for path in paths} | {*own.values(), "catalogue.md"}
    texts = {path.name: chapters.page(path, lives[path], there) for path in paths}
    texts |= {file: linked(machine.text(ORIGINALS / file), there) for file in own.values()}
    texts |= {"index.md": chapters.start(paths, __version__), "chapters.md": chapters.list_of_chapters(paths)}
    texts["lookup.md"] = chapters.list_of_pages("Look up", LOOKUP)

    def save(name: str, png: bytes) -> str:
        (source / "images" / f"{name}.png").write_bytes(png)
        return f"images/{name}.png"

    for below in ("images", "components", "api", "static/mathjax"):
        (source / below).mkdir(parents=True)
    for name, text in [*components.pages(chapters.where(paths), save), *reference.pages()]:
        texts[f"{name}.md"] = text
    for name, text in texts.items():
        (source / name).write_text(text, "utf-8")
    shutil.copy(HERE / "conf.py", source)
    shutil.copy(HERE / "static/live.js", source / "static")
    (source / "static/site.css").write_text((HERE / "static/site.css").read_text("utf-8") + inks(), "utf-8")
    shutil.copy(mathjax.mathjax(), source / "static/mathjax")
    return len(texts)


def inks() -> str:
    """The colours of the terms in both themes, as CSS."""
    themes = {"": "colour", "html[data-theme=dark] ": "dark"}
    rules = [f"{theme}.rpn-{term.say} {{ --ink: {getattr(term, ink)} }}" for theme, ink in themes.items() for term in (*TERMS, OUTPUT)]
    return "\n".join([*rules, ""])


def place(made: Path, out: Path, kept: set[str]) -> None:
    """Put a site in the place of the one before, whose frames of the same notebooks stay."""
    for old in out.iterdir():
        if old != out / FRAMES.parts[0]:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for old in [*(out / FRAMES).iterdir(), *(each for each in (out / FRAMES).parent.iterdir() if each != out / FRAMES)]:
        if not (old.parent == out / FRAMES and old.name in kept):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    unused = shutil.ignore_patterns("*.map", ".buildinfo", ".doctrees", "_sources", "webpack-macros.html")
    shutil.copytree(made, out, ignore=unused, dirs_exist_ok=True)
