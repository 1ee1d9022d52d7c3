"""The tool against known truth: every figure that the manual claims, made by one command.

``validate()`` renders skin with known pores, photographs it under known nuisances, runs the tool
as a user would and scores the outcome. Every case has a seed of its own drawn from one seed, so
the tables are the same whoever carries out which case, and how many work at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd

from poremetrics.model import Provenance
from poremetrics.provenance import provenance
from poremetrics.validate.cases import Row, Rows, run_accuracy, run_pair
from poremetrics.validate.plan import Plan, make_plan
from poremetrics.validate.summary import (
    headline,
    hopeless_table,
    interval_table,
    null_table,
    perturbation_table,
    power_table,
    resolution_table,
)
from poremetrics.workers import worker_pool

__all__ = ["SEED", "Validation", "make_plan", "validate"]

SEED = 20250101
"""Seed of the published tables."""

Progress = Callable[[str, float], None]
"""Told the stage that begins and the share of the work done, 0..1."""

_Job = Callable[[], list[Rows]]


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """All tables of a validation.

    Attributes
    ----------
    headline : DataFrame
        The figures a reader wants first.
    accuracy, by_size : DataFrame
        Detection and size per tone, scale and contrast; the same by class of true size.
    peers : DataFrame
        The same pictures by other detectors, each at its own best threshold per picture.
    perturbations : DataFrame
        What each nuisance does to unchanged skin, with and without this tool's corrections.
    nulls, powers, intervals : DataFrame
        False calls on unchanged skin; changes found; intervals that hold the truth.
    resolutions : DataFrame
        What is read of a change in coarser, finer, sharper and softer photos, and how often
        intervals hold it.
    hopeless : DataFrame
        Refusals of pairs that cannot be compared.
    pairs : DataFrame
        Every single pair behind the last six.
    seed : int
        Repeats everything.
    quick : bool
        True where only a small part was run.
    provenance : Provenance
        Versions.
    """

    headline: pd.DataFrame
    accuracy: pd.DataFrame
    by_size: pd.DataFrame
    peers: pd.DataFrame
    perturbations: pd.DataFrame
    nulls: pd.DataFrame
    powers: pd.DataFrame
    intervals: pd.DataFrame
    resolutions: pd.DataFrame
    hopeless: pd.DataFrame
    pairs: pd.DataFrame
    seed: int
    quick: bool
    provenance: Provenance

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Return every table by the name of its file."""
        return {
            "headline": self.headline,
            "accuracy": self.accuracy,
            "accuracy_by_size": self.by_size,
            "peers": self.peers,
            "perturbations": self.perturbations,
            "nulls": self.nulls,
            "power": self.powers,
            "intervals": self.intervals,
            "resolutions": self.resolutions,
            "hopeless": self.hopeless,
            "pairs": self.pairs,
        }


def validate(
    *,
    quick: bool = False,
    seed: int = SEED,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Validation:
    """Run the tool against known truth.

    Parameters
    ----------
    quick : bool
        A small part of everything, in about a minute.
    seed : int
        Repeats the tables exactly.
    workers : int
        Processes on this machine. With more than one, a script that calls this needs the usual
        ``if __name__ == "__main__":``.
    executor : concurrent.futures.Executor, optional
        Carries out the cases instead.
    progress : callable, optional
        Told ``(stage, share done)``.

    Returns
    -------
    Validation
        Tables as pandas DataFrames; ``tables()`` names them for writing.
    """
    plan = make_plan(seed, quick=quick)
    tell = progress or _silent
    if executor is None and workers > 1:
        with worker_pool(workers) as own:
            results = _carried_out(plan, own, tell)
    else:
        results = _carried_out(plan, executor, tell)
    return _summed_up(plan, results, seed, quick=quick)


def _jobs(plan: Plan) -> list[tuple[str, _Job]]:
    return [
        *(("accuracy", partial(run_accuracy, case)) for case in plan.accuracy),
        *(("perturbations", partial(run_pair, case)) for case in plan.perturbations),
        *(("unchanged skin", partial(run_pair, case)) for case in plan.nulls),
        *(("changed skin", partial(run_pair, case)) for case in plan.powers),
        *(("hopeless pairs", partial(run_pair, case)) for case in plan.hopeless),
        *(("other resolutions", partial(run_pair, case)) for case in plan.resolutions),
    ]


def _carried_out(plan: Plan, executor: Executor | None, tell: Progress) -> list[list[Rows]]:
    """Return the outcome of every case, in the order of the plan."""
    jobs = _jobs(plan)
    if executor is None:
        done = []
        for stage, job in jobs:
            done.append(job())
            tell(stage, len(done) / len(jobs))
        return done
    futures = {executor.submit(job): index for index, (_, job) in enumerate(jobs)}
    results: dict[int, list[Rows]] = {}
    for future in as_completed(futures):
        index = futures[future]
        results[index] = future.result()
        tell(jobs[index][0], len(results) / len(jobs))
    return [results[index] for index in range(len(jobs))]


def _summed_up(plan: Plan, results: list[list[Rows]], seed: int, *, quick: bool) -> Validation:
    sections = (
        plan.accuracy,
        plan.perturbations,
        plan.nulls,
        plan.powers,
        plan.hopeless,
        plan.resolutions,
    )
    ends = np.cumsum([len(cases) for cases in sections])
    found, *paired = (part for part in _split(results, ends.tolist()))
    perturbed, nulls, powers, hopeless, elsewhere = (
        pd.DataFrame(_rows(part, "pairs")) for part in paired
    )
    accuracy, by_size, peers = (
        pd.DataFrame(_rows(found, name)) for name in ("accuracy", "by_size", "peers")
    )
    judged = pd.concat([nulls, powers], ignore_index=True)
    null_rates, power_rates = null_table(nulls), power_table(powers)
    refusals, held = hopeless_table(hopeless), interval_table(judged)
    resolutions = resolution_table(elsewhere)
    return Validation(
        headline=headline(accuracy, peers, null_rates, power_rates, held, resolutions, refusals),
        accuracy=accuracy,
        by_size=by_size,
        peers=peers,
        perturbations=perturbation_table(perturbed),
        nulls=null_rates,
        powers=power_rates,
        intervals=held,
        resolutions=resolutions,
        hopeless=refusals,
        pairs=pd.concat([perturbed, judged, hopeless, elsewhere], ignore_index=True),
        seed=seed,
        quick=quick,
        provenance=provenance(),
    )


def _split(results: list[list[Rows]], ends: list[int]) -> Iterator[list[list[Rows]]]:
    """Yield the results of each section of the plan."""
    return (results[start:end] for start, end in pairwise([0, *ends]))


def _rows(results: list[list[Rows]], name: str) -> list[Row]:
    return [row for case in results for part in case if part.table == name for row in part.rows]


def _silent(stage: str, share: float) -> None:
    """Tell nobody."""
