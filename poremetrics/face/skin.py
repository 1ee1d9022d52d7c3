"""Which pixels are usable skin, and what hides the rest.

Everything is told relative to the skin of the same photo, so that tone, exposure and white
balance drop out. Sizes are in millimetres: a pore is never wider than 1 mm, a nostril, a brow or
a lock of hair never narrower than 2 mm, a strand never shorter than a few millimetres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask, Rgb
from poremetrics.photo import to_linear
from poremetrics.settings.face import FaceSettings

_LUMINANCE = np.array([[0.2126, 0.7152, 0.0722]], dtype=np.float32)
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light and colour of a picture relative to its own skin, at ``mask_px_per_mm``.

    Attributes
    ----------
    level : (h, w) float32
        ln(luminance / median luminance of the skin), bent towards a floor where it is so dark
        that only noise is left; pores blurred away.
    whiteness : (h, w) float32
        Share of red light that the skin's own colour does not explain: 0 on bare skin, 1 where
        the light of the lamp itself is seen (or hair, cloth, paper).
    redder : (h, w) float32
        ln(red / green) minus the skin's.
    red : (h, w) float32
        ln(red / median red of the skin).
    """

    level: FloatImage
    whiteness: FloatImage
    redder: FloatImage
    red: FloatImage


@dataclass(frozen=True, slots=True, eq=False)
class Grain:
    """Fine structure of a picture, at ``mask_px_per_mm``.

    Attributes
    ----------
    strength : (h, w) float32
        Root mean square gradient, relative to the median of the photo's own skin.
    alignment : (h, w) float32
        0 (spots, noise) to 1 (parallel lines).
    """

    strength: FloatImage
    alignment: FloatImage


def hidden_skin(
    pixels: Rgb, inside: Mask, px_per_mm: float, settings: FaceSettings
) -> Mapping[str, Mask]:
    """Tell what hides the skin, by reason.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        sRGB, a reduced copy of about 6 px/mm or more.
    inside : (h, w) bool
        The outlines of all regions together; it holds mostly skin.
    px_per_mm : float
        Rough scale of the copy.
    settings : FaceSettings
        The limits.

    Returns
    -------
    mapping of str to (h, w) bool
        ``glare``: clipped or mirror-like; ``dark``: nostrils, deep folds, locks of hair;
        ``hair``: brows, beard, stubble, strands, and lines as dense as hair; ``foreign``: not of
        the skin's colour; ``fragment``: small islands of skin between all that. Masks may overlap.
    """
    inside = _some(inside)
    linear = to_linear(pixels)
    luminance = _luminance(linear)
    skin_light = float(np.median(luminance[inside])) + settings.dark_floor
    step = settings.mask_px_per_mm / px_per_mm
    light = relative_light(_shrink(linear, step), inside, skin_light, settings)
    log_light = np.asarray(
        cv2.log(luminance / skin_light + settings.shadow_floor), dtype=np.float32
    )
    fine = _band(log_light, settings.fine_mm * px_per_mm, settings.texture_mm * px_per_mm)
    texture = grain(fine, inside, step, settings)
    coarse = {
        "glare": mirrored(light, settings),
        "dark": dark_patches(light, settings),
        "hair": _close(
            dense_texture(fine, inside, step, settings)
            | hairy(texture, settings)
            | strands(texture, settings),
            settings.hair_gap_mm * settings.mask_px_per_mm,
        ),
        "foreign": foreign_colour(light, settings),
    }
    coarse["fragment"] = fragments(coarse, inside, settings)
    masks = {reason: _enlarge(mask, inside.shape) for reason, mask in coarse.items()}
    masks["glare"] |= clipped(pixels, px_per_mm, settings)
    return masks


def relative_light(
    linear: FloatImage, inside: Mask, skin_light: float, settings: FaceSettings
) -> Light:
    """Return light and colour relative to the skin.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear light at ``mask_px_per_mm``.
    inside : (H, W) bool
        Mostly skin; of any resolution.
    skin_light : float
        Median luminance of the skin.
    settings : FaceSettings
        Blurs and floors.
    """
    skin = _some(_enlarge(inside, linear.shape))
    sigma = settings.colour_mm * settings.mask_px_per_mm
    soft = np.asarray(cv2.GaussianBlur(linear, (0, 0), sigma), dtype=np.float32)
    level = np.log(_luminance(soft) / skin_light + settings.shadow_floor)
    red, green, blue = np.moveaxis(soft + np.float32(settings.dark_floor), 2, 0)
    blue_share = blue / red
    own = float(np.median(blue_share[skin]))
    redness = np.log(red / green)
    return Light(
        level=np.asarray(level, dtype=np.float32),
        whiteness=np.asarray((blue_share - own) / max(1.0 - own, 0.1), dtype=np.float32),
        redder=np.asarray(redness - np.median(redness[skin]), dtype=np.float32),
        red=np.log(red / np.median(red[skin])),
    )


def _some(mask: Mask) -> Mask:
    """Return a mask, or the whole of it where outlines too fine for this copy leave it empty."""
    return mask if mask.any() else np.ones_like(mask)


def clipped(pixels: Rgb, px_per_mm: float, settings: FaceSettings) -> Mask:
    """Return where two channels are clipped; red alone clips first on bright skin."""
    red, green, blue = cv2.split(pixels)
    second = np.maximum(np.minimum(red, green), np.minimum(np.maximum(red, green), blue))
    return _grow(second >= settings.glare_level, settings.glare_margin_mm * px_per_mm)


def mirrored(light: Light, settings: FaceSettings) -> Mask:
    """Return where the skin mirrors the lamp: whiter than skin, and a bright patch.

    Opening the picture keeps bright places wider than ``glare_width_mm``, so the lit side of a
    face is no glare, however much brighter it is than the other. What is so wide is opened on
    half the pixels each way.
    """
    half = _shrink(light.level, 0.5)
    disc = _disc(settings.glare_width_mm * settings.mask_px_per_mm / 4)
    opened = cv2.morphologyEx(half, cv2.MORPH_OPEN, disc)
    rise = light.level - cv2.resize(opened, light.level.shape[::-1])
    shiny = (light.whiteness > settings.glare_whiteness) & (rise > settings.glare_step)
    # What is dimmer than the median skin mirrors no lamp: skin between the hairs of a beard.
    shiny &= light.level > 0.0
    return _grow(shiny, settings.glare_margin_mm * settings.mask_px_per_mm)


def dark_patches(light: Light, settings: FaceSettings) -> Mask:
    """Return dark patches too wide for a pore, and what is black or nearly.

    A patch narrower than ``dark_width_mm`` is found by closing the picture over it, which keeps
    the shaded side of a nose or face: that is dark on one side only. Black counts where it has
    not the skin's colour (hair), or where hardly any light comes back at all.
    """
    disc = _disc(settings.dark_width_mm * settings.mask_px_per_mm / 2)
    depth = cv2.morphologyEx(light.level, cv2.MORPH_CLOSE, disc) - light.level
    black = (light.level < -settings.black_step) & (light.whiteness > settings.black_whiteness)
    black |= light.level < -settings.unlit_step
    margin = settings.dark_margin_mm * settings.mask_px_per_mm
    return _grow((depth > settings.dark_step) | black, margin)


def dense_texture(fine: FloatImage, inside: Mask, step: float, settings: FaceSettings) -> Mask:
    """Return where fine contrast is everywhere high: beard, stubble, the edge of hair.

    What single places add is capped, so that a few deep pores or a wrinkle do not count as
    beard; and the limit rises with the contrast of the photo's own skin, so that film grain
    does not.
    """
    power = _shrink(np.minimum(np.square(fine), np.float32(settings.beard_cap**2)), step)
    sigma = settings.beard_mm * settings.mask_px_per_mm
    contrast = np.sqrt(cv2.GaussianBlur(power, (0, 0), sigma))
    own = float(np.median(contrast[_some(_enlarge(inside, contrast.shape))]))
    limit = max(settings.beard_contrast, settings.beard_ratio * own)
    return np.asarray(contrast > limit, dtype=np.bool_)


def fragments(hidden: Mapping[str, Mask], inside: Mask, settings: FaceSettings) -> Mask:
    """Return islands of skin too small to be sure of, e.g. between the hairs of a beard."""
    taken = np.logical_or.reduce(list(hidden.values()))
    left = _enlarge(inside, taken.shape) & ~taken
    _, labels, stats, _ = cv2.connectedComponentsWithStats(left.astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < settings.fragment_mm2 * settings.mask_px_per_mm**2
    small[0] = False
    return np.asarray(small[labels], dtype=np.bool_)


def foreign_colour(light: Light, settings: FaceSettings) -> Mask:
    """Return what does not have the skin's colour: paint, cloth, frames, paper, markers.

    Freckles and deep folds are redder than skin too, but send less red light; paint does not.
    """
    paint = (light.redder > settings.foreign_redness) & (light.red > -settings.paint_step)
    other = (light.redder < -settings.foreign_redness) | (
        light.whiteness > settings.foreign_whiteness
    )
    return _grow(paint | other, settings.dark_margin_mm * settings.mask_px_per_mm)


def grain(fine: FloatImage, inside: Mask, step: float, settings: FaceSettings) -> Grain:
    """Return how strong and how aligned the fine structure of a picture is, place by place.

    The structure tensor of the gradient, averaged over ``strand_mm``: its trace is the strength,
    the difference of its eigenvalues over their sum the alignment (Bigün and Granlund 1987).
    Pores, freckles and noise have none; a hair has, and so have many parallel ones.
    """
    across = np.asarray(cv2.Sobel(fine, cv2.CV_32F, 1, 0), dtype=np.float32)
    down = np.asarray(cv2.Sobel(fine, cv2.CV_32F, 0, 1), dtype=np.float32)
    sigma = settings.strand_blur_mm * settings.mask_px_per_mm
    xx, xy, yy = (
        cv2.GaussianBlur(_shrink(one * other, step), (0, 0), sigma)
        for one, other in ((across, across), (across, down), (down, down))
    )
    trace = xx + yy + np.float32(_TINY)
    strength = np.sqrt(trace)
    own = float(np.median(strength[_some(_enlarge(inside, strength.shape))]))
    alignment = cv2.magnitude(xx - yy, 2.0 * xy) / trace
    return Grain(
        strength=np.asarray(strength / own, dtype=np.float32),
        alignment=np.asarray(alignment, dtype=np.float32),
    )


def hairy(texture: Grain, settings: FaceSettings) -> Mask:
    """Return where fine structure is aligned over an area: beard, brows, locks of hair."""
    sigma = settings.beard_mm * settings.mask_px_per_mm
    alignment = cv2.GaussianBlur(texture.alignment, (0, 0), sigma)
    strength = cv2.GaussianBlur(texture.strength, (0, 0), sigma)
    return np.asarray(
        (alignment > settings.beard_alignment) & (strength > settings.hair_strength),
        dtype=np.bool_,
    )


def strands(texture: Grain, settings: FaceSettings) -> Mask:
    """Return long thin lines: single hairs lying over the skin."""
    candidate = (texture.alignment > settings.strand_alignment) & (
        texture.strength > settings.hair_strength
    )
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        candidate.astype(np.uint8), connectivity=8
    )
    extent = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    keep = extent >= settings.strand_mm * settings.mask_px_per_mm
    keep[0] = False
    return _grow(keep[labels], settings.strand_margin_mm * settings.mask_px_per_mm)


def _luminance(linear: FloatImage) -> FloatImage:
    return np.asarray(cv2.transform(linear, _LUMINANCE), dtype=np.float32)


def _band(image: FloatImage, fine_px: float, coarse_px: float) -> FloatImage:
    fine = cv2.GaussianBlur(image, (0, 0), fine_px)
    return np.asarray(fine - cv2.GaussianBlur(image, (0, 0), coarse_px), dtype=np.float32)


def _disc(radius_px: float) -> npt.NDArray[np.uint8]:
    side = 2 * max(1, round(radius_px)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(disc, dtype=np.uint8)


def _grow(mask: Mask, radius_px: float) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _disc(radius_px)) > 0, dtype=np.bool_)


def _close(mask: Mask, radius_px: float) -> Mask:
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, _disc(radius_px))
    return np.asarray(closed > 0, dtype=np.bool_)


def _shrink(image: FloatImage, factor: float) -> FloatImage:
    size = tuple(max(1, round(side * factor)) for side in image.shape[1::-1])
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _enlarge(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """Resample a mask, smoothly, to (rows, columns) of ``shape``."""
    grey = mask.astype(np.uint8) * 255
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR) >= 128, dtype=np.bool_)
