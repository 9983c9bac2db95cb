"""pytest --quick: what a developer wants to know within seconds, chosen by the tests that say `quick`. No browser and no notebooks.

pytestmark = pytest.mark.quick                  this file
@pytest.mark.quick(first_of="part")             this test, with the first sample of every component: of each class among the parts
"""

from pathlib import Path

import pytest

SAYS = "pytest.mark.quick"


def chosen(items: list[pytest.Item]) -> list[pytest.Item]:
    """Those that say `quick`; of a parameter that is named, the first value of each class."""
    kept, met = [], set()
    for item in items:
        if mark := item.get_closest_marker("quick"):
            name = mark.kwargs.get("first_of")
            values = getattr(item, "callspec", None) and item.callspec.params
            first = (item.nodeid.partition("[")[0], type(values[name])) if values and name in values else item.nodeid
            kept += [] if first in met else [item]
            met.add(first)
    return kept


class Quick:
    """A plugin of pytest; tests/conftest.py registers it where --quick is asked for."""

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """A file in which no test is quick is not even imported."""
        other = collection_path.name.startswith("test_") and SAYS not in collection_path.read_text(encoding="utf-8")
        return True if other or collection_path.suffix == ".ipynb" else None

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        kept = chosen(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept
