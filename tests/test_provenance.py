"""The fingerprint of the code: another one wherever the figures could be others."""

from __future__ import annotations

from pathlib import Path

import pytest

from poremetrics.provenance import code, fingerprint, provenance


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "pores").mkdir()
    (tmp_path / "pores" / "find.py").write_bytes(b"LIMIT = 3.0\nSIGMA = 1.0\n")
    (tmp_path / "pores" / "model.onnx").write_bytes(b"\x00\r\n\x01")
    (tmp_path / "model.py").write_bytes(b"")
    return tmp_path


def of(folder: Path) -> str:
    return fingerprint(folder.iterdir())


def test_every_change_of_code_or_models_is_seen(package: Path) -> None:
    before = of(package)
    find = package / "pores" / "find.py"
    find.write_bytes(b"LIMIT = 3.5\nSIGMA = 1.0\n")
    changed = of(package)
    (package / "pores" / "model.onnx").write_bytes(b"\x00\n\x01")
    other_model = of(package)
    find.rename(package / "pores" / "seek.py")
    renamed = of(package)
    (package / "extra.py").write_bytes(b"")
    assert len({before, changed, other_model, renamed, of(package)}) == 5


def test_what_computes_nothing_is_not_seen(package: Path) -> None:
    before = of(package)
    (package / "pores" / "find.py").write_bytes(b"LIMIT = 3.0\r\nSIGMA = 1.0\r\n")
    (package / "pores" / "__pycache__").mkdir()
    (package / "pores" / "__pycache__" / "find.pyc").write_bytes(b"compiled")
    (package / "NOTICE").write_text("words")
    assert of(package) == before


def test_results_name_the_code_that_made_them() -> None:
    assert provenance().versions["poremetrics-code"] == code()
    assert len(code()) == 12
