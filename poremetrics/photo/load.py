"""Any photo, from wherever it comes, as upright sRGB pixels and the facts of its capture."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from poremetrics.errors import PhotoError
from poremetrics.model import CaptureFacts, Photo, Rgb
from poremetrics.photo import _facts, _jpeg, _png, _profile
from poremetrics.settings.photo import PhotoSettings

Source = str | os.PathLike[str] | bytes | Image.Image | npt.NDArray[np.uint8]
"""What a photo can be given as."""

_PILLOW_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")
_KINDS = "JPEG, PNG, TIFF, WebP or HEIC"
# How files of these kinds begin; what begins so and cannot be opened is damaged, not another kind.
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*")
# Brands of ISO media files that hold a still picture of HEVC; films and AVIF have others.
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_WHITE = (255, 255, 255, 255)
_JPEG_FILL = 128
# EXIF orientation -> the turn and mirroring that set the stored rows upright.
_ROTATE = {
    3: cv2.ROTATE_180,
    6: cv2.ROTATE_90_CLOCKWISE,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


class _Decoded(NamedTuple):
    pixels: Rgb
    facts: CaptureFacts


def load(source: Source, settings: PhotoSettings, *, name: str | None = None) -> Photo:
    """Read one photo.

    The kind of file is told by its content, never by its name. The pixels are turned upright by
    the EXIF orientation and brought to sRGB by the embedded ICC profile (relative colorimetric
    with black point compensation); without a profile, or with a broken one, they are taken as
    sRGB. 16-bit values keep their high byte. Transparent pixels are laid on white. Of an
    animation or a multi-page file the first picture is read. Position data is never looked at.

    Parameters
    ----------
    source : path, bytes, PIL image or (H, W, 3) uint8 array
        A file, the content of one, or a picture already decoded (an array is taken as sRGB).
    settings : PhotoSettings
        Limits of size.
    name : str, optional
        How the photo is called in error messages; the path if one is given.

    Returns
    -------
    Photo
        Upright, sRGB, read-only pixels; SHA-256 of the file's bytes, or of the pixels where
        there is no file.

    Raises
    ------
    PhotoError
        The source cannot be read as a photo, for whatever reason.
    """
    if isinstance(source, np.ndarray):
        pixels = _from_array(source, settings, name or "array")
        return _photo(pixels, hashlib.sha256(pixels.data).hexdigest(), CaptureFacts("array"))
    if isinstance(source, Image.Image):
        decoded = _guarded(_from_image, source, settings, name or "image")
        digest = hashlib.sha256(decoded.pixels.data).hexdigest()
        return _photo(decoded.pixels, digest, decoded.facts)
    if isinstance(source, bytes | bytearray | memoryview):
        data, name = bytes(source), name or "photo"
    elif isinstance(source, str | os.PathLike):
        name = name or os.fspath(source)
        data = _read(source, settings, name)
    else:
        raise PhotoError(
            name or "photo",
            f"cannot read a photo from a {type(source).__name__}",
            "give a path, bytes, a PIL image or a (height, width, 3) uint8 array",
        )
    if not data:
        raise PhotoError(name, "the file is empty", "copy the photo again from the camera")
    decoded = _guarded(_from_bytes, data, settings, name)
    return _photo(decoded.pixels, hashlib.sha256(data).hexdigest(), decoded.facts)


def _photo(pixels: Rgb, digest: str, facts: CaptureFacts) -> Photo:
    pixels.setflags(write=False)
    return Photo(pixels, digest, facts)


def _read(path: str | os.PathLike[str], settings: PhotoSettings, name: str) -> bytes:
    """Return the content of a regular file."""
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise PhotoError(name, "is a folder", "give the photo inside it")
        # Opening a pipe or a device could wait for ever.
        if not stat.S_ISREG(status.st_mode):
            raise PhotoError(name, "is not an ordinary file", f"give a {_KINDS} file")
        if status.st_size > settings.maximum_file_mb * 1e6:
            raise PhotoError(
                name,
                f"the file is larger than {settings.maximum_file_mb:g} MB",
                "save the photo as JPEG at full resolution",
            )
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise PhotoError(name, "no such file", "check the path") from error
    except PermissionError as error:
        raise PhotoError(
            name, "no permission to read it", "allow reading or copy the photo"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise PhotoError(name, "cannot be opened", "check the path and the disk") from error


def _guarded(
    decode: Callable[[Any, PhotoSettings, str], _Decoded],
    source: Any,
    settings: PhotoSettings,
    name: str,
) -> _Decoded:
    """Run a decoder; whatever it throws at a damaged file becomes a PhotoError."""
    try:
        with warnings.catch_warnings():
            # Decoders warn about oversized pictures and odd metadata; both are dealt with here.
            warnings.simplefilter("ignore")
            return decode(source, settings, name)
    except PhotoError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise _too_large(name, settings) from error
    # Decoders fed damaged data raise nearly anything: OSError, SyntaxError, struct.error,
    # ValueError, IndexError, OverflowError, cv2.error ...
    except Exception as error:
        raise _damaged(name) from error


def _damaged(name: str) -> PhotoError:
    return PhotoError(
        name, "the file is damaged or incomplete", "copy the photo again from the camera"
    )


def _too_large(name: str, settings: PhotoSettings) -> PhotoError:
    return PhotoError(
        name,
        f"has more than {settings.maximum_megapixels:g} megapixels",
        "crop the photo to the face or save it smaller",
    )


def _check_size(width: int, height: int, settings: PhotoSettings, name: str) -> None:
    if width * height > settings.maximum_megapixels * 1e6:
        raise _too_large(name, settings)
    if min(width, height) < settings.minimum_side_px:
        raise PhotoError(
            name,
            f"is only {width} x {height} pixels",
            f"give a photo of at least {settings.minimum_side_px} pixels each way",
        )


def _from_array(array: npt.NDArray[Any], settings: PhotoSettings, name: str) -> Rgb:
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise PhotoError(
            name,
            f"an array of shape {array.shape} and type {array.dtype}",
            "give a (height, width, 3) uint8 sRGB array",
        )
    _check_size(array.shape[1], array.shape[0], settings, name)
    return np.array(array, dtype=np.uint8, order="C")  # a copy: the caller may change theirs


def _from_bytes(data: bytes, settings: PhotoSettings, name: str) -> _Decoded:
    """Decode the content of a file."""
    if _jpeg.is_jpeg(data) and not _jpeg.is_complete(data):
        raise _damaged(name)
    if _png.is_png(data) and not _png.is_intact(data):
        raise _damaged(name)
    try:
        image = _open(data)
    except UnidentifiedImageError as error:
        if data.startswith(_BEGINNINGS) or data[8:12] == b"WEBP":
            raise _damaged(name) from error
        raise PhotoError(
            name, "is not a photo that can be read", f"give a {_KINDS} file"
        ) from error
    with image:
        return _from_image(image, settings, name, data)


def _open(data: bytes) -> Image.Image:
    """Open a file's content without decoding the pixels."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        import pillow_heif  # noqa: PLC0415 - loads a large library that few photos need

        opener: Callable[[io.BytesIO], Image.Image] = pillow_heif.HeifImageFile
        return opener(io.BytesIO(data))
    return Image.open(io.BytesIO(data), formats=_PILLOW_FORMATS)


def _from_image(
    image: Image.Image, settings: PhotoSettings, name: str, data: bytes | None = None
) -> _Decoded:
    """Decode an open PIL image; ``data`` is the file's content where there is a file."""
    _check_size(image.width, image.height, settings, name)
    facts = _facts.read(image)
    profile = image.info.get("icc_profile") or b""
    tolerance = settings.srgb_tolerance_levels
    transform, notes = _profile.to_srgb(profile, image.mode, tolerance)
    facts = replace(facts, notes=notes)
    if image.mode == "F" or (image.mode == "I" and facts.bit_depth > 16):
        raise PhotoError(name, "has 32-bit pixels", "save it with 8 or 16 bits per channel")
    # Grey with a grey profile is left to Pillow: OpenCV makes three channels of one.
    is_plain = image.mode == "RGB" or (image.mode == "L" and transform is None)
    if data is not None and facts.file_format == "JPEG" and is_plain:
        pixels = _decode_jpeg(data, image.size)
        orientation = _facts.orientation(image)
        if transform is not None:
            pixels = transform.apply_rgb(pixels)
    else:
        image.load()
        # Asked only now: Pillow turns TIFF and HEIC upright as it decodes them.
        orientation = _facts.orientation(image)
        pixels = _flatten(image, transform)
    return _Decoded(_upright(pixels, orientation), facts)


def _decode_jpeg(data: bytes, size: tuple[int, int]) -> Rgb:
    """Decode a grey or YCbCr JPEG; OpenCV takes half the time of Pillow for the same bits."""
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None or pixels.shape[:2] != size[::-1]:
        raise ValueError("JPEG data cannot be decoded")
    # Where the data ends before the picture does, libjpeg fills in mid-grey without a word.
    if (pixels[-1] == _JPEG_FILL).all() and not (pixels == _JPEG_FILL).all():
        raise ValueError("JPEG data ends before the picture")
    return np.asarray(pixels, dtype=np.uint8)


def _flatten(image: Image.Image, transform: _profile.Transform | None) -> Rgb:
    """Return an image of any mode as sRGB pixels, alpha laid on white."""
    image = _eight_bit(image)
    if image.mode in ("LA", "La", "PA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image).convert("RGB")
    elif image.mode not in ("RGB", "L", "CMYK", "LAB"):
        image = image.convert("RGB")
    if transform is not None and transform.mode == image.mode:
        image = transform.apply(image)
    return np.array(image.convert("RGB"))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Bring deep grey images to 8 bit by their high byte (Pillow does so for colour)."""
    if image.mode.startswith("I"):
        deep = np.asarray(image)
        return Image.fromarray(np.clip(deep // 256, 0, 255).astype(np.uint8))
    return image


def _upright(pixels: Rgb, orientation: int) -> Rgb:
    """Undo an EXIF orientation, 1 to 8; exact, no pixel changes its value."""
    if orientation in (5, 7):  # mirrored along a diagonal
        pixels = np.asarray(cv2.transpose(pixels), dtype=np.uint8)
        if orientation == 7:
            pixels = np.asarray(cv2.rotate(pixels, cv2.ROTATE_180), dtype=np.uint8)
    elif orientation in _ROTATE:
        pixels = np.asarray(cv2.rotate(pixels, _ROTATE[orientation]), dtype=np.uint8)
    elif orientation in (2, 4):
        pixels = np.asarray(cv2.flip(pixels, 1 if orientation == 2 else 0), dtype=np.uint8)
    return np.ascontiguousarray(pixels)
