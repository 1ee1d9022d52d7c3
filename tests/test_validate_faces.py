"""Rendered people of known change: what is true of a pair is counted from the tables beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from poremetrics.validate.faces import both_visits, changed_face, treated_below, true_changes

SAMPLES = Path(__file__).parents[1] / "sample_images"
PORES = {
    # pore: diameter before, after, whether it is there after, whether it shows before and after
    1: (400.0, 320.0, 1, 1, 1),
    2: (300.0, 240.0, 1, 1, 1),  # visible before only
    3: (300.0, 240.0, 0, 1, 0),  # gone
    4: (200.0, 160.0, 1, 1, 1),  # never visible
    5: (500.0, 400.0, 1, 1, 0),  # turned away in the later photo
    6: (500.0, 400.0, 1, 0, 1),  # turned away in the first one
}


@pytest.fixture
def visits(tmp_path):
    """Two photos of one person, of which only the tables matter."""
    photos = tmp_path / "t01" / "visit_0.jpg", tmp_path / "t01" / "visit_1.jpg"
    photos[0].parent.mkdir()
    for visit, photo in enumerate(photos):
        rows = [
            {
                "pore_id": number,
                "region": "nose",
                "present": there if visit else 1,
                "visible": shown[visit],
                "diameter_um": size[visit],
            }
            for number, (*size, there, first, later) in PORES.items()
            for shown in [(first, later)]
        ]
        pd.DataFrame(rows).to_csv(photo.with_name(f"{photo.stem}.truth.csv.gz"), index=False)
        photo.touch()
    return photos


def test_the_truth_of_a_pair_is_counted(visits):
    both = both_visits(*visits)
    assert both.index.tolist() == [1, 2, 3, 4]  # the others show in one photo only
    changes = true_changes(both, 250.0)
    assert changes["count"] == pytest.approx(100 * (1 / 3 - 1))
    assert changes["coverage_pct"] == pytest.approx(100 * (320**2 / (400**2 + 2 * 300**2) - 1))
    assert changes["diameter_um_matched"] == pytest.approx(-20.0)


def test_without_a_visible_pore_nothing_is_known(visits):
    assert all(np.isnan(list(true_changes(both_visits(*visits), 1000.0).values())))


def test_who_was_photographed_once_is_no_pair(visits):
    assert list(treated_below(visits[0].parents[1])) == [visits]
    visits[1].unlink()
    assert list(treated_below(visits[0].parents[1])) == []


def test_a_treated_person_gives_a_row_per_region(tmp_path):
    for visit, name in enumerate(("visit_0", "visit_3")):
        for ending in ("jpg", "truth.csv.gz"):
            shutil.copy(
                SAMPLES / "person_a" / f"{name}.{ending}", tmp_path / f"visit_{visit}.{ending}"
            )
    rows = changed_face(tmp_path / "visit_0.jpg", tmp_path / "visit_1.jpg")
    assert len(rows) == 4
    for row in rows:
        assert row["kind"] == "power"
        # every pore of this person appears 20 % smaller, whatever its region; tables hold tenths
        # of micrometres
        assert row["diameter_um_matched_true_pct"] == pytest.approx(-20.0, abs=0.1)
        # a tenth is gone and many more are below 250 µm
        assert row["count_true_pct"] < -35.0
        assert row["coverage_pct_true_pct"] < row["count_true_pct"]
        assert np.isfinite(row["count_pct"])
