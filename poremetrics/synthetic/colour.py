"""The colours of skin in linear light."""

from __future__ import annotations

import numpy as np

from poremetrics.synthetic.records import Tone

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
