"""The network that tells pores from other dark spots: its inputs, its weights, its training."""

from __future__ import annotations

import importlib
import json
from dataclasses import fields, replace
from importlib import resources

import cv2
import numpy as np
import pytest

from poremetrics import photo, pores
from poremetrics.model import Skin
from poremetrics.pores.candidates import find_spots
from poremetrics.pores.evidence import FEATURES, features, network, probability
from poremetrics.settings.pores import PoresSettings
from poremetrics.synthetic import CLEAR_PORES, Camera, make_skin, photograph

# `poremetrics.validate` is the function of that name
training = importlib.import_module("poremetrics.validate.evidence")
SETTINGS = PoresSettings()


def skin_of(seed: int = 3, side: int = 300) -> tuple[Skin, np.ndarray, np.ndarray]:
    """A close-up at 14 px/mm, the places of its visible pores and their diameters."""
    rng = np.random.default_rng(seed)
    recipe = replace(CLEAR_PORES, width_mm=side / 14.0, height_mm=side / 14.0, grain_px_per_mm=14.0)
    camera = Camera(width_px=side, height_px=side, px_per_mm=14.0)
    shot = photograph(make_skin(rng, recipe), camera, rng)
    seen = shot.truth[shot.truth["visible"]]
    skin = pores.flatten(
        photo.to_linear(shot.picture), np.ones((side, side), bool), SETTINGS, px_per_mm=14.0
    )
    return skin, seen[["x_px", "y_px"]].to_numpy(), seen["diameter_px"].to_numpy()


def turned(skin: Skin) -> Skin:
    """The same skin, turned by 90° clockwise."""
    images = {
        one.name: np.ascontiguousarray(np.rot90(getattr(skin, one.name), -1))
        for one in fields(skin)
        if isinstance(getattr(skin, one.name), np.ndarray)
    }
    return replace(skin, **images)


def test_weights_belong_to_these_features() -> None:
    text = resources.files("poremetrics.pores").joinpath("evidence.json").read_text("utf-8")
    assert tuple(json.loads(text)["features"]) == FEATURES
    net = network()
    assert net.mean.shape == net.scale.shape == (len(FEATURES),)
    assert net.hidden.shape == (len(FEATURES), len(net.output))
    assert np.all(net.scale > 0)


def test_a_turned_picture_gives_the_same_answer() -> None:
    skin, _, _ = skin_of()
    spots = find_spots(skin, SETTINGS)
    height = skin.mask.shape[0]
    xy = np.rint(spots.xy)  # half pixels would round the other way
    over = np.column_stack([height - 1 - xy[:, 1], xy[:, 0]])
    one = probability(skin, xy, spots.sigma_px)
    other = probability(turned(skin), over, spots.sigma_px)
    # Sums of float32 in another order.
    assert np.abs(one - other).max() < 0.02


def test_features_are_finite_at_borders_and_on_empty_skin() -> None:
    skin, _, _ = skin_of(side=120)
    corners = np.array([[0.0, 0.0], [119.0, 119.0], [0.0, 119.0], [60.0, 0.0]])
    width = np.full(4, 1.4)
    assert np.isfinite(features(skin, corners, width)).all()
    flat = replace(skin, darkening=np.zeros_like(skin.darkening), noise=np.zeros_like(skin.noise))
    assert np.isfinite(features(flat, corners, width)).all()
    hidden = replace(skin, mask=np.zeros_like(skin.mask))
    assert np.isfinite(features(hidden, corners, width)).all()
    assert probability(skin, np.zeros((0, 2)), np.zeros(0)).shape == (0,)


def test_clear_pores_are_probable_and_a_line_is_not() -> None:
    rng = np.random.default_rng(5)
    dark = 0.01 * rng.standard_normal((240, 240))
    y, x = np.indices(dark.shape)
    places = np.array([[40.0 * i + 30.0, 40.0 * j + 30.0] for i in range(4) for j in range(4)])
    for px, py in places:
        dark += 0.2 * np.exp(-np.log(2) * (2 * np.hypot(x - px, y - py) / 5.0) ** 3)
    dark += 0.2 * np.exp(-(((x - 205) / 1.5) ** 2))
    dark = cv2.GaussianBlur(dark, (0, 0), 0.9)
    linear = (np.array([0.45, 0.27, 0.21]) * np.exp(-dark[..., None])).astype(np.float32)
    skin = pores.flatten(linear, np.ones(dark.shape, bool), SETTINGS)
    # Half of each must be beyond doubt: twice the limit of a pore, and below that of a candidate.
    width = np.full(16, 2.0)
    assert np.median(probability(skin, places, width)) > 0.8
    line = np.column_stack([np.full(16, 205.0), np.linspace(20, 220, 16)])
    assert np.median(probability(skin, line, width)) < 0.15


def test_labels_are_the_best_answers_to_true_pores() -> None:
    skin, xy, diameter = skin_of()
    counts = diameter >= 4.0
    known, is_pore = training.examples_of(skin, xy, diameter, counts)
    assert known.shape[1] == len(FEATURES)
    # One spot at most per pore that counts; a pore in a furrow may have no maximum of its own.
    assert 0.8 * counts.sum() <= is_pore.sum() <= counts.sum()
    nothing, none = training.examples_of(skin, xy, diameter, np.zeros(len(xy), bool))
    assert not none.any()
    # Spots at pores that do not count are no examples of anything.
    assert len(nothing) < len(find_spots(skin, SETTINGS).xy)


def test_training_finds_a_rule_that_was_planted() -> None:
    # A pore wherever the first two features add up to more than nothing: three of a hundred
    # examples lie within 0.05 of the border.
    rng = np.random.default_rng(6)
    shown = []
    for k in range(4):
        known = rng.normal(size=(500, len(FEATURES)))
        shown.append(training.Examples(f"{k}", "synthetic", known, known[:, 0] + known[:, 1] > 0.0))
    net = training.train(shown[:3])
    right = (net.probability(shown[3].known) > 0.5) == shown[3].is_pore
    assert right.mean() > 0.95
    again = training.train(shown[:3])
    np.testing.assert_array_equal(again.hidden, net.hidden)


def test_written_weights_read_back() -> None:
    text = training.written(network())
    assert json.loads(text)["output_bias"] == pytest.approx(network().output_bias, abs=1e-5)
