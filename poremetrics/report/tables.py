"""Tables to text: the same bytes for the same result, safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that starts so is run by spreadsheets (OWASP, CSV injection)."""


def significant(values: npt.NDArray[np.float64], digits: int) -> npt.NDArray[np.float64]:
    """Round to significant digits, so that the shortest text of the number is the rounded one.

    Parameters
    ----------
    values : ndarray of float64
        Any shape; NaN and infinity pass through.
    digits : int
        Significant digits kept.

    Returns
    -------
    ndarray of float64
        Rounded values.

    Examples
    --------
    >>> significant(np.array([1234.5678, 0.00012345678]), 4).tolist()
    [1235.0, 0.0001235]
    """
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.floor(np.log10(np.abs(values)))
    usable = np.isfinite(order)
    # Powers of ten up to 22 are exact, and a division is rounded correctly: the quotient is the
    # double nearest to the decimal, whose shortest text is that decimal.
    places = np.where(usable, np.clip(digits - 1 - order, -22, 22), 0.0)
    factor = 10.0 ** np.abs(places)
    with np.errstate(invalid="ignore", over="ignore"):
        rounded = np.where(
            places >= 0, np.rint(values * factor) / factor, np.rint(values / factor) * factor
        )
    return np.where(usable & np.isfinite(rounded), rounded + 0.0, values)


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table with their columns as attributes."""
    yield from frame.itertuples()


def neutral(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula.

    Examples
    --------
    >>> neutral("=1+1"), neutral("left_cheek")
    ("'=1+1", 'left_cheek')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_bytes(frame: pd.DataFrame, digits: int) -> bytes:
    """Return a table as tidy CSV: UTF-8, header, ``true``/``false``, empty if missing.

    Parameters
    ----------
    frame : DataFrame
        One of the tables of the result.
    digits : int
        Significant digits of floats.

    Returns
    -------
    bytes
        The file's content.
    """
    columns = {str(name): _cells(frame[name], digits) for name in frame.columns}
    text = pd.DataFrame(columns).to_csv(index=False, lineterminator="\n")
    return str(text).encode("utf-8")


def _cells(column: pd.Series, digits: int) -> pd.Series:
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "true", False: "false"})
    if pd.api.types.is_float_dtype(column):
        rounded = pd.Series(significant(column.to_numpy(np.float64, na_value=np.nan), digits))
        return rounded.map(_shortest)
    if pd.api.types.is_integer_dtype(column):
        return column
    return column.fillna("").map(lambda cell: neutral(str(cell)))


def _shortest(value: float) -> str:
    """Return the shortest text that reads back as ``value``, whole numbers without a fraction."""
    if not np.isfinite(value):
        return "" if np.isnan(value) else str(value)
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def plain(column: pd.Series, digits: int) -> list[object]:
    """Return a column as values that JSON knows; missing ones are None."""
    if pd.api.types.is_bool_dtype(column):
        return [bool(value) for value in column]
    if pd.api.types.is_float_dtype(column):
        rounded = significant(column.to_numpy(np.float64, na_value=np.nan), digits)
        return [value if np.isfinite(value) else None for value in rounded.tolist()]
    if pd.api.types.is_integer_dtype(column):
        return [None if pd.isna(value) else int(value) for value in column]
    return ["" if pd.isna(value) else str(value) for value in column]
