"""Faces that are hidden, turned, cut, small or none: measured where skin shows, or refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import odd_faces
import pandas as pd
import pytest
from damaged_photos import saved
from PIL import Image
from safety import Command, assert_told, in_process

import poremetrics
from poremetrics.model import Rgb


@pytest.fixture
def command(monkeypatch, capsys) -> Command:
    return in_process(monkeypatch, capsys)


def face_of_200_px() -> Rgb:
    small = odd_faces.sample().pixels
    return cv2.resize(small, (260, 347), interpolation=cv2.INTER_AREA)


REFUSED = {
    "drawing": (odd_faces.drawing, "no face was found"),
    "animal": (odd_faces.animal, "no face was found"),
    "profile": (lambda: odd_faces.turned(85.0), "no face was found"),
    "half a face": (lambda: odd_faces.sample().pixels[:, :750], "% of the face"),
    "face of 200 px": (face_of_200_px, "px wide, at least"),
}


@pytest.mark.parametrize(("draw", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_shows_no_usable_face_is_exit_4(command, tmp_path, draw, reason) -> None:
    photo = tmp_path / "visit.png"
    photo.write_bytes(saved(Image.fromarray(draw()), "PNG"))
    done = command("measure", photo, "-o", tmp_path / "out")
    assert_told(done, 4, str(photo), reason)
    assert not (tmp_path / "out").exists()


def failed(result: poremetrics.Measurement) -> set[tuple[str, str]]:
    """Checks that failed and do not fail on the untouched sample at this size."""
    plain = {"sampling", "resolution"}
    rows = result.quality[~result.quality["ok"].astype(bool) & ~result.quality["check"].isin(plain)]
    return set(zip(rows["region"], rows["check"], strict=True))


def pores_on_what_was_drawn(result: poremetrics.Measurement, picture: Rgb) -> int:
    drawn = (picture != odd_faces.sample().pixels).any(axis=2)
    x, y = (result.pores[name].round().astype(int) for name in ("x_px", "y_px"))
    return int(drawn[y, x].sum())


def test_sunglasses_hide_no_cheek_and_are_not_skin() -> None:
    picture = odd_faces.sunglasses()
    result = poremetrics.measure(picture)
    assert len(result.pores) > 500
    assert pores_on_what_was_drawn(result, picture) == 0


def test_a_mask_leaves_the_forehead_and_tells_of_the_cheeks() -> None:
    picture = odd_faces.mask()
    result = poremetrics.measure(picture)
    assert pores_on_what_was_drawn(result, picture) == 0
    assert {("left_cheek", "skin_share"), ("right_cheek", "skin_share")} <= failed(result)
    assert ("forehead", "skin_share") not in failed(result)


def test_a_face_turned_aside_is_told_by_the_regions_that_look_away() -> None:
    result = poremetrics.measure(odd_faces.turned(60.0))
    names = {region.name for region in result.face.regions}
    assert "right_cheek" not in names, "it is not seen at all"
    turned = {region for region, check in failed(result) if check == "turned"}
    assert {"nose", "forehead"} <= turned


def test_a_pair_of_faces_gives_the_same_bits_on_one_thread_and_on_two() -> None:
    before = odd_faces.sample(1600).pixels
    after = cv2.warpAffine(
        before, np.float32([[0.98, 0.02, 9.4], [-0.02, 0.98, 5.3]]), before.shape[1::-1]
    )
    threads = cv2.getNumThreads()
    results = []
    try:
        for number in (1, 2):
            cv2.setNumThreads(number)
            results.append(poremetrics.compare(before, after))
    finally:
        cv2.setNumThreads(threads)
    one, two = results
    assert len(one.links) > 100
    for name in ("pores", "links", "regions", "changes", "quality"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)


def test_a_face_in_100_megapixels_is_found_and_more_are_refused(command, tmp_path) -> None:
    # 101.9 Mpx, as sensors of that class give; the face fills a part, so that it takes seconds.
    picture = np.full((11_648, 8736, 3), odd_faces.GROUND, np.uint8)
    picture[4000:6000, 3500:5000] = odd_faces.sample().pixels
    result = poremetrics.measure(picture)
    assert result.face.view == "face"
    assert len(result.pores) > 500
    too_many = tmp_path / "huge.png"
    Image.new("L", (8736, 11_700)).save(too_many, compress_level=1)
    done = command("measure", too_many, "-o", Path(tmp_path, "out"))
    assert_told(done, 3, str(too_many), "more than 102 megapixels", "save it smaller")
