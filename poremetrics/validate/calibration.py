"""From pairs of unchanged skin to the repeatability that intervals rest on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from poremetrics.change import HEADLINE, SECONDARY, Repeatability, default_repeatability
from poremetrics.change.repeatability import RC_FACTOR
from poremetrics.settings.change import ChangeSettings

FLOOR = 0.004
"""Smallest wSD: no finite number of rendered pairs shows that real photos agree better."""
_FEWEST_PAIRS = 40  # below, one odd pair decides what blur or decorrelation seem to cost
_FOLDS = 20  # of the jackknife over pairs
_SURE = 2.0  # standard errors by which a term must differ from nothing
_DIGITS = 5
_REFUSED = "not comparable"
_BLUR, _CORRELATION = "relative_blur_px", "correlation"

FloatArray = npt.NDArray[np.float64]


def sampling_sd(changes: pd.DataFrame, settings: ChangeSettings) -> FloatArray:
    """Return the sampling sd of the log ratio behind every interval.

    An interval is made of sampling, repeatability and the response's own error, whose squares
    add; the last two are known and are taken away again.

    Parameters
    ----------
    changes : DataFrame
        Columns of :data:`poremetrics.columns.CHANGES`.
    settings : ChangeSettings
        Those the table was made with.

    Returns
    -------
    (N,) float64
        NaN where there is no interval.
    """
    log_ratio, low, high = (
        np.log1p(changes[name].to_numpy(np.float64) / 100.0)
        for name in ("change_pct", "ci_low_pct", "ci_high_pct")
    )
    wsd = np.log1p(changes["rc_pct"].to_numpy(np.float64) / 100.0) / RC_FACTOR
    total = (high - low) / 2.0 / stats.norm.isf((1.0 - settings.confidence) / 2.0)
    left: FloatArray = total**2 - (settings.response_rel_sd * log_ratio) ** 2 - 2.0 * wsd**2
    return np.sqrt(np.maximum(left, 0.0))


def calibrate(pairs: pd.DataFrame) -> Repeatability:
    """Return the repeatability that pairs of unchanged skin show.

    Two photos of a pair differ by sqrt(2) wSD besides sampling. So, with ``v`` half of the squared
    log ratio less its sampling variance, ``v = wSD^2 + (per_blur_px * blur)^2 +
    (per_decorrelation * (1 - correlation))^2`` on average. The two terms of the conditions are
    shared by all measures and fitted by non-negative least squares over those that get a verdict;
    a term the data do not show stays what it is in the package. What is left is each measure's
    wSD.

    Parameters
    ----------
    pairs : DataFrame
        Rows of :func:`poremetrics.validate.cases.run_pair`; those of kind ``null`` are used,
        where the tool called them comparable.

    Returns
    -------
    Repeatability
        wSD of every measure, never below :data:`FLOOR`. A measure without a usable pair keeps
        the figure that is in the package.
    """
    present = default_repeatability()
    nulls = pairs[pairs["kind"].eq("null")].reset_index(drop=True)
    excess = {
        measure.name: found
        for measure in (*HEADLINE, *SECONDARY)
        if np.isfinite(found := _excess(nulls, measure.name)).any()
    }
    squares = np.column_stack(
        (_numbers(nulls, _BLUR, 0.0) ** 2, (1.0 - _numbers(nulls, _CORRELATION, 1.0)) ** 2)
    )
    judged = [excess[one.name] for one in HEADLINE if one.name in excess]
    terms = _terms(judged, squares, np.square([present.per_blur_px, present.per_decorrelation]))
    explained = squares @ terms
    wsd = dict(present.wsd_log) | {
        name: round(max(math.sqrt(max(float(np.nanmean(v - explained)), 0.0)), FLOOR), _DIGITS)
        for name, v in excess.items()
    }
    number = max((int(np.isfinite(v).sum()) for v in excess.values()), default=0)
    per_blur, per_decorrelation = np.round(np.sqrt(terms), _DIGITS).tolist()
    return Repeatability(
        format=present.format,
        source=f"`poremetrics validate`: {number} pairs of photos of unchanged rendered skin",
        pairs=number,
        wsd_log=wsd,
        per_blur_px=per_blur,
        per_decorrelation=per_decorrelation,
    )


def _excess(nulls: pd.DataFrame, measure: str) -> FloatArray:
    """Return half of the squared log ratio less its sampling variance; NaN where not usable."""
    change = _numbers(nulls, f"{measure}_pct", math.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log1p(change / 100.0)
    # Measures without a verdict of their own stand and fall with the pair.
    own = f"{measure}_verdict"
    verdict = nulls.get(own if own in nulls.columns else "count_verdict")
    if verdict is not None:
        log_ratio = np.where(verdict.eq(_REFUSED), math.nan, log_ratio)
    log_ratio = np.where(np.isfinite(log_ratio), log_ratio, math.nan)
    sampling = _numbers(nulls, f"{measure}_sampling_sd", 0.0)
    return np.asarray((log_ratio**2 - sampling**2) / 2.0, np.float64)


def _numbers(table: pd.DataFrame, column: str, otherwise: float) -> FloatArray:
    """Return a column as floats, ``otherwise`` where it is absent or not known."""
    if column not in table.columns:
        return np.full(len(table), otherwise)
    return table[column].fillna(otherwise).to_numpy(np.float64)


def _terms(excess: Sequence[FloatArray], squares: FloatArray, present: FloatArray) -> FloatArray:
    """Return the squared terms of the conditions: fitted where the data show them."""
    number = len(squares)
    if not excess or number < _FEWEST_PAIRS:
        return present
    fold = np.arange(number) % _FOLDS
    none = np.zeros(2, dtype=bool)
    fitted = _fitted(excess, squares, present, none, np.ones(number, dtype=bool))
    left_out = np.array(
        [_fitted(excess, squares, present, none, fold != out) for out in range(_FOLDS)]
    )
    error = np.sqrt((_FOLDS - 1.0) / _FOLDS * np.square(left_out - left_out.mean(0)).sum(0))
    kept = ~(fitted > _SURE * error)
    return _fitted(excess, squares, present, kept, np.ones(number, dtype=bool))


def _fitted(
    excess: Sequence[FloatArray],
    squares: FloatArray,
    present: FloatArray,
    kept: npt.NDArray[np.bool_],
    used: npt.NDArray[np.bool_],
) -> FloatArray:
    """Return both terms by non-negative least squares; those to be kept are ``present``'s.

    Every measure has a constant of its own. The spread of a squared normal variable is in
    proportion to its mean, so each measure is weighted by the inverse of its mean.
    """
    rows, targets = [], []
    for index, v in enumerate(excess):
        known = used & np.isfinite(v)
        weight = 1.0 / max(float(np.abs(v[known]).mean()) if known.any() else 1.0, FLOOR**2)
        constant = np.zeros((int(known.sum()), len(excess)))
        constant[:, index] = 1.0
        free = np.where(kept, 0.0, squares[known])
        rows.append(weight * np.column_stack((constant, free)))
        targets.append(weight * (v[known] - squares[known] @ np.where(kept, present, 0.0)))
    solution = optimize.nnls(np.concatenate(rows), np.concatenate(targets))[0]
    return np.where(kept, present, solution[-2:])
