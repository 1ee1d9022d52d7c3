"""Bring both photos onto the common grid, in linear light.

A photo that lies on the grid pixel for pixel is copied. Where it is shrunk, a Gaussian first
takes out what the grid cannot carry. Interpolation is Lanczos over 8 pixels: of the kernels at
hand the one that blurs least (about 0.2 px at worst, at half pixels), so that what blur it adds
stays well below the blur of a camera and is measured with it by ``pores.match_conditions``.
"""

from __future__ import annotations

import cv2
import numpy as np

from poremetrics.model import Box, FloatImage, Grid, Photo, RegionAlignment
from poremetrics.photo import to_linear

_REACH_PX = 4
"""Pixels the interpolation looks at to either side."""


def antialias_sigma_px(shrink: float) -> float:
    """Return the Gaussian that takes sampling at ``shrink`` pixels without aliasing.

    Widens the photo's own point spread, which fills about half a pixel, to fill half a step:
    ``0.5 * sqrt(shrink**2 - 1)``.
    """
    return 0.5 * float(np.sqrt(max(shrink * shrink - 1.0, 0.0)))


def sample_before(before: Photo, grid: Grid) -> FloatImage:
    """Return the before photo on the grid.

    Parameters
    ----------
    before : Photo
        Photo the grid is laid on.
    grid : Grid
        Common sampling grid.

    Returns
    -------
    (h, w, 3) float32
        Linear light; an exact copy where the grid's pixels are the photo's.
    """
    rows, cols = grid.shape
    x0, y0 = int(grid.x0), int(grid.y0)
    within = x0 >= 0 and y0 >= 0 and x0 + cols <= before.width_px and y0 + rows <= before.height_px
    if grid.step_px == 1.0 and (x0, y0) == (grid.x0, grid.y0) and within:
        return to_linear(before.pixels[y0 : y0 + rows, x0 : x0 + cols])
    x = (grid.x0 + grid.step_px * np.arange(cols)).astype(np.float32)
    y = (grid.y0 + grid.step_px * np.arange(rows)).astype(np.float32)
    return _sample(before, np.dstack(np.meshgrid(x, y)), grid.step_px)


def sample_after(after: Photo, region: RegionAlignment) -> FloatImage:
    """Return the after photo on the grid of an aligned region.

    Parameters
    ----------
    after : Photo
        The after photo as it was given.
    region : RegionAlignment
        Grid and map of the region.

    Returns
    -------
    (h, w, 3) float32
        Linear light; an exact copy where the map names whole pixels.
    """
    shrink = region.scale_ratio * region.grid.step_px
    return _sample(after, region.after_map, shrink if np.isfinite(shrink) else 1.0)


def _sample(photo: Photo, at: FloatImage, shrink: float) -> FloatImage:
    """Return (h, w, 3) linear light of a photo at the positions ``at`` (h, w, 2)."""
    sigma_px = antialias_sigma_px(shrink)
    reach = _REACH_PX + int(np.ceil(4.0 * sigma_px))
    x, y = cv2.split(at)
    low = np.floor((x.min(), y.min())).astype(int) - reach
    high = np.ceil((x.max(), y.max())).astype(int) + reach + 1
    box = Box(
        *np.clip(low, 0, (photo.width_px - 1, photo.height_px - 1)).tolist(),
        *np.clip(high, 1, (photo.width_px, photo.height_px)).tolist(),
    )
    patch = to_linear(photo.pixels[box.slices])
    x, y = x - np.float32(box.x0), y - np.float32(box.y0)
    if shrink <= 1.0 and np.array_equal(x, np.rint(x)) and np.array_equal(y, np.rint(y)):
        cols = np.clip(x.astype(np.intp), 0, patch.shape[1] - 1)
        rows = np.clip(y.astype(np.intp), 0, patch.shape[0] - 1)
        return np.asarray(patch[rows, cols])
    if sigma_px > 0:
        patch = np.asarray(
            cv2.GaussianBlur(patch, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE),
            dtype=np.float32,
        )
    sampled = cv2.remap(
        patch,
        x,
        y,
        cv2.INTER_LANCZOS4,
        borderMode=cv2.BORDER_REPLICATE,
    )
    # Lanczos overshoots beside glare and hair; light is never negative.
    return np.maximum(sampled, 0.0)
