"""From paired pores on a grid to the sample the measures are taken of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.change.blocks import Blocks, FloatArray, partition
from poremetrics.change.measures import Sample
from poremetrics.change.response import default_response
from poremetrics.change.sizes import with_shared_change
from poremetrics.model import Face, FloatImage, Mask, Region, RegionAlignment, Scale, Skin
from poremetrics.settings.change import ChangeSettings

SIDES = ("before", "after")
PORE_VALUES = ("diameter", "diameter_err", "contrast", "snr", "elongation", "plug", "seen")
"""What is known of a pore in each photo."""

Sums = Mapping[str, FloatArray]
"""Sums of maps over the blocks of a region, by name and side."""


def pair_scale(before: Face, after: Face, aligned: RegionAlignment) -> Scale | None:
    """Return the better known scale of a region, in millimetres per before pixel.

    The alignment gives the ratio of the scales, so the scale of one photo is enough.

    Parameters
    ----------
    before, after : Face
        The regions of both photos, each with its own scale or none.
    aligned : RegionAlignment
        The region, with its scale ratio.
    """
    one, other = before.region(aligned.name), after.region(aligned.name)
    known = [one.scale] if one is not None and one.scale is not None else []
    if other is not None and other.scale is not None and aligned.scale_ratio > 0:
        found = other.scale
        known.append(replace(found, mm_per_px=found.mm_per_px * aligned.scale_ratio))
    return min(known, key=lambda scale: scale.rel_sd, default=None)


def paired_sample(
    aligned: RegionAlignment,
    paired: pd.DataFrame,
    found: tuple[pd.DataFrame, pd.DataFrame],
    sums: Sums,
    scale: Scale | None,
    settings: ChangeSettings,
) -> Sample:
    """Return the sample of one region of a pair of photos.

    Parameters
    ----------
    aligned : RegionAlignment
        Grid and common area.
    paired : DataFrame
        Output of :func:`poremetrics.pores.pair`.
    found : pair of DataFrame
        Pores found in the before and after photo; shape and plug come from there.
    sums : mapping of str to (T,) float64
        From :func:`secondary_sums`.
    scale : Scale or None
        Millimetres per before pixel.
    settings : ChangeSettings
        Tunables.
    """
    pores = paired[paired["is_pore"].astype(bool)].reset_index(drop=True)
    shape = {
        f"{name}_{side}": _looked_up(values, pores[f"{side}_row"])
        for side, table in zip(SIDES, found, strict=True)
        for name, values in _shapes(table).items()
    }
    seen = {
        f"seen_{side}": pores["status"].isin(["matched", alone])
        for side, alone in zip(SIDES, ("lost", "new"), strict=True)
    }
    signal = {
        f"snr_{side}": pores[f"contrast_{side}"] / pores[f"contrast_err_{side}"] for side in SIDES
    }
    sample = region_sample(
        aligned.name,
        pores.assign(**shape, **seen, **signal, matched=pores["status"].eq("matched")),
        aligned.common,
        aligned.grid.step_px,
        scale,
        sums,
        settings,
    )
    return with_shared_change(sample, settings, default_response().reading)


def single_sample(
    region: Region,
    usable: Mask,
    step_px: float,
    found: pd.DataFrame,
    linear_rgb: FloatImage,
    skin: Skin,
    settings: ChangeSettings,
) -> Sample:
    """Return the sample of one region of one photo.

    Parameters
    ----------
    region : Region
        Region with its scale.
    usable : (h, w) bool
        Its skin, on the grid it is worked on.
    step_px : float
        Photo pixels per grid pixel.
    found : DataFrame
        Output of :func:`poremetrics.pores.find` on that grid.
    linear_rgb : (h, w, 3) float32
        Linear light of the region, on the grid.
    skin : Skin
        Its flattened skin.
    settings : ChangeSettings
        Tunables.
    """
    pores = found[found["is_pore"].astype(bool)].reset_index(drop=True)
    columns = {f"{name}_before": pores[name] for name in ("diameter_px", "contrast")}
    columns["diameter_before"] = columns.pop("diameter_px_before")
    shapes = {f"{name}_before": values for name, values in _shapes(pores).items()}
    maps = secondary_maps("before", linear_rgb, skin, settings)
    return region_sample(
        region.name,
        pores.assign(**columns, **shapes, seen_before=True),
        usable,
        step_px,
        region.scale,
        _block_sums(usable, step_px, region.scale, maps, settings),
        settings,
    )


def _shapes(found: pd.DataFrame) -> dict[str, npt.NDArray[np.float64]]:
    """Return elongation and plug of each pore; NaN where it was measured by force only."""
    plug = found["flags"].str.contains("plug").to_numpy(np.float64)
    return {
        "elongation": found["elongation"].to_numpy(np.float64),
        "plug": np.where(found["flags"].eq("forced"), np.nan, plug),
    }


def _looked_up(values: npt.NDArray[np.float64], rows: pd.Series) -> npt.NDArray[np.float64]:
    """Return ``values`` at ``rows``; NaN where the pore was not found in that photo."""
    result = np.full(len(rows), np.nan)
    known = rows.notna().to_numpy(bool)
    result[known] = values[rows[known.tolist()].to_numpy(np.int64)]
    return result


def secondary_sums(
    aligned: RegionAlignment,
    linear_rgb: tuple[FloatImage, FloatImage],
    skins: tuple[Skin, Skin],
    scale: Scale | None,
    settings: ChangeSettings,
) -> Sums:
    """Return what the secondary measures of a region need of the pixels of both photos.

    Parameters
    ----------
    aligned : RegionAlignment
        Grid and common area.
    linear_rgb : pair of (h, w, 3) float32
        Linear light of both photos on the grid.
    skins : pair of Skin
        Matched skins.
    scale : Scale or None
        Millimetres per before pixel.
    settings : ChangeSettings
        Tunables.

    Returns
    -------
    mapping of str to (T,) float64
        Sums over the blocks of the common area, e.g. ``redness_before``.
    """
    maps = (
        named
        for side, rgb, skin in zip(SIDES, linear_rgb, skins, strict=True)
        for named in secondary_maps(side, rgb, skin, settings)
    )
    return _block_sums(aligned.common, aligned.grid.step_px, scale, maps, settings)


def secondary_maps(
    side: str, linear_rgb: FloatImage, skin: Skin, settings: ChangeSettings
) -> Iterator[tuple[str, npt.NDArray[np.floating] | Mask]]:
    """Yield name and pixels of the maps the secondary measures are block sums of.

    ``relief`` is the flattened skin, ``lightness`` CIE L*, ``redness`` CIE a* (D65), each with
    its square where a spread is taken; ``shine`` marks highlights.
    """
    relief = np.where(skin.mask, skin.darkening, np.float32(0.0))
    yield f"relief_{side}", relief
    yield f"relief_square_{side}", relief**2
    yield f"shine_{side}", skin.darkening < -settings.shine_brightening
    lab = cv2.cvtColor(np.clip(linear_rgb, 0.0, 1.0), cv2.COLOR_LRGB2Lab)
    lightness, redness = (np.asarray(lab[..., k], dtype=np.float32) for k in (0, 1))
    yield f"redness_{side}", redness
    yield f"lightness_{side}", lightness
    yield f"lightness_square_{side}", lightness**2


def _block_sums(
    common: Mask,
    step_px: float,
    scale: Scale | None,
    maps: Iterable[tuple[str, npt.NDArray[np.floating] | Mask]],
    settings: ChangeSettings,
) -> Sums:
    blocks = _blocks(common, step_px, scale, settings)
    return {name: blocks.sum(values) for name, values in maps}


def _blocks(common: Mask, step_px: float, scale: Scale | None, settings: ChangeSettings) -> Blocks:
    side_px = settings.block_px if scale is None else settings.block_mm / scale.mm_per_px
    return partition(common, side_px / step_px)


def region_sample(
    name: str,
    pores: pd.DataFrame,
    common: Mask,
    step_px: float,
    scale: Scale | None,
    sums: Sums,
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
    sums : mapping of str to (T,) float64
        Block sums of the secondary maps, e.g. ``redness_before``.
    settings : ChangeSettings
        Tunables.

    Returns
    -------
    Sample
        Lengths in µm and areas in mm² where the scale is known, else in photo pixels.
    """
    unit_mm = scale.mm_per_px * step_px if scale is not None else None
    blocks = _blocks(common, step_px, scale, settings)
    length = step_px if unit_mm is None else 1000.0 * unit_mm
    area = step_px**2 if unit_mm is None else unit_mm**2
    block = blocks.of(pores[["x_px", "y_px"]].to_numpy(np.float64))
    inside = block >= 0
    kinds = {"seen": bool, "matched": bool}
    columns = {
        column: pores[column].to_numpy(kinds.get(column.split("_")[0], np.float64))[inside]
        for side in SIDES
        for column in (*(f"{name}_{side}" for name in PORE_VALUES), "matched")
        if column in pores
    }
    lengths = {name: columns[name] * length for name in columns if name.startswith("diameter")}
    sizes = {
        f"{name}_{side}": lengths[f"diameter_{side}"]
        for name in ("size", "same")
        for side in SIDES
        if f"diameter_{side}" in lengths
    }
    visible_diameter = (
        settings.visible_diameter_px if unit_mm is None else settings.visible_diameter_um
    )
    return Sample(
        name=name,
        pores={**columns, **lengths, **sizes, "block": block[inside]},
        area=blocks.area_px2 * area,
        sums=dict(sums),
        pixels=blocks.area_px2,
        has_scale=unit_mm is not None,
        visible_diameter=visible_diameter,
        # A photo of unknown scale is worked on where its pores are as wide as in others.
        pore_px=settings.visible_diameter_px if unit_mm is None else visible_diameter / length,
        matched_snr=settings.matched_snr,
        matched_snr_cap=settings.matched_snr_cap,
    )
