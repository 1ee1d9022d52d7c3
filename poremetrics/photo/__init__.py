"""Room ``photo``: a file becomes upright sRGB pixels, with the facts of its capture.

:func:`load` reads any photo or says in one line why it cannot. :mod:`~poremetrics.photo.color`
converts between sRGB levels, linear light and the CIELAB figures of skin.
:func:`sharpness` (blur, noise and texture from one power spectrum) and the functions of
:mod:`~poremetrics.photo.quality` measure how a patch of skin was photographed; they take the patch
and the mask of its skin, judge nothing, and say NaN where there is too little skin to tell.
"""

from __future__ import annotations

from poremetrics.photo.color import lightness, luminance, redness, to_linear, to_srgb8
from poremetrics.photo.load import Source, load
from poremetrics.photo.point_spread import Sharpness, sharpness
from poremetrics.photo.quality import (
    blockiness,
    clipped_share,
    exposure,
    fine_texture,
    light_direction,
    skin_redness,
    specular_contrast,
    surface_light,
)
from poremetrics.photo.spectrum import Spectrum, power_spectrum
from poremetrics.photo.texture import Texture

__all__ = [
    "Sharpness",
    "Source",
    "Spectrum",
    "Texture",
    "blockiness",
    "clipped_share",
    "exposure",
    "fine_texture",
    "light_direction",
    "lightness",
    "load",
    "luminance",
    "power_spectrum",
    "redness",
    "sharpness",
    "skin_redness",
    "specular_contrast",
    "surface_light",
    "to_linear",
    "to_srgb8",
]
