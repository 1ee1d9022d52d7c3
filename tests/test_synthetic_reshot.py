"""A photo taken again: the map is exact, the nuisances do what they say."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from poremetrics.errors import UsageError
from poremetrics.photo import to_linear
from poremetrics.synthetic import PRESETS, Nuisance, Preset, draw_nuisance, render_skin, reshoot

DOTS = np.stack(np.meshgrid(np.arange(60, 760, 40), np.arange(60, 560, 40)), -1).reshape(-1, 2)


def dotted() -> npt.NDArray[np.uint8]:
    """Dark Gaussian dots of 3 px on grey."""
    dots = np.zeros((600, 800), np.float32)
    dots[DOTS[:, 1], DOTS[:, 0]] = 1.0
    dots = cv2.GaussianBlur(dots, (0, 0), 3)
    level = np.round(200 * (1 - 0.6 * dots / dots.max()))
    return np.repeat(level[..., None], 3, axis=2).astype(np.uint8)


def centroids(
    picture: npt.NDArray[np.uint8], guess: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    light = to_linear(picture)[..., 1]
    dark = np.maximum(0.99 - light / np.median(light), 0)
    out = []
    for x, y in np.round(guess).astype(int):
        part = dark[y - 14 : y + 15, x - 14 : x + 15]
        rows, cols = np.mgrid[-14:15, -14:15]
        out.append((x + (part * cols).sum() / part.sum(), y + (part * rows).sum() / part.sum()))
    return np.array(out)


@pytest.mark.parametrize("preset", ["gentle", "usual", "rough"])
def test_dots_are_found_where_the_map_says(preset: Preset) -> None:
    nuisance = replace(
        draw_nuisance(np.random.default_rng(3), preset),
        noise=0.0,
        jpeg_quality=None,
        light_gradient=0.0,
        elastic_wavelength_px=500.0,
    )
    second = reshoot(dotted(), nuisance)
    wanted = second.map.to_after(DOTS)
    inside = ((wanted > 20) & (wanted < (780, 580))).all(axis=1)
    assert inside.sum() > 150
    error = centroids(second.pixels, wanted[inside]) - wanted[inside]
    # OpenCV samples at 1/32 px: at most 1/64 px off, plus rounding to 8 bits.
    assert np.abs(error).max() < 0.03
    assert np.abs(error.mean(axis=0)).max() < 0.004


@pytest.mark.parametrize("preset", list(PRESETS))
def test_map_and_inverse_agree(preset: Preset) -> None:
    second = reshoot(dotted(), np.random.default_rng(4), preset)
    xy = np.random.default_rng(5).uniform(0, 600, (200, 2))
    # The fixed point converges by more than a factor of two per step: rounding is left.
    np.testing.assert_allclose(second.map.to_before(second.map.to_after(xy)), xy, atol=1e-9)
    np.testing.assert_allclose(second.map.to_after(second.map.to_before(xy)), xy, atol=1e-9)


def test_dense_fields_agree_with_the_functions() -> None:
    second = reshoot(dotted(), np.random.default_rng(4), "rough")
    grid = np.stack(np.meshgrid(np.arange(800), np.arange(100, 140)), -1).reshape(-1, 2)
    field = second.map.before_field(slice(100, 140)).reshape(-1, 2)
    # float32 of positions below 1024 resolves 6e-5 px.
    np.testing.assert_allclose(field, second.map.to_before(grid), atol=5e-4)
    part = second.map.after_field((10, 20, 42, 36))
    corner = np.array([[10.0, 20.0], [41.0, 35.0]])
    np.testing.assert_allclose(part[[0, -1], [0, -1]], second.map.to_after(corner), atol=5e-4)
    assert second.map.after_field().shape == (600, 800, 2)


def test_no_nuisance_gives_the_same_picture() -> None:
    picture = render_skin(np.random.default_rng(1), width_px=200, height_px=150).picture
    assert np.array_equal(reshoot(picture, Nuisance()).pixels, picture)


def test_the_elastic_field_has_the_amplitude_it_says() -> None:
    nuisance = Nuisance(elastic_px=2.0, elastic_wavelength_px=150.0, elastic_seed=1)
    xy = np.random.default_rng(0).uniform(0, 5000, (4000, 2))
    moved = reshoot(dotted(), nuisance).map.to_before(xy) - xy
    # Both components together; plane waves average out over many wavelengths.
    assert np.sqrt((moved**2).sum(axis=1).mean()) == pytest.approx(2.0, rel=0.1)


def test_light_exposure_balance_noise_and_blur() -> None:
    grey = np.full((200, 300, 3), 128, np.uint8)
    level = float(to_linear(grey)[0, 0, 0])
    brighter = to_linear(reshoot(grey, Nuisance(exposure_stops=0.5)).pixels)
    # One 8-bit level at this grey is 0.9 % of its light.
    assert brighter.mean() / level == pytest.approx(2**0.5, rel=0.01)
    warm = to_linear(reshoot(grey, Nuisance(balance=(1.2, 1.0, 0.9))).pixels).mean(axis=(0, 1))
    np.testing.assert_allclose(warm / level, (1.2, 1.0, 0.9), rtol=0.01)
    graded = to_linear(reshoot(grey, Nuisance(light_gradient=0.3)).pixels)[..., 0].mean(axis=0)
    assert graded[-1] / graded[0] == pytest.approx(1.3, rel=0.02)
    up = to_linear(reshoot(grey, Nuisance(light_gradient=0.3, light_deg=90.0)).pixels)[..., 0]
    assert up[0].mean() > up[-1].mean()
    noisy = to_linear(reshoot(grey, Nuisance(noise=0.02)).pixels)[..., 1]
    assert noisy.std() == pytest.approx(0.02 * np.sqrt(level), rel=0.03)
    line = grey.copy()
    line[:, 150] = 0
    soft = 1 - to_linear(reshoot(line, Nuisance(blur_px=2.0)).pixels)[100, :, 1] / level
    x = np.arange(300) - 150
    assert np.sqrt((soft * x**2).sum() / soft.sum()) == pytest.approx(2.0, rel=0.05)


def test_shrinking_does_not_alias() -> None:
    # Stripes finer than the smaller picture can hold turn to grey, not to wider stripes.
    stripes = np.repeat((np.arange(400) % 2 * 200).astype(np.uint8)[None], 300, axis=0)
    small = reshoot(np.repeat(stripes[..., None], 3, axis=2), Nuisance(scale=0.6)).pixels
    inner = small[100:200, 120:280, 1].astype(float)
    assert inner.std() < 0.12 * stripes.std()


def test_another_frame_keeps_the_middle() -> None:
    second = reshoot(dotted(), Nuisance(scale=0.5), after_shape=(300, 400))
    assert second.pixels.shape == (300, 400, 3)
    np.testing.assert_allclose(second.map.to_after([[399.5, 299.5]]), [[199.5, 149.5]])


@pytest.mark.parametrize("preset", ["defocus", "beauty"])
def test_hopeless_photos_lose_fine_texture(preset: Preset) -> None:
    picture = render_skin(np.random.default_rng(2), width_px=300, height_px=240).picture

    def fine(pixels: npt.NDArray[np.uint8]) -> float:
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return float((cv2.GaussianBlur(grey, (0, 0), 1) - cv2.GaussianBlur(grey, (0, 0), 2)).std())

    hopeless = reshoot(picture, replace(PRESETS[preset], noise=0.0)).pixels
    usual = reshoot(picture, replace(PRESETS["usual"], noise=0.0)).pixels
    assert fine(hopeless) < 0.7 * fine(usual)


def test_other_light_breaks_the_likeness() -> None:
    picture = render_skin(np.random.default_rng(2), width_px=300, height_px=240).picture

    def likeness(nuisance: Nuisance) -> float:
        still = replace(nuisance, turn_deg=0.0, scale=1.0, shift_px=(0.0, 0.0), elastic_px=0.0)
        bands = []
        for pixels in (picture, reshoot(picture, still).pixels):
            grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
            bands.append(cv2.GaussianBlur(grey, (0, 0), 1.5) - cv2.GaussianBlur(grey, (0, 0), 4))
        return float(np.corrcoef(bands[0].ravel(), bands[1].ravel())[0, 1])

    assert likeness(PRESETS["usual"]) > 0.95
    assert likeness(PRESETS["other_light"]) < 0.75


def test_drawn_nuisances_are_repeatable_and_vary() -> None:
    first, again = (draw_nuisance(np.random.default_rng(1), "usual") for _ in range(2))
    assert first == again
    assert first != draw_nuisance(np.random.default_rng(2), "usual")
    picture = dotted()
    assert np.array_equal(reshoot(picture, first).pixels, reshoot(picture, again).pixels)


def test_impossible_nuisances_are_refused() -> None:
    with pytest.raises(UsageError, match="fold"):
        Nuisance(elastic_px=10.0, elastic_wavelength_px=100.0)
    with pytest.raises(UsageError, match="scale"):
        Nuisance(scale=0.0)
    with pytest.raises(UsageError, match="preset"):
        draw_nuisance(np.random.default_rng(0), "strange")  # type: ignore[arg-type]
