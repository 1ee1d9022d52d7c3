"""Charts of the page, as small SVG: loading matplotlib would take longer than writing the page.

The same figures at publication size, and those of the PDF, are drawn by ``figures``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from poremetrics.model import Comparison, Measurement
from poremetrics.report import series_texts, summary, texts
from poremetrics.report.blocks import Sketch
from poremetrics.report.chart_data import Timeline, histogram_of
from poremetrics.report.sentences import region_name
from poremetrics.report.tables import rows_of

_WIDTH = 640.0
_MOST_TICKS = 7
_CLASSES = {"decreased": "down", "increased": "up"}


@dataclass(frozen=True, slots=True)
class _Axis:
    """From values to places in the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Return round values within reach."""
        rough = (self.high - self.low) / _MOST_TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(step * k, 9) for k in range(first, last + 1)]


def _line(kind: str, x0: float, y0: float, x1: float, y1: float) -> str:
    return f'<path class="{kind}" d="M{x0:g} {y0:g}L{x1:g} {y1:g}"/>'


def _box(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"/>'


def _dot(kind: str, x: float, y: float) -> str:
    return f'<circle class="dot {kind}" cx="{x:g}" cy="{y:g}" r="3.6"/>'


def _words(kind: str, x: float, y: float, words: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(words)}</text>'


def _number(value: float) -> str:
    return f"{value:,g}".replace("-", "−")


def _sketch(height: float, parts: list[str]) -> Sketch:
    return Sketch(_WIDTH, height, Markup("".join(parts)))


def _under(parts: list[str], axis: _Axis, foot: float, name: str) -> None:
    """Add the names of the ticks and of the axis below a drawing."""
    parts += [_words("mid", axis(tick), foot + 16, _number(tick)) for tick in axis.ticks()]
    parts.append(_words("mid", (axis.start + axis.end) / 2, foot + 34, name))


def sizes_sketch(result: Comparison | Measurement) -> Sketch:
    """Return how many pores there are of each size; see ``figures.plot_sizes``."""
    shown = histogram_of(result)
    foot = 200.0
    x = _Axis(0.0, float(shown.edges[-1]), 48.0, _WIDTH - 22)
    most = max(1.0, *(float(one.counts.max(initial=0)) for one in shown.photos))
    y = _Axis(0.0, 1.05 * most, foot, 8.0)
    parts = []
    for tick in y.ticks():
        parts.append(_line("grid", x.start, y(tick), x.end, y(tick)))
        parts.append(_words("end", x.start - 8, y(tick) + 4, _number(tick)))
    for number, one in enumerate(shown.photos):
        steps = "".join(
            f"L{x(left):g} {y(count):g}H{x(right):g}"
            for left, right, count in zip(shown.edges, shown.edges[1:], one.counts, strict=False)
        )
        outline = f"M{x.start:g} {foot:g}{steps}V{foot:g}"
        parts.append(f'<path class="area {one.key}" d="{outline}"/>')
        row = 18 + 18 * number
        parts.append(_line(f"area {one.key}", x.end - 150, row - 4, x.end - 126, row - 4))
        parts.append(_words("ink", x.end - 118, row, f"{one.name} ({one.number:,})"))
    parts.append(_line("dash", x(shown.visible), foot, x(shown.visible), y.end))
    _under(parts, x, foot, texts.AXIS_SIZE.format(unit=shown.unit))
    return _sketch(foot + 42, parts)


def changes_sketch(rows: pd.DataFrame) -> Sketch:
    """Return changes with their intervals over the bands of unchanged skin.

    Parameters
    ----------
    rows : DataFrame
        Rows of the table of changes whose change is known.
    """
    bounds = rows[["change_pct", "ci_low_pct", "ci_high_pct", "rc_pct"]].to_numpy(np.float64)
    low = float(np.nanmin(np.c_[bounds[:, :3], -bounds[:, 3]])) * 1.05
    high = float(np.nanmax(bounds)) * 1.05
    x = _Axis(min(low, -1.0), max(high, 1.0), 244.0, _WIDTH - 22)
    bands: list[str] = []
    body: list[str] = []
    place = 4.0
    for region in summary.whole_first(rows["region"]):
        place += 18
        body.append(_words("end ink strong", x.start - 10, place + 4, region_name(region)))
        for row in rows_of(rows[rows["region"] == region]):
            place += 18
            kind = _CLASSES.get(str(row.verdict), "same")
            if np.isfinite(row.rc_pct):
                left = x(-row.rc_pct)
                bands.append(_box("band", left, place - 7, x(row.rc_pct) - left, 14))
            body.append(
                _words("end", x.start - 10, place + 4, summary.metric_name(str(row.metric)))
            )
            if np.isfinite(row.ci_low_pct) and np.isfinite(row.ci_high_pct):
                body.append(
                    _line(f"ci {kind}", x(row.ci_low_pct), place, x(row.ci_high_pct), place)
                )
            body.append(_dot(kind, x(row.change_pct), place))
        place += 8
    foot = place + 8
    grid = [_line("grid", x(tick), 4, x(tick), foot) for tick in x.ticks()]
    parts = [*bands, *grid, _line("zero", x(0.0), 4, x(0.0), foot), *body]
    _under(parts, x, foot, texts.AXIS_CHANGE)
    return _sketch(foot + 42, parts)


def timeline_sketch(line: Timeline) -> Sketch:
    """Return one measure over the visits; see ``series_figures.plot_timeline``."""
    foot = 200.0
    x = _Axis(*line.reach_days, 56.0, _WIDTH - 22)
    y = _Axis(*line.reach_pct, foot, 8.0)
    parts = []
    if line.band_pct is not None:
        below, above = (min(max(value, y.low), y.high) for value in line.band_pct)
        parts.append(_box("band", x.start, y(above), x.end - x.start, y(below) - y(above)))
    for tick in y.ticks():
        parts.append(_line("grid", x.start, y(tick), x.end, y(tick)))
        parts.append(_words("end", x.start - 8, y(tick) + 4, _number(tick)))
    parts.append(_line("zero", x.start, y(0.0), x.end, y(0.0)))
    for day in line.treatment_days:
        if x.low <= day <= x.high:
            parts.append(_line("dash", x(day), foot, x(day), y.end))
    counted = [
        (x(day), y(value))
        for day, value, early in zip(line.days, line.change_pct, line.early, strict=True)
        if not early
    ]
    path = "L".join(f"{one:g} {other:g}" for one, other in counted)
    parts.append(f'<path class="course" d="M{path}"/>' if counted else "")
    for day, low, high in zip(line.days, line.low_pct, line.high_pct, strict=True):
        if np.isfinite(low) and np.isfinite(high):
            parts.append(_line("course", x(day), y(low), x(day), y(high)))
    for day, value, early in zip(line.days, line.change_pct, line.early, strict=True):
        parts.append(_dot("open" if early else "full", x(day), y(value)))
    parts.append(_words("", 0, 14, "%"))
    _under(parts, x, foot, series_texts.AXIS_DAYS)
    return _sketch(foot + 42, parts)
