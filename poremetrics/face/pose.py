"""How the head is turned, and how far each region is turned away from the camera."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay

from poremetrics.face.anatomy import MIDLINE_CHIN, MIDLINE_TOP, MIRROR_PAIRS
from poremetrics.face.copy import inside_polygon
from poremetrics.face.mesh import Mesh
from poremetrics.model import Pose
from poremetrics.settings.face import FaceSettings

_RIGHT = np.array([right for right, _ in MIRROR_PAIRS])
_LEFT = np.array([left for _, left in MIRROR_PAIRS])


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


def area_ratio(mesh: Mesh, points: tuple[int, ...]) -> float:
    """Return the area of a region's skin over the area of its picture, at least 1.

    A mean normal knows nothing of curvature: half of a nose is turned to each side. So the mesh
    points within the outline are triangulated as they appear and the triangles' areas added up
    in space. Against rendered heads of known shape: forehead 1.14 (true 1.14), nose 1.71 (1.70),
    cheeks 1.30 to 1.45 (1.19 to 1.54).
    """
    outline = mesh[list(points), :2]
    chosen = inside_polygon(mesh[:, :2], outline)
    chosen[list(points)] = True
    vertices = mesh[chosen]
    corners = vertices[Delaunay(vertices[:, :2]).simplices]
    corners = corners[inside_polygon(corners[:, :, :2].mean(axis=1), outline)]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    seen = float(np.abs(normals[:, 2]).sum())
    return float(np.linalg.norm(normals, axis=1).sum()) / seen if seen > 0 else float("nan")
