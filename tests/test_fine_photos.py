"""Photos that show skin finer than pores need: macro shots and dermatoscopes."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import poremetrics
from poremetrics import align, pores, synthetic
from poremetrics.model import Scale
from poremetrics.settings import Settings
from poremetrics.synthetic import Camera, SyntheticSkin, Treatment, score

ALIGN, PORES = Settings().align, Settings().pores
WIDTH_MM, HEIGHT_MM = 14.0, 11.0
UNTREATED, SMALLER = Treatment(), Treatment(diameter_ratio=0.8)


@cache
def shot(px_per_mm: float, treatment: Treatment = UNTREATED) -> SyntheticSkin:
    """The same skin at any resolution, as sharp as lenses are: 25 µm."""
    recipe = replace(
        synthetic.CLEAR_PORES, width_mm=WIDTH_MM + 2, height_mm=HEIGHT_MM + 2, grain_px_per_mm=60.0
    )
    # The second photo from a little further away.
    ratio = 1.0 if treatment is UNTREATED else 0.9
    camera = Camera(
        width_px=round(ratio * WIDTH_MM * px_per_mm),
        height_px=round(ratio * HEIGHT_MM * px_per_mm),
        px_per_mm=ratio * px_per_mm,
        blur_px=0.025 * px_per_mm,
    )
    skin = synthetic.make_skin(np.random.default_rng(3), recipe)
    return synthetic.photograph(skin, camera, np.random.default_rng(round(ratio * 10)), treatment)


@pytest.mark.parametrize(
    ("px_per_mm", "step_px"), [(8.0, 1.0), (24.0, 1.0), (24.5, 1.0), (36.0, 1.5), (120.0, 5.0)]
)
def test_skin_is_worked_on_no_finer_than_pores_need(px_per_mm: float, step_px: float) -> None:
    scale = Scale(1.0 / px_per_mm, 0.01, "given")
    assert align.working_step_px(scale, ALIGN) == pytest.approx(step_px)


@pytest.mark.parametrize("px_per_mm", [40.0, 120.0])
def test_pores_of_a_fine_photo_are_found_and_sized_in_its_own_pixels(px_per_mm: float) -> None:
    one = shot(px_per_mm)
    found = poremetrics.measure(one.picture, view="closeup", mm_per_px=1 / px_per_mm)
    kept = found.pores[found.pores["flags"].eq("")]
    border = one.picture.shape[1], one.picture.shape[0], 1.5 * px_per_mm
    result = score(kept, one.truth, border=border)
    # A hundred clear pores 6 px wide at 24 px/mm: one or two may be missed or false.
    assert result.f1 > 0.95
    # The goal for pores from 4 px on.
    assert abs(result.size_bias_pct) < 5.0
    whole = found.regions.set_index("metric")["value"]
    # The frame of a close-up is left out; what is left is told in the photo's own millimetres.
    area_cm2 = whole["count"] / whole["density_cm2"]
    assert 0.7 < area_cm2 * 100 / (WIDTH_MM * HEIGHT_MM) < 1.0


@pytest.mark.parametrize(
    ("px_per_mm", "step_px"), [(13.0, 1.0), (30.0, 1.0), (60.0, 2.0), (120.0, 4.0)]
)
def test_without_a_scale_the_pores_tell_the_resolution(px_per_mm: float, step_px: float) -> None:
    one = shot(px_per_mm)
    whole = np.ones(one.picture.shape[:2], bool)
    assert pores.coarse_step_px(one.picture, whole, PORES) == step_px


def test_a_wrong_scale_leaves_a_picture_to_work_on() -> None:
    # 2000 px/mm, the finest that is taken: 4 px would be left of 400.
    one, two = shot(40.0), shot(40.0, SMALLER)
    seen = poremetrics.compare(one.picture, two.picture, view="closeup", mm_per_px=0.0005)
    assert min(seen.alignment.regions[0].grid.shape) >= 90
    assert seen.changes["verdict"].isin(["not comparable", "no detectable change", ""]).all()


def test_skin_without_pores_is_worked_on_as_it_is() -> None:
    rng = np.random.default_rng(0)
    skin = np.clip(rng.normal(150, 4, (900, 1200, 1)), 0, 255).astype(np.uint8).repeat(3, axis=2)
    assert pores.coarse_step_px(skin, np.ones(skin.shape[:2], bool), PORES) == 1.0


def test_pores_of_a_macro_shot_without_scale_are_found() -> None:
    one = shot(120.0)
    found = poremetrics.measure(one.picture, view="closeup")
    kept = found.pores[found.pores["flags"].eq("")]
    border = one.picture.shape[1], one.picture.shape[0], 1.5 * 120.0
    # As it is, hardly any of these pores, 40 px wide, would be found.
    assert score(kept, one.truth, border=border).f1 > 0.95
    assert set(found.regions["metric"]) >= {"count", "diameter_px_median"}


@pytest.mark.parametrize("px_per_mm", [40.0, 120.0])
def test_changes_of_fine_photos_are_read(px_per_mm: float) -> None:
    one, two = shot(px_per_mm), shot(px_per_mm, SMALLER)
    seen = poremetrics.compare(one.picture, two.picture, view="closeup", mm_per_px=1 / px_per_mm)
    row = seen.changes.set_index(["region", "metric"]).loc[("closeup", "diameter_um_matched")]
    assert row["verdict"] == "decreased"
    # Of a hundred pores, each sized to 10 % in either photo, the mean change is known to 1.4 %, of
    # a size that is 0.8 of what it was to 1.1 %; half of that again for what differs from the skin
    # that the reading was fitted to.
    assert row["change_pct"] == pytest.approx(-20.0, abs=1.7)
    # Links name places in each photo's own pixels.
    linked = seen.links[seen.links["status"].eq("matched")].dropna()
    ends = [
        seen.pores[seen.pores["photo"].eq(side)]
        .set_index("pore_id")
        .loc[linked[f"{side}_id"], ["x_px", "y_px"]]
        .to_numpy()
        for side in ("before", "after")
    ]
    precision, _ = synthetic.score_links(*ends, one.truth, two.truth)
    assert precision.share > 0.98


def test_a_fine_photo_against_itself_shows_exactly_no_change() -> None:
    picture = shot(60.0).picture
    seen = poremetrics.compare(picture, picture.copy(), view="closeup", mm_per_px=1 / 60)
    assert seen.alignment.regions[0].grid.step_px == pytest.approx(2.5)
    assert seen.changes["change_pct"].dropna().eq(0.0).all()
    assert seen.links["status"].eq("matched").all()
