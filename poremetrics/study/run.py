"""Running tasks: on this machine's cores or on a Dask cluster, a few handed out at a time.

Every pair runs in a worker process, also with one worker: a process that dies takes its pair with
it and nothing else, and the same code computes the same bits wherever it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from poremetrics.errors import UsageError
from poremetrics.settings.study import StudySettings
from poremetrics.study.pair import run_pair
from poremetrics.study.records import Outcome, Task
from poremetrics.workers import worker_pool

Runner = Callable[[Sequence[Task]], Iterator[Outcome]]
"""Runs tasks and yields how each went, in whatever order they finish."""


def on_processes(workers: int, settings: StudySettings) -> Runner:
    """Return a runner on worker processes of this machine.

    Parameters
    ----------
    workers : int
        Number of processes.
    settings : StudySettings
        How far to hand out ahead, how often to try again.

    Raises
    ------
    UsageError
        Fewer than one worker.
    """
    if workers < 1:
        raise UsageError("--workers", f"{workers} is too few", "give 1 or more")

    def run(tasks: Sequence[Task]) -> Iterator[Outcome]:
        suspects: list[Task] = []
        yield from _pooled(tasks, workers, workers * settings.waiting_tasks, suspects)
        # Whichever of them killed the process, alone it can only take itself along.
        for task in suspects:
            yield from _alone(task, settings.tries - 1)

    return run


def _pooled(
    tasks: Sequence[Task], workers: int, ahead: int, suspects: list[Task]
) -> Iterator[Outcome]:
    """Run tasks on pools; those under way when a pool breaks are put among the suspects."""
    left = iter(tasks)
    exhausted = False
    while not exhausted:
        with worker_pool(min(workers, max(len(tasks), 1))) as pool:
            under_way: dict[Future[Outcome], Task] = {}
            broken = False
            while not broken:
                while len(under_way) < ahead and not exhausted:
                    task = next(left, None)
                    if task is None:
                        exhausted = True
                        break
                    try:
                        under_way[pool.submit(run_pair, task)] = task
                    except BrokenProcessPool:
                        suspects.append(task)
                        broken = True
                        break
                if not under_way:
                    break
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    task = under_way.pop(future)
                    try:
                        yield future.result()
                    except BrokenProcessPool:
                        suspects.append(task)
                        broken = True
            suspects += list(under_way.values())


def _alone(task: Task, tries: int) -> Iterator[Outcome]:
    """Run one task in a process of its own, as often as allowed."""
    for _ in range(max(tries, 1)):
        with worker_pool(1) as pool:
            try:
                yield pool.submit(run_pair, task).result()
            except BrokenProcessPool:
                continue
            return
    yield Outcome(task.key, "died", "the worker process died over it, or ran out of memory")


def on_dask(address: str, settings: StudySettings) -> Runner:
    """Return a runner on a Dask cluster.

    Workers must read the photos and write the store under the same paths as this process.

    Parameters
    ----------
    address : str
        Address of the scheduler, e.g. ``tcp://10.0.0.1:8786``.
    settings : StudySettings
        How far to hand out ahead.

    Raises
    ------
    UsageError
        The package distributed is not installed; when run: nobody answers there, no worker.
    """
    try:
        from poremetrics.study.cluster import run_on_cluster  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError(
            "--scheduler", "needs the package distributed", "pip install 'poremetrics[study]'"
        ) from error

    def run(tasks: Sequence[Task]) -> Iterator[Outcome]:
        return run_on_cluster(address, tasks, settings)

    return run
