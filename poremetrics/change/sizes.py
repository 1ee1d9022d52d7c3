"""Sizes of single pores once the change that all share is known.

One pore's own change of size is mostly noise: at portrait scale a diameter is known to 10-20 %,
the change of a treatment is of that order, and all pores of a region meet the same treatment. So
each pore's change is drawn towards that of all pores, as far as its error tells (empirical Bayes,
Efron and Morris 1975), half of it given to each photo. What is counted as visible then follows the
skin, not the noise: without this, noise alone carries pores over the limit of a visible pore in
both directions and hides most of a change of count. The two photos enter alike.

Relief that lies in both photos draws the two sizes of a pore together. How far is known from how
clearly the pores stand out (:class:`poremetrics.change.response.Reading`), and is made good.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from poremetrics.change.measures import (
    FloatArray,
    Sample,
    matched,
    matched_weight,
    typical_signal,
)
from poremetrics.change.response import Reading
from poremetrics.settings.change import ChangeSettings


def with_shared_change(
    sample: Sample, settings: ChangeSettings, reading: Reading, shift: float = 0.0
) -> Sample:
    """Return the sample with the sizes that count and coverage are taken of.

    Parameters
    ----------
    sample : Sample
        Of a pair.
    settings : ChangeSettings
        Fewest matched pores that tell a change of all: with fewer, sizes stay as measured.
    reading : Reading
        How much of a change of size is read.
    shift : float
        Added to the shared log ratio, to see what its error does.

    Returns
    -------
    Sample
        ``size_before`` and ``size_after`` set, and ``same_before`` and ``same_after``, by which
        the same pores are compared. A pore that is clear but too narrow to be sized in one photo
        has there the size that the shared change leaves it; what is lost, new or too weak in one
        photo keeps what was measured.
    """
    pores = sample.pores
    before, after = pores["diameter_before"], pores["diameter_after"]
    chosen = matched(sample)
    if int(chosen.sum()) < settings.minimum_pores:
        return sample
    log_before, log_after = np.log(before), np.log(after)
    own = log_after - log_before
    variance = (pores["diameter_err_before"] / before) ** 2
    variance = variance + (pores["diameter_err_after"] / after) ** 2
    weight = matched_weight(sample)[chosen]
    shared = float(np.average(own[chosen], weights=weight))
    trust = _trust(own[chosen] - shared, variance[chosen], weight)
    stretch = reading.stretch(typical_signal(sample))
    share = trust / (trust + variance) if trust > 0.0 else np.zeros_like(variance)
    departure = np.where(np.isfinite(own), np.nan_to_num(share) * (own - shared), 0.0)
    change = stretch * shared + shift + departure
    middle = np.where(
        np.isfinite(own),
        0.5 * (log_before + log_after),
        np.where(np.isfinite(log_before), log_before + 0.5 * change, log_after - 0.5 * change),
    )
    weaker = np.fmin(pores["snr_before"], pores["snr_after"])
    both = pores["matched"] & (np.isfinite(own) | (weaker >= settings.minimum_size_snr))
    return replace(
        sample,
        pores={
            **pores,
            "size_before": np.where(both, np.exp(middle - 0.5 * change), before),
            "size_after": np.where(both, np.exp(middle + 0.5 * change), after),
            "same_before": before * np.exp(-0.5 * (stretch - 1.0) * own),
            "same_after": after * np.exp(0.5 * (stretch - 1.0) * own),
        },
    )


def _trust(departure: FloatArray, variance: FloatArray, weight: FloatArray) -> float:
    """Return the variance of the pores' own changes beyond what their errors explain."""
    known = np.isfinite(variance)
    if not known.any():
        return 0.0
    seen = float(np.average(departure[known] ** 2, weights=weight[known]))
    return max(seen - float(np.average(variance[known], weights=weight[known])), 0.0)
