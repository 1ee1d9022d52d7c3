"""Light, exposure, coding and colour: silent on unchanged skin, told where something was done."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest
from closeups import NEXT_VISIT, visits
from PIL import Image

import poremetrics
from poremetrics.change import light_turn_deg
from poremetrics.change.looks import excess_noise_log
from poremetrics.model import Conditions, Rgb
from poremetrics.photo import luminance, to_linear, to_srgb8
from poremetrics.synthetic import Nuisance, reshoot

CHECKS = ["blocks", "light_kind", "exposure", "noise", "redness_rise", "shine_rise"]


def failed(after: Rgb) -> list[str]:
    """Return which of the checks the skin of another visit fails against the first."""
    before, _ = visits(seed=1)
    quality = poremetrics.compare(before.picture, after, view="closeup", mm_per_px=1 / 15).quality
    shown: pd.DataFrame = quality[quality["check"].isin(CHECKS)]
    assert set(shown["check"]) == set(CHECKS)
    assert shown["value"].notna().all()
    return sorted(set(shown.loc[~shown["ok"], "check"]))


def later() -> Rgb:
    return visits(seed=1)[1].picture


def reddened(pixels: Rgb, rise: float) -> Rgb:
    lab = cv2.cvtColor(to_linear(pixels), cv2.COLOR_LRGB2Lab)
    lab[..., 1] += rise
    return to_srgb8(np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2LRGB), 0, 1))


def shining(pixels: Rgb) -> Rgb:
    """Add a lamp mirrored by an oily patch that fills a fifth of the picture."""
    light = np.zeros(pixels.shape[:2], np.float32)
    cv2.ellipse(light, (240, 200), (150, 90), 0.0, 0.0, 360.0, 0.7, -1)
    return to_srgb8(
        np.clip(to_linear(pixels) + cv2.GaussianBlur(light, (0, 0), 5)[..., None], 0, 1)
    )


def sheen(pixels: Rgb, strength: float) -> Rgb:
    """Add light that the surface mirrors, which a parallel polariser lets pass."""
    rng = np.random.default_rng(8)
    waves = cv2.GaussianBlur(rng.standard_normal(pixels.shape[:2]).astype(np.float32), (0, 0), 6.0)
    linear = to_linear(pixels)
    share = strength * np.clip(waves / waves.std(), 0.0, 2.0)
    return to_srgb8(np.clip(linear + (share * luminance(linear))[..., None], 0, 1))


def coded(pixels: Rgb, quality: int) -> Rgb:
    """Return what a messenger leaves, in a file that no longer says so."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def test_another_visit_of_unchanged_skin_fails_none() -> None:
    assert NEXT_VISIT.jpeg_quality == 93
    assert not failed(later())


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("redness_rise", lambda: reddened(later(), 6.0)),
        ("shine_rise", lambda: shining(later())),
        ("light_kind", lambda: sheen(later(), 0.08)),
        ("exposure", lambda: reshoot(later(), Nuisance(exposure_stops=-1.5)).pixels),
        ("blocks", lambda: coded(later(), 15)),
        # Two stops less light, made up for by gain: softer than the first and yet grainier.
        ("noise", lambda: reshoot(later(), Nuisance(blur_px=0.5, noise=0.08)).pixels),
    ],
)
def test_what_was_done_to_the_photo_is_told(name: str, after) -> None:
    assert name in failed(after())


@pytest.mark.parametrize(
    ("relative_blur_px", "noise_ratio", "expected"),
    [
        (0.8, 0.5, math.log(0.5)),  # softer and smoother: as blur leaves it
        (0.8, 2.0, math.log(2.0)),
        (-0.8, 0.5, math.log(2.0)),  # the first is the softer one, and the noisier
        (0.0, 0.5, math.log(2.0)),  # equally sharp: either way
    ],
)
def test_noise_is_that_of_the_softer_over_the_sharper_photo(
    relative_blur_px: float, noise_ratio: float, expected: float
) -> None:
    equal = Conditions(
        relative_blur_px=0.0,
        gain=1.0,
        noise_ratio=1.0,
        correlation=1.0,
        blur_px=0.9,
        blur_sd_px2=0.02,
    )
    shown = replace(equal, relative_blur_px=relative_blur_px, noise_ratio=noise_ratio)
    assert excess_noise_log(shown) == pytest.approx(expected)
    assert math.isnan(excess_noise_log(replace(shown, noise_ratio=math.nan)))


def test_light_that_cannot_be_told_has_no_direction() -> None:
    assert math.isnan(light_turn_deg((math.nan, math.nan), (1.0, 20.0)))
    assert light_turn_deg((1.0, 0.0), (1.0, 180.0)) == pytest.approx(90.0)
