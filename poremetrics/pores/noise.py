"""How the noise of skin hangs together from pixel to pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask
from poremetrics.pores.blur import usable_tiles

_TILE = 64
_MOST_TILES = 64
_REACH = 12  # pixels: beyond it the background has taken out what hangs together


def autocovariance(
    darkening: FloatImage, mask: Mask, noise: FloatImage, pores: Mask
) -> npt.NDArray[np.float64]:
    """Autocovariance of the skin between the pores, in units of its local variance.

    Parameters
    ----------
    darkening : (h, w) float32
        Flattened skin.
    mask : (h, w) bool
        Usable skin.
    noise : (h, w) float32
        Local noise.
    pores : (h, w) bool
        What is left out: pores, hairs, marks.

    Returns
    -------
    (25, 25) float64
        By lag in rows and columns; the centre is lag 0. White noise of variance 1 where there
        is too little skin to tell.
    """
    white = np.zeros((2 * _REACH + 1, 2 * _REACH + 1))
    white[_REACH, _REACH] = 1.0
    scaled = np.where(mask, darkening / np.maximum(noise, 1e-6), 0.0).astype(np.float32)
    values = usable_tiles(scaled, mask, _TILE, _MOST_TILES)
    if len(values) == 0:
        return white
    free = usable_tiles((mask & ~pores).astype(np.float32), mask, _TILE, _MOST_TILES)
    values = np.clip(values, -4.0, 4.0) * free
    size = (2 * _TILE, 2 * _TILE)
    power = np.abs(np.fft.rfft2(values, size)) ** 2
    overlap = np.abs(np.fft.rfft2(free, size)) ** 2
    products = np.fft.irfft2(power.sum(axis=0), size)
    counts = np.fft.irfft2(overlap.sum(axis=0), size)
    if counts[0, 0] < _TILE**2:
        return white
    lags = np.arange(-_REACH, _REACH + 1)
    ratio = products[np.ix_(lags, lags)] / np.maximum(counts[np.ix_(lags, lags)], 1.0)
    return np.asarray(ratio, dtype=np.float64)
