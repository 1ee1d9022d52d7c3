"""What the alignment says where two photos show other skin, or the same skin oddly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from poremetrics import change
from poremetrics.errors import PoremetricsError
from poremetrics.model import Alignment, Rgb, View
from poremetrics.settings import Settings
from poremetrics.synthetic import PRESETS, Camera, make_skin, photograph, reshoot
from poremetrics.validate.cases import Row
from poremetrics.validate.residuals import (
    SYNTHETIC_CAMERA,
    Shown,
    aligned,
    seen,
    seen_again,
    synthetic_recipe,
)

OTHER, SAME, MIRRORED, TWICE = "other skin", "same skin", "same skin, mirrored", "one picture twice"
REFUSED = "not comparable"


@dataclass(frozen=True, slots=True)
class Sight:
    """One photo of one person.

    Attributes
    ----------
    person : str
        Who it shows.
    label : str
        As printed.
    view : str
        Face or close-up.
    path : Path or None
        None for synthetic skin.
    seed : int
        Of synthetic skin.
    camera : Camera
        Of synthetic skin.
    """

    person: str
    label: str
    view: View
    path: Path | None = None
    seed: int = 0
    camera: Camera = SYNTHETIC_CAMERA

    def shown(self) -> Shown:
        """Return the photo and the skin found in it."""
        if self.path is not None:
            return seen(self.path, self.view)
        for_skin, for_noise = np.random.default_rng(self.seed).spawn(2)
        skin = make_skin(for_skin, synthetic_recipe(self.seed, self.camera))
        return seen_again(photograph(skin, self.camera, for_noise).picture, self.view)


def outcome(before: Shown, after: Shown) -> tuple[str, str]:
    """Return what the alignment takes two photos for, and what the tool says about it."""
    found = aligned(before, after)
    quality = change.judge_faces(*before, *after, found, None, Settings())
    names = change.region_names(before[1], after[1])
    refused = change.refused_regions(quality, names) == list(names)
    # Of other skin the last note says it all; those before name each region.
    notes = found.notes if found.same_skin else found.notes[-1:]
    return _taken_for(found, refused=refused), " ".join(notes)


def _taken_for(found: Alignment, *, refused: bool) -> str:
    if not found.same_skin:
        return OTHER if refused else "other skin, yet compared"
    if found.same_photo:
        return TWICE
    return MIRRORED if found.mirrored else SAME


def stranger(source: str, before: Sight, after: Sight) -> list[Row]:
    """Return what is said of photos of two different people."""
    case = f"{before.label} against {after.label}"
    return [_row(source, case, OTHER, before.shown, after.shown, strangers=True)]


def _row(
    source: str,
    case: str,
    wanted: str,
    before: Callable[[], Shown],
    after: Callable[[], Shown],
    *,
    strangers: bool = False,
) -> Row:
    try:
        taken_for, said = outcome(before(), after())
    except PoremetricsError as error:
        taken_for, said = REFUSED, str(error)
    right = taken_for == wanted or (wanted == OTHER and taken_for == REFUSED)
    return {
        "source": source,
        "case": case,
        "strangers": strangers,
        "wanted": wanted,
        "taken_for": taken_for,
        "right": right,
        "said": said,
    }


def odd_cases(source: str, sight: Sight) -> list[Row]:
    """Return what is said of one person's skin, mirrored, turned, from the other side, twice."""
    shown = sight.shown()
    pixels = np.asarray(shown[0].pixels)
    again = np.asarray(reshoot(pixels, replace(PRESETS["usual"], turn_deg=1.0)).pixels)
    cases: list[tuple[str, str, Rgb]] = [
        ("mirrored", MIRRORED, again[:, ::-1]),
        *((f"turned by {90 * k}°", SAME, np.rot90(again, k)) for k in (1, 2, 3)),
        ("mirrored and turned by 90°", MIRRORED, np.rot90(again[:, ::-1])),
        ("same photo twice", TWICE, pixels),
    ]
    return [
        _row(
            source,
            f"{sight.label}, {name}",
            wanted,
            lambda: shown,
            partial(seen_again, np.ascontiguousarray(picture), sight.view),
        )
        for name, wanted, picture in cases
    ]


def swapped_cheeks(source: str, sight: Sight) -> list[Row]:
    """Return what is said of one cheek against the other, each cut out as a close-up."""
    taken, found = sight.shown()
    cheeks = [
        np.ascontiguousarray(taken.pixels[region.box.slices])
        for region in found.regions
        if region.name.endswith("_cheek")
    ]
    if len(cheeks) != 2:
        return []
    left = partial(seen_again, cheeks[0], "closeup")
    return [
        _row(
            source,
            f"{sight.label}, left cheek against right cheek{name}",
            OTHER,
            left,
            partial(seen_again, np.ascontiguousarray(other), "closeup"),
        )
        for name, other in (("", cheeks[1]), (", mirrored", cheeks[1][:, ::-1]))
    ]


def pairs_of(sights: Sequence[Sight], apart: int) -> Iterator[tuple[Sight, Sight]]:
    """Yield every sight with the one ``apart`` places further, where that is someone else."""
    for index, one in enumerate(sights):
        other = sights[(index + apart) % len(sights)]
        if one.person != other.person:
            yield one, other
