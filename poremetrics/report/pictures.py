"""Pictures of the skin for the report: cut out, aligned, covered, encoded. Nothing is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.model import (
    Box,
    Comparison,
    Face,
    FloatImage,
    Measurement,
    Photo,
    Points,
    Region,
    RegionAlignment,
    Rgb,
)
from poremetrics.report.marks import clearest
from poremetrics.report.privacy import covered, eye_bands
from poremetrics.report.tables import rows_of
from poremetrics.settings.report import ReportSettings

_JPEG = "image/jpeg"
_LEAST_REDUCTION = 1.2
"""Once reduced, by at least this: beside 99 % a detail at full size would show nothing new."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture of part of the before photo, or of what lies there in the after photo.

    Attributes
    ----------
    pixels : (h, w, 3) uint8
        sRGB.
    x0, y0 : float
        Position of pixel ``[0, 0]`` in the before photo.
    step_px : float
        Photo pixels per picture pixel; 1 shows every pixel.
    """

    pixels: Rgb
    x0: float
    y0: float
    step_px: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return int(self.pixels.shape[1]), int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class PairView:
    """The same place in both photos."""

    before: View
    after: View


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The photos as they may be shown: with the eyes covered unless that was switched off.

    ``bands`` are the outlines of what is covered in the before and in the after photo.
    """

    before: Photo
    after: Photo | None
    bands: tuple[tuple[Points, ...], tuple[Points, ...]] = ((), ())

    def near_band(self, frame: pd.DataFrame, reach_px: float) -> pd.Series:
        """Return which rows of ``marks`` lie within a distance of what is covered."""
        near = pd.Series(False, index=frame.index)
        columns = (("x_px", "y_px"), ("x_after_px", "y_after_px"))
        for bands, names in zip(self.bands, columns, strict=True):
            for band in bands:
                near |= _distance(band, frame[list(names)].to_numpy(np.float64)) < reach_px
        return near


def shown(result: Comparison | Measurement, *, anonymise: bool) -> Shown:
    """Return the photos of a result as they may be shown."""
    looked_for, settings = result.settings.face, result.settings.report
    if isinstance(result, Measurement):
        if not anonymise:
            return Shown(result.photo, None)
        bands = eye_bands(result.photo, result.face, looked_for, settings)
        return Shown(covered(result.photo, bands), None, (bands, ()))
    if not anonymise:
        return Shown(result.before, result.after)
    before = eye_bands(result.before, result.before_face, looked_for, settings)
    after = eye_bands(result.after, result.after_face, looked_for, settings)
    return Shown(covered(result.before, before), covered(result.after, after), (before, after))


def _distance(band: Points, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the distance of (N, 2) places to a convex outline, below 0 inside, NaN as far off."""
    ends = np.roll(band, -1, axis=0)
    along = ends - band
    length = np.hypot(along[:, 0], along[:, 1])
    middle = band.mean(axis=0)
    normal = np.stack([along[:, 1], -along[:, 0]], axis=1) / length[:, None]
    outward = np.sign(((band - middle) * normal).sum(axis=1))[:, None] * normal
    # The largest distance from a side's line: exact inside and beside, a little short at corners.
    away = ((xy[:, None, :] - band[None]) * outward[None]).sum(axis=2).max(axis=1)
    return np.where(np.isfinite(away), away, np.inf)


def clearest_shown(
    result: Comparison | Measurement, photos: Shown, frame: pd.DataFrame
) -> pd.DataFrame:
    """Return the pores of the strip, of the rows of ``marks``; none beside what is covered."""
    settings = result.settings.report
    if frame.empty:
        return frame
    reach = strip_width_px(frame, settings)
    return clearest(frame[~photos.near_band(frame, reach)], settings.strip_pores)


def encode(pixels: Rgb, settings: ReportSettings) -> tuple[bytes, str]:
    """Return a picture as JPEG without any metadata, and its media type."""
    flags = [
        cv2.IMWRITE_JPEG_QUALITY, settings.jpeg_quality,
        cv2.IMWRITE_JPEG_OPTIMIZE, 0,
    ]  # fmt: skip
    ok, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), flags)
    if not ok:  # pragma: no cover - OpenCV encodes every 8-bit picture
        raise ValueError("picture could not be encoded")
    return data.tobytes(), _JPEG


def cut(photo: Photo, box: Box, step_px: float) -> View:
    """Return the part of ``photo`` inside ``box``, reduced by ``step_px``."""
    pixels = photo.pixels[box.slices]
    if step_px > 1.0:
        size = (
            max(1, round(pixels.shape[1] / step_px)),
            max(1, round(pixels.shape[0] / step_px)),
        )
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return View(np.ascontiguousarray(pixels), float(box.x0), float(box.y0), step_px)


def region_views(
    result: Comparison, photos: Shown, region: RegionAlignment
) -> tuple[PairView, PairView | None]:
    """Return a region in both photos, the after photo brought onto the before photo.

    Parameters
    ----------
    result : Comparison
        What was computed.
    photos : Shown
        Photos as they may be shown.
    region : RegionAlignment
        Region to be shown.

    Returns
    -------
    PairView
        The whole region, reduced where it is large.
    PairView or None
        A detail at full size where the whole was reduced.
    """
    settings = result.settings.report
    box = _grid_box(region, result.before, settings)
    whole = _pair(photos, region, box, _reduction(box, settings.picture_megapixels))
    if whole.before.step_px <= max(region.grid.step_px, 1.0):
        return whole, None
    return whole, _pair(photos, region, _detail_box(region, box, settings), region.grid.step_px)


def _reduction(box: Box, megapixels: float) -> float:
    rows, columns = box.shape
    factor = math.sqrt(rows * columns / (megapixels * 1e6))
    return 1.0 if factor <= 1.0 else max(factor, _LEAST_REDUCTION)


def _grid_box(region: RegionAlignment, photo: Photo, settings: ReportSettings) -> Box:
    """Return the part of the before photo around the region's usable skin."""
    rows, columns = np.nonzero(region.before_skin)
    grid = region.grid
    if rows.size == 0:
        rows, columns = np.array([0, grid.shape[0] - 1]), np.array([0, grid.shape[1] - 1])
    corners = grid.to_photo(
        np.array([[columns.min(), rows.min()], [columns.max(), rows.max()]], dtype=np.float64)
    )
    return _with_margin(corners, photo, settings)


def _with_margin(corners: npt.NDArray[np.float64], photo: Photo, settings: ReportSettings) -> Box:
    margin = settings.picture_margin_share * float(np.max(corners[1] - corners[0]))
    x0, y0 = np.floor(corners[0] - margin).astype(int)
    x1, y1 = np.ceil(corners[1] + margin).astype(int) + 1
    return Box(max(x0, 0), max(y0, 0), min(x1, photo.width_px), min(y1, photo.height_px))


def _detail_box(region: RegionAlignment, box: Box, settings: ReportSettings) -> Box:
    """Return a square in the middle of the common area."""
    rows, columns = np.nonzero(region.common if region.common.any() else region.before_skin)
    middle = (
        np.array([columns.mean(), rows.mean()]) if rows.size else np.array(region.grid.shape) / 2.0
    )
    x, y = region.grid.to_photo(middle[None, :])[0]
    half = math.sqrt(settings.detail_megapixels * 1e6) / 2.0
    x0 = int(np.clip(x - half, box.x0, max(box.x0, box.x1 - 2 * half)))
    y0 = int(np.clip(y - half, box.y0, max(box.y0, box.y1 - 2 * half)))
    return Box(x0, y0, min(x0 + int(2 * half), box.x1), min(y0 + int(2 * half), box.y1))


def _pair(photos: Shown, region: RegionAlignment, box: Box, step_px: float) -> PairView:
    step_px = max(step_px, region.grid.step_px)
    before = cut(photos.before, box, step_px)
    after = before.pixels if photos.after is None else _warped(photos.after, region, before)
    return PairView(before, View(after, before.x0, before.y0, before.step_px))


def _warped(after: Photo, region: RegionAlignment, view: View) -> Rgb:
    """Return the after photo at the places of ``view``, by the region's own map."""
    width, height = view.size
    grid = region.grid
    columns = (view.x0 + np.arange(width) * view.step_px - grid.x0) / grid.step_px
    rows = (view.y0 + np.arange(height) * view.step_px - grid.y0) / grid.step_px
    map_x = _resampled(region.after_map[..., 0], rows, columns)
    map_y = _resampled(region.after_map[..., 1], rows, columns)
    pixels = after.pixels
    coarser = view.step_px * region.scale_ratio if math.isfinite(region.scale_ratio) else 1.0
    if coarser > 1.5:
        # Reduced by areas first, so that nothing finer than the picture is left to alias.
        size = (round(after.width_px / coarser), round(after.height_px / coarser))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        map_x = ((map_x + 0.5) * (size[0] / after.width_px) - 0.5).astype(np.float32)
        map_y = ((map_y + 0.5) * (size[1] / after.height_px) - 0.5).astype(np.float32)
    return np.asarray(
        cv2.remap(
            pixels, map_x, map_y, cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(236, 238, 239),
        ),
        dtype=np.uint8,
    )  # fmt: skip


def _resampled(
    plane: FloatImage, rows: npt.NDArray[np.floating], columns: npt.NDArray[np.floating]
) -> FloatImage:
    """Return ``plane`` at the given rows and columns, continued linearly past its border.

    The map is smooth, so linear interpolation keeps it; past the grid, in the picture's margin,
    the slope of the border goes on.
    """
    height, width = plane.shape
    inside_x = np.clip(columns, 0, width - 1)
    inside_y = np.clip(rows, 0, height - 1)
    grid_x, grid_y = np.meshgrid(inside_x.astype(np.float32), inside_y.astype(np.float32))
    values = cv2.remap(
        np.ascontiguousarray(plane), grid_x, grid_y, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    slope_x = float(plane[:, -1].mean() - plane[:, 0].mean()) / max(width - 1, 1)
    slope_y_of_x = float(plane[-1].mean() - plane[0].mean()) / max(height - 1, 1)
    beyond = (columns - inside_x)[None, :] * slope_x + (rows - inside_y)[:, None] * slope_y_of_x
    return np.asarray(values + beyond, dtype=np.float32)


def strip_width_px(chosen: pd.DataFrame, settings: ReportSettings) -> float:
    """Return how many pixels of the (before) photo a picture of the strip is wide."""
    return settings.strip_diameters * float(chosen["diameter_px"].median())


def strip(result: Comparison | Measurement, photos: Shown, chosen: pd.DataFrame) -> Rgb | None:
    """Return the clearest single pores side by side, before above after, at one scale.

    Parameters
    ----------
    result : Comparison or Measurement
        What was computed.
    photos : Shown
        Photos as they may be shown.
    chosen : DataFrame
        Pores to show, of :func:`clearest_shown`.

    Returns
    -------
    (h, w, 3) uint8 or None
        One column per pore; None where there is none.
    """
    if chosen.empty:
        return None
    settings = result.settings.report
    side, gap = settings.strip_side_px, max(2, settings.strip_side_px // 24)
    width_px = strip_width_px(chosen, settings)
    alignments = {} if isinstance(result, Measurement) else {
        region.name: region for region in result.alignment.regions
    }  # fmt: skip
    rows = [[_at(photos.before, row.x_px, row.y_px, width_px, side) for row in rows_of(chosen)]]
    if photos.after is not None:
        rows.append(
            [
                _at(
                    photos.after,
                    row.x_after_px,
                    row.y_after_px,
                    width_px * alignments[row.region].scale_ratio,
                    side,
                )
                for row in rows_of(chosen)
            ]
        )
    height = len(rows) * (side + gap) - gap
    canvas = np.full((height, len(rows[0]) * (side + gap) - gap, 3), 255, dtype=np.uint8)
    for i, row in enumerate(rows):
        for j, tile in enumerate(row):
            y, x = i * (side + gap), j * (side + gap)
            canvas[y : y + side, x : x + side] = tile
    return canvas


def _at(photo: Photo, x: float, y: float, width_px: float, side: int) -> Rgb:
    """Return the square of ``width_px`` around a place, drawn ``side`` pixels wide."""
    step = width_px / side
    half = (side - 1) / 2.0
    turn = np.array([[step, 0.0, x - step * half], [0.0, step, y - step * half]])
    return np.asarray(
        cv2.warpAffine(
            photo.pixels, turn, (side, side), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )  # fmt: skip


def region_view(photo: Photo, region: Region, settings: ReportSettings) -> View:
    """Return one region of one photo, reduced where it is large."""
    corners = np.array(
        [[region.box.x0, region.box.y0], [region.box.x1 - 1, region.box.y1 - 1]], dtype=np.float64
    )
    box = _with_margin(corners, photo, settings)
    return cut(photo, box, _reduction(box, settings.picture_megapixels))


def overview(photo: Photo, face: Face, settings: ReportSettings) -> View:
    """Return the face alone, small: nobody else who is in the photo."""
    if face.landmarks_px is None:
        outline = np.concatenate([region.polygon for region in face.regions])
    else:
        outline = face.landmarks_px[:, :2]
    corners = np.stack([outline.min(axis=0), outline.max(axis=0)])
    box = _with_margin(corners, photo, settings)
    return cut(photo, box, max(1.0, box.shape[0] / settings.overview_height_px))
