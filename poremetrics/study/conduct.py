"""Many people and visits, told stage by stage: check, plan, run what is missing, put together."""

from __future__ import annotations

import math
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import pandas as pd

from poremetrics.change import Repeatability
from poremetrics.columns import table
from poremetrics.compare import Progress
from poremetrics.errors import UsageError
from poremetrics.model import Provenance
from poremetrics.provenance import provenance
from poremetrics.settings import Settings
from poremetrics.study import store as stored
from poremetrics.study import tables
from poremetrics.study.cohort import cohort
from poremetrics.study.contrasts import contrasts
from poremetrics.study.digest import digest, joined
from poremetrics.study.exclusions import exclusions
from poremetrics.study.gather import SUMMED, Then, gathered, itself
from poremetrics.study.manifest import (
    ManifestError,
    Problem,
    read_manifest,
    without_unsure_baselines,
)
from poremetrics.study.methods import methods_paragraph
from poremetrics.study.plan import Plan, make_plan
from poremetrics.study.records import NOT_STORED, Outcome, Task
from poremetrics.study.run import Runner, on_dask, on_processes
from poremetrics.study.series import SeriesResult
from poremetrics.workers import cores

_Made = TypeVar("_Made")
_VIEWS = ("auto", "face", "closeup")
_NEEDED = ("pyarrow", "statsmodels")


class _PrivateFolder:
    """A folder nobody else may read, removed with the last result that holds it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="poremetrics-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True, slots=True, eq=False)
class StudyResult:
    """A whole study. The large tables are put together person by person when asked for.

    Attributes
    ----------
    plan : Plan
        Series, pairs and where their results lie.
    visits, pairs, trends, timeline, contrasts, exclusions, cohort : DataFrame
        Columns of :mod:`poremetrics.study.tables`, all persons together.
    problems : tuple of Problem
        Bad rows of the manifest that were left out.
    methods : str
        Paragraph on the methods, ready to paste.
    failures : mapping of str to Outcome
        Pairs of this run without a stored result, by key.
    computed : int
        Pairs computed in this run; the others were there already.
    settings : Settings
        Tunables.
    provenance : Provenance
        Versions and time.
    """

    plan: Plan
    visits: pd.DataFrame
    pairs: pd.DataFrame
    trends: pd.DataFrame
    timeline: pd.DataFrame
    contrasts: pd.DataFrame
    exclusions: pd.DataFrame
    cohort: pd.DataFrame
    problems: tuple[Problem, ...]
    methods: str
    failures: Mapping[str, Outcome]
    computed: int
    settings: Settings
    provenance: Provenance
    _workers: int = field(default=1, repr=False)
    _place: _PrivateFolder | None = field(default=None, repr=False)

    def series(self) -> Iterator[SeriesResult]:
        """Return every person's, or side's, visits, in the order of the manifest."""
        return self.each(itself)

    def each(self, then: Then[_Made]) -> Iterator[_Made]:
        """Return what is made of every series, where many are, on worker processes.

        Parameters
        ----------
        then : callable
            Is given the number of the series, from 1 on, and the series; must be picklable.
        """
        return gathered(self.plan, self.failures, None, self.settings, self._workers, then)

    def pores(self) -> pd.DataFrame:
        """Return the pores of all persons; for large studies take :meth:`series` instead."""
        return self._whole("pores", tables.PORES)

    def changes(self) -> pd.DataFrame:
        """Return the changes of all persons, against the baseline and the previous visit."""
        return self._whole("changes", tables.STUDY_CHANGES)

    def quality(self) -> pd.DataFrame:
        """Return the checks of all pairs."""
        return self._whole("quality", tables.STUDY_QUALITY)

    def _whole(self, name: str, schema: Mapping[str, str]) -> pd.DataFrame:
        return _stacked([getattr(one, name) for one in self.series()], schema)


def study(
    manifest: str | Path,
    *,
    store: str | Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    skip_bad: bool = False,
    view: str = "auto",
    marker_mm: float | None = None,
    settings: Settings | None = None,
    repeatability: Repeatability | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Follow many people over many visits.

    Every visit is compared with the person's baseline and with the visit before. Finished pairs
    are kept in ``store`` under the hash of all they depend on: run again, after an interruption or
    with more visits, only what is new is computed.

    Parameters
    ----------
    manifest : path
        CSV with the header ``subject,visit,date,photo`` and, where known, ``treatment``,
        ``days_since_treatment``, ``side``, ``control``, ``mm_per_px``, ``ipd_mm``.
    store : path, optional
        Folder of finished pairs; by default a private one that is removed with the result.
    workers : int, optional
        Worker processes; by default one per core.
    scheduler : str, optional
        Address of a Dask scheduler to run on instead.
    skip_bad : bool, optional
        Run the good rows of a manifest that has bad ones.
    view : str, optional
        ``auto``, ``face`` or ``closeup``.
    marker_mm : float, optional
        Side of an ArUco marker in every photo, in mm.
    settings : Settings, optional
        Tunables.
    repeatability : Repeatability, optional
        The clinic's own.
    progress : callable, optional
        Told ``(stage, share done)``.

    Returns
    -------
    StudyResult
        Tables, trends, cohort model, exclusions, methods.

    Raises
    ------
    ManifestError
        Rows that cannot be used, all named, before any work begins.
    UsageError
        The manifest or an option cannot be used.

    Notes
    -----
    Worker processes are started afresh, so a script needs ``if __name__ == "__main__":`` around
    its call.
    """
    settings = settings or Settings()
    tell = progress or _silent
    _check_options(view, marker_mm)

    tell("checking the manifest", 0.0)
    checked = read_manifest(Path(manifest), settings.study)
    if checked.problems and not skip_bad:
        raise ManifestError(checked.name, checked.problems)
    visits, dropped = without_unsure_baselines(checked)
    if not visits:
        raise ManifestError(checked.name, checked.problems)

    place = _PrivateFolder() if store is None else None
    with stored.opened(place.path if place else Path(str(store))) as folder:
        tell("reading the photos' fingerprints", 0.0)
        plan = make_plan(visits, folder, settings, repeatability, view, marker_mm)
        missing = [task for key, task in plan.tasks.items() if not stored.has(folder, key)]
        here = cores() if workers is None else workers
        runner = _runner(here, scheduler, settings)
        failures = _run(missing, runner, len(plan.tasks), tell)

    tell("putting the visits together", 1.0)
    whole = joined(gathered(plan, failures, SUMMED, settings, here, digest))
    flow = exclusions(checked, dropped, visits, whole.flow)
    effects = cohort(whole.responses, settings)
    made = provenance()
    return StudyResult(
        plan=plan,
        visits=whole.visits,
        pairs=whole.pairs,
        trends=whole.trends,
        timeline=whole.timeline,
        contrasts=contrasts(whole.visits, whole.timeline),
        exclusions=flow,
        cohort=effects,
        problems=checked.problems,
        methods=methods_paragraph(
            whole.visits, flow, effects, settings, repeatability, made.versions
        ),
        failures=failures,
        computed=len(missing) - len(failures),
        settings=settings,
        provenance=made,
        _workers=here,
        _place=place,
    )


def _check_options(view: str, marker_mm: float | None) -> None:
    if view not in _VIEWS:
        raise UsageError("view", f"{view!r} is not a view", f"use one of {', '.join(_VIEWS)}")
    if marker_mm is not None and not (math.isfinite(marker_mm) and marker_mm > 0):
        raise UsageError("marker_mm", f"{marker_mm} is not a length", "give millimetres above 0")
    require_extra()


def require_extra() -> None:
    """Refuse to begin without the packages a study needs.

    Raises
    ------
    UsageError
        One is not installed.
    """
    absent = [name for name in _NEEDED if find_spec(name) is None]
    if absent:
        raise UsageError(
            "study", f"needs {' and '.join(absent)}", "pip install 'poremetrics[study]'"
        )


def _runner(workers: int, scheduler: str | None, settings: Settings) -> Runner:
    if scheduler:
        return on_dask(scheduler, settings.study)
    return on_processes(workers, settings.study)


def _run(missing: Sequence[Task], runner: Runner, total: int, tell: Progress) -> dict[str, Outcome]:
    """Run what is missing and return what went wrong without leaving a stored result."""
    failures: dict[str, Outcome] = {}
    if not missing:
        return failures
    done = total - len(missing)
    began = time.monotonic()
    tell(f"pair {done} of {total}", done / total)
    for number, outcome in enumerate(runner(missing), start=1):
        if outcome.failure in NOT_STORED:
            failures[outcome.key] = outcome
        left_s = (time.monotonic() - began) / number * (len(missing) - number)
        tell(f"pair {done + number} of {total}, {_left(left_s)} left", (done + number) / total)
    return failures


def _left(seconds: float) -> str:
    """Return a duration as people say it."""
    minutes = seconds / 60.0
    if minutes < 1.5:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(minutes)} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _stacked(frames: Sequence[pd.DataFrame], schema: Mapping[str, str]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return table(pd.concat(filled, ignore_index=True) if filled else [], schema)


def _silent(stage: str, share: float) -> None:
    """Tell nobody."""
