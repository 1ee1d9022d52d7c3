"""Hold the changes read on rendered people against their truth: python tests/score_changes.py.

Every visit against the first one of the same person. The true change of size is the geometric mean
over the pores that both visits show and that are visible; the true counts are those of visible
pores (250 µm; 3 px where the tool knows no scale) that face the camera in both photos, of a
face those within the outlines of its regions, where the truth tells every pore.
Truth is only compared with. A folder made by ``sample_images/make --training N --again`` may be
given instead of the samples.
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
from poremetrics.validate.faces import both_visits, treated_below, true_changes

VISIBLE = Settings().change


def truth_of(both: pd.DataFrame, *, has_scale: bool) -> dict[str, float]:
    """Return the true changes in percent of size, count and coverage."""
    px_per_um = float((both["diameter_px_one"] / both["diameter_um_one"]).median())
    limit_px = VISIBLE.visible_diameter_px
    return true_changes(both, VISIBLE.visible_diameter_um if has_scale else limit_px / px_per_um)


def scored(first: Path, later: Path) -> list[dict[str, object]]:
    """Return a row per region and measure of a pair; none where the pair is refused."""
    try:
        changes = poremetrics.compare(first, later).changes
    except poremetrics.PoremetricsError:
        return []
    both = both_visits(first, later)
    rows: list[dict[str, object]] = []
    for region, told in changes.groupby("region", sort=False):
        has_scale = told["metric"].eq("diameter_um_matched").any()
        own = told.assign(metric=told["metric"].str.replace("_px", "_um")).set_index("metric")
        if first.parent.name == "close_up":
            there = both
        elif region == "all":
            there = both[both["region_one"].notna()]
        else:
            there = both[both["region_one"].eq(region)]
        rows += [
            {
                "pair": f"{later.parent.name}/{later.stem}",
                "region": region,
                "measure": name,
                "true": true,
                "read": own.loc[name, "change_pct"],
                "low": own.loc[name, "ci_low_pct"],
                "high": own.loc[name, "ci_high_pct"],
                "verdict": own.loc[name, "verdict"],
            }
            for name, true in truth_of(there, has_scale=has_scale).items()
        ]
    return rows


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Return all pairs of the samples, or of a folder of other rendered people."""
    people = [folder / f"person_{who}" for who in "abc"]
    if not people[0].exists():
        return list(treated_below(folder))
    close_up = folder / "close_up"
    return [
        *(
            (who / "visit_0.jpg", who / f"visit_{visit}.jpg")
            for who in people
            for visit in (1, 2, 3)
        ),
        *(
            (close_up / f"person_{a}_visit_0.jpg", close_up / f"person_{a}_visit_3.jpg")
            for a in "abc"
        ),
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
    table = pd.DataFrame(rows)
    table = table[table["verdict"].ne("not comparable")]
    whole = table["region"].eq("all")
    for row in table[whole].to_dict("records"):
        figures = f"{row['true']:.1f} %", f"{row['read']:.1f} %"
        interval = f"{row['low']:.1f} to {row['high']:.1f} %"
        print_row(row["pair"], row["measure"], *figures, interval, row["verdict"])
    table["held"] = table["true"].between(table["low"], table["high"])
    for name, own in table[whole].groupby("measure", sort=False):
        off = np.log1p(own["read"] / 100.0) - np.log1p(own["true"] / 100.0)
        single = table.loc[~whole & table["measure"].eq(name), "held"]
        print(
            f"\n{name}: ratio off by {100.0 * np.expm1(off.mean()):+.1f} % on average, "
            f"{100.0 * np.expm1(off.abs().max()):.1f} % at most; "
            f"{own['held'].sum()} of {len(own)} intervals hold the truth, "
            f"of single regions {single.sum()} of {len(single)}"
        )


if __name__ == "__main__":
    main()
