"""In which order the files of tests run, when several processes share them."""

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    name = item.path.stem
    return next(
        (turn for turn, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST)
    )
