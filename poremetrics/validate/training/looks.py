"""How photos make skin look: what is done at random to a crop, beyond scale and contrast.

The strength of what is added goes by the texture of the crop itself. On real portraits the fine
texture (what a Gaussian of 1.5 px leaves) has a standard deviation of 0.02 to 0.2, on rendered and
synthetic skin of 0.01 to 0.07: cameras, denoising, sharpening and JPEG make up for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What of a crop is changed.

    Attributes
    ----------
    darkening, redness, brownness : (S, S) float32
        As of :class:`poremetrics.model.Skin`.
    """

    darkening: FloatImage
    redness: FloatImage
    brownness: FloatImage


Range = tuple[float, float]

# Light that grazes a pit shows on the wall that faces it.
_RIM, _RIM_PX = (0.3, 0.9), (1.5, 4.0)
# Blotches as wide as pores and wider, but as often light as dark.
_MOTTLING, _MOTTLING_PX = (0.2, 1.0), (1.2, 5.0)
_RED_SHARE, _BROWN_SHARE = (0.0, 0.8), (0.0, 0.4)  # of the darkening; pores have 0.29 and 0.13
# Noise, denoised and scaled down: it hangs together. Sharpened as well, it has a scale of its own.
_GRAIN, _GRAIN_PX, _BAND_SHARE, _BAND = (0.05, 1.0), (0.0, 1.8), 0.3, 1.6
_TINT_GRAIN, _TINT_GRAIN_PX = (0.0, 0.8), (0.5, 3.0)
_WHITE_PX = 0.3  # a blur that changes nothing
_SHARPENING, _HALO_PX = (0.3, 1.0), (0.7, 2.0)
_JPEG_QUALITY, _JPEG_STEPS, _JPEG_BLOCK = (60, 95), 80.0, 8  # steps of 8 bits per ln unit
# No skin at all: nothing in it is a pore.
_BARE, _BARE_PX = (0.02, 0.2), (0.0, 2.0)
_LEAST_TEXTURE = 0.01


def bare(look: Look, rng: np.random.Generator) -> Look:
    """Return nothing but noise, without a pore."""
    layers = (look.darkening, look.redness, look.brownness)
    return Look(*(_field(one.shape, _BARE_PX, rng) * _drawn(_BARE, rng) for one in layers))


def _rims(look: Look, rng: np.random.Generator) -> Look:
    """Light up one side of every dip."""
    angle, reach = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(*_RIM_PX)
    way = np.array([[1.0, 0.0, reach * np.cos(angle)], [0.0, 1.0, reach * np.sin(angle)]])
    dark = look.darkening
    moved = cv2.warpAffine(dark, way, dark.shape[::-1], borderMode=cv2.BORDER_REFLECT)
    return replace(look, darkening=dark - _drawn(_RIM, rng) * np.maximum(moved - dark, 0.0))


def _mottled(look: Look, rng: np.random.Generator) -> Look:
    """Add soft blotches of blood or pigment."""
    strength = _texture(look) * _drawn(_MOTTLING, rng)
    blotches = _field(look.darkening.shape, _MOTTLING_PX, rng) * strength
    return Look(
        look.darkening + blotches,
        look.redness + _drawn(_RED_SHARE, rng) * blotches,
        look.brownness + _drawn(_BROWN_SHARE, rng) * blotches,
    )


def _grainy(look: Look, rng: np.random.Generator) -> Look:
    """Add noise to light and colour."""
    strength = _texture(look) * np.float32(np.exp(rng.uniform(*np.log(_GRAIN))))
    shape = look.darkening.shape
    band = _BAND if rng.random() < _BAND_SHARE else 0.0
    tints = (
        one + _field(shape, _TINT_GRAIN_PX, rng) * strength * _drawn(_TINT_GRAIN, rng)
        for one in (look.redness, look.brownness)
    )
    return Look(look.darkening + _field(shape, _GRAIN_PX, rng, band) * strength, *tints)


def _sharpened(look: Look, rng: np.random.Generator) -> Look:
    """Apply an unsharp mask, which leaves halos."""
    dark = look.darkening
    soft = cv2.GaussianBlur(dark, (0, 0), rng.uniform(*_HALO_PX))
    return replace(look, darkening=dark + _drawn(_SHARPENING, rng) * (dark - soft))


def _compressed(look: Look, rng: np.random.Generator) -> Look:
    """Store as JPEG, its blocks anywhere."""
    top, left = rng.integers(_JPEG_BLOCK, size=2)
    h, w = look.darkening.shape
    around = [(side, _JPEG_BLOCK - 1 - side) for side in (top, left)]
    bits = np.clip(128.0 - _JPEG_STEPS * np.pad(look.darkening, around, "edge"), 0.0, 255.0)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*_JPEG_QUALITY))]
    stored = cv2.imencode(".jpg", np.rint(bits).astype(np.uint8), quality)[1]
    seen = np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), np.float32)
    seen = (128.0 - seen[top : top + h, left : left + w]) / np.float32(_JPEG_STEPS)
    return replace(look, darkening=seen)


def _grey(look: Look, _: np.random.Generator) -> Look:
    """Take the colour out."""
    return Look(look.darkening, 0.0 * look.redness, 0.0 * look.brownness)


LOOKS: tuple[tuple[float, Callable[[Look, np.random.Generator], Look]], ...] = (
    (0.05, _rims),
    (0.1, _mottled),
    (0.6, _grainy),
    (0.2, _grey),
    (0.08, _sharpened),
    (0.2, _compressed),
)
"""What is done, in this order, and to what share of the crops."""


def _drawn(between: Range, rng: np.random.Generator) -> np.float32:
    return np.float32(rng.uniform(*between))


def _texture(look: Look) -> np.float32:
    """Return how strong the texture is, hairs and moles apart."""
    return np.float32(max(1.48 * np.median(np.abs(look.darkening)), _LEAST_TEXTURE))


def _field(
    shape: tuple[int, ...], reach_px: Range, rng: np.random.Generator, band: float = 0.0
) -> npt.NDArray[np.float32]:
    """Return noise of standard deviation 1 that hangs together over some reach.

    With ``band``, what hangs together over so many times the reach is taken out.
    """
    noise = rng.standard_normal(shape, dtype=np.float32)
    reach = float(rng.uniform(*reach_px))
    if reach > _WHITE_PX:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), reach), np.float32)
        if band:
            noise = noise - cv2.GaussianBlur(noise, (0, 0), band * reach)
        noise /= noise.std()
    return noise
