"""From light on the sensor to an 8-bit picture: noise, colour filter array, sharpening, JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from poremetrics.photo import to_srgb8
from poremetrics.synthetic.records import Camera, FloatImage, Rgb


def expose(light: FloatImage, camera: Camera, rng: np.random.Generator) -> Rgb:
    """Return the picture a camera makes of the light behind its lens.

    Parameters
    ----------
    light : (H, W, 3) float32
        Linear light, 1 is full scale.
    camera : Camera
        Noise, colour filter array, sharpening and compression.
    rng : numpy.random.Generator
        Noise.

    Returns
    -------
    (H, W, 3) uint8
        sRGB.
    """
    if camera.bayer:
        light = _demosaiced(noisy(_mosaic(light), camera, rng))
    else:
        light = noisy(light, camera, rng)
    picture = to_srgb8(light)
    if camera.sharpen > 0.0:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
        sharp = cv2.addWeighted(picture, 1.0 + camera.sharpen, soft, -camera.sharpen, 0.0)
        picture = np.asarray(sharp, np.uint8)
    return compressed(picture, camera.jpeg_quality)


def noisy(light: FloatImage, camera: Camera, rng: np.random.Generator) -> FloatImage:
    """Return light with shot and read noise (Gaussian, variance linear in light)."""
    if np.isinf(camera.photons) and camera.read_noise == 0.0:
        return light
    shot = 0.0 if np.isinf(camera.photons) else 1.0 / camera.photons
    variance = np.float32(camera.read_noise**2) + np.float32(shot) * np.maximum(light, 0.0)
    grain = rng.standard_normal(light.shape, dtype=np.float32)
    return np.asarray(light + np.sqrt(variance) * grain, np.float32)


def compressed(picture: Rgb, quality: int | None) -> Rgb:
    """Return the picture after a JPEG encoding; itself without a quality."""
    if quality is None:
        return picture
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def _mosaic(light: FloatImage) -> FloatImage:
    """Return what an RGGB colour filter array sees."""
    seen = light[..., 1].copy()
    seen[0::2, 0::2] = light[0::2, 0::2, 0]
    seen[1::2, 1::2] = light[1::2, 1::2, 2]
    return seen


def _demosaiced(raw: FloatImage) -> FloatImage:
    """Return full colour by bilinear interpolation of each channel's own samples."""
    out = np.empty((*raw.shape, 3), np.float32)
    kernel = np.array([[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]], np.float32)
    for channel, sites in enumerate((((0, 0),), ((0, 1), (1, 0)), ((1, 1),))):
        sampled, weight = np.zeros_like(raw), np.zeros_like(raw)
        for row, col in sites:
            sampled[row::2, col::2] = raw[row::2, col::2]
            weight[row::2, col::2] = 1.0
        out[..., channel] = cv2.filter2D(sampled, -1, kernel) / cv2.filter2D(weight, -1, kernel)
    return out
