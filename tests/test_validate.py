"""The validation: tables on hand-made rows, its plan, and cases that are carried out."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from poremetrics.validate import _carried_out, make_plan
from poremetrics.validate.calibration_pairs import calibration_pairs
from poremetrics.validate.cases import MEASURES, run_accuracy, run_pair, shots
from poremetrics.validate.plan import Plan
from poremetrics.validate.summary import (
    hopeless_table,
    interval_table,
    null_table,
    perturbation_table,
    power_table,
    resolution_table,
)

NONE, DOWN, REFUSED = "no detectable change", "decreased", "not comparable"


def pair(verdict: str, *, change: float = 0.0, true: float = 0.0, **more: object) -> dict:
    row: dict[str, object] = {"effect": "none", "level_pct": 0.0, "strength": "usual", **more}
    for name in MEASURES:
        known = np.nan if verdict == REFUSED else 1.0
        row |= {
            f"{name}_verdict": verdict,
            f"{name}_pct": change * known,
            f"{name}_low_pct": (change - 3.0) * known,
            f"{name}_high_pct": (change + 3.0) * known,
            f"{name}_true_pct": true,
            f"{name}_naive_pct": 2 * change,
        }
    return row


def test_null_table_counts_pairs_and_refusals() -> None:
    rows = pd.DataFrame(
        [
            pair(NONE, change=1.0),
            pair(DOWN, change=-7.0),
            pair(REFUSED),
            pair(NONE, change=-2.0, strength="rough"),
        ]
    )
    table = null_table(rows).set_index("strength")
    assert table.loc["usual", ["pairs", "refused", "false_calls"]].tolist() == [3, 1, 1]
    assert table.loc["all", "false_call_rate"] == pytest.approx(1 / 3)
    assert table.loc["all", "count_median_abs_pct"] == pytest.approx(2.0)


def test_power_table_takes_the_measure_of_the_effect() -> None:
    rows = pd.DataFrame(
        [
            pair(DOWN, change=-9.0, true=-11.0, effect="size", level_pct=11.0),
            pair(NONE, change=-1.0, true=-11.0, effect="size", level_pct=11.0),
            pair(REFUSED, true=-11.0, effect="size", level_pct=11.0),
        ]
    )
    row = power_table(rows).iloc[0]
    assert (row["measure"], row["found"], row["refused"]) == ("diameter_um_matched", 1, 1)
    assert row["power"] == pytest.approx(0.5)
    assert (row["true_pct"], row["measured_pct"]) == (pytest.approx(-11), pytest.approx(-5))


def test_interval_table_tells_changed_from_unchanged() -> None:
    rows = pd.DataFrame(
        [
            pair(NONE, change=1.0),
            pair(NONE, change=-4.0),  # its interval, -7 to -1, misses the truth 0
            pair(DOWN, change=-9.0, true=-11.0, effect="size", level_pct=11.0),
        ]
    )
    table = interval_table(rows).set_index(["skin", "measure"])
    assert table.loc[("unchanged", "count"), "coverage"] == pytest.approx(0.5)
    assert table.loc[("changed", "count"), "coverage"] == pytest.approx(1.0)
    assert table.loc[("changed", "count"), "bias_pct"] == pytest.approx(2.0)


def test_resolution_table_tells_scales_and_sharpness_apart() -> None:
    read = {"px_per_mm": 16.0, "blur_px": 0.7}
    soft = {"px_per_mm": 16.0, "blur_px": 1.6}
    rows = pd.DataFrame(
        [
            pair(DOWN, change=-19.0, true=-20.0, effect="size", **read),
            pair(DOWN, change=-21.0, true=-20.0, effect="coverage", **read),
            pair(DOWN, change=-15.0, true=-20.0, effect="size", **soft),  # misses: -18 to -12
            pair(REFUSED, true=-20.0, effect="size", **soft),
        ]
    )
    table = resolution_table(rows)
    assert table["blur_px"].tolist()[:2] == [0.7, 1.6]
    assert table["read"].tolist() == pytest.approx([0.95, 0.75, 0.85])
    assert table["refused"].tolist() == [0, 1, 1]
    assert table["diameter_um_matched_known"].tolist() == [2, 1, 3]
    assert table["diameter_um_matched_held"].tolist() == [2, 0, 2]


def test_perturbation_table_keeps_refused_pairs_out_of_the_means() -> None:
    rows = pd.DataFrame(
        [
            pair(NONE, change=-1.0, kind="blur", strength="1 px"),
            pair(NONE, change=-5.0, kind="blur", strength="1 px"),
            pair(REFUSED, change=40.0, kind="blur", strength="1 px"),
        ]
    )
    row = perturbation_table(rows).iloc[0]
    assert (row["pairs"], row["refused"]) == (3, 1)
    assert row["count_corrected_pct"] == pytest.approx(-3.0)
    assert row["count_worst_pct"] == pytest.approx(-5.0)
    # Naive counting refuses nothing: -2, -10 and 80.
    assert row["count_naive_pct"] == pytest.approx((-2 - 10 + 80) / 3)
    assert np.isnan(row["count_blob_log_pct"])


def test_hopeless_table() -> None:
    rows = pd.DataFrame([pair(REFUSED, strength="defocus"), pair(NONE, strength="beauty")])
    table = hopeless_table(rows).set_index("reason")
    assert table["refused_share"].to_dict() == {"defocus": 1.0, "beauty": 0.0, "all": 0.5}


def test_a_plan_is_repeatable_and_every_case_has_its_own_seed() -> None:
    plan = make_plan(7, quick=False)
    assert plan == make_plan(7, quick=False)
    assert plan != make_plan(8, quick=False)
    assert len(plan.nulls) >= 300
    several = plan.accuracy, plan.nulls, plan.powers, plan.hopeless, plan.resolutions
    singles = [case.seed for cases in several for case in cases]
    assert len(set(singles)) == len(singles)
    quick = make_plan(7, quick=True)
    assert {case.tone for case in quick.accuracy} == {"I", "II", "III", "IV", "V", "VI"}


def test_changes_are_tried_at_every_scale_and_sharpness_alike() -> None:
    tried = make_plan(7, quick=False).resolutions
    cameras = Counter((case.before.px_per_mm, case.before.blur_px) for case in tried)
    assert len(cameras) == 15
    assert set(cameras.values()) == {6}
    faint = Counter(
        (case.before.px_per_mm, case.before.blur_px) for case in tried if case.skin == "faint"
    )
    # One subject of three, whose pores shrink in one pair and go in another.
    assert (len(faint), set(faint.values())) == (15, {2})
    assert {case.tone for case in tried} == {"I", "II", "III", "IV", "V", "VI"}


def test_figures_of_changed_skin_rest_on_every_scale_and_sharpness_alike() -> None:
    changed = [case for case in calibration_pairs(1) if case.kind == "power"]
    cameras = Counter((case.before.px_per_mm, case.before.blur_px) for case in changed)
    assert {scale for scale, _ in cameras} == {8.0, 10.0, 13.0, 16.0, 20.0, 24.0}
    assert {blur for _, blur in cameras} == {0.7, 0.9, 1.2, 1.6}
    for effect in ("size", "coverage"):
        own = [case for case in changed if case.effect == effect]
        seen = Counter((case.before.px_per_mm, case.before.blur_px) for case in own)
        assert set(seen.values()) == {3}  # one per level
    faint = Counter(case.before.px_per_mm for case in changed if case.skin == "faint")
    assert len(faint) == 6
    assert set(faint.values()) == {8}
    varied = [case for case in changed if case.varied]
    assert set(Counter(case.before.px_per_mm for case in varied).values()) == {12}  # half of them
    assert set(Counter(case.effect for case in varied).values()) == {36}


def test_a_varied_skin_is_drawn_anew_for_every_pair_and_the_same_in_both_photos() -> None:
    case = replace(make_plan(3, quick=True).powers[0], varied=True)
    plain, one, again, other = (
        shots(each)[0].truth
        for each in (replace(case, varied=False), case, case, replace(case, seed=case.seed + 1))
    )
    pd.testing.assert_frame_equal(one, again)
    assert len({len(truth) for truth in (plain, one, other)}) == 3
    assert (case.effect, case.level_pct) == ("size", 30.0)
    before, after, _ = shots(case)
    both = before.truth.merge(after.truth, on="pore_id", suffixes=("", "_after"))
    ratio = both["diameter_um_after"] / both["diameter_um"]
    # The treatment spreads by 3 % from pore to pore.
    assert ratio.mean() == pytest.approx(0.7, abs=0.01)


def test_a_case_gives_the_same_rows_whoever_carries_it_out() -> None:
    plan = make_plan(3, quick=True)
    small = replace(plan.accuracy[0], width_px=260, height_px=220, peers=True)
    pair_case = plan.powers[0]
    frames = {
        name: replace(getattr(pair_case, name), width_px=300, height_px=260)
        for name in ("before", "after")
    }
    pair_case = replace(pair_case, **frames)
    with ThreadPoolExecutor(2) as pool:
        apart = [pool.submit(run_accuracy, small), pool.submit(run_pair, pair_case)]
        apart_rows = [future.result() for future in apart]
    for here, there in zip((run_accuracy(small), run_pair(pair_case)), apart_rows, strict=True):
        for one, other in zip(here, there, strict=True):
            pd.testing.assert_frame_equal(pd.DataFrame(one.rows), pd.DataFrame(other.rows))


def test_progress_tells_every_stage_in_order_when_nobody_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = make_plan(3, quick=True)
    size = {"width_px": 200, "height_px": 180}
    tiny = Plan(
        accuracy=(replace(plan.accuracy[0], **size, peers=False),),
        perturbations=(),
        nulls=(),
        powers=(),
        hopeless=(),
        resolutions=(),
    )
    told: list[tuple[str, float]] = []
    results = _carried_out(tiny, None, lambda stage, share: told.append((stage, share)))
    assert told == [("accuracy", 1.0)]
    assert len(results) == 1
