"""Soft lights, and how much of each one every vertex of the head sees (cast with Embree)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from geometry import Surface
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]

LIGHT_SIDE_SAMPLES = 5
SKY_SAMPLES = 60
LIFT_MM = 0.25
"""Rays start this far above the skin, so that a triangle does not shade itself."""
SMOOTHING_STEPS = 3


@dataclass(frozen=True)
class AreaLight:
    """A square soft box that faces the head."""

    place: tuple[float, float, float]
    side_mm: float
    power: float
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def samples(self, count: int) -> Floats:
        """(count², 3) points on the box."""
        centre = np.array(self.place)
        towards = -centre / np.linalg.norm(centre)
        right = np.cross(towards, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        up = np.cross(right, towards)
        steps = ((np.arange(count) + 0.5) / count - 0.5) * self.side_mm
        a, b = np.meshgrid(steps, steps)
        return centre + a.reshape(-1, 1) * right + b.reshape(-1, 1) * up


def caster(points: Floats, triangles: npt.NDArray[np.int64]) -> rtcore_scene.EmbreeScene:
    """An Embree scene of one mesh."""
    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(points[triangles], np.float32))
    return scene


def blocked(
    scene: rtcore_scene.EmbreeScene, origins: Floats, directions: Floats
) -> npt.NDArray[np.bool_]:
    """Whether each ray hits anything."""
    hit = scene.run(
        np.ascontiguousarray(origins, np.float32), np.ascontiguousarray(directions, np.float32)
    )
    return np.asarray(hit) >= 0


def _sphere_directions(count: int) -> Floats:
    """Evenly spread unit vectors (Fibonacci spiral)."""
    k = np.arange(count) + 0.5
    z = 1.0 - 2.0 * k / count
    turn = np.pi * (1.0 + 5.0**0.5) * k
    r = np.sqrt(1.0 - z * z)
    return np.stack([r * np.cos(turn), r * np.sin(turn), z], axis=1)


def _spread(
    values: Floats, known: npt.NDArray[np.bool_], triangles: npt.NDArray[np.int64]
) -> Floats:
    """Fill the vertices between cast ones, then melt the steps of a finite number of samples."""
    a, b = np.concatenate([triangles, triangles[:, [1, 2, 0]], triangles[:, [2, 0, 1]]])[:, :2].T
    ones = np.ones(2 * len(a), np.float32)
    ends = (np.concatenate([a, b]), np.concatenate([b, a]))
    neighbours = csr_array((ones, ends), shape=(len(values), len(values)))
    # The last column counts what is known, so that sums become means.
    table = np.concatenate([values, np.ones((len(values), 1))], axis=1) * known[:, None]
    for _ in range(3):
        total = neighbours @ table
        new = (table[:, -1] == 0) & (total[:, -1] > 0)
        table[new] = total[new] / total[new, -1:]
    for _ in range(SMOOTHING_STEPS):
        total = neighbours @ table
        table = 0.5 * table + 0.5 * total / np.maximum(total[:, -1:], 1e-9) * table[:, -1:]
    return table[:, :-1]


def bake(skin: Surface, lights: list[AreaLight], wanted: npt.NDArray[np.int64]) -> Floats:
    """(V, len(lights) + 4) seen share of each light, open share of the sky, and its mean direction.

    Only the ``wanted`` vertices (those in the frame) are cast.
    """
    out = np.zeros((len(skin.points), len(lights) + 4))
    origins = skin.points[wanted] + LIFT_MM * skin.normals[wanted]
    normals = skin.normals[wanted]
    scene = caster(skin.points, skin.triangles)
    for k, light in enumerate(lights):
        seen = np.zeros(len(wanted))
        spots = light.samples(LIGHT_SIDE_SAMPLES)
        for spot in spots:
            ray = spot - origins
            ray /= np.linalg.norm(ray, axis=1, keepdims=True)
            facing = np.flatnonzero((ray * normals).sum(axis=1) > -0.15)
            # A ray that starts below its own horizon is lifted to it: SSS softens the terminator.
            cosine = np.minimum((ray[facing] * normals[facing]).sum(axis=1), 0.0)
            lifted = ray[facing] - (cosine - 0.02)[:, None] * normals[facing]
            seen[facing] += ~blocked(scene, origins[facing], lifted)
        out[wanted, k] = seen / len(spots)
    open_share = np.zeros(len(wanted))
    weight = np.zeros(len(wanted))
    bent = np.zeros((len(wanted), 3))
    for direction in _sphere_directions(SKY_SAMPLES):
        cosine = normals @ direction
        up = np.flatnonzero(cosine > 0.05)
        free = ~blocked(scene, origins[up], np.tile(direction, (len(up), 1)))
        weight[up] += cosine[up]
        open_share[up] += cosine[up] * free
        bent[up] += (cosine[up] * free)[:, None] * direction
    out[wanted, len(lights)] = open_share / np.maximum(weight, 1e-9)
    out[wanted, len(lights) + 1 :] = bent / np.maximum(
        np.linalg.norm(bent, axis=1, keepdims=True), 1e-9
    )
    known = np.zeros(len(out), dtype=bool)
    known[wanted] = True
    return _spread(out, known, skin.triangles)
