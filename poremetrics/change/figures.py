"""The figures behind the checks, measured on one photo or on a pair, region by region."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from poremetrics import photo as photo_room
from poremetrics.change.checks import judge, light_turn_deg
from poremetrics.model import (
    Alignment,
    Conditions,
    Face,
    FloatImage,
    Mask,
    Photo,
    Region,
    RegionAlignment,
    Scale,
    Skin,
)
from poremetrics.settings import Settings


def judge_photo(
    name: str,
    taken: Photo,
    found: Face,
    region: Region,
    usable: Mask,
    step_px: float,
    linear_rgb: FloatImage,
    skin: Skin,
    settings: Settings,
) -> pd.DataFrame:
    """Judge one region of one photo on the grid it is worked on.

    Parameters
    ----------
    name : str
        ``before`` or ``after``.
    taken : Photo
        The photo.
    found : Face
        What was found in it.
    region : Region
        The region.
    usable : (h, w) bool
        Its skin, on the grid.
    step_px : float
        Photo pixels per grid pixel.
    linear_rgb : (h, w, 3) float32
        Linear light of the region, on the grid.
    skin : Skin
        Its flattened skin.
    settings : Settings
        Tunables.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.QUALITY`.
    """
    values = {
        **_shown(taken, found, region),
        **_resolved(linear_rgb, skin, usable, region.scale, step_px, step_px, settings),
    }
    return judge(name, region.name, values, settings.change)


def judge_pair(
    aligned: RegionAlignment,
    conditions: Conditions,
    linear_rgb: tuple[FloatImage, FloatImage],
    skins: tuple[Skin, Skin],
    scale: Scale | None,
    settings: Settings,
) -> pd.DataFrame:
    """Judge one region of a pair on the common grid, before conditions are matched.

    Parameters
    ----------
    aligned : RegionAlignment
        The alignment of the region.
    conditions : Conditions
        How the two skins differ.
    linear_rgb : pair of (h, w, 3) float32
        Linear light of both photos on the grid.
    skins : pair of Skin
        Flattened skins, as photographed.
    scale : Scale or None
        Millimetres per before pixel.
    settings : Settings
        Tunables.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.QUALITY`.
    """
    step_px = aligned.grid.step_px
    single = [
        judge(
            side,
            aligned.name,
            _resolved(rgb, skin, aligned.common, scale, step_px, shrink, settings),
            settings.change,
        )
        for side, rgb, skin, shrink in zip(
            ("before", "after"), linear_rgb, skins, aligned.steps_px, strict=True
        )
    ]
    before_light, after_light = (
        photo_room.light_direction(rgb, aligned.common) for rgb in linear_rgb
    )
    both = {
        "same_skin": conditions.correlation,
        "alignment": aligned.residual_p95_px,
        "relative_blur": abs(conditions.relative_blur_px),
        "light": abs(math.log(conditions.gain)) if conditions.gain > 0 else math.nan,
        "light_direction": light_turn_deg(before_light, after_light),
        "common_share": aligned.common_share,
        "scale_ratio": abs(math.log(aligned.scale_ratio)) if aligned.scale_ratio > 0 else math.nan,
    }
    pair = judge("pair", aligned.name, both, settings.change)
    return pd.concat([*single, pair], ignore_index=True)


def judge_faces(
    before: Photo,
    before_face: Face,
    after: Photo,
    after_face: Face,
    alignment: Alignment,
    days_since_treatment: float | None,
    settings: Settings,
) -> pd.DataFrame:
    """Judge what does not need pixels: pose, cover, expression, camera, timing, same skin.

    Parameters
    ----------
    before, after : Photo
        The two photos.
    before_face, after_face : Face
        What was found in them.
    alignment : Alignment
        How they lie on each other.
    days_since_treatment : float or None
        Days between the last treatment and the after photo.
    settings : Settings
        Tunables.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.QUALITY`.
    """
    tables = [
        judge(side, region.name, _shown(taken, found, region), settings.change)
        for side, taken, found in (("before", before, before_face), ("after", after, after_face))
        for region in found.regions
    ]
    aligned = {region.name for region in alignment.regions}
    names = dict.fromkeys(
        region.name for found in (before_face, after_face) for region in found.regions
    )
    tables += [
        judge("pair", name, {"found": 0.0}, settings.change)
        for name in names
        if name not in aligned
    ]
    whole: dict[str, float] = {"same_place": float(alignment.same_skin)}
    if before_face.expression and after_face.expression:
        whole["expression"] = _largest_change(before_face.expression, after_face.expression)
    if before.facts.camera and after.facts.camera:
        whole["camera"] = float(before.facts.camera != after.facts.camera)
    if days_since_treatment is not None:
        whole["days_since_treatment"] = days_since_treatment
    tables.append(judge("pair", "all", whole, settings.change))
    return pd.concat(tables, ignore_index=True)


def _shown(taken: Photo, found: Face, region: Region) -> dict[str, float]:
    """Return what pose, cover and file say about a region."""
    values = {
        # what two reasons hide counts twice: rather too little bare skin than too much
        "skin_share": max(1.0 - sum(region.hidden.values()), 0.0),
        "glare": float(region.hidden.get("glare", 0.0)),
    }
    if found.pose is not None:
        yaw = found.pose.yaw_deg
        # Looking to the picture's right turns the person's left cheek away, and vice versa.
        away = {"left_cheek": max(yaw, 0.0), "right_cheek": max(-yaw, 0.0)}
        values["turned"] = away.get(region.name, abs(yaw))
    if taken.facts.jpeg_quality is not None:
        values["compression"] = taken.facts.jpeg_quality
    return values


def _resolved(
    linear_rgb: FloatImage,
    skin: Skin,
    where: Mask,
    scale: Scale | None,
    step_px: float,
    shrink: float,
    settings: Settings,
) -> dict[str, float]:
    """Return what sampling, focus, exposure and processing leave of the skin's texture."""
    limits = settings.change
    if scale is None:
        mm_per_px = None
        pore_px = limits.visible_diameter_px
        values = {}
    else:
        mm_per_px = scale.mm_per_px * step_px
        pore_px = limits.visible_diameter_um / 1000.0 / mm_per_px
        values = {"resolution": pore_px, "sampling": pore_px}
    usable = where & skin.mask
    sharp = photo_room.sharpness(
        linear_rgb, usable, settings.photo, mm_per_px=mm_per_px, shrink=shrink
    )
    texture = photo_room.fine_texture(sharp, settings.photo)
    return {
        **values,
        # Only blur that is there for sure speaks against a photo.
        "focus": max(sharp.blur_px - 2.0 * sharp.blur_err_px, 0.0) / pore_px,
        "clipping": photo_room.clipped_share(linear_rgb, where, settings.photo),
        "texture": texture,
        "smoothing": texture,
    }


def _largest_change(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    shared = [abs(after[name] - before[name]) for name in before if name in after]
    return float(np.max(shared)) if shared else math.nan
