"""Local averages and local noise under a mask: the two statistics everything here rests on."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask

_MAD_TO_SD = 1.4826  # of a normal distribution
_LEAST_SHARE = 0.15  # a tile with less usable area than this says nothing of its own
_SIGMA_WHEN_SHRUNK_PX = 3.0
_SOME = 1e-3  # of the weight of a full window
_RIDGE = 0.02  # of the window's variance: slopes of a handful of pixels are not believed
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


class Surroundings:
    """Gaussian windows around every pixel, and how the weight lies in them.

    Parameters
    ----------
    weight : (h, w) float32
        Of the pixels (0 = unknown).
    sigma_px : float
        Standard deviation of the windows.
    """

    def __init__(self, weight: FloatImage, sigma_px: float) -> None:
        self._weight = weight
        self._factor = max(1.0, sigma_px / _SIGMA_WHEN_SHRUNK_PX)
        self._sigma = sigma = sigma_px / self._factor
        small = shrink(weight, self._factor)
        self._total = max(float(small.sum()), 1e-9)
        self._small = w = small.astype(np.float64)
        self._y, self._x = y, x = (
            np.indices(w.shape, dtype=np.float64) - np.array(w.shape)[:, None, None] / 2.0
        )
        self._norm = norm = self._window(w) + _SOME
        self._mx, self._my = mx, my = self._window(w * x) / norm, self._window(w * y) / norm
        ridge = _RIDGE * sigma**2
        self._xx = self._window(w * x * x) / norm - mx * mx + ridge
        self._yy = self._window(w * y * y) / norm - my * my + ridge
        self._xy = self._window(w * x * y) / norm - mx * my
        self._area = np.maximum(self._xx * self._yy - self._xy * self._xy, ridge**2)
        # far from anything known a plane is not carried on
        reach = 2.0 * sigma
        self._dx, self._dy = (np.clip(d, -reach, reach) for d in (x - mx, y - my))

    def _window(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        soft = cv2.GaussianBlur(values, (0, 0), self._sigma, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(soft, dtype=np.float64)

    def level(self, image: FloatImage) -> FloatImage:
        """Weighted plane fitted in the window around each pixel, read at the pixel.

        A plane, not a mean: at the border of the mask a mean is pulled up or down the shading.

        Parameters
        ----------
        image : (h, w) float32

        Returns
        -------
        (h, w) float32
            Where nothing with weight is near, the mean over everything.
        """
        f = shrink(image * self._weight, self._factor).astype(np.float64)
        everywhere = float(f.sum()) / self._total
        f -= everywhere * self._small  # small numbers keep the moments exact
        mean = self._window(f) / self._norm
        xf = self._window(f * self._x) / self._norm - self._mx * mean
        yf = self._window(f * self._y) / self._norm - self._my * mean
        along_x = (xf * self._yy - yf * self._xy) / self._area
        along_y = (yf * self._xx - xf * self._xy) / self._area
        plane = mean + along_x * self._dx + along_y * self._dy
        level = np.where(self._norm > 2.0 * _SOME, plane, mean) + everywhere
        return enlarge(level.astype(np.float32), (image.shape[0], image.shape[1]))


def local_noise(image: FloatImage, mask: Mask, tile_px: int) -> FloatImage:
    """Return the local robust standard deviation, see :func:`local_spread`."""
    return local_spread(image, mask, tile_px)[1]


def local_spread(image: FloatImage, mask: Mask, tile_px: int) -> tuple[FloatImage, FloatImage]:
    """Local median and robust standard deviation about it.

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
    median, noise : (h, w) float32
        The noise is positive everywhere; 0 only where nothing at all is usable.
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
        middle = float(np.median(inside)) if inside.size else 0.0
        return np.full((h, w), middle, np.float32), np.full((h, w), spread, np.float32)
    weight = known.astype(np.float32)
    middles = np.where(known, median.reshape(rows, cols), 0.0).astype(np.float32)
    # logarithms: noise varies by factors, and one loud tile must not drown its neighbours
    logs = np.where(known, np.log(np.maximum(np.where(known, sd, 1.0), 1e-6)), 0.0)
    total, norm = blur(logs.astype(np.float32) * weight, 1.0), blur(weight, 1.0)
    overall = float(np.median(logs[known]))
    smooth = np.exp((total + 1e-2 * overall) / (norm + 1e-2))
    level = blur(middles, 1.0) / (norm + 1e-2)
    return enlarge(level, (h, w)), enlarge(smooth.astype(np.float32), (h, w))
