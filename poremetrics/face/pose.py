"""How the head is turned, and how far each region is turned away from the camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay

from poremetrics.face.anatomy import (
    LEFT_LIDS,
    MIDLINE_CHIN,
    MIDLINE_TOP,
    MIRROR_PAIRS,
    RIGHT_LIDS,
)
from poremetrics.face.copy import inside_polygon
from poremetrics.face.mesh import Mesh
from poremetrics.model import Pose
from poremetrics.settings.face import FaceSettings

_RIGHT = np.array([right for right, _ in MIRROR_PAIRS])
_LEFT = np.array([left for _, left in MIRROR_PAIRS])


@dataclass(frozen=True, slots=True)
class Lie:
    """How a region lies to the camera.

    Attributes
    ----------
    turned_deg : float
        Angle to the line of sight; NaN where unknown.
    slant : float
        How much longer a typical pixel is on the skin than across the line of sight, at least 1;
        NaN where unknown, and nothing is corrected.
    nearer_px : float
        How much nearer the skin is than the eyes, in pixels of the photo; NaN where unknown.
    """

    turned_deg: float = float("nan")
    slant: float = float("nan")
    nearer_px: float = float("nan")


UNKNOWN_LIE = Lie()


def head_axes(mesh: Mesh, settings: FaceSettings) -> npt.NDArray[np.float64]:
    """Return the head's own axes.

    The first axis joins mirrored points (so expression cancels unless one-sided), the second
    leads from chin to hairline within the plane of symmetry, tilted by ``pitch_zero_deg``, the
    third out of the face.

    Parameters
    ----------
    mesh : (468, 3) float64
        x right, y down, z away from the camera, in pixels.
    settings : FaceSettings
        ``pitch_zero_deg``.

    Returns
    -------
    (3, 3) float64
        Rows: towards the person's left, up, and forward, as unit vectors.
    """
    left = (mesh[_LEFT] - mesh[_RIGHT]).sum(axis=0)
    left /= np.linalg.norm(left)
    line = mesh[MIDLINE_TOP] - mesh[MIDLINE_CHIN]
    line = line - left * (line @ left)
    line /= np.linalg.norm(line)
    # x right, y down, z away is right-handed; an unturned head has left = +x, up = -y,
    # forward = -z, and x × -y = -z.
    out = np.cross(left, line)
    tilt = np.radians(settings.pitch_zero_deg)
    up = np.cos(tilt) * line + np.sin(tilt) * out
    return np.stack([left, up, np.cross(left, up)])


def head_pose(mesh: Mesh, settings: FaceSettings) -> Pose:
    """Return yaw, pitch and roll as :class:`poremetrics.model.Pose` defines them.

    Roll is taken out first, so that yaw and pitch are about the head's own axes whichever way
    the photo lies.
    """
    left, _, forward = head_axes(mesh, settings)
    roll = np.arctan2(left[1], left[0])
    right = forward[0] * np.cos(roll) + forward[1] * np.sin(roll)
    down = forward[1] * np.cos(roll) - forward[0] * np.sin(roll)
    yaw = np.arctan2(right, -forward[2])
    pitch = np.arcsin(np.clip(-down, -1.0, 1.0))
    return Pose(*(float(np.degrees(angle)) for angle in (yaw, pitch, roll)))


def turned_deg(mesh: Mesh, points: tuple[int, ...]) -> float:
    """Return the angle between an outline's mean normal and the line of sight, in degrees.

    The mean normal is that of the closed outline (Newell's sum over its edges), which needs no
    triangles and no plane fit.
    """
    outline = mesh[list(points)]
    outline = outline - outline.mean(axis=0)
    normal = np.cross(outline, np.roll(outline, -1, axis=0)).sum(axis=0)
    return float(np.degrees(np.arccos(np.clip(abs(normal[2]) / np.linalg.norm(normal), 0, 1))))


def lie(mesh: Mesh, points: tuple[int, ...], settings: FaceSettings) -> Lie:
    """Tell how a region of the mesh lies to the camera.

    A mean normal knows nothing of curvature: half of a nose is turned to each side. So the mesh
    points within the outline are triangulated as they appear. Of each triangle the area in space
    over that in the picture is known; the root is how much longer a pixel is on its skin. The
    geometric mean over the pixels is taken, for pores of a region are measured in pixels and most
    of them where the skin faces the camera: the root of all skin's area over all pixels would be
    that of its steep rim.

    Parameters
    ----------
    mesh : (468, 3) float64
        x right, y down, z away from the camera, in pixels.
    points : tuple of int
        Outline of the region.
    settings : FaceSettings
        ``maximum_area_ratio``.
    """
    outline = mesh[list(points), :2]
    chosen = inside_polygon(mesh[:, :2], outline)
    chosen[list(points)] = True
    vertices = mesh[chosen]
    corners = vertices[Delaunay(vertices[:, :2]).simplices]
    corners = corners[inside_polygon(corners[:, :, :2].mean(axis=1), outline)]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    seen = np.abs(normals[:, 2])
    if not seen.sum() > 0.0:
        return Lie(turned_deg(mesh, points))
    true = np.minimum(np.linalg.norm(normals, axis=1), settings.maximum_area_ratio * seen)
    longer = 0.5 * np.log(np.divide(true, seen, out=np.ones_like(seen), where=seen > 0.0))
    depth = np.average(corners[:, :, 2].mean(axis=1), weights=seen)
    return Lie(
        turned_deg(mesh, points),
        slant=float(np.exp(np.average(longer, weights=seen))),
        nearer_px=float(mesh[[*RIGHT_LIDS, *LEFT_LIDS], 2].mean() - depth),
    )
