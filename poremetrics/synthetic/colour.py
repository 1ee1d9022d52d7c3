"""Linear light and sRGB, and the colours of skin."""

from __future__ import annotations

import numpy as np

from poremetrics.synthetic.records import FloatImage, Rgb, Tone

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of linear red, green, blue in luminance (Rec. 709)."""

# Diffuse reflectance of cheeks in linear red, green, blue; between the published means of
# spectrophotometer series for light and dark skin, in equal steps of individual typology angle.
ALBEDO: dict[Tone, tuple[float, float, float]] = {
    "I": (0.66, 0.44, 0.36),
    "II": (0.60, 0.37, 0.275),
    "III": (0.51, 0.29, 0.195),
    "IV": (0.39, 0.205, 0.13),
    "V": (0.255, 0.125, 0.078),
    "VI": (0.135, 0.064, 0.042),
}

# Effect of one unit of log density on red, green, blue, scaled to one on luminance (melanin,
# pore shadow) or on green (blood).
MELANIN = np.array([0.62, 1.03, 1.45], np.float32)
BLOOD = np.array([0.12, 1.0, 0.8], np.float32)
# Light in a pit is filtered by blood before it leaves again: shadows of skin are reddish.
SHADOW = np.array([0.66, 1.08, 1.18], np.float32)


def encode(linear: FloatImage) -> Rgb:
    """Return sRGB of linear light, rounded to 8 bit."""
    light = np.clip(linear, 0.0, 1.0)
    low = light * np.float32(12.92)
    high = np.float32(1.055) * np.power(light, np.float32(1 / 2.4)) - np.float32(0.055)
    coded = np.where(light <= 0.0031308, low, high)
    return np.asarray(np.round(coded * 255.0), dtype=np.uint8)


_VALUES = np.arange(256) / 255.0
_DECODED = np.where(_VALUES <= 0.04045, _VALUES / 12.92, ((_VALUES + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)


def decode(pixels: Rgb) -> FloatImage:
    """Return linear light 0..1 of sRGB pixels."""
    return np.asarray(_DECODED[pixels], dtype=np.float32)
