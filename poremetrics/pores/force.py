"""Forced measurement: depth and size at given places, with given apertures.

A place found in one photo is measured in the other whatever is there. The depth is a linear
function of the picture, so that bare skin gives 0 on average: no choice of the darkest pixel
nearby, no threshold.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.model import Points, Skin
from poremetrics.pores.candidates import Candidates
from poremetrics.pores.find import _inside, noise_covariance, without_blur
from poremetrics.pores.size import FWHM_PER_SIGMA, Freedom, fit_dips
from poremetrics.settings.pores import PoresSettings


def force(
    skin: Skin,
    xy: Points,
    diameter_px: npt.NDArray[np.float64],
    settings: PoresSettings,
) -> pd.DataFrame:
    """Measure contrast and diameter at given places.

    Parameters
    ----------
    skin : Skin
        From :func:`poremetrics.pores.flatten`.
    xy : (N, 2) float64
        Places, in grid pixels. They are kept.
    diameter_px : (N,) float64
        Expected diameter, blur taken out: the aperture.
    settings : PoresSettings

    Returns
    -------
    DataFrame
        N rows in the same order: ``contrast`` (may be ≤ 0: bare skin), ``contrast_err``,
        ``diameter_px``, ``diameter_err_px`` (NaN where there is too little to size) and ``snr``
        (contrast over its error). All NaN outside the mask.
    """
    places = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    blur2 = (FWHM_PER_SIGMA * skin.blur_px) ** 2
    seen = np.sqrt(np.asarray(diameter_px, dtype=np.float64) ** 2 + blur2)
    usable = _inside(skin.mask, places) & np.isfinite(seen)
    columns = ("contrast", "contrast_err", "diameter_px", "diameter_err_px", "snr")
    out = {name: np.full(len(places), np.nan) for name in columns}
    if usable.any():
        where, aperture = places[usable], seen[usable]
        covariance = noise_covariance(skin, Candidates(where, aperture, aperture))
        arguments = (skin.darkening, skin.mask, skin.noise, where, aperture, covariance, settings)
        fixed = fit_dips(*arguments, freedom=Freedom(place=False, size=False, shape=False))
        free = fit_dips(*arguments, freedom=Freedom(place=False, size=True, shape=True))
        signal = fixed.depth / fixed.depth_err
        strong = (signal > settings.size_snr) & (free.depth > 0)
        depth = np.where(strong, free.depth, fixed.depth)
        depth_err = np.where(strong, free.depth_err, fixed.depth_err)
        diameter = without_blur(free.seen_px, skin.blur_px)
        stretch = (free.seen_px / np.maximum(diameter, 1e-3)) ** 2
        sized = strong & (diameter > 0) & (free.size_err * stretch < 1.0)
        out["contrast"][usable] = -np.expm1(-depth)
        out["contrast_err"][usable] = depth_err * np.exp(-depth)
        out["diameter_px"][usable] = np.where(sized, diameter, np.nan)
        out["diameter_err_px"][usable] = np.where(sized, diameter * free.size_err * stretch, np.nan)
        out["snr"][usable] = signal
    return pd.DataFrame(out)
