"""What re-shot copies of your own portraits differ by, as a calibration.

    python tests/portrait_repeatability.py FOLDER [--photos 8] [--shots 5]

Every portrait is compared with copies of itself photographed again without touching the skin
(``poremetrics.synthetic.reshoot``, two usual and the rest rough), region by region. Prints the wSD
of every measure, to be held against those of rendered skin, and the false calls. No photo leaves
the folder.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

import poremetrics
from poremetrics import photo
from poremetrics.change import default_response
from poremetrics.errors import PoremetricsError
from poremetrics.settings import Settings
from poremetrics.synthetic import Preset, draw_nuisance, reshoot
from poremetrics.validate.calibration import calibrate, sampling_sd


def shot_again(job: tuple[Path, int]) -> list[dict[str, object]]:
    """Return a row per region, as the null pairs of ``validate`` have them."""
    path, seed = job
    preset: Preset = "usual" if seed < 2 else "rough"
    pixels = photo.load(path, Settings().photo).pixels
    again = reshoot(pixels, draw_nuisance(np.random.default_rng(seed), preset)).pixels
    try:
        result = poremetrics.compare(np.asarray(pixels), again)
    except PoremetricsError:
        return []
    rows = []
    pair = result.quality[result.quality["photo"].eq("pair")]
    for region, table in result.changes.groupby("region", sort=False):
        if region == "all" or table["verdict"].eq("not comparable").all():
            continue
        own = pair[pair["region"].eq(region)].set_index("check")["value"]
        row: dict[str, object] = {
            "kind": "null",
            "strength": "rough",  # all count: the usual ones are few
            "pair": f"{path.name} {seed}",
            "relative_blur_px": float(own.get("relative_blur", 0.0)),
            "correlation": float(own.get("same_skin", 1.0)),
        }
        sampling = sampling_sd(table, default_response(), result.settings.change)
        for one, sd in zip(table.itertuples(), sampling, strict=True):
            name = str(one.metric).replace("_px", "_um").replace("density_mpx", "density_cm2")
            row |= {f"{name}_pct": one.change_pct, f"{name}_sampling_sd": sd}
            row |= {f"{name}_verdict": one.verdict} if one.verdict else {}
        rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=8)
    parser.add_argument("--shots", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    photos = sorted(asked.folder.glob("*.jpg"))[: asked.photos]
    jobs = [(path, seed) for path in photos for seed in range(asked.shots)]
    with ProcessPoolExecutor(asked.workers) as pool:
        rows = [row for part in pool.map(shot_again, jobs) for row in part]
    found = pd.DataFrame(rows)
    verdicts = found[[name for name in found.columns if name.endswith("_verdict")]]
    called = verdicts.isin(["decreased", "increased"]).any(axis=1)
    pairs = found["pair"].nunique()
    print(f"{len(found)} regions of {pairs} pairs; {found['pair'][called].nunique()} pairs called")
    for name, wsd in calibrate(found).wsd_log.items():
        print(f"{name}: {wsd:.4f}")


if __name__ == "__main__":
    main()
