"""Per-pixel shading kernels: irradiance of soft boxes and sky, and the gloss of an oily surface."""

from __future__ import annotations

import numba
import numpy as np

FRESNEL_0 = 0.028
BROAD_LOBE = 0.62
SKY_MIRROR = 0.9


@numba.njit(cache=True, parallel=True)
def irradiance(out, normal, place, on, shade, bent, albedo, lamps, wrap, sky):
    """Light on the skin, per colour; ``lamps`` rows are x, y, z, power, r, g, b, distance."""
    rows, cols = on.shape
    count = lamps.shape[0]
    for i in numba.prange(rows):
        for j in range(cols):
            if not on[i, j]:
                continue
            nx, ny, nz = normal[i, j, 0], normal[i, j, 1], normal[i, j, 2]
            for k in range(count):
                lx = lamps[k, 0] - place[i, j, 0]
                ly = lamps[k, 1] - place[i, j, 1]
                lz = lamps[k, 2] - place[i, j, 2]
                far = np.sqrt(lx * lx + ly * ly + lz * lz)
                cosine = (nx * lx + ny * ly + nz * lz) / far
                strength = lamps[k, 3] * shade[i, j, k] * (lamps[k, 7] / far) ** 2
                for c in range(3):
                    out[i, j, c] += (
                        lamps[k, 4 + c] * strength * max(0.0, (cosine + wrap[c]) / (1.0 + wrap[c]))
                    )
            seen = shade[i, j, count]
            bx, by, bz = bent[i, j, 0], bent[i, j, 1], bent[i, j, 2]
            up = 0.5 + 0.35 * ny + 0.15 * (nx * bx + ny * by + nz * bz)
            for c in range(3):
                # Light shut out from the sky comes back tinted by the skin around.
                out[i, j, c] += sky * up * seen / (1.0 - 0.75 * albedo[i, j, c] * (1.0 - seen))


@numba.njit(inline="always")
def _lobe(n_h, n_v, n_l, alpha):
    a2 = alpha * alpha
    d = a2 / (np.pi * (n_h * n_h * (a2 - 1.0) + 1.0) ** 2)
    k = 0.5 * alpha
    return d * 0.25 / ((n_v * (1 - k) + k) * (n_l * (1 - k) + k))


@numba.njit(cache=True, parallel=True)
def add_gloss(out, normal, place, on, shade, strength, lamps, eye, alpha, sky):
    """Add the mirrored light of two GGX lobes and of the sky; lamp column 8 is its half width."""
    rows, cols = on.shape
    count = lamps.shape[0]
    for i in numba.prange(rows):
        for j in range(cols):
            if not on[i, j] or strength[i, j] <= 0.0:
                continue
            nx, ny, nz = normal[i, j, 0], normal[i, j, 1], normal[i, j, 2]
            vx, vy, vz = eye[0] - place[i, j, 0], eye[1] - place[i, j, 1], eye[2] - place[i, j, 2]
            far = np.sqrt(vx * vx + vy * vy + vz * vz)
            vx, vy, vz = vx / far, vy / far, vz / far
            n_v = min(max(nx * vx + ny * vy + nz * vz, 0.05), 1.0)
            for k in range(count):
                lx = lamps[k, 0] - place[i, j, 0]
                ly = lamps[k, 1] - place[i, j, 1]
                lz = lamps[k, 2] - place[i, j, 2]
                far = np.sqrt(lx * lx + ly * ly + lz * lz)
                lx, ly, lz = lx / far, ly / far, lz / far
                n_l = nx * lx + ny * ly + nz * lz
                if n_l <= 0.0 or shade[i, j, k] <= 0.0:
                    continue
                hx, hy, hz = lx + vx, ly + vy, lz + vz
                far = np.sqrt(hx * hx + hy * hy + hz * hz)
                n_h = max((nx * hx + ny * hy + nz * hz) / far, 0.0)
                v_h = (vx * hx + vy * hy + vz * hz) / far
                fresnel = FRESNEL_0 + (1 - FRESNEL_0) * (1 - v_h) ** 5
                lobes = 0.6 * _lobe(n_h, n_v, n_l, alpha + 0.5 * lamps[k, 8])
                lobes += 0.4 * _lobe(n_h, n_v, n_l, BROAD_LOBE)
                value = (
                    np.pi * lamps[k, 3] * shade[i, j, k] * fresnel * lobes * n_l * strength[i, j]
                )
                for c in range(3):
                    out[i, j, c] += value * lamps[k, 4 + c]
            rim = FRESNEL_0 + 0.6 * (1 - n_v) ** 5
            seen = shade[i, j, count]
            value = sky * SKY_MIRROR * seen * seen * rim * strength[i, j] * (0.55 + 0.45 * ny)
            for c in range(3):
                out[i, j, c] += value
