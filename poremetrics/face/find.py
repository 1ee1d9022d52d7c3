"""From a photo to the skin regions it shows: the room's table of contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from poremetrics.errors import SkinError, UsageError
from poremetrics.face import scale as ladder
from poremetrics.face.anatomy import REGION_POINTS
from poremetrics.face.closeup import check_skin, frame
from poremetrics.face.expression import expression_ratios
from poremetrics.face.iris import find_irises
from poremetrics.face.locate import Located, locate
from poremetrics.face.pose import head_axes, head_pose, lie
from poremetrics.face.regions import Outline, check_polygons, make_regions
from poremetrics.model import Face, Photo, Points, Region, Scale
from poremetrics.settings.face import FaceSettings

View = Literal["auto", "face", "closeup"]
"""auto: a face if one is found, else a close-up."""

Polygon = npt.ArrayLike
"""(N, 2) x, y in pixels of the photo."""

Outlines = Mapping[str, Polygon] | Callable[[Points | None], Mapping[str, Polygon]]
"""Named outlines, or a function that returns them for the mesh of a face, None in a close-up."""


def find(
    photo: Photo,
    settings: FaceSettings,
    *,
    view: View = "auto",
    mm_per_px: float | None = None,
    marker_mm: float | None = None,
    ipd_mm: float | None = None,
    regions: Outlines | None = None,
    name: str = "photo",
) -> Face:
    """Find the skin regions of a photo, with pose and scale.

    Parameters
    ----------
    photo : Photo
        Upright sRGB pixels.
    settings : FaceSettings
        Every tunable number.
    view : {"auto", "face", "closeup"}
        ``auto``: a face if one is found, else a close-up of bare skin.
    mm_per_px : float or None
        Scale of the photo as given it has, if known.
    marker_mm : float or None
        Side of an ArUco or AprilTag marker that lies beside the skin.
    ipd_mm : float or None
        Interpupillary distance measured on the person.
    regions : mapping of str to (N, 2) array_like, function or None
        Named outlines in pixels of the photo, or a function of the (468, 3) mesh (None in a
        close-up) that returns them. In a face they replace the region of that name or are added;
        in a close-up they take the place of the whole frame.
    name : str
        How errors call the photo.

    Returns
    -------
    Face
        At least one region.

    Raises
    ------
    SkinError
        No usable skin: no face and no close-up of skin, half a face, a face too small, or a
        marker that is not there.
    UsageError
        The view is unknown, a region's polygon cannot be used, or a size is not plausible.
    """
    if view not in get_args(View):
        raise UsageError("view", f"{view!r} is no view", f"use one of {', '.join(get_args(View))}")
    _check_size("mm_per_px", mm_per_px, settings.minimum_mm_per_px, settings.maximum_mm_per_px)
    _check_size("marker_mm", marker_mm, settings.minimum_marker_mm, settings.maximum_marker_mm)
    _check_size("ipd_mm", ipd_mm, settings.minimum_ipd_mm, settings.maximum_ipd_mm)
    # What a user drew is checked before any work.
    polygons = {} if callable(regions) else check_polygons(regions or {}, photo)
    marker = None
    given: Scale | None = None
    if mm_per_px is not None:
        given = ladder.scale_given(mm_per_px, settings)
    if marker_mm is not None:
        marker = ladder.check_marker(ladder.find_marker(photo.pixels), name)
        given = given or ladder.scale_of_marker(marker, marker_mm, settings)

    located = None if view == "closeup" else locate(photo, name, settings)
    if callable(regions):
        polygons = check_polygons(regions(None if located is None else located.mesh), photo)
    if located is not None:
        return _face(photo, located, given, ipd_mm, marker, polygons, name, settings)
    if view == "face":
        raise SkinError(
            name,
            "no face was found",
            "use a sharp photo of one whole face, or the close-up view for bare skin",
        )
    return _closeup(photo, given, marker, polygons, name, settings)


def _check_size(option: str, size: float | None, low: float, high: float) -> None:
    # Written so that NaN fails too.
    if size is not None and not low <= size <= high:
        raise UsageError(
            option, f"{size:g} is not a plausible size", f"give a number from {low:g} to {high:g}"
        )


def _face(
    photo: Photo,
    located: Located,
    given: Scale | None,
    ipd_mm: float | None,
    marker: Points | None,
    polygons: Mapping[str, Points],
    name: str,
    settings: FaceSettings,
) -> Face:
    mesh = located.mesh
    eyes = _eyes(located, settings)
    scale = given or ladder.scale_of_eyes(eyes, ipd_mm, settings)
    outlines = [
        Outline(region, mesh[list(points), :2], lie(mesh, points, settings))
        for region, points in REGION_POINTS.items()
        if region not in polygons
    ]
    outlines += [Outline(region, polygon) for region, polygon in polygons.items()]
    rough = settings.population_ipd_mm / eyes.ipd_px
    factor = settings.face_copy_px / located.width_px
    found = make_regions(photo, outlines, scale, rough, factor, marker, settings)
    return Face(
        view="face",
        regions=_some(found, name),
        landmarks_px=mesh,
        pose=head_pose(mesh, settings),
        expression=expression_ratios(mesh),
        notes=located.notes,
    )


def _closeup(
    photo: Photo,
    scale: Scale | None,
    marker: Points | None,
    polygons: Mapping[str, Points],
    name: str,
    settings: FaceSettings,
) -> Face:
    if not polygons:
        check_skin(photo, name, settings)
        polygons = {"closeup": frame(photo, settings)}
    outlines = [Outline(region, polygon) for region, polygon in polygons.items()]
    side_px = max(photo.width_px, photo.height_px)
    rough = settings.closeup_width_mm / side_px if scale is None else scale.mm_per_px
    factor = settings.closeup_copy_px / side_px
    found = make_regions(photo, outlines, scale, rough, factor, marker, settings)
    return Face(view="closeup", regions=_some(found, name))


def _eyes(located: Located, settings: FaceSettings) -> ladder.Eyes:
    copy, mesh = located.copy, located.mesh
    right, left = (
        replace(
            iris,
            centre=copy.to_photo(iris.centre[None])[0],
            diameter_px=iris.diameter_px / copy.factor,
        )
        for iris in find_irises(copy.pixels, copy.mesh_to_copy(mesh), settings)
    )
    # The line between the eyes is foreshortened by the part of it that points into depth.
    along = float(np.hypot(*head_axes(mesh, settings)[0, :2]))
    ipd_px = float(np.hypot(*(left.centre - right.centre))) / along
    return ladder.Eyes(right, left, ipd_px, head_pose(mesh, settings).yaw_deg)


def _some(regions: tuple[Region, ...], name: str) -> tuple[Region, ...]:
    if not regions:
        raise SkinError(
            name,
            "no usable skin was found in any region",
            "avoid glare, hair, make-up and beard over the skin, or give regions of your own",
        )
    return regions
