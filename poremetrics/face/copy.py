"""Reduced copies of a photo: what is large is found on few pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import Box, Mask, Points, Rgb

# Pixels per side that are averaged, at least, where others are skipped.
_AVERAGED = 1.3
_CHANNELS = 4
_BAND_ROWS = 64  # of 16 bits at once: they stay in the cache, and little memory is taken
# Levels as they are averaged more than once: rounded finely in between.
_SIXTEEN_BIT = (np.arange(256) * 256).astype(np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class ReducedCopy:
    """A part of a photo, shrunk by area averaging.

    Attributes
    ----------
    pixels : (h, w, 3) uint8
        sRGB.
    corner : (2,) float64
        x, y of the copy's upper left corner, counted in photo pixels from the photo's corner
        (which is half a pixel before the centre of its first pixel).
    factors : (2,) float64
        Copy pixels per photo pixel along x and y; equal but for rounding.
    """

    pixels: Rgb
    corner: npt.NDArray[np.float64]
    factors: npt.NDArray[np.float64]

    @property
    def factor(self) -> float:
        """Copy pixels per photo pixel."""
        return float(self.factors.mean())

    def part(self, box: Box) -> ReducedCopy:
        """Return a box of the copy's own pixels as a copy."""
        corner = self.corner + np.array([box.x0, box.y0]) / self.factors
        return ReducedCopy(self.pixels[box.slices], corner, self.factors)

    def to_photo(self, xy: Points) -> Points:
        """Map (N, 2) positions in the copy to positions in the photo."""
        return (np.asarray(xy) + 0.5) / self.factors + self.corner - 0.5

    def to_copy(self, xy: Points) -> Points:
        """Map (N, 2) positions in the photo to positions in the copy."""
        return (np.asarray(xy) + 0.5 - self.corner) * self.factors - 0.5

    def mesh_to_photo(self, mesh: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Map (N, 3) points in the copy to the photo, depth included."""
        return np.column_stack([self.to_photo(mesh[:, :2]), mesh[:, 2] / self.factor])

    def mesh_to_copy(self, mesh: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Map (N, 3) points in the photo to the copy, depth included."""
        return np.column_stack([self.to_copy(mesh[:, :2]), mesh[:, 2] * self.factor])

    def enlarge(self, masks: Mapping[str, Mask], box: Box) -> dict[str, Mask]:
        """Sample masks on the copy at every pixel of a box of the photo."""
        start = self.to_copy(np.array([[box.x0, box.y0]], dtype=np.float64))[0]
        affine = np.column_stack([np.diag(self.factors), start])
        rows, columns = box.shape
        found = {name: np.zeros(box.shape, dtype=np.bool_) for name in masks}
        # Interpolating 0..255 and cutting at half keeps outlines smooth where they grow. Four
        # masks at once take hardly longer than one.
        shown = [name for name, mask in masks.items() if mask.any()]
        for first in range(0, len(shown), _CHANNELS):
            group = shown[first : first + _CHANNELS]
            grey = cv2.merge([masks[name].astype(np.uint8) * 255 for name in group])
            sampled = cv2.warpAffine(
                grey,
                affine,
                (columns, rows),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            for name, plane in zip(group, cv2.split(sampled), strict=True):
                found[name] = np.asarray(plane >= 128, dtype=np.bool_)
        return found


def reduced_copy(pixels: Rgb, box: Box, factor: float, *, thin: bool = False) -> ReducedCopy:
    """Shrink a box of a photo; a factor of 1 or more copies it as it is.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        sRGB.
    box : Box
        Part to show.
    factor : float
        Copy pixels per photo pixel.
    thin : bool
        Skip rows and columns before averaging: several times faster on a large photo, a little
        noisier; enough to find landmarks on.
    """
    rows, columns = box.shape
    skip = max(1, int(1.0 / (factor * _AVERAGED))) if thin else 1
    part = _every(skip, pixels[box.slices])
    # The kept pixels stand for blocks that begin (skip - 1) / 2 before them.
    corner = np.array([box.x0, box.y0], dtype=np.float64) - (skip - 1) / 2
    extent = np.array(part.shape[1::-1], dtype=np.float64) * skip
    size = max(1, round(columns * factor)), max(1, round(rows * factor))
    if factor <= 0.5 and min(box.shape) > 1 and not thin:
        # Pairs of pixels are averaged quickly, and leave a quarter for what fractions of them cost.
        half = _halved(part)
        extent = np.array(half.shape[1::-1], dtype=np.float64) * 2
        fine = cv2.resize(half, size, interpolation=cv2.INTER_AREA)
        part = np.asarray(cv2.convertScaleAbs(fine, alpha=1 / _SIXTEEN_BIT[1]), dtype=np.uint8)
    elif factor < 1.0:
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    factors = np.array(part.shape[1::-1]) / extent
    return ReducedCopy(np.ascontiguousarray(part), corner, factors)


def _halved(pixels: Rgb) -> npt.NDArray[np.uint16]:
    """Return the means of two by two pixels in 16 bits, worked out band by band."""
    rows, columns = (side // 2 for side in pixels.shape[:2])
    half = np.empty((rows, columns, 3), dtype=np.uint16)
    for top in range(0, rows, _BAND_ROWS):
        band = half[top : top + _BAND_ROWS]
        fine = cv2.LUT(pixels[2 * top : 2 * (top + len(band)), : 2 * columns], _SIXTEEN_BIT)
        cv2.resize(fine, (columns, len(band)), dst=band, interpolation=cv2.INTER_AREA)
    return half


def _every(skip: int, pixels: Rgb) -> Rgb:
    """Return ``pixels[::skip, ::skip]``, which OpenCV copies several times faster."""
    if skip == 1 or pixels.shape[1] < skip:
        return pixels[::skip, ::skip]
    whole = pixels.shape[1] // skip
    size = whole, -(-pixels.shape[0] // skip)
    kept = cv2.resize(pixels[::skip, : whole * skip], size, interpolation=cv2.INTER_NEAREST)
    rest = pixels[::skip, whole * skip :: skip]
    return np.concatenate([kept, rest], axis=1)


def clipped_box(low: Points, high: Points, width_px: int, height_px: int) -> Box:
    """Return the pixel rectangle from ``low`` to ``high``, inclusive, inside the photo."""
    x0, y0 = (int(value) for value in np.floor(low))
    x1, y1 = (int(value) + 1 for value in np.ceil(high))
    x0, x1 = (min(max(value, 0), width_px) for value in (x0, x1))
    y0, y1 = (min(max(value, 0), height_px) for value in (y0, y1))
    return Box(x0, y0, x1, y1)


def fill_polygon(polygon: Points, box: Box) -> Mask:
    """Return the (h, w) mask of the pixels of ``box`` inside a polygon in photo pixels."""
    canvas = np.zeros(box.shape, dtype=np.uint8)
    shift = 4
    corners = np.round((np.asarray(polygon) - (box.x0, box.y0)) * (1 << shift)).astype(np.int32)
    cv2.fillPoly(canvas, [corners], 1, shift=shift)
    return canvas.astype(np.bool_)


def inside_polygon(xy: Points, polygon: Points) -> Mask:
    """Return which of (N, 2) points lie inside a polygon, by the even-odd rule."""
    (x, y), start, end = np.asarray(xy).T, polygon, np.roll(polygon, -1, axis=0)
    x, y = x[:, None], y[:, None]
    straddles = (start[:, 1] > y) != (end[:, 1] > y)
    rise = np.where(start[:, 1] == end[:, 1], 1.0, end[:, 1] - start[:, 1])
    crossing = start[:, 0] + (y - start[:, 1]) * (end[:, 0] - start[:, 0]) / rise
    return np.asarray((straddles & (x < crossing)).sum(axis=1) % 2 == 1, dtype=np.bool_)
