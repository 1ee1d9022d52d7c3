"""The audit of pinned versions finds what a database names, whatever the spelling and the range."""

from __future__ import annotations

import pytest
from audit_lock import LOCK, audit

DATABASE = {
    "$meta": {"timestamp": 1625119202},
    "Typing_Extensions": [
        {"specs": ["<4", ">=4.10,<4.20"], "cve": "CVE-1", "advisory": "old and middle"}
    ],
    "pillow": [{"specs": ["<9"], "cve": None, "id": "x-2", "advisory": "old"}],
    "reportlab": [{"specs": [">=0.0"], "cve": "CVE-3", "advisory": "all of them"}],
    "elsewhere": [{"specs": [">=0"], "cve": "CVE-4", "advisory": "not ours"}],
}


@pytest.mark.parametrize(
    ("lock", "hits"),
    [
        ("typing-extensions==4.16.0", ["typing-extensions 4.16.0 (>=4.10,<4.20): CVE-1"]),
        ("typing-extensions==4.20.0", []),
        ("pillow==8.0 ; python_full_version < '3.12'", ["pillow 8.0 (<9): x-2"]),
        ("# a comment\npillow==13.0.0\n", []),
        ("reportlab==5.1.0", ["reportlab 5.1.0 (>=0.0): CVE-3"]),
        ("numpy==1.0", []),
    ],
)
def test_versions_named_by_the_database_are_found(lock, hits) -> None:
    found = audit(lock, DATABASE)
    assert [hit.rsplit(":", 1)[0] for hit in found.hits] == hits
    assert found.date == "2021-07-01"


def test_every_line_of_the_lock_is_held_against_it() -> None:
    lock = LOCK.read_text("utf-8")
    found = audit(lock, DATABASE)
    assert found.pins == sum(1 for line in lock.splitlines() if "==" in line)
    assert found.listed == ("pillow", "reportlab", "typing-extensions")
