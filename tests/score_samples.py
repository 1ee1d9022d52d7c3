"""Score detection on rendered faces: python tests/score_samples.py [FOLDER].

The sample photos if no folder is given.

Every pore from 3.5 px that faces the camera and is not hidden counts, whether or not it stands out
of the skin; finds on smaller pores are neither right nor wrong. Only the outlines of the regions
count, for outside them the truth does not tell every pore. Beside it, ``blob_log`` on the same
flattened skin, at the threshold that is best for that very region. Truth is only compared with;
the network that tells pores has not seen the samples. Other people are made by
`sample_images/make --training N`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from printed import print_head, print_row
from scipy.spatial import cKDTree

from poremetrics import face, photo, pores
from poremetrics.model import Grid, Skin
from poremetrics.settings import Settings
from poremetrics.synthetic import PEERS
from poremetrics.synthetic.scoring import assign

SMALLEST_PX = 3.5
CONTRASTS = (0.0, 0.1, 0.15, 0.2, 0.3, 1.0)
"""Edges of the classes of true contrast in which recall is told."""
MARK_KINDS = ("mole", "freckle", "acne", "stubble")


def scored(found: pd.DataFrame, truth: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return right, false, missed, and which rows of the truth were found."""
    pairs = assign(found, truth)
    false = len(found) - len(pairs.found) - len(pairs.faint_found)
    hit = np.zeros(len(truth), bool)
    hit[pairs.truth] = True
    return np.array([len(pairs.found), false, int(truth["visible"].sum()) - len(pairs.found)]), hit


def inside(area: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    return pores.inside(area, table[["x_px", "y_px"]].to_numpy(np.float64))


def told_area(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """Return where the truth of a photo tells every pore."""
    outlines = json.loads(path.with_name(path.name.replace(".jpg", ".regions.json")).read_text())
    area = np.zeros(shape, np.uint8)
    for outline in outlines.values():
        cv2.fillPoly(area, [np.rint(outline).astype(np.int32)], 1)
    return area > 0


def on_marks(found: pd.DataFrame, truth: pd.DataFrame, marks: pd.DataFrame) -> int:
    """Return how many finds lie on a mark, where no pore is."""
    if found.empty or marks.empty:
        return 0
    xy = found[["x_px", "y_px"]].to_numpy(np.float64)
    off, which = cKDTree(marks[["x_px", "y_px"]].to_numpy(np.float64)).query(xy)
    lies_on = off < marks["size_px"].to_numpy(np.float64)[which] / 2
    gap, pore = cKDTree(truth[["x_px", "y_px"]].to_numpy(np.float64)).query(xy)
    return int((lies_on & (gap > truth["diameter_px"].to_numpy(np.float64)[pore])).sum())


class Region(NamedTuple):
    """Skin of a sample photo with what is there."""

    name: str
    skin: Skin
    told: np.ndarray
    px_per_mm: float | None
    truth: pd.DataFrame
    marks: pd.DataFrame


def regions_of(path: Path) -> Iterator[Region]:
    """Yield the regions of a photo; ``visible`` are the pores that count."""
    settings = Settings()
    view = "closeup" if path.parent.name == "close_up" else "face"
    taken = photo.load(path, settings.photo)
    regions = face.find(taken, settings.face, view=view, name=path.name).regions
    truth = pd.read_csv(path.with_name(path.name.replace(".jpg", ".truth.csv.gz")))
    marks = pd.read_csv(path.with_name(path.name.replace(".jpg", ".distractors.csv")))
    truth = truth[truth["present"] == 1].assign(present=True)
    wanted = (truth["visible"] == 1) & (truth["diameter_px"] >= SMALLEST_PX)
    truth = truth.assign(visible=wanted)
    linear = photo.to_linear(taken.pixels)
    told = told_area(path, taken.pixels.shape[:2])
    for region in regions:
        grid = Grid.of_box(region.box)
        (top, left), (h, w) = (int(grid.y0), int(grid.x0)), grid.shape
        patch = linear[top : top + h, left : left + w]
        per_mm = None if region.scale is None else 1.0 / region.scale.mm_per_px
        skin = pores.flatten(patch, region.skin, settings.pores, px_per_mm=per_mm)
        own, own_marks = (
            table.assign(x_px=table["x_px"] - left, y_px=table["y_px"] - top)
            for table in (truth, marks)
        )
        own = own[inside(skin.mask, own)].reset_index(drop=True)
        here = skin.mask & told[top : top + h, left : left + w]
        own["visible"] &= inside(here, own)
        own_marks = own_marks[own_marks["kind"].isin(MARK_KINDS)]
        yield Region(region.name, skin, here, per_mm, own, own_marks)


def score_photo(path: Path) -> list[dict[str, object]]:
    """Return a row per region."""
    rows = []
    for name, skin, told, per_mm, own, own_marks in regions_of(path):
        found = pores.find(skin, Settings().pores).query("is_pore")
        found = found[inside(told, found)]
        counts, hit = scored(found, own)
        sweep = PEERS["blob_log"](skin.darkening, per_mm or 14.0)
        tables = [table[inside(told, table)] for _, table in sweep]
        peer = max((scored(table, own)[0] for table in tables), key=f1)
        seen = own["visible"].to_numpy(bool)
        rows.append(
            {
                "photo": f"{path.parent.name}/{path.stem}",
                "region": name,
                "counts": counts,
                "peer": peer,
                "marks": on_marks(found, own, own_marks),
                "found": len(found),
                "contrast": own["contrast"].to_numpy()[seen],
                "hit": hit[seen],
            }
        )
    return rows


def f1(counts: np.ndarray) -> float:
    right, false, missed = counts
    return float(2 * right / max(2 * right + false + missed, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", type=Path, nargs="?", default=Path("sample_images"))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    photos = sorted(asked.samples.glob("*/visit_*.jpg"))
    photos += sorted(asked.samples.glob("close_up/*.jpg"))
    with ProcessPoolExecutor(asked.workers) as pool:
        rows = pd.DataFrame([row for part in pool.map(score_photo, photos) for row in part])
    rows["group"] = rows["photo"].str.split("/").str[0]
    print_head("photos", "pores", "precision", "recall", "F1", "F1 of blob_log", "on marks")
    for name, group in rows.groupby("group"):
        right, false, missed = counts = np.sum(group["counts"].to_list(), axis=0)
        cells = [
            f"{right + missed:,}",
            f"{right / (right + false):.2f}",
            f"{right / (right + missed):.2f}",
            f"{f1(counts):.2f}",
            f"{f1(np.sum(group['peer'].to_list(), axis=0)):.2f}",
            f"{100 * group['marks'].sum() / group['found'].sum():.1f} %",
        ]
        print_row(name, *cells)
    print()
    print_head("contrast", *[f"{a:g} to {b:g}" for a, b in edges()])
    for name, group in rows.groupby("group"):
        contrast, hit = (np.concatenate(group[key].to_list()) for key in ("contrast", "hit"))
        shares = [hit[(contrast >= a) & (contrast < b)] for a, b in edges()]
        cells = [f"{one.mean():.2f} of {len(one):,}" if len(one) else "" for one in shares]
        print_row(f"recall, {name}", *cells)


def edges() -> list[tuple[float, float]]:
    return list(pairwise(CONTRASTS))


if __name__ == "__main__":
    main()
