"""Sections of the page on accuracy that rest on pairs of photos."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from poremetrics.report import summary
from poremetrics.report import validation_parts as parts
from poremetrics.report import validation_texts as words
from poremetrics.report.blocks import Block, Details, Group, Table
from poremetrics.report.sentences import percent
from poremetrics.report.tables import rows_of
from poremetrics.report.validation_figures import bars_share, plot_errors, plot_levels

_SHOWN = ("count", "diameter_um_matched", "coverage_pct")
"""Measures of the perturbation table that are read from each photo alone too."""
_MATCHED = "diameter_um_matched"


def perturbations(table: pd.DataFrame) -> tuple[Block, ...]:
    """Return what each nuisance does to unchanged skin: charts, then a table per measure."""
    names = [f"{row.nuisance}, {row.strength}" for row in rows_of(table)]
    charts = [
        parts.chart(
            f"perturbations-{measure}",
            partial(
                plot_errors,
                names,
                parts.column(table, f"{measure}_naive_pct"),
                parts.column(table, f"{measure}_corrected_pct"),
            ),
            words.CHART_PERTURBATIONS.format(measure=summary.metric_name(measure)),
            height=bars_share(len(names)),
            caption=f"{summary.metric_name(measure)}. {words.BEYOND}",
        )
        for measure in _SHOWN
    ]
    tables = [_perturbation_table(table, measure) for measure in _SHOWN]
    return (
        *charts[:2],
        Details(summary.metric_name(_SHOWN[2]), (charts[2],)),
        *tables,
    )


def _perturbation_table(table: pd.DataFrame, measure: str) -> Table:
    other = measure == "count"
    rows = tuple(
        (
            str(row.nuisance),
            str(row.strength),
            f"{row.refused} of {row.pairs}",
            *(
                percent(float(getattr(row, f"{measure}_{kind}_pct")))
                for kind in ("naive", "corrected", "worst")
            ),
            *((percent(row.count_blob_log_pct),) if other else ()),
        )
        for row in rows_of(table)
    )
    columns = ("nuisance", "strength", "refused", "naive", "corrected", "worst")
    return parts.table(
        "perturbations",
        (*columns, "blob_log") if other else columns,
        [Group(summary.metric_name(measure), rows)],
        texts_first=2,
    )


def nulls(nulls: pd.DataFrame) -> Table:
    """Return the false calls per strength of nuisance."""
    rows = tuple(
        (
            str(row.strength),
            str(row.pairs),
            str(row.refused),
            str(row.false_calls),
            parts.plain(100.0 * row.false_call_rate),
            parts.share_range(row.rate_low, row.rate_high),
            *(
                parts.plain(float(getattr(row, f"{measure}_median_abs_pct")))
                for measure in ("count", _MATCHED)
            ),
        )
        for row in rows_of(nulls)
    )
    columns = ("strength", "pairs", "refused", "false_calls", "rate", "interval")
    of = [
        f"{words.COLUMNS['change']}: {summary.metric_name(one).lower()}"
        for one in ("count", _MATCHED)
    ]
    return parts.table("nulls", (*columns, *of), [Group("", rows)])


def power(powers: pd.DataFrame) -> tuple[Block, ...]:
    """Return how often each designed change is found."""
    rows = tuple(
        (
            f"{words.EFFECTS[str(row.effect)]} by {row.level_pct:g} %",
            str(row.pairs),
            str(row.refused),
            str(row.found),
            parts.plain(100.0 * row.power),
            parts.share_range(row.power_low, row.power_high),
            percent(row.true_pct),
            percent(row.measured_pct),
        )
        for row in rows_of(powers)
    )
    columns = ("effect", "pairs", "refused", "found", "power", "interval", "true", "measured")
    levels = sorted(powers["level_pct"].unique())
    series, ends = {}, {}
    for effect, group in powers.groupby("effect", sort=False):
        at = 100.0 * group.set_index("level_pct")[["power", "power_low", "power_high"]]
        value, low, high = at.reindex(levels).to_numpy(np.float64).T
        name = words.EFFECTS[str(effect)]
        series[name], ends[name] = value, (low, high)
    chart = parts.chart(
        "power",
        partial(
            plot_levels,
            [f"−{level:g} %" for level in levels],
            series,
            words.AXIS_POWER,
            whiskers=ends,
            limits=(0.0, 100.0),
        ),
        words.CHART_POWER,
    )
    return chart, parts.table("power", columns, [Group("", rows)])


def intervals(intervals: pd.DataFrame) -> tuple[Block, ...]:
    """Return how often intervals hold the truth."""
    groups = [
        Group(f"{str(skin).capitalize()} skin", tuple(_interval_row(row) for row in rows_of(rows)))
        for skin, rows in intervals.groupby("skin", sort=False)
    ]
    measures = [str(name) for name in intervals["measure"].unique()]
    series, ends = {}, {}
    for skin, rows in intervals.groupby("skin", sort=False):
        at = 100.0 * rows.set_index("measure")[["coverage", "coverage_low", "coverage_high"]]
        value, low, high = at.reindex(measures).to_numpy(np.float64).T
        name = f"{skin} skin"
        series[name], ends[name] = value, (low, high)
    chart = parts.chart(
        "intervals",
        partial(
            plot_levels,
            [summary.metric_name(name) for name in measures],
            series,
            words.AXIS_COVERAGE,
            whiskers=ends,
            line=95.0,
            limits=(50.0, 100.0),
        ),
        words.CHART_INTERVALS,
    )
    columns = ("measure", "pairs", "coverage", "interval", "bias")
    return chart, parts.table("intervals", columns, groups)


def _interval_row(row: Any) -> tuple[str, ...]:
    return (
        summary.metric_name(str(row.measure)),
        str(row.pairs),
        parts.plain(100.0 * row.coverage),
        parts.share_range(row.coverage_low, row.coverage_high),
        percent(row.bias_pct),
    )


def resolutions(table: pd.DataFrame) -> Table:
    """Return what is read of a change, and how often intervals hold it, by scale and sharpness."""
    rows = tuple(
        (
            f"{row.px_per_mm:g} px/mm" if np.isfinite(row.px_per_mm) else words.ALL_STRENGTHS,
            f"{row.blur_px:g} px" if np.isfinite(row.blur_px) else "",
            str(row.pairs),
            str(row.refused),
            parts.plain(100.0 * row.read),
            *(
                f"{getattr(row, f'{measure}_held')} of {getattr(row, f'{measure}_known')}"
                for measure in _SHOWN
            ),
        )
        for row in rows_of(table)
    )
    held = [f"{words.COLUMNS['coverage']}: {summary.metric_name(one).lower()}" for one in _SHOWN]
    columns = ("scale", "blur", "pairs", "refused", "read", *held)
    return parts.table("resolutions", columns, [Group("", rows)], texts_first=2)


def hopeless(hopeless: pd.DataFrame) -> Table:
    """Return the refusals of pairs that cannot be compared."""
    rows = tuple(
        (
            str(row.reason),
            str(row.pairs),
            str(row.refused),
            parts.plain(100.0 * row.refused_share),
            parts.share_range(row.share_low, row.share_high),
        )
        for row in rows_of(hopeless)
    )
    columns = ("reason", "pairs", "refused", "rate", "interval")
    return parts.table("hopeless", columns, [Group("", rows)])
