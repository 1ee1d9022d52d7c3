"""The outlines of the regions, and the usable skin inside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from poremetrics.errors import UsageError
from poremetrics.face.copy import ReducedCopy, clipped_box, fill_polygon, reduced_copy
from poremetrics.face.pose import UNKNOWN_LIE, Lie
from poremetrics.face.scale import on_region
from poremetrics.face.skin import hidden_skin
from poremetrics.model import Box, Mask, Photo, Points, Region, Scale
from poremetrics.settings.face import FaceSettings

_LONGEST_NAME = 60
_FARTHEST_PX = 1_000_000
"""No photo is so wide; polygons are filled in fixed-point numbers, which end there."""
_ALL_REGIONS = "all"
"""In the tables: all regions taken together."""


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A region before its skin is known.

    Attributes
    ----------
    name : str
        Region.
    polygon : (N, 2) float64
        Pixels of the photo.
    lie : Lie
        How it lies to the camera.
    """

    name: str
    polygon: Points
    lie: Lie = UNKNOWN_LIE


def check_polygons(regions: Mapping[str, npt.ArrayLike], photo: Photo) -> dict[str, Points]:
    """Return a user's polygons as arrays.

    Raises
    ------
    UsageError
        A name is no short plain text, or a polygon is not a list of at least three x, y near
        the photo, or lies outside the photo.
    """
    checked = {}
    for name, given in regions.items():
        _check_name(name)
        polygon = _as_points(given)
        if polygon is None:
            raise UsageError(
                f"region {name!r}",
                "its polygon is not a list of at least three x, y",
                "give x, y in pixels of the upright photo, e.g. [[100, 100], [400, 100], ...]",
            )
        box = clipped_box(polygon.min(axis=0), polygon.max(axis=0), photo.width_px, photo.height_px)
        if min(box.shape) < 1 or not fill_polygon(polygon, box).any():
            raise UsageError(
                f"region {name!r}",
                f"its polygon encloses nothing of the {photo.width_px} x {photo.height_px} photo",
                "give x, y in pixels of the upright photo, x to the right and y downwards",
            )
        checked[name] = polygon
    return checked


def _check_name(name: object) -> None:
    """Refuse what cannot head a line of every table: it is written and printed as it stands."""
    plain = isinstance(name, str) and name.isprintable() and name.strip() == name
    if not isinstance(name, str) or not plain or not 0 < len(name) <= _LONGEST_NAME:
        raise UsageError(
            f"region {ascii(name)[:_LONGEST_NAME]}",
            "is not a name",
            f"use 1 to {_LONGEST_NAME} printable characters",
        )
    if name == _ALL_REGIONS:
        raise UsageError(
            f"region {name!r}", "is the name of all regions together", "use another name"
        )


def make_regions(
    photo: Photo,
    outlines: Sequence[Outline],
    scale: Scale | None,
    rough_mm_per_px: float,
    copy_factor: float,
    marker: Points | None,
    settings: FaceSettings,
) -> tuple[Region, ...]:
    """Find the usable skin of every outline.

    Parameters
    ----------
    photo : Photo
        The photo.
    outlines : sequence of Outline
        Regions.
    scale : Scale or None
        At the eyes or the marker.
    rough_mm_per_px : float
        Rough scale of the photo, for the sizes of what is masked.
    copy_factor : float
        Pixels of the reduced copy that masks are worked out on, per photo pixel.
    marker : (4, 2) float64 or None
        Corners of a marker in the photo; it is no skin.
    settings : FaceSettings
        Limits.

    Returns
    -------
    tuple of Region
        Those with enough usable skin.
    """
    hidden = _hidden(photo, outlines, rough_mm_per_px, min(copy_factor, 1.0), settings)
    found = (_make_region(photo, outline, hidden, scale, marker, settings) for outline in outlines)
    return tuple(region for region in found if region is not None)


def _hidden(
    photo: Photo,
    outlines: Sequence[Outline],
    mm_per_px: float,
    factor: float,
    settings: FaceSettings,
) -> tuple[ReducedCopy, Mapping[str, Mask]]:
    """Tell what hides the skin, on a reduced copy of the part that holds all outlines."""
    every = np.concatenate([outline.polygon for outline in outlines])
    # A wrong scale given by hand must not make the masks' blurs boundless.
    px_per_mm = float(
        np.clip(factor / mm_per_px, settings.coarsest_px_per_mm, settings.finest_px_per_mm)
    )
    margin = settings.mask_margin_mm * px_per_mm / factor
    low, high = every.min(axis=0) - margin, every.max(axis=0) + margin
    box = clipped_box(low, high, photo.width_px, photo.height_px)
    copy = reduced_copy(photo.pixels, box, factor)
    rows, columns = copy.pixels.shape[:2]
    inside = np.zeros((rows, columns), dtype=np.bool_)
    for outline in outlines:
        inside |= fill_polygon(copy.to_copy(outline.polygon), Box(0, 0, columns, rows))
    return copy, hidden_skin(copy.pixels, inside, px_per_mm, settings)


def _make_region(
    photo: Photo,
    outline: Outline,
    hidden: tuple[ReducedCopy, Mapping[str, Mask]],
    scale: Scale | None,
    marker: Points | None,
    settings: FaceSettings,
) -> Region | None:
    polygon = outline.polygon
    box = clipped_box(polygon.min(axis=0), polygon.max(axis=0), photo.width_px, photo.height_px)
    if min(box.shape) < 1:
        return None
    inside = fill_polygon(polygon, box)
    area = int(inside.sum())
    if area < settings.minimum_skin_px:
        return None
    copy, masks = hidden
    hiding = copy.enlarge(masks, box)
    reasons = {reason: mask & inside for reason, mask in hiding.items()}
    if marker is not None:
        reasons["marker"] = fill_polygon(_grown(marker), box) & inside
    skin = inside.copy()
    for mask in reasons.values():
        skin &= ~mask
    if int(skin.sum()) < settings.minimum_skin_px:
        return None
    return Region(
        name=outline.name,
        polygon=polygon,
        box=box,
        skin=skin,
        hidden={reason: float(mask.sum() / area) for reason, mask in reasons.items()},
        turned_deg=outline.lie.turned_deg,
        scale=None if scale is None else on_region(scale, outline.lie, settings),
    )


def _grown(marker: Points) -> Points:
    # The white margin around a marker is as wide as two of its cells, a third of its side.
    middle = marker.mean(axis=0)
    return np.asarray(middle + (marker - middle) * 1.7, dtype=np.float64)


def _as_points(given: npt.ArrayLike) -> Points | None:
    try:
        polygon = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):  # OverflowError: an integer of 400 digits
        return None
    usable = polygon.ndim == 2 and polygon.shape[1:] == (2,) and len(polygon) >= 3
    # NaN fails the comparison too.
    return polygon if usable and bool((np.abs(polygon) <= _FARTHEST_PX).all()) else None
