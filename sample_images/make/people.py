"""Who is photographed, how their pores develop, and how each visit differs. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from light import AreaLight

FRAME = (3000, 4000)
PX_PER_MM = 16.5
"""On skin :data:`FACE_MM` in front of the eyes, in a frame of that size."""
FACE_MM = 20.0


@dataclass(frozen=True)
class Person:
    """One identity: shape, skin and pores.

    ``melanin`` and ``blood`` are absorption strengths of the albedo model; ``pore_um`` is the
    median follicle diameter; ``density`` scales the pores per area.
    """

    name: str
    seed: int
    shape: Mapping[str, float]
    melanin: float
    blood: float
    hair_rgb: tuple[float, float, float]
    iris_rgb: tuple[float, float, float]
    cap_rgb: tuple[float, float, float]
    pore_um: float
    density: float
    pore_contrast: float
    oil: float
    exposure: float
    wrinkle: float = 0.0
    freckles: int = 0
    moles: int = 8
    acne: int = 3
    stubble: float = 0.0
    brow: float = 1.0
    lash: float = 1.0
    key_side: float = 1.0
    nose_bottom_mm: float = -38.0


@dataclass(frozen=True)
class Trajectory:
    """What the pores do over visits 0 to 3."""

    diameter: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    gone: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    unplugged: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """Share of the plugged pores whose plug is out."""
    unplugged_contrast: float = 0.6
    """Darkening of a pore without its plug, relative to before."""


@dataclass(frozen=True)
class Visit:
    """How the photo of one visit was taken."""

    date: str
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    distance_mm: float = 900.0
    shift_mm: tuple[float, float] = (0.0, -8.0)
    key: float = 1.0
    fill: float = 1.0
    light_turn_deg: float = 0.0
    white: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exposure: float = 1.0
    full_well: float = 14000.0
    blur_px: float = 0.55
    redness: float = 0.0
    shine: float = 1.0
    treatment: str = ""
    days_since_treatment: int | None = None
    expression: Mapping[str, float] = field(default_factory=dict)
    side_light: bool = False
    softness: float = 1.0
    """Side of the soft boxes relative to the usual one."""
    sharpening: float = 0.5
    jpeg_quality: int = 92


def lights_of(person: Person, visit: Visit) -> list[AreaLight]:
    """Two soft boxes and a weak one from above, as in a treatment room."""
    turn = np.deg2rad(visit.light_turn_deg)
    side = person.key_side
    spots = [
        (-520.0 * side, 330.0, 720.0, 420.0, 1.15 * visit.key),
        (600.0 * side, 180.0, 640.0, 420.0, 0.48 * visit.fill),
        (0.0, 760.0, 520.0, 500.0, 0.30),
    ]
    if visit.side_light:
        spots = [
            (-880.0 * side, 60.0, 90.0, 260.0, 1.9),
            (600.0 * side, 180.0, 640.0, 420.0, 0.10),
            (0.0, 760.0, 520.0, 500.0, 0.10),
        ]
    return [
        AreaLight(
            (
                float(np.cos(turn) * x + np.sin(turn) * z),
                y,
                float(np.cos(turn) * z - np.sin(turn) * x),
            ),
            size * visit.softness,
            power,
            colour,
        )
        for (x, y, z, size, power), colour in zip(
            spots, [(1.0, 0.98, 0.95), (1.0, 0.97, 0.93), (0.96, 0.98, 1.0)], strict=True
        )
    ]


STEADY = Trajectory()
"""Untreated skin."""

SMILE = "expression/units/{}/mouth-corner-puller"
BROWS = "expression/units/{}/eyebrows-{}-up"

PEOPLE: dict[str, Person] = {
    "person_a": Person(
        name="person_a",
        seed=11,
        shape={
            "macrodetails/caucasian-female-young": 0.72,
            "macrodetails/caucasian-female-old": 0.18,
            "macrodetails/asian-female-young": 0.10,
            "macrodetails/universal-female-young-averagemuscle-averageweight": 1.0,
            "cheek/l-cheek-volume-incr": 0.25,
            "cheek/r-cheek-volume-incr": 0.18,
            "head/head-oval": 0.3,
            "mouth/mouth-lowerlip-volume-incr": 0.2,
            "nose/nose-trans-down": 0.1,
        },
        melanin=0.90,
        blood=0.34,
        hair_rgb=(0.055, 0.032, 0.018),
        iris_rgb=(0.075, 0.10, 0.115),
        cap_rgb=(0.10, 0.13, 0.17),
        pore_um=285.0,
        density=1.0,
        pore_contrast=0.145,
        oil=2.6,
        exposure=0.31,
        wrinkle=0.35,
        freckles=240,
        moles=9,
        acne=5,
    ),
    "person_b": Person(
        name="person_b",
        seed=29,
        shape={
            "macrodetails/caucasian-male-young": 0.40,
            "macrodetails/asian-male-young": 0.28,
            "macrodetails/caucasian-male-old": 0.32,
            "macrodetails/universal-male-young-averagemuscle-averageweight": 0.6,
            "macrodetails/universal-male-old-averagemuscle-averageweight": 0.4,
            "head/head-square": 0.25,
            "nose/nose-hump-incr": 0.15,
            "chin/chin-width-incr": 0.2,
        },
        melanin=1.25,
        blood=0.5,
        hair_rgb=(0.022, 0.016, 0.013),
        iris_rgb=(0.10, 0.055, 0.025),
        cap_rgb=(0.23, 0.25, 0.26),
        pore_um=300.0,
        density=1.1,
        pore_contrast=0.148,
        oil=2.8,
        exposure=0.29,
        wrinkle=1.0,
        freckles=40,
        moles=12,
        acne=2,
        stubble=1.0,
        brow=1.35,
        lash=0.7,
        key_side=-1.0,
        nose_bottom_mm=-46.0,
    ),
    "person_c": Person(
        name="person_c",
        seed=47,
        shape={
            "macrodetails/african-female-young": 0.9,
            "macrodetails/african-male-young": 0.1,
            "macrodetails/universal-female-young-averagemuscle-averageweight": 1.0,
            "cheek/l-cheek-volume-incr": 0.2,
            "cheek/r-cheek-volume-incr": 0.3,
            "head/head-round": 0.2,
        },
        melanin=3.7,
        blood=0.66,
        hair_rgb=(0.012, 0.010, 0.009),
        iris_rgb=(0.055, 0.028, 0.014),
        cap_rgb=(0.34, 0.30, 0.26),
        pore_um=290.0,
        density=0.85,
        pore_contrast=0.16,
        oil=2.3,
        exposure=0.105,
        wrinkle=0.15,
        freckles=25,
        moles=16,
        acne=7,
        nose_bottom_mm=-41.0,
    ),
}

TRAJECTORIES: dict[str, Trajectory] = {
    "person_a": Trajectory((1.0, 0.93, 0.87, 0.80), (0.0, 0.03, 0.06, 0.10), (0.0, 0.2, 0.4, 0.6)),
    "person_b": STEADY,
    "person_c": Trajectory(gone=(0.0, 0.03, 0.06, 0.10)),
}

VISITS: dict[str, list[Visit]] = {
    "person_a": [
        Visit("2025-01-13"),
        Visit(
            "2025-02-10",
            yaw=2.5,
            pitch=-1.0,
            roll=0.8,
            distance_mm=915.0,
            shift_mm=(2.0, -6.0),
            key=0.95,
            light_turn_deg=2.0,
            white=(1.02, 1.0, 0.97),
            exposure=0.97,
            blur_px=0.6,
            full_well=11000.0,
            treatment="fractional laser",
            days_since_treatment=28,
            expression={SMILE.format("caucasian"): 0.05},
        ),
        Visit(
            "2025-03-10",
            yaw=-3.0,
            pitch=1.5,
            roll=-1.2,
            distance_mm=890.0,
            shift_mm=(-3.0, -9.0),
            fill=1.06,
            light_turn_deg=-2.0,
            white=(0.98, 1.0, 1.03),
            exposure=1.03,
            redness=0.55,
            shine=1.45,
            treatment="fractional laser",
            days_since_treatment=2,
            expression={
                BROWS.format("caucasian", "left"): 0.08,
                BROWS.format("caucasian", "right"): 0.08,
            },
        ),
        Visit(
            "2025-04-07",
            yaw=3.6,
            pitch=-1.2,
            roll=1.4,
            distance_mm=925.0,
            shift_mm=(1.5, -10.0),
            key=0.93,
            fill=1.04,
            light_turn_deg=3.0,
            white=(1.025, 1.0, 0.96),
            exposure=0.94,
            blur_px=0.65,
            full_well=10000.0,
            treatment="fractional laser",
            days_since_treatment=28,
            expression={SMILE.format("caucasian"): 0.08},
        ),
    ],
    "person_b": [
        Visit("2025-01-14", yaw=-1.0, shift_mm=(0.0, -10.0)),
        Visit(
            "2025-02-11",
            yaw=2.2,
            pitch=1.6,
            roll=-0.9,
            distance_mm=880.0,
            shift_mm=(3.0, -8.0),
            key=1.05,
            light_turn_deg=-2.5,
            white=(0.98, 1.0, 1.02),
            exposure=1.04,
            full_well=11000.0,
            expression={SMILE.format("caucasian"): 0.06},
        ),
        Visit(
            "2025-03-11",
            yaw=-4.2,
            pitch=-1.4,
            roll=1.8,
            distance_mm=930.0,
            shift_mm=(-2.0, -12.0),
            fill=0.95,
            light_turn_deg=3.0,
            white=(1.03, 1.0, 0.96),
            exposure=0.93,
            blur_px=0.65,
            full_well=10000.0,
            expression={
                BROWS.format("caucasian", "left"): 0.1,
                BROWS.format("caucasian", "right"): 0.1,
            },
        ),
        Visit(
            "2025-04-08",
            yaw=3.0,
            pitch=0.8,
            roll=-1.5,
            distance_mm=910.0,
            shift_mm=(1.0, -9.0),
            key=0.96,
            light_turn_deg=2.0,
            white=(1.01, 1.0, 0.98),
            exposure=0.98,
            blur_px=0.6,
            expression={SMILE.format("caucasian"): 0.04},
        ),
    ],
    "person_c": [
        Visit("2025-01-15", yaw=0.8, shift_mm=(0.0, -8.0)),
        Visit(
            "2025-02-12",
            yaw=-2.4,
            pitch=1.2,
            roll=1.0,
            distance_mm=912.0,
            shift_mm=(-2.0, -7.0),
            fill=1.05,
            light_turn_deg=2.0,
            white=(1.02, 1.0, 0.97),
            exposure=1.04,
            blur_px=0.6,
            treatment="salicylic acid peel",
            days_since_treatment=28,
            expression={SMILE.format("african"): 0.05},
        ),
        Visit(
            "2025-03-12",
            yaw=3.4,
            pitch=-1.5,
            roll=-1.6,
            distance_mm=885.0,
            shift_mm=(2.5, -9.0),
            key=1.05,
            light_turn_deg=-3.0,
            white=(0.98, 1.0, 1.03),
            exposure=0.95,
            full_well=10500.0,
            treatment="salicylic acid peel",
            days_since_treatment=28,
            expression={
                BROWS.format("african", "left"): 0.08,
                BROWS.format("african", "right"): 0.08,
            },
        ),
        Visit(
            "2025-04-09",
            yaw=-3.2,
            pitch=1.0,
            roll=1.3,
            distance_mm=922.0,
            shift_mm=(-1.0, -10.0),
            key=0.95,
            fill=1.03,
            light_turn_deg=2.5,
            white=(1.015, 1.0, 0.98),
            exposure=1.02,
            blur_px=0.62,
            treatment="salicylic acid peel",
            days_since_treatment=28,
            expression={SMILE.format("african"): 0.06},
        ),
    ],
}
