"""Score the scale of faces on the rendered samples: python tests/score_scale.py [sample_images].

Told over true, of the size of a pixel on the skin. True is what the pores of a region have in
common: the median of their diameter on the skin over that in the photo, of those that face the
camera and are not hidden. Of it two parts are known apart: how much larger a pixel is on slanted
skin, and the scale at the eyes against that of skin that faces the camera.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd
from printed import print_head, print_row

from poremetrics import face, photo
from poremetrics.face.anatomy import REGION_POINTS
from poremetrics.face.pose import lie
from poremetrics.settings import Settings


def beside(path: Path, ending: str) -> Path:
    """Return a file of the truth of a photo."""
    return path.with_name(path.name.replace(".jpg", ending))


def score(path: Path) -> list[dict[str, object]]:
    """Return a row per region."""
    rows: list[dict[str, object]] = []
    settings = Settings()
    found = face.find(photo.load(path, settings.photo), settings.face, name=path.name)
    truth = pd.read_csv(beside(path, ".truth.csv.gz")).query("present == 1 and visible == 1")
    mesh = found.landmarks_px
    facing_um = json.loads(beside(path, ".camera.json").read_text())["um_per_px_facing"]
    for region in found.regions:
        own = truth[truth["region"].eq(region.name)]
        if mesh is None or region.scale is None or own.empty:
            continue
        true_um = float((own["diameter_um"] / own["diameter_px"]).median())
        told_um = 1000.0 * region.scale.mm_per_px
        slant = lie(mesh, REGION_POINTS[region.name], settings.face).slant
        rows.append(
            {
                "who": path.parent.name,
                "region": region.name.split("_")[-1],  # both cheeks are one kind
                "told": told_um / true_um,
                "slant": slant / (true_um / facing_um[region.name]),
                "eyes": told_um / slant / facing_um[region.name],
                "claimed": region.scale.rel_sd,
            }
        )
    return rows


def main() -> None:
    """Print a row per person and kind of region."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("samples", type=Path, nargs="?", default=Path("sample_images"))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    photos = sorted(asked.samples.glob("person_*/visit_*.jpg"))
    with ProcessPoolExecutor(asked.workers) as pool:
        table = pd.DataFrame([row for part in pool.map(score, photos) for row in part])
    print_head("person", "region", "told / true", "of slant", "of the eyes", "claimed sd", words=2)
    for (who, region), own in table.groupby(["who", "region"]):
        mean = own[["told", "slant", "eyes", "claimed"]].mean()
        ratios = (f"{mean[name]:.2f}" for name in ("told", "slant", "eyes"))
        print_row(str(who), str(region), *ratios, f"{100 * mean['claimed']:.0f} %")


if __name__ == "__main__":
    main()
