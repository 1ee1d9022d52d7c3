"""Log ratios to intervals and family-wise verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

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
from poremetrics.columns import CHANGES, table
from poremetrics.model import Conditions, Verdict
from poremetrics.settings.change import ChangeSettings


def changes(
    samples: Sequence[Sample],
    conditions: Mapping[str, Conditions],
    refused: Sequence[str],
    repeatability: Repeatability,
    settings: ChangeSettings,
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

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.CHANGES`.
    """
    usable = [sample for sample in samples if sample.name not in refused]
    rows = [
        row
        for sample in usable
        for row in _region_rows(sample, [conditions[sample.name]], repeatability, settings)
    ]
    if usable:
        used = [conditions[sample.name] for sample in usable]
        whole = usable[0] if len(usable) == 1 else join(usable)
        rows += [
            {**row, "region": "all"} for row in _region_rows(whole, used, repeatability, settings)
        ]
    has_scale = bool(samples) and all(sample.has_scale for sample in samples)
    silent = [*refused, *([] if usable else ["all"])]
    rows += [row for name in silent for row in _refused_rows(name, has_scale)]
    frame = pd.DataFrame(rows)
    return table(_with_verdicts(frame, settings), CHANGES)


def _region_rows(
    sample: Sample,
    conditions: Sequence[Conditions],
    repeatability: Repeatability,
    settings: ChangeSettings,
) -> list[dict[str, object]]:
    weights = draws(sample.area.size, settings.bootstrap_draws, settings.bootstrap_seed)
    return [
        _row(sample, measure, weights, repeatability, conditions, settings)
        for measure in (*HEADLINE, *SECONDARY)
        if not measure.needs or f"{measure.needs}_before" in sample.sums
    ]


def _row(
    sample: Sample,
    measure: Measure,
    weights: npt.NDArray[np.float64],
    repeatability: Repeatability,
    conditions: Sequence[Conditions],
    settings: ChangeSettings,
) -> dict[str, object]:
    before = measure.values(sample, weights, "before")
    after = measure.values(sample, weights, "after")
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(after / before)
    blocks = sample.area.size
    drawn = log_ratio[1:][np.isfinite(log_ratio[1:])]
    # The bootstrap of T blocks underestimates the variance by (T - 1) / T.
    sampling = (
        float(np.std(drawn)) * math.sqrt(blocks / (blocks - 1.0))
        if blocks > 1 and drawn.size > 1
        else math.nan
    )
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


def _with_verdicts(frame: pd.DataFrame, settings: ChangeSettings) -> pd.DataFrame:
    frame = frame.reindex(columns=[*CHANGES, "log_ratio", "log_sd", "tested_as"])
    log_ratio = frame["log_ratio"].to_numpy(np.float64)
    log_sd = frame["log_sd"].to_numpy(np.float64)
    alpha = 1.0 - settings.confidence

    score = np.divide(np.abs(log_ratio), log_sd, out=np.zeros_like(log_sd), where=log_sd > 0)
    known = frame["tested_as"].ne("") & np.isfinite(log_ratio) & np.isfinite(log_sd)
    family = frame[known].assign(p_value=2.0 * special.ndtr(-score[known]))
    tests = family.groupby(["region", "tested_as"], sort=False)["p_value"].min()
    significant = dict(zip(tests.index, holm(tests.to_numpy(np.float64), alpha), strict=True))

    # What a change is read as leaves its own error, in proportion to the change: it widens the
    # interval and vanishes where there is no change, so it plays no part in the test.
    total = np.hypot(log_sd, settings.response_rel_sd * log_ratio)
    half = -special.ndtri(alpha / 2.0) * total
    strictest = -special.ndtri(alpha / 2.0 / max(len(tests), 1))
    return frame.assign(
        change_pct=100.0 * np.expm1(log_ratio),
        ci_low_pct=100.0 * np.expm1(log_ratio - half),
        ci_high_pct=100.0 * np.expm1(log_ratio + half),
        detectable_pct=-100.0 * np.expm1(-strictest * log_sd),
        verdict=[
            _verdict(tested_as, change, significant.get((region, tested_as)))
            for region, tested_as, change in zip(
                frame["region"], frame["tested_as"], log_ratio, strict=True
            )
        ],
    )


def _verdict(tested_as: str, log_ratio: float, significant: bool | None) -> Verdict | str:
    """Return the verdict; empty for a secondary measure, which gets an interval only."""
    if not tested_as:
        return ""
    if significant is None:
        return "not comparable"
    if not significant:
        return "no detectable change"
    return "decreased" if log_ratio < 0 else "increased"


def holm(p_values: npt.NDArray[np.float64], alpha: float) -> npt.NDArray[np.bool_]:
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
