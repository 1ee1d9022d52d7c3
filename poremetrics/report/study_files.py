"""The folder of a study: long tables written person by person, then moved into place together."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from poremetrics.errors import UsageError
from poremetrics.model import Provenance
from poremetrics.report.blocks import Report
from poremetrics.report.folder import (
    TOOL,
    check_place,
    held,
    set_aside,
    swap,
    synced,
    told,
    uninterrupted,
)
from poremetrics.report.html import html_bytes
from poremetrics.report.pdf import pdf_bytes
from poremetrics.report.record import json_bytes, utc
from poremetrics.report.series import build_series
from poremetrics.report.study_page import build_study
from poremetrics.report.tables import neutral, significant
from poremetrics.study import SeriesResult, StudyResult

MARKER = "study.json"
REPORT = "report"
STORE = "pairs"
"""Folder of finished pairs inside a study's folder."""
_FRESH = ".new"
_READY = ".ready"
_OWN = frozenset({MARKER, STORE, _FRESH, _READY, ".DS_Store", "Thumbs.db", "desktop.ini"})
_SHORT = ("visits", "pairs", "timeline", "trends", "contrasts", "exclusions", "cohort")
_LONG = ("pores", "changes", "quality", "lives")
_GROUP_ROWS = 20_000
"""Rows of a Parquet group: a group of each person's few would take more memory than its rows."""
FORMAT = 1


def check_study_folder(target: Path) -> None:
    """Refuse a folder whose files are not a study's; finish what a killed run was moving.

    To be called before the store inside is used: a killed run may have left it beside the folder.

    Raises
    ------
    UsageError
        It is a file, holds something else, or takes no files.
    """
    with told(target):
        if target.exists() and not target.is_dir():
            raise UsageError(target.name, "is not a folder", "name a new folder for the study")
        check_place(target)
        if not target.exists():
            return
        aside = set_aside(target)
        if aside.exists() or (target / _READY).exists():
            with held(target), uninterrupted():
                _finish(target)
        if aside.exists():
            raise UsageError(
                aside.name,
                "holds files of yours that came to be in the study's folder too",
                "move them elsewhere",
            )
        foreign = sorted({entry.name for entry in target.iterdir()} - _OWN - _own_names(target))
    if foreign:
        raise UsageError(
            target.name,
            f"holds other files ({', '.join(foreign[:3])}{', …' if len(foreign) > 3 else ''})",
            "name an empty or a new folder",
        )


def write_study(
    result: StudyResult,
    target: Path,
    *,
    pages: bool = True,
    formats: Collection[str] = ("html",),
) -> None:
    """Write the tables and reports of a study.

    Every table as CSV and as Parquet, ``report.html`` on the whole study, ``person_0001.html`` and
    so on, ``methods.md``, and ``study.json`` with settings, versions and the SHA-256 of every
    file. All files are written aside first; then their folder takes the place of the study's in
    one step, and the store comes over. A run killed in between is finished by the next one. Where
    folders cannot be swapped the files are moved one by one.

    Parameters
    ----------
    result : StudyResult
        What was computed.
    target : Path
        Folder of the study.
    pages : bool, optional
        Also write the reports.
    formats : collection of str, optional
        Kinds of report: ``html``, ``pdf``.

    Raises
    ------
    UsageError
        The folder is not a study's, or the disk refuses.
    """
    check_study_folder(target)
    with told(target), held(target):
        target.mkdir(parents=True, exist_ok=True)
        fresh = target / _FRESH
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        try:
            _write_all(result, fresh, formats if pages else ())
            (fresh / "methods.md").write_text(result.methods, "utf-8", newline="\n")
            names = sorted(path.name for path in fresh.iterdir())
            document = _document(result, {name: _sha256(fresh / name) for name in names})
            (fresh / MARKER).write_bytes(json_bytes(document))
            for path in (*fresh.iterdir(), fresh):
                synced(path)
            with uninterrupted():
                fresh.rename(target / _READY)
                _finish(target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _own_names(target: Path) -> set[str]:
    """Return the files an earlier run wrote."""
    try:
        document = json.loads((target / MARKER).read_bytes())
    except (OSError, ValueError):
        return set()
    if not isinstance(document, dict) or document.get("tool") != TOOL:
        return set()
    files = document.get("files")
    return set(files) if isinstance(files, dict) else set()


def _finish(target: Path) -> None:
    """Put a finished result in place, as a whole where the system can.

    Else its files are moved, the marker last, since it vouches for the others. Files of the earlier
    run that this one did not write again go away before the marker that knew them; later they
    would pass for the user's own.
    """
    _bring_back(target)
    ready = target / _READY
    if not ready.is_dir():
        return
    if swap(ready, target):
        _bring_back(target)
        return
    stale = _own_names(target) - _own_names(ready)
    for path in sorted(ready.iterdir(), key=lambda path: path.name == MARKER):
        if path.name == MARKER:
            for old in target.iterdir():
                if old.name in stale and old.is_file():
                    old.unlink()
        path.replace(target / path.name)
    ready.rmdir()
    synced(target)


def _bring_back(target: Path) -> None:
    """Return the store and the user's files from the folder set aside; drop the result there.

    It is the earlier result, or one whose run was killed before the swap: all of that is its own.
    """
    aside = set_aside(target)
    if not aside.is_dir():
        return
    if (target / STORE).is_dir():  # made anew meanwhile; pairs of the same name are the same
        for pair in aside.glob(f"{STORE}/*/*.pair"):
            place = target / pair.relative_to(aside)
            place.parent.mkdir(exist_ok=True)
            pair.replace(place)
        left = (path for path in (aside / STORE).rglob("*") if path.is_file())
        if all(path.name == ".lock" or path.suffix == ".partial" for path in left):
            shutil.rmtree(aside / STORE, ignore_errors=True)
    own = _own_names(aside) | _OWN - {STORE}
    for path in sorted(aside.iterdir(), key=lambda path: path.name == MARKER):
        if path.name in own and not path.is_dir():
            path.unlink()
        elif not os.path.lexists(target / path.name):
            path.rename(target / path.name)
    synced(target)
    with suppress(OSError):  # what is in both places stays, and is told
        aside.rmdir()


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A table's rows of one person, ready to be written."""

    csv: bytes
    parquet: pa.Table


@dataclass(frozen=True, slots=True, eq=False)
class _Share:
    """One person's share of the folder."""

    subject: str
    side: str
    pieces: Mapping[str, _Piece]
    pages: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Sharing:
    """Makes the shares, on the process that puts a person together."""

    provenance: Provenance
    methods: str
    formats: tuple[str, ...]
    pages: int

    def __call__(self, number: int, series: SeriesResult) -> _Share:
        digits = series.settings.report.table_digits
        pieces = {name: _piece(getattr(series, name), digits, header=number == 1) for name in _LONG}
        pages: dict[str, bytes] = {}
        if number <= self.pages:
            report = build_series(series, self.provenance, self.methods)
            pages = _rendered(report, series, self.formats)
        return _Share(series.subject, series.side, pieces, pages)


def _write_all(result: StudyResult, folder: Path, formats: Collection[str]) -> None:
    digits = result.settings.report.table_digits
    limit = result.settings.study.person_pages if formats else 0
    for name in _SHORT:
        with _Writer(folder, name) as writer:
            writer.add(_piece(getattr(result, name), digits, header=True))
    sharing = _Sharing(result.provenance, result.methods, tuple(formats), limit)
    names: dict[tuple[str, str], str] = {}
    with ExitStack() as stack:
        writers = {name: stack.enter_context(_Writer(folder, name)) for name in _LONG}
        for number, share in enumerate(result.each(sharing), start=1):
            for name, writer in writers.items():
                writer.add(share.pieces[name])
            # Numbered, not named: a code of the user's need not be fit for a file name.
            page = f"person_{number:04d}"
            for kind, content in share.pages.items():
                names.setdefault((share.subject, share.side), f"{page}.{kind}")
                (folder / f"{page}.{kind}").write_bytes(content)
    if formats:
        pages = _rendered(build_study(result, names), result, formats)
        for kind, content in pages.items():
            (folder / f"{REPORT}.{kind}").write_bytes(content)


def _rendered(
    report: Report, result: SeriesResult | StudyResult, formats: Collection[str]
) -> dict[str, bytes]:
    """Return a report in every format asked for."""
    return {
        kind: html_bytes(report, result) if kind == "html" else pdf_bytes(report, result)
        for kind in formats
    }


def _piece(frame: pd.DataFrame, digits: int, *, header: bool) -> _Piece:
    return _Piece(
        csv=_csv_bytes(frame, digits, header=header),
        parquet=pa.Table.from_pandas(frame, preserve_index=False),
    )


class _Writer:
    """One table, written piece by piece as CSV and Parquet."""

    def __init__(self, folder: Path, name: str) -> None:
        self._csv: BinaryIO = (folder / f"{name}.csv").open("xb")
        self._parquet_path = folder / f"{name}.parquet"
        self._parquet: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._csv.close()
        if error is None:
            self._write_group()
        if self._parquet is not None:
            self._parquet.close()

    def add(self, piece: _Piece) -> None:
        """Append rows; every piece has the same columns and types."""
        self._csv.write(piece.csv)
        self._waiting.append(piece.parquet)
        if sum(len(rows) for rows in self._waiting) >= _GROUP_ROWS:
            self._write_group()

    def _write_group(self) -> None:
        if not self._waiting:
            return
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._parquet_path, self._waiting[0].schema)
        self._parquet.write_table(pa.concat_tables(self._waiting))
        self._waiting = []


def _csv_bytes(frame: pd.DataFrame, digits: int, *, header: bool) -> bytes:
    """Return rows as ``report.tables.csv_bytes`` does, ten times as fast: these tables are long."""
    columns = {str(name): _cells(frame[name], digits) for name in frame.columns}
    needed = any(_needs_quotes(column) for column in columns.values())
    written = BytesIO()
    csv.write_csv(
        pa.table(columns),
        written,
        csv.WriteOptions(
            include_header=header,
            quoting_style="needed" if needed else "none",
            quoting_header="none",
        ),
    )
    return written.getvalue()


def _cells(column: pd.Series, digits: int) -> Any:
    if pd.api.types.is_float_dtype(column):
        numbers = significant(column.to_numpy(np.float64, na_value=np.nan), digits)
        return pa.array(numbers, from_pandas=True)
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        return pa.array(column, from_pandas=True)
    # Texts come from a few codes and names: each is looked at once.
    safe = {text: neutral(str(text)) for text in column.unique()}
    return pa.array([safe[text] for text in column], type=pa.string())


def _needs_quotes(column: Any) -> bool:
    if not pa.types.is_string(column.type):
        return False
    return any(mark in text.as_py() for text in column.unique() for mark in ',"\n\r')


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _document(result: StudyResult, files: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "tool": TOOL,
        "format": FORMAT,
        "kind": "study",
        "created_at": utc(result.provenance.created_at),
        "versions": dict(result.provenance.versions),
        "settings": result.settings.model_dump(),
        "files": dict(files),
        "bad_rows": [{"line": problem.line, "reason": problem.kind} for problem in result.problems],
        "photos": list(_photos(result)),
        "methods": result.methods,
    }


def _photos(result: StudyResult) -> Iterator[Mapping[str, str]]:
    """Yield the fingerprint of every photo; it is the only thing told of a file."""
    for series in result.plan.series:
        for visit in series.visits:
            yield {
                "subject": series.subject,
                "side": series.side,
                "visit": visit.visit,
                "sha256": result.plan.hashes.get(visit.photo, ""),
            }
