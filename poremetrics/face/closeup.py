"""A picture of bare skin without a face: clinics photograph one cheek."""

from __future__ import annotations

import numpy as np

from poremetrics.errors import SkinError
from poremetrics.face.copy import reduced_copy
from poremetrics.model import Box, Mask, Photo, Points, Rgb
from poremetrics.photo import to_linear
from poremetrics.settings.face import FaceSettings


def frame(photo: Photo, settings: FaceSettings) -> Points:
    """Return the outline of a close-up: the whole photo but for a border, (4, 2) x, y."""
    border = settings.closeup_border * min(photo.width_px, photo.height_px)
    x0 = y0 = border
    x1, y1 = photo.width_px - 1 - border, photo.height_px - 1 - border
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64)


def check_skin(photo: Photo, name: str, settings: FaceSettings) -> None:
    """Refuse a picture that does not look like skin at all.

    Raises
    ------
    SkinError
        Wrong colour or no texture.
    """
    factor = settings.search_copy_px / max(photo.width_px, photo.height_px)
    whole = Box(0, 0, photo.width_px, photo.height_px)
    copy = reduced_copy(photo.pixels, whole, factor, thin=True)
    share = float(looks_like_skin(copy.pixels, settings).mean())
    if share < settings.minimum_skin_share:
        raise SkinError(
            name,
            f"neither a face nor a close-up of skin was found ({share:.0%} has the colour of skin)",
            "use a sharp, evenly lit photo of a whole face, or of bare skin filling the frame",
        )


def looks_like_skin(pixels: Rgb, settings: FaceSettings) -> Mask:
    """Return where the colour could be skin: redder than green, greener than blue."""
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
