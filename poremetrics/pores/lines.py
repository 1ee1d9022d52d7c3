"""Tell a dark line from a dark dot by whether the darkness goes on beyond the ends of the mark.

A hair or a wrinkle is found as a row of elongated dips. Each of them has more dark line on at
least one side, without a gap; between two pores there is bare skin.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage
from poremetrics.pores._local import blur
from poremetrics.pores.dips import Dips

_DIRECTIONS = 16
_DISTANCES = np.linspace(0.85, 2.35, 6)  # seen diameters from the centre
_FLANK = 1.1  # seen minor diameters to each side of the line
_SMOOTHING_PX = 0.8
_WIDEST_PX = 32_000  # OpenCV remaps no wider picture


def line_share(darkening: FloatImage, dips: Dips) -> npt.NDArray[np.float64]:
    """Measure how dark the darkest unbroken line out of each dip is.

    Parameters
    ----------
    darkening : (h, w) float32
        Flattened skin.
    dips : Dips

    Returns
    -------
    (N,) float64
        Over all directions, the largest of the smallest excess of the line over its flanks, as
        a share of the dip's depth: near 1 in a hair, near 0 or below around a pore.
    """
    n = len(dips.depth)
    if n == 0:
        return np.zeros(0)
    image = blur(darkening, _SMOOTHING_PX)
    angle = np.arange(_DIRECTIONS) * (2.0 * np.pi / _DIRECTIONS)
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    across = np.stack([-np.sin(angle), np.cos(angle)], axis=1)
    minor = dips.seen_px * np.exp(-0.5 * np.hypot(*dips.shear.T))
    reach = dips.seen_px[:, None, None, None] * _DISTANCES[None, None, :, None]
    on_line = dips.xy[:, None, None, :] + reach * along[None, :, None, :]
    aside = (_FLANK * minor)[:, None, None, None] * across[None, :, None, :]
    # A hundred places a dip: of half the size they are worked out in half the time.
    on_line, aside = on_line.astype(np.float32), aside.astype(np.float32)
    line, left, right = (_read(image, at) for at in (on_line, on_line + aside, on_line - aside))
    excess = line - 0.5 * (left + right)
    return np.asarray(excess.min(axis=2).max(axis=1) / np.maximum(dips.depth, 1e-6))


def _read(image: FloatImage, xy: FloatImage) -> FloatImage:
    """Return bilinear values at (..., 2) positions, 0 outside the picture."""
    flat = xy.reshape(-1, 2)
    columns = -(-len(flat) // _WIDEST_PX)
    padded = np.zeros((columns * -(-len(flat) // columns), 2), dtype=np.float32)
    padded[: len(flat)] = flat
    grid = padded.reshape(-1, columns, 2)
    found = cv2.remap(
        image, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    read = np.asarray(found, dtype=np.float32).ravel()[: len(flat)]
    return read.reshape(xy.shape[:-1])
