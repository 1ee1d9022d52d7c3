"""Small close-ups of synthetic skin with known truth, shared by the tests of the whole path."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from poremetrics.synthetic import (
    Camera,
    Recipe,
    SyntheticSkin,
    Tone,
    Treatment,
    make_skin,
    photograph,
)

PX_PER_MM = 15.0
CAMERA = Camera(width_px=480, height_px=400, px_per_mm=PX_PER_MM, blur_px=0.8)
# Another visit: nearer, turned, shifted, softer, other light and exposure.
NEXT_VISIT = replace(
    CAMERA,
    px_per_mm=14.5,
    turn_deg=2.0,
    shift_px=(9.0, -6.0),
    blur_px=1.0,
    light_deg=70.0,
    brightness=0.42,
    jpeg_quality=93,
)


@cache
def visits(
    seed: int = 1,
    tone: Tone = "II",
    diameter_ratio: float = 1.0,
    lost_share: float = 0.0,
    other_person: bool = False,
) -> tuple[SyntheticSkin, SyntheticSkin]:
    """One patch of skin at two visits; ``other_person``: two different patches."""
    rng = np.random.default_rng(seed)
    recipe = Recipe(width_mm=40.0, height_mm=34.0, tone=tone)
    skin = make_skin(rng, recipe)
    treatment = Treatment(diameter_ratio=diameter_ratio, lost_share=lost_share)
    before = photograph(skin, CAMERA, rng)
    later = make_skin(rng, recipe) if other_person else skin
    return before, photograph(later, NEXT_VISIT, rng, treatment)


def save(pixels: np.ndarray, path: Path, quality: int = 95) -> Path:
    """Write a picture as JPEG."""
    Image.fromarray(pixels).save(path, quality=quality)
    return path
