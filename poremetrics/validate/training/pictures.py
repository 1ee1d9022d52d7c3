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
_SMOOTH_SHARE, _EMPTY_SHARE = 0.4, 0.1  # of the synthetic pictures; of the rough ones
_PAIRED_SHARE = 0.5
_PAIRED_GAP = (1.15, 1.7)  # between centres of two that touch, in diameters along the longer axis
_PAIRED_SPREAD = 0.15  # ln
_DIAMETERS_UM = (120.0, 1000.0)
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
        patch = linear[top : top + h, left : left + w]
        per_mm = None if region.scale is None else 1.0 / region.scale.mm_per_px
        skin = pores.flatten(patch, region.skin, settings.pores, px_per_mm=per_mm)
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


def synthetic(seed: int, hairy_share: float = 0.0) -> Picture:
    """Return a picture of synthetic skin, drawn at random.

    Parameters
    ----------
    seed : int
        Of all that is drawn.
    hairy_share : float
        How many of the pictures of smooth skin have hairs, 0..1.

    Returns
    -------
    Picture
        Flattened, with its true pores.
    """
    rng = np.random.default_rng(seed)
    tone = TONES[int(rng.integers(len(TONES)))]
    base = (CLEAR_PORES, FAINT_PORES)[int(rng.integers(2))]
    px_per_mm = float(np.exp(rng.uniform(np.log(8.0), np.log(24.0))))
    smooth = rng.random() < _SMOOTH_SHARE
    recipe = replace(
        base,
        width_mm=_WIDTH_PX / px_per_mm,
        height_mm=_HEIGHT_PX / px_per_mm,
        grain_px_per_mm=px_per_mm,
        tone=tone,
        median_contrast=base.median_contrast * float(np.exp(rng.uniform(-0.5, 0.3))),
        median_diameter_um=base.median_diameter_um * float(np.exp(rng.uniform(-0.25, 0.4))),
        diameter_spread=float(rng.uniform(0.2, 0.45)),
        diameter_range_um=_DIAMETERS_UM,
        elongation_spread=float(rng.uniform(0.15, 0.6)),
        **(_smooth(rng, hairy_share) if smooth else _rough(rng, base)),
    )
    camera = Camera(
        width_px=_WIDTH_PX,
        height_px=_HEIGHT_PX,
        px_per_mm=px_per_mm,
        light_deg=float(rng.uniform(0.0, 180.0)),
        light_slant=float(rng.uniform(0.3, 0.9)),
        blur_px=float(rng.uniform(0.6, 1.5)),
        brightness=0.38 * float(np.exp(rng.uniform(-0.4, 0.2))),
        photons=12000.0 * float(np.exp(rng.uniform(-2.0, 4.0))),
        bayer=bool(rng.random() < 0.5),
        sharpen=float(rng.uniform(0.0, 0.8)),
        jpeg_quality=100 if smooth and rng.random() < 0.5 else int(rng.integers(70, 97)),
    )
    for_skin, for_noise = rng.spawn(2)
    subject = make_skin(for_skin, recipe)
    if rng.random() < _PAIRED_SHARE:
        subject = replace(subject, pores=paired(subject.pores, rng))
    shot = photograph(subject, camera, for_noise)
    truth = shot.truth[shot.truth["present"]]
    skin = pores.flatten(
        photo.to_linear(shot.picture),
        np.ones((_HEIGHT_PX, _WIDTH_PX), dtype=bool),
        Settings().pores,
        px_per_mm=camera.px_per_mm,
    )
    return Picture(
        skin,
        truth[["x_px", "y_px"]].to_numpy(np.float64),
        truth["diameter_px"].to_numpy(np.float64),
        truth["visible"].to_numpy(bool),
    )


def paired(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Move every other pore beside the one before it: synthetic skin leaves a gap, real skin not.

    The two are nearly alike, so that where the one can be seen the other can.

    Parameters
    ----------
    table : DataFrame
        Pores of :func:`poremetrics.synthetic.make_skin`.
    rng : Generator
        Source of randomness.

    Returns
    -------
    DataFrame
        The same number of pores.
    """
    one, two = table.iloc[:-1:2], table.iloc[1::2]
    twin = one.set_index(two.index)
    for like in ("diameter_um", "depth"):
        twin[like] *= np.exp(_PAIRED_SPREAD * rng.standard_normal(len(two)))
    longer = np.sqrt(np.maximum(twin["elongation"], two["elongation"]))
    reach_mm = 0.001 * rng.uniform(*_PAIRED_GAP, len(two)) * longer * twin["diameter_um"]
    angle = rng.uniform(0.0, 2.0 * np.pi, len(two))
    twin["x_mm"] += reach_mm * np.cos(angle)
    twin["y_mm"] += reach_mm * np.sin(angle)
    moved = table.copy()
    moved.loc[two.index, ["x_mm", "y_mm", "diameter_um", "depth"]] = twin
    return moved


def _rough(rng: np.random.Generator, base: Recipe) -> dict[str, Any]:
    """Return what skin with relief, marks and many pores is like."""
    return {
        "pores_per_cm2": float(rng.uniform(20.0, 160.0)) * float(rng.random() > _EMPTY_SHARE),
        "relief": base.relief * float(np.exp(rng.uniform(-0.5, 0.4))),
        "marks": Marks(
            freckles=float(rng.exponential(2.0)),
            moles=0.05,
            acne=float(rng.exponential(0.3)),
            vellus=1.0,
            hairs=float(rng.exponential(0.2)),
            stubble=float(rng.exponential(6.0)) * float(rng.random() < 0.3),
        ),
    }


def _smooth(rng: np.random.Generator, hairy_share: float) -> dict[str, Any]:
    """Return what skin with next to nothing but pores is like, down to pores on plain noise."""
    hairs = 0.0
    if hairy_share > 0.0:  # else nothing is drawn: the weights rest on the pictures of each seed
        hairs = float(rng.exponential(1.0)) * float(rng.random() < hairy_share)
    return {
        "pores_per_cm2": float(np.exp(rng.uniform(np.log(4.0), np.log(80.0)))),
        "relief": 0.05 * float(np.exp(rng.uniform(-6.0, -1.0))),
        "mottling": 0.012 * float(np.exp(rng.uniform(-4.0, 0.0))),
        "redness": 0.02 * float(np.exp(rng.uniform(-4.0, 0.0))),
        "sharpness_range": (2.0, 4.0),
        "marks": replace(NO_MARKS, hairs=hairs),
    }


def faces_below(folder: Path) -> Iterator[Path]:
    """Yield the first photo of every rendered person below a folder."""
    yield from sorted(folder.glob("*/visit_0.jpg"))
