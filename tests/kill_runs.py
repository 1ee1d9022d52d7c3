"""Interrupt the real command at random moments: the result stays the old one or is the new one.

    python tests/kill_runs.py --times 200

Ctrl-C (SIGINT) and a kill that nobody can catch (SIGKILL) take turns; half of the moments are
spread over the whole run, half fall while files are written. Exit code 1 if anything is half
written, lost or left over, or if Ctrl-C says anything but its one line.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from closeups import save, visits

RUN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from poremetrics.__main__ import main
print("begun", flush=True)
main()
"""
"""The command; Ctrl-C while Python itself begins is not ours to answer."""
BEGINNING_S = 0.01
"""After this long it is the command that runs, also on a busy machine."""
TOLD = "poremetrics: interrupted; run it again to go on or begin anew\n"
WRITING_S = 0.1
"""Longer than all files of so small a result take to be written and moved on a quick disk."""
PATIENCE_S = 120.0

Version = tuple[tuple[str, bytes], ...]


def make_pair(folder: Path) -> tuple[Path, Path]:
    """Write two small close-ups that are quick to compare."""
    before, after = (shot.picture[60:220, 60:280] for shot in visits(seed=1))
    return save(before, folder / "before.jpg"), save(after, folder / "after.jpg")


def start(pair: tuple[Path, Path], target: Path) -> subprocess.Popen[str]:
    """Start a comparison, and return once Python runs it."""
    arguments = ["compare", *map(str, pair), "-o", str(target), "--view", "closeup", "--quiet"]
    running = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "begun\n"
    return running


def finish(running: subprocess.Popen[str]) -> None:
    """Let a run come to its end."""
    _, said = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, said
    assert said == ""


def version(target: Path) -> Version:
    """Return the names of all files and the content of those that hold no time."""
    return tuple(
        (path.relative_to(target).as_posix(), path.read_bytes() if path.suffix == ".csv" else b"")
        for path in sorted(target.rglob("*"))
        if path.is_file()
    )


def wait_for_the_moment(
    running: subprocess.Popen[str], target: Path, lasts_s: float, chance: random.Random
) -> None:
    """Sleep until a moment of the whole run, or until one while files are written."""
    if chance.random() < 0.5:
        time.sleep(chance.uniform(BEGINNING_S, lasts_s))
        return
    until = time.monotonic() + PATIENCE_S
    stages = f".{target.name}.*.partial"
    while running.poll() is None and time.monotonic() < until and not [*target.parent.glob(stages)]:
        time.sleep(0.001)
    time.sleep(chance.uniform(0.0, WRITING_S))


def interrupt(running: subprocess.Popen[str], how: signal.Signals) -> str:
    """Interrupt a run, check what it says, and return how it ended."""
    running.send_signal(how)
    _, said = running.communicate(timeout=PATIENCE_S)
    if running.returncode == 0:
        assert said == ""
        return "finished before"
    if how == signal.SIGKILL:
        assert running.returncode == -signal.SIGKILL
        return "killed"
    assert (running.returncode, said) == (130, TOLD), f"{running.returncode}: {said}"
    return "interrupted"


def kill_runs(folder: Path, times: int, seed: int = 0) -> Counter[tuple[str, str]]:
    """Interrupt a run ``times`` times; return how often each ended how, and with which result.

    Raises
    ------
    AssertionError
        The promise was not kept.
    """
    (folder / "photos").mkdir()
    (folder / "results").mkdir()
    before, after = make_pair(folder / "photos")
    target = folder / "results" / "out"
    pairs = [(before, after), (after, before)]
    versions = []
    lasts_s = PATIENCE_S
    for pair in reversed(pairs):
        running, began = start(pair, target), time.monotonic()
        finish(running)
        lasts_s = min(lasts_s, time.monotonic() - began)
        versions.insert(0, version(target))
    assert versions[0] != versions[1]
    chance = random.Random(seed)
    seen: Counter[tuple[str, str]] = Counter()
    there = 0
    for number in range(times):
        how = (signal.SIGINT, signal.SIGKILL)[number % 2]
        # What a kill leaves lies there until the next run writes.
        beside = set(target.parent.iterdir())
        running, began = start(pairs[1 - there], target), time.monotonic()
        wait_for_the_moment(running, target, lasts_s, chance)
        if running.poll() is not None:  # a machine less busy than before: aim earlier
            lasts_s = min(lasts_s, time.monotonic() - began)
        ended = interrupt(running, how)
        left = set(target.parent.iterdir()) - beside
        assert ended == "killed" or not left, f"{ended}, but left {left}"
        found = version(target)
        assert found in versions, f"half written: {[name for name, _ in found]}"
        is_new = versions.index(found) != there
        there = versions.index(found)
        assert is_new or ended != "finished before"
        seen[ended, "new result" if is_new else "old result"] += 1
        if (number + 1) % 20 == 0:
            print(f"{number + 1} interruptions", flush=True)
    finish(start(pairs[there], target))
    assert version(target) == versions[there]
    assert [path.name for path in target.parent.iterdir()] == ["out"], "a kill left something over"
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = kill_runs(Path(folder), asked.times, asked.seed)
    for (ended, result), number in sorted(seen.items()):
        print(f"{number:5} {ended}, {result}")
    print(f"{seen.total()} interruptions; nothing half written, lost or left over")
    return 0


if __name__ == "__main__":
    sys.exit(main())
