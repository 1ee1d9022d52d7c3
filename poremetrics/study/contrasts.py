"""Every person's treated skin against the same person's control skin, visit by visit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

import pandas as pd

from poremetrics.change import against_control
from poremetrics.columns import table
from poremetrics.study import tables
from poremetrics.study.cells import SIDES

_WHOLE = "all"
_RATIOS = ["change_pct", "ci_low_pct", "ci_high_pct"]


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """What one person's, or one side's, follow-ups show."""

    side: str
    controls: Mapping[str, str]
    """Control skin by visit, for the visits that name one."""
    timeline: pd.DataFrame
    """Without the baseline itself, which has no verdict."""


def contrasts(visits: pd.DataFrame, timeline: pd.DataFrame) -> pd.DataFrame:
    """Return the changes since the baseline relative to those of control skin.

    Parameters
    ----------
    visits, timeline : DataFrame
        Of all persons, columns of :mod:`poremetrics.study.tables`; ``control`` of a visit names a
        region or side of its photo, or says that all the photo shows is control skin.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.study.tables.CONTRASTS`; see
        :func:`poremetrics.change.against_control`. Empty where no visit names control skin.
    """
    persons = _persons(visits, timeline)
    found = [frame for person in persons for one in person for frame in _within_photos(one)]
    found += [
        frame
        for person in persons
        for control, treated in permutations(person, 2)
        for frame in _between_series(treated, control)
    ]
    return table(pd.concat(found, ignore_index=True) if found else [], tables.CONTRASTS)


def _persons(visits: pd.DataFrame, timeline: pd.DataFrame) -> list[list[_Series]]:
    """Return the series of every person with control skin, in the order of the visits."""
    with_control = visits.loc[visits["control"].ne(""), "subject"].unique()
    visits = visits[visits["subject"].isin(with_control)]
    followed = timeline[timeline["subject"].isin(with_control) & timeline["verdict"].ne("")]
    of_series = dict(iter(followed.groupby(["subject", "side"], sort=False)))
    persons: dict[str, list[_Series]] = {}
    for key, rows in visits.groupby(["subject", "side"], sort=False):
        subject, side = map(str, key)
        named = rows[rows["control"].ne("")]
        controls = dict(zip(named["visit"], named["control"], strict=True))
        own = of_series.get((subject, side), followed.iloc[:0])
        persons.setdefault(subject, []).append(_Series(side, controls, own))
    return list(persons.values())


def _within_photos(one: _Series) -> Iterator[pd.DataFrame]:
    """Yield the visits whose photo shows control skin of its own."""
    for visit, control in one.controls.items():
        if control == "yes":
            continue
        name = f"{control}_cheek" if control in SIDES else control
        rows = _followed(one, visit)
        others = rows[~rows["region"].isin([name, _WHOLE])]
        untreated = rows.loc[rows["region"].eq(name), ["metric", *_RATIOS]]
        yield _paired(others, untreated).assign(control_side=one.side, control=name)


def _between_series(treated: _Series, control: _Series) -> Iterator[pd.DataFrame]:
    """Yield the visits at which one side of a person was treated and the other was control."""
    for visit, kind in control.controls.items():
        if kind != "yes" or visit in treated.controls:
            continue
        rows, untreated = (_followed(one, visit) for one in (treated, control))
        rows, untreated = (one[one["region"].eq(_WHOLE)] for one in (rows, untreated))
        pairs = _paired(rows, untreated[["metric", *_RATIOS]])
        yield pairs.assign(control_side=control.side, control=_WHOLE)


def _followed(one: _Series, visit: str) -> pd.DataFrame:
    return one.timeline[one.timeline["visit"].eq(visit)]


def _paired(rows: pd.DataFrame, untreated: pd.DataFrame) -> pd.DataFrame:
    return against_control(rows.merge(untreated, on="metric", suffixes=("", "_control")))
