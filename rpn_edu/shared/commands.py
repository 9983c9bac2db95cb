"""A program of several commands: which there are, which one is meant, what it returns."""

import argparse
from collections.abc import Callable, Mapping

from .words import did_you_mean

Command = Callable[[list[str]], int]
"""Takes what stands behind its name, and returns the exit code. The first line of its docstring is what the help says of it."""


def sentence(command: Command) -> str:
    """What a command does, from its docstring."""
    return (command.__doc__ or "").partition("\n")[0]


def parser(program: str, command: Command, **options: object) -> argparse.ArgumentParser:
    """The parser of one command: it says what the command does. `options` go to argparse.ArgumentParser."""
    return argparse.ArgumentParser(program, description=sentence(command), allow_abbrev=False, **options)  # type: ignore[arg-type]


def dispatched(program: str, commands: Mapping[str, Command], arguments: list[str] | None, version: str = "") -> int:
    """Run a command, and return the exit code. SystemExit for --help, --version and what is no command."""
    told = "\n".join(f"  {name:<10} {sentence(command)}" for name, command in commands.items())
    layout = argparse.RawDescriptionHelpFormatter
    asking = argparse.ArgumentParser(program, description=f"commands:\n{told}", usage="%(prog)s command ...", formatter_class=layout)
    if version:
        asking.add_argument("--version", action="version", version=version)
    asking.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    asking.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = asking.parse_args(arguments)
    if asked.command is None:
        asking.print_help()
        return 0
    if asked.command not in commands:
        hint = did_you_mean(asked.command, commands) or f"; there are {', '.join(commands)}"
        asking.error(f"no command is called {asked.command!r}{hint}")
    return commands[asked.command](asked.rest)
