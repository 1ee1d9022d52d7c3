"""Skin with shading taken out: how much darker each pixel is than the skin around it.

Background first, then noise, as source detection in astronomy does it: the local skin is a
plane through a window in which dark and bright outliers (pores, hairs, glints) do not count.
"""

from __future__ import annotations

import cv2
import numpy as np

from poremetrics.model import FloatImage, Mask, Skin
from poremetrics.pores._local import Surroundings, local_noise, local_spread
from poremetrics.pores.blur import point_spread_px
from poremetrics.settings.pores import PoresSettings

# Rec. 709: relative luminance of linear sRGB
_LUMINANCE = np.array([[0.2126, 0.7152, 0.0722]], dtype=np.float32)


def flatten(
    linear_rgb: FloatImage,
    mask: Mask,
    settings: PoresSettings,
    *,
    px_per_mm: float | None = None,
    shrink: float = 1.0,
) -> Skin:
    """Take shading out of a patch of skin.

    Parameters
    ----------
    linear_rgb : (h, w, 3) float32
        Linear light, 0..1.
    mask : (h, w) bool
        Usable skin.
    settings : PoresSettings
        Tunables.
    px_per_mm : float, optional
        Scale, by which the blur of skin is told from the smoothness of its own texture.
    shrink : float
        Width of a pixel in pixels of the photo, where it was resampled.

    Returns
    -------
    Skin
        ``darkening`` is 0 on bare skin, positive where darker, and 0 outside its mask. It is a
        difference of logarithms of linear light, so that exposure does not change it.
    """
    linear = np.ascontiguousarray(linear_rgb, dtype=np.float32)
    luminance = np.asarray(cv2.transform(linear, _LUMINANCE), dtype=np.float32)
    inside = mask & (luminance > settings.floor_linear) & (linear[..., 1] < settings.ceiling_linear)
    around = Surroundings(inside.astype(np.float32), settings.background_sigma_px)
    darkening = _flattened(_log(luminance, settings.floor_linear), inside, around, settings)
    noise = local_noise(darkening, inside, settings.noise_tile_px)
    blur_px = point_spread_px(linear, darkening, noise, inside, px_per_mm, shrink, settings)
    redness, brownness = _tints(linear, inside, around, settings)
    return Skin(darkening, inside, noise, redness, brownness, blur_px)


def _log(linear: FloatImage, floor: float) -> FloatImage:
    """Return the logarithm of light of at least ``floor``."""
    light = np.maximum(linear, np.float32(floor))
    return np.log(light, out=light)


def _tints(
    linear: FloatImage, inside: Mask, around: Surroundings, settings: PoresSettings
) -> tuple[FloatImage, FloatImage]:
    """Return ln(red/green) and ln(green/blue) over those of the skin around; 0 outside the mask."""
    red, green, blue = (_log(linear[..., k], settings.floor_linear / 4.0) for k in range(3))

    def residual(ratio: FloatImage) -> FloatImage:
        return np.where(inside, ratio - around.level(ratio), np.float32(0.0))

    return residual(red - green), residual(green - blue)


def _flattened(
    log_luminance: FloatImage, inside: Mask, around: Surroundings, settings: PoresSettings
) -> FloatImage:
    """Return local skin minus ``log_luminance``; outliers do not count into the local skin."""
    darkening = np.where(inside, around.level(log_luminance) - log_luminance, np.float32(0.0))
    for _ in range(settings.background_passes - 1):
        # about the local median: where the level is still off, nothing would be left otherwise
        median, noise = local_spread(darkening, inside, settings.background_tile_px)
        limit = settings.background_clip * noise
        plain = (inside & (np.abs(darkening - median) < limit)).astype(np.float32)
        skin = Surroundings(plain, settings.background_sigma_px).level(log_luminance)
        darkening = np.where(inside, skin - log_luminance, np.float32(0.0))
    return darkening
