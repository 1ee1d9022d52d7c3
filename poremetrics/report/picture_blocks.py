"""The pictures of a report as blocks: where, aligned pairs, marked pores, single pores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from poremetrics.model import Comparison, Face, Measurement, Region
from poremetrics.report import texts
from poremetrics.report.blocks import Layer, Pair, Picture, Row
from poremetrics.report.marks import SIZE_CLASSES, STYLES
from poremetrics.report.pictures import (
    Shown,
    View,
    clearest_shown,
    overview,
    region_view,
    region_views,
    strip,
    strip_width_px,
)
from poremetrics.report.sentences import length, region_name
from poremetrics.settings.report import ReportSettings

_CROSS_PX = 4.0
"""What is left out is marked small: its size was not measured as a pore's."""


def overview_block(
    face: Face, photos: Shown, settings: ReportSettings, *, anonymise: bool
) -> Picture | None:
    """Return the face with the outlines of the regions; None in a close-up."""
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


def pair_blocks(result: Comparison, photos: Shown, frame: pd.DataFrame) -> tuple[Pair, ...]:
    """Return every region in both photos, with a detail where it had to be reduced."""
    frame = frame[~photos.near_band(frame, 0.0)]  # a ring on the band would mark nothing seen
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
            elif detail is not None:
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
        if name == "left_out":
            circles[:, 2] = np.minimum(circles[:, 2], _CROSS_PX)
        layers.append(Layer(name, label, STYLES[name], circles=circles[inside]))
    return tuple(layers)


def unaligned_block(result: Comparison, photos: Shown) -> Row:
    """Return both photos small, side by side, where they could not be laid onto each other."""
    settings = result.settings.report
    after = photos.before if photos.after is None else photos.after
    views = (
        (texts.BEFORE, overview(photos.before, result.before_face, settings)),
        (texts.AFTER, overview(after, result.after_face, settings)),
    )
    pictures = [
        Picture(name.lower(), view.pixels, texts.ALT_UNALIGNED.format(photo=name), name, wide=False)
        for name, view in views
    ]
    return Row("", tuple(pictures))


def overlay_block(pair: Pair) -> Row:
    """Return a region with its pores by status and, beside it, by change of size."""

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


def photo_blocks(result: Measurement, photos: Shown, frame: pd.DataFrame) -> tuple[Picture, ...]:
    """Return every region of one photo with its pores."""
    settings = result.settings.report
    frame = frame[~photos.near_band(frame, 0.0)]
    pictures: list[Picture] = []
    for region in result.face.regions:
        view = region_view(photos.before, region, settings)
        layers = _layers(frame, region.name, view, ("seen", "left_out"), "status", settings)
        pictures.append(_marked(f"overlay-{len(pictures)}", region.name, view, layers))
    return tuple(pictures)


def strip_block(
    result: Comparison | Measurement, photos: Shown, frame: pd.DataFrame
) -> tuple[Picture, str] | None:
    """Return the strip of the clearest pores and how wide each picture is; None without pores."""
    chosen = clearest_shown(result, photos, frame)
    pixels = strip(result, photos, chosen)
    if pixels is None:
        return None
    names = ", ".join(region_name(str(name)).lower() for name in chosen["region"])
    single = isinstance(result, Measurement)
    face = result.face if isinstance(result, Measurement) else result.before_face
    width_px = strip_width_px(chosen, result.settings.report)
    width = length(width_px, _mm_per_px(face.region(str(chosen["region"].iloc[0]))))
    alt = texts.ALT_STRIP.format(
        count=len(chosen), rows="" if single else texts.ALT_STRIP_ROWS, regions=names
    )
    return Picture("strip", pixels, alt, ""), width


def _mm_per_px(region: Region | None) -> float | None:
    return None if region is None or region.scale is None else region.scale.mm_per_px
