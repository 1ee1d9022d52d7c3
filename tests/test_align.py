"""Alignment against exact maps: synthetic skin re-shot without touching it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from poremetrics import synthetic
from poremetrics.align import register, sample_after, sample_before
from poremetrics.align.coarse import mirror_partners
from poremetrics.model import (
    Alignment,
    Box,
    CaptureFacts,
    Face,
    Grid,
    Photo,
    Region,
    RegionAlignment,
    Rgb,
)
from poremetrics.photo import to_linear
from poremetrics.settings.align import AlignSettings
from poremetrics.synthetic import Nuisance, PhotoMap

SETTINGS = AlignSettings()
MARGIN_PX = 12  # the frame's edge has skin on one side only


def photo(pixels: Rgb, name: str = "a") -> Photo:
    return Photo(pixels, name, CaptureFacts("PNG"))


def region(pixels: Rgb, name: str = "closeup", box: Box | None = None) -> Region:
    box = box or Box(0, 0, pixels.shape[1], pixels.shape[0])
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    return Region(name, np.array(corners, float), box, np.ones(box.shape, bool))


def closeup(pixels: Rgb) -> Face:
    return Face("closeup", (region(pixels),))


def align(before: Rgb, after: Rgb) -> Alignment:
    return register(
        photo(before, "a"), closeup(before), photo(after, "b"), closeup(after), SETTINGS
    )


def true_error_px(aligned: RegionAlignment, truth: PhotoMap) -> np.ndarray:
    """Length of the error in grid pixels over the common area, away from the frame's edge."""
    inner = np.zeros_like(aligned.common)
    inner[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX] = True
    rows, cols = np.nonzero(aligned.common & inner)
    wanted = truth.to_after(aligned.grid.to_photo(np.column_stack((cols, rows))))
    miss = np.hypot(*(aligned.after_map[rows, cols] - wanted).T)
    return np.asarray(miss / (aligned.scale_ratio * aligned.grid.step_px))


@pytest.fixture(scope="module")
def skin() -> Rgb:
    rng = np.random.default_rng(1)
    return synthetic.render_skin(rng, width_px=420, height_px=360, px_per_mm=14.0).picture


@pytest.fixture(scope="module")
def other_skin() -> Rgb:
    rng = np.random.default_rng(2)
    return synthetic.render_skin(rng, width_px=420, height_px=360, px_per_mm=14.0).picture


USUAL = Nuisance(
    turn_deg=4.0,
    scale=0.95,
    shift_px=(9.0, -6.0),
    elastic_px=1.5,
    elastic_wavelength_px=400.0,
    light_gradient=0.3,
    exposure_stops=0.2,
    blur_px=0.6,
    noise=0.003,
    jpeg_quality=90,
)


@pytest.mark.parametrize(
    "nuisance",
    [
        pytest.param(USUAL, id="usual"),
        pytest.param(replace(USUAL, turn_deg=15.0, scale=0.75), id="turned-and-small"),
        pytest.param(replace(USUAL, turn_deg=-12.0, scale=1.3), id="turned-and-large"),
        pytest.param(replace(USUAL, noise=0.01, jpeg_quality=75, blur_px=1.0), id="poor"),
        pytest.param(replace(USUAL, light_gradient=1.0, light_deg=180.0), id="other-light"),
        pytest.param(replace(USUAL, elastic_px=3.0, elastic_wavelength_px=250.0), id="expression"),
    ],
)
def test_residual_against_the_exact_map(skin: Rgb, nuisance: Nuisance) -> None:
    shape = (
        (skin.shape[0], skin.shape[1])
        if nuisance.scale <= 1.0
        else (int(skin.shape[0] * nuisance.scale), int(skin.shape[1] * nuisance.scale))
    )
    shot = synthetic.reshoot(skin, nuisance, after_shape=shape)
    found = align(skin, shot.pixels)
    assert found.same_skin
    assert not found.mirrored
    aligned = found.regions[0]
    error = true_error_px(aligned, shot.map)
    # The project's own goal for the room: median 0.3 px, 95th percentile 0.8 px.
    assert np.median(error) <= 0.3
    assert np.percentile(error, 95) <= 0.8
    # A turn of 15° leaves an eighth of the frame without skin; elastic edges a little more.
    assert aligned.common_share > 0.6
    # The area ratio of the map tells the scale; an elastic field changes it locally by 1 to 3 %.
    assert aligned.scale_ratio == pytest.approx(nuisance.scale, rel=0.03)


def test_claimed_residual_is_honest(skin: Rgb) -> None:
    claimed, true = [], []
    for seed, noise in enumerate((0.002, 0.008, 0.02)):
        shot = synthetic.reshoot(
            skin, replace(USUAL, noise=noise, noise_seed=seed, elastic_seed=seed)
        )
        aligned = align(skin, shot.pixels).regions[0]
        error = true_error_px(aligned, shot.map)
        claimed.append((aligned.residual_median_px, aligned.residual_p95_px))
        true.append((np.median(error), np.percentile(error, 95)))
    ratio = np.array(claimed) / np.array(true)
    # An error of an error: within a factor of two on average, never off by more than three.
    assert np.all((np.median(ratio, axis=0) > 0.5) & (np.median(ratio, axis=0) < 2.0))
    assert np.all((ratio > 1 / 3) & (ratio < 3.0))


def test_one_photo_twice_is_the_exact_identity(skin: Rgb) -> None:
    found = register(
        photo(skin, "a"), closeup(skin), photo(skin.copy(), "b"), closeup(skin), SETTINGS
    )
    aligned = found.regions[0]
    assert found.same_photo
    assert found.same_skin
    assert aligned.residual_p95_px == 0.0
    assert aligned.common.all()
    cols, rows = np.meshgrid(np.arange(skin.shape[1]), np.arange(skin.shape[0]))
    np.testing.assert_array_equal(aligned.after_map[..., 0], cols)
    np.testing.assert_array_equal(aligned.after_map[..., 1], rows)
    before = sample_before(photo(skin), aligned.grid)
    np.testing.assert_array_equal(before, sample_after(photo(skin), aligned))
    np.testing.assert_array_equal(before, to_linear(skin))


def test_one_photo_twice_with_unlike_skin_masks(skin: Rgb) -> None:
    whole = region(skin)
    part = region(skin, box=Box(100, 50, 300, 250))
    found = register(
        photo(skin), Face("closeup", (whole,)), photo(skin), Face("closeup", (part,)), SETTINGS
    )
    common = found.regions[0].common
    assert common.sum() == 200 * 200
    assert common[50:250, 100:300].all()


def test_other_skin_is_told(skin: Rgb, other_skin: Rgb) -> None:
    found = align(skin, other_skin)
    assert not found.same_skin
    assert all(not aligned.common.any() for aligned in found.regions)
    assert any("does not match" in note for note in found.notes)


def test_mirrored_photo_is_turned_back(skin: Rgb) -> None:
    shot = synthetic.reshoot(skin, replace(USUAL, turn_deg=2.0))
    mirrored = np.ascontiguousarray(shot.pixels[:, ::-1])
    found = align(skin, mirrored)
    assert found.same_skin
    assert found.mirrored
    assert any("mirrored" in note for note in found.notes)
    # The map refers to the photo as it was given.
    aligned = found.regions[0]
    back = aligned.after_map.copy()
    back[..., 0] = skin.shape[1] - 1 - back[..., 0]
    error = true_error_px(replace(aligned, after_map=back), shot.map)
    assert np.median(error) <= 0.3


@pytest.mark.parametrize(
    ("quarters", "told"), [(1, "90° anticlockwise"), (2, "180° against"), (3, "90° clockwise")]
)
def test_turned_photo_fits_and_is_told(skin: Rgb, quarters: int, told: str) -> None:
    shot = synthetic.reshoot(skin, replace(USUAL, turn_deg=1.0, scale=1.0))
    found = align(skin, np.ascontiguousarray(np.rot90(shot.pixels, quarters)))
    assert found.same_skin
    assert any(f"turned by about {told}" in note for note in found.notes)
    assert found.regions[0].common_share > 0.8


def test_turn_of_a_mirrored_photo_is_that_of_the_photo_as_given(skin: Rgb) -> None:
    shot = synthetic.reshoot(skin, replace(USUAL, turn_deg=1.0, scale=1.0))
    found = align(skin, np.ascontiguousarray(np.rot90(shot.pixels[:, ::-1], 1)))
    assert found.mirrored
    assert any("turned by about 90° anticlockwise" in note for note in found.notes)


def test_skin_hidden_in_one_photo_leaves_the_common_area(skin: Rgb) -> None:
    shot = synthetic.reshoot(skin, replace(USUAL, turn_deg=0.0, scale=1.0, elastic_px=0.0))
    hidden = region(skin)
    mask = hidden.skin.copy()
    mask[:, :150] = False
    after = Face("closeup", (replace(hidden, skin=mask),))
    found = register(photo(skin, "a"), closeup(skin), photo(shot.pixels, "b"), after, SETTINGS)
    aligned = found.regions[0]
    rows, cols = np.nonzero(aligned.common)
    at = aligned.after_map[rows, cols]
    # Not one common pixel may fall on hidden skin.
    assert at[:, 0].min() >= 149.0
    assert aligned.common_share == pytest.approx((420 - 159) / 420, abs=0.05)


def test_a_changed_place_leaves_the_common_area(skin: Rgb, other_skin: Rgb) -> None:
    shot = synthetic.reshoot(skin, replace(USUAL, turn_deg=0.0, scale=1.0, elastic_px=0.0))
    patched = shot.pixels.copy()
    patched[100:260, 120:300] = other_skin[100:260, 120:300]
    aligned = align(skin, patched).regions[0]
    # In the middle of the patch, a window's width from its edge, there is nothing to fit.
    patch = aligned.common[100 + 40 : 260 - 40, 120 + 40 - 9 : 300 - 40 - 9]
    assert patch.mean() < 0.3
    assert aligned.common[:60].mean() > 0.8


def test_face_regions_by_landmarks(skin: Rgb) -> None:
    shot = synthetic.reshoot(skin, replace(USUAL, elastic_px=2.0))
    rng = np.random.default_rng(5)
    points = rng.uniform((0, 0), (420, 360), (468, 2))
    # Mesh points of real faces scatter by about 1 % of the face.
    there = shot.map.to_after(points) + rng.normal(0.0, 3.0, points.shape)
    there[:20] += 60.0  # and some are plainly wrong
    depth = np.zeros((468, 1))
    boxes = {"left_cheek": Box(230, 60, 400, 300), "nose": Box(20, 40, 200, 320)}
    before = Face(
        "face",
        tuple(region(skin, name, box) for name, box in boxes.items()),
        np.hstack((points, depth)),
    )
    after = Face(
        "face",
        (region(shot.pixels, "left_cheek"),),
        np.hstack((there, depth)),
    )
    found = register(photo(skin, "a"), before, photo(shot.pixels, "b"), after, SETTINGS)
    assert [aligned.name for aligned in found.regions] == ["left_cheek"]
    assert any("nose is not found" in note for note in found.notes)
    error = true_error_px(found.regions[0], shot.map)
    assert np.median(error) <= 0.3


def test_mirrored_face_is_turned_back_by_its_mesh(skin: Rgb) -> None:
    rng = np.random.default_rng(6)
    half = rng.uniform((15.0, 20.0, -40.0), (190.0, 340.0, 40.0), (234, 3))
    middle = (skin.shape[1] - 1) / 2
    other = half * (-1.0, 1.0, 1.0) + (2 * middle, 0.0, 0.0)
    # A face is not quite symmetric.
    mesh = np.vstack((half, other)) + rng.normal(0.0, 0.5, (468, 3))
    shot = synthetic.reshoot(skin, replace(USUAL, turn_deg=0.0, scale=1.0, shift_px=(0.0, 0.0)))
    mirrored = np.ascontiguousarray(shot.pixels[:, ::-1])
    left, right = Box(220, 30, 400, 330), Box(20, 30, 200, 330)
    # The person's left is in the picture's right half, in a mirrored picture as well.
    names = (("left_cheek", left), ("right_cheek", right))
    faces = [
        Face("face", tuple(region(skin, name, box) for name, box in names), points)
        for points in (mesh, mesh + rng.normal(0.0, 1.0, (468, 3)))
    ]
    found = register(photo(skin, "a"), faces[0], photo(mirrored, "b"), faces[1], SETTINGS)
    assert found.same_skin
    assert found.mirrored
    assert [aligned.name for aligned in found.regions] == ["left_cheek", "right_cheek"]
    for aligned in found.regions:
        assert aligned.common_share > 0.8
        back = aligned.after_map.copy()
        back[..., 0] = skin.shape[1] - 1 - back[..., 0]
        assert np.median(true_error_px(replace(aligned, after_map=back), shot.map)) <= 0.3


@pytest.mark.parametrize("turn_deg", [0.0, 20.0, 90.0, 180.0, 250.0])
def test_mirror_partners_are_found_whichever_way_the_face_lies(turn_deg: float) -> None:
    rng = np.random.default_rng(6)
    # Denser below than above and deeper outside, as a face is.
    half = rng.uniform((15.0, 0.0, 0.0), (190.0, 1.0, 40.0), (234, 3))
    half[:, 1] = 340.0 * half[:, 1] ** 2
    half[:, 2] += 0.002 * half[:, 0] ** 2
    mesh = np.vstack((half, half * (-1.0, 1.0, 1.0))) + rng.normal(0.0, 0.5, (468, 3))
    angle = np.deg2rad(turn_deg)
    mesh[:, :2] @= np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    wanted = np.concatenate((np.arange(234, 468), np.arange(234)))
    # Points nearer to each other than the noise may change places.
    assert np.mean(mirror_partners(mesh) == wanted) > 0.95


def test_scales_too_far_apart_are_not_matched(skin: Rgb) -> None:
    far = AlignSettings(scale_ratio_max=1.2)
    shot = synthetic.reshoot(skin, replace(USUAL, scale=0.6))
    found = register(
        photo(skin, "a"), closeup(skin), photo(shot.pixels, "b"), closeup(shot.pixels), far
    )
    assert not found.same_skin
    assert any("not found" in note for note in found.notes)


def test_exact_copy_where_the_grid_is_the_photo(skin: Rgb) -> None:
    grid = Grid.of_box(Box(17, 23, 117, 93))
    np.testing.assert_array_equal(sample_before(photo(skin), grid), to_linear(skin[23:93, 17:117]))


def test_interpolation_keeps_a_smooth_picture() -> None:
    rows, cols = np.mgrid[:80, :100].astype(np.float64)

    def wave(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        # Period 8 px: finer than any pore that is measured.
        return 0.4 + 0.2 * np.sin(2 * np.pi * x / 8.0) * np.cos(2 * np.pi * y / 11.0)

    from poremetrics.photo import to_srgb8

    picture = to_srgb8(np.repeat(wave(cols, rows)[..., None], 3, axis=2).astype(np.float32))
    aligned = RegionAlignment(
        "closeup",
        Grid(0.0, 0.0, 1.0, (40, 50)),
        np.dstack(np.meshgrid(np.arange(50) + 20.37, np.arange(40) + 15.81)).astype(np.float32),
        *(np.ones((40, 50), bool),) * 3,
        residual_median_px=0.0,
        residual_p95_px=0.0,
        correlation=1.0,
        common_share=1.0,
        scale_ratio=1.0,
    )
    got = sample_after(photo(picture), aligned)[..., 1]
    want = wave(aligned.after_map[..., 0], aligned.after_map[..., 1])
    # Half a grey level of sRGB is 0.003 in linear light here; the kernel adds about as much.
    assert np.abs(got - want).max() < 0.008


def test_shrinking_takes_out_what_the_grid_cannot_hold() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(90, 160, (120, 120, 1)).astype(np.uint8)
    picture = np.repeat(noise, 3, axis=2)
    plain = to_linear(picture)[..., 0].std()
    halved = sample_before(photo(picture), Grid(0.0, 0.0, 2.0, (60, 60)))[..., 0].std()
    # White noise under the Gaussian of sqrt(3)/2 px keeps 1 / (2 sigma sqrt(pi)) = 0.33.
    assert halved / plain == pytest.approx(0.33, abs=0.04)


@pytest.mark.filterwarnings("error")
def test_region_without_skin_is_no_ground_for_a_match(skin: Rgb) -> None:
    shot = synthetic.reshoot(skin, USUAL)
    bare = region(skin)
    hidden = Face("closeup", (replace(bare, skin=np.zeros_like(bare.skin)),))
    found = register(
        photo(skin, "a"), hidden, photo(shot.pixels, "b"), closeup(shot.pixels), SETTINGS
    )
    assert not found.same_skin
    aligned = found.regions[0]
    assert not aligned.common.any()
    assert np.isnan(aligned.residual_p95_px)
    assert np.isnan(aligned.scale_ratio)
    assert sample_after(photo(shot.pixels), aligned).shape == (*aligned.grid.shape, 3)


def test_too_little_shared_skin_is_no_ground_for_a_match(skin: Rgb) -> None:
    shot = synthetic.reshoot(skin, USUAL)
    aligned = []
    # A corner of 3 % of the region agrees as well as all of it, and by chance could in anyone.
    for side, fits in ((70, False), (180, True)):
        part = region(shot.pixels)
        mask = np.zeros_like(part.skin)
        mask[-side:, -side:] = True
        after = Face("closeup", (replace(part, skin=mask),))
        found = register(photo(skin, "a"), closeup(skin), photo(shot.pixels, "b"), after, SETTINGS)
        assert found.same_skin is fits
        aligned.append(found.regions[0])
    assert not aligned[0].common.any()
    assert aligned[1].correlation > 0.8


def test_featureless_photo_is_not_the_same_skin(skin: Rgb) -> None:
    grey = np.full_like(skin, 150)
    found = align(skin, grey)
    assert not found.same_skin
    assert found.notes
