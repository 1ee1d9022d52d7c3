"""What the calibration makes of pairs whose errors are planted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from poremetrics.change import (
    HEADLINE,
    SECONDARY,
    Share,
    default_repeatability,
    default_response,
    shown,
)
from poremetrics.change.repeatability import SIZE
from poremetrics.validate.calibration import (
    FLOOR,
    calibrate,
    calibrate_reading,
    calibrate_response,
)

PRESENT = default_repeatability()
NAMES = [one.name for one in HEADLINE]


def null_pairs(
    wsd: float,
    *,
    number: int = 4000,
    sampling: float = 0.0,
    follows: float = 0.0,
    per_lost: float = 0.0,
    per_gain: float = 0.0,
) -> pd.DataFrame:
    """Pairs of unchanged skin whose measures differ by what is planted.

    All but size take over ``follows`` times the error of size besides.
    """
    rng = np.random.default_rng(4)
    correlation = rng.uniform(0.5, 1.0, number)
    gain = rng.uniform(0.0, MOST_GAIN, number)
    variance = wsd**2 + (per_lost * (1 - correlation)) ** 2 + (per_gain * gain) ** 2
    size = rng.normal(0.0, np.sqrt(2.0 * variance))
    columns: dict[str, object] = {
        "kind": "unchanged",
        "correlation": correlation,
        "gain_log": gain,
        "pore_px": PORE_PX,
    }
    for name in NAMES:
        own = rng.normal(0.0, np.sqrt(2.0 * variance)) + follows * size
        log_ratio = size if name == SIZE else own
        log_ratio = log_ratio + rng.normal(0.0, sampling, number)
        columns |= {
            f"{name}_pct": 100.0 * np.expm1(log_ratio),
            f"{name}_sampling_sd": sampling,
            f"{name}_follows_size": 1.0 if name == SIZE else follows,
            f"{name}_verdict": "no detectable change",
        }
    return pd.DataFrame(columns)


PORE_PX, MOST_GAIN = 3.0, 0.2
WORST, BEST = (shown(0.0, PORE_PX, 1.0, gain, 0.0) for gain in (MOST_GAIN, 0.0))


def test_calibration_recovers_a_planted_wsd_below_sampling() -> None:
    pairs = null_pairs(0.02, sampling=0.03)
    found = calibrate(pairs.drop(columns=["correlation", "pore_px"]))
    assert found.pairs == 4000
    # The mean of 4000 squares has a relative sd of 2.2 %; sampling, as large as what is sought,
    # doubles it; the root halves it: 2.4 %. Three of them; the tail may raise the variance by one
    # or two steps of 3 %.
    for name in NAMES:
        assert found.wsd(name, [BEST]) == pytest.approx(0.02, rel=0.1)


def test_calibration_recovers_what_a_condition_costs() -> None:
    found = calibrate(null_pairs(0.02, per_gain=0.5))
    # wSD from 0.02 to hypot(0.02, 0.5 * 0.2) = 0.102; at the good end a small remainder of
    # large squares is sought, so it is known to a tenth or two only.
    for name in NAMES:
        assert found.wsd(name, [WORST]) == pytest.approx(0.102, rel=0.1)
        assert found.wsd(name, [BEST]) == pytest.approx(0.02, rel=0.3)


def test_pairs_whose_blur_is_ill_known_err_by_more() -> None:
    rng = np.random.default_rng(7)
    sd_px2 = rng.uniform(0.0, 0.3, 4000)
    # wSD from 0.02 to hypot(0.02, 8 * 0.3 / 27) = 0.091; tolerances as for the gain.
    wsd = np.hypot(0.02, 8.0 * sd_px2 / PORE_PX**3)
    pairs = null_pairs(1.0, number=4000).assign(blur_sd_px2=sd_px2)
    for name in NAMES:
        one = np.log1p(pairs[f"{name}_pct"] / 100.0)
        pairs[f"{name}_pct"] = 100.0 * np.expm1(one * wsd)
    found = calibrate(pairs)
    ill, well = (shown(0.0, PORE_PX, 1.0, 0.0, sd) for sd in (0.3, 0.0))
    for name in NAMES:
        assert found.wsd(name, [ill]) == pytest.approx(0.091, rel=0.1)
        assert found.wsd(name, [well]) == pytest.approx(0.02, rel=0.3)


def test_regions_of_ill_read_pores_err_by_more_together() -> None:
    rng = np.random.default_rng(9)
    sampling = rng.uniform(0.005, 0.05, 4000)
    # wSD from 0.02 to hypot(0.02, 0.9 * 0.05) = 0.049, besides the error of sampling itself, which
    # hides a part of it; tolerances as for the gain.
    error = np.hypot(np.hypot(0.02, 0.9 * sampling), sampling / np.sqrt(2.0))
    pairs = null_pairs(1.0, number=4000)
    for name in NAMES:
        one = np.log1p(pairs[f"{name}_pct"] / 100.0)
        pairs[f"{name}_pct"] = 100.0 * np.expm1(one * error)
        pairs[f"{name}_sampling_sd"] = sampling
    found = calibrate(pairs)
    ill, well = (shown(0.0, PORE_PX, 1.0, 0.0, 0.0, sampling_sd=sd) for sd in (0.05, 0.005))
    for name in NAMES:
        assert found.wsd(name, [ill]) == pytest.approx(0.049, rel=0.1)
        assert found.wsd(name, [well]) == pytest.approx(0.0205, rel=0.3)


def test_what_a_treatment_takes_along_widens_nothing() -> None:
    # Pores that go take correlation with them: no wSD may grow with the change looked for.
    found = calibrate(null_pairs(0.02, per_lost=0.2))
    alike, unlike = (shown(0.0, PORE_PX, correlation, 0.0, 0.0) for correlation in (1.0, 0.5))
    for name in NAMES:
        assert found.wsd(name, [unlike]) == found.wsd(name, [alike])


def test_calibration_tells_apart_what_is_taken_over_from_size() -> None:
    found = calibrate(null_pairs(0.02, follows=2.0))
    assert found.wsd("count", [BEST], 0.0) == pytest.approx(0.02, rel=0.2)
    # Twice 0.02 taken over, 0.02 of its own.
    assert found.wsd("count", [BEST], 2.0) == pytest.approx(0.0447, rel=0.1)
    assert found.wsd(SIZE, [BEST], 1.0) == pytest.approx(0.02, rel=0.1)


def test_odd_pairs_of_one_condition_do_not_widen_the_others() -> None:
    # A twentieth of the photos of 2 px per pore, and none of those of 6 px, differ by ten times as
    # much. 6 px has a ninth of the term that goes with 1 over the square.
    rng = np.random.default_rng(8)
    coarse = rng.random(4000) < 0.5
    pairs = null_pairs(0.02).assign(pore_px=np.where(coarse, 2.0, 6.0))
    odd = np.log1p(pairs["count_pct"] / 100.0)
    odd = odd * np.where(coarse & (rng.random(4000) < 0.05), 10.0, 1.0)
    found = calibrate(pairs.assign(count_pct=100.0 * np.expm1(odd)))
    at_2px, at_6px = (found.wsd("count", [shown(0.0, px, 1.0, 0.0, 0.0)]) for px in (2.0, 6.0))
    far = np.abs(odd) > 2.33 * np.sqrt(2.0) * np.where(coarse, at_2px, at_6px)
    assert far.mean() <= 0.022
    assert at_2px > 1.5 * at_6px
    assert at_6px < 0.03


def test_calibration_widens_where_odd_pairs_are_frequent() -> None:
    # A twentieth of the pairs differ by ten times as much: 5 % lie far out, not 2 %.
    rng = np.random.default_rng(6)
    pairs = null_pairs(0.02)
    odd = np.log1p(pairs["count_pct"] / 100.0) * np.where(rng.random(len(pairs)) < 0.05, 10.0, 1.0)
    odd_pairs = pairs.assign(count_pct=100.0 * np.expm1(odd))
    wsd = calibrate(odd_pairs).wsd("count", [BEST])
    far = np.abs(odd) > 2.33 * np.sqrt(2.0) * wsd
    assert far.mean() <= 0.022
    assert wsd > calibrate(pairs).wsd("count", [BEST])


def test_few_pairs_leave_the_figures_of_the_package() -> None:
    found = calibrate(null_pairs(0.3, number=12))
    assert found.wsd_log == PRESENT.wsd_log
    assert found.conditions == PRESENT.conditions
    assert found.pairs == 12


def test_calibration_uses_comparable_pairs_of_unchanged_skin_only() -> None:
    pairs = null_pairs(0.02, number=300)
    changed = pairs.assign(kind="power", count_pct=-60.0)
    refused = pairs.assign(count_pct=80.0, count_verdict="not comparable")
    assert calibrate(pd.concat([pairs, changed, refused])).wsd_log["count"] == pytest.approx(
        calibrate(pairs).wsd_log["count"]
    )


def test_calibration_has_a_floor_and_keeps_what_it_was_not_told_of() -> None:
    found = calibrate(null_pairs(0.0005))
    assert all(found.wsd(name, [BEST], 2.0) == FLOOR for name in NAMES)
    for one in SECONDARY:
        assert found.wsd_log[one.name] == PRESENT.wsd_log[one.name]


def test_calibration_without_any_usable_pair_is_the_present_one() -> None:
    found = calibrate(null_pairs(0.02, number=3).assign(kind="blur"))
    assert found.pairs == 0
    assert found.wsd_log == PRESENT.wsd_log


def changed_pairs(
    unread: float,
    sd: float,
    *,
    unread_of_blur: float = 0.0,
    sd_of_blur: float = 0.0,
    unread_of_noise: float = 0.0,
    sd_of_noise: float = 0.0,
) -> pd.DataFrame:
    """Pairs of changed skin of which a share is read, one that differs from pair to pair."""
    rng, number = np.random.default_rng(5), 4000
    true = rng.uniform(-0.4, -0.05, number)
    # Pores so fine in pixels that nothing but the floor is taken for noise.
    columns: dict[str, object] = {"kind": "power", "pore_px": 20.0, "gain_log": 0.0}
    blurred = rng.choice([0.02, 0.1, 0.2], number)
    columns["blurred"] = blurred
    columns["signal"] = signal = rng.choice([7.0, 10.0, 16.0], number)
    mean = unread + unread_of_blur * blurred + unread_of_noise / signal**2
    strays = np.linalg.norm(
        [0.0 * blurred + sd, sd_of_blur * blurred, sd_of_noise / signal**2], axis=0
    )
    read = true / (1.0 + mean + rng.normal(0.0, strays))
    for name in ("count", "coverage_pct", "diameter_um_matched", "contrast_matched"):
        flat = name == "contrast_matched"
        noise = rng.normal(0.0, np.sqrt(2.0) * FLOOR, number)
        taken = (rng.normal(0.0, 0.2, number) * read if flat else read) + noise
        columns |= {
            f"{name}_pct": 100.0 * np.expm1(taken),
            f"{name}_true_pct": 100.0 * np.expm1(0.0 * true if flat else true),
            f"{name}_sampling_sd": 0.0,
            f"{name}_verdict": "decreased",
        }
    return pd.DataFrame(columns)


def shares_of(pairs: pd.DataFrame) -> Mapping[str, Share]:
    """The response of the one kind of skin that pairs of one origin show."""
    (kind,) = calibrate_response(pairs).kinds.values()
    return kind.shares


def test_calibration_recovers_how_much_of_a_change_is_read() -> None:
    # A pair weighs by what its own spread leaves of it, so each share counts alike; the smallest
    # changes, where noise counts too, are weighed by what was read of them, which costs 0.01. 4000
    # pairs leave 0.01 to chance.
    shares = shares_of(changed_pairs(0.5, 0.2))
    for name in ("count", "coverage_pct", "diameter_um_matched"):
        assert shares[name].unread == pytest.approx(0.5, abs=0.03)
        assert shares[name].sd == pytest.approx(0.2, abs=0.02)
        assert shares[name].unread_of_blur == pytest.approx(0.0, abs=0.2)
        assert shares[name].unread_of_noise == pytest.approx(0.0, abs=2.0)
        assert shares[name].sd_of_blur < 0.4  # where the softest pairs add 0.08, to 0.2
    assert shares["contrast_matched"].unread == 0.0
    assert shares["contrast_matched"].sd_of_size == pytest.approx(0.2, abs=0.06)


def test_calibration_recovers_that_less_is_known_of_softer_photos() -> None:
    shares = shares_of(changed_pairs(0.3, 0.05, unread_of_blur=1.0, sd_of_blur=1.5))
    for name in ("count", "coverage_pct", "diameter_um_matched"):
        # Shares stray by 0.3 in the softest pairs; 4000 pairs leave 0.01 of a mean to chance.
        assert shares[name].unread == pytest.approx(0.3, abs=0.03)
        assert shares[name].unread_of_blur == pytest.approx(1.0, abs=0.2)
        assert shares[name].sd == pytest.approx(0.05, abs=0.02)
        assert shares[name].sd_of_blur == pytest.approx(1.5, abs=0.2)


def test_calibration_recovers_that_less_is_known_of_fainter_pores() -> None:
    told = {"unread_of_noise": 60.0, "sd_of_noise": 25.0}
    shares = shares_of(changed_pairs(-0.2, 0.05, **told))
    for name in ("count", "coverage_pct", "diameter_um_matched"):
        # Shares stray by 0.5 in the faintest pairs, where they are 1.2; 1300 of those leave 0.015
        # of a mean to chance, 0.7 of what it is per noise.
        assert shares[name].unread == pytest.approx(-0.2, abs=0.03)
        assert shares[name].unread_of_noise == pytest.approx(60.0, abs=4.0)
        assert shares[name].sd == pytest.approx(0.05, abs=0.03)
        assert shares[name].sd_of_noise == pytest.approx(25.0, abs=4.0)


def test_few_pairs_tell_a_mean_and_no_slopes() -> None:
    shares = shares_of(changed_pairs(0.5, 0.2, unread_of_blur=1.0).head(8))
    for name in ("count", "coverage_pct", "diameter_um_matched"):
        share = shares[name]
        # A mean of eight that stray by 0.2, of 0.5 and 0.02 to 0.2 of blur: four of its errors.
        assert share.unread == pytest.approx(0.6, abs=0.3)
        assert (share.unread_of_blur, share.unread_of_noise) == (0.0, 0.0)
        assert (share.sd_of_blur, share.sd_of_noise) == (0.0, 0.0)


def test_every_origin_is_a_kind_of_skin_with_its_own_signals() -> None:
    skin, face = changed_pairs(0.1, 0.05), changed_pairs(0.8, 0.05)
    face = face[face["signal"] < 12.0].assign(origin="face")
    found = calibrate_response(pd.concat([skin.assign(origin="skin"), face], ignore_index=True))
    assert {name: kind.pairs for name, kind in found.kinds.items()} == {
        "skin": len(skin),
        "face": len(face),
    }
    assert (found.kinds["skin"].highest, found.kinds["face"].highest) == (16.0, 10.0)
    # a spread of 0.05 and a noise of 1.4 % leave less than 0.01 of 2700 pairs to chance
    for kind, unread in ((found.kinds["skin"], 0.1), (found.kinds["face"], 0.8)):
        stretch, _ = kind.answer(["count"], np.array([0.1]), np.array([9.0]))
        assert stretch == pytest.approx(1.0 + unread, abs=0.03)


def test_calibration_recovers_how_the_reading_hangs_on_the_signal() -> None:
    rng = np.random.default_rng(6)
    number = 4000
    signal = rng.uniform(8.0, 14.0, number)
    true = rng.uniform(-0.4, -0.05, number)
    raw = true / (1.0 - 0.2 + 50.0 / signal**2)
    now = default_response().reading
    taken = np.array([now.stretch(one) for one in signal]) * raw
    columns: dict[str, object] = {"kind": "power", "signal": signal}
    columns[f"{SIZE}_pct"] = 100.0 * np.expm1(taken + rng.normal(0.0, np.sqrt(2.0) * FLOOR, number))
    columns[f"{SIZE}_true_pct"] = 100.0 * np.expm1(true)
    columns |= {f"{SIZE}_sampling_sd": 0.0, f"{SIZE}_verdict": "decreased"}
    found = calibrate_reading(pd.DataFrame(columns))
    # Noise of 1.4 % on changes of 5 to 33 % and 4000 pairs leave about 0.01 of the stretch.
    for one in (8.0, 11.0, 14.0):
        assert found.stretch(one) == pytest.approx(1.0 - 0.2 + 50.0 / one**2, abs=0.04)
    assert (found.lowest, found.highest) == pytest.approx((8.0, 14.0), abs=0.1)
