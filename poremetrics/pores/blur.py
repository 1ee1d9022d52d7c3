"""The point spread of a photo, measured from its skin; tiles of skin for spectra."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from poremetrics import photo
from poremetrics.model import FloatImage, Mask
from poremetrics.pores._local import blur
from poremetrics.settings.pores import PoresSettings


def point_spread_px(
    linear_rgb: FloatImage,
    darkening: FloatImage,
    noise: FloatImage,
    mask: Mask,
    settings: PoresSettings,
) -> float:
    """Measure the standard deviation of the point spread from the spectrum of bare skin.

    Pores and other marks have a width of their own, which the spectrum would take for blur; they
    are left out. What is left of the skin's own smoothness is taken off.

    Parameters
    ----------
    linear_rgb : (h, w, 3) float32
        Linear light.
    darkening, noise : (h, w) float32
        The same skin flattened, and its noise.
    mask : (h, w) bool
        Where it may be used.
    settings : PoresSettings
        What is bare, the share of the skin, the smallest believable value, and what is usual.

    Returns
    -------
    float
        Pixels; the usual value where there is too little skin to tell.
    """
    smooth = blur(darkening, settings.bare_smooth_px)
    bare = mask & (np.abs(smooth) < settings.bare_sigma * noise)
    seen = photo.sharpness(linear_rgb, bare)
    if not math.isfinite(seen.blur_px):
        return settings.usual_blur_px
    least = settings.smallest_blur_px**2
    blur_px = math.sqrt(max(seen.blur_px**2 - settings.skin_rolloff_px2, least))
    # grain and JPEG leave little to read: what is uncertain gives way to what is usual
    error = max(seen.blur_err_px / blur_px, settings.least_blur_error)
    trust = settings.usual_blur_spread**2 / (settings.usual_blur_spread**2 + error**2)
    logs = math.log(settings.usual_blur_px), math.log(blur_px)
    return math.exp((1.0 - trust) * logs[0] + trust * logs[1])


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
    whole = views(mask, (side, side))[::step, ::step].all(axis=(2, 3))
    rows, cols = np.nonzero(whole)
    if len(rows) > most:
        chosen = np.linspace(0, len(rows) - 1, most).round().astype(np.int64)
        rows, cols = rows[chosen], cols[chosen]
    return views(image, (side, side))[::step, ::step][rows, cols]
