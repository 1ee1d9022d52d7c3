"""A drawn face that the networks take for one, with known eyes, irises and nostrils."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from poremetrics.model import CaptureFacts, Photo

SKIN = (224, 172, 140)


@dataclass(frozen=True)
class Drawing:
    """A drawn face: sRGB pixels and where its parts are, x, y in pixels."""

    pixels: np.ndarray
    right_eye: np.ndarray
    left_eye: np.ndarray
    iris_px: float
    nose_tip: np.ndarray
    mouth: np.ndarray


def draw_face(
    width: int = 720, height: int = 880, unit: float = 100.0, skin=SKIN, *, seed: int = 1
) -> Drawing:
    """Draw a face looking into the camera; ``unit`` is the distance from midline to eye."""
    rng = np.random.default_rng(seed)
    cx, cy = width / 2, height * 0.44
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x - cx) / unit, (y - cy) / unit  # eyes lie at (-1, 0) and (1, 0)

    def bump(u0, v0, su, sv):
        return np.exp(-(((u - u0) / su) ** 2) - ((v - v0) / sv) ** 2)

    # Height of the face towards the camera: an ellipsoid, eye sockets, nose, lips, chin.
    inside = (u / 2.25) ** 2 + ((v - 0.55) / np.where(v < 0.55, 2.6, 3.0)) ** 2
    depth = 2.0 * np.sqrt(np.clip(1 - inside, 0.0, 1))
    for sign in (-1, 1):
        depth -= 0.30 * bump(sign * 1.0, 0.0, 0.55, 0.36)
        depth += 0.14 * bump(sign * 0.95, -0.55, 0.7, 0.2)
        depth += 0.22 * bump(sign * 0.36, 1.28, 0.2, 0.2)
        depth += 0.15 * bump(sign * 1.25, 0.9, 0.6, 0.5)
    depth += 0.55 * bump(0, 0.75, 0.3, 0.75) + 0.45 * bump(0, 1.2, 0.3, 0.28)
    depth += 0.16 * bump(0, 2.0, 0.6, 0.22) + 0.2 * bump(0, 2.95, 0.6, 0.4)
    gy, gx = np.gradient(depth * unit)
    normal = np.stack([-gx, -gy, np.ones_like(gx)], -1)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    light = np.array([-0.25, -0.45, 0.86])
    shade = 0.35 + 0.65 * np.clip(normal @ light, 0, 1)
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = (120, 130, 140)
    neck = (np.abs(u) < 1.25) & (v > 2.0)
    picture[neck] = np.array(skin) * 0.55
    shirt = v > 4.2 + 0.25 * np.abs(u) ** 0.5
    picture[shirt] = (60, 70, 110)
    face = inside < 1
    hair = ((u / 2.5) ** 2 + ((v - 0.2) / 2.9) ** 2 < 1) & (v < 1.2)
    picture[hair] = (50, 35, 28)
    picture[face] = (np.array(skin, np.float32) * shade[..., None])[face]
    top = face & (v < -1.75 - 0.25 * np.cos(u * 1.2))
    picture[top] = (50, 35, 28)
    redden = np.exp(-(((np.abs(u) - 1.2) / 0.5) ** 2) - ((v - 1.1) / 0.5) ** 2) * 0.12
    picture[..., 1:] *= (1 - redden * face)[..., None]

    def paint(mask, colour, blur=0.02):
        alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.6, blur * unit))[..., None]
        picture[:] = picture * (1 - alpha) + np.array(colour, np.float32) * alpha

    iris = 0.185
    for sign in (-1, 1):
        eu, ev = (u - sign) * sign, v
        lid = np.abs(eu) < 0.46
        upper = -0.2 * (1 - (eu / 0.46) ** 2)
        lower = 0.13 * (1 - (eu / 0.46) ** 2)
        opening = lid & (ev > upper) & (ev < lower)
        paint(opening, (235, 228, 222))
        disc = (eu**2 + ev**2 < iris**2) & opening
        paint(disc, (70, 95, 120), 0.012)
        paint((eu**2 + ev**2 < (iris * 0.42) ** 2) & opening, (15, 12, 12), 0.012)
        paint((eu - 0.06) ** 2 + (ev + 0.07) ** 2 < 0.035**2, (250, 250, 250), 0.01)
        paint(lid & (np.abs(ev - upper) < 0.03), (40, 25, 22))
        paint(lid & (np.abs(ev - lower) < 0.012), (120, 80, 70))
        crease = (np.abs(eu) < 0.5) & (np.abs(ev - upper * 1.25 + 0.1) < 0.015)
        paint(crease, (140, 95, 75))
        brow = (eu > -0.55) & (eu < 0.62) & (np.abs(ev + 0.5 + 0.1 * np.cos(eu * 2.4)) < 0.09)
        paint(brow, (55, 38, 30), 0.04)
        nostril = ((u - sign * 0.21) / 0.13) ** 2 + ((v - 1.42) / 0.07) ** 2 < 1
        paint(nostril, (45, 22, 20), 0.02)
        wing = (np.abs(np.hypot((np.abs(u) - 0.36) / 1.0, v - 1.26) - 0.2) < 0.018) & (
            np.abs(u) > 0.42
        )
        paint(wing & (u * sign > 0), (150, 100, 80), 0.02)
    lips = np.abs(u) < 0.72
    cupid = -0.17 * (1 - (u / 0.72) ** 2) + 0.05 * np.exp(-((u / 0.12) ** 2))
    bottom = 0.22 * (1 - (u / 0.72) ** 2)
    paint(lips & (v - 2.0 > cupid) & (v - 2.0 < bottom), (185, 95, 90), 0.03)
    paint((np.abs(u) < 0.7) & (np.abs(v - 2.0 - 0.02 * np.cos(u * 4)) < 0.02), (95, 40, 42))
    picture += rng.normal(0, 2.0, picture.shape)
    return Drawing(
        pixels=np.clip(picture, 0, 255).astype(np.uint8),
        right_eye=np.array([cx - unit, cy]),
        left_eye=np.array([cx + unit, cy]),
        iris_px=2 * iris * unit,
        nose_tip=np.array([cx, cy + 1.2 * unit]),
        mouth=np.array([cx, cy + 2.0 * unit]),
    )


def as_photo(pixels: np.ndarray) -> Photo:
    """Wrap sRGB pixels as a photo."""
    pixels = np.ascontiguousarray(pixels)
    return Photo(pixels, hashlib.sha256(pixels).hexdigest(), CaptureFacts("array"))
