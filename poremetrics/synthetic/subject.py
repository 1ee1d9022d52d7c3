"""Making a subject: pores, marks, relief and pigment of one piece of skin."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from poremetrics.synthetic.fields import mottle, relief, smooth_noise
from poremetrics.synthetic.records import TONES, Recipe, SkinModel

Floats = npt.NDArray[np.float64]

_MARGIN_MM = 2.0  # skin around the field, so that a shifted or turned camera sees skin too
_CLUSTER_MM = 4.0  # patch size of denser and sparser pores
_GAP = 0.75  # closest pair of pores, in sums of their radii times two

# kind: (length mm low, high, width / length low, high, strength low, high)
_SPOTS = {
    "freckle": (0.6, 2.5, 0.6, 1.0, 0.10, 0.35),
    "mole": (1.5, 4.0, 0.75, 1.0, 0.5, 1.2),
    "acne": (0.8, 2.5, 0.75, 1.0, 0.15, 0.5),
}
# kind: (length mm low, high, width mm low, high, strength low, high)
_THREADS = {
    "vellus": (1.5, 5.0, 0.015, 0.03, -0.5, 0.5),
    "hair": (3.0, 12.0, 0.05, 0.09, 0.8, 1.6),
    "stubble": (0.15, 0.9, 0.07, 0.14, 0.5, 1.3),
}


def make_skin(rng: np.random.Generator, recipe: Recipe | None = None) -> SkinModel:
    """Make one subject's skin.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of all randomness; equal states make equal skin.
    recipe : Recipe, optional
        What the skin is like.

    Returns
    -------
    SkinModel
        To be photographed with :func:`poremetrics.synthetic.shoot`.
    """
    recipe = recipe or Recipe()
    # One child per part, so that changing the density of pores leaves the furrows as they are.
    for_relief, for_pigment, for_pores, for_marks = rng.spawn(4)
    grain = recipe.grain_px_per_mm
    margin = round(_MARGIN_MM * grain)
    shape = (
        round(recipe.height_mm * grain) + 2 * margin,
        round(recipe.width_mm * grain) + 2 * margin,
    )
    return SkinModel(
        recipe=recipe,
        pores=_make_pores(for_pores, shape, recipe),
        marks=_make_marks(for_marks, shape, recipe),
        height=relief(for_relief, shape, recipe),
        melanin=mottle(for_pigment, shape, grain, recipe.mottling),
        blood=mottle(for_pigment, shape, grain, recipe.redness),
    )


def _make_pores(rng: np.random.Generator, shape: tuple[int, int], recipe: Recipe) -> pd.DataFrame:
    """Scatter pores: clustered, but never on top of each other."""
    size_mm = (shape[1] - 1) / recipe.grain_px_per_mm, (shape[0] - 1) / recipe.grain_px_per_mm
    wanted = round(recipe.pores_per_cm2 * size_mm[0] * size_mm[1] / 100.0)
    low, high = recipe.diameter_range_um
    # Crowding removes some candidates; half as many again cover it at the usual densities.
    count = round(wanted * 1.5) + 8
    xy = _clustered_places(rng, count, size_mm, recipe.clustering)
    diameter = recipe.median_diameter_um * np.exp(
        recipe.diameter_spread * rng.standard_normal(count)
    )
    diameter = np.clip(diameter, low, high)
    kept = np.flatnonzero(_far_apart(xy, diameter / 1000.0))[:wanted]
    xy, diameter, count = xy[kept], diameter[kept], len(kept)

    # Larger pores gape: their depth grows with the square root of their width.
    depth = -np.log1p(-recipe.median_contrast) * np.sqrt(diameter / recipe.median_diameter_um)
    depth *= np.exp(recipe.contrast_spread * rng.standard_normal(count))
    plug = rng.random(count) < recipe.plug_share
    darkness = TONES.index(recipe.tone) / (len(TONES) - 1)
    return pd.DataFrame(
        {
            "pore_id": np.arange(count),
            "x_mm": xy[:, 0],
            "y_mm": xy[:, 1],
            "diameter_um": diameter,
            "elongation": np.exp(np.abs(recipe.elongation_spread * rng.standard_normal(count))),
            # Pores of one place are drawn out along the same lines of tension.
            "angle_deg": (rng.uniform(0, 180) + 25.0 * rng.standard_normal(count)) % 180.0,
            "depth": np.minimum(depth, 1.2),
            "sharpness": rng.uniform(*recipe.sharpness_range, count),
            "core": np.where(plug, rng.uniform(0.4, 1.2, count), 0.0),
            # On dark skin the rim shines out against the pigment.
            "rim": (0.08 + 0.27 * darkness) * rng.uniform(0.4, 1.6, count),
            # No pore is an exact ellipse: three shallow lobes.
            "lobes": rng.uniform(0.0, 0.14, count),
            "phase_deg": rng.uniform(0.0, 120.0, count),
            "plug": plug,
            "fate_size": rng.standard_normal(count),
            "fate_depth": rng.standard_normal(count),
            "fate_lost": rng.random(count),
        }
    )


def _clustered_places(
    rng: np.random.Generator, count: int, size_mm: tuple[float, float], clustering: float
) -> Floats:
    """Return (count, 2) places in mm whose local density varies log-normally."""
    step_mm = 0.25 * _CLUSTER_MM
    cells = (int(np.ceil(size_mm[1] / step_mm)) + 1, int(np.ceil(size_mm[0] / step_mm)) + 1)
    density = np.exp(
        clustering * smooth_noise(rng, cells, _CLUSTER_MM / step_mm).astype(np.float64)
    )
    share = np.cumsum(density.ravel()) / density.sum()
    cell = np.searchsorted(share, rng.random(count))
    row, col = np.divmod(np.minimum(cell, density.size - 1), cells[1])
    inside = np.column_stack([col + rng.random(count), row + rng.random(count)])
    return np.asarray(inside / (cells[1], cells[0]) * size_mm, dtype=np.float64)


def _far_apart(xy: Floats, diameter_mm: Floats) -> npt.NDArray[np.bool_]:
    """Return which places stay when of every pair too close the later one goes."""
    pairs = cKDTree(xy).query_pairs(2.0 * _GAP * float(diameter_mm.max()), output_type="ndarray")
    gap = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1)
    close = gap < _GAP * (diameter_mm[pairs[:, 0]] + diameter_mm[pairs[:, 1]])
    kept = np.ones(len(xy), bool)
    kept[pairs[close].max(axis=1)] = False
    return kept


def _make_marks(rng: np.random.Generator, shape: tuple[int, int], recipe: Recipe) -> pd.DataFrame:
    """Scatter what is not a pore."""
    size_mm = np.array([shape[1] - 1, shape[0] - 1]) / recipe.grain_px_per_mm
    area_cm2 = float(size_mm.prod()) / 100.0
    marks = recipe.marks
    densities = {
        "freckle": marks.freckles,
        "mole": marks.moles,
        "acne": marks.acne,
        "vellus": marks.vellus,
        "hair": marks.hairs,
        "stubble": marks.stubble,
    }
    tables = []
    for kind, per_cm2 in densities.items():
        count = int(rng.poisson(per_cm2 * area_cm2))
        low, high, thin, thick, faint, strong = (_SPOTS | _THREADS)[kind]
        length = np.exp(rng.uniform(np.log(low), np.log(high), count))
        width = rng.uniform(thin, thick, count)
        tables.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    "x_mm": rng.uniform(0, size_mm[0], count),
                    "y_mm": rng.uniform(0, size_mm[1], count),
                    "length_mm": length,
                    "width_mm": width * length if kind in _SPOTS else width,
                    "angle_deg": rng.uniform(0, 180, count),
                    "bend": rng.normal(0.0, 0.25, count),
                    "strength": rng.uniform(faint, strong, count),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
