"""Links between the files of the course, where only some of them are there."""

import re
from collections.abc import Collection

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((\w+\.(?:ipynb|md))(#[^)\s]*)?\)")
"""A link in Markdown to a chapter or a page that lies beside it."""


def linked(text: str, there: Collection[str]) -> str:
    """Markdown in which a link to a file of the course that is not there has become its words."""
    return LINK.sub(lambda link: link[0] if link[2] in there else link[1], text)
