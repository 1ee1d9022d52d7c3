"""Make the weights of the network that tells pores from other dark spots.

    python -m poremetrics.validate.evidence sample_images > evidence.json

With ``--without person_a`` that person is kept aside and the outcome on them printed instead.

Shown are the rendered sample faces and close-ups at several sizes, and synthetic skin of every
tone, at the scales, cameras and files that portraits come in. A spot is a pore where it is the best
answer to a pore of the truth; spots at pores too small or too faint to count teach nothing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize
from scipy.spatial import cKDTree

from poremetrics import face, photo, pores
from poremetrics.model import Grid, Points, Skin
from poremetrics.pores.candidates import find_spots
from poremetrics.pores.evidence import FEATURES, Network, features
from poremetrics.pores.profile import FWHM_PER_SIGMA
from poremetrics.settings import Settings
from poremetrics.synthetic import (
    CLEAR_PORES,
    FAINT_PORES,
    NO_MARKS,
    TONES,
    Camera,
    Marks,
    Recipe,
    make_skin,
    photograph,
)

Floats = npt.NDArray[np.float64]

SEED = 20250102
HIDDEN = 24
_DECAY = 1e-4  # of squared weights, against the mean loss
_STEPS = 200
_MOST_SPOTS = 2000  # of one picture; more of the same skin teach little
_SMALLEST_PX = 2.8  # of a pore that should be found; smaller ones teach nothing
_FACE_SIZES = (1.0, 0.75)
_CLOSEUP_SIZES = (1.0, 0.6)
_SCALES_PX_PER_MM = (8.0, 10.0, 12.0, 14.0, 17.0, 20.0, 24.0)
_SHARES = {"face": 0.5, "closeup": 0.1, "synthetic": 0.4}
"""Weight of each kind of picture: faces look most like what is photographed."""
_SMOOTH_SHARE = 0.35  # of the synthetic pictures
_NEAR, _SAME_SCALE, _OTHER_SCALE = 0.4, np.log(1.8), np.log(2.5)


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Spots of one picture: what is known of them, and whether they are pores.

    Attributes
    ----------
    origin : str
        Picture.
    kind : str
        ``face``, ``closeup`` or ``synthetic``.
    known : (N, F) float64
        Features.
    is_pore : (N,) bool
    """

    origin: str
    kind: str
    known: Floats
    is_pore: npt.NDArray[np.bool_]


def examples_of(
    skin: Skin, truth_xy: Points, truth_px: Floats, counts: npt.NDArray[np.bool_]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return features and labels of the spots of one skin.

    Parameters
    ----------
    skin : Skin
    truth_xy, truth_px : (M, 2), (M,) float64
        Places and diameters of all pores in the picture.
    counts : (M,) bool
        Which of them should be found; spots at the others are left out.

    Returns
    -------
    known : (N, F) float64
    is_pore : (N,) bool
    """
    spots = find_spots(skin, Settings().pores)
    xy, sigma = spots.xy, spots.sigma_px
    known = features(skin, xy, sigma)
    seen = np.hypot(truth_px, FWHM_PER_SIGMA * skin.blur_px)
    label = np.zeros(len(xy), dtype=np.int8)
    reach = np.maximum(1.2, _NEAR * truth_px)
    inside = cKDTree(xy).query_ball_point(truth_xy, np.maximum(reach, 0.5 * seen))
    for pore in np.argsort(truth_px):
        near = np.array(inside[pore], dtype=np.intp)
        if len(near) == 0:
            continue
        off = np.abs(np.log(FWHM_PER_SIGMA * sigma[near] / seen[pore]))
        undecided = near[(off < _OTHER_SCALE) & (label[near] == 0)]
        label[undecided] = -1
        gap = np.hypot(*(xy[near] - truth_xy[pore]).T)
        good = (off < _SAME_SCALE) & (gap < reach[pore])
        if counts[pore] and good.any():
            best = np.argmin(np.where(good, off + gap / reach[pore], np.inf))
            label[near[best]] = 1
    told = label >= 0
    return known[told], label[told] == 1


def from_samples(path: Path, size: float) -> list[Examples]:
    """Return the examples of one sample photo, shown at ``size`` times its own size."""
    settings = Settings()
    kind = "closeup" if path.parent.name == "close_up" else "face"
    pixels = np.asarray(photo.load(path, settings.photo).pixels)
    if size != 1.0:
        small = cv2.resize(pixels, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        pixels = np.asarray(small, dtype=np.uint8)
    taken = photo.load(np.ascontiguousarray(pixels), settings.photo)
    found = face.find(
        taken, settings.face, view="closeup" if kind == "closeup" else "face", name=path.name
    )
    truth = pd.read_csv(path.with_name(path.name.replace(".jpg", ".truth.csv.gz")))
    truth = truth[(truth["present"] == 1) & (truth["visible"] == 1)]
    # Pixel centres lie at integers: the corner of the picture is at -0.5.
    xy = (truth[["x_px", "y_px"]].to_numpy(np.float64) + 0.5) * size - 0.5
    diameter = truth["diameter_px"].to_numpy(np.float64) * size
    parts = []
    linear = photo.to_linear(taken.pixels)
    for region in found.regions:
        grid = Grid.of_box(region.box)
        rows, cols = (
            slice(int(grid.y0), int(grid.y0) + grid.shape[0]),
            slice(int(grid.x0), int(grid.x0) + grid.shape[1]),
        )
        scale = None if region.scale is None else 1.0 / region.scale.mm_per_px
        skin = pores.flatten(linear[rows, cols], region.skin, settings.pores, px_per_mm=scale)
        counts = diameter >= _SMALLEST_PX
        parts.append(examples_of(skin, xy - (grid.x0, grid.y0), diameter, counts))
    origin = f"{path.stem}" if kind == "closeup" else f"{path.parent.name}_{path.stem}"
    return [Examples(f"{origin} {size:g}", kind, *part) for part in parts]


def _rough(rng: np.random.Generator, base: Recipe) -> dict[str, Any]:
    """Return what skin with relief, marks and many pores is like."""
    return {
        "pores_per_cm2": float(rng.uniform(20.0, 160.0)),
        "relief": base.relief * float(np.exp(rng.uniform(-0.5, 0.3))),
        "marks": Marks(
            freckles=float(rng.exponential(2.0)),
            moles=0.05,
            acne=float(rng.exponential(0.3)),
            vellus=1.0,
            hairs=float(rng.exponential(0.2)),
            stubble=float(rng.exponential(6.0)) * float(rng.random() < 0.3),
        ),
    }


def _smooth(rng: np.random.Generator) -> dict[str, Any]:
    """Return what skin with next to nothing but pores is like, down to pores on plain noise."""
    return {
        "pores_per_cm2": float(np.exp(rng.uniform(np.log(4.0), np.log(80.0)))),
        "relief": 0.05 * float(np.exp(rng.uniform(-5.0, -1.0))),
        "mottling": 0.03 * float(rng.uniform(0.0, 0.4)),
        "redness": 0.05 * float(rng.uniform(0.0, 0.4)),
        "sharpness_range": (2.0, 4.0),
        "marks": NO_MARKS,
    }


def from_synthetic(seed: int) -> list[Examples]:
    """Return the examples of one picture of synthetic skin, drawn at random."""
    rng = np.random.default_rng(seed)
    tone = TONES[int(rng.integers(len(TONES)))]
    base = (CLEAR_PORES, FAINT_PORES)[int(rng.integers(2))]
    px_per_mm = float(rng.choice(_SCALES_PX_PER_MM) * np.exp(rng.uniform(-0.1, 0.1)))
    width, height = 520, 420
    recipe = replace(
        base,
        width_mm=width / px_per_mm,
        height_mm=height / px_per_mm,
        grain_px_per_mm=px_per_mm,
        tone=tone,
        median_contrast=base.median_contrast * float(np.exp(rng.uniform(-0.5, 0.3))),
        **(_smooth(rng) if rng.random() < _SMOOTH_SHARE else _rough(rng, base)),
    )
    camera = Camera(
        width_px=width,
        height_px=height,
        px_per_mm=px_per_mm,
        light_deg=float(rng.uniform(0.0, 180.0)),
        light_slant=float(rng.uniform(0.3, 0.9)),
        blur_px=float(rng.uniform(0.7, 1.4)),
        brightness=0.38 * float(np.exp(rng.uniform(-0.4, 0.2))),
        photons=12000.0 * float(np.exp(rng.uniform(-2.0, 0.5))),
        bayer=bool(rng.random() < 0.5),
        sharpen=float(rng.uniform(0.0, 0.6)),
        jpeg_quality=int(rng.integers(80, 97)),
    )
    for_skin, for_noise = rng.spawn(2)
    shot = photograph(make_skin(for_skin, recipe), camera, for_noise)
    truth = shot.truth[shot.truth["present"]]
    diameter = truth["diameter_px"].to_numpy(np.float64)
    counts = truth["visible"].to_numpy(bool) & (diameter >= _SMALLEST_PX)
    skin = pores.flatten(
        photo.to_linear(shot.picture),
        np.ones((height, width), dtype=bool),
        Settings().pores,
        px_per_mm=px_per_mm,
    )
    xy = truth[["x_px", "y_px"]].to_numpy(np.float64)
    return [Examples(f"synthetic {seed}", "synthetic", *examples_of(skin, xy, diameter, counts))]


def train(examples: Sequence[Examples], seed: int = SEED) -> Network:
    """Return the network that tells the examples apart best.

    Every picture of a kind counts alike, however many spots it has. Minimised is the cross entropy
    by L-BFGS over all examples at once: no chance but the start, which comes from ``seed``.

    Parameters
    ----------
    examples : sequence of Examples
    seed : int
    """
    known = np.concatenate([one.known for one in examples])
    is_pore = np.concatenate([one.is_pore for one in examples]).astype(np.float64)
    kinds = [one.kind for one in examples]
    weight = np.concatenate(
        [
            np.full(len(one.is_pore), _SHARES[one.kind] / kinds.count(one.kind) / len(one.is_pore))
            for one in examples
        ]
    )
    weight /= weight.sum()
    mean = weight @ known
    scale = np.sqrt(np.maximum(weight @ (known - mean) ** 2, 1e-12))
    x = (known - mean) / scale
    count = x.shape[1]
    rng = np.random.default_rng(seed)
    start = np.concatenate(
        [rng.normal(0.0, count**-0.5, count * HIDDEN), np.zeros(HIDDEN), np.zeros(HIDDEN + 1)]
    )

    def loss(theta: Floats) -> tuple[float, Floats]:
        hidden, bias, output, last = _unpacked(theta, count)
        inner = np.tanh(x @ hidden + bias)
        score = inner @ output + last
        value = float(weight @ (np.logaddexp(0.0, score) - is_pore * score))
        slope = weight * (1.0 / (1.0 + np.exp(-score)) - is_pore)
        back = np.outer(slope, output) * (1.0 - inner**2)
        gradient = np.concatenate(
            [(x.T @ back).ravel(), back.sum(0), inner.T @ slope, [slope.sum()]]
        )
        return value + _DECAY * float(theta @ theta), gradient + 2.0 * _DECAY * theta

    found = optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "maxfun": 2 * _STEPS}
    )
    hidden, bias, output, last = _unpacked(found.x, count)
    return Network(mean, scale, hidden, bias, output, last)


def _unpacked(theta: Floats, count: int) -> tuple[Floats, Floats, Floats, float]:
    split = count * HIDDEN
    hidden = theta[:split].reshape(count, HIDDEN)
    return hidden, theta[split : split + HIDDEN], theta[split + HIDDEN : -1], float(theta[-1])


def written(network: Network) -> str:
    """Return the network as the text of ``evidence.json``."""
    stored: dict[str, object] = {"format": 1, "features": list(FEATURES)}
    for name in ("mean", "scale", "hidden", "hidden_bias", "output"):
        stored[name] = np.round(getattr(network, name), 5).tolist()
    stored["output_bias"] = round(network.output_bias, 5)
    return json.dumps(stored) + "\n"


def _pictures(samples: Path) -> Iterator[tuple[Path, float] | int]:
    for path in sorted(samples.glob("person_*/visit_*.jpg")):
        for size in _FACE_SIZES:
            yield path, size
    for path in sorted(samples.glob("close_up/*.jpg")):
        for size in _CLOSEUP_SIZES:
            yield path, size
    yield from range(SEED, SEED + 200)


def _shown(picture: tuple[Path, float] | int) -> list[Examples]:
    return from_synthetic(picture) if isinstance(picture, int) else from_samples(*picture)


def _drawn(examples: Sequence[Examples]) -> list[Examples]:
    """Return at most so many spots of every picture, drawn at random."""
    rng = np.random.default_rng(SEED)
    drawn = []
    for one in examples:
        chosen = rng.permutation(len(one.is_pore))[:_MOST_SPOTS]
        drawn.append(replace(one, known=one.known[chosen], is_pore=one.is_pore[chosen]))
    return drawn


def scores(network: Network, examples: Sequence[Examples]) -> dict[str, tuple[float, float]]:
    """Return precision and recall over the spots of each kind of picture.

    Several spots of one pore count apart, so both are lower than those of the pores found.
    """
    limit = Settings().pores.pore_probability
    found: dict[str, tuple[float, float]] = {}
    for kind in sorted({one.kind for one in examples}):
        chosen = [one for one in examples if one.kind == kind]
        taken = np.concatenate([network.probability(one.known) >= limit for one in chosen])
        is_pore = np.concatenate([one.is_pore for one in chosen])
        both = float((taken & is_pore).sum())
        found[kind] = both / max(float(taken.sum()), 1.0), both / max(float(is_pore.sum()), 1.0)
    return found


def main() -> None:
    """Print the weights, or how well they do on whom they were not trained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", type=Path, help="folder of the sample faces")
    parser.add_argument("--without", metavar="PERSON", help="keep a person of the samples aside")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.workers) as pool:
        shown = [one for part in pool.map(_shown, _pictures(asked.samples)) for one in part]
    aside = [one for one in shown if asked.without and asked.without in one.origin]
    network = train(_drawn([one for one in shown if not any(one is other for other in aside)]))
    for kind, (precision, recall) in scores(network, aside).items():
        print(f"{asked.without}, {kind}: precision {precision:.2f}, recall {recall:.2f}")
    if not aside:
        print(written(network), end="")


if __name__ == "__main__":
    main()
