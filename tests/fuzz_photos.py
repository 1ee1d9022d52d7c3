"""Read thousands of damaged photos: each is read or refused in one line, in time and in memory.

    python tests/fuzz_photos.py --cases 20000
    python tests/fuzz_photos.py --only 1234 --keep broken.jpg

Cases run in processes of their own, so that a decoder that takes the process along is found too.
Every case is made from the seed and its number alone. Exit code 1 if one of them misbehaves.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from damaged_photos import case, outcome

LONGEST_S = 20.0
"""Processor time of one case; the largest photo that may be claimed, 102 Mpx, decodes in a few."""
LARGEST_MB = 2000.0
"""Peak memory of a process; 102 Mpx take 306 MB as RGB, decoders hold up to four such copies."""
PATIENCE_S = 300.0
"""Without a word for this long, a process hangs, however busy the machine is."""


@dataclass(frozen=True)
class Told:
    """How one case went."""

    number: int
    kind: str
    outcome: str
    cpu_s: float
    peak_mb: float

    @property
    def is_bug(self) -> bool:
        return self.outcome.startswith("BUG") or self.cpu_s > LONGEST_S or self.peak_mb > LARGEST_MB


def run_cases(seed: int, first: int, last: int, pipe: Connection) -> None:
    """Run cases one after the other and tell of each."""
    for number in range(first, last):
        kind, data = case(seed, number)
        began = time.process_time()
        try:
            said = outcome(data)
        except BaseException as error:
            said = f"BUG {type(error).__name__}: {error}"
        cpu_s = time.process_time() - began
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        if sys.platform == "darwin":  # told in bytes there
            peak_mb /= 1e3
        pipe.send(Told(number, kind, said, cpu_s, peak_mb))


def watched(seed: int, first: int, last: int) -> Iterator[Told]:
    """Run cases in another process; a case that ends it is told, and the next one goes on."""
    context = multiprocessing.get_context("spawn")
    while first < last:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=run_cases, args=(seed, first, last, theirs))
        process.start()
        theirs.close()
        try:
            while first < last:
                if not ours.poll(PATIENCE_S):
                    process.kill()
                    raise EOFError
                yield ours.recv()
                first += 1
        except EOFError:
            process.join()
            yield Told(first, case(seed, first)[0], f"BUG ended by {process.exitcode}", 0.0, 0.0)
            first += 1
        process.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="run one case here, with its traceback")
    parser.add_argument("--keep", type=Path, help="write the file of that case")
    asked = parser.parse_args()
    if asked.only is not None:
        kind, data = case(asked.seed, asked.only)
        if asked.keep:
            asked.keep.write_bytes(data)
        print(kind, outcome(data))
        return 0
    began = time.monotonic()
    results = []
    for told in watched(asked.seed, 0, asked.cases):
        results.append(told)
        if told.is_bug:
            print(told, flush=True)
        if len(results) % 1000 == 0:
            print(f"{len(results)} cases, {time.monotonic() - began:.0f} s", flush=True)
    for said, number in Counter(told.outcome for told in results).most_common():
        print(f"{number:7} {said}")
    slowest = max(results, key=lambda told: told.cpu_s)
    print(f"longest case {slowest.cpu_s:.1f} s (number {slowest.number}, {slowest.kind})")
    print(f"peak memory {max(told.peak_mb for told in results):.0f} MB")
    bugs = sum(told.is_bug for told in results)
    print(f"{len(results)} cases in {time.monotonic() - began:.0f} s, {bugs} misbehaved")
    return int(bugs > 0)


if __name__ == "__main__":
    sys.exit(main())
