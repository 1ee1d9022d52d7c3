"""Find and measure the pores of one flattened skin."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.model import Mask, Points, Skin
from poremetrics.pores._patches import Patches, batches
from poremetrics.pores.candidates import Candidates, candidates, thin_out
from poremetrics.pores.noise import autocovariance
from poremetrics.pores.reject import flags_of
from poremetrics.pores.size import FWHM_PER_SIGMA, Dips, Freedom, dip_values, fit_dips
from poremetrics.settings.pores import PoresSettings

_REACH = 1.3  # seen diameters: a Gaussian is down to 1 % there


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
    covariance = noise_covariance(skin, found)
    dips = _fit_together(skin, found, covariance, settings)
    keep = _sound(skin, found, dips) & thin_out(
        dips.xy, dips.seen_px, found.snr, share=settings.separation
    )
    return _table(skin, found.take(keep), _take(dips, keep), settings)


def noise_covariance(skin: Skin, found: Candidates) -> npt.NDArray[np.float64]:
    """Autocovariance of the skin outside of the candidates."""
    covered = np.zeros(skin.mask.shape, dtype=np.float32)
    for members, half in batches(0.8 * found.seen_px):
        patches = Patches(found.xy[members], half, skin.mask.shape)
        near = patches.dx**2 + patches.dy**2 < (0.8 * found.seen_px[members, None]) ** 2
        patches.add(covered, near.astype(np.float32))
    return autocovariance(skin.darkening, skin.mask, skin.noise, covered > 0)


def _fit_together(
    skin: Skin, found: Candidates, covariance: npt.NDArray[np.float64], settings: PoresSettings
) -> Dips:
    """Fit all candidates twice; the second time the neighbours' dips are taken out."""
    first = fit_dips(
        skin.darkening,
        skin.mask,
        skin.noise,
        found.xy,
        found.seen_px,
        covariance,
        settings,
    )
    # a fit that ran away must not be taken out of its neighbours' skin
    near = np.hypot(*(first.xy - found.xy).T) < 0.5 * found.seen_px
    calm = near & (first.depth > 0) & (first.seen_px < 2.0 * found.seen_px)
    depth = np.where(calm, first.depth, 0.0)
    seen = np.where(calm, first.seen_px, found.seen_px)
    shear = np.where(calm[:, None], first.shear, 0.0)
    xy = np.where(calm[:, None], first.xy, found.xy)
    rest = skin.darkening.copy()
    for members, half in batches(_REACH * seen * np.exp(0.5 * np.hypot(*shear.T))):
        patches = Patches(xy[members], half, skin.mask.shape)
        patches.add(rest, -dip_values(patches, depth[members], seen[members], shear[members]))
    return fit_dips(
        rest,
        skin.mask,
        skin.noise,
        xy,
        seen,
        covariance,
        settings,
        shear=shear,
        own=(depth, seen, shear),
        freedom=Freedom(),
    )


def _sound(skin: Skin, found: Candidates, dips: Dips) -> npt.NDArray[np.bool_]:
    """Fits that stayed where they began and found something dark on usable skin."""
    near = np.hypot(*(dips.xy - found.xy).T) < 0.75 * found.seen_px
    ok = near & (dips.depth > 0) & np.isfinite(dips.size_err)
    ok &= (dips.seen_px < 3.0 * found.seen_px) & (dips.seen_px > found.seen_px / 3.0)
    return np.asarray(ok & _inside(skin.mask, dips.xy), dtype=np.bool_)


def _inside(mask: Mask, xy: Points) -> npt.NDArray[np.bool_]:
    cols, rows = np.rint(xy).astype(np.int64).T
    h, w = mask.shape
    valid = (cols >= 0) & (cols < w) & (rows >= 0) & (rows < h)
    inside = np.zeros(len(xy), dtype=bool)
    inside[valid] = mask[rows[valid], cols[valid]]
    return inside


def _take(dips: Dips, rows: npt.NDArray[np.bool_]) -> Dips:
    return Dips(**{name: getattr(dips, name)[rows] for name in Dips.__slots__})


def without_blur(seen_px: npt.NDArray[np.float64], blur_px: float) -> npt.NDArray[np.float64]:
    """Take the blur out of widths: ``d² = d_seen² − d_blur²``; 0 where nothing is left."""
    left = seen_px**2 - (FWHM_PER_SIGMA * blur_px) ** 2
    return np.asarray(np.sqrt(np.maximum(left, 0.0)), dtype=np.float64)


def _table(skin: Skin, found: Candidates, dips: Dips, settings: PoresSettings) -> pd.DataFrame:
    half_ratio = 0.5 * np.hypot(*dips.shear.T)
    smallest = 0.35 * FWHM_PER_SIGMA * skin.blur_px  # of an unresolved dip: an upper bound
    major = np.maximum(without_blur(dips.seen_px * np.exp(half_ratio), skin.blur_px), smallest)
    minor = np.maximum(without_blur(dips.seen_px * np.exp(-half_ratio), skin.blur_px), smallest)
    diameter = np.sqrt(major * minor)
    # d ln d / d ln d_seen = d_seen² / d²
    stretch = (dips.seen_px / diameter) ** 2
    angle = np.degrees(0.5 * np.arctan2(dips.shear[:, 1], dips.shear[:, 0])) % 180.0
    table = pd.DataFrame(
        {
            "x_px": dips.xy[:, 0],
            "y_px": dips.xy[:, 1],
            "diameter_px": diameter,
            "diameter_err_px": diameter * dips.size_err * stretch,
            "major_px": major,
            "minor_px": minor,
            "angle_deg": angle,
            "area_px2": 0.25 * np.pi * diameter**2,
            "contrast": -np.expm1(-dips.depth),
            "contrast_err": dips.depth_err * np.exp(-dips.depth),
            "elongation": major / minor,
            "snr": found.snr,
        }
    )
    table["flags"], table["is_pore"] = flags_of(skin, table, dips, settings)
    order = np.lexsort((table["x_px"], table["y_px"]))
    return table.iloc[order].reset_index(drop=True)
