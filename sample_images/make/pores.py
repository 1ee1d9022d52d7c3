"""Where a person's pores are, what they look like, and what a visit makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from geometry import Head, Surface
from people import Person, Trajectory
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REGIONS = ("left_cheek", "right_cheek", "nose", "forehead")
LOG_SPREAD = 0.30
"""Spread of the natural logarithm of the diameters."""
GAP_MM = 0.05
PLUGGED_SHARE = 0.14


@dataclass(frozen=True)
class Address:
    """Places on the skin: triangle, and weights of its three corners."""

    triangle: Ints
    weights: Floats

    def on(self, surface: Surface) -> Floats:
        """(N, 3) places on a surface of the same triangles."""
        return np.einsum(
            "nk,nkd->nd", self.weights, surface.points[surface.triangles[self.triangle]]
        )

    def normals(self, surface: Surface) -> Floats:
        """(N, 3) unit normals there."""
        n = np.einsum("nk,nkd->nd", self.weights, surface.normals[surface.triangles[self.triangle]])
        return n / np.linalg.norm(n, axis=1, keepdims=True)

    def pick(self, which: npt.NDArray[np.bool_] | Ints) -> Address:
        """Some of the places."""
        return Address(self.triangle[which], self.weights[which])


@dataclass(frozen=True)
class Pores:
    """All follicles of a person at rest, before any visit.

    ``half_a``, ``half_b`` in mm; ``axis_u``, ``axis_v`` span the tangent plane; ``fill`` is the
    strength of the darkening, ``depth_mm`` of the pit.
    """

    address: Address
    place: Floats
    axis_u: Floats
    axis_v: Floats
    diameter_um: Floats
    aspect: Floats
    taper: Floats
    power: Floats
    depth_mm: Floats
    fill: Floats
    plugged: npt.NDArray[np.bool_]
    region: npt.NDArray[np.int64]
    """Index in :data:`REGIONS`, −1 elsewhere."""
    rank: Floats
    """Uniform in 0..1: which pores go first."""
    unplug_rank: Floats


@dataclass(frozen=True)
class PoresNow:
    """The pores at one visit."""

    diameter_um: Floats
    depth_mm: Floats
    fill: Floats
    present: npt.NDArray[np.bool_]


def bell(points: Floats, x: float, y: float, sx: float, sy: float) -> Floats:
    """Gaussian bump of the frontal place."""
    return np.exp(-0.5 * (((points[..., 0] - x) / sx) ** 2 + ((points[..., 1] - y) / sy) ** 2))


def region_outlines(person: Person) -> dict[str, Floats]:
    """Frontal (x, y) outlines in rest millimetres; left is the person's own left (+x)."""
    cheek = np.array(
        [
            [23, -22],
            [33, -20],
            [45, -17],
            [54, -20],
            [57, -34],
            [53, -48],
            [44, -58],
            [36, -57],
            [30, -48],
            [26, -36],
        ],
        dtype=float,
    )
    low = person.nose_bottom_mm
    nose = np.array(
        [
            [-6, -4],
            [6, -4],
            [9, -15],
            [12, -23],
            [15, low + 13],
            [13.5, low + 8],
            [8, low + 4],
            [-8, low + 4],
            [-13.5, low + 8],
            [-15, low + 13],
            [-12, -23],
            [-9, -15],
        ],
        dtype=float,
    )
    forehead = np.array(
        [[-38, 29], [38, 29], [34, 40], [20, 46], [-20, 46], [-34, 40]], dtype=float
    )
    return {
        "left_cheek": cheek,
        "right_cheek": cheek * [-1, 1],
        "nose": nose,
        "forehead": forehead,
    }


def inside(outline: Floats, points: Floats) -> npt.NDArray[np.bool_]:
    """Even-odd rule on the frontal (x, y)."""
    x, y = points[:, 0], points[:, 1]
    out = np.zeros(len(points), dtype=bool)
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        crosses = (ay > y) != (by > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            out ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return out


def scatter(
    rng: np.random.Generator, surface: Surface, density_mm2: Floats, share: float = 1.0
) -> Address:
    """Random places, Poisson in number, ``density_mm2`` (per triangle) per area."""
    a, b, c = (surface.points[surface.triangles[:, k]] for k in range(3))
    area = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)
    triangle = np.repeat(np.arange(len(area)), rng.poisson(area * density_mm2 * share))
    rng.shuffle(triangle)
    u, v = rng.random((2, len(triangle)))
    flip = u + v > 1.0
    u[flip], v[flip] = 1.0 - u[flip], 1.0 - v[flip]
    return Address(triangle, np.stack([1.0 - u - v, u, v], axis=1))


def _clusters(rng: np.random.Generator, points: Floats, size_mm: float) -> Floats:
    """Smooth positive field with mean about one: crowded and empty patches."""
    waves = rng.normal(0.0, 1.0 / size_mm, (60, 3))
    phase = rng.uniform(0, 2 * np.pi, 60)
    field = np.sqrt(2.0 / 60) * np.cos(points @ waves.T + phase).sum(axis=1)
    return np.exp(0.75 * field - 0.28)


def density_per_cm2(
    rng: np.random.Generator, person: Person, points: Floats, normals: Floats
) -> Floats:
    """Follicle openings per cm² at rest places: crowded beside the nose, sparse to the ears."""
    x, y = np.abs(points[:, 0]), points[:, 1]
    cheek = 400.0 * bell(np.stack([x, y], 1), 26, -32, 11, 13)
    cheek = np.maximum(cheek, 130.0 * bell(np.stack([x, y], 1), 42, -38, 12, 15))
    nose = 210.0 * bell(points, 0, person.nose_bottom_mm + 17, 13, 15)
    brow = 48.0 * bell(points, 0, 40, 30, 15) + 40.0 * bell(points, 0, 8, 12, 12)
    chin = 42.0 * bell(points, 0, -98, 20, 12)
    total = 2.0 + np.maximum.reduce([cheek, nose, brow, chin])
    eyes = np.minimum(1.0, ((x - 30.0) / 21.0) ** 2 + ((y - 1.0) / 15.0) ** 2) ** 4
    mouth = np.minimum(1.0, (x / 27.0) ** 2 + ((y + 74.0) / 13.0) ** 2) ** 4
    nostrils = ~((x < 17.0) & (y < person.nose_bottom_mm + 5.0) & (y > person.nose_bottom_mm - 9.0))
    front = (normals[:, 2] > 0.08) & (x < 72.0) & (y > -118.0) & (y < 68.0) & (points[:, 2] > -45.0)
    total *= eyes * mouth * nostrils * front * person.density
    dense = total > 0
    total[dense] *= _clusters(rng, points[dense], 4.5)
    return total


def grow(person: Person, head: Head) -> Pores:
    """Place and shape every pore of a person; the same at every visit."""
    rng = np.random.default_rng(person.seed)
    rest = head.rest
    centres = rest.points[rest.triangles].mean(axis=1)
    normals = rest.normals[rest.triangles].mean(axis=1)
    density = density_per_cm2(rng, person, centres, normals) / 100.0
    address = scatter(rng, rest, density, share=1.7)
    place = address.on(rest)
    count = len(place)
    nose = bell(place, 0, person.nose_bottom_mm + 17, 12, 14)
    x, y = np.abs(place[:, 0]), place[:, 1]
    inner_cheek = bell(np.stack([x, y], 1), 25, -32, 15, 15)
    median = person.pore_um * (0.84 + 0.40 * np.maximum(inner_cheek, 0.85 * nose))
    diameter = np.clip(np.exp(rng.normal(np.log(median), LOG_SPREAD)), 110.0, 800.0)

    # Dart throwing, first come first kept: no two openings nearer than a bridge of skin.
    order_kept = np.ones(count, dtype=bool)
    pairs = cKDTree(place).query_pairs(1.2, output_type="ndarray")
    gap = np.linalg.norm(place[pairs[:, 0]] - place[pairs[:, 1]], axis=1)
    clash = pairs[gap < (diameter[pairs].sum(axis=1)) / 2000.0 + GAP_MM]
    clash = np.sort(clash, axis=1)
    for first, second in clash[np.lexsort((clash[:, 1], clash[:, 0]))]:
        if order_kept[first] and order_kept[second]:
            order_kept[second] = False
    keep = np.flatnonzero(order_kept)
    address, place, diameter = address.pick(keep), place[keep], diameter[keep]
    nose, inner_cheek, count = nose[keep], inner_cheek[keep], len(keep)
    side = np.sign(place[:, 0])

    # Long axes follow the pull of the skin: down and outwards on the cheeks, upright on the nose.
    normal = address.normals(rest)
    cheekness = bell(np.stack([np.abs(place[:, 0]), place[:, 1]], 1), 36, -36, 18, 20)
    pull = np.stack(
        [side * (0.15 + 0.85 * cheekness), -0.75 * np.ones(count), np.zeros(count)], axis=1
    )
    pull -= (pull * normal).sum(axis=1, keepdims=True) * normal
    pull /= np.linalg.norm(pull, axis=1, keepdims=True)
    across = np.cross(normal, pull)
    swing = rng.normal(0.0, 0.35, count) + 0.9 * (rng.random(count) < 0.12) * rng.normal(
        0, 1, count
    )
    axis_u = np.cos(swing)[:, None] * pull + np.sin(swing)[:, None] * across
    axis_v = np.cross(normal, axis_u)

    aspect = 1.08 + np.abs(rng.normal(0, 0.20, count)) + 1.0 * cheekness * rng.random(count)
    taper = np.clip(rng.normal(0.35 * cheekness, 0.15), -0.25, 0.6)
    plugged = rng.random(count) < PLUGGED_SHARE * (0.5 + 1.8 * nose)
    size = diameter / 290.0
    fill = person.pore_contrast * size**0.75 * np.exp(rng.normal(0, 0.40, count))
    fill = np.where(plugged, 1.5 * fill, fill)
    depth = diameter / 1000.0 * rng.uniform(0.04, 0.105, count)
    depth = np.where(plugged, 0.35 * depth, depth)
    region = np.full(count, -1)
    for k, outline in enumerate(region_outlines(person).values()):
        region[inside(outline, place)] = k
    return Pores(
        address,
        place,
        axis_u,
        axis_v,
        diameter,
        aspect,
        taper,
        rng.uniform(2.2, 3.2, count),
        depth,
        np.clip(fill, 0.02, 0.5),
        plugged,
        region,
        rng.random(count),
        rng.random(count),
    )


def at_visit(pores: Pores, trajectory: Trajectory, visit: int) -> PoresNow:
    """Diameter, depth, darkening and presence at a visit."""
    factor = trajectory.diameter[visit]
    freed = pores.plugged & (pores.unplug_rank < trajectory.unplugged[visit])
    return PoresNow(
        pores.diameter_um * factor,
        pores.depth_mm * factor,
        np.where(freed, pores.fill * trajectory.unplugged_contrast, pores.fill),
        pores.rank >= trajectory.gone[visit],
    )
