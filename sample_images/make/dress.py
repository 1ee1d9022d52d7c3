"""What is in the frame besides the person: a cap, a wall, a printed sticker."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from geometry import Head
from light import AreaLight
from lighting import SKY
from raster import Camera
from skin import Seen, noise

Float32 = npt.NDArray[np.float32]
HEM_SHADE, HEM_SHADE_MM = 0.55, 2.2
STICKER_LIFT_MM = 0.9
"""A flat sticker of some 13 mm bridges the curve of a cheek by about this much."""


@dataclass(frozen=True)
class Marker:
    """A flat square sticker: its place (frontal rest mm), side of its print, white edge, print."""

    frontal: tuple[float, float]
    side_mm: float
    edge_mm: float
    bits: npt.NDArray[np.uint8]
    turn_deg: float = 12.0


@dataclass(frozen=True)
class Cap:
    """How much of each pixel is cloth, its relief (mm), albedo, and the shade of its hem."""

    share: Float32
    relief_mm: Float32
    albedo: Float32
    shade: Float32


def _above_hem_mm(rest: Float32) -> Float32:
    """Height above the hem of the cap (positive: covered)."""
    z = rest[..., 2]
    line = np.where(z > -30.0, 26.0 + 0.62 * (z + 30.0), 26.0 - 0.35 * (-30.0 - z))
    wave = 0.8 * np.sin(0.06 * rest[..., 0]) + 0.3 * np.sin(0.21 * rest[..., 0] + 1.0)
    return (rest[..., 1] - np.minimum(line, 60.0) - wave).astype(np.float32)


def _weave(seen: Seen) -> Float32:
    """Knit pattern in the frontal plane, faded where pixels cannot carry it."""
    x, y = seen.rest[..., 0], seen.rest[..., 1] + 0.4 * seen.rest[..., 2]
    knit = np.sin(2 * np.pi * x / 0.9)
    knit = knit * np.sin(2 * np.pi * (y / 1.1 + 0.25 * np.sin(2 * np.pi * x / 0.9)))
    return (knit * np.clip(0.20 / seen.px_mm - 1.0, 0, 1)).astype(np.float32)


def make_cap(seen: Seen, rgb: tuple[float, float, float], seed: int) -> Cap:
    """A surgical cap drawn over the scalp: hem roll, folds and weave."""
    above = _above_hem_mm(seen.rest)
    share = np.clip(above / np.maximum(1.2 * seen.px_mm, 1e-3) + 0.5, 0, 1) * seen.on
    under = np.exp(-np.clip(-above, 0, None) / HEM_SHADE_MM) * (above < 0)
    hem = 1.6 * (1 - np.exp(-np.clip(above, 0, None) / 1.2))
    hem = hem - 0.5 * np.exp(-(((above - 11.0) / 0.5) ** 2))
    folds = noise(seen, [(26.0, 1.6, seed + 71), (11.0, 0.30, seed + 72)], stretch=0.8)
    weave = _weave(seen)
    albedo = np.asarray(rgb, np.float32) * (1 + 0.05 * weave)[..., None]
    return Cap(
        share.astype(np.float32),
        (hem + folds + 0.03 * weave).astype(np.float32),
        albedo.astype(np.float32),
        (1.0 - HEM_SHADE * under).astype(np.float32),
    )


def wall(camera: Camera, seed: int) -> Float32:
    """A plain wall, out of focus."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: camera.height, : camera.width].astype(np.float32)
    glow = 1.0 - 0.25 * ((x / camera.width - 0.4) ** 2 + (y / camera.height - 0.35) ** 2)
    tint = np.array([0.52, 0.54, 0.56]) * (1 + 0.03 * rng.normal(0, 1, 3))
    return (0.75 * glow[..., None] * tint.astype(np.float32)).astype(np.float32)


def sticker(
    marker: Marker, head: Head, camera: Camera, lights: list[AreaLight]
) -> tuple[Float32, Float32]:
    """Light of the sticker, and the share of the skin's light left (edges, contact shadow)."""
    aim = np.array([marker.frontal])
    behind = 1e3 * (head.rest.normals[:, 2] < 0)
    k = int(np.argmin(np.hypot(*(head.rest.points[:, :2] - aim).T) + behind))
    normal = head.posed.normals[k]
    centre = head.posed.points[k] + STICKER_LIFT_MM * normal
    right = np.cross([0.0, 1.0, 0.0], normal)
    right /= np.linalg.norm(right)
    up = np.cross(normal, right)
    c, s = np.cos(np.deg2rad(marker.turn_deg)), np.sin(np.deg2rad(marker.turn_deg))
    right, up = c * right + s * up, -s * right + c * up

    y, x = np.mgrid[: camera.height, : camera.width]
    ray = np.stack(
        [
            (x - (camera.width - 1) / 2.0) / camera.focal_px,
            -(y - (camera.height - 1) / 2.0) / camera.focal_px,
            np.full(x.shape, -1.0),
        ],
        axis=-1,
    )
    eye = np.array(camera.place)
    far = ((centre - eye) @ normal) / (ray @ normal)
    hit = eye + far[..., None] * ray - centre
    u, v = hit @ right, hit @ up
    outer = marker.side_mm / 2.0 + marker.edge_mm
    out_by = np.maximum(np.abs(u), np.abs(v)) - outer
    inside = np.clip(-out_by * camera.focal_px / far + 0.5, 0, 1)

    fine = 40  # printed pixels per marker cell
    printed = cv2.resize(marker.bits, None, fx=fine, fy=fine, interpolation=cv2.INTER_NEAREST)
    printed = cv2.copyMakeBorder(printed, fine, fine, fine, fine, cv2.BORDER_CONSTANT, value=255)
    per_mm = fine * marker.bits.shape[0] / marker.side_mm
    column = ((u + marker.side_mm / 2) * per_mm + fine - 0.5).astype(np.float32)
    row = ((marker.side_mm / 2 - v) * per_mm + fine - 0.5).astype(np.float32)
    ink = cv2.remap(printed, column, row, cv2.INTER_LINEAR, borderValue=255)
    paper = 0.03 + 0.70 * ink.astype(np.float32) / 255.0
    lit = np.full(3, SKY * 0.8)
    for lamp in lights:
        towards = np.array(lamp.place) - centre
        cosine = max(0.0, float(towards @ normal) / float(np.linalg.norm(towards)))
        lit = lit + lamp.power * cosine * np.array(lamp.colour)
    shadow = 0.45 * np.exp(-np.maximum(out_by, 0.0) / 0.5) * (out_by > 0)
    light = (inside * paper)[..., None] * lit
    return light.astype(np.float32), ((1.0 - inside) * (1.0 - shadow)).astype(np.float32)
