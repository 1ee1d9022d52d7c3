"""Compare photos with copies of themselves taken again: how often is unchanged skin called changed?

    python tests/score_nulls.py FOLDER

Every photo of the folder is photographed again, gently, usually and roughly unlike, by
``poremetrics.synthetic.reshoot``, with other random numbers than those that the package's figures
rest on. A pair counts as called if any measure of any region is called changed. No photo leaves its
folder.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from printed import print_head, print_row

from poremetrics.synthetic import Preset, draw_nuisance
from poremetrics.validate.defaults import compared_again

SHOTS: tuple[Preset, ...] = ("gentle", "usual", "rough")
SEED = 20250101
CALLED = ("decreased", "increased")
MEASURES = ("diameter_um_matched", "count", "coverage_pct")


def tried(path: Path, preset: Preset) -> dict[str, object]:
    """Compare a photo with itself taken again."""
    rng = np.random.default_rng((SEED, SHOTS.index(preset)))
    result = compared_again(path, draw_nuisance(rng, preset))
    if result is None:
        return {"strength": preset, "refused": True, "failed": ["no skin"]}
    own = result.changes[result.changes["verdict"].ne("")]
    judged = own[own["verdict"].ne("not comparable")]
    whole = judged[judged["region"].eq("all")].set_index("metric")["change_pct"]
    called = judged[judged["verdict"].isin(CALLED)]
    return {
        "strength": preset,
        "refused": judged.empty,
        "failed": sorted(set(result.quality.loc[~result.quality["ok"], "check"])),
        "called": ", ".join(called["region"] + " " + called["metric"]),
        **{name: abs(whole.get(name, np.nan)) for name in MEASURES},
    }


def main() -> None:
    """Print one row per strength, why pairs were refused, and what was called."""
    parser = argparse.ArgumentParser(description="How often is unchanged skin called changed?")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    jobs = [
        partial(tried, path, shot) for path in sorted(asked.folder.glob("*.jpg")) for shot in SHOTS
    ]
    with ProcessPoolExecutor(asked.workers) as pool:
        table = pd.DataFrame([one.result() for one in [pool.submit(job) for job in jobs]])
    middle = [f"median change of {name}" for name in MEASURES]
    print_head("strength", "pairs", "comparable", "called", *middle)
    for strength, own in [*table.groupby("strength", sort=False), ("all", table)]:
        counted = own[~own["refused"]]
        medians = [f"{counted[name].median():.1f} %" for name in MEASURES]
        print_row(strength, len(own), len(counted), counted["called"].ne("").sum(), *medians)
    refused = table[table["refused"]]
    print(f"\n{len(refused)} refused; of these fail, in any region:")
    print(refused["failed"].explode().value_counts().to_string())
    for said in table["called"].dropna().loc[lambda one: one.ne("")]:
        print(f"\ncalled: {said}")


if __name__ == "__main__":
    main()
