"""The visits of a series: all in one table, then each with its changes and its quality."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from poremetrics.report import series_texts as words
from poremetrics.report import texts
from poremetrics.report.blocks import Block, Details, Group, Plain, Table, Text
from poremetrics.report.quality import check_name, light
from poremetrics.report.sentences import MATCHED, WHOLE, region_name
from poremetrics.report.series_parts import table
from poremetrics.report.table_blocks import change_table
from poremetrics.report.tables import rows_of
from poremetrics.study import SeriesResult


def each_visit(result: SeriesResult) -> tuple[Block, ...]:
    """Return every visit that was compared with the first: its quality and its changes."""
    changes = result.changes[result.changes["against"].eq("baseline")]
    quality = result.quality[result.quality["against"].eq("baseline")]
    return tuple(
        Details(
            _title(row),
            _visit(
                changes[changes["visit"].eq(row.visit)], quality[quality["visit"].eq(row.visit)]
            ),
        )
        for row in rows_of(result.visits)
        if changes["visit"].eq(row.visit).any()
    )


def _title(visit: Any) -> str:
    since = visit.days_since_treatment
    when = f"{words.STRIP_CAPTION.format(visit=visit.visit)}, {visit.date}"
    if not np.isfinite(since) or not visit.treatment:
        return when
    return words.VISIT_AFTER.format(when=when, days=f"{since:.0f}", treatment=visit.treatment)


def _visit(changes: pd.DataFrame, quality: pd.DataFrame) -> tuple[Plain, ...]:
    """Return quality and headline changes; of single regions the size alone."""
    judged = changes[changes["verdict"].ne("")]
    shown = judged[judged["region"].eq(WHOLE) | judged["metric"].isin(MATCHED)]
    nothing_left = bool(judged["verdict"].eq("not comparable").all())
    return (
        light(quality, nothing_left=nothing_left),
        change_table(words.SECTIONS["each"][0], shown, verdicts=True),
    )


def visits_table(result: SeriesResult) -> Table:
    """Return one row per visit: when, after what, and what became of its photo."""
    baseline = result.pairs[result.pairs["against"].eq("baseline")].set_index("visit")
    changes = result.changes[result.changes["against"].eq("baseline")]
    rows = []
    for row in rows_of(result.visits):
        since = row.days_since_treatment
        rows.append(
            (
                str(row.visit),
                str(row.date),
                str(row.days_since_baseline),
                str(row.treatment) or texts.MISSING,
                f"{since:.0f}" if np.isfinite(since) else texts.MISSING,
                _remark(row, baseline, changes),
            )
        )
    return table(
        "visits",
        ("visit", "date", "day", "treatment", "since", "remark"),
        (Group("", tuple(rows)),),
        (False, False, True, False, True, False),
    )


def _remark(row: Any, pairs: pd.DataFrame, changes: pd.DataFrame) -> str:
    if row.baseline:
        return words.FIRST
    pair = pairs.loc[str(row.visit)]
    if str(pair["status"]) != "compared":
        return words.FAILED.format(reason=pair["reason"])
    whole = changes[changes["visit"].eq(row.visit) & changes["region"].eq(WHOLE)]
    verdicts = whole.loc[whole["verdict"].ne(""), "verdict"]
    if len(verdicts) and verdicts.eq("not comparable").all():
        return words.REFUSED
    return words.EARLY if row.too_early else ""


def failed_checks_block(result: SeriesResult) -> Block:
    """Return which checks were not met at which visits."""
    quality = result.quality
    failed = quality[~quality["ok"] & quality["against"].eq("baseline")]
    if failed.empty:
        return Text((words.ALL_MET,))
    rows = tuple(
        (
            check_name(str(check)),
            ", ".join(
                f"{visit} ({', '.join(region_name(str(one)) for one in here['region'].unique())})"
                for visit, here in those.groupby("visit", sort=False)
            ),
        )
        for check, those in failed.groupby("check", sort=False)
    )
    return table("quality", ("check", "failed"), (Group("", rows),), (False, False))
