"""The cells of a manifest: text to values, each with what is wrong with it in plain words.

Every function raises :class:`CellError` with words that follow the name of the column.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path

from poremetrics.model import FACE_REGIONS

SIDES = ("left", "right")
_BOTH = ("", "both")
_YES = ("true", "yes", "1")
_NO = ("", "false", "no", "0")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAXIMUM_TEXT = 100


class CellError(ValueError):
    """A cell that cannot be used.

    Attributes
    ----------
    words : str
        What is wrong with it, without the cell, fit for an output.
    """

    def __init__(self, words: str, cell: str = "") -> None:
        self.words = words
        super().__init__(f"{quoted(cell)} {words}" if cell else words)


def quoted(cell: str) -> str:
    """Return a cell as shown in a message: one line, not endless, no control characters."""
    clean = "".join(char if char.isprintable() else "?" for char in cell)
    return f"'{clean[:40]}…'" if len(clean) > 40 else f"'{clean}'"


def words(cell: str) -> str:
    """Return text of one line."""
    text = unicodedata.normalize("NFC", cell)
    if not text.isprintable():
        raise CellError("holds control characters", cell)
    if len(text) > _MAXIMUM_TEXT:
        raise CellError(f"is longer than {_MAXIMUM_TEXT} characters", cell)
    return text


def code(cell: str) -> str:
    """Return text that must not be empty."""
    if not cell:
        raise CellError("is empty")
    return words(cell)


def day(cell: str) -> date | None:
    """Return a day written YYYY-MM-DD."""
    if not _ISO_DATE.fullmatch(cell):
        raise CellError("is not written YYYY-MM-DD", cell)
    try:
        return date.fromisoformat(cell)
    except ValueError as error:
        raise CellError("is no day of the calendar", cell) from error


def photo(cell: str, folder: Path) -> Path | None:
    """Return the photo's path; messages name the file, not the folders it lies in."""
    if not cell:
        raise CellError("is empty")
    path = folder / cell
    name = Path(cell).name
    try:
        if not path.exists():
            raise CellError("is not there", name)
        if not path.is_file():
            raise CellError("is not a file", name)
    except OSError as error:
        raise CellError("cannot be a file name", name) from error
    if not os.access(path, os.R_OK):
        raise CellError("may not be read", name)
    return path.resolve()


def positive(low: float, high: float, *, zero: bool = False) -> Callable[[str], float | None]:
    """Return a parser of an optional finite number within a range."""

    def parse(cell: str) -> float | None:
        if not cell:
            return None
        try:
            # Python alone would take 1_000 for a number.
            value = float(cell.replace("_", "?"))
        except ValueError as error:
            raise CellError("is not a number", cell) from error
        if not math.isfinite(value):
            raise CellError("is not a finite number", cell)
        if value < low or value > high or (value == 0.0 and not zero):
            range_ = f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
            raise CellError(f"is not within {range_}", cell)
        return value

    return parse


def side(cell: str) -> str:
    """Return ``left``, ``right`` or, for both, nothing."""
    text = cell.lower()
    if text in _BOTH:
        return ""
    if text not in SIDES:
        raise CellError("is none of left, right, both", cell)
    return text


def control(cell: str) -> str:
    """Return ``yes``, a side, a region or nothing."""
    text = cell.lower()
    if text in _NO:
        return ""
    if text in _YES:
        return "yes"
    if text not in (*SIDES, *FACE_REGIONS):
        known = ("yes", "no", *SIDES, *FACE_REGIONS)
        raise CellError(f"is none of {', '.join(known)}", cell)
    return text
