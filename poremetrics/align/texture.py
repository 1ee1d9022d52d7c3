"""Skin texture made comparable between two photos: local contrast and light taken out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import Box, FloatImage, Rgb
from poremetrics.settings.align import AlignSettings

# Gamma-coded grey is close to a power law, so its logarithm is log luminance up to a factor that
# the normalisation takes out again.
_LOG = np.log(np.maximum(np.arange(256), 1.0) / 255.0).astype(np.float32)


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
    detail = smooth - blur(log_image, settings.texture_sigma_px)
    spread = np.sqrt(blur(detail * detail, settings.texture_sigma_px))
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
        size = max(round(cols / factor), 8), max(round(rows / factor), 8)
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
