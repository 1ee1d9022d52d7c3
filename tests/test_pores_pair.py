"""Matched conditions, links and forced pairs against planted truth."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pandas as pd
import pytest
from scipy.spatial import KDTree

from poremetrics import pores, synthetic
from poremetrics.model import Conditions, Mask, Skin
from poremetrics.photo import to_linear
from poremetrics.pores.difference import shared_log_ratio
from poremetrics.pores.soften import gaussian_taps, softened
from poremetrics.settings.pair import PairSettings
from poremetrics.settings.pores import PoresSettings
from poremetrics.synthetic import Camera, SyntheticSkin, Treatment

PAIR = PairSettings()
PORES = PoresSettings()
CAMERA = Camera(width_px=560, height_px=460, px_per_mm=16.0)
SOFT = replace(CAMERA, blur_px=1.3, photons=6000.0, jpeg_quality=90, brightness=0.45)


@cache
def subject(seed: int) -> synthetic.SkinModel:
    recipe = synthetic.Recipe(width_mm=36.0, height_mm=30.0, marks=synthetic.NO_MARKS)
    return synthetic.make_skin(np.random.default_rng(seed), recipe)


@cache
def shot(seed: int, camera: Camera, treatment: Treatment, noise_seed: int) -> SyntheticSkin:
    return synthetic.photograph(subject(seed), camera, np.random.default_rng(noise_seed), treatment)


def flattened(shown: SyntheticSkin) -> Skin:
    picture = shown.picture
    return pores.flatten(to_linear(picture), np.ones(picture.shape[:2], bool), PORES)


def match(one: Skin, two: Skin, common: Mask) -> tuple[Skin, Skin, Conditions]:
    apart = pores.difference(one, two, common, PAIR)
    return pores.match_conditions(one, two, common, apart, PAIR)


Matched = tuple[Skin, Skin, Conditions, Mask]


@cache
def matched(seed: int, second: Camera, treatment: Treatment) -> Matched:
    one = flattened(shot(seed, CAMERA, Treatment(), 100 + seed))
    two = flattened(shot(seed, second, treatment, 200 + seed))
    common = np.ones(one.mask.shape, bool)
    return (*match(one, two, common), common)


@cache
def paired(seed: int, second: Camera, treatment: Treatment) -> pd.DataFrame:
    one, two, _, common = matched(seed, second, treatment)
    return pores.pair(
        one,
        two,
        pores.find(one, PORES),
        pores.find(two, PORES),
        common,
        0.2,
        PAIR,
        PORES,
    )


def size_ratio(table: pd.DataFrame, name: str = "diameter") -> float:
    """Geometric mean of after / before of the pores matched and sized in both."""
    both = table[f"{name}_before"].notna() & table[f"{name}_after"].notna()
    chosen = table[both & table["is_pore"] & (table["status"] == "matched")]
    chosen = chosen[(chosen[f"{name}_before"] > 0) & (chosen[f"{name}_after"] > 0)]
    ratio = chosen[f"{name}_after"] / chosen[f"{name}_before"]
    return float(np.exp(np.log(ratio).mean()))


NOTHING = Treatment()


# --- conditions ------------------------------------------------------------------------------


def test_equal_skins_are_left_alone() -> None:
    one = flattened(shot(0, CAMERA, NOTHING, 100))
    first, second, conditions = match(one, one, np.ones(one.mask.shape, bool))
    assert first is one
    assert second is one
    assert conditions == Conditions(0.0, 1.0, 1.0, 1.0, one.blur_px, 0.0)


@pytest.mark.parametrize(
    ("camera", "treatment", "expected_px2"),
    [
        pytest.param(CAMERA, NOTHING, 0.0, id="alike"),
        pytest.param(SOFT, NOTHING, 1.3**2 - 0.9**2, id="softer"),
        pytest.param(replace(CAMERA, photons=2500.0), NOTHING, 0.0, id="noisier"),
        pytest.param(CAMERA, Treatment(diameter_ratio=0.8), 0.0, id="treated"),
        pytest.param(SOFT, Treatment(diameter_ratio=0.8), 1.3**2 - 0.9**2, id="treated-softer"),
    ],
)
def test_relative_blur_and_gain(camera: Camera, treatment: Treatment, expected_px2: float) -> None:
    conditions = matched(0, camera, treatment)[2]
    got = np.sign(conditions.relative_blur_px) * conditions.relative_blur_px**2
    # 0.15 px² moves the diameter of a 4.5 px pore by 2 %.
    assert got == pytest.approx(expected_px2, abs=0.15)
    # No veil, no filter: contrast is the same; noise and treated pores must not pass for gain.
    assert conditions.gain == pytest.approx(1.0, abs=0.04)
    assert conditions.correlation > 0.9


def test_gain_is_found_and_taken_out() -> None:
    one = flattened(shot(0, CAMERA, NOTHING, 100))
    two = flattened(shot(0, CAMERA, NOTHING, 200))
    veiled = replace(two, darkening=two.darkening * np.float32(0.92))
    common = np.ones(one.mask.shape, bool)
    first, second, conditions = match(one, veiled, common)
    assert conditions.gain == pytest.approx(0.92, abs=0.02)
    rms = [float(np.sqrt(np.mean(skin.darkening**2))) for skin in (first, second)]
    assert rms[1] / rms[0] == pytest.approx(1.0, abs=0.02)


def test_large_gain_is_told_and_not_taken_out_in_full() -> None:
    one = flattened(shot(0, CAMERA, NOTHING, 100))
    two = flattened(shot(0, CAMERA, NOTHING, 200))
    grazed = replace(two, darkening=two.darkening * np.float32(1.4))
    common = np.ones(one.mask.shape, bool)
    first, second, conditions = match(one, grazed, common)
    assert conditions.gain == pytest.approx(1.4, abs=0.05)
    rms = [float(np.sqrt(np.mean(skin.darkening**2))) for skin in (first, second)]
    assert np.log(rms[1] / rms[0]) == pytest.approx(np.log(1.4) - PAIR.gain_most, abs=0.03)


def test_exchange_turns_the_signs_of_the_conditions() -> None:
    one = flattened(shot(0, CAMERA, NOTHING, 100))
    two = flattened(shot(0, SOFT, NOTHING, 200))
    common = np.ones(one.mask.shape, bool)
    first, second, there = match(one, two, common)
    other_second, other_first, back = match(two, one, common)
    # Equal but for the order of floating-point sums.
    assert back.relative_blur_px == pytest.approx(-there.relative_blur_px, rel=1e-6)
    assert back.gain == pytest.approx(1.0 / there.gain, rel=1e-6)
    assert back.noise_ratio == pytest.approx(1.0 / there.noise_ratio, rel=1e-6)
    np.testing.assert_allclose(other_first.darkening, first.darkening, atol=1e-5)
    np.testing.assert_allclose(other_second.darkening, second.darkening, atol=1e-5)
    np.testing.assert_array_equal(first.noise, second.noise)
    assert first.blur_px == second.blur_px


def test_too_little_skin_is_not_measured() -> None:
    one = flattened(shot(0, CAMERA, NOTHING, 100))
    two = flattened(shot(0, SOFT, NOTHING, 200))
    little = np.zeros(one.mask.shape, bool)
    little[:40, :40] = True
    first, _, conditions = match(one, two, little)
    assert np.isnan(conditions.relative_blur_px)
    assert np.isnan(conditions.gain)
    np.testing.assert_array_equal(first.darkening, one.darkening)


def test_regions_that_tell_little_of_the_blur_are_told_by_the_others() -> None:
    def region(blur_px2: float, sd_px2: float) -> pores.Difference:
        return pores.Difference(blur_px2, sd_px2, 0.02, 0.1, 1.0)

    told = [region(0.70, 0.02), region(0.66, 0.03), region(0.04, 0.30), region(0.0, np.inf)]
    fine, coarse = [1.0] * 4, [2.0] * 4
    got = pores.shared_blur(told, fine, PAIR)
    # What is well known moves by less than its error; what is not takes the mean, nearly.
    assert got[0].blur_px2 == pytest.approx(0.70, abs=0.02)
    assert got[1].blur_px2 == pytest.approx(0.66, abs=0.03)
    assert got[2].blur_px2 == pytest.approx(0.63, abs=0.06)
    assert got[3].blur_px2 == pytest.approx(0.65, abs=0.04)
    # Contrast was told together with the blur.
    assert got[2].log_gain == pytest.approx(0.02 + 0.1 * (got[2].blur_px2 - 0.04))
    # Their errors are that of the mean, 0.03 or so, and how far regions differ.
    expected = np.hypot(PAIR.region_blur_px2, 0.03)
    assert [one.blur_sd_px2 for one in got[2:]] == pytest.approx([expected] * 2, rel=0.1)
    assert got[0].blur_sd_px2 == pytest.approx(0.02, rel=0.1)
    # Focus that really differs between regions is kept.
    focus = pores.shared_blur([region(0.0, 0.02), region(1.0, 0.02)], [1.0, 1.0], PAIR)
    assert focus[1].blur_px2 - focus[0].blur_px2 > 0.95
    # The other way round, and on grids of another step, the same comes out.
    turned = [replace(one, blur_px2=-one.blur_px2) for one in told]
    back = pores.shared_blur(turned, fine, PAIR)
    assert [-one.blur_px2 for one in back] == [one.blur_px2 for one in got]
    quarter = [
        replace(one, blur_px2=one.blur_px2 / 4, blur_sd_px2=one.blur_sd_px2 / 4) for one in told
    ]
    on_coarse = pores.shared_blur(quarter, coarse, PAIR)
    np.testing.assert_allclose(
        [4 * one.blur_px2 for one in on_coarse], [one.blur_px2 for one in got]
    )
    # One region alone, or nothing told, stays.
    alone = pores.shared_blur(told[2:3], [1.0], PAIR)[0]
    assert (alone.blur_px2, alone.blur_sd_px2) == pytest.approx((0.04, 0.30))
    assert pores.shared_blur(told[3:], [1.0], PAIR) == told[3:]


@pytest.mark.parametrize("variance", [0.02, 0.2, 0.9, 4.0])
def test_kernel_blurs_by_its_variance(variance: float) -> None:
    taps = gaussian_taps(variance).astype(np.float64)
    at = np.arange(len(taps)) - len(taps) // 2
    omega = 2.0 * np.pi * np.linspace(0.0, 0.35, 15)
    transfer = np.cos(omega[:, None] * at) @ taps
    # A sampled Gaussian would miss by 0.15 at the smallest variance.
    np.testing.assert_allclose(transfer, np.exp(-0.5 * variance * omega**2), atol=0.004)


def test_light_is_blurred_not_its_logarithm() -> None:
    dark = np.zeros((41, 41), np.float32)
    dark[20, 20] = 1.2
    ones = np.ones_like(dark)
    skin = Skin(dark, ones > 0, 0.01 * ones, 0 * ones, 0 * ones, 0.5)
    got = 1.0 - np.exp(-softened(skin, 1.0, PAIR).darkening)
    # Light that is missing is spread, none of it is lost.
    assert got.sum() == pytest.approx(1.0 - np.exp(-1.2), rel=1e-3)


def test_shared_log_ratio_by_hand() -> None:
    # Shared power 4 seen as 4 and, through a gain of 1/2, as 1; noises 0.5 and 0.25.
    y, doubt = shared_log_ratio(np.array([4.5]), np.array([1.25]), np.array([2.0]), np.array([0.5]))
    assert y[0] == pytest.approx(np.log(0.5))
    assert doubt[0] == pytest.approx(np.log(4.5 * 1.25 / 4.0))


# --- links -----------------------------------------------------------------------------------


PORE = pd.DataFrame(
    {
        "x_px": [0.0],
        "y_px": [0.0],
        "diameter_px": [4.0],
        "contrast": [0.2],
        "is_pore": [True],
    }
)


def scattered(rng: np.random.Generator, count: int, side_px: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x_px": rng.uniform(0, side_px, count),
            "y_px": rng.uniform(0, side_px, count),
            "diameter_px": 5.0 * np.exp(rng.normal(0, 0.25, count)),
            "contrast": 0.2 * np.exp(rng.normal(0, 0.3, count)),
            "is_pore": True,
        }
    )


def second_look(rng: np.random.Generator, table: pd.DataFrame, error_px: float) -> pd.DataFrame:
    moved = table.copy()
    moved[["x_px", "y_px"]] += rng.normal(0, error_px / np.sqrt(2), (len(table), 2))
    moved["diameter_px"] *= 0.9 * np.exp(rng.normal(0, 0.1, len(table)))
    moved["contrast"] *= np.exp(rng.normal(0, 0.15, len(table)))
    return moved


@pytest.mark.parametrize("pores_per_cm2", [30, 75, 150])
def test_links_against_truth(pores_per_cm2: int) -> None:
    rng = np.random.default_rng(pores_per_cm2)
    side = 160.0 * 4  # 4 cm at 16 px/mm
    truth = scattered(rng, pores_per_cm2 * 16, side)
    # A tenth is missed by each look, a tenth of false ones added.
    seen_before = rng.random(len(truth)) > 0.1
    seen_after = rng.random(len(truth)) > 0.1
    false = scattered(rng, len(truth) // 10, side)
    before = pd.concat([truth[seen_before], false], ignore_index=True)
    after_true = second_look(rng, truth, 0.5)[seen_after]
    shuffled = rng.permutation(len(after_true))
    after = after_true.iloc[shuffled].reset_index(drop=True)
    identity_before = np.flatnonzero(seen_before)
    identity_after = np.flatnonzero(seen_after)[shuffled]
    found = pores.link(before, after, 1.0, PAIR)
    genuine = found.before < len(identity_before)
    right = np.zeros(len(found.before), bool)
    right[genuine] = identity_before[found.before[genuine]] == identity_after[found.after[genuine]]
    possible = np.intersect1d(identity_before, identity_after).size
    # The project's goals. Uniform random places are harder than skin: they overlap.
    assert right.mean() >= 0.98
    assert right.sum() / possible >= 0.95
    assert len(np.unique(found.before)) == len(found.before)
    assert len(np.unique(found.after)) == len(found.after)


def test_link_takes_the_best_whole_not_the_nearest_pair() -> None:
    before = PORE.loc[[0, 0]].assign(x_px=[0.0, 2.0], diameter_px=6.0)
    after = before.assign(x_px=[1.2, 3.2])
    # Greedily 2.0 goes to 1.2 (0.8 away) and leaves 0.0 and 3.2 alone.
    found = pores.link(before, after, 1.0, PAIR)
    assert found.before.tolist() == [0, 1]
    assert found.after.tolist() == [0, 1]
    np.testing.assert_allclose(found.distance_px, 1.2)


def test_size_and_contrast_decide_between_equal_places() -> None:
    before = PORE.assign(x_px=10.0, diameter_px=6.0, contrast=0.3)
    after = PORE.loc[[0, 0]].assign(x_px=[9.0, 11.0], diameter_px=[3.0, 5.8], contrast=[0.1, 0.3])
    assert pores.link(before, after, 0.5, PAIR).after.tolist() == [1]


def test_nothing_is_linked_beyond_the_gate_or_without_pores() -> None:
    far = PORE.assign(x_px=5.0)
    assert len(pores.link(PORE, far, 0.3, PAIR).before) == 0
    assert len(pores.link(PORE, PORE.iloc[:0], 0.3, PAIR).before) == 0
    assert len(pores.link(PORE.iloc[:0], PORE, 0.3, PAIR).before) == 0


@pytest.mark.parametrize(("far_px", "linked"), [(0.5, True), (1.8, False)])
def test_a_mark_that_is_no_pore_is_only_linked_where_the_pore_was(
    far_px: float, linked: bool
) -> None:
    # A pore has a gate of 0.8 px + 0.35 · 4 px here: 1.8 px is near enough for one.
    mark = PORE.assign(x_px=far_px, is_pore=False)
    assert len(pores.link(PORE, PORE.assign(x_px=far_px), 0.3, PAIR).before) == 1
    assert len(pores.link(PORE, mark, 0.3, PAIR).before) == linked
    assert len(pores.link(mark, PORE, 0.3, PAIR).before) == linked


def test_links_of_20000_pores_are_exchangeable() -> None:
    rng = np.random.default_rng(3)
    before = scattered(rng, 20_000, 2600.0)
    after = second_look(rng, before, 0.5).sample(frac=0.95, random_state=1)
    after = after.reset_index(drop=True)
    there = pores.link(before, after, 1.0, PAIR)
    back = pores.link(after, before, 1.0, PAIR)
    forward = set(zip(there.before.tolist(), there.after.tolist(), strict=True))
    backward = set(zip(back.after.tolist(), back.before.tolist(), strict=True))
    # Only exact ties of the total cost could differ; continuous places have none.
    assert forward == backward
    assert len(forward) > 0.95 * len(after)


# --- forced pairs ----------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.8, 1.0, 1.2])
def test_matched_size_ratio(ratio: float) -> None:
    treatment = Treatment(diameter_ratio=ratio)
    got = np.mean([np.log(size_ratio(paired(seed, CAMERA, treatment))) for seed in (0, 1)])
    # The project's goal: right within 2 % on average, here over some 600 pores.
    assert np.exp(got) / ratio == pytest.approx(1.0, abs=0.02)


def test_unlike_photos_of_unchanged_skin_show_no_change() -> None:
    table = paired(0, SOFT, NOTHING)
    assert size_ratio(table) == pytest.approx(1.0, abs=0.02)
    assert size_ratio(table, "contrast") == pytest.approx(1.0, abs=0.03)
    # Detection in each photo alone would lose more; forced, hardly any pore is gone.
    real = table[table["is_pore"]]
    assert (real["status"] != "matched").mean() < 0.03


def test_pores_that_vanish_are_lost_and_those_that_shrink_are_not() -> None:
    treatment = Treatment(diameter_ratio=0.9, lost_share=0.15)
    table = paired(1, CAMERA, treatment)
    one = shot(1, CAMERA, NOTHING, 101).truth
    two = shot(1, CAMERA, treatment, 201).truth
    together = one.merge(two, on="pore_id", suffixes=("", "_after"))
    # Clear pores, far enough apart that one cannot stand in for another.
    clear = together[(together["snr"] > 8.0) & together["inside"]].reset_index(drop=True)
    tree = KDTree(together[["x_px", "y_px"]])
    gap = tree.query(clear[["x_px", "y_px"]], k=2)[0][:, 1]
    clear = clear[gap > 2.0 * clear["diameter_px"]].reset_index(drop=True)
    distance, row = KDTree(table[["x_px", "y_px"]]).query(clear[["x_px", "y_px"]])
    near = distance < 0.35 * clear["diameter_px"]
    status = table["status"].to_numpy()[row[near]]
    gone = ~clear["present_after"].to_numpy(bool)[near]
    assert near.mean() > 0.9
    # What vanished leaves skin whose relief may be dark by chance, here of one or two of twenty;
    # what only shrank must not be called lost.
    assert (status[gone] == "lost").mean() > 0.85
    assert (status[~gone] == "lost").mean() < 0.02


def test_faint_pores_that_vanish_are_told_from_those_that_stay() -> None:
    recipe = replace(synthetic.FAINT_PORES, width_mm=36.0, height_mm=30.0)
    treatment = Treatment(lost_share=0.3)
    common = np.ones((CAMERA.height_px, CAMERA.width_px), bool)
    gone, stayed = [], []
    for seed in (1, 2):
        model = synthetic.make_skin(np.random.default_rng(seed), recipe)
        one, two = (
            synthetic.photograph(model, CAMERA, np.random.default_rng(100 * k + seed), what)
            for k, what in ((1, NOTHING), (2, treatment))
        )
        before, after, _ = match(flattened(one), flattened(two), common)
        found = pores.find(before, PORES), pores.find(after, PORES)
        table = pores.pair(before, after, *found, common, 0.2, PAIR, PORES)
        table = table[table["is_pore"]]
        truth = one.truth.assign(present_after=two.truth["present"].to_numpy(bool))
        truth = truth[truth["present"]]
        at, pore = synthetic.match(
            table[["x_px", "y_px"]],
            truth[["x_px", "y_px"]],
            synthetic.gate_px(truth["diameter_px"]),
        )
        status = table["status"].to_numpy()[at]
        stays = truth["present_after"].to_numpy(bool)[pore]
        gone.append(status[~stays])
        stayed.append(status[stays])
    # Of some 350 that have gone, nine in ten leave a place that is nearer to bare skin than to the
    # pore that was there (0.90 to 0.93, four skins); 0.86 is two standard errors below the least.
    assert (np.concatenate(gone) == "lost").mean() > 0.86
    # Of 800 that stay as they are, none may seem to go but by a rare chance.
    assert (np.concatenate(stayed) != "matched").mean() < 0.005


def test_exchange_turns_the_signs_of_the_pairs() -> None:
    treatment = Treatment(diameter_ratio=0.85, lost_share=0.1)
    one, two, _, common = matched(0, CAMERA, treatment)
    found_one, found_two = pores.find(one, PORES), pores.find(two, PORES)
    there = paired(0, CAMERA, treatment)
    back = pores.pair(two, one, found_two, found_one, common, 0.2, PAIR, PORES)
    assert len(there) == len(back)
    keys = ["x_px", "y_px"]
    there, back = (t.sort_values(keys).reset_index(drop=True) for t in (there, back))
    np.testing.assert_allclose(there[keys], back[keys])
    names = {"lost": "new", "new": "lost", "matched": "matched"}
    assert there["status"].map(names).tolist() == back["status"].tolist()
    for name in ("contrast", "contrast_err", "diameter", "diameter_err"):
        np.testing.assert_array_equal(there[f"{name}_before"], back[f"{name}_after"])
        np.testing.assert_array_equal(there[f"{name}_after"], back[f"{name}_before"])
    pd.testing.assert_series_equal(there["before_row"], back["after_row"], check_names=False)


def test_one_photo_twice_gives_exactly_no_change() -> None:
    one = flattened(shot(0, CAMERA, NOTHING, 100))
    found = pores.find(one, PORES)
    common = np.ones(one.mask.shape, bool)
    table = pores.pair(one, one, found, found, common, 0.0, PAIR, PORES)
    assert (table["status"] == "matched").all()
    np.testing.assert_array_equal(table["before_row"], table["after_row"])
    np.testing.assert_array_equal(table["distance_px"], 0.0)
    for name in ("contrast", "diameter"):
        np.testing.assert_array_equal(table[f"{name}_before"], table[f"{name}_after"])


def test_only_the_common_area_takes_part() -> None:
    one, two, _, common = matched(0, CAMERA, NOTHING)
    half = common.copy()
    half[:, 200:] = False
    args = (pores.find(one, PORES), pores.find(two, PORES))
    table = pores.pair(one, two, *args, half, 0.2, PAIR, PORES)
    assert 0 < len(table) < len(paired(0, CAMERA, NOTHING))
    assert table["x_px"].max() < 201.0
    empty = pores.pair(one, two, *args, np.zeros_like(common), 0.2, PAIR, PORES)
    assert len(empty) == 0
    assert list(empty.columns) == list(table.columns)
    assert empty["before_row"].dtype == table["before_row"].dtype


def test_a_pore_split_in_one_photo_is_not_counted_twice() -> None:
    field = np.zeros((80, 80), np.float32)
    cv2.circle(field, (40, 40), 5, 0.4, -1)
    field = cv2.GaussianBlur(field, (0, 0), 1.5)
    rng = np.random.default_rng(0)
    skin = Skin(
        field + rng.normal(0, 0.01, field.shape).astype(np.float32),
        np.ones(field.shape, bool),
        np.full_like(field, 0.01),
        np.zeros_like(field),
        np.zeros_like(field),
        0.8,
    )
    whole = pd.DataFrame(
        {
            "x_px": [40.0],
            "y_px": [40.0],
            "diameter_px": [11.0],
            "contrast": [0.3],
            "is_pore": [True],
        }
    )
    split = pd.concat([whole.assign(x_px=38.5), whole.assign(x_px=42.0)], ignore_index=True)
    split["diameter_px"] = [8.0, 6.0]
    table = pores.pair(skin, skin, whole, split, skin.mask, 0.2, PAIR, PORES)
    assert len(table) == 1
    assert table["status"].tolist() == ["matched"]
