"""The course of one person: where a measure stands, its rate per session, and the story.

All on the natural log of the ratio to the baseline, so that a rate is a percentage per session.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from poremetrics.columns import table
from poremetrics.settings import Settings
from poremetrics.study import tables

Story = Literal[
    "still improving",
    "levelled off",
    "fading",
    "changed; course not clear",
    "increased",
    "no detectable change",
    "not comparable",
]
Floats = npt.NDArray[np.float64]
Row = Mapping[str, Any]
_FIGURES = (
    "change_pct",
    "ci_low_pct",
    "ci_high_pct",
    "rate_per_session_pct",
    "rate_low_pct",
    "rate_high_pct",
)


def trends(timeline: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return one row per region and headline measure.

    Photos taken too early after a treatment, and visits that could not be compared, are left out.

    Parameters
    ----------
    timeline : DataFrame
        One series, columns of :data:`poremetrics.study.tables.TIMELINE`.
    settings : Settings
        Tunables.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.study.tables.TRENDS`.
    """
    # Plain rows: a study has thousands of these short lines, too short for tables of their own.
    lines: dict[tuple[str, str], list[Row]] = {}
    columns = list(timeline.columns)
    for values in timeline.itertuples(index=False, name=None):
        row = dict(zip(columns, values, strict=True))
        lines.setdefault((row["region"], row["metric"]), []).append(row)
    rows: list[Row] = [
        {
            "subject": line[0]["subject"],
            "side": line[0]["side"],
            "region": region,
            "metric": metric,
            **_course(line, len(lines), settings),
        }
        for (region, metric), line in lines.items()
    ]
    return table(rows, tables.TRENDS)


def _course(line: Sequence[Row], family: int, settings: Settings) -> Row:
    usable = [
        row
        for row in line
        if row["verdict"] not in ("", "not comparable")
        and not row["too_early"]
        and math.isfinite(row["change_pct"])
        and math.isfinite(row["ci_low_pct"])
    ]
    if not usable:
        lost = "not comparable"
        known = {"visits": 0, "sessions": 0, "verdict": lost, "story": lost}
        return {**dict.fromkeys(_FIGURES, math.nan), **known}
    if len(usable) > 1 and line.index(usable[-1]) - line.index(usable[-2]) > 1:
        # The visit before was too early or not comparable: its step tells nothing.
        usable[-1] = {**usable[-1], **step_over(usable[-2], usable[-1], family, settings)}
    last = usable[-1]
    rate, low, high = rate_per_session(
        _log(usable, "change_pct"),
        _log_sd(usable, settings.change.confidence),
        np.array([row["sessions"] for row in usable], dtype=np.float64),
        settings,
    )
    return {
        "visits": len(usable),
        "sessions": int(last["sessions"]),
        "change_pct": last["change_pct"],
        "ci_low_pct": last["ci_low_pct"],
        "ci_high_pct": last["ci_high_pct"],
        "verdict": last["verdict"],
        "rate_per_session_pct": 100.0 * math.expm1(rate),
        "rate_low_pct": 100.0 * math.expm1(low),
        "rate_high_pct": 100.0 * math.expm1(high),
        "story": story(usable, settings),
    }


def step_over(earlier: Row, later: Row, family: int, settings: Settings) -> Row:
    """Return the step between two visits that were compared with the baseline, not with each other.

    Parameters
    ----------
    earlier, later : mapping
        Rows of the timeline.
    family : int
        Lines of the timeline: in so many a step may be called by chance (Bonferroni).
    settings : Settings
        Confidence, and the error that both changes owe to their baseline photo.

    Returns
    -------
    mapping
        ``step_low_pct``, ``step_high_pct`` and ``step_verdict``.
    """
    rows = (earlier, later)
    (first, last), (one, other) = (
        _log(rows, "change_pct"),
        _log_sd(rows, settings.change.confidence),
    )
    shared = settings.study.shared_baseline
    sd = math.sqrt(max(one**2 + other**2 - 2.0 * shared * one * other, 0.0))
    step, usual = last - first, _quantile(settings.change.confidence)
    strict = _quantile(1.0 - (1.0 - settings.change.confidence) / family)
    direction = "decreased" if step < 0.0 else "increased"
    return {
        "step_low_pct": 100.0 * math.expm1(step - usual * sd),
        "step_high_pct": 100.0 * math.expm1(step + usual * sd),
        "step_verdict": direction if abs(step) > strict * sd else "no detectable change",
    }


def _log(rows: Sequence[Row], column: str) -> Floats:
    percent = np.array([row[column] for row in rows], dtype=np.float64)
    return np.asarray(np.log1p(percent / 100.0), dtype=np.float64)


def _log_sd(rows: Sequence[Row], confidence: float) -> Floats:
    width = _log(rows, "ci_high_pct") - _log(rows, "ci_low_pct")
    return np.asarray(width / (2.0 * _quantile(confidence)), dtype=np.float64)


def _quantile(confidence: float) -> float:
    return float(special.ndtri(0.5 + confidence / 2.0))


def rate_per_session(
    log_ratio: Floats, log_sd: Floats, sessions: Floats, settings: Settings
) -> tuple[float, float, float]:
    """Return the change per session and its interval, on the log scale.

    A straight line through the baseline, by generalised least squares: all changes share the
    error of the one baseline photo. Where the points scatter more about the line than their own
    errors allow, the interval is widened by that ratio (Birge 1932) and by Student's t.

    Parameters
    ----------
    log_ratio, log_sd : (K,) float64
        Log ratio to the baseline at each follow-up, and its standard error.
    sessions : (K,) float64
        Sessions between the baseline and the follow-up.
    settings : Settings
        Confidence and shared error.

    Returns
    -------
    rate : float
        Change of the log ratio per session.
    low, high : float
        Its interval; all three are NaN where no session lies before any follow-up, or no error
        is known.
    """
    usable = np.isfinite(log_ratio) & np.isfinite(log_sd) & (log_sd > 0)
    x, y, sd = sessions[usable], log_ratio[usable], log_sd[usable]
    if not x.size or not np.any(x > 0):
        return math.nan, math.nan, math.nan
    correlation = np.full((x.size, x.size), settings.study.shared_baseline)
    np.fill_diagonal(correlation, 1.0)
    covariance = correlation * np.outer(sd, sd)
    weighted = np.linalg.solve(covariance, x)
    information = float(x @ weighted)
    rate = float(weighted @ y) / information
    error = 1.0 / math.sqrt(information)
    tail = (1.0 - settings.change.confidence) / 2.0
    factor = _quantile(settings.change.confidence)
    spare = x.size - 1
    if spare:
        residual = y - rate * x
        birge = math.sqrt(float(residual @ np.linalg.solve(covariance, residual)) / spare)
        factor = max(factor, birge * float(special.stdtrit(spare, 1.0 - tail)))
    return rate, rate - factor * error, rate + factor * error


def story(usable: Sequence[Row], settings: Settings) -> Story:
    """Say how a measure runs, and no more than the verdicts and intervals allow.

    Parameters
    ----------
    usable : sequence of mapping
        Rows of the timeline: follow-ups of one region and measure in order of time; see
        :func:`trends`.
    settings : Settings
        The margin within which a measure has levelled off.

    Returns
    -------
    str
        ``still improving``: decreased since the baseline and decreased again since the previous
        visit that counts. ``fading``: decreased at some visit, and increased since that one.
        ``levelled off``: decreased, and the whole interval of the last step within the margin.
    """
    last = usable[-1]
    step = last["step_verdict"] if len(usable) > 1 else ""
    once_decreased = any(row["verdict"] == "decreased" for row in usable)
    if once_decreased and step == "increased":
        return "fading"
    if last["verdict"] == "increased":
        return "increased"
    if last["verdict"] == "no detectable change":
        return "changed; course not clear" if once_decreased else "no detectable change"
    if step == "decreased":
        return "still improving"
    margin = settings.study.level_margin_pct
    if len(usable) > 1 and last["step_low_pct"] >= -margin and last["step_high_pct"] <= margin:
        return "levelled off"
    return "changed; course not clear"
