"""Where the time of a run of the tests goes: seconds per file, over all its workers, at the end of the run.

tests/conftest.py registers it. What is counted is what pytest measures of a test: its set-up, its call and its tear-down.
The cells of a notebook count for the notebook, and the start of its kernel for its first cell.
"""

from collections import Counter
from collections.abc import Iterator

import pytest


class SecondsPerFile:
    """A plugin of pytest. Under xdist the reports of all workers come to the one process that prints."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.tests: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.nodeid.partition("::")[0]
        self.seconds[file] += report.duration
        self.tests[file] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("seconds per file")
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        """The slowest file first, then what they are together."""
        for file, seconds in self.seconds.most_common():
            yield f"{seconds:8.1f} s {self.tests[file]:6,} tests  {file}"
        yield f"{self.seconds.total():8.1f} s {self.tests.total():6,} tests  in {len(self.seconds)} files"
