"""The figures of a report as tables: changes, single values, provenance, settings."""

from __future__ import annotations

from typing import Any

import pandas as pd

from poremetrics.model import Comparison, Measurement
from poremetrics.report import summary, texts
from poremetrics.report.blocks import Group, Table
from poremetrics.report.sentences import interval, measured, percent, region_name
from poremetrics.report.tables import rows_of

_CHANGE_COLUMNS = ("before", "after", "change_pct", "interval", "rc_pct", "detectable_pct")


def change_table(caption: str, rows: pd.DataFrame, *, verdicts: bool) -> Table:
    """Return changes with intervals, one group per region, all of them together first."""
    names = ["metric", *_CHANGE_COLUMNS, *(["verdict"] if verdicts else [])]
    groups = []
    for region in summary.whole_first(rows["region"]):
        here = rows[rows["region"] == region]
        # A refused region has nothing to show but that.
        empty = verdicts and bool((here["verdict"] == "not comparable").all())
        cells = (
            ((texts.ALL_MEASURES, _verdict_words("not comparable")),)
            if empty and here["before"].isna().all()
            else tuple(_change_cells(row, verdicts=verdicts) for row in rows_of(here))
        )
        said = tuple(str(verdict) for verdict in here["verdict"])[: len(cells)]
        groups.append(Group(region_name(region), cells, said if verdicts else ()))
    return Table(
        caption,
        tuple(texts.COLUMNS[name] for name in names),
        tuple(groups),
        (False, *([True] * len(_CHANGE_COLUMNS)), *([False] if verdicts else [])),
    )


def _change_cells(row: Any, *, verdicts: bool) -> tuple[str, ...]:
    unit = str(row.unit)
    cells = (
        summary.metric_name(str(row.metric)),
        measured(str(row.metric), float(row.before), unit),
        measured(str(row.metric), float(row.after), unit),
        percent(float(row.change_pct)),
        interval(float(row.ci_low_pct), float(row.ci_high_pct)),
        percent(float(row.rc_pct), signed=False),
        percent(abs(float(row.detectable_pct)), signed=False),
    )
    return (*cells, _verdict_words(str(row.verdict))) if verdicts else cells


def _verdict_words(verdict: str) -> str:
    return f"{texts.VERDICT_SIGNS[verdict]} {texts.VERDICTS[verdict]}"


def values_table(result: Measurement) -> Table:
    """Return the figures of one photo, one group per region."""
    groups = tuple(
        Group(
            region_name(region),
            tuple(
                (
                    summary.metric_name(str(row.metric)),
                    measured(str(row.metric), float(row.value), str(row.unit)),
                )
                for row in rows_of(result.regions[result.regions["region"] == region])
            ),
        )
        for region in summary.whole_first(result.regions["region"])
    )
    columns = (texts.COLUMNS["metric"], texts.COLUMNS["value"])
    return Table(texts.SECTIONS["values"], columns, groups, (False, True))


def provenance_table(result: Comparison | Measurement) -> Table:
    """Return what the result was made from and by: hashes, sizes, versions."""
    photos = (
        [(texts.PHOTO_NAMES[""], result.photo)]
        if isinstance(result, Measurement)
        else [
            (texts.PHOTO_NAMES["before"], result.before),
            (texts.PHOTO_NAMES["after"], result.after),
        ]
    )
    rows = []
    for name, photo in photos:
        size = f"{photo.width_px} × {photo.height_px} px"
        rows += [(texts.PIXELS.format(photo=name), size)]
        rows += [(texts.HASH.format(photo=name), photo.sha256)]
    rows += sorted(result.provenance.versions.items())
    return Table(
        texts.PROVENANCE, (texts.COLUMNS["software"], texts.COLUMNS["version"]),
        (Group("", tuple(rows)),), (False, False),
    )  # fmt: skip


def settings_table(result: Comparison | Measurement) -> Table:
    """Return every tunable number with its unit and meaning."""
    rows = []
    for room, values in result.settings:
        for name, value in values:
            info = type(values).model_fields[name]
            extra = info.json_schema_extra
            unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
            shown_value = f"{value:g}" if isinstance(value, float) else str(value)
            printed = texts.UNITS.get(unit, unit)
            rows.append(
                (f"{room}.{name}", f"{shown_value} {printed}".strip(), info.description or "")
            )
    names = ("setting", "value", "meaning")
    return Table(
        texts.SETTINGS_TITLE, tuple(texts.COLUMNS[name] for name in names),
        (Group("", tuple(rows)),), (False, False, False),
        compact=True,
    )  # fmt: skip
