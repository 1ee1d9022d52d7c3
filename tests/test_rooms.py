"""The shape of the package: who may import whom, who may touch the disk, who may draw."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import poremetrics

PACKAGE = Path(poremetrics.__file__).parent

ORDER = (
    ("errors", "settings", "columns"),
    ("weights", "workers"),
    ("model",),
    ("photo",),
    ("face",),
    ("align",),
    ("pores",),
    ("change",),
    ("synthetic",),
    ("provenance",),
    ("regions",),
    ("compare",),
    ("validate", "study", "repeats"),
    ("report",),
    ("terminal", "options"),
    ("cli",),
    ("__main__",),
)
"""Rooms in the order data flows; a room imports from its own line and from lines above."""

# pores works on grids and needs no alignment; change judges and does not synthesise.
FORBIDDEN = {("pores", "align"), ("align", "pores")}
MAY_TOUCH_DISK = {"photo", "report", "study", "options", "cli"}
MAY_DRAW = {"report"}
DISK_CALLS = {"open", "read_text", "write_text", "read_bytes", "write_bytes", "mkdir", "unlink"}


def rank(room: str) -> int:
    return next(index for index, rooms in enumerate(ORDER) if room in rooms)


def room_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield every imported module name, also inside functions, but not under TYPE_CHECKING."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_rooms_before_it(path: Path) -> None:
    room = room_of(path)
    tree = ast.parse(path.read_text("utf-8"))
    for name in imports(tree):
        parts = name.split(".")
        if parts[0] != "poremetrics" or len(parts) == 1:
            continue
        other = parts[1]
        if not ((PACKAGE / other).is_dir() or (PACKAGE / f"{other}.py").is_file()):
            continue
        assert rank(other) <= rank(room), f"{room} must not import {other}"
        assert (room, other) not in FORBIDDEN, f"{room} must not import {other}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_report_draws_and_few_touch_the_disk(path: Path) -> None:
    room = room_of(path)
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    if room not in MAY_DRAW:
        assert not any(name.startswith("matplotlib") for name in imports(tree))
    if room in MAY_TOUCH_DISK:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in DISK_CALLS:
                if "os.devnull" in ast.unparse(node):
                    continue  # nowhere is no disk
                # Files of the package itself are code, not disk: importlib.resources.
                assert "resources.files" in ast.unparse(node) or "resources" in text, (
                    f"{path.name} calls {name}"
                )


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_readable(path: Path) -> None:
    if room_of(path) == "settings":
        return  # a list of declarations, long by nature
    assert len(path.read_text("utf-8").splitlines()) <= 500


def test_the_public_names_exist() -> None:
    for name in poremetrics.__all__:
        assert getattr(poremetrics, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = poremetrics.nonsense
    assert set(dir(poremetrics)) == set(poremetrics.__all__)
