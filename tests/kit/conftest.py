"""One course, built once for all tests of the kit."""

import pytest

from rpn_edu import cli


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of a course with all chapters for students, and with solutions."""
    out = tmp_path_factory.mktemp("course")
    assert cli.main(["course", "build", str(out), "--edition", "student", "--edition", "solution"]) == 0
    return out
