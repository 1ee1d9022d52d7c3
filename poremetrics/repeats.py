"""Repeat shots of unchanged skin: every two of a person compared, and what they agree on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Unpack, cast

import pandas as pd

from poremetrics import change
from poremetrics.change import Repeatability
from poremetrics.compare import Options, Source, compare
from poremetrics.errors import UsageError

OWN = "own repeat shots"
"""How repeat shots are called in reports where no other name is given."""
Shots = Sequence[Source | Sequence[Source]]
"""Repeat shots of one person, or a list or tuple of them for each of several."""


def repeatability(
    sources: Shots,
    *,
    name: str = OWN,
    **options: Unpack[Options],
) -> Repeatability:
    """Measure repeatability from repeat shots of unchanged skin.

    Parameters
    ----------
    sources : sequence of photos, or of sequences of photos
        Two or more shots of the same skin, taken as visits are: put the camera down between. Of
        several persons: one such sequence each.
    name : str
        Text that names the origin of the shots in reports.
    **options
        See :class:`~poremetrics.compare.Options`.

    Returns
    -------
    Repeatability
        Within-subject standard deviations for ``compare(..., repeatability=...)``, and with
        several persons how well single shots tell them apart.

    Raises
    ------
    UsageError
        Fewer than two photos of a person, or none that can be compared.
    """
    return change.repeatability_of(repeat_shots(sources, **options), name)


def repeat_shots(sources: Shots, **options: Unpack[Options]) -> pd.DataFrame:
    """Compare every two shots of each person.

    Parameters
    ----------
    sources : sequence of photos, or of sequences of photos
        As for :func:`repeatability`.
    **options
        See :class:`~poremetrics.compare.Options`.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.REPEATS`.

    Raises
    ------
    UsageError
        Fewer than two photos of a person, or none that can be compared.
    """
    persons = _persons(sources)
    if not persons or min(len(shots) for shots in persons) < 2:
        raise UsageError(
            "repeatability", "needs at least two photos of a person", "give two or more shots"
        )
    pairs = [
        (number, person, one, other)
        for number, person in enumerate(persons, start=1)
        for one, other in combinations(range(len(person)), 2)
    ]
    tell = options.pop("progress", None) or _silent
    repeats = []
    for done, (number, person, one, other) in enumerate(pairs):
        tell(f"pair {done + 1} of {len(pairs)}", done / len(pairs))
        result = compare(person[one], person[other], **options)
        repeats.append(change.Repeat(f"{number}", one, other, result.changes))
    tell("done", 1.0)
    shots = change.repeats_table(repeats)
    if shots.empty:
        raise UsageError(
            "repeatability",
            "no two of the photos can be compared",
            "run `poremetrics check` on two of them",
        )
    return shots


def _silent(stage: str, share: float) -> None:
    """Tell nobody."""


def _persons(sources: Shots) -> list[list[Source]]:
    """Return the shots of each person; photos not in a sequence are of one."""
    persons: list[list[Source]] = []
    single: list[Source] = []
    for one in sources:
        if isinstance(one, list | tuple):
            persons.append(list(one))
        else:
            single.append(cast("Source", one))
    return [single, *persons] if single else persons
