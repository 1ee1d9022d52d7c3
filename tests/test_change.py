"""Room ``change``: blocks, measures, intervals and verdicts against known answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from poremetrics import change
from poremetrics.change.blocks import draws, partition
from poremetrics.change.measures import (
    HEADLINE,
    SECONDARY,
    Sample,
    join,
    matched,
    visible,
    weighted_median,
)
from poremetrics.change.repeatability import Condition
from poremetrics.change.response import PLAIN, Reading
from poremetrics.change.sizes import with_shared_change
from poremetrics.change.verdicts import holm
from poremetrics.errors import UsageError
from poremetrics.model import Conditions, Scale
from poremetrics.settings import Settings

# 200 draws know the standard error within 5 %, ample for the bounds below; with a small skin cut
# into as many blocks as a real one, this stays quick.
SIDE = 250
SETTINGS = Settings().change.model_copy(update={"bootstrap_draws": 200, "block_px": 16.0})
EQUAL = Conditions(
    relative_blur_px=0.0, gain=1.0, noise_ratio=1.0, correlation=1.0, blur_px=0.9, blur_sd_px2=0.02
)
SILENT = change.Repeatability(
    source="exact",
    pairs=0,
    wsd_log={one.name: 0.0 for one in (*HEADLINE, *SECONDARY)},
)


def response_of(*kinds: Mapping[str, change.Share]) -> change.Response:
    """The response of one or more kinds of skin."""
    told = {f"kind {number}": change.Kind(shares=shares) for number, shares in enumerate(kinds)}
    return change.Response(source="told", kinds=told)


EXACT = change.Response(source="exact", kinds={})


def pores_on(
    rng: np.random.Generator,
    number: int = 600,
    size_factor: float = 1.0,
    noise_log: float = 0.05,
    vanished: float = 0.0,
) -> pd.DataFrame:
    """Pores of one unchanged or treated skin as two photos with independent errors see them."""
    true = np.exp(rng.normal(np.log(5.0), 0.3, number))
    gone = rng.random(number) < vanished
    before = true * np.exp(rng.normal(0.0, noise_log, number))
    after = true * size_factor * np.exp(rng.normal(0.0, noise_log, number))
    return pd.DataFrame(
        {
            "x_px": rng.uniform(0, SIDE - 1, number),
            "y_px": rng.uniform(0, SIDE - 1, number),
            "diameter_before": before,
            "diameter_after": np.where(gone, np.nan, after),
            "diameter_err_before": noise_log * before,
            "diameter_err_after": np.where(gone, np.nan, noise_log * after),
            "contrast_before": 0.1,
            "contrast_after": np.where(gone, 0.0, 0.1),
            "snr_before": 10.0,
            "snr_after": 10.0,
            "elongation_before": 1.2,
            "elongation_after": 1.2,
            "plug_before": 0.0,
            "plug_after": 0.0,
            "seen_before": True,
            "seen_after": ~gone,
            "matched": ~gone,
        }
    )


def sample_of(pores: pd.DataFrame, name: str = "nose", scale: Scale | None = None) -> Sample:
    return change.region_sample(
        name, pores, np.ones((SIDE, SIDE), dtype=bool), 1.0, scale, {}, SETTINGS
    )


def changes_of(
    *samples: Sample, refused: tuple[str, ...] = (), response: change.Response = EXACT
) -> pd.DataFrame:
    return change.changes(
        samples, {one.name: EQUAL for one in samples}, refused, SILENT, SETTINGS, response
    ).set_index(["region", "metric"])


def read_and_told(unread: float) -> tuple[pd.Series, pd.Series]:
    """The same change of size where all of it is read, and where so much is known not to be."""
    sample = sample_of(pores_on(np.random.default_rng(12), size_factor=0.85))
    share = change.Share(unread=unread)
    known = response_of({"diameter_um_matched": share})
    key = ("nose", "diameter_px_matched")
    return changes_of(sample).loc[key], changes_of(sample, response=known).loc[key]


@pytest.mark.parametrize("number", [1, 2, 31, 32, 33, 500])
@pytest.mark.parametrize("blocks", [1, 3, 40])
def test_a_weighted_median_is_that_of_the_pores_repeated(number: int, blocks: int) -> None:
    rng = np.random.default_rng(number)
    values = rng.normal(size=number).round(1)  # with ties
    block = rng.integers(0, blocks, number)
    weights = draws(blocks, 50, 1)
    wanted = [
        np.median(taken) if len(taken) else np.nan
        for taken in (np.repeat(values, drawn[block].astype(int)) for drawn in weights)
    ]
    np.testing.assert_array_equal(weighted_median(values, block, weights), wanted)


def test_blocks_cover_the_common_area_once() -> None:
    common = np.zeros((130, 200), dtype=bool)
    common[5:125, 7:190] = True
    blocks = partition(common, 32.0)
    assert blocks.area_px2.sum() == common.sum()
    assert (blocks.label >= 0).sum() == common.sum()
    assert set(np.unique(blocks.label[common])) == set(range(blocks.count))
    # No block is a sliver: the smallest holds a quarter of a full one.
    assert blocks.area_px2.min() >= 0.25 * 32**2


def test_blocks_of_an_empty_or_tiny_area() -> None:
    assert partition(np.zeros((10, 10), dtype=bool), 4.0).count == 0
    tiny = np.zeros((10, 10), dtype=bool)
    tiny[3, 3] = True
    assert partition(tiny, 8.0).area_px2.tolist() == [1.0]


def test_draws_start_with_the_sample_and_keep_its_size() -> None:
    weights = draws(40, 500, seed=1)
    assert (weights[0] == 1.0).all()
    assert (weights.sum(axis=1) == 40).all()
    assert np.array_equal(weights, draws(40, 500, seed=1))


def test_headline_values_by_hand() -> None:
    pores = pores_on(np.random.default_rng(0), number=4)
    pores["diameter_before"] = [4.0, 5.0, 6.0, 2.0]
    pores["diameter_after"] = [2.0, 5.0, 3.0, 2.0]
    sample = sample_of(pores)
    ones = np.ones((1, sample.area.size))
    value = {
        one.name: (one.values(sample, ones, "before")[0], one.values(sample, ones, "after")[0])
        for one in HEADLINE
    }
    assert value["count"] == (3.0, 2.0)  # 3 px and more
    per_mpx = 1e6 / SIDE**2
    assert value["density_cm2"] == (3.0 * per_mpx, 2.0 * per_mpx)
    assert value["diameter_um_median"] == (5.0, 4.0)
    # Chosen by the geometric mean of both diameters: sqrt(4*2) = 2.8 is out, sqrt(6*3) is in.
    assert matched(sample).tolist() == [False, True, True, False]
    assert value["diameter_um_matched"] == pytest.approx((np.sqrt(30.0), np.sqrt(15.0)))
    assert value["coverage_pct"] == pytest.approx(
        (100 * np.pi / 4 * (16 + 25 + 36) / SIDE**2, 100 * np.pi / 4 * (25 + 9) / SIDE**2)
    )


def test_scale_turns_pixels_into_micrometres_and_leaves_percent_alone() -> None:
    pores = pores_on(np.random.default_rng(1), size_factor=0.9)
    scale = Scale(mm_per_px=0.0625, rel_sd=0.036, source="iris")
    in_px = changes_of(sample_of(pores)).loc[("all", "diameter_px_matched")]
    in_um = changes_of(sample_of(pores, scale=scale)).loc[("all", "diameter_um_matched")]
    assert in_um["unit"] == "µm"
    assert in_px["unit"] == "px"
    assert in_um["before"] > 60 * in_px["before"] * 0.95  # 62.5 µm per px, 250 µm instead of 3 px


def test_a_known_change_is_recovered_and_called() -> None:
    rng = np.random.default_rng(2)
    row = changes_of(sample_of(pores_on(rng, size_factor=0.85))).loc[
        ("nose", "diameter_px_matched")
    ]
    # Standard error of the mean log ratio of 600 pores with 5 % errors: 0.05*sqrt(2/600) = 0.3 %.
    assert row["change_pct"] == pytest.approx(-15.0, abs=1.0)
    assert row["ci_low_pct"] < -15.0 < row["ci_high_pct"]
    assert row["verdict"] == "decreased"


def test_intervals_cover_the_truth_as_often_as_they_claim() -> None:
    # 200 pairs; a 95 % interval covers 190 of them give or take sqrt(200*.95*.05) = 3; the
    # bound is three of those. The mean of matched log ratios is exactly unbiased here.
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        row = changes_of(sample_of(pores_on(rng, number=150, size_factor=0.9, noise_log=0.1))).loc[
            ("nose", "diameter_px_matched")
        ]
        covered += row["ci_low_pct"] <= -10.0 <= row["ci_high_pct"]
    assert 181 <= covered <= 199


def test_an_uncertain_response_widens_intervals_and_leaves_verdicts_alone() -> None:
    samples = [sample_of(pores_on(np.random.default_rng(12), size_factor=0.85))]
    shares = {one.name: change.Share(sd=0.25) for one in HEADLINE}
    unsure = response_of(shares)
    wide = change.changes(samples, {"nose": EQUAL}, (), SILENT, SETTINGS, unsure)
    narrow = change.changes(samples, {"nose": EQUAL}, (), SILENT, SETTINGS, EXACT)
    assert wide["verdict"].equals(narrow["verdict"])
    assert wide["change_pct"].equals(narrow["change_pct"])
    known = narrow["change_pct"].abs() > 0
    assert (wide.loc[known, "ci_low_pct"] < narrow.loc[known, "ci_low_pct"]).all()


def test_softer_photos_know_less_of_the_same_change() -> None:
    pores = pores_on(np.random.default_rng(12), size_factor=0.85)
    key = ("nose", "diameter_px_matched")
    shares = {"diameter_um_matched": change.Share(unread_of_blur=0.6, sd=0.05, sd_of_blur=1.5)}
    unsure = response_of(shares)
    sample = sample_of(pores)
    read = changes_of(sample).loc[key]
    log_ratio = np.log1p(read["change_pct"] / 100)
    noise = log_ratio - np.log1p(read["ci_low_pct"] / 100)
    for blur_px in (0.9, 1.8):
        soft = {"nose": replace(EQUAL, blur_px=blur_px)}
        told = change.changes([sample], soft, (), SILENT, SETTINGS, unsure)
        row = told.set_index(["region", "metric"]).loc[key]
        assert row["blurred"] == pytest.approx((blur_px / sample.pore_px) ** 2)
        # Less is read than is true; noise, response and blur are independent, so that their squares
        # add up.
        stretch = 1.0 + 0.6 * row["blurred"]
        own = stats.norm.isf(0.025) * np.hypot(0.05, 1.5 * row["blurred"]) * log_ratio
        half = stretch * log_ratio - np.log1p(row["ci_low_pct"] / 100)
        assert half == pytest.approx(np.hypot(stretch * noise, own), rel=1e-6)
        assert (row["verdict"], row["change_pct"]) == (read["verdict"], read["change_pct"])


def test_fainter_pores_know_less_of_the_same_change() -> None:
    key = ("nose", "diameter_px_matched")
    sample = sample_of(pores_on(np.random.default_rng(12), size_factor=0.85))
    read = changes_of(sample).loc[key]
    log_ratio, signal = np.log1p(read["change_pct"] / 100), read["signal"]
    noise = log_ratio - np.log1p(read["ci_low_pct"] / 100)
    share = change.Share(unread_of_noise=0.3 * signal**2, sd_of_noise=0.4 * signal**2)
    # the second is held at the clearest skin that is known, which has half the signal
    for highest, faint in ((100.0, 1.0), (signal / 2, 4.0)):
        kind = change.Kind(highest=highest, shares={"diameter_um_matched": share})
        told = change.Response(source="told", kinds={"one": kind})
        rows = change.changes([sample], {"nose": EQUAL}, (), SILENT, SETTINGS, told)
        row = rows.set_index(["region", "metric"]).loc[key]
        stretch, own = 1.0 + 0.3 * faint, stats.norm.isf(0.025) * 0.4 * faint * log_ratio
        half = stretch * log_ratio - np.log1p(row["ci_low_pct"] / 100)
        assert half == pytest.approx(np.hypot(stretch * noise, own), rel=1e-6)
        assert (row["verdict"], row["change_pct"]) == (read["verdict"], read["change_pct"])


def test_an_interval_holds_the_answer_of_every_kind_of_skin() -> None:
    samples = [sample_of(pores_on(np.random.default_rng(12), size_factor=0.85))]
    shares = [{"diameter_um_matched": change.Share(unread=one)} for one in (-0.4, 0.8)]

    def row(*kinds: Mapping[str, change.Share]) -> pd.Series:
        told = change.changes(samples, {"nose": EQUAL}, (), SILENT, SETTINGS, response_of(*kinds))
        return told.set_index(["region", "metric"]).loc[("nose", "diameter_px_matched")]

    more, less, both = row(shares[0]), row(shares[1]), row(*shares)
    assert both["ci_low_pct"] == less["ci_low_pct"] < more["ci_low_pct"]
    assert both["ci_high_pct"] == more["ci_high_pct"] > less["ci_high_pct"]
    assert both["detectable_pct"] == less["detectable_pct"] > more["detectable_pct"]


def test_what_is_not_read_shifts_the_interval_and_raises_what_can_be_shown() -> None:
    read, row = read_and_told(unread=1.0)
    assert row["change_pct"] == read["change_pct"]
    # Half of the change is read: the truth is the ratio squared. Or all of it is, on other skin.
    low = [np.log1p(one["ci_low_pct"] / 100) for one in (row, read)]
    assert low[0] == pytest.approx(2 * low[1], abs=1e-9)
    assert row["ci_high_pct"] == read["ci_high_pct"]
    below, above = (np.log1p(-one["detectable_pct"] / 100) for one in (row, read))
    assert below == pytest.approx(2 * above, abs=1e-9)


def test_skin_that_is_read_in_full_stays_within_an_interval_that_expects_less() -> None:
    read, row = read_and_told(unread=-0.2)
    assert row["ci_low_pct"] == read["ci_low_pct"]
    assert np.log1p(row["ci_high_pct"] / 100) == pytest.approx(
        0.8 * np.log1p(read["ci_high_pct"] / 100), abs=1e-9
    )
    assert row["detectable_pct"] == read["detectable_pct"]


def test_counts_follow_the_skin_and_not_the_noise_of_single_sizes() -> None:
    # 20000 pores, half of them above the limit of 3 px, shrink by 10 %; sizes err by 25 %. The
    # true count falls by Phi(-0.105 / 0.3): 0.500 -> 0.363. Errors of 25 % widen the spread of
    # what is seen from 0.30 to hypot(0.30, 0.25 / sqrt 2) = 0.35: 0.500 -> 0.381 with a shared
    # change, 0.394 with every pore's own. Counting scatters by 0.005.
    rng = np.random.default_rng(8)
    pores = pores_on(rng, number=20_000, size_factor=0.9, noise_log=0.25)
    for side in ("before", "after"):
        for name in (f"diameter_{side}", f"diameter_err_{side}"):
            pores[name] *= 3.0 / 5.0
    shared = with_shared_change(sample_of(pores), SETTINGS, PLAIN)
    share = [visible(shared, side).mean() for side in ("before", "after")]
    # The two photos share the change alike around the middle: exp(-0.105 / 2) each.
    assert share[0] == pytest.approx(stats.norm.cdf(0.0), abs=0.015)
    assert share[1] == pytest.approx(stats.norm.cdf(-0.105 / 0.35), abs=0.015)
    own = visible(sample_of(pores), "after").mean()
    assert own > share[1] + 0.005


def test_pores_that_change_unlike_each_other_keep_their_own_sizes() -> None:
    # Half of the pores shrink to 0.6, half stay; sizes are known to 2 %: no change is shared.
    rng = np.random.default_rng(9)
    pores = pores_on(rng, number=400, noise_log=0.02)
    shrunk = rng.random(400) < 0.5
    pores.loc[shrunk, ["diameter_after", "diameter_err_after"]] *= 0.6
    sized = with_shared_change(sample_of(pores), SETTINGS, PLAIN)
    ratio = sized.pores["size_after"] / pores["diameter_after"].to_numpy()
    # Drawn towards the mean of all by error / (error + spread) = 0.0008 / 0.066.
    assert np.abs(np.log(ratio)).max() < 0.02


def test_what_is_not_read_of_a_change_is_made_good_alike_in_both_photos() -> None:
    rng = np.random.default_rng(10)
    pores = pores_on(rng, number=400, size_factor=0.9, noise_log=0.02)
    half = Reading(unread=1.0)
    plain, stretched = (
        with_shared_change(sample_of(pores), SETTINGS, reading) for reading in (PLAIN, half)
    )
    for name in ("same", "size"):
        before, after = (stretched.pores[f"{name}_{side}"] for side in ("before", "after"))
        ratio = plain.pores[f"{name}_after"] / plain.pores[f"{name}_before"]
        middle = plain.pores[f"{name}_after"] * plain.pores[f"{name}_before"]
        # Only the shared change of the sizes that are counted is stretched, not each pore's own:
        # single pores depart from it by their noise of 2 %.
        assert np.log(after / before) == pytest.approx(2.0 * np.log(ratio), abs=0.1)
        assert np.mean(np.log(after / before)) == pytest.approx(2.0 * np.log(0.9), abs=0.01)
        assert after * before == pytest.approx(middle, rel=1e-9)


def test_a_change_is_stretched_the_more_the_less_its_pores_stand_out() -> None:
    reading = Reading(unread=-0.2, per_noise=50.0, lowest=7.0, highest=14.0)
    assert reading.stretch(10.0) == pytest.approx(1.3)
    assert reading.stretch(7.0) > reading.stretch(10.0) > reading.stretch(14.0)
    # Beyond the pairs it was fitted to, nothing is extrapolated.
    assert reading.stretch(3.0) == reading.stretch(7.0)
    assert reading.stretch(90.0) == reading.stretch(14.0)
    # Relief does not draw two sizes apart.
    assert Reading(unread=-0.2).stretch(14.0) == 1.0


def test_unchanged_skin_is_rarely_called_changed() -> None:
    # The most important property. Family-wise error at most 5 %: of 100 null pairs with three
    # regions each, more than 10 with any call has a probability under 2 %.
    rng = np.random.default_rng(4)
    false_calls = 0
    for _ in range(100):
        samples = [sample_of(pores_on(rng, number=120), name) for name in ("a", "b", "c")]
        called = changes_of(*samples)["verdict"].isin(["decreased", "increased"])
        false_calls += bool(called.any())
    assert false_calls <= 10


def test_same_values_give_exactly_no_change() -> None:
    pores = pores_on(np.random.default_rng(5), noise_log=0.0)
    frame = changes_of(sample_of(pores)).xs("nose")
    headline = frame[frame["verdict"] != ""]
    assert (headline["change_pct"] == 0.0).all()
    assert (headline["verdict"] == "no detectable change").all()


def test_swapping_the_photos_flips_the_sign_and_keeps_the_size() -> None:
    pores = pores_on(np.random.default_rng(6), size_factor=0.9, vanished=0.1)
    swapped = pores.rename(
        columns=lambda name: (
            name.replace("_before", "_x").replace("_after", "_before").replace("_x", "_after")
        )
    )
    one = changes_of(sample_of(pores))
    other = changes_of(sample_of(swapped))
    forward = np.log1p(one["change_pct"].astype(float) / 100)
    backward = np.log1p(other["change_pct"].astype(float) / 100)
    np.testing.assert_allclose(forward, -backward, atol=1e-12)


def test_refused_regions_are_named_and_left_out_of_all() -> None:
    rng = np.random.default_rng(7)
    good, bad = sample_of(pores_on(rng), "nose"), sample_of(pores_on(rng, size_factor=0.5), "left")
    frame = changes_of(good, bad, refused=("left",))
    assert (frame.xs("left")["verdict"] == "not comparable").all()
    assert frame.loc[("all", "diameter_px_matched"), "change_pct"] == pytest.approx(0.0, abs=1.5)
    nothing = changes_of(good, refused=("nose",))
    assert (nothing.xs("all")["verdict"] == "not comparable").all()


def test_too_few_pores_give_no_verdict() -> None:
    frame = changes_of(sample_of(pores_on(np.random.default_rng(8), number=5)))
    assert frame.loc[("nose", "count"), "verdict"] == "not comparable"


def test_clear_pores_count_more_and_alike_in_both_directions() -> None:
    # Weak pores are held up by fixed relief and read half the change of clear ones.
    pores = pores_on(np.random.default_rng(13), size_factor=0.8, noise_log=0.0)
    weak = np.arange(len(pores)) % 2 == 0
    pores.loc[weak, "diameter_after"] = pores.loc[weak, "diameter_before"] * 0.9
    pores.loc[weak, ["snr_before", "snr_after"]] = (8.0, 6.0)
    pores.loc[~weak, ["snr_before", "snr_after"]] = (18.0, 14.0)
    change_pct = changes_of(sample_of(pores)).loc[("nose", "diameter_px_matched"), "change_pct"]
    # Weights 48 and 252 on equal numbers: exp((48 ln 0.9 + 252 ln 0.8) / 300) = 0.815; which
    # pores are visible moves that by a tenth of a percent or two.
    assert change_pct == pytest.approx(-18.5, abs=0.5)


def test_repeatability_widens_the_interval() -> None:
    pores = pores_on(np.random.default_rng(9), size_factor=0.97)
    noisy = SILENT.model_copy(update={"wsd_log": {**SILENT.wsd_log, "diameter_um_matched": 0.05}})
    frame = change.changes([sample_of(pores)], {"nose": EQUAL}, (), noisy, SETTINGS).set_index(
        ["region", "metric"]
    )
    row = frame.loc[("nose", "diameter_px_matched")]
    assert row["rc_pct"] == pytest.approx(100 * np.expm1(1.96 * np.sqrt(2) * 0.05))
    # A -3 % change lies far inside a repeatability coefficient of 15 %.
    assert row["verdict"] == "no detectable change"
    assert (
        changes_of(sample_of(pores)).loc[("nose", "diameter_px_matched"), "verdict"] == "decreased"
    )


def test_repeat_shots_give_their_own_repeatability() -> None:
    # wSD of the log of one shot is 0.04, so pairs of shots differ with sd 0.04*sqrt(2). Relative
    # standard error of an sd from 2000 pairs: 1/sqrt(2*2000) = 1.6 %; the bound is three.
    rng = np.random.default_rng(10)
    ratios = pd.DataFrame(
        {"measure": "count", "log_ratio": rng.normal(0.0, 0.04 * np.sqrt(2.0), 2000)}
    ).assign(subject="1", region="nose")
    found = change.repeatability_of(ratios, "test")
    assert found.wsd("count") == pytest.approx(0.04, rel=0.05)
    assert found.pairs == 2000


def test_worse_conditions_never_narrow_an_interval() -> None:
    default = change.default_repeatability()
    equal, worse = (
        change.shown(0.0, 5.0, 1.0, 0.0, 0.01),
        change.shown(0.8, 3.0, 0.8, 0.1, 0.2),
    )
    for one in HEADLINE:
        assert default.wsd(one.name, [worse], 2.0) >= default.wsd(one.name, [equal], 2.0)
        assert default.wsd(one.name, [equal], 0.0) >= default.floor > 0.0


def test_conditions_never_seen_count_as_the_nearest_that_were() -> None:
    found = SILENT.model_copy(
        update={"conditions": {"gain": Condition(low=0.1, high=0.3, wsd_log={"count": 0.2})}}
    )
    cases = {0.0: 0.02, 0.2: 0.04, 0.5: 0.10, np.nan: 0.06}
    for gain, wsd in cases.items():
        assert found.wsd("count", [change.shown(0.0, 3.0, 1.0, gain, 0.0)]) == pytest.approx(wsd)


@pytest.mark.parametrize("matched", [0, 1])
def test_without_matched_pores_their_sampling_error_counts_as_the_worst_seen(matched: int) -> None:
    # One pore, in every draw the same, tells no more of it than none.
    sampling = Condition(low=0.0, high=0.05, wsd_log={"count": 1.0})
    found = SILENT.model_copy(update={"conditions": {"sampling": sampling}})
    pores = pores_on(np.random.default_rng(11))
    large = pores["diameter_before"].gt(5.0) & pores["diameter_after"].gt(5.0)
    pores = pores.assign(matched=large & large.cumsum().le(matched))
    assert pores["matched"].sum() == matched
    frame = change.changes([sample_of(pores)], {"nose": EQUAL}, (), found, SETTINGS)
    rc_pct = frame.set_index(["region", "metric"]).loc[("nose", "count"), "rc_pct"]
    wsd = np.hypot(found.wsd_log["count"], 0.05)
    assert rc_pct == pytest.approx(100 * np.expm1(1.96 * np.sqrt(2) * wsd))


def test_one_region_alone_is_tested_once() -> None:
    # With 'all' a hypothesis of its own, the smallest change to be shown would be that of twelve.
    frame = changes_of(sample_of(pores_on(np.random.default_rng(14)))).xs("nose")
    row = frame.loc["diameter_px_matched"]
    six = -stats.norm.ppf(0.05 / 2 / 6)
    assert row["detectable_pct"] == pytest.approx(-100 * np.expm1(-six * row["sampling_sd"]))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "JSON"),
        ('{"format": 99}', "format"),
        ('{"source": "x", "pairs": 1, "wsd_log": {"count": NaN}}', "NaN"),
        ('{"source": "x", "pairs": 1, "wsd_log": {"count": -1}}', "count"),
        ('{"source": "x", "pairs": 1, "wsd_log": {}, "surprise": 1}', "surprise"),
    ],
)
def test_a_bad_calibration_is_refused_with_the_key_named(text: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        change.parse_repeatability(text)


def test_joining_keeps_blocks_apart() -> None:
    rng = np.random.default_rng(11)
    one, two = sample_of(pores_on(rng, 50), "a"), sample_of(pores_on(rng, 70), "b")
    whole = join([one, two])
    assert whole.number == 120
    assert whole.area.sum() == one.area.sum() + two.area.sum()
    assert whole.pores["block"].max() < whole.area.size


def test_holm_by_hand() -> None:
    assert holm(np.array([0.04, 0.001, 0.02]), 0.05).tolist() == [True, True, True]
    assert holm(np.array([0.04, 0.001, 0.03]), 0.05).tolist() == [False, True, False]
    assert holm(np.array([]), 0.05).size == 0


def test_judging_holds_figures_against_limits() -> None:
    frame = change.judge(
        "pair", "nose", {"same_skin": 0.9, "alignment": 9.0, "light": float("nan")}, SETTINGS
    ).set_index("check")
    assert frame["ok"].to_dict() == {"same_skin": True, "alignment": False, "light": False}
    assert change.refused_regions(frame.reset_index(), ["nose", "left_cheek"]) == ["nose"]


def test_a_failure_of_the_whole_pair_refuses_every_region() -> None:
    frame = change.judge("pair", "all", {"found": 0.0}, SETTINGS)
    assert change.refused_regions(frame, ["nose", "closeup"]) == ["nose", "closeup"]


def test_warnings_refuse_nothing() -> None:
    frame = change.judge("pair", "nose", {"days_since_treatment": 2.0}, SETTINGS)
    assert not frame["ok"].any()
    assert change.refused_regions(frame, ["nose"]) == []


def test_light_turn() -> None:
    even = (0.0, 0.0)
    assert change.light_turn_deg(even, even) == 0.0
    # A gradient of strength 1 leans the light by 45°, in whichever direction.
    assert change.light_turn_deg(even, (1.0, 77.0)) == pytest.approx(45.0)
    assert change.light_turn_deg((1.0, 0.0), (1.0, 180.0)) == pytest.approx(90.0)
