"""Everyone a photo shows, for covering eyes: also whom the measurement passes over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poremetrics.face.copy import inside_polygon
from poremetrics.face.detect import detect_with
from poremetrics.face.locate import surest_mesh, whole_copy
from poremetrics.face.mesh import Mesh, crop_of_detection, settle
from poremetrics.face.weights import NetName
from poremetrics.model import Photo, Points
from poremetrics.settings.face import FaceSettings

_DETECTORS: tuple[NetName, ...] = ("detect_short", "detect_back")


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One face, or what may be part of one.

    Attributes
    ----------
    mesh : (468, 3) float64 or None
        In pixels of the photo; None where only part of a face shows.
    eyes : (2, 2) float64
        The person's right eye, then the left, roughly. Where one eye shows alone, both lie on it.
    size_px : float
        Of the detector's box, from brow to chin.
    """

    mesh: Mesh | None
    eyes: Points
    size_px: float


def everyone(
    photo: Photo, settings: FaceSettings, *, known: Sequence[Points] = ()
) -> tuple[Seen, ...]:
    """Return every face of a photo, and what looks enough like part of one to hide its eyes.

    Parameters
    ----------
    photo : Photo
        The whole photo.
    settings : FaceSettings
        ``minimum_covered_score``, ``minimum_covered_logit``.
    known : sequence of (N, 2) float64, optional
        Outlines around eyes that are known already; whose eyes lie there is not looked at again.

    Returns
    -------
    tuple of Seen
        Whole faces first; empty in a close-up of bare skin. One face may be seen twice, since
        the two detectors miss different eyes.
    """
    whole = whole_copy(photo, settings)
    keen = settings.model_copy(update={"minimum_detection_score": settings.minimum_covered_score})
    seen_by_either = [face for name in _DETECTORS for face in detect_with(name, whole.pixels, keen)]
    found: list[Seen] = []
    for face in seen_by_either:
        eyes = whole.to_photo(face.eyes)
        if any(inside_polygon(eyes.mean(axis=0, keepdims=True), one).all() for one in known):
            continue
        crop = crop_of_detection(face, settings)
        mesh = surest_mesh(whole.pixels, crop, settings)
        if (
            mesh is None
            and settle(whole.pixels, crop, settings)[1] < settings.minimum_covered_logit
        ):
            continue  # nostrils fool the detector, but less than an eye does
        found.append(
            Seen(
                None if mesh is None else whole.mesh_to_photo(mesh),
                eyes,
                float(np.max(face.size)) / whole.factor,
            )
        )
    return tuple(sorted(found, key=lambda seen: seen.mesh is None))
