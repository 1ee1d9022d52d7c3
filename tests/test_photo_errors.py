"""Whatever is given instead of a photo: one PhotoError, never anything else."""

import os
import struct
import zlib
from collections import Counter

import numpy as np
import pytest
from damaged_photos import SETTINGS, case, outcome, saved, scene, seed_photos
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from poremetrics import photo
from poremetrics.errors import PhotoError

EXAMPLES = seed_photos()


def refused(source, *words):
    """Assert a PhotoError whose line carries these words; return it."""
    with pytest.raises(PhotoError) as caught:
        photo.load(source, SETTINGS, name="visit 1")
    line = str(caught.value)
    assert line.startswith("visit 1: ")
    assert "\n" not in line
    assert caught.value.remedy
    for word in words:
        assert word in line
    return caught.value


def test_the_examples_themselves_are_read():
    for data in EXAMPLES.values():
        assert photo.load(data, SETTINGS).pixels.shape in {(96, 128, 3), (128, 96, 3)}


# The first of the two pictures of an MPO is whole at half of its length.
@pytest.mark.parametrize("kind", sorted(set(EXAMPLES) - {"mpo"}))
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.97])
def test_truncated_files_are_refused(kind, share):
    refused(EXAMPLES[kind][: int(len(EXAMPLES[kind]) * share)])


def test_truncated_jpeg_with_a_whole_thumbnail_is_refused():
    thumbnail = saved(Image.fromarray(scene()[::4, ::4]), "JPEG")
    body = b"Exif\0\0" + thumbnail
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    whole = EXAMPLES["progressive"]
    assert photo.load(whole[:2] + segment + whole[2:], SETTINGS).width_px == 128
    refused(whole[:2] + segment + whole[2:-40], "damaged or incomplete")


def test_jpeg_with_bytes_after_its_end_is_read():
    whole = EXAMPLES["jpeg"]
    expected = photo.load(whole, SETTINGS).pixels
    np.testing.assert_array_equal(photo.load(whole + b"\0" * 99, SETTINGS).pixels, expected)


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"hello, this is a letter\n" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n%",
        b"PK\3\4" + bytes(300),
        b"GIF89a" + bytes(300),
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(200) + b"\xff\xd9",
        b"\x89PNG\r\n\x1a\n",
        b"II*\0" + bytes(100),
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic" + bytes(200),
        b"\0\0\0\x18ftypmp42" + bytes(200),
        np.random.default_rng(0).bytes(5000),
    ],
)
def test_what_is_not_a_photo_is_refused(data):
    refused(data)


def test_reasons_and_remedies_are_specific(tmp_path):
    refused(b"", "empty")
    refused(b"words words words", "not a photo", "JPEG, PNG, TIFF, WebP or HEIC")
    refused(tmp_path, "folder")
    refused(tmp_path / "none.jpg", "no such file")
    refused(str(tmp_path / "nul\0.jpg"), "cannot be opened")
    refused(tmp_path / ("x" * 5000), "cannot be opened")
    refused(3.5, "float")
    refused(None, "NoneType")
    refused(EXAMPLES["png"][:20], "damaged")  # begins as a photo, so it is none of another kind
    refused(b"\0\0\0\x18ftypmp42" + bytes(200), "not a photo")  # a film
    refused(b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf" + bytes(200), "not a photo")
    refused(saved(Image.new("RGB", (300, 20)), "PNG"), "300 x 20 pixels", "64 pixels")
    refused(saved(Image.new("F", (90, 90)), "TIFF"), "32-bit")
    refused(saved(Image.new("I", (90, 90)), "TIFF"), "32-bit")
    empty = tmp_path / "empty.png"
    empty.touch()
    refused(empty, "empty")


def test_the_path_is_the_name_where_none_is_given(tmp_path):
    with pytest.raises(PhotoError, match=r"ä b\.jpg: no such file; check the path"):
        photo.load(tmp_path / "ä b.jpg", SETTINGS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_pipes_and_devices_are_never_opened(tmp_path):
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    refused(pipe, "not an ordinary file")
    refused(os.devnull, "not an ordinary file")


def test_unreadable_file(tmp_path):
    locked = tmp_path / "locked.png"
    locked.write_bytes(EXAMPLES["png"])
    locked.chmod(0)
    if os.access(locked, os.R_OK):
        pytest.skip("permissions do not bind this user")
    refused(locked, "no permission")


def test_large_files_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "large.tif"
    with path.open("wb") as file:
        file.truncate(int(1.2e9))  # sparse: takes no room
    refused(path, "larger than 1000 MB")


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((80, 80), np.uint8),
        np.zeros((80, 80, 4), np.uint8),
        np.zeros((80, 80, 3), np.float32),
        np.zeros((80, 80, 3), np.uint16),
        np.zeros((0, 80, 3), np.uint8),
        np.zeros((20, 80, 3), np.uint8),
        np.zeros(3, object),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(array):
    refused(array)


# --- headers that promise too much -----------------------------------------------------


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def claiming_png(width, height):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(99)))


def claiming_jpeg(width, height):
    data = bytearray(EXAMPLES["progressive"])
    frame = data.index(b"\xff\xc2")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize("size", [(12_000, 12_000), (40_000, 40_000), (65_000, 65_000)])
@pytest.mark.parametrize("claim", [claiming_png, claiming_jpeg])
def test_decompression_bombs_are_refused_by_their_header(claim, size):
    refused(claim(*size), "more than 102 megapixels")


@pytest.mark.parametrize(
    ("kind", "head"), [(b"iCCP", b"x\0\0"), (b"zTXt", b"x\0\0"), (b"iTXt", b"x\0\1\0\0\0")]
)
def test_metadata_that_unfold_to_100_mb_are_refused(kind, head):
    whole = EXAMPLES["png"]
    after_header = 33
    bomb = png_chunk(kind, head + zlib.compress(bytes(100_000_000)))
    refused(whole[:after_header] + bomb + whole[after_header:], "damaged")


def test_headers_that_claim_no_pixels_or_a_strip():
    for size in [(0, 0), (1, 65_000), (65_000, 1)]:
        refused(claiming_png(*size))
        refused(claiming_jpeg(*size))


def test_jpeg_whose_data_ends_before_its_picture_is_refused():
    data = EXAMPLES["jpeg"]
    refused(data[: len(data) * 6 // 10] + b"\xff\xd9", "damaged or incomplete")


@pytest.mark.parametrize("kind", ["png", "palette", "png16"])
def test_png_with_damaged_pixels_is_refused(kind):
    # Decoders pass over this checksum: a fuzzed file was measured with most of its skin black.
    data = bytearray(EXAMPLES[kind])
    data[len(data) * 7 // 10] ^= 1
    refused(bytes(data), "damaged or incomplete")


def test_plain_mid_grey_pictures_are_not_taken_for_damaged_ones():
    grey = Image.new("RGB", (128, 128), (128, 128, 128))
    assert (photo.load(saved(grey, "JPEG"), SETTINGS).pixels == 128).all()


# --- damaged files ---------------------------------------------------------------------


@st.composite
def damaged(draw):
    data = bytearray(EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))])
    for _ in range(draw(st.integers(1, 6))):
        # Headers are short and hold what can go wrong; half of the damage is aimed at them.
        reach = draw(st.sampled_from([64, 600, len(data)]))
        at = draw(st.integers(0, min(reach, len(data)) - 1))
        kind = draw(st.sampled_from(["set", "flip", "drop", "insert", "cut", "repeat"]))
        if kind == "set":
            data[at] = draw(st.integers(0, 255))
        elif kind == "flip":
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "drop":
            del data[at : at + draw(st.integers(1, 40))]
        elif kind == "insert":
            data[at:at] = draw(st.binary(min_size=1, max_size=16))
        elif kind == "cut":
            del data[max(at, 1) :]
        else:
            data[at:at] = data[at : at + 50]
        if not data:
            break
    return bytes(data)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(damaged())
def test_damaged_files_are_read_or_refused(data):
    outcome(data)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_refused(data):
    outcome(data)


def test_two_thousand_seeded_injuries_are_read_or_refused():
    # The first tenth of `python tests/fuzz_photos.py`; cases that behaved badly stay here.
    said = Counter(outcome(case(0, number)[1]) for number in range(2000))
    assert said["read"] > 100, "injuries that spare the photo reach the decoders"
    assert said["the file is damaged or incomplete"] > 100
