"""From linear light at the lens to a JPEG: blur, vignetting, noise, mosaic, development."""

from __future__ import annotations

import io

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Float32 = npt.NDArray[np.float32]

READ_NOISE_E = 3.0
VIGNETTING = 0.10
SHARPENING_SIGMA_PX = 1.0
BLACK_LEVEL = 1500


def expose(
    light: Float32,
    rng: np.random.Generator,
    gain: float,
    white: tuple[float, float, float],
    blur_px: float,
    full_well: float,
    sharpening: float,
) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 sRGB of a linear picture of the same size."""
    picture = light * (gain * np.asarray(white, np.float32))
    picture = cv2.GaussianBlur(picture, (0, 0), blur_px)
    height, width = picture.shape[:2]
    y, x = np.ogrid[:height, :width]
    radius2 = ((x - width / 2) / width) ** 2 + ((y - height / 2) / height) ** 2
    picture *= (1.0 - 2.0 * VIGNETTING * radius2).astype(np.float32)[..., None]
    mosaic = np.empty((height, width), np.float32)  # RGGB
    for row, col, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[row::2, col::2] = picture[row::2, col::2, channel]
    electrons = np.clip(mosaic, 0.0, 1.0) * full_well
    noise = rng.standard_normal(mosaic.shape, dtype=np.float32)
    electrons += noise * np.sqrt(electrons + READ_NOISE_E**2)  # Poisson, in its normal limit
    raw = np.clip(electrons / full_well * 60000.0 + BLACK_LEVEL, 0, 65535).astype(np.uint16)
    # OpenCV names the pattern by its second row: "BG" is RGGB.
    rgb = cv2.cvtColor(raw, cv2.COLOR_BayerBG2RGB_EA).astype(np.float32)
    rgb = (rgb - BLACK_LEVEL) / 60000.0
    rgb += sharpening * (rgb - cv2.GaussianBlur(rgb, (0, 0), SHARPENING_SIGMA_PX))
    rgb = np.clip(rgb, 0.0, 1.0)
    srgb = np.where(
        rgb < 0.0031308, 12.92 * rgb, 1.055 * np.maximum(rgb, 1e-6) ** (1 / 2.4) - 0.055
    )
    srgb = np.clip(srgb + 0.10 * srgb * (1 - srgb) * (2 * srgb - 1), 0.0, 1.0)
    return (srgb * 255.0 + 0.5).astype(np.uint8)


def to_jpeg(pixels: npt.NDArray[np.uint8], taken: str, quality: int) -> bytes:
    """JPEG bytes, 4:2:0, with the date of the photo in its EXIF."""
    exif = Image.Exif()
    exif[0x0131] = "poremetrics sample renderer"
    exif[0x0132] = taken.replace("-", ":") + " 10:00:00"
    stream = io.BytesIO()
    Image.fromarray(pixels).save(
        stream, "JPEG", quality=quality, subsampling=2, exif=exif, optimize=True
    )
    return stream.getvalue()
