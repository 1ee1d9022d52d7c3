"""What a whole study keeps of one person: short tables, so that memory does not follow persons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from poremetrics.columns import table
from poremetrics.study import tables
from poremetrics.study.cohort import RESPONSES, responses
from poremetrics.study.exclusions import Flow, Photo, followed
from poremetrics.study.series import SeriesResult

_SCHEMAS = {
    "visits": tables.VISITS,
    "pairs": tables.PAIRS,
    "trends": tables.TRENDS,
    "timeline": tables.TIMELINE,
    "responses": RESPONSES,
}
_BATCH = 64
"""Tables joined at a time: a table of a few rows takes twenty times the memory of its rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Digest:
    """One person's, or a whole study's, share of the tables of a study.

    Attributes
    ----------
    visits, pairs, trends, timeline : DataFrame
        Columns of :mod:`poremetrics.study.tables`.
    responses : DataFrame
        Columns of :data:`poremetrics.study.cohort.RESPONSES`.
    flow : Flow
        Photos lost and kept.
    """

    visits: pd.DataFrame
    pairs: pd.DataFrame
    trends: pd.DataFrame
    timeline: pd.DataFrame
    responses: pd.DataFrame
    flow: Flow


def digest(_number: int, result: SeriesResult) -> Digest:
    """Return what a study keeps of a series; see :data:`poremetrics.study.gather.Then`."""
    return Digest(
        visits=result.visits,
        pairs=result.pairs,
        trends=result.trends,
        timeline=result.timeline,
        responses=responses([result]),
        flow=followed(result),
    )


def joined(digests: Iterable[Digest]) -> Digest:
    """Return all persons together, each taken in as it comes.

    Parameters
    ----------
    digests : iterable of Digest
        In the order of the study.
    """
    piles = {name: _Pile() for name in _SCHEMAS}
    lost: list[Photo] = []
    kept: list[Photo] = []
    for one in digests:
        for name, pile in piles.items():
            pile.add(getattr(one, name))
        lost += one.flow.lost
        kept += one.flow.kept
    whole = {name: pile.joined(_SCHEMAS[name]) for name, pile in piles.items()}
    return Digest(**whole, flow=Flow(tuple(lost), tuple(kept)))


class _Pile:
    """Tables on top of each other, joined a batch at a time."""

    def __init__(self) -> None:
        self._batches: list[pd.DataFrame] = []
        self._loose: list[pd.DataFrame] = []

    def add(self, frame: pd.DataFrame) -> None:
        if len(frame):
            self._loose.append(frame)
        if len(self._loose) == _BATCH:
            self._batches.append(pd.concat(self._loose, ignore_index=True))
            self._loose = []

    def joined(self, schema: Mapping[str, str]) -> pd.DataFrame:
        frames = [*self._batches, *self._loose]
        return table(pd.concat(frames, ignore_index=True) if frames else [], schema)
