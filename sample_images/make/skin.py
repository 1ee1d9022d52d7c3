"""Relief and colour of the skin at every pixel, from its rest place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import fields
import numpy as np
import numpy.typing as npt
from geometry import HEAD_SCALE, Head
from people import Person, Visit
from pores import Address, Pores, PoresNow, bell, scatter
from raster import Camera
from scipy.interpolate import CubicSpline
from scipy.spatial import cKDTree

Float32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

ABSORB_BASE = np.array([0.12, 0.16, 0.20], np.float32)
ABSORB_MELANIN = np.array([0.40, 0.56, 0.80], np.float32)
ABSORB_BLOOD = np.array([0.06, 0.62, 0.55], np.float32)
PORE_TINT = np.array([0.56, 1.09, 1.26], np.float32)
"""A pore darkens blue and green more than red."""


@dataclass(frozen=True)
class Seen:
    """The skin in one frame: rest and posed place, normals, mm per pixel, and where it is skin."""

    rest: Float32
    place: Float32
    normal: Float32
    px_mm: Float32
    on: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Spots:
    """Distractors: marks that are not pores."""

    kind: list[str]
    address: Address
    radius_mm: Floats
    melanin: Floats
    blood: Floats
    height_mm: Floats


def make_spots(person: Person, head: Head) -> Spots:
    """Moles, freckles and acne marks, fixed for a person."""
    rng = np.random.default_rng(person.seed + 2)
    rest = head.rest
    centres = rest.points[rest.triangles].mean(axis=1)
    x, y = np.abs(centres[:, 0]), centres[:, 1]
    flat = np.stack([x, y], axis=1)
    front = (rest.normals[rest.triangles[:, 0]][:, 2] > 0.15) & (y > -112) & (y < 62) & (x < 66)
    front &= ((x - 30) / 20) ** 2 + (y / 12) ** 2 > 1
    front &= (x / 25) ** 2 + ((y + 74) / 11) ** 2 > 1
    kinds: list[str] = []
    parts: list[Address] = []
    columns: list[Floats] = []
    for kind, count, where in (
        ("mole", person.moles, np.ones(len(x))),
        ("freckle", person.freckles, bell(flat, 18, -22, 24, 12)),
        ("acne_mark", person.acne, bell(flat, 38, -50, 18, 24)),
    ):
        if count == 0:
            continue
        a, b, c = (rest.points[rest.triangles[:, k]] for k in range(3))
        weight = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1) * where * front
        found = scatter(rng, rest, where * front / weight.sum() * count, share=1.6)
        found = found.pick(np.arange(min(count, len(found.triangle))))
        n = len(found.triangle)
        kinds += [kind] * n
        parts.append(found)
        strength = {"mole": (0.35, 1.3), "freckle": (0.04, 0.30), "acne_mark": (0.05, 0.25)}[kind]
        radius = {"mole": (0.28, 1.1), "freckle": (0.22, 0.75), "acne_mark": (0.8, 2.0)}[kind]
        columns.append(
            np.stack(
                [
                    rng.uniform(*radius, n),
                    rng.uniform(*strength, n) * (1.0 + 0.5 * person.melanin),
                    rng.uniform(0.25, 0.6, n) if kind == "acne_mark" else np.full(n, 0.02),
                    {
                        "mole": rng.uniform(0.0, 0.12, n),
                        "freckle": np.zeros(n),
                        "acne_mark": rng.uniform(-0.04, 0.14, n),
                    }[kind],
                ],
                axis=1,
            )
        )
    table = np.concatenate(columns)
    address = Address(
        np.concatenate([p.triangle for p in parts]), np.concatenate([p.weights for p in parts])
    )
    return Spots(kinds, address, *table.T)


def noise(seen: Seen, layers: list[tuple[float, float, int]], stretch: float = 1.0) -> Float32:
    out = np.zeros(seen.on.shape, np.float32)
    for size, amplitude, seed in layers:
        fields.add_noise(out, seen.rest, seen.on, seen.px_mm, size, amplitude, seed, stretch)
    return out


def _stamp_spots(
    out: Float32,
    seen: Seen,
    camera: Camera,
    head: Head,
    spots: Spots,
    amplitude: Floats,
    power: float,
) -> None:
    posed = spots.address.on(head.posed)
    reach = 3.2 * spots.radius_mm * camera.focal_px / camera.to_camera(posed)[:, 2] + 2
    count = len(reach)
    fields.stamp_spots(
        out,
        seen.rest,
        seen.on,
        camera.project(posed),
        spots.address.on(head.rest),
        spots.radius_mm,
        amplitude,
        np.full(count, power),
        np.full(count, 0.13),
        77,
        reach,
    )


def wrinkles(person: Person) -> tuple[Floats, Floats, Floats, Floats]:
    """Start, end, half width and depth (mm) of straight pieces in the frontal plane."""
    rng = np.random.default_rng(person.seed + 3)
    pieces: list[tuple[float, ...]] = []

    def curve(points: list[tuple[float, float]], width: float, depth: float) -> None:
        knots = np.array(points)
        t = np.linspace(0, len(knots) - 1, 10 * len(knots))
        path = CubicSpline(np.arange(len(knots)), knots)(t) + rng.normal(0, 0.08, (len(t), 2))
        fade = np.sin(np.pi * np.clip(np.linspace(0.04, 0.96, len(t)), 0, 1)) ** 0.6
        for a, b, f in zip(path[:-1], path[1:], fade[1:], strict=True):
            pieces.append((*a, *b, width * (0.7 + 0.3 * f), depth * f))

    w = person.wrinkle
    for s in (-1, 1):
        for _ in range(int(3 + 5 * w)):  # crow's feet
            y0 = rng.uniform(-9, 5)
            curve(
                [
                    (s * 48, y0),
                    (s * 54, y0 * 1.5 + rng.normal(0, 1)),
                    (s * rng.uniform(58, 64), y0 * 2.1 + rng.normal(0, 1.5)),
                ],
                rng.uniform(0.15, 0.3),
                w * rng.uniform(0.03, 0.09),
            )
        for k in range(7):  # fine lines under the eye
            y0 = -9 - 1.7 * k + rng.normal(0, 0.3)
            curve(
                [
                    (s * rng.uniform(17, 22), y0 + 1),
                    (s * 31, y0 - 2.2),
                    (s * rng.uniform(40, 47), y0 + 1.5),
                ],
                rng.uniform(0.12, 0.25),
                (0.25 + w) * rng.uniform(0.012, 0.035),
            )
        curve([(s * 19, -44), (s * 25, -55), (s * 30, -68)], 0.9, 0.16 * w)
    for k in range(int(2 + 3 * w)):  # forehead
        y0 = 27 + 8.5 * k + rng.normal(0, 1.2)
        for start in (-40, -12, 14):
            a = start + rng.normal(0, 4)
            curve(
                [
                    (a, y0 + rng.normal(0, 1)),
                    (a + 14, y0 + 1.2 + rng.normal(0, 0.8)),
                    (a + rng.uniform(22, 30), y0 + rng.normal(0, 1)),
                ],
                rng.uniform(0.25, 0.5),
                w * rng.uniform(0.04, 0.11),
            )
    for s in (-1, 1):
        curve([(s * 5, 4), (s * 6, 12), (s * 5, 20)], 0.4, 0.10 * w)
    table = np.array(pieces)
    return table[:, 0:2], table[:, 2:4], table[:, 4], table[:, 5]


def relief_mm(person: Person, seen: Seen, camera: Camera, head: Head, spots: Spots) -> Float32:
    """Height of the skin without its pores: furrows, bumps, wrinkles, raised marks."""
    s = person.seed * 100
    height = noise(
        seen,
        [
            (0.17, 0.0042, s + 1),
            (0.30, 0.0112, s + 2),
            (0.55, 0.017, s + 3),
            (1.1, 0.026, s + 4),
            (2.3, 0.022, s + 5),
            (5.0, 0.05, s + 6),
        ],
    )
    modulation = 1.0 + 0.45 * noise(seen, [(6.0, 1.0, s + 7)])
    furrow = np.zeros_like(height)
    fields.add_furrows(furrow, seen.rest, seen.on, seen.px_mm, 0.85, 0.027, 0.16, s + 8)
    fields.add_furrows(furrow, seen.rest, seen.on, seen.px_mm, 0.42, 0.0145, 0.20, s + 9)
    height += furrow * np.clip(modulation, 0.2, 2.0)
    creased = np.zeros_like(height)
    start, end, half, depth = wrinkles(person)
    # A piece is looked for around the nearest vertex of the front of the head.
    front = np.flatnonzero(head.rest.normals[:, 2] > 0.0)
    nearest = cKDTree(head.rest.points[front, :2]).query(0.5 * (start + end))[1]
    fields.stamp_lines(
        creased,
        seen.rest,
        seen.on,
        start,
        end,
        half,
        depth,
        camera.focal_px / (camera.place[2] - 40.0),
        camera.project(head.posed.points[front[nearest]]),
    )
    height += creased
    _stamp_spots(height, seen, camera, head, spots, spots.height_mm, 2.0)
    return height


def press_pores(
    height: Float32, seen: Seen, camera: Camera, head: Head, pores: Pores, now: PoresNow
) -> Float32:
    """Press the present pores into ``height``; returns their darkening (natural log units)."""
    core = np.zeros_like(height)
    posed = pores.address.on(head.posed)
    xy = camera.project(posed)
    scale = camera.focal_px / camera.to_camera(posed)[:, 2]
    half_a = now.diameter_um / (2000.0 * HEAD_SCALE) * np.sqrt(pores.aspect)
    half_b = now.diameter_um / (2000.0 * HEAD_SCALE) / np.sqrt(pores.aspect)
    reach = 3.0 * half_a * scale + 2.0
    use = (
        now.present
        & (xy > -20).all(axis=1)
        & (xy < np.array([camera.width, camera.height]) + 20).all(axis=1)
    )
    fields.stamp_pores(
        height,
        core,
        seen.rest,
        seen.on,
        xy[use],
        pores.place[use],
        pores.axis_u[use],
        pores.axis_v[use],
        half_a[use],
        half_b[use],
        pores.taper[use],
        pores.power[use],
        now.depth_mm[use],
        now.fill[use],
        0.10 * now.depth_mm[use],
        reach[use],
    )
    return core


def absorption(
    person: Person,
    visit: Visit,
    seen: Seen,
    camera: Camera,
    head: Head,
    spots: Spots,
    lips: Float32,
) -> tuple[Float32, Float32]:
    """Melanin and blood at each pixel."""
    s = person.seed * 100 + 50
    rest = seen.rest
    mel = person.melanin * (
        1.0
        + noise(
            seen,
            [
                (0.35, 0.018, s),
                (0.9, 0.022, s + 1),
                (2.5, 0.03, s + 2),
                (7.0, 0.04, s + 3),
                (20.0, 0.05, s + 4),
            ],
        )
    )
    blood = person.blood * (
        1.0
        + noise(
            seen,
            [
                (0.4, 0.05, s + 5),
                (1.2, 0.10, s + 6),
                (3.5, 0.12, s + 7),
                (9.0, 0.12, s + 8),
                (22.0, 0.12, s + 9),
            ],
        )
    )
    x = np.abs(rest[..., 0])
    flat = np.stack([x, rest[..., 1]], axis=-1)
    low = person.nose_bottom_mm
    rosy = (
        0.20 * bell(rest, 0, low + 6, 13, 9)
        + 0.20 * bell(flat, 36, -34, 15, 14)
        + 0.10 * bell(flat, 0, -98, 16, 10)
        + 0.12 * bell(flat, 16, low + 6, 5, 7)
    )
    blood += rosy.astype(np.float32) * (0.75 if person.melanin < 2 else 0.5)
    treated = (
        bell(flat, 34, -38, 22, 24)
        + 0.6 * bell(rest, 0, low + 12, 14, 20)
        + 0.4 * bell(rest, 0, 40, 40, 16)
    )
    patchy = 1.0 + 0.35 * noise(seen, [(4.0, 0.6, s + 10), (1.0, 0.4, s + 11)])
    blood += visit.redness * (0.55 * treated * patchy).astype(np.float32)
    shadow = bell(flat, 27, -13, 13, 5)
    mel += person.melanin * (0.18 * shadow + 0.10 * bell(flat, 30, 7, 14, 6)).astype(np.float32)
    blood += (0.10 * shadow).astype(np.float32)
    if person.stubble > 0:  # roots under the skin grey the beard
        jaw = np.maximum.reduce(
            [
                bell(flat, 0, -100, 28, 14),
                bell(flat, 32, -90, 18, 14),
                bell(flat, 0, -58, 22, 5),
                bell(flat, 55, -68, 9, 20),
            ]
        )
        mel += (
            0.20
            * person.stubble
            * np.clip(jaw, 0, 1)
            * np.clip((flat[..., 0] / 23) ** 2 + ((flat[..., 1] + 74) / 9) ** 2, 0, 1) ** 3
        ).astype(np.float32)
    _stamp_spots(mel, seen, camera, head, spots, spots.melanin, 2.4)
    _stamp_spots(blood, seen, camera, head, spots, spots.blood, 2.2)
    blood += (0.85 - 0.25 * min(person.melanin / 2.35, 1)) * lips
    mel += 0.18 * person.melanin * lips
    return np.maximum(mel, 0.05), np.maximum(blood, 0.05)


def lip_share(textures: Path, uv: Float32, seen: Seen) -> Float32:
    """How much of each pixel is lip, from the base mesh's lip map."""
    drawn = cv2.imread(str(textures / "mpfb_lips.jpg"), cv2.IMREAD_GRAYSCALE)
    drawn = cv2.GaussianBlur(drawn, (0, 0), 3.0)
    last = drawn.shape[0] - 1
    share = cv2.remap(drawn, uv[..., 0] * last, (1.0 - uv[..., 1]) * last, cv2.INTER_LINEAR)
    mouth = seen.on & (seen.rest[..., 1] < -50.0) & (seen.rest[..., 2] > 0.0)
    return np.where(mouth, share.astype(np.float32) / 255.0, 0.0).astype(np.float32)


def lip_creases(seen: Seen, lips: Float32, seed: int) -> Float32:
    """Upright furrows of the lips, in mm."""
    lines = noise(seen, [(0.55, 1.0, seed + 61), (1.3, 0.8, seed + 62)], stretch=7.0)
    return ((0.03 - 0.05 * np.abs(lines)) * lips).astype(np.float32)


def albedo(
    person: Person,
    visit: Visit,
    seen: Seen,
    camera: Camera,
    head: Head,
    spots: Spots,
    lips: Float32,
) -> Float32:
    """(H, W, 3) linear reflectance of the skin between its pores."""
    melanin, blood = absorption(person, visit, seen, camera, head, spots, lips)
    out = melanin[..., None] * ABSORB_MELANIN + blood[..., None] * ABSORB_BLOOD + ABSORB_BASE
    np.negative(out, out=out)
    return np.exp(out, out=out).astype(np.float32, copy=False)
