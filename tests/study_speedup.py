"""Run one study on one worker and on several, tell how much faster that is, compare the bytes.

    python tests/study_speedup.py --pairs 500

The real command runs from start to tables. The machine must have nothing else to do; processor time
is told too, which other work hardly changes: what several workers take more of it is their starting
and their waiting for memory. 500 pairs take some 10 minutes on two idle cores. Exit code 1 if two
workers are less than 1.8 times as fast as one, or if any table differs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from load_study import make_study

WANTED = 1.8
"""Of two workers; the rest is starting Python, reading the manifest and writing the tables."""


def timed(manifest: Path, target: Path, workers: int) -> tuple[float, float]:
    """Return seconds by the clock and of processor time, of the whole command and its workers."""
    command = [sys.executable, "-m", "poremetrics", "study", str(manifest), "-o", str(target)]
    command += ["--view", "closeup", "--workers", str(workers), "--quiet", "--no-reports"]
    began, used = time.perf_counter(), children_s()
    subprocess.run(command, check=True)
    return time.perf_counter() - began, children_s() - used


def children_s() -> float:
    """Return the processor time of all processes that have ended below this one."""
    times = os.times()
    return times.children_user + times.children_system


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    with tempfile.TemporaryDirectory() as folder:
        manifest = make_study(Path(folder), asked.pairs)
        clock_s, tables = [], []
        for workers in (1, asked.workers):
            target = Path(folder) / f"on_{workers}"
            seconds, cpu_s = timed(manifest, target, workers)
            clock_s.append(seconds)
            files = sorted([*target.glob("*.csv"), *target.glob("*.parquet")])
            tables.append({path.name: path.read_bytes() for path in files})
            print(
                f"{workers} workers: {seconds:7.1f} s for {asked.pairs} pairs, {cpu_s:.1f} s of CPU"
            )
            sys.stdout.flush()
    faster = clock_s[0] / clock_s[1]
    same = tables[0] == tables[1] and bool(tables[0])
    print(
        f"{faster:.2f} times as fast (wanted {WANTED} with 2); "
        f"tables {'the same' if same else 'DIFFER'}; load before: {load:.1f}"
    )
    return int(not same or (asked.workers == 2 and faster < WANTED))


if __name__ == "__main__":
    sys.exit(main())
