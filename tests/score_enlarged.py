"""Enlarge portraits and find their pores again: python tests/score_enlarged.py FOLDER.

Enlarging adds nothing: the pores found should be those of the photo as it is. Grain that is finer
than any pore grows to the width of one, as in photos taken with digital zoom. Per region: how many
finds count as pores, as it is and enlarged, and what share of the former is found again.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from printed import print_head, print_row
from scipy.spatial import cKDTree

from poremetrics import face, photo, pores
from poremetrics.model import Mask, Points, Rgb
from poremetrics.settings import Settings
from poremetrics.workers import one_core

FACTORS = (1.4, 2.0)
NEAR_PX = 2.5  # of the photo as it is
SETTINGS = Settings()


def pores_of(pixels: Rgb, skin: Mask, px_per_mm: float | None) -> Points:
    """Return the places of what counts as a pore."""
    flat = pores.flatten(photo.to_linear(pixels), skin, SETTINGS.pores, px_per_mm=px_per_mm)
    return pores.positions(pores.find(flat, SETTINGS.pores).query("is_pore"))


def enlarged(pixels: Rgb, skin: Mask, factor: float) -> tuple[Rgb, Mask]:
    large = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    size = large.shape[1::-1]
    mask = cv2.resize(skin.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return np.asarray(large, np.uint8), mask


def found_again(plain: Points, found: Points) -> str:
    """Return the share of places that have a find nearby."""
    if not len(plain) or not len(found):
        return "0 %" if len(plain) else ""
    return f"{100 * np.mean(cKDTree(found).query(plain)[0] < NEAR_PX):.0f} %"


def score_photo(path: Path, number: int) -> list[list[str]]:
    """Return a row per region; photos are numbered, for names tell who took them."""
    rows = []
    with one_core():
        taken = photo.load(path, SETTINGS.photo)
        for region in face.find(taken, SETTINGS.face, name=path.name).regions:
            pixels = np.ascontiguousarray(taken.pixels[region.box.slices])
            per_mm = None if region.scale is None else 1.0 / region.scale.mm_per_px
            plain = pores_of(pixels, region.skin, per_mm)
            row = [str(number), region.name, f"{per_mm:.1f}" if per_mm else "", str(len(plain))]
            for factor in FACTORS:
                scale = None if per_mm is None else factor * per_mm
                found = pores_of(*enlarged(pixels, region.skin, factor), scale)
                found = (found + 0.5) / factor - 0.5
                row += [str(len(found)), found_again(plain, found)]
            rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    photos = sorted(asked.folder.glob("*.jpg"))
    head = ["photo", "region", "px/mm", "as it is"]
    for factor in FACTORS:
        head += [f"× {factor:g}", "found again"]
    print_head(*head, words=2)
    totals = np.zeros(1 + len(FACTORS), int)
    with ProcessPoolExecutor(asked.workers) as pool:
        for rows in pool.map(score_photo, photos, range(1, len(photos) + 1)):
            for row in rows:
                print_row(*row)
                totals += [int(row[3]), *map(int, row[4::2])]
    print(f"\nAll: {', '.join(map(str, totals))}")


if __name__ == "__main__":
    main()
