"""What a question may hold beside words: code, formulas and pictures, written as in Markdown, shown as HTML without a script.

A small part of Markdown, for this must work where only the base is installed: `code`, blocks of code between ```, $formulas$ and
![pictures](file.png). No lists, no links, no tables: a question is short.
"""

import base64
import html
import mimetypes
import re
from collections.abc import Callable
from pathlib import Path

PIECES = re.compile(
    r"```\w*\n(?P<block>.*?)\n?\s*```|`(?P<code>[^`]+)`|!\[(?P<alt>[^\]]*)\]\((?P<file>[^)]+)\)|(?P<formula>\$\$.+?\$\$|\$[^$]+\$)", re.S
)
LARGEST = 2_000_000  # bytes of a picture: it becomes a part of the notebook


def joined(text: str) -> str:
    """The lines of a text as one, but for those of a block of code."""
    parts = re.split(r"(```.*?```)", text.strip(), flags=re.S)
    return " ".join(f"\n{part}\n" if part.startswith("```") else " ".join(part.split()) for part in parts if part.strip()).strip()


def told(text: str) -> str:
    """A text as it can be printed: a picture by its words."""
    return PIECES.sub(lambda piece: piece["alt"] if piece["file"] else piece["block"] or piece[0], text)


def shown(text: str, folder: Path | None) -> str:
    """A text as HTML, with its pictures inside, whose files lie in this folder. ValueError for a picture that cannot be shown.

    Formulas stay as they are between their signs of the dollar: Jupyter hands them to MathJax.
    """
    parts: list[str] = []
    end = 0
    for piece in PIECES.finditer(text):
        parts += [
            html.escape(text[end : piece.start()]),
            next(made(piece, folder) for name, made in MADE.items() if piece[name] is not None),
        ]
        end = piece.end()
    return "".join([*parts, html.escape(text[end:])])


def picture(piece: re.Match[str], folder: Path | None) -> str:
    """A picture with its words. ValueError where it has none, is not there, is none, or is too large."""
    alt, name = piece["alt"].strip(), piece["file"].strip()
    if not alt:
        raise ValueError(f"the picture {name!r} needs words for those who do not see it: ![what it shows]({name})")
    file, kind = (folder or Path()) / name, mimetypes.guess_type(name)[0] or ""
    if not kind.startswith("image/"):
        raise ValueError(f"{name!r} is no picture: .png, .jpg, .svg, .gif or .webp was wanted")
    if not folder or not file.is_file():
        raise ValueError(f"no picture {name!r} lies beside the file of questions")
    if (size := file.stat().st_size) > LARGEST:
        raise ValueError(f"the picture {name!r} has {size / 1e6:.1f} MB, at most {LARGEST / 1e6:.0f} were wanted")
    data = base64.b64encode(file.read_bytes()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:{kind};base64,{data}" style="display:block;max-width:100%;margin:6px 0">'


MADE: dict[str, Callable[[re.Match[str], Path | None], str]] = {
    "block": lambda piece, _: f'<code style="display:block;white-space:pre;margin:6px 0">{html.escape(piece["block"])}</code>',
    "code": lambda piece, _: f"<code>{html.escape(piece['code'])}</code>",
    "file": picture,
    "formula": lambda piece, _: html.escape(piece["formula"]),
}
"""How each kind of piece is shown."""
