"""What a case of a validation is: skin, cameras and treatment, as a small record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from poremetrics.synthetic import (
    CLEAR_PORES,
    FAINT_PORES,
    TONES,
    Camera,
    Nuisance,
    Recipe,
    Tone,
    Treatment,
)

Effect = Literal["none", "size", "coverage"]
Skin = Literal["clear", "faint"]

SKINS: Mapping[Skin, Recipe] = {"clear": CLEAR_PORES, "faint": FAINT_PORES}
"""Kinds of skin tried: clear pores on smooth skin, faint ones in rough skin."""

STRENGTHS: Mapping[str, float] = {"gentle": 0.5, "usual": 1.0, "rough": 1.8}
"""How differently two photos of a pair are taken, in times the usual."""

_CHEEK_MM = (44.0, 36.0)  # the skin of a cheek: 16 cm²


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One picture whose pores are found and scored."""

    seed: int
    skin: Skin
    tone: Tone
    px_per_mm: float
    contrast: float
    width_px: int
    height_px: int
    peers: bool

    @property
    def recipe(self) -> Recipe:
        """The skin of this case."""
        return replace(
            SKINS[self.skin],
            width_mm=self.width_px / self.px_per_mm,
            height_mm=self.height_px / self.px_per_mm,
            grain_px_per_mm=self.px_per_mm,
            tone=self.tone,
            median_contrast=self.contrast,
        )

    @property
    def camera(self) -> Camera:
        """The camera of this case."""
        return Camera(width_px=self.width_px, height_px=self.height_px, px_per_mm=self.px_per_mm)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos of one subject.

    Attributes
    ----------
    seed : int
        Of subject, cameras and noise.
    kind : str
        Group of the table this pair belongs to.
    strength : str
        What differs and how much, as printed.
    skin, tone : str
        Kind of skin and Fitzpatrick type.
    before, after : Camera
        Both cameras.
    treatment : Treatment
        What happened to the skin.
    nuisance : Nuisance or None
        Applied to the after picture besides its camera.
    effect, level_pct : str, float
        The designed change.
    naive : bool
        Also measure each photo alone.
    other_person : bool
        The after photo shows another subject.
    pores_per_cm2 : float or None
        Density of pores; None for that of the skin.
    varied : bool
        The skin is drawn at random about its kind (:func:`varied`).
    """

    seed: int
    kind: str
    strength: str
    skin: Skin
    tone: Tone
    before: Camera
    after: Camera
    treatment: Treatment = field(default_factory=Treatment)
    nuisance: Nuisance | None = None
    effect: Effect = "none"
    level_pct: float = 0.0
    naive: bool = False
    other_person: bool = False
    pores_per_cm2: float | None = None
    varied: bool = False


def seeds_from(seed: int) -> Iterator[int]:
    """Yield a seed for every case, drawn from one."""
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**62))


def skin_of(index: int) -> Skin:
    """Return the skin of the pair ``index``: a third is faint, in every tone and strength."""
    return "faint" if index % 9 in (1, 5, 6) else "clear"


def skin_camera(px_per_mm: float, blur_px: float | None = None) -> Camera:
    """Return a camera that sees the skin of a cheek, as sharp as most by default."""
    width, height = (round(side * px_per_mm) for side in _CHEEK_MM)
    camera = Camera(width_px=width, height_px=height, px_per_mm=px_per_mm)
    return camera if blur_px is None else replace(camera, blur_px=blur_px)


def another_camera(rng: np.random.Generator, base: Camera, strength: float) -> Camera:
    """Return the same camera used again, as differently as ``strength`` times usual."""
    turn, x, y, light, fall, stops, warm = strength * rng.normal(
        0.0, (2.0, 12.0, 12.0, 4.0, 0.06, 0.15, 0.02)
    )
    return replace(
        base,
        turn_deg=turn,
        shift_px=(x, y),
        px_per_mm=base.px_per_mm * float(np.exp(-abs(rng.normal(0, 0.035 * strength)))),
        light_deg=base.light_deg + light,
        fall_off=base.fall_off + fall,
        brightness=base.brightness * 2.0**stops,
        balance=(float(np.exp(warm)), 1.0, float(np.exp(-warm))),
        blur_px=float(np.hypot(base.blur_px, rng.uniform(0.0, 0.6 * strength))),
        photons=base.photons / float(np.exp(rng.uniform(0.0, 0.7 * strength))),
        jpeg_quality=int(rng.integers(96 - round(8 * strength), 97)),
    )


def treated_pair(
    seed: int, kind: str, index: int, base: Camera, effect: Effect, level_pct: float
) -> Pair:
    """Return skin of the kind that is due, treated, photographed as differently as usual."""
    level = level_pct / 100.0
    return Pair(
        seed,
        kind,
        f"−{level_pct:g} % {effect}",
        skin_of(index),
        TONES[index % len(TONES)],
        base,
        another_camera(np.random.default_rng(seed), base, STRENGTHS["usual"]),
        Treatment(diameter_ratio=1.0 - level, spread=0.03)
        if effect == "size"
        else Treatment(lost_share=level),
        effect=effect,
        level_pct=level_pct,
    )


def varied(rng: np.random.Generator, kind: Recipe) -> Recipe:
    """Return a skin as people differ: pores, relief and pigment about those of its kind.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    kind : Recipe
        What it is drawn about.
    """

    def about(value: float, ln_least: float, ln_most: float) -> float:
        return value * float(np.exp(rng.uniform(ln_least, ln_most)))

    return replace(
        kind,
        pores_per_cm2=float(rng.uniform(30.0, 150.0)),
        median_contrast=about(kind.median_contrast, -0.3, 0.3),
        median_diameter_um=about(kind.median_diameter_um, -0.25, 0.4),
        diameter_spread=float(rng.uniform(0.2, 0.45)),
        relief=about(kind.relief, -0.5, 0.4),
        relief_spacing_mm=about(kind.relief_spacing_mm, -0.3, 0.3),
        mottling=about(kind.mottling, -0.5, 0.5),
    )
