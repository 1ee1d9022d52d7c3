"""From paired pores on a grid to the sample the measures are taken of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.change.blocks import partition
from poremetrics.change.measures import Sample
from poremetrics.model import Mask, Scale
from poremetrics.settings.change import ChangeSettings


def pair_scale(before: Scale | None, after: Scale | None, scale_ratio: float) -> Scale | None:
    """Return the better known of the two scales, on the before photo.

    The alignment gives the ratio of the scales, so one of them is enough.

    Parameters
    ----------
    before, after : Scale or None
        Scale of the region in each photo.
    scale_ratio : float
        Size of the skin in after pixels / in before pixels.

    Returns
    -------
    Scale or None
        Millimetres per before pixel.
    """
    carried = (
        Scale(after.mm_per_px * scale_ratio, after.rel_sd, after.source)
        if after is not None and scale_ratio > 0
        else None
    )
    known = [scale for scale in (before, carried) if scale is not None]
    return min(known, key=lambda scale: scale.rel_sd, default=None)


def region_sample(
    name: str,
    pores: pd.DataFrame,
    common: Mask,
    step_px: float,
    scale: Scale | None,
    maps: Mapping[str, npt.NDArray[np.floating] | Mask],
    settings: ChangeSettings,
) -> Sample:
    """Return what a region contributes to the measures.

    Parameters
    ----------
    name : str
        Region.
    pores : DataFrame
        Pores on the grid: ``x_px``, ``y_px`` and per side ``diameter_*`` (grid pixels),
        ``contrast_*``, ``elongation_*``, ``plug_*``, ``seen_*``; ``matched``.
    common : (h, w) bool
        Common area on the grid.
    step_px : float
        Photo pixels per grid pixel.
    scale : Scale or None
        Millimetres per photo pixel.
    maps : mapping of str to (h, w)
        Secondary maps, e.g. ``redness_before``; NaN is left out of the sums.
    settings : ChangeSettings
        Tunables.

    Returns
    -------
    Sample
        Lengths in µm and areas in mm² where the scale is known, else in photo pixels.
    """
    unit_mm = scale.mm_per_px * step_px if scale is not None else None
    side_px = settings.block_px / step_px if unit_mm is None else settings.block_mm / unit_mm
    blocks = partition(common, side_px)
    length = step_px if unit_mm is None else 1000.0 * unit_mm
    area = step_px**2 if unit_mm is None else unit_mm**2
    table = pores.assign(
        block=blocks.of(pores[["x_px", "y_px"]].to_numpy(np.float64)),
        **{
            column: pores[column] * length
            for column in ("diameter_before", "diameter_after")
            if column in pores
        },
    )
    return Sample(
        name=name,
        pores=table[table["block"] >= 0].reset_index(drop=True),
        area=blocks.area_px2 * area,
        sums={key: blocks.sum(values) for key, values in maps.items()},
        pixels=blocks.area_px2,
        has_scale=unit_mm is not None,
        visible_diameter=(
            settings.visible_diameter_px if unit_mm is None else settings.visible_diameter_um
        ),
    )
