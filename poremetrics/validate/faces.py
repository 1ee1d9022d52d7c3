"""Rendered people before and after a treatment that is known: what is read of a face.

They are made by ``python sample_images/make --training N --again``. Beside every photo lies a table
of its pores, each with its number, so that the truth of a pair is counted, not assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from poremetrics.compare import compare
from poremetrics.errors import PoremetricsError
from poremetrics.settings import Settings
from poremetrics.validate.calibration import recorded
from poremetrics.validate.cases import Row

FACES = "faces"
"""Origin of pairs of rendered people."""


def treated_below(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the first and the later photo of everybody who was photographed twice."""
    for first in sorted(folder.glob("*/visit_0.jpg")):
        later = first.with_name("visit_1.jpg")
        if later.exists():
            yield first, later


def both_visits(first: Path, later: Path) -> pd.DataFrame:
    """Return the pores of which both photos tell, one row each.

    Parameters
    ----------
    first, later : Path
        Rendered photos of one person; their tables lie beside them.

    Returns
    -------
    DataFrame
        Columns of the tables, ended by ``_one`` and ``_two``: of the pores that face the camera in
        the first photo and face it in the other one too or are gone.
    """
    one, two = (
        pd.read_csv(photo.with_name(f"{photo.stem}.truth.csv.gz")).set_index("pore_id")
        for photo in (first, later)
    )
    both = one.add_suffix("_one").join(two.add_suffix("_two"), how="inner")
    told = both["visible_one"].eq(1) & (both["visible_two"].eq(1) | both["present_two"].eq(0))
    return both[told]


def true_changes(both: pd.DataFrame, limit_um: float) -> dict[str, float]:
    """Return the true changes in percent.

    Parameters
    ----------
    both : DataFrame
        Rows of :func:`both_visits`.
    limit_um : float
        Diameter of the smallest visible pore.

    Returns
    -------
    dict of str to float
        Of count, coverage and the size of the same pores, by the name of the measure; NaN where no
        pore is visible.
    """
    there = both["present_two"].eq(1).to_numpy(bool)
    before = both["diameter_um_one"].to_numpy(np.float64)
    after = np.where(there, both["diameter_um_two"].to_numpy(np.float64), 0.0)
    same = there & (np.sqrt(before * after) >= limit_um)
    if not same.any():
        return dict.fromkeys(("count", "coverage_pct", "diameter_um_matched"), np.nan)
    visible = [size[size >= limit_um] for size in (before, after)]
    ratios = {
        "count": visible[1].size / visible[0].size,
        "coverage_pct": float((visible[1] ** 2).sum() / (visible[0] ** 2).sum()),
        "diameter_um_matched": float(np.exp(np.log(after[same] / before[same]).mean())),
    }
    return {name: 100.0 * (ratio - 1.0) for name, ratio in ratios.items()}


def changed_face(first: Path, later: Path) -> list[Row]:
    """Return a row per region of a person who was treated, with what is true and what is read."""
    try:
        result = compare(first, later)
    except PoremetricsError:
        return []
    both, quality = both_visits(first, later), result.quality
    limit_um = Settings().change.visible_diameter_um
    rows: list[Row] = []
    for region, changes in result.changes.groupby("region", sort=False):
        if region == "all" or not changes["metric"].eq("diameter_um_matched").any():
            continue
        truth = true_changes(both[both["region_one"].eq(region)], limit_um)
        rows.append(
            {
                "kind": "power",
                "origin": FACES,
                **recorded(changes, quality[quality["region"].eq(region)]),
                **{f"{name}_true_pct": true for name, true in truth.items()},
            }
        )
    return rows
