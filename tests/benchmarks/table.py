"""Measure the speed and write it into the manual: ``python tests/benchmarks/table.py``.

Every time is a ratio: the thing timed and the yardstick take turns in one process, and the median
of the ratios counts, so that neither a busy machine nor a slow one changes much.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import cases
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))
from manual_tables import MANUAL, filled, rows_to_markdown

PAGE = MANUAL / "speed.md"
SIZES_MP = (3.0, 12.0, 24.0, 50.0)
TILES = (1, 2, 5, 10, 20)


Times = npt.NDArray[np.float64]
"""(2,): seconds by the clock and seconds of processor time, or their ratios."""


def seconds(work: Callable[[], object]) -> Times:
    start = np.array([time.perf_counter(), time.process_time()])
    work()
    return np.array([time.perf_counter(), time.process_time()]) - start


def ratios(
    yardstick: Callable[[], object], works: Iterable[tuple[str, Callable[[], object]]]
) -> dict[str, Times]:
    """Return the times of every work over those of the yardstick, one turn each."""
    out = {}
    for name, work in works:
        unit = seconds(yardstick)
        taken = seconds(work)
        out[name] = taken / ((unit + seconds(yardstick)) / 2)
    return out


def medians(rounds: Iterable[dict[str, Times]]) -> dict[str, Times]:
    runs = list(rounds)
    return {name: np.median([run[name] for run in runs], axis=0) for name in runs[0]}


def cell(times: Times) -> str:
    """Return the ratio by the clock, and in brackets that of the processor time."""
    return f"{times[0]:.1f} ({times[1]:.1f})"


def table(head: tuple[str, ...], rows: Iterable[Iterable[str]]) -> str:
    return rows_to_markdown(head, [list(row) for row in rows])


def sizes_table(sizes: tuple[float, ...], rounds: int, folder: Path) -> str:
    rows = []
    for size in sizes:
        paths = cases.face_pair(size, folder)
        peak = cases.peak_bytes(paths)
        decode = lambda paths=paths: cases.decode(paths)  # noqa: E731
        steps = cases.whole(paths, folder)
        decode()
        got = medians(ratios(decode, steps.items()) for _ in range(rounds))
        # The yardstick reads two photos; measure reads one.
        got["measure, of one photo"] *= 2
        cells = [cell(got[name]) for name in steps]
        memory = [f"{peak / cases.decoded_bytes(paths):.1f}", f"{peak / 2**30:.2f} GB"]
        rows.append([f"{size:g}", *cells, *memory])
        print(rows[-1], flush=True)
    head = ("megapixels", "compare", "measure", "report", "memory", "peak memory")
    return table(head, rows)


def stages_table(rounds: int, folder: Path) -> str:
    paths = cases.face_pair(12.0, folder)
    chain = cases.Chain(paths)
    for _, step in chain.steps():
        step()
    got = medians(ratios(lambda: cases.decode(paths), chain.steps()) for _ in range(rounds))
    return table(("stage", "decodes"), [(name, cell(times)) for name, times in got.items()])


def detectors_table(rounds: int) -> str:
    steps = cases.detectors()
    peers = [(name, work) for name, work in steps.items() if name != "find"]
    steps["find"]()
    got = medians(ratios(steps["find"], peers) for _ in range(rounds))
    return table(("detector", "× find"), [(name, cell(times)) for name, times in got.items()])


def growth_table(tiles: tuple[int, ...], rounds: int) -> str:
    """Return how the time to flatten and find grows with pixels and pores."""
    rows = []
    times, pixels = [], []
    for number in tiles:
        linear, skin = cases.closeup(number)
        mask = np.ones(linear.shape[:2], bool)
        found = cases.pores.find(skin, cases.SETTINGS.pores)

        def work(linear=linear, mask=mask) -> None:
            fresh = cases.pores.flatten(linear, mask, cases.SETTINGS.pores)
            cases.pores.find(fresh, cases.SETTINGS.pores)

        times.append(min(seconds(work)[1] for _ in range(rounds)))
        pixels.append(mask.size)
        per = times[-1] / times[0] / (pixels[-1] / pixels[0])
        rows.append((f"{mask.size / 1e6:.2f}", f"{len(found):,}", f"{per:.2f}"))
        print(rows[-1], flush=True)
    slope = float(np.polyfit(np.log(pixels), np.log(times), 1)[0])
    head = ("megapixels of skin", "finds", "processor time per pixel, first row 1")
    return table(head, rows) + f"\n\nSlope of log time over log pixels: {slope:.2f}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--only", choices=("sizes", "stages", "detectors", "growth"), nargs="+", default=None
    )
    parser.add_argument("--sizes", type=float, nargs="+", default=SIZES_MP)
    parser.add_argument("--tiles", type=int, nargs="+", default=TILES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        makers = {
            "sizes": lambda: sizes_table(tuple(asked.sizes), asked.rounds, folder),
            "stages": lambda: stages_table(asked.rounds, folder),
            "detectors": lambda: detectors_table(asked.rounds),
            "growth": lambda: growth_table(tuple(asked.tiles), asked.rounds),
        }
        for name in asked.only or makers:
            made = makers[name]()
            print(made, flush=True)
            text = PAGE.read_text("utf-8")
            PAGE.write_text(filled(text, f"speed {name}", made), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
