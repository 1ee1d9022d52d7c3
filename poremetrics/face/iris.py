"""The visible iris: centre and diameter of both eyes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from poremetrics.face.anatomy import LEFT_LIDS, RIGHT_LIDS
from poremetrics.face.mesh import Crop, Mesh, cut
from poremetrics.face.weights import run
from poremetrics.model import Rgb
from poremetrics.settings.face import FaceSettings

_INPUT_PX = 64
# (corner, other corner, upper lid, lower lid) of each eye.
_RIGHT = (33, 133, *RIGHT_LIDS)
_LEFT = (263, 362, *LEFT_LIDS)


@dataclass(frozen=True, slots=True, eq=False)
class Iris:
    """One eye.

    Attributes
    ----------
    centre : (2,) float64
        x, y in picture pixels.
    diameter_px : float
        Horizontal visible diameter.
    eye_open : float
        Height of the eye's opening over its width.
    """

    centre: npt.NDArray[np.float64]
    diameter_px: float
    eye_open: float


def find_irises(picture: Rgb, mesh: Mesh, settings: FaceSettings) -> tuple[Iris, Iris]:
    """Find the irises of a face, the person's right one first.

    Parameters
    ----------
    picture : (H, W, 3) uint8
        sRGB.
    mesh : (468, 3) float64
        Face mesh in pixels of ``picture``.
    settings : FaceSettings
        ``iris_crop``.
    """
    across = mesh[_LEFT[0], :2] - mesh[_RIGHT[0], :2]
    turn = float(np.arctan2(across[1], across[0]))
    # The network knows one eye only: the other one is shown to it mirrored.
    return (
        _find_iris(picture, mesh, _RIGHT, turn, settings, mirrored=False),
        _find_iris(picture, mesh, _LEFT, turn, settings, mirrored=True),
    )


def _find_iris(
    picture: Rgb,
    mesh: Mesh,
    points: tuple[int, int, int, int],
    turn: float,
    settings: FaceSettings,
    *,
    mirrored: bool,
) -> Iris:
    outer, inner, upper, lower = (mesh[point] for point in points)
    width = float(np.hypot(*(outer[:2] - inner[:2])))
    x, y = (outer[:2] + inner[:2]) / 2
    crop = Crop(float(x), float(y), width * settings.iris_crop, turn)
    blob = cut(picture, crop, _INPUT_PX, mirrored=mirrored)
    _, output = run("iris", blob)  # outlines of eye and brow, iris
    affine = crop.to_picture(_INPUT_PX, mirrored=mirrored)
    raw = output.reshape(5, 3)[:, :2].astype(np.float64) - 0.5
    centre, *rim = raw @ affine[:, :2].T + affine[:, 2]
    # Rim points: towards one corner of the eye, top, towards the other corner, bottom. The lids
    # cover top and bottom, and the size known of people is the horizontal one.
    return Iris(
        centre=np.asarray(centre, dtype=np.float64),
        diameter_px=float(np.hypot(*(rim[0] - rim[2]))),
        eye_open=float(np.linalg.norm(upper - lower) / np.linalg.norm(outer - inner)),
    )
