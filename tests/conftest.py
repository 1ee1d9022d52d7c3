"""Which tests run together, and in which order, when several processes share the work."""

from __future__ import annotations

import pytest

# Minutes-long files first, so that none of them is left over at the end.
LONGEST = (
    "test_validate",
    "test_notebooks",
    "test_study",
    "test_cli",
    "test_safety",
    "test_report",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one process: its fixtures are costly and are made once."""
    for item in items:
        name = item.path.stem
        group = "test_validate" if name.startswith("test_validate") else name
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    name = item.path.stem
    return next(
        (turn for turn, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST)
    )
