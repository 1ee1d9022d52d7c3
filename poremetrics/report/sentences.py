"""Rows of the tables to sentences and figures as they are printed."""

from __future__ import annotations

import math

import pandas as pd

from poremetrics.report import texts

WHOLE = "all"
"""Name of all regions together in the tables."""
_LEAST_SHARE_PCT = 0.1
"""A smaller share is a few pixels or pores: its digits say nothing."""
MATCHED = ("diameter_um_matched", "diameter_px_matched")
"""The measure a size change is read from, with and without a scale."""


def region_name(name: str) -> str:
    """Return a region as it is printed; a user's own name loses its underscores.

    Examples
    --------
    >>> region_name("left_cheek"), region_name("chin_scar")
    ('Left cheek', 'Chin scar')
    """
    if name in texts.REGIONS:
        return texts.REGIONS[name]
    spaced = name.replace("_", " ").strip() or name
    return spaced[:1].upper() + spaced[1:]


def figure(value: float, digits: int = 3) -> str:
    """Return a number for a table: three significant digits, a true minus sign.

    Examples
    --------
    >>> figure(0.01234), figure(1234.5), figure(float("nan"))
    ('0.0123', '1,234', '–')
    """
    if not math.isfinite(value):
        return texts.MISSING
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(places, 6)}f}".replace("-", "−")


def percent(value: float, *, signed: bool = True) -> str:
    """Return a percentage for a table, with one decimal below ten.

    Examples
    --------
    >>> percent(-14.2), percent(3.14), percent(float("nan"))
    ('−14 %', '+3.1 %', '–')
    """
    if not math.isfinite(value):
        return texts.MISSING
    text = f"{abs(value):.0f}" if abs(value) >= 9.95 else f"{abs(value):.1f}"
    if float(text) == 0.0:
        return "0 %"
    sign = "−" if value < 0 else "+" if signed else ""
    return f"{sign}{text} %"


def interval(low: float, high: float) -> str:
    """Return an interval of percentages for a table."""
    if math.isnan(low) or math.isnan(high):
        return texts.MISSING
    return f"{percent(low)} to {percent(high)}"


def whole(value: float) -> str:
    """Return the size of a percentage for a sentence: a whole number, or ``under 1``."""
    size = abs(value)
    if 0 < size < 0.5:
        return "under 1"
    return f"{size:.0f}"


def at_least(value: float) -> str:
    """Return a detectable change for a sentence, rounded up: never promise more than there is."""
    return texts.MISSING if pd.isna(value) else f"{math.ceil(abs(value) - 1e-9):.0f}"


def range_words(low: float, high: float) -> str:
    """Return an interval in words, e.g. ``3 % smaller to 2 % larger``."""
    if low == 0 and high == 0:
        return texts.RANGE_NONE
    if high <= 0:
        return texts.RANGE_BELOW.format(low=whole(high), high=whole(low))
    if low >= 0:
        return texts.RANGE_ABOVE.format(low=whole(low), high=whole(high))
    return texts.RANGE_BOTH.format(low=whole(low), high=whole(high))


def kept_together(text: str) -> str:
    """Return ``text`` with figures and units that do not part at the end of a line."""
    for unit in ("%", "µm", "mm", "px", "pixels", "°"):
        text = text.replace(f" {unit}", f"\u00a0{unit}")
    return text


def row_of(changes: pd.DataFrame, region: str, *metrics: str) -> pd.Series | None:
    """Return the row of a region and the first of the measures that is there."""
    here = changes[changes["region"] == region]
    for metric in metrics:
        found = here[here["metric"] == metric]
        if len(found):
            return found.iloc[0]
    return None


def kind_of(changes: pd.DataFrame, region: str, refused: frozenset[str]) -> str:
    """Return which sentence a region gets: one of the four verdicts or ``no pores``."""
    row = row_of(changes, region, *MATCHED)
    if row is None:
        return "not comparable"
    verdict = str(row["verdict"])
    if verdict == "not comparable" and region not in refused:
        return "no pores"
    return verdict or "no pores"


def fill(pattern: str, row: pd.Series | None, region: str) -> str:
    """Return a sentence of the summary with the figures of its row."""
    if row is None:
        return pattern.format(region=region_name(region))
    low, high, change = row["ci_low_pct"], row["ci_high_pct"], row["change_pct"]
    near, far = sorted([abs(low), abs(high)]) if not pd.isna(low) else (low, high)
    return pattern.format(
        region=region_name(region),
        size=whole(change),
        low=whole(near),
        high=whole(far),
        range=texts.MISSING if pd.isna(low) else range_words(low, high),
        detectable=at_least(row["detectable_pct"]),
    )


def one_liner(changes: pd.DataFrame, region: str, metric: str) -> tuple[str, str, str]:
    """Return label, verdict and words of a further headline measure, for the summary."""
    words = texts.ONE_LINERS[metric]
    row = row_of(changes, region, metric)
    verdict = "not comparable" if row is None else str(row["verdict"])
    if row is not None and verdict in words:
        return words["label"], verdict, words[verdict].format(size=whole(row["change_pct"]))
    same = verdict == "no detectable change"
    return (
        words["label"],
        verdict if same else "not comparable",
        texts.ONE_LINER_SAME if same else texts.ONE_LINER_UNKNOWN,
    )


def length(diameter_px: float, mm_per_px: float | None) -> str:
    """Return a length on the skin, in mm where a scale is known."""
    if mm_per_px is None:
        return f"{figure(diameter_px)} pixels"
    return f"{figure(diameter_px * mm_per_px, 2)} mm"


def limit_with_unit(value: float, unit: str) -> str:
    """Return a limit with its unit: as it was set, without zeros that claim precision."""
    shown = texts.UNITS.get(unit, unit)
    return f"{value:g} {shown}".strip().replace("-", "−")


def measured(metric: str, value: float, unit: str) -> str:
    """Return a measure as it is printed: shares in percent, CIELAB without its axis again."""
    if metric in texts.SHARES:
        share_pct = 100.0 * value
        if 0.0 < share_pct < _LEAST_SHARE_PCT:
            return f"< {_LEAST_SHARE_PCT:g} %"
        return with_unit(share_pct, "%", 2)
    return with_unit(value, unit)


def with_unit(value: float, unit: str, digits: int = 3) -> str:
    """Return a figure with its unit, as far as the unit is worth printing."""
    shown = texts.UNITS.get(unit, unit)
    text = figure(value, digits)
    return text if not shown or text == texts.MISSING else f"{text} {shown}"
