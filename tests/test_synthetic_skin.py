"""The generator tells the truth about its own pictures."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from poremetrics.errors import UsageError
from poremetrics.photo import to_linear
from poremetrics.synthetic import (
    NO_MARKS,
    PERFECT_CAMERA,
    TONES,
    Camera,
    Marks,
    Recipe,
    SkinModel,
    SyntheticSkin,
    Treatment,
    make_skin,
    photograph,
    render_skin,
)
from poremetrics.synthetic.fields import relief

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
# Even skin under even light, drawn large: nothing but pores, and quantisation far below them.
BARE = {
    "marks": NO_MARKS,
    "relief": 0.0,
    "mottling": 0.0,
    "redness": 0.0,
    "pores_per_cm2": 30.0,
    "median_contrast": 0.35,
}


def darkening(skin: SyntheticSkin) -> npt.NDArray[np.float64]:
    log = np.log(to_linear(skin.picture).astype(np.float64) @ LUMINANCE)
    return np.asarray(np.median(log) - log)


def measured_width(dark: npt.NDArray[np.float64], x: float, y: float, reach: int) -> float:
    """Equivalent diameter of the half-depth contour, by counting sixteenths of pixels."""
    col, row = round(x), round(y)
    part = dark[row - reach : row + reach + 1, col - reach : col + reach + 1]
    fine = ndimage.zoom(part, 4, order=1)
    step = (part.shape[0] - 1) / (fine.shape[0] - 1)
    peak = fine[len(fine) // 3 : -len(fine) // 3, len(fine) // 3 : -len(fine) // 3].max()
    label, _ = ndimage.label(fine > peak / 2)
    area = (label == label[round((row - row + reach) / step), round(reach / step)]).sum() * step**2
    return float(2 * np.sqrt(area / np.pi))


@pytest.mark.parametrize("tone", ["I", "VI"])
def test_true_diameter_and_contrast_are_what_a_perfect_camera_shows(tone: str) -> None:
    skin = render_skin(
        np.random.default_rng(5), px_per_mm=40.0, tone=tone, camera=PERFECT_CAMERA, **BARE
    )
    dark = darkening(skin)
    truth = skin.truth[skin.truth["inside"]]
    # Lone pores only: a neighbour within two widths adds to the depth of both.
    places = truth[["x_px", "y_px"]].to_numpy()
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    lone = truth[(gaps / truth["major_px"].to_numpy()[None]).min(axis=1) > 3.5]
    widths, depths = [], []
    for pore in lone.itertuples():
        reach = int(1.5 * pore.major_px) + 3
        if min(pore.x_px, pore.y_px, 1199 - pore.x_px, 899 - pore.y_px) < reach + 1:
            continue
        widths.append(measured_width(dark, pore.x_px, pore.y_px, reach) / pore.diameter_px)
        col, row = round(pore.x_px), round(pore.y_px)
        peak = dark[row - 1 : row + 2, col - 1 : col + 2].max()
        depths.append(-np.expm1(-peak) / pore.contrast)
    assert len(widths) > 35
    # The issue asks for 2 %. The curved relation of depth and luminance of three channels (0.5 %)
    # and 8-bit levels (1 % of a depth of 0.35) remain.
    assert abs(np.median(widths) - 1) < 0.01
    assert np.percentile(np.abs(np.array(widths) - 1), 90) < 0.02
    assert abs(np.median(depths) - 1) < 0.02


def test_plug_narrows_the_bottom_and_keeps_the_width() -> None:
    # The core is part of the profile whose half-depth width is the diameter.
    skin = render_skin(
        np.random.default_rng(8),
        px_per_mm=40.0,
        camera=PERFECT_CAMERA,
        plug_share=1.0,
        diameter_spread=0.0,
        clustering=0.0,
        **BARE,
    )
    dark = darkening(skin)
    ratios = [
        measured_width(dark, pore.x_px, pore.y_px, 20) / pore.diameter_px
        for pore in skin.truth[skin.truth["inside"]].itertuples()
        if 40 < pore.x_px < 1160 and 40 < pore.y_px < 860
    ]
    assert abs(np.median(ratios) - 1) < 0.015


def test_the_same_generator_state_makes_the_same_skin() -> None:
    first, again, other = (
        render_skin(np.random.default_rng(seed), width_px=240, height_px=180) for seed in (3, 3, 4)
    )
    assert np.array_equal(first.picture, again.picture)
    assert first.truth.equals(again.truth)
    assert first.distractors.equals(again.distractors)
    assert not np.array_equal(first.picture, other.picture)


@pytest.fixture(scope="module")
def subject() -> SkinModel:
    recipe = Recipe(width_mm=40.0, height_mm=30.0, grain_px_per_mm=12.0)
    return make_skin(np.random.default_rng(11), recipe)


FRAME = Camera(width_px=480, height_px=360, px_per_mm=12.0)


def test_density_and_sizes_follow_the_recipe(subject: SkinModel) -> None:
    rows, cols = subject.height.shape
    area_cm2 = (rows - 1) * (cols - 1) / 12.0**2 / 100.0
    # Crowding may take a few at random.
    assert len(subject.pores) / area_cm2 == pytest.approx(70.0, rel=0.03)
    size = np.log(subject.pores["diameter_um"].to_numpy())
    # Standard errors of 1000 pores: 0.9 % and 2.2 %; larger pores lose more to crowding.
    assert np.exp(np.median(size)) == pytest.approx(300.0, rel=0.05)
    assert size.std() == pytest.approx(0.28, rel=0.1)


def test_treatment_changes_what_it_says(subject: SkinModel) -> None:
    rng = np.random.default_rng(1)
    before = photograph(subject, FRAME, rng).truth
    after = photograph(
        subject, FRAME, rng, Treatment(diameter_ratio=0.8, contrast_ratio=0.9, lost_share=0.1)
    ).truth
    assert (before["pore_id"] == after["pore_id"]).all()
    # 0.1 of 1000 pores, binomial standard deviation 0.01.
    assert 1 - after["present"].mean() == pytest.approx(0.1, abs=0.035)
    assert before["present"].all()
    ratio = (after["diameter_px"] / before["diameter_px"]).dropna()
    np.testing.assert_allclose(ratio, 0.8)
    assert after.loc[~after["present"], ["diameter_px", "contrast"]].isna().all().all()
    assert not after.loc[~after["present"], "visible"].any()
    assert (after["visible"].sum()) < before["visible"].sum()


def test_a_stronger_treatment_takes_the_same_pores_and_more(subject: SkinModel) -> None:
    rng = np.random.default_rng(1)
    weak, strong = (
        photograph(subject, FRAME, rng, Treatment(lost_share=share)).truth["present"]
        for share in (0.1, 0.3)
    )
    assert (weak | ~strong).all()


def test_treated_redness_reddens(subject: SkinModel) -> None:
    rng = np.random.default_rng(1)
    plain = photograph(subject, FRAME, rng).picture.mean(axis=(0, 1))
    flushed = photograph(subject, FRAME, rng, Treatment(redness=0.2)).picture.mean(axis=(0, 1))
    assert flushed[0] - plain[0] > flushed[1] - plain[1] + 5


def test_another_place_of_the_camera_moves_the_truth_exactly(subject: SkinModel) -> None:
    rng = np.random.default_rng(2)
    camera = replace(FRAME, shift_px=(7.25, -3.5), turn_deg=5.0, px_per_mm=11.0)
    first, second = photograph(subject, FRAME, rng), photograph(subject, camera, rng)
    mm = np.linalg.solve(
        first.skin_to_photo[:, :2],
        (first.truth[["x_px", "y_px"]].to_numpy() - first.skin_to_photo[:, 2]).T,
    ).T
    moved = mm @ second.skin_to_photo[:, :2].T + second.skin_to_photo[:, 2]
    np.testing.assert_allclose(moved, second.truth[["x_px", "y_px"]].to_numpy(), atol=1e-9)
    np.testing.assert_allclose(
        second.truth["diameter_px"] / first.truth["diameter_px"], 11.0 / 12.0
    )
    # And the picture shows them there: darker at visible pores than around them.
    log = np.log(to_linear(second.picture) @ LUMINANCE)
    seen = second.truth[second.truth["visible"] & second.truth["inside"]]
    inner = seen[seen["x_px"].between(9, 470) & seen["y_px"].between(9, 350)]
    col, row = inner[["x_px", "y_px"]].round().astype(int).to_numpy().T
    assert (log[row, col] < ndimage.median_filter(log, 15)[row, col]).mean() > 0.97


def test_visible_pores_stand_out_of_bare_skin_by_three_sigma(subject: SkinModel) -> None:
    shot = photograph(subject, FRAME, np.random.default_rng(3))
    truth = shot.truth
    assert (truth["visible"] == (truth["inside"] & truth["present"] & (truth["snr"] >= 3))).all()
    assert 0.2 < truth.loc[truth["inside"], "visible"].mean() < 0.98
    # Blur and noise hide pores, nothing else changes.
    soft = photograph(subject, replace(FRAME, blur_px=2.0), np.random.default_rng(3)).truth
    noisy = photograph(subject, replace(FRAME, photons=500.0), np.random.default_rng(3)).truth
    assert soft["visible"].sum() < truth["visible"].sum()
    assert noisy["visible"].sum() < truth["visible"].sum()
    np.testing.assert_array_equal(soft["diameter_px"], truth["diameter_px"])


def test_snr_of_one_pore_in_white_noise_is_what_theory_says() -> None:
    # Flat skin, known white noise: the filtered noise and the filtered pore have closed forms.
    photons, brightness = 2000.0, 0.4
    camera = replace(
        PERFECT_CAMERA,
        width_px=600,
        height_px=600,
        px_per_mm=20.0,
        photons=photons,
        brightness=brightness,
    )
    skin = render_skin(
        np.random.default_rng(2),
        width_px=600,
        height_px=600,
        px_per_mm=20.0,
        camera=camera,
        **{**BARE, "pores_per_cm2": 5.0, "median_contrast": 0.1, "contrast_spread": 0.0},
        diameter_spread=0.0,
        elongation_spread=0.0,
        sharpness_range=(2.0, 2.0000001),
        plug_share=0.0,
        tone="I",
    )  # fmt: skip
    inside = skin.truth[skin.truth["inside"]]
    s = 300e-3 * 20.0 / 2.3548  # Gaussian pore of 300 µm
    picture = to_linear(skin.picture).reshape(-1, 3)
    middle = np.median(picture, axis=0).astype(np.float64)
    share = middle * LUMINANCE / (middle @ LUMINANCE)
    noise = np.sqrt((share**2 / middle / photons).sum())
    depth = -np.log1p(-0.1)
    a, b = s, 1.8 * s
    signal = depth * (s**2 / (s**2 + a**2) - s**2 / (s**2 + b**2))
    power = 1 / (4 * np.pi) * (1 / a**2 + 1 / b**2 - 4 / (a**2 + b**2))
    expected = signal / (noise * np.sqrt(power))
    # Filter scales come in steps of 1.3, the lobes of the outline are not Gaussian.
    assert np.median(inside["snr"]) == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("tone", TONES)
def test_every_tone_renders_visible_pores_and_gets_darker(tone: str) -> None:
    skin = render_skin(np.random.default_rng(6), width_px=300, height_px=240, tone=tone)
    assert skin.picture.shape == (240, 300, 3)
    assert skin.truth["visible"].sum() > 40
    level = skin.picture.mean()
    lighter = {"I": 175, "II": 165, "III": 155, "IV": 145, "V": 130, "VI": 112}[tone]
    assert level == pytest.approx(lighter, abs=18)
    # Skin is red before green before blue.
    red, green, blue = skin.picture.mean(axis=(0, 1))
    assert red > green > blue


def test_marks_lie_where_the_table_says() -> None:
    marks = Marks(freckles=3.0, moles=1.0, acne=1.0, vellus=2.0, hairs=1.0, stubble=6.0)
    recipe = {**BARE, "marks": marks, "pores_per_cm2": 1.0}
    skin = render_skin(np.random.default_rng(9), camera=PERFECT_CAMERA, px_per_mm=12.0, **recipe)
    table = skin.distractors
    assert set(table["kind"]) == {"freckle", "mole", "acne", "vellus", "hair", "stubble"}
    dark = darkening(skin)
    for kind in ("freckle", "mole"):
        spots = table[(table["kind"] == kind)]
        col, row = spots[["x_px", "y_px"]].round().astype(int).to_numpy().T
        assert (dark[row, col] > 0.05).all()


def test_camera_options_do_what_they_say(subject: SkinModel) -> None:
    def fine(camera: Camera) -> float:
        picture = photograph(subject, camera, np.random.default_rng(4)).picture.astype(float)
        grey = picture.mean(axis=2)
        return float((grey - ndimage.gaussian_filter(grey, 1.0)).std())

    plain = fine(FRAME)
    assert fine(replace(FRAME, sharpen=1.0)) > 1.2 * plain
    assert fine(replace(FRAME, jpeg_quality=30)) != plain
    assert fine(replace(FRAME, bayer=True, photons=1e9)) < plain
    assert fine(replace(FRAME, light_slant=1.0, blur_px=0.5)) > plain
    warm = photograph(
        subject, replace(FRAME, balance=(1.1, 1.0, 0.8)), np.random.default_rng(4)
    ).picture.mean(axis=(0, 1))
    cool = photograph(subject, FRAME, np.random.default_rng(4)).picture.mean(axis=(0, 1))
    assert warm[0] > cool[0]
    assert warm[2] < cool[2]


def test_coarse_camera_on_fine_skin_is_anti_aliased() -> None:
    recipe = Recipe(width_mm=30.0, height_mm=24.0, grain_px_per_mm=24.0, **BARE)  # type: ignore[arg-type]
    rough = replace(recipe, relief=0.08)
    camera = replace(PERFECT_CAMERA, width_px=150, height_px=120, px_per_mm=6.0, light_slant=0.8)
    fine = replace(camera, width_px=600, height_px=480, px_per_mm=24.0)
    skin = make_skin(np.random.default_rng(1), replace(rough, pores_per_cm2=1.0))
    small = photograph(skin, camera, np.random.default_rng(2)).picture.mean(axis=2)
    large = photograph(skin, fine, np.random.default_rng(2)).picture.mean(axis=2)
    # Furrows too fine for the camera must go, not fold into false texture.
    assert small.std() < large.std()


@pytest.mark.parametrize("grain", [48.0, 96.0])
def test_skin_that_is_sampled_finer_is_no_smoother(grain: float) -> None:
    def roughness(px_per_mm: float) -> float:
        """Squared slope between 3 and 8 cycles per millimetre, beyond the furrows' own end."""
        shape = round(14.0 * px_per_mm), round(14.0 * px_per_mm)
        recipe = Recipe(grain_px_per_mm=px_per_mm)
        height = relief(np.random.default_rng(5), shape, recipe)
        power = np.abs(np.fft.rfft2(height)) ** 2 / float(np.prod(shape)) ** 2
        per_mm = px_per_mm * np.hypot(
            np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
        )
        seen = (per_mm > 3.0) & (per_mm < 8.0)
        return float(np.sum((2.0 * np.pi * per_mm[seen]) ** 2 * power[seen]))

    # Some ten thousand waves; the patches of unevenness are others, and they are few. Were slopes
    # shared among all frequencies that the sampling holds, it would be a half and a quarter.
    assert roughness(grain) / roughness(24.0) == pytest.approx(1.0, abs=0.1)


def test_impossible_recipes_are_refused() -> None:
    for wrong in ({"tone": "VII"}, {"median_contrast": 1.5}, {"width_mm": 0.0}):
        with pytest.raises(UsageError):
            Recipe(**wrong)  # type: ignore[arg-type]
