"""Per-pixel kernels: solid noise on the rest skin, stamps on its tangent plane, bump normals.

Everything is evaluated at the rest place of a pixel, so skin keeps its marks from visit to visit,
and nothing is ever resampled from a texture. Octaves finer than the pixel fade out.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(inline="always")
def _hash(x, y, z, seed):
    h = np.uint32(x) * np.uint32(0x8DA6B343)
    h ^= np.uint32(y) * np.uint32(0xD8163841)
    h ^= np.uint32(z) * np.uint32(0xCB1AB31F)
    h ^= np.uint32(seed) * np.uint32(0x9E3779B1)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x2C1B3C6D)
    h ^= h >> np.uint32(12)
    h *= np.uint32(0x297A2D39)
    h ^= h >> np.uint32(15)
    return h


@numba.njit(inline="always")
def _unit(h):
    return np.float32(h & np.uint32(0xFFFFFF)) / np.float32(16777216.0)


@numba.njit(inline="always")
def _corner(ix, iy, iz, seed, dx, dy, dz):
    h = _hash(ix, iy, iz, seed)
    gx = np.float32(h & np.uint32(1023)) * np.float32(2.0 / 1023.0) - np.float32(1.0)
    gy = np.float32((h >> np.uint32(10)) & np.uint32(1023)) * np.float32(2.0 / 1023.0) - np.float32(
        1.0
    )
    gz = np.float32((h >> np.uint32(20)) & np.uint32(1023)) * np.float32(2.0 / 1023.0) - np.float32(
        1.0
    )
    return gx * dx + gy * dy + gz * dz


@numba.njit(inline="always")
def gradient_noise(x, y, z, seed):
    """Solid gradient noise, about N(0, 1) in spread, one feature per unit."""
    fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
    ix, iy, iz = int(fx), int(fy), int(fz)
    dx, dy, dz = x - fx, y - fy, z - fz
    u = dx * dx * dx * (dx * (dx * 6 - 15) + 10)
    v = dy * dy * dy * (dy * (dy * 6 - 15) + 10)
    w = dz * dz * dz * (dz * (dz * 6 - 15) + 10)
    a = _corner(ix, iy, iz, seed, dx, dy, dz)
    b = _corner(ix + 1, iy, iz, seed, dx - 1, dy, dz)
    c = _corner(ix, iy + 1, iz, seed, dx, dy - 1, dz)
    d = _corner(ix + 1, iy + 1, iz, seed, dx - 1, dy - 1, dz)
    e = _corner(ix, iy, iz + 1, seed, dx, dy, dz - 1)
    f = _corner(ix + 1, iy, iz + 1, seed, dx - 1, dy, dz - 1)
    g = _corner(ix, iy + 1, iz + 1, seed, dx, dy - 1, dz - 1)
    h = _corner(ix + 1, iy + 1, iz + 1, seed, dx - 1, dy - 1, dz - 1)
    low = (a + u * (b - a)) * (1 - v) + (c + u * (d - c)) * v
    high = (e + u * (f - e)) * (1 - v) + (g + u * (h - g)) * v
    return np.float32(3.6) * (low + w * (high - low))


@numba.njit(cache=True, parallel=True)
def add_noise(out, rest, on, px_mm, size_mm, amplitude, seed, stretch):
    """Add ``amplitude`` × noise of feature ``size_mm``; ``stretch`` lengthens features along y."""
    height, width = out.shape
    for i in numba.prange(height):
        for j in range(width):
            if not on[i, j]:
                continue
            fade = min(max((size_mm / px_mm[i, j] - 1.2) / 1.5, 0.0), 1.0)
            if fade > 0.0:
                out[i, j] += (
                    amplitude
                    * fade
                    * gradient_noise(
                        rest[i, j, 0] / size_mm + 1000.0,
                        rest[i, j, 1] / (size_mm * stretch) + 1000.0,
                        rest[i, j, 2] / size_mm + 1000.0,
                        seed,
                    )
                )


@numba.njit(cache=True, parallel=True)
def add_furrows(out, rest, on, px_mm, size_mm, depth, width_share, seed):
    """Subtract the furrows between cells of about ``size_mm`` (the skin's fine polygons)."""
    height, width = out.shape
    for i in numba.prange(height):
        for j in range(width):
            if not on[i, j]:
                continue
            fade = min(max((size_mm / px_mm[i, j] - 2.5) / 4.0, 0.0), 1.0)
            if fade <= 0.0:
                continue
            x = rest[i, j, 0] / size_mm + 1000.0
            y = rest[i, j, 1] / size_mm + 1000.0
            z = rest[i, j, 2] / size_mm + 1000.0
            cx, cy, cz = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
            first, second = 9.0, 9.0
            for a in range(-1, 2):
                for b in range(-1, 2):
                    for c in range(-1, 2):
                        h = _hash(cx + a, cy + b, cz + c, seed)
                        px = cx + a + _unit(h)
                        py = cy + b + _unit(_hash(h, 1, 2, seed))
                        pz = cz + c + _unit(_hash(h, 3, 4, seed))
                        d = (px - x) ** 2 + (py - y) ** 2 + (pz - z) ** 2
                        if d < first:
                            second = first
                            first = d
                        elif d < second:
                            second = d
            gap = (np.sqrt(second) - np.sqrt(first)) / width_share
            out[i, j] -= depth * fade * np.exp(-gap * gap)


@numba.njit(cache=True)
def stamp_pores(
    height_mm,
    core,
    rest,
    on,
    pixel,
    centre,
    axis_u,
    axis_v,
    half_a,
    half_b,
    taper,
    power,
    depth_mm,
    fill,
    rim,
    reach_px,
):
    """Press pores into ``height_mm`` and their darkening into ``core``.

    The profile is exp(−ln 2 · r^power): half depth exactly at r = 1. A teardrop's half width
    grows along its long axis, b(u) = b (1 + taper · u/a): its area stays π·a·b, and its origin is
    moved by taper · a / 4, so that the centroid of the half-depth outline is the pore's place.
    """
    rows, cols = core.shape
    for n in range(len(pixel)):
        reach = reach_px[n]
        j0, j1 = max(0, int(pixel[n, 0] - reach)), min(cols - 1, int(pixel[n, 0] + reach) + 1)
        i0, i1 = max(0, int(pixel[n, 1] - reach)), min(rows - 1, int(pixel[n, 1] + reach) + 1)
        limit = (3.0 * half_a[n]) ** 2
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                if not on[i, j]:
                    continue
                dx = rest[i, j, 0] - centre[n, 0]
                dy = rest[i, j, 1] - centre[n, 1]
                dz = rest[i, j, 2] - centre[n, 2]
                if dx * dx + dy * dy + dz * dz > limit:
                    continue
                u = dx * axis_u[n, 0] + dy * axis_u[n, 1] + dz * axis_u[n, 2]
                v = dx * axis_v[n, 0] + dy * axis_v[n, 1] + dz * axis_v[n, 2]
                along = u / half_a[n] + 0.25 * taper[n]
                b = half_b[n] * max(1.0 + taper[n] * min(max(along, -1.4), 1.4), 0.15)
                r = np.sqrt(along * along + (v / b) ** 2)
                # Uneven rims; the factor undoes the mean growth of area that they bring.
                ragged = gradient_noise(
                    1.3 * u / half_b[n] + 17.0 * n, 1.3 * v / half_b[n] + 31.0, 5.0, 91
                )
                r *= 1.012 * (1.0 + 0.09 * ragged)
                f = np.exp(-0.6931472 * r ** power[n])
                if fill[n] * f > core[i, j]:
                    core[i, j] = fill[n] * f
                swell = rim[n] * np.exp(-(((r - 1.9) / 0.55) ** 2))
                dip = 0.12 * np.exp(-((r / 1.7) ** 2))
                height_mm[i, j] += swell - depth_mm[n] * (f + dip)


@numba.njit(cache=True)
def stamp_spots(out, rest, on, pixel, centre, radius, amplitude, power, wobble, seed, reach_px):
    """Add soft round marks of irregular outline (moles, freckles, acne marks)."""
    rows, cols = out.shape
    for n in range(len(pixel)):
        reach = reach_px[n]
        j0, j1 = max(0, int(pixel[n, 0] - reach)), min(cols - 1, int(pixel[n, 0] + reach) + 1)
        i0, i1 = max(0, int(pixel[n, 1] - reach)), min(rows - 1, int(pixel[n, 1] + reach) + 1)
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                if not on[i, j]:
                    continue
                dx = (rest[i, j, 0] - centre[n, 0]) / radius[n]
                dy = (rest[i, j, 1] - centre[n, 1]) / radius[n]
                dz = (rest[i, j, 2] - centre[n, 2]) / radius[n]
                r = np.sqrt(dx * dx + dy * dy + dz * dz)
                if r > 3.0:
                    continue
                r *= 1.0 + wobble[n] * gradient_noise(
                    dx * 1.1 + 50.0, dy * 1.1 + 50.0, dz * 1.1 + n * 7.0, seed
                )
                out[i, j] += amplitude[n] * np.exp(-0.6931472 * r ** power[n])


@numba.njit(cache=True)
def stamp_lines(out, chart, on, start, end, half_width, depth, px_per_mm, pixel):
    """Lower ``out`` along straight pieces of wrinkles, given in the rest skin's frontal (x, y)."""
    rows, cols = out.shape
    for n in range(len(start)):
        ax, ay, bx, by = start[n, 0], start[n, 1], end[n, 0], end[n, 1]
        length = np.sqrt((bx - ax) ** 2 + (by - ay) ** 2)
        reach = int((0.5 * length + 4.0 * half_width[n] + 2.5) * px_per_mm * 1.3) + 2
        j0, j1 = max(0, int(pixel[n, 0]) - reach), min(cols - 1, int(pixel[n, 0]) + reach)
        i0, i1 = max(0, int(pixel[n, 1]) - reach), min(rows - 1, int(pixel[n, 1]) + reach)
        for i in range(i0, i1 + 1):
            for j in range(j0, j1 + 1):
                if not on[i, j]:
                    continue
                px, py = chart[i, j, 0] - ax, chart[i, j, 1] - ay
                t = min(max((px * (bx - ax) + py * (by - ay)) / (length * length), 0.0), 1.0)
                d2 = (px - t * (bx - ax)) ** 2 + (py - t * (by - ay)) ** 2
                value = -depth[n] * np.exp(-d2 / (half_width[n] * half_width[n]))
                if value < out[i, j]:
                    out[i, j] = value


@numba.njit(cache=True, parallel=True)
def bump_normals(normals, place, height_mm, on, out, steepest):
    """Unit normals of the skin raised by ``height_mm`` along ``normals`` (surface gradient)."""
    rows, cols = height_mm.shape
    for i in numba.prange(rows):
        for j in range(cols):
            nx, ny, nz = normals[i, j, 0], normals[i, j, 1], normals[i, j, 2]
            out[i, j, 0], out[i, j, 1], out[i, j, 2] = nx, ny, nz
            if i == 0 or j == 0 or i == rows - 1 or j == cols - 1:
                continue
            if not (on[i, j] and on[i, j - 1] and on[i, j + 1] and on[i - 1, j] and on[i + 1, j]):
                continue
            sx = 0.5 * (place[i, j + 1, 0] - place[i, j - 1, 0])
            sy = 0.5 * (place[i, j + 1, 1] - place[i, j - 1, 1])
            sz = 0.5 * (place[i, j + 1, 2] - place[i, j - 1, 2])
            tx = 0.5 * (place[i + 1, j, 0] - place[i - 1, j, 0])
            ty = 0.5 * (place[i + 1, j, 1] - place[i - 1, j, 1])
            tz = 0.5 * (place[i + 1, j, 2] - place[i - 1, j, 2])
            if sx * sx + sy * sy + sz * sz > 25.0 or tx * tx + ty * ty + tz * tz > 25.0:
                continue
            hx = 0.5 * (height_mm[i, j + 1] - height_mm[i, j - 1])
            hy = 0.5 * (height_mm[i + 1, j] - height_mm[i - 1, j])
            ax, ay, az = ty * nz - tz * ny, tz * nx - tx * nz, tx * ny - ty * nx
            bx, by, bz = ny * sz - nz * sy, nz * sx - nx * sz, nx * sy - ny * sx
            det = sx * ax + sy * ay + sz * az
            if abs(det) < 1e-9:
                continue
            gx, gy, gz = (
                (hx * ax + hy * bx) / det,
                (hx * ay + hy * by) / det,
                (hx * az + hy * bz) / det,
            )
            steep = np.sqrt(gx * gx + gy * gy + gz * gz)
            if steep > steepest:
                gx, gy, gz = gx * steepest / steep, gy * steepest / steep, gz * steepest / steep
            mx, my, mz = nx - gx, ny - gy, nz - gz
            norm = np.sqrt(mx * mx + my * my + mz * mz)
            out[i, j, 0], out[i, j, 1], out[i, j, 2] = mx / norm, my / norm, mz / norm


@numba.njit(cache=True)
def draw_hairs(cover, tone, depth, points, radius_px, shade, hair_depth, slack_mm):
    """Paint tapered hairs with analytic pixel coverage, hidden where the skin is nearer.

    ``points`` (hairs, knots, 2) in pixels, ``hair_depth`` (hairs, knots) in mm.
    ``cover`` collects 1 − Π(1 − coverage), ``tone`` the shade under that coverage.
    """
    rows, cols = cover.shape
    hairs, knots, _ = points.shape
    for n in range(hairs):
        for k in range(knots - 1):
            ax, ay, bx, by = (
                points[n, k, 0],
                points[n, k, 1],
                points[n, k + 1, 0],
                points[n, k + 1, 1],
            )
            ra, rb = radius_px[n, k], radius_px[n, k + 1]
            reach = max(ra, rb) + 1.0
            j0, j1 = max(0, int(min(ax, bx) - reach)), min(cols - 1, int(max(ax, bx) + reach) + 1)
            i0, i1 = max(0, int(min(ay, by) - reach)), min(rows - 1, int(max(ay, by) + reach) + 1)
            dx, dy = bx - ax, by - ay
            length2 = dx * dx + dy * dy
            if length2 < 1e-8:
                continue
            for i in range(i0, i1 + 1):
                for j in range(j0, j1 + 1):
                    t = ((j - ax) * dx + (i - ay) * dy) / length2
                    # Half-open pieces, so that the joint of two pieces is painted once.
                    if t < 0.0 or t >= 1.0:
                        continue
                    d = abs((j - ax) * dy - (i - ay) * dx) / np.sqrt(length2)
                    r = ra + t * (rb - ra)
                    z = hair_depth[n, k] + t * (hair_depth[n, k + 1] - hair_depth[n, k])
                    if z > depth[i, j] + slack_mm:
                        continue
                    share = min(max(r + 0.5 - d, 0.0), 1.0) * min(1.0, 2.0 * r)
                    if share <= 0.0:
                        continue
                    tone[i, j] = tone[i, j] * (1.0 - share) + shade[n] * share
                    cover[i, j] = 1.0 - (1.0 - cover[i, j]) * (1.0 - share)
