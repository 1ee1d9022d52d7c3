"""Places that look like pores, by a small convolutional network.

What tells a pore from a hair root, a fold or grain is its surroundings, and no threshold on one
filter holds for every skin. The network sees flattened skin at several scales, each half the size
of the one before, and says for every cell of two by two pixels how probable it is that a pore has
its centre there, where in the cell, and how wide the dip is. Its filters come in groups of four
that are quarter turns of each other, so that a picture turned by 90° gives the same answer, turned.

Weights are made by ``python -m poremetrics.validate.training`` from skin with known pores. They are
one fixed setting for every photo.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask, Points, Skin
from poremetrics.pores._local import blur
from poremetrics.settings.pores import PoresSettings
from poremetrics.weights import Weights

NET = Weights(
    "pores", "pores.onnx", "e2854ffa52ba3edd35a902f4568936ff76ccea535798ebddff5ec5bd78e8c762"
)
"""Where it was made is told in ``weights/NOTICE``."""

# What the weights were made for: changing one of these means training anew.
SEEN_PX = 4.0
"""Diameter that the network calls 1, in pixels of the scale it is shown."""
CELL_PX = 2
_SMALLER = math.sqrt(2.0)  # from scale to scale: octaves apart, some pores suit neither scale
_ROUNDING = 1e-6  # px
_STRIDE = 8  # of the coarsest layer
_DARKENING, _TINT = 0.05, 0.05  # shown as 1
_MOST_TINT = 3.0
# A slope of fewer pixels than a few pores have is chance; beyond 4 median absolute darkenings lie
# 0.7 % of normal noise and nearly all of a pore.
_FEWEST_TINTED, _PLAIN, _NO_SHADE = 500, 4.0, 1e-9
_LEAST_RMS, _MOST_RMS, _FEWEST_RMS = 0.004, 5.0, -3.0
_AROUND_PX, _COARSE = 20.0, 4
_USABLE = 0.5  # share of a pixel
_LEAST_SIDE_PX = 48
_REACH_PX = 48  # of an answer: 42 pixels to either side, in whole cells of the coarsest layer
_PIECE_PX = 512  # about: what is longer is shown in pieces


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Places that may be pores.

    Attributes
    ----------
    xy : (N, 2) float64
        Positions in grid pixels.
    seen_px : (N,) float64
        Diameter of the dip as seen, in grid pixels.
    probability : (N,) float64
        Of being a pore.
    """

    xy: Points
    seen_px: npt.NDArray[np.float64]
    probability: npt.NDArray[np.float64]

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Spots:
        """Return the chosen spots."""
        return Spots(self.xy[rows], self.seen_px[rows], self.probability[rows])

    @staticmethod
    def join(parts: list[Spots]) -> Spots:
        """Return several sets of spots as one."""
        return Spots(
            *(np.concatenate([getattr(one, name) for one in parts]) for name in Spots.__slots__)
        )


def likely_spots(skin: Skin, settings: PoresSettings) -> Spots:
    """Find every place that may be a pore, at every scale.

    Parameters
    ----------
    skin : Skin
        From :func:`poremetrics.pores.flatten`.
    settings : PoresSettings
        Number of scales and least probability.

    Returns
    -------
    Spots
        Local maxima of the probability, of at least ``settings.candidate_probability``; a dip may
        be there at two scales.
    """
    return Spots.join(
        [_at_scale(skin, _SMALLER**step, settings) for step in range(settings.network_scales)]
    )


def _at_scale(skin: Skin, factor: float, settings: PoresSettings) -> Spots:
    """Return the spots that the network sees on skin made smaller by ``factor``."""
    rows, cols = (_STRIDE * math.ceil(side / (_STRIDE * factor)) for side in skin.mask.shape)
    if min(rows, cols) < _LEAST_SIDE_PX and factor > 1.0:
        return Spots(np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    # Alike on opposite sides, so that turning the picture turns its cells.
    h, w = skin.mask.shape
    high, wide = (2 * math.ceil(0.5 * side * factor - _ROUNDING) for side in (rows, cols))
    top, left = (high - h) // 2, (wide - w) // 2
    padding = (top, high - h - top, left, wide - w - left)
    answer = _answer(_shown(skin, padding, (cols, rows), settings))
    logit = answer[0]
    limit = np.log(settings.candidate_probability / (1.0 - settings.candidate_probability))
    peak = (logit >= cv2.dilate(logit, np.ones((3, 3), np.uint8))) & (logit > limit)
    row, col = np.nonzero(peak)
    x = (col + answer[1, row, col] + 0.5) * (CELL_PX * wide / cols) - 0.5 - left
    y = (row + answer[2, row, col] + 0.5) * (CELL_PX * high / rows) - 0.5 - top
    return Spots(
        xy=np.stack([x, y], axis=1).astype(np.float64),
        seen_px=SEEN_PX * factor * np.exp(answer[3, row, col].astype(np.float64)),
        probability=1.0 / (1.0 + np.exp(-logit[row, col].astype(np.float64))),
    )


def _answer(shown: FloatImage) -> FloatImage:
    """Return the network's answer, worked out in pieces along the longer side.

    Between its layers a network holds a hundred bytes a pixel. Each piece is shown with as much
    around it as its answer depends on, so that there are no seams.
    """
    along = 1 if shown.shape[1] >= shown.shape[2] else 2
    across = (slice(None),) * along
    length = shown.shape[along]
    count = max(1, round(length / _PIECE_PX))
    ends = [length * k // count // _STRIDE * _STRIDE for k in range(count)] + [length]
    answers = []
    for start, stop in pairwise(ends):
        low, high = max(start - _REACH_PX, 0), min(stop + _REACH_PX, length)
        answer = NET.run(shown[*across, low:high][None])[0][0]
        answers.append(answer[*across, (start - low) // CELL_PX : (stop - low) // CELL_PX])
    return np.concatenate(answers, axis=along)


def _shown(
    skin: Skin,
    padding: tuple[int, int, int, int],
    size: tuple[int, int],
    settings: PoresSettings,
) -> FloatImage:
    """Return the input for a skin with empty margins, made as small as ``size`` (width, height).

    Photos have more grain and JPEG noise from pixel to pixel than the skin that the network learned
    from, which was scaled when it was cut; so what it is shown is softened a little.
    """

    def small(own: FloatImage | Mask) -> FloatImage:
        own = np.asarray(own, dtype=np.float32)
        wide = cv2.copyMakeBorder(own, *padding, cv2.BORDER_CONSTANT)
        if wide.shape[::-1] != size:
            wide = cv2.resize(wide, size, interpolation=cv2.INTER_AREA)
        return np.asarray(wide, dtype=np.float32)

    return network_input(
        blur(small(skin.darkening), settings.network_soft_px),
        small(skin.mask),
        blur(small(skin.redness), settings.network_tint_soft_px),
        blur(small(skin.brownness), settings.network_tint_soft_px),
    )


def network_input(
    darkening: FloatImage, mask: FloatImage, redness: FloatImage, brownness: FloatImage
) -> FloatImage:
    """Return what the network is shown.

    Parameters
    ----------
    darkening, mask, redness, brownness : (h, w) float32
        Layers of a skin at one scale; of the mask, the share of a pixel that is usable.

    Returns
    -------
    (4, h, w) float32
        Darkening on a compressed scale; darkening over its own root mean square around; the two
        tints, as far as they do not go with the darkening. Zero outside the mask.
    """
    usable = np.asarray(mask) > _USABLE
    inside = usable.astype(np.float32)
    h, w = inside.shape
    size = max(1, w // _COARSE), max(1, h // _COARSE)
    power, share = (
        cv2.GaussianBlur(
            cv2.resize(full, size, interpolation=cv2.INTER_AREA), (0, 0), _AROUND_PX / _COARSE
        )
        for full in (darkening**2 * inside, inside)
    )
    rms = np.sqrt(np.maximum(power, 0.0) / np.maximum(share, 0.05) + 1e-6)
    rms = cv2.resize(rms, (w, h), interpolation=cv2.INTER_LINEAR)
    shown = np.empty((4, h, w), dtype=np.float32)
    np.arcsinh(darkening / _DARKENING, out=shown[0])
    np.clip(darkening / np.maximum(rms, _LEAST_RMS), _FEWEST_RMS, _MOST_RMS, out=shown[1])
    shown[1] *= 0.5
    shade = _plain_shade(darkening[usable])
    for row, tint in ((2, redness), (3, brownness)):
        own = tint - _slope(tint[usable], shade) * darkening
        np.clip(own / _TINT, -_MOST_TINT, _MOST_TINT, out=shown[row])
    shown *= inside
    return shown


def _plain_shade(dark: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the darkening of the pixels of plain skin, nothing for the rest.

    Noise and grading are alike for all encoded values, so that on skin, whose channels differ, the
    darker is also the redder and the browner. How much so hangs on camera and skin, and says
    nothing about pores.
    """
    if dark.size < _FEWEST_TINTED:
        return np.zeros_like(dark)
    plain = np.abs(dark) < _PLAIN * float(np.median(np.abs(dark)))
    return np.where(plain, dark, np.float32(0.0))


def _slope(tint: npt.NDArray[np.float32], shade: npt.NDArray[np.float32]) -> np.float32:
    """Return by how much a tint goes with the darkening of plain skin."""
    return np.float32(shade @ tint / max(float(shade @ shade), _NO_SHADE))
