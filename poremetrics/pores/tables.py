"""Pores on grids to the tables people read, in the pixels of their own photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.columns import LINKS, PORES, table
from poremetrics.model import FloatImage, Grid, Mask, Points, Scale
from poremetrics.pores._local import blur
from poremetrics.settings.pair import PairSettings

FOUND_LENGTHS = ("diameter_px", "diameter_err_px", "major_px", "minor_px", "area_px2")
"""Lengths and areas of what :func:`poremetrics.pores.find` found."""
_NODE_PX = 4  # the map is interpolated between places this far apart
_LEAST_AREA = 1e-12  # of a grid pixel, where the map folds: its logarithm stays finite
_FAINT = 1e-3  # weight of what is no skin: it counts only where there is no skin around
_ROUNDING = 1e-4  # of a logarithm of lengths: places of thousands of pixels are kept in 32 bits


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where grid positions lie in a photo, and how long a grid pixel is there.

    Attributes
    ----------
    xy_px : (N, 2) float64
        Positions in the photo's pixels.
    length_px : (N,) float64
        Photo pixels per grid pixel: square root of the map's area ratio over the skin around.
    """

    xy_px: Points
    length_px: npt.NDArray[np.float64]


def place_on_grid_photo(grid: Grid, xy: Points) -> Placement:
    """Place (N, 2) grid positions in the photo the grid is laid on.

    Parameters
    ----------
    grid : Grid
        The grid.
    xy : (N, 2) float64
        Grid positions.

    Returns
    -------
    Placement
        Where they lie in the photo.
    """
    return Placement(grid.to_photo(xy), np.full(len(xy), grid.step_px))


def place_by_map(
    photo_map: FloatImage, common: Mask, xy: Points, settings: PairSettings
) -> Placement:
    """Place (N, 2) grid positions through a dense map to another photo.

    Parameters
    ----------
    photo_map : (h, w, 2) float32
        x, y in the other photo of every grid pixel.
    common : (h, w) bool
        Common area, over which the map's scale is averaged.
    xy : (N, 2) float64
        Grid positions.
    settings : PairSettings
        How far around a pore the scale is averaged.

    Returns
    -------
    Placement
        Where they lie in the other photo; lengths are those of sizes from :func:`unmagnified`.
    """
    _, around = _photo_lengths(photo_map, common, xy, settings)
    return Placement(
        np.stack([bilinear(photo_map[..., 0], xy), bilinear(photo_map[..., 1], xy)], axis=1),
        around,
    )


def unmagnified(
    pores: pd.DataFrame,
    photo_map: FloatImage,
    common: Mask,
    columns: Sequence[str],
    settings: PairSettings,
) -> pd.DataFrame:
    """Return sizes that were read on a grid as they are in the photo that was mapped onto it.

    An alignment brings a pore that has become smaller nearer to what it was: its edges have moved,
    and the map follows them as far as its window is narrow against a pore. Of a pore of 8 px it
    takes a tenth of the change. The map itself tells by how much it draws a pore wider than the
    skin around it.

    Parameters
    ----------
    pores : DataFrame
        With ``x_px, y_px``, grid pixels.
    photo_map : (h, w, 2) float32
        x, y in the photo of every grid pixel.
    common : (h, w) bool
        Common area.
    columns : sequence of str
        Lengths; areas end in ``px2``.
    settings : PairSettings
        How far around a pore the scale of the skin is averaged.

    Returns
    -------
    DataFrame
        The same rows.
    """
    local, around = _photo_lengths(photo_map, common, positions(pores), settings)
    ratio = local / around
    return pores.assign(
        **{name: pores[name] * (ratio**2 if name.endswith("px2") else ratio) for name in columns}
    )


def _photo_lengths(
    photo_map: FloatImage, common: Mask, xy: Points, settings: PairSettings
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the photo pixels per grid pixel at (N, 2) places, and over the skin around them."""
    step = _NODE_PX if min(common.shape) > 2 * _NODE_PX else 1
    (x_by_row, x_by_col), (y_by_row, y_by_col) = (
        np.gradient(photo_map[::step, ::step, axis], step) for axis in (0, 1)
    )
    area = np.abs(x_by_col * y_by_row - y_by_col * x_by_row)
    log_length = np.asarray(0.5 * np.log(np.maximum(area, _LEAST_AREA)), np.float32)
    skin = common[::step, ::step].astype(np.float32)
    sigma = settings.around_px / step
    total, weight = (
        blur(one, sigma) + _FAINT * two
        for one, two in ((skin * log_length, log_length), (skin, np.float32(1.0)))
    )
    local, around = (bilinear(image, xy / step) for image in (log_length, total / weight))
    apart = local - around
    # a photo against itself shows exactly no change
    apart[np.abs(apart) < _ROUNDING] = 0.0
    return np.exp(around + apart), np.exp(around)


def bilinear(image: npt.NDArray[np.floating], xy: Points) -> npt.NDArray[np.float64]:
    """Return the values of an (h, w) image at (N, 2) positions, clamped to its border."""
    if len(xy) == 0:
        return np.zeros(0)
    at = np.ascontiguousarray(xy, dtype=np.float32)
    # One row of N positions would exceed the width OpenCV can remap; a column does not.
    found = cv2.remap(
        np.ascontiguousarray(image, dtype=np.float32),
        at[:, None, 0],
        at[:, None, 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(found, dtype=np.float64).ravel()


def inside(mask: Mask, xy: Points) -> npt.NDArray[np.bool_]:
    """Return which grid positions fall on a true pixel of a mask.

    Parameters
    ----------
    mask : (h, w) bool
        The mask.
    xy : (N, 2) float64
        Grid positions.

    Returns
    -------
    (N,) bool
        False outside the mask's frame.
    """
    height, width = mask.shape
    cols = np.rint(xy[:, 0]).astype(np.int64)
    rows = np.rint(xy[:, 1]).astype(np.int64)
    valid = (cols >= 0) & (cols < width) & (rows >= 0) & (rows < height)
    found = np.zeros(len(xy), dtype=bool)
    found[valid] = mask[rows[valid], cols[valid]]
    return found


def positions(pores: pd.DataFrame) -> Points:
    """Return the (N, 2) grid positions of a table of pores.

    Parameters
    ----------
    pores : DataFrame
        Columns ``x_px, y_px``.
    """
    return pores[["x_px", "y_px"]].to_numpy(np.float64)


def with_forced(found: pd.DataFrame, paired: pd.DataFrame, side: str) -> pd.DataFrame:
    """Return the pores of one photo with those added that only the other photo found.

    A pore that is there in both photos has a row in both tables: where it slipped under the
    threshold of one, its forced measurement stands, flagged ``forced``.

    Parameters
    ----------
    found : DataFrame
        Output of :func:`poremetrics.pores.find` for this photo.
    paired : DataFrame
        Output of :func:`poremetrics.pores.pair`.
    side : str
        ``before`` or ``after``.

    Returns
    -------
    DataFrame
        ``found`` followed by the forced pores, in the order of :func:`forced_rows`.
    """
    chosen = paired[forced_rows(paired, side)]
    diameter = chosen[f"diameter_{side}"].to_numpy(np.float64)
    contrast = chosen[f"contrast_{side}"].to_numpy(np.float64)
    error = chosen[f"contrast_err_{side}"].to_numpy(np.float64)
    added = pd.DataFrame(
        {
            "x_px": chosen["x_px"].to_numpy(np.float64),
            "y_px": chosen["y_px"].to_numpy(np.float64),
            "diameter_px": diameter,
            "diameter_err_px": chosen[f"diameter_err_{side}"].to_numpy(np.float64),
            "area_px2": 0.25 * np.pi * diameter**2,
            "contrast": contrast,
            "contrast_err": error,
            "snr": contrast / np.where(error > 0, error, np.nan),
            "flags": "forced",
            "is_pore": chosen["is_pore"].to_numpy(bool),
        }
    )
    if added.empty:
        return found
    return pd.concat([found, added.reindex(columns=found.columns)], ignore_index=True).astype(
        found.dtypes.to_dict()
    )


def forced_rows(paired: pd.DataFrame, side: str) -> npt.NDArray[np.bool_]:
    """Return which pairs are matched though the photo ``side`` did not find the pore."""
    absent = paired[f"{side}_row"].isna() & paired["status"].eq("matched")
    return absent.to_numpy(bool)


def with_forced_rows(paired: pd.DataFrame, found_count: int, side: str) -> pd.DataFrame:
    """Return the pairs with the rows filled in that :func:`with_forced` appends.

    Parameters
    ----------
    paired : DataFrame
        Output of :func:`poremetrics.pores.pair`.
    found_count : int
        Rows of the photo's table before forced pores were added.
    side : str
        ``before`` or ``after``.
    """
    chosen = forced_rows(paired, side)
    rows = paired[f"{side}_row"].astype("Int64").copy()
    rows[chosen] = found_count + np.arange(int(chosen.sum()))
    return paired.assign(**{f"{side}_row": rows})


def pores_table(
    photo: str,
    region: str,
    pores: pd.DataFrame,
    own: Placement,
    reference: Placement,
    common: Mask,
    scale: Scale | None,
) -> pd.DataFrame:
    """Return one region's pores in the public columns, ids still to be given.

    Parameters
    ----------
    photo, region : str
        ``before`` or ``after``; name of the region.
    pores : DataFrame
        Output of :func:`poremetrics.pores.find`, on the grid.
    own, reference : Placement
        The same pores in their own photo and in the before photo.
    common : (h, w) bool
        Common area on the grid.
    scale : Scale or None
        Millimetres per pixel of the before photo.
    """
    length = own.length_px
    micrometres = (
        np.nan if scale is None else reference.length_px * scale.mm_per_px * 1000.0
    )  # per grid pixel
    frame = pd.DataFrame(
        {
            "photo": photo,
            "pore_id": np.arange(1, len(pores) + 1),
            "region": region,
            "x_px": own.xy_px[:, 0],
            "y_px": own.xy_px[:, 1],
            "x_ref_px": reference.xy_px[:, 0],
            "y_ref_px": reference.xy_px[:, 1],
            "diameter_px": pores["diameter_px"].to_numpy(np.float64) * length,
            "diameter_um": pores["diameter_px"].to_numpy(np.float64) * micrometres,
            "diameter_err_px": pores["diameter_err_px"].to_numpy(np.float64) * length,
            "area_px2": pores["area_px2"].to_numpy(np.float64) * length**2,
            "contrast": pores["contrast"].to_numpy(np.float64),
            "elongation": pores["elongation"].to_numpy(np.float64),
            "snr": pores["snr"].to_numpy(np.float64),
            "in_common_area": inside(common, positions(pores)),
            "flags": pores["flags"].to_numpy(str),
        }
    )
    return table(frame, PORES)


def join_pores(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return several public tables of pores as one; empty where there are none.

    Parameters
    ----------
    tables : sequence of DataFrame
        One per region and photo, of :func:`pores_table`.
    """
    return table(pd.concat(tables, ignore_index=True) if tables else [], PORES)


def join_links(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return several public tables of links as one; empty where there are none.

    Parameters
    ----------
    tables : sequence of DataFrame
        One per region, of :func:`links_table`.
    """
    return table(pd.concat(tables, ignore_index=True) if tables else [], LINKS)


def number_ids(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the regions' tables of one photo with ids that run through all of them.

    Parameters
    ----------
    tables : sequence of DataFrame
        One per region, of :func:`pores_table`.
    """
    starts = np.cumsum([0, *(len(frame) for frame in tables)])
    return [
        frame.assign(pore_id=frame["pore_id"] + start)
        for frame, start in zip(tables, starts, strict=False)
    ]


def links_table(
    paired: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, step_px: float
) -> pd.DataFrame:
    """Return one region's links in the public columns.

    Parameters
    ----------
    paired : DataFrame
        Output of :func:`poremetrics.pores.pair`, rows referring to the regions' tables.
    before, after : DataFrame
        Public tables of the region's pores, ids given.
    step_px : float
        Before pixels per grid pixel.
    """
    frame = pd.DataFrame(
        {
            "before_id": _ids(paired["before_row"], before),
            "after_id": _ids(paired["after_row"], after),
            "status": paired["status"].to_numpy(str),
            "distance_px": paired["distance_px"].to_numpy(np.float64) * step_px,
        }
    )
    return table(frame, LINKS)


def _ids(rows: pd.Series, pores: pd.DataFrame) -> pd.Series:
    ids = pd.Series(pd.NA, index=range(len(rows)), dtype="Int64")
    known = rows.notna().to_numpy(bool)
    ids[known] = pores["pore_id"].to_numpy(np.int64)[rows[known.tolist()].to_numpy(np.int64)]
    return ids
