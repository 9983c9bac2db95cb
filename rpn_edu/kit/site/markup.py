"""Text of the package as Markdown that Sphinx reads."""

import inspect
import re

SHORT = 60
"""A line of a docstring that ends earlier, and is not the last of its paragraph, was meant to end there."""


def escaped(text: str) -> str:
    """Text in which nothing but `code` is a mark of Markdown."""
    parts = re.split(r"(`[^`\n]+`)", text)
    return "".join(part if number % 2 else re.sub(r"([\\*_<>|$\[\]{}#~`])", r"\\\1", part) for number, part in enumerate(parts))


def paragraphs(docstring: str | None) -> list[str]:
    """The paragraphs of a docstring in Markdown; lines that were set by hand stay as they are, as code."""
    return [paragraph(part) for part in inspect.cleandoc(docstring or "").split("\n\n") if part.strip()]


def paragraph(part: str) -> str:
    """One of them."""
    lines = part.split("\n")
    if any(len(line) < SHORT for line in lines[:-1]) or any(line.startswith("    ") for line in lines):
        return "\n".join(["```text", *lines, "```"])
    return escaped(" ".join(lines))


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, without a last line break."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def toctree(entries: list[str], caption: str = "", hidden: bool = True) -> str:
    """The pages below this one, as names or as "title <name>"."""
    options = [":hidden:"] * hidden + ([f":caption: {caption}"] if caption else [])
    return "\n".join(["```{toctree}", *options, "", *entries, "```"])
