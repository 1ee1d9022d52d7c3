"""Hold the changes read on the rendered samples against their truth: python tests/score_changes.py.

Every visit against the first one of the same person. The true change of size is the geometric mean
over the pores that both visits show and that span at least 3.5 px; the true counts are those of
visible pores (250 µm; 3 px where the tool knows no scale) that face the camera in both photos, of a
face those within the outlines of its regions, where the truth tells every pore.
Truth is only compared with.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from printed import print_head, print_row

import poremetrics
from poremetrics.settings import Settings

SMALLEST_PX = 3.5
VISIBLE = Settings().change


def true_changes(first: Path, later: Path, *, has_scale: bool) -> dict[str, float]:
    """Return the true changes in percent of size, count and coverage."""
    one, two = (
        pd.read_csv(path.with_name(path.name.replace(".jpg", ".truth.csv.gz"))).set_index("pore_id")
        for path in (first, later)
    )
    both = one.add_suffix("_one").join(two.add_suffix("_two"), how="inner")
    both = both[
        (both["visible_one"] == 1) & ((both["visible_two"] == 1) | (both["present_two"] == 0))
    ]
    if first.parent.name != "close_up":
        both = both[both["region_one"].notna()]
    there = both["present_two"] == 1
    sized = both[there & (both["diameter_px_one"] >= SMALLEST_PX)]
    ratio = np.log(sized["diameter_um_two"] / sized["diameter_um_one"]).mean()
    diameters = both["diameter_um_one"], both["diameter_um_two"].where(there, 0.0)
    px_per_um = float((both["diameter_px_one"] / both["diameter_um_one"]).median())
    limit_um = VISIBLE.visible_diameter_um if has_scale else VISIBLE.visible_diameter_px / px_per_um
    large = [values >= limit_um for values in diameters]
    areas = [float((values[big] ** 2).sum()) for values, big in zip(diameters, large, strict=True)]
    return {
        "diameter_um_matched": 100.0 * float(np.expm1(ratio)),
        "count": 100.0 * (float(large[1].sum()) / float(large[0].sum()) - 1.0),
        "coverage_pct": 100.0 * (areas[1] / areas[0] - 1.0),
    }


def scored(first: Path, later: Path) -> list[dict[str, object]]:
    """Return a row per measure of a pair."""
    changes = poremetrics.compare(first, later).changes
    own = changes[changes["region"].eq("all")]
    truth = true_changes(first, later, has_scale=own["metric"].eq("diameter_um_matched").any())
    own = own.assign(metric=own["metric"].str.replace("_px", "_um")).set_index("metric")
    return [
        {
            "pair": f"{later.parent.name}/{later.stem}",
            "measure": name,
            "true": true,
            "read": own.loc[name, "change_pct"],
            "low": own.loc[name, "ci_low_pct"],
            "high": own.loc[name, "ci_high_pct"],
            "verdict": own.loc[name, "verdict"],
        }
        for name, true in truth.items()
    ]


def pairs(samples: Path) -> list[tuple[Path, Path]]:
    """Return all pairs of the samples."""
    faces = [
        (
            samples / f"person_{who}" / "visit_0.jpg",
            samples / f"person_{who}" / f"visit_{visit}.jpg",
        )
        for who in "abc"
        for visit in (1, 2, 3)
    ]
    folder = samples / "close_up"
    return [
        *faces,
        *((folder / f"person_{a}_visit_0.jpg", folder / f"person_{a}_visit_3.jpg") for a in "abc"),
    ]


def main() -> None:
    """Print a row per pair and measure, and how far sizes are off on average."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", type=Path, nargs="?", default=Path("sample_images"))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.workers) as pool:
        rows = [
            row
            for part in pool.map(scored, *zip(*pairs(asked.samples), strict=True))
            for row in part
        ]
    print_head("pair", "measure", "true", "read", "interval", "verdict", words=2)
    for row in rows:
        figures = f"{row['true']:.1f} %", f"{row['read']:.1f} %"
        interval = f"{row['low']:.1f} to {row['high']:.1f} %"
        print_row(row["pair"], row["measure"], *figures, interval, row["verdict"])
    table = pd.DataFrame(rows)
    for name, own in table.groupby("measure", sort=False):
        off = np.log1p(own["read"] / 100.0) - np.log1p(own["true"] / 100.0)
        held = own["true"].between(own["low"], own["high"])
        print(
            f"\n{name}: ratio off by {100.0 * np.expm1(off.mean()):+.1f} % on average, "
            f"{100.0 * np.expm1(off.abs().max()):.1f} % at most; "
            f"{int(held.sum())} of {len(own)} intervals hold the truth"
        )


if __name__ == "__main__":
    main()
