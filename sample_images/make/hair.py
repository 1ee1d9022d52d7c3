"""Brows, lashes, stubble and down: tapered strands rooted in the skin."""

from __future__ import annotations

from dataclasses import dataclass

import fields
import numpy as np
import numpy.typing as npt
from geometry import Head
from people import Person
from pores import Address, bell, scatter
from raster import Camera

Floats = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
KNOTS = 6
HIDDEN_MM = 0.6
"""A hair this far behind the skin is hidden."""
HAIR_BRIGHTNESS = 1.6


@dataclass(frozen=True)
class Strands:
    """Hairs of one kind: (N, KNOTS, 3) mm on the posed head, root width in mm, shade 0..1."""

    kind: str
    points: Floats
    width_mm: Floats
    shade: Floats
    taper: float


def _tangent(direction: Floats, normal: Floats) -> Floats:
    t = direction - (direction * normal).sum(axis=1, keepdims=True) * normal
    return t / np.maximum(np.linalg.norm(t, axis=1, keepdims=True), 1e-9)


def _grow(
    head: Head, address: Address, direction: Floats, length: Floats, lift: Floats, bend: Floats
) -> Floats:
    """Strands along the tangent of ``direction``, rising by ``lift``, curving by ``bend``."""
    root, normal = address.on(head.posed), address.normals(head.posed)
    t = _tangent(direction, normal)
    side = np.cross(normal, t)
    s = np.linspace(0.0, 1.0, KNOTS)[None, :, None]
    along = length[:, None, None]
    return (
        root[:, None]
        + t[:, None] * along * s
        + normal[:, None] * along * lift[:, None, None] * (s - 0.55 * s**2)
        + side[:, None] * along * bend[:, None, None] * s**2
    )


def _brow_strands(rng: np.random.Generator, head: Head, person: Person) -> Strands:
    rest = head.rest
    centres = rest.points[rest.triangles].mean(axis=1)
    x, y = np.abs(centres[:, 0]), centres[:, 1]
    t = np.clip((x - 9.0) / 42.0, 0.0, 1.0)
    arch = 13.5 + 9.0 * np.sin(np.pi * np.clip(t * 0.72 + 0.06, 0, 1)) - 4.0 * t**3
    half = (4.6 - 3.2 * t) * (0.75 + 0.25 * person.brow)
    inside = np.exp(-(((y - arch) / half) ** 2) * 1.3)
    inside *= (
        np.clip((x - 7.0) / 6.0, 0, 1) * np.clip((53.0 - x) / 9.0, 0, 1) * (centres[:, 2] > -25)
    )
    inside *= rest.normals[rest.triangles[:, 0]][:, 2] > 0
    address = scatter(rng, rest, inside * 4.2 * person.brow)
    place = address.on(rest)
    side = np.sign(place[:, 0])
    n = len(place)
    t = np.clip((np.abs(place[:, 0]) - 9.0) / 42.0, 0.0, 1.0)
    arch = 13.5 + 9.0 * np.sin(np.pi * np.clip(t * 0.72 + 0.06, 0, 1)) - 4.0 * t**3
    # Inner hairs stand up, outer ones lie along the arch; those above turn down to its crest.
    angle = np.deg2rad(
        78.0 * (1 - t) ** 1.6 + 8.0 - 26.0 * t - 6.0 * (place[:, 1] - arch)
    ) + rng.normal(0, 0.2, n)
    direction = np.stack([side * np.cos(angle), np.sin(angle), np.zeros(n)], axis=1)
    length = rng.uniform(4.0, 8.5, n) * (1.0 - 0.3 * t)
    points = _grow(
        head,
        address,
        direction,
        length,
        rng.uniform(0.1, 0.3, n),
        -side * rng.normal(0.18, 0.12, n),
    )
    return Strands("brow", points, rng.uniform(0.07, 0.11, n), rng.uniform(0.4, 1.2, n), 0.75)


def _lash_strands(rng: np.random.Generator, head: Head, person: Person, place) -> list[Strands]:
    """Lashes from the rows that the base mesh marks on the lids; ``place`` poses rest points."""
    out = []
    for k, row in enumerate(head.lash_lines):
        eye = head.eye_centres[0 if k < 2 else 1]
        upper = bool(row[:, 1].mean() > head.lash_lines[k ^ 1][:, 1].mean())
        distance = np.linalg.norm(row - eye, axis=1)
        roots, tips = row[distance < np.median(distance)], row[distance >= np.median(distance)]
        roots, tips = roots[np.argsort(roots[:, 0])], tips[np.argsort(tips[:, 0])]
        n = int((120 if upper else 70) * person.lash)
        x = np.sort(rng.uniform(roots[0, 0] + 0.8, roots[-1, 0] - 0.8, n))
        root = np.stack([np.interp(x, roots[:, 0], roots[:, d]) for d in range(3)], axis=1)
        fan = 1.0 + 0.25 * (x - eye[0]) / 12.0 * (1 if k < 2 else -1)
        outward = (x - eye[0]) / 14.0
        length = rng.uniform(5.0, 8.0, n) * fan if upper else rng.uniform(2.2, 4.2, n)
        length *= person.lash
        rise = 0.75 if upper else -0.45
        forward = np.stack(
            [
                0.55 * outward + rng.normal(0, 0.12, n),
                np.full(n, 0.05 if upper else -0.25),
                np.full(n, 0.85),
            ],
            axis=1,
        )
        s = np.linspace(0.0, 1.0, KNOTS)[None, :, None]
        points = root[:, None] + forward[:, None] * length[:, None, None] * s * (1 - 0.25 * s)
        points[..., 1] += rise * length[:, None] * s[..., 0] ** 1.8
        del tips
        out.append(
            Strands(
                "lash", place(points), rng.uniform(0.10, 0.15, n), rng.uniform(0.2, 0.5, n), 0.8
            )
        )
    return out


def _stubble(rng: np.random.Generator, head: Head, person: Person) -> Strands:
    rest = head.rest
    centres = rest.points[rest.triangles].mean(axis=1)
    x, y = np.abs(centres[:, 0]), centres[:, 1]
    flat = np.stack([x, y], axis=1)
    jaw = np.maximum.reduce(
        [
            bell(flat, 0, -100, 26, 13),
            bell(flat, 30, -92, 18, 12),
            bell(flat, 52, -70, 10, 22),
            1.1 * bell(flat, 0, -58, 24, 4.5),
            0.7 * bell(flat, 24, -72, 5, 12),
            0.6 * bell(flat, 60, -40, 6, 16),
            0.5 * bell(flat, 0, -118, 40, 8),
        ]
    )
    lips = np.minimum(1.0, (x / 25.0) ** 2 + ((y + 74.0) / 9.5) ** 2) ** 6
    front = rest.normals[rest.triangles[:, 0]][:, 2] > -0.1
    density = 0.62 * person.stubble * np.clip(jaw, 0, 1) ** 1.2
    address = scatter(rng, rest, density * lips * front * (centres[:, 2] > -60))
    n = len(address.triangle)
    place = address.on(rest)
    direction = np.stack(
        [0.35 * np.sign(place[:, 0]) + rng.normal(0, 0.35, n), -np.ones(n), np.zeros(n)], axis=1
    )
    points = _grow(
        head,
        address,
        direction,
        rng.uniform(0.35, 1.1, n),
        rng.uniform(0.5, 1.0, n),
        rng.normal(0, 0.15, n),
    )
    return Strands("stubble", points, rng.uniform(0.07, 0.12, n), rng.uniform(0.7, 2.2, n), 0.35)


def _down(rng: np.random.Generator, head: Head) -> Strands:
    rest = head.rest
    centres = rest.points[rest.triangles].mean(axis=1)
    x, y = np.abs(centres[:, 0]), centres[:, 1]
    flat = np.stack([x, y], axis=1)
    where = (
        0.10
        + 0.18 * bell(flat, 50, -42, 14, 22)
        + 0.3 * bell(flat, 0, -57, 22, 4)
        + 0.15 * bell(flat, 0, 50, 50, 14)
    )
    where *= (centres[:, 2] > -55) & (y > -125) & (y < 66)
    where *= np.clip(2.5 * rest.normals[rest.triangles[:, 0]][:, 2] - 0.75, 0, 1)
    eyes = ((x - 30.0) / 20.0) ** 2 + (y / 12.0) ** 2 > 1.0
    lips = (x / 25.0) ** 2 + ((y + 74.0) / 10.0) ** 2 > 1.0
    address = scatter(rng, rest, 1.1 * where * eyes * lips)
    n = len(address.triangle)
    place = address.on(rest)
    direction = np.stack(
        [
            np.sign(place[:, 0]) * (0.5 + rng.normal(0, 0.3, n)),
            -0.9 + rng.normal(0, 0.3, n),
            np.zeros(n),
        ],
        axis=1,
    )
    points = _grow(
        head,
        address,
        direction,
        rng.uniform(0.8, 2.6, n),
        rng.uniform(0.15, 0.5, n),
        rng.normal(0, 0.25, n),
    )
    return Strands("down", points, rng.uniform(0.018, 0.032, n), rng.uniform(6.0, 14.0, n), 0.7)


def grow_hair(person: Person, head: Head, place) -> list[Strands]:
    """All hairs of a face, the same roots at every visit."""
    rng = np.random.default_rng(person.seed + 5)
    strands = [_brow_strands(rng, head, person), *_lash_strands(rng, head, person, place)]
    down = _down(np.random.default_rng(person.seed + 6), head)
    strands.append(down)
    if person.stubble > 0:
        strands.append(_stubble(np.random.default_rng(person.seed + 7), head, person))
    return strands


@dataclass(frozen=True)
class Layer:
    """Hair over the pixels: coverage, and shade weighted by it."""

    cover: Float32
    tone: Float32


def paint(strands: list[Strands], camera: Camera, depth: Float32) -> tuple[Layer, Layer]:
    """Dark hair (brows, lashes, stubble) and pale down."""
    layers = tuple(
        Layer(np.zeros(depth.shape, np.float32), np.zeros(depth.shape, np.float32)) for _ in "ab"
    )
    for kind in strands:
        layer = layers[1 if kind.kind == "down" else 0]
        profile = 1.0 - kind.taper * np.linspace(0, 1, KNOTS) ** 1.5
        far = camera.to_camera(kind.points)[..., 2]
        radius = 0.5 * kind.width_mm[:, None] * profile * camera.focal_px / far
        fields.draw_hairs(
            layer.cover,
            layer.tone,
            depth,
            camera.project(kind.points),
            radius,
            kind.shade,
            far,
            HIDDEN_MM,
        )
    return layers[0], layers[1]


def cover(picture: Float32, dark: Layer, pale: Layer, person: Person) -> Float32:
    """The picture seen through its hair."""
    # Down is seen by the light it catches: it brightens what lies under it.
    share = np.clip(pale.cover, 0, 1)[..., None]
    out = picture * (1 - share) + share * (picture * 1.45 + 0.03)
    colour = np.asarray(person.hair_rgb, np.float32) * HAIR_BRIGHTNESS
    out = out * (1 - np.clip(dark.cover, 0, 1)[..., None]) + dark.tone[..., None] * colour
    return out.astype(np.float32)
