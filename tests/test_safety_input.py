"""Whatever comes in: a result, or one line that names file, reason and remedy."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from closeups import save, visits
from face_drawing import draw_face
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safety import Command, assert_told, in_process

import poremetrics
from poremetrics.errors import PhotoError, PoremetricsError, SkinError

SKIN = visits(seed=1)[0].picture[:260, :300]
QUICK = {"deadline": None, "derandomize": True, "database": None}


@pytest.fixture
def command(monkeypatch, capsys) -> Command:
    return in_process(monkeypatch, capsys)


def saved(picture: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that claims 3,600 megapixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big")
    head = chunk(b"IHDR", size + size + bytes([8, 2, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(99)))


JPEG = saved(SKIN, "JPEG", quality=95)
RANDOM = np.random.default_rng(0)
FACE = draw_face(540, 660, 75.0).pixels


def page() -> np.ndarray:
    paper = np.full((500, 400, 3), 250, np.uint8)
    for line in range(12):
        cv2.putText(paper, "Dear colleague, thank", (10, 40 + line * 38), 0, 0.8, (20, 20, 20), 1)
    return paper


REFUSED = {
    "truncated": (JPEG[: len(JPEG) // 2], 3, "damaged"),
    "empty": (b"", 3, "empty"),
    "text": (b"hello world\n" * 50, 3, "not a photo"),
    "random bytes": (RANDOM.bytes(5000), 3, "not a photo"),
    "bomb": (bomb(), 3, "megapixels"),
    "gif": (saved(SKIN, "GIF"), 3, "not a photo"),
    "one pixel": (saved(np.zeros((1, 1, 3), np.uint8), "PNG"), 3, "1 x 1"),
    "black": (saved(np.zeros((300, 300, 3), np.uint8), "PNG"), 4, "no face"),
    "white": (saved(np.full((300, 300, 3), 255, np.uint8), "PNG"), 4, "no face"),
    "grey": (saved(Image.fromarray(SKIN).convert("L"), "PNG"), 4, "colour of skin"),
    "noise": (saved(RANDOM.integers(0, 256, (400, 400, 3), np.uint8), "PNG"), 4, "no face"),
    "wall": (saved(np.full((400, 400, 3), (210, 160, 135), np.uint8), "PNG"), 4, "texture"),
    "page of text": (saved(page(), "PNG"), 4, "no face"),
    "strip of skin": (saved(SKIN[:64], "PNG"), 4, "too few"),
    "half a face": (saved(FACE[:, :270], "PNG"), 4, "49% of the face"),
    "face cut at the brows": (saved(FACE[300:], "PNG"), 4, "of the face"),
    "small face": (saved(cv2.resize(FACE, (200, 244)), "PNG"), 4, "px wide"),
}


@pytest.mark.parametrize(("data", "code", "reason"), REFUSED.values(), ids=REFUSED)
def test_one_line_names_file_reason_and_remedy(command, tmp_path, data, code, reason) -> None:
    photo = tmp_path / "visit.jpg"
    photo.write_bytes(data)
    done = command("measure", photo, "-o", tmp_path / "out")
    assert_told(done, code, str(photo), reason)
    assert [path.name for path in tmp_path.iterdir()] == ["visit.jpg"], "nothing is written"


READ = {
    "wrong extension": JPEG,
    "animation": saved(SKIN, "PNG", save_all=True, append_images=[Image.fromarray(SKIN)]),
    "16 bit": cv2.imencode(".png", SKIN[..., ::-1].astype(np.uint16) * 257)[1].tobytes(),
    "CMYK": saved(Image.fromarray(SKIN).convert("CMYK"), "JPEG", quality=95),
    "palette": saved(Image.fromarray(SKIN).quantize(250), "PNG"),
    "alpha": saved(Image.fromarray(SKIN).convert("RGBA"), "PNG"),
    "odd profile": saved(SKIN, "JPEG", quality=95, icc_profile=b"no profile" * 20),
}


@pytest.mark.parametrize("data", READ.values(), ids=READ)
def test_odd_files_that_hold_a_photo_are_measured(data) -> None:
    result = poremetrics.measure(data, view="closeup")
    assert (result.photo.height_px, result.photo.width_px) == SKIN.shape[:2]
    assert len(result.pores) > 5


def test_a_face_upside_down_or_of_two_is_measured_and_told() -> None:
    turned = poremetrics.measure(np.ascontiguousarray(FACE[::-1, ::-1]), view="face")
    assert "upside down" in " ".join(turned.face.notes)
    two = poremetrics.measure(np.concatenate([FACE, FACE], axis=1), view="face")
    assert "more than one face" in " ".join(two.face.notes)


def test_compare_names_the_photo_that_shows_no_skin(command, tmp_path) -> None:
    good = save(SKIN, tmp_path / "good.jpg")
    wall = save(np.full((300, 300, 3), 250, np.uint8), tmp_path / "wall.jpg")
    for pair in ((good, wall), (wall, good)):
        done = command("compare", *pair, "-o", tmp_path / "out")
        assert_told(done, 4, str(wall))


def test_paths_of_every_kind(command, tmp_path) -> None:
    deep = tmp_path
    for name in ("é 肌 [red] %s", "x" * 200, "y" * 200):
        deep = deep / name
    deep.mkdir(parents=True)
    photo = save(SKIN, deep / "[red]ünïcode.jpg")
    done = command("measure", photo, "-o", deep / "out", "--view", "closeup")
    assert (done.code, done.lines) == (0, [])
    assert (deep / "out" / "report.html").is_file()
    assert_told(command("measure", tmp_path), 3, "is a folder")
    assert_told(command("measure", tmp_path / ("n" * 300)), 3, "cannot be opened")
    assert_told(command("measure", tmp_path / ("a/" * 3000)), 3, "cannot be opened")
    assert_told(command("measure", tmp_path / "none.jpg"), 3, "none.jpg", "no such file")
    assert_told(command("measure", tmp_path / "\udcff.jpg"), 3, "no such file")
    if Path("/dev/zero").exists():
        assert_told(command("measure", "/dev/zero"), 3, "not an ordinary file")


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="permissions of POSIX")
def test_unreadable_files_in_a_true_process(tmp_path) -> None:
    photo = save(SKIN, tmp_path / "secret.jpg")
    photo.chmod(0)
    # Root reads everything; the rights are given up before the photo is asked for.
    script = (
        "import os, sys\n"
        "import poremetrics.cli, poremetrics.compare, poremetrics.report\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "sys.argv = ['poremetrics', 'measure', 'secret.jpg', '-o', 'out']\n"
        "poremetrics.cli.main()\n"
    )
    tmp_path.chmod(0o777)  # the place for the result is not what is wrong here
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 3, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "secret.jpg" in done.stderr


def test_decoders_do_not_talk_to_the_user(tmp_path) -> None:
    # libtiff and libjpeg write to the stream itself, past Python: only a true process shows it.
    data = bytearray(saved(SKIN, "TIFF", compression="tiff_lzw"))
    data[3000:3040] = b"\xff" * 40
    (tmp_path / "damaged.tif").write_bytes(data)
    told = []
    for debug in ([], ["--debug"]):
        done = subprocess.run(
            [sys.executable, "-m", "poremetrics", "measure", "damaged.tif", *debug],
            capture_output=True, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
        told.append(done.stderr)
        assert done.returncode == (1 if debug else 3), done.stderr
    assert told[0] == (
        "poremetrics: damaged.tif: the file is damaged or incomplete; "
        "copy the photo again from the camera\n"
    )
    assert "Using code not yet in table" in told[1], "this file does make the decoder talk"
    assert "Traceback" in told[1]


def test_the_traceback_is_shown_on_demand_only(monkeypatch, tmp_path) -> None:
    from poremetrics import cli

    monkeypatch.setattr(sys, "argv", ["poremetrics", "measure", "none.jpg", "--debug"])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PhotoError):
        cli.main()


# --- arrays ------------------------------------------------------------------------------


@st.composite
def pictures(draw) -> np.ndarray:
    rows, columns = draw(st.integers(64, 320)), draw(st.integers(64, 320))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    kind = draw(st.sampled_from(["constant", "noise", "gradient", "skin", "stripes", "dots"]))
    colour = np.array(draw(st.sampled_from([(224, 180, 160), (90, 60, 45), (255, 0, 0), (0,) * 3])))
    y, x = np.mgrid[0:rows, 0:columns]
    if kind == "constant":
        shade = np.ones((rows, columns))
    elif kind == "noise":
        shade = rng.normal(1.0, draw(st.sampled_from([0.01, 0.2, 2.0])), (rows, columns))
    elif kind == "gradient":
        shade = (x + y) / (rows + columns)
    elif kind == "stripes":
        shade = (x // draw(st.integers(1, 9))) % 2
    elif kind == "dots":
        shade = 1.0 - 0.5 * ((x % 12 - 6) ** 2 + (y % 12 - 6) ** 2 < 5)
    else:
        return np.ascontiguousarray(np.resize(SKIN, (rows, 300, 3))[:, :columns])
    return np.clip(shade[..., None] * colour, 0, 255).astype(np.uint8)


@settings(max_examples=20, **QUICK)
@given(pictures(), st.sampled_from(["auto", "closeup"]), st.sampled_from([None, 0.001, 0.07, 1.0]))
def test_every_array_is_measured_or_refused(picture, view, mm_per_px) -> None:
    try:
        # A region of one's own skips the checks of colour and texture, so that more comes through.
        regions = {"mine": [[0, 0], [400, 0], [400, 400], [0, 400]]} if view == "closeup" else None
        result = poremetrics.measure(picture, view=view, mm_per_px=mm_per_px, regions=regions)
    except SkinError:
        return
    assert np.isfinite(result.pores["diameter_px"].dropna()).all()


@settings(max_examples=6, **QUICK)
@given(pictures(), pictures())
def test_every_pair_of_arrays_is_compared_or_refused(before, after) -> None:
    regions = {"mine": [[0, 0], [400, 0], [400, 400], [0, 400]]}
    try:
        result = poremetrics.compare(before, after, view="closeup", regions=regions)
    except PoremetricsError:
        return
    assert set(result.changes["verdict"]) <= {
        "", "decreased", "increased", "no detectable change", "not comparable",
    }  # fmt: skip
