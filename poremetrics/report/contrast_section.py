"""The change of every region relative to a control region, as a section of the report."""

from __future__ import annotations

import pandas as pd

from poremetrics.model import Comparison
from poremetrics.report import summary
from poremetrics.report.blocks import Group, Section, Table
from poremetrics.report.sentences import interval, percent, region_name
from poremetrics.report.tables import rows_of

_TITLE = "Change relative to the control region"
_LEAD = (
    "The {control} was named as untreated skin. Below 0 %: the region fell by more than the "
    "control in the same time. The interval adds the errors of both regions; it is no verdict."
)
_COLUMNS = ("Measure", "Change", "Change of the control", "Relative to it", "95 % interval")


def contrast_section(result: Comparison) -> Section | None:
    """Return the section, None where no control region was named."""
    rows = result.contrasts
    if rows.empty:
        return None
    control = region_name(str(rows["control"].iloc[0])).lower()
    groups = tuple(
        Group(region_name(str(region)), _cells(rows[rows["region"].eq(region)]))
        for region in rows["region"].unique()
    )
    numbers = (False, *[True] * (len(_COLUMNS) - 1))
    table = Table(_TITLE, _COLUMNS, groups, numbers)
    return Section("contrasts", _TITLE, _LEAD.format(control=control), (table,))


def _cells(rows: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            summary.metric_name(str(row.metric)),
            percent(float(row.change_pct)),
            percent(float(row.control_change_pct)),
            percent(float(row.difference_pct)),
            interval(float(row.difference_low_pct), float(row.difference_high_pct)),
        )
        for row in rows_of(rows)
    )
