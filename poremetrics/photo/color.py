"""sRGB pixels to linear light and back, luminance, and the CIELAB figures of skin tone."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage

# Transfer function of IEC 61966-2-1.
_LINEAR_END = 0.04045
_SLOPE = 12.92
_OFFSET = 0.055
_GAMMA = 2.4
# Where CIE L* turns from a cube root into a line, and the line's slope (CIE 15:2004).
_CIE_EPSILON = 216 / 24389
_CIE_KAPPA = 24389 / 27
# Steps of the table from linear light to sRGB; finer than the narrowest sRGB level (1/3295).
_ENCODE_STEPS = 1 << 16

LUMINANCE_WEIGHTS = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""Luminance of linear sRGB red, green and blue (ITU-R BT.709)."""


def _decode(encoded: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    power = ((encoded + _OFFSET) / (1 + _OFFSET)) ** _GAMMA
    return np.where(encoded <= _LINEAR_END, encoded / _SLOPE, power)


_TO_LINEAR = _decode(np.arange(256) / 255).astype(np.float32)
# A level ends half-way to the next one as encoded, not as linear light.
_LEVEL_ENDS = _decode((np.arange(255) + 0.5) / 255)
_TO_SRGB8 = np.searchsorted(_LEVEL_ENDS, np.arange(_ENCODE_STEPS) / (_ENCODE_STEPS - 1)).astype(
    np.uint8
)


def to_linear(pixels: npt.NDArray[np.uint8]) -> FloatImage:
    """Return sRGB levels as linear light.

    Parameters
    ----------
    pixels : (...,) uint8
        sRGB levels.

    Returns
    -------
    (...,) float32
        0 (black) to 1 (white), proportional to light (IEC 61966-2-1).
    """
    if pixels.ndim == 3 and pixels.size:  # a picture: OpenCV takes an eighth of the time
        return np.asarray(cv2.LUT(pixels, _TO_LINEAR), dtype=np.float32).reshape(pixels.shape)
    return _TO_LINEAR[pixels]


def to_srgb8(linear: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Return linear light as the nearest sRGB levels; values outside 0..1 are clipped.

    Parameters
    ----------
    linear : (...,) float
        Linear light, 0 to 1.

    Returns
    -------
    (...,) uint8
        sRGB levels; the exact inverse of :func:`to_linear`.
    """
    steps = np.clip(linear, 0, 1) * np.float32(_ENCODE_STEPS - 1) + np.float32(0.5)
    levels: npt.NDArray[np.uint8] = _TO_SRGB8[steps.astype(np.uint16)]
    return levels


def luminance(linear: FloatImage) -> FloatImage:
    """Return the luminance (CIE Y, 0..1) of (..., 3) linear sRGB as (...,) float32.

    Parameters
    ----------
    linear : (..., 3) float32
        Linear sRGB, 0..1.
    """
    return np.asarray(linear @ LUMINANCE_WEIGHTS, dtype=np.float32)


def lightness(linear: FloatImage) -> FloatImage:
    """Return CIE L*, 0 (black) to 100 (white), of (..., 3) linear sRGB as (...,) float32.

    Parameters
    ----------
    linear : (..., 3) float32
        Linear sRGB, 0..1.
    """
    y = luminance(linear)
    cube_root = 116 * np.cbrt(y) - 16
    return np.asarray(np.where(y > _CIE_EPSILON, cube_root, _CIE_KAPPA * y), dtype=np.float32)


def redness(linear: FloatImage) -> FloatImage:
    """Return CIE a*, positive towards red, of (h, w, 3) linear sRGB (D65) as (h, w) float32.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear sRGB, 0..1.
    """
    lab = cv2.cvtColor(np.ascontiguousarray(linear, dtype=np.float32), cv2.COLOR_LRGB2Lab)
    return np.asarray(lab[..., 1], dtype=np.float32)
