"""Scores checked by hand on cases small enough to do so."""

import numpy as np
import pandas as pd
import pytest

from poremetrics.synthetic import (
    Proportion,
    assign,
    coverage,
    false_calls,
    match,
    power,
    score,
    score_by_size,
    score_fates,
    score_links,
)


def truth_of(*rows: tuple[float, float, float, bool, bool]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["x_px", "y_px", "diameter_px", "visible", "present"])
    return table.assign(pore_id=range(len(rows)))


def found_of(*rows: tuple[float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["x_px", "y_px", "diameter_px"], dtype=float)


TRUTH = truth_of(
    (10, 10, 4.0, True, True),
    (30, 10, 6.0, True, True),
    (50, 10, 8.0, True, True),
    (70, 10, 4.0, False, True),  # too faint
    (90, 10, np.nan, False, False),  # gone
)
FOUND = found_of(
    (11, 10, 5.0),  # the first pore, 1 px off, 25 % too large
    (30, 12, 6.0),  # the second, 2 px off
    (70, 10, 4.0),  # the faint one: neutral
    (90, 10, 3.0),  # the one that is gone: false
    (10, 40, 7.0),  # nothing: false
)


def test_counts_precision_recall_and_size() -> None:
    result = score(FOUND, TRUTH)
    assert (result.true, result.false, result.missed, result.neutral) == (2, 2, 1, 1)
    assert result.precision == pytest.approx(2 / 4)
    assert result.recall == pytest.approx(2 / 3)
    assert result.f1 == pytest.approx(4 / 7)
    # Ratios 1.25 and 1: their median on the log scale is sqrt(1.25).
    assert result.size_bias_pct == pytest.approx(100 * (np.sqrt(1.25) - 1))
    assert result.position_error_px == pytest.approx(1.5)


def test_size_classes_split_by_true_size_and_false_finds_by_their_own() -> None:
    table = score_by_size(FOUND, TRUTH, edges_px=(0, 5, 7.5, 20))
    assert table["true"].tolist() == [1, 1, 0]
    assert table["missed"].tolist() == [0, 0, 1]
    assert table["false"].tolist() == [1, 1, 0]
    assert table["neutral"].tolist() == [1, 0, 0]
    assert np.isnan(table["precision"].iloc[2])


def test_one_pore_is_found_only_once() -> None:
    twice = found_of((10, 10, 4.0), (11, 10, 4.0))
    result = score(twice, TRUTH.iloc[:1])
    assert (result.true, result.false) == (1, 1)


def test_matching_prefers_more_pairs_over_the_nearest() -> None:
    # 0 is nearest to 1, but then 2 would stay alone.
    first, second = match([[0.0, 0], [2.0, 0]], [[1.2, 0], [-1.5, 0]], 2.0)
    assert sorted(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 1), (1, 0)]


def test_matching_agrees_with_brute_force() -> None:
    rng = np.random.default_rng(0)
    from scipy.optimize import linear_sum_assignment

    first, second = rng.uniform(0, 30, (25, 2)), rng.uniform(0, 30, (31, 2))
    gate = rng.uniform(1, 5, 31)
    rows, cols = match(first, second, gate)
    distance = np.linalg.norm(first[:, None] - second[None], axis=2)
    # The same objective by a dense solver: forbidden pairs cost as much as staying alone.
    cost = np.where(distance <= gate, distance - 2 * gate.max(), 0.0)
    best = cost[linear_sum_assignment(cost)].sum()
    assert cost[rows, cols].sum() == pytest.approx(best, abs=1e-6)
    assert (distance[rows, cols] <= gate[cols]).all()
    assert len(set(rows)) == len(rows)
    assert len(set(cols)) == len(cols)


def test_matching_nothing() -> None:
    for first, second in (([], [[0, 0]]), ([[0, 0]], []), ([[0, 0]], [[9, 9]])):
        assert len(match(first, second, 1.0)[0]) == 0


def test_finds_and_pores_at_the_border_are_neutral() -> None:
    pairs = assign(FOUND, TRUTH, border=(100, 60, 15.0))
    assert len(pairs.found) == 0
    result = score(FOUND, TRUTH, border=(100, 60, 15.0))
    # Everything at y = 10 lies in the margin, as does (10, 40).
    assert (result.true, result.false, result.missed, result.neutral) == (0, 0, 0, 5)
    assert np.isnan(result.f1)


def test_links() -> None:
    before = TRUTH
    after = TRUTH.assign(x_px=TRUTH["x_px"] + 100, visible=[True, True, False, True, False])
    ends = np.array(
        [
            [10, 10, 110, 10],  # right
            [30, 10, 150, 10],  # joins the second with the third: wrong
            [70, 10, 170, 10],  # right, though too faint before to count for recall
            [10, 40, 110, 40],  # no pore at either end: left out
            [50, 11, 110, 40],  # a pore with nothing: wrong
        ],
        float,
    )
    precision, recall = score_links(ends[:, :2], ends[:, 2:], before, after)
    assert (precision.successes, precision.trials) == (2, 4)
    assert (recall.successes, recall.trials) == (1, 2)


def test_fates_of_pores_that_go_and_that_stay() -> None:
    after = TRUTH.assign(
        present=[False, False, True, True, True], visible=[False, False, True, True, False]
    )
    found = TRUTH[["x_px", "y_px"]].to_numpy(float)
    said = [True, False, True, False, True]
    gone, stay = score_fates(np.vstack([found, [[90.0, 50.0]]]), [*said, True], TRUTH, after)
    # The first two have gone and the next two are seen again; before, no pore was at the last
    # place of the truth nor at the one that is added.
    assert (gone.successes, gone.trials) == (1, 2)
    assert (stay.successes, stay.trials) == (1, 2)


def test_wilson_interval_of_a_textbook_case() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857, table I: 81 of 263 and 0 of 20.
    assert Proportion(81, 263).interval() == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Proportion(0, 20).interval() == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert np.isnan(Proportion(0, 0).share)
    assert np.isnan(Proportion(0, 0).interval()).all()


def test_coverage_leaves_out_unknown_intervals() -> None:
    held = coverage([-1, 0, np.nan], [1, 1, 1], [0, 2, 0])
    assert (held.successes, held.trials) == (1, 2)


def test_false_calls_count_pairs_not_verdicts() -> None:
    none = "no detectable change"
    rate = false_calls(
        [[none, none], ["decreased", "increased"], ["not comparable"], ["not comparable", none]]
    )
    assert (rate.successes, rate.trials) == (1, 3)


def test_power_leaves_out_refused_pairs() -> None:
    found = power(["decreased", "no detectable change", "increased", "not comparable"])
    assert (found.successes, found.trials) == (1, 3)
