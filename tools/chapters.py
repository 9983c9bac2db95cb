"""The rows of the chapters: `python -m tools.chapters` writes what follows from them and says what is missing. It runs no notebook.

A row lives in its notebook, in the metadata (JupyterLab: Property Inspector, Advanced Tools):

    "rpn_edu": {"title": "κ: what the model sees", "minutes": 55, "objective": "choose features for data",
                "needs": ["00_start"], "extras": ["explore"], "explorers": 8, "controls": 34}

People write it; `make notebooks` counts explorers and controls. A notebook whose name begins with a number is a chapter, the others are
pages to look things up. A chapter has questions and answers beside its notebook, and everything else is derived.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from rpn_edu.catalogue import between_marks, cell
from rpn_edu.component import did_you_mean
from rpn_edu.course.rows import Chapter, chapters as chapters_of, files as files_of, notebook, read
from rpn_edu.course.symbols import SYMBOLS, SymbolTable
from rpn_edu.shared.machine import text
from rpn_edu.shared.progress import number as number_of

ROOT = Path(__file__).parents[1]
BESIDE = {
    "questions": "rpn_edu/course/items/{}.toml",
    "exercises": "rpn_edu/course/exercises/{}.py",
    "solutions": "rpn_edu/course/solutions/{}.md",
    "notes": "rpn_edu/kit/notes/{}.toml",
    "answers": "tests/chapters/answers/{}.py",
}
"""What a chapter has beside its notebook. Answers lie with the tests, for they are not to be installed where learners work.

An edition for marks leaves the solutions out: then `solution` says so.
"""


def files(root: Path = ROOT) -> list[Path]:
    """All notebooks of a checkout."""
    return files_of(root / "notebooks")


def chapters(root: Path = ROOT) -> list[Chapter]:
    """The rows of the chapters of a checkout."""
    return chapters_of(root / "notebooks")


def answers(name: str, root: Path = ROOT) -> Path:
    """The right and wrong answers to a chapter's exercises."""
    return root / BESIDE["answers"].format(name)


# ---- what is derived --------------------------------------------------------------------------------------------------------------


LOOK_UP = "look up: [gallery](gallery.ipynb), [catalogue](catalogue.md), [symbols](symbols.md)"
LINKS = re.compile(r"(Before|Next|Look up): \[.*")
"""The line of links, which stands below the title of a chapter and at the end of its last text, and how it ends."""


def derived(root: Path = ROOT) -> dict[Path, str]:
    """The files that follow from rows and symbols, as they should be: README.md, the page of symbols, and chapters with their links."""
    rows = chapters(root)
    readme = between_marks(text(root / "README.md"), "chapters", table(root))
    linked = {row.path: with_links(row, before, after) for before, row, after in zip([None, *rows], rows, [*rows[1:], None])}
    return {root / "README.md": readme, root / "notebooks/symbols.md": symbols_page(), **linked}


def table(root: Path = ROOT) -> str:
    """The table of the README: every chapter and page, what one learns, and how long it takes."""
    lines = ["| | you learn to | minutes |", "|---|---|---|"]
    for row in map(read, files(root)):
        lines.append(f"| [{cell(row.label)}](notebooks/{row.path.name}) | {cell(row.objective)} | {row.minutes} |")
    return "\n".join(lines)


def symbols_page() -> str:
    """All symbols of the course as a page to look them up."""
    rows = [SymbolTable.HEADER, "-" * len(SymbolTable.HEADER)]
    rows += [(row.symbol, row.say, row.meaning, row.shape, row.code and f"`{row.code}`") for row in SYMBOLS]
    lines = [f"| {' | '.join(part if '`' in part else cell(part) for part in row)} |" for row in rows]
    return "\n".join(["# Symbols", "", "Every letter has one meaning in the whole course.", "", *lines, ""])


def with_links(row: Chapter, before: Chapter | None, after: Chapter | None) -> str:
    """The notebook of a chapter with its two lines of links."""
    ways = [f"{word}: [{way.label}]({way.path.name})" for word, way in (("before", before), ("next", after)) if way]
    line = " · ".join([*ways, LOOK_UP])
    book = notebook(row.path)
    texts = [part for part in book["cells"] if part["cell_type"] == "markdown"]
    for part, at_end in ((texts[-1], True), (texts[0], False)):
        paragraphs = [one for one in "".join(part["source"]).split("\n\n") if not LINKS.fullmatch(one)]
        paragraphs.insert(len(paragraphs) if at_end else 1, line[0].upper() + line[1:])
        part["source"] = "\n\n".join(paragraphs).splitlines(keepends=True)
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


# ---- what is missing --------------------------------------------------------------------------------------------------------------


def missing(root: Path = ROOT) -> list[str]:
    """Sentences: what a chapter lacks, and where notebook, row and README say different things."""
    rows = [read(path) for path in files(root)]
    found = [sentence for row in rows for sentence in (*disagreements(row), *unknown(row, rows, root))]
    names = [row.name for row in rows if row.number]
    found += [
        f"{name} begins with another number than the next one, {k:02}" for k, name in enumerate(names) if number_of(name) != f"{k:02}"
    ]
    for what, place in BESIDE.items():
        there = [path.stem for path in sorted(root.glob(place.format("[!_]*")))]
        found += [f"{name} lacks its {what}: {place.format(name)}" for name in names if name not in there]
        found += [f"{place.format(name)} belongs to no chapter" for name in there if name not in names]
    old = [path.name for path, wanted in derived(root).items() if not path.exists() or text(path) != wanted]
    found += [f"{name} tells old rows: run python -m tools.chapters" for name in old]
    return found


def disagreements(row: Chapter) -> Iterator[str]:
    """Where the first cell of a notebook says something else than its row."""
    first = "".join(notebook(row.path)["cells"][0]["source"])
    if first.partition("\n")[0] != row.heading:
        yield f"{row.name} begins with {first.partition(chr(10))[0]!r}, its row says {row.heading!r}"
    if row.number and f"about {row.minutes} minutes" not in first:
        yield f"{row.name} does not say in its first cell that it takes about {row.minutes} minutes, as its row does"
    for name in row.needs:
        if not re.search(rf"\bchapters?\b.*\b{number_of(name)}\b", first):
            yield f"{row.name} does not say in its first cell that it needs chapter {number_of(name)}, as its row does"


def unknown(row: Chapter, rows: list[Chapter], root: Path) -> Iterator[str]:
    """What a row needs and nobody has."""
    before = [other.name for other in rows if other.number and other.number < row.number]
    known = tomllib.loads(text(root / "pyproject.toml"))["project"]["optional-dependencies"]
    for names, there, what in ((row.needs, before, "chapter before it"), (row.extras, known, "extra of pyproject.toml")):
        yield from (f"{row.name} needs {name!r}, which is no {what}{did_you_mean(name, there)}" for name in names if name not in there)


def main(root: Path = ROOT) -> None:
    """Write what is derived, and end with a sentence for everything that is missing."""
    try:
        for path, wanted in derived(root).items():
            path.write_text(wanted, encoding="utf-8", newline="\n")
        found = missing(root)
    except ValueError as unreadable:
        found = [str(unreadable)]
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
