"""Worker processes end with whoever asked for them, however that one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from operator import index

import psutil
import pytest

from poremetrics.workers import worker_pool

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
    import cv2

    with worker_pool(2) as pool:
        assert list(pool.map(index, range(5))) == list(range(5))
        assert pool.submit(cv2.getNumThreads).result() == 1
        assert pool.submit(os.getppid).result() == os.getpid()


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
