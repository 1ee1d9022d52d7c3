"""Treated against control skin of one person: who is held against whom, visit by visit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from poremetrics.columns import table
from poremetrics.settings import Settings
from poremetrics.study import tables
from poremetrics.study.contrasts import contrasts
from poremetrics.study.series import SeriesResult

Z = 1.96
ERROR = 0.03


def series(
    changes: dict[str, dict[str, float]], control: str = "", side: str = "", subject: str = "P1"
) -> SeriesResult:
    """Log ratio per visit and region; the baseline is visit 0 and shows no change."""
    rows = [
        {"visit": visit, "region": region, "metric": "count", "verdict": verdict, "ratio": value}
        for visit, regions, verdict in (
            ("0", dict.fromkeys(changes["1"], 0.0), ""),
            *((visit, regions, "decreased") for visit, regions in changes.items()),
        )
        for region, value in regions.items()
    ]
    timeline = pd.DataFrame(rows)
    for name, sign in (("change_pct", 0), ("ci_low_pct", -1), ("ci_high_pct", 1)):
        timeline[name] = 100 * np.expm1(timeline["ratio"] + sign * Z * ERROR)
    visits = pd.DataFrame({"visit": ["0", *changes], "control": control})
    empty = {
        name: pd.DataFrame() for name in ("pores", "changes", "quality", "lives", "trends", "pairs")
    }
    whose = {"subject": subject, "side": side, "too_early": False}
    return SeriesResult(
        subject=subject,
        side=side,
        treatment_dates=(),
        visits=table(
            visits.assign(baseline=visits["visit"].eq("0"), **whose).reindex(
                columns=[*tables.VISITS]
            ),
            tables.VISITS,
        ),
        timeline=table(
            timeline.assign(**whose).reindex(columns=[*tables.TIMELINE]), tables.TIMELINE
        ),
        filmstrips=(),
        notes={},
        settings=Settings(),
        **empty,
    )


def found_in(persons: list[SeriesResult]) -> pd.DataFrame:
    """The contrasts of a study of these series."""
    visits, timeline = (
        pd.concat([getattr(one, name) for one in persons], ignore_index=True)
        for name in ("visits", "timeline")
    )
    return contrasts(visits, timeline)


def test_regions_are_held_against_the_control_region_of_their_photo() -> None:
    change = {"nose": -0.2, "forehead": -0.1, "left_cheek": -0.05, "all": -0.15}
    found = found_in([series({"1": change, "2": change}, control="left")])
    assert list(found.columns) == list(tables.CONTRASTS)
    # Neither the baseline nor the whole face, which holds the control itself.
    assert found[["visit", "region"]].to_numpy().tolist() == [
        *(["1", "nose"], ["1", "forehead"], ["2", "nose"], ["2", "forehead"])
    ]
    assert set(found["control"]) == {"left_cheek"}
    assert found["difference_pct"].to_numpy() == pytest.approx(
        100 * np.expm1([-0.15, -0.05, -0.15, -0.05])
    )
    half = Z * ERROR * np.sqrt(2)
    assert found["difference_low_pct"][0] == pytest.approx(100 * np.expm1(-0.15 - half))


def test_sides_in_photos_of_their_own_are_held_against_each_other() -> None:
    treated = series({"1": {"all": -0.2}, "2": {"all": -0.3}}, side="left")
    control = series({"1": {"all": -0.05}}, control="yes", side="right")
    stranger = series({"1": {"all": 0.4}}, control="yes", side="right", subject="P2")
    found = found_in([treated, control, stranger])
    (row,) = found.to_dict("records")
    assert (row["subject"], row["side"], row["visit"]) == ("P1", "left", "1")
    assert (row["control_side"], row["control"]) == ("right", "all")
    assert row["difference_pct"] == pytest.approx(100 * np.expm1(-0.15))


def test_without_control_skin_there_is_nothing_to_tell() -> None:
    assert found_in([series({"1": {"nose": -0.2, "all": -0.2}})]).empty
    both = [series({"1": {"all": -0.2}}, control="yes", side=side) for side in ("left", "right")]
    assert found_in(both).empty
