"""How much a dark spot looks like a pore: a small network on what a few filters say of it.

One threshold in noise sigmas cannot hold for every skin: between dense pores the "noise" is pores,
on a smooth forehead it is next to nothing. What tells a pore is how the spot answers to filters of
several widths, how round it is, how it stands against the skin around and what colour it has. A
network of one hidden layer weighs these; its weights are made by
``python -m poremetrics.validate.evidence`` from skin with known pores and kept in
``evidence.json``. It is one fixed setting for every photo.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Points, Skin
from poremetrics.pores._local import blur, enlarge, local_noise, shrink

Floats = npt.NDArray[np.float64]

SIGMAS_PX = (1.0, 1.4, 2.0, 2.8, 4.0, 5.6)
"""Filters whose responses are compared."""
_SHAPED = (1, 2, 3)  # of which roundness is told
_NEAR_TILE_PX, _FAR_TILE_PX = 24, 96
_AROUND_PX = 20.0  # of the skin a spot is held against
_COARSE = 4.0
_TINT_PX = (1.6, 5.0)
_SHADE_PX = 4.0
_TINY = 1e-3

FEATURES: tuple[str, ...] = (
    "log_response",
    *(f"response_{sigma:g}" for sigma in SIGMAS_PX),
    *(f"roundness_{SIGMAS_PX[k]:g}" for k in _SHAPED),
    "log_over_near_noise",
    "log_over_far_noise",
    "log_over_skin_noise",
    "log_over_texture",
    "log_company",
    "shade_slope",
    "red",
    "brown",
    "level",
    "log_sigma",
    "log_blur",
)
"""What is known of a spot, in the order of the network's inputs."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One hidden layer of tanh units and a logistic output.

    Attributes
    ----------
    mean, scale : (F,) float64
        Taken off the features, and what they are divided by.
    hidden : (F, H) float64
    hidden_bias : (H,) float64
    output : (H,) float64
    output_bias : float
    """

    mean: Floats
    scale: Floats
    hidden: Floats
    hidden_bias: Floats
    output: Floats
    output_bias: float

    def probability(self, features: Floats) -> Floats:
        """Return (N,) probabilities of (N, F) features."""
        inner = np.tanh((features - self.mean) / self.scale @ self.hidden + self.hidden_bias)
        return np.asarray(1.0 / (1.0 + np.exp(-(inner @ self.output + self.output_bias))))


@lru_cache(maxsize=1)
def network() -> Network:
    """Return the network of the package."""
    text = resources.files("poremetrics.pores").joinpath("evidence.json").read_text("utf-8")
    stored = json.loads(text)
    arrays = {
        name: np.array(stored[name], dtype=np.float64)
        for name in ("mean", "scale", "hidden", "hidden_bias", "output")
    }
    return Network(**arrays, output_bias=float(stored["output_bias"]))


def probability(skin: Skin, xy: Points, sigma_px: Floats) -> Floats:
    """Return how probable it is that each spot is a pore.

    Parameters
    ----------
    skin : Skin
        From :func:`poremetrics.pores.flatten`.
    xy : (N, 2) float64
        Places in grid pixels.
    sigma_px : (N,) float64
        Width of the filter that answers most there.

    Returns
    -------
    (N,) float64
        0..1.
    """
    if len(xy) == 0:
        return np.zeros(0)
    return network().probability(features(skin, xy, sigma_px))


def features(skin: Skin, xy: Points, sigma_px: Floats) -> Floats:
    """Return what the filters say of each spot, see :data:`FEATURES`.

    Everything but the first is relative to the spot's own response, so that contrast and exposure
    enter once.

    Parameters
    ----------
    skin : Skin
    xy : (N, 2) float64
    sigma_px : (N,) float64

    Returns
    -------
    (N, F) float64
        Finite.
    """
    h, w = skin.mask.shape
    cols, rows = np.clip(np.rint(xy).astype(np.int64), 0, (w - 1, h - 1)).T

    def at(image: npt.NDArray[np.floating] | cv2.typing.MatLike) -> Floats:
        return np.asarray(image[rows, cols], dtype=np.float64)

    responses, roundness, middle = [], [], skin.darkening
    for k, sigma in enumerate(SIGMAS_PX):
        soft = blur(skin.darkening, sigma)
        response = -cv2.Laplacian(soft, cv2.CV_32F) * np.float32(sigma**2)
        responses.append(at(response))
        if k in _SHAPED:
            roundness.append(_roundness(soft, rows, cols))
        if sigma == SIGMAS_PX[2]:
            middle = response
    own = np.maximum(np.max(responses, axis=0), _TINY)
    share = np.maximum(_around(skin.mask.astype(np.float32)), 0.1)
    texture = np.sqrt(np.maximum(_around(skin.darkening**2), 0.0) / share)
    company = _around(np.maximum(middle, 0.0)) / share
    shade = blur(skin.darkening, _SHADE_PX)
    slope = np.hypot(
        at(cv2.Sobel(shade, cv2.CV_32F, 1, 0, scale=0.125)),
        at(cv2.Sobel(shade, cv2.CV_32F, 0, 1, scale=0.125)),
    )
    tints = (
        at(blur(image, _TINT_PX[0])) - at(blur(image, _TINT_PX[1]))
        for image in (skin.redness, skin.brownness)
    )
    over = (
        at(local_noise(-middle, skin.mask, _NEAR_TILE_PX)),
        at(local_noise(-middle, skin.mask, _FAR_TILE_PX)),
        at(skin.noise),
        at(texture),
    )
    columns = [
        np.clip(np.log(own), -6.0, -1.5),
        *(np.clip(one / own, -2.0, 1.0) for one in responses),
        *roundness,
        # beyond these a spot is clear, or alone, and more of it says no more
        *(np.clip(np.log(own / np.maximum(one, _TINY)), -1.0, 2.5) for one in over),
        np.clip(np.log(np.maximum(at(company), _TINY) / own), -4.0, 1.0),
        np.clip(slope / own, 0.0, 3.0),
        *(np.clip(one / own, -3.0, 3.0) for one in tints),
        np.clip(at(shade) / own, -3.0, 3.0),
        np.log(sigma_px),
        np.full(len(xy), np.log(skin.blur_px)),
    ]
    return np.column_stack(columns)


def _around(image: FloatImage) -> FloatImage:
    """Return the mean around every pixel, worked out on coarser pixels."""
    small = shrink(image, _COARSE)
    return enlarge(blur(small, _AROUND_PX / _COARSE), (image.shape[0], image.shape[1]))


def _roundness(
    soft: FloatImage, rows: npt.NDArray[np.int64], cols: npt.NDArray[np.int64]
) -> Floats:
    """Return the smaller over the mean curvature of a dip: 1 round, 0 a line, below it a saddle."""
    xx, yy, xy = (
        cv2.Sobel(soft, cv2.CV_32F, *order, ksize=3)[rows, cols].astype(np.float64) * 0.25
        for order in ((2, 0), (0, 2), (1, 1))
    )
    mean = -0.5 * (xx + yy)
    spread = np.hypot(0.5 * (xx - yy), xy)
    return np.clip((mean - spread) / np.maximum(mean, 1e-4), -3.0, 1.0)
