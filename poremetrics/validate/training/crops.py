"""Crops of pictures, changed at random, with what the network should say of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Points
from poremetrics.pores.network import CELL_PX, SEEN_PX, network_input
from poremetrics.pores.profile import FWHM_PER_SIGMA
from poremetrics.validate.training.looks import LOOKS, Look, bare
from poremetrics.validate.training.pictures import Picture

Floats = npt.NDArray[np.float64]

SIDE_PX = 96
_CELLS = SIDE_PX // CELL_PX
_ZOOM = (0.2, 1.35)
_STRETCH, _STRETCH_SHARE = (1.0, 1.6), 0.1  # pulled skin has oval pits, all along one way
_GAIN, _TINT_GAIN = (-0.5, 0.4), (-0.7, 0.5)  # ln
_BARE_SHARE = 0.08
_LEAST_SKIN, _TRIES = 0.5, 10
_SEEN_PX = (2.7, 7.5)
"""Diameters, as seen, that one scale should find; wider ones belong to the next scale."""
_OWN_CELLS = 0.65  # how far around its cell a pore may be claimed without blame
_SMALLEST_SEEN_PX = 1.6  # what is narrower leaves no mark
_SOFT_PX, _SOFT_SHARE = (0.2, 0.8), 0.4
_TOO_SOFT_PX, _TOO_SMALL_PX = 0.5, 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """What the network is shown, and what it should say.

    Attributes
    ----------
    shown : (4, S, S) float32
        See :func:`poremetrics.pores.network.network_input`.
    wanted : (5, S/2, S/2) float32
        Whether a pore has its centre in the cell, its offset in x and y in cells, the logarithm of
        its seen diameter over ``SEEN_PX``, and the weight of the cell.
    """

    shown: FloatImage
    wanted: FloatImage


def crop(picture: Picture, rng: np.random.Generator) -> Crop:
    """Cut a crop at a random place, scale, stretch, contrast, blur and look.

    Parameters
    ----------
    picture : Picture
    rng : Generator

    Returns
    -------
    Crop
    """
    skin = picture.skin
    top, left, h, w = _place(skin.mask, rng)
    zoom_xy = np.array([SIDE_PX / w, SIDE_PX / h])
    zoom = float(np.sqrt(zoom_xy.prod()))

    def cut(image: npt.NDArray[np.generic]) -> FloatImage:
        part = image[top : top + h, left : left + w].astype(np.float32)
        how = cv2.INTER_AREA if zoom < 1.0 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(part, (SIDE_PX, SIDE_PX), interpolation=how), np.float32)

    dark, mask, red, brown = map(cut, (skin.darkening, skin.mask, skin.redness, skin.brownness))
    soft = float(rng.uniform(*_SOFT_PX)) if rng.random() < _SOFT_SHARE else 0.0
    if soft > 0.0:
        dark = np.asarray(cv2.GaussianBlur(dark, (0, 0), soft), np.float32)
    gain = np.float32(np.exp(rng.uniform(*_GAIN)))
    tint = gain * np.float32(np.exp(rng.uniform(*_TINT_GAIN)))
    look = Look(gain * dark, tint * red, tint * brown)
    empty = rng.random() < _BARE_SHARE
    if empty:
        look = bare(look, rng)
    for share, change in LOOKS:
        if rng.random() < share:
            look = change(look, rng)
    shown = network_input(look.darkening, mask, look.redness, look.brownness)

    xy = (picture.xy - (left, top) + 0.5) * zoom_xy - 0.5
    blur_px = np.hypot(zoom * skin.blur_px, soft)
    seen = np.hypot(zoom * picture.diameter_px, FWHM_PER_SIGMA * blur_px)
    counts = picture.counts & (
        (soft <= _TOO_SOFT_PX) | (zoom * picture.diameter_px > _TOO_SMALL_PX)
    )
    near = ((xy > -1.0) & (xy < SIDE_PX)).all(axis=1) & (not empty)
    wanted = _wanted(xy[near], seen[near], counts[near], mask)
    return Crop(*_turned(shown, wanted, rng))


def _place(mask: npt.NDArray[np.bool_], rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Return top, left, height and width of a piece that is mostly usable skin, if one is found."""
    most = np.array(mask.shape)
    zoom = max(float(np.exp(rng.uniform(*np.log(_ZOOM)))), SIDE_PX / most.min())
    stretch = rng.uniform(*_STRETCH) if rng.random() < _STRETCH_SHARE else 1.0
    pull = np.sqrt(stretch) ** rng.permutation([1, -1])
    h, w = np.minimum(np.ceil(SIDE_PX / zoom * pull).astype(int), most)
    top = left = 0
    for _ in range(_TRIES):
        top, left = (int(rng.integers(room + 1)) for room in (most[0] - h, most[1] - w))
        if mask[top : top + h : 8, left : left + w : 8].mean() > _LEAST_SKIN:
            break
    return top, left, int(h), int(w)


def _wanted(
    xy: Points, seen_px: Floats, counts: npt.NDArray[np.bool_], mask: FloatImage
) -> FloatImage:
    inside = ((xy >= -0.5) & (xy < SIDE_PX - 0.5)).all(axis=1)
    found = counts & inside & (seen_px > _SEEN_PX[0]) & (seen_px < _SEEN_PX[1])
    weight = np.ones((_CELLS, _CELLS))
    cell = (xy + 0.5) / CELL_PX - 0.5
    rows, cols = np.indices(weight.shape)
    for (x, y), own, seen in zip(cell, found, seen_px, strict=True):
        r, c = max(0, int(y) - 3), max(0, int(x) - 3)
        part = np.s_[r : int(y) + 5, c : int(x) + 5]
        distance2 = (cols[part] - x) ** 2 + (rows[part] - y) ** 2
        if own:
            weight[part] *= (1.0 - np.exp(-0.5 * distance2 / _OWN_CELLS**2)) ** 2
        else:
            reach = 0.5 if seen < _SMALLEST_SEEN_PX else np.clip(0.21 * seen, 0.7, 3.0)
            weight[part] *= distance2 > reach**2
    wanted = np.zeros((5, _CELLS, _CELLS), dtype=np.float32)
    at = np.clip(np.rint(cell[found]).astype(np.intp), 0, _CELLS - 1)
    for (x, y), (col, row), seen in zip(cell[found], at, seen_px[found], strict=True):
        wanted[:4, row, col] = 1.0, x - col, y - row, np.log(seen / SEEN_PX)
        weight[row, col] = 1.0
    usable = cv2.resize(mask, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    wanted[4] = weight * (usable > _LEAST_SKIN)
    return wanted


def _turned(
    shown: FloatImage, wanted: FloatImage, rng: np.random.Generator
) -> tuple[FloatImage, FloatImage]:
    """Mirror at random; quarter turns are built into the network."""
    if rng.random() < 0.5:
        shown, wanted = shown[:, :, ::-1], wanted[:, :, ::-1].copy()
        wanted[1] *= -1.0
    return np.ascontiguousarray(shown), np.ascontiguousarray(wanted)
