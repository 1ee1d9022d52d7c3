"""Networks whose weights travel with the package: read once, checked, one copy a thread."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from functools import cache
from importlib import resources

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.errors import UsageError

_local = threading.local()


@dataclass(frozen=True, slots=True)
class Weights:
    """An ONNX file in a room's folder ``weights``.

    Attributes
    ----------
    room : str
        Name of the room.
    file : str
        Name of the file.
    sha256 : str
        Digest of the file that the package was made with.
    """

    room: str
    file: str
    sha256: str

    def run(self, blob: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """Run the network.

        Parameters
        ----------
        blob : (1, C, H, W) float32
            Input, scaled as the network expects.

        Returns
        -------
        list of float32 arrays
            All outputs, in no order to rely on: OpenCV 4 and 5 call and order them differently.

        Raises
        ------
        UsageError
            The file is damaged.
        """
        net = self._net()
        net.setInput(blob)
        outputs = net.forward(net.getUnconnectedOutLayersNames())
        return [np.asarray(output, dtype=np.float32) for output in outputs]

    def _net(self) -> cv2.dnn.Net:
        # A cv2.dnn.Net keeps its last input and so must not be shared between threads.
        nets: dict[Weights, cv2.dnn.Net] | None = getattr(_local, "nets", None)
        if nets is None:
            nets = _local.nets = {}
        if self not in nets:
            nets[self] = cv2.dnn.readNetFromONNX(np.frombuffer(_content(self), dtype=np.uint8))
        return nets[self]


@cache
def _content(weights: Weights) -> bytes:
    folder = resources.files(f"poremetrics.{weights.room}").joinpath("weights")
    content = folder.joinpath(weights.file).read_bytes()
    check_digest(weights.file, content, weights.sha256)
    return content


def check_digest(file: str, content: bytes, sha256: str) -> None:
    """Refuse a weight file that is not the one the package was made with.

    Raises
    ------
    UsageError
        The bytes have another SHA-256.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UsageError(file, "the network's file is damaged", "reinstall poremetrics")
