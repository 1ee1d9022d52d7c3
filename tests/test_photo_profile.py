"""Embedded ICC profiles against colour arithmetic done here, independently of LittleCMS."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from poremetrics import photo
from poremetrics.settings.photo import PhotoSettings

SETTINGS = PhotoSettings()
D50 = (0.9642, 1.0, 0.8249)
D65_XY = (0.3127, 0.3290)
SRGB_XY = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3_XY = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_XY = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def xyz(chromaticity):
    x, y = chromaticity
    return np.array([x / y, 1, (1 - x - y) / y])


def rgb_to_xyz(primaries):
    """RGB to XYZ, both with a D65 white (SMPTE RP 177)."""
    columns = np.stack([xyz(primary) for primary in primaries], axis=1)
    return columns * np.linalg.solve(columns, xyz(D65_XY))


def adapted_to_d50(matrix):
    cone_gain = (BRADFORD @ np.array(D50)) / (BRADFORD @ xyz(D65_XY))
    return np.linalg.inv(BRADFORD) @ np.diag(cone_gain) @ BRADFORD @ matrix


def fixed(*values):
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def tag_text(text):
    data = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(data), 28) + data


def srgb_curve():
    """The curve of IEC 61966-2-1 as a parametric curve of type 3."""
    return (
        b"para"
        + struct.pack(">IHH", 0, 3, 0)
        + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    )


def gamma_curve(gamma):
    return b"para" + struct.pack(">IHH", 0, 0, 0) + fixed(gamma)


def profile(space, tags, device=b"mntr", pcs=b"XYZ "):
    """Assemble an ICC 4 profile from its tags (ICC.1:2010, sections 7.2 and 7.3)."""
    tags = {
        b"desc": tag_text("test"),
        b"cprt": tag_text("none"),
        b"wtpt": b"XYZ \0\0\0\0" + fixed(*D50),
        **tags,
    }
    offset, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        data = content + b"\0" * (-len(content) % 4)
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    header = struct.pack(
        ">I4sI4s4s4s", offset + len(body), b"\0" * 4, 0x04200000, device, space, pcs
    )
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + fixed(*D50)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def rgb_profile(primaries, curve):
    columns = adapted_to_d50(rgb_to_xyz(primaries)).T
    tags = {
        name: b"XYZ \0\0\0\0" + fixed(*column)
        for name, column in zip([b"rXYZ", b"gXYZ", b"bXYZ"], columns, strict=True)
    }
    return profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def decode_srgb(encoded):
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def encode_srgb(linear):
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def through_matrix(pixels, primaries, decode):
    matrix = np.linalg.inv(rgb_to_xyz(SRGB_XY)) @ rgb_to_xyz(primaries)
    return encode_srgb(decode(pixels / 255.0) @ matrix.T) * 255


def colours():
    """Skin colours and their wide surroundings, away from the rim of the gamut."""
    levels = np.arange(60, 230, 10)
    lattice = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
    lattice = lattice[: 4096 // 64 * 64].astype(np.uint8)
    return lattice.reshape(64, -1, 3)


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def load(data):
    return photo.load(data, SETTINGS)


@pytest.mark.parametrize(
    ("primaries", "curve", "decode"),
    [
        (P3_XY, srgb_curve(), decode_srgb),
        (ADOBE_XY, gamma_curve(2.19921875), lambda encoded: encoded**2.19921875),
    ],
    ids=["Display P3", "Adobe RGB"],
)
def test_wide_gamuts_come_out_as_the_arithmetic_says(primaries, curve, decode):
    pixels = colours()
    icc = rgb_profile(primaries, curve)
    expected = through_matrix(pixels, primaries, decode)
    inside = ((expected > 4) & (expected < 251)).all(axis=-1)
    for data in (
        saved(Image.fromarray(pixels), "PNG", icc_profile=icc),
        saved(Image.fromarray(pixels), "TIFF", icc_profile=icc),
        saved(Image.fromarray(pixels), "WEBP", icc_profile=icc, lossless=True),
    ):
        loaded = load(data)
        assert loaded.facts.icc_profile
        # LittleCMS works in 16-bit integers with 15.16 matrices: one level of rounding, two at
        # the steep dark end of the curve.
        assert np.abs(loaded.pixels - expected)[inside].max() <= 2
    assert np.abs(expected - pixels)[inside].max() > 15  # the profile matters


def test_display_p3_jpeg_equals_its_png():
    icc = rgb_profile(P3_XY, srgb_curve())
    data = saved(Image.fromarray(colours()), "JPEG", quality=95, icc_profile=icc)
    decoded = Image.open(io.BytesIO(data)).convert("RGB")
    png = saved(decoded, "PNG", icc_profile=icc)
    difference = load(data).pixels.astype(int) - load(png).pixels.astype(int)
    assert np.abs(difference).max() <= 2  # rounding of two JPEG decoders


def test_profiles_that_are_srgb_change_nothing():
    built_in = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (built_in, rgb_profile(SRGB_XY, srgb_curve())):
        loaded = load(saved(Image.fromarray(colours()), "PNG", icc_profile=icc))
        np.testing.assert_array_equal(loaded.pixels, colours())


def test_grey_profile_with_another_gamma():
    grey = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    icc = profile(b"GRAY", {b"kTRC": gamma_curve(1.8)})
    expected = encode_srgb((grey / 255.0) ** 1.8) * 255
    for kind, tolerance in [("PNG", 1), ("JPEG", 4)]:  # JPEG: its own quantisation
        data = saved(Image.fromarray(grey), kind, icc_profile=icc)
        loaded = load(data).pixels
        assert np.abs(loaded - expected[..., None])[:, 8:].max() <= tolerance


def test_cmyk_profile_is_followed():
    # A table with two steps per ink: every ink-free corner has the lightness below, so the
    # profile is multilinear and its corners are known exactly.
    lightness = {0: 100.0, 1: 10.0}
    table = b""
    for cyan in (0, 1):
        for magenta in (0, 1):
            for _yellow in (0, 1):
                for black in (0, 1):
                    a_star = 40 * (magenta - cyan) * (1 - black)
                    table += bytes([round(lightness[black] * 2.55), a_star + 128, 128])
    identity = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lut += identity * 4 + table + identity * 3
    icc = profile(b"CMYK", {b"A2B0": lut, b"A2B1": lut}, device=b"prtr", pcs=b"Lab ")
    inks = np.zeros((64, 64, 4), np.uint8)
    inks[:, 32:, 3] = 255
    loaded = load(saved(Image.fromarray(inks, "CMYK"), "TIFF", icc_profile=icc)).pixels
    assert (loaded[:, :30] >= 253).all()
    # L* = 10 is sRGB 27; black point compensation may take it to 0.
    assert (loaded[:, 34:] <= 29).all()
    # Magenta ink alone is (100, 40, 0) in Lab: redder than green by the profile, and unlike the
    # naive conversion, whose magenta is (255, 0, 255).
    inks[..., 1], inks[..., 3] = 255, 0
    magenta = load(saved(Image.fromarray(inks, "CMYK"), "TIFF", icc_profile=icc)).pixels[0, 0]
    assert magenta[0] == 255
    assert 180 < magenta[1] < 240


@pytest.mark.parametrize(
    "icc",
    [b"nonsense", b"\0" * 128, rgb_profile(P3_XY, srgb_curve())[:200]],
    ids=["text", "zeros", "cut"],
)
def test_a_broken_profile_counts_as_srgb_and_is_noted(icc):
    for kind in ("PNG", "JPEG"):
        data = saved(Image.fromarray(colours()), kind, icc_profile=icc)
        plain = saved(Image.fromarray(colours()), kind)
        np.testing.assert_array_equal(load(data).pixels, load(plain).pixels)
        assert load(data).facts.icc_profile
        assert any("profile" in note for note in load(data).facts.notes)
        assert load(plain).facts.notes == ()


def test_a_profile_made_for_another_kind_of_image_is_ignored():
    icc = profile(b"GRAY", {b"kTRC": gamma_curve(1.8)})
    data = saved(Image.fromarray(colours()), "PNG", icc_profile=icc)
    np.testing.assert_array_equal(load(data).pixels, colours())
    assert load(data).facts.notes != ()


def test_alpha_and_profile_together():
    icc = rgb_profile(P3_XY, srgb_curve())
    alpha = np.full(colours().shape[:2], 255, np.uint8)
    rgba = Image.fromarray(np.dstack([colours(), alpha]))
    opaque = load(saved(Image.fromarray(colours()), "PNG", icc_profile=icc)).pixels
    np.testing.assert_array_equal(load(saved(rgba, "PNG", icc_profile=icc)).pixels, opaque)
