"""Plain figures of how a patch of skin was photographed.

Every function takes the patch and the mask of its usable skin and returns NaN where there is too
little skin to tell. None of them judges: the limits are the business of the room ``change``.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask, Rgb
from poremetrics.photo.color import lightness, luminance, redness, to_linear
from poremetrics.photo.point_spread import Sharpness
from poremetrics.settings.photo import PhotoSettings

_DEFAULTS = PhotoSettings()
_NAN = float("nan")
_BLOCK = 8  # side of a JPEG block
_PLANE_STEP = 3  # every so many rows and columns are enough for a plane through all
_SPARSE = (slice(None, None, 2),) * 2  # a quarter of the pixels tells a percentile
_DARKEST = 1e-4  # below the first sRGB level: keeps the logarithm finite at black

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # what JPEG stores (ITU-T T.871)


def _too_small(mask: Mask, settings: PhotoSettings = _DEFAULTS) -> bool:
    return bool(np.count_nonzero(mask) < settings.minimum_pixels)


def clipped_share(linear: FloatImage, mask: Mask, settings: PhotoSettings = _DEFAULTS) -> float:
    """Return the share of skin that is clipped, 0..1; lower is better.

    Clipped black: every channel at the bottom. Clipped white: any channel at the top, since
    the red of light skin saturates first and takes pore contrast with it.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear light of the photo.
    mask : (h, w) bool
        Usable skin.
    settings : PhotoSettings
        Tunables.
    """
    if _too_small(mask, settings):
        return _NAN
    red, green, blue = cv2.split(linear)
    brightest = np.maximum(np.maximum(red, green), blue)
    low, high = to_linear(
        np.array([settings.clipped_low_level, settings.clipped_high_level - 1], dtype=np.uint8)
    )
    clipped = (brightest <= low) | (brightest > high)
    return float(np.count_nonzero(clipped & mask) / np.count_nonzero(mask))


def surface_light(
    linear: FloatImage, mask: Mask, settings: PhotoSettings = _DEFAULTS
) -> FloatImage | None:
    """Return the share of each pixel's light that the skin's surface mirrors, 0..1.

    Dichromatic reflection (Shafer 1985): light from inside the skin has the skin's colour, light
    from its surface that of the lamp. With c = (R - B) / Y of linear light and its median over the
    skin, the surface share is 1 - c / median(c). Only light counts, not the lamp's colour, which
    the camera has balanced to grey.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear RGB.
    mask : (h, w) bool
        Usable skin, glare included.
    settings : PhotoSettings
        Least colour.

    Returns
    -------
    (h, w) float32 or None
        None on too little or too grey skin.
    """
    if _too_small(mask, settings):
        return None
    # Grain and JPEG's coarse chroma would else break a highlight into specks.
    smooth = np.asarray(
        cv2.GaussianBlur(linear, (0, 0), settings.glare_smooth_px), dtype=np.float32
    )
    colour = (smooth[..., 0] - smooth[..., 2]) / np.maximum(luminance(smooth), _DARKEST)
    usual = float(np.median(colour[mask]))
    if usual < settings.minimum_colour:
        return None
    return np.asarray(np.clip(1 - colour / usual, 0, 1), dtype=np.float32)


def specular_contrast(linear: FloatImage, mask: Mask, settings: PhotoSettings = _DEFAULTS) -> float:
    """Return how much the surface light varies, 0..1: tells kinds of light apart.

    95th minus 50th percentile of :func:`surface_light` over the brighter half of the skin. Near 0
    under crossed polarisation or wide soft light, high under a small lamp or parallel
    polarisation. Neither is better; it must agree between visits.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear light of the photo.
    mask : (h, w) bool
        Usable skin.
    settings : PhotoSettings
        Tunables.
    """
    share = surface_light(linear, mask, settings)
    if share is None:
        return _NAN
    if np.count_nonzero(mask[_SPARSE]) >= settings.minimum_pixels:
        share, linear, mask = share[_SPARSE], linear[_SPARSE], mask[_SPARSE]
    light = luminance(linear)
    bright = share[mask & (light > np.median(light[mask]))]
    if not len(bright):
        return _NAN
    high, middle = np.quantile(bright, (0.95, 0.5))
    return float(high - middle)


def blockiness(pixels: Rgb, mask: Mask, settings: PhotoSettings = _DEFAULTS) -> float:
    """Return the step at the 8 x 8 grid of JPEG over the steps elsewhere; 1 is none, lower better.

    Mean absolute second difference across each pixel border of the luma, by the border's place in
    a period of 8: the largest of the eight over the median of the eight, mean of both axes. The
    grid's phase is not assumed, so that crops and turned photos read alike; that search reads
    1.0-1.1 on photos without a grid.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        sRGB at the photo's own pixels, not resampled.
    mask : (h, w) bool
        Usable skin.
    settings : PhotoSettings
        Tunables.
    """
    luma = np.zeros(mask.shape, dtype=np.float32)
    for channel, share in enumerate(_LUMA):
        luma += pixels[..., channel] * share
    ratios = [_grid_ratio(luma, mask), _grid_ratio(luma.T, mask.T)]
    return _NAN if _too_small(mask, settings) else float(np.mean(ratios))


def _grid_ratio(luma: FloatImage, mask: Mask) -> float:
    """Ratio of the grid's steps along axis 1."""
    step = np.abs(np.diff(luma, axis=1))
    # What a step has beyond those beside it: real edges are spread over several pixels.
    excess = step[:, 1:-1] - (step[:, :-2] + step[:, 2:]) / 2
    usable = mask[:, 1:-2] & mask[:, 2:-1]
    total = np.where(usable, np.abs(excess), 0).sum(axis=0, dtype=np.float64)
    phase = np.arange(excess.shape[1]) % _BLOCK
    count = np.bincount(phase, usable.sum(axis=0), minlength=_BLOCK)
    if (count == 0).any():
        return _NAN
    mean = np.bincount(phase, total, minlength=_BLOCK) / count
    middle = np.median(mean)
    return float(mean.max() / middle) if middle > 0 else _NAN


def exposure(linear: FloatImage, mask: Mask, settings: PhotoSettings = _DEFAULTS) -> float:
    """Return the median L* of the skin, 0..100; best well inside the range.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear light of the photo.
    mask : (h, w) bool
        Usable skin.
    settings : PhotoSettings
        Tunables.
    """
    if _too_small(mask, settings):
        return _NAN
    if np.count_nonzero(mask[_SPARSE]) >= settings.minimum_pixels:
        linear, mask = linear[_SPARSE], mask[_SPARSE]
    return float(np.median(lightness(linear[mask])))


def skin_redness(linear: FloatImage, mask: Mask, settings: PhotoSettings = _DEFAULTS) -> float:
    """Return the median CIE a* of the skin; lower is less red. Shifts with white balance.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear light of the photo.
    mask : (h, w) bool
        Usable skin.
    settings : PhotoSettings
        Tunables.
    """
    if _too_small(mask, settings):
        return _NAN
    if np.count_nonzero(mask[_SPARSE]) >= settings.minimum_pixels:
        linear, mask = linear[_SPARSE], mask[_SPARSE]
    return float(np.median(redness(linear)[mask]))


def light_direction(
    linear: FloatImage, mask: Mask, settings: PhotoSettings = _DEFAULTS
) -> tuple[float, float]:
    """Return strength and direction of the large-scale fall of light; neither is better.

    Least-squares plane through ln luminance over the skin. A cheek's roundness is part of it, so
    only the change between visits speaks of the light.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear light of the photo.
    mask : (h, w) bool
        Usable skin.
    settings : PhotoSettings
        Tunables.

    Returns
    -------
    strength : float
        Rise of ln luminance over the side of a square of the skin's area.
    angle_deg : float
        Direction in which the skin gets brighter, -180..180; 0 is right, 90 is down.
    """
    if _too_small(mask, settings):
        return _NAN, _NAN
    sparse = (slice(None, None, _PLANE_STEP),) * 2
    if np.count_nonzero(mask[sparse]) >= settings.minimum_pixels:
        # A plane through the whole region does not need every pixel.
        linear, mask = linear[sparse], mask[sparse]
    y, x = _centred(mask)
    plane = np.stack([np.ones_like(x), x, y], axis=1)
    values = np.log(np.maximum(luminance(linear[mask]), _DARKEST)).astype(np.float64)
    _, along_x, along_y = np.linalg.solve(plane.T @ plane, plane.T @ values)
    return float(np.hypot(along_x, along_y)), float(np.degrees(np.arctan2(along_y, along_x)))


def fine_texture(sharp: Sharpness, settings: PhotoSettings = _DEFAULTS) -> float:
    """Return the skin's texture over that of plain skin in focus; higher is better, 1 is usual.

    :attr:`Sharpness.texture`, noise taken off, over ``usual_texture``. Beauty filters, retouching,
    make-up and blur lower it, and so does wide soft light. It does not tell them apart.

    Parameters
    ----------
    sharp : Sharpness
        What :func:`sharpness` measured on the skin.
    settings : PhotoSettings
        Tunables.
    """
    return sharp.texture / settings.usual_texture


def _centred(mask: Mask) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Rows and columns of the skin's pixels about their mean, in sides of a square of its area."""
    rows, columns = np.nonzero(mask)
    side = np.sqrt(len(rows))
    return (rows - rows.mean()) / side, (columns - columns.mean()) / side
