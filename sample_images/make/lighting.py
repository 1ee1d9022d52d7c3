"""Light on the skin of a frame: irradiance, its wandering under the skin, and gloss."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import shade
from light import AreaLight
from raster import Camera
from skin import Seen

Float32 = npt.NDArray[np.float32]

GLOSS = 0.28
"""Roughness of the narrow lobe."""
SCATTER_MM = ((0.42, 1.15), (0.26, 0.70), (0.18, 0.45))
"""Narrow and wide Gaussian of light that wanders under the skin: red, green, blue."""
SCATTER_SHARE = ((0.25, 0.38, 0.37), (0.45, 0.36, 0.19), (0.58, 0.30, 0.12))
"""Share that leaves where it entered, narrow, wide."""
WRAP = (0.22, 0.10, 0.06)
SKY = 0.34
COARSE = 4


def scatter(irradiance: Float32, on: npt.NDArray[np.bool_], px_per_mm: float) -> Float32:
    """Light that wanders under the skin, each colour by its own reach, kept inside the skin."""
    share = on.astype(np.float32)
    out = np.empty_like(irradiance)
    size = (irradiance.shape[1], irradiance.shape[0])
    reduced = (size[0] // COARSE, size[1] // COARSE)
    share_low = cv2.resize(share, reduced, interpolation=cv2.INTER_AREA)
    for c in range(3):
        direct, narrow, wide = SCATTER_SHARE[c]
        s1, s2 = (sigma * px_per_mm for sigma in SCATTER_MM[c])
        masked = irradiance[..., c] * share
        near = cv2.GaussianBlur(masked, (0, 0), s1)
        near /= np.maximum(cv2.GaussianBlur(share, (0, 0), s1), 1e-3)
        low = cv2.resize(masked, reduced, interpolation=cv2.INTER_AREA)
        far = cv2.GaussianBlur(low, (0, 0), s2 / COARSE)
        far /= np.maximum(cv2.GaussianBlur(share_low, (0, 0), s2 / COARSE), 1e-3)
        far = cv2.resize(far, size, interpolation=cv2.INTER_LINEAR)
        out[..., c] = direct * irradiance[..., c] + narrow * near + wide * far
    return out


class Lighting:
    """Light at the pixels of a frame, for any bump normal.

    ``baked`` holds, per pixel, the seen share of each light, of the sky, and its mean direction.
    """

    def __init__(self, lights: list[AreaLight], camera: Camera, seen: Seen, baked: Float32):
        self.seen = seen
        self.shade = np.ascontiguousarray(baked[..., : len(lights) + 1])
        self.bent = np.ascontiguousarray(baked[..., len(lights) + 1 :])
        self.px_per_mm = float(1.0 / np.median(seen.px_mm[seen.on]))
        self.eye = np.asarray(camera.place, np.float32)
        rows = []
        for lamp in lights:
            far = float(np.linalg.norm(lamp.place))
            rows.append([*lamp.place, lamp.power, *lamp.colour, far, lamp.side_mm / (2.0 * far)])
        self.lamps = np.array(rows, dtype=np.float32)

    def diffuse(self, normal: Float32, albedo: Float32) -> Float32:
        """Scattered irradiance per colour."""
        seen = self.seen
        total = np.zeros_like(seen.place)
        wrap = np.array(WRAP, np.float32)
        shade.irradiance(
            total, normal, seen.place, seen.on, self.shade, self.bent, albedo, self.lamps, wrap, SKY
        )
        return scatter(total, seen.on, self.px_per_mm)

    def add_gloss(self, out: Float32, normal: Float32, strength: Float32) -> None:
        """Add the light thrown back by the oily surface."""
        seen = self.seen
        shade.add_gloss(
            out, normal, seen.place, seen.on, self.shade, strength, self.lamps, self.eye, GLOSS, SKY
        )
