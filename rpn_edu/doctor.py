"""What a course needs of a machine, and what to do where it is not there. Without the internet, and without loading what it asks about."""

import importlib.metadata
import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from . import __version__
from .shared import machine

EXTENSIONS = {"jupyterlab_widgets": "@jupyter-widgets/jupyterlab-manager", "anywidget": "anywidget", "rpn_edu": "rpn_edu"}
"""What JupyterLab draws the controls and keeps the pictures with, and the package that brings it."""
MEMORY = 1.5
"""Gigabytes: JupyterLab and two chapters, whose kernels grow to 0.4 to 0.55 (00, 07, 09 and the gallery, run to their ends)."""
PORT = 8888  # where JupyterLab listens, if nothing else does
PINS = Path(__file__).parents[1] / "constraints.txt"
"""The versions that were tested together, in a checkout. (In a wheel it would lie beside an editable install, as a package of no code.)"""


class Finding(NamedTuple):
    """What was found, and the cure; without a cure all is well."""

    what: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{'to do' if self.cure else 'ok':<6} {self.what}" + (f": {self.cure}" if self.cure else "")


class Need(NamedTuple):
    """A package and the versions that fit: from `least` on, and below `below` where that is said."""

    package: str
    least: str
    below: str

    @property
    def told(self) -> str:
        """torch>=2.6,<3: as pip takes it."""
        return f"{self.package}>={self.least}" + (f",<{self.below}" if self.below else "")

    def fits(self, version: str) -> bool:
        """Does a version lie in the range?"""
        return numbers(self.least) <= numbers(version) and not (self.below and numbers(version) >= numbers(self.below))


def numbers(version: str) -> tuple[int, ...]:
    """(2, 6, 1) of 2.6.1, 2.6.1+cu124 and 2.6.1rc1: what ranges compare."""
    return tuple(int(part) for part in re.split(r"[^\d.]", version)[0].split(".") if part)


def needs(*extras: str) -> list[Need]:
    """What the installed package asks for: the base where no extra is named. PackageNotFoundError where it is not installed."""
    found = [(line, re.search(r"extra == .(\w+)", line)) for line in importlib.metadata.requires("rpn_edu") or []]
    lines = [line for line, extra in found if (extra[1] in extras if extra else not extras) and not line.startswith("rpn")]
    return [Need(re.split(r"[^\w.-]", line)[0], bound(line, ">="), bound(line, "<")) for line in lines]


def bound(line: str, relation: str) -> str:
    """The version behind >= or < in a line such as torch<3,>=2.6."""
    found = re.search(rf"{relation}\s*(\d[\w.]*)", line)
    return found[1] if found else ""


def version_of(package: str) -> str:
    """The version that is installed, or nothing."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


# ---- what is looked at ----------------------------------------------------------------------------------------------------------------


def python() -> Finding:
    """Is this Python new enough?"""
    own, least = ".".join(map(str, sys.version_info[:3])), bound(importlib.metadata.metadata("rpn_edu")["Requires-Python"], ">=")
    good = numbers(own) >= numbers(least)
    return Finding(f"Python {own} ({sys.executable})", "" if good else f"rpn_edu needs Python {least} or newer")


def package(need: Need) -> Finding:
    """Is a package there, in a version that fits?"""
    version = version_of(need.package)
    good = bool(version) and need.fits(version)
    return Finding(f"{need.package} {version or 'is missing'}", "" if good else f'python -m pip install "{need.told}"')


def extension(owner: str) -> Finding:
    """Does JupyterLab find what draws the controls?"""
    name = EXTENSIONS[owner]
    files = (importlib.metadata.files(owner) if version_of(owner) else None) or []
    there = any(file.as_posix().endswith(f"labextensions/{name}/package.json") and os.path.exists(file.locate()) for file in files)
    cure = f"controls or pictures would be lines of text: python -m pip install --force-reinstall --no-deps {owner}"
    return Finding(f"JupyterLab's extension {name}" + ("" if there else " is missing"), "" if there else cure)


def tested() -> Finding:
    """Which packages have another version than the one that was tested with all others? That may work, and is good to know."""
    pins = [line.partition("==") for line in PINS.read_text("utf-8").splitlines() if not line.startswith("#")]
    there = [(name, pin, version.partition("+")[0]) for name, _, pin in pins if (version := version_of(name))]
    others = [f"{name} {version} ({pin})" for name, pin, version in there if version != pin]
    told = f"{len(there) - len(others)} of {len(there)} packages have the version that was tested"
    return Finding(told + (f"; others: {', '.join(others[:8])}{' ...' * (len(others) > 8)}" if others else ""))


def memory() -> Finding:
    """Is there room for a few kernels? Told in gigabytes, 10⁹ bytes."""
    limit = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")  # what a container may take
    try:
        import psutil

        free = psutil.virtual_memory().available
        most, taken = (file.read_text("utf-8").strip() for file in limit) if limit[0].is_file() else ("max", "0")
        free = min(free, int(most) - int(taken)) if most != "max" else free
    except (ImportError, OSError):
        return Finding("how much memory is free is not known")
    told = f"{free / 1e9:.1f} GB of memory are free"
    return Finding(told, "" if free >= MEMORY * 1e9 else f"close other programs: JupyterLab and two chapters take {MEMORY} GB")


def cores() -> Finding:
    """How many cores may this program use?"""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding(f"{count} core{'s' * (count > 1)}" + ("" if count > 1 else ": sliders wait while a cell computes"))


def port() -> Finding:
    """Can a browser of this machine be answered?"""
    try:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
    except OSError as refused:
        return Finding(f"nothing can listen at 127.0.0.1 ({refused.strerror})", "JupyterLab needs it: ask who looks after this machine")
    try:
        with socket.socket() as one:
            one.bind(("127.0.0.1", PORT))
    except OSError:
        return Finding(f"port {PORT} is taken, and JupyterLab will take the next one: use the address that it prints")
    return Finding(f"port {PORT} is free")


def device() -> Finding:
    """Which device is the best, and is the wanted one there? If not, its ValueError is the cure."""
    named = os.environ.get("RPN_EDU_DEVICE", "")
    best = machine.device("auto", "device")
    told = f"RPN_EDU_DEVICE is {named or 'not set'}, the best device here is {best}"
    try:
        machine.device(named or "cpu", "RPN_EDU_DEVICE", computing=True)
    except ValueError as wrong:
        return Finding(told, str(wrong))
    return Finding(told)


def folder(place: Path) -> Finding:
    """Can chapters save what was learned?"""
    try:
        with tempfile.TemporaryFile(dir=place):
            return Finding(f"the folder {place} can be written")
    except OSError as refused:
        return Finding(f"the folder {place} cannot be written ({refused.strerror})", "copy the course to a folder of yours and start there")


def findings() -> Iterator[Finding]:
    """Everything, one after the other."""
    where = Path(__file__).parent
    if not version_of("rpn_edu"):
        yield Finding(
            f"rpn_edu {__version__} of {where} is not installed", 'python -m pip install "rpn_edu[explore]"; in a checkout: make lab'
        )
        return
    yield python()
    yield Finding(f"rpn_edu {__version__} ({where})")
    yield from map(package, [*needs(), *needs("explore")])
    yield from map(extension, EXTENSIONS)
    if PINS.is_file():
        yield tested()
    yield from (memory(), cores(), port(), device(), folder(Path.cwd()))
