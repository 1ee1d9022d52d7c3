"""Options and files of options: used as they stand, or refused with the key named."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from closeups import save, visits
from face_drawing import as_photo
from hypothesis import given, settings
from hypothesis import strategies as st
from safety import Command, assert_told, in_process

import poremetrics
from poremetrics import face
from poremetrics.change import parse_repeatability
from poremetrics.change.blocks import partition
from poremetrics.change.repeatability import FORMAT
from poremetrics.errors import SkinError, UsageError
from poremetrics.settings import Settings, parse_settings
from poremetrics.settings.face import FaceSettings
from poremetrics.settings.study import StudySettings
from poremetrics.study.manifest import parse_manifest, read_manifest

SKIN = visits(seed=1)[0].picture[:260, :300]
PHOTO = as_photo(SKIN)
SQUARE = [[40, 40], [240, 40], [240, 200], [40, 200]]
QUICK = {"deadline": None, "derandomize": True, "database": None}


@pytest.fixture
def command(monkeypatch, capsys) -> Command:
    return in_process(monkeypatch, capsys)


@pytest.fixture(scope="module")
def skin(tmp_path_factory) -> Path:
    return save(SKIN, tmp_path_factory.mktemp("photos") / "skin.jpg")


@settings(max_examples=80, **QUICK)
@given(
    st.sampled_from(["mm_per_px", "marker_mm", "ipd_mm"]),
    st.floats() | st.sampled_from([1e-300, 1e300, 5e-324, 0.0, -0.0]),
)
def test_sizes_are_plausible_or_refused_by_name(option, size) -> None:
    limits = FaceSettings()
    low = getattr(limits, f"minimum_{option}")
    high = getattr(limits, f"maximum_{option}")
    if low <= size <= high:
        try:
            face.find(PHOTO, limits, view="closeup", regions={"a": SQUARE}, **{option: size})
        except SkinError:
            assert option == "marker_mm", "there is no marker in this photo"
    else:
        with pytest.raises(UsageError, match=f"^{option}: .*from .* to"):
            face.find(PHOTO, limits, view="closeup", **{option: size})


@pytest.mark.parametrize("days", [math.nan, math.inf, -math.inf, -5.0])
def test_days_that_are_none_are_refused(days) -> None:
    with pytest.raises(UsageError, match=r"^days_since_treatment"):
        poremetrics.compare(SKIN, SKIN, days_since_treatment=days)


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^view: 'sideways'"):
        poremetrics.measure(SKIN, view="sideways")


@pytest.mark.parametrize("side_px", [1e-300, 1e-4, 0.5, 1.0, 1e6, 1e300])
def test_blocks_of_any_size_cover_the_common_area(side_px) -> None:
    # A scale far off once asked for 79 PiB here.
    blocks = partition(np.ones((30, 40), np.bool_), side_px)
    assert blocks.area_px2.sum() == 1200


@pytest.mark.parametrize(
    "arguments",
    [
        ("--mm-per-px", "nan"),
        ("--mm-per-px", "1e300"),
        ("--mm-per-px", "wide"),
        ("--ipd-mm", "-63"),
        ("--label", "\udcff"),
        ("--label", "two\nlines"),
        ("--label", "x" * 100_000),
        ("--view", "sideways"),
        ("--format", "docx"),
        ("--nonsense",),
    ],
)
def test_wrong_options_are_one_line(command, skin, tmp_path, arguments) -> None:
    done = command("measure", skin, "-o", tmp_path / "out", *arguments)
    assert_told(done, 2)
    name = arguments[0].lstrip("-")
    assert name in done.lines[0] or name.replace("-", "_") in done.lines[0]
    assert not any(tmp_path.iterdir())


# --- files of options ---------------------------------------------------------------------

LIKE_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@settings(max_examples=120, **QUICK)
@given(
    st.dictionaries(
        st.text(max_size=8) | st.sampled_from(["a", "all", "nose"]),
        LIKE_JSON | st.lists(st.tuples(st.floats(), st.floats()), min_size=3, max_size=6),
        min_size=1,
        max_size=3,
    )
)
def test_any_regions_are_used_or_refused_by_name(regions) -> None:
    try:
        found = face.find(PHOTO, FaceSettings(), view="closeup", regions=regions)
    except SkinError:
        return
    except UsageError as error:
        assert str(error).startswith("region ")
        assert str(error).isprintable()
        return
    assert {region.name for region in found.regions} <= set(regions)


@pytest.mark.parametrize("name", ["", " ", "all", "two\nlines", "\ud800", "\0", "x" * 61])
def test_names_that_head_no_line_of_a_table_are_refused(name) -> None:
    with pytest.raises(UsageError, match=r"^region "):
        face.find(PHOTO, FaceSettings(), regions={name: SQUARE})


HOSTILE_TEXTS = ["", "\0", "[" * 100_000, "1" + "0" * 5000, "{", "[]", "null", '"x"', "NaN"]


@pytest.mark.parametrize("option", ["--regions", "--settings", "--repeatability"])
def test_files_of_options_that_hold_anything_else(command, skin, tmp_path, option) -> None:
    file = tmp_path / "mine.txt"
    texts = ["= 1", "a = " + "[" * 5000, *HOSTILE_TEXTS[1:4]] if option == "--settings" else [
        *HOSTILE_TEXTS, '{"a": [[1, 2], [3, NaN], [4, 5]]}', '{"a": 1, "a": 2}',
    ]  # fmt: skip
    photos = (skin, skin)
    for text in texts:
        file.write_text(text)
        done = command("compare", *photos, "-o", tmp_path / "out", option, file)
        assert_told(done, 2)
    file.write_bytes(b"\xff\xfe\x00")
    assert_told(command("compare", *photos, option, file), 2, "mine.txt", "UTF-8")
    assert_told(command("compare", *photos, option, tmp_path), 2, "directory")
    assert_told(command("compare", *photos, option, tmp_path / "none"), 2, "none")


def test_the_mark_that_windows_puts_before_a_text_is_no_part_of_it(command, skin, tmp_path) -> None:
    texts = {
        "--regions": json.dumps({"mine": SQUARE}),
        "--settings": "[report]\r\ntable_digits = 6\r\n",
        "--repeatability": json.dumps(CALIBRATION),
    }
    options = []
    for option, text in texts.items():
        file = tmp_path / option.strip("-")
        file.write_text(text, "utf-8-sig", newline="")
        assert file.read_bytes().startswith(b"\xef\xbb\xbf")
        options += [option, file]
    photos = (skin, skin, "-o", tmp_path / "out", "--view", "closeup", "-q")
    assert command("compare", *photos, *options).code == 0
    result = json.loads((tmp_path / "out" / "result.json").read_text("utf-8"))
    assert result["settings"]["report"]["table_digits"] == 6
    assert {row["region"] for row in result["changes"]} == {"mine", "all"}

    manifest = tmp_path / "manifest.csv"
    manifest.write_text(f"subject,visit,date,photo\nP1,0,2026-01-05,{skin}\n", "utf-8-sig")
    read = read_manifest(manifest, StudySettings())
    assert [visit.subject for visit in read.visits] == ["P1"]

    for option, text in texts.items():  # two bytes a character: the other way Windows saves a text
        file = tmp_path / option.strip("-")
        file.write_text(text, "utf-16")
        assert_told(command("compare", *photos, option, file), 2, file.name, "UTF-8")
    manifest.write_text("subject,visit,date,photo\n", "utf-16")
    assert_told(command("study", manifest, "-o", tmp_path / "study"), 2, "manifest.csv", "UTF-8")


@settings(max_examples=60, **QUICK)
@given(st.text(max_size=60) | st.from_regex(r"\[(photo|pores|face|x)\]\n[a-z_]{1,9} = .{1,9}"))
def test_any_text_of_settings_is_read_or_refused(text) -> None:
    try:
        parse_settings(text)
    except UsageError as error:
        assert str(error).startswith("settings: ")


def test_every_setting_refuses_what_is_out_of_range_by_its_name() -> None:
    for room, box in Settings.model_fields.items():
        for name in type(box.default).model_fields:
            for value in ("nan", "inf", "-1e300", "1e300", '"x"', "[]"):
                with pytest.raises(UsageError, match=rf"{room}\.{name}"):
                    parse_settings(f"[{room}]\n{name} = {value}\n")


CALIBRATION = {"format": 1, "source": "ours", "pairs": 3, "wsd_log": {"count": 0.05}}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"format": FORMAT + 1}, "format"),
        ({"new_key": 1}, "new_key"),
        ({"pairs": -1}, "pairs"),
        ({"wsd_log": {"count": -0.1}}, "wsd_log.count"),
        ({"wsd_log": {"count": 1e300}}, "wsd_log.count"),
        ({"wsd_log": {"count": math.inf}}, "Infinity"),
        ({"per_blur_px": 1e308}, "per_blur_px"),
        ({"per_decorrelation": math.nan}, "NaN"),
        ({"source": None}, "source"),
    ],
)
def test_a_calibration_is_refused_with_its_key(change, key) -> None:
    parse_repeatability(json.dumps(CALIBRATION))
    with pytest.raises(UsageError, match=key):
        parse_repeatability(json.dumps(CALIBRATION | change))


@settings(max_examples=60, **QUICK)
@given(LIKE_JSON)
def test_any_json_is_a_calibration_or_refused(value) -> None:
    for document in (value, {**CALIBRATION, "wsd_log": value}, {**CALIBRATION, "pairs": value}):
        try:
            parse_repeatability(json.dumps(document))
        except UsageError as error:
            assert len(str(error).splitlines()) == 1


@settings(max_examples=60, **QUICK)
@given(st.lists(st.lists(st.text(max_size=12), min_size=4, max_size=4), max_size=4))
def test_any_manifest_is_told_row_by_row(tmp_path_factory, rows) -> None:
    text = "subject,visit,date,photo\n" + "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows
    )
    try:
        manifest = parse_manifest(text, Path("nowhere"), "m.csv", StudySettings())
    except UsageError as error:
        assert str(error).startswith("m.csv: ")
        return
    assert not manifest.visits, "no photo of these exists"
    assert manifest.problems
