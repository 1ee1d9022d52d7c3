"""One face in a photo: where it is, whichever way it lies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from poremetrics.errors import SkinError
from poremetrics.face.anatomy import FACE_LEFT, FACE_RIGHT
from poremetrics.face.copy import ReducedCopy, clipped_box, reduced_copy
from poremetrics.face.detect import detect
from poremetrics.face.mesh import Crop, Mesh, crop_of_detection, crop_of_mesh, settle, track
from poremetrics.face.pose import head_pose
from poremetrics.model import Box, Photo, Rgb
from poremetrics.settings.face import FaceSettings


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """The face that will be measured.

    Attributes
    ----------
    mesh : (468, 3) float64
        In pixels of the photo.
    copy : ReducedCopy
        The face and its surroundings, reduced.
    width_px : float
        Of the face, in the photo.
    notes : tuple of str
        What the reader of a report should know.
    """

    mesh: Mesh
    copy: ReducedCopy
    width_px: float
    notes: tuple[str, ...]


def locate(photo: Photo, name: str, settings: FaceSettings) -> Located | None:
    """Find the largest face of a photo and its mesh.

    A photo may lie on its side or upside down: the detectors still see a face there, but not its
    direction, so the mesh is tried in all four and the surest one counts.

    Parameters
    ----------
    photo : Photo
        The whole photo.
    name : str
        How errors call the photo.
    settings : FaceSettings
        The limits.

    Returns
    -------
    Located or None
        None where there is no face.

    Raises
    ------
    SkinError
        There is a face, but only part of it is in the photo, or it is too small.
    """
    faces = _faces(whole_copy(photo, settings), settings)
    if not faces:
        return None
    width, mesh = faces[0]
    _check_whole(mesh, photo, name, settings)
    if width < settings.minimum_face_px:
        raise SkinError(
            name,
            f"the face is only {width:.0f} px wide, at least {settings.minimum_face_px:.0f} "
            "are needed",
            "photograph the face from nearer or with more pixels",
        )
    copy = _face_copy(photo, crop_of_mesh(mesh, settings), width, settings)
    refined = track(copy.pixels, crop_of_mesh(copy.mesh_to_copy(mesh), settings), settings)
    refined = copy.mesh_to_photo(refined)
    notes = _notes(refined, [other for other, _ in faces], settings)
    return Located(refined, copy, width, notes)


def whole_copy(photo: Photo, settings: FaceSettings) -> ReducedCopy:
    """Return the small copy of a whole photo in which faces are looked for."""
    factor = settings.search_copy_px / max(photo.width_px, photo.height_px)
    whole = Box(0, 0, photo.width_px, photo.height_px)
    return reduced_copy(photo.pixels, whole, factor, thin=True)


def _faces(whole: ReducedCopy, settings: FaceSettings) -> list[tuple[float, Mesh]]:
    """Width and mesh, in photo pixels, of every sure face, widest first."""
    faces = []
    for face in detect(whole.pixels, settings):
        mesh = surest_mesh(whole.pixels, crop_of_detection(face, settings), settings)
        if mesh is not None:
            in_photo = whole.mesh_to_photo(mesh)
            faces.append((_width_px(in_photo), in_photo))
    return sorted(faces, key=lambda face: -face[0])


def surest_mesh(pixels: Rgb, crop: Crop, settings: FaceSettings) -> Mesh | None:
    """Return the mesh of a crop in its surest direction, or None where there is no face.

    Upside down a mesh can look sure too (log odds up to 13 where the right direction has more
    than 19), so that direction is tried unless the mesh is surer; the sides only where both fail.
    """
    upright_logit = float(np.log(settings.minimum_presence / (1.0 - settings.minimum_presence)))
    for quarters in ((0, 2), (1, 3)):
        tries = []
        for turns in quarters:
            mesh, logit = settle(
                pixels, replace(crop, turn=crop.turn + turns * np.pi / 2), settings
            )
            if not turns and logit >= settings.minimum_turned_logit:
                return mesh
            if logit >= (settings.minimum_turned_logit if turns else upright_logit):
                tries.append((logit, mesh))
        if tries:
            return max(tries, key=lambda tried: tried[0])[1]
    return None


def _width_px(mesh: Mesh) -> float:
    # In three dimensions, so that a turned head does not count as small.
    return float(np.linalg.norm(mesh[FACE_LEFT] - mesh[FACE_RIGHT]))


def _check_whole(mesh: Mesh, photo: Photo, name: str, settings: FaceSettings) -> None:
    rows, columns = photo.height_px, photo.width_px
    x, y = mesh[:, 0], mesh[:, 1]
    inside = float(np.mean((x >= 0) & (x <= columns - 1) & (y >= 0) & (y <= rows - 1)))
    if inside < settings.minimum_points_inside:
        raise SkinError(
            name,
            f"only {inside:.0%} of the face are in the photo",
            "photograph the whole face, or choose the close-up view to measure bare skin",
        )


def _notes(mesh: Mesh, widths: list[float], settings: FaceSettings) -> tuple[str, ...]:
    notes = []
    roll_deg = abs(head_pose(mesh, settings).roll_deg)
    if roll_deg > 135.0:
        notes.append("The face is upside down in the photo; it was measured as it lies.")
    elif roll_deg > 45.0:
        notes.append("The face lies on its side in the photo; it was measured as it lies.")
    if sum(width >= settings.other_face_share * widths[0] for width in widths) > 1:
        notes.append("The photo shows more than one face; the largest was measured.")
    return tuple(notes)


def _face_copy(photo: Photo, crop: Crop, width_px: float, settings: FaceSettings) -> ReducedCopy:
    reach = crop.side * settings.copy_reach / 2
    middle = np.array([crop.x, crop.y])
    box = clipped_box(middle - reach, middle + reach, photo.width_px, photo.height_px)
    return reduced_copy(photo.pixels, box, settings.mesh_copy_px / width_px, thin=True)
