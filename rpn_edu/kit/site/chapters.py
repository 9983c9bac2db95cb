"""The pages of notebooks: their text and their stored outputs, with explorers that can be moved and links to what is named."""

import ast
import json
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ...component import CATALOGUE
from ...course.rows import Chapter, notebook, read
from ..links import linked
from .frames import Live
from .live import figure
from .markup import table, toctree

NAMES = Counter(cls.__name__ for cls in CATALOGUE.values() if cls.term)
COMPONENTS = {name: cls.qualified_name() for cls in CATALOGUE.values() for name in (cls.__name__, cls.qualified_name()) if cls.term}
"""Where a name leads that can be in code: a bare one only if no two terms share it (`NAMES`)."""


def page(path: Path, lives: list[Live], pages: Collection[str]) -> str:
    """A notebook for Sphinx: explorers stand as figures, links lead to `pages`, the names of files with their endings, or become words."""
    book = notebook(path)
    figures = {live.cell: figure(live, f"_static/frames/{path.stem}") for live in lives}
    for number, cell in enumerate(book["cells"]):
        if cell["cell_type"] == "markdown":
            cell["source"] = components(linked("".join(cell["source"]), pages))
        else:
            cell["outputs"] = [shown(output, figures.get(number)) for output in cell["outputs"]]
    used = sorted({name for cell in book["cells"] if cell["cell_type"] == "code" for name in named("".join(cell["source"]))})
    if used:
        links = " · ".join(f"[`{name}`](components/{name}.md)" for name in used)
        book["cells"].insert(
            -1, {"cell_type": "markdown", "id": "components", "metadata": {}, "source": f"**Components of this chapter:** {links}"}
        )
    book["metadata"].pop("rpn_edu", None)
    return json.dumps(book, ensure_ascii=False)


def components(text: str) -> str:
    """Markdown in which `LowRank` leads to its page, once in a cell and outside of links and headings."""
    seen: set[str] = set()

    def link(found: re.Match[str]) -> str:
        name = found[1].partition("(")[0].removeprefix("rpn.")
        known = COMPONENTS.get(name) if "." in name or NAMES[name] == 1 else None
        if known is None or known in seen:
            return found[0]
        seen.add(known)
        return f"[{found[0]}](components/{known}.md)"

    lines = text.split("\n")
    return "\n".join(
        line if line.startswith(("#", "<")) else re.sub(r"(?<!\[)`([A-Za-z.]+(?:\([^`]*\))?)`(?!\])", link, line) for line in lines
    )


def named(source: str) -> set[str]:
    """The components that a cell names with their term, as rpn.expansion.Taylor: by their qualified names."""
    attributes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)]
    return {name for node in attributes if (name := ast.unparse(node).removeprefix("rpn.")) in COMPONENTS and "." in name}


def shown(output: dict[str, Any], figure: str | None) -> dict[str, Any]:
    """An output as a page shows it: the figure in the place of an explorer, of others their HTML and not the same once more."""
    data = output.get("data", {})
    if "text/html" not in data:
        return output
    made = figure if figure and "rpn-picture" in "".join(data["text/html"]) else data["text/html"]
    return {**output, "data": {"text/html": made, "text/plain": data.get("text/plain", "")}}


def where(paths: list[Path]) -> dict[str, list[Path]]:
    """The notebooks that name a component in their code, by its qualified name."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        code = ["".join(cell["source"]) for cell in notebook(path)["cells"] if cell["cell_type"] == "code"]
        for name in sorted(set[str]().union(*map(named, code))):
            found.setdefault(name, []).append(path)
    return found


def contents(rows: list[Chapter]) -> str:
    """The table of the chapters, each with its link."""
    told = [[f"[{row.label}]({row.path.name})", f"You learn to {row.objective}.", str(row.minutes)] for row in rows]
    return table(["chapter", "what for", "minutes"], told)


def start(paths: list[Path], version: str) -> str:
    """The first page: what this is, what it holds, how it is run."""
    return f"""# Reconciled Polynomial Networks, one term at a time

$$g(x \\mid w) = \\langle\\, \\kappa_\\xi(x),\\ \\psi(w) \\,\\rangle + \\pi(x)$$

κ expands the data. ξ says what depends on what. ψ turns a few learned numbers into a large matrix. π adds what is left.
Each chapter takes one of these terms: you predict, you move, you explain.

{contents([read(path) for path in paths])}

On these pages every explorer has one or two controls that work: choose first, then move.
All controls, your own code and the checks of the exercises need Python on your machine.

(run)=
## Run it

You need Python 3.11 or newer.

```
pip install "rpn_edu[explore]"
rpn-edu lab
```

The course opens in JupyterLab, in a folder of your own. `rpn-edu doctor` says what is missing, if something is.

## Look up

- [Every component](catalogue.md) with its formula, its picture and its source
- [The symbols](symbols.md): every letter has one meaning
- [The Python names](api/index.md), from their docstrings

These pages were made by rpn_edu {version}, from what the notebooks have stored. They need no internet.

{toctree(["chapters", "catalogue", "lookup", "api/index"])}
"""


def list_of_chapters(paths: list[Path]) -> str:
    """The page above the chapters."""
    rows = [read(path) for path in paths]
    return f"# Chapters\n\n{contents(rows)}\n\n{toctree([f'{row.label} <{row.name}>' for row in rows])}\n"


def list_of_pages(title: str, pages: dict[str, str]) -> str:
    """A page above others: their names with their titles."""
    links = "\n".join(f"- [{told}]({name}.md)" for name, told in pages.items())
    return f"# {title}\n\n{links}\n\n{toctree([*pages])}\n"
