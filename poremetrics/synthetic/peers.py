"""The same work by what others use: blob detectors of scikit-image and OpenCV.

Each is given the best it can have: flattened skin besides the plain picture, scales that fit the
pores, and the threshold that scores best *on that very picture*, which no user could know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
from skimage.feature import blob_dog, blob_log

from poremetrics.photo import to_linear
from poremetrics.synthetic.colour import LUMINANCE
from poremetrics.synthetic.records import FloatImage, Rgb
from poremetrics.synthetic.scoring import Score, score

Blobs = npt.NDArray[np.float64]

FLATTEN_MM = 1.5
"""Radius of the local background taken off before the peers look, in mm."""

_STEPS = 9  # thresholds tried per detector
_SCALES = 6  # Gaussian scales of the Laplacian detector
_OVERLAP = 0.5  # share of common area above which scikit-image drops the weaker of two blobs
_SIZES_UM = (130.0, 700.0)  # smallest and largest pore looked for
_FWHM = 2.3548  # full width at half maximum of a Gaussian, in standard deviations


class Peer(Protocol):
    """A detector that is run at several thresholds."""

    def __call__(
        self, image: FloatImage, px_per_mm: float, thresholds: Sequence[float] | None = None
    ) -> list[tuple[float, pd.DataFrame]]:
        """Return the finds of ``image`` (darkness) at each threshold; its own sweep by default."""


@dataclass(frozen=True, slots=True)
class PeerResult:
    """What a peer reaches on one picture at its own best threshold.

    Attributes
    ----------
    peer : str
        Name of the detector and of what it was shown.
    threshold : float
        The best one.
    score : Score
        Against the truth.
    """

    peer: str
    threshold: float
    score: Score


def luminance(picture: Rgb) -> FloatImage:
    """Return darkness 0..1 of the plain picture (sRGB grey, inverted), as users feed it."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(1.0 - np.asarray(grey, np.float32) / 255.0, np.float32)


def flattened(picture: Rgb, px_per_mm: float) -> FloatImage:
    """Return darkness of log luminance against its local background; 0 is local skin.

    Parameters
    ----------
    picture : (H, W, 3) uint8
        sRGB.
    px_per_mm : float
        Scale, from which the width of the background is set.
    """
    log = np.log(np.maximum(to_linear(picture) @ LUMINANCE, np.float32(1e-4)))
    ground = cv2.GaussianBlur(log, (0, 0), FLATTEN_MM * px_per_mm)
    return np.asarray(ground - log, np.float32)


def best_peers(
    picture: Rgb,
    truth: pd.DataFrame,
    px_per_mm: float,
    *,
    border: tuple[int, int, float] | None = None,
    peers: Mapping[str, Peer] | None = None,
) -> list[PeerResult]:
    """Return what each peer reaches on a picture at its own best threshold.

    Parameters
    ----------
    picture : (H, W, 3) uint8
        sRGB.
    truth : DataFrame
        As in :class:`SyntheticSkin`.
    px_per_mm : float
        Scale, from which the peers get their range of sizes.
    border : (int, int, float), optional
        See :func:`assign`.
    peers : mapping, optional
        Some of :data:`PEERS`.
    """
    views = {"flattened": flattened(picture, px_per_mm), "plain": luminance(picture)}
    results = []
    for name, peer in (peers or PEERS).items():
        for view, image in views.items():
            found_at = peer(image, px_per_mm)
            scored = [(at, score(found, truth, border=border)) for at, found in found_at]
            threshold, best = max(scored, key=lambda pair: np.nan_to_num(pair[1].f1))
            results.append(PeerResult(f"{name}, {view}", threshold, best))
    return results


def log_peer(
    image: FloatImage, px_per_mm: float, thresholds: Sequence[float] | None = None
) -> list[tuple[float, pd.DataFrame]]:
    """Run ``skimage.feature.blob_log`` at each threshold of its sweep."""
    low, high = _sigmas(px_per_mm)

    def run(threshold: float) -> Blobs:
        return np.asarray(
            blob_log(  # type: ignore[no-untyped-call]
                image,
                min_sigma=low,
                max_sigma=high,
                num_sigma=_SCALES,
                threshold=threshold,
                overlap=_OVERLAP,
            )
        )

    return _swept(run, thresholds or _thresholds(image, low))


def dog_peer(
    image: FloatImage, px_per_mm: float, thresholds: Sequence[float] | None = None
) -> list[tuple[float, pd.DataFrame]]:
    """Run ``skimage.feature.blob_dog`` at each threshold of its sweep."""
    low, high = _sigmas(px_per_mm)

    def run(threshold: float) -> Blobs:
        return np.asarray(
            blob_dog(  # type: ignore[no-untyped-call]
                image, min_sigma=low, max_sigma=high, threshold=threshold, overlap=_OVERLAP
            )
        )

    return _swept(run, thresholds or _thresholds(image, low))


def simple_peer(
    image: FloatImage, px_per_mm: float, thresholds: Sequence[float] | None = None
) -> list[tuple[float, pd.DataFrame]]:
    """Run ``cv2.SimpleBlobDetector`` at each of its lowest thresholds."""
    low, high = np.percentile(image, [0.5, 99.8])
    grey = np.asarray(255.0 * np.clip((image - low) / max(high - low, 1e-6), 0, 1), np.uint8)
    size_px = np.array(_SIZES_UM) / 1000.0 * px_per_mm
    area = np.pi / 4.0 * size_px**2
    out = []
    for threshold in thresholds or np.linspace(60.0, 225.0, _STEPS).tolist():
        params = cv2.SimpleBlobDetector.Params()
        params.minThreshold, params.maxThreshold = float(threshold), 255.0
        params.thresholdStep = 6.0
        params.minRepeatability = 1
        params.minDistBetweenBlobs = float(size_px[0])
        params.filterByColor, params.blobColor = True, 255
        params.filterByArea = True
        params.minArea, params.maxArea = float(max(area[0] / 4, 2.0)), float(area[1] * 2)
        params.filterByCircularity = params.filterByConvexity = params.filterByInertia = False
        points = cv2.SimpleBlobDetector.create(params).detect(grey)
        cells = np.array([(*p.pt, p.size) for p in points], np.float64).reshape(-1, 3)
        out.append((float(threshold), _table(cells)))
    return out


PEERS: Mapping[str, Peer] = {
    "blob_log": log_peer,
    "blob_dog": dog_peer,
    "SimpleBlobDetector": simple_peer,
}
"""Every peer: takes darkness and scale, returns finds at each threshold of its sweep."""


def _sigmas(px_per_mm: float) -> tuple[float, float]:
    """Return the scales of Gaussian blobs as wide as the smallest and largest pores."""
    low, high = (size / 1000.0 * px_per_mm / _FWHM for size in _SIZES_UM)
    return max(low, 0.7), max(high, 1.4)


def _thresholds(image: FloatImage, sigma: float) -> list[float]:
    """Return thresholds from deep in the noise to far above it, in equal ratios."""
    fine = image - cv2.GaussianBlur(image, (0, 0), 1.6 * sigma)
    noise = 1.4826 * float(np.median(np.abs(fine - np.median(fine))))
    return [float(value) for value in np.geomspace(1.0, 10.0, _STEPS) * max(noise, 1e-4)]


def _swept(
    run: Callable[[float], Blobs], thresholds: Sequence[float]
) -> list[tuple[float, pd.DataFrame]]:
    """Return finds at each threshold, from one or more runs of a scikit-image detector."""
    out = []
    for threshold in thresholds:
        blobs = run(float(threshold)).reshape(-1, 3)
        # Columns are row, column, sigma; the contour of half depth is 2.35 sigma across.
        out.append((float(threshold), _table(blobs[:, [1, 0, 2]] * (1.0, 1.0, _FWHM))))
    return out


def _table(cells: Blobs) -> pd.DataFrame:
    """Return finds as a table."""
    return pd.DataFrame(cells, columns=["x_px", "y_px", "diameter_px"])
