"""What is tried: every case of the validation as a small record that a worker can carry out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from poremetrics.synthetic import (
    CLEAR_PORES,
    FAINT_PORES,
    TONES,
    Camera,
    Nuisance,
    Preset,
    Tone,
    draw_nuisance,
)
from poremetrics.validate.subjects import (
    STRENGTHS,
    Accuracy,
    Effect,
    Pair,
    another_camera,
    seeds_from,
    skin_camera,
    skin_of,
    treated_pair,
)

SCALES_PX_PER_MM = (8.0, 10.0, 12.0, 16.0, 20.0, 24.0, 30.0)
CONTRASTS = (0.15, 0.20, 0.26, 0.35)
LEVELS_PCT = (5.0, 11.0, 17.0, 30.0)
"""Changes to be found: the smallest that trials call significant are 11 % and 17 %."""

_PAIR_PX_PER_MM = 13.0  # a face 1,800 px wide
_TRIED_PX_PER_MM = (10.0, 13.0, 16.0, 20.0, 24.0)
_TRIED_BLUR_PX = (0.7, 1.1, 1.6)  # the usual point spread of photos, a factor of 1.5 about it
_TRIED_LEVEL_PCT = 20.0
_DENSITIES_CM2 = (30.0, 70.0, 110.0, 150.0)
_LINK_PAIRS = 3  # per density
_QUICK_NUISANCES = ("blur", "all together")


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
    seeds = seeds_from(seed)
    return Plan(
        accuracy=tuple(_accuracy(seeds, quick=quick)),
        perturbations=tuple(_perturbations(seeds, quick=quick)),
        nulls=tuple(_nulls(seeds, quick=quick)),
        powers=tuple(_powers(seeds, quick=quick)),
        hopeless=tuple(_hopeless(seeds, quick=quick)),
        # last, so that the seeds of the others stay what they are
        resolutions=tuple(_resolutions(seeds, quick=quick)),
    )


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
        name: (another_camera(np.random.default_rng(5), base, strength), None)
        for name, strength in STRENGTHS.items()
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


def _nulls(seeds: Iterator[int], *, quick: bool) -> Iterator[Pair]:
    """Unchanged skin, photographed twice."""
    base = _pair_camera(quick=quick)
    for index in range(4 if quick else 300):
        seed, tone = next(seeds), TONES[index % len(TONES)]
        rng = np.random.default_rng(seed)
        name = list(STRENGTHS)[index % len(STRENGTHS)]
        # The sharper photo comes first as often as second.
        cameras = [base, another_camera(rng, base, STRENGTHS[name])]
        if rng.random() < 0.5:
            cameras.reverse()
        yield Pair(seed, "unchanged", name, skin_of(index), tone, cameras[0], cameras[1])


def _powers(seeds: Iterator[int], *, quick: bool) -> Iterator[Pair]:
    """Treated skin: smaller pores, or fewer."""
    base = _pair_camera(quick=quick)
    effects: tuple[Effect, ...] = ("size", "coverage")
    for effect in effects:
        for level in (30.0,) if quick else LEVELS_PCT:
            for index in range(2 if quick else 40):
                yield treated_pair(next(seeds), "power", index, base, effect, level)


def _resolutions(seeds: Iterator[int], *, quick: bool) -> Iterator[Pair]:
    """Treated skin in photos coarser, finer, sharper and softer than those of the other pairs."""
    effects: tuple[Effect, ...] = ("size", "coverage")
    scales, blurs = ((16.0,), (1.6,)) if quick else (_TRIED_PX_PER_MM, _TRIED_BLUR_PX)
    subjects = range(1 if quick else 3)  # one of three is faint
    for index, (scale, blur, _) in enumerate(product(scales, blurs, subjects)):
        base = skin_camera(scale, blur)
        for effect in effects:
            yield treated_pair(next(seeds), "resolution", index, base, effect, _TRIED_LEVEL_PCT)


def link_pairs(seed: int) -> Iterator[Pair]:
    """Yield pairs of photos of unchanged skin with few pores to many, to score links on.

    Parameters
    ----------
    seed : int
        Repeats them exactly.
    """
    seeds = seeds_from(seed)
    base = _pair_camera(quick=False)
    for density in _DENSITIES_CM2:
        for index in range(_LINK_PAIRS):
            case_seed = next(seeds)
            rng = np.random.default_rng(case_seed)
            after = another_camera(rng, base, STRENGTHS["usual"])
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
