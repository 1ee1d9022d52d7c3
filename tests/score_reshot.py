"""Compare photos with themselves taken again, behind the blur that is told and the true one.

    python tests/score_reshot.py FOLDER

The skin is the same, so every change that is read is an error; rms and sd are of a hundred times
its logarithm. What is left behind the true blur does not come from how the difference in blur of a
pair is told. Shots are those that the figures of the package rest on. No photo leaves its folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from printed import print_head, print_row
from score_blur import applied_px2, rms

from poremetrics import pores
from poremetrics.model import Comparison
from poremetrics.pores import Difference, shared_blur
from poremetrics.settings.pair import PairSettings
from poremetrics.synthetic import draw_nuisance
from poremetrics.validate.defaults import SHOTS, compared_again

SIZE, COVERAGE = "diameter_um_matched", "coverage_pct"
TOLD, TRUE = "told", "true"
SEED = 1
"""That of the figures of the package, so that these are their portraits."""


def with_blur(
    px2: float, regions: Sequence[Difference], step_px: Sequence[float], settings: PairSettings
) -> list[Difference]:
    """Return what regions tell of their pair, with a blur that is given where one was told."""
    return [
        replace(one, blur_px2=float(np.copysign(px2, one.blur_px2)))
        if np.isfinite(one.blur_sd_px2)
        else one
        for one in shared_blur(regions, step_px, settings)
    ]


def rows(photo: int, shot: int, blur: str, result: Comparison) -> Iterator[dict[str, object]]:
    """Yield the log ratios that every comparable region reads."""
    for region, own in result.changes.groupby("region", sort=False):
        read = own.set_index("metric")
        if region == "all" or SIZE not in read.index:
            continue
        if read.loc[SIZE, "verdict"] == "not comparable":
            continue
        size, coverage = (np.log1p(read.loc[one, "change_pct"] / 100.0) for one in (SIZE, COVERAGE))
        yield {
            "photo": photo,
            "shot": shot,
            "strength": SHOTS[shot],
            "region": region,
            "blur": blur,
            "size": size,
            "coverage": coverage,
            "sampling": read.loc[SIZE, "sampling_sd"],
        }


def tried(photo: int, path: Path, shot: int) -> list[dict[str, object]]:
    """Return the rows of one photo taken again, twice compared."""
    nuisance = draw_nuisance(np.random.default_rng(SEED + shot), SHOTS[shot])
    given = partial(with_blur, applied_px2(nuisance.blur_px))
    found: list[dict[str, object]] = []
    for blur, way in ((TOLD, shared_blur), (TRUE, given)):
        with patch.object(pores, "shared_blur", way):
            result = compared_again(path, nuisance)
        if result is not None:
            found += rows(photo, shot, blur, result)
    return found


def percent(log_ratio: float) -> str:
    """Return a log ratio as a signed change."""
    return f"{100.0 * np.expm1(log_ratio):+.1f} %"


def main() -> None:
    """Print a row per strength and blur, and one per photo."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    jobs = [
        partial(tried, number, path, shot)
        for number, path in enumerate(sorted(asked.folder.glob("*.jpg")), 1)
        for shot in range(len(SHOTS))
    ]
    with ProcessPoolExecutor(asked.workers) as pool:
        done = [pool.submit(job) for job in jobs]
        table = pd.DataFrame([row for one in done for row in one.result()])
    both = table.groupby(["photo", "region", "shot"])["blur"].transform("nunique").eq(2)
    # A region that is comparable behind one blur only tells nothing of the other.
    table = table[both]
    figures = "regions", "size, mean", "size, rms", "coverage, rms", "sampling sd"
    print_head("strength, blur", *figures)
    for (strength, blur), own in table.groupby(["strength", "blur"], sort=False):
        errors = rms(own["size"]), rms(own["coverage"]), own["sampling"].median()
        spreads = [f"{100.0 * one:.1f} %" for one in errors]
        print_row(f"{strength}, {blur}", len(own), percent(own["size"].mean()), *spreads)
    print()
    print_head("photo", "regions", "size, told blur", "size, true blur", words=0)
    for photo, own in table.groupby("photo"):
        means = own.groupby("blur")["size"].mean()
        print_row(photo, len(own) // 2, percent(means[TOLD]), percent(means[TRUE]))


if __name__ == "__main__":
    main()
