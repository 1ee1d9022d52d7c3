"""Difference in differences: arithmetic, interval and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from closeups import visits
from drawn_results import comparison

import poremetrics
from poremetrics.change import contrasts, control_region
from poremetrics.change.contrasts import ratio_interval
from poremetrics.columns import CHANGES, CONTRASTS, table
from poremetrics.errors import UsageError
from poremetrics.report.files import contents

Z = 1.96


def changes(**log_ratios: tuple[float, float]) -> pd.DataFrame:
    """One headline measure per region, given as (log ratio, standard error)."""
    rows = [
        {
            "region": region,
            "metric": "coverage_pct",
            "unit": "%",
            "change_pct": 100 * np.expm1(value),
            "ci_low_pct": 100 * np.expm1(value - Z * error),
            "ci_high_pct": 100 * np.expm1(value + Z * error),
            "verdict": "no detectable change",
        }
        for region, (value, error) in log_ratios.items()
    ]
    return table(pd.DataFrame(rows).reindex(columns=list(CHANGES)), CHANGES)


def test_what_both_regions_share_cancels_and_both_errors_add() -> None:
    found = contrasts(
        changes(left_cheek=(-0.20, 0.03), nose=(-0.05, 0.04), all=(-0.1, 0.1)), "nose"
    )
    row = found.iloc[0]
    assert list(found.columns) == list(CONTRASTS)
    assert found["region"].tolist() == ["left_cheek"]
    # 3, 4, 5: the error of the difference is known exactly.
    expected = 100 * np.expm1(-0.15 + np.array([0.0, -Z * 0.05, Z * 0.05]))
    columns = ["difference_pct", "difference_low_pct", "difference_high_pct"]
    assert row[columns].to_numpy(float) == pytest.approx(expected)


def test_a_change_that_is_not_known_leaves_the_contrast_unknown() -> None:
    frame = changes(left_cheek=(-0.2, 0.03), right_cheek=(-0.2, 0.03), nose=(0.0, 0.03))
    frame.loc[0, ["change_pct", "ci_low_pct", "ci_high_pct"]] = np.nan
    frame.loc[1, ["change_pct", "ci_low_pct"]] = -100.0
    assert contrasts(frame, "nose")["difference_pct"].isna().all()
    # Nothing is known of the control: every other region is still listed.
    unknown = contrasts(frame, "left_cheek")
    assert unknown["region"].tolist() == ["right_cheek", "nose"]
    assert unknown["difference_pct"].isna().all()


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    number = 20_000
    errors = rng.uniform(0.02, 0.1, (2, number))
    true = np.array([-0.17, -0.03])[:, None]
    seen = true + errors * rng.standard_normal((2, number))
    treated, control = (
        np.stack([value, value - Z * error, value + Z * error])
        for value, error in zip(seen, errors, strict=True)
    )
    _, low, high = ratio_interval(treated, control)
    held = np.mean((low <= -0.14) & (high >= -0.14))
    # Binomial error of 20,000 draws at 0.95 is 0.0015; four of them.
    assert held == pytest.approx(0.95, abs=0.006)


def test_a_side_is_its_cheek_and_what_is_not_there_is_refused() -> None:
    names = ["left_cheek", "right_cheek", "nose"]
    assert control_region("left", names) == "left_cheek"
    assert control_region("nose", names) == "nose"
    # A region that someone named "left" is meant before the cheek.
    assert control_region("left", ["left", "chin"]) == "left"
    with pytest.raises(UsageError, match="no region; use one of left_cheek"):
        control_region("chin", names)
    with pytest.raises(UsageError, match="only region"):
        control_region("closeup", ["closeup"])
    assert contrasts(changes(nose=(0.0, 0.1)), None).empty


def test_unchanged_skin_does_not_differ_from_its_control_region() -> None:
    before, after = visits(seed=1)
    halves = {
        "chin": [[20, 20], [230, 20], [230, 380], [20, 380]],
        "lip": [[250, 20], [460, 20], [460, 380], [250, 380]],
    }
    result = poremetrics.compare(
        before.picture, after.picture, view="closeup", regions=halves, control="lip"
    )
    size = result.contrasts[result.contrasts["metric"].eq("diameter_px_matched")]
    assert size["region"].tolist() == ["chin"]
    assert (size["difference_low_pct"] < 0).all()
    assert (size["difference_high_pct"] > 0).all()
    files = contents(result, formats=("html",))
    assert files["contrasts.csv"].startswith(b"region,control,metric,")
    assert b"Change relative to the control region" in files["report.html"]
    assert len(json.loads(files["result.json"])["contrasts"]) == len(result.contrasts)


def test_nothing_is_written_of_contrasts_without_a_control() -> None:
    assert "contrasts.csv" not in contents(comparison(), formats=())
