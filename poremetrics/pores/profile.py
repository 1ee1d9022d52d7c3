"""What blur makes of the profile of a pore, and how to undo it.

A pore is taken as a pit ``exp(-ln2 (2 r / d)^p)`` between a Gaussian dip (p = 2) and a flat
bottom (p = 4). Blurred, it looks again much like such a pit: wider, shallower, with an exponent
nearer to 2. The tables here tell width, depth and exponent of the blurred pit from the true
width, and back. For p = 2 they are exactly ``d_seen² = d² + d_blur²``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ive

Floats = npt.NDArray[np.float64]

FWHM_PER_SIGMA = float(np.sqrt(8.0 * np.log(2.0)))
_LN2 = float(np.log(2.0))
_WIDTHS = np.geomspace(0.3, 40.0, 36)  # true diameter in blur sigmas
_STEPS = 128  # of the radial integral


@dataclass(frozen=True, slots=True, eq=False)
class PitTable:
    """Blurred pits of one exponent, by true diameter in blur sigmas.

    Attributes
    ----------
    true, seen : (n,) float64
        True and seen diameter, in blur sigmas.
    power : (n,) float64
        Exponent of the pit that the blurred one looks like.
    kept : (n,) float64
        Depth at the centre that is left, 0..1.
    """

    true: Floats
    seen: Floats
    power: Floats
    kept: Floats


@lru_cache(maxsize=8)
def pit_table(exponent: float) -> PitTable:
    """Blur pits of the given exponent by a Gaussian of standard deviation 1, for many widths.

    Parameters
    ----------
    exponent : float
        Of the true pit.

    Returns
    -------
    PitTable
    """
    seen, power, kept = (np.empty(len(_WIDTHS)) for _ in range(3))
    for k, width in enumerate(_WIDTHS):
        reach = 1.6 * width
        step = reach / _STEPS
        radius = (np.arange(_STEPS) + 0.5) * step
        pit = np.exp(-_LN2 * (2.0 * radius / width) ** exponent)
        at = np.linspace(0.0, 0.9 * width + 2.5, 72)
        # blur of a round profile: a Bessel function takes care of the turn
        gap, product = at[:, None] - radius[None, :], at[:, None] * radius[None, :]
        spread = np.exp(-0.5 * gap**2) * ive(0, product) * radius * step
        blurred = spread @ pit
        share = blurred / blurred[0]
        half = np.interp(0.5, share[::-1], at[::-1])
        # exponent from the slope of ln(-ln share) through the flank
        flank = (share > 0.12) & (share < 0.92)
        slope = np.polyfit(np.log(at[flank]), np.log(-np.log(share[flank])), 1)[0]
        seen[k], power[k], kept[k] = 2.0 * half, slope, blurred[0]
    return PitTable(_WIDTHS, seen, power, kept)


def seen_width(true_px: Floats, blur_px: float, exponent: float) -> Floats:
    """Return the diameter that pits of true diameter ``true_px`` show in the blurred photo."""
    table = pit_table(exponent)
    ratio = np.asarray(true_px, dtype=np.float64) / blur_px
    inside = np.interp(np.log(np.maximum(ratio, 1e-3)), np.log(table.true), table.seen / table.true)
    far = FWHM_PER_SIGMA
    small = ratio < table.true[0]
    return np.asarray(blur_px * np.where(small, np.hypot(ratio, far), ratio * inside))


def true_width(seen_px: Floats, blur_px: float, exponent: float) -> tuple[Floats, Floats]:
    """Take the blur out of seen diameters.

    Parameters
    ----------
    seen_px : (N,) float64
        Diameters of blurred pits.
    blur_px : float
        Standard deviation of the blur.
    exponent : float
        Of the true pits.

    Returns
    -------
    diameter_px : (N,) float64
        0 where the dip is no wider than the blur itself.
    stretch : (N,) float64
        d ln diameter / d ln seen: how errors grow.
    """
    table = pit_table(exponent)
    ratio = np.maximum(np.asarray(seen_px, dtype=np.float64) / blur_px, 1e-6)
    # squares: linear at the narrow end, where the seen width tends to that of the blur
    seen2 = table.seen**2 - FWHM_PER_SIGMA**2
    true2 = table.true**2
    left = ratio**2 - FWHM_PER_SIGMA**2
    resolved = left > seen2[0]
    share = np.interp(np.log(np.maximum(left, seen2[0])), np.log(seen2), np.log(true2 / seen2))
    diameter = np.where(left > 0, np.sqrt(np.maximum(left, 0.0) * np.exp(share)), 0.0)
    slope = np.gradient(np.log(true2), np.log(seen2))
    bend = np.interp(np.log(np.maximum(left, seen2[0])), np.log(seen2), slope)
    stretch = bend * ratio**2 / np.maximum(left, 1e-9)
    stretch = np.where(resolved, stretch, np.inf)
    return np.asarray(diameter * blur_px), np.asarray(stretch)


def seen_power(seen_px: Floats, blur_px: float, exponent: float) -> Floats:
    """Return the exponent that pits of a seen diameter show in the blurred photo."""
    table = pit_table(exponent)
    ratio = np.asarray(seen_px, dtype=np.float64) / blur_px
    return np.asarray(np.interp(ratio, table.seen, table.power), dtype=np.float64)


def depth_kept(true_px: Floats, blur_px: float, exponent: float) -> Floats:
    """Return the share of their depth that pits of a true diameter keep in the blurred photo."""
    table = pit_table(exponent)
    ratio = np.asarray(true_px, dtype=np.float64) / blur_px
    return np.asarray(np.interp(ratio, table.true, table.kept), dtype=np.float64)
