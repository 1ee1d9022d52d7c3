"""The page on accuracy, as data: headline figures first, then one section per claim."""

from __future__ import annotations

from datetime import UTC
from functools import partial

import numpy as np
import pandas as pd

from poremetrics.report import texts
from poremetrics.report import validation_pairs as pairs
from poremetrics.report import validation_parts as parts
from poremetrics.report import validation_texts as words
from poremetrics.report.blocks import Block, Group, Report, Table, Text
from poremetrics.report.sentences import percent
from poremetrics.report.tables import rows_of
from poremetrics.report.validation_figures import (
    Whiskers,
    plot_levels,
)
from poremetrics.validate import Validation

_OURS = "poremetrics"


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
        other resolutions, refusals, limits.
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
        headline=words.HEADLINE.format(f1=parts.share(float(result.accuracy["f1"].mean()))),
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
            parts.section("headline", _headline_table(result.headline)),
            parts.section("peers", *_peers(result.peers)),
            parts.section("accuracy", _accuracy_table(result.accuracy)),
            parts.section("sizes", *_sizes(result.by_size)),
            parts.section("perturbations", *pairs.perturbations(result.perturbations)),
            parts.section("nulls", pairs.nulls(result.nulls)),
            parts.section("power", *pairs.power(result.powers)),
            parts.section("intervals", *pairs.intervals(result.intervals)),
            parts.section("resolutions", pairs.resolutions(result.resolutions)),
            parts.section("hopeless", pairs.hopeless(result.hopeless)),
            parts.section("limits", Text((words.LIMITS,))),
        ),
    )


def _detail(result: Validation) -> str:
    means = result.peers.groupby("detector")["f1"].mean().drop(_OURS, errors="ignore").dropna()
    pattern = words.DETAIL if len(means) else words.DETAIL_ALONE
    return pattern.format(
        pictures=f"{len(result.accuracy):,}",
        pairs=f"{len(result.pairs):,}",
        peer=f"{parts.share(float(means.max()))} ({means.idxmax()})" if len(means) else "",
    )


def _headline_table(headline: pd.DataFrame) -> Table:
    rows = tuple(
        (
            str(row.figure),
            parts.share(row.value)
            if row.unit == "1"
            # A bias has a sign; shares of pairs have none.
            else percent(row.value, signed="bias" in str(row.figure)),
        )
        for row in rows_of(headline)
    )
    return parts.table("headline", ("figure", "value"), [Group("", rows)])


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
                parts.chart(
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
            (name, *(parts.share(means[one][index]) for one in detectors))
            for index, name in enumerate(names)
        )
        groups.append(Group(title, cells))
    return (*charts, parts.table("peers", ("cell", *detectors), groups))


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
                        parts.share(float(rows[column].mean()))
                        for column in ("precision", "recall", "f1")
                    ),
                    percent(float(rows["size_bias_pct"].median())),
                    parts.plain(float(rows["on_marks_pct"].mean())),
                )
                for name, rows in _levels(accuracy, factor)
            ),
        )
        for factor, (title, _) in words.FACTORS.items()
    ]
    columns = ("cell", "pictures", "precision", "recall", "f1", "size_bias", "on_marks")
    return parts.table("accuracy", columns, groups)


def _sizes(by_size: pd.DataFrame) -> tuple[Block, ...]:
    names, rows, values = [], [], []
    for (low, high), group in by_size.groupby(["low_px", "high_px"], sort=True):
        pattern = words.SIZE_CLASS if np.isfinite(float(str(high))) else words.SIZE_LARGEST
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
                parts.share(true / (true + false) if true + false else float("nan")),
                parts.share(true / (true + missed)),
                percent(bias),
                parts.plain(spread),
            )
        )
    columns = ("size", "pores", "precision", "recall", "size_bias", "spread")
    table = parts.table("sizes", columns, [Group("", tuple(rows))])
    if not names:
        return (table,)
    bias_of, spread_of = np.array(values, dtype=np.float64).T
    series = {_OURS: bias_of}
    ends: dict[str, Whiskers] = {_OURS: (bias_of - spread_of, bias_of + spread_of)}
    chart = parts.chart(
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
