"""Bring both photos onto the common grid, in linear light.

A photo that lies on the grid pixel for pixel is copied. Where it is shrunk, a Gaussian first
takes out what the grid cannot carry. Interpolation is Lanczos over 8 pixels: of the kernels at
hand the one that blurs least (about 0.2 px at worst, at half pixels), so that what blur it adds
stays well below the blur of a camera and is measured with it by ``pores.match_conditions``.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from poremetrics.model import Box, FloatImage, Grid, Mask, Photo, RegionAlignment, Rgb, Scale
from poremetrics.photo import to_linear
from poremetrics.settings.align import AlignSettings

_REACH_PX = 4
"""Pixels the interpolation looks at to either side."""
_SIGMAS = 4.0
"""Of a Gaussian, that it is worked out to."""
_SAME_PLACE_PX = 1e-6


def antialias_sigma_px(shrink: float) -> float:
    """Return the Gaussian that takes sampling at ``shrink`` pixels without aliasing.

    Widens the photo's own point spread, which fills about half a pixel, to fill half a step:
    ``0.5 * sqrt(shrink**2 - 1)``.
    """
    return 0.5 * float(np.sqrt(max(shrink * shrink - 1.0, 0.0)))


def working_step_px(scale: Scale, settings: AlignSettings) -> float:
    """Return the photo pixels per grid pixel at which skin of known scale is worked on.

    1, or more where the photo is finer than what pores need: a macro shot shows them so large
    that no filter made for pores would know them again.

    Parameters
    ----------
    scale : Scale
        Of the photo.
    settings : AlignSettings
        Uses ``finest_px_per_mm`` and ``shrink_below``.
    """
    step_px = 1.0 / (scale.mm_per_px * settings.finest_px_per_mm)
    return step_px if 1.0 / step_px < settings.shrink_below else 1.0


def region_grid(box: Box, step_px: float) -> Grid:
    """Return the grid of a step over a box.

    Parameters
    ----------
    box : Box
        Part of a photo.
    step_px : float
        Photo pixels per grid pixel; at 1 the grid is the photo's own pixels.
    """
    return Grid.of_box(box) if step_px == 1.0 else coarser_grid(box, step_px)


def coarser_grid(box: Box, step_px: float) -> Grid:
    """Return the grid of a step above 1 over a box.

    It begins less than a pixel inside the box, at a place from which its pixels, continued, tile
    the photo from the edge of a pixel on. Such a grid is laid by shrinking the picture, several
    times faster than place by place.

    Parameters
    ----------
    box : Box
        Part of the before photo.
    step_px : float
        Photo pixels per grid pixel.
    """
    inset = ((_REACH_PX + 0.5) * step_px - 0.5) % 1.0
    rows, cols = (int((side - 1 - inset) / step_px) + 1 for side in box.shape)
    return Grid(box.x0 + inset, box.y0 + inset, step_px, (rows, cols))


def places(grid: Grid) -> FloatImage:
    """Return the (h, w, 2) places x, y of a grid's pixels in its photo."""
    rows, cols = grid.shape
    x, y = (
        (first + grid.step_px * np.arange(count)).astype(np.float32)
        for first, count in ((grid.x0, cols), (grid.y0, rows))
    )
    return np.dstack(np.meshgrid(x, y))


def on_grid_mask(skin: Mask, box: Box, grid: Grid) -> Mask:
    """Return a region's skin on its grid; a grid pixel counts where its place is skin.

    Parameters
    ----------
    skin : (h, w) bool
        In the photo's own pixels.
    box : Box
        Where they lie.
    grid : Grid
        Grid over the box.
    """
    if grid.step_px == 1.0:
        return skin
    rows, cols = (
        np.rint(first + grid.step_px * np.arange(count)).astype(np.intp)
        for first, count in zip((grid.y0 - box.y0, grid.x0 - box.x0), grid.shape, strict=True)
    )
    return np.asarray(skin[rows][:, cols])


def tiling_start(grid: Grid) -> tuple[int, int] | None:
    """Return the photo pixel x, y whose edge begins the tiling, ``_REACH_PX`` pixels before a grid.

    None for a grid that does not continue one.
    """
    before = (_REACH_PX + 0.5) * grid.step_px - 0.5
    start = np.array((grid.x0 - before, grid.y0 - before))
    x, y = np.rint(start).astype(int).tolist()
    return (x, y) if np.allclose(start, (x, y), rtol=0.0, atol=_SAME_PLACE_PX) else None


def shrunk(
    photo: Photo, grid: Grid, of_pixels: Callable[[Rgb], FloatImage], interpolation: int
) -> FloatImage:
    """Return a photo on a grid of :func:`coarser_grid`.

    Parameters
    ----------
    photo : Photo
        Photo the grid is laid on; its border is continued outwards.
    grid : Grid
        Its pixels tile the photo.
    of_pixels : callable
        Makes of (h, w, 3) uint8 sRGB what is to be laid on the grid.
    interpolation : int
        OpenCV's number of it.
    """
    start = tiling_start(grid)
    assert start is not None
    sigma_px = antialias_sigma_px(grid.step_px)
    margin = int(np.ceil(_SIGMAS * sigma_px))
    rows, cols = grid.shape
    low = np.array(start) - margin
    high = low + 2 * margin + np.ceil(grid.step_px * (np.array((cols, rows)) + 2 * _REACH_PX))
    size = np.array((photo.width_px, photo.height_px))
    box = Box(*np.maximum(low, 0).tolist(), *np.minimum(high, size).astype(int).tolist())
    (left, top), (right, bottom) = (
        outside.astype(int).tolist()
        for outside in (np.maximum(-low, 0), np.maximum(high - size, 0))
    )
    image = of_pixels(photo.pixels[box.slices])
    whole = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REPLICATE)
    del image  # the largest pictures of a whole pair of photos
    blurred = cv2.GaussianBlur(whole, (0, 0), sigma_px)
    del whole
    inside = slice(margin, -margin or None)
    by = 1.0 / grid.step_px
    small = cv2.resize(blurred[inside, inside], None, fx=by, fy=by, interpolation=interpolation)
    del blurred
    own = slice(_REACH_PX, _REACH_PX + rows), slice(_REACH_PX, _REACH_PX + cols)
    return np.ascontiguousarray(small[own], dtype=np.float32)


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
    if tiling_start(grid) is not None:
        # Lanczos overshoots beside glare and hair; light is never negative.
        sampled = shrunk(before, grid, to_linear, cv2.INTER_LANCZOS4)
        return np.maximum(sampled, 0.0, out=sampled)
    return _sample(before, places(grid), grid.step_px)


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
        Linear light; an exact copy where the map names whole pixels. The same as
        :func:`sample_before` where the map is that of one photo on itself.
    """
    if region.scale_ratio == 1.0 and np.array_equal(region.after_map, places(region.grid)):
        return sample_before(after, region.grid)
    shrink = region.steps_px[1]
    return _sample(after, region.after_map, shrink if np.isfinite(shrink) else 1.0)


def _sample(photo: Photo, at: FloatImage, shrink: float) -> FloatImage:
    """Return (h, w, 3) linear light of a photo at the positions ``at`` (h, w, 2)."""
    sigma_px = antialias_sigma_px(shrink)
    reach = _REACH_PX + int(np.ceil(_SIGMAS * sigma_px))
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
    return np.maximum(sampled, 0.0, out=sampled)
