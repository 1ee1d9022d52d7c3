"""How the head is turned, and how far each region is turned away from the camera."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from poremetrics.face.anatomy import MIDLINE_CHIN, MIDLINE_TOP, MIRROR_PAIRS
from poremetrics.face.mesh import Mesh
from poremetrics.model import Pose

_RIGHT = np.array([right for right, _ in MIRROR_PAIRS])
_LEFT = np.array([left for _, left in MIRROR_PAIRS])


def head_axes(mesh: Mesh) -> npt.NDArray[np.float64]:
    """Return the head's own axes.

    The first axis joins mirrored points (so expression cancels unless one-sided), the second
    leads from chin to hairline within the plane of symmetry, the third out of the face.

    Parameters
    ----------
    mesh : (468, 3) float64
        x right, y down, z away from the camera, in pixels.

    Returns
    -------
    (3, 3) float64
        Rows: towards the person's left, up, and forward, as unit vectors.
    """
    left = (mesh[_LEFT] - mesh[_RIGHT]).sum(axis=0)
    left /= np.linalg.norm(left)
    up = mesh[MIDLINE_TOP] - mesh[MIDLINE_CHIN]
    up = up - left * (up @ left)
    up /= np.linalg.norm(up)
    # x right, y down, z away is right-handed; an unturned head has left = +x, up = -y,
    # forward = -z, and x × -y = -z.
    return np.stack([left, up, np.cross(left, up)])


def head_pose(mesh: Mesh) -> Pose:
    """Return yaw, pitch and roll as :class:`poremetrics.model.Pose` defines them.

    Pitch is zero where the line from chin to hairline is parallel to the picture.
    """
    left, _, forward = head_axes(mesh)
    yaw = np.arctan2(forward[0], -forward[2])
    pitch = np.arcsin(np.clip(-forward[1], -1.0, 1.0))
    roll = np.arctan2(left[1], left[0])
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
