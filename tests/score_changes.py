"""Hold the changes read on the rendered samples against their truth: python tests/score_changes.py.

Every visit against the first one of the same person. The true change of size is the geometric mean
over the pores that both visits show and that are visible; the true counts are those of visible
pores (250 µm; 3 px where the tool knows no scale) that face the camera in both photos, of a
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
from poremetrics.validate.faces import both_visits, true_changes

VISIBLE = Settings().change


def truth_of(first: Path, later: Path, *, has_scale: bool) -> dict[str, float]:
    """Return the true changes in percent of size, count and coverage."""
    both = both_visits(first, later)
    if first.parent.name != "close_up":
        both = both[both["region_one"].notna()]
    px_per_um = float((both["diameter_px_one"] / both["diameter_um_one"]).median())
    limit_px = VISIBLE.visible_diameter_px
    return true_changes(both, VISIBLE.visible_diameter_um if has_scale else limit_px / px_per_um)


def scored(first: Path, later: Path) -> list[dict[str, object]]:
    """Return a row per measure of a pair."""
    changes = poremetrics.compare(first, later).changes
    own = changes[changes["region"].eq("all")]
    truth = truth_of(first, later, has_scale=own["metric"].eq("diameter_um_matched").any())
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
