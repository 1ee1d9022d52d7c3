"""Matching of conditions: bring the sharper and cleaner of two skins to the other's level.

What differs is told by :mod:`poremetrics.pores.difference`. Blur is added to the sharper photo and
the contrast is shared out between both, so exchanging the photos turns the signs and nothing else.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np

from poremetrics.model import Conditions, FloatImage, Mask, Skin
from poremetrics.pores.difference import ALIKE, Difference
from poremetrics.pores.soften import softened
from poremetrics.settings.pair import PairSettings

_SMOOTH_PX = 0.7  # takes pixel noise off before the two textures are correlated


def match_conditions(
    before: Skin, after: Skin, common: Mask, apart: Difference, settings: PairSettings
) -> tuple[Skin, Skin, Conditions]:
    """Match blur, contrast and noise of two aligned skins.

    Parameters
    ----------
    before, after : Skin
        Flattened skins on one grid.
    common : (h, w) bool
        Common area.
    apart : Difference
        From :func:`difference`, in a pair of several regions by way of :func:`shared_blur`.
    settings : PairSettings
        Largest differences that are matched.

    Returns
    -------
    before, after : Skin
        The sharper blurred to the softer, contrast brought to the geometric mean of both (by no
        more than ``gain_most``), one noise map and one ``blur_px`` for both.
    conditions : Conditions
        What differed. NaN where there is too little bare skin to tell; then only the noise is
        matched.
    """
    if apart == ALIKE:
        return before, after, Conditions(0.0, 1.0, 1.0, 1.0, before.blur_px, 0.0)
    both = common & before.mask & after.mask
    extra = apart.blur_px2
    blurred_before = softened(before, max(extra, 0.0), settings)
    blurred_after = softened(after, max(-extra, 0.0), settings)
    # Light from another side changes relief and pores unlike each other: a large gain is told,
    # for the judgement of comparability, and not taken out in full.
    log_gain = apart.log_gain if math.isfinite(apart.log_gain) else 0.0
    half = float(np.exp(0.5 * np.clip(log_gain, -settings.gain_most, settings.gain_most)))
    one = _scaled(blurred_before, half)
    two = _scaled(blurred_after, 1.0 / half)
    noise = np.maximum(one.noise, two.noise)
    blur_px = float(np.sqrt(0.5 * (one.blur_px**2 + two.blur_px**2)))
    one, two = (replace(skin, noise=noise, blur_px=blur_px) for skin in (one, two))
    known = math.isfinite(apart.blur_sd_px2)
    conditions = Conditions(
        relative_blur_px=float(np.sign(extra) * np.sqrt(abs(extra))) if known else math.nan,
        gain=float(np.exp(apart.log_gain)),
        noise_ratio=apart.noise_ratio,
        correlation=_correlation(one.darkening, two.darkening, both),
        blur_px=blur_px,
        blur_sd_px2=apart.blur_sd_px2 if known else math.nan,
    )
    return one, two, conditions


def _scaled(skin: Skin, gain: float) -> Skin:
    """Return a skin whose darkening is multiplied by ``gain``."""
    if gain == 1.0:
        return skin
    factor = np.float32(gain)
    return replace(skin, darkening=skin.darkening * factor, noise=skin.noise * factor)


def _correlation(one: FloatImage, two: FloatImage, both: Mask) -> float:
    """Return the correlation of two darkenings over the common area; NaN without any."""
    if not both.any():
        return float("nan")
    a, b = (
        cv2.GaussianBlur(image, (0, 0), _SMOOTH_PX)[both].astype(np.float64) for image in (one, two)
    )
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt(np.sum(a * a) * np.sum(b * b)))
    return float(np.sum(a * b)) / norm if norm > 0 else float("nan")
