"""Primary visibility: a z-buffer that keeps, for each pixel, its triangle and place in it."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Camera:
    """A pinhole on the +z side that looks along −z; pixel centres at integers.

    ``place`` is the pinhole in head coordinates (mm), ``focal_px`` the focal length in pixels.
    """

    width: int
    height: int
    focal_px: float
    place: tuple[float, float, float]

    def project(self, points: Floats) -> Floats:
        """(..., 2) x right and y down, in pixels."""
        seen = self.to_camera(points)
        centre = np.array([(self.width - 1) / 2.0, (self.height - 1) / 2.0])
        return self.focal_px * seen[..., :2] / seen[..., 2:] + centre

    def to_camera(self, points: Floats) -> Floats:
        """(..., 3) mm in the camera's frame: x right, y down, z away from the camera."""
        delta = points - np.array(self.place)
        return delta * np.array([1.0, -1.0, -1.0])


@numba.njit(cache=True)
def _fill(xy, depth, triangles, height, width, first, z_buffer, owner, bary):
    for t in range(len(triangles)):
        a, b, c = triangles[t]
        za, zb, zc = depth[a], depth[b], depth[c]
        if min(za, zb, zc) <= 1.0:
            continue
        xa, ya, xb, yb, xc, yc = xy[a, 0], xy[a, 1], xy[b, 0], xy[b, 1], xy[c, 0], xy[c, 1]
        area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya)
        if area >= 0.0:  # y runs down: a front face winds the other way
            continue
        x0, x1 = (
            max(0, int(np.ceil(min(xa, xb, xc)))),
            min(width - 1, int(np.floor(max(xa, xb, xc)))),
        )
        y0, y1 = (
            max(0, int(np.ceil(min(ya, yb, yc)))),
            min(height - 1, int(np.floor(max(ya, yb, yc)))),
        )
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                wb = ((x - xa) * (yc - ya) - (xc - xa) * (y - ya)) / area
                wc = ((xb - xa) * (y - ya) - (x - xa) * (yb - ya)) / area
                wa = 1.0 - wb - wc
                if wa < -1e-9 or wb < -1e-9 or wc < -1e-9:
                    continue
                z = 1.0 / (wa / za + wb / zb + wc / zc)
                if z < z_buffer[y, x]:
                    z_buffer[y, x] = z
                    owner[y, x] = first + t
                    bary[y, x, 0] = wb * z / zb  # perspective-correct weights
                    bary[y, x, 1] = wc * z / zc


@numba.njit(cache=True, parallel=True)
def interpolate(owner, bary, triangles, values, out):
    """Vertex data at each pixel; ``out`` keeps its value where ``owner`` is negative."""
    height, width = owner.shape
    channels = values.shape[1]
    for y in numba.prange(height):
        for x in range(width):
            t = owner[y, x]
            if t < 0 or t >= len(triangles):
                continue
            wb, wc = bary[y, x, 0], bary[y, x, 1]
            wa = 1.0 - wb - wc
            a, b, c = triangles[t]
            for k in range(channels):
                out[y, x, k] = wa * values[a, k] + wb * values[b, k] + wc * values[c, k]


@dataclass(frozen=True)
class Visible:
    """What each pixel sees: depth (mm), triangle (−1: nothing) and its 2nd and 3rd weights."""

    depth: Float32
    owner: npt.NDArray[np.int32]
    bary: Float32

    def at_pixels(self, triangles: Ints, values: Floats) -> Float32:
        """(H, W, K) vertex data carried to the pixels, 0 where nothing is seen."""
        out = np.zeros((*self.owner.shape, values.shape[1]), np.float32)
        interpolate(self.owner, self.bary, triangles, np.ascontiguousarray(values), out)
        return out


def rasterise(camera: Camera, meshes: list[tuple[Floats, Ints]]) -> Visible:
    """Nearest triangle of all meshes, numbered one mesh after the other."""
    shape = (camera.height, camera.width)
    z_buffer = np.full(shape, np.inf, np.float32)
    owner = np.full(shape, -1, np.int32)
    bary = np.zeros((*shape, 2), np.float32)
    first = 0
    for points, triangles in meshes:
        xy = camera.project(points)
        depth = camera.to_camera(points)[:, 2]
        _fill(xy, depth, triangles, *shape, first, z_buffer, owner, bary)
        first += len(triangles)
    return Visible(z_buffer, owner, bary)
