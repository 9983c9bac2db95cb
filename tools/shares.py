"""How the workers of pytest-xdist share the tests: no long file keeps one of them busy while the others are done.

A share is a test function with all its parameters. A file that keeps something for all of its tests (a notebook its kernel, a fixture what
it made, a cache what it computed) is one share, since every worker would make that anew; so is each file of a folder that keeps something.
Whole files come first: they take longest.
tests/conftest.py hands this to pytest-xdist, whatever `--dist` says.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling

KEEPS = re.compile(r'scope="(?:module|package)"|^@(?:functools\.)?cache$', re.M)


@cache
def keeps(file: str) -> bool:
    """Does a file keep what its tests share, or its folder?"""
    texts = (one.read_text(encoding="utf-8") for one in (Path(file), Path(file).with_name("conftest.py")) if one.exists())
    return file.endswith(".ipynb") or any(map(KEEPS.search, texts))


def share(test: str, root: Path) -> str:
    """The name of the share that a test belongs to: its file, or its function in its file."""
    file, _, name = test.partition("::")
    return file if keeps(str(root / file)) else f"{file}::{name.partition('[')[0]}"


class Shares(LoadScopeScheduling):
    """Each worker that runs out of tests takes the next share."""

    def __init__(self, config: Any, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # not by the number of tests

    def _split_scope(self, nodeid: str) -> str:
        return share(nodeid, self.config.rootpath)

    def _assign_work_unit(self, node: Any) -> None:
        """The first share that is a whole file, or the first of all."""
        self.workqueue.move_to_end(next((name for name in self.workqueue if "::" not in name), next(iter(self.workqueue))), last=False)
        super()._assign_work_unit(node)
