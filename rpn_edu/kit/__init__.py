"""What a teacher runs: `rpn-edu course ...`. Nobody imports it but the command line, and each command asks for its libraries itself."""

from ..shared.commands import Command
from .editions import build
from .grade import grade

COMMANDS: dict[str, Command] = {"build": build, "grade": grade}
"""By its name behind `rpn-edu course`."""
