"""Photographing synthetic skin: light, pores and marks, optics, sensor, file, and the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.synthetic import colour
from poremetrics.synthetic.fields import slopes
from poremetrics.synthetic.records import (
    Camera,
    FloatImage,
    Matrix,
    Recipe,
    SkinModel,
    SyntheticSkin,
    Tone,
    Treatment,
)
from poremetrics.synthetic.sensor import expose
from poremetrics.synthetic.stamps import stamp
from poremetrics.synthetic.subject import make_skin
from poremetrics.synthetic.visible import signal_to_noise

Floats = npt.NDArray[np.float64]

_DRAWN = ["angle_deg", "depth", "sharpness", "core", "rim", "lobes", "phase_deg"]

VISIBLE_SNR = 3.0
"""A pore is visible where its dip is this many standard deviations of the bare skin."""


def photograph(
    skin: SkinModel,
    camera: Camera,
    rng: np.random.Generator,
    treatment: Treatment | None = None,
) -> SyntheticSkin:
    """Photograph a subject and tell the truth about the picture.

    Parameters
    ----------
    skin : SkinModel
        The subject.
    camera : Camera
        Geometry, light, optics, sensor and file.
    rng : numpy.random.Generator
        Noise of the sensor.
    treatment : Treatment, optional
        What happened to the skin before this photo.

    Returns
    -------
    SyntheticSkin
        Picture and truth.
    """
    treatment = treatment or Treatment()
    matrix = camera.skin_to_photo(skin.centre_mm)
    pores = treated(skin.pores, treatment)
    scene = _bare_skin(skin, camera, matrix, treatment)
    places = _to_photo(matrix, pores)
    dark = _pore_darkening(scene.light.shape[:2], pores, places, camera)

    bare = _through_lens(scene.light, camera)
    full = _through_lens(_darken(scene.light, dark, colour.SHADOW), camera)
    # The two pictures share their noise: the truth is about this very exposure.
    seed = int(rng.integers(2**63))
    picture = expose(full, camera, np.random.default_rng(seed))
    without = expose(bare, camera, np.random.default_rng(seed))
    truth = _truth(pores, places, camera, skin.recipe.tone)
    truth["snr"] = signal_to_noise(truth, full, bare, without, camera.blur_px)
    truth["visible"] = truth["inside"] & truth["present"] & (truth["snr"] >= VISIBLE_SNR)
    return SyntheticSkin(
        picture=picture,
        truth=truth,
        distractors=_distractor_truth(skin.marks, matrix, camera),
        px_per_mm=camera.px_per_mm,
        skin_to_photo=matrix,
    )


def render_skin(
    rng: np.random.Generator,
    *,
    width_px: int = 1200,
    height_px: int = 900,
    px_per_mm: float = 16.0,
    tone: Tone = "II",
    treatment: Treatment | None = None,
    camera: Camera | None = None,
    **recipe: object,
) -> SyntheticSkin:
    """Make a subject that fills the picture, and photograph it once.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of all randomness.
    width_px, height_px : int
        Size of the picture.
    px_per_mm : float
        Scale on the skin.
    tone : str
        Fitzpatrick type ``I`` to ``VI``.
    treatment : Treatment, optional
        Applied before the photo.
    camera : Camera, optional
        Light, optics and sensor; its size and scale are replaced by those given here.
    **recipe
        Any other field of :class:`Recipe`, e.g. ``pores_per_cm2=60``.

    Returns
    -------
    SyntheticSkin
        Picture and truth.
    """
    settings = Recipe(
        width_mm=width_px / px_per_mm,
        height_mm=height_px / px_per_mm,
        grain_px_per_mm=px_per_mm,
        tone=tone,
        **recipe,  # type: ignore[arg-type]
    )
    base = camera or Camera()
    for_skin, for_noise = rng.spawn(2)
    return photograph(
        make_skin(for_skin, settings),
        framed(base, width_px, height_px, px_per_mm),
        for_noise,
        treatment,
    )


def framed(camera: Camera, width_px: int, height_px: int, px_per_mm: float) -> Camera:
    """Return ``camera`` with another picture size and scale."""
    return replace(camera, width_px=width_px, height_px=height_px, px_per_mm=px_per_mm)


def treated(pores: pd.DataFrame, treatment: Treatment) -> pd.DataFrame:
    """Return the pores after a treatment, with a column ``present``.

    Which pores go and which change more is part of the subject (its ``fate`` columns), so a
    stronger treatment takes the same pores and some more.
    """
    after = pores.copy()
    after["present"] = pores["fate_lost"] >= treatment.lost_share
    after["diameter_um"] *= treatment.diameter_ratio * np.exp(treatment.spread * pores["fate_size"])
    after["depth"] *= treatment.contrast_ratio * np.exp(treatment.spread * pores["fate_depth"])
    return after


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """Skin without pores in the picture's geometry, in linear light."""

    light: FloatImage


def _bare_skin(skin: SkinModel, camera: Camera, matrix: Matrix, treatment: Treatment) -> _Scene:
    """Render everything but the pores, before the lens."""
    height, melanin, blood = (
        _sampled(field, skin.recipe.grain_px_per_mm, camera, matrix)
        for field in (skin.height, skin.melanin, skin.blood)
    )
    blood = blood + np.float32(treatment.redness)
    shape = height.shape
    albedo = np.array(colour.ALBEDO[skin.recipe.tone], np.float32)
    density = (
        melanin[..., None] * colour.MELANIN
        + blood[..., None] * colour.BLOOD
        + _spots(skin.marks, matrix, camera)
    )

    across, along = slopes(height, camera.px_per_mm)
    light_deg = np.deg2rad(camera.light_deg)
    towards = np.float32(np.cos(light_deg)) * across - np.float32(np.sin(light_deg)) * along
    amount = np.float32(skin.recipe.relief)
    # Slopes that face the light are brighter; furrows see less of the sky whatever the light.
    shading = amount * np.float32(1.4 * camera.light_slant) * -towards
    hollow = height - cv2.GaussianBlur(height, (0, 0), 0.4 * camera.px_per_mm)
    shading += amount * np.float32(0.5 / max(float(hollow.std()), 1e-9)) * hollow

    diffuse = albedo * np.exp(shading[..., None] - density)
    diffuse += np.float32(_gloss(albedo)) * _shine(across, along, camera)[..., None]
    diffuse *= _illumination(shape, camera)[..., None]
    diffuse *= np.float32(_exposure(albedo, camera)) * np.array(camera.balance, np.float32)
    light = _darken(diffuse, _threads(skin.marks, matrix, camera), np.ones(3, np.float32))
    return _Scene(light)


def _sampled(field: FloatImage, grain: float, camera: Camera, matrix: Matrix) -> FloatImage:
    """Return a field of the skin at the pixels of the picture, anti-aliased."""
    to_photo = matrix @ np.array([[1 / grain, 0, 0], [0, 1 / grain, 0], [0, 0, 1]])
    shrink = grain / camera.px_per_mm
    if shrink > 1.01:
        field = cv2.GaussianBlur(field, (0, 0), 0.5 * float(np.sqrt(shrink**2 - 1)))
    offset = to_photo[:, 2]
    if np.allclose(to_photo[:, :2], np.eye(2)) and np.allclose(offset, np.round(offset)):
        x, y = np.round(-offset).astype(int)
        if min(x, y) >= 0 and y + camera.height_px <= len(field):
            part = field[y : y + camera.height_px, x : x + camera.width_px]
            if part.shape == (camera.height_px, camera.width_px):
                return part
    out = cv2.warpAffine(
        field,
        to_photo,
        (camera.width_px, camera.height_px),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(out, np.float32)


def _to_photo(matrix: Matrix, table: pd.DataFrame) -> Floats:
    """Return (N, 2) places in the picture of things with ``x_mm`` and ``y_mm``."""
    return table[["x_mm", "y_mm"]].to_numpy(np.float64) @ matrix[:, :2].T + matrix[:, 2]


def _axes_px(pores: pd.DataFrame, px_per_mm: float) -> tuple[Floats, Floats]:
    """Return full widths along and across; their geometric mean is the diameter."""
    diameter = pores["diameter_um"].to_numpy(np.float64) / 1000.0 * px_per_mm
    stretch = np.sqrt(pores["elongation"].to_numpy(np.float64))
    return diameter * stretch, diameter / stretch


def _pore_darkening(
    shape: tuple[int, int], pores: pd.DataFrame, places: Floats, camera: Camera
) -> FloatImage:
    """Return the log darkening by all present pores."""
    drawn = pores["present"].to_numpy(bool)
    major, minor = _axes_px(pores, camera.px_per_mm)
    columns = pores[_DRAWN].to_numpy(np.float64)[drawn]
    return stamp(
        shape,
        places[drawn],
        major[drawn],
        minor[drawn],
        columns[:, 0] + camera.turn_deg,
        columns[:, 1],
        columns[:, 2],
        core=columns[:, 3],
        rim=columns[:, 4] * min(1.0, 2.0 * camera.light_slant),
        lobes=columns[:, 5],
        phase_deg=columns[:, 6],
        light_deg=camera.light_deg,
    )


def _spots(marks: pd.DataFrame, matrix: Matrix, camera: Camera) -> FloatImage:
    """Return (H, W, 3) log density of freckles, moles and acne marks."""
    shape = (camera.height_px, camera.width_px)
    density = np.zeros((*shape, 3), np.float32)
    for kind, pigment, sharpness in (
        ("freckle", colour.MELANIN, 2.6),
        ("mole", colour.MELANIN, 6.0),
        ("acne", colour.BLOOD, 2.2),
    ):
        chosen = marks[marks["kind"] == kind]
        if chosen.empty:
            continue
        drawn = stamp(
            shape,
            _to_photo(matrix, chosen),
            chosen["length_mm"].to_numpy(np.float64) * camera.px_per_mm,
            chosen["width_mm"].to_numpy(np.float64) * camera.px_per_mm,
            chosen["angle_deg"].to_numpy(np.float64) + camera.turn_deg,
            chosen["strength"].to_numpy(np.float64),
            np.full(len(chosen), sharpness),
        )
        density += drawn[..., None] * pigment
    return density


def _threads(marks: pd.DataFrame, matrix: Matrix, camera: Camera) -> FloatImage:
    """Return the log darkening by hairs and stubble (negative: light vellus hair)."""
    shape = (camera.height_px, camera.width_px)
    total = np.zeros(shape, np.float32)
    steps = np.linspace(-0.5, 0.5, 9)
    cover = np.zeros(shape, np.uint8)
    for row in marks[marks["kind"].isin(["vellus", "hair", "stubble"])].itertuples():
        angle = np.deg2rad(row.angle_deg)
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        line = row.length_mm * (
            steps[:, None] * along + row.bend * (steps**2 - 0.08)[:, None] * across
        )
        line = (line + np.array([row.x_mm, row.y_mm])) @ matrix[:, :2].T + matrix[:, 2]
        low = np.floor(line.min(axis=0)).astype(int) - 4
        high = np.ceil(line.max(axis=0)).astype(int) + 5
        x0, y0 = np.maximum(low, 0)
        x1, y1 = np.minimum(high, (shape[1], shape[0]))
        if x0 >= x1 or y0 >= y1:
            continue
        width = row.width_mm * camera.px_per_mm
        part = cover[y0:y1, x0:x1]
        part[:] = 0
        fixed = np.round((line - (x0, y0)) * 16).astype(np.int32)
        cv2.polylines(
            part_copy := np.ascontiguousarray(part),
            [fixed.reshape(-1, 1, 2)],
            False,
            255,
            max(1, round(width)),
            cv2.LINE_AA,
            4,
        )
        # A line thinner than a pixel covers only its share of it.
        share = min(width, 1.0) / 255.0 * row.strength
        total[y0:y1, x0:x1] += np.float32(share) * part_copy
    return total


def _shine(across: FloatImage, along: FloatImage, camera: Camera) -> FloatImage:
    """Return the mirror-like reflection of small facets, strongest around a broad highlight."""
    if camera.shine == 0.0:
        return np.zeros_like(across)
    rows, cols = across.shape
    light = np.deg2rad(camera.light_deg)
    x = (np.arange(cols, dtype=np.float32) / cols - 0.5 - 0.25 * np.float32(np.cos(light)))[None]
    y = (np.arange(rows, dtype=np.float32) / rows - 0.5 + 0.25 * np.float32(np.sin(light)))[:, None]
    # The face curves away: each place needs another facet slope to mirror the lamp.
    miss = (0.6 * across + 3.2 * x) ** 2 + (0.6 * along + 3.2 * y) ** 2
    glint = np.exp(-miss / np.float32(0.9))
    return np.asarray(np.float32(camera.shine) * glint, np.float32)


def _illumination(shape: tuple[int, int], camera: Camera) -> FloatImage:
    """Return how the light falls off across the picture."""
    light = np.deg2rad(camera.light_deg)
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None] * np.float32(np.cos(light))
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None] * np.float32(np.sin(light))
    return np.asarray(np.exp(np.float32(camera.fall_off) * (x - y)), np.float32)


def _exposure(albedo: FloatImage, camera: Camera) -> float:
    """Return the gain of the exposure: dark skin is lifted by half, in log light."""
    own = float(albedo @ colour.LUMINANCE)
    light = float(np.array(colour.ALBEDO["I"], np.float32) @ colour.LUMINANCE)
    return camera.brightness / light * float(np.sqrt(light / own))


def _gloss(albedo: FloatImage) -> float:
    """Return what a shine of 1 adds to the light.

    The mirror-like part is the same for all skin and the diffuse part is not; dark skin shines
    more against its own light, though less than by the full ratio, since photographers soften
    the lamp for it.
    """
    own = float(albedo @ colour.LUMINANCE)
    light = float(np.array(colour.ALBEDO["I"], np.float32) @ colour.LUMINANCE)
    return float(np.sqrt(own * light))


def _darken(light: FloatImage, dark: FloatImage, colour_of: FloatImage) -> FloatImage:
    """Return ``light`` dimmed by a log darkening, per channel."""
    return np.asarray(light * np.exp(-dark[..., None] * colour_of), np.float32)


def _through_lens(light: FloatImage, camera: Camera) -> FloatImage:
    """Return the light after the point spread."""
    if camera.blur_px <= 0.0:
        return light
    return np.asarray(cv2.GaussianBlur(light, (0, 0), camera.blur_px), np.float32)


def _truth(pores: pd.DataFrame, places: Floats, camera: Camera, tone: Tone) -> pd.DataFrame:
    """Return the truth table without visibility."""
    major, minor = _axes_px(pores, camera.px_per_mm)
    share = np.array(colour.ALBEDO[tone]) * colour.LUMINANCE
    depth = pores["depth"].to_numpy(np.float64)
    left = np.exp(-depth[:, None] * colour.SHADOW) @ (share / share.sum())
    inside = ((places >= 0) & (places <= (camera.width_px - 1, camera.height_px - 1))).all(axis=1)
    present = pores["present"].to_numpy(bool)
    gone = np.where(present, 1.0, np.nan)
    return pd.DataFrame(
        {
            "pore_id": pores["pore_id"].to_numpy(),
            "x_px": places[:, 0],
            "y_px": places[:, 1],
            "diameter_px": np.sqrt(major * minor) * gone,
            "major_px": major * gone,
            "minor_px": minor * gone,
            "angle_deg": (pores["angle_deg"].to_numpy() + camera.turn_deg) % 180.0,
            "diameter_um": pores["diameter_um"].to_numpy() * gone,
            "contrast": (1.0 - left) * gone,
            "plug": pores["plug"].to_numpy(),
            "present": present,
            "inside": inside,
        }
    )


def _distractor_truth(marks: pd.DataFrame, matrix: Matrix, camera: Camera) -> pd.DataFrame:
    """Return the marks whose centre lies in the picture."""
    places = _to_photo(matrix, marks)
    table = pd.DataFrame(
        {
            "kind": marks["kind"].to_numpy(),
            "x_px": places[:, 0],
            "y_px": places[:, 1],
            "length_px": marks["length_mm"].to_numpy() * camera.px_per_mm,
            "width_px": marks["width_mm"].to_numpy() * camera.px_per_mm,
            "angle_deg": (marks["angle_deg"].to_numpy() + camera.turn_deg) % 180.0,
        }
    )
    inside = ((places >= 0) & (places <= (camera.width_px - 1, camera.height_px - 1))).all(axis=1)
    return table[inside].reset_index(drop=True)


__all__ = ["VISIBLE_SNR", "framed", "photograph", "render_skin", "treated"]
