"""The package as a wheel for students: without solutions, without the kit, and with their copies of the chapters."""

import base64
import hashlib
import importlib.metadata
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..course.progress import ORIGINALS, PACKAGE
from ..data.split import place_of

KEPT_BACK = ("course/solutions/", "kit/")
"""What a student's package has not."""
SHARED = "share/"
"""Where an installed package lays files for Jupyter."""
LAYOUT = "Wheel-Version: 1.0\nGenerator: rpn_edu\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time of each file, so that a wheel of the same things is the same wheel."""


def written(folder: Path, chapters: Mapping[str, Any]) -> Path:
    """Write the wheel for students into a folder, with their copies of chapters by name.

    PackageNotFoundError for a package that nobody has installed; OSError where nothing can be written.
    """
    installed = importlib.metadata.distribution("rpn_edu")
    name = f"rpn_edu-{installed.version}"
    held = {f"rpn_edu/{place}": content for place, content in package(chapters).items()}
    for file in installed.files or ():
        place = file.as_posix()
        if place.startswith("..") and SHARED in place:
            held[f"{name}.data/data/{SHARED}{place.partition(SHARED)[2]}"] = file.read_binary()
        elif ".dist-info/licenses/" in place:
            held[f"{name}.dist-info/{place.partition('.dist-info/')[2]}"] = file.read_binary()
    for part in ("METADATA", "entry_points.txt"):
        held[f"{name}.dist-info/{part}"] = (installed.read_text(part) or "").encode()
    held[f"{name}.dist-info/WHEEL"] = LAYOUT.encode()
    record = f"{name}.dist-info/RECORD"
    held[record] = "".join(f"{place},{fingerprint(content)},{len(content)}\n" for place, content in held.items()).encode()
    held[record] += f"{record},,\n".encode()
    wheel = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as packed:
        for place, content in held.items():
            packed.writestr(zipfile.ZipInfo(place, BEGINNING), content, zipfile.ZIP_DEFLATED)
    return wheel


def package(chapters: Mapping[str, Any]) -> dict[str, bytes]:
    """The files inside rpn_edu by their places: code, data, and the course with these chapters for its own."""
    from .editions import file, pages_beside

    own = {place: path for place, path in files(PACKAGE).items() if not place.startswith(("_course/", "_data/", *KEPT_BACK))}
    own |= {f"_data/{place}": path for place, path in files(place_of("README.md").parent).items()}
    own |= {f"_course/{place}": path for place, path in pages_beside(ORIGINALS).items()}
    return {place: path.read_bytes() for place, path in own.items()} | {
        f"_course/{name}.ipynb": file(book) for name, book in chapters.items()
    }


def files(folder: Path) -> dict[str, Path]:
    """The files of a folder by their places in it, without what Python and Jupyter leave behind."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & {*path.parts})
    return {path.relative_to(folder).as_posix(): path for path in found}


def fingerprint(content: bytes) -> str:
    """The fingerprint of a file as a wheel records it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
