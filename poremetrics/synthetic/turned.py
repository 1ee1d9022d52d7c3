"""A head that turns: a smooth map that carries every point of a surface where it would show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import RBFInterpolator, RectBivariateSpline

from poremetrics.errors import UsageError

Points = npt.NDArray[np.float64]

_NODES = 48  # of the shorter side; a nose spans several
_SMOOTHING = 1.0  # of the thin plate: mesh points in one line of sight do not tear it
_AROUND = 8  # points of the background along each side of the frame
_BACK = 0.95  # share of the points before the depth at which the surface ends
_STEEPEST = 0.95  # slope of the displacement; below 1 the map never folds and its inverse converges
_INVERSE_TOLERANCE_PX = 1e-10
_INVERSE_STEPS = 500  # at the steepest slope each gains a twentieth, elsewhere far more


@dataclass(frozen=True, slots=True, eq=False)
class HeadTurn:
    """Exact map between a photo and the photo of the same head turned about the vertical.

    Only x changes: a parallel view knows no other effect of a turn about the picture's vertical.

    Attributes
    ----------
    sideways : RectBivariateSpline
        Displacement from the turned photo to the given one, px, over (y, x) of the turned photo.
    """

    sideways: RectBivariateSpline

    def to_before(self, xy: Points) -> Points:
        """Map (N, 2) places of the turned photo to the given one."""
        before = xy.copy()
        before[:, 0] += self.sideways.ev(xy[:, 1], xy[:, 0])
        return before

    def to_after(self, xy: Points) -> Points:
        """Map (N, 2) places of the given photo to the turned one."""
        after = xy.copy()
        for _ in range(_INVERSE_STEPS):
            last = after[:, 0].copy()
            after[:, 0] = xy[:, 0] - self.sideways.ev(xy[:, 1], last)
            if np.abs(after[:, 0] - last).max(initial=0.0) < _INVERSE_TOLERANCE_PX:
                break
        return after


def turn_head(surface: npt.ArrayLike, yaw_deg: float, shape: tuple[int, int]) -> HeadTurn:
    """Return the map that turns a head.

    A thin plate carries every point of the surface exactly, up to a slight smoothing, to where
    the turned head would show it in a parallel view; sampled on a lattice and interpolated by cubic
    splines it *is* the map, so both ways are known exactly. What a turn hides or uncovers, and
    what it does to the shading, is not shown.

    Parameters
    ----------
    surface : (N, 3) array_like
        Points x, y, z in pixels, z away from the camera: the mesh of a face, for example. The
        twentieth that lies deepest, a face's rim, and all of the picture beside it are laid at
        one depth.
    yaw_deg : float
        Above 0 where the head turns to the picture's right.
    shape : (int, int)
        Rows and columns of the photo.

    Raises
    ------
    UsageError
        So steep a surface would fold at this angle.
    """
    points = np.array(surface, np.float64)
    back = float(np.quantile(points[:, 2], _BACK))
    points[:, 2] = np.minimum(points[:, 2], back)
    points = np.vstack((points, _frame(back, shape)))
    middle = float(np.median(points[:, 0]))
    angle = np.deg2rad(yaw_deg)
    shown = middle + (points[:, 0] - middle) * np.cos(angle) - points[:, 2] * np.sin(angle)
    unit = max(shape)
    plate = RBFInterpolator(
        np.column_stack((shown, points[:, 1])) / unit,
        points[:, 0] - shown,
        smoothing=_SMOOTHING / unit,
        kernel="thin_plate_spline",
    )
    spacing = min(shape) / _NODES
    y, x = (np.linspace(0.0, side - 1.0, int(side / spacing) + 1) for side in shape)
    lattice = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    sideways = RectBivariateSpline(y, x, plate(lattice / unit).reshape(len(y), len(x)))
    fine_y, fine_x = (
        np.linspace(0.0, side - 1.0, 4 * len(n)) for side, n in zip(shape, (y, x), strict=True)
    )
    if np.abs(sideways(fine_y, fine_x, dy=1)).max() > _STEEPEST:
        raise UsageError("yaw_deg", f"{yaw_deg:g}° would fold the surface", "turn it by less")
    return HeadTurn(sideways)


def _frame(depth_px: float, shape: tuple[int, int]) -> Points:
    """Return points along the frame of the picture, (M, 3)."""
    rows, cols = shape
    x, y = (np.linspace(0.0, side - 1.0, _AROUND) for side in (cols, rows))
    frame = [(one, edge) for one in x for edge in (0.0, rows - 1.0)]
    frame += [(edge, one) for one in y[1:-1] for edge in (0.0, cols - 1.0)]
    return np.column_stack((frame, np.full(len(frame), depth_px)))
