"""The traffic light: which checks failed, by how much, and what to do at the next photo."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from poremetrics.change.checks import CHECKS
from poremetrics.report import texts
from poremetrics.report.blocks import Block, Details, Group, Light, Note, Table, Text
from poremetrics.report.sentences import WHOLE, figure, region_name, with_unit


def light(quality: pd.DataFrame, *, nothing_left: bool) -> Light:
    """Return the traffic light.

    Parameters
    ----------
    quality : DataFrame
        Table of checks.
    nothing_left : bool
        True where no region could be compared.

    Returns
    -------
    Light
        Red where nothing could be compared, amber where a check failed, else green.
    """
    if quality.empty and not nothing_left:
        return Light("unknown", texts.LIGHTS["unknown"], ())
    notes = _notes(quality)
    level = "poor" if nothing_left else "fair" if notes else "good"
    return Light(level, texts.LIGHTS[level], notes)


def failed_checks(quality: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of checks that did not pass."""
    return quality[~quality["ok"].astype(bool)]


def _notes(quality: pd.DataFrame) -> tuple[Note, ...]:
    """Return one note per failed check, those that refuse first."""
    notes = []
    failed = failed_checks(quality)
    for check, group in failed.groupby("check", sort=False):
        declared = CHECKS.get(str(check))
        photos = [texts.CHECK_PHOTOS.get(str(name), str(name)) for name in group["photo"].unique()]
        places = ", ".join(_place(str(name)) for name in group["region"].unique())
        where = f"{texts.AND.join(photos)}: {places}".lower()
        title = texts.FAILED_LINE.format(check=check_name(str(check)), where=where)
        of_all = set(group["region"]) == {WHOLE} and set(group["photo"]) == {"pair"}
        notes.append(
            Note(
                check_name(str(check)) if of_all else title,
                _worst(group, None if declared is None else declared.bound),
                "" if declared is None else declared.remedy,
                declared is not None and declared.refuses,
            )
        )
    return tuple(sorted(notes, key=lambda note: not note.refuses))


def _worst(group: pd.DataFrame, bound: str | None) -> str:
    """Return the figure furthest past its limit."""
    known = group[group["value"].notna()]
    if known.empty:
        return texts.NOT_MEASURED
    row = known.sort_values("value", ascending=bound == "min").iloc[0]
    return texts.FAILED_FIGURE.format(
        value=with_unit(float(row["value"]), str(row["unit"])),
        limit=with_unit(float(row["limit"]), str(row["unit"])),
    )


def reasons(quality: pd.DataFrame, region: str) -> tuple[str, ...]:
    """Return what kept a region from being compared, and what to do about it."""
    failed = failed_checks(quality)
    failed = failed[failed["region"].isin([region, WHOLE])]
    found = []
    for name in failed["check"].drop_duplicates():
        declared = CHECKS.get(str(name))
        if declared is None or declared.refuses:
            advice = "" if declared is None else f": {declared.remedy}"
            found.append(f"{check_name(str(name))}{advice}")
    return tuple(found)


def _place(region: str) -> str:
    return texts.WHERE_ALL if region == WHOLE else region_name(region)


def check_name(name: str) -> str:
    """Return a check as it is printed."""
    return texts.CHECKS.get(name, name.replace("_", " ").capitalize())


def checks_table(quality: pd.DataFrame) -> tuple[Block, ...]:
    """Return all checks, one row per check and photo, one column per region; folded away."""
    if quality.empty:
        return ()
    regions = [str(name) for name in quality["region"].drop_duplicates()]
    regions.sort(key=lambda name: name != WHOLE)
    rows = []
    for (check, photo), group in quality.groupby(["check", "photo"], sort=False):
        declared = CHECKS.get(str(check))
        sign = {"min": "≥ ", "max": "≤ "}[declared.bound] if declared else ""
        first = group.iloc[0]
        cells = {str(row["region"]): _check_cell(row) for row in group.to_dict("records")}
        rows.append(
            (
                check_name(str(check)),
                texts.CHECK_PHOTOS.get(str(photo), str(photo)),
                sign + with_unit(float(first["limit"]), str(first["unit"])),
                *(cells.get(name, "") for name in regions),
            )
        )
    names = [texts.WHERE_ALL_TITLE if name == WHOLE else region_name(name) for name in regions]
    columns = (*(texts.COLUMNS[name] for name in ("check", "photo", "limit")), *names)
    numeric = (False, False, True, *([True] * len(regions)))
    table = Table(texts.ALL_CHECKS, columns, (Group("", tuple(rows)),), numeric)
    return (Details(texts.ALL_CHECKS, (table, Text((texts.CHECK_KEY,), "small"))),)


def _check_cell(row: dict[Hashable, Any]) -> str:
    text = figure(float(row["value"]))
    if row["ok"]:
        return text
    declared = CHECKS.get(str(row["check"]))
    refuses = declared is None or declared.refuses
    return f"{text} {texts.CHECK_FAILED if refuses else texts.CHECK_NOTE}"
