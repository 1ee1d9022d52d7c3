"""What the charts show, as numbers, for every way of drawing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.columns import is_pore
from poremetrics.model import Comparison, Measurement
from poremetrics.report import texts

if TYPE_CHECKING:
    from poremetrics.study import SeriesResult

Floats = npt.NDArray[np.float64]
_REACH_PCT = 10.0
"""A timeline shows at least this much up and down, so that noise does not look like a change."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Pores of one photo by size: ``counts`` per bar, ``number`` of all."""

    key: str
    name: str
    counts: npt.NDArray[np.intp]
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Pores by size; ``edges`` and ``visible`` are diameters in ``unit``."""

    edges: Floats
    unit: str
    visible: float
    photos: tuple[Counted, ...]


def histogram_of(result: Comparison | Measurement) -> Histogram:
    """Return how many pores there are of each size, in the skin that counts.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.

    Returns
    -------
    Histogram
        In µm where a scale is known; the last bar holds all larger pores.
    """
    settings = result.settings
    pores = result.pores[is_pore(result.pores)]
    if isinstance(result, Comparison):
        pores = pores[pores["in_common_area"]]
    in_um = bool(pores["diameter_um"].notna().any())  # forced ones may have none
    column, unit = ("diameter_um", "µm") if in_um else ("diameter_px", "px")
    step = settings.report.size_bin_um if in_um else settings.report.size_bin_px
    visible = settings.change.visible_diameter_um if in_um else settings.change.visible_diameter_px
    largest = float(np.nan_to_num(pores[column].max())) if len(pores) else 0.0
    # In px nothing says how large a pore can be; in µm the definition does.
    end = visible * settings.report.size_axis_visible if in_um else max(largest, 2 * visible)
    edges = np.arange(0.0, end + step, step)
    single = isinstance(result, Measurement)
    names = {"": texts.PHOTO} if single else {"before": texts.BEFORE, "after": texts.AFTER}
    photos = []
    for photo, name in names.items():
        values = pores.loc[pores["photo"].eq(photo) | single, column].dropna()
        counts, _ = np.histogram(values.clip(upper=edges[-1]), edges)
        photos.append(Counted(photo or "after", name, counts, len(values)))
    return Histogram(edges, unit, visible, tuple(photos))


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """One measure over the visits, days since the first photo.

    Attributes
    ----------
    days, change_pct, low_pct, high_pct : (N,) float64
        Change since the first photo and its interval (NaN where there is none).
    early : (N,) bool
        Taken too soon after a treatment.
    band_pct : (float, float) or None
        What photos of unchanged skin differ by, down and up.
    treatment_days : tuple of int
        Days of treatment.
    reach_days, reach_pct : (float, float)
        What the drawing shows.
    """

    days: Floats
    change_pct: Floats
    low_pct: Floats
    high_pct: Floats
    early: npt.NDArray[np.bool_]
    band_pct: tuple[float, float] | None
    treatment_days: tuple[int, ...]
    reach_days: tuple[float, float]
    reach_pct: tuple[float, float]


def timeline_of(result: SeriesResult, metric: str, region: str) -> Timeline:
    """Return one measure of one region over the visits of a series."""
    line = result.timeline
    line = line[line["metric"].eq(metric) & line["region"].eq(region) & line["change_pct"].notna()]
    days, change, low, high, rc = (
        line[name].to_numpy(np.float64)
        for name in ("days_since_baseline", "change_pct", "ci_low_pct", "ci_high_pct", "rc_pct")
    )
    first = pd.Timestamp(str(result.visits["date"].iloc[0]))
    shown = np.concatenate([change, low, high])
    least = float(np.nanmin(np.append(shown, -_REACH_PCT)))
    most = float(np.nanmax(np.append(shown, _REACH_PCT)))
    margin = 0.06 * (most - least)
    last = max(float(days.max()) if days.size else 1.0, 1.0)
    return Timeline(
        days,
        change,
        low,
        high,
        line["too_early"].to_numpy(bool),
        _band(rc),
        tuple((pd.Timestamp(day) - first).days for day in result.treatment_dates),
        (-0.05 * last, 1.05 * last),
        (least - margin, most + margin),
    )


def _band(rc_pct: Floats) -> tuple[float, float] | None:
    """Return the limits of a ratio: symmetric on the log scale, not in percent."""
    if not np.isfinite(rc_pct).any():
        return None
    widest = float(np.nanmax(rc_pct))
    return 100.0 * (1.0 / (1.0 + widest / 100.0) - 1.0), widest
