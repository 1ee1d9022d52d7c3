"""From paired pores on a grid to the sample the measures are taken of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.change.blocks import partition
from poremetrics.change.measures import Sample
from poremetrics.change.response import default_response
from poremetrics.change.sizes import with_shared_change
from poremetrics.model import Face, FloatImage, Mask, Region, RegionAlignment, Scale, Skin
from poremetrics.settings.change import ChangeSettings

SIDES = ("before", "after")
PORE_VALUES = ("diameter", "diameter_err", "contrast", "snr", "elongation", "plug", "seen")
"""What is known of a pore in each photo."""


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
    linear_rgb: tuple[FloatImage, FloatImage],
    skins: tuple[Skin, Skin],
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
    linear_rgb : pair of (h, w, 3) float32
        Linear light of both photos on the grid.
    skins : pair of Skin
        Matched skins.
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
    maps = (
        (f"{name}_{side}", values)
        for side, rgb, skin in zip(SIDES, linear_rgb, skins, strict=True)
        for name, values in secondary_maps(rgb, skin, settings)
    )
    sample = region_sample(
        aligned.name,
        pores.assign(**shape, **seen, **signal, matched=pores["status"].eq("matched")),
        aligned.common,
        aligned.grid.step_px,
        scale,
        maps,
        settings,
    )
    return with_shared_change(sample, settings, default_response().reading)


def single_sample(
    region: Region,
    found: pd.DataFrame,
    linear_rgb: FloatImage,
    skin: Skin,
    settings: ChangeSettings,
) -> Sample:
    """Return the sample of one region of one photo, on that photo's own pixels.

    Parameters
    ----------
    region : Region
        Region with its skin and scale.
    found : DataFrame
        Output of :func:`poremetrics.pores.find` on the region's box.
    linear_rgb : (h, w, 3) float32
        Linear light of the region's box.
    skin : Skin
        Flattened skin of the region's box.
    settings : ChangeSettings
        Tunables.
    """
    pores = found[found["is_pore"].astype(bool)].reset_index(drop=True)
    columns = {f"{name}_before": pores[name] for name in ("diameter_px", "contrast")}
    columns["diameter_before"] = columns.pop("diameter_px_before")
    shapes = {f"{name}_before": values for name, values in _shapes(pores).items()}
    maps = (
        (f"{name}_before", values) for name, values in secondary_maps(linear_rgb, skin, settings)
    )
    return region_sample(
        region.name,
        pores.assign(**columns, **shapes, seen_before=True),
        region.skin,
        1.0,
        region.scale,
        maps,
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


def secondary_maps(
    linear_rgb: FloatImage, skin: Skin, settings: ChangeSettings
) -> Iterator[tuple[str, npt.NDArray[np.floating] | Mask]]:
    """Yield name and pixels of the maps the secondary measures are block sums of.

    ``relief`` is the flattened skin, ``lightness`` CIE L*, ``redness`` CIE a* (D65), each with
    its square where a spread is taken; ``shine`` marks highlights.
    """
    relief = np.where(skin.mask, skin.darkening, np.float32(0.0))
    yield "relief", relief
    yield "relief_square", relief**2
    yield "shine", skin.darkening < -settings.shine_brightening
    lab = cv2.cvtColor(np.clip(linear_rgb, 0.0, 1.0), cv2.COLOR_LRGB2Lab)
    lightness, redness = (np.asarray(lab[..., k], dtype=np.float32) for k in (0, 1))
    yield "redness", redness
    yield "lightness", lightness
    yield "lightness_square", lightness**2


def region_sample(
    name: str,
    pores: pd.DataFrame,
    common: Mask,
    step_px: float,
    scale: Scale | None,
    maps: Iterable[tuple[str, npt.NDArray[np.floating] | Mask]],
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
    maps : iterable of (str, (h, w))
        Secondary maps, e.g. ``redness_before``; they are gone through once, so they may be made
        one after the other.
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
        sums={key: blocks.sum(values) for key, values in maps},
        pixels=blocks.area_px2,
        has_scale=unit_mm is not None,
        visible_diameter=visible_diameter,
        pore_px=visible_diameter / length,
        matched_snr=settings.matched_snr,
        matched_snr_cap=settings.matched_snr_cap,
    )
