"""Where outlines drawn on the before photo roughly lie in the after photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from poremetrics.align.coarse import from_features, from_landmarks
from poremetrics.model import Box, Face, Photo, Points
from poremetrics.settings.align import AlignSettings


def carry(
    before: Photo,
    before_face: Face,
    after: Photo,
    after_landmarks_px: Points | None,
    names: Sequence[str],
    settings: AlignSettings,
) -> Mapping[str, Points]:
    """Return outlines in the after photo that surely hold regions of the before photo.

    They tell where to look for what hides the after photo's skin; which skin is compared is for
    the dense alignment to say. So they are generous, and convex.

    Parameters
    ----------
    before, after : Photo
        The two photos.
    before_face : Face
        What was found in the before photo.
    after_landmarks_px : (N, 2) or (N, 3) float64 or None
        Mesh of the after photo's face; without one the skin's own features are looked for.
    names : sequence of str
        Regions to carry over.
    settings : AlignSettings
        Uses ``reach_margin`` and what the rough alignment uses.

    Returns
    -------
    mapping of str to (M, 2) float64
        Pixels of the after photo. Of a face, regions outside the frame are left out; in a
        close-up, the whole frame stands for a region whose place cannot be told.
    """
    frame = Box(0, 0, after.width_px, after.height_px)
    mesh = before_face.landmarks_px
    carried = {}
    for region in before_face.regions:
        if region.name not in names:
            continue
        if mesh is not None and after_landmarks_px is not None:
            affine = from_landmarks(mesh[:, :2], after_landmarks_px[:, :2], region, settings)
        else:
            found = from_features(before, region.box, after, frame, settings)
            if found is None:
                carried[region.name] = _corners(frame)
                continue
            affine = found
        outline = _grown(region.polygon, settings.reach_margin) @ affine[:, :2].T + affine[:, 2]
        if _meets(outline, frame):
            carried[region.name] = outline
    return carried


def _grown(polygon: Points, margin: float) -> Points:
    """Return the convex hull, larger by ``margin`` of its size on every side."""
    hull = cv2.convexHull(polygon.astype(np.float32)).reshape(-1, 2).astype(np.float64)
    middle = (hull.min(axis=0) + hull.max(axis=0)) / 2.0
    return np.asarray(middle + (1.0 + 2.0 * margin) * (hull - middle), dtype=np.float64)


def _corners(box: Box) -> Points:
    return np.array(
        [[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]], np.float64
    )


def _meets(outline: Points, frame: Box) -> bool:
    area, _ = cv2.intersectConvexConvex(
        outline.astype(np.float32), _corners(frame).astype(np.float32)
    )
    return area >= 1.0
