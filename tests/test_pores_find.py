"""Flattening, detection, sizing and flags against dips and marks that were drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from scipy.spatial import cKDTree

from poremetrics.columns import FLAGS
from poremetrics.photo import sharpness, to_linear
from poremetrics.photo.point_spread import fit
from poremetrics.photo.spectrum import Spectrum
from poremetrics.pores import find, flatten
from poremetrics.pores.blur import bare_texture, point_spread_px
from poremetrics.pores.candidates import thin_out
from poremetrics.pores.profile import (
    FWHM_PER_SIGMA,
    depth_kept,
    pit_table,
    seen_power,
    seen_width,
    true_width,
)
from poremetrics.settings.photo import PhotoSettings
from poremetrics.settings.pores import PoresSettings
from poremetrics.synthetic import (
    CLEAR_PORES,
    FAINT_PORES,
    Camera,
    Recipe,
    Rgb,
    make_skin,
    photograph,
)

SETTINGS = PoresSettings()
BLUR_PX = 0.9


@dataclass
class Drawing:
    """Skin that was drawn, and what is on it."""

    linear: np.ndarray
    xy: np.ndarray
    diameter: np.ndarray
    depth: np.ndarray


def draw(
    seed=0,
    size=360,
    count=110,
    diameter=(3.0, 7.0),
    depth=(0.15, 0.35),
    power=(3.8, 3.8),
    noise=0.01,
    relief=0.0,
    blur=BLUR_PX,
    ratio=1.0,
    tone=(0.45, 0.27, 0.21),
    tint=(1.0, 1.0, 1.0),
    extra=None,
    apart=None,
):
    """Draw round or oval pits on a raster four times finer, blurred and averaged down."""
    rng = np.random.default_rng(seed)
    fine = 4
    xy = []
    while len(xy) < count:
        place = rng.uniform(14, size - 15, 2)
        if all(np.hypot(*(place - other)) > (apart or 2.6 * diameter[1]) for other in xy):
            xy.append(place)
        elif rng.random() < 1e-3:
            break
    xy = np.array(xy)
    widths = rng.uniform(*diameter, len(xy))
    depths = rng.uniform(*depth, len(xy))
    powers = rng.uniform(*power, len(xy))
    angles = rng.uniform(0, np.pi, len(xy))
    raster = np.zeros((size * fine, size * fine), np.float32)
    axis = (np.arange(size * fine) + 0.5) / fine - 0.5
    for (x, y), d, a, p, turn in zip(xy, widths, depths, powers, angles, strict=True):
        reach = 1.5 * d * np.sqrt(ratio) + 2
        cols = np.flatnonzero(np.abs(axis - x) < reach)
        rows = np.flatnonzero(np.abs(axis - y) < reach)
        u, v = np.meshgrid(axis[cols] - x, axis[rows] - y)
        along = (u * np.cos(turn) + v * np.sin(turn)) / np.sqrt(ratio)
        across = (v * np.cos(turn) - u * np.sin(turn)) * np.sqrt(ratio)
        pit = a * np.exp(-np.log(2) * (2 * np.hypot(along, across) / d) ** p)
        raster[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1] += pit
    if extra is not None:
        raster += extra(*np.meshgrid(axis, axis))
    # the pixel itself blurs by 1/12 px²
    raster = cv2.GaussianBlur(raster, (0, 0), fine * np.sqrt(blur**2 - 1 / 12))
    dark = cv2.resize(raster, (size, size), interpolation=cv2.INTER_AREA)
    if relief:
        bumps = cv2.GaussianBlur(rng.standard_normal((size, size)), (0, 0), 2.5)
        dark = dark + relief * bumps / bumps.std()
    grain = noise * rng.standard_normal((size, size))
    channels = [
        level * np.exp(-share * dark - grain) for level, share in zip(tone, tint, strict=True)
    ]
    return Drawing(np.stack(channels, axis=-1).astype(np.float32), xy, widths, depths)


def look(drawing, mask=None, blur=BLUR_PX):
    """Flatten, with the blur that was drawn."""
    inside = np.ones(drawing.linear.shape[:2], bool) if mask is None else mask
    return replace(flatten(drawing.linear, inside, SETTINGS), blur_px=blur)


def matched(drawing, pores, within=2.0):
    """Truth index of every pore, -1 where there is none."""
    distance, index = cKDTree(drawing.xy).query(pores[["x_px", "y_px"]].to_numpy())
    return np.where(distance < within, index, -1)


def spread(values):
    return 1.4826 * np.median(np.abs(values - np.median(values)))


# --- flattening ----------------------------------------------------------------------------


def test_exposure_does_not_change_darkening():
    # exact but for float32: the logarithm has no offset
    drawing = draw(noise=0.0, count=20)
    bright, dark = (look(replace(drawing, linear=drawing.linear * gain)) for gain in (1.0, 0.25))
    assert np.abs(bright.darkening - dark.darkening).max() < 1e-4


def test_bare_skin_is_zero_and_noise_is_measured():
    drawing = draw(noise=0.02, count=1)
    skin = look(drawing)
    assert abs(np.median(skin.darkening)) < 0.001
    # 4 % of a standard error per tile, far less over nine tiles; the background takes a little
    assert np.median(skin.noise) == pytest.approx(0.02, rel=0.06)


def test_shading_is_taken_out_and_pores_stay():
    drawing = draw(noise=0.004)
    ramp = np.linspace(0.4, 1.0, 360, dtype=np.float32)
    shaded = replace(drawing, linear=drawing.linear * ramp[None, :, None] * ramp[:, None, None])
    flat, ramped = look(drawing), look(shaded)
    inner = (slice(20, -20), slice(20, -20))
    # a gradient of 0.25 % per pixel curves by far less than the noise within a window
    assert np.abs(flat.darkening - ramped.darkening)[inner].max() < 0.01


def test_pores_do_not_bias_the_local_skin():
    # one pixel in eight lies in a pore; a plain mean would sit 0.03 too dark
    drawing = draw(noise=0.01, count=150, diameter=(6.0, 8.0), depth=(0.3, 0.3), size=300)
    skin = look(drawing)
    distance = cKDTree(drawing.xy).query(np.argwhere(skin.mask)[:, ::-1])[0].reshape(300, 300)
    assert abs(np.mean(skin.darkening[distance > 9])) < 0.006


def test_dark_and_clipped_pixels_are_masked():
    drawing = draw(count=1)
    linear = drawing.linear.copy()
    linear[:20] = 0.0
    linear[-20:] = 1.0
    skin = look(replace(drawing, linear=linear))
    assert not skin.mask[:20].any()
    assert not skin.mask[-20:].any()
    assert skin.mask[30:-30].all()
    assert np.isfinite(skin.darkening).all()


# --- detection -----------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.005, 0.01, 0.02, 0.03, 0.04])
@pytest.mark.parametrize("tone", [(0.55, 0.38, 0.30), (0.10, 0.05, 0.03)])
def test_pores_are_found_in_light_and_dark_skin(level, tone):
    drawing = draw(seed=1, noise=level, depth=(0.25, 0.35), tone=tone)
    pores = find(look(drawing), SETTINGS).query("is_pore")
    index = matched(drawing, pores)
    # the weakest, 3 px wide in the strongest noise, stand 6 sigmas out
    assert len(np.unique(index[index >= 0])) >= 0.97 * len(drawing.xy)
    assert np.mean(index < 0) <= 0.02
    found = drawing.xy[index[index >= 0]]
    offset = pores[["x_px", "y_px"]].to_numpy()[index >= 0] - found
    assert np.median(np.hypot(*offset.T)) < 0.25


def test_bare_skin_has_hardly_any_pores():
    # 4 sigmas on 130,000 pixels of noise and relief: less than one in 10,000
    for level, relief in ((0.01, 0.0), (0.03, 0.0), (0.005, 0.02)):
        drawing = draw(noise=level, relief=relief, count=1, diameter=(3, 3), depth=(1e-6, 1e-6))
        assert find(look(drawing), SETTINGS)["is_pore"].sum() <= 13


def test_turning_the_picture_turns_the_answer():
    drawing = draw(seed=2, noise=0.02)
    upright = find(look(drawing), SETTINGS).query("is_pore")
    turned = find(
        look(replace(drawing, linear=np.ascontiguousarray(np.rot90(drawing.linear)))), SETTINGS
    ).query("is_pore")
    assert len(turned) == pytest.approx(len(upright), abs=1)
    back = np.stack([359 - turned["y_px"], turned["x_px"]], axis=1)
    distance, index = cKDTree(back).query(upright[["x_px", "y_px"]].to_numpy())
    close = distance < 0.1
    assert close.mean() > 0.98
    ratio = turned["diameter_px"].to_numpy()[index[close]] / upright["diameter_px"][close]
    assert np.abs(np.log(ratio)).max() < 0.02


def test_smaller_copy_has_smaller_pores():
    drawing = draw(seed=3, noise=0.01, diameter=(5.0, 8.0))
    small = cv2.resize(drawing.linear, (324, 324), interpolation=cv2.INTER_AREA)
    one = find(look(drawing), SETTINGS).query("is_pore")
    # averaging over 1/0.9 pixels adds to the blur what a wider pixel has more than one has
    blur = np.hypot(0.9 * BLUR_PX, np.sqrt((1 - 0.81) / 12))
    two = find(look(replace(drawing, linear=small), blur=blur), SETTINGS).query("is_pore")
    assert len(two) == pytest.approx(len(one), rel=0.02)
    assert two["diameter_px"].median() == pytest.approx(0.9 * one["diameter_px"].median(), rel=0.02)


def test_touching_pores_are_two():
    drawing = draw(noise=0.005, count=1, diameter=(5, 5), depth=(0.3, 0.3))
    x, y = drawing.xy[0]

    def neighbour(u, v):
        pit = 0.3 * np.exp(-np.log(2) * (2 * np.hypot(u - x - 6.0, v - y) / 5.0) ** 3.8)
        return pit.astype(np.float32)

    pair = draw(noise=0.005, count=1, diameter=(5, 5), depth=(0.3, 0.3), extra=neighbour)
    pores = find(look(pair), SETTINGS).query("is_pore")
    near = pores[np.hypot(pores["x_px"] - x, pores["y_px"] - y) < 9]
    assert len(near) == 2
    # each is sized as if it stood alone, within the 5 % that neighbours are worth
    assert near["diameter_px"].to_numpy() == pytest.approx([5.0, 5.0], rel=0.06)


def test_mask_border_makes_no_pores():
    drawing = draw(noise=0.01, count=1, diameter=(3, 3), depth=(1e-6, 1e-6))
    mask = np.zeros((360, 360), bool)
    cv2.circle(view := mask.astype(np.uint8), (180, 180), 120, 1, -1)
    dark = drawing.linear.copy()
    dark[view == 0] *= 0.3
    pores = find(look(replace(drawing, linear=dark), mask=view.astype(bool)), SETTINGS)
    assert pores["is_pore"].sum() <= 3


@pytest.mark.parametrize("shape", [(1, 1), (7, 40), (64, 64)])
def test_tiny_or_empty_patches_give_an_empty_table(shape):
    linear = np.full((*shape, 3), 0.3, np.float32)
    for mask in (np.ones(shape, bool), np.zeros(shape, bool)):
        pores = find(flatten(linear, mask, SETTINGS), SETTINGS)
        assert len(pores) == 0
        assert list(pores["flags"]) == []


def test_thinning_keeps_the_strongest():
    xy = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [9.0, 9.0]])
    keep = thin_out(xy, np.full(4, 2.5), np.array([3.0, 2.0, 1.0, 0.5]), share=0.5)
    # the second falls to the first, so the third is free of it
    assert keep.tolist() == [True, False, True, True]


# --- size ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("diameter", "limit"), [(3.0, 0.10), (4.0, 0.05), (6.0, 0.05), (9, 0.05)])
@pytest.mark.parametrize("power", [(2.6, 2.6), (3.2, 3.2), (4.0, 4.0)])
def test_size_is_unbiased_over_profiles(diameter, limit, power):
    if diameter == 3.0 and power[0] < 3:
        limit = 0.15  # behind this blur the profile of a 3 px pore cannot be told
    elif power[0] < 3:
        limit = 0.10
    drawing = draw(
        seed=4, count=40, diameter=(diameter, diameter), depth=(0.3, 0.3), noise=0.01, power=power
    )
    pores = find(look(drawing), SETTINGS).query("is_pore")
    index = matched(drawing, pores)
    ratio = pores["diameter_px"].to_numpy()[index >= 0] / diameter
    assert abs(np.log(np.median(ratio))) < limit


@pytest.mark.parametrize("level", [0.01, 0.015, 0.02, 0.03, 0.04])
def test_claimed_diameter_error_is_the_real_one(level):
    errors = []
    for seed in range(3):
        drawing = draw(
            seed=10 + seed, diameter=(4.0, 7.0), depth=(0.25, 0.4), noise=level, power=(3.0, 4.0)
        )
        pores = find(look(drawing), SETTINGS).query("is_pore")
        index = matched(drawing, pores)
        pores, index = pores[index >= 0], index[index >= 0]
        off = pores["diameter_px"].to_numpy() - drawing.diameter[index]
        errors.append(off / pores["diameter_err_px"].to_numpy())
    # 300 pores: the robust spread itself is known to 6 %; the issue asks for 20 %
    assert spread(np.concatenate(errors)) == pytest.approx(1.0, abs=0.2)


def test_elongation_and_angle_of_oval_pores():
    drawing = draw(seed=5, diameter=(6.0, 6.0), ratio=1.8, noise=0.005, depth=(0.3, 0.3))
    pores = find(look(drawing), SETTINGS).query("is_pore")
    # the prior of the axis ratio takes a few per cent off it
    assert pores["elongation"].median() == pytest.approx(1.8, rel=0.08)
    assert (pores["major_px"] * pores["minor_px"]).to_numpy() == pytest.approx(
        pores["diameter_px"].to_numpy() ** 2
    )
    assert pores["area_px2"].to_numpy() == pytest.approx(
        np.pi / 4 * pores["diameter_px"].to_numpy() ** 2
    )
    assert pores["angle_deg"].between(0, 180).all()


def test_angle_is_from_x_towards_y():
    def oval(u, v):
        along, across = (u + v) / np.sqrt(2), (v - u) / np.sqrt(2)
        return (0.4 * np.exp(-((along / 4.0) ** 2) - (across / 2.4) ** 2)).astype(np.float32)

    def placed(u, v):
        return oval(u - 180, v - 180)

    drawing = draw(count=1, diameter=(3, 3), depth=(1e-6, 1e-6), noise=0.003, extra=placed)
    pores = find(look(drawing), SETTINGS).query("is_pore")
    assert pores["angle_deg"].iloc[0] == pytest.approx(45.0, abs=3.0)


# --- the blur tables -----------------------------------------------------------------------


def test_gaussian_pit_follows_the_sum_of_squares():
    width = np.array([2.0, 4.0, 9.0])
    seen = seen_width(width, 0.8, 2.0)
    assert seen == pytest.approx(np.hypot(width, 0.8 * FWHM_PER_SIGMA), rel=0.01)
    assert depth_kept(width, 0.8, 2.0) == pytest.approx((width / seen) ** 2, rel=0.02)


def test_true_width_undoes_seen_width():
    for exponent in (2.0, 2.8, 3.8, 5.0):
        width = np.geomspace(1.5, 20.0, 12)
        back, stretch = true_width(seen_width(width, 0.9, exponent), 0.9, exponent)
        assert back == pytest.approx(width, rel=0.015)
        assert (stretch > 0.9).all()
        assert np.all(np.diff(pit_table(exponent).seen) > 0)
    assert true_width(np.array([1.0]), 0.9, 3.0)[0][0] == 0.0
    assert seen_power(np.array([2.2, 30.0]), 0.9, 4.0) == pytest.approx([2.0, 4.0], abs=0.3)


def photographed(recipe: Recipe, px_per_mm: float, lens_px: float) -> Rgb:
    """A close-up of 480 x 400 px."""
    wide, high = 480, 400
    size = {"width_mm": wide / px_per_mm, "height_mm": high / px_per_mm}
    own = replace(recipe, **size, grain_px_per_mm=px_per_mm)
    camera = Camera(width_px=wide, height_px=high, px_per_mm=px_per_mm, blur_px=lens_px)
    skin = make_skin(np.random.default_rng(6), own)
    return photograph(skin, camera, np.random.default_rng(7)).picture


@pytest.mark.parametrize("px_per_mm", [10.0, 14.0, 18.0, 24.0])
@pytest.mark.parametrize("recipe", [CLEAR_PORES, FAINT_PORES], ids=["clear", "faint"])
def test_blur_is_measured_on_bare_skin(recipe: Recipe, px_per_mm: float) -> None:
    lens_px = np.array([0.7, 1.0, 1.4, 2.0])
    measured = []
    for one in lens_px:
        linear = to_linear(photographed(recipe, px_per_mm, float(one)))
        whole = np.ones(linear.shape[:2], bool)
        measured.append(flatten(linear, whole, SETTINGS, px_per_mm=px_per_mm).blur_px)
    assert measured == sorted(measured)
    # Demosaicking adds 0.25 px². Skins of a recipe scatter by 8 % (sd), and what is claimed of the
    # error draws 2 px towards the usual by 7 %. With 20 % too much blur a pore of 4 px behind 1 px
    # is 8 % too small, with 20 % too little 3 to 6 % too large.
    assert measured == pytest.approx(np.hypot(lens_px, 0.5), rel=0.2)


@pytest.mark.parametrize("shrink", [2.0, 5.0])
def test_blur_is_measured_on_a_photo_that_was_shrunk(shrink: float) -> None:
    own_px = 0.7 * shrink
    side = round(400 * shrink)
    size_mm = 400 / 24.0
    fine = replace(
        CLEAR_PORES, width_mm=size_mm, height_mm=size_mm, grain_px_per_mm=min(24.0 * shrink, 60.0)
    )
    camera = Camera(width_px=side, height_px=side, px_per_mm=24.0 * shrink, blur_px=own_px)
    skin = make_skin(np.random.default_rng(6), fine)
    large = to_linear(photograph(skin, camera, np.random.default_rng(7)).picture)
    linear = cv2.resize(large, (400, 400), interpolation=cv2.INTER_AREA)
    whole = np.ones(linear.shape[:2], bool)
    told = flatten(linear, whole, SETTINGS, px_per_mm=24.0, shrink=shrink).blur_px
    # Demosaicking is shrunk as well; averaging over a pixel adds its own 1/12 px².
    true = math.sqrt(0.7**2 + 0.25 / shrink**2 + 1.0 / 12.0)
    # 6 px wide pores are at most 3 % too small with a blur that is 30 % too large.
    assert told == pytest.approx(true, rel=0.3)


def test_a_scale_that_is_a_little_wrong_does_not_matter_to_the_blur() -> None:
    linear = to_linear(photographed(CLEAR_PORES, 14.0, 1.0))
    whole = np.ones(linear.shape[:2], bool)
    told = [flatten(linear, whole, SETTINGS, px_per_mm=14.0 * by).blur_px for by in (0.9, 1.0, 1.1)]
    # The scale from an iris has an error of 4 to 7 %; nearly twice as wrong, 10 % of blur is seen.
    assert max(told) / min(told) < 1.15


def test_holes_in_the_skin_do_not_look_like_sharpness() -> None:
    linear = to_linear(photographed(CLEAR_PORES, 18.0, 1.4))
    bare = np.ones(linear.shape[:2], bool)
    texture = bare_texture(18.0, SETTINGS)
    whole = sharpness(linear, bare, texture=texture).blur_px
    rows, cols = np.random.default_rng(8).integers(0, 400, (2, 400))
    for row, col in zip(rows, cols, strict=True):
        bare[row : row + 4, col : col + 4] = False
    assert 0.9 < bare.mean() < 0.98  # as much as pores, hairs and glints take
    # 3 % is seen, and 12 % where holes end hard; the softer a photo is, the more both are.
    assert sharpness(linear, bare, texture=texture).blur_px == pytest.approx(whole, rel=0.06)
    hard = sharpness(linear, bare, texture=replace(texture, fade_px=0.0)).blur_px
    assert hard < 0.92 * whole


@pytest.mark.parametrize("px_per_mm", [9.0, 12.0])
def test_fine_texture_is_not_taken_for_the_grain_of_a_blurred_photo(px_per_mm: float) -> None:
    """Of skin with coarser relief and more roughness than most, seen sharply in little noise."""
    frequency = np.arange(2, 62) / 128.0
    square = 4.0 * np.pi**2 * frequency**2
    relief = np.exp(-((frequency * px_per_mm / 0.7) ** 2))
    skin = 0.06 * 0.5 * (relief + 1.0) * np.exp(-(0.6**2) * square)
    power = skin + 0.02**2 * np.exp(-0.25 * square)
    seen = Spectrum(frequency, power, n_tiles=40, tile_px=128, rounding=1e-7)
    texture = bare_texture(px_per_mm, SETTINGS)
    told = fit(seen, PhotoSettings(), texture)
    # The texture is not the usual one, so too little is told; the smallest that is believed is 0.6.
    assert told.blur_px < 0.7
    # With any noise allowed the same spectrum is that of skin blurred by more, in grain of 16 %.
    anything = fit(seen, PhotoSettings(), replace(texture, noise_spread=5.0))
    assert anything.blur_px > 0.9
    assert anything.noise > 0.12


def test_skin_too_small_has_the_usual_blur() -> None:
    few = np.full((20, 20), 0.01, np.float32)
    nothing = np.full((20, 20, 3), 0.4, np.float32)
    measured = point_spread_px(nothing, few, few, np.ones((20, 20), bool), None, 1.0, SETTINGS)
    assert measured == SETTINGS.usual_blur_px


# --- flags ---------------------------------------------------------------------------------


def test_every_flag_is_declared_and_excludes_as_declared():
    drawing = draw(seed=7, noise=0.02)
    pores = find(look(drawing), SETTINGS)
    for flags, is_pore in zip(pores["flags"], pores["is_pore"], strict=True):
        names = [name for name in flags.split(";") if name]
        assert set(names) <= set(FLAGS)
        assert is_pore == (not any(FLAGS[name].excludes for name in names))


def test_hair_is_not_a_row_of_pores():
    def hair(u, v):
        bend = 180 + 20 * np.sin(u / 60.0)
        line = 0.5 * np.exp(-(((v - bend) / 0.8) ** 2))
        return (line * ((u > 60) & (u < 300))).astype(np.float32)

    drawing = draw(count=1, diameter=(3, 3), depth=(1e-6, 1e-6), noise=0.01, extra=hair)
    pores = find(look(drawing), SETTINGS)
    along = pores[np.abs(pores["y_px"] - 180 - 20 * np.sin(pores["x_px"] / 60.0)) < 4]
    strong = along[along["snr"] > SETTINGS.pore_snr]
    assert len(strong) >= 3
    assert strong["flags"].str.contains("hair|wrinkle").sum() >= 2
    assert not strong["is_pore"].any()


def freckled(tint):
    def spots(u, v):
        total = np.zeros_like(u, dtype=np.float32)
        for x in range(60, 320, 80):
            for y in range(60, 320, 80):
                total += 0.25 * np.exp(-np.log(2) * (2 * np.hypot(u - x, v - y) / 14.0) ** 4)
        return total

    return draw(count=1, diameter=(3, 3), depth=(1e-6, 1e-6), noise=0.01, tint=tint, extra=spots)


def test_freckles_are_pigment_and_blemishes_are_blood():
    # melanin takes blue more than green and green more than red; blood takes green and blue
    for tint, name in (((0.3, 1.15, 2.0), "freckle"), ((0.25, 1.3, 1.2), "blemish")):
        pores = find(look(freckled(tint)), SETTINGS)
        wide = pores[(pores["snr"] > SETTINGS.pore_snr) & (pores["diameter_px"] > 10)]
        assert len(wide) >= 12
        assert wide["flags"].str.contains(name).mean() > 0.9
        assert not wide["is_pore"].any()


def test_dark_core_is_a_plug_and_a_deep_pore_has_its_contrast():
    drawing = draw(seed=8, diameter=(8.0, 9.0), depth=(0.9, 0.9), noise=0.01, count=30)
    pores = find(look(drawing), SETTINGS).query("is_pore")
    assert pores["flags"].str.contains("plug").all()
    # a pit of eight pixels keeps all of its depth behind this blur
    assert pores["contrast"].median() == pytest.approx(1 - np.exp(-0.9), rel=0.05)


def test_edge_is_flagged():
    drawing = draw(count=1, diameter=(6, 6), depth=(0.3, 0.3), noise=0.005)
    x, _ = drawing.xy[0]
    mask = np.ones((360, 360), bool)
    mask[:, : int(x) - 3] = False
    pores = find(look(drawing, mask=mask), SETTINGS).query("is_pore")
    assert "edge" in pores["flags"].iloc[0]


def test_coloured_noise_is_noise():
    drawing = draw(seed=9, count=20, tint=(1.6, 1.0, 1.6), depth=(0.2, 0.3), noise=0.01)
    pores = find(look(drawing), SETTINGS)
    assert pores["is_pore"].sum() <= 2


def test_edge_of_a_shadow_is_not_a_row_of_pores():
    rng = np.random.default_rng(11)
    x = np.linspace(-180, 180, 360)
    light = 0.08 + 0.92 / (1 + np.exp(x / 4.0))
    # photon noise: three times as much of the light in the shadow as beside it
    grain = 0.012 * rng.standard_normal((360, 360)) / np.sqrt(light)
    level = light * np.exp(-grain)
    linear = (np.array([0.45, 0.27, 0.21]) * level[..., None]).astype(np.float32)
    pores = find(flatten(linear, np.ones((360, 360), bool), SETTINGS), SETTINGS)
    near = pores[np.abs(pores["x_px"] - 180) < 30]
    assert near["is_pore"].sum() <= 5
