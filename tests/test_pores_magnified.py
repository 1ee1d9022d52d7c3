"""What an alignment draws wider or narrower than the skin around it is no change of size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from poremetrics import compare, pores, synthetic
from poremetrics.change import default_response
from poremetrics.settings import Settings
from poremetrics.synthetic import CLEAR_PORES, Camera, Treatment

SHAPE = (220, 300)
SETTINGS = Settings().pair
WHOLE = np.ones(SHAPE, bool)
LENGTHS = ("diameter_px", "area_px2")


def grid_map(
    matrix: npt.ArrayLike, bend: npt.NDArray[np.float64] | float = 0.0
) -> npt.NDArray[np.float32]:
    """Places in the after photo of every grid pixel: an affine map after a displacement."""
    rows, cols = np.indices(SHAPE, dtype=np.float64)
    at = np.stack([cols, rows], axis=-1) + bend
    return np.asarray(at @ np.asarray(matrix, np.float64).T + 37.0, np.float32)


def bumps(places: npt.NDArray[np.float64], share: float, sigma: float) -> npt.NDArray[np.float64]:
    """Displacement that draws what lies at the places wider by ``share``, and nothing else."""
    rows, cols = np.indices(SHAPE, dtype=np.float64)
    total = np.zeros((*SHAPE, 2))
    for x, y in places:
        off = np.stack([cols - x, rows - y], axis=-1)
        total -= share * off * np.exp(-0.5 * (off**2).sum(axis=-1, keepdims=True) / sigma**2)
    return total


def table_at(places: npt.NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame(
        {"x_px": places[:, 0], "y_px": places[:, 1], "diameter_px": 6.0, "area_px2": 9.0}
    )


PLACES = np.array([(x, y) for x in (60.0, 150.0, 240.0) for y in (50.0, 110.0, 170.0)])
TURNED = 0.9 * np.array([[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]])


@pytest.mark.parametrize("matrix", [np.eye(2), TURNED, TURNED * [-1.0, 1.0]])
def test_scale_turn_and_mirror_of_a_whole_photo_change_no_size(matrix: npt.ArrayLike) -> None:
    found = pores.unmagnified(table_at(PLACES), grid_map(matrix), WHOLE, LENGTHS, SETTINGS)
    # Places of some hundred pixels in 32 bits leave 1e-5 px over four pixels.
    np.testing.assert_allclose(found["diameter_px"], 6.0, rtol=1e-4)
    placed = pores.place_by_map(grid_map(matrix), WHOLE, PLACES, SETTINGS)
    expected = np.sqrt(abs(np.linalg.det(np.asarray(matrix))))
    np.testing.assert_allclose(placed.length_px, expected, rtol=1e-4)


def test_a_face_that_turns_away_keeps_its_sizes() -> None:
    # Over the 300 px of a region its scale falls by 20 %: the skin around a pore is as narrow as
    # the pore.
    cols = np.indices(SHAPE, dtype=np.float64)[1]
    bend = np.stack([-0.2 * cols**2 / (2.0 * SHAPE[1]), np.zeros(SHAPE)], axis=-1)
    found = pores.unmagnified(table_at(PLACES), grid_map(np.eye(2), bend), WHOLE, LENGTHS, SETTINGS)
    # The Gaussian of 60 px is cut off at the border of the region, hence 2 % there.
    np.testing.assert_allclose(found["diameter_px"], 6.0, rtol=0.02)


@pytest.mark.parametrize("share", [0.02, 0.05, -0.05])
def test_what_is_drawn_wider_is_told(share: float) -> None:
    drawn = grid_map(TURNED, bumps(PLACES, share, 14.0))
    found = pores.unmagnified(table_at(PLACES), drawn, WHOLE, LENGTHS, SETTINGS)
    # Drawn wider by the share both ways, so narrower by as much in truth; over the skin around,
    # displacements that end nowhere average to none. A fifth is lost to slopes over 8 px.
    np.testing.assert_allclose(found["diameter_px"], 6.0 * (1.0 - share), rtol=0.2 * abs(share))
    ratio = found["diameter_px"] / 6.0
    np.testing.assert_allclose(found["area_px2"], 9.0 * ratio**2, rtol=1e-6)
    # In the after photo's own pixels they are what they were: its grid is the wider there.
    placed = pores.place_by_map(drawn, WHOLE, PLACES, SETTINGS)
    own = found["diameter_px"].to_numpy() * placed.length_px
    np.testing.assert_allclose(own, 6.0 * 0.9 * (1.0 - share), rtol=0.2 * abs(share))


def test_of_fine_pores_that_shrink_the_alignment_takes_nothing() -> None:
    px_per_mm, side_mm = 24.0, 26.0
    side_px = round(side_mm * px_per_mm)
    recipe = replace(CLEAR_PORES, width_mm=side_mm, height_mm=side_mm, grain_px_per_mm=px_per_mm)
    camera = Camera(width_px=side_px, height_px=side_px, px_per_mm=px_per_mm)
    read = []
    for seed in (1, 2):
        for_skin, *for_noise = np.random.default_rng(seed).spawn(3)
        skin = synthetic.make_skin(for_skin, recipe)
        photos = [
            synthetic.photograph(skin, camera, noise, treatment).picture
            for noise, treatment in zip(
                for_noise, (Treatment(), Treatment(diameter_ratio=0.8)), strict=True
            )
        ]
        result = compare(*photos, view="closeup", mm_per_px=1.0 / px_per_mm)
        row = result.changes.set_index(["region", "metric"]).loc[("closeup", "diameter_um_matched")]
        stretch = default_response().reading.stretch(row["signal"])
        read.append(np.log1p(row["change_pct"] / 100.0) / stretch / np.log(0.8))
    # Before they are stretched: 0.95 with two such skins, 0.87 where the map's part was left in.
    assert np.mean(read) > 0.91
