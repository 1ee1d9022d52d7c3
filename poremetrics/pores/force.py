"""Forced measurement: depth and size at given places, with given apertures.

A place found in one photo is measured in the other whatever is there. The depth is a linear
function of the picture, so that bare skin gives 0 on average: no choice of the darkest pixel
nearby, no threshold.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.model import Points, Skin
from poremetrics.pores.dips import Dips, take_out
from poremetrics.pores.find import TINY, share_kept
from poremetrics.pores.noise import autocovariance
from poremetrics.pores.profile import seen_power, seen_width, true_width
from poremetrics.pores.size import Fit, Freedom, Sight, fit_dips, fit_each, start_from
from poremetrics.pores.tables import inside
from poremetrics.settings.pores import PoresSettings

_ROOTED = Freedom(place=False)
_ROUGH = Freedom(place=False, power=False)
_RIGID = Freedom(place=False, size=False, shape=False, power=False)


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
    aperture = np.asarray(diameter_px, dtype=np.float64)
    usable = inside(skin.mask, places) & (aperture > 0)
    columns = ("contrast", "contrast_err", "diameter_px", "diameter_err_px", "snr")
    out = {name: np.full(len(places), np.nan) for name in columns}
    if not usable.any():
        return pd.DataFrame(out)
    seen = seen_width(aperture[usable], skin.blur_px, settings.profile_exponent)
    fixed, free = _fit_at(skin, places[usable], seen, settings)
    signal = fixed.depth / np.maximum(fixed.depth_err, TINY)
    strong = (signal > settings.size_snr) & (free.depth > 0)
    diameter, stretch = true_width(free.seen_px, skin.blur_px, settings.profile_exponent)
    sized = strong & (diameter > 0) & (free.size_err * stretch < 1.0)
    size_err = settings.error_factor * free.size_err
    error = diameter * size_err * np.where(sized, stretch, np.nan)
    # where the size cannot be told the aperture's own share keeps the depth linear
    kept = share_kept(np.where(sized, diameter, aperture[usable]), skin.blur_px, settings)
    depth = np.where(sized, free.depth, fixed.depth) / kept
    depth_err = np.where(sized, free.depth_err, fixed.depth_err) / kept
    out["contrast"][usable] = -np.expm1(-depth)
    out["contrast_err"][usable] = depth_err * np.exp(-depth)
    out["diameter_px"][usable] = np.where(sized, diameter, np.nan)
    out["diameter_err_px"][usable] = error
    out["snr"][usable] = signal
    return pd.DataFrame(out)


def _fit_at(
    skin: Skin, xy: Points, seen_px: npt.NDArray[np.float64], settings: PoresSettings
) -> tuple[Dips, Dips]:
    """Fit dips of fixed and of free width; neighbours are taken out of each other's skin."""
    power = seen_power(seen_px, skin.blur_px, settings.profile_exponent)
    sight = Sight(skin.darkening, skin.mask, skin.noise)
    steps = settings.fit_iterations
    first = fit_dips(sight, start_from(xy, seen_px), settings, freedom=_ROUGH, iterations=steps)
    calm = (first.depth > 0) & (np.abs(np.log(first.seen_px / seen_px)) < np.log(2.0))
    seen = np.where(calm, first.seen_px, seen_px)
    own = replace(
        first,
        depth=np.where(calm, first.depth, 0.0),
        seen_px=seen,
        shear=np.where(calm[:, None], first.shear, 0.0),
        power=seen_power(seen, skin.blur_px, settings.profile_exponent),
    )
    rest = take_out(skin.darkening, own)
    covariance = autocovariance(rest, skin.mask, skin.noise)
    sight = Sight(rest, skin.mask, skin.noise, covariance)
    fixed, free = fit_each(
        sight,
        [Fit(start_from(xy, seen_px, power), _RIGID, 0), Fit(own, _ROOTED, steps)],
        settings,
        own,
    )
    return fixed, free
