"""Putting persons together, side by side on worker processes where there are many."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TypeVar

from poremetrics.settings import Settings
from poremetrics.study import store as stored
from poremetrics.study.plan import Pair, Plan
from poremetrics.study.records import Outcome, PairResult
from poremetrics.study.series import SeriesResult, assemble
from poremetrics.workers import worker_pool

SUMMED = ("changes", "quality")
"""Tables of a pair that the summaries of a study need."""

_Made = TypeVar("_Made")
Then = Callable[[int, SeriesResult], _Made]
"""What is made of a series by the process that puts it together; its number counts from 1."""


def itself(_number: int, result: SeriesResult) -> SeriesResult:
    """Return the series as it is; see :data:`Then`."""
    return result


def gathered(
    plan: Plan,
    failures: Mapping[str, Outcome],
    names: Sequence[str] | None,
    settings: Settings,
    workers: int,
    then: Then[_Made],
) -> Iterator[_Made]:
    """Put every series of a study together and yield what is made of it, in the order of the plan.

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
    then : callable
        Makes of a series what is wanted of it. It runs where the series is put together, so that
        little travels and this process does not hold the others up; it must be picklable.
    """

    def jobs(first: int) -> Iterator[Callable[[], _Made]]:
        parts = enumerate(_parts(plan, failures), start=1)
        for number, (part, failed) in islice(parts, first, None):
            yield partial(_one, number, part, failed, names, settings, then)

    done = 0
    if workers > 1 and len(plan.series) >= settings.study.gathered_here:
        try:
            for made in _in_order(jobs(0), workers, settings.study.waiting_tasks):
                yield made
                done += 1
        except BrokenProcessPool:
            # Short of memory, most likely: here they come one at a time.
            pass
    yield from (job() for job in jobs(done))


def _parts(
    plan: Plan, failures: Mapping[str, Outcome]
) -> Iterator[tuple[Plan, Mapping[str, Outcome]]]:
    """Yield a plan of each series alone, so that little is handed to a worker."""
    for one in plan.series:
        keys = {pair.key for pair in one.pairs if pair.key is not None}
        tasks = {key: plan.tasks[key] for key in keys}
        yield (
            replace(plan, series=(one,), tasks=tasks, hashes={}),
            {key: failures[key] for key in keys if key in failures},
        )


def _one(
    number: int,
    part: Plan,
    failures: Mapping[str, Outcome],
    names: Sequence[str] | None,
    settings: Settings,
    then: Then[_Made],
) -> _Made:
    load = partial(load_pair, part, failures, names)
    return then(number, assemble(part.series[0], load, settings))


def _in_order(jobs: Iterator[Callable[[], _Made]], workers: int, ahead: int) -> Iterator[_Made]:
    """Run jobs on worker processes, a few ahead of the one that is yielded."""
    with worker_pool(workers) as pool:
        under_way: deque[Future[_Made]] = deque(
            pool.submit(job) for job in islice(jobs, workers * ahead)
        )
        while under_way:
            yield under_way.popleft().result()
            under_way.extend(pool.submit(job) for job in islice(jobs, 1))


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
