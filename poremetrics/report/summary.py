"""The first page: the headline, one plain sentence per region, the traffic light."""

from __future__ import annotations

import math

import pandas as pd

from poremetrics.change.checks import CHECKS
from poremetrics.model import Comparison, Measurement
from poremetrics.report import texts
from poremetrics.report.blocks import Bar, Card
from poremetrics.report.quality import failed_checks, reasons
from poremetrics.report.sentences import (
    MATCHED,
    WHOLE,
    fill,
    kind_of,
    one_liner,
    region_name,
    row_of,
    with_unit,
)
from poremetrics.report.tables import rows_of


def refused(result: Comparison) -> frozenset[str]:
    """Return the regions that failed a check that refuses."""
    failed = failed_checks(result.quality)
    names = {
        str(row.region)
        for row in rows_of(failed)
        if str(row.check) in CHECKS and CHECKS[str(row.check)].refuses
    }
    regions = {str(name) for name in result.changes["region"]} - {WHOLE}
    if WHOLE in names or (regions and regions <= names):
        return frozenset(regions | {WHOLE})
    return frozenset(names)


def headline(result: Comparison) -> tuple[str, str, str]:
    """Return verdict, headline and explanation for the whole pair."""
    kind = kind_of(result.changes, WHOLE, refused(result))
    row = row_of(result.changes, WHOLE, *MATCHED)
    verdict = kind if kind in texts.VERDICTS else "no detectable change"
    return verdict, fill(texts.HEADLINES[kind], row, WHOLE), fill(
        texts.HEADLINE_DETAIL[kind], row, WHOLE
    )  # fmt: skip


def cards(result: Comparison) -> tuple[Card, ...]:
    """Return one card per region, in the order of the table."""
    names = [str(name) for name in result.changes["region"].drop_duplicates() if name != WHOLE]
    left_out = refused(result)
    return tuple(_card(result, name, left_out) for name in names)


def whole_card(result: Comparison) -> Card | None:
    """Return the figures of all regions together; None where one region is all there is."""
    regions = set(result.changes["region"]) - {WHOLE}
    if len(regions) < 2 or row_of(result.changes, WHOLE, *MATCHED) is None:
        return None  # one region says it all in its own card
    card = _card(result, WHOLE, refused(result))
    return card if card.lines else None


def _card(result: Comparison, region: str, left_out: frozenset[str]) -> Card:
    kind = kind_of(result.changes, region, left_out)
    row = row_of(result.changes, region, *MATCHED)
    if kind == "not comparable":
        return Card(
            kind,
            region_name(region),
            fill(texts.SENTENCES[kind], row, region),
            reasons=reasons(result.quality, region),
        )
    lines = tuple(one_liner(result.changes, region, name) for name in texts.ONE_LINERS)
    if all(verdict == "not comparable" for _, verdict, _ in lines):
        lines = ()  # the sentence has said so
    return Card(
        kind if kind in texts.VERDICTS else "no detectable change",
        region_name(region),
        fill(texts.SENTENCES[kind], row, region),
        bar=_bar(row),
        lines=lines,
    )


def _bar(row: pd.Series | None) -> Bar | None:
    if row is None:
        return None
    bar = Bar(*(float(row[name]) for name in ("change_pct", "ci_low_pct", "ci_high_pct", "rc_pct")))
    drawable = all(math.isfinite(value) for value in (bar.change, bar.low, bar.high))
    return bar if drawable else None


def photo_headline(result: Measurement) -> tuple[str, str]:
    """Return headline and explanation for one photo."""
    count = f"{_count(result, [region.name for region in result.face.regions]):,}"
    return texts.HEADLINES["measured"].format(count=count), texts.HEADLINE_DETAIL["measured"]


def photo_cards(result: Measurement) -> tuple[Card, ...]:
    """Return one card per region of one photo: its figures, no verdict."""
    cards = []
    for region in result.face.regions:
        name = region.name
        rows = result.regions[result.regions["region"] == name]
        lines = tuple(
            (metric_name(str(row.metric)), "", with_unit(float(row.value), str(row.unit)))
            for row in rows_of(rows)
            if str(row.metric) in texts.PHOTO_LINES
        )
        words = texts.SENTENCES["measured"].format(count=f"{_count(result, [name]):,}")
        cards.append(Card("", region_name(name), words, lines=lines))
    return tuple(cards)


def _count(result: Measurement, names: list[str]) -> int:
    rows = result.regions[
        result.regions["region"].isin(names) & (result.regions["metric"] == "count")
    ]
    return int(rows["value"].fillna(0).sum())


def whole_first(regions: pd.Series) -> list[str]:
    """Return the names of regions once each, all of them together first."""
    names = [str(name) for name in regions.drop_duplicates()]
    return sorted(names, key=lambda name: name != WHOLE)


def metric_name(name: str) -> str:
    """Return a measure as it is printed."""
    return texts.METRICS.get(name, name.replace("_", " "))
