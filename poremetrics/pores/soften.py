"""Further blur of a skin, as a lens would have blurred its light."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask, Skin
from poremetrics.pores._local import local_noise
from poremetrics.settings.pair import PairSettings

_KERNEL_GRID = 64
_NEGLIGIBLE_PX2 = 1e-4


def softened(skin: Skin, variance_px2: float, settings: PairSettings) -> Skin:
    """Return a skin under further blur of ``variance_px2``, with its noise measured anew.

    Light blurs, not its logarithm: the darkening is taken back to relative light first.
    """
    if variance_px2 <= _NEGLIGIBLE_PX2:
        return skin
    darkening = soft(skin.darkening, skin.mask, variance_px2)
    return replace(
        skin,
        darkening=darkening,
        redness=soft(skin.redness, skin.mask, variance_px2),
        brownness=soft(skin.brownness, skin.mask, variance_px2),
        noise=local_noise(darkening, skin.mask, settings.noise_tile_px),
        blur_px=float(np.sqrt(skin.blur_px**2 + variance_px2)),
    )


def soft(logs: FloatImage, mask: Mask, variance_px2: float) -> FloatImage:
    """Return minus the logarithm of the blurred ``exp(-logs)``; what is masked does not count."""
    if variance_px2 <= _NEGLIGIBLE_PX2:
        return logs
    taps = gaussian_taps(variance_px2)
    weight = mask.astype(np.float32)
    light = _filtered(np.exp(-logs) * weight, taps)
    mean = np.maximum(light / np.maximum(_filtered(weight, taps), 1e-3), 1e-4)
    return np.where(mask, -np.log(mean), np.float32(0.0)).astype(np.float32)


def gaussian_taps(variance_px2: float) -> npt.NDArray[np.float32]:
    """Return the one-dimensional kernel whose transfer is ``exp(-variance ω² / 2)``.

    Sampling a Gaussian narrower than half a pixel does not blur by its variance; this kernel
    does, at every width.
    """
    omega = 2.0 * np.pi * np.fft.fftfreq(_KERNEL_GRID)
    kernel = np.fft.fftshift(np.fft.ifft(np.exp(-0.5 * variance_px2 * omega**2)).real)
    reach = min(_KERNEL_GRID // 2 - 1, int(np.ceil(4.0 * np.sqrt(variance_px2))) + 4)
    taps = kernel[_KERNEL_GRID // 2 - reach : _KERNEL_GRID // 2 + reach + 1]
    return np.asarray(taps / taps.sum(), dtype=np.float32)


def _filtered(image: FloatImage, taps: npt.NDArray[np.float32]) -> FloatImage:
    return np.asarray(
        cv2.sepFilter2D(image, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_REFLECT_101),
        dtype=np.float32,
    )
