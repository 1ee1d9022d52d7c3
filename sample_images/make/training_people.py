"""People drawn at random, for a detector to learn from; the sample people stay held out.

Photographed again after a treatment drawn at random, they tell how much of a change is read.

All that a sitter is and all about the photo is drawn from one seed, the sitter's number. Only what
must come in fixed shares is dealt out by that number: skin tones, stubble, and the few whose skin
is nearly without pores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import skin as skin_model
from geometry import BaseMesh, eye_places, morph, rotation, turn
from people import BROWS, FACE_MM, FRAME, PX_PER_MM, SMILE, Person, Trajectory, Visit

Floats = npt.NDArray[np.float64]

FIRST_SEED = 5000
"""Far from the seeds of the sample people, and from the offsets that parts of a face add."""
SEED_STEP = 100
KINDS = ("caucasian", "asian", "african")
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
NOSE_FOOT_VERTEX, NOSE_FOOT_BELOW_MM = 307, 1.0
"""Base-mesh vertex under the nose, and how far the nose's lower end lies below it: the mean of the
three sample people, each within 3.3 mm."""


@dataclass(frozen=True)
class Tone:
    """A Fitzpatrick tone: melanin range of the albedo model, and how likely each kind of head.

    The ranges are those whose reflectance lies in the tone's band of the individual typology
    angle (Chardon et al. 1991), at a ``blood`` of 0.4.
    """

    melanin: tuple[float, float]
    kinds: tuple[float, float, float]


TONES = (
    Tone((0.50, 1.00), (6.0, 0.6, 0.2)),
    Tone((1.05, 1.38), (4.0, 2.0, 0.3)),
    Tone((1.42, 1.73), (2.0, 3.0, 0.6)),
    Tone((1.78, 2.22), (1.0, 2.0, 1.5)),
    Tone((2.40, 3.60), (0.5, 0.7, 4.0)),
    Tone((4.00, 4.60), (0.1, 0.2, 6.0)),
)


@dataclass(frozen=True)
class Sitter:
    """One random person and how the photos are taken, before a treatment and after it."""

    person: Person
    visit: Visit
    later: Visit
    trajectory: Trajectory
    frame: tuple[int, int]
    focal_px: float


def _signed(name: str, value: float) -> dict[str, float]:
    """Weight of the morph target that widens or narrows a feature."""
    return {f"{name}-{'incr' if value > 0 else 'decr'}": abs(value)}


def _shape(rng: np.random.Generator, kinds: Floats, male: float, old: float) -> dict[str, float]:
    """Weights of the morph targets of a head."""
    shape: dict[str, float] = {}
    builds = ("minweight", "averageweight", "maxweight")
    of_build = rng.dirichlet((1.0, 2.5, 1.0))
    for sex, of_sex in (("female", 1.0 - male), ("male", male)):
        for age, of_age in (("young", 1.0 - old), ("old", old)):
            for kind, share in zip(KINDS, kinds, strict=True):
                shape[f"macrodetails/{kind}-{sex}-{age}"] = share * of_sex * of_age
            for build, share in zip(builds, of_build, strict=True):
                shape[f"macrodetails/universal-{sex}-{age}-averagemuscle-{build}"] = (
                    share * of_sex * of_age
                )
    outline = rng.choice(["oval", "round", "square", "diamond", "triangular", "rectangular"])
    shape[f"head/head-{outline}"] = rng.uniform(0.0, 0.4)
    plump = rng.normal(0.0, 0.2)
    for side in "lr":
        shape |= _signed(f"cheek/{side}-cheek-volume", plump + rng.normal(0.0, 0.06))
    for name in ("nose/nose-hump", "nose/nose-volume", "chin/chin-width", "nose/nose-width2"):
        shape |= _signed(name, rng.normal(0.0, 0.15))
    for name in ("mouth/mouth-lowerlip-volume", "mouth/mouth-upperlip-volume"):
        shape |= _signed(name, rng.normal(0.0, 0.2))
    return shape


def _nose_bottom_mm(base: BaseMesh, shape: Mapping[str, float]) -> float:
    """Height of the nose's lower end on the rest head."""
    vertices = morph(base, shape)
    eye_height = eye_places(base, vertices)[0, 1]
    return float(vertices[NOSE_FOOT_VERTEX, 1] - eye_height - NOSE_FOOT_BELOW_MM)


def _exposure(melanin: float, blood: float) -> float:
    """Brightness of the skin's middle in a well exposed photo, as in those of the samples."""
    absorbed = (
        melanin * skin_model.ABSORB_MELANIN
        + blood * skin_model.ABSORB_BLOOD
        + skin_model.ABSORB_BASE
    )
    return float(0.54 * (np.exp(-absorbed) @ LUMINANCE) ** 0.69)


def _person(rng: np.random.Generator, number: int, base: BaseMesh) -> tuple[Person, str]:
    """A random person, and the kind of head that tells how the face moves."""
    deal, tone_index = divmod(number - 1, len(TONES))
    tone = TONES[tone_index]
    bearded = (tone_index + deal) % 3 == 0
    nearly_no_pores = tone_index == (5 * deal + 2) % len(TONES)

    kinds = rng.dirichlet(tone.kinds)
    male = rng.uniform(0.7, 1.0) if bearded else rng.uniform(0.0, 0.5)
    old = rng.uniform(0.0, 0.5)
    shape = _shape(rng, kinds, male, old)
    melanin, blood = rng.uniform(*tone.melanin), rng.uniform(0.28, 0.62)
    fair = rng.random() * np.clip(1.6 - melanin, 0.0, 1.0)
    dark_hair, fair_hair = np.array([0.014, 0.011, 0.009]), np.array([0.16, 0.10, 0.05])
    brown_eye, blue_eye = np.array([0.06, 0.032, 0.016]), np.array([0.07, 0.11, 0.13])
    hair_rgb = dark_hair + fair * (fair_hair - dark_hair)
    iris_rgb = brown_eye + fair * (blue_eye - brown_eye)
    freckles = (0, int(rng.integers(10, 60)), int(rng.integers(150, 500)))
    person = Person(
        name=f"t{number:02d}",
        seed=FIRST_SEED + SEED_STEP * number,
        shape=shape,
        melanin=melanin,
        blood=blood,
        hair_rgb=tuple(hair_rgb.tolist()),
        iris_rgb=tuple(iris_rgb.tolist()),
        cap_rgb=tuple(rng.uniform(0.08, 0.40, 3).tolist()),
        pore_um=float(np.exp(rng.uniform(np.log(200.0), np.log(380.0)))),
        density=rng.uniform(0.03, 0.15) if nearly_no_pores else rng.uniform(0.4, 1.6),
        pore_contrast=rng.uniform(0.08, 0.25),
        oil=rng.uniform(1.2, 4.0),
        exposure=_exposure(melanin, blood),
        wrinkle=old * rng.uniform(0.5, 2.6),
        freckles=freckles[rng.integers(len(freckles))],
        moles=int(rng.integers(1, 25)),
        acne=int(rng.integers(0, 16)),
        stubble=rng.uniform(0.3, 1.7) if bearded else 0.0,
        brow=rng.uniform(0.7, 1.4),
        lash=rng.uniform(0.6, 1.1),
        key_side=float(rng.choice([-1.0, 1.0])),
        nose_bottom_mm=_nose_bottom_mm(base, shape),
    )
    return person, KINDS[int(np.argmax(kinds))]


def _aim(yaw: float, pitch: float, roll: float) -> Floats:
    """Where the camera points: the photographer follows the face as the head turns."""
    return turn(np.array([[0.0, -8.0, 0.0]]), rotation(yaw, pitch, roll))[0, :2]


def _visit(rng: np.random.Generator, kind: str) -> Visit:
    """How a photo happens to be taken."""
    yaw, pitch, roll = rng.uniform(-12, 12), rng.uniform(-6, 6), rng.uniform(-5, 5)
    aim = _aim(yaw, pitch, roll)
    expression = {
        SMILE.format(kind): rng.uniform(0.0, 0.3),
        BROWS.format(kind, "left"): rng.uniform(0.0, 0.25),
        BROWS.format(kind, "right"): rng.uniform(0.0, 0.25),
    }
    return Visit(
        "2025-01-16",
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        distance_mm=rng.uniform(600.0, 1200.0),
        shift_mm=(float(aim[0] + rng.normal(0, 3.0)), float(aim[1] + rng.normal(0, 3.0))),
        key=rng.uniform(0.85, 1.2),
        fill=rng.uniform(0.5, 1.5),
        light_turn_deg=rng.uniform(-25.0, 25.0),
        softness=rng.uniform(0.5, 1.7),
        white=(rng.uniform(0.95, 1.06), 1.0, rng.uniform(0.92, 1.05)),
        exposure=rng.uniform(0.85, 1.1),
        full_well=float(np.exp(rng.uniform(np.log(3500.0), np.log(15000.0)))),
        blur_px=rng.uniform(0.45, 1.1),
        redness=rng.uniform(0.0, 0.4),
        expression=expression,
        sharpening=rng.uniform(0.0, 1.0),
        jpeg_quality=int(rng.integers(82, 97)),
    )


def _later(rng: np.random.Generator, first: Visit) -> Visit:
    """The next visit in the same room: the camera stands again, nearly, where it stood."""
    yaw, pitch, roll = rng.normal(0.0, (2.5, 1.2, 1.2))
    turned = first.yaw + yaw, first.pitch + pitch, first.roll + roll
    about = np.exp(rng.normal(0.0, 0.025, 8))
    moved, aim = _aim(*turned), _aim(first.yaw, first.pitch, first.roll)
    shift = np.array(first.shift_mm) + moved - aim + rng.normal(0.0, 2.0, 2)
    return replace(
        first,
        date="2025-04-10",
        yaw=turned[0],
        pitch=turned[1],
        roll=turned[2],
        distance_mm=first.distance_mm * about[0],
        shift_mm=(float(shift[0]), float(shift[1])),
        key=first.key * about[1],
        fill=first.fill * about[2],
        light_turn_deg=first.light_turn_deg + rng.normal(0.0, 2.0),
        white=(first.white[0] * about[3], 1.0, first.white[2] * about[4]),
        exposure=first.exposure * about[5],
        full_well=first.full_well * about[6] ** 8,
        blur_px=first.blur_px * about[7] ** 4,
    )


def _treated(rng: np.random.Generator, number: int) -> Trajectory:
    """What a treatment does: to the size of pores, to their number, or to both."""
    narrower, fewer = number % 3 != 0, number % 3 != 1
    diameter = rng.uniform(0.7, 0.95) if narrower else 1.0
    gone = rng.uniform(0.05, 0.3) if fewer else 0.0
    unplugged = rng.uniform(0.0, 0.6) if narrower else 0.0
    return Trajectory((1.0, diameter, 1.0, 1.0), (0.0, gone, 0.0, 0.0), (0.0, unplugged, 0.0, 0.0))


def draw(number: int, base: BaseMesh) -> Sitter:
    """The random person of a number (from 1 on)."""
    rng = np.random.default_rng(FIRST_SEED + SEED_STEP * number)
    person, kind = _person(rng, number, base)
    visit = _visit(rng, kind)
    px_per_mm = rng.uniform(8.0, 16.0)
    room = rng.uniform(1.0, 1.2)
    # A coarser camera has a smaller frame, so that a face always fills it.
    width, height = (2 * round(n / 2 * room * px_per_mm / PX_PER_MM) for n in FRAME)
    # From numbers of its own, so that the first photo is what it was.
    again = np.random.default_rng((FIRST_SEED + SEED_STEP * number, 1))
    return Sitter(
        person,
        visit,
        _later(again, visit),
        _treated(again, number),
        (width, height),
        px_per_mm * (visit.distance_mm - FACE_MM),
    )
