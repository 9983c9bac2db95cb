"""A chapter with what a teacher needs between its cells: outline, notes, demos, wrong predictions to expect, questions to discuss."""

import base64
from collections.abc import Iterator
from itertools import accumulate
from textwrap import wrap
from typing import Any

from nbformat import NotebookNode, v4

from ..course.rows import Chapter
from .notes import Demo, Expect, Notes, Part, asked, headings, outline, read

TAG = "teacher"
"""Cells with this tag are for teachers alone."""
MARK = "Teacher ·"
"""Their first words."""
ALWAYS = "Students get the folder of the student edition, and install the wheel in it. `rpn-edu course check` tries this machine."
"""What is prepared for every chapter."""
LESSON = (
    "A lesson of 90 minutes has all sections, exercise 1, and two of the questions at the end, five minutes each. "
    "The other exercises go home."
)
"""What a class does of it, as the syllabus says."""


def annotated(book: NotebookNode, row: Chapter) -> None:
    """Put the cells of a teacher into a chapter, in place: each has the tag, text begins with the mark, and demos are drawn.

    FileNotFoundError for a chapter that nobody has written notes for; ValueError for notes that are not written as they should be.
    """
    book.cells = [*between(book.cells, read(row), outline(row))]
    for number, cell in enumerate(cell for cell in book.cells if TAG in cell.metadata.get("tags", ())):
        cell.id = f"{TAG}-{number}"  # the same in every build


def between(cells: list[NotebookNode], notes: Notes, parts: list[Part]) -> Iterator[NotebookNode]:
    """The cells of a chapter with those of the teacher. What a demo shows comes after its section has asked."""
    heading = ""
    for number, cell in enumerate(cells):
        found = headings([cell])
        if found and number:
            yield from demos(notes, heading)
        yield cell
        if not number:
            yield said(schedule(notes, parts))
        for heading in found:
            yield from (said(section.say) for section in notes.section if section.heading == heading)
        for one in asked(cell):
            if wrong := [expect for expect in notes.expect if one.question.startswith(expect.question)]:
                yield said(expected(wrong))
    yield from demos(notes, heading)
    yield from (said(f"*To discuss.* {one.question}\n\n{one.answer}") for one in notes.discuss)


def demos(notes: Notes, heading: str) -> Iterator[NotebookNode]:
    """Words and an explorer for each demo of a section."""
    for demo in notes.demo:
        if demo.section == heading:
            yield said(shown(demo))
            yield v4.new_code_cell(f"# {MARK} {demo.name}\n{demo.code}", metadata=tagged(), outputs=[drawn(demo)])


def drawn(demo: Demo) -> NotebookNode:
    """What a demo shows on paper, or before its cell has run: its picture with the alt text, as the explorers of a chapter store it."""
    from ..explore import Explorer  # not above: words need no pictures

    page = Explorer(*demo.state(), terms=demo.moved)
    png = base64.b64encode(page.last_png).decode()
    return v4.new_output("execute_result", data={"text/plain": page.alt, "text/html": page.display.stored(), "image/png": png})


def shown(demo: Demo) -> str:
    """What is said of a demo, how it fills the screen of a projector, and how it is sent to a class."""
    token = "<wbr>".join(wrap(demo.token, 40))  # it is longer than a line: here it may break, and is copied as one word
    fold = f"<details><summary>Its token, for a mail or a chat</summary>\n\n<code>{token}</code>\n\n</details>"
    return f'*To show: {demo.name}.* {demo.say}\n\nOn a projector: `rpn-edu show "{demo.name}"`\n\n{fold}'


def schedule(notes: Notes, parts: list[Part]) -> str:
    """Aim, preparation, and a table of the sections with the minute in which each begins."""
    begins = [0, *accumulate(part.minutes for part in parts)]
    rows = [f"| {begin} | {part.minutes} | {part.heading} |" for begin, part in zip(begins, parts)]
    head = [
        f"**{begins[-1]} minutes**, exercises included: those of one person who reads and tries. {LESSON}",
        "",
        f"*At the end the class can say:* {notes.aim}",
        "",
        f"*The evening before.* {notes.prepare} {ALWAYS}",
        "",
    ]
    return "\n".join([*head, "| from minute | minutes | section |", "|---|---|---|", *rows])


def expected(wrong: list[Expect]) -> str:
    """The wrong predictions that will come, how they come about, and what helps."""
    return "\n".join(["*Wrong predictions to expect.*", "", *(f"- **{one.wrong}**: {one.because} *Then:* {one.answer}" for one in wrong)])


def said(words: str) -> NotebookNode:
    """A cell of text for the teacher."""
    return v4.new_markdown_cell(f"{MARK} {words}", metadata=tagged())


def tagged() -> dict[str, Any]:
    """The metadata of a cell that is for teachers alone."""
    return {"tags": [TAG]}
