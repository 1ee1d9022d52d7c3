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
# Noise, denoised, scaled down or enlarged: it hangs together. Sharpened as well, it has a scale of
# its own.
_GRAIN, _MOST_GRAIN = (0.05, 2.5), 0.5
_GRAIN_PX, _BAND_SHARE, _BAND = (0.0, 2.2), 0.5, (1.2, 3.0)
# The channels err apart, blue most, as far as colour was not denoised. What is left then is added
# to all encoded values alike: more to the logarithm of the darker channels, least to that of red.
_GREY_SHARE, _COMMON, _BLUE = 0.5, (0.0, 1.0), (1.0, 2.0)
_RED_LESS, _BLUE_MORE = (0.0, 0.45), (0.0, 0.8)  # skin of encoded 220, 170, 140 to 110, 65, 40
_SMOOTH_TINT_SHARE, _SMOOTH_TINT_PX = 0.4, (0.5, 2.0)
_RED_LIGHT, _GREEN_LIGHT, _BLUE_LIGHT = 0.30, 0.65, 0.05  # of the luminance of skin
_DARKEST_GRAIN = 0.1  # of the light around
_WHITE_PX = 0.3  # a blur that changes nothing
_SHARPENING, _HALO_PX = (0.3, 1.0), (0.7, 2.0)
_JPEG_QUALITY, _JPEG_STEPS, _JPEG_BLOCK = (60, 95), 80.0, 8  # steps of 8 bits per ln unit
# No skin at all, perhaps unevenly lit: nothing in it is a pore.
_BARE, _UNEVEN_SHARE, _UNEVEN, _UNEVEN_PX = (0.01, 0.5), 0.5, (0.1, 0.7), (4.0, 12.0)
_LEAST_TEXTURE = 0.01


def bare(look: Look, rng: np.random.Generator) -> Look:
    """Return nothing but noise, without a pore."""
    shape = look.darkening.shape
    strength = _drawn_log(_BARE, rng)
    noise = _grain(shape, strength, rng)
    if rng.random() >= _UNEVEN_SHARE:
        return noise
    uneven = _field(shape, rng.uniform(*_UNEVEN_PX), rng) * strength * _drawn(_UNEVEN, rng)
    return replace(noise, darkening=noise.darkening + uneven)


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
    blotches = _field(look.darkening.shape, rng.uniform(*_MOTTLING_PX), rng) * strength
    return Look(
        look.darkening + blotches,
        look.redness + _drawn(_RED_SHARE, rng) * blotches,
        look.brownness + _drawn(_BROWN_SHARE, rng) * blotches,
    )


def _grainy(look: Look, rng: np.random.Generator) -> Look:
    """Add noise to light and colour."""
    strength = min(_texture(look) * _drawn_log(_GRAIN, rng), np.float32(_MOST_GRAIN))
    noise = _grain(look.darkening.shape, strength, rng)
    return Look(
        look.darkening + noise.darkening,
        look.redness + noise.redness,
        look.brownness + noise.brownness,
    )


def _grain(shape: tuple[int, ...], strength: np.float32, rng: np.random.Generator) -> Look:
    """Return what noise of the three channels, as a share of the light, does to skin.

    Light and colour err together: where there is less light it is redder, as in a pore.
    """
    reach = float(rng.uniform(*_GRAIN_PX))
    band = float(rng.uniform(*_BAND)) if rng.random() < _BAND_SHARE else 0.0
    common = np.float32(1.0) if rng.random() < _GREY_SHARE else _drawn(_COMMON, rng)
    own = np.float32(np.sqrt(1.0 - common**2))
    shared = common * _field(shape, reach, rng, band)
    alike = np.float32(1.0)
    weights = (alike - _drawn(_RED_LESS, rng), alike, alike + _drawn(_BLUE_MORE, rng))
    owns = (own, own, own * _drawn(_BLUE, rng))
    red, green, blue = (
        _log_light(strength * (weight * shared + part * _field(shape, reach, rng, band)))
        for weight, part in zip(weights, owns, strict=True)
    )
    darkening = -(_RED_LIGHT * red + _GREEN_LIGHT * green + _BLUE_LIGHT * blue)
    tints = [red - green, green - blue]
    if rng.random() < _SMOOTH_TINT_SHARE:
        smooth_px = rng.uniform(*_SMOOTH_TINT_PX)
        tints = [np.asarray(cv2.GaussianBlur(own, (0, 0), smooth_px), np.float32) for own in tints]
    return Look(darkening, *tints)


def _log_light(excess: FloatImage) -> FloatImage:
    """Return the logarithm of light that exceeds what is around it by a share."""
    return np.log(np.maximum(np.float32(1.0) + excess, np.float32(_DARKEST_GRAIN)))


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
    (0.65, _grainy),
    (0.2, _grey),
    (0.08, _sharpened),
    (0.2, _compressed),
)
"""What is done, in this order, and to what share of the crops."""


def _drawn(between: Range, rng: np.random.Generator) -> np.float32:
    return np.float32(rng.uniform(*between))


def _drawn_log(between: Range, rng: np.random.Generator) -> np.float32:
    return np.float32(np.exp(rng.uniform(*np.log(between))))


def _texture(look: Look) -> np.float32:
    """Return how strong the texture is, hairs and moles apart."""
    return np.float32(max(1.48 * np.median(np.abs(look.darkening)), _LEAST_TEXTURE))


def _field(
    shape: tuple[int, ...], reach_px: float, rng: np.random.Generator, band: float = 0.0
) -> npt.NDArray[np.float32]:
    """Return noise of standard deviation 1 that hangs together over some reach.

    With ``band``, what hangs together over so many times the reach is taken out.
    """
    noise = rng.standard_normal(shape, dtype=np.float32)
    if reach_px > _WHITE_PX:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), reach_px), np.float32)
        if band:
            noise = noise - cv2.GaussianBlur(noise, (0, 0), band * reach_px)
        noise /= noise.std()
    return noise
