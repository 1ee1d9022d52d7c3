"""Run one study of many small pairs and tell whether its memory stays flat.

    python tests/load_study.py --pairs 2000

The real command runs in a process of its own and is watched from outside. Exit code 1 if the
memory of the pairs after the first 200 grows by more than 5 % over theirs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from closeups import PX_PER_MM, save, visits

WARM_UP = 200
"""Pairs after which memory has to be flat."""
LIMIT_PCT = 5.0
WINDOW = 50
"""Pairs whose memory is taken together, by its median: a peak within a pair is no growth."""


def make_study(folder: Path, pairs: int) -> Path:
    """Write small photos, no two of the same bytes, and the manifest of their study.

    A few pictures serve all persons; a number behind the end of the JPEG makes every file one of
    its own, so that no pair is taken from the store.
    """
    pictures = [
        save(shot.picture[60:220, 60:280], folder / "picture.jpg").read_bytes()
        for seed in range(4)
        for shot in visits(seed=seed)
    ]
    rows = ["subject,visit,date,photo,mm_per_px"]
    for number in range(pairs):
        for visit, day in enumerate(("2026-01-05", "2026-03-05")):
            name = f"{number:05}-{visit}.jpg"
            picture = pictures[(2 * number + visit) % len(pictures)]
            (folder / name).write_bytes(picture + name.encode())
            rows.append(f"P{number:05},{visit},{day},{name},{1 / PX_PER_MM:.6f}")
    manifest = folder / "manifest.csv"
    manifest.write_text("\n".join(rows) + "\n", "utf-8")
    return manifest


def watched(manifest: Path, target: Path, workers: int) -> Iterator[tuple[int, float, float]]:
    """Run the study and yield, twice a second, finished pairs and MB of leader and workers."""
    command = [sys.executable, "-m", "poremetrics", "study", str(manifest), "-o", str(target)]
    command += ["--view", "closeup", "--workers", str(workers), "--quiet"]
    running = subprocess.Popen(command)
    leader = psutil.Process(running.pid)
    while running.poll() is None:
        try:
            helpers = sum(child.memory_info().rss for child in leader.children(recursive=True))
            yield (
                sum(1 for _ in target.glob("pairs/*/*.pair")),
                leader.memory_info().rss / 1e6,
                helpers / 1e6,
            )
        except psutil.NoSuchProcess:  # between two looks
            pass
        time.sleep(0.5)
    if running.returncode:
        sys.exit(f"the study ended with exit code {running.returncode}")


def growth_pct(done: np.ndarray, rss_mb: np.ndarray) -> float:
    """Return by how much a later window of pairs needs more memory than the last of the first."""
    windows = {
        number: float(np.median(rss_mb[done // WINDOW == number]))
        for number in np.unique(done // WINDOW)
    }
    first = WARM_UP // WINDOW
    later = max(mb for number, mb in windows.items() if number >= first)
    return 100.0 * (later / windows[first - 1] - 1.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    if asked.pairs < 2 * WARM_UP:
        parser.error(f"--pairs: give {2 * WARM_UP} or more")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        manifest = make_study(Path(folder), asked.pairs)
        target = Path(folder) / "study"
        looks = []
        for look in watched(manifest, target, asked.workers):
            if look[0] // 100 > (looks[-1][0] if looks else -1) // 100:
                print(f"{look[0]:6} pairs  leader {look[1]:6.0f} MB  workers {look[2]:6.0f} MB")
                sys.stdout.flush()
            looks.append(look)
        kept = sum(1 for _ in target.glob("pairs/*/*.pair"))
    done, leader_mb, workers_mb = np.array(looks).T
    under_way = (done > 0) & (done < asked.pairs)
    grown = growth_pct(done[under_way], (leader_mb + workers_mb)[under_way])
    print(
        f"{kept} pairs in {(time.monotonic() - began) / 60:.0f} min; "
        f"growth after the first {WARM_UP}: {grown:+.1f} % (limit {LIMIT_PCT:g} %); "
        f"highest while pairs run {(leader_mb + workers_mb)[under_way].max():.0f} MB, "
        f"while tables are written {(leader_mb + workers_mb)[done >= asked.pairs].max():.0f} MB"
    )
    return int(grown > LIMIT_PCT or kept != asked.pairs)


if __name__ == "__main__":
    sys.exit(main())
