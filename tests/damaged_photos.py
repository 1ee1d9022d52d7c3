"""Small photos of every kind, and seeded damage to them: what the fuzzing of photos is made of."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

import cv2
import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from poremetrics import photo
from poremetrics.errors import PhotoError
from poremetrics.model import Rgb
from poremetrics.settings.photo import PhotoSettings

SETTINGS = PhotoSettings()
_PNG_HEAD = 8
_MAGIC = 12
"""Bytes by which the kind of a file is told; mostly spared, for the sake of what lies behind."""
_ODD_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_NUMBERS = (">B", ">H", "<H", ">I", "<I")


def scene() -> Rgb:
    """A soft coloured pattern of 128 x 96 pixels."""
    noise = np.random.default_rng(5).random((96, 128, 3)).astype(np.float32)
    return (cv2.GaussianBlur(noise, (0, 0), 4) * 255).astype(np.uint8)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@cache
def seed_photos() -> dict[str, bytes]:
    """One file of every kind, with metadata and colour profile where it can carry them."""
    pillow_heif.register_heif_opener()
    image = Image.fromarray(scene())
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    exif.get_ifd(0x8769)[0x9003] = "2025:01:02 03:04:05"
    deep = scene().astype(np.uint16) * 257
    return {
        "jpeg": saved(image, "JPEG", quality=85, exif=exif, icc_profile=b"\0" * 64),
        "progressive": saved(image, "JPEG", quality=85, progressive=True),
        "cmyk": saved(image.convert("CMYK"), "JPEG", quality=85),
        "mpo": saved(image, "MPO", save_all=True, append_images=[image]),
        "png": saved(image, "PNG", exif=exif),
        "palette": saved(image.quantize(32), "PNG", transparency=3),
        "png16": cv2.imencode(".png", deep)[1].tobytes(),
        "tiff": saved(image, "TIFF", exif=exif),
        "tiff_lzw": saved(image, "TIFF", compression="tiff_lzw"),
        "tiff_jpeg": saved(image, "TIFF", compression="jpeg"),
        "webp": saved(image, "WEBP", exif=exif),
        "heic": saved(image, "HEIF", exif=exif.tobytes()),
    }


@cache
def more_seed_photos() -> dict[str, bytes]:
    """Rarer kinds, for the long run: other profiles, depths, compressions, animations."""
    image = Image.fromarray(scene())
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    grey = image.convert("L")
    turned = [image.transpose(Image.Transpose.ROTATE_180)]
    deep = scene().astype(np.uint16) * 257
    return {
        **seed_photos(),
        "jpeg_profile": saved(image, "JPEG", quality=60, icc_profile=profile, subsampling=2),
        "jpeg_grey": saved(grey, "JPEG", quality=70),
        "jpeg_restart": saved(image, "JPEG", quality=85, restart_marker_rows=1),
        "png_grey_alpha": saved(grey.convert("LA"), "PNG", icc_profile=profile),
        "png_one_bit": saved(image.convert("1"), "PNG"),
        "apng": saved(image, "PNG", save_all=True, append_images=turned),
        "tiff_deflate": saved(image, "TIFF", compression="tiff_deflate", icc_profile=profile),
        "tiff_packbits": saved(image.quantize(16), "TIFF", compression="packbits"),
        "tiff_fax": saved(image.convert("1"), "TIFF", compression="group4"),
        "tiff_cmyk": saved(image.convert("CMYK"), "TIFF"),
        "tiff_lab": saved(ImageCms.profileToProfile(
            image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB",
        ), "TIFF"),
        "tiff_pages": saved(image, "TIFF", save_all=True, append_images=turned),
        "tiff16": cv2.imencode(".tiff", deep)[1].tobytes(),
        "webp_lossless": saved(image.convert("RGBA"), "WEBP", lossless=True, icc_profile=profile),
        "webp_animation": saved(image, "WEBP", save_all=True, append_images=turned),
    }  # fmt: skip


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with one to six injuries, most of them where headers are.

    Checksums of PNG chunks are set right in every other case; a decoder that sees a wrong one
    looks no further.
    """
    injured = bytearray(data)
    for _ in range(int(rng.integers(1, 7))):
        if not injured:
            break
        _injure(injured, rng)
    if injured[:4] == b"\x89PNG" and rng.random() < 0.5:
        _set_checksums(injured)
    return bytes(injured)


def _injure(data: bytearray, rng: np.random.Generator) -> None:
    reach = min(int(rng.choice([64, 600, len(data)])), len(data))
    spared = _MAGIC if rng.random() < 0.95 else 0
    at = int(rng.integers(min(spared, reach - 1), reach))
    length = int(rng.integers(1, 41))
    kind = rng.choice(["set", "flip", "number", "drop", "insert", "cut", "repeat", "move", "zero"])
    if kind == "set":
        data[at] = int(rng.integers(256))
    elif kind == "flip":
        data[at] ^= 1 << int(rng.integers(8))
    elif kind == "number":
        layout = _NUMBERS[int(rng.integers(len(_NUMBERS)))]
        number = _ODD_NUMBERS[int(rng.integers(len(_ODD_NUMBERS)))]
        size = struct.calcsize(layout)
        data[at : at + size] = struct.pack(layout, number % (1 << 8 * size))
    elif kind == "drop":
        del data[at : at + length]
    elif kind == "insert":
        data[at:at] = rng.bytes(length)
    elif kind == "cut":
        del data[max(int(rng.integers(len(data))), 1) :]
    elif kind == "repeat":
        data[at:at] = data[at : at + length] * int(rng.integers(1, 60))
    elif kind == "move":
        part = data[at : at + length]
        del data[at : at + length]
        to = int(rng.integers(len(data) + 1))
        data[to:to] = part
    else:
        data[at : at + length] = bytes(len(data[at : at + length]))


def _set_checksums(data: bytearray) -> None:
    at = _PNG_HEAD
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[at + 4 : end]))
        at = end + 4


def case(seed: int, number: int) -> tuple[str, bytes]:
    """Return the kind and the content of one damaged file of the long run."""
    rng = np.random.default_rng([seed, number])
    photos = more_seed_photos()
    kind = sorted(photos)[number % len(photos)]
    return kind, damaged(photos[kind], rng)


def outcome(data: bytes) -> str:
    """Read a file: ``read``, or the reason of the refusal. Whatever else happens is a bug."""
    try:
        loaded = photo.load(data, SETTINGS)
    except PhotoError as error:
        assert len(str(error).splitlines()) == 1
        assert error.remedy
        return "only few pixels" if error.reason.startswith("is only") else error.reason
    pixels = loaded.pixels
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert pixels.shape[0] * pixels.shape[1] <= SETTINGS.maximum_megapixels * 1e6
    return "read"
