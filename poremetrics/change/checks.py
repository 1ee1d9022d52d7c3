"""What makes two photos not comparable, or a change doubtful: figures against limits.

Every cause is declared once in :data:`CHECKS`, with what it means, whether it refuses a region or
only warns, and what to do at the next photo. A figure that cannot be measured is NaN and not
``ok``: not knowing is no reason to trust.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from poremetrics.columns import QUALITY, table
from poremetrics.settings.change import ChangeSettings

Bound = Literal["max", "min"]


@dataclass(frozen=True, slots=True)
class Check:
    """One quality check.

    Attributes
    ----------
    name : str
        As in ``quality.csv``.
    unit : str
        Unit of value and limit; ``1`` for a pure number.
    bound : str
        ``max``: the value must not exceed the limit; ``min``: not fall below it.
    refuses : bool
        True where failing makes the region ``not comparable``; False where it only warns.
    setting : str
        Field of :class:`~poremetrics.settings.change.ChangeSettings` that holds the limit.
    meaning : str
        What is measured, in one plain sentence.
    remedy : str
        What to do at the next photo.
    """

    name: str
    unit: str
    bound: Bound
    refuses: bool
    setting: str
    meaning: str
    remedy: str


CHECKS: Mapping[str, Check] = {
    check.name: check
    for check in (
        Check(
            "resolution",
            "px",
            "min",
            False,
            "minimum_pore_px",
            "Pixels across a pore of 250 µm; below the limit small pores are sized less surely.",
            "Fill the frame with the face, or use a camera with more pixels.",
        ),
        Check(
            "sampling",
            "px",
            "min",
            True,
            "minimum_sampling_px",
            "Pixels across a pore of 250 µm; below the limit pores are not resolved at all.",
            "Fill the frame with the face, or use a camera with more pixels.",
        ),
        Check(
            "focus",
            "1",
            "max",
            True,
            "maximum_blur_pore_share",
            "Blur of the photo as a share of a pore of 250 µm.",
            "Focus on the eye nearest the camera, hold still, use a smaller aperture.",
        ),
        Check(
            "clipping",
            "1",
            "max",
            True,
            "maximum_clipped_share",
            "Share of the skin that is pure black or white.",
            "Expose so that no part of the skin is burnt out or black.",
        ),
        Check(
            "glare",
            "1",
            "max",
            False,
            "maximum_glare_share",
            "Share of the region hidden by shine.",
            "Use soft light from the side or a polarising filter; blot oily skin.",
        ),
        Check(
            "turned",
            "deg",
            "max",
            True,
            "maximum_turned_deg",
            "How far the region is turned away from the camera by the head's pose.",
            "Have the person look straight into the camera.",
        ),
        Check(
            "skin_share",
            "1",
            "min",
            True,
            "minimum_skin_share",
            "Share of the region that shows bare skin.",
            "Tie back hair; shave if a beard covers the region.",
        ),
        Check(
            "texture",
            "1",
            "min",
            False,
            "minimum_texture",
            "Fine skin texture relative to what resolution, blur and noise leave room for.",
            "Turn off beauty filters and noise reduction; no make-up; do not retouch.",
        ),
        Check(
            "smoothing",
            "1",
            "min",
            True,
            "minimum_smoothing",
            "The same figure; below the limit fine texture is missing: defocus, filter or make-up.",
            "Turn off beauty filters and noise reduction; no make-up; do not retouch.",
        ),
        Check(
            "compression",
            "1",
            "min",
            False,
            "minimum_jpeg_quality",
            "Quality of the JPEG encoding, 1 to 100.",
            "Send the camera's original file, not one from a messenger.",
        ),
        Check(
            "blocks",
            "1",
            "max",
            False,
            "maximum_blockiness",
            "Steps at the 8 x 8 blocks of JPEG over the steps elsewhere, whatever the file says.",
            "Send the camera's original file, not one from a messenger.",
        ),
        Check(
            "same_skin",
            "1",
            "min",
            True,
            "minimum_correlation",
            "How alike the fine texture of the two aligned skins is, 0 to 1.",
            "Same person, same place, same light; no make-up.",
        ),
        Check(
            "same_place",
            "1",
            "min",
            True,
            "minimum_found",
            "1 where both photos show the same skin of the same person.",
            "Check that both photos show the same person and the same side of the face.",
        ),
        Check(
            "alignment",
            "px",
            "max",
            True,
            "maximum_residual_p95_px",
            "95th percentile of the alignment error.",
            "Repeat the head pose and a relaxed expression.",
        ),
        Check(
            "relative_blur",
            "px",
            "max",
            True,
            "maximum_relative_blur_px",
            "Difference in focus between the two photos.",
            "Repeat camera, distance and focus.",
        ),
        Check(
            "light",
            "ln",
            "max",
            True,
            "maximum_gain_log",
            "Change in contrast of the skin between pores, a sign of other light or filters.",
            "Repeat place, lamps and camera settings.",
        ),
        Check(
            "light_direction",
            "deg",
            "max",
            False,
            "maximum_light_turn_deg",
            "Angle between the directions the light falls from.",
            "Repeat place and lamps.",
        ),
        Check(
            "light_kind",
            "ln",
            "max",
            False,
            "maximum_light_kind_log",
            "Change in how much mirrored light varies: other polarisation, other lamp or make-up.",
            "Same lamps and filters, parallel or crossed; no make-up.",
        ),
        Check(
            "exposure",
            "L*",
            "max",
            False,
            "maximum_exposure_change",
            "Change in lightness of the skin.",
            "Repeat lamps and exposure; lock the exposure if the camera can.",
        ),
        Check(
            "noise",
            "ln",
            "max",
            False,
            "maximum_noise_log",
            "How much noisier the softer photo is than the sharper one.",
            "Use more light rather than a higher ISO.",
        ),
        Check(
            "common_share",
            "1",
            "min",
            True,
            "minimum_common_share",
            "Share of the region's skin that both photos show.",
            "Repeat pose and framing; tie back hair.",
        ),
        Check(
            "scale_ratio",
            "ln",
            "max",
            True,
            "maximum_scale_log",
            "Difference in size of the face between the photos.",
            "Repeat camera and distance.",
        ),
        Check(
            "expression",
            "1",
            "max",
            False,
            "maximum_expression_change",
            "Change in facial expression.",
            "Ask for a relaxed face with the mouth closed.",
        ),
        Check(
            "camera",
            "1",
            "max",
            False,
            "maximum_camera_change",
            "1 where the two photos come from different cameras.",
            "Use the same camera and lens.",
        ),
        Check(
            "days_since_treatment",
            "days",
            "min",
            False,
            "minimum_days_since_treatment",
            "Days between the last treatment and the after photo.",
            "Wait at least a week, better four, after a treatment.",
        ),
        Check(
            "redness_rise",
            "a*",
            "max",
            False,
            "maximum_redness_rise",
            "Rise in redness; a hint that the photo was taken too soon, or of other white balance.",
            "Wait until redness is gone; keep the white balance fixed.",
        ),
        Check(
            "shine_rise",
            "1",
            "max",
            False,
            "maximum_shine_rise",
            "Rise in the share of shine; a hint of swelling, cream or oil, or of other light.",
            "Wait at least a week after a treatment; no cream on the day; blot oily skin.",
        ),
        Check(
            "found",
            "1",
            "min",
            True,
            "minimum_found",
            "1 where the region was found in both photos.",
            "Frame both photos alike, with the whole face in view.",
        ),
    )
}
"""Registry of every quality check."""


def judge(
    photo: str, region: str, values: Mapping[str, float], settings: ChangeSettings
) -> pd.DataFrame:
    """Hold measured figures against their limits.

    Parameters
    ----------
    photo : str
        ``before``, ``after`` or ``pair``.
    region : str
        Region the figures belong to, or ``all``.
    values : mapping of str to float
        Figure per check of :data:`CHECKS`.
    settings : ChangeSettings
        Limits.

    Returns
    -------
    DataFrame
        Columns of :data:`poremetrics.columns.QUALITY`, one row per figure.
    """
    rows: list[Mapping[str, object]] = []
    for name, value in values.items():
        check = CHECKS[name]
        limit = float(getattr(settings, check.setting))
        within = value <= limit if check.bound == "max" else value >= limit
        rows.append(
            {
                "photo": photo,
                "region": region,
                "check": name,
                "value": value,
                "limit": limit,
                "unit": check.unit,
                "ok": bool(within) and math.isfinite(value),
            }
        )
    return table(rows, QUALITY)


def refused_regions(quality: pd.DataFrame, regions: Sequence[str]) -> list[str]:
    """Return the regions that failed a check that refuses, in the order given.

    Parameters
    ----------
    quality : DataFrame
        Rows of :func:`judge`; rows of region ``all`` hold for every region.
    regions : sequence of str
        Regions to look at.
    """
    refusing = [name for name, check in CHECKS.items() if check.refuses]
    failed = quality[~quality["ok"] & quality["check"].isin(refusing)]
    names = set(failed["region"])
    return [name for name in regions if name in names or "all" in names]


def light_turn_deg(before: tuple[float, float], after: tuple[float, float]) -> float:
    """Return the angle between two shading gradients ``(strength, angle_deg)``.

    A weak gradient has no direction; the angle is weighted by what the two share: it is the
    angle between the gradients as vectors on top of an even light of unit strength.

    Parameters
    ----------
    before, after : (float, float)
        As :func:`poremetrics.photo.light_direction` returns it.

    Returns
    -------
    float
        Angle in degrees; NaN where either is not known.
    """
    if not all(map(math.isfinite, (*before, *after))):
        return math.nan
    strength_before, angle_before = before
    strength_after, angle_after = after

    def direction(strength: float, angle_deg: float) -> np.ndarray:
        angle = math.radians(angle_deg)
        return np.array([strength * math.cos(angle), strength * math.sin(angle), 1.0])

    one = direction(strength_before, angle_before)
    two = direction(strength_after, angle_after)
    cosine = float(one @ two / (np.linalg.norm(one) * np.linalg.norm(two)))
    return math.degrees(math.acos(min(1.0, max(-1.0, cosine))))
