"""The point spread of a photo, measured from its skin."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask

_TILE = 64
_MOST_TILES = 96
_BAND = (0.08, 0.30)  # cycles/px: above the pores' own scale, below JPEG and demosaicing
_SLOPE = 2.0  # of the amplitude-squared spectrum of sharp skin, in ln P against ln f
_RANGE_PX = (0.6, 4.0)


def point_spread_px(darkening: FloatImage, mask: Mask) -> float:
    """Measure the standard deviation of the point spread from the power spectrum of the skin.

    Sharp skin has a spectrum that falls as a power of the frequency; a Gaussian point spread
    multiplies it by ``exp(-4 π² σ² f²)`` and the sensor adds a constant.

    Parameters
    ----------
    darkening : (h, w) float32
        Flattened skin.
    mask : (h, w) bool
        Where it may be used.

    Returns
    -------
    float
        Pixels; the smallest believable value where there is too little skin to tell.
    """
    tiles = usable_tiles(darkening, mask, _TILE, _MOST_TILES)
    if len(tiles) == 0:
        return _RANGE_PX[0]
    window = np.hanning(_TILE)
    spectrum = np.abs(np.fft.fft2(tiles * np.outer(window, window))) ** 2
    axis = np.fft.fftfreq(_TILE)
    f = np.hypot(axis[:, None], axis[None, :])
    mean = np.median(spectrum, axis=0)
    floor = np.median(mean[f > 0.42])
    band = (f > _BAND[0]) & (f < _BAND[1])
    power = mean[band] - floor
    good = power > 0.5 * floor
    if good.sum() < 20:
        return _RANGE_PX[0]
    fb = f[band][good]
    y = np.log(power[good]) + _SLOPE * np.log(fb)
    slope = np.polyfit(fb**2, y, 1, w=np.sqrt(1.0 / fb))[0]
    variance = max(0.0, -float(slope)) / (4.0 * np.pi**2)
    return float(np.clip(np.sqrt(variance), *_RANGE_PX))


def usable_tiles(image: FloatImage, mask: Mask, side: int, most: int) -> npt.NDArray[np.float32]:
    """Return up to ``most`` square tiles that lie wholly in the mask, spread evenly.

    Returns
    -------
    (n, side, side) float32
        Empty where no tile fits.
    """
    step = side // 2
    h, w = image.shape
    if h < side or w < side:
        return np.zeros((0, side, side), dtype=np.float32)
    views = np.lib.stride_tricks.sliding_window_view
    images = views(image, (side, side))[::step, ::step].reshape(-1, side, side)
    whole = views(mask, (side, side))[::step, ::step].all(axis=(2, 3)).ravel()
    chosen = np.flatnonzero(whole)
    if len(chosen) > most:
        chosen = chosen[np.linspace(0, len(chosen) - 1, most).round().astype(np.int64)]
    return images[chosen]
