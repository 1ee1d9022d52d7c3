"""What the report says: from the tables, in plain words, and never more than was measured."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_results import comparison, measurement, unmatched

from poremetrics.change.checks import CHECKS
from poremetrics.change.measures import HEADLINE, SECONDARY
from poremetrics.columns import FLAGS, QUALITY, table
from poremetrics.report import texts
from poremetrics.report.blocks import Light, Pair, Row, Table
from poremetrics.report.marks import SIZE_CLASSES, STYLES, marks
from poremetrics.report.quality import light, reasons
from poremetrics.report.sections import build
from poremetrics.report.sentences import (
    at_least,
    figure,
    interval,
    kept_together,
    length,
    limit_with_unit,
    measured,
    percent,
    range_words,
    region_name,
    whole,
)
from poremetrics.settings import Settings


@pytest.fixture(scope="module")
def pair():
    return comparison(size=(450, 600), pores_per_region=25, refused=("nose",))


@pytest.fixture(scope="module")
def report(pair):
    return build(pair)


def everything_said() -> list[str]:
    said = []
    for name, value in vars(texts).items():
        if name.startswith("__"):
            continue
        if isinstance(value, str):
            said.append(value)
        elif isinstance(value, dict):
            for inner in value.values():
                said += inner.values() if isinstance(inner, dict) else [inner]
        elif isinstance(value, tuple):
            said += value
    return [words for words in said if isinstance(words, str)]


def test_the_sentence_of_a_region(report):
    left = next(card for card in report.cards if card.name == "Left cheek")
    sentence = texts.SENTENCE.format(region=left.name, words=left.words)
    assert sentence == (
        "Left cheek: pores appear 14 % smaller (9 to 19 %); this pair could show changes from 6 %."
    )
    assert left.lines[0] == ("How many", "decreased", "22 % fewer visible pores")


def test_every_verdict_has_its_words(pair, report):
    words = {card.name: (card.verdict, card.words) for card in report.cards}
    assert words["Forehead"][0] == "increased"
    assert "6 % larger (1 to 11 %)" in words["Forehead"][1]
    assert words["Nose"] == ("not comparable", "not comparable.")
    unchanged = build(comparison(size=(450, 600), regions=("nose",), pores_per_region=20))
    assert unchanged.cards[0].verdict == "no detectable change"
    assert unchanged.cards[0].words == (
        "no detectable change in the size of pores (7 % smaller to 3 % larger); "
        "this pair could show changes from 6 %."
    )


def test_words_that_are_never_used():
    for words in everything_said():
        low = words.lower()
        for never in ("shrunk", "shrink", "closed", "cure", "improve", "diagnosed", "should treat"):
            assert never not in low, words
    assert any("not a diagnosis" in words for words in everything_said())
    assert "appearance of pores" in texts.TITLE_PAIR.lower()


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    return max(1, groups - (word.lower().endswith("e") and not word.lower().endswith("le")))


def grade(text: str) -> float:
    """Flesch-Kincaid school grade (Kincaid et al. 1975)."""
    sentences = max(1, len(re.findall(r"[.!?](?:\s|$)", text)))
    words = re.findall(r"[A-Za-z']+", text)
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_the_summary_reads_at_the_age_of_twelve(report):
    figures = {"size": "14", "low": "9", "high": "19", "detectable": "6", "count": "120",
               "range": "3 % smaller to 2 % larger"}  # fmt: skip
    said = [text.format(region="Left cheek", **figures) for text in texts.HEADLINE_DETAIL.values()]
    said += [
        texts.SENTENCE.format(region="Left cheek", words=text.format(**figures))
        for text in texts.SENTENCES.values()
    ]
    said += [
        texts.LEADS["pairs"],
        texts.LEADS["overlay"],
        texts.TIMING_EARLY.format(days=3, best=28),
    ]
    # Twelve-year-olds are in grades 6 and 7; the formula's own error is about one grade.
    assert grade(" ".join(said)) < 8.0


def test_every_name_in_the_tables_has_its_words():
    for check in CHECKS:
        assert check in texts.CHECKS
        assert check in texts.FAILED
    for measure in (*HEADLINE, *SECONDARY):
        assert measure.name in texts.METRICS
        assert measure.name_px in texts.METRICS
    for one in STYLES:
        assert one in texts.LEGEND
    assert set(SIZE_CLASSES) < set(STYLES)
    assert FLAGS


def test_numbers_are_printed_as_they_are_meant():
    assert figure(0.0) == "0"
    assert figure(1234567.0) == "1,234,567"
    assert percent(0.04) == "0 %"
    assert percent(9.96) == "+10 %"
    assert percent(-0.4) == "−0.4 %"
    assert percent(float("nan")) == texts.MISSING
    assert interval(float("nan"), 1.0) == texts.MISSING
    assert interval(-19.2, -9.0) == "−19 % to −9.0 %"
    assert whole(-0.3) == "under 1"
    assert at_least(5.1) == "6", "never promise more than the pair can show"
    assert at_least(-6.0) == "6"
    assert at_least(float("nan")) == texts.MISSING
    assert range_words(-3.0, 2.0) == "3 % smaller to 2 % larger"
    assert range_words(-5.0, -2.0) == "2 to 5 % smaller"
    assert range_words(1.0, 4.0) == "1 to 4 % larger"
    assert range_words(0.0, 0.0) == "exactly the same"
    assert length(10.0, 0.05) == "0.50 mm"
    assert length(10.0, None) == "10.0 pixels"
    assert region_name("left_cheek") == "Left cheek"
    assert region_name("scar_on_chin") == "Scar on chin"
    assert kept_together("14 % of 3 mm") == "14\u00a0% of 3\u00a0mm"


def test_no_scale_no_word_of_millimetres():
    flat = comparison(size=(450, 600), regions=("nose",), pores_per_region=25, scale=False)
    report = build(flat)
    methods = replace(report.sections[-1], blocks=report.sections[-1].blocks[:2])
    # The list of settings at the very end names units of its own.
    said = repr(replace(report, sections=(*report.sections[:-1], methods)))
    assert texts.NO_SCALE in said
    assert "µm" not in said
    assert " mm per pixel" not in said
    strip = next(section for section in build(flat).sections if section.key == "strip")
    assert "pixels" in strip.lead


def test_quality_says_what_and_what_to_do(pair):
    lamp = light(pair.quality, nothing_left=False)
    assert lamp.level == "fair"
    assert lamp.notes[0].refuses
    assert not lamp.notes[-1].refuses
    shine = next(note for note in lamp.notes if note.title.startswith("Too much shine"))
    assert shine.title == "Too much shine: nose (after)"
    assert shine.figure == "0.425; limit 0.25"
    assert shine.advice == CHECKS["glare"].remedy
    assert light(pair.quality, nothing_left=True).level == "poor"
    assert light(pair.quality[pair.quality["ok"]], nothing_left=False).level == "good"
    assert light(table([], QUALITY), nothing_left=False).level == "unknown"


def test_what_could_not_be_measured_is_said_so():
    row = {"photo": "pair", "region": "all", "check": "expression", "value": np.nan, "limit": 0.1,
           "unit": "1", "ok": False}  # fmt: skip
    note = light(table([row], QUALITY), nothing_left=False).notes[0]
    assert note.title == texts.NOT_MEASURED
    assert note.figure == "Same expression"
    assert note.advice == CHECKS["expression"].remedy


def test_what_follows_from_another_failure_is_told_in_one_line():
    rows = [
        {"photo": "pair", "region": "nose", "check": name, "value": value, "limit": 0.3,
         "unit": "1", "ok": False}
        for name, value in (("focus", np.nan), ("common_share", 0.1), ("light", np.nan))
    ]  # fmt: skip
    quality = table(rows, QUALITY)
    notes = light(quality, nothing_left=True).notes
    assert [note.title for note in notes] == [
        "Too little of the same skin in view: nose",
        texts.NOT_MEASURED,
    ]
    assert notes[1].figure == "Focus, Same light in both photos"
    assert reasons(quality, "nose") == (
        f"Too little of the same skin in view: {CHECKS['common_share'].remedy}",
    )


def test_shares_are_printed_in_percent_and_limits_as_they_were_set():
    assert measured("plug_fraction", 0.000419, "1") == "< 0.1 %"
    assert measured("plug_fraction", 0.0123, "1") == "1.2 %"
    assert measured("shine", 0.0, "1") == "0 %"
    assert measured("redness", 10.84, "a*") == "10.8"
    assert limit_with_unit(0.5, "1") == "0.5"
    assert limit_with_unit(3.0, "px") == "3 px"


@pytest.mark.parametrize(
    ("days", "words"),
    [(None, "No treatment date"), (3.0, "too soon"), (14.0, "gone down"), (28.0, "good time")],
)
def test_timing_against_the_treatment(pair, days, words):
    report = build(replace(pair, days_since_treatment=days))
    timing = next(section for section in report.sections if section.key == "timing")
    assert words in repr(timing.blocks)
    assert any("too soon" in note for note in report.notes) == (days == 3.0)


def test_nothing_comparable_is_a_result_with_remedies():
    report = build(unmatched())
    assert report.verdict == "not comparable"
    assert texts.OTHER_SKIN in report.notes
    assert all(card.reasons for card in report.cards)
    assert len(report.notes) == len(set(report.notes))
    lamp = report.sections[0].blocks[0]
    assert isinstance(lamp, Light)
    assert lamp.level == "poor"
    assert not any(isinstance(block, Pair) for part in report.sections for block in part.blocks)


def test_photos_that_do_not_fit_are_not_said_to_show_the_same_skin(pair):
    leads = []
    for same_skin in (True, False):
        aligned = replace(pair.alignment, same_skin=same_skin)
        report = build(replace(pair, alignment=aligned))
        leads.append(next(part.lead for part in report.sections if part.key == "pairs"))
    assert leads == [texts.LEADS["pairs"], texts.LEADS["pairs_apart"]]


def test_no_pores_is_a_result():
    report = build(comparison(size=(450, 600), pores_per_region=0))
    assert report.headline == texts.HEADLINES["no pores"]
    assert {"strip", "sizes", "overlay"}.isdisjoint(part.key for part in report.sections)


def test_a_lone_region_is_told_once():
    report = build(comparison(size=(450, 600), regions=("nose",), pores_per_region=20))
    for key in ("changes", "secondary"):
        section = next(part for part in report.sections if part.key == key)
        shown = next(block for block in section.blocks if isinstance(block, Table))
        assert [group.name for group in shown.groups] == ["Nose"]


def test_one_photo_is_not_called_before():
    result = measurement(size=(450, 600), pores_per_region=25)
    row = {"photo": "before", "region": "nose", "check": "glare", "value": 0.4, "limit": 0.25,
           "unit": "1", "ok": False}  # fmt: skip
    report = build(replace(result, quality=table([row], QUALITY)))
    lamp = report.sections[0].blocks[0]
    assert isinstance(lamp, Light)
    assert [note.title for note in lamp.notes] == ["Too much shine: nose"]
    assert "photo photo" not in repr(report.sections[-1])


def test_one_photo_has_figures_but_no_verdict():
    report = build(measurement(size=(450, 600), pores_per_region=25))
    assert report.verdict == ""
    assert report.whole is None
    assert "visible pores measured" in report.headline
    assert {"changes", "pairs", "timing"}.isdisjoint(part.key for part in report.sections)
    assert all(card.lines for card in report.cards)


def test_the_table_shows_what_was_computed(pair, report):
    section = next(part for part in report.sections if part.key == "changes")
    shown = next(block for block in section.blocks if isinstance(block, Table))
    names = [group.name for group in shown.groups]
    assert names[0] == texts.REGIONS["all"]
    row = dict(zip(shown.columns, shown.groups[1].rows[5], strict=True))
    assert row == {
        "Measure": "Diameter of the same pores",
        "Before": "321 µm",
        "After": "276 µm",
        "Change": "−14 %",
        "95 % interval": "−19 % to −9.0 %",
        "Repeatability coefficient": "2.8 %",
        "Detectable from": "5.7 %",
        "Verdict": "↓ decreased",
    }
    nose = next(group for group in shown.groups if group.name == "Nose")
    assert nose.rows == (("All measures", "? not comparable"),)


def test_every_setting_is_printed(report):
    methods = report.sections[-1]
    printed = repr(methods)
    for room, values in Settings():
        for name, _ in values:
            assert f"{room}.{name}" in printed


# --- marks -------------------------------------------------------------------------------


def test_marks_are_the_pores_and_their_links(pair):
    frame = marks(pair)
    bad = pair.pores["flags"] != ""
    both = pair.pores[~bad]
    linked = pair.links[
        pair.links["before_id"].isin(both.loc[both["photo"] == "before", "pore_id"])
        | pair.links["after_id"].isin(both.loc[both["photo"] == "after", "pore_id"])
    ]
    for status in ("matched", "lost", "new"):
        assert (frame["status"] == status).sum() == (linked["status"] == status).sum()
    new = frame[frame["status"] == "new"]
    assert new[["x_px", "y_px"]].notna().all(axis=None), "drawn where it lies in the before photo"
    matched = frame[frame["status"] == "matched"]
    # The drawn after photo is 0.97 times as large; a change of size must not hold that.
    cheek = matched.loc[matched["region"] == "left_cheek", "change_pct"]
    assert cheek.median() == pytest.approx(-14.0, abs=4.0)  # 25 pores scatter by 8 % each
    assert frame.loc[frame["status"] == "left_out"].shape[0] > 0


def test_size_classes_follow_the_settings():
    pair = comparison(size=(450, 600), regions=("nose",), pores_per_region=60)
    frame = marks(pair)
    matched = frame[frame["status"] == "matched"]
    small = matched["diameter_um"] < 250.0
    assert (matched.loc[small, "size_class"] == "").all(), "too small to enter a verdict"
    matched = matched[~small]
    assert len(matched) > 20
    for change, name in zip(matched["change_pct"], matched["size_class"], strict=True):
        if abs(change) <= 9.99:
            assert name == "same"
        elif change < 0:
            assert name == ("much_smaller" if change < -25 else "smaller")
        else:
            assert name == ("much_larger" if change > 25 else "larger")
    assert (frame.loc[frame["status"] != "matched", "size_class"] == "").all()


def test_overlays_hold_every_pore_once(pair, report):
    rows = [
        block
        for part in report.sections
        if part.key == "overlay"
        for block in part.blocks
        if isinstance(block, Row)
    ]
    drawn = {
        row.name: {one.key: len(one.circles) for one in row.pictures[0].layers} for row in rows
    }
    frame = marks(pair)
    cheek = frame[frame["region"] == "left_cheek"]
    expected = cheek["status"].value_counts()
    for status, count in expected.items():
        assert drawn["Left cheek"][status] == count
    assert isinstance(frame, pd.DataFrame)
