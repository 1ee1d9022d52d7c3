"""Running tasks on a Dask cluster; loaded when a scheduler is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from distributed import Client, Future, KilledWorker, as_completed

from poremetrics.errors import UsageError
from poremetrics.settings.study import StudySettings
from poremetrics.study.pair import run_pair
from poremetrics.study.records import Outcome, Task

_PREFIX = "pair-"


def run_on_cluster(
    address: str, tasks: Sequence[Task], settings: StudySettings
) -> Iterator[Outcome]:
    """Run tasks on the workers of a scheduler, a few handed out at a time.

    Parameters
    ----------
    address : str
        Of the scheduler.
    tasks : sequence of Task
        Pairs; every worker must reach their photos and their store.
    settings : StudySettings
        How long to wait for the scheduler, how far to hand out ahead.

    Raises
    ------
    UsageError
        Nobody answers at the address, or the cluster has no workers.
    """
    with _client(address, settings) as client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise UsageError("--scheduler", f"{address} has no workers", "start dask workers")
        left = iter(tasks)
        first = [_handed(client, task) for task in islice(left, threads * settings.waiting_tasks)]
        under_way = as_completed(first, loop=client.loop)
        for future in under_way:
            yield _outcome(future)
            for task in islice(left, 1):
                under_way.add(_handed(client, task))


def _client(address: str, settings: StudySettings) -> Client:
    try:
        return Client(address, timeout=settings.scheduler_s, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(
            "--scheduler", f"{address} does not answer", "start dask scheduler and workers first"
        ) from error


def _handed(client: Client, task: Task) -> Future:
    return client.submit(run_pair, task, key=f"{_PREFIX}{task.key}")


def _outcome(future: Future) -> Outcome:
    try:
        found = future.result()
    except KilledWorker:
        key = str(future.key).removeprefix(_PREFIX)
        return Outcome(key, "died", "the worker process died over it, or ran out of memory")
    finally:
        future.release()
    if not isinstance(found, Outcome):
        raise TypeError("a worker must answer with an outcome")
    return found
