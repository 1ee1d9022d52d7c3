"""The point spread of a photo, measured from its skin; tiles of skin for spectra."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from poremetrics import photo
from poremetrics.model import FloatImage, Mask
from poremetrics.settings.pores import PoresSettings


def point_spread_px(linear_rgb: FloatImage, mask: Mask, settings: PoresSettings) -> float:
    """Measure the standard deviation of the point spread from the spectrum of the skin.

    The roll-off of the spectrum holds the point spread and the skin's own: relief is rounded and
    pores have a width. The skin's share is taken off.

    Parameters
    ----------
    linear_rgb : (h, w, 3) float32
        Linear light.
    mask : (h, w) bool
        Where it may be used.
    settings : PoresSettings
        Share of the skin and the smallest believable value.

    Returns
    -------
    float
        Pixels; the smallest believable value where there is too little skin to tell.
    """
    seen_px = photo.sharpness(linear_rgb, mask).blur_px
    if not math.isfinite(seen_px):
        return settings.smallest_blur_px
    return math.sqrt(max(seen_px**2 - settings.skin_rolloff_px2, settings.smallest_blur_px**2))


def usable_tiles(image: FloatImage, mask: Mask, side: int, most: int) -> npt.NDArray[np.float32]:
    """Return up to ``most`` square tiles that lie wholly in the mask, spread evenly.

    Returns
    -------
    (n, side, side) float32
        Empty where no tile fits.
    """
    step = side // 2
    h, w = image.shape
    if h < side or w < side:
        return np.zeros((0, side, side), dtype=np.float32)
    views = np.lib.stride_tricks.sliding_window_view
    images = views(image, (side, side))[::step, ::step].reshape(-1, side, side)
    whole = views(mask, (side, side))[::step, ::step].all(axis=(2, 3)).ravel()
    chosen = np.flatnonzero(whole)
    if len(chosen) > most:
        chosen = chosen[np.linspace(0, len(chosen) - 1, most).round().astype(np.int64)]
    return images[chosen]
