"""Score limits of the probability of a pore: python tests/score_limits.py [sample_images].

On faces, close-ups and synthetic skin that the network was not trained on; counted as in
``score_samples.py``, but that every pore of synthetic skin that can be seen counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from printed import print_head, print_row
from score_samples import f1, inside, regions_of, scored

from poremetrics import pores
from poremetrics.model import Skin
from poremetrics.settings import Settings
from poremetrics.validate.training.pictures import synthetic

LIMITS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
SYNTHETIC_SEEDS = range(40)  # training has others


def skins_of(source: Path | int) -> Iterator[tuple[Skin, np.ndarray, pd.DataFrame]]:
    """Yield skins, where all pores are told, and the pores, of a photo or of a seed."""
    if isinstance(source, Path):
        yield from ((region.skin, region.told, region.truth) for region in regions_of(source))
        return
    picture = synthetic(source)
    columns = {"x_px": picture.xy[:, 0], "y_px": picture.xy[:, 1]}
    columns |= {"diameter_px": picture.diameter_px, "visible": picture.counts}
    truth = pd.DataFrame(columns).assign(present=True)
    mask = picture.skin.mask
    yield picture.skin, mask, truth[inside(mask, truth)].reset_index(drop=True)


def counts_of(source: Path | int) -> np.ndarray:
    """Return right, false and missed for every limit."""
    settings = Settings().pores.model_copy(update={"pore_probability": min(LIMITS)})
    counts = np.zeros((len(LIMITS), 3), int)
    for skin, told, truth in skins_of(source):
        found = pores.find(skin, settings).query("is_pore")
        found = found[inside(told, found)]
        for row, limit in enumerate(LIMITS):
            counts[row] += scored(found[found["probability"] >= limit], truth)[0]
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", type=Path, nargs="?", default=Path("sample_images"))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    sources = {
        "faces": sorted(asked.samples.glob("person_*/visit_*.jpg")),
        "close-ups": sorted(asked.samples.glob("close_up/*.jpg")),
        "synthetic": SYNTHETIC_SEEDS,
    }
    print_head("F1 at a limit of", *[f"{limit:g}" for limit in LIMITS])
    means = np.zeros(len(LIMITS))
    with ProcessPoolExecutor(asked.workers) as pool:
        for name, chosen in sources.items():
            counts = np.sum(list(pool.map(counts_of, chosen)), axis=0)
            scores = np.array([f1(one) for one in counts])
            means += scores / len(sources)
            print_row(name, *[f"{score:.3f}" for score in scores])
    print_row("mean", *[f"{score:.3f}" for score in means])


if __name__ == "__main__":
    main()
