"""The point spread of a photo, measured from its skin; tiles of skin for spectra."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from poremetrics import photo
from poremetrics.model import FloatImage, Mask
from poremetrics.settings.pores import PoresSettings


def point_spread_px(
    linear_rgb: FloatImage, mask: Mask, settings: PoresSettings, px_per_mm: float | None = None
) -> float:
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
        Share of the skin, the smallest believable value, and what is usual.
    px_per_mm : float, optional
        Scale: the coarser the pixels, the less of the skin's own smoothness they show.

    Returns
    -------
    float
        Pixels; the usual value where there is too little skin to tell.
    """
    seen = photo.sharpness(linear_rgb, mask)
    if not math.isfinite(seen.blur_px):
        return settings.usual_blur_px
    least = settings.smallest_blur_px**2
    own = skin_rolloff_px2(settings, px_per_mm)
    blur_px = math.sqrt(max(seen.blur_px**2 - own, least))
    # grain and JPEG leave little to read: what is uncertain gives way to what is usual
    error = max(seen.blur_err_px / blur_px, settings.least_blur_error)
    trust = settings.usual_blur_spread**2 / (settings.usual_blur_spread**2 + error**2)
    logs = math.log(settings.usual_blur_px), math.log(blur_px)
    return math.exp((1.0 - trust) * logs[0] + trust * logs[1])


def skin_rolloff_px2(settings: PoresSettings, px_per_mm: float | None) -> float:
    """Return what the skin's own smoothness adds to the squared point spread of its spectrum."""
    if px_per_mm is None:
        return settings.skin_rolloff_px2
    rise = settings.skin_rolloff_rise_px2_mm * (px_per_mm - settings.skin_rolloff_from_px_per_mm)
    return min(max(rise, 0.0), settings.skin_rolloff_px2)


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
