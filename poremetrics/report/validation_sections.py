"""The page on accuracy, as data: headline figures first, then one section per claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.report import summary, texts
from poremetrics.report import validation_texts as words
from poremetrics.report.blocks import Block, Chart, Details, Group, Report, Section, Table, Text
from poremetrics.report.sentences import percent
from poremetrics.report.tables import rows_of
from poremetrics.report.validation_figures import (
    LEVELS_SHARE,
    Whiskers,
    bars_share,
    plot_errors,
    plot_levels,
)
from poremetrics.validate import Validation

_OURS = "poremetrics"
_SHOWN = ("count", "diameter_um_matched", "coverage_pct")
"""Measures of the perturbation table that are read from each photo alone too."""
_MATCHED = "diameter_um_matched"


def build_validation(result: Validation) -> Report:
    """Return the page on accuracy.

    Parameters
    ----------
    result : Validation
        All tables.

    Returns
    -------
    Report
        Headline figures, peers, accuracy, sizes, perturbations, false calls, power, intervals,
        refusals, limits.
    """
    made = result.provenance
    moment = made.created_at.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")
    versions = ", ".join(f"{name} {number}" for name, number in sorted(made.versions.items()))
    command = words.COMMAND_QUICK if result.quick else words.COMMAND
    return Report(
        title=words.TITLE,
        created=texts.CREATED.format(date=moment),
        label="",
        verdict="",
        headline=words.HEADLINE.format(f1=_share(float(result.accuracy["f1"].mean()))),
        detail=_detail(result),
        notes=(
            *((words.QUICK,) if result.quick else ()),
            command.format(seed=result.seed),
            words.VERSIONS.format(versions=versions),
        ),
        cards=(),
        whole=None,
        overview=None,
        sections=(
            _section("headline", _headline_table(result.headline)),
            _section("peers", *_peers(result.peers)),
            _section("accuracy", _accuracy_table(result.accuracy)),
            _section("sizes", *_sizes(result.by_size)),
            _section("perturbations", *_perturbations(result.perturbations)),
            _section("nulls", _nulls_table(result.nulls)),
            _section("power", *_power(result.powers)),
            _section("intervals", *_intervals(result.intervals)),
            _section("hopeless", _hopeless_table(result.hopeless)),
            _section("limits", Text((words.LIMITS,))),
        ),
    )


def _section(key: str, *blocks: Block) -> Section:
    title, lead = words.SECTIONS[key]
    return Section(key, title, lead, blocks)


def _table(
    key: str, columns: Sequence[str], groups: Sequence[Group], texts_first: int = 1
) -> Table:
    """Return a table whose first columns are words and whose others are figures."""
    return Table(
        words.SECTIONS[key][0],
        tuple(words.COLUMNS.get(name, name) for name in columns),
        tuple(groups),
        tuple(index >= texts_first for index in range(len(columns))),
    )


def _chart(
    key: str,
    draw: Callable[..., object],
    alt: str,
    *,
    height: float = LEVELS_SHARE,
    caption: str = "",
) -> Chart:
    return Chart(key, lambda ax: draw(ax=ax), alt, height, left_share=0.0, caption=caption)


def _share(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else texts.MISSING


def _plain(value: float) -> str:
    """Return a percentage that has no direction."""
    return percent(value, signed=False)


def _detail(result: Validation) -> str:
    means = result.peers.groupby("detector")["f1"].mean().drop(_OURS, errors="ignore").dropna()
    pattern = words.DETAIL if len(means) else words.DETAIL_ALONE
    return pattern.format(
        pictures=f"{len(result.accuracy):,}",
        pairs=f"{len(result.pairs):,}",
        peer=f"{_share(float(means.max()))} ({means.idxmax()})" if len(means) else "",
    )


def _headline_table(headline: pd.DataFrame) -> Table:
    rows = tuple(
        (
            str(row.figure),
            _share(row.value)
            if row.unit == "1"
            # A bias has a sign; shares of pairs have none.
            else percent(row.value, signed="bias" in str(row.figure)),
        )
        for row in rows_of(headline)
    )
    return _table("headline", ("figure", "value"), [Group("", rows)])


def _levels(table: pd.DataFrame, factor: str) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows of every level of a factor, by its printed name."""
    pattern = words.FACTORS[factor][1]
    return [(pattern.format(level), rows) for level, rows in table.groupby(factor, sort=True)]


def _peers(peers: pd.DataFrame) -> tuple[Block, ...]:
    detectors = [str(name) for name in peers["detector"].unique()]
    best = _best_variants(peers)
    charts: list[Block] = []
    groups = []
    for factor, (title, _) in words.FACTORS.items():
        levels = _levels(peers, factor)
        means = {
            name: np.array(
                [float(rows.loc[rows["detector"].eq(name), "f1"].mean()) for _, rows in levels]
            )
            for name in detectors
        }
        names = [name for name, _ in levels]
        if len(levels) > 1:
            charts.append(
                _chart(
                    f"peers-{factor}",
                    partial(
                        plot_levels,
                        names,
                        {one: means[one] for one in best},
                        words.AXIS_F1,
                        limits=(0.6, 1.0),
                    ),
                    words.CHART_PEERS.format(factor=title),
                    caption=title,
                )
            )
        cells = tuple(
            (name, *(_share(means[one][index]) for one in detectors))
            for index, name in enumerate(names)
        )
        groups.append(Group(title, cells))
    return (*charts, _table("peers", ("cell", *detectors), groups))


def _best_variants(peers: pd.DataFrame) -> list[str]:
    """Return the better variant of every detector; a chart of all would be hard to read."""
    means = peers.groupby("detector", sort=False)["f1"].mean()
    families = means.index.str.split(",").str[0]
    return [str(rows.idxmax()) for _, rows in means.dropna().groupby(families, sort=False)]


def _accuracy_table(accuracy: pd.DataFrame) -> Table:
    groups = [
        Group(
            title,
            tuple(
                (
                    name,
                    str(len(rows)),
                    *(
                        _share(float(rows[column].mean()))
                        for column in ("precision", "recall", "f1")
                    ),
                    percent(float(rows["size_bias_pct"].median())),
                    _plain(float(rows["on_marks_pct"].mean())),
                )
                for name, rows in _levels(accuracy, factor)
            ),
        )
        for factor, (title, _) in words.FACTORS.items()
    ]
    columns = ("cell", "pictures", "precision", "recall", "f1", "size_bias", "on_marks")
    return _table("accuracy", columns, groups)


def _sizes(by_size: pd.DataFrame) -> tuple[Block, ...]:
    names, rows, values = [], [], []
    for (low, high), group in by_size.groupby(["low_px", "high_px"], sort=True):
        pattern = words.SIZE_CLASS if np.isfinite(high) else words.SIZE_LARGEST
        true, false, missed = (float(group[name].sum()) for name in ("true", "false", "missed"))
        if true + missed == 0:
            continue
        # Pictures with many pores of a class tell more about it.
        bias, spread = (
            _weighted(group[name], group["true"]) for name in ("size_bias_pct", "size_spread_pct")
        )
        names.append(pattern.format(low=low, high=high))
        values.append((bias, spread))
        rows.append(
            (
                names[-1],
                f"{true + missed:,.0f}",
                _share(true / (true + false) if true + false else float("nan")),
                _share(true / (true + missed)),
                percent(bias),
                _plain(spread),
            )
        )
    columns = ("size", "pores", "precision", "recall", "size_bias", "spread")
    table = _table("sizes", columns, [Group("", tuple(rows))])
    if not names:
        return (table,)
    bias_of, spread_of = np.array(values, dtype=np.float64).T
    series = {_OURS: bias_of}
    ends: dict[str, Whiskers] = {_OURS: (bias_of - spread_of, bias_of + spread_of)}
    chart = _chart(
        "sizes",
        partial(plot_levels, names, series, words.AXIS_BIAS, whiskers=ends, line=0.0),
        words.CHART_SIZES,
    )
    return chart, table


def _weighted(values: pd.Series, weights: pd.Series) -> float:
    known = values.notna() & weights.gt(0)
    if not known.any():
        return float("nan")
    return float(np.average(values[known], weights=weights[known]))


def _perturbations(table: pd.DataFrame) -> tuple[Block, ...]:
    names = [f"{row.nuisance}, {row.strength}" for row in rows_of(table)]
    charts = [
        _chart(
            f"perturbations-{measure}",
            partial(
                plot_errors,
                names,
                _column(table, f"{measure}_naive_pct"),
                _column(table, f"{measure}_corrected_pct"),
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
    return _table(
        "perturbations",
        (*columns, "blob_log") if other else columns,
        [Group(summary.metric_name(measure), rows)],
        texts_first=2,
    )


def _column(table: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    return table[name].to_numpy(np.float64)


def _nulls_table(nulls: pd.DataFrame) -> Table:
    rows = tuple(
        (
            str(row.strength),
            str(row.pairs),
            str(row.refused),
            str(row.false_calls),
            _plain(100.0 * row.false_call_rate),
            _range(row.rate_low, row.rate_high),
            *(
                _plain(float(getattr(row, f"{measure}_median_abs_pct")))
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
    return _table("nulls", (*columns, *of), [Group("", rows)])


def _range(low: float, high: float) -> str:
    """Return an interval of shares."""
    if np.isnan(low) or np.isnan(high):
        return texts.MISSING
    return f"{_plain(100.0 * low)} to {_plain(100.0 * high)}"


def _power(powers: pd.DataFrame) -> tuple[Block, ...]:
    rows = tuple(
        (
            f"{words.EFFECTS[str(row.effect)]} by {row.level_pct:g} %",
            str(row.pairs),
            str(row.refused),
            str(row.found),
            _plain(100.0 * row.power),
            _range(row.power_low, row.power_high),
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
    chart = _chart(
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
    return chart, _table("power", columns, [Group("", rows)])


def _intervals(intervals: pd.DataFrame) -> tuple[Block, ...]:
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
    chart = _chart(
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
    return chart, _table("intervals", columns, groups)


def _interval_row(row: Any) -> tuple[str, ...]:
    return (
        summary.metric_name(str(row.measure)),
        str(row.pairs),
        _plain(100.0 * row.coverage),
        _range(row.coverage_low, row.coverage_high),
        percent(row.bias_pct),
    )


def _hopeless_table(hopeless: pd.DataFrame) -> Table:
    rows = tuple(
        (
            str(row.reason),
            str(row.pairs),
            str(row.refused),
            _plain(100.0 * row.refused_share),
            _range(row.share_low, row.share_high),
        )
        for row in rows_of(hopeless)
    )
    columns = ("reason", "pairs", "refused", "rate", "interval")
    return _table("hopeless", columns, [Group("", rows)])
