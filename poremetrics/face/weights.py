"""The face networks that travel with the package.

Their origin and licence are told in ``weights/NOTICE``. Nothing is ever downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from poremetrics.weights import Weights

NetName = Literal["detect_short", "detect_back", "mesh", "iris"]

NETS: Mapping[NetName, Weights] = {
    "detect_short": Weights(
        "face",
        "mp_face_detection_short_range.onnx",
        "26a1c3de1f0859f65a302f7ac1756842f9742134be177a2f5945d5526e84e9d1",
    ),
    "detect_back": Weights(
        "face",
        "face_detection_back.onnx",
        "0e55b66f5bfff1039ba3abb646ef21af013c3b2f496a0ac63f88c23c10394803",
    ),
    "mesh": Weights(
        "face",
        "mp_face_landmark.onnx",
        "2f4a955a16dc8b38cf55b7d04cacf1b55196af973e0513b17207e8c80aa85d40",
    ),
    "iris": Weights(
        "face",
        "mp_iris_landmark.onnx",
        "13be30245b6c1bf3d5348e3ee959cfe7cc1b007ec92dde4d3a51699a6e038768",
    ),
}
"""File and digest of each network."""


def run(name: NetName, blob: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    """Run a network.

    Parameters
    ----------
    name : str
        ``detect_short``, ``detect_back``, ``mesh`` or ``iris``.
    blob : (1, 3, S, S) float32
        RGB input, scaled as that network expects.

    Returns
    -------
    list of float32 arrays
        All outputs, flat, the largest first: the two outputs of each of these networks differ in
        size.
    """
    flat = [output.reshape(-1) for output in NETS[name].run(blob)]
    return sorted(flat, key=lambda output: -output.size)
