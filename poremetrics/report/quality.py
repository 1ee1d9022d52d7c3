"""The traffic light: which checks failed, by how much, and what to do at the next photo."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from poremetrics.change.checks import CHECKS
from poremetrics.report import texts
from poremetrics.report.blocks import Block, Details, Group, Light, Note, Table, Text
from poremetrics.report.sentences import (
    WHOLE,
    figure,
    limit_with_unit,
    region_name,
    with_unit,
)


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
    failed = failed_checks(quality)
    known = failed["value"].notna()
    notes = [
        _note(str(check), group) for check, group in failed[known].groupby("check", sort=False)
    ]
    notes.sort(key=lambda note: not note.refuses)
    unknown = [
        name
        for name in failed["check"].drop_duplicates()
        if name not in set(failed.loc[known, "check"])
    ]
    if unknown:
        # Mostly because another check failed: one line says so, not one each.
        names = ", ".join(check_name(str(name)) for name in unknown)
        advice = "" if notes else " ".join(dict.fromkeys(map(_remedy, unknown)))
        refuses = any(_refuses(str(name)) for name in unknown)
        notes.append(Note(texts.NOT_MEASURED, names, advice, refuses))
    return tuple(notes)


def _note(check: str, group: pd.DataFrame) -> Note:
    """Return the note on one check that failed in some photos and regions."""
    declared = CHECKS.get(check)
    places = ", ".join(
        region_name(str(name)).lower() for name in group["region"].unique() if name != WHOLE
    )
    photos = texts.AND.join(
        texts.CHECK_PHOTOS.get(str(name), str(name)).lower()
        for name in group["photo"].unique()
        if name not in {"pair", "photo"}
    )
    pattern = texts.FAILED_WHERE[bool(places), bool(photos)]
    return Note(
        pattern.format(check=failed_name(check), places=places, photos=photos),
        _worst(group, None if declared is None else declared.bound),
        _remedy(check),
        _refuses(check),
    )


def _remedy(check: str) -> str:
    declared = CHECKS.get(check)
    return "" if declared is None else declared.remedy


def _refuses(check: str) -> bool:
    declared = CHECKS.get(check)
    return declared is not None and declared.refuses


def _worst(group: pd.DataFrame, bound: str | None) -> str:
    """Return the figure furthest past its limit."""
    row = group.sort_values("value", ascending=bound == "min").iloc[0]
    return texts.FAILED_FIGURE.format(
        value=with_unit(float(row["value"]), str(row["unit"])),
        limit=limit_with_unit(float(row["limit"]), str(row["unit"])),
    )


def reasons(quality: pd.DataFrame, region: str) -> tuple[str, ...]:
    """Return what kept a region from being compared, and what to do about it.

    What could not be measured is left out where something was measured and found wanting: that is
    the cause.
    """
    failed = failed_checks(quality)
    failed = failed[failed["region"].isin([region, WHOLE])]
    counts = failed["check"].map(lambda name: name not in CHECKS or _refuses(str(name)))
    refusing = failed[counts.astype(bool)]
    known = refusing[refusing["value"].notna()]
    names = (refusing if known.empty else known)["check"].drop_duplicates()
    return tuple(
        f"{failed_name(name)}: {_remedy(name)}".removesuffix(": ") for name in map(str, names)
    )


def failed_name(name: str) -> str:
    """Return a check that failed as it is printed: what is wrong."""
    return texts.FAILED.get(name, check_name(name))


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
                sign + limit_with_unit(float(first["limit"]), str(first["unit"])),
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
    refuses = str(row["check"]) not in CHECKS or _refuses(str(row["check"]))
    return f"{text} {texts.CHECK_FAILED if refuses else texts.CHECK_NOTE}"
