"""Figures of a series of visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poremetrics.report import series_texts, texts
from poremetrics.report.chart_data import Timeline, timeline_of
from poremetrics.report.figures import AFTER_COLOUR, GRID, MUTED, new_axes
from poremetrics.report.sentences import WHOLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from poremetrics.study import SeriesResult

TIMELINE_SHARE, TIMELINE_LEFT = 0.36, 0.1


def plot_timeline(
    result: SeriesResult, metric: str, *, region: str = WHOLE, ax: Axes | None = None
) -> Axes:
    """Draw one measure over the visits, with intervals, treatments and the band of unchanged skin.

    Photos taken too soon after a treatment are drawn hollow.

    Parameters
    ----------
    result : SeriesResult
        One person's visits.
    metric : str
        A headline measure.
    region : str
        Region, by default all together.
    ax : Axes, optional
        Axes to draw on; new ones by default.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    if ax is None:
        ax = new_axes(result, TIMELINE_SHARE, left_share=TIMELINE_LEFT)
    line = timeline_of(result, metric, region)
    days, change = line.days, line.change_pct
    if line.band_pct is not None:
        ax.axhspan(*line.band_pct, color=GRID, linewidth=0, zorder=0, label=texts.RC_BAND)
    for day in line.treatment_days:
        ax.axvline(day, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    ax.axhline(0.0, color=MUTED, linewidth=0.8)
    counted = ~line.early
    ax.plot(days[counted], change[counted], color=AFTER_COLOUR, linewidth=1.2, zorder=2)
    low, high = change - line.low_pct, line.high_pct - change
    known = np.isfinite(low) & np.isfinite(high)
    ax.errorbar(
        days[known],
        change[known],
        yerr=(low[known], high[known]),
        fmt="none",
        ecolor=AFTER_COLOUR,
        elinewidth=1.2,
        capsize=2.5,
        zorder=3,
    )
    for those, face in ((counted, AFTER_COLOUR), (line.early, "white")):
        ax.plot(
            days[those],
            change[those],
            linestyle="none",
            marker="o",
            markersize=5.5,
            markerfacecolor=face,
            markeredgecolor=AFTER_COLOUR,
            zorder=4,
        )
    _dress(ax, line)
    return ax


def _dress(ax: Axes, line: Timeline) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(GRID)
    ax.tick_params(colors=MUTED, labelsize=8, length=0)
    ax.set_xlabel(series_texts.AXIS_DAYS, color=MUTED, fontsize=8.5)
    ax.set_ylabel(series_texts.AXIS_CHANGE, color=MUTED, fontsize=8.5)
    ax.set_ylim(*line.reach_pct)
    ax.set_xlim(*line.reach_days)
