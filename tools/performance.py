"""What rpn_edu costs: beside other packages, when it is imported, in a kernel.

`python -m tools.performance` writes notebooks/performance.md.
"""

import base64
import datetime
import io
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
from PIL import Image

from rpn_edu.doctor import version_of
from tools import peers
from tools.measure import ROOT, WARM, Row, alone, lines, pace
from tools.store_notebooks import execute

PAGE = ROOT / "notebooks/performance.md"
IMPORTS: list[tuple[str, str, float | None]] = [
    # what is told of a line, the line, and the most seconds that it may take
    ("`import torch`", "import torch", None),
    ("`import rpn_edu`, after it", "import rpn_edu", 0.05),
    (
        "`from rpn_edu.explore import Explorer` and a first explorer, after it",
        "from rpn_edu.explore import Explorer; Explorer(rpn_edu.expansion.Chebyshev())",
        1.2,
    ),
]
PROCESSES = 7
TIMED = """
import json, sys, time
spent = []
for line in sys.argv[1:]:
    begin = time.perf_counter()
    exec(line)
    spent.append(time.perf_counter() - begin)
print(json.dumps(spent))
"""
RESIDENT = "import psutil\nprint(psutil.Process().memory_info().rss)"


class Measured(NamedTuple):
    """All that the page tells."""

    rows: list[Row]
    lacking: list[str]  # peers that are not installed
    picture: bytes  # PNG
    imports: list[list[float]]  # seconds, in each process those of each line
    kernels: dict[str, float]  # MB, by the name of the notebook; "" is a kernel that ran nothing
    facts: str  # date, versions, machine


def imports() -> list[list[float]]:
    command = [sys.executable, "-c", TIMED, *(line for _, line, _ in IMPORTS)]
    return [json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout) for _ in range(PROCESSES)]


def kernels() -> dict[str, float]:
    books = {"": nbformat.v4.new_notebook()} | {
        path.stem: nbformat.read(path, as_version=4) for path in sorted(PAGE.parent.glob("*.ipynb"))
    }
    return {name: int(execute(book, PAGE.parent, RESIDENT)) / 1e6 for name, book in books.items()}


def processor() -> str:
    """As the system calls it; one that tells no name is called by its kind."""
    listed = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in listed.read_text().splitlines() if line.startswith("model name")]
        if listed.exists()
        else []
    )
    return names[0] if names else platform.processor() or platform.machine()


def facts(today: datetime.date) -> str:
    packages = ["torch", "rpn_edu", *(package for package, _ in peers.PEERS.values() if package != "torch")]
    versions = [f"{name} {version}" for name in packages if (version := version_of(name))]
    read, multiplied = pace()
    machine = f"Processor: {processor()}, {os.cpu_count()} cores, one thread"
    speed = f"a sum reads {read:.0f} GB a second, a product of matrices makes {multiplied:.0f} GFLOP"
    return f"{today:%Y-%m-%d}, with Python {platform.python_version()}, {', '.join(versions)}. {machine}: {speed}."


def verdict(seconds: float, limit: float | None) -> str:
    return "" if limit is None else f"≤ {limit:g} {'holds' if seconds <= limit else 'FAILS'}"


def small(png: bytes) -> bytes:
    """The same picture in few colours."""
    file = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(24).save(file, format="png", optimize=True)
    return file.getvalue()


def page(found: Measured) -> str:
    spent = [(statistics.median(times), min(times)) for times in zip(*found.imports, strict=True)]
    told = [
        (name, f"{median:.3f}", f"{least:.3f}", verdict(median, limit))
        for (name, _, limit), (median, least) in zip(IMPORTS, spent, strict=True)
    ]
    held = [(f"[{name}]({name}.ipynb)" if name else "nothing", f"{size:.0f}") for name, size in found.kernels.items()]
    return "\n".join(
        [
            "# Performance",
            "",
            f"Made by `make performance` on {found.facts}",
            "",
            "Both sides of a ratio do the same work in turns, in one process, and the median of all turns is told.",
            "A ratio of 2 says that the other package takes twice our time, or at its peak twice our memory.",
            "First both must give the same numbers, in any order of columns; where the other computes something else, its name says so.",
            "",
            "## Beside other packages",
            "",
            "*Forward* is one pass, *and backward* is that pass with all gradients, or a whole step of AdamW where the name says *step*.",
            "A limit is what we want to reach: it holds or it fails.",
            "Where a formula has a Kronecker product, tinyBIG takes an outer product of the flattened factors, with as many numbers.",
            "An exponent of 1 says: twice the size, twice the cost.",
            "",
            *peers.told(found.rows, found.lacking),
            "",
            f"![{peers.described(found.rows)}][ratios]",
            "",
            "## Import",
            "",
            f"Seconds in {len(found.imports)} fresh processes:",
            "",
            *lines([("what", "median", "least", "limit"), *told]),
            "",
            "## Memory of a kernel",
            "",
            "Megabytes that the kernel of a notebook holds when all cells have run, without the browser:",
            "",
            *lines([("notebook", "MB"), *held]),
            "",
            f"[ratios]: data:image/png;base64,{base64.b64encode(small(found.picture)).decode()}",
            "",
        ]
    )


def measured() -> Measured:
    modules, picture = peers.modules(), io.BytesIO()
    rows, lacking = peers.rows(modules), [peer for peer, module in modules.items() if not module]
    peers.draw(rows, picture)
    told = facts(datetime.date.today())
    for name in WARM:  # the processes that start now get their memory as every other
        os.environ.pop(name, None)
    return Measured(rows, lacking, picture.getvalue(), imports(), kernels(), told)


if __name__ == "__main__":
    alone("tools.performance")
    PAGE.write_text(page(measured()), encoding="utf-8")
