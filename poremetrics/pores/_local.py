"""Local averages and local noise under a mask: the two statistics everything here rests on."""

from __future__ import annotations

import cv2
import numpy as np

from poremetrics.model import FloatImage, Mask

_MAD_TO_SD = 1.4826  # of a normal distribution
_LEAST_SHARE = 0.15  # a tile with less usable area than this says nothing of its own
_TILE_SAMPLES = 800  # 4 % standard error of a quantile deviation, before smoothing


def shrink(image: FloatImage, factor: float) -> FloatImage:
    """Average an image down by about ``factor``; the full extent maps to the full extent.

    Parameters
    ----------
    image : (h, w) float32
    factor : float
        At least 1. The size is rounded, so that turning the picture turns the result.

    Returns
    -------
    (h', w') float32
    """
    h, w = image.shape
    size = max(1, round(w / factor)), max(1, round(h / factor))
    if size == (w, h):
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def enlarge(image: FloatImage, shape: tuple[int, int]) -> FloatImage:
    """Interpolate an image made by :func:`shrink` back to ``shape`` (rows, columns)."""
    if image.shape == shape:
        return image
    large = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, dtype=np.float32)


def blur(image: FloatImage, sigma_px: float) -> FloatImage:
    """Gaussian blur that sees zeros beyond the border."""
    soft = cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(soft, dtype=np.float32)


def local_mean(image: FloatImage, weight: FloatImage, sigma_px: float) -> FloatImage:
    """Weighted mean in a Gaussian window; what has no weight does not count.

    Parameters
    ----------
    image, weight : (h, w) float32
        Values and their weights (0 = unknown).
    sigma_px : float
        Standard deviation of the window.

    Returns
    -------
    (h, w) float32
        Where nothing with weight is near, the mean over everything.
    """
    factor = max(1.0, sigma_px / 3.0)
    weighted, weights = shrink(image * weight, factor), shrink(weight, factor)
    sigma = sigma_px / factor
    total, norm = blur(weighted, sigma), blur(weights, sigma)
    everywhere = float(weighted.sum()) / max(float(weights.sum()), 1e-9)
    tiny = 1e-3
    mean = (total + tiny * everywhere) / (norm + tiny)
    return enlarge(mean.astype(np.float32), (image.shape[0], image.shape[1]))


def local_noise(image: FloatImage, mask: Mask, tile_px: int) -> FloatImage:
    """Local robust standard deviation about the local median.

    The bright side of the distribution is used: dips are dark, so they leave it alone.

    Parameters
    ----------
    image : (h, w) float32
        Positive where darker.
    mask : (h, w) bool
        Where ``image`` may be used.
    tile_px : int
        Side of the tiles; the tile values are smoothed and interpolated.

    Returns
    -------
    (h, w) float32
        Positive everywhere; 0 only where nothing at all is usable.
    """
    h, w = image.shape
    rows, cols = max(1, round(h / tile_px)), max(1, round(w / tile_px))
    stride = max(1, int(tile_px / np.sqrt(_TILE_SAMPLES)))
    tile_h, tile_w = -(-h // rows), -(-w // cols)
    values = np.full((rows * tile_h, cols * tile_w), np.nan, dtype=np.float32)
    values[:h, :w] = np.where(mask, image, np.nan)
    tiles = values.reshape(rows, tile_h, cols, tile_w)[:, ::stride, :, ::stride]
    tiles = np.sort(tiles.transpose(0, 2, 1, 3).reshape(rows * cols, -1), axis=1)  # NaN last
    count = np.isfinite(tiles).sum(axis=1)
    each = np.arange(rows * cols)
    median = tiles[each, np.maximum(count // 2, 0)]
    low = tiles[each, (count * 0.1587).astype(np.int64)]
    sd = np.where(count > _LEAST_SHARE * tiles.shape[1], median - low, np.nan)
    sd = sd.reshape(rows, cols).astype(np.float32)
    known = np.isfinite(sd)
    if not known.any():
        inside = image[mask]
        spread = _MAD_TO_SD * float(np.median(np.abs(inside))) if inside.size else 0.0
        return np.full((h, w), spread, dtype=np.float32)
    weight = known.astype(np.float32)
    # logarithms: noise varies by factors, and one loud tile must not drown its neighbours
    logs = np.where(known, np.log(np.maximum(np.where(known, sd, 1.0), 1e-6)), 0.0)
    total, norm = blur(logs.astype(np.float32) * weight, 1.0), blur(weight, 1.0)
    overall = float(np.median(logs[known]))
    smooth = np.exp((total + 1e-2 * overall) / (norm + 1e-2))
    return enlarge(smooth.astype(np.float32), (h, w))
