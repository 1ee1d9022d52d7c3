"""Judge an aligned region: where it holds, how well, and whether it is the same skin."""

from __future__ import annotations

import cv2
import numpy as np

from poremetrics.align.dense import Field
from poremetrics.model import FloatImage, Grid, Mask, RegionAlignment
from poremetrics.settings.align import AlignSettings

_SPARSE = 4
"""Every fourth row and column tell the spread of a map that is smooth over the nodes' spacing."""
_PLACES = 4000
_BISECTIONS = 24


def assess(
    name: str,
    grid: Grid,
    field: Field,
    before_skin: Mask,
    after_skin: Mask,
    settings: AlignSettings,
) -> tuple[RegionAlignment, float]:
    """Return the aligned region and the texture agreement over all skin both photos show.

    Parameters
    ----------
    name : str
        Region.
    grid : Grid
        Common sampling grid.
    field : Field
        Outcome of the dense alignment.
    before_skin, after_skin : (h, w) bool
        Usable skin of each photo on the grid.
    settings : AlignSettings
        Uses ``trust_*`` and ``min_common_share``.

    Returns
    -------
    region : RegionAlignment
        Its common area is empty where too little of it is trusted.
    agreement : float
        Correlation of fine texture before any place was left out, -1..1: what tells the same
        skin from another, since places were not picked by how well they agree. NaN where both
        photos show too little of the region's skin to tell.
    """
    both = before_skin & after_skin
    area = field.area
    middle = _median(area, both)
    usual = _median(field.correlation, both) if both.any() else 0.0
    least = max(settings.trust_correlation, settings.trust_relative * usual)
    trusted = (
        (field.correlation >= least)
        & (field.error_px <= settings.trust_error_px)
        & (field.round_trip_px <= settings.trust_round_trip_px)
        & (area >= settings.trust_fold * middle)
    )
    common = both & trusted
    skin = int(before_skin.sum())
    share = float(common.sum()) / skin if skin else 0.0
    if share < settings.min_common_share:
        common = np.zeros_like(common)
        share = 0.0
    median, p95 = error_quantiles(_some(field.error_px, common), (0.5, 0.95))
    scale = float(np.sqrt(_median(area, common)))
    region = RegionAlignment(
        name=name,
        grid=grid,
        after_map=field.after_map,
        before_skin=before_skin,
        after_skin=after_skin,
        common=common,
        residual_median_px=median,
        residual_p95_px=p95,
        correlation=correlation(field.texture_before, field.texture_after, common, field.factor),
        common_share=share,
        scale_ratio=scale / grid.step_px,
    )
    if both.sum() < settings.min_common_share * max(skin, 1):
        return region, float("nan")
    return region, correlation(field.fine_before, field.fine_after, both, field.factor)


def correlation(first: FloatImage, second: FloatImage, mask: Mask, factor: int) -> float:
    """Return the correlation of two textures over ``mask``, -1..1; NaN without any.

    Parameters
    ----------
    first, second : (h', w') float32
        Textures of mean 0 at a level that is ``factor`` times coarser than the grid.
    mask : (h, w) bool
        On the grid.
    factor : int
    """
    rows, cols = first.shape
    inside = np.zeros((rows * factor, cols * factor), np.float32)
    inside[: mask.shape[0], : mask.shape[1]] = mask
    if factor > 1:
        inside = cv2.resize(inside, (cols, rows), interpolation=cv2.INTER_AREA)
        inside = (inside > np.float32(0.5)).astype(np.float32)
    if not inside.any():
        return float("nan")
    a, b = inside * first, inside * second
    ab, aa, bb = (float(np.sum(product)) for product in (a * b, a * a, b * b))
    return float(ab / np.sqrt(aa * bb + 1e-12))


def _some(image: FloatImage, mask: Mask) -> FloatImage:
    """Return values of a smooth map under a mask: every few rows and columns, or all if few."""
    sparse = (slice(None, None, _SPARSE), slice(None, None, _SPARSE))
    return image[sparse][mask[sparse]] if mask[sparse].any() else image[mask]


def _median(image: FloatImage, mask: Mask) -> float:
    """Return the median of a smooth map under a mask; NaN without any."""
    values = _some(image, mask)
    return float(np.median(values)) if values.size else float("nan")


def error_quantiles(error_px: FloatImage, levels: tuple[float, ...]) -> tuple[float, ...]:
    """Return quantiles of the length of the alignment error over places of unequal error.

    Parameters
    ----------
    error_px : (N,) float32
        Standard deviation of the error (both axes together) per place.
    levels : tuple of float
        Quantiles asked for, 0..1.

    Returns
    -------
    tuple of float
        Where ``mean(1 - exp(-length² / error²))`` reaches the level, as for errors that are
        Gaussian in both axes; NaN without any place.
    """
    if error_px.size == 0:
        return tuple(float("nan") for _ in levels)
    # A few thousand places tell the distribution, one in each short run of places.
    some = error_px[:: max(1, error_px.size // _PLACES)]
    variance = np.maximum(some.astype(np.float64) ** 2, 1e-12)
    low = np.zeros(len(levels))
    high = np.full(len(levels), 10.0 * float(np.sqrt(variance.max())))
    wanted = np.asarray(levels)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        reached = np.mean(1.0 - np.exp(-(middle[:, None] ** 2) / variance[None]), axis=1)
        low = np.where(reached < wanted, middle, low)
        high = np.where(reached < wanted, high, middle)
    return tuple(float(value) for value in 0.5 * (low + high))
