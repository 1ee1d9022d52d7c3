"""Exact geometry: pose, scale ladder, reduced copies, polygons, weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poremetrics.face.anatomy import (
    LEFT_EYE,
    LEFT_LIDS,
    MIDLINE_CHIN,
    MIDLINE_TOP,
    MIRROR_PAIRS,
    REGION_POINTS,
    RIGHT_EYE,
    RIGHT_LIDS,
)
from poremetrics.face.copy import clipped_box, fill_polygon, inside_polygon, reduced_copy
from poremetrics.face.detect import letterbox
from poremetrics.face.iris import Iris
from poremetrics.face.mesh import Crop
from poremetrics.face.pose import Lie, head_axes, head_pose, lie, turned_deg
from poremetrics.face.scale import (
    Eyes,
    find_marker,
    on_region,
    scale_given,
    scale_of_eyes,
    scale_of_marker,
)
from poremetrics.face.weights import run
from poremetrics.model import Box, Scale
from poremetrics.settings.face import FaceSettings

SETTINGS = FaceSettings()
STRAIGHT = FaceSettings(pitch_zero_deg=0.0)


def rotation(axis, degrees):
    a, b = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return {
        "x": np.array([[1, 0, 0], [0, a, -b], [0, b, a]]),
        "y": np.array([[a, 0, b], [0, 1, 0], [-b, 0, a]]),
        "z": np.array([[a, -b, 0], [b, a, 0], [0, 0, 1]]),
    }[axis]


def head():
    """A symmetric head looking into the camera: x right, y down, z away."""
    rng = np.random.default_rng(4)
    mesh = np.zeros((468, 3))
    for right, left in MIRROR_PAIRS:
        x, y, z = rng.uniform((10, -90, -20), (70, 90, 20))
        mesh[right], mesh[left] = (-x, y, z), (x, y, z)
    mesh[MIDLINE_TOP], mesh[MIDLINE_CHIN] = (0, -100, 0), (0, 100, 0)
    return mesh


def test_a_straight_head_has_no_pose():
    pose = head_pose(head(), STRAIGHT)
    assert np.allclose([pose.yaw_deg, pose.pitch_deg, pose.roll_deg], 0, atol=1e-9)
    left, up, forward = head_axes(head(), STRAIGHT)
    # Axes of the picture: the person's left is the picture's right, up is -y, out is -z.
    assert np.allclose([left, up, forward], [[1, 0, 0], [0, -1, 0], [0, 0, -1]])


@pytest.mark.parametrize(
    ("axis", "degrees", "angle", "sign"),
    [
        # Rotating about y by +d carries the forward -z to -x: the picture's left, yaw < 0.
        ("y", 20.0, "yaw_deg", -1),
        # About x by +d it carries -z to +y: down, pitch < 0.
        ("x", 15.0, "pitch_deg", -1),
        # About z by +d it carries x to +y: clockwise in the picture, roll > 0.
        ("z", 30.0, "roll_deg", 1),
        ("z", 150.0, "roll_deg", 1),
    ],
)
def test_each_angle_has_the_promised_sign(axis, degrees, angle, sign):
    pose = head_pose(head() @ rotation(axis, degrees).T, STRAIGHT)
    angles = {"yaw_deg": pose.yaw_deg, "pitch_deg": pose.pitch_deg, "roll_deg": pose.roll_deg}
    assert angles.pop(angle) == pytest.approx(sign * degrees, abs=1e-6)
    assert np.allclose(list(angles.values()), 0, atol=1e-6)


@given(roll=st.floats(-170, 170), yaw=st.floats(-40, 40))
def test_yaw_is_about_the_heads_own_axis_whatever_the_roll(roll, yaw):
    pose = head_pose(head() @ rotation("y", -yaw).T @ rotation("z", roll).T, STRAIGHT)
    assert pose.yaw_deg == pytest.approx(yaw, abs=1e-6)
    assert pose.roll_deg == pytest.approx(roll, abs=1e-6)


def test_the_zero_of_pitch_is_a_setting():
    tilted = head_pose(head(), FaceSettings(pitch_zero_deg=-9.0))
    # A head whose line from chin to hairline appears at 0 where straight ones appear at -9
    # looks up by 9.
    assert tilted.pitch_deg == pytest.approx(9.0, abs=1e-6)


@given(st.floats(0, 75), st.floats(-180, 180))
def test_a_flat_outline_is_turned_by_its_angle(turn, about):
    mesh = np.zeros((468, 3))
    corners = np.array([[-1, -2, 0], [2, -1, 0], [1, 3, 0], [-2, 1, 0]], dtype=float)
    mesh[:4] = corners @ rotation("y", turn).T @ rotation("z", about).T + (5, 6, 7)
    assert turned_deg(mesh, (0, 1, 2, 3)) == pytest.approx(turn, abs=1e-5)


def test_outlines_of_both_sides_mirror_each_other():
    mirror = dict(MIRROR_PAIRS)
    assert [mirror[p] for p in REGION_POINTS["right_cheek"]] == list(REGION_POINTS["left_cheek"])
    assert [mirror[p] for p in RIGHT_EYE] == list(LEFT_EYE)
    for points in REGION_POINTS.values():
        assert len(set(points)) == len(points)
        assert max(points) < 468


def iris(diameter_px=40.0, eye_open=0.3, x=0.0):
    return Iris(np.array([x, 0.0]), diameter_px, eye_open)


def eyes(right=None, left=None, yaw=0.0):
    return Eyes(right or iris(), left or iris(x=215.0), 215.0, yaw)


def test_the_ladder_of_the_eyes():
    best = scale_of_eyes(eyes(), None, SETTINGS)
    assert best.source == "iris"
    assert best.mm_per_px == pytest.approx(11.7 / 40)
    # 0.4 of 11.7 mm between people and 2 % / sqrt 2 of fit.
    assert best.rel_sd == pytest.approx(np.hypot(0.4 / 11.7, 0.02 / np.sqrt(2)))
    given_ipd = scale_of_eyes(eyes(), 65.0, SETTINGS)
    assert (given_ipd.source, given_ipd.mm_per_px) == ("ipd", pytest.approx(65 / 215))
    assert given_ipd.rel_sd < best.rel_sd


@pytest.mark.parametrize(
    "bad",
    [
        iris(eye_open=0.05),
        iris(diameter_px=8.0),
    ],
    ids=["closed", "small"],
)
def test_one_good_iris_is_enough_and_less_sure(bad):
    scale = scale_of_eyes(eyes(right=bad), None, SETTINGS)
    assert scale.source == "iris"
    assert scale.rel_sd == pytest.approx(np.hypot(0.4 / 11.7, 0.02))
    rough = scale_of_eyes(eyes(bad, replace(bad)), None, SETTINGS)
    assert rough.source == "population"
    assert rough.mm_per_px == pytest.approx(63 / 215)
    assert rough.rel_sd == pytest.approx(np.hypot(3.6 / 63, 0.01))


def test_irises_that_contradict_each_other_do_not_count():
    assert scale_of_eyes(eyes(left=iris(50.0)), None, SETTINGS).source == "population"


def test_a_head_turned_far_has_no_scale_but_a_given_one():
    assert scale_of_eyes(eyes(yaw=-30.0), None, SETTINGS) is None
    assert scale_of_eyes(eyes(yaw=-30.0), 65.0, SETTINGS).source == "ipd"


def test_a_markers_sides_give_scale_and_a_tilt_widens_it():
    square = np.array([[0, 0], [100, 0], [100, 100], [0, 100]], dtype=float)
    flat = scale_of_marker(square, 20.0, SETTINGS)
    assert flat.mm_per_px == pytest.approx(0.2)
    assert flat.rel_sd == pytest.approx(SETTINGS.marker_rel_sd)
    tilted = scale_of_marker(square * (0.9, 1.0), 20.0, SETTINGS)
    # The spread of the sides must cover the truth, 0.2 along the untilted side.
    assert abs(tilted.mm_per_px - 0.2) < 2 * tilted.rel_sd * tilted.mm_per_px


def test_an_empty_picture_has_no_marker():
    assert find_marker(np.full((200, 300, 3), 180, np.uint8)) is None


@given(st.floats(1.0, 2.0), st.floats(0.01, 1.0))
def test_a_pixel_is_longer_on_turned_skin(slant, mm_per_px):
    flat = scale_given(mm_per_px, SETTINGS)
    turned = on_region(flat, Lie(slant=slant, nearer_px=100.0), SETTINGS)
    # a given scale is that of the skin: nothing is known of how far the eyes are
    assert turned.mm_per_px == pytest.approx(slant * mm_per_px)
    assert turned.rel_sd >= on_region(flat, Lie(slant=1.0), SETTINGS).rel_sd >= flat.rel_sd


@pytest.mark.parametrize("source", ["ipd", "iris", "population"])
def test_skin_before_the_eyes_is_seen_larger(source):
    # A pinhole shows 1 mm as focal / distance pixels; the nose is 25 mm before the eyes.
    focal_px, usual_mm = 14_000.0, SETTINGS.usual_distance_mm
    at_eyes = Scale(usual_mm / focal_px, 0.03, source)
    nose = on_region(at_eyes, Lie(slant=1.0, nearer_px=25.0 / at_eyes.mm_per_px), SETTINGS)
    # second order of a depth of 25 mm in 800
    assert nose.mm_per_px == pytest.approx((usual_mm - 25.0) / focal_px, rel=6e-4)


def test_a_nose_is_nearer_than_the_eyes():
    mesh = np.full((468, 3), 1e3)
    y, x = np.mgrid[-3:4, -3:4]
    mesh[:49] = np.column_stack([x.ravel(), y.ravel(), np.full(49, -7.0)])
    mesh[[*RIGHT_LIDS, *LEFT_LIDS], 2] = 5.0
    assert lie(mesh, (0, 6, 48, 42), SETTINGS).nearer_px == pytest.approx(12.0)


@given(st.floats(0, 70))
def test_the_slant_of_a_flat_region_goes_with_its_turn(turn):
    mesh = np.full((468, 3), 1e3)
    y, x = np.mgrid[-3:4, -3:4]
    flat = np.column_stack([x.ravel(), y.ravel(), 0 * x.ravel()]).astype(float)
    mesh[:49] = flat @ rotation("y", turn).T
    slant = lie(mesh, (0, 6, 48, 42), SETTINGS).slant
    # shortened one way only: the equivalent diameter goes with the root
    assert slant**2 == pytest.approx(1 / np.cos(np.radians(turn)), rel=1e-6)


def test_the_slant_of_a_curved_region_counts_its_curvature():
    # A roof of two slopes of 45 degrees: its mean normal faces the camera, its area is 1.41.
    mesh = np.full((468, 3), 1e3)
    y, x = np.mgrid[-3:4, -3:4]
    mesh[:49] = np.column_stack([x.ravel(), y.ravel(), np.abs(x).ravel()])
    rim = (*range(7), *range(13, 49, 7), *range(47, 41, -1), *range(35, 0, -7))
    assert turned_deg(mesh, rim) == pytest.approx(0, abs=1e-6)
    assert lie(mesh, rim, SETTINGS).slant ** 2 == pytest.approx(np.sqrt(2), rel=1e-6)


def test_a_steep_rim_does_not_make_the_slant():
    # Of six strips the outer two fall away: a third of the pixels show most of the skin.
    mesh = np.full((468, 3), 1e3)
    y, x = np.mgrid[-3:4, -3:4]
    mesh[:49] = np.column_stack([x.ravel(), y.ravel(), 50.0 * (np.abs(x) == 3).ravel()])
    rim = (*range(7), *range(13, 49, 7), *range(47, 41, -1), *range(35, 0, -7))
    # no triangle is steeper than the mesh is believed
    steepest = 0.5 * np.log(SETTINGS.maximum_area_ratio)
    assert np.log(lie(mesh, rim, SETTINGS).slant) == pytest.approx(steepest / 3, rel=1e-6)


def test_points_inside_a_polygon_with_a_notch():
    notched = np.array([[0, 0], [10, 0], [10, 10], [5, 3], [0, 10]], dtype=float)
    points = np.array([[5, 1], [5, 6], [1, 5], [9, 5], [-1, 5], [5, -1]], dtype=float)
    assert inside_polygon(points, notched).tolist() == [True, False, True, True, False, False]


def test_an_unknown_turn_changes_nothing_but_the_uncertainty():
    flat = Scale(0.1, 0.01, "given")
    same = on_region(flat, Lie(), SETTINGS)
    assert same.mm_per_px == 0.1
    assert same.rel_sd > 0.01


@pytest.mark.parametrize("thin", [False, True])
@pytest.mark.parametrize("factor", [0.07, 0.21, 0.5, 0.83, 1.0, 1.7])
def test_a_reduced_copy_knows_where_its_pixels_lie(thin, factor):
    # A ramp tells its own coordinates: red is x / 4, green y / 4.
    y, x = np.mgrid[0:900, 0:1000]
    pixels = np.stack([x // 4, y // 4, 0 * x], -1).astype(np.uint8)
    box = Box(101, 53, 930, 877)
    copy = reduced_copy(pixels, box, factor, thin=thin)
    at = np.array([[3.0, 5.0], [20.0, 11.0], [copy.pixels.shape[1] - 4, 30.0]])
    photo = copy.to_photo(at)
    seen = np.array([copy.pixels[int(r), int(c), :2] for c, r in at], dtype=float) * 4 + 1.5
    # Levels are whole: 4 px wide, so half a level is 2 px, and half a copy pixel where it is
    # not averaged.
    assert np.abs(seen - photo).max() < 2.6
    assert np.allclose(copy.to_copy(photo), at)


def test_a_mask_enlarges_onto_the_photo():
    pixels = np.zeros((400, 600, 3), np.uint8)
    copy = reduced_copy(pixels, Box(0, 0, 600, 400), 0.25)
    mask = np.zeros(copy.pixels.shape[:2], dtype=bool)
    mask[20:40, 30:60] = True
    large = copy.enlarge({"mask": mask}, Box(100, 60, 300, 200))["mask"]
    # Copy pixels 30..59 cover photo pixels 120..239.
    truth = np.zeros((140, 200), dtype=bool)
    truth[80 - 60 : 160 - 60, 120 - 100 : 240 - 100] = True
    assert np.mean(large != truth) < 0.02
    assert not copy.enlarge({"mask": np.zeros_like(mask)}, Box(0, 0, 5, 5))["mask"].any()


def test_a_polygon_is_filled_with_its_outline():
    square = np.array([[2, 3], [6, 3], [6, 5], [2, 5]], dtype=float)
    mask = fill_polygon(square, Box(1, 1, 9, 8))
    # Pixel centres at integers: 5 x 3 of them lie in or on the outline.
    assert mask.sum() == 15
    assert mask[2:5, 1:6].all()


def test_boxes_stay_inside_the_photo():
    box = clipped_box(np.array([-5.5, 3.2]), np.array([20.0, 900.0]), 100, 50)
    assert box == Box(0, 3, 21, 50)
    outside = clipped_box(np.array([200.0, 3.0]), np.array([300.0, 9.0]), 100, 50)
    assert min(outside.shape) == 0


def test_the_letterbox_centres_the_picture():
    square, factor, pad = letterbox(np.full((100, 200, 3), 9, np.uint8), 128)
    assert factor == pytest.approx(0.64)
    assert pad.tolist() == [0, 32]
    assert (square[32:96] == 9).all()
    assert (square[:32] == 0).all()


@given(st.floats(-3, 3), st.floats(10, 500))
def test_a_crops_corners_lie_where_its_turn_says(turn, side):
    affine = Crop(40.0, 50.0, side, turn).to_picture(64)
    middle = affine @ (31.5, 31.5, 1)
    assert np.allclose(middle, (40, 50))
    along = affine @ (32.5, 31.5, 1) - middle
    assert np.allclose(along, side / 64 * np.array([np.cos(turn), np.sin(turn)]))
    flipped = Crop(40.0, 50.0, side, turn).to_picture(64, mirrored=True)
    assert np.allclose(flipped @ (32.5, 31.5, 1) - middle, -along)


def test_outputs_come_largest_first():
    outputs = run("iris", np.zeros((1, 3, 64, 64), np.float32))
    # 71 points of the outlines and 5 of the iris, three numbers each.
    assert [output.size for output in outputs] == [213, 15]
