"""Make the figures that intervals rest on, of the package as it is.

    python sample_images/make --base FOLDER --training 30 --again --out FACES
    python -m poremetrics.validate.defaults --portraits FOLDER --faces FACES

writes ``change/repeatability.json`` and ``change/response.json`` of the package anew. Four kinds
of pairs are looked at: unchanged rendered skin photographed twice at the scales that faces and
close-ups come in; rendered skin of known change, sharp to soft; portraits against copies of
themselves photographed again without touching the skin (:func:`poremetrics.synthetic.reshoot`);
and rendered people of known change (:mod:`poremetrics.validate.faces`). Without ``--portraits`` or
``--faces`` that kind is missing. No photo leaves its folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from importlib import resources
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel

from poremetrics import photo
from poremetrics.change import default_response
from poremetrics.compare import compare
from poremetrics.errors import PoremetricsError
from poremetrics.model import Comparison
from poremetrics.settings import Settings
from poremetrics.synthetic import Nuisance, Preset, draw_nuisance, reshoot
from poremetrics.validate.calibration import (
    SKIN,
    calibrate,
    calibrate_reading,
    calibrate_response,
    recorded,
)
from poremetrics.validate.calibration_pairs import calibration_pairs, reading_pairs
from poremetrics.validate.cases import Row, run_pair
from poremetrics.validate.faces import changed_face, treated_below
from poremetrics.validate.subjects import Pair

SHOTS: tuple[Preset, ...] = ("usual", "rough", "usual")
"""How every portrait is photographed again."""


def rendered(case: Pair) -> list[Row]:
    """Return the row of a rendered pair."""
    return [{**row, "origin": SKIN} for part in run_pair(case) for row in part.rows]


def compared_again(path: Path, nuisance: Nuisance) -> Comparison | None:
    """Compare a photo with a copy that is photographed again without touching the skin.

    Parameters
    ----------
    path : Path
        The photo.
    nuisance : Nuisance
        What differs in the copy.

    Returns
    -------
    Comparison or None
        None where the two cannot be compared at all.
    """
    pixels = np.asarray(photo.load(path, Settings().photo).pixels)
    try:
        return compare(pixels, np.asarray(reshoot(pixels, nuisance).pixels))
    except PoremetricsError:
        return None


def shot_again(path: Path, seed: int, preset: Preset) -> list[Row]:
    """Return a row per region of a portrait that was photographed again."""
    result = compared_again(path, draw_nuisance(np.random.default_rng(seed), preset))
    if result is None:
        return []
    quality = result.quality
    return [
        {
            "kind": "unchanged",
            "origin": "portrait",
            "strength": preset,
            **recorded(changes, quality[quality["region"].eq(region)]),
        }
        for region, changes in result.changes.groupby("region", sort=False)
        if region != "all"
    ]


Job = Callable[[], list[Row]]


def rendered_jobs(cases: Iterable[Pair]) -> Iterator[Job]:
    """Yield the rendered pairs."""
    return (partial(rendered, case) for case in cases)


def portrait_jobs(seed: int, portraits: Path | None) -> Iterator[Job]:
    """Yield the portraits that are photographed again."""
    for path in sorted(portraits.glob("*.jpg")) if portraits else ():
        for shot, preset in enumerate(SHOTS):
            yield partial(shot_again, path, seed + shot, preset)


def face_jobs(faces: Path | None) -> Iterator[Job]:
    """Yield the rendered people of known change."""
    for pair in treated_below(faces) if faces else ():
        yield partial(changed_face, *pair)


def collected(jobs: Iterable[Job], workers: int) -> pd.DataFrame:
    """Return the rows of all pairs, in the order of the jobs."""
    with ProcessPoolExecutor(workers) as pool:
        futures = [pool.submit(job) for job in jobs]
        for number, _ in enumerate(as_completed(futures), 1):
            print(f"\r{number} of {len(futures)} pairs", end="", flush=True)
    print()
    return pd.DataFrame([row for future in futures for row in future.result()])


def keep(name: str, found: BaseModel) -> None:
    """Write a file of the package."""
    path = Path(str(resources.files("poremetrics.change") / f"{name}.json"))
    path.write_text(found.model_dump_json(indent=2) + "\n", "utf-8")


def main() -> None:
    """Make both files of the package anew.

    How sizes are read comes first: everything else is read with it.
    """
    parser = argparse.ArgumentParser(description="Make the figures that intervals rest on.")
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--faces", type=Path, help="rendered people, photographed twice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    present = default_response()
    known = collected(rendered_jobs(reading_pairs(asked.seed + 1)), asked.workers)
    reading = calibrate_reading(known)
    keep("response", present.model_copy(update={"reading": reading}))
    jobs = chain(
        rendered_jobs(calibration_pairs(asked.seed)),
        portrait_jobs(asked.seed, asked.portraits),
        face_jobs(asked.faces),
    )
    pairs = collected(jobs, asked.workers)
    keep("repeatability", calibrate(pairs))
    keep("response", calibrate_response(pairs))


if __name__ == "__main__":
    main()
