"""Drawing thousands of small round and oval things into a picture at sub-pixel places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from poremetrics.synthetic.records import FloatImage

Floats = npt.NDArray[np.float64]
_LN2 = float(np.log(2.0))
_RIM_AT, _RIM_WIDTH = 1.7, 0.25  # in half widths; zero where the half-depth contour lies
_PLUG_WIDTH, _PLUG_POWER = 0.5, 4.0
_REACH = 2.6  # half widths beyond which a mark is zero for all exponents >= 2.2


def profile(radius: Floats, sharpness: Floats, core: Floats) -> Floats:
    """Return depth against distance from the centre, 1 at the centre.

    A pit ``exp(-ln 2 u^p)`` plus a narrower core of ``core`` times its depth, together scaled to
    1 at the centre and to one half at ``radius`` 1.

    Parameters
    ----------
    radius : array_like
        Distance in half widths at half depth.
    sharpness, core : array_like
        Exponent of the pit; depth of the core against the pit.
    """
    stretched = radius * half_radius(sharpness, core)
    pit = np.exp(-_LN2 * stretched**sharpness)
    plug = np.exp(-_LN2 * (stretched / _PLUG_WIDTH) ** _PLUG_POWER)
    return np.asarray((pit + core * plug) / (1.0 + core), dtype=np.float64)


def half_radius(sharpness: Floats, core: Floats) -> Floats:
    """Return where pit and core together fall to half, in half widths of the pit alone."""
    low = np.zeros(np.broadcast(sharpness, core).shape)
    high = np.ones_like(low)
    for _ in range(30):
        middle = (low + high) / 2
        value = np.exp(-_LN2 * middle**sharpness) + core * np.exp(
            -_LN2 * (middle / _PLUG_WIDTH) ** _PLUG_POWER
        )
        above = value > (1.0 + core) / 2
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray((low + high) / 2, dtype=np.float64)


def stamp(
    shape: tuple[int, int],
    xy: Floats,
    major_px: Floats,
    minor_px: Floats,
    angle_deg: Floats,
    depth: Floats,
    sharpness: Floats,
    *,
    core: Floats | float = 0.0,
    rim: Floats | float = 0.0,
    lobes: Floats | float = 0.0,
    phase_deg: Floats | float = 0.0,
    light_deg: float | None = None,
) -> FloatImage:
    """Add up marks of given full widths at half depth.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the picture.
    xy : (N, 2) float64
        Centres.
    major_px, minor_px, angle_deg : (N,) float64
        Full widths at half depth along and across ``angle_deg`` (clockwise from x).
    depth, sharpness : (N,) float64
        Value at the centre; exponent of the profile.
    core, rim : (N,) float64
        Depth of a narrow core against the pit; height of a rim around it against ``depth``.
    lobes, phase_deg : (N,) float64
        Relative depth and direction of three lobes of the outline; its area stays.
    light_deg : float, optional
        Side the light comes from; the rim is brightest on the far side. Even without it.

    Returns
    -------
    (H, W) float32
        Sum of the marks, 0 elsewhere.
    """
    canvas = np.zeros(shape[0] * shape[1], np.float64)
    count = len(xy)
    columns = [
        np.broadcast_to(np.asarray(value, np.float64), (count,))
        for value in (major_px, minor_px, angle_deg, depth, sharpness, core, rim, lobes, phase_deg)
    ]
    reach = np.ceil(_REACH * np.maximum(columns[0], columns[1]) / 2).astype(int)
    # Widths are binned so that each bin is one block of arithmetic.
    bins = np.unique((4 * np.ceil(np.log2(np.maximum(reach, 1)) * 4) / 4).astype(int))
    half_sizes = np.unique(np.ceil(2.0 ** (bins / 4)).astype(int))
    group = np.searchsorted(half_sizes, reach)
    for index in range(len(half_sizes)):
        chosen = np.flatnonzero(group == index)
        for part in np.array_split(chosen, max(1, len(chosen) * half_sizes[index] ** 2 // 500_000)):
            _stamp_block(
                canvas, shape, xy[part], [c[part] for c in columns], half_sizes[index], light_deg
            )
    return canvas.reshape(shape).astype(np.float32)


def _stamp_block(
    canvas: Floats,
    shape: tuple[int, int],
    xy: Floats,
    columns: list[Floats],
    half: int,
    light_deg: float | None,
) -> None:
    """Add marks that fit in squares of ``2 half + 1`` pixels to the flat ``canvas``."""
    major, minor, angle_deg, depth, sharpness, core, rim, lobes, phase_deg = (
        column[:, None, None] for column in columns
    )
    corner = np.round(xy).astype(np.int64)
    steps = np.arange(-half, half + 1)
    px = corner[:, 0, None, None] + steps[None, None, :]
    py = corner[:, 1, None, None] + steps[None, :, None]
    dx = px - xy[:, 0, None, None]
    dy = py - xy[:, 1, None, None]
    angle = np.deg2rad(angle_deg)
    along = (dx * np.cos(angle) + dy * np.sin(angle)) / (major / 2)
    across = (dy * np.cos(angle) - dx * np.sin(angle)) / (minor / 2)
    radius = np.hypot(along, across)
    if np.any(lobes):
        wave = np.cos(3.0 * (np.arctan2(across, along) - np.deg2rad(phase_deg)))
        radius = radius * np.sqrt(1.0 + lobes**2 / 2.0) / (1.0 + lobes * wave)
    value = profile(radius, sharpness, core)
    if np.any(rim):
        ring = np.exp(-(((radius - _RIM_AT) / _RIM_WIDTH) ** 2))
        if light_deg is not None:
            light = np.deg2rad(light_deg)
            facing = -(dx * np.cos(light) - dy * np.sin(light)) / np.maximum(np.hypot(dx, dy), 1e-9)
            ring = ring * (0.35 + 0.65 * np.clip(facing, 0.0, 1.0))
        value = value - rim * ring
    px, py = np.broadcast_arrays(px, py)
    inside = (px >= 0) & (px < shape[1]) & (py >= 0) & (py < shape[0])
    np.add.at(canvas, (py * shape[1] + px)[inside], (depth * value)[inside])
