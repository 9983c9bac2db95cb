"""The course in a folder of the learner's own: copied once, renewed while nobody changed it, never overwritten after that."""

import contextlib
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..shared.progress import MARK
from .progress import HOME, ORIGINALS, Progress, progress

PAGE = (
    "# Your course\n\nThis folder is yours: write, change and try. A newer course never overwrites what you changed. "
    "Click a chapter to open it. Run the next cell (Shift+Enter) to see what you have done since.",
    "from rpn_edu.course import progress\n\nprogress()",
    "To look things up: [gallery](gallery.ipynb), [catalogue](catalogue.md), [symbols](symbols.md).",
)
"""What the start page says, its cell, and what it says below."""
LANGUAGE = {
    **{"name": "python", "version": sys.version.split()[0], "mimetype": "text/x-python", "file_extension": ".py"},
    **{"codemirror_mode": {"name": "ipython", "version": 3}, "pygments_lexer": "ipython3", "nbconvert_exporter": "python"},
}
"""What Python's kernel says of itself. JupyterLab writes it into every notebook that it opens."""


def settle(folder: Path, fresh: Iterable[str] = ()) -> None:
    """Bring the course into a folder, or what is newer into one that has it. What was deleted comes back where `fresh` names it.

    A copy whose sources nobody changed is replaced. Beside a changed one the newer one lies as `01_expansion (newer).ipynb`.
    OSError where nothing can be written.
    """
    write(folder / ".gitignore", b"*\n")
    noted = folder / MARK / "copies.json"
    known: dict[str, str] = {}  # the fingerprints of what was copied last
    with contextlib.suppress(FileNotFoundError, ValueError):  # without it, copies that nobody changed are known by what they hold
        known = json.loads(noted.read_bytes())
    for original in [*ORIGINALS.glob("*.ipynb"), *ORIGINALS.glob("*.md")]:
        name, content = original.name, original.read_bytes()
        copy, before, now = folder / name, known.get(name), fingerprint(content)
        if name in fresh or before is None or (before != now and copy.exists()):
            write(next(slot for slot in slots(copy) if untouched(slot, before, now)), content)
        known[name] = now
    content = page(progress(folder))
    if untouched(folder / HOME, known.get(HOME), now := fingerprint(content)):
        write(folder / HOME, content)
        known[HOME] = now
    write(noted, json.dumps(known, indent=1).encode())


def fingerprint(content: bytes) -> str:
    """What a change changes: of a notebook the cells that say something (Shift+Enter leaves an empty one), of any other file all of it."""
    with contextlib.suppress(ValueError, LookupError, TypeError):  # no notebook
        cells = json.loads(content)["cells"]
        content = json.dumps([(cell["cell_type"], text) for cell in cells if (text := "".join(cell["source"]))]).encode()
    return hashlib.sha256(content).hexdigest()


def untouched(copy: Path, *known: str | None) -> bool:
    """May a file be written here? Where none is, and where the one that is there was copied and never changed."""
    return not copy.exists() or fingerprint(copy.read_bytes()) in known


def slots(copy: Path) -> Iterator[Path]:
    """01_expansion.ipynb, 01_expansion (newer).ipynb, 01_expansion (newer 2).ipynb, ..."""
    yield copy
    yield from (copy.with_stem(f"{copy.stem} (newer{more})") for more in itertools.chain([""], map(" {}".format, itertools.count(2))))


def write(place: Path, content: bytes) -> None:
    """Write a file whole or not at all. A notebook gets what the kernel says of itself, so that to open it is no change."""
    if place.suffix == ".ipynb":
        book = json.loads(content)
        book["metadata"]["language_info"] = LANGUAGE
        content = json.dumps(book, indent=1, ensure_ascii=False).encode() + b"\n"
    place.parent.mkdir(parents=True, exist_ok=True)
    half = place.with_name(f".{place.name}.{os.getpid()}")
    half.write_bytes(content)
    half.replace(place)


def page(shown: Progress) -> bytes:
    """The start page, with the progress of this moment as the output of its cell."""
    first = json.loads((ORIGINALS / "00_start.ipynb").read_bytes())
    text, code, below = PAGE
    data = {"text/html": shown.page(), "text/plain": repr(shown)}
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}
    cells = [
        {"cell_type": "markdown", "id": "text", "metadata": {}, "source": text},
        {"cell_type": "code", "id": "progress", "metadata": {}, "execution_count": 1, "source": code, "outputs": [output]},
        {"cell_type": "markdown", "id": "below", "metadata": {}, "source": below},
    ]
    return json.dumps(first | {"cells": cells, "metadata": {"kernelspec": first["metadata"]["kernelspec"]}}).encode()
