"""The report on one person's visits, as data: timeline first, then each visit."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np
import pandas as pd

from poremetrics.model import Provenance
from poremetrics.report import series_texts as words
from poremetrics.report import summary
from poremetrics.report.blocks import (
    Bar,
    Block,
    Card,
    Chart,
    Details,
    Group,
    Picture,
    Plain,
    Report,
    Row,
    Table,
    Text,
)
from poremetrics.report.chart_data import timeline_of
from poremetrics.report.sentences import MATCHED, WHOLE, interval, percent, region_name
from poremetrics.report.series_figures import TIMELINE_LEFT, TIMELINE_SHARE, plot_timeline
from poremetrics.report.series_parts import created, in_order, methods_text, section, table
from poremetrics.report.series_visits import each_visit, failed_checks_block, visits_table
from poremetrics.report.sketches import timeline_sketch
from poremetrics.report.tables import rows_of
from poremetrics.study import Filmstrip, SeriesResult

_FIRST_CHARTS = 3
"""Measures whose timeline is open on the page; the others are folded away."""


def build_series(
    result: SeriesResult, made: Provenance, methods: str, *, label: str | None = None
) -> Report:
    """Return the report on one person's, or one side's, visits.

    Parameters
    ----------
    result : SeriesResult
        What was put together.
    made : Provenance
        When and by what.
    methods : str
        Paragraph on the methods.
    label : str, optional
        Label of the patient; by default the code of the manifest.

    Returns
    -------
    Report
        Timeline first, then course, pores, visits, checks, every visit, methods.
    """
    whole = in_order(result.trends[result.trends["region"].eq(WHOLE)])
    verdict, headline, detail = _headline(result, whole)
    usual = f"{result.subject} {result.side}".strip()
    sections = (
        section("timeline", *_timelines(result, [str(name) for name in whole["metric"]])),
        section("course", _course_table(result.trends)),
        section("strips", *_strips(result)),
        section("lives", _lives_table(result.lives)),
        section("visits", visits_table(result)),
        section("quality", failed_checks_block(result)),
        section("each", *each_visit(result)),
        section("methods", methods_text(methods)),
    )
    return Report(
        title=words.TITLE.format(visits=len(result.visits)),
        created=created(made),
        label=label or usual,
        verdict=verdict,
        headline=headline,
        detail=detail,
        notes=(),
        cards=tuple(_card(row, result.timeline) for row in rows_of(whole)),
        whole=None,
        overview=None,
        sections=sections,
    )


def _headline(result: SeriesResult, whole: pd.DataFrame) -> tuple[str, str, str]:
    """Return verdict, headline and detail: on the size, or on the number where it alone changed."""
    size, number = (
        next((row for row in rows_of(whole[whole["metric"].isin(names)])), None)
        for names in (MATCHED, ("count",))
    )
    if size is None or str(size.story) == "not comparable":
        return "not comparable", words.HEADLINES["not comparable"], words.DETAIL_NONE
    by_number = (
        str(size.story) == "no detectable change"
        and number is not None
        and str(number.story) in words.COUNT_HEADLINES
    )
    row: Any = number if by_number else size
    line = result.timeline[
        result.timeline["metric"].eq(str(row.metric)) & result.timeline["region"].eq(WHOLE)
    ]
    rate = (
        words.RATE.format(
            rate=percent(row.rate_per_session_pct),
            interval=interval(row.rate_low_pct, row.rate_high_pct),
        )
        if np.isfinite(row.rate_per_session_pct)
        else ""
    )
    detail = words.DETAIL.format(
        range=f"{percent(row.change_pct)} ({interval(row.ci_low_pct, row.ci_high_pct)})",
        rate=rate,
        rc=f"{line['rc_pct'].max():.0f}",
    )
    unclear = str(row.story) == "changed; course not clear" and str(row.verdict) == "decreased"
    kind = "decreased" if unclear else str(row.story)
    said = words.COUNT_HEADLINES if by_number else words.HEADLINES
    headline = said[kind].format(size=f"{abs(row.change_pct):.0f}")
    return str(row.verdict), headline, detail + (words.DETAIL_SIZE if by_number else "")


def _card(row: Any, timeline: pd.DataFrame) -> Card:
    line = timeline[timeline["metric"].eq(str(row.metric)) & timeline["region"].eq(WHOLE)]
    known = bool(np.isfinite(row.change_pct))
    return Card(
        verdict=str(row.verdict),
        name=summary.metric_name(str(row.metric)),
        words=(
            f"{percent(row.change_pct)} ({interval(row.ci_low_pct, row.ci_high_pct)}); "
            if known
            else ""
        )
        + words.STORIES[str(row.story)],
        bar=(
            Bar(row.change_pct, row.ci_low_pct, row.ci_high_pct, float(line["rc_pct"].max()))
            if known
            else None
        ),
    )


def _timelines(result: SeriesResult, metrics: list[str]) -> tuple[Block, ...]:
    charts: list[Plain] = [
        Chart(
            key=f"timeline-{number}",
            draw=partial(_drawn, result, metric),
            alt=words.ALT_TIMELINE.format(
                metric=summary.metric_name(metric), visits=len(result.visits)
            ),
            height_share=TIMELINE_SHARE,
            left_share=TIMELINE_LEFT,
            caption=summary.metric_name(metric),
            sketch=timeline_sketch(timeline_of(result, metric, WHOLE)),
        )
        for number, metric in enumerate(metrics)
    ]
    if not charts:
        return (Text((words.DETAIL_NONE,)),)
    folded = tuple(charts[_FIRST_CHARTS:])
    return (*charts[:_FIRST_CHARTS], *([Details(words.MORE, folded)] if folded else []))


def _drawn(result: SeriesResult, metric: str, ax: Any) -> object:
    return plot_timeline(result, metric, ax=ax)


def _course_table(trends: pd.DataFrame) -> Table:
    groups = []
    for region in summary.whole_first(trends["region"]):
        here = rows_of(in_order(trends[trends["region"].eq(region)]))
        groups.append(
            Group(
                region_name(region),
                tuple(
                    (
                        summary.metric_name(str(row.metric)),
                        percent(row.change_pct),
                        interval(row.ci_low_pct, row.ci_high_pct),
                        percent(row.rate_per_session_pct),
                        interval(row.rate_low_pct, row.rate_high_pct),
                        words.STORIES[str(row.story)],
                    )
                    for row in here
                ),
                tuple(str(row.verdict) for row in here),
            )
        )
    return table(
        "course",
        ("metric", "change", "interval", "rate", "interval", "story"),
        tuple(groups),
        (False, True, True, True, True, False),
    )


def _strips(result: SeriesResult) -> tuple[Block, ...]:
    limit = result.settings.study.filmstrip_shown
    rows = tuple(_strip(one, result.settings.study.filmstrip_zoom) for one in result.filmstrips)
    return rows[:limit] or (Text((words.NO_STRIPS,)),)


def _strip(strip: Filmstrip, zoom: int) -> Row:
    region = region_name(strip.region)
    return Row(
        words.STRIP_NAME.format(pore=strip.pore_id, region=region),
        tuple(
            Picture(
                key=f"strip-{strip.pore_id}-{number}",
                # Every pixel a block: nothing is smoothed that the camera did not smooth.
                pixels=cv2.resize(
                    frame, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST
                ).astype(np.uint8),
                alt=words.ALT_STRIP.format(region=region, visit=visit),
                caption=words.STRIP_CAPTION.format(visit=visit),
                wide=False,
            )
            for number, (visit, frame) in enumerate(strip.frames.items())
        ),
    )


def _lives_table(lives: pd.DataFrame) -> Table:
    counts = lives["fate"].value_counts()
    rows = tuple(
        (name, f"{int(counts[fate]):,}") for fate, name in words.FATES.items() if fate in counts
    )
    return table("lives", ("fate", "pores"), (Group("", rows),), (False, True))
