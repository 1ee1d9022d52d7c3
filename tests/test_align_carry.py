"""Outlines of the before photo, found again in the after photo with what hides skin there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from closeups import visits
from face_drawing import as_photo, draw_face

import poremetrics
from poremetrics import face
from poremetrics.align import carry
from poremetrics.model import Box, CaptureFacts, Face, Photo, Region
from poremetrics.settings import Settings

SETTINGS = Settings()
TURN = np.array([[0.9, -0.2, 140.0], [0.2, 0.9, 30.0]])
"""Before to after pixels: turned by 12.5 degrees, smaller, shifted."""
SQUARE = np.array([[200.0, 150.0], [300.0, 150.0], [300.0, 250.0], [200.0, 250.0]])


def blank(name: str) -> Photo:
    return Photo(np.zeros((400, 500, 3), np.uint8), name, CaptureFacts("PNG"))


def named(polygon: np.ndarray, name: str = "scar") -> Region:
    low, high = polygon.min(axis=0).astype(int), polygon.max(axis=0).astype(int)
    box = Box(low[0], low[1], high[0], high[1])
    return Region(name, polygon, box, np.ones(box.shape, bool))


def holds(outline: np.ndarray, points: np.ndarray) -> bool:
    contour = outline.astype(np.float32).reshape(-1, 1, 2)
    return all(cv2.pointPolygonTest(contour, (float(x), float(y)), False) >= 0 for x, y in points)


def test_a_mesh_carries_an_outline_to_its_place() -> None:
    mesh = np.random.default_rng(1).uniform((0, 0, 0), (500, 400, 1), (468, 3))
    moved = mesh[:, :2] @ TURN[:, :2].T + TURN[:, 2]
    found = Face("face", (named(SQUARE),), landmarks_px=mesh)
    carried = carry(blank("a"), found, blank("b"), moved, ["scar"], SETTINGS.align)
    true = SQUARE @ TURN[:, :2].T + TURN[:, 2]
    assert holds(carried["scar"], true)
    # Generous by the margin on every side and no more: the map is exact here.
    grown = (1 + 2 * SETTINGS.align.reach_margin) ** 2
    area = cv2.contourArea(carried["scar"].astype(np.float32))
    assert area == pytest.approx(grown * cv2.contourArea(true.astype(np.float32)), rel=1e-3)


def test_a_region_outside_of_the_after_photo_is_not_carried() -> None:
    mesh = np.random.default_rng(1).uniform((0, 0, 0), (500, 400, 1), (468, 3))
    found = Face("face", (named(SQUARE), named(SQUARE, "nose")), landmarks_px=mesh)
    away = mesh[:, :2] + (900.0, 0.0)
    assert not carry(blank("a"), found, blank("b"), away, ["scar"], SETTINGS.align)
    assert list(carry(blank("a"), found, blank("b"), mesh, ["scar"], SETTINGS.align)) == ["scar"]


def test_other_skin_leaves_the_whole_frame() -> None:
    found = Face("closeup", (named(SQUARE),))
    before, _ = visits(seed=1)
    one = Photo(before.picture, "a", CaptureFacts("PNG"))
    carried = carry(one, found, blank("b"), None, ["scar"], SETTINGS.align)
    assert carried["scar"].tolist() == [[0, 0], [500, 0], [500, 400], [0, 400]]


def test_the_mesh_of_a_face_is_handed_to_who_outlines_its_regions() -> None:
    drawing = draw_face()

    def outline(landmarks_px: np.ndarray | None) -> dict[str, np.ndarray]:
        assert landmarks_px is not None
        middle = landmarks_px[:, :2].mean(axis=0)
        return {"spot": middle + 40.0 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])}

    found = face.find(as_photo(drawing.pixels), SETTINGS.face, regions=outline)
    spot = found.region("spot")
    assert spot is not None
    middle = found.landmarks_px[:, :2].mean(axis=0)
    assert spot.polygon.mean(axis=0) == pytest.approx(middle)


def test_glare_of_the_after_photo_is_left_out_of_a_named_region() -> None:
    before, after = visits(seed=1)
    shiny = after.picture.copy()
    # A highlight over the middle of the after photo, mostly the lamp's light.
    weight = np.zeros(shiny.shape[:2], np.float32)
    cv2.rectangle(weight, (180, 150), (300, 250), 0.85, -1)
    weight = cv2.GaussianBlur(weight, (0, 0), 6.0)[..., None]
    shiny = (shiny * (1 - weight) + 250.0 * weight).astype(np.uint8)
    outline = [[120, 90], [360, 90], [360, 310], [120, 310]]
    result = poremetrics.compare(
        before.picture, shiny, view="closeup", regions={"scar": outline}, mm_per_px=1 / 15
    )
    assert [one.name for one in result.after_face.regions] == ["scar"]
    assert set(result.changes["region"]) == {"scar", "all"}
    (aligned,) = result.alignment.regions
    rows, cols = np.nonzero(aligned.common)
    at = np.rint(aligned.after_map[rows, cols]).astype(int)
    # Half lamp is the definition of hidden; the edge of the mask is a few pixels wide.
    hidden = weight[at[:, 1], at[:, 0], 0] > 0.6
    assert hidden.mean() < 0.02
    shown = result.quality.set_index(["photo", "region", "check"])["value"]
    assert shown["after", "scar", "glare"] > 0.05
