"""Paired spatial block bootstrap: the same patch of skin before and after.

Pores cluster and share light, focus and alignment error with their neighbours, so skin, not single
pores, is drawn again. Every measure is a function of sums over blocks; one matrix product of
the draws with those sums gives the measure in every draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from poremetrics.model import Mask, Points

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Partition of a region's common area into square blocks.

    Attributes
    ----------
    label : (h, w) int32
        Block of every grid pixel; -1 outside the common area.
    area_px2 : (T,) float64
        Common area of every block, in grid pixels.
    inside : (K,) int64
        Flat index of the pixels of the common area.
    of_inside : (K,) int64
        Their blocks.
    """

    label: npt.NDArray[np.int32]
    area_px2: FloatArray
    inside: npt.NDArray[np.int64]
    of_inside: npt.NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of blocks."""
        return int(self.area_px2.size)

    def of(self, xy: Points) -> npt.NDArray[np.int64]:
        """Return the block of each of (N, 2) grid positions; -1 outside the common area."""
        height, width = self.label.shape
        cols = np.clip(np.rint(xy[:, 0]), 0, width - 1).astype(np.int64)
        rows = np.clip(np.rint(xy[:, 1]), 0, height - 1).astype(np.int64)
        return self.label[rows, cols].astype(np.int64)

    def sum(self, values: npt.NDArray[np.floating] | Mask) -> FloatArray:
        """Return the sum of an (h, w) map over each block."""
        weights = np.ravel(values)[self.inside]
        return np.bincount(self.of_inside, weights=weights, minlength=self.count).astype(np.float64)


def partition(common: Mask, side_px: float) -> Blocks:
    """Cut a common area into square blocks.

    Slivers smaller than a quarter of a block are joined to the next larger block in scan
    order, so that no draw rests on a handful of pixels.

    Parameters
    ----------
    common : (h, w) bool
        Common area on the grid.
    side_px : float
        Side of a block in grid pixels.

    Returns
    -------
    Blocks
        Blocks numbered from 0 without gaps; none where ``common`` is empty.
    """
    height, width = common.shape
    # Whatever the scale: no block is finer than a pixel, none needs to be larger than the grid.
    side_px = min(max(side_px, 1.0), float(max(height, width, 1)))
    rows = (np.arange(height) / side_px).astype(np.int32)
    cols = (np.arange(width) / side_px).astype(np.int32)
    raw = rows[:, None] * (int(cols[-1]) + 1 if width else 1) + cols[None, :]
    inside = np.flatnonzero(common)
    inside_raw = raw.ravel()[inside]
    size = np.bincount(inside_raw, minlength=1)
    names = np.flatnonzero(size)
    full = names[size[names] >= 0.25 * side_px**2]
    if full.size == 0:
        full = names[:1]
    # A sliver goes to the nearest full block in scan order.
    target = np.clip(np.searchsorted(full, names), 0, max(full.size - 1, 0))
    lookup = np.full(max(size.size, 1), -1, dtype=np.int64)
    lookup[names] = target
    label = np.full(common.shape, -1, dtype=np.int32)
    of_inside = lookup[inside_raw]
    label.ravel()[inside] = of_inside
    area = np.bincount(of_inside, minlength=full.size).astype(np.float64)
    return Blocks(label, area[: full.size], inside, of_inside)


@lru_cache(maxsize=16)
def draws(block_count: int, draw_count: int, seed: int) -> FloatArray:
    """Return how often each block is taken in each bootstrap draw.

    Parameters
    ----------
    block_count, draw_count : int
        Blocks T and draws B.
    seed : int
        Seed of the generator.

    Returns
    -------
    (B + 1, T) float64
        Row 0 is all ones, the sample itself; the others are multinomial draws. Read-only, since
        equal calls share it.
    """
    rng = np.random.default_rng(seed)
    taken = rng.integers(block_count, size=(draw_count, block_count))
    # Numbered draw by draw, all of them are counted in one pass: ten times as fast as multinomials.
    numbered = (taken + block_count * np.arange(draw_count)[:, None]).ravel()
    drawn = np.bincount(numbered, minlength=draw_count * block_count)
    weights = np.ones((draw_count + 1, block_count))
    weights[1:] = drawn.reshape(draw_count, block_count)
    weights.setflags(write=False)
    return weights
