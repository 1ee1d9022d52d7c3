"""From pairs of unchanged skin to the repeatability that intervals rest on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from poremetrics.change import (
    HEADLINE,
    SECONDARY,
    Repeatability,
    Response,
    Share,
    default_repeatability,
)
from poremetrics.change.repeatability import RC_FACTOR
from poremetrics.settings.change import ChangeSettings

ROUGHEST = "rough"
"""Strength of nuisance whose pairs give the wSD."""
FLOOR = 0.010
"""Smallest wSD, a repeatability coefficient of 2.8 %: cameras with the head in a rig repeat pores
within 2 to 4 %, and no number of rendered pairs shows that ordinary photos do better."""
_FEWEST_PAIRS = 40  # below, one odd pair decides what blur or decorrelation seem to cost
_FOLDS = 20  # of the jackknife over pairs
_SURE = 2.0  # standard errors by which a term must differ from nothing
_DIGITS = 5
_RESPONSE_DIGITS = 3
_LEAST_POWER = 0.1  # of the power read: below, the pairs show noise, not change
_REFUSED = "not comparable"
_BLUR, _CORRELATION = "relative_blur_px", "correlation"

FloatArray = npt.NDArray[np.float64]


def sampling_sd(changes: pd.DataFrame, response: Response, settings: ChangeSettings) -> FloatArray:
    """Return the sampling sd of the log ratio behind every interval.

    An interval is made of sampling, repeatability and the response's own error, whose squares
    add; the last two are known and are taken away again.

    Parameters
    ----------
    changes : DataFrame
        Columns of :data:`poremetrics.columns.CHANGES`, of one region.
    response : Response
    settings : ChangeSettings
        Both those the table was made with.

    Returns
    -------
    (N,) float64
        NaN where there is no interval.
    """
    low, high, log_ratio = (
        np.log1p(changes[name].to_numpy(np.float64) / 100.0)
        for name in ("ci_low_pct", "ci_high_pct", "change_pct")
    )
    wsd = np.log1p(changes["rc_pct"].to_numpy(np.float64) / 100.0) / RC_FACTOR
    shares = [response.of(str(metric)) for metric in changes["metric"]]
    is_size = changes["metric"].str.fullmatch("diameter_(um|px)_matched").to_numpy(bool)
    size = float(np.nan_to_num(log_ratio[is_size]).sum())
    own = np.array([one.sd for one in shares]) * log_ratio
    borrowed = np.array([one.sd_of_size for one in shares]) * size
    total = (high - low) / 2.0 / stats.norm.isf((1.0 - settings.confidence) / 2.0)
    stretch = 1.0 + np.array([one.unread for one in shares])
    left = (total**2 - own**2 - borrowed**2) / stretch**2 - 2.0 * wsd**2
    return np.asarray(np.sqrt(np.maximum(left, 0.0)), np.float64)


def calibrate(pairs: pd.DataFrame) -> Repeatability:
    """Return the repeatability that pairs of unchanged skin show.

    Two photos of a pair differ by sqrt(2) wSD besides sampling. So, with ``v`` half of the squared
    log ratio less its sampling variance, ``v = wSD^2 + (per_blur_px * blur)^2 +
    (per_decorrelation * (1 - correlation))^2`` on average. The two terms of the conditions are
    shared by all measures and fitted by non-negative least squares over those that get a verdict;
    a term the data do not show stays what it is in the package. What is left over the roughest
    pairs is each measure's wSD: it must hold for photos taken with little care, and who takes more
    measures their own.

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
    roughest = _roughest(nulls)
    wsd = dict(present.wsd_log) | {
        name: round(max(math.sqrt(max(_mean((v - explained)[roughest]), 0.0)), FLOOR), _DIGITS)
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


def _roughest(nulls: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which pairs differ most by design; all where the table does not say."""
    if "strength" not in nulls.columns or not nulls["strength"].eq(ROUGHEST).any():
        return np.ones(len(nulls), dtype=bool)
    return nulls["strength"].eq(ROUGHEST).to_numpy(bool)


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else 0.0


def calibrate_response(pairs: pd.DataFrame) -> Response:
    """Return how much of a true change is read, from pairs of known change.

    Per measure, the true log ratio is ``(1 + unread)`` times the one read by least squares through
    the origin; what the errors of sampling and repeatability leave of the misfit is the response's
    own spread. Contrast does not change in these pairs: what is read of it follows the change of
    size.

    Parameters
    ----------
    pairs : DataFrame
        Rows of :func:`poremetrics.validate.cases.run_pair`; those of kind ``power`` are used,
        where the tool called them comparable.

    Returns
    -------
    Response
        Of every headline measure whose truth is known.
    """
    known = pairs[pairs["kind"].eq("power")].reset_index(drop=True)
    size = _log(known, "diameter_um_matched_pct")
    # of these very pairs: the package's is also that of real photos, which differ by more
    own = calibrate(pairs)
    shares = {}
    for name in ("count", "coverage_pct", "diameter_um_matched", "contrast_matched"):
        read, true = _log(known, f"{name}_pct"), _log(known, f"{name}_true_pct")
        repeated = 2.0 * own.wsd(name) ** 2
        noise = repeated + _numbers(known, f"{name}_sampling_sd", 0.0) ** 2
        usable = np.isfinite(read) & np.isfinite(true) & np.isfinite(size)
        usable &= known[f"{name}_verdict"].ne(_REFUSED).to_numpy(bool)
        if usable.any():
            picked = (values[usable] for values in (read, true, size, noise))
            shares[name] = _share(*picked, borrowed=name == "contrast_matched")
    if "count" in shares:
        shares["density_cm2"] = shares["count"]  # over one and the same area
    return Response(
        source="`poremetrics validate`: photos of rendered skin of known change",
        pairs=len(known),
        shares=shares,
    )


def _share(
    read: FloatArray, true: FloatArray, size: FloatArray, noise: FloatArray, *, borrowed: bool
) -> Share:
    if borrowed:
        excess = float(np.sum((true - read) ** 2 - noise))
        per_size = math.sqrt(max(excess, 0.0) / float(np.sum(size**2)))
        return Share(sd_of_size=round(per_size, _RESPONSE_DIGITS))
    # Noise of what is read adds to its power and to nothing else.
    power = max(float(np.sum(read**2 - noise)), _LEAST_POWER * float(np.sum(read**2)))
    unread = float(np.sum(true * read)) / power - 1.0
    misfit = (true - (1.0 + unread) * read) ** 2 - (1.0 + unread) ** 2 * noise
    sd = math.sqrt(max(float(np.sum(misfit)), 0.0) / power)
    return Share(unread=round(unread, _RESPONSE_DIGITS), sd=round(sd, _RESPONSE_DIGITS))


def _log(table: pd.DataFrame, column: str) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log1p(_numbers(table, column, math.nan) / 100.0), np.float64)


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
