"""Pictures that people hand in by mistake, drawn onto a bundled sample face."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial import Delaunay

from poremetrics import face, photo
from poremetrics.model import Photo, Points, Rgb
from poremetrics.settings.face import FaceSettings
from poremetrics.settings.photo import PhotoSettings

SAMPLE = Path(__file__).parents[1] / "sample_images" / "person_a" / "visit_0.jpg"
GROUND = (125, 130, 132)
# Landmarks of the mesh (MediaPipe's canonical face).
CHIN, NOSE_TIP, BRIDGE = 152, 4, 168
RIGHT_EYE, LEFT_EYE = (33, 133, 159, 145), (263, 362, 386, 374)
RIGHT_JAW, LEFT_JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148), (
    454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
)  # fmt: skip


@cache
def sample(height_px: int = 2000) -> Photo:
    """The sample face, made smaller: tests of what is refused need no pores."""
    whole = photo.load(SAMPLE, PhotoSettings())
    width = round(whole.width_px * height_px / whole.height_px)
    pixels = cv2.resize(whole.pixels, (width, height_px), interpolation=cv2.INTER_AREA)
    return photo.load(pixels, PhotoSettings())


@cache
def mesh(height_px: int = 2000) -> Points:
    """(468, 3) landmarks of the sample face."""
    found = face.find(sample(height_px), FaceSettings(), view="face").landmarks_px
    assert found is not None
    return found


def _drawn(height_px: int = 2000) -> Rgb:
    return sample(height_px).pixels.copy()


def _fill(picture: Rgb, outline: Points, colour: tuple[int, int, int]) -> None:
    cv2.fillPoly(picture, [np.round(outline).astype(np.int32)], colour, cv2.LINE_AA)


def sunglasses() -> Rgb:
    """Dark lenses and a bridge over both eyes."""
    picture, points = _drawn(), mesh()[:, :2]
    centres = [points[list(eye)].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)]
    span = float(np.hypot(*(centres[1] - centres[0])))
    for centre in centres:
        place = tuple(int(value) for value in centre + np.array((0, 0.05 * span)))
        axes = (int(0.42 * span), int(0.32 * span))
        cv2.ellipse(picture, place, axes, 0, 0, 360, (18, 18, 20), -1, cv2.LINE_AA)
    ends = [tuple(int(value) for value in centre) for centre in centres]
    cv2.line(picture, *ends, (18, 18, 20), int(0.08 * span), cv2.LINE_AA)
    return picture


def mask() -> Rgb:
    """A surgical mask from the bridge of the nose to below the chin."""
    picture, points = _drawn(), mesh()[:, :2]
    below = points[CHIN] + np.array((0, 0.06 * (points[CHIN, 1] - points[BRIDGE, 1])))
    nose = points[BRIDGE] * 0.6 + points[NOSE_TIP] * 0.4
    outline = [nose, *points[list(LEFT_JAW)][1:], below, *points[list(RIGHT_JAW)][:0:-1]]
    _fill(picture, np.array(outline), (150, 190, 205))
    for share in (0.35, 0.55, 0.75):  # pleats
        left, right = (points[jaw[3]] for jaw in (LEFT_JAW, RIGHT_JAW))
        rows = nose[1] + share * (below[1] - nose[1])
        ends = (int(right[0] * 0.95 + left[0] * 0.05), int(rows)), (
            int(right[0] * 0.05 + left[0] * 0.95), int(rows),
        )  # fmt: skip
        cv2.line(picture, *ends, (125, 165, 182), 4, cv2.LINE_AA)
    return picture


def turned(yaw_deg: float, height_px: int = 1000) -> Rgb:
    """The face turned aside: its mesh turned in space, every triangle with the skin it had."""
    source, points = sample(height_px).pixels, mesh(height_px)
    centre = points.mean(axis=0)
    yaw = np.deg2rad(yaw_deg)
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    seen = (points - centre) @ turn.T + centre
    rows, cols = source.shape[:2]
    picture = np.full_like(source, GROUND)
    triangles = _triangles(points[:, :2])
    for triangle in triangles[np.argsort(-seen[triangles, 2].mean(axis=1))]:
        before, after = (all_of[triangle, :2].astype(np.float32) for all_of in (points, seen))
        x, y, width, height = cv2.boundingRect(after)
        if width < 2 or height < 2:
            continue
        move = cv2.getAffineTransform(before, after - np.float32((x, y)))
        patch = cv2.warpAffine(source, move, (width, height), borderMode=cv2.BORDER_REFLECT)
        inside = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(inside, np.round(after - (x, y)).astype(np.int32), 255)
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + width, cols), min(y + height, rows)
        if x0 >= x1 or y0 >= y1:
            continue
        cut = slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)
        window = picture[y0:y1, x0:x1]
        window[inside[cut] > 0] = patch[cut][inside[cut] > 0]
    return picture


def _triangles(points: Points) -> np.ndarray:
    """(N, 3) corners of the triangles that lie between the landmarks of a frontal face."""
    return np.asarray(Delaunay(points).simplices)


def drawing() -> Rgb:
    """A face in pencil lines on paper."""
    grey = cv2.cvtColor(_drawn(1000), cv2.COLOR_RGB2GRAY)
    edges = cv2.adaptiveThreshold(
        cv2.GaussianBlur(grey, (0, 0), 2.0),
        255,
        cv2.ADAPTIVE_THRESH_MEAN_C,
        cv2.THRESH_BINARY,
        15,
        3,
    )
    return cv2.cvtColor(np.maximum(edges, 60), cv2.COLOR_GRAY2RGB)


def animal() -> Rgb:
    """The head of a cat: fur, ears, slit eyes, whiskers."""
    rng = np.random.default_rng(4)
    picture = np.full((900, 900, 3), (140, 160, 130), np.uint8)
    fur = (150, 110, 70)
    for sign in (-1, 1):
        _fill(picture, np.array([(450 + sign * 330, 90), (450 + sign * 90, 260),
                                 (450 + sign * 330, 400)]), fur)  # fmt: skip
    cv2.ellipse(picture, (450, 500), (340, 300), 0, 0, 360, fur, -1, cv2.LINE_AA)
    for sign in (-1, 1):
        cv2.ellipse(picture, (450 + sign * 140, 430), (70, 60), 0, 0, 360, (190, 210, 80), -1)
        cv2.ellipse(picture, (450 + sign * 140, 430), (14, 56), 0, 0, 360, (10, 10, 10), -1)
        for row in (590, 620, 650):
            cv2.line(picture, (450 + sign * 60, 600), (450 + sign * 400, row), (235, 235, 230), 3)
    _fill(picture, np.array([(420, 560), (480, 560), (450, 600)]), (200, 120, 120))
    for _ in range(6000):
        x, y = (int(value) for value in rng.integers(0, 900, 2))
        if (picture[y, x] == fur).all():
            end = (x + int(rng.integers(-6, 7)), y + int(rng.integers(6, 22)))
            cv2.line(picture, (x, y), end, tuple(int(v) for v in rng.integers(60, 190, 3)), 1)
    return picture
