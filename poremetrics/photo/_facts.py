"""Capture facts from a file's metadata. Position data (the GPS directory) is never read."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

from poremetrics.model import CaptureFacts
from poremetrics.photo import _jpeg

_LONGEST_NAME = 80


def read(image: Image.Image) -> CaptureFacts:
    """Return what an open image's metadata says about its capture.

    Parameters
    ----------
    image : PIL.Image.Image
        Opened, not necessarily decoded.

    Returns
    -------
    CaptureFacts
        Unknown or unreadable entries are None.
    """
    depth = _bit_depth(image)  # before the EXIF of a PNG, whose reading decodes the picture
    tags, capture = _exif(image)
    file_format = "JPEG" if image.format == "MPO" else (image.format or "image")
    tables = getattr(image, "quantization", None) or {}
    return CaptureFacts(
        file_format=file_format,
        bit_depth=depth,
        taken_at=_time(capture),
        camera=_camera(tags),
        focal_length_35mm=_positive(capture.get(ExifTags.Base.FocalLengthIn35mmFilm)),
        jpeg_quality=_jpeg.quality(tables) if file_format == "JPEG" else None,
        icc_profile=bool(image.info.get("icc_profile")),
    )


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) where it is absent or odd."""
    value = _exif(image)[0].get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _exif(image: Image.Image) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return the main and the capture directory; empty where they cannot be read."""
    try:
        exif = image.getexif()
        return dict(exif), dict(exif.get_ifd(ExifTags.IFD.Exif))
    # Metadata is a courtesy: a photo with damaged EXIF is still a photo.
    except Exception:
        return {}, {}


def _text(value: object) -> str:
    """Return a metadata string without padding or control characters."""
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    if not isinstance(value, str):
        return ""
    text = "".join(char for char in value if char.isprintable())
    return " ".join(text.split())[:_LONGEST_NAME]


def _camera(tags: dict[int, Any]) -> str | None:
    make, model = _text(tags.get(ExifTags.Base.Make)), _text(tags.get(ExifTags.Base.Model))
    # Some makers repeat their name in the model.
    name = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    return name.strip() or None


def _time(capture: dict[int, Any]) -> datetime | None:
    """Return the time of capture: with its offset from UTC if the file gives one, else naive."""
    taken = _text(capture.get(ExifTags.Base.DateTimeOriginal))
    offset = _text(capture.get(ExifTags.Base.OffsetTimeOriginal))
    for text, pattern in (
        (f"{taken} {offset}", "%Y:%m:%d %H:%M:%S %z"),
        (taken, "%Y:%m:%d %H:%M:%S"),
    ):
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    return None


def _positive(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _bit_depth(image: Image.Image) -> int:
    """Return bits per channel as stored in the file."""
    stated = image.info.get("bit_depth")  # HEIF
    if isinstance(stated, int):
        return stated
    bits = getattr(image, "tag_v2", {}).get(258)  # TIFF BitsPerSample
    if isinstance(bits, tuple) and bits and isinstance(bits[0], int):
        return bits[0]
    raw_modes = [str(tile[3]) for tile in getattr(image, "tile", [])]
    return 16 if image.mode.startswith("I") or any("16" in mode for mode in raw_modes) else 8
