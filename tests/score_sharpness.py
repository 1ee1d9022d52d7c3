"""Score how well the blur of one photo is told, and what that does to sizes.

    python tests/score_sharpness.py

On the rendered skin of `poremetrics validate`, of which the true point spread is known: the blur
that is told, with pores and without, and the bias of sizes with it and with the true one in its
place. The table of a scale holds all tones; that of a contrast is of 12 px/mm.
"""

from __future__ import annotations

import argparse
import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd

from poremetrics import photo, pores
from poremetrics.model import Skin
from poremetrics.settings import Settings
from poremetrics.synthetic import SyntheticSkin, score_by_size
from poremetrics.validate import SEED
from poremetrics.validate.cases import frame_of, photographed
from poremetrics.validate.plan import Accuracy, make_plan

CLASSES_PX = (3.0, 4.0, 6.0)
"""Lower edges of the classes of true diameter that are shown."""
PORTRAIT_PX_PER_MM = 12.0
FEWEST = 20
"""Pores that a class must have found in a picture to count."""

Row = dict[str, object]


def flattened(shot: SyntheticSkin) -> Skin:
    """Return the whole of a picture as flattened skin."""
    linear = photo.to_linear(shot.picture)
    whole = np.ones(linear.shape[:2], dtype=bool)
    return pores.flatten(linear, whole, Settings().pores, px_per_mm=shot.px_per_mm)


def measured(case: Accuracy) -> Row:
    """Return told and true blur of a picture, and the bias of sizes with either."""
    settings = Settings().pores
    shot = photographed(case, case.recipe)
    skin = flattened(shot)
    bare = flattened(photographed(case, replace(case.recipe, pores_per_cm2=0.0)))
    row: Row = {
        "px_per_mm": case.px_per_mm,
        "contrast": case.contrast,
        "told, no pores": bare.blur_px,
    }
    for name, blur_px in (("told", skin.blur_px), ("true", case.camera.blur_px)):
        row[name] = blur_px
        found = pores.find(replace(skin, blur_px=blur_px), settings).query("is_pore")
        classes = score_by_size(found, shot.truth, border=frame_of(case)).set_index("low_px")
        bias = classes.loc[classes["true"] >= FEWEST, "size_bias_pct"]
        for low in CLASSES_PX:
            row[f"{name}, {low:.0f} px"] = bias.get(low, math.nan)
    return row


def show(table: pd.DataFrame, by: str) -> None:
    """Print a row per group."""
    biases = [f"{name}, {low:.0f} px" for low in CLASSES_PX for name in ("told", "true")]
    head = [by, "true blur", "told, mean", "told, sd", "told, no pores", *biases]
    print(f"| {' | '.join(head)} |")
    print(f"|{' ---: |' * len(head)}")
    for value, own in table.groupby(by):
        cells = (own[name].mean() for name in biases)
        shown = ("" if math.isnan(one) else f"{one:+.1f} %" for one in cells)
        print(
            f"| {value:g} | {own['true'].mean():.2f} | {own['told'].mean():.2f} | "
            f"{own['told'].std():.2f} | {own['told, no pores'].mean():.2f} | {' | '.join(shown)} |"
        )
    print()


def main() -> None:
    """Print a table by scale and one by contrast."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    cases = [case for case in make_plan(SEED, quick=False).accuracy if case.skin == "clear"]
    with ProcessPoolExecutor(asked.workers) as pool:
        table = pd.DataFrame(pool.map(measured, cases))
    usual = table["contrast"].mode().iloc[0]
    show(table[table["contrast"] == usual], "px_per_mm")
    show(table[table["px_per_mm"] == PORTRAIT_PX_PER_MM], "contrast")


if __name__ == "__main__":
    main()
