"""Score photos finer than pores need: python tests/score_fine.py.

The same synthetic skin at 20 to 120 px/mm, as sharp as 15 µm, measured as it is and at the
resolution the tool chooses, with its scale given and without; then pores that appear 20 % smaller,
photographed from a little further away. Truth is only compared with.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
from printed import print_head, print_row

import poremetrics
from poremetrics import synthetic
from poremetrics.columns import is_pore
from poremetrics.settings import Settings
from poremetrics.synthetic import Camera, Score, SyntheticSkin, Treatment, score
from poremetrics.validate import SEED
from poremetrics.validate.subjects import SKINS

PX_PER_MM = (20.0, 30.0, 40.0, 60.0, 80.0, 120.0)
SUBJECTS = 2
CHANGED_PX_PER_MM = (24.0, 30.0, 40.0, 60.0, 120.0)
CHANGED_SUBJECTS = 6
UNTREATED, SMALLER = Treatment(), Treatment(diameter_ratio=0.8)
AWAY = 0.9  # scale of the after photo against the before one
SIDE_MM, MARGIN_MM, SHARP_MM = 14.0, 1.0, 0.015
AS_IT_IS = {"align": {"finest_px_per_mm": 200.0}, "pores": {"look_fewest": 1000}}


def shot(
    skin: str, subject: int, px_per_mm: float, treatment: Treatment = UNTREATED
) -> SyntheticSkin:
    """Return a square of skin at a resolution."""
    side_mm = SIDE_MM + 2 * MARGIN_MM
    recipe = replace(SKINS[skin], width_mm=side_mm, height_mm=side_mm, grain_px_per_mm=60.0)
    for_skin, for_noise = np.random.default_rng((SEED, subject)).spawn(2)
    side_px = round(SIDE_MM * px_per_mm)
    camera = Camera(
        width_px=side_px,
        height_px=side_px,
        px_per_mm=px_per_mm,
        blur_px=max(0.9, SHARP_MM * px_per_mm),
    )
    return synthetic.photograph(synthetic.make_skin(for_skin, recipe), camera, for_noise, treatment)


def measured(one: SyntheticSkin, px_per_mm: float, settings: Settings, *, scale: bool) -> Score:
    """Return the score of what is found in a close-up."""
    mm_per_px = 1.0 / px_per_mm if scale else None
    found = poremetrics.measure(
        one.picture, view="closeup", mm_per_px=mm_per_px, settings=settings
    ).pores
    frame = Settings().face.closeup_border * one.picture.shape[0] + MARGIN_MM * px_per_mm
    border = one.picture.shape[1], one.picture.shape[0], frame
    return score(found[is_pore(found)].reset_index(drop=True), one.truth, border=border)


def scored(case: tuple[str, int, float]) -> list[dict[str, object]]:
    """Return a row per way of working."""
    skin, subject, px_per_mm = case
    one = shot(skin, subject, px_per_mm)
    ways = {
        "as it is": (Settings.model_validate(AS_IT_IS), True),
        "scale given": (Settings(), True),
        "no scale": (Settings(), False),
    }
    return [
        {"skin": skin, "px_per_mm": px_per_mm, "way": name}
        | {"f1": result.f1, "bias": result.size_bias_pct}
        for name, (settings, scale) in ways.items()
        for result in [measured(one, px_per_mm, settings, scale=scale)]
    ]


def changed(case: tuple[int, float]) -> list[dict[str, object]]:
    """Return what is read of pores of clear skin that appear 20 % smaller, per way of working."""
    subject, px_per_mm = case
    before = shot("clear", subject, px_per_mm)
    after = shot("clear", subject, AWAY * px_per_mm, SMALLER)
    true_pct = 100.0 * (SMALLER.diameter_ratio - 1.0)
    rows: list[dict[str, object]] = []
    for way, own in (("as it is", AS_IT_IS), ("scale given", {})):
        seen = poremetrics.compare(
            before.picture,
            after.picture,
            view="closeup",
            mm_per_px=1.0 / px_per_mm,
            settings=Settings.model_validate(own),
        ).changes.set_index(["region", "metric"])
        one = seen.loc[("closeup", "diameter_um_matched")]
        held = one["ci_low_pct"] < true_pct < one["ci_high_pct"]
        rows.append({"px_per_mm": px_per_mm, "way": way, "read": one["change_pct"], "held": held})
    return rows


def summed_up(pairs: pd.DataFrame) -> str:
    """Return the mean change that is read, in how many pairs one is, and how many hold."""
    known = pairs["read"].notna().sum()
    return f"{pairs['read'].mean():.1f} %, {known}, {pairs['held'].sum()}" if known else "none"


def main() -> None:
    """Print F1 and size bias, then changes of size, per resolution and way of working."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    cases = [
        (skin, subject, px) for skin in SKINS for subject in range(SUBJECTS) for px in PX_PER_MM
    ]
    pairs = [(subject, px) for subject in range(CHANGED_SUBJECTS) for px in CHANGED_PX_PER_MM]
    with ProcessPoolExecutor(asked.workers) as pool:
        rows = pd.DataFrame([row for part in pool.map(scored, cases) for row in part])
        read = pd.DataFrame([row for part in pool.map(changed, pairs) for row in part])
    ways = list(dict.fromkeys(rows["way"]))
    print_head("skin", "px/mm", *[f"{way}: F1 / size" for way in ways])
    for (skin, px_per_mm), group in rows.groupby(["skin", "px_per_mm"]):
        means = group.groupby("way")[["f1", "bias"]].mean().loc[ways]
        cells = [f"{one.f1:.2f} / {one.bias:+.1f} %" for one in means.itertuples()]
        print_row(skin, f"{px_per_mm:g}", *cells)
    print()
    told = "read, known, held"
    print_head("px/mm", f"as it is: {told}", f"scale given: {told}", words=0)
    for px_per_mm, group in read.groupby("px_per_mm"):
        print_row(f"{px_per_mm:g}", *(summed_up(own) for _, own in group.groupby("way")))


if __name__ == "__main__":
    main()
