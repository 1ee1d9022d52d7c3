"""Flattened skin with known pores, to train on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics import face, photo, pores
from poremetrics.model import Grid, Points, Skin
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

_WIDTH_PX, _HEIGHT_PX = 520, 420
_SMOOTH_SHARE = 0.25  # of the synthetic pictures
_MARGIN_PX = 20.0  # pores this far outside still darken the border


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Skin, and the pores in it.

    Attributes
    ----------
    skin : Skin
    xy : (M, 2) float64
        Places of all pores that are there.
    diameter_px : (M,) float64
        Their diameters.
    counts : (M,) bool
        Which should be found if large enough; the others teach nothing.
    """

    skin: Skin
    xy: Points
    diameter_px: Floats
    counts: npt.NDArray[np.bool_]


def of_face(path: Path) -> list[Picture]:
    """Return the regions of a rendered face whose truth lies beside it."""
    settings = Settings()
    taken = photo.load(path, settings.photo)
    found = face.find(taken, settings.face, view="face", name=path.name)
    truth = pd.read_csv(path.with_name(path.name.replace(".jpg", ".truth.csv.gz")))
    truth = truth[truth["present"] == 1]
    linear = photo.to_linear(taken.pixels)
    pictures = []
    for region in found.regions:
        grid = Grid.of_box(region.box)
        (top, left), (h, w) = (int(grid.y0), int(grid.x0)), grid.shape
        skin = pores.flatten(linear[top : top + h, left : left + w], region.skin, settings.pores)
        xy = truth[["x_px", "y_px"]].to_numpy(np.float64) - (grid.x0, grid.y0)
        near = ((xy > -_MARGIN_PX) & (xy < np.array([w, h]) + _MARGIN_PX)).all(axis=1)
        chosen = truth[near]
        pictures.append(
            Picture(
                skin,
                xy[near],
                chosen["diameter_px"].to_numpy(np.float64),
                chosen["visible"].to_numpy() == 1,
            )
        )
    return pictures


def synthetic(seed: int) -> Picture:
    """Return a picture of synthetic skin, drawn at random."""
    rng = np.random.default_rng(seed)
    tone = TONES[int(rng.integers(len(TONES)))]
    base = (CLEAR_PORES, FAINT_PORES)[int(rng.integers(2))]
    px_per_mm = float(np.exp(rng.uniform(np.log(8.0), np.log(24.0))))
    recipe = replace(
        base,
        width_mm=_WIDTH_PX / px_per_mm,
        height_mm=_HEIGHT_PX / px_per_mm,
        grain_px_per_mm=px_per_mm,
        tone=tone,
        median_contrast=base.median_contrast * float(np.exp(rng.uniform(-0.5, 0.3))),
        **(_smooth(rng) if rng.random() < _SMOOTH_SHARE else _rough(rng, base)),
    )
    camera = Camera(
        width_px=_WIDTH_PX,
        height_px=_HEIGHT_PX,
        px_per_mm=px_per_mm,
        light_deg=float(rng.uniform(0.0, 180.0)),
        light_slant=float(rng.uniform(0.3, 0.9)),
        blur_px=float(rng.uniform(0.6, 1.5)),
        brightness=0.38 * float(np.exp(rng.uniform(-0.4, 0.2))),
        photons=12000.0 * float(np.exp(rng.uniform(-2.0, 0.5))),
        bayer=bool(rng.random() < 0.5),
        sharpen=float(rng.uniform(0.0, 0.6)),
        jpeg_quality=int(rng.integers(80, 97)),
    )
    for_skin, for_noise = rng.spawn(2)
    shot = photograph(make_skin(for_skin, recipe), camera, for_noise)
    truth = shot.truth[shot.truth["present"]]
    skin = pores.flatten(
        photo.to_linear(shot.picture),
        np.ones((_HEIGHT_PX, _WIDTH_PX), dtype=bool),
        Settings().pores,
    )
    return Picture(
        skin,
        truth[["x_px", "y_px"]].to_numpy(np.float64),
        truth["diameter_px"].to_numpy(np.float64),
        truth["visible"].to_numpy(bool),
    )


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


def faces_below(folder: Path) -> Iterator[Path]:
    """Yield the photos of rendered people below a folder."""
    yield from sorted(folder.glob("*/visit_*.jpg"))
