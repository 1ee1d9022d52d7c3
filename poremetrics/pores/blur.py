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
    px_per_mm: float | None,
    shrink: float,
    settings: PoresSettings,
) -> float:
    """Measure the standard deviation of the point spread from the spectrum of bare skin.

    Pores and other marks have a width of their own, which the spectrum would take for blur; they
    are left out. What bare skin itself lacks in fine texture is known (:func:`bare_texture`).

    Parameters
    ----------
    linear_rgb : (h, w, 3) float32
        Linear light.
    darkening, noise : (h, w) float32
        The same skin flattened, and its noise.
    mask : (h, w) bool
        Where it may be used.
    px_per_mm : float or None
        Scale; where it is not known, skin is taken for a power law.
    shrink : float
        Width of a pixel in pixels of the photo.
    settings : PoresSettings
        What is bare, its spectrum, the smallest believable value, and what is usual.

    Returns
    -------
    float
        Pixels; the usual value where there is too little skin to tell.
    """
    smooth = blur(darkening, settings.bare_smooth_px)
    bare = mask & (np.abs(smooth) < settings.bare_sigma * noise)
    texture = None if px_per_mm is None else bare_texture(px_per_mm, settings, shrink)
    seen = photo.sharpness(linear_rgb, bare, texture=texture, shrink=shrink)
    if not math.isfinite(seen.blur_px):
        return settings.usual_blur_px
    rolloff_px2 = settings.skin_rolloff_px2 if texture is None else 0.0
    least = settings.smallest_blur_px**2
    blur_px = math.sqrt(max(seen.blur_px**2 - rolloff_px2, least))
    # grain and JPEG leave little to read: what is uncertain gives way to what is usual
    error = max(seen.blur_err_px / blur_px, settings.least_blur_error)
    trust = settings.usual_blur_spread**2 / (settings.usual_blur_spread**2 + error**2)
    logs = math.log(settings.usual_blur_px), math.log(blur_px)
    return math.exp((1.0 - trust) * logs[0] + trust * logs[1])


def bare_texture(px_per_mm: float, settings: PoresSettings, shrink: float = 1.0) -> photo.Texture:
    """Return what is expected of the spectrum of skin between its pores, at a scale.

    Furrows and the plateaus between them give power up to about one cycle per millimetre and
    little beyond; a finer roughness, without an end of its own, shows how a lens blurs. Pixels
    that are ``shrink`` wide share the noise of so many squared.
    """

    def bend(frequency: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        per_mm = frequency * px_per_mm
        relief = (1.0 - settings.bare_fine_share) * np.exp(
            -((per_mm / settings.bare_bend_per_mm) ** 2)
        )
        fine = settings.bare_fine_share * per_mm**-settings.bare_fine_slope
        return np.asarray(np.log(relief + fine))

    return photo.Texture(
        bend=bend,
        slope=0.0,
        slope_sd=settings.bare_tilt_sd,
        lowest=settings.bare_from_per_mm / px_per_mm,
        fade_px=settings.bare_fade_px,
        lens_sd_px=settings.bare_lens_sd_px,
        processing_px2=settings.processing_px2,
        softer_sd_px2=settings.processing_softer_sd_px2,
        sharper_sd_px2=settings.processing_sharper_sd_px2,
        fourth_px4=0.0,
        noise=settings.usual_noise / max(1.0, shrink),
        noise_spread=settings.usual_noise_spread,
    )


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
