"""How work is shared out on this machine: over threads within one pair, over processes beyond it.

Libraries take one thread each: some of OpenCV's sums depend on how many it has, and results must
not depend on the machine. Worker processes begin afresh and never outlive the process that asks.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

import cv2
from threadpoolctl import threadpool_limits

_Part = TypeVar("_Part")
_Done = TypeVar("_Done")

_one_core: ContextVar[bool] = ContextVar("one_core", default=False)
_threads: ContextVar[ThreadPoolExecutor | None] = ContextVar("threads", default=None)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Hold OpenCV and linear algebra to one thread, so that sums keep one order on any machine.

    The limit is the process's own: whoever comes first sets it, whoever leaves last lifts it.
    """
    _limit.enter()
    try:
        yield
    finally:
        _limit.leave()


class _OneThread:
    """The limit of one thread, held as long as anybody in the process needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._lift = ExitStack()

    def enter(self) -> None:
        with self._lock:
            if not self._holders:
                self._lift.callback(cv2.setNumThreads, cv2.getNumThreads())
                cv2.setNumThreads(1)
                self._lift.enter_context(threadpool_limits(limits=1, user_api="blas"))
            self._holders += 1

    def leave(self) -> None:
        with self._lock:
            self._holders -= 1
            if not self._holders:
                self._lift.close()


_limit = _OneThread()


@contextmanager
def one_core() -> Iterator[None]:
    """Do all work below in this thread: others like it run beside it, each on a core of its own."""
    before = _one_core.set(True)
    try:
        with one_thread_each():
            yield
    finally:
        _one_core.reset(before)


@contextmanager
def same_threads() -> Iterator[ThreadPoolExecutor]:
    """Hold threads that share out all work within, instead of new ones each time.

    A thread leaves memory behind that it used, and only the thread that comes after it finds it.
    """
    held = _threads.get()
    if held is not None:
        yield held
        return
    with ThreadPoolExecutor(cores()) as pool:
        before = _threads.set(pool)
        try:
            yield pool
        finally:
            _threads.reset(before)


def shared_out(
    work: Callable[[_Part], _Done], parts: Sequence[_Part], sizes: Sequence[int]
) -> list[_Done]:
    """Do the work of every part, the free cores taking one after the other, the largest first.

    Parameters
    ----------
    work : callable
        From a part to what is done with it; called in a thread where there are cores to share.
    parts : sequence
        What is to be worked on.
    sizes : sequence of int
        How much work each part is, in any unit.

    Returns
    -------
    list
        What was done, in the order of the parts.
    """
    if _one_core.get():
        return [work(part) for part in parts]
    largest_first = sorted(range(len(parts)), key=lambda at: -sizes[at])
    with same_threads() as pool:
        begun = {at: pool.submit(work, parts[at]) for at in largest_first}
        return [begun[at].result() for at in range(len(parts))]


@contextmanager
def worker_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Hold worker processes; on the way out nothing new begins, on an error all end at once.

    Parameters
    ----------
    workers : int
        Number of processes.
    """
    # "spawn": no state of this process leaks into a worker, on every system alike.
    context = get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin_worker, initargs=(theirs,)
    )
    try:
        yield pool
    except BaseException:
        ours.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        ours.close()
        theirs.close()


def _begin_worker(parent: Connection) -> None:
    """Leave Ctrl-C to the parent, take one core, and end when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _one_core.set(True)
    cv2.setNumThreads(1)

    def watch() -> None:
        # Nothing is ever sent: this returns when the other end is closed, by whatever death.
        with suppress(EOFError, OSError):
            parent.recv_bytes()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
