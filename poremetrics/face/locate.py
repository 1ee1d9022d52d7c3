"""One face in a photo: where it is, whichever way the photo lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poremetrics.errors import SkinError
from poremetrics.face.anatomy import FACE_LEFT, FACE_RIGHT
from poremetrics.face.copy import ReducedCopy, clipped_box, reduced_copy
from poremetrics.face.detect import detect
from poremetrics.face.mesh import Crop, Mesh, crop_of_detection, crop_of_mesh, settle, track
from poremetrics.model import Box, Photo
from poremetrics.settings.face import FaceSettings

_QUARTER_TURNS = (0, 1, 3, 2)
_TURNED = {1: "on its right side", 2: "upside down", 3: "on its left side"}


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

    A photo that lies on its side or upside down is searched in all four directions; the mesh
    follows the eyes, so nothing else needs to know.

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
    whole = _whole(photo, settings)
    for turns in _QUARTER_TURNS:
        faces = _faces(whole, turns, settings)
        if faces:
            break
    else:
        return None
    width, mesh = faces[0]
    _check_whole(mesh, photo, name, settings)
    notes = _notes(turns, [other for other, _ in faces], settings)
    if width < settings.minimum_face_px:
        raise SkinError(
            name,
            f"the face is only {width:.0f} px wide, at least {settings.minimum_face_px:.0f} "
            "are needed",
            "photograph the face from nearer or with more pixels",
        )
    copy = _face_copy(photo, crop_of_mesh(mesh, settings), width, settings)
    refined = copy.mesh_to_copy(mesh)
    refined, presence = track(copy.pixels, crop_of_mesh(refined, settings), settings)
    if presence < settings.minimum_presence:
        return None
    return Located(copy.mesh_to_photo(refined), copy, width, notes)


def _whole(photo: Photo, settings: FaceSettings) -> ReducedCopy:
    factor = settings.search_copy_px / max(photo.width_px, photo.height_px)
    whole = Box(0, 0, photo.width_px, photo.height_px)
    return reduced_copy(photo.pixels, whole, factor, thin=True)


def _faces(whole: ReducedCopy, turns: int, settings: FaceSettings) -> list[tuple[float, Mesh]]:
    """Width in photo pixels and mesh in photo pixels of every sure face, widest first."""
    pixels = whole.pixels
    faces = []
    for face in detect(np.ascontiguousarray(np.rot90(pixels, turns)), settings):
        crop = _turn_back(crop_of_detection(face, settings), turns, pixels.shape[:2])
        mesh, presence = settle(pixels, crop, settings)
        if presence >= settings.minimum_presence:
            in_photo = whole.mesh_to_photo(mesh)
            faces.append((_width_px(in_photo), in_photo))
    return sorted(faces, key=lambda face: -face[0])


def _turn_back(crop: Crop, turns: int, shape: tuple[int, int]) -> Crop:
    """Carry a crop found in ``np.rot90(picture, turns)`` back to the picture."""
    rows, columns = shape
    x, y = {
        0: (crop.x, crop.y),
        1: (columns - 1 - crop.y, crop.x),
        2: (columns - 1 - crop.x, rows - 1 - crop.y),
        3: (crop.y, rows - 1 - crop.x),
    }[turns]
    return Crop(x, y, crop.side, crop.turn + turns * np.pi / 2)


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


def _notes(turns: int, widths: list[float], settings: FaceSettings) -> tuple[str, ...]:
    notes = []
    if turns:
        notes.append(f"The face lies {_TURNED[turns]} in the photo; it was measured as it lies.")
    if sum(width >= settings.other_face_share * widths[0] for width in widths) > 1:
        notes.append("The photo shows more than one face; the largest was measured.")
    return tuple(notes)


def _face_copy(photo: Photo, crop: Crop, width_px: float, settings: FaceSettings) -> ReducedCopy:
    reach = crop.side * settings.copy_reach / 2
    middle = np.array([crop.x, crop.y])
    box = clipped_box(middle - reach, middle + reach, photo.width_px, photo.height_px)
    return reduced_copy(photo.pixels, box, settings.mesh_copy_px / width_px, thin=True)
