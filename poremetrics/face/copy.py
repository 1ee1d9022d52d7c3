"""Reduced copies of a photo: what is large is found on few pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import Box, Mask, Points, Rgb


@dataclass(frozen=True, slots=True, eq=False)
class ReducedCopy:
    """A box of a photo, shrunk by area averaging.

    Attributes
    ----------
    pixels : (h, w, 3) uint8
        sRGB.
    box : Box
        The part of the photo it shows.
    """

    pixels: Rgb
    box: Box

    @property
    def factors(self) -> npt.NDArray[np.float64]:
        """(2,) copy pixels per photo pixel along x and y; equal but for rounding."""
        rows, columns = self.pixels.shape[:2]
        return np.array([columns / self.box.shape[1], rows / self.box.shape[0]])

    @property
    def factor(self) -> float:
        """Copy pixels per photo pixel."""
        return float(self.factors.mean())

    def to_photo(self, xy: Points) -> Points:
        """Map (N, 2) positions in the copy to positions in the photo."""
        return (np.asarray(xy) + 0.5) / self.factors - 0.5 + (self.box.x0, self.box.y0)

    def to_copy(self, xy: Points) -> Points:
        """Map (N, 2) positions in the photo to positions in the copy."""
        return (np.asarray(xy) - (self.box.x0, self.box.y0) + 0.5) * self.factors - 0.5

    def mesh_to_photo(self, mesh: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Map (N, 3) points in the copy to the photo, depth included."""
        return np.column_stack([self.to_photo(mesh[:, :2]), mesh[:, 2] / self.factor])

    def mesh_to_copy(self, mesh: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Map (N, 3) points in the photo to the copy, depth included."""
        return np.column_stack([self.to_copy(mesh[:, :2]), mesh[:, 2] * self.factor])

    def enlarge(self, mask: Mask, box: Box) -> Mask:
        """Sample a mask on the copy at every pixel of a box of the photo."""
        if not mask.any():
            return np.zeros(box.shape, dtype=np.bool_)
        start = self.to_copy(np.array([[box.x0, box.y0]], dtype=np.float64))[0]
        affine = np.column_stack([np.diag(self.factors), start])
        rows, columns = box.shape
        # Interpolating 0..255 and cutting at half keeps outlines smooth where they grow.
        grey = cv2.warpAffine(
            mask.astype(np.uint8) * 255,
            affine,
            (columns, rows),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(grey >= 128, dtype=np.bool_)


def reduced_copy(pixels: Rgb, box: Box, factor: float) -> ReducedCopy:
    """Shrink a box of a photo; a factor of 1 or more copies it as it is."""
    part = pixels[box.slices]
    if factor < 1.0:
        rows, columns = box.shape
        size = max(1, round(columns * factor)), max(1, round(rows * factor))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return ReducedCopy(np.ascontiguousarray(part), box)


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
