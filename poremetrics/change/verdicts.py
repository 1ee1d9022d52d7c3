"""Log ratios to intervals and family-wise verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    typical_signal,
    visible,
)
from poremetrics.change.repeatability import RC_FACTOR, Repeatability
from poremetrics.change.response import Reading, Response, default_response
from poremetrics.change.sample import SIDES
from poremetrics.change.shown import Shown, shown_by
from poremetrics.change.sizes import with_shared_change
from poremetrics.columns import CHANGES, table
from poremetrics.model import Conditions, Verdict
from poremetrics.settings.change import ChangeSettings

Floats = npt.NDArray[np.float64]

_TESTED = ["tested_in", "tested_as"]
"""What names a hypothesis."""
_SIZE = next(one for one in HEADLINE if one.name == "diameter_um_matched")
_SHIFT = 0.05
"""Shift of the shared log ratio that shows how a measure follows it: half of the smallest change
to be resolved. With a smaller one, chance decides how many pores cross the limit of a visible one.
"""


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
    response = response or default_response()
    usable = [
        _Drawn.of(sample, index, settings, response.reading)
        for index, sample in enumerate(samples)
        if sample.name not in refused
    ]
    shown = [
        shown_by(one.sample, conditions[one.sample.name], response.reading, one.size_error())
        for one in usable
    ]
    rows = [
        row
        for one, own in zip(usable, shown, strict=True)
        for row in _rows(one, one.sample.name, [own], repeatability, settings)
    ]
    if usable:
        whole = usable[0] if len(usable) == 1 else _Drawn.joined(usable)
        rows += _rows(whole, "all", shown, repeatability, settings)
    has_scale = bool(samples) and all(sample.has_scale for sample in samples)
    silent = [*refused, *([] if usable else ["all"])]
    rows += [row for name in silent for row in _refused_rows(name, has_scale)]
    frame = pd.DataFrame(rows)
    return table(_with_verdicts(frame, response, settings), CHANGES)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A sample, the draws of its blocks, and what it were had its shared change been another.

    Attributes
    ----------
    sample, below, above : Sample
        As measured, and with the shared change of size :data:`_SHIFT` less and more.
    weights : (B + 1, T) float64
        How often each draw takes each block.
    shared_sd : float
        Sampling error of the shared change; 0 where none is shared.
    regions : int
        Regions, each of whose blocks are drawn apart.
    """

    sample: Sample
    below: Sample
    above: Sample
    weights: Floats
    shared_sd: float = 0.0
    regions: int = 1

    @classmethod
    def of(cls, sample: Sample, index: int, settings: ChangeSettings, reading: Reading) -> _Drawn:
        """Draw the blocks of region number ``index``, which has draws of its own."""
        seed = settings.bootstrap_seed + index
        weights = draws(sample.area.size, settings.bootstrap_draws, seed)
        below, above = (
            with_shared_change(sample, settings, reading, shift) for shift in (-_SHIFT, _SHIFT)
        )
        drawn = cls(sample, below, above, weights)
        error = float(drawn.sampling_sd(_log(*drawn.values([_SIZE])))[0])
        return replace(drawn, shared_sd=error) if math.isfinite(error) else drawn

    @classmethod
    def joined(cls, several: Sequence[_Drawn]) -> _Drawn:
        """Join regions; every draw takes as much of each, since they are not a choice of many.

        The errors of their shared changes go together: they share light, focus and camera.
        """
        sample, below, above = (
            join([getattr(one, name) for one in several]) for name in ("sample", "below", "above")
        )
        weights = np.hstack([one.weights for one in several])
        error = math.sqrt(float(np.mean([one.shared_sd**2 for one in several])))
        return cls(sample, below, above, weights, error, len(several))

    def size_error(self) -> float:
        """Return the sampling error of the size of matched pores; NaN where one block holds all.

        Draws of blocks then tell nothing: every draw has the same pores.
        """
        blocks = self.sample.pores["block"][matched(self.sample)]
        return self.shared_sd if np.unique(blocks).size > 1 else math.nan

    def values(self, measures: Sequence[Measure]) -> tuple[Floats, Floats]:
        """Return (M, B + 1) values before and after."""
        before, after = (
            np.array([measure.values(self.sample, self.weights, side) for measure in measures])
            for side in SIDES
        )
        return before, after

    def sampling_sd(self, log_ratios: Floats) -> Floats:
        """Return the standard deviation over the draws; row 0 is the sample itself."""
        blocks = self.sample.area.size
        drawn = np.where(np.isfinite(log_ratios), log_ratios, np.nan)[:, 1:]
        known = np.isfinite(drawn).sum(axis=1) >= 2
        sd = np.full(len(drawn), np.nan)
        if blocks > self.regions:
            # The bootstrap of T blocks underestimates the variance by (T - 1) / T.
            unbiased = math.sqrt(blocks / (blocks - self.regions))
            sd[known] = unbiased * np.nanstd(drawn[known], axis=1)
        return sd

    def follows(self, measures: Sequence[Measure]) -> Floats:
        """Return by how much each log ratio follows the shared change of size, per unit."""
        ones = np.ones((1, self.sample.area.size))
        below, above = (
            _log(
                *(
                    np.array([measure.values(one, ones, side)[0] for measure in measures])
                    for side in SIDES
                )
            )
            for one in (self.below, self.above)
        )
        known = np.isfinite(below) & np.isfinite(above)
        rise = np.subtract(above, below, out=np.zeros(known.size), where=known)
        return np.asarray(np.abs(rise) / (2.0 * _SHIFT))


def _log(before: Floats, after: Floats) -> Floats:
    """Return log ratios; not finite where nothing is there to be divided."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(after / before))


def _rows(
    drawn: _Drawn,
    region: str,
    shown: Sequence[Shown],
    repeatability: Repeatability,
    settings: ChangeSettings,
) -> list[dict[str, object]]:
    sample = drawn.sample
    measures = [
        measure
        for measure in (*HEADLINE, *SECONDARY)
        if not measure.needs or f"{measure.needs}_before" in sample.sums
    ]
    before, after = drawn.values(measures)
    log_ratios = _log(before, after)
    follows = drawn.follows(measures)
    sampling = np.hypot(drawn.sampling_sd(log_ratios), follows * drawn.shared_sd)
    signal = typical_signal(sample)
    rows: list[dict[str, object]] = []
    for index, measure in enumerate(measures):
        wsd = repeatability.wsd(measure.name, shown, float(follows[index]))
        number = _number_behind(sample, measure)
        enough = number is None or number >= settings.minimum_pores
        name, unit = measure.label(sample.has_scale)
        log_ratio = log_ratios[index, 0]
        rows.append(
            {
                "region": region,
                "metric": name,
                "unit": unit,
                "before": before[index, 0],
                "after": after[index, 0],
                "log_ratio": log_ratio if np.isfinite(log_ratio) else math.nan,
                # Two photos differ by sqrt(2) wSD; sampling and repeatability are independent.
                "log_sd": math.hypot(sampling[index], math.sqrt(2.0) * wsd) if enough else math.nan,
                "rc_pct": 100.0 * math.expm1(RC_FACTOR * wsd),
                "n_pores": number,
                "sampling_sd": sampling[index],
                "follows_size": follows[index],
                "signal": signal if number is not None else math.nan,
                "blur_sd_px2": _root_mean_square([one.blur_sd_px2 for one in shown]),
                "blurred": _root_mean_square([one.blurred for one in shown]),
                # One region alone is all the skin there is: one hypothesis, not two.
                "tested_in": sample.name,
                "tested_as": _tested_as(measure),
            }
        )
    return rows


def _root_mean_square(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


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
        {"region": region, "metric": name, "unit": unit, "tested_in": region, "tested_as": name}
        for name, unit in labels
    ]


def _with_verdicts(
    frame: pd.DataFrame, response: Response, settings: ChangeSettings
) -> pd.DataFrame:
    frame = frame.reindex(columns=[*CHANGES, "log_ratio", "log_sd", *_TESTED])
    log_ratio = frame["log_ratio"].to_numpy(np.float64)
    log_sd = frame["log_sd"].to_numpy(np.float64)
    alpha = 1.0 - settings.confidence

    score = np.divide(np.abs(log_ratio), log_sd, out=np.zeros_like(log_sd), where=log_sd > 0)
    known = frame["tested_as"].ne("") & np.isfinite(log_ratio) & np.isfinite(log_sd)
    family = frame[known].assign(p_value=2.0 * special.ndtr(-score[known]))
    tests = family.groupby(_TESTED, sort=False)["p_value"].min()
    significant = dict(zip(tests.index, holm(tests.to_numpy(np.float64), alpha), strict=True))

    low, high, stretch = _interval(frame, response, -special.ndtri(alpha / 2.0))
    strictest = -special.ndtri(alpha / 2.0 / max(len(tests), 1))
    return frame.assign(
        change_pct=100.0 * np.expm1(log_ratio),
        ci_low_pct=100.0 * np.expm1(low),
        ci_high_pct=100.0 * np.expm1(high),
        # Of the kind of skin that is read least: what can be shown is never less.
        detectable_pct=-100.0 * np.expm1(-strictest * log_sd * stretch),
        verdict=[
            _verdict(tested_as, change, significant.get((tested_in, tested_as)))
            for tested_in, tested_as, change in zip(
                frame["tested_in"], frame["tested_as"], log_ratio, strict=True
            )
        ],
    )


def _interval(frame: pd.DataFrame, response: Response, factor: float) -> tuple[Floats, ...]:
    """Return both ends of the interval of the true log ratio, and true over read at most.

    It holds several answers: the change as read with its own noise, for a kind of skin that is read
    in full, and what the response says of every kind of skin it was measured on. Which kind a photo
    shows is not known, and the answer of one, with an error smaller than its shift, would leave out
    the truth of another.
    """
    log_ratio = frame["log_ratio"].to_numpy(np.float64)
    noise = frame["log_sd"].to_numpy(np.float64)
    measures = frame["metric"].astype(str).tolist()
    is_size = frame["metric"].isin([_SIZE.name, _SIZE.name_px])
    sizes = frame[is_size].set_index("region")["log_ratio"]
    of_size = frame["region"].map(sizes).fillna(0.0).to_numpy(np.float64)
    low, high = log_ratio - factor * noise, log_ratio + factor * noise
    most = np.ones(len(frame))
    for kind in response.kinds.values():
        stretch, own = kind.answer(
            measures, frame["blurred"].to_numpy(np.float64), frame["signal"].to_numpy(np.float64)
        )
        borrowed = np.array([kind.of(one).sd_of_size for one in measures]) * of_size
        half = factor * np.sqrt((stretch * noise) ** 2 + (own * log_ratio) ** 2 + borrowed**2)
        low = np.minimum(low, stretch * log_ratio - half)
        high = np.maximum(high, stretch * log_ratio + half)
        most = np.maximum(most, stretch)
    return low, high, most


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
