"""A given photo photographed again without touching the skin, with the exact map between both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from poremetrics.errors import UsageError
from poremetrics.synthetic.colour import LUMINANCE, decode, encode
from poremetrics.synthetic.records import FloatImage, Rgb
from poremetrics.synthetic.sensor import compressed

Points = npt.NDArray[np.float64]
Preset = Literal["none", "gentle", "usual", "rough", "defocus", "other_light", "beauty"]

_WAVES = 6  # plane waves that make up the elastic field
_STRIP_ROWS = 512  # rows worked on at a time, so that 24 megapixels fit in little memory
_INVERSE_STEPS = 60  # fixed-point steps of the inverse map; each gains at least a factor of two


@dataclass(frozen=True, slots=True)
class Nuisance:
    """What differs between two photos of the same untouched skin.

    Attributes
    ----------
    turn_deg : float
        Turn of the after photo's content, clockwise.
    scale : float
        Size in the after photo / in the before photo.
    shift_px : (float, float)
        x, y in after pixels.
    elastic_px, elastic_wavelength_px : float
        Root-mean-square displacement of a smooth field (pose, expression) and its wavelength, in
        before pixels.
    elastic_seed : int
        Which field.
    light_gradient : float
        Relative change of light from one edge of the picture to the other.
    light_deg : float
        Direction in which it grows, 0 right, 90 up.
    exposure_stops : float
        Change of exposure.
    balance : (float, float, float)
        Gains of red, green and blue.
    blur_px : float
        Standard deviation of added blur, in after pixels.
    noise : float
        Standard deviation of added noise at linear 1; it falls with the square root of light.
    noise_seed : int
        Which noise.
    jpeg_quality : int or None
        None for no compression.
    relight : float
        Shading by light from another side, made from the skin's own fine structure; 0 none, 1
        as strong as the structure itself. It breaks the likeness of the two photos on purpose.
    smoothing : float
        Strength of a beauty filter: share of fine texture removed, edges kept.
    """

    turn_deg: float = 0.0
    scale: float = 1.0
    shift_px: tuple[float, float] = (0.0, 0.0)
    elastic_px: float = 0.0
    elastic_wavelength_px: float = 800.0
    elastic_seed: int = 0
    light_gradient: float = 0.0
    light_deg: float = 0.0
    exposure_stops: float = 0.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur_px: float = 0.0
    noise: float = 0.0
    noise_seed: int = 0
    jpeg_quality: int | None = None
    relight: float = 0.0
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if self.scale <= 0:
            raise UsageError("scale", f"{self.scale} is not positive", "give e.g. 0.95")
        if 2 * np.pi * self.elastic_px * np.sqrt(2.0) >= 0.5 * self.elastic_wavelength_px:
            raise UsageError(
                "elastic_px",
                f"{self.elastic_px} px over {self.elastic_wavelength_px} px would fold the skin",
                "make the wavelength at least 18 times the displacement",
            )


_USUAL = Nuisance(
    turn_deg=3.0,
    scale=0.95,
    shift_px=(12.0, -8.0),
    elastic_px=1.5,
    elastic_wavelength_px=900.0,
    light_gradient=0.15,
    exposure_stops=0.15,
    balance=(1.02, 1.0, 0.97),
    blur_px=0.6,
    noise=0.003,
    jpeg_quality=90,
)
PRESETS: dict[Preset, Nuisance] = {
    "none": Nuisance(),
    "gentle": replace(
        _USUAL,
        turn_deg=1.0,
        scale=0.98,
        elastic_px=0.6,
        light_gradient=0.06,
        exposure_stops=0.07,
        balance=(1.01, 1.0, 0.99),
        blur_px=0.3,
        noise=0.0015,
        jpeg_quality=95,
    ),
    "usual": _USUAL,
    "rough": replace(
        _USUAL,
        turn_deg=7.0,
        scale=0.85,
        elastic_px=3.0,
        light_gradient=0.3,
        exposure_stops=0.3,
        balance=(1.05, 1.0, 0.93),
        blur_px=1.1,
        noise=0.006,
        jpeg_quality=80,
    ),
    "defocus": replace(_USUAL, blur_px=4.0),
    "other_light": replace(_USUAL, relight=1.5, light_gradient=0.5),
    "beauty": replace(_USUAL, smoothing=0.8),
}
"""Strengths of the presets; ``usual`` is the pair of the project's first experiments. The last
three are hopeless on purpose and must be refused."""


def draw_nuisance(rng: np.random.Generator, preset: Preset = "usual") -> Nuisance:
    """Return a random nuisance of a preset's strength.

    Signs, directions and seeds are drawn; strengths vary by a quarter around the preset.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    preset : str
        One of :data:`PRESETS`.

    Raises
    ------
    UsageError
        There is no such preset.
    """
    if preset not in PRESETS:
        raise UsageError("preset", f"{preset!r} is unknown", f"give one of {', '.join(PRESETS)}")
    base = PRESETS[preset]
    sign = rng.choice([-1.0, 1.0], 5)
    vary = rng.uniform(0.75, 1.25, 5)
    warm = float(sign[2] * vary[2])
    return replace(
        base,
        turn_deg=base.turn_deg * float(sign[0] * vary[0]),
        scale=float(base.scale ** vary[1]),
        shift_px=(base.shift_px[0] * float(sign[1]), base.shift_px[1] * float(sign[3])),
        elastic_seed=int(rng.integers(2**31)),
        light_gradient=base.light_gradient * float(vary[3]),
        light_deg=float(rng.uniform(0, 360)),
        exposure_stops=base.exposure_stops * float(sign[4]),
        balance=(base.balance[0] ** warm, 1.0, base.balance[2] ** warm),
        blur_px=base.blur_px * float(vary[4]),
        noise_seed=int(rng.integers(2**31)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PhotoMap:
    """Exact map between a before photo and its re-shot after photo.

    Attributes
    ----------
    nuisance : Nuisance
        Geometry.
    before_shape, after_shape : (int, int)
        Rows and columns of both pictures.
    """

    nuisance: Nuisance
    before_shape: tuple[int, int]
    after_shape: tuple[int, int]

    def to_before(self, xy: npt.ArrayLike) -> Points:
        """Map (N, 2) places of the after photo to the before photo."""
        plain = (np.asarray(xy, np.float64) - self._offset) @ np.linalg.inv(self._linear).T
        return plain + self._elastic(plain)

    def to_after(self, xy: npt.ArrayLike) -> Points:
        """Map (N, 2) places of the before photo to the after photo."""
        wanted = np.asarray(xy, np.float64)
        plain = wanted.copy()
        if self.nuisance.elastic_px > 0.0:
            for _ in range(_INVERSE_STEPS):
                plain = wanted - self._elastic(plain)
        return plain @ self._linear.T + self._offset

    def after_field(self, box: tuple[int, int, int, int] | None = None) -> FloatImage:
        """Return x, y in the after photo of every before pixel, (h, w, 2) float32.

        Parameters
        ----------
        box : (x0, y0, x1, y1), optional
            Half-open part of the before photo; all of it by default.
        """
        x0, y0, x1, y1 = box or (0, 0, self.before_shape[1], self.before_shape[0])
        grid = np.stack(np.meshgrid(np.arange(x0, x1), np.arange(y0, y1)), axis=-1)
        return self.to_after(grid.reshape(-1, 2)).reshape(grid.shape).astype(np.float32)

    @property
    def _linear(self) -> Points:
        turn = np.deg2rad(self.nuisance.turn_deg)
        return self.nuisance.scale * np.array(
            [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        )

    @property
    def _offset(self) -> Points:
        before = (np.array(self.before_shape[::-1]) - 1) / 2
        after = (np.array(self.after_shape[::-1]) - 1) / 2
        return np.asarray(after + self.nuisance.shift_px - self._linear @ before, np.float64)

    def _elastic(self, xy: Points) -> Points:
        """Return the smooth displacement at undistorted before places, from plane waves."""
        if self.nuisance.elastic_px == 0.0:
            return np.zeros_like(xy)
        rng = np.random.default_rng(self.nuisance.elastic_seed)
        heading = rng.uniform(0, 2 * np.pi, (2, _WAVES))
        phase = rng.uniform(0, 2 * np.pi, (2, _WAVES))
        pitch = (
            2 * np.pi / (self.nuisance.elastic_wavelength_px * rng.uniform(1.0, 2.0, (2, _WAVES)))
        )
        # Each component has half the mean square; a wave of amplitude a has a mean square a²/2.
        amplitude = self.nuisance.elastic_px / np.sqrt(_WAVES)
        out = np.zeros_like(xy)
        for axis in range(2):
            for wave in range(_WAVES):
                along = xy[..., 0] * np.cos(heading[axis, wave]) + xy[..., 1] * np.sin(
                    heading[axis, wave]
                )
                out[..., axis] += amplitude * np.sin(pitch[axis, wave] * along + phase[axis, wave])
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Reshot:
    """The second photo.

    Attributes
    ----------
    pixels : (H, W, 3) uint8
        sRGB, of the size of the first unless another was asked for.
    map : PhotoMap
        Exact map between both photos.
    nuisance : Nuisance
        What differs.
    """

    pixels: Rgb
    map: PhotoMap
    nuisance: Nuisance


def reshoot(
    pixels: Rgb,
    nuisance: Nuisance | np.random.Generator,
    preset: Preset = "usual",
    *,
    after_shape: tuple[int, int] | None = None,
) -> Reshot:
    """Photograph a photo again.

    Everything optical happens in linear light; fine structure that the smaller picture cannot
    hold is filtered out before sampling.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        sRGB.
    nuisance : Nuisance or numpy.random.Generator
        What differs; from a generator it is drawn at the strength of ``preset``.
    preset : str
        One of :data:`PRESETS`; only used with a generator.
    after_shape : (int, int), optional
        Rows and columns of the result; those of ``pixels`` by default. Skin stays in the middle.

    Returns
    -------
    Reshot
        Picture and exact map.
    """
    if isinstance(nuisance, np.random.Generator):
        nuisance = draw_nuisance(nuisance, preset)
    shape = after_shape or (pixels.shape[0], pixels.shape[1])
    mapping = PhotoMap(nuisance, (pixels.shape[0], pixels.shape[1]), shape)
    light = decode(_beautified(pixels, nuisance.smoothing))
    light = _relit(light, nuisance)
    light = _resampled(light, mapping)
    if nuisance.blur_px > 0.0:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), nuisance.blur_px), np.float32)
    light *= _illumination(shape, nuisance)[..., None]
    light *= np.array(nuisance.balance, np.float32) * np.float32(2.0**nuisance.exposure_stops)
    if nuisance.noise > 0.0:
        rng = np.random.default_rng(nuisance.noise_seed)
        for rows in _strips(shape[0]):
            grain = rng.standard_normal(light[rows].shape, dtype=np.float32)
            light[rows] += np.float32(nuisance.noise) * np.sqrt(np.maximum(light[rows], 0)) * grain
    coded = np.empty((*shape, 3), np.uint8)
    for rows in _strips(shape[0]):
        coded[rows] = encode(light[rows])
    return Reshot(compressed(coded, nuisance.jpeg_quality), mapping, nuisance)


def _strips(rows: int) -> list[slice]:
    """Return slices of at most ``_STRIP_ROWS`` rows."""
    return [slice(top, min(top + _STRIP_ROWS, rows)) for top in range(0, rows, _STRIP_ROWS)]


def _resampled(light: FloatImage, mapping: PhotoMap) -> FloatImage:
    """Return the light at the pixels of the after photo."""
    geometry = replace(Nuisance(), elastic_wavelength_px=mapping.nuisance.elastic_wavelength_px)
    same = replace(
        geometry,
        turn_deg=mapping.nuisance.turn_deg,
        scale=mapping.nuisance.scale,
        shift_px=mapping.nuisance.shift_px,
        elastic_px=mapping.nuisance.elastic_px,
    )
    if same == geometry and mapping.before_shape == mapping.after_shape:
        return light
    scale = mapping.nuisance.scale
    if scale < 1.0:
        sigma = 0.5 * float(np.sqrt(1.0 / scale**2 - 1.0))
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), sigma), np.float32)
    rows_after, cols_after = mapping.after_shape
    out = np.empty((rows_after, cols_after, 3), np.float32)
    cols = np.arange(cols_after)
    for rows in _strips(rows_after):
        grid = np.stack(np.meshgrid(cols, np.arange(rows.start, rows.stop)), axis=-1)
        source = mapping.to_before(grid.reshape(-1, 2)).reshape(grid.shape).astype(np.float32)
        # Outside the first photo nothing is known; smeared edges bring no false skin.
        out[rows] = cv2.remap(
            light,
            source,
            None,
            cv2.INTER_LANCZOS4,
            borderMode=cv2.BORDER_REPLICATE,
        )
    return np.maximum(out, 0.0)


def _illumination(shape: tuple[int, int], nuisance: Nuisance) -> FloatImage:
    """Return the light gradient over the after photo, 1 in the middle."""
    light = np.deg2rad(nuisance.light_deg)
    x = np.linspace(-0.5, 0.5, shape[1], dtype=np.float32)[None] * np.float32(np.cos(light))
    y = np.linspace(-0.5, 0.5, shape[0], dtype=np.float32)[:, None] * np.float32(np.sin(light))
    return np.asarray(np.exp(np.float32(np.log1p(nuisance.light_gradient)) * (x - y)), np.float32)


def _relit(light: FloatImage, nuisance: Nuisance) -> FloatImage:
    """Return the light with fine structure shaded from the side of ``light_deg``."""
    if nuisance.relight == 0.0:
        return light
    log = np.log(np.maximum(light @ LUMINANCE, np.float32(1e-3)))
    fine = np.asarray(cv2.GaussianBlur(log, (0, 0), 1.0) - cv2.GaussianBlur(log, (0, 0), 6.0))
    angle = np.deg2rad(nuisance.light_deg)
    slope = np.cos(angle) * np.gradient(fine, axis=1) - np.sin(angle) * np.gradient(fine, axis=0)
    slope *= fine.std() / max(float(slope.std()), 1e-9)
    # The old shading goes, the new one comes; hard edges (eyes, hair) stay as they are.
    change = np.clip(nuisance.relight * (slope - 0.7 * fine), -0.4, 0.4).astype(np.float32)
    return np.asarray(light * np.exp(change)[..., None], np.float32)


def _beautified(pixels: Rgb, strength: float) -> Rgb:
    """Return the picture after an edge-keeping smoothing of fine texture."""
    if strength == 0.0:
        return pixels
    smooth = pixels
    for _ in range(2):
        smooth = np.asarray(cv2.bilateralFilter(smooth, 11, 30.0, 5.0), np.uint8)
    return np.asarray(cv2.addWeighted(smooth, strength, pixels, 1.0 - strength, 0.0), np.uint8)
