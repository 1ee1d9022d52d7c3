"""Pictures in which nobody is recognised at a glance: a solid band over the eyes."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from poremetrics.model import Face, Photo, Points
from poremetrics.settings.report import ReportSettings

# Indices into the 468-point face mesh of MediaPipe (canonical_face_model_uv_visualization):
# rim of the lids and both edges of the brow, of the person's right and left eye.
_RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
_LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
_RIGHT_BROW = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
_LEFT_BROW = (336, 296, 334, 293, 300, 285, 295, 282, 283, 276)
_COVERED = (*_RIGHT_EYE, *_LEFT_EYE, *_RIGHT_BROW, *_LEFT_BROW)

_BAND_COLOUR = (38, 50, 56)
_SUBPIXEL_BITS = 4


def eye_band(face: Face, settings: ReportSettings) -> Points | None:
    """Return the band over eyes and brows.

    Parameters
    ----------
    face : Face
        Face whose eyes are to be covered.
    settings : ReportSettings
        Margin of the band.

    Returns
    -------
    (4, 2) float64 or None
        Corners x, y in the photo's pixels; None in a close-up, which shows no eyes.
    """
    if face.landmarks_px is None:
        return None
    points = face.landmarks_px[list(_COVERED), :2]
    right = face.landmarks_px[list(_RIGHT_EYE), :2].mean(axis=0)
    left = face.landmarks_px[list(_LEFT_EYE), :2].mean(axis=0)
    between = float(np.hypot(*(left - right)))
    if between == 0.0:
        return None
    along = (left - right) / between
    axes = np.stack([along, (-along[1], along[0])])
    turned = (points - right) @ axes.T
    margin = settings.eye_margin_share * between
    # Wide to the sides, where lashes and temples are; above the brows and below the lids only a
    # little, since forehead and cheeks begin there.
    reach = np.array([margin, settings.eye_margin_upright_share * between])
    (u0, v0), (u1, v1) = turned.min(axis=0) - reach, turned.max(axis=0) + reach
    corners = np.array([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])
    return np.asarray(corners @ axes + right, dtype=np.float64)


def covered(photo: Photo, face: Face, settings: ReportSettings) -> Photo:
    """Return the photo with the eyes under a solid band.

    Parameters
    ----------
    photo : Photo
        Photo as measured; it is left as it is.
    face : Face
        Face found in it.
    settings : ReportSettings
        Margin of the band.

    Returns
    -------
    Photo
        A copy with the band, or the same photo where there is no face in it.
    """
    band = eye_band(face, settings)
    if band is None:
        return photo
    pixels = photo.pixels.copy()
    fixed_point = np.round(band * 2**_SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(pixels, [fixed_point], _BAND_COLOUR, lineType=cv2.LINE_8, shift=_SUBPIXEL_BITS)
    pixels.setflags(write=False)
    return replace(photo, pixels=pixels)
