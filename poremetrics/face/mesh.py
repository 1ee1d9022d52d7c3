"""The face mesh: 468 points in three dimensions, averaged over jittered crops.

One crop repeats to 0.42 % of the distance between the eyes' outer corners, the mean of a handful
of slightly shifted, scaled and turned crops to 0.27 %. The jitter is a fixed table, so the same
photo always gives the same points.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.face.detect import Detection
from poremetrics.face.weights import run
from poremetrics.model import Rgb
from poremetrics.settings.face import FaceSettings

Mesh = npt.NDArray[np.float64]
"""(468, 3) x, y, z in pixels; z towards the camera is negative."""

POINTS = 468
INPUT_PX = 192
_ALIASING = 1.5
RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263

# Shift x, shift y, size, turn of each jittered crop, in units of their settings. Opposite
# crops cancel a bias that is linear in the jitter.
_JITTER = np.array(
    [
        [0.0, 0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 1.0],
        [-1.0, -1.0, -1.0, -1.0],
        [1.0, -1.0, -1.0, 1.0],
        [-1.0, 1.0, 1.0, -1.0],
    ]
)


@dataclass(frozen=True, slots=True)
class Crop:
    """A turned square in a picture.

    Attributes
    ----------
    x, y : float
        Centre in pixels.
    side : float
        Pixels.
    turn : float
        Radians, from the picture's x axis to the crop's, clockwise as seen.
    """

    x: float
    y: float
    side: float
    turn: float

    def to_picture(self, size_px: int, *, mirrored: bool = False) -> npt.NDArray[np.float64]:
        """Return the (2, 3) affine map from crop pixels to picture pixels."""
        step = self.side / size_px
        cos, sin = step * np.cos(self.turn), step * np.sin(self.turn)
        flip = -1.0 if mirrored else 1.0
        linear = np.array([[flip * cos, -sin], [flip * sin, cos]])
        middle = np.full(2, (size_px - 1) / 2)
        return np.column_stack([linear, np.array([self.x, self.y]) - linear @ middle])


def cut(
    picture: Rgb, crop: Crop, size_px: int, *, mirrored: bool = False
) -> npt.NDArray[np.float32]:
    """Sample a crop as network input.

    Parameters
    ----------
    picture : (H, W, 3) uint8
        sRGB.
    crop : Crop
        What to cut; black outside the picture.
    size_px : int
        Side of the result.
    mirrored : bool
        Swap left and right.

    Returns
    -------
    (1, 3, size_px, size_px) float32
        RGB, 0..1.
    """
    affine = crop.to_picture(size_px, mirrored=mirrored)
    shrink = crop.side / size_px
    if shrink > _ALIASING:
        # Warping alone would skip pixels; shrink the neighbourhood by area first.
        reach = crop.side * np.sqrt(0.5) + shrink
        rows, columns = picture.shape[:2]
        x0, x1 = (int(np.clip(crop.x + sign * reach, 0, columns)) for sign in (-1, 1))
        y0, y1 = (int(np.clip(crop.y + sign * reach, 0, rows)) for sign in (-1, 1))
        if x1 - x0 >= shrink and y1 - y0 >= shrink:
            size = round((x1 - x0) / shrink), round((y1 - y0) / shrink)
            shrunk = cv2.resize(picture[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA)
            picture = np.asarray(shrunk, dtype=np.uint8)
            factor = np.array([size[0] / (x1 - x0), size[1] / (y1 - y0)])
            affine[:, 2] = (affine[:, 2] - (x0, y0) + 0.5) * factor - 0.5
            affine[:, :2] *= factor[:, None]
    sampled = cv2.warpAffine(
        picture, affine, (size_px, size_px), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    return np.ascontiguousarray(sampled.transpose(2, 0, 1)[None], dtype=np.float32) / 255.0


def crop_of_detection(face: Detection, settings: FaceSettings) -> Crop:
    """Return the crop in which the mesh is first looked for."""
    across = face.eyes[1] - face.eyes[0]
    return Crop(
        float(face.centre[0]),
        float(face.centre[1]),
        float(face.size.max()) * settings.crop_per_box,
        float(np.arctan2(across[1], across[0])),
    )


def crop_of_mesh(mesh: Mesh, settings: FaceSettings) -> Crop:
    """Return the crop that a found mesh asks for."""
    across = mesh[LEFT_EYE_OUTER, :2] - mesh[RIGHT_EYE_OUTER, :2]
    turn = float(np.arctan2(across[1], across[0]))
    cos, sin = np.cos(turn), np.sin(turn)
    to_upright = np.array([[cos, sin], [-sin, cos]])
    upright = mesh[:, :2] @ to_upright.T
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = to_upright.T @ ((low + high) / 2)
    return Crop(float(x), float(y), float((high - low).max()) * settings.crop_per_box, turn)


def mesh_of_crop(picture: Rgb, crop: Crop) -> tuple[Mesh, float]:
    """Run the mesh network once.

    Returns
    -------
    mesh : (468, 3) float64
        Points in pixels of ``picture``.
    logit : float
        Log odds that the crop shows a face.
    """
    points, logit = run("mesh", cut(picture, crop, INPUT_PX))
    raw = points.reshape(POINTS, 3).astype(np.float64)
    affine = crop.to_picture(INPUT_PX)
    # The network's coordinates count from the corner of the first pixel.
    flat = (raw[:, :2] - 0.5) @ affine[:, :2].T + affine[:, 2]
    depth = raw[:, 2:] * (crop.side / INPUT_PX)
    return np.hstack([flat, depth]), float(logit[0])


def _jittered(crop: Crop, settings: FaceSettings) -> list[Crop]:
    shift = _JITTER[:, :2] * settings.jitter_shift * crop.side
    side = crop.side * (1.0 + _JITTER[:, 2] * settings.jitter_scale)
    turn = crop.turn + np.radians(_JITTER[:, 3] * settings.jitter_turn_deg)
    return [
        Crop(crop.x + dx, crop.y + dy, s, t)
        for (dx, dy), s, t in zip(shift, side, turn, strict=True)
    ]


def settle(picture: Rgb, crop: Crop, settings: FaceSettings) -> tuple[Mesh, float]:
    """Run the mesh again and again on the crop that its own result asks for.

    Returns
    -------
    mesh : (468, 3) float64
        Of the last run, in pixels of ``picture``.
    logit : float
        Log odds of the last run that there is a face.
    """
    mesh, logit = mesh_of_crop(picture, crop)
    for _ in range(settings.mesh_iterations - 1):
        if logit < 0.0:
            # Rather no face: the next crop would be arbitrary.
            break
        mesh, logit = mesh_of_crop(picture, crop_of_mesh(mesh, settings))
    return mesh, logit


def track(picture: Rgb, crop: Crop, settings: FaceSettings) -> Mesh:
    """Find the mesh of one face as exactly as it can be.

    Parameters
    ----------
    picture : (H, W, 3) uint8
        sRGB, the face about 200 to 1500 px wide.
    crop : Crop
        That of a mesh that has settled.
    settings : FaceSettings
        The jitter.

    Returns
    -------
    (468, 3) float64
        Mean over the jittered crops, in pixels of ``picture``.
    """
    runs = [mesh_of_crop(picture, jittered)[0] for jittered in _jittered(crop, settings)]
    return np.asarray(np.mean(runs, axis=0), dtype=np.float64)
