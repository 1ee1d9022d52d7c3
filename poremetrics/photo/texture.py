"""What is expected of a spectrum before it is seen: the skin's texture, the camera's processing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from poremetrics.settings.photo import PhotoSettings

_Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Texture:
    """Expectations that a spectrum is fitted under, each with how far it may stray (1 sd).

    Attributes
    ----------
    bend : callable
        Frequencies (n,) in cycles per pixel to the logarithm (n,) of how the power of this texture
        differs from a power law.
    slope, slope_sd : float
        Exponent of that power law.
    lowest : float
        Frequency in cycles per pixel below which the texture is not as expected.
    fade_px : float
        Over this distance the skin fades in at the edges of its mask.
    lens_sd_px : float
        Size of the lens blur; none is expected.
    processing_px2 : float
        Variance that the camera's processing adds to the point spread, for texture and noise alike.
    softer_sd_px2, sharper_sd_px2 : float
        How much more, and how much less, that may be.
    fourth_px4 : float
        Expected part of the processing that goes with the fourth power of frequency.
    noise : float
        Expected standard deviation of ln luminance per pixel that the sensor adds.
    noise_spread : float
        How far photos scatter about it, as a natural logarithm.
    """

    bend: Callable[[_Vector], _Vector]
    slope: float
    slope_sd: float
    lowest: float
    fade_px: float
    lens_sd_px: float
    processing_px2: float
    softer_sd_px2: float
    sharper_sd_px2: float
    fourth_px4: float
    noise: float
    noise_spread: float


def unknown_texture(settings: PhotoSettings) -> Texture:
    """Return what is expected of any texture: a power law through any processing, in any noise."""
    return Texture(
        bend=np.zeros_like,
        slope=settings.spectrum_slope,
        slope_sd=settings.spectrum_slope_sd,
        lowest=0.0,
        fade_px=0.0,
        lens_sd_px=settings.soft_lens_sd_px,
        processing_px2=settings.any_processing_px2,
        softer_sd_px2=settings.any_softer_sd_px2,
        sharper_sd_px2=settings.sharpening_sd_px2,
        fourth_px4=settings.any_fourth_px4,
        noise=settings.any_noise,
        noise_spread=settings.any_noise_spread,
    )
