"""Places that may be pores: scale-space maxima of the response to a dark dip.

A Laplacian-of-Gaussian filter at a ladder of scales, each response divided by its own local
noise, so that one threshold holds for every skin, photo and scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from poremetrics.model import FloatImage, Points, Skin
from poremetrics.pores._local import blur, local_noise, shrink
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
    snr : (N,) float64
        Response in local noise sigmas of the filter.
    """

    xy: Points
    seen_px: npt.NDArray[np.float64]
    snr: npt.NDArray[np.float64]

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Candidates:
        """Return the chosen candidates."""
        return Candidates(self.xy[rows], self.seen_px[rows], self.snr[rows])


def ladder(settings: PoresSettings) -> npt.NDArray[np.float64]:
    """Return the standard deviations of the filters in pixels, finest first."""
    octaves = np.log2(settings.largest_sigma_px / settings.smallest_sigma_px)
    count = int(np.floor(octaves * settings.scales_per_octave + 1e-9)) + 1
    steps = np.arange(count) / settings.scales_per_octave
    return np.asarray(settings.smallest_sigma_px * 2.0**steps, dtype=np.float64)


def candidates(skin: Skin, settings: PoresSettings) -> Candidates:
    """Find every place whose response to a dark dip is a maximum in space and in scale.

    Parameters
    ----------
    skin : Skin
    settings : PoresSettings

    Returns
    -------
    Candidates
        Strongest first, at least ``settings.candidate_snr``, at least ``settings.separation``
        apart.
    """
    sigmas = ladder(settings)
    xy, sizes, snr, height = [], [], [], []
    for sigma in sigmas:
        found_xy, found_snr, found_height = _maxima(skin, float(sigma), settings)
        xy.append(found_xy)
        snr.append(found_snr)
        height.append(found_height)
        sizes.append(np.full(len(found_xy), FWHM_PER_SIGMA * sigma))
    everything = Candidates(np.concatenate(xy), np.concatenate(sizes), np.concatenate(snr))
    # the coarse filter has less noise, so that the ratio alone would join what touches: where
    # noise no longer matters the amplitude decides
    clear = everything.snr > settings.clear_snr
    strength = np.where(clear, settings.clear_snr + np.concatenate(height), everything.snr)
    order = np.lexsort((everything.xy[:, 0], everything.xy[:, 1], -strength))
    everything, strength = everything.take(order), strength[order]
    keep = thin_out(everything.xy, everything.seen_px, strength, share=settings.separation)
    return everything.take(keep)


def _maxima(
    skin: Skin, sigma: float, settings: PoresSettings
) -> tuple[Points, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return places, ratios to the noise and heights of one filter's maxima."""
    factor = 2.0 if sigma > _SHRINK_ABOVE_PX else 1.0
    image = shrink(skin.darkening, factor)
    mask = skin.mask if factor == 1.0 else shrink(skin.mask.astype(np.float32), factor) > 0.5
    zoom_y, zoom_x = (a / b for a, b in zip(skin.darkening.shape, image.shape, strict=True))
    scale = sigma / np.sqrt(zoom_x * zoom_y)
    response = -cv2.Laplacian(blur(image, scale), cv2.CV_32F) * np.float32(scale**2)
    noise = local_noise(-response, mask, round(settings.noise_tile_px / factor))
    ratio: FloatImage = np.asarray(response / np.maximum(noise, 1e-6), dtype=np.float32)
    highest = cv2.dilate(ratio, np.ones((3, 3), np.uint8))
    peak = (ratio >= highest) & (ratio > settings.candidate_snr) & mask
    peak[[0, -1], :] = False
    peak[:, [0, -1]] = False
    rows, cols = np.divmod(np.flatnonzero(peak), peak.shape[1])
    dx, dy = _parabola(ratio, rows, cols)
    x = (cols + dx + 0.5) * zoom_x - 0.5
    y = (rows + dy + 0.5) * zoom_y - 0.5
    return (
        np.stack([x, y], axis=1),
        ratio[rows, cols].astype(np.float64),
        np.asarray(response[rows, cols], dtype=np.float64),
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
