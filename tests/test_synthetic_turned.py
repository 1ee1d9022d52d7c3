"""A head that turns and a lamp that moves: the map is exact, and light moves nothing."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from test_synthetic_reshot import DOTS, centroids, dotted

from poremetrics.errors import UsageError
from poremetrics.synthetic import Nuisance, reshoot, turn_head

SHAPE = (600, 800)
YAW_DEG = 8.0


def head() -> npt.NDArray[np.float64]:
    """Points of the front of an ellipsoid with a nose, x, y, z."""
    x, y = (
        axis.ravel() for axis in np.meshgrid(np.linspace(-220, 220, 23), np.linspace(-270, 270, 23))
    )
    inside = (x / 230) ** 2 + (y / 280) ** 2 < 0.9
    x, y = x[inside], y[inside]
    depth = -220 * np.sqrt(1 - (x / 230) ** 2 - (y / 280) ** 2)
    depth -= 60 * np.exp(-((x / 40) ** 2) - (y / 70) ** 2)
    return np.column_stack((x + 400.0, y + 300.0, depth))


@pytest.mark.parametrize("yaw_deg", [4.0, YAW_DEG, -YAW_DEG])
def test_the_turn_and_its_inverse_agree(yaw_deg: float) -> None:
    turn = turn_head(head(), yaw_deg, SHAPE)
    xy = np.random.default_rng(1).uniform((0, 0), (799, 599), (500, 2))
    # The fixed point ends at 1e-10 px between steps that shrink by a twentieth at worst.
    np.testing.assert_allclose(turn.to_before(turn.to_after(xy)), xy, atol=1e-8)
    np.testing.assert_allclose(turn.to_after(turn.to_before(xy)), xy, atol=1e-8)


def test_the_turn_goes_with_other_nuisances_and_agrees_with_its_dense_fields() -> None:
    nuisance = Nuisance(turn_deg=5.0, scale=0.9, elastic_px=3.0, elastic_wavelength_px=400.0)
    shot = reshoot(dotted(), nuisance, turn=turn_head(head(), YAW_DEG, SHAPE))
    xy = np.random.default_rng(2).uniform((100, 100), (700, 500), (300, 2))
    np.testing.assert_allclose(shot.map.to_before(shot.map.to_after(xy)), xy, atol=1e-8)
    grid = np.stack(np.meshgrid(np.arange(800), np.arange(100, 140)), -1).reshape(-1, 2)
    field = shot.map.before_field(slice(100, 140)).reshape(-1, 2)
    # float32 of positions below 1024 resolves 6e-5 px.
    np.testing.assert_allclose(field, shot.map.to_before(grid), atol=5e-4)


def test_points_come_to_where_a_turned_head_shows_them() -> None:
    points = head()
    middle = float(np.median(points[:, 0]))
    angle = np.deg2rad(YAW_DEG)
    wanted = middle + (points[:, 0] - middle) * np.cos(angle) - points[:, 2] * np.sin(angle)
    shown = turn_head(points, YAW_DEG, SHAPE).to_after(points[:, :2])[:, 0]
    front = points[:, 2] < np.quantile(points[:, 2], 0.9)
    off = (shown - wanted)[front]
    # One shift of the whole picture is free: the median is over the frame's points as well. What
    # is left is the lattice, 12 px wide, at the edges of a nose of 40 px.
    assert np.abs(off - np.median(off)).max() < 1.0
    # And the nose has moved against the cheeks, to the side that the face now points to.
    moved = shown - points[:, 0]
    nose = moved[np.argmin(points[:, 2])]
    assert nose - np.median(moved) > 60 * np.sin(angle)


def test_dots_are_found_where_the_turn_says() -> None:
    shot = reshoot(dotted(), Nuisance(), turn=turn_head(head(), YAW_DEG, SHAPE))
    wanted = shot.map.to_after(DOTS)
    inside = ((wanted > 20) & (wanted < (780, 580))).all(axis=1)
    error = centroids(shot.pixels, wanted[inside]) - wanted[inside]
    # Where the map bends a dot of 3 px, its centroid is not its centre's place: by half of 9 px²
    # times the curvature, below 0.02 / px at the edge of the nose.
    assert np.median(np.abs(error)) < 0.02
    assert np.abs(error).max() < 0.2


def test_a_surface_that_would_fold_is_refused() -> None:
    with pytest.raises(UsageError, match="fold"):
        turn_head(head(), 40.0, SHAPE)


def test_a_lamp_that_moves_changes_the_shading_and_moves_nothing() -> None:
    # A single dot: the factor depends on direction alone, so what it adds reaches far.
    dot = np.full((301, 401, 3), 200, np.uint8)
    dot[130:171, 180:221] = dotted()[80:121, 80:121]
    lamp = Nuisance(light_turn_deg=30.0, light_deg=120.0)
    shot = reshoot(dot, lamp)
    assert np.abs(shot.pixels.astype(int) - dot).max() > 5
    middle = np.array([[200.0, 150.0]])
    # The factor is real and even: a round dot stays centred. A level of 8 bits is left.
    np.testing.assert_allclose(centroids(shot.pixels, middle), middle, atol=0.05)
    same = reshoot(dot, replace(lamp, light_turn_deg=0.0))
    np.testing.assert_array_equal(same.pixels, dot)
