"""A given photo photographed again without touching the skin, with the exact map between both."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from poremetrics.photo import to_linear, to_srgb8
from poremetrics.synthetic.colour import LUMINANCE
from poremetrics.synthetic.nuisance import WAVES, Nuisance, Preset, draw_nuisance
from poremetrics.synthetic.records import FloatImage, Rgb
from poremetrics.synthetic.sensor import compressed
from poremetrics.synthetic.turned import HeadTurn

Points = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]

_STRIP_ROWS = 512  # rows worked on at a time, so that 24 megapixels fit in little memory
_INVERSE_TOLERANCE_PX = 1e-11
_LARGEST_RELIGHT = 0.4  # change of log light by another shading of fine structure
_STEEPEST_RELIEF = 0.15  # in log light; clear pores reach it
_FADING = 0.1  # squared cosine to the old lamp at which waves have faded by half
_INVERSE_STEPS = 60  # fixed-point steps of the inverse map; each gains at least a factor of two


@dataclass(frozen=True, slots=True, eq=False)
class PhotoMap:
    """Exact map between a before photo and its re-shot after photo.

    Attributes
    ----------
    nuisance : Nuisance
        Geometry.
    before_shape, after_shape : (int, int)
        Rows and columns of both pictures.
    turn : HeadTurn, optional
        What the head did before all else.
    """

    nuisance: Nuisance
    before_shape: tuple[int, int]
    after_shape: tuple[int, int]
    turn: HeadTurn | None = None

    def to_before(self, xy: npt.ArrayLike) -> Points:
        """Map (N, 2) places of the after photo to the before photo."""
        plain = (np.asarray(xy, np.float64) - self._offset) @ np.linalg.inv(self._linear).T
        flat = plain + self._elastic(plain)
        return flat if self.turn is None else self.turn.to_before(flat)

    def to_after(self, xy: npt.ArrayLike) -> Points:
        """Map (N, 2) places of the before photo to the after photo."""
        wanted = np.asarray(xy, np.float64)
        if self.turn is not None:
            wanted = self.turn.to_after(wanted)
        plain = wanted.copy()
        if self.nuisance.elastic_px > 0.0:
            for _ in range(_INVERSE_STEPS):
                last, plain = plain, wanted - self._elastic(plain)
                if np.abs(plain - last).max(initial=0.0) < _INVERSE_TOLERANCE_PX:
                    break
        return plain @ self._linear.T + self._offset

    def before_field(self, rows: slice) -> FloatImage:
        """Return x, y in the before photo of some rows of after pixels, (h, w, 2) float32.

        A plane wave over a regular grid is a sum of two products of a row and a column, so the
        whole field costs a small matrix product instead of a sine per pixel and wave.
        """
        back = np.linalg.inv(self._linear)
        start = back @ (-self._offset)
        u = np.arange(self.after_shape[1], dtype=np.float64)
        v = np.arange(rows.start, rows.stop, dtype=np.float64)
        field = np.empty((len(v), len(u), 2), np.float32)
        for axis in range(2):
            field[..., axis] = back[axis, 0] * u[None] + back[axis, 1] * v[:, None] + start[axis]
        if self.nuisance.elastic_px > 0.0:
            self._add_elastic(field, back, start, u, v)
        if self.turn is None:
            return field
        flat = self.turn.to_before(field.reshape(-1, 2).astype(np.float64))
        return flat.reshape(field.shape).astype(np.float32)

    def _add_elastic(
        self, field: FloatImage, back: Floats, start: Floats, u: Floats, v: Floats
    ) -> None:
        """Add the elastic displacement at after pixels (u, v) to a field."""
        amplitude, waves, phase = self._waves()
        for axis in range(2):
            # Wave vectors in after pixels, phase at the after photo's first pixel.
            along = waves[axis] @ back
            across = along[:, :1] * u[None] + (phase[axis] + waves[axis] @ start)[:, None]
            down = along[:, 1:] * v[None]
            left = np.concatenate([np.cos(down), np.sin(down)]).astype(np.float32)
            right = np.concatenate([np.sin(across), np.cos(across)]).astype(np.float32)
            field[..., axis] += np.float32(amplitude) * (left.T @ right)

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
    def is_identity(self) -> bool:
        """True where every pixel stays where it was."""
        change = self.nuisance
        still = (change.turn_deg, change.elastic_px, *change.shift_px) == (0.0, 0.0, 0.0, 0.0)
        same = self.before_shape == self.after_shape and self.turn is None
        return still and change.scale == 1.0 and same

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

    def _waves(self) -> tuple[float, Points, Points]:
        """Return amplitude, (2, waves, 2) wave vectors and (2, waves) phases of the field."""
        rng = np.random.default_rng(self.nuisance.elastic_seed)
        heading = rng.uniform(0, 2 * np.pi, (2, WAVES))
        phase = rng.uniform(0, 2 * np.pi, (2, WAVES))
        length = self.nuisance.elastic_wavelength_px * rng.uniform(1.0, 2.0, (2, WAVES))
        waves = (
            np.stack([np.cos(heading), np.sin(heading)], axis=-1) * (2 * np.pi / length)[..., None]
        )
        # Each component has half the mean square; a wave of amplitude a has a mean square a²/2.
        return self.nuisance.elastic_px / float(np.sqrt(WAVES)), waves, phase

    def _elastic(self, xy: Points) -> Points:
        """Return the smooth displacement at undistorted before places, from plane waves."""
        if self.nuisance.elastic_px == 0.0:
            return np.zeros_like(xy)
        amplitude, waves, phase = self._waves()
        parts = [np.sin(xy @ waves[axis].T + phase[axis]).sum(axis=-1) for axis in range(2)]
        return np.asarray(amplitude * np.stack(parts, axis=-1), np.float64)


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
    turn: HeadTurn | None = None,
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
    turn : HeadTurn, optional
        The head also turns, from :func:`turn_head`.

    Returns
    -------
    Reshot
        Picture and exact map.
    """
    if isinstance(nuisance, np.random.Generator):
        nuisance = draw_nuisance(nuisance, preset)
    shape = after_shape or (pixels.shape[0], pixels.shape[1])
    mapping = PhotoMap(nuisance, (pixels.shape[0], pixels.shape[1]), shape, turn)
    light = to_linear(_beautified(pixels, nuisance.smoothing))
    light = _light_turned(_relit(light, nuisance), nuisance)
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
        coded[rows] = to_srgb8(light[rows])
    return Reshot(compressed(coded, nuisance.jpeg_quality), mapping, nuisance)


def _strips(rows: int) -> list[slice]:
    """Return slices of at most ``_STRIP_ROWS`` rows."""
    return [slice(top, min(top + _STRIP_ROWS, rows)) for top in range(0, rows, _STRIP_ROWS)]


def _resampled(light: FloatImage, mapping: PhotoMap) -> FloatImage:
    """Return the light at the pixels of the after photo."""
    if mapping.is_identity:
        return light
    scale = mapping.nuisance.scale
    if scale < 1.0:
        sigma = 0.5 * float(np.sqrt(1.0 / scale**2 - 1.0))
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), sigma), np.float32)
    rows_after, cols_after = mapping.after_shape
    out = np.empty((rows_after, cols_after, 3), np.float32)
    for rows in _strips(rows_after):
        source = mapping.before_field(rows)
        # Outside the first photo nothing is known; smeared edges bring no false skin.
        out[rows] = cv2.remap(
            light,
            np.ascontiguousarray(source[..., 0]),
            np.ascontiguousarray(source[..., 1]),
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
    fine = _fine(light)
    angle = np.deg2rad(nuisance.light_deg)
    slope = np.cos(angle) * np.gradient(fine, axis=1) - np.sin(angle) * np.gradient(fine, axis=0)
    slope *= fine.std() / max(float(slope.std()), 1e-9)
    # The old shading goes, the new one comes; hard edges (eyes, hair) stay as they are.
    change = nuisance.relight * (slope - 0.7 * fine)
    change = np.clip(change, -_LARGEST_RELIGHT, _LARGEST_RELIGHT).astype(np.float32)
    return np.asarray(light * np.exp(change)[..., None], np.float32)


def _fine(light: FloatImage) -> FloatImage:
    """Return the fine structure of the log luminance."""
    log = np.log(np.maximum(light @ LUMINANCE, np.float32(1e-3)))
    return np.asarray(cv2.GaussianBlur(log, (0, 0), 1.0) - cv2.GaussianBlur(log, (0, 0), 6.0))


def _light_turned(light: FloatImage, nuisance: Nuisance) -> FloatImage:
    """Return the light with fine structure shaded as relief whose lamp has moved.

    Shading of shallow relief is its slope towards the lamp (Pentland 1990, Int. J. Comput. Vision
    4: 153-162), so a wave of it changes by the ratio of its slopes towards both lamps: a real
    factor, which moves nothing. Waves along the old lamp show no slope to start from and fade.
    """
    if nuisance.light_turn_deg == 0.0:
        return light
    # Edges of eyes, nostrils and hair are no shallow relief, and their shading must not reach skin.
    fine = np.clip(_fine(light), -_STEEPEST_RELIEF, _STEEPEST_RELIEF)
    shape = tuple(fft.next_fast_len(side, real=True) for side in fine.shape)
    waves = fft.rfft2(fine, shape)
    down = fft.fftfreq(shape[0]).astype(np.float32)[:, None]
    right = fft.rfftfreq(shape[1]).astype(np.float32)[None]
    new, old = (
        np.deg2rad(angle)
        for angle in (nuisance.light_deg, nuisance.light_deg - nuisance.light_turn_deg)
    )
    towards_new, towards_old = (
        np.float32(np.cos(angle)) * right - np.float32(np.sin(angle)) * down for angle in (new, old)
    )
    length = np.float32(_FADING) * (right**2 + down**2)
    length[0, 0] = 1.0
    waves *= towards_new * towards_old / (towards_old**2 + length)
    turned = fft.irfft2(waves, shape)[: fine.shape[0], : fine.shape[1]]
    turned *= fine.std() / max(float(turned.std()), 1e-9)
    change = np.clip(turned - fine, -_LARGEST_RELIGHT, _LARGEST_RELIGHT).astype(np.float32)
    return np.asarray(light * np.exp(change)[..., None], np.float32)


def _beautified(pixels: Rgb, strength: float) -> Rgb:
    """Return the picture after an edge-keeping smoothing of fine texture."""
    if strength == 0.0:
        return pixels
    smooth = pixels
    for _ in range(2):
        smooth = np.asarray(cv2.bilateralFilter(smooth, 11, 30.0, 5.0), np.uint8)
    return np.asarray(cv2.addWeighted(smooth, strength, pixels, 1.0 - strength, 0.0), np.uint8)
