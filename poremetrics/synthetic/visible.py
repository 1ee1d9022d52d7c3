"""Which pores can be seen at all, by physics: dip against bare skin at the pore's scale."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.photo import to_linear
from poremetrics.synthetic.colour import LUMINANCE
from poremetrics.synthetic.records import FloatImage, Rgb

Floats = npt.NDArray[np.float64]

_FWHM = 2.3548  # full width at half maximum of a Gaussian, in standard deviations
_STEP = 1.3  # ratio between neighbouring filter scales
_SURROUND = 1.8  # outer over inner Gaussian of the filter
_NEIGHBOURHOOD = 24.0  # filter scales over which the noise of bare skin is averaged
_FLOOR = 1e-4  # linear luminance below which a logarithm says nothing


def signal_to_noise(
    truth: pd.DataFrame, full: FloatImage, bare: FloatImage, without: Rgb, blur_px: float
) -> Floats:
    """Return the dip of each pore over the standard deviation of the same skin without pores.

    Both are taken through the same centre-minus-surround filter, matched to the width that the
    pore has behind the lens, on log luminance.

    Parameters
    ----------
    truth : DataFrame
        ``x_px, y_px, diameter_px``.
    full, bare : (H, W, 3) float32
        Light behind the lens with and without pores, before noise.
    without : (H, W, 3) uint8
        The finished picture without pores.
    blur_px : float
        Standard deviation of the point spread.

    Returns
    -------
    (N,) float64
        NaN where the pore is gone or lies outside the picture.
    """
    dip = _log(bare) - _log(full)
    skin = -_log(to_linear(without))
    places = np.round(truth[["x_px", "y_px"]].to_numpy(np.float64))
    diameter = truth["diameter_px"].to_numpy(np.float64)
    inside = (
        np.isfinite(diameter)
        & (places >= 0).all(axis=1)
        & (places < (skin.shape[1], skin.shape[0])).all(axis=1)
    )
    out = np.full(len(truth), np.nan)
    if not inside.any():
        return out
    sigma = np.sqrt((diameter / _FWHM) ** 2 + blur_px**2)
    step = np.round(np.log(np.maximum(sigma, 0.5)) / np.log(_STEP))
    for value in np.unique(step[inside]):
        chosen = np.flatnonzero(inside & (step == value))
        scale = float(_STEP**value)
        signal, noise = _filtered(dip, scale), _local_sd(_filtered(skin, scale), scale)
        col, row = places[chosen].astype(int).T
        out[chosen] = signal[row, col] / np.maximum(noise[row, col], 1e-9)
    return out


def _log(light: FloatImage) -> FloatImage:
    """Return the logarithm of luminance."""
    return np.asarray(np.log(np.maximum(light @ LUMINANCE, np.float32(_FLOOR))), np.float32)


def _filtered(image: FloatImage, scale: float) -> FloatImage:
    """Return centre minus surround."""
    centre = cv2.GaussianBlur(image, (0, 0), scale)
    surround = cv2.GaussianBlur(image, (0, 0), _SURROUND * scale)
    return np.asarray(centre - surround, np.float32)


def _local_sd(response: FloatImage, scale: float) -> FloatImage:
    """Return the local standard deviation, not carried away by hairs and moles."""
    limit = np.float32(3.0 * 1.4826 * np.median(np.abs(response[::3, ::3])))
    square = np.minimum(response**2, limit**2)
    mean = cv2.blur(square, (int(_NEIGHBOURHOOD * scale) | 1,) * 2)
    return np.asarray(np.sqrt(mean), np.float32)
