"""The reports on one person's visits and on a whole study, as data: timeline first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from functools import partial
from typing import Any

import cv2
import numpy as np
import pandas as pd

from poremetrics.model import Provenance
from poremetrics.report import series_texts as words
from poremetrics.report import summary, texts
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
    Section,
    Table,
    Text,
)
from poremetrics.report.quality import check_name
from poremetrics.report.sentences import MATCHED, WHOLE, interval, percent, region_name
from poremetrics.report.series_figures import TIMELINE_LEFT, TIMELINE_SHARE, plot_timeline
from poremetrics.report.tables import rows_of
from poremetrics.study import Filmstrip, SeriesResult, StudyResult

_FIRST_CHARTS = 3
"""Measures whose timeline is open on the page; the others are folded away."""
_ORDER = (
    *("diameter_um_matched", "diameter_px_matched", "count", "contrast_matched", "coverage_pct"),
    *("diameter_um_median", "diameter_px_median", "contrast_mean"),
)


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
        Timeline first, then course, pores, visits, checks, methods.
    """
    whole = _in_order(result.trends[result.trends["region"].eq(WHOLE)])
    matched = next((row for row in rows_of(whole) if str(row.metric) in MATCHED), None)
    verdict, headline, detail = _headline(result, matched)
    usual = f"{result.subject} {result.side}".strip()
    sections = (
        _section("timeline", *_timelines(result, [str(name) for name in whole["metric"]])),
        _section("course", _course_table(result.trends)),
        _section("strips", *_strips(result)),
        _section("lives", _lives_table(result.lives)),
        _section("visits", _visits_table(result)),
        _section("quality", _checks(result)),
        _section("methods", Text(tuple(methods.splitlines()))),
    )
    return Report(
        title=words.TITLE.format(visits=len(result.visits)),
        created=_created(made),
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


def build_study(result: StudyResult, pages: Mapping[tuple[str, str], str]) -> Report:
    """Return the report on a whole study.

    Parameters
    ----------
    result : StudyResult
        The study.
    pages : mapping of (subject, side) to str
        Name of the file that holds a person's own report.
    """
    analysed = result.exclusions[result.exclusions["step"].eq("analysed with the baseline")]
    cohort: Block = (
        Text((words.STUDY_NOTE_FEW,)) if result.cohort.empty else _cohort_table(result.cohort)
    )
    return Report(
        title=words.TITLE_STUDY,
        created=_created(result.provenance),
        label="",
        verdict="",
        headline=words.STUDY_HEADLINE.format(
            persons=result.visits["subject"].nunique(), photos=len(result.visits)
        ),
        detail=words.STUDY_DETAIL.format(
            analysed=int(analysed["photos"].sum()), of=int(analysed["subjects"].sum())
        ),
        notes=(),
        cards=(),
        whole=None,
        overview=None,
        sections=(
            _section("cohort", cohort),
            _section("persons", _persons_table(result.trends, pages)),
            _section("flow", _flow_table(result.exclusions)),
            _section("methods", Text(tuple(result.methods.splitlines()))),
        ),
    )


def _section(key: str, *blocks: Block) -> Section:
    title, lead = words.SECTIONS[key]
    return Section(key, title, lead, blocks)


def _created(made: Provenance) -> str:
    moment = made.created_at.astimezone(UTC)
    return texts.CREATED.format(date=moment.strftime("%-d %B %Y, %H:%M UTC"))


def _in_order(trends: pd.DataFrame) -> pd.DataFrame:
    """Return the measures with those first that say most."""

    def place(metrics: pd.Series) -> pd.Series:
        ranks = [_ORDER.index(name) if name in _ORDER else len(_ORDER) for name in metrics]
        return pd.Series(ranks, index=metrics.index)

    return trends.sort_values("metric", key=place, kind="stable")


def _headline(result: SeriesResult, row: Any) -> tuple[str, str, str]:
    if row is None or str(row.story) == "not comparable":
        return "not comparable", words.HEADLINES["not comparable"], words.DETAIL_NONE
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
    headline = words.HEADLINES[kind].format(size=f"{abs(row.change_pct):.0f}")
    return str(row.verdict), headline, detail


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
        here = rows_of(_in_order(trends[trends["region"].eq(region)]))
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
    return _table(
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
    return _table("lives", ("fate", "pores"), (Group("", rows),), (False, True))


def _visits_table(result: SeriesResult) -> Table:
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
    return _table(
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


def _checks(result: SeriesResult) -> Block:
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
    return _table("quality", ("check", "failed"), (Group("", rows),), (False, False))


def _cohort_table(cohort: pd.DataFrame) -> Table:
    groups = tuple(
        Group(
            summary.metric_name(str(metric)),
            tuple(
                (
                    str(row.term),
                    percent(row.effect_pct),
                    interval(row.ci_low_pct, row.ci_high_pct),
                    str(row.subjects),
                    str(row.note),
                )
                for row in rows_of(rows)
            ),
        )
        for metric, rows in cohort.groupby("metric", sort=False)
    )
    return _table(
        "cohort",
        ("term", "effect", "interval", "persons", "remark"),
        groups,
        (False, True, True, True, False),
    )


def _persons_table(trends: pd.DataFrame, pages: Mapping[tuple[str, str], str]) -> Table:
    chosen = trends[trends["region"].eq(WHOLE) & trends["metric"].isin((*MATCHED, "count"))]
    rows = tuple(
        (
            str(row.subject),
            str(row.side) or texts.MISSING,
            summary.metric_name(str(row.metric)),
            percent(row.change_pct),
            interval(row.ci_low_pct, row.ci_high_pct),
            words.STORIES[str(row.story)],
            pages.get((str(row.subject), str(row.side)), texts.MISSING),
        )
        for row in rows_of(chosen)
    )
    return _table(
        "persons",
        ("subject", "side", "metric", "change", "interval", "story", "page"),
        (Group("", rows),),
        (False, False, False, True, True, False, False),
    )


def _flow_table(exclusions: pd.DataFrame) -> Table:
    rows = tuple(
        (
            f"{words.LEFT_OUT}: {row.step}" if row.left_out else str(row.step),
            str(row.reason),
            str(row.subjects),
            str(row.photos),
        )
        for row in rows_of(exclusions)
    )
    return _table(
        "flow",
        ("step", "reason", "persons", "photos"),
        (Group("", rows),),
        (False, False, True, True),
    )


def _table(
    key: str, columns: tuple[str, ...], groups: tuple[Group, ...], numeric: tuple[bool, ...]
) -> Table:
    caption, _ = words.SECTIONS[key]
    return Table(caption, tuple(words.COLUMNS[name] for name in columns), groups, numeric)
