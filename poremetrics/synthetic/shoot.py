"""Photographing synthetic skin: scene, optics, sensor, file, and the truth about the picture."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.synthetic import colour
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
from poremetrics.synthetic.scene import axes_px, bare_skin, to_photo, with_pores
from poremetrics.synthetic.sensor import expose
from poremetrics.synthetic.subject import make_skin
from poremetrics.synthetic.visible import signal_to_noise

Floats = npt.NDArray[np.float64]

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
    scene = bare_skin(skin, camera, matrix, treatment)
    places = to_photo(matrix, pores)
    bare = _through_lens(scene, camera)
    full = _through_lens(with_pores(scene, pores, places, camera), camera)
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


def _through_lens(light: FloatImage, camera: Camera) -> FloatImage:
    """Return the light after the point spread."""
    if camera.blur_px <= 0.0:
        return light
    return np.asarray(cv2.GaussianBlur(light, (0, 0), camera.blur_px), np.float32)


def _truth(pores: pd.DataFrame, places: Floats, camera: Camera, tone: Tone) -> pd.DataFrame:
    """Return the truth table without visibility."""
    major, minor = axes_px(pores, camera.px_per_mm)
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
    places = to_photo(matrix, marks)
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
    return table.iloc[np.flatnonzero(inside)].reset_index(drop=True)
