"""Skin texture made comparable between two photos: local contrast and light taken out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import Box, FloatImage, Points, Rgb
from poremetrics.settings.align import AlignSettings

# Gamma-coded grey is close to a power law, so its logarithm is log luminance up to a factor that
# the normalisation takes out again.
_LOG = np.log(np.maximum(np.arange(256), 1.0) / 255.0).astype(np.float32)

# Variance of the binomial window of five pixels that halves and doubles a picture.
_HALVING_VARIANCE_PX2 = 1.0
_SMALLEST_PX = 8


def log_luminance(pixels: Rgb) -> FloatImage:
    """Return the logarithm of grey for (h, w, 3) uint8 sRGB pixels, (h, w) float32."""
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.LUT(grey, _LOG), dtype=np.float32)


def blur(image: FloatImage, sigma_px: float) -> FloatImage:
    """Return ``image`` under a Gaussian of ``sigma_px``, mirrored at its border."""
    if sigma_px <= 0:
        return image
    return np.asarray(
        cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101),
        dtype=np.float32,
    )


def wide_blur(image: FloatImage, sigma_px: float) -> FloatImage:
    """Return :func:`blur` of a wide Gaussian, worked out on a quarter of the pixels.

    Halving and doubling the picture (Burt & Adelson 1983) widen it by a known Gaussian each, and
    what is left of ``sigma_px`` is applied between: within half a percent of the true Gaussian
    for 3 px, a fortieth of a percent for 8 px.
    """
    half = cv2.pyrDown(image)
    left = float(np.sqrt(sigma_px**2 - 2.0 * _HALVING_VARIANCE_PX2)) / 2.0
    half = cv2.GaussianBlur(half, (0, 0), left, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.pyrUp(half, dstsize=image.shape[1::-1]), dtype=np.float32)


def normalise(log_image: FloatImage, settings: AlignSettings) -> FloatImage:
    """Return texture with local mean 0 and local deviation about 1.

    Parameters
    ----------
    log_image : (h, w) float32
        Log luminance.
    settings : AlignSettings
        Uses ``texture_*``.

    Returns
    -------
    (h, w) float32
        Clipped to ±3, so that single hairs and glare do not outweigh skin.
    """
    smooth = blur(log_image, settings.texture_smooth_px)
    detail = smooth - wide_blur(log_image, settings.texture_sigma_px)
    spread = np.sqrt(wide_blur(detail * detail, settings.texture_sigma_px))
    return np.clip(detail / (spread + np.float32(settings.texture_floor)), -3.0, 3.0)


def fine(texture: FloatImage, settings: AlignSettings) -> FloatImage:
    """Return the finest part of a texture: what no two people share, not even by anatomy."""
    return texture - blur(texture, settings.fine_sigma_px)


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A part of a photo's log luminance, reduced by ``factor``.

    Attributes
    ----------
    image : (h, w) float32
        Log luminance.
    x0, y0 : int
        The photo's pixel at the patch's upper left corner.
    factor_x, factor_y : float
        Photo pixels per patch pixel.
    """

    image: FloatImage
    x0: int
    y0: int
    factor_x: float = 1.0
    factor_y: float = 1.0

    def reduce(self, factor: float) -> Patch:
        """Return the patch with ``factor`` photo pixels averaged into one (never enlarged)."""
        rows, cols = self.image.shape
        size = tuple(max(round(side / factor), _SMALLEST_PX) for side in (cols, rows))
        if factor <= 1.0 or size[0] >= cols or size[1] >= rows:
            return self
        image = cv2.resize(self.image, size, interpolation=cv2.INTER_AREA)
        return Patch(
            np.asarray(image, dtype=np.float32),
            self.x0,
            self.y0,
            self.factor_x * cols / size[0],
            self.factor_y * rows / size[1],
        )

    def around(self, low: Points, high: Points) -> Patch:
        """Return the part of an unreduced patch from ``low`` to ``high``, x, y in the photo."""
        rows, cols = self.image.shape
        corner, size = np.array((self.x0, self.y0)), np.array((cols, rows))
        first = np.clip(np.floor(low) - corner, 0, np.maximum(size - _SMALLEST_PX, 0))
        last = np.clip(np.ceil(high) - corner, first + _SMALLEST_PX, size)
        box = Box(*first.astype(int).tolist(), *last.astype(int).tolist())
        return Patch(self.image[box.slices], self.x0 + box.x0, self.y0 + box.y0)

    def locating(self) -> npt.NDArray[np.float64]:
        """Return the (2, 3) affine map from positions in the photo to those in the patch."""
        return np.array(
            [
                [1.0 / self.factor_x, 0.0, -(self.x0 - 0.5) / self.factor_x - 0.5],
                [0.0, 1.0 / self.factor_y, -(self.y0 - 0.5) / self.factor_y - 0.5],
            ]
        )


def cut(pixels: Rgb, box: Box) -> Patch:
    """Return the log luminance of ``box`` of a photo as a :class:`Patch`."""
    return Patch(log_luminance(pixels[box.slices]), box.x0, box.y0)
