"""From visits to pairs, from pairs to tasks: every pair known by the hash of what it depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from poremetrics.change import Repeatability, default_repeatability
from poremetrics.provenance import provenance
from poremetrics.settings import Settings
from poremetrics.study.manifest import Visit, by_series
from poremetrics.study.records import Against, Options, Task
from poremetrics.study.store import FORMAT

_SILENT_ROOMS = {"report"}
"""Rooms whose settings change no figure; they are left out of the keys."""
_STUDY_SETTINGS_STORED = {"filmstrip_pores", "filmstrip_side_px"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One comparison a series asks for.

    Attributes
    ----------
    before, after : int
        Places of the two visits in the series.
    against : tuple of str
        ``baseline``, ``previous`` or both where the previous visit is the baseline.
    key : str or None
        Under which the result is kept; None where a photo could not be read.
    """

    before: int
    after: int
    against: tuple[Against, ...]
    key: str | None


@dataclass(frozen=True, slots=True)
class Series:
    """One person's visits, or one side's, in order of time.

    Attributes
    ----------
    subject, side : str
        Codes of the manifest.
    visits : tuple of Visit
        The first is the baseline.
    pairs : tuple of Pair
        Every visit against the baseline and against the one before it.
    treatment_dates : tuple of date
        Days of treatment that can be told from ``days_since_treatment``, from the baseline on.
    sessions : tuple of int
        Treatments between the baseline photo and the photo of each visit.
    """

    subject: str
    side: str
    visits: tuple[Visit, ...]
    pairs: tuple[Pair, ...]
    treatment_dates: tuple[date, ...]
    sessions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study has to compute.

    Attributes
    ----------
    series : tuple of Series
        In the order of the manifest.
    tasks : mapping of str to Task
        One per key, in order; several pairs of equal content share one.
    hashes : mapping of Path to str
        SHA-256 of every photo that could be read.
    """

    series: tuple[Series, ...]
    tasks: Mapping[str, Task]
    hashes: Mapping[Path, str]


def make_plan(
    visits: Sequence[Visit],
    store: Path,
    settings: Settings,
    repeatability: Repeatability | None,
    view: str,
    marker_mm: float | None,
) -> Plan:
    """Plan a study.

    Parameters
    ----------
    visits : sequence of Visit
        Good rows of a manifest.
    store : Path
        Where finished pairs are kept.
    settings : Settings
        Tunables.
    repeatability : Repeatability or None
        The clinic's own.
    view : str
        ``auto``, ``face`` or ``closeup``.
    marker_mm : float or None
        Side of a marker in every photo.
    """
    hashes = _hashes([visit.photo for visit in visits])
    versions = dict(provenance().versions)
    common = Task(
        key="",
        before=Path(),
        after=Path(),
        before_sha256="",
        after_sha256="",
        options=Options(view=view, marker_mm=marker_mm),
        settings=settings,
        repeatability=repeatability,
        store=store.resolve(),
        versions=versions,
    )
    shared = shared_key(settings, repeatability, versions)
    tasks: dict[str, Task] = {}
    series = []
    for (subject, side), found in by_series(visits).items():
        dates, sessions = _treatments(found)
        pairs = []
        for before, after, against in _steps(len(found)):
            task = _task(common, found[before], found[after], hashes, shared)
            pairs.append(Pair(before, after, against, task.key if task else None))
            if task:
                tasks.setdefault(task.key, task)
        series.append(Series(subject, side, tuple(found), tuple(pairs), dates, sessions))
    return Plan(tuple(series), tasks, hashes)


def _steps(number: int) -> list[tuple[int, int, tuple[Against, ...]]]:
    """Return which visits are compared; the first follow-up's previous visit is the baseline."""
    steps: list[tuple[int, int, tuple[Against, ...]]] = []
    for after in range(1, number):
        if after == 1:
            steps.append((0, after, ("baseline", "previous")))
        else:
            steps += [(0, after, ("baseline",)), (after - 1, after, ("previous",))]
    return steps


def _task(
    common: Task,
    before: Visit,
    after: Visit,
    hashes: Mapping[Path, str],
    shared: str,
) -> Task | None:
    if before.photo not in hashes or after.photo not in hashes:
        return None
    options = replace(
        common.options,
        mm_per_px=before.mm_per_px,
        ipd_mm=before.ipd_mm if before.ipd_mm is not None else after.ipd_mm,
        days_since_treatment=after.days_since_treatment,
    )
    task = replace(
        common,
        before=before.photo,
        after=after.photo,
        before_sha256=hashes[before.photo],
        after_sha256=hashes[after.photo],
        options=options,
    )
    return replace(task, key=key_of(task, shared))


def key_of(task: Task, shared: str) -> str:
    """Return the hash of everything the result of a task depends on.

    Parameters
    ----------
    task : Task
        Photos and options.
    shared : str
        Hash of settings, repeatability and versions, the same for the whole study.
    """
    parts = [task.before_sha256, task.after_sha256, asdict(task.options), shared]
    return _hash(parts)


def shared_key(
    settings: Settings, repeatability: Repeatability | None, versions: Mapping[str, str]
) -> str:
    """Return the hash of what all pairs of a study depend on.

    Parameters
    ----------
    settings : Settings
        Tunables.
    repeatability : Repeatability or None
        The clinic's own; None for the published one.
    versions : mapping of str to str
        Of libraries and code.
    """
    chosen = settings.model_dump(exclude=_SILENT_ROOMS | {"study"})
    chosen["study"] = settings.study.model_dump(include=_STUDY_SETTINGS_STORED)
    own = (repeatability or default_repeatability()).model_dump()
    return _hash([FORMAT, chosen, own, dict(versions)])


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _hashes(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the SHA-256 of every photo that can be read."""

    def one(path: Path) -> str:
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return ""

    unique = list(dict.fromkeys(paths))
    with ThreadPoolExecutor() as pool:
        found = zip(unique, pool.map(one, unique), strict=True)
        return {path: digest for path, digest in found if digest}


def _treatments(visits: Sequence[Visit]) -> tuple[tuple[date, ...], tuple[int, ...]]:
    """Return the days of treatment from the baseline on, and how many precede each photo.

    A visit that names a treatment without ``days_since_treatment`` counts as one session on an
    unknown day since the visit before it.
    """
    baseline = visits[0].date
    days: set[date] = set()
    undated = 0
    counts = [0]
    for visit in visits[1:]:
        if visit.days_since_treatment is not None:
            treated = visit.date - timedelta(days=round(visit.days_since_treatment))
            if treated >= baseline:
                days.add(treated)
        elif visit.treatment:
            undated += 1
        counts.append(len(days) + undated)
    return tuple(sorted(days)), tuple(counts)


def too_early(visit: Visit, settings: Settings) -> bool:
    """Return whether a photo was taken too soon after a treatment to show its result."""
    days = visit.days_since_treatment
    return days is not None and days < settings.change.minimum_days_since_treatment
