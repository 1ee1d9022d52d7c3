"""Every person's treated skin against the same person's control skin, visit by visit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from poremetrics.change import against_control
from poremetrics.columns import table
from poremetrics.study import tables
from poremetrics.study.cells import SIDES
from poremetrics.study.series import SeriesResult

_WHOLE = "all"
_RATIOS = ["change_pct", "ci_low_pct", "ci_high_pct"]


def contrasts(results: Sequence[SeriesResult]) -> pd.DataFrame:
    """Return the changes since the baseline relative to those of control skin.

    Parameters
    ----------
    results : sequence of SeriesResult
        All series of a study; ``control`` of a visit names a region or side of its photo, or says
        that all the photo shows is control skin.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.study.tables.CONTRASTS`; see
        :func:`poremetrics.change.against_control`. Empty where no visit names control skin.
    """
    found = [frame for result in results for frame in _within_photos(result)]
    found += [
        frame
        for control in results
        for treated in results
        if control.subject == treated.subject and control is not treated
        for frame in _between_series(treated, control)
    ]
    return table(pd.concat(found, ignore_index=True) if found else [], tables.CONTRASTS)


def _within_photos(result: SeriesResult) -> Iterator[pd.DataFrame]:
    """Yield the visits whose photo shows control skin of its own."""
    for visit, control in _controls(result):
        if control == "yes":
            continue
        name = f"{control}_cheek" if control in SIDES else control
        rows = _followed(result, visit)
        others = rows[~rows["region"].isin([name, _WHOLE])]
        untreated = rows.loc[rows["region"].eq(name), ["metric", *_RATIOS]]
        yield _paired(others, untreated).assign(control_side=result.side, control=name)


def _between_series(treated: SeriesResult, control: SeriesResult) -> Iterator[pd.DataFrame]:
    """Yield the visits at which one side of a person was treated and the other was control."""
    named = dict(_controls(treated))
    for visit, kind in _controls(control):
        if kind != "yes" or visit in named:
            continue
        rows, untreated = (_followed(one, visit) for one in (treated, control))
        rows, untreated = (one[one["region"].eq(_WHOLE)] for one in (rows, untreated))
        pairs = _paired(rows, untreated[["metric", *_RATIOS]])
        yield pairs.assign(control_side=control.side, control=_WHOLE)


def _controls(result: SeriesResult) -> list[tuple[str, str]]:
    """Return visit and control of the visits that name one."""
    named = result.visits[result.visits["control"].ne("")]
    return list(zip(named["visit"], named["control"], strict=True))


def _followed(result: SeriesResult, visit: str) -> pd.DataFrame:
    """Return what is known of a visit; the baseline itself has no verdict."""
    timeline = result.timeline
    return timeline[timeline["visit"].eq(visit) & timeline["verdict"].ne("")]


def _paired(rows: pd.DataFrame, untreated: pd.DataFrame) -> pd.DataFrame:
    return against_control(rows.merge(untreated, on="metric", suffixes=("", "_control")))
