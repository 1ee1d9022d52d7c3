"""Eyeballs with iris, cornea and tear film."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from geometry import Surface, vertex_normals
from light import AreaLight

Floats = npt.NDArray[np.float64]
IRIS_RADIUS_MM = 5.85
"""Visible iris of 11.7 mm, the population mean."""


def eyeball(centre: Floats, radius: float, look_at: Floats) -> tuple[Surface, Floats]:
    """A front half sphere with a corneal bulge that looks at a point; its points in eye axes."""
    radius -= 0.25
    k, j = np.meshgrid(
        np.linspace(0, 1, 90) ** 0.9 * np.pi * 0.55, np.arange(96) * 2 * np.pi / 96, indexing="ij"
    )
    across = radius * np.sin(k)
    bulge = np.where(across < 6.6, 1.0 * (1 - (across / 6.6) ** 2) ** 2, 0.0)
    bulge *= k < np.pi / 2
    local = np.stack(
        [across * np.cos(j), across * np.sin(j), radius * np.cos(k) + bulge], -1
    ).reshape(-1, 3)
    z = (look_at - centre) / np.linalg.norm(look_at - centre)
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    axes = np.stack([x, np.cross(z, x), z])
    rows, cols = k.shape
    index = np.arange(rows * cols).reshape(rows, cols)
    after = np.roll(index, -1, axis=1)
    triangles = np.concatenate(
        [
            np.stack([index[:-1], index[1:], after[1:]], -1).reshape(-1, 3),
            np.stack([index[:-1], after[1:], after[:-1]], -1).reshape(-1, 3),
        ]
    )
    points = centre + local @ axes
    normals = vertex_normals(points, triangles)
    return Surface(points, triangles, normals, local[:, :2]), local


def eye_albedo(local: Floats, iris: tuple[float, float, float], seed: int) -> Floats:
    """(N, 3) linear albedo from the place in eye axes (mm)."""
    rng = np.random.default_rng(seed)
    r = np.hypot(local[:, 0], local[:, 1])
    angle = np.arctan2(local[:, 1], local[:, 0])
    turns = np.linspace(-np.pi, np.pi, 241)
    fibre = np.interp(
        angle, turns, np.convolve(np.r_[rng.normal(0, 1, 240), 0], [0.25, 0.5, 0.25], "same")
    )
    coarse = np.interp(angle, np.linspace(-np.pi, np.pi, 37), np.r_[rng.normal(0, 1, 36), 0])
    crypt = np.sin(4.0 * r + 2.0 * coarse)
    tint = np.array(iris) * (1.0 + 0.42 * fibre + 0.25 * coarse + 0.12 * crypt)[:, None]
    collar = np.exp(-0.5 * ((r - 2.9) / 0.5) ** 2)[:, None]
    tint = tint * (1.0 + 0.45 * collar * np.array([1.25, 0.9, 0.5]))
    ring = np.exp(-0.5 * ((r - IRIS_RADIUS_MM + 0.35) / 0.5) ** 2)[:, None]
    tint = np.clip(tint * (1.0 - 0.65 * ring), 0.004, 1.0)
    pupil = (1.0 / (1.0 + np.exp(-(r - 1.75) / 0.10)))[:, None]
    limbus = (1.0 / (1.0 + np.exp(-(r - IRIS_RADIUS_MM) / 0.22)))[:, None]
    white = np.array([0.60, 0.54, 0.50]) * (1.0 - 0.022 * np.maximum(0.0, r - 7.0))[:, None]
    white = white * (
        1.0 - np.array([0.0, 0.10, 0.10]) * np.clip((np.abs(local[:, :1]) - 7.5) / 4.0, 0, 1)
    )
    vein = np.zeros(len(r))
    for _ in range(16):
        start = rng.uniform(-0.5, 0.5) + (0 if rng.random() < 0.5 else np.pi)
        wave = (
            start
            + 0.10 * np.sin(r * rng.uniform(0.8, 1.6) + rng.uniform(0, 6))
            + 0.03 * np.sin(3.1 * r)
        )
        gap = np.abs(np.angle(np.exp(1j * (angle - wave)))) * r
        vein = np.maximum(
            vein,
            np.exp(-((gap / 0.09) ** 2)) * np.clip((r - 7.0) / 4.0, 0, 1) * rng.uniform(0.3, 1),
        )
    white = white * (1.0 - vein[:, None] * np.array([0.12, 0.38, 0.36]))
    return limbus * white + (1 - limbus) * (pupil * tint + (1 - pupil) * 0.003)


def mirror(
    points: Floats, normals: Floats, camera: Floats, lights: list[AreaLight], soft_mm: float = 25.0
) -> Floats:
    """(N, 3) what a tear film reflects of the soft boxes, Fresnel included."""
    view = camera - points
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    cosine = np.clip((view * normals).sum(axis=1), 0.0, 1.0)
    ray = 2.0 * cosine[:, None] * normals - view
    fresnel = 0.025 + 0.975 * (1.0 - cosine) ** 5
    out = np.zeros((len(points), 3))
    for light in lights:
        centre = np.array(light.place)
        towards = -centre / np.linalg.norm(centre)
        right = np.cross(towards, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        up = np.cross(right, towards)
        along = ((centre - points) @ towards) / np.minimum(ray @ towards, -1e-6)
        hit = points + along[:, None] * ray - centre
        inside = 1.0
        for axis in (right, up):
            inside = inside * np.clip(
                (light.side_mm / 2 - np.abs(hit @ axis)) / soft_mm + 0.5, 0, 1
            )
        brightness = light.power * 30.0 * (420.0 / light.side_mm) ** 2
        out += (inside * (along > 0) * fresnel * brightness)[:, None] * np.array(light.colour)
    return out
