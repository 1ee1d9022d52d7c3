"""One pore, one id, over all visits of a person.

Every pair finds its pores anew, under its own common blur and area. All of them are known in the
pixels of the baseline photo, so sightings of one pore lie on top of each other there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from poremetrics.settings.study import StudySettings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(slots=True, eq=False)
class Register:
    """The pores of one person known so far, in pixels of the baseline photo.

    Attributes
    ----------
    places : dict of region to DataFrame
        ``pore_id, x_ref_px, y_ref_px, diameter_ref_px`` of every known pore.
    """

    places: dict[str, pd.DataFrame] = field(default_factory=dict)

    def recognise(self, sightings: pd.DataFrame, settings: StudySettings) -> Ints:
        """Return the ids of sightings, giving new ones to pores not known yet.

        Parameters
        ----------
        sightings : DataFrame
            ``region, x_ref_px, y_ref_px, diameter_ref_px`` in pixels of the baseline photo; one
            row per pore of one pair.
        settings : StudySettings
            How close two sightings of one pore lie.

        Returns
        -------
        (N,) int64
            Ids, from 1 on, in the order of the sightings.
        """
        ids = np.zeros(len(sightings), dtype=np.int64)
        for region, positions in sightings.groupby("region", sort=False).indices.items():
            own = sightings.iloc[positions].reset_index(drop=True)
            known = self.places.get(str(region))
            if known is not None:
                found, which = mutual_nearest(known, own, settings)
                ids[positions[found]] = known["pore_id"].to_numpy(np.int64)[which]
        unknown = np.flatnonzero(ids == 0)
        ids[unknown] = self._next() + np.arange(len(unknown))
        self._add(sightings.iloc[unknown].assign(pore_id=ids[unknown]))
        return ids

    def _next(self) -> int:
        return 1 + max((int(known["pore_id"].max()) for known in self.places.values()), default=0)

    def _add(self, fresh: pd.DataFrame) -> None:
        columns = ["pore_id", "x_ref_px", "y_ref_px", "diameter_ref_px"]
        for region, rows in fresh.groupby("region", sort=False):
            known = self.places.get(str(region))
            parts = [rows[columns]] if known is None else [known, rows[columns]]
            self.places[str(region)] = pd.concat(parts, ignore_index=True)


def mutual_nearest(
    known: pd.DataFrame, seen: pd.DataFrame, settings: StudySettings
) -> tuple[Ints, Ints]:
    """Return which sightings are which known pores.

    Two are one pore where each is the other's nearest and they lie closer than a share of their
    mean diameter.

    Parameters
    ----------
    known, seen : DataFrame
        ``x_ref_px, y_ref_px, diameter_ref_px``.
    settings : StudySettings
        The share, and its floor.

    Returns
    -------
    seen_rows, known_rows : (M,) int64
        Places in the two tables.
    """
    nothing = np.zeros(0, dtype=np.int64)
    if known.empty or seen.empty:
        return nothing, nothing
    known_xy = known[["x_ref_px", "y_ref_px"]].to_numpy(np.float64)
    seen_xy = seen[["x_ref_px", "y_ref_px"]].to_numpy(np.float64)
    distance, nearest = (np.asarray(found) for found in cKDTree(known_xy).query(seen_xy))
    back = np.asarray(cKDTree(seen_xy).query(known_xy)[1])
    rows = np.arange(len(seen))
    size = 0.5 * (
        np.nan_to_num(seen["diameter_ref_px"].to_numpy(np.float64))
        + np.nan_to_num(known["diameter_ref_px"].to_numpy(np.float64)[nearest])
    )
    reach = np.maximum(settings.same_pore_diameters * size, settings.same_pore_floor_px)
    same = (back[nearest] == rows) & (distance <= reach)
    return rows[same].astype(np.int64), nearest[same].astype(np.int64)
