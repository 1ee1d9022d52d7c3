"""Figures of a result, each drawn by one function on axes of the caller or of its own.

Figures made here know nothing of pyplot: they need no display and leave no global state.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.model import Comparison, Measurement
from poremetrics.report import summary, texts
from poremetrics.report.chart_data import histogram_of
from poremetrics.report.marks import marks
from poremetrics.report.sentences import region_name
from poremetrics.settings import Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1d2b33"
MUTED = "#5a6a73"
GRID = "#dde4e8"
BEFORE_COLOUR = "#5a6a73"
AFTER_COLOUR = "#0072b2"
VERDICT_COLOURS = {
    "decreased": "#0072b2",
    "increased": "#b34a00",
    "no detectable change": "#5a6a73",
    "not comparable": "#5a6a73",
    "": "#5a6a73",
}
_MM_PER_INCH = 25.4
_FOOT_INCH = 0.45
CHANGES_LEFT, SIZES_LEFT = 0.34, 0.07
"""Width kept for labels, as a share of the figure's."""


class HasSettings(Protocol):
    """Any result: its settings say how it is drawn."""

    @property
    def settings(self) -> Settings:
        """Tunables."""


def new_axes(
    result: HasSettings,
    height_share: float,
    *,
    left_share: float = 0.0,
    width_mm: float | None = None,
) -> Axes:
    """Return axes on a new figure, without pyplot.

    Parameters
    ----------
    result : Comparison, Measurement or SeriesResult
        Whose settings say how wide the figure is.
    height_share : float
        Height of the figure as a share of its width.
    left_share : float
        Width kept for labels on the left; 0 leaves the layout to matplotlib, which takes longer.
    width_mm : float, optional
        Width of the figure, by default that of the settings.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - loaded when drawing
    from matplotlib.figure import Figure  # noqa: PLC0415 - loaded when drawing

    width = (width_mm or result.settings.report.figure_width_mm) / _MM_PER_INCH
    height = width * height_share
    figure = Figure(figsize=(width, height), layout=None if left_share else "constrained")
    FigureCanvasAgg(figure)
    if not left_share:
        return figure.add_subplot()
    foot = _FOOT_INCH / height
    return figure.add_axes((left_share, foot, 0.975 - left_share, 0.98 - foot))


def figure_of(ax: Axes) -> Figure:
    """Return the figure the axes stand on."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - loaded when drawing

    figure = ax.get_figure(root=True)
    if not isinstance(figure, Figure):  # pragma: no cover - axes always stand on a figure
        raise TypeError("axes without a figure")
    return figure


def svg_bytes(ax: Axes, dpi: float = 96.0) -> bytes:
    """Return the figure the axes stand on as SVG: the same bytes for the same figure.

    Parameters
    ----------
    ax : Axes
        Axes of the figure.
    dpi : float
        Resolution of pictures in it.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - loaded when drawing

    buffer = io.BytesIO()
    # Text stays text: the reader's fonts know more signs than ours, so that is no cause to warn.
    with (
        rc_context({"svg.hashsalt": texts.PRODUCT, "svg.fonttype": "none"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        metadata = {"Date": None, "Creator": None}
        figure_of(ax).savefig(buffer, format="svg", dpi=dpi, metadata=metadata)
    return buffer.getvalue()


def _calm(ax: Axes) -> None:
    """Take everything off the axes that carries no information."""
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(GRID)
    ax.tick_params(colors=MUTED, labelsize=8, length=0)
    ax.xaxis.label.set(color=MUTED, fontsize=8.5)
    ax.yaxis.label.set(color=MUTED, fontsize=8.5)
    ax.set_axisbelow(True)


def plot_changes(result: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw every headline change with its 95 % interval over the band of unchanged skin.

    Parameters
    ----------
    result : Comparison
        What was computed.
    ax : Axes, optional
        Axes to draw on; new ones by default.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    rows = result.changes[(result.changes["verdict"] != "") & result.changes["change_pct"].notna()]
    if ax is None:
        ax = new_axes(result, 0.12 + 0.03 * len(rows), left_share=CHANGES_LEFT)
    places, groups = [], []
    height = 0.0
    for region in summary.whole_first(rows["region"]):
        groups.append((height, region_name(region)))
        height -= 0.9
        for index in rows.index[rows["region"] == region]:
            places.append((index, height))
            height -= 1.0
        height -= 0.5
    rows = rows.loc[[index for index, _ in places]]
    heights = np.array([place for _, place in places])
    _draw_changes(ax, rows, heights)
    ax.axvline(0.0, color=MUTED, linewidth=0.8, zorder=1)
    ax.set_yticks([])  # plain texts instead of ticks: a tenth of the time
    for place, name in zip(heights, rows["metric"], strict=True):
        ax.text(
            -0.015,
            place,
            summary.metric_name(str(name)),
            transform=ax.get_yaxis_transform(),
            fontsize=8,
            color=MUTED,
            va="center",
            ha="right",
        )
    for place, name in groups:
        ax.text(
            -0.015, place, name, transform=ax.get_yaxis_transform(),
            fontsize=9, fontweight="bold", color=INK, va="center", ha="right",
        )  # fmt: skip
    ax.set_ylim(height + 0.2, 0.7)
    ax.set_xlabel(texts.AXIS_CHANGE)
    _calm(ax)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    return ax


def _draw_changes(ax: Axes, rows: pd.DataFrame, heights: npt.NDArray[np.float64]) -> None:
    """Draw band, interval and value of every row, each in one go."""
    value, low, high, rc = (
        rows[name].to_numpy(np.float64)
        for name in ("change_pct", "ci_low_pct", "ci_high_pct", "rc_pct")
    )
    colours = np.array([VERDICT_COLOURS[str(verdict)] for verdict in rows["verdict"]])
    decided = rows["verdict"].isin(["decreased", "increased"]).to_numpy(dtype=bool)
    band = np.nan_to_num(rc)
    ax.barh(heights, 2 * band, left=-band, height=0.8, color="#e9eef1", zorder=0)
    known = np.isfinite(low) & np.isfinite(high)
    ax.hlines(
        heights[known], low[known], high[known], colors=colours[known].tolist(), linewidth=1.8,
        zorder=2,
    )  # fmt: skip
    ax.scatter(
        value, heights, s=26, edgecolors=colours.tolist(), zorder=3,
        facecolors=np.where(decided, colours, "#ffffff").tolist(),
    )  # fmt: skip


def plot_sizes(result: Comparison | Measurement, *, ax: Axes | None = None) -> Axes:
    """Draw how many visible pores there are of each size, before and after.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.
    ax : Axes, optional
        Axes to draw on; new ones by default.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    if ax is None:
        ax = new_axes(result, 0.36, left_share=SIZES_LEFT)
    shown = histogram_of(result)
    for one in shown.photos:
        colour = AFTER_COLOUR if one.key == "after" else BEFORE_COLOUR
        label = f"{one.name} ({one.number})"
        ax.stairs(one.counts, shown.edges, color=colour, linewidth=1.6, label=label)
        ax.stairs(one.counts, shown.edges, color=colour, fill=True, alpha=0.12)
    ax.axvline(shown.visible, color=MUTED, linewidth=0.8, linestyle=(0, (3, 2)))
    ax.set_xlabel(texts.AXIS_SIZE.format(unit=shown.unit))
    ax.set_ylabel(texts.AXIS_COUNT)
    ax.set_xlim(0.0, shown.edges[-1])
    ax.set_ylim(bottom=0.0)
    _calm(ax)
    ax.grid(axis="y", color=GRID, linewidth=0.6)
    ax.legend(frameon=False, fontsize=8.5, labelcolor=INK, loc="upper right")
    return ax


def plot_pairs_of_sizes(result: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw the diameter of every matched pore, after against before.

    Parameters
    ----------
    result : Comparison
        What was computed.
    ax : Axes, optional
        Axes to draw on; new ones by default.

    Returns
    -------
    Axes
        The axes drawn on; points below the diagonal appear smaller after.
    """
    if ax is None:
        ax = new_axes(result, 0.75)
    frame = marks(result)
    frame = frame[frame["status"] == "matched"]
    before = frame["diameter_px"].to_numpy(np.float64)
    after = before * (1.0 + frame["change_pct"].to_numpy(np.float64) / 100.0)
    ax.scatter(before, after, s=7, color=AFTER_COLOUR, alpha=0.35, linewidths=0)
    largest = float(np.nanmax(np.r_[before, after, 1.0])) * 1.05
    ax.plot([0, largest], [0, largest], color=MUTED, linewidth=0.8)
    ax.set(xlim=(0, largest), ylim=(0, largest), aspect="equal")
    ax.set_xlabel(f"{texts.BEFORE}: {texts.AXIS_SIZE.format(unit='px').lower()}")
    ax.set_ylabel(f"{texts.AFTER}: {texts.AXIS_SIZE.format(unit='px').lower()}")
    _calm(ax)
    ax.grid(color=GRID, linewidth=0.6)
    return ax
