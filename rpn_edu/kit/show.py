"""One explorer alone on the screen of a projector: a page of its own, or a notebook in the JupyterLab that runs."""

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..course.rows import chapters
from ..shared import machine
from ..shared.commands import parser
from ..shared.words import did_you_mean
from .notes import Demo, read

CODE = "from rpn_edu.kit.show import whole\n\nwhole({!r}, terms={!r})"
VOILA = "--MappingKernelManager.cull_idle_timeout=600", "--MappingKernelManager.cull_interval=60", "--show_tracebacks=True"
"""Kernels that nobody looks at end after ten minutes."""
Terms = tuple[str, ...] | None
"""Which terms can be moved, as an Explorer takes it; None for all."""


def show(arguments: list[str]) -> int:
    """Show one explorer alone on the screen, as for a projector: by its token, or by the name of a demo.

    An ImportError (no Voila), ValueError (no state) or LookupError (no JupyterLab for --link) is told and not raised.
    """
    asking = parser("rpn-edu show", show, epilog="Other options go to Voila: rpn-edu show TOKEN --port=8999 --no-browser. Ctrl-C ends it.")
    asking.add_argument("state", help="the text below an explorer under State, or the name of a demo; 'demos' lists them")
    asking.add_argument(
        "--link",
        action="store_true",
        help="say the address that opens it in the JupyterLab that runs; whoever reads it may use that JupyterLab",
    )
    told, rest = asking.parse_known_args(arguments)
    try:
        if told.state == "demos":
            print(*(f"{number}  {demo.name}" for number, demo in demos()), sep="\n")
            return 0
        token, terms = asked_for(told.state)
        if told.link:
            print(*links(token), sep="\n")
            print("It opens as a new notebook. Whoever reads this address may use the whole JupyterLab", file=sys.stderr)
            return 0
        machine.needs("rpn-edu show", "voila", extra="teach")
        page = Path(tempfile.mkdtemp(prefix="rpn_edu_show_")) / "explorer.ipynb"  # some hundred letters, left to the system
        page.write_text(json.dumps(book(token, terms)), encoding="utf-8")
        print("Voila starts: the page opens in half a minute at most, Ctrl-C ends it", file=sys.stderr, flush=True)
        machine.become("voila", [*VOILA, *rest, str(page)])
    except (ImportError, LookupError, ValueError) as refused:
        asking.exit(1, f"{refused}\n")
    return 0


def demos() -> Iterator[tuple[str, Demo]]:
    """(number of its chapter, demo) of all that the notes for teachers hold."""
    for row in chapters():
        with contextlib.suppress(FileNotFoundError):  # a chapter of one's own may have none
            yield from ((row.number, demo) for demo in read(row).demo)


def asked_for(state: str) -> tuple[str, Terms]:
    """Token and terms of a demo by its name, or the text itself, with all terms. ValueError for neither, with the near misses."""
    from ..explore.state.token import packed, unpacked

    try:
        return packed(*unpacked(state)), None  # as short as it was before a mail wrapped it
    except ValueError as wrong:
        named = {demo.name: demo for _, demo in demos()}
        if state in named:
            return named[state].token, named[state].moved
        raise ValueError(f"no demo is called {state!r}{did_you_mean(state, named)}, and {wrong}") from None


def links(token: str) -> list[str]:
    """The addresses that open a state in each JupyterLab that runs here. LookupError where none runs, ImportError without jupyter."""
    machine.needs("rpn-edu show --link", "jupyter_server")
    from jupyter_server.serverapp import list_running_servers

    servers = [*list_running_servers()]
    if not servers:
        raise LookupError("no JupyterLab runs here: start it by rpn-edu lab, then ask again")
    return [f"{one['url']}lab?rpn={token}" + (f"&token={one['token']}" if one["token"] else "") for one in servers]


def book(token: str, terms: Terms = None) -> dict[str, Any]:
    """A notebook of one cell that shows a state."""
    source = CODE.format(token, terms)
    cell = {"cell_type": "code", "id": "explorer", "metadata": {}, "execution_count": None, "source": source, "outputs": []}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}


def whole(token: str, terms: Terms = None) -> Any:
    """The explorer of a token, as large as its page. ValueError for a text that is none."""
    from ..explore import Explorer

    explorer = Explorer(token, terms=terms)
    explorer.face.panel.add_class("rpn-whole")
    return explorer
