"""`rpn-edu course grade`: a folder of submissions becomes a table of marks."""

import argparse
import csv
from pathlib import Path

from ..shared import machine
from ..shared.commands import parser
from .editions import GRADER

PROGRAM = "rpn-edu course grade"
WARNING = """\
Marking runs the code of students, as you and with your rights: it can read, change and send what you can. Limits of time and memory are no
walls. Mark in a container without a network, in which nothing lies but the course:

  docker run --rm --network none --memory 4g --pids-limit 512 -v "$PWD/OUT:/course" IMAGE rpn-edu course grade /course

IMAGE is an image with Python in which pip has installed your package, "rpn_edu[teach]".
rpn_edu/kit/pages/marks.md says how to make one.
"""


def grade(arguments: list[str]) -> int:
    """Mark what students handed in: OUT/submitted becomes OUT/marks.csv. It runs their code: see below.

    In OUT/submitted lie ada/02_reconciliation/x.ipynb, ada/x.ipynb or ada.ipynb: a notebook is known by what it holds. What has not changed
    since it was marked is not run again. An ImportError is told and not raised.
    """
    asking = parser(PROGRAM, grade, epilog=WARNING, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("out", metavar="OUT", type=Path, help="the folder that `rpn-edu course build` has made")
    asking.add_argument("--time", metavar="SECONDS", type=int, default=60, help="for each cell (60)")
    asking.add_argument("--memory", metavar="GB", type=float, default=2, help="for each submission (2); Linux alone keeps it")
    asking.add_argument("--force", action="store_true", help="run again what has not changed, too")
    asked = asking.parse_args(arguments)
    root = asked.out / GRADER
    try:
        machine.needs(PROGRAM, "nbgrader.apps", extra="teach")
    except ImportError as missing:
        asking.error(str(missing))
    if not (root / "gradebook.db").is_file():
        asking.error(f"{asked.out} has no course to mark: `rpn-edu course build OUT` makes a folder OUT that has one")
    if not (asked.out / "submitted").is_dir():
        asking.error(f"there is nothing to mark: put what was handed in into {asked.out / 'submitted'}")
    if asked.time < 1 or asked.memory <= 0:
        asking.error(f"--time must be at least 1 and --memory above 0, got {asked.time} and {asked.memory:g}")
    from .grader.marks import Room, Row, marked, table

    lines = marked(Room(asked.out, asked.time, asked.memory), asked.force)
    with open(asked.out / "marks.csv", "w", encoding="utf-8-sig", newline="") as written:  # with a mark that spreadsheets know letters by
        csv.writer(written).writerows([Row._fields, *lines])
    print("\n".join(["", *table(lines), "", f"{asked.out / 'marks.csv'}: {len(lines)} rows"]))
    return 0
