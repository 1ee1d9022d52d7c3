"""Find and measure the pores of one flattened skin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.model import Skin
from poremetrics.pores.candidates import candidates, thin_out
from poremetrics.pores.dips import Dips, take_out
from poremetrics.pores.network import Spots
from poremetrics.pores.noise import autocovariance
from poremetrics.pores.profile import depth_kept, seen_power, true_width
from poremetrics.pores.reject import flags_of
from poremetrics.pores.size import GAUSSIAN, Sight, fit_dips, start_from
from poremetrics.pores.tables import inside
from poremetrics.settings.pores import PoresSettings

TINY = 1e-9
"""Least error of a depth: a picture without noise has none."""


def find(skin: Skin, settings: PoresSettings) -> pd.DataFrame:
    """Find every pore candidate and measure it.

    Parameters
    ----------
    skin : Skin
        From :func:`poremetrics.pores.flatten`.
    settings : PoresSettings

    Returns
    -------
    DataFrame
        One row per candidate, from the top of the picture down: ``x_px, y_px`` (grid pixels),
        ``diameter_px, diameter_err_px, major_px, minor_px, angle_deg`` (of the major axis, from
        x towards y, 0..180), ``area_px2, contrast, contrast_err, elongation, snr``, ``flags``
        (joined by ``;``) and ``is_pore``: no flag that excludes it.
    """
    found = candidates(skin, settings)
    dips = fit_together(skin, found, settings)
    keep = _sound(skin, found, dips) & thin_out(
        dips.xy, dips.seen_px, found.probability, share=settings.separation
    )
    return _table(skin, dips.take(keep), found.probability[keep], settings)


def fit_together(skin: Skin, found: Spots, settings: PoresSettings) -> Dips:
    """Fit all candidates twice; the second time the neighbours' dips are taken out.

    What is left of the skin then also tells how the noise hangs together.
    """
    sight = Sight(skin.darkening, skin.mask, skin.noise)
    start = start_from(found.xy, found.seen_px)
    first = fit_dips(sight, start, settings, freedom=GAUSSIAN, iterations=settings.first_iterations)
    # a fit that ran away must not be taken out of its neighbours' skin
    near = np.hypot(*(first.xy - found.xy).T) < 0.5 * found.seen_px
    calm = near & (first.depth > 0) & (first.seen_px < 2.0 * found.seen_px)
    seen = np.where(calm, first.seen_px, found.seen_px)
    own = replace(
        first,
        xy=np.where(calm[:, None], first.xy, found.xy),
        depth=np.where(calm, first.depth, 0.0),
        seen_px=seen,
        shear=np.where(calm[:, None], first.shear, 0.0),
        power=seen_power(seen, skin.blur_px, settings.profile_exponent),
    )
    rest = take_out(skin.darkening, own)
    covariance = autocovariance(rest, skin.mask, skin.noise)
    sight = Sight(rest, skin.mask, skin.noise, covariance)
    return fit_dips(sight, own, settings, iterations=settings.fit_iterations, own=own)


def _sound(skin: Skin, found: Spots, dips: Dips) -> npt.NDArray[np.bool_]:
    """Fits that stayed where they began and found something dark on usable skin."""
    near = np.hypot(*(dips.xy - found.xy).T) < 0.75 * found.seen_px
    ok = near & (dips.depth > 0) & np.isfinite(dips.size_err)
    ok &= (dips.seen_px < 3.0 * found.seen_px) & (dips.seen_px > found.seen_px / 3.0)
    return np.asarray(ok & inside(skin.mask, dips.xy), dtype=np.bool_)


def share_kept(
    diameter_px: npt.NDArray[np.float64], blur_px: float, settings: PoresSettings
) -> npt.NDArray[np.float64]:
    """Return the share of their depth that pores of a diameter keep behind the blur."""
    kept = depth_kept(diameter_px, blur_px, settings.profile_exponent)
    return np.asarray(np.maximum(kept, settings.least_kept), dtype=np.float64)


def _table(
    skin: Skin, dips: Dips, probability: npt.NDArray[np.float64], settings: PoresSettings
) -> pd.DataFrame:
    half_ratio = 0.5 * np.hypot(*dips.shear.T)
    major, minor = (
        true_width(dips.seen_px * ratio, skin.blur_px, settings.profile_exponent)[0]
        for ratio in (np.exp(half_ratio), np.exp(-half_ratio))
    )
    # of a dip no wider than the blur only an upper bound is known
    smallest = settings.smallest_blurs * skin.blur_px
    diameter, stretch = true_width(dips.seen_px, skin.blur_px, settings.profile_exponent)
    diameter = np.maximum(diameter, smallest)
    elongation = np.maximum(major, smallest) / np.maximum(minor, smallest)
    kept = share_kept(diameter, skin.blur_px, settings)
    depth = dips.depth / kept
    angle = np.degrees(0.5 * np.arctan2(dips.shear[:, 1], dips.shear[:, 0])) % 180.0
    with np.errstate(invalid="ignore"):  # no error times endless stretch: nothing is known
        diameter_err = diameter * settings.error_factor * dips.size_err * stretch
    table = pd.DataFrame(
        {
            "x_px": dips.xy[:, 0],
            "y_px": dips.xy[:, 1],
            "diameter_px": diameter,
            "diameter_err_px": diameter_err,
            "major_px": diameter * np.sqrt(elongation),
            "minor_px": diameter / np.sqrt(elongation),
            "angle_deg": angle,
            "area_px2": 0.25 * np.pi * diameter**2,
            "contrast": -np.expm1(-depth),
            "contrast_err": dips.depth_err / kept * np.exp(-depth),
            "elongation": elongation,
            "snr": dips.depth / np.maximum(dips.depth_err, TINY),
            "probability": probability,
        }
    )
    flags, table["is_pore"] = flags_of(skin, table, dips, probability, settings)
    # Typed, since a list without entries would make a column of numbers.
    table["flags"] = pd.Series(flags, index=table.index, dtype="str")
    order = np.lexsort((table["x_px"], table["y_px"]))
    return table.iloc[order].reset_index(drop=True)
