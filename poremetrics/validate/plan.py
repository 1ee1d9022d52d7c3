"""What is tried: every case of the validation as a small record that a worker can carry out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal

import numpy as np

from poremetrics.synthetic import (
    CLEAR_PORES,
    FAINT_PORES,
    TONES,
    Camera,
    Nuisance,
    Preset,
    Recipe,
    Tone,
    Treatment,
    draw_nuisance,
)

Effect = Literal["none", "size", "coverage"]
Skin = Literal["clear", "faint"]

SKINS: Mapping[Skin, Recipe] = {"clear": CLEAR_PORES, "faint": FAINT_PORES}
"""Kinds of skin tried: clear pores on smooth skin, faint ones in rough skin."""

SCALES_PX_PER_MM = (8.0, 10.0, 12.0, 16.0, 20.0, 24.0, 30.0)
CONTRASTS = (0.15, 0.20, 0.26, 0.35)
LEVELS_PCT = (5.0, 11.0, 17.0, 30.0)
"""Changes to be found: the smallest that trials call significant are 11 % and 17 %."""

_PAIR_PX_PER_MM = 13.0  # a face 1,800 px wide
_CALIBRATION_PX_PER_MM = (8.0, 10.0, 13.0, 16.0, 20.0)
_READ_PX_PER_MM = (*_CALIBRATION_PX_PER_MM, 24.0)  # finer photos are worked on at this
_READ_BLUR_PX = (0.7, 0.9, 1.2, 1.6)
_CALIBRATION_MM = (44.0, 36.0)  # the skin of a cheek: 16 cm²
_TRIED_PX_PER_MM = (10.0, 13.0, 16.0, 20.0, 24.0)
_TRIED_BLUR_PX = (0.7, 1.1, 1.6)  # the usual point spread of photos, a factor of 1.5 about it
_TRIED_LEVEL_PCT = 20.0
_DENSITIES_CM2 = (30.0, 70.0, 110.0, 150.0)
_LINK_PAIRS = 3  # per density
_QUICK_NUISANCES = ("blur", "all together")
_NULL_STRENGTHS = {"gentle": 0.5, "usual": 1.0, "rough": 1.8}


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


@dataclass(frozen=True, slots=True)
class Plan:
    """All cases of one validation."""

    accuracy: tuple[Accuracy, ...]
    perturbations: tuple[Pair, ...]
    nulls: tuple[Pair, ...]
    powers: tuple[Pair, ...]
    hopeless: tuple[Pair, ...]
    resolutions: tuple[Pair, ...]


def make_plan(seed: int, *, quick: bool) -> Plan:
    """Return the cases of a validation.

    Parameters
    ----------
    seed : int
        Every case gets a seed of its own from it, whoever carries it out.
    quick : bool
        A small part of everything, for tests.
    """
    seeds = _seeds(seed)
    return Plan(
        accuracy=tuple(_accuracy(seeds, quick=quick)),
        perturbations=tuple(_perturbations(seeds, quick=quick)),
        nulls=tuple(_nulls(seeds, quick=quick)),
        powers=tuple(_powers(seeds, quick=quick)),
        hopeless=tuple(_hopeless(seeds, quick=quick)),
        # last, so that the seeds of the others stay what they are
        resolutions=tuple(_resolutions(seeds, quick=quick)),
    )


def _seeds(seed: int) -> Iterator[int]:
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**62))


def _accuracy(seeds: Iterator[int], *, quick: bool) -> Iterator[Accuracy]:
    """Tone by scale at usual contrast, and tone by contrast at a portrait's scale."""
    usual = CLEAR_PORES.median_contrast
    size = (420, 340) if quick else (640, 520)
    scales: tuple[float, ...] = (12.0,) if quick else SCALES_PX_PER_MM
    for tone in TONES:
        for scale in scales:
            # Peers cost most of the time; three scales tell their story.
            peers = (tone == "V") if quick else scale in (10.0, 16.0, 24.0)
            yield Accuracy(next(seeds), "clear", tone, scale, usual, *size, peers)
        for contrast in () if quick else CONTRASTS:
            if contrast != usual:
                yield Accuracy(next(seeds), "clear", tone, 12.0, contrast, *size, peers=False)
        for scale in () if quick else (12.0, 18.0):
            faint = FAINT_PORES.median_contrast
            yield Accuracy(next(seeds), "faint", tone, scale, faint, *size, peers=True)
    if quick:
        faint = FAINT_PORES.median_contrast
        yield Accuracy(next(seeds), "faint", "II", 12.0, faint, *size, peers=True)
    for scale in (8.0, 20.0) if quick else ():
        yield Accuracy(next(seeds), "clear", "III", scale, usual, *size, peers=False)


def _pair_camera(*, quick: bool) -> Camera:
    size = (440, 360) if quick else (680, 560)
    return Camera(width_px=size[0], height_px=size[1], px_per_mm=_PAIR_PX_PER_MM)


def _skin_of(index: int) -> Skin:
    """Return the skin of the pair ``index``: a third is faint, in every tone and strength."""
    return "faint" if index % 9 in (1, 5, 6) else "clear"


def _perturbations(seeds: Iterator[int], *, quick: bool) -> Iterator[Pair]:
    """Each nuisance alone at several strengths, then all together."""
    base = _pair_camera(quick=quick)
    tones: tuple[Tone, ...] = ("II",) if quick else ("I", "III", "VI")
    for tone in tones:
        # The same subject meets every nuisance, so the rows of the table can be compared.
        seed = next(seeds)
        for kind, strengths in _nuisances(base).items():
            if quick and kind not in _QUICK_NUISANCES:
                continue
            chosen = list(strengths.items())
            for strength, (camera, nuisance) in chosen[1:2] if quick else chosen:
                yield Pair(
                    seed, kind, strength, "clear", tone, base, camera, nuisance=nuisance, naive=True
                )


def _nuisances(base: Camera) -> dict[str, dict[str, tuple[Camera, Nuisance | None]]]:
    """Return kind -> strength -> (after camera, nuisance on top)."""

    def blurred(added: float) -> Camera:
        return replace(base, blur_px=float(np.hypot(base.blur_px, added)))

    def elastic(px: float) -> Nuisance:
        return Nuisance(elastic_px=px, elastic_wavelength_px=300.0 * max(px, 1.0), elastic_seed=1)

    together: dict[str, tuple[Camera, Nuisance | None]] = {
        name: (_another_camera(np.random.default_rng(5), base, strength), None)
        for name, strength in _NULL_STRENGTHS.items()
    }
    return {
        "nothing": {"another exposure": (base, None)},
        "turn": {f"{v}°": (replace(base, turn_deg=v), None) for v in (3.0, 7.0, 15.0)},
        "scale": {
            f"× {v}": (replace(base, px_per_mm=base.px_per_mm * v), None)
            for v in (0.97, 0.95, 0.85, 0.75)
        },
        "blur": {f"{v} px": (blurred(v), None) for v in (0.3, 0.6, 1.1, 1.6)},
        "light direction": {
            f"{v}°": (replace(base, light_deg=base.light_deg + v), None) for v in (5.0, 15.0, 30.0)
        },
        "light gradient": {
            f"{v}": (replace(base, fall_off=base.fall_off + v), None) for v in (0.1, 0.2, 0.4)
        },
        "exposure": {
            f"{v} stops": (replace(base, brightness=base.brightness * 2.0**v), None)
            for v in (-0.2, -0.5, 0.3, -1.0)
        },
        "white balance": {
            f"{v} %": (replace(base, balance=(1 + v / 100, 1.0, 1 - v / 100)), None)
            for v in (3.0, 10.0)
        },
        "sensor noise": {
            f"× {v}": (replace(base, photons=base.photons / v**2), None) for v in (1.5, 2.0, 3.0)
        },
        "JPEG quality": {f"{v}": (replace(base, jpeg_quality=v), None) for v in (90, 80, 60)},
        "sharpening": {f"{v}": (replace(base, sharpen=v), None) for v in (0.3, 0.8)},
        "shine": {f"× {v}": (replace(base, shine=base.shine * v), None) for v in (1.5, 3.0)},
        "elastic": {f"{v} px": (base, elastic(v)) for v in (1.0, 2.0, 4.0)},
        "all together": together,
    }


def _another_camera(rng: np.random.Generator, base: Camera, strength: float) -> Camera:
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


def _nulls(seeds: Iterator[int], *, quick: bool) -> Iterator[Pair]:
    """Unchanged skin, photographed twice."""
    base = _pair_camera(quick=quick)
    for index in range(4 if quick else 300):
        seed, tone = next(seeds), TONES[index % len(TONES)]
        rng = np.random.default_rng(seed)
        name = list(_NULL_STRENGTHS)[index % len(_NULL_STRENGTHS)]
        # The sharper photo comes first as often as second.
        cameras = [base, _another_camera(rng, base, _NULL_STRENGTHS[name])]
        if rng.random() < 0.5:
            cameras.reverse()
        yield Pair(seed, "unchanged", name, _skin_of(index), tone, cameras[0], cameras[1])


def _powers(seeds: Iterator[int], *, quick: bool) -> Iterator[Pair]:
    """Treated skin: smaller pores, or fewer."""
    base = _pair_camera(quick=quick)
    effects: tuple[Effect, ...] = ("size", "coverage")
    for effect in effects:
        for level in (30.0,) if quick else LEVELS_PCT:
            for index in range(2 if quick else 40):
                yield _treated_pair(next(seeds), "power", index, base, effect, level)


def _resolutions(seeds: Iterator[int], *, quick: bool) -> Iterator[Pair]:
    """Treated skin in photos coarser, finer, sharper and softer than those of the other pairs."""
    effects: tuple[Effect, ...] = ("size", "coverage")
    scales, blurs = ((16.0,), (1.6,)) if quick else (_TRIED_PX_PER_MM, _TRIED_BLUR_PX)
    subjects = range(1 if quick else 3)  # one of three is faint
    for index, (scale, blur, _) in enumerate(product(scales, blurs, subjects)):
        base = _skin_camera(scale, blur)
        for effect in effects:
            yield _treated_pair(next(seeds), "resolution", index, base, effect, _TRIED_LEVEL_PCT)


def calibration_pairs(seed: int) -> Iterator[Pair]:
    """Yield the pairs that the package's own figures are made of: unchanged and changed skin.

    Unlike those of :func:`make_plan` they come at every scale that the tool accepts.

    Parameters
    ----------
    seed : int
        Another one than that of a published validation.
    """
    seeds = _seeds(seed)
    for index in range(210):
        base = _skin_camera(_CALIBRATION_PX_PER_MM[index % len(_CALIBRATION_PX_PER_MM)])
        case_seed = next(seeds)
        rng = np.random.default_rng(case_seed)
        name = list(_NULL_STRENGTHS)[index % len(_NULL_STRENGTHS)]
        cameras = [base, _another_camera(rng, base, _NULL_STRENGTHS[name])]
        if rng.random() < 0.5:
            cameras.reverse()
        tone = TONES[index // len(_NULL_STRENGTHS) % len(TONES)]  # not in step with the strength
        yield Pair(case_seed, "unchanged", name, _skin_of(index), tone, cameras[0], cameras[1])
    yield from _changed_pairs(seeds)


def reading_pairs(seed: int) -> Iterator[Pair]:
    """Yield the pairs of changed skin that show how far a change of size is to be stretched.

    Parameters
    ----------
    seed : int
        Another one than that of :func:`calibration_pairs`, which tell what is left then.
    """
    yield from _changed_pairs(_seeds(seed))


def _changed_pairs(seeds: Iterator[int]) -> Iterator[Pair]:
    """Yield skin changed in both ways by every level, at every scale and sharpness."""
    cameras = [_skin_camera(scale, blur) for blur in _READ_BLUR_PX for scale in _READ_PX_PER_MM]
    effects: tuple[Effect, ...] = ("coverage", "size")
    for at, (effect, level, base) in enumerate(product(effects, LEVELS_PCT[1:], cameras)):
        pair = _treated_pair(next(seeds), "power", at, base, effect, level)
        # one of two, in every row of cameras another one
        yield replace(pair, varied=(at + at // len(cameras)) % 2 == 1)


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


def link_pairs(seed: int) -> Iterator[Pair]:
    """Yield pairs of photos of unchanged skin with few pores to many, to score links on.

    Parameters
    ----------
    seed : int
        Repeats them exactly.
    """
    seeds = _seeds(seed)
    base = _pair_camera(quick=False)
    for density in _DENSITIES_CM2:
        for index in range(_LINK_PAIRS):
            case_seed = next(seeds)
            rng = np.random.default_rng(case_seed)
            after = _another_camera(rng, base, _NULL_STRENGTHS["usual"])
            yield Pair(
                case_seed,
                "links",
                f"{density:g} pores/cm²",
                "clear",
                TONES[2 * index % len(TONES)],
                base,
                after,
                pores_per_cm2=density,
            )


def _treated_pair(
    seed: int, kind: str, index: int, base: Camera, effect: Effect, level_pct: float
) -> Pair:
    """Return skin of the kind that is due, treated, photographed as differently as usual."""
    level = level_pct / 100.0
    return Pair(
        seed,
        kind,
        f"−{level_pct:g} % {effect}",
        _skin_of(index),
        TONES[index % len(TONES)],
        base,
        _another_camera(np.random.default_rng(seed), base, _NULL_STRENGTHS["usual"]),
        Treatment(diameter_ratio=1.0 - level, spread=0.03)
        if effect == "size"
        else Treatment(lost_share=level),
        effect=effect,
        level_pct=level_pct,
    )


def _skin_camera(px_per_mm: float, blur_px: float | None = None) -> Camera:
    """Return a camera that sees the skin of a cheek, as sharp as most by default."""
    width, height = (round(side * px_per_mm) for side in _CALIBRATION_MM)
    camera = Camera(width_px=width, height_px=height, px_per_mm=px_per_mm)
    return camera if blur_px is None else replace(camera, blur_px=blur_px)


def _hopeless(seeds: Iterator[int], *, quick: bool) -> Iterator[Pair]:
    """Pairs that must be refused: spoilt photos and other people."""
    base = _pair_camera(quick=quick)
    presets: tuple[Preset, ...] = ("defocus", "other_light", "beauty")
    for index in range(1 if quick else 12):
        tone = TONES[(2 * index + 1) % len(TONES)]
        for preset in presets:
            seed = next(seeds)
            nuisance = draw_nuisance(np.random.default_rng(seed), preset)
            label = preset.replace("_", " ")
            yield Pair(seed, "hopeless", label, "clear", tone, base, base, nuisance=nuisance)
        seed = next(seeds)
        yield Pair(seed, "hopeless", "other person", "clear", tone, base, base, other_person=True)
