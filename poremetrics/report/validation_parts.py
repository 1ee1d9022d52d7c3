"""Pieces every section of the page on accuracy is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.report import texts
from poremetrics.report import validation_texts as words
from poremetrics.report.blocks import Block, Chart, Group, Section, Table
from poremetrics.report.sentences import percent
from poremetrics.report.validation_figures import LEVELS_SHARE


def section(key: str, *blocks: Block) -> Section:
    """Return a section by its key in the texts."""
    title, lead = words.SECTIONS[key]
    return Section(key, title, lead, blocks)


def table(key: str, columns: Sequence[str], groups: Sequence[Group], texts_first: int = 1) -> Table:
    """Return a table whose first columns are words and whose others are figures."""
    return Table(
        words.SECTIONS[key][0],
        tuple(words.COLUMNS.get(name, name) for name in columns),
        tuple(groups),
        tuple(index >= texts_first for index in range(len(columns))),
    )


def chart(
    key: str,
    draw: Callable[..., object],
    alt: str,
    *,
    height: float = LEVELS_SHARE,
    caption: str = "",
) -> Chart:
    """Return a chart that leaves its layout to matplotlib."""
    return Chart(key, lambda ax: draw(ax=ax), alt, height, left_share=0.0, caption=caption)


def share(value: float) -> str:
    """Return a share between 0 and 1."""
    return f"{value:.2f}" if np.isfinite(value) else texts.MISSING


def plain(value: float) -> str:
    """Return a percentage that has no direction."""
    return percent(value, signed=False)


def share_range(low: float, high: float) -> str:
    """Return an interval of shares."""
    if np.isnan(low) or np.isnan(high):
        return texts.MISSING
    return f"{plain(100.0 * low)} to {plain(100.0 * high)}"


def column(table: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    """Return a column as floats."""
    return table[name].to_numpy(np.float64)
