"""What hides skin is taken out, pores and freckles stay: drawn patches with known contents."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from face_drawing import as_photo

from poremetrics import face
from poremetrics.errors import SkinError
from poremetrics.face.closeup import has_texture, looks_like_skin
from poremetrics.face.skin import fragments, hidden_skin
from poremetrics.settings.face import FaceSettings

SETTINGS = FaceSettings()
PX_PER_MM = 8.0
SIDE = 480
# sRGB of the six Fitzpatrick types, lightest first, as skin charts print them.
TONES = {
    "I": (244, 208, 177),
    "II": (231, 180, 143),
    "III": (210, 158, 124),
    "IV": (186, 119, 80),
    "V": (135, 85, 58),
    "VI": (60, 42, 34),
}


def skin_patch(tone="II", seed=3, side=SIDE, px_per_mm=PX_PER_MM):
    """Skin with shading, 0.3 mm pores 1.5 mm apart and noise: (pixels, centres)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    log_light = 0.25 * (x / side - 0.5) + 0.15 * np.sin(y / side * 2)
    log_light += (
        0.02 * cv2.GaussianBlur(rng.normal(0, 1, (side, side)).astype(np.float32), (0, 0), 2) * 6
    )
    step = 1.5 * px_per_mm
    grid = np.arange(step, side - step, step)
    centres = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)
    centres = centres + rng.uniform(-0.3, 0.3, centres.shape) * step
    pores = np.zeros((side, side), np.float32)
    for cx, cy in np.round(centres).astype(int):
        pores[cy, cx] = 1
    sigma = 0.15 * px_per_mm
    pores = cv2.GaussianBlur(pores, (0, 0), sigma) * (2 * np.pi * sigma**2)
    log_light -= 0.35 * np.minimum(pores, 1)
    levels = np.array(TONES[tone], np.float32) * np.exp(log_light / 2.2)[..., None]
    levels += rng.normal(0, 1.5, levels.shape)
    return np.clip(levels, 0, 255).astype(np.uint8), centres


def hidden(pixels, px_per_mm=PX_PER_MM):
    inside = np.ones(pixels.shape[:2], dtype=bool)
    return hidden_skin(pixels, inside, px_per_mm, SETTINGS)


def share(masks):
    return float(np.logical_or.reduce(list(masks.values())).mean())


def darken(pixels, mask, factor):
    out = pixels.astype(np.float32)
    return np.where(mask[..., None], out * factor, out).astype(np.uint8)


@pytest.mark.parametrize("tone", TONES)
def test_bare_skin_with_pores_stays(tone):
    pixels, _ = skin_patch(tone)
    # Nothing hides this skin; 2 % is left for the tails of the noise.
    assert share(hidden(pixels)) < 0.02


@pytest.mark.parametrize("tone", ["II", "V"])
def test_freckles_stay(tone):
    pixels, _ = skin_patch(tone)
    canvas = np.zeros(pixels.shape[:2], np.uint8)
    spots = [(90, 100), (230, 260), (330, 120), (150, 380)]
    for x, y in spots:
        cv2.circle(canvas, (x, y), round(0.9 * PX_PER_MM), 1, -1)
    # Freckles are darker and redder than skin: 20 % less light in the levels, more off the blue.
    freckled = pixels * np.where(canvas[..., None] > 0, (0.85, 0.76, 0.70), (1.0, 1.0, 1.0))
    masks = hidden(freckled.astype(np.uint8))
    assert share(masks) < 0.03


@pytest.mark.parametrize("tone", ["I", "III", "VI"])
def test_a_nostril_sized_dark_patch_goes(tone):
    pixels, _ = skin_patch(tone)
    canvas = np.zeros(pixels.shape[:2], np.uint8)
    cv2.ellipse(canvas, (240, 240), (28, 18), 20, 0, 360, 1, -1)
    masks = hidden(darken(pixels, canvas > 0, 0.35))
    assert masks["dark"][canvas > 0].mean() > 0.95
    assert masks["dark"][canvas == 0].mean() < 0.03


def test_a_shaded_side_is_not_a_dark_patch():
    pixels, _ = skin_patch("II")
    x = np.arange(SIDE)
    # Half of the light over 10 mm, as on the side of a nose.
    shade = 1 - 0.27 * (1 + np.tanh((x - SIDE / 2) / (5 * PX_PER_MM)))
    shaded = (pixels * (shade[None, :, None] ** (1 / 1.0))).astype(np.uint8)
    assert share(hidden(shaded)) < 0.02


@pytest.mark.parametrize("tone", ["II", "IV"])
def test_a_hair_lying_over_the_skin_goes(tone):
    pixels, _ = skin_patch(tone)
    canvas = np.zeros(pixels.shape[:2], np.uint8)
    t = np.linspace(0, 1, 60)
    curve = np.column_stack([60 + 340 * t, 90 + 230 * t + 45 * np.sin(3 * t)])
    cv2.polylines(canvas, [np.round(curve).astype(np.int32)], False, 1, 1, cv2.LINE_AA)
    masks = hidden(darken(pixels, canvas > 0, 0.55))
    # Where a pore lies right beside it a hair is not the only structure; two thirds of its
    # length must go, and little else.
    assert masks["hair"][canvas > 0].mean() > 0.67
    assert masks["hair"].mean() < 0.15


def test_a_beard_goes_and_the_skin_beside_it_stays():
    pixels, _ = skin_patch("II")
    rng = np.random.default_rng(5)
    canvas = np.zeros(pixels.shape[:2], np.uint8)
    for x, y in rng.uniform((300, 0), (480, 480), (900, 2)):
        turn = rng.normal(1.2, 0.25)
        end = (x + 22 * np.cos(turn), y + 22 * np.sin(turn))
        cv2.line(canvas, (round(x), round(y)), tuple(map(round, end)), 1, 1, cv2.LINE_AA)
    masks = hidden(darken(pixels, canvas > 0, 0.45))
    assert masks["hair"][20:-20, 340:460].mean() > 0.9
    # 3 mm of margin stand between.
    assert masks["hair"][:, :240].mean() < 0.03


def test_an_unlit_side_goes_and_its_border_is_no_hair():
    pixels, _ = skin_patch("II")
    x = np.arange(SIDE)
    light = 0.5 * (1 + np.tanh((240 - x) / (6 * PX_PER_MM)))
    # Levels go as light to the power 1 / 2.2.
    side_lit = (pixels * (0.005 + light)[None, :, None] ** (1 / 2.2)).astype(np.uint8)
    masks = hidden(side_lit)
    assert masks["dark"][:, 440:].mean() > 0.95
    assert masks["dark"][:, :240].mean() < 0.02
    assert masks["hair"].mean() < 0.02


def test_islands_between_hidden_places_go():
    inside = np.ones((300, 300), dtype=bool)
    ring = np.zeros((300, 300), np.uint8)
    cv2.circle(ring, (80, 80), 6, 1, 3)
    cv2.circle(ring, (200, 200), 60, 1, 3)
    islands = fragments({"hair": ring > 0}, inside, SETTINGS)
    # At 2.5 px/mm the smaller ring holds 13 mm², the larger one 1,700 mm².
    assert islands[80, 80]
    assert not islands[200, 200]
    assert not islands[10, 10]


def test_glare_goes():
    pixels, _ = skin_patch("III")
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    shine = np.exp(-((x - 200) ** 2 + (y - 200) ** 2) / (2 * 30**2))[..., None]
    shiny = np.clip(pixels + 230 * shine, 0, 255).astype(np.uint8)
    masks = hidden(shiny)
    assert masks["glare"][shine[..., 0] > 0.8].all()
    assert masks["glare"][shine[..., 0] < 0.05].mean() < 0.01


def test_paint_and_paper_go():
    pixels, _ = skin_patch("III")
    painted = pixels.copy()
    painted[60:140, 60:140] = (250, 40, 50)
    painted[300:380, 300:380] = (90, 150, 210)
    masks = hidden(painted)
    assert masks["foreign"][64:136, 64:136].mean() > 0.95
    assert masks["foreign"][304:376, 304:376].mean() > 0.95
    assert masks["foreign"].mean() < 0.12


def test_masks_do_not_depend_on_exposure():
    pixels, _ = skin_patch("III")
    canvas = np.zeros(pixels.shape[:2], np.uint8)
    cv2.ellipse(canvas, (240, 240), (28, 18), 20, 0, 360, 1, -1)
    marked = darken(pixels, canvas > 0, 0.4)
    bright, dim = hidden(marked), hidden((marked * 0.75).astype(np.uint8))
    for reason in bright:
        # Rounding to 8 bits moves outlines by a pixel at most.
        assert np.mean(bright[reason] != dim[reason]) < 0.01


@pytest.mark.parametrize("tone", TONES)
def test_a_closeup_of_any_tone_is_measured(tone):
    pixels, _ = skin_patch(tone, side=700)
    found = face.find(as_photo(pixels), SETTINGS, mm_per_px=1 / PX_PER_MM)
    assert found.view == "closeup"
    (region,) = found.regions
    assert region.name == "closeup"
    assert found.landmarks_px is None
    assert found.pose is None
    # Everything but the border of 2 % on each side.
    assert 0.88 < region.skin.sum() / pixels[..., 0].size < 0.93
    assert region.scale.source == "given"
    assert region.scale.mm_per_px == pytest.approx(1 / PX_PER_MM)


def test_a_closeup_without_scale_has_none():
    pixels, _ = skin_patch(side=700)
    (region,) = face.find(as_photo(pixels), SETTINGS, view="closeup").regions
    assert region.scale is None


def test_a_marker_in_a_closeup_gives_scale_and_is_no_skin():
    pixels, _ = skin_patch(side=700)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_6X6_250)
    marker = cv2.aruco.generateImageMarker(dictionary, 3, 160)
    pixels[480:680, 480:680] = 255
    pixels[500:660, 500:660] = marker[..., None]
    found = face.find(as_photo(pixels), SETTINGS, marker_mm=20.0)
    (region,) = found.regions
    # Half a pixel at each of 160: under 1 %.
    assert region.scale.mm_per_px == pytest.approx(20 / 160, rel=0.01)
    top, left = region.box.y0, region.box.x0
    assert not region.skin[485 - top : 675 - top, 485 - left : 675 - left].any()
    assert region.hidden["marker"] > 0.05


def test_users_polygons_take_the_place_of_the_frame():
    pixels, _ = skin_patch(side=700)
    square = [[100, 100], [400, 100], [400, 400], [100, 400]]
    found = face.find(as_photo(pixels), SETTINGS, regions={"temple": square})
    assert [region.name for region in found.regions] == ["temple"]
    # 301 x 301 pixel centres lie in or on the square.
    assert found.regions[0].skin.sum() == pytest.approx(301**2, rel=0.03)


def text_page():
    page = np.full((700, 600, 3), 255, np.uint8)
    for line in range(24):
        cv2.putText(page, "no skin on this page", (20, 30 + 28 * line), 0, 1, (0, 0, 0), 2)
    return page


def wall(colour, noise):
    rng = np.random.default_rng(1)
    return np.clip(np.array(colour) + rng.normal(0, noise, (600, 700, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.zeros((300, 400, 3), np.uint8), "colour"),
        (np.full((300, 400, 3), 255, np.uint8), "colour"),
        (wall((128, 128, 128), 4), "colour"),
        (wall((225, 205, 180), 3), "texture"),
        (wall((220, 170, 140), 0), "texture"),
        (wall((90, 140, 90), 8), "colour"),
        (text_page(), "colour"),
        (np.full((64, 400, 3), (220, 170, 140), np.uint8), "too few"),
    ],
    ids=["black", "white", "grey", "beige", "flat", "grass", "text", "strip"],
)
def test_what_is_no_skin_is_refused(pixels, reason):
    with pytest.raises(SkinError, match=reason) as caught:
        face.find(as_photo(pixels), SETTINGS, name="visit.jpg")
    assert "visit.jpg" in str(caught.value)
    assert caught.value.exit_code == 4


def test_the_face_view_refuses_a_closeup():
    pixels, _ = skin_patch(side=400)
    with pytest.raises(SkinError, match="no face"):
        face.find(as_photo(pixels), SETTINGS, view="face")


def test_a_region_hidden_all_over_is_refused():
    pixels, _ = skin_patch(side=400)
    pixels[:] = 255
    with pytest.raises(SkinError, match="no usable skin"):
        face.find(
            as_photo(pixels),
            SETTINGS,
            view="closeup",
            regions={"cheek": [[50, 50], [300, 50], [300, 300]]},
        )


@pytest.mark.parametrize("mm_per_px", [SETTINGS.minimum_mm_per_px, SETTINGS.maximum_mm_per_px])
def test_a_wild_scale_does_not_run_away(mm_per_px):
    pixels, _ = skin_patch(side=300)
    found = face.find(as_photo(pixels), SETTINGS, view="closeup", mm_per_px=mm_per_px)
    assert found.regions[0].scale.mm_per_px == mm_per_px


def test_grey_is_no_skin_colour_and_every_tone_is():
    assert not looks_like_skin(wall((128, 128, 128), 0), SETTINGS).any()
    for tone in TONES:
        assert looks_like_skin(skin_patch(tone)[0], SETTINGS).mean() > 0.95


def test_noise_is_no_texture_but_pores_are():
    assert not has_texture(wall((200, 150, 120), 6), SETTINGS)
    assert has_texture(skin_patch()[0], SETTINGS)
