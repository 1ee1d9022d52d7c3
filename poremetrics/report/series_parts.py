"""Parts that the pages on a person's visits and on a study share."""

from __future__ import annotations

from datetime import UTC

import pandas as pd

from poremetrics.model import Provenance
from poremetrics.report import series_texts as words
from poremetrics.report import texts
from poremetrics.report.blocks import Block, Group, Section, Table, Text

_ORDER = (
    *("diameter_um_matched", "diameter_px_matched", "count", "contrast_matched", "coverage_pct"),
    *("diameter_um_median", "diameter_px_median", "contrast_mean"),
)


def section(key: str, *blocks: Block) -> Section:
    """Return a part of the page, titled as ``series_texts`` says."""
    title, lead = words.SECTIONS[key]
    return Section(key, title, lead, blocks)


def created(made: Provenance) -> str:
    """Return when a result was made, in words."""
    moment = made.created_at.astimezone(UTC)
    return texts.CREATED.format(date=moment.strftime("%-d %B %Y, %H:%M UTC"))


def methods_text(methods: str) -> Text:
    """Return the methods as paragraphs; marks of code are for ``methods.md`` alone."""
    return Text(tuple(methods.replace("`", "").splitlines()))


def in_order(trends: pd.DataFrame) -> pd.DataFrame:
    """Return the measures with those first that say most."""

    def place(metrics: pd.Series) -> pd.Series:
        ranks = [_ORDER.index(name) if name in _ORDER else len(_ORDER) for name in metrics]
        return pd.Series(ranks, index=metrics.index)

    return trends.sort_values("metric", key=place, kind="stable")


def table(
    key: str, columns: tuple[str, ...], groups: tuple[Group, ...], numeric: tuple[bool, ...]
) -> Table:
    """Return a table captioned and headed as ``series_texts`` says."""
    caption, _ = words.SECTIONS[key]
    return Table(caption, tuple(words.COLUMNS[name] for name in columns), groups, numeric)
