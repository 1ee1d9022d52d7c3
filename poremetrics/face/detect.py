"""Where the faces are: MediaPipe's two detectors, the short-range one first.

Both are single-shot detectors. Every anchor of a fixed lattice tells a score, a box and six key
points relative to itself; overlapping answers are averaged, weighted by their score.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.face.weights import NetName, run
from poremetrics.model import Points, Rgb
from poremetrics.settings.face import FaceSettings

_INPUT_PX: dict[NetName, int] = {"detect_short": 128, "detect_back": 256}
# (stride in input pixels, anchors per cell)
_LATTICE: dict[NetName, tuple[tuple[int, int], ...]] = {
    "detect_short": ((8, 2), (16, 6)),
    "detect_back": ((16, 2), (32, 6)),
}
_SCORE_LOGIT_LIMIT = 80.0


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face.

    Attributes
    ----------
    score : float
        0..1.
    centre : (2,) float64
        Of the box, x, y in pixels of the picture that was searched.
    size : (2,) float64
        Width and height of the box.
    eyes : (2, 2) float64
        The person's right eye, then the left.
    """

    score: float
    centre: npt.NDArray[np.float64]
    size: npt.NDArray[np.float64]
    eyes: Points


def detect(picture: Rgb, settings: FaceSettings) -> list[Detection]:
    """Find the faces of an upright picture, largest first.

    Parameters
    ----------
    picture : (H, W, 3) uint8
        sRGB; a small copy is enough, the networks see at most 256 px.
    settings : FaceSettings
        ``minimum_detection_score``, ``same_face_overlap``.

    Returns
    -------
    list of Detection
        Empty where neither detector sees a face.
    """
    for name in ("detect_short", "detect_back"):
        found = detect_with(name, picture, settings)
        if found:
            return found
    return []


def detect_with(name: NetName, picture: Rgb, settings: FaceSettings) -> list[Detection]:
    """Find the faces with one of the two detectors, largest first."""
    side_px = _INPUT_PX[name]
    square, factor, pad = letterbox(picture, side_px)
    blob = np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32) / 127.5 - 1.0
    raw, logits = run(name, blob)
    scores = _sigmoid(logits)
    keep = scores >= settings.minimum_detection_score
    # Columns: box centre, box size, six key points; all in input pixels from the anchor.
    table = raw.reshape(-1, 16)[keep].astype(np.float64)
    table[:, :2] += _anchors(name)[keep]
    table[:, 4:] += np.tile(_anchors(name)[keep], 6)
    merged = _merge(table, scores[keep].astype(np.float64), settings.same_face_overlap)
    found = [
        Detection(
            score=score,
            centre=(row[:2] - pad) / factor - 0.5,
            size=row[2:4] / factor,
            eyes=(row[4:8].reshape(2, 2) - pad) / factor - 0.5,
        )
        for score, row in merged
    ]
    return sorted(found, key=lambda face: -float(face.size.max()))


def letterbox(picture: Rgb, side_px: int) -> tuple[Rgb, float, npt.NDArray[np.float64]]:
    """Shrink a picture into a black square.

    Returns
    -------
    square : (side_px, side_px, 3) uint8
        The picture, centred.
    factor : float
        Square pixels per picture pixel.
    pad : (2,) float64
        Left and top border in square pixels.
    """
    rows, columns = picture.shape[:2]
    factor = side_px / max(rows, columns)
    size = max(1, round(columns * factor)), max(1, round(rows * factor))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    left, top = (side_px - size[0]) // 2, (side_px - size[1]) // 2
    square = np.zeros((side_px, side_px, 3), dtype=np.uint8)
    square[top : top + size[1], left : left + size[0]] = small
    return square, factor, np.array([left, top], dtype=np.float64)


@cache
def _anchors(name: NetName) -> npt.NDArray[np.float64]:
    """Anchor centres x, y in input pixels, in the order of the network's rows."""
    side_px = _INPUT_PX[name]
    blocks = []
    for stride, per_cell in _LATTICE[name]:
        centres = (np.arange(side_px // stride) + 0.5) * stride
        y, x = np.meshgrid(centres, centres, indexing="ij")
        blocks.append(np.repeat(np.column_stack([x.ravel(), y.ravel()]), per_cell, axis=0))
    return np.concatenate(blocks)


def _sigmoid(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    clipped = np.clip(logits, -_SCORE_LOGIT_LIMIT, _SCORE_LOGIT_LIMIT)
    return np.asarray(1.0 / (1.0 + np.exp(-clipped)), dtype=np.float32)


def _overlap(
    one: npt.NDArray[np.float64], many: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Intersection over union of a box with others; columns centre, size."""
    low = np.maximum(one[:2] - one[2:4] / 2, many[:, :2] - many[:, 2:4] / 2)
    high = np.minimum(one[:2] + one[2:4] / 2, many[:, :2] + many[:, 2:4] / 2)
    shared = np.prod(np.maximum(high - low, 0.0), axis=1)
    total = np.prod(one[2:4]) + np.prod(many[:, 2:4], axis=1) - shared
    return np.asarray(shared / np.maximum(total, 1e-9), dtype=np.float64)


def _merge(
    table: npt.NDArray[np.float64], scores: npt.NDArray[np.float64], overlap: float
) -> list[tuple[float, npt.NDArray[np.float64]]]:
    """Average rows that see the same face, weighted by score; best score first."""
    order = np.argsort(-scores, kind="stable")
    table, scores = table[order], scores[order]
    merged = []
    while len(table):
        same = _overlap(table[0], table) > overlap
        same[0] = True
        merged.append((float(scores[0]), np.average(table[same], axis=0, weights=scores[same])))
        table, scores = table[~same], scores[~same]
    return merged
