"""What is done to one region, of one photo or of a pair, stage by stage.

Nothing is computed here; each line calls one stage of one room.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from poremetrics import align, change, pores
from poremetrics.model import (
    Conditions,
    Face,
    FloatImage,
    Photo,
    Region,
    RegionAlignment,
    Scale,
    Skin,
)
from poremetrics.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class SampledRegion:
    """Both photos of one region on the common grid, flattened, and what sets them apart.

    All regions of a pair are held at once, so light and colour, which are quickly sampled again,
    are not among it.

    Attributes
    ----------
    skins : pair of Skin
        As photographed.
    apart : Difference
        What this region alone tells.
    """

    skins: tuple[Skin, Skin]
    apart: pores.Difference


@dataclass(frozen=True, slots=True, eq=False)
class ComparedRegion:
    """What comparing one region yields.

    Attributes
    ----------
    sample : Sample
        Sums and pores that changes are told from.
    conditions : Conditions
        How the two skins differed before they were matched.
    before_pores, after_pores : DataFrame
        Columns of :data:`poremetrics.columns.PORES`, without identifiers.
    paired : DataFrame
        Rows of :func:`poremetrics.pores.pair`.
    quality : DataFrame
        Columns of :data:`poremetrics.columns.QUALITY`.
    step_px : float
        Step of the grid, in pixels of the before photo.
    """

    sample: change.Sample
    conditions: Conditions
    before_pores: pd.DataFrame
    after_pores: pd.DataFrame
    paired: pd.DataFrame
    quality: pd.DataFrame
    step_px: float


def working_steps_px(taken: Photo, found: Face, settings: Settings) -> dict[str, float]:
    """Return the photo pixels per grid pixel at which each region of a photo is worked on.

    Where a photo shows skin finer than pores need, by its scale or, without one, by the width of
    its pores, it is above 1.

    Parameters
    ----------
    taken : Photo
        The photo.
    found : Face
        What was found in it.
    settings : Settings
        Tunables.

    Returns
    -------
    dict of str to float
        By the name of the region.
    """
    return {region.name: _working_step_px(taken, region, settings) for region in found.regions}


def _working_step_px(taken: Photo, region: Region, settings: Settings) -> float:
    if region.scale is not None:
        step_px = align.working_step_px(region.scale, settings.align)
    else:
        pixels = taken.pixels[region.box.slices]
        step_px = pores.coarse_step_px(pixels, region.skin, settings.pores)
    # A wrong scale given by hand must leave a picture to work on.
    return max(1.0, min(step_px, min(region.box.shape) / settings.align.least_grid_px))


def sample_region(
    photos: tuple[Photo, Photo],
    faces: tuple[Face, Face],
    aligned: RegionAlignment,
    settings: Settings,
) -> SampledRegion:
    """Bring both photos of a region onto its grid and flatten them.

    Parameters
    ----------
    photos : pair of Photo
        Before and after.
    faces : pair of Face
        What was found in them.
    aligned : RegionAlignment
        The alignment of the region.
    settings : Settings
        Tunables.
    """
    rgb = _light(photos, aligned)
    masks = aligned.before_skin, aligned.after_skin
    steps_px = aligned.steps_px
    per_mm = _px_per_mm(change.pair_scale(*faces, aligned), steps_px[0])
    skins = (
        pores.flatten(rgb[0], masks[0], settings.pores, px_per_mm=per_mm, shrink=steps_px[0]),
        pores.flatten(rgb[1], masks[1], settings.pores, px_per_mm=per_mm, shrink=steps_px[1]),
    )
    return SampledRegion(skins, pores.difference(*skins, aligned.common, settings.pair))


def _px_per_mm(scale: Scale | None, step_px: float) -> float | None:
    """Return the scale of a grid that samples a photo every ``step_px``."""
    return None if scale is None else 1.0 / (scale.mm_per_px * step_px)


def _light(photos: tuple[Photo, Photo], aligned: RegionAlignment) -> tuple[FloatImage, FloatImage]:
    """Return both photos on the grid, in linear light."""
    before, after = photos
    return align.sample_before(before, aligned.grid), align.sample_after(after, aligned)


def compare_region(
    photos: tuple[Photo, Photo],
    faces: tuple[Face, Face],
    aligned: RegionAlignment,
    sampled: SampledRegion,
    apart: pores.Difference,
    settings: Settings,
) -> ComparedRegion:
    """Match both skins of a region, judge them, find their pores and measure each in both.

    Parameters
    ----------
    photos : pair of Photo
        Before and after.
    faces : pair of Face
        What was found in them.
    aligned : RegionAlignment
        The alignment of the region.
    sampled : SampledRegion
        From :func:`sample_region`; let go of as soon as it has been used.
    apart : Difference
        What all regions of the pair tell of this one.
    settings : Settings
        Tunables.
    """
    scale = change.pair_scale(*faces, aligned)
    matched_before, matched_after, conditions = pores.match_conditions(
        *sampled.skins, aligned.common, apart, settings.pair
    )
    regions = faces[0].region(aligned.name), faces[1].region(aligned.name)
    rgb = _light(photos, aligned)
    quality = change.join_quality(
        [
            change.judge_pair(aligned, conditions, rgb, sampled.skins, scale, settings),
            change.judge_looks(photos, regions, aligned, conditions, rgb, settings),
        ]
    )
    matched = matched_before, matched_after
    sums = change.secondary_sums(aligned, rgb, matched, scale, settings.change)
    # Half of what the region would hold while its pores are found.
    del sampled, rgb
    found_before = pores.find(matched_before, settings.pores)
    mapped = aligned.after_map, aligned.common
    found_after = pores.unmagnified(
        pores.find(matched_after, settings.pores), *mapped, pores.FOUND_LENGTHS, settings.pair
    )
    paired = pores.pair(
        matched_before,
        matched_after,
        found_before,
        found_after,
        aligned.common,
        aligned.residual_p95_px,
        settings.pair,
        settings.pores,
    )
    sizes_after = "diameter_after", "diameter_err_after"
    paired = pores.unmagnified(paired, *mapped, sizes_after, settings.pair)
    all_before = pores.with_forced(found_before, paired, "before")
    all_after = pores.with_forced(found_after, paired, "after")
    paired = pores.with_forced_rows(paired, len(found_before), "before")
    paired = pores.with_forced_rows(paired, len(found_after), "after")
    sample = change.paired_sample(
        aligned, paired, (all_before, all_after), sums, scale, settings.change
    )
    on_before = pores.place_on_grid_photo(aligned.grid, pores.positions(all_before))
    return ComparedRegion(
        sample=sample,
        conditions=conditions,
        before_pores=pores.pores_table(
            "before", aligned.name, all_before, on_before, on_before, aligned.common, scale
        ),
        after_pores=pores.pores_table(
            "after",
            aligned.name,
            all_after,
            pores.place_by_map(*mapped, pores.positions(all_after), settings.pair),
            pores.place_on_grid_photo(aligned.grid, pores.positions(all_after)),
            aligned.common,
            scale,
        ),
        paired=paired,
        quality=quality,
        step_px=aligned.grid.step_px,
    )


def measure_region(
    taken: Photo, found: Face, region: Region, settings: Settings
) -> tuple[change.Sample, pd.DataFrame, pd.DataFrame]:
    """Find the pores of a region of one photo, and judge it.

    Parameters
    ----------
    taken : Photo
        The photo.
    found : Face
        What was found in it.
    region : Region
        One of its regions.
    settings : Settings
        Tunables.

    Returns
    -------
    sample : Sample
        Sums and pores that measures are told from.
    pores, quality : DataFrame
        Columns of :data:`poremetrics.columns.PORES`, without identifiers, and ``QUALITY``.
    """
    grid = align.region_grid(region.box, _working_step_px(taken, region, settings))
    usable = align.on_grid_mask(region.skin, region.box, grid)
    rgb = align.sample_before(taken, grid)
    per_mm = _px_per_mm(region.scale, grid.step_px)
    skin = pores.flatten(rgb, usable, settings.pores, px_per_mm=per_mm, shrink=grid.step_px)
    on_grid = pores.find(skin, settings.pores)
    placed = pores.place_on_grid_photo(grid, pores.positions(on_grid))
    table = pores.pores_table("before", region.name, on_grid, placed, placed, usable, region.scale)
    laid = region, usable, grid.step_px
    sample = change.single_sample(*laid, on_grid, rgb, skin, settings.change)
    quality = change.judge_photo("before", taken, found, *laid, rgb, skin, settings)
    return sample, table, quality
