"""The main job on skin with known truth: what did not change, what did, what cannot be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from closeups import PX_PER_MM, save, visits

import poremetrics
from poremetrics.change import refused_regions
from poremetrics.columns import CHANGES, FLAGS, LINKS, PORES, QUALITY, REGIONS
from poremetrics.model import Comparison

NO_PORE = "|".join(name for name, flag in FLAGS.items() if flag.excludes)
SCALE = {"view": "closeup", "mm_per_px": 1.0 / PX_PER_MM}


def change_of(result: Comparison, metric: str) -> pd.Series:
    frame = result.changes
    return frame[(frame["region"] == "closeup") & (frame["metric"] == metric)].iloc[0]


@pytest.fixture(scope="module")
def unchanged() -> Comparison:
    before, after = visits(seed=1)
    return poremetrics.compare(before.picture, after.picture, **SCALE)


@pytest.fixture(scope="module")
def treated() -> Comparison:
    before, after = visits(seed=2, diameter_ratio=0.8, lost_share=0.1)
    return poremetrics.compare(before.picture, after.picture, **SCALE)


def test_unchanged_skin_is_not_called_changed(unchanged: Comparison) -> None:
    assert not unchanged.changes["verdict"].isin(["decreased", "increased"]).any()
    assert (change_of(unchanged, "diameter_um_matched")["verdict"]) == "no detectable change"


def test_a_treatment_is_seen_with_its_sign(treated: Comparison) -> None:
    size = change_of(treated, "diameter_um_matched")
    assert size["verdict"] == "decreased"
    assert size["ci_low_pct"] < size["change_pct"] < size["ci_high_pct"] < 0
    assert change_of(treated, "count")["verdict"] == "decreased"


def test_swapping_the_photos_flips_the_signs(treated: Comparison) -> None:
    before, after = visits(seed=2, diameter_ratio=0.8, lost_share=0.1)
    # The scale is of the photo that is now the after photo; percent changes do not need it.
    swapped = poremetrics.compare(after.picture, before.picture, view="closeup")
    forward = poremetrics.compare(before.picture, after.picture, view="closeup")
    for metric in ("diameter_px_matched", "contrast_matched"):
        one = np.log1p(change_of(forward, metric)["change_pct"] / 100)
        two = np.log1p(change_of(swapped, metric)["change_pct"] / 100)
        # The grid lies on the other photo: resampling and the choice of visible pores differ a
        # little; a fifth of the planted change and half the repeatability bound that.
        assert one + two == pytest.approx(0.0, abs=0.04)
        if metric == "diameter_px_matched":  # contrast was not treated: its sign is noise
            assert one < 0 < two


def test_a_photo_against_itself_shows_exactly_no_change() -> None:
    before, _ = visits(seed=1)
    result = poremetrics.compare(before.picture, before.picture, **SCALE)
    known = result.changes[result.changes["change_pct"].notna()]
    assert (known["change_pct"] == 0.0).all()
    assert set(result.links["status"]) == {"matched"}
    assert result.alignment.same_photo


def test_another_person_is_not_comparable() -> None:
    before, after = visits(seed=3, other_person=True)
    result = poremetrics.compare(before.picture, after.picture, **SCALE)
    assert set(result.changes["verdict"]) <= {"not comparable", ""}
    assert refused_regions(result.quality, ["closeup"]) == ["closeup"]


def test_tables_have_exactly_the_promised_columns(treated: Comparison) -> None:
    for frame, schema in (
        (treated.pores, PORES),
        (treated.links, LINKS),
        (treated.regions, REGIONS),
        (treated.changes, CHANGES),
        (treated.quality, QUALITY),
    ):
        assert list(frame.columns) == list(schema)


def test_pores_lie_where_the_truth_says(treated: Comparison) -> None:
    before, after = visits(seed=2, diameter_ratio=0.8, lost_share=0.1)
    for side, skin in (("before", before), ("after", after)):
        found = treated.pores[
            treated.pores["photo"].eq(side)
            & treated.pores["diameter_um"].ge(250)
            & ~treated.pores["flags"].str.contains(f"{NO_PORE}|edge")
        ]
        true = skin.truth[skin.truth["present"]]
        gap = np.hypot(
            found["x_px"].to_numpy()[:, None] - true["x_px"].to_numpy()[None],
            found["y_px"].to_numpy()[:, None] - true["y_px"].to_numpy()[None],
        ).min(axis=1)
        # Pores of 4 px and more: relief moves their darkest point by a tenth of that.
        assert len(found) > 50
        assert np.median(gap) < 0.4


def test_links_are_one_to_one_and_name_existing_pores(treated: Comparison) -> None:
    links = treated.links
    for column, side in (("before_id", "before"), ("after_id", "after")):
        ids = links[column].dropna()
        assert ids.is_unique
        known = treated.pores.loc[treated.pores["photo"].eq(side), "pore_id"]
        assert ids.isin(known).all()
    matched = links[links["status"].eq("matched")]
    assert len(matched) > 0
    assert matched[["before_id", "after_id"]].notna().all().all()
    alone = links[~links["status"].eq("matched")]
    assert (alone[["before_id", "after_id"]].notna().sum(axis=1) == 1).all()


def test_no_scale_means_no_word_of_millimetres() -> None:
    before, after = visits(seed=1)
    result = poremetrics.compare(before.picture, after.picture, view="closeup")
    assert not result.changes["metric"].str.contains("_um|_cm2").any()
    assert result.pores["diameter_um"].isna().all()


def test_bytes_paths_and_arrays_are_the_same_photo(tmp_path) -> None:
    before, _ = visits(seed=1)
    path = save(before.picture, tmp_path / "Ärztin 1.jpg")
    from_path = poremetrics.measure(path, **SCALE)
    from_bytes = poremetrics.measure(path.read_bytes(), **SCALE)
    pd.testing.assert_frame_equal(from_path.pores, from_bytes.pores)
    assert from_path.photo.sha256 == from_bytes.photo.sha256


def test_the_same_photos_give_the_same_tables(unchanged: Comparison) -> None:
    before, after = visits(seed=1)
    again = poremetrics.compare(before.picture, after.picture, **SCALE)
    pd.testing.assert_frame_equal(again.pores, unchanged.pores)
    pd.testing.assert_frame_equal(again.changes, unchanged.changes)


def test_too_soon_after_a_treatment_is_flagged() -> None:
    before, after = visits(seed=1)
    result = poremetrics.compare(before.picture, after.picture, days_since_treatment=2, **SCALE)
    row = result.quality[result.quality["check"].eq("days_since_treatment")].iloc[0]
    assert not row["ok"]


def test_repeat_shots_make_a_calibration() -> None:
    before, after = visits(seed=1)
    told: list[tuple[str, float]] = []
    found = poremetrics.repeatability(
        [before.picture, after.picture],
        progress=lambda stage, share: told.append((stage, share)),
        **SCALE,
    )
    assert found.pairs == 1
    assert told == [("pair 1 of 1", 0.0), ("done", 1.0)]
    assert 0.0 <= found.wsd_log["diameter_um_matched"] < 0.1
    with pytest.raises(poremetrics.UsageError, match="two"):
        poremetrics.repeatability([before.picture])


def test_progress_is_told_and_ends_at_one() -> None:
    before, _ = visits(seed=1)
    told: list[tuple[str, float]] = []
    poremetrics.measure(
        before.picture, progress=lambda stage, share: told.append((stage, share)), **SCALE
    )
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
