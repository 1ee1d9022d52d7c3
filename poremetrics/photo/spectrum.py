"""The power spectrum of a patch of skin: shading taken out, tiles windowed, rings averaged."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from poremetrics.model import FloatImage, Mask
from poremetrics.photo.color import luminance
from poremetrics.settings.photo import PhotoSettings

LAST_FREQUENCY = 0.48
"""Up to it, in cycles per pixel, a spectrum is told."""

_DEFAULTS = PhotoSettings()
_Vector = npt.NDArray[np.float64]

_DARKEST = 1e-4  # below the first sRGB level: keeps the logarithm finite at black
_FIRST_RING = 2.5  # rings below it are shaped by the window
_SAMPLE_STEP = 4  # every fourth row and column are enough for a median
_COARSE = 4  # shading is blurred on pixels this much larger
_FARTHEST_FADES = 6.0  # from there on a faded weight is 1
_ROUNDING = 1.0 / 12.0  # variance of rounding, in steps²


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Radial power spectrum of flattened skin.

    Attributes
    ----------
    frequency : (n,) float64
        Cycles per pixel.
    power : (n,) float64
        Mean power of ln luminance per mode; white noise of variance v has power v.
    n_tiles : int
        Tiles that were averaged.
    tile_px : int
        Their side.
    rounding : float
        Power that rounding to 8-bit sRGB adds.
    """

    frequency: _Vector
    power: _Vector
    n_tiles: int
    tile_px: int
    rounding: float


def power_spectrum(
    linear: FloatImage,
    mask: Mask,
    settings: PhotoSettings = _DEFAULTS,
    *,
    fade_px: float = 0.0,
    shrink: float = 1.0,
) -> Spectrum | None:
    """Return the radial power spectrum of flattened ln luminance, or None where there is none.

    Shading is divided out with a Gaussian mean over the skin and the loss this means at low
    frequencies is given back; tiles carry a Hann window times the mask.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear light at the photo's own pixels, or at coarser ones.
    mask : (h, w) bool
        Usable skin.
    settings : PhotoSettings
        Tunables.
    fade_px : float
        Over this distance the skin fades in at the edges of its mask.
    shrink : float
        Width of a pixel in pixels of the photo: so many squared share what rounding adds. Below 1,
        where the photo was enlarged, or unknown, it is none.
    """
    if np.count_nonzero(mask) < settings.minimum_pixels:
        return None
    light = luminance(linear)
    flat = _flatten(light, mask, settings)
    weight = _faded(mask, fade_px)
    for side in (settings.large_tile_px, settings.small_tile_px):
        power, n_tiles = _tile_power(flat, mask, weight, side, settings)
        if n_tiles >= settings.minimum_tiles:
            break
    else:
        return None
    frequency, radial = _rings(power, side)
    rounding = _rounding_power(linear, mask) / max(1.0, shrink) ** 2
    if radial.max() <= rounding:  # one colour throughout
        return None
    kept = 1 - np.exp(-2 * (np.pi * settings.flatten_sigma_px * frequency) ** 2)
    return Spectrum(frequency, radial / kept**2, n_tiles, side, rounding)


def _flatten(light: FloatImage, mask: Mask, settings: PhotoSettings) -> FloatImage:
    flat = np.maximum(light, np.float32(_DARKEST))
    np.log(flat, out=flat)
    weight = mask.astype(np.float32)
    flat *= weight
    total, covered = (_coarse_blur(image, settings) for image in (flat, weight))
    total /= np.maximum(covered, np.float32(1e-3))
    flat -= total
    flat *= weight
    usual = float(np.median(np.abs(_sample(flat, mask))))
    limit = settings.outlier_sigmas * 1.4826 * usual
    return np.clip(flat, -limit, limit, out=flat)


def _sample(image: FloatImage, mask: Mask) -> FloatImage:
    """Return values under the mask on every few rows and columns; all of them on little skin."""
    sparse = (slice(None, None, _SAMPLE_STEP),) * 2
    return image[sparse][mask[sparse]] if mask[sparse].any() else image[mask]


def _coarse_blur(image: FloatImage, settings: PhotoSettings) -> FloatImage:
    """Blur by the flattening Gaussian, worked out on coarser pixels, which it cannot tell apart."""
    height, width = image.shape
    size = (-(-width // _COARSE), -(-height // _COARSE))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), settings.flatten_sigma_px / _COARSE)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _tile_power(
    flat: FloatImage, mask: Mask, weight: FloatImage, side: int, settings: PhotoSettings
) -> tuple[npt.NDArray[np.float32], int]:
    """Return the mean power (side, side // 2 + 1) over half-overlapping tiles, and their number."""
    if min(flat.shape) < side:
        return np.empty(0, np.float32), 0
    hann = np.hanning(side + 1)[:side].astype(np.float32)
    window = np.outer(hann, hann)
    half = side // 2
    view = np.lib.stride_tricks.sliding_window_view
    masks = view(mask, (side, side))[::half, ::half]
    cover = np.einsum("klij,ij->kl", masks, window**2) / float((window**2).sum())
    rows, cols = np.nonzero(cover >= settings.tile_cover)
    if len(rows) > settings.maximum_tiles:
        chosen = np.linspace(0, len(rows) - 1, settings.maximum_tiles).astype(int)
        rows, cols = rows[chosen], cols[chosen]
    if len(rows) < settings.minimum_tiles:
        return np.empty(0, np.float32), len(rows)
    weights = view(weight, (side, side))[::half, ::half][rows, cols] * window
    tiles = view(flat, (side, side))[::half, ::half][rows, cols]
    mean = (tiles * weights).sum(axis=(1, 2)) / weights.sum(axis=(1, 2))
    size = np.sqrt((weights**2).sum(axis=(1, 2)))
    tiles = (tiles - mean[:, None, None]) * (weights / size[:, None, None])
    power = np.abs(fft.rfft2(tiles)) ** 2
    return power.mean(axis=0), len(rows)


def _faded(mask: Mask, fade_px: float) -> FloatImage:
    """Return weights that rise from 0 at the edges of the mask to 1.

    Hard edges, above all of small holes, spread the power of coarse texture over all frequencies,
    where it looks like fine texture that no lens has blurred.
    """
    if fade_px == 0.0:
        return mask.astype(np.float32)
    inward = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    inward = np.minimum(inward, _FARTHEST_FADES * fade_px)  # endless where nothing is masked
    return np.asarray(1.0 - np.exp(-0.5 * (inward / fade_px) ** 2), np.float32)


def _rings(power: npt.NDArray[np.float32], side: int) -> tuple[_Vector, _Vector]:
    """Average a half-plane of powers over rings of one frequency step."""
    radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    ring = np.rint(radius * side).astype(np.intp).ravel()
    last = int(LAST_FREQUENCY * side)
    total = np.bincount(ring, power.ravel().astype(np.float64), minlength=last + 1)
    count = np.bincount(ring, minlength=last + 1)
    rings = np.arange(int(np.ceil(_FIRST_RING)), last + 1)
    return rings / side, total[rings] / count[rings]


def _rounding_power(linear: FloatImage, mask: Mask) -> float:
    """Power of ln luminance that rounding every channel to 8-bit sRGB adds.

    One level near encoded value v is d ln Y / d v = w · 2.4 / v of each channel's share w.
    """
    sample = _sample(linear, mask)
    colour = np.maximum(np.median(sample, axis=0), _DARKEST).astype(np.float64)
    share = np.array([0.2126, 0.7152, 0.0722]) * colour
    share /= share.sum()
    level = 255 * colour ** (1 / 2.4)
    return float(_ROUNDING * np.sum((share * 2.4 / level) ** 2))
