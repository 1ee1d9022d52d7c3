"""Figures of the page on accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from poremetrics.report import validation_texts as words
from poremetrics.report.figures import AFTER_COLOUR, GRID, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS_SHARE = 0.36
_WRAP = 20  # letters of a name under its mark
_COLOURS = (AFTER_COLOUR, "#b34a00", "#5a6a73", "#8c6bb1", "#3f7f5f")
_MARKERS = ("o", "s", "^", "D", "v")
_REACH_PCT = 60.0
"""Bars of errors are cut here; beyond, how wrong they are does not matter."""

FloatArray = npt.NDArray[np.float64]
Whiskers = tuple[FloatArray, FloatArray]


def bars_share(rows: int) -> float:
    """Return the height of a figure of ``rows`` pairs of bars, as a share of its width."""
    return 0.14 + 0.03 * rows


def plot_levels(
    levels: Sequence[str],
    series: Mapping[str, FloatArray],
    label: str,
    *,
    ax: Axes,
    whiskers: Mapping[str, Whiskers] | None = None,
    line: float | None = None,
    limits: tuple[float, float] | None = None,
) -> Axes:
    """Draw one marker per level and series, side by side, on a common scale.

    Parameters
    ----------
    levels : sequence of str
        Names along the horizontal axis.
    series : mapping of str to (N,) float64
        Values per level.
    label : str
        Of the vertical axis.
    ax : Axes
        Axes to draw on.
    whiskers : mapping of str to pair of (N,) float64, optional
        Lower and upper ends per series.
    line : float, optional
        A value to mark by a line.
    limits : (float, float), optional
        Ends of the vertical axis, stretched to hold every value.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    if line is not None:
        ax.axhline(line, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    shift = 0.12 if len(series) > 1 else 0.0
    for number, (name, values) in enumerate(series.items()):
        places = np.arange(len(levels)) + shift * (number - (len(series) - 1) / 2.0)
        colour = _COLOURS[number % len(_COLOURS)]
        ends = (whiskers or {}).get(name)
        if ends is not None:
            ax.vlines(places, ends[0], ends[1], color=colour, linewidth=1.3, zorder=2)
        ax.plot(
            places,
            values,
            linestyle="none",
            marker=_MARKERS[number % len(_MARKERS)],
            markersize=5.5 if number == 0 else 4.5,
            color=colour,
            label=name,
            zorder=4 - number / 10.0,
        )
    if limits is not None:
        known = np.concatenate([*series.values(), *_all_ends(whiskers)])
        known = np.append(known[np.isfinite(known)], limits)
        margin = 0.03 * float(np.ptp(known))
        ax.set_ylim(float(known.min()) - margin, float(known.max()) + margin)
    ax.set_xticks(np.arange(len(levels)), [fill(level, _WRAP) for level in levels])
    ax.set_xlim(-0.6, len(levels) - 0.4)
    ax.set_ylabel(label)
    _dress(ax, "y")
    if len(series) > 1:
        _legend(ax)
    return ax


def _all_ends(whiskers: Mapping[str, Whiskers] | None) -> list[FloatArray]:
    return [end for ends in (whiskers or {}).values() for end in ends]


def plot_errors(
    names: Sequence[str], naive: FloatArray, corrected: FloatArray, *, ax: Axes
) -> Axes:
    """Draw what is wrongly read under every nuisance, without and with corrections.

    Parameters
    ----------
    names : sequence of str
        Nuisance and strength, top to bottom.
    naive, corrected : (N,) float64
        Changes in percent; NaN draws no bar.
    ax : Axes
        Axes to draw on.

    Returns
    -------
    Axes
        The axes drawn on.
    """
    rows = np.arange(len(names), dtype=np.float64)
    known = np.concatenate((naive, corrected))
    known = np.abs(known[np.isfinite(known)])
    reach = min(_REACH_PCT, 1.05 * max(float(known.max(initial=0.0)), 10.0))
    for values, offset, colour, label in (
        (naive, -0.19, "#b9c4ca", words.NAIVE),
        (corrected, 0.19, AFTER_COLOUR, words.CORRECTED),
    ):
        ax.barh(rows + offset, np.nan_to_num(values), height=0.36, color=colour, label=label)
    ax.axvline(0.0, color=MUTED, linewidth=0.8)
    ax.set_yticks(rows, list(names))
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(-reach, reach)
    ax.set_xlabel(words.AXIS_CHANGE)
    _dress(ax, "x")
    _legend(ax)
    return ax


def _legend(ax: Axes) -> None:
    ax.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=5,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
        borderaxespad=0.2,
        handletextpad=0.3,
        columnspacing=1.2,
    )


def _dress(ax: Axes, grid: str) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(GRID)
    ax.tick_params(colors=MUTED, labelsize=8, length=0)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set(color=MUTED, fontsize=8.5)
    ax.set_axisbelow(True)
    if grid == "y":
        ax.grid(axis="y", color=GRID, linewidth=0.6)
    else:
        ax.grid(axis="x", color=GRID, linewidth=0.6)
