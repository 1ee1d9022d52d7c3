"""Figures of quality on patches whose truth is drawn: blur, noise, glare, grid, light."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.special import j1

from poremetrics import photo
from poremetrics.settings.photo import PhotoSettings

SKIN = np.array([0.45, 0.26, 0.18])  # linear light of a light skin: L* about 62
SIDE = 320


def disc(side=SIDE):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.hypot(x, y) < 0.47 * side


def skin_field(rng, side=SIDE, slope=1.5, sd=0.06, blur_px=0.0):
    """Gaussian field of ln luminance with power f^-slope, blurred exactly in Fourier space."""
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    f[0, 0] = 1
    amplitude = f ** (-slope / 2)
    amplitude[0, 0] = 0
    spectrum = np.fft.rfft2(rng.standard_normal((side, side))) * amplitude
    field = np.fft.irfft2(spectrum, s=(side, side))
    scale = sd / field.std()
    transfer = np.exp(-2 * (np.pi * blur_px * f) ** 2)
    return scale * np.fft.irfft2(spectrum * transfer, s=(side, side))


def rendered(field, noise=0.0, rng=None):
    """Linear RGB of such a field, with sensor noise in ln luminance, rounded to 8 bit."""
    if noise:
        field = field + rng.normal(0, noise, field.shape)
    linear = SKIN * np.exp(field)[..., None]
    return photo.to_linear(photo.to_srgb8(linear))


def flat(side=SIDE, colour=SKIN):
    return np.broadcast_to(np.asarray(colour, np.float32), (side, side, 3)).copy()


def texture(linear):
    return photo.fine_texture(photo.sharpness(linear, disc()))


# --- blur, noise, texture --------------------------------------------------------------


# The texture's slope is known only to its prior (SD 0.8), which is worth 15 % of a blur of 1 px
# and less of a larger one relative to the frequency where it is read; 0.25 px covers a draw of
# the field as well.
@pytest.mark.parametrize("blur_px", [0.8, 1.2, 1.8, 2.5])
@pytest.mark.parametrize("slope", [1.2, 1.8])
@pytest.mark.parametrize("noise", [0.002, 0.01])
def test_blur_is_found_in_noise_that_lenses_do_not_blur(blur_px, slope, noise):
    rng = np.random.default_rng(11)
    field = skin_field(rng, slope=slope, blur_px=blur_px)
    result = photo.sharpness(rendered(field, noise, rng), disc())
    assert result.blur_px == pytest.approx(blur_px, rel=0.18, abs=0.1)
    assert result.blur_err_px < 0.5


# Blurring the finished picture blurs texture and noise alike: variances add. 20 % is what
# rounding to 8 bit leaves; below 1 px the priors on slope and processing hold 0.15 px² back.
@pytest.mark.parametrize("added_px", [0.7, 1.0, 1.5])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_added_blur_is_read_with_slope_one_in_variance(added_px, noise):
    rng = np.random.default_rng(12)
    linear = rendered(skin_field(rng, blur_px=0.6), noise, rng)
    softer = cv2.GaussianBlur(linear, (0, 0), added_px, borderType=cv2.BORDER_REFLECT)
    softer = photo.to_linear(photo.to_srgb8(softer))
    before, after = (photo.sharpness(one, disc()) for one in (linear, softer))
    added = after.blur_px**2 - before.blur_px**2
    assert added == pytest.approx(added_px**2, rel=0.2, abs=0.15)


def test_out_of_focus_skin_is_far_from_skin_in_focus():
    rng = np.random.default_rng(13)
    sharp = photo.sharpness(rendered(skin_field(rng, blur_px=0.7), 0.01, rng), disc())
    lost = photo.sharpness(rendered(skin_field(rng, blur_px=6.0), 0.01, rng), disc())
    assert sharp.blur_px < 1.2
    assert lost.blur_px > 4
    assert lost.resolved_to < 0.1 < sharp.resolved_to
    assert lost.texture < 0.3 * sharp.texture


def defocused(field, radius_px):
    """Blur by the disc of a lens out of focus, and by 0.5 px of camera."""
    f = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
    x = 2 * np.pi * radius_px * np.maximum(f, 1e-9)
    transfer = 2 * j1(x) / x * np.exp(-2 * (np.pi * 0.5 * f) ** 2)
    return np.fft.irfft2(np.fft.rfft2(field) * transfer, s=field.shape)


# A disc of radius r has an SD of r / 2 along each axis, but takes more at the reference frequency
# than the Gaussian of that SD, hence the one-sided room.
@pytest.mark.parametrize("radius_px", [1, 2, 3, 4])
@pytest.mark.parametrize("noise", [0.005, 0.03])
def test_defocus_disc_reads_as_its_spread(radius_px, noise):
    rng = np.random.default_rng(25)
    field = defocused(skin_field(rng), radius_px)
    result = photo.sharpness(rendered(field, noise, rng), disc())
    spread = np.hypot(radius_px / 2, 0.5)
    assert 0.85 * spread < result.blur_px < 1.5 * spread


@pytest.mark.parametrize("radius_px", [6, 10, 14])
@pytest.mark.parametrize("noise", [0.003, 0.01, 0.03])
def test_skin_hopelessly_out_of_focus_is_caught_by_one_figure_or_the_other(radius_px, noise):
    rng = np.random.default_rng(26)
    linear = rendered(defocused(skin_field(rng), radius_px), noise, rng)
    assert photo.sharpness(linear, disc()).blur_px > 1.2
    assert texture(linear) < 0.3


@pytest.mark.parametrize("noise", [0.01, 0.03, 0.06])
def test_noise_is_told_from_texture(noise):
    rng = np.random.default_rng(14)
    field = skin_field(rng, blur_px=1.5)
    result = photo.sharpness(rendered(field, noise, rng), disc())
    assert result.noise == pytest.approx(noise, rel=0.25)  # it rests on the upper half of rings


def test_texture_scales_with_the_skin_and_not_with_the_noise():
    rng = np.random.default_rng(15)
    field = skin_field(rng, blur_px=0.8)
    base = texture(rendered(field))
    assert texture(rendered(field / 2)) == pytest.approx(base / 2, rel=0.05)
    noisy = texture(rendered(field, 0.03, rng))
    assert noisy == pytest.approx(base, rel=0.1)


def test_smoothing_lowers_the_texture():
    rng = np.random.default_rng(16)
    linear = rendered(skin_field(rng, blur_px=0.8), 0.01, rng)
    smoothed = cv2.bilateralFilter(photo.to_srgb8(linear), 15, 40, 7)
    assert texture(photo.to_linear(smoothed)) / texture(linear) < 0.6


def test_texture_band_follows_the_scale():
    rng = np.random.default_rng(17)
    linear = rendered(skin_field(rng), 0, rng)
    per_px = photo.sharpness(linear, disc()).texture
    same_band = photo.sharpness(linear, disc(), mm_per_px=0.125).texture
    assert same_band == pytest.approx(per_px, rel=0.1)  # 0.4-1 cycles/mm at 8 px/mm
    # 1 cycle per mm cannot be seen with 2 pixels per mm.
    assert np.isnan(photo.sharpness(linear, disc(), mm_per_px=0.5).texture)


def test_exposure_does_not_change_blur_or_texture():
    rng = np.random.default_rng(18)
    linear = rendered(skin_field(rng, blur_px=1.0), 0.005, rng)
    darker = photo.to_linear(photo.to_srgb8(linear * 0.4))
    one, two = photo.sharpness(linear, disc()), photo.sharpness(darker, disc())
    assert two.blur_px == pytest.approx(one.blur_px, abs=0.1)
    assert two.texture == pytest.approx(one.texture, rel=0.03)


def test_hairs_do_not_pass_for_sharp_skin_texture():
    rng = np.random.default_rng(19)
    linear = rendered(skin_field(rng, blur_px=1.0), 0.01, rng)
    expected = photo.sharpness(linear, disc())
    for start in rng.integers(60, 260, (6, 2)):
        end = start + rng.integers(-40, 40, 2)
        cv2.line(linear, start.tolist(), end.tolist(), (0.02, 0.02, 0.02), 1, cv2.LINE_AA)
    seen = photo.sharpness(linear, disc())
    assert seen.texture == pytest.approx(expected.texture, rel=0.35)
    assert seen.blur_px == pytest.approx(expected.blur_px, abs=0.35)


@pytest.mark.parametrize("shape", [(20, 20), (40, 300), (300, 40)])
def test_too_little_skin_for_a_spectrum_is_unknown(shape):
    rng = np.random.default_rng(20)
    linear = rendered(skin_field(rng))[: shape[0], : shape[1]]
    result = photo.sharpness(linear, np.ones(shape, bool))
    assert np.isnan([result.blur_px, result.blur_err_px, result.noise, result.texture]).all()
    assert photo.power_spectrum(linear, np.ones(shape, bool)) is None
    scattered = np.zeros((SIDE, SIDE), bool)
    scattered[::6, ::6] = True
    assert photo.power_spectrum(rendered(skin_field(rng)), scattered) is None


@pytest.mark.parametrize("mask", [disc(), np.ones((SIDE, SIDE), bool)], ids=["disc", "whole"])
def test_a_picture_of_one_colour_has_no_spectrum(mask):
    # Under a disc sums leave 1e-15 of power, far below that of rounding; under all of it nothing.
    assert photo.power_spectrum(flat(), mask) is None
    assert np.isnan(photo.sharpness(flat(), mask).blur_px)


# --- exposure, glare, colour -----------------------------------------------------------


def test_clipped_share_counts_black_and_white():
    linear = flat()
    mask = np.ones((SIDE, SIDE), bool)
    assert photo.clipped_share(linear, mask) == 0
    linear[:32] = 0
    linear[32:64, :, 0] = 1  # red alone is burnt out
    assert photo.clipped_share(linear, mask) == pytest.approx(64 / SIDE)
    assert photo.clipped_share(linear, mask & (np.arange(SIDE) >= 64)[:, None]) == 0


def test_a_mirrored_lamp_is_found_by_colour_and_shading_is_not():
    mask = disc()
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    shaded = flat() * (0.4 + 0.9 * x)[..., None].astype(np.float32)
    spot = np.hypot(x - 0.6, y - 0.5) < 0.15
    shining = shaded + np.where(spot, 0.35, 0)[..., None].astype(np.float32)
    assert photo.specular_contrast(shining, mask) > 0.3
    assert photo.specular_contrast(shaded, mask) < 0.02


def test_surface_light_is_the_share_that_was_added():
    mask = disc()
    linear = flat()
    linear[:, 200:] += 0.1
    expected = 0.1 / (photo.luminance(linear)[0, 250])
    share = photo.surface_light(linear, mask)
    assert share[100, 250] == pytest.approx(expected, abs=0.01)
    assert share[100, 50] == pytest.approx(0, abs=1e-4)


def test_dark_skin_is_not_clipped():
    linear = flat(colour=[0.06, 0.025, 0.014])
    assert photo.clipped_share(linear, disc()) == 0


def test_a_grey_photo_tells_nothing_about_surface_light():
    grey = flat(colour=[0.3, 0.3, 0.3])
    assert np.isnan(photo.specular_contrast(grey, disc()))
    assert photo.surface_light(grey, disc()) is None


def test_exposure_and_redness_are_cielab():
    # sRGB (200, 150, 130): L* 66.57, a* 15.98 by the formulas of CIE 15 and IEC 61966-2-1, D65.
    pixels = np.full((64, 64, 3), (200, 150, 130), np.uint8)
    linear = photo.to_linear(pixels)
    mask = np.ones((64, 64), bool)
    expected = reference_lab(np.array([200, 150, 130]))
    assert photo.exposure(linear, mask) == pytest.approx(expected[0], abs=0.05)
    assert photo.skin_redness(linear, mask) == pytest.approx(expected[1], abs=0.15)


def reference_lab(level):
    encoded = level / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt((np.array(matrix) @ linear) / [0.95047, 1, 1.08883])
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_lightness_spans_black_to_white():
    ramp = photo.to_linear(np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1))
    values = photo.lightness(ramp)
    assert values[0] == pytest.approx(0, abs=1e-4)
    assert values[-1] == pytest.approx(100, abs=1e-3)
    assert (np.diff(values) > 0).all()


# --- light -----------------------------------------------------------------------------


@pytest.mark.parametrize("angle_deg", [-135, -60, 0, 45, 90, 170])
def test_direction_and_strength_of_light(angle_deg):
    mask = disc()
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    side = np.sqrt(np.count_nonzero(mask))
    angle = np.deg2rad(angle_deg)
    rise = 0.6 * (x * np.cos(angle) + y * np.sin(angle)) / side
    strength, seen = photo.light_direction(
        (flat() * np.exp(rise)[..., None]).astype(np.float32), mask
    )
    assert seen == pytest.approx(angle_deg, abs=0.5)
    assert strength == pytest.approx(0.6, rel=0.01)


def test_even_light_has_no_strength():
    assert photo.light_direction(flat(), disc())[0] == pytest.approx(0, abs=1e-6)


# --- compression -----------------------------------------------------------------------


def compressed(pixels, quality):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def test_blockiness_rises_as_quality_falls():
    rng = np.random.default_rng(23)
    pixels = photo.to_srgb8(rendered(skin_field(rng, blur_px=0.8), 0.01, rng))
    seen = [photo.blockiness(compressed(pixels, q), disc()) for q in (95, 70, 40, 20)]
    assert photo.blockiness(pixels, disc()) < 1.15
    assert seen[0] < 1.4
    assert seen == sorted(seen)
    assert seen[-1] > 2


def test_blockiness_does_not_depend_on_where_the_crop_begins():
    rng = np.random.default_rng(24)
    pixels = compressed(photo.to_srgb8(rendered(skin_field(rng, blur_px=0.8))), 30)
    whole = photo.blockiness(pixels, disc())
    shifted = photo.blockiness(pixels[5:, 3:], disc()[5:, 3:])
    turned = photo.blockiness(np.rot90(pixels), np.rot90(disc()))
    assert shifted == pytest.approx(whole, rel=0.05)
    assert turned == pytest.approx(whole, rel=1e-3)


# --- nothing to measure ----------------------------------------------------------------


def test_every_figure_is_nan_on_too_little_skin():
    linear, pixels = flat(), photo.to_srgb8(flat())
    speck = np.zeros((SIDE, SIDE), bool)
    speck[:5, :5] = True
    for mask in (np.zeros_like(speck), speck):
        figures = [
            photo.blockiness(pixels, mask),
            *photo.light_direction(linear, mask),
            photo.fine_texture(photo.sharpness(linear, mask)),
        ]
        for figure in (
            photo.clipped_share,
            photo.specular_contrast,
            photo.exposure,
            photo.skin_redness,
        ):
            figures.append(figure(linear, mask))
        assert np.isnan(figures).all()


def test_smallest_skin_is_a_setting():
    speck = np.zeros((SIDE, SIDE), bool)
    speck[:5, :5] = True
    assert photo.exposure(flat(), speck, PhotoSettings(minimum_pixels=20)) > 0


def test_patches_smaller_than_a_block_have_no_grid():
    pixels = np.full((6, 300, 3), 120, np.uint8)
    mask = np.ones((6, 300), bool)
    assert np.isnan(photo.blockiness(pixels, mask))


# --- colour ----------------------------------------------------------------------------


def test_every_level_survives_linear_light():
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(photo.to_srgb8(photo.to_linear(levels)), levels)


def test_linear_light_is_iec_61966():
    encoded = np.arange(256) / 255
    expected = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    linear = photo.to_linear(np.arange(256, dtype=np.uint8))
    assert linear.dtype == np.float32
    np.testing.assert_allclose(linear, expected, rtol=1e-6, atol=1e-9)


def test_linear_light_outside_the_range_is_clipped():
    assert photo.to_srgb8(np.array([-0.5, 0.0, 1.0, 7.0])).tolist() == [0, 0, 255, 255]
