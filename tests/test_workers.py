"""Cores are shared out as told; worker processes end with whoever asked, however that one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from operator import index

import cv2
import psutil
import pytest

from poremetrics.workers import (
    cores,
    one_core,
    one_thread_each,
    same_threads,
    shared_out,
    worker_pool,
)

PATIENCE_S = 60.0

BUSY = """
import signal, time
from poremetrics.workers import worker_pool

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    with worker_pool(2) as pool:
        under_way = [pool.submit(time.sleep, 600) for _ in range(8)]
        while len(pool._processes) < 2 or not all(one.running() for one in under_way[:2]):
            time.sleep(0.01)
        print("begun", flush=True)
        under_way[0].result()
"""


def test_work_is_done_and_one_core_is_taken() -> None:
    with worker_pool(2) as pool:
        assert list(pool.map(index, range(5))) == list(range(5))
        assert pool.submit(cv2.getNumThreads).result() == 1
        assert pool.submit(os.getppid).result() == os.getpid()


def test_the_limit_of_one_thread_lasts_until_the_last_who_needs_it_is_done() -> None:
    usual = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        first, second = one_thread_each(), one_thread_each()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert cv2.getNumThreads() == 1
        second.__exit__(None, None, None)
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(usual)


def test_parts_keep_their_order_and_on_one_core_their_thread() -> None:
    def told(part: int) -> tuple[int, int]:
        return part, threading.get_ident()

    assert [part for part, _ in shared_out(told, range(9), range(9))] == list(range(9))
    here = threading.get_ident()
    assert all(thread != here for _, thread in shared_out(told, range(9), range(9)))
    with one_core():
        assert shared_out(told, range(9), range(9)) == [(part, here) for part in range(9)]
    assert all(thread != here for _, thread in shared_out(told, range(9), range(9)))


def test_within_the_same_threads_no_new_ones_begin() -> None:
    def told(_: int) -> int:
        return threading.get_ident()

    def shares_again(part: int) -> int:
        # from within the threads: those are taken, and waiting for them would be for ever
        assert shared_out(told, range(9), range(9))
        return told(part)

    with same_threads():
        seen = {thread for _ in range(9) for thread in shared_out(told, range(9), range(9))}
        seen |= set(shared_out(shares_again, range(9), range(9)))
        # A pool begins a thread only once it is needed, so not all need be there at first.
        assert len(seen) <= cores()
        assert threading.get_ident() not in seen
        with one_core():
            assert set(shared_out(told, range(9), range(9))) == {threading.get_ident()}


def test_an_error_ends_the_workers_and_comes_through() -> None:
    def fail() -> None:
        with worker_pool(1) as pool:
            pool.submit(time.sleep, 600)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not [one for one in psutil.Process().children() if "spawn_main" in str(one.cmdline())]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_parent(how, tmp_path) -> None:
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    running = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "begun\n"
    workers = [
        one
        for one in psutil.Process(running.pid).children(recursive=True)
        if "spawn_main" in str(one.cmdline())
    ]
    assert len(workers) == 2
    # To the parent alone, as a scheduler of jobs does; a terminal sends Ctrl-C to all.
    running.send_signal(how)
    running.communicate(timeout=PATIENCE_S)
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE_S)
    assert not alive
