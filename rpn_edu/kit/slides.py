"""Slides of a chapter, from its notebook: formulas, pictures, the question first, and the result on the next click.

What a chapter says in sentences becomes the notes of the speaker, with the outline in minutes. Nothing is fetched: reveal.js and MathJax
lie beside the slides. No PDF is made: a browser prints what it shows at ...slides.html?print-pdf.
"""

import html
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from ..course.quiz import Estimate, Question, read as questions_of
from ..course.rows import Chapter, chosen
from ..shared import machine
from ..shared.commands import parser
from .mathjax import mathjax
from .notes import Asked, Notes, asked, outline, pieces, read

KEPT = re.compile(r"\$\$|\||[-*] |\d+\. |!\[|\*\*Exercise ")
"""How a block of text begins that stands on a slide: a formula, a table, a list, a picture, an exercise. Sentences are for the speaker."""
CLOSED = re.compile(r"<details>.*?</details>", re.S)
TAGS = re.compile(r"</?(?:details|summary|b)>")
LINKS = re.compile(r"(Before|Next|Look up): \[")
LETTERS = "ABCDEFGH"
TEMPLATES = Path(__file__).parent / "templates"


@dataclass
class Slide:
    """What is seen at once, what a click adds, and what is said."""

    shown: list[Any] = field(default_factory=list)  # cells below the heading
    result: str = ""
    said: list[str] = field(default_factory=list)
    heading: str = ""  # of its section, or the title
    first: bool = False  # of a section: it stands to the right of the one before, the others stand below it

    @property
    def formulas_alone(self) -> bool:
        """Whether it has room for a picture: it shows nothing, or one formula."""
        return not self.result and len(self.shown) <= 1 and all(cell.source.startswith("$$") for cell in self.shown)


# ---- the command ----------------------------------------------------------------------------------------------------------------------


def slides(arguments: list[str]) -> int:
    """Write slides of chapters: formula, picture, question, and the result on the next click.

    An ImportError (no nbconvert), LookupError (no such chapter) or OSError is told and not raised.
    """
    asking = parser("rpn-edu course slides", slides, epilog="S opens the view of the speaker, with what the chapter says and minutes.")
    asking.add_argument("out", type=Path, help="the folder to write into: open its index.html")
    asking.add_argument("--chapters", nargs="+", default=[], metavar="CHAPTER", help="by number or name; all where none is named")
    told = asking.parse_args(arguments)
    try:
        machine.needs("rpn-edu course slides", "nbconvert", "sphinx_revealjs", extra="teach")
        rows = chosen(told.chapters)
        assets(told.out / "assets")
        for row in rows:
            path = told.out / f"{row.name}.slides.html"
            path.write_text(written(deck(row), row), encoding="utf-8")
            print(f"{path}  {path.stat().st_size / 1e6:.1f} MB", flush=True)
        (told.out / "index.html").write_text(index(rows), encoding="utf-8")
    except (ImportError, LookupError, OSError) as refused:
        asking.exit(1, f"{refused}\n")
    return 0


def assets(folder: Path) -> None:
    """Copy reveal.js and MathJax. OSError where nothing can be written, or one of them is not there."""
    from importlib.resources import as_file, files

    with as_file(files("sphinx_revealjs") / "_static/revealjs") as reveal:
        for part in ("dist", "plugin/notes"):
            shutil.copytree(reveal / part, folder / "reveal" / part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.map", "*.esm.js"))
    shutil.copy(mathjax(), folder / "mathjax.js")


def written(slides: Sequence[Slide], row: Chapter) -> str:
    """The page of a chapter's slides."""
    from nbconvert.exporters import SlidesExporter
    from traitlets.config import Config

    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_input_tags = {"hide-input"}
    exporter = SlidesExporter(
        config=config,
        template_name="rpn_slides",
        extra_template_basedirs=[str(TEMPLATES)],
        reveal_url_prefix="assets/reveal",
        reveal_theme="white",  # the default fetches its letters
        mathjax_url="assets/mathjax.js",
    )
    return exporter.from_notebook_node(book(slides, row))[0]


def index(rows: Iterable[Chapter]) -> str:
    """A page with a link to the slides of each chapter."""
    links = "".join(f'<li><a href="{row.name}.slides.html">{html.escape(row.whole_title)}</a></li>' for row in rows)
    style = "body{font:18px sans-serif;margin:40px auto;max-width:40em;line-height:1.6}"
    keys = "Arrow keys move. S opens the view of the speaker, with minutes and notes. Esc shows all. Print: add ?print-pdf to the address."
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Slides</title><style>{style}</style>'
    return (
        f'<!DOCTYPE html><html lang="en"><head>{head}</head><body><main><h1>Slides</h1><ul>{links}</ul><p>{keys}</p></main></body></html>'
    )


# ---- from a chapter to slides -----------------------------------------------------------------------------------------------------------


def deck(row: Chapter) -> list[Slide]:
    """The slides of a chapter, each with what its teacher says."""
    import nbformat

    notes, parts = read(row), outline(row)
    begins = dict(zip((part.heading for part in parts), accumulate((part.minutes for part in parts), initial=0)))
    found = [title(row, notes, begins)]
    for section, cell, words in pieces(nbformat.read(row.path, as_version=4).cells):
        if cell["cell_type"] == "markdown" and words.startswith("# "):
            blocks = [block for block in words.split("\n\n")[1:] if not LINKS.match(block)]
            seen = [block for block in blocks if block.startswith(("- ", "After "))]
            found[0].shown += map(text, seen)
            found[0].said += [block for block in blocks if block not in seen]
            continue
        if section != found[-1].heading:
            said = [note.say for note in notes.section if note.heading == section]
            minutes = next(part.minutes for part in parts if part.heading == section)
            found.append(Slide(said=[f"**From minute {begins[section]}, {minutes} minutes.**", *said], heading=section, first=True))
        if cell["cell_type"] == "markdown":
            spoken(found, words)
        else:
            found += computed(cell, section)
    return [*merged(found)]


def title(row: Chapter, notes: Notes, begins: dict[str, int]) -> Slide:
    """The first slide. Its notes are the outline."""
    schedule = [f"- from minute {begin}: {heading}" for heading, begin in begins.items()]
    return Slide(said=[notes.aim, notes.prepare, "\n".join(schedule)], heading=row.whole_title, first=True)


def spoken(found: list[Slide], words: str) -> None:
    """Text: formulas, tables and lists stand on slides, an exercise on one of its own. Sentences are said, and so is what was closed."""
    heading = found[-1].heading
    for block in re.split(r"\n\n+", CLOSED.sub("", words).strip()):
        task, _, hint = block.partition("*Hint:")
        if task.startswith("**Exercise"):
            found.append(Slide([text(task)], said=[f"*Hint:{hint}"] if hint else [], heading=heading))
        elif not KEPT.match(block):
            found[-1].said += [block] * (not LINKS.match(block))
        elif found[-1].result or len(found[-1].shown) > 1:
            found.append(Slide([text(block)], heading=heading))
        else:
            found[-1].shown.append(text(block))
    found[-1].said += [TAGS.sub("", block).strip() for block in CLOSED.findall(words)]


def computed(cell: Any, heading: str) -> Iterator[Slide]:
    """A cell of code: its picture with the question beside it, a quiz, a table of symbols, or code with what it prints."""
    if call := re.search(r'^quiz\("(\w+)", "(\w+)"\)', cell.source, re.M):
        yield from (questioned(one, heading) for one in questions_of(call[1])[call[2]])
    elif "check(" in cell.source:
        return  # an exercise: its text stands on a slide of its own
    elif picture := pictured(cell):
        question = next(asked(cell), None)
        yield Slide(
            [text(beside(picture, question) if question else f'<div class="rpn-alone">{picture}</div>')],
            revealed(question),
            heading=heading,
        )
    elif "hide-input" not in cell.metadata.get("tags", []):
        tags = ["hide-input"] if cell.source.startswith("symbols(") else []
        cell.metadata.tags, cell.execution_count = tags, None
        yield Slide([cell], heading=heading)


def pictured(cell: Any) -> str:
    """The stored picture of a cell with its alt text, if it shows one."""
    found = (re.search(r"<img[^>]*>", output.get("data", {}).get("text/html", "")) for output in cell.outputs)
    return next((one[0] for one in found if one), "")


def beside(picture: str, question: Asked) -> str:
    """A picture, and to its right what is asked before it moves, with the choices as letters."""
    choices = [f"- **{letter}** {choice}" for letter, choice in zip(LETTERS, question.choices)]
    asks = "\n".join([f"**Decide first.** {question.question}", "", *choices])
    return f'<div class="rpn-beside"><div>{picture}</div><div>\n\n{asks}\n\n</div></div>'


def revealed(question: Asked | None) -> str:
    """What the next click shows: what is right, and why."""
    if question is None:
        return ""
    letter = dict(zip(question.choices, LETTERS)).get(question.right, "")
    return f"✓ **{letter} {question.right}.** {question.reason}".replace("** ", "**", letter == "")


def questioned(one: Question | Estimate, heading: str) -> Slide:
    """A question of the quiz; its reasons come with the next click."""
    if isinstance(one, Estimate):
        return Slide([text(f"**{one.question}**")], f"✓ **{one.right:,.10g}.** {one.reason}", heading=heading)
    options = [f"- **{letter}** {option.text}" for letter, option in zip(LETTERS, one.options)]
    reasons = [f"{'✓' if option.right else '✗'} **{letter}** {option.reason}" for letter, option in zip(LETTERS, one.options)]
    return Slide([text("\n".join([f"**{one.asked}**", "", *options]))], "\n\n".join(reasons), heading=heading)


def merged(found: list[Slide]) -> Iterator[Slide]:
    """A section's first slide that has room takes the one that follows it, but for a table of symbols, which needs all of one."""
    waiting: Slide | None = None
    for slide in found:
        table = slide.shown and "hide-input" in slide.shown[0].metadata.get("tags", [])
        if waiting and not slide.first and not table:
            slide = Slide([*waiting.shown, *slide.shown], slide.result, [*waiting.said, *slide.said], slide.heading, first=True)
        elif waiting:
            yield waiting
        waiting = slide if slide.first and slide.formulas_alone else None
        if waiting is None:
            yield slide
    if waiting:
        yield waiting


# ---- from slides to a notebook ------------------------------------------------------------------------------------------------------


def text(words: str) -> Any:
    """A cell of text."""
    from nbformat import v4

    return v4.new_markdown_cell(words)


def book(slides: Sequence[Slide], row: Chapter) -> Any:
    """The slides as a notebook that nbconvert's exporter reads."""
    from nbformat import v4

    made = v4.new_notebook(metadata={"title": row.whole_title})
    for slide in slides:
        head = text(f"{'#' if slide is slides[0] else '##'} {slide.heading}")
        cells = [(head, "slide" if slide.first else "subslide"), *((cell, "-") for cell in slide.shown)]
        cells += [(text(words), kind) for words, kind in ((slide.result, "fragment"), ("\n\n".join(slide.said), "notes")) if words]
        for cell, kind in cells:
            cell.metadata["slideshow"] = {"slide_type": kind}
            made.cells.append(cell)
    return made
