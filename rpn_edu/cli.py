"""The command line: `rpn-edu lab`, `rpn-edu catalogue`, `rpn-edu doctor`, `rpn-edu course`, `rpn-edu show`.

`python -m rpn_edu` is the same; what is no command there goes to the catalogue.
"""

import io
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from . import __version__, catalogue, doctor
from .component import did_you_mean
from .course.home import settle
from .course.progress import HOME, ORIGINALS
from .shared import machine, progress
from .shared.commands import Command, dispatched, parser

PROGRAM = "rpn-edu"


def lab(arguments: list[str]) -> int:
    """Open the course in JupyterLab, in a folder of your own: what you change there is never overwritten.

    In a checkout the folder is mine/, elsewhere rpn_edu_course in the folder one stands in, unless one stands in such a folder already.
    What is no option here goes to JupyterLab: rpn-edu lab --no-browser. An ImportError (no JupyterLab) or OSError (no right to write) is
    told and not raised.
    """
    asking = parser(f"{PROGRAM} lab", lab, epilog="Other options go to JupyterLab.")
    asking.add_argument("--here", action="store_true", help="open the originals of a checkout: for authors")
    asking.add_argument("--fresh", metavar="CHAPTER", default=[], action="append", help="bring a chapter back as it was")
    asked, rest = asking.parse_known_args(arguments)
    names = [path.name for path in ORIGINALS.glob("*.*")]
    for name in asked.fresh:
        if not any(one.startswith(name) for one in names):
            asking.error(f"no chapter is called {name!r}{did_you_mean(name, [one.partition('.')[0] for one in names])}")
    checkout = ORIGINALS.parent if ORIGINALS.name == "notebooks" else None
    if asked.here and not checkout:
        asking.error("--here: the originals are in the repository, not in what pip installs")
    try:
        machine.needs(f"{PROGRAM} lab", "jupyterlab")
        if asked.here and checkout:
            folder, page = checkout, f"{ORIGINALS.name}/00_start.ipynb"
        else:
            own = checkout / "mine" if checkout and os.access(checkout, os.W_OK) else Path.cwd() / "rpn_edu_course"
            folder, page = progress.home(Path.cwd()) or own, HOME
            settle(folder, [one for one in names if one.startswith(tuple(asked.fresh))])
    except ImportError as missing:
        return refused(str(missing))
    except OSError as locked:
        return refused(f"The course is copied to a folder of yours, but {locked}: stand in a folder where you may write, and say it again.")
    place = "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{page}"
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # a container must say so to Jupyter
    machine.become("jupyterlab", [*place, *root, *rest])
    return 0


def refused(why: str) -> int:
    """Say why on the error stream, and return the exit code."""
    print(why, file=sys.stderr)
    return 1


def listed(arguments: list[str]) -> int:
    """List all components with formula, size and source, or tell some in full."""
    catalogue.main(arguments, f"{PROGRAM} catalogue")
    return 0


def examined(arguments: list[str]) -> int:
    """Say whether this machine has what the course needs, and what to do where not."""
    parser(f"{PROGRAM} doctor", examined).parse_args(arguments)
    found = list(doctor.findings())
    print(*found, sep="\n")
    return int(any(finding.cure for finding in found))


def course(arguments: list[str]) -> int:
    """Make a course and mark it: editions, marks, a site, slides, and what to look at the evening before."""
    return of_teachers(lambda kit: dispatched(f"{PROGRAM} course", kit.COMMANDS, arguments))


def show(arguments: list[str]) -> int:
    """Show one explorer alone on the screen, as for a projector: by its token, or by the name of a demo."""
    return of_teachers(lambda kit: kit.show(arguments))


def of_teachers(use: Callable[[ModuleType], int]) -> int:
    """Use the course kit where there is one."""
    if find_spec("rpn_edu.kit") is None:
        return refused("This is the students' edition: what makes and marks a course comes with the teacher's.")
    from . import kit  # not above: the students' edition has none

    return use(kit)


COMMANDS: dict[str, Command] = {"lab": lab, "catalogue": listed, "doctor": examined, "course": course, "show": show}


def main(arguments: list[str] | None = None) -> int:
    """Run a command, and return the exit code. SystemExit for --help, --version and what is no command."""
    return dispatched(PROGRAM, COMMANDS, arguments, f"rpn_edu {__version__}")


def entered(otherwise: str = "") -> None:
    """Run what stands on the command line, at any console and before any reader that leaves early. `otherwise`: where no command does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old console without Greek letters shows question marks, not a traceback
    arguments = sys.argv[1:]
    try:
        code = main([otherwise, *arguments] if otherwise and arguments[:1] not in [[name] for name in COMMANDS] else arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
