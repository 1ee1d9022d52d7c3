import numpy as np

from poremetrics.synthetic import render_skin, reshoot


def test_same_generator_state_gives_the_same_picture_and_truth() -> None:
    first = render_skin(np.random.default_rng(3), width_px=240, height_px=180)
    again = render_skin(np.random.default_rng(3), width_px=240, height_px=180)
    assert np.array_equal(first.picture, again.picture)
    assert first.truth.equals(again.truth)


def test_map_and_inverse_map_agree() -> None:
    pixels = render_skin(np.random.default_rng(3), width_px=240, height_px=180).picture
    second = reshoot(pixels, np.random.default_rng(4), "rough")
    xy = np.random.default_rng(5).uniform(0, 180, (50, 2))
    # The fixed-point inverse gains more than a factor of two per step: only rounding is left.
    np.testing.assert_allclose(second.map.to_before(second.map.to_after(xy)), xy, atol=1e-9)
