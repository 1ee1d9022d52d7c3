"""The folder of a study: long tables written person by person, then moved into place together."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from poremetrics.errors import UsageError
from poremetrics.report.blocks import Report
from poremetrics.report.folder import TOOL, check_place, synced, told, uninterrupted
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
FORMAT = 1


def check_study_folder(target: Path) -> None:
    """Refuse a folder whose files are not a study's; finish what a killed run was moving.

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
        _finish(target)
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
    file. All files are written aside first and then moved; a run killed between two moves is
    finished by the next one.

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
    with told(target):
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
            for path in fresh.iterdir():
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
    """Move finished files into place; the marker last, since it vouches for the others.

    Files of the earlier run that this one did not write again go away before the marker that knew
    them; later they would pass for the user's own.
    """
    ready = target / _READY
    if not ready.is_dir():
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


def _write_all(result: StudyResult, folder: Path, formats: Collection[str]) -> None:
    digits = result.settings.report.table_digits
    limit = result.settings.study.person_pages if formats else 0
    for name in _SHORT:
        with _Writer(folder, name, digits) as writer:
            writer.add(getattr(result, name))
    names: dict[tuple[str, str], str] = {}
    with ExitStack() as stack:
        writers = {name: stack.enter_context(_Writer(folder, name, digits)) for name in _LONG}
        for number, series in enumerate(result.series(), start=1):
            for name, writer in writers.items():
                writer.add(getattr(series, name))
            if number <= limit:
                # Numbered, not named: a code of the user's need not be fit for a file name.
                page = f"person_{number:04d}"
                names[series.subject, series.side] = f"{page}.{next(iter(formats))}"
                report = build_series(series, result.provenance, result.methods)
                _write_report(report, series, folder / page, formats)
    if formats:
        _write_report(build_study(result, names), result, folder / REPORT, formats)


def _write_report(
    report: Report, result: SeriesResult | StudyResult, path: Path, formats: Collection[str]
) -> None:
    for kind in formats:
        make = html_bytes if kind == "html" else pdf_bytes
        path.with_name(f"{path.name}.{kind}").write_bytes(make(report, result))


class _Writer:
    """One table, written piece by piece as CSV and Parquet."""

    def __init__(self, folder: Path, name: str, digits: int) -> None:
        self._csv: BinaryIO = (folder / f"{name}.csv").open("xb")
        self._parquet_path = folder / f"{name}.parquet"
        self._parquet: pq.ParquetWriter | None = None
        self._digits = digits

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._csv.close()
        if self._parquet is not None:
            self._parquet.close()

    def add(self, frame: pd.DataFrame) -> None:
        """Append rows; every piece has the same columns and types."""
        piece = pa.Table.from_pandas(frame, preserve_index=False)
        first = self._parquet is None
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._parquet_path, piece.schema)
        _write_csv(frame, self._csv, self._digits, header=first)
        self._parquet.write_table(piece)


def _write_csv(frame: pd.DataFrame, file: BinaryIO, digits: int, *, header: bool) -> None:
    """Write rows as ``report.tables.csv_bytes`` does, ten times as fast: these tables are long."""
    columns = {str(name): _cells(frame[name], digits) for name in frame.columns}
    needed = any(_needs_quotes(column) for column in columns.values())
    csv.write_csv(
        pa.table(columns),
        file,
        csv.WriteOptions(
            include_header=header,
            quoting_style="needed" if needed else "none",
            quoting_header="none",
        ),
    )


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
