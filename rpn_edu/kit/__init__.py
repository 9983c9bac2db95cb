"""What a teacher runs: `rpn-edu course ...`. Nobody imports it but the command line, and each command asks for its libraries itself."""

from ..shared.commands import Command
from . import site
from .editions import build
from .evening import check
from .grade import grade
from .show import show as show
from .slides import slides

COMMANDS: dict[str, Command] = {"build": build, "grade": grade, "site": site.site, "slides": slides, "check": check}
"""By its name behind `rpn-edu course`."""
