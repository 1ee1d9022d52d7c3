"""Pictures in which nobody is recognised at a glance: solid bands over all eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.face.everyone import Seen, everyone
from poremetrics.model import Face, Photo, Points
from poremetrics.settings.face import FaceSettings
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


def eye_bands(
    photo: Photo, face: Face, looked_for: FaceSettings, settings: ReportSettings
) -> tuple[Points, ...]:
    """Return the bands over the eyes and brows of everyone a photo shows.

    Parameters
    ----------
    photo : Photo
        Photo as measured. All of it is searched: a close-up may show a face, and beside the face
        that was measured there may be others.
    face : Face
        What was measured in it.
    looked_for : FaceSettings
        How faces are found.
    settings : ReportSettings
        Margins of the band.

    Returns
    -------
    tuple of (4, 2) float64
        Corners x, y in the photo's pixels; none in a close-up of bare skin.
    """
    whole = [] if face.landmarks_px is None else [mesh_band(face.landmarks_px, settings)]
    rough = []
    for seen in everyone(photo, looked_for, known=whole):
        if any(_inside(band, seen.eyes.mean(axis=0)) for band in whole):
            continue  # seen twice: the better band is there already
        if seen.mesh is None:
            rough.append(_rough_band(seen, settings))
        else:
            whole.append(mesh_band(seen.mesh, settings))
    return (*whole, *rough)


def mesh_band(mesh: npt.NDArray[np.float64], settings: ReportSettings) -> Points:
    """Return the band over eyes and brows of a whole face.

    Parameters
    ----------
    mesh : (468, 3) float64
        Points of the face mesh.
    settings : ReportSettings
        Margins of the band.

    Returns
    -------
    (4, 2) float64
        Corners x, y.
    """
    right = mesh[list(_RIGHT_EYE), :2].mean(axis=0)
    left = mesh[list(_LEFT_EYE), :2].mean(axis=0)
    # Wide to the sides, where lashes and temples are; above the brows and below the lids only a
    # little, since forehead and cheeks begin there.
    margins = (settings.eye_margin_share, settings.eye_margin_upright_share)
    reach = float(np.hypot(*(left - right))) * np.array(margins)
    return _turned_box(mesh[list(_COVERED), :2], left - right, reach)


def _rough_band(seen: Seen, settings: ReportSettings) -> Points:
    """Return the band where only part of a face shows, of which only a rough box is known."""
    shares = (settings.rough_band_share, settings.rough_band_upright_share)
    middle = seen.eyes.mean(axis=0, keepdims=True)
    return _turned_box(middle, seen.eyes[1] - seen.eyes[0], seen.size_px * np.array(shares))


def _turned_box(points: Points, along: Points, reach: Points) -> Points:
    """Return the corners of the box around points, turned so that one side lies ``along``."""
    length = float(np.hypot(*along))
    along = along / length if length > 0.0 else np.array([1.0, 0.0])
    axes = np.stack([along, (-along[1], along[0])])
    turned = points @ axes.T
    (u0, v0), (u1, v1) = turned.min(axis=0) - reach, turned.max(axis=0) + reach
    corners = np.array([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])
    return np.asarray(corners @ axes, dtype=np.float64)


def _inside(band: Points, place: Points) -> bool:
    x, y = place.tolist()
    return cv2.pointPolygonTest(band.astype(np.float32), (x, y), measureDist=False) >= 0.0


def covered(photo: Photo, bands: Sequence[Points]) -> Photo:
    """Return the photo with solid bands over it.

    Parameters
    ----------
    photo : Photo
        Photo as measured; it is left as it is.
    bands : sequence of (4, 2) float64
        Outlines, of :func:`eye_bands`.

    Returns
    -------
    Photo
        A copy with the bands, or the same photo where there is none.
    """
    if not bands:
        return photo
    pixels = photo.pixels.copy()
    for band in bands:
        fixed_point = np.round(band * 2**_SUBPIXEL_BITS).astype(np.int32)
        cv2.fillPoly(pixels, [fixed_point], _BAND_COLOUR, lineType=cv2.LINE_8, shift=_SUBPIXEL_BITS)
    pixels.setflags(write=False)
    return replace(photo, pixels=pixels)
