"""Repeat shots: repeatability and agreement against planted spreads, and their plot."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from poremetrics import UsageError
from poremetrics.change import Repeat, parse_repeatability, repeatability_of, repeats_table
from poremetrics.change.repeats import agreement_of
from poremetrics.columns import CHANGES, REPEATS, table
from poremetrics.report import bland_altman_svg, plot_bland_altman

WSD, BETWEEN = 0.04, 0.12
ICC = BETWEEN**2 / (BETWEEN**2 + WSD**2)


def shots(
    rng: np.random.Generator, persons: int, number: int, measure: str = "diameter_um_matched"
) -> pd.DataFrame:
    """Pairs of shots of persons who differ; every shot is off by its own error."""
    rows = []
    for person in range(persons):
        log = rng.normal(np.log(350.0), BETWEEN) + rng.normal(0.0, WSD, number)
        for one, other in combinations(range(number), 2):
            values = (np.exp(log[one]), np.exp(log[other]), log[other] - log[one])
            rows += [(f"{person}", one, other, name, measure, *values) for name in ("nose", "all")]
    return table(pd.DataFrame(rows, columns=list(REPEATS)), REPEATS)


def test_pairs_become_rows_named_as_with_a_scale() -> None:
    rows = [
        {"region": "nose", "metric": "diameter_px_matched", "before": 4.0, "after": 4.4}
        | {"change_pct": 10.0},
        {"region": "nose", "metric": "count", "change_pct": -100.0, "before": 3.0, "after": 0.0},
        {"region": "forehead", "metric": "count", "verdict": "not comparable"},
    ]
    changes = table(pd.DataFrame(rows).reindex(columns=list(CHANGES)), CHANGES)
    found = repeats_table([Repeat("1", 0, 2, changes)])
    assert list(found.columns) == list(REPEATS)
    # What has no ratio tells nothing of repeatability.
    (row,) = found.to_dict("records")
    assert (row["subject"], row["shot_before"], row["shot_after"]) == ("1", 0, 2)
    assert row["measure"] == "diameter_um_matched"
    assert row["log_ratio"] == pytest.approx(np.log(1.1))


def test_the_spread_of_shots_and_the_agreement_on_persons_are_recovered() -> None:
    found = repeatability_of(shots(np.random.default_rng(1), 400, 3), "test")
    # 800 degrees of freedom within persons know a standard deviation to 2.5 %, 399 between them
    # the correlation to 0.01; three times that.
    assert found.wsd("diameter_um_matched") == pytest.approx(WSD, rel=0.08)
    agreement = found.icc["diameter_um_matched"]
    assert agreement.icc == pytest.approx(ICC, abs=0.03)
    assert (agreement.subjects, agreement.shots, found.subjects) == (400, 1200, 400)
    assert found.pairs == 1200


def test_the_interval_of_the_agreement_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(300):
        one = repeatability_of(shots(np.random.default_rng(seed), 8, 2), "test")
        agreement = one.icc["diameter_um_matched"]
        held += agreement.low <= ICC <= agreement.high
    # 300 draws at 0.95: standard error 0.0126; three of them.
    assert held / 300 == pytest.approx(0.95, abs=0.038)


def test_the_agreement_of_two_shots_of_each_is_that_of_shrout_and_fleiss() -> None:
    """ICC(1,1) of their table 2 (six targets, four judges) is 0.17."""
    scores = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    rows = [
        # A column of values, not of logs, in the paper: the exponential undoes our logarithm.
        (f"{target}", one, other, "all", "count", np.exp(row[one]), np.exp(row[other]), 0.0)
        for target, row in enumerate(scores)
        for one, other in combinations(range(4), 2)
    ]
    found = agreement_of(table(pd.DataFrame(rows, columns=list(REPEATS)), REPEATS))
    assert found is not None
    assert found.icc == pytest.approx(0.17, abs=0.005)  # printed with two digits


def test_shots_that_repeat_exactly_agree_wholly_if_persons_differ() -> None:
    """Counts may: they are whole numbers."""

    def counted(*counts: float) -> pd.DataFrame:
        rows = [(f"{k}", 0, 1, "all", "count", one, one, 0.0) for k, one in enumerate(counts)]
        return table(pd.DataFrame(rows, columns=list(REPEATS)), REPEATS)

    found = agreement_of(counted(80.0, 120.0, 95.0))
    assert found is not None
    assert (found.icc, found.low, found.high) == (1.0, 1.0, 1.0)
    assert (found.subjects, found.shots) == (3, 6)
    assert agreement_of(counted(80.0, 80.0)) is None


def test_one_person_has_no_agreement_and_the_file_still_reads() -> None:
    found = repeatability_of(shots(np.random.default_rng(2), 1, 4), "test")
    assert not found.icc
    assert found.subjects == 1
    several = repeatability_of(shots(np.random.default_rng(2), 3, 3), "test")
    assert parse_repeatability(several.model_dump_json()) == several
    old = '{"format": 1, "source": "x", "pairs": 1, "wsd_log": {"count": 0.1}}'
    assert parse_repeatability(old).subjects == 1


def test_the_plot_shows_every_pair_and_the_limits_of_the_repeatability() -> None:
    repeats = shots(np.random.default_rng(3), 5, 3)
    ax = plot_bland_altman(repeats)
    points = [line for line in ax.lines if line.get_linestyle() == "None"]
    assert sum(len(line.get_xdata()) for line in points) == 15  # the region, not the whole again
    limits = sorted(line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--")
    rc = 1.96 * np.sqrt(2) * repeatability_of(repeats, "").wsd("diameter_um_matched")
    assert limits == pytest.approx(100 * np.expm1([-rc, rc]))
    with pytest.raises(UsageError, match="not measured"):
        plot_bland_altman(repeats, "shine")


def test_all_measures_make_one_picture_of_the_same_bytes() -> None:
    rng = np.random.default_rng(4)
    repeats = pd.concat([shots(rng, 3, 2, name) for name in ("count", "diameter_um_matched")])
    text = bland_altman_svg(repeats)
    ET.fromstring(text)
    assert text == bland_altman_svg(repeats)
    with pytest.raises(UsageError, match="no pairs"):
        bland_altman_svg(repeats.iloc[:0])
