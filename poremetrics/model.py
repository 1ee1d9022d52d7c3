"""The frozen records that travel between rooms; their tables' columns are in ``columns``.

Coordinates are ``(x, y)`` in tables and records and ``[row, col]`` in arrays; pixel centres lie
at integers. Arrays inside records are treated as read-only by every room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.columns import CONTRASTS, table
from poremetrics.settings import Settings

Rgb = npt.NDArray[np.uint8]
"""(H, W, 3) uint8 sRGB."""
FloatImage = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]
"""(N, 2) x, y in pixels."""

View = Literal["face", "closeup"]
Verdict = Literal["decreased", "increased", "no detectable change", "not comparable"]
ScaleSource = Literal["given", "marker", "ipd", "iris", "population"]

FACE_REGIONS = ("left_cheek", "right_cheek", "nose", "forehead")
"""Regions of a face; left and right are the person's own."""


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """What the file says about how the photo was taken. Location is never kept.

    Facts serve the comparability checks; none of them is written to an output as it stands.

    Attributes
    ----------
    file_format : str
        As Pillow names it, e.g. ``JPEG``.
    bit_depth : int
        Bits per channel of the file.
    taken_at : datetime or None
        When it was taken, by the camera's clock.
    camera : str or None
        Maker and model.
    focal_length_35mm : float or None
        Focal length in mm, as of 35 mm film.
    jpeg_quality : float or None
        Quality of the last JPEG encoding, 1..100, from its luma quantisation table.
    icc_profile : bool
        The file carries a colour profile.
    notes : tuple of str
        Plain sentences on what had to be assumed when it was read.
    """

    file_format: str
    bit_depth: int = 8
    taken_at: datetime | None = None
    camera: str | None = None
    focal_length_35mm: float | None = None
    jpeg_quality: float | None = None
    icc_profile: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One picture, decoded, upright, in sRGB.

    Attributes
    ----------
    pixels : (H, W, 3) uint8
        sRGB, read-only.
    sha256 : str
        Of the file's bytes, or of the pixels where there is no file.
    facts : CaptureFacts
        How it was taken.
    """

    pixels: Rgb
    sha256: str
    facts: CaptureFacts

    @property
    def width_px(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height_px(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class Scale:
    """Millimetres per pixel on the skin of a region.

    Attributes
    ----------
    mm_per_px : float
        Scale at the region.
    rel_sd : float
        Relative standard uncertainty, e.g. 0.036 for an iris seen in one photo.
    source : str
        ``given``, ``marker``, ``ipd``, ``iris`` or ``population``.
    """

    mm_per_px: float
    rel_sd: float
    source: ScaleSource


@dataclass(frozen=True, slots=True)
class Box:
    """Half-open pixel rectangle ``x0 <= x < x1``, ``y0 <= y < y1`` within a photo.

    Attributes
    ----------
    x0, y0 : int
        First column and row.
    x1, y1 : int
        Column and row after the last.
    """

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the rectangle in a photo's pixel array."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A named part of the skin in one photo.

    Attributes
    ----------
    name : str
        One of :data:`FACE_REGIONS`, ``closeup``, or a user's own name.
    polygon : (N, 2) float64
        Outline in the photo's pixels.
    box : Box
        Bounding rectangle of the outline, inside the photo.
    skin : (h, w) bool
        Usable skin inside ``box``: within the outline, free of hair, brows, nostrils, beard,
        glasses and glare.
    hidden : mapping of str to float
        Share of the outline's area left out, by reason (``hair``, ``glare``, ...).
    turned_deg : float
        Angle between the region's mean normal and the line of sight; NaN where unknown.
    scale : Scale or None
        Scale on this region's skin.
    """

    name: str
    polygon: Points
    box: Box
    skin: Mask
    hidden: Mapping[str, float] = field(default_factory=dict)
    turned_deg: float = float("nan")
    scale: Scale | None = None


@dataclass(frozen=True, slots=True)
class Pose:
    """Head pose in degrees; zero looks straight into the camera.

    Roll is taken out first: yaw and pitch are about the head's own axes, whichever way the photo
    lies.

    Attributes
    ----------
    yaw_deg : float
        Above 0 where the person's face points to the picture's right.
    pitch_deg : float
        Above 0 where it points up.
    roll_deg : float
        Above 0 where the head is turned clockwise in the picture.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """What was found in one photo: the regions of skin, and the face they belong to.

    Attributes
    ----------
    view : str
        ``face`` or ``closeup``.
    regions : tuple of Region
        At least one.
    landmarks_px : (468, 3) float64 or None
        Mesh points x, y, z in pixels of the photo (z towards the camera is negative); None in a
        close-up.
    pose : Pose or None
        Head pose; None in a close-up.
    expression : mapping of str to float
        Pose-free ratios of landmark distances (``mouth_open``, ``smile``, ...), compared between
        visits.
    notes : tuple of str
        Plain sentences for the report, e.g. that several faces were found.
    """

    view: View
    regions: tuple[Region, ...]
    landmarks_px: npt.NDArray[np.float64] | None = None
    pose: Pose | None = None
    expression: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def region(self, name: str) -> Region | None:
        """Return the region of that name, or None."""
        return next((region for region in self.regions if region.name == name), None)


@dataclass(frozen=True, slots=True)
class Grid:
    """The common sampling grid of a region: a regular lattice on the before photo.

    Grid pixel ``[row, col]`` lies at ``(x0 + step_px * col, y0 + step_px * row)`` of the before
    photo.

    Attributes
    ----------
    x0, y0 : float
        Place of its first pixel in the before photo.
    step_px : float
        1 unless the after photo is the coarser one, then above 1, so that no photo is ever
        enlarged.
    shape : (int, int)
        Rows and columns.
    """

    x0: float
    y0: float
    step_px: float
    shape: tuple[int, int]

    @classmethod
    def of_box(cls, box: Box) -> Grid:
        """Return the grid whose pixels are the photo's own inside ``box``."""
        return cls(float(box.x0), float(box.y0), 1.0, box.shape)

    def to_photo(self, xy: Points) -> Points:
        """Map (N, 2) grid positions to positions in the before photo."""
        return np.asarray(xy, dtype=np.float64) * self.step_px + (self.x0, self.y0)


@dataclass(frozen=True, slots=True, eq=False)
class RegionAlignment:
    """How one region of the after photo lies on the before photo.

    Attributes
    ----------
    name : str
        Region.
    grid : Grid
        Common sampling grid; everything below with a shape lives on it.
    after_map : (h, w, 2) float32
        x, y in the after photo of every grid pixel.
    before_skin, after_skin : (h, w) bool
        Usable skin of each photo, on the grid.
    common : (h, w) bool
        Common area: skin of both, in focus in both, where the alignment is trusted.
    residual_median_px, residual_p95_px : float
        Estimated alignment error over the common area, in grid pixels.
    correlation : float
        Texture correlation of the two aligned skins over the common area, -1..1.
    common_share : float
        Common area / skin of the before photo in the region, 0..1.
    scale_ratio : float
        Size of the skin in after pixels / in before pixels, over the common area.
    """

    name: str
    grid: Grid
    after_map: FloatImage
    before_skin: Mask
    after_skin: Mask
    common: Mask
    residual_median_px: float
    residual_p95_px: float
    correlation: float
    common_share: float
    scale_ratio: float

    @property
    def steps_px(self) -> tuple[float, float]:
        """Pixels of the before and of the after photo per grid pixel."""
        return self.grid.step_px, self.grid.step_px * self.scale_ratio


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Map from the before photo to the after photo, region by region.

    Attributes
    ----------
    regions : tuple of RegionAlignment
        Regions found in both photos.
    model : str
        Name of the transformation model, for ``alignment.json``.
    mirrored : bool
        The after photo is a mirrored selfie; it was un-mirrored before anything else.
    same_photo : bool
        Both photos are the same picture.
    same_skin : bool
        False where the two photos show different people or different places.
    notes : tuple of str
        Plain sentences for the report.
    """

    regions: tuple[RegionAlignment, ...]
    model: str
    mirrored: bool = False
    same_photo: bool = False
    same_skin: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """Flattened skin of one region of one photo, on a grid.

    Attributes
    ----------
    darkening : (h, w) float32
        Natural logarithm of local skin luminance over luminance, linear light: 0 on bare skin,
        positive where darker. ``contrast = 1 - exp(-darkening)``.
    mask : (h, w) bool
        Where ``darkening`` may be used.
    noise : (h, w) float32
        Local robust standard deviation of ``darkening`` (fine noise and micro-relief together).
    redness, brownness : (h, w) float32
        Chromatic residuals of the same flattening (log red/green, log green/blue), for telling
        pigment from shadow.
    blur_px : float
        Standard deviation of the photo's point spread, in grid pixels.
    """

    darkening: FloatImage
    mask: Mask
    noise: FloatImage
    redness: FloatImage
    brownness: FloatImage
    blur_px: float


@dataclass(frozen=True, slots=True)
class Conditions:
    """How the two aligned skins of a region differ, and what was done about it.

    Attributes
    ----------
    relative_blur_px : float
        sqrt(|sigma_after^2 - sigma_before^2|) in grid pixels, signed: > 0 where after is softer.
    gain : float
        Contrast of the skin between pores, after / before, once blur is matched.
    noise_ratio : float
        Noise after / before, before matching.
    correlation : float
        Texture correlation once matched, -1..1.
    blur_px : float
        Point spread of both once matched, in grid pixels.
    blur_sd_px2 : float
        Standard error of the signed ``relative_blur_px²``, in squared grid pixels.
    """

    relative_blur_px: float
    gain: float
    noise_ratio: float
    correlation: float
    blur_px: float
    blur_sd_px2: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """What produced a result: versions and time, nothing about the patient or the machine.

    Attributes
    ----------
    created_at : datetime
        When, in UTC.
    versions : mapping of str to str
        Of this package and of the libraries that computed.
    """

    created_at: datetime
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """Result of measuring one photo.

    Attributes
    ----------
    photo : Photo
        The photo.
    face : Face
        What was found in it.
    pores, regions, quality : DataFrame
        Columns of :data:`PORES`, :data:`REGIONS`, :data:`QUALITY`.
    settings : Settings
        Tunables it was made with.
    provenance : Provenance
        What produced it.
    """

    photo: Photo
    face: Face
    pores: pd.DataFrame
    regions: pd.DataFrame
    quality: pd.DataFrame
    settings: Settings
    provenance: Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Result of comparing two photos of one person.

    Attributes
    ----------
    before, after : Photo
        The two photos.
    before_face, after_face : Face
        What was found in them.
    alignment : Alignment
        How they lie on each other.
    pores, links, regions, changes, quality : DataFrame
        Columns of :data:`PORES`, :data:`LINKS`, :data:`REGIONS`, :data:`CHANGES`,
        :data:`QUALITY`.
    settings : Settings
        Tunables it was made with.
    provenance : Provenance
        What produced it.
    days_since_treatment : float or None
        Days between the last treatment and the after photo.
    contrasts : DataFrame
        Columns of :data:`poremetrics.columns.CONTRASTS`; empty where no control region was named.
    """

    before: Photo
    after: Photo
    before_face: Face
    after_face: Face
    alignment: Alignment
    pores: pd.DataFrame
    links: pd.DataFrame
    regions: pd.DataFrame
    changes: pd.DataFrame
    quality: pd.DataFrame
    settings: Settings
    provenance: Provenance
    days_since_treatment: float | None = None
    contrasts: pd.DataFrame = field(default_factory=lambda: table([], CONTRASTS))
