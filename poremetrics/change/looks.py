"""How alike a region was lit, exposed and coded in both photos; hints of a fresh treatment."""

from __future__ import annotations

import math

import pandas as pd

from poremetrics import photo as photo_room
from poremetrics.change.checks import judge
from poremetrics.model import Conditions, FloatImage, Mask, Photo, Region, RegionAlignment
from poremetrics.settings import Settings

_THIN = slice(None, None, 4)
"""Of a median over thousands of pixels, every fourth row and column says the same."""


def judge_looks(
    photos: tuple[Photo, Photo],
    regions: tuple[Region | None, Region | None],
    aligned: RegionAlignment,
    conditions: Conditions,
    linear_rgb: tuple[FloatImage, FloatImage],
    settings: Settings,
) -> pd.DataFrame:
    """Judge what light, exposure, coding and the skin's own colour say about a region.

    Parameters
    ----------
    photos : pair of Photo
        Before and after.
    regions : pair of Region or None
        The region in each; None where it was not outlined there.
    aligned : RegionAlignment
        The region on the common grid.
    conditions : Conditions
        How the two skins differ.
    linear_rgb : pair of (h, w, 3) float32
        Linear light of both photos on the grid.
    settings : Settings
        Tunables.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.QUALITY`.
    """
    single = [
        judge(side, aligned.name, {"blocks": _blocks(taken, region, settings)}, settings.change)
        for side, taken, region in zip(("before", "after"), photos, regions, strict=True)
        if region is not None
    ]
    common, own = aligned.common, settings.photo
    thin = common[_THIN, _THIN]
    lightness, redness = (
        [measure(rgb[_THIN, _THIN], thin, own) for rgb in linear_rgb]
        for measure in (photo_room.exposure, photo_room.skin_redness)
    )
    kind_before, kind_after = (photo_room.specular_contrast(rgb, common, own) for rgb in linear_rgb)
    values = {
        "noise": excess_noise_log(conditions),
        "exposure": abs(lightness[1] - lightness[0]),
        "light_kind": abs(_log_ratio(kind_before, kind_after)),
        "redness_rise": redness[1] - redness[0],
    }
    before, after = regions
    if before is not None and after is not None:
        values["shine_rise"] = after.hidden.get("glare", 0.0) - before.hidden.get("glare", 0.0)
    pair = judge("pair", aligned.name, values, settings.change)
    return pd.concat([*single, pair], ignore_index=True)


def excess_noise_log(conditions: Conditions) -> float:
    """Return by how much the softer photo is noisier than the sharper one, as natural log.

    Blur takes fine contrast away, so without more noise the softer photo has less of it: the
    figure is below 0. Above 0 only noise can have brought it back.

    Parameters
    ----------
    conditions : Conditions
        Difference in blur and ratio of noise.
    """
    if not conditions.noise_ratio > 0.0:
        return math.nan
    ratio = math.log(conditions.noise_ratio)
    if conditions.relative_blur_px == 0.0:
        return abs(ratio)
    return math.copysign(1.0, conditions.relative_blur_px) * ratio


def _blocks(taken: Photo, region: Region, settings: Settings) -> float:
    """Return the blockiness of a region at the photo's own pixels."""
    skin: Mask = region.skin
    return photo_room.blockiness(taken.pixels[region.box.slices], skin, settings.photo)


def _log_ratio(before: float, after: float) -> float:
    return math.log(after / before) if before > 0.0 and after > 0.0 else math.nan
