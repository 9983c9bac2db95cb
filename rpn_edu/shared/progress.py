"""What a learner has done. It is noted in a folder of the learner's own; where there is none, nothing is written."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Literal

MARK = ".rpn_edu"
"""The folder that makes a folder a learner's own: `rpn-edu lab` makes it, and what is noted lies in it."""

Kind = Literal["prediction", "exercise"]
Notes = dict[tuple[str, str], dict[str, bool | None]]
"""{("01", "prediction"): {"Do they stay below 1?": True}}: right, wrong or, None, skipped."""


def home(place: Path) -> Path | None:
    """The learner's own folder that a file or folder lies in."""
    return next((folder for folder in (place, *place.parents) if (folder / MARK).is_dir()), None)


def file_of(folder: Path) -> Path:
    """Where a learner's own folder keeps what is noted."""
    return folder / MARK / "progress.jsonl"


def number(chapter: str) -> str:
    """01 of 01_expansion, of its copy and of 01 alone; nothing of a page that is no chapter."""
    found = re.match(r"\d\d(?=_|$)", chapter)
    return found[0] if found else ""


def notebook() -> Path:
    """The notebook whose kernel this is, or the folder that Python works in. OSError where that is gone.

    VS Code tells it by a variable, the servers of JupyterLab and Notebook in the environment.
    """
    told = getattr(sys.modules["__main__"], "__vsc_ipynb_file__", "") or os.environ.get("JPY_SESSION_NAME", "")
    return Path.cwd() / told


def note(kind: Kind, name: str, right: bool | None, chapter: str = "") -> None:
    """Note a prediction or an exercise of a chapter (else: of the notebook): right, wrong or, None, skipped. The name tells it from others.

    It never stops a learner: what cannot be written is said, and not raised.
    """
    try:
        place = notebook()
        folder, where = home(place), number(chapter or place.stem)
        if folder and where:
            # One short write at the end of the file, the line break first: kernels that write at once lose nothing of one another,
            # and what a crash leaves behind spoils no other line.
            with open(file_of(folder), "ab", buffering=0) as file:
                file.write(f"\n{json.dumps([where, kind, name, right])}".encode())
    except OSError as refused:
        print(f"Your progress is not noted: {refused}", file=sys.stderr)


def noted(folder: Path) -> tuple[Notes, int]:
    """What was noted in a learner's own folder, and how many lines of it cannot be read. The last answer counts, and a skip is none."""
    found: Notes = {}
    lost = 0
    lines = file_of(folder).read_bytes().split(b"\n") if file_of(folder).exists() else []
    for line in filter(bytes.strip, lines):
        try:
            known = json.loads(line)
        except ValueError:
            known = None
        match known:
            case [str(chapter), str(kind), str(name), bool() | None as right]:
                answers = found.setdefault((chapter, kind), {})
                answers[name] = answers.get(name) if right is None else right
            case _:
                lost += 1
    return found, lost
