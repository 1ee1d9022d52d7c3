"""The peers work, and get their best threshold."""

import numpy as np
import pytest

from poremetrics.synthetic import NO_MARKS, PEERS, best_peers, render_skin, score
from poremetrics.synthetic.peers import flattened, luminance


@pytest.mark.parametrize("name", list(PEERS))
def test_peer_finds_clear_pores_and_its_best_threshold_is_best(name: str) -> None:
    skin = render_skin(
        np.random.default_rng(3),
        width_px=240,
        height_px=200,
        px_per_mm=12.0,
        marks=NO_MARKS,
        relief=0.02,
        median_contrast=0.4,
    )
    border = (240, 200, 6.0)
    results = best_peers(skin.picture, skin.truth, 12.0, border=border, peers={name: PEERS[name]})
    assert [result.peer for result in results] == [f"{name}, flattened", f"{name}, plain"]
    # Clear pores on smooth skin: any working detector finds most of them.
    assert results[0].score.f1 > 0.8
    sweep = PEERS[name](flattened(skin.picture, 12.0), 12.0)
    assert results[0].score.f1 == max(
        np.nan_to_num(score(found, skin.truth, border=border).f1) for _, found in sweep
    )


def test_views_show_pores_as_bright() -> None:
    skin = render_skin(np.random.default_rng(3), width_px=240, height_px=200, median_contrast=0.4)
    seen = skin.truth[skin.truth["visible"]]
    col, row = seen[["x_px", "y_px"]].round().astype(int).to_numpy().T
    for image in (flattened(skin.picture, 16.0), luminance(skin.picture)):
        assert image[row, col].mean() > image.mean()
