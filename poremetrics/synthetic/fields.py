"""Random fields of the skin: furrows of the micro-relief, unevenness of pigment and blood."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import fft

from poremetrics.synthetic.records import FloatImage, Recipe

# A field is sampled this finely against its own correlation length, then enlarged: a wide blur
# of a full picture would cost seconds.
_SAMPLES_PER_SIGMA = 3.0
_SLOPE_POWER = 1.0  # sharp portrait cheeks fall by an exponent of 0.6 to 1.5
_ROUGH_PX_PER_MM = 24.0  # sampled finer than this, skin has finer slopes besides, none the less
_ROUGH_PATCH_MM = 5.0  # size of rougher and smoother patches of skin


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], sigma_px: float) -> FloatImage:
    """Return a Gaussian random field of zero mean and unit standard deviation.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : (int, int)
        Rows and columns.
    sigma_px : float
        Standard deviation of the Gaussian that correlates it.
    """
    step = max(sigma_px / _SAMPLES_PER_SIGMA, 1.0)
    small = (int(np.ceil(shape[0] / step)) + 2, int(np.ceil(shape[1] / step)) + 2)
    noise = rng.standard_normal(small, dtype=np.float32)
    sigma = sigma_px / step
    # White noise of unit variance keeps 1 / (4 pi sigma^2) of it after the blur.
    noise = np.asarray(
        cv2.GaussianBlur(noise, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32
    ) * np.float32(np.sqrt(4.0 * np.pi) * sigma)
    if step > 1.0:
        shrink = np.array([[1.0 / step, 0.0, 0.5], [0.0, 1.0 / step, 0.5]])
        large = cv2.warpAffine(
            noise,
            shrink,
            (shape[1], shape[0]),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )
        noise = np.asarray(large, np.float32)
    return np.ascontiguousarray(noise[: shape[0], : shape[1]], dtype=np.float32)


def _oriented_noise(
    rng: np.random.Generator, shape: tuple[int, int], sigma_px: float, angle_deg: float
) -> FloatImage:
    """Return band-passed noise stretched threefold along ``angle_deg``."""
    angle = np.deg2rad(angle_deg)
    span = int(np.hypot(*shape)) + 8
    plain = smooth_noise(rng, (span, span // 3 + 8), sigma_px)
    plain = plain - cv2.GaussianBlur(plain, (0, 0), 2.0 * sigma_px)
    cosine, sine = np.cos(angle), np.sin(angle)
    rows, cols = shape
    # Picture -> source: turn about the middle, squeeze the long axis.
    back = np.array([[cosine / 3.0, sine / 3.0], [-sine, cosine]])
    middle = np.array([cols / 2, rows / 2])
    offset = np.array([plain.shape[1] / 2, span / 2]) - back @ middle
    turned = cv2.warpAffine(
        plain,
        np.column_stack([back, offset]),
        (cols, rows),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(turned / turned.std(), dtype=np.float32)


def relief(rng: np.random.Generator, shape: tuple[int, int], recipe: Recipe) -> FloatImage:
    """Return the height of the micro-relief, of unit root-mean-square slope per millimetre.

    Two crossing families of furrows (the zero lines of oriented noise) enclose small plateaus,
    as the primary and secondary lines of facial skin do; fine granularity lies on top. Its slopes
    have no finest scale: sampled finer than a camera needs to see, their sum exceeds 1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : (int, int)
        Rows and columns.
    recipe : Recipe
        Spacing of the furrows and sampling.
    """
    spacing = recipe.relief_spacing_mm * recipe.grain_px_per_mm
    main_deg = float(rng.uniform(0.0, 180.0))
    height = np.zeros(shape, np.float32)
    for angle, weight in ((main_deg, 0.8), (main_deg + 65.0, 0.65)):
        family = _oriented_noise(rng, shape, 0.42 * spacing, angle)
        height -= np.float32(weight) * np.exp(-((family / 0.45) ** 2))
    height += np.float32(0.7) * smooth_noise(rng, shape, 0.35 * spacing)
    height += np.float32(0.12) * smooth_noise(rng, shape, max(0.12 * spacing, 0.6))
    # Furrows are rounded by the sheen of skin fat: nothing finer than 50 µm is left.
    rounded = cv2.GaussianBlur(height, (0, 0), max(0.05 * recipe.grain_px_per_mm, 0.4))
    height = np.asarray(rounded, np.float32)
    height = _of_unit_slope(height, recipe)
    share = recipe.fine_relief
    height *= np.float32(np.sqrt(1.0 - share))
    # As much of its squared slope lies between any two equally distant frequencies.
    finer = share * max(0.0, recipe.grain_px_per_mm / _ROUGH_PX_PER_MM - 1.0)
    height += np.float32(np.sqrt(share + finer)) * _of_unit_slope(_fractal(rng, shape), recipe)
    height *= np.exp(
        np.float32(recipe.relief_unevenness)
        * smooth_noise(rng, shape, _ROUGH_PATCH_MM * recipe.grain_px_per_mm)
    )
    return np.float32(np.sqrt(1.0 + finer)) * _of_unit_slope(height, recipe)


def _fractal(rng: np.random.Generator, shape: tuple[int, int]) -> FloatImage:
    """Return a rough surface without a finest scale: slopes of power ``1 / f``.

    A lens can only be seen to blur skin that has something finer to show.
    """
    rows = np.fft.fftfreq(shape[0]).astype(np.float32)[:, None]
    cols = np.fft.rfftfreq(shape[1]).astype(np.float32)[None, :]
    frequency = np.hypot(rows, cols)
    frequency[0, 0] = np.inf
    spectrum = fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    spectrum *= frequency ** np.float32(-0.5 * (_SLOPE_POWER + 2.0))
    return np.asarray(fft.irfft2(spectrum, s=shape), np.float32)


def _of_unit_slope(height: FloatImage, recipe: Recipe) -> FloatImage:
    across, along = slopes(height, recipe.grain_px_per_mm)
    return np.asarray(height / np.sqrt((across**2 + along**2).mean()), np.float32)


def slopes(height: FloatImage, px_per_mm: float) -> tuple[FloatImage, FloatImage]:
    """Return the slope of ``height`` along x and y, per millimetre.

    Seven points keep 93 % of the slope at half the Nyquist frequency; the usual three keep 64 %,
    which would look like blur.
    """
    kernel = np.array([-1, 9, -45, 0, 45, -9, 1], np.float32) * np.float32(px_per_mm / 60.0)
    flat = np.ones(1, np.float32)
    across = cv2.sepFilter2D(height, cv2.CV_32F, kernel, flat, borderType=cv2.BORDER_REFLECT)
    along = cv2.sepFilter2D(height, cv2.CV_32F, flat, kernel, borderType=cv2.BORDER_REFLECT)
    return np.asarray(across, np.float32), np.asarray(along, np.float32)


def mottle(
    rng: np.random.Generator, shape: tuple[int, int], px_per_mm: float, amount: float
) -> FloatImage:
    """Return unevenness of a pigment over 0.4 to 8 mm with standard deviation ``amount``."""
    field = np.zeros(shape, np.float32)
    for sigma_mm, weight in ((8.0, 0.7), (2.2, 0.6), (0.8, 0.35), (0.3, 0.18)):
        field += np.float32(weight) * smooth_noise(rng, shape, sigma_mm * px_per_mm)
    return np.asarray(np.float32(amount) * field, dtype=np.float32)
