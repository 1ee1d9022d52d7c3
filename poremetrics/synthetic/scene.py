"""The skin in front of the camera, in linear light: pigment, relief, shine, marks, pores."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.synthetic import colour
from poremetrics.synthetic.fields import slopes
from poremetrics.synthetic.records import Camera, FloatImage, Matrix, SkinModel, Treatment
from poremetrics.synthetic.stamps import stamp
from poremetrics.synthetic.threads import threads

Floats = npt.NDArray[np.float64]

_SLOPE_SHADING = 1.4  # shading by slope under grazing light, in units of the recipe's relief
_HOLLOW_SHADING = 0.5  # darkening of hollows under any light, likewise
_HOLLOW_MM = 0.4  # hollows are lower than their surroundings of this radius
_FACET_SPREAD = 0.9  # width of the mirror-like reflection, in squared slopes
_CURVATURE = 3.2  # turn of the skin across the picture, in slopes
_HIGHLIGHT_AT = 0.25  # place of the highlight towards the light, in picture widths
# kind, pigment, exponent of the profile: freckles fade out, moles have an edge.
_SPOTS = (
    ("freckle", colour.MELANIN, 2.6),
    ("mole", colour.MELANIN, 6.0),
    ("acne", colour.BLOOD, 2.2),
)
_DRAWN = ["angle_deg", "depth", "sharpness", "core", "rim", "lobes", "phase_deg"]


def bare_skin(skin: SkinModel, camera: Camera, matrix: Matrix, treatment: Treatment) -> FloatImage:
    """Render everything but the pores, before the lens.

    Parameters
    ----------
    skin : SkinModel
        The subject.
    camera : Camera
        Geometry and light.
    matrix : (2, 3) float64
        Map from skin millimetres to picture pixels.
    treatment : Treatment
        Its redness is added.

    Returns
    -------
    (H, W, 3) float32
        Linear light, 1 is full scale.
    """
    height, melanin, blood = (
        _sampled(field, skin.recipe.grain_px_per_mm, camera, matrix)
        for field in (skin.height, skin.melanin, skin.blood)
    )
    density = melanin[..., None] * colour.MELANIN
    density += (blood + np.float32(treatment.redness))[..., None] * colour.BLOOD
    _add_spots(density, skin.marks, matrix, camera)

    across, along = slopes(height, camera.px_per_mm)
    # The strength of hollows belongs to the subject: no camera may change it.
    own = float(_hollows(skin.height, skin.recipe.grain_px_per_mm).std())
    shading = _hollows(height, camera.px_per_mm) * np.float32(_HOLLOW_SHADING / max(own, 1e-9))
    # Slopes that rise away from the light face it.
    shading -= np.float32(_SLOPE_SHADING * camera.light_slant) * _along_light(
        across, along, camera.light_deg
    )
    shading *= np.float32(skin.recipe.relief)
    albedo = np.array(colour.ALBEDO[skin.recipe.tone], np.float32)
    light = albedo * np.exp(shading[..., None] - density)
    if camera.shine > 0.0:
        light += np.float32(_gloss(albedo)) * _shine(across, along, camera)[..., None]
    light *= _illumination(height.shape, camera)[..., None]
    light *= np.float32(_exposure(albedo, camera)) * np.array(camera.balance, np.float32)
    light *= np.exp(-threads(skin.marks, matrix, camera))[..., None]
    return np.asarray(light, np.float32)


def with_pores(bare: FloatImage, pores: pd.DataFrame, places: Floats, camera: Camera) -> FloatImage:
    """Return the bare skin darkened by all pores that are present.

    Parameters
    ----------
    bare : (H, W, 3) float32
        Linear light.
    pores : DataFrame
        As in :class:`SkinModel`, with ``present``.
    places : (N, 2) float64
        Centres in the picture.
    camera : Camera
        Scale, turn and light.
    """
    drawn = pores["present"].to_numpy(bool)
    major, minor = axes_px(pores, camera.px_per_mm)
    angle, depth, sharpness, core, rim, lobes, phase = pores[_DRAWN].to_numpy(np.float64)[drawn].T
    dark = stamp(
        bare.shape[:2],
        places[drawn],
        major[drawn],
        minor[drawn],
        angle + camera.turn_deg,
        depth,
        sharpness,
        core=core,
        # Flat light from the front shows no rim.
        rim=rim * min(1.0, 2.0 * camera.light_slant),
        lobes=lobes,
        phase_deg=phase,
        light_deg=camera.light_deg,
    )
    return np.asarray(bare * np.exp(-dark[..., None] * colour.SHADOW), np.float32)


def to_photo(matrix: Matrix, table: pd.DataFrame) -> Floats:
    """Return (N, 2) places in the picture of things with ``x_mm`` and ``y_mm``."""
    xy = table[["x_mm", "y_mm"]].to_numpy(np.float64)
    return np.asarray(xy @ matrix[:, :2].T + matrix[:, 2], np.float64)


def axes_px(pores: pd.DataFrame, px_per_mm: float) -> tuple[Floats, Floats]:
    """Return full widths along and across; their geometric mean is the diameter."""
    diameter = pores["diameter_um"].to_numpy(np.float64) / 1000.0 * px_per_mm
    stretch = np.sqrt(pores["elongation"].to_numpy(np.float64))
    return diameter * stretch, diameter / stretch


def _sampled(field: FloatImage, grain: float, camera: Camera, matrix: Matrix) -> FloatImage:
    """Return a field of the skin at the pixels of the picture, anti-aliased."""
    step = np.array([[1 / grain, 0, 0], [0, 1 / grain, 0], [0, 0, 1]])
    placed = matrix @ step
    shrink = grain / camera.px_per_mm
    if shrink > 1.0:
        field = np.asarray(
            cv2.GaussianBlur(field, (0, 0), max(0.5 * np.sqrt(shrink**2 - 1), 0.01)), np.float32
        )
    shift = np.round(-placed[:, 2]).astype(int)
    size = np.array([camera.width_px, camera.height_px])
    whole = np.allclose(placed, np.column_stack([np.eye(2), -shift]), atol=1e-6)
    if whole and (shift >= 0).all() and (shift + size <= field.shape[::-1]).all():
        # Same scale, whole pixels: nothing to interpolate.
        return field[shift[1] : shift[1] + size[1], shift[0] : shift[0] + size[0]]
    out = cv2.warpAffine(
        field,
        placed,
        (camera.width_px, camera.height_px),
        flags=cv2.INTER_LANCZOS4,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(out, np.float32)


def _add_spots(density: FloatImage, marks: pd.DataFrame, matrix: Matrix, camera: Camera) -> None:
    """Add the log density of freckles, moles and acne marks to (H, W, 3) ``density``."""
    for kind, pigment, sharpness in _SPOTS:
        chosen = marks[marks["kind"] == kind]
        if chosen.empty:
            continue
        drawn = stamp(
            density.shape[:2],
            to_photo(matrix, chosen),
            chosen["length_mm"].to_numpy(np.float64) * camera.px_per_mm,
            chosen["width_mm"].to_numpy(np.float64) * camera.px_per_mm,
            chosen["angle_deg"].to_numpy(np.float64) + camera.turn_deg,
            chosen["strength"].to_numpy(np.float64),
            np.full(len(chosen), sharpness),
        )
        density += drawn[..., None] * pigment


def _hollows(height: FloatImage, px_per_mm: float) -> FloatImage:
    """Return the height above the surroundings: hollows see less of the sky in any light."""
    around = cv2.GaussianBlur(height, (0, 0), _HOLLOW_MM * px_per_mm)
    return np.asarray(height - around, np.float32)


def _along_light(x: FloatImage, y: FloatImage, light_deg: float) -> FloatImage:
    """Return the component towards the light; 0° is right and 90° is up, y points down."""
    light = np.deg2rad(light_deg)
    return np.asarray(np.float32(np.cos(light)) * x - np.float32(np.sin(light)) * y, np.float32)


def _shine(across: FloatImage, along: FloatImage, camera: Camera) -> FloatImage:
    """Return the mirror-like reflection of small facets, strongest around a broad highlight."""
    rows, cols = across.shape
    light = np.deg2rad(camera.light_deg)
    x = np.arange(cols, dtype=np.float32) / np.float32(cols) - 0.5
    y = np.arange(rows, dtype=np.float32) / np.float32(rows) - 0.5
    x -= np.float32(_HIGHLIGHT_AT * np.cos(light))
    y += np.float32(_HIGHLIGHT_AT * np.sin(light))
    # The face curves away: each place needs another facet slope to mirror the lamp.
    bend = np.float32(_CURVATURE)
    miss = (0.6 * across + bend * x[None]) ** 2 + (0.6 * along + bend * y[:, None]) ** 2
    return np.asarray(np.float32(camera.shine) * np.exp(-miss / np.float32(_FACET_SPREAD)))


def _gloss(albedo: FloatImage) -> float:
    """Return what a shine of 1 adds to the light.

    The mirror-like part is the same for all skin and the diffuse part is not; dark skin shines
    more against its own light, though less than by the full ratio, since photographers soften
    the lamp for it.
    """
    return float(np.sqrt(_luminance(albedo) * _lightest()))


def _exposure(albedo: FloatImage, camera: Camera) -> float:
    """Return the gain of the exposure: dark skin is lifted by half, in log light."""
    return camera.brightness / _lightest() * float(np.sqrt(_lightest() / _luminance(albedo)))


def _luminance(albedo: FloatImage) -> float:
    return float(albedo @ colour.LUMINANCE)


def _lightest() -> float:
    return _luminance(np.array(colour.ALBEDO["I"], np.float32))


def _illumination(shape: tuple[int, ...], camera: Camera) -> FloatImage:
    """Return how the light falls off across the picture."""
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    towards = _along_light(x, y, camera.light_deg)
    return np.asarray(np.exp(np.float32(camera.fall_off) * towards), np.float32)
