"""Figures of a series of visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from poremetrics.report import series_texts, texts
from poremetrics.report.figures import AFTER_COLOUR, GRID, MUTED, new_axes
from poremetrics.report.sentences import WHOLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from poremetrics.study import SeriesResult

TIMELINE_SHARE, TIMELINE_LEFT = 0.36, 0.1
_REACH_PCT = 10.0
"""A timeline shows at least this much up and down, so that noise does not look like a change."""


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
    line = result.timeline
    line = line[line["metric"].eq(metric) & line["region"].eq(region)]
    line = line[line["change_pct"].notna()]
    days = line["days_since_baseline"].to_numpy(np.float64)
    change = line["change_pct"].to_numpy(np.float64)
    early = line["too_early"].to_numpy(bool)
    _draw_band(ax, line)
    first = pd.Timestamp(str(result.visits["date"].iloc[0]))
    for treated in result.treatment_dates:
        ax.axvline(
            (pd.Timestamp(treated) - first).days, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3))
        )
    ax.axhline(0.0, color=MUTED, linewidth=0.8)
    counted = ~early
    ax.plot(days[counted], change[counted], color=AFTER_COLOUR, linewidth=1.2, zorder=2)
    low = change - line["ci_low_pct"].to_numpy(np.float64)
    high = line["ci_high_pct"].to_numpy(np.float64) - change
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
    for those, face in ((counted, AFTER_COLOUR), (early, "white")):
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
    _dress(ax, days, line)
    return ax


def _draw_band(ax: Axes, line: pd.DataFrame) -> None:
    """Draw the repeatability coefficient as a band around no change."""
    rc = line["rc_pct"].to_numpy(np.float64)
    if not np.isfinite(rc).any():
        return
    widest = float(np.nanmax(rc))
    # Limits of a ratio: symmetric on the log scale, not in percent.
    ax.axhspan(
        100.0 * (1.0 / (1.0 + widest / 100.0) - 1.0),
        widest,
        color=GRID,
        linewidth=0,
        zorder=0,
        label=texts.RC_BAND,
    )


def _dress(ax: Axes, days: np.ndarray, line: pd.DataFrame) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(GRID)
    ax.tick_params(colors=MUTED, labelsize=8, length=0)
    ax.set_xlabel(series_texts.AXIS_DAYS, color=MUTED, fontsize=8.5)
    ax.set_ylabel(series_texts.AXIS_CHANGE, color=MUTED, fontsize=8.5)
    shown = line[["change_pct", "ci_low_pct", "ci_high_pct"]].to_numpy(np.float64)
    low = float(np.nanmin(np.append(shown, -_REACH_PCT)))
    high = float(np.nanmax(np.append(shown, _REACH_PCT)))
    margin = 0.06 * (high - low)
    ax.set_ylim(low - margin, high + margin)
    last = float(days.max()) if days.size else 1.0
    ax.set_xlim(-0.05 * max(last, 1.0), 1.05 * max(last, 1.0))
