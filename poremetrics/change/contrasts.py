"""Difference in differences: the change of every region against that of a control region.

What light, season, age or a routine of skin care do to treated and untreated skin alike cancels
in the ratio of two changes; what is left is the change of the treated region's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.change.measures import HEADLINE
from poremetrics.columns import CONTRASTS, table
from poremetrics.errors import UsageError

SIDES: Mapping[str, str] = {"left": "left_cheek", "right": "right_cheek"}
"""The region that stands for a side of the face."""
_WHOLE = "all"
_KEY = ["metric", "unit"]
_RATIOS = ("change_pct", "ci_low_pct", "ci_high_pct")

Floats = npt.NDArray[np.float64]


def control_region(control: str, regions: Sequence[str]) -> str:
    """Return the region that ``control`` names.

    Parameters
    ----------
    control : str
        A region, or ``left`` or ``right`` for the cheek of that side.
    regions : sequence of str
        Regions of the photos.

    Raises
    ------
    UsageError
        There is no such region, or no other one to hold against it.
    """
    name = control if control in regions else SIDES.get(control, control)
    if name not in regions:
        raise UsageError("control", f"{control!r} is no region", f"use one of {', '.join(regions)}")
    if len(set(regions)) < 2:
        raise UsageError(
            "control", f"{name} is the only region", "give regions that hold treated skin too"
        )
    return name


def contrasts(changes: pd.DataFrame, control: str | None) -> pd.DataFrame:
    """Return the change of every other region relative to that of the control region.

    Parameters
    ----------
    changes : DataFrame
        Columns of :data:`poremetrics.columns.CHANGES`.
    control : str or None
        Region of untreated skin, if any.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.CONTRASTS`, one row per other region and headline
        measure, none without a control; NaN where either change is not known. Its interval is
        that of :func:`ratio_interval`. No verdict: those hold family-wise over the changes alone.
    """
    if control is None:
        return table([], CONTRASTS)
    names = {name for one in HEADLINE for name in (one.name, one.name_px)}
    headline = changes[changes["metric"].isin(names)]
    untreated = headline[headline["region"].eq(control)].drop(columns="region")
    others = headline[~headline["region"].isin([control, _WHOLE])]
    paired = others.merge(untreated, on=_KEY, how="left", suffixes=("", "_control"))
    return table(against_control(paired).assign(control=control), CONTRASTS)


def against_control(paired: pd.DataFrame) -> pd.DataFrame:
    """Return rows that hold a change and, with suffix ``_control``, that of untreated skin.

    Parameters
    ----------
    paired : DataFrame
        ``change_pct``, ``ci_low_pct``, ``ci_high_pct``, and each with the suffix.

    Returns
    -------
    DataFrame
        The same rows with ``control_change_pct``, ``difference_pct``, ``difference_low_pct`` and
        ``difference_high_pct``.
    """
    treated, control = (
        np.stack([_log(paired[f"{name}{suffix}"]) for name in _RATIOS])
        for suffix in ("", "_control")
    )
    difference, low, high = ratio_interval(treated, control)
    return paired.assign(
        control_change_pct=paired["change_pct_control"],
        difference_pct=100.0 * np.expm1(difference),
        difference_low_pct=100.0 * np.expm1(low),
        difference_high_pct=100.0 * np.expm1(high),
    )


def _log(percent: pd.Series) -> Floats:
    """Return natural logs of ratios; NaN where nothing is left of a measure, or it is unknown."""
    ratio = 1.0 + percent.to_numpy(np.float64) / 100.0
    return np.log(np.where(ratio > 0.0, ratio, np.nan))


def ratio_interval(treated: Floats, control: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the difference of two log ratios with the interval that adds both errors.

    Square-and-add limits of Zou and Donner (Statistics in Medicine 27, 2008, 1693): the squared
    distances from estimate to limit add on each side, so intervals need not be symmetric, and
    equal errors of both give sqrt(2) times one. Errors that both regions share, of light or focus,
    make it wider than it need be, never narrower.

    Parameters
    ----------
    treated, control : (3, N) float64
        Log ratio, lower and upper limit.

    Returns
    -------
    difference, low, high : (N,) float64
        Natural log of the ratio of the two changes and its limits.
    """
    value, below, above = treated
    value_control, below_control, above_control = control
    difference = value - value_control
    low = difference - np.hypot(value - below, above_control - value_control)
    high = difference + np.hypot(above - value, value_control - below_control)
    return difference, low, high
