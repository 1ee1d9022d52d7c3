"""Places that may be pores: scale-space maxima of the response to a dark dip.

Maxima of a Laplacian-of-Gaussian filter at a ladder of scales, low above the local noise, so that
nothing is missed; what several filters say of each decides (:mod:`poremetrics.pores.evidence`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from poremetrics.model import FloatImage, Points, Skin
from poremetrics.pores._local import blur, local_noise, shrink
from poremetrics.pores.evidence import probability
from poremetrics.pores.profile import FWHM_PER_SIGMA
from poremetrics.settings.pores import PoresSettings

_SHRINK_ABOVE_PX = 3.0  # coarser filters run on a picture of a quarter of the pixels


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Places that may be pores.

    Attributes
    ----------
    xy : (N, 2) float64
        Positions in grid pixels.
    seen_px : (N,) float64
        Diameter of the Gaussian dip that the filter matches.
    probability : (N,) float64
        Of being a pore, see :mod:`poremetrics.pores.evidence`.
    """

    xy: Points
    seen_px: npt.NDArray[np.float64]
    probability: npt.NDArray[np.float64]

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Candidates:
        """Return the chosen candidates."""
        return Candidates(self.xy[rows], self.seen_px[rows], self.probability[rows])


def ladder(settings: PoresSettings) -> npt.NDArray[np.float64]:
    """Return the standard deviations of the filters in pixels, finest first."""
    octaves = np.log2(settings.largest_sigma_px / settings.smallest_sigma_px)
    count = int(np.floor(octaves * settings.scales_per_octave + 1e-9)) + 1
    steps = np.arange(count) / settings.scales_per_octave
    return np.asarray(settings.smallest_sigma_px * 2.0**steps, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Maxima of the filters.

    Attributes
    ----------
    xy : (N, 2) float64
        Places in grid pixels.
    sigma_px : (N,) float64
        Standard deviation of the filter that answers there.
    height : (N,) float64
        Its answer.
    over_noise : (N,) float64
        Its answer in units of its local noise.
    """

    xy: Points
    sigma_px: npt.NDArray[np.float64]
    height: npt.NDArray[np.float64]
    over_noise: npt.NDArray[np.float64]


def candidates(skin: Skin, settings: PoresSettings) -> Candidates:
    """Find the places that may be pores.

    Parameters
    ----------
    skin : Skin
    settings : PoresSettings

    Returns
    -------
    Candidates
        Strongest first, of a probability of at least ``settings.candidate_probability`` or clearly
        dark, at least ``settings.separation`` apart.
    """
    spots = find_spots(skin, settings)
    likely = probability(skin, spots.xy, spots.sigma_px)
    # A wide filter is as sure of two pores that touch as a narrow one is of each: where noise does
    # not matter the height of the answer decides.
    sure = (likely >= settings.pore_probability) & (spots.over_noise > settings.touching_snr)
    strength = np.where(sure, 1.0 + spots.height, likely)
    # What is clearly dark but no pore is measured too: a reader wants to know why it is none.
    kept = (likely >= settings.candidate_probability) | (spots.over_noise >= settings.clear_snr)
    order = np.lexsort((spots.xy[:, 0], spots.xy[:, 1], -strength))
    order = order[kept[order]]
    found = Candidates(spots.xy, FWHM_PER_SIGMA * spots.sigma_px, likely).take(order)
    keep = thin_out(found.xy, found.seen_px, strength[order], share=settings.separation)
    return found.take(keep)


def find_spots(skin: Skin, settings: PoresSettings) -> Spots:
    """Find every place whose response to a dark dip is a maximum in space, at every scale.

    Parameters
    ----------
    skin : Skin
    settings : PoresSettings

    Returns
    -------
    Spots
        At least ``settings.candidate_snr`` above the noise.
    """
    parts = [_maxima(skin, float(sigma), settings) for sigma in ladder(settings)]
    columns = (np.concatenate([getattr(one, name) for one in parts]) for name in Spots.__slots__)
    return Spots(*columns)


def _maxima(skin: Skin, sigma: float, settings: PoresSettings) -> Spots:
    """Return the maxima of one filter."""
    factor = 2.0 if sigma > _SHRINK_ABOVE_PX else 1.0
    image = shrink(skin.darkening, factor)
    mask = skin.mask if factor == 1.0 else shrink(skin.mask.astype(np.float32), factor) > 0.5
    zoom_y, zoom_x = (a / b for a, b in zip(skin.darkening.shape, image.shape, strict=True))
    scale = sigma / np.sqrt(zoom_x * zoom_y)
    response = -cv2.Laplacian(blur(image, scale), cv2.CV_32F) * np.float32(scale**2)
    noise = local_noise(-response, mask, round(settings.noise_tile_px / factor))
    highest = cv2.dilate(response, np.ones((3, 3), np.uint8))
    peak = (response >= highest) & (response > settings.candidate_snr * noise) & mask
    peak[[0, -1], :] = False
    peak[:, [0, -1]] = False
    rows, cols = np.divmod(np.flatnonzero(peak), peak.shape[1])
    dx, dy = _parabola(response, rows, cols)
    x = (cols + dx + 0.5) * zoom_x - 0.5
    y = (rows + dy + 0.5) * zoom_y - 0.5
    height = response[rows, cols].astype(np.float64)
    return Spots(
        xy=np.stack([x, y], axis=1),
        sigma_px=np.full(len(rows), sigma),
        height=height,
        over_noise=height / np.maximum(noise[rows, cols], 1e-6),
    )


def _parabola(
    image: FloatImage, rows: npt.NDArray[np.intp], cols: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the sub-pixel offset of maxima by a parabola along each axis."""

    def along(before: FloatImage, at: FloatImage, after: FloatImage) -> npt.NDArray[np.float64]:
        bend = np.minimum(before + after - 2.0 * at, -1e-9)
        return np.clip(0.5 * (before - after) / bend, -0.5, 0.5).astype(np.float64)

    at = image[rows, cols]
    return (
        along(image[rows, cols - 1], at, image[rows, cols + 1]),
        along(image[rows - 1, cols], at, image[rows + 1, cols]),
    )


def thin_out(
    xy: Points,
    diameter: npt.NDArray[np.float64],
    strength: npt.NDArray[np.float64],
    *,
    share: float,
) -> npt.NDArray[np.bool_]:
    """Keep the strongest of those that are closer than ``share`` of their mean diameter.

    Parameters
    ----------
    xy : (N, 2) float64
    diameter, strength : (N,) float64
    share : float
        Distance limit in mean diameters.

    Returns
    -------
    (N,) bool
        What stays. Something suppressed suppresses nothing itself.
    """
    n = len(xy)
    undecided = np.ones(n, dtype=bool)
    keep = np.zeros(n, dtype=bool)
    if n == 0:
        return keep
    pairs = cKDTree(xy).query_pairs(share * float(diameter.max()), output_type="ndarray")
    apart = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    pairs = pairs[apart < share * 0.5 * (diameter[pairs[:, 0]] + diameter[pairs[:, 1]])]
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(-strength, kind="stable")] = np.arange(n)
    swap = rank[pairs[:, 0]] > rank[pairs[:, 1]]
    strong = np.where(swap, pairs[:, 1], pairs[:, 0])
    weak = np.where(swap, pairs[:, 0], pairs[:, 1])
    while undecided.any():
        live = undecided[strong] & undecided[weak]
        beaten = np.zeros(n, dtype=bool)
        beaten[weak[live]] = True
        best = undecided & ~beaten
        keep |= best
        undecided &= ~best
        lost = weak[best[strong]]
        undecided[lost] = False
    return keep
