"""What describes a synthetic subject, its treatment, its camera and the resulting picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from poremetrics.errors import UsageError

Tone = Literal["I", "II", "III", "IV", "V", "VI"]
FloatImage = npt.NDArray[np.float32]
Rgb = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]

TONES: tuple[Tone, ...] = ("I", "II", "III", "IV", "V", "VI")
"""Fitzpatrick skin types, lightest first."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Things on the skin that are not pores, in marks per cm².

    Attributes
    ----------
    freckles, moles, acne : float
        Brown spots of 0.6-2.5 mm, dark spots of 1.5-4 mm, red marks of 0.8-2.5 mm.
    vellus, hairs, stubble : float
        Fine light hairs, dark hairs of 3-12 mm, cut hairs of 0.2-1 mm.
    """

    freckles: float = 0.3
    moles: float = 0.03
    acne: float = 0.06
    vellus: float = 1.0
    hairs: float = 0.02
    stubble: float = 0.0


NO_MARKS = Marks(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Skin with nothing on it but pores."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a piece of skin is like.

    Attributes
    ----------
    width_mm, height_mm : float
        Field of skin.
    grain_px_per_mm : float
        Sampling of relief and pigment; at or above the finest camera that will look at them.
    tone : str
        Fitzpatrick type.
    pores_per_cm2 : float
        Density of pores of all sizes.
    median_diameter_um, diameter_spread : float
        Median and standard deviation of the logarithm of the pores' full width at half depth.
    diameter_range_um : (float, float)
        Sizes outside are not drawn.
    median_contrast, contrast_spread : float
        Median darkening at the centre of a pore of median size before any camera blur, and
        standard deviation of its logarithm.
    sharpness_range : (float, float)
        Range of the exponent of the profile ``exp(-ln 2 (r/a)^p)``: 2 is a Gaussian, 4 a pit with
        a flat bottom.
    elongation_spread : float
        Standard deviation of the logarithm of major over minor axis (half-normal).
    clustering : float
        Standard deviation of the logarithm of local density.
    plug_share : float
        Share of pores with a dark core.
    relief : float
        Standard deviation of the shading of furrows under grazing light, in log luminance.
    relief_unevenness : float
        Standard deviation of the logarithm of the relief's depth from place to place.
    fine_relief : float
        Share of the relief's squared slope that has no finest scale, 0..1.
    relief_spacing_mm : float
        Typical distance between furrows.
    mottling : float
        Standard deviation of pigment unevenness, in log luminance.
    redness : float
        Standard deviation of blood unevenness, in log green.
    marks : Marks
        What else is on the skin.
    """

    width_mm: float = 75.0
    height_mm: float = 56.0
    grain_px_per_mm: float = 16.0
    tone: Tone = "II"
    pores_per_cm2: float = 70.0
    median_diameter_um: float = 300.0
    diameter_spread: float = 0.28
    diameter_range_um: tuple[float, float] = (120.0, 750.0)
    median_contrast: float = 0.26
    contrast_spread: float = 0.35
    sharpness_range: tuple[float, float] = (2.2, 4.0)
    elongation_spread: float = 0.22
    clustering: float = 0.35
    plug_share: float = 0.08
    relief: float = 0.05
    relief_unevenness: float = 0.35
    fine_relief: float = 0.6
    relief_spacing_mm: float = 0.45
    mottling: float = 0.03
    redness: float = 0.05
    marks: Marks = field(default_factory=Marks)

    def __post_init__(self) -> None:
        if self.tone not in TONES:
            raise UsageError("tone", f"{self.tone!r} is no skin type", "give one of I..VI")
        if min(self.width_mm, self.height_mm, self.grain_px_per_mm) <= 0:
            raise UsageError("recipe", "a size is not positive", "give millimetres above 0")
        if not 0.0 < self.median_contrast < 1.0:
            raise UsageError(
                "median_contrast", f"{self.median_contrast} is not in 0..1", "give e.g. 0.2"
            )


CLEAR_PORES = Recipe()
"""Pores that stand out of rather smooth skin, as in a good close-up."""

FAINT_PORES = Recipe(
    pores_per_cm2=120.0,
    median_diameter_um=330.0,
    diameter_spread=0.25,
    median_contrast=0.17,
    contrast_spread=0.5,
    sharpness_range=(2.0, 3.0),
    elongation_spread=0.4,
    relief=0.075,
    relief_spacing_mm=0.42,
    mottling=0.04,
    redness=0.07,
)
"""Dense, soft, shallow pores in rough skin: strength and skewness of the texture as measured on
cheeks of portraits at about 12 px/mm. Three quarters of them are not visible by physics."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What happened to the skin between two photos.

    Attributes
    ----------
    diameter_ratio : float
        Geometric mean of pore diameter after / before.
    contrast_ratio : float
        Darkening at the centre (in log luminance) after / before.
    lost_share : float
        Share of pores that are gone.
    redness : float
        Added blood, in log green: 0.1 is a clear flush.
    spread : float
        Standard deviation of the logarithm of both ratios between pores.
    """

    diameter_ratio: float = 1.0
    contrast_ratio: float = 1.0
    lost_share: float = 0.0
    redness: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Camera:
    """How a piece of skin is photographed.

    Attributes
    ----------
    width_px, height_px : int
        Size of the picture.
    px_per_mm : float
        Scale on the skin.
    shift_px : (float, float)
        x, y by which the middle of the skin lies off the middle of the picture.
    turn_deg : float
        Turn of the skin in the picture, clockwise.
    light_deg : float
        Direction the light comes from in the picture, 0 right, 90 from above.
    light_slant : float
        0 frontal and flat (no shading of relief), 1 grazing.
    shine : float
        Peak of the mirror-like reflection against the skin's own light.
    fall_off : float
        Relative change of illumination from the middle to the bright edge.
    blur_px : float
        Standard deviation of the whole point spread (lens, filter, pixel).
    brightness : float
        Mean linear luminance of light skin in the picture; dark skin lies below it by half of its
        true difference, as exposed portraits do.
    balance : (float, float, float)
        Gains of red, green, blue.
    photons : float
        Photons at linear 1.0 per pixel; infinity for no shot noise.
    read_noise : float
        Standard deviation at linear 0.
    bayer : bool
        Sample through a colour filter array and demosaic.
    sharpen : float
        Strength of the camera's unsharp mask.
    jpeg_quality : int or None
        None for no compression.
    """

    width_px: int = 1200
    height_px: int = 900
    px_per_mm: float = 16.0
    shift_px: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0
    light_deg: float = 60.0
    light_slant: float = 0.6
    shine: float = 0.12
    fall_off: float = 0.15
    blur_px: float = 0.9
    brightness: float = 0.38
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    photons: float = 12000.0
    read_noise: float = 0.0007
    bayer: bool = False
    sharpen: float = 0.0
    jpeg_quality: int | None = 95

    def skin_to_photo(self, centre_mm: tuple[float, float]) -> Matrix:
        """Return the (2, 3) matrix from skin millimetres to picture pixels."""
        turn = np.deg2rad(self.turn_deg)
        linear = self.px_per_mm * np.array(
            [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        )
        middle = np.array([(self.width_px - 1) / 2, (self.height_px - 1) / 2]) + self.shift_px
        offset = middle - linear @ np.asarray(centre_mm)
        return np.column_stack([linear, offset])


PERFECT_CAMERA = Camera(
    light_slant=0.0,
    shine=0.0,
    fall_off=0.0,
    blur_px=0.0,
    photons=float("inf"),
    read_noise=0.0,
    jpeg_quality=None,
)
"""No blur, no noise, flat light: shows the skin as it was drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class SkinModel:
    """One subject's skin; photographed as often as wanted.

    Attributes
    ----------
    recipe : Recipe
        What it was made from.
    pores : DataFrame
        ``pore_id, x_mm, y_mm, diameter_um, elongation, angle_deg, depth`` (log luminance),
        ``sharpness, core, rim, lobes, phase_deg, plug`` and the ``fate_`` columns of
        treatments.
    marks : DataFrame
        ``kind, x_mm, y_mm, length_mm, width_mm, angle_deg, strength``.
    height, melanin, blood : (h, w) float32
        Relief of unit slope per mm, and log-density maps, at ``recipe.grain_px_per_mm``.
    """

    recipe: Recipe
    pores: pd.DataFrame
    marks: pd.DataFrame
    height: FloatImage
    melanin: FloatImage
    blood: FloatImage

    @property
    def centre_mm(self) -> tuple[float, float]:
        """Middle of the sampled field, x and y."""
        rows, cols = self.height.shape
        grain = self.recipe.grain_px_per_mm
        return (cols - 1) / 2 / grain, (rows - 1) / 2 / grain


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticSkin:
    """A picture of synthetic skin, and the truth about it.

    Attributes
    ----------
    picture : (H, W, 3) uint8
        sRGB.
    truth : DataFrame
        One row per pore inside the picture or present in the other photos of the subject:
        ``pore_id, x_px, y_px, diameter_px`` (full width at half depth before camera blur),
        ``major_px, minor_px, angle_deg, diameter_um, contrast`` (before blur), ``plug, present,
        inside`` (centre in the picture), ``snr`` (dip over skin noise at its scale), ``visible``.
    distractors : DataFrame
        ``kind, x_px, y_px, size_px``: what is not a pore.
    px_per_mm : float
        Scale on the skin.
    skin_to_photo : (2, 3) float64
        Map from skin millimetres to picture pixels.
    """

    picture: Rgb
    truth: pd.DataFrame
    distractors: pd.DataFrame
    px_per_mm: float
    skin_to_photo: Matrix
