"""How large pores are in a photo of unknown scale, told by the pores themselves.

A phone held close, or a dermatoscope, shows a pore 20 to 70 pixels wide, which no filter made for
pores knows again. A quick look at a reduced picture tells how wide they are, so that the photo can
be worked on at a resolution where they are as wide as in others.
"""

from __future__ import annotations

import cv2
import numpy as np

from poremetrics import photo
from poremetrics.model import Mask, Rgb
from poremetrics.pores.flatten import flatten
from poremetrics.pores.network import likely_spots
from poremetrics.settings.pores import PoresSettings


def coarse_step_px(pixels: Rgb, mask: Mask, settings: PoresSettings) -> float:
    """Return the photo pixels per grid pixel that suit the pores of a photo of unknown scale.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        sRGB of a region's box.
    mask : (h, w) bool
        Usable skin.
    settings : PoresSettings
        Uses ``look_*`` and ``pore_probability``.

    Returns
    -------
    float
        1, or a power of two where most pores are wider than ``look_widest_px``.
    """
    step = float(np.clip(max(mask.shape) / settings.look_side_px, 1.0, settings.look_most_step))
    typical_px = _typical_px(pixels, mask, step, settings)
    # so wide that the widest were missed: once more, on a smaller picture
    while typical_px > settings.look_widest_px * step:
        step *= 2.0
        wider_px = _typical_px(pixels, mask, step, settings)
        if not wider_px > typical_px:
            break
        typical_px = wider_px
    if not typical_px > settings.look_widest_px:
        return 1.0
    return float(2.0 ** round(float(np.log2(typical_px / settings.look_wanted_px))))


def _typical_px(pixels: Rgb, mask: Mask, step: float, settings: PoresSettings) -> float:
    """Return the median width of pores in photo pixels, seen at a step; NaN where few are."""
    size = tuple(max(1, round(side / step)) for side in mask.shape[::-1])
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    usable = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    spots = likely_spots(flatten(photo.to_linear(small), usable, settings), settings)
    wide_px = spots.seen_px[spots.probability >= settings.pore_probability]
    return step * float(np.median(wide_px)) if len(wide_px) >= settings.look_fewest else np.nan
