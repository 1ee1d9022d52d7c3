"""Places to be measured: what looks like a pore, and what is dark enough to need a reason.

The network says which places look like pores (:mod:`poremetrics.pores.network`). Dark marks that it
does not take for pores are measured too where they stand out clearly, so that the tables can say
what they are: a hair, a mole, a piece of a line.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from poremetrics.model import FloatImage, Points, Skin
from poremetrics.pores._local import blur, local_noise, shrink
from poremetrics.pores.network import Spots, likely_spots
from poremetrics.pores.profile import FWHM_PER_SIGMA
from poremetrics.settings.pores import PoresSettings

_SHRINK_ABOVE_PX = 3.0  # coarser filters run on a picture of a quarter of the pixels


def candidates(skin: Skin, settings: PoresSettings) -> Spots:
    """Find the places that may be pores, and clear dark marks that are none.

    Parameters
    ----------
    skin : Skin
    settings : PoresSettings

    Returns
    -------
    Spots
        Most probable first, at least ``settings.separation`` apart.
    """
    likely = without_joined(likely_spots(skin, settings), settings)
    marks, height = clear_marks(skin, settings)
    spots = Spots.join([likely, marks])
    strength = np.concatenate([1.0 + likely.probability, height / (1.0 + height)])
    order = np.lexsort((spots.xy[:, 0], spots.xy[:, 1], -strength))
    spots = spots.take(order)
    keep = thin_out(spots.xy, spots.seen_px, strength[order], share=settings.separation)
    return spots.take(keep)


def without_joined(spots: Spots, settings: PoresSettings) -> Spots:
    """Leave out wide spots that are two touching pores, seen as one at a coarse scale.

    Parameters
    ----------
    spots : Spots
        From :func:`poremetrics.pores.network.likely_spots`.
    settings : PoresSettings

    Returns
    -------
    Spots
        Without those about whose middle two probable, narrower spots face each other.
    """
    sure = spots.take(spots.probability >= settings.pore_probability)
    middle, least_px = _touching(sure, settings)
    if len(middle) == 0:
        return spots
    reach = settings.joined_middle * float(spots.seen_px.max())
    near = cKDTree(middle).sparse_distance_matrix(cKDTree(spots.xy), reach, output_type="ndarray")
    seen = spots.seen_px[near["j"]]
    joined = (near["v"] < settings.joined_middle * seen) & (seen > least_px[near["i"]])
    keep = np.ones(len(spots.xy), dtype=bool)
    keep[near["j"][joined]] = False
    return spots.take(keep)


def _touching(spots: Spots, settings: PoresSettings) -> tuple[Points, npt.NDArray[np.float64]]:
    """Return the middle of every two that touch, and how wide at least they look as one."""
    if len(spots.xy) < 2:
        return np.zeros((0, 2)), np.zeros(0)
    xy, seen = spots.xy, spots.seen_px
    reach = settings.joined_apart * float(seen.max())
    one, two = cKDTree(xy).query_pairs(reach, output_type="ndarray").T
    apart_px = np.hypot(*(xy[one] - xy[two]).T)
    apart = apart_px / (0.5 * (seen[one] + seen[two]))
    touch = (apart > settings.separation) & (apart < settings.joined_apart)
    wider_px = np.maximum(seen[one], seen[two])
    least_px = np.maximum(apart_px, wider_px / settings.joined_narrower)
    return 0.5 * (xy[one] + xy[two])[touch], least_px[touch]


def clear_marks(skin: Skin, settings: PoresSettings) -> tuple[Spots, npt.NDArray[np.float64]]:
    """Find dark marks that stand out whatever they are: maxima of Laplacian-of-Gaussian filters.

    Parameters
    ----------
    skin : Skin
    settings : PoresSettings

    Returns
    -------
    marks : Spots
        At least ``settings.clear_snr`` above the noise, of no probability.
    height : (N,) float64
        The answers of the filters.
    """
    parts = [_maxima(skin, float(sigma), settings) for sigma in ladder(settings)]
    return Spots.join([one for one, _ in parts]), np.concatenate([height for _, height in parts])


def ladder(settings: PoresSettings) -> npt.NDArray[np.float64]:
    """Return the standard deviations of the filters in pixels, finest first."""
    octaves = np.log2(settings.largest_sigma_px / settings.smallest_sigma_px)
    count = int(np.floor(octaves * settings.scales_per_octave + 1e-9)) + 1
    steps = np.arange(count) / settings.scales_per_octave
    return np.asarray(settings.smallest_sigma_px * 2.0**steps, dtype=np.float64)


def _maxima(
    skin: Skin, sigma: float, settings: PoresSettings
) -> tuple[Spots, npt.NDArray[np.float64]]:
    """Return the maxima of one filter and its answers there."""
    factor = 2.0 if sigma > _SHRINK_ABOVE_PX else 1.0
    image = shrink(skin.darkening, factor)
    mask = skin.mask if factor == 1.0 else shrink(skin.mask.astype(np.float32), factor) > 0.5
    zoom_y, zoom_x = (a / b for a, b in zip(skin.darkening.shape, image.shape, strict=True))
    scale = sigma / np.sqrt(zoom_x * zoom_y)
    response = -cv2.Laplacian(blur(image, scale), cv2.CV_32F) * np.float32(scale**2)
    noise = local_noise(-response, mask, round(settings.noise_tile_px / factor))
    highest = cv2.dilate(response, np.ones((3, 3), np.uint8))
    peak = (response >= highest) & (response > settings.clear_snr * noise) & mask
    peak[[0, -1], :] = False
    peak[:, [0, -1]] = False
    rows, cols = np.divmod(np.flatnonzero(peak), peak.shape[1])
    dx, dy = _parabola(response, rows, cols)
    x = (cols + dx + 0.5) * zoom_x - 0.5
    y = (rows + dy + 0.5) * zoom_y - 0.5
    height = response[rows, cols].astype(np.float64)
    count = len(rows)
    spots = Spots(
        xy=np.stack([x, y], axis=1),
        seen_px=np.full(count, FWHM_PER_SIGMA * sigma),
        probability=np.zeros(count),
    )
    return spots, height


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
