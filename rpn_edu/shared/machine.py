"""What lies around the package: devices, packages, files and consoles, as machines have them and people name them."""

import codecs
import importlib
import os
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

NAMES = {"sklearn": "scikit-learn", "PIL": "pillow"}  # where a package is called otherwise than what one imports


def device(wanted: "str | torch.device", who: str, computing: bool = False) -> "torch.device":
    """The device that is wanted; "auto" takes the best that is there: cuda, mps, cpu. ValueError where this machine lacks it.

    `computing` leaves out those that hold no numbers, such as "meta".
    """
    import torch  # not above: questions and symbols need none of it

    there = {"cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0, "mps": int(torch.backends.mps.is_available()), "cpu": 1}
    try:
        found = torch.device(next(name for name in there if there[name]) if wanted == "auto" else wanted)
    except (RuntimeError, TypeError):
        found = None
    if found is None or (computing and found.type not in there):
        raise ValueError(f"{who} must be cpu, cuda, mps or auto, got {wanted!r}")
    if (found.index or 0) >= there.get(found.type, float("inf")):  # of other kinds torch itself knows best
        raise ValueError(f"{who}={str(found)!r} is not there on this machine; auto takes the best device that is")
    return found


def needs(who: str, *packages: str, extra: str = "explore") -> None:
    """ImportError with the line that installs what the base install lacks, unless all of it is there."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError as missing:
            known = NAMES.get(top := package.partition(".")[0], top)
            raise ImportError(f'{who} needs {known}: pip install "rpn_edu[{extra}]"', name=package) from missing


def path(wanted: Any, who: str) -> Path:
    """A path as people write it, text or bytes: ~ is the home folder. TypeError or ValueError for what is none."""
    try:
        name = os.fsdecode(wanted)
        if "\0" in name:
            raise ValueError
    except (TypeError, ValueError) as error:
        raise type(error)(f"{who} must be a path, got {wanted!r}") from None
    return Path(os.path.expanduser(name))


def text(file: Any) -> str:
    """What a text file says, whatever an editor or a system did to it. ValueError for one whose letters cannot be known.

    UTF-8, or UTF-16 that says so; with byte order marks or without, with any line ends, with or without a last one, with the NULs and
    the Ctrl-Z that old programs and crashes leave behind.
    """
    content = file.read_bytes()
    encoding = "UTF-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "UTF-8"
    try:
        letters = content.decode(encoding).replace("\ufeff", "").rstrip("\0\x1a")
        if "\0" in letters:
            raise UnicodeDecodeError(encoding, content, content.index(b"\0"), content.index(b"\0") + 1, "no letter")
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start : error.start + 1]
        guess = f"; in Windows-1252 it is {byte.decode('cp1252', 'replace')!r}" if byte > b"\x7f" else ""
        wrong = f"the byte 0x{byte.hex()} in line {line} is no letter{guess}"
        raise ValueError(f"{file} is not {encoding}: {wrong}. Save it as UTF-8 in your editor") from None
    return letters.replace("\r\n", "\n").replace("\r", "\n")


def become(module: str, arguments: list[str]) -> None:
    """Run a module in the place of this program. Where the system allows it, torch leaves the memory: 200 MB that a laptop may need."""
    if os.name == "posix":
        os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


class Printed:
    """What print() shows: the repr, with question marks for letters that the console cannot show, as in many a Windows window."""

    def __str__(self) -> str:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        return repr(self).encode(encoding, "replace").decode(encoding)
