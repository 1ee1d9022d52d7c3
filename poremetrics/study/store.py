"""Finished pairs on disk, each under the hash of everything it depends on.

One file per pair, written beside and renamed, so that a pair is there whole or not at all. Nothing
in a file can run code: tables are Parquet, patches are plain arrays, facts are JSON.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from poremetrics.errors import UsageError
from poremetrics.study.records import PairResult

FORMAT = 1
"""Layout of a stored pair; part of its key."""
TABLES = ("pores", "links", "regions", "changes", "quality", "places")
_PARTIAL = ".partial"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time stamp inside the files: the same result has the same bytes."""


def path_of(store: Path, key: str) -> Path:
    """Return where the result of a key lies; folders of two digits keep listings short."""
    return store / key[:2] / f"{key}.pair"


def has(store: Path, key: str) -> bool:
    """Return whether a whole result of that key is there."""
    path = path_of(store, key)
    try:
        with zipfile.ZipFile(path) as archive:
            return "facts.json" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def put(store: Path, key: str, result: PairResult) -> None:
    """Keep a result, atomically; the same key written twice holds the same."""
    path = path_of(store, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{key}.", suffix=_PARTIAL, dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_packed(result))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def get(store: Path, key: str, names: Sequence[str] | None = None) -> PairResult | None:
    """Return the result of a key, or None where it is absent or damaged.

    Parameters
    ----------
    store : Path
        The store.
    key : str
        Of the pair.
    names : sequence of str, optional
        Tables to read; patches are read with all of them only.
    """
    try:
        with path_of(store, key).open("rb") as file:
            return _unpacked(file, names)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error):
        return None


@contextmanager
def opened(store: Path) -> Iterator[Path]:
    """Make the folder, hold it for this run, and remove what a killed run left half written.

    Raises
    ------
    UsageError
        Another run uses it, or the disk refuses.
    """
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = FileLock(store / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            store.name, "another run is using this folder", "wait for it or name another folder"
        ) from error
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise UsageError(store.name, reason, "name a folder you may write to") from error
    try:
        sweep(store)
        yield store
    finally:
        sweep(store)  # workers that had to end at once leave theirs too
        lock.release()


def sweep(store: Path) -> None:
    """Remove what a killed run left half written; only while no other run uses the store."""
    for partial in store.glob(f"*/*{_PARTIAL}"):
        with suppress(OSError):
            partial.unlink()


def _packed(result: PairResult) -> bytes:
    packed = BytesIO()
    facts = {**result.facts, "failure": result.failure, "reason": result.reason}
    members = {
        f"{name}.parquet": table.to_parquet(index=False) for name, table in result.tables.items()
    }
    patches = BytesIO()
    np.save(patches, result.patches, allow_pickle=False)
    members["patches.npy"] = patches.getvalue()
    members["facts.json"] = json.dumps(facts, sort_keys=True, ensure_ascii=False).encode("utf-8")
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _unpacked(file: BinaryIO, names: Sequence[str] | None) -> PairResult:
    with zipfile.ZipFile(file) as archive:
        facts = json.loads(archive.read("facts.json"))
        tables = {
            name: pd.read_parquet(BytesIO(archive.read(f"{name}.parquet")))
            for name in (TABLES if names is None else names)
            if f"{name}.parquet" in archive.namelist()
        }
        patches = (
            np.load(BytesIO(archive.read("patches.npy")), allow_pickle=False)
            if names is None
            else np.zeros((0, 2, 1, 1, 3), np.uint8)
        )
    return PairResult(
        failure=facts.pop("failure"),
        reason=facts.pop("reason"),
        tables=tables,
        patches=patches,
        facts=facts,
    )
