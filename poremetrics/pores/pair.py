"""Forced pairing: every pore found in either photo, measured in both.

A plain detector loses a pore that shrinks a little and calls it gone. Here detection only says
where to look; what happened to a pore is decided by its forced contrast in both photos, measured
at one place with one aperture, chosen without regard to which photo came first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import KDTree

from poremetrics.model import Mask, Points, Skin
from poremetrics.pores.force import force
from poremetrics.pores.link import Links, link
from poremetrics.pores.tables import inside
from poremetrics.settings.pair import PairSettings
from poremetrics.settings.pores import PoresSettings

Floats = npt.NDArray[np.float64]
_FORCED = ("contrast", "contrast_err", "diameter_px", "diameter_err_px")


def pair(
    before: Skin,
    after: Skin,
    before_pores: pd.DataFrame,
    after_pores: pd.DataFrame,
    common: Mask,
    residual_px: float,
    settings: PairSettings,
    pores_settings: PoresSettings,
) -> pd.DataFrame:
    """Measure the union of the pores of two aligned photos in both of them.

    Parameters
    ----------
    before, after : Skin
        Skins of matched conditions on one grid.
    before_pores, after_pores : DataFrame
        What :func:`poremetrics.pores.find` found in each.
    common : (h, w) bool
        Common area; pores whose centre lies outside do not take part.
    residual_px : float
        95th percentile of the alignment error, grid pixels.
    settings : PairSettings
    pores_settings : PoresSettings
        For the forced measurement.

    Returns
    -------
    DataFrame
        One row per pore of the union: ``x_px, y_px`` (grid), ``before_row, after_row`` (Int64,
        row numbers of the two tables or missing), ``status``, ``distance_px`` (NaN where found
        in one photo only), ``contrast``, ``contrast_err``, ``diameter``, ``diameter_err`` (grid
        pixels), each with suffix ``_before`` and ``_after``, and ``is_pore``: counted as a pore
        by at least one photo that found it.

        ``status`` is ``lost`` or ``new`` only where the pore was found in one photo alone, its
        forced contrast in the other is compatible with bare skin and in its own is not; else it
        is ``matched``. Compatible with bare skin is what noise and relief may show, and nearer
        to nothing than to what the other photo shows: a faint pore has not gone because its
        contrast is as large as its error.
    """
    one, two = (_within(table, common) for table in (before_pores, after_pores))
    links = link(one, two, residual_px, settings)
    union = _union(one, two, links, settings)
    xy = union[["x_px", "y_px"]].to_numpy(np.float64)
    aperture = union["aperture_px"].to_numpy(np.float64)
    first, second = (force(skin, xy, aperture, pores_settings) for skin in (before, after))
    for suffix, forced in (("before", first), ("after", second)):
        for name in _FORCED:
            union[f"{name.replace('_px', '')}_{suffix}"] = forced[name].to_numpy(np.float64)
    alone = union["distance_px"].isna().to_numpy(bool)
    status = np.full(len(union), "matched", dtype=object)
    status[alone & _gone(first, second, settings)] = "lost"
    status[alone & _gone(second, first, settings)] = "new"
    union["status"] = status.astype(str)
    measured = np.isfinite(first["contrast"].to_numpy()) & np.isfinite(
        second["contrast"].to_numpy()
    )
    columns = ["x_px", "y_px", "before_row", "after_row", "status", "distance_px"]
    columns += [
        f"{name}_{suffix}"
        for name in ("contrast", "contrast_err", "diameter", "diameter_err")
        for suffix in ("before", "after")
    ]
    kept: pd.DataFrame = union.loc[measured, [*columns, "is_pore"]]
    return kept.reset_index(drop=True)


def _gone(here: pd.DataFrame, there: pd.DataFrame, settings: PairSettings) -> npt.NDArray[np.bool_]:
    """Return which places show something here, and nothing but bare skin there."""
    shown, left = (forced["contrast"].to_numpy(np.float64) for forced in (here, there))
    bare = (_signal(there) < settings.gone_snr) & (left < settings.gone_share * shown)
    return np.asarray((_signal(here) >= settings.bare_snr) & bare)


def _signal(forced: pd.DataFrame) -> Floats:
    """Return the forced contrast in units of its error."""
    contrast = forced["contrast"].to_numpy(np.float64)
    error = forced["contrast_err"].to_numpy(np.float64)
    return np.asarray(contrast / np.where(error > 0, error, np.nan))


def _within(table: pd.DataFrame, common: Mask) -> pd.DataFrame:
    """Return the rows whose centre lies in the common area, their numbers as column ``row``."""
    numbered = table.reset_index(drop=True)
    numbered = numbered.assign(row=np.arange(len(numbered)))
    keep = inside(common, numbered[["x_px", "y_px"]].to_numpy(np.float64))
    return numbered.loc[keep].reset_index(drop=True)


def _union(
    one: pd.DataFrame, two: pd.DataFrame, links: Links, settings: PairSettings
) -> pd.DataFrame:
    """Return places and apertures of everything found in either photo.

    A linked pore lies at the middle of its two places and has the geometric mean of its two
    diameters as aperture, so that neither photo is favoured.
    """
    xy_one, xy_two = (frame[["x_px", "y_px"]].to_numpy(np.float64) for frame in (one, two))
    d_one, d_two = (frame["diameter_px"].to_numpy(np.float64) for frame in (one, two))
    pore_one, pore_two = (frame["is_pore"].to_numpy(bool) for frame in (one, two))
    i, j = links.before, links.after
    middle = 0.5 * (xy_one[i] + xy_two[j])
    size = np.sqrt(d_one[i] * d_two[j])
    left, right = (
        _apart(xy, diameter, linked, middle, size, settings)
        for xy, diameter, linked in ((xy_one, d_one, i), (xy_two, d_two, j))
    )
    missing = pd.array([pd.NA], dtype="Int64")
    rows_one = pd.array(one["row"].to_numpy(np.int64), dtype="Int64")
    rows_two = pd.array(two["row"].to_numpy(np.int64), dtype="Int64")
    parts = [
        _part(middle, size, rows_one[i], rows_two[j], links.distance_px, pore_one[i] | pore_two[j]),
        _part(
            xy_one[left],
            d_one[left],
            rows_one[left],
            missing.take(np.zeros(len(left), dtype=np.intp)),
            np.full(len(left), np.nan),
            pore_one[left],
        ),
        _part(
            xy_two[right],
            d_two[right],
            missing.take(np.zeros(len(right), dtype=np.intp)),
            rows_two[right],
            np.full(len(right), np.nan),
            pore_two[right],
        ),
    ]
    filled = [part for part in parts if len(part)] or parts[:1]
    union = pd.concat(filled, ignore_index=True)
    order = np.lexsort((union["x_px"], union["y_px"]))
    return union.iloc[order].reset_index(drop=True)


def _part(
    xy: Points,
    aperture: Floats,
    before_row: pd.api.extensions.ExtensionArray,
    after_row: pd.api.extensions.ExtensionArray,
    distance: Floats,
    is_pore: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x_px": xy[:, 0],
            "y_px": xy[:, 1],
            "before_row": before_row,
            "after_row": after_row,
            "distance_px": distance,
            "aperture_px": aperture,
            "is_pore": is_pore,
        }
    )


def _apart(
    xy: Points,
    diameter: Floats,
    linked: npt.NDArray[np.intp],
    middle: Points,
    size: Floats,
    settings: PairSettings,
) -> npt.NDArray[np.intp]:
    """Return unlinked rows that are not part of a linked pore (a pore seen as two, say)."""
    free = np.ones(len(xy), dtype=bool)
    free[linked] = False
    rows = np.flatnonzero(free)
    if len(rows) == 0 or len(middle) == 0:
        return rows
    distance, nearest = KDTree(middle).query(xy[rows])
    limit = settings.same_diameters * np.sqrt(diameter[rows] * size[nearest])
    return rows[distance >= limit]
