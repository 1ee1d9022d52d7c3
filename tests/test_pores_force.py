"""Forced measurement: unbiased on bare skin, and true ratios of size between two photos."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_pores_find import SETTINGS, draw, look, spread

from poremetrics.pores import force


def bare(level, relief=0.0, seed=20):
    drawing = draw(
        seed=seed, noise=level, relief=relief, count=1, diameter=(3, 3), depth=(1e-6, 1e-6)
    )
    grid = np.arange(16.0, 345.0, 9.0)
    xy = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    return look(drawing), xy + np.random.default_rng(seed).uniform(-0.5, 0.5, xy.shape)


@pytest.mark.parametrize("level", [0.005, 0.01, 0.02, 0.03, 0.04])
def test_bare_skin_has_no_contrast_on_average(level):
    skin, xy = bare(level)
    measured = force(skin, xy, np.full(len(xy), 4.0), SETTINGS)
    error = measured["contrast"].std() / np.sqrt(len(xy))
    # three standard errors, and never as much as a twentieth of the noise
    assert abs(measured["contrast"].mean()) < max(3 * error, 0.05 * level)
    # the claimed error is the real scatter within 20 %
    assert measured["snr"].std() == pytest.approx(1.0, abs=0.2)


def test_relief_counts_as_noise():
    # correlated over 5 px: errors from single pixels would be three times too small
    skin, xy = bare(0.004, relief=0.02)
    measured = force(skin, xy, np.full(len(xy), 4.0), SETTINGS)
    assert measured["snr"].std() == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize("change", [0.80, 0.90, 1.0, 1.10, 1.20])
@pytest.mark.parametrize("level", [0.005, 0.02])
def test_ratio_of_sizes_is_right(change, level):
    logs = []
    for seed in (30, 31, 32):
        common = {"seed": seed, "noise": level, "depth": (0.25, 0.4), "apart": 18.0}
        before = draw(diameter=(4.0, 7.0), **common)
        after = draw(diameter=(4.0 * change, 7.0 * change), **common)
        np.testing.assert_array_equal(before.xy, after.xy)
        aperture = np.sqrt(before.diameter * after.diameter)
        one, two = (force(look(d), before.xy, aperture, SETTINGS) for d in (before, after))
        logs.append(np.log(two["diameter_px"] / one["diameter_px"]))
    values = np.concatenate(logs)
    values = values[np.isfinite(values)]
    assert len(values) > 60
    assert np.median(values) == pytest.approx(np.log(change), abs=0.02)


def test_aperture_does_not_decide_the_answer():
    drawing = draw(seed=33, diameter=(5.0, 6.0), noise=0.005, depth=(0.3, 0.4))
    skin = look(drawing)
    small, large = (
        force(skin, drawing.xy, share * drawing.diameter, SETTINGS)["diameter_px"]
        for share in (0.8, 1.25)
    )
    assert np.median(np.log(large / small)) == pytest.approx(0.0, abs=0.02)


def test_contrast_does_not_follow_size():
    common = {"seed": 34, "noise": 0.005, "depth": (0.3, 0.3), "count": 40, "apart": 22.0}
    before, after = (draw(diameter=(d, d), **common) for d in (8.0, 6.8))
    aperture = np.full(len(before.xy), 7.4)
    one, two = (force(look(d), before.xy, aperture, SETTINGS)["contrast"] for d in (before, after))
    # what blur takes off a pit of 6.8 px more than off one of 8 px is under 2 %
    assert np.median(two / one) == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize("level", [0.01, 0.02, 0.03])
def test_claimed_error_of_size(level):
    drawing = draw(
        seed=35,
        diameter=(4.0, 7.0),
        depth=(0.25, 0.4),
        noise=level,
        power=(3.0, 4.0),
        size=560,
        count=260,
    )
    measured = force(look(drawing), drawing.xy, drawing.diameter, SETTINGS)
    off = (measured["diameter_px"] - drawing.diameter) / measured["diameter_err_px"]
    assert spread(off.dropna().to_numpy()) == pytest.approx(1.0, abs=0.25)


def test_places_outside_are_not_a_number_and_order_is_kept():
    drawing = draw(seed=36, noise=0.01)
    mask = np.ones((360, 360), bool)
    mask[:, :180] = False
    skin = look(drawing, mask=mask)
    measured = force(skin, drawing.xy, drawing.diameter, SETTINGS)
    assert len(measured) == len(drawing.xy)
    outside = drawing.xy[:, 0] < 178
    assert measured["contrast"][outside].isna().all()
    assert measured["contrast"][drawing.xy[:, 0] > 183].notna().all()
    shuffled = np.random.default_rng(0).permutation(len(drawing.xy))
    again = force(skin, drawing.xy[shuffled], drawing.diameter[shuffled], SETTINGS)
    np.testing.assert_allclose(
        again["contrast"], measured["contrast"].to_numpy()[shuffled], rtol=1e-3, atol=1e-5
    )


def test_nothing_to_measure():
    skin, _ = bare(0.01)
    empty = force(skin, np.zeros((0, 2)), np.zeros(0), SETTINGS)
    assert len(empty) == 0
    unknown = force(skin, np.array([[50.0, 50.0], [-5.0, 3.0]]), np.array([np.nan, 4.0]), SETTINGS)
    assert unknown["contrast"].isna().all()


def test_a_weak_place_has_a_contrast_and_no_size():
    skin, xy = bare(0.02)
    measured = force(skin, xy, np.full(len(xy), 4.0), SETTINGS)
    weak = measured["snr"] < SETTINGS.size_snr
    assert weak.mean() > 0.9
    assert measured["diameter_px"][weak].isna().all()
    assert measured["contrast"][weak].notna().all()
    assert replace(skin, blur_px=0.7).blur_px == 0.7
