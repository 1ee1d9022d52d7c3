"""Which pixels of a region are usable skin."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from poremetrics.model import FloatImage, Mask, Rgb
from poremetrics.photo import to_linear
from poremetrics.settings.face import FaceSettings


def hidden_skin(
    pixels: Rgb, inside: Mask, px_per_mm: float, settings: FaceSettings
) -> Mapping[str, Mask]:
    """Tell what hides the skin, by reason.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        sRGB, a reduced copy.
    inside : (h, w) bool
        The region's outline.
    px_per_mm : float
        Rough scale of the copy.
    settings : FaceSettings
        The limits.

    Returns
    -------
    mapping of str to (h, w) bool
        ``glare`` and ``dark``; masks may overlap.
    """
    linear = to_linear(pixels)
    log_light = np.log(linear @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32) + 1e-3)
    level = _masked_blur(log_light, inside, 8.0 * px_per_mm)
    fine = cv2.GaussianBlur(log_light, (0, 0), 0.6 * px_per_mm)
    return {
        "glare": pixels.max(axis=2) >= settings.glare_level,
        "dark": fine - level < -settings.dark_step,
    }


def _masked_blur(image: FloatImage, mask: Mask, sigma_px: float) -> FloatImage:
    weight = mask.astype(np.float32)
    total = cv2.GaussianBlur(image * weight, (0, 0), sigma_px)
    share = cv2.GaussianBlur(weight, (0, 0), sigma_px)
    return np.asarray(total / np.maximum(share, 1e-3), dtype=np.float32)
