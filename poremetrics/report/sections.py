"""Which sections a report has, in which order, and what they are filled with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

import numpy as np
import pandas as pd

from poremetrics.change.checks import CHECKS
from poremetrics.model import Comparison, Face, Measurement, Region
from poremetrics.report import summary, texts
from poremetrics.report.blocks import (
    Block,
    Chart,
    Details,
    Group,
    Layer,
    Pair,
    Picture,
    Report,
    Row,
    Section,
    Table,
    Text,
)
from poremetrics.report.marks import SIZE_CLASSES, STYLES, marks
from poremetrics.report.pictures import (
    Shown,
    View,
    clearest_shown,
    overview,
    region_view,
    region_views,
    shown,
    strip,
)
from poremetrics.report.sentences import figure, interval, length, percent, region_name
from poremetrics.settings.report import ReportSettings

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
            result.face.notes, summary.photo_cards(result), None,
            _overview(result.face, photos, result.settings.report, anonymise=anonymise),
            _photo_sections(result, photos),
        )  # fmt: skip
    verdict, line, detail = summary.headline(result)
    return Report(
        texts.TITLE_PAIR, created, label or "", verdict, line, detail,
        _pair_notes(result), summary.cards(result), summary.whole_card(result),
        _overview(result.before_face, photos, result.settings.report, anonymise=anonymise),
        _pair_sections(result, photos),
    )  # fmt: skip


def _pair_notes(result: Comparison) -> tuple[str, ...]:
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
    others = (*alignment.notes, *result.before_face.notes, *result.after_face.notes)
    return tuple(dict.fromkeys([*notes, *others]))


def _pair_sections(result: Comparison, photos: Shown) -> tuple[Section, ...]:
    frame = marks(result)
    pairs = _pairs(result, photos, frame)
    has_pores = bool(frame["status"].isin(["matched", "lost", "new"]).any())
    nothing_left = result.changes.empty or summary.WHOLE in summary.refused(result)
    overlays = [_overlay(pair) for pair in pairs]
    sections = [
        _section(
            "quality",
            "",
            summary.light(result.quality, nothing_left=nothing_left),
            *_checks_table(result.quality),
        ),
        _section(
            "pairs",
            texts.LEADS["pairs"] if pairs else texts.NO_PICTURES,
            *pairs,
        ),
        _section("overlay", texts.LEADS["overlay"], *overlays, Text((texts.SIZE_NOTE,)))
        if overlays and has_pores
        else None,
        _strip(result, photos),
        _sizes(result, frame) if has_pores else None,
        _changes(result),
        _secondary(result),
        _timing(result),
        _methods(result),
    ]
    return tuple(section for section in sections if section is not None)


def _photo_sections(result: Measurement, photos: Shown) -> tuple[Section, ...]:
    frame = marks(result)
    settings = result.settings.report
    pictures: list[Block] = []
    for region in result.face.regions:
        view = region_view(photos.before, region, settings)
        layers = _layers(frame, region.name, view, ("seen", "left_out"), "status", settings)
        pictures.append(_marked(f"overlay-{len(pictures)}", region.name, view, layers))
    has_pores = bool((frame["status"] == "seen").any())
    sections = [
        _section(
            "quality",
            "",
            summary.light(result.quality, nothing_left=False),
            *_checks_table(result.quality),
        ),
        _section(
            "overlay",
            texts.LEADS["overlay_photo"] if has_pores else texts.NO_PORES,
            *pictures,
        ),
        _strip(result, photos),
        _sizes(result, frame) if has_pores else None,
        _values(result),
        _methods(result),
    ]
    return tuple(section for section in sections if section is not None)


def _section(key: str, lead: str, *blocks: Block | None) -> Section:
    return Section(
        key, texts.SECTIONS[key], lead, tuple(block for block in blocks if block is not None)
    )


# --- pictures ----------------------------------------------------------------------------


def _overview(
    face: Face, photos: Shown, settings: ReportSettings, *, anonymise: bool
) -> Picture | None:
    if face.landmarks_px is None:
        return None
    view = overview(photos.before, face, settings)
    layers = tuple(
        Layer(
            "outline",
            region_name(region.name),
            STYLES["same"],
            outline=(region.polygon - (view.x0, view.y0)) / view.step_px,
        )
        for region in face.regions
    )
    alt = texts.ALT_OVERVIEW if anonymise else texts.ALT_OVERVIEW_OPEN
    caption = texts.CAPTION_OVERVIEW + (texts.EYES if anonymise else "")
    return Picture("overview", view.pixels, alt, caption, layers, wide=False)


def _pairs(result: Comparison, photos: Shown, frame: pd.DataFrame) -> tuple[Pair, ...]:
    pairs = []
    for number, region in enumerate(result.alignment.regions):
        whole, detail = region_views(result, photos, region)
        for suffix, one in (("", whole), ("-detail", detail)):
            if one is None:
                continue
            name = region_name(region.name)
            caption = texts.CAPTION_FULL
            if suffix:
                name = texts.DETAIL.format(region=name)
            elif one.before.step_px > 1.0:
                caption = texts.CAPTION_REDUCED.format(share=f"{100 / one.before.step_px:.0f}")
            settings = result.settings.report
            pairs.append(
                Pair(
                    f"pair-{number}{suffix}",
                    name,
                    one.before.pixels,
                    one.after.pixels,
                    texts.ALT_PAIR_BEFORE.format(region=name),
                    texts.ALT_PAIR_AFTER.format(region=name),
                    f"{name}. {caption}",
                    _layers(
                        frame, region.name, one.before,
                        ("matched", "lost", "new", "left_out"), "status", settings,
                    ),
                    _layers(frame, region.name, one.before, SIZE_CLASSES, "size_class", settings),
                )
            )  # fmt: skip
    return tuple(pairs)


def _layers(
    frame: pd.DataFrame,
    region: str,
    view: View,
    classes: Sequence[str],
    column: str,
    settings: ReportSettings,
) -> tuple[Layer, ...]:
    """Return the pores of a region, one layer per class, in the pixels of the view."""
    here = frame[(frame["region"] == region) & frame["diameter_px"].gt(0)]
    layers = []
    for name in classes:
        rows = here[here[column] == name]
        xyd = rows[["x_px", "y_px", "diameter_px"]].to_numpy(np.float64)
        circles = (xyd - (view.x0, view.y0, 0.0)) / (view.step_px, view.step_px, 2 * view.step_px)
        width, height = view.size
        inside = (
            (circles[:, 0] > 0)
            & (circles[:, 0] < width - 1)
            & (circles[:, 1] > 0)
            & (circles[:, 1] < height - 1)
        )
        label = texts.LEGEND[name].format(
            weak=f"{settings.size_change_step_pct:.0f}",
            strong=f"{settings.size_change_strong_pct:.0f}",
        )
        layers.append(Layer(name, label, STYLES[name], circles=circles[inside]))
    return tuple(layers)


def _overlay(pair: Pair) -> Row:
    def one(key: str, title: str, layers: tuple[Layer, ...]) -> Picture:
        counted = ", ".join(f"{len(layer.circles)} {layer.label}" for layer in layers)
        alt = texts.ALT_OVERLAY.format(region=pair.name, counts=counted)
        return Picture(f"{key}-{pair.key}", pair.before, alt, title, layers)

    return Row(
        pair.name,
        (
            one("status", texts.MARKS_STATUS, pair.status),
            one("size", texts.MARKS_SIZE, pair.sizes),
        ),
    )


def _marked(key: str, region: str, view: View, layers: tuple[Layer, ...]) -> Picture:
    counted = ", ".join(f"{len(layer.circles)} {layer.label}" for layer in layers)
    name = region_name(region)
    return Picture(
        key, view.pixels, texts.ALT_OVERLAY.format(region=name, counts=counted), f"{name}.", layers
    )


def _strip(result: Comparison | Measurement, photos: Shown) -> Section | None:
    pixels = strip(result, photos)
    if pixels is None:
        return None
    chosen = clearest_shown(result, photos)
    names = ", ".join(region_name(str(name)).lower() for name in chosen["region"])
    single = isinstance(result, Measurement)
    face = result.face if isinstance(result, Measurement) else result.before_face
    first = face.region(str(chosen["region"].iloc[0]))
    width_px = result.settings.report.strip_diameters * float(chosen["diameter_px"].max())
    width = length(width_px, _mm_per_px(first))
    alt = texts.ALT_STRIP.format(
        count=len(chosen), rows="" if single else texts.ALT_STRIP_ROWS, regions=names
    )
    lead = texts.LEADS["strip_photo" if single else "strip"].format(width=width)
    return _section("strip", lead, Picture("strip", pixels, alt, ""))


def _mm_per_px(region: Region | None) -> float | None:
    return None if region is None or region.scale is None else region.scale.mm_per_px


# --- figures -----------------------------------------------------------------------------


def _sizes(result: Comparison | Measurement, frame: pd.DataFrame) -> Section:
    from poremetrics.report.figures import plot_sizes

    single = isinstance(result, Measurement)
    rows = result.regions[
        result.regions["metric"].isin(["diameter_um_median", "diameter_px_median"])
    ]
    medians = "; ".join(
        f"{region_name(str(row.region))}, {texts.CHECK_PHOTOS.get(str(row.photo), '').lower()}: "
        f"{summary.with_unit(float(row.value), str(row.unit))}"
        for row in rows.itertuples()
    )
    return _section(
        "sizes",
        texts.LEADS["sizes_photo" if single else "sizes"],
        Chart(
            "sizes",
            lambda ax: plot_sizes(result, ax=ax),
            texts.ALT_SIZES.format(medians=medians),
            0.36,
        ),
    )


_CHANGE_COLUMNS = ("before", "after", "change_pct", "interval", "rc_pct", "detectable_pct")


def _changes(result: Comparison) -> Section | None:
    from poremetrics.report.figures import plot_changes

    headline = result.changes[result.changes["verdict"] != _SECONDARY_VERDICT]
    if headline.empty:
        return None
    blocks: list[Block] = []
    drawn = int(headline["change_pct"].notna().sum())
    if drawn:
        blocks.append(
            Chart(
                "changes",
                lambda ax: plot_changes(result, ax=ax),
                texts.ALT_CHANGES,
                0.12 + 0.03 * drawn,
            )
        )
    blocks.append(_change_table(texts.SECTIONS["changes"], headline, verdicts=True))
    return _section("changes", texts.LEADS["changes"], *blocks)


def _secondary(result: Comparison) -> Section | None:
    rows = result.changes[result.changes["verdict"] == _SECONDARY_VERDICT]
    if rows.empty:
        return None
    table = _change_table(texts.SECTIONS["secondary"], rows, verdicts=False)
    return _section("secondary", texts.LEADS["secondary"], table)


def _change_table(caption: str, rows: pd.DataFrame, *, verdicts: bool) -> Table:
    names = ["metric", *_CHANGE_COLUMNS, *(["verdict"] if verdicts else [])]
    groups = []
    for region in summary.whole_first(rows["region"]):
        here = rows[rows["region"] == region]
        # A refused region has nothing to show but that.
        empty = verdicts and bool((here["verdict"] == "not comparable").all())
        cells = (
            ((texts.ALL_MEASURES, _verdict_words("not comparable")),)
            if empty and here["before"].isna().all()
            else tuple(_change_cells(row, verdicts=verdicts) for row in here.itertuples())
        )
        said = tuple(str(verdict) for verdict in here["verdict"])[: len(cells)]
        groups.append(Group(region_name(region), cells, said if verdicts else ()))
    return Table(
        caption,
        tuple(texts.COLUMNS[name] for name in names),
        tuple(groups),
        (False, *([True] * len(_CHANGE_COLUMNS)), *([False] if verdicts else [])),
    )


def _change_cells(row: Any, *, verdicts: bool) -> tuple[str, ...]:
    unit = str(row.unit)
    cells = (
        summary.metric_name(str(row.metric)),
        summary.with_unit(float(row.before), unit),
        summary.with_unit(float(row.after), unit),
        percent(float(row.change_pct)),
        interval(float(row.ci_low_pct), float(row.ci_high_pct)),
        percent(float(row.rc_pct), signed=False),
        percent(abs(float(row.detectable_pct)), signed=False),
    )
    return (*cells, _verdict_words(str(row.verdict))) if verdicts else cells


def _verdict_words(verdict: str) -> str:
    return f"{texts.VERDICT_SIGNS[verdict]} {texts.VERDICTS[verdict]}"


def _values(result: Measurement) -> Section:
    groups = tuple(
        Group(
            region_name(region),
            tuple(
                (
                    summary.metric_name(str(row.metric)),
                    summary.with_unit(float(row.value), str(row.unit)),
                )
                for row in result.regions[result.regions["region"] == region].itertuples()
            ),
        )
        for region in summary.whole_first(result.regions["region"])
    )
    columns = (texts.COLUMNS["metric"], texts.COLUMNS["value"])
    table = Table(texts.SECTIONS["values"], columns, groups, (False, True))
    return _section("values", texts.LEADS["values"], table)


def _checks_table(quality: pd.DataFrame) -> tuple[Block, ...]:
    if quality.empty:
        return ()
    names = ("check", "photo", "region", "value", "limit", "ok")
    rows = []
    for row in quality.itertuples():
        declared = CHECKS.get(str(row.check))
        sign = {"min": "≥ ", "max": "≤ "}[declared.bound] if declared else ""
        outcome = texts.CHECK_OK
        if not row.ok:
            refuses = declared is None or declared.refuses
            outcome = texts.CHECK_FAILED if refuses else texts.CHECK_NOTE
        rows.append(
            (
                summary.check_name(str(row.check)),
                texts.CHECK_PHOTOS.get(str(row.photo), str(row.photo)),
                texts.WHERE_ALL if row.region == summary.WHOLE else region_name(str(row.region)),
                summary.with_unit(float(row.value), str(row.unit)),
                sign + summary.with_unit(float(row.limit), str(row.unit)),
                outcome,
            )
        )
    table = Table(
        texts.ALL_CHECKS,
        tuple(texts.COLUMNS[name] for name in names),
        (Group("", tuple(rows)),),
        (False, False, False, True, True, False),
    )
    return (Details(texts.ALL_CHECKS, (table,)),)


# --- words -------------------------------------------------------------------------------


def _timing(result: Comparison) -> Section:
    change = result.settings.change
    days = result.days_since_treatment
    pattern = texts.TIMING_GOOD
    if days is None:
        pattern = texts.TIMING_UNKNOWN
    elif days < change.minimum_days_since_treatment:
        pattern = texts.TIMING_EARLY
    elif days < change.best_days_since_treatment:
        pattern = texts.TIMING_MIDDLE
    words = pattern.format(
        days="" if days is None else f"{days:g}", best=f"{change.best_days_since_treatment:g}"
    )
    return _section("timing", "", Text((words,)))


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
    return _section(
        "methods",
        "",
        Text((*words, " ".join(scales) if scales else texts.NO_SCALE, texts.WHAT_IT_IS)),
        _provenance(result),
        Details(texts.SETTINGS_ALL, (_settings(result),)),
    )


def _provenance(result: Comparison | Measurement) -> Table:
    photos = (
        [(texts.PHOTO, result.photo)]
        if isinstance(result, Measurement)
        else [(texts.BEFORE, result.before), (texts.AFTER, result.after)]
    )
    rows = []
    for name, photo in photos:
        said = name.lower()
        size = f"{photo.width_px} × {photo.height_px} px"
        rows += [(texts.PIXELS.format(photo=said), size)]
        rows += [(texts.HASH.format(photo=said), photo.sha256)]
    rows += sorted(result.provenance.versions.items())
    return Table(
        texts.PROVENANCE, (texts.COLUMNS["software"], texts.COLUMNS["version"]),
        (Group("", tuple(rows)),), (False, False),
    )  # fmt: skip


def _settings(result: Comparison | Measurement) -> Table:
    rows = []
    for room, values in result.settings:
        for name, value in values:
            info = type(values).model_fields[name]
            extra = info.json_schema_extra
            unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
            shown_value = f"{value:g}" if isinstance(value, float) else str(value)
            printed = texts.UNITS.get(unit, unit)
            rows.append(
                (f"{room}.{name}", f"{shown_value} {printed}".strip(), info.description or "")
            )
    names = ("setting", "value", "meaning")
    return Table(
        texts.SETTINGS_TITLE, tuple(texts.COLUMNS[name] for name in names),
        (Group("", tuple(rows)),), (False, False, False),
    )  # fmt: skip
