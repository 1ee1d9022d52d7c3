"""Pictures and figures: the right skin at the right place, the table's own numbers drawn."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_results import AFTER, comparison, measurement
from matplotlib._pylab_helpers import Gcf
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from PIL import Image

from poremetrics import report
from poremetrics.face.locate import locate
from poremetrics.model import Face
from poremetrics.photo import load
from poremetrics.report.figure_files import figure_files
from poremetrics.report.glyphs import spelled_out
from poremetrics.report.marks import marks
from poremetrics.report.pdf import pdf_bytes
from poremetrics.report.pictures import clearest_shown, region_views, shown, strip, strip_width_px
from poremetrics.report.privacy import covered, eye_bands, mesh_band
from poremetrics.report.sections import build
from poremetrics.settings import Settings

SAMPLES = Path(__file__).parent.parent / "sample_images"


@pytest.fixture(scope="module")
def pair():
    return comparison(size=(600, 800), pores_per_region=40)


def bands_of(photo, face):
    settings = Settings()
    return eye_bands(photo, face, settings.face, settings.report)


def test_the_band_covers_both_eyes_and_little_else(pair):
    (band,) = bands_of(pair.before, pair.before_face)
    photo = covered(pair.before, [band])
    changed = (photo.pixels != pair.before.pixels).any(axis=2)
    width, height = 600, 800
    x, y, half = width / 2, height * 0.52, width * 0.34
    for side in (-1, 1):  # where the drawn eyes are: lids, iris, brow
        eye = np.s_[
            round(y - 0.44 * half) : round(y - 0.18 * half),
            round(x + (side * 0.42 - 0.16) * half) : round(x + (side * 0.42 + 0.16) * half),
        ]
        assert changed[eye].all()
    mouth = np.s_[round(y + 0.6 * half) :, :]
    assert not changed[mouth].any()
    assert changed.mean() < 0.12
    assert band.shape == (4, 2)
    assert pair.before.pixels.base is None or not pair.before.pixels.flags.writeable


def test_a_turned_head_gets_a_turned_band(pair):
    turn = np.deg2rad(25.0)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    face = pair.before_face
    points = face.landmarks_px.copy()
    points[:, :2] = points[:, :2] @ spin.T
    turned = mesh_band(points, pair.settings.report)
    straight = mesh_band(face.landmarks_px, pair.settings.report)
    np.testing.assert_allclose(turned, straight @ spin.T, atol=1e-6)


def test_a_closeup_of_skin_has_no_eyes_to_cover():
    result = comparison(size=(400, 300), closeup=True, pores_per_region=20)
    assert bands_of(result.before, result.before_face) == ()
    assert shown(result, anonymise=True).before is result.before
    for name in ("person_a_visit_0", "person_b_visit_3"):
        photo = load(SAMPLES / "close_up" / f"{name}.jpg", Settings().photo)
        assert bands_of(photo, Face("closeup", ())) == ()


@pytest.fixture(scope="module")
def portrait():
    settings = Settings()
    photo = load(SAMPLES / "person_a" / "visit_0.jpg", settings.photo)
    return photo, locate(photo, "portrait", settings.face).mesh


def open_eyes(mesh) -> np.ndarray:
    """Places on the rims of both lids and on both pupils' middles."""
    rims = mesh[[33, 159, 133, 145, 263, 386, 362, 374], :2]
    return np.concatenate([rims, rims[:4].mean(axis=0)[None], rims[4:].mean(axis=0)[None]])


def is_covered(photo, places) -> np.ndarray:
    columns, rows = np.round(places).astype(int).T
    return (photo.pixels[rows, columns] == photo.pixels[rows[0], columns[0]]).all(axis=1)


def test_a_face_in_a_closeup_has_its_eyes_covered(portrait):
    # As with --view closeup or a user's own outlines on a whole face: no landmarks are kept.
    photo, mesh = portrait
    hidden = covered(photo, bands_of(photo, Face("closeup", ())))
    assert is_covered(hidden, open_eyes(mesh)).all()
    known = covered(photo, [mesh_band(mesh, Settings().report)])
    shares = [(one.pixels != photo.pixels).any(axis=2).mean() for one in (hidden, known)]
    # The mesh of the small search copy is a few pixels off the refined one.
    assert shares[0] == pytest.approx(shares[1], rel=0.1)
    bare = measurement(size=(300, 400), closeup=True, pores_per_region=8)
    result = replace(bare, photo=photo, face=replace(bare.face, landmarks_px=None))
    assert any("looks like eyes" in note for note in build(result).notes)
    assert not any("looks like eyes" in note for note in build(bare).notes)


def test_part_of_a_face_has_its_eye_covered(portrait):
    # The cheek of one side with the eye above it: too little of a face for the mesh.
    photo, mesh = portrait
    low, high = mesh[:, :2].min(axis=0).astype(int), mesh[:, :2].max(axis=0).astype(int)
    wide, tall = high - low
    eye = mesh[[33, 159, 133, 145], :2]
    top = int(eye[:, 1].mean() - 0.25 * tall)
    cut = replace(
        photo, pixels=photo.pixels[top : top + int(0.75 * tall), low[0] : low[0] + wide // 2].copy()
    )
    assert locate(cut, "cut", Settings().face) is None
    hidden = covered(cut, bands_of(cut, Face("closeup", ())))
    middle = eye.mean(axis=0, keepdims=True) - (low[0], top)
    changed = (hidden.pixels != cut.pixels).any(axis=2)
    column, row = np.round(middle[0]).astype(int)
    assert changed[row - 5 : row + 6, column - 5 : column + 6].all(), "the pupil is covered"


def test_everyone_in_the_photo_is_covered(portrait):
    # A second, smaller face beside the one that was measured.
    photo, mesh = portrait
    rows, columns = photo.pixels.shape[0] // 2, photo.pixels.shape[1] // 2
    small = cv2.resize(photo.pixels, (columns, rows), interpolation=cv2.INTER_AREA)
    pixels = np.full((photo.height_px, photo.width_px + columns, 3), 200, dtype=np.uint8)
    pixels[:, : photo.width_px] = photo.pixels
    pixels[:rows, photo.width_px :] = small
    both = replace(photo, pixels=pixels)
    bands = bands_of(both, Face("face", (), mesh))
    assert len(bands) == 2
    hidden = covered(both, bands)
    assert is_covered(hidden, open_eyes(mesh)).all()
    assert is_covered(hidden, open_eyes(mesh) / 2 + (photo.width_px, 0)).all()


def test_the_after_picture_lies_on_the_before_picture(pair):
    # The same skin, known affine map: shifting one picture by two pixels must fit worse.
    photos = shown(pair, anonymise=False)
    for region in pair.alignment.regions:
        whole, detail = region_views(pair, photos, region)
        assert detail is None
        assert whole.before.pixels.shape == whole.after.pixels.shape
        before, after = (
            view.pixels[8:-8, 8:-8].astype(float) for view in (whole.before, whole.after)
        )
        here = np.abs(before - after).mean()
        for shift in ((0, 2), (2, 0)):
            moved = np.roll(after, shift, axis=(0, 1))
            assert here < np.abs(before - moved)[4:-4, 4:-4].mean()


def test_a_large_region_is_reduced_and_shown_in_detail():
    result = comparison(size=(2000, 1500), closeup=True, pores_per_region=40)
    settings = result.settings.report
    region = result.alignment.regions[0]
    whole, detail = region_views(result, shown(result, anonymise=True), region)
    pixels = np.prod(whole.before.pixels.shape[:2])
    assert pixels <= settings.picture_megapixels * 1e6 * 1.01
    assert detail is not None
    assert detail.before.step_px == 1.0, "every pixel of the photo"
    x, y = int(detail.before.x0), int(detail.before.y0)
    rows, columns = detail.before.pixels.shape[:2]
    np.testing.assert_array_equal(
        detail.before.pixels, result.before.pixels[y : y + rows, x : x + columns]
    )


def test_the_strip_shows_the_same_pore_twice(pair):
    photos = shown(pair, anonymise=True)
    chosen = clearest_shown(pair, photos, marks(pair))
    settings = pair.settings.report
    assert len(chosen) == settings.strip_pores
    assert set(chosen["region"]) == {"left_cheek", "right_cheek", "nose", "forehead"}
    assert (chosen["status"] == "matched").all()
    expected = chosen[["x_px", "y_px"]].to_numpy() @ AFTER[:, :2].T + AFTER[:, 2]
    np.testing.assert_allclose(chosen[["x_after_px", "y_after_px"]].to_numpy(), expected, atol=0.01)
    (band,) = bands_of(pair.before, pair.before_face)
    reach = strip_width_px(chosen, settings) / 2
    for x, y in chosen[["x_px", "y_px"]].to_numpy():
        inside = (band[0, 0] - reach < x < band[1, 0] + reach) and (
            band[0, 1] - reach < y < band[2, 1] + reach
        )
        assert not inside, "no picture of the strip may show the band"
    pixels = strip(pair, photos, chosen)
    side = settings.strip_side_px
    middle = pixels[side // 2 - 3 : side // 2 + 3]
    for number in range(len(chosen)):
        x0 = number * (side + side // 24)
        tile = pixels[:side, x0 : x0 + side].astype(float).mean(axis=2)
        centre = tile[side // 2 - 5 : side // 2 + 5, side // 2 - 5 : side // 2 + 5].mean()
        assert centre < np.median(tile), "the pore is darker and lies in the middle"
    assert middle.size


def test_clearest_pores_are_not_chosen_by_their_change(pair):
    frame = marks(pair)
    photos = shown(pair, anonymise=True)
    chosen = clearest_shown(pair, photos, frame)
    shuffled = frame.assign(change_pct=frame["change_pct"].to_numpy()[::-1])
    again = clearest_shown(pair, photos, shuffled)
    assert list(chosen.index) == list(again.index)


def test_no_pores_no_strip():
    empty = comparison(size=(300, 400), regions=("nose",), pores_per_region=0)
    photos = shown(empty, anonymise=True)
    assert strip(empty, photos, clearest_shown(empty, photos, marks(empty))) is None


# --- plot functions ----------------------------------------------------------------------

PLOTS = (
    report.plot_changes,
    report.plot_sizes,
    report.plot_pairs_of_sizes,
    report.plot_overlay,
    report.plot_before,
    report.plot_after,
    report.plot_strip,
)


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.__name__)
def test_a_plot_draws_on_the_axes_it_is_given(pair, plot):
    ax = Figure().add_subplot()
    assert plot(pair, ax=ax) is ax
    assert ax.has_data()
    own = plot(pair)
    assert own is not ax
    assert not Gcf.figs, "pyplot knows nothing of it"


def test_plot_changes_draws_the_intervals_of_the_table(pair):
    ax = report.plot_changes(pair)
    lines = next(one for one in ax.collections if isinstance(one, LineCollection))
    drawn = np.array([segment[:, 0] for segment in lines.get_segments()])
    rows = pair.changes[pair.changes["verdict"] != ""]
    wanted = rows[["ci_low_pct", "ci_high_pct"]].to_numpy()
    np.testing.assert_allclose(np.sort(drawn, axis=0), np.sort(wanted, axis=0))


@pytest.mark.parametrize("scale", [True, False])
def test_plot_sizes_counts_every_pore(scale):
    result = comparison(size=(450, 600), regions=("nose",), pores_per_region=40, scale=scale)
    ax = report.plot_sizes(result)
    assert ("µm" if scale else "px") in ax.get_xlabel()
    outlines = [
        patch for patch in ax.patches if isinstance(patch, StepPatch) and not patch.get_fill()
    ]
    for photo, patch in zip(("before", "after"), outlines, strict=True):
        pores = result.pores[(result.pores["photo"] == photo) & (result.pores["flags"] == "")]
        assert patch.get_data().values.sum() == len(pores)


def test_plot_overlay_draws_rings_at_true_size_and_place(pair):
    ax = report.plot_overlay(pair, region="left_cheek")
    frame = marks(pair)
    frame = frame[(frame["region"] == "left_cheek") & (frame["status"] != "left_out")]
    rings = [one for one in ax.collections if isinstance(one, EllipseCollection)]
    places = np.concatenate([one.get_offsets() for one in rings[1::2]])
    np.testing.assert_allclose(
        np.sort(places, axis=0), np.sort(frame[["x_px", "y_px"]].to_numpy(), axis=0)
    )
    with pytest.raises(KeyError):
        report.plot_overlay(pair, region="elbow")


def test_one_photo_is_plotted_too():
    result = measurement(size=(450, 600), regions=("nose",), pores_per_region=20)
    for plot in (report.plot_sizes, report.plot_overlay, report.plot_strip):
        assert plot(result).has_data()
    with pytest.raises(KeyError):
        report.plot_overlay(result, region="elbow")


# --- PDF ---------------------------------------------------------------------------------


def test_the_pdf_has_its_title_and_language_and_no_author(pair):
    label = "<b>Mallory</b> & </para> 病人"
    content = pdf_bytes(build(pair, label=label), pair)
    assert content.startswith(b"%PDF-1.")
    assert b"/Lang (en)" in content
    assert b"/Author (poremetrics)" in content
    assert b"Mallory" not in content, "the label stands on the page, not in the file's properties"
    pages = content.count(b"/Type /Page\n") + content.count(b"/Type /Page ")
    assert 5 <= pages <= 16


def test_signs_the_font_lacks_are_spelled_out():
    assert spelled_out("Nase ≥ 5 µm, Größe") == "Nase ≥ 5 µm, Größe"
    assert spelled_out("额 1") == "[U+989D] 1"


def test_figure_files_keep_text_as_text_and_pictures_as_jpeg():
    result = comparison(
        size=(300, 400), regions=("nose",), pores_per_region=12, rename={"nose": "额头"}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of each sign its font lacks
        files = figure_files(result, anonymise=True)
    assert "额头" in files["figures/changes.svg"].decode("utf-8")
    for name, content in files.items():
        if name.endswith(".svg"):
            assert b"data:image/png" not in content
        else:
            with Image.open(io.BytesIO(content)) as picture:
                assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert b"data:image/jpeg" in files["figures/before-0.svg"]
    width_mm = result.settings.report.picture_figure_width_mm
    with Image.open(io.BytesIO(files["figures/before-0.png"])) as picture:
        assert picture.width == pytest.approx(width_mm / 25.4 * 300, abs=1)
