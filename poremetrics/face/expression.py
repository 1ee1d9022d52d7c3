"""Expression, as ratios of distances between mesh points in three dimensions.

Distances in three dimensions do not change with the pose of the head, and their ratio to the
distance between the eyes' inner corners not with its size.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from poremetrics.face.mesh import Mesh

_INNER_CORNERS = (133, 362)
# Each ratio: pairs of points whose mean distance is divided by that of the inner eye corners.
_PAIRS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "mouth_open": ((13, 14),),
    "mouth_width": ((61, 291),),
    "smile": ((61, 129), (291, 358)),
    "brow_raise": ((105, 159), (334, 386)),
    "brow_frown": ((107, 336),),
    "eye_open": ((159, 145), (386, 374)),
    "jaw_drop": ((2, 152),),
}


def expression_ratios(mesh: Mesh) -> Mapping[str, float]:
    """Return the ratios of a face.

    Parameters
    ----------
    mesh : (468, 3) float64
        Face mesh, in any unit.

    Returns
    -------
    mapping of str to float
        ``mouth_open``, ``mouth_width``, ``smile`` (corner of the mouth to wing of the nose;
        smaller when smiling), ``brow_raise``, ``brow_frown`` (distance of the brows; smaller
        when frowning), ``eye_open``, ``jaw_drop``.
    """
    unit = _distance(mesh, *_INNER_CORNERS)
    return {
        name: float(np.mean([_distance(mesh, *pair) for pair in pairs]) / unit)
        for name, pairs in _PAIRS.items()
    }


def _distance(mesh: Mesh, one: int, other: int) -> float:
    return float(np.linalg.norm(mesh[one] - mesh[other]))
