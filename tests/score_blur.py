"""Score how well the difference in blur of two photos is told: python tests/score_blur.py.

    python tests/score_blur.py --portraits FOLDER

On rendered skin of the calibration, and on photos of a folder that are photographed again. Squared
blur in squared grid pixels: told less true, beside the error that is claimed. The true one leaves
out what sampling on the common grid adds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from printed import print_head, print_row

from poremetrics import compare
from poremetrics.model import Comparison
from poremetrics.settings import Settings
from poremetrics.synthetic import Preset, draw_nuisance
from poremetrics.validate.calibration_pairs import calibration_pairs
from poremetrics.validate.cases import shots
from poremetrics.validate.defaults import compared_again
from poremetrics.validate.subjects import Pair

EVERY = 4
"""Every fourth rendered pair: all strengths, tones and scales are among them."""
SHOTS: tuple[Preset, ...] = ("usual", "rough")

Row = tuple[str, float, float, float]


def rows(group: str, result: Comparison, true: float) -> Iterator[Row]:
    """Yield group, told and true difference, and claimed error, of every region."""
    for region, quality in result.quality.groupby("region"):
        told = quality.loc[quality["check"].eq("relative_blur"), "value"].dropna()
        claimed = result.changes.loc[result.changes["region"].eq(region), "blur_sd_px2"].dropna()
        if len(told) and len(claimed):
            yield group, float(told.iloc[0]) ** 2, true, float(claimed.iloc[0])


def rendered(case: Pair) -> list[Row]:
    """Return the row of a rendered pair."""
    before, _, picture = shots(case)
    scale = case.before.px_per_mm
    result = compare(before.picture, picture, view="closeup", mm_per_px=1.0 / scale)
    step = result.alignment.regions[0].grid.step_px
    before_px = case.before.blur_px / step
    after_px = case.after.blur_px * scale / case.after.px_per_mm / step
    return list(rows(f"rendered, {case.strength}", result, abs(after_px**2 - before_px**2)))


def again(path: Path, preset: Preset) -> list[Row]:
    """Return a row per region of a photo that is photographed again."""
    nuisance = draw_nuisance(np.random.default_rng(1), preset)
    result = compared_again(path, nuisance)
    if result is None:
        return []
    # The after photo is the coarser one: its pixels are the grid's.
    return list(rows(f"again, {preset}", result, applied_px2(nuisance.blur_px)))


def applied_px2(sigma_px: float) -> float:
    """Return the squared blur that OpenCV's Gaussian of few taps is, in the band that is read."""
    settings = Settings().pair
    taps = cv2.getGaussianKernel(2 * round(4.0 * sigma_px) + 1, sigma_px).ravel()
    omega = np.pi * (settings.band_low + settings.band_high)
    offsets = np.arange(len(taps)) - len(taps) // 2
    return float(-2.0 * np.log(np.sum(taps * np.cos(omega * offsets))) / omega**2)


def rms(values: pd.Series) -> float:
    """Return the root mean square."""
    return float(np.sqrt((values**2).mean()))


def main() -> None:
    """Print a row per group."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    nulls = [case for case in calibration_pairs(1) if case.kind == "unchanged"]
    jobs = [partial(rendered, case) for case in nulls[::EVERY]]
    folder = sorted(asked.portraits.glob("*.jpg")) if asked.portraits else []
    jobs += [partial(again, path, preset) for path in folder for preset in SHOTS]
    with ProcessPoolExecutor(asked.workers) as pool:
        done = [pool.submit(job) for job in jobs]
        found = [row for one in done for row in one.result()]
    table = pd.DataFrame(found, columns=["group", "told", "true", "claimed"])
    table["off"] = table["told"] - table["true"]
    print_head("pairs", "regions", "true, mean", "off, median", "off, rms", "claimed, rms")
    for name, own in table.groupby("group", sort=False):
        off = own["off"]
        errors = f"{off.median():+.3f}", f"{rms(off):.3f}", f"{rms(own['claimed']):.3f}"
        print_row(name, len(own), f"{own['true'].mean():.2f}", *errors)


if __name__ == "__main__":
    main()
