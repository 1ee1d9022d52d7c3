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
    Grid,
    Photo,
    Region,
    RegionAlignment,
)
from poremetrics.settings import Settings


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


def compare_region(
    photos: tuple[Photo, Photo],
    faces: tuple[Face, Face],
    aligned: RegionAlignment,
    settings: Settings,
) -> ComparedRegion:
    """Flatten both skins of a region, match and judge them, and measure every pore in both.

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
    scale = change.pair_scale(*faces, aligned)
    before_rgb = align.sample_before(photos[0], aligned.grid)
    after_rgb = align.sample_after(photos[1], aligned)
    rgb = before_rgb, after_rgb
    before_skin = pores.flatten(before_rgb, aligned.before_skin, settings.pores)
    after_skin = pores.flatten(after_rgb, aligned.after_skin, settings.pores)
    matched_before, matched_after, conditions = pores.match_conditions(
        before_skin, after_skin, aligned.common, settings.pair
    )
    regions = faces[0].region(aligned.name), faces[1].region(aligned.name)
    quality = change.join_quality(
        [
            change.judge_pair(aligned, conditions, rgb, (before_skin, after_skin), scale, settings),
            change.judge_looks(photos, regions, aligned, conditions, rgb, settings),
        ]
    )
    matched = matched_before, matched_after
    sums = change.secondary_sums(aligned, rgb, matched, scale, settings.change)
    # Half of what the region would hold while its pores are found.
    del before_rgb, after_rgb, rgb, before_skin, after_skin
    found_before = pores.find(matched_before, settings.pores)
    found_after = pores.find(matched_after, settings.pores)
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
            pores.place_by_map(aligned.after_map, pores.positions(all_after)),
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
    grid = Grid.of_box(region.box)
    rgb = align.sample_before(taken, grid)
    skin = pores.flatten(rgb, region.skin, settings.pores)
    on_grid = pores.find(skin, settings.pores)
    placed = pores.place_on_grid_photo(grid, pores.positions(on_grid))
    table = pores.pores_table(
        "before", region.name, on_grid, placed, placed, region.skin, region.scale
    )
    sample = change.single_sample(region, on_grid, rgb, skin, settings.change)
    return sample, table, change.judge_photo("before", taken, found, region, rgb, skin, settings)
