"""Score how well the blur of one photo is told, and what that does to sizes.

    python tests/score_sharpness.py [--portraits FOLDER]

On the rendered skin of `poremetrics validate`, of which the true point spread is known: the blur
that is told, with pores and without, and the bias of sizes with it and with the true one in its
place. The table of a scale holds all tones; that of a contrast is of 12 px/mm. A third table tells
the blur behind other lenses. With portraits: the blur of their regions that are in focus, and of
the same softened by a known Gaussian, new noise on top; and the blur and the pores of all regions
of the same made smaller.
"""

from __future__ import annotations

import argparse
import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from printed import print_head, print_row

from poremetrics import face, photo, pores
from poremetrics.errors import PoremetricsError
from poremetrics.model import FloatImage, Region, Skin
from poremetrics.settings import Settings
from poremetrics.synthetic import (
    TONES,
    Camera,
    Nuisance,
    SyntheticSkin,
    make_skin,
    photograph,
    reshoot,
    score_by_size,
)
from poremetrics.validate import SEED
from poremetrics.validate.cases import frame_of, photographed
from poremetrics.validate.plan import make_plan
from poremetrics.validate.subjects import SKINS, Accuracy
from poremetrics.validate.subjects import Skin as Kind

CLASSES_PX = (3.0, 4.0, 6.0)
"""Lower edges of the classes of true diameter that are shown."""
PORTRAIT_PX_PER_MM = 12.0
FEWEST = 20
"""Pores that a class must have found in a picture to count."""

SCALES_PX_PER_MM = (8.0, 10.0, 13.0, 16.0, 20.0, 24.0)
LENSES_PX = (0.6, 0.9, 1.2, 1.5, 2.0)
SUBJECTS = 3
"""Of either kind of skin, 40 x 30 mm."""
ADDED_PX = (0.0, 0.6, 1.0, 1.5, 2.2)
"""By which portraits are softened."""
SMALLER = 0.9
"""By which portraits are made smaller."""
FAR_LOG = 0.25
"""Regions whose blur is told further apart than this are counted."""
FINEST_SOFT_PX = 1.3
FEWEST_PX_PER_MM = 7.0
"""Regions of portraits that count are at least as fine, and told to be at least as sharp."""

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


def behind_lens(case: tuple[float, float, Kind, int]) -> Row:
    """Return the blur that is told of skin behind a known lens."""
    scale, lens_px, kind, seed = case
    width_mm, height_mm = 40.0, 30.0
    recipe = replace(
        SKINS[kind],
        width_mm=width_mm,
        height_mm=height_mm,
        grain_px_per_mm=scale,
        tone=TONES[seed % len(TONES)],
    )
    camera = Camera(
        width_px=round(width_mm * scale),
        height_px=round(height_mm * scale),
        px_per_mm=scale,
        blur_px=lens_px,
    )
    for_skin, for_noise = np.random.default_rng(SEED + seed).spawn(2)
    shot = photograph(make_skin(for_skin, recipe), camera, for_noise)
    return {"px_per_mm": scale, "lens": lens_px, "told": flattened(shot).blur_px}


def softened(path: Path) -> list[Row]:
    """Return the blur that is told of every region of a portrait, softened step by step."""
    settings = Settings()
    try:
        taken = photo.load(path, settings.photo)
        regions = face.find(taken, settings.face, view="face", name=path.name).regions
    except PoremetricsError:  # another file of the folder, or no face
        return []
    rows: list[Row] = []
    for added_px in ADDED_PX:
        nuisance = Nuisance(blur_px=added_px, noise=0.006, jpeg_quality=92)
        linear = photo.to_linear(reshoot(taken.pixels, nuisance).pixels)
        for region in regions:
            if region.scale is None or region.scale.mm_per_px > 1.0 / FEWEST_PX_PER_MM:
                continue
            skin = flattened_region(linear, region, settings)
            where = f"{path.name} {region.name}"
            rows.append({"where": where, "added": added_px, "told": skin.blur_px})
    return rows


def resampled(path: Path) -> list[Row]:
    """Return blur, in pixels of the file, and pores of every region as it is and made smaller."""
    settings = Settings()
    rows: list[Row] = []
    try:
        pixels = photo.load(path, settings.photo).pixels
        for by in (1.0, SMALLER):
            size = [round(side * by) for side in pixels.shape[1::-1]]
            seen = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
            taken = photo.load(seen, settings.photo)
            linear = photo.to_linear(taken.pixels)
            for region in face.find(taken, settings.face, view="face", name=path.name).regions:
                skin = flattened_region(linear, region, settings)
                found = int(pores.find(skin, settings.pores)["is_pore"].sum())
                where = f"{path.name} {region.name}"
                rows.append({"where": where, "by": by, "told": skin.blur_px / by, "found": found})
    except PoremetricsError:  # another file of the folder, or no face
        return []
    return rows


def flattened_region(linear: FloatImage, region: Region, settings: Settings) -> Skin:
    """Return a region of a photo as flattened skin."""
    return pores.flatten(
        np.ascontiguousarray(linear[region.box.slices]),
        region.skin,
        settings.pores,
        px_per_mm=None if region.scale is None else 1.0 / region.scale.mm_per_px,
    )


def show_resampled(rows: list[Row]) -> None:
    """Print how far apart the same regions are told at two sizes of the photo."""
    table = pd.DataFrame(rows).pivot_table(index="where", columns="by", values=["told", "found"])
    table = table.dropna()
    apart = np.log(table["told", SMALLER] / table["told", 1.0])
    far = table.index[np.abs(apart) > FAR_LOG]
    found = [int(table["found", by].sum()) for by in (1.0, SMALLER)]
    print(f"\n{len(table)} regions of portraits made smaller by {SMALLER}")
    print(f"blur told over that of the portrait: median {np.exp(apart.median()):.2f},", end=" ")
    print(f"sd of the log {apart.std():.2f}; pores found {found[0]} and {found[1]}")
    print(f"blur apart by more than {FAR_LOG} (ln): {len(far)} regions")
    for where in far:
        told = " and ".join(f"{table.loc[where, ('told', by)]:.2f} px" for by in (1.0, SMALLER))
        counts = " and ".join(f"{table.loc[where, ('found', by)]:.0f}" for by in (1.0, SMALLER))
        print(f"- {where}: {told}; {counts} pores")


def show_softened(rows: list[Row]) -> None:
    """Print what is told of portraits that are sharp to begin with, against what it should be."""
    told = pd.DataFrame(rows).pivot_table(index="where", columns="added", values="told")
    sharp = told[told[ADDED_PX[0]] < FINEST_SOFT_PX]
    print(f"{len(sharp)} of {len(told)} regions of portraits told sharper than {FINEST_SOFT_PX} px")
    print_head("added", "told, median", "told / expected, median", "sd", words=0)
    for added_px in ADDED_PX:
        share: pd.Series = sharp[added_px] / np.hypot(sharp[ADDED_PX[0]], added_px)
        told_px = f"{sharp[added_px].median():.2f} px"
        print_row(f"{added_px:g} px", told_px, f"{share.median():.2f}", f"{share.std():.2f}")


def show(table: pd.DataFrame, by: str) -> None:
    """Print a row per group."""
    biases = [f"{name}, {low:.0f} px" for low in CLASSES_PX for name in ("told", "true")]
    print_head(by, "true blur", "told, mean", "told, sd", "told, no pores", *biases, words=0)
    for value, own in table.groupby(by):
        cells = (own[name].mean() for name in biases)
        shown = ("" if math.isnan(one) else f"{one:+.1f} %" for one in cells)
        told = own["told"].mean(), own["told"].std(), own["told, no pores"].mean()
        blurs = [f"{one:.2f}" for one in (own["true"].mean(), *told)]
        print_row(f"{value:g}", *blurs, *shown)
    print()


def main() -> None:
    """Print a table by scale, one by contrast and one by lens; one of portraits, if there are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=Path, help="folder of portraits, softened step by step")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    cases = [case for case in make_plan(SEED, quick=False).accuracy if case.skin == "clear"]
    with ProcessPoolExecutor(asked.workers) as pool:
        table = pd.DataFrame(pool.map(measured, cases))
        lenses = product(SCALES_PX_PER_MM, LENSES_PX, SKINS, range(SUBJECTS))
        told = pd.DataFrame(pool.map(behind_lens, lenses))
        folder = sorted(asked.portraits.iterdir()) if asked.portraits else ()
        portraits = [row for rows in pool.map(softened, folder) for row in rows]
        smaller = [row for rows in pool.map(resampled, folder) for row in rows]
    usual = table["contrast"].mode().iloc[0]
    show(table[table["contrast"] == usual], "px_per_mm")
    show(table[table["px_per_mm"] == PORTRAIT_PX_PER_MM], "contrast")
    by_lens = told.pivot_table(index="px_per_mm", columns="lens", values="told")
    print_head("px/mm", *[f"lens {lens:g} px" for lens in by_lens], words=0)
    for scale, row in by_lens.iterrows():
        print_row(f"{scale:g}", *[f"{one:.2f}" for one in row])
    print()
    if portraits:
        show_softened(portraits)
        show_resampled(smaller)


if __name__ == "__main__":
    main()
