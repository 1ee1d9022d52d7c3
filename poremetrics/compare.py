"""The main job, told stage by stage: two photos in, one :class:`Comparison` out.

Nothing is computed here; each line calls one stage of one room.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypedDict, Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from poremetrics import align, change, face, photo, pores
from poremetrics.change import Repeatability
from poremetrics.errors import UsageError
from poremetrics.model import Alignment, Comparison, Face, Measurement, Photo, Points
from poremetrics.provenance import provenance
from poremetrics.regions import (
    ComparedRegion,
    compare_region,
    measure_region,
    sample_region,
    working_steps_px,
)
from poremetrics.settings import Settings
from poremetrics.workers import one_thread_each, same_threads, shared_out

Source = str | Path | bytes | Image.Image | npt.NDArray[np.uint8]
"""What a photo may be given as: path, bytes of a file, PIL image, (H, W, 3) uint8 sRGB array."""

AskedView = Literal["auto", "face", "closeup"]
"""auto: a face if one is found, else a close-up."""

Progress = Callable[[str, float], None]
"""Told the stage that begins and the share of the work done, 0..1."""


class Options(TypedDict, total=False):
    """Options that ``compare``, ``check`` and ``repeatability`` share.

    Attributes
    ----------
    view : str
        ``auto``, ``face`` or ``closeup``.
    mm_per_px : float
        Millimetres per pixel on the skin of the (before) photo.
    marker_mm : float
        Side of an ArUco marker lying in the photo, in mm.
    ipd_mm : float
        Interpupillary distance measured on the person, in mm.
    regions : mapping of str to (N, 2) array
        Named polygons in pixels of the (before) photo.
    settings : Settings
        Tunables; the defaults serve everybody.
    progress : callable
        Told ``(stage, share done)``.
    """

    view: AskedView
    mm_per_px: float | None
    marker_mm: float | None
    ipd_mm: float | None
    regions: Mapping[str, Points] | None
    settings: Settings | None
    progress: Progress | None


class _Where(TypedDict):
    """The options that say where the skin is and how large."""

    view: AskedView
    mm_per_px: float | None
    marker_mm: float | None
    ipd_mm: float | None
    regions: face.Outlines | None


@one_thread_each()
@same_threads()
def compare(
    before: Source,
    after: Source,
    *,
    days_since_treatment: float | None = None,
    repeatability: Repeatability | None = None,
    control: str | None = None,
    **options: Unpack[Options],
) -> Comparison:
    """Compare two photos of one person: align, measure, say what changed.

    Parameters
    ----------
    before, after : path, bytes, PIL image or (H, W, 3) uint8 array
        The two photos.
    days_since_treatment : float, optional
        Days between the last treatment and the after photo.
    repeatability : Repeatability, optional
        This clinic's own repeatability; by default the project's published one.
    control : str, optional
        Region of untreated skin, or ``left`` or ``right`` for that cheek: every other region's
        change is also given relative to it.
    **options
        See :class:`Options`.

    Returns
    -------
    Comparison
        Tables of pores, links, regions, changes and quality, with what produced them.

    Raises
    ------
    PhotoError
        A photo could not be read.
    SkinError
        A photo shows no usable skin.
    UsageError
        An option is out of range.
    """
    settings = options.get("settings") or Settings()
    tell = options.get("progress") or _silent
    _check_days(days_since_treatment)

    tell("reading the photos", 0.0)
    before_photo, after_photo = _load_both(before, after, settings)
    tell("finding the skin", 0.2)
    names = _name(before, "the before photo"), _name(after, "the after photo")
    before_face, after_face = _find_both(before_photo, after_photo, names, settings, options)
    region_names = change.region_names(before_face, after_face)
    untreated = None if control is None else change.control_region(control, region_names)
    tell("aligning the photos", 0.35)
    steps_px = working_steps_px(before_photo, before_face, settings)
    alignment = align.register(
        before_photo, before_face, after_photo, after_face, settings.align, steps_px
    )
    tell("measuring pores in both photos", 0.5)
    photos, faces = (before_photo, after_photo), (before_face, after_face)
    sizes = [region.common.size for region in alignment.regions]
    sampled = shared_out(
        lambda region: sample_region(photos, faces, region, settings),
        alignment.regions,
        sizes,
    )
    apart = pores.shared_blur(
        [one.apart for one in sampled],
        [region.grid.step_px for region in alignment.regions],
        settings.pair,
    )
    waiting = dict(enumerate(sampled))
    del sampled  # each region is let go of once it is compared
    compared = shared_out(
        lambda at: compare_region(
            photos,
            faces,
            alignment.regions[at],
            waiting.pop(at),
            apart[at],
            settings,
        ),
        range(len(apart)),
        sizes,
    )
    tell("judging the change", 0.85)
    quality = _quality(
        before_photo,
        before_face,
        after_photo,
        after_face,
        alignment,
        compared,
        days_since_treatment,
        settings,
    )
    changes = change.changes(
        [one.sample for one in compared],
        {one.sample.name: one.conditions for one in compared},
        change.refused_regions(quality, region_names),
        repeatability or change.default_repeatability(),
        settings.change,
    )
    before_pores = pores.number_ids([one.before_pores for one in compared])
    after_pores = pores.number_ids([one.after_pores for one in compared])
    links = [
        pores.links_table(one.paired, own, other, one.step_px)
        for one, own, other in zip(compared, before_pores, after_pores, strict=True)
    ]
    tell("done", 1.0)
    return Comparison(
        before=before_photo,
        after=after_photo,
        before_face=before_face,
        after_face=after_face,
        alignment=alignment,
        pores=pores.join_pores([*before_pores, *after_pores]),
        links=pores.join_links(links),
        regions=change.regions_table([one.sample for one in compared], ("before", "after")),
        changes=changes,
        quality=quality,
        settings=settings,
        provenance=provenance(),
        days_since_treatment=days_since_treatment,
        contrasts=change.contrasts(changes, untreated),
    )


@one_thread_each()
@same_threads()
def measure(source: Source, **options: Unpack[Options]) -> Measurement:
    """Measure the pores of one photo.

    Parameters
    ----------
    source : path, bytes, PIL image or (H, W, 3) uint8 array
        The photo.
    **options
        See :class:`Options`.

    Returns
    -------
    Measurement
        Tables of pores, regions and quality, with what produced them.

    Raises
    ------
    PhotoError
        The photo could not be read.
    SkinError
        The photo shows no usable skin.
    """
    settings = options.get("settings") or Settings()
    tell = options.get("progress") or _silent

    tell("reading the photo", 0.0)
    taken = photo.load(source, settings.photo, name=_name(source, "photo"))
    tell("finding the skin", 0.3)
    found = face.find(taken, settings.face, **_where(options), name=_name(source, "photo"))
    tell("measuring pores", 0.5)
    measured = shared_out(
        lambda region: measure_region(taken, found, region, settings),
        found.regions,
        [region.skin.size for region in found.regions],
    )
    tell("done", 1.0)
    return Measurement(
        photo=taken,
        face=found,
        pores=pores.join_pores(pores.number_ids([table for _, table, _ in measured])),
        regions=change.regions_table([sample for sample, _, _ in measured], ("before",)),
        quality=change.join_quality([quality for _, _, quality in measured]),
        settings=settings,
        provenance=provenance(),
    )


def check(before: Source, after: Source, **options: Unpack[Options]) -> pd.DataFrame:
    """Say whether two photos can be compared, and if not, why.

    Parameters
    ----------
    before, after : path, bytes, PIL image or (H, W, 3) uint8 array
        The two photos.
    **options
        See :class:`Options`.

    Returns
    -------
    DataFrame
        Quality table; every row with its figure, limit and whether it holds.
    """
    return compare(before, after, **options).quality


def _silent(stage: str, share: float) -> None:
    """Tell nobody."""


def _check_days(days: float | None) -> None:
    if days is not None and not 0.0 <= days < math.inf:
        raise UsageError(
            "days_since_treatment", f"{days:g} is no number of days", "give zero or more"
        )


def _name(source: Source, otherwise: str) -> str:
    return str(source) if isinstance(source, str | Path) else otherwise


def _load_both(before: Source, after: Source, settings: Settings) -> tuple[Photo, Photo]:
    one, two = shared_out(
        lambda given: photo.load(given[0], settings.photo, name=_name(*given)),
        ((before, "the before photo"), (after, "the after photo")),
        (1, 1),
    )
    return one, two


def _where(options: Options) -> _Where:
    return {
        "view": options.get("view", "auto"),
        "mm_per_px": options.get("mm_per_px"),
        "marker_mm": options.get("marker_mm"),
        "ipd_mm": options.get("ipd_mm"),
        "regions": options.get("regions"),
    }


def _find_both(
    before: Photo, after: Photo, names: tuple[str, str], settings: Settings, options: Options
) -> tuple[Face, Face]:
    where = _where(options)
    asked = list(options.get("regions") or ())
    if before.sha256 == after.sha256:
        alone = face.find(before, settings.face, **where, name=names[0])
        return alone, alone
    # A given scale is that of the before photo: in the after photo it only tells how wide a hair
    # may be.
    if not asked:
        before_face, after_face = shared_out(
            lambda named: face.find(named[0], settings.face, **where, name=named[1]),
            ((before, names[0]), (after, names[1])),
            (1, 1),
        )
        if after_face.view == before_face.view:
            return before_face, after_face
    else:
        before_face = face.find(before, settings.face, **where, name=names[0])

    def carried(landmarks_px: Points | None) -> Mapping[str, Points]:
        return align.carry(before, before_face, after, landmarks_px, asked, settings.align)

    # A view that was found, not given, must hold for both.
    where |= {"view": before_face.view, "regions": carried if asked else None}
    return before_face, face.find(after, settings.face, **where, name=names[1])


def _quality(
    before: Photo,
    before_face: Face,
    after: Photo,
    after_face: Face,
    alignment: Alignment,
    compared: Sequence[ComparedRegion],
    days_since_treatment: float | None,
    settings: Settings,
) -> pd.DataFrame:
    return change.join_quality(
        [
            change.judge_faces(
                before, before_face, after, after_face, alignment, days_since_treatment, settings
            ),
            *(one.quality for one in compared),
        ]
    )
