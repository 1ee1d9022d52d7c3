"""Square patches around many places at once, and models put back into the picture."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask, Points

_HALF_WIDTHS = (3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 22, 29, 38, 50)
_MOST_PIXELS = 150_000  # of one batch: keeps the work in the processor's cache

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


def batches(reach_px: npt.NDArray[np.float64]) -> Iterator[tuple[Integers, int]]:
    """Group places by the half width of the patch that holds their reach.

    Parameters
    ----------
    reach_px : (N,) float64
        How far from its centre each place needs pixels.

    Yields
    ------
    (indices, half)
        Places and the half width in pixels of their patches.
    """
    widths = np.array(_HALF_WIDTHS)
    which = np.minimum(np.searchsorted(widths, reach_px), len(widths) - 1)
    for k in np.unique(which):
        half = int(widths[k])
        members = np.flatnonzero(which == k)
        size = max(1, _MOST_PIXELS // (2 * half + 1) ** 2)
        for start in range(0, len(members), size):
            yield members[start : start + size], half


@cache
def _offsets(half: int) -> tuple[Integers, Integers]:
    """Return rows and columns of the pixels of a patch relative to its middle, (n,) each."""
    axis = np.arange(-half, half + 1)
    rows, cols = np.meshgrid(axis, axis, indexing="ij")
    return rows.ravel(), cols.ravel()


class Patches:
    """The pixels within ``half`` of each of (N, 2) places.

    Attributes
    ----------
    dx, dy : (N, n) float32
        Position of each pixel relative to its place, ``n = (2 half + 1)²``.
    """

    def __init__(self, xy: Points, half: int, shape: tuple[int, int]) -> None:
        h, w = shape
        centre = np.rint(xy).astype(np.int64)
        oy, ox = _offsets(half)
        aside = (xy - centre).astype(np.float32)
        self.dx: Floats = ox.astype(np.float32) - aside[:, :1]
        self.dy: Floats = oy.astype(np.float32) - aside[:, 1:]
        size = np.array([w, h])
        self._whole = bool(np.all((centre >= half) & (centre < size - half)))
        if self._whole:  # most batches: nothing to look at pixel by pixel
            self._flat = (centre[:, 1:] * w + centre[:, :1]) + (oy * w + ox)
            return
        cols, rows = centre[:, :1] + ox, centre[:, 1:] + oy
        self._inside: npt.NDArray[np.bool_] = (cols >= 0) & (cols < w) & (rows >= 0) & (rows < h)
        self._flat = np.clip(rows, 0, h - 1) * w + np.clip(cols, 0, w - 1)

    def read(self, image: FloatImage) -> Floats:
        """Return (N, n) pixel values; those outside repeat the border."""
        values: Floats = image.reshape(-1)[self._flat]
        return values

    def read_mask(self, mask: Mask) -> npt.NDArray[np.bool_]:
        """Return (N, n) mask values; False outside the picture."""
        found: npt.NDArray[np.bool_] = mask.reshape(-1)[self._flat]
        return found if self._whole else found & self._inside

    def scattered(self, values: Floats) -> tuple[Integers, Floats]:
        """Return flat pixel index and value of all (N, n) values that lie in the picture."""
        if self._whole:
            return self._flat.ravel(), values.ravel()
        return self._flat[self._inside], values[self._inside]
