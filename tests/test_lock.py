"""The lock of CI: every dependency at one plain version that the project asks for."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCK = ROOT / ".ci" / "constraints.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def locked() -> dict[str, list[Requirement]]:
    """Lines of the lock by name; some names have one line per version of Python."""
    found = defaultdict(list)
    for line in LOCK.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            requirement = Requirement(line)
            found[canonicalize_name(requirement.name)].append(requirement)
    return dict(found)


LOCKED = locked()


def pinned(name: str, surroundings: dict[str, str]) -> Version:
    """The version of a name in some surroundings; exactly one line must hold there."""
    lines = [
        line
        for line in LOCKED.get(canonicalize_name(name), [])
        if line.marker is None or line.marker.evaluate(surroundings)
    ]
    assert len(lines) == 1, f"{name}: {len(lines)} lines hold in {surroundings}"
    (pin,) = lines[0].specifier
    return Version(pin.version)


def asked() -> Iterator[Requirement]:
    """What pyproject.toml asks for by itself, and to be built."""
    listed = [*PROJECT["build-system"]["requires"], *PROJECT["project"]["dependencies"]]
    listed += [line for extra in PROJECT["project"]["optional-dependencies"].values()
               for line in extra]  # fmt: skip
    yield from (one for one in map(Requirement, listed) if one.name != PROJECT["project"]["name"])


def test_every_line_is_one_plain_version() -> None:
    for name, lines in LOCKED.items():
        for line in lines:
            assert line.url is None, f"{name} comes from a place of its own"
            assert not line.extras, "pip takes no extras in constraints"
            (pin,) = line.specifier
            assert pin.operator == "=="
            assert Version(pin.version).local is None, f"{name} is a build of its own"


@pytest.mark.parametrize(("system", "python"), list(product(SYSTEMS, PYTHONS)))
def test_the_lock_gives_what_the_project_asks_for(system, python) -> None:
    surroundings = {
        "sys_platform": system,
        "platform_system": SYSTEMS[system],
        "os_name": "nt" if system == "win32" else "posix",
        "python_version": python,
        "python_full_version": f"{python}.1",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for requirement in asked():
        version = pinned(requirement.name, surroundings)
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}"


def test_the_lock_names_all_that_is_installed_for_tests_and_development() -> None:
    done = set()
    waiting = [Requirement(f"{PROJECT['project']['name']}[dev]"), Requirement("hatchling")]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name != PROJECT["project"]["name"]:
            version = pinned(name, {})
            assert requirement.specifier.contains(version), f"{requirement} locked at {version}"
        if (name, *requirement.extras) in done:
            continue
        done.add((name, *requirement.extras))
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:  # not everybody who tests also builds or develops
            continue
        for line in needs:
            need = Requirement(line)
            if need.marker is None or any(
                need.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
            ):
                waiting.append(need)
    assert len(done) > 50


def test_ci_installs_from_the_lock() -> None:
    run = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "export PIP_CONSTRAINT=$PWD/.ci/constraints.txt" in run
