"""The report on a whole study, as data: all persons together, then one by one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from poremetrics.report import series_texts as words
from poremetrics.report import summary, texts
from poremetrics.report.blocks import Block, Group, Report, Table, Text
from poremetrics.report.sentences import MATCHED, WHOLE, interval, percent
from poremetrics.report.series_parts import created, methods_text, section, table
from poremetrics.report.tables import rows_of
from poremetrics.study import StudyResult


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
        created=created(result.provenance),
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
            section("cohort", cohort),
            section("persons", _persons_table(result.trends, pages)),
            section("flow", _flow_table(result.exclusions)),
            section("methods", methods_text(result.methods)),
        ),
    )


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
    return table(
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
    return table(
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
    return table(
        "flow",
        ("step", "reason", "persons", "photos"),
        (Group("", rows),),
        (False, False, True, True),
    )
