"""The manifest of a study: read and checked whole before any work begins."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from poremetrics.errors import UsageError
from poremetrics.settings.study import StudySettings
from poremetrics.study import cells

REQUIRED = ("subject", "visit", "date", "photo")
OPTIONAL = ("treatment", "days_since_treatment", "side", "control", "mm_per_px", "ipd_mm")
_Value = TypeVar("_Value")
_SHOWN = 8
"""Problems named in the one line of an error; the record holds all."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One good row of a manifest.

    Attributes
    ----------
    line : int
        Line of the file the row begins on, 1 for the header.
    subject, visit : str
        Codes as the user gave them.
    date : date
        Day of the photo.
    photo : Path
        The photo; never written to an output.
    treatment : str
        Name of the treatment before this photo, empty if none.
    days_since_treatment : float or None
        Days from the last treatment to the photo.
    side : str
        ``left``, ``right`` (the person's own) or empty for both.
    control : str
        ``yes`` where the row shows untreated skin; ``left``, ``right`` or a region where that part
        of the photo is the control; otherwise empty.
    mm_per_px, ipd_mm : float or None
        Scale, where known.
    """

    line: int
    subject: str
    visit: str
    date: date
    photo: Path
    treatment: str = ""
    days_since_treatment: float | None = None
    side: str = ""
    control: str = ""
    mm_per_px: float | None = None
    ipd_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one row.

    Attributes
    ----------
    line : int
        Line of the file.
    reason : str
        What is wrong, with the cell itself; for the user's eyes only.
    kind : str
        What is wrong, without anything the user wrote; fit for an output.
    subject : str
        Subject of the row, empty where it cannot be told.
    visit : str
        Visit of the row.
    date : date or None
        Date of the row where it could be read.
    """

    line: int
    reason: str
    kind: str
    subject: str = ""
    visit: str = ""
    date: date | None = None

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Good rows and what is wrong with the others.

    Attributes
    ----------
    name : str
        Name of the file, for messages.
    visits : tuple of Visit
        Good rows in the order of the file.
    problems : tuple of Problem
        In the order of the file.
    rows : int
        Rows of the file, good and bad.
    """

    name: str
    visits: tuple[Visit, ...]
    problems: tuple[Problem, ...]
    rows: int


class ManifestError(UsageError):
    """Rows of a manifest that cannot be used.

    Attributes
    ----------
    problems : tuple of Problem
        All of them; the message names the first few.
    """

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(str(problem) for problem in self.problems[:_SHOWN])
        more = len(self.problems) - _SHOWN
        super().__init__(
            name,
            f"{len(self.problems)} bad row{'s' if len(self.problems) > 1 else ''}: {shown}"
            + (f"; and {more} more" if more > 0 else ""),
            "correct them, or run the good rows with --skip-bad",
        )

    def __reduce__(self) -> tuple[type[ManifestError], tuple[str, tuple[Problem, ...]]]:
        """Pickle by what it was made of."""
        return ManifestError, (self.subject, self.problems)


def read_manifest(path: Path, settings: StudySettings) -> Manifest:
    """Read a manifest and check every row.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with a header; relative photo paths are relative to its folder.
    settings : StudySettings
        Plausible ranges.

    Returns
    -------
    Manifest
        Good rows and problems; raising over problems is up to the caller.

    Raises
    ------
    UsageError
        The file as a whole cannot be read: not text, no header, an unknown or missing column.
    """
    return parse_manifest(_text(path), path.parent, path.name, settings)


def parse_manifest(text: str, folder: Path, name: str, settings: StudySettings) -> Manifest:
    """Check the text of a manifest; see :func:`read_manifest`.

    Parameters
    ----------
    text : str
        CSV.
    folder : Path
        Where relative photo paths begin.
    name : str
        How the file is called in messages.
    settings : StudySettings
        Plausible ranges.
    """
    rows = _rows(text, name)
    _, header = next(rows, (1, []))
    columns = _checked_header(header, name)
    visits: list[Visit] = []
    problems: list[Problem] = []
    number = 0
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        number += 1
        one, wrong = _row(line, row, columns, folder, settings)
        problems += wrong
        if one is not None:
            visits.append(one)
    if not number:
        raise UsageError(name, "has no rows", "list one photo per row below the header")
    clashes = _clashes(visits)
    bad_lines = {problem.line for problem in clashes}
    return Manifest(
        name=name,
        visits=tuple(visit for visit in visits if visit.line not in bad_lines),
        problems=tuple(sorted([*problems, *clashes], key=lambda problem: problem.line)),
        rows=number,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(path.name, "there is no such file", "check the path") from error
    except UnicodeDecodeError as error:
        raise UsageError(path.name, "is not text in UTF-8", "save it as CSV UTF-8") from error
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise UsageError(path.name, reason, "give a readable file") from error


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the cells of every row."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(
            name, f"line {line} is not valid CSV ({error})", "correct the quotes there"
        ) from error


def _checked_header(header: Sequence[str], name: str) -> tuple[str, ...]:
    columns = tuple(cell.strip().lower() for cell in header)
    if len(columns) == 1 and any(mark in columns[0] for mark in ";\t"):
        raise UsageError(name, "is not separated by commas", "save it as CSV with commas")
    unknown = [column or "(empty)" for column in columns if column not in (*REQUIRED, *OPTIONAL)]
    missing = [column for column in REQUIRED if column not in columns]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    for found, what in (
        (missing, "lacks the column"),
        (unknown, "has the unknown column"),
        (twice, "has twice the column"),
    ):
        if found:
            raise UsageError(
                name,
                f"{what} {', '.join(cells.quoted(column) for column in found)}",
                f"the header is {','.join(REQUIRED)} and, if known, {','.join(OPTIONAL)}",
            )
    return columns


def _row(
    line: int,
    row: Sequence[str],
    columns: Sequence[str],
    folder: Path,
    settings: StudySettings,
) -> tuple[Visit | None, list[Problem]]:
    """Return the visit of a row, or everything that is wrong with it."""
    if len(row) != len(columns):
        place = columns.index("subject")
        subject = row[place].strip() if place < len(row) else ""
        reason = f"has {len(row)} cells, the header {len(columns)}"
        return None, [Problem(line, reason, "has another number of cells", subject)]
    given = {name: cell.strip() for name, cell in zip(columns, row, strict=True)}
    wrong: list[tuple[str, str]] = []

    def read(name: str, parse: Callable[[str], _Value], otherwise: _Value) -> _Value:
        try:
            return parse(given.get(name, ""))
        except cells.CellError as error:
            wrong.append((f"{name} {error}", f"{name} {error.words}"))
            return otherwise

    subject = read("subject", cells.code, "")
    label = read("visit", cells.code, "")
    day = read("date", cells.day, None)
    photo = read("photo", lambda cell: cells.photo(cell, folder), None)
    treatment = read("treatment", cells.words, "")
    days = read("days_since_treatment", cells.positive(0.0, math.inf, zero=True), None)
    side = read("side", cells.side, "")
    control = read("control", cells.control, "")
    mm_per_px = read("mm_per_px", cells.positive(0.0, settings.maximum_mm_per_px), None)
    ipd_mm = read("ipd_mm", cells.positive(settings.minimum_ipd_mm, settings.maximum_ipd_mm), None)
    if wrong or day is None or photo is None:
        return None, [Problem(line, reason, kind, subject, label, day) for reason, kind in wrong]
    return (
        Visit(
            line=line,
            subject=subject,
            visit=label,
            date=day,
            photo=photo,
            treatment=treatment,
            days_since_treatment=days,
            side=side,
            control=control,
            mm_per_px=mm_per_px,
            ipd_mm=ipd_mm,
        ),
        [],
    )


def visit_order(visit: Visit) -> tuple[date, int, str, int]:
    """Return what visits are ordered by: day, number of the visit, its name, line."""
    number = int(visit.visit) if _is_number(visit.visit) else 0
    return visit.date, number, visit.visit, visit.line


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def by_series(visits: Iterable[Visit]) -> dict[tuple[str, str], list[Visit]]:
    """Return the visits of every subject and side, in order of time."""
    series: dict[tuple[str, str], list[Visit]] = {}
    for visit in visits:
        series.setdefault((visit.subject, visit.side), []).append(visit)
    return {key: sorted(found, key=visit_order) for key, found in series.items()}


def _clashes(visits: Sequence[Visit]) -> list[Problem]:
    """Return what is wrong between rows: doubles, dates against numbers, two eye distances."""
    problems: list[Problem] = []

    def blame(visit: Visit, kind: str, reason: str) -> None:
        problems.append(Problem(visit.line, reason, kind, visit.subject, visit.visit, visit.date))

    first_of: dict[tuple[str, str, str], int] = {}
    line_of_photo: dict[Path, int] = {}
    ipd_of: dict[str, tuple[float, int]] = {}
    for visit in visits:
        key = (visit.subject, visit.visit, visit.side)
        if first_of.setdefault(key, visit.line) != visit.line:
            blame(
                visit, "visit given twice", f"subject and visit are those of line {first_of[key]}"
            )
        elif line_of_photo.setdefault(visit.photo, visit.line) != visit.line:
            blame(visit, "photo given twice", f"photo is that of line {line_of_photo[visit.photo]}")
        elif visit.ipd_mm is not None:
            known, line = ipd_of.setdefault(visit.subject, (visit.ipd_mm, visit.line))
            if known != visit.ipd_mm:
                reason = f"ipd_mm {visit.ipd_mm:g} is {known:g} in line {line}"
                blame(visit, "two values of ipd_mm for one person", reason)
    bad = {problem.line for problem in problems}
    for series in by_series(visit for visit in visits if visit.line not in bad).values():
        if not all(_is_number(visit.visit) for visit in series):
            continue
        for one, other in pairwise(series):
            if int(other.visit) < int(one.visit):
                reason = f"visit {other.visit} is dated after visit {one.visit}"
                blame(other, "numbers and dates of visits disagree", reason)
    return problems


def without_unsure_baselines(manifest: Manifest) -> tuple[list[Visit], Mapping[int, str]]:
    """Return the visits that can be used although other rows are bad.

    A bad row may have been the baseline of its subject. The next visit must not silently take its
    place, so all visits of such a subject are left out.

    Parameters
    ----------
    manifest : Manifest
        With problems.

    Returns
    -------
    kept : list of Visit
        Rows to run.
    dropped : mapping of int to str
        Why, per line of a good row that is left out.
    """
    unsure = {
        key[0]
        for key, series in by_series(manifest.visits).items()
        if any(
            problem.subject == key[0] and not _is_later(problem, series[0])
            for problem in manifest.problems
        )
    }
    reason = "the bad row may be this person's baseline"
    dropped = {visit.line: reason for visit in manifest.visits if visit.subject in unsure}
    return [visit for visit in manifest.visits if visit.line not in dropped], dropped


def _is_later(problem: Problem, baseline: Visit) -> bool:
    """Return whether a bad row certainly comes after a good one."""
    if problem.date is not None:
        return problem.date > baseline.date
    both = _is_number(problem.visit) and _is_number(baseline.visit)
    return both and int(problem.visit) > int(baseline.visit)
