"""How sharp skin was photographed, read from the power spectrum of its own texture.

The spectrum of log luminance is modelled as

    S(f) = T(f) · [ A · f^-b · exp(-4π² o² f²) + N ] + q

skin texture (a power law, bent where the skin's own spectrum is known: :class:`Texture`) blurred
by the lens (``o``), plus white sensor noise ``N``, both passed through what the camera's processing
does to texture and noise alike, ``T(f) = exp(-4π² (c f² + d f⁴))``: demosaicking, resampling, JPEG
(``c > 0``) and sharpening (``c < 0``); ``q`` is the rounding to 8 bit. The point spread is the
product of both transfers. It is told from the texture's own fall only as well as the texture's law
is known, hence its error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from poremetrics.model import FloatImage, Mask
from poremetrics.photo.spectrum import LAST_FREQUENCY, Spectrum, power_spectrum
from poremetrics.photo.texture import Texture, unknown_texture
from poremetrics.settings.photo import PhotoSettings

_DEFAULTS = PhotoSettings()
_Vector = npt.NDArray[np.float64]

_HANN_MODES = 0.4  # independent share of the modes of a ring under a Hann window, 50 % overlap
# The model can have several minima. In 503 of 504 spectra, real and rendered, the lowest is found.
_LENS_STARTS_PX = (0.3, 1.0, 3.0, 6.0)  # sharp to out of focus
_NOISE_STARTS = (0.0, -2.0)  # ln power against what is expected
_MAX_STEPS = 60


@dataclass(frozen=True, slots=True)
class Sharpness:
    """What the spectrum of a patch of skin says; all NaN where it cannot be measured.

    Attributes
    ----------
    blur_px : float
        Standard deviation of the Gaussian that acts like the whole point spread at
        ``blur_reference``; 0 where sharpening outweighs the blur. Lower is better.
    blur_err_px : float
        Its standard uncertainty, the unknown slope of the texture included.
    noise : float
        Standard deviation per pixel of the white noise in ln luminance before the camera's
        processing shaped it. Grain and finest relief cannot be told apart. Lower is better.
    texture : float
        Standard deviation of the noise-free ln luminance in the texture band. It falls with
        smoothing, make-up, blur and soft light; higher is better.
    resolved_to : float
        Frequency, cycles per pixel, up to which texture exceeds noise; higher is better.
    """

    blur_px: float
    blur_err_px: float
    noise: float
    texture: float
    resolved_to: float


_UNKNOWN = Sharpness(*(float("nan"),) * 5)


def sharpness(
    linear: FloatImage,
    mask: Mask,
    settings: PhotoSettings = _DEFAULTS,
    *,
    mm_per_px: float | None = None,
    texture: Texture | None = None,
    shrink: float = 1.0,
) -> Sharpness:
    """Measure point spread, noise and texture of a patch of skin.

    Parameters
    ----------
    linear : (h, w, 3) float32
        Linear RGB at the photo's own pixels, or at coarser ones.
    mask : (h, w) bool
        Usable skin.
    settings : PhotoSettings
        Tiles, priors and bands.
    mm_per_px : float, optional
        Scale; sets the texture band in cycles per mm, else in cycles per pixel.
    texture : Texture, optional
        What is known of the skin; else a power law of any slope.
    shrink : float
        Width of a pixel in pixels of the photo.

    Returns
    -------
    Sharpness
        NaN where the skin is too small for a spectrum.
    """
    expected = texture or unknown_texture(settings)
    spectrum = power_spectrum(linear, mask, settings, fade_px=expected.fade_px, shrink=shrink)
    if spectrum is None:
        return _UNKNOWN
    return fit(spectrum, settings, expected, mm_per_px=mm_per_px)


class _Model:
    """The spectrum's model in logarithms, with its priors, as residuals and their Jacobian.

    Parameters of a fit, in order: ln A (at 0.1 cycles/px), b, o, c, d, ln N; several fits (k, 6)
    are worked on at once.
    """

    def __init__(self, spectrum: Spectrum, settings: PhotoSettings, texture: Texture) -> None:
        f = spectrum.frequency
        self.log_power = np.log(spectrum.power)
        self.rounding = spectrum.rounding
        self.texture = texture
        modes = np.pi * f * spectrum.tile_px * spectrum.n_tiles * _HANN_MODES
        error = np.sqrt(1 / modes + settings.spectrum_model_error**2)
        # Neighbouring rings err alike, so a finer spectrum is not a more certain one.
        self.weight = np.sqrt(settings.small_tile_px / 2 / len(f)) / error
        self.weight[f < texture.lowest] = 0.0
        self.log_f = np.log(f / 0.1)
        self.f2 = 4 * np.pi**2 * f**2
        self.f4 = 4 * np.pi**2 * f**4
        self.bend = texture.bend(f)
        log_noise = 2.0 * np.log(texture.noise)
        processing = texture.processing_px2, texture.fourth_px4
        self.expected = np.array((texture.slope, 0.0, *processing, log_noise))

    def start(self, lens_px: float, log_noise: float) -> _Vector:
        first = int(np.argmax(self.weight > 0.0))
        t = self.texture
        log_a = self.log_power[first] + t.slope * self.log_f[first] - self.bend[first]
        return np.array([log_a, t.slope, lens_px, t.processing_px2, t.fourth_px4, log_noise])

    def parts(self, p: _Vector) -> tuple[_Vector, _Vector]:
        """Return the power of texture and of noise, (k, n) each."""
        log_a, slope, lens, square, fourth, log_noise = p.T[..., None]
        transfer = -square * self.f2 - fourth * self.f4
        skin = log_a - slope * self.log_f + self.bend - lens**2 * self.f2
        texture = np.exp(skin + transfer)
        return texture, np.exp(log_noise + transfer)

    def residuals(self, p: _Vector) -> tuple[_Vector, _Vector]:
        """Return the residuals (k, n + 5) and their Jacobian (k, n + 5, 6)."""
        texture, noise = self.parts(p)
        total = texture + noise + self.rounding
        a, b = texture / total, noise / total
        k, n = total.shape
        values = np.zeros((k, n + 5))
        jacobian = np.zeros((k, n + 5, 6))
        values[:, :n] = (np.log(total) - self.log_power) * self.weight
        lens = p[:, 2, None]
        columns = (a, -a * self.log_f, -2 * lens * a * self.f2, -(a + b) * self.f2)
        for at, column in enumerate((*columns, -(a + b) * self.f4, b)):
            jacobian[:, :n, at] = column * self.weight
        # Priors. Blur by processing is open upwards, sharpening is not; the fourth power is only
        # kept finite. Without a usual noise, fine texture passes for grain on very blurred skin.
        t = self.texture
        spread = np.empty((k, 5))
        spread[:] = (t.slope_sd, t.lens_sd_px, t.softer_sd_px2, 2.0, 2.0 * t.noise_spread)
        spread[p[:, 3] < t.processing_px2, 2] = t.sharper_sd_px2
        values[:, n:] = (p[:, 1:] - self.expected) / spread
        each = np.arange(5)
        jacobian[:, n + each, 1 + each] = 1 / spread
        return values, jacobian


def _least_squares(model: _Model, starts: _Vector) -> tuple[_Vector, _Vector]:
    """Levenberg-Marquardt from all starts (k, 6) at once; return the best fit and its Jacobian.

    A call of scipy's takes ten times as long on 50 points, and one start after the other six
    times.
    """
    p = starts.copy()
    r, jacobian = model.residuals(p)
    cost = np.sum(r * r, axis=1)
    damping = np.full(len(p), 1e-2)
    running = np.ones(len(p), dtype=np.bool_)
    gain = np.full(len(p), np.inf)
    # A start is given up where at the pace of its last step it would not catch up with the best.
    for left in range(_MAX_STEPS, 0, -1):
        at = np.flatnonzero(running)
        if not len(at):
            break
        turned = jacobian[at].transpose(0, 2, 1)
        normal = turned @ jacobian[at]
        diagonal = np.einsum("kii->ki", normal)
        np.einsum("kii->ki", normal)[:] += damping[at, None] * (diagonal + 1e-6)
        step = np.linalg.solve(normal, turned @ r[at, :, None])[..., 0]
        trial = p[at] - np.clip(step, -3, 3)
        trial[:, 2], trial[:, 4] = np.abs(trial[:, 2]), np.maximum(trial[:, 4], 0.0)
        trial_r, trial_jacobian = model.residuals(trial)
        trial_cost = np.sum(trial_r * trial_r, axis=1)
        old = cost[at]
        better = trial_cost < old
        settled = better & (old - trial_cost < 1e-4 * old)
        taken = at[better]
        p[taken], r[taken] = trial[better], trial_r[better]
        jacobian[taken], cost[taken] = trial_jacobian[better], trial_cost[better]
        damping[at] = np.where(better, np.maximum(damping[at] / 5, 1e-7), damping[at] * 5)
        gain[taken] = (old - trial_cost)[better]
        hopeless = cost[at] - left * gain[at] > cost.min()
        running[at] = ~settled & ~hopeless & (damping[at] <= 1e6)
    best = int(np.argmin(cost))
    return p[best], jacobian[best]


def fit(
    spectrum: Spectrum,
    settings: PhotoSettings,
    texture: Texture,
    *,
    mm_per_px: float | None = None,
) -> Sharpness:
    """Fit the model to a spectrum.

    Parameters
    ----------
    spectrum : Spectrum
        From :func:`power_spectrum`.
    settings : PhotoSettings
        Errors and bands.
    texture : Texture
        What is expected of the skin and the processing.
    mm_per_px : float, optional
        Scale; sets the texture band in cycles per mm.

    Returns
    -------
    Sharpness
        Point spread, noise and texture.
    """
    model = _Model(spectrum, settings, texture)
    middle = model.log_power[len(model.log_power) // 2]
    noises = (middle, *(model.expected[-1] + less for less in _NOISE_STARTS))
    starts = [model.start(lens_px, noise) for lens_px in _LENS_STARTS_PX for noise in noises]
    p, jacobian = _least_squares(model, np.array(starts))
    reference = settings.blur_reference
    # A texture steeper than sharp skin's has lost contrast to a spread with long tails, as the
    # disc of defocus has; it is expressed as the Gaussian that takes as much at the reference.
    steep = max(p[1] - settings.steepest_slope, 0.0)
    per_slope = np.log(reference / settings.sharp_below) / (2 * np.pi * reference) ** 2
    variance = p[2] ** 2 + p[3] + p[4] * reference**2 + steep * per_slope
    gradient = np.array([0, per_slope if steep else 0, 2 * p[2], 1, reference**2, 0])
    variance_err = float(np.sqrt(gradient @ np.linalg.pinv(jacobian.T @ jacobian) @ gradient))
    blur = float(np.sqrt(max(variance, 0.0)))
    # The upper end of the variance's interval: stays finite where the blur itself is near 0.
    blur_err = float(np.sqrt(max(variance, 0.0) + variance_err)) - blur
    texture_power, noise_power = (part[0] for part in model.parts(p[None]))
    unresolved = np.flatnonzero(noise_power > texture_power)
    resolved_to = spectrum.frequency[unresolved[0]] if len(unresolved) else LAST_FREQUENCY
    return Sharpness(
        blur_px=blur,
        blur_err_px=blur_err,
        noise=float(np.exp(p[5] / 2)),
        texture=_band_rms(spectrum, noise_power, settings, mm_per_px),
        resolved_to=float(resolved_to),
    )


def _band_rms(
    spectrum: Spectrum, noise: _Vector, settings: PhotoSettings, mm_per_px: float | None
) -> float:
    """Return the SD of ln luminance in the texture band, noise and rounding taken off."""
    if mm_per_px is None:
        low, high = settings.texture_low_per_px, settings.texture_high_per_px
    else:
        low = settings.texture_low_per_mm * mm_per_px
        high = settings.texture_high_per_mm * mm_per_px
    f = spectrum.frequency
    band = (f >= low) & (f <= high)
    if not band.any() or high > LAST_FREQUENCY:
        return float("nan")
    excess = np.maximum(spectrum.power - noise - spectrum.rounding, 0)
    return float(np.sqrt(np.sum((excess * 2 * np.pi * f)[band]) / spectrum.tile_px))
