"""Hold the versions that CI installs against a database of known weaknesses, offline.

    pip download --no-deps safety-db    # a database that is a package; unpack it
    python tests/audit_lock.py insecure_full.json

The format is that of safety-db: names, and for each a list of ``specs`` with ``advisory`` and
``cve``. Exit code 1 if a version of ``.ci/constraints.txt`` is among them. A database knows nothing
that is younger than itself: its date is printed first.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[1] / ".ci" / "constraints.txt"
_ABOUT = "$meta"


@dataclass(frozen=True)
class Audit:
    """What a database says of a lock."""

    date: str
    pins: int
    listed: tuple[str, ...]
    """Packages of the lock that the database knows at all."""
    advisories: int
    hits: tuple[str, ...]


def audit(lock: str, database: Mapping[str, Any]) -> Audit:
    """Return which pinned versions a database calls insecure.

    Parameters
    ----------
    lock : str
        One ``name==version`` a line, with or without a marker.
    database : mapping
        As safety-db has it.
    """
    stamp = datetime.fromtimestamp(database.get(_ABOUT, {}).get("timestamp", 0), UTC)
    known = {canonicalize_name(name): told for name, told in database.items() if name != _ABOUT}
    lines = (line for line in lock.splitlines() if line and not line.startswith("#"))
    pins = [Requirement(line) for line in lines]
    hits: list[str] = []
    listed: set[str] = set()
    advisories = 0
    for pin in pins:
        (exact,) = pin.specifier
        told: Sequence[Mapping[str, Any]] = known.get(canonicalize_name(pin.name), ())
        if told:
            listed.add(pin.name)
        advisories += len(told)
        hits += [
            f"{pin.name} {exact.version} ({spec}): {one.get('cve') or one.get('id')}: "
            f"{one['advisory']}"
            for one in told
            for spec in one["specs"]
            if SpecifierSet(spec).contains(exact.version, prereleases=True)
        ]
    return Audit(f"{stamp:%Y-%m-%d}", len(pins), tuple(sorted(listed)), advisories, tuple(hits))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", type=Path)
    asked = parser.parse_args()
    found = audit(LOCK.read_text("utf-8"), json.loads(asked.database.read_text("utf-8")))
    print(f"database of {found.date}; {found.pins} pinned versions, of which it knows "
          f"{len(found.listed)} packages with {found.advisories} advisories")  # fmt: skip
    for hit in found.hits:
        print(hit)
    print(f"{len(found.hits)} hits")
    return int(bool(found.hits))


if __name__ == "__main__":
    sys.exit(main())
