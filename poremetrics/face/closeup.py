"""A picture of bare skin without a face: clinics photograph one cheek."""

from __future__ import annotations

import cv2
import numpy as np

from poremetrics.errors import SkinError
from poremetrics.face.copy import reduced_copy
from poremetrics.model import Box, FloatImage, Mask, Photo, Points, Rgb
from poremetrics.photo import to_linear
from poremetrics.settings.face import FaceSettings

_OCTAVES = 3
_NORMAL_MAD = 0.6745
"""Median absolute value of a normal variable of standard deviation one."""


def frame(photo: Photo, settings: FaceSettings) -> Points:
    """Return the outline of a close-up: the whole photo but for a border, (4, 2) x, y."""
    border = settings.closeup_border * min(photo.width_px, photo.height_px)
    x0 = y0 = border
    x1, y1 = photo.width_px - 1 - border, photo.height_px - 1 - border
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64)


def check_skin(photo: Photo, name: str, settings: FaceSettings) -> None:
    """Refuse a picture that cannot be a close-up of skin.

    Raises
    ------
    SkinError
        It is too small, most of it has not the colour of skin, or it has no texture but noise.
    """
    if min(photo.width_px, photo.height_px) < settings.minimum_closeup_px:
        raise SkinError(
            name,
            f"no face was found and {photo.width_px} x {photo.height_px} px are too few",
            "use the original photo, not a thumbnail",
        )
    factor = settings.search_copy_px / max(photo.width_px, photo.height_px)
    whole = Box(0, 0, photo.width_px, photo.height_px)
    copy = reduced_copy(photo.pixels, whole, factor, thin=True)
    share = float(looks_like_skin(copy.pixels, settings).mean())
    if share < settings.minimum_skin_share:
        raise SkinError(
            name,
            f"no face was found and only {share:.0%} of the photo has the colour of skin",
            "use an evenly lit photo in colour of a whole face or of bare skin, or outline the "
            "skin yourself with regions",
        )
    if not has_texture(_middle(photo, settings), settings):
        raise SkinError(
            name,
            "no face was found and the photo shows no texture of skin",
            "use a sharp photo of a whole face or of bare skin from nearer, or outline the skin "
            "yourself with regions",
        )


def looks_like_skin(pixels: Rgb, settings: FaceSettings) -> Mask:
    """Return where the colour could be skin of any tone: redder than green, not blue.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        sRGB.
    settings : FaceSettings
        Ranges of ln(red / green) and ln(green / blue) in linear light, in which all six tones
        of the Fitzpatrick scale lie together; they differ in lightness, which is not asked.

    Returns
    -------
    (h, w) bool
        True where skin is possible.
    """
    linear = to_linear(pixels) + np.float32(settings.dark_floor)
    red, green, blue = linear[..., 0], linear[..., 1], linear[..., 2]
    redness, yellowness = np.log(red / green), np.log(green / blue)
    return np.asarray(
        (redness > settings.skin_redness_low)
        & (redness < settings.skin_redness_high)
        & (yellowness > settings.skin_yellowness_low)
        & (yellowness < settings.skin_yellowness_high),
        dtype=np.bool_,
    )


def has_texture(pixels: Rgb, settings: FaceSettings) -> bool:
    """Tell skin from a painted wall: its contrast does not fade with scale as noise does.

    The contrast of white noise falls to an eighth over three halvings of the picture; that of
    skin, with its pores and lines, to a third at most.
    """
    luminance = to_linear(pixels).mean(axis=2) + np.float32(settings.dark_floor)
    picture = np.log(luminance).astype(np.float32)
    fine = _contrast(picture)
    for _ in range(_OCTAVES):
        halved = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        picture = np.asarray(halved, dtype=np.float32)
    coarse = _contrast(picture)
    return coarse > max(settings.texture_floor, settings.texture_share * fine)


def _contrast(picture: FloatImage) -> float:
    """Robust standard deviation of what is finer than a few pixels."""
    fine = picture - cv2.GaussianBlur(picture, (0, 0), 2.0)
    return float(np.median(np.abs(fine))) / _NORMAL_MAD


def _middle(photo: Photo, settings: FaceSettings) -> Rgb:
    half = settings.texture_tile_px // 2
    x, y = photo.width_px // 2, photo.height_px // 2
    return photo.pixels[max(0, y - half) : y + half, max(0, x - half) : x + half]
