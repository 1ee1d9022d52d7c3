"""Which sections a report has, in which order, and what they are filled with."""

from __future__ import annotations

from datetime import UTC

import pandas as pd

from poremetrics.model import Comparison, Face, Measurement
from poremetrics.report import summary, texts
from poremetrics.report.blocks import Block, Chart, Details, Report, Section, Text
from poremetrics.report.contrast_section import contrast_section
from poremetrics.report.figures import CHANGES_LEFT, SIZES_LEFT, plot_changes, plot_sizes
from poremetrics.report.marks import marks
from poremetrics.report.picture_blocks import (
    overlay_block,
    overview_block,
    pair_blocks,
    photo_blocks,
    strip_block,
    unaligned_block,
)
from poremetrics.report.pictures import Shown, shown
from poremetrics.report.quality import checks_table, light
from poremetrics.report.sentences import WHOLE, figure, region_name, with_unit
from poremetrics.report.sketches import changes_sketch, sizes_sketch
from poremetrics.report.table_blocks import (
    change_table,
    provenance_table,
    settings_table,
    values_table,
)
from poremetrics.report.tables import rows_of

_SECONDARY_VERDICT = ""


def build(
    result: Comparison | Measurement, *, anonymise: bool = True, label: str | None = None
) -> Report:
    """Return the report of a result as data.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.
    anonymise : bool
        Cover the eyes in every picture.
    label : str, optional
        What the user wants printed as the patient's label.

    Returns
    -------
    Report
        Verdict first, then quality, pictures, figures, methods.
    """
    photos = shown(result, anonymise=anonymise)
    created = texts.CREATED.format(
        date=result.provenance.created_at.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")
    )
    if isinstance(result, Measurement):
        line, detail = summary.photo_headline(result)
        return Report(
            texts.TITLE_PHOTO, created, label or "", "", line, detail,
            (*result.face.notes, *_covered_note(photos, result.face)),
            summary.photo_cards(result), None,
            overview_block(result.face, photos, result.settings.report, anonymise=anonymise),
            _photo_sections(result, photos),
        )  # fmt: skip
    verdict, line, detail = summary.headline(result)
    return Report(
        texts.TITLE_PAIR, created, label or "", verdict, line, detail,
        _pair_notes(result, photos), summary.cards(result), summary.whole_card(result),
        overview_block(result.before_face, photos, result.settings.report, anonymise=anonymise),
        _pair_sections(result, photos),
    )  # fmt: skip


def _pair_notes(result: Comparison, photos: Shown) -> tuple[str, ...]:
    alignment = result.alignment
    notes = [
        words
        for holds, words in (
            (alignment.same_photo, texts.SAME_PHOTO),
            (not alignment.same_skin, texts.OTHER_SKIN),
            (alignment.mirrored, texts.MIRRORED),
        )
        if holds
    ]
    # That the skin differs region by region follows from its differing altogether.
    found = alignment.notes if alignment.same_skin else ()
    others = (*found, *result.before_face.notes, *result.after_face.notes)
    early = [_timing_words(result)] if _too_soon(result) else []
    closed = _covered_note(photos, result.before_face)
    return tuple(dict.fromkeys([*early, *notes, *others, *closed]))


def _covered_note(photos: Shown, face: Face) -> tuple[str, ...]:
    """Say in a close-up what the bands are: where no eyes were expected, they may be mistaken."""
    return (texts.COVERED,) if face.view == "closeup" and any(photos.bands) else ()


def _pair_sections(result: Comparison, photos: Shown) -> tuple[Section, ...]:
    frame = marks(result)
    pairs = pair_blocks(result, photos, frame)
    has_pores = bool(frame["status"].isin(["matched", "lost", "new"]).any())
    nothing_left = result.changes.empty or WHOLE in summary.refused(result)
    overlays = [overlay_block(pair) for pair in pairs]
    sections = [
        _section(
            "quality",
            "",
            light(result.quality, nothing_left=nothing_left),
            *checks_table(result.quality),
        ),
        _section(
            "pairs",
            _pairs_lead(result) if pairs else texts.NO_PICTURES,
            *(pairs or [unaligned_block(result, photos)]),
        ),
        _section("overlay", texts.LEADS["overlay"], *overlays, Text((texts.SIZE_NOTE,)))
        if overlays and has_pores
        else None,
        _strip(result, photos, frame),
        _sizes(result) if has_pores else None,
        _changes(result),
        contrast_section(result),
        _secondary(result),
        _timing(result),
        _methods(result),
    ]
    return tuple(section for section in sections if section is not None)


def _pairs_lead(result: Comparison) -> str:
    return texts.LEADS["pairs" if result.alignment.same_skin else "pairs_apart"]


def _photo_sections(result: Measurement, photos: Shown) -> tuple[Section, ...]:
    frame = marks(result)
    pictures = photo_blocks(result, photos, frame)
    has_pores = bool((frame["status"] == "seen").any())
    quality = result.quality.assign(photo="photo")  # there is no before where there is no after
    sections = [
        _section(
            "quality",
            "",
            light(quality, nothing_left=False),
            *checks_table(quality),
        ),
        _section(
            "overlay",
            texts.LEADS["overlay_photo"] if has_pores else texts.NO_PORES,
            *pictures,
        ),
        _strip(result, photos, frame),
        _sizes(result) if has_pores else None,
        _section("values", texts.LEADS["values"], values_table(result)),
        _methods(result),
    ]
    return tuple(section for section in sections if section is not None)


def _section(key: str, lead: str, *blocks: Block | None) -> Section:
    return Section(
        key, texts.SECTIONS[key], lead, tuple(block for block in blocks if block is not None)
    )


def _strip(result: Comparison | Measurement, photos: Shown, frame: pd.DataFrame) -> Section | None:
    found = strip_block(result, photos, frame)
    if found is None:
        return None
    picture, width = found
    lead = texts.LEADS["strip_photo" if isinstance(result, Measurement) else "strip"]
    return _section("strip", lead.format(width=width), picture)


def _sizes(result: Comparison | Measurement) -> Section:
    single = isinstance(result, Measurement)
    rows = result.regions[
        result.regions["metric"].isin(["diameter_um_median", "diameter_px_median"])
    ]
    medians = "; ".join(
        f"{region_name(str(row.region))}, {texts.CHECK_PHOTOS.get(str(row.photo), '').lower()}: "
        f"{with_unit(float(row.value), str(row.unit))}"
        for row in rows_of(rows)
    )
    return _section(
        "sizes",
        texts.LEADS["sizes_photo" if single else "sizes"],
        Chart(
            "sizes",
            lambda ax: plot_sizes(result, ax=ax),
            texts.ALT_SIZES.format(medians=medians),
            0.36,
            SIZES_LEFT,
            sketch=sizes_sketch(result),
        ),
    )


def _changes(result: Comparison) -> Section | None:
    headline = _told_once(result.changes[result.changes["verdict"] != _SECONDARY_VERDICT])
    if not headline["before"].notna().any():
        return None  # the summary has said already that nothing could be compared
    blocks: list[Block] = []
    drawn = int(headline["change_pct"].notna().sum())
    if drawn:
        blocks.append(
            Chart(
                "changes",
                lambda ax: plot_changes(result, ax=ax),
                texts.ALT_CHANGES,
                0.12 + 0.03 * drawn,
                CHANGES_LEFT,
                sketch=changes_sketch(headline[headline["change_pct"].notna()]),
            )
        )
    blocks.append(change_table(texts.SECTIONS["changes"], headline, verdicts=True))
    return _section("changes", texts.LEADS["changes"], *blocks)


def _secondary(result: Comparison) -> Section | None:
    rows = result.changes[result.changes["verdict"] == _SECONDARY_VERDICT]
    if rows.empty:
        return None
    rows = _told_once(rows)
    together = rows[rows["region"] == WHOLE]
    if together.empty:
        table = change_table(texts.SECTIONS["secondary"], rows, verdicts=False)
        return _section("secondary", texts.LEADS["secondary"], table)
    table = change_table(texts.SECTIONS["secondary"], together, verdicts=False)
    single = change_table(texts.BY_REGION, rows[rows["region"] != WHOLE], verdicts=False)
    folded = Details(texts.BY_REGION, (single,))
    return _section("secondary", texts.LEADS["secondary"], table, folded)


def _told_once(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out all regions together where there is but one."""
    single = rows[rows["region"] != WHOLE]
    return single if len(set(single["region"])) == 1 else rows


def _timing(result: Comparison) -> Section:
    return _section("timing", "", Text((_timing_words(result),)))


def _timing_words(result: Comparison) -> str:
    change = result.settings.change
    days = result.days_since_treatment
    pattern = texts.TIMING_GOOD
    if days is None:
        pattern = texts.TIMING_UNKNOWN
    elif _too_soon(result):
        pattern = texts.TIMING_EARLY
    elif days < change.best_days_since_treatment:
        pattern = texts.TIMING_MIDDLE
    return pattern.format(
        days="" if days is None else f"{days:g}", best=f"{change.best_days_since_treatment:g}"
    )


def _too_soon(result: Comparison) -> bool:
    days = result.days_since_treatment
    return days is not None and days < result.settings.change.minimum_days_since_treatment


def _methods(result: Comparison | Measurement) -> Section:
    change = result.settings.change
    face = result.face if isinstance(result, Measurement) else result.before_face
    scales = [
        texts.SCALE_LINE.format(
            region=region_name(region.name),
            mm=figure(region.scale.mm_per_px, 4),
            rel=figure(100 * region.scale.rel_sd, 2),
            source=texts.SCALE_SOURCES[region.scale.source],
        )
        for region in face.regions
        if region.scale is not None
    ]
    visible = (
        f"{change.visible_diameter_um:g} µm" if scales else f"{change.visible_diameter_px:g} px"
    )
    if isinstance(result, Measurement):
        words = [text.format(visible=visible) for text in texts.METHODS_PHOTO]
    else:
        model = result.alignment.model
        words = [text.format(visible=visible, model=model) for text in texts.METHODS_PAIR]
    finest = result.settings.align.finest_px_per_mm
    words.append(texts.RESOLUTION.format(finest=finest) if scales else texts.RESOLUTION_NO_SCALE)
    return _section(
        "methods",
        "",
        Text((*words, " ".join(scales) if scales else texts.NO_SCALE, texts.WHAT_IT_IS)),
        provenance_table(result),
        Details(texts.SETTINGS_ALL, (settings_table(result),)),
    )
