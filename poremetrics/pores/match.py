"""Bring two aligned skins to the same blur, contrast and noise before pores are compared.

Two photos of the same skin tell their difference directly. Between the pores, where a treatment
changes least, the spectra of both (``S_bb``, ``S_aa``) and what they share (``S_ab``) give the
transfer function after / before. A Gaussian blur makes its logarithm a straight line in squared
frequency; its value at zero is the contrast gain. Noise is not shared: it is taken out of both
spectra so that the rest is wholly shared (Deming's regression, per ring of frequency), with the
ratio of the two noises read above the band. Every formula is symmetric: exchanging the photos
turns the signs and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import scipy.fft

from poremetrics.model import Conditions, FloatImage, Mask, Skin
from poremetrics.pores._local import local_noise
from poremetrics.settings.pair import PairSettings

Floats = npt.NDArray[np.float64]

_KERNEL_GRID = 64
_LEANS = 41
_LEAST_RINGS = 3
_HANN_SPREAD = 2.25  # neighbouring frequencies of a Hann window that count as one, both axes
_NEGLIGIBLE_PX2 = 1e-4
_SMOOTH_PX = 0.7  # takes pixel noise off before the two textures are correlated


def match_conditions(
    before: Skin, after: Skin, common: Mask, settings: PairSettings
) -> tuple[Skin, Skin, Conditions]:
    """Match blur, contrast and noise of two aligned skins.

    Parameters
    ----------
    before, after : Skin
        Flattened skins on one grid.
    common : (h, w) bool
        Common area.
    settings : PairSettings
        Largest differences that are matched.

    Returns
    -------
    before, after : Skin
        The sharper blurred to the softer, contrast brought to the geometric mean of both (by no
        more than ``gain_most``), one noise map and one ``blur_px`` for both.
    conditions : Conditions
        What differed. NaN where there is too little bare skin to tell; then only the noise is
        matched.
    """
    if np.array_equal(before.darkening, after.darkening) and np.array_equal(
        before.mask, after.mask
    ):
        return before, after, Conditions(0.0, 1.0, 1.0, 1.0, before.blur_px)
    both = common & before.mask & after.mask
    transfer = _transfer(before, after, both, settings)
    if transfer is None:
        extra, log_gain, noise_ratio = 0.0, 0.0, float("nan")
    else:
        extra, log_gain, noise_ratio = transfer.blur_px2, transfer.log_gain, transfer.noise_ratio
    blurred_before = softened(before, max(extra, 0.0), settings)
    blurred_after = softened(after, max(-extra, 0.0), settings)
    # Light from another side changes relief and pores unlike each other: a large gain is told,
    # for the judgement of comparability, and not taken out in full.
    half = float(np.exp(0.5 * np.clip(log_gain, -settings.gain_most, settings.gain_most)))
    one = _scaled(blurred_before, half)
    two = _scaled(blurred_after, 1.0 / half)
    noise = np.maximum(one.noise, two.noise)
    blur_px = float(np.sqrt(0.5 * (one.blur_px**2 + two.blur_px**2)))
    one, two = (replace(skin, noise=noise, blur_px=blur_px) for skin in (one, two))
    known = transfer is not None
    conditions = Conditions(
        relative_blur_px=float(np.sign(extra) * np.sqrt(abs(extra))) if known else float("nan"),
        gain=float(np.exp(log_gain)) if known else float("nan"),
        noise_ratio=noise_ratio,
        correlation=_correlation(one.darkening, two.darkening, both),
        blur_px=blur_px,
    )
    return one, two, conditions


@dataclass(frozen=True, slots=True)
class _Transfer:
    """Transfer function after / before of the skin between the pores."""

    blur_px2: float
    log_gain: float
    noise_ratio: float


def _transfer(before: Skin, after: Skin, both: Mask, settings: PairSettings) -> _Transfer | None:
    bare = _bare(before, after, both, settings)
    first = _spectra(before.darkening, after.darkening, bare, settings)
    if first is None:
        return None
    high = (first.frequency >= settings.band_high) & (first.frequency <= settings.noise_band)
    noise_ratio = float(np.sum(first.after[high]) / max(float(np.sum(first.before[high])), 1e-30))
    blur_px2 = log_gain = 0.0
    spectra: _Spectra | None = first
    for _ in range(settings.match_rounds):
        # The holes of the mask smear spectra over neighbouring frequencies. Once the sharper
        # photo is blurred by what is known so far, both are smeared alike and it cancels.
        if blur_px2 != 0.0:
            one = _soft(before.darkening, before.mask, max(blur_px2, 0.0))
            two = _soft(after.darkening, after.mask, max(-blur_px2, 0.0))
            spectra = _spectra(one, two, bare, settings)
        if spectra is None:
            break
        more, log_gain = _difference(spectra, noise_ratio, blur_px2, settings)
        blur_px2 += more
    return _Transfer(blur_px2, log_gain, float(np.sqrt(noise_ratio)))


def _difference(
    spectra: _Spectra, noise_ratio: float, known_px2: float, settings: PairSettings
) -> tuple[float, float]:
    """Return what is left of the difference in squared blur, and the logarithm of the gain.

    Parameters
    ----------
    spectra : _Spectra
        Of both skins once ``known_px2`` has been matched.
    noise_ratio : float
        Power of the noise, after / before, as read above the band before anything was matched.
    known_px2 : float
        Difference in squared blur that has been matched so far.
    settings : PairSettings
    """
    rings = spectra.rings(settings)
    used = rings.coherence >= settings.least_coherence
    prior = np.diag((settings.gain_prior**-2.0, settings.blur_prior_px2**-2.0))
    if int(used.sum()) < _LEAST_RINGS:
        return -known_px2, 0.0
    omega2, variance = rings.omega2[used], rings.variance[used]
    design = np.column_stack((np.ones(len(omega2)), -0.5 * omega2))
    best_cost = np.inf
    best: Floats = np.zeros(2)
    # The ratio of the noises within the band: JPEG and denoising make it differ from that above
    # the band, so it is the one, not far from that, which makes the transfer a straight line.
    for lean in np.linspace(-1.0, 1.0, _LEANS) * settings.noise_lean:
        # What was blurred lost noise with it.
        ratio = noise_ratio * np.exp(lean + known_px2 * omega2)
        y, doubt = shared_log_ratio(rings.before[used], rings.after[used], rings.cross[used], ratio)
        total = variance + (settings.noise_doubt * doubt) ** 2
        weighted = design / total[:, None]
        right = weighted.T @ y - prior @ np.array((0.0, known_px2))
        line = np.asarray(np.linalg.solve(design.T @ weighted + prior, right), dtype=np.float64)
        misfit = (y - design @ line) ** 2 / (total + settings.line_tolerance**2)
        cost = float(np.sum(misfit)) + (lean / settings.noise_lean_sd) ** 2
        if cost < best_cost:
            best_cost, best = cost, line
    return float(best[1]), float(best[0])


def shared_log_ratio(
    before: Floats, after: Floats, cross: Floats, noise_ratio: Floats
) -> tuple[Floats, Floats]:
    """Return half the log ratio of two power spectra once their own noises are taken out.

    Parameters
    ----------
    before, after : (K,) float64
        Power spectra.
    cross : (K,) float64
        Real part of their cross spectrum, positive.
    noise_ratio : (K,) float64
        Power of the noise, after / before.

    Returns
    -------
    half_log_ratio : (K,) float64
        Of what the two share: noise ``v`` and ``noise_ratio * v`` are taken off so that the rest
        is wholly shared, ``(after - noise_ratio v) (before - v) = cross²``.
    doubt : (K,) float64
        Logarithm of the unshared power: how much hangs on that split.
    """
    middle = 0.5 * (after + noise_ratio * before)
    unshared = np.maximum(before * after - cross**2, 0.0)
    root = np.sqrt(np.maximum(middle**2 - noise_ratio * unshared, 0.0))
    noise = (middle - root) / noise_ratio
    tiny = 1e-9
    top = np.maximum(after - noise_ratio * noise, tiny * after)
    bottom = np.maximum(before - noise, tiny * before)
    doubt = np.log(np.maximum(before * after / np.maximum(cross**2, 1e-300), 1.0))
    return 0.5 * np.log(top / bottom), doubt


@dataclass(frozen=True, slots=True, eq=False)
class _Rings:
    """Spectra averaged over rings of frequency, with the variance of half their log ratio."""

    omega2: Floats
    before: Floats
    after: Floats
    cross: Floats
    coherence: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Spectra:
    """Mean spectra over ``count`` tiles, one value per frequency of the transform."""

    frequency: Floats
    before: Floats
    after: Floats
    cross: Floats
    count: int

    def rings(self, settings: PairSettings) -> _Rings:
        band = (self.frequency >= settings.band_low) & (self.frequency < settings.band_high)
        edges = np.linspace(settings.band_low, settings.band_high, settings.band_bins + 1)
        ring = np.digitize(self.frequency[band], edges) - 1
        members = np.bincount(ring, minlength=settings.band_bins).astype(np.float64)
        filled = members > 0

        def mean(values: Floats) -> Floats:
            sums = np.bincount(ring, values[band], settings.band_bins)
            return np.asarray(sums[filled] / members[filled], dtype=np.float64)

        power = np.sqrt(self.before * self.after)
        omega2 = mean((2.0 * np.pi * self.frequency) ** 2 * power) / mean(power)
        before, after = mean(self.before), mean(self.after)
        cross = np.maximum(mean(self.cross), 0.0)
        coherence = np.clip(cross**2 / np.maximum(before * after, 1e-300), 0.0, 1.0)
        # Half log ratio of two spectra that share ``coherence`` of their power, each a mean over
        # tiles (half overlapping: worth half) and over the ring's frequencies (a real picture:
        # worth half, and neighbours under a Hann window hang together).
        samples = 0.25 * self.count * members[filled] / _HANN_SPREAD
        variance = (1.0 - coherence + 1e-3) / (2.0 * np.maximum(coherence, 1e-3) * samples)
        return _Rings(omega2, before, after, cross, coherence, variance)


def _bare(before: Skin, after: Skin, both: Mask, settings: PairSettings) -> FloatImage:
    """Return 1 on bare skin of the common area, 0 on pores and other marks of either photo."""
    marked = np.zeros(both.shape, dtype=np.uint8)
    for skin in (before, after):
        smooth = cv2.GaussianBlur(skin.darkening, (0, 0), settings.bare_smooth_px)
        marked |= (np.abs(smooth) > settings.bare_sigma * skin.noise).astype(np.uint8)
    side = 2 * settings.bare_margin_px + 1
    around = cv2.dilate(marked, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    bare = (both & (around == 0)).astype(np.float32)
    # A soft edge keeps the mask from throwing sharp spectra over the skin's own.
    return np.asarray(bare * cv2.GaussianBlur(bare, (0, 0), settings.bare_smooth_px), np.float32)


def _spectra(
    before: FloatImage, after: FloatImage, bare: FloatImage, settings: PairSettings
) -> _Spectra | None:
    """Return the mean spectra of both skins where it is bare; None with too little of it."""
    side = settings.tile_px
    if min(bare.shape) < side:
        return None
    views = np.lib.stride_tricks.sliding_window_view
    step = side // 2
    weights = views(bare, (side, side))[::step, ::step].reshape(-1, side, side)
    enough = np.flatnonzero(weights.mean(axis=(1, 2)) >= settings.tile_skin_share)
    if len(enough) < settings.least_tiles:
        return None
    if len(enough) > settings.most_tiles:
        spread = np.linspace(0, len(enough) - 1, settings.most_tiles)
        enough = enough[np.rint(spread).astype(np.intp)]
    window = np.outer(np.hanning(side), np.hanning(side)).astype(np.float32)
    taper = weights[enough] * window
    norm = np.maximum(taper.sum(axis=(1, 2), keepdims=True), 1e-6)
    transforms = []
    for image in (before, after):
        # Skin's spectrum falls steeply: whitened first, the mask's edges cannot spill the low
        # frequencies over the high ones. The filter is the same in both and cancels.
        # Light, not its logarithm, is what blur and veil act on.
        light = np.expm1(-image)
        white = light - cv2.GaussianBlur(light, (0, 0), settings.whiten_px)
        tiles = views(white, (side, side))[::step, ::step].reshape(-1, side, side)[enough]
        level = (tiles * taper).sum(axis=(1, 2), keepdims=True) / norm
        transforms.append(scipy.fft.rfft2((tiles - level) * taper))
    one, two = transforms
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    return _Spectra(
        frequency.ravel(),
        np.mean(np.abs(one) ** 2, axis=0, dtype=np.float64).ravel(),
        np.mean(np.abs(two) ** 2, axis=0, dtype=np.float64).ravel(),
        np.mean((one * np.conj(two)).real, axis=0, dtype=np.float64).ravel(),
        len(enough),
    )


def softened(skin: Skin, variance_px2: float, settings: PairSettings) -> Skin:
    """Return a skin under further blur of ``variance_px2``, with its noise measured anew.

    Light blurs, not its logarithm: the darkening is taken back to relative light first.
    """
    if variance_px2 <= _NEGLIGIBLE_PX2:
        return skin
    darkening = _soft(skin.darkening, skin.mask, variance_px2)
    return replace(
        skin,
        darkening=darkening,
        redness=_soft(skin.redness, skin.mask, variance_px2),
        brownness=_soft(skin.brownness, skin.mask, variance_px2),
        noise=local_noise(darkening, skin.mask, settings.noise_tile_px),
        blur_px=float(np.sqrt(skin.blur_px**2 + variance_px2)),
    )


def _soft(logs: FloatImage, mask: Mask, variance_px2: float) -> FloatImage:
    """Return minus the logarithm of the blurred ``exp(-logs)``; what is masked does not count."""
    if variance_px2 <= _NEGLIGIBLE_PX2:
        return logs
    taps = gaussian_taps(variance_px2)
    weight = mask.astype(np.float32)
    light = _filtered(np.exp(-logs) * weight, taps)
    mean = np.maximum(light / np.maximum(_filtered(weight, taps), 1e-3), 1e-4)
    return np.where(mask, -np.log(mean), np.float32(0.0)).astype(np.float32)


def gaussian_taps(variance_px2: float) -> npt.NDArray[np.float32]:
    """Return the one-dimensional kernel whose transfer is ``exp(-variance ω² / 2)``.

    Sampling a Gaussian narrower than half a pixel does not blur by its variance; this kernel
    does, at every width.
    """
    omega = 2.0 * np.pi * np.fft.fftfreq(_KERNEL_GRID)
    kernel = np.fft.fftshift(np.fft.ifft(np.exp(-0.5 * variance_px2 * omega**2)).real)
    reach = min(_KERNEL_GRID // 2 - 1, int(np.ceil(4.0 * np.sqrt(variance_px2))) + 4)
    taps = kernel[_KERNEL_GRID // 2 - reach : _KERNEL_GRID // 2 + reach + 1]
    return np.asarray(taps / taps.sum(), dtype=np.float32)


def _filtered(image: FloatImage, taps: npt.NDArray[np.float32]) -> FloatImage:
    return np.asarray(
        cv2.sepFilter2D(image, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_REFLECT_101),
        dtype=np.float32,
    )


def _scaled(skin: Skin, gain: float) -> Skin:
    """Return a skin whose darkening is multiplied by ``gain``."""
    if gain == 1.0:
        return skin
    factor = np.float32(gain)
    return replace(skin, darkening=skin.darkening * factor, noise=skin.noise * factor)


def _correlation(one: FloatImage, two: FloatImage, both: Mask) -> float:
    """Return the correlation of two darkenings over the common area; NaN without any."""
    if not both.any():
        return float("nan")
    a, b = (
        cv2.GaussianBlur(image, (0, 0), _SMOOTH_PX)[both].astype(np.float64) for image in (one, two)
    )
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt(np.sum(a * a) * np.sum(b * b)))
    return float(np.sum(a * b)) / norm if norm > 0 else float("nan")
