"""Capture facts: what is read from the metadata, and what never is."""

import io
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from PIL import Image

from poremetrics import photo
from poremetrics.photo import _jpeg
from poremetrics.settings.photo import PhotoSettings

MAKE, MODEL, CAPTURE, GPS = 0x010F, 0x0110, 0x8769, 0x8825
TAKEN, OFFSET, FOCAL_35MM = 0x9003, 0x9011, 0xA405
PIXELS = np.random.default_rng(1).integers(0, 255, (80, 96, 3), np.uint8)


def facts(kind="JPEG", camera=(), capture=(), **options):
    exif = Image.Exif()
    exif.update(dict(camera))
    exif.get_ifd(CAPTURE).update(dict(capture))
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, kind, exif=exif, **options)
    return photo.load(buffer.getvalue(), PhotoSettings()).facts


# TIFF is left out: Pillow does not write the capture directory of a TIFF.
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_camera_time_and_focal_length(kind):
    seen = facts(
        kind,
        {MAKE: "Apple", MODEL: "iPhone 15 Pro"},
        {TAKEN: "2025:03:04 05:06:07", FOCAL_35MM: 77},
    )
    assert seen.camera == "Apple iPhone 15 Pro"
    assert seen.taken_at == datetime(2025, 3, 4, 5, 6, 7)
    assert seen.focal_length_35mm == 77
    assert seen.file_format == kind


def test_camera_of_a_tiff():
    assert facts("TIFF", {MAKE: "Leica", MODEL: "SL2"}).camera == "Leica SL2"


def test_heic_metadata():
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[MAKE], exif[MODEL] = "Apple", "iPhone 15"
    exif.get_ifd(CAPTURE)[TAKEN] = "2025:03:04 05:06:07"
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "HEIF", exif=exif.tobytes())
    seen = photo.load(buffer.getvalue(), PhotoSettings()).facts
    assert seen.file_format == "HEIF"
    assert seen.camera == "Apple iPhone 15"
    assert seen.taken_at == datetime(2025, 3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    ("offset", "zone"),
    [("+02:00", timezone(timedelta(hours=2))), ("-09:30", timezone(-timedelta(hours=9.5)))],
)
def test_time_with_its_offset_is_aware(offset, zone):
    seen = facts(capture={TAKEN: "2025:03:04 05:06:07", OFFSET: offset})
    assert seen.taken_at == datetime(2025, 3, 4, 5, 6, 7, tzinfo=zone)
    assert seen.taken_at.astimezone(UTC).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", "2025:13:41 25:61:00", ""]
)
def test_odd_times_are_unknown(text):
    assert facts(capture={TAKEN: text}).taken_at is None


def test_odd_offset_leaves_the_time_naive():
    seen = facts(capture={TAKEN: "2025:03:04 05:06:07", OFFSET: "   :  "})
    assert seen.taken_at == datetime(2025, 3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION ", "NIKON D850\0", "NIKON CORPORATION NIKON D850"),
        ("", "Pixel 8", "Pixel 8"),
        ("Sony", "", "Sony"),
        ("", "", None),
        ("Evil\n\x1b[31m", "x" * 500, "Evil[31m " + "x" * 80),
    ],
)
def test_camera_names(make, model, camera):
    assert facts(camera={MAKE: make, MODEL: model}).camera == camera


@pytest.mark.parametrize("value", [0, "long"])
def test_odd_focal_lengths_are_unknown(value):
    assert facts(capture={FOCAL_35MM: value}).focal_length_35mm is None


def test_nothing_is_known_of_a_bare_file():
    seen = facts("PNG")
    assert (seen.taken_at, seen.camera, seen.focal_length_35mm) == (None, None, None)
    assert (seen.jpeg_quality, seen.icc_profile, seen.notes) == (None, False, ())


def test_position_leaves_no_trace():
    exif = Image.Exif()
    exif[MAKE] = "Maker"
    exif.get_ifd(GPS).update({1: "N", 2: (47.0, 22.0, 8.0), 3: "E", 4: (8.0, 32.0, 30.0)})
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "JPEG", exif=exif)
    assert dict(Image.open(buffer).getexif().get_ifd(GPS))  # the file does carry it
    seen = photo.load(buffer.getvalue(), PhotoSettings())
    assert "47" not in repr(seen.facts)
    assert seen.facts.camera == "Maker"


def test_damaged_metadata_does_not_cost_the_photo():
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(
        buffer, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(20)
    )
    seen = photo.load(buffer.getvalue(), PhotoSettings())
    assert seen.width_px == 96
    assert seen.facts.camera is None


# --- quality of a JPEG -----------------------------------------------------------------


@pytest.mark.parametrize("quality", [5, 25, 49, 50, 51, 75, 85, 92, 97, 100])
def test_quality_of_the_usual_encoder_is_found_exactly(quality):
    # Every quality has its own mean step except at the top, where several round to the same.
    assert facts(quality=quality).jpeg_quality == quality


def test_quality_of_grey_and_of_finer_tables():
    buffer = io.BytesIO()
    Image.fromarray(PIXELS[..., 0]).save(buffer, "JPEG", quality=60)
    assert photo.load(buffer.getvalue(), PhotoSettings()).facts.jpeg_quality == 60
    # A camera's own table of the same mean step as quality 90 counts as 90.
    flat = facts(qtables=[[12] * 63 + [10], [12] * 64])
    assert flat.jpeg_quality == 90


def test_quality_is_unknown_without_a_table():
    assert _jpeg.quality({}) is None
    assert _jpeg.quality({0: [1, 2, 3]}) is None
