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
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

import cv2
from threadpoolctl import threadpool_limits

_Part = TypeVar("_Part")
_Done = TypeVar("_Done")


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Hold OpenCV and linear algebra to one thread, so that sums keep one order on any machine."""
    usual = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        cv2.setNumThreads(usual)


def shared_out(
    work: Callable[[_Part], _Done], parts: Sequence[_Part], sizes: Sequence[int]
) -> list[_Done]:
    """Do the work of every part, the cores taking one after the other, the largest first.

    Parameters
    ----------
    work : callable
        From a part to what is done with it; called in a thread.
    parts : sequence
        What is to be worked on.
    sizes : sequence of int
        How much work each part is, in any unit.

    Returns
    -------
    list
        What was done, in the order of the parts.
    """
    largest_first = sorted(range(len(parts)), key=lambda at: -sizes[at])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
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
    cv2.setNumThreads(1)

    def watch() -> None:
        # Nothing is ever sent: this returns when the other end is closed, by whatever death.
        with suppress(EOFError, OSError):
            parent.recv_bytes()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
