"""Log ratios to intervals and family-wise verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from poremetrics.change.blocks import draws
from poremetrics.change.measures import (
    HEADLINE,
    SECONDARY,
    Measure,
    Sample,
    join,
    matched,
    visible,
)
from poremetrics.change.repeatability import RC_FACTOR, Repeatability
from poremetrics.change.response import Response, default_response
from poremetrics.change.sizes import with_shared_change
from poremetrics.columns import CHANGES, table
from poremetrics.model import Conditions, Verdict
from poremetrics.settings.change import ChangeSettings

Floats = npt.NDArray[np.float64]

_SIZE = next(one for one in HEADLINE if one.name == "diameter_um_matched")


def changes(
    samples: Sequence[Sample],
    conditions: Mapping[str, Conditions],
    refused: Sequence[str],
    repeatability: Repeatability,
    settings: ChangeSettings,
    response: Response | None = None,
) -> pd.DataFrame:
    """Return the change of every measure in every region and in all of them together.

    Parameters
    ----------
    samples : sequence of Sample
        One per region found in both photos.
    conditions : mapping of region to Conditions
        How the two photos of that region differ.
    refused : sequence of str
        Regions that failed a check; their verdict is ``not comparable`` and they are left out
        of ``all``.
    repeatability : Repeatability
        What two photos of unchanged skin differ by.
    settings : ChangeSettings
        Tunables.
    response : Response, optional
        How much of a change is read; the project's own figures by default.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.CHANGES`.
    """
    usable = [_Bracketed.of(sample, settings) for sample in samples if sample.name not in refused]
    rows = [
        row
        for one in usable
        for row in _region_rows(one, [conditions[one.sample.name]], repeatability, settings)
    ]
    if usable:
        used = [conditions[one.sample.name] for one in usable]
        whole = usable[0] if len(usable) == 1 else _Bracketed.joined(usable)
        rows += [
            {**row, "region": "all"} for row in _region_rows(whole, used, repeatability, settings)
        ]
    has_scale = bool(samples) and all(sample.has_scale for sample in samples)
    silent = [*refused, *([] if usable else ["all"])]
    rows += [row for name in silent for row in _refused_rows(name, has_scale)]
    frame = pd.DataFrame(rows)
    return table(_with_verdicts(frame, response or default_response(), settings), CHANGES)


@dataclass(frozen=True, slots=True)
class _Bracketed:
    """A sample, and the same had the shared change of size been one standard error off."""

    sample: Sample
    below: Sample
    above: Sample

    @classmethod
    def of(cls, sample: Sample, settings: ChangeSettings) -> _Bracketed:
        """Bracket the sample of one region."""
        weights = draws(sample.area.size, settings.bootstrap_draws, settings.bootstrap_seed)
        error = _sampling_sd(_log_ratio(sample, _SIZE, weights), sample.area.size)
        if not math.isfinite(error):
            return cls(sample, sample, sample)
        below, above = (with_shared_change(sample, settings, shift) for shift in (-error, error))
        return cls(sample, below, above)

    @classmethod
    def joined(cls, several: Sequence[_Bracketed]) -> _Bracketed:
        """Join regions; their errors go together: they share light, focus and camera."""
        return cls(*(join([getattr(one, name) for one in several]) for name in cls.__slots__))

    def error(self, measure: Measure) -> float:
        """Return the standard error of a log ratio that comes from that of the shared change."""
        ones = np.ones((1, self.sample.area.size))
        ratios = [_log_ratio(one, measure, ones)[0] for one in (self.below, self.above)]
        return float(0.5 * abs(ratios[1] - ratios[0])) if np.isfinite(ratios).all() else 0.0


def _region_rows(
    bracketed: _Bracketed,
    conditions: Sequence[Conditions],
    repeatability: Repeatability,
    settings: ChangeSettings,
) -> list[dict[str, object]]:
    sample = bracketed.sample
    weights = draws(sample.area.size, settings.bootstrap_draws, settings.bootstrap_seed)
    return [
        _row(bracketed, measure, weights, repeatability, conditions, settings)
        for measure in (*HEADLINE, *SECONDARY)
        if not measure.needs or f"{measure.needs}_before" in sample.sums
    ]


def _log_ratio(sample: Sample, measure: Measure, weights: Floats) -> Floats:
    """Return the log ratio of a measure, after over before, in every draw."""
    before, after = (measure.values(sample, weights, side) for side in ("before", "after"))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(after / before))


def _sampling_sd(log_ratio: Floats, blocks: int) -> float:
    """Return the standard deviation over the draws, row 0 being the sample itself."""
    drawn = log_ratio[1:][np.isfinite(log_ratio[1:])]
    if blocks < 2 or drawn.size < 2:
        return math.nan
    # The bootstrap of T blocks underestimates the variance by (T - 1) / T.
    return float(np.std(drawn)) * math.sqrt(blocks / (blocks - 1.0))


def _row(
    bracketed: _Bracketed,
    measure: Measure,
    weights: Floats,
    repeatability: Repeatability,
    conditions: Sequence[Conditions],
    settings: ChangeSettings,
) -> dict[str, object]:
    sample = bracketed.sample
    before = measure.values(sample, weights, "before")
    after = measure.values(sample, weights, "after")
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(after / before)
    sampling = math.hypot(_sampling_sd(log_ratio, sample.area.size), bracketed.error(measure))
    wsd = repeatability.wsd(measure.name, conditions)
    number = _number_behind(sample, measure)
    enough = number is None or number >= settings.minimum_pores
    name, unit = measure.label(sample.has_scale)
    return {
        "region": sample.name,
        "metric": name,
        "unit": unit,
        "before": before[0],
        "after": after[0],
        "log_ratio": log_ratio[0] if np.isfinite(log_ratio[0]) else math.nan,
        # Two photos differ by sqrt(2) wSD; sampling and repeatability are independent.
        "log_sd": math.hypot(sampling, math.sqrt(2.0) * wsd) if enough else math.nan,
        "rc_pct": 100.0 * math.expm1(RC_FACTOR * wsd),
        "n_pores": number,
        "tested_as": _tested_as(measure),
    }


def _tested_as(measure: Measure) -> str:
    """Return the hypothesis behind a measure; density is count over one and the same area."""
    if measure not in HEADLINE:
        return ""
    return "count" if measure.name == "density_cm2" else measure.name


def _number_behind(sample: Sample, measure: Measure) -> int | None:
    """Return the number of pores a measure rests on; None for a measure of the whole skin."""
    if measure.needs:
        return None
    if measure.name.endswith("_matched"):
        return int(matched(sample).sum())
    return int(max(visible(sample, "before").sum(), visible(sample, "after").sum()))


def _refused_rows(region: str, has_scale: bool) -> list[dict[str, object]]:
    labels = (measure.label(has_scale) for measure in HEADLINE)
    return [
        {"region": region, "metric": name, "unit": unit, "tested_as": name} for name, unit in labels
    ]


def _with_verdicts(
    frame: pd.DataFrame, response: Response, settings: ChangeSettings
) -> pd.DataFrame:
    frame = frame.reindex(columns=[*CHANGES, "log_ratio", "log_sd", "tested_as"])
    log_ratio = frame["log_ratio"].to_numpy(np.float64)
    log_sd = frame["log_sd"].to_numpy(np.float64)
    alpha = 1.0 - settings.confidence

    score = np.divide(np.abs(log_ratio), log_sd, out=np.zeros_like(log_sd), where=log_sd > 0)
    known = frame["tested_as"].ne("") & np.isfinite(log_ratio) & np.isfinite(log_sd)
    family = frame[known].assign(p_value=2.0 * special.ndtr(-score[known]))
    tests = family.groupby(["region", "tested_as"], sort=False)["p_value"].min()
    significant = dict(zip(tests.index, holm(tests.to_numpy(np.float64), alpha), strict=True))

    low, high, stretch = _interval(frame, response, -special.ndtri(alpha / 2.0))
    strictest = -special.ndtri(alpha / 2.0 / max(len(tests), 1))
    return frame.assign(
        change_pct=100.0 * np.expm1(log_ratio),
        ci_low_pct=100.0 * np.expm1(low),
        ci_high_pct=100.0 * np.expm1(high),
        detectable_pct=-100.0 * np.expm1(-strictest * log_sd * stretch),
        verdict=[
            _verdict(tested_as, change, significant.get((region, tested_as)))
            for region, tested_as, change in zip(
                frame["region"], frame["tested_as"], log_ratio, strict=True
            )
        ],
    )


def _interval(frame: pd.DataFrame, response: Response, factor: float) -> tuple[Floats, ...]:
    """Return both ends of the interval of the true log ratio, and true over read.

    The change as read always lies within.
    """
    log_ratio = frame["log_ratio"].to_numpy(np.float64)
    shares = [response.of(str(metric)) for metric in frame["metric"]]
    stretch = 1.0 + np.array([one.unread for one in shares])
    is_size = frame["metric"].isin([_SIZE.name, _SIZE.name_px])
    sizes = frame[is_size].set_index("region")["log_ratio"]
    of_size = frame["region"].map(sizes).fillna(0.0).to_numpy(np.float64)
    own = np.array([one.sd for one in shares]) * log_ratio
    borrowed = np.array([one.sd_of_size for one in shares]) * of_size
    noise = stretch * frame["log_sd"].to_numpy(np.float64)
    half = factor * np.sqrt(noise**2 + own**2 + borrowed**2)
    centre = stretch * log_ratio
    return np.minimum(centre - half, log_ratio), np.maximum(centre + half, log_ratio), stretch


def _verdict(tested_as: str, log_ratio: float, significant: bool | None) -> Verdict | str:
    """Return the verdict; empty for a secondary measure, which gets an interval only."""
    if not tested_as:
        return ""
    if significant is None:
        return "not comparable"
    if not significant:
        return "no detectable change"
    return "decreased" if log_ratio < 0 else "increased"


def holm(p_values: Floats, alpha: float) -> npt.NDArray[np.bool_]:
    """Return which hypotheses the step-down procedure of Holm (1979) rejects.

    Parameters
    ----------
    p_values : (m,) float64
        One per hypothesis of the family.
    alpha : float
        Family-wise error.

    Returns
    -------
    (m,) bool
        Rejected at ``alpha`` over the whole family.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03]), 0.05)
    array([ True, False, False])
    """
    number = p_values.size
    order = np.argsort(p_values, kind="stable")
    passes = p_values[order] <= alpha / (number - np.arange(number))
    rejected = np.zeros(number, dtype=bool)
    rejected[order] = np.logical_and.accumulate(passes)
    return rejected
