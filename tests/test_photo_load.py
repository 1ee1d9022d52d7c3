"""Photos of every kind, written by the libraries people's cameras and editors use."""

import hashlib
import io

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from poremetrics import photo
from poremetrics.settings.photo import PhotoSettings

SETTINGS = PhotoSettings()
SIZE = (121, 83)  # odd and unequal, so that swapped axes and padding show
ORIENTATION = 0x0112


def scene(size=SIZE, seed=3):
    """A smooth colourful picture (JPEG and HEVC keep it closely) with marked corners."""
    width, height = size
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 9)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min()) * 180 + 40
    pixels = smooth.round().astype(np.uint8)
    pixels[: height // 3, : width // 4] = (220, 40, 40)
    pixels[-height // 4 :, -width // 3 :] = (30, 60, 200)
    return pixels


def saved(image, kind, **options):
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def load(source, **options):
    return photo.load(source, SETTINGS, **options)


def largest_difference(left, right):
    return int(np.abs(left.astype(np.int16) - right.astype(np.int16)).max())


LOSSLESS = [("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})]
LOSSLESS += [("WEBP", {"lossless": True}), ("TIFF", {"compression": "tiff_adobe_deflate"})]


@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
def test_lossless_kinds_keep_every_pixel(kind, options):
    pixels = scene()
    loaded = load(saved(Image.fromarray(pixels), kind, **options))
    np.testing.assert_array_equal(loaded.pixels, pixels)
    assert loaded.pixels.dtype == np.uint8
    assert loaded.facts.file_format == kind
    assert loaded.facts.bit_depth == 8
    assert loaded.facts.jpeg_quality is None


# 4:4:4 sampling and high quality: what remains is the rounding of the colour conversion and
# of the transform, a few levels; the flat red corner would show a wrong channel order.
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 98, "subsampling": 0}),
        ("JPEG", {"quality": 98, "subsampling": 0, "progressive": True}),
        ("WEBP", {"quality": 99}),
        ("HEIF", {"quality": 99, "chroma": 444}),
    ],
)
def test_lossy_kinds_keep_the_picture(kind, options):
    pixels = scene()
    loaded = load(saved(Image.fromarray(pixels), kind, **options))
    assert loaded.pixels.shape == pixels.shape
    difference = np.abs(loaded.pixels.astype(int) - pixels.astype(int))
    assert difference.mean() < 2.5
    assert np.abs(loaded.pixels[5, 5].astype(int) - (220, 40, 40)).max() <= 8


def test_path_bytes_image_and_array_give_the_same_pixels(tmp_path):
    data = saved(Image.fromarray(scene()), "PNG")
    path = tmp_path / "gesicht_ä.jpg"  # the wrong extension and a non-ASCII name do not matter
    path.write_bytes(data)
    photos = [load(path), load(str(path)), load(data), load(Image.open(path)), load(scene())]
    for one in photos:
        np.testing.assert_array_equal(one.pixels, scene())
    assert [one.facts.file_format for one in photos] == ["PNG", "PNG", "PNG", "PNG", "array"]
    assert {one.sha256 for one in photos[:3]} == {hashlib.sha256(data).hexdigest()}
    assert {one.sha256 for one in photos[3:]} == {hashlib.sha256(scene().tobytes()).hexdigest()}


def test_pixels_are_read_only_and_the_callers_array_stays_theirs():
    array = scene()
    loaded = load(array)
    array[:] = 0
    np.testing.assert_array_equal(loaded.pixels, scene())
    with pytest.raises(ValueError, match="read-only"):
        loaded.pixels[0, 0] = 0
    assert (loaded.width_px, loaded.height_px) == SIZE


# --- orientation -----------------------------------------------------------------------


def with_orientation(value):
    exif = Image.Exif()
    exif[ORIENTATION] = value
    return exif


def upright(pixels, orientation):
    """EXIF 2.32, tag 274, written out with plain array flips."""
    return {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.transpose(1, 0, 2),
        6: pixels[::-1].transpose(1, 0, 2),
        7: pixels[::-1, ::-1].transpose(1, 0, 2),
        8: pixels[:, ::-1].transpose(1, 0, 2),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_every_orientation_of_lossless_kinds_is_exact(kind, orientation):
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(Image.fromarray(scene()), kind, exif=with_orientation(orientation), **options)
    np.testing.assert_array_equal(load(data).pixels, upright(scene(), orientation))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_orientation_of_jpeg_is_exact(mode, orientation):
    image = Image.fromarray(scene()).convert(mode)
    data = saved(image, "JPEG", quality=90, exif=with_orientation(orientation))
    stored = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    np.testing.assert_array_equal(load(data).pixels, upright(stored, orientation))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_heic_is_exact(orientation):
    exif = with_orientation(orientation).tobytes()
    data = saved(Image.fromarray(scene()), "HEIF", exif=exif)
    expected = upright(load(saved(Image.fromarray(scene()), "HEIF")).pixels, orientation)
    loaded = load(data).pixels
    # The turn is exact; the encoder may choose other blocks for a turned frame, hence the mean.
    assert loaded.shape == expected.shape
    assert np.abs(loaded.astype(int) - expected.astype(int)).mean() < 2


@pytest.mark.parametrize("value", [0, 9, 200])
def test_an_odd_orientation_counts_as_upright(value):
    exif = Image.Exif()
    exif[ORIENTATION] = value
    loaded = load(saved(Image.fromarray(scene()), "PNG", exif=exif))
    np.testing.assert_array_equal(loaded.pixels, scene())


def test_an_image_already_turned_is_not_turned_again():
    data = saved(Image.fromarray(scene()), "PNG", exif=with_orientation(6))
    turned = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(load(turned).pixels, upright(scene(), 6))
    np.testing.assert_array_equal(load(Image.open(io.BytesIO(data))).pixels, upright(scene(), 6))


# --- modes and depths ------------------------------------------------------------------


@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_16_bit_colour_keeps_its_high_byte(kind):
    deep = scene().astype(np.uint16) * 256 + 200
    data = cv2.imencode(kind, deep[..., ::-1])[1].tobytes()
    loaded = load(data)
    np.testing.assert_array_equal(loaded.pixels, scene())
    assert loaded.facts.bit_depth == 16


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_its_high_byte(kind):
    grey = scene()[..., 1]
    loaded = load(saved(Image.fromarray(grey.astype(np.uint16) * 256 + 77), kind))
    np.testing.assert_array_equal(loaded.pixels, np.dstack([grey] * 3))
    assert loaded.facts.bit_depth == 16


def test_10_bit_heic_is_read():
    deep = scene().astype(np.uint16) * 257
    source = pillow_heif.from_bytes(mode="RGB;16", size=SIZE, data=deep.tobytes())
    buffer = io.BytesIO()
    source.save(buffer, quality=95, chroma=444)
    loaded = load(buffer.getvalue())
    assert loaded.facts.bit_depth == 10
    assert np.abs(loaded.pixels.astype(int) - scene().astype(int)).mean() < 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_grey_becomes_three_equal_channels(kind):
    grey = Image.fromarray(scene()).convert("L")
    data = saved(grey, kind)
    stored = np.asarray(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(load(data).pixels, np.dstack([stored] * 3))


def test_black_and_white_and_palette():
    bilevel = Image.fromarray(scene()).convert("1")
    np.testing.assert_array_equal(
        load(saved(bilevel, "PNG")).pixels, np.asarray(bilevel.convert("RGB"))
    )
    palette = Image.fromarray(scene()).quantize(200)
    np.testing.assert_array_equal(
        load(saved(palette, "PNG")).pixels, np.asarray(palette.convert("RGB"))
    )


def test_transparent_pixels_lie_on_white():
    alpha = np.full(SIZE[::-1], 255, np.uint8)
    alpha[40:] = 0
    alpha[20:40] = 51
    rgba = np.dstack([scene(), alpha])
    expected = 255 - (255 - rgba[..., :3].astype(float)) * alpha[..., None] / 255
    for kind, options in [("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})]:
        loaded = load(saved(Image.fromarray(rgba), kind, **options)).pixels
        assert np.abs(loaded - expected).max() <= 1  # rounding
        assert (loaded[40:] == 255).all()


def test_transparent_palette_colour_and_grey_alpha_lie_on_white():
    pixels = scene()
    palette = Image.fromarray(pixels).quantize(16)
    hidden = np.asarray(palette)[0, 0]
    loaded = load(saved(palette, "PNG", transparency=int(hidden))).pixels
    assert (loaded[np.asarray(palette) == hidden] == 255).all()
    grey = Image.fromarray(np.dstack([pixels[..., 0], np.zeros(SIZE[::-1], np.uint8)]), "LA")
    assert (load(saved(grey, "PNG")).pixels == 255).all()


def test_cmyk_without_a_profile():
    cmyk = Image.fromarray(scene()).convert("CMYK")
    loaded = load(saved(cmyk, "TIFF"))
    np.testing.assert_array_equal(loaded.pixels, np.asarray(cmyk.convert("RGB")))


@pytest.mark.parametrize(
    ("kind", "options"),
    [("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})],
)
def test_the_first_picture_of_several_is_read(kind, options):
    first, second = Image.fromarray(scene()), Image.fromarray(255 - scene())
    data = saved(first, kind, save_all=True, append_images=[second], **options)
    np.testing.assert_array_equal(load(data).pixels, scene())


def test_multi_picture_jpeg_of_phones_counts_as_jpeg():
    first, second = Image.fromarray(scene()), Image.fromarray(255 - scene())
    data = saved(first, "MPO", save_all=True, append_images=[second], quality=95)
    loaded = load(data)
    assert loaded.facts.file_format == "JPEG"
    assert np.abs(loaded.pixels.astype(int) - scene().astype(int)).mean() < 4


@pytest.mark.parametrize("quality", [60, 90, 100])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_both_jpeg_decoders_agree_to_rounding(quality, subsampling, progressive):
    image = Image.fromarray(scene((640, 480)))
    data = saved(image, "JPEG", quality=quality, subsampling=subsampling, progressive=progressive)
    # Both wrap libjpeg-turbo, but may carry different versions: allow two levels of rounding.
    other = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert largest_difference(load(data).pixels, other) <= 2
    assert load(data).facts.jpeg_quality == quality
