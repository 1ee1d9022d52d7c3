"""Putting persons together, side by side on worker processes where there are many."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from itertools import islice

from poremetrics.settings import Settings
from poremetrics.study import store as stored
from poremetrics.study.plan import Pair, Plan
from poremetrics.study.records import Outcome, PairResult
from poremetrics.study.series import SeriesResult, assemble
from poremetrics.workers import worker_pool

SUMMED = ("changes", "quality")
"""Tables of a pair that the summaries of a study need."""


def gathered(
    plan: Plan,
    failures: Mapping[str, Outcome],
    names: Sequence[str] | None,
    settings: Settings,
    workers: int,
) -> Iterator[SeriesResult]:
    """Yield every series of a study put together, in the order of the plan.

    A series depends on its own pairs alone and every worker runs the same code, so the number of
    workers changes no byte.

    Parameters
    ----------
    plan : Plan
        The study.
    failures : mapping of str to Outcome
        Pairs that left nothing in the store.
    names : sequence of str or None
        Tables of the pairs to read; None for all.
    settings : Settings
        Tunables.
    workers : int
        Processes; with one, or with few series, all is done here.
    """
    jobs = [partial(_one, part, failures, names, settings) for part in _parts(plan)]
    if workers < 2 or len(jobs) < settings.study.gathered_here:
        yield from (job() for job in jobs)
        return
    done = 0
    try:
        for result in _in_order(jobs, workers, settings.study.waiting_tasks):
            yield result
            done += 1
    except BrokenProcessPool:
        # Short of memory, most likely: here they come one at a time.
        yield from (job() for job in jobs[done:])


def _parts(plan: Plan) -> Iterator[Plan]:
    """Yield a plan of each series alone, so that little is handed to a worker."""
    for one in plan.series:
        keys = {pair.key for pair in one.pairs if pair.key is not None}
        yield replace(plan, series=(one,), tasks={key: plan.tasks[key] for key in keys}, hashes={})


def _one(
    part: Plan,
    failures: Mapping[str, Outcome],
    names: Sequence[str] | None,
    settings: Settings,
) -> SeriesResult:
    return assemble(part.series[0], partial(load_pair, part, failures, names), settings)


def _in_order(
    jobs: Sequence[Callable[[], SeriesResult]], workers: int, ahead: int
) -> Iterator[SeriesResult]:
    """Run jobs on worker processes, a few ahead of the one that is yielded."""
    left = iter(jobs)
    with worker_pool(workers) as pool:
        under_way: deque[Future[SeriesResult]] = deque(
            pool.submit(job) for job in islice(left, workers * ahead)
        )
        while under_way:
            yield under_way.popleft().result()
            under_way.extend(pool.submit(job) for job in islice(left, 1))


def load_pair(
    plan: Plan, failures: Mapping[str, Outcome], names: Sequence[str] | None, pair: Pair
) -> PairResult:
    """Return the stored result of a pair, or why there is none.

    Parameters
    ----------
    plan : Plan
        The study.
    failures : mapping of str to Outcome
        Pairs that left nothing in the store.
    names : sequence of str or None
        Tables to read; None for all.
    pair : Pair
        Which.
    """
    if pair.key is None:
        return PairResult(failure="photo", reason="a photo of the pair cannot be read")
    if pair.key in failures:
        outcome = failures[pair.key]
        return PairResult(failure=outcome.failure, reason=outcome.reason)
    found = stored.get(plan.tasks[pair.key].store, pair.key, names)
    return found or PairResult(
        failure="died", reason="its stored result is gone or damaged; run the study again"
    )
