"""How the noise of skin hangs together from pixel to pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from poremetrics.model import FloatImage, Mask
from poremetrics.pores.blur import usable_tiles

_TILE = 64
_MOST_TILES = 64
_REACH = 12  # pixels: beyond it the background has taken out what hangs together
_CLIP = 4.0  # noise sigmas: hairs and dips that were not fitted stay out

WHITE: npt.NDArray[np.float64] = np.zeros((2 * _REACH + 1, 2 * _REACH + 1))
"""Autocovariance of noise that does not hang together."""
WHITE[_REACH, _REACH] = 1.0


def autocovariance(rest: FloatImage, mask: Mask, noise: FloatImage) -> npt.NDArray[np.float64]:
    """Autocovariance of the skin between the pores, in units of its local variance.

    Parameters
    ----------
    rest : (h, w) float32
        Flattened skin, its dips taken out.
    mask : (h, w) bool
        Usable skin.
    noise : (h, w) float32
        Local noise.

    Returns
    -------
    (25, 25) float64
        By lag in rows and columns; the centre is lag 0. White noise of variance 1 where there
        is too little skin to tell.
    """
    scaled = np.where(mask, rest / np.maximum(noise, 1e-6), 0.0).astype(np.float32)
    tiles = usable_tiles(scaled, mask, _TILE, _MOST_TILES)
    if len(tiles) == 0:
        return WHITE
    tiles = np.where(np.abs(tiles) < _CLIP, tiles, 0.0)
    size = (2 * _TILE, 2 * _TILE)
    transforms = fft.rfft2(tiles, size)
    power = (transforms.real**2 + transforms.imag**2).sum(axis=0, dtype=np.float64)
    products = fft.irfft2(power, size)
    lags = np.arange(-_REACH, _REACH + 1)
    overlap = (_TILE - np.abs(lags)).astype(np.float64)
    counts = len(tiles) * overlap[:, None] * overlap[None, :]
    return np.asarray(products[np.ix_(lags, lags)] / counts, dtype=np.float64)
