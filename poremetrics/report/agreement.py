"""Bland-Altman plots of repeat shots: how far two photos of unchanged skin differ, and where."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from poremetrics.change import HEADLINE, repeatability_of
from poremetrics.change.repeatability import RC_FACTOR
from poremetrics.errors import UsageError
from poremetrics.report import summary, texts
from poremetrics.report.sentences import WHOLE, region_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = ("#0072b2", "#b34a00", "#007a5e", "#8a4f9e", "#5a6a73", "#a07800")
"""One per region, in the order of the table; colour-blind readers tell them apart by the marks."""
_MARKS = "os^Dvx"
_INK, _MUTED, _GRID = "#1d2b33", "#5a6a73", "#dde4e8"
_COLUMNS = 2
_PANEL_INCH = (3.6, 2.5)


def plot_bland_altman(
    repeats: pd.DataFrame, measure: str = "diameter_um_matched", *, ax: Axes | None = None
) -> Axes:
    """Draw the difference of two shots over their mean, for one measure.

    Across: geometric mean of the two values. Up: their ratio - 1, in percent, on a log scale in
    effect, since limits are those of the log ratio. Full line: mean difference, which is chance
    on unchanged skin. Dashed: no difference plus and minus the repeatability coefficient, within
    which 95 of 100 pairs lie.

    Parameters
    ----------
    repeats : DataFrame
        Columns of :data:`poremetrics.columns.REPEATS`.
    measure : str
        Named as with a scale.
    ax : Axes, optional
        Axes to draw on; new ones by default.

    Returns
    -------
    Axes
        The axes drawn on.

    Raises
    ------
    UsageError
        No pair of shots holds that measure.
    """
    rows = repeats[repeats["measure"].eq(measure) & repeats["region"].ne(WHOLE)]
    if rows.empty:
        raise UsageError("measure", f"{measure} was not measured", "name another one")
    ax = ax if ax is not None else _figure(1).add_subplot()
    middle = np.sqrt(rows["before"] * rows["after"])
    apart = 100.0 * np.expm1(rows["log_ratio"])
    for number, region in enumerate(rows["region"].unique()):
        here = rows["region"].eq(region)
        ax.plot(
            middle[here], apart[here], linestyle="", markersize=4, alpha=0.8,
            marker=_MARKS[number % len(_MARKS)], color=_COLOURS[number % len(_COLOURS)],
            label=region_name(str(region)),
        )  # fmt: skip
    limit = RC_FACTOR * repeatability_of(rows, "").wsd_log[measure]
    for log_ratio in (-limit, limit):
        ax.axhline(100.0 * np.expm1(log_ratio), color=_INK, linewidth=0.9, linestyle="--")
    ax.axhline(100.0 * np.expm1(rows["log_ratio"].mean()), color=_INK, linewidth=0.9)
    ax.axhline(0.0, color=_GRID, linewidth=0.9, zorder=0)
    ax.set_title(
        f"{summary.metric_name(measure)}: RC {100.0 * np.expm1(limit):.1f} %",
        fontsize=8.5, color=_INK, loc="left",
    )  # fmt: skip
    ax.set_xlabel("mean of two shots", fontsize=8, color=_MUTED)
    ax.set_ylabel("second against first, %", fontsize=8, color=_MUTED)
    ax.tick_params(colors=_MUTED, labelsize=7.5, length=0)
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_color(_GRID)
    return ax


def bland_altman_svg(repeats: pd.DataFrame) -> str:
    """Return the plots of all headline measures as one SVG.

    Parameters
    ----------
    repeats : DataFrame
        Columns of :data:`poremetrics.columns.REPEATS`.

    Raises
    ------
    UsageError
        The table is empty.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - loaded when drawing

    measured = [one.name for one in HEADLINE if repeats["measure"].eq(one.name).any()]
    if not measured:
        raise UsageError("repeatability", "holds no pairs to draw", "give two or more shots")
    figure = _figure(len(measured))
    rows = -(-len(measured) // _COLUMNS)
    for place, name in enumerate(measured, start=1):
        ax = plot_bland_altman(repeats, name, ax=figure.add_subplot(rows, _COLUMNS, place))
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False
    )  # fmt: skip
    text = io.StringIO()
    # A fixed salt and no date: the same shots give the same bytes.
    with rc_context({"svg.hashsalt": texts.PRODUCT}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _figure(panels: int) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - loaded when drawing
    from matplotlib.figure import Figure  # noqa: PLC0415 - loaded when drawing

    columns = min(panels, _COLUMNS)
    rows = -(-panels // columns)
    size = (columns * _PANEL_INCH[0], rows * _PANEL_INCH[1] + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure
