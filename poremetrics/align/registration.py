"""Lay the after photo on the before photo, region by region: the room's table of contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from poremetrics.align.coarse import from_features, from_landmarks, mirror_partners
from poremetrics.align.dense import Affine, affine_scale, align_dense
from poremetrics.align.sample import on_grid_mask, places, region_grid, shrunk
from poremetrics.align.texture import cut, log_luminance
from poremetrics.align.trust import assess
from poremetrics.model import (
    FACE_REGIONS,
    Alignment,
    Box,
    Face,
    FloatImage,
    Grid,
    Mask,
    Photo,
    Region,
    RegionAlignment,
)
from poremetrics.settings.align import AlignSettings
from poremetrics.workers import shared_out

MODEL = "affine by landmarks or skin features, then a smooth dense field"
_PLAIN = "identity"
_SPARSE = 61
_LABELS = {"closeup": "close-up"}
_OTHER_SIDE = {"left_cheek": "right_cheek", "right_cheek": "left_cheek"}


def register(
    before: Photo,
    before_face: Face,
    after: Photo,
    after_face: Face,
    settings: AlignSettings,
    steps_px: Mapping[str, float] | None = None,
) -> Alignment:
    """Align the after photo to the before photo.

    Parameters
    ----------
    before, after : Photo
        The two photos.
    before_face, after_face : Face
        What was found in them.
    settings : AlignSettings
        Every tunable number.
    steps_px : mapping of str to float, optional
        Least step of the grid of each region, in pixels of the before photo; 1 by default.

    Returns
    -------
    Alignment
        One entry per region that both photos show. ``same_skin`` is False where no region of the
        after photo fits, as it stands or mirrored. A mirrored selfie that fits has
        ``mirrored=True``; its maps refer to the after photo as it was given.
    """
    steps_px = steps_px or {}
    if _same_pixels(before, after):
        return _same_photo(before, before_face, after_face, steps_px)
    pair = _Pair(before, before_face, after, after_face, settings, steps_px)
    straight = pair.align()
    if straight.fits:
        return straight.alignment()
    turned_back = _mirror(after, after_face)
    flipped = replace(pair, after=turned_back[0], after_face=turned_back[1], mirrored=True).align()
    if flipped.fits:
        return _unmirror(flipped.alignment(), after.width_px)
    return straight.alignment()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Aligned regions, those that fit among them, and what to tell."""

    regions: tuple[RegionAlignment, ...]
    fits: tuple[str, ...]
    notes: tuple[str, ...]

    def alignment(self) -> Alignment:
        if not self.fits:
            note = (
                "The skin of the two photos does not match in any region: different people, "
                "different places, or no visible texture in one of them."
            )
            return Alignment(self.regions, MODEL, same_skin=False, notes=(*self.notes, note))
        return Alignment(self.regions, MODEL, notes=self.notes)


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """An aligned region, and by how much it is turned; None where its skin does not fit."""

    aligned: RegionAlignment
    turn_deg: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Both photos and what was found in them."""

    before: Photo
    before_face: Face
    after: Photo
    after_face: Face
    settings: AlignSettings
    steps_px: Mapping[str, float]
    mirrored: bool = False

    def align(self) -> _Outcome:
        """Align every region that both photos show."""
        regions: list[RegionAlignment] = []
        fits: list[str] = []
        notes: list[str] = []
        turns: list[float] = []
        outlined = self.before_face.regions
        # OpenCV works without the interpreter's lock, so the regions share the cores.
        tried = shared_out(self.best, outlined, [region.skin.size for region in outlined])
        for region, best in zip(outlined, tried, strict=True):
            label = _LABELS.get(region.name, region.name.replace("_", " "))
            if best is None:
                notes.append(f"The {label} is not found in the after photo.")
                continue
            if best.turn_deg is None:
                notes.append(f"The skin of the {label} does not match between the photos.")
            else:
                fits.append(region.name)
                turns.append(best.turn_deg)
            regions.append(best.aligned)
        turn = 90 * round(float(np.median(turns)) / 90) if turns else 0
        if turn:
            # Angles grow clockwise as seen, for y points down; the photo as given is meant.
            clockwise = (turn > 0) != self.mirrored
            way = "" if abs(turn) == 180 else " clockwise" if clockwise else " anticlockwise"
            about = f"{abs(turn)}°{way}"
            notes.append(f"The after photo is turned by about {about} against the before one.")
        return _Outcome(tuple(regions), tuple(fits), tuple(notes))

    def best(self, region: Region) -> _Tried | None:
        """Align one region from the first start that fits, or else from the likeliest."""
        best: _Tried | None = None
        for affine, skin in self.starts(region):
            aligned, agreement = self.region(region, affine, skin)
            if agreement >= self.settings.same_correlation:
                return _Tried(aligned, float(np.degrees(np.arctan2(affine[1, 0], affine[0, 0]))))
            nothing = replace(aligned, common=np.zeros_like(aligned.common), common_share=0.0)
            best = best or _Tried(nothing, None)
        return best

    def starts(self, region: Region) -> Sequence[tuple[Affine, Region | None]]:
        """Yield rough maps of a region, most likely first, each with the after photo's region."""
        named = self.after_face.region(region.name)
        first, second = self.before_face.landmarks_px, self.after_face.landmarks_px
        starts: list[tuple[Affine, Region | None]] = []
        if first is not None and second is not None:
            if named is None and region.name in FACE_REGIONS:
                return starts
            affine = from_landmarks(first[:, :2], second[:, :2], region, self.settings)
            return [(affine, named)]
        for other in (named,) if named is not None else self.after_face.regions:
            found = from_features(self.before, region.box, self.after, other.box, self.settings)
            if found is not None:
                starts.append((found, other))
        return starts

    def region(
        self, region: Region, affine: Affine, other: Region | None
    ) -> tuple[RegionAlignment, float]:
        """Align one region from a rough map; also tell the texture agreement of all its skin."""
        settings = self.settings
        scale = affine_scale(affine)
        coarser = 1.0 / scale if scale < settings.shrink_below else 1.0
        step = max(coarser, self.steps_px.get(region.name, 1.0))
        grid = region_grid(region.box, step)
        to_grid = np.array([[step, 0.0, grid.x0], [0.0, step, grid.y0], [0.0, 0.0, 1.0]])
        on_grid = affine @ to_grid
        skin = on_grid_mask(region.skin, region.box, grid)
        before = _before_texture(self.before, region.box, grid)
        patch = cut(self.after.pixels, self._reach(on_grid, grid.shape))
        field = align_dense(before, skin, patch, on_grid, settings)
        after_skin = self._after_skin(field.after_map, other)
        return assess(region.name, grid, field, skin, after_skin, settings)

    def _reach(self, on_grid: Affine, shape: tuple[int, int]) -> Box:
        """Return the part of the after photo that may hold the region."""
        rows, cols = shape
        corners = np.array([[0, 0, 1], [cols, 0, 1], [0, rows, 1], [cols, rows, 1]]) @ on_grid.T
        margin = self.settings.reach_margin * float(np.max(np.ptp(corners, axis=0)))
        size = (self.after.width_px, self.after.height_px)
        low = np.clip(np.floor(corners.min(axis=0) - margin), 0, np.array(size) - 16)
        high = np.clip(np.ceil(corners.max(axis=0) + margin), low + 16, size)
        return Box(*low.astype(int).tolist(), *high.astype(int).tolist())

    def _after_skin(self, after_map: FloatImage, other: Region | None) -> Mask:
        """Return the after photo's usable skin on the grid."""
        x, y = after_map[..., 0], after_map[..., 1]
        if other is None:
            width, height = self.after.width_px, self.after.height_px
            return np.asarray((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))
        skin = cv2.remap(
            other.skin.astype(np.float32),
            x - np.float32(other.box.x0),
            y - np.float32(other.box.y0),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0.0,
        )
        # Whole neighbourhood skin, up to the rounding of the interpolation.
        return np.asarray(skin > 0.99)


def _before_texture(before: Photo, box: Box, grid: Grid) -> FloatImage:
    """Return the before photo's log luminance on the grid."""
    if grid.step_px == 1.0:
        return log_luminance(before.pixels[box.slices])
    return shrunk(before, grid, log_luminance, cv2.INTER_CUBIC)


def _same_pixels(before: Photo, after: Photo) -> bool:
    """Tell whether two photos are one picture; few pixels tell most that are not."""
    if before.sha256 == after.sha256:
        return True
    sparse = (slice(None, None, _SPARSE), slice(None, None, _SPARSE))
    return np.array_equal(before.pixels[sparse], after.pixels[sparse]) and np.array_equal(
        before.pixels, after.pixels
    )


def _same_photo(
    before: Photo, before_face: Face, after_face: Face, steps_px: Mapping[str, float]
) -> Alignment:
    """Return the exact identity between two copies of one picture."""
    regions = []
    for region in before_face.regions:
        other = after_face.region(region.name)
        grid = region_grid(region.box, steps_px.get(region.name, 1.0))
        after_skin = region.skin
        if other is not None and other.box != region.box:
            frame = np.zeros((before.height_px, before.width_px), dtype=bool)
            frame[other.box.slices] = other.skin
            after_skin = frame[region.box.slices]
        elif other is not None:
            after_skin = other.skin
        one, two = (on_grid_mask(skin, region.box, grid) for skin in (region.skin, after_skin))
        common = one & two
        regions.append(
            RegionAlignment(
                name=region.name,
                grid=grid,
                after_map=places(grid),
                before_skin=one,
                after_skin=two,
                common=common,
                residual_median_px=0.0,
                residual_p95_px=0.0,
                correlation=1.0,
                common_share=float(common.sum() / max(one.sum(), 1)),
                scale_ratio=1.0,
            )
        )
    note = "Both photos are the same picture."
    return Alignment(tuple(regions), _PLAIN, same_photo=True, notes=(note,))


def _mirror(photo: Photo, face: Face) -> tuple[Photo, Face]:
    """Return a photo and its face as a mirror shows them, left and right still the person's."""
    width = photo.width_px
    mirrored = replace(photo, pixels=np.ascontiguousarray(photo.pixels[:, ::-1]), sha256="")
    regions = []
    for region in face.regions:
        if face.landmarks_px is not None and region.name not in FACE_REGIONS:
            continue  # carried over by the mesh, to the wrong side of a mirrored face
        box = Box(width - region.box.x1, region.box.y0, width - region.box.x0, region.box.y1)
        polygon = np.column_stack((width - 1 - region.polygon[:, 0], region.polygon[:, 1]))
        name = _OTHER_SIDE.get(region.name, region.name)
        regions.append(
            replace(region, name=name, polygon=polygon, box=box, skin=region.skin[:, ::-1])
        )
    landmarks = face.landmarks_px
    if landmarks is not None:
        partner = mirror_partners(landmarks)
        landmarks = landmarks[partner] * (-1.0, 1.0, 1.0) + (width - 1.0, 0.0, 0.0)
    return mirrored, replace(face, regions=tuple(regions), landmarks_px=landmarks)


def _unmirror(alignment: Alignment, width: int) -> Alignment:
    """Return an alignment to a mirrored photo as one to the photo as it was given."""
    regions = []
    for region in alignment.regions:
        given = region.after_map.copy()
        given[..., 0] = np.float32(width - 1) - given[..., 0]
        regions.append(replace(region, after_map=given))
    note = "The after photo is mirrored, as selfies often are; it was turned back."
    return replace(alignment, regions=tuple(regions), mirrored=True, notes=(note, *alignment.notes))
