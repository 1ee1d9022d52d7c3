"""Hairs and stubble: thin curved lines, drawn one by one where they lie."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.synthetic.records import Camera, FloatImage, Matrix

THREADS = ("vellus", "hair", "stubble")
_JOINTS = np.linspace(-0.5, 0.5, 9)
_FRACTION_BITS = 4  # OpenCV draws at sixteenths of a pixel
_PAD_PX = 4


def threads(marks: pd.DataFrame, matrix: Matrix, camera: Camera) -> FloatImage:
    """Return the log darkening by hairs and stubble; light vellus hair is negative.

    Parameters
    ----------
    marks : DataFrame
        As in :class:`SkinModel`.
    matrix : (2, 3) float64
        Map from skin millimetres to picture pixels.
    camera : Camera
        Size and scale of the picture.

    Returns
    -------
    (H, W) float32
        0 where there is no hair.
    """
    total = np.zeros((camera.height_px, camera.width_px), np.float32)
    hairs = marks[marks["kind"].isin(THREADS)]
    columns = ["x_mm", "y_mm", "length_mm", "width_mm", "angle_deg", "bend", "strength"]
    for x, y, length, width, angle_deg, bend, strength in hairs[columns].to_numpy(np.float64):
        line = length * _bow(angle_deg, bend) + np.array([x, y])
        _add_line(total, line @ matrix[:, :2].T + matrix[:, 2], width * camera.px_per_mm, strength)
    return total


def _bow(angle_deg: float, bend: float) -> npt.NDArray[np.float64]:
    """Return (9, 2) points of a curve of unit length."""
    angle = np.deg2rad(angle_deg)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    sag = bend * (_JOINTS**2 - np.mean(_JOINTS**2))
    return np.asarray(_JOINTS[:, None] * along + sag[:, None] * across, np.float64)


def _add_line(
    total: FloatImage, line: npt.NDArray[np.float64], width_px: float, strength: float
) -> None:
    """Add one line to ``total``, in the rectangle around it."""
    low = np.floor(line.min(axis=0)).astype(int) - _PAD_PX
    high = np.ceil(line.max(axis=0)).astype(int) + _PAD_PX + 1
    x0, y0 = np.maximum(low, 0)
    x1, y1 = np.minimum(high, (total.shape[1], total.shape[0]))
    if x0 >= x1 or y0 >= y1:
        return
    cover = np.zeros((y1 - y0, x1 - x0), np.uint8)
    joints = np.round((line - (x0, y0)) * 2**_FRACTION_BITS).astype(np.int32)
    thickness = max(1, round(width_px))
    cv2.polylines(
        cover, [joints.reshape(-1, 1, 2)], False, (255,), thickness, cv2.LINE_AA, _FRACTION_BITS
    )
    # A line thinner than a pixel covers only its share of it.
    share = strength * min(width_px, 1.0) / 255.0
    total[y0:y1, x0:x1] += np.float32(share) * cover
