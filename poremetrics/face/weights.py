"""The face networks that travel with the package, read once and checked.

Their origin and licence are told in ``weights/NOTICE``. Nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.errors import UsageError

NetName = Literal["detect_short", "detect_back", "mesh", "iris"]

SHA256: Mapping[NetName, tuple[str, str]] = {
    "detect_short": (
        "mp_face_detection_short_range.onnx",
        "26a1c3de1f0859f65a302f7ac1756842f9742134be177a2f5945d5526e84e9d1",
    ),
    "detect_back": (
        "face_detection_back.onnx",
        "0e55b66f5bfff1039ba3abb646ef21af013c3b2f496a0ac63f88c23c10394803",
    ),
    "mesh": (
        "mp_face_landmark.onnx",
        "2f4a955a16dc8b38cf55b7d04cacf1b55196af973e0513b17207e8c80aa85d40",
    ),
    "iris": (
        "mp_iris_landmark.onnx",
        "13be30245b6c1bf3d5348e3ee959cfe7cc1b007ec92dde4d3a51699a6e038768",
    ),
}
"""File and SHA-256 of each network."""

_local = threading.local()


def check_digest(file: str, content: bytes, sha256: str) -> None:
    """Refuse a weight file that is not the one the package was made with.

    Raises
    ------
    UsageError
        The bytes have another SHA-256.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UsageError(file, "the network's file is damaged", "reinstall poremetrics")


@cache
def _content(name: NetName) -> bytes:
    file, sha256 = SHA256[name]
    content = resources.files("poremetrics.face").joinpath("weights", file).read_bytes()
    check_digest(file, content, sha256)
    return content


def _net(name: NetName) -> cv2.dnn.Net:
    # A cv2.dnn.Net keeps its last input and so must not be shared between threads.
    nets: dict[NetName, cv2.dnn.Net] | None = getattr(_local, "nets", None)
    if nets is None:
        nets = _local.nets = {}
    if name not in nets:
        nets[name] = cv2.dnn.readNetFromONNX(np.frombuffer(_content(name), dtype=np.uint8))
    return nets[name]


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
        All outputs, flat, the largest first. (OpenCV 4 and 5 call and order them differently,
        but the two outputs of each of these networks differ in size.)
    """
    net = _net(name)
    net.setInput(blob)
    outputs = net.forward(net.getUnconnectedOutLayersNames())
    flat = [np.asarray(output, dtype=np.float32).reshape(-1) for output in outputs]
    return sorted(flat, key=lambda output: -output.size)
