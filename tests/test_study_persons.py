"""One person over visits, and many persons: ids, courses and effects against planted truth."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from poremetrics.settings import Settings
from poremetrics.settings.study import StudySettings
from poremetrics.study import cohort, rate_per_session, story
from poremetrics.study.cohort import RESPONSES, responses
from poremetrics.study.identity import Register
from poremetrics.study.trend import step_over, trends

SETTINGS = Settings()
NAN = math.nan


# --- one pore, one id --------------------------------------------------------------------


def sighted(rng: np.random.Generator, xy: np.ndarray, seen: np.ndarray) -> pd.DataFrame:
    """Sightings of true pores ``seen``, 0.4 px off, sizes 5 % off, in random order."""
    order = rng.permutation(np.flatnonzero(seen))
    found = xy[order] + rng.normal(0, 0.4, (len(order), 2))
    return pd.DataFrame(
        {
            "region": "closeup",
            "x_ref_px": found[:, 0],
            "y_ref_px": found[:, 1],
            "diameter_ref_px": 5.0 * rng.lognormal(0, 0.05, len(order)),
            "truth": order,
        }
    )


def test_a_pore_keeps_its_id_over_all_visits() -> None:
    rng = np.random.default_rng(3)
    # A lattice of 8 px with jitter: neighbours are never closer than 1.2 diameters.
    lattice = np.stack(np.meshgrid(np.arange(25), np.arange(20)), -1).reshape(-1, 2) * 8.0
    xy = lattice + rng.uniform(-1, 1, lattice.shape)
    register = Register()
    ids: dict[int, set[int]] = {}
    for _ in range(5):
        found = sighted(rng, xy, rng.random(len(xy)) < 0.8)
        for truth, pore_id in zip(
            found["truth"], register.recognise(found, StudySettings()), strict=True
        ):
            ids.setdefault(int(truth), set()).add(int(pore_id))
    # 0.4 px of error per axis goes beyond the 2.5 px allowed once in 10^5: no pore may split.
    assert all(len(one) == 1 for one in ids.values())
    assert len(set.union(*ids.values())) == len(ids)


def test_a_new_pore_beside_a_known_one_gets_its_own_id() -> None:
    register = Register()
    place = {"region": "nose", "x_ref_px": [10.0], "y_ref_px": [10.0], "diameter_ref_px": [4.0]}
    first = pd.DataFrame(place)
    both = pd.concat([first, first.assign(x_ref_px=12.5)], ignore_index=True)
    elsewhere = first.assign(region="forehead")
    assert register.recognise(first, StudySettings()).tolist() == [1]
    assert register.recognise(both.iloc[::-1], StudySettings()).tolist() == [2, 1]
    assert register.recognise(elsewhere, StudySettings()).tolist() == [3]
    assert register.recognise(first.iloc[:0], StudySettings()).tolist() == []


# --- the course of one person ------------------------------------------------------------


def test_the_rate_per_session_is_unbiased_and_its_interval_covers() -> None:
    """The interval must cover a planted −5 % per session in about 95 of 100 persons."""
    rng = np.random.default_rng(11)
    truth, sd, sessions = math.log(0.95), 0.02, np.array([1.0, 2.0, 3.0, 4.0])
    rates, covered = [], 0
    for _ in range(400):
        own = rng.normal(0, sd)  # error of the baseline photo, shared by every change
        y = truth * sessions + rng.normal(0, sd, 4) - own
        rate, low, high = rate_per_session(y, np.full(4, math.sqrt(2) * sd), sessions, SETTINGS)
        rates.append(rate)
        covered += low <= truth <= high
    # 400 persons: standard error of the mean 0.02 / sqrt(30 · 400) ~ 0.0004.
    assert np.mean(rates) == pytest.approx(truth, abs=0.0012)
    # Birge's widening makes it err on the wide side; 2.7 sigma below 95 % is 92 %.
    assert covered / 400 >= 0.92


def test_a_rate_needs_sessions_and_errors() -> None:
    one, two = np.array([-0.1]), np.array([0.03])
    for sessions, sd in ((np.zeros(1), two), (np.ones(1), np.array([NAN]))):
        assert all(math.isnan(x) for x in rate_per_session(one, sd, sessions, SETTINGS))
    rate, low, high = rate_per_session(one, two, np.array([2.0]), SETTINGS)
    assert rate == pytest.approx(-0.05)
    assert high - low == pytest.approx(2 * 1.96 * 0.015, rel=1e-3)


def course(*visits: tuple[str, str, float, float]) -> pd.DataFrame:
    """Follow-ups given as verdict since the baseline, verdict and interval of the last step."""
    frame = pd.DataFrame(
        visits, columns=["verdict", "step_verdict", "step_low_pct", "step_high_pct"]
    )
    return frame.assign(
        subject="P1",
        side="",
        region="all",
        metric="count",
        days_since_baseline=30 * np.arange(1, len(visits) + 1),
        sessions=np.arange(1, len(visits) + 1),
        too_early=False,
        change_pct=-10.0,
        ci_low_pct=-15.0,
        ci_high_pct=-5.0,
    )


NO, DOWN, UP = "no detectable change", "decreased", "increased"


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        ([(NO, NO, -9, 9), (NO, NO, -9, 9)], "no detectable change"),
        ([(DOWN, DOWN, -15, -5)], "changed; course not clear"),
        ([(DOWN, DOWN, -15, -5), (DOWN, DOWN, -12, -3)], "still improving"),
        ([(DOWN, DOWN, -15, -5), (DOWN, NO, -4, 4)], "levelled off"),
        # The step may be anything from −9 to +9 %: nothing is known, nothing is said.
        ([(DOWN, DOWN, -15, -5), (DOWN, NO, -9, 9)], "changed; course not clear"),
        ([(DOWN, DOWN, -15, -5), (DOWN, UP, 2, 9)], "fading"),
        ([(DOWN, DOWN, -15, -5), (NO, UP, 3, 12)], "fading"),
        ([(DOWN, DOWN, -15, -5), (NO, NO, -2, 12)], "changed; course not clear"),
        ([(NO, NO, -9, 9), (UP, UP, 3, 12)], "increased"),
    ],
)
def test_the_story_says_no_more_than_the_verdicts_allow(
    visits: list[tuple[str, str, float, float]], expected: str
) -> None:
    assert story(course(*visits).to_dict("records"), SETTINGS) == expected


def test_early_and_refused_visits_do_not_make_the_story() -> None:
    line = course((DOWN, DOWN, -15, -5), (DOWN, NO, -4, 4), (UP, UP, 3, 12))
    line["too_early"] = [False, False, True]
    (row,) = trends(line, SETTINGS).to_dict("records")
    assert (row["story"], row["visits"], row["sessions"]) == ("levelled off", 2, 2)
    line["verdict"] = "not comparable"
    (row,) = trends(line, SETTINGS).to_dict("records")
    assert (row["story"], row["visits"]) == ("not comparable", 0)
    assert math.isnan(row["rate_per_session_pct"])


def test_a_step_over_an_early_photo_is_told_by_the_baseline() -> None:
    line = course((DOWN, DOWN, -15, -5), (DOWN, DOWN, -30, -20), (DOWN, UP, 5, 15))
    assert trends(line, SETTINGS)["story"].tolist() == ["fading"]
    # From the first visit to the last nothing changed, but the step between them is known to
    # 1.96 sd = 5.7 % only, and levelled off is said within 5.5 %.
    line["too_early"] = [False, True, False]
    assert trends(line, SETTINGS)["story"].tolist() == ["changed; course not clear"]
    # Intervals of 4 % leave the step an sd of 2.3 %: to -25 % it is eight of them, to -12 % one.
    for change, expected in ((-25.0, "still improving"), (-12.0, "changed; course not clear")):
        line["change_pct"] = [-10.0, -5.0, change]
        line["ci_low_pct"], line["ci_high_pct"] = line["change_pct"] - 4, line["change_pct"] + 4
        assert trends(line, SETTINGS)["story"].tolist() == [expected]
    line["change_pct"] = [-25.0, -30.0, -10.0]
    line["ci_low_pct"], line["ci_high_pct"] = line["change_pct"] - 4, line["change_pct"] + 4
    assert trends(line, SETTINGS)["story"].tolist() == ["fading"]


def test_a_step_over_a_gap_is_rarely_called_where_nothing_changed() -> None:
    """Of all lines together, at most one family in twenty may be called."""
    rng = np.random.default_rng(5)
    sd, family, called, covered = 0.02, 12, 0, 0
    for _ in range(400):
        wrong = False
        for _ in range(family):
            own = rng.normal(0, sd)  # of the baseline photo
            first, last = math.log(0.9) + rng.normal(0, sd, 2) - own
            half = 1.96 * math.sqrt(2.0) * sd
            rows = [
                {
                    "change_pct": 100 * math.expm1(y),
                    "ci_low_pct": 100 * math.expm1(y - half),
                    "ci_high_pct": 100 * math.expm1(y + half),
                }
                for y in (first, last)
            ]
            step = step_over(rows[0], rows[1], family, SETTINGS)
            wrong |= step["step_verdict"] != NO
            covered += step["step_low_pct"] <= 0.0 <= step["step_high_pct"]
        called += wrong
    # 5 % of 400 are 20, with a standard deviation of 4.4: 30 lie 2.3 of those above.
    assert called <= 30
    # 95 % of 4800, standard deviation 15.
    assert covered == pytest.approx(0.95 * 400 * family, abs=45)


# --- the cohort --------------------------------------------------------------------------


def persons(
    rng: np.random.Generator,
    *,
    number: int,
    visits: int,
    effect: float,
    control: str = "within",
) -> pd.DataFrame:
    """Log ratios of a cohort: persons differ, sides of a person differ, visits scatter.

    ``control``: each person has a control side (``within``), every second person is a control
    (``between``), or nobody is (``none``). All skin drifts by +1 % per visit, treated or not.
    """
    rows = []
    for person in range(number):
        own = rng.normal(0, 0.05)
        sides = {"within": (True, False), "between": (person % 2 == 0,), "none": (True,)}[control]
        for treated in sides:
            side = rng.normal(0, 0.04)
            for visit in range(1, visits + 1):
                drift = 0.0 if control == "none" else 0.01 * visit
                value = drift + own + side + rng.normal(0, 0.04) + effect * treated
                rows.append((f"P{person}", str(treated), str(visit), treated, value))
    frame = pd.DataFrame(rows, columns=["subject", "unit", "visit", "treated", "log_ratio"])
    return frame.assign(side="", treatment="laser", metric="count")[list(RESPONSES)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("control", "visits", "term"),
    [("within", 2, "treatment against control"), ("none", 2, "visit 2")],
)
def test_the_mixed_model_recovers_a_planted_effect(control: str, visits: int, term: str) -> None:
    """−12 % lies in the interval in at least 92 of 100 cohorts, and the mean is unbiased."""
    covered, effects = 0, []
    for seed in range(100):
        found = cohort(
            persons(
                np.random.default_rng(seed),
                number=12,
                visits=visits,
                effect=math.log(0.88),
                control=control,
            ),
            SETTINGS,
        )
        row = found[found["term"].eq(term)].iloc[0]
        covered += row["ci_low_pct"] <= -12.0 <= row["ci_high_pct"]
        effects.append(row["effect_pct"])
    assert covered >= 92
    # Standard deviation of one estimate about 2 %: 0.2 % for the mean of a hundred.
    assert np.mean(effects) == pytest.approx(-12.0, abs=0.6)


def test_control_persons_count_as_persons_not_as_photos() -> None:
    found = cohort(
        persons(
            np.random.default_rng(1),
            number=14,
            visits=3,
            effect=math.log(0.8),
            control="between",
        ),
        SETTINGS,
    )
    row = found[found["term"].eq("treatment against control")].iloc[0]
    assert (row["subjects"], row["observations"], row["df"]) == (14, 42, 12.0)
    assert row["ci_low_pct"] < -20.0 < row["ci_high_pct"]
    assert row["detectable"]


def test_one_follow_up_per_person_is_a_t_test() -> None:
    rng = np.random.default_rng(5)
    frame = persons(rng, number=9, visits=1, effect=-0.1, control="none")
    (row,) = cohort(frame, SETTINGS).to_dict("records")
    y = frame["log_ratio"]
    assert row["effect_pct"] == pytest.approx(100 * math.expm1(y.mean()))
    half = 2.306 * y.std(ddof=1) / 3  # t of 8 degrees of freedom
    assert row["ci_high_pct"] == pytest.approx(100 * math.expm1(y.mean() + half), rel=1e-3)
    assert "not told apart" in row["note"]


def test_no_spread_between_persons_is_no_crash() -> None:
    """Persons drawn all alike put the variance on its border, where optimisers complain."""
    rng = np.random.default_rng(8)
    frame = persons(rng, number=8, visits=4, effect=0.0, control="none")
    scatter = np.array([-0.03, 0.03, 0.01, -0.01])
    frame["log_ratio"] = -0.1 + np.concatenate([np.roll(scatter, shift) for shift in range(8)])
    found = cohort(frame, SETTINGS)
    assert len(found) == 4
    assert found["effect_pct"].between(-13, -6).all()
    assert np.isfinite(found[["ci_low_pct", "ci_high_pct"]].to_numpy()).all()


def test_changes_without_any_spread_get_no_interval() -> None:
    frame = persons(np.random.default_rng(8), number=5, visits=2, effect=0.0, control="none")
    frame["log_ratio"] = 0.0
    found = cohort(frame, SETTINGS)
    assert found["p_value"].isna().all()
    assert not found["detectable"].any()


def test_two_treatments_and_two_sides_get_a_term_each() -> None:
    rng = np.random.default_rng(2)
    frame = persons(rng, number=12, visits=2, effect=-0.1, control="none")
    odd = frame["subject"].str[1:].astype(int) % 2 == 1
    frame["treatment"] = np.where(odd, "peel", "laser")
    frame["side"] = np.where(frame["subject"].str[1:].astype(int) % 3 == 0, "left", "right")
    frame.loc[odd, "log_ratio"] -= 0.2
    found = cohort(frame, SETTINGS).set_index("term")
    assert found.loc["treatment: peel against laser", "effect_pct"] == pytest.approx(-18.1, abs=8)
    assert "side: right against left" in found.index
    with_control = pd.concat(
        [frame, frame.assign(treated=False, unit="control", log_ratio=0.001)], ignore_index=True
    )
    terms = set(cohort(with_control, SETTINGS)["term"])
    assert {"treatment: laser against control", "treatment: peel against control"} <= terms


def test_too_few_persons_make_no_model() -> None:
    frame = persons(np.random.default_rng(0), number=2, visits=2, effect=0.0)
    assert cohort(frame, SETTINGS).empty
    assert responses([]).empty
    assert list(responses([]).columns) == list(RESPONSES)


def test_visits_are_ordered_as_numbers() -> None:
    frame = persons(np.random.default_rng(4), number=4, visits=12, effect=0.0, control="none")
    terms = [term for term in cohort(frame, SETTINGS)["term"] if term.startswith("visit")]
    assert all(int(a[6:]) < int(b[6:]) for a, b in pairwise(terms))
